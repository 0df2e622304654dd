//! A mapping after `extends` and `use`: every line with the place where it was written, and who else has it from there.
//!
//! What is printed is a mapping again, which reads and writes the same. Nothing is checked here: see [`super::load`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::canonical::emit::emit_text;
use crate::diagnostic::Diagnostics;
use crate::source::{Node, SourceFile, Value};

use super::compile::STRUCTURE_WORDS;
use super::syntax::{self, At, Entry, Item, Written, is_false, merge};
use super::{Library, merged};

/// A mapping with all that it inherits.
#[derive(Debug, Default)]
pub struct Effective {
    /// Its tables, in an order that TOML allows; the head of the file comes first, without a name.
    pub sections: Vec<Section>,
    /// Paths that a `false` drops, such as `map.notes`, and where it stands.
    pub dropped: Vec<(String, String)>,
}

/// One table.
#[derive(Debug, Default)]
pub struct Section {
    /// Its name as it stands in brackets; empty for the head of the file.
    pub name: String,
    /// It is one of several tables for a list, and stands in two brackets.
    pub listed: bool,
    /// Its lines.
    pub lines: Vec<EffectiveLine>,
}

/// One line.
#[derive(Debug)]
pub struct EffectiveLine {
    /// The whole path, such as `map.packages.lines.sku`.
    pub path: String,
    /// The key in its table, as TOML; of an entry of `[ignore]`, the name of the list.
    pub key: String,
    /// The value, as TOML on one line.
    pub value: String,
    /// Where it was written, as `file:line`; empty for a `false` that keeps a shared code from coming back.
    pub origin: String,
    /// The other mappings that have this very line from there.
    pub also: Vec<String>,
}

/// Where something was written: the file's name and the first byte.
type Origin = (Arc<str>, usize);

/// What the mapping `file`, called `name`, says once all is merged. What cannot be read is in `diagnostics`.
#[must_use]
pub fn effective(
    name: &str,
    file: &Arc<SourceFile>,
    library: &dyn Library,
    diagnostics: &mut Diagnostics,
) -> Effective {
    let written = merged(file, library, diagnostics);
    let reach = reach(name, library);
    let mut printing = Printing { written: &written, reach: &reach, sections: Vec::new() };
    printing.head();
    let map = expanded(&written.map, &written.blocks, true);
    let used = tables_used(&map);
    let derived = written.derived.iter().map(|entry| without_dropped_lists(entry, &map)).collect();
    let units = units_used(&written, &map);
    printing.table("hierarchy", written.hierarchy.clone());
    printing.table("map", map);
    printing.table("derived", derived);
    printing.table("rule", written.rules.clone());
    printing.table("units", units);
    printing.ignored();
    let shared = shared_rows(library);
    for entry in written.codes.iter().filter(|entry| used.contains(&entry.key) || entry.key_at.file == 0) {
        if let Item::Table(rows, _) = &entry.item {
            printing.codes(&entry.key, rows, shared.get(&entry.key));
        }
    }
    let sections = printing.sections;
    Effective { sections, dropped: dropped(&written) }
}

/// What a file of blocks and code tables says, each line with the mappings that have it from there.
#[must_use]
pub fn shared(file: &Arc<SourceFile>, library: &dyn Library, diagnostics: &mut Diagnostics) -> Effective {
    let (written, _) = syntax::read(file, diagnostics);
    let reach = reach("", library);
    let mut printing = Printing { written: &written, reach: &reach, sections: Vec::new() };
    for entry in &written.blocks {
        if let Item::Table(lines, _) = &entry.item {
            printing.table(&format!("block.{}", key(&entry.key)), lines.to_vec());
        }
    }
    for entry in &written.codes {
        if let Item::Table(rows, _) = &entry.item {
            printing.codes(&entry.key, rows, None);
        }
    }
    Effective { sections: printing.sections, dropped: Vec::new() }
}

