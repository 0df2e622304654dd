//! `crossdock status`: one screen about a gateway.

use std::io::Write;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ban::{self, banned};
use super::operator::{HomeArguments, counted, time};
use super::output::{Console, Exit, Failure, Format};
use super::rows::delivery_json;
use crate::diagnostic::{Diagnostic, Severity, codes, worst};
use crate::gateway::HomeLock;
use crate::lifecycle::{DeliveryState, Wait, wait};
use crate::operation::{EndingKey, Status, VisitStatus, status};
use crate::pipeline::intake::{Lying, Mailbox, Unfinished};
use crate::store::{Ban, Delivery, HeldGroup, NotTaken};

/// See how the gateway is: does it run, what waits, what is held, what fails
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock status
  crossdock status --home /srv/crossdock --format json | jq .held

Exit codes: 0 nothing needs a person, 1 something does, 2 wrong command line, 3 the store cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let process = HomeLock::holder(&session.folders.data());
        let (status, bans) = (status(session).await?, banned(session).await?);
        match console.format {
            Format::Json => console.json(&as_json(&status, &bans, process.as_deref()))?,
            Format::Text => text(&status, &bans, process.as_deref(), console)?,
        }
        Ok(if needs_a_person(&status, process.is_some()) { Exit::Problems } else { Exit::Fine })
    })
}

/// Attempts after which a folder that cannot be written does not come back by itself.
const REPEATEDLY: i64 = 3;

fn needs_a_person(status: &Status, running: bool) -> bool {
    let counts = &status.counts;
    let waits = status.behind > 0
        || !status.inboxes.is_empty()
        || count(&counts.payloads, "received") + count(&counts.deliveries, "waiting") > 0;
    let errors = status.problems.iter().any(|one| one.severity == Severity::Error);
    let overdue = status.unanswered.iter().any(is_overdue);
    errors
        || status.profiles.is_empty()
        || overdue
        || ((waits || status.awaits_partners) && !running)
        || status.publishing.is_some()
        || status.unrecorded.0 > 0
        || !status.held.is_empty()
        || !status.not_taken.is_empty()
        || !status.without_profile.is_empty()
        || status.inboxes.iter().any(|inbox| inbox.nobody_takes.is_some())
        || status.visits.iter().any(VisitStatus::needs_a_person)
        || status.failing.iter().any(|one| one.state == DeliveryState::Held || cannot_be_written(one))
}

/// The outbox of a partner, or the folder of the ERP, does not take it; servers of partners are looked at by themselves.
fn cannot_be_written(delivery: &Delivery) -> bool {
    let failed = |one: &Diagnostic| one.code == codes::DELIVERY_FAILED;
    delivery.attempts >= REPEATEDLY && delivery.diagnostics.iter().any(failed)
}

/// How many are in a state.
fn count(list: &[(String, i64)], state: &str) -> u64 {
    list.iter().find(|(word, _)| word == state).map_or(0, |(_, count)| count.unsigned_abs())
}

/// Such as `2 documents of harbor, mapping.unusable, since ...: crossdock document list ...`.
pub(super) fn held_line(group: &HeldGroup) -> String {
    let HeldGroup { kind, partner, mailbox, code, count, oldest } = group;
    let of = partner.as_deref().unwrap_or("partners that are not known");
    let mailbox = mailbox.as_deref().map(|mailbox| format!(" in the mailbox of {mailbox}")).unwrap_or_default();
    let why = code.as_deref().unwrap_or("by a person");
    let mut command = format!("crossdock {kind} list --state held");
    if let Some(partner) = partner {
        command.push_str(&format!(" --partner {partner}"));
    }
    if let Some(code) = code {
        command.push_str(&format!(" --code {code}"));
    }
    format!("{} of {of}{mailbox}, {why}, since {}: `{command}`", counted(count.unsigned_abs(), kind), time(*oldest))
}

