//! `crossdock partner`: who there is, how they are, pause and resume; their servers.

mod password;
mod server;

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::cli::columns::Columns;
use crate::cli::filter::known_partner;
use crate::cli::operator::{HomeArguments, WhyArguments, time};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, text};
use crate::operation::{Declined, Session, pause, resume};
use crate::partner::{Profile, Ruling, Usage, ruled};
use crate::pipeline::ERP;
use crate::store::{Filter, HeldGroup, PartnerState};

/// See partners, pause them and let them go on
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the partners of the home
    #[command(after_help = LIST)]
    List(HomeArguments),
    /// Show a partner: its profile, what waits and what is held
    #[command(after_help = SHOW)]
    Show(Shown),
    /// Let everything from a partner and to it wait
    #[command(after_help = PAUSE)]
    Pause(Several),
    /// Let a paused partner go on
    #[command(after_help = RESUME)]
    Resume(Several),
    /// Make the hash of a password that is typed, or read from standard input, for `password` of `[transport.sftp_server]`
    #[command(after_help = password::PASSWORD)]
    Password,
    /// Say that the host keys of a partner's SFTP server are right
    #[command(after_help = server::TRUST)]
    Trust(server::TrustArguments),
    /// Try all that is to be done on a partner's SFTP server
    #[command(after_help = server::TEST)]
    Test(server::TestArguments),
}

#[derive(Debug, Args)]
struct Named {
    /// Short name of the partner's profile
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    home: HomeArguments,
}

#[derive(Debug, Args)]
struct Several {
    /// Short names of the partners' profiles
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// All of them: to pause, those that go on; to resume, those that are paused
    #[arg(long, conflicts_with = "names")]
    all: bool,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

#[derive(Debug, Args)]
struct Shown {
    /// Show how each fault of its documents is ruled, by its profile or by default
    #[arg(long)]
    effective: bool,
    #[command(flatten)]
    named: Named,
}

const LIST: &str = "\
Examples:
  crossdock partner list
  crossdock partner list --format json | jq -r 'select(.paused) | .partner'

Exit codes: 0 listed, 2 wrong command line, 3 the store cannot be read.";

const SHOW: &str = "\
Examples:
  crossdock partner show harbor
  crossdock partner show harbor --effective        how faults of its documents are ruled

Exit codes: 0 shown, 1 its profile has errors, 2 wrong command line, 3 the store cannot be read.";

const PAUSE: &str = "\
Files of a paused partner are still taken and recorded, and wait; what is to go to it waits too. Nothing is lost, and \
`crossdock partner resume` lets it go on in order. Commands that you give on single payloads and documents work as ever.

Examples:
  crossdock partner pause harbor --why 'they move their warehouse system'
  crossdock partner pause --all --why 'the ERP is moved'

Exit codes: 0 paused, 1 one of them is paused already, 2 wrong command line, 3 the operation failed.";

const RESUME: &str = "\
Examples:
  crossdock partner resume harbor
  crossdock partner resume --all

Exit codes: 0 they go on, 1 one of them was not paused, 2 wrong command line, 3 the operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::List(home) => list(home, console),
        Command::Show(Shown { effective: true, named }) => effective(named, console),
        Command::Show(Shown { named, .. }) => show(named, console),
        Command::Pause(several) => change(several, true, console),
        Command::Resume(several) => change(several, false, console),
        Command::Password => password::make(console),
        Command::Trust(arguments) => server::trust(arguments, console),
        Command::Test(arguments) => server::test(arguments, console),
    }
}

/// What is known of all partners.
struct Known {
    /// Names of all profiles, also of those that cannot be used, and behind them the partners of whom something is left that have
    /// none any more.
    names: Vec<String>,
    /// How many of them have one.
    with_profile: usize,
    profiles: Vec<Profile>,
    problems: Vec<Diagnostic>,
    paused: Vec<PartnerState>,
    held: Vec<HeldGroup>,
}

