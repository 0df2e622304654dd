//! The engine libssh2: for servers that need what russh lacks. It blocks, so each step has a thread of its own. Speaks SFTP;
//! SCP over the same session is `scp`'s.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh::keys::PublicKey;
use sha2::{Digest, Sha256};
use ssh2::{ErrorCode, KeyboardInteractivePrompt, MethodType, OpenFlags, OpenType, Prompt, RenameFlags};

use super::goods::each_piece;
use super::russh::not_whole;
use super::{Attempt, Doing, Entry, Fault, Goods, HostKey, Listing, Secrets, Visit, Why, Wire, not_let_in};
use crate::diagnostic::cause;
use crate::partner::transport::sftp::{Host, LEGACY, Sftp};

/// Bytes handed over at a time: the library makes requests of them and has many under way.
const CHUNK: usize = 1 << 20;
/// Files listed in one step.
const NAMES: usize = 1_000;
/// Codes of libssh2 by which something ended that a person has to mend: no common algorithm.
const NO_COMMON: [i32; 2] = [-5, -33];
/// Codes of SFTP.
const NO_SUCH_FILE: i32 = 2;
const NO_CONNECTION: [i32; 2] = [6, 7];
const UNSUPPORTED: i32 = 8;
/// A code of libssh2: the server has answered, with one of SFTP.
const ANSWERED: i32 = -31;
/// What that says when it is about the connection, in the library's words.
const NOT_CONNECTED: [&str; 2] = ["no connection", "connection lost"];
const END: i32 = -16;
/// SFTP does not begin; the library says so too when the wire is gone.
const NO_SUBSYSTEM: i32 = -21;
/// Codes of libssh2: our key cannot be read; what we show is refused.
const NO_KEY: i32 = -16;
const REFUSALS: [i32; 2] = [-18, -19];

/// A session that is logged in.
pub(super) struct Session {
    pub(super) ssh: ssh2::Session,
    pub(super) host: Arc<str>,
    /// The session on the way lives as long as this one.
    _jump: Option<super::russh::Session>,
}

/// A visit by libssh2.
pub(super) struct Libssh2 {
    sftp: Arc<ssh2::Sftp>,
    session: Session,
}

/// Speaks SSH over a wire and logs in. Keys of the kinds `refused` are not asked for.
pub(super) async fn connect(
    sftp: &Sftp,
    wire: Wire,
    secrets: &Secrets,
    pins: &[String],
    refused: &[HostKey],
) -> Result<Session, Attempt> {
    let host = sftp.host.clone();
    let no_wire = |error: std::io::Error| Fault::new(Why::Unreachable, format!("{host} cannot be reached"), error);
    let wire: OwnedFd = match wire {
        Wire::Direct(stream) => {
            let stream = stream.into_std().map_err(no_wire)?;
            stream.set_nonblocking(false).map_err(no_wire)?;
            stream.into()
        }
        // The library wants a file descriptor: bytes are carried to and from one.
        Wire::Through(mut stream) => {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(no_wire)?;
            ours.set_nonblocking(true).map_err(no_wire)?;
            let mut ours = tokio::net::UnixStream::from_std(ours).map_err(no_wire)?;
            tokio::spawn(async move {
                // It ends with either side, which notices by itself.
                drop(tokio::io::copy_bidirectional(&mut stream, &mut ours).await);
            });
            theirs.into()
        }
    };
    let (sftp, secrets, pins, refused) = (sftp.clone(), secrets.clone(), pins.to_vec(), refused.to_vec());
    let work = move || begin(&sftp, wire, &secrets, &pins, &refused);
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(broken(&host, error).into()))
}

