//! `crossdock submit`: a file of the ERP, recorded and worked on at once.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::filter::known_partner;
use super::input::Feed;
use super::operator::{HomeArguments, WhyArguments, counted, time};
use super::output::{Console, Exit, Failure, Format};
use super::rows::document_json;
use super::visible::on_one_line;
use crate::diagnostic::{self, Severity, codes};
use crate::gateway::HomeLock;
use crate::lifecycle::{DeliveryState, DocumentState, PayloadState};
use crate::operation::{Session, in_force, submit};
use crate::store::{Delivery, Document, Filter, Window};

/// Hand objects of the ERP to the gateway, and see what becomes of each
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// JSON file with an object, an array of objects, or one object a line; or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Short name of the partner that gets the objects; one that names another is refused
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const LONG: &str = "\
Hands objects of the ERP to the gateway, as a file dropped into data/erp/submitted does, and works on them at once: each is \
checked, written by the partner's mapping, put into an interchange and queued for its delivery, or refused with the reasons. \
A gateway that runs does that, by the mappings and profiles that it has in force, and delivers what is queued within a second; \
else the command does it, and the next start delivers.";

const EXAMPLES: &str = "\
Examples:
  crossdock submit order.json
  crossdock submit orders.jsonl --partner harbor
  jq .order today.json | crossdock submit - --partner harbor --format json

Exit codes: 0 all is queued, 1 some was refused or is held, 2 wrong command line, 3 the operation failed.";

/// Objects looked up at a time.
const PAGE: u32 = 200;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let name = match arguments.file.as_str() {
        "-" => "standard-input.json".to_owned(),
        file => {
            let name = std::path::Path::new(file).file_name();
            name.map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
        }
    };
    arguments.home.open(async |session| {
        if let Some(partner) = &arguments.partner {
            known_partner(session, partner).await?;
        }
        let bytes = Feed::open(&arguments.file)?.rest()?;
        let audit = session.audit("submit", arguments.why.why.as_deref());
        let gateway_runs = || HomeLock::holder(&session.folders.data()).is_some();
        let payload = submit(session, name.clone(), bytes, arguments.partner.clone(), audit, gateway_runs).await?;
        for diagnostic in &payload.diagnostics {
            console.result(diagnostic)?;
        }
        let mut refused = payload.diagnostics.iter().any(|one| one.severity == Severity::Error);
        refused |= payload.state != PayloadState::Translated;
        let (mut window, mut nothing) = (Window::first(PAGE), false);
        let filter = Filter { payload: Some(payload.id), ..Filter::default() };
        loop {
            let documents = session.store.documents(&filter, window).await?;
            for document in &documents {
                refused |= matches!(document.state, DocumentState::Refused | DocumentState::Held);
                nothing |= document.problem.as_ref().is_some_and(|problem| problem.code == codes::SUBMISSION_EMPTY);
                tell(session, document, console).await?;
            }
            match documents.last() {
                Some(last) if documents.len() == PAGE as usize => window.behind = Some(last.id),
                _ => break,
            }
        }
        // What goes back of an empty one is no object.
        let (id, count) = (payload.id, if nothing { 0 } else { payload.documents.unsigned_abs() });
        match console.format {
            Format::Json => console
                .json(&json!({ "summary": { "payload": id, "state": payload.state.word(), "documents": count } }))?,
            Format::Text => writeln!(console.out, "payload {id}: {} of {name}", counted(count, "object"))?,
        }
        Ok(if refused { Exit::Problems } else { Exit::Fine })
    })
}

/// What became of one object.
async fn tell(session: &Session, row: &Document, console: &mut Console) -> Result<(), Failure> {
    let refused = row.state == DocumentState::Refused;
    let found = in_force(session, row).await?.map(|found| found.attempt.diagnostics).unwrap_or_default();
    let delivery = match row.delivery.filter(|_| !refused) {
        Some(id) => session.store.delivery(id).await?,
        None => None,
    };
    if console.format == Format::Json {
        let mut out = document_json(row);
        out["diagnostics"] = found.iter().map(diagnostic::json::render).collect();
        out["delivery_file_name"] = delivery.map(|delivery| delivery.file_name).into();
        return Ok(console.json(&out)?);
    }
    let what = row.canonical_type.as_deref().unwrap_or("object");
    let number = row.business_number.as_deref().map(|number| format!(" {}", on_one_line(number))).unwrap_or_default();
    let to = row.partner.as_deref().map(|partner| format!(" to {partner}")).unwrap_or_default();
    let state = row.state.word();
    match delivery {
        Some(Delivery { id, state: DeliveryState::Collecting, due_at, collected, .. }) => {
            let (count, until) = (counted(collected.unsigned_abs(), "document"), time(due_at));
            writeln!(
                console.out,
                "document {}: {what}{number}{to} is {state}, collected until {until} (delivery {id}, {count} so far)",
                row.id
            )?;
        }
        Some(delivery) => {
            let (file, number_given) = (&delivery.file_name, delivery.interchange_number.unwrap_or_default());
            writeln!(
                console.out,
                "document {}: {what}{number}{to} is {state}, interchange {number_given}, {file} (delivery {})",
                row.id, delivery.id
            )?;
        }
        None => writeln!(console.out, "document {}: {what}{number}{to} is {state}", row.id)?,
    }
    for diagnostic in &found {
        console.result(diagnostic)?;
    }
    Ok(())
}
