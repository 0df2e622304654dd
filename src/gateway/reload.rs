//! Puts changed mappings and profiles in force without a restart. A new version with errors is refused whole, and the old
//! one stays; but what was wrong when the gateway started, where nothing was before, keeps nothing else from being mended.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::catalog::Edition;
use crate::diagnostic::{Diagnostics, Place, Severity, text};
use crate::pipeline::defect_text;

/// Folders of a home whose files are mappings and profiles.
const FOLDERS: [&str; 2] = ["mappings", PROFILES];
/// The one of the profiles.
const PROFILES: &str = "partner-profiles";
/// After the last change so long is waited: editors and copies change several files in a row.
const SETTLE: Duration = Duration::from_millis(500);
/// How often the files are looked at where the system does not tell of changes.
const LOOK: Duration = Duration::from_secs(10);

/// Name, length and time of change of each file.
pub(super) type State = Vec<(PathBuf, u64, Option<std::time::SystemTime>)>;

/// Files that have errors.
pub(super) type Wrong = BTreeSet<String>;

/// Watches a home, whose files in force were in the state `seen` and have errors in the files `wrong`, until `stop`.
pub(super) async fn run(
    home: PathBuf,
    (mut seen, mut wrong): (State, Wrong),
    editions: watch::Sender<Arc<Edition>>,
    mut stop: watch::Receiver<bool>,
) {
    let (changed, mut changes) = mpsc::channel(1);
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
    // What a change has wrong that was refused, as it was told.
    let mut refused: Option<Vec<String>> = None;
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
        // What it was refused for may be mended elsewhere: the tests of mappings name files that lie anywhere.
        if now == seen && !(looking && refused.is_some()) {
            continue;
        }
        seen = now;
        let Some((edition, found)) = read(&home).await else { continue };
        // Taken away or unmounted: nobody says by that that there are no partners any more.
        if !home.join(PROFILES).is_dir() && !editions.borrow().profiles.is_empty() {
            error!(
                "the folder {PROFILES} is gone: bring it back; the profiles before stay in force until the gateway stops"
            );
            continue;
        }
        let now_wrong = with_errors(&found);
        let is_no_worse = {
            let before = editions.borrow();
            let was_so = |file: &String| wrong.contains(file) && (edition.can_use(file) || !before.can_use(file));
            now_wrong.iter().all(was_so)
        };
        let errors = found.list().iter().filter(|one| one.severity == Severity::Error);
        let errors: Vec<String> = errors.map(|one| text::render(one, false).trim_end().to_owned()).collect();
        if is_no_worse {
            info!(profiles = edition.profiles.len(), "changed mappings and profiles are in force");
            errors.iter().for_each(|error| warn!("{error}"));
            tell_wrong(&now_wrong);
            (wrong, refused) = (now_wrong, None);
            editions.send_replace(Arc::new(edition));
        } else if refused.as_ref() != Some(&errors) {
            errors.iter().for_each(|error| error!("{error}"));
            error!("the changed mappings and profiles have errors: those before stay in force; see `crossdock check`");
            tell_wrong(&wrong);
            refused = Some(errors);
        }
    }
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

/// The state of a home's files: it differs when one was changed.
pub(super) fn state(home: &Path) -> State {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = FOLDERS.iter().map(|folder| home.join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(entry.path()),
                Ok(metadata) if entry.path().extension().is_some_and(|end| end == "toml") => {
                    files.push((entry.path(), metadata.len(), metadata.modified().ok()));
                }
                _ => {}
            }
        }
    }
    files.sort();
    files
}
