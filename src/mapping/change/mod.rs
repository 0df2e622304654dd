//! Makes an existing document say something else: the edits on its bytes, and nothing but them.
//!
//! Old and new object are laid out by the same plan as for writing; where the two layouts agree, the document's bytes
//! stay as they are, also where the partner writes otherwise than we would. Only what differs becomes an edit: the text
//! of an element, a segment, a loop occurrence.

mod align;
mod beside;
mod entries;
mod groups;
mod levels;
mod row;
mod through;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::canonical::{NodeId, Object, without_numbers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::{ItemId, NONE, OccurrenceId, SegmentIndex, Tag, Tree};

use super::context::Context;
use super::hierarchy;
use super::plan::{Attach, Child, Line, Plan, Row, ScopeId, Takes};
use super::read::Reading;
use super::select::{self, Frame, Taken};
use super::write::{Cells, Filled, ListAt, Walk};
pub(super) use align::same_at;
use align::{Step, align, moved, same};
use beside::Beside;
use entries::ListEntry;
use levels::Renumbering;
use row::layout;
use through::OnTheWay;

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
    /// That reading, which tells what no line took.
    pub reading: &'a Reading,
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
    let (mut before, mut after) = (Diagnostics::unlimited(), Diagnostics::unlimited());
    let walk = |object, tree, diagnostics| Walk::new(plan, object, context, tree, diagnostics);
    let mut change = Change {
        plan,
        base,
        form,
        context,
        old: walk(base.object, &mut old_tree, &mut before),
        new: walk(object, &mut new_tree, &mut after),
        taken: Taken::default(),
        edits: Vec::new(),
        depths: HashMap::new(),
        added: 0,
        renumbering: Renumbering::default(),
        heads: Vec::new(),
        beside: Beside::default(),
    };
    change.scope(0, 0, (NodeId::ROOT, NodeId::ROOT), (1, 1), Inside::Nothing);
    change.insert_heads();
    change.check_structure();
    change.renumber();
    change.segment_count();
    change.would_be_lost(diagnostics);
    let depths = change.depths;
    let mut edits: Vec<(usize, Edit)> = change.edits.into_iter().enumerate().collect();
    edits.sort_by_key(|(number, edit)| rank(&depths, *number, edit));
    let mut edits: Vec<Edit> = edits.into_iter().map(|(_, edit)| edit).collect();
    // What is mapped in a level and derived in the heading beside it has one place there.
    edits.dedup_by(|next, known| !next.range.is_empty() && next.range == known.range);
    what_comes(before.take(), after.take(), diagnostics);
    super::unwritten::report(plan, object, diagnostics);
    edits
}

/// Tells what is wrong with values that change, each once: the document keeps those that were as they are.
fn what_comes(before: Vec<Diagnostic>, after: Vec<Diagnostic>, diagnostics: &mut Diagnostics) {
    let what = |one: &Diagnostic| (one.code.name(), without_numbers(&one.message));
    let mut known: HashMap<_, usize> = HashMap::new();
    for diagnostic in &before {
        *known.entry(what(diagnostic)).or_default() += 1;
    }
    let mut told = HashSet::new();
    for diagnostic in after {
        match known.get_mut(&what(&diagnostic)).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None if told.insert((diagnostic.code.name(), diagnostic.message.clone())) => diagnostics.push(diagnostic),
            None => {}
        }
    }
}

/// The order of edits: of what comes at one offset, what belongs deeper inside ends before what stands around it goes on.
fn rank(depths: &HashMap<usize, usize>, number: usize, edit: &Edit) -> (usize, Reverse<usize>, usize) {
    (edit.range.start, Reverse(depths.get(&number).copied().unwrap_or(0)), number)
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
    old: Walk<'a, 'a>,
    new: Walk<'a, 'a>,
    taken: Taken,
    edits: Vec<Edit>,
    /// For each edit that inserts: how deep the occurrence stands that it inserts into.
    depths: HashMap<usize, usize>,
    /// Segments added less segments taken away.
    added: i64,
    renumbering: Renumbering,
    heads: Vec<Head<'a>>,
    beside: Beside,
}

/// A loop occurrence that goes before the first of its list, or a level that is the first of its list. It is inserted
/// last: what other occurrences get at their end may stand at the same offset, and comes before it.
struct Head<'a> {
    at: usize,
    into: OccurrenceId,
    child: &'a Child,
    entry: NodeId,
    position: usize,
    number: u32,
    lists: Vec<(ListAt<'a>, usize)>,
}

