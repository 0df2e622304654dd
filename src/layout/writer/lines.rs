//! Lines of a file, delimited or of fixed width.

use std::borrow::Cow;
use std::sync::Arc;

use csv::{QuoteStyle, Terminator};

use super::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::layout::{Column, Fill, Form, Layout, Lines, Outside, Row};
use crate::tree::charset::Charset;
use crate::tree::{ElementType, Tree};

impl Writer {
    pub(super) fn begin_lines(&mut self, layout: &Arc<Layout>, lines: &Lines) {
        if let Form::Delimited { header: true, .. } = lines.form {
            let titles: Vec<&[u8]> = lines.rows[0].columns.iter().map(|column| column.title.as_bytes()).collect();
            self.line(lines, &lines.rows[0], &titles);
        }
        self.outside(layout, lines, Outside::Before);
    }

    pub(super) fn end_lines(&mut self, layout: &Arc<Layout>, lines: &Lines) {
        self.outside(layout, lines, Outside::After);
    }

    /// The records that stand before or behind all documents.
    fn outside(&mut self, layout: &Layout, lines: &Lines, outside: Outside) {
        for row in &lines.rows {
            let record = &layout.records[row.levels[0]];
            if record.outside != Some(outside) {
                continue;
            }
            let texts: Vec<String> = record.fields.iter().map(|field| self.outside_text(field)).collect();
            let values: Vec<&[u8]> = row
                .columns
                .iter()
                .map(|column| {
                    texts.get(usize::from(column.position).wrapping_sub(1)).map_or(&b""[..], |text| text.as_bytes())
                })
                .collect();
            self.line(lines, row, &values);
        }
    }

    /// The lines of a document.
    pub(super) fn lines(&mut self, layout: &Layout, lines: &Lines, tree: &Tree, diagnostics: &mut Diagnostics) {
        let records = tree.segments.iter().map(|segment| layout.record(segment.tag));
        let field = |index: usize, position| tree.value(&tree.segments[index], position, b"");
        each_row(layout, lines, records, |row, current| {
            let values: Vec<Cow<'_, [u8]>> =
                row.columns.iter().map(|column| value(layout, row, column, current, &field)).collect();
            let values: Vec<&[u8]> = values.iter().map(AsRef::as_ref).collect();
            if fits(layout, lines, self.charset, row, &values, diagnostics) {
                self.line(lines, row, &values);
            }
        });
    }

    fn line(&mut self, lines: &Lines, row: &Row, values: &[&[u8]]) {
        match &lines.form {
            Form::Delimited { delimiter, quote, .. } => {
                let values = (0..).zip(values).map(|(at, value)| lines.code(row, at).unwrap_or(value));
                delimited(values, *delimiter, *quote, &mut self.out);
            }
            Form::Fixed { record_type, length } => {
                let mut cells: Vec<Vec<u8>> = vec![b" ".to_vec(); row.width(&lines.form)];
                for (column, value) in row.columns.iter().zip(values) {
                    put(&mut cells, column, value);
                }
                if let (Some(at), Some(code)) = (record_type, &row.code) {
                    let column = Column { at: at.clone(), ..Column::record_type() };
                    put(&mut cells, &column, code.as_bytes());
                }
                let content: Vec<u8> = cells.concat();
                let kept = if length.is_some() { content.len() } else { content.trim_ascii_end().len() };
                self.out.extend_from_slice(&content[..kept]);
            }
        }
        if lines.are_lines() {
            self.out.extend_from_slice(lines.line_end.as_bytes());
        }
        self.lines += 1;
    }
}

impl Lines {
    /// What a row says in the column at 0-based `at`, where that is its record type.
    pub(in crate::layout) fn code<'r>(&self, row: &'r Row, at: u16) -> Option<&'r [u8]> {
        match self.form {
            Form::Delimited { record_type: Some(position), .. } if position == at + 1 => {
                row.code.as_deref().map(str::as_bytes)
            }
            _ => None,
        }
    }

    /// Do line ends stand between its records?
    pub(in crate::layout) fn are_lines(&self) -> bool {
        !self.line_end.is_empty()
    }
}

