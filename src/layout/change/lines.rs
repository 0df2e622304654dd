//! The lines of a document that says something else: a line whose record stays keeps its bytes, but for the columns that differ.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::{Entry, Old};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::layout::reader::fixed::cut;
use crate::layout::reader::lines::{Cell, LinesState};
use crate::layout::writer::lines::{characters, delimited, each_row, fits, put, value};
use crate::layout::{Column, Field, Form, Layout, Lines, Row};
use crate::tree::SegmentIndex;
use crate::tree::charset::Charset;

/// A line of the document as it was.
struct OldLine {
    /// Where it begins, its content ends, and the next one begins.
    start: usize,
    end: usize,
    next: usize,
    cells: Vec<Cell>,
    /// Of each record: the segment that stands on it or goes on there.
    current: Vec<Option<SegmentIndex>>,
}

/// Writes the lines of a document that was `old` and is `entries` now; `header` is what the file says of its columns.
pub(super) struct LinesChange<'a> {
    pub(super) layout: &'a Layout,
    pub(super) lines: &'a Lines,
    pub(super) header: Option<&'a [Option<usize>]>,
    /// How many columns the file's header names.
    pub(super) width: usize,
    pub(super) charset: Charset,
    pub(super) old: Old<'a>,
    pub(super) entries: &'a [Entry<'a>],
}

