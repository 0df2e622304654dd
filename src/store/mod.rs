//! The durable record of a gateway: payloads, documents, events, deliveries, numbers.
//!
//! Producers hand over [`Unit`]s of change as data; one task writes them, many in one transaction, and a unit that was made
//! of an older version of its row fails alone. Readers have connections of their own. Knows bytes, words and keys, not
//! what they mean for the business: that is `lifecycle`'s and `pipeline`'s part.

mod ban;
mod content;
mod error;
mod filter;
mod rows;
mod sqlite;
mod unit;
mod visit;

use std::path::{Path, PathBuf};

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

pub use ban::{Ban, Banning};
pub use content::{Content, INLINE_BYTES, Kept, digest};
pub use error::StoreError;
pub use filter::{AuditFilter, Filter, Kinds, Window};
pub use rows::{
    Attempt, AuditEntry, ControlNumber, Counts, Delivery, Document, Event, HeldGroup, NotTaken, PartnerState, Payload,
    Publishing, Recorded, SentBefore, Sequence,
};
pub use unit::{
    ACKNOWLEDGMENT_COUNTERS, Answered, Applied, Audit, Bare, COUNTERS, CameBefore, ClosedDocument, Closing, Collect,
    Cursor, Decision, Delivered, Interchange, NewAttempt, NewDelivery, NewDocument, NewPayload, NextInSequence,
    NextNumbers, NumberKeys, NumbersToGive, Outgoing, Recalled, Retake, Row, SaidOf, Stage, Subject, Submission,
    Submitted, SubmittedAs, Unit, Withheld,
};

pub use visit::{PickUp, Remote, VisitState, Visiting};

pub use sqlite::copy::RecordCopy;

use sqlite::checkpoint::Log;
use sqlite::disk::Disk;
use sqlite::writer::{self, Job};

/// A gateway's record, open. Cheap to clone: all clones are one store.
#[derive(Debug, Clone)]
pub struct Store {
    data: PathBuf,
    reads: SqlitePool,
    writer: mpsc::Sender<Job>,
    disk: Disk,
}

/// How many commits may wait for the writer before producers have to.
const QUEUE: usize = 1_024;

impl Store {
    /// Opens the store in the folder `data`, and makes or migrates it where needed. Needs a Tokio runtime, on which the
    /// writer runs as long as the store is used.
    ///
    /// # Errors
    /// When the database cannot be opened or migrated, or is gone: a folder in which one was begun gets no other.
    pub async fn open(data: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(data).map_err(|error| StoreError::folder(data, &error))?;
        let file = data.join("crossdock.db");
        let connection = sqlite::open(&file).await?;
        let reads = sqlite::readers(&file);
        let (writer, jobs) = mpsc::channel(QUEUE);
        let disk = Disk::of(&file).map_err(|error| StoreError::not_on_disk(&error))?;
        // A kill may have left what is committed and not there yet.
        disk.has_it().await?;
        sqlite::is_begun(&file);
        tokio::spawn(writer::run(connection, jobs, Log::of(&file), disk.clone()));
        Ok(Self { data: data.to_owned(), reads, writer, disk })
    }

    /// Is there a store in the folder `data`, or was there one, of which [`Store::open`] says that it is gone?
    #[must_use]
    pub fn exists(data: &Path) -> bool {
        let file = data.join("crossdock.db");
        std::fs::metadata(&file).is_ok_and(|file| file.is_file() && file.len() > 0) || sqlite::was_begun(&file)
    }

    /// The folder of the database and of large contents.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Commits units of change, all in one transaction with whatever else waits: when this returns they are on disk. The
    /// answers stand in the order of the units; a unit whose row has changed since is [`Applied::Stale`] and changes
    /// nothing, the others take.
    ///
    /// # Errors
    /// When the database cannot be written; then none of the units took.
    pub async fn commit(&self, units: Vec<Unit>) -> Result<Vec<Applied>, StoreError> {
        self.hand_over(units, false).await
    }

    /// The same in their order: behind a unit that does not take, but one that is [`Applied::Stale`], none does, and all are
    /// [`Applied::Behind`].
    ///
    /// # Errors
    /// When the database cannot be written; then none of the units took.
    pub async fn commit_in_order(&self, units: Vec<Unit>) -> Result<Vec<Applied>, StoreError> {
        self.hand_over(units, true).await
    }

    async fn hand_over(&self, units: Vec<Unit>, in_order: bool) -> Result<Vec<Applied>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { units, in_order, answer };
        if self.writer.send(job).await.is_err() {
            return Err(StoreError::closed());
        }
        answered.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }

    /// Commits one unit of change.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn commit_one(&self, unit: Unit) -> Result<Applied, StoreError> {
        Ok(self.commit(vec![unit]).await?.pop().unwrap_or(Applied::Stale))
    }

    /// Waits until nothing can be committed any more: the disk does not take what was, or nobody writes.
    pub async fn failed(&self) {
        tokio::select! {
            () = self.disk.failed() => {}
            () = self.writer.closed() => {}
        }
    }

    /// Reads a content that is kept.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was kept.
    pub async fn content(&self, id: i64) -> Result<Content, StoreError> {
        sqlite::read::content(&self.reads, &self.data, id).await
    }

    /// The bytes of a document as a person corrected them last: a correction stays in force until there is another one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn correction(&self, attempts: &[Attempt]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(id) = attempts.iter().rev().find_map(|attempt| attempt.correction) else { return Ok(None) };
        Ok(match self.content(id).await? {
            Content::Inline(bytes) => Some(bytes),
            Content::File { .. } => None,
            Content::Damaged { why, .. } => return Err(StoreError::content(id, why)),
        })
    }
}
