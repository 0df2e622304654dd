//! How acknowledgments are exchanged with a partner: `[acknowledge]` of its profile.

use std::time::Duration;

use super::duration::wait;
use super::envelope::{ControlNumbers, numbers};
use super::file_name::{FileName, done_file};
use crate::diagnostic::Diagnostics;
use crate::source::Fields;
use crate::x12::acknowledgment::{Detail, Form};

/// How acknowledgments are exchanged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acknowledge {
    /// With which set we answer functional groups; default 997.
    pub with: Form,
    /// When we do; default always.
    pub when: AcknowledgeWhen,
    /// Which sets of a group are named; default all.
    pub detail: Detail,
    /// When we answer interchanges with a TA1; default on request.
    pub interchange: InterchangeWhen,
    /// The control numbers of acknowledgments; default those of all that we send them.
    pub control_numbers: Option<ControlNumbers>,
    /// Names of the files; default `{set}_{control_number}_{date}.edi`.
    pub file_name: FileName,
    /// Which transport takes them and the reports; default that of all that we send.
    pub transport: Option<Takes>,
    /// Ending of an empty file that follows each of them, and each report, and says that it is complete; default none.
    pub done_file: Option<String>,
    /// Do we put a report in plain words beside it when something is rejected? Default no.
    pub report: bool,
    /// How long we wait for theirs before a person is told; default: no one is told.
    pub expect_within: Option<Duration>,
}

/// Which transport takes what we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// The partner's outbox, from where they are taken as a folder or over our drop box.
    Outbox,
    /// The partner's own server: `[transport.sftp.push]`.
    Sftp,
}

/// When we acknowledge functional groups that they send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AcknowledgeWhen {
    /// Every group.
    #[default]
    Always,
    /// Only what has errors.
    Errors,
    /// Nothing.
    Never,
}

/// When we answer interchanges that they send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InterchangeWhen {
    /// When ISA14 asks for it.
    #[default]
    OnRequest,
    /// When ISA14 asks for it, and when something is wrong with the interchange itself.
    Errors,
    /// Every interchange.
    Always,
    /// Never.
    Never,
}

impl InterchangeWhen {
    /// Is an interchange answered that asks for it, or does not; with errors, or without?
    #[must_use]
    pub fn answers(self, requested: bool, errors: bool) -> bool {
        match self {
            InterchangeWhen::OnRequest => requested,
            InterchangeWhen::Errors => requested || errors,
            InterchangeWhen::Always => true,
            InterchangeWhen::Never => false,
        }
    }
}

pub(super) const FORMS: [(&str, Form); 2] = [("997", Form::Functional), ("999", Form::Implementation)];
pub(super) const TIMES: [(&str, AcknowledgeWhen); 3] =
    [("always", AcknowledgeWhen::Always), ("errors", AcknowledgeWhen::Errors), ("never", AcknowledgeWhen::Never)];
pub(super) const DETAILS: [(&str, Detail); 2] = [("all", Detail::All), ("errors", Detail::Errors)];
pub(super) const INTERCHANGE_TIMES: [(&str, InterchangeWhen); 4] = [
    ("on-request", InterchangeWhen::OnRequest),
    ("errors", InterchangeWhen::Errors),
    ("always", InterchangeWhen::Always),
    ("never", InterchangeWhen::Never),
];

pub(super) const TRANSPORTS: [(&str, Takes); 2] = [("outbox", Takes::Outbox), ("sftp", Takes::Sftp)];

/// Reads `[acknowledge]`.
pub(super) fn acknowledge(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Acknowledge {
    let with = fields.choice("with", &FORMS, diagnostics);
    let when = fields.choice("when", &TIMES, diagnostics);
    let detail = fields.choice("detail", &DETAILS, diagnostics);
    let interchange = fields.choice("interchange", &INTERCHANGE_TIMES, diagnostics);
    let control_numbers = fields.table("control_numbers", diagnostics);
    let control_numbers = control_numbers.map(|table| numbers(table, diagnostics));
    let file_name = fields.parsed("file_name", FileName::parse, diagnostics);
    let transport = fields.choice("transport", &TRANSPORTS, diagnostics);
    let done_file = fields.parsed("done_file", done_file, diagnostics);
    let report = fields.boolean("report", diagnostics);
    let expect_within = fields.parsed("expect_within", wait, diagnostics);
    fields.finish(diagnostics);
    Acknowledge {
        with: with.unwrap_or_default(),
        when: when.unwrap_or_default(),
        detail: detail.unwrap_or_default(),
        interchange: interchange.unwrap_or_default(),
        control_numbers,
        file_name: file_name.unwrap_or_default(),
        transport,
        done_file,
        report: report.unwrap_or_default(),
        expect_within,
    }
}

#[cfg(test)]
mod tests {
    use super::InterchangeWhen::{Always, Errors, Never, OnRequest};

    #[test]
    fn when_an_interchange_is_answered() {
        let answers = |when: super::InterchangeWhen| {
            [(false, false), (false, true), (true, false), (true, true)]
                .map(|(asked, wrong)| when.answers(asked, wrong))
        };
        assert_eq!(answers(OnRequest), [false, false, true, true]);
        assert_eq!(answers(Errors), [false, true, true, true]);
        assert_eq!(answers(Always), [true; 4]);
        assert_eq!(answers(Never), [false; 4]);
    }
}