impl Known {
    async fn read(session: &Session) -> Result<Self, Failure> {
        let catalog = Catalog::new(session.folders.home());
        let mut found = Diagnostics::unlimited();
        let profiles = catalog.profiles(&mut found);
        let mut names = session.partners();
        let with_profile = names.len();
        let (paused, held) = (session.store.paused().await?, session.store.held().await?);
        for name in session.store.partners().await?.into_iter().filter(|name| name != ERP) {
            let left = paused.iter().any(|one| one.name == name)
                || held.iter().any(|one| one.partner.as_deref() == Some(&name))
                || session.store.count_payloads(&in_states(&name, &["received"])).await? > 0
                || session.store.count_deliveries(&in_states(&name, &TO_DELIVER)).await? > 0;
            if left && !names[..with_profile].contains(&name) {
                names.push(name);
            }
        }
        Ok(Self { names, with_profile, profiles, problems: found.take(), paused, held })
    }

    async fn row(&self, session: &Session, name: &str) -> Result<Row<'_>, Failure> {
        let of = |states: &[&str]| in_states(name, states);
        let held = |kind| {
            let of = self.held.iter().filter(|one| one.kind == kind && one.partner.as_deref() == Some(name));
            of.map(|one| one.count).sum()
        };
        Ok(Row {
            is_there: self.names[..self.with_profile].iter().any(|known| known == name),
            profile: self.profiles.iter().find(|profile| profile.short_name == name),
            paused: self.paused.iter().find(|paused| paused.name == name),
            waiting: session.store.count_payloads(&of(&["received"])).await?,
            to_deliver: session.store.count_deliveries(&of(&TO_DELIVER)).await?,
            held_payloads: held("payload"),
            held_documents: held("document"),
        })
    }
}

/// States of deliveries that are still to go.
const TO_DELIVER: [&str; 3] = ["collecting", "waiting", "held"];

/// What one partner has in some states.
fn in_states(partner: &str, states: &[&str]) -> Filter {
    Filter {
        partner: Some(partner.to_owned()),
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        ..Filter::default()
    }
}

struct Row<'a> {
    /// Is there a profile, if one with errors?
    is_there: bool,
    profile: Option<&'a Profile>,
    paused: Option<&'a PartnerState>,
    waiting: u64,
    to_deliver: u64,
    held_payloads: i64,
    held_documents: i64,
}

impl Row<'_> {
    fn usage(&self) -> &'static str {
        match self.profile.map(|profile| profile.usage) {
            Some(Usage::Production) => "live",
            Some(Usage::Test) => "test",
            None if !self.is_there => "no profile",
            None => "profile has errors",
        }
    }

    fn state(&self) -> String {
        self.paused.map_or_else(|| "goes on".to_owned(), |paused| format!("paused since {}", time(paused.paused_at)))
    }

    fn json(&self, name: &str) -> Value {
        json!({
            "partner": name,
            "name": self.profile.map(|profile| profile.name.as_str()),
            "usage": self.profile.map(|_| self.usage()),
            "profile_usable": self.profile.is_some(),
            "paused": self.paused.is_some(),
            "paused_at": self.paused.map(|paused| paused.paused_at.to_string()),
            "paused_by": self.paused.map(|paused| paused.paused_by.as_str()),
            "paused_why": self.paused.and_then(|paused| paused.why.as_deref()),
            "payloads_waiting": self.waiting,
            "payloads_held": self.held_payloads,
            "documents_held": self.held_documents,
            "deliveries_to_come": self.to_deliver,
        })
    }
}

