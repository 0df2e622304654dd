//! A partner's inbox as the partner sees it: what is being written, what lies there unfinished, and for a while what was
//! received.
//!
//! ```text
//! open ──► Open ──close, whole, final name──► Offered ──recorded──► Received ──an hour──► not shown
//!           │                                   ▲
//!           └─breaks off, or temporary name──► Lying ──rename to the final name, or time is up──┘
//! ```
//!
//! A file has a name in the folder of uploads that no other file ever has, from its first byte on; so what a stop leaves there
//! is known by its name. Small ones are in memory until they are recorded or must lie there. Its sender hears "OK" to the close
//! or the rename only when it was recorded.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;

use super::body::{Body, read_at};
use super::refusal::Refusal;
use super::upload::{Upload, guard};
use super::whole::{LOOKED_AT, ends_cut};
use crate::partner::{DropLimits, SftpServer};
use crate::transport::folder::{is_temporary, key, spooled, sync_folder};
use crate::transport::{Arrived, Brought, DropBox};

/// For uploads of a partner that is no guest any more.
const INCOMPLETE_AFTER: Duration = Duration::from_secs(10 * 60);
/// So long what was received is still shown.
const SHOWN: Duration = Duration::from_secs(60 * 60);
/// So many of them of a partner at most, the latest; and about so many in all.
const MOST_SHOWN: usize = 10_000;
const SHOWN_IN_ALL: usize = 200_000;

/// What is said of a file that lacks something, where it is to be received.
pub(super) const NOT_WHOLE: &str =
    "the file did not come whole: parts of it were refused, or it was not closed; go on with it, or send it again";

/// A partner's inbox.
#[derive(Debug)]
pub(super) struct Inbox {
    partner: String,
    folder: PathBuf,
    /// Places in memory, shared with all others.
    places: Arc<Semaphore>,
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
    /// Parts of it were refused, or its writer did not close it, and nobody has gone on with it since.
    lacks: bool,
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

/// What a file is, as far as its attributes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) size: u64,
    pub(super) modified: u32,
}

/// What became of a file that was closed or renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was recorded: the payload.
    Received(i64),
    /// It breaks off, and waits for the rest.
    Incomplete,
    /// Bytes of it were refused, for this reason; it waits for its sender to go on or to send it anew.
    Lacking(String),
    /// Its name says that it is not finished, or it was received before.
    Named,
    /// It only said that another one is finished.
    DoneFile,
}

/// How a file comes to be recorded.
#[derive(Debug, Clone, Copy)]
enum Offer<'u> {
    /// Its writer closed it.
    Closed(&'u Upload),
    /// It lay there, and was given its final name.
    Renamed,
    /// It lay there for so long: its sender never heard that it was received.
    BrokenOff,
}