impl Row {
    /// The positions that it has in a file of fixed width.
    pub(in crate::layout) fn width(&self, form: &Form) -> usize {
        let Form::Fixed { record_type, length } = form else { return 0 };
        let stated = length.unwrap_or(0).max(record_type.as_ref().map_or(0, |at| at.end));
        self.columns.iter().map(|column| column.at.end).fold(stated, usize::max)
    }
}

/// What stands in a column: `current` says which record is at hand of each kind, by its number among all of the document, and `field` what
/// one says at a position.
pub(in crate::layout) fn value<'v>(
    layout: &Layout,
    row: &'v Row,
    column: &'v Column,
    current: &[Option<usize>],
    field: &dyn Fn(usize, u16) -> &'v [u8],
) -> Cow<'v, [u8]> {
    let of = |record: usize| current.get(record).copied().flatten();
    let number = |record: Option<usize>| {
        // The document's own record is the first, and not counted.
        let first = usize::from(layout.document.is_none());
        Cow::Owned(record.map_or_else(Vec::new, |index| (index + first).to_string().into_bytes()))
    };
    match &column.fill {
        None => Cow::Borrowed(of(column.record).map_or(b"", |index| field(index, column.position))),
        Some(Fill::Text(text)) => Cow::Borrowed(text.as_bytes()),
        Some(Fill::Number) => number(row.levels.last().and_then(|own| of(*own))),
        Some(Fill::NumberOf(record)) => number(of(*record)),
        Some(Fill::Field(record, position)) => Cow::Borrowed(of(*record).map_or(b"", |index| field(index, *position))),
    }
}

/// Calls `emit` for each line that records make, with the row and for each record of the layout the one that stands there: one line for
/// each record that a row is named after, with what stands around it.
pub(in crate::layout) fn each_row<'l>(
    layout: &Layout,
    lines: &'l Lines,
    records: impl Iterator<Item = Option<usize>>,
    mut emit: impl FnMut(&'l Row, &[Option<usize>]),
) {
    let mut current = vec![None; layout.records.len()];
    // Whether what stands around was written beside something inside it.
    let mut written = vec![true; layout.records.len()];
    for (index, record) in records.enumerate() {
        let Some(record) = record else { continue };
        let Some(row) = lines.rows.iter().find(|row| row.levels.contains(&record)) else { continue };
        // A level without anything inside is a row of its own.
        let waits = |level: &&usize| !written[**level] && layout.stands_in(**level, record);
        if row.levels.iter().rev().any(|level| waits(&level)) {
            emit(row, &current);
            row.levels.iter().for_each(|level| written[*level] = true);
        }
        for inner in row.levels.iter().filter(|level| layout.stands_in(**level, record)) {
            current[*inner] = None;
        }
        current[record] = Some(index);
        if row.levels.last() == Some(&record) {
            emit(row, &current);
            row.levels.iter().for_each(|level| written[*level] = true);
        } else {
            written[record] = false;
        }
    }
    for row in lines.rows.iter().filter(|row| row.levels.iter().any(|level| !written[*level])) {
        emit(row, &current);
    }
}

/// Says of each value that has no room in its column, or would look like something else.
pub(in crate::layout) fn fits(
    layout: &Layout,
    lines: &Lines,
    charset: Charset,
    row: &Row,
    values: &[&[u8]],
    diagnostics: &mut Diagnostics,
) -> bool {
    let errors = diagnostics.errors();
    for (column, value) in row.columns.iter().zip(values) {
        if let Some((message, remedy)) = no_room(lines, charset, column, value) {
            let name = layout.designator(column.record, column.position);
            let message = format!("`{name}` is `{}`, {message}", String::from_utf8_lossy(value));
            let place = FieldPlace { path: name, ..FieldPlace::default() };
            diagnostics.push(Diagnostic::new(codes::LAYOUT_NO_ROOM, message, place).remedy(remedy));
        }
    }
    diagnostics.errors() == errors
}