/// Which part of a loop on the way a scope is.
#[derive(Clone, Copy)]
enum Inside<'a> {
    /// None.
    Nothing,
    /// The loop on the way itself, for an entry inside: old and new.
    Entry(&'a Child, NodeId, NodeId),
    /// The entry's own loop, which speaks for the rows of the loop on the way.
    Speaking,
}

enum Part<'a> {
    Row(usize, &'a Row),
    Child(&'a Child),
}

impl<'a> Change<'a> {
    fn scope(
        &mut self,
        id: ScopeId,
        occurrence: OccurrenceId,
        (old, new): (NodeId, NodeId),
        (old_number, new_number): (u32, u32),
        inside: Inside<'a>,
    ) {
        let scope = &self.plan.scopes[id];
        let Base { tree, bytes, object, .. } = self.base;
        let frame = self.taken.open(scope, tree, bytes, occurrence);
        let frame = self.taken.hand_on((self.plan, scope), (tree, bytes), (object, old), frame);
        let (mut before, mut after) = self.filled(id, frame, (old, new));
        if let Inside::Entry(child, old, new) = inside {
            let below = object.occurrence(old).unwrap_or(occurrence);
            let frame = self.taken.open(&self.plan.scopes[child.scope], tree, bytes, below);
            let (mut old_below, mut new_below) = self.filled(child.scope, frame, (old, new));
            self.taken.close(frame);
            self.old.outer_rows(id, child, &mut old_below, &mut before);
            self.new.outer_rows(id, child, &mut new_below, &mut after);
        }
        self.old.finish(id, old, old_number, &mut before);
        self.new.finish(id, new, new_number, &mut after);
        // Rows of the loop on the way that it does not have itself are this scope's to change.
        let outer = self.base.tree.occurrences[occurrence as usize].parent;
        let parent = &self.plan.scopes[scope.parent];
        let speaks = matches!(inside, Inside::Speaking);
        // The level that is the object itself may have lines with places in the heading.
        let itself = parent
            .children
            .iter()
            .any(|child| child.scope == id && matches!(&child.attach, Attach::One(steps) if steps.is_empty()));
        let at_of = |row: &Row| match row.up {
            0 => Some(occurrence),
            1 if itself => Some(outer),
            1 if speaks && !parent.rows.iter().any(|own| own.is_the_outer(row)) => Some(outer),
            _ => None,
        };
        // In the order of the table, so that insertions at one offset come in that order too.
        let rows = scope.rows.iter().enumerate().map(|(number, row)| (row.up == 0, row.item, Part::Row(number, row)));
        let children = scope.children.iter().map(|child| (true, child.item, Part::Child(child)));
        let mut parts: Vec<_> = rows.chain(children).collect();
        // Levels inside a level come behind all of its own segments.
        parts.sort_by_key(|(own, item, _)| (*own, id != 0 && *item == scope.item, *item));
        for (_, _, part) in parts {
            match part {
                Part::Child(child) if !matches!(inside, Inside::Entry(..)) => {
                    let family = scope.family(child);
                    if std::ptr::eq(family[0], child) {
                        self.child(&family, occurrence, old, new);
                    }
                }
                Part::Child(_) => {}
                Part::Row(number, row) => {
                    let Some(at) = at_of(row) else { continue };
                    if row.takes == Takes::One {
                        let segment = self.taken.one(frame, number);
                        self.row(row, at, segment, &before.one[number], &after.one[number]);
                    } else {
                        self.many((id, number), row, frame, at, old, &before, &after);
                    }
                }
            }
        }
        self.taken.close(frame);
    }

    /// What both objects say in a scope, at the places and in the units that the document has.
    fn filled(&mut self, id: ScopeId, frame: Frame, (old, new): (NodeId, NodeId)) -> (Filled<'a>, Filled<'a>) {
        let (chosen, units) = (self.chosen(id, frame), self.units(id, frame));
        (self.old.chosen, self.old.units) = (chosen.clone(), units.clone());
        (self.new.chosen, self.new.units) = (chosen, units);
        let filled = (self.old.fill(id, old), self.new.fill(id, new));
        for walk in [&mut self.old, &mut self.new] {
            walk.chosen.clear();
            walk.units.clear();
        }
        filled
    }

    /// The lines whose value the document has at other places of theirs than the first alone, and which these are. A pair
    /// that is not the first says something else.
    fn chosen(&self, id: ScopeId, frame: Frame) -> Vec<(&'a Line, Vec<usize>)> {
        let (plan, tree) = (self.plan, self.base.tree);
        let scope = &plan.scopes[id];
        let single = scope.rows.iter().filter(|row| row.takes == Takes::One).flat_map(|row| &row.lines);
        let lines = single.chain(&scope.joined).map(|line| &plan.lines[usize::from(*line)]);
        let has = |line: &Line, number: usize| {
            let place = &line.alternative(number)[0];
            let Some(index) = self.taken.one(frame, place.row) else { return false };
            let segment = &tree.segments[index as usize];
            let text = |element| tree.value(segment, element, self.base.bytes).trim_ascii();
            match &place.pair {
                None => !text(place.element).is_empty(),
                Some(pair) => {
                    let is = |slot: &u16| select::is_code(text(*slot), pair.qualifier.as_bytes());
                    pair.slots.iter().any(|slot| is(slot) && !text(*slot + 1).is_empty())
                }
            }
        };
        let all = |line: &'a Line| {
            let there = (0..line.alternatives()).filter(|number| has(line, *number)).enumerate();
            let numbers = there.filter(|(at, number)| *at == 0 || line.alternative(*number)[0].pair.is_none());
            (line, numbers.map(|(_, number)| number).collect::<Vec<_>>())
        };
        let several = lines.filter(|line| line.alternatives() > 1 && !line.writes_all());
        several.map(all).filter(|(_, numbers)| !matches!(numbers.as_slice(), [] | [0])).collect()
    }

    /// A row that can be many.
    #[expect(clippy::too_many_arguments, reason = "one call, from the walk over the rows")]
    fn many(
        &mut self,
        (id, number): (ScopeId, usize),
        row: &'a Row,
        frame: Frame,
        occurrence: OccurrenceId,
        old: NodeId,
        before: &Filled<'a>,
        after: &Filled<'a>,
    ) {
        let of_row = |filled: &Filled<'a>| -> Vec<Cells<'a>> {
            let own = filled.many.iter().filter(|(known, ..)| *known == number);
            own.map(|(_, cells, _)| cells.clone()).collect()
        };
        if matches!(row.takes, Takes::Groups(_)) && self.groups(id, number, before, after) {
            return;
        }
        let (before, after) = (of_row(before), of_row(after));
        let segments: Vec<Option<SegmentIndex>> = match &row.takes {
            Takes::Nodes(list) if list.read_only => return,
            Takes::Nodes(list) => {
                self.old.entries(old, list).into_iter().map(|(_, entry)| self.base.object.occurrence(entry)).collect()
            }
            _ if before == after => return,
            _ => {
                let rows = self.taken.many_of(frame, number);
                if !self.laid_out(&rows, &before) {
                    return self.lay_out_anew(row, occurrence, &rows, after);
                }
                rows.into_iter().map(Some).collect()
            }
        };
        let first = segments.iter().flatten().min().copied();
        let mut at = match first {
            Some(index) => self.base.tree.segments[index as usize].start as usize,
            None => self.place_for(occurrence, row.item),
        };
        let steps = align(before.len(), after.len(), |one, other| before[one] == after[other]);
        for one in moved(&steps, |one, other| before[one] == after[other]) {
            self.beside.anew.extend(segments.get(one).copied().flatten());
        }
        for step in steps {
            match step {
                Step::Both(one, other) => {
                    if let Some(index) = segments.get(one).copied().flatten() {
                        at = self.end_of(index);
                        self.edit_row(
                            index,
                            &layout(self.plan, row, &before[one]),
                            &layout(self.plan, row, &after[other]),
                        );
                    }
                }
                Step::Old(one) => {
                    if let Some(index) = segments.get(one).copied().flatten() {
                        self.delete_segment(index);
                    }
                }
                Step::New(other) => self.insert_row(at, occurrence, row.tag, after[other].clone()),
            }
        }
    }

    /// The loops of one table; or of several that fill one list, whose entries keep its order.
    fn child(&mut self, family: &[&'a Child], occurrence: OccurrenceId, old: NodeId, new: NodeId) {
        let child = family[0];
        let inner = match child.attach {
            Attach::Through => self.plan.scopes[child.scope].children.first(),
            _ => None,
        };
        let lists: Vec<&'a Child> = family.iter().map(|child| inner.unwrap_or(child)).collect();
        let (before, after) = (self.old_entries(&lists, old), self.new_entries(&lists, new));
        let steps = self.steps(&before, &after);
        for one in
            moved(&steps, |one, other| same(self.base.object, before[one].node, self.new.object, after[other].node))
        {
            self.written_anew(before[one].node);
        }
        if let Some(inner) = inner {
            let way = OnTheWay { child, inner, occurrence, nodes: (old, new) };
            let before: Vec<NodeId> = before.iter().map(|entry| entry.node).collect();
            let after: Vec<(usize, NodeId)> = after.iter().map(|entry| (entry.position, entry.node)).collect();
            return self.entries_on_the_way(way, &before, &after, &steps);
        }
        let first =
            before.first().and_then(|entry| first_segment(self.base.tree, self.base.object.occurrence(entry.node)?));
        let mut at = match first {
            Some(index) => self.base.tree.segments[index as usize].start as usize,
            None => self.place_for(occurrence, child.item),
        };
        let level = self.plan.hierarchy.as_ref().is_some_and(|hierarchy| hierarchy.form.item == child.item);
        let mut matched = false;
        for step in steps {
            match step {
                Step::Both(one, other) => {
                    matched = true;
                    let occurrence = self.base.object.occurrence(before[one].node).unwrap_or(0);
                    let numbers = (one as u32 + 1, other as u32 + 1);
                    let nodes = (before[one].node, after[other].node);
                    self.scope(before[one].child.scope, occurrence, nodes, numbers, Inside::Nothing);
                    at = last_segment(self.base.tree, occurrence).map_or(at, |index| self.end_of(index));
                }
                Step::Old(one) => {
                    self.delete_occurrence(self.base.object.occurrence(before[one].node).unwrap_or(0));
                }
                Step::New(_) if before.is_empty() && self.says_the_same(child, old, new) => {}
                Step::New(other) => {
                    let (ListEntry { child, node, position }, number) = (after[other], other as u32 + 1);
                    if !matched && (first.is_some() || level) {
                        let (into, lists) = (occurrence, self.new.lists.clone());
                        self.heads.push(Head { at, into, child, entry: node, position, number, lists });
                        continue;
                    }
                    self.new.start_anew();
                    self.new.occurrence(child, node, position, number);
                    self.insert_written(at, occurrence);
                }
            }
        }
    }

    fn insert_heads(&mut self) {
        for head in std::mem::take(&mut self.heads) {
            self.new.start_anew();
            self.new.lists = head.lists;
            self.new.occurrence(head.child, head.entry, head.position, head.number);
            self.insert_written(head.at, head.into);
        }
    }

    /// Is `child` the level that is the object itself, missing in the document, and would it say nothing new?
    fn says_the_same(&mut self, child: &'a Child, old: NodeId, new: NodeId) -> bool {
        if !matches!(&child.attach, Attach::One(steps) if steps.is_empty()) {
            return false;
        }
        for (walk, node) in [(&mut self.old, old), (&mut self.new, new)] {
            walk.start_anew();
            walk.occurrence(child, node, 1, 1);
        }
        let (old, new) = (&self.old.tree, &self.new.tree);
        (&old.segments, &old.elements, &old.made) == (&new.segments, &new.elements, &new.made)
    }

    fn delete_occurrence(&mut self, occurrence: OccurrenceId) {
        let tree = self.base.tree;
        tree.segments_in(occurrence).for_each(|index| self.delete_segment(index));
        tree.children_of(occurrence).for_each(|inside| self.delete_occurrence(inside));
    }

    fn delete_segment(&mut self, index: SegmentIndex) {
        let start = self.base.tree.segments[index as usize].start as usize;
        self.edits.push(Edit { range: start..self.end_of(index), bytes: Vec::new() });
        self.added -= 1;
        self.segment_goes(index);
    }

    fn insert_row(&mut self, at: usize, into: OccurrenceId, tag: Tag, cells: Cells<'a>) {
        self.new.start_anew();
        self.new.row(tag, ItemId::ROOT, cells);
        self.insert_written(at, into);
    }

    /// Inserts the segments that the new walk has in its tree into an occurrence.
    fn insert_written(&mut self, at: usize, into: OccurrenceId) {
        let mut bytes = Vec::new();
        let mut missing = Vec::new();
        for (index, segment) in self.new.tree.segments.iter().enumerate() {
            bytes.extend_from_slice(segment.tag.to_string().as_bytes());
            for position in 1..=segment.element_count {
                bytes.push(self.form.element);
                if self.is_missing(index, position) {
                    missing.push((index, position, bytes.len()));
                }
                bytes.extend_from_slice(self.new.tree.value(segment, position, b""));
            }
            bytes.push(self.form.terminator);
            bytes.extend_from_slice(self.form.line_end);
        }
        self.added += self.new.tree.segments.len() as i64;
        self.segments_come(into, &missing);
        let tree = self.base.tree;
        let around = std::iter::successors(Some(into), |at| (*at != 0).then(|| tree.occurrences[*at as usize].parent));
        self.depths.insert(self.edits.len(), around.count());
        self.edits.push(Edit { range: at..at, bytes });
    }

    /// The offset behind a segment: where the next one starts.
    fn end_of(&self, index: SegmentIndex) -> usize {
        match self.base.tree.segments.get(index as usize + 1) {
            Some(next) => next.start as usize,
            None => self.base.bytes.len(),
        }
    }

    /// Where a segment of `item` goes in `occurrence`: before the first that the table has later; a level goes behind
    /// the other ones inside its level.
    fn place_for(&self, occurrence: OccurrenceId, item: ItemId) -> usize {
        let tree = self.base.tree;
        let own = tree.occurrences[occurrence as usize].item;
        let inside = |inside: &OccurrenceId| tree.occurrences[*inside as usize].item != own;
        let of_loops = tree.children_of(occurrence).filter(inside).filter_map(|inside| last_segment(tree, inside));
        let last_own = Some(tree.occurrences[occurrence as usize].last_segment).filter(|index| *index != NONE);
        let last = match item == own && occurrence != 0 {
            true => last_segment(tree, occurrence),
            false => last_own.into_iter().chain(of_loops).max(),
        };
        let (Some(first), Some(last)) = (first_segment(tree, occurrence), last) else {
            return self.base.bytes.len();
        };
        if item == own && occurrence != 0 {
            return self.end_of(last);
        }
        let later = (first..=last).find(|index| {
            let placed = tree.segments[*index as usize].item;
            placed != ItemId::UNPLACED && placed > item
        });
        later.map_or_else(|| self.end_of(last), |index| tree.segments[index as usize].start as usize)
    }

    /// The structure that the object says must be the one that its lists make, unless neither changes: the document may
    /// have levels that no table takes.
    fn check_structure(&mut self) {
        let (said, made) = (self.old.said_structure(), hierarchy::structure_of(self.plan, self.base.object));
        let same = self.new.said_structure() == said && hierarchy::structure_of(self.plan, self.new.object) == made;
        if !same {
            self.new.check_structure();
        }
    }

    /// SE01, when segments came or went.
    fn segment_count(&mut self) {
        let tree = self.base.tree;
        let trailer = tree.segments.iter().rev().find(|segment| segment.tag == Tag::new(b"SE"));
        let Some(id) = trailer.filter(|_| self.added != 0).and_then(|segment| tree.element(segment, 1)) else {
            return;
        };
        let (start, end) = tree.raw_span(id);
        let count = tree.segments.len() as i64 + self.added;
        self.edits.push(Edit { range: start as usize..end as usize, bytes: count.to_string().into_bytes() });
    }
}

fn first_segment(tree: &Tree, occurrence: OccurrenceId) -> Option<SegmentIndex> {
    let own = Some(tree.occurrences[occurrence as usize].first_segment).filter(|index| *index != NONE);
    own.into_iter().chain(tree.children_of(occurrence).filter_map(|inside| first_segment(tree, inside))).min()
}

fn last_segment(tree: &Tree, occurrence: OccurrenceId) -> Option<SegmentIndex> {
    let own = Some(tree.occurrences[occurrence as usize].last_segment).filter(|index| *index != NONE);
    own.into_iter().chain(tree.children_of(occurrence).filter_map(|inside| last_segment(tree, inside))).max()
}
