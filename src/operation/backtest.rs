//! A change of mappings, tables, guides or profiles tried on the payloads on record: what would become of each document.
//!
//! Reads the record and changes nothing, so a gateway may run. Payloads are translated some at a time on as many threads as
//! there are processors, and gathered in the order in which they came; what is kept is the classes, however many payloads.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::compare::{Compared, Way, compare_payload, written};
use super::{Kind, Session, Thing, page};
use crate::canonical;
use crate::catalog::{Catalog, Chosen};
use crate::comparison::{Classes, WrittenSide, compare_written};
use crate::diagnostic::{Diagnostics, cause};
use crate::lifecycle::PayloadState;
use crate::partner::Profile;
use crate::pipeline::records::Records;
use crate::pipeline::{ERP, Opened, outcome, panic_text};
use crate::store::{Content, Document, Filter, Payload, StoreError, Window};
use crate::x12::reader::ReadOptions;

/// The files of a home, or of a home with a change laid over it.
#[derive(Debug)]
pub struct Files {
    catalog: Catalog,
    profiles: Vec<Profile>,
}

impl Files {
    /// Of this catalog; profiles with errors, which are in `diagnostics`, are left out.
    #[must_use]
    pub fn of(catalog: Catalog, diagnostics: &mut Diagnostics) -> Self {
        let profiles = catalog.profiles(diagnostics);
        Self { catalog, profiles }
    }

    /// Does a profile name this mapping?
    #[must_use]
    pub fn uses(&self, mapping: &str) -> bool {
        let named = |profile: &Profile| {
            let received = profile.receive.iter().filter_map(|entry| entry.mapping.as_ref());
            let sent = profile.send.iter().filter_map(|entry| entry.mapping.as_ref());
            received.chain(sent).any(|named| named.value == mapping)
        };
        self.profiles.iter().any(named)
    }

    /// As a gateway translates a payload of this mailbox that came `at` this time.
    fn way(&self, mailbox: &str, at: Timestamp, records: &Arc<Records>) -> Way<'_> {
        let limits = self.profile(mailbox).map(|profile| profile.limits).unwrap_or_default();
        Way {
            catalog: &self.catalog,
            profiles: &self.profiles,
            chosen: Chosen { at, ..Chosen::default() },
            options: ReadOptions { limits, ..ReadOptions::default() },
            owner: self.profile(mailbox).map(|profile| profile.short_name.clone()),
            known_senders: true,
            given: records.given(),
        }
    }

    fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.short_name == name)
    }
}

/// What is tried on which payloads.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What is in force.
    pub old: Arc<Files>,
    /// The change.
    pub new: Arc<Files>,
    /// Payloads received from this time on.
    pub since: Option<Timestamp>,
    /// Payloads received before this time.
    pub until: Option<Timestamp>,
    /// Only payloads and documents of this partner.
    pub partner: Option<String>,
    /// Only documents of this transaction set (`945`) or canonical object (`shipment`).
    pub document: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// All differences.
    pub classes: Classes,
    /// Payloads looked at.
    pub payloads: u64,
    /// Their bytes.
    pub bytes: u64,
    /// By partner and document: how many documents a mapping takes, and how many would differ.
    pub documents: BTreeMap<(String, String), (u64, u64)>,
    /// Payloads that could not be looked at, and why.
    pub unreadable: Vec<(i64, String)>,
}

/// How far it is: documents and bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sofar {
    /// Documents.
    pub documents: u64,
    /// Bytes of payloads.
    pub bytes: u64,
    /// Bytes of all payloads.
    pub total: u64,
}

impl Tried {
    /// How many documents a mapping takes, and how many would differ.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        self.documents.values().fold((0, 0), |(all, differing), (one, other)| (all + one, differing + other))
    }

    fn append(&mut self, other: Tried) {
        self.classes.append(other.classes);
        self.payloads += other.payloads;
        self.bytes += other.bytes;
        self.unreadable.extend(other.unreadable);
        for (key, (all, differing)) in other.documents {
            let known = self.documents.entry(key).or_default();
            *known = (known.0 + all, known.1 + differing);
        }
    }
}

/// A payload with what is needed to translate it.
struct Item {
    payload: Payload,
    content: Content,
    /// Of a payload of the ERP: its documents.
    documents: Vec<Document>,
}

/// Payloads looked up at a time.
const PAGE: u32 = 200;
/// So many payloads, or bytes of them, are translated in one go.
const BATCH: usize = 64;
const BATCH_BYTES: u64 = 1 << 20;

