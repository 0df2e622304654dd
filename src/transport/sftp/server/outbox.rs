//! Folders that a partner takes files out of: its outbox, reports on what we rejected, the archive.
//!
//! Real files, written by the gateway under temporary names and renamed. Names that begin with a dot are ours: neither shown
//! nor opened. `.NAME.fetched` says since when a file counts as taken that its partner has left there.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::body::read_at;
use super::inbox::{Facts, seconds};
use super::ranges::Ranges;
use super::refusal::Refusal;
use crate::transport::folder::fetched_mark;

/// So long a file that was fetched is left to its partner to remove.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) name: String,
    pub(super) facts: Facts,
    file: File,
    read: Mutex<Ranges>,
}

impl Fetch {
    /// Opens a file of `folder`.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, Refusal> {
        if name.starts_with('.') {
            return Err(Refusal::no_such_file());
        }
        let no_link = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let flags = i32::try_from(no_link.bits()).unwrap_or_default();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(folder.join(name));
        let file = opened.map_err(|error| Refusal::disk(&error))?;
        let metadata = file.metadata().map_err(|error| Refusal::disk(&error))?;
        let facts = facts(&metadata).ok_or_else(Refusal::no_such_file)?;
        Ok(Self { name: name.to_owned(), facts, file, read: Mutex::default() })
    }

    /// Reads up to `length` bytes; nothing at the end.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = read_at(&self.file, offset, length)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.add(offset, offset + bytes.len() as u64);
        Ok(bytes)
    }

    /// Was all of it read?
    pub(super) fn is_whole(&self) -> bool {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).are_up_to(self.facts.size)
    }
}

/// The files of a folder, by name.
pub(super) fn list(folder: &Path) -> io::Result<Vec<(String, Facts)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // One that is gone since was taken meanwhile. The metadata is the entry's own, not that of what a link leads to.
        let found = entry.metadata().ok().as_ref().and_then(facts);
        files.extend(found.filter(|_| !name.starts_with('.')).map(|facts| (name, facts)));
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(files)
}

/// What is known of a file.
pub(super) fn facts_of(folder: &Path, name: &str) -> Option<Facts> {
    let metadata = fs::symlink_metadata(folder.join(name)).ok().filter(|_| !name.starts_with('.'))?;
    facts(&metadata)
}

/// Takes a file away for good: into the archive where the partner has one; its bytes are in the record.
pub(super) fn remove(folder: &Path, name: &str, archive: Option<&Path>) -> io::Result<()> {
    let path = folder.join(name);
    match archive {
        Some(archive) => {
            fs::create_dir_all(archive)?;
            fs::rename(&path, archive.join(name))?;
        }
        None => fs::remove_file(&path)?,
    }
    // It is only there when the file was fetched before.
    drop(fs::remove_file(fetched_mark(folder, name)));
    Ok(())
}

/// Notes that a file was fetched, which its partner may still remove.
pub(super) fn mark(folder: &Path, name: &str) {
    // Without the mark the file lies there longer, no more.
    drop(File::create(fetched_mark(folder, name)));
}

/// Takes away what was fetched long ago. The names.
pub(super) fn sweep(folder: &Path, archive: Option<&Path>, now: SystemTime) -> Vec<String> {
    let mut taken = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let mark = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = mark.strip_prefix('.').and_then(|mark| mark.strip_suffix(".fetched")) else { continue };
        let age = entry.metadata().ok().and_then(|metadata| now.duration_since(metadata.modified().ok()?).ok());
        if age.is_some_and(|age| age > LEFT) {
            match remove(folder, name, archive) {
                Ok(()) => taken.push(name.to_owned()),
                Err(_) => drop(fs::remove_file(entry.path())),
            }
        }
    }
    taken
}

/// Of a file; nothing else is shown.
fn facts(metadata: &fs::Metadata) -> Option<Facts> {
    let modified = metadata.modified().map_or(0, seconds);
    metadata.is_file().then_some(Facts { size: metadata.len(), modified })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_shown_and_opened() {
        let folder = std::env::temp_dir().join(format!("crossdock-outbox-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("folder")).unwrap();
        for name in ["b.edi", "a.edi", ".c.edi.tmp"] {
            fs::write(folder.join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("/etc/hostname", folder.join("link")).unwrap();
        let names: Vec<String> = list(&folder).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a.edi", "b.edi"]);
        for name in ["link", "folder", ".c.edi.tmp", "nothing"] {
            assert!(Fetch::open(&folder, name).is_err(), "{name}");
            assert_eq!(facts_of(&folder, name), None, "{name}");
        }
        let fetch = Fetch::open(&folder, "a.edi").unwrap();
        assert_eq!(fetch.read(2, 10).unwrap(), b"edi");
        assert!(!fetch.is_whole());
        assert_eq!(fetch.read(0, 2).unwrap(), b"a.");
        assert!(fetch.is_whole());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_was_fetched_is_taken_away_after_a_day() {
        let folder = std::env::temp_dir().join(format!("crossdock-fetched-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        let (outbox, archive) = (folder.join("outbox"), folder.join("archive"));
        fs::create_dir_all(&outbox).unwrap();
        for name in ["a.edi", "b.edi"] {
            fs::write(outbox.join(name), name).unwrap();
        }
        mark(&outbox, "a.edi");
        let now = SystemTime::now();
        assert_eq!(sweep(&outbox, Some(&archive), now), Vec::<String>::new());
        assert_eq!(sweep(&outbox, Some(&archive), now + LEFT * 2), ["a.edi"]);
        assert_eq!(fs::read(archive.join("a.edi")).unwrap(), b"a.edi");
        assert_eq!(fs::read_dir(&outbox).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
