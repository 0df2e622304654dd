//! What a filter takes of the record: each field narrows each kind of row.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/kept.rs"]
mod kept;

use crossdock::diagnostic::{Diagnostic, Place, Severity, codes};
use crossdock::lifecycle::{DeliveryState, DocumentState, Template};
use crossdock::store::*;
use kept::*;

/// An order to alder, with all that can be asked for, one to birch that is held, and what came from cedar.
async fn several(store: &Store) {
    let found = Diagnostic::new(codes::DELIVERY_FAILED, "no room", Place::Nowhere).severity(Severity::Error);
    for (name, partner, at) in [("a.json", "alder", at(0)), ("b.json", "birch", at(9))] {
        let received = NewPayload { received_at: at, partner: Some(partner.into()), ..new_payload("out", name) };
        let Applied::Done(payload) = store.commit_one(Unit::Receive(received)).await.unwrap() else {
            panic!("received")
        };
        let (mut order, mut file_name) = (document(1, DocumentState::Queued), Template::default());
        file_name.push(name.as_bytes());
        let mut delivery = NewDelivery { partner: partner.into(), file_name, ..delivery(&keys("P")) };
        (order.partner, order.delivery, order.attempt.at) = (Some(partner.into()), Some(0), at);
        order.control_numbers = [const { None }; 3];
        if partner == "alder" {
            order.attempt.diagnostics = vec![found.clone()];
            (order.event, delivery.answer_within_secs) = (Some("erp-1".into()), Some(60));
        } else {
            (order.state, order.canonical_type) = (DocumentState::Held, Some("receipt_advice".into()));
            (order.document, order.business_number) = ("x12/004010/944".into(), Some("RC2".into()));
            (delivery.kind, delivery.numbers) = ("acknowledgment", None);
        }
        let (documents, deliveries) = (vec![order], vec![delivery]);
        store
            .commit_one(Unit::Submit(Submission { payload, version: 1, documents, deliveries, at }.into()))
            .await
            .unwrap();
    }
    let Delivery { id, version, .. } = store.delivery(1).await.unwrap().unwrap();
    let (state, diagnostics) = (DeliveryState::Delivered, vec![found]);
    let delivered = Delivered { id, version, state, due_at: at(1), at: at(1), diagnostics, perhaps_put: false };
    store.commit_one(Unit::Delivered(delivered)).await.unwrap();
    let came = NewPayload { mailbox: "cedar".into(), received_at: at(9), ..new_payload("in", "c.edi") };
    let Applied::Done(came) = store.commit_one(Unit::Receive(came)).await.unwrap() else { panic!("received") };
    let mut shipment = document(2, DocumentState::Held);
    (shipment.partner, shipment.attempt.at) = (Some("cedar".into()), at(9));
    (shipment.canonical_type, shipment.document) = (None, "x12/004010/947".into());
    let decision = Decision { partner: Some("cedar".into()), ..decision(came, "9", 1, vec![shipment]) };
    store.commit_one(Unit::Decide(decision.into())).await.unwrap();
}

/// A field of a filter, the filter with what takes some, that with what takes nothing, and which payloads, documents and
/// deliveries the first takes.
type Field = (&'static str, Filter, Filter, [&'static [i64]; 3]);

