//! What is done with a payload, from the file in a mailbox to what leaves: one file a stage, and no stage calls the next.
//!
//! ```text
//! intake ──► lanes: prepare ──► translate (identify, decode, validate, map) ──► release ──► publish (ERP folder)
//!                               or write (route, map, envelope, read back)       one commit   deliver (outboxes)
//! ```
//!
//! [`lanes`] works on many payloads at a time: `prepare_opened`, then [`Pipeline::release_all`]. What a person orders
//! of one goes the same way, by [`Pipeline::process`]. Each stage reads from the store what it works on, so a stop at any moment
//! is made good by beginning the stage anew.

pub mod amend;
mod answer;
pub mod answered;
pub mod awaited;
pub mod batch;
pub mod deliver;
pub mod destination;
mod drop_box;
mod feed;
mod inbound;
pub mod intake;
pub mod lanes;
mod opened;
mod outbound;
pub mod overtaken;
pub mod passage;
pub mod pick_up;
pub mod publish;
pub mod records;
mod release;
pub mod retake;
mod silence;
mod turns;
mod writing;

use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinError;

use crate::catalog::Edition;
use crate::diagnostic::{Diagnostic, Place, cause, codes};
use crate::lifecycle::{InSpite, PayloadState, wait_before};
use crate::partner::Folder;
use crate::store::{Applied, Content, Decision, Payload, Stage, Store, StoreError, Submission, Submitted, Unit};
use overtaken::Against;
use records::Records;

pub(crate) use drop_box::OVER_SFTP;
pub(crate) use feed::Feed;
pub(crate) use inbound::{hexadecimal, is_told};
pub(crate) use opened::{Opened, entry_at, opened_at};
pub use outbound::ERP;

/// What all stages share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The record.
    pub store: Store,
    /// The home's folders.
    pub folders: Folders,
    /// What is in force.
    pub editions: watch::Receiver<Arc<Edition>>,
    /// Where something was received.
    pub received: Arc<lanes::Received>,
    /// What was taken and could not be recorded.
    pub unrecorded: Arc<intake::Unrecorded>,
    /// Something was released: events and deliveries may wait.
    pub released: Arc<Notify>,
    translating: Arc<Semaphore>,
}

/// Where files lie in a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    home: PathBuf,
}

impl Folders {
    /// The folders of this home.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    /// The home.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Everything that the gateway writes.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Files that were taken and are not recorded yet, and large contents.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.data().join("spool")
    }

    /// Files that were picked up from a partner's server: those that are not received yet, and large contents.
    #[must_use]
    pub fn downloads(&self, partner: &str) -> PathBuf {
        self.spool().join("downloads").join(partner)
    }

    /// Folders of all partners.
    #[must_use]
    pub fn mailboxes(&self) -> PathBuf {
        self.data().join("mailboxes")
    }

    /// Large contents that were submitted by a command.
    #[must_use]
    pub fn submissions(&self) -> PathBuf {
        self.spool().join("submissions")
    }

    /// Files of a partner to us.
    #[must_use]
    pub fn inbox(&self, partner: &str) -> PathBuf {
        self.mailboxes().join(partner).join("inbox")
    }

    /// Files of us to a partner.
    #[must_use]
    pub fn outbox(&self, partner: &str) -> PathBuf {
        self.mailboxes().join(partner).join("outbox")
    }

    /// Reports to a partner on what we rejected, where it has a folder for them.
    #[must_use]
    pub fn rejected(&self, partner: &str) -> PathBuf {
        self.mailboxes().join(partner).join("rejected")
    }

    /// Files that a partner has taken.
    #[must_use]
    pub fn sent(&self, partner: &str) -> PathBuf {
        self.mailboxes().join(partner).join("sent")
    }

    /// Files that come over a wire, until they are received: a folder for each partner.
    #[must_use]
    pub fn uploads(&self) -> PathBuf {
        self.spool().join("uploads")
    }

    /// The keys by which partners know our drop box.
    #[must_use]
    pub fn host_keys(&self) -> PathBuf {
        self.data().join("host-keys")
    }

    /// Files of the ERP to us.
    #[must_use]
    pub fn submitted(&self) -> PathBuf {
        self.data().join("erp").join("submitted")
    }

    /// Objects that go back to the ERP.
    #[must_use]
    pub fn refused(&self) -> PathBuf {
        self.data().join("erp").join("refused")
    }

    /// Events of a type for the ERP to take; those of tests have a folder of their own.
    #[must_use]
    pub fn published(&self, lane: &str, canonical_type: &str) -> PathBuf {
        let lane = if lane == "test" { "test" } else { "published" };
        self.data().join("erp").join(lane).join(canonical_type)
    }
}

