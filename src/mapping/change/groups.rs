//! Entries in groups of elements that repeat inside segments: changed where they stand, as long as none comes or goes.

use std::collections::BTreeMap;

use crate::canonical::{NodeId, Object, Value};
use crate::tree::SegmentIndex;

use super::Change;
use super::row::layout;
use crate::mapping::plan::{Part, ScopeId};
use crate::mapping::write::{Filled, GroupCells};

impl<'a> Change<'a> {
    /// Edits the segments that hold the entries; false when they cannot hold the new ones.
    pub(super) fn groups(&mut self, id: ScopeId, row: usize, before: &Filled<'a>, after: &Filled<'a>) -> bool {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        let parts: Vec<&Part> = scope.parts.iter().filter(|part| part.row == Some(row)).collect();
        let of_row = |filled: &Filled<'a>| -> Vec<(NodeId, GroupCells<'a>)> {
            let own = filled.grouped.iter().filter(|(known, ..)| *known == row);
            own.map(|(_, entry, cells)| (*entry, cells.clone())).collect()
        };
        let (olds, news) = (of_row(before), of_row(after));
        if olds.len() != news.len() {
            return false;
        }
        let mut segments: BTreeMap<SegmentIndex, (GroupCells<'_>, GroupCells<'_>)> = BTreeMap::new();
        for ((entry, before), (_, after)) in olds.into_iter().zip(news) {
            let Some((index, part)) = self.base.object.occurrence(entry).zip(self.part_of(&parts, entry)) else {
                return false;
            };
            let (old, new) = segments.entry(index).or_insert_with(|| {
                let shared =
                    |cells: &GroupCells<'a>| GroupCells { shared: cells.shared.clone(), ..GroupCells::default() };
                (shared(&before), shared(&after))
            });
            if new.shared != after.shared {
                return false;
            }
            old.own.extend(before.moved(part.offset));
            new.own.extend(after.moved(part.offset));
        }
        for (index, (before, after)) in segments {
            let row = &scope.rows[row];
            self.edit_row(index, &layout(plan, row, &before.all()), &layout(plan, row, &after.all()));
        }
        true
    }

    /// The group that an entry was read from.
    fn part_of<'p>(&self, parts: &[&'p Part], entry: NodeId) -> Option<&'p Part> {
        let mut lines = Vec::new();
        collect(self.base.object, entry, &mut lines);
        parts.iter().copied().find(|part| lines.iter().any(|line| part.own.contains(line)))
    }
}

/// The mapping lines that the values of a node came from.
fn collect(object: &Object, node: NodeId, lines: &mut Vec<u16>) {
    for entry in object.entries(node) {
        lines.push(entry.origin.line);
        if let Value::Node(inner) = entry.value {
            collect(object, inner, lines);
        }
    }
}
