//! Units of change and rows about visits to partners' servers.

use jiff::Timestamp;

use super::NewPayload;
use crate::diagnostic::Diagnostic;

/// Which file of which folder of a partner's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Short name of the partner's profile.
    pub partner: String,
    /// The folder, as the profile names it.
    pub folder: String,
    /// The file's name.
    pub name: String,
}

/// A change about visits.
#[derive(Debug, Clone)]
pub enum Visiting {
    /// A file was picked up: its payload is received. Answer: the payload's id.
    PickedUp {
        /// The file there.
        remote: Remote,
        /// Its length and time there.
        listed: (u64, i64),
        /// Its bytes here.
        payload: NewPayload,
    },
    /// A file that stays there, and was picked up, has another time now.
    Touched(Remote, i64),
    /// What was to become of a file there has been done.
    Disposed(Remote, Timestamp),
    /// What became of the known files of a folder.
    Listed {
        /// The partner.
        partner: String,
        /// The folder.
        folder: String,
        /// Files that are not there any more.
        gone: Vec<String>,
        /// Files that are there again.
        back: Vec<String>,
        /// Files that need not be known any longer.
        forget: Vec<String>,
        /// Now.
        at: Timestamp,
    },
    /// A visit ended.
    Visited {
        /// The partner.
        partner: String,
        /// The folder; empty for what we put there.
        folder: String,
        /// Now.
        at: Timestamp,
        /// When the next one is due.
        next_at: Timestamp,
        /// The server let us in: what failed in its other folders because it did not is due.
        let_in: bool,
        /// It came to its end, though it may have met a problem on the way.
        done: bool,
        /// What failed.
        problem: Option<Diagnostic>,
        /// Trying again soon cannot help.
        needs_person: bool,
    },
    /// Something was mended: all visits to a partner are due.
    Now(String, Timestamp),
}

/// A file that was picked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickUp {
    /// Its name there.
    pub name: String,
    /// Its length there.
    pub size: u64,
    /// Its time there.
    pub modified: i64,
    /// Of its bytes.
    pub sha256: Vec<u8>,
    /// What was to become of it there has been done.
    pub disposed: bool,
    /// Since when it is not there any more.
    pub gone_at: Option<Timestamp>,
}

/// How visits of one kind to a partner went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitState {
    /// Short name of the partner's profile.
    pub partner: String,
    /// The folder; empty for what we put there.
    pub folder: String,
    /// When one went well last.
    pub last_at: Option<Timestamp>,
    /// When one failed last.
    pub failed_at: Option<Timestamp>,
    /// How many failed in a row.
    pub failures: u32,
    /// When the next one is due.
    pub next_at: Timestamp,
    /// Trying again soon cannot help.
    pub needs_person: bool,
    /// Why the last one failed.
    pub diagnostics: Vec<Diagnostic>,
}
