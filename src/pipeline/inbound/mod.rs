//! A payload of a partner to be translated: who answers for it, and the row of each document in it.

mod verdict;

use std::sync::Arc;

use jiff::Timestamp;

use super::records::Records;
use crate::canonical::{self, NodeId, Object, Value};
use crate::catalog::{CatalogDesk, Chosen, Coming, Edition};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, PayloadPlace, Place, Severity, codes};
use crate::lifecycle::DocumentState;
use crate::mapping::Plan;
use crate::partner::Usage;
use crate::store::{Attempt, Content, NewAttempt, NewDocument, Outgoing, Payload};
use crate::translation::{Document, Inbound};
use crate::x12::acknowledgment::{Answer, answer};
use crate::x12::envelope::{Group, InterchangeAcknowledgment};
use crate::x12::reader::ReadOptions;

pub(super) use verdict::translate;

/// A payload to be translated.
#[derive(Debug)]
pub(super) struct Order<'a> {
    /// Its row.
    pub(super) payload: &'a Payload,
    /// Its bytes.
    pub(super) content: &'a Content,
    /// What is in force.
    pub(super) edition: &'a Edition,
    /// Now.
    pub(super) now: Timestamp,
    /// `gateway`, or who ordered it.
    pub(super) by: &'a str,
    /// Where it is looked up what documents repeat of earlier ones.
    pub(super) records: &'a Arc<Records>,
}

/// Transaction sets that say how ours were taken. They are kept; matching them is the acknowledgments' part.
const ACKNOWLEDGMENTS: [&str; 3] = ["997", "999", "824"];
/// What `action` says when a document takes the place of an earlier one.
const REPLACING: [&str; 5] = ["change", "cancel", "delete", "replace", "confirm"];

/// A document that was read, with what was found.
pub(super) struct Taken<'a> {
    pub(super) document: &'a Document,
    pub(super) object: &'a Object,
    pub(super) found: Vec<Diagnostic>,
    pub(super) test: bool,
    pub(super) release: String,
}

impl<'a> Taken<'a> {
    /// The document that `inbound` has read last.
    pub(super) fn of(order: &Order<'_>, inbound: &'a mut Inbound, document: &'a Document) -> Self {
        let profile = document.partner.as_deref().and_then(|partner| order.edition.profile(partner));
        let test = inbound.reader().interchange().is_some_and(|interchange| interchange.usage() == "T")
            || profile.is_some_and(|profile| profile.usage == Usage::Test);
        let release = inbound.reader().group().map_or("", Group::release).to_owned();
        let found = inbound.diagnostics().take();
        Taken { document, object: inbound.object(), found, test, release }
    }
}

/// What says, outside transaction sets, that a part of the payload was passed over. An ISA that cannot be read stands in bytes
/// that are skipped.
const PASSED_OVER: [Code; 2] = [codes::X12_BYTES_SKIPPED, codes::X12_SEGMENT_TOO_LONG];

/// Does the diagnostic say that a transaction set was passed over, or another part of the payload in which one may stand?
fn is_passed_over(diagnostic: &Diagnostic) -> bool {
    let of_part = |place: &PayloadPlace| place.set.is_some() || PASSED_OVER.contains(&diagnostic.code);
    diagnostic.severity == Severity::Error && matches!(&diagnostic.place, Place::Payload(place) if of_part(place))
}

/// Do these say that the partner was told that its set is rejected? A TA1 says nothing of single sets.
pub(crate) fn is_told(found: &[Diagnostic]) -> bool {
    let of_set = |one: &&Diagnostic| !matches!(answer(one), Some(Answer::Interchange(_)));
    found.iter().filter(of_set).any(|one| one.severity == Severity::Error && one.answer.is_some())
}

