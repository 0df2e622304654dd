//! Units of change: what producers hand over to be committed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Banning, Kept, Visiting};
use crate::diagnostic::Diagnostic;
use crate::lifecycle::{AnswerState, DeliveryState, DocumentState, InSpite, PayloadState, Range, Template};

/// One change, which takes whole or not at all.
#[derive(Debug, Clone)]
pub enum Unit {
    /// A payload was received. Answer: its id, or the id under which its spool name is known already.
    Receive(NewPayload),
    /// Documents of a large payload, before its end is read.
    Stage(Stage),
    /// What became of a payload.
    Decide(Arc<Decision>),
    /// What became of a payload from the ERP.
    Submit(Arc<Submission>),
    /// A delivery that collects documents has what it waits for: it is to go out. Its documents are written as one.
    Close(Box<Closing>),
    /// A document leaves the delivery that collects it, and has this state. By a person.
    Leave(Row, DocumentState, Audit),
    /// A document was translated anew, corrected or released. One of the ERP that was submitted again since is
    /// [`Applied::Submitted`].
    Retake(Box<Retake>),
    /// A document's state changes, and that of its delivery, which must still be to come and is not being put. All documents of a delivery that is
    /// held or goes on are held or go on with it. By a person. It waits for nothing that it recalls any more.
    Document(Row, DocumentState, Option<DeliveryState>, Audit),
    /// The state of a payload that has no documents of its own changes, and what was staged of it is dropped. By a person.
    Payload(Row, PayloadState, Audit),
    /// An acknowledgment of a partner was matched to what it is for.
    Answered(Box<Answered>),
    /// The file of a delivery that waits is being put, unless its partner is paused: from now on it may lie where it belongs, so that
    /// it is not held or discarded any more. False: it was not put after all.
    Putting(Row, bool),
    /// The file of a delivery, by its id, is written whole there under a temporary name, and is about to be renamed: from now on its
    /// partner may take it. `None`: it is not any more, and is written anew.
    Renaming(i64, Option<String>),
    /// An attempt at a delivery ended.
    Delivered(Delivered),
    /// A partner, by the short name of its profile, has taken the file of this name that was put there for it. Answer: the
    /// delivery, 0 when there is none that waits for that.
    Taken(String, String, Timestamp),
    /// A delivery that is still to come is not to be made. By a person.
    Discard(Row, Audit),
    /// A delivery is to be tried at this time. By a person.
    Retry(Row, Timestamp, Audit),
    /// A subscriber has done what events ask.
    Cursor(Cursor),
    /// A partner, by the short name of its profile, is paused since then, or goes on. By a person.
    Partner(String, Option<Timestamp>, Audit),
    /// Control numbers to give next. By a person. All of them, or none: [`Applied::NumberGiven`].
    NextNumbers(NextNumbers),
    /// The number to give next in a sequence. By a person. One that was given is [`Applied::NumberGiven`].
    NextInSequence(NextInSequence),
    /// Something about visits to partners' servers.
    Visiting(Box<Visiting>),
    /// Something about who is banned from the drop box.
    Banning(Banning),
    /// A person did something to this, such as `payload 4711`; what it was is another unit.
    Note(String, Audit),
    /// Partners did something to each of these.
    Notes(Vec<(String, Audit)>),
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It took; the id of the row it made or changed.
    Done(i64),
    /// Its row has changed since it was read, or is not there: nothing was changed.
    Stale,
    /// Objects of the ERP were submitted before, with the payload of each. Nothing was changed.
    Submitted(Vec<(Submitted, i64)>),
    /// Interchanges of a payload were taken before: these, in their order. Nothing was changed.
    CameBefore(Vec<CameBefore>),
    /// A number of a sequence was given to another document since the documents were written, what they recall is not the newest
    /// any more, or what goes before them is still collected. Nothing was changed.
    Outdated,
    /// The number that is to be given next was given before. Nothing was changed.
    NumberGiven,
    /// Another unit did not take that was to take before it. Nothing was changed.
    Behind,
}

/// What the ERP has submitted before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Submitted {
    /// An event: tests have their own.
    Event {
        /// `live` or `test`.
        lane: String,
        /// Its id.
        event: String,
    },
    /// The object at this 1-based position of the payload, which is in no event with an id.
    Object(i64),
}

