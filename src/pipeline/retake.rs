//! A document translated anew: rerun with what is in force now, corrected by a person, or released in spite of what held it.

use std::io::Read;
use std::ops::Range;

use jiff::Timestamp;

use super::opened::Opened;
use super::records::Records;
use super::{Failed, Pipeline, inbound, outbound};
use crate::canonical::{self, Difference, Object};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lifecycle::DocumentState;
use crate::store::{
    Applied, Attempt, Audit, Content, Document, NewAttempt, NewDelivery, NewDocument, Retake, StoreError, Unit,
};
use crate::translation::{self, Inbound, Outcome, Set};

/// A document translated anew, not committed yet.
#[derive(Debug)]
pub struct Retaken {
    /// What would be committed.
    pub document: NewDocument,
    /// What goes out for it, of a document from the ERP.
    pub delivery: Option<NewDelivery>,
    /// How its object differs from that of the attempt in force.
    pub differences: Vec<Difference>,
    /// The attempt in force.
    pub before: Attempt,
}

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
        let is_published = document.state == DocumentState::Published && document.event.is_some();
        match self.document.state {
            DocumentState::Staged if is_published && !self.differs() => (DocumentState::Published, None),
            DocumentState::Staged => (DocumentState::Published, Some(next_event(document, &self.document))),
            other => (other, None),
        }
    }
}

