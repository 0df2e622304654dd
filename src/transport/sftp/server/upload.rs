//! A file that its sender is writing: what came of it, in memory or on disk, and whether that is the whole.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ahead::{Ahead, Synced};
use super::body::Body;
use super::ranges::Ranges;
use super::refusal::Refusal;
use super::whole::{LOOKED_AT, ends_cut};
use crate::partner::DropLimits;

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Upload {
    /// Its name on our disk.
    pub(super) spool_name: String,
    /// Where it lies once it is on disk.
    path: PathBuf,
    /// Locked while bytes are written.
    written: Mutex<Written>,
    size: AtomicU64,
    /// It was removed, or somebody else writes it now.
    lost: AtomicBool,
    /// Its name as the partner sees it.
    name: Mutex<String>,
}

/// What came of a file.
#[derive(Debug)]
struct Written {
    ranges: Ranges,
    body: Body,
    ahead: Ahead,
    /// Why it is not whole, as far as anybody can tell: bytes of it were refused, or lost on their way to the disk, or its writer
    /// is gone before it was closed.
    lacks: Option<String>,
}

impl Upload {
    /// A file of `folder`, of which there is so much already.
    pub(super) fn new(folder: &Path, spool_name: String, name: &str, (body, size): (Body, u64)) -> Self {
        let written = Written { ranges: Ranges::up_to(size), body, ahead: Ahead::default(), lacks: None };
        Self {
            path: folder.join(&spool_name),
            spool_name,
            written: Mutex::new(written),
            size: AtomicU64::new(size),
            lost: AtomicBool::new(false),
            name: Mutex::new(name.to_owned()),
        }
    }

    /// Writes bytes at an offset. `used` counts what the inbox has that is not received yet.
    pub(super) fn write(&self, at: (u64, &[u8]), limits: &DropLimits, used: &AtomicU64) -> Result<(), Refusal> {
        let mut written = self.ours()?;
        let taken = self.write_into(&mut written, at, limits, used);
        if let Err(refusal) = &taken {
            written.lacks.get_or_insert_with(|| refusal.words.clone());
        }
        taken
    }

    fn write_into(
        &self,
        written: &mut Written,
        (offset, data): (u64, &[u8]),
        limits: &DropLimits,
        used: &AtomicU64,
    ) -> Result<(), Refusal> {
        if data.is_empty() {
            return Ok(());
        }
        let end = offset.saturating_add(data.len() as u64);
        if end > limits.file_bytes {
            return Err(too_large(limits));
        }
        let size = self.size();
        let more = end.saturating_sub(size);
        if used.fetch_add(more, Ordering::Relaxed) + more > limits.quota_bytes {
            less(used, more);
            return Err(Refusal::failure("the space for files that are not finished is used up"));
        }
        let disk = |error| Refusal::disk(&error);
        if let Err(error) = written.body.write(data, offset, &self.path) {
            less(used, more);
            return Err(disk(error));
        }
        self.size.store(size.max(end), Ordering::Relaxed);
        written.ranges.add(offset, end);
        match &written.body {
            Body::Disk(file) => written.ahead.wrote(data.len(), file).map_err(disk),
            Body::Memory { .. } => Ok(()),
        }
    }

    /// Makes it shorter or longer.
    pub(super) fn set_size(&self, size: u64, limits: &DropLimits, used: &AtomicU64) -> Result<(), Refusal> {
        let mut written = self.ours()?;
        let before = self.size();
        if size > before {
            // What is to come is written; nobody needs room that is empty.
            return if size <= limits.file_bytes { Ok(()) } else { Err(too_large(limits)) };
        }
        written.body.cut(size).map_err(|error| Refusal::disk(&error))?;
        self.size.store(size, Ordering::Relaxed);
        less(used, before - size);
        written.ranges.cut(size);
        Ok(())
    }

    /// Reads what was written.
    pub(super) fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Refusal> {
        self.ours()?.body.read(offset, length).map_err(|error| Refusal::disk(&error))
    }

    /// Makes durable what was written.
    pub(super) fn sync(&self) -> Result<(), Refusal> {
        let mut written = self.ours()?;
        let synced = written.body.put_on_disk(&self.path).and_then(|file| file.sync_all());
        synced.map_err(|error| Refusal::disk(&error))
    }

