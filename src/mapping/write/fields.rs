//! The fields of the node that is being written, found by their index: its lines ask for them one after the other.

use crate::canonical::{Entry, FieldId, NodeId, Object};
use crate::mapping::plan::bit_of;

/// Fields whose entries are found at once, by their index; a node has hardly ever as many.
const AT_ONCE: usize = 128;

/// The fields of the node that was asked last.
#[derive(Debug)]
pub(super) struct FieldsOf<'a> {
    node: Option<NodeId>,
    /// As [`bit_of`] has them.
    bits: u128,
    /// The first entry of each field, by its bit.
    first: [Option<&'a Entry>; AT_ONCE],
}

impl<'a> FieldsOf<'a> {
    pub(super) fn none() -> Self {
        Self { node: None, bits: 0, first: [None; AT_ONCE] }
    }

    /// The bits of the fields that `node` has.
    #[inline]
    pub(super) fn of(&mut self, object: &'a Object, node: NodeId) -> u128 {
        if self.node != Some(node) {
            self.look(object, node);
        }
        self.bits
    }

    fn look(&mut self, object: &'a Object, node: NodeId) {
        for before in self.node.into_iter().flat_map(|before| object.entries(before)) {
            self.first[at(before.field)] = None;
        }
        (self.node, self.bits) = (Some(node), 0);
        for entry in object.entries(node) {
            let first = &mut self.first[at(entry.field)];
            if first.is_none() {
                *first = Some(entry);
                self.bits |= bit_of(entry.field);
            }
        }
    }

    /// The first entry of a field of the node.
    #[inline]
    pub(super) fn first(&self, object: &'a Object, field: FieldId) -> Option<&'a Entry> {
        let first = self.first[at(field)]?;
        // Only those at the end of a large node share a bit.
        if first.field == field { Some(first) } else { object.get(self.node?, field) }
    }
}

/// Where the first entry of a field is kept.
#[inline]
fn at(field: FieldId) -> usize {
    usize::from(field.0).min(AT_ONCE - 1)
}
