//! The drop box: partners log in, put files into their inbox and take files out of their outbox.
//!
//! ```text
//! mod ──► session (door, login, bans, wire) ──► packets (untaken) ──► desk ──► paths, listing, inbox (upload, body, ahead, ranges, whole), outbox
//!         one connection                        one loop              one request
//! ```
//!
//! What a partner sees is made of names in its profile; none of its paths reaches the file system. Knows no store: what it
//! needs of the gateway is [`DropBox`].

mod ahead;
mod algorithms;
mod bans;
mod body;
mod desk;
mod diary;
mod door;
mod host_keys;
mod inbox;
mod listing;
mod login;
mod outbox;
mod packets;
mod paths;
#[cfg(any(test, fuzzing))]
pub mod played;
mod ranges;
mod refusal;
mod session;
mod shown;
#[cfg(test)]
mod tests;
mod untaken;
mod upload;
mod whole;
mod wire;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use russh::keys::HashAlg;
use russh::{Disconnect, MethodKind, MethodSet, SshId, server};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{info, warn};

pub use algorithms::old_algorithms;
pub use bans::Origin;
pub use login::hash;

use self::bans::Bans;
use self::diary::Diary;
use self::door::Door;
use self::inbox::Inbox;
use self::login::Doorman;
use self::outbox::Readings;
use self::session::{Visit, Visitor};
use self::shown::shown_of_each;
use self::untaken::Untaken;
use self::wire::Wire;
use super::super::{DropBox, Guest};
use crate::partner::Folder;

/// Longest packet of the protocol, without its length.
const LARGEST_PACKET: u32 = 256 << 10;
/// Every wrong try to log in takes at least so long.
const REJECTION: Duration = Duration::from_millis(500);
/// Tries to log in by one connection.
const TRIES: usize = 10;
/// So often it is looked what has waited long enough.
const SWEEP: Duration = Duration::from_secs(1);
/// So often what was fetched long ago is taken away.
const SWEEP_OUTBOXES: Duration = Duration::from_secs(60);
/// So long what a session has begun may take when the gateway stops.
const PATIENCE: Duration = Duration::from_secs(20);
/// So long its client may then take to hang up.
const FAREWELL: Duration = Duration::from_secs(1);
/// So often it is told that there are too many connections.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// How the drop box runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Connections at a time.
    pub sessions: usize,
    /// Connections at a time from one address.
    pub sessions_per_address: usize,
    /// Files and folders that are open at a time in a session.
    pub handles: usize,
    /// A session in which nothing happens ends after so long.
    pub idle: Duration,
    /// So long a visitor has to log in, from the moment on at which it is let in.
    pub handshake: Duration,
    /// Bytes a second of a session, both ways together; `None` for as many as there can be.
    pub bytes_per_second: Option<u64>,
    /// Old algorithms that are offered too, by name.
    pub legacy: Vec<String>,
}

impl Settings {
    /// The defaults at an address.
    #[must_use]
    pub fn at(listen: SocketAddr) -> Self {
        Self {
            listen,
            sessions: 1_000,
            sessions_per_address: 100,
            handles: 64,
            idle: Duration::from_secs(10 * 60),
            handshake: Duration::from_secs(25),
            bytes_per_second: None,
            legacy: Vec::new(),
        }
    }
}

/// What happened since the start.
#[derive(Debug, Default)]
pub struct Counters {
    sessions: AtomicU64,
    connections: AtomicU64,
    refused: AtomicU64,
    checked: AtomicU64,
    received: AtomicU64,
    received_bytes: AtomicU64,
    fetched: AtomicU64,
    fetched_bytes: AtomicU64,
    banned: AtomicU64,
}