fn broken(host: &Host, error: impl std::fmt::Display) -> Fault {
    Fault::new(Why::Unreachable, format!("{host} broke off"), cause(error))
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn begin(
    sftp: &Sftp,
    wire: OwnedFd,
    secrets: &Secrets,
    pins: &[String],
    refused: &[HostKey],
) -> Result<Session, Attempt> {
    let host = &sftp.host;
    let mut session = ssh2::Session::new().map_err(|error| broken(host, error))?;
    session.set_timeout(milliseconds(sftp.connect_within));
    offer(&session, sftp, refused)?;
    session.set_tcp_stream(wire);
    session.handshake().map_err(|error| match error.code() {
        ErrorCode::Session(code) if NO_COMMON.contains(&code) => {
            let message = format!("{host} and we have no algorithm in common");
            Fault::new(Why::Algorithms, message, cause(error.message()))
        }
        _ => Fault::new(Why::Unreachable, format!("{host} does not speak SSH with us"), cause(error.message())),
    })?;
    let shown = session.host_key().and_then(|(key, _)| PublicKey::from_bytes(key).ok());
    let shown = shown.map(|key| HostKey {
        algorithm: key.algorithm().as_str().to_owned(),
        fingerprint: key.fingerprint(russh::keys::HashAlg::Sha256).to_string(),
    });
    match shown {
        Some(shown) if pins.contains(&shown.fingerprint) => {}
        Some(shown) => return Err(Attempt::Key(shown)),
        None => {
            return Err(
                Fault::new(Why::HostKeyUnknown, format!("{host} shows no host key"), "none that we know").into()
            );
        }
    }
    log_in(&session, host, secrets)?;
    session.set_timeout(milliseconds(sftp.answer_within));
    Ok(Session { ssh: session, host: host.to_string().into(), _jump: None })
}

/// Offers what is modern, and what the profile names of the rest.
fn offer(session: &ssh2::Session, sftp: &Sftp, refused: &[HostKey]) -> Result<(), Fault> {
    let old = |name: &str| LEGACY.iter().any(|one| one.name == name) && !sftp.legacy.iter().any(|one| one.name == name);
    let is_refused = |name: &str| {
        refused.iter().any(|key| key.algorithm == name || (key.algorithm == "ssh-rsa" && name.starts_with("rsa-sha2")))
    };
    use MethodType::{CryptCs, CryptSc, HostKey, Kex, MacCs, MacSc};
    for kind in [Kex, HostKey, CryptCs, CryptSc, MacCs, MacSc] {
        let known = session.supported_algs(kind).map_err(|error| broken(&sftp.host, error))?;
        let is_key = matches!(kind, HostKey);
        let offered: Vec<&str> = known.into_iter().filter(|name| !(old(name) || is_key && is_refused(name))).collect();
        if offered.is_empty() {
            let message = format!("{} and we have no algorithm in common", sftp.host);
            return Err(Fault::new(Why::Algorithms, message, "it has no other host key that we can check"));
        }
        session.method_pref(kind, &offered.join(",")).map_err(|error| broken(&sftp.host, error))?;
    }
    Ok(())
}

fn log_in(session: &ssh2::Session, host: &Host, secrets: &Secrets) -> Result<(), Fault> {
    // Asking without a way in is refused, as a rule, with what would let us in.
    let offered = session.auth_methods(&host.user).map(str::to_owned);
    if session.authenticated() {
        return Ok(());
    }
    let mut offered = offered.map_err(|error| broken(host, error))?;
    let mut tried = Vec::new();
    if let (Some(key), true) = (&secrets.key, offered.contains("publickey")) {
        tried.push("our key");
        refused(host, session.userauth_pubkey_memory(&host.user, None, key, secrets.passphrase.as_deref()))?;
        // A server may ask for more than the key; and the library calls it a refusal, too, when the wire is gone.
        if !session.authenticated() {
            offered = session.auth_methods(&host.user).map(str::to_owned).map_err(|error| broken(host, error))?;
        }
    }
    if let (Some(password), false) = (&secrets.password, session.authenticated()) {
        let answered = if offered.split(',').any(|method| method == "password") {
            Some(session.userauth_password(&host.user, password))
        } else if offered.contains("keyboard-interactive") {
            Some(session.userauth_keyboard_interactive(&host.user, &mut Answers(password)))
        } else {
            None
        };
        if let Some(answered) = answered {
            tried.push("our password");
            refused(host, answered)?;
            if !session.authenticated() {
                session.auth_methods(&host.user).map_err(|error| broken(host, error))?;
            }
        }
    }
    if session.authenticated() {
        return Ok(());
    }
    Err(not_let_in(host, &tried, &offered.split(',').collect::<Vec<_>>()))
}

/// That a way in is refused is no fault as long as there are others.
fn refused(host: &Host, answered: Result<(), ssh2::Error>) -> Result<(), Fault> {
    match answered {
        Err(error) if error.code() == ErrorCode::Session(NO_KEY) => {
            let message = format!("our key for {host} cannot be read");
            Err(Fault::new(Why::Secret, message, cause(error.message())))
        }
        Err(error) if !matches!(error.code(), ErrorCode::Session(code) if REFUSALS.contains(&code)) => {
            Err(broken(host, error))
        }
        _ => Ok(()),
    }
}

/// Gives the password to whatever the server asks for.
struct Answers<'a>(&'a str);

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt<'a>(&mut self, _: &str, _: &str, prompts: &[Prompt<'a>]) -> Vec<String> {
        prompts.iter().map(|_| self.0.to_owned()).collect()
    }
}