/// What an object of the ERP is about. Of those in no event with an id, one that says the same as the latest about it is not
/// another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// `live` or `test`.
    pub lane: &'static str,
    /// Short name of the partner's profile.
    pub partner: String,
    /// The canonical object.
    pub canonical_type: String,
    /// Its business key.
    pub business_number: String,
    /// What tells it apart from others of its business key, where it says that.
    pub identity: Option<String>,
}

/// By what a document of the ERP is known when it is submitted again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmittedAs {
    /// By the id of its event.
    Event(String),
    /// It is in no event with an id: by what the object at this 1-based position of its payload is about, and says.
    Object(i64, Subject),
}

impl SubmittedAs {
    /// The id of its event.
    #[must_use]
    pub fn event(&self) -> Option<&String> {
        match self {
            Self::Event(id) => Some(id),
            Self::Object(..) => None,
        }
    }
}

/// An interchange that was taken before, with the same transaction sets or with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameBefore {
    /// Its 0-based index in [`Decision::interchanges`].
    pub index: usize,
    /// The earlier payload.
    pub payload: i64,
    /// The earlier interchange, by its id on record.
    pub interchange: i64,
    /// True when the transaction sets are the same.
    pub same: bool,
    /// A file that says how things are came before, and since then another one that says it otherwise: it is news again.
    pub outlived: bool,
}

/// A row as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: i64,
    /// Its version.
    pub version: i64,
}

/// How far a subscriber of the event log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Its name.
    pub subscriber: &'static str,
    /// The number of the last event that it is done with.
    pub sequence: i64,
    /// How many of them it found done already.
    pub repeated: i64,
}

/// Who ordered a change, with which command, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// When.
    pub at: Timestamp,
    /// Who: the user of the operating system.
    pub by: String,
    /// Such as `document rerun`.
    pub command: String,
    /// Why, in their words.
    pub why: Option<String>,
}

/// A payload that was received.
#[derive(Debug, Clone)]
pub struct NewPayload {
    /// `in` from a partner, `out` from the ERP.
    pub direction: &'static str,
    /// Where it came from: a partner's short name, or the ERP's.
    pub mailbox: String,
    /// Whose it is, where that is known from elsewhere than its content.
    pub partner: Option<String>,
    /// The file's name as it was dropped.
    pub file_name: String,
    /// Its name in the spool: the same file is received once.
    pub spool_name: Option<String>,
    /// Its transfer broke off, as far as anybody can tell.
    pub broken_off: bool,
    /// Its bytes.
    pub content: Kept,
    /// When it came.
    pub received_at: Timestamp,
}

/// A document, read or written.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// 1-based within the payload.
    pub position: i64,
    /// Its bytes within the payload.
    pub bytes: std::ops::Range<u64>,
    /// `live` or `test`.
    pub lane: &'static str,
    /// Short name of the partner's profile.
    pub partner: Option<String>,
    /// Its canonical object.
    pub canonical_type: Option<String>,
    /// The partner's side of it, such as `x12/004010/945`.
    pub document: String,
    /// Its business key.
    pub business_number: Option<String>,
    /// What tells it apart from others of its business key, where it says that: the shipment of several for an order.
    pub identity: Option<String>,
    /// Control numbers of interchange, group and transaction set.
    pub control_numbers: [Option<String>; 3],
    /// It says that it changes, replaces or cancels an earlier one with its business key.
    pub replaces: bool,
    /// Its state. A staged one is published with its payload.
    pub state: DocumentState,
    /// The id of the event that publishes it, or under which the ERP submitted it.
    pub event: Option<String>,
    /// 0-based index in [`Submission::deliveries`].
    pub delivery: Option<usize>,
    /// Of a document from the ERP: what it asks for besides.
    pub outgoing: Outgoing,
    /// How it was translated.
    pub attempt: NewAttempt,
}

impl NewDocument {
    /// What it is about; `None` where its partner, object or number is not known.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        Some(Subject {
            lane: self.lane,
            partner: self.partner.clone()?,
            canonical_type: self.canonical_type.clone()?,
            business_number: self.business_number.clone()?,
            identity: self.identity.clone(),
        })
    }
}

