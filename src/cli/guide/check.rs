//! `crossdock guide check`: a file held against the standard and a guide, without a mapping: for the partner's samples,
//! before anything else is written.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::find;
use crate::catalog::Catalog;
use crate::cli::input::InputArguments;
use crate::cli::output::{Console, Exit, Failure, Format, Tally};
use crate::diagnostic::{Diagnostics, Place};
use crate::tree::{Tree, placement};
use crate::x12::guide::{Direction, Guide};
use crate::x12::limits::Limits;
use crate::x12::reader::{SetHeader, Step};
use crate::x12::validate::{Against, validate};

/// Hold an X12 file against a guide, without a mapping
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the guide, such as `harbor-945`, or its file
    guide: String,
    #[command(flatten)]
    input: InputArguments,
    /// The file was written by us: what the guide says of what we send
    #[arg(long)]
    sent: bool,
    /// Folder with mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Checks an X12 file against the standard and a guide and prints all that is not so: what, where, the line of the guide, \
why, and what to do. No mapping is needed, so a guide can be tried on a partner's samples as soon as it is written. \
Transaction sets of another kind than the guide's are passed over and counted.";

const EXAMPLES: &str = "\
Examples:
  crossdock guide check harbor-945 shipments.edi
  crossdock guide check harbor-945 fixtures/945/harbor-guide-missing/input.edi
  crossdock guide check coastal-856 notice.edi --sent

Exit codes: 0 no errors, 1 errors in the file or the guide, 2 no such guide, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let Some(guide) = find(&catalog, &arguments.guide, console)? else { return Ok(Exit::Problems) };
    let direction = if arguments.sent { Direction::Send } else { Direction::Receive };
    let (mut feed, mut reader) = arguments.input.open()?;
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::with_limit(Limits::default().diagnostics_per_document);
    let (mut tally, mut others) = (Tally::default(), 0_u64);
    loop {
        let (step, bytes) = feed.next_step(&mut reader, &mut tree, &mut diagnostics)?;
        let set = reader.set().filter(|_| matches!(step, Step::Set(_)));
        if let Some(header) = set {
            if is_for(&guide, header) {
                held(&guide, direction, header, &mut tree, bytes, &mut diagnostics);
            } else {
                others += 1;
                diagnostics.take();
            }
            feed.name_places(&mut diagnostics);
        }
        tally.count(&diagnostics, set.is_some());
        let mut list = diagnostics.take();
        list.sort_by_key(|diagnostic| match &diagnostic.place {
            Place::Payload(place) => place.bytes.start,
            _ => 0,
        });
        for diagnostic in list {
            console.result(&diagnostic)?;
            if console.format == Format::Text {
                writeln!(console.out)?;
            }
        }
        if step == Step::End {
            break;
        }
    }
    match console.format {
        Format::Text => writeln!(console.out, "{}", tally.summary())?,
        Format::Json => console.json(&json!({ "summary": tally.json() }))?,
    }
    if others > 0 {
        console.remark(&format!("{others} transaction sets are no {}, they were passed over", guide.document()))?;
    }
    Ok(tally.exit())
}

/// Is the set of the kind that the guide speaks of, in whatever release?
fn is_for(guide: &Guide, header: &SetHeader) -> bool {
    guide.document().rsplit('/').next() == Some(header.set_id())
}

fn held(
    guide: &Guide,
    direction: Direction,
    header: &SetHeader,
    tree: &mut Tree,
    bytes: &[u8],
    diagnostics: &mut Diagnostics,
) {
    validate(header, &Against::standard(header), tree, bytes, diagnostics);
    if header.grammar.is_none_or(|grammar| grammar.name != guide.document()) {
        placement::place_all(guide.grammar(), tree);
    }
    guide.settle(header, tree, bytes, diagnostics);
    guide.check(direction, header, tree, bytes, diagnostics);
}
