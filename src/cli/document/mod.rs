//! `crossdock document`: what became of each business document, and what is to become of it.

mod correct;
mod explain;
mod export;
mod show;

use clap::{Args, Subcommand};

use super::output::{Console, Exit, Failure};
use super::{act, list};
use crate::lifecycle::Order;
use crate::operation::Kind;

/// See, translate again, correct, release, hold or discard business documents
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List documents, newest first
    #[command(after_help = LIST)]
    List(list::Arguments),
    Show(show::Arguments),
    /// Translate documents again by the mappings and profiles as they are now
    #[command(after_help = RERUN, long_about = RERUN_LONG)]
    Rerun(act::OnwardArguments),
    /// Let held documents go on: publish the object in spite of its errors, or deliver what was held
    #[command(after_help = RELEASE)]
    Release(act::OnwardArguments),
    /// Keep documents back that wait for their delivery, or for a record that is not there yet
    #[command(after_help = HOLD)]
    Hold(act::Arguments),
    /// Do nothing with documents that are held
    #[command(after_help = DISCARD)]
    Discard(act::Arguments),
    Explain(explain::Arguments),
    Correct(correct::Arguments),
    Export(export::Arguments),
}

const LIST: &str = "\
Examples:
  crossdock document list --state held
  crossdock document list --partner harbor --type shipment --since 2d
  crossdock document list --number SO100234 --format json
  crossdock document list --file '945_*.edi' --control-number 702

Exit codes: 0 listed, 2 wrong command line, 3 the store cannot be read.";

const RERUN_LONG: &str = "\
Translates documents again by the mappings and profiles as they are now, and shows how each object differs from the one \
before. Every attempt is kept. What differs is published under a new event id that says which event it replaces; what does \
not differ is not published again.

By a filter that names no state, those that are held are meant.";

const RERUN: &str = "\
Examples:
  crossdock document rerun 4711
  crossdock document rerun --code mapping.unusable --partner harbor --why 'mapping mended'
  crossdock document rerun --state published --type shipment --since 1d --dry-run

Exit codes: 0 done, 1 some could not be done or have errors still, 2 wrong command line, 3 the operation failed.";

const RELEASE: &str = "\
Examples:
  crossdock document release 4711 --why 'the customer knows of the missing lot'
  crossdock document release --code x12.element-too-long --partner harbor --dry-run

Exit codes: 0 done, 1 some could not be done, 2 wrong command line, 3 the operation failed.";

const HOLD: &str = "\
The delivery is held with its document, and with it all documents of that interchange. One that is held for a record that is \
not there yet does not go on by itself any more. By a filter that names no state, those that are queued are meant.

Examples:
  crossdock document hold 4711 --why 'the order may be cancelled'
  crossdock document hold --partner harbor --type fulfillment_order

Exit codes: 0 done, 1 some could not be done, 2 wrong command line, 3 the operation failed.";

const DISCARD: &str = "\
Nothing is deleted: `crossdock document rerun` brings a document back. By a filter that names no state, those that are \
held are meant.

Examples:
  crossdock document discard 4711 --why 'sent twice under other numbers'
  crossdock document discard --file 'test_*.edi' --dry-run

Exit codes: 0 done, 1 some could not be done, 2 wrong command line, 3 the operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let kind = Kind::Document;
    match &arguments.command {
        Command::Rerun(arguments) => act::run_onward((kind, Order::Rerun, &["held"]), arguments, console),
        Command::Release(arguments) => act::run_onward((kind, Order::Release, &["held"]), arguments, console),
        Command::Hold(arguments) => act::run((kind, Order::Hold, &["queued"]), arguments, console),
        Command::Discard(arguments) => act::run((kind, Order::Discard, &["held"]), arguments, console),
        Command::List(arguments) => list::run(Kind::Document, arguments, console),
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::Show(arguments) => show::run(arguments, console),
        Command::Correct(arguments) => correct::run(arguments, console),
        Command::Export(arguments) => export::run(arguments, console),
    }
}
