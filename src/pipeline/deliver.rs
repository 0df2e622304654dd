//! Puts deliveries where they belong: interchanges into the partner's outbox, refused objects beside the ERP's.
//!
//! The file is written before the row says so. After a stop in between it is found there, with the same name and bytes.

use std::collections::HashSet;
use std::fmt::Display;
use std::io::{self, Read};
use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{info, warn};

use super::Pipeline;
use super::turns::{Follower, turns};
use crate::diagnostic::{Diagnostic, Place, codes, text};
use crate::lifecycle::{DeliveryState, wait_before};
use crate::partner::DeliveredWhen;
use crate::store::{Content, Delivered, Delivery, Filter, StoreError, Unit, Window};
use crate::transport::folder::{Put, fetched_mark, put};

/// Deliveries looked up at a time.
const BATCH: u32 = 64;

/// Delivers until `stop`.
pub async fn run(pipeline: Pipeline, stop: watch::Receiver<bool>) {
    turns(pipeline, stop, Delivering).await;
}

struct Delivering;

impl Follower for Delivering {
    async fn turn(&mut self, pipeline: &Pipeline) -> Result<usize, impl Display + Send> {
        turn(pipeline, Timestamp::now()).await
    }
}

/// Tries what is due; how many deliveries were made. Of a partner where one fails, those behind it wait: order is kept.
///
/// # Errors
/// When the store cannot be used.
pub async fn turn(pipeline: &Pipeline, now: Timestamp) -> Result<usize, StoreError> {
    let paused = pipeline.store.paused().await?;
    let mut blocked: HashSet<String> = paused.into_iter().map(|partner| partner.name).collect();
    let (mut done, mut units) = (0, Vec::new());
    for delivery in pipeline.store.due(now, BATCH).await? {
        if blocked.contains(&delivery.partner) {
            continue;
        }
        let content = pipeline.store.content(delivery.content).await?;
        let report = report(pipeline, &delivery).await?;
        let (partner, name) = (delivery.partner.clone(), delivery.file_name.clone());
        let (state, diagnostics) = match write(pipeline, &delivery, content, report).await {
            Ok(Put::Written | Put::There) => (put_there(pipeline, &delivery), Vec::new()),
            Ok(Put::Differs) => (DeliveryState::Held, vec![differs(pipeline, &delivery)]),
            Err(error) => (DeliveryState::Waiting, vec![failed(pipeline, &delivery, &error)]),
        };
        match state {
            DeliveryState::Delivered | DeliveryState::Placed => {
                info!(delivery = delivery.id, partner, file = name, "{}", state.word());
                done += 1;
            }
            _ => {
                diagnostics.iter().for_each(|one| warn!(delivery = delivery.id, partner, "{}", one.message));
                blocked.insert(partner);
            }
        }
        let attempts = u32::try_from(delivery.attempts + 1).unwrap_or(u32::MAX);
        let wait = wait_before(attempts, delivery.id.unsigned_abs());
        let due_at = now.checked_add(wait).unwrap_or(now);
        let (id, version) = (delivery.id, delivery.version);
        units.push(Unit::Delivered(Delivered { id, version, state, due_at, at: now, diagnostics }));
    }
    if !units.is_empty() {
        pipeline.store.commit(units).await?;
    }
    Ok(done)
}

/// The state of a delivery whose file lies there: a partner that logs in has still to take it. Reports are for those who want
/// to read them.
fn put_there(pipeline: &Pipeline, delivery: &Delivery) -> DeliveryState {
    let edition = pipeline.edition();
    let profile = edition.profiles.iter().find(|profile| profile.short_name == delivery.partner);
    let server = profile.and_then(|profile| profile.sftp_server());
    let is_taken = server.is_some_and(|server| server.delivered_when != DeliveredWhen::Placed);
    match is_taken && !matches!(delivery.kind.as_str(), "refusal" | "report") {
        true => DeliveryState::Placed,
        false => DeliveryState::Delivered,
    }
}

/// Where the file of a delivery is put.
fn folder(pipeline: &Pipeline, delivery: &Delivery) -> PathBuf {
    match delivery.kind.as_str() {
        "refusal" => pipeline.folders.refused(),
        "report" => pipeline.reports(&delivery.partner),
        _ => pipeline.folders.outbox(&delivery.partner),
    }
}

/// What is said beside a refused object.
async fn report(pipeline: &Pipeline, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    if delivery.kind != "refusal" {
        return Ok(None);
    }
    let filter = Filter { delivery: Some(delivery.id), ..Filter::default() };
    let mut report = String::new();
    for document in pipeline.store.documents(&filter, Window::first(1)).await? {
        let attempts = pipeline.store.attempts(document.id).await?;
        let diagnostics = attempts.last().map(|attempt| attempt.diagnostics.as_slice()).unwrap_or_default();
        report.extend(diagnostics.iter().map(|one| text::render(one, false)));
    }
    Ok(Some(report))
}

async fn write(pipeline: &Pipeline, delivery: &Delivery, content: Content, report: Option<String>) -> io::Result<Put> {
    let folder = folder(pipeline, delivery);
    let (name, done_file) = (delivery.file_name.clone(), delivery.done_file.clone());
    let written = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        let mut bytes = Vec::new();
        content.open()?.read_to_end(&mut bytes)?;
        if let Some(report) = report {
            // Before the object, so that whoever finds that finds this too.
            put(&folder, &format!("{}.diagnostics.txt", name.trim_end_matches(".json")), report.as_bytes())?;
        }
        let written = put(&folder, &name, &bytes)?;
        // It is to be taken once more, should it have been taken before.
        drop(std::fs::remove_file(fetched_mark(&folder, &name)));
        if let (Some(end), Put::Written | Put::There) = (done_file, written) {
            put(&folder, &format!("{name}{end}"), b"")?;
        }
        Ok(written)
    });
    written.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn differs(pipeline: &Pipeline, delivery: &Delivery) -> Diagnostic {
    let folder = folder(pipeline, delivery);
    let message =
        format!("{} is in the outbox of {} already, with other content", delivery.file_name, delivery.partner);
    Diagnostic::new(codes::DELIVERY_TARGET_DIFFERS, message, Place::Nowhere)
        .cause(format!("the file in {} was not written by this delivery, and is never written over", folder.display()))
        .remedy(format!("find out what it is, move it away, then `crossdock delivery retry {}`", delivery.id))
}

fn failed(pipeline: &Pipeline, delivery: &Delivery, error: &io::Error) -> Diagnostic {
    let folder = folder(pipeline, delivery);
    let message = format!("{} cannot be put into {}", delivery.file_name, folder.display());
    Diagnostic::new(codes::DELIVERY_FAILED, message, Place::Nowhere)
        .cause(error.to_string().to_lowercase())
        .remedy("make room or mend the folder's permissions; it is tried again by itself, at once with `crossdock delivery retry`")
}
