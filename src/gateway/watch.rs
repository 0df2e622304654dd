//! Watches mailboxes: hears what the system tells of the files in them, and has each looked through when one was closed or
//! renamed, and now and then, so that nothing is missed where the system does not tell. What may be taken is decided by
//! `pipeline::intake`. Each mailbox has a task of its own: a slow one stops no other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::pipeline::intake::{Mailbox, MailboxIntake, News, Told, mailboxes, untaken};
use crate::pipeline::{Pipeline, blocking, outcome};

/// A mailbox that does not answer for so long is told of.
const SLOW: Duration = Duration::from_secs(10);

/// Hears what the system tells of the files in a folder.
struct Listener {
    told: Arc<Told>,
    /// Makes who takes them look.
    wake: mpsc::Sender<()>,
}

impl Listener {
    fn wake(&self) {
        // One that was not heard yet is enough.
        self.wake.try_send(()).unwrap_or_default();
    }
}

/// Those who hear, by folder.
type Listeners = Mutex<HashMap<PathBuf, Listener>>;

fn locked(listeners: &Listeners) -> MutexGuard<'_, HashMap<PathBuf, Listener>> {
    listeners.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands on what the system tells.
fn hear(listeners: &Listeners, event: &notify::Event) {
    let listeners = locked(listeners);
    if event.need_rescan() {
        warn!("the system had to leave out some of what it tells of dropped files: all mailboxes are looked through");
        for listener in listeners.values() {
            listener.told.missed();
            listener.wake();
        }
    }
    let news = match event.kind {
        EventKind::Create(CreateKind::File) | EventKind::Modify(ModifyKind::Data(_)) => News::Written,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => News::Closed,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => News::Gone,
        _ => return,
    };
    for path in &event.paths {
        if news == News::Gone
            && let Some(of_the_folder) = listeners.get(path)
        {
            of_the_folder.told.begin(false);
        }
        let listener = path.parent().and_then(|folder| listeners.get(folder));
        if let (Some(listener), Some(name)) = (listener, path.file_name())
            && listener.told.hear(&name.to_string_lossy(), news)
        {
            listener.wake();
        }
    }
}

/// Which folder it is that has a name: another one when it was made anew, or another file system lies over it.
type Identity = Option<(u64, u64, Option<SystemTime>)>;

fn identity(folder: &Path) -> Identity {
    let folder = std::fs::metadata(folder).ok()?;
    Some((folder.dev(), folder.ino(), folder.created().ok()))
}

