//! Deliveries in the store: what may be held, what counts as put, and what a number of an interchange is given for.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/kept.rs"]
mod kept;

use std::collections::BTreeMap;

use crossdock::lifecycle::{AnswerState, DeliveryState, DocumentState};
use crossdock::store::*;
use kept::*;

async fn state_of(store: &Store, delivery: &Delivery) -> &'static str {
    store.delivery(delivery.id).await.unwrap().unwrap().state.word()
}

#[tokio::test]
async fn what_is_being_put_is_not_held_any_more_and_what_was_placed_is_a_fact() {
    let folder = Folder::new("putting");
    let store = Store::open(&folder.0).await.unwrap();
    let delivery = submitted(&store, "a.json", delivery(&keys("P"))).await;
    let row = Row { id: delivery.id, version: delivery.version };
    let hold = || Unit::Document(Row { id: 1, version: 1 }, DocumentState::Held, Some(DeliveryState::Held), audit());
    assert_eq!(store.commit_one(Unit::Putting(row, true)).await.unwrap(), Applied::Done(row.id));
    assert_eq!(store.commit_one(hold()).await.unwrap(), Applied::Stale);
    // A person has it tried in the very moment.
    store.commit_one(Unit::Retry(row, at(1), audit())).await.unwrap();
    assert_eq!(store.commit_one(ended(&delivery, DeliveryState::Placed)).await.unwrap(), Applied::Done(row.id));
    assert_eq!(state_of(&store, &delivery).await, "placed");
    let taken = Unit::Taken("alder".into(), delivery.file_name.clone(), at(3));
    assert_eq!(store.commit_one(taken).await.unwrap(), Applied::Done(row.id));
    assert_eq!(store.commit_one(ended(&delivery, DeliveryState::Placed)).await.unwrap(), Applied::Stale);
    assert_eq!(state_of(&store, &delivery).await, "delivered");
}

#[tokio::test]
async fn failures_count_from_the_first_one_since_a_person_had_it_go_on() {
    let folder = Folder::new("failing-since");
    let store = Store::open(&folder.0).await.unwrap();
    let delivery = submitted(&store, "a.json", delivery(&keys("P"))).await;
    let now = async || store.delivery(delivery.id).await.unwrap().unwrap();
    let fails = async |state, minute| {
        let Delivery { id, version, .. } = now().await;
        let unit = Delivered {
            id,
            version,
            state,
            due_at: at(0),
            at: at(minute),
            diagnostics: Vec::new(),
            perhaps_put: false,
        };
        assert_eq!(store.commit_one(Unit::Delivered(unit)).await.unwrap(), Applied::Done(id));
        now().await.failing_since
    };
    assert_eq!(now().await.failing_since, None);
    assert_eq!(fails(DeliveryState::Waiting, 10).await, Some(at(10)));
    assert_eq!(fails(DeliveryState::Waiting, 20).await, Some(at(10)));
    store.commit_one(Unit::Partner("alder".into(), None, audit())).await.unwrap();
    assert_eq!(fails(DeliveryState::Waiting, 30).await, Some(at(30)));
    let Delivery { id, version, .. } = now().await;
    assert_eq!(store.failing(9).await.unwrap().len(), 1);
    store.commit_one(Unit::Retry(Row { id, version }, at(35), audit())).await.unwrap();
    assert!(store.failing(9).await.unwrap().is_empty(), "it has not failed since a person had it tried again");
    assert_eq!(fails(DeliveryState::Held, 40).await, Some(at(40)));
    let hold = |version, state, to| Unit::Document(Row { id: 1, version }, state, Some(to), audit());
    for (version, state, to) in
        [(1, DocumentState::Held, DeliveryState::Held), (2, DocumentState::Queued, DeliveryState::Waiting)]
    {
        assert_eq!(store.commit_one(hold(version, state, to)).await.unwrap(), Applied::Done(1));
    }
    assert_eq!(fails(DeliveryState::Waiting, 50).await, Some(at(50)));
    assert_eq!(fails(DeliveryState::Delivered, 60).await, None);
}

