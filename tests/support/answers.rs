//! What partners answer to what a gateway sent, and what it answers them.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part; a test stops at the first thing that is not as it must be"
)]

use std::fs;

use crossdock::lifecycle::{DocumentState, PayloadState};
use crossdock::store::{Document, Filter, Payload, Store, Window};

use super::gateway::{self, Home, Serving, envelope, files, wait};

pub(crate) fn send(home: &Home, name: &str, text: &str) {
    home.drop_into(&home.inbox("alder"), name, text.as_bytes());
}

/// Waits for so many files in the outbox; their names and texts, in the order of the names.
pub(crate) fn answers(home: &Home, serving: &Serving, count: usize) -> Vec<(String, String)> {
    let outbox = home.outbox("alder");
    let names = wait(|| Some(files(&outbox)).filter(|files| files.len() == count), || serving.text());
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(outbox.join(name)).unwrap())).collect()
}

pub(crate) fn on_record(home: &Home) -> (Vec<Payload>, Vec<Document>) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = Store::open(&home.data()).await.unwrap();
        let (filter, window) = (Filter::default(), Window::first(1_000));
        (store.payloads(&filter, window).await.unwrap(), store.documents(&filter, window).await.unwrap())
    })
}

/// Waits until so many payloads were worked on.
pub(crate) fn worked_on(home: &Home, serving: &Serving, count: usize) -> (Vec<Payload>, Vec<Document>) {
    let done = || {
        let (payloads, documents) = on_record(home);
        let waits = payloads.iter().any(|payload| payload.state == PayloadState::Received);
        (payloads.len() == count && !waits).then_some((payloads, documents))
    };
    wait(done, || serving.text())
}

pub(crate) fn states(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.state.word()).collect()
}

/// The acknowledgment that alder sends for group `number`.
pub(crate) fn answered(number: u32, interchange: u32, body: &str) -> String {
    let count = body.matches('~').count() + 3;
    envelope("alder", interchange, &[format!("ST*997*0001~AK1*OW*{number}~{body}SE*{count}*0001~\n")])
        .replace("GS*SW", "GS*FA")
}

/// When the interchange in the `index`th file of the outbox was written, as a TA1 tells it: TA102 and TA103.
pub(crate) fn written_at(home: &Home, index: usize) -> String {
    let outbox = home.outbox("alder");
    let text = fs::read_to_string(outbox.join(&files(&outbox)[index])).unwrap();
    text.split('*').skip(9).take(2).collect::<Vec<_>>().join("*")
}

/// The TA1 that alder sends for interchange `number`.
pub(crate) fn ta1(number: u32, interchange: u32, said: &str) -> String {
    envelope("alder", interchange, &[]).replace("GS*SW", &format!("TA1*{number:09}*{said}~\nGS*FA"))
}

/// Lets the ERP send orders in one interchange, and waits until it lies in the outbox.
pub(crate) fn order(home: &Home, serving: &Serving, numbers: &[&str], files: usize) {
    let orders: Vec<String> = numbers.iter().map(|number| gateway::order("alder", number)).collect();
    home.drop_into(&home.submitted(), &format!("{}.json", numbers[0]), orders.join("\n").as_bytes());
    answers(home, serving, files);
}

/// Waits until the documents of ours are answered so, in a word each.
pub(crate) fn answers_are(home: &Home, serving: &Serving, expected: &[&str]) -> Vec<Document> {
    let words = |documents: &[Document]| -> Vec<String> {
        let ours = documents.iter().filter(|one| one.direction == "out");
        ours.map(|one| one.answer_word(jiff::Timestamp::now()).unwrap_or("none").to_owned()).collect()
    };
    let done = || {
        let (_, documents) = on_record(home);
        (words(&documents) == expected).then_some(documents)
    };
    wait(done, || format!("{:?}\n{}", words(&on_record(home).1), serving.text()))
}

pub(crate) const QUIET: &str = "[acknowledge]\nwhen = \"never\"\nexpect_within = \"4h\"\n";

/// Waits until the `count`th document of alder's is held, and says how it is told.
pub(crate) fn held(home: &Home, serving: &Serving, count: usize) -> String {
    let held = || {
        let came = on_record(home).1.into_iter().filter(|one| one.direction == "in").nth(count - 1)?;
        (came.state == DocumentState::Held).then_some(came.id.to_string())
    };
    home.run(&["document", "show", &wait(held, || serving.text())]).1
}