/// Tries the change on the record; `reached` hears how far it is.
///
/// # Errors
/// When the store cannot be used, or `reached` fails.
pub async fn backtest<E: From<StoreError>>(
    session: &Session,
    trial: &Trial,
    mut reached: impl FnMut(Sofar) -> Result<(), E>,
) -> Result<Tried, E> {
    let filter = Filter { since: trial.since, until: trial.until, ..Filter::default() };
    let total = total(session, trial, &filter).await?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut tried = Tried::default();
    let mut running: VecDeque<JoinHandle<Tried>> = VecDeque::new();
    let mut batch: Vec<Item> = Vec::new();
    let mut window = Window::first(PAGE);
    loop {
        let things = page(session, Kind::Payload, &filter, window).await?;
        let last = things.last().map(Thing::id).filter(|_| things.len() == PAGE as usize);
        for thing in things {
            let Thing::Payload(payload) = thing else { continue };
            if !trial.takes(&payload) {
                continue;
            }
            match item(session, payload).await {
                Ok(item) => batch.push(item),
                Err((id, why)) => tried.unreadable.push((id, why)),
            }
            if batch.len() >= BATCH || batch.iter().map(|item| item.payload.bytes).sum::<u64>() >= BATCH_BYTES {
                running.push_back(start(session, trial, std::mem::take(&mut batch)));
            }
            while running.len() > threads {
                gather(&mut running, &mut tried).await;
                reached(Sofar { documents: tried.totals().0, bytes: tried.bytes, total })?;
            }
        }
        match last {
            Some(last) => window.behind = Some(last),
            None => break,
        }
    }
    running.push_back(start(session, trial, batch));
    while !running.is_empty() {
        gather(&mut running, &mut tried).await;
        reached(Sofar { documents: tried.totals().0, bytes: tried.bytes, total })?;
    }
    Ok(tried)
}

/// Bytes of all payloads that are looked at.
async fn total(session: &Session, trial: &Trial, filter: &Filter) -> Result<u64, StoreError> {
    let (mut total, mut window) = (0, Window::first(1_000));
    loop {
        let payloads = session.store.payloads(filter, window).await?;
        let taken = payloads.iter().filter(|payload| trial.takes(payload));
        total += taken.map(|payload| payload.bytes).sum::<u64>();
        match payloads.last().filter(|_| payloads.len() == window.limit as usize) {
            Some(last) => window.behind = Some(last.id),
            None => return Ok(total),
        }
    }
}

/// The payload's content, and of one of the ERP its documents.
async fn item(session: &Session, payload: Payload) -> Result<Item, (i64, String)> {
    let id = payload.id;
    let said = |error: StoreError| (id, format!("{}: {}", error.message, error.cause));
    let content = session.store.content(payload.content).await.map_err(said)?;
    let mut documents = Vec::new();
    if payload.mailbox == ERP {
        let filter = Filter { payload: Some(id), ..Filter::default() };
        let mut window = Window::first(PAGE);
        loop {
            let found = session.store.documents(&filter, window).await.map_err(said)?;
            window.behind = found.last().map(|last| last.id).filter(|_| found.len() == PAGE as usize);
            documents.extend(found);
            if window.behind.is_none() {
                break;
            }
        }
    }
    Ok(Item { payload, content, documents })
}

fn start(session: &Session, trial: &Trial, batch: Vec<Item>) -> JoinHandle<Tried> {
    let (trial, store) = (trial.clone(), session.store.clone());
    tokio::task::spawn_blocking(move || {
        let records = Records::new(store, Handle::current());
        let mut tried = Tried::default();
        for item in &batch {
            tried.payloads += 1;
            tried.bytes += item.payload.bytes;
            // A defect of ours must not pass for a payload without a difference.
            let done = catch_unwind(AssertUnwindSafe(|| match item.payload.mailbox == ERP {
                true => trial.out(item, &records, &mut tried),
                false => trial.inward(item, &records, &mut tried),
            }));
            match done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tried.unreadable.push((item.payload.id, cause(error))),
                Err(panic) => {
                    let why = format!("a defect of Crossdock: {}", panic_text(&*panic));
                    tried.unreadable.push((item.payload.id, why));
                }
            }
            if let Some(failed) = records.failed() {
                tried.unreadable.push((item.payload.id, format!("{}: {}", failed.message, failed.cause)));
            }
        }
        tried
    })
}

