//! An order on everything that a filter takes: looked up page by page, carried out one by one.

use std::collections::{BTreeSet, HashMap};

use super::outcome::{Declined, Done, Outcome};
use super::{Session, delivery, document, payload};
use crate::lifecycle::{DocumentState, Order};
use crate::pipeline::passage::Passages;
use crate::store::{Audit, Delivery, Document, Filter, Payload, StoreError, Window};

/// What is ordered.
#[derive(Debug, Clone)]
pub struct Task {
    /// Of which kind of row.
    pub kind: Kind,
    /// What.
    pub order: Order,
    /// On which; ids that do not exist are said.
    pub filter: Filter,
    /// Who, and why.
    pub audit: Audit,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Documents go out also behind later ones of their business number.
    pub out_of_order: bool,
}

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes received.
    Payload,
    /// One business document.
    Document,
    /// What goes out.
    Delivery,
}

/// A row of one of the kinds.
#[derive(Debug, Clone)]
pub enum Thing {
    /// Bytes received.
    Payload(Payload),
    /// One business document.
    Document(Box<Document>),
    /// What goes out.
    Delivery(Delivery),
}

/// What is kept while an order is carried out on one row after the other, so that it is not looked up anew for each.
#[derive(Debug, Default)]
pub(super) struct Act {
    /// The payload whose document was translated last.
    pub(super) passages: Passages,
    /// Of a partner: documents that an acknowledgment says were taken which is held because it contradicts, and that one.
    pub(super) said_taken: HashMap<String, HashMap<i64, i64>>,
    /// By delivery: what its documents are moved to together, and by which of them, or why not.
    pub(super) moved: HashMap<i64, Result<(DocumentState, i64), Declined>>,
}

/// Rows looked up at a time.
const PAGE: u32 = 200;
/// After so many failures in a row it is not the rows that are at fault, but the store.
const FAILURES: u32 = 3;

impl Kind {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Payload => "payload",
            Kind::Document => "document",
            Kind::Delivery => "delivery",
        }
    }
}

impl Thing {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> i64 {
        match self {
            Thing::Payload(row) => row.id,
            Thing::Document(row) => row.id,
            Thing::Delivery(row) => row.id,
        }
    }
}

/// A page of the rows that a filter takes.
///
/// # Errors
/// When the store cannot be used.
pub async fn page(session: &Session, kind: Kind, filter: &Filter, window: Window) -> Result<Vec<Thing>, StoreError> {
    let store = &session.store;
    Ok(match kind {
        Kind::Payload => store.payloads(filter, window).await?.into_iter().map(Thing::Payload).collect(),
        Kind::Document => {
            store.documents(filter, window).await?.into_iter().map(|row| Thing::Document(Box::new(row))).collect()
        }
        Kind::Delivery => store.deliveries(filter, window).await?.into_iter().map(Thing::Delivery).collect(),
    })
}

/// Carries an order out on everything that its filter takes now, in the order in which it came, and hands each outcome to
/// `each`. One that cannot be read is told as such, and the others go on.
///
/// # Errors
/// When the store cannot be used, or `each` fails. What was done before stays done.
pub async fn carry_out_all<E: From<StoreError>>(
    session: &Session,
    task: &Task,
    mut each: impl FnMut(Outcome) -> Result<(), E>,
) -> Result<(), E> {
    let mut missing: BTreeSet<i64> = task.filter.ids.iter().copied().collect();
    let (mut failures, mut act) = (0, Act::default());
    // What is done to one may take others out of the filter: all are meant.
    for ids in taken_by(session, task).await?.chunks(PAGE as usize) {
        for thing in &page(session, task.kind, &Filter::ids(ids), Window::first(PAGE)).await? {
            missing.remove(&thing.id());
            let outcome = carry_out(session, task, thing, &mut act).await;
            failures = if outcome.is_ok() { 0 } else { failures + 1 };
            each(match outcome {
                Err(error) if failures < FAILURES => {
                    let because = format!("could not be worked on: {}: {}", error.message, error.cause);
                    Outcome {
                        kind: task.kind.word(),
                        id: thing.id(),
                        result: Err(Declined::new(because, error.remedy)),
                    }
                }
                outcome => outcome?,
            })?;
        }
    }
    let kind = task.kind.word();
    for id in missing {
        let remedy = format!("see `crossdock {kind} list`");
        each(Outcome { kind, id, result: Err(Declined::new("is not there, or not among those asked for", remedy)) })?;
    }
    Ok(())
}

/// The ids of all that the filter of a task takes.
async fn taken_by(session: &Session, task: &Task) -> Result<Vec<i64>, StoreError> {
    let (mut ids, mut window) = (Vec::new(), Window::first(PAGE));
    loop {
        let things = page(session, task.kind, &task.filter, window).await?;
        ids.extend(things.iter().map(Thing::id));
        if things.len() < PAGE as usize {
            return Ok(ids);
        }
        window.behind = ids.last().copied();
    }
}

/// Carries an order out on one row.
async fn carry_out(session: &Session, task: &Task, thing: &Thing, act: &mut Act) -> Result<Outcome, StoreError> {
    let result: Result<Done, Declined> = match thing {
        Thing::Payload(row) => payload::carry_out(session, task, row).await?,
        Thing::Document(row) => document::carry_out(session, task, row, act).await?,
        Thing::Delivery(row) => delivery::carry_out(session, task, row, act).await?,
    };
    Ok(Outcome { kind: task.kind.word(), id: thing.id(), result })
}