impl Counters {
    /// Name, meaning and value of each; the first ones go up and down, the others only up.
    #[must_use]
    pub fn list(&self) -> [(&'static str, &'static str, u64); 9] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("sftp_connections", "Connections to the drop box.", read(&self.connections)),
            ("sftp_sessions", "Sessions of partners that are logged in.", read(&self.sessions)),
            ("sftp_banned", "Addresses that are not listened to for a while.", read(&self.banned)),
            ("sftp_logins_refused_total", "Tries to log in that were refused.", read(&self.refused)),
            ("sftp_passwords_checked_total", "Passwords checked, also for names that nobody has.", read(&self.checked)),
            ("sftp_files_received_total", "Files received.", read(&self.received)),
            ("sftp_received_bytes_total", "Bytes of files received.", read(&self.received_bytes)),
            ("sftp_files_fetched_total", "Files that partners fetched.", read(&self.fetched)),
            ("sftp_fetched_bytes_total", "Bytes of files fetched.", read(&self.fetched_bytes)),
        ]
    }

    fn received(&self, bytes: u64) {
        self.received.fetch_add(1, Ordering::Relaxed);
        self.received_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn fetched(&self, bytes: u64) {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        self.fetched_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What all sessions share.
struct Shared<G> {
    gate: G,
    settings: Settings,
    doorman: Doorman<G>,
    diary: Diary,
    counters: Arc<Counters>,
    sha1_signatures: bool,
    bans: Mutex<Bans>,
    door: Arc<Door>,
    /// When it was told last that there are too many connections.
    told_full: Mutex<Option<Instant>>,
    /// Sessions by partner.
    seats: Mutex<HashMap<String, u32>>,
    inboxes: tokio::sync::Mutex<HashMap<String, Arc<Inbox>>>,
    /// For small uploads in memory.
    places: Arc<Semaphore>,
    /// Bytes of answers that are on their way.
    untaken: Arc<AtomicUsize>,
    /// What was read of files so far.
    readings: Arc<Readings>,
}

impl<G: DropBox> Shared<G> {
    fn bans(&self) -> MutexGuard<'_, Bans> {
        self.bans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A login failed.
    fn refused(&self, user: &str, from: IpAddr, why: String) {
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        self.diary.note(user, "login refused", from.to_string(), why);
        let now = Instant::now();
        let mut bans = self.bans();
        if let Some(ban) = bans.failed(from, user, now) {
            self.diary.note(user, "ban", from.to_string(), format!("for {} s", ban.as_secs()));
        }
        self.counters.banned.store(bans.count(now) as u64, Ordering::Relaxed);
    }

    /// A place for one more session of a partner.
    fn seat(self: &Arc<Self>, guest: &Guest) -> Option<Seat<G>> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(guest.partner.clone()).or_default();
        if *taken >= guest.server.limits.sessions {
            return None;
        }
        *taken += 1;
        self.counters.sessions.fetch_add(1, Ordering::Relaxed);
        Some(Seat { shared: Arc::clone(self), partner: guest.partner.clone() })
    }

    /// The inbox of a partner.
    async fn inbox(&self, partner: &str) -> Result<Arc<Inbox>, String> {
        let mut inboxes = self.inboxes.lock().await;
        if let Some(inbox) = inboxes.get(partner) {
            return Ok(Arc::clone(inbox));
        }
        let folder = self.gate.folder(partner, Folder::Inbox);
        let inbox = Arc::new(Inbox::open_for(&self.gate, partner, folder, Arc::clone(&self.places)).await?);
        inboxes.insert(partner.to_owned(), Arc::clone(&inbox));
        Ok(inbox)
    }
}

/// A partner's session, as long as it lasts.
struct Seat<G> {
    shared: Arc<Shared<G>>,
    partner: String,
}

impl<G> Drop for Seat<G> {
    fn drop(&mut self) {
        self.shared.counters.sessions.fetch_sub(1, Ordering::Relaxed);
        let mut seats = self.shared.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.partner) {
            *taken = taken.saturating_sub(1);
        }
    }
}

/// The drop box, listening.
pub struct Server<G: DropBox> {
    listener: TcpListener,
    config: Arc<server::Config>,
    shared: Arc<Shared<G>>,
    diary: JoinSet<()>,
}

