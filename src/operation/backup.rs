//! A copy of a home, made beside the gateway that runs there: a home itself, from which a gateway goes on.
//!
//! The record is copied first, as of one moment; then the files whose bytes belong to it, which were there before it named them,
//! and stay; then the spool; then the rest. So nothing that comes in is in the copy twice, and nothing that went out by then is
//! missing where it waits to be fetched.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use super::Session;
use crate::diagnostic::cause;
use crate::pipeline::defect_text;
use crate::store::{Content, RecordCopy, StoreError, Unit};
use crate::transport::folder::{sync_file_system, sync_folder};

/// A copy of a home.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The moment of the record: what came and went since is not in it.
    pub at: Timestamp,
    /// Payloads on record.
    pub payloads: u64,
    /// Documents on record.
    pub documents: u64,
    /// Deliveries on record.
    pub deliveries: u64,
    /// Bytes of the record.
    pub record_bytes: u64,
    /// Files beside the record, with those whose bytes belong to it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What is not in the copy as it should be, since it cannot be read where it lies.
    pub lost: Vec<Lost>,
}

/// A file that is not in the copy, or is not what was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its path in the home.
    pub file: PathBuf,
    /// The content of the record that it is.
    pub content: Option<i64>,
    /// Why.
    pub why: String,
}

/// Why there is no copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupError {
    /// What was attempted, on what.
    pub message: String,
    /// Why it failed.
    pub cause: String,
    /// The next action.
    pub remedy: String,
}

/// The file of the record.
const RECORD: &str = "data/crossdock.db";
/// Where files lie that were taken from mailboxes; it is copied before them, so that none is copied from both.
const SPOOL: &str = "data/spool";
/// What is not copied with the rest: the record, what belongs to the processes that work on it, and the spool.
const APART: [&str; 6] =
    [SPOOL, RECORD, "data/crossdock.db-wal", "data/crossdock.db-shm", "data/crossdock.lock", "data/gateway.lock"];

/// What went out lately may have done so since the record was copied; times of files are not that exact. The record's own times of
/// that are looked at from ten times as long before.
const LATELY: SignedDuration = SignedDuration::from_secs(1);
/// The length of an event's id, with which names of published files end.
const EVENT_ID: usize = 36;

/// So often it is told how far it is.
const TOLD: Duration = Duration::from_millis(200);

/// Copies the home to the folder `to`, which is not there yet; it is there only when all of it is, and on the disk. `reached` hears
/// meanwhile how many bytes are copied.
///
/// # Errors
/// When the home cannot be read, or the copy not be written; what was copied so far is removed.
pub async fn backup(session: &Session, to: &Path, mut reached: impl FnMut(u64)) -> Result<Backup, BackupError> {
    let home = session.folders.home();
    let to = std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
    let part = begin(home, &to)?;
    let copied = Arc::new(AtomicU64::new(0));
    let so_far = || {
        let record = fs::metadata(part.join(RECORD)).map_or(0, |file| file.len());
        record + copied.load(Ordering::Relaxed)
    };
    let mut making = pin!(make(session, &part, Arc::clone(&copied)));
    let made = loop {
        tokio::select! {
            made = &mut making => break made,
            () = tokio::time::sleep(TOLD) => reached(so_far()),
        }
    };
    let made = made.and_then(|backup| {
        let whole = sync_file_system(&part).and_then(|()| fs::rename(&part, &to));
        let whole = whole.and_then(|()| sync_folder(to.parent().unwrap_or(Path::new("/"))));
        whole.map(|()| backup).map_err(|error| BackupError::writing(&to, &error))
    });
    if made.is_err() {
        // What is left is told by the next try.
        drop(fs::remove_dir_all(&part));
    }
    made
}

/// Makes the folder in which the copy is made, for its owner alone: it holds keys.
fn begin(home: &Path, to: &Path) -> Result<PathBuf, BackupError> {
    if to.exists() {
        return Err(BackupError {
            message: format!("{} is there already", to.display()),
            cause: "a backup is a folder of its own, and none is written over another".to_owned(),
            remedy: "name one that is not there yet, such as with the date".to_owned(),
        });
    }
    let parent = to.parent().map(fs::canonicalize);
    let (Some(name), Some(Ok(parent))) = (to.file_name(), parent) else {
        let there_is_none = io::Error::new(io::ErrorKind::NotFound, "there is no such folder");
        return Err(BackupError::writing(to.parent().unwrap_or(to), &there_is_none));
    };
    if fs::canonicalize(home).is_ok_and(|home| parent.starts_with(home)) {
        return Err(BackupError {
            message: format!("{} is inside the home that is to be copied", to.display()),
            cause: "it would hold itself, and be lost with the home".to_owned(),
            remedy: "name a folder on another disk".to_owned(),
        });
    }
    let part = parent.join(format!("{}.part", name.to_string_lossy()));
    match fs::DirBuilder::new().mode(0o700).create(&part) {
        Ok(()) => Ok(part),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError {
            message: format!("{} is there already", part.display()),
            cause: "another backup goes there now, or one was broken off".to_owned(),
            remedy: "if none goes on, remove it".to_owned(),
        }),
        Err(error) => Err(BackupError::writing(&part, &error)),
    }
}

