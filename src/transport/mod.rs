//! How files come and go. Knows folders, wires and names, not what is in the files.

pub mod folder;
pub mod sftp;

use std::path::PathBuf;

/// A file that came whole over a wire. It lies in a folder of its transport below the gateway's data, and is not received yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Short name of the partner whose mailbox it came to.
    pub mailbox: String,
    /// Its name as the partner gave it.
    pub file_name: String,
    /// The name of the file on our disk, which no other file ever has: under it a file is received once.
    pub spool_name: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// The gateway, as a transport sees it.
pub trait Intake: Clone + Send + Sync + 'static {
    /// Makes a payload of a file. When this answers, its bytes and its row are on disk, so that the sender may be told
    /// "received"; the file itself belongs to the gateway from then on. The same file again is the same payload. Answers the
    /// payload's id.
    ///
    /// # Errors
    /// Why it cannot be received now, for the log. Then the file lies where it lay, and may be offered again.
    fn receive(&self, file: Arrived) -> impl Future<Output = Result<i64, String>> + Send;
}
