//! Watches mailboxes: takes a file when its writer closes or renames it, and looks through all of them now and then, so that
//! nothing is missed where the system does not tell. Each mailbox has a task of its own: a slow one stops no other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::pipeline::intake::{Mailbox, MailboxIntake, mailboxes, untaken};
use crate::pipeline::{Pipeline, blocking, outcome};
use crate::transport::folder::unclosed;

/// Files of a mailbox that may wait to be taken before the next look finds them instead.
const QUEUE: usize = 16_384;
/// A mailbox that does not answer for so long is told of.
const SLOW: Duration = Duration::from_secs(10);

/// What the system tells of a file.
enum Told {
    /// Somebody writes it.
    Writing(PathBuf),
    /// Its writer has closed it, or it was renamed to this name.
    Closed(PathBuf),
}

impl Told {
    fn of(event: notify::Event) -> Vec<Self> {
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
                event.paths.into_iter().map(Told::Closed).collect()
            }
            EventKind::Modify(ModifyKind::Data(_)) => event.paths.into_iter().map(Told::Writing).collect(),
            _ => Vec::new(),
        }
    }

    fn file(&self) -> &PathBuf {
        match self {
            Told::Writing(file) | Told::Closed(file) => file,
        }
    }
}

/// Who hears what is told of the files in a folder, by folder.
type Listeners = Arc<Mutex<HashMap<PathBuf, mpsc::Sender<Told>>>>;

/// Mailboxes that are watched.
pub(super) struct Watch {
    pipeline: Pipeline,
    settle: Duration,
    sweep: Duration,
    stop: watch::Receiver<bool>,
    watcher: Option<RecommendedWatcher>,
    listeners: Listeners,
    known: Vec<Mailbox>,
    /// Folders with which something is wrong, as it was told.
    wrong: BTreeMap<PathBuf, String>,
    tasks: JoinSet<()>,
}

impl Watch {
    /// Begins to watch these mailboxes: from here on nothing that is told is missed.
    pub(super) fn begin(
        pipeline: Pipeline,
        first: Vec<Mailbox>,
        [settle, sweep]: [Duration; 2],
        stop: watch::Receiver<bool>,
    ) -> Self {
        let listeners = Listeners::default();
        let hearing = Arc::clone(&listeners);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let listeners = hearing.lock().unwrap_or_else(PoisonError::into_inner);
            for told in event.ok().into_iter().flat_map(Told::of) {
                let listener = told.file().parent().and_then(|folder| listeners.get(folder));
                // What does not fit is found by the next look.
                listener.map(|listener| listener.try_send(told)).transpose().unwrap_or_default();
            }
        });
        let watcher = watcher.inspect_err(|error| warn!("dropped files are not told: {error}; looking only")).ok();
        let (known, wrong, tasks) = (Vec::new(), BTreeMap::new(), JoinSet::new());
        let mut watch = Self { pipeline, settle, sweep, stop, watcher, listeners, known, wrong, tasks };
        watch.follow(first);
        watch
    }

    /// Watches until `stop`, also mailboxes that a changed profile brings.
    pub(super) async fn run(mut self) {
        let mut stop = self.stop.clone();
        while !*stop.borrow() {
            tokio::select! {
                () = tokio::time::sleep(self.sweep) => {}
                Some(ended) = self.tasks.join_next() => outcome(ended).unwrap_or_default(),
                _ = stop.changed() => break,
            }
            let pipeline = self.pipeline.clone();
            let look = move || Ok((mailboxes(&pipeline)?, untaken(&pipeline.edition(), &pipeline.folders)));
            match blocking(look).await {
                Ok(((now, not_made), untaken)) => {
                    let told = untaken.into_iter().map(|(folder, why)| (folder, untaken_text(&why)));
                    let mut wrong: BTreeMap<PathBuf, String> = told.collect();
                    self.follow(now);
                    wrong.extend(not_made.into_iter().map(|(folder, error)| (folder, not_made_text(&error))));
                    self.tell(wrong);
                }
                Err(error) => error!("mailboxes cannot be made: {error}"),
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            outcome(ended);
        }
    }

    /// Tells once of what is wrong with folders.
    fn tell(&mut self, wrong: BTreeMap<PathBuf, String>) {
        for (folder, what) in wrong.iter().filter(|(folder, what)| self.wrong.get(*folder) != Some(*what)) {
            warn!(folder = %folder.display(), "{what}");
        }
        self.wrong = wrong;
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<PathBuf, mpsc::Sender<Told>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the mailboxes there are now.
    fn follow(&mut self, now: Vec<Mailbox>) {
        if now == self.known {
            return;
        }
        // The task of a mailbox that is gone ends with its listener.
        self.listeners().retain(|folder, _| now.iter().any(|mailbox| mailbox.folder == *folder));
        for mailbox in now.iter().filter(|mailbox| !self.known.contains(mailbox)) {
            let (tell, told) = mpsc::channel(QUEUE);
            self.listeners().insert(mailbox.folder.clone(), tell);
            // Not under the lock: the watcher waits for its own thread here, which may be telling something.
            let watched =
                self.watcher.as_mut().map(|watcher| watcher.watch(&mailbox.folder, RecursiveMode::NonRecursive));
            if let Some(Err(error)) = &watched {
                warn!(folder = %mailbox.folder.display(), "dropped files are not told: {error}; looking only");
            }
            let intake = MailboxIntake::new(self.pipeline.clone(), mailbox.clone(), self.settle);
            let attended = Attended { intake, told, writing: HashMap::new(), is_told: matches!(watched, Some(Ok(()))) };
            self.tasks.spawn(attended.run(self.sweep, self.stop.clone()));
        }
        self.known = now;
    }
}

/// Records what was taken from a mailbox and is not recorded yet, until it is, or until `stop`.
pub(super) async fn finish(mut intake: MailboxIntake, sweep: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match intake.finish().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(failed) => error!("{failed}; trying again"),
        }
        tokio::select! {
            () = tokio::time::sleep(sweep) => {}
            _ = stop.changed() => {}
        }
    }
}