/// Mailboxes that are watched.
pub(super) struct Watch {
    pipeline: Pipeline,
    settle: Duration,
    sweep: Duration,
    stop: watch::Receiver<bool>,
    watcher: Option<RecommendedWatcher>,
    listeners: Arc<Listeners>,
    known: HashMap<Mailbox, Identity>,
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
        let listeners = Arc::<Listeners>::default();
        let hearing = Arc::clone(&listeners);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            event.iter().for_each(|event| hear(&hearing, event));
        });
        let watcher = watcher.inspect_err(|error| warn!("dropped files are not told: {error}; looking only")).ok();
        let (known, wrong, tasks) = (HashMap::new(), BTreeMap::new(), JoinSet::new());
        let mut watch = Self { pipeline, settle, sweep, stop, watcher, listeners, known, wrong, tasks };
        let wrong = watch.follow(identified(first));
        watch.tell(wrong);
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
            let look = move || {
                let (mailboxes, not_made) = mailboxes(&pipeline)?;
                Ok((identified(mailboxes), not_made, untaken(&pipeline.edition(), &pipeline.folders)))
            };
            match blocking(look).await {
                Ok((now, not_made, untaken)) => {
                    let mut wrong = self.follow(now);
                    wrong.extend(untaken.into_iter().map(|(folder, why)| (folder, untaken_text(&why))));
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

    /// Follows the mailboxes there are now. Those of whose files nothing is told, and why.
    fn follow(&mut self, now: HashMap<Mailbox, Identity>) -> BTreeMap<PathBuf, String> {
        // The task of a mailbox that is gone ends with its listener.
        locked(&self.listeners).retain(|folder, _| now.keys().any(|mailbox| mailbox.folder == *folder));
        let mut wrong = BTreeMap::new();
        for (mailbox, identity) in &now {
            let listener = locked(&self.listeners).get(&mailbox.folder).map(|listener| Arc::clone(&listener.told));
            let is_watched = listener.as_ref().is_some_and(|told| told.is_watched());
            let told = listener.unwrap_or_else(|| self.attend(mailbox));
            if is_watched && self.known.get(mailbox) == Some(identity) {
                continue;
            }
            if let Err(error) = self.watch(&mailbox.folder, &told) {
                wrong.insert(mailbox.folder.clone(), format!("dropped files are not told: {error}; looking only"));
            }
        }
        self.known = now;
        wrong
    }

    /// Has the system tell of the files in a folder, in the one that has this name now.
    fn watch(&mut self, folder: &Path, told: &Told) -> notify::Result<()> {
        let Some(watcher) = &mut self.watcher else { return Ok(()) };
        // Not under the lock: the watcher waits for its own thread here, which may be telling something.
        watcher.unwatch(folder).unwrap_or_default();
        told.begin(true);
        watcher.watch(folder, RecursiveMode::NonRecursive).inspect_err(|_| told.begin(false))?;
        told.tells_all();
        Ok(())
    }

    /// Begins to take what is dropped into a mailbox. Where it is to be heard what is told of it.
    fn attend(&mut self, mailbox: &Mailbox) -> Arc<Told> {
        let intake = MailboxIntake::new(self.pipeline.clone(), mailbox.clone(), self.settle);
        let (told, (wake, woken)) = (Arc::clone(intake.news()), mpsc::channel(1));
        locked(&self.listeners).insert(mailbox.folder.clone(), Listener { told: Arc::clone(&told), wake });
        self.tasks.spawn(Attended { intake, woken }.run(self.sweep, self.stop.clone()));
        told
    }
}

fn identified(mailboxes: Vec<Mailbox>) -> HashMap<Mailbox, Identity> {
    mailboxes.into_iter().map(|mailbox| (mailbox.clone(), identity(&mailbox.folder))).collect()
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

/// A mailbox, and who says when something was dropped into it.
struct Attended {
    intake: MailboxIntake,
    woken: mpsc::Receiver<()>,
}

impl Attended {
    /// Takes files until `stop`, or until the mailbox is followed no more.
    async fn run(mut self, sweep: Duration, mut stop: watch::Receiver<bool>) {
        let owner = self.intake.mailbox().owner.clone();
        let mut look = tokio::time::interval(sweep);
        while !*stop.borrow() {
            tokio::select! {
                woken = self.woken.recv() => if woken.is_none() {
                    break;
                },
                _ = look.tick() => {}
                _ = stop.changed() => break,
            }
            let took_some = self.attend(&owner).await;
            // What fails is tried again at the next look, and not before.
            if took_some && self.intake.has_listed_more() {
                look.reset_immediately();
            } else {
                look.reset_after(self.intake.next().map_or(sweep, |next| next.min(sweep)));
            }
        }
        finish(self.intake, sweep, stop).await;
    }

    /// Takes what may be taken, and tells when that takes long. Was there something?
    async fn attend(&mut self, owner: &str) -> bool {
        let mut look = std::pin::pin!(self.intake.look());
        let taken = match tokio::time::timeout(SLOW, &mut look).await {
            Ok(taken) => taken,
            Err(_) => {
                let seconds = SLOW.as_secs();
                warn!(
                    mailbox = owner,
                    "the mailbox has not answered for {seconds} s: its disk may be slow; others go on"
                );
                let taken = look.await;
                warn!(mailbox = owner, "the mailbox has answered");
                taken
            }
        };
        taken.inspect_err(|failed| error!("{failed}; trying again")).is_ok_and(|count| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use notify::event::Flag;
    use tokio::sync::watch::channel;

    use super::*;
    use crate::catalog::Edition;
    use crate::diagnostic::Diagnostics;
    use crate::pipeline::Folders;
    use crate::store::Store;

    #[test]
    fn where_the_system_left_something_out_all_mailboxes_are_looked_through() {
        let (wake, mut woken) = mpsc::channel(1);
        let listener = Listener { told: Arc::default(), wake };
        let listeners = Listeners::new(HashMap::from([(PathBuf::from("/inbox"), listener)]));
        hear(&listeners, &notify::Event::new(EventKind::Other).set_flag(Flag::Rescan));
        assert!(woken.try_recv().is_ok());
    }

    #[tokio::test]
    async fn a_mailbox_that_is_made_anew_is_watched_anew() {
        let home = std::env::temp_dir().join(format!("crossdock-anew-{}", std::process::id()));
        let store = Store::open(&home.join("data")).await.unwrap();
        let edition = Arc::new(Edition::read(&home, &mut Diagnostics::unlimited()));
        let (_sender, editions) = channel(edition);
        let pipeline = Pipeline::new(store, Folders::of(&home), editions, 1);
        let folder = pipeline.folders.inbox("harbor");
        let mailbox = Mailbox { owner: "harbor".to_owned(), partner: None, folder: folder.clone() };
        for needed in [&folder, &pipeline.folders.spool()] {
            fs::create_dir_all(needed).unwrap();
        }
        let (_stop, stopped) = channel(false);
        // Nothing is found but what is told.
        let hour = Duration::from_secs(3_600);
        let mut watch = Watch::begin(pipeline, vec![mailbox.clone()], [hour, hour], stopped);
        for (name, moved) in [("removed", false), ("moved", true)] {
            match moved {
                true => fs::rename(&folder, home.join(name)).unwrap(),
                false => fs::remove_dir_all(&folder).unwrap(),
            }
            fs::create_dir_all(&folder).unwrap();
            assert_eq!(watch.follow(identified(vec![mailbox.clone()])), BTreeMap::new());
            let file = folder.join(name);
            fs::write(&file, "a").unwrap();
            let taken = async {
                while file.exists() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), taken).await.unwrap();
        }
        drop(watch);
        fs::remove_dir_all(home).unwrap();
    }
}