impl Session {
    /// It goes through this session.
    pub(super) fn behind(self, jump: Option<super::russh::Session>) -> Self {
        Self { _jump: jump, ..self }
    }

    /// Does something with the server on a thread of its own.
    pub(super) async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&str) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let host = Arc::clone(&self.host);
        let done = tokio::task::spawn_blocking(move || work(&host)).await;
        done.unwrap_or_else(|error| Err(Fault::new(Why::Unreachable, format!("{} broke off", self.host), error)))
    }
}

impl Libssh2 {
    /// Begins to speak SFTP.
    pub(super) async fn begin(session: Session) -> Result<Self, Fault> {
        let ssh = session.ssh.clone();
        let opened = session.on_a_thread(move |host| {
            ssh.sftp().map_err(|error| match error.code() {
                ErrorCode::Session(NO_SUBSYSTEM) if ssh.channel_session().is_ok() => {
                    Fault::new(Why::NotSpoken, format!("{host} has no SFTP for us"), "it refuses the subsystem `sftp`")
                }
                _ => {
                    let said = cause(error.message());
                    Fault::new(Why::Unreachable, format!("{host} broke off"), said)
                }
            })
        });
        Ok(Self { sftp: Arc::new(opened.await?), session })
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ssh2::Sftp, &str) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let sftp = Arc::clone(&self.sftp);
        self.session.on_a_thread(move |host| work(&sftp, host)).await
    }
}

/// What the library says of a step.
fn failed(host: &str, doing: &str, path: &str, error: &ssh2::Error) -> Fault {
    let said = cause(error.message());
    let why = match error.code() {
        ErrorCode::SFTP(NO_SUCH_FILE) => Why::Missing,
        ErrorCode::SFTP(code) if !NO_CONNECTION.contains(&code) => Why::Refused,
        _ => return Fault::new(Why::Unreachable, format!("{host} broke off: {doing} {path}"), said),
    };
    Fault::new(why, format!("{host} cannot {doing} {path}"), said)
}

fn entry(name: String, stat: &ssh2::FileStat) -> Entry {
    let modified = stat.mtime.and_then(|time| i64::try_from(time).ok()).unwrap_or_default();
    Entry { name, size: stat.size.unwrap_or_default(), modified }
}

