//! A file of lines: which record each line is, and where a document begins and ends.

use std::collections::HashSet;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, PayloadPlace, codes, suggest};
use crate::layout::builder::set;
use crate::layout::writer::lines::characters;
use crate::layout::{Column, Form, Layout, Likeness, Lines, Outside, Row, hash_of};
use crate::tree::SegmentIndex;

use super::apart::Apart;
use super::delimited::DelimitedLines;
use super::{Pass, Step, fixed};

/// Most keys of documents that are remembered of a file.
const MOST_KEYS: usize = 1_000_000;

/// A line of the input, from its first byte on.
#[derive(Debug)]
pub(in crate::layout) struct Line {
    /// Where its content ends, and where the next line begins.
    pub(in crate::layout) end: usize,
    pub(in crate::layout) next: usize,
    pub(in crate::layout) cells: Vec<Cell>,
    /// A quote that nothing closes.
    pub(super) unclosed: Option<usize>,
    /// A quote that closes a text though more of it follows.
    pub(super) closes_early: Option<usize>,
}

/// What stands in a column: bytes of the line, and where the text is written otherwise there, of the texts made.
#[derive(Debug)]
pub(in crate::layout) struct Cell {
    pub(in crate::layout) span: Range<usize>,
    pub(in crate::layout) made: Option<Range<usize>>,
}

impl Cell {
    /// What it says: `content` are the bytes of its line, `made` the texts that are written otherwise there. Blanks at the end mean nothing.
    pub(in crate::layout) fn text<'t>(&self, content: &'t [u8], made: &'t [u8]) -> &'t [u8] {
        let text = match &self.made {
            Some(range) => &made[range.clone()],
            None => &content[self.span.clone()],
        };
        text.trim_ascii_end()
    }
}

/// What reading lines keeps.
#[derive(Debug, Default)]
pub(in crate::layout) struct LinesState {
    delimited: Option<DelimitedLines>,
    pub(in crate::layout) made: Vec<u8>,
    begun: bool,
    /// The header line: for each column of the row, where the file has it.
    pub(in crate::layout) header: Option<Vec<Option<usize>>>,
    /// The names in it.
    pub(in crate::layout) names: Vec<String>,
    lines: u64,
    /// Did a line leave out the last of its fields or positions?
    is_ragged: bool,
    /// Of each record: the segment of its last one in the document.
    current: Vec<Option<SegmentIndex>>,
    /// Do rows of one document stand apart? Those that wait.
    pub(super) gathers: bool,
    pub(super) apart: Option<Apart>,
    /// The keys of the documents that came, as hashes.
    pub(in crate::layout) keys: HashSet<u64>,
}

/// A line that is some row of the layout.
struct Found<'l> {
    row: &'l Row,
    line: Line,
    /// Where it begins in the input.
    start: usize,
    /// How many fields or positions it has, and how many there are; of what those are.
    came: usize,
    known: usize,
    unit: &'static str,
    /// Of fixed width: where in the line text stands that no column takes, and the column that it breaks off in.
    beyond: Option<usize>,
    broken: Option<&'l Column>,
}

impl Found<'_> {
    fn span(&self) -> Range<usize> {
        self.start..self.start + self.line.end
    }

    /// The row's own record.
    fn record(&self) -> usize {
        self.row.levels[self.row.levels.len() - 1]
    }

    /// The columns of a record, each with its index.
    fn columns(&self, record: usize) -> impl Iterator<Item = (usize, &Column)> {
        self.row.columns.iter().enumerate().filter(move |(_, column)| column.record == record)
    }
}

