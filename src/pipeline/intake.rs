//! The first stage: files dropped into mailboxes are taken, recorded, and only then gone.
//!
//! A file is synced, for whoever dropped it may not have done so; renamed into the spool, so that it is taken once; recorded
//! with its SHA-256 under its name there, so that it is received once; and removed from the spool when its bytes are in the
//! database. Whatever a stop left in the spool is recorded at the next start.

mod known;
mod lying;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tracing::{error, info, warn};

use super::{ERP, Folders, Pipeline, blocking};
use crate::diagnostic::cause;
use crate::store::{Applied, INLINE_BYTES, Kept, NewPayload, Payload, Remote, Store, StoreError, Unit, Visiting};
use crate::transport::folder::{
    Dropped, TOGETHER, Taken, key, mailbox_of, spooled, sync_file_system, sync_folder, take, take_again, take_grown,
    taken_at,
};
use crate::transport::{Arrived, Brought, Intake};
use known::{Patience, Ripe, SILENT, look};

pub use known::{News, Told};
pub use lying::{Lying, Unfinished, dropped_into, lying, unfinished, untaken};

/// Files recorded together.
const BATCH: usize = 256;
/// Files of one mailbox taken in one turn, so that a full one does not keep the others waiting.
const TURN: usize = 1_024;
/// Files of one mailbox listed at a time: to list a very full one for each turn takes longer than to take them.
const LISTED: usize = 64 * TURN;

/// A mailbox: where files are dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// Short name of its owner's profile, or [`ERP`].
    pub owner: String,
    /// The partner that files are for, where the folder says so.
    pub partner: Option<String>,
    /// Its folder.
    pub folder: PathBuf,
}

/// Stands in names of the spool between owner and partner of a mailbox; names of profiles do not have it.
const FOR: char = '+';

impl Mailbox {
    /// That of the ERP, whose files are for this partner.
    #[must_use]
    pub fn of_erp(partner: Option<String>) -> Self {
        Self { owner: ERP.to_owned(), partner, folder: PathBuf::new() }
    }

    /// Its part of the name of a file in the spool.
    #[must_use]
    pub fn spool_part(&self) -> String {
        match &self.partner {
            Some(partner) => format!("{}{FOR}{partner}", self.owner),
            None => self.owner.clone(),
        }
    }

    /// The owner of the mailbox of a file in the spool, and the partner that it is for.
    fn of_spool(part: &str) -> (&str, Option<&str>) {
        part.split_once(FOR).map_or((part, None), |(owner, partner)| (owner, Some(partner)))
    }

    /// The mailbox that a file in the spool was taken from.
    fn emptied(folders: &Folders, part: &str) -> Self {
        let (owner, partner) = Self::of_spool(part);
        let folder = match (owner, partner) {
            (ERP, Some(partner)) => folders.submitted().join(partner),
            (ERP, None) => folders.submitted(),
            _ => folders.inbox(owner),
        };
        Self { owner: owner.to_owned(), partner: partner.map(str::to_owned), folder }
    }
}

/// The partner that a payload of the ERP is for, where its folder or who submitted it said so.
pub(super) fn meant_for(payload: &Payload) -> Option<String> {
    Mailbox::of_spool(mailbox_of(payload.spool_name.as_deref()?)?).1.map(str::to_owned)
}

/// Takes and records what is dropped into one mailbox.
#[derive(Debug)]
pub struct MailboxIntake {
    pipeline: Pipeline,
    mailbox: Mailbox,
    /// What the system tells of its files.
    news: Arc<Told>,
    patience: Patience,
    /// In how long it is worth while to look again.
    next: Option<Duration>,
    /// Found, and not taken yet.
    listed: VecDeque<Dropped>,
    /// Taken, and not recorded yet.
    pending: Vec<Taken>,
    /// The renames of what is pending may not be on the disk yet.
    unsynced: bool,
    /// What is wrong with files and folders, and was told.
    told: BTreeMap<PathBuf, String>,
}

