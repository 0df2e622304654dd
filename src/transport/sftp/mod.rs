//! SFTP: the drop box that partners log in to (`server`), and our visits to theirs (`client`).

pub mod client;
pub mod server;
