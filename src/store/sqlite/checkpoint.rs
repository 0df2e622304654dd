//! Brings the log into the database beside the transactions, on a connection of its own.
//!
//! The log is begun anew when all of it is in the database and nobody reads it. While transactions go on there is always some more of
//! it, so the one that writes does the last step itself, between two of them: by then there is little left. To do all of it there
//! kept everybody waiting for tens of milliseconds, and longer where the disk is slow.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{ConnectOptions, SqliteConnection};
use tokio::sync::mpsc;
use tracing::warn;

use super::{log_of, options};
use crate::store::StoreError;

/// Bytes of the log's file, some 8,000 pages: once it is longer, it is brought in. What was written often meanwhile is written to
/// the database once. A log that is begun anew keeps so much of its file, which is quicker to write to than a new one.
pub(super) const LENGTH: u64 = 32 << 20;

/// The log as the one that writes sees it.
#[derive(Debug)]
pub(in crate::store) struct Log {
    file: PathBuf,
    /// To whoever brings it in.
    due: mpsc::Sender<()>,
    /// Is it being brought in?
    asked: bool,
    almost_in: Arc<AtomicBool>,
}

impl Log {
    /// That of the database `file`.
    pub(in crate::store) fn of(file: &Path) -> Self {
        let (due, asked) = mpsc::channel(1);
        let almost_in = Arc::new(AtomicBool::new(false));
        tokio::spawn(bring_in(file.to_owned(), asked, Arc::clone(&almost_in)));
        Self { file: log_of(file), due, asked: false, almost_in }
    }

    /// What is to be done after a transaction on the connection that writes.
    pub(super) async fn grew(&mut self, connection: &mut SqliteConnection) {
        if !self.asked {
            let long = fs::metadata(&self.file).is_ok_and(|file| file.len() > LENGTH);
            self.asked = long && self.due.try_send(()).is_ok();
        } else if self.almost_in.swap(false, Ordering::Relaxed) {
            // What fails here has failed there, too.
            drop(checkpoint(connection).await);
            self.asked = false;
        }
    }
}

/// As long as there is a [`Log`] that asks for it.
async fn bring_in(file: PathBuf, mut due: mpsc::Receiver<()>, almost_in: Arc<AtomicBool>) {
    let (mut open, mut fails) = (None, false);
    while due.recv().await.is_some() {
        let done = brought_in(&file, &mut open).await;
        // Nothing is lost: what cannot be brought in stays in the log, which is as good.
        if let (Err(error), false) = (&done, fails) {
            warn!("the log of the record cannot be brought into the database, grows, and is tried again: {error}");
        }
        fails = done.is_err();
        almost_in.store(true, Ordering::Relaxed);
    }
}

async fn brought_in(file: &Path, open: &mut Option<SqliteConnection>) -> Result<(), StoreError> {
    let connection = match open {
        Some(connection) => connection,
        // Only who writes much needs it.
        None => open.insert(options(file).create_if_missing(false).connect().await?),
    };
    checkpoint(connection).await?;
    // What came meanwhile.
    checkpoint(connection).await
}

/// Brings into the database what nobody who reads keeps from it.
async fn checkpoint(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use sqlx::Connection;

    use super::*;
    use crate::store::sqlite::plan;
    use crate::store::{Kept, NewPayload, Store, Unit};

    /// A payload that takes some 60 KB, as nothing can be made of its bytes.
    fn payload() -> Unit {
        let mut dice = 1u64;
        let bytes = std::iter::repeat_with(|| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (dice >> 56) as u8
        });
        Unit::Receive(NewPayload {
            direction: "in",
            mailbox: "alder".to_owned(),
            partner: None,
            file_name: "a.edi".to_owned(),
            spool_name: None,
            broken_off: false,
            content: Kept::inline(&bytes.take(60_000).collect::<Vec<u8>>()),
            received_at: Timestamp::now(),
        })
    }

    /// Writes until the log's file is as wanted.
    async fn write_until(store: &Store, log: &Path, wanted: impl Fn(u64) -> bool) -> u64 {
        let unit = payload();
        for _ in 0..400 {
            let units = std::iter::repeat_n(unit.clone(), 16).collect();
            store.commit(units).await.unwrap();
            let length = fs::metadata(log).unwrap().len();
            if wanted(length) {
                return length;
            }
        }
        panic!("the log has {} bytes", fs::metadata(log).unwrap().len());
    }

    #[tokio::test]
    async fn the_log_is_begun_anew_while_transactions_go_on_unless_somebody_reads_it() {
        let (folder, database) = plan::record("log").await;
        let store = Store::open(&folder).await.unwrap();
        let log = log_of(&folder.join("crossdock.db"));
        for _ in 0..2 {
            write_until(&store, &log, |length| length > LENGTH).await;
            write_until(&store, &log, |length| length <= LENGTH).await;
        }
        let mut reader = SqliteConnection::connect(&database).await.unwrap();
        let mut reading = reader.begin().await.unwrap();
        let read = "SELECT count(*) FROM payloads";
        let before: i64 = sqlx::query_scalar(read).fetch_one(&mut *reading).await.unwrap();
        write_until(&store, &log, |length| length > 2 * LENGTH).await;
        let same: i64 = sqlx::query_scalar(read).fetch_one(&mut *reading).await.unwrap();
        assert_eq!(same, before, "it reads what it began with");
        reading.rollback().await.unwrap();
        reader.close().await.unwrap();
        write_until(&store, &log, |length| length <= LENGTH).await;
        drop(store);
        drop(fs::remove_dir_all(folder));
    }
}