fn text(status: &Status, bans: &[Ban], process: Option<&str>, console: &mut Console) -> Result<(), Failure> {
    let out = &mut console.out;
    match process {
        Some("") => writeln!(out, "A gateway runs on this home.")?,
        Some(process) => writeln!(out, "A gateway runs on this home, process {process}.")?,
        None => writeln!(out, "No gateway runs on this home; start it with `crossdock serve`.")?,
    }
    let counts = &status.counts;
    let heading = |text: &str| format!("\n{text}");
    writeln!(out, "{}", heading("Waiting"))?;
    let since = counts.oldest_waiting.map(|at| format!(", since {}", time(at))).unwrap_or_default();
    writeln!(out, "  {} to be translated{since}", counted(count(&counts.payloads, "received"), "payload"))?;
    writeln!(out, "  {} to be made", counted(count(&counts.deliveries, "waiting"), "delivery"))?;
    for name in &status.without_profile {
        let command = format!("crossdock delivery list --state waiting --partner {name}");
        writeln!(out, "  some of them to {name}, which has no profile that can be used: `{command}`")?;
    }
    for one in &status.collecting {
        let (what, until, id) = (counted(one.collected.unsigned_abs(), "document"), time(one.due_at), one.id);
        let collects = one.collects.as_deref().unwrap_or_default();
        writeln!(
            out,
            "  {what} {collects} to {}, collected until {until}: `crossdock delivery show {id}`",
            one.partner
        )?;
    }
    for NotTaken { partner, count, oldest } in &counts.to_fetch {
        let (what, oldest) = (counted(count.unsigned_abs(), "delivery"), time(*oldest));
        let command = format!("crossdock delivery list --state placed --partner {partner}");
        writeln!(out, "  {what} to be fetched by {partner}, the oldest of {oldest}: `{command}`")?;
    }
    let behind = status.behind.unsigned_abs();
    writeln!(out, "  {} to be put into the ERP's folder, of {} in all", counted(behind, "event"), counts.last_event)?;
    undone(status, console)?;
    begun(status, console)?;
    let out = &mut console.out;
    if !status.paused.is_empty() {
        writeln!(out, "{}", heading("Paused"))?;
    }
    for paused in &status.paused {
        let (name, at, by) = (&paused.name, time(paused.paused_at), &paused.paused_by);
        let why = paused.why.as_deref().map(|why| format!(", {why}")).unwrap_or_default();
        writeln!(out, "  {name} since {at} by {by}{why}: `crossdock partner resume {name}`")?;
    }
    writeln!(out, "{}", heading("Held for a person"))?;
    for group in &status.held {
        writeln!(out, "  {}", held_line(group))?;
    }
    if status.held.is_empty() {
        writeln!(out, "  nothing")?;
    }
    if status.refused > 0 {
        let (what, command) = (counted(status.refused, "object"), "crossdock document list --state refused --since 1d");
        writeln!(out, "  and {what} given back to the ERP within the last day: `{command}`")?;
    }
    answers(status, console)?;
    failing(status, console)?;
    visits(status, console)?;
    keys(status, console)?;
    banned_ones(bans, console)?;
    problems(status, process.is_some(), console)
}

/// Why events are not put into the ERP's folder, and what lies in mailboxes.
fn undone(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let out = &mut console.out;
    if let Some((state, problem)) =
        status.publishing.as_ref().and_then(|state| Some((state, worst(&state.diagnostics)?)))
    {
        let tried = state.failed_at.map(|at| format!(", tried {}", time(at))).unwrap_or_default();
        let cause = problem.cause.as_deref().unwrap_or_default();
        writeln!(out, "    {}: {cause}{tried}", problem.message)?;
    }
    if let (files @ 1.., since) = status.unrecorded {
        let since = since.map(|at| format!(", since {}", time(at))).unwrap_or_default();
        let files = counted(files as u64, "file");
        writeln!(
            out,
            "  {files} taken into data/spool and not on record yet{since}: is the disk full? the log says why"
        )?;
    }
    for inbox in &status.inboxes {
        let since = oldest(inbox).map(|at| format!(", since {}", time(at))).unwrap_or_default();
        let why = inbox.nobody_takes.as_ref().map(|why| format!("; nobody takes them: {why}")).unwrap_or_default();
        let Mailbox { owner, partner, folder } = &inbox.mailbox;
        let of = match partner {
            Some(partner) => format!("{owner} for {partner}"),
            None => owner.clone(),
        };
        let of = if inbox.nobody_takes.is_some() { format!("{of} ({})", folder.display()) } else { of };
        writeln!(out, "  {} in the mailbox of {of}{since}{why}", counted(inbox.files as u64, "file"))?;
    }
    Ok(())
}

