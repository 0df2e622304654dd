//! What is wrong, where, why, what to do, and who must act.
//!
//! A [`Diagnostic`] is a value: readers, mappings and checks collect them in [`Diagnostics`] and never throw one. The
//! one list of codes is [`codes`]; [`text`] lays a diagnostic out for a person, [`json`] for a machine.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod codes;
pub mod json;
mod lines;
mod place;
pub mod suggest;
pub mod text;

use std::fmt::Display;
use std::sync::Arc;

pub use codes::Code;
pub use lines::{LineCounter, LineFinder};
pub use place::{Excerpt, FieldPlace, PayloadPlace, Place, SourcePlace};

/// How bad a diagnostic is for the document it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Note,
    /// Wrong, but what was meant is clear: the work goes on.
    Warning,
    /// The document (or file) cannot be used as it is.
    Error,
}

impl Severity {
    /// The word shown to people and machines: `note`, `warning` or `error`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What an error says, as the cause of something: it goes on behind a colon, so its first word is not capitalized. Names and
/// others' words keep their capitals; the system's number of an error says nothing to people.
#[must_use]
pub fn cause(error: impl Display) -> String {
    let text = error.to_string();
    let text = match text.rsplit_once(" (os error ") {
        Some((words, number)) if number.ends_with(')') => words.to_owned(),
        _ => text,
    };
    let mut rest = text.chars();
    let is_word = || text.split(' ').next().is_some_and(|word| word.chars().skip(1).all(|c| c.is_ascii_lowercase()));
    match rest.next() {
        Some(first) if is_word() => first.to_lowercase().chain(rest).collect(),
        _ => text,
    }
}

/// Does a character do something where it is shown, other than to stand there: move the cursor, end the line, or turn the order of
/// the letters?
#[must_use]
pub fn acts_when_shown(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Who must act so that the diagnostic goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The partner sent it wrong.
    Partner,
    /// A mapping, profile or setting of ours is wrong.
    Configuration,
    /// The ERP (or whoever handed us the canonical object) sent it wrong.
    Submitter,
    /// A defect of Crossdock itself.
    Ourselves,
}

impl Fault {
    /// The word shown to machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Fault::Partner => "partner",
            Fault::Configuration => "configuration",
            Fault::Submitter => "submitter",
            Fault::Ourselves => "ourselves",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, see [`codes`].
    pub code: Code,
    /// Severity in this case; the code's own severity unless a rule says otherwise.
    pub severity: Severity,
    /// One line that stands alone: the thing in the standard's words, the value, the limit. No trailing full stop.
    pub message: String,
    /// Where it is.
    pub place: Place,
    /// What makes a fault of it in this situation: the place whose value does, or nowhere where it is not one place. `None`:
    /// it is one in every situation.
    pub trigger: Option<Box<Place>>,
    /// The rule that is broken: release and place in the table, or the guide's file and line.
    pub rule: Option<String>,
    /// Why we think so.
    pub cause: Option<String>,
    /// Which of our people must act, where the one who made the rule said so: `warehouse`.
    pub owner: Option<String>,
    /// The next action of whoever must act.
    pub remedy: Option<String>,
    /// What the partner is told in an acknowledgment.
    pub answer: Option<String>,
}

impl Diagnostic {
    /// A diagnostic of `code`, with the code's own severity.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>, place: impl Into<Place>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            place: place.into(),
            trigger: None,
            rule: None,
            cause: None,
            owner: None,
            remedy: None,
            answer: None,
        }
    }

    /// Names the rule that is broken, such as `004010, segment W12, element 2 (380)` or `guides/harbor-945.toml:12`.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Adds why we think so.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Names who of our people must act.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Adds the next action.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds what the partner is told in an acknowledgment, such as `997: AK3*W05*2**8, AK4*2**5`.
    #[must_use]
    pub fn answer(mut self, answer: impl Into<String>) -> Self {
        self.answer = Some(answer.into());
        self
    }

    /// Replaces the code's own severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Decides of each diagnostic that comes into a collection, such as the rules of a partner's profile.
pub trait Judge: std::fmt::Debug + Send + Sync {
    /// May change the diagnostic; false leaves it out, as if it had not been said.
    fn keeps(&self, diagnostic: &mut Diagnostic) -> bool;
}

/// A collection with a limit: past it, diagnostics are counted, not kept. Errors have the limit for themselves, and so has
/// the rest, so that no number of warnings hides an error.
#[derive(Debug, Clone)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    judge: Option<Arc<dyn Judge>>,
    limit: usize,
    left_out: u64,
    errors: u64,
    /// How many errors are in the list.
    kept_errors: usize,
}

