//! `[transport.sftp_server]` of a profile: the partner logs in to our drop box.

use std::time::Duration;

use jiff::civil::Date;
use russh::keys::{Algorithm, HashAlg, PublicKey};

use super::network::Network;
use crate::diagnostic::{Diagnostics, codes};
use crate::partner::document::date;
use crate::partner::duration::wait;
use crate::partner::envelope::{Secret, secret_at};
use crate::partner::file_name::done_file;
use crate::source::Fields;

/// How a partner uses our drop box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SftpServer {
    /// The name that it logs in by; default the short name of the profile.
    pub user: Option<String>,
    /// The keys that it may log in by.
    pub keys: Vec<LoginKey>,
    /// Where the hash of its password is kept; default: it has none.
    pub password: Option<Secret>,
    /// Where it may come from; none means anywhere.
    pub from: Vec<Network>,
    /// The folders that it sees: what is in them, and their names as lists of parts. `/` has no parts.
    pub folders: Vec<(Folder, Vec<String>)>,
    /// When what lies in its outbox counts as delivered; default once it was fetched.
    pub delivered_when: DeliveredWhen,
    /// Is a fault of an interchange told at once, as the answer to its upload? Default no.
    pub verdict_at_close: bool,
    /// Ending of files that say that the one they are named after is finished, such as `.ok`: they are taken, and no payloads.
    pub done_file: Option<String>,
    /// So long an X12 file that breaks off waits for the rest; default ten minutes.
    pub incomplete_after: Duration,
    /// What it may use.
    pub limits: DropLimits,
}

/// A key that a partner may log in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginKey {
    /// The key.
    pub key: PublicKey,
    /// Whose it is.
    pub comment: Option<String>,
    /// The last day on which it is good, in the partner's zone; default for ever.
    pub expires: Option<Date>,
}

impl LoginKey {
    /// How people call it: whose it is, else its fingerprint.
    #[must_use]
    pub fn name(&self) -> String {
        self.comment.clone().unwrap_or_else(|| self.key.fingerprint(HashAlg::Sha256).to_string())
    }
}

/// What is in a folder of a drop box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Folder {
    /// Their files to us.
    Inbox,
    /// Our files to them.
    Outbox,
    /// Reports on what we rejected.
    Rejected,
    /// Files that they took.
    Archive,
}

/// When a file counts as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeliveredWhen {
    /// It lies in the outbox.
    Placed,
    /// It was read to its end, or removed.
    #[default]
    Fetched,
    /// It was removed.
    Removed,
}

/// What a partner may use of our drop box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DropLimits {
    /// Bytes of a file.
    pub file_bytes: u64,
    /// Bytes of all files that are not received yet.
    pub quota_bytes: u64,
    /// Sessions at a time.
    pub sessions: u32,
}

impl Default for DropLimits {
    fn default() -> Self {
        Self { file_bytes: 16 << 30, quota_bytes: 64 << 30, sessions: 16 }
    }
}

pub(in crate::partner) const DELIVERED: [(&str, DeliveredWhen); 3] =
    [("placed", DeliveredWhen::Placed), ("fetched", DeliveredWhen::Fetched), ("removed", DeliveredWhen::Removed)];

/// Key in the profile, what is in it, and its name unless the profile gives another.
pub(in crate::partner) const FOLDERS: [(&str, Folder, Option<&str>); 4] = [
    ("inbox", Folder::Inbox, Some("/inbox")),
    ("outbox", Folder::Outbox, Some("/outbox")),
    ("rejected", Folder::Rejected, Some("/rejected")),
    ("archive", Folder::Archive, None),
];

pub(in crate::partner) const INCOMPLETE_AFTER: Duration = Duration::from_secs(10 * 60);
/// Characters of a key that are shown.
const SHOWN: usize = 40;
/// RSA keys with fewer bits are refused.
const LEAST_RSA_BITS: u32 = 2_048;

impl SftpServer {
    /// Does a file only say that another one is finished?
    #[must_use]
    pub fn is_done_file(&self, name: &str) -> bool {
        self.done_file.as_ref().is_some_and(|ending| name.ends_with(ending))
    }

    /// The name of a folder, as parts; `None` when it is not shown.
    #[must_use]
    pub fn folder(&self, folder: Folder) -> Option<&[String]> {
        self.folders.iter().find(|(kind, _)| *kind == folder).map(|(_, parts)| parts.as_slice())
    }
}

