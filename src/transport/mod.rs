//! How files come and go. Knows folders and names, not what is in the files.

pub mod folder;
