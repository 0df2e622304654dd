//! The stages of a gateway within the test itself: what is given is worked on at once, and time is what the test says.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part; a test stops at the first thing that is not as it must be"
)]

use std::fs;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossdock::catalog::Edition;
use crossdock::diagnostic::Diagnostics;
use crossdock::lifecycle::DocumentState;
use crossdock::pipeline::{Folders, Pipeline};
use crossdock::store::{Applied, Audit, Delivered, Delivery, Document, Filter, Kept, NewPayload, Store, Unit, Window};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::gateway::Home;

/// A gateway of which nothing runs by itself.
pub(crate) struct Desk {
    pub(crate) home: Home,
    pub(crate) store: Store,
    pub(crate) pipeline: Pipeline,
    editions: watch::Sender<Arc<Edition>>,
}

/// Payloads of all tests have names of their own.
static PAYLOADS: AtomicUsize = AtomicUsize::new(0);

impl Home {
    /// Changes the profile of a partner.
    pub(crate) fn edit_profile(&self, partner: &str, from: &str, to: &str) {
        let name = format!("partner-profiles/{partner}.toml");
        let text = fs::read_to_string(self.path.join(&name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.write(&name, &text.replace(from, to));
    }
}

fn edition(home: &Home) -> Arc<Edition> {
    let mut found = Diagnostics::unlimited();
    let edition = Edition::read(&home.path, &mut found);
    assert_eq!(found.errors(), 0, "{:#?}", found.list());
    Arc::new(edition)
}

impl Desk {
    pub(crate) async fn new(home: Home) -> Self {
        let store = Store::open(&home.data()).await.unwrap();
        let (editions, in_force) = watch::channel(edition(&home));
        let pipeline = Pipeline::new(store.clone(), Folders::of(&home.path), in_force, 2);
        Self { home, store, pipeline, editions }
    }

    /// The profiles and mappings as they are now are in force.
    pub(crate) async fn again(self) -> Self {
        self.editions.send_replace(edition(&self.home));
        self
    }

    /// Takes a payload of a mailbox; its id.
    pub(crate) async fn take(&self, mailbox: &str, text: &str) -> i64 {
        let number = PAYLOADS.fetch_add(1, Ordering::Relaxed);
        let payload = NewPayload {
            direction: if mailbox == "erp" { "out" } else { "in" },
            mailbox: mailbox.to_owned(),
            partner: None,
            file_name: format!("{number}.json"),
            spool_name: Some(format!("{number}~{mailbox}")),
            broken_off: false,
            content: Kept::inline(text.as_bytes()),
            received_at: Timestamp::now(),
        };
        match self.store.commit_one(Unit::Receive(payload)).await.unwrap() {
            Applied::Done(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Works on a payload of a mailbox; its documents.
    pub(crate) async fn receive(&self, mailbox: &str, text: &str) -> Vec<Document> {
        let id = self.take(mailbox, text).await;
        self.pipeline.process(id, "gateway").await.unwrap();
        let filter = Filter { payload: Some(id), ..Filter::default() };
        self.store.documents(&filter, Window::first(10_000)).await.unwrap()
    }

    /// Submits objects of the ERP, one a line; their documents.
    pub(crate) async fn submit(&self, text: &str) -> Vec<Document> {
        self.receive("erp", text).await
    }

    pub(crate) async fn documents(&self) -> Vec<Document> {
        self.store.documents(&Filter::default(), Window::first(10_000)).await.unwrap()
    }

    pub(crate) async fn document(&self, id: i64) -> Document {
        self.store.document(id).await.unwrap().unwrap()
    }

    /// All deliveries to partners.
    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        let mut all = self.store.deliveries(&Filter::default(), Window::first(10_000)).await.unwrap();
        all.retain(|one| one.kind == "interchange");
        all
    }

    pub(crate) async fn text(&self, delivery: &Delivery) -> String {
        let mut text = String::new();
        let content = self.store.content(delivery.content).await.unwrap();
        content.open().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// The file in which a document goes out; nothing where it does not.
    pub(crate) async fn sent(&self, document: &Document) -> String {
        let document = self.document(document.id).await;
        let Some(id) = document.delivery.filter(|_| document.state != DocumentState::Refused) else {
            return String::new();
        };
        self.text(&self.store.delivery(id).await.unwrap().unwrap()).await
    }

    /// A delivery was made, and its partner has it.
    pub(crate) async fn delivered(&self, delivery: &Delivery) {
        let now = Timestamp::now();
        let (id, version, state) = (delivery.id, delivery.version, crossdock::lifecycle::DeliveryState::Delivered);
        let unit = Delivered { id, version, state, due_at: now, at: now, diagnostics: Vec::new(), perhaps_put: false };
        assert_eq!(self.store.commit_one(Unit::Delivered(unit)).await.unwrap(), Applied::Done(id));
    }

    /// The partner does not take the interchange of a document.
    pub(crate) async fn rejected(&self, document: &Document) {
        let delivery = self.store.delivery(document.delivery.unwrap()).await.unwrap().unwrap();
        self.delivered(&delivery).await;
        let document = self.document(document.id).await;
        let partner = document.partner.clone().unwrap();
        let [_, group, set] = document.control_numbers.clone().map(Option::unwrap);
        let (id, code) = (
            document.document.rsplit('/').next().unwrap(),
            if document.document.ends_with("940") { "OW" } else { "SW" },
        );
        let answer = acknowledgment(&partner, &group, code, &[(id, &set, "R")]);
        self.receive(&partner, &answer).await;
        crossdock::pipeline::answered::turn(&self.pipeline, Timestamp::now()).await.unwrap();
        assert_eq!(self.document(document.id).await.state, DocumentState::Rejected);
    }

    pub(crate) fn audit(&self) -> Audit {
        Audit { at: Timestamp::now(), by: "tester".into(), command: "a try".into(), why: None }
    }
}

/// An event of the ERP about an object for a partner.
pub(crate) fn event(partner: &str, id: &str, canonical: &str, data: &Value) -> String {
    json!({
        "specversion": "1.0", "id": id, "type": format!("crossdock.{canonical}.submitted"),
        "source": format!("/partners/{partner}"), "data": data,
    })
    .to_string()
}

/// A 997 of a partner to a group of ours: what it says of each set.
pub(crate) fn acknowledgment(partner: &str, group: &str, code: &str, sets: &[(&str, &str, &str)]) -> String {
    let number = PAYLOADS.fetch_add(1, Ordering::Relaxed) + 1_000;
    let id = partner.to_ascii_uppercase();
    let good = sets.iter().filter(|(.., verdict)| *verdict == "A").count();
    let verdict = if good == sets.len() {
        "A"
    } else if good == 0 {
        "R"
    } else {
        "P"
    };
    let said: String =
        sets.iter().map(|(set, number, verdict)| format!("AK2*{set}*{number}~\nAK5*{verdict}~\n")).collect();
    let (all, segments) = (sets.len(), 2 * sets.len() + 4);
    format!(
        "ISA*00*          *00*          *ZZ*{id:<15}*12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n\
         GS*FA*{id}*4085551000*20260310*1430*{number}*X*004010~\nST*997*0001~\nAK1*{code}*{group}~\n{said}\
         AK9*{verdict}*{all}*{all}*{good}~\nSE*{segments}*0001~\nGE*1*{number}~\nIEA*1*{number:09}~\n"
    )
}
