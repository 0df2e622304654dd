//! The elements of a document that says something else: those whose record stays keep their bytes, but for the fields that differ.

use std::collections::BTreeMap;
use std::ops::Range;

use quick_xml::escape::escape;

use super::elements::{Seen, elements};
use super::{Entry, Old};
use crate::diagnostic::Diagnostics;
use crate::layout::Layout;
use crate::layout::writer::xml::{Element, Manner, element, encoded, is_held, standing_in};
use crate::layout::xml_names::{Names, Xml};
use crate::tree::SegmentIndex;
use crate::tree::charset::Charset;

/// Blanks for each element around one, where the document has no line from which they can be seen.
const INDENT: &str = "  ";

/// Writes a document that was `old` and is `entries` now.
pub(super) struct XmlChange<'a> {
    layout: &'a Layout,
    xml: &'a Xml,
    /// That of the texts, and the one in which they are written.
    charset: Charset,
    written: Charset,
    old: Old<'a>,
    entries: &'a [Entry<'a>],
    seen: Vec<Seen>,
    /// The elements that are records, as the segments are.
    records: Vec<usize>,
    edits: Vec<(Range<usize>, Vec<u8>)>,
    additions: Vec<Addition>,
    /// Texts of elements that have nothing inside.
    texts: BTreeMap<usize, String>,
}

/// An element that comes.
struct Addition {
    /// The element it stands in, and where.
    into: usize,
    place: Place,
    element: Element,
}

#[derive(Clone, Copy)]
enum Place {
    Before(usize),
    After(usize),
    /// Nothing else stands there.
    Alone,
}

