//! Rows as they are read.

use jiff::Timestamp;

use super::NewDocument;
use crate::diagnostic::Diagnostic;
use crate::lifecycle::{AnswerState, DeliveryState, DocumentState, OVERDUE, PayloadState};

/// A payload.
#[derive(Debug, Clone)]
pub struct Payload {
    /// Its id.
    pub id: i64,
    /// `in` or `out`.
    pub direction: String,
    /// Where it came from.
    pub mailbox: String,
    /// Whose it is, once that is known.
    pub partner: Option<String>,
    /// The file's name as it was dropped.
    pub file_name: String,
    /// Its name in the spool.
    pub spool_name: Option<String>,
    /// Of its bytes.
    pub content: i64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Of its bytes.
    pub sha256: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
    /// Its transfer broke off, as far as anybody can tell.
    pub broken_off: bool,
    /// Its state.
    pub state: PayloadState,
    /// A person said to go on in spite of what held it.
    pub override_: bool,
    /// The payload that it is a duplicate of.
    pub duplicate_of: Option<i64>,
    /// What was found of it as a whole.
    pub diagnostics: Vec<Diagnostic>,
    /// How many documents it has.
    pub documents: i64,
    /// Counts its changes.
    pub version: i64,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its id.
    pub id: i64,
    /// The payload that it came in.
    pub payload: i64,
    /// 1-based within the payload.
    pub position: i64,
    /// Its bytes within the payload.
    pub bytes: std::ops::Range<u64>,
    /// `in` or `out`.
    pub direction: String,
    /// `live` or `test`.
    pub lane: String,
    /// Short name of the partner's profile.
    pub partner: Option<String>,
    /// Its canonical object.
    pub canonical_type: Option<String>,
    /// The partner's side of it.
    pub document: String,
    /// Its business key.
    pub business_number: Option<String>,
    /// What tells it apart from others of its business key, where it says that.
    pub identity: Option<String>,
    /// It says that it changes, replaces or cancels an earlier one.
    pub replaces: bool,
    /// Control numbers of interchange, group and transaction set.
    pub control_numbers: [Option<String>; 3],
    /// Its state.
    pub state: DocumentState,
    /// The attempt in force, 1-based.
    pub attempt: i64,
    /// The id of the event that says the attempt in force.
    pub event: Option<String>,
    /// Its delivery.
    pub delivery: Option<i64>,
    /// When its payload came.
    pub received_at: Timestamp,
    /// Name of the file that it came in.
    pub file_name: String,
    /// Counts its changes.
    pub version: i64,
    /// The first error or warning of the attempt in force, or of what the partner says.
    pub problem: Option<Diagnostic>,
    /// Of a document from the ERP that was sent: what the partner says of it.
    pub answer: Option<AnswerState>,
    /// When the partner should have said it.
    pub answer_due: Option<Timestamp>,
    /// When the delivery goes out that still collects others beside it.
    pub collected_until: Option<Timestamp>,
    /// The document of the partner that says it.
    pub answered_by: Option<i64>,
    /// What the partner says is wrong with it.
    pub answer_diagnostics: Vec<Diagnostic>,
}

impl Document {
    /// What the partner says of it, in a word: `overdue` where that should be here. What has not left waits for no answer.
    #[must_use]
    pub fn answer_word(&self, now: Timestamp) -> Option<&'static str> {
        match self.answer? {
            AnswerState::Waiting if self.state != DocumentState::Delivered => None,
            AnswerState::Waiting if self.answer_due.is_some_and(|due| due <= now) => Some(OVERDUE),
            answer => Some(answer.word()),
        }
    }
}

/// A document of a partner that is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Publishing<'a> {
    /// Short name of the partner's profile.
    pub partner: Option<&'a str>,
    /// `live` or `test`.
    pub lane: &'a str,
    /// Its canonical object.
    pub canonical_type: Option<&'a str>,
    /// Its business key.
    pub business_number: Option<&'a str>,
    /// What tells it apart from others of its number.
    pub identity: Option<&'a str>,
    /// The payload that it came in.
    pub payload: i64,
    /// 1-based within the payload.
    pub position: i64,
    /// The object as JSON.
    pub canonical: Option<&'a [u8]>,
    /// The partner was told that it is rejected, and may have sent another one in its place.
    pub told: bool,
}

