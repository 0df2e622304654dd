//! `crossdock payload export`: the bytes as they came.

use std::path::PathBuf;

use clap::Args;

use crate::cli::operator::{HomeArguments, missing};
use crate::cli::output::{Console, Exit, Failure};
use crate::cli::write::give;
use crate::diagnostic::cause;
use crate::operation::Kind;

/// Write the bytes of a payload as they came
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Its id
    #[arg(value_name = "ID")]
    id: i64,
    /// File to write, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock payload export 4711 | crossdock inspect -
  crossdock payload export 4711 --output as-it-came.edi

Exit codes: 0 written, 1 there is no such payload, 2 wrong command line, 3 it cannot be read or written.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let Some(payload) = session.store.payload(arguments.id).await? else {
            return missing(Kind::Payload, arguments.id, console);
        };
        let content = session.store.content(payload.content).await?;
        let bytes = content.read().map_err(|error| {
            Failure::operation(
                format!("the bytes of payload {} cannot be read", payload.id),
                cause(error),
                "restore data/spool from a backup, or ask for the file again",
            )
        })?;
        give(&bytes, arguments.output.as_deref(), console)?;
        Ok(Exit::Fine)
    })
}
