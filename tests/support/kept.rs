//! What the tests of the store begin with: a folder of its own, and payloads, documents and deliveries as they come.

#![allow(dead_code, reason = "each test uses the part it needs")]

use std::path::PathBuf;

use crossdock::lifecycle::{DeliveryState, DocumentState, InSpite, PayloadState, Range, Template};
use crossdock::store::*;
use jiff::Timestamp;

/// A folder for a store, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("crossdock-store-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

pub(crate) fn at(minute: i64) -> Timestamp {
    "2026-11-28T08:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

pub(crate) fn audit() -> Audit {
    Audit { at: at(0), by: "ada".into(), command: "payload discard".into(), why: Some("a try".into()) }
}

pub(crate) fn payload(direction: &'static str, name: &str) -> Unit {
    Unit::Receive(new_payload(direction, name))
}

pub(crate) fn new_payload(direction: &'static str, name: &str) -> NewPayload {
    NewPayload {
        direction,
        mailbox: if direction == "in" { "alder" } else { "erp" }.into(),
        partner: None,
        file_name: name.into(),
        spool_name: Some(format!("0~alder~{name}")),
        broken_off: false,
        content: Kept::inline(format!("the bytes of {name}").as_bytes()),
        received_at: at(0),
    }
}

pub(crate) fn document(position: i64, state: DocumentState) -> NewDocument {
    NewDocument {
        position,
        bytes: 10..20,
        lane: "live",
        partner: Some("alder".into()),
        canonical_type: Some("shipment".into()),
        document: "x12/004010/945".into(),
        business_number: Some(format!("SO{position}")),
        identity: None,
        control_numbers: [Some("000000007".into()), Some("7".into()), Some(format!("{position:04}"))],
        replaces: false,
        state,
        event: (state == DocumentState::Staged).then(|| format!("event-{position}")),
        delivery: None,
        outgoing: Outgoing::default(),
        attempt: NewAttempt {
            at: at(0),
            by: "gateway".into(),
            why: None,
            mapping: Some("base/945".into()),
            plan: Some(vec![1; 32]),
            canonical: Some(br#"{"order_number":"SO1"}"#.to_vec()),
            correction: None,
            diagnostics: Vec::new(),
        },
    }
}

pub(crate) fn decision(payload: i64, number: &str, digest: u8, documents: Vec<NewDocument>) -> Decision {
    let interchange = Interchange {
        sender: "ZZ/ALDER".into(),
        receiver: "12/4085551000".into(),
        control_number: number.into(),
        usage: "P".into(),
        digest: [digest; 32],
        file: None,
        positions: 1..=100,
        acknowledgment: None,
        if_reused: None,
    };
    Decision {
        payload,
        version: 1,
        state: PayloadState::Translated,
        partner: Some("alder".into()),
        duplicate_of: None,
        diagnostics: Vec::new(),
        interchanges: vec![interchange],
        read: Vec::new(),
        in_spite: InSpite::Nothing,
        repeated: Vec::new(),
        left_out: Vec::new(),
        documents,
        withheld: Vec::new(),
        deliveries: Vec::new(),
        staged: 0,
        at: at(1),
    }
}

/// A delivery whose name is its interchange number, of which there are three.
pub(crate) fn delivery(keys: &NumberKeys) -> NewDelivery {
    let range = Range { first: 8, last: 10 };
    let (mut name, mut content) = (Template::default(), Template::default());
    name.push_interchange_number();
    content.push(b"GS");
    content.push_group_number(0);
    let numbers = Some(NumbersToGive {
        keys: keys.clone(),
        counters: COUNTERS,
        interchanges: range,
        groups: range,
        group_count: 1,
    });
    NewDelivery {
        kind: "interchange",
        partner: "alder".into(),
        file_name: name,
        done_file: None,
        content,
        numbers,
        answer_within_secs: None,
    }
}

pub(crate) async fn receive(store: &Store, direction: &'static str, name: &str) -> i64 {
    match store.commit_one(payload(direction, name)).await.unwrap() {
        Applied::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

/// An order of the ERP with this delivery, submitted: the delivery.
pub(crate) async fn submitted(store: &Store, name: &str, delivery: NewDelivery) -> Delivery {
    let payload = receive(store, "out", name).await;
    let mut order = document(1, DocumentState::Queued);
    (order.delivery, order.control_numbers) = (Some(0), [None, None, None]);
    order.event = Some(format!("event of {name}"));
    let (documents, deliveries) = (vec![order], vec![delivery]);
    let submission = Submission { payload, version: 1, documents, deliveries, at: at(0) };
    store.commit_one(Unit::Submit(submission.into())).await.unwrap();
    let filter = Filter { payload: Some(payload), ..Filter::default() };
    store.deliveries(&filter, Window::first(1)).await.unwrap().remove(0)
}

pub(crate) fn keys(usage: &str) -> NumberKeys {
    NumberKeys { ours: "12/US".into(), theirs: "ZZ/ALDER".into(), usage: usage.into() }
}

pub(crate) fn ended(delivery: &Delivery, state: DeliveryState) -> Unit {
    let Delivery { id, version, .. } = *delivery;
    Unit::Delivered(Delivered {
        id,
        version,
        state,
        due_at: at(0),
        at: at(2),
        diagnostics: Vec::new(),
        perhaps_put: false,
    })
}