impl<'a> Publishing<'a> {
    /// One that was translated just now.
    #[must_use]
    pub fn new(new: &'a NewDocument, payload: i64, told: bool) -> Self {
        Self {
            partner: new.partner.as_deref(),
            lane: new.lane,
            canonical_type: new.canonical_type.as_deref(),
            business_number: new.business_number.as_deref(),
            identity: new.identity.as_deref(),
            payload,
            position: new.position,
            canonical: new.attempt.canonical.as_deref(),
            told,
        }
    }

    /// One that is on record, with this object.
    #[must_use]
    pub fn on_record(document: &'a Document, canonical: Option<&'a [u8]>, told: bool) -> Self {
        Self {
            partner: document.partner.as_deref(),
            lane: &document.lane,
            canonical_type: document.canonical_type.as_deref(),
            business_number: document.business_number.as_deref(),
            identity: document.identity.as_deref(),
            payload: document.payload,
            position: document.position,
            canonical,
            told,
        }
    }

    /// Type and number, such as `receipt 753515-1`.
    #[must_use]
    pub fn words(&self) -> String {
        let words = self.canonical_type.into_iter().chain(self.business_number);
        words.collect::<Vec<_>>().join(" ")
    }
}

/// In what a document from the ERP stood before it was written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBefore {
    /// The document.
    pub document: i64,
    /// The delivery.
    pub delivery: i64,
    /// Its state.
    pub delivery_state: DeliveryState,
    /// The attempt that was sent so, 1-based.
    pub attempt: i64,
    /// Control numbers of interchange, group and transaction set.
    pub control_numbers: [Option<String>; 3],
    /// What the partner says of it.
    pub answer: Option<AnswerState>,
    /// The document of the partner that says it.
    pub answered_by: Option<i64>,
    /// The delivery in which the document stands now.
    pub now: Option<i64>,
}

/// One time that a document was translated, corrected or released.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// 1-based.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// `gateway`, or who ordered it.
    pub by: String,
    /// Why.
    pub why: Option<String>,
    /// Version of Crossdock.
    pub engine: String,
    /// Name of the mapping.
    pub mapping: Option<String>,
    /// Hash of the mapping as it was in force.
    pub plan: Option<Vec<u8>>,
    /// The canonical object as JSON.
    pub canonical: Option<Vec<u8>>,
    /// Content with the set's bytes as a person corrected them.
    pub correction: Option<i64>,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// An event with what it says.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number in the log.
    pub sequence: i64,
    /// Its id.
    pub id: String,
    /// The document that it publishes.
    pub document: i64,
    /// `live` or `test`.
    pub lane: String,
    /// Short name of the partner's profile.
    pub partner: String,
    /// The canonical object.
    pub canonical_type: String,
    /// The business key.
    pub business_number: Option<String>,
    /// The id of the event that this one replaces.
    pub supersedes: Option<String>,
    /// When it was made.
    pub at: Timestamp,
    /// The object as JSON.
    pub data: Vec<u8>,
}

/// A delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its id.
    pub id: i64,
    /// `interchange`, `refusal`, `acknowledgment` or `report`.
    pub kind: String,
    /// Short name of the partner's profile; the ERP's mailbox for a refusal.
    pub partner: String,
    /// The payload that it was made for.
    pub payload: i64,
    /// The file's name.
    pub file_name: String,
    /// Ending of an empty file that follows the finished one.
    pub done_file: Option<String>,
    /// Of its bytes.
    pub content: i64,
    /// ISA13.
    pub interchange_number: Option<i64>,
    /// Of one that collects documents, or did: which, such as `x12/004010/940`.
    pub collects: Option<String>,
    /// How many it has.
    pub collected: i64,
    /// Their bytes.
    pub collected_bytes: i64,
    /// Its state.
    pub state: DeliveryState,
    /// Its file is being put: it may lie there already.
    pub putting: bool,
    /// Where it was written whole under a temporary name, and its rename was asked for.
    pub renaming: Option<String>,
    /// How many attempts were made.
    pub attempts: i64,
    /// When the next attempt is due.
    pub due_at: Timestamp,
    /// The first failure since a person had it tried, let it go on, or let its partner go on.
    pub failing_since: Option<Timestamp>,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Why the last attempt failed.
    pub diagnostics: Vec<Diagnostic>,
    /// Of an interchange: what the partner says of its group.
    pub answer: Option<AnswerState>,
    /// When the partner should have said it; nothing before it has left.
    pub answer_due: Option<Timestamp>,
    /// What a TA1 says of it: code and note.
    pub interchange_answer: Option<String>,
    /// Counts its changes.
    pub version: i64,
}

