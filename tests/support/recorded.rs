//! What a gateway has on record, for tests: everything, in the order in which it came.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part; a test stops at the first thing that is not as it must be"
)]

use crossdock::lifecycle::PayloadState;
use crossdock::store::{Delivery, Document, Filter, Payload, Store, Window};

use crate::gateway::{Home, Serving, wait};

/// Everything on record, in the order in which it came.
pub(crate) struct Record {
    pub(crate) payloads: Vec<Payload>,
    pub(crate) documents: Vec<Document>,
    pub(crate) deliveries: Vec<Delivery>,
}

/// All that is on record now.
pub(crate) fn record(home: &Home) -> Record {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&home.data()).await.unwrap();
        let (filter, window) = (Filter::default(), Window::first(100_000));
        Record {
            payloads: store.payloads(&filter, window).await.unwrap(),
            documents: store.documents(&filter, window).await.unwrap(),
            deliveries: store.deliveries(&filter, window).await.unwrap(),
        }
    })
}

/// Waits until so many payloads came and none of them waits any more.
pub(crate) fn worked_on(home: &Home, serving: &Serving, count: usize) -> Record {
    let done = || {
        let record = record(home);
        let waits = record.payloads.iter().any(|payload| payload.state == PayloadState::Received);
        (record.payloads.len() == count && !waits).then_some(record)
    };
    wait(done, || serving.text())
}

/// Numbers of so many orders.
pub(crate) fn orders(count: usize, prefix: &str) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}{number}")).collect()
}
