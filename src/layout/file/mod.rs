//! Reads a layout file. All problems are told, each at its key; a layout with an error is not used.

mod elements;

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes, suggest};
use crate::source::{Fields, Node, SourceFile, Table, Value};
use crate::tree::charset::Charset;
use crate::tree::{ElementType, ItemId, Tag};

use super::grammar::{FieldForm, grammar};
use super::xml_names::Xml;
use super::{Column, Counts, Field, Fill, Form, Layout, Lines, Outside, RECORD_TYPE, Record, Row, Syntax};

/// What a layout may describe.
pub(super) const SYNTAXES: [(&str, Kind); 3] =
    [("delimited", Kind::Delimited), ("fixed", Kind::Fixed), ("xml", Kind::Xml)];
pub(super) const TYPES: [(&str, ElementType); 5] = [
    ("text", ElementType::Text),
    ("code", ElementType::Code),
    ("number", ElementType::Decimal),
    ("date", ElementType::Date),
    ("time", ElementType::Time),
];
pub(super) const LINE_ENDS: [(&str, &str); 2] = [("lf", "\n"), ("crlf", "\r\n")];
const ALIGNS: [(&str, bool); 2] = [("left", false), ("right", true)];
const OUTSIDE: [(&str, Outside); 2] = [("before", Outside::Before), ("after", Outside::After)];
/// All keys of a layout, whatever its syntax.
const KEYS: [&str; 11] = [
    "encoding",
    "document",
    "delimiter",
    "quote",
    "header",
    "record_type",
    "line_end",
    "length",
    "namespaces",
    "rows_apart",
    "record",
];
/// Most records and fields of a layout.
const MOST: usize = 4000;
/// Most rows of a file in which those of one document may stand apart: each document reaches over those between.
pub(super) const MOST_APART: i64 = 20_000;
/// Longest line of fixed width, in bytes.
const LONGEST_LINE: i64 = 65_536;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Delimited,
    Fixed,
    Xml,
}

impl Layout {
    /// Reads the layout `file`, to be known as `name` (`flat/harbor-orders`); `None` when it has an error.
    pub fn parse(name: &str, file: &SourceFile, diagnostics: &mut Diagnostics) -> Option<Self> {
        let errors = diagnostics.errors();
        let table = file.parse(diagnostics);
        let mut fields = Fields::new(file, &table, "");
        let mut reading = Reading {
            file,
            diagnostics,
            records: Vec::new(),
            found: Vec::new(),
            rows: Vec::new(),
            kind: Kind::Delimited,
            record_type: None,
            typed: None,
            length: None,
            rooms: Vec::new(),
            some_columns: false,
            fills: Vec::new(),
        };
        let layout = reading.file(name, &mut fields);
        fields.finish(diagnostics);
        layout.filter(|_| diagnostics.errors() == errors)
    }

    /// The family of names that a layout file's syntax belongs to: `flat` or `xml`.
    #[must_use]
    pub fn family(file: &SourceFile) -> &'static str {
        let table = file.parse(&mut Diagnostics::with_limit(0));
        match table.get("syntax") {
            Some(Node { value: Value::Text(text), .. }) if text == "xml" => "xml",
            _ => "flat",
        }
    }
}

/// A record as it stands in the file, beside [`Record`].
struct Found {
    title: Arc<str>,
    forms: Vec<FieldForm>,
    parent: Option<(String, Range<usize>)>,
    path: Option<String>,
    counts: Vec<(usize, String, Range<usize>)>,
    /// Of XML: the records that `fields` names, and how many fields stand before each.
    inside: Vec<(usize, String, Range<usize>)>,
    /// Of XML: names and texts that are always there.
    constants: Vec<(String, String)>,
    place: Range<usize>,
}

