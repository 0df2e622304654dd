//! The engine russh: modern servers, fast.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use russh::client::{AuthResult, Config, Handle, Handler, KeyboardInteractiveAuthResponse, connect_stream};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key};
use russh::{ChannelMsg, MethodKind, Preferred, cipher, kex, mac};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::goods::each_piece;
use super::{Attempt, Doing, Entry, Fault, Goods, HostKey, Listing, Secrets, Stream, Visit, Why, Wire, not_let_in};
use crate::diagnostic::cause;
use crate::partner::transport::sftp::{Host, Kind, Sftp};

/// Bytes asked for in one request: what every server gives.
const CHUNK: u32 = 32 << 10;
/// Requests under way at a time; with these and the sizes below a file goes as fast as the wire.
const IN_FLIGHT: usize = 64;
/// Pieces of a file of ours that are read before they are asked for.
const READ_AHEAD: usize = 8;
const WINDOW: u32 = 16 << 20;
const PACKET: u32 = 65_535;
/// That a connection is over, in words.
const ENDED: &str = "the connection ended";
/// Questions into the silence before the server counts as gone.
const SILENT: usize = 3;
/// A limit of the library that ours, which look at progress, always come before.
const NEVER_SECS: u64 = 7 * 24 * 60 * 60;

/// A server that let us in.
pub(super) type Session = Handle<Checks>;

/// Looks at the server's key, and remembers it.
pub(super) struct Checks {
    pins: Vec<String>,
    shown: Arc<Mutex<Option<HostKey>>>,
}

impl Handler for Checks {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let right = self.pins.contains(&fingerprint);
        let shown = HostKey { algorithm: key.algorithm().as_str().to_owned(), fingerprint };
        *self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(shown);
        Ok(right)
    }
}

/// Speaks SSH over a wire and logs in. Keys of the kinds `refused` are not asked for.
pub(super) async fn log_in(
    sftp: &Sftp,
    host: &Host,
    wire: Wire,
    secrets: &Secrets,
    pins: &[String],
    refused: &[HostKey],
) -> Result<Session, Attempt> {
    let config = Config {
        window_size: WINDOW,
        maximum_packet_size: PACKET,
        preferred: preferred(sftp, refused),
        keepalive_interval: Some(sftp.keep_alive),
        keepalive_max: SILENT,
        nodelay: true,
        ..Config::default()
    };
    let shown = Arc::default();
    let checks = Checks { pins: pins.to_vec(), shown: Arc::clone(&shown) };
    let stream: Box<dyn Stream> = match wire {
        Wire::Direct(stream) => Box::new(stream),
        Wire::Through(stream) => stream,
    };
    let mut session = match connect_stream(Arc::new(config), stream, checks).await {
        Ok(session) => session,
        Err(russh::Error::UnknownKey) => {
            let shown = shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            let certificate =
                || Fault::new(Why::HostKeyUnknown, format!("{host} shows no host key"), "a certificate only");
            return Err(shown.map_or_else(|| Attempt::Failed(certificate()), Attempt::Key));
        }
        Err(error) => return Err(begun(host, error).into()),
    };
    authenticate(&mut session, sftp, host, secrets).await?;
    Ok(session)
}

/// The algorithms that we offer: what is modern, and what the profile names of the rest.
fn preferred(sftp: &Sftp, refused: &[HostKey]) -> Preferred {
    let legacy = |kind: Kind| sftp.legacy.iter().filter(move |one| one.kind == kind).map(|one| one.name);
    let modern = Preferred::DEFAULT;
    let mut kex = modern.kex.to_vec();
    kex.extend([kex::ECDH_SHA2_NISTP256, kex::ECDH_SHA2_NISTP384, kex::ECDH_SHA2_NISTP521]);
    kex.extend(legacy(Kind::Exchange).filter_map(|name| kex::Name::try_from(name).ok()));
    let mut cipher = modern.cipher.to_vec();
    cipher.push(cipher::AES_128_GCM);
    cipher.extend(legacy(Kind::Cipher).filter_map(|name| cipher::Name::try_from(name).ok()));
    let mut mac = modern.mac.to_vec();
    mac.extend(legacy(Kind::Mac).filter_map(|name| mac::Name::try_from(name).ok()));
    let with_sha1 = Algorithm::Rsa { hash: None };
    let old_rsa = legacy(Kind::Key).any(|name| name == "ssh-rsa");
    let is_refused = |one: &Algorithm| {
        let plain = if one.clone().is_rsa() { with_sha1.as_str() } else { one.as_str() };
        refused.iter().any(|key| key.algorithm == plain)
    };
    let offered = modern.key.iter().filter(|one| (**one != with_sha1 || old_rsa) && !is_refused(one));
    let key: Vec<Algorithm> = offered.cloned().collect();
    Preferred {
        kex: kex.into(),
        key: key.into(),
        cipher: cipher.into(),
        mac: mac.into(),
        compression: Cow::Borrowed(&[russh::compression::NONE]),
        ..modern
    }
}

