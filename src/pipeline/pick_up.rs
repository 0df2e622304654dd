//! Picks files up from partners' servers, on schedule.
//!
//! A file is read into the spool and synced; one commit makes a payload of it and remembers that it was picked up; only then
//! it is disposed of on the server, and that is committed too. A stop in between repeats only what was not committed: a file
//! that was not received is read again, one that was received is only disposed of.
//!
//! One task visits one partner at a time, so nobody waits for a server that is slow or dead; the lock of the home sees to it
//! that nobody else visits.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use super::destination::destination;
use super::intake::remove;
use super::{Pipeline, defect_text, wait_after};
use crate::diagnostic::{Diagnostic, cause};
use crate::lifecycle::{LONGEST_WAIT, is_due, wait_for_server};
use crate::partner::Profile;
use crate::partner::transport::sftp::{Poll, Sftp, Then};
use crate::store::{PickUp, Remote, StoreError, Unit, VisitState, Visiting};
use crate::transport::folder::{key, spool_name};
use crate::transport::sftp::client::look::{Known, Look, Seen};
use crate::transport::sftp::client::{Entry, Fault, Visit, Why, connect, join, moved_to};
use crate::transport::{Arrived, Brought};

/// How often is looked what is due.
const LOOK: Duration = Duration::from_secs(1);
/// After so long a file is asked for again that nobody answered for more than once.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// A visit that ended.
struct Ended {
    partner: String,
    /// Its folders as they were seen.
    seen: HashMap<String, Seen>,
    /// What was done is not on record: it could not be written, or read.
    unrecorded: bool,
}

/// What is known of partners from one look to the next.
#[derive(Default)]
struct Partners {
    settings: HashMap<String, Sftp>,
    seen: HashMap<String, HashMap<String, Seen>>,
    busy: HashSet<String>,
    /// Those whose last visits could not be recorded: how many in a row, and until when they wait.
    unrecorded: HashMap<String, (u32, Instant)>,
}

impl Partners {
    /// A visit ended. One that could not be recorded would be due again at once: the next one waits.
    fn ended(&mut self, visit: Ended) {
        let Ended { partner, seen, unrecorded } = visit;
        self.busy.remove(&partner);
        let before = self.unrecorded.remove(&partner);
        if unrecorded {
            let failed = before.map_or(0, |(failed, _)| failed) + 1;
            self.unrecorded.insert(partner.clone(), (failed, Instant::now() + wait_after(failed)));
        }
        self.seen.insert(partner, seen);
    }

    /// May a partner not be visited now?
    fn waits(&self, partner: &str) -> bool {
        let waits = self.unrecorded.get(partner).is_some_and(|(_, until)| *until > Instant::now());
        waits || self.busy.contains(partner)
    }
}

/// Picks up until `stop`.
pub async fn run(pipeline: Pipeline, mut stop: watch::Receiver<bool>) {
    if let Err(failed) = clear(&pipeline).await {
        error!("what the last stop left of downloads cannot be cleared: {failed}");
    }
    let (mut partners, mut visits, mut failed) = (Partners::default(), JoinSet::<Ended>::new(), 0);
    while !*stop.borrow() {
        let wait = match begin(&pipeline, &mut partners, &mut visits).await {
            Ok(()) => {
                failed = 0;
                LOOK
            }
            Err(error) => {
                failed += 1;
                error!("{error}; trying again");
                wait_after(failed)
            }
        };
        tokio::select! {
            Some(ended) = visits.join_next() => {
                match ended {
                    Ok(ended) => partners.ended(ended),
                    // Whose visit it was is not known: all may go again when theirs is over.
                    Err(bug) => {
                        error!("a visit broke off: {}", defect_text(bug));
                        visits.abort_all();
                        while visits.join_next().await.is_some() {}
                        partners.busy.clear();
                    }
                }
            }
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => {}
        }
    }
    // What is under way is dropped: it is done again, or its rest is.
}

