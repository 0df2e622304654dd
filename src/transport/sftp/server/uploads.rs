//! A partner's inbox as the partner sees it: what is being written, what lies there unfinished, and for a while what was
//! received.
//!
//! ```text
//! open ──► Open ──close, whole, final name──► Offered ──recorded──► Received ──an hour──► not shown
//!           │                                   ▲
//!           └─breaks off, or temporary name──► Lying ──rename to the final name, or time is up──┘
//! ```
//!
//! A file lies in the folder of uploads under a name that no other file ever has, from its first byte on; so what a stop
//! leaves is known by its name. Its sender hears "OK" to the close or the rename only when it was recorded.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::ranges::Ranges;
use super::refusal::Refusal;
use super::whole::{LOOKED_AT, breaks_off};
use crate::partner::DropLimits;
use crate::transport::folder::{is_temporary, key, spooled, sync_folder};
use crate::transport::{Arrived, DropBox};

/// So long what was received is still shown.
const SHOWN: Duration = Duration::from_secs(60 * 60);

/// A partner's inbox.
#[derive(Debug)]
pub(super) struct Inbox {
    partner: String,
    folder: PathBuf,
    shown: Mutex<BTreeMap<String, Shown>>,
    /// Bytes that are not received yet.
    used: AtomicU64,
}

/// A file that is shown.
#[derive(Debug)]
struct Shown {
    stage: Stage,
    size: u64,
    /// Seconds since 1970, as its sender sees it.
    modified: u32,
    since: Instant,
}

#[derive(Debug)]
enum Stage {
    /// Somebody writes it.
    Open(Arc<Upload>),
    /// Nobody does, and it is not to be received yet: its name on our disk.
    Lying(String),
    /// It is being recorded: its name on our disk.
    Offered(String),
    Received,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Upload {
    spool_name: String,
    file: File,
    /// Locked while bytes are written.
    written: Mutex<Ranges>,
    size: AtomicU64,
    /// It was removed, or somebody else writes it now.
    lost: AtomicBool,
    /// Its name as the partner sees it.
    name: Mutex<String>,
}

/// What a file is, as far as its attributes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) size: u64,
    pub(super) modified: u32,
}

/// What became of a file that was closed or renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was recorded: the payload.
    Received(i64),
    /// It breaks off, and waits for the rest.
    Incomplete,
    /// Its name says that it is not finished, or it was received before.
    Named,
}

impl Inbox {
    /// The inbox of a partner with what a stop left in it.
    ///
    /// # Errors
    /// When the folder cannot be used, or the record cannot be asked.
    pub(super) async fn open_for<G: DropBox>(gate: &G, partner: &str, folder: PathBuf) -> Result<Self, String> {
        let cannot = |error: io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(cannot)?;
        let (mut shown, mut used) = (BTreeMap::new(), 0);
        for left in spooled(&folder).map_err(cannot)? {
            match gate.received(&left.spool_name).await? {
                // Its bytes are its payload's now.
                Some(true) => continue,
                Some(false) => fs::remove_file(&left.path).map_err(cannot)?,
                None => {
                    let metadata = fs::metadata(&left.path).map_err(cannot)?;
                    let modified = metadata.modified().map_or(0, seconds);
                    used += metadata.len();
                    let stage = Stage::Lying(left.spool_name);
                    shown.insert(left.name, Shown { stage, size: metadata.len(), modified, since: Instant::now() });
                }
            }
        }
        let partner = partner.to_owned();
        Ok(Self { partner, folder, shown: Mutex::new(shown), used: AtomicU64::new(used) })
    }

