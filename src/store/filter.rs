//! Which rows are meant: what commands filter by.

use jiff::Timestamp;

/// Kinds of deliveries to a partner that go in order among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kinds {
    /// All of them.
    All,
    /// Acknowledgments and reports.
    Answers,
    /// What is neither.
    Others,
}

/// A filter over payloads, documents or deliveries: all that is given must hold. What a kind of row does not have is
/// looked up where it has it (a payload has the codes of its documents).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// These ids.
    pub ids: Vec<i64>,
    /// In one of these states.
    pub states: Vec<String>,
    /// Short name of the partner's profile, or the mailbox.
    pub partner: Option<String>,
    /// Canonical object (`shipment`) or transaction set (`945`).
    pub kind: Option<String>,
    /// `in` or `out`.
    pub direction: Option<String>,
    /// What the partner says of it: a word of [`crate::lifecycle::AnswerState`].
    pub answer: Option<String>,
    /// What the partner should have said by this time, and has not.
    pub unanswered_at: Option<Timestamp>,
    /// A diagnostic code.
    pub code: Option<String>,
    /// The business key, or one that it had before it was corrected or translated anew.
    pub business_number: Option<String>,
    /// The file's name; `*` stands for anything.
    pub file_name: Option<String>,
    /// Control number of the interchange, group or transaction set, leading zeros or not.
    pub control_number: Option<String>,
    /// Id of the event that publishes it, or under which the ERP submitted it.
    pub event: Option<String>,
    /// The payload.
    pub payload: Option<i64>,
    /// The delivery.
    pub delivery: Option<i64>,
    /// Only documents that stand so in what goes out now, not also those that did before they were written anew.
    pub now: bool,
    /// Received at this time or later.
    pub since: Option<Timestamp>,
    /// Received before this time.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// True when it takes everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What stands in a delivery now.
    #[must_use]
    pub fn in_delivery(delivery: i64) -> Self {
        Self { delivery: Some(delivery), now: true, ..Self::default() }
    }

    /// These ids, and nothing else.
    #[must_use]
    pub fn ids(ids: &[i64]) -> Self {
        Self { ids: ids.to_vec(), ..Self::default() }
    }
}

/// Which part of what a filter takes: the newest first, or in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Newest first?
    pub newest_first: bool,
    /// Only rows behind this id, in the order asked for.
    pub behind: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl Window {
    /// The first `limit`, in the order in which they came.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { newest_first: false, behind: None, limit }
    }
}

/// A filter over the audit record: all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Done by those whose names begin so.
    pub begin: String,
    /// By all others instead.
    pub others: bool,
    /// What was changed, such as `document 4711`.
    pub subject: Option<String>,
    /// Short name of the profile of the partner whose it is.
    pub partner: Option<String>,
    /// Who did it.
    pub by: Option<String>,
    /// Done at this time or later.
    pub since: Option<Timestamp>,
    /// Done before this time.
    pub until: Option<Timestamp>,
}