impl LinesState {
    pub(super) fn next(&mut self, lines: &Lines, pass: &mut Pass<'_>) -> Step {
        if !self.begun {
            if pass.input.len() < 3 && !pass.end {
                return Step::NeedMore;
            }
            self.begun = true;
            // A byte order mark is no part of the first field.
            let mark = if pass.input.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            (pass.state.begin, pass.state.at) = (mark, mark);
        }
        if let Some(most) = lines.apart {
            return self.gathered(lines, most, pass);
        }
        loop {
            if pass.is_over() {
                return pass.rest();
            }
            let state = &mut *pass.state;
            while !state.open && pass.input.get(state.at).is_some_and(|byte| [b'\n', b'\r', 0x1A].contains(byte)) {
                state.at += 1;
                state.begin = state.at;
            }
            if state.at == pass.input.len() && !pass.end {
                return Step::NeedMore;
            }
            self.made.clear();
            let start = state.at;
            let Some(line) = self.line(lines, &pass.input[start..], pass.end) else {
                if pass.is_too_long(start) {
                    continue;
                }
                return Step::NeedMore;
            };
            if line.next == 0 {
                if state.open {
                    return state.close(pass.input.len());
                }
                pass.trailer_came();
                pass.state.at = pass.input.len();
                return Step::End(pass.state.ending());
            }
            let next = state.at + line.next;
            if let Some(step) = self.take(lines, line, pass) {
                return step;
            }
            pass.state.at = next;
            if !pass.state.open {
                pass.state.begin = next;
            }
        }
    }

    /// The line at the start of `input`; `None` when it needs more.
    pub(in crate::layout) fn line(&mut self, lines: &Lines, input: &[u8], end: bool) -> Option<Line> {
        match &lines.form {
            Form::Delimited { delimiter, quote, .. } => {
                let reader = self.delimited.get_or_insert_with(|| DelimitedLines::new(*delimiter, *quote));
                reader.line(input, end, (*delimiter, *quote), &mut self.made)
            }
            Form::Fixed { length, .. } => fixed::line(input, end, length.filter(|_| !lines.are_lines())),
        }
    }

    /// Takes the line at `state.at`; a step when a document ends before it.
    pub(super) fn take(&mut self, lines: &Lines, line: Line, pass: &mut Pass<'_>) -> Option<Step> {
        let start = pass.state.at;
        let content = &pass.input[start..start + line.end];
        if content.trim_ascii().is_empty() || content == b"\x1a" {
            return None;
        }
        self.lines += 1;
        if let Some(at) = line.unclosed {
            let message = "a quote is opened and never closed".to_owned();
            let remedy = "ask the partner to close it; a quote inside a text is written twice";
            pass.broken(codes::LAYOUT_QUOTE, message, start + at..start + at + 1, remedy);
        }
        if let (Form::Delimited { header: true, .. }, None) = (&lines.form, &self.header) {
            pass.state.unsound |= quotes(&line, start, pass);
            self.header(lines, &line, pass);
            return None;
        }
        if self.is_header(&line, content) {
            let message = "the header line comes again, between the rows".to_owned();
            let place = pass.place(start..start + line.end);
            let remedy =
                "nothing is lost, it is passed over; look whether files were put together that should come apart";
            pass.diagnostics.push(Diagnostic::new(codes::LAYOUT_HEADER_AGAIN, message, place).remedy(remedy));
            return None;
        }
        let Some(row) = self.row(lines, content, &line) else {
            self.unknown(lines, &line, pass);
            return None;
        };
        let found = self.found(lines, row, line, pass);
        let outside = pass.layout.records[found.record()].outside;
        let begins = outside.is_none() && self.begins(&found, pass);
        // The line is taken when the document before it has been.
        if pass.state.open && (begins || outside.is_some()) {
            self.lines -= 1;
            return Some(pass.state.close(start));
        }
        match outside {
            Some(outside) => self.outside(&found, outside, pass),
            None => self.inside(&found, begins, pass),
        }
        self.cut_off(lines, &found, pass);
        None
    }