    /// Opens a file to be written: a new one, or one that lies there, from its begin or going on.
    pub(super) fn open(&self, name: &str, truncate: bool, exclusive: bool) -> Result<Arc<Upload>, Refusal> {
        let mut shown = self.lock();
        let before = shown.get(name).map(|shown| match &shown.stage {
            Stage::Open(upload) => Some(upload.spool_name.clone()),
            Stage::Lying(spool_name) => Some(spool_name.clone()),
            Stage::Offered(_) | Stage::Received => None,
        });
        if exclusive && before.is_some() {
            return Err(Refusal::failure("a file of this name is there already"));
        }
        // Whoever wrote it before does not any more: a client whose connection broke comes again before we notice.
        if let Some(Stage::Open(upload)) = shown.get(name).map(|shown| &shown.stage) {
            upload.lose();
        }
        let spool_name = match before.flatten() {
            Some(spool_name) if !truncate => spool_name,
            Some(old) => {
                self.forget(&old).map_err(|error| Refusal::disk(&error))?;
                self.new_name(name)
            }
            None => self.new_name(name),
        };
        let path = self.folder.join(&spool_name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| Refusal::disk(&error))?;
        let size = file.metadata().map_err(|error| Refusal::disk(&error))?.len();
        let upload = Arc::new(Upload {
            spool_name,
            file,
            written: Mutex::new(Ranges::up_to(size)),
            size: AtomicU64::new(size),
            lost: AtomicBool::new(false),
            name: Mutex::new(name.to_owned()),
        });
        let stage = Stage::Open(Arc::clone(&upload));
        shown.insert(name.to_owned(), Shown { stage, size, modified: now(), since: Instant::now() });
        Ok(upload)
    }

    /// Writes into a file.
    pub(super) fn write(&self, upload: &Upload, offset: u64, data: &[u8], limits: &DropLimits) -> Result<(), Refusal> {
        let mut written = guard(&upload.written);
        if upload.lost.load(Ordering::Acquire) {
            return Err(Refusal::failure("this file was removed, or opened again by another session"));
        }
        if data.is_empty() {
            return Ok(());
        }
        let end = offset.saturating_add(data.len() as u64);
        if end > limits.file_bytes {
            return Err(Refusal::failure(format!("a file has at most {} bytes here", limits.file_bytes)));
        }
        let size = upload.size.load(Ordering::Relaxed);
        let more = end.saturating_sub(size);
        if self.used.fetch_add(more, Ordering::Relaxed) + more > limits.quota_bytes {
            self.used.fetch_sub(more, Ordering::Relaxed);
            return Err(Refusal::failure("the space for files that are not finished is used up"));
        }
        upload.file.write_all_at(data, offset).map_err(|error| Refusal::disk(&error))?;
        upload.size.store(size.max(end), Ordering::Relaxed);
        written.add(offset, end);
        Ok(())
    }

    /// Makes a file shorter or longer.
    pub(super) fn set_size(&self, upload: &Upload, size: u64, limits: &DropLimits) -> Result<(), Refusal> {
        let mut written = guard(&upload.written);
        let before = upload.size.load(Ordering::Relaxed);
        if size > before {
            // What is to come is written; nobody needs room that is empty.
            return match size <= limits.file_bytes {
                true => Ok(()),
                false => Err(Refusal::failure(format!("a file has at most {} bytes here", limits.file_bytes))),
            };
        }
        upload.file.set_len(size).map_err(|error| Refusal::disk(&error))?;
        upload.size.store(size, Ordering::Relaxed);
        self.used.fetch_sub(before - size, Ordering::Relaxed);
        written.cut(size);
        Ok(())
    }

    /// The files that are shown.
    pub(super) fn list(&self) -> Vec<(String, Facts)> {
        self.lock().iter().map(|(name, shown)| (name.clone(), shown.facts())).collect()
    }

    /// What is known of a file.
    pub(super) fn facts(&self, name: &str) -> Option<Facts> {
        self.lock().get(name).map(Shown::facts)
    }

