//! `crossdock inspect`: an X12 file laid out for a person, or for a machine.

mod lines;
mod text;
pub(super) mod view;

use clap::Args;
use jiff::Timestamp;

use super::checked::Checking;
use super::documents::ReadingArguments;
use super::output::{Console, Exit, Failure, Format, Tally};
use crate::diagnostic::{Diagnostics, codes};
use crate::translation::{Outcome, Set};
use crate::x12::acknowledgment::Detail;
use crate::x12::codes::DocumentCodes;
use crate::x12::reader::{Reader, SetHeader};
use view::{Problems, SetView};

/// Lay an X12 file out: every segment and element with its name, codes with their meaning, problems at their place
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The X12 file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Show only the transaction sets with this control number (ST02)
    #[arg(long, value_name = "NUMBER")]
    set: Option<String>,
    /// One line a segment, as it stands in the file (text only)
    #[arg(long)]
    segments: bool,
}

const LONG: &str = "\
Lays an X12 file out for a person.

Interchanges, functional groups and transaction sets come in the order of the file. In a transaction set the segments \
are numbered as the standard counts them (ST is 1) and indented by their loops; each element stands on a line of its \
own with its reference designator, name and value, and codes, dates and implied decimals with what they mean: codes by \
the lists of the standard and by your own files in mappings/codes. Empty elements are left out. Problems stand where they are, marked with `!` at the start of the line; they are those of `crossdock validate`: of the \
standard, and of what the partner agreed on where a profile of the home has the sender.

Any number of transaction sets is shown in little memory: one at a time is read.";

const EXAMPLES: &str = "\
Examples:
  crossdock inspect shipments.edi                  all of it
  crossdock inspect shipments.edi --set 0003       one transaction set
  crossdock inspect shipments.edi --segments       one line a segment
  crossdock inspect - < shipments.edi | less       from standard input
  crossdock inspect order.edi --bare               transaction sets without an envelope
  crossdock inspect order.edi --home /srv/crossdock    with the codes that you named there
  crossdock inspect shipments.edi --format json | jq '.transaction_set.segments[]?'

With `--format json` each line is an object with one key that says what it is: `interchange`, `group`, \
`transaction_set`, `interchange_acknowledgment`, `group_end`, `interchange_end`, `skipped`, `end` with what is wrong at the end of the input, and `summary`.

Exit codes: 0 no errors, 1 errors were found, 2 wrong command line, 3 the file cannot be read.";

/// Shows the steps of an input, in the order of the input.
trait Show {
    /// Anything but a transaction set: the reader still knows what is open.
    fn step(
        &mut self,
        console: &mut Console,
        outcome: &Outcome<Set>,
        reader: &Reader,
        problems: &Problems,
    ) -> Result<(), Failure>;
    /// A transaction set.
    fn set(&mut self, console: &mut Console, view: &SetView<'_>, problems: &Problems) -> Result<(), Failure>;
    /// The end of the input.
    fn summary(&mut self, console: &mut Console, tally: &Tally) -> Result<(), Failure>;
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (catalog, profiles) = arguments.reading.open(console)?;
    let mut found = Diagnostics::unlimited();
    let lists = catalog.codes(&mut found);
    for diagnostic in found.take() {
        console.beside(&diagnostic)?;
    }
    let mut checking = Checking::open(&arguments.file, &arguments.reading, (&catalog, &profiles), Timestamp::now())?;
    let mut show: Box<dyn Show> = match console.format {
        Format::Json => Box::new(lines::Lines),
        Format::Text => Box::new(text::Text::new(arguments.segments, console.colour)),
    };
    let mut tally = Tally::default();
    loop {
        let mut checked = checking.next(|answering| answering.acknowledge.detail = Detail::Errors)?;
        checked.found.retain(|one| one.code != codes::PROFILE_UNKNOWN_SENDER);
        if checked.set().is_none_or(|set| arguments.wants(&set.header)) {
            tally.count(&checked.found, checked.set().is_some());
            let left_out = checked.found.left_out();
            let problems = Problems::new(checked.found.take(), left_out);
            match checked.set() {
                Some(Set { header, .. }) => {
                    let partner = checked.surroundings.partner.as_deref();
                    let codes = DocumentCodes { codes: &lists, release: header.release, partner };
                    let view = SetView::new(header, checked.tree, checked.bytes, codes);
                    show.set(console, &view, &problems)?;
                }
                None => show.step(console, &checked.outcome, checked.reader, &problems)?,
            }
        }
        if matches!(checked.outcome, Outcome::End) {
            break;
        }
    }
    show.summary(console, &tally)?;
    Ok(tally.exit())
}

impl Arguments {
    fn wants(&self, header: &SetHeader) -> bool {
        let number = |text: &str| text.trim().trim_start_matches('0').to_owned();
        let wanted = self.set.as_deref();
        wanted.is_none_or(|wanted| number(wanted) == number(header.control_number()))
    }
}
