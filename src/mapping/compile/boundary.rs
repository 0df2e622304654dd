//! `document_key`: the values by which several objects of one document are told apart, and the loop that says them.

use std::sync::Arc;

use crate::canonical::{FieldId, NodeShapeId};
use crate::diagnostic::codes;
use crate::expression::Type;
use crate::mapping::boundary::{Boundary, KeyPlace};
use crate::mapping::place::{From, Place};
use crate::mapping::plan::{Attach, Child, DerivedValue, Form, LineId};
use crate::mapping::syntax::{At, Entry, Item};
use crate::source::{Node, Value};
use crate::tree::ItemId;

use super::table::Way;
use super::words::{Words, entry};
use super::{Compiler, Target};

/// A line with `document_key`: it is compiled when the tables of the loop are there.
pub(super) struct KeyLine {
    field: FieldId,
    written: Entry,
    pub(super) path: String,
}

impl Compiler<'_> {
    /// Keeps a line with `document_key` for [`Compiler::boundary`].
    pub(super) fn document_key(&mut self, target: &Target, field: FieldId, written: &Entry, words: &Words<'_>) {
        let Some(key) = entry(words.entries, "document_key") else { return };
        let wrong = if self.grammar.is_layout() {
            Some((
                "its layout says where objects of a file begin",
                "remove it; see `document` and `key` in docs/LAYOUTS.md",
            ))
        } else if !self.written.hierarchy.is_empty() {
            Some(("with [hierarchy] a document is one object", "make a list of the level: `each = \"HL[HL03=O]\"`"))
        } else if target.scope != 0 || !target.path.is_empty() || target.row.is_some() {
            Some(("only a field of the object itself tells objects apart", "write it at the head of [map]"))
        } else {
            None
        };
        if let Some((why, remedy)) = wrong {
            let message = format!("`{}` cannot have `document_key`: {why}", words.path);
            return self.report(codes::MAPPING_DOCUMENT_KEY, message, &key.key_at, words.path, remedy);
        }
        self.no_effect(words, "when", false, "an object is told from others whatever it says");
        self.no_effect(words, "way", false, "what tells objects apart is read and written");
        self.no_effect(words, "default", false, "each object says what tells it from others");
        self.keys.push(KeyLine { field, written: written.clone(), path: words.path.to_owned() });
    }

    /// Compiles the lines with `document_key`, one for each table that takes the loop.
    pub(super) fn boundary(&mut self) {
        let lines = std::mem::take(&mut self.keys);
        let mut boundary: Option<Boundary> = None;
        for line in &lines {
            let Some((item, place, found)) = self.key_place(line) else { continue };
            let source = self.origins.of(&line.written.key_at);
            let known = boundary.get_or_insert(Boundary { item, keys: Vec::new(), continues: false, source });
            if known.item != item {
                let (loop_name, earlier) = (self.loop_name(known.item), known.source.clone());
                let message = format!("`{}` stands in another loop than the key before it, {loop_name}", line.path);
                let remedy = "name places of one loop: each of its occurrences says all of the key";
                let diagnostic = self.problem(codes::MAPPING_DOCUMENT_KEY, message, &line.written.key_at, &line.path);
                self.push(diagnostic.cause(format!("the other one is at {earlier}")).remedy(remedy));
                continue;
            }
            known.continues |= found;
            known.keys.extend(place);
        }
        self.boundary = boundary.filter(|boundary| !boundary.keys.is_empty());
    }

    /// The loop of a key and its place there; and whether an occurrence without one continues the object before.
    fn key_place(&mut self, key_line: &KeyLine) -> Option<(ItemId, Option<KeyPlace>, bool)> {
        let Item::Table(entries, table_at) = &key_line.written.item else { return None };
        let path = key_line.path.as_str();
        let (text, at) = self.word(entries, "document_key", path)?;
        let place = self.place(text, &at, path)?;
        let in_loop = place.from == From::Here && place.steps.len() == 2 && place.element.is_some();
        if !in_loop || !place.steps[0].conditions.is_empty() || place.steps[0].nth.is_some() {
            let message =
                format!("`{text}` is no value in a loop of the document, by which objects could be told apart");
            let remedy = "name the loop and the element in it: `LX/N902[N901=OR]`";
            self.report(codes::MAPPING_DOCUMENT_KEY, message, &at, path, remedy);
            return None;
        }
        let way = Way { text, at: &at, path, guards: &[] };
        let item = self.loop_of(ItemId::ROOT, &place.steps[0], way)?;
        let takers = self.scopes[0].children.iter().filter(|child| child.item == item);
        // A loop on the way is written for what stands inside, which speaks for it.
        let inside = |child: &Child| match child.attach {
            Attach::Through => self.scopes[child.scope].children.iter().map(|inner| (inner.scope, "../")).collect(),
            _ => vec![(child.scope, "")],
        };
        let scopes: Vec<(usize, &str)> = takers.flat_map(inside).collect();
        if scopes.is_empty() {
            let tag = self.grammar.item(item).tag;
            let message = format!("`{path}` is told by each {tag}, and no table takes {tag}");
            let remedy = format!("add a list of them: `each = \"{tag}\"`, or `each = \"{tag}/...\"`");
            self.report(codes::MAPPING_DOCUMENT_KEY, message, &at, path, remedy);
            return None;
        }
        let words = Words { entries, path, at: key_line.written.key_at.clone(), place_alone: false };
        let continues = self.flag(&words, "continues")?;
        let mut key = None;
        for (scope, outward) in scopes {
            let item = Item::Table(Arc::new(as_line(entries, text, outward)), table_at.clone());
            let written = Entry { item, ..key_line.written.clone() };
            let target = Target {
                scope,
                steps: Vec::new(),
                shape: NodeShapeId(0),
                path: String::new(),
                row: None,
                part: None,
                guards: Vec::new(),
            };
            let number = self.lines.len();
            self.line(&target, key_line.field, None, &written, path);
            let line = LineId::try_from(number).ok()?;
            let found = self.lines.get_mut(number)?;
            found.form = Form::Key;
            let value = &found.places[0];
            let row = &self.scopes[scope].rows[value.row];
            let mut conditions = row.conditions.clone();
            conditions.extend(value.case.iter().cloned());
            key = Some(KeyPlace { segment: row.item, conditions, element: value.element, line, text: text.to_owned() });
            self.whole_element(&place, &at, path);
        }
        Some((item, key, continues))
    }

    fn whole_element(&mut self, place: &Place, at: &At, path: &str) {
        let whole = place.element.is_some_and(|element| element.component == 0 && element.repetition == 0);
        if !whole || place.steps[1].nth.is_some() {
            let message = format!("`{path}` is told apart by a part of an element, or by one of several segments");
            let remedy = "name a whole element, and its segment by a qualifier: `LX/N902[N901=OR]`";
            self.report(codes::MAPPING_DOCUMENT_KEY, message, at, path, remedy);
        }
    }

    /// What is computed in the heading must be the sum over the objects of a document.
    pub(super) fn totals_add_up(&mut self) {
        if self.boundary.is_none() {
            return;
        }
        let wrong = |index: &&usize| match &self.derived[**index].value {
            DerivedValue::Expression(total) => total.kind() == Type::Number && !total.adds_up(),
            _ => false,
        };
        let wrong: Vec<String> =
            self.scopes[0].derived.iter().filter(wrong).map(|index| self.derived[*index].name.clone()).collect();
        for name in wrong {
            let Some(derived) = entry(&self.written.derived, &name) else { continue };
            let at = match &derived.item {
                Item::Table(words, _) => entry(words, "expression").map(|word| word.item.at()),
                Item::Value(..) => None,
            };
            let at = at.unwrap_or_else(|| derived.key_at.clone());
            let message = format!("`{name}` counts all objects of a document, and its expression does not add up");
            let remedy = "write a `sum` or `count`, or a sum of them; or drop the line with `false`";
            self.report(codes::MAPPING_DOCUMENT_KEY, message, &at, &name, remedy);
        }
    }
}

/// The words of the line inside the loop: `at`, from the loop on, in the place of `document_key`.
fn as_line(entries: &[Entry], text: &str, outward: &str) -> Vec<Entry> {
    let inside = text.split_once('/').map_or(text, |(_, inside)| inside);
    let word = |entry: &Entry| match (entry.key.as_str(), &entry.item) {
        ("continues", _) => None,
        ("document_key", Item::Value(node, file)) => {
            let node = Node { value: Value::Text(format!("{outward}{inside}")), span: node.span.clone() };
            Some(Entry { key: "at".to_owned(), item: Item::Value(Arc::new(node), *file), ..entry.clone() })
        }
        _ => Some(entry.clone()),
    };
    entries.iter().filter_map(word).collect()
}