#[tokio::test]
async fn the_time_for_an_answer_is_the_same_each_time_that_it_goes_out() {
    let folder = Folder::new("answer-within");
    let store = Store::open(&folder.0).await.unwrap();
    let expected = NewDelivery { answer_within_secs: Some(60), ..delivery(&keys("P")) };
    let delivery = submitted(&store, "a.json", expected).await;
    assert_eq!(delivery.answer_due, None, "it has not left");
    let id = delivery.id;
    for minute in [100, 200, 300] {
        let now = async || store.delivery(id).await.unwrap().unwrap();
        let (version, state) = (now().await.version, DeliveryState::Delivered);
        let left = Delivered {
            id,
            version,
            state,
            due_at: at(minute),
            at: at(minute),
            diagnostics: Vec::new(),
            perhaps_put: false,
        };
        store.commit_one(Unit::Delivered(left)).await.unwrap();
        let left = now().await;
        assert_eq!(left.answer_due, Some(at(minute + 1)));
        store.commit_one(Unit::Retry(Row { id, version: left.version }, at(minute), audit())).await.unwrap();
        assert_eq!(now().await.answer_due, None);
    }
}

#[tokio::test]
async fn what_was_refused_and_came_again_does_not_go_out_twice() {
    let folder = Folder::new("came-again");
    let store = Store::open(&folder.0).await.unwrap();
    let mut payloads = Vec::new();
    for (name, state) in [("a.json", DocumentState::Refused), ("b.json", DocumentState::Queued)] {
        let payload = receive(&store, "out", name).await;
        let mut order = document(1, state);
        (order.event, order.delivery) = (Some("erp-1".into()), Some(0));
        let (documents, deliveries) = (vec![order], vec![delivery(&keys("P"))]);
        let submission = Submission { payload, version: 1, documents, deliveries, at: at(0) };
        assert_eq!(store.commit_one(Unit::Submit(submission.into())).await.unwrap(), Applied::Done(payload));
        payloads.push(payload);
    }
    let NewDocument { bytes, lane, partner, business_number, canonical_type, outgoing, attempt, .. } =
        document(1, DocumentState::Queued);
    let retake = |document| {
        Unit::Retake(Box::new(Retake {
            document,
            version: 1,
            state: DocumentState::Queued,
            bytes: bytes.clone(),
            lane,
            partner: partner.clone(),
            kind: "x12/004010/940".into(),
            business_number: business_number.clone(),
            identity: None,
            canonical_type: canonical_type.clone(),
            replaces: None,
            event: None,
            supersedes: None,
            submitted: Some(SubmittedAs::Event("erp-1".into())),
            delivery: None,
            set_number: None,
            outgoing: outgoing.clone(),
            attempt: attempt.clone(),
            audit: audit(),
        }))
    };
    let event = Submitted::Event { lane: "live".into(), event: "erp-1".into() };
    assert_eq!(store.commit_one(retake(1)).await.unwrap(), Applied::Submitted(vec![(event, payloads[1])]));
    assert_eq!(store.commit_one(retake(2)).await.unwrap(), Applied::Done(2));
}

#[tokio::test]
async fn what_is_held_is_not_put_and_what_was_not_put_can_be_held() {
    let folder = Folder::new("not-put");
    let store = Store::open(&folder.0).await.unwrap();
    let delivery = submitted(&store, "a.json", delivery(&keys("P"))).await;
    let row = Row { id: delivery.id, version: delivery.version };
    store.commit(vec![Unit::Putting(row, true), Unit::Putting(row, false)]).await.unwrap();
    let hold = Unit::Document(Row { id: 1, version: 1 }, DocumentState::Held, Some(DeliveryState::Held), audit());
    assert_eq!(store.commit_one(hold).await.unwrap(), Applied::Done(1));
    assert_eq!(store.commit_one(Unit::Putting(row, true)).await.unwrap(), Applied::Stale);
    assert_eq!(state_of(&store, &delivery).await, "held");
}

/// Gives the next test the numbers of a delivery that was meant.
async fn number_tests_like(store: &Store, live: &Delivery) {
    let of = |number: Option<i64>| u32::try_from(number.unwrap()).unwrap();
    let numbers = COUNTERS.map(|kind| (kind, of(live.interchange_number))).to_vec();
    store.commit_one(next_numbers(numbers, true)).await.unwrap();
}

