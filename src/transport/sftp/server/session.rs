//! A connection: somebody logs in and opens the one channel for files. No shell, no command, no forwarding.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use russh::keys::{Algorithm, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty, Sig};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Shared;
use super::desk::Desk;
use super::door::Place;
use super::login::No;
use super::packets::{Ended, Pace, serve};
use super::untaken::Untaken;
use crate::transport::{DropBox, Guest};

/// Longest part of a name to log in by that is noted.
const NAME: usize = 64;

/// What is known of a connection outside of it.
#[derive(Debug)]
pub(super) struct Visit {
    logged_in: AtomicBool,
    /// As long as nobody has logged in.
    place: Mutex<Option<Place>>,
    /// Who offered keys in vain.
    keys_of: Mutex<Option<String>>,
    files: Mutex<Option<JoinHandle<()>>>,
    /// Answers that are on their way.
    pub(super) untaken: Arc<Untaken>,
    /// The gateway stops.
    stop: watch::Receiver<bool>,
}

impl Visit {
    pub(super) fn new(place: Place, untaken: Untaken, stop: watch::Receiver<bool>) -> Self {
        let (place, untaken) = (Mutex::new(Some(place)), Arc::new(untaken));
        let (logged_in, keys_of) = (AtomicBool::default(), Mutex::default());
        Self { logged_in, place, keys_of, files: Mutex::default(), untaken, stop }
    }

    fn logs_in(&self) {
        self.logged_in.store(true, Ordering::Relaxed);
        if let Some(place) = self.place.lock().unwrap_or_else(PoisonError::into_inner).take() {
            place.leave();
        }
    }

    /// Has somebody logged in?
    pub(super) fn logged_in(&self) -> bool {
        self.logged_in.load(Ordering::Relaxed)
    }

    /// Waits until what was begun is done.
    pub(super) async fn done(&self) {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(files) = files {
            drop(files.await);
        }
    }

    /// Who offered only keys, none of which was taken?
    pub(super) fn only_tried_keys(&self) -> Option<String> {
        let of = self.keys_of.lock().unwrap_or_else(PoisonError::into_inner).take();
        of.filter(|_| !self.logged_in())
    }
}

/// A visitor.
pub(super) struct Visitor<G: DropBox> {
    shared: Arc<Shared<G>>,
    from: IpAddr,
    visit: Arc<Visit>,
    guest: Option<Guest>,
    channel: Option<Channel<Msg>>,
}

impl<G: DropBox> Visitor<G> {
    pub(super) fn new(shared: Arc<Shared<G>>, from: IpAddr, visit: Arc<Visit>) -> Self {
        Self { shared, from, visit, guest: None, channel: None }
    }

    /// What is answered to a try to log in; a wrong password counts, and too many end the connection.
    fn judge(&mut self, user: &str, by: &str, found: Result<Guest, No>) -> Result<Auth, russh::Error> {
        let now = Instant::now();
        if self.shared.bans().until(self.from, now).is_some() {
            return Err(russh::Error::Disconnect);
        }
        match found {
            Ok(guest) => {
                self.shared.bans().succeeded(self.from, &guest.user);
                self.visit.logs_in();
                self.shared.diary.note(&guest.user, "login", self.from.to_string(), by);
                self.guest = Some(guest);
                Ok(Auth::Accept)
            }
            Err(why) => {
                let user = user.chars().filter(|c| !c.is_control()).take(NAME).collect::<String>();
                self.shared.refused(&user, self.from, format!("{by}: {why}"));
                Ok(Auth::reject())
            }
        }
    }

    fn by_key(&self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> Result<Guest, No> {
        if matches!(algorithm, Algorithm::Rsa { hash: None }) && !self.shared.sha1_signatures {
            return Err("it would be signed with SHA-1 (`ssh-rsa`)");
        }
        self.shared.doorman.by_key(user, key, self.from)
    }
}

impl<G: DropBox> Handler for Visitor<G> {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let found = self.shared.doorman.by_password(user, password, self.from).await;
        self.judge(user, "password", found)
    }

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        match self.by_key(user, offer.public_key, offer.algorithm) {
            Ok(_) => Ok(Auth::Accept),
            Err(why) => {
                // A client offers all the keys it has; that is no attack, and counts once.
                let user: String = user.chars().filter(|c| !c.is_control()).take(NAME).collect();
                let before = self.visit.keys_of.lock().unwrap_or_else(PoisonError::into_inner).replace(user.clone());
                if before.is_none() {
                    let print = offer.public_key.fingerprint(russh::keys::HashAlg::Sha256);
                    tracing::info!(user, from = %self.from, key = %print, "SFTP: key not taken: {why}");
                }
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        let found = self.by_key(user, key.public_key, key.algorithm);
        let print = key.public_key.fingerprint(russh::keys::HashAlg::Sha256);
        self.judge(user, &format!("key {print}"), found)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        let busy = self.channel.is_some()
            || self
                .visit
                .files
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_ref()
                .is_some_and(|job| !job.is_finished());
        if busy {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let ours = self.channel.take_if(|channel| channel.id() == id && name == "sftp");
        let (Some(channel), Some(guest)) = (ours, self.guest.clone()) else { return session.channel_failure(id) };
        let Some(seat) = self.shared.seat(&guest) else {
            tracing::warn!(user = guest.user, "SFTP: more sessions than `limits.sessions` of the profile");
            session.channel_failure(id)?;
            return session.close(id);
        };
        let inbox = match self.shared.inbox(&guest.partner).await {
            Ok(inbox) => inbox,
            Err(error) => {
                tracing::error!(partner = guest.partner, "the inbox cannot be used: {error}");
                return session.channel_failure(id);
            }
        };
        session.channel_success(id)?;
        let (shared, from, stop) = (Arc::clone(&self.shared), self.from, self.visit.stop.clone());
        let untaken = Arc::clone(&self.visit.untaken);
        let task = tokio::spawn(async move {
            let user = guest.user.clone();
            let counters = (Arc::clone(&shared.counters), Arc::clone(&shared.readings), shared.settings.handles);
            let desk = Desk::new(shared.gate.clone(), guest, inbox, shared.diary.clone(), counters);
            let pace = Pace { bytes_per_second: shared.settings.bytes_per_second, idle: shared.settings.idle };
            let begun = Instant::now();
            let more = match serve(channel, desk, (pace, &untaken), stop).await {
                Ok(()) => "",
                Err(Ended::Gone) => ", the connection broke",
                Err(Ended::Garbled) => ", what came was no SFTP",
                Err(Ended::Untaken) => ", its answers were not taken",
            };
            shared.diary.note(&user, "session end", from.to_string(), format!("{} s{more}", begun.elapsed().as_secs()));
            drop(seat);
        });
        *self.visit.files.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), russh::Error> {
        self.channel.take_if(|channel| channel.id() == id);
        Ok(())
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn exec_request(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn x11_request(
        &mut self,
        id: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn signal(&mut self, _: ChannelId, _: Sig, _: &mut Session) -> Result<(), russh::Error> {
        Ok(())
    }
}
