//! Puts events into the ERP's folder: a subscriber of the event log with a cursor of its own.
//!
//! A file is written before the cursor moves. After a stop in between it is found there, with the same name and bytes, and
//! is counted as repeated; if the ERP has taken it already, it comes once more, under the same name and event id.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{Pipeline, wait_after};
use crate::canonical::{self, Event};
use crate::store::{self, Cursor, Unit};
use crate::transport::folder::{Put, put, sync_folder};

/// The subscriber's name.
pub const SUBSCRIBER: &str = "erp-folder";
/// Events taken at a time.
const BATCH: u32 = 256;
/// Files written at the same time: their syncs then share the disk's work.
const WRITING: usize = 32;
/// How often the log is looked at when nothing says that there is more.
const LOOK: Duration = Duration::from_secs(1);
/// Longest business number in a file name, in characters.
const NUMBER_CHARACTERS: usize = 80;

/// Follows the event log until `stop`.
pub async fn run(pipeline: Pipeline, mut stop: watch::Receiver<bool>) {
    let mut failed = 0;
    while !*stop.borrow() {
        let released = pipeline.released.notified();
        let wait = match turn(&pipeline).await {
            Ok(0) => {
                failed = 0;
                LOOK
            }
            Ok(count) => {
                failed = 0;
                info!(count, "events published");
                continue;
            }
            Err(error) => {
                failed += 1;
                error!("events cannot be published: {error}; trying again");
                wait_after(failed)
            }
        };
        tokio::select! {
            () = released, if failed == 0 => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => {}
        }
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
    let mut files = futures_util::stream::iter(events)
        .map(|event| {
            let folder = pipeline.folders.published(&event.lane, &event.canonical_type);
            tokio::task::spawn_blocking(move || write(&folder, &event))
        })
        .buffer_unordered(WRITING);
    let mut repeated = 0;
    while let Some(file) = files.next().await {
        let (name, put) = file.map_err(|error| error.to_string())?;
        match put.map_err(|error| format!("{name}: {error}"))? {
            Put::Written => {}
            Put::There => repeated += 1,
            Put::Differs => warn!("{name} is there with other content and was left alone; see `crossdock events`"),
        }
    }
    drop(files);
    for folder in &folders {
        sync_folder(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let cursor = Cursor { subscriber: SUBSCRIBER, sequence: last, repeated };
    pipeline.store.commit_one(Unit::Cursor(cursor)).await.map_err(|error| error.to_string())?;
    Ok(count)
}

fn write(folder: &std::path::Path, event: &store::Event) -> (String, io::Result<Put>) {
    let name = file_name(event);
    let bytes = bytes(event);
    let written = put(folder, &name, &bytes, false);
    (name, written)
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