/// Why a value cannot stand in its column, and what to do.
fn no_room(lines: &Lines, charset: Charset, column: &Column, value: &[u8]) -> Option<(String, &'static str)> {
    let take_it_out = "take it out in the ERP's object";
    let holds_line_end = value.contains(&b'\n') || value.contains(&b'\r');
    match &lines.form {
        Form::Fixed { .. } => {
            let (length, room) = (charset.decode_lossy(value).chars().count(), column.at.len());
            let first_is_pad = column.right && value.first() == Some(&column.pad) && column.pad != b'0';
            let last_is_pad = !column.right && value.last() == Some(&column.pad);
            if length > room {
                let message = format!("which has {length} characters; its place has {room}");
                let remedy = match column.kind {
                    ElementType::Decimal | ElementType::Implied(_) => {
                        "correct it in the ERP's object; where such numbers are right, agree with the partner on more room, and give the field that in the layout (`at`, `length`)"
                    }
                    ElementType::Date | ElementType::Time => {
                        "say in the mapping how the partner writes it (`format`), or give the field more room in the layout (`at`, `length`)"
                    }
                    _ => "shorten it in the ERP's object, or let the mapping cut a text (`fit = \"cut\"`)",
                };
                Some((message, remedy))
            } else if holds_line_end {
                Some(("which holds a line end".to_owned(), take_it_out))
            } else if length < room && (first_is_pad || last_is_pad) {
                Some((format!("whose end looks like the pad `{}`", char::from(column.pad)), take_it_out))
            } else {
                None
            }
        }
        Form::Delimited { delimiter, quote: None, .. } if holds_line_end || value.contains(delimiter) => Some((
            "which holds the delimiter or a line end, and the layout has no quotes".to_owned(),
            "take it out in the ERP's object, or agree on quotes with the partner",
        )),
        Form::Delimited { .. } => None,
    }
}

/// A delimited line, its end not written.
pub(in crate::layout) fn delimited<'v>(
    values: impl Iterator<Item = &'v [u8]>,
    delimiter: u8,
    quote: Option<u8>,
    out: &mut Vec<u8>,
) {
    let mut writer = csv::WriterBuilder::new();
    writer.delimiter(delimiter).quote(quote.unwrap_or(b'"')).flexible(true).has_headers(false);
    writer.quote_style(if quote.is_some() { QuoteStyle::Necessary } else { QuoteStyle::Never });
    writer.terminator(Terminator::Any(b'\n'));
    // Writing to memory does not fail.
    let wrote = writer.from_writer(&mut *out).write_record(values);
    debug_assert!(wrote.is_ok());
    out.pop();
}

/// Puts a value into its place of a line, character by character.
pub(in crate::layout) fn put(cells: &mut [Vec<u8>], column: &Column, value: &[u8]) {
    let room = &mut cells[column.at.clone()];
    let characters = characters(value);
    let pad = if characters.is_empty() && column.pad == b'0' { b' ' } else { column.pad };
    let (free, negative) = (room.len().saturating_sub(characters.len()), value.first() == Some(&b'-'));
    room.iter_mut().for_each(|cell| *cell = vec![pad]);
    let from = if column.right { free } else { 0 };
    for (cell, character) in room[from..].iter_mut().zip(characters) {
        *cell = character.to_vec();
    }
    // The sign stands before the zeros.
    if column.right && column.pad == b'0' && negative && free > 0 {
        room[from] = b"0".to_vec();
        room[0] = b"-".to_vec();
    }
}

/// The characters of a text: those of UTF-8 where it is, else its bytes.
pub(in crate::layout) fn characters(text: &[u8]) -> Vec<&[u8]> {
    match std::str::from_utf8(text) {
        Ok(known) => known.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect(),
        Err(_) => text.chunks(1).collect(),
    }
}
