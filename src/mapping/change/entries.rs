//! The entries of a list that loops fill, old and new, and which of them stay; of several tables, in one order.

use super::Change;
use super::align::{Step, align, same, same_field};
use crate::canonical::NodeId;
use crate::mapping::plan::{Attach, Child, ListField};

/// An entry of a list, and the table whose loop it is.
#[derive(Clone, Copy)]
pub(super) struct ListEntry<'a> {
    pub(super) child: &'a Child,
    pub(super) node: NodeId,
    pub(super) position: usize,
}

impl<'a> Change<'a> {
    /// The entries that these tables gave, in the order of their list.
    pub(super) fn old_entries(&self, family: &[&'a Child], old: NodeId) -> Vec<ListEntry<'a>> {
        let mut all = Vec::new();
        for child in family {
            let entries = match &child.attach {
                Attach::Each(list) => self.old.entries(old, list),
                Attach::One(steps) => self.old.descend(old, steps).map(|node| (1, node)).into_iter().collect(),
                Attach::Through => Vec::new(),
            };
            // Those that this very loop gave: a list can be filled by several.
            let from_here = |node: NodeId| {
                let occurrence = self.base.object.occurrence(node).filter(|occurrence| *occurrence > 0);
                occurrence.is_some_and(|occurrence| self.base.tree.occurrences[occurrence as usize].item == child.item)
            };
            let entries = entries.into_iter().filter(|(_, node)| from_here(*node));
            all.extend(entries.map(|(position, node)| ListEntry { child, node, position }));
        }
        all.sort_by_key(|entry| entry.position);
        all
    }

    /// The entries that these tables write, in the order of their list.
    pub(super) fn new_entries(&mut self, family: &[&'a Child], new: NodeId) -> Vec<ListEntry<'a>> {
        let mut all = Vec::new();
        for child in family {
            let entries = self.new.attached(child, new).into_iter();
            all.extend(entries.map(|(position, node)| ListEntry { child, node, position }));
        }
        all.sort_by_key(|entry| entry.position);
        all
    }

    /// What becomes of each entry; one stays only in its own table.
    pub(super) fn steps(&self, before: &[ListEntry<'a>], after: &[ListEntry<'a>]) -> Vec<Step> {
        let one_table = |one: usize, other: usize| std::ptr::eq(before[one].child, after[other].child);
        let (one_object, other_object) = (self.base.object, self.new.object);
        let steps = align(before.len(), after.len(), |one, other| {
            let (old, new) = (before[one].node, after[other].node);
            one_table(one, other)
                && match &before[one].child.attach {
                    Attach::One(_) => true,
                    Attach::Each(ListField { key: Some(key), .. }) => {
                        same_field(one_object, old, other_object, new, *key)
                    }
                    _ => same(one_object, old, other_object, new),
                }
        });
        let apart = |step: Step| match step {
            Step::Both(one, other) if !one_table(one, other) => vec![Step::Old(one), Step::New(other)],
            step => vec![step],
        };
        steps.into_iter().flat_map(apart).collect()
    }
}