struct Reading<'a, 'd> {
    file: &'a SourceFile,
    diagnostics: &'d mut Diagnostics,
    records: Vec<Record>,
    found: Vec<Found>,
    rows: Vec<Row>,
    kind: Kind,
    /// The column, 1-based, that says which record a line is.
    record_type: Option<u16>,
    /// Of fixed width: where the lines say it, how many positions each has, and what has its place in the record at hand.
    typed: Option<Range<usize>>,
    length: Option<usize>,
    rooms: Vec<(String, Range<usize>)>,
    /// The header line may lack columns of fields that are neither required nor a key.
    some_columns: bool,
    /// What `fill` names: its column has the number in this list until all records are known.
    fills: Vec<(String, Range<usize>)>,
}

impl<'a> Reading<'a, '_> {
    fn file(&mut self, name: &str, fields: &mut Fields<'a>) -> Option<Layout> {
        let title = fields.text("title", self.diagnostics).unwrap_or(name).to_owned();
        fields.require("syntax", "\"delimited\"", self.diagnostics);
        let Some(kind) = fields.choice("syntax", &SYNTAXES, self.diagnostics) else {
            // Which keys there are depends on it.
            for key in KEYS {
                let _ = fields.node(key);
            }
            return None;
        };
        self.kind = kind;
        let document = fields.text_at("document", self.diagnostics);
        let charset = fields.parsed("encoding", charset, self.diagnostics);
        let syntax = self.syntax(fields);
        let Some(Node { value: Value::Table(records), .. }) = fields.node("record") else {
            fields.require("record", "{ line = { fields = [\"...\"] } }", self.diagnostics);
            return None;
        };
        let typed = records.entries.len() > 1;
        for entry in &records.entries {
            let path = format!("record.{}", entry.key);
            let Value::Table(table) = &entry.node.value else {
                self.report(
                    codes::FILE_WRONG_TYPE,
                    format!("`{path}` must be a table"),
                    &entry.node.span,
                    "write [record.NAME] and its keys below",
                );
                continue;
            };
            let fields = Fields::new(self.file, table, path);
            self.record(&entry.key, &entry.key_span, fields, typed);
        }
        let document = match document {
            Some((text, node)) => Some(self.named(text, &node.span, "document")?),
            None => None,
        };
        self.parents(document);
        self.counted();
        self.filled();
        self.keyed();
        if self.records.iter().map(|record| record.fields.len() + 1).sum::<usize>() > MOST {
            let message = format!("the layout has more than {MOST} records and fields");
            self.report(codes::FILE_WRONG_VALUE, message, &(0..0), "describe only what is mapped");
        }
        if let Some(document) = document.filter(|document| self.records[*document].outside.is_some()) {
            let message = format!("`{}` stands outside documents, it cannot begin one", self.records[document].name);
            self.report(
                codes::FILE_WRONG_VALUE,
                message,
                &self.found[document].place.clone(),
                "remove `outside`, or name another record in `document`",
            );
        }
        let titles: Vec<Arc<str>> = self.found.iter().map(|found| Arc::clone(&found.title)).collect();
        let forms: Vec<Vec<FieldForm>> = self.found.iter().map(|found| found.forms.clone()).collect();
        let grammar = grammar(name, &title, &mut self.records, document, &forms, &titles);
        let syntax = match syntax? {
            Syntax::Xml(xml) => Syntax::Xml(self.xml(xml.namespaces, document)?),
            Syntax::Lines(lines) => {
                let rows = std::mem::take(&mut self.rows);
                self.apart(&lines, &rows, document);
                Syntax::Lines(Lines { rows, ..lines })
            }
        };
        let records = std::mem::take(&mut self.records);
        let name = name.to_owned();
        Some(Layout { name, title, grammar: Arc::new(grammar), charset, syntax, records, document })
    }

    /// Does the first line name the columns?
    fn header(&mut self, fields: &mut Fields<'a>) -> bool {
        if let Some(Node { value: Value::Text(_), .. }) = fields.node("header") {
            self.some_columns = fields.choice("header", &[("some", true)], self.diagnostics).is_some();
            return true;
        }
        fields.boolean("header", self.diagnostics).unwrap_or(false)
    }

    /// What holds for the file as a whole.
    fn syntax(&mut self, fields: &mut Fields<'a>) -> Option<Syntax> {
        let apart = match self.kind {
            Kind::Xml => None,
            _ => fields.integer("rows_apart", 1..=MOST_APART, self.diagnostics).map(|most| most as usize),
        };
        let lines = |form, line_end: Option<&'static str>| {
            Syntax::Lines(Lines { form, rows: Vec::new(), line_end: line_end.unwrap_or("\n"), apart })
        };
        Some(match self.kind {
            Kind::Delimited => {
                fields.require("delimiter", "\",\"", self.diagnostics);
                let delimiter = fields.parsed("delimiter", character, self.diagnostics);
                let quote = match fields.node("quote") {
                    None => Some(b'"'),
                    Some(Node { value: Value::Boolean(false), .. }) => None,
                    Some(_) => Some(fields.parsed("quote", character, self.diagnostics)?),
                };
                let header = self.header(fields);
                let record_type = fields.integer("record_type", 1..=1000, self.diagnostics).map(|at| at as u16);
                self.record_type = record_type;
                let line_end = fields.choice("line_end", &LINE_ENDS, self.diagnostics);
                lines(Form::Delimited { delimiter: delimiter?, quote, header, record_type }, line_end)
            }
            Kind::Fixed => {
                let record_type = fields.parsed("record_type", positions, self.diagnostics);
                let length = fields.integer("length", 1..=LONGEST_LINE, self.diagnostics).map(|length| length as usize);
                let line_end = fields.choice("line_end", &LINE_ENDS, self.diagnostics);
                (self.typed, self.length) = (record_type.clone(), length);
                // Records of full length have line ends where the layout says which.
                lines(Form::Fixed { record_type, length }, line_end.or(length.map(|_| "")))
            }
            Kind::Xml => {
                let mut namespaces = Vec::new();
                if let Some(Node { value: Value::Table(table), .. }) = fields.node("namespaces") {
                    for entry in &table.entries {
                        match &entry.node.value {
                            Value::Text(text) => namespaces.push((entry.key.clone(), text.clone())),
                            _ => self.report(
                                codes::FILE_WRONG_TYPE,
                                format!("`namespaces.{}` must be a text", entry.key),
                                &entry.node.span,
                                "write prefix and namespace: `w = \"urn:example:wms\"`",
                            ),
                        }
                    }
                }
                Syntax::Xml(Xml::new(namespaces, 0))
            }
        })
    }

    fn record(&mut self, name: &str, place: &Range<usize>, mut fields: Fields<'a>, typed: bool) {
        if ["ST", "SE"].contains(&name) || name.contains(['.', '/', '[', ']', ' ', '=']) {
            self.report(
                codes::FILE_WRONG_VALUE,
                format!("`{name}` cannot be the name of a record"),
                place,
                "use letters, digits, `_` and `-`",
            );
        }
        let title = fields.text("title", self.diagnostics).unwrap_or(name);
        let parent = fields.text_at("in", self.diagnostics).map(|(text, node)| (text.to_owned(), node.span.clone()));
        let required = fields.boolean("required", self.diagnostics).unwrap_or(false);
        let max = fields.integer("max", 1..=1_000_000, self.diagnostics).map_or(u32::MAX, |max| max as u32);
        let outside = fields.choice("outside", &OUTSIDE, self.diagnostics);
        let is_loop = fields.boolean("loop", self.diagnostics).unwrap_or(false);
        let code = match self.kind {
            Kind::Xml => None,
            _ => {
                if typed {
                    fields.require("code", "\"H\"", self.diagnostics);
                }
                fields.text("code", self.diagnostics).map(str::to_owned)
            }
        };
        let path = if self.kind == Kind::Xml { fields.text("path", self.diagnostics).map(str::to_owned) } else { None };
        let own = self.push(name, title, place, (required, max, outside), parent);
        self.found[own].path = path;
        self.records[own].is_loop = is_loop;
        let mut row = Row { code, columns: Vec::new(), levels: vec![own] };
        self.rooms.clear();
        let mut end = 0;
        for node in fields.list("fields", self.diagnostics) {
            self.field(own, node, &fields, &mut row, &mut end);
        }
        fields.finish(self.diagnostics);
        if let Some(at) = self.record_type {
            row.columns.insert((usize::from(at) - 1).min(row.columns.len()), Column::record_type());
        }
        // Levels stand in each other, the outermost in what the row's own record was said to stand in.
        if row.levels.len() > 1 {
            let mut around = self.found[own].parent.take();
            for level in row.levels.clone() {
                let next = Some((self.records[level].name.clone(), place.clone()));
                self.found[level].parent = std::mem::replace(&mut around, next);
            }
        }
        if self.kind != Kind::Xml {
            self.rows.push(row);
        }
    }

    fn push(
        &mut self,
        name: &str,
        title: &str,
        place: &Range<usize>,
        (required, max, outside): (bool, u32, Option<Outside>),
        parent: Option<(String, Range<usize>)>,
    ) -> usize {
        self.records.push(Record {
            name: name.to_owned(),
            tag: Tag::of_name(name),
            item: ItemId::UNPLACED,
            opens: None,
            is_loop: false,
            parent: None,
            required,
            max,
            outside,
            fields: Vec::new(),
        });
        self.found.push(Found {
            title: title.into(),
            forms: Vec::new(),
            parent,
            path: None,
            counts: Vec::new(),
            inside: Vec::new(),
            constants: Vec::new(),
            place: place.clone(),
        });
        self.records.len() - 1
    }

    fn field(&mut self, own: usize, node: &'a Node, around: &Fields<'a>, row: &mut Row, end: &mut usize) {
        static EMPTY: Table = Table { entries: Vec::new() };
        let (text, table) = match &node.value {
            Value::Text(text) => (Some(text.as_str()), &EMPTY),
            Value::Table(table) => (None, table),
            _ => {
                let kind = node.value.kind();
                let message = format!("`{}` holds {kind}, a field is a name or a table", around.named("fields"));
                let remedy = "write `\"quantity\"` or `{ name = \"quantity\", type = \"number\" }`";
                return self.report(codes::FILE_WRONG_TYPE, message, &node.span, remedy);
            }
        };
        let mut fields = Fields::new(self.file, table, around.named("fields"));
        let inner = if self.kind == Kind::Xml { fields.text_at("record", self.diagnostics) } else { None };
        if let Some((inner, node)) = inner {
            let before = self.records[own].fields.len();
            self.found[own].inside.push((before, inner.to_owned(), node.span.clone()));
            return fields.finish(self.diagnostics);
        }
        let name = text.or_else(|| fields.required_text("name", self.diagnostics));
        let Some(name) = name else { return };
        let title = fields.text("title", self.diagnostics).unwrap_or(name);
        let kind = fields.choice("type", &TYPES, self.diagnostics).unwrap_or(ElementType::Text);
        let decimals = fields.integer("decimals", 0..=9, self.diagnostics);
        let kind = decimals.map_or(kind, |decimals| ElementType::Implied(decimals as u8));
        let max = fields.integer("max", 1..=1_000_000, self.diagnostics);
        let min = fields.integer("min", 1..=1_000_000, self.diagnostics).unwrap_or(1) as u32;
        let required = fields.boolean("required", self.diagnostics).unwrap_or(false);
        let key = fields.boolean("key", self.diagnostics).unwrap_or(false);
        let constant = fields.text("const", self.diagnostics).map(str::to_owned);
        let counts = fields.text_at("counts", self.diagnostics);
        let fill = self.fill(&mut fields, own, constant.as_deref());
        let level = match self.kind {
            Kind::Xml => None,
            Kind::Delimited | Kind::Fixed => fields.text_at("level", self.diagnostics),
        };
        let record = level.map_or(own, |(level, node)| self.level(level, &node.span, row));
        let position = self.records[record].fields.len() as u16 + 1;
        let mut column = Column {
            record,
            position,
            fill,
            optional: self.some_columns && !required && !key,
            ..Column::record_type()
        };
        if self.kind == Kind::Delimited {
            column.title = fields.text("column", self.diagnostics).unwrap_or(title).to_owned();
        } else if self.kind == Kind::Fixed {
            self.room(&mut fields, (name, node, kind), end, &mut column);
        }
        fields.finish(self.diagnostics);
        if let Some(fill) = &column.fill {
            let text = constant.unwrap_or_default();
            if self.kind == Kind::Xml && *fill == Fill::Text(text.clone()) {
                self.found[own].constants.push((name.to_owned(), text));
            }
            row.columns.push(Column { record: RECORD_TYPE, position: 0, ..column });
            return;
        }
        if self.records[record].fields.iter().any(|known| *known.name == *name) {
            let message = format!("`{}` has two fields `{name}`", self.records[record].name);
            self.report(codes::FILE_WRONG_VALUE, message, &node.span, "give each a name of its own");
        }
        if let Some((text, node)) = counts {
            self.found[record].counts.push((usize::from(position) - 1, text.to_owned(), node.span.clone()));
        }
        let max = max.map_or(column.at.len() as u32, |max| max as u32);
        self.records[record].fields.push(Field { name: name.into(), required, max, key, constant, counts: None });
        self.found[record].forms.push(FieldForm { title: title.into(), kind, min });
        row.columns.push(column);
    }

    /// What a column is filled with, of records in documents.
    fn fill(&mut self, fields: &mut Fields<'a>, own: usize, constant: Option<&str>) -> Option<Fill> {
        if self.kind != Kind::Xml
            && let Some((text, node)) = fields.text_at("fill", self.diagnostics)
        {
            self.fills.push((text.to_owned(), node.span.clone()));
            return Some(Fill::NumberOf(self.fills.len() - 1));
        }
        constant.filter(|_| self.records[own].outside.is_none()).map(|text| Fill::Text(text.to_owned()))
    }

    /// Where a field of fixed width stands, and what fills its room.
    fn room(
        &mut self,
        fields: &mut Fields<'a>,
        (name, node, kind): (&str, &Node, ElementType),
        end: &mut usize,
        column: &mut Column,
    ) {
        let length = fields.integer("length", 1..=LONGEST_LINE, self.diagnostics);
        let at = fields.parsed("at", positions, self.diagnostics);
        column.at = at.unwrap_or(*end..*end + length.unwrap_or(0) as usize);
        if column.at.is_empty() {
            let message = format!("`{name}` does not say where it stands");
            let remedy = "add `at = \"1-10\"`, or `length = 10` for a field right behind the one before";
            self.report(codes::FILE_MISSING_KEY, message, &node.span, remedy);
        }
        *end = column.at.end;
        self.alone(name, &node.span, column);
        column.kind = kind;
        let number = matches!(kind, ElementType::Decimal | ElementType::Implied(_));
        column.right = fields.choice("align", &ALIGNS, self.diagnostics).unwrap_or(number);
        let pad = fields.parsed("pad", character, self.diagnostics);
        column.pad = pad.unwrap_or(if column.right && number { b'0' } else { b' ' });
    }

    /// Says so when a field stands where another one does, where the line says which record it is, or behind the end of the line.
    fn alone(&mut self, name: &str, place: &Range<usize>, column: &Column) {
        let at = &column.at;
        let meets = |other: &Range<usize>| !at.is_empty() && other.start < at.end && at.start < other.end;
        let typed = self.typed.iter().filter(|_| column.fill.is_none()).map(|at| ("the record type", at));
        let rooms = self.rooms.iter().map(|(name, at)| (name.as_str(), at));
        let other = typed.chain(rooms).find(|(_, other)| meets(other));
        let behind = self.length.filter(|length| *length < at.end);
        let why = match (other, behind) {
            (Some((name, at)), _) => Some(format!("where {name} stands, at {}", shown(at))),
            (None, Some(length)) => Some(format!("behind the {length} positions of a record (`length`)")),
            (None, None) => None,
        };
        if let Some(why) = why {
            let message = format!("`{name}` stands at {}, {why}", shown(at));
            let remedy = "correct `at` or `length` after the partner's description: each position belongs to one field";
            self.report(codes::FILE_WRONG_VALUE, message, place, remedy);
        }
        self.rooms.push((format!("`{name}`"), column.at.clone()));
    }

    /// The record that is a level of the row, made when it is named first.
    fn level(&mut self, name: &str, place: &Range<usize>, row: &mut Row) -> usize {
        if let Some(known) = row.levels.iter().copied().find(|level| self.records[*level].name == name) {
            return known;
        }
        let level = self.push(name, name, place, (false, u32::MAX, None), None);
        let own = row.levels.len() - 1;
        row.levels.insert(own, level);
        level
    }

    /// The record called `name`.
    fn named(&mut self, name: &str, place: &Range<usize>, key: &str) -> Option<usize> {
        let found = self.records.iter().position(|record| record.name == name);
        if found.is_none() {
            let names: Vec<&str> = self.records.iter().map(|record| record.name.as_str()).collect();
            let remedy = match suggest::nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its records are {}", names.join(", ")),
            };
            self.report(
                codes::FILE_WRONG_VALUE,
                format!("`{key}` names `{name}`, which is no record of the layout"),
                place,
                &remedy,
            );
        }
        found
    }

    fn parents(&mut self, document: Option<usize>) {
        for at in 0..self.records.len() {
            let Some((name, place)) = self.found[at].parent.take() else {
                if Some(at) != document && self.records[at].outside.is_none() {
                    self.records[at].parent = document;
                }
                continue;
            };
            let Some(parent) = self.named(&name, &place, "in") else { continue };
            self.records[at].parent = Some(parent);
            let around = std::iter::successors(Some(parent), |record| self.records[*record].parent);
            if around.take(self.records.len() + 1).any(|record| record == at) || self.records[parent].outside.is_some()
            {
                let message = format!("`{}` cannot stand in `{name}`", self.records[at].name);
                self.records[at].parent = None;
                self.report(
                    codes::FILE_WRONG_VALUE,
                    message,
                    &place,
                    "name the record around it; none stands in itself or outside documents",
                );
            }
        }
    }

    /// Rows are told apart by the keys of their levels.
    fn keyed(&mut self) {
        for row in std::mem::take(&mut self.rows) {
            for level in row.levels.iter().take(row.levels.len() - 1) {
                let record = &self.records[*level];
                if !record.fields.iter().any(|field| field.key) {
                    let message = format!("no field of the level `{}` is its key", record.name);
                    let (place, remedy) = (
                        self.found[*level].place.clone(),
                        "add `key = true` to the field that tells one from the next",
                    );
                    self.report(codes::FILE_MISSING_KEY, message, &place, remedy);
                }
            }
            self.rows.push(row);
        }
    }

    /// Rows that stand apart are known by the document that each of them names.
    fn apart(&mut self, lines: &Lines, rows: &[Row], document: Option<usize>) {
        let names_it = |row: &Row| {
            let own = row.levels.len() - 1;
            self.records[row.levels[own]].outside.is_some() || row.levels[..own].first().copied() == document
        };
        if lines.apart.is_some() && !(document.is_some() && rows.iter().all(names_it)) {
            let message = "`rows_apart` is set, but not every row says which document it belongs to".to_owned();
            let remedy = "put the document's key into each row (`level` and `key`), or remove `rows_apart`";
            self.report(codes::FILE_WRONG_VALUE, message, &(0..0), remedy);
        }
    }

    fn counted(&mut self) {
        for at in 0..self.records.len() {
            for (field, text, place) in std::mem::take(&mut self.found[at].counts) {
                let counts = match text.as_str() {
                    "documents" => Some(Counts::Documents),
                    "lines" if self.kind != Kind::Xml => Some(Counts::Lines),
                    _ => self.named(&text, &place, "counts").map(Counts::Record),
                };
                if self.records[at].outside != Some(Outside::After) {
                    self.report(
                        codes::FILE_WRONG_VALUE,
                        "only a record behind all documents can count".to_owned(),
                        &place,
                        "add `outside = \"after\"` to the record, or remove `counts`",
                    );
                }
                self.records[at].fields[field].counts = counts;
            }
        }
    }

    /// What columns are filled with: `number`, a record, or a field of one.
    fn filled(&mut self) {
        let named: Vec<Option<Fill>> = std::mem::take(&mut self.fills)
            .into_iter()
            .map(|(text, place)| {
                if text == "number" {
                    return Some(Fill::Number);
                }
                let Some((record, field)) = text.split_once('.') else {
                    return self.named(&text, &place, "fill").map(Fill::NumberOf);
                };
                let record = self.named(record, &place, "fill")?;
                let known = self.records[record].fields.iter().position(|known| *known.name == *field);
                if known.is_none() {
                    let message = format!("`fill` names `{text}`, which is no field of the layout");
                    let remedy = "name a field as mappings do, `RECORD.FIELD`; a record for its number; or `number`";
                    self.report(codes::FILE_WRONG_VALUE, message, &place, remedy);
                }
                known.map(|known| Fill::Field(record, known as u16 + 1))
            })
            .collect();
        for column in self.rows.iter_mut().flat_map(|row| &mut row.columns) {
            if let Some(Fill::NumberOf(number)) = column.fill {
                column.fill = named[number].clone();
            }
        }
    }

    fn report(&mut self, code: Code, message: String, place: &Range<usize>, remedy: &str) {
        let place = match place.is_empty() {
            true => self.file.whole(),
            false => self.file.place(place.clone(), None),
        };
        self.diagnostics.push(Diagnostic::new(code, message, place).remedy(remedy));
    }
}

