//! Makes an existing document say something else: the edits on its bytes, and nothing but them.
//!
//! Old and new object are laid out by the same plan as for writing; where the two layouts agree, the document's bytes
//! stay as they are, also where the partner writes otherwise than we would. Only what differs becomes an edit: the text
//! of an element, a segment, a loop occurrence.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::canonical::{NodeId, Object, Value};
use crate::diagnostic::Diagnostics;
use crate::tree::{ItemId, NONE, OccurrenceId, SegmentIndex, Tag, Tree};

use super::context::Context;
use super::plan::{Attach, Child, Form, ListField, Plan, Row, ScopeId, Takes};
use super::select::{Frame, Taken};
use super::write::{Cell, Cells, Filled, Walk};

/// A replacement in a document's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty for an insertion.
    pub range: Range<usize>,
    /// What comes.
    pub bytes: Vec<u8>,
}

/// How segments are written into an existing document.
#[derive(Debug, Clone, Copy)]
pub struct SegmentForm<'a> {
    /// Element separator.
    pub element: u8,
    /// Segment terminator.
    pub terminator: u8,
    /// What follows the terminator.
    pub line_end: &'a [u8],
}

/// A document that was read: its tree and bytes, and the object that reading gave.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// The bytes its offsets count in.
    pub bytes: &'a [u8],
    /// What [`super::Reading`] made of it.
    pub object: &'a Object,
}

/// The edits that make `base` say what `object` says, in document order.
pub fn change(
    plan: &Plan,
    base: Base<'_>,
    object: &Object,
    form: SegmentForm<'_>,
    context: &Context<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Edit> {
    let (mut old_tree, mut new_tree) = (Tree::default(), Tree::default());
    old_tree.clear();
    new_tree.clear();
    let mut ignored = Diagnostics::with_limit(0);
    let walk = |object, tree, diagnostics| Walk {
        plan,
        object,
        context,
        tree,
        diagnostics,
        lists: Vec::new(),
    };
    let mut change = Change {
        plan,
        base,
        form,
        context,
        old: walk(base.object, &mut old_tree, &mut ignored),
        new: walk(object, &mut new_tree, diagnostics),
        taken: Taken::default(),
        edits: Vec::new(),
        added: 0,
    };
    change.scope(0, 0, (NodeId::ROOT, NodeId::ROOT), (1, 1), None);
    change.segment_count();
    let mut edits = change.edits;
    edits.sort_by_key(|edit| edit.range.start);
    super::unwritten::report(plan, object, diagnostics);
    edits
}

/// The document after the edits.
#[must_use]
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + edits.iter().map(|edit| edit.bytes.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        out.extend_from_slice(&bytes[at..edit.range.start.max(at)]);
        out.extend_from_slice(&edit.bytes);
        at = at.max(edit.range.end);
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

struct Change<'a> {
    plan: &'a Plan,
    base: Base<'a>,
    form: SegmentForm<'a>,
    context: &'a Context<'a>,
    old: Walk<'a>,
    new: Walk<'a>,
    taken: Taken,
    edits: Vec<Edit>,
    /// Segments added less segments taken away.
    added: i64,
}

/// What stands where in a row: elements by position, pairs by their qualifier.
type Layout = BTreeMap<Slot, Cell>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Element(u16, u16, u16),
    Pair(String),
}

impl<'a> Change<'a> {
    fn scope(
        &mut self,
        id: ScopeId,
        occurrence: OccurrenceId,
        (old, new): (NodeId, NodeId),
        (old_number, new_number): (u32, u32),
        inside: Option<(&'a Child, NodeId, NodeId)>,
    ) {
        let scope = &self.plan.scopes[id];
        let frame = self.taken.open(scope, self.base.tree, self.base.bytes, occurrence);
        let mut before = self.old.fill(id, old);
        let mut after = self.new.fill(id, new);
        if let Some((child, old, new)) = inside {
            self.old.outer_rows(id, child, old, &mut before);
            self.new.outer_rows(id, child, new, &mut after);
        }
        self.old.finish(id, old, old_number, &mut before);
        self.new.finish(id, new, new_number, &mut after);
        for (number, row) in scope
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.up == 0 && row.takes == Takes::One)
        {
            let segment = self.taken.one(frame, number);
            let (before, after) = (&before.one[number], &after.one[number]);
            self.row(row, occurrence, segment, before, after);
        }
        self.many(id, frame, occurrence, old, &before, &after);
        self.taken.close(frame);
        if inside.is_none() {
            for child in &scope.children {
                self.child(child, occurrence, old, new);
            }
        }
    }

