//! How we visit a partner's SFTP server: `[transport.sftp]` of a profile.

mod legacy;
mod poll;
mod schedule;

use std::time::Duration;

use crate::diagnostic::Diagnostics;
use crate::partner::Secret;
use crate::partner::duration::{duration, wait};
use crate::source::Fields;

pub use legacy::{Kind, LEGACY, Legacy};
pub use poll::{FILE_BYTES, Pattern, Poll, Then};
pub(in crate::partner) use schedule::DAYS;
pub use schedule::Schedule;

/// How we visit a partner's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sftp {
    /// What speaks for us; default russh.
    pub engine: Engine,
    /// What is spoken; default SFTP. SCP only with libssh2.
    pub protocol: Protocol,
    /// The server.
    pub host: Host,
    /// A server on the way, through which the other one is reached; default none.
    pub jump: Option<Host>,
    /// Old algorithms that are offered all the same; default none.
    pub legacy: Vec<Legacy>,
    /// So long connecting and logging in may take; default 20 s.
    pub connect_within: Duration,
    /// So long we wait for each answer; default 30 s.
    pub answer_within: Duration,
    /// After so much silence we ask whether the server is still there; default 15 s.
    pub keep_alive: Duration,
    /// What is picked up, and when.
    pub poll: Vec<Poll>,
    /// Where we put what we send; default nowhere, it lies in the outbox.
    pub push: Option<Push>,
}

/// What speaks for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The library russh.
    #[default]
    Russh,
    /// The library libssh2, for servers that need what russh lacks.
    Libssh2,
}

/// The words of [`Engine`].
pub(in crate::partner) const ENGINES: [(&str, Engine); 2] = [("russh", Engine::Russh), ("libssh2", Engine::Libssh2)];

/// What is spoken with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// SFTP.
    #[default]
    Sftp,
    /// SCP, for servers without SFTP: a file is written or read by its name; it is not listed, renamed or removed.
    Scp,
}

/// The words of [`Protocol`].
pub(in crate::partner) const PROTOCOLS: [(&str, Protocol); 2] = [("sftp", Protocol::Sftp), ("scp", Protocol::Scp)];

/// A server, and how we log in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name or address.
    pub name: String,
    /// Its port; default 22.
    pub port: u16,
    /// Who we are there.
    pub user: String,
    /// Our private key.
    pub key: Option<Secret>,
    /// What opens the key.
    pub key_passphrase: Option<Secret>,
    /// Our password.
    pub password: Option<Secret>,
    /// SHA-256 fingerprints of its host keys; none means those that `crossdock partner trust` has kept.
    pub host_keys: Vec<String>,
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

/// Where we put what we send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The folder on the server.
    pub folder: String,
    /// Ending of the name while the file is being written, default `.tmp`; `None` is no other name, as always by SCP.
    pub temporary: Option<String>,
    /// So long a file is tried before it waits for a person; default 72 h.
    pub retry_for: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads `[transport.sftp]`.
