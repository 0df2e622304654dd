//! Reads a document by a plan: the tree's values into a canonical object, each with its origin.
//!
//! One walk over the loop occurrences: a scope selects its rows, its lines take their values, its children go on
//! inside. What no line took stays unmarked in the coverage, for reports and for writing back.

mod lines;
mod pairs;
mod plain;

use crate::canonical::{FieldId, NodeId, NodeShapeId, Object, Origin};
use crate::diagnostic::Diagnostics;
use crate::tree::{BitSet, ElementId, ItemId, OccurrenceId, SegmentIndex, Tree};

use super::context::Context;
use super::derive::Comparison;
use super::hierarchy::{self, LevelsLeft};
use super::plan::{Attach, How, LineId, ListField, LoopCondition, Part, Plan, Row, Scope, ScopeId, Takes};
use super::select::{self, Frame, Taken};

/// Reads documents by one plan after the other; keeps its memory.
#[derive(Debug, Default)]
pub struct Reading {
    taken: Taken,
    /// Elements that some line (or the envelope) took.
    pub coverage: BitSet,
    /// Levels that no table takes where they stand.
    left: Vec<LevelsLeft>,
    /// Paths of the fields whose value could not be read: they are missing for that reason.
    pub refused: Vec<String>,
}

impl Reading {
    /// Reads the document in `tree` into `object`, which is emptied first. Where the plan has a hierarchy the tree is
    /// nested by it.
    pub fn read(
        &mut self,
        plan: &Plan,
        tree: &mut Tree,
        bytes: &[u8],
        context: &Context<'_>,
        object: &mut Object,
        diagnostics: &mut Diagnostics,
    ) {
        object.clear();
        self.coverage.reset(tree.elements.len());
        self.refused.clear();
        self.left.clear();
        if let Some(hierarchy) = &plan.hierarchy {
            hierarchy.nest(tree, bytes);
        }
        let ascii = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii());
        let mut walk = Walk { plan, tree, bytes, ascii, context, object, diagnostics, reading: self };
        walk.scope(0, 0, NodeId::ROOT, 1);
        if !hierarchy::report_missing(plan, tree, object, context, diagnostics) {
            hierarchy::report_left(&self.left, plan, (tree, bytes), context, diagnostics);
        }
    }
}

struct Walk<'a> {
    plan: &'a Plan,
    tree: &'a Tree,
    bytes: &'a [u8],
    /// The same as text, when it is ASCII throughout: then its values are decoded already.
    ascii: Option<&'a str>,
    context: &'a Context<'a>,
    object: &'a mut Object,
    diagnostics: &'a mut Diagnostics,
    reading: &'a mut Reading,
}

/// The rows that a line looks into: those of the scope, with one of them replaced where entries are made of segments.
#[derive(Clone, Copy)]
struct Rows {
    frame: Frame,
    own: Option<(usize, SegmentIndex)>,
}

/// The text of a place without trailing blanks, and its element.
type Found<'a> = (&'a [u8], ElementId);