async fn make(session: &Session, part: &Path, bytes: Arc<AtomicU64>) -> Result<Backup, BackupError> {
    let data = part.join("data");
    fs::create_dir(&data).map_err(|error| BackupError::writing(&data, &error))?;
    let (at, file) = (Timestamp::now(), part.join(RECORD));
    // Nothing is to go out twice: who starts from the copy looks first.
    let audit = session.audit("backup", Some("from a backup: see what came and went since, then let it go on"));
    let paused = session.store.paused().await?;
    let mut names = session.all_partners().await?;
    names.retain(|name| !paused.iter().any(|partner| partner.name == *name));
    let pauses: Vec<Unit> = names.into_iter().map(|name| Unit::Partner(name, Some(at), audit.clone())).collect();
    let mut record = session.store.copy_to(&file, &pauses).await?;
    let ([payloads, documents, deliveries], contents) = (record.counts().await?, record.files().await?);
    let (from, to) = (session.folders.home().to_owned(), part.to_owned());
    let mut copying =
        Copying { from, to, at, files: 0, bytes, lost: Vec::new(), inside: vec![part.to_owned()], late: Vec::new() };
    let on_a_thread = async |work: Box<dyn FnOnce() -> Result<Copying, BackupError> + Send>| {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|bug| Err(BackupError::writing(part, &io::Error::other(defect_text(bug)))))
    };
    let mut copying = on_a_thread(Box::new(move || {
        copying.contents(&contents)?;
        copying.folder(Path::new(SPOOL))?;
        copying.folder(Path::new(""))?;
        Ok(copying)
    }))
    .await?;
    let known = known_to(&mut record, std::mem::take(&mut copying.late), at).await?;
    let copying = on_a_thread(Box::new(move || {
        known.iter().try_for_each(|name| copying.copy(name))?;
        Ok(copying)
    }))
    .await?;
    record.close().await?;
    let record_bytes = fs::metadata(&file).map_err(|error| BackupError::writing(&file, &error))?.len();
    let Copying { files, bytes, lost, .. } = copying;
    let bytes = bytes.load(Ordering::Relaxed);
    Ok(Backup { at, payloads, documents, deliveries, record_bytes, files, bytes, lost })
}

/// Of files that went out lately, those that did so for the record: it knows nothing of the others, and would give their numbers to
/// other documents.
async fn known_to(record: &mut RecordCopy, late: Vec<PathBuf>, at: Timestamp) -> Result<Vec<PathBuf>, StoreError> {
    let put_out = record.put_out_since(at.saturating_sub(LATELY * 10).unwrap_or(at)).await?;
    let mut known = Vec::new();
    for name in late {
        let plain = name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let plain = plain.trim_start_matches('.');
        let beside = |put: &String| {
            let report = put.strip_suffix(".json").is_some_and(|stem| plain == format!("{stem}.diagnostics.txt"));
            report || plain.starts_with(put.as_str())
        };
        let event = plain.strip_suffix(".json").and_then(|stem| stem.get(stem.len().checked_sub(EVENT_ID)?..));
        let is_event = match event {
            Some(id) => record.has_event(id).await?,
            None => false,
        };
        if is_event || put_out.iter().any(beside) {
            known.push(name);
        }
    }
    Ok(known)
}

/// Does a file go out that lies there?
fn goes_out(name: &Path) -> bool {
    let mut parts = name.iter().skip(1).filter_map(|part| part.to_str());
    match (name.starts_with("data"), parts.next()) {
        (true, Some("erp")) => parts.next() != Some("submitted"),
        (true, Some("mailboxes")) => parts.nth(1) != Some("inbox"),
        _ => false,
    }
}

/// A home that is being copied.
struct Copying {
    from: PathBuf,
    to: PathBuf,
    at: Timestamp,
    files: u64,
    /// Copied so far.
    bytes: Arc<AtomicU64>,
    lost: Vec<Lost>,
    /// Files that went out lately, which are not copied yet.
    late: Vec<PathBuf>,
    /// The folders around what is being copied, and the copy: where a link leads to one of them nothing is copied.
    inside: Vec<PathBuf>,
}