impl<'a> XmlChange<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        xml: &'a Xml,
        names: Names,
        (charset, written): (Charset, Charset),
        old: Old<'a>,
        entries: &'a [Entry<'a>],
    ) -> Self {
        let document = layout.document.map_or(0, |document| xml.records[document]);
        let seen = elements(xml, names, document, old.bytes);
        let is_record = |at: &usize| seen[*at].node.is_some_and(|node| xml.nodes[node].record.is_some());
        let records = (0..seen.len()).filter(is_record).collect();
        let (edits, additions, texts) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { layout, xml, charset, written, old, entries, seen, records, edits, additions, texts }
    }

    pub(super) fn write(mut self, diagnostics: &mut Diagnostics) -> Vec<u8> {
        if self.records.len() != self.old.tree.segments.len() {
            return self.old.bytes.to_vec();
        }
        for (index, element) in self.records.clone().into_iter().enumerate() {
            if !self.entries.iter().any(|entry| entry.from == Some(index as u32)) {
                self.delete(element);
            }
        }
        let mut number = 0;
        while let Some(entry) = self.entries.get(number) {
            number += match entry.from {
                Some(from) => self.record(entry, from, diagnostics),
                None => self.new_record(number, diagnostics),
            };
        }
        self.insert();
        self.apply()
    }

    /// A record that stays: its fields that say something else.
    fn record(&mut self, entry: &Entry<'_>, from: SegmentIndex, diagnostics: &mut Diagnostics) -> usize {
        for (position, value) in (1..).zip(&entry.values) {
            let same = self.old.says(from, entry, position);
            if !same && is_held(self.layout, self.charset, entry.record, position, value, diagnostics) {
                self.field((self.records[from as usize], from), entry.record, position, value);
            }
        }
        1
    }

    fn delete(&mut self, element: usize) {
        let seen = &self.seen[element];
        self.edits.push((seen.before.start..seen.end(), Vec::new()));
    }

    fn field(&mut self, (element, from): (usize, SegmentIndex), record: usize, position: u16, value: &[u8]) {
        let (node, attribute) = &self.xml.fields[record][usize::from(position) - 1];
        let text = self.charset.decode_lossy(value).into_owned();
        let old = self.old.tree.element(self.old.segment(from), position);
        let old = old.filter(|id| !self.old.tree.elements[*id as usize].is_empty());
        match old.map(|id| self.old.tree.raw_span(id)) {
            Some((start, end)) if !text.is_empty() => {
                let bytes = self.encoded(&escape(text.as_str()));
                self.edits.push((start as usize..end as usize, bytes));
            }
            Some(span) => self.empty(element, *node, attribute.as_deref(), span),
            None => {
                let way = self.xml.way(self.xml.records[record], *node);
                self.fill(element, &way, attribute.as_deref(), text);
            }
        }
    }

    /// The elements of a record that are `node`.
    fn of_record(&self, element: usize, node: usize) -> Vec<usize> {
        let is_it = |at: &usize| self.seen[*at].owner == element && self.seen[*at].node == Some(node);
        (element..self.seen.len()).filter(is_it).collect()
    }

    /// A field has no text any more: its attribute goes, or its element where that has nothing else.
    fn empty(&mut self, element: usize, node: usize, attribute: Option<&str>, (start, end): (u32, u32)) {
        for at in self.of_record(element, node) {
            let seen = &self.seen[at];
            match attribute {
                Some(name) => {
                    let found = seen.attribute(self.xml, name, self.old.bytes);
                    self.edits.extend(found.map(|range| (range, Vec::new())));
                }
                None if at != element && !seen.has_attributes() && seen.children.is_empty() => self.delete(at),
                None => {
                    let (inside, (start, end)) = (seen.open.end..seen.close.start, (start as usize, end as usize));
                    if inside.contains(&start) {
                        self.edits.push((start..end, Vec::new()));
                    }
                }
            }
        }
    }

    /// A field that was empty has a text.
    fn fill(&mut self, element: usize, way: &[usize], attribute: Option<&str>, text: String) {
        let (at, missing) = self.reached(element, way);
        if let [first, rest @ ..] = missing {
            let addition = self.addition(at, *first);
            return addition.at(rest).put(attribute, text);
        }
        match attribute {
            Some(name) => {
                let seen = &self.seen[at];
                if let Some(old) = seen.attribute(self.xml, name, self.old.bytes) {
                    self.edits.push((old, Vec::new()));
                }
                let name = seen.names.written(self.xml, name, true, &seen.name);
                let bytes = self.encoded(&format!(" {name}=\"{}\"", escape(text.as_str())));
                self.edits.push((seen.inside_tag()..seen.inside_tag(), bytes));
            }
            None => {
                self.texts.insert(at, text);
            }
        }
    }

    /// How far the elements on the `way` are there, and the rest of it.
    fn reached<'w>(&self, element: usize, way: &'w [usize]) -> (usize, &'w [usize]) {
        let mut at = element;
        for (number, node) in way.iter().enumerate() {
            let mut inside = self.seen[at].children.iter().rev();
            match inside.find(|child| self.seen[**child].node == Some(*node)) {
                Some(child) => at = *child,
                None => return (at, &way[number..]),
            }
        }
        (at, &[])
    }

    /// The element `node` that comes into an element, made where none comes yet.
    fn addition(&mut self, into: usize, node: usize) -> &mut Element {
        let known = self.additions.iter().position(|known| known.into == into && known.element.node == node);
        let at = known.unwrap_or_else(|| {
            let place = self.place_for(into, node);
            self.additions.push(Addition { into, place, element: Element::new(node) });
            self.additions.len() - 1
        });
        &mut self.additions[at].element
    }

    /// Where an element goes by the order of the layout.
    fn place_for(&self, into: usize, node: usize) -> Place {
        let children = &self.seen[into].children;
        let before = children.iter().rev().find(|child| self.seen[**child].node.is_some_and(|known| known <= node));
        let behind = children.iter().find(|child| self.seen[**child].node.is_some_and(|known| known > node));
        match (before, behind, children.last()) {
            (Some(child), ..) => Place::After(*child),
            (_, Some(child), _) => Place::Before(*child),
            (.., Some(child)) => Place::After(*child),
            _ => Place::Alone,
        }
    }

    /// A record that comes, with those inside it; returns how many they are.
    fn new_record(&mut self, number: usize, diagnostics: &mut Diagnostics) -> usize {
        let (entry, behind) = (&self.entries[number], &self.entries[number + 1..]);
        let inside = &behind[..standing_in(self.layout, entry.record, behind)];
        for entry in std::iter::once(entry).chain(inside) {
            for (position, value) in (1..).zip(&entry.values) {
                is_held(self.layout, self.charset, entry.record, position, value, diagnostics);
            }
        }
        let element = element(self.layout, self.xml, self.charset, entry, inside);
        let around = self.layout.records[entry.record].parent.or(self.layout.document);
        let is_around = |before: &usize| Some(self.entries[*before].record) == around;
        let parent = (0..number).rev().find(is_around).unwrap_or(0);
        let way = self.xml.way(self.xml.records[self.entries[parent].record], element.node);
        let host = self.entries[parent].from.map_or(0, |from| self.records[from as usize]);
        match self.reached(host, &way[..way.len() - 1]) {
            (into, []) => {
                let place = self.beside(number, parent, into);
                let place = place.unwrap_or_else(|| self.place_for(into, element.node));
                self.additions.push(Addition { into, place, element });
            }
            (into, [first, ..]) => {
                let rest = self.xml.way(*first, element.node);
                self.addition(into, *first).take(&rest, element);
            }
        }
        1 + inside.len()
    }

    /// Where a record goes beside those before and behind it in the same record, as far as they stand in the element `into`.
    fn beside(&self, number: usize, parent: usize, into: usize) -> Option<Place> {
        let child = |entry: &Entry<'_>| {
            let element = self.records[entry.from? as usize];
            let up = std::iter::successors(Some(element), |at| Some(self.seen[*at].parent).filter(|up| up != at));
            up.take_while(|at| *at != into).last().filter(|at| self.seen[*at].parent == into && *at != into)
        };
        let before = self.entries[parent + 1..number].iter().rev().find_map(child).map(Place::After);
        let behind = || self.entries[number + 1..].iter().find_map(child).map(Place::Before);
        before.or_else(behind)
    }

    /// The blanks before an element where it begins a line.
    fn blanks(&self, element: usize) -> String {
        String::from_utf8_lossy(&self.old.bytes[self.seen[element].before.clone()]).into_owned()
    }

    /// Turns what comes into edits.
    fn insert(&mut self) {
        let mut inside: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (element, text) in std::mem::take(&mut self.texts) {
            let bytes = self.encoded(&escape(text.as_str()));
            inside.entry(element).or_default().extend(bytes);
        }
        for Addition { into, place, element } in std::mem::take(&mut self.additions) {
            let around = self.blanks(into);
            let (at, before) = match place {
                Place::After(child) => (self.seen[child].end(), self.blanks(child)),
                Place::Before(child) => (self.seen[child].before.start, self.blanks(child)),
                Place::Alone if around.contains('\n') => (self.seen[into].open.end, format!("{around}{INDENT}")),
                Place::Alone => (self.seen[into].open.end, String::new()),
            };
            let indent = before.strip_prefix(around.as_str()).filter(|own| !own.is_empty()).unwrap_or(INDENT);
            let names = &self.seen[into].names;
            let name =
                |wanted: &str, attribute: bool| names.written(self.xml, wanted, attribute, &self.seen[into].name);
            let mut text = Vec::new();
            element.write(self.xml, &Manner { name: &name, indent }, &before, &mut text);
            let bytes = self.encoded(&String::from_utf8_lossy(&text));
            match place {
                Place::Alone => inside.entry(into).or_default().extend(bytes),
                _ => self.edits.push((at..at, bytes)),
            }
        }
        for (element, mut bytes) in inside {
            let seen = &self.seen[element];
            let is_text = bytes.first() != Some(&b'<') && !bytes.starts_with(b"\n") && !bytes.starts_with(b"\r");
            if !is_text && bytes.first() != Some(&b'<') {
                bytes.extend_from_slice(self.blanks(element).as_bytes());
            }
            let edit = match seen.is_bare() {
                true => (seen.inside_tag()..seen.open.end, [b">", &bytes[..], b"</", &seen.name, b">"].concat()),
                // Blanks are all that it had.
                false if seen.children.is_empty() && self.is_blank(seen) => (seen.open.end..seen.close.start, bytes),
                false => (seen.open.end..seen.open.end, bytes),
            };
            self.edits.push(edit);
        }
    }

    fn is_blank(&self, seen: &Seen) -> bool {
        self.old.bytes[seen.open.end..seen.close.start].trim_ascii().is_empty()
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        encoded(self.written, text)
    }

    fn apply(mut self) -> Vec<u8> {
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut out, mut at) = (Vec::with_capacity(self.old.bytes.len()), 0);
        // What stands inside something that goes, goes with it.
        for (range, bytes) in self.edits.iter().filter(|(range, _)| !range.is_empty() || !self.is_gone(range.start)) {
            if range.start < at {
                continue;
            }
            out.extend_from_slice(&self.old.bytes[at..range.start]);
            out.extend_from_slice(bytes);
            at = range.end;
        }
        out.extend_from_slice(&self.old.bytes[at..]);
        out
    }

    /// Does the place stand inside something that goes, with nothing coming instead?
    fn is_gone(&self, at: usize) -> bool {
        self.edits.iter().any(|(range, bytes)| bytes.is_empty() && range.start < at && at < range.end)
    }
}