/// Files of which so many are named.
const UNFINISHED: usize = 5;

/// What was begun and has not been written to for a while: the partner may believe that it was sent.
fn begun(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let out = &mut console.out;
    for Unfinished { owner, name, bytes, written } in status.unfinished.iter().take(UNFINISHED) {
        let bytes = counted(*bytes, "byte");
        let at = Timestamp::try_from(*written).map(|at| format!(", the last at {}", time(at))).unwrap_or_default();
        writeln!(
            out,
            "  {name} of {owner} is not finished, and not taken: {bytes}{at}; ask its sender to finish it or to send it again"
        )?;
    }
    let more = status.unfinished.len().saturating_sub(UNFINISHED);
    if more > 0 {
        writeln!(out, "  and {} more that are not finished", counted(more as u64, "file"))?;
    }
    Ok(())
}

/// When the oldest of files that lie in a mailbox was changed last.
fn oldest(files: &Lying) -> Option<Timestamp> {
    files.oldest.and_then(|oldest| Timestamp::try_from(oldest).ok())
}

fn is_overdue(delivery: &Delivery) -> bool {
    wait(delivery.left_at(), delivery.answer_due, Timestamp::now()) == Wait::Overdue
}

/// What was told to be rejected, and what partners say of what we sent, where that needs somebody.
fn answers(status: &Status, console: &mut Console) -> Result<(), Failure> {
    if !status.rejected.is_empty() {
        writeln!(console.out, "\nRejected by our acknowledgments within the last day")?;
    }
    for NotTaken { partner, count, .. } in &status.rejected {
        let what = counted(count.unsigned_abs(), "document");
        let command = format!("crossdock document list --state rejected --direction in --partner {partner} --since 1d");
        writeln!(console.out, "  {what} of {partner}, who were told: `{command}`")?;
    }
    if !status.not_taken.is_empty() {
        writeln!(console.out, "\nRejected by partners")?;
    }
    for NotTaken { partner, count, oldest } in &status.not_taken {
        let what = counted(count.unsigned_abs(), "document");
        let since = time(*oldest);
        let command = format!("crossdock document list --state rejected --direction out --partner {partner}");
        writeln!(console.out, "  {what} by {partner}, since {since}: `{command}`")?;
    }
    if !status.unanswered.is_empty() {
        writeln!(console.out, "\nNot acknowledged by partners")?;
    }
    for one in &status.unanswered {
        let due = one.answer_due.map(time).unwrap_or_default();
        let when = if is_overdue(one) { format!("overdue since {due}") } else { format!("due at {due}") };
        let number = one.interchange_number.unwrap_or_default();
        writeln!(
            console.out,
            "  interchange {number} to {}, {when}: `crossdock delivery show {}`",
            one.partner, one.id
        )?;
    }
    Ok(())
}

fn failing(status: &Status, console: &mut Console) -> Result<(), Failure> {
    if status.failing.is_empty() {
        return Ok(());
    }
    writeln!(console.out, "\nDeliveries that fail")?;
    for one in &status.failing {
        let why = worst(&one.diagnostics).map(|why| format!(": {}", why.message)).unwrap_or_default();
        let next = match one.state {
            DeliveryState::Held => "held".to_owned(),
            _ => format!("{} so far, next {}", counted(one.attempts.unsigned_abs(), "attempt"), time(one.due_at)),
        };
        let id = one.id;
        writeln!(console.out, "  delivery {id} to {}, {next}{why} (`crossdock delivery show {id}`)", one.partner)?;
    }
    Ok(())
}

