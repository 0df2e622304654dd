//! `crossdock mapping explain`: each canonical value with the bytes and the mapping line it came from.

use std::io::Write;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::canonical::without_numbers;
use crate::cli::columns::Columns;
use crate::cli::documents::{DocumentArguments, Mapped};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::PayloadPlace;
use crate::mapping::{Explained, ExplainedSource, Made, SourcePart, explain};
use crate::x12::place::Part;

/// Tell of each canonical value the bytes and the mapping line it came from
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    #[command(flatten)]
    documents: DocumentArguments,
    /// Only fields whose path begins with this, or where none does, has it in it: `packages[2]`, `lines.lot`, `lot`
    #[arg(long, value_name = "TEXT")]
    field: Option<String>,
}

const LONG: &str = "\
Tells of each value of the canonical objects in a partner's file where it came from: the element, its text there, the \
segment's position in the transaction set (ST is 1), the byte in the file (the first is 0), and the mapping's line.

A value that the document does not have is said to be a constant or a default of the mapping. Where several elements \
made a value (a date with its time, a qualifier that chose it), each stands on a line of its own. A transaction set with \
errors is shown as far as it could be read.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping explain shipments.edi
  crossdock mapping explain shipments.edi --set 0003 --field lot
  crossdock mapping explain shipments.edi --mapping harbor/945
  crossdock mapping explain shipments.edi --format json | jq -r 'select(.made == \"default\") | .field'

With `--format json` each value is an object on a line of its own.

Exit codes: 0 no errors, 1 errors in the data, 2 wrong command line, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let mut begun = false;
    let tally = arguments.documents.each(console, None, |console, mapped| {
        let mut values = explain(mapped.plan, mapped.tree(), mapped.bytes, mapped.inbound.object());
        if let Some(wanted) = &arguments.field {
            only(wanted, &mut values);
        }
        if console.format == Format::Json {
            for value in &values {
                console.json(&line(mapped, value))?;
            }
            return Ok(());
        }
        if std::mem::replace(&mut begun, true) {
            writeln!(console.out)?;
        }
        writeln!(console.out, "{}", mapped.title())?;
        if !mapped.document.good {
            writeln!(console.out, "It has errors and is not translated; this is what could be read.")?;
        }
        writeln!(console.out)?;
        if let (Some(wanted), true) = (&arguments.field, values.is_empty()) {
            return Ok(writeln!(console.out, "no value of it has `{wanted}` in its field")?);
        }
        Ok(table(mapped, &values).print(&mut console.out)?)
    })?;
    if tally.exit() != Exit::Fine {
        console.remark(&tally.summary())?;
    }
    Ok(tally.exit())
}

/// Keeps the values whose field begins with `wanted`, or has it in it where none begins so; the numbers of entries may be
/// left out.
fn only(wanted: &str, values: &mut Vec<Explained>) {
    let path = |value: &Explained| match wanted.contains('[') {
        true => value.path.clone(),
        false => without_numbers(&value.path),
    };
    let begins = values.iter().any(|value| path(value).starts_with(wanted));
    values.retain(|value| if begins { path(value).starts_with(wanted) } else { path(value).contains(wanted) });
}

fn table(mapped: &Mapped<'_>, values: &[Explained]) -> Columns {
    let mut columns = Columns::new(&["field", "value", "from", "text", "segment", "byte", "mapping"]);
    for value in values {
        let line = mapping_line(value);
        let shown = shown(value);
        let Some((first, more)) = value.sources.split_first() else {
            columns.row([&value.path, &shown, without_place(&value.made), "", "", "", &line]);
            continue;
        };
        let [from, text, segment, byte] = cells(mapped, first);
        columns.row([&value.path, &shown, &from, &text, &segment, &byte, &line]);
        for source in more {
            let [from, text, segment, byte] = cells(mapped, source);
            columns.row(["", "", &from, &text, &segment, &byte, ""]);
        }
    }
    columns
}

/// Element, text, segment and byte of a source.
fn cells(mapped: &Mapped<'_>, source: &ExplainedSource) -> [String; 4] {
    let (place, text) = place(mapped, source);
    let part = match source.part {
        SourcePart::Value => "",
        SourcePart::Also => "with ",
        SourcePart::Qualifier => "under ",
        SourcePart::Again => "again in ",
    };
    let segment = place.segment_position.map(|position| position.to_string()).unwrap_or_default();
    [format!("{part}{}{}", place.designator(), source.filter), text, segment, place.bytes.start.to_string()]
}

fn place(mapped: &Mapped<'_>, source: &ExplainedSource) -> (PayloadPlace, String) {
    mapped.source(source.element, Part::of(source.repetition, source.component))
}

/// What stands in the place of an element where the document has none.
fn without_place(made: &Made) -> &'static str {
    match made {
        Made::Constant => "(constant)",
        Made::Default => "(default)",
        Made::FixedUnit => "(fixed unit)",
        Made::Read | Made::Coded(_) | Made::Kept(_) | Made::Computed => "(computed)",
    }
}

fn mapping_line(value: &Explained) -> String {
    let line = value.line.as_deref().unwrap_or("(no line)");
    match &value.made {
        Made::Coded(table) => format!("{line}, codes {table}"),
        Made::Kept(table) => format!("{line}, no such code in {table}"),
        _ => line.to_owned(),
    }
}

/// The value as it is read, without the quotes of JSON.
fn shown(value: &Explained) -> String {
    match serde_json::from_str(&value.json) {
        Ok(Value::String(text)) => text,
        _ => value.json.clone(),
    }
}

fn line(mapped: &Mapped<'_>, value: &Explained) -> Value {
    let mut out = Map::new();
    out.insert("transaction_set_id".into(), mapped.names().0.into());
    out.insert("control_number".into(), mapped.names().1.into());
    out.insert("mapping".into(), mapped.plan.name.as_str().into());
    out.insert("field".into(), value.path.as_str().into());
    out.insert("value".into(), shown(value).into());
    out.insert("made".into(), value.made.word().into());
    if let Made::Coded(table) | Made::Kept(table) = &value.made {
        out.insert("codes".into(), table.as_str().into());
    }
    out.insert("line".into(), value.line.as_deref().into());
    let sources = value.sources.iter().map(|source| {
        let (place, text) = place(mapped, source);
        json!({
            "part": source.part.word(),
            "designator": place.designator(),
            "filter": source.filter,
            "text": text,
            "segment_position": place.segment_position,
            "byte": place.bytes.start,
            "byte_end": place.bytes.end,
            "line": place.line,
            "column": place.column,
        })
    });
    out.insert("from".into(), sources.collect());
    Value::Object(out)
}
