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

const DAMAGED: &str = "stop the gateway, keep `data` as it is for those who look after Crossdock, and restore a backup: docs/OPERATING.md, \
                       Backup";
const WHO: &str = "run this as the user of the gateway, who may write the data folder; see that the file system is not mounted read-only";
const HELD: &str = "see who has it (`fuser data/crossdock.db`): Crossdock never holds it for long; then try again";
// A full disk is told so too, where the memory that processes share has no room.
const DISK: &str =
    "check that there is room on the disk; if there is, see what `dmesg` says of it and mend it; then try again";
// SQLite keeps what it sorts in temporary files, of which it says the same.
const FULL: &str = "make room on the disk that has the data folder, and where temporary files go (`TMPDIR`, else /var/tmp); then try again: \
                    nothing is lost";
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

    pub(super) fn opening(folder: &Path, error: &std::io::Error) -> Self {
        Self {
            message: format!("the record in {} cannot be opened", folder.display()),
            cause: error.to_string(),
            remedy: WHO,
        }
    }

    /// There was a record, and there is none.
    pub(super) fn gone(file: &Path) -> Self {
        Self {
            message: format!(
                "the record is gone: {} is not there, or is empty, and one was begun here",
                file.display()
            ),
            cause: "a new one would give control numbers from 1 again, and take once more what was taken before"
                .to_owned(),
            remedy: "put the file back, with its `crossdock.db-wal`, or restore a backup: docs/OPERATING.md, Backup; to begin anew \
                     all the same, remove `crossdock.lock` beside it",
        }
    }

    pub(super) fn copying(file: &Path, error: sqlx::Error) -> Self {
        let Self { cause, remedy, .. } = error.into();
        let remedy = if [ROOM, FULL].contains(&remedy) {
            "check that there is room where the copy goes, then try again"
        } else {
            remedy
        };
        Self { message: format!("the record cannot be copied to {}", file.display()), cause, remedy }
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

/// SQLite's result codes, of which the lowest byte says what kind of failure it is: <https://sqlite.org/rescode.html>.
mod sqlite_code {
    pub(super) const PERMISSION: u32 = 3;
    pub(super) const BUSY: u32 = 5;
    pub(super) const READ_ONLY: u32 = 8;
    pub(super) const INPUT_OUTPUT: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANNOT_OPEN: u32 = 14;
    pub(super) const NOT_A_DATABASE: u32 = 26;
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let (cause, code) = match &error {
            sqlx::Error::Database(error) => (error.message().to_owned(), error.code()),
            other => (other.to_string(), None),
        };
        let code = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
        let (message, remedy) = match code {
            Some(sqlite_code::CORRUPT | sqlite_code::NOT_A_DATABASE) => ("the record is damaged", DAMAGED),
            Some(sqlite_code::PERMISSION | sqlite_code::READ_ONLY | sqlite_code::CANNOT_OPEN) => {
                ("the database cannot be opened for writing", WHO)
            }
            Some(sqlite_code::BUSY) => ("the database is held by another process", HELD),
            Some(sqlite_code::INPUT_OUTPUT) => ("the database cannot be read or written", DISK),
            Some(sqlite_code::FULL) => ("the disk is full", FULL),
            _ => ("the database cannot be used", ROOM),
        };
        Self { message: message.to_owned(), cause, remedy }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
        let (message, cause) = ("the database cannot be brought to this version", error.to_string());
        let failed = match error {
            Execute(error) | ExecuteMigration(error, _) => Some(Self::from(error)),
            _ => None,
        };
        match failed.filter(|failed| failed.remedy != ROOM) {
            // The disk or another process is in the way: another version would fare no better.
            Some(failed) => Self { message: format!("{message}: {}", failed.message), cause, ..failed },
            None => Self {
                message: message.to_owned(),
                cause,
                remedy: "run the newest version that ever opened it, or restore a backup",
            },
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.message, self.cause, self.remedy)
    }
}

impl std::error::Error for StoreError {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, SqliteConnection};

    use super::{DAMAGED, FULL, HELD, StoreError, WHO};

    async fn connected(file: &std::path::Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).busy_timeout(Duration::ZERO);
        options.connect().await.unwrap()
    }

    async fn fails(connection: &mut SqliteConnection, statement: &'static str) -> (String, &'static str) {
        let StoreError { message, remedy, .. } = sqlx::query(statement).execute(connection).await.unwrap_err().into();
        (message, remedy)
    }

    #[tokio::test]
    async fn each_kind_of_failure_says_what_to_do_about_it() {
        let file = std::env::temp_dir().join(format!("crossdock-failures-{}.db", std::process::id()));
        let (mut one, mut other) = (connected(&file).await, connected(&file).await);
        sqlx::query("CREATE TABLE t (n)").execute(&mut one).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut one).await.unwrap();
        let held = fails(&mut other, "BEGIN IMMEDIATE").await;
        assert_eq!(held, ("the database is held by another process".to_owned(), HELD));
        sqlx::query("COMMIT").execute(&mut one).await.unwrap();
        sqlx::query("PRAGMA query_only = on").execute(&mut other).await.unwrap();
        let not_ours = fails(&mut other, "INSERT INTO t VALUES (1)").await;
        assert_eq!(not_ours, ("the database cannot be opened for writing".to_owned(), WHO));
        // A new version that finds no room for what it changes: no other version would.
        let mut full = connected(&file.with_extension("full")).await;
        sqlx::query("PRAGMA max_page_count = 4").execute(&mut full).await.unwrap();
        let error = sqlx::migrate!("src/store/migrations").run(&mut full).await.unwrap_err();
        let StoreError { message, cause, remedy } = error.into();
        assert_eq!(
            (message.as_str(), remedy),
            ("the database cannot be brought to this version: the disk is full", FULL)
        );
        assert!(cause.contains("while executing migration 1") && cause.contains("database or disk is full"), "{cause}");
        std::fs::remove_file(file.with_extension("full")).unwrap();
        std::fs::write(&file, [b'x'; 4_096]).unwrap();
        let damaged = fails(&mut connected(&file).await, "SELECT * FROM t").await;
        assert_eq!(damaged, ("the record is damaged".to_owned(), DAMAGED));
        std::fs::remove_file(file).unwrap();
    }
}