    /// The line at `state.at`, which is this row.
    fn found<'l>(&self, lines: &Lines, row: &'l Row, mut line: Line, pass: &Pass<'_>) -> Found<'l> {
        let start = pass.state.at;
        let content = &pass.input[start..start + line.end];
        match lines.form {
            Form::Delimited { .. } => {
                // The header line says how many there are.
                let known = self.header.as_ref().map_or(row.columns.len(), |_| self.names.len());
                let came = line.cells.len();
                Found { row, line, start, came, known, unit: "fields", beyond: None, broken: None }
            }
            Form::Fixed { .. } => {
                line.cells = fixed::cut(content, &row.columns);
                let (came, known) = (fixed::length(content), row.width(&lines.form));
                let beyond = fixed::beyond(content, known);
                let broken = fixed::breaks_off(content, came, &row.columns);
                Found { row, line, start, came, known, unit: "positions", beyond, broken }
            }
        }
    }

    /// Says so when the line is not whole: the file ends inside it, or it ends inside a number.
    fn cut_off(&mut self, lines: &Lines, found: &Found<'_>, pass: &mut Pass<'_>) {
        let Found { came, known, unit, .. } = *found;
        let is_short = came < known;
        let is_last = found.line.next == found.line.end && found.span().end == pass.input.len();
        // Where no line before leaves anything out, the last one does not either. Records of full length have all of it.
        let all_are_whole = self.header.is_some() || (self.lines > 1 && !self.is_ragged && !self.gathers);
        if is_short && (!lines.are_lines() || (is_last && all_are_whole)) {
            let without = if lines.are_lines() { " and without a line end" } else { "" };
            let message = format!("the last line ends after {came} of {known} {unit}{without}");
            let remedy = "the file seems to be cut short: ask the partner to send it again, whole";
            pass.broken(codes::LAYOUT_FIELDS, message, found.span(), remedy);
        } else if let Some(column) = found.broken {
            let name = pass.layout.designator(column.record, column.position);
            let message = format!("the line ends inside `{name}`, after {came} positions of {}", column.at.end);
            let place = PayloadPlace { field: Some(name), ..pass.place(found.span()) };
            let found = Diagnostic::new(codes::LAYOUT_FIELDS, message, place)
                .cause("what stands at the right of its place ends there, so something of it is missing")
                .remedy("ask the partner to send it again, whole; if they write it at the left, say `align = \"left\"` in the layout");
            pass.diagnostics.push(found);
            pass.state.unsound |= !pass.state.open;
        }
        self.is_ragged |= is_short;
    }

    /// A line of a document, or of none.
    fn inside(&mut self, found: &Found<'_>, begins: bool, pass: &mut Pass<'_>) {
        let name = &pass.layout.records[found.record()].name;
        if pass.state.outside.contains(&Outside::After) {
            let message = format!("a `{name}` stands behind the file's trailer");
            let remedy = "ask the partner which lines belong to the file";
            return pass.broken(codes::LAYOUT_MISPLACED_RECORD, message, found.span(), remedy);
        }
        if !begins && !pass.state.open {
            let document = pass.layout.document.map_or("", |document| pass.layout.records[document].name.as_str());
            let message = format!("a `{name}` stands before the first `{document}`, so it belongs to no document");
            let remedy = "ask the partner for the file again; lines may have been lost";
            return pass.broken(codes::LAYOUT_MISPLACED_RECORD, message, found.span(), remedy);
        }
        if begins {
            pass.state.begin = found.start;
            pass.state.open = true;
            pass.state.builder.clear(pass.layout, pass.tree);
            self.current.clear();
            self.current.resize(pass.layout.records.len(), None);
            self.came_before(found, pass);
        }
        self.add(found, pass);
    }

