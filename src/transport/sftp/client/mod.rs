//! Our visits to partners' servers: files are picked up and put there.
//!
//! [`connect`] logs in with the engine that the profile names and answers a [`Visit`], which is the same for all engines.
//! Host keys are compared before anything of ours is said ([`trust`]); every wait has its limit. Which files are to be taken
//! is decided by [`look`], which sees listings only; how a file is put is [`push`]'s.

mod fault;
mod goods;
#[cfg(feature = "libssh2")]
mod libssh2;
mod listing;
pub mod look;
pub mod push;
mod russh;
#[cfg(feature = "libssh2")]
mod scp;
pub mod trust;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub use fault::{Fault, Why};
pub use goods::Goods;
use listing::Listing;
use trust::Trusted;

#[cfg(feature = "libssh2")]
use crate::diagnostic::cause;
use crate::partner::transport::sftp::Protocol;
use crate::partner::transport::sftp::{Engine, Host, Sftp};

/// What a part of a visit comes to.
pub type Doing<'a, T> = BoxFuture<'a, Result<T, Fault>>;

/// A file as the server lists it. Times are the server's own and are compared with each other only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its length, as the server says.
    pub size: u64,
    /// When it was changed last, as the server says, in seconds.
    pub modified: i64,
}

/// A server that we are logged in to.
pub trait Visit: Send + Sync {
    /// Shows each file of a folder, not its folders and links. By SCP: of the files that the profile names in it. That there
    /// is no such folder is a fault.
    fn list<'a>(&'a mut self, folder: &'a str, see: &'a mut (dyn FnMut(Entry) + Send)) -> Doing<'a, ()>;

    /// Reads a file that is `size` bytes long into the file `to`, which is synced; answers its SHA-256. That it is longer or
    /// shorter is a fault.
    fn read<'a>(&'a mut self, path: &'a str, size: u64, to: Option<PathBuf>) -> Doing<'a, [u8; 32]>;

    /// Writes a file, over what is there, and has it synced where the server can do that. It may be done once it was begun.
    fn write<'a>(&'a mut self, path: &'a str, goods: Arc<dyn Goods>) -> Doing<'a, ()>;

    /// Length and time of a file, `None` when there is none.
    fn stat<'a>(&'a mut self, path: &'a str) -> Doing<'a, Option<Entry>>;

    /// Gives a file another name: by the plain rename, which servers that keep to the protocol refuse where that name is given; by
    /// posix-rename only where there is no other.
    fn rename<'a>(&'a mut self, from: &'a str, to: &'a str) -> Doing<'a, ()>;

    /// Removes a file.
    fn remove<'a>(&'a mut self, path: &'a str) -> Doing<'a, ()>;
}

/// A server's host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// Such as `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:...`
    pub fingerprint: String,
}

/// What lets us in at a server. Never shown.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Our private key.
    pub key: Option<String>,
    /// What opens it.
    pub passphrase: Option<String>,
    /// Our password.
    pub password: Option<String>,
}

/// Whom to visit, with what.
#[derive(Clone)]
pub struct Destination {
    /// The profile's settings.
    pub sftp: Sftp,
    /// For the server.
    pub secrets: Secrets,
    /// For the server on the way.
    pub jump_secrets: Secrets,
    /// The host keys that were trusted by command.
    pub trusted: Trusted,
}

/// Connects and logs in.
///
/// # Errors
/// What failed, in words.
pub async fn connect(to: &Destination) -> Result<Box<dyn Visit>, Fault> {
    let (sftp, host, through) = (&to.sftp, &to.sftp.host, jump(to).await?);
    let (pins, jump, allowed) = (&to.trusted.of(host), through.as_ref(), to.sftp.connect_within);
    match sftp.engine {
        #[cfg(feature = "libssh2")]
        Engine::Libssh2 => {
            let visit = by_key(host, pins, |refused| async move {
                let through = within(allowed, host, wire(host, jump)).await?;
                match libssh2::connect(sftp, through, &to.secrets, pins, &refused).await {
                    // The library says so too when the wire is gone: the other engine knows better.
                    Err(Attempt::Failed(fault)) if fault.why == Why::Algorithms => {
                        let look = async {
                            let wire = wire(host, jump).await?;
                            russh::log_in(sftp, host, wire, &Secrets::default(), &[], &[]).await
                        };
                        match within(allowed, host, look).await {
                            Err(Attempt::Failed(other)) if other.why == Why::Unreachable => Err(other.into()),
                            _ => Err(fault.into()),
                        }
                    }
                    other => other,
                }
            });
            let session = visit.await?.behind(through);
            Ok(match sftp.protocol {
                Protocol::Sftp => Box::new(libssh2::Libssh2::begin(session).await?),
                Protocol::Scp => Box::new(scp::Scp::new(session, &sftp.poll)),
            })
        }
        #[cfg(not(feature = "libssh2"))]
        Engine::Libssh2 => Err(Fault::new(Why::Algorithms, "this build has no libssh2", "its feature is off")),
        Engine::Russh => {
            let visit = by_key(host, pins, |refused| async move {
                let work = async {
                    let wire = wire(host, jump).await?;
                    let session = russh::log_in(sftp, host, wire, &to.secrets, pins, &refused).await?;
                    russh::Russh::begin(session, sftp).await.map_err(Attempt::Failed)
                };
                within(allowed, host, work).await
            });
            let mut visit = visit.await?;
            visit.behind(through);
            Ok(Box::new(visit))
        }
    }
}