/// Which mappings but `name` have what from where.
fn reach(name: &str, library: &dyn Library) -> HashMap<Origin, Vec<String>> {
    let mut reach: HashMap<Origin, Vec<String>> = HashMap::new();
    for other in library.names().into_iter().filter(|other| other != name) {
        let Some(file) = library.mapping(&other) else { continue };
        // Their own problems are told when they are checked.
        let written = merged(&file, library, &mut Diagnostics::with_limit(0));
        let mut origins = BTreeSet::new();
        let map = expanded(&written.map, &written.blocks, true);
        let used = tables_used(&map);
        let codes = written.codes.iter().filter(|entry| used.contains(&entry.key)).cloned().collect();
        let rules = written.rules.clone();
        for entries in [map, written.derived.clone(), written.hierarchy.clone(), rules, codes] {
            collect(&entries, &written, &mut origins);
        }
        let named = [&written.canonical, &written.document, &written.guide].into_iter().flatten();
        let ignored = written.ignore_document.iter().chain(&written.ignore_canonical);
        origins.extend(named.chain(ignored).map(|(_, at)| origin(&written, at)));
        for origin in origins {
            reach.entry(origin).or_default().push(other.clone());
        }
    }
    reach
}

fn origin(written: &Written, at: &At) -> Origin {
    (Arc::clone(&written.files[at.file].name), at.span.start)
}

fn collect(entries: &[Entry], written: &Written, origins: &mut BTreeSet<Origin>) {
    for entry in entries {
        origins.insert(origin(written, &entry.key_at));
        if let Item::Table(inner, _) = &entry.item {
            collect(inner, written, origins);
        }
    }
}

/// The entries with those of the blocks they `use` in their place. Several tables for a list stand in one, without names.
fn expanded(entries: &[Entry], blocks: &[Entry], root: bool) -> Vec<Entry> {
    let name = entries.iter().find(|entry| entry.key == "use" && !root).and_then(|entry| text_of(&entry.item));
    let block = name.and_then(|name| blocks.iter().find(|block| block.key == name));
    let entries = match block.map(|block| &block.item) {
        Some(Item::Table(lines, _)) => {
            let mut entries = merge(entries.to_vec(), lines.to_vec());
            entries.retain(|entry| entry.key != "use");
            entries
        }
        _ => entries.to_vec(),
    };
    let table = |inner: &[Entry], at: At| Item::Table(Arc::new(expanded(inner, blocks, false)), at);
    let inside = |entry: Entry| match entry.item {
        Item::Table(inner, at) => Entry { item: table(&inner, at), ..entry },
        item => {
            let nameless = |(inner, at): &(Vec<Entry>, At)| Entry {
                key: String::new(),
                key_at: at.clone(),
                item: table(inner, at.clone()),
            };
            let tables = item.tables().filter(|tables| !tables.is_empty());
            let list = tables.map(|tables| Item::Table(Arc::new(tables.iter().map(nameless).collect()), item.at()));
            Entry { item: list.unwrap_or(item), ..entry }
        }
    };
    entries.into_iter().map(inside).collect()
}

/// Are these several tables for a list?
fn is_list(entries: &[Entry]) -> bool {
    entries.first().is_some_and(|first| first.key.is_empty() && matches!(first.item, Item::Table(..)))
}