    /// The kind of row that a line is.
    pub(in crate::layout) fn row<'l>(&self, lines: &'l Lines, content: &[u8], line: &Line) -> Option<&'l Row> {
        if let [only] = lines.rows.as_slice()
            && only.code.is_none()
        {
            return Some(only);
        }
        let code = code(lines, content, line, &self.made);
        lines.rows.iter().find(|row| row.code.as_deref().is_some_and(|known| known.as_bytes() == code))
    }

    fn unknown(&self, lines: &Lines, line: &Line, pass: &mut Pass<'_>) {
        let span = pass.state.at..pass.state.at + line.end;
        let code = String::from_utf8_lossy(code(lines, &pass.input[span.clone()], line, &self.made)).into_owned();
        let codes: Vec<&str> = lines.rows.iter().filter_map(|row| row.code.as_deref()).collect();
        let message = format!("a line is of the type `{code}`, which no record of the layout has");
        let remedy = match suggest::nearest(&code, codes.iter().copied()) {
            Some(near) => {
                format!("if `{near}` is meant, ask the partner to correct it; else describe the record in the layout")
            }
            None => format!(
                "the layout has the types {}; describe the record, or ask the partner what it is",
                codes.join(", ")
            ),
        };
        pass.broken(codes::LAYOUT_UNKNOWN_RECORD, message, span, &remedy);
    }

    /// Does the line begin a document?
    fn begins(&self, found: &Found<'_>, pass: &Pass<'_>) -> bool {
        match pass.layout.document {
            None => !pass.state.open,
            Some(document) if !found.row.levels.contains(&document) => false,
            Some(_) if !pass.state.open => true,
            Some(document) => found.record() == document || self.another(found, document, pass),
        }
    }

    /// Says so when the document has the key of one before it: rows of one document stand together.
    fn came_before(&mut self, found: &Found<'_>, pass: &mut Pass<'_>) {
        let Some(document) = pass.layout.document else { return };
        let record = &pass.layout.records[document];
        let is_key = |column: &Column| record.fields[usize::from(column.position) - 1].key;
        let keys = found.columns(document).filter(|(_, column)| is_key(column));
        let texts: Vec<&[u8]> = keys.map(|(index, _)| self.value(found, index, pass)).collect();
        if texts.iter().all(|text| text.is_empty()) || self.keys.len() >= MOST_KEYS {
            return;
        }
        let shown: Vec<_> = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        if !self.keys.insert(hash_of(&texts)) {
            let (name, key) = (&record.name, shown.join("`, `"));
            let message =
                format!("rows of the `{name}` `{key}` stand apart: those before it in the file are another document");
            let remedy = "ask the partner to send rows of one document together, or let the layout gather them (`rows_apart`); if they are two documents, another field must be the key";
            let place = pass.place(found.span());
            pass.diagnostics.push(Diagnostic::new(codes::LAYOUT_ROWS_APART, message, place).remedy(remedy));
        }
    }

    /// Is the record `level` of the row another one than that of the row before? Blank keys mean: the same, where rows stand together.
    fn another(&self, found: &Found<'_>, level: usize, pass: &Pass<'_>) -> bool {
        let Some(Some(current)) = self.current.get(level) else { return true };
        let is_key = |column: &Column| pass.layout.records[level].fields[usize::from(column.position) - 1].key;
        let keys = found.columns(level).filter(|(_, column)| is_key(column));
        let (mut blank, mut same) = (true, true);
        for (index, column) in keys {
            let text = self.value(found, index, pass);
            blank &= text.is_empty();
            same &= pass.text(*current, column.position) == text;
        }
        !same && (!blank || self.gathers)
    }

    /// The text of a column of the row.
    fn value<'t>(&'t self, found: &Found<'_>, index: usize, pass: &'t Pass<'_>) -> &'t [u8] {
        let cell = self.place_of(index).and_then(|at| found.line.cells.get(at));
        cell.map_or(b"", |cell| cell.text(&pass.input[found.span()], &self.made))
    }

    /// Where the file has the column of the row.
    pub(super) fn place_of(&self, index: usize) -> Option<usize> {
        match &self.header {
            Some(header) => header.get(index).copied().flatten(),
            None => Some(index),
        }
    }

    /// The bytes of the input in which a column of the row stands.
    fn span_of(&self, found: &Found<'_>, index: usize) -> Range<usize> {
        let cell = self.place_of(index).and_then(|at| found.line.cells.get(at));
        let span = cell.map_or(0..0, |cell| cell.span.clone());
        found.start + span.start..found.start + span.end
    }

    /// Puts the records of the line into the tree.
    fn add(&mut self, found: &Found<'_>, pass: &mut Pass<'_>) {
        quotes(&found.line, found.start, pass);
        let mut anew = false;
        for level in &found.row.levels {
            anew = anew || *level == found.record() || self.another(found, *level, pass);
            match anew {
                true => self.begin_record(found, *level, pass),
                false => self.agree(found, *level, pass),
            }
        }
        let Found { came, known, .. } = *found;
        let extra = found.line.cells.get(known..).unwrap_or_default();
        if extra.iter().any(|cell| !cell.span.is_empty()) {
            let message = match &self.header {
                Some(_) => format!("the line has {came} fields, the header line names {known}"),
                None => {
                    format!("the line has {came} fields, `{}` has {known}", pass.layout.records[found.record()].name)
                }
            };
            let place = pass.place(found.start + extra[0].span.start..found.start + found.line.end);
            pass.diagnostics.push(
                Diagnostic::new(codes::LAYOUT_FIELDS, message, place)
                    .cause("a delimiter inside a text that is not quoted moves all fields behind it")
                    .remedy("ask the partner to quote texts that hold the delimiter; if they have new fields, add them to the layout"),
            );
        }
        if let Some(at) = found.beyond {
            let name = &pass.layout.records[found.record()].name;
            let message = format!("the line holds a text behind the last position of `{name}`");
            let place = pass.place(found.start + at..found.start + found.line.end);
            pass.diagnostics.push(
                Diagnostic::new(codes::LAYOUT_FIELDS, message, place)
                    .cause("a text that is longer than its place moves all fields behind it")
                    .remedy("ask the partner whether their lines have changed; if they have new fields, add them to the layout, what need not be read with `const = \"\"`"),
            );
        }
    }

    fn begin_record(&mut self, found: &Found<'_>, record: usize, pass: &mut Pass<'_>) {
        let relative = found.start - pass.state.begin;
        let (segment, placed) = pass.state.builder.add(pass.layout, record, relative, pass.tree);
        pass.tree.segments[segment as usize].end = (relative + found.line.end) as u32;
        if !placed {
            let kind = &pass.layout.records[record];
            let around = kind.parent.map_or("", |parent| pass.layout.records[parent].name.as_str());
            let message = format!("a `{}` stands in no `{around}`", kind.name);
            let remedy = format!("ask the partner to send the `{around}` before it");
            let place = pass.place(found.span());
            pass.diagnostics.push(Diagnostic::new(codes::LAYOUT_MISPLACED_RECORD, message, place).remedy(remedy));
        }
        self.current[record] = Some(segment);
        for (index, column) in found.columns(record) {
            let Some(cell) = self.place_of(index).and_then(|at| found.line.cells.get(at)) else { continue };
            if cell.text(&pass.input[found.span()], &self.made).is_empty() {
                continue;
            }
            let raw = (relative + cell.span.start, relative + cell.span.end);
            let text = cell.made.as_ref().map(|made| &self.made[made.clone()]);
            set(pass.tree, segment, column.position, raw, text);
        }
    }

    /// What a row says again of a record that goes on must be the same, or nothing; a key that is required it must say.
    fn agree(&self, found: &Found<'_>, record: usize, pass: &mut Pass<'_>) {
        let Some(Some(current)) = self.current.get(record) else { return };
        let mut told = Vec::new();
        for (index, column) in found.columns(record) {
            let (text, before) = (self.value(found, index, pass), pass.text(*current, column.position));
            let name = pass.layout.designator(record, column.position);
            if text.is_empty() && pass.layout.records[record].fields[usize::from(column.position) - 1].is_in_each_row()
            {
                let message = format!("`{name}` is empty, each row must say it");
                let place = PayloadPlace { field: Some(name), ..pass.place(found.span()) };
                let remedy = "ask the partner to send it; if a blank means that the row goes on with the one before, take `required` away in the layout";
                told.push(
                    Diagnostic::new(codes::LAYOUT_MISSING_FIELD, message, place)
                        .cause("the row was taken for one of the record before it, and may belong to another")
                        .remedy(remedy),
                );
                continue;
            }
            if text.is_empty() || text == before {
                continue;
            }
            let shown = |text: &[u8]| match text {
                [] => "nothing".to_owned(),
                text => format!("`{}`", String::from_utf8_lossy(text)),
            };
            let (kind, text, before) = (&pass.layout.records[record].name, shown(text), shown(before));
            let message = format!("two rows of one `{kind}` disagree: `{name}` is {text} here, {before} before");
            let place = PayloadPlace { field: Some(name), ..pass.place(self.span_of(found, index)) };
            let remedy = "ask the partner which is right; if each row has its own, take `level` away from the field in the layout";
            told.push(Diagnostic::new(codes::LAYOUT_ROWS_DIFFER, message, place).remedy(remedy));
        }
        told.into_iter().for_each(|one| pass.diagnostics.push(one));
    }

    /// Where the file has the columns of a row, by its header line; and the names there.
    pub(super) fn columns(&mut self, lines: &Lines, line: &Line, content: &[u8]) -> Vec<String> {
        let texts: Vec<String> =
            line.texts(content, &self.made).map(|text| String::from_utf8_lossy(text).trim().to_owned()).collect();
        // With a header there is one kind of row.
        let find = |column: &Column| texts.iter().position(|text| text.eq_ignore_ascii_case(&column.title));
        self.header = Some(lines.rows[0].columns.iter().map(find).collect());
        self.names.clone_from(&texts);
        texts
    }

    /// Is the line the header line again?
    pub(super) fn is_header(&self, line: &Line, content: &[u8]) -> bool {
        let is_name = |(text, name): (&[u8], &String)| {
            let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
            text.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
        };
        self.header.is_some()
            && line.cells.len() == self.names.len()
            && line.texts(content, &self.made).zip(&self.names).all(is_name)
    }

    /// Says so when the header line names a column of the layout more than once.
    fn named_once(&self, columns: &[Column], span: Range<usize>, pass: &mut Pass<'_>) {
        let count = |column: &Column| self.names.iter().filter(|name| name.eq_ignore_ascii_case(&column.title)).count();
        let twice = columns.iter().filter(|column| count(column) > 1);
        let twice: Vec<&str> = twice.map(|column| column.title.as_str()).collect();
        if !twice.is_empty() {
            let message = format!("the header line names `{}` more than once", named(&twice));
            let remedy = "ask the partner which of them is meant, and to name the others otherwise";
            pass.broken(codes::LAYOUT_HEADER, message, span, remedy);
            pass.state.over = true;
        }
    }

    /// The names of the columns, in whatever order the file has them.
    fn header(&mut self, lines: &Lines, line: &Line, pass: &mut Pass<'_>) {
        let span = pass.state.at..pass.state.at + line.end;
        let texts = self.columns(lines, line, &pass.input[span.clone()]);
        self.named_once(&lines.rows[0].columns, span.clone(), pass);
        let (columns, header) = (&lines.rows[0].columns, self.header.as_deref().unwrap_or_default());
        let missing: Vec<&str> = columns
            .iter()
            .zip(header)
            .filter(|(column, at)| at.is_none() && !column.optional)
            .map(|(column, _)| column.title.as_str())
            .collect();
        let is_known = |name: &str| columns.iter().any(|column| name.eq_ignore_ascii_case(&column.title));
        let is_unknown = |at: &usize| !texts[*at].is_empty() && !is_known(&texts[*at]);
        let unknown: Vec<&str> = (0..texts.len()).filter(is_unknown).map(|at| texts[at].as_str()).collect();
        if !missing.is_empty() {
            let message = format!("the header line lacks `{}`", named(&missing));
            let remedy = match suggest::nearest(missing[0], unknown.iter().copied()) {
                Some(near) => format!(
                    "if `{near}` is meant, name it so in the layout: `column = \"{near}\"`; else ask the partner for the column"
                ),
                None if unknown.is_empty() => {
                    "ask the partner whether they changed their file; the layout names the columns it must have"
                        .to_owned()
                }
                None => format!(
                    "ask the partner whether they changed their file: it has `{}`, which the layout does not know; a new name goes to `column` there",
                    named(&unknown)
                ),
            };
            pass.broken(codes::LAYOUT_HEADER, message, span, &remedy);
            // Every row would lack it too: that says nothing more.
            pass.state.over = true;
        } else if !unknown.is_empty() {
            let message = format!("the layout does not know the columns `{}`", named(&unknown));
            let found = Diagnostic::new(codes::LAYOUT_UNKNOWN_COLUMN, message, pass.place(span));
            let remedy = "add those that matter to the layout's fields; the others are passed over";
            pass.diagnostics.push(found.remedy(remedy));
        }
    }

    fn outside(&mut self, found: &Found<'_>, outside: Outside, pass: &mut Pass<'_>) {
        let record = &pass.layout.records[found.record()];
        if outside == Outside::Before && (pass.state.documents > 0 || !pass.state.outside.is_empty()) {
            let message = format!("a second `{}` begins a file inside the file", record.name);
            let remedy = "ask the partner to send one file for each";
            pass.broken(codes::LAYOUT_MISPLACED_RECORD, message, found.span(), remedy);
        }
        pass.state.outside.push(outside);
        pass.state.unsound |= quotes(&found.line, found.start, pass);
        for (index, column) in found.columns(found.record()) {
            let Some(counts) = record.fields[usize::from(column.position) - 1].counts else { continue };
            let text = self.value(found, index, pass).to_vec();
            pass.count(counts, &text, self.lines, self.span_of(found, index));
        }
    }
}

