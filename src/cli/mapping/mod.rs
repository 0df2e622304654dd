//! `crossdock mapping`: what a mapping does with a document, what it leaves, and what it says once all is merged.

mod backtest;
mod begin;
mod diff;
mod differences;
mod draft;
mod effective;
mod explain;
mod format;
mod new;
mod test;
pub(super) mod trial;
mod unmapped;

use std::fs;
use std::path::Path;

use clap::{Args, Subcommand};

use super::check;
use super::output::{Console, Exit, Failure};
use crate::catalog::{Catalog, mapping_name};
use crate::diagnostic::suggest;
use crate::mapping::Library;

/// Write, check and test mappings, and see what they do
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The same as `crossdock check`
    #[command(long_about = "The same as `crossdock check`: mappings and all that they refer to.")]
    Check(check::Arguments),
    Test(test::Arguments),
    New(new::Arguments),
    Format(format::Arguments),
    Diff(diff::Arguments),
    Backtest(backtest::Arguments),
    Explain(explain::Arguments),
    Unmapped(unmapped::Arguments),
    Effective(effective::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Check(arguments) => check::run(arguments, console),
        Command::Test(arguments) => test::run(arguments, console),
        Command::New(arguments) => new::run(arguments, console),
        Command::Format(arguments) => format::run(arguments, console),
        Command::Diff(arguments) => diff::run(arguments, console),
        Command::Backtest(arguments) => backtest::run(arguments, console),
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::Effective(arguments) => effective::run(arguments, console),
        Command::Unmapped(arguments) => unmapped::run(arguments, console),
    }
}

/// The name of a mapping of the home that is given by its name or its file.
fn known_name(catalog: &Catalog, wanted: &str) -> Result<String, Failure> {
    let name = mapping_name(wanted);
    match catalog.mapping(name) {
        Some(_) => Ok(name.to_owned()),
        None => Err(no_mapping(catalog, name)),
    }
}

fn no_mapping(catalog: &Catalog, name: &str) -> Failure {
    let names = catalog.names();
    let remedy = match suggest::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", names.join(", ")),
    };
    Failure::Usage { message: format!("there is no mapping `{name}` in {}", catalog.home().display()), remedy }
}

/// Writes the file in the place of the one before, whole or not at all.
fn replace(file: &Path, text: &str) -> Result<(), Failure> {
    let temporary = file.with_extension("toml.new");
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, file));
    written.map_err(|error| {
        drop(fs::remove_file(&temporary));
        let message = format!("cannot write {}", file.display());
        Failure::operation(message, error, "check that you may write there, and that there is room")
    })
}
