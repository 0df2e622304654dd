//! Samples of lines: the delimiter, the names of the columns, records with a type.

use super::{Field, Guess, Record, names};
use crate::canonical::Shape;

/// Characters that stand between fields, the likeliest first.
const DELIMITERS: [(u8, &str); 4] = [(b'\t', "tab"), (b'|', "|"), (b';', ";"), (b',', ",")];
/// Lines that are looked at.
const LINES: usize = 5_000;
/// Most kinds of records, and the longest code of one.
const KINDS: usize = 12;
const CODE: usize = 6;

pub(super) fn guess(text: &str, shape: &Shape) -> Result<Guess, (&'static str, &'static str)> {
    let Some((delimiter, shown)) = delimiter(text) else {
        return Err((
            "no character stands between its fields: of fixed width nobody can tell where one begins, what pads it, and where a number has its decimals",
            "write the layout from the partner's description (docs/LAYOUTS.md, \"Fixed width\"), then the mapping",
        ));
    };
    let rows: Vec<csv::StringRecord> = rows(text, delimiter).take(LINES).collect();
    let Some(first) = rows.first() else { return Err(("it holds no line", "name a file with some documents")) };
    let head =
        vec!["title = \"TODO\"".to_owned(), "syntax = \"delimited\"".to_owned(), format!("delimiter = \"{shown}\"")];
    if rows.len() > 1 && is_header(first) {
        return Ok(with_header(head, &rows, shape));
    }
    Ok(match codes(&rows) {
        Some(codes) => typed(head, &rows, &codes),
        None => without_header(head, &rows),
    })
}

/// The one that stands in the first row, and as often in those behind it as anywhere.
fn delimiter(text: &str) -> Option<(u8, &'static str)> {
    let least = |byte: u8| {
        let rows = rows(text, byte).filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).take(20);
        rows.map(|row| row.len() - 1).min().unwrap_or(0)
    };
    DELIMITERS.into_iter().max_by_key(|(byte, _)| least(*byte)).filter(|(byte, _)| least(*byte) > 0)
}

/// The rows of the sample: a text in quotes may have line ends.
fn rows(text: &str, delimiter: u8) -> impl Iterator<Item = csv::StringRecord> + '_ {
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(false).flexible(true);
    reader.from_reader(text.as_bytes()).into_records().filter_map(Result::ok)
}

fn is_header(row: &csv::StringRecord) -> bool {
    let name = |cell: &str| cell.trim().starts_with(|c: char| c.is_alphabetic()) && cell.trim().len() > 1;
    let mut seen = Vec::new();
    row.len() > 1
        && row.iter().all(|cell| {
            name(cell) && !seen.contains(&cell) && {
                seen.push(cell);
                true
            }
        })
}

/// Every line says everything, under the names of the first one.
fn with_header(mut head: Vec<String>, rows: &[csv::StringRecord], shape: &Shape) -> Guess {
    head.push("header = true".to_owned());
    let mut record = Record { name: "line".into(), several: true, ..Record::default() };
    for (at, column) in rows[0].iter().map(str::trim).enumerate() {
        let mut name: String =
            column.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        while record.fields.iter().any(|known| known.name == name) {
            name.push('_');
        }
        let mut field = Field { column: (name != column).then(|| column.to_owned()), name, ..Field::default() };
        rows[1..].iter().for_each(|row| field.add(row.get(at).unwrap_or_default()));
        record.fields.push(field);
    }
    let root = &shape.nodes[0];
    let is_key =
        |field: &Field| names::fitting(root, shape, &field.name).is_some_and(|(name, _)| shape.keys.contains(&name));
    let keyed = record.fields.iter().any(is_key);
    let remark = match keyed {
        true => "rows with the same key are one document; look at each `level`, and say how long fields may be (`max`)",
        false => {
            "no column looks like a document's own number, so the file is one document: else name it (`document`, `level`, `key`)"
        }
    };
    Guess {
        family: "flat",
        head,
        document: keyed.then(|| "document".into()),
        records: vec![record],
        remarks: vec![remark],
    }
}

/// The codes by which the lines say what they are, in the order in which they come.
fn codes(rows: &[csv::StringRecord]) -> Option<Vec<String>> {
    let mut codes: Vec<String> = Vec::new();
    for row in rows {
        let code = row.get(0).unwrap_or_default().trim();
        let is_code = (1..=CODE).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !is_code || !code.starts_with(|c: char| c.is_ascii_uppercase()) || codes.len() > KINDS {
            return None;
        }
        if !codes.iter().any(|known| known == code) {
            codes.push(code.to_owned());
        }
    }
    (codes.len() > 1).then_some(codes)
}

/// Lines of several kinds: the first begins a document.
fn typed(mut head: Vec<String>, rows: &[csv::StringRecord], codes: &[String]) -> Guess {
    head.push("record_type = 1".to_owned());
    let records = codes.iter().map(|code| {
        let own: Vec<&csv::StringRecord> = rows.iter().filter(|row| row.get(0).map(str::trim) == Some(code)).collect();
        Record {
            name: code.to_ascii_lowercase(),
            keys: vec![format!("code = \"{code}\"")],
            fields: numbered(&own, 1),
            several: *code != codes[0],
        }
    });
    Guess {
        family: "flat",
        head,
        document: Some(codes[0].to_ascii_lowercase()),
        records: records.collect(),
        remarks: vec![
            "the fields have no names: give them those of the partner's description",
            "which record stands in which (`in`), and which stand outside documents (`outside`) with counts (`counts`), cannot be told",
        ],
    }
}

fn without_header(head: Vec<String>, rows: &[csv::StringRecord]) -> Guess {
    let all: Vec<&csv::StringRecord> = rows.iter().collect();
    let record = Record { name: "line".into(), fields: numbered(&all, 0), several: true, ..Record::default() };
    let remarks = vec![
        "the columns have no names: give them those of the partner's description",
        "what tells one document from the next cannot be told: name it (`document`, `level`, `key`), else the file is one",
    ];
    Guess { family: "flat", head, document: None, records: vec![record], remarks }
}

/// Fields that have numbers only, from the column `from` on (0-based).
fn numbered(rows: &[&csv::StringRecord], from: usize) -> Vec<Field> {
    let most = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let field = |at: usize| {
        let mut field = Field { name: format!("column_{}", at + 1), ..Field::default() };
        rows.iter().filter_map(|row| row.get(at)).for_each(|value| field.add(value));
        field
    };
    (from..most).map(field).collect()
}
