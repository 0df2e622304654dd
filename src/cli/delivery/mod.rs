//! `crossdock delivery`: what goes out, and when it is tried again.

mod show;

use clap::{Args, Subcommand};

use super::output::{Console, Exit, Failure};
use super::{act, list};
use crate::lifecycle::Order;
use crate::operation::Kind;

pub(super) use show::file;

/// See what goes out, and try again or discard what failed
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List deliveries, newest first
    #[command(after_help = LIST)]
    List(list::Arguments),
    Show(show::Arguments),
    /// Try deliveries now; one that was made is made again with the same bytes
    #[command(after_help = RETRY)]
    Retry(act::OnwardArguments),
    /// Keep acknowledgments, reports and the like from going out
    #[command(after_help = DISCARD)]
    Discard(act::Arguments),
}

const LIST: &str = "\
Interchanges to partners, and refused objects back to the ERP (partner `erp`).

Examples:
  crossdock delivery list --state waiting,held
  crossdock delivery list --state placed           what partners have still to fetch
  crossdock delivery list --state collecting       what is still collected, to go out together
  crossdock delivery list --partner harbor --control-number 263
  crossdock delivery list --number SO100240 --format json

Exit codes: 0 listed, 2 wrong command line, 3 the store cannot be read.";

const RETRY: &str = "\
A gateway that runs tries them within a second. By a filter that names no state, those that wait or are held are meant. One \
that still collects documents goes out with those that it has.

Examples:
  crossdock delivery retry 8812
  crossdock delivery retry --partner harbor --why 'their folder is writable again'
  crossdock delivery retry --code delivery.target-differs --dry-run

Exit codes: 0 done, 1 some could not be done, 2 wrong command line, 3 the operation failed.";

const DISCARD: &str = "\
Of deliveries that hold no documents. One that holds some is discarded by them: `crossdock document discard`. By a filter that \
names no state, those that are held are meant.

Examples:
  crossdock delivery discard 8812 --why 'the partner wants no reports'
  crossdock delivery discard --partner harbor --code delivery.failed --dry-run

Exit codes: 0 done, 1 some could not be done, 2 wrong command line, 3 the operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List(arguments) => list::run(Kind::Delivery, arguments, console),
        Command::Show(arguments) => show::run(arguments, console),
        Command::Discard(arguments) => act::run((Kind::Delivery, Order::Discard, &["held"]), arguments, console),
        Command::Retry(arguments) => {
            act::run_onward((Kind::Delivery, Order::Retry, &["waiting", "held"]), arguments, console)
        }
    }
}