impl LinesChange<'_> {
    pub(super) fn write(&self, diagnostics: &mut Diagnostics) -> Vec<u8> {
        let (bytes, known) = (self.old.bytes, self.old_lines());
        let line_end = known.iter().map(|line| line_end(&bytes[line.end..line.next])).find(|end| !end.is_empty());
        let line_end = line_end.unwrap_or(self.lines.line_end.as_bytes());
        let line_of: HashMap<usize, usize> =
            known.iter().enumerate().map(|(number, line)| (line.start, number)).collect();
        // What each line says now, and the lines that come before the first of them and behind each.
        let (mut now, mut first, mut behind) = (vec![None; known.len()], Vec::new(), vec![Vec::new(); known.len()]);
        let (mut last, mut before): (Option<usize>, Option<Vec<Option<usize>>>) = (None, None);
        let records = self.entries.iter().map(|entry| Some(entry.record));
        each_row(self.layout, self.lines, records, |row, current| {
            let own = row.levels.last().and_then(|own| self.entries[current[*own]?].from);
            let line = own.and_then(|own| line_of.get(&(self.old.segment(own).start as usize)).copied());
            let mut out = Vec::new();
            match line {
                Some(line) => {
                    let begins = |record: usize| before.as_ref().is_none_or(|before| before[record] != current[record]);
                    self.changed(&known[line], row, current, &begins, diagnostics, &mut out);
                    now[line] = Some(out);
                    last = Some(line);
                }
                None => {
                    self.new_line(&known, row, current, diagnostics, &mut out);
                    out.extend_from_slice(line_end);
                    last.map_or(&mut first, |last| &mut behind[last]).push(out);
                }
            }
            before = Some(current.to_vec());
        });
        let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
        let end_line = |out: &mut Vec<u8>| {
            if !out.is_empty() && !out.ends_with(b"\n") && !out.ends_with(b"\r") {
                out.extend_from_slice(line_end);
            }
        };
        let head = now.iter().position(Option::is_some).unwrap_or_default();
        for (number, line) in known.iter().enumerate() {
            out.extend_from_slice(&bytes[at..line.start]);
            at = line.next;
            if number == head {
                first.iter().for_each(|new| out.extend_from_slice(new));
            }
            if let Some(now) = &now[number] {
                end_line(&mut out);
                out.extend_from_slice(now);
                out.extend_from_slice(&bytes[line.end..line.next]);
            }
            for new in &behind[number] {
                end_line(&mut out);
                out.extend_from_slice(new);
            }
        }
        out.extend_from_slice(&bytes[at..]);
        out
    }

    /// The lines of the document that are records of it.
    fn old_lines(&self) -> Vec<OldLine> {
        let mut records: HashMap<usize, Vec<Option<SegmentIndex>>> = HashMap::new();
        let mut current = vec![None; self.layout.records.len()];
        for (index, segment) in (0..).zip(&self.old.tree.segments) {
            if let Some(record) = self.layout.record(segment.tag) {
                current[record] = Some(index);
            }
            records.insert(segment.start as usize, current.clone());
        }
        let (mut state, mut found, mut at) = (LinesState::default(), Vec::new(), 0);
        while let Some(line) = state.line(self.lines, &self.old.bytes[at..], true).filter(|line| line.next > 0) {
            if let Some(current) = records.remove(&at) {
                let content = &self.old.bytes[at..at + line.end];
                let cells = match (&self.lines.form, state.row(self.lines, content, &line)) {
                    (Form::Fixed { .. }, Some(row)) => cut(content, &row.columns),
                    _ => line.cells,
                };
                found.push(OldLine { start: at, end: at + line.end, next: at + line.next, cells, current });
            }
            at += line.next;
            state.made.clear();
        }
        found
    }

    /// Where the file has the column of a row.
    fn place_of(&self, index: usize) -> Option<usize> {
        self.header.map_or(Some(index), |header| header.get(index).copied().flatten())
    }

    /// Is there room for these values? False where a fault was told.
    fn fits(&self, row: &Row, values: &[&[u8]], diagnostics: &mut Diagnostics) -> bool {
        let errors = diagnostics.errors();
        for (index, (column, value)) in row.columns.iter().zip(values).enumerate() {
            if !value.is_empty() && column.fill.is_none() && self.place_of(index).is_none() {
                let name = self.layout.designator(column.record, column.position);
                let message = format!(
                    "`{name}` is `{}`, and the file has no column `{}`",
                    String::from_utf8_lossy(value),
                    column.title
                );
                let place = FieldPlace { path: name, ..FieldPlace::default() };
                let remedy =
                    "take it out in the ERP's object, or correct the bytes: `crossdock document correct ID --bytes`";
                diagnostics.push(Diagnostic::new(codes::LAYOUT_NO_ROOM, message, place).remedy(remedy));
            }
        }
        diagnostics.errors() == errors && fits(self.layout, self.lines, self.charset, row, values, diagnostics)
    }

    /// What stands in a column now.
    fn value<'v>(&'v self, row: &'v Row, column: &'v Column, current: &[Option<usize>]) -> Cow<'v, [u8]> {
        let field = |entry: usize, position: u16| self.entries[entry].values[usize::from(position) - 1];
        value(self.layout, row, column, current, &field)
    }

    /// What stood there, had we written it.
    fn old_value<'v>(&'v self, row: &'v Row, column: &'v Column, line: &OldLine) -> Cow<'v, [u8]> {
        let current: Vec<Option<usize>> = line.current.iter().map(|index| index.map(|index| index as usize)).collect();
        let Old { tree, bytes } = self.old;
        value(self.layout, row, column, &current, &|index, position| tree.value(&tree.segments[index], position, bytes))
    }

    /// A line that stays: its columns that say something else are replaced. Where a record goes on that the row before has
    /// said already, what is blank stays blank.
    fn changed(
        &self,
        line: &OldLine,
        row: &Row,
        current: &[Option<usize>],
        begins: &dyn Fn(usize) -> bool,
        diagnostics: &mut Diagnostics,
        out: &mut Vec<u8>,
    ) {
        let content = &self.old.bytes[line.start..line.end];
        let mut replaced: Vec<Option<Cow<'_, [u8]>>> = Vec::with_capacity(row.columns.len());
        for (index, column) in row.columns.iter().enumerate() {
            let cell = self.place_of(index).and_then(|at| line.cells.get(at));
            let is_blank =
                cell.is_none_or(|cell| cell.made.is_none() && content[cell.span.clone()].trim_ascii_end().is_empty());
            let was = line.current.get(column.record).copied().flatten();
            let entry = current.get(column.record).copied().flatten().map(|entry| &self.entries[entry]);
            let same = match (was, entry) {
                (Some(was), Some(entry)) => entry.from == Some(was) && self.old.says(was, entry, column.position),
                (was, entry) => was.is_none() && entry.is_none(),
            };
            let value = self.value(row, column, current);
            let field =
                self.layout.records.get(column.record).map(|record| &record.fields[usize::from(column.position) - 1]);
            // Where rows stand apart, each says the keys of its records.
            let is_blank = is_blank && !(self.lines.apart.is_some() && field.is_some_and(|field| field.key));
            let must_say = field.is_some_and(Field::is_in_each_row);
            let stays = match (&column.fill, is_blank) {
                // What is numbered otherwise than we would number it keeps its numbers.
                (Some(_), _) => {
                    let (text, old) = (cell.map(|cell| &content[cell.span.clone()]), self.old_value(row, column, line));
                    old == value || !text.is_some_and(|text| is_the_same(text, &old))
                }
                (None, true) => value.is_empty() || !(must_say || begins(column.record)),
                (None, false) => same,
            };
            replaced.push((!stays).then_some(value));
        }
        let values: Vec<&[u8]> = replaced.iter().map(|value| value.as_deref().unwrap_or_default()).collect();
        if replaced.iter().all(Option::is_none) || !self.fits(row, &values, diagnostics) {
            return out.extend_from_slice(content);
        }
        match &self.lines.form {
            Form::Delimited { delimiter, quote, .. } => {
                let cells =
                    replaced.iter().enumerate().filter_map(|(at, value)| Some((self.place_of(at)?, value.as_deref()?)));
                replace_cells(content, &line.cells, cells.collect(), (*delimiter, *quote), out);
            }
            Form::Fixed { .. } => {
                let mut places: Vec<Vec<u8>> = characters(content).into_iter().map(<[u8]>::to_vec).collect();
                // What a line leaves out at its end, it still does.
                let least = places.len();
                for (column, value) in row.columns.iter().zip(&replaced) {
                    let Some(value) = value else { continue };
                    places.resize(places.len().max(column.at.end), b" ".to_vec());
                    put(&mut places, column, value);
                }
                write_places(places, least, out);
            }
        }
    }

    /// A line for a record that is new, as long as the partner's own of its kind.
    fn new_line(
        &self,
        known: &[OldLine],
        row: &Row,
        current: &[Option<usize>],
        diagnostics: &mut Diagnostics,
        out: &mut Vec<u8>,
    ) {
        let values: Vec<Cow<'_, [u8]>> = row.columns.iter().map(|column| self.value(row, column, current)).collect();
        let values: Vec<&[u8]> = values.iter().map(AsRef::as_ref).collect();
        if !self.fits(row, &values, diagnostics) {
            return;
        }
        match &self.lines.form {
            Form::Delimited { delimiter, quote, .. } => {
                let mut cells = vec![&b""[..]; self.width.max(if self.header.is_none() { values.len() } else { 0 })];
                for (at, value) in values.iter().enumerate() {
                    if let Some(cell) = self.place_of(at).and_then(|at| cells.get_mut(at)) {
                        *cell = self.lines.code(row, at as u16).unwrap_or(value);
                    }
                }
                delimited(cells.into_iter(), *delimiter, *quote, out);
            }
            Form::Fixed { record_type, length } => {
                let own = row.levels.last().copied().unwrap_or_default();
                let alike = known.iter().filter(|line| line.current[own].is_some_and(|at| self.begins_at(at, line)));
                let width = |line: &OldLine| characters(&self.old.bytes[line.start..line.end]).len();
                let longest = length.or_else(|| alike.map(width).max()).unwrap_or(0);
                let mut places = vec![b" ".to_vec(); row.width(&self.lines.form).max(longest)];
                for (column, value) in row.columns.iter().zip(&values) {
                    put(&mut places, column, value);
                }
                if let (Some(at), Some(code)) = (record_type, &row.code) {
                    put(&mut places, &Column { at: at.clone(), ..Column::record_type() }, code.as_bytes());
                }
                write_places(places, longest, out);
            }
        }
    }

    fn begins_at(&self, segment: SegmentIndex, line: &OldLine) -> bool {
        self.old.segment(segment).start as usize == line.start
    }
}