/// How visits to partners' servers went, and when the next ones are.
fn visits(status: &Status, console: &mut Console) -> Result<(), Failure> {
    if !status.visits.is_empty() {
        writeln!(console.out, "\nVisits to partners' servers")?;
    }
    for visit in &status.visits {
        writeln!(console.out, "  {}", visit_line(visit))?;
        let problem = visit.state.as_ref().and_then(|state| worst(&state.diagnostics));
        if let Some(problem) = problem {
            writeln!(console.out, "    {}: `crossdock partner test {}`", problem.message, visit.partner)?;
        }
    }
    Ok(())
}

/// Keys by which partners log in, where they end.
fn keys(status: &Status, console: &mut Console) -> Result<(), Failure> {
    if !status.ending_keys.is_empty() {
        writeln!(console.out, "\nKeys of partners")?;
    }
    for EndingKey { partner, name, last_day, has_ended } in &status.ending_keys {
        let when = if *has_ended { "is good no more since the end of" } else { "is good until the end of" };
        let file = format!("partner-profiles/{partner}.toml");
        writeln!(console.out, "  {name} of {partner} {when} {last_day}: `expires` in {file}")?;
    }
    Ok(())
}

/// Banned addresses that are shown.
const BANNED: usize = 10;

/// Who is not listened to after failed logins.
fn banned_ones(bans: &[Ban], console: &mut Console) -> Result<(), Failure> {
    if !bans.is_empty() {
        writeln!(console.out, "\nBanned from the drop box")?;
    }
    for ban in bans.iter().take(BANNED) {
        writeln!(console.out, "  {}: `crossdock ban lift {}`", ban::line(ban), ban.origin)?;
    }
    if bans.len() > BANNED {
        writeln!(console.out, "  and {} more: `crossdock ban list`", bans.len() - BANNED)?;
    }
    Ok(())
}

/// Such as `harbor, /outbound on sftp.harbor.example:22: picked up 2026-11-28 09:00:00, next 2026-11-28 09:01:00`.
fn visit_line(visit: &VisitStatus) -> String {
    let VisitStatus { partner, host, folder, puts, state } = visit;
    let did = if *puts { "put" } else { "looked through" };
    let Some(state) = state else { return format!("{partner}, {folder} on {host}: not {did} yet") };
    let last = state.last_at.map_or_else(|| format!("never {did}"), |at| format!("{did} {}", time(at)));
    let failed = match (state.failures, state.failed_at) {
        (0, _) | (_, None) => String::new(),
        (failures, Some(at)) => format!(", {} since, the last {}", counted(u64::from(failures), "failure"), time(at)),
    };
    let next = match (puts, visit.circuit_is_open()) {
        (_, true) => format!(", closed until {}", time(state.next_at)),
        (true, false) if state.failures == 0 => String::new(),
        _ => format!(", next {}", time(state.next_at)),
    };
    format!("{partner}, {folder} on {host}: {last}{failed}{next}")
}

fn visit_json(visit: &VisitStatus) -> Value {
    let state = visit.state.as_ref();
    json!({
        "partner": visit.partner,
        "host": visit.host,
        "folder": visit.folder,
        "puts": visit.puts,
        "last_at": state.and_then(|state| state.last_at).map(|at| at.to_string()),
        "failed_at": state.and_then(|state| state.failed_at).map(|at| at.to_string()),
        "failures": state.map_or(0, |state| state.failures),
        "next_at": state.map(|state| state.next_at.to_string()),
        "circuit_open": visit.circuit_is_open(),
        "problem": state.and_then(|state| worst(&state.diagnostics)).map(|one| one.code.name()),
    })
}

