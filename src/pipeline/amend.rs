//! A document changed by a person's word: published in spite of what holds it, or made to say another object.

use jiff::Timestamp;

use super::opened::Opened;
use super::passage::{What, seek};
use super::records::Records;
use super::retake::{broken, event_of, lane_of, unreadable};
use super::{Failed, Pipeline, inbound};
use crate::canonical;
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace};
use crate::lifecycle::DocumentState;
use crate::mapping::{self, Base, Context, SegmentForm};
use crate::store::{Applied, Attempt, Audit, Document, NewAttempt, Outgoing, Retake, StoreError, Unit};
use crate::translation::Inbound;
use crate::tree::{ElementId, Tree};

/// A document's bytes made to say another object.
#[derive(Debug, Clone)]
pub struct Rewritten {
    /// The new bytes. Not to be used when a diagnostic is an error.
    pub bytes: Vec<u8>,
    /// The bytes before.
    pub before: Vec<u8>,
    /// What is wrong with the object, or cannot be said in the document.
    pub diagnostics: Vec<Diagnostic>,
}

/// The id of the event that [`Pipeline::publish_anyway`] publishes a held document under.
#[must_use]
pub fn event_in_spite(document: &Document) -> String {
    event_of(&format!("{}:{}", document.payload, document.id), document)
}

impl Pipeline {
    /// Publishes the object of a held document of a partner in spite of its errors. The attempt in force is `before`, and has
    /// an object; without an `event` the ERP has it already.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn publish_anyway(
        &self,
        document: &Document,
        (before, event): (Attempt, Option<String>),
        audit: Audit,
    ) -> Result<Applied, StoreError> {
        let unit = Retake {
            document: document.id,
            version: document.version,
            state: DocumentState::Published,
            bytes: document.bytes.clone(),
            lane: lane_of(document),
            partner: document.partner.clone(),
            kind: document.document.clone(),
            business_number: document.business_number.clone(),
            identity: document.identity.clone(),
            canonical_type: document.canonical_type.clone(),
            replaces: None,
            supersedes: document.event.clone().filter(|_| event.is_some()),
            event,
            submitted: None,
            delivery: None,
            set_number: None,
            outgoing: Outgoing::default(),
            attempt: NewAttempt {
                at: Timestamp::now(),
                by: audit.by.clone(),
                why: audit.why.clone(),
                mapping: before.mapping,
                plan: before.plan,
                canonical: before.canonical,
                correction: None,
                diagnostics: before.diagnostics,
            },
            audit,
        };
        let applied = self.store.commit_one(Unit::Retake(Box::new(unit))).await?;
        self.released.notify_waiters();
        Ok(applied)
    }

    /// Makes the bytes of a document of a partner say the object in `json`, by the mapping in force; only what differs is
    /// written. Nothing is changed in the store. `None` when no mapping reads the document.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn rewrite(&self, document: &Document, json: Vec<u8>) -> Result<Option<Rewritten>, StoreError> {
        let Some(payload) = self.store.payload(document.payload).await? else { return Ok(None) };
        let content = self.store.content(payload.content).await?;
        let correction = self.store.correction(&self.store.attempts(document.id).await?).await?;
        let (edition, position, range) = (self.edition(), document.position, document.bytes.clone());
        let (store, id) = (self.store.clone(), document.id);
        let written = self.on_a_thread(move |handle| {
            let records = &Records::new(store, handle);
            records.begin(Some(id));
            let mut opened = Opened::new(&payload.file_name, &content)?;
            if let Some(correction) = correction {
                opened = opened.spliced(range, correction);
            }
            let content = &content;
            let (now, by) = (Timestamp::now(), "gateway");
            let order = inbound::Order { payload: &payload, content, edition: &edition, now, by, records };
            let written = seek(&order, &mut opened, position, |there| {
                let What::Document(document) = there.what else { return None };
                let plan = document.plan.as_ref()?;
                change(there.inbound, plan, there.bytes, &json)
            })?;
            records.failed().map_or(Ok(written.flatten()), |error| Err(Failed::Store(error)))
        });
        match written.await {
            Ok(Ok(written)) => Ok(written),
            Ok(Err(Failed::Store(error))) => Err(error),
            Ok(Err(Failed::Content(error))) => Err(unreadable(document, &error)),
            Ok(Err(Failed::Gone)) => Ok(None),
            Err(bug) => Err(broken(document, &bug)),
        }
    }
}

/// The bytes of the document that was read last, made to say the object in `json`.
fn change(inbound: &Inbound, plan: &mapping::Plan, bytes: &[u8], json: &[u8]) -> Option<Rewritten> {
    let (wanted, mut found) = canonical::read(json, plan.canonical);
    let unchanged = |found: &mut Diagnostics| {
        Some(Rewritten { bytes: bytes.to_vec(), before: bytes.to_vec(), diagnostics: found.take() })
    };
    if found.errors() > 0 {
        return unchanged(&mut found);
    }
    if let Some(file) = inbound.file() {
        let new = file.rewrite(plan, bytes, &wanted, &mut found);
        return Some(Rewritten { bytes: new, before: bytes.to_vec(), diagnostics: found.take() });
    }
    let (surroundings, reader) = (inbound.surroundings(), inbound.reader());
    let (header, delimiters) = (reader.set()?, reader.interchange()?.delimiters);
    let mut forbidden = vec![delimiters.element, delimiters.segment];
    forbidden.extend(delimiters.component.into_iter().chain(delimiters.repetition));
    let nowhere = |_: &Tree, _: ElementId| PayloadPlace::default();
    let context = Context {
        zone: surroundings.zone.clone(),
        charset: &surroundings.charset.unwrap_or(header.charset),
        we_sell: surroundings.we_sell,
        separators: delimiters.separators(),
        delimiters: &forbidden,
        given: &surroundings.given,
        before: 0,
        place: &nowhere,
    };
    let form = SegmentForm {
        element: delimiters.element,
        terminator: delimiters.segment,
        line_end: delimiters.line_end.bytes(),
    };
    let base = Base { tree: inbound.tree(), bytes, object: inbound.object(), reading: inbound.reading() };
    let edits = mapping::change(plan, base, &wanted, form, &context, &mut found);
    plan.keeps_to_its_own(inbound.tree(), &edits, &mut found);
    Some(Rewritten { bytes: mapping::apply(bytes, &edits), before: bytes.to_vec(), diagnostics: found.take() })
}
