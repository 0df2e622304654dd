//! `crossdock check` (being written).

use clap::Args;

use super::output::{Console, Exit, Failure};

/// Check mappings and partner profiles
#[derive(Debug, Args)]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(_arguments: &Arguments, _console: &mut Console) -> Result<Exit, Failure> {
    Err(Failure::operation(
        "cannot check".into(),
        "this command is not written yet",
        "use `crossdock inspect` and `crossdock validate` meanwhile",
    ))
}
