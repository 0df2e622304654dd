//! Puts changed mappings and profiles in force without a restart. A new version with errors is refused whole, and the old
//! one stays; but what was wrong when the gateway started, where nothing was before, keeps nothing else from being mended.
//! What has errors is read again and again, as it may be mended elsewhere, or could not be read for a moment only.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::catalog::{Edition, FOLDERS, changeable};
use crate::diagnostic::{Diagnostics, Place, Severity, text};
use crate::pipeline::defect_text;

/// After the last change so long is waited: editors and copies change several files in a row.
const SETTLE: Duration = Duration::from_millis(500);
/// How often the files are looked at where the system does not tell of changes.
const LOOK: Duration = Duration::from_secs(10);

/// Each file, and how it is; `None` where that cannot be told.
pub(super) type State = Vec<(String, Option<Stamp>)>;

/// Length of a file, and when it was written and changed last: as by those who may read it.
type Stamp = (u64, [i64; 2], [i64; 2]);

/// Files that have errors.
type Wrong = BTreeSet<String>;

/// Watches a home, whose files in force were in the state `seen` and have these errors, until `stop`.
pub(super) async fn run(
    home: PathBuf,
    (mut seen, found): (State, Diagnostics),
    editions: watch::Sender<Arc<Edition>>,
    mut stop: watch::Receiver<bool>,
) {
    let (changed, mut changes) = mpsc::channel(1);
    let watcher = watcher(&home, changed);
    // What is wrong with what was read last, as it was told.
    let (mut wrong, mut told) = (with_errors(&found), error_texts(&found));
    while !*stop.borrow() {
        let looking = tokio::select! {
            _ = changes.recv(), if watcher.is_some() => {
                tokio::time::sleep(SETTLE).await;
                false
            }
            () = tokio::time::sleep(LOOK) => true,
            _ = stop.changed() => break,
        };
        // Changes during the wait belong to this one.
        while changes.try_recv().is_ok() {}
        let now = state(&home);
        // What is wrong may be mended elsewhere: the tests of mappings name files that lie anywhere, and a disk answers again.
        if now == seen && (!looking || told.is_empty()) {
            continue;
        }
        if let Some(folder) = emptied(&seen, &now) {
            let gone = format!(
                "the folder {folder} is gone, or nothing is in it: bring it back; what was in force before stays until the gateway stops"
            );
            if told != [gone.as_str()] {
                error!("{gone}");
                told = vec![gone];
            }
            continue;
        }
        let read = read(&home).await;
        // Changed while it was read: it is read again.
        if state(&home) != now {
            continue;
        }
        let is_changed = seen != now;
        seen = now;
        let Some((edition, found)) = read else { continue };
        let (now_wrong, errors) = (with_errors(&found), error_texts(&found));
        if !is_changed && errors == told {
            continue;
        }
        let is_no_worse = {
            let before = editions.borrow();
            let was_so = |file: &String| wrong.contains(file) && (edition.can_use(file) || !before.can_use(file));
            now_wrong.iter().all(was_so)
        };
        if is_no_worse {
            info!(profiles = edition.profiles.len(), "changed mappings and profiles are in force");
            errors.iter().for_each(|error| warn!("{error}"));
            tell_wrong(&now_wrong);
            (wrong, told) = (now_wrong, errors);
            editions.send_replace(Arc::new(edition));
        } else if told != errors {
            errors.iter().for_each(|error| error!("{error}"));
            error!("the changed mappings and profiles have errors: those before stay in force; see `crossdock check`");
            tell_wrong(&wrong);
            told = errors;
        }
    }
}

/// Has changes of the home's files told, as far as the system does that, for as long as it is kept.
fn watcher(home: &Path, changed: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // Full means that a change is known already.
            changed.try_send(()).unwrap_or_default();
        }
    });
    let mut watcher = watcher
        .inspect_err(|error| warn!("changes of mappings are not told: {error}; looking every {} s", LOOK.as_secs()))
        .ok();
    for folder in FOLDERS.map(|folder| home.join(folder)) {
        if let (Some(watcher), true) = (&mut watcher, folder.is_dir())
            && let Err(error) = watcher.watch(&folder, RecursiveMode::Recursive)
        {
            warn!(folder = %folder.display(), "changes are not told: {error}; looking every {} s", LOOK.as_secs());
        }
    }
    watcher
}

/// The home's files as they are now, and what is wrong with them.
async fn read(home: &Path) -> Option<(Edition, Diagnostics)> {
    let home = home.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut found = Diagnostics::unlimited();
        let edition = Edition::read(&home, &mut found);
        (edition, found)
    });
    let failed = |bug| {
        let cause = defect_text(bug);
        error!("the changed mappings and profiles cannot be read: {cause}; those before stay in force");
    };
    read.await.map_err(failed).ok()
}

/// The folder of which there is nothing any more: taken away or unmounted, and nobody says by that that there are no partners any
/// more, or that their own mappings are those that ship with Crossdock.
fn emptied(before: &State, now: &State) -> Option<&'static str> {
    let has = |state: &State, folder: &str| state.iter().any(|(name, _)| Path::new(name).starts_with(folder));
    FOLDERS.into_iter().find(|folder| has(before, folder) && !has(now, folder))
}

/// The errors, as they are told.
fn error_texts(found: &Diagnostics) -> Vec<String> {
    let errors = found.list().iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| text::render(one, false).trim_end().to_owned()).collect()
}

/// The files in which errors were found.
pub(super) fn with_errors(found: &Diagnostics) -> Wrong {
    let errors = found.list().iter().filter(|one| one.severity == Severity::Error);
    let file = |place: &Place| match place {
        Place::Source(place) => Some(place.file.clone()),
        Place::Payload(place) => place.file.clone(),
        Place::Field(place) => place.file.clone(),
        Place::Nowhere => None,
    };
    errors.map(|one| file(&one.place).unwrap_or_else(|| one.message.clone())).collect()
}

/// Tells which files in force have errors: since the start, for later nothing wrong comes into force.
pub(super) fn tell_wrong(wrong: &Wrong) {
    if !wrong.is_empty() {
        let files = wrong.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        warn!("with errors since the start, and used only as far as they can be: {files}; see `crossdock check`");
    }
}

/// The state of a home's files: it differs when one was changed, or who may read it.
pub(super) fn state(home: &Path) -> State {
    let stamp = |name: &str| {
        let file = std::fs::metadata(home.join(name)).ok()?;
        Some((file.len(), [file.mtime(), file.mtime_nsec()], [file.ctime(), file.ctime_nsec()]))
    };
    let with_stamp = |name: String| {
        let stamp = stamp(&name);
        (name, stamp)
    };
    changeable(home).into_iter().map(with_stamp).collect()
}
