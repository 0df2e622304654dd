//! `crossdock ban`: who is banned from the drop box, and lets them in again.

use std::io::Write;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::columns::Columns;
use super::operator::{HomeArguments, WhyArguments, counted, time};
use super::output::{Console, Exit, Failure, Format};
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostics;
use crate::gateway::HomeLock;
use crate::operation::{Session, lift, not_let_in};
use crate::store::Ban;
use crate::transport::sftp::server::Origin;

/// See who is banned from the drop box after failed logins, and let them in again
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the addresses that are banned now
    #[command(after_help = LIST)]
    List(HomeArguments),
    /// Let an address in again
    #[command(after_help = LIFT)]
    Lift(LiftArguments),
}

#[derive(Debug, Args)]
struct LiftArguments {
    /// Addresses that are banned, such as `203.0.113.7`; of IPv6 any of the network
    #[arg(value_name = "ADDRESS", required_unless_present = "all")]
    addresses: Vec<String>,
    /// All that are banned now
    #[arg(long, conflicts_with = "addresses")]
    all: bool,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const LIST: &str = "\
Examples:
  crossdock ban list
  crossdock audit --sftp --since 1h                why logins failed, each of them

Exit codes: 0 listed, 2 wrong command line, 3 the store cannot be read.";

const LIFT: &str = "\
Ends when the gateway that runs lets the address in. What failed there before is forgotten: five more failed logins ban it \
again, for 30 seconds at first.

Examples:
  crossdock ban lift 203.0.113.7 --why 'harbor has the new password now'
  crossdock ban lift --all

Exit codes: 0 they are let in, 1 one of them was not banned, or is not let in yet, 2 wrong command line, 3 the operation failed.";

/// So long the gateway may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List(home) => list(home, console),
        Command::Lift(arguments) => lift_all(arguments, console),
    }
}

/// Who is banned: nobody where no gateway runs. First those who failed under the name of a partner.
pub(super) async fn banned(session: &Session) -> Result<Vec<Ban>, Failure> {
    if HomeLock::holder(&session.folders.data()).is_none() {
        return Ok(Vec::new());
    }
    let mut bans = session.store.bans(Timestamp::now()).await?;
    if !bans.is_empty() {
        let profiles = Catalog::new(session.folders.home()).profiles(&mut Diagnostics::with_limit(0));
        let is_known = |name: &String| profiles.iter().any(|profile| profile.sftp_user() == Some(name));
        bans.sort_by_key(|ban| !ban.users.iter().any(is_known));
    }
    Ok(bans)
}

/// What to say where nobody is banned.
fn nobody(session: &Session) -> &'static str {
    match HomeLock::holder(&session.folders.data()) {
        Some(_) => "nobody is banned from the drop box",
        None => "nobody is banned, and nobody can log in: no gateway runs on this home (`crossdock serve`)",
    }
}

/// Such as `203.0.113.7 until 2026-11-30 03:12:40, after 10 failed logins, the last as harbor, root`.
pub(super) fn line(ban: &Ban) -> String {
    let (failed, names) = (counted(ban.failures.into(), "failed login"), names(ban));
    format!("{} until {}, after {failed}, the last as {names}", ban.origin, time(ban.until))
}

pub(super) fn as_json(ban: &Ban) -> Value {
    json!({ "address": ban.origin, "until": ban.until.to_string(), "failures": ban.failures, "users": ban.users })
}

fn names(ban: &Ban) -> String {
    let names = ban.users.iter().map(|name| if name.is_empty() { "(no name)" } else { name });
    names.collect::<Vec<_>>().join(", ")
}

fn list(home: &HomeArguments, console: &mut Console) -> Result<Exit, Failure> {
    home.open(async |session| {
        let bans = banned(session).await?;
        let mut columns = Columns::new(&["address", "until (UTC)", "failed logins", "the last as"]);
        for ban in &bans {
            match console.format {
                Format::Json => console.json(&as_json(ban))?,
                Format::Text => {
                    columns.row([&ban.origin, &time(ban.until), &ban.failures.to_string(), &names(ban)]);
                }
            }
        }
        match (bans.is_empty(), console.format) {
            (true, Format::Text) => console.remark(nobody(session))?,
            (false, Format::Text) => columns.print(&mut console.out)?,
            _ => {}
        }
        Ok(Exit::Fine)
    })
}

fn lift_all(arguments: &LiftArguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let bans = banned(session).await?;
        let named = arguments.addresses.iter().map(|text| match text.parse::<Origin>() {
            Ok(origin) => Ok(origin.to_string()),
            Err(_) => {
                Err(Failure::Usage { message: format!("`{text}` is no address"), remedy: remedy(session, &bans) })
            }
        });
        let origins = match arguments.all {
            true => bans.iter().map(|ban| ban.origin.clone()).collect(),
            false => named.collect::<Result<Vec<_>, _>>()?,
        };
        if origins.is_empty() {
            console.remark(nobody(session))?;
        }
        let mut lifted = Vec::new();
        for origin in &origins {
            let is_banned = bans.iter().any(|ban| ban.origin == *origin);
            let audit = session.audit("ban lift", arguments.why.why.as_deref());
            lifted.push(is_banned && lift(session, origin, audit).await?);
        }
        let left = if lifted.contains(&true) { not_let_in(session, PATIENCE).await? } else { Vec::new() };
        let mut exit = Exit::Fine;
        for (origin, lifted) in origins.iter().zip(lifted) {
            let wrong = match (lifted, left.contains(origin)) {
                (true, false) => None,
                (true, true) => Some((
                    "is not let in yet, though its ban is lifted on record",
                    "look at the log of the gateway, which may be unable to read its record".to_owned(),
                )),
                (false, _) => Some(("is not banned", remedy(session, &bans))),
            };
            if wrong.is_some() {
                exit = Exit::Problems;
            }
            match (wrong, console.format) {
                (None, Format::Text) => writeln!(console.out, "{origin} is let in again")?,
                (Some((because, remedy)), Format::Text) => {
                    writeln!(console.out, "{origin} {because}\n  remedy  {remedy}")?;
                }
                (None, Format::Json) => console.json(&json!({ "address": origin, "done": true }))?,
                (Some((because, remedy)), Format::Json) => {
                    console.json(&json!({ "address": origin, "done": false, "because": because, "remedy": remedy }))?;
                }
            }
        }
        Ok(exit)
    })
}

/// Banned addresses that are named where another one was.
const NAMED: usize = 10;

/// What to do where somebody is named who is not banned.
fn remedy(session: &Session, bans: &[Ban]) -> String {
    let all: Vec<String> = bans.iter().take(NAMED).map(line).collect();
    match bans.len() {
        0 => format!("{}; why logins failed is in `crossdock audit --sftp`", nobody(session)),
        count if count > NAMED => format!("name one of `crossdock ban list`, such as {}", all.join("; ")),
        _ => format!("banned are: {}", all.join("; ")),
    }
}