impl Delivery {
    /// Since when its answer is waited for: it has left, or is to.
    #[must_use]
    pub fn left_at(&self) -> Timestamp {
        self.delivered_at.unwrap_or(self.created_at)
    }

    /// What the partner says of it, in a word. What has not left waits for no answer.
    #[must_use]
    pub fn answer_word(&self) -> Option<&'static str> {
        let said =
            self.answer.filter(|answer| *answer != AnswerState::Waiting || self.state == DeliveryState::Delivered);
        said.map(AnswerState::word)
    }

    /// Does it acknowledge what the partner sent?
    #[must_use]
    pub fn is_acknowledgment(&self) -> bool {
        self.kind == "acknowledgment"
    }

    /// May the partner have it? It was put, or tried, or is being put.
    #[must_use]
    pub fn may_have_left(&self) -> bool {
        self.attempts > 0 || self.putting || self.delivered_at.is_some()
    }
}

/// The number to give next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlNumber {
    /// Our interchange id.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// `interchange` or `group`.
    pub kind: String,
    /// The number.
    pub next: i64,
}

/// The number to give next in a sequence of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Short name of the partner's profile.
    pub partner: String,
    /// Its name.
    pub name: String,
    /// The number.
    pub next: u64,
}

/// An object on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its document.
    pub document: i64,
    /// The attempt that says it.
    pub attempt: i64,
    /// The object as JSON.
    pub canonical: Vec<u8>,
}

/// What the store knows of a partner besides its profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerState {
    /// Short name of the partner's profile.
    pub name: String,
    /// Since when it is paused.
    pub paused_at: Timestamp,
    /// By whom.
    pub paused_by: String,
    /// Why.
    pub why: Option<String>,
}

/// A command that changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Such as `document rerun`.
    pub command: String,
    /// Such as `document 4711`.
    pub subject: String,
    /// Why.
    pub why: Option<String>,
}

/// Things that are held for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldGroup {
    /// `payload` or `document`.
    pub kind: &'static str,
    /// Short name of the partner's profile, or the mailbox.
    pub partner: Option<String>,
    /// The mailbox in which they lay, where that is another partner's.
    pub mailbox: Option<String>,
    /// Code of the first error; `None` where a person held it.
    pub code: Option<String>,
    /// How many.
    pub count: i64,
    /// When the oldest of them came.
    pub oldest: Timestamp,
}

/// Documents that were not taken, by a partner or by us; or deliveries that a partner has not fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// Short name of the partner's profile.
    pub partner: String,
    /// How many.
    pub count: i64,
    /// When the oldest of them came.
    pub oldest: Timestamp,
}

/// How much there is of everything that waits or is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Payloads by state.
    pub payloads: Vec<(String, i64)>,
    /// Documents by state.
    pub documents: Vec<(String, i64)>,
    /// Deliveries by state.
    pub deliveries: Vec<(String, i64)>,
    /// The last event's number.
    pub last_event: i64,
    /// How far each subscriber is, and how many effects it found done already.
    pub cursors: Vec<(String, i64, i64)>,
    /// Documents of ours that partners did not take.
    pub not_taken: i64,
    /// Deliveries that lie in the outboxes of partners, by partner.
    pub to_fetch: Vec<NotTaken>,
    /// Interchanges whose acknowledgment should be here.
    pub overdue: i64,
    /// When the payload came that has waited longest.
    pub oldest_waiting: Option<Timestamp>,
}