impl Visit for Libssh2 {
    fn list<'a>(&'a mut self, folder: &'a str, see: &'a mut (dyn FnMut(Entry) + Send)) -> Doing<'a, ()> {
        Box::pin(async move {
            let at = folder.to_owned();
            let open = move |sftp: &ssh2::Sftp, host: &str| {
                sftp.opendir(&at).map_err(|error| failed(host, "list", &at, &error))
            };
            let (mut directory, mut listing) = (self.on_a_thread(open).await?, Listing::begin());
            loop {
                let at = folder.to_owned();
                let more = move |_: &ssh2::Sftp, host: &str| {
                    let mut names = Vec::new();
                    while names.len() < NAMES {
                        let read = directory.readdir();
                        let name = read.as_ref().map_or(&b""[..], |(name, _)| name.as_os_str().as_bytes());
                        listing.goes_on(std::iter::once(name), host, &at)?;
                        match read {
                            Ok((name, stat)) if stat.perm.is_none() || stat.is_file() => {
                                names.push(entry(name.to_string_lossy().into_owned(), &stat));
                            }
                            Ok(_) => {}
                            Err(error) if error.code() == ErrorCode::Session(END) => return Ok((names, None)),
                            Err(error) => return Err(failed(host, "list", &at, &error)),
                        }
                    }
                    Ok((names, Some((directory, listing))))
                };
                let (names, left) = self.on_a_thread(more).await?;
                names.into_iter().for_each(&mut *see);
                match left {
                    Some(left) => (directory, listing) = left,
                    None => return Ok(()),
                }
            }
        })
    }

    fn read<'a>(&'a mut self, path: &'a str, size: u64, to: Option<PathBuf>) -> Doing<'a, [u8; 32]> {
        let (path, ssh) = (path.to_owned(), self.session.ssh.clone());
        Box::pin(self.on_a_thread(move |sftp, host| {
            let local =
                |error: std::io::Error| Fault::new(Why::Local, format!("{path} cannot be kept here"), cause(error));
            let mut from = sftp.open(&path).map_err(|error| failed(host, "open", &path, &error))?;
            let mut file = to.map(std::fs::File::create).transpose().map_err(local)?;
            let (mut hash, mut length, mut buffer) = (Sha256::new(), 0_u64, vec![0; CHUNK]);
            let mut asked_again = None;
            while length <= size {
                // The library asks for four times as much as there is room for: one byte more than is left shows a longer file.
                let room = usize::try_from(size - length).map_or(CHUNK, |left| CHUNK.min(left.saturating_add(1)));
                let read = from.read(&mut buffer[..room]);
                let read = read.map_err(|error| moving_failed(&ssh, host, ("read", &path), &error))?;
                if read == 0 {
                    // The library takes an answer shorter than asked for as the end: only a second one is believed.
                    if length >= size || asked_again == Some(length) {
                        break;
                    }
                    asked_again = Some(length);
                    let sought = from.seek(SeekFrom::Start(length));
                    sought.map_err(|error| moving_failed(&ssh, host, ("read", &path), &error))?;
                    continue;
                }
                hash.update(&buffer[..read]);
                length += read as u64;
                if let Some(file) = &mut file {
                    file.write_all(&buffer[..read]).map_err(local)?;
                }
            }
            if length != size {
                return Err(not_whole(host, &path, size, length));
            }
            if let Some(file) = file {
                file.sync_all().map_err(local)?;
            }
            Ok(hash.finalize().into())
        }))
    }

    fn write<'a>(&'a mut self, path: &'a str, goods: Arc<dyn Goods>) -> Doing<'a, ()> {
        let (path, ssh) = (path.to_owned(), self.session.ssh.clone());
        Box::pin(self.on_a_thread(move |sftp, host| {
            let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
            let opened = sftp.open_mode(&path, flags, 0o644, OpenType::File);
            let mut to = opened.map_err(|error| failed(host, "make", &path, &error))?;
            let mut rest = || {
                each_piece(&*goods, &path, CHUNK, |piece| {
                    to.write_all(piece).map_err(|error| moving_failed(&ssh, host, ("write", &path), &error))
                })?;
                match to.fsync() {
                    // Not every server can sync.
                    Err(error) if error.code() != ErrorCode::SFTP(UNSUPPORTED) => {
                        return Err(failed(host, "sync", &path, &error));
                    }
                    _ => {}
                }
                to.close().map_err(|error| failed(host, "close", &path, &error))
            };
            rest().map_err(Fault::perhaps_done)
        }))
    }

    fn stat<'a>(&'a mut self, path: &'a str) -> Doing<'a, Option<Entry>> {
        let path = path.to_owned();
        Box::pin(self.on_a_thread(move |sftp, host| match sftp.stat(Path::new(&path)) {
            Ok(found) => Ok(Some(entry(path, &found))),
            Err(error) if error.code() == ErrorCode::SFTP(NO_SUCH_FILE) => Ok(None),
            Err(error) => Err(failed(host, "look at", &path, &error)),
        }))
    }

    fn rename<'a>(&'a mut self, from: &'a str, to: &'a str) -> Doing<'a, ()> {
        let (from, to) = (from.to_owned(), to.to_owned());
        Box::pin(self.on_a_thread(move |sftp, host| {
            // The plain one, which does not go over what is there.
            let renamed = sftp.rename(Path::new(&from), Path::new(&to), Some(RenameFlags::NATIVE));
            renamed.map_err(|error| failed(host, "rename", &format!("{from} to {to}"), &error))
        }))
    }

    fn remove<'a>(&'a mut self, path: &'a str) -> Doing<'a, ()> {
        let path = path.to_owned();
        Box::pin(self.on_a_thread(move |sftp, host| {
            sftp.unlink(Path::new(&path)).map_err(|error| failed(host, "remove", &path, &error))
        }))
    }
}

/// The library's readers and writers hide its code in an error of the system: the session still has it.
fn moving_failed(ssh: &ssh2::Session, host: &str, (doing, path): (&str, &str), error: &std::io::Error) -> Fault {
    let last = ssh2::Error::last_session_error(ssh);
    let said = cause(error);
    match last.is_some_and(|last| last.code() == ErrorCode::Session(ANSWERED)) {
        true if error.kind() == ErrorKind::NotFound => {
            Fault::new(Why::Missing, format!("{host} cannot {doing} {path}"), said)
        }
        true if !NOT_CONNECTED.contains(&said.as_str()) => {
            Fault::new(Why::Refused, format!("{host} cannot {doing} {path}"), said)
        }
        _ => Fault::new(Why::Unreachable, format!("{host} broke off: {doing} {path}"), said),
    }
}
