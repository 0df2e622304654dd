//! A mapping file as written: its tables, and the merge with the file it `extends`.
//!
//! Merging goes by canonical path: a line replaces the line at its path, a table is merged key by key, `false` drops.
//! Every key remembers its file, so that a diagnostic points to where it was written.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourcePlace, codes};
use crate::source::{Fields, Node, SourceFile, Table, Value};

/// Where a key or value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    /// Index into [`Written::files`].
    pub(super) file: usize,
    /// Bytes of the file.
    pub(super) span: Range<usize>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: At,
    pub(super) item: Item,
}

/// What stands under a key.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// Text, number, `true`, list...
    Value(Arc<Node>, usize),
    /// A table, with the place it starts at.
    Table(Arc<Vec<Entry>>, At),
}

impl Item {
    /// What it is, unless it is a table.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Item::Value(node, _) => Some(&node.value),
            Item::Table(..) => None,
        }
    }

    /// The tables of a list of tables, and where each starts.
    pub(super) fn tables(&self) -> Option<Vec<(Vec<Entry>, At)>> {
        let Item::Value(node, file) = self else { return None };
        let Value::List(list) = &node.value else { return None };
        let table = |node: &Node| match &node.value {
            Value::Table(table) => Some((entries(table, *file), At { file: *file, span: node.span.clone() })),
            _ => None,
        };
        list.iter().map(table).collect()
    }

    pub(super) fn at(&self) -> At {
        match self {
            Item::Value(node, file) => At { file: *file, span: node.span.clone() },
            Item::Table(_, at) => at.clone(),
        }
    }

    /// The texts in it, however deep.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Item::Value(node, _) => texts_of(&node.value),
            Item::Table(entries, _) => entries.iter().flat_map(|entry| entry.item.texts()).collect(),
        }
    }
}

fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::List(list) => list.iter().flat_map(|node| texts_of(&node.value)).collect(),
        _ => Vec::new(),
    }
}

/// How many lines a mapping may have; a plan counts them in sixteen bits.
pub(super) const LINES_LIMIT: usize = 65_535;

/// The words that make a table a line (a value with its place) and not a structure.
const LINE_WORDS: [&str; 6] = ["at", "first", "list", "const", "levels", "document_key"];

/// A `[[test]]`: two files that must be each other's translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingTest {
    /// The partner's document, a path below the home.
    pub document: String,
    /// The canonical objects in it, as a JSON array: a path below the home.
    pub canonical: String,
    /// Where the document is named.
    pub place: SourcePlace,
    /// Where the objects are named.
    pub canonical_place: SourcePlace,
}

/// A mapping file with everything it extends merged in.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// The file itself first, then what it extends.
    pub(super) files: Vec<Arc<SourceFile>>,
    pub(super) canonical: Option<(String, At)>,
    pub(super) document: Option<(String, At)>,
    pub(super) guide: Option<(String, At)>,
    pub(super) map: Vec<Entry>,
    pub(super) derived: Vec<Entry>,
    pub(super) hierarchy: Vec<Entry>,
    pub(super) rules: Vec<Entry>,
    pub(super) units: Vec<Entry>,
    pub(super) ignore_canonical: Vec<(String, At)>,
    pub(super) ignore_document: Vec<(String, At)>,
    pub(super) codes: Vec<Entry>,
    pub(super) blocks: Vec<Entry>,
    pub(super) tests: Vec<MappingTest>,
}

impl Written {
    fn empty(file: &Arc<SourceFile>) -> Written {
        Written {
            files: vec![Arc::clone(file)],
            canonical: None,
            document: None,
            guide: None,
            map: Vec::new(),
            derived: Vec::new(),
            hierarchy: Vec::new(),
            rules: Vec::new(),
            units: Vec::new(),
            ignore_canonical: Vec::new(),
            ignore_document: Vec::new(),
            codes: Vec::new(),
            blocks: Vec::new(),
            tests: Vec::new(),
        }
    }
}

