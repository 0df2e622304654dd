//! Whether what a person has go on would go behind something that came later, or a second time: it is named, and wants their word.

use super::outcome::Declined;
use super::{Session, Task};
use crate::lifecycle::DocumentState;
use crate::pipeline::overtaken::{Against, against, replaced_since};
use crate::pipeline::retake::Retaken;
use crate::store::{Delivery, Document, Filter, Publishing, StoreError, Window};

/// Why documents of the ERP do not go out where a later one of the same number goes on, or went: the partner would take what
/// comes last for how things are. A person may know better, and reads of it in `remarks`.
async fn overtaken(
    session: &Session,
    documents: &[Document],
    task: &Task,
    remarks: &mut Vec<String>,
) -> Result<Option<Declined>, StoreError> {
    for document in documents {
        let Some(later) = session.store.overtaken_by(document).await? else { continue };
        let (id, state, number) = (later.id, later.state.word(), later.business_number.unwrap_or_default());
        if task.out_of_order {
            remarks.push(format!("it goes out behind document {id} of {number}, which came later and is {state}"));
            continue;
        }
        return Ok(Some(Declined::new(
            format!("would go out behind document {id} of {number}, which came later and is {state}"),
            format!(
                "see `crossdock document show {id}`; if it is to go out all the same, order it with `--out-of-order`"
            ),
        )));
    }
    Ok(None)
}

/// The same for all that stand in a delivery.
pub(super) async fn overtaken_in(
    session: &Session,
    delivery: &Delivery,
    task: &Task,
    remarks: &mut Vec<String>,
) -> Result<Option<Declined>, StoreError> {
    let documents = session.store.documents(&Filter::in_delivery(delivery.id), Window::first(u32::MAX)).await?;
    overtaken(session, &documents, task, remarks).await
}

/// The same for a document that was translated anew, whoever gets it.
pub(super) async fn retaken(
    session: &Session,
    document: &Document,
    taken: &Retaken,
    task: &Task,
    remarks: &mut Vec<String>,
) -> Result<Option<Declined>, StoreError> {
    let new = &taken.document;
    match new.state {
        DocumentState::Queued => {
            let delivery = match &new.outgoing.collect {
                Some(collect) => {
                    let partner = new.partner.as_deref().unwrap_or_default();
                    session.store.joined(partner, &new.document, collect, new.attempt.at).await?
                }
                None => None,
            };
            let now = Document {
                delivery,
                partner: new.partner.clone(),
                canonical_type: new.canonical_type.clone(),
                business_number: new.business_number.clone(),
                identity: new.identity.clone(),
                lane: new.lane.to_owned(),
                ..document.clone()
            };
            overtaken(session, &[now], task, remarks).await
        }
        DocumentState::Staged if document.event.is_none() => {
            published(session, &Publishing::new(new, document.payload, taken.told), task, remarks).await
        }
        // What the ERP has of it is replaced, and that is said; where another one took its place since, that is the last word.
        DocumentState::Staged if taken.outcome(document).1.is_some() => {
            let new = Publishing::new(new, document.payload, taken.told);
            let found = replaced_since(&session.store, document, &new).await?;
            Ok(found.and_then(|found| unless_meant(&found, task, remarks)))
        }
        _ => Ok(None),
    }
}

/// Why a document of a partner is not published: the ERP has the very same, or what came later in its place.
pub(super) async fn published(
    session: &Session,
    new: &Publishing<'_>,
    task: &Task,
    remarks: &mut Vec<String>,
) -> Result<Option<Declined>, StoreError> {
    let found = against(&session.store, new).await?;
    Ok(found.and_then(|found| unless_meant(&found, task, remarks)))
}

/// Declines what a person has not said is meant out of order.
fn unless_meant(found: &Against, task: &Task, remarks: &mut Vec<String>) -> Option<Declined> {
    if task.out_of_order {
        remarks.push(format!("it {}", words(found, "is published")));
        return None;
    }
    Some(declined(found, words(found, "would be published")))
}

/// The same of a payload that a person has worked on again.
pub(super) fn of_payload(found: &Against) -> Declined {
    declined(found, format!("holds {}, which {}", found.what, words(found, "would be published")))
}

fn declined(found: &Against, because: String) -> Declined {
    let id = found.document.id;
    let remedy = format!(
        "compare both, see `crossdock document show {id}`; if it is to be published all the same, order it with `--out-of-order`"
    );
    Declined::new(because, remedy)
}

/// Such as `would be published behind document 3 of SO1, which came later`.
fn words(Against { document, is_same, .. }: &Against, is_published: &str) -> String {
    let id = document.id;
    let number = document.business_number.as_deref().unwrap_or_default();
    match is_same {
        true => format!("{is_published} twice: the ERP has the very same, by document {id} of {number}"),
        false => format!("{is_published} behind document {id} of {number}, which came later"),
    }
}