/// A payload that was worked on: what is to be committed.
#[derive(Debug)]
pub enum Prepared {
    /// From a partner.
    Decision(Box<Decision>),
    /// From the ERP.
    Submission(Box<Submission>),
    /// It is not to be worked on any more.
    Gone,
}

impl Pipeline {
    /// The stages over a store and the home's folders, with `threads` translations at a time.
    #[must_use]
    pub fn new(store: Store, folders: Folders, editions: watch::Receiver<Arc<Edition>>, threads: usize) -> Self {
        Self {
            store,
            folders,
            editions,
            received: Arc::default(),
            unrecorded: Arc::default(),
            released: Arc::default(),
            translating: Arc::new(Semaphore::new(threads)),
        }
    }

    /// Where reports to a partner on what we rejected go.
    #[must_use]
    pub fn reports(&self, partner: &str) -> PathBuf {
        let edition = self.edition();
        let profile = edition.profiles.iter().find(|profile| profile.short_name == partner);
        let server = profile.and_then(|profile| profile.sftp_server());
        match server.and_then(|server| server.folder(Folder::Rejected)) {
            Some(_) => self.folders.rejected(partner),
            None => self.folders.outbox(partner),
        }
    }

    /// What is in force now.
    #[must_use]
    pub fn edition(&self) -> Arc<Edition> {
        Arc::clone(&self.editions.borrow())
    }

    /// Works on a payload from its first stage to its last.
    ///
    /// # Errors
    /// When the store cannot be used; then the payload is as it was.
    pub async fn process(&self, payload: i64, by: &str) -> Result<Option<PayloadState>, StoreError> {
        let prepared = self.prepare(payload, by).await?;
        self.release(prepared, by).await
    }

    /// Works on a payload by a person's word as if it came in this moment; `in_spite` of what held it, and `out_of_order` also where
    /// something stands against it, which is told else. Nobody else sees it wait: a gateway that runs beside may have other mappings and
    /// profiles in force.
    ///
    /// # Errors
    /// When the store cannot be used; then the payload is as it was.
    pub async fn process_again(
        &self,
        payload: &Payload,
        (in_spite, out_of_order): (bool, bool),
        by: &str,
    ) -> Result<Result<Option<PayloadState>, Against>, StoreError> {
        let content = self.store.content(payload.content).await?;
        let payload = Payload { override_: in_spite, ..payload.clone() };
        let prepared = self.prepare_opened(payload, content, by).await?;
        if let (Prepared::Decision(decision), false) = (&prepared, out_of_order)
            && let Some(against) = self.against_payload(decision).await?
        {
            self.drop_staged(decision).await?;
            return Ok(Err(against));
        }
        self.release(prepared, by).await.map(Ok)
    }

