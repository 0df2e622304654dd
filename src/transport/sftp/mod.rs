//! SFTP: the drop box that partners log in to (`server`), and our visits to theirs (`client`).

pub mod client;
pub mod server;

use russh::keys::PrivateKey;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::ssh_key::{self, LineEnding};

/// A new key pair in OpenSSH's form: the private and the public one.
///
/// # Errors
/// When the key cannot be made or written.
pub fn key_pair() -> std::io::Result<[String; 2]> {
    let key = new_key("").map_err(std::io::Error::other)?;
    let private = key.to_openssh(LineEnding::LF).map_err(std::io::Error::other)?;
    let public = key.public_key().to_openssh().map_err(std::io::Error::other)?;
    Ok([private.to_string(), public])
}

/// A new Ed25519 key.
fn new_key(comment: &str) -> ssh_key::Result<PrivateKey> {
    PrivateKey::new(Ed25519Keypair::random(&mut safe_rng()).into(), comment)
}