/// Writes the characters of a line: so many at least, without the blanks at its end beyond them.
fn write_places(mut places: Vec<Vec<u8>>, least: usize, out: &mut Vec<u8>) {
    while places.len() > least && places.last().is_some_and(|last| last == b" ") {
        places.pop();
    }
    out.extend(places.concat());
}

/// Are the texts the same, or the same number?
fn is_the_same(text: &[u8], other: &[u8]) -> bool {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<u64>().ok();
    text == other || (number(text).is_some() && number(text) == number(other))
}

/// The first line end of what stands behind a line.
fn line_end(behind: &[u8]) -> &[u8] {
    match behind {
        [b'\r', b'\n', ..] => &behind[..2],
        [b'\r' | b'\n', ..] => &behind[..1],
        _ => b"",
    }
}

/// A delimited line with other texts in some of its cells; what was quoted stays so.
fn replace_cells(
    content: &[u8],
    cells: &[Cell],
    mut new: Vec<(usize, &[u8])>,
    (delimiter, quote): (u8, Option<u8>),
    out: &mut Vec<u8>,
) {
    new.sort_by_key(|(at, _)| *at);
    let is_quoted =
        |span: &Range<usize>| quote.is_some() && span.start > 0 && content.get(span.start - 1) == quote.as_ref();
    let begin = |cell: &Cell| cell.span.start - usize::from(is_quoted(&cell.span));
    let (mut at, mut count) = (0, cells.len());
    for (place, value) in new {
        let cell = cells.get(place);
        let (range, quoted) = match cell {
            Some(cell) => {
                let end = cells.get(place + 1).map_or(content.len(), |next| begin(next) - 1);
                (begin(cell)..end, is_quoted(&cell.span))
            }
            None => (content.len()..content.len(), false),
        };
        out.extend_from_slice(&content[at..range.start]);
        at = range.end;
        // The line ends before this cell.
        while cell.is_none() && count <= place {
            out.push(delimiter);
            count += 1;
        }
        match quote.filter(|_| quoted) {
            Some(quote) => {
                out.push(quote);
                let doubled = value.iter().flat_map(|byte| std::iter::repeat_n(*byte, 1 + usize::from(*byte == quote)));
                out.extend(doubled);
                out.push(quote);
            }
            None if value.is_empty() => {}
            None => delimited([value].into_iter(), delimiter, quote, out),
        }
    }
    out.extend_from_slice(&content[at..]);
}