    /// The stages that may run for many payloads at a time: opens it, and translates it or writes what it asks for.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn prepare(&self, payload: i64, by: &str) -> Result<Prepared, StoreError> {
        match self.open(payload).await? {
            Some((payload, content)) => self.prepare_opened(payload, content, by).await,
            None => Ok(Prepared::Gone),
        }
    }

    /// The same of one that is opened.
    pub(crate) async fn prepare_opened(
        &self,
        payload: Payload,
        content: Content,
        by: &str,
    ) -> Result<Prepared, StoreError> {
        match payload.direction.as_str() {
            "in" => self.translate(payload, content, by).await,
            // Asked here alone: what is written anew since something of it came before has gone past it already.
            _ if content.len() > outbound::MOST_BYTES && !payload.override_ => {
                let why = outbound::too_large(payload.id, content.len());
                Ok(Prepared::Decision(Box::new(held(payload.id, payload.version, Timestamp::now(), why))))
            }
            _ => self.write(payload, content, by, HashMap::new()).await,
        }
    }

    async fn open(&self, id: i64) -> Result<Option<(Payload, Content)>, StoreError> {
        let Some(payload) = self.store.payload(id).await?.filter(|payload| payload.state == PayloadState::Received)
        else {
            return Ok(None);
        };
        let content = self.store.content(payload.content).await?;
        Ok(Some((payload, content)))
    }

    async fn translate(&self, payload: Payload, content: Content, by: &str) -> Result<Prepared, StoreError> {
        let (edition, store, by) = (self.edition(), self.store.clone(), by.to_owned());
        let (id, version, now) = (payload.id, payload.version, Timestamp::now());
        let translated = self.on_a_thread(move |handle| {
            let records = &Records::new(store.clone(), handle.clone());
            let (payload, content, edition, by) = (&payload, &content, &*edition, &by);
            let order = inbound::Order { payload, content, edition, now, by, records };
            let mut first = true;
            let decision = inbound::translate(&order, &mut |documents| {
                let stage = Stage { payload: id, version, first: std::mem::take(&mut first), documents, at: now };
                match handle.block_on(store.commit_one(Unit::Stage(stage)))? {
                    Applied::Done(_) => Ok(()),
                    _ => Err(Failed::Gone),
                }
            });
            records.failed().map_or(decision, |error| Err(Failed::Store(error)))
        });
        let decision = match translated.await {
            Ok(Ok(decision)) => decision,
            Ok(Err(Failed::Store(error))) => return Err(error),
            Ok(Err(Failed::Gone)) => return Ok(Prepared::Gone),
            Ok(Err(Failed::Content(error))) => held(id, version, now, unreadable(&error)),
            Err(bug) => held(id, version, now, bug),
        };
        Ok(Prepared::Decision(Box::new(decision)))
    }

    async fn write(
        &self,
        payload: Payload,
        content: Content,
        by: &str,
        known: HashMap<Submitted, i64>,
    ) -> Result<Prepared, StoreError> {
        let (edition, by) = (self.edition(), by.to_owned());
        let (id, version, now) = (payload.id, payload.version, Timestamp::now());
        let store = self.store.clone();
        let written = self.on_a_thread(move |handle| {
            let (payload, bytes, edition, known) = (&payload, &content.read()?, &*edition, &known);
            let (records, only) = (&Records::new(store, handle), None);
            let order = outbound::Order { payload, bytes, edition, now, by: &by, only, records, known };
            let submission = outbound::write(&order);
            records.failed().map_or(Ok(submission), |error| Err(Failed::Store(error)))
        });
        Ok(match written.await {
            Ok(Ok(submission)) => Prepared::Submission(Box::new(submission)),
            Ok(Err(Failed::Store(error))) => return Err(error),
            Ok(Err(Failed::Gone)) => Prepared::Gone,
            Ok(Err(Failed::Content(error))) => Prepared::Decision(Box::new(held(id, version, now, unreadable(&error)))),
            Err(bug) => Prepared::Decision(Box::new(held(id, version, now, bug))),
        })
    }

    /// Runs work that takes the processor, so much of it at a time. A panic in it is a bug of ours, told as such.
    async fn on_a_thread<T: std::marker::Send + 'static>(
        &self,
        work: impl FnOnce(Handle) -> T + std::marker::Send + 'static,
    ) -> Result<T, Diagnostic> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.translating).acquire_owned().await;
        let handle = Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            let done = work(handle);
            drop(permit);
            done
        });
        done.await.map_err(defect)
    }
}

/// Bytes of a file's name that stand in the name of another: with its ids and endings that is within the 255 of any file system.
const STEM_BYTES: usize = 180;

/// What of a file's name stands in the name of one that is made for it.
fn stem(name: &str) -> &str {
    &name[..name.floor_char_boundary(STEM_BYTES)]
}