fn text_of(item: &Item) -> Option<&str> {
    match item.value() {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The tables of units that lines name, and those of the file itself.
fn units_used(written: &Written, map: &[Entry]) -> Vec<Entry> {
    fn named(entries: &[Entry], name: &str) -> bool {
        entries.iter().any(|entry| match &entry.item {
            item if entry.key == "units" => text_of(item) == Some(name),
            Item::Table(inner, _) => named(inner, name),
            Item::Value(..) => false,
        })
    }
    let used = |entry: &&Entry| entry.key_at.file == 0 || named(map, &entry.key);
    written.units.iter().filter(used).cloned().collect()
}

/// The names of the code tables that lines name.
fn tables_used(entries: &[Entry]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for entry in entries {
        match &entry.item {
            item if entry.key == "codes" => used.extend(text_of(item).map(str::to_owned)),
            Item::Table(inner, _) => used.extend(tables_used(inner)),
            Item::Value(..) => {}
        }
    }
    used
}

/// A derived place of a base, without the lists that this mapping does not fill any more: of several that a base names,
/// some may be dropped, but not of those that the file itself names.
fn without_dropped_lists(entry: &Entry, map: &[Entry]) -> Entry {
    let mut entry = entry.clone();
    let Item::Table(words, _) = &mut entry.item else { return entry };
    for word in Arc::make_mut(words).iter_mut().filter(|word| ["for", "counter"].contains(&word.key.as_str())) {
        let Item::Value(node, file) = &mut word.item else { continue };
        let Value::List(lists) = &mut Arc::make_mut(node).value else { continue };
        let filled = |list: &Node| match &list.value {
            Value::Text(path) => fills(map, path),
            _ => true,
        };
        if *file > 0 && lists.iter().any(filled) {
            lists.retain(filled);
        }
    }
    entry
}

/// Has the map a table or line at the path?
fn fills(entries: &[Entry], path: &str) -> bool {
    if is_list(entries) {
        return entries.iter().any(|table| matches!(&table.item, Item::Table(inner, _) if fills(inner, path)));
    }
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let found = entries.iter().find(|entry| entry.key == name);
    found.is_some_and(|found| match &found.item {
        _ if rest.is_empty() => true,
        Item::Table(inner, _) => fills(inner, rest),
        Item::Value(..) => false,
    })
}

/// The codes of each table that every mapping has below its own.
fn shared_rows(library: &dyn Library) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in library.shared() {
        let (shared, _) = syntax::read(&file, &mut Diagnostics::with_limit(0));
        for entry in shared.codes {
            if let Item::Table(codes, _) = entry.item {
                rows.entry(entry.key).or_default().extend(codes.iter().map(|row| row.key.clone()));
            }
        }
    }
    rows
}

/// The paths that a `false` of one of the files drops.
fn dropped(written: &Written) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in &written.files {
        let (own, _) = syntax::read(file, &mut Diagnostics::with_limit(0));
        for (name, entries) in
            [("map", &own.map), ("derived", &own.derived), ("codes", &own.codes), ("block", &own.blocks)]
        {
            falses(name, entries, &own, &mut found);
        }
    }
    found
}

fn falses(path: &str, entries: &[Entry], written: &Written, found: &mut Vec<(String, String)>) {
    for entry in entries {
        let path = format!("{path}.{}", key(&entry.key));
        match &entry.item {
            item if is_false(item) => found.push((path, written.line_of(&entry.key_at))),
            Item::Table(inner, _) => falses(&path, inner, written, found),
            Item::Value(..) => {}
        }
    }
}

/// What stands above the lines of a table.
struct Heading {
    name: String,
    /// The path of its lines, with the number of the table where it is one of several for a list.
    path: String,
    listed: bool,
}

struct Printing<'a> {
    written: &'a Written,
    reach: &'a HashMap<Origin, Vec<String>>,
    sections: Vec<Section>,
}