impl Line {
    /// The texts of its cells; `content` are its bytes, `made` the texts that are written otherwise there.
    fn texts<'t>(&'t self, content: &'t [u8], made: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
        self.cells.iter().map(move |cell| cell.text(content, made))
    }
}

impl Row {
    /// How the line looks like this row, by how much it holds: it may leave out its last fields, as long as it holds those that must be
    /// there, and two at least.
    fn is_like(&self, layout: &Layout, form: &Form, line: &Line, content: &[u8]) -> Result<Likeness, String> {
        let (unit, all, came, most) = match form {
            Form::Delimited { .. } => {
                let last = line.cells.iter().rposition(|cell| !cell.span.is_empty());
                ("fields", line.cells.len(), last.map_or(0, |last| last + 1), self.columns.len())
            }
            Form::Fixed { .. } => {
                let came = characters(content.trim_ascii_end()).len();
                ("characters", characters(content).len(), came, self.width(form))
            }
        };
        let begins = |(index, column): (usize, &Column)| match form {
            Form::Delimited { .. } => index,
            Form::Fixed { .. } => column.at.start,
        };
        let is_there = |column: &(usize, &Column)| begins(*column) < came;
        let columns = || self.columns.iter().enumerate();
        let field = |column: &Column| {
            layout.records.get(column.record)?.fields.get(usize::from(column.position).wrapping_sub(1))
        };
        let required = |column: &(usize, &Column)| field(column.1).is_some_and(|field| field.required);
        if let Some((_, lacking)) = columns().find(|column| required(column) && !is_there(column)) {
            let name = layout.designator(lacking.record, lacking.position);
            return Err(format!("its first line ends before `{name}`, which must be there"));
        }
        if came > most || columns().filter(is_there).count() < self.columns.len().min(2) {
            return Err(format!("its first line has {came} {unit}, the layout has {most}"));
        }
        Ok(if all == most { Likeness::Whole } else { Likeness::Shorter })
    }
}

