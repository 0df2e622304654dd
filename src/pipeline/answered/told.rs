//! What is taken of an acknowledgment, and what is told of it: where a person has to look, and why.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::{place, state, why_rejected};
use crate::diagnostic::{Diagnostic, PayloadPlace, Severity, codes};
use crate::lifecycle::{AnswerState, DocumentState};
use crate::store::{Answered, Delivery, Document, Row, SaidOf};
use crate::x12::acknowledgment::{ReceivedGroup, ReceivedSet, Verdict};
use crate::x12::envelope::InterchangeAcknowledgment;

/// Transaction sets told one by one that an acknowledgment names and that were not sent; of more only how many.
const UNKNOWN: usize = 100;

impl Answered {
    pub(super) fn new(document: Row, at: Timestamp) -> Self {
        Self {
            document,
            state: DocumentState::Kept,
            diagnostics: Vec::new(),
            groups: Vec::new(),
            interchange: None,
            documents: BTreeMap::new(),
            against: Vec::new(),
            at,
        }
    }

    /// The acknowledgment, or a part of it, is for nothing that we sent: a person has to look.
    pub(super) fn unmatched(&mut self, document: &Document, message: String, cause: &str) {
        self.state = DocumentState::Held;
        let remedy = format!(
            "ask the partner what it is for (`crossdock document export {}` has its bytes); then `crossdock document discard {}`",
            document.id, document.id
        );
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        self.diagnostics
            .push(Diagnostic::new(codes::ACKNOWLEDGMENT_UNMATCHED, message, place).cause(cause).remedy(remedy));
    }

    /// The acknowledgment says something and not of what.
    pub(super) fn unnamed(&mut self, document: &Document) {
        let (message, cause) = if document.document.ends_with("/824") {
            let cause = "an OTI has no control numbers of group and set (OTI08, OTI09)";
            ("the application advice does not take something and does not say what of ours", cause)
        } else {
            ("the acknowledgment does not say what it is for", "it names no group (AK1) or interchange (TA101)")
        };
        self.unmatched(document, message.to_owned(), cause);
    }

