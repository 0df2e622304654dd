//! The drop box: partners log in, put files into their inbox and take files out of their outbox.