/// Begins the visits that are due.
async fn begin(pipeline: &Pipeline, partners: &mut Partners, visits: &mut JoinSet<Ended>) -> Result<(), StoreError> {
    let (edition, now) = (pipeline.edition(), Timestamp::now());
    let states = pipeline.store.visits().await?;
    for profile in &edition.profiles {
        let name = &profile.short_name;
        let Some(sftp) = profile.sftp() else { continue };
        if partners.waits(name) {
            continue;
        }
        // Whoever changes the settings wants to know whether they are right now.
        let before = partners.settings.insert(name.clone(), sftp.clone());
        let changed = before.is_some_and(|before| before != *sftp);
        if changed {
            let unit = Unit::Visiting(Box::new(Visiting::Now(name.clone(), now)));
            pipeline.store.commit_one(unit).await?;
        }
        let longest = |poll: &Poll| poll.when.next(now, &profile.time_zone, 0).duration_since(now) + LONGEST_WAIT;
        let ripe = |poll: &Poll, state: &VisitState| is_due(state.next_at, now, longest(poll));
        let due = |poll: &&Poll| changed || state(&states, name, &poll.folder).is_none_or(|state| ripe(poll, state));
        let due: Vec<Poll> = sftp.poll.iter().filter(due).cloned().collect();
        if due.is_empty() {
            continue;
        }
        partners.busy.insert(name.clone());
        let seen = partners.seen.remove(name).unwrap_or_default();
        visits.spawn(visit(pipeline.clone(), profile.clone(), sftp.clone(), due, seen, states.clone()));
    }
    Ok(())
}

fn state<'a>(states: &'a [VisitState], partner: &str, folder: &str) -> Option<&'a VisitState> {
    states.iter().find(|state| state.partner == partner && state.folder == folder)
}

/// Looks through folders of one partner, over one connection.
async fn visit(
    pipeline: Pipeline,
    profile: Profile,
    sftp: Sftp,
    polls: Vec<Poll>,
    mut seen: HashMap<String, Seen>,
    states: Vec<VisitState>,
) -> Ended {
    let partner = profile.short_name.clone();
    let (home, data) = (pipeline.folders.home().to_owned(), pipeline.folders.data());
    let log_in = async || match destination(&home, &data, &profile, &sftp) {
        Ok(to) => connect(&to).await,
        Err(fault) => Err(fault),
    };
    let mut connected = log_in().await;
    let mut unrecorded = false;
    for poll in &polls {
        let let_in = connected.is_ok();
        let looked = match &mut connected {
            Ok(server) => {
                let (partner, seen) = (&partner, seen.entry(poll.folder.clone()).or_default());
                let server = server.as_mut();
                let mut round = Round { pipeline: &pipeline, partner, poll, server, seen, unanswered: false };
                round.look_through().await
            }
            Err(fault) => Err(Failed::There(fault.clone())),
        };
        let lost = match &looked {
            Ok(looked) => looked.unanswered,
            Err(Failed::There(fault)) => connected.is_ok() && fault.why == Why::Unreachable,
            Err(Failed::Store(_)) => false,
        };
        if lost && polls.last() != Some(poll) {
            connected = log_in().await;
        }
        let now = Timestamp::now();
        let before = state(&states, &partner, &poll.folder);
        let jitter = now.as_microsecond().unsigned_abs();
        let (next_at, done, fault) = match looked {
            Ok(looked) => {
                let next = poll.when.next(now, &profile.time_zone, jitter);
                (looked.again_at.map_or(next, |at| at.min(next)), true, looked.problem)
            }
            Err(Failed::Store(failed)) => {
                error!("{failed}; trying again");
                unrecorded = true;
                continue;
            }
            Err(Failed::There(fault)) => {
                let failed = before.map_or(0, |state| state.failures).saturating_add(1);
                let wait = wait_for_server(failed, fault.needs_a_person(), jitter);
                (now.saturating_add(wait).unwrap_or(now), false, Some(fault))
            }
        };
        let problem = fault.as_ref().map(|fault| fault.diagnostic(&partner));
        tell(&partner, &poll.folder, before, problem.as_ref());
        let visited = Visiting::Visited {
            partner: partner.clone(),
            folder: poll.folder.clone(),
            at: now,
            next_at,
            let_in,
            done,
            problem,
            needs_person: fault.is_some_and(|fault| fault.needs_a_person()),
        };
        if let Err(failed) = pipeline.store.commit_one(Unit::Visiting(Box::new(visited))).await {
            error!("{failed}; trying again");
            unrecorded = true;
        }
    }
    Ended { partner, seen, unrecorded }
}