fn problems(status: &Status, running: bool, console: &mut Console) -> Result<(), Failure> {
    let errors = status.problems.iter().filter(|one| one.severity == Severity::Error).count() as u64;
    let warnings = status.problems.iter().filter(|one| one.severity == Severity::Warning).count() as u64;
    writeln!(console.out, "\nMappings and profiles")?;
    if errors + warnings == 0 && !status.profiles.is_empty() {
        let profiles = counted(status.profiles.len() as u64, "partner profile");
        writeln!(console.out, "  no problems; {profiles} can be used")?;
    }
    if status.profiles.is_empty() {
        let instead = match running {
            true => {
                "the gateway goes on with those that it had before, until it stops; if it had none, orders are held"
            }
            false => "a gateway that starts takes nothing from partners, and holds orders",
        };
        writeln!(console.out, "  no partner profile can be used; {instead}")?;
    }
    if errors + warnings > 0 {
        let has_errors = errors > 0;
        let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
        writeln!(console.out, "  {errors}, {warnings}: `crossdock check`")?;
        if has_errors {
            let instead = match running {
                true => {
                    "the gateway goes on with what was in force before; what had errors at its start is used only as far as it can be"
                }
                false => "a gateway that starts uses what has none; partners whose profiles have some wait",
            };
            writeln!(console.out, "  {instead}")?;
        }
    }
    Ok(())
}

fn as_json(status: &Status, bans: &[Ban], process: Option<&str>) -> Value {
    let states = |list: &[(String, i64)]| -> Value {
        Value::Object(list.iter().map(|(state, count)| (state.clone(), (*count).into())).collect())
    };
    let held = |group: &HeldGroup| {
        json!({
            "kind": group.kind,
            "partner": group.partner,
            "mailbox": group.mailbox,
            "code": group.code,
            "count": group.count,
            "oldest": group.oldest.to_string(),
        })
    };
    let not_taken =
        |one: &NotTaken| json!({ "partner": one.partner, "count": one.count, "oldest": one.oldest.to_string() });
    let counts = &status.counts;
    json!({
        "running": process.is_some(),
        "process": process.and_then(|process| process.parse::<u32>().ok()),
        "payloads": states(&counts.payloads),
        "documents": states(&counts.documents),
        "deliveries": states(&counts.deliveries),
        "oldest_waiting": counts.oldest_waiting.map(|at| at.to_string()),
        "last_event": counts.last_event,
        "events_behind": status.behind,
        "publishing_problem": status.publishing.as_ref().and_then(|state| worst(&state.diagnostics)).map(|one| &one.message),
        "to_fetch": counts.to_fetch.iter().map(not_taken).collect::<Vec<_>>(),
        "held": status.held.iter().map(held).collect::<Vec<_>>(),
        "rejected": status.rejected.iter().map(not_taken).collect::<Vec<_>>(),
        "refused": status.refused,
        "not_taken": status.not_taken.iter().map(not_taken).collect::<Vec<_>>(),
        "unanswered": status.unanswered.iter().map(delivery_json).collect::<Vec<_>>(),
        "failing": status.failing.iter().map(delivery_json).collect::<Vec<_>>(),
        "collecting": status.collecting.iter().map(delivery_json).collect::<Vec<_>>(),
        "paused": status.paused.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        "mailboxes": status.inboxes.iter().map(|one| json!({
            "mailbox": one.mailbox.owner,
            "partner": one.mailbox.partner,
            "nobody_takes": one.nobody_takes,
            "files": one.files,
            "folder": one.mailbox.folder,
            "oldest": oldest(one).map(|at| at.to_string()),
        })).collect::<Vec<_>>(),
        "unfinished": status.unfinished.iter().map(|one| json!({
            "mailbox": one.owner,
            "file_name": one.name,
            "bytes": one.bytes,
            "written": Timestamp::try_from(one.written).ok().map(|at| at.to_string()),
        })).collect::<Vec<_>>(),
        "unrecorded": status.unrecorded.0,
        "without_profile": status.without_profile,
        "visits": status.visits.iter().map(visit_json).collect::<Vec<_>>(),
        "ending_keys": status.ending_keys.iter().map(|one| json!({
            "partner": one.partner,
            "key": one.name,
            "last_day": one.last_day.to_string(),
            "has_ended": one.has_ended,
        })).collect::<Vec<_>>(),
        "banned": bans.iter().map(ban::as_json).collect::<Vec<_>>(),
        "profiles": status.profiles,
        "errors": status.problems.iter().filter(|one| one.severity == Severity::Error).count(),
        "warnings": status.problems.iter().filter(|one| one.severity == Severity::Warning).count(),
    })
}