impl Pass<'_> {
    /// The text of a field that is in the tree, without the blanks at its end.
    fn text(&self, segment: SegmentIndex, position: u16) -> &[u8] {
        let segment = &self.tree.segments[segment as usize];
        self.tree.value(segment, position, &self.input[self.state.begin..]).trim_ascii_end()
    }
}

/// Says so when a text of the line is closed by a quote and goes on: nobody can tell where it ends. True where it was said.
fn quotes(line: &Line, start: usize, pass: &mut Pass<'_>) -> bool {
    let Some(at) = line.closes_early else { return false };
    let message = "a quote closes a text, and more of the text stands behind it".to_owned();
    let place = pass.place(start + at..start + at + 1);
    let remedy = "ask the partner to write a quote inside a text twice";
    pass.diagnostics.push(Diagnostic::new(codes::LAYOUT_QUOTE, message, place).remedy(remedy));
    true
}

/// The first of the columns, for a sentence: there may be many, and long ones.
fn named(columns: &[&str]) -> String {
    let shown = |name: &&str| match name.char_indices().nth(40) {
        Some((at, _)) => format!("{}...", &name[..at]),
        None => (*name).to_owned(),
    };
    let first: Vec<String> = columns.iter().take(COLUMNS_NAMED).map(shown).collect();
    match columns.len().saturating_sub(COLUMNS_NAMED) {
        0 => first.join("`, `"),
        more => format!(
            "{}` and {more} more, the last of them `{}",
            first.join("`, `"),
            columns.last().map(shown).unwrap_or_default()
        ),
    }
}

