//! A document translated anew: rerun with what is in force now, corrected by a person, or released in spite of what held it.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;

use super::opened::Opened;
use super::passage::{Passages, within};
use super::records::Records;
use super::{Failed, Pipeline, inbound, is_told, outbound};
use crate::canonical::{self, Difference, Object};
use crate::diagnostic::{Diagnostic, cause, codes};
use crate::lifecycle::DocumentState;
use crate::store::{
    Applied, Attempt, Audit, Document, Event, NewAttempt, NewDelivery, NewDocument, Payload, Retake, StoreError,
    SubmittedAs, Unit,
};

/// A document translated anew, not committed yet.
#[derive(Debug)]
pub struct Retaken {
    /// What would be committed.
    pub document: NewDocument,
    /// What goes out for it, of a document from the ERP.
    pub delivery: Option<NewDelivery>,
    /// How its object differs from what the ERP has, or else from that of the attempt in force; `None` where there was none, or is
    /// none now.
    pub differences: Option<Vec<Difference>>,
    /// The attempt in force.
    pub before: Attempt,
    /// The partner was told that it is rejected.
    pub told: bool,
    /// What the ERP has of it, of a document from a partner.
    pub published: Option<Event>,
}

/// Why a document was not translated anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// It is not in its payload any more.
    Gone,
    /// What a person wrote in its place is not one document: why.
    NotOne(String),
    /// No profile in force is of the partner whose it is: another mapping, or none, would read or write it wrong.
    NoProfile,
    /// It was submitted as a test and is written as none now, or the other way round: its partner's profile says otherwise since.
    OtherUsage,
}

/// What a document was translated to.
type Taken = Result<(NewDocument, Option<NewDelivery>), Lost>;

impl Retaken {
    /// Is the object another one than that of the attempt in force, or is there one for the first time?
    #[must_use]
    pub fn differs(&self) -> bool {
        self.before.canonical != self.document.attempt.canonical
    }

    /// What committing it makes of the document: its state, and the id of the event that says it. What does not differ from
    /// what was published is not published again.
    #[must_use]
    pub fn outcome(&self, document: &Document) -> (DocumentState, Option<String>) {
        let object = self.document.attempt.canonical.as_ref();
        match self.document.state {
            DocumentState::Staged if self.published.as_ref().is_some_and(|event| Some(&event.data) == object) => {
                (DocumentState::Published, None)
            }
            DocumentState::Staged => (DocumentState::Published, Some(next_event(document, &self.document))),
            DocumentState::Held if self.told => (DocumentState::Rejected, None),
            other => (other, None),
        }
    }
}

impl Pipeline {
    /// Translates a document anew by what is in force; nothing is changed yet. `correction` replaces the set's bytes. Who translates
    /// many hands in the same `passages`, so that a payload is read once for all that come in their order.
    ///
    /// # Errors
    /// When the store cannot be used. [`Lost`] when the document is not in its payload any more, or a correction is not one document.
    pub async fn retake(
        &self,
        document: &Document,
        by: &str,
        correction: Option<Vec<u8>>,
        passages: &mut Passages,
    ) -> Result<Result<Retaken, Lost>, StoreError> {
        let Some(payload) = passages.payload(&self.store, document.payload).await? else { return Ok(Err(Lost::Gone)) };
        // One whose sender was never known is its mailbox's.
        let was_known = payload.partner.is_some() || document.partner.as_deref() != Some(payload.mailbox.as_str());
        let attempts = self.store.attempts(document.id).await?;
        let Some(before) = attempts.iter().rfind(|attempt| attempt.number == document.attempt).cloned() else {
            return Ok(Err(Lost::Gone));
        };
        let correction = match correction {
            Some(bytes) => Some(bytes),
            None => self.store.correction(&attempts).await?,
        };
        let taken = match (document.direction == "in", correction) {
            (true, None) => {
                let found = self.translate_again(document, (payload, by), passages).await;
                found.map(|found| found.map(|new| new.map(|new| (new, None)).ok_or(Lost::Gone)))
            }
            (true, Some(correction)) => self.translate_corrected(document, (payload, by), correction).await,
            (false, correction) => self.write_anew(document, (payload, by), correction, passages).await,
        };
        let taken = match taken {
            Ok(Ok(taken)) if self.has_lost_its_profile(document, was_known, &taken) => return Ok(Err(Lost::NoProfile)),
            Ok(Ok(taken)) => taken,
            Ok(Err(Failed::Store(error))) => return Err(error),
            Ok(Err(Failed::Content(error))) => return Err(unreadable(document, &error)),
            Ok(Err(Failed::Gone)) => return Ok(Err(Lost::Gone)),
            Err(bug) => return Err(broken(document, &bug)),
        };
        let told = document.direction == "in" && attempts.iter().any(|attempt| is_told(&attempt.diagnostics));
        let published = self.published(document).await?;
        Ok(taken.and_then(|(mut new, delivery)| {
            keep_lane(document, &attempts, &mut new)?;
            new.partner = new.partner.or_else(|| document.partner.clone());
            // Once a person has let it go on it goes on.
            if published.is_none() {
                inbound::hold_with_others(&attempts, &mut new);
            }
            known_as(document, &mut new);
            let was = published.as_ref().map(|event| &event.data).or(before.canonical.as_ref());
            let differences = was.and_then(|was| differences(was, &new));
            Ok(Retaken { document: new, delivery, differences, before, told, published })
        }))
    }