/// What a document from the ERP asks for besides being kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Numbers of sequences that it is given, by their names: they must still be the next ones.
    pub numbers: Vec<(String, u64)>,
    /// What it recalls and is not on record: canonical object and business number.
    pub awaits: Vec<(String, String)>,
    /// What it recalls: each must still be the newest.
    pub recalled: Vec<Recalled>,
    /// It goes out with others, in a delivery that collects them.
    pub collect: Option<Collect>,
}

/// What a document recalls from the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// Short name of the partner's profile.
    pub partner: String,
    /// `live` or `test`.
    pub lane: &'static str,
    /// The canonical object.
    pub canonical_type: String,
    /// Its business numbers: one of these.
    pub numbers: Vec<String>,
    /// The document that recalls it, where that is on record.
    pub except: Option<i64>,
    /// The document that was found, and its attempt.
    pub found: (i64, i64),
}

/// How documents are collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collect {
    /// Bytes of the document as it was written.
    pub written: u64,
    /// So many documents are enough.
    pub documents: u32,
    /// So many bytes of documents are enough.
    pub bytes: u64,
    /// When a delivery that begins to collect now goes out at the latest.
    pub until: Timestamp,
}

/// A delivery that collected documents, written.
#[derive(Debug, Clone)]
pub struct Closing {
    /// The delivery as it was read.
    pub delivery: Row,
    /// What goes out. The first is this delivery, others are made beside it; none when no document goes out.
    pub made: Vec<NewDelivery>,
    /// Its documents.
    pub documents: Vec<ClosedDocument>,
    /// Now.
    pub at: Timestamp,
}

/// A document of a delivery that collected it.
#[derive(Debug, Clone)]
pub struct ClosedDocument {
    /// Its id.
    pub id: i64,
    /// In which delivery of [`Closing::made`] it stands, and which one of that, 1-based; `None` when it does not go out, and
    /// is held.
    pub place: Option<(usize, u64)>,
    /// How it was written, where that is not as when it came.
    pub attempt: Option<NewAttempt>,
    /// What else it asks for.
    pub outgoing: Outgoing,
}

/// One time that a document was translated, corrected or released.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// When.
    pub at: Timestamp,
    /// `gateway`, or who ordered it.
    pub by: String,
    /// Why, in their words.
    pub why: Option<String>,
    /// Name of the mapping.
    pub mapping: Option<String>,
    /// Hash of the mapping as it was in force.
    pub plan: Option<Vec<u8>>,
    /// The canonical object as JSON.
    pub canonical: Option<Vec<u8>>,
    /// The set's bytes as a person corrected them.
    pub correction: Option<Vec<u8>>,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Documents of a payload whose end is not read yet.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The payload.
    pub payload: i64,
    /// Its version as it was read.
    pub version: i64,
    /// True for the first of a payload: what an earlier run staged is dropped.
    pub first: bool,
    /// The documents.
    pub documents: Vec<NewDocument>,
    /// Now.
    pub at: Timestamp,
}

/// An interchange that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interchange {
    /// Qualifier and id of the sender, `ZZ/HARBOR3PL`.
    pub sender: String,
    /// Qualifier and id of the receiver.
    pub receiver: String,
    /// ISA13 without leading zeros.
    pub control_number: String,
    /// ISA15.
    pub usage: String,
    /// SHA-256 of its transaction sets.
    pub digest: [u8; 32],
    /// The file, where it has no envelope.
    pub file: Option<Bare>,
    /// Positions of its documents within the payload.
    pub positions: RangeInclusive<i64>,
    /// What it is answered with.
    pub acknowledgment: Option<NewDelivery>,
    /// What it is answered with instead when its control number came before with other sets.
    pub if_reused: Option<NewDelivery>,
}

/// A file without an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bare {
    /// Its name.
    pub name: String,
    /// It says how things are, and nothing that was done: the newest one counts.
    pub is_state: bool,
    /// It is taken although it came before: see [`CameBefore::outlived`].
    pub again: bool,
}

