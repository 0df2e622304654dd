//! A copy of the record as of one moment, beside whoever works on it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use super::options;
use super::read::content_of;
use super::row::time;
use super::writer::write_all;
use crate::store::{Content, Store, StoreError, Unit};

type Result<T> = std::result::Result<T, StoreError>;

/// A copy of the record, open to be looked at.
#[derive(Debug)]
pub struct RecordCopy {
    db: SqliteConnection,
    /// The folder of the record that was copied.
    data: PathBuf,
}

/// Partners for whom something waits, or whose server was visited.
const BUSY: &str = "SELECT partner FROM deliveries WHERE state IN ('collecting', 'waiting', 'placed', 'held') \
    UNION SELECT partner FROM documents WHERE state IN ('staged', 'held', 'refused', 'queued') AND partner IS NOT NULL \
    UNION SELECT mailbox FROM payloads WHERE state <> 'translated' UNION SELECT partner FROM visits";

impl Store {
    /// The partners, by the short names of their profiles, for whom something waits or who are visited, also where the profile is
    /// gone; and the mailbox of the ERP.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub async fn busy(&self) -> Result<Vec<String>> {
        Ok(sqlx::query(BUSY).fetch_all(&self.reads).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Writes a copy of the record, as it is at this moment, into a file that is not there yet, and carries out `then` in the copy.
    /// Who commits meanwhile does not wait; the log of the record grows until the copy is whole. The copy is not synced.
    ///
    /// # Errors
    /// When the record cannot be read, or the copy not be written.
    pub async fn copy_to(&self, file: &Path, then: &[Unit]) -> Result<RecordCopy> {
        let not_copied = |error| StoreError::copying(file, error);
        let mut record = options(&self.data.join("crossdock.db")).create_if_missing(false).connect().await?;
        let into = sqlx::query("VACUUM INTO $1").bind(file.to_string_lossy());
        into.execute(&mut record).await.map_err(not_copied)?;
        record.close().await?;
        let mut db = SqliteConnectOptions::new().filename(file).connect().await.map_err(not_copied)?;
        write_all(&mut db, &then.iter().map(|unit| (unit, None)).collect::<Vec<_>>()).await?;
        Ok(RecordCopy { db, data: self.data.clone() })
    }
}

impl RecordCopy {
    /// How many payloads, documents and deliveries it holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn counts(&mut self) -> Result<[u64; 3]> {
        let tables =
            ["SELECT count(*) FROM payloads", "SELECT count(*) FROM documents", "SELECT count(*) FROM deliveries"];
        let mut counts = [0; 3];
        for (count, table) in counts.iter_mut().zip(tables) {
            *count = sqlx::query(table).fetch_one(&mut self.db).await?.get::<i64, _>(0).unsigned_abs();
        }
        Ok(counts)
    }

    /// The contents that lie in files of their own beside the record: id, and where that is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn files(&mut self) -> Result<Vec<(i64, Content)>> {
        let files = "SELECT id, place, bytes, sha256, deflated, path FROM contents WHERE place = 'file' ORDER BY id";
        let files = sqlx::query(files).fetch_all(&mut self.db).await?;
        files.iter().map(|row| Ok((row.get(0), content_of(row, 1, &self.data)?))).collect()
    }

    /// The names of files that were put out since then, or fetched.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn put_out_since(&mut self, since: Timestamp) -> Result<Vec<String>> {
        let names = sqlx::query("SELECT file_name FROM deliveries WHERE delivered_at >= $1").bind(time(since));
        Ok(names.fetch_all(&mut self.db).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Is the event with this id in it?
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has_event(&mut self, id: &str) -> Result<bool> {
        let event = sqlx::query("SELECT 1 FROM events WHERE id = $1").bind(id);
        Ok(event.fetch_optional(&mut self.db).await?.is_some())
    }

    /// Closes it; nothing but its one file is left.
    ///
    /// # Errors
    /// When what was written last does not come into the file.
    pub async fn close(self) -> Result<()> {
        Ok(self.db.close().await?)
    }
}
