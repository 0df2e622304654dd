//! `crossdock guide show`: a guide as a page that a partner can read.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::find;
use crate::catalog::Catalog;
use crate::cli::output::{Console, Exit, Failure, Format};

/// Print a guide as a page: segments in order, elements, codes, rules, examples
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the guide, such as `harbor-945`, or its file
    guide: String,
    /// As HTML, one file that every browser shows; without it as Markdown
    #[arg(long)]
    html: bool,
    /// Folder with mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Prints a guide, with what the guides below it and the standard say, as a page that a partner can read: the segments in \
the order of the document, how each is used and how often, the elements of those that the guide speaks of with lengths, \
codes and patterns, then rules, totals and examples.";

const EXAMPLES: &str = "\
Examples:
  crossdock guide show harbor-945
  crossdock guide show harbor-945 --html > harbor-945.html

Exit codes: 0 printed, 1 the guide has errors, 2 no such guide.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let Some(guide) = find(&catalog, &arguments.guide, console)? else { return Ok(Exit::Problems) };
    let page = if arguments.html { guide.html() } else { guide.markdown() };
    match console.format {
        Format::Text => write!(console.out, "{page}")?,
        Format::Json => console.json(&json!({ "guide": guide.name(), "title": guide.title(), "page": page }))?,
    }
    Ok(Exit::Fine)
}
