//! Puts events into the ERP's folder: a subscriber of the event log with a cursor of its own.
//!
//! A file is written before the cursor moves. After a stop in between it is found there, with the same name and bytes, and
//! is counted as repeated; if the ERP has taken it already, it comes once more, under the same name and event id.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{info, warn};

use super::turns::{Follower, keep, turns};
use super::{ERP, Pipeline, blocking};
use crate::canonical::{self, Event};
use crate::diagnostic::{Diagnostic, Place, cause, codes};
use crate::store::{self, Cursor, Store, StoreError, Unit, VisitState, Visiting};
use crate::transport::folder::{Put, Putting, put_all};

/// The subscriber's name.
pub const SUBSCRIBER: &str = "erp-folder";
/// Events taken at a time.
const BATCH: u32 = 256;
/// Longest business number in a file name, in characters.
const NUMBER_CHARACTERS: usize = 80;

/// Follows the event log until `stop`.
pub async fn run(pipeline: Pipeline, stop: watch::Receiver<bool>) {
    turns(pipeline, stop.clone(), Publishing { stop, on_record: None, at_a_time: BATCH }).await;
}

struct Publishing {
    stop: watch::Receiver<bool>,
    /// Is it on record that it fails? `None`: that is not known yet.
    on_record: Option<bool>,
    /// Events taken at a time: one where the last ones could not be put, as there may be room for a few.
    at_a_time: u32,
}

impl Follower for Publishing {
    async fn turn(&mut self, pipeline: &Pipeline) -> Result<usize, impl Display + Send> {
        let published = turn(pipeline, self.at_a_time, &mut self.stop).await;
        self.at_a_time = match published {
            Err(Failed::Folder(_)) => 1,
            _ => BATCH.min(self.at_a_time * 4),
        };
        if let Ok(count @ 1..) = published {
            info!(count, "events published");
        }
        let problem = match &published {
            Ok(0) | Err(Failed::Store(_)) => return published,
            Ok(_) => None,
            Err(Failed::Folder(problem)) => Some((**problem).clone()),
        };
        let was_failing = match self.on_record {
            Some(known) => known,
            None => failing(&pipeline.store).await?.is_some(),
        };
        if was_failing || problem.is_some() {
            pipeline.store.commit_one(Unit::Visiting(Box::new(put(problem.clone())))).await?;
        }
        self.on_record = Some(problem.is_some());
        published
    }
}

/// Why events are not published.
#[derive(Debug)]
pub enum Failed {
    /// The store cannot be used.
    Store(StoreError),
    /// The ERP's folder cannot be written.
    Folder(Box<Diagnostic>),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::Store(error)
    }
}

impl Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failed::Store(error) => write!(f, "events cannot be published: {error}"),
            Failed::Folder(problem) => {
                write!(f, "{}: {}", problem.message, problem.cause.as_deref().unwrap_or_default())
            }
        }
    }
}

/// Says for the record that events were put into the ERP's folder, or why they were not: a visit like those to partners.
fn put(problem: Option<Diagnostic>) -> Visiting {
    let (now, failed) = (Timestamp::now(), problem.is_some());
    let (partner, folder) = (ERP.to_owned(), SUBSCRIBER.to_owned());
    Visiting::Visited {
        partner,
        folder,
        at: now,
        next_at: now,
        let_in: true,
        done: !failed,
        problem,
        needs_person: failed,
    }
}

/// How it fails to put events into the ERP's folder, where it does.
///
/// # Errors
/// When the store cannot be used.
pub async fn failing(store: &Store) -> Result<Option<VisitState>, StoreError> {
    Ok(store.visits_of(ERP, SUBSCRIBER).await?.filter(|state| state.failures > 0))
}

/// Publishes what waits, up to `most` events; how many that were.
async fn turn(pipeline: &Pipeline, most: u32, stop: &mut watch::Receiver<bool>) -> Result<usize, Failed> {
    let after = pipeline.store.cursor(SUBSCRIBER).await?;
    let events = pipeline.store.events(after, most).await?;
    let Some(last) = events.last().map(|event| event.sequence) else { return Ok(0) };
    let count = events.len();
    let folders: BTreeSet<PathBuf> =
        events.iter().map(|event| pipeline.folders.published(&event.lane, &event.canonical_type)).collect();
    let files: Vec<Putting> = events
        .iter()
        .map(|event| Putting {
            folder: pipeline.folders.published(&event.lane, &event.canonical_type),
            name: file_name(event),
            bytes: bytes(event),
        })
        .collect();
    let shown = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    let put = blocking(move || {
        folders.iter().try_for_each(std::fs::create_dir_all)?;
        Ok((put_all(&files)?, files))
    });
    let (puts, files) = put.await.map_err(|error| Failed::Folder(Box::new(cannot_be_put(&shown, &error))))?;
    let repeated = puts.iter().filter(|put| **put == Put::There).count() as i64;
    for (file, _) in files.iter().zip(&puts).filter(|(_, put)| **put == Put::Differs) {
        warn!("{} is there with other content and was left alone; see `crossdock events`", file.name);
    }
    let cursor = Cursor { subscriber: SUBSCRIBER, sequence: last, repeated };
    keep(pipeline, vec![Unit::Cursor(cursor)], stop).await?;
    Ok(count)
}

fn cannot_be_put(folders: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::new(codes::DELIVERY_FAILED, format!("events cannot be put into {folders}"), Place::Nowhere)
        .cause(cause(error))
        .remedy("make room or mend the folder's permissions; it is tried again by itself")
}

/// `<business number>-<event id>.json`.
#[must_use]
pub fn file_name(event: &store::Event) -> String {
    let number = event.business_number.as_deref().unwrap_or("none");
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let number: String = number.chars().take(NUMBER_CHARACTERS).map(plain).collect();
    format!("{}-{}.json", number.trim_start_matches('.'), event.id)
}

/// The event as the ERP reads it, with a line end.
#[must_use]
pub fn bytes(event: &store::Event) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(shape) = canonical::shape(&event.canonical_type) {
        let of_order = canonical::order_number(&event.data, shape);
        let around = Event {
            id: &event.id,
            source: &format!("/partners/{}", event.partner),
            subject: event.business_number.as_deref(),
            time: event.at,
            correlation_id: of_order.as_deref().or(event.business_number.as_deref()),
            document_id: Some(&event.document.to_string()),
            supersedes: event.supersedes.as_deref(),
            sequence: Some(event.sequence.unsigned_abs()),
        };
        canonical::wrap(&around, &event.data, shape, &mut out);
        out.push(b'\n');
    }
    out
}
