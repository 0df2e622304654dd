//! The text of a first mapping: proposals for what its base leaves of a sample.

use std::collections::BTreeMap;

use super::new::TestFiles;
use crate::canonical::Object;
use crate::canonical::without_numbers;
use crate::cli::inspect::view::meaning;
use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::{Made, Plan, SourcePart, Tables, Unmapped, explain};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Tree};
use crate::x12::codes::DocumentCodes;

/// A transaction set of the sample, as the base has read it.
pub(super) struct Sample<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tree: &'a Tree,
    pub(super) bytes: &'a [u8],
    pub(super) object: &'a Object,
    pub(super) codes: DocumentCodes<'a>,
    pub(super) charset: Charset,
    /// What no line takes.
    pub(super) left: &'a [Unmapped],
}

/// What is proposed.
pub(super) struct Draft {
    document: String,
    title: String,
    canonical: &'static str,
    /// By the table that they would stand in: lines, each with what the sample says, and how often.
    lines: BTreeMap<String, BTreeMap<String, (String, u64)>>,
    /// Of these tables: the list, filled by several tables of the base, that it is or stands in.
    several: BTreeMap<String, String>,
    /// Elements that no line takes.
    left: Vec<String>,
    /// By table: codes that it does not have, with their meaning.
    rows: BTreeMap<String, BTreeMap<String, String>>,
    /// The objects that the sample becomes.
    pub(super) objects: Vec<Vec<u8>>,
    /// All of the sample is translated by the one mapping.
    pub(super) good: bool,
}

impl Draft {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            document: plan.grammar.name.clone(),
            title: plan.grammar.title.clone(),
            canonical: plan.canonical.name,
            lines: BTreeMap::new(),
            several: BTreeMap::new(),
            left: Vec::new(),
            rows: BTreeMap::new(),
            objects: Vec::new(),
            good: true,
        }
    }

    /// How many places and codes are proposed.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.lines.values().map(BTreeMap::len).sum(), self.rows.values().map(BTreeMap::len).sum())
    }

    /// Adds what a transaction set of the sample has.
    pub(super) fn add(&mut self, sample: &Sample<'_>, found: &[Diagnostic]) {
        self.left(sample);
        self.kept(sample);
        let around = |table: &String| Some((table.clone(), sample.plan.list_of_tables_around(table)?));
        self.several.extend(self.lines.keys().filter_map(around));
        for one in found.iter().filter(|one| one.code == codes::MAPPING_UNKNOWN_CODE) {
            if let Some((code, table)) = unknown(&one.message) {
                self.rows.entry(table.to_owned()).or_default().entry(code.to_owned()).or_default();
            }
        }
    }

    /// Values that no line takes.
    fn left(&mut self, sample: &Sample<'_>) {
        let tables = Tables::new(sample.plan, sample.tree, sample.bytes);
        for value in sample.left {
            let proposal = tables.propose(value);
            self.line(&proposal.table, proposal.line(), sample.said(value.element));
            // Of an element that is taken in parts the whole is ignored, or nothing.
            let left_out = tables.left_out(&Unmapped { component: 0, repetition: 0, ..*value });
            if !self.left.contains(&left_out) {
                self.left.push(left_out);
            }
        }
    }

    /// Values that a list keeps under their qualifier, and codes that no table has.
    fn kept(&mut self, sample: &Sample<'_>) {
        let explained = explain(sample.plan, sample.tree, sample.bytes, sample.object);
        for (at, one) in explained.iter().enumerate() {
            let Some(source) = one.sources.first() else { continue };
            if let Made::Kept(table) = &one.made {
                let rows = self.rows.entry(table.clone()).or_default();
                rows.insert(sample.text(source.element), sample.meaning(source.element).unwrap_or_default());
            }
            // A number of an item, under the scheme of its qualifier.
            let qualifier = one.sources.iter().find(|source| source.part == SourcePart::Qualifier);
            if let (Some(qualifier), Some((table, scheme))) = (qualifier, one.path.rsplit_once(".identifiers.")) {
                let (slot, code) = (sample.designator(qualifier.element), sample.text(qualifier.element));
                if !slot.starts_with("N1") {
                    let said = format!("{}; the base keeps it in identifiers.{scheme}", sample.text(source.element));
                    let line = format!("FIELD = \"pair({slot}={code})\"");
                    self.line(&without_numbers(table), line, said);
                }
            }
            // An entry of a list of references: its qualifier, and the value behind it.
            let Some(entry) = one.path.strip_suffix(".qualifier") else { continue };
            let value = explained[at..].iter().find(|next| next.path == format!("{entry}.value"));
            let Some(value) = value.and_then(|value| value.sources.first()) else { continue };
            let (qualifier, place) = (sample.designator(source.element), sample.designator(value.element));
            let list = entry.rsplit_once('[').map_or(entry, |(list, _)| list);
            let (table, list) = list.rsplit_once('.').unwrap_or(("", list));
            let line = format!("FIELD = \"{place}[{qualifier}={}]\"", sample.text(source.element));
            let meaning = sample.meaning(source.element).unwrap_or_default();
            let said = format!("{meaning}: {}; the base keeps it in {list}", sample.text(value.element));
            self.line(&without_numbers(table), line, said.trim_start_matches(": ").to_owned());
        }
    }

    fn line(&mut self, table: &str, line: String, said: String) {
        self.lines.entry(table.to_owned()).or_default().entry(line).or_insert((said, 0)).1 += 1;
    }

    /// The file.
    pub(super) fn text(&self, name: &str, base: &str, sample: &str, test: Option<&TestFiles>) -> String {
        let up = "../".repeat(name.matches('/').count());
        let mut out = format!("#:schema {up}schemas/mapping.json\n");
        out.push_str(&format!("# {} ({}): what they send. Begun from {sample}.\n", self.title, self.document));
        out.push_str("#\n# Lines behind comment marks are proposals: what the base does not take, or keeps under its qualifier. Where one is\n");
        out.push_str(
            "# right, take the mark away and put a field in the place of FIELD; drop the others. The fields:\n",
        );
        out.push_str(&format!("# `crossdock schema {} --fields`\n\nextends = \"{base}\"\n", self.canonical));
        for (table, lines) in &self.lines {
            let head = if table.is_empty() { "map".to_owned() } else { format!("map.{table}") };
            match self.several.get(table) {
                None => out.push_str(&format!("\n[{head}]\n")),
                Some(list) => out.push_str(&format!(
                    "\n# The base has tables [[map.{list}]], and one here would stand instead of them all. To add to them, copy them from\n\
                     # `crossdock mapping effective {base}`:\n# {}\n",
                    if table == list { format!("[[{head}]]") } else { format!("[{head}]") }
                )),
            }
            let widest = lines.keys().map(|line| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
            for (line, (said, count)) in lines {
                let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
                out.push_str(&format!("# {line:<widest$}   # {said}{times}\n"));
            }
        }
        if !self.left.is_empty() {
            let list: Vec<String> = self.left.iter().map(|element| format!("\"{element}\"")).collect();
            out.push_str(&format!("\n[ignore]   # what is left out on purpose\n# document = [{}]\n", list.join(", ")));
        }
        for (table, rows) in self.rows.iter().filter(|(_, rows)| !rows.is_empty()) {
            out.push_str(&format!("\n[codes.{table}]   # no table has these\n"));
            for (code, meaning) in rows {
                let meaning =
                    if meaning.is_empty() { String::new() } else { format!("   # by the standard: {meaning}") };
                out.push_str(&format!("# {} = \"WORD\"{meaning}\n", key(code)));
            }
        }
        match test {
            Some(test) => {
                let (document, canonical) = (&test.document, &test.canonical);
                out.push_str(&format!("\n[[test]]\ndocument  = \"{document}\"\ncanonical = \"{canonical}\"\n"));
            }
            None => out.push_str("\n# The sample has errors, or holds other documents too, so there is no test yet. Once it has none:\n# [[test]]\n# document  = \"FILE\"\n# canonical = \"OBJECTS\"   made by `crossdock translate FILE --data`\n"),
        }
        out
    }
}