impl<'a> Walk<'a> {
    /// `number` counts the occurrence among its siblings of the same loop, 1-based.
    fn scope(&mut self, id: ScopeId, occurrence: OccurrenceId, node: NodeId, number: u32) {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        let frame = self.reading.taken.open(scope, self.tree, self.bytes, occurrence);
        let rows = Rows { frame, own: None };
        self.single_rows(scope, rows, node);
        let source = (self.tree, self.bytes);
        let frame = match scope.handed_on.is_empty() {
            true => frame,
            false => self.reading.taken.hand_on((plan, scope), source, (self.object, node), frame),
        };
        let mut at = 0;
        while let Some((row, index)) = self.reading.taken.many(frame, at) {
            at += 1;
            let rows = Rows { frame, own: Some((row, index)) };
            if let Takes::Nodes(list) | Takes::Groups(list) = &scope.rows[row].takes
                && !self.plan.holds(&list.guards, self.object, node)
            {
                continue;
            }
            self.cover_conditions(&scope.rows[row].conditions, index);
            let node = match &scope.rows[row].takes {
                Takes::Nodes(list) => {
                    let entry = self.entry(node, list);
                    self.object.set_occurrence(entry, index);
                    entry
                }
                Takes::Groups(_) => {
                    for part in scope.parts.iter().filter(|part| part.row == Some(row)) {
                        if let Some(entry) = self.part(part, rows, node) {
                            self.object.set_occurrence(entry, index);
                        }
                    }
                    node
                }
                _ => node,
            };
            self.row(&scope.rows[row], index, rows, node);
        }
        self.reading.taken.close(frame);
        let mut used = self.unused_children(scope, node);
        let mut counted = (ItemId::ROOT, 0);
        for inside in self.tree.all_children_of(occurrence) {
            let item = self.tree.occurrences[inside as usize].item;
            // What belongs to other objects counts too: a partner numbers the loops of the whole document.
            counted = (item, if counted.0 == item { counted.1 + 1 } else { 1 });
            if self.tree.is_hidden(inside) {
                continue;
            }
            let level = plan.hierarchy.as_ref().filter(|hierarchy| item == hierarchy.form.item);
            let found = select::child(scope, self.tree, self.bytes, inside, &mut used);
            match (level, found) {
                (Some(level), Some(_)) => level.cover(self.tree, inside, &mut self.reading.coverage),
                (Some(level), None) => {
                    hierarchy::leave(&mut self.reading.left, (level, self.tree, self.bytes), id, inside);
                }
                (None, _) => {}
            }
            if let Some((_, child)) = found {
                self.cover_loop_conditions(&child.conditions, inside);
                let node = match &child.attach {
                    Attach::Through => node,
                    Attach::One(steps) => self.descend(node, steps),
                    Attach::Each(list) => self.entry(node, list),
                };
                if !matches!(child.attach, Attach::Through) {
                    self.object.set_occurrence(node, inside);
                }
                self.scope(child.scope, inside, node, counted.1);
            }
        }
        self.compare_derived(id, occurrence, node, number);
    }

    /// The children whose guards do not hold, as [`select::child`] counts those that it does not ask again.
    fn unused_children(&self, scope: &Scope, node: NodeId) -> u128 {
        let guarded = scope.children.iter().enumerate().filter(|(_, child)| !child.guards.is_empty());
        let unused = guarded.filter(|(_, child)| !self.plan.holds(&child.guards, self.object, node));
        unused.fold(0, |unused, (number, _)| unused | select::bit(number))
    }

    /// Compares what can be computed, once all the lines are there; not when some of them could not be read.
    fn compare_derived(&mut self, id: ScopeId, occurrence: OccurrenceId, node: NodeId, number: u32) {
        if self.plan.scopes[id].derived.is_empty() {
            return;
        }
        let mut silent;
        let diagnostics = match self.reading.refused.is_empty() {
            true => &mut *self.diagnostics,
            false => {
                silent = Diagnostics::with_limit(0);
                &mut silent
            }
        };
        let (plan, tree, bytes, object, context) = (self.plan, self.tree, self.bytes, &*self.object, self.context);
        let comparison = Comparison { plan, tree, bytes, object, node, context, number };
        comparison.scope(id, occurrence, diagnostics, &mut self.reading.coverage);
    }

    /// The lines of rows that are one segment each, those of several rows, and those without any.
    fn single_rows(&mut self, scope: &'a Scope, rows: Rows, node: NodeId) {
        // What is meant where nothing stands may be asked by the others; what itself asks comes behind them.
        self.defaults(scope, rows, node, false);
        let mut next = 0;
        while let Some((number, index)) = self.reading.taken.next_one(rows.frame, next) {
            let row = &scope.rows[number];
            self.cover_conditions(&row.conditions, index);
            self.row(row, index, rows, node);
            next = number + 1;
        }
        for behind in &scope.behind {
            if behind.looks_into & rows.frame.ones != 0 || behind.looks_into == 0 {
                self.line(behind.line, rows, node);
            }
        }
        for part in scope.parts.iter().filter(|part| part.row.is_none()) {
            if self.plan.holds(&part.list.guards, self.object, node) {
                self.part(part, rows, node);
            }
        }
        self.defaults(scope, rows, node, true);
    }

