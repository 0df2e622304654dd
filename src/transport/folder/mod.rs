//! Files in folders: taking what was dropped, putting what is to be taken.
//!
//! A file is taken by a rename into the spool, so that nobody else takes it too (or copied, where the spool is on another file system), and put by a rename from a temporary name,
//! so that nobody sees half of it. Both are synced to disk.

mod open;
mod put;
mod take;

pub use open::{is_local, is_open_to_write};
pub use put::{Put, Putting, put, put_all};
pub use take::{
    Dropped, Look, Seen, Taken, dropped, is_temporary, key, mailbox_of, spool_name, spooled, take, take_again,
    take_grown, taken_at,
};

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// So many files and more are synced with the whole file system, which then writes them together; fewer each for itself.
pub const TOGETHER: usize = 8;

/// Brings all that was written to the file system of a folder to its disk.
///
/// # Errors
/// When it cannot be written.
pub fn sync_file_system(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Makes renames and new names in a folder durable.
///
/// # Errors
/// When the folder cannot be synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Beside a file of a partner's outbox: since when it counts as taken, though it still lies there.
#[must_use]
pub fn fetched_mark(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.fetched"))
}
