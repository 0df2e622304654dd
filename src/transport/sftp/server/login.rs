//! Who may come in. Whatever is wrong, the visitor hears the same after the same time; why it was is for our log.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::password_hash::{self, PasswordHasher};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use jiff::Timestamp;
use russh::keys::PublicKey;
use tokio::sync::oneshot;

use super::Counters;
use crate::transport::{DropBox, Guest};

/// Passwords that are checked at a time: each takes twenty megabytes and a processor.
const AT_A_TIME: usize = 2;

/// Decides.
pub(super) struct Doorman<G> {
    gate: G,
    /// Checked where there is no password to check.
    nobody: String,
    checks: Sender<Check>,
    counters: Arc<Counters>,
}

/// A password to be held against a hash.
struct Check {
    password: String,
    hash: String,
    answer: oneshot::Sender<Result<(), No>>,
}

/// Why somebody is not let in, for the log.
pub(super) type No = &'static str;

impl<G: DropBox> Doorman<G> {
    /// # Errors
    /// When the system has no randomness, or no thread for us.
    pub(super) fn new(gate: G, counters: Arc<Counters>) -> Result<Self, String> {
        let (checks, asked) = channel();
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..AT_A_TIME {
            // They have threads of their own, which end with us: any other would keep the memory of a check for itself.
            let asked = Arc::clone(&asked);
            let started = std::thread::Builder::new().name("passwords".to_owned()).spawn(move || check(&asked));
            started.map_err(|error| error.to_string())?;
        }
        Ok(Self { gate, nobody: hash("nobody's")?, checks, counters })
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
        let (answer, answered) = oneshot::channel();
        let asked = self.checks.send(Check { password: password.to_owned(), hash, answer });
        self.counters.checked.fetch_add(1, Ordering::Relaxed);
        let right = match asked {
            Ok(()) => answered.await.unwrap_or(Err("the check was broken off")),
            Err(_) => Err("nobody checks passwords any more"),
        };
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

/// Checks passwords as long as somebody may ask, always in the same memory: given back and taken anew, twenty megabytes at a
/// time would leave holes in the heap.
fn check(asked: &Mutex<Receiver<Check>>) {
    let mut memory = Vec::new();
    loop {
        let next = asked.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Check { password, hash, answer }) = next else { return };
        let right = match is_right(password.as_bytes(), hash.trim(), &mut memory) {
            Ok(true) => Ok(()),
            Ok(false) => Err("the password is wrong"),
            Err(_) => Err("the password's hash is none of argon2"),
        };
        // Whoever asked may be gone.
        answer.send(right).unwrap_or_default();
    }
}

fn is_right(password: &[u8], hash: &str, memory: &mut Vec<Block>) -> password_hash::Result<bool> {
    let hash = PasswordHash::new(hash)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let params = Params::try_from(&hash)?;
    memory.resize(params.block_count(), Block::new());
    let mut output = vec![0; expected.len()];
    let argon = Argon2::new(Algorithm::try_from(hash.algorithm.as_str())?, version, params);
    argon.hash_password_into_with_memory(password, salt, &mut output, &mut *memory)?;
    // They are compared in the same time, wherever they differ.
    Ok(Output::new(&output)? == *expected)
}

/// The hash of a password, as it is kept.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> Result<String, String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}