fn next_numbers(numbers: Vec<(&'static str, u32)>, again: bool) -> Unit {
    let NumberKeys { ours, theirs, .. } = keys("P");
    Unit::NextNumbers(NextNumbers { ours, theirs, numbers, again, audit: audit() })
}

#[tokio::test]
async fn numbers_go_on_behind_those_that_either_usage_was_given() {
    let folder = Folder::new("other-usage");
    let store = Store::open(&folder.0).await.unwrap();
    let test = submitted(&store, "test.json", delivery(&keys("T"))).await;
    let live = submitted(&store, "live.json", delivery(&keys("P"))).await;
    let again = submitted(&store, "again.json", delivery(&keys("T"))).await;
    let back = submitted(&store, "back.json", delivery(&keys("P"))).await;
    let numbers = [&test, &live, &again, &back].map(|one| one.interchange_number.unwrap());
    assert_eq!(numbers, [8, 9, 10, 8], "up to the last, and then anew");
}

#[tokio::test]
async fn what_lies_where_the_partner_takes_it_is_not_held_while_it_is_put_once_more() {
    let folder = Folder::new("placed-again");
    let store = Store::open(&folder.0).await.unwrap();
    let delivery = submitted(&store, "a.json", delivery(&keys("P"))).await;
    store.commit_one(ended(&delivery, DeliveryState::Placed)).await.unwrap();
    let row = Row { id: delivery.id, version: store.delivery(delivery.id).await.unwrap().unwrap().version };
    assert_eq!(store.commit_one(Unit::Retry(row, at(3), audit())).await.unwrap(), Applied::Done(row.id));
    let row = Row { id: 1, version: store.document(1).await.unwrap().unwrap().version };
    let hold = Unit::Document(row, DocumentState::Held, Some(DeliveryState::Held), audit());
    assert_eq!(store.commit_one(hold).await.unwrap(), Applied::Stale);
    let taken = Unit::Taken("alder".into(), delivery.file_name.clone(), at(3));
    assert_eq!(store.commit_one(taken).await.unwrap(), Applied::Done(delivery.id));
}

#[tokio::test]
async fn a_file_that_is_taken_is_one_delivery_that_was_put() {
    let folder = Folder::new("taken-one");
    let store = Store::open(&folder.0).await.unwrap();
    // Numbers of tests can be set apart, so both have the same name.
    let live = submitted(&store, "live.json", delivery(&keys("P"))).await;
    number_tests_like(&store, &live).await;
    let test = submitted(&store, "test.json", delivery(&keys("T"))).await;
    assert_eq!(live.file_name, test.file_name);
    let taken = || Unit::Taken("alder".into(), live.file_name.clone(), at(3));
    assert_eq!(store.commit_one(taken()).await.unwrap(), Applied::Done(0), "none was put");
    store.commit_one(ended(&test, DeliveryState::Placed)).await.unwrap();
    assert_eq!(store.commit_one(taken()).await.unwrap(), Applied::Done(test.id));
    assert_eq!((state_of(&store, &live).await, state_of(&store, &test).await), ("waiting", "delivered"));
    store.commit_one(Unit::Putting(Row { id: live.id, version: live.version }, true)).await.unwrap();
    assert_eq!(store.commit_one(taken()).await.unwrap(), Applied::Done(live.id));
}

#[tokio::test]
async fn an_acknowledgment_of_a_test_is_for_no_order_that_is_meant() {
    let folder = Folder::new("test-acknowledged");
    let store = Store::open(&folder.0).await.unwrap();
    let live = submitted(&store, "live.json", delivery(&keys("P"))).await;
    let number = u32::try_from(live.interchange_number.unwrap()).unwrap();
    assert!(store.sent_group("alder", number, &keys("T")).await.unwrap().is_none());
    assert!(store.sent_interchanges("alder", number, &keys("T")).await.unwrap().is_empty());
    number_tests_like(&store, &live).await;
    let test = submitted(&store, "test.json", delivery(&keys("T"))).await;
    for (usage, expected) in [("P", &live), ("T", &test)] {
        let found = store.sent_group("alder", number, &keys(usage)).await.unwrap().unwrap();
        assert_eq!(found.id, expected.id, "{usage}");
    }
    // After the partner's id has changed, those of the id that answers go first.
    let renamed = NumberKeys { theirs: "ZZ/ALDERNEW".into(), ..keys("P") };
    let newer = submitted(&store, "newer.json", delivery(&renamed)).await;
    for (keys, expected) in [(keys("P"), &live), (renamed, &newer)] {
        let found = store.sent_interchanges("alder", number, &keys).await.unwrap().remove(0);
        assert_eq!(found.id, expected.id, "{keys:?}");
    }
}

#[tokio::test]
async fn what_may_have_been_put_is_not_held_and_is_delivered_when_it_is_answered() {
    let folder = Folder::new("perhaps-put");
    let store = Store::open(&folder.0).await.unwrap();
    let order = submitted(&store, "a.json", delivery(&keys("P"))).await;
    let row = |delivery: &Delivery| Row { id: delivery.id, version: delivery.version };
    let now = async || store.delivery(order.id).await.unwrap().unwrap();
    let fails = async |perhaps_put| {
        let Delivery { id, version, .. } = now().await;
        let (state, diagnostics) = (DeliveryState::Waiting, Vec::new());
        let unit = Delivered { id, version, state, due_at: at(0), at: at(2), diagnostics, perhaps_put };
        assert_eq!(store.commit_one(Unit::Delivered(unit)).await.unwrap(), Applied::Done(id));
    };
    let hold = || Unit::Document(Row { id: 1, version: 1 }, DocumentState::Held, Some(DeliveryState::Held), audit());
    store.commit_one(Unit::Putting(row(&order), true)).await.unwrap();
    fails(true).await;
    assert_eq!(store.commit_one(hold()).await.unwrap(), Applied::Stale);
    assert_eq!(store.commit_one(Unit::Discard(row(&now().await), audit())).await.unwrap(), Applied::Stale);
    let id = receive(&store, "in", "997.edi").await;
    let kept = document(1, DocumentState::Kept);
    store.commit_one(Unit::Decide(decision(id, "7", 1, vec![kept]).into())).await.unwrap();
    let answer = |version| {
        Unit::Answered(Box::new(Answered {
            document: Row { id: 2, version },
            state: DocumentState::Kept,
            diagnostics: Vec::new(),
            groups: vec![(order.id, AnswerState::Accepted)],
            interchange: None,
            documents: BTreeMap::new(),
            against: Vec::new(),
            at: at(5),
        }))
    };
    // That an attempt failed which did not come so far says nothing of the partner.
    fails(false).await;
    assert_eq!(store.commit_one(answer(1)).await.unwrap(), Applied::Done(2));
    assert_eq!(state_of(&store, &order).await, "waiting");
    store.commit_one(Unit::Putting(row(&now().await), true)).await.unwrap();
    fails(true).await;
    assert_eq!(store.commit_one(answer(2)).await.unwrap(), Applied::Done(2));
    assert_eq!(state_of(&store, &order).await, "delivered");
    assert_eq!(store.document(1).await.unwrap().unwrap().state, DocumentState::Delivered);
}

#[tokio::test]
async fn control_numbers_are_given_once_and_begin_anew_behind_the_last() {
    let folder = Folder::new("numbers");
    let store = Store::open(&folder.0).await.unwrap();
    for name in ["a.json", "b.json", "c.json", "d.json"] {
        let payload = receive(&store, "out", name).await;
        let submission = Submission {
            payload,
            version: 1,
            documents: Vec::new(),
            deliveries: vec![delivery(&keys("P"))],
            at: at(0),
        };
        store.commit_one(Unit::Submit(submission.into())).await.unwrap();
    }
    let due = store.due_to("alder", Kinds::All, at(0), 10).await.unwrap();
    let names: Vec<&str> = due.iter().map(|delivery| delivery.file_name.as_str()).collect();
    assert_eq!(names, ["000000008", "000000009", "000000010", "000000008"]);
    assert_eq!(store.content(due[1].content).await.unwrap(), Content::Inline(b"GS9".to_vec()));
    // What was given in the very moment is not given again, unless that is meant; of several numbers none is set then.
    let set = |interchange, group, again| next_numbers(vec![("interchange", interchange), ("group", group)], again);
    assert_eq!(store.commit_one(set(9, 1, false)).await.unwrap(), Applied::NumberGiven);
    assert_eq!(store.commit_one(set(9, 1, true)).await.unwrap(), Applied::Done(0));
    assert_eq!(store.commit_one(set(10, 5, false)).await.unwrap(), Applied::Done(0));
    let next = store.control_numbers().await.unwrap();
    let interchange = next.iter().find(|number| number.kind == "interchange").unwrap();
    assert_eq!(interchange.next, 10);
    let unit = Delivered {
        id: due[0].id,
        version: 1,
        state: DeliveryState::Delivered,
        due_at: at(0),
        at: at(2),
        diagnostics: Vec::new(),
        perhaps_put: false,
    };
    store.commit_one(Unit::Delivered(unit)).await.unwrap();
    assert_eq!(store.due_to("alder", Kinds::All, at(0), 10).await.unwrap().len(), 3);
}