    /// The acknowledgment names sets of a group that the group does not have.
    pub(super) fn unknown(&mut self, document: &Document, group: &ReceivedGroup, sets: &[&ReceivedSet]) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let whose = format!("of group {}", group.control_number);
        for set in sets.iter().take(UNKNOWN) {
            let (id, number) = (&set.set_id, &set.control_number);
            let message = format!("{partner} acknowledges transaction set {id} {number} {whose}");
            self.unmatched(document, message, "the group has no transaction set of this number");
        }
        if let more @ 1.. = sets.len().saturating_sub(UNKNOWN) {
            let message = format!("{partner} acknowledges {more} more transaction sets {whose}");
            self.unmatched(document, message, "the group has no transaction sets of these numbers");
        }
    }

    /// Whether so many documents of a group were taken is not said: a person has to ask.
    pub(super) fn undecided(&mut self, document: &Document, group: &ReceivedGroup, count: usize) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let what = if count == 1 { "document" } else { "documents" };
        let message =
            format!("{partner} does not say whether it took {count} {what} of group {}", group.control_number);
        let cause = match group.verdict {
            _ if group.functional_code.is_empty() => "OTI01 has no code that says it",
            _ if group.sets.iter().any(|set| !set.unread.is_empty()) => "AK501 has no code that says it",
            Some(Verdict::PartiallyAccepted) => "AK9 says that a part was taken, and no AK5 says which",
            Some(_) => {
                "AK9 counts other transaction sets (AK903, AK904) than were sent, and no AK5 says which it lacks"
            }
            None => "AK9 is missing or has no code that says it, and so have AK2 and AK5",
        };
        self.no_verdict(document, message, cause);
    }

    /// A TA1 does not say whether its interchange was taken: a person has to ask.
    pub(super) fn without_verdict(&mut self, document: &Document, said: &InterchangeAcknowledgment) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let message = format!("{partner} does not say whether it took interchange {}", said.control_number);
        self.no_verdict(document, message, &format!("TA104 is `{}`, which is none of A, E and R", said.code));
    }

    /// A TA1 does not take an interchange because one of its number came before, and nobody says that this was another one: a
    /// person has to ask before anything goes out again.
    pub(super) fn came_before(&mut self, document: &Document, said: &InterchangeAcknowledgment) {
        self.state = DocumentState::Held;
        let partner = document.partner.as_deref().unwrap_or_default();
        let message = format!("{partner} says that interchange {} came before: TA105 is 025", said.control_number);
        let remedy = format!(
            "ask the partner whether it has what is in it, and send nothing anew before; then `crossdock document discard {}`",
            document.id
        );
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        let found = Diagnostic::new(codes::ACKNOWLEDGMENT_NO_VERDICT, message, place);
        let cause = "it has one of this number: this very one, or another one that had the number before";
        self.diagnostics.push(found.cause(cause).remedy(remedy));
    }

    /// What is said of a group of acknowledgments of ours. What is not taken says nothing of the partner's documents, which
    /// stay as they are: a person has to look.
    pub(super) fn of_acknowledgment(&mut self, document: &Document, group: &ReceivedGroup, delivery: &Delivery) {
        let is_taken =
            |verdict: Option<Verdict>| matches!(verdict, Some(Verdict::Accepted | Verdict::AcceptedWithErrors));
        let is_whole = group.verdict.is_some() && is_taken(group.verdict)
            || group.verdict.is_none() && group.sets.iter().all(|set| is_taken(set.verdict));
        if is_whole {
            self.groups.push((delivery.id, AnswerState::Accepted));
        } else {
            self.acknowledgment_refused(document, delivery, &why_rejected(group));
        }
    }

    /// The partner did not take an acknowledgment of ours.
    pub(super) fn acknowledgment_refused(&mut self, document: &Document, delivery: &Delivery, why: &str) {
        self.state = DocumentState::Held;
        let partner = document.partner.as_deref().unwrap_or_default();
        let message = format!("{partner} did not take our acknowledgment in delivery {}: {why}", delivery.id);
        let remedy = format!(
            "see what they say, and mend the partner's profile or ask them; `crossdock delivery retry {}` sends the same file again; \
             then `crossdock document discard {}`",
            delivery.id, document.id
        );
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        let found = Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place);
        self.diagnostics.push(found.severity(Severity::Error).remedy(remedy));
    }

    pub(super) fn no_verdict(&mut self, document: &Document, message: String, cause: &str) {
        self.state = DocumentState::Held;
        let remedy = format!(
            "ask the partner what it took (`crossdock delivery retry` sends the whole again); then `crossdock document discard {}`",
            document.id
        );
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        self.diagnostics
            .push(Diagnostic::new(codes::ACKNOWLEDGMENT_NO_VERDICT, message, place).cause(cause).remedy(remedy));
    }

    /// Takes the verdict on a document of ours, unless there is one already.
    pub(super) fn take(&mut self, document: &Document, sent: &Document, verdict: AnswerState, told: Vec<Diagnostic>) {
        let what = format!("document {}", sent.id);
        let is_advice = document.document.ends_with("/824");
        let key = (sent.id, sent.delivery.unwrap_or_default());
        if let Some(known) = self.documents.get_mut(&key) {
            known.diagnostics.extend(told);
            known.answer = known.answer.max(verdict);
            return;
        }
        let before =
            sent.answer.filter(|answer| *answer != AnswerState::Waiting && sent.answered_by != Some(document.id));
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        let said = SaidOf { answer: verdict, diagnostics: told };
        match before {
            None => drop(self.documents.insert(key, said)),
            // What their application says comes after what their translator said, and counts where it is worse.
            Some(before) if is_advice && before == verdict => {}
            Some(AnswerState::AcceptedWithErrors) if is_advice && verdict == AnswerState::Accepted => {}
            Some(before) if is_advice && before < verdict => drop(self.documents.insert(key, said)),
            Some(before) if before == verdict => {
                let message = format!("{what} was acknowledged before, as {}", before.word().replace('_', " "));
                let cause = format!("by document {}", sent.answered_by.unwrap_or_default());
                let found = Diagnostic::new(codes::ACKNOWLEDGMENT_REPEATED, message, place).cause(cause);
                self.diagnostics.push(found.remedy("nothing to do"));
            }
            Some(before) => {
                self.against.push((sent.id, verdict));
                self.contradicts(document, &what, verdict, before);
            }
        }
    }

    /// What is known of a document of ours by now; `None` where it waits.
    pub(super) fn answer_to(&self, sent: &Document) -> Option<AnswerState> {
        let said = self.documents.get(&(sent.id, sent.delivery.unwrap_or_default()));
        said.map(|one| one.answer).or(sent.answer).filter(|answer| *answer != AnswerState::Waiting)
    }

    /// What an acknowledgment says of a group does not fit together: nothing is taken of that, and a person has to look.
    pub(super) fn contradicts_itself(&mut self, document: &Document, group: &ReceivedGroup, why: &str) {
        self.state = DocumentState::Held;
        let partner = document.partner.as_deref().unwrap_or_default();
        let message =
            format!("{partner} contradicts itself on the transaction sets of group {}: {why}", group.control_number);
        let remedy = format!(
            "ask the partner which of them it took: what contradicts itself changes nothing; then `crossdock document discard {}`",
            document.id
        );
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        self.diagnostics.push(Diagnostic::new(codes::ACKNOWLEDGMENT_CONTRADICTS, message, place).remedy(remedy));
    }

    /// The acknowledgment says two things of documents of a group: neither is taken, and a person has to look.
    pub(super) fn says_two_things(
        &mut self,
        document: &Document,
        group: &ReceivedGroup,
        of: &[(&Document, [Verdict; 2])],
    ) {
        let Some((first, said)) = of.first() else { return };
        let number = first.control_numbers[2].as_deref().unwrap_or_default();
        let [before, now] = said.map(|verdict| state(verdict).word().replace('_', " "));
        let sets: HashSet<i64> = of.iter().map(|(one, _)| one.id).collect();
        let more = match sets.len() {
            1 => String::new(),
            count => format!("; two things are said of {} more", count - 1),
        };
        self.contradicts_itself(document, group, &format!("{number} is {before} and {now}{more}"));
    }

    /// The acknowledgment says something else of something of ours than one before it: a person has to look.
    pub(super) fn contradicts(&mut self, document: &Document, what: &str, now: AnswerState, before: AnswerState) {
        let [now, before] = [now, before].map(|state| state.word().replace('_', " "));
        let message = format!("{what} is said to be {now}, and was said to be {before}");
        let remedy = format!(
            "ask the partner which is right; nothing was changed; then `crossdock document discard {}`; what they do not have after \
             all the ERP submits anew, under another event id",
            document.id
        );
        self.state = DocumentState::Held;
        let place = PayloadPlace { file: Some(document.file_name.clone()), ..place(document) };
        let found = Diagnostic::new(codes::ACKNOWLEDGMENT_CONTRADICTS, message, place);
        self.diagnostics.push(found.severity(Severity::Error).remedy(remedy));
    }
}