/// The mailboxes of all partners whose profiles can be used, and that of the ERP; their folders are made. And the folders of
/// partners that cannot be made, with why: the others go on.
///
/// # Errors
/// When a folder of the ERP or of the gateway itself cannot be made.
pub fn mailboxes(pipeline: &Pipeline) -> io::Result<(Vec<Mailbox>, BTreeMap<PathBuf, io::Error>)> {
    let folders = &pipeline.folders;
    let (mut mailboxes, mut not_made) = (Vec::new(), BTreeMap::new());
    let submitted = folders.submitted();
    fs::create_dir_all(&submitted)?;
    fs::create_dir_all(folders.spool())?;
    for profile in &pipeline.edition().profiles {
        let partner = &profile.short_name;
        let [inbox, outbox] = [folders.inbox(partner), folders.outbox(partner)];
        let made = [&inbox, &outbox].map(|folder| fs::create_dir_all(folder).map_err(|error| (folder.clone(), error)));
        let is_made = made[0].is_ok();
        not_made.extend(made.into_iter().filter_map(Result::err));
        if is_made {
            mailboxes.push(Mailbox { owner: partner.clone(), partner: None, folder: inbox });
        }
        let folder = submitted.join(partner);
        if folder.is_dir() {
            mailboxes.push(Mailbox { owner: ERP.to_owned(), partner: Some(partner.clone()), folder });
        }
    }
    mailboxes.push(Mailbox { owner: ERP.to_owned(), partner: None, folder: submitted });
    Ok((mailboxes, not_made))
}

/// How many files were taken that could not be recorded, by their mailboxes' parts of names in the spool.
#[derive(Debug, Default)]
pub struct Unrecorded(Mutex<BTreeMap<String, usize>>);

impl Unrecorded {
    fn tell(&self, part: String, files: usize) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match files {
            0 => known.remove(&part),
            _ => known.insert(part, files),
        };
    }

    /// Of all mailboxes.
    #[must_use]
    pub fn files(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

/// A file that was taken so long ago is on record, unless something is wrong.
const LATE: Duration = Duration::from_secs(5);

/// How many files lie in the spool that were taken a while ago and are not on record, whoever takes them, and when the first was.
///
/// # Errors
/// When the store cannot be used.
pub async fn unrecorded(store: &Store, folders: &Folders) -> Result<(usize, Option<Timestamp>), StoreError> {
    let (mut files, mut first) = (0, None);
    for taken in spooled(&folders.spool()).unwrap_or_default() {
        let at = taken_at(&taken.spool_name);
        if at.elapsed().is_ok_and(|since| since > LATE) && store.spooled(&taken.spool_name).await?.is_none() {
            files += 1;
            // They stand in the order in which they were taken.
            first = first.or_else(|| Timestamp::try_from(at).ok());
        }
    }
    Ok((files, first))
}

/// Records what a stop left in the spool. How many files that were, and those who have still to [finish](MailboxIntake::finish),
/// since a file cannot be read now, or a folder not be synced.
///
/// # Errors
/// When the spool cannot be read, or the store not be used.
pub async fn recover(pipeline: &Pipeline) -> Result<(usize, Vec<MailboxIntake>), StoreError> {
    let folders = &pipeline.folders;
    let spool = folders.spool();
    let mut intakes: BTreeMap<String, MailboxIntake> = BTreeMap::new();
    for taken in spooled(&spool).map_err(|error| failed(&spool, &error))? {
        drop_twin(folders, &taken);
        match pipeline.store.spooled(&taken.spool_name).await? {
            Some(true) => {}
            Some(false) => remove(&taken.path),
            None => {
                let intake = intakes.entry(taken.mailbox.clone()).or_insert_with_key(|part| {
                    MailboxIntake::new(pipeline.clone(), Mailbox::emptied(folders, part), Duration::ZERO)
                });
                intake.pend(taken);
            }
        }
    }
    let mut count = 0;
    for intake in intakes.values_mut() {
        loop {
            let recorded = intake.record().await?;
            if recorded == 0 {
                break;
            }
            count += recorded;
        }
    }
    Ok((count, intakes.into_values().filter(|intake| !intake.pending.is_empty()).collect()))
}

/// After a power failure a file may have both its names, the one in the spool and that in its mailbox, where the file system
/// keeps a rename by halves: it was taken, and is not dropped again.
fn drop_twin(folders: &Folders, taken: &Taken) {
    let twin = Mailbox::emptied(folders, &taken.mailbox).folder.join(&taken.name);
    let inode = |path: &Path| fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()));
    if inode(&twin).is_some_and(|inode_of_twin| inode(&taken.path) == Some(inode_of_twin)) {
        remove(&twin);
    }
}

impl MailboxIntake {
    /// The intake of a mailbox, which leaves files alone for `settle` after their last change where nothing is known of them.
    #[must_use]
    pub fn new(pipeline: Pipeline, mailbox: Mailbox, settle: Duration) -> Self {
        let (news, patience, told) = (Arc::default(), Patience::new(settle), BTreeMap::new());
        let (listed, pending) = (VecDeque::new(), Vec::new());
        Self { pipeline, mailbox, news, patience, next: None, listed, pending, unsynced: false, told }
    }

