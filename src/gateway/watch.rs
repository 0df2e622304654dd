//! Watches mailboxes: takes a file when its writer closes or renames it, and looks through all of them now and then, so that
//! nothing is missed where the system does not tell.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tracing::{error, warn};

use crate::pipeline::intake::{Mailbox, MailboxIntake};

/// Files that may wait to be taken before the next look finds them instead.
const QUEUE: usize = 65_536;

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
}

/// Mailboxes that are watched.
pub(super) struct Watch {
    intake: MailboxIntake,
    watcher: Option<RecommendedWatcher>,
    files: mpsc::Receiver<Told>,
    /// By their folders.
    mailboxes: HashMap<PathBuf, Mailbox>,
    /// Files that somebody writes.
    writing: HashSet<PathBuf>,
}

impl Watch {
    /// Begins to watch: from here on nothing that is told is missed.
    pub(super) fn begin(intake: MailboxIntake, first: Vec<Mailbox>) -> Self {
        let (told, files) = mpsc::channel::<Told>(QUEUE);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // What does not fit is found by the next look.
            event.ok().into_iter().flat_map(Told::of).for_each(|one| drop(told.try_send(one)));
        });
        let mut watcher = watcher.inspect_err(|error| warn!("dropped files are not told: {error}; looking only")).ok();
        let mut mailboxes = HashMap::new();
        follow(&mut watcher, &mut mailboxes, first);
        Self { intake, watcher, files, mailboxes, writing: HashSet::new() }
    }

    /// Takes files until `stop`.
    pub(super) async fn run(mut self, sweep: Duration, mut stop: watch::Receiver<bool>) {
        let mut look = tokio::time::interval(sweep);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                Some(first) = self.files.recv() => self.hear(Some(first)).await,
                _ = look.tick() => {
                    // What was told by now says which files are being written.
                    self.hear(None).await;
                    self.look().await;
                }
                _ = stop.changed() => {}
            }
        }
    }

    /// Takes the files that were closed, of all that was told.
    async fn hear(&mut self, first: Option<Told>) {
        let mut names: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        let more = std::iter::from_fn(|| self.files.try_recv().ok());
        for told in first.into_iter().chain(more) {
            let file = match told {
                Told::Writing(file) => {
                    self.writing.insert(file);
                    continue;
                }
                Told::Closed(file) => file,
            };
            self.writing.remove(&file);
            if let (Some(folder), Some(name)) = (file.parent(), file.file_name()) {
                names.entry(folder.to_owned()).or_default().push(name.to_string_lossy().into_owned());
            }
        }
        for (folder, names) in names {
            if let Some(mailbox) = self.mailboxes.get(&folder)
                && let Err(failed) = self.intake.closed(mailbox, names).await
            {
                error!("{failed}; trying again");
            }
        }
    }

    /// Takes what lies in the mailboxes and has settled.
    async fn look(&mut self) {
        // A changed profile may have brought a mailbox.
        match self.intake.mailboxes() {
            Ok(now) => follow(&mut self.watcher, &mut self.mailboxes, now),
            Err(error) => error!("mailboxes cannot be made: {error}"),
        }
        self.writing.retain(|file| file.exists());
        for mailbox in self.mailboxes.values() {
            if let Err(failed) = self.intake.sweep(mailbox, &self.writing).await {
                error!("{failed}; trying again");
                break;
            }
        }
    }
}

/// Follows the mailboxes there are now.
fn follow(watcher: &mut Option<RecommendedWatcher>, known: &mut HashMap<PathBuf, Mailbox>, now: Vec<Mailbox>) {
    known.retain(|_, mailbox| now.contains(mailbox));
    for mailbox in now {
        if known.contains_key(&mailbox.folder) {
            continue;
        }
        if let Some(watcher) = watcher
            && let Err(error) = watcher.watch(&mailbox.folder, RecursiveMode::NonRecursive)
        {
            warn!(folder = %mailbox.folder.display(), "dropped files are not told: {error}; looking only");
        }
        known.insert(mailbox.folder.clone(), mailbox);
    }
}
