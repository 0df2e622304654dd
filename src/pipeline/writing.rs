//! An interchange, or a file without an envelope, that is being written for an entry of a partner's `[[send]]`.

use std::sync::Arc;

use jiff::Timestamp;

use super::destination::resolve;
use crate::canonical::Object;
use crate::catalog::{Edition, surroundings_of};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes};
use crate::lifecycle::{Range, Template};
use crate::mapping::{Given, Plan};
use crate::partner::{FileName, Placeholder, Profile, Send, Usage};
use crate::store::{COUNTERS, NewDelivery, NumberKeys, NumbersToGive};
use crate::translation::{FileOutbound, Outbound, Surroundings, envelope, unnumbered};

/// What is being written.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) profile: &'a Profile,
    pub(super) entry: &'a Send,
    writer: Writer,
    documents: u64,
}

#[derive(Debug)]
enum Writer {
    Interchange(Box<Outbound>),
    File(Box<FileOutbound>),
}

/// With what something is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct With<'a> {
    /// What is in force.
    pub(super) edition: &'a Edition,
    /// Where mappings look up what documents recall, and numbers of our own.
    pub(super) given: &'a Arc<Given>,
    /// Now.
    pub(super) now: Timestamp,
}

/// A document that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Which one of its interchange it is, 1-based.
    pub(super) number: u64,
    /// Its bytes.
    pub(super) bytes: u64,
}

impl<'a> Open<'a> {
    /// Begins an interchange or file for this entry.
    pub(super) fn begin(
        with: With<'_>,
        profile: &'a Profile,
        entry: &'a Send,
        found: &mut Diagnostics,
    ) -> Option<Self> {
        let catalog = &with.edition.catalog;
        let given = with.given.of(Some(&profile.short_name), profile.usage == Usage::Test);
        let surroundings = Surroundings { given, ..surroundings_of(profile, catalog) };
        let writer = match &entry.document.value.layout {
            Some(name) => Writer::File(Box::new(FileOutbound::new(catalog.layout(name, found)?, surroundings))),
            None => Writer::Interchange(Box::new(interchange(with, profile, surroundings, found)?)),
        };
        Some(Self { profile, entry, writer, documents: 0 })
    }

    /// Is it for such an entry?
    pub(super) fn is_for(&self, profile: &Profile, entry: &Send) -> bool {
        self.profile.short_name == profile.short_name && self.entry.document.value == entry.document.value
    }

    /// Adds an object; `None` when it cannot be written, then nothing of it is in there.
    pub(super) fn write(
        &mut self,
        edition: &Edition,
        plan: &Arc<Plan>,
        object: &Object,
        found: &mut Diagnostics,
    ) -> Option<Written> {
        let bytes = match &mut self.writer {
            Writer::Interchange(writer) => {
                let guide = edition.catalog.guide_of(plan);
                writer.write(plan, guide.as_deref(), object, found).then(|| writer.last_bytes())
            }
            Writer::File(writer) => writer.write(plan, object, found).then(|| writer.last_bytes()),
        }?;
        self.documents += 1;
        Some(Written { number: self.documents, bytes })
    }

    /// Ends it: a delivery, to which control numbers are still to be given. `None` when nothing was written.
    pub(super) fn finish(self, now: Timestamp) -> Option<NewDelivery> {
        let Self { profile, entry, writer, documents } = self;
        let (content, groups) = match writer {
            Writer::Interchange(writer) => unnumbered(&writer.finish(), &profile.envelope.delimiters),
            Writer::File(writer) => {
                let mut content = Template::default();
                content.push(&writer.finish());
                (content, 0)
            }
        };
        let numbers = &profile.envelope.control_numbers;
        (documents > 0).then(|| NewDelivery {
            kind: "interchange",
            partner: profile.short_name.clone(),
            file_name: file_name(profile, &entry.file_name, entry.document.value.own_name(), now),
            done_file: entry.done_file.clone(),
            content,
            numbers: Some(NumbersToGive {
                keys: number_keys(profile),
                counters: COUNTERS,
                interchanges: Range::from(&numbers.interchange),
                groups: Range::from(&numbers.group),
                group_count: groups,
            }),
            // Nobody acknowledges a file without an envelope.
            answer_within_secs: profile
                .acknowledge
                .expect_within
                .filter(|_| entry.document.value.layout.is_none())
                .map(|within| within.as_secs()),
        })
    }
}

/// An interchange for a partner.
fn interchange(
    with: With<'_>,
    profile: &Profile,
    surroundings: Surroundings,
    found: &mut Diagnostics,
) -> Option<Outbound> {
    let password = match &profile.envelope.isa.security_information {
        None => String::new(),
        Some(secret) => match resolve(secret, with.edition.catalog.home()) {
            Ok(text) => text,
            Err(why) => {
                let message = format!("the password for ISA04 of {} {why}", profile.name);
                let diagnostic = Diagnostic::new(codes::SUBMISSION_SECRET, message, Place::Nowhere)
                    .cause(format!("`envelope.isa.security_information` of {} names it", profile.file.name))
                    .remedy("put it there and submit the object again");
                found.push(diagnostic);
                return None;
            }
        },
    };
    // Numbers are given later; one stands in until then.
    let writer = Outbound::new(envelope(Some(profile), false, 1, password, with.now), surroundings);
    let problems = writer.envelope_problems();
    let good = problems.is_empty();
    problems.into_iter().for_each(|problem| found.push(problem));
    good.then_some(writer)
}

/// Whose control numbers a partner's interchanges get.
pub(super) fn number_keys(profile: &Profile) -> NumberKeys {
    let (ours, theirs) = profile.number_names();
    NumberKeys { ours, theirs, usage: profile.usage.code().to_owned() }
}

/// The name of the file, in which the control number is still to be put.
pub(super) fn file_name(profile: &Profile, name: &FileName, set: &str, now: Timestamp) -> Template {
    /// Stands for the control number until it is given; no file name has it.
    const NUMBER: &str = "\u{0}";
    let local = now.to_zoned(profile.time_zone.clone());
    let rendered = name.render(|placeholder| match placeholder {
        Placeholder::ControlNumber => NUMBER.to_owned(),
        Placeholder::Date => local.strftime("%Y%m%d").to_string(),
        Placeholder::Partner => profile.short_name.clone(),
        Placeholder::Set => set.to_owned(),
        Placeholder::Time => local.strftime("%H%M%S").to_string(),
    });
    let mut template = Template::default();
    for (index, part) in rendered.split(NUMBER).enumerate() {
        if index > 0 {
            template.push_interchange_number();
        }
        template.push(part.as_bytes());
    }
    template
}