fn list(home: &HomeArguments, console: &mut Console) -> Result<Exit, Failure> {
    home.open(async |session| {
        let known = Known::read(session).await?;
        let mut columns =
            Columns::new(&["partner", "name", "usage", "state", "waiting", "held", "to deliver", "why paused"]);
        for name in &known.names {
            let row = known.row(session, name).await?;
            if console.format == Format::Json {
                console.json(&row.json(name))?;
                continue;
            }
            let full = row.profile.map_or("", |profile| profile.name.as_str());
            let why = row.paused.and_then(|paused| paused.why.as_deref()).unwrap_or_default();
            let (waiting, to_deliver) = (row.waiting.to_string(), row.to_deliver.to_string());
            let held = (row.held_payloads + row.held_documents).to_string();
            columns.row([name, full, row.usage(), &row.state(), &waiting, &held, &to_deliver, why]);
        }
        match (known.names.is_empty(), console.format) {
            (true, Format::Text) => {
                console.remark("there are no partners; write a profile, as docs/ADDING_A_PARTNER.md says")?
            }
            (false, Format::Text) => columns.print(&mut console.out)?,
            _ => {}
        }
        Ok(Exit::Fine)
    })
}

fn show(named: &Named, console: &mut Console) -> Result<Exit, Failure> {
    named.home.open(async |session| {
        let name = named.name.as_str();
        known_partner(session, name).await?;
        let known = Known::read(session).await?;
        let row = known.row(session, name).await?;
        let exit = if row.profile.is_some() { Exit::Fine } else { Exit::Problems };
        if console.format == Format::Json {
            console.json(&row.json(name))?;
            return Ok(exit);
        }
        facts(session, name, &row, console)?;
        let of_it = |one: &&HeldGroup| [&one.partner, &one.mailbox].into_iter().any(|of| of.as_deref() == Some(name));
        for group in known.held.iter().filter(of_it) {
            writeln!(console.out, "  {}", crate::cli::status::held_line(group))?;
        }
        let file = format!("partner-profiles/{name}.toml");
        let of_it = |one: &&Diagnostic| matches!(&one.place, Place::Source(place) if place.file == file);
        for problem in known.problems.iter().filter(of_it) {
            write!(console.out, "{}", text::render(problem, console.colour))?;
        }
        let (what, command) = match row.paused {
            Some(_) => ("let it go on", "resume"),
            None => ("let it wait", "pause"),
        };
        writeln!(console.out, "\n{what}: `crossdock partner {command} {name}`")?;
        Ok(exit)
    })
}

/// What is done about each fault that can be ruled: by the narrowest line of the profile, else by default.
fn effective(named: &Named, console: &mut Console) -> Result<Exit, Failure> {
    named.home.open(async |session| {
        let name = named.name.as_str();
        known_partner(session, name).await?;
        let known = Known::read(session).await?;
        let Some(profile) = known.profiles.iter().find(|profile| profile.short_name == name) else {
            console.remark("its profile has errors, so nothing is ruled; `crossdock check` tells them")?;
            return Ok(Exit::Problems);
        };
        let mut columns = Columns::new(&["fault", "where", "ruling", "by"]);
        for code in ruled() {
            let own: Vec<_> = profile.rules.list().iter().filter(|rule| rule.code == code).collect();
            let default = Ruling::of(code.severity());
            let everywhere = own.iter().all(|rule| rule.segment.is_some());
            let rows = everywhere.then_some(("everywhere else", default, "default")).into_iter();
            let own = own.into_iter().map(|rule| {
                let place = rule.key.split_once(' ').map_or("everywhere else", |(_, place)| place);
                (place, rule.ruling, rule.at.as_str())
            });
            let mut rows: Vec<_> = own.chain(rows).collect();
            // The narrowest first, as they are tried.
            rows.sort_by_key(|(place, ..)| (*place == "everywhere else", std::cmp::Reverse(place.len())));
            if let [(place, ..)] = rows.as_mut_slice() {
                *place = "everywhere";
            }
            for (place, ruling, by) in rows {
                if console.format == Format::Json {
                    console
                        .json(&json!({ "fault": code.name(), "where": place, "ruling": ruling.word(), "by": by }))?;
                    continue;
                }
                columns.row([code.name(), place, ruling.word(), by]);
            }
        }
        if console.format == Format::Text {
            columns.print(&mut console.out)?;
        }
        Ok(Exit::Fine)
    })
}

