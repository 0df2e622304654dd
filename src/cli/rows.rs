//! Payloads, documents and deliveries as lines of a table and as JSON with stable keys.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::columns::Columns;
use super::operator::time;
use crate::diagnostic::worst;
use crate::lifecycle::DeliveryState;
use crate::operation::Thing;
use crate::pipeline::ERP;
use crate::store::{Delivery, Document, Payload, SentBefore};

/// The table of things of one kind.
pub(super) fn table(things: &[Thing]) -> Option<Columns> {
    let mut columns = match things.first()? {
        Thing::Payload(_) => {
            Columns::new(&["id", "received (UTC)", "way", "partner", "file", "bytes", "documents", "state", "problem"])
        }
        Thing::Document(_) => Columns::new(&[
            "id",
            "received (UTC)",
            "way",
            "partner",
            "type",
            "document",
            "number",
            "control",
            "state",
            "problem",
        ]),
        Thing::Delivery(_) => Columns::new(&[
            "id",
            "made (UTC)",
            "partner",
            "what",
            "file",
            "control",
            "state",
            "attempts",
            "next or done",
            "problem",
        ]),
    };
    for thing in things {
        match thing {
            Thing::Payload(row) => payload(&mut columns, row),
            Thing::Document(row) => document(&mut columns, row),
            Thing::Delivery(row) => delivery(&mut columns, row),
        }
    }
    Some(columns)
}

/// A thing as JSON.
pub(super) fn as_json(thing: &Thing) -> Value {
    match thing {
        Thing::Payload(row) => payload_json(row),
        Thing::Document(row) => document_json(row),
        Thing::Delivery(row) => delivery_json(row),
    }
}

fn payload(columns: &mut Columns, row: &Payload) {
    let partner = match row.partner.as_deref() {
        Some(partner) if row.direction == "in" && partner != row.mailbox => {
            format!("{partner} in the mailbox of {}", row.mailbox)
        }
        partner => partner.unwrap_or(&row.mailbox).to_owned(),
    };
    let (bytes, documents) = (row.bytes.to_string(), row.documents.to_string());
    let problem = worst(&row.diagnostics).map_or("", |one| one.code.name());
    let (id, at, state) = (row.id.to_string(), time(row.received_at), row.state.word());
    columns.row([&id, &at, &row.direction, &partner, &row.file_name, &bytes, &documents, state, problem]);
}

fn document(columns: &mut Columns, row: &Document) {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let problem = row.problem.as_ref().map_or("", |one| one.code.name());
    columns.row([
        &row.id.to_string(),
        &time(row.received_at),
        &row.direction,
        &or_empty(&row.partner),
        &or_empty(&row.canonical_type),
        &row.document,
        &or_empty(&row.business_number),
        &control(row),
        &state(row),
        problem,
    ]);
}

/// The state of a document: until when it is collected, or what the partner says.
fn state(row: &Document) -> String {
    match row.collected_until {
        Some(until) => format!("{}, collected until {}", row.state.word(), time(until)),
        None => with_answer(row.state.word(), row.answer_word(Timestamp::now())),
    }
}

/// A state, with what the partner says: `delivered, accepted`.
fn with_answer(state: &str, answer: Option<&str>) -> String {
    match answer.filter(|answer| *answer != state) {
        Some("waiting") | None => state.to_owned(),
        Some(answer) => format!("{state}, {}", answer.replace('_', " ")),
    }
}

fn delivery(columns: &mut Columns, row: &Delivery) {
    let next = row.delivered_at.map_or_else(|| time(row.due_at), time);
    let number = row.interchange_number.map(|number| number.to_string()).unwrap_or_default();
    let problem = worst(&row.diagnostics).map_or("", |one| one.code.name());
    let file = match (&row.collects, row.state) {
        (Some(collects), DeliveryState::Collecting) => format!("({collects}, {} so far)", row.collected),
        _ => row.file_name.clone(),
    };
    columns.row([
        &row.id.to_string(),
        &time(row.created_at),
        &row.partner,
        &row.kind,
        &file,
        &number,
        row.state.word(),
        &row.attempts.to_string(),
        &next,
        problem,
    ]);
}

/// The control numbers that are known: interchange, group and transaction set.
pub(super) fn control(row: &Document) -> String {
    numbers(&row.control_numbers)
}

/// The same of what was sent before.
pub(super) fn numbers(numbers: &[Option<String>; 3]) -> String {
    numbers.iter().map(|number| number.as_deref().unwrap_or("-")).collect::<Vec<_>>().join("/")
}

pub(super) fn payload_json(row: &Payload) -> Value {
    json!({
        "payload": row.id,
        "received_at": row.received_at.to_string(),
        "direction": row.direction,
        "mailbox": row.mailbox,
        "partner": row.partner.as_deref().or(Some(row.mailbox.as_str()).filter(|mailbox| *mailbox != ERP)),
        "file_name": row.file_name,
        "bytes": row.bytes,
        "sha256": crate::pipeline::hexadecimal(&row.sha256),
        "state": row.state.word(),
        "documents": row.documents,
        "duplicate_of": row.duplicate_of,
        "problem": worst(&row.diagnostics).map(|one| one.code.name()),
    })
}

pub(super) fn document_json(row: &Document) -> Value {
    let [interchange, group, set] = &row.control_numbers;
    json!({
        "document": row.id,
        "payload": row.payload,
        "position": row.position,
        "received_at": row.received_at.to_string(),
        "direction": row.direction,
        "lane": row.lane,
        "partner": row.partner,
        "type": row.canonical_type,
        "kind": row.document,
        "business_number": row.business_number,
        "control_numbers": { "interchange": interchange, "group": group, "transaction_set": set },
        "state": row.state.word(),
        "answer": row.answer_word(Timestamp::now()),
        "answered_by": row.answered_by,
        "collected_until": row.collected_until.map(|until| until.to_string()),
        "attempt": row.attempt,
        "event": row.event,
        "delivery": row.delivery,
        "file_name": row.file_name,
        "problem": row.problem.as_ref().map(|one| one.code.name()),
    })
}

pub(super) fn sent_before_json(row: &SentBefore) -> Value {
    let [interchange, group, set] = &row.control_numbers;
    json!({
        "document": row.document,
        "delivery": row.delivery,
        "delivery_state": row.delivery_state.word(),
        "attempt": row.attempt,
        "control_numbers": { "interchange": interchange, "group": group, "transaction_set": set },
        "answer": row.answer.map(crate::lifecycle::AnswerState::word),
        "answered_by": row.answered_by,
        "delivery_now": row.now,
    })
}

pub(super) fn delivery_json(row: &Delivery) -> Value {
    json!({
        "delivery": row.id,
        "made_at": row.created_at.to_string(),
        "kind": row.kind,
        "partner": row.partner,
        "payload": row.payload,
        "file_name": row.file_name,
        "interchange_number": row.interchange_number,
        "collects": row.collects,
        "collected": row.collects.as_ref().map(|_| row.collected),
        "collected_bytes": row.collects.as_ref().map(|_| row.collected_bytes),
        "answer": row.answer_word(),
        "answer_due": row.answer_due.map(|at| at.to_string()),
        "interchange_answer": row.interchange_answer,
        "state": row.state.word(),
        "attempts": row.attempts,
        "due_at": row.due_at.to_string(),
        "delivered_at": row.delivered_at.map(|at| at.to_string()),
        "problem": worst(&row.diagnostics).map(|one| one.code.name()),
    })
}
