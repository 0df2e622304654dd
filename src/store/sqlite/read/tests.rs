//! What is due and what is known, as the record tells it.

use jiff::{SignedDuration, Timestamp};

use super::super::disk::Disk;
use super::super::plan;
use crate::lifecycle::{DeliveryState, DocumentState, InSpite, PayloadState, Template};
use crate::store::{
    Applied, Audit, Decision, Delivered, Kept, Kinds, NewAttempt, NewDelivery, NewDocument, NewPayload, Outgoing,
    Store, Submission, Unit,
};

fn delivery((kind, partner): (&'static str, &str)) -> NewDelivery {
    let mut file_name = Template::default();
    file_name.push(b"a.edi");
    NewDelivery {
        kind,
        partner: partner.to_owned(),
        file_name,
        done_file: None,
        content: Template::default(),
        numbers: None,
        answer_within_secs: None,
    }
}

fn payload(received_at: Timestamp) -> NewPayload {
    NewPayload {
        direction: "out",
        mailbox: "erp".to_owned(),
        partner: None,
        file_name: "a.json".to_owned(),
        spool_name: None,
        broken_off: false,
        content: Kept::inline(b""),
        received_at,
    }
}

/// A payload that became a shipment, with its event.
fn decision(payload: i64, at: Timestamp) -> Unit {
    let attempt = NewAttempt {
        at,
        by: "gateway".to_owned(),
        why: None,
        mapping: None,
        plan: None,
        canonical: Some(br#"{"order_number":"SO1"}"#.to_vec()),
        correction: None,
        diagnostics: Vec::new(),
    };
    let document = NewDocument {
        position: 1,
        bytes: 0..20,
        lane: "live",
        partner: Some("alder".to_owned()),
        canonical_type: Some("shipment".to_owned()),
        document: "x12/004010/945".to_owned(),
        business_number: Some("SO1".to_owned()),
        identity: None,
        control_numbers: [None, None, None],
        replaces: false,
        state: DocumentState::Staged,
        event: Some("event".to_owned()),
        delivery: None,
        outgoing: Outgoing::default(),
        attempt,
    };
    let decision = Decision {
        payload,
        version: 1,
        state: PayloadState::Translated,
        partner: Some("alder".to_owned()),
        duplicate_of: None,
        diagnostics: Vec::new(),
        interchanges: Vec::new(),
        read: Vec::new(),
        in_spite: InSpite::Nothing,
        repeated: Vec::new(),
        left_out: Vec::new(),
        documents: vec![document],
        withheld: Vec::new(),
        deliveries: Vec::new(),
        staged: 0,
        at,
    };
    Unit::Decide(decision.into())
}

/// What is due to these partners.
async fn due(store: &Store, now: Timestamp, kinds: Kinds) -> Vec<i64> {
    let mut due = Vec::new();
    for partner in ["one", "two", "three"] {
        due.extend(store.due_to(partner, kinds, now, 3).await.unwrap().into_iter().map(|one| one.id));
    }
    due
}

#[tokio::test]
async fn mailboxes_are_told_without_going_through_what_waits_in_them() {
    let (folder, database) = plan::record("mailboxes").await;
    let steps = plan::steps(&database, super::MAILBOXES).await;
    assert!(steps.iter().all(|step| !step.contains("SCAN") || step.contains("SCAN waiting")), "{steps:?}");
    let store = Store::open(&folder).await.unwrap();
    assert!(store.mailboxes_waiting().await.unwrap().is_empty());
    for mailbox in ["birch", "alder", "birch"] {
        let payload = NewPayload { mailbox: mailbox.to_owned(), ..payload(Timestamp::now()) };
        store.commit_one(Unit::Receive(payload)).await.unwrap();
    }
    assert_eq!(store.mailboxes_waiting().await.unwrap(), ["alder", "birch"].map(str::to_owned).into());
    drop(store);
    drop(std::fs::remove_dir_all(folder));
}

#[tokio::test]
async fn what_is_due_is_found_without_going_through_all_that_went_out() {
    let (folder, database) = plan::record("due").await;
    for kinds in [Kinds::All, Kinds::Answers, Kinds::Others] {
        let steps = plan::steps(&database, &super::due_to(kinds)).await;
        let searches =
            steps.iter().filter(|step| step.contains("USING") && step.contains("deliveries_to_partner (partner=?"));
        assert_eq!(searches.count(), 2, "{steps:?}");
    }
    let steps = plan::steps(&database, crate::store::sqlite::batches::COLLECTED).await;
    assert!(steps.iter().all(|step| step.contains("USING INDEX deliveries_collecting")), "{steps:?}");
    let steps = plan::steps(&database, super::PARTNERS_DUE).await;
    let scans = steps.iter().filter(|step| step.contains("SCAN") && !step.contains("SCAN waiting"));
    assert!(scans.clone().all(|step| step.contains("partners")), "{steps:?}");
    drop(std::fs::remove_dir_all(folder));
}

#[tokio::test]
async fn neither_a_paused_partner_nor_a_failing_one_keeps_others_from_being_due() {
    let data = std::env::temp_dir().join(format!("crossdock-due-{}", std::process::id()));
    let store = Store::open(&data).await.unwrap();
    let now = Timestamp::now();
    let Applied::Done(payload) = store.commit_one(Unit::Receive(payload(now))).await.unwrap() else {
        panic!("received")
    };
    let order = |partner| delivery(("interchange", partner));
    let mut deliveries = ["one", "one", "one", "one", "two", "three", "three"].map(order).to_vec();
    deliveries.push(delivery(("acknowledgment", "three")));
    let submission = Submission { payload, version: 1, documents: Vec::new(), deliveries, at: now };
    store.commit_one(Unit::Submit(submission.into())).await.unwrap();
    let audit = Audit { at: now, by: "tester".to_owned(), command: "partner pause".to_owned(), why: None };
    store.commit_one(Unit::Partner("one".to_owned(), Some(now), audit.clone())).await.unwrap();
    assert_eq!(due(&store, now, Kinds::All).await, [5, 6, 7, 8]);
    assert_eq!(store.partners_due(now).await.unwrap(), ["three", "two"]);
    // The first of `three` fails: the one behind it waits with it, and both come in their order again.
    let later = now + SignedDuration::from_secs(10);
    let (state, diagnostics) = (DeliveryState::Waiting, Vec::new());
    let failed = Delivered { id: 6, version: 1, state, due_at: later, at: now, diagnostics, perhaps_put: false };
    store.commit_one(Unit::Delivered(failed)).await.unwrap();
    assert_eq!(due(&store, now, Kinds::All).await, [5]);
    assert_eq!(due(&store, later, Kinds::All).await, [5, 6, 7, 8]);
    // An acknowledgment does not wait for others, where it goes another way.
    assert_eq!((due(&store, now, Kinds::Answers).await, due(&store, now, Kinds::Others).await), (vec![8], vec![5]));
    store.commit_one(Unit::Partner("one".to_owned(), None, audit)).await.unwrap();
    assert_eq!(due(&store, now, Kinds::All).await, [1, 2, 3, 5]);
    // What is to wait longer than anything does was told by a clock that was a day ahead.
    let failed = Delivered {
        id: 5,
        version: 1,
        state: DeliveryState::Waiting,
        due_at: now + SignedDuration::from_hours(24),
        at: now,
        diagnostics: Vec::new(),
        perhaps_put: false,
    };
    store.commit_one(Unit::Delivered(failed)).await.unwrap();
    assert_eq!(due(&store, now, Kinds::All).await, [1, 2, 3, 5]);
    assert!(store.partners_due(now).await.unwrap().contains(&"two".to_owned()));
    drop(store);
    drop(std::fs::remove_dir_all(data));
}

/// Where nothing comes to the disk, nobody is told of what would let him put or remove a file.
#[tokio::test]
async fn what_is_due_and_what_is_known_is_told_only_from_the_disk() {
    let data = std::env::temp_dir().join(format!("crossdock-told-{}", std::process::id()));
    let mut store = Store::open(&data).await.unwrap();
    let now = Timestamp::now();
    let spooled = NewPayload { spool_name: Some("0~erp~a.json".to_owned()), ..payload(now) };
    let came = NewPayload { direction: "in", mailbox: "alder".to_owned(), ..payload(now) };
    let Applied::Done(payload) = store.commit_one(Unit::Receive(spooled)).await.unwrap() else { panic!("received") };
    let deliveries = vec![delivery(("interchange", "one"))];
    let submission = Submission { payload, version: 1, documents: Vec::new(), deliveries, at: now };
    store.commit_one(Unit::Submit(submission.into())).await.unwrap();
    assert_eq!(due(&store, now, Kinds::All).await, [1]);
    assert_eq!(store.spooled("0~erp~a.json").await, Ok(Some(false)));
    let Applied::Done(came) = store.commit_one(Unit::Receive(came)).await.unwrap() else { panic!("received") };
    store.commit_one(decision(came, now)).await.unwrap();
    assert_eq!(store.events(0, 10).await.unwrap().len(), 1);
    store.disk = Disk::by(|| Err(std::io::Error::other("no disk"))).unwrap();
    assert_eq!(store.due_to("one", Kinds::All, now, 3).await.unwrap_err().cause, "no disk");
    assert!(store.spooled("0~erp~a.json").await.is_err());
    assert_eq!(store.events(0, 10).await.unwrap_err().message, "the store is closed");
    assert!(store.events(1, 10).await.unwrap().is_empty(), "nothing new, so nobody does anything");
    assert_eq!(store.spooled("0~erp~other.json").await, Ok(None));
    assert_eq!(store.partners_due(now).await.unwrap(), ["one"]);
    drop(store);
    drop(std::fs::remove_dir_all(data));
}
