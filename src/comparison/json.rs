//! Differences and classes for machines.

use serde_json::{Value, json};

use super::{Change, Class, Told};

/// A difference as a JSON object.
#[must_use]
pub fn change_json(change: &Change) -> Value {
    json!({
        "change": change.kind.word(),
        "subject": change.subject,
        "path": change.path,
        "before": change.before.as_ref().map(told),
        "after": change.after.as_ref().map(told),
    })
}

/// A class as a JSON object.
#[must_use]
pub fn class_json(class: &Class) -> Value {
    let approved = class.approved.as_ref().map(|one| json!({ "by": one.by, "at": one.at, "why": one.why }));
    json!({
        "partner": class.key.partner,
        "document": class.key.document,
        "change": class.key.kind.word(),
        "subject": class.key.subject,
        "line_before": class.lines.0,
        "line_after": class.lines.1,
        "count": class.count,
        "documents": class.documents,
        "example": { "at": class.example.at, "difference": change_json(&class.example.change) },
        "approved": approved,
    })
}

fn told(told: &Told) -> Value {
    let read = Some(&told.value).filter(|_| told.json).and_then(|value| serde_json::from_str(value).ok());
    let value: Value = read.unwrap_or_else(|| told.value.clone().into());
    json!({ "value": value, "place": told.place, "byte": told.byte, "line": told.line, "codes": told.codes })
}