impl Copying {
    /// Copies the files that the record names, and looks whether the copies are what was kept.
    fn contents(&mut self, contents: &[(i64, Content)]) -> Result<(), BackupError> {
        for (id, content) in contents {
            let Content::File { path, bytes, sha256 } = content else { continue };
            let Ok(name) = path.strip_prefix(&self.from) else { continue };
            let to = self.to.join(name);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(|error| BackupError::writing(folder, &error))?;
            }
            self.file(name)?;
            let copy = Content::File { path: to, bytes: *bytes, sha256: *sha256 };
            let checked = copy.open().and_then(|mut copy| io::copy(&mut copy, &mut io::sink()));
            let known = self.lost.last_mut().filter(|lost| lost.file == name);
            match (checked, known) {
                (Ok(_), _) => {}
                (Err(_), Some(known)) => known.content = Some(*id),
                (Err(error), None) => self.lost.push(Lost::new(name, Some(*id), &error)),
            }
        }
        Ok(())
    }

    /// Copies what lies in a folder of the home. What is gone meanwhile is not there any more.
    fn folder(&mut self, name: &Path) -> Result<(), BackupError> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        let Some(entries) = self.readable(name, fs::read_dir(&from)) else { return Ok(()) };
        let Some(itself) = self.readable(name, fs::canonicalize(&from)) else { return Ok(()) };
        if self.inside.contains(&itself) {
            // A link leads to where it stands, or to the copy.
            return Ok(());
        }
        self.inside.push(itself);
        fs::create_dir_all(&to).map_err(|error| BackupError::writing(&to, &error))?;
        for entry in entries {
            let Some(entry) = self.readable(name, entry) else { continue };
            let inner = name.join(entry.file_name());
            if APART.iter().any(|one| inner == Path::new(one)) {
                continue;
            }
            let Some(kind) = self.readable(&inner, entry.file_type()) else { continue };
            // What a link leads to is part of the home, but in mailboxes: nobody takes it there.
            let leads_to = kind.is_symlink().then(|| fs::metadata(self.from.join(&inner)).ok()).flatten();
            let is_dropped = |file: &fs::Metadata| file.is_file() && inner.starts_with("data");
            let kind = leads_to.filter(|file| !is_dropped(file)).map_or(kind, |file| file.file_type());
            if kind.is_dir() {
                self.folder(&inner)?;
            } else if kind.is_symlink() {
                self.link(&inner)?;
            } else if kind.is_file() {
                self.file(&inner)?;
            }
        }
        self.inside.pop();
        // The folder of the whole stays its owner's alone.
        if let Some(folder) = fs::metadata(&from).ok().filter(|_| name != Path::new("")) {
            fs::set_permissions(&to, folder.permissions()).map_err(|error| BackupError::writing(&to, &error))?;
        }
        Ok(())
    }

    /// Copies a file, unless it is in the copy already, or must be asked for.
    fn file(&mut self, name: &Path) -> Result<(), BackupError> {
        if self.to.join(name).exists() || self.lost.iter().any(|lost| lost.file == name) {
            return Ok(());
        }
        let time = fs::metadata(self.from.join(name)).and_then(|file| file.modified());
        let from = SystemTime::from(self.at) - Duration::try_from(LATELY).unwrap_or_default();
        if goes_out(name) && time.is_ok_and(|time| time >= from) {
            self.late.push(name.to_owned());
            return Ok(());
        }
        self.copy(name)
    }

    fn copy(&mut self, name: &Path) -> Result<(), BackupError> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        match fs::copy(&from, &to) {
            Ok(bytes) => {
                self.files += 1;
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                // Some files tell by their time how long they have been there; the others do without.
                let time = fs::metadata(&from).and_then(|file| file.modified());
                drop(time.and_then(|time| File::open(&to)?.set_modified(time)));
                Ok(())
            }
            // Whose fault is it?
            Err(error) => {
                let read = File::open(&from).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
                match self.readable(name, read) {
                    Some(_) => Err(BackupError::writing(&to, &error)),
                    None => Ok(()),
                }
            }
        }
    }

    fn link(&mut self, name: &Path) -> Result<(), BackupError> {
        let Some(target) = self.readable(name, fs::read_link(self.from.join(name))) else { return Ok(()) };
        let to = self.to.join(name);
        match std::os::unix::fs::symlink(target, &to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(BackupError::writing(&to, &error)),
            _ => Ok(()),
        }
    }

    /// What was read; what cannot be read is told, unless it is gone.
    fn readable<T>(&mut self, name: &Path, read: io::Result<T>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.lost.push(Lost::new(name, None, &error));
                }
                None
            }
        }
    }
}

impl Lost {
    fn new(file: &Path, content: Option<i64>, error: &io::Error) -> Self {
        Self { file: file.to_owned(), content, why: cause(error) }
    }
}

impl BackupError {
    fn writing(path: &Path, error: &io::Error) -> Self {
        Self {
            message: format!("{} cannot be written", path.display()),
            cause: cause(error),
            remedy: "check that there is room, that the folder is there and that you may write to it".to_owned(),
        }
    }
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self { message: error.message, cause: error.cause, remedy: error.remedy.to_owned() }
    }
}
