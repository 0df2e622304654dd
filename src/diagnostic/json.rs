//! Lays a diagnostic out for a machine: one JSON object with the same parts as the text.

use serde_json::{Map, Value, json};

use super::{Diagnostic, Excerpt, Place};

/// The diagnostic as a JSON object; what is not known is left out.
#[must_use]
pub fn render(diagnostic: &Diagnostic) -> Value {
    let mut out = Map::new();
    out.insert("code".into(), diagnostic.code.name().into());
    out.insert("severity".into(), diagnostic.severity.word().into());
    out.insert("fault".into(), diagnostic.code.fault().word().into());
    out.insert("message".into(), diagnostic.message.clone().into());
    out.insert("where".into(), place(&diagnostic.place));
    optional(&mut out, "cause", diagnostic.cause.clone());
    optional(&mut out, "remedy", diagnostic.remedy.clone());
    Value::Object(out)
}

fn place(place: &Place) -> Value {
    let mut out = Map::new();
    match place {
        Place::Nowhere => {}
        Place::Payload(place) => {
            optional(&mut out, "file", place.file.clone());
            optional(&mut out, "interchange", place.interchange.clone());
            optional(&mut out, "group", place.group.clone());
            optional(&mut out, "transaction_set", place.set.clone());
            optional(&mut out, "transaction_set_id", place.set_id.clone());
            optional(&mut out, "segment_position", place.segment_position);
            optional(&mut out, "segment", place.segment.clone());
            optional(&mut out, "element", place.element);
            optional(&mut out, "component", place.component);
            optional(&mut out, "repetition", place.repetition);
            out.insert("byte".into(), place.bytes.start.into());
            out.insert("byte_end".into(), place.bytes.end.into());
            line_and_column(&mut out, place.line, place.column);
            excerpt(&mut out, place.excerpt.as_ref());
        }
        Place::Source(place) => {
            out.insert("file".into(), place.file.clone().into());
            line_and_column(&mut out, place.line, place.column);
            optional(&mut out, "key", place.key.clone());
            excerpt(&mut out, place.excerpt.as_ref());
        }
        Place::Field(place) => {
            optional(&mut out, "file", place.file.clone());
            out.insert("field".into(), place.path.clone().into());
            line_and_column(&mut out, place.line, place.column);
            optional(&mut out, "mapping", place.mapping.clone());
            excerpt(&mut out, place.excerpt.as_ref());
        }
    }
    Value::Object(out)
}

fn optional(out: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        out.insert(key.into(), value.into());
    }
}

fn line_and_column(out: &mut Map<String, Value>, line: u64, column: u64) {
    if line > 0 {
        out.insert("line".into(), line.into());
        out.insert("column".into(), column.into());
    }
}

fn excerpt(out: &mut Map<String, Value>, excerpt: Option<&Excerpt>) {
    if let Some(Excerpt { text, mark }) = excerpt {
        out.insert("excerpt".into(), json!({ "text": text, "from": mark.start, "to": mark.end }));
    }
}