impl Inbox {
    /// The inbox of a partner with what a stop left in it.
    ///
    /// # Errors
    /// When the folder cannot be used, or the record cannot be asked.
    pub(super) async fn open_for<G: DropBox>(
        gate: &G,
        partner: &str,
        folder: PathBuf,
        places: Arc<Semaphore>,
    ) -> Result<Self, String> {
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
                    shown.insert(left.name, Shown::new(stage, metadata.len(), modified));
                }
            }
        }
        let partner = partner.to_owned();
        Ok(Self { partner, folder, places, shown: Mutex::new(shown), used: AtomicU64::new(used) })
    }

    /// Opens a file to be written: a new one, or one that lies there, from its begin or going on.
    pub(super) fn open(&self, name: &str, truncate: bool, exclusive: bool) -> Result<Arc<Upload>, Refusal> {
        let mut shown = self.lock();
        let before = shown.get(name).filter(|shown| matches!(shown.stage, Stage::Open(_) | Stage::Lying(_)));
        if exclusive && shown.contains_key(name) {
            return Err(Refusal::failure("a file of this name is there already"));
        }
        let disk = |error| Refusal::disk(&error);
        let (spool_name, body, size) = match before {
            Some(before) if !truncate => {
                let spool_name = self.stay(before).map_err(disk)?;
                let (body, size) = Body::on_disk(&self.folder.join(&spool_name)).map_err(disk)?;
                (spool_name, body, size)
            }
            before => {
                before.map_or(Ok(()), |before| self.discard(before)).map_err(disk)?;
                let spool_name = self.new_name(name);
                let body = Body::new(&self.places, &self.folder.join(&spool_name)).map_err(disk)?;
                (spool_name, body, 0)
            }
        };
        let upload = Arc::new(Upload::new(&self.folder, spool_name, name, (body, size)));
        let stage = Stage::Open(Arc::clone(&upload));
        shown.insert(name.to_owned(), Shown::new(stage, size, now()));
        Ok(upload)
    }

    /// Writes into a file.
    pub(super) fn write(&self, upload: &Upload, offset: u64, data: &[u8], limits: &DropLimits) -> Result<(), Refusal> {
        upload.write((offset, data), limits, &self.used)
    }

    /// Makes a file shorter or longer.
    pub(super) fn set_size(&self, upload: &Upload, size: u64, limits: &DropLimits) -> Result<(), Refusal> {
        upload.set_size(size, limits, &self.used)
    }

    /// The files that are shown.
    pub(super) fn list(&self) -> Vec<(String, Facts)> {
        self.lock().iter().map(|(name, shown)| (name.clone(), shown.facts())).collect()
    }

    /// What is known of a file.
    pub(super) fn facts(&self, name: &str) -> Option<Facts> {
        self.lock().get(name).map(Shown::facts)
    }

    /// Is there something of a file already that is not received?
    pub(super) fn lies(&self, name: &str) -> bool {
        self.lock().get(name).is_some_and(|shown| matches!(shown.stage, Stage::Open(_) | Stage::Lying(_)))
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
        self.discard(shown.get(name).ok_or_else(Refusal::no_such_file)?).map_err(|error| Refusal::disk(&error))?;
        shown.remove(name);
        Ok(())
    }

    /// A file was closed by its writer: it is received, unless it is not finished.
    pub(super) async fn close<G: DropBox>(
        self: Arc<Self>,
        gate: G,
        upload: Arc<Upload>,
        rules: &SftpServer,
    ) -> Result<Outcome, Refusal> {
        upload.is_ours()?;
        upload.wait_for_disk().await;
        let name = upload.name();
        if let Some(why) = upload.lacks() {
            self.lay(&upload).map_err(|error| Refusal::disk(&error))?;
            return Ok(Outcome::Lacking(why));
        }
        if is_temporary(&name) {
            self.lay(&upload).map_err(|error| Refusal::disk(&error))?;
            return Ok(Outcome::Named);
        }
        let size = upload.size();
        if rules.is_done_file(&name) {
            return self.done_file((&upload.spool_name, size));
        }
        if upload.breaks_off().map_err(|error| Refusal::disk(&error))? {
            self.lay(&upload).map_err(|error| Refusal::disk(&error))?;
            let synced = tokio::task::spawn_blocking(move || upload.sync()).await;
            synced.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|error| Refusal::disk(&error))?;
            return Ok(Outcome::Incomplete);
        }
        self.offer(&gate, &name, (&upload.spool_name, size), Offer::Closed(&upload)).await.map(Outcome::Received)
    }

    /// The writer of a file is gone without having closed it.
    pub(super) fn abandon(&self, upload: &Upload) {
        upload.lack("it was not closed");
        // Where that fails it is found by its name on the disk at the next start.
        drop(self.lay(upload));
    }

    /// Gives a file another name. One that is finished by that is received.
    pub(super) async fn rename<G: DropBox>(
        self: Arc<Self>,
        gate: G,
        (from, to): (String, String),
        (replace, rules): (bool, &SftpServer),
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
            if !is_temporary(&to) && shown.get(&from).is_some_and(|shown| shown.lacks) {
                return Err(Refusal::failure(NOT_WHOLE));
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
                    upload.set_name(&to);
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
        if rules.is_done_file(&to) {
            return self.done_file((&spool_name, size));
        }
        let lying = self.folder.join(&spool_name);
        let breaks_off = File::open(&lying).and_then(|file| ends_cut(size, |offset| read_at(&file, offset, LOOKED_AT)));
        if breaks_off.map_err(|error| Refusal::disk(&error))? {
            let mut shown = self.lock();
            if let Some(Shown { stage: Stage::Lying(spool_name), .. }) = shown.get_mut(&to) {
                *spool_name = self.rename_on_disk(spool_name, &to).map_err(|error| Refusal::disk(&error))?;
            }
            return Ok(Outcome::Incomplete);
        }
        let offered = self.offer(&gate, &to, (&spool_name, size), Offer::Renamed).await.map(Outcome::Received);
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

    /// Receives what has waited for its rest so long; of what was received shows the latest `most`, and nothing of long ago. What
    /// was received.
    pub(super) async fn sweep<G: DropBox>(
        &self,
        gate: &G,
        rules: Option<&SftpServer>,
        most: usize,
    ) -> Vec<(String, i64)> {
        let incomplete_after = rules.map_or(INCOMPLETE_AFTER, |rules| rules.incomplete_after);

        let waited: Vec<(String, String, u64)> = {
            let mut shown = self.lock();
            show_less(&mut shown, most);
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
            if rules.is_some_and(|rules| rules.is_done_file(&name)) {
                // What cannot be removed now is tried again at the next turn, as is what cannot be recorded.
                drop(self.done_file((&spool_name, size)));
                continue;
            }
            if let Ok(payload) = self.offer(gate, &name, (&spool_name, size), Offer::BrokenOff).await {
                received.push((name, payload));
            }
        }
        received
    }

    /// Hands a file over to be recorded.
    async fn offer<G: DropBox>(
        &self,
        gate: &G,
        name: &str,
        (spool_name, size): (&str, u64),
        how: Offer<'_>,
    ) -> Result<i64, Refusal> {
        self.stage(name, spool_name, |spool_name| Stage::Offered(spool_name.to_owned()), size);
        let upload = match how {
            Offer::Closed(upload) => Some(upload),
            Offer::Renamed | Offer::BrokenOff => None,
        };
        let small = upload.and_then(Upload::in_memory);
        let file = Arrived {
            mailbox: self.partner.clone(),
            file_name: name.to_owned(),
            spool_name: spool_name.to_owned(),
            broken_off: matches!(how, Offer::BrokenOff),
            brought: small.map_or_else(|| Brought::File(self.folder.join(spool_name)), Brought::Bytes),
        };
        match gate.receive(file).await {
            Ok(payload) => {
                self.used.fetch_sub(size, Ordering::Relaxed);
                self.stage(name, spool_name, |_| Stage::Received, size);
                Ok(payload)
            }
            Err(error) => {
                tracing::error!(partner = self.partner, file = name, "an upload cannot be recorded: {error}");
                if upload.is_none_or(|upload| upload.put_on_disk().is_ok()) {
                    self.stage(name, spool_name, |spool_name| Stage::Lying(spool_name.to_owned()), size);
                } else {
                    // Neither the record nor the disk takes it.
                    self.lock().retain(|_, shown| shown.stage.spool_name() != Some(spool_name));
                    self.used.fetch_sub(size, Ordering::Relaxed);
                }
                Err(Refusal::failure("the file cannot be recorded now; please send it again later"))
            }
        }
    }

    /// Takes a file that only said that another one is finished.
    fn done_file(&self, (spool_name, size): (&str, u64)) -> Result<Outcome, Refusal> {
        self.remove_from_disk(spool_name, size).map_err(|error| Refusal::disk(&error))?;
        self.stage("", spool_name, |_| Stage::Received, size);
        Ok(Outcome::DoneFile)
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
            *shown = Shown::new(stage(spool_name), size, shown.modified);
        }
    }

    /// A file is not written any more, and stays.
    fn lay(&self, upload: &Upload) -> io::Result<()> {
        if upload.is_ours().is_err() {
            return Ok(());
        }
        let name = upload.name();
        let size = self.lay_down(upload)?;
        let mut shown = self.lock();
        let Some(one) = shown.get_mut(&name).filter(|one| one.stage.spool_name() == Some(&upload.spool_name)) else {
            return Ok(());
        };
        let spool_name = match upload.spool_name.ends_with(&format!("~{name}")) {
            true => upload.spool_name.clone(),
            false => self.rename_on_disk(&upload.spool_name, &name)?,
        };
        *one = Shown { lacks: upload.lacks().is_some(), ..Shown::new(Stage::Lying(spool_name), size, one.modified) };
        Ok(())
    }

    /// Somebody goes on with a file: whoever wrote it before does not any more, as a client whose connection broke comes again
    /// before we notice. Its name on our disk, where it lies now.
    fn stay(&self, shown: &Shown) -> io::Result<String> {
        match &shown.stage {
            Stage::Open(upload) => {
                upload.lose();
                self.lay_down(upload)?;
                Ok(upload.spool_name.clone())
            }
            stage => Ok(stage.spool_name().unwrap_or_default().to_owned()),
        }
    }

    /// Puts on disk what came of a file without a hole; how many bytes that are.
    fn lay_down(&self, upload: &Upload) -> io::Result<u64> {
        let size = upload.size();
        let whole = upload.lay_down()?;
        self.used.fetch_sub(size - whole, Ordering::Relaxed);
        Ok(whole)
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

    /// Removes a file that was not received.
    fn discard(&self, shown: &Shown) -> io::Result<()> {
        let (spool_name, size) = match &shown.stage {
            Stage::Open(upload) => {
                upload.lose();
                (&upload.spool_name, upload.size())
            }
            Stage::Lying(spool_name) => (spool_name, shown.size),
            Stage::Offered(_) | Stage::Received => return Ok(()),
        };
        self.remove_from_disk(spool_name, size)
    }

    /// Removes what was not received, where it is on disk.
    fn remove_from_disk(&self, spool_name: &str, size: u64) -> io::Result<()> {
        match fs::remove_file(self.folder.join(spool_name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // It is gone, or was never there.
            _ => {}
        }
        self.used.fetch_sub(size, Ordering::Relaxed);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Shown>> {
        guard(&self.shown)
    }
}

impl Shown {
    fn new(stage: Stage, size: u64, modified: u32) -> Self {
        Self { stage, size, modified, since: Instant::now(), lacks: false }
    }

    fn facts(&self) -> Facts {
        let size = match &self.stage {
            Stage::Open(upload) => upload.size(),
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

/// How many received files are shown of each partner where so many partners have an inbox.
pub(super) fn shown_of_each(inboxes: usize) -> usize {
    (SHOWN_IN_ALL / inboxes.max(1)).min(MOST_SHOWN)
}

/// Shows no longer what was received long ago, or before the latest so many.
fn show_less(shown: &mut BTreeMap<String, Shown>, most: usize) {
    let is_received = |shown: &Shown| matches!(shown.stage, Stage::Received);
    let mut before = None;
    if shown.len() > most {
        let mut received: Vec<Instant> = shown.values().filter(|one| is_received(one)).map(|one| one.since).collect();
        received.sort_unstable_by(|one, other| other.cmp(one));
        before = received.get(most).copied();
    }
    shown.retain(|_, one| {
        !is_received(one) || (one.since.elapsed() < SHOWN && before.is_none_or(|before| one.since > before))
    });
}

/// Seconds since 1970, as far as the protocol counts.
pub(super) fn seconds(time: SystemTime) -> u32 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
}

fn now() -> u32 {
    seconds(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_was_received_the_latest_is_shown_and_what_lies_there_always() {
        let begun = Instant::now();
        let one = |number: u64, stage| Shown {
            stage,
            size: 0,
            modified: 0,
            since: begun + Duration::from_secs(number),
            lacks: false,
        };
        let mut shown: BTreeMap<String, Shown> =
            (1..=9).map(|number| (format!("{}.edi", 10 - number), one(number, Stage::Received))).collect();
        shown.insert("part.edi".to_owned(), one(0, Stage::Lying("1".to_owned())));
        show_less(&mut shown, 9);
        assert_eq!(shown.len(), 10);
        show_less(&mut shown, 3);
        assert_eq!(shown.keys().collect::<Vec<_>>(), ["1.edi", "2.edi", "3.edi", "part.edi"]);
        assert_eq!([0, 1, 20, 500].map(shown_of_each), [10_000, 10_000, 10_000, 400]);
    }
}
