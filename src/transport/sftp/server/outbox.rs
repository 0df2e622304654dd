//! Folders that a partner takes files out of: its outbox, reports on what we rejected, the archive.
//!
//! Real files, written by the gateway under temporary names and renamed. Names that begin with a dot are ours: neither shown
//! nor opened. `.NAME.fetched` says since when a file counts as taken that its partner has left there.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::body::read_at;
use super::inbox::seconds;
use super::ranges::Ranges;
use super::refusal::Refusal;
use super::shown::Facts;
use crate::transport::folder::fetched_mark;

/// So long a file that was fetched is left to its partner to remove.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// What was read of files, in all sessions: many a client goes on where it broke off, or reads a file in parts at the same time.
#[derive(Debug, Default)]
pub(super) struct Readings(Mutex<HashMap<PathBuf, Shared>>);

/// What all who read a file share, as long as it is that file.
type Shared = (Facts, Arc<Mutex<Reading>>);

/// Files of which it is known at a time what was read; past that, those go that nobody has open.
const KNOWN: usize = 4_096;

/// What was read of a file.
#[derive(Debug, Default)]
struct Reading {
    ranges: Ranges,
    /// Some of it in a session that broke off: its client may lack the last of that, and reads to the end when it has it all.
    broke_off: bool,
}

impl Readings {
    /// What was read of this file before.
    fn of(&self, path: PathBuf, facts: Facts) -> Arc<Mutex<Reading>> {
        let mut known = lock(&self.0);
        if known.len() >= KNOWN {
            known.retain(|_, (_, reading)| Arc::strong_count(reading) > 1);
        }
        let now = known.entry(path).or_insert_with(|| (facts, Arc::default()));
        if now.0 != facts {
            *now = (facts, Arc::default());
        }
        Arc::clone(&now.1)
    }
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) name: String,
    pub(super) facts: Facts,
    file: File,
    /// How much of it was read here, and to where.
    read: Mutex<(u64, u64)>,
    reading: Arc<Mutex<Reading>>,
}

impl Fetch {
    /// Opens a file of `folder`.
    pub(super) fn open(folder: &Path, name: &str, readings: &Readings) -> Result<Self, Refusal> {
        if name.starts_with('.') {
            return Err(Refusal::no_such_file());
        }
        let no_link = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let flags = i32::try_from(no_link.bits()).unwrap_or_default();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(folder.join(name));
        let file = opened.map_err(|error| Refusal::disk(&error))?;
        let metadata = file.metadata().map_err(|error| Refusal::disk(&error))?;
        let facts = facts(&metadata).ok_or_else(Refusal::no_such_file)?;
        let reading = readings.of(folder.join(name), facts);
        Ok(Self { name: name.to_owned(), facts, file, read: Mutex::default(), reading })
    }

    /// Reads up to `length` bytes; nothing at the end.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = read_at(&self.file, offset, length)?;
        let end = offset + bytes.len() as u64;
        let mut read = lock(&self.read);
        *read = (read.0 + bytes.len() as u64, read.1.max(end));
        lock(&self.reading).ranges.add(offset, end);
        Ok(bytes)
    }

    /// How many bytes were read here.
    pub(super) fn read_here(&self) -> u64 {
        lock(&self.read).0
    }

    /// It is closed: was all of it read, here or before? Once it was, it begins anew.
    pub(super) fn is_whole(&self) -> bool {
        let (mut reading, (here, to)) = (lock(&self.reading), *lock(&self.read));
        let whole = reading.ranges.are_up_to(self.facts.size)
            && (self.facts.size == 0 || here > 0)
            && (!reading.broke_off || to == self.facts.size);
        if whole {
            *reading = Reading::default();
        }
        whole
    }

    /// Its session ended, and it was not closed.
    pub(super) fn broke_off(&self) {
        lock(&self.reading).broke_off = true;
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
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
        let readings = Readings::default();
        for name in ["link", "folder", ".c.edi.tmp", "nothing"] {
            assert!(Fetch::open(&folder, name, &readings).is_err(), "{name}");
            assert_eq!(facts_of(&folder, name), None, "{name}");
        }
        let open = || Fetch::open(&folder, "a.edi", &readings).unwrap();
        let fetch = open();
        assert_eq!(fetch.read(2, 10).unwrap(), b"edi");
        assert!(!fetch.is_whole());
        assert_eq!(fetch.read(0, 2).unwrap(), b"a.");
        assert!(fetch.is_whole());
        assert!(!fetch.is_whole(), "it begins anew");
        // In parts, and after a session that broke off.
        let (one, other) = (open(), open());
        other.read(2, 10).unwrap();
        assert!(!other.is_whole());
        one.read(0, 2).unwrap();
        assert!(one.is_whole());
        let broken = open();
        broken.read(0, 5).unwrap();
        broken.broke_off();
        let looked_at = open();
        looked_at.read(0, 1).unwrap();
        assert!(!looked_at.is_whole() && !open().is_whole(), "how much of it came nobody knows");
        let rest = open();
        rest.read(3, 10).unwrap();
        assert!(rest.is_whole());
        // Another file under its name is another one.
        open().read(0, 4).unwrap();
        fs::write(folder.join("a.edi"), "longer").unwrap();
        let new = open();
        new.read(4, 10).unwrap();
        assert!(!new.is_whole());
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
