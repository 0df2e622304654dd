//! `crossdock delivery show`: all that is known of one delivery.

use std::io::Write;

use clap::Args;

use crate::cli::operator::{HomeArguments, counted, missing, time};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::cli::visible::on_one_line;
use crate::cli::{rows, waits, words};
use crate::diagnostic;
use crate::lifecycle::DeliveryState;
use crate::operation::{Kind, Session, Thing};
use crate::pipeline::deliver::{Target, target};
use crate::store::{Delivery, Filter, Window};
use crate::transport::sftp::client::join;

/// Show what became of a delivery: its documents, its file, why it fails
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Its id, as `crossdock delivery list` shows it
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock delivery show 8812
  crossdock delivery show 8812 --format json | jq -r .file

Exit codes: 0 shown, 1 there is no such delivery, 2 wrong command line, 3 the store cannot be read.";

/// Documents shown with a delivery.
const DOCUMENTS: u32 = 50;

/// Where the file of a delivery lies, or is to lie.
pub(in crate::cli) fn file(session: &Session, delivery: &Delivery) -> String {
    let Delivery { partner, kind, file_name, .. } = delivery;
    let edition = session.pipeline().edition();
    match target(session.pipeline(), edition.profile(partner), partner, kind) {
        Target::Server(_, sftp, push) => format!("{} on {}", join(&push.folder, file_name), sftp.host),
        Target::Folder(folder) => folder.join(file_name).display().to_string(),
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let id = arguments.id;
        let Some(delivery) = session.store.delivery(id).await? else { return missing(Kind::Delivery, id, console) };
        let filter = Filter { delivery: Some(id), ..Filter::default() };
        let documents = session.store.documents(&filter, Window::first(DOCUMENTS)).await?;
        let file = file(session, &delivery);
        let waits = waits::why_it_waits(session, &delivery).await?;
        let anew = session.store.written_anew(id).await?;
        if console.format == Format::Json {
            let mut out = rows::delivery_json(&delivery);
            out["waits"] = waits.into();
            out["file"] = Some(file).filter(|_| delivery.state != DeliveryState::Collecting).into();
            out["diagnostics"] = delivery.diagnostics.iter().map(diagnostic::json::render).collect();
            out["documents"] = documents.iter().map(rows::document_json).collect();
            out["written_anew"] = anew.iter().map(rows::sent_before_json).collect();
            console.json(&out)?;
            return Ok(Exit::Fine);
        }
        text(&delivery, &file, console)?;
        for why in waits {
            writeln!(console.out, "  {:<10} {why}", "waits")?;
        }
        for one in &anew {
            let (document, control) = (one.document, rows::numbers(&one.control_numbers));
            let now = one.now.map(|now| format!(": it stands in delivery {now}")).unwrap_or_default();
            writeln!(
                console.out,
                "  {:<10} document {document}, which was {control} here, was written anew{now}",
                "before"
            )?;
        }
        let documents: Vec<Thing> = documents.into_iter().map(|row| Thing::Document(Box::new(row))).collect();
        if let Some(table) = rows::table(&documents) {
            writeln!(console.out)?;
            table.print(&mut console.out)?;
        }
        if !delivery.diagnostics.is_empty() {
            writeln!(console.out)?;
        }
        for diagnostic in &delivery.diagnostics {
            write!(console.out, "{}", diagnostic::text::render(diagnostic, console.colour))?;
        }
        let what = match delivery.state {
            DeliveryState::Collecting => "let it go out now, with what it has",
            DeliveryState::Waiting | DeliveryState::Held => "try it now",
            DeliveryState::Placed => "put it there again, should it be gone",
            DeliveryState::Delivered => "send the same file again",
            DeliveryState::Discarded => return Ok(Exit::Fine),
        };
        writeln!(console.out, "\n{what}: `crossdock delivery retry {id}`")?;
        Ok(Exit::Fine)
    })
}

fn text(row: &Delivery, file: &str, console: &mut Console) -> Result<(), Failure> {
    let what = match row.kind.as_str() {
        _ if row.state == DeliveryState::Collecting => "documents that are collected for",
        "refusal" => "a refused object back to",
        "acknowledgment" => "an acknowledgment to",
        "report" => "a report on what was rejected to",
        _ => "an interchange to",
    };
    writeln!(console.out, "Delivery {}: {what} {}\n", row.id, row.partner)?;
    let mut fact = |name: &str, text: String| writeln!(console.out, "  {name:<10} {}", on_one_line(&text));
    fact("state", format!("{}: {}", row.state.word(), words::delivery(row.state)))?;
    fact("made", format!("{}, for payload {}", time(row.created_at), row.payload))?;
    if let Some(number) = row.interchange_number {
        fact("control", format!("interchange {number}"))?;
    }
    if let Some(collects) = &row.collects {
        let (count, bytes) = (counted(row.collected.unsigned_abs(), "document"), row.collected_bytes);
        fact("collects", format!("{collects}: {count} so far, {bytes} bytes"))?;
    }
    if row.state == DeliveryState::Collecting {
        return Ok(fact("goes out", format!("{} at the latest", time(row.due_at)))?);
    }
    fact("file", file.to_owned())?;
    if let Some(answer) = row.answer_word() {
        let due = row.answer_due.map(|due| format!(", expected by {}", time(due))).unwrap_or_default();
        fact("answer", format!("{}{due}", answer.replace('_', " ")))?;
    }
    if let Some(answer) = &row.interchange_answer {
        fact("TA1", answer.clone())?;
    }
    fact("attempts", row.attempts.to_string())?;
    match (row.delivered_at, row.state) {
        (Some(at), _) => fact("delivered", time(at))?,
        (None, DeliveryState::Placed) => {}
        (None, _) => fact("next", time(row.due_at))?,
    }
    Ok(())
}