/// What is told of a partner's folder that cannot be made.
fn not_made_text(error: &std::io::Error) -> String {
    format!(
        "the folder cannot be made ({error}): nothing comes or goes there; remove what stands in its place, or let the \
         gateway's user write around it, and it is made by itself"
    )
}

/// What is told of a folder with files that nobody takes.
fn untaken_text(why: &BTreeSet<String>) -> String {
    let why: Vec<&str> = why.iter().map(String::as_str).collect();
    format!("files lie here that nobody takes: {}", why.join("; "))
}

/// A mailbox, and what is told of it.
struct Attended {
    intake: MailboxIntake,
    told: mpsc::Receiver<Told>,
    /// Files that somebody writes, and whether that is known: else somebody may.
    writing: HashMap<PathBuf, bool>,
    /// Will the system tell of its files?
    is_told: bool,
}

impl Attended {
    /// Takes files until `stop`, or until the mailbox is followed no more.
    async fn run(mut self, sweep: Duration, mut stop: watch::Receiver<bool>) {
        if self.is_told {
            // Who began before is told of only when the file is closed.
            let folder = self.intake.mailbox().folder.clone();
            let begun = tokio::task::spawn_blocking(move || unclosed(&folder)).await;
            self.writing.extend(begun.into_iter().flatten().flatten());
        }
        let mut look = tokio::time::interval(sweep);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !*stop.borrow() {
            let first = tokio::select! {
                told = self.told.recv() => match told {
                    Some(told) => Some(told),
                    None => break,
                },
                _ = look.tick() => None,
                _ = stop.changed() => break,
            };
            let (owner, looked) = (self.intake.mailbox().owner.clone(), first.is_none());
            let took_some = self.attend(first, &owner).await;
            // What fails is tried again at the next look, and not before.
            if took_some && self.intake.has_listed_more() {
                look.reset_immediately();
            } else if let Some(settle) = self.intake.settling().filter(|settle| looked && *settle < sweep) {
                look.reset_after(settle);
            }
        }
        finish(self.intake, sweep, stop).await;
    }

    /// The same as [`Attended::work`], and tells when it takes long.
    async fn attend(&mut self, first: Option<Told>, owner: &str) -> bool {
        let mut work = std::pin::pin!(self.work(first));
        if let Ok(took_some) = tokio::time::timeout(SLOW, &mut work).await {
            return took_some;
        }
        let seconds = SLOW.as_secs();
        warn!(mailbox = owner, "the mailbox has not answered for {seconds} s: its disk may be slow; others go on");
        let took_some = work.await;
        warn!(mailbox = owner, "the mailbox has answered");
        took_some
    }

    /// Takes what was closed, or at a look what lies there and has settled. Was that something?
    async fn work(&mut self, first: Option<Told>) -> bool {
        let looking = first.is_none();
        let more = std::iter::from_fn(|| self.told.try_recv().ok());
        let mut names = Vec::new();
        for told in first.into_iter().chain(more) {
            match told {
                Told::Writing(file) => {
                    self.writing.insert(file, true);
                }
                Told::Closed(file) => {
                    self.writing.remove(&file);
                    names.extend(file.file_name().map(|name| name.to_string_lossy().into_owned()));
                }
            }
        }
        let mut taken = Ok(0);
        if !names.is_empty() {
            taken = self.intake.closed(names).await;
        }
        if looking && taken.is_ok() {
            // What was told by now says which files are being written.
            taken = self.intake.sweep(&self.writing).await;
            for (file, known) in std::mem::take(&mut self.writing) {
                if tokio::fs::try_exists(&file).await.unwrap_or(true) {
                    self.writing.insert(file, known);
                }
            }
        }
        taken.inspect_err(|failed| error!("{failed}; trying again")).is_ok_and(|count| count > 0)
    }
}
