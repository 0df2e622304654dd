//! Our visits to partners' servers: files are picked up and put there.