/// Says what fails when it begins to, and when it is over.
pub(super) fn tell(partner: &str, folder: &str, before: Option<&VisitState>, problem: Option<&Diagnostic>) {
    let said = before.and_then(|state| state.diagnostics.first());
    match problem {
        Some(problem) if said.is_none_or(|said| said.message != problem.message) => {
            let cause = problem.cause.as_deref().unwrap_or_default();
            warn!(partner, folder, code = problem.code.name(), "{}: {cause}", problem.message);
        }
        None if said.is_some() => info!(partner, folder, "the server is well again"),
        _ => {}
    }
}

/// Why a part of a visit did not come to its end.
pub(super) enum Failed {
    There(Fault),
    Store(StoreError),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Failed::There(fault)
    }
}

impl From<StoreError> for Failed {
    fn from(failed: StoreError) -> Self {
        Failed::Store(failed)
    }
}

/// A look that came to its end.
struct Looked {
    again_at: Option<Timestamp>,
    /// What is wrong with single files.
    problem: Option<Fault>,
    /// Somebody did not answer: over this connection nobody may any more.
    unanswered: bool,
}

/// One folder of one partner, being looked through.
struct Round<'a> {
    pipeline: &'a Pipeline,
    partner: &'a str,
    poll: &'a Poll,
    server: &'a mut dyn Visit,
    /// Its files as they were seen.
    seen: &'a mut Seen,
    /// A file was to be read or disposed of, and nobody answered: the others wait for the next look, which goes by another connection.
    unanswered: bool,
}