impl Printing<'_> {
    fn line(&self, section: &str, key: String, value: String, at: &At) -> EffectiveLine {
        let path = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
        let also = self.reach.get(&origin(self.written, at)).cloned().unwrap_or_default();
        EffectiveLine { path, key, value, origin: self.written.line_of(at), also }
    }

    fn head(&mut self) {
        let written = self.written;
        let named = [("canonical", &written.canonical), ("document", &written.document), ("guide", &written.guide)];
        let lines = named.into_iter().filter_map(|(key, value)| {
            let (text, at) = value.as_ref()?;
            let value = if text.is_empty() { "false".to_owned() } else { quoted(text) };
            Some(self.line("", key.to_owned(), value, at))
        });
        let lines = lines.collect();
        self.sections.push(Section { lines, ..Section::default() });
    }

    /// A table, and behind it those inside it that do not stand on one line.
    fn table(&mut self, name: &str, entries: Vec<Entry>) {
        self.section(Heading { name: name.to_owned(), path: name.to_owned(), listed: false }, entries);
    }

    fn section(&mut self, heading: Heading, entries: Vec<Entry>) {
        // What stands behind a table of its own must stay there: levels are written in this order.
        let first = entries.iter().position(|entry| !self.on_one_line(entry)).unwrap_or(entries.len());
        let (mut lines, mut tables) = (Vec::new(), Vec::new());
        for (at, entry) in entries.into_iter().enumerate() {
            let stays = at > first && is_scope(&entry.item) || !self.on_one_line(&entry);
            if stays { tables.push(entry) } else { lines.push(entry) }
        }
        // Which loop it is, and then what it says.
        let (which, what): (Vec<Entry>, Vec<Entry>) = lines.into_iter().partition(is_structure);
        let line = |entry: &Entry| self.line(&heading.path, key(&entry.key), item(&entry.item), &entry.key_at);
        let lines: Vec<EffectiveLine> = which.iter().chain(&what).map(line).collect();
        if !lines.is_empty() || heading.listed {
            self.sections.push(Section { name: heading.name.clone(), listed: heading.listed, lines });
        }
        for entry in tables {
            let Item::Table(inner, _) = entry.item else { continue };
            let inside = |of: &str| format!("{of}.{}", key(&entry.key));
            let (name, path) = (inside(&heading.name), inside(&heading.path));
            if !is_list(&inner) {
                self.section(Heading { name, path, listed: false }, Arc::unwrap_or_clone(inner));
                continue;
            }
            for (number, table) in (1..).zip(inner.iter()) {
                let Item::Table(lines, _) = &table.item else { continue };
                let heading = Heading { name: name.clone(), path: format!("{path}[{number}]"), listed: true };
                self.section(heading, lines.to_vec());
            }
        }
    }

    /// Was all of it written on the line of its key, and can be printed so?
    fn on_one_line(&self, entry: &Entry) -> bool {
        let line = self.written.line_of(&entry.key_at);
        match &entry.item {
            Item::Value(..) => true,
            Item::Table(inner, _) if inner.is_empty() => true,
            Item::Table(inner, _) if is_list(inner) => false,
            Item::Table(inner, _) => {
                inner.iter().all(|inner| self.written.line_of(&inner.key_at) == line && self.on_one_line(inner))
            }
        }
    }

    fn ignored(&mut self) {
        let written = self.written;
        let lists = [("document", &written.ignore_document), ("canonical", &written.ignore_canonical)];
        let line = |key: &str, (text, at): &(String, At)| self.line("ignore", key.to_owned(), quoted(text), at);
        let lines: Vec<EffectiveLine> =
            lists.into_iter().flat_map(|(key, list)| list.iter().map(move |entry| line(key, entry))).collect();
        if !lines.is_empty() {
            self.sections.push(Section { name: "ignore".into(), listed: false, lines });
        }
    }

    /// A code table. The shared table of the same name stands below every mapping, so what was dropped of it must be
    /// dropped again.
    fn codes(&mut self, name: &str, rows: &[Entry], shared: Option<&Vec<String>>) {
        let section = format!("codes.{}", key(name));
        let mut lines: Vec<EffectiveLine> =
            rows.iter().map(|row| self.line(&section, key(&row.key), item(&row.item), &row.key_at)).collect();
        let gone = shared.into_iter().flatten().filter(|code| !rows.iter().any(|row| row.key == **code));
        lines.extend(gone.map(|code| EffectiveLine {
            path: format!("{section}.{}", key(code)),
            key: key(code),
            value: "false".into(),
            origin: String::new(),
            also: Vec::new(),
        }));
        self.sections.push(Section { name: section, listed: false, lines });
    }
}