    /// One row: edits in its segment, or the segment comes or goes.
    fn row(
        &mut self,
        row: &Row,
        occurrence: OccurrenceId,
        segment: Option<SegmentIndex>,
        before: &Cells,
        after: &Cells,
    ) {
        let (before, after) = (layout(row, before), layout(row, after));
        if before == after {
            return;
        }
        let trigger =
            row.item.0 == self.plan.grammar.item(row.item).parent.0 + 1 && self.plan.grammar.is_trigger(row.item);
        match segment {
            None if says_something(&after) => {
                let at = self.place_for(occurrence, row.item);
                let cells = after.into_values().flat_map(|cell| with_qualifier(row, cell)).collect();
                self.insert_row(at, row.tag, cells);
            }
            None => {}
            Some(index)
                if !trigger
                    && says_something(&before)
                    && !says_something(&after)
                    && !self.plan.grammar.item(row.item).required =>
            {
                self.delete_segment(index);
            }
            Some(index) => self.edit_row(index, &before, &after),
        }
    }

    fn edit_row(&mut self, index: SegmentIndex, before: &Layout, after: &Layout) {
        let mut texts: BTreeMap<u16, Vec<(u16, u16, String)>> = BTreeMap::new();
        for slot in before.keys().chain(after.keys()) {
            let (old, new) = (before.get(slot), after.get(slot));
            if old.map(|cell| &cell.text) == new.map(|cell| &cell.text) {
                continue;
            }
            let text = new.map_or_else(String::new, |cell| cell.text.clone());
            for (element, repetition, component, text) in self.places_of(index, slot, new.or(old), text) {
                let parts = texts.entry(element).or_default();
                parts.retain(|(known, inner, _)| (*known, *inner) != (repetition, component));
                parts.push((repetition, component, text));
            }
        }
        if !texts.is_empty() {
            self.edit_elements(index, &texts);
        }
    }

    /// Where in the segment the text of a slot goes: (element, repetition, component, text).
    fn places_of(
        &self,
        index: SegmentIndex,
        slot: &Slot,
        cell: Option<&Cell>,
        text: String,
    ) -> Vec<(u16, u16, u16, String)> {
        let tree = self.base.tree;
        let segment = &tree.segments[index as usize];
        match slot {
            Slot::Element(element, repetition, component) => vec![(*element, *repetition, *component, text)],
            Slot::Pair(qualifier) => {
                let Some(slots) = cell.and_then(|cell| self.slots(cell)) else {
                    return Vec::new();
                };
                let value = |element| tree.value(segment, element, self.base.bytes).trim_ascii_end();
                let own = slots.iter().find(|slot| value(**slot) == qualifier.as_bytes());
                let free = slots
                    .iter()
                    .find(|slot| value(**slot).is_empty() && value(**slot + 1).is_empty());
                match (own, free) {
                    (Some(slot), _) if text.is_empty() => {
                        vec![(*slot, 0, 0, String::new()), (slot + 1, 0, 0, String::new())]
                    }
                    (Some(slot), _) => vec![(slot + 1, 0, 0, text)],
                    (None, Some(slot)) => vec![(*slot, 0, 0, qualifier.clone()), (slot + 1, 0, 0, text)],
                    (None, None) => Vec::new(),
                }
            }
        }
    }