/// Why the session did not begin.
fn begun(host: &Host, error: russh::Error) -> Fault {
    match error {
        russh::Error::NoCommonAlgo { ours, theirs, .. } => {
            let cause = format!("it offers {}; we offer {}", theirs.join(", "), ours.join(", "));
            Fault::new(Why::Algorithms, format!("{host} and we have no algorithm in common"), cause)
        }
        error => Fault::new(Why::Unreachable, format!("{host} does not speak SSH with us"), words(&error)),
    }
}

/// What russh says, in small letters.
fn words(error: &russh::Error) -> String {
    match error {
        russh::Error::SendError | russh::Error::RecvError | russh::Error::HUP | russh::Error::Disconnect => {
            ENDED.to_owned()
        }
        error => cause(error),
    }
}

/// What russh-sftp says, which names its own parts where the connection has ended.
fn sftp_words(error: &SftpError) -> String {
    match error {
        SftpError::UnexpectedBehavior(said)
            if ["sender dropped", "session closed", "SendError", "RecvError"]
                .iter()
                .any(|part| said.starts_with(part)) =>
        {
            ENDED.to_owned()
        }
        error => cause(error),
    }
}

async fn authenticate(session: &mut Session, sftp: &Sftp, host: &Host, secrets: &Secrets) -> Result<(), Fault> {
    let broken =
        |error: russh::Error| Fault::new(Why::Unreachable, format!("{host} broke off the log-in"), words(&error));
    let user = host.user.as_str();
    let mut offered = match session.authenticate_none(user).await.map_err(broken)? {
        AuthResult::Success => return Ok(()),
        AuthResult::Failure { remaining_methods, .. } => remaining_methods,
    };
    let mut tried = Vec::new();
    if let (Some(text), true) = (&secrets.key, offered.contains(&MethodKind::PublicKey)) {
        let read = decode_secret_key(text, secrets.passphrase.as_deref());
        let key = read.map_err(|error| {
            let message = format!("our key for {host} cannot be read");
            Fault::new(Why::Secret, message, cause(error))
        })?;
        let hash = if key.algorithm().is_rsa() {
            let old = sftp.legacy.iter().any(|one| one.name == "ssh-rsa");
            let told = session.best_supported_rsa_hash().await.map_err(broken)?;
            // A server that does not tell is an old one.
            told.unwrap_or(if old { None } else { Some(HashAlg::Sha512) })
        } else {
            None
        };
        tried.push("our key");
        match session
            .authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::new(key), hash))
            .await
            .map_err(broken)?
        {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => offered = remaining_methods,
        }
    }
    if let Some(password) = &secrets.password {
        let asked = offered.contains(&MethodKind::KeyboardInteractive);
        if offered.contains(&MethodKind::Password) {
            tried.push("our password");
            match session.authenticate_password(user, password).await.map_err(broken)? {
                AuthResult::Success => return Ok(()),
                AuthResult::Failure { remaining_methods, .. } => offered = remaining_methods,
            }
        } else if asked {
            tried.push("our password");
            if answer_prompts(session, user, password).await.map_err(broken)? {
                return Ok(());
            }
        }
    }
    // A refusal says what else would do; without that it is a wire that is gone.
    if offered.is_empty() {
        return Err(broken(russh::Error::Disconnect));
    }
    let takes: Vec<&str> = offered.iter().map(<&str>::from).collect();
    Err(not_let_in(host, &tried, &takes))
}

/// Gives the password to whatever the server asks for; true when that let us in.
async fn answer_prompts(session: &mut Session, user: &str, password: &str) -> Result<bool, russh::Error> {
    let mut answer = session.authenticate_keyboard_interactive_start(user, None).await?;
    loop {
        let prompts = match answer {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
        };
        let responses = prompts.iter().map(|_| password.to_owned()).collect();
        answer = session.authenticate_keyboard_interactive_respond(responses).await?;
    }
}

