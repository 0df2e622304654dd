//! `inspect` for machines: one JSON object a line, with one key that says what it is.

use std::io;

use serde_json::{Map, Value, json};

use super::super::output::{Console, Failure, Tally};
use super::view::{Problems, Row, SegmentView, SetView};
use super::{Outcome, Reader, Set, Show};
use crate::diagnostic;
use crate::x12::envelope::{Group, Interchange, InterchangeAcknowledgment};
use crate::x12::reader::{Step, Trailer};

/// Shows an input as lines of JSON.
pub(super) struct Lines;

impl Show for Lines {
    fn step(
        &mut self,
        console: &mut Console,
        outcome: &Outcome<Set>,
        reader: &Reader,
        problems: &Problems,
    ) -> Result<(), Failure> {
        let (kind, value) = match outcome {
            Outcome::Passed(Step::Interchange) => ("interchange", reader.interchange().map(interchange)),
            Outcome::InterchangeAcknowledgment(found) => ("interchange_acknowledgment", Some(acknowledgment(found))),
            Outcome::Passed(Step::Group) => ("group", reader.group().map(group)),
            Outcome::GroupEnd(trailer) => ("group_end", Some(end(trailer, reader.group().map(Group::control_number)))),
            Outcome::InterchangeEnd(trailer) => {
                let number = reader.interchange().map(Interchange::control_number);
                ("interchange_end", Some(end(trailer, number)))
            }
            Outcome::Passed(Step::Skipped(range)) => {
                ("skipped", Some(json!({ "byte": range.start, "byte_end": range.end })))
            }
            Outcome::End if !problems.all().is_empty() => ("end", Some(json!({}))),
            _ => return Ok(()),
        };
        let mut value = value.unwrap_or_else(|| json!({}));
        if let Value::Object(object) = &mut value {
            add_problems(object, problems.all().iter(), problems.left_out);
        }
        Ok(line(console, kind, &value)?)
    }

    fn set(&mut self, console: &mut Console, view: &SetView<'_>, problems: &Problems) -> Result<(), Failure> {
        let header = view.header;
        let mut out = Map::new();
        out.insert("transaction_set_id".into(), header.set_id().into());
        out.insert("control_number".into(), header.control_number().into());
        out.insert("title".into(), header.grammar.map(|grammar| grammar.title.as_str()).into());
        out.insert("release".into(), header.release.name().into());
        out.insert("charset".into(), header.charset.name().into());
        out.insert("complete".into(), (!header.incomplete).into());
        out.insert("byte".into(), header.context.offset.into());
        let segments = (0..view.segment_count()).map(|index| segment(view, &view.segment(index), problems));
        out.insert("segments".into(), segments.collect());
        let around = problems.around(view, false).chain(problems.around(view, true));
        add_problems(&mut out, around, problems.left_out);
        Ok(line(console, "transaction_set", &Value::Object(out))?)
    }

    fn summary(&mut self, console: &mut Console, tally: &Tally) -> Result<(), Failure> {
        Ok(line(console, "summary", &tally.json())?)
    }
}

fn line(console: &mut Console, kind: &str, value: &Value) -> io::Result<()> {
    console.json(&json!({ kind: value }))
}

fn add_problems<'a>(
    out: &mut Map<String, Value>,
    problems: impl Iterator<Item = &'a diagnostic::Diagnostic>,
    left_out: u64,
) {
    let list: Vec<Value> = problems.map(diagnostic::json::render).collect();
    if !list.is_empty() {
        out.insert("diagnostics".into(), list.into());
    }
    if left_out > 0 {
        out.insert("diagnostics_left_out".into(), left_out.into());
    }
}

fn interchange(interchange: &Interchange) -> Value {
    let id = |(qualifier, id): (&str, &str)| json!({ "qualifier": qualifier, "id": id });
    let delimiters = interchange.delimiters;
    let byte = |byte: u8| char::from(byte).to_string();
    json!({
        "control_number": interchange.control_number(),
        "envelope": !interchange.bare,
        "sender": id(interchange.sender()),
        "receiver": id(interchange.receiver()),
        "date": interchange.element(9),
        "time": interchange.element(10),
        "version": interchange.version(),
        "usage": interchange.usage(),
        "acknowledgment_requested": interchange.acknowledgment_requested(),
        "delimiters": {
            "element": byte(delimiters.element),
            "component": delimiters.component.map(byte),
            "repetition": delimiters.repetition.map(byte),
            "segment": byte(delimiters.segment),
        },
        "byte": interchange.offset,
    })
}

fn group(group: &Group) -> Value {
    json!({
        "control_number": group.control_number(),
        "functional_identifier_code": group.functional_code(),
        "sender": group.sender(),
        "receiver": group.receiver(),
        "date": group.date(),
        "time": group.time(),
        "release": group.release(),
        "byte": group.offset,
    })
}

fn acknowledgment(found: &InterchangeAcknowledgment) -> Value {
    json!({
        "control_number": &*found.control_number,
        "date": &*found.date,
        "time": &*found.time,
        "code": &*found.code,
        "note": &*found.note,
        "byte": found.offset,
    })
}

fn end(trailer: &Trailer, control_number: Option<&str>) -> Value {
    json!({
        "control_number": control_number,
        "complete": trailer.complete,
        "claimed": trailer.claimed,
        "seen": trailer.seen,
    })
}

fn segment(view: &SetView<'_>, segment: &SegmentView<'_>, problems: &Problems) -> Value {
    let mut out = Map::new();
    out.insert("position".into(), segment.position.into());
    out.insert("segment".into(), segment.tag.as_str().into());
    out.insert("name".into(), segment.name.into());
    if !segment.path.is_empty() {
        out.insert("loop".into(), segment.path.as_str().into());
    }
    if let Some(level) = &segment.level {
        out.insert("level".into(), level.kind.as_str().into());
        if let Some((number, _)) = &level.inside {
            out.insert("inside".into(), number.as_str().into());
        }
    }
    if segment.unplaced {
        out.insert("unplaced".into(), true.into());
    }
    let rows = (1..=segment.element_count()).flat_map(|position| view.rows(segment, position));
    let elements: Vec<Value> = rows.filter_map(|row| element(&row, &segment.tag)).collect();
    out.insert("elements".into(), elements.into());
    add_problems(&mut out, problems.of_segment(segment.position).iter(), 0);
    Value::Object(out)
}

/// A value; composites are shown by their components only.
fn element(row: &Row, tag: &str) -> Option<Value> {
    let value = row.value.as_deref()?;
    let mut out = Map::new();
    let parts = [("element", Some(row.element)), ("component", row.component), ("repetition", row.repetition)];
    let single = Row { repetition: None, name: None, value: None, meaning: None, ..*row };
    out.insert("designator".into(), single.designator(tag).into());
    for (key, position) in parts {
        if let Some(position) = position {
            out.insert(key.into(), position.into());
        }
    }
    out.insert("name".into(), row.name.into());
    out.insert("value".into(), value.into());
    if let Some(meaning) = &row.meaning {
        out.insert("meaning".into(), meaning.as_str().into());
    }
    Some(Value::Object(out))
}