/// How many columns a sentence names.
const COLUMNS_NAMED: usize = 12;

/// What a line says of its record's type.
fn code<'l>(lines: &Lines, content: &'l [u8], line: &'l Line, made: &'l [u8]) -> &'l [u8] {
    match &lines.form {
        Form::Delimited { record_type: Some(position), .. } => {
            line.texts(content, made).nth(usize::from(*position) - 1).unwrap_or_default().trim_ascii()
        }
        Form::Fixed { record_type: Some(at), .. } => fixed::text(content, at),
        _ => b"",
    }
}

/// How a file that begins so looks like one of these lines, by the first that is not blank; else why it does not.
pub(super) fn recognises(layout: &Layout, lines: &Lines, beginning: &[u8]) -> Result<Likeness, String> {
    let beginning = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let (mut state, mut at) = (LinesState::default(), 0);
    let (line, content) = loop {
        let line = state.line(lines, &beginning[at..], true).filter(|line| line.next > 0);
        let line = line.ok_or_else(|| "it is empty".to_owned())?;
        let content = &beginning[at..at + line.end];
        if !content.trim_ascii().is_empty() && content != b"\x1a" {
            break (line, content);
        }
        at += line.next;
    };
    match (&lines.form, lines.rows.as_slice()) {
        (Form::Delimited { header: true, .. }, [row, ..]) => {
            let texts: Vec<&[u8]> = line.texts(content, &state.made).map(<[u8]>::trim_ascii).collect();
            let is_there =
                |column: &Column| texts.iter().any(|text| text.eq_ignore_ascii_case(column.title.as_bytes()));
            let lacking = row.columns.iter().find(|column| !column.optional && !is_there(column));
            match lacking.or(row.columns.first().filter(|_| !row.columns.iter().any(is_there))) {
                None => Ok(Likeness::Whole),
                Some(lacking) => Err(format!("its header line lacks `{}`", lacking.title)),
            }
        }
        // Nothing in such a file says what it is, but how many fields it has.
        (form, [only]) if only.code.is_none() => only.is_like(layout, form, &line, content),
        (_, rows) => {
            let code = code(lines, content, &line, &state.made);
            match rows.iter().any(|row| row.code.as_deref().is_some_and(|known| known.as_bytes() == code)) {
                true => Ok(Likeness::Whole),
                false => Err(format!("its first line is of the type `{}`", String::from_utf8_lossy(code))),
            }
        }
    }
}
