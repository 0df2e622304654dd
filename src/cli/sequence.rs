//! `crossdock sequence`: the numbers of our own that the next documents get.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;

use super::columns::Columns;
use super::operator::{HomeArguments, WhyArguments};
use super::output::{Console, Exit, Failure, Format};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostics, suggest};
use crate::operation::{SequenceError, sequences, set_sequence};
use crate::partner::Profile;

/// See and set the numbers of our own that mappings write (`sequence`), and the next documents get
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the numbers to be given next
    #[command(after_help = SHOW)]
    Show(Show),
    /// Set the number to be given next, for instance when traffic moves here from another system
    #[command(after_help = SET)]
    Set(Set),
}

#[derive(Debug, Args)]
struct Show {
    /// Short name of the partner's profile [default: all]
    #[arg(value_name = "PARTNER")]
    partner: Option<String>,
    #[command(flatten)]
    home: HomeArguments,
}

#[derive(Debug, Args)]
struct Set {
    /// Short name of the partner's profile
    #[arg(value_name = "PARTNER")]
    partner: String,
    /// The sequence, as the mapping names it
    #[arg(value_name = "NAME")]
    name: String,
    /// The number that the next document gets
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=MOST))]
    number: u64,
    /// Go back, so that numbers that were given before are given again
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

/// The highest number: as many digits as the longest elements take.
const MOST: u64 = 999_999_999_999_999_999;

const SHOW: &str = "\
Examples:
  crossdock sequence show
  crossdock sequence show harbor --format json

Exit codes: 0 shown, 2 wrong command line, 3 the store cannot be read.";

const SET: &str = "\
Examples:
  crossdock sequence set harbor shipment 48213 --why 'cut-over: the old system gave 48212'

Exit codes: 0 set, 2 wrong command line, or a sequence that no mapping names, or a number that was given before, 3 the \
operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Show(arguments) => show(arguments, console),
        Command::Set(arguments) => set(arguments, console),
    }
}

/// The mappings of a home and the profiles that can be used; the one that is named must be among them.
fn files(home: &HomeArguments, name: Option<&str>) -> Result<(Catalog, Vec<Profile>), Failure> {
    let catalog = Catalog::new(&home.home);
    let profiles = catalog.profiles(&mut Diagnostics::with_limit(0));
    super::documents::known_partner(name, &profiles, &home.home)?;
    Ok((catalog, profiles))
}

fn show(arguments: &Show, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let (catalog, profiles) = files(&arguments.home, arguments.partner.as_deref())?;
        let mut all = sequences(session, &catalog, &profiles).await?;
        all.retain(|one| arguments.partner.as_ref().is_none_or(|partner| one.partner == *partner));
        let mut columns = Columns::new(&["partner", "sequence", "next", "named by a mapping"]);
        for one in &all {
            if console.format == Format::Json {
                console.json(&json!({
                    "partner": one.partner, "sequence": one.name, "next": one.next,
                    "given_before": one.used, "named": one.named,
                }))?;
                continue;
            }
            let next = format!("{}{}", one.next, if one.used { "" } else { " (the first)" });
            columns.row([&one.partner, &one.name, &next, if one.named { "yes" } else { "no" }]);
        }
        match (all.is_empty(), console.format) {
            (true, Format::Text) => console.remark("no mapping by which something is sent names a sequence")?,
            (false, Format::Text) => columns.print(&mut console.out)?,
            _ => {}
        }
        Ok(Exit::Fine)
    })
}

fn set(arguments: &Set, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let Set { partner, name, number, .. } = arguments;
        let (catalog, profiles) = files(&arguments.home, None)?;
        let profile = super::documents::profile_of(partner, &profiles, &arguments.home.home)?;
        let audit = session.audit("sequence set", arguments.why.why.as_deref());
        match set_sequence(session, &catalog, profile, (name, *number), arguments.again, audit).await {
            Ok(()) => {}
            Err(SequenceError::Store(error)) => return Err(error.into()),
            Err(SequenceError::Unknown(names)) => {
                return Err(Failure::Usage {
                    message: format!("no mapping by which something is sent to {partner} names a sequence `{name}`"),
                    remedy: match suggest::nearest(name, names.iter().map(String::as_str)) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if names.is_empty() => {
                            format!("write it into [derived] of a mapping first: `BSN02 = {{ sequence = \"{name}\" }}`")
                        }
                        None => format!("there are: {}", names.join(", ")),
                    },
                });
            }
            Err(SequenceError::Given(next)) => {
                return Err(Failure::Usage {
                    message: format!("numbers of `{name}` from {number} to {} were given before", next - 1),
                    remedy: format!(
                        "name {next} or a higher one: two documents would have the same number; if that is agreed, add `--again`"
                    ),
                });
            }
        }
        match console.format {
            Format::Text => writeln!(console.out, "the next document to {partner} gets {number} of `{name}`")?,
            Format::Json => console.json(&json!({ "partner": partner, "sequence": name, "next": number }))?,
        }
        Ok(Exit::Fine)
    })
}