/// What came of a task; its panic goes on in who waited for it. `None` where it was broken off, as when the process ends.
pub(crate) fn outcome<T>(ended: Result<T, JoinError>) -> Option<T> {
    match ended.map_err(JoinError::try_into_panic) {
        Ok(done) => Some(done),
        Err(Ok(panic)) => panic::resume_unwind(panic),
        Err(Err(_)) => None,
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").to_owned()
}

/// Works on a disk, which may be slow: others go on meanwhile. A defect of ours is an error like that of a disk.
pub(crate) async fn blocking<T: std::marker::Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + std::marker::Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|bug| Err(io::Error::other(defect_text(bug))))
}

/// What is said of work that did not come to its end, as the cause of something.
pub(crate) fn defect_text(error: JoinError) -> String {
    format!("a defect of Crossdock: {}", said_at_the_end(error))
}

fn said_at_the_end(error: JoinError) -> String {
    let panic = error.try_into_panic();
    panic.map_or_else(|_| "the work was broken off".to_owned(), |panic| panic_text(&*panic))
}

/// What is said of work that did not come to its end.
fn defect(error: JoinError) -> Diagnostic {
    Diagnostic::new(codes::PAYLOAD_BUG, "Crossdock met a defect of its own", Place::Nowhere)
        .cause(said_at_the_end(error))
        .remedy("send this message and the payload (`crossdock payload export ID`) to those who look after Crossdock")
}

/// Longest wait before something is tried again that failed for the machine's sake: a full disk, a folder that is gone.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// How long to wait after the store or a folder has failed so many times in a row.
fn wait_after(failed: u32) -> Duration {
    wait_before(failed, 0).unsigned_abs().min(LONGEST_WAIT)
}

/// Why a translation was broken off.
#[derive(Debug)]
enum Failed {
    Content(std::io::Error),
    Store(StoreError),
    /// Somebody else changed the payload.
    Gone,
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Failed::Content(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::Store(error)
    }
}

fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(codes::PAYLOAD_UNREADABLE, "the payload's bytes cannot be read any more", Place::Nowhere)
        .cause(cause(error))
        .remedy(
            "restore data/spool from a backup, then `crossdock payload rerun`; or ask the partner for the file again",
        )
}

/// The decision on a payload that cannot be worked on.
fn held(payload: i64, version: i64, at: Timestamp, why: Diagnostic) -> Decision {
    Decision {
        payload,
        version,
        state: PayloadState::Held,
        partner: None,
        duplicate_of: None,
        diagnostics: vec![why],
        interchanges: Vec::new(),
        read: Vec::new(),
        in_spite: InSpite::Nothing,
        repeated: Vec::new(),
        left_out: Vec::new(),
        documents: Vec::new(),
        withheld: Vec::new(),
        deliveries: Vec::new(),
        staged: 1,
        at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;

    #[tokio::test]
    async fn a_defect_is_told_in_words_that_people_can_use() {
        let failed = blocking(|| -> io::Result<()> { panic!("no line {}", 7) }).await.unwrap_err();
        assert_eq!(failed.to_string(), "a defect of Crossdock: no line 7");
    }

    #[test]
    fn a_stem_is_as_long_in_bytes_as_names_may_be_and_cuts_no_character() {
        assert_eq!(stem("order"), "order");
        assert_eq!(stem(&"é".repeat(120)), "é".repeat(90));
        assert_eq!(stem(&format!("a{}", "é".repeat(120))), format!("a{}", "é".repeat(89)));
    }

    #[tokio::test]
    async fn a_defect_of_ours_is_told_and_stops_nothing() {
        let home = std::env::temp_dir().join(format!("crossdock-defect-{}", std::process::id()));
        let store = Store::open(&home.join("data")).await.unwrap();
        let edition = Arc::new(Edition::read(&home, &mut Diagnostics::unlimited()));
        let (_sender, editions) = watch::channel(edition);
        let pipeline = Pipeline::new(store, Folders::of(&home), editions, 1);
        let found = pipeline.on_a_thread(|_| -> u32 { panic!("a loop without an end") }).await.unwrap_err();
        assert_eq!((found.code, found.cause.as_deref()), (codes::PAYLOAD_BUG, Some("a loop without an end")));
        assert_eq!(pipeline.on_a_thread(|_| 7).await.unwrap(), 7, "the next one has its turn");
        std::fs::remove_dir_all(home).unwrap();
    }
}
