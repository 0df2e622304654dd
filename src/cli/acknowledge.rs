//! `crossdock acknowledge`: the acknowledgment that a file would be answered with. No store, no gateway.

use std::io::Write;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::documents::ReadingArguments;
use super::input::{Feed, instant, name_places};
use super::output::{Console, Exit, Failure};
use crate::catalog::CatalogDesk;
use crate::partner::{AcknowledgeWhen, InterchangeWhen, Profile};
use crate::translation::{Acknowledgment, Answering, Inbound, Outcome};
use crate::x12::acknowledgment::Form;

/// Print the acknowledgment (997, 999, TA1) that an X12 file would be answered with
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The X12 file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Answer so, whatever the partner's profile says
    #[arg(long = "as", value_name = "SET")]
    with: Option<With>,
    /// Time of the acknowledgment, such as `2026-11-20T09:30:00Z` [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    time: Option<Timestamp>,
}

/// What to answer with.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum With {
    /// The functional acknowledgment
    #[value(name = "997")]
    Functional,
    /// The implementation acknowledgment, from release 005010 on
    #[value(name = "999")]
    Implementation,
    /// The interchange acknowledgment alone
    #[value(name = "ta1")]
    Interchange,
}

const LONG: &str = "\
Prints the interchange that would be sent back for an X12 file: what is wrong with it in the standard's own codes. \
Nothing is sent, and nothing is recorded; the control numbers are placeholders.

The partner's profile says with which set, when, and in what detail; `--as` overrules it. Only faults of the document by \
the standard and the partner's guide are acknowledged: a mapping that cannot read it is our own affair. Diagnostics go to \
standard error, those of groups and transaction sets with what the 997 or 999 says of them.";

const EXAMPLES: &str = "\
Examples:
  crossdock acknowledge shipments.edi
  crossdock acknowledge shipments.edi --as 999
  crossdock acknowledge shipments.edi --as ta1
  crossdock acknowledge - < shipments.edi > answer.edi

Exit codes: 0 all is accepted, 1 something is rejected, 2 wrong command line, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (catalog, profiles) = arguments.reading.open(console)?;
    let now = arguments.time.unwrap_or_else(Timestamp::now);
    let desk = CatalogDesk::new(&catalog, &profiles, arguments.reading.chosen(now));
    let mut inbound = Inbound::new(arguments.reading.options(&profiles));
    let mut feed = Feed::open(&arguments.file)?;
    let mut acknowledgment = Acknowledgment::new(now);
    let mut accepted = true;
    loop {
        let (outcome, bytes) = feed.pull(|input, end| match inbound.next(input, end, &desk) {
            (consumed, Outcome::NeedMore) => (consumed, None),
            (consumed, Outcome::Document(document)) => {
                let bytes = document.bytes.clone();
                (consumed, Some((Outcome::Document(document), bytes)))
            }
            (consumed, outcome) => (consumed, Some((outcome, 0..0))),
        })?;
        name_places(feed.name(), inbound.diagnostics());
        let mut found = inbound.diagnostics().take();
        let answering = || arguments.answering(&profiles, inbound.surroundings().partner.as_deref());
        if let Outcome::Document(_) = &outcome {
            let set = (inbound.tree(), feed.slice(bytes));
            accepted &= acknowledgment.set(inbound.reader(), set, &mut found);
        } else {
            acknowledgment.step(inbound.reader(), answering, &mut found);
        }
        let answer = match &outcome {
            Outcome::GroupEnd(trailer) => {
                accepted &= acknowledgment.group_end(trailer);
                None
            }
            Outcome::InterchangeEnd(_) => {
                let (answer, sound) = acknowledgment.interchange_end();
                accepted &= sound;
                answer
            }
            Outcome::InterchangeAcknowledgment(_) => {
                acknowledgment.interchange_acknowledgment();
                None
            }
            _ => None,
        };
        for diagnostic in &found {
            if !console.counted(diagnostic) {
                console.beside(diagnostic)?;
            }
        }
        if let Some(answer) = answer {
            console.out.write_all(&answer.bytes)?;
            if !answer.bytes.ends_with(b"\n") && console.terminal {
                writeln!(console.out)?;
            }
        }
        if matches!(outcome, Outcome::End) {
            break;
        }
    }
    for line in console.take_counted() {
        console.remark(&line)?;
    }
    Ok(if accepted { Exit::Fine } else { Exit::Problems })
}

impl Arguments {
    /// How the partner called `name` is answered.
    fn answering(&self, profiles: &[Profile], name: Option<&str>) -> Answering {
        let profile = profiles.iter().find(|profile| Some(profile.short_name.as_str()) == name);
        let mut answering = profile.map(Answering::of).unwrap_or_default();
        let acknowledge = &mut answering.acknowledge;
        match self.with {
            None => {}
            Some(With::Interchange) => {
                (acknowledge.when, acknowledge.interchange) = (AcknowledgeWhen::Never, InterchangeWhen::Always);
            }
            Some(with) => {
                let implementation = matches!(with, With::Implementation);
                acknowledge.with = if implementation { Form::Implementation } else { Form::Functional };
                acknowledge.when = AcknowledgeWhen::Always;
            }
        }
        answering
    }
}
