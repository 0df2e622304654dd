//! Entries of a list in loops on the way (`LX/W12`): several may share an occurrence of the outer loop. An entry stays where
//! it is; a new one joins its neighbour's outer loop or opens one of its own.

use crate::canonical::NodeId;
use crate::diagnostic::Diagnostics;
use crate::tree::{OccurrenceId, Tree};

use super::align::Step;
use super::{Change, Inside, first_segment, last_segment};
use crate::mapping::plan::{Attach, Child};
use crate::mapping::write::{Cells, Walk};

/// The loop on the way and the one inside, where they stand, and the nodes they start from.
#[derive(Clone, Copy)]
pub(super) struct OnTheWay<'a> {
    pub(super) child: &'a Child,
    pub(super) inner: &'a Child,
    pub(super) occurrence: OccurrenceId,
    pub(super) nodes: (NodeId, NodeId),
}

/// Entries of the new list that share an occurrence of the outer loop.
struct Run<'a> {
    /// The one that is there; none for one to be opened.
    outer: Option<OccurrenceId>,
    /// What they write there.
    cells: Vec<(usize, Cells<'a>)>,
    /// Each with the old entry that it was.
    entries: Vec<(Option<NodeId>, (usize, NodeId))>,
}

impl<'a> Change<'a> {
    pub(super) fn entries_on_the_way(
        &mut self,
        way: OnTheWay<'a>,
        before: &[NodeId],
        after: &[(usize, NodeId)],
        steps: &[Step],
    ) {
        let outers = self.outers(before);
        let runs = self.runs(way, before, after, steps);
        let tree = self.base.tree;
        let mut at = match outers.first().and_then(|outer| first_segment(tree, *outer)) {
            Some(index) => tree.segments[index as usize].start as usize,
            None => self.place_for(way.occurrence, way.child.item),
        };
        let mut kept: Vec<NodeId> = Vec::new();
        for (number, run) in runs.iter().enumerate() {
            let number = number as u32 + 1;
            match run.outer {
                None => {
                    let entries: Vec<(usize, NodeId)> = run.entries.iter().map(|(_, entry)| *entry).collect();
                    self.new.start_anew();
                    self.new.through(way.child, way.nodes.1, number, &entries);
                    self.insert_written(at, way.occurrence);
                }
                Some(outer) => {
                    let old_number = outers.iter().position(|known| *known == outer).map_or(1, |at| at as u32 + 1);
                    let old = before.iter().copied().find(|entry| self.outer_of(*entry) == Some(outer));
                    self.run(way, outer, run, old, (old_number, number));
                    kept.extend(run.entries.iter().filter_map(|(old, _)| *old));
                    at = last_segment(tree, outer).map_or(at, |index| self.end_of(index));
                }
            }
        }
        self.delete_entries(before, &kept);
    }

    /// The occurrences of the outer loop that have the entries, in order.
    fn outers(&self, entries: &[NodeId]) -> Vec<OccurrenceId> {
        let mut outers: Vec<OccurrenceId> = entries.iter().filter_map(|entry| self.outer_of(*entry)).collect();
        outers.dedup();
        outers
    }

    fn outer_of(&self, entry: NodeId) -> Option<OccurrenceId> {
        self.base.object.occurrence(entry).map(|at| self.base.tree.occurrences[at as usize].parent)
    }

