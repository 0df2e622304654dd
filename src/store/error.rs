//! Why the store could not do what it was asked for.

use std::fmt;
use std::path::Path;

/// An operation of the store failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// What was attempted, such as `the database cannot be written`.
    pub message: String,
    /// Why.
    pub cause: String,
    /// The next action.
    pub remedy: &'static str,
}

const ROOM: &str = "check that there is room on the disk and that the data folder may be written, then try again";

impl StoreError {
    pub(super) fn closed() -> Self {
        Self {
            message: "the store is closed".to_owned(),
            cause: "the gateway is stopping, or its writer has failed".to_owned(),
            remedy: "see the log for the first error",
        }
    }

    pub(super) fn not_on_disk(cause: &std::io::Error) -> Self {
        Self {
            message: "what was committed cannot be brought to the disk".to_owned(),
            cause: cause.to_string(),
            remedy: "see what `dmesg` says of the disk and mend it, then start the gateway again: it goes on from what is on the \
                     disk, and takes again what was confirmed to nobody",
        }
    }

    pub(super) fn folder(folder: &Path, error: &std::io::Error) -> Self {
        Self {
            message: format!("the folder {} cannot be made", folder.display()),
            cause: error.to_string(),
            remedy: ROOM,
        }
    }

    pub(super) fn content(id: i64, cause: impl fmt::Display) -> Self {
        Self {
            message: format!("content {id} cannot be read"),
            cause: cause.to_string(),
            remedy: "restore it from a backup; nothing else is affected",
        }
    }

    pub(super) fn row(what: &str, cause: impl fmt::Display) -> Self {
        Self {
            message: format!("{what} in the database cannot be read"),
            cause: cause.to_string(),
            remedy: "the database was written by a newer version, or is damaged: see docs/OPERATING.md, Troubles",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let cause = match &error {
            sqlx::Error::Database(error) => error.message().to_owned(),
            other => other.to_string(),
        };
        Self { message: "the database cannot be used".to_owned(), cause, remedy: ROOM }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self {
            message: "the database cannot be brought to this version".to_owned(),
            cause: error.to_string(),
            remedy: "run the newest version that ever opened it, or restore a backup",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.message, self.cause, self.remedy)
    }
}

impl std::error::Error for StoreError {}