    /// The lines of absent segments that have a default: those that ask something of the object, or the others.
    fn defaults(&mut self, scope: &Scope, rows: Rows, node: NodeId, guarded: bool) {
        for (row, line) in &scope.defaults {
            let asks = !self.plan.lines[usize::from(*line)].guards.is_empty();
            if asks == guarded && self.reading.taken.one(rows.frame, *row).is_none() {
                self.line(*line, rows, node);
            }
        }
    }

    /// An entry made of some elements, if they say something.
    fn part(&mut self, part: &Part, rows: Rows, node: NodeId) -> Option<NodeId> {
        let there = |line: &LineId| {
            let places = &self.plan.lines[usize::from(*line)].places;
            places.iter().any(|place| self.text(rows, place).is_some())
        };
        if !part.own.iter().any(there) {
            return None;
        }
        let parent = self.descend(node, &part.list.steps);
        let entry = self.object.detached(parent, part.list.shape);
        part.own.iter().for_each(|line| self.line(*line, rows, entry));
        self.object.entries(entry).next()?;
        part.shared.iter().for_each(|line| self.line(*line, rows, entry));
        self.object.attach(entry, part.list.field, Origin::NOWHERE);
        Some(entry)
    }

    /// Runs the lines of a row that can find something in its segment.
    #[inline]
    fn row(&mut self, row: &'a Row, index: SegmentIndex, rows: Rows, node: NodeId) {
        let tree: &'a Tree = self.tree;
        let segment = &tree.segments[index as usize];
        for read in row.reads.iter().filter(|read| read.element <= segment.element_count) {
            if let How::Line = read.how {
                self.line(read.line, rows, node);
                continue;
            }
            let Some(found) = self.element(segment, read.element) else { continue };
            if !self.plainly(read, segment, (rows, node), found) {
                self.line(read.line, rows, node);
            }
        }
    }

    /// So do those that chose a loop.
    fn cover_loop_conditions(&mut self, conditions: &[LoopCondition], occurrence: OccurrenceId) {
        for condition in conditions {
            let LoopCondition::Equals { tag, element, trigger: true, .. } = condition else {
                continue;
            };
            let trigger = self.tree.segments_in(occurrence).next().map(|index| &self.tree.segments[index as usize]);
            if let Some(id) =
                trigger.filter(|segment| segment.tag == *tag).and_then(|segment| self.tree.element(segment, *element))
            {
                self.reading.coverage.insert(id);
            }
        }
    }

    /// Elements that chose a row or a value count as read: they are written back with it.
    #[inline]
    fn cover_conditions(&mut self, conditions: &[(u16, String)], index: SegmentIndex) {
        for (element, _) in conditions {
            if let Some(id) = self.tree.element(&self.tree.segments[index as usize], *element) {
                self.reading.coverage.insert(id);
            }
        }
    }

    fn entry(&mut self, node: NodeId, list: &ListField) -> NodeId {
        let parent = self.descend(node, &list.steps);
        self.object.add(parent, list.field, list.shape, Origin::NOWHERE)
    }

    fn descend(&mut self, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> NodeId {
        steps.iter().fold(node, |node, (field, shape)| self.object.child(node, *field, *shape))
    }

    #[inline]
    fn segment(&self, rows: Rows, row: usize) -> Option<SegmentIndex> {
        match rows.own {
            Some((own, index)) if own == row => Some(index),
            _ => self.reading.taken.one(rows.frame, row),
        }
    }
}