    /// Which entries share an outer loop. One that cannot share its own any more is written anew in another, and so are those
    /// behind it, which keeps their order.
    fn runs(
        &mut self,
        way: OnTheWay<'a>,
        before: &[NodeId],
        after: &[(usize, NodeId)],
        steps: &[Step],
    ) -> Vec<Run<'a>> {
        let grouping = matches!(&way.inner.attach, Attach::Each(list) if list.group.is_some());
        let together = |change: &Self, one: (usize, NodeId), other: (usize, NodeId)| {
            change.new.grouped(&way.inner.attach, vec![one, other]).len() == 1
        };
        let mut runs: Vec<Run<'a>> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let (old, new) = match step {
                Step::Old(_) => continue,
                Step::Both(one, other) => (Some(before[*one]), after[*other]),
                Step::New(other) => (None, after[*other]),
            };
            let cells = self.outer_cells(way, new);
            let next = steps[number + 1..].iter().find_map(|step| match step {
                Step::Both(one, other) => Some((self.outer_of(before[*one])?, after[*other])),
                _ => None,
            });
            let last = runs.last();
            let outer = match old {
                Some(old) => self.outer_of(old),
                // Between two that share an outer loop there is only that loop.
                None if next.is_some_and(|(outer, _)| last.is_some_and(|run| run.outer == Some(outer))) => {
                    next.map(|(outer, _)| outer)
                }
                None => match (last, next) {
                    (Some(run), _) if run.entries.last().is_some_and(|(_, entry)| together(self, *entry, new)) => {
                        run.outer
                    }
                    (_, Some((outer, entry))) if grouping && together(self, new, entry) => Some(outer),
                    _ => None,
                },
            };
            let shares = |run: &Run| run.outer == outer && run.cells == cells;
            let left = outer.is_some() && runs.iter().any(|run| run.outer == outer) && !runs.last().is_some_and(shares);
            let (outer, old) = match old.filter(|_| left) {
                Some(old) => {
                    self.written_anew(old);
                    (None, None)
                }
                None => (outer.filter(|_| !left), old),
            };
            let joins = |run: &&mut Run| {
                let together = || run.entries.last().is_some_and(|(_, entry)| together(self, *entry, new));
                run.outer == outer && run.cells == cells && (outer.is_some() || together())
            };
            match runs.last_mut().filter(joins) {
                Some(run) => run.entries.push((old, new)),
                None => runs.push(Run { outer, cells, entries: vec![(old, new)] }),
            }
        }
        runs
    }

    /// What an entry writes in the outer loop.
    fn outer_cells(&self, way: OnTheWay<'a>, (_, entry): (usize, NodeId)) -> Vec<(usize, Cells<'a>)> {
        let (mut tree, mut told) = (Tree::default(), Diagnostics::with_limit(0));
        let (plan, object, context) = (self.plan, self.new.object, self.context);
        let mut walk = Walk::new(plan, object, context, &mut tree, &mut told);
        let filled = walk.fill(way.inner.scope, entry);
        let rows = &plan.scopes[way.inner.scope].rows;
        let one = filled.one.into_iter().enumerate().filter(|(_, cells)| !cells.is_empty());
        let many = filled.many.into_iter().map(|(row, cells, _)| (row, cells));
        one.chain(many).filter(|(row, _)| rows[*row].up > 0).collect()
    }

    /// An outer loop that stays: what changes in it, and in and between the entries that it has.
    fn run(&mut self, way: OnTheWay<'a>, outer: OccurrenceId, run: &Run<'a>, old: Option<NodeId>, numbers: (u32, u32)) {
        let tree = self.base.tree;
        if let Some((old, (_, (_, new)))) = old.zip(run.entries.first()) {
            self.scope(way.child.scope, outer, way.nodes, numbers, Inside::Entry(way.inner, old, *new));
        }
        let first = run.entries.iter().find_map(|(old, _)| self.base.object.occurrence((*old)?));
        let start =
            first.and_then(|at| first_segment(tree, at)).map(|index| tree.segments[index as usize].start as usize);
        let mut at = start.unwrap_or_else(|| self.place_for(outer, way.inner.item));
        let mut speaks = true;
        for (count, (old, (position, new))) in run.entries.iter().enumerate() {
            match old.and_then(|old| Some((old, self.base.object.occurrence(old)?))) {
                Some((old, occurrence)) => {
                    // Rows of the outer loop that it does not have itself are changed with the first entry.
                    let inside = if std::mem::take(&mut speaks) { Inside::Speaking } else { Inside::Nothing };
                    self.scope(way.inner.scope, occurrence, (old, *new), (1, 1), inside);
                    at = last_segment(tree, occurrence).map_or(at, |index| self.end_of(index));
                }
                None => {
                    self.new.start_anew();
                    self.new.occurrence(way.inner, *new, *position, count as u32 + 1);
                    self.insert_written(at, outer);
                }
            }
        }
    }

    /// Takes away the entries that are not kept, and the outer loops that had nothing else.
    fn delete_entries(&mut self, before: &[NodeId], kept: &[NodeId]) {
        let tree = self.base.tree;
        for outer in self.outers(before) {
            let here: Vec<NodeId> =
                before.iter().copied().filter(|entry| self.outer_of(*entry) == Some(outer)).collect();
            let gone: Vec<NodeId> = here.iter().copied().filter(|entry| !kept.contains(entry)).collect();
            if gone.len() == tree.children_of(outer).count() {
                let at = |entry: &NodeId| self.base.object.occurrence(*entry).and_then(|at| first_segment(tree, at));
                if gone.iter().filter_map(at).any(|index| self.beside.anew.contains(&index)) {
                    self.beside.anew.extend(tree.segments_in(outer));
                }
                self.delete_occurrence(outer);
                continue;
            }
            for at in gone.into_iter().filter_map(|entry| self.base.object.occurrence(entry)) {
                self.delete_occurrence(at);
            }
        }
    }
}
