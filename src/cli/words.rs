//! States in words, and the command that goes on from each.

use crate::diagnostic::{Severity, codes};
use crate::lifecycle::{DeliveryState, DocumentState, PayloadState};
use crate::store::{Delivery, Document, Payload};

/// What the state of a payload means.
pub(super) fn payload(state: PayloadState) -> &'static str {
    match state {
        PayloadState::Received => "recorded, not worked on yet",
        PayloadState::Translated => "worked on: each of its documents has a state of its own",
        PayloadState::Held => "kept whole for a person; nothing of it went on",
        PayloadState::Duplicate => "the same interchange came before; nothing was done twice",
        PayloadState::Discarded => "a person said that nothing is to be done with it",
    }
}

/// What the state of a document means, which stands in this delivery.
pub(super) fn document(state: DocumentState, delivery: Option<&Delivery>) -> &'static str {
    let is_held = delivery.is_some_and(|delivery| delivery.state == DeliveryState::Held);
    match state {
        DocumentState::Staged => "translated; its interchange is not read to the end yet",
        DocumentState::Published => "published as an event for the ERP",
        DocumentState::Kept => "an acknowledgment or the like, on record; nothing is published",
        DocumentState::Queued if is_held => "written; its delivery waits for a person",
        DocumentState::Queued => "written; its delivery is under way",
        DocumentState::Delivered => "delivered to the partner",
        DocumentState::Held => "kept for a person; it did not go on",
        DocumentState::Rejected => "not taken: an acknowledgment says so",
        DocumentState::Refused => "given back to the ERP with the reasons",
        DocumentState::Discarded => "a person said that nothing is to be done with it",
    }
}

/// What the state of a delivery means.
pub(super) fn delivery(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Collecting => "collects documents that are to go out together",
        DeliveryState::Waiting => "to be delivered, now or when its next attempt is due",
        DeliveryState::Placed => "lies in the partner's outbox, not taken yet",
        DeliveryState::Delivered => "its file is where it goes to",
        DeliveryState::Held => "waits for a person",
        DeliveryState::Discarded => "a person said that it is not to be delivered",
    }
}

/// The commands that go on with a payload: what for, and the command.
pub(super) fn next_for_payload(row: &Payload) -> Vec<(&'static str, String)> {
    let id = row.id;
    match row.state {
        PayloadState::Received => vec![("see why it waits", "crossdock status".to_owned())],
        PayloadState::Translated => vec![("its documents", format!("crossdock document list --payload {id}"))],
        PayloadState::Held => {
            let again = "work on it again, once what its diagnostics say is mended";
            let mut next = vec![(again, format!("crossdock payload rerun {id}"))];
            // Where no interchange was found there is nothing to go on.
            let mut errors = row.diagnostics.iter().filter(|one| one.severity == Severity::Error).peekable();
            let is_nothing = errors.peek().is_some() && errors.all(|one| one.code == codes::X12_NO_INTERCHANGE);
            if !is_nothing {
                next.push(("go on in spite of them", format!("crossdock payload release {id}")));
            }
            next.push(("do nothing with it", format!("crossdock payload discard {id}")));
            next
        }
        PayloadState::Duplicate => vec![("work on it all the same", format!("crossdock payload release {id}"))],
        PayloadState::Discarded => vec![("bring it back", format!("crossdock payload rerun {id}"))],
    }
}

/// The commands that go on with a document, which stands in this delivery: what for, and the command.
pub(super) fn next_for_document(
    row: &Document,
    delivery: Option<&Delivery>,
    has_object: bool,
) -> Vec<(&'static str, String)> {
    let id = row.id;
    let rerun = |what| (what, format!("crossdock document rerun {id}"));
    let discard = ("do nothing with it", format!("crossdock document discard {id}"));
    match (row.state, row.direction.as_str()) {
        (DocumentState::Held | DocumentState::Rejected, "in") => {
            let correct = match has_object {
                true => ("correct what it says", format!("crossdock document correct {id}")),
                false => ("correct its bytes", format!("crossdock document correct {id} --bytes")),
            };
            let mut next = vec![rerun("translate it again, once mapping or profile are mended")];
            next.extend((!row.bytes.is_empty()).then_some(correct));
            if has_object {
                next.push(("publish it in spite of its errors", format!("crossdock document release {id}")));
            }
            next.push(discard);
            next
        }
        (DocumentState::Rejected, _) => vec![
            rerun("write and send it anew, once mapping or profile are mended"),
            ("correct what it says", format!("crossdock document correct {id}")),
            discard,
        ],
        (DocumentState::Held, _) if row.delivery.is_none() => {
            vec![rerun("write it anew"), ("correct what it says", format!("crossdock document correct {id}")), discard]
        }
        (DocumentState::Held, _) => {
            vec![("let it go on", format!("crossdock document release {id}")), rerun("write it anew"), discard]
        }
        (DocumentState::Refused, _) => vec![
            rerun("write it again, once mapping or profile are mended"),
            ("correct what it says", format!("crossdock document correct {id}")),
        ],
        (DocumentState::Discarded, _) => vec![rerun("bring it back")],
        (DocumentState::Published, _) => vec![
            rerun("translate it again by the mapping as it is now"),
            ("correct what it says", format!("crossdock document correct {id}")),
        ],
        (DocumentState::Queued, _) => {
            if let Some(left) = delivery.filter(|one| one.putting || one.state == DeliveryState::Placed) {
                return vec![("see whether the partner has it", format!("crossdock delivery show {}", left.id))];
            }
            let held = delivery.filter(|one| one.state == DeliveryState::Held);
            let mut next: Vec<_> = held
                .map(|held| ("see why its delivery waits", format!("crossdock delivery show {}", held.id)))
                .into_iter()
                .collect();
            next.push(("keep it back", format!("crossdock document hold {id}")));
            let delivery = row.delivery.filter(|_| row.collected_until.is_some());
            next.extend(delivery.map(|delivery| {
                ("let it go out now, with those beside it", format!("crossdock delivery retry {delivery}"))
            }));
            next
        }
        (DocumentState::Delivered, _) => {
            let delivery = row.delivery.unwrap_or_default();
            vec![("send the same file again", format!("crossdock delivery retry {delivery}"))]
        }
        (DocumentState::Staged, _) => {
            let begin = "where whoever had its payload translated was stopped, begin that anew";
            vec![(begin, format!("crossdock payload rerun {}", row.payload))]
        }
        (DocumentState::Kept, _) => Vec::new(),
    }
}