    fn slots(&self, cell: &Cell) -> Option<&'a [u16]> {
        let line = &self.plan.lines[usize::from(cell.line?)];
        match &line.form {
            Form::PairRest { slots } | Form::PairList { slots, .. } => Some(slots),
            _ => line
                .places
                .iter()
                .find_map(|place| place.pair.as_ref())
                .map(|pair| pair.slots.as_slice()),
        }
    }

    /// Puts new texts into elements of a segment; `texts` by element: (repetition, component, text).
    fn edit_elements(&mut self, index: SegmentIndex, texts: &BTreeMap<u16, Vec<(u16, u16, String)>>) {
        let tree = self.base.tree;
        let segment = &tree.segments[index as usize];
        for (element, parts) in texts.iter().filter(|(element, _)| **element <= segment.element_count) {
            let Some(id) = tree.element(segment, *element) else {
                continue;
            };
            let (start, end) = tree.raw_span(id);
            let bytes = self.rewritten(&self.base.bytes[start as usize..end as usize], parts);
            self.edits.push(Edit {
                range: start as usize..end as usize,
                bytes,
            });
        }
        let beyond = texts
            .range(segment.element_count + 1..)
            .filter(|(_, parts)| parts.iter().any(|(.., text)| !text.is_empty()));
        let mut bytes = Vec::new();
        let mut last = segment.element_count;
        for (element, parts) in beyond {
            while last < *element {
                bytes.push(self.form.element);
                last += 1;
            }
            bytes.extend(self.rewritten(b"", parts));
        }
        if !bytes.is_empty() {
            self.edits.push(Edit {
                range: segment.end as usize..segment.end as usize,
                bytes,
            });
        }
    }

    /// An element's bytes with some of its parts replaced.
    fn rewritten(&self, raw: &[u8], parts: &[(u16, u16, String)]) -> Vec<u8> {
        let encode = |text: &str| {
            self.context
                .charset
                .encode(text)
                .map_or_else(|_| text.as_bytes().to_vec(), |bytes| bytes.into_owned())
        };
        if let [(0, 0, text)] = parts {
            return encode(text);
        }
        let separators = self.base.tree.separators;
        let split = |bytes: &[u8], by: Option<u8>| -> Vec<Vec<u8>> {
            by.map_or_else(
                || vec![bytes.to_vec()],
                |by| bytes.split(|byte| *byte == by).map(<[u8]>::to_vec).collect(),
            )
        };
        let mut all: Vec<Vec<Vec<u8>>> = split(raw, separators.repetition)
            .iter()
            .map(|one| split(one, separators.component))
            .collect();
        for (repetition, component, text) in parts {
            let (repetition, component) = (usize::from((*repetition).max(1)), usize::from((*component).max(1)));
            all.resize(all.len().max(repetition), Vec::new());
            let one = &mut all[repetition - 1];
            one.resize(one.len().max(component), Vec::new());
            one[component - 1] = encode(text);
            while one.len() > 1 && one.last().is_some_and(Vec::is_empty) {
                one.pop();
            }
        }
        let join = |parts: Vec<Vec<u8>>, by: Option<u8>| parts.join(by.into_iter().collect::<Vec<u8>>().as_slice());
        join(
            all.into_iter().map(|one| join(one, separators.component)).collect(),
            separators.repetition,
        )
    }

    /// Rows that can be many.
    fn many(
        &mut self,
        id: ScopeId,
        frame: Frame,
        occurrence: OccurrenceId,
        old: NodeId,
        before: &Filled,
        after: &Filled,
    ) {
        let scope = &self.plan.scopes[id];
        for (number, row) in scope.rows.iter().enumerate().filter(|(_, row)| row.up == 0) {
            let of_row = |filled: &Filled| -> Vec<Cells> {
                filled
                    .many
                    .iter()
                    .filter(|(known, ..)| *known == number)
                    .map(|(_, cells, _)| cells.clone())
                    .collect()
            };
            match &row.takes {
                Takes::One => {}
                Takes::All { .. } => {
                    let (before, after) = (of_row(before), of_row(after));
                    if before != after {
                        let at = self.place_for(occurrence, row.item);
                        self.taken
                            .many_of(frame, number)
                            .into_iter()
                            .for_each(|index| self.delete_segment(index));
                        after.into_iter().for_each(|cells| self.insert_row(at, row.tag, cells));
                    }
                }
                Takes::Nodes(list) if list.read_only => {}
                Takes::Nodes(list) => {
                    let segments = self.segments_of(old, list);
                    let (before, after) = (of_row(before), of_row(after));
                    let steps = align(before.len(), after.len(), |one, other| before[one] == after[other]);
                    for step in steps {
                        match step {
                            Step::Both(one, other) => match segments.get(one).copied().flatten() {
                                Some(index) => {
                                    self.edit_row(index, &layout(row, &before[one]), &layout(row, &after[other]))
                                }
                                None => {}
                            },
                            Step::Old(one) => {
                                if let Some(index) = segments.get(one).copied().flatten() {
                                    self.delete_segment(index);
                                }
                            }
                            Step::New(other) => {
                                let at = self.place_for(occurrence, row.item);
                                self.insert_row(at, row.tag, after[other].clone());
                            }
                        }
                    }
                }
            }
        }
    }

    /// The segments that the entries of a list were read from.
    fn segments_of(&self, old: NodeId, list: &ListField) -> Vec<Option<SegmentIndex>> {
        self.old
            .entries(old, list)
            .into_iter()
            .map(|entry| self.base.object.occurrence(entry))
            .collect()
    }

    fn child(&mut self, child: &'a Child, occurrence: OccurrenceId, old: NodeId, new: NodeId) {
        let inner = match child.attach {
            Attach::Through => self.plan.scopes[child.scope].children.first(),
            _ => None,
        };
        let attach = inner.map_or(&child.attach, |inner| &inner.attach);
        let (before, after) = match attach {
            Attach::Each(list) => (self.old.entries(old, list), self.new.entries(new, list)),
            Attach::One(steps) => (
                self.old.descend(old, steps).into_iter().collect(),
                self.new.present(new, steps).into_iter().collect(),
            ),
            Attach::Through => return,
        };
        // Entries that this very loop gave: a list can be filled by several.
        let item = inner.map_or(child.item, |inner| inner.item);
        let from_here = |entry: &NodeId| {
            let occurrence = self.base.object.occurrence(*entry).filter(|occurrence| *occurrence > 0);
            occurrence.is_some_and(|occurrence| self.base.tree.occurrences[occurrence as usize].item == item)
        };
        let before: Vec<NodeId> = before.into_iter().filter(from_here).collect();
        let single = matches!(attach, Attach::One(_));
        let key = match attach {
            Attach::Each(list) => list.key,
            _ => None,
        };
        let (one_object, other_object) = (self.base.object, self.new.object);
        let steps = align(before.len(), after.len(), |one, other| {
            single
                || match key {
                    Some(key) => same_field(one_object, before[one], other_object, after[other], key),
                    None => same(one_object, before[one], other_object, after[other]),
                }
        });
        let mut after_segment = None;
        for step in steps {
            match step {
                Step::Both(one, other) => {
                    let at = self.base.object.occurrence(before[one]).unwrap_or(0);
                    let numbers = (one as u32 + 1, other as u32 + 1);
                    self.matched(child, inner, at, (old, new), (before[one], after[other]), numbers);
                    after_segment = last_segment(self.base.tree, at);
                }
                Step::Old(one) => {
                    let at = self.base.object.occurrence(before[one]).unwrap_or(0);
                    self.delete_entry(inner.is_some(), at);
                }
                Step::New(other) => {
                    let at = after_segment
                        .map_or_else(|| self.place_for(occurrence, child.item), |index| self.end_of(index));
                    self.insert_occurrence(at, child, inner.is_some(), new, after[other], other);
                }
            }
        }
    }

    fn matched(
        &mut self,
        child: &'a Child,
        inner: Option<&'a Child>,
        at: OccurrenceId,
        nodes: (NodeId, NodeId),
        entries: (NodeId, NodeId),
        numbers: (u32, u32),
    ) {
        match inner {
            None => self.scope(child.scope, at, entries, numbers, None),
            Some(inner) => {
                let outer = self.base.tree.occurrences[at as usize].parent;
                let first = self
                    .base
                    .tree
                    .children_of(outer)
                    .find(|occurrence| self.base.tree.occurrences[*occurrence as usize].item == inner.item);
                // Several entries in one outer occurrence share its rows: the first of them speaks for it.
                if first == Some(at) {
                    self.scope(child.scope, outer, nodes, numbers, Some((inner, entries.0, entries.1)));
                }
                self.scope(inner.scope, at, entries, (1, 1), None);
            }
        }
    }

    fn delete_entry(&mut self, through: bool, at: OccurrenceId) {
        let outer = self.base.tree.occurrences[at as usize].parent;
        let alone = self.base.tree.children_of(outer).count() == 1;
        self.delete_occurrence(if through && alone { outer } else { at });
    }

    fn delete_occurrence(&mut self, occurrence: OccurrenceId) {
        let tree = self.base.tree;
        tree.segments_in(occurrence)
            .for_each(|index| self.delete_segment(index));
        tree.children_of(occurrence)
            .for_each(|inside| self.delete_occurrence(inside));
    }

    fn delete_segment(&mut self, index: SegmentIndex) {
        let start = self.base.tree.segments[index as usize].start as usize;
        self.edits.push(Edit {
            range: start..self.end_of(index),
            bytes: Vec::new(),
        });
        self.added -= 1;
    }

    fn insert_row(&mut self, at: usize, tag: Tag, cells: Cells) {
        self.new.tree.clear();
        self.new.row(tag, ItemId::ROOT, cells);
        self.insert_written(at);
    }

    fn insert_occurrence(
        &mut self,
        at: usize,
        child: &'a Child,
        through: bool,
        node: NodeId,
        entry: NodeId,
        position: usize,
    ) {
        self.new.tree.clear();
        let number = position as u32 + 1;
        match through {
            true => self.new.occurrence(child, node, Some(entry), position + 1, number),
            false => self.new.occurrence(child, entry, None, position + 1, number),
        }
        self.insert_written(at);
    }

    /// Inserts the segments that the new walk has in its tree.
    fn insert_written(&mut self, at: usize) {
        let mut bytes = Vec::new();
        for segment in &self.new.tree.segments {
            bytes.extend_from_slice(segment.tag.to_string().as_bytes());
            for position in 1..=segment.element_count {
                bytes.push(self.form.element);
                bytes.extend_from_slice(self.new.tree.value(segment, position, b""));
            }
            bytes.push(self.form.terminator);
            bytes.extend_from_slice(self.form.line_end);
        }
        self.added += self.new.tree.segments.len() as i64;
        self.edits.push(Edit { range: at..at, bytes });
    }

    /// The offset behind a segment: where the next one starts.
    fn end_of(&self, index: SegmentIndex) -> usize {
        match self.base.tree.segments.get(index as usize + 1) {
            Some(next) => next.start as usize,
            None => self.base.bytes.len(),
        }
    }

    /// Where a segment of `item` goes in `occurrence`: before the first that the table has later.
    fn place_for(&self, occurrence: OccurrenceId, item: ItemId) -> usize {
        let tree = self.base.tree;
        let (Some(first), Some(last)) = (first_segment(tree, occurrence), last_segment(tree, occurrence)) else {
            return self.base.bytes.len();
        };
        let later = (first..=last).find(|index| {
            let placed = tree.segments[*index as usize].item;
            placed != ItemId::UNPLACED && placed > item
        });
        later.map_or_else(
            || self.end_of(last),
            |index| tree.segments[index as usize].start as usize,
        )
    }

    /// SE01, when segments came or went.
    fn segment_count(&mut self) {
        let tree = self.base.tree;
        let trailer = tree
            .segments
            .iter()
            .rev()
            .find(|segment| segment.tag == Tag::new(b"SE"));
        let Some(id) = trailer
            .filter(|_| self.added != 0)
            .and_then(|segment| tree.element(segment, 1))
        else {
            return;
        };
        let (start, end) = tree.raw_span(id);
        let count = tree.segments.len() as i64 + self.added;
        self.edits.push(Edit {
            range: start as usize..end as usize,
            bytes: count.to_string().into_bytes(),
        });
    }
}

