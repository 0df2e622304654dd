//! `crossdock document export`: a document's bytes, or its object.

use std::path::PathBuf;

use clap::Args;

use crate::cli::operator::{HomeArguments, missing};
use crate::cli::output::{Console, Exit, Failure};
use crate::cli::write::give;
use crate::operation::{Kind, bytes_in_force, in_force};

/// Write a document's bytes, or its canonical object
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Its id
    #[arg(value_name = "ID")]
    id: i64,
    /// The canonical object as JSON
    #[arg(long)]
    canonical: bool,
    /// The bytes as they came, also where a person has corrected them
    #[arg(long, conflicts_with = "canonical")]
    original: bool,
    /// File to write, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock document export 4711 > set.edi
  crossdock document export 4711 --canonical | jq .
  crossdock document export 4711 --original --output as-it-came.edi

Exit codes: 0 written, 1 there is no such document or object, 2 wrong command line, 3 it cannot be read or written.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let Some(document) = session.store.document(arguments.id).await? else {
            return missing(Kind::Document, arguments.id, console);
        };
        let bytes = match arguments.canonical {
            false => bytes_in_force(session, &document, arguments.original).await?,
            true => match in_force(session, &document).await?.and_then(|found| found.attempt.canonical) {
                Some(mut json) => {
                    json.push(b'\n');
                    json
                }
                None => {
                    let id = arguments.id;
                    console.remark(&format!("document {id} has no object; see `crossdock document show {id}`"))?;
                    return Ok(Exit::Problems);
                }
            },
        };
        give(&bytes, arguments.output.as_deref(), console)?;
        Ok(Exit::Fine)
    })
}