impl Round<'_> {
    async fn look_through(&mut self) -> Result<Looked, Failed> {
        let rows = self.pipeline.store.picked_up(self.partner, &self.poll.folder).await?;
        let known = rows.iter().map(|row| {
            let PickUp { size, modified, disposed, gone_at, .. } = *row;
            (row.name.clone(), Known { size, modified, disposed, gone_at })
        });
        let known: HashMap<String, Known> = known.collect();
        let now = Timestamp::now();
        let mut look = Look::new(self.poll, &known, self.seen, now);
        self.server.list(&self.poll.folder, &mut |entry| look.see(entry)).await?;
        let found = look.decide();
        *self.seen = found.seen;
        if !(found.gone.is_empty() && found.back.is_empty() && found.forget.is_empty()) {
            let (partner, folder) = (self.partner.to_owned(), self.poll.folder.clone());
            let (gone, back, forget) = (found.gone, found.back, found.forget);
            self.commit(Visiting::Listed { partner, folder, gone, back, forget, at: now }).await?;
        }
        let mut taken = 0;
        let mut problem = found.said_before.map(|name| self.said_before(&name));
        let of_name: HashMap<&str, _> = rows.iter().map(|row| (row.name.as_str(), row)).collect();
        let row = |entry: &Entry| of_name.get(entry.name.as_str()).copied();
        for entry in &found.dispose {
            self.seen.tried(entry, now);
            self.dispose_later(entry, row(entry), &mut problem).await?;
        }
        // Nobody answered for a file for which that was not so before.
        let mut new = self.unanswered;
        let mut more = found.more;
        for entry in &found.take {
            if self.unanswered {
                more = true;
                break;
            }
            let again = self.seen.tried(entry, now);
            let read = self.take(entry, row(entry), again).await;
            taken += usize::from(self.read_then_disposed(entry, read, &mut problem).await?);
            new |= self.unanswered && !again;
        }
        for entry in &found.dispose_last {
            self.dispose_later(entry, row(entry), &mut problem).await?;
        }
        // Where nothing can be taken, it is no use to look again before the time, but for one that nobody answered for.
        let again_at = match self.unanswered {
            _ if new || (more && taken > 0) => Some(now),
            true => Some(now.saturating_add(ASK_AGAIN).unwrap_or(now)).into_iter().chain(found.again_at).min(),
            false => found.again_at,
        };
        Ok(Looked { again_at, problem, unanswered: self.unanswered })
    }

    /// What is said of a file that has a name used before, and an old done-file.
    fn said_before(&self, name: &str) -> Fault {
        let (path, end) = (join(&self.poll.folder, name), self.poll.done_file.as_deref().unwrap_or_default());
        let cause = format!("{name}{end} is older, and may say of a file before it that it is finished");
        Fault::new(Why::NotWhole, format!("{path} is not picked up: nothing says that it is finished"), cause)
    }

    /// What is to be done with a file once it was read, if it was; false when it could not be. `read` has the SHA-256 of what is to be
    /// disposed of. What is wrong with the one does not keep the others, nor does a removal that nobody answers.
    async fn read_then_disposed(
        &mut self,
        entry: &Entry,
        read: Result<Option<[u8; 32]>, Failed>,
        problem: &mut Option<Fault>,
    ) -> Result<bool, Failed> {
        let is_read = read.is_ok();
        let done = match read {
            Ok(Some(sha256)) if self.poll.then != Then::Leave => self.dispose(entry, sha256).await,
            other => other.map(drop),
        };
        match done {
            Err(Failed::There(fault)) if fault.is_of_one_file() || fault.why == Why::Unreachable => {
                self.unanswered |= fault.why == Why::Unreachable;
                problem.get_or_insert(fault);
                Ok(is_read)
            }
            other => other.map(|()| is_read),
        }
    }

    /// Disposes of a file that an earlier look took, if it is still that: another one of the same length may have come under its
    /// name within the same second.
    async fn dispose_later(
        &mut self,
        entry: &Entry,
        row: Option<&PickUp>,
        problem: &mut Option<Fault>,
    ) -> Result<(), Failed> {
        if self.unanswered {
            return Ok(());
        }
        let path = join(&self.poll.folder, &entry.name);
        let read = match self.server.read(&path, entry.size, None).await {
            Ok(sha256) if row.is_none_or(|row| row.sha256 == sha256) => Ok(Some(sha256)),
            Ok(_) => self.take(entry, row, true).await,
            Err(fault) if fault.why == Why::Missing => Ok(row.and_then(|row| row.sha256.as_slice().try_into().ok())),
            Err(fault) if fault.why == Why::Unreachable => {
                self.unanswered = true;
                problem.get_or_insert(fault);
                return Ok(());
            }
            Err(fault) => Err(fault.into()),
        };
        self.read_then_disposed(entry, read, problem).await.map(drop)
    }

    fn remote(&self, entry: &Entry) -> Remote {
        Remote { partner: self.partner.to_owned(), folder: self.poll.folder.clone(), name: entry.name.clone() }
    }

    async fn commit(&self, unit: Visiting) -> Result<(), StoreError> {
        self.pipeline.store.commit_one(Unit::Visiting(Box::new(unit))).await.map(drop)
    }

    /// Reads a file and makes a payload of it; its SHA-256 when it is to be disposed of. It is gone when somebody else took it, unless
    /// it is listed `again` and again.
    async fn take(&mut self, entry: &Entry, row: Option<&PickUp>, again: bool) -> Result<Option<[u8; 32]>, Failed> {
        let (path, local) = (join(&self.poll.folder, &entry.name), self.download(entry)?);
        let arrived = match self.read(entry, &path, &local).await {
            Ok(sha256) => sha256,
            Err(fault) => {
                remove(&local);
                return match fault.why {
                    Why::Missing if entry.name.contains(char::REPLACEMENT_CHARACTER) => {
                        Err(Fault::of_name(&path).into())
                    }
                    Why::Missing if !again => Ok(None),
                    Why::Missing => {
                        let cause = format!("{}; it is listed all the same", fault.cause);
                        Err(Fault { cause, ..fault }.into())
                    }
                    _ => Err(fault.into()),
                };
            }
        };
        // Only its time is another one.
        if let (Some(row), Then::Leave) = (row, &self.poll.then)
            && row.size == entry.size
            && row.sha256 == arrived
        {
            remove(&local);
            self.commit(Visiting::Touched(self.remote(entry), entry.modified)).await?;
            return Ok(None);
        }
        let spool_name = local.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (mailbox, brought) = (self.partner.to_owned(), Brought::File(local.clone()));
        let file = Arrived { mailbox, file_name: entry.name.clone(), spool_name, broken_off: false, brought };
        let listed = (entry.size, entry.modified);
        if let Err(failed) = self.pipeline.picked_up(file, self.remote(entry), listed).await {
            // It is read again. Where that cannot be found out now, the next start does it.
            drop(remove_unless_received(self.pipeline, &local).await);
            return Err(failed.into());
        }
        Ok(Some(arrived))
    }

    /// Where a file is read to, under a name that no file ever had.
    fn download(&self, entry: &Entry) -> Result<PathBuf, Fault> {
        let folder = self.pipeline.folders.downloads(self.partner);
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|error| {
            let message = format!("the folder {} cannot be used", folder.display());
            Fault::new(Why::Local, message, cause(error))
        })?;
        Ok(folder.join(spool_name(&key(), self.partner, &entry.name)))
    }

    async fn read(&mut self, entry: &Entry, path: &str, local: &Path) -> Result<[u8; 32], Fault> {
        if entry.size > self.poll.file_bytes {
            let most = self.poll.file_bytes;
            let cause = format!("it is said to have {} bytes; `file_bytes` of its folder lets {most}", entry.size);
            return Err(Fault::new(Why::TooLarge, format!("{path} is larger than what is picked up"), cause));
        }
        let sha256 = self.server.read(path, entry.size, Some(local.to_owned())).await?;
        let now = self.server.stat(path).await?;
        if now.is_some_and(|now| now.size != entry.size || now.modified != entry.modified && !self.is_timeless()) {
            let message = format!("{path} changes while it is read");
            return Err(Fault::new(
                Why::NotWhole,
                message,
                "after reading, the server says another length or time of it",
            ));
        }
        Ok(sha256)
    }

    /// Where files need no age, times do not count: there are servers that make them up.
    fn is_timeless(&self) -> bool {
        self.poll.min_age.is_zero()
    }

    /// Is a file still what was read? `None` when it is gone. Where its time says otherwise and does not count, its content tells.
    async fn is_still(&mut self, entry: &Entry, path: &str, sha256: [u8; 32]) -> Result<Option<bool>, Fault> {
        let Some(now) = self.server.stat(path).await? else { return Ok(None) };
        if now.size == entry.size && now.modified != entry.modified && self.is_timeless() {
            return Ok(Some(self.server.read(path, now.size, None).await? == sha256));
        }
        Ok(Some((now.size, now.modified) == (entry.size, entry.modified)))
    }

    /// Does with a file on the server what is to be done with it once it is received.
    async fn dispose(&mut self, entry: &Entry, sha256: [u8; 32]) -> Result<(), Failed> {
        let path = join(&self.poll.folder, &entry.name);
        match self.is_still(entry, &path, sha256).await? {
            // Somebody wrote over it: that is a new file, which is taken in its turn.
            Some(false) => return Ok(()),
            None => {}
            Some(true) => {
                // The done-file goes first, so that it says nothing of a later file of that name.
                if let Some(end) = &self.poll.done_file {
                    match self.server.remove(&format!("{path}{end}")).await {
                        Err(fault) if fault.why != Why::Missing => return Err(fault.into()),
                        _ => {}
                    }
                }
                match &self.poll.then {
                    Then::Delete => self.server.remove(&path).await?,
                    Then::Move(to) => {
                        self.rename(&path, &join(&moved_to(&self.poll.folder, to), &entry.name), "").await?;
                    }
                    Then::Rename(end) => self.rename(&path, &path, end).await?,
                    Then::Leave => {}
                }
                self.is_gone(entry, &path).await?;
            }
        }
        self.commit(Visiting::Disposed(self.remote(entry), Timestamp::now())).await?;
        Ok(())
    }

    /// Is what was removed or renamed gone? There are servers that say yes and do nothing: we would take it again and again.
    async fn is_gone(&mut self, entry: &Entry, path: &str) -> Result<(), Fault> {
        match self.server.stat(path).await? {
            Some(there) if (there.size, there.modified) == (entry.size, entry.modified) => {
                let message = format!("{path} was not removed or renamed");
                Err(Fault::new(Why::Refused, message, "the server says that it was, and still has it under its name"))
            }
            _ => Ok(()),
        }
    }

    /// Renames to a name with this ending, and never over another file: then the name gets the time before the ending.
    async fn rename(&mut self, from: &str, to: &str, end: &str) -> Result<(), Fault> {
        let mut name = format!("{to}{end}");
        if self.server.stat(&name).await?.is_some() {
            name = format!("{to}.{}{end}", Timestamp::now().as_microsecond());
        }
        self.server.rename(from, &name).await
    }
}

/// Removes what a stop left of downloads: what was not received is read again.
async fn clear(pipeline: &Pipeline) -> Result<(), StoreError> {
    let folder = pipeline.folders.spool().join("downloads");
    let partners = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = partners.flat_map(|partner| std::fs::read_dir(partner.path()).into_iter().flatten().flatten());
    for file in files {
        remove_unless_received(pipeline, &file.path()).await?;
    }
    Ok(())
}

/// Removes a file that was downloaded, unless the record has it.
async fn remove_unless_received(pipeline: &Pipeline, file: &Path) -> Result<(), StoreError> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if pipeline.store.spooled(&name).await? != Some(true) {
        remove(file);
    }
    Ok(())
}