    /// Its mailbox.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Where it is to be heard what the system tells of its files.
    #[must_use]
    pub fn news(&self) -> &Arc<Told> {
        &self.news
    }

    /// Has the last look found more than it could take?
    #[must_use]
    pub fn has_listed_more(&self) -> bool {
        !self.listed.is_empty()
    }

    /// In how long something may be taken that the last look found, though nothing is told of it.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        self.next
    }

    /// Takes and records what lies in the mailbox and may be taken, in the order in which it came, so much of it in a turn.
    /// How many files that were.
    ///
    /// # Errors
    /// When the store cannot be used; what was taken is recorded in the next turn.
    pub async fn look(&mut self) -> Result<usize, StoreError> {
        self.record().await?;
        if self.listed.is_empty() {
            let (folder, news) = (self.mailbox.folder.clone(), Arc::clone(&self.news));
            let (mut found, kept) = match blocking(move || look(&folder, LISTED, &news)).await {
                Ok(look) => look,
                Err(error) => {
                    self.tell(&self.mailbox.folder.clone(), &format!("the mailbox cannot be read: {error}"));
                    return Ok(0);
                }
            };
            self.take_again(kept).await?;
            found.retain(|found| is_for(&self.mailbox, &found.file.name));
            let Ripe { files, next, holds_back } = self.patience.ripe(found, Instant::now(), SystemTime::now());
            (self.listed, self.next) = (files, next);
            if let Some(file) = holds_back {
                let what = format!(
                    "another user's file, of which the system does not say whether somebody writes it: until it was not \
                     changed for {SILENT} times `settle`, or is renamed, it and what came behind it wait; with the \
                     capability CAP_LEASE the gateway is told"
                );
                self.tell(&file, &what);
            }
        }
        let turn: Vec<Dropped> = self.listed.drain(..self.listed.len().min(TURN)).collect();
        let is_as_listed = |file: &Dropped| Dropped::at(file.path.clone()).is_some_and(|now| now.seen == file.seen);
        let files = blocking(move || Ok(turn.into_iter().filter(is_as_listed).collect()));
        self.receive(files.await.unwrap_or_default()).await
    }

    /// Records what was taken, and nothing else. Is all of it recorded?
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn finish(&mut self) -> Result<bool, StoreError> {
        while self.record().await? > 0 {}
        Ok(self.pending.is_empty())
    }

    /// What was taken to another file system, and a stop or a full disk left in the mailbox.
    async fn take_again(&mut self, kept: Vec<PathBuf>) -> Result<(), StoreError> {
        for kept in kept {
            let (spool, from) = (self.pipeline.folders.spool(), kept.clone());
            match blocking(move || take_again(&from, &spool)).await {
                Ok(Some(taken)) => match self.pipeline.store.spooled(&taken.spool_name).await? {
                    Some(is_large) => {
                        remove(&kept);
                        if !is_large {
                            remove(&taken.path);
                        }
                    }
                    None if self.pending.contains(&taken) => {}
                    None => self.pend(taken),
                },
                Ok(None) => {}
                Err(error) => self.tell(&kept, &format!("the file cannot be copied into the spool: {error}")),
            }
        }
        Ok(())
    }

    async fn receive(&mut self, mut files: Vec<Dropped>) -> Result<usize, StoreError> {
        let mut received = 0;
        while !files.is_empty() {
            let more = files.split_off(files.len().min(BATCH));
            let (spool, part) = (self.pipeline.folders.spool(), self.mailbox.spool_part());
            let (folder, news) = (self.mailbox.folder.clone(), Arc::clone(&self.news));
            let taken = blocking(move || {
                // Most programs that drop files leave their bytes to the system, which may write the new name long before them.
                let together = files.len() >= TOGETHER;
                if together {
                    sync_file_system(&folder)?;
                }
                let take = |file: Dropped| {
                    // Of another file of its name nothing is known.
                    news.hear(&file.name, News::Gone);
                    take_one(file, &part, &spool, together)
                };
                Ok(files.into_iter().map(take).collect::<Vec<_>>())
            });
            let taken = match taken.await {
                Ok(taken) => taken,
                Err(error) => {
                    self.tell(
                        &self.mailbox.folder.clone(),
                        &format!("the files cannot be written to the disk: {error}"),
                    );
                    return Ok(received);
                }
            };
            for taken in taken {
                match taken {
                    Ok(taken) => taken.into_iter().for_each(|taken| self.pend(taken)),
                    Err((path, what)) => self.tell(&path, &what),
                }
            }
            files = more;
            received += self.record().await?;
        }
        Ok(received)
    }

    /// Records what was taken. How many files that were. What cannot be recorded is tried again, behind the others, and known as such
    /// meanwhile.
    async fn record(&mut self) -> Result<usize, StoreError> {
        let recorded = self.record_some().await;
        let left = if recorded.as_ref().is_ok_and(|count| *count > 0) { 0 } else { self.pending.len() };
        self.pipeline.unrecorded.tell(self.mailbox.spool_part(), left);
        recorded
    }

    /// What was taken is to be recorded.
    fn pend(&mut self, taken: Taken) {
        self.pending.push(taken);
        self.unsynced = true;
    }

    /// Makes the renames durable, which they are before the rows: no file can lie in its mailbox again that is recorded. Are
    /// they?
    async fn sync(&mut self) -> bool {
        let (spool, mailbox) = (self.pipeline.folders.spool(), self.mailbox.folder.clone());
        for folder in [spool, mailbox].into_iter().filter(|_| self.unsynced) {
            let synced = folder.clone();
            match blocking(move || sync_folder(&synced)).await {
                // What is gone brings nothing back.
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    self.tell(&folder, &format!("what was taken cannot be made durable: {error}"));
                    return false;
                }
                _ => {}
            }
        }
        self.unsynced = false;
        true
    }

    async fn record_some(&mut self) -> Result<usize, StoreError> {
        if self.pending.is_empty() || !self.sync().await {
            return Ok(0);
        }
        let taken: Vec<Taken> = self.pending.drain(..self.pending.len().min(BATCH)).collect();
        let data = self.pipeline.folders.data();
        let read = move || Ok(taken.into_iter().map(|taken| (content(&data, &taken.path), taken)).collect::<Vec<_>>());
        let (mut units, mut recorded) = (Vec::new(), Vec::new());
        for (content, taken) in blocking(read).await.unwrap_or_default() {
            match content {
                Ok(content) => {
                    let inline = content.is_inline().then(|| content.bytes());
                    units.push(Unit::Receive(NewPayload {
                        direction: if self.mailbox.owner == ERP { "out" } else { "in" },
                        mailbox: self.mailbox.owner.clone(),
                        partner: self.mailbox.partner.clone(),
                        file_name: taken.name.clone(),
                        spool_name: Some(taken.spool_name.clone()),
                        broken_off: taken.unclosed,
                        content,
                        received_at: Timestamp::now(),
                    }));
                    recorded.push((taken, inline));
                }
                // A disk that cannot be read now may be read later: it stays in the spool.
                Err(error) => {
                    self.tell(&taken.path, &format!("the file cannot be read: {error}"));
                    self.pending.push(taken);
                }
            }
        }
        if units.is_empty() {
            return Ok(0);
        }
        if let Err(failed) = self.pipeline.store.commit(units).await {
            self.pending.extend(recorded.into_iter().map(|(taken, _)| taken));
            return Err(failed);
        }
        for (taken, inline) in &recorded {
            info!(mailbox = self.mailbox.owner, file = taken.name, "received");
            if let Some(bytes) = *inline {
                self.leave_spool(taken, bytes);
            }
            taken.kept.iter().for_each(|kept| remove(kept));
        }
        self.pipeline.received.tell(&self.mailbox.owner);
        Ok(recorded.len())
    }

    /// Removes a file of which so many bytes were recorded. One that grew meanwhile comes once more, as one whose writer has not
    /// closed it.
    fn leave_spool(&mut self, taken: &Taken, bytes: u64) {
        if fs::metadata(&taken.path).is_ok_and(|file| file.len() != bytes) {
            warn!(path = %taken.path.display(), "its writer writes on after {bytes} bytes were recorded: it is recorded anew");
            match take_grown(taken, &self.pipeline.folders.spool()) {
                Ok(grown) => self.pend(grown),
                Err(error) => error!(path = %taken.path.display(), "it cannot be renamed, and stays there: {error}"),
            }
            return;
        }
        remove(&taken.path);
    }

    /// Says what is wrong with a file or folder, once.
    fn tell(&mut self, path: &Path, what: &str) {
        if self.told.get(path).is_some_and(|told| told == what) {
            return;
        }
        warn!(path = %path.display(), "{what}; it is tried again");
        self.told.insert(path.to_owned(), what.to_owned());
    }
}

