//! The store on SQLite: one connection that writes, some that read, a write-ahead log that is on the disk before anybody is
//! told of a commit.

mod answers;
mod apply;
mod bans;
mod batches;
pub(super) mod checkpoint;
pub(super) mod copy;
mod decide;
pub(super) mod disk;
mod documents;
mod filter;
mod outgoing;
mod overview;
mod published;
pub(super) mod read;
mod receive;
mod records;
mod row;
mod statement;
mod submit;
mod together;
mod visits;
pub(super) mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};
use tracing::info;

use self::checkpoint::LENGTH;
use super::StoreError;

/// How long a command waits for another process that is writing.
const BUSY: Duration = Duration::from_secs(30);
/// Connections that read.
const READERS: u32 = 4;

/// What the connection that writes keeps of the file in memory, in KiB (so the minus): keys such as event ids come in no order, and
/// each is looked for in a page of its own.
const WRITER_CACHE: &str = "-32768";

/// The file of a database's log.
fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What is committed is brought to the disk by `disk`.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(200)
        .disable_statement_logging()
}

/// Opens the database, makes or migrates it, and returns the connection that writes.
pub(super) async fn open(file: &Path) -> Result<SqliteConnection, StoreError> {
    // Processes that open a new or an old database at the same moment must not make or migrate it both.
    let lock = lock_of(file);
    let locked = tokio::task::spawn_blocking(move || {
        let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
        lock.lock()?;
        Ok(lock)
    });
    let locked = locked.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    let _locked = locked.map_err(|error| StoreError::opening(file.parent().unwrap_or(file), &error))?;
    if std::fs::metadata(file).map_or(0, |file| file.len()) == 0 {
        if was_begun(file) {
            return Err(StoreError::gone(file));
        }
        info!(file = %file.display(), "a new record is begun: numbers begin anew, and nothing is known of what came before");
    }
    let writing = options(file).pragma("cache_size", WRITER_CACHE);
    // The log is brought into the database by `checkpoint`.
    let writing = writing.pragma("wal_autocheckpoint", "0").pragma("journal_size_limit", LENGTH.to_string());
    let mut connection = writing.connect().await?;
    sqlx::migrate!("src/store/migrations").run(&mut connection).await?;
    Ok(connection)
}

/// The file by which processes wait for each other, and which says that a record was begun.
fn lock_of(file: &Path) -> PathBuf {
    file.with_extension("lock")
}

/// What the file beside the record says.
const BEGUN: &str = "A record was begun here. Where crossdock.db is not there any more, no other is begun as long as this file says \
    so: control numbers would begin at 1 again, and what was taken before would be taken once more. To begin anew all the same, remove \
    this file.\n";

/// Says, beside a record that is on disk, that it was begun.
pub(super) fn is_begun(file: &Path) {
    if !was_begun(file) {
        // A disk that is full now has room at another start.
        drop(std::fs::write(lock_of(file), BEGUN));
    }
}

/// Was a record begun here, which may be gone?
pub(super) fn was_begun(file: &Path) -> bool {
    std::fs::metadata(lock_of(file)).is_ok_and(|lock| lock.len() > 0)
}

/// Connections that only read.
pub(super) fn readers(file: &Path) -> SqlitePool {
    let options = options(file).create_if_missing(false).pragma("query_only", "on");
    let readers = SqlitePoolOptions::new().max_connections(READERS).min_connections(0);
    // Nothing stands between us and a file: a connection to it is not lost.
    readers.test_before_acquire(false).connect_lazy_with(options)
}

/// How the database goes about statements, for tests.
#[cfg(test)]
mod plan {
    use std::path::PathBuf;

    use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

    use crate::store::Store;

    /// A new record in a folder of its own, which is for the caller to remove.
    pub(super) async fn record(name: &str) -> (PathBuf, String) {
        let folder = std::env::temp_dir().join(format!("crossdock-plan-{name}-{}", std::process::id()));
        drop(Store::open(&folder).await.unwrap());
        let database = format!("sqlite://{}", folder.join("crossdock.db").display());
        (folder, database)
    }

    /// The steps of a statement.
    pub(super) async fn steps(database: &str, statement: &str) -> Vec<String> {
        let mut db = SqliteConnection::connect(database).await.unwrap();
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
        let steps = plan.fetch_all(&mut db).await.unwrap().iter().map(|row| row.get(3)).collect();
        db.close().await.unwrap();
        steps
    }
}