    /// Bytes that are not received yet.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Sets the time of a file, as its sender sees it.
    pub(super) fn set_modified(&self, name: &str, modified: u32) -> Result<(), Refusal> {
        let mut shown = self.lock();
        shown.get_mut(name).ok_or_else(Refusal::no_such_file)?.modified = modified;
        Ok(())
    }

    /// Removes a file: one that was received is only not shown any more.
    pub(super) fn remove(&self, name: &str) -> Result<(), Refusal> {
        let mut shown = self.lock();
        let spool_name = match &shown.get(name).ok_or_else(Refusal::no_such_file)?.stage {
            Stage::Open(upload) => {
                upload.lose();
                Some(upload.spool_name.clone())
            }
            Stage::Lying(spool_name) => Some(spool_name.clone()),
            Stage::Offered(_) | Stage::Received => None,
        };
        if let Some(spool_name) = spool_name {
            self.forget(&spool_name).map_err(|error| Refusal::disk(&error))?;
        }
        shown.remove(name);
        Ok(())
    }

    /// A file was closed by its writer: it is received, unless it is not finished.
    pub(super) async fn close<G: DropBox>(self: Arc<Self>, gate: G, upload: Arc<Upload>) -> Result<Outcome, Refusal> {
        if upload.lost.load(Ordering::Acquire) {
            return Err(Refusal::failure("this file was removed, or opened again by another session"));
        }
        let name = guard(&upload.name).clone();
        if is_temporary(&name) {
            self.lay(&upload).map_err(|error| Refusal::disk(&error))?;
            return Ok(Outcome::Named);
        }
        if upload.breaks_off().map_err(|error| Refusal::disk(&error))? {
            self.lay(&upload).map_err(|error| Refusal::disk(&error))?;
            let file = Arc::clone(&upload);
            let synced = tokio::task::spawn_blocking(move || file.file.sync_all()).await;
            synced.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|error| Refusal::disk(&error))?;
            return Ok(Outcome::Incomplete);
        }
        let size = upload.size.load(Ordering::Relaxed);
        self.offer(&gate, &name, &upload.spool_name, size).await.map(Outcome::Received)
    }

    /// The writer of a file is gone without having closed it.
    pub(super) fn abandon(&self, upload: &Upload) {
        // Where that fails it is found by its name on the disk at the next start.
        drop(self.lay(upload));
    }

    /// Gives a file another name. One that is finished by that is received.
    pub(super) async fn rename<G: DropBox>(
        self: Arc<Self>,
        gate: G,
        (from, to): (String, String),
        replace: bool,
    ) -> Result<Outcome, Refusal> {
        let (spool_name, size) = {
            let mut shown = self.lock();
            if from == to {
                return shown.get(&from).map(|_| Outcome::Named).ok_or_else(Refusal::no_such_file);
            }
            let target = shown.get(&to).is_some_and(|target| matches!(target.stage, Stage::Open(_) | Stage::Lying(_)));
            if !shown.contains_key(&from) {
                return Err(Refusal::no_such_file());
            }
            if target && !replace {
                return Err(Refusal::failure("a file of the new name is there already"));
            }
            if let Some(old) = shown.remove(&to) {
                self.discard(&old).map_err(|error| Refusal::disk(&error))?;
            }
            let mut moved = shown.remove(&from).ok_or_else(Refusal::no_such_file)?;
            let left = match &moved.stage {
                Stage::Open(upload) => {
                    to.clone_into(&mut guard(&upload.name));
                    None
                }
                Stage::Lying(spool_name) => Some((spool_name.clone(), moved.size)),
                Stage::Offered(_) | Stage::Received => None,
            };
            let finished = left.filter(|_| !is_temporary(&to));
            if let (None, Stage::Lying(spool_name)) = (&finished, &mut moved.stage) {
                *spool_name = self.rename_on_disk(spool_name, &to).map_err(|error| Refusal::disk(&error))?;
            }
            moved.since = Instant::now();
            shown.insert(to.clone(), moved);
            match finished {
                Some(finished) => finished,
                None => return Ok(Outcome::Named),
            }
        };
        let lying = self.folder.join(&spool_name);
        let breaks_off = File::open(&lying).and_then(|file| tail_breaks_off(&file, size));
        if breaks_off.map_err(|error| Refusal::disk(&error))? {
            let mut shown = self.lock();
            if let Some(Shown { stage: Stage::Lying(spool_name), .. }) = shown.get_mut(&to) {
                *spool_name = self.rename_on_disk(spool_name, &to).map_err(|error| Refusal::disk(&error))?;
            }
            return Ok(Outcome::Incomplete);
        }
        let offered = self.offer(&gate, &to, &spool_name, size).await.map(Outcome::Received);
        if offered.is_err() {
            // Under its old name it is not taken for finished, and its sender can try again.
            let mut shown = self.lock();
            if !shown.contains_key(&from)
                && let Some(moved) = shown.remove(&to)
            {
                shown.insert(from, moved);
            }
        }
        offered
    }

    /// Receives what has waited for its rest so long, and shows no longer what was received long ago. What was received.
    pub(super) async fn sweep<G: DropBox>(&self, gate: &G, incomplete_after: Duration) -> Vec<(String, i64)> {
        let waited: Vec<(String, String, u64)> = {
            let mut shown = self.lock();
            shown.retain(|_, shown| !matches!(shown.stage, Stage::Received) || shown.since.elapsed() < SHOWN);
            let waits = |shown: &Shown| shown.since.elapsed() >= incomplete_after;
            let waited = shown.iter().filter(|(name, shown)| !is_temporary(name) && waits(shown));
            let lying = waited.filter_map(|(name, shown)| match &shown.stage {
                Stage::Lying(spool_name) => Some((name.clone(), spool_name.clone(), shown.size)),
                _ => None,
            });
            lying.collect()
        };
        let mut received = Vec::new();
        for (name, spool_name, size) in waited {
            // What cannot be recorded now is tried again at the next turn.
            if let Ok(payload) = self.offer(gate, &name, &spool_name, size).await {
                received.push((name, payload));
            }
        }
        received
    }

    /// Hands a file over to be recorded.
    async fn offer<G: DropBox>(&self, gate: &G, name: &str, spool_name: &str, size: u64) -> Result<i64, Refusal> {
        self.stage(name, spool_name, |spool_name| Stage::Offered(spool_name.to_owned()), size);
        let file = Arrived {
            mailbox: self.partner.clone(),
            file_name: name.to_owned(),
            spool_name: spool_name.to_owned(),
            path: self.folder.join(spool_name),
        };
        match gate.receive(file).await {
            Ok(payload) => {
                self.used.fetch_sub(size, Ordering::Relaxed);
                self.stage(name, spool_name, |_| Stage::Received, size);
                Ok(payload)
            }
            Err(error) => {
                tracing::error!(partner = self.partner, file = name, "an upload cannot be recorded: {error}");
                self.stage(name, spool_name, |spool_name| Stage::Lying(spool_name.to_owned()), size);
                Err(Refusal::failure("the file cannot be recorded now; please send it again later"))
            }
        }
    }

    /// Sets the stage of a file, if it is still shown; it may have another name by now.
    fn stage(&self, name: &str, spool_name: &str, stage: impl Fn(&str) -> Stage, size: u64) {
        let mut all = self.lock();
        let means_it = |shown: &Shown| shown.stage.spool_name() == Some(spool_name);
        let name = match all.get(name).is_some_and(means_it) {
            true => Some(name.to_owned()),
            false => all.iter().find(|(_, shown)| means_it(shown)).map(|(name, _)| name.clone()),
        };
        if let Some(shown) = name.and_then(|name| all.get_mut(&name)) {
            *shown = Shown { stage: stage(spool_name), size, modified: shown.modified, since: Instant::now() };
        }
    }

    /// A file is not written any more, and stays.
    fn lay(&self, upload: &Upload) -> io::Result<()> {
        if upload.lost.load(Ordering::Acquire) {
            return Ok(());
        }
        let name = guard(&upload.name).clone();
        let size = upload.size.load(Ordering::Relaxed);
        let mut shown = self.lock();
        let Some(one) = shown.get_mut(&name).filter(|one| one.stage.spool_name() == Some(&upload.spool_name)) else {
            return Ok(());
        };
        let spool_name = match upload.spool_name.ends_with(&format!("~{name}")) {
            true => upload.spool_name.clone(),
            false => self.rename_on_disk(&upload.spool_name, &name)?,
        };
        *one = Shown { stage: Stage::Lying(spool_name), size, modified: one.modified, since: Instant::now() };
        Ok(())
    }

    /// A name on our disk that no other file ever has.
    fn new_name(&self, name: &str) -> String {
        format!("{}~{}~{name}", key(), self.partner)
    }

    fn rename_on_disk(&self, spool_name: &str, name: &str) -> io::Result<String> {
        let key = spool_name.split('~').next().unwrap_or_default();
        let renamed = format!("{key}~{}~{name}", self.partner);
        fs::rename(self.folder.join(spool_name), self.folder.join(&renamed))?;
        sync_folder(&self.folder)?;
        Ok(renamed)
    }

    fn discard(&self, shown: &Shown) -> io::Result<()> {
        match &shown.stage {
            Stage::Open(upload) => {
                upload.lose();
                self.forget(&upload.spool_name)
            }
            Stage::Lying(spool_name) => self.forget(spool_name),
            Stage::Offered(_) | Stage::Received => Ok(()),
        }
    }

    /// Removes a file that was never received.
    fn forget(&self, spool_name: &str) -> io::Result<()> {
        let path = self.folder.join(spool_name);
        let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        fs::remove_file(&path)?;
        self.used.fetch_sub(size.min(self.used.load(Ordering::Relaxed)), Ordering::Relaxed);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Shown>> {
        guard(&self.shown)
    }
}

