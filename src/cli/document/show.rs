//! `crossdock document show`: all that is known of one document.

use std::io::Write;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::columns::Columns;
use crate::cli::operator::{HomeArguments, missing, time};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::cli::rows::{control, document_json, numbers, sent_before_json};
use crate::cli::visible::on_one_line;
use crate::cli::{waits, words};
use crate::diagnostic;
use crate::lifecycle::{AnswerState, DeliveryState, DocumentState};
use crate::operation::{InForce, Kind, Session, entry_of, in_force};
use crate::pipeline::overtaken::against;
use crate::pipeline::publish::file_name;
use crate::store::{Attempt, AuditEntry, Delivery, Document, Event, Publishing, SentBefore};

/// Show what became of a document: where it came from, each attempt, what is wrong with it, what to do
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Its id, as `crossdock document list` shows it
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    home: HomeArguments,
}

const EXAMPLES: &str = "\
Examples:
  crossdock document show 4711
  crossdock document show 4711 --format json | jq .attempts

Exit codes: 0 shown, 1 there is no such document, 2 wrong command line, 3 the store cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let Some(document) = session.store.document(arguments.id).await? else {
            return missing(Kind::Document, arguments.id, console);
        };
        let Some(in_force) = in_force(session, &document).await? else {
            return missing(Kind::Document, arguments.id, console);
        };
        let event = match &document.event {
            Some(id) if document.direction == "in" => session.store.event(id).await?,
            _ => None,
        };
        let delivery = match document.delivery {
            Some(id) => session.store.delivery(id).await?,
            None => None,
        };
        let waits = match (&delivery, &event) {
            (Some(delivery), _) if document.state == DocumentState::Queued => {
                waits::why_it_waits(session, delivery).await?
            }
            (_, Some(event)) => waits::why_event_waits(session, event).await?,
            _ => Vec::new(),
        };
        let stopped_by = match document.state {
            DocumentState::Held | DocumentState::Discarded => {
                session.stopped_by(format!("document {}", arguments.id)).await?
            }
            _ => None,
        };
        let overtaken_by = match document.state {
            DocumentState::Held | DocumentState::Refused | DocumentState::Discarded if document.direction == "out" => {
                session.store.overtaken_by(&document).await?
            }
            DocumentState::Held | DocumentState::Rejected | DocumentState::Discarded
                if document.direction == "in" && document.event.is_none() =>
            {
                let canonical = in_force.attempt.canonical.as_deref();
                let new = Publishing::on_record(&document, canonical, in_force.told().is_some());
                against(&session.store, &new).await?.map(|found| found.document)
            }
            _ => None,
        };
        let numbers = session.store.own_numbers(arguments.id).await?;
        let entry = entry_of(session, &document).await?;
        let before = session.store.sent_before(arguments.id).await?;
        let shown = Shown {
            session,
            document,
            in_force,
            event,
            delivery,
            before,
            waits,
            stopped_by,
            overtaken_by,
            numbers,
            entry,
        };
        match console.format {
            Format::Json => console.json(&shown.json())?,
            Format::Text => shown.text(console)?,
        }
        Ok(Exit::Fine)
    })
}

struct Shown<'a> {
    session: &'a Session,
    document: Document,
    in_force: InForce,
    event: Option<Event>,
    delivery: Option<Delivery>,
    /// In what it stood before it was written anew.
    before: Vec<SentBefore>,
    /// Why its delivery has not left, or its event is not in the ERP's folder.
    waits: Vec<String>,
    /// Who keeps it back.
    stopped_by: Option<AuditEntry>,
    /// What came later of its number, and goes on or went; or what the ERP has that says the same.
    overtaken_by: Option<Document>,
    /// Of sequences, by their names.
    numbers: Vec<(String, u64)>,
    /// The file in which it stands, where the payload is an archive.
    entry: Option<String>,
}