/// Reads `[transport.sftp_server]`.
pub(super) fn sftp_server(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> SftpServer {
    let user = fields.parsed("user", user, diagnostics);
    let keys = fields.tables("keys", diagnostics);
    let keys: Vec<LoginKey> = keys.into_iter().filter_map(|table| login_key(table, diagnostics)).collect();
    let password = fields.text_at("password", diagnostics);
    let password = password.and_then(|(text, node)| secret_at(&fields, text, node, diagnostics));
    let mut from = Vec::new();
    for (text, node) in fields.texts("from", diagnostics) {
        from.extend(fields.accepted("from", node, text, Network::parse(text), diagnostics));
    }
    let folders = match fields.table("folders", diagnostics) {
        Some(table) => folders(table, diagnostics),
        None => FOLDERS.iter().filter_map(|(_, kind, name)| Some((*kind, path((*name)?).ok()?))).collect(),
    };
    let delivered_when = fields.choice("delivered_when", &DELIVERED, diagnostics);
    let verdict_at_close = fields.boolean("verdict_at_close", diagnostics);
    let done_file = fields.parsed("done_file", done_file, diagnostics);
    let incomplete_after = fields.parsed("incomplete_after", wait, diagnostics);
    let limits = fields.table("limits", diagnostics).map(|table| limits(table, diagnostics));
    fields.finish(diagnostics);
    SftpServer {
        user,
        keys,
        password,
        from,
        folders,
        delivered_when: delivered_when.unwrap_or_default(),
        verdict_at_close: verdict_at_close.unwrap_or_default(),
        done_file,
        incomplete_after: incomplete_after.unwrap_or(INCOMPLETE_AFTER),
        limits: limits.unwrap_or_default(),
    }
}

fn user(text: &str) -> Result<String, (String, String)> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return Ok(text.to_owned());
    }
    let remedy = "write 1 to 64 letters, digits and signs of ASCII, without blanks";
    Err(("is no name to log in by".to_owned(), remedy.to_owned()))
}

fn login_key(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<LoginKey> {
    fields.require("key", "\"ssh-ed25519 AAAA...\"", diagnostics);
    let key = fields.text_at("key", diagnostics);
    let key = key.and_then(|(text, node)| {
        // The caret shows where; the begin says which.
        let shown: String = text.chars().take(SHOWN).collect();
        fields.accepted("key", node, &shown, public_key(text), diagnostics)
    });
    let comment = fields.text("comment", diagnostics);
    let expires = date(&mut fields, "expires", diagnostics);
    fields.finish(diagnostics);
    Some(LoginKey { key: key?, comment: comment.map(str::to_owned), expires })
}

fn public_key(text: &str) -> Result<PublicKey, (String, String)> {
    let Ok(key) = PublicKey::from_openssh(text) else {
        let remedy = "write the line of the partner's .pub file, such as \"ssh-ed25519 AAAA...\"; a file that begins with \
                      `---- BEGIN SSH2` becomes such a line by `ssh-keygen -i -f FILE`";
        return Err(("is no public key of OpenSSH's form".to_owned(), remedy.to_owned()));
    };
    let weak = match key.key_data().rsa() {
        Some(rsa) => rsa.key_size() < LEAST_RSA_BITS,
        None => key.algorithm() == Algorithm::Dsa,
    };
    match weak {
        true => {
            Err(("is too weak a key".to_owned(), "ask the partner for an Ed25519 key, or RSA of 3072 bits".to_owned()))
        }
        false => Ok(key),
    }
}

fn folders(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<(Folder, Vec<String>)> {
    let mut folders: Vec<(Folder, Vec<String>)> = Vec::new();
    for (key, kind, name) in FOLDERS {
        let parts = match fields.node(key) {
            Some(_) => fields.parsed(key, path, diagnostics),
            None => name.and_then(|name| path(name).ok()),
        };
        folders.extend(parts.map(|parts| (kind, parts)));
    }
    for (index, (kind, parts)) in folders.iter().enumerate() {
        if let Some((other, _)) = folders[..index].iter().find(|(_, other)| other == parts) {
            let key = |folder: &Folder| FOLDERS.iter().find(|(_, kind, _)| kind == folder).map_or("", |(key, ..)| key);
            let (key, other) = (key(kind), key(other));
            let name = format!("/{}", parts.join("/"));
            let Some(node) = fields.node(key).or_else(|| fields.node(other)) else { continue };
            let message = format!("`{}` is `{name}`, and so is `{other}`", fields.named(key));
            diagnostics.push(
                fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy("give each folder a name of its own"),
            );
        }
    }
    fields.finish(diagnostics);
    folders
}

/// The parts of a folder's name, `/edi/inbox`.
fn path(text: &str) -> Result<Vec<String>, (String, String)> {
    let parts: Vec<String> = text.split('/').skip(1).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let plain = |part: &String| {
        part.len() <= 100 && !part.starts_with('.') && !part.contains(|c: char| c.is_control() || c == '\\')
    };
    if text.starts_with('/') && parts.len() <= 8 && parts.iter().all(plain) {
        return Ok(parts);
    }
    let remedy = "write it as the partner sees it: \"/inbox\", \"/edi/to_us\", or \"/\" for where it logs in";
    Err(("is no folder".to_owned(), remedy.to_owned()))
}

fn limits(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> DropLimits {
    let mut limits = DropLimits::default();
    for (key, limit) in [("file_bytes", &mut limits.file_bytes), ("quota_bytes", &mut limits.quota_bytes)] {
        if let Some(bytes) = fields.integer(key, 1_000..=i64::MAX, diagnostics) {
            *limit = bytes.unsigned_abs();
        }
    }
    if let Some(sessions) = fields.integer("sessions", 1..=10_000, diagnostics) {
        limits.sessions = u32::try_from(sessions).unwrap_or(limits.sessions);
    }
    fields.finish(diagnostics);
    limits
}