impl Sample<'_> {
    fn text(&self, element: ElementId) -> String {
        let bytes = self.tree.bytes(self.tree.elements[element as usize], self.bytes);
        let text = self.charset.decode_lossy(bytes.trim_ascii());
        text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
    }

    fn position(&self, element: ElementId) -> u16 {
        let segment = &self.tree.segments[self.tree.segment_of(element) as usize];
        (element - segment.first_element) as u16 + 1
    }

    fn designator(&self, element: ElementId) -> String {
        let segment = &self.tree.segments[self.tree.segment_of(element) as usize];
        self.plan.grammar.designator(segment.tag, self.position(element))
    }

    fn meaning(&self, element: ElementId) -> Option<String> {
        let segment = &self.tree.segments[self.tree.segment_of(element) as usize];
        let definition = self.plan.grammar.definition(segment.item)?;
        meaning(definition.elements.get(usize::from(self.position(element)) - 1)?, &self.text(element), self.codes)
    }

    /// Such as `Agency Qualifier Code: ZZ (Mutually Defined)`.
    fn said(&self, element: ElementId) -> String {
        let segment = &self.tree.segments[self.tree.segment_of(element) as usize];
        let definition = self.plan.grammar.definition(segment.item);
        let known = definition.and_then(|definition| definition.elements.get(usize::from(self.position(element)) - 1));
        let name = known.map_or("beyond the standard's last element", |known| &known.name);
        let meaning = self.meaning(element).map(|meaning| format!(" ({meaning})")).unwrap_or_default();
        format!("{name}: {}{meaning}", self.text(element))
    }
}

/// The code and the table of a diagnostic that says that the one is not in the other.
fn unknown(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("code `")?;
    let (code, rest) = rest.split_once("` is not in the table `codes.")?;
    Some((code, rest.split_once('`')?.0))
}

/// A code as a key of TOML.
fn key(code: &str) -> String {
    let bare = !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if bare { code.to_owned() } else { format!("\"{}\"", code.replace('\\', "\\\\").replace('"', "\\\"")) }
}