impl<G: DropBox> Server<G> {
    /// Listens, with the host keys of `keys`, and takes up what a stop left in the folder `uploads`.
    ///
    /// # Errors
    /// When it cannot listen, or the keys or the folder cannot be used.
    pub async fn bind(gate: G, settings: Settings, keys: PathBuf, uploads: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let keys =
            tokio::task::spawn_blocking(move || host_keys::host_keys(&keys)).await.map_err(io::Error::other)??;
        for key in &keys {
            info!(algorithm = %key.algorithm(), fingerprint = %key.fingerprint(HashAlg::Sha256), "host key of the drop box");
        }
        let config = server::Config {
            server_id: SshId::Standard("SSH-2.0-Crossdock".into()),
            methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..]),
            auth_rejection_time: REJECTION,
            auth_rejection_time_initial: Some(Duration::ZERO),
            keys,
            window_size: 8 << 20,
            maximum_packet_size: 65_535,
            channel_buffer_size: 16,
            event_buffer_size: 64,
            preferred: algorithms::preferred(&settings.legacy),
            max_auth_attempts: TRIES,
            inactivity_timeout: Some(settings.idle),
            nodelay: true,
            ..server::Config::default()
        };
        let counters = Arc::<Counters>::default();
        let doorman = Doorman::new(gate.clone(), Arc::clone(&counters)).map_err(io::Error::other)?;
        let (book, keeping) = Diary::new(gate.clone());
        let mut diary = JoinSet::new();
        diary.spawn(keeping);
        let shared = Arc::new(Shared {
            sha1_signatures: settings.legacy.iter().any(|name| name == "ssh-rsa"),
            gate,
            settings,
            doorman,
            diary: book,
            counters,
            bans: Mutex::default(),
            door: Arc::default(),
            told_full: Mutex::default(),
            seats: Mutex::default(),
            inboxes: tokio::sync::Mutex::default(),
            places: body::places(),
            untaken: Arc::default(),
            readings: Arc::default(),
        });
        std::fs::create_dir_all(uploads)?;
        for entry in std::fs::read_dir(uploads)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                continue;
            }
            let partner = entry.file_name().to_string_lossy().into_owned();
            shared.inbox(&partner).await.map_err(io::Error::other)?;
        }
        Ok(Self { listener, config: Arc::new(config), shared, diary })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What happened since the start.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.shared.counters)
    }

    /// Serves until `stop`: then nobody new is let in, what is under way is done, and the sessions end.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let Self { listener, config, shared, mut diary } = self;
        let mut visits = JoinSet::new();
        let mut by_address: HashMap<IpAddr, usize> = HashMap::new();
        let mut sweep = tokio::time::interval(SWEEP);
        let mut outboxes = tokio::time::interval(SWEEP_OUTBOXES);
        while !*stop.borrow() {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => {
                        let from = from.ip().to_canonical();
                        if shared.lets_in(from, visits.len(), by_address.get(&from).copied().unwrap_or_default()) {
                            *by_address.entry(from).or_default() += 1;
                            visits.spawn(visit(Arc::clone(&config), Arc::clone(&shared), stream, from, stop.clone()));
                        }
                    }
                    Err(error) => {
                        // Too many open files, or a visitor who is gone again.
                        warn!("SFTP: nobody can be let in: {error}");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(left) = visits.join_next() => {
                    if let Ok(from) = left && let Some(count) = by_address.get_mut(&from) {
                        *count -= 1;
                        if *count == 0 {
                            by_address.remove(&from);
                        }
                    }
                }
                _ = sweep.tick() => {
                    shared.sweep_inboxes().await;
                    shared.sweep_bans().await;
                }
                _ = outboxes.tick() => shared.sweep_outboxes().await,
                _ = stop.changed() => {}
            }
            shared.counters.connections.store(visits.len() as u64, Ordering::Relaxed);
        }
        drop(listener);
        while visits.join_next().await.is_some() {}
        shared.diary.end().await;
        while diary.join_next().await.is_some() {}
    }
}

impl<G: DropBox> Shared<G> {
    fn lets_in(&self, from: IpAddr, all: usize, from_there: usize) -> bool {
        if self.bans().until(from, Instant::now()).is_some() {
            return false;
        }
        let Settings { sessions, sessions_per_address, .. } = self.settings;
        let room = all < sessions && from_there < sessions_per_address;
        let mut told = self.told_full.lock().unwrap_or_else(PoisonError::into_inner);
        if !room && told.is_none_or(|told| told.elapsed() > TELL_AGAIN) {
            *told = Some(Instant::now());
            warn!(%from, "SFTP: a connection is refused: {all} are open, {from_there} of them from there");
        }
        room
    }

