//! What became of an order.

use crate::canonical::Difference;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lifecycle::Refusal;
use crate::store::Applied;

/// What became of an order on one payload, document or delivery.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// `payload`, `document` or `delivery`.
    pub kind: &'static str,
    /// Its id.
    pub id: i64,
    /// What was done, or why not.
    pub result: Result<Done, Declined>,
}

/// What was done, or would be.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// Its state before.
    pub before: &'static str,
    /// Its state now.
    pub state: &'static str,
    /// It is held, as was ordered.
    pub is_kept_back: bool,
    /// The id of the event that says it.
    pub event: Option<String>,
    /// The event that this one replaces.
    pub supersedes: Option<String>,
    /// True when a document was translated, and had an object before.
    pub compared: bool,
    /// How the object differs from what the ERP has, or else from the one before.
    pub differences: Vec<Difference>,
    /// What holds it still.
    pub diagnostics: Vec<Diagnostic>,
    /// What else is worth knowing, one sentence each.
    pub remarks: Vec<String>,
    /// What became of the documents of a payload.
    pub within: Vec<Outcome>,
}

/// Why an order was not carried out, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// The end of a sentence that begins with the thing.
    pub because: String,
    /// The next action.
    pub remedy: String,
}

impl Outcome {
    /// Did everything go as whoever ordered it wants? What is held still did not.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.result.as_ref().is_ok_and(|done| {
            let still_held = done.before == "held" && done.state == "held" && !done.is_kept_back;
            !still_held
                && done.diagnostics.iter().all(|one| one.severity < Severity::Error)
                && done.within.iter().all(Self::is_good)
        })
    }
}

impl Declined {
    pub(super) fn new(because: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { because: because.into(), remedy: remedy.into() }
    }

    /// Somebody else was quicker.
    pub(super) fn stale(kind: &str, id: i64) -> Self {
        Self::new("was changed by somebody else meanwhile", format!("look at it again: `crossdock {kind} show {id}`"))
    }
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.because, refusal.remedy)
    }
}

/// `done`, unless somebody else was quicker.
pub(super) fn unless_stale(applied: Applied, kind: &str, id: i64, done: Done) -> Result<Done, Declined> {
    match applied {
        Applied::Done(_) => Ok(done),
        Applied::Stale | Applied::CameBefore(_) | Applied::Submitted(_) | Applied::Behind => {
            Err(Declined::stale(kind, id))
        }
        Applied::Outdated | Applied::NumberGiven => Err(Declined::new(
            "was to get a number that another got in this very moment, or recalls what another replaced",
            "give the same order again",
        )),
    }
}