impl Diagnostics {
    /// Keeps at most `limit` errors, and as many warnings and notes.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self { list: Vec::new(), judge: None, limit, left_out: 0, errors: 0, kept_errors: 0 }
    }

    /// Has each diagnostic that comes judged.
    #[must_use]
    pub fn judged(self, judge: Option<Arc<dyn Judge>>) -> Self {
        Self { judge, ..self }
    }

    /// Keeps all of them: for files people write, which are small.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::with_limit(usize::MAX)
    }

    /// Keeps the diagnostic, or counts it once the limit is reached.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.judge.as_ref().is_some_and(|judge| !judge.keeps(&mut diagnostic)) {
            return;
        }
        let is_error = diagnostic.severity == Severity::Error;
        self.errors += u64::from(is_error);
        let kept = if is_error { self.kept_errors } else { self.list.len() - self.kept_errors };
        if kept < self.limit {
            self.kept_errors += usize::from(is_error);
            self.list.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// What was kept, in the order found.
    #[must_use]
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// Drops what does not `stay`.
    pub fn retain(&mut self, stay: impl Fn(&Diagnostic) -> bool) {
        self.list.retain(stay);
        let kept = self.list.iter().filter(|one| one.severity == Severity::Error).count();
        self.errors -= (self.kept_errors - kept) as u64;
        self.kept_errors = kept;
    }

    /// Makes warnings of the errors of a code.
    pub fn soften(&mut self, code: Code) {
        for one in self.list.iter_mut().filter(|one| one.code == code && one.severity == Severity::Error) {
            one.severity = Severity::Warning;
            self.errors -= 1;
            self.kept_errors -= 1;
        }
    }

    /// What was kept, to be completed by an outer layer (with the file's name, or line and column).
    pub fn list_mut(&mut self) -> &mut [Diagnostic] {
        &mut self.list
    }

    /// How many diagnostics the limit left out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many of all pushed ones, kept or left out, are errors.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// True when nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.left_out == 0
    }

    /// Moves everything of `other` to the end of this collection.
    pub fn append(&mut self, other: &mut Diagnostics) {
        for diagnostic in other.list.drain(..) {
            other.errors -= u64::from(diagnostic.severity == Severity::Error);
            self.push(diagnostic);
        }
        other.kept_errors = 0;
        self.left_out += std::mem::take(&mut other.left_out);
        self.errors += std::mem::take(&mut other.errors);
    }

    /// Takes what was kept and leaves the collection empty.
    pub fn take(&mut self) -> Vec<Diagnostic> {
        (self.left_out, self.errors, self.kept_errors) = (0, 0, 0);
        std::mem::take(&mut self.list)
    }
}

/// The first of the worst among errors and warnings.
#[must_use]
pub fn worst(diagnostics: &[Diagnostic]) -> Option<&Diagnostic> {
    let of = |severity| diagnostics.iter().find(|one| one.severity == severity);
    of(Severity::Error).or_else(|| of(Severity::Warning))
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Diagnostics, Place, Severity, cause, codes};

    #[test]
    fn a_cause_begins_small_and_names_and_others_words_keep_their_capitals() {
        for (said, expected) in [
            ("No such file or directory (os error 2)", "no such file or directory"),
            ("Permission denied: /Orders/SHIP1.csv", "permission denied: /Orders/SHIP1.csv"),
            ("SHIP1.csv needs a password", "SHIP1.csv needs a password"),
            ("Ship1.csv needs a password", "Ship1.csv needs a password"),
            ("SSH is not spoken", "SSH is not spoken"),
            ("", ""),
        ] {
            assert_eq!(cause(said), expected);
        }
    }

    #[test]
    fn no_number_of_warnings_hides_an_error_and_no_number_of_errors_a_warning() {
        let warning = || Diagnostic::new(codes::X12_CODE, "a warning", Place::Nowhere);
        let error = || Diagnostic::new(codes::X12_MISSING_ELEMENT, "an error", Place::Nowhere);
        let mut found = Diagnostics::with_limit(2);
        (0..5).for_each(|_| found.push(warning()));
        (0..3).for_each(|_| found.push(error()));
        let words = |found: &Diagnostics| found.list().iter().map(|one| one.severity.word()).collect::<Vec<_>>();
        assert_eq!(words(&found), ["warning", "warning", "error", "error"]);
        assert_eq!((found.left_out(), found.errors()), (4, 3));
        found.retain(|one| one.severity == Severity::Error);
        found.push(warning());
        assert_eq!((words(&found), found.errors()), (vec!["error", "error", "warning"], 3));
        let mut all = Diagnostics::with_limit(3);
        all.append(&mut found);
        assert_eq!((all.list().len(), all.left_out(), all.errors()), (3, 4, 3));
        assert_eq!((found.is_empty(), found.errors(), all.take().len(), all.is_empty()), (true, 0, 3, true));
    }
}