    /// Was a document, which is on record as a partner's, translated as nobody's?
    fn has_lost_its_profile(&self, document: &Document, was_known: bool, taken: &Taken) -> bool {
        let (Some(partner), inward) = (&document.partner, document.direction == "in") else { return false };
        let gone = self.edition().profile(partner).is_none();
        match taken {
            // An object names its partner itself.
            Ok((new, _)) if new.partner.is_none() => {
                let is_told = new.attempt.diagnostics.iter().any(|one| one.code == codes::PROFILE_UNUSABLE);
                !is_told && if inward { was_known } else { gone }
            }
            // A file without an envelope is found by its partner's profile only.
            Err(Lost::Gone) => inward && gone,
            _ => false,
        }
    }

    /// The event under which the ERP has a document of a partner.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn published(&self, document: &Document) -> Result<Option<Event>, StoreError> {
        match document.event.as_deref().filter(|_| document.direction == "in") {
            Some(id) => self.store.event(id).await,
            None => Ok(None),
        }
    }

    /// Translates a document of a partner with bytes that a person has corrected.
    async fn translate_corrected(
        &self,
        document: &Document,
        (payload, by): (Payload, &str),
        correction: Vec<u8>,
    ) -> Result<Result<Taken, Failed>, Diagnostic> {
        let content = match self.store.content(payload.content).await {
            Ok(content) => content,
            Err(error) => return Ok(Err(Failed::Store(error))),
        };
        let (edition, by, store) = (self.edition(), by.to_owned(), self.store.clone());
        let (id, position) = (document.id, document.position);
        let taken = self.on_a_thread(move |handle| {
            let (now, records) = (Timestamp::now(), &Records::new(store, handle));
            records.begin(Some(id));
            let (payload, content, edition, by) = (&payload, &content, &*edition, by.as_str());
            let order = inbound::Order { payload, content, edition, now, by, records };
            let taken = read_corrected(&order, position, correction)?.map(|document| (document, None));
            records.failed().map_or(Ok(taken), |error| Err(Failed::Store(error)))
        });
        taken.await
    }

    /// Writes a document of the ERP anew, of the bytes that came or of a correction.
    async fn write_anew(
        &self,
        document: &Document,
        (payload, by): (Payload, &str),
        correction: Option<Vec<u8>>,
        passages: &mut Passages,
    ) -> Result<Result<Taken, Failed>, Diagnostic> {
        let bytes = match passages.bytes(&self.store, payload.content).await {
            Ok(bytes) => bytes,
            Err(failed) => return Ok(Err(failed)),
        };
        let (edition, by, store) = (self.edition(), by.to_owned(), self.store.clone());
        let (range, was_refused) = (document.bytes.clone(), document.state == DocumentState::Refused);
        let only = outbound::Only { id: document.id, position: document.position, start: range.start };
        let taken = self.on_a_thread(move |handle| {
            let (now, records) = (Timestamp::now(), &Records::new(store, handle));
            if let Some(why) = correction.as_deref().and_then(not_one_object) {
                return Ok(Err(Lost::NotOne(why)));
            }
            let corrected = correction.as_deref().map(|correction| spliced(&bytes, &range, correction));
            let (payload, bytes) = (&payload, corrected.as_ref().unwrap_or(&bytes));
            let (edition, by, only, known) = (&*edition, by.as_str(), Some(only), &Default::default());
            let order = outbound::Order { payload, bytes, edition, now, by, only, records, known };
            let mut submission = outbound::write(&order);
            // The ERP has a refused object back already.
            let delivery = submission.deliveries.pop().filter(|one| one.kind != "refusal" || !was_refused);
            let taken = submission.documents.pop().map(|mut document| {
                document.bytes = range;
                document.attempt.correction = correction;
                (document, delivery)
            });
            let taken = taken.ok_or(Lost::Gone);
            records.failed().map_or(Ok(taken), |error| Err(Failed::Store(error)))
        });
        taken.await
    }

    /// Commits a document that was translated anew. What differs from what was published is published under a new event id,
    /// which says what it replaces; what does not differ is not published again.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn commit_retake(
        &self,
        document: &Document,
        taken: Retaken,
        audit: Audit,
    ) -> Result<Applied, StoreError> {
        let (state, event) = taken.outcome(document);
        let new = taken.document;
        let submitted = submitted_as(document, &new);
        let published = document.event.clone().filter(|_| document.direction == "in");
        let unit = Retake {
            document: document.id,
            version: document.version,
            state,
            bytes: new.bytes,
            lane: new.lane,
            partner: new.partner,
            kind: new.document,
            business_number: new.business_number,
            identity: new.identity,
            canonical_type: new.canonical_type,
            replaces: Some(new.replaces),
            supersedes: published.filter(|_| event.is_some()),
            submitted,
            event,
            delivery: taken.delivery,
            set_number: new.control_numbers[2].clone(),
            outgoing: new.outgoing,
            attempt: NewAttempt { why: audit.why.clone(), by: audit.by.clone(), ..new.attempt },
            audit,
        };
        let applied = self.store.commit_one(Unit::Retake(Box::new(unit))).await?;
        self.released.notify_waiters();
        Ok(applied)
    }
}