/// The way through a server to another one.
pub(super) async fn through(jump: &Session, host: &Host) -> Result<Box<dyn Stream>, String> {
    let channel = jump.channel_open_direct_tcpip(host.name.as_str(), u32::from(host.port), "127.0.0.1", 0).await;
    let channel = channel.map_err(|error| format!("the server on the way says: {}", words(&error)))?;
    Ok(Box::new(channel.into_stream()))
}

/// A visit by russh.
pub(super) struct Russh {
    sftp: RawSftpSession,
    host: String,
    answer_within: Duration,
    has_fsync: bool,
    has_posix_rename: bool,
    /// Kept as long as the visit: without them there is no wire.
    _session: Session,
    jump: Option<Session>,
}

impl Russh {
    pub(super) async fn begin(session: Session, sftp: &Sftp) -> Result<Self, Fault> {
        let host = sftp.host.to_string();
        let no_sftp = |cause: String| Fault::new(Why::NotSpoken, format!("{host} has no SFTP for us"), cause);
        let broken = |cause: String| Fault::new(Why::Unreachable, format!("{host} broke off before SFTP began"), cause);
        let mut channel = session.channel_open_session().await.map_err(|error| match &error {
            russh::Error::ChannelOpenFailure(_) => no_sftp(words(&error)),
            _ => broken(words(&error)),
        })?;
        channel.request_subsystem(true, "sftp").await.map_err(|error| broken(words(&error)))?;
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => break,
                Some(ChannelMsg::Failure) => return Err(no_sftp("it refuses the subsystem `sftp`".to_owned())),
                Some(ChannelMsg::Close | ChannelMsg::Eof) | None => {
                    return Err(broken(ENDED.to_owned()));
                }
                Some(_) => {}
            }
        }
        let config = russh_sftp::client::Config {
            max_concurrent_reads: IN_FLIGHT,
            max_concurrent_writes: IN_FLIGHT,
            request_timeout_secs: NEVER_SECS,
            ..Default::default()
        };
        let raw = RawSftpSession::new_with_config(channel.into_stream(), config);
        let version = raw.init().await.map_err(|error| broken(sftp_words(&error)))?;
        let has = |name: &str| version.extensions.contains_key(name);
        Ok(Self {
            has_fsync: has("fsync@openssh.com"),
            has_posix_rename: has("posix-rename@openssh.com"),
            sftp: raw,
            host,
            answer_within: sftp.answer_within,
            _session: session,
            jump: None,
        })
    }

    /// The session on the way lives as long as this one.
    pub(super) fn behind(&mut self, jump: Option<Session>) {
        self.jump = jump;
    }

    /// Waits for an answer, not for ever.
    async fn answer<T>(
        &self,
        doing: &str,
        path: &str,
        work: impl Future<Output = Result<T, SftpError>>,
    ) -> Result<T, Fault> {
        self.answers(doing, path, &AtomicUsize::new(0), work).await
    }

    /// Waits for what needs several answers, as long as one of them comes in time: `came` counts them.
    async fn answers<T>(
        &self,
        doing: &str,
        path: &str,
        came: &AtomicUsize,
        work: impl Future<Output = Result<T, SftpError>>,
    ) -> Result<T, Fault> {
        let message = || format!("{} cannot {doing} {path}", self.host);
        let mut work = std::pin::pin!(work);
        let waited = loop {
            let before = came.load(Ordering::Relaxed);
            match tokio::time::timeout(self.answer_within, work.as_mut()).await {
                Err(_) if came.load(Ordering::Relaxed) != before => {}
                waited => break waited,
            }
        };
        match waited {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(SftpError::Status(status))) => {
                let why = match status.status_code {
                    StatusCode::NoSuchFile => Why::Missing,
                    StatusCode::NoConnection | StatusCode::ConnectionLost => Why::Unreachable,
                    _ => Why::Refused,
                };
                let said = match status.error_message.trim() {
                    "" => status.status_code.to_string(),
                    said => said.to_owned(),
                };
                Err(Fault::new(why, message(), cause(said)))
            }
            Ok(Err(error)) => {
                let message = format!("{} broke off: {doing} {path}", self.host);
                Err(Fault::new(Why::Unreachable, message, sftp_words(&error)))
            }
            Err(_) => {
                let cause = format!("no answer within {} s (`answer_within`)", self.answer_within.as_secs());
                Err(Fault::new(Why::Unreachable, format!("{} says nothing: {doing} {path}", self.host), cause))
            }
        }
    }

    /// A piece of a file; shorter than asked for only at the file's end. `came` counts the answers that it took.
    async fn piece(&self, handle: &str, offset: u64, length: u32, came: &AtomicUsize) -> Result<Vec<u8>, SftpError> {
        let mut bytes: Vec<u8> = Vec::new();
        while let left @ 1.. = length.saturating_sub(u32::try_from(bytes.len()).unwrap_or(u32::MAX)) {
            let read = self.sftp.read(handle, offset + bytes.len() as u64, left).await;
            came.fetch_add(1, Ordering::Relaxed);
            match read {
                Ok(data) if data.data.is_empty() => break,
                Ok(data) => bytes.extend_from_slice(&data.data),
                Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => break,
                Err(error) => return Err(error),
            }
        }
        Ok(bytes)
    }

    async fn read_open(&self, handle: &str, path: &str, size: u64, to: Option<PathBuf>) -> Result<[u8; 32], Fault> {
        let local = |error: std::io::Error| Fault::new(Why::Local, format!("{path} cannot be kept here"), cause(error));
        let mut file = match to {
            Some(to) => Some(tokio::fs::File::create(to).await.map_err(local)?),
            None => None,
        };
        let (mut hash, mut length, came) = (Sha256::new(), 0, AtomicUsize::new(0));
        // One piece at or behind the end shows whether the file is longer than it is said to be.
        let offsets = (0..=size / u64::from(CHUNK)).map(|number| number * u64::from(CHUNK));
        let pieces = offsets.map(|offset| self.piece(handle, offset, CHUNK, &came));
        let mut pieces = std::pin::pin!(futures_util::stream::iter(pieces).buffered(IN_FLIGHT));
        loop {
            let next = async { pieces.next().await.transpose() };
            let Some(piece) = self.answers("read", path, &came, next).await? else { break };
            hash.update(&piece);
            length += piece.len() as u64;
            if let Some(file) = &mut file {
                file.write_all(&piece).await.map_err(local)?;
            }
            // Whatever size it is said to have, behind its end there is nothing to ask for.
            if piece.len() < CHUNK as usize {
                break;
            }
        }
        if length != size {
            return Err(not_whole(&self.host, path, size, length));
        }
        if let Some(mut file) = file {
            file.flush().await.map_err(local)?;
            file.sync_all().await.map_err(local)?;
        }
        Ok(hash.finalize().into())
    }

    async fn write_open(&self, handle: &str, path: &str, goods: Arc<dyn Goods>) -> Result<(), Fault> {
        let (hand_over, pieces) = mpsc::channel::<Vec<u8>>(READ_AHEAD);
        let at = path.to_owned();
        let reading = tokio::task::spawn_blocking(move || {
            each_piece(&*goods, &at, CHUNK as usize, |piece| {
                let stopped = |_| Fault::new(Why::Unreachable, format!("{at} is not written any more"), "it failed");
                hand_over.blocking_send(piece.to_vec()).map_err(stopped)
            })
        });
        let pieces = futures_util::stream::unfold((pieces, 0), |(mut pieces, at)| async move {
            let piece = pieces.recv().await?;
            let next = at + piece.len() as u64;
            Some(((at, piece), (pieces, next)))
        });
        let writes = pieces.map(|(at, piece)| self.sftp.write(handle, at, piece));
        let mut writes = std::pin::pin!(writes.buffered(IN_FLIGHT));
        loop {
            let next = async { writes.next().await.transpose() };
            if self.answer("write", path, next).await?.is_none() {
                break;
            }
        }
        reading.await.unwrap_or_else(|bug| Err(Fault::new(Why::Local, format!("{path} cannot be read"), bug)))?;
        if self.has_fsync {
            self.answer("sync", path, self.sftp.fsync(handle)).await?;
        }
        Ok(())
    }

    async fn list_open(&self, handle: &str, folder: &str, see: &mut (dyn FnMut(Entry) + Send)) -> Result<(), Fault> {
        let mut listing = Listing::begin();
        loop {
            let next = async {
                match self.sftp.readdir(handle).await {
                    Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => Ok(None),
                    other => other.map(Some),
                }
            };
            let Some(names) = self.answer("list", folder, next).await? else { return Ok(()) };
            listing.goes_on(names.files.iter().map(|file| file.filename.as_bytes()), &self.host, folder)?;
            for file in names.files {
                if is_file(&file.attrs) {
                    see(entry(file.filename, &file.attrs));
                }
            }
        }
    }
}

