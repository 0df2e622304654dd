//! Lays a diagnostic out for a machine: one JSON object with the same parts as the text; and reads it back.

use serde_json::{Map, Value, json};

use super::{Code, Diagnostic, Excerpt, FieldPlace, PayloadPlace, Place, Severity, SourcePlace};

/// The diagnostic as a JSON object; what is not known is left out.
#[must_use]
pub fn render(diagnostic: &Diagnostic) -> Value {
    let mut out = Map::new();
    out.insert("code".into(), diagnostic.code.name().into());
    out.insert("severity".into(), diagnostic.severity.word().into());
    out.insert("fault".into(), diagnostic.code.fault().word().into());
    out.insert("message".into(), diagnostic.message.clone().into());
    out.insert("where".into(), place(&diagnostic.place));
    optional(&mut out, "rule", diagnostic.rule.clone());
    optional(&mut out, "cause", diagnostic.cause.clone());
    optional(&mut out, "owner", diagnostic.owner.clone());
    optional(&mut out, "remedy", diagnostic.remedy.clone());
    optional(&mut out, "answer", diagnostic.answer.clone());
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
            optional(&mut out, "field", place.field.clone());
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

/// The diagnostic that [`render`] made `value` of; `None` when it is none, or its code is of a newer version.
#[must_use]
pub fn parse(value: &Value) -> Option<Diagnostic> {
    let severity = value.get("severity")?.as_str()?;
    Some(Diagnostic {
        code: Code::find(value.get("code")?.as_str()?)?,
        severity: [Severity::Note, Severity::Warning, Severity::Error]
            .into_iter()
            .find(|one| one.word() == severity)?,
        message: text(value, "message")?,
        place: parse_place(value.get("where")?),
        trigger: None,
        rule: text(value, "rule"),
        cause: text(value, "cause"),
        remedy: text(value, "remedy"),
        owner: text(value, "owner"),
        answer: text(value, "answer"),
    })
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}

fn parse_place(value: &Value) -> Place {
    let small = |key: &str| number(value, key).and_then(|number| u16::try_from(number).ok());
    let (line, column) = (number(value, "line").unwrap_or(0), number(value, "column").unwrap_or(0));
    let excerpt = value.get("excerpt").and_then(parse_excerpt);
    if let Some(start) = number(value, "byte") {
        return Place::from(PayloadPlace {
            file: text(value, "file"),
            interchange: text(value, "interchange"),
            group: text(value, "group"),
            set: text(value, "transaction_set"),
            set_id: text(value, "transaction_set_id"),
            segment_position: number(value, "segment_position").and_then(|number| u32::try_from(number).ok()),
            segment: text(value, "segment"),
            element: small("element"),
            component: small("component"),
            repetition: small("repetition"),
            field: text(value, "field"),
            bytes: start..number(value, "byte_end").unwrap_or(start),
            line,
            column,
            excerpt,
        });
    }
    if let Some(path) = text(value, "field") {
        let (file, mapping) = (text(value, "file"), text(value, "mapping"));
        return Place::from(FieldPlace { file, path, line, column, mapping, excerpt });
    }
    match text(value, "file") {
        Some(file) => Place::from(SourcePlace { file, line, column, key: text(value, "key"), excerpt }),
        None => Place::Nowhere,
    }
}

fn parse_excerpt(value: &Value) -> Option<Excerpt> {
    let position = |key| number(value, key).and_then(|number| usize::try_from(number).ok());
    Some(Excerpt { text: text(value, "text")?, mark: position("from")?..position("to")? })
}

#[cfg(test)]
mod tests {
    use super::{parse, render};
    use crate::diagnostic::{Diagnostic, Excerpt, FieldPlace, PayloadPlace, Place, SourcePlace, codes};

    #[test]
    fn what_is_laid_out_is_read_back() {
        let excerpt = Some(Excerpt { text: "W05*N*SO1".into(), mark: 4..5 });
        let payload = PayloadPlace {
            file: Some("a.edi".into()),
            interchange: Some("1".into()),
            set: Some("0001".into()),
            segment_position: Some(2),
            segment: Some("W05".into()),
            element: Some(1),
            bytes: 177..202,
            line: 3,
            column: 5,
            excerpt: excerpt.clone(),
            ..PayloadPlace::default()
        };
        let source = SourcePlace { file: "m.toml".into(), line: 4, column: 1, key: Some("map.lot".into()), excerpt };
        let field = FieldPlace { path: "lines[1].lot".into(), line: 9, column: 2, ..FieldPlace::default() };
        for place in [Place::Nowhere, payload.into(), source.into(), field.into()] {
            let plain = Diagnostic::new(codes::X12_SEGMENT_COUNT, "SE01 says `7`, 6 came", place);
            assert_eq!(parse(&render(&plain)), Some(plain.clone()));
            let full = plain.rule("SE01").cause("a segment was lost").remedy("ask the partner").answer("997: AK5*R*4");
            assert_eq!(parse(&render(&full)), Some(full));
        }
        assert_eq!(parse(&serde_json::json!({ "code": "x12.of-tomorrow" })), None);
    }
}
