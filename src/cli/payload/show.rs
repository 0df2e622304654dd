//! `crossdock payload show`: all that is known of one payload.

use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::cli::operator::{HomeArguments, counted, missing, time};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::cli::visible::on_one_line;
use crate::cli::{rows, words};
use crate::diagnostic;
use crate::operation::{Kind, Thing};
use crate::pipeline::{ERP, hexadecimal};
use crate::store::{Document, Filter, Payload, Window};

/// Show what became of a payload: its documents, what is wrong with it, what to do
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Its id, as `crossdock payload list` shows it
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock payload show 4711
  crossdock payload show 4711 --format json | jq .diagnostics

Exit codes: 0 shown, 1 there is no such payload, 2 wrong command line, 3 the store cannot be read.";

/// Sender and number of an interchange, and the other payload with which that number was taken.
type Read = (String, String, Option<i64>);

/// Interchanges shown with a payload of which they did not go on.
const INTERCHANGES: u32 = 20;
/// Documents shown with a payload.
const DOCUMENTS: u32 = 50;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let Some(payload) = session.store.payload(arguments.id).await? else {
            return missing(Kind::Payload, arguments.id, console);
        };
        let filter = Filter { payload: Some(payload.id), ..Filter::default() };
        let documents = session.store.documents(&filter, Window::first(DOCUMENTS)).await?;
        let read = session.store.interchanges_read(payload.id, INTERCHANGES).await?;
        match console.format {
            Format::Text => text(&payload, &read, documents, console)?,
            Format::Json => {
                let mut out = rows::payload_json(&payload);
                let named = |(sender, number, taken): &Read| json!({ "sender": sender, "control_number": number, "taken_with": taken });
                out["interchanges_not_taken"] = read.iter().map(named).collect();
                out["diagnostics"] = payload.diagnostics.iter().map(diagnostic::json::render).collect();
                out["first_documents"] = documents.iter().map(rows::document_json).collect();
                out["commands"] = words::next_for_payload(&payload).into_iter().map(|(_, command)| command).collect();
                console.json(&out)?;
            }
        }
        Ok(Exit::Fine)
    })
}

fn text(row: &Payload, read: &[Read], documents: Vec<Document>, console: &mut Console) -> Result<(), Failure> {
    let from = if row.mailbox == ERP { "the ERP" } else { row.mailbox.as_str() };
    writeln!(console.out, "Payload {}: {} from {from}\n", row.id, on_one_line(&row.file_name))?;
    let mut fact = |name: &str, text: String| writeln!(console.out, "  {name:<10} {}", on_one_line(&text));
    fact("state", format!("{}: {}", row.state.word(), words::payload(row.state)))?;
    fact("received", time(row.received_at))?;
    if let Some(partner) = row.partner.as_deref().filter(|partner| *partner != row.mailbox) {
        fact("partner", partner.to_owned())?;
    }
    fact("content", format!("{}, SHA-256 {}", counted(row.bytes, "byte"), hexadecimal(&row.sha256)))?;
    for (sender, number, taken) in read {
        let from = if sender.is_empty() { String::new() } else { format!(" from {sender}") };
        let taken = taken.map(|payload| format!(", taken with payload {payload}")).unwrap_or_default();
        fact("control", format!("interchange {number}{from}{taken}"))?;
    }
    if let Some(earlier) = row.duplicate_of {
        fact("duplicate", format!("of payload {earlier}"))?;
    }
    fact("documents", row.documents.to_string())?;
    let shown = documents.len();
    let documents: Vec<Thing> = documents.into_iter().map(|row| Thing::Document(Box::new(row))).collect();
    if let Some(table) = rows::table(&documents) {
        writeln!(console.out)?;
        table.print(&mut console.out)?;
    }
    if row.documents > shown as i64 {
        let id = row.id;
        writeln!(console.out, "and {} more: `crossdock document list --payload {id}`", row.documents - shown as i64)?;
    }
    if !row.diagnostics.is_empty() {
        writeln!(console.out)?;
    }
    for diagnostic in &row.diagnostics {
        write!(console.out, "{}", diagnostic::text::render(diagnostic, console.colour))?;
    }
    writeln!(console.out)?;
    for (what, command) in words::next_for_payload(row) {
        writeln!(console.out, "{what}: `{command}`")?;
    }
    Ok(())
}