/// Takes a file into the spool, once its bytes are on the disk, which they are where it was `synced`; what is wrong with it is
/// told with its path.
fn take_one(file: Dropped, part: &str, spool: &Path, synced: bool) -> Result<Option<Taken>, (PathBuf, String)> {
    // One that cannot be read stays where it is, where its owner can mend it.
    let opened = match File::open(&file.path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err((file.path, format!("the file cannot be read: {error}"))),
    };
    if !synced && let Err(error) = opened.sync_data() {
        return Err((file.path, format!("the file cannot be written to the disk: {error}")));
    }
    take(&file, part, spool, &key()).map_err(|error| (file.path, format!("the file cannot be taken: {error}")))
}

impl Intake for Pipeline {
    async fn receive(&self, file: Arrived) -> Result<i64, String> {
        self.arrived(file, Unit::Receive).await.map_err(|error| error.to_string())
    }
}

impl Pipeline {
    /// Makes a payload of a file that was picked up, and remembers that it was, in one commit.
    pub(super) async fn picked_up(&self, file: Arrived, remote: Remote, listed: (u64, i64)) -> Result<i64, StoreError> {
        let unit = |payload| Unit::Visiting(Box::new(Visiting::PickedUp { remote, listed, payload }));
        self.arrived(file, unit).await
    }