fn layout(row: &Row, cells: &Cells) -> Layout {
    let chosen =
        |cell: &&Cell| cell.line.is_some() || !row.conditions.iter().any(|(element, _)| *element == cell.element);
    let slot = |cell: &Cell| match &cell.pair {
        Some(qualifier) => Slot::Pair(qualifier.clone()),
        None => Slot::Element(cell.element, cell.repetition, cell.component),
    };
    cells
        .iter()
        .filter(chosen)
        .filter(|cell| !cell.is_qualifier)
        .map(|cell| (slot(cell), cell.clone()))
        .collect()
}

/// Does a row hold a value of the object, not only constants?
fn says_something(layout: &Layout) -> bool {
    layout.values().any(|cell| cell.line.is_some() || cell.computed)
}

fn with_qualifier(row: &Row, cell: Cell) -> Cells {
    let mut cells = Cells::new();
    if let Some(qualifier) = &cell.pair {
        cells.push(Cell {
            element: cell.element - 1,
            text: qualifier.clone(),
            line: None,
            pair: None,
            is_qualifier: true,
            ..cell.clone()
        });
    }
    cells.extend(
        row.conditions
            .iter()
            .filter(|_| cell.line.is_some())
            .map(|(element, value)| Cell {
                element: *element,
                repetition: 0,
                component: 0,
                text: value.clone(),
                line: None,
                pair: None,
                is_qualifier: true,
                computed: false,
            }),
    );
    cells.push(cell);
    cells
}

