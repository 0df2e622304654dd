//! `crossdock control-number`: the numbers that the next interchanges get.

use std::io::Write;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use super::columns::Columns;
use super::operator::{HomeArguments, WhyArguments};
use super::output::{Console, Exit, Failure, Format};
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostics;
use crate::operation::{Numbering, SetError, numberings, set_number};
use crate::partner::Profile;
use crate::store::{ACKNOWLEDGMENT_COUNTERS, COUNTERS};

/// See and set the control numbers that the next interchanges to partners get
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
    /// Set the numbers to be given next, for instance when traffic moves here from another system
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
#[command(group(ArgGroup::new("numbers").required(true).multiple(true)))]
struct Set {
    /// Short name of the partner's profile
    #[arg(value_name = "PARTNER")]
    partner: String,
    /// ISA13 of the next interchange
    #[arg(long, value_name = "NUMBER", group = "numbers")]
    interchange: Option<u32>,
    /// GS06 of the next group
    #[arg(long, value_name = "NUMBER", group = "numbers")]
    group: Option<u32>,
    /// Those of acknowledgments, where the profile gives them numbers of their own
    #[arg(long)]
    acknowledgments: bool,
    /// Go back, so that numbers that were given before are given again; the partner has to know
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const SHOW: &str = "\
Examples:
  crossdock control-number show
  crossdock control-number show harbor --format json

Exit codes: 0 shown, 2 wrong command line, 3 the store cannot be read.";

const SET: &str = "\
Examples:
  crossdock control-number set harbor --interchange 48213 --group 48213 --why 'cut-over: the old system sent 48212'

Exit codes: 0 set, 2 wrong command line, or a number that the profile does not allow or that was given before, 3 the \
operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Show(arguments) => show(arguments, console),
        Command::Set(arguments) => set(arguments, console),
    }
}

fn show(arguments: &Show, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let profiles = profiles(&arguments.home, arguments.partner.as_deref())?;
        let mut all = numberings(session, &profiles).await?;
        all.retain(|one| arguments.partner.is_none() || one.partner == arguments.partner);
        let mut columns = Columns::new(&["partner", "from", "to", "kind", "next", "allowed"]);
        for one in &all {
            if console.format == Format::Json {
                console.json(&as_json(one))?;
                continue;
            }
            let partner = one.partner.as_deref().unwrap_or("(no profile)");
            let allowed = one.range.map(|range| format!("{} to {}", range.first, range.last)).unwrap_or_default();
            let next = format!("{}{}", one.next, if one.used { "" } else { " (the first)" });
            columns.row([partner, &one.ours, &one.theirs, one.kind, &next, &allowed]);
        }
        match (all.is_empty(), console.format) {
            (true, Format::Text) => console.remark("nothing is sent to it: there are no numbers")?,
            (false, Format::Text) => columns.print(&mut console.out)?,
            _ => {}
        }
        Ok(Exit::Fine)
    })
}

fn as_json(one: &Numbering) -> serde_json::Value {
    json!({
        "partner": one.partner,
        "from": one.ours,
        "to": one.theirs,
        "kind": one.kind,
        "next": one.next,
        "given_before": one.used,
        "first_allowed": one.range.map(|range| range.first),
        "last_allowed": one.range.map(|range| range.last),
    })
}

/// The profiles that can be used; the one that is named must be among them.
fn profiles(home: &HomeArguments, name: Option<&str>) -> Result<Vec<Profile>, Failure> {
    let profiles = Catalog::new(&home.home).profiles(&mut Diagnostics::with_limit(0));
    super::documents::known_partner(name, &profiles, &home.home)?;
    Ok(profiles)
}

fn set(arguments: &Set, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let profiles = profiles(&arguments.home, None)?;
        let profile = super::documents::profile_of(&arguments.partner, &profiles, &arguments.home.home)?;
        if arguments.acknowledgments && profile.acknowledge.control_numbers.is_none() {
            return Err(Failure::Usage {
                message: format!("acknowledgments to {} have no numbers of their own", profile.short_name),
                remedy: format!(
                    "they get those of its other interchanges: leave out --acknowledgments, or write `control_numbers` into [acknowledge] of {}",
                    profile.file.name
                ),
            });
        }
        let [interchange, group] = if arguments.acknowledgments { ACKNOWLEDGMENT_COUNTERS } else { COUNTERS };
        let given = [(interchange, arguments.interchange), (group, arguments.group)];
        let numbers: Vec<(&str, u32)> = given.into_iter().filter_map(|(kind, number)| Some((kind, number?))).collect();
        let audit = session.audit("control-number set", arguments.why.why.as_deref());
        match set_number(session, profile, &numbers, arguments.again, &audit).await {
            Ok(()) => {}
            Err(SetError::Store(error)) => return Err(error.into()),
            Err(SetError::OutOfRange { kind, number, range }) => {
                return Err(Failure::Usage {
                    message: format!(
                        "the {kind} number {number} is not allowed: {} to {} are",
                        range.first, range.last
                    ),
                    remedy: format!("name one of them, or change `envelope.control_numbers` of {}", profile.file.name),
                });
            }
            Err(SetError::Given { kind, number, next }) => {
                return Err(Failure::Usage {
                    message: format!("{kind} numbers from {number} to {} were given before", next - 1),
                    remedy: format!(
                        "name {next} or a higher one: the partner takes a number that comes again for a duplicate, and answers \
                         could not be told apart; if they have agreed to begin anew, add `--again`"
                    ),
                });
            }
        }
        let set = numbers.iter().map(|(kind, number)| format!("{kind} {number}")).collect::<Vec<_>>().join(" and ");
        match console.format {
            Format::Text => writeln!(console.out, "the next interchange to {} gets {set}", profile.short_name)?,
            Format::Json => {
                let (interchange, group) = (arguments.interchange, arguments.group);
                console.json(&json!({ "partner": profile.short_name, "interchange": interchange, "group": group }))?;
            }
        }
        Ok(Exit::Fine)
    })
}