/// A mapping file as it stands, without what it extends.
#[derive(Debug, Clone)]
pub struct FileRead {
    pub(super) written: Written,
    /// The name of the mapping it extends.
    pub(super) extends: Option<(String, At)>,
}

impl FileRead {
    /// Reads `file`.
    #[must_use]
    pub fn of(file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> Self {
        let (written, extends) = read(file, diagnostics);
        Self { written, extends }
    }

    /// Was it read of this very file?
    #[must_use]
    pub fn is_of(&self, file: &SourceFile) -> bool {
        *self.written.files[0] == *file
    }
}

/// The mapping `file` alone, and the name it extends.
pub(super) fn read(file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> (Written, Option<(String, At)>) {
    let table = file.parse(diagnostics);
    let mut written = Written::empty(file);
    let mut fields = Fields::new(file, &table, "");
    written.canonical = named(&mut fields, "canonical", diagnostics);
    written.document = named(&mut fields, "document", diagnostics);
    written.guide = guide(&mut fields, diagnostics);
    let extends = named(&mut fields, "extends", diagnostics);
    written.map = tables(&mut fields, "map", diagnostics);
    written.derived = tables(&mut fields, "derived", diagnostics);
    written.hierarchy = tables(&mut fields, "hierarchy", diagnostics);
    written.rules = tables(&mut fields, "rule", diagnostics);
    written.units = tables(&mut fields, "units", diagnostics);
    written.codes = tables(&mut fields, "codes", diagnostics);
    written.blocks = tables(&mut fields, "block", diagnostics);
    if let Some(mut ignore) = fields.table("ignore", diagnostics) {
        written.ignore_canonical = placed(ignore.texts("canonical", diagnostics));
        written.ignore_document = placed(ignore.texts("document", diagnostics));
        ignore.finish(diagnostics);
    }
    for mut test in fields.tables("test", diagnostics) {
        test.require("document", "\"...\"", diagnostics);
        let document = test.text_at("document", diagnostics);
        test.require("canonical", "\"...\"", diagnostics);
        let canonical = test.text_at("canonical", diagnostics);
        if let (Some((document, node)), Some((canonical, objects))) = (document, canonical) {
            written.tests.push(MappingTest {
                document: document.to_owned(),
                canonical: canonical.to_owned(),
                place: file.place(node.span.clone(), Some("test.document")),
                canonical_place: file.place(objects.span.clone(), Some("test.canonical")),
            });
        }
        test.finish(diagnostics);
    }
    fields.finish(diagnostics);
    (written, extends)
}

/// The guide that is named; `false`, which drops the base's, is an empty name.
fn guide(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<(String, At)> {
    match fields.node("guide") {
        Some(node @ Node { value: Value::Boolean(false), .. }) => Some((String::new(), at(node))),
        _ => named(fields, "guide", diagnostics),
    }
}

/// The text under `key`, and where it stands.
fn named(fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<(String, At)> {
    let (text, node) = fields.text_at(key, diagnostics)?;
    Some((text.to_owned(), at(node)))
}

/// The entries of the table under `key`.
fn tables(fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    match fields.node(key) {
        Some(node @ Node { value: Value::Table(table), .. }) if lines_in(table) > LINES_LIMIT => {
            let message = format!("[{key}] has {} lines, a mapping has at most {LINES_LIMIT}", lines_in(table));
            let diagnostic = fields.problem(codes::MAPPING_TOO_MANY_LINES, message, node);
            diagnostics.push(diagnostic.remedy("make it shorter: `rest` takes what needs no field of its own"));
            Vec::new()
        }
        Some(Node { value: Value::Table(table), .. }) => entries(table, 0),
        Some(node) => {
            let message = format!("`{key}` must be a table, here it is {}", node.value.kind());
            let diagnostic = fields.problem(codes::FILE_WRONG_TYPE, message, node);
            diagnostics.push(diagnostic.remedy(format!("write [{key}] and its lines below")));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// How many keys that hold no table stand in `table`, at whatever depth.
fn lines_in(table: &Table) -> usize {
    let of = |node: &Node| if let Value::Table(inner) = &node.value { lines_in(inner) } else { 1 };
    table.entries.iter().map(|entry| of(&entry.node)).sum()
}

fn placed(texts: Vec<(&str, &Node)>) -> Vec<(String, At)> {
    texts.into_iter().map(|(text, node)| (text.to_owned(), at(node))).collect()
}

fn at(node: &Node) -> At {
    At { file: 0, span: node.span.clone() }
}

impl Written {
    /// Lays this file over the one it extends.
    pub(super) fn over(mut self, base: Written) -> Written {
        let offset = self.files.len();
        self.files.extend(base.files);
        let moved = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.moved(offset)).collect::<Vec<_>>();
        let moved_at = |(text, at): (String, At)| (text, At { file: at.file + offset, ..at });
        self.canonical = self.canonical.or(base.canonical.map(moved_at));
        self.document = self.document.or(base.document.map(moved_at));
        self.guide = self.guide.or(base.guide.map(moved_at));
        self.map = merge(self.map, moved(base.map));
        self.derived = merge(self.derived, moved(base.derived));
        self.hierarchy = merge(self.hierarchy, moved(base.hierarchy));
        self.rules = merge(self.rules, moved(base.rules));
        self.units = merge(self.units, moved(base.units));
        self.codes = merge(self.codes, moved(base.codes));
        self.blocks = merge(self.blocks, moved(base.blocks));
        self.ignore_canonical.extend(base.ignore_canonical.into_iter().map(moved_at));
        self.ignore_document.extend(base.ignore_document.into_iter().map(moved_at));
        self
    }

    /// A diagnostic of `code` at a place of one of the files.
    pub(super) fn diagnostic(&self, code: Code, message: impl Into<String>, at: &At, key: Option<&str>) -> Diagnostic {
        Diagnostic::new(code, message, self.files[at.file].place(at.span.clone(), key))
    }

    /// `file:line` of a place.
    pub(super) fn line_of(&self, at: &At) -> String {
        let file = &self.files[at.file];
        format!("{}:{}", file.name, file.line_of(at.span.start))
    }
}

fn entries(table: &Table, file: usize) -> Vec<Entry> {
    let entry = |entry: &crate::source::TableEntry| Entry {
        key: entry.key.clone(),
        key_at: At { file, span: entry.key_span.clone() },
        item: match &entry.node.value {
            Value::Table(table) => {
                Item::Table(Arc::new(entries(table, file)), At { file, span: entry.key_span.clone() })
            }
            _ => Item::Value(Arc::new(entry.node.clone()), file),
        },
    };
    table.entries.iter().map(entry).collect()
}

impl Entry {
    fn moved(self, offset: usize) -> Entry {
        let at = |at: At| At { file: at.file + offset, ..at };
        Entry {
            key: self.key,
            key_at: at(self.key_at),
            item: match self.item {
                Item::Value(node, file) => Item::Value(node, file + offset),
                Item::Table(entries, place) => {
                    let entries = Arc::unwrap_or_clone(entries).into_iter();
                    Item::Table(Arc::new(entries.map(|entry| entry.moved(offset)).collect()), at(place))
                }
            },
        }
    }

    fn is_line(&self) -> bool {
        match &self.item {
            Item::Value(..) => true,
            Item::Table(entries, _) => entries.iter().any(|entry| LINE_WORDS.contains(&entry.key.as_str())),
        }
    }
}

/// Is this the `false` that drops a line?
pub(super) fn is_false(item: &Item) -> bool {
    item.value() == Some(&Value::Boolean(false))
}

/// Words that say the same thing in different ways, how a list is filled or a derived value made: one replaces the other.
const INSTEAD: [&[&str]; 2] = [&["each", "rest"], &["const", "expression", "counter", "count", "recall", "sequence"]];

/// `own` over `base`: base's order first, then what is new.
pub(super) fn merge(own: Vec<Entry>, base: Vec<Entry>) -> Vec<Entry> {
    let mut merged = base;
    for words in INSTEAD {
        let one = |entry: &Entry| words.contains(&entry.key.as_str());
        if own.iter().any(one) {
            merged.retain(|entry| !one(entry));
        }
    }
    for entry in own {
        let known = merged.iter().position(|known| known.key == entry.key);
        match known {
            Some(at) if is_false(&entry.item) => {
                merged.remove(at);
            }
            Some(at) if entry.is_line() || merged[at].is_line() => merged[at] = entry,
            Some(at) => {
                let placeholder = Item::Table(Arc::default(), entry.key_at.clone());
                let base = std::mem::replace(&mut merged[at].item, placeholder);
                merged[at].item = match (entry.item, base) {
                    (Item::Table(own, at), Item::Table(base, _)) => {
                        let merged = merge(Arc::unwrap_or_clone(own), Arc::unwrap_or_clone(base));
                        Item::Table(Arc::new(merged), at)
                    }
                    (own, _) => own,
                };
            }
            // A `false` that drops nothing stays, so that `compile` can say so.
            None => merged.push(entry),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `[map]` of `own` laid over that of `base`, as short text.
    fn check(own: &str, base: &str, expected: &str) {
        let read = |text: &str| {
            let mut diagnostics = Diagnostics::unlimited();
            let file = Arc::new(SourceFile::new("file", format!("[map]\n{text}")));
            let (written, _) = super::read(&file, &mut diagnostics);
            assert!(diagnostics.is_empty(), "{text}");
            written
        };
        assert_eq!(shown(&read(own).over(read(base)).map), expected, "{own} over {base}");
    }

    fn shown(entries: &[Entry]) -> String {
        let entry = |entry: &Entry| match &entry.item {
            Item::Table(entries, _) => format!("{}({})", entry.key, shown(entries)),
            Item::Value(node, _) => match &node.value {
                Value::Text(text) => format!("{}={text}", entry.key),
                other => format!("{}={}", entry.key, other.kind()),
            },
        };
        entries.iter().map(entry).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_file_is_laid_over_another_path_by_path() {
        check("a = '2'", "a = '1'\nb = '1'", "a=2 b=1");
        check("c = '2'", "a = '1'", "a=1 c=2");
        check("a = false", "a = '1'\nb = '1'", "b=1");
        check("t.a = '2'", "t = { each = 'LX', a = '1', b = '1' }", "t(each=LX a=2 b=1)");
        check("t.b = false", "t = { a = '1', b = '1' }", "t(a=1)");
        check("t = { in = false, a = '2' }", "t = { in = 'N1', a = '1' }", "t(a=2)");
    }

    #[test]
    fn a_line_replaces_a_line_whole() {
        check("a = { at = '2' }", "a = { at = '1', codes = 'c' }", "a(at=2)");
        check("a = '2'", "a = { first = ['1'] }", "a=2");
        check("a = { first = ['2'] }", "a = '1'", "a(first=a list)");
        check("a = { name = '2' }", "a = { const = '1' }", "a(name=2)");
    }

    #[test]
    fn what_says_the_same_otherwise_replaces_it() {
        check("t.rest = 'N9'", "t = { each = 'LX', a = '1' }", "t(a=1 rest=N9)");
        check("t.each = 'LX'", "t = { rest = 'N9', a = '1' }", "t(a=1 each=LX)");
        check(
            "t.counter = 'lines'",
            "t = { expression = 'x', mismatch = 'ignore' }",
            "t(mismatch=ignore counter=lines)",
        );
    }

    #[test]
    fn a_false_that_drops_nothing_stays_to_be_told() {
        check("a = false", "b = '1'", "b=1 a=true or false");
    }
}