/// What was found of the group or interchange around a document, when it was translated `before`, holds it however often it is
/// translated anew: the document itself does not say it. One with a fault of its own is held by that, and goes on by no order for the
/// others.
pub(super) fn hold_with_others(before: &[Attempt], new: &mut NewDocument) {
    let around = [codes::PAYLOAD_GROUP_NOT_TAKEN, codes::PAYLOAD_HELD_TOGETHER];
    let mut found = before.iter().flat_map(|attempt| &attempt.diagnostics);
    if new.state == DocumentState::Staged
        && let Some(finding) = found.find(|one| around.contains(&one.code))
    {
        (new.state, new.event) = (DocumentState::Held, None);
        new.attempt.diagnostics.push(finding.clone());
    }
}

/// What says of all that was passed over in a step that it was.
pub(super) fn passed_over(found: &mut Diagnostics) -> Vec<Diagnostic> {
    found.take().into_iter().filter(is_passed_over).collect()
}

/// Diagnostics are told with the name of the payload's file.
pub(super) fn name_places(file: &str, found: &mut Diagnostics) {
    for diagnostic in found.list_mut() {
        if let Place::Payload(place) = &mut diagnostic.place {
            place.file = Some(file.to_owned());
        }
    }
}

/// What the row of a TA1 says that it is.
const TA1: &str = "x12//TA1";

/// Is the row that says so of itself one of [`Order::passed_over`]? Nothing there has a release.
pub(super) fn is_of_passed_over(document: &str) -> bool {
    document == "x12" || (document.starts_with("x12//") && document != TA1)
}

