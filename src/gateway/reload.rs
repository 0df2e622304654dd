//! Puts changed mappings and profiles in force without a restart. A new version with errors is refused whole, and the old
//! one stays.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::catalog::Edition;
use crate::diagnostic::{Diagnostics, text};

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

/// Watches a home, whose files in force were in the state `seen`, until `stop`.
pub(super) async fn run(
    home: PathBuf,
    mut seen: State,
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
    while !*stop.borrow() {
        tokio::select! {
            _ = changes.recv(), if watcher.is_some() => tokio::time::sleep(SETTLE).await,
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => break,
        }
        // Changes during the wait belong to this one.
        while changes.try_recv().is_ok() {}
        let now = state(&home);
        if now == seen {
            continue;
        }
        seen = now;
        let read = {
            let home = home.clone();
            tokio::task::spawn_blocking(move || {
                let mut found = Diagnostics::unlimited();
                let edition = Edition::read(&home, &mut found);
                (edition, found)
            })
        };
        match read.await {
            // Taken away or unmounted: nobody says by that that there are no partners any more.
            Ok(_) if !home.join(PROFILES).is_dir() && !editions.borrow().profiles.is_empty() => {
                error!("the folder {PROFILES} is gone: the profiles before stay in force; see `crossdock check`");
            }
            Ok((edition, found)) if found.errors() == 0 => {
                info!(profiles = edition.profiles.len(), "changed mappings and profiles are in force");
                editions.send_replace(Arc::new(edition));
            }
            Ok((_, found)) => {
                for diagnostic in found.list() {
                    error!("{}", text::render(diagnostic, false).trim_end());
                }
                error!(
                    "the changed mappings and profiles have errors: those before stay in force; see `crossdock check`"
                );
            }
            Err(error) => {
                error!("the changed mappings and profiles cannot be read: {error}; those before stay in force")
            }
        }
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
