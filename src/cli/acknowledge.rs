//! `crossdock acknowledge`: the acknowledgment that a file would be answered with. No store, no gateway.

use std::io::Write;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::checked::{Checked, Checking};
use super::documents::ReadingArguments;
use super::input::instant;
use super::output::{Console, Exit, Failure};
use crate::diagnostic::codes;
use crate::partner::{Acknowledge, AcknowledgeWhen, InterchangeWhen};
use crate::translation::Outcome;
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
standard error, those of groups and transaction sets with what the 997 or 999 says of them.

A file with an interchange whose IEA is missing or has another number is held whole, and of it only such an interchange is answered: by a TA1, where the partner wants one. Of a file in which an interchange control number stands twice nothing is answered.";

const EXAMPLES: &str = "\
Examples:
  crossdock acknowledge shipments.edi
  crossdock acknowledge shipments.edi --as 999
  crossdock acknowledge shipments.edi --as ta1
  crossdock acknowledge - < shipments.edi > answer.edi

Exit codes: 0 all is accepted, 1 something is rejected or cannot be read, 2 wrong command line, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (catalog, profiles) = arguments.reading.open(console)?;
    let now = arguments.time.unwrap_or_else(Timestamp::now);
    let mut checking = Checking::open(&arguments.file, &arguments.reading, (&catalog, &profiles), now)?;
    let (mut accepted, mut whole, mut twice) = (true, true, false);
    let (mut answers, mut refusals) = (Vec::new(), Vec::new());
    loop {
        let Checked { outcome, mut found, answer, sound, accepted: taken, .. } =
            checking.next(|answering| arguments.adjust(&mut answering.acknowledge))?;
        (accepted, whole) = (accepted && taken && sound, whole && sound);
        for diagnostic in found.take() {
            twice |= diagnostic.code == codes::X12_DUPLICATE_INTERCHANGE;
            if !console.counted(&diagnostic) {
                console.beside(&diagnostic)?;
            }
        }
        if sound { &mut answers } else { &mut refusals }.extend(answer);
        if matches!(outcome, Outcome::End) {
            break;
        }
    }
    let sent = match (twice, whole) {
        (true, _) => Vec::new(),
        (_, true) => answers,
        (_, false) => refusals,
    };
    for answer in sent {
        console.out.write_all(&answer.bytes)?;
        if !answer.bytes.ends_with(b"\n") && console.terminal {
            writeln!(console.out)?;
        }
    }
    for line in console.take_counted() {
        console.remark(&line)?;
    }
    if twice {
        console.remark("a gateway holds the whole file until somebody has looked, and answers nothing of it")?;
    } else if !whole {
        console.remark("a gateway holds the whole file until it comes with its IEA, and answers nothing else of it")?;
    }
    Ok(if accepted && !twice { Exit::Fine } else { Exit::Problems })
}

impl Arguments {
    /// What was asked for over what the partner's profile says.
    fn adjust(&self, acknowledge: &mut Acknowledge) {
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
    }
}
