//! `crossdock guide`: the partner guides of a home, one of them as a page, and a file held against one.

mod check;
mod list;
mod show;

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::output::{Console, Exit, Failure};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostics, suggest};
use crate::x12::guide::{Guide, Shelf, guide_name};

/// See partner guides: what partners narrow or allow beyond the standard
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Check(check::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, console),
        Command::Show(arguments) => show::run(arguments, console),
        Command::Check(arguments) => check::run(arguments, console),
    }
}

/// The guide by its name or its file; `None` when it has errors, which are then printed.
fn find(catalog: &Catalog, wanted: &str, console: &mut Console) -> Result<Option<Arc<Guide>>, Failure> {
    let name = guide_name(wanted);
    if Shelf::guide(catalog, name).is_none() {
        let names = catalog.guide_names();
        let remedy = match suggest::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "write one below mappings/guides; see docs/GUIDES.md".into(),
            None => format!("there are: {}", names.join(", ")),
        };
        let message = format!("there is no guide `{name}` in {}", catalog.home().display());
        return Err(Failure::Usage { message, remedy });
    }
    let mut diagnostics = Diagnostics::unlimited();
    let guide = catalog.guide(name, &mut diagnostics);
    for diagnostic in diagnostics.take() {
        console.beside(&diagnostic)?;
    }
    Ok(guide)
}
