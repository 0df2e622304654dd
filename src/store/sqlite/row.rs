//! Values of columns, both ways.

use jiff::Timestamp;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, json};
use crate::store::StoreError;

/// A time as microseconds since 1970.
pub(super) fn time(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time of a column.
pub(super) fn timestamp(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::row("a time", error))
}

/// Diagnostics as a JSON array; nothing where there are none.
pub(super) fn diagnostics_text(diagnostics: &[Diagnostic]) -> Option<String> {
    let values: Vec<Value> = diagnostics.iter().map(json::render).collect();
    (!values.is_empty()).then(|| Value::Array(values).to_string())
}

/// The diagnostics of a column; those of codes that this version does not know are left out.
pub(super) fn diagnostics(text: Option<&str>) -> Vec<Diagnostic> {
    let values = text.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok()).unwrap_or_default();
    values.iter().filter_map(json::parse).collect()
}
