//! SFTP: the drop box that partners log in to (`server`), and our visits to theirs (`client`).

pub mod client;
pub mod server;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};

/// A new key pair in OpenSSH's form: the private and the public one.
///
/// # Errors
/// When the key cannot be made or written.
pub fn key_pair() -> std::io::Result<[String; 2]> {
    let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).map_err(std::io::Error::other)?;
    let private = key.to_openssh(LineEnding::LF).map_err(std::io::Error::other)?;
    let public = key.public_key().to_openssh().map_err(std::io::Error::other)?;
    Ok([private.to_string(), public])
}
