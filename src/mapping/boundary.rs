//! Several objects in one document: to which of them each loop belongs, and how they become one document again.
//!
//! Reading looks at one object at a time: the loops of the others are hidden in the tree
//! ([`Tree::show_only`]). What stands outside the loop is of all of them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::canonical::{NodeId, Object, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, codes};
use crate::tree::{Grammar, ItemId, ItemKind, OccurrenceId, Segment, SegmentIndex, Text, Tree};

use super::change::Edit;
use super::derive;
use super::hierarchy::put;
use super::lens;
use super::plan::{DerivedValue, Form, Line, LineId, LinePlace, Plan, Row};
use super::select;

/// Where one object of a document ends and the next begins.
#[derive(Debug, Clone)]
pub(super) struct Boundary {
    /// The loop of the document whose occurrences say to which object they belong.
    pub(super) item: ItemId,
    /// What they say it by.
    pub(super) keys: Vec<KeyPlace>,
    /// An occurrence that says nothing belongs to the object of the one before.
    pub(super) continues: bool,
    /// `file:line`, for messages.
    pub(super) source: Arc<str>,
}

/// An element of a segment in the loop.
#[derive(Debug, Clone)]
pub(super) struct KeyPlace {
    pub(super) segment: ItemId,
    pub(super) conditions: Vec<(u16, String)>,
    pub(super) element: u16,
    /// The line that reads it.
    pub(super) line: LineId,
    /// As written.
    pub(super) text: String,
}

/// The values by which an object is known.
type Key = Vec<String>;

impl Boundary {
    /// What an occurrence of the loop says; `None` where it says nothing.
    fn key(&self, lines: &[Line], tree: &Tree, bytes: &[u8], occurrence: OccurrenceId) -> Option<Key> {
        let value = |place: &KeyPlace| {
            let is = |index: &SegmentIndex| {
                let segment = &tree.segments[*index as usize];
                segment.item == place.segment && select::fulfils(&place.conditions, tree, bytes, *index)
            };
            let found = tree.segments_in(occurrence).find(is)?;
            let text = tree.value(&tree.segments[found as usize], place.element, bytes).trim_ascii_end();
            lines[usize::from(place.line)].heard(String::from_utf8_lossy(text)).map(Cow::into_owned)
        };
        let key: Key = self.keys.iter().map(|place| value(place).unwrap_or_default()).collect();
        key.iter().any(|part| !part.is_empty()).then_some(key)
    }

    /// Does a segment stand in the loop?
    fn holds(&self, grammar: &Grammar, segment: &Segment) -> bool {
        match grammar.item(self.item).kind {
            ItemKind::Loop { end } => segment.item > self.item && segment.item < end,
            ItemKind::Segment { .. } => false,
        }
    }
}

impl Plan {
    /// May a document hold several objects?
    #[must_use]
    pub fn may_hold_several(&self) -> bool {
        self.boundary.is_some()
    }