/// A character set by its name.
fn charset(name: &str) -> Result<Charset, (String, String)> {
    let known = Charset::parse(name).filter(|known| !matches!(known, Charset::X12Basic | Charset::X12Extended));
    known.ok_or_else(|| {
        let remedy = "write `utf-8`, `latin-1`, or another of one byte a character, such as `windows-1252`; UTF-16 is known by itself";
        ("is no character set that is written here".to_owned(), remedy.to_owned())
    })
}

/// One character of ASCII, or its name.
fn character(text: &str) -> Result<u8, (String, String)> {
    match text {
        "tab" => Ok(b'\t'),
        "space" => Ok(b' '),
        text if text.len() == 1 && text.is_ascii() && !["\n", "\r"].contains(&text) => Ok(text.as_bytes()[0]),
        _ => Err((
            "is no character that can be used here".to_owned(),
            "write one character of ASCII, `tab` or `space`".to_owned(),
        )),
    }
}

/// Positions as they are written in a layout.
fn shown(at: &Range<usize>) -> String {
    format!("\"{}-{}\"", at.start + 1, at.end)
}

/// `1-10` or `7`: positions of a line, 1-based, as 0-based bytes.
fn positions(text: &str) -> Result<Range<usize>, (String, String)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|at| (1..=LONGEST_LINE as usize).contains(at));
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => Ok(from - 1..to),
        _ => Err((
            "is no range of positions".to_owned(),
            "write first and last position of the line, counted from 1: \"1-10\"".to_owned(),
        )),
    }
}
