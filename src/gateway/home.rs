//! The home of a gateway belongs to one process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::diagnostic::cause;

/// A home that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeError {
    /// What was attempted, on what.
    pub message: String,
    /// Why it failed.
    pub cause: String,
    /// The next action.
    pub remedy: String,
}

impl HomeError {
    /// The folder is no home: nothing is begun in it.
    pub(super) fn none(folder: &Path) -> Self {
        Self {
            message: format!("{} is no home of a gateway", folder.display()),
            cause: "it has neither a folder partner-profiles nor a folder mappings".to_owned(),
            remedy:
                "name the home: `crossdock serve --home FOLDER`; for a new one make the folder partner-profiles in it"
                    .to_owned(),
        }
    }

    pub(super) fn folder(folder: &Path, error: &std::io::Error) -> Self {
        Self {
            message: format!("the folder {} cannot be used", folder.display()),
            cause: cause(error),
            remedy: "make it writable for the user that runs the gateway, and check that there is room".to_owned(),
        }
    }

    /// Another gateway runs on this data folder: what its lock says of it.
    pub(super) fn running(data: &Path, holder: &str) -> Self {
        Self {
            message: format!("another gateway runs on {}", data.display()),
            cause: match holder.trim() {
                "" => "its lock is held".to_owned(),
                process => format!("process {process} holds its lock"),
            },
            remedy: "use that one, or stop it first; a second gateway needs a home of its own (`--home`)".to_owned(),
        }
    }
}

/// So often a lock that is held is tried again: `crossdock status` holds it for a moment.
const LOOKS: u32 = 5;
/// The wait in between.
const LOOK: Duration = Duration::from_millis(20);

/// Held as long as a gateway runs on a home.
#[derive(Debug)]
pub struct HomeLock {
    file: File,
}

impl HomeLock {
    /// The process that runs a gateway on this data folder, as it has named itself; `None` when none runs.
    #[must_use]
    pub fn holder(data: &Path) -> Option<String> {
        let mut file = File::open(data.join("gateway.lock")).ok()?;
        match file.try_lock_shared() {
            // Let go of at once: a gateway may want to start in this moment.
            Ok(()) => drop(file.unlock()),
            Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                drop(file.read_to_string(&mut holder));
                return Some(holder.trim().to_owned());
            }
        }
        None
    }

    /// Takes the lock of the data folder, which is made where it is not there.
    ///
    /// # Errors
    /// When another gateway has it, or the folder cannot be used.
    pub fn take(data: &Path) -> Result<Self, HomeError> {
        std::fs::create_dir_all(data).map_err(|error| HomeError::folder(data, &error))?;
        let path: PathBuf = data.join("gateway.lock");
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(|error| HomeError::folder(data, &error))?;
        let mut locked = file.try_lock();
        for _ in 0..LOOKS {
            if !matches!(locked, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(LOOK);
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is good to know, no more.
                drop(file.read_to_string(&mut holder));
                return Err(HomeError::running(data, &holder));
            }
            Err(TryLockError::Error(error)) => return Err(HomeError::folder(data, &error)),
        }
        let written = file.set_len(0).and_then(|()| {
            file.rewind()?;
            write!(file, "{}", std::process::id())
        });
        written.map_err(|error| HomeError::folder(data, &error))?;
        Ok(Self { file })
    }
}

impl Drop for HomeLock {
    fn drop(&mut self) {
        // The system lets go of it anyway when the file is closed.
        drop(self.file.unlock());
    }
}

#[cfg(test)]
mod tests {
    use super::HomeLock;

    #[test]
    fn a_home_has_one_gateway() {
        let data = std::env::temp_dir().join(format!("crossdock-lock-{}", std::process::id()));
        let first = HomeLock::take(&data).unwrap();
        let second = HomeLock::take(&data).unwrap_err();
        assert_eq!(HomeLock::holder(&data), Some(std::process::id().to_string()));
        assert_eq!(second.cause, format!("process {} holds its lock", std::process::id()));
        drop(first);
        assert_eq!(HomeLock::holder(&data), None);
        assert!(HomeLock::take(&data).is_ok());
        std::fs::remove_dir_all(data).unwrap();
    }
}