/// What became of a payload from a partner.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The payload.
    pub payload: i64,
    /// Its version as it was read.
    pub version: i64,
    /// Its state; staged documents are published when it is translated, dropped when it is not.
    pub state: PayloadState,
    /// Whose it is.
    pub partner: Option<String>,
    /// The payload that it is a duplicate of.
    pub duplicate_of: Option<i64>,
    /// What was found of the payload as a whole.
    pub diagnostics: Vec<Diagnostic>,
    /// Its interchanges, when it is translated.
    pub interchanges: Vec<Interchange>,
    /// Sender and ISA13, without leading zeros, of every interchange that was read: by them it is found though nothing goes on.
    pub read: Vec<(String, String)>,
    /// In spite of what a person said to go on: of what came before where nothing else came, of numbers that came before.
    pub in_spite: InSpite,
    /// Interchanges on record that came again with this payload, by their ids: what they were answered with is sent again.
    pub repeated: Vec<i64>,
    /// Positions of documents that came before: those of them that are staged are dropped.
    pub left_out: Vec<RangeInclusive<i64>>,
    /// Its documents that were not staged yet.
    pub documents: Vec<NewDocument>,
    /// Documents that are not published though they are staged.
    pub withheld: Vec<Withheld>,
    /// What goes out besides: the answer to an interchange that is held, reports.
    pub deliveries: Vec<NewDelivery>,
    /// How many documents [`Unit::Stage`] has brought before; 0 when it was not used.
    pub staged: i64,
    /// Now.
    pub at: Timestamp,
}

/// Staged documents that are not published.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// Their positions.
    pub positions: RangeInclusive<i64>,
    /// Their state instead.
    pub state: DocumentState,
    /// Why; each of them gets it.
    pub why: Diagnostic,
}

/// What became of a payload from the ERP.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The payload.
    pub payload: i64,
    /// Its version as it was read.
    pub version: i64,
    /// Its objects.
    pub documents: Vec<NewDocument>,
    /// What goes out for them. Control numbers are given when it is committed.
    pub deliveries: Vec<NewDelivery>,
    /// Now.
    pub at: Timestamp,
}

/// Between whom an interchange goes, and as what: it is found by its number among those of the same usage.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NumberKeys {
    /// Our interchange id, `12/4085551000`.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// `P` or `T`.
    pub usage: String,
}

/// Control numbers to give next.
#[derive(Debug, Clone)]
pub struct NextNumbers {
    /// Our interchange id, `12/4085551000`.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// Counters (see [`COUNTERS`]), and the number of each.
    pub numbers: Vec<(&'static str, u32)>,
    /// Those that were given may be given again.
    pub again: bool,
    /// Who says so.
    pub audit: Audit,
}

/// A number of our own to give next.
#[derive(Debug, Clone)]
pub struct NextInSequence {
    /// To whom: the short name of the partner's profile.
    pub partner: String,
    /// The sequence's name.
    pub name: String,
    /// The number.
    pub next: u64,
    /// Those that were given may be given again.
    pub again: bool,
    /// Who says so.
    pub audit: Audit,
}

/// The control numbers that something is to get when it is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumbersToGive {
    /// Whose they are: both usages have one counter.
    pub keys: NumberKeys,
    /// Counters of interchange and group numbers: [`COUNTERS`] or [`ACKNOWLEDGMENT_COUNTERS`].
    pub counters: [&'static str; 2],
    /// What may be given to an interchange.
    pub interchanges: Range,
    /// What may be given to groups.
    pub groups: Range,
    /// How many groups there are.
    pub group_count: u32,
}

/// Counters of the interchange and group numbers of what we send.
pub const COUNTERS: [&str; 2] = ["interchange", "group"];
/// The same for acknowledgments that have a range of their own.
pub const ACKNOWLEDGMENT_COUNTERS: [&str; 2] = ["acknowledgment-interchange", "acknowledgment-group"];

/// Something to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// `interchange`, `refusal`, `acknowledgment` or `report`.
    pub kind: &'static str,
    /// Short name of the partner's profile; the ERP's mailbox for a refusal.
    pub partner: String,
    /// The file's name.
    pub file_name: Template,
    /// Ending of an empty file that follows the finished one.
    pub done_file: Option<String>,
    /// The bytes.
    pub content: Template,
    /// The numbers to give.
    pub numbers: Option<NumbersToGive>,
    /// How long we wait for the partner's acknowledgment, in seconds; `None` where none is expected.
    pub answer_within_secs: Option<u64>,
}