    /// The loops of each object of the document in `tree`, by their key, in the order in which the objects begin; empty where
    /// it holds one. A loop that does not say to which object it belongs is told, with its place.
    pub fn objects(
        &self,
        tree: &Tree,
        bytes: &[u8],
        place: &dyn Fn(&Tree, SegmentIndex) -> PayloadPlace,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Vec<OccurrenceId>> {
        let Some(boundary) = &self.boundary else { return Vec::new() };
        let mut objects: Vec<(Option<Key>, Vec<OccurrenceId>)> = Vec::new();
        let mut last = None;
        for occurrence in tree.all_children_of(0).filter(|id| tree.occurrences[*id as usize].item == boundary.item) {
            let key = boundary.key(&self.lines, tree, bytes, occurrence);
            if key.is_none() && (!boundary.continues || last.is_none()) {
                let first = tree.occurrences[occurrence as usize].first_segment;
                diagnostics.push(self.keyless(boundary, place(tree, first)));
            }
            let known = match &key {
                None => last,
                Some(_) => objects.iter().position(|(known, _)| *known == key),
            };
            let at = known.unwrap_or_else(|| {
                objects.push((key, Vec::new()));
                objects.len() - 1
            });
            objects[at].1.push(occurrence);
            last = Some(at);
        }
        let objects: Vec<Vec<OccurrenceId>> = objects.into_iter().map(|(_, occurrences)| occurrences).collect();
        if objects.len() > 1 { objects } else { Vec::new() }
    }

    fn keyless(&self, boundary: &Boundary, place: PayloadPlace) -> Diagnostic {
        let tag = self.grammar.item(boundary.item).tag;
        let keys: Vec<&str> = boundary.keys.iter().map(|key| key.text.as_str()).collect();
        let message = format!("this {tag} does not say to which {} it belongs", self.canonical.name);
        let remedy = match boundary.continues {
            true => format!("ask the partner to send it in the first {tag}"),
            false => format!(
                "ask the partner to send it in each {tag}; if one without it belongs to the one before, say so there: `continues = true`"
            ),
        };
        Diagnostic::new(codes::MAPPING_DOCUMENT_KEY_MISSING, message, place)
            .cause(format!("{} tells them apart by {}, where nothing stands", boundary.source, keys.join(" and ")))
            .remedy(remedy)
    }

    /// Lets only the loops of one object be seen in `tree`.
    pub fn show(&self, tree: &mut Tree, occurrences: &[OccurrenceId]) {
        if let Some(boundary) = &self.boundary {
            tree.show_only(boundary.item, occurrences);
        }
    }

    /// The fields by which an object is told from others of its document.
    #[must_use]
    pub fn key_fields(&self) -> Vec<&str> {
        let mut fields: Vec<&str> = self.key_lines().map(|line| line.path.as_str()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    fn key_lines(&self) -> impl Iterator<Item = &Line> {
        let lines = self.boundary.as_ref().map_or(&[][..], |_| &self.lines);
        lines.iter().filter(|line| line.form == Form::Key)
    }

    /// The values by which an object is told from others of its document.
    #[must_use]
    pub fn key_of(&self, object: &Object) -> Vec<String> {
        let mut key = Vec::new();
        for line in self.key_lines() {
            let said = match object.get(NodeId::ROOT, line.field).map(|entry| entry.value) {
                Some(Value::Text(span)) => object.text(span).to_owned(),
                Some(Value::Decimal(number)) => number.to_string(),
                _ => String::new(),
            };
            key.push(format!("{} {said}", line.path));
        }
        key.sort();
        key.dedup();
        key
    }

    /// Puts the loops of the document in `further` behind those of the one in `tree`; both were written by this plan. Counters
    /// go on, totals are added up. False, and nothing is changed, where what stands outside the loop differs.
    pub fn join(&self, tree: &mut Tree, further: &Tree) -> bool {
        let Some(boundary) = &self.boundary else { return false };
        let inside = |segment: &&Segment| boundary.holds(&self.grammar, segment);
        let around = |tree: &Tree| -> Vec<Segment> {
            tree.segments.iter().filter(|segment| !inside(segment)).copied().collect()
        };
        let Some(end) = tree.segments.iter().rposition(|segment| inside(&segment)) else { return false };
        let (own, other) = (around(tree), around(further));
        if own.len() != other.len() || !further.segments.iter().any(|segment| inside(&segment)) {
            return false;
        }
        let mut sums = Vec::new();
        for (own, other) in own.iter().zip(&other) {
            match self.sums(tree, own, further, other) {
                Some(found) => sums.extend(found),
                None => return false,
            }
        }
        for (element, text) in sums {
            tree.elements[element as usize] = made(tree, text.as_bytes());
        }
        let mut appended = Vec::new();
        for segment in further.segments.iter().filter(inside) {
            let first_element = tree.elements.len() as u32;
            for position in 1..=segment.element_count {
                let text = made(tree, further.value(segment, position, b""));
                tree.elements.push(text);
            }
            appended.push(Segment { first_element, ..*segment });
        }
        tree.segments.splice(end + 1..end + 1, appended);
        self.count_on(boundary, tree, end + 1);
        self.count_anew(tree);
        true
    }

    /// What two segments of the heading come to: elements of the first with the sum of both. `None` where they differ.
    fn sums(&self, tree: &Tree, own: &Segment, further: &Tree, other: &Segment) -> Option<Vec<(u32, String)>> {
        if own.tag != other.tag || own.element_count != other.element_count {
            return None;
        }
        let mut sums = Vec::new();
        for position in 1..=own.element_count {
            let (one, two) = (tree.value(own, position, b""), further.value(other, position, b""));
            if let Some(place) = self.total_at(tree, own, position) {
                let implied = place.implied();
                let (one, two) = (lens::number_in(one, implied).ok()?, lens::number_in(two, implied).ok()?);
                let sum = lens::number_out(one.checked_add(two)?.normalize(), implied, &place.definition).ok()?;
                sums.push((tree.element(own, position)?, sum.to_string()));
            } else if one != two && !self.is_counted(own, position) {
                return None;
            }
        }
        Some(sums)
    }

    /// The place of the heading that is computed over a document's objects, if the element is one.
    fn total_at(&self, tree: &Tree, segment: &Segment, position: u16) -> Option<&LinePlace> {
        let scope = &self.scopes[0];
        let totals = scope.derived.iter().map(|index| &self.derived[*index]);
        let mut totals = totals.filter(|one| matches!(&one.value, DerivedValue::Expression(total) if total.adds_up()));
        let is = |row: &Row| {
            let holds = |(element, value): &(u16, String)| tree.value(segment, *element, b"") == value.as_bytes();
            row.item == segment.item && row.conditions.iter().all(holds)
        };
        let found = totals.find(|total| total.place.element == position && is(&scope.rows[total.place.row]));
        found.map(|total| &total.place)
    }

    /// Does the element hold a number of segments, which is counted when the document is whole?
    fn is_counted(&self, segment: &Segment, position: u16) -> bool {
        self.counts().any(|(row, element, _)| row.item == segment.item && element == position)
    }

    fn counts(&self) -> impl Iterator<Item = (&Row, u16, &DerivedValue)> {
        let derived = |index: &usize| &self.derived[*index];
        self.scopes.iter().flat_map(move |scope| {
            let counts = scope.derived.iter().map(derived);
            let counts = counts.filter(|one| matches!(one.value, DerivedValue::Count { .. }));
            counts.map(|one| (&scope.rows[one.place.row], one.place.element, &one.value))
        })
    }

    /// Counters of the loop go on from those before `start`.
    fn count_on(&self, boundary: &Boundary, tree: &mut Tree, start: usize) {
        let trigger = ItemId(boundary.item.0 + 1);
        let before = tree.segments[..start].iter().filter(|segment| segment.item == trigger).count();
        let of_loop = self.scopes.iter().filter(|scope| scope.item == boundary.item);
        let counters = of_loop.flat_map(|scope| scope.derived.iter().map(move |index| (scope, &self.derived[*index])));
        let counters = counters.filter(|(_, one)| matches!(one.value, DerivedValue::Counter));
        let places: Vec<(ItemId, u16)> =
            counters.map(|(scope, one)| (scope.rows[one.place.row].item, one.place.element)).collect();
        let mut number = 0;
        for index in start..tree.segments.len() {
            let segment = tree.segments[index];
            number += usize::from(segment.item == trigger);
            for (_, position) in places.iter().filter(|(item, _)| *item == segment.item) {
                // What a line has put there is no counter.
                if tree.value(&segment, *position, b"") == number.to_string().as_bytes() {
                    put(tree, index, *position, &(before + number).to_string());
                }
            }
        }
    }

    /// Numbers of segments are those of the whole document.
    fn count_anew(&self, tree: &mut Tree) {
        for (row, element, value) in self.counts() {
            let DerivedValue::Count { tag, conditions } = value else { continue };
            let count = derive::count(tree, b"", *tag, conditions).to_string();
            for index in 0..tree.segments.len() {
                if tree.segments[index].item == row.item {
                    put(tree, index, element, &count);
                }
            }
        }
    }

    /// Tells of edits that would change what other objects of the document say too; `tree` shows one of them.
    pub fn keeps_to_its_own(&self, tree: &Tree, edits: &[Edit], diagnostics: &mut Diagnostics) {
        let Some(boundary) = self.boundary.as_ref().filter(|_| tree.hides()) else { return };
        // From its own first segment to the first of what follows: what is inserted behind it is its own too.
        let own = |edit: &Edit| {
            let starts = tree.segments.iter().position(|segment| segment.start as usize > edit.range.start);
            let last = starts.unwrap_or(tree.segments.len()).saturating_sub(1);
            let at = &tree.segments[last];
            let behind = edit.range.is_empty() && last > 0 && at.start as usize == edit.range.start;
            let at = if behind { &tree.segments[last - 1] } else { at };
            boundary.holds(&self.grammar, at) && !tree.is_hidden(at.occurrence)
        };
        let Some(edit) = edits.iter().find(|edit| !own(edit)) else { return };
        let segment = tree.segments.iter().rfind(|segment| segment.start as usize <= edit.range.start);
        let tag = segment.map(|segment| segment.tag.to_string()).unwrap_or_default();
        let message = format!("the change reaches {tag}, which other objects of the same transaction set share");
        diagnostics.push(
            Diagnostic::new(codes::MAPPING_SHARED, message, crate::diagnostic::FieldPlace::default())
                .cause(format!(
                    "the set holds several objects, told apart by {}; what stands outside is of all of them, and totals count all",
                    boundary.source
                ))
                .remedy("correct the partner's own bytes instead: `crossdock document correct ID --bytes`"),
        );
    }
}

fn made(tree: &mut Tree, text: &[u8]) -> Text {
    let start = tree.made.len() as u32;
    tree.made.extend_from_slice(text);
    Text::made(start, tree.made.len() as u32)
}
