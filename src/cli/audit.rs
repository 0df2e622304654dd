//! `crossdock audit`: who changed what, when and why.

use clap::Args;
use serde_json::json;

use super::columns::Columns;
use super::list::PageArguments;
use super::operator::{HomeArguments, time};
use super::output::{Console, Exit, Failure, Format};
use crate::pipeline::OVER_SFTP;

/// Show who changed what by a command, when and why, newest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Show what partners did in the drop box instead, and who wanted to log in
    #[arg(long)]
    sftp: bool,
    #[command(flatten)]
    paging: PageArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock audit
  crossdock audit --sftp                           logins, uploads, downloads, renames, removals
  crossdock audit --limit 1000 --format json | jq 'select(.subject == \"document 4711\")'

Exit codes: 0 shown, 2 wrong command line, 3 the store cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let PageArguments { limit, after } = arguments.paging;
        let entries = session.store.audit(after, limit, OVER_SFTP, !arguments.sftp).await?;
        let nothing =
            if arguments.sftp { "nobody has used the drop box yet" } else { "no command has changed anything yet" };
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