fn first_segment(tree: &Tree, occurrence: OccurrenceId) -> Option<SegmentIndex> {
    let own = Some(tree.occurrences[occurrence as usize].first_segment).filter(|index| *index != NONE);
    own.into_iter()
        .chain(
            tree.children_of(occurrence)
                .filter_map(|inside| first_segment(tree, inside)),
        )
        .min()
}

fn last_segment(tree: &Tree, occurrence: OccurrenceId) -> Option<SegmentIndex> {
    let own = Some(tree.occurrences[occurrence as usize].last_segment).filter(|index| *index != NONE);
    own.into_iter()
        .chain(
            tree.children_of(occurrence)
                .filter_map(|inside| last_segment(tree, inside)),
        )
        .max()
}

enum Step {
    Both(usize, usize),
    Old(usize),
    New(usize),
}

/// Pairs the entries of two lists: equal ones at both ends first, then the middle one by one.
fn align(old: usize, new: usize, equal: impl Fn(usize, usize) -> bool) -> Vec<Step> {
    let shorter = old.min(new);
    let head = (0..shorter).take_while(|at| equal(*at, *at)).count();
    let tail = (0..shorter - head)
        .take_while(|back| equal(old - 1 - back, new - 1 - back))
        .count();
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    let (old_middle, new_middle) = (old - head - tail, new - head - tail);
    for at in head..head + old_middle.max(new_middle) {
        steps.push(match (at < head + old_middle, at < head + new_middle) {
            (true, true) => Step::Both(at, at),
            (true, false) => Step::Old(at),
            _ => Step::New(at),
        });
    }
    steps.extend((0..tail).rev().map(|back| Step::Both(old - 1 - back, new - 1 - back)));
    steps
}