pub(super) fn sftp(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Sftp> {
    let engine = fields.parsed("engine", engine, diagnostics).unwrap_or_default();
    let protocol = protocol(&mut fields, engine, diagnostics);
    let host = host(&mut fields, "host", diagnostics);
    let jump = fields.table("jump", diagnostics).map(|mut table| {
        let jump = self::host(&mut table, "host", diagnostics);
        table.finish(diagnostics);
        jump
    });
    let mut legacy = Vec::new();
    for (text, node) in fields.texts("legacy", diagnostics) {
        let read = Legacy::parse(text, engine);
        legacy.extend(fields.accepted("legacy", node, text, read, diagnostics));
    }
    let mut time = |key, default| fields.parsed(key, wait, diagnostics).unwrap_or(Duration::from_secs(default));
    let (connect_within, answer_within) = (time("connect_within", 20), time("answer_within", 30));
    let keep_alive = time("keep_alive", 15);
    let mut polls: Vec<Poll> = Vec::new();
    let mut tables = fields.tables("poll", diagnostics);
    let folders: Vec<String> = tables.iter_mut().map(poll::folder_of).collect();
    for (number, table) in tables.into_iter().enumerate() {
        polls.extend(poll::poll(table, protocol, (number, &folders), diagnostics));
    }
    let push = fields.table("push", diagnostics).map(|table| push(table, protocol, diagnostics));
    fields.finish(diagnostics);
    Some(Sftp {
        engine,
        protocol,
        host: host?,
        jump: match jump {
            None => None,
            Some(jump) => Some(jump?),
        },
        legacy,
        connect_within,
        answer_within,
        keep_alive,
        poll: polls,
        push: match push {
            None => None,
            Some(push) => Some(push?),
        },
    })
}

fn engine(word: &str) -> Result<Engine, (String, String)> {
    match ENGINES.iter().find(|(known, _)| *known == word) {
        Some((_, Engine::Libssh2)) if !cfg!(feature = "libssh2") => {
            let remedy = "build Crossdock with the feature libssh2, or write \"russh\"";
            Err(("is not in this build".to_owned(), remedy.to_owned()))
        }
        Some((_, engine)) => Ok(*engine),
        None => Err(("is no engine".to_owned(), "write \"russh\" or \"libssh2\"".to_owned())),
    }
}

fn protocol(fields: &mut Fields<'_>, engine: Engine, diagnostics: &mut Diagnostics) -> Protocol {
    let protocol = fields.choice("protocol", &PROTOCOLS, diagnostics).unwrap_or_default();
    if let (Protocol::Scp, Engine::Russh, Some(node)) = (protocol, engine, fields.node("protocol")) {
        let read: Result<(), _> =
            Err(("this engine does not speak".to_owned(), "write `engine = \"libssh2\"`".to_owned()));
        fields.accepted("protocol", node, "scp", read, diagnostics);
    }
    protocol
}

/// Reads a server and how we log in, which stand among other keys.
fn host(fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Host> {
    fields.require(key, "\"sftp.harbor.example\"", diagnostics);
    let name = fields.parsed(key, host_name, diagnostics);
    let port = fields.integer("port", 1..=65_535, diagnostics).and_then(|port| u16::try_from(port).ok());
    fields.require("user", "\"acme\"", diagnostics);
    let user = fields.text("user", diagnostics);
    let mut secret = |key| fields.parsed(key, secret, diagnostics);
    let [our_key, key_passphrase, password] = ["key", "key_passphrase", "password"].map(&mut secret);
    let mut host_keys = Vec::new();
    for (text, node) in fields.texts("host_keys", diagnostics) {
        host_keys.extend(fields.accepted("host_keys", node, text, fingerprint(text), diagnostics));
    }
    if our_key.is_none() && password.is_none() {
        fields.require("key", "\"file:secrets/harbor.key\"", diagnostics);
    }
    Some(Host {
        name: name?,
        port: port.unwrap_or(22),
        user: user?.to_owned(),
        key: our_key,
        key_passphrase,
        password,
        host_keys,
    })
}

fn host_name(text: &str) -> Result<String, (String, String)> {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || "/@".contains(c)) {
        let remedy = "write the name alone, such as \"sftp.harbor.example\"; `user` and `port` have keys of their own";
        return Err(("is no name of a server".to_owned(), remedy.to_owned()));
    }
    Ok(text.to_owned())
}

fn secret(text: &str) -> Result<Secret, (String, String)> {
    Secret::parse(text).ok_or_else(|| {
        let remedy = "say where it is kept: \"env:HARBOR_PASSWORD\" or \"file:secrets/harbor.key\"";
        ("is no place of a secret".to_owned(), remedy.to_owned())
    })
}

/// `SHA256:` and 43 characters of base 64.
fn fingerprint(text: &str) -> Result<String, (String, String)> {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    match text.strip_prefix("SHA256:") {
        Some(hash) if hash.len() == 43 && hash.chars().all(is_digit) => Ok(text.to_owned()),
        _ => {
            let remedy = "write it as `crossdock partner trust` and `ssh-keygen -l` show it: \"SHA256:...\"";
            Err(("is no fingerprint of a host key".to_owned(), remedy.to_owned()))
        }
    }
}

fn push(mut fields: Fields<'_>, protocol: Protocol, diagnostics: &mut Diagnostics) -> Option<Push> {
    fields.require("folder", "\"/inbound\"", diagnostics);
    let folder = fields.parsed("folder", folder, diagnostics);
    let temporary = match protocol {
        Protocol::Sftp => fields.parsed("temporary", temporary, diagnostics).unwrap_or_else(|| Some(".tmp".to_owned())),
        Protocol::Scp => fields.parsed("temporary", no_temporary, diagnostics).flatten(),
    };
    let retry_for = fields.parsed("retry_for", wait, diagnostics);
    fields.finish(diagnostics);
    Some(Push { folder: folder?, temporary, retry_for: retry_for.unwrap_or(3 * DAY) })
}

fn temporary(text: &str) -> Result<Option<String>, (String, String)> {
    match text {
        "none" => Ok(None),
        ending => ending_of(ending).map(Some),
    }
}

fn no_temporary(text: &str) -> Result<Option<String>, (String, String)> {
    match text {
        "none" => Ok(None),
        _ => {
            let remedy = "write \"none\", and agree on a `done_file` of [[send]] that says that a file is whole";
            Err(("needs a rename, which SCP does not have".to_owned(), remedy.to_owned()))
        }
    }
}

/// A folder on a server: `/outbound`, or relative to where the log-in leads.
fn folder(text: &str) -> Result<String, (String, String)> {
    let folder = match text.trim_end_matches('/') {
        "" if text.starts_with('/') => "/",
        folder => folder,
    };
    if folder.is_empty() || folder.contains(|c: char| c.is_control() || c == '\\') {
        let remedy = "write its path with /, such as \"/outbound\", or \".\" for where the log-in leads";
        return Err(("is no folder".to_owned(), remedy.to_owned()));
    }
    Ok(folder.to_owned())
}

fn ending_of(text: &str) -> Result<String, (String, String)> {
    if !text.starts_with('.') || text.len() < 2 || text.contains('/') {
        let remedy = "write a point and an ending: \".done\"";
        return Err(("is no ending of a file name".to_owned(), remedy.to_owned()));
    }
    Ok(text.to_owned())
}

fn age(text: &str) -> Result<Duration, (String, String)> {
    duration(text)
}