/// By what a document of the ERP that was written anew is known when it is submitted again: the id of its event, on record or as it
/// is `now`; else what it is about.
pub(crate) fn submitted_as(document: &Document, now: &NewDocument) -> Option<SubmittedAs> {
    if document.direction != "out" {
        return None;
    }
    let event = document.event.clone().or_else(|| now.event.clone()).map(SubmittedAs::Event);
    event.or_else(|| now.subject().map(|subject| SubmittedAs::Object(document.position, subject)))
}

/// The id of the event of a document's next attempt.
fn next_event(document: &Document, new: &NewDocument) -> String {
    event_of(&new.event.clone().unwrap_or_default(), document)
}

pub(super) fn event_of(key: &str, document: &Document) -> String {
    let (position, attempt) = (document.position.unsigned_abs(), document.attempt.unsigned_abs());
    canonical::event_id_at(document.received_at, key.as_bytes(), position, attempt + 1)
}

/// Bytes in which others stand at a place.
fn spliced(whole: &[u8], range: &Range<u64>, bytes: &[u8]) -> Vec<u8> {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(whole.len());
    [&whole[..at(range.start)], bytes, &whole[at(range.end)..]].concat()
}

/// Why what a person wrote in the place of an object of the ERP is not one. What is wrong with one is found when it is written.
fn not_one_object(correction: &[u8]) -> Option<String> {
    let mut objects = canonical::submissions(correction);
    match (objects.next(), objects.next()) {
        (None, _) => Some("what was written holds no object".to_owned()),
        (Some(Ok(_)), Some(_)) => Some("what was written holds more than one object".to_owned()),
        _ => None,
    }
}

/// Reads one document of a payload from a partner, with its bytes replaced by those that a person has corrected. It is known by its
/// position: these must hold it and no other, else the next one of the file would pass for it.
fn read_corrected(
    order: &inbound::Order<'_>,
    position: i64,
    correction: Vec<u8>,
) -> std::io::Result<Result<NewDocument, Lost>> {
    let open = || Opened::new(&order.payload.file_name, order.content);
    // The set stands where it stood: behind its own envelope, of which nothing changes.
    let was = within(order, &mut open()?, position, None)?;
    let Some(range) = was.first().map(|was| was.bytes.clone()) else { return Ok(Err(Lost::Gone)) };
    let corrected = range.start..range.start + correction.len() as u64;
    let mut opened = open()?.spliced(range.clone(), correction.clone());
    let found = within(order, &mut opened, position, Some(corrected.clone()))?;
    if let Some(why) = not_one(&found, &was, &corrected, &correction) {
        return Ok(Err(Lost::NotOne(why)));
    }
    let Some(mut document) = found.into_iter().next() else { return Ok(Err(Lost::Gone)) };
    document.bytes = range;
    document.attempt.correction = Some(correction);
    Ok(Ok(document))
}