impl Shown<'_> {
    fn text(&self, console: &mut Console) -> Result<(), Failure> {
        let row = &self.document;
        let what = row.canonical_type.as_deref().unwrap_or(&row.document);
        let number =
            row.business_number.as_deref().map(|number| format!(" {}", on_one_line(number))).unwrap_or_default();
        let partner = row.partner.as_deref().unwrap_or("a partner that is not known");
        let way = if row.direction == "in" { "from" } else { "to" };
        let test = if row.lane == "test" { ", a test" } else { "" };
        writeln!(console.out, "Document {}: {what}{number} {way} {partner}{test}\n", row.id)?;
        let mut fact = |name: &str, text: String| writeln!(console.out, "  {name:<10} {}", on_one_line(&text));
        match row.collected_until {
            Some(until) => fact("state", format!("{}: collected with others until {}", row.state.word(), time(until)))?,
            None => {
                fact("state", format!("{}: {}", row.state.word(), words::document(row.state, self.delivery.as_ref())))?
            }
        }
        for (name, text) in self.kept_back() {
            fact(name, text)?;
        }
        let payload = row.payload;
        fact(
            "came",
            format!("{} in {} (payload {payload}, {}. of it)", time(row.received_at), row.file_name, row.position),
        )?;
        if let Some(entry) = &self.entry {
            fact("inside", entry.clone())?;
        }
        fact("document", row.document.clone())?;
        fact("control", format!("{} (interchange/group/transaction set)", control(row)))?;
        if let Some(event) = &self.event {
            fact("event", self.event_said(event))?;
            if row.state != DocumentState::Published {
                fact("the ERP", "has its object under this event, and keeps it".to_owned())?;
            }
            fact("file", self.event_file(event))?;
        } else if let Some(event) = &row.event {
            fact("event", format!("{event}, of the ERP"))?;
        }
        if let Some(told) = self.in_force.told() {
            fact("told", format!("{}: our acknowledgment says that it is rejected", time(told.at)))?;
        }
        if let Some(answer) = row.answer_word(Timestamp::now()) {
            let by = row.answered_by.map(|id| format!(", says document {id}")).unwrap_or_default();
            let due = row.answer_due.filter(|_| row.answered_by.is_none());
            let due = due.map(|due| format!(", expected by {}", time(due))).unwrap_or_default();
            fact("answer", format!("{}{by}{due}", answer.replace('_', " ")))?;
        }
        if let Some(delivery) = &self.delivery {
            let state = delivery.state;
            fact("delivery", format!("{}, {}: {}", delivery.id, state.word(), words::delivery(state)))?;
            if state != DeliveryState::Collecting {
                fact("file", self.delivery_file(delivery))?;
            }
        }
        for why in &self.waits {
            fact("waits", why.clone())?;
        }
        for one in &self.before {
            let said = match (one.answer.filter(|answer| *answer != AnswerState::Waiting), one.answered_by) {
                (Some(answer), Some(by)) => format!(", {}, says document {by}", answer.word().replace('_', " ")),
                _ => String::new(),
            };
            let (attempt, control, state) = (one.attempt, numbers(&one.control_numbers), one.delivery_state.word());
            fact("before", format!("attempt {attempt} as {control} in delivery {}, {state}{said}", one.delivery))?;
        }
        for (sequence, number) in &self.numbers {
            fact("number", format!("{number} of the sequence `{sequence}`"))?;
        }
        writeln!(console.out)?;
        self.attempts().print(&mut console.out)?;
        self.found(console)
    }

    /// The event, and what it takes the place of.
    fn event_said(&self, event: &Event) -> String {
        let replaces = match &event.supersedes {
            Some(id) => format!(", in place of {id}"),
            None if self.document.replaces => {
                ", in place of none: it does not say of which, or none is there".to_owned()
            }
            None => String::new(),
        };
        format!("{} of {}, number {}{replaces}", event.id, time(event.at), event.sequence)
    }

    /// Who keeps it back, and behind what it would go out.
    fn kept_back(&self) -> Vec<(&'static str, String)> {
        let by = self.stopped_by.as_ref().map(|entry| ("by", waits::order(entry)));
        let later = self.overtaken_by.as_ref().map(|later| {
            let (number, state) = (later.business_number.as_deref().unwrap_or_default(), later.state.word());
            let (name, why) = match (later.payload > self.document.payload, self.document.direction.as_str()) {
                (_, "out") => ("later", "it would go out behind that one"),
                (true, _) => ("later", "it would be published behind that one"),
                (false, _) => ("before", "it says the very same"),
            };
            (name, format!("document {} of {number}, {state}: {why}", later.id))
        });
        by.into_iter().chain(later).collect()
    }

    /// What was found, and the commands that go on from there.
    fn found(&self, console: &mut Console) -> Result<(), Failure> {
        let row = &self.document;
        let found = || self.in_force.attempt.diagnostics.iter().chain(&row.answer_diagnostics);
        if found().next().is_some() {
            writeln!(console.out)?;
        }
        for diagnostic in found() {
            write!(console.out, "{}", diagnostic::text::render(diagnostic, console.colour))?;
        }
        let next = self.next();
        if !next.is_empty() {
            writeln!(console.out)?;
        }
        for (what, command) in next {
            writeln!(console.out, "{what}: `{command}`")?;
        }
        Ok(())
    }

    fn next(&self) -> Vec<(&'static str, String)> {
        words::next_for_document(&self.document, self.delivery.as_ref(), self.in_force.attempt.canonical.is_some())
    }

    fn event_file(&self, event: &Event) -> String {
        let folder = self.session.folders.published(&event.lane, &event.canonical_type);
        folder.join(file_name(event)).display().to_string()
    }

    fn delivery_file(&self, delivery: &Delivery) -> String {
        crate::cli::delivery::file(self.session, delivery)
    }

    fn attempts(&self) -> Columns {
        let mut columns = Columns::new(&["attempt", "at (UTC)", "by", "mapping", "version", "found", "why"]);
        for attempt in &self.in_force.attempts {
            let errors = attempt.diagnostics.len().to_string();
            let mapping = attempt.mapping.as_deref().unwrap_or("none");
            let corrected = if attempt.correction.is_some() { " (corrected)" } else { "" };
            let number = format!("{}{corrected}", attempt.number);
            let why = attempt.why.as_deref().unwrap_or_default();
            columns.row([&number, &time(attempt.at), &attempt.by, mapping, &attempt.engine, &errors, why]);
        }
        columns
    }

    fn json(&self) -> Value {
        let mut out = document_json(&self.document);
        let attempt = |one: &Attempt| {
            json!({
                "number": one.number,
                "at": one.at.to_string(),
                "by": one.by,
                "why": one.why,
                "engine": one.engine,
                "mapping": one.mapping,
                "mapping_sha256": one.plan.as_deref().map(crate::pipeline::hexadecimal),
                "corrected": one.correction.is_some(),
                "diagnostics": one.diagnostics.iter().map(diagnostic::json::render).collect::<Vec<_>>(),
            })
        };
        let said = &self.document.answer_diagnostics;
        out["numbers"] = self.numbers.iter().map(|(sequence, number)| (sequence.clone(), json!(number))).collect();
        out["answer_diagnostics"] = said.iter().map(diagnostic::json::render).collect();
        out["sent_before"] = self.before.iter().map(sent_before_json).collect();
        out["waits"] = self.waits.clone().into();
        out["stopped_by"] = self.stopped_by.as_ref().map(waits::order).into();
        out["overtaken_by"] = self.overtaken_by.as_ref().map(|later| later.id).into();
        out["told_at"] = self.in_force.told().map(|told| told.at.to_string()).into();
        out["attempts"] = self.in_force.attempts.iter().map(attempt).collect();
        out["event_file"] = self.event.as_ref().map(|event| self.event_file(event)).into();
        out["supersedes"] = self.event.as_ref().and_then(|event| event.supersedes.clone()).into();
        out["delivery_file"] = self.delivery.as_ref().map(|delivery| self.delivery_file(delivery)).into();
        let next = self.next();
        out["commands"] = next.into_iter().map(|(_, command)| command).collect();
        out
    }
}
