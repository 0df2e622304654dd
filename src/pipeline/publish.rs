//! Puts events into the ERP's folder: a subscriber of the event log with a cursor of its own.
//!
//! A file is written before the cursor moves. After a stop in between it is found there, with the same name and bytes, and
//! is counted as repeated; if the ERP has taken it already, it comes once more, under the same name and event id.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;

use tokio::sync::watch;
use tracing::{info, warn};

use super::Pipeline;
use super::turns::{Follower, turns};
use crate::canonical::{self, Event};
use crate::store::{self, Cursor, Unit};
use crate::transport::folder::{Put, Putting, put_all};

/// The subscriber's name.
pub const SUBSCRIBER: &str = "erp-folder";
/// Events taken at a time.
const BATCH: u32 = 256;
/// Longest business number in a file name, in characters.
const NUMBER_CHARACTERS: usize = 80;

/// Follows the event log until `stop`.
pub async fn run(pipeline: Pipeline, stop: watch::Receiver<bool>) {
    turns(pipeline, stop, Publishing).await;
}

struct Publishing;

impl Follower for Publishing {
    async fn turn(&mut self, pipeline: &Pipeline) -> Result<usize, impl Display + Send> {
        let published = turn(pipeline).await.map_err(|error| format!("events cannot be published: {error}"));
        if let Ok(count @ 1..) = published {
            info!(count, "events published");
        }
        published
    }
}

/// Publishes what waits; how many events that were.
///
/// # Errors
/// Why it failed, for the log: the store, or the folder of the ERP.
pub async fn turn(pipeline: &Pipeline) -> Result<usize, String> {
    let after = pipeline.store.cursor(SUBSCRIBER).await.map_err(|error| error.to_string())?;
    let events = pipeline.store.events(after, BATCH).await.map_err(|error| error.to_string())?;
    let Some(last) = events.last().map(|event| event.sequence) else { return Ok(0) };
    let count = events.len();
    let folders: BTreeSet<PathBuf> =
        events.iter().map(|event| pipeline.folders.published(&event.lane, &event.canonical_type)).collect();
    for folder in &folders {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let files: Vec<Putting> = events
        .iter()
        .map(|event| Putting {
            folder: pipeline.folders.published(&event.lane, &event.canonical_type),
            name: file_name(event),
            bytes: bytes(event),
        })
        .collect();
    let put = tokio::task::spawn_blocking(move || (put_all(&files), files));
    let (puts, files) = put.await.map_err(|error| error.to_string())?;
    let puts = puts.map_err(|error| error.to_string().to_lowercase())?;
    let repeated = puts.iter().filter(|put| **put == Put::There).count() as i64;
    for (file, _) in files.iter().zip(&puts).filter(|(_, put)| **put == Put::Differs) {
        warn!("{} is there with other content and was left alone; see `crossdock events`", file.name);
    }
    let cursor = Cursor { subscriber: SUBSCRIBER, sequence: last, repeated };
    pipeline.store.commit_one(Unit::Cursor(cursor)).await.map_err(|error| error.to_string())?;
    Ok(count)
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
        let around = Event {
            id: &event.id,
            source: &format!("/partners/{}", event.partner),
            subject: event.business_number.as_deref(),
            time: event.at,
            correlation_id: event.business_number.as_deref(),
            document_id: Some(&event.document.to_string()),
            supersedes: event.supersedes.as_deref(),
        };
        canonical::wrap(&around, &event.data, shape, &mut out);
        out.push(b'\n');
    }
    out
}
