//! `crossdock mapping`: what a mapping does with a document, what it leaves, and what it says once all is merged.

mod effective;
mod explain;
mod unmapped;

use clap::{Args, Subcommand};

use super::output::{Console, Exit, Failure};

/// See what a mapping does: where values come from, what is left over, what a file inherits
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Explain(explain::Arguments),
    Unmapped(unmapped::Arguments),
    Effective(effective::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::Effective(arguments) => effective::run(arguments, console),
        Command::Unmapped(arguments) => unmapped::run(arguments, console),
    }
}
