//! The store as its callers see it, whatever database is below.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/kept.rs"]
mod kept;

use std::path::{Path, PathBuf};

use crossdock::diagnostic::{Diagnostic, Place, Severity, codes};
use crossdock::lifecycle::{DocumentState, InSpite, PayloadState};
use crossdock::store::{
    Applied, AuditFilter, Bare, CameBefore, Content, Cursor, Decision, Filter, Kept, NewDocument, NewPayload, Outgoing,
    Retake, Row, Stage, Store, Unit, Window,
};
use jiff::Timestamp;
use kept::*;
use proptest::collection;
use proptest::prelude::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row as _};

#[tokio::test]
async fn who_opens_a_new_store_at_the_same_moment_finds_it_made_once() {
    let folder = Folder::new("together");
    let opened = futures_util::future::join_all((0..12).map(|_| Store::open(&folder.0))).await;
    for store in opened {
        assert_eq!(store.unwrap().payloads(&Filter::default(), Window::first(1)).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn what_was_received_is_there_again_after_the_store_was_opened_anew() {
    let folder = Folder::new("again");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    assert_eq!(receive(&store, "in", "a.edi").await, id, "the same file of the spool is received once");
    drop(store);
    let store = Store::open(&folder.0).await.unwrap();
    let payload = store.payload(id).await.unwrap().unwrap();
    assert_eq!((payload.file_name.as_str(), payload.state), ("a.edi", PayloadState::Received));
    let content = store.content(payload.content).await.unwrap();
    assert_eq!(content, Content::Inline(b"the bytes of a.edi".to_vec()));
    let waiting = store.waiting("alder", 0, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|(payload, content)| (payload.id, content)).collect::<Vec<_>>(), [(id, &content)]);
    assert!(store.waiting("alder", id, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_unit_made_of_an_older_version_changes_nothing_and_its_neighbours_take() {
    let folder = Folder::new("stale");
    let store = Store::open(&folder.0).await.unwrap();
    let (one, other) = (receive(&store, "in", "a.edi").await, receive(&store, "in", "b.edi").await);
    let discard = |id, version| Unit::Payload(Row { id, version }, PayloadState::Discarded, audit());
    let applied = store.commit(vec![discard(one, 2), discard(other, 1), discard(99, 1)]).await.unwrap();
    assert_eq!(applied, [Applied::Stale, Applied::Done(other), Applied::Stale]);
    assert_eq!(store.payload(one).await.unwrap().unwrap().state, PayloadState::Received);
    assert_eq!(store.audit(&AuditFilter::default(), None, 10).await.unwrap().len(), 1, "only what took is recorded");
}

#[tokio::test]
async fn documents_are_published_with_the_decision_and_in_their_order() {
    let folder = Folder::new("publish");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let documents =
        vec![document(1, DocumentState::Staged), document(2, DocumentState::Held), document(3, DocumentState::Staged)];
    let decided = store.commit_one(Unit::Decide(decision(id, "7", 1, documents.clone()).into())).await.unwrap();
    assert_eq!(decided, Applied::Done(id));
    let again = store.commit_one(Unit::Decide(decision(id, "7", 1, documents).into())).await.unwrap();
    assert_eq!(again, Applied::Stale, "a payload is decided once");
    let events = store.events(0, 10).await.unwrap();
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["event-1", "event-3"]);
    assert_eq!(store.events(events[0].sequence, 10).await.unwrap().len(), 1);
    let held = Filter { states: vec!["held".into()], ..Filter::default() };
    assert_eq!(store.documents(&held, Window::first(10)).await.unwrap()[0].position, 2);
    let by_number = Filter { control_number: Some("0003".into()), kind: Some("945".into()), ..Filter::default() };
    assert_eq!(store.documents(&by_number, Window::first(10)).await.unwrap()[0].position, 3);
}

#[tokio::test]
async fn what_is_staged_goes_on_only_whole() {
    let folder = Folder::new("staged");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let stage = |first, position| {
        let documents = vec![document(position, DocumentState::Staged)];
        Unit::Stage(Stage { payload: id, version: 1, first, documents, at: at(0) })
    };
    // A run that was broken off, and one that begins anew.
    store.commit(vec![stage(true, 1), stage(false, 2), stage(true, 1)]).await.unwrap();
    let whole = |staged| {
        Unit::Decide(Decision { staged, ..decision(id, "7", 1, vec![document(2, DocumentState::Staged)]) }.into())
    };
    assert_eq!(store.commit_one(whole(2)).await.unwrap(), Applied::Stale, "not all of it is there");
    assert!(store.events(0, 10).await.unwrap().is_empty());
    assert_eq!(store.commit_one(whole(1)).await.unwrap(), Applied::Done(id));
    assert_eq!(store.events(0, 10).await.unwrap().len(), 2);
    // A run that was broken off, and one that needs no stage: it says other documents of the same positions.
    let id = receive(&store, "in", "b.edi").await;
    let documents = vec![document(1, DocumentState::Staged), document(2, DocumentState::Staged)];
    store.commit_one(Unit::Stage(Stage { payload: id, version: 1, first: true, documents, at: at(0) })).await.unwrap();
    let mut only = document(1, DocumentState::Staged);
    only.event = Some("event-anew".to_owned());
    let decided = store.commit_one(Unit::Decide(decision(id, "8", 1, vec![only]).into())).await.unwrap();
    assert_eq!(decided, Applied::Done(id));
    let events = store.events(0, 10).await.unwrap();
    assert_eq!((events.len(), events[2].id.as_str()), (3, "event-anew"));
    // Of a payload that does not go on nothing is left, whatever was to become of it.
    let id = receive(&store, "in", "c.edi").await;
    let documents = vec![document(1, DocumentState::Held)];
    store.commit_one(Unit::Stage(Stage { payload: id, version: 1, first: true, documents, at: at(0) })).await.unwrap();
    let (state, interchanges) = (PayloadState::Held, Vec::new());
    let held = Decision { state, interchanges, staged: 1, ..decision(id, "9", 1, Vec::new()) };
    assert_eq!(store.commit_one(Unit::Decide(held.into())).await.unwrap(), Applied::Done(id));
    let of_payload = Filter { payload: Some(id), ..Filter::default() };
    assert!(store.documents(&of_payload, Window::first(10)).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_staged_is_told_as_staged_whatever_it_came_to() {
    let folder = Folder::new("all-staged");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let documents = vec![document(1, DocumentState::Staged), document(2, DocumentState::Held)];
    store.commit_one(Unit::Stage(Stage { payload: id, version: 1, first: true, documents, at: at(0) })).await.unwrap();
    let states = async || {
        let documents = store.documents(&Filter::default(), Window::first(10)).await.unwrap();
        documents.into_iter().map(|one| one.state).collect::<Vec<_>>()
    };
    assert_eq!(states().await, [DocumentState::Staged; 2], "its payload may not go on");
    let whole = Decision { staged: 2, ..decision(id, "7", 1, Vec::new()) };
    assert_eq!(store.commit_one(Unit::Decide(whole.into())).await.unwrap(), Applied::Done(id));
    assert_eq!(states().await, [DocumentState::Published, DocumentState::Held]);
}

#[tokio::test]
async fn nothing_is_put_for_a_partner_that_is_paused() {
    let folder = Folder::new("paused");
    let store = Store::open(&folder.0).await.unwrap();
    let order = submitted(&store, "a.json", delivery(&keys("P"))).await;
    let put = |is_put| Unit::Putting(Row { id: order.id, version: order.version }, is_put);
    let pause = |at| Unit::Partner("alder".into(), at, audit());
    let applied = store.commit(vec![put(true), pause(Some(at(1))), put(true), put(false), pause(None), put(true)]);
    let expected =
        [order.id, 0, -1, order.id, 0, order.id].map(|id| if id < 0 { Applied::Stale } else { Applied::Done(id) });
    assert_eq!(applied.await.unwrap(), expected);
}

#[tokio::test]
async fn an_interchange_that_came_before_is_told_and_nothing_of_it_taken() {
    let folder = Folder::new("duplicates");
    let store = Store::open(&folder.0).await.unwrap();
    let first = receive(&store, "in", "a.edi").await;
    store
        .commit_one(Unit::Decide(decision(first, "7", 1, vec![document(1, DocumentState::Staged)]).into()))
        .await
        .unwrap();
    for (name, digest, same) in [("b.edi", 1, true), ("c.edi", 2, false)] {
        let id = receive(&store, "in", name).await;
        let documents = vec![document(2, DocumentState::Staged)];
        let applied =
            store.commit_one(Unit::Decide(decision(id, "7", digest, documents.clone()).into())).await.unwrap();
        let before = CameBefore { index: 0, payload: first, interchange: 1, same, outlived: false };
        assert_eq!(applied, Applied::CameBefore(vec![before]));
        assert_eq!(store.events(0, 10).await.unwrap().len(), 1);
        assert_eq!(store.payload(id).await.unwrap().unwrap().state, PayloadState::Received);
    }
}

#[tokio::test]
async fn behind_one_that_does_not_take_nothing_of_its_line_does() {
    let folder = Folder::new("in-order");
    let store = Store::open(&folder.0).await.unwrap();
    let mut ids = Vec::new();
    for name in ["a.edi", "b.edi", "c.edi", "d.edi"] {
        ids.push(receive(&store, "in", name).await);
    }
    let unit = |payload, number: &str, version| {
        Unit::Decide(Decision { version, ..decision(payload, number, 1, Vec::new()) }.into())
    };
    assert_eq!(store.commit_one(unit(ids[0], "7", 1)).await.unwrap(), Applied::Done(ids[0]));
    let line = || vec![unit(ids[1], "8", 9), unit(ids[1], "7", 1), unit(ids[2], "8", 1), unit(ids[3], "9", 1)];
    let applied = store.commit_in_order(line()).await.unwrap();
    assert!(
        matches!(&applied[..], [Applied::Stale, Applied::CameBefore(_), Applied::Behind, Applied::Behind]),
        "{applied:?}"
    );
    let applied = store.commit(line()).await.unwrap();
    assert!(
        matches!(&applied[..], [Applied::Stale, Applied::CameBefore(_), Applied::Done(_), Applied::Done(_)]),
        "{applied:?}"
    );
}

#[tokio::test]
async fn a_file_without_an_envelope_that_says_how_things_are_is_news_when_they_were_otherwise_since() {
    let folder = Folder::new("states");
    let store = Store::open(&folder.0).await.unwrap();
    let mut count = 0;
    let mut come = async |name: &str, bytes: u8, is_state, again| {
        count += 1;
        let payload = receive(&store, "in", &format!("{count}.csv")).await;
        let mut decision = decision(payload, &bytes.to_string().repeat(64), bytes, Vec::new());
        decision.interchanges[0].file = Some(Bare { name: name.into(), is_state, again });
        match store.commit_one(Unit::Decide(decision.into())).await.unwrap() {
            Applied::Done(_) => "taken",
            Applied::CameBefore(before) if before[0].outlived => "outlived",
            Applied::CameBefore(_) => "came before",
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(come("26.csv", 1, true, false).await, "taken");
    assert_eq!(come("27.csv", 1, true, false).await, "came before", "it is the newest");
    assert_eq!(come("27.csv", 2, true, false).await, "taken");
    assert_eq!(come("26.csv", 1, true, false).await, "came before", "it was sent again");
    assert_eq!(come("28.csv", 1, false, false).await, "came before", "what was done is not done twice");
    assert_eq!(come("28.csv", 1, true, false).await, "outlived");
    assert_eq!(come("28.csv", 1, true, true).await, "taken");
    // One name for all of them.
    assert_eq!(come("28.csv", 3, true, false).await, "taken");
    assert_eq!(come("28.csv", 1, true, false).await, "outlived");
}

#[tokio::test]
async fn an_event_says_what_its_document_was_when_it_was_published() {
    let folder = Folder::new("event-of");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let first = document(1, DocumentState::Staged);
    store.commit_one(Unit::Decide(decision(id, "7", 1, vec![first.clone()]).into())).await.unwrap();
    let unit = Unit::Retake(Box::new(Retake {
        document: 1,
        version: store.document(1).await.unwrap().unwrap().version,
        state: DocumentState::Published,
        bytes: first.bytes,
        lane: first.lane,
        partner: first.partner,
        kind: first.document,
        business_number: Some("SO9".into()),
        identity: None,
        canonical_type: first.canonical_type,
        replaces: None,
        event: Some("event-9".into()),
        submitted: None,
        supersedes: first.event,
        delivery: None,
        set_number: None,
        outgoing: Outgoing::default(),
        attempt: first.attempt,
        audit: audit(),
    }));
    assert_eq!(store.commit_one(unit).await.unwrap(), Applied::Done(1));
    let events = store.events(0, 10).await.unwrap();
    let said: Vec<_> = events.iter().map(|event| (event.id.as_str(), event.business_number.as_deref())).collect();
    assert_eq!(said, [("event-1", Some("SO1")), ("event-9", Some("SO9"))]);
}

#[tokio::test]
async fn who_goes_on_all_the_same_takes_what_held_it_and_what_came_before_only_alone() {
    let folder = Folder::new("all-the-same");
    let store = Store::open(&folder.0).await.unwrap();
    let first = receive(&store, "in", "a.edi").await;
    store.commit_one(Unit::Decide(decision(first, "7", 1, Vec::new()).into())).await.unwrap();
    let same = decision(0, "7", 1, Vec::new()).interchanges.remove(0);
    let reused = decision(0, "7", 2, Vec::new()).interchanges.remove(0);
    let before =
        Applied::CameBefore(vec![CameBefore { index: 0, payload: first, interchange: 1, same: true, outlived: false }]);
    let other = match &before {
        Applied::CameBefore(came) => Applied::CameBefore(vec![CameBefore { same: false, ..came[0] }]),
        _ => unreachable!(),
    };
    for (name, interchanges, in_spite, expected) in [
        ("b.edi", vec![same.clone(), reused.clone()], InSpite::Duplicate, Some(before.clone())),
        ("c.edi", vec![reused.clone()], InSpite::Faults, Some(other)),
        ("d.edi", vec![same.clone()], InSpite::Reused, Some(before)),
        ("e.edi", vec![same], InSpite::Duplicate, None),
        ("f.edi", vec![reused], InSpite::Reused, None),
    ] {
        let id = receive(&store, "in", name).await;
        let decision = Decision { interchanges, in_spite, ..decision(id, "", 0, Vec::new()) };
        let applied = store.commit_one(Unit::Decide(decision.into())).await.unwrap();
        assert_eq!(applied, expected.unwrap_or(Applied::Done(id)), "{name}");
    }
}

#[tokio::test]
async fn a_change_replaces_what_came_before_it_whichever_was_read_first() {
    changes_are_published(1).await;
    changes_are_published(2).await;
}

/// So many payloads with one commit.
async fn changes_are_published(at_once: usize) {
    let folder = Folder::new(&format!("replaced-{at_once}"));
    let store = Store::open(&folder.0).await.unwrap();
    let [first, second] = [receive(&store, "in", "a.edi").await, receive(&store, "in", "b.edi").await];
    let one = |event: &str, position, replaces| {
        let (event, business_number) = (Some(event.to_owned()), Some("SO".to_owned()));
        NewDocument { event, business_number, replaces, ..document(position, DocumentState::Staged) }
    };
    let stage = |payload, documents| Unit::Stage(Stage { payload, version: 1, first: true, documents, at: at(0) });
    // Both are large, and the second is read first.
    store.commit_one(stage(second, vec![one("change", 1, true), one("change again", 2, true)])).await.unwrap();
    store.commit_one(stage(first, vec![one("original", 1, false)])).await.unwrap();
    let decided = [(first, "7", 1), (second, "8", 2)].map(|(payload, number, staged)| {
        Unit::Decide(Decision { staged, ..decision(payload, number, 1, Vec::new()) }.into())
    });
    for units in decided.chunks(at_once) {
        assert!(store.commit(units.to_vec()).await.unwrap().iter().all(|one| matches!(one, Applied::Done(_))));
    }
    let events = store.events(0, 10).await.unwrap();
    let said: Vec<_> = events.iter().map(|event| (event.id.as_str(), event.supersedes.as_deref())).collect();
    assert_eq!(said, [("original", None), ("change", Some("original")), ("change again", Some("change"))]);
    let known = store.recorded(("alder", "live"), "shipment", &["SO"], None).await.unwrap().unwrap();
    assert_eq!(Some(known.document), store.document(events[2].document).await.unwrap().map(|one| one.id));
}

/// Event, lane, shipment, whether it is a change, and the event that it takes the place of.
type Event<'e> = (&'e str, &'static str, Option<&'e str>, bool, Option<&'e str>);

/// Events of an order come one after the other, and each takes the place of the one that it should.
async fn replaced(store: &Store, number: &str, events: &[Event<'_>]) {
    for (event, lane, identity, replaces, expected) in events {
        let payload = receive(store, "in", &format!("{event}.edi")).await;
        let one = NewDocument {
            event: Some((*event).to_owned()),
            business_number: Some(number.to_owned()),
            identity: identity.map(str::to_owned),
            lane,
            replaces: *replaces,
            ..document(1, DocumentState::Staged)
        };
        store.commit_one(Unit::Decide(decision(payload, event, 1, vec![one]).into())).await.unwrap();
        let published = store.event(event).await.unwrap().unwrap();
        assert_eq!(published.supersedes.as_deref(), *expected, "{event}");
    }
}

#[tokio::test]
async fn a_change_replaces_what_the_erp_has_of_the_same_shipment_and_lane() {
    let folder = Folder::new("replaced-of");
    let store = Store::open(&folder.0).await.unwrap();
    let check = async |number: &str, events: &[Event<'_>]| replaced(&store, number, events).await;
    check(
        "SO1",
        &[
            ("a-1", "live", Some("B1"), false, None),
            ("a-2", "live", Some("B2"), false, None),
            ("a-3", "live", Some("B1"), true, Some("a-1")),
            ("a-4", "live", Some("B2"), true, Some("a-2")),
            // Which one it means it does not say.
            ("a-5", "live", None, true, None),
            ("a-6", "live", Some("B1"), true, Some("a-3")),
            ("a-7", "live", Some("B3"), true, None),
        ],
    )
    .await;
    check(
        "SO2",
        &[
            ("b-1", "live", Some("B1"), false, None),
            ("b-2", "test", Some("B1"), true, None),
            ("b-3", "live", Some("B1"), true, Some("b-1")),
            ("b-4", "test", Some("B1"), true, Some("b-2")),
        ],
    )
    .await;
    // Of the only one there is it need not say more, and its number may come later.
    check(
        "SO3",
        &[
            ("c-1", "live", None, false, None),
            ("c-2", "live", Some("B1"), true, Some("c-1")),
            ("c-3", "live", None, true, Some("c-2")),
        ],
    )
    .await;
    // One that does not say which it is comes between two of one shipment.
    check(
        "SO5",
        &[
            ("e-1", "live", Some("B1"), false, None),
            ("e-2", "live", None, false, None),
            ("e-3", "live", Some("B1"), true, Some("e-1")),
        ],
    )
    .await;
    // What is held since is with the ERP all the same.
    check("SO4", &[("d-1", "live", Some("B1"), false, None)]).await;
    let known = store.event("d-1").await.unwrap().unwrap().document;
    let row = Row { id: known, version: store.document(known).await.unwrap().unwrap().version };
    let held = Unit::Document(row, DocumentState::Held, None, audit());
    assert_eq!(store.commit_one(held).await.unwrap(), Applied::Done(known));
    check("SO4", &[("d-2", "live", Some("B1"), true, Some("d-1"))]).await;
}

#[tokio::test]
async fn a_change_that_does_not_say_of_which_shipment_stands_in_the_chain_of_the_only_one() {
    let folder = Folder::new("replaced-once");
    let store = Store::open(&folder.0).await.unwrap();
    let events = [
        ("f-1", "live", Some("B1"), false, None),
        ("f-2", "live", None, true, Some("f-1")),
        ("f-3", "live", Some("B1"), true, Some("f-2")),
        ("f-4", "live", None, false, None),
        ("f-5", "live", Some("B1"), true, Some("f-3")),
    ];
    replaced(&store, "SO6", &events).await;
}

#[tokio::test]
async fn nothing_that_was_staged_is_left_of_a_payload_that_is_discarded() {
    let folder = Folder::new("discarded");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let documents = vec![document(1, DocumentState::Staged), document(2, DocumentState::Held)];
    let stage = Stage { payload: id, version: 1, first: true, documents, at: at(0) };
    store.commit_one(Unit::Stage(stage.clone())).await.unwrap();
    let row = Row { id, version: 1 };
    let discarded = store.commit_one(Unit::Payload(row, PayloadState::Discarded, audit())).await.unwrap();
    assert_eq!(discarded, Applied::Done(id));
    assert_eq!(store.commit_one(Unit::Stage(stage)).await.unwrap(), Applied::Stale);
    assert_eq!(store.payload(id).await.unwrap().unwrap().documents, 0);
}

#[tokio::test]
async fn what_came_before_is_left_out_of_what_is_staged() {
    let folder = Folder::new("left-out");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let mut documents = vec![document(1, DocumentState::Staged), document(2, DocumentState::Held)];
    documents.push(document(3, DocumentState::Staged));
    store.commit_one(Unit::Stage(Stage { payload: id, version: 1, first: true, documents, at: at(0) })).await.unwrap();
    let decision = Decision { left_out: vec![1..=2], staged: 3, ..decision(id, "7", 1, Vec::new()) };
    assert_eq!(store.commit_one(Unit::Decide(decision.into())).await.unwrap(), Applied::Done(id));
    let documents = store.documents(&Filter::default(), Window::first(10)).await.unwrap();
    let left: Vec<_> = documents.iter().map(|one| (one.position, one.state)).collect();
    assert_eq!(left, [(3, DocumentState::Published)]);
    assert_eq!(store.events(0, 10).await.unwrap().len(), 1);
}

/// Units of a few payloads, interchanges, business numbers and counters, so that they get in each other's way: kind, and what
/// its parts are chosen by.
fn unit(number: usize, (kind, which, choice): (u8, i64, u32)) -> Unit {
    let is = |bit: u32| choice >> bit & 1 == 1;
    let documents = |first: i64, count: u32| -> Vec<NewDocument> {
        let documents = (first..first + i64::from(count)).map(|position| {
            let state = if position % 4 == 3 { DocumentState::Held } else { DocumentState::Staged };
            let mut document = document(position, state);
            document.event = document.event.map(|event| format!("{event}-of-{number}"));
            document.business_number = Some(format!("SO{}", choice % 2));
            document.identity = [None, Some("B1"), Some("B2")][(choice / 3 % 3) as usize].map(str::to_owned);
            document.replaces = is(5);
            if is(6) {
                let found = Diagnostic::new(codes::MAPPING_NOT_MAPPED, "N9 is not mapped", Place::Nowhere);
                document.attempt.diagnostics.push(found.severity(Severity::Warning));
            }
            document
        });
        documents.collect()
    };
    match kind {
        0 => payload("in", &format!("{which}.edi")),
        1..=4 => {
            let stage = Stage { payload: which, version: 1, first: true, documents: documents(100, 2), at: at(0) };
            Unit::Stage(stage)
        }
        5 => Unit::Cursor(Cursor { subscriber: "erp-folder", sequence: which, repeated: 1 }),
        _ => {
            let mut decision =
                decision(which, &format!("{}", choice % 7), (choice / 7 % 2) as u8, documents(1, 1 + choice % 3));
            decision.in_spite = if is(7) { InSpite::Duplicate } else { InSpite::Nothing };
            decision.staged = if is(8) { 2 } else { 0 };
            decision.interchanges[0].acknowledgment = is(9).then(|| delivery(&keys("P")));
            decision.deliveries.extend(is(10).then(|| delivery(&keys("P"))));
            if is(11) && is(12) {
                let why = Diagnostic::new(codes::PAYLOAD_FOREIGN_SENDER, "it is from another", Place::Nowhere);
                decision.diagnostics.push(why);
                (decision.state, decision.documents, decision.interchanges) =
                    (PayloadState::Held, Vec::new(), Vec::new());
            }
            Unit::Decide(decision.into())
        }
    }
}

/// All rows of all tables, as SQL writes their values.
async fn rows(folder: &Path) -> Vec<String> {
    let mut db = SqliteConnectOptions::new().filename(folder.join("crossdock.db")).connect().await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations' ORDER BY name";
    let mut rows = Vec::new();
    for table in sqlx::query(tables).fetch_all(&mut db).await.unwrap() {
        let table: String = table.get(0);
        let columns = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
        let columns = sqlx::query(sqlx::AssertSqlSafe(columns)).fetch_all(&mut db).await.unwrap();
        let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
        let all = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ', ' || "));
        let all = sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(&mut db).await.unwrap();
        rows.extend(all.iter().map(|row| format!("{table}: {}", row.get::<String, _>(0))));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn units_that_come_together_are_written_as_if_they_came_one_by_one(
        chosen in collection::vec((0..14_u8, 1..13_i64, any::<u32>()), 1..70),
    ) {
        let received = (1..9).map(|which| (0, which, 0));
        let units: Vec<Unit> = received.chain(chosen).enumerate().map(|(number, chosen)| unit(number, chosen)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folders = ["as-one", "one-by-one"].map(Folder::new);
            let [together, single] = [Store::open(&folders[0].0).await.unwrap(), Store::open(&folders[1].0).await.unwrap()];
            let mut singly = Vec::new();
            for unit in units.clone() {
                singly.push(single.commit_one(unit).await.unwrap());
            }
            assert_eq!(together.commit(units).await.unwrap(), singly);
            assert_eq!(rows(&folders[0].0).await, rows(&folders[1].0).await);
        });
    }
}

#[tokio::test]
async fn large_events_are_looked_up_a_few_at_a_time_and_all_of_them() {
    let folder = Folder::new("large-events");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let documents = (1..=9).map(|position| {
        let mut document = document(position, DocumentState::Staged);
        document.attempt.canonical = Some(vec![b'x'; 3 << 20]);
        document
    });
    store.commit_one(Unit::Decide(decision(id, "7", 1, documents.collect()).into())).await.unwrap();
    let (mut after, mut pages) = (0, Vec::new());
    while let Some(last) = store.events(after, 256).await.unwrap().last().map(|event| event.sequence) {
        pages.push(last - after);
        after = last;
    }
    assert_eq!(pages, [3, 3, 3]);
    assert_eq!(store.events(0, 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn cursors_only_go_forward_and_pauses_are_kept() {
    let folder = Folder::new("cursors");
    let store = Store::open(&folder.0).await.unwrap();
    let cursor = |sequence, repeated| Unit::Cursor(Cursor { subscriber: "erp-folder", sequence, repeated });
    store.commit(vec![cursor(5, 1), cursor(3, 2)]).await.unwrap();
    assert_eq!(store.cursor("erp-folder").await.unwrap(), 5);
    assert_eq!(store.counts(Timestamp::now()).await.unwrap().cursors, [("erp-folder".to_owned(), 5, 3)]);
    store.commit_one(Unit::Partner("alder".into(), Some(at(0)), audit())).await.unwrap();
    assert_eq!(store.paused().await.unwrap()[0].paused_by, "ada");
    store.commit_one(Unit::Partner("alder".into(), None, audit())).await.unwrap();
    assert!(store.paused().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_content_that_is_damaged_is_not_used() {
    let folder = Folder::new("damaged");
    let store = Store::open(&folder.0).await.unwrap();
    std::fs::create_dir_all(folder.0.join("spool")).unwrap();
    let unit = Unit::Receive(NewPayload {
        direction: "in",
        mailbox: "alder".into(),
        partner: None,
        file_name: "large.edi".into(),
        spool_name: None,
        broken_off: false,
        content: Kept::file("spool/large.edi".into(), 9, [0; 32]),
        received_at: at(0),
    });
    let Applied::Done(id) = store.commit_one(unit).await.unwrap() else { panic!("not received") };
    let content = store.content(store.payload(id).await.unwrap().unwrap().content).await.unwrap();
    assert!(content.open().is_err(), "its file is not there");
    let small = NewPayload {
        direction: "in",
        mailbox: "alder".into(),
        partner: None,
        file_name: "small.edi".into(),
        spool_name: None,
        broken_off: false,
        content: Kept::inline(b"ISA*00*"),
        received_at: at(0),
    };
    let Applied::Done(id) = store.commit_one(Unit::Receive(small)).await.unwrap() else { panic!("not received") };
    let kept = store.payload(id).await.unwrap().unwrap().content;
    assert_eq!(store.content(kept).await.unwrap(), Content::Inline(b"ISA*00*".to_vec()));
    let mut db = SqliteConnectOptions::new().filename(folder.0.join("crossdock.db")).connect().await.unwrap();
    let other = sqlx::query("UPDATE contents SET sha256 = $2 WHERE id = $1").bind(kept).bind(vec![7_u8; 32]);
    other.execute(&mut db).await.unwrap();
    let said = store.content(kept).await.unwrap().open().err().unwrap().to_string();
    assert!(said.contains("its SHA-256 differs"), "{said}");
    assert!(store.content(4_711).await.is_err());
}

/// A record as the version whose last migration this is would have made it, with these rows.
async fn record_of(folder: &Folder, last: &str, rows: &'static str) -> PathBuf {
    let (data, migrations) = (folder.0.join("data"), folder.0.join("migrations"));
    std::fs::create_dir_all(&data).unwrap();
    std::fs::create_dir_all(&migrations).unwrap();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations")).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if &name[..4] <= last {
            std::fs::copy(file.path(), migrations.join(name)).unwrap();
        }
    }
    let options = SqliteConnectOptions::new().filename(data.join("crossdock.db")).create_if_missing(true);
    let mut database = options.foreign_keys(true).connect().await.unwrap();
    sqlx::migrate::Migrator::new(migrations).await.unwrap().run(&mut database).await.unwrap();
    sqlx::raw_sql(rows).execute(&mut database).await.unwrap();
    sqlx::Connection::close(database).await.unwrap();
    data
}

#[tokio::test]
async fn a_counter_of_each_usage_becomes_one_behind_the_greater() {
    let folder = Folder::new("one-counter");
    let rows = "INSERT INTO control_numbers (ours, theirs, kind, usage, next) VALUES
        ('12/US', 'ZZ/ALDER', 'interchange', 'P', 9), ('12/US', 'ZZ/ALDER', 'interchange', 'T', 10),
        ('12/US', 'ZZ/ALDER', 'group', 'P', 9), ('12/US', 'ZZ/ALDER', 'group', 'T', 8),
        ('12/US', 'ZZ/BIRCH', 'group', 'T', 7)";
    let store = Store::open(&record_of(&folder, "0019", rows).await).await.unwrap();
    let next = store.control_numbers().await.unwrap();
    let next = next.iter().map(|one| (one.theirs.as_str(), one.kind.as_str(), one.next));
    let expected = [("ZZ/ALDER", "group", 9), ("ZZ/ALDER", "interchange", 10), ("ZZ/BIRCH", "group", 7)];
    assert_eq!(next.collect::<Vec<_>>(), expected);
    let live = submitted(&store, "live.json", delivery(&keys("P"))).await;
    assert_eq!(live.interchange_number, Some(10));
    assert_eq!(store.content(live.content).await.unwrap(), Content::Inline(b"GS9".to_vec()));
}

#[tokio::test]
async fn a_record_of_the_first_version_is_taken_over_whole() {
    let folder = Folder::new("migrated");
    let rows = "INSERT INTO contents (id, place, bytes, sha256, path) VALUES (1, 'file', 0, x'', 'spool/a');
        INSERT INTO payloads (id, direction, mailbox, file_name, content, received_at, state) VALUES (7, 'out', 'erp', 'o.json', 1, 5, 'translated');
        INSERT INTO deliveries (id, kind, partner, payload, file_name, content, interchange_number, state, due_at, created_at)
            VALUES (40, 'interchange', 'alder', 7, '940.edi', 1, 263, 'delivered', 6, 6);
        INSERT INTO documents (id, payload, position, first_byte, end_byte, direction, lane, partner, document, state, delivery, received_at)
            VALUES (9, 7, 1, 0, 0, 'out', 'live', 'alder', 'x12/004010/940', 'delivered', 40, 5);
        INSERT INTO attempts (document, number, at, by, engine) VALUES (9, 1, 5, 'gateway', '0.1.0');
        INSERT INTO documents (id, payload, position, first_byte, end_byte, direction, lane, partner, type, document, state, received_at)
            VALUES (10, 7, 2, 0, 0, 'out', 'live', 'alder', 'shipment', 'x12/004010/945', 'delivered', 5),
            (11, 7, 3, 0, 0, 'out', 'live', 'alder', 'inventory_report', 'x12/004010/846', 'delivered', 5),
            (12, 7, 4, 0, 0, 'out', 'live', 'alder', 'shipment', 'x12/004010/945', 'refused', 5);
        INSERT INTO attempts (document, number, at, by, engine, canonical)
            VALUES (10, 1, 5, 'gateway', '0.1.0', CAST('{\"order_number\":\"SO1\",\"shipment_number\":\"B1\"}' AS BLOB)),
            (11, 1, 5, 'gateway', '0.1.0', CAST('{\"warehouse\":{\"identifiers\":{\"duns\":\"1\",\"91\":\"R\"}}}' AS BLOB)),
            (12, 1, 5, 'gateway', '0.1.0', NULL);
        INSERT INTO interchanges (payload, sender, receiver, control_number, usage, digest, received_at) VALUES (7, 'a', 'b', '1', 'P', x'', 5);";
    let data = record_of(&folder, "0001", rows).await;
    for _ in 0..2 {
        let store = Store::open(&data).await.unwrap();
        let delivery = store.delivery(40).await.unwrap().unwrap();
        assert_eq!(
            (delivery.file_name.as_str(), delivery.interchange_number, delivery.answer),
            ("940.edi", Some(263), None)
        );
        let document = store.document(9).await.unwrap().unwrap();
        assert_eq!((document.delivery, document.answer), (Some(40), None));
        for (id, identity) in [(9, None), (10, Some("B1")), (11, Some("1 R")), (12, None)] {
            assert_eq!(store.document(id).await.unwrap().unwrap().identity.as_deref(), identity);
        }
        assert_eq!(store.unmatched(10).await.unwrap().len(), 0);
        // It does not say its usage: any answer is for it.
        let sent = store.sent_interchanges("alder", 263, &keys("T")).await.unwrap().remove(0);
        assert_eq!((sent.id, sent.putting), (40, false));
    }
    let mut database =
        SqliteConnectOptions::new().filename(data.join("crossdock.db")).foreign_keys(true).connect().await.unwrap();
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut database).await.unwrap();
    assert!(broken.is_empty());
    // Ids go on behind the last.
    let id = sqlx::query(
        "INSERT INTO deliveries (kind, partner, payload, file_name, content, state, due_at, created_at) \
        VALUES ('acknowledgment', 'alder', 7, 'x', 1, 'waiting', 1, 1)",
    );
    assert_eq!(id.execute(&mut database).await.unwrap().last_insert_rowid(), 41);
}