async fn gather(running: &mut VecDeque<JoinHandle<Tried>>, tried: &mut Tried) {
    let Some(first) = running.pop_front() else { return };
    if let Some(done) = outcome(first.await) {
        tried.append(done);
    }
}

impl Trial {
    /// Duplicates were not translated and would not be. Whose documents a payload of the ERP has is seen in it.
    fn takes(&self, payload: &Payload) -> bool {
        let of = payload.partner.as_ref().unwrap_or(&payload.mailbox);
        let is_wanted = |wanted: &String| of == wanted || payload.mailbox == *wanted || payload.mailbox == ERP;
        payload.state != PayloadState::Duplicate && self.partner.as_ref().is_none_or(is_wanted)
    }

    /// A payload of a partner.
    fn inward(&self, item: &Item, records: &Arc<Records>, tried: &mut Tried) -> std::io::Result<()> {
        let (mailbox, at) = (&item.payload.mailbox, item.payload.received_at);
        let (old, new) = (self.old.way(mailbox, at, records), self.new.way(mailbox, at, records));
        let file = &item.payload.file_name;
        let mut opened = Opened::new(file, &item.content)?;
        let mut number = 0;
        while opened.next_file()? {
            number += 1;
            // Each way reads the file for itself.
            let open = || -> std::io::Result<Box<dyn Read + Send>> {
                let mut own = Opened::new(file, &item.content)?;
                for _ in 0..number {
                    own.next_file()?;
                }
                Ok(Box::new(own))
            };
            compare_payload::<std::io::Error>((&old, &new), opened.name(), &open, &mut |compared| {
                self.count(&compared, item, tried);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// A payload of the ERP: each of its documents to the partner to whom it went.
    fn out(&self, item: &Item, records: &Arc<Records>, tried: &mut Tried) -> std::io::Result<()> {
        let bytes = item.content.read()?;
        for (position, submission) in (1i64..).zip(canonical::submissions(&bytes)) {
            let document = item.documents.iter().find(|document| document.position == position);
            let (Ok(submission), Some(document)) = (submission, document) else { continue };
            let Some(shape) = document.canonical_type.as_deref().and_then(canonical::shape) else { continue };
            let side = |files: &Files| {
                let partner = document.partner.as_deref().unwrap_or_default();
                let Some(profile) = files.profile(partner) else { return (WrittenSide::default(), None) };
                let at = item.payload.received_at;
                let mut found = Diagnostics::unlimited();
                match files.catalog.send_plan(profile, shape, at, &mut found) {
                    Some((_, plan)) => {
                        let way = files.way(partner, at, records);
                        records.begin(Some(document.id));
                        (written(&way, Some(profile), false, &plan, &submission.data), Some(plan))
                    }
                    None => (WrittenSide { found: found.take(), ..WrittenSide::default() }, None),
                }
            };
            let ((old, was), (new, is)) = (side(&self.old), side(&self.new));
            let plan = is.or(was);
            let compared = Compared {
                partner: document.partner.clone().unwrap_or_default(),
                document: plan.as_ref().map_or_else(|| document.document.clone(), |plan| plan.grammar.name.clone()),
                canonical: Some(shape.name),
                at: format!("object {position}"),
                mapped: plan.is_some(),
                changes: compare_written(&old, &new),
            };
            self.count(&compared, item, tried);
        }
        Ok(())
    }

    /// Counts a document and its differences.
    fn count(&self, compared: &Compared, item: &Item, tried: &mut Tried) {
        let set = compared.document.rsplit('/').next();
        let is_wanted = |wanted: &String| set == Some(wanted) || compared.canonical == Some(wanted);
        let theirs =
            self.partner.as_ref().is_none_or(|wanted| compared.partner == *wanted || compared.partner.is_empty());
        let is_told = compared.mapped || !compared.changes.is_empty();
        if !(theirs && is_told && self.document.as_ref().is_none_or(is_wanted)) {
            return;
        }
        let key = (compared.partner.clone(), compared.document.clone());
        let known = tried.documents.entry(key).or_default();
        known.0 += u64::from(compared.mapped);
        if compared.changes.is_empty() {
            return;
        }
        known.1 += 1;
        let number = tried.totals().1;
        let at = format!("{} of payload {} ({})", compared.at, item.payload.id, item.payload.file_name);
        let old = |line: &str| self.old.catalog.line_text(line);
        let new = |line: &str| self.new.catalog.line_text(line);
        let of = (compared.partner.as_str(), compared.document.as_str());
        tried.classes.add(of, number, &at, &compared.changes, (&old, &new));
    }
}