    /// Receives what has waited for its rest long enough.
    async fn sweep_inboxes(&self) {
        let inboxes: Vec<(String, Arc<Inbox>)> =
            self.inboxes.lock().await.iter().map(|(partner, inbox)| (partner.clone(), Arc::clone(inbox))).collect();
        let (guests, most) = (self.gate.guests(), shown_of_each(inboxes.len()));
        for (partner, inbox) in inboxes {
            let guest = guests.iter().find(|guest| guest.partner == partner);
            for (name, payload) in inbox.sweep(&self.gate, guest.map(|guest| &*guest.server), most).await {
                let user = guest.map_or(partner.as_str(), |guest| &guest.user);
                self.diary.note(user, "upload given up", name, format!("the rest did not come: payload {payload}"));
                self.counters.received(0);
            }
        }
        self.door.sweep();
    }

    /// Lets those in again whose bans a person has lifted, and tells the gateway who is banned since.
    async fn sweep_bans(&self) {
        // When they cannot be read, whoever else needs the record says so.
        let lifted = self.gate.lifted().await.unwrap_or_default();
        let now = Instant::now();
        let new = {
            let mut bans = self.bans();
            for origin in &lifted {
                info!(from = %origin, "SFTP: its ban is lifted");
                bans.lift(*origin);
            }
            self.counters.banned.store(bans.count(now) as u64, Ordering::Relaxed);
            bans.untold(now, Timestamp::now())
        };
        if lifted.is_empty() && new.is_empty() {
            return;
        }
        if let Err(error) = self.gate.banned(&new, &lifted).await {
            warn!("SFTP: who is banned cannot be recorded: {error}; trying again");
            self.bans().not_told(&new);
        }
    }

    /// Takes away what partners fetched long ago and left.
    async fn sweep_outboxes(&self) {
        let folders = self.gate.guests().into_iter().map(|guest| {
            let archive =
                guest.server.folder(Folder::Archive).map(|_| self.gate.folder(&guest.partner, Folder::Archive));
            (self.gate.folder(&guest.partner, Folder::Outbox), archive)
        });
        let folders: Vec<_> = folders.collect();
        let sweep = move || {
            let now = SystemTime::now();
            folders
                .iter()
                .flat_map(|(outbox, archive)| outbox::sweep(outbox, archive.as_deref(), now))
                .collect::<Vec<_>>()
        };
        for name in tokio::task::spawn_blocking(sweep).await.unwrap_or_default() {
            info!(file = name, "taken out of the outbox: it was fetched a day ago");
        }
    }
}

/// One connection, from its first byte to its last. Answers where it came from.
async fn visit<G: DropBox>(
    config: Arc<server::Config>,
    shared: Arc<Shared<G>>,
    stream: TcpStream,
    from: IpAddr,
    mut stop: watch::Receiver<bool>,
) -> IpAddr {
    let mut patience = Box::pin(tokio::time::sleep(shared.settings.handshake));
    let place = tokio::select! {
        place = Arc::clone(&shared.door).enter(from) => place,
        () = &mut patience => None,
        () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
    };
    let Some(place) = place else { return from };
    let sent_away = Arc::clone(&place.sent_away);
    let late = async move {
        tokio::select! {
            () = patience => {}
            () = sent_away.notified() => {}
        }
    };
    let visit = Arc::new(Visit::new(place, Untaken::new(Arc::clone(&shared.untaken)), stop.clone()));
    // Only makes small answers quicker.
    drop(stream.set_nodelay(true));
    let wire = Wire::new(stream, Arc::clone(&visit), late);
    let visitor = Visitor::new(Arc::clone(&shared), from, Arc::clone(&visit));
    if let Ok(mut session) = server::run_stream(config, wire, visitor).await {
        let handle = session.handle();
        tokio::select! {
            // How it ended, the session's own part has told.
            _ = &mut session => {}
            () = async { drop(stop.wait_for(|stop| *stop).await) } => {
                drop(tokio::time::timeout(PATIENCE, visit.done()).await);
                let farewell = async {
                    drop(handle.disconnect(Disconnect::ByApplication, "the gateway stops".into(), "en".into()).await);
                    drop((&mut session).await);
                };
                drop(tokio::time::timeout(FAREWELL, farewell).await);
            }
        }
    }
    visit.done().await;
    if let Some(user) = visit.only_tried_keys() {
        shared.refused(&user, from, "no key was taken".to_owned());
    }
    from
}