fn facts(session: &Session, name: &str, row: &Row<'_>, console: &mut Console) -> Result<(), Failure> {
    let full = row.profile.map_or_else(|| row.usage(), |profile| profile.name.as_str());
    writeln!(console.out, "Partner {name}: {full}\n")?;
    let mut fact = |name: &str, text: String| writeln!(console.out, "  {name:<11} {text}");
    fact("state", row.state())?;
    if let Some(paused) = row.paused {
        let why = paused.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        fact("paused by", format!("{}{why}", paused.paused_by))?;
    }
    fact("profile", format!("partner-profiles/{name}.toml, {}", row.usage()))?;
    if let Some(profile) = row.profile {
        let ids: Vec<String> = profile.their_ids().map(|id| id.value.to_string()).collect();
        let none = "none: files without an envelope".to_owned();
        fact("their ids", if ids.is_empty() { none } else { ids.join(", ") })?;
        if let Some(ours) = profile.our_id() {
            fact("our id", ours.to_string())?;
        }
        let sends: Vec<String> =
            profile.send.iter().map(|one| format!("{} as {}", one.canonical.value, one.document.value)).collect();
        fact("they get", if sends.is_empty() { "nothing".to_owned() } else { sends.join(", ") })?;
        for (entry, batch) in profile.send.iter().filter_map(|entry| Some((entry, entry.batch.as_ref()?))) {
            fact("together", format!("{}, with {batch}", entry.document.value))?;
        }
        for contact in &profile.contacts {
            let parts = [Some(contact.name.as_str()), contact.email.as_deref(), contact.phone.as_deref()];
            fact("contact", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))?;
        }
    }
    fact("inbox", session.folders.inbox(name).display().to_string())?;
    fact("outbox", session.folders.outbox(name).display().to_string())?;
    fact("waiting", format!("{} payloads, {} deliveries", row.waiting, row.to_deliver))?;
    fact("held", format!("{} payloads, {} documents", row.held_payloads, row.held_documents))?;
    Ok(())
}

fn change(several: &Several, paused: bool, console: &mut Console) -> Result<Exit, Failure> {
    several.home.open(async |session| {
        for name in &several.names {
            known_partner(session, name).await?;
        }
        let names = match several.all {
            true => all(session, !paused).await?,
            false => several.names.clone(),
        };
        if names.is_empty() {
            console.remark(if paused { "there is no partner that is not paused" } else { "no partner is paused" })?;
        }
        let (why, mut exit) = (several.why.why.as_deref(), Exit::Fine);
        for name in &names {
            let done = match paused {
                true => pause(session, name, session.audit("partner pause", why)).await?,
                false => resume(session, name, session.audit("partner resume", why)).await?,
            };
            tell(name, paused, &done, console)?;
            if done.is_err() {
                exit = Exit::Problems;
            }
        }
        Ok(exit)
    })
}

/// The partners that are paused, or those that are not.
async fn all(session: &Session, paused: bool) -> Result<Vec<String>, Failure> {
    let known: Vec<String> = session.store.paused().await?.into_iter().map(|partner| partner.name).collect();
    Ok(match paused {
        true => known,
        false => session.all_partners().await?.into_iter().filter(|name| !known.contains(name)).collect(),
    })
}

fn tell(name: &str, paused: bool, done: &Result<(), Declined>, console: &mut Console) -> Result<(), Failure> {
    match (done, console.format) {
        (Ok(()), Format::Text) if paused => {
            writeln!(console.out, "{name} is paused; to let it go on: `crossdock partner resume {name}`")?;
        }
        (Ok(()), Format::Text) => writeln!(console.out, "{name} goes on")?,
        (Err(declined), Format::Text) => {
            writeln!(console.out, "{name} {}\n  remedy  {}", declined.because, declined.remedy)?;
        }
        (Ok(()), Format::Json) => console.json(&json!({ "partner": name, "done": true, "paused": paused }))?,
        (Err(declined), Format::Json) => {
            let (because, remedy) = (&declined.because, &declined.remedy);
            console.json(&json!({ "partner": name, "done": false, "because": because, "remedy": remedy }))?;
        }
    }
    Ok(())
}
