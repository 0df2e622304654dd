//! `crossdock mapping backtest`: a change tried on the payloads on record, before it goes live.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::trial::{ChangeArguments, Trying};
use super::{differences, replace};
use crate::cli::filter::moment;
use crate::cli::input::unreadable;
use crate::cli::operator::{HomeArguments, WhyArguments, counted, time};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::comparison::{Approved, Class, Heading, class_json, page};
use crate::operation::Tried;

/// Try a change on the payloads on record, and tell what would become of each document
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    #[command(flatten)]
    change: ChangeArguments,
    /// Only payloads received before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Only of the partner with this short name
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Only this transaction set or canonical object: `945`, `shipment`
    #[arg(long, value_name = "TYPE")]
    document: Option<String>,
    /// Write the result as a page, too: one file that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Keep every class that is told as approved, in mappings/approved.toml of the change's folder, else of the home
    #[arg(long)]
    approve: bool,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const LONG: &str = "\
Translates the payloads on record by the files in force and by the same files with a change laid over them, and tells by \
partner and document what would change: fields, with place and mapping line on both sides; diagnostics; documents that \
would newly fail or pass. What the ERP submitted is written both ways and compared by segment and element.

Differences are gathered into classes: the same field, the same kind of change, by the same two lines of the mappings; of \
each, how many there are and the first one. Nothing is changed in the record, and the gateway may run. Payloads are taken \
as they came, without what people corrected in them; duplicates are left out.

`--approve` keeps the classes: `crossdock check --approved` then refuses a change that makes others.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping backtest --with ../branch                  a folder with mappings/ and partner-profiles/
  crossdock mapping backtest --with harbor/945=new-945.toml --since 90d --partner harbor
  crossdock mapping backtest --with ../branch/mappings/tables/common.toml --html changes.html
  crossdock mapping backtest --with ../branch --approve --why 'lot numbers moved to N9*LT, agreed on 11-20'
  crossdock mapping backtest --with ../branch --format json | jq 'select(.class)'

With `--format json` each class is an object on a line of its own, and the last line is `{\"summary\": ...}`.

Exit codes: 0 no difference, or all are approved, 1 there are others, or the change has errors, 2 wrong command line, 3 the \
operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Arguments { change, partner, document, until, .. } = arguments;
    let home = &arguments.home;
    let Some(trying) = Trying::open(&home.home, change, console)? else { return Ok(Exit::Problems) };
    let trial = trying.trial(change.since(), *until, partner.clone(), document.clone())?;
    home.open(async |session| {
        let (tried, classes) = trying.run(session, &trial, console).await?;
        match console.format {
            Format::Text => text(&tried, &classes, change, console)?,
            Format::Json => lines(&tried, &classes, console)?,
        }
        if let Some(file) = &arguments.html {
            let heading = heading(&tried, &classes, change);
            fs::write(file, page(&heading, &classes)).map_err(|error| unwritten(file, &error))?;
        }
        let open: Vec<&Class> = classes.iter().filter(|class| class.approved.is_none()).collect();
        if arguments.approve && !open.is_empty() {
            let file = trying.approved_file();
            let before = match fs::read_to_string(&file) {
                Ok(text) => text,
                Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
                Err(error) => return Err(unreadable(&file.display().to_string(), &error)),
            };
            let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let count = counted_classes(open.len());
            let text = Approved::added(&before, open, &session.who, &now, arguments.why.why.as_deref());
            replace(&file, &text)?;
            console.remark(&format!("{count} kept as approved in {}", file.display()))?;
            return Ok(ending(&tried, 0));
        }
        Ok(ending(&tried, open.len()))
    })
}

/// What could not be looked at is no reason to say that all is well.
fn ending(tried: &Tried, open: usize) -> Exit {
    if open == 0 && tried.unreadable.is_empty() && tried.classes.left_out == 0 { Exit::Fine } else { Exit::Problems }
}

fn counted_classes(count: usize) -> String {
    if count == 1 { "1 class".to_owned() } else { format!("{count} classes") }
}

fn unwritten(file: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot write {}", file.display());
    Failure::operation(
        message,
        error,
        "check that its folder is there, that you may write there, and that there is room",
    )
}

/// What was tried, a sentence each.
fn said(tried: &Tried, classes: &[Class], change: &ChangeArguments) -> Vec<String> {
    let (all, differing) = tried.totals();
    let since = time(change.since());
    let mut said = vec![
        format!("Tried: {}", change.names()),
        format!("On: {} with {}, received since {since}", counted(tried.payloads, "payload"), counted(all, "document")),
    ];
    said.push(match differing {
        0 if all == 0 => "No document was tried: none on record fits".to_owned(),
        0 => "No document would differ".to_owned(),
        _ => format!("{} would differ, in {}", counted(differing, "document"), counted_classes(classes.len())),
    });
    if tried.classes.left_out > 0 {
        said.push(format!("{} of further classes are not shown", counted(tried.classes.left_out, "difference")));
    }
    said.extend(tried.unreadable.iter().map(|(id, why)| format!("Payload {id} could not be looked at: {why}")));
    said
}

fn heading(tried: &Tried, classes: &[Class], change: &ChangeArguments) -> Heading {
    Heading { title: "What the change would do".to_owned(), said: said(tried, classes, change) }
}

fn text(tried: &Tried, classes: &[Class], change: &ChangeArguments, console: &mut Console) -> Result<(), Failure> {
    let out = &mut console.out;
    said(tried, classes, change).iter().try_for_each(|sentence| writeln!(out, "{sentence}"))?;
    for ((partner, document), (all, differing)) in &tried.documents {
        let name = if partner.is_empty() { "no partner known" } else { partner };
        let told = match document.as_str() {
            "envelope" => "what stands around the documents".to_owned(),
            _ => format!("{differing} of {} would differ", counted(*all, "document")),
        };
        writeln!(out, "\n{name}, {document}: {told}")?;
        let own = |class: &&Class| class.key.document == *document && class.key.partner == *partner;
        classes.iter().filter(own).try_for_each(|class| differences::class(class, out))?;
    }
    Ok(())
}

fn lines(tried: &Tried, classes: &[Class], console: &mut Console) -> Result<(), Failure> {
    classes.iter().try_for_each(|class| console.json(&json!({ "class": class_json(class) })))?;
    let (all, differing) = tried.totals();
    let of = |((partner, document), (all, differing)): (&(String, String), &(u64, u64))| json!({ "partner": partner, "document": document, "documents": all, "differing": differing });
    let unreadable = |(id, why): &(i64, String)| json!({ "payload": id, "why": why });
    let summary = json!({
        "payloads": tried.payloads,
        "documents": all,
        "differing": differing,
        "classes": classes.len(),
        "not_approved": classes.iter().filter(|class| class.approved.is_none()).count(),
        "left_out": tried.classes.left_out,
        "by_document": tried.documents.iter().map(of).collect::<Vec<Value>>(),
        "unreadable": tried.unreadable.iter().map(unreadable).collect::<Vec<Value>>(),
    });
    Ok(console.json(&json!({ "summary": summary }))?)
}
