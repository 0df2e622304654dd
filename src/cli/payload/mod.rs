//! `crossdock payload`: what became of the files that came, and what is to become of them.

mod export;
mod show;

use clap::{Args, Subcommand};

use super::output::{Console, Exit, Failure};
use super::{act, list};
use crate::lifecycle::Order;
use crate::operation::Kind;

/// See, work on again, release or discard files as they came
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List payloads, newest first
    #[command(after_help = LIST)]
    List(list::Arguments),
    Show(show::Arguments),
    /// Work on payloads again by the mappings and profiles as they are now
    #[command(after_help = RERUN, long_about = RERUN_LONG)]
    Rerun(act::OnwardArguments),
    /// Work on payloads in spite of what holds them
    #[command(after_help = RELEASE, long_about = RELEASE_LONG)]
    Release(act::OnwardArguments),
    /// Do nothing with payloads that are held
    #[command(after_help = DISCARD)]
    Discard(act::Arguments),
    Export(export::Arguments),
}

const LIST: &str = "\
Examples:
  crossdock payload list --state held,duplicate
  crossdock payload list --partner harbor --since 1d
  crossdock payload list --number SO100234 --format json

Exit codes: 0 listed, 2 wrong command line, 3 the store cannot be read.";

const RERUN_LONG: &str = "\
Works on payloads again by the mappings and profiles as they are now: one that is held whole, a duplicate or one that was \
discarded from its first byte on; of one that was translated, the documents that are held.

By a filter that names no state, those that are held are meant.";

const RERUN: &str = "\
Examples:
  crossdock payload rerun 4713
  crossdock payload rerun --code profile.unknown-sender --why 'profile added'
  crossdock payload rerun --partner harbor --dry-run

Exit codes: 0 done, 1 some could not be done or are held still, 2 wrong command line, 3 the operation failed.";

const RELEASE_LONG: &str = "\
Works on payloads in spite of what holds them whole: an interchange that came before, a trailer that is missing or wrong, a \
sender that does not own the mailbox. Documents with errors of their own are held as ever. What came since is none of that: where the \
same was taken, the payload is a duplicate; where its number was, it is held for that.

By a filter that names no state, those that are held are meant; what came before is done twice only where you name its id, or \
`--state duplicate`.";

const RELEASE: &str = "\
Examples:
  crossdock payload release 4712 --why 'they use the number twice, both are meant'

Exit codes: 0 done, 1 some could not be done or are held still, 2 wrong command line, 3 the operation failed.";

const DISCARD: &str = "\
Nothing is deleted: `crossdock payload rerun` brings a payload back. By a filter that names no state, those that are held \
are meant.

Examples:
  crossdock payload discard 4713 --why 'sent to us by mistake'

Exit codes: 0 done, 1 some could not be done, 2 wrong command line, 3 the operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let kind = Kind::Payload;
    match &arguments.command {
        Command::Rerun(arguments) => act::run_onward((kind, Order::Rerun, &["held"]), arguments, console),
        Command::Release(arguments) => act::run_onward((kind, Order::Release, &["held"]), arguments, console),
        Command::Discard(arguments) => act::run((kind, Order::Discard, &["held"]), arguments, console),
        Command::List(arguments) => list::run(Kind::Payload, arguments, console),
        Command::Show(arguments) => show::run(arguments, console),
        Command::Export(arguments) => export::run(arguments, console),
    }
}