    /// What its sender does with it goes through here: as long as it has the file, nobody else does.
    fn ours(&self) -> Result<MutexGuard<'_, Written>, Refusal> {
        let written = guard(&self.written);
        self.is_ours().map(|()| written)
    }

    /// Is it in memory, and stays there when these bytes are written?
    pub(super) fn stays_in_memory(&self, offset: u64, length: usize) -> bool {
        guard(&self.written).body.stays_in_memory(offset, length)
    }

    /// Its bytes, where they are in memory.
    pub(super) fn in_memory(&self) -> Option<Vec<u8>> {
        match &guard(&self.written).body {
            Body::Memory { bytes, .. } => Some(bytes.clone()),
            Body::Disk(_) => None,
        }
    }

    /// Puts on disk what is in memory.
    pub(super) fn put_on_disk(&self) -> io::Result<()> {
        guard(&self.written).body.put_on_disk(&self.path).map(drop)
    }

    /// Puts on disk what came without a hole from the begin on, where its sender can go on; how many bytes that are.
    pub(super) fn lay_down(&self) -> io::Result<u64> {
        let mut written = guard(&self.written);
        let whole = written.ranges.without_hole().min(self.size());
        written.body.put_on_disk(&self.path)?;
        if whole < self.size() {
            written.body.cut(whole)?;
            written.ranges.cut(whole);
            self.size.store(whole, Ordering::Relaxed);
        }
        Ok(whole)
    }

    /// Waits for what is under way to the disk; what that does not take is lacking.
    pub(super) async fn wait_for_disk(&self) {
        let under_way: Option<Synced> = guard(&self.written).ahead.end();
        if let Some(under_way) = under_way {
            let synced = under_way.await.unwrap_or_else(|error| Err(io::Error::other(error)));
            if let Err(error) = synced {
                self.lack(&Refusal::disk(&error).words);
            }
        }
    }

    /// It is not whole, for this reason if for none before.
    pub(super) fn lack(&self, why: &str) {
        guard(&self.written).lacks.get_or_insert_with(|| why.to_owned());
    }

    /// Why it is not whole, where that is known.
    pub(super) fn lacks(&self) -> Option<String> {
        guard(&self.written).lacks.clone()
    }

    /// Its name as the partner sees it.
    pub(super) fn name(&self) -> String {
        guard(&self.name).clone()
    }

    /// Its sender gave it another name.
    pub(super) fn set_name(&self, name: &str) {
        name.clone_into(&mut guard(&self.name));
    }

    /// Its length.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// An error once it was removed, or somebody else writes it.
    pub(super) fn is_ours(&self) -> Result<(), Refusal> {
        match self.lost.load(Ordering::Acquire) {
            false => Ok(()),
            true => Err(Refusal::failure("this file was removed, or opened again by another session")),
        }
    }

    /// Nothing is written any more when this returns.
    pub(super) fn lose(&self) {
        let _writing = guard(&self.written);
        self.lost.store(true, Ordering::Release);
    }

    /// What is missing though something behind it came, in words.
    pub(super) fn hole(&self) -> Option<String> {
        let written = guard(&self.written);
        let whole = || format!("bytes are missing behind the first {}", written.ranges.without_hole());
        (!written.ranges.are_up_to(self.size())).then(whole)
    }

    /// Does it break off?
    pub(super) fn breaks_off(&self) -> io::Result<bool> {
        let (size, written) = (self.size(), guard(&self.written));
        ends_cut(size, |offset| written.body.read(offset, LOOKED_AT))
    }
}

/// So many bytes less are used.
pub(super) fn less(used: &AtomicU64, bytes: u64) {
    used.update(Ordering::Relaxed, Ordering::Relaxed, |used| used.saturating_sub(bytes));
}

fn too_large(limits: &DropLimits) -> Refusal {
    Refusal::failure(format!("a file has at most {} bytes here", limits.file_bytes))
}

/// What a thread that panicked left behind is still what we know.
pub(super) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_does_not_take_counts_for_nothing() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let upload = Upload::new(Path::new("/dev"), "full".to_owned(), "a.edi", (Body::Disk(full), 0));
        let used = AtomicU64::new(7);
        assert!(upload.write((0, b"ISA*00*"), &DropLimits::default(), &used).is_err());
        assert_eq!((used.into_inner(), upload.size()), (7, 0));
    }

    #[test]
    fn nobody_reaches_a_file_that_another_has() {
        let path = std::env::temp_dir().join(format!("crossdock-upload-{}", std::process::id()));
        let limits = DropLimits::default();
        std::fs::write(&path, "ISA*00*").unwrap();
        let body = Body::on_disk(&path).unwrap();
        let upload = Upload::new(path.parent().unwrap(), "lost".to_owned(), "a.edi", body);
        let used = AtomicU64::new(7);
        upload.lose();
        assert!(upload.write((0, b"x"), &limits, &used).is_err());
        assert!(upload.set_size(0, &limits, &used).is_err());
        assert!(upload.sync().is_err());
        assert!(upload.read(0, 7).is_err());
        assert_eq!((used.into_inner(), std::fs::read(&path).unwrap()), (7, b"ISA*00*".to_vec()));
        std::fs::remove_file(path).unwrap();
    }
}
