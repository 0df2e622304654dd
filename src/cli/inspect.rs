//! `crossdock inspect`: an X12 file laid out for a person, or for a machine.

mod lines;
mod text;
pub(super) mod view;

use std::path::PathBuf;

use clap::Args;

use super::input::{InputArguments, name_places};
use super::output::{Console, Exit, Failure, Format, Tally};
use crate::catalog::{Catalog, CatalogDesk, Chosen};
use crate::diagnostic::{Diagnostics, PayloadPlace};
use crate::partner::Profile;
use crate::translation::Desk;
use crate::tree::Tree;
use crate::x12::codes::{Codes, DocumentCodes};
use crate::x12::limits::Limits;
use crate::x12::reader::{Reader, SetHeader, Step};
use crate::x12::validate::{Against, validate};
use view::{Problems, SetView};

/// Lay an X12 file out: every segment and element with its name, codes with their meaning, problems at their place
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: InputArguments,
    /// Show only the transaction sets with this control number (ST02)
    #[arg(long, value_name = "NUMBER")]
    set: Option<String>,
    /// One line a segment, as it stands in the file (text only)
    #[arg(long)]
    segments: bool,
    /// Folder whose mappings/codes/ name codes of your own, and whose partner-profiles/ tell whose file it is
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Lays an X12 file out for a person.

Interchanges, functional groups and transaction sets come in the order of the file. In a transaction set the segments \
are numbered as the standard counts them (ST is 1) and indented by their loops; each element stands on a line of its \
own with its reference designator, name and value, and codes, dates and implied decimals with what they mean: codes by \
the lists of the standard and by your own files in mappings/codes. Empty elements are left out. Problems stand where they are, marked with `!` at the start of the line.

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
    fn step(&mut self, console: &mut Console, step: &Step, reader: &Reader, problems: &Problems)
    -> Result<(), Failure>;
    /// A transaction set.
    fn set(&mut self, console: &mut Console, view: &SetView<'_>, problems: &Problems) -> Result<(), Failure>;
    /// The end of the input.
    fn summary(&mut self, console: &mut Console, tally: &Tally) -> Result<(), Failure>;
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let home = Home::read(arguments, console)?;
    let mut partner = None;
    let (mut feed, mut reader) = arguments.input.open()?;
    let name = feed.name().to_owned();
    let mut show: Box<dyn Show> = match console.format {
        Format::Json => Box::new(lines::Lines),
        Format::Text => Box::new(text::Text::new(arguments.segments, console.colour)),
    };
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::with_limit(Limits::default().diagnostics_per_document);
    let mut tally = Tally::default();
    loop {
        let (step, bytes) = feed.next_step(&mut reader, &mut tree, &mut diagnostics)?;
        let set = reader.set().filter(|_| matches!(step, Step::Set(_)));
        let wanted = set.is_none_or(|header| arguments.wants(header));
        if wanted {
            if let Some(header) = set {
                validate(header, &Against::standard(header), &tree, bytes, &mut diagnostics);
                name_places(&name, &mut diagnostics);
            }
            tally.count(&diagnostics, set.is_some());
        }
        if let Step::Interchange | Step::Group = step {
            partner = home.partner(&reader);
        }
        let left_out = diagnostics.left_out();
        let problems = Problems::new(diagnostics.take(), left_out);
        match set {
            Some(header) if wanted => {
                let codes = DocumentCodes { codes: &home.codes, release: header.release, partner: partner.as_deref() };
                show.set(console, &SetView::new(header, &tree, bytes, codes), &problems)?;
            }
            Some(_) => {}
            None => show.step(console, &step, &reader, &problems)?,
        }
        if step == Step::End {
            break;
        }
    }
    show.summary(console, &tally)?;
    Ok(tally.exit())
}

/// What the home says of codes.
struct Home {
    catalog: Catalog,
    profiles: Vec<Profile>,
    codes: Codes,
}

impl Home {
    /// What is wrong with its files of codes goes beside the result; profiles serve only to know whose file it is.
    fn read(arguments: &Arguments, console: &mut Console) -> Result<Self, Failure> {
        let catalog = Catalog::new(&arguments.home);
        let mut diagnostics = Diagnostics::unlimited();
        let codes = catalog.codes(&mut diagnostics);
        for diagnostic in diagnostics.take() {
            console.beside(&diagnostic)?;
        }
        let profiles = catalog.profiles(&mut diagnostics);
        Ok(Self { catalog, profiles, codes })
    }

    /// Short name of the partner whose interchange or group has begun.
    fn partner(&self, reader: &Reader) -> Option<String> {
        let desk = CatalogDesk::new(&self.catalog, &self.profiles, Chosen::default());
        let mut silent = Diagnostics::with_limit(0);
        desk.surroundings(reader.interchange()?, reader.group(), &PayloadPlace::default(), &mut silent).partner
    }
}

impl Arguments {
    fn wants(&self, header: &SetHeader) -> bool {
        let number = |text: &str| text.trim().trim_start_matches('0').to_owned();
        let wanted = self.set.as_deref();
        wanted.is_none_or(|wanted| number(wanted) == number(header.control_number()))
    }
}
