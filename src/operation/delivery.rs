//! Orders on deliveries: try now, discard.

use jiff::Timestamp;

use super::document::said_to_be_taken;
use super::order::Act;
use super::outcome::{Declined, Done, unless_stale};
use super::overtaken::overtaken_in;
use super::{Session, Task};
use crate::lifecycle::{AnswerState, DeliveryState, DocumentState, Order};
use crate::store::{Delivery, Filter, Row, SentBefore, StoreError, Unit, Window};

/// Carries an order out on a delivery.
pub(super) async fn carry_out(
    session: &Session,
    task: &Task,
    delivery: &Delivery,
    act: &mut Act,
) -> Result<Result<Done, Declined>, StoreError> {
    if let Err(refusal) = delivery.state.takes(task.order) {
        return Ok(Err(refusal.into()));
    }
    if task.order == Order::Discard {
        return discard(session, task, delivery).await;
    }
    // What a person keeps back goes on by their word, not with everything that failed.
    let filter = Filter { states: vec![DocumentState::Held.word().to_owned()], ..Filter::in_delivery(delivery.id) };
    let held = session.store.documents(&filter, Window::first(1)).await?;
    if let (DeliveryState::Held, Some(document)) = (delivery.state, held.first()) {
        let remedy = format!("let them go on: `crossdock document release {}`", document.id);
        return Ok(Err(Declined::new("is held by a person, with its documents", remedy)));
    }
    let mut done = Done { before: delivery.state.word(), state: DeliveryState::Waiting.word(), ..Done::default() };
    // What waits goes out anyway, in its turn.
    if !matches!(delivery.state, DeliveryState::Collecting | DeliveryState::Waiting)
        && let Some(declined) = overtaken_in(session, delivery, task, &mut done.remarks).await?
    {
        return Ok(Err(declined));
    }
    let documents = session.store.documents(&Filter::in_delivery(delivery.id), Window::first(u32::MAX)).await?;
    if let Some(declined) = said_to_be_taken(session, &documents, act).await? {
        return Ok(Err(declined));
    }
    if delivery.state == DeliveryState::Collecting {
        done.remarks.push(format!("it does not wait for more than the {} that it has", delivery.collected));
    }
    if delivery.state == DeliveryState::Delivered {
        let (id, name) = (delivery.id, &delivery.file_name);
        done.remarks.push(format!(
            "{name} is written once more, with the same bytes; as long as it waits, `crossdock delivery discard {id}` leaves it at the first"
        ));
    }
    if delivery.answer.is_some_and(AnswerState::is_taken) {
        let partner = &delivery.partner;
        done.remarks
            .push(format!("{partner} has taken it, and that stays; what it says of the second one needs a person"));
    }
    for SentBefore { document, now, .. } in session.store.written_anew(delivery.id).await? {
        let partner = &delivery.partner;
        done.remarks.push(match now {
            Some(now) => {
                format!("document {document} in it was written anew since, and goes out in delivery {now}: {partner} gets it twice")
            }
            None => format!("document {document} in it was changed since, and waits for a person: {partner} gets what it said before"),
        });
    }
    if session.store.paused().await?.iter().any(|paused| paused.name == delivery.partner) {
        let name = &delivery.partner;
        done.remarks.push(format!("{name} is paused: it goes after `crossdock partner resume {name}`"));
    }
    if task.dry_run {
        return Ok(Ok(done));
    }
    let row = Row { id: delivery.id, version: delivery.version };
    let unit = Unit::Retry(row, Timestamp::now(), task.audit.clone());
    let applied = session.store.commit_one(unit).await?;
    Ok(unless_stale(applied, "delivery", delivery.id, done))
}

/// Discards a delivery without documents: an acknowledgment, a report. One that was delivered before does not go out once more, and
/// what the partner rejected of it is rejected again. Another one is discarded by its documents.
async fn discard(session: &Session, task: &Task, delivery: &Delivery) -> Result<Result<Done, Declined>, StoreError> {
    let id = delivery.id;
    if delivery.putting {
        return Ok(Err(Declined::new(
            "is being put where the partner gets it, or may be there already",
            format!("see `crossdock delivery show {id}`: the next attempt finds out"),
        )));
    }
    let was_delivered = delivery.delivered_at.is_some();
    let document = session.store.documents(&Filter::in_delivery(id), Window::first(1)).await?.pop();
    if let Some(document) = document.filter(|_| !was_delivered) {
        let hold = match document.state {
            DocumentState::Queued => format!("`crossdock document hold {}`, then ", document.id),
            _ => String::new(),
        };
        let remedy = format!(
            "see `crossdock document list --delivery {id}`; for one: {hold}`crossdock document discard {}`",
            document.id
        );
        return Ok(Err(Declined::new("is discarded by its documents", remedy)));
    }
    let state = if was_delivered { DeliveryState::Delivered } else { DeliveryState::Discarded };
    let mut done = Done { before: delivery.state.word(), state: state.word(), ..Done::default() };
    let states = [DocumentState::Queued, DocumentState::Held].map(|state| state.word().to_owned()).to_vec();
    let rejected = Filter { states, ..Filter::in_delivery(id) };
    if !session.store.documents(&rejected, Window::first(1)).await?.is_empty() {
        let again = format!("`crossdock document list --delivery {id} --state rejected`");
        done.remarks.push(format!("what {} did not take of it is rejected, as it was: {again}", delivery.partner));
    }
    if task.dry_run {
        return Ok(Ok(done));
    }
    let row = Row { id: delivery.id, version: delivery.version };
    let applied = session.store.commit_one(Unit::Discard(row, task.audit.clone())).await?;
    Ok(unless_stale(applied, "delivery", delivery.id, done))
}