/// Does the word say which loop a table is for?
fn is_structure(entry: &Entry) -> bool {
    STRUCTURE_WORDS.contains(&entry.key.as_str())
}

fn is_scope(item: &Item) -> bool {
    matches!(item, Item::Table(inner, _) if inner.iter().any(is_structure))
}

fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// A basic string of TOML: its escapes are those of JSON.
fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    emit_text(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn item(written: &Item) -> String {
    match written {
        Item::Value(node, _) => value(&node.value),
        Item::Table(entries, _) => {
            braces(entries.iter().map(|entry| format!("{} = {}", key(&entry.key), item(&entry.item))).collect())
        }
    }
}

fn value(written: &Value) -> String {
    match written {
        Value::Text(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Date(text) | Value::Float(text) => text.clone(),
        Value::List(list) => {
            let values: Vec<String> = list.iter().map(|node| value(&node.value)).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Table(table) => {
            let entries = table.entries.iter();
            braces(entries.map(|entry| format!("{} = {}", key(&entry.key), value(&entry.node.value))).collect())
        }
    }
}

fn braces(parts: Vec<String>) -> String {
    if parts.is_empty() { "{}".into() } else { format!("{{ {} }}", parts.join(", ")) }
}

/// How many mappings a comment names.
const NAMED: usize = 3;

impl Effective {
    /// For each file that lines stand in: the other mappings that have some of them, with their number.
    #[must_use]
    pub fn reach(&self) -> BTreeMap<String, BTreeMap<String, usize>> {
        let mut reach: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for line in self.sections.iter().flat_map(|section| &section.lines) {
            let Some((file, _)) = line.origin.rsplit_once(':') else { continue };
            let mappings = reach.entry(file.to_owned()).or_default();
            for name in &line.also {
                *mappings.entry(name.clone()).or_default() += 1;
            }
        }
        reach
    }

    /// As a mapping file, with a comment behind each line.
    #[must_use]
    pub fn toml(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            if !section.name.is_empty() {
                let (open, close) = if section.listed { ("[[", "]]") } else { ("[", "]") };
                text.push_str(&format!("\n{open}{}{close}\n", section.name));
            }
            if section.name == "ignore" {
                lists(section, &mut text);
                continue;
            }
            let widest = section.lines.iter().map(|line| line.key.chars().count()).max().unwrap_or(0);
            let rows = section.lines.iter().map(|line| (format!("{:<widest$} = {}", line.key, line.value), line));
            commented(rows.collect(), &mut text);
        }
        text
    }
}

/// `[ignore]`: each entry of its lists on a line of its own.
fn lists(section: &Section, text: &mut String) {
    for name in ["document", "canonical"] {
        let entries: Vec<&EffectiveLine> = section.lines.iter().filter(|line| line.key == name).collect();
        if !entries.is_empty() {
            text.push_str(&format!("{name} = [\n"));
            commented(entries.iter().map(|line| (format!("  {},", line.value), *line)).collect(), text);
            text.push_str("]\n");
        }
    }
}

/// Comments stand in one column, but for lines that are much longer than the others.
const COMMENT_COLUMN: usize = 72;

fn commented(rows: Vec<(String, &EffectiveLine)>, text: &mut String) {
    let lengths = rows.iter().map(|(row, _)| row.chars().count());
    let column = lengths.filter(|length| *length <= COMMENT_COLUMN).max().unwrap_or(0);
    for (row, line) in rows {
        let mut comment = match line.origin.as_str() {
            "" => "dropped: the shared table has it".to_owned(),
            origin => origin.to_owned(),
        };
        let (named, more) = line.also.split_at(line.also.len().min(NAMED));
        if !named.is_empty() {
            comment.push_str(&format!("; also in {}", named.join(", ")));
        }
        if !more.is_empty() {
            comment.push_str(&format!(" and {} more", more.len()));
        }
        text.push_str(&format!("{row:<column$}  # {comment}\n"));
    }
}