/// The host keys of the server on the way, if there is one, or of the server: none of them is taken for right. Nothing of
/// ours is said.
///
/// # Errors
/// When the server cannot be asked.
pub async fn host_keys(to: &Destination, host: &Host) -> Result<Vec<HostKey>, Fault> {
    let sftp = &to.sftp;
    let jump = match host == &sftp.host {
        true => jump(to).await?,
        false => None,
    };
    let mut seen: Vec<HostKey> = Vec::new();
    loop {
        let work = async {
            let wire = wire(host, jump.as_ref()).await?;
            russh::log_in(sftp, host, wire, &Secrets::default(), &[], &seen).await
        };
        match within(sftp.connect_within, host, work).await {
            Err(Attempt::Key(key)) if !seen.contains(&key) => seen.push(key),
            Err(Attempt::Failed(fault)) if seen.is_empty() => return Err(fault),
            _ => return Ok(seen),
        }
    }
}

/// The session with the server on the way. It is always russh that speaks there.
async fn jump(to: &Destination) -> Result<Option<russh::Session>, Fault> {
    let Some(host) = &to.sftp.jump else { return Ok(None) };
    let pins = &to.trusted.of(host);
    let session = by_key(host, pins, |refused| async move {
        let work = async {
            let wire = wire(host, None).await?;
            russh::log_in(&to.sftp, host, wire, &to.jump_secrets, pins, &refused).await
        };
        within(to.sftp.connect_within, host, work).await
    });
    Ok(Some(session.await?))
}

/// Why one attempt to connect did not succeed.
enum Attempt {
    /// The server showed a key that is not right.
    Key(HostKey),
    Failed(Fault),
}

impl From<Fault> for Attempt {
    fn from(fault: Fault) -> Self {
        Attempt::Failed(fault)
    }
}

/// Attempts with the server's key of the first kind that we like; where that key is not right, with its keys of other kinds:
/// a partner may have told us the fingerprint of any of them.
async fn by_key<T, F: Future<Output = Result<T, Attempt>>>(
    host: &Host,
    pins: &[String],
    attempt: impl Fn(Vec<HostKey>) -> F,
) -> Result<T, Fault> {
    let mut refused: Vec<HostKey> = Vec::new();
    loop {
        match attempt(refused.clone()).await {
            Ok(done) => return Ok(done),
            Err(Attempt::Failed(fault)) if refused.is_empty() => return Err(fault),
            Err(Attempt::Key(key)) if !pins.is_empty() && !refused.contains(&key) => refused.push(key),
            Err(Attempt::Key(key)) => {
                refused.push(key);
                return Err(wrong_key(host, pins, &refused));
            }
            Err(Attempt::Failed(_)) => return Err(wrong_key(host, pins, &refused)),
        }
    }
}

fn wrong_key(host: &Host, pins: &[String], shown: &[HostKey]) -> Fault {
    let mut shown: Vec<String> = shown.iter().map(|key| format!("{} ({})", key.fingerprint, key.algorithm)).collect();
    shown.dedup();
    let shown = shown.join(", ");
    match pins {
        [] => Fault::new(
            Why::HostKeyUnknown,
            format!("nobody has said that the host key of {host} is right"),
            format!("it shows {shown}; nothing of ours was told to it"),
        ),
        pins => Fault::new(
            Why::HostKeyChanged,
            format!("{host} presented a host key that is not the pinned one"),
            format!("pinned {}, presented {shown}", pins.join(", ")),
        ),
    }
}

/// The server refused what we tried, and says what it takes.
fn not_let_in(host: &Host, tried: &[&str], takes: &[&str]) -> Fault {
    let tried = if tried.is_empty() { "nothing that we have".to_owned() } else { tried.join(" and ") };
    let cause = format!("tried {tried}; it lets in by {}", takes.join(", "));
    Fault::new(Why::LogIn, format!("{host} does not let {} in", host.user), cause)
}

/// Bytes both ways.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The way to a server.
enum Wire {
    Direct(TcpStream),
    Through(Box<dyn Stream>),
}

async fn wire(host: &Host, jump: Option<&russh::Session>) -> Result<Wire, Attempt> {
    let unreachable = |cause: String| Fault::new(Why::Unreachable, format!("{host} cannot be reached"), cause);
    match jump {
        Some(jump) => Ok(Wire::Through(russh::through(jump, host).await.map_err(unreachable)?)),
        None => {
            let connected = TcpStream::connect((host.name.as_str(), host.port)).await;
            let stream = connected.map_err(|error| unreachable(cause(error)))?;
            // Without it small requests wait for the answers to those before.
            stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
            Ok(Wire::Direct(stream))
        }
    }
}

/// Does something with a server within a time.
async fn within<T>(time: Duration, host: &Host, work: impl Future<Output = Result<T, Attempt>>) -> Result<T, Attempt> {
    tokio::time::timeout(time, work).await.unwrap_or_else(|_| {
        let cause = format!("no connection within {} s (`connect_within`)", time.as_secs());
        Err(Attempt::Failed(Fault::new(Why::Unreachable, format!("{host} cannot be reached"), cause)))
    })
}

/// The folder that files of a folder are moved to.
#[must_use]
pub fn moved_to(from: &str, to: &str) -> String {
    if to.starts_with('/') { to.to_owned() } else { join(from, to) }
}

/// The path of a file in a folder.
#[must_use]
pub fn join(folder: &str, name: &str) -> String {
    match folder {
        "." => name.to_owned(),
        "/" => format!("/{name}"),
        folder => format!("{folder}/{name}"),
    }
}