    /// Makes a payload of a file, by the unit that is to be committed.
    async fn arrived(&self, file: Arrived, unit: impl FnOnce(NewPayload) -> Unit) -> Result<i64, StoreError> {
        let Arrived { mailbox, file_name, spool_name, broken_off, brought } = file;
        let (content, to_be_removed) = match brought {
            Brought::Bytes(bytes) => (Kept::inline(&bytes), None),
            Brought::File(path) => {
                let (data, from) = (self.folders.data(), path.clone());
                let read = blocking(move || {
                    let content = content(&data, &from)?;
                    if let (false, Some(folder)) = (content.is_inline(), from.parent()) {
                        sync_folder(folder)?;
                    }
                    Ok(content)
                });
                let content = read.await.map_err(|error| failed(&path, &error))?;
                let to_be_removed = content.is_inline().then_some(path);
                (content, to_be_removed)
            }
        };
        let (of, name) = (mailbox.clone(), file_name.clone());
        let unit = unit(NewPayload {
            direction: "in",
            mailbox,
            partner: None,
            file_name,
            spool_name: Some(spool_name),
            broken_off,
            content,
            received_at: Timestamp::now(),
        });
        let Applied::Done(payload) = self.store.commit_one(unit).await? else {
            return Err(failed(Path::new(&name), &io::Error::other("the record took no payload")));
        };
        info!(mailbox = of, file = name, payload, "received");
        if let Some(path) = to_be_removed {
            remove(&path);
        }
        self.received.tell(&of);
        Ok(payload)
    }
}

/// The ERP submits JSON, one object a file or one a line; partners send what they like.
fn is_for(mailbox: &Mailbox, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    mailbox.owner != ERP || lower.ends_with(".json") || lower.ends_with(".jsonl")
}

/// The content of a file that belongs to us: its bytes when it is small, else its name in the spool, synced.
fn content(data: &Path, file_path: &Path) -> io::Result<Kept> {
    let mut file = File::open(file_path)?;
    let length = file.metadata()?.len();
    if length <= INLINE_BYTES {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        return as_long(&file, bytes.len() as u64).map(|()| Kept::inline(&bytes));
    }
    let mut hash = Sha256::new();
    let (mut buffer, mut bytes) = (vec![0; 1 << 20], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
    as_long(&file, bytes)?;
    file.sync_all()?;
    let path = file_path.strip_prefix(data).unwrap_or(file_path).to_owned();
    Ok(Kept::file(path, bytes, hash.finalize().into()))
}

/// A file that grows while it is read is not whole.
fn as_long(file: &File, read: u64) -> io::Result<()> {
    match file.metadata()?.len() == read {
        true => Ok(()),
        false => Err(io::Error::other("its writer has not closed it, and writes on")),
    }
}

pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        error!(
            path = %path.display(),
            "a file that was received cannot be removed: {error}; let the gateway's user write in its folder, or remove it"
        );
    }
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError {
        message: format!("{} cannot be used", path.display()),
        cause: cause(error),
        remedy: "check its permissions and the disk",
    }
}

#[cfg(test)]
mod tests;
