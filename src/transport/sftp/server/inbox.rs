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
//!
//! A stage is left under the lock only, by one hand: what is offered, nobody opens, and what is open, nobody offers.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;

use super::body::{Body, is_closed, read_at, set_closed};
use super::refusal::Refusal;
use super::shown::{Facts, Files, Shown, Stage};
use super::upload::{Upload, guard, less};
use super::whole::{LOOKED_AT, ends_cut};
use crate::partner::{DropLimits, SftpServer};
use crate::transport::folder::{is_temporary, key, spooled, sync_folder};
use crate::transport::{Arrived, Brought, DropBox};

/// For uploads of a partner that is no guest any more.
const INCOMPLETE_AFTER: Duration = Duration::from_secs(10 * 60);
/// Files of a partner that are not received, at most.
const MOST_UNFINISHED: usize = 10_000;
/// Longest name on our disk, in bytes.
const DISK_NAME_BYTES: usize = 255;

/// What is said of a file that lacks something, where it is to be received.
const NOT_WHOLE: &str =
    "the file did not come whole: parts of it were refused, or it was not closed; go on with it, or send it again";

/// What is said of a file that was received, where somebody goes on with it.
const RECEIVED: &str = "a file of this name was received, and nothing can be added to it: send the whole anew";

/// A partner's inbox.
#[derive(Debug)]
pub(super) struct Inbox {
    partner: String,
    folder: PathBuf,
    /// Places in memory, shared with all others.
    places: Arc<Semaphore>,
    shown: Mutex<Files>,
    /// Bytes that are not received yet.
    used: AtomicU64,
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

/// What a file that was renamed comes to.
enum Moved {
    /// Its last name: it is to be recorded.
    Finished(String, u64),
    To(Outcome),
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
        let (mut shown, mut used) = (Files::new(), 0);
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
                    let mut one = Shown::new(stage, metadata.len(), modified);
                    one.lacks = !is_closed(&metadata);
                    shown.insert(left.name, one);
                }
            }
        }
        let partner = partner.to_owned();
        Ok(Self { partner, folder, places, shown: Mutex::new(shown), used: AtomicU64::new(used) })
    }

    /// Opens a file to be written: a new one, or one that lies there, from its begin or going on.
    pub(super) fn open(&self, name: &str, truncate: bool, exclusive: bool) -> Result<Arc<Upload>, Refusal> {
        let mut shown = self.lock();
        let before = shown.get(name);
        if exclusive && before.is_some() {
            return Err(Refusal::failure("a file of this name is there already"));
        }
        let disk = |error| Refusal::disk(&error);
        let (spool_name, body, size) = match before {
            Some(before) if !truncate => {
                if !before.is_unfinished() {
                    return Err(Refusal::failure(RECEIVED));
                }
                let spool_name = self.stay(before).map_err(disk)?;
                let (body, size) = Body::on_disk(&self.folder.join(&spool_name)).map_err(disk)?;
                (spool_name, body, size)
            }
            before => {
                match before {
                    Some(before) => self.discard(before).map_err(disk)?,
                    None if shown.unfinished() >= MOST_UNFINISHED => {
                        let words = format!("there are {MOST_UNFINISHED} files that are not finished: remove some");
                        return Err(Refusal::failure(words));
                    }
                    None => {}
                }
                let spool_name = self.name_on_disk(&key(), name);
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

    /// Makes a file shorter that nobody need have open.
    pub(super) fn cut(&self, name: &str, size: u64, limits: &DropLimits) -> Result<(), Refusal> {
        let mut shown = self.lock();
        let one = shown.get_mut(name).ok_or_else(Refusal::no_such_file)?;
        match one.stage() {
            Stage::Open(upload) => upload.set_size(size, limits, &self.used),
            // Some clients set all that they were told.
            _ if size == one.size => Ok(()),
            Stage::Lying(spool_name) if size < one.size => {
                let path = self.folder.join(spool_name);
                let cut = || {
                    let (mut body, _) = Body::on_disk(&path)?;
                    body.cut(size)?;
                    body.put_on_disk(&path)?.sync_all()?;
                    set_closed(&path, !one.lacks)
                };
                cut().map_err(|error| Refusal::disk(&error))?;
                less(&self.used, one.size - size);
                one.size = size;
                Ok(())
            }
            Stage::Lying(_) => Err(Refusal::failure("a file becomes longer by what is written into it")),
            Stage::Offered(_) | Stage::Received => Err(Refusal::failure(RECEIVED)),
        }
    }

    /// Files that are shown, by name, behind one: at most so many.
    pub(super) fn list(&self, behind: Option<&str>, most: usize) -> Vec<(String, Facts)> {
        let shown = self.lock();
        let files = shown.behind(behind).take(most);
        files.map(|(name, shown)| (name.clone(), shown.facts())).collect()
    }

    /// What is known of a file.
    pub(super) fn facts(&self, name: &str) -> Option<Facts> {
        self.lock().get(name).map(Shown::facts)
    }

    /// Is there something of a file already that is not received?
    pub(super) fn lies(&self, name: &str) -> bool {
        self.lock().get(name).is_some_and(Shown::is_unfinished)
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
        upload.wait_for_disk().await;
        match self.end(&upload, rules)? {
            Some(outcome @ (Outcome::Incomplete | Outcome::Named)) => {
                let laid = Arc::clone(&upload);
                let synced = tokio::task::spawn_blocking(move || laid.sync()).await;
                synced.unwrap_or_else(|error| Err(Refusal::disk(&io::Error::other(error))))?;
                self.note_closed(&upload);
                Ok(outcome)
            }
            Some(outcome) => Ok(outcome),
            None => {
                let (name, at) = (upload.name(), (upload.spool_name.as_str(), upload.size()));
                self.offer(&gate, &name, at, Offer::Closed(&upload)).await.map(Outcome::Received)
            }
        }
    }

    /// What becomes of a file that was closed; nothing yet when it is to be recorded: then it is nobody's any more.
    fn end(&self, upload: &Upload, rules: &SftpServer) -> Result<Option<Outcome>, Refusal> {
        let disk = |error: io::Error| Refusal::disk(&error);
        let mut shown = self.lock();
        upload.is_ours()?;
        let name = upload.name();
        if shown.get(&name).is_none() {
            return Err(Refusal::no_such_file());
        }
        if let Some(hole) = upload.hole() {
            upload.lack(&hole);
        }
        if let Some(why) = upload.lacks() {
            self.lay(upload, &mut shown).map_err(disk)?;
            return Ok(Some(Outcome::Lacking(why)));
        }
        if is_temporary(&name) {
            self.lay(upload, &mut shown).map_err(disk)?;
            return Ok(Some(Outcome::Named));
        }
        let size = upload.size();
        if rules.is_done_file(&name) {
            upload.lose();
            self.remove_from_disk(&upload.spool_name, size).map_err(disk)?;
            shown.becomes(&name, Stage::Received, size);
            return Ok(Some(Outcome::DoneFile));
        }
        if upload.breaks_off().map_err(disk)? {
            self.lay(upload, &mut shown).map_err(disk)?;
            return Ok(Some(Outcome::Incomplete));
        }
        upload.lose();
        shown.becomes(&name, Stage::Offered(upload.spool_name.clone()), size);
        Ok(None)
    }

    /// Notes on the disk that a file was closed whole, unless its sender has come back meanwhile.
    fn note_closed(&self, upload: &Upload) {
        let shown = self.lock();
        let Some(Stage::Lying(spool_name)) = shown.get(&upload.name()).filter(|one| !one.lacks).map(Shown::stage)
        else {
            return;
        };
        if key_of(spool_name) == key_of(&upload.spool_name) {
            // Without the note it has to be sent anew if we stop before it is renamed.
            drop(set_closed(&self.folder.join(spool_name), true));
        }
    }

    /// The writer of a file is gone without having closed it.
    pub(super) fn abandon(&self, upload: &Upload) {
        upload.lack("it was not closed");
        let mut shown = self.lock();
        if upload.is_ours().is_ok() && shown.get(&upload.name()).is_some() {
            // Where that fails it is found by its name on the disk at the next start.
            drop(self.lay(upload, &mut shown));
        }
    }

    /// Gives a file another name. One that is finished by that is received.
    pub(super) async fn rename<G: DropBox>(
        self: Arc<Self>,
        gate: G,
        (from, to): (String, String),
        (replace, rules): (bool, &SftpServer),
    ) -> Result<Outcome, Refusal> {
        let (spool_name, size) = match self.move_to(&from, &to, replace, rules)? {
            Moved::Finished(spool_name, size) => (spool_name, size),
            Moved::To(outcome) => return Ok(outcome),
        };
        let offered = self.offer(&gate, &to, (&spool_name, size), Offer::Renamed).await.map(Outcome::Received);
        if offered.is_err() {
            // Under its old name it is not taken for finished, and its sender can try again.
            let mut shown = self.lock();
            if shown.get(&from).is_none()
                && let Some(moved) = shown.remove(&to)
            {
                let name = if moved.stage().spool_name() == Some(&spool_name) { from } else { to };
                shown.insert(name, moved);
            }
        }
        offered
    }

    fn move_to(&self, from: &str, to: &str, replace: bool, rules: &SftpServer) -> Result<Moved, Refusal> {
        let disk = |error: io::Error| Refusal::disk(&error);
        let mut shown = self.lock();
        let one = shown.get(from).ok_or_else(Refusal::no_such_file)?;
        if from == to {
            return Ok(Moved::To(Outcome::Named));
        }
        if !is_temporary(to) && one.lacks {
            return Err(Refusal::failure(NOT_WHOLE));
        }
        if let Some(target) = shown.get(to) {
            if target.is_unfinished() && !replace {
                return Err(Refusal::failure("a file of the new name is there already"));
            }
            self.discard(target).map_err(disk)?;
        }
        let (stage, moved) = match one.stage() {
            Stage::Lying(spool_name) if is_temporary(to) => {
                (Stage::Lying(self.rename_on_disk(spool_name, to).map_err(disk)?), Moved::To(Outcome::Named))
            }
            Stage::Lying(spool_name) if rules.is_done_file(to) => {
                self.remove_from_disk(spool_name, one.size).map_err(disk)?;
                (Stage::Received, Moved::To(Outcome::DoneFile))
            }
            Stage::Lying(spool_name) if self.breaks_off(spool_name, one.size).map_err(disk)? => {
                (Stage::Lying(self.rename_on_disk(spool_name, to).map_err(disk)?), Moved::To(Outcome::Incomplete))
            }
            Stage::Lying(spool_name) => {
                (Stage::Offered(spool_name.clone()), Moved::Finished(spool_name.clone(), one.size))
            }
            Stage::Open(upload) => {
                upload.set_name(to);
                (Stage::Open(Arc::clone(upload)), Moved::To(Outcome::Named))
            }
            Stage::Offered(spool_name) => (Stage::Offered(spool_name.clone()), Moved::To(Outcome::Named)),
            Stage::Received => (Stage::Received, Moved::To(Outcome::Named)),
        };
        if let Some(one) = shown.remove(from) {
            shown.insert(to.to_owned(), one.moved(stage));
        }
        Ok(moved)
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
        let waited = {
            let mut shown = self.lock();
            shown.show_less(most);
            shown.lying_for(incomplete_after)
        };
        let mut received = Vec::new();
        for (name, spool_name) in waited.into_iter().filter(|(name, _)| !is_temporary(name)) {
            let Some(size) = self.give_up(&name, &spool_name, rules) else { continue };
            if let Ok(payload) = self.offer(gate, &name, (&spool_name, size), Offer::BrokenOff).await {
                received.push((name, payload));
            }
        }
        received
    }

    /// Nobody may go on any more with what has waited, if its sender has not come back meanwhile; how long it is, when it is to be
    /// recorded.
    fn give_up(&self, name: &str, spool_name: &str, rules: Option<&SftpServer>) -> Option<u64> {
        let mut shown = self.lock();
        let lies = |one: &&Shown| matches!(one.stage(), Stage::Lying(lying) if lying == spool_name);
        let size = shown.get(name).filter(lies)?.size;
        if rules.is_some_and(|rules| rules.is_done_file(name)) {
            // What cannot be removed now is tried again at the next turn, as is what cannot be recorded.
            if self.remove_from_disk(spool_name, size).is_ok() {
                shown.becomes(name, Stage::Received, size);
            }
            return None;
        }
        shown.becomes(name, Stage::Offered(spool_name.to_owned()), size);
        Some(size)
    }

    /// Hands over to be recorded what was given up by all others.
    async fn offer<G: DropBox>(
        &self,
        gate: &G,
        name: &str,
        (spool_name, size): (&str, u64),
        how: Offer<'_>,
    ) -> Result<i64, Refusal> {
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
        let received = gate.receive(file).await;
        let is_there = upload.is_none_or(|upload| received.is_ok() || upload.put_on_disk().is_ok());
        let mut shown = self.lock();
        // It may have another name by now.
        let has_its_name = shown.get(name).is_some_and(|one| one.stage().spool_name() == Some(spool_name));
        let now = if has_its_name { Some(name) } else { shown.named(spool_name) }.map(str::to_owned);
        match received {
            Ok(payload) => {
                less(&self.used, size);
                now.iter().for_each(|now| shown.becomes(now, Stage::Received, size));
                Ok(payload)
            }
            Err(error) => {
                tracing::error!(partner = self.partner, file = name, "an upload cannot be recorded: {error}");
                match now {
                    Some(now) if is_there => shown.becomes(&now, Stage::Lying(spool_name.to_owned()), size),
                    // Neither the record nor the disk takes it; or it was removed, or another one has its name.
                    now => {
                        now.map(|now| shown.remove(&now));
                        drop(self.remove_from_disk(spool_name, size));
                    }
                }
                Err(Refusal::failure("the file cannot be recorded now; please send it again later"))
            }
        }
    }

    /// A file is not written any more, and stays.
    fn lay(&self, upload: &Upload, shown: &mut Files) -> io::Result<()> {
        let (name, size) = (upload.name(), self.lay_down(upload)?);
        let spool_name = match upload.spool_name == self.name_on_disk(key_of(&upload.spool_name), &name) {
            true => upload.spool_name.clone(),
            false => self.rename_on_disk(&upload.spool_name, &name)?,
        };
        shown.becomes(&name, Stage::Lying(spool_name), size);
        shown.get_mut(&name).into_iter().for_each(|one| one.lacks = upload.lacks().is_some());
        Ok(())
    }

    /// Somebody goes on with a file: whoever wrote it before does not any more, as a client whose connection broke comes again
    /// before we notice. Its name on our disk, where it lies now.
    fn stay(&self, shown: &Shown) -> io::Result<String> {
        match shown.stage() {
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
        less(&self.used, size - whole);
        Ok(whole)
    }

    /// A name on our disk that no other file ever has. Of one that is too long the middle is left out: by its end is seen
    /// whether it is finished.
    fn name_on_disk(&self, key: &str, name: &str) -> String {
        let before = format!("{key}~{}~", self.partner);
        let over = (before.len() + name.len()).saturating_sub(DISK_NAME_BYTES);
        let middle = name.floor_char_boundary((name.len() - over) / 2);
        format!("{before}{}{}", &name[..middle], &name[name.ceil_char_boundary(middle + over)..])
    }

    fn rename_on_disk(&self, spool_name: &str, name: &str) -> io::Result<String> {
        let renamed = self.name_on_disk(key_of(spool_name), name);
        fs::rename(self.folder.join(spool_name), self.folder.join(&renamed))?;
        sync_folder(&self.folder)?;
        Ok(renamed)
    }

    fn breaks_off(&self, spool_name: &str, size: u64) -> io::Result<bool> {
        let file = File::open(self.folder.join(spool_name))?;
        ends_cut(size, |offset| read_at(&file, offset, LOOKED_AT))
    }

    /// Removes a file that was not received.
    fn discard(&self, shown: &Shown) -> io::Result<()> {
        let (spool_name, size) = match shown.stage() {
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
        less(&self.used, size);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        guard(&self.shown)
    }
}

/// The part of a name on our disk that no other has.
fn key_of(spool_name: &str) -> &str {
    spool_name.split('~').next().unwrap_or_default()
}

/// Seconds since 1970, as far as the protocol counts.
pub(super) fn seconds(time: SystemTime) -> u32 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
}

fn now() -> u32 {
    seconds(SystemTime::now())
}

#[cfg(test)]
mod tests;
