//! Lines of a file, delimited or of fixed width.

use std::sync::Arc;

use csv::{QuoteStyle, Terminator};

use super::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::layout::{Column, Counts, Form, Layout, Lines, Outside, Row};
use crate::tree::Tree;

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
            let texts: Vec<String> = record
                .fields
                .iter()
                .map(|field| match field.counts {
                    Some(Counts::Documents) => self.documents.to_string(),
                    Some(Counts::Lines) => (self.lines + 1).to_string(),
                    Some(Counts::Record(record)) => self.totals[record].to_string(),
                    None => field.constant.clone().unwrap_or_default(),
                })
                .collect();
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

    /// The lines of a document: one for each record that a row is named after, with what stands around it.
    pub(super) fn lines(&mut self, layout: &Layout, lines: &Lines, tree: &Tree, diagnostics: &mut Diagnostics) {
        let mut current = vec![None; layout.records.len()];
        // Whether what stands around was written beside something inside it.
        let mut written = vec![true; layout.records.len()];
        let emit = |writer: &mut Self, row: &Row, current: &[Option<usize>], diagnostics: &mut Diagnostics| {
            let value = |column: &Column| {
                current
                    .get(column.record)
                    .copied()
                    .flatten()
                    .map_or(&b""[..], |index: usize| tree.value(&tree.segments[index], column.position, b""))
            };
            let values: Vec<&[u8]> = row.columns.iter().map(value).collect();
            if writer.fits(layout, lines, row, &values, diagnostics) {
                writer.line(lines, row, &values);
            }
        };
        for (index, segment) in tree.segments.iter().enumerate() {
            let Some(record) = layout.record(segment.tag) else { continue };
            let Some(row) = lines.rows.iter().find(|row| row.levels.contains(&record)) else { continue };
            // A level without anything inside is a row of its own.
            let waiting = row
                .levels
                .iter()
                .rev()
                .find(|level| !written[**level] && (layout.stands_in(**level, record) || **level == record));
            if waiting.is_some() {
                emit(self, row, &current, diagnostics);
                row.levels.iter().for_each(|level| written[*level] = true);
            }
            for inner in row.levels.iter().filter(|level| layout.stands_in(**level, record)) {
                current[*inner] = None;
            }
            current[record] = Some(index);
            if row.levels.last() == Some(&record) {
                emit(self, row, &current, diagnostics);
                row.levels.iter().for_each(|level| written[*level] = true);
            } else {
                written[record] = false;
            }
        }
        for row in lines.rows.iter().filter(|row| row.levels.iter().any(|level| !written[*level])) {
            emit(self, row, &current, diagnostics);
        }
    }

    /// Says of each value that has no room in its column, or would look like something else.
    fn fits(&self, layout: &Layout, lines: &Lines, row: &Row, values: &[&[u8]], diagnostics: &mut Diagnostics) -> bool {
        let errors = diagnostics.errors();
        for (column, value) in row.columns.iter().zip(values) {
            let mut report = |message: String, remedy: &str| {
                let name = layout.designator(column.record, column.position);
                let place = FieldPlace { path: name.clone(), ..FieldPlace::default() };
                diagnostics.push(
                    Diagnostic::new(
                        codes::LAYOUT_NO_ROOM,
                        format!("`{name}` is `{}`, {message}", String::from_utf8_lossy(value)),
                        place,
                    )
                    .remedy(remedy),
                );
            };
            match &lines.form {
                Form::Fixed { .. } => {
                    let (length, room) = (self.characters(value), column.at.len());
                    if length > room {
                        report(
                            format!("which has {length} characters; its place has {room}"),
                            "shorten it in the ERP's object, or declare in the mapping how it is cut",
                        );
                    } else if value.contains(&b'\n') || value.contains(&b'\r') {
                        report("which holds a line end".to_owned(), "take it out in the ERP's object");
                    } else if length < room
                        && value.first().is_some_and(|byte| column.right && *byte == column.pad && column.pad != b'0')
                        || (length < room && !column.right && value.last() == Some(&column.pad))
                    {
                        report(
                            format!("whose end looks like the pad `{}`", char::from(column.pad)),
                            "take it out in the ERP's object",
                        );
                    }
                }
                Form::Delimited { delimiter, quote: None, .. } => {
                    if value.iter().any(|byte| byte == delimiter || [b'\n', b'\r'].contains(byte)) {
                        report(
                            "which holds the delimiter or a line end, and the layout has no quotes".to_owned(),
                            "take it out in the ERP's object, or agree on quotes with the partner",
                        );
                    }
                }
                Form::Delimited { .. } => {}
            }
        }
        diagnostics.errors() == errors
    }

    fn line(&mut self, lines: &Lines, row: &Row, values: &[&[u8]]) {
        match &lines.form {
            Form::Delimited { delimiter, quote, record_type, .. } => {
                let code = |at: usize| {
                    record_type.filter(|position| usize::from(*position) == at + 1).and(row.code.as_deref())
                };
                let values = values.iter().enumerate().map(|(at, value)| code(at).map_or(*value, str::as_bytes));
                let mut writer = csv::WriterBuilder::new();
                writer.delimiter(*delimiter).quote(quote.unwrap_or(b'"')).flexible(true).has_headers(false);
                writer.quote_style(if quote.is_some() { QuoteStyle::Necessary } else { QuoteStyle::Never });
                writer.terminator(if lines.line_end == "\n" { Terminator::Any(b'\n') } else { Terminator::CRLF });
                // Writing to memory does not fail.
                let wrote = writer.from_writer(&mut self.out).write_record(values);
                debug_assert!(wrote.is_ok());
            }
            Form::Fixed { record_type, length } => {
                let width =
                    row.columns.iter().map(|column| column.at.end).chain(length.iter().copied()).max().unwrap_or(0);
                let mut cells: Vec<Vec<u8>> = vec![b" ".to_vec(); width];
                for (column, value) in row.columns.iter().zip(values) {
                    self.put(&mut cells, column, value);
                }
                if let (Some(at), Some(code)) = (record_type, &row.code) {
                    let column = Column {
                        record: 0,
                        position: 0,
                        title: String::new(),
                        at: at.clone(),
                        pad: b' ',
                        right: false,
                    };
                    self.put(&mut cells, &column, code.as_bytes());
                }
                let content: Vec<u8> = cells.concat();
                let kept = if length.is_some() { content.len() } else { content.trim_ascii_end().len() };
                self.out.extend_from_slice(&content[..kept]);
            }
        }
        if let Form::Fixed { length: None, .. } = lines.form {
            self.out.extend_from_slice(lines.line_end.as_bytes());
        }
        self.lines += 1;
    }

    /// Puts a value into its place of a line, character by character.
    fn put(&self, cells: &mut [Vec<u8>], column: &Column, value: &[u8]) {
        let room = &mut cells[column.at.clone()];
        let characters: Vec<&[u8]> = match std::str::from_utf8(value) {
            Ok(text) => text.char_indices().map(|(at, c)| &value[at..at + c.len_utf8()]).collect(),
            Err(_) => value.chunks(1).collect(),
        };
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
}