/// Nobody answers any more: nothing else is asked, which would be waited for as long again.
fn is_gone<T>(done: &Result<T, Fault>) -> bool {
    matches!(done, Err(fault) if fault.why == Why::Unreachable)
}

/// What is read is not what the server says.
pub(super) fn not_whole(host: &str, path: &str, said: u64, found: u64) -> Fault {
    let found = if found > said { "more".to_owned() } else { found.to_string() };
    let cause =
        format!("it is said to have {said} bytes, and has {found}: it is being written, or the server is wrong");
    Fault::new(Why::NotWhole, format!("{path} on {host} is not whole"), cause)
}

/// A server that says nothing of the kind is taken at its word that it lists files.
fn is_file(attributes: &FileAttributes) -> bool {
    const KIND: u32 = 0o170_000;
    const FILE: u32 = 0o100_000;
    attributes.permissions.is_none_or(|mode| mode & KIND == FILE || mode & KIND == 0)
}

fn entry(name: String, attributes: &FileAttributes) -> Entry {
    Entry { name, size: attributes.size.unwrap_or_default(), modified: attributes.mtime.map_or(0, i64::from) }
}

impl Visit for Russh {
    fn list<'a>(&'a mut self, folder: &'a str, see: &'a mut (dyn FnMut(Entry) + Send)) -> Doing<'a, ()> {
        Box::pin(async move {
            let handle = self.answer("list", folder, self.sftp.opendir(folder)).await?.handle;
            let listed = self.list_open(&handle, folder, see).await;
            let closed = self.answer("list", folder, self.sftp.close(handle)).await;
            listed.and(closed.map(|_| ()))
        })
    }

    fn read<'a>(&'a mut self, path: &'a str, size: u64, to: Option<PathBuf>) -> Doing<'a, [u8; 32]> {
        Box::pin(async move {
            let open = self.sftp.open(path, OpenFlags::READ, FileAttributes::empty());
            let handle = self.answer("open", path, open).await?.handle;
            let read = self.read_open(&handle, path, size, to).await;
            // What was read is read, whatever the server says at the end; a wire that is gone shows at the next step.
            if !is_gone(&read) {
                drop(self.answer("close", path, self.sftp.close(handle)).await);
            }
            read
        })
    }

    fn write<'a>(&'a mut self, path: &'a str, goods: Arc<dyn Goods>) -> Doing<'a, ()> {
        Box::pin(async move {
            let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
            let open = self.sftp.open(path, flags, FileAttributes::empty());
            let handle = self.answer("make", path, open).await?.handle;
            let written = self.write_open(&handle, path, goods).await.map_err(Fault::perhaps_done);
            if is_gone(&written) {
                return written;
            }
            let closed = self.answer("close", path, self.sftp.close(handle)).await;
            written.and(closed.map(|_| ()).map_err(Fault::perhaps_done))
        })
    }

    fn stat<'a>(&'a mut self, path: &'a str) -> Doing<'a, Option<Entry>> {
        Box::pin(async move {
            match self.answer("look at", path, self.sftp.stat(path)).await {
                Ok(found) => Ok(Some(entry(path.to_owned(), &found.attrs))),
                Err(fault) if fault.why == Why::Missing => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }

    fn rename<'a>(&'a mut self, from: &'a str, to: &'a str) -> Doing<'a, ()> {
        let both = format!("{from} to {to}");
        Box::pin(async move {
            let mut data = Vec::new();
            for path in [from, to] {
                data.extend_from_slice(&u32::try_from(path.len()).unwrap_or_default().to_be_bytes());
                data.extend_from_slice(path.as_bytes());
            }
            let asked = async {
                match self.sftp.rename(from, to).await {
                    // That one goes over what is there, so it is the second choice.
                    Err(SftpError::Status(status))
                        if self.has_posix_rename && status.status_code == StatusCode::OpUnsupported => {}
                    renamed => return renamed.map(|_| ()),
                }
                match self.sftp.extended("posix-rename@openssh.com", data).await? {
                    Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
                    Packet::Status(status) => Err(SftpError::Status(status)),
                    _ => Err(SftpError::UnexpectedPacket),
                }
            };
            self.answer("rename", &both, asked).await
        })
    }

    fn remove<'a>(&'a mut self, path: &'a str) -> Doing<'a, ()> {
        Box::pin(async move { self.answer("remove", path, self.sftp.remove(path)).await.map(|_| ()) })
    }
}
