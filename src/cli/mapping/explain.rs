//! `crossdock mapping explain`: each canonical value with the bytes and the mapping line it came from.

use std::io::Write;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::columns::{Widths, row};
use crate::cli::documents::{DocumentArguments, Mapped};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::PayloadPlace;
use crate::mapping::{Explained, ExplainedSource, Found, Made, SourcePart, explain_each};
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
        let begins = arguments.field.as_deref().is_some_and(|wanted| any_begins(mapped, wanted));
        let keeps = |found: &Found| arguments.field.as_deref().is_none_or(|wanted| is_of(found, wanted, begins));
        if console.format == Format::Json {
            return each(mapped, keeps, |value| Ok(console.json(&line(mapped, &value))?));
        }
        if std::mem::replace(&mut begun, true) {
            writeln!(console.out)?;
        }
        writeln!(console.out, "{}", mapped.title())?;
        if !mapped.document.good {
            writeln!(console.out, "It has errors and is not translated; this is what could be read.")?;
        }
        writeln!(console.out)?;
        let head = row(["field", "value", "from", "text", "segment", "byte", "mapping"]);
        let (mut widths, mut found) = (Widths::default(), false);
        widths.fit(&head);
        each(mapped, keeps, |value| {
            found = true;
            rows(mapped, &value).iter().for_each(|row| widths.fit(row));
            Ok(())
        })?;
        if let (Some(wanted), false) = (&arguments.field, found) {
            return Ok(writeln!(console.out, "no value of it has `{wanted}` in its field")?);
        }
        writeln!(console.out, "{}", widths.line(&head))?;
        each(mapped, keeps, |value| {
            let mut rows = rows(mapped, &value).into_iter();
            Ok(rows.try_for_each(|row| writeln!(console.out, "{}", widths.line(&row)))?)
        })
    })?;
    if tally.exit() != Exit::Fine {
        console.remark(&tally.summary())?;
    }
    Ok(tally.exit())
}

/// Hands the values that are kept to `take`, one at a time.
fn each(
    mapped: &Mapped<'_>,
    keeps: impl FnMut(&Found) -> bool,
    take: impl FnMut(Explained) -> Result<(), Failure>,
) -> Result<(), Failure> {
    explain_each(mapped.plan, mapped.tree(), mapped.bytes, mapped.inbound.object(), keeps, take)
}

/// Does the field begin with `wanted`, or where none `begins` so, has it in it? The numbers of entries may be left out.
fn is_of(found: &Found, wanted: &str, begins: bool) -> bool {
    let path = if wanted.contains('[') { &found.path } else { &found.field };
    if begins { path.starts_with(wanted) } else { path.contains(wanted) }
}

fn any_begins(mapped: &Mapped<'_>, wanted: &str) -> bool {
    let mut begins = false;
    let looks = |found: &Found| {
        begins |= is_of(found, wanted, true);
        false
    };
    each(mapped, looks, |_| Ok(())).is_ok() && begins
}

/// The rows of a value: one for each place that had a say.
fn rows(mapped: &Mapped<'_>, value: &Explained) -> Vec<Vec<String>> {
    let (line, shown) = (mapping_line(value), shown(value));
    let Some((first, more)) = value.sources.split_first() else {
        return vec![row([&value.path, &shown, without_place(&value.made), "", "", "", &line])];
    };
    let [from, text, segment, byte] = cells(mapped, first);
    let mut rows = vec![row([&value.path, &shown, &from, &text, &segment, &byte, &line])];
    rows.extend(more.iter().map(|source| {
        let [from, text, segment, byte] = cells(mapped, source);
        row(["", "", &from, &text, &segment, &byte, ""])
    }));
    rows
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
