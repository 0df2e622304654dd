//! Who may come in. Whatever is wrong, the visitor hears the same after the same time; why it was is for our log.

use std::net::IpAddr;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use jiff::Timestamp;
use russh::keys::PublicKey;
use tokio::sync::Semaphore;

use crate::transport::{DropBox, Guest};

/// Passwords that are checked at a time: each takes some megabytes and a processor.
const AT_A_TIME: usize = 2;

/// Decides.
pub(super) struct Doorman<G> {
    gate: G,
    /// Checked where there is no password to check.
    nobody: String,
    checking: Semaphore,
}

/// Why somebody is not let in, for the log.
pub(super) type No = &'static str;

impl<G: DropBox> Doorman<G> {
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn new(gate: G) -> Result<Self, String> {
        Ok(Self { gate, nobody: hash("nobody's")?, checking: Semaphore::new(AT_A_TIME) })
    }

    /// May somebody come in by this password?
    pub(super) async fn by_password(&self, user: &str, password: &str, from: IpAddr) -> Result<Guest, No> {
        let guest = self.guest(user, from);
        let hash = match &guest {
            Ok(guest) => self.gate.password_hash(guest).unwrap_or_else(|error| {
                tracing::error!(partner = guest.partner, "the password's hash {error}");
                None
            }),
            Err(_) => None,
        };
        let (has_one, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.clone()));
        let password = password.to_owned();
        let turn = self.checking.acquire().await;
        let right = tokio::task::spawn_blocking(move || {
            let Ok(hash) = PasswordHash::new(hash.trim()) else { return Err("the password's hash is none of argon2") };
            Argon2::default().verify_password(password.as_bytes(), &hash).map_err(|_| "the password is wrong")
        });
        let right = right.await.unwrap_or(Err("the check was broken off"));
        drop(turn);
        let guest = guest?;
        if !has_one {
            return Err("the partner has no password");
        }
        right.map(|()| guest)
    }

    /// May somebody come in by this key, once it is shown that it is theirs?
    pub(super) fn by_key(&self, user: &str, key: &PublicKey, from: IpAddr) -> Result<Guest, No> {
        let guest = self.guest(user, from)?;
        let known = guest.server.keys.iter().find(|known| known.key.key_data() == key.key_data());
        let known = known.ok_or("the key is not in the profile")?;
        let today = Timestamp::now().to_zoned(guest.zone.clone()).date();
        match known.expires {
            Some(last) if today > last => Err("the key has expired"),
            _ => Ok(guest),
        }
    }

    fn guest(&self, user: &str, from: IpAddr) -> Result<Guest, No> {
        let guest = self.gate.guests().into_iter().find(|guest| guest.user == user);
        let guest = guest.ok_or("nobody has this name")?;
        let from_there = guest.server.from.is_empty() || guest.server.from.iter().any(|known| known.contains(from));
        if from_there { Ok(guest) } else { Err("the partner may not come from this address") }
    }
}

/// The hash of a password, as it is kept.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> Result<String, String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}
