//! How files come and go. Knows folders, wires and names, not what is in the files.

pub mod folder;
pub mod sftp;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use self::sftp::server::Origin;
use crate::partner::{Folder, SftpServer};

/// A file that came over a wire, and is not received yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Short name of the partner whose mailbox it came to.
    pub mailbox: String,
    /// Its name as the partner gave it.
    pub file_name: String,
    /// The name that the file has or would have on our disk, and no other file ever: under it a file is received once.
    pub spool_name: String,
    /// Its sender does not know that it is here: it broke off, as far as anybody can tell.
    pub broken_off: bool,
    /// What came.
    pub brought: Brought,
}

/// The bytes of a file that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// They were never on disk; there are few of them.
    Bytes(Vec<u8>),
    /// They lie in a folder of their transport below the gateway's data.
    File(PathBuf),
}

/// The gateway, as a transport sees it.
pub trait Intake: Clone + Send + Sync + 'static {
    /// Makes a payload of a file. When this answers, its bytes and its row are on disk, so that the sender may be told
    /// "received"; the file itself belongs to the gateway from then on. The same file again is the same payload. Answers the
    /// payload's id.
    ///
    /// # Errors
    /// Why it cannot be received now, for the log. Then a file lies where it lay, and may be offered again.
    fn receive(&self, file: Arrived) -> impl Future<Output = Result<i64, String>> + Send;
}

/// A partner that may log in to our drop box.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Short name of the partner's profile.
    pub partner: String,
    /// The name that it logs in by.
    pub user: String,
    /// Its zone: keys expire by it.
    pub zone: TimeZone,
    /// What its profile says.
    pub server: Arc<SftpServer>,
}

/// What a guest did, or somebody who wanted to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: jiff::Timestamp,
    /// The name to log in by, as it was given.
    pub user: String,
    /// Such as `login` or `upload`.
    pub what: &'static str,
    /// Of what: a path, or the address.
    pub of: String,
    /// More of it, in words.
    pub more: String,
}

/// Somebody who is not listened to for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub origin: Origin,
    /// Until when.
    pub until: jiff::Timestamp,
    /// How often it failed to log in.
    pub failures: u32,
    /// The names under which it did last, the newest first.
    pub users: Vec<String>,
}

/// The gateway, as our drop box sees it.
pub trait DropBox: Intake {
    /// Who may log in now.
    fn guests(&self) -> Vec<Guest>;

    /// The hash of a guest's password.
    ///
    /// # Errors
    /// Why it is not there, for the log.
    fn password_hash(&self, guest: &Guest) -> Result<Option<String>, String>;

    /// The folder of a partner on our disk; the inbox is where uploads lie until they are received.
    fn folder(&self, partner: &str, folder: Folder) -> PathBuf;

    /// Is everything of a partner to wait? Then nothing of its outbox is shown or given to it. Called where it may block.
    ///
    /// # Errors
    /// Why that is not known now.
    fn is_paused(&self, partner: &str) -> Result<bool, String>;

    /// Was a file received under this name? `Some(true)` when its bytes still lie where it lay.
    fn received(&self, spool_name: &str) -> impl Future<Output = Result<Option<bool>, String>> + Send;

    /// What is structurally wrong with a payload, in words for its sender.
    fn verdict(&self, payload: i64) -> impl Future<Output = Option<String>> + Send;

    /// The partner has taken a file of its outbox: what it delivers is delivered.
    ///
    /// # Errors
    /// Why that cannot be recorded now.
    fn taken(&self, partner: &str, file_name: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Keeps what was done, in its order.
    ///
    /// # Errors
    /// Why that cannot be recorded now.
    fn keep(&self, deeds: &[Deed]) -> impl Future<Output = Result<(), String>> + Send;

    /// Those whose bans a person has lifted, and of whom it was not said yet that they are let in.
    ///
    /// # Errors
    /// Why that is not known now.
    fn lifted(&self) -> impl Future<Output = Result<Vec<Origin>, String>> + Send;

    /// These are banned since, and those are let in whose bans were lifted.
    ///
    /// # Errors
    /// Why that cannot be recorded now.
    fn banned(&self, bans: &[Ban], let_in: &[Origin]) -> impl Future<Output = Result<(), String>> + Send;
}
