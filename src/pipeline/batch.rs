//! Documents that were collected go out: those of a delivery that is due are written as one interchange or file, and the
//! delivery gets its control numbers.
//!
//! They were written and read back when they came, so that the ERP heard at once of what cannot be written. What cannot be
//! written any more, since a mapping or profile has changed meanwhile, is held; the others go.

use std::fmt::Display;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::info;

use super::Pipeline;
use super::records::{LookedUp, Records};
use super::turns::{Follower, turns};
use super::writing::{Open, With};
use crate::canonical::{self, Object};
use crate::catalog::Edition;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, Place, codes};
use crate::mapping::{Given, Plan};
use crate::partner::{Profile, Send, Usage};
use crate::store::{
    Applied, Attempt, ClosedDocument, Closing, Delivery, Document, Filter, NewAttempt, Outgoing, Row, StoreError, Unit,
    Window,
};

/// Documents of one delivery that are looked up, at most: more are not collected.
const DOCUMENTS: u32 = 100_000;
/// Who is said to have written them.
const BY: &str = "gateway";

/// Closes deliveries that collect documents, until `stop`.
pub async fn run(pipeline: Pipeline, stop: watch::Receiver<bool>) {
    turns(pipeline, stop, Collecting).await;
}

#[derive(Debug)]
struct Collecting;

impl Follower for Collecting {
    async fn turn(&mut self, pipeline: &Pipeline) -> Result<usize, impl Display + std::marker::Send> {
        turn(pipeline, Timestamp::now()).await
    }
}

/// Closes what is due `now`; how many deliveries that were.
///
/// # Errors
/// When the store cannot be used.
pub async fn turn(pipeline: &Pipeline, now: Timestamp) -> Result<usize, StoreError> {
    let (mut closed, mut failed) = (0, None);
    for id in pipeline.store.collected(now).await? {
        match close(pipeline, id, now).await {
            Ok(done) => closed += usize::from(done),
            // One that cannot be written does not keep others back.
            Err(error) => failed = Some(error),
        }
    }
    if closed > 0 {
        pipeline.released.notify_waiters();
    }
    failed.map_or(Ok(closed), Err)
}

/// Closes a delivery; false when it is to be written anew: a document came or left meanwhile.
async fn close(pipeline: &Pipeline, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    let Some(delivery) = pipeline.store.delivery(id).await? else { return Ok(false) };
    let Some(closing) = written(pipeline, delivery, now).await? else { return Ok(false) };
    let (documents, files) = (closing.documents.len(), closing.made.len());
    let applied = pipeline.store.commit_one(Unit::Close(Box::new(closing))).await?;
    let done = matches!(applied, Applied::Done(_));
    if done {
        info!(delivery = id, documents, files, "what was collected goes out");
    }
    Ok(done)
}

/// A document of a delivery that collected it.
struct Collected {
    document: Document,
    /// How it was written when it came.
    before: Attempt,
}

/// What a delivery collected, written; `None` while its partner's profile cannot be used.
async fn written(pipeline: &Pipeline, delivery: Delivery, now: Timestamp) -> Result<Option<Closing>, StoreError> {
    let edition = pipeline.edition();
    let partner = &delivery.partner;
    if edition.lacks_profile(partner) {
        return Ok(None);
    }
    let store = pipeline.store.clone();
    let filter = Filter { delivery: Some(delivery.id), ..Filter::default() };
    let mut collected = Vec::new();
    for document in store.documents(&filter, Window::first(DOCUMENTS)).await? {
        let attempts = store.attempts(document.id).await?;
        let before = attempts.into_iter().find(|attempt| attempt.number == document.attempt);
        collected.extend(before.map(|before| Collected { document, before }));
    }
    let row = Row { id: delivery.id, version: delivery.version };
    let done = pipeline.on_a_thread(move |handle| {
        let records = Records::new(store, handle);
        let mut desk = Desk { edition: &edition, records: &records, given: records.given(), now, open: Vec::new() };
        let documents: Vec<_> = collected.iter().map(|one| desk.document(&delivery, one)).collect();
        let made = desk.open.into_iter().filter_map(|open| open.finish(now)).collect();
        match records.failed() {
            Some(error) => Err(error),
            None => Ok(Closing { delivery: row, made, documents, at: now }),
        }
    });
    match done.await {
        Ok(closing) => closing.map(Some),
        Err(bug) => Err(StoreError {
            message: format!("the documents of delivery {} cannot be written: {}", row.id, bug.message),
            cause: bug.cause.unwrap_or_default(),
            remedy: "send this message and the documents to those who look after Crossdock",
        }),
    }
}

struct Desk<'a> {
    edition: &'a Edition,
    records: &'a Arc<Records>,
    given: Arc<Given>,
    now: Timestamp,
    /// What is being written: one, or several where a file has no room for all.
    open: Vec<Open<'a>>,
}