impl NewDelivery {
    /// Our id and theirs in its envelope, and its usage, where it has control numbers.
    pub(super) fn sent_as(&self) -> [Option<&str>; 3] {
        let keys = self.numbers.as_ref().map(|numbers| &numbers.keys);
        [keys.map(|keys| &*keys.ours), keys.map(|keys| &*keys.theirs), keys.map(|keys| &*keys.usage)]
    }
}

/// A document was translated anew.
#[derive(Debug, Clone)]
pub struct Retake {
    /// The document.
    pub document: i64,
    /// Its version as it was read.
    pub version: i64,
    /// Its state now.
    pub state: DocumentState,
    /// Its bytes within the payload, as they are found now.
    pub bytes: std::ops::Range<u64>,
    /// `live` or `test`, as it is now.
    pub lane: &'static str,
    /// Short name of the partner's profile now.
    pub partner: Option<String>,
    /// The partner's side of it now, such as `x12/004010/945`.
    pub kind: String,
    /// Its business key now.
    pub business_number: Option<String>,
    /// What tells it apart from others of its business key now.
    pub identity: Option<String>,
    /// Its canonical object now.
    pub canonical_type: Option<String>,
    /// It says that it changes, replaces or cancels an earlier one with its business key; `None` leaves that as it was.
    pub replaces: Option<bool>,
    /// The id of the event that says so; `None` when nothing new is to be said.
    pub event: Option<String>,
    /// The event that the new one replaces.
    pub supersedes: Option<String>,
    /// By what it is known when it is submitted again, of a document from the ERP: nothing else that goes on may be.
    pub submitted: Option<SubmittedAs>,
    /// What goes out for it, of a document from the ERP. What was to go out before, and did not, is discarded; also where it is held
    /// now, and nothing goes out.
    pub delivery: Option<NewDelivery>,
    /// The control number of its transaction set (ST02) in what goes out now.
    pub set_number: Option<String>,
    /// What it asks for besides, of a document from the ERP.
    pub outgoing: Outgoing,
    /// How it was done.
    pub attempt: NewAttempt,
    /// Who ordered it.
    pub audit: Audit,
}

impl Retake {
    /// Does it leave the delivery in which it stood? It stands in another one then, or, where it is held, in none.
    #[must_use]
    pub fn leaves(&self) -> bool {
        self.delivery.is_some() || self.outgoing.collect.is_some() || self.state == DocumentState::Held
    }
}

/// What an acknowledgment of a partner says.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The acknowledgment, a document that is kept.
    pub document: Row,
    /// Its state now: kept, or held for a person.
    pub state: DocumentState,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// The deliveries whose groups it is for, and what it says of each; a TA1 that rejects says it of the groups too.
    pub groups: Vec<(i64, AnswerState)>,
    /// The delivery whose interchange it is for, and code and note of the TA1.
    pub interchange: Option<(i64, String)>,
    /// What it says of documents of ours, by the document and the delivery in which the partner got it; it may have been written
    /// anew since.
    pub documents: BTreeMap<(i64, i64), SaidOf>,
    /// Documents of ours of which it says something else than is known, and what: nothing is changed by it.
    pub against: Vec<(i64, AnswerState)>,
    /// Now.
    pub at: Timestamp,
}

/// What a partner says of a document of ours.
#[derive(Debug, Clone)]
pub struct SaidOf {
    /// What it says.
    pub answer: AnswerState,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// How an attempt at a delivery ended.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// The delivery.
    pub id: i64,
    /// Its version as it was read.
    pub version: i64,
    /// Delivered, placed where it is to be taken, waiting for the next attempt, or held.
    pub state: DeliveryState,
    /// When the next attempt is due.
    pub due_at: Timestamp,
    /// Now.
    pub at: Timestamp,
    /// Why it failed.
    pub diagnostics: Vec<Diagnostic>,
    /// It may have been put all the same: nobody was there to say so.
    pub perhaps_put: bool,
}