impl Pipeline {
    /// Translates a document anew by what is in force; nothing is changed yet. `correction` replaces the set's bytes.
    ///
    /// # Errors
    /// When the store cannot be used. `Ok(None)` when the document is not in its payload any more.
    pub async fn retake(
        &self,
        document: &Document,
        by: &str,
        correction: Option<Vec<u8>>,
    ) -> Result<Option<Retaken>, StoreError> {
        let Some(payload) = self.store.payload(document.payload).await? else { return Ok(None) };
        let content = self.store.content(payload.content).await?;
        let attempts = self.store.attempts(document.id).await?;
        let Some(before) = attempts.iter().rfind(|attempt| attempt.number == document.attempt).cloned() else {
            return Ok(None);
        };
        let correction = match correction {
            Some(bytes) => Some(bytes),
            None => self.store.correction(&attempts).await?,
        };
        let (edition, by, position) = (self.edition(), by.to_owned(), document.position);
        let (inward, range) = (document.direction == "in", document.bytes.clone());
        let was_refused = document.state == DocumentState::Refused;
        let (store, id) = (self.store.clone(), document.id);
        let taken = self.on_a_thread(move |handle| {
            let (now, records) = (Timestamp::now(), &Records::new(store, handle));
            let (payload, edition, by) = (&payload, &*edition, by.as_str());
            if inward {
                records.begin(Some(id));
                let order = inbound::Order { payload, content: &content, edition, now, by, records };
                let taken = read_one(&order, position, correction)?.map(|document| (document, None));
                return records.failed().map_or(Ok(taken), |error| Err(Failed::Store(error)));
            }
            let (known, only) = (&Default::default(), Some((id, position)));
            let corrected = correction.as_deref().map(|bytes| spliced(&content, &range, bytes)).transpose()?;
            let content = corrected.as_ref().unwrap_or(&content);
            let order = outbound::Order { payload, content, edition, now, by, only, records, known };
            let mut submission = outbound::write(&order)?;
            // The ERP has a refused object back already.
            let delivery = submission.deliveries.pop().filter(|delivery| delivery.kind != "refusal" || !was_refused);
            let taken = submission.documents.pop().map(|mut document| {
                if correction.is_some() {
                    document.bytes = range;
                    document.attempt.correction = correction;
                }
                (document, delivery)
            });
            records.failed().map_or(Ok(taken), |error| Err(Failed::Store(error)))
        });
        let taken = match taken.await {
            Ok(Ok(taken)) => taken,
            Ok(Err(Failed::Store(error))) => return Err(error),
            Ok(Err(Failed::Content(error))) => return Err(unreadable(document, &error)),
            Ok(Err(Failed::Gone)) => return Ok(None),
            Err(bug) => return Err(broken(document, &bug)),
        };
        Ok(taken.map(|(new, delivery)| {
            let differences = differences(&before, &new);
            Retaken { document: new, delivery, differences, before }
        }))
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
            canonical_type: new.canonical_type,
            replaces: Some(new.replaces),
            supersedes: published.filter(|_| event.is_some()),
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

/// The id of the event of a document's next attempt.
fn next_event(document: &Document, new: &NewDocument) -> String {
    event_of(&new.event.clone().unwrap_or_default(), document)
}

pub(super) fn event_of(key: &str, document: &Document) -> String {
    let (position, attempt) = (document.position.unsigned_abs(), document.attempt.unsigned_abs());
    canonical::event_id_at(document.received_at, key.as_bytes(), position, attempt + 1)
}

/// A content in which other bytes stand at a place.
fn spliced(content: &Content, range: &std::ops::Range<u64>, bytes: &[u8]) -> std::io::Result<Content> {
    let mut whole = Vec::new();
    content.open()?.read_to_end(&mut whole)?;
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(whole.len());
    let (start, end) = (at(range.start), at(range.end));
    Ok(Content::Inline([&whole[..start], bytes, &whole[end..]].concat()))
}

/// Reads one document of a payload from a partner, with its bytes replaced where a person has corrected them.
fn read_one(
    order: &inbound::Order<'_>,
    position: i64,
    correction: Option<Vec<u8>>,
) -> std::io::Result<Option<NewDocument>> {
    let open = || Opened::new(&order.payload.file_name, order.content);
    let Some(correction) = correction else { return find(order, open()?, position) };
    // The set stands where it stood: behind its own envelope, of which nothing changes.
    let Some(was) = find(order, open()?, position)? else { return Ok(None) };
    let mut document = find(order, open()?.spliced(was.bytes.clone(), correction.clone()), position)?;
    if let Some(document) = &mut document {
        document.bytes = was.bytes;
        document.attempt.correction = Some(correction);
    }
    Ok(document)
}

/// Translates the document at `position`; those before it are only read, where that tells how many they are.
fn find(order: &inbound::Order<'_>, mut opened: Opened<'_>, position: i64) -> std::io::Result<Option<NewDocument>> {
    let found = seek(order, &mut opened, position, |inbound, document, _| match document {
        Ok(document) => Some(order.document(inbound::Taken::of(order, inbound, document), position, false)),
        Err(passed) => order.passed_over(passed, inbound.surroundings().partner.clone(), position),
    })?;
    let Some(document) = found.flatten() else { return Ok(None) };
    let (base, Range { start, end }) = (opened.base(), document.bytes);
    Ok(Some(NewDocument { bytes: start + base..end + base, ..document }))
}

/// Reads on to the document at `position` and hands it to `take` with its bytes; or what says that it was passed over.
pub(super) fn seek<T>(
    order: &inbound::Order<'_>,
    opened: &mut Opened<'_>,
    position: i64,
    take: impl FnOnce(&mut Inbound, Result<&translation::Document, Diagnostic>, &[u8]) -> T,
) -> std::io::Result<Option<T>> {
    let (mut seen, mut take) = (0, Some(take));
    while opened.next_file()? {
        let found = seek_in_file(order, opened, (position, &mut seen), &mut take)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The same in the file at hand; `seen` counts the documents so far.
fn seek_in_file<T>(
    order: &inbound::Order<'_>,
    opened: &mut Opened<'_>,
    (position, seen): (i64, &mut i64),
    take: &mut Option<impl FnOnce(&mut Inbound, Result<&translation::Document, Diagnostic>, &[u8]) -> T>,
) -> std::io::Result<Option<T>> {
    let (name, shown) = (opened.name().to_owned(), opened.shown());
    let mut feed = super::feed::Feed::new(Box::new(&mut *opened));
    let (desk, mut inbound) = order.begin(&name, feed.beginning()?, &mut Diagnostics::with_limit(0));
    loop {
        let (outcome, bytes) = feed.pull(|input, end| {
            // One document before it need not be translated to be counted.
            let wanted = |set: &Set| {
                let before = *seen + 1 < position && !set.may_hold_several();
                *seen += i64::from(before);
                !before
            };
            match inbound.next_of(input, end, &desk, wanted) {
                (consumed, Outcome::NeedMore) => (consumed, None),
                (consumed, Outcome::Document(document)) => {
                    let bytes = if *seen + 1 == position { input[document.bytes.clone()].to_vec() } else { Vec::new() };
                    (consumed, Some((Outcome::Document(document), bytes)))
                }
                (consumed, outcome) => (consumed, Some((outcome, Vec::new()))),
            }
        })?;
        inbound::name_places(&shown, inbound.diagnostics());
        match outcome {
            Outcome::End => return Ok(None),
            Outcome::Document(document) => {
                *seen += 1;
                if let Some(take) = take.take_if(|_| *seen == position) {
                    return Ok(Some(take(&mut inbound, Ok(&*document), &bytes)));
                }
            }
            // A TA1 is a document of its own, of which nothing can be taken.
            Outcome::InterchangeAcknowledgment(_) => *seen += 1,
            _ => {
                for passed in inbound::passed_over(inbound.diagnostics()) {
                    *seen += 1;
                    if let Some(take) = take.take_if(|_| *seen == position) {
                        return Ok(Some(take(&mut inbound, Err(passed), &bytes)));
                    }
                }
            }
        }
    }
}

/// How the object of an attempt differs from a new one of the same type.
fn differences(before: &Attempt, new: &NewDocument) -> Vec<Difference> {
    let shape = new.canonical_type.as_deref().and_then(canonical::shape);
    let (Some(shape), Some(after)) = (shape, &new.attempt.canonical) else { return Vec::new() };
    let read = |json: &[u8]| -> Object { canonical::read(json, shape).0 };
    let before = before.canonical.as_deref().map_or_else(Object::new, read);
    canonical::differences(&before, &read(after), shape)
}

pub(super) fn unreadable(document: &Document, error: &std::io::Error) -> StoreError {
    StoreError {
        message: format!("the bytes of document {} cannot be read", document.id),
        cause: error.to_string().to_lowercase(),
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