impl Order<'_> {
    /// Who answers for partners and mappings, and a reading with the limits of the mailbox's owner.
    ///
    /// A file of records and fields says not whose it is: it is its mailbox's owner's.
    pub(super) fn begin(
        &self,
        name: &str,
        beginning: &[u8],
        diagnostics: &mut Diagnostics,
    ) -> (CatalogDesk<'_>, Inbound) {
        let owner = self.edition.profile(&self.payload.mailbox);
        let limits = owner.map_or_else(Default::default, |profile| profile.limits);
        // However late it is translated, it is read as on the day on which it came.
        let chosen = Chosen { at: self.payload.received_at, ..Chosen::default() };
        let desk = CatalogDesk::new(&self.edition.catalog, &self.edition.profiles, chosen).with(self.records.given());
        let owner = owner.map(|profile| profile.short_name.as_str());
        let coming = Coming { name, beginning, owner };
        let inbound = desk.inbound(coming, ReadOptions { limits, ..ReadOptions::default() }, diagnostics);
        (desk, inbound)
    }

    /// The row of a document. `rejected`: the partner is told so.
    pub(super) fn document(&self, taken: Taken<'_>, position: i64, rejected: bool) -> NewDocument {
        let Taken { document, object, found, test, release } = taken;
        let place = &document.place;
        let set = place.set_id.clone().unwrap_or_default();
        let start = place.bytes.start;
        let plan = document.plan.as_ref();
        let acknowledgment = ACKNOWLEDGMENTS.contains(&set.as_str());
        let state = match document.good {
            true => DocumentState::Staged,
            false if acknowledgment => DocumentState::Kept,
            false if rejected => DocumentState::Rejected,
            false => DocumentState::Held,
        };
        let found = if acknowledgment {
            // No mapping takes it, and none has to.
            let asked = [codes::MAPPING_NONE, codes::PROFILE_NO_DOCUMENT];
            found.into_iter().filter(|one| !asked.contains(&one.code)).collect()
        } else {
            found
        };
        let key = format!("{}:{}", self.payload.id, hexadecimal(&self.payload.sha256));
        let received = self.payload.received_at;
        NewDocument {
            position,
            bytes: start..start + document.bytes.len() as u64,
            lane: if test { "test" } else { "live" },
            // An unknown sender's documents go on only by a person's word: then they are of the mailbox's owner.
            partner: document.partner.clone().or_else(|| Some(self.payload.mailbox.clone())),
            canonical_type: plan.map(|plan| plan.canonical.name.to_owned()),
            document: match plan.filter(|plan| plan.grammar.is_layout()) {
                Some(plan) => plan.grammar.name.clone(),
                None => format!("x12/{release}/{set}"),
            },
            business_number: plan.and_then(|plan| Some(canonical::subject(object, plan.canonical)?.to_owned())),
            identity: plan.and_then(|plan| canonical::identity(object, plan.canonical)),
            control_numbers: [place.interchange.clone(), place.group.clone(), place.set.clone()],
            replaces: plan.is_some_and(|plan| replaces(plan, object)),
            state,
            event: (state == DocumentState::Staged)
                .then(|| canonical::event_id_at(received, key.as_bytes(), position.unsigned_abs(), 1)),
            delivery: None,
            outgoing: Outgoing::default(),
            attempt: self.attempt(plan, object, found),
        }
    }

    /// The row of a transaction set, or another part of the payload, that was passed over.
    pub(super) fn passed_over(&self, found: Diagnostic, partner: Option<String>, position: i64) -> Option<NewDocument> {
        let Place::Payload(place) = found.place.clone() else { return None };
        // Of bytes between interchanges nobody knows whose they are.
        let partner = partner.or_else(|| Some(self.payload.mailbox.clone()));
        let told = is_told(std::slice::from_ref(&found));
        let state = if told { DocumentState::Rejected } else { DocumentState::Held };
        Some(NewDocument {
            document: place.set_id.map_or_else(|| "x12".to_owned(), |set| format!("x12//{set}")),
            control_numbers: [place.interchange, place.group, place.set],
            state,
            ..self.untranslated(place.bytes, partner, position, vec![found])
        })
    }

    /// The row of a TA1, which is kept as a document of its own: what it is for is found later.
    pub(super) fn interchange_acknowledgment(
        &self,
        said: &InterchangeAcknowledgment,
        partner: Option<String>,
        position: i64,
    ) -> NewDocument {
        NewDocument {
            control_numbers: [Some(said.control_number.to_string()), None, None],
            document: TA1.to_owned(),
            state: DocumentState::Kept,
            ..self.untranslated(said.offset..said.offset + said.length, partner, position, Vec::new())
        }
    }

    /// The row of something that no mapping takes.
    fn untranslated(
        &self,
        bytes: std::ops::Range<u64>,
        partner: Option<String>,
        position: i64,
        found: Vec<Diagnostic>,
    ) -> NewDocument {
        NewDocument {
            position,
            bytes,
            lane: "live",
            partner,
            canonical_type: None,
            document: String::new(),
            business_number: None,
            identity: None,
            control_numbers: [None, None, None],
            replaces: false,
            state: DocumentState::Held,
            event: None,
            delivery: None,
            outgoing: Outgoing::default(),
            attempt: self.attempt(None, &Object::new(), found),
        }
    }

    /// The attempt of a document that was translated.
    pub(super) fn attempt(
        &self,
        plan: Option<&Arc<Plan>>,
        object: &Object,
        diagnostics: Vec<Diagnostic>,
    ) -> NewAttempt {
        NewAttempt {
            at: self.now,
            by: self.by.to_owned(),
            why: None,
            mapping: plan.map(|plan| plan.name.clone()),
            plan: plan.map(|plan| self.edition.fingerprint(&plan.name).to_vec()),
            canonical: plan.filter(|_| !object.is_empty()).map(|plan| {
                let mut json = Vec::new();
                canonical::emit(object, plan.canonical, &mut json);
                json
            }),
            correction: None,
            diagnostics,
        }
    }
}

/// Does the object say that it takes the place of an earlier one?
fn replaces(plan: &Plan, object: &Object) -> bool {
    let Some(field) = plan.canonical.nodes[0].field("action") else { return false };
    match object.get(NodeId::ROOT, field).map(|entry| entry.value) {
        Some(Value::Text(span)) => REPLACING.contains(&object.text(span)),
        _ => false,
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}
