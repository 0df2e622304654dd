//! `crossdock backup`: a copy of the home, from which a gateway goes on.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::operator::{HomeArguments, counted, time};
use super::output::{Console, Exit, Failure, Format};
use super::progress::{Reached, size};
use crate::operation::{Backup, BackupError, backup};

/// Copy the home with its record, beside a gateway that runs or without one
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct Arguments {
    /// The folder to be made, on another disk than the home
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    #[command(flatten)]
    home: HomeArguments,
}

const MORE: &str = "\
The copy is a home itself, as of one moment: `crossdock serve --home FOLDER` goes on from it. Before that, read docs/OPERATING.md, \
\"Backup\": what came and went since is not in it. It holds keys and secrets as the home does.

Examples:
  crossdock backup /backup/crossdock-2026-11-29
  crossdock backup /backup/new --home /srv/crossdock --format json

Exit codes: 0 copied, 1 copied but for what cannot be read, 2 wrong command line, 3 there is no copy.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        // That it cannot be told is no reason to stop.
        let told = |bytes| drop(console.reached(Reached { bytes, total: None, sets: None }));
        let made = backup(session, &arguments.to, told).await?;
        let to = arguments.to.display().to_string();
        match console.format {
            Format::Json => console.json(&as_json(&made, &to))?,
            Format::Text => text(&made, &to, console)?,
        }
        Ok(if made.lost.is_empty() { Exit::Fine } else { Exit::Problems })
    })
}

fn text(made: &Backup, to: &str, console: &mut Console) -> Result<(), Failure> {
    let out = &mut console.out;
    writeln!(out, "{to} is a copy of the home as of {}:", time(made.at))?;
    writeln!(
        out,
        "  the record, {}: {}, {}, {}",
        size(made.record_bytes as f64),
        counted(made.payloads, "payload"),
        counted(made.documents, "document"),
        counted(made.deliveries, "delivery")
    )?;
    writeln!(out, "  {} beside it, {}", counted(made.files, "file"), size(made.bytes as f64))?;
    writeln!(
        out,
        "In it all partners are paused. Before a gateway starts from it, read docs/OPERATING.md, \"Backup\"."
    )?;
    for lost in &made.lost {
        let content = lost.content.map(|id| format!(" (content {id} of the record)")).unwrap_or_default();
        writeln!(out, "  not in it: {}{content}: {}", lost.file.display(), lost.why)?;
    }
    if !made.lost.is_empty() {
        writeln!(out, "What cannot be read in the home is not in the copy either; look for it in an older one.")?;
    }
    Ok(())
}

fn as_json(made: &Backup, to: &str) -> serde_json::Value {
    let lost = |one: &crate::operation::Lost| json!({"file": one.file, "content": one.content, "why": one.why});
    json!({
        "folder": to,
        "at": made.at.to_string(),
        "record": {
            "bytes": made.record_bytes,
            "payloads": made.payloads,
            "documents": made.documents,
            "deliveries": made.deliveries,
        },
        "files": made.files,
        "bytes": made.bytes,
        "lost": made.lost.iter().map(lost).collect::<Vec<_>>(),
    })
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Failure::Operation { message: error.message, cause: error.cause, remedy: error.remedy }
    }
}
