//! The answer to a payload of a partner, made while it is read: acknowledgments and reports, as deliveries whose control
//! numbers are given when they are committed with the documents.

use jiff::Timestamp;

use super::stem;
use super::writing::{file_name, number_keys};
use crate::catalog::Edition;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lifecycle::{Range, Template};
use crate::partner::{AcknowledgeWhen, Profile};
use crate::store::{ACKNOWLEDGMENT_COUNTERS, COUNTERS, NewDelivery, NumbersToGive};
use crate::translation::{Acknowledged, Acknowledgment, Answering, Inbound, report, unnumbered};
use crate::x12::reader::Trailer;

/// The answers to the interchanges of a payload.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    edition: &'a Edition,
    now: Timestamp,
    /// Name of the payload's file.
    file: &'a str,
    acknowledgment: Acknowledgment,
    /// The sender of the interchange that is being read.
    profile: Option<&'a Profile>,
    /// What is told of rejected sets in plain words.
    report: String,
}

/// What an interchange is answered with.
#[derive(Debug, Default)]
pub(super) struct InterchangeAnswer {
    /// When it is taken.
    pub(super) acknowledgment: Option<NewDelivery>,
    /// When its control number came before with other sets.
    pub(super) if_reused: Option<NewDelivery>,
    /// When it is not taken because of its own envelope.
    pub(super) if_refused: Option<NewDelivery>,
}

/// Longest report, in bytes; what is left out is in the acknowledgment.
const REPORT_BYTES: usize = 64 << 10;

impl<'a> Answers<'a> {
    pub(super) fn new(edition: &'a Edition, now: Timestamp, file: &'a str) -> Self {
        let acknowledgment = Acknowledgment::new(now);
        Self { edition, now, file, acknowledgment, profile: None, report: String::new() }
    }

    /// Another file of the payload begins, with interchanges of its own.
    pub(super) fn next_file(&mut self) {
        self.acknowledgment = Acknowledgment::new(self.now);
    }

    /// Takes a step other than a set.
    pub(super) fn step(&mut self, inbound: &mut Inbound) {
        let (reader, _, surroundings, diagnostics) = inbound.step();
        let edition = self.edition;
        self.profile = surroundings.partner.as_deref().and_then(|name| edition.profile(name)).or(self.profile);
        let profile = self.profile;
        let answering = || profile.map_or_else(Answering::silent, Answering::of);
        self.acknowledgment.step(reader, answering, diagnostics.list_mut());
    }

    /// Does the sender get acknowledgments?
    fn is_told(&self) -> bool {
        self.profile.is_some_and(|profile| profile.acknowledge.when != AcknowledgeWhen::Never)
    }

    /// Takes a TA1.
    pub(super) fn interchange_acknowledgment(&mut self) {
        self.acknowledgment.interchange_acknowledgment();
    }

    /// Takes the set that was read last. True when the partner is told that it is rejected.
    pub(super) fn set(&mut self, inbound: &mut Inbound, bytes: &[u8]) -> bool {
        let (reader, tree, _, diagnostics) = inbound.step();
        let accepted = self.acknowledgment.set(reader, (tree, bytes), diagnostics.list_mut());
        let rejected = !accepted && self.is_told();
        if rejected {
            self.tell(diagnostics.list());
        }
        rejected
    }

    /// Adds what was found of a rejected set or group to the report, where the partner gets one.
    fn tell(&mut self, found: &[Diagnostic]) {
        if self.profile.is_some_and(|profile| profile.acknowledge.report) && self.report.len() < REPORT_BYTES {
            let errors = found.iter().filter(|one| one.severity == Severity::Error && one.answer.is_some());
            self.report.push_str(&report::set(errors));
        }
    }

    /// The group ends, with what was found there. How the partner is told that it is rejected as a whole, if it is.
    pub(super) fn group_end(&mut self, trailer: &Trailer, found: &[Diagnostic]) -> Option<String> {
        let rejected = self.acknowledgment.group_end(trailer).filter(|_| self.is_told());
        if rejected.is_some() {
            self.tell(found);
        }
        rejected
    }

    /// The interchange ends.
    pub(super) fn interchange_end(&mut self) -> InterchangeAnswer {
        let Some(profile) = self.profile.take() else {
            self.acknowledgment.interchange_end();
            return InterchangeAnswer::default();
        };
        let reused = self.acknowledgment.reused();
        let refused = self.acknowledgment.refused();
        let answer = self.acknowledgment.interchange_end();
        let delivery = |answer: Option<Acknowledged>| answer.map(|answer| self.delivery(profile, &answer));
        InterchangeAnswer {
            acknowledgment: delivery(answer),
            if_reused: delivery(reused),
            if_refused: delivery(refused),
        }
    }

    fn delivery(&self, profile: &Profile, answer: &Acknowledged) -> NewDelivery {
        let acknowledge = &profile.acknowledge;
        let (content, group_count) = unnumbered(&answer.bytes, &answer.delimiters);
        let own = acknowledge.control_numbers.as_ref();
        let numbers = own.unwrap_or(&profile.envelope.control_numbers);
        NewDelivery {
            kind: "acknowledgment",
            partner: profile.short_name.clone(),
            file_name: file_name(profile, &acknowledge.file_name, answer.set_id, self.now),
            done_file: acknowledge.done_file.clone(),
            content,
            numbers: Some(NumbersToGive {
                // One row of numbers for all of a partner's ids and usages: they name files of one outbox.
                keys: number_keys(profile),
                counters: if own.is_some() { ACKNOWLEDGMENT_COUNTERS } else { COUNTERS },
                interchanges: Range::from(&numbers.interchange),
                groups: Range::from(&numbers.group),
                group_count,
            }),
            answer_within_secs: None,
        }
    }

    /// The report on what was rejected, for the sender called `partner`.
    pub(super) fn report(&self, partner: Option<&str>, payload: i64) -> Option<NewDelivery> {
        let profile = self.edition.profile(partner?).filter(|_| !self.report.is_empty())?;
        let (mut file_name, mut content) = (Template::default(), Template::default());
        file_name.push(format!("{}-{payload}.rejected.txt", stem(self.file)).as_bytes());
        content.push(report::page(self.file, &profile.name, &self.report).as_bytes());
        Some(NewDelivery {
            kind: "report",
            partner: profile.short_name.clone(),
            file_name,
            done_file: profile.acknowledge.done_file.clone(),
            content,
            numbers: None,
            answer_within_secs: None,
        })
    }
}