fn same_field(one: &Object, a: NodeId, other: &Object, b: NodeId, field: crate::canonical::FieldId) -> bool {
    match (one.get(a, field), other.get(b, field)) {
        (Some(x), Some(y)) => same_value(one, x.value, other, y.value),
        (None, None) => true,
        _ => false,
    }
}

/// Do two nodes say the same?
fn same(one: &Object, a: NodeId, other: &Object, b: NodeId) -> bool {
    let sorted = |object: &Object, node| {
        let mut entries: Vec<_> = object
            .entries(node)
            .map(|entry| (entry.field, object.text(entry.key).to_owned(), entry.value))
            .collect();
        entries.sort_by(|x, y| (x.0, &x.1).cmp(&(y.0, &y.1)));
        entries
    };
    let (left, right) = (sorted(one, a), sorted(other, b));
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .all(|(x, y)| x.0 == y.0 && x.1 == y.1 && same_value(one, x.2, other, y.2))
}

fn same_value(one: &Object, a: Value, other: &Object, b: Value) -> bool {
    match (a, b) {
        (Value::Text(x), Value::Text(y)) => one.text(x) == other.text(y),
        (Value::Decimal(x), Value::Decimal(y)) => x == y,
        (Value::Node(x), Value::Node(y)) => same(one, x, other, y),
        _ => false,
    }
}