/// Each field of a filter alone.
fn each_field() -> Vec<Field> {
    // A field that comes to it comes here, too.
    let Filter {
        ids: _,
        states: _,
        partner: _,
        kind: _,
        direction: _,
        answer: _,
        unanswered_at: _,
        code: _,
        business_number: _,
        file_name: _,
        control_number: _,
        event: _,
        payload: _,
        delivery: _,
        now: _,
        since: _,
        until: _,
    } = Filter::default();
    macro_rules! field {
        ($field:ident, $some:expr, $nothing:expr, $taken:expr) => {{
            let (some, nothing) = (Filter::default(), Filter::default());
            let some = Filter { $field: $some, ..some };
            (stringify!($field), some, Filter { $field: $nothing, ..nothing }, $taken)
        }};
    }
    let some = |text: &str| Some(text.to_owned());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let first: [&'static [i64]; 3] = [&[1]; 3];
    vec![
        field!(ids, vec![1], vec![99], first),
        field!(states, words(&["delivered", "held"]), words(&["refused", "placed"]), [&[], &[1, 2, 3], &[1]]),
        field!(states, words(&["translated"]), words(&["duplicate"]), [&[1, 2, 3], &[], &[]]),
        field!(partner, some("alder"), some("nobody"), first),
        field!(kind, some("shipment"), some("inventory_report"), first),
        field!(kind, some("945"), some("204"), first),
        field!(direction, some("out"), some("neither"), [&[1, 2], &[1, 2], &[1, 2]]),
        field!(direction, some("in"), some("neither"), [&[3], &[3], &[]]),
        field!(answer, some("waiting"), some("rejected"), first),
        field!(unanswered_at, Some(at(5)), Some(at(1)), first),
        field!(code, some("delivery.failed"), some("x12.missing-element"), first),
        field!(business_number, some("SO1"), some("SO99"), first),
        field!(file_name, some("a*"), some("z*"), first),
        field!(control_number, some("0008"), some("77"), first),
        field!(event, some("erp-1"), some("erp-99"), first),
        field!(payload, Some(1), Some(99), first),
        field!(delivery, Some(1), Some(99), first),
        field!(since, Some(at(5)), Some(at(99)), [&[2, 3], &[2, 3], &[2]]),
        field!(until, Some(at(5)), Some(at(0)), first),
    ]
}

/// What a filter does not narrow a command acts on.
#[tokio::test]
async fn every_field_of_a_filter_narrows_every_kind_and_takes_nothing_where_nothing_is_like_it() {
    let folder = Folder::new("filters");
    let store = Store::open(&folder.0).await.unwrap();
    several(&store).await;
    let taken = async |filter: &Filter| {
        let window = Window::first(10);
        let payloads = store.payloads(filter, window).await.unwrap().iter().map(|row| row.id).collect();
        let documents = store.documents(filter, window).await.unwrap().iter().map(|row| row.id).collect();
        let deliveries = store.deliveries(filter, window).await.unwrap().iter().map(|row| row.id).collect();
        let taken: [Vec<i64>; 3] = [payloads, documents, deliveries];
        let counts = (store.count_payloads(filter).await.unwrap(), store.count_deliveries(filter).await.unwrap());
        assert_eq!(counts, (taken[0].len() as u64, taken[2].len() as u64));
        taken
    };
    assert_eq!(taken(&Filter::default()).await, [vec![1, 2, 3], vec![1, 2, 3], vec![1, 2]]);
    for (field, some, nothing, expected) in each_field() {
        assert_eq!(taken(&some).await, expected, "payloads, documents and deliveries by {field}");
        assert_eq!(taken(&nothing).await, [const { Vec::<i64>::new() }; 3], "by {field}");
    }
}

/// Very much may wait for a partner that is paused.
#[tokio::test]
async fn what_fails_is_found_behind_all_that_waits() {
    let folder = Folder::new("failing");
    let store = Store::open(&folder.0).await.unwrap();
    let payload = receive(&store, "out", "a.json").await;
    let mut failing = Delivery { id: 1_006, version: 1, ..submitted(&store, "b.json", delivery(&keys("P"))).await };
    let deliveries = vec![NewDelivery { numbers: None, ..delivery(&keys("P")) }; 1_006];
    let submission = Submission { payload, version: 1, documents: Vec::new(), deliveries, at: at(0) };
    store.commit_one(Unit::Submit(submission.into())).await.unwrap();
    assert!(store.failing(20).await.unwrap().is_empty());
    store.commit_one(ended(&failing, DeliveryState::Waiting)).await.unwrap();
    failing = store.failing(20).await.unwrap().remove(0);
    assert_eq!((failing.id, failing.attempts), (1_006, 1));
}
