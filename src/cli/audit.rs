//! `crossdock audit`: who changed what, when and why.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::columns::Columns;
use super::filter::{known_partner, moment};
use super::list::PageArguments;
use super::operator::{HomeArguments, time};
use super::output::{Console, Exit, Failure, Format};
use crate::pipeline::OVER_SFTP;
use crate::store::AuditFilter;

/// Show who changed what by a command, when and why, newest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Show what partners did in the drop box instead, and who wanted to log in
    #[arg(long)]
    sftp: bool,
    /// Of the document with this id
    #[arg(long, value_name = "ID", group = "subject")]
    document: Option<i64>,
    /// Of the payload with this id
    #[arg(long, value_name = "ID", group = "subject")]
    payload: Option<i64>,
    /// Of the delivery with this id
    #[arg(long, value_name = "ID", group = "subject")]
    delivery: Option<i64>,
    /// Of this partner, its documents, payloads, deliveries and sequences
    #[arg(long, value_name = "NAME", conflicts_with = "sftp")]
    partner: Option<String>,
    /// By this user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Done at this time or later: `2026-11-20`, `2026-11-20T09:30:00Z`, or so long ago: `30m`, `2h`, `3d`
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Done before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    #[command(flatten)]
    paging: PageArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock audit
  crossdock audit --sftp                           logins, uploads, downloads, renames, removals
  crossdock audit --document 4711
  crossdock audit --partner harbor --since 2d --format json

Exit codes: 0 shown, 2 wrong command line, 3 the store cannot be read.";

impl Arguments {
    fn filter(&self) -> AuditFilter {
        let Self { sftp, partner, user, since, until, .. } = self;
        let subject = [("document", self.document), ("payload", self.payload), ("delivery", self.delivery)];
        AuditFilter {
            begin: OVER_SFTP.to_owned(),
            others: !sftp,
            subject: subject.into_iter().find_map(|(kind, id)| Some(format!("{kind} {}", id?))),
            partner: partner.clone(),
            by: user.as_ref().map(|user| if *sftp { format!("{OVER_SFTP}{user}") } else { user.clone() }),
            since: *since,
            until: *until,
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let PageArguments { limit, after } = arguments.paging;
        if let Some(partner) = &arguments.partner {
            known_partner(session, partner).await?;
        }
        let filter = arguments.filter();
        let entries = session.store.audit(&filter, after, limit).await?;
        let all = AuditFilter { begin: filter.begin.clone(), others: filter.others, ..AuditFilter::default() };
        let nothing = match (filter == all, arguments.sftp) {
            (false, _) => "there is nothing like that on record",
            (true, true) => "nobody has used the drop box yet",
            (true, false) => "no command has changed anything yet",
        };
        let mut columns = Columns::new(&["id", "at (UTC)", "by", "command", "of", "why"]);
        for entry in &entries {
            if console.format == Format::Json {
                console.json(&json!({
                    "id": entry.id,
                    "at": entry.at.to_string(),
                    "by": entry.by,
                    "command": entry.command,
                    "subject": entry.subject,
                    "why": entry.why,
                }))?;
                continue;
            }
            let why = entry.why.as_deref().unwrap_or_default();
            columns.row([&entry.id.to_string(), &time(entry.at), &entry.by, &entry.command, &entry.subject, why]);
        }
        match (entries.is_empty(), console.format) {
            (true, Format::Text) => console.remark(nothing)?,
            (false, Format::Text) => columns.print(&mut console.out)?,
            _ => {}
        }
        arguments.paging.more(entries.len(), entries.last().map(|entry| entry.id), console)?;
        Ok(Exit::Fine)
    })
}