impl<'a> Desk<'a> {
    fn document(&mut self, delivery: &Delivery, one: &Collected) -> ClosedDocument {
        let Collected { document, before } = one;
        let mut found = Diagnostics::unlimited();
        let plan = self.plan(delivery, document, &mut found);
        self.records.begin(Some(document.id));
        let written = plan.as_ref().and_then(|(profile, entry, plan)| {
            let object = canonical::read(before.canonical.as_deref().unwrap_or_default(), plan.canonical).0;
            self.write((profile, entry), plan, &object, &mut found)
        });
        let LookedUp { numbers, missing, recalled } = self.records.end(written.is_some());
        let name = plan.map(|(.., plan)| plan.name.clone());
        let fingerprint = name.as_deref().map(|name| self.edition.fingerprint(name).to_vec());
        // A mapping that is as it was makes what it made, unless what it recalls has changed.
        let is_as_before = written.is_some() && fingerprint == before.plan;
        let attempt = (!is_as_before).then(|| NewAttempt {
            at: self.now,
            by: BY.to_owned(),
            why: Some("written anew with all that was collected".to_owned()),
            mapping: name,
            plan: fingerprint,
            canonical: before.canonical.clone(),
            correction: None,
            diagnostics: named(found, &document.file_name),
        });
        ClosedDocument {
            id: document.id,
            place: written,
            attempt,
            outgoing: Outgoing { numbers, awaits: missing, recalled, collect: None },
        }
    }

    /// The entry by which a document was collected, and its mapping as it is now.
    fn plan(
        &self,
        delivery: &Delivery,
        document: &Document,
        found: &mut Diagnostics,
    ) -> Option<(&'a Profile, &'a Send, Arc<Plan>)> {
        let partner = &delivery.partner;
        let Some(profile) = self.edition.profile(partner) else {
            let message = format!("there is no partner `{partner}` any more");
            let remedy = "bring its profile back, or submit the object for another partner";
            found.push(Diagnostic::new(codes::SUBMISSION_PARTNER, message, Place::Nowhere).remedy(remedy));
            return None;
        };
        let now = if profile.usage == Usage::Test { "test" } else { "live" };
        if now != document.lane {
            found.push(other_usage(document, profile));
            return None;
        }
        let today = profile.day_of(self.now);
        let is_such = |entry: &&Send| {
            Some(&entry.canonical.value) == document.canonical_type.as_ref()
                && delivery.collects.as_ref() == Some(&entry.document.value.to_string())
        };
        // The latest that is in force.
        let entry = profile.send.iter().filter(is_such).max_by_key(|entry| {
            let in_force = entry.from.is_none_or(|from| from <= today);
            (in_force, entry.from)
        });
        let Some(entry) = entry else {
            let message = format!("{} is sent no {} any more", profile.name, document.document);
            let remedy = format!("bring its [[send]] back in {}, or discard the document", profile.file.name);
            found.push(Diagnostic::new(codes::SUBMISSION_NOT_SENT, message, Place::Nowhere).remedy(remedy));
            return None;
        };
        Some((profile, entry, self.edition.catalog.plan_of(entry, found)?))
    }

    /// Writes an object: behind those before it, or where a file has no room for both, into one of its own.
    fn write(
        &mut self,
        (profile, entry): (&'a Profile, &'a Send),
        plan: &Arc<Plan>,
        object: &Object,
        found: &mut Diagnostics,
    ) -> Option<(usize, u64)> {
        if let Some(last) = self.open.last_mut() {
            let mut told = Diagnostics::unlimited();
            let written = last.write(self.edition, plan, object, &mut told);
            let no_room = told.list().iter().any(|one| one.code == codes::LAYOUT_NO_ROOM);
            if written.is_some() || !no_room {
                found.append(&mut told);
                return Some((self.open.len() - 1, written?.number));
            }
        }
        let Self { edition, given, now, .. } = self;
        let mut open = Open::begin(With { edition, given, now: *now }, profile, entry, found)?;
        let written = open.write(edition, plan, object, found)?;
        self.open.push(open);
        Some((self.open.len() - 1, written.number))
    }
}

/// What is said of a document that was submitted as a test and would go out as none, or the other way round.
fn other_usage(document: &Document, profile: &Profile) -> Diagnostic {
    let (was, now) = if document.lane == "test" { ("a test", "none") } else { ("no test", "one") };
    let message = format!("it was submitted as {was}, and would go out as {now}");
    Diagnostic::new(codes::SUBMISSION_OTHER_USAGE, message, Place::Nowhere)
        .cause(format!("`usage` of {} has changed since", profile.file.name))
        .remedy(format!(
            "submit it again if it is meant so now, and `crossdock document discard {id}`; or set `usage` back, then \
             `crossdock document rerun {id}`",
            id = document.id
        ))
}

/// Diagnostics of an object, with the name of the file that it came in.
fn named(mut found: Diagnostics, file: &str) -> Vec<Diagnostic> {
    for diagnostic in found.list_mut() {
        if let Place::Nowhere = diagnostic.place {
            diagnostic.place = FieldPlace::default().into();
        }
        if let Place::Field(place) = &mut diagnostic.place {
            place.file.get_or_insert_with(|| file.to_owned());
        }
    }
    found.take()
}