impl Shown {
    fn facts(&self) -> Facts {
        let size = match &self.stage {
            Stage::Open(upload) => upload.size.load(Ordering::Relaxed),
            _ => self.size,
        };
        Facts { size, modified: self.modified }
    }
}

impl Stage {
    fn spool_name(&self) -> Option<&str> {
        match self {
            Stage::Open(upload) => Some(&upload.spool_name),
            Stage::Lying(spool_name) | Stage::Offered(spool_name) => Some(spool_name),
            Stage::Received => None,
        }
    }
}

impl Upload {
    /// Reads what was written.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        read_at(&self.file, offset, length)
    }

    /// Makes durable what was written.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Its name as the partner sees it.
    pub(super) fn name(&self) -> String {
        guard(&self.name).clone()
    }

    /// Its length.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// Nothing is written any more when this returns.
    fn lose(&self) {
        let _writing = guard(&self.written);
        self.lost.store(true, Ordering::Release);
    }

    fn breaks_off(&self) -> io::Result<bool> {
        let size = self.size();
        if !guard(&self.written).are_up_to(size) {
            return Ok(true);
        }
        tail_breaks_off(&self.file, size)
    }
}

fn tail_breaks_off(file: &File, size: u64) -> io::Result<bool> {
    let head = read_at(file, 0, LOOKED_AT)?;
    let tail = read_at(file, size.saturating_sub(LOOKED_AT as u64), LOOKED_AT)?;
    Ok(breaks_off(&head, &tail))
}

/// Reads up to `length` bytes; fewer only at the end of the file.
pub(super) fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Seconds since 1970, as far as the protocol counts.
pub(super) fn seconds(time: SystemTime) -> u32 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
}

fn now() -> u32 {
    seconds(SystemTime::now())
}

/// What a thread that panicked left behind is still what we know.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