/// Why the documents that begin in a correction are not the one that `was` there.
fn not_one(found: &[NewDocument], was: &[NewDocument], range: &Range<u64>, correction: &[u8]) -> Option<String> {
    // Several objects of one set begin where it does. Of rows that stand apart others stand between.
    let starts = |documents: &[NewDocument]| documents.iter().map(|one| one.bytes.start).collect::<BTreeSet<_>>().len();
    let (before, now) = (starts(was), starts(found));
    let word = if was.first()?.document.starts_with("x12") { "transaction set" } else { "document" };
    let Some(first) = found.first() else { return Some(format!("what was written holds no {word}")) };
    if now > before {
        return Some(format!("what was written holds more than one {word}"));
    }
    if first.bytes.is_empty() || inbound::is_of_passed_over(&first.document) {
        let why = first.attempt.diagnostics.first().map(|one| one.message.clone()).unwrap_or_default();
        return Some(format!("what was written cannot be read as a {word}: {why}"));
    }
    if first.bytes.end > range.end {
        return Some(format!("the {word} does not end in what was written"));
    }
    let at = |offset: u64| usize::try_from(offset - range.start).unwrap_or(usize::MAX).min(correction.len());
    let beside = [&correction[..at(first.bytes.start)], &correction[at(first.bytes.end)..]];
    let is_more = beside.iter().any(|bytes| !bytes.trim_ascii().is_empty());
    is_more.then(|| format!("something stands beside the {word} in what was written"))
}

/// A document stays a test, or none, once it went on as that, whatever the profile of its partner says since: what the ERP has of it
/// is not mended by what lies elsewhere. One of the ERP is that from when it was submitted, and not written as the other.
fn keep_lane(document: &Document, attempts: &[Attempt], new: &mut NewDocument) -> Result<(), Lost> {
    let was = lane_of(document);
    let went_on = match document.direction.as_str() {
        "in" => document.event.is_some(),
        // Where no profile could be used nobody knew.
        _ => was == "test" || attempts.iter().any(|attempt| attempt.mapping.is_some()),
    };
    if went_on && new.lane != was {
        if document.direction == "out" && new.attempt.mapping.is_some() {
            return Err(Lost::OtherUsage);
        }
        new.lane = was;
    }
    Ok(())
}

/// The lane of a document on record.
pub(super) fn lane_of(document: &Document) -> &'static str {
    if document.lane == "test" { "test" } else { "live" }
}

/// A document that cannot be read any more is found by what it was known by.
fn known_as(document: &Document, new: &mut NewDocument) {
    if !matches!(new.state, DocumentState::Held | DocumentState::Rejected | DocumentState::Refused) {
        return;
    }
    if new.attempt.mapping.is_none() && document.canonical_type.is_some() {
        new.document.clone_from(&document.document);
    }
    new.canonical_type = new.canonical_type.take().or_else(|| document.canonical_type.clone());
    if new.business_number.is_none() {
        new.business_number.clone_from(&document.business_number);
        new.identity = new.identity.take().or_else(|| document.identity.clone());
    }
}

/// How an object differs from a new one of the same type.
fn differences(was: &[u8], new: &NewDocument) -> Option<Vec<Difference>> {
    let shape = canonical::shape(new.canonical_type.as_deref()?)?;
    let read = |json: &[u8]| -> Object { canonical::read(json, shape).0 };
    Some(canonical::differences(&read(was), &read(new.attempt.canonical.as_ref()?), shape))
}

pub(super) fn unreadable(document: &Document, error: &std::io::Error) -> StoreError {
    StoreError {
        message: format!("the bytes of document {} cannot be read", document.id),
        cause: cause(error),
        remedy: "restore data/spool from a backup, or ask the partner for the file again",
    }
}

pub(super) fn broken(document: &Document, bug: &Diagnostic) -> StoreError {
    StoreError {
        message: format!("document {} cannot be translated: {}", document.id, bug.message),
        cause: bug.cause.clone().unwrap_or_default(),
        remedy: "send this message and the payload to those who look after Crossdock",
    }
}
