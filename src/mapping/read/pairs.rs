//! Takes pairs of qualifier and value, and identifiers under their scheme.

use std::borrow::Cow;

use crate::canonical::{NodeId, Origin, Value};
use crate::tree::{ElementId, Segment, Tree};

use super::{Rows, Walk};
use crate::mapping::lens;
use crate::mapping::plan::{Form, Line, LineId};

/// A qualifier and the value beside it.
pub(super) struct Slot<'a> {
    qualifier: &'a [u8],
    qualifier_id: ElementId,
    pub(super) value: &'a [u8],
    pub(super) value_id: ElementId,
}

impl<'a> Walk<'a> {
    /// The pair whose qualifier stands at element `position`, unless another line took its value; with `shared` also then,
    /// for lines that take parts of it.
    #[inline]
    pub(super) fn slot(&self, segment: &Segment, position: u16, shared: bool) -> Option<Slot<'a>> {
        let tree: &'a Tree = self.tree;
        let value_id = tree.element(segment, position + 1)?;
        let qualifier_id = tree.element(segment, position)?;
        if self.reading.coverage.contains(value_id) && !shared {
            return None;
        }
        let text = |id: ElementId| tree.bytes(tree.elements[id as usize], self.bytes).trim_ascii_end();
        let (qualifier, value) = (text(qualifier_id), text(value_id));
        (!value.is_empty() && !qualifier.is_empty()).then_some(Slot { qualifier, qualifier_id, value, value_id })
    }

    pub(super) fn pair_rest(&mut self, id: LineId, line: &Line, slots: &[u16], rows: Rows, node: NodeId) {
        let tree: &'a Tree = self.tree;
        let Some(index) = self.segment(rows, line.places[0].row) else { return };
        let segment = &tree.segments[index as usize];
        for slot in slots_there(slots, segment) {
            // What other lines took is not free.
            let Some(Slot { qualifier, qualifier_id, value, value_id }) = self.slot(segment, *slot, false) else {
                continue;
            };
            self.reading.coverage.insert(qualifier_id);
            self.reading.coverage.insert(value_id);
            self.push_scheme(id, line, node, qualifier, value, value_id);
        }
    }

    pub(super) fn pair_list(&mut self, id: LineId, line: &Line, slots: &[u16], rows: Rows, node: NodeId) {
        let Form::PairList { shape, qualifier: qualifier_field, value: value_field, .. } = line.form else {
            return;
        };
        let tree: &'a Tree = self.tree;
        let Some(index) = self.segment(rows, line.places[0].row) else { return };
        let segment = &tree.segments[index as usize];
        for slot in slots_there(slots, segment) {
            let Some(Slot { qualifier, qualifier_id, value, value_id }) = self.slot(segment, *slot, false) else {
                continue;
            };
            self.reading.coverage.insert(qualifier_id);
            self.reading.coverage.insert(value_id);
            let node = self.descend(node, &line.steps);
            let entry = self.object.add(node, line.field, shape, Origin { element: value_id, line: id });
            let (qualifier, value) = (self.decode(qualifier), self.decode(value));
            self.object.push_text(entry, qualifier_field, &qualifier, Origin { element: qualifier_id, line: id });
            self.object.push_text(entry, value_field, &value, Origin { element: value_id, line: id });
        }
    }

    pub(super) fn scheme(&mut self, id: LineId, line: &Line, rows: Rows, node: NodeId) {
        let Some((value, element)) = self.text(rows, &line.places[0]) else {
            return;
        };
        self.reading.coverage.insert(element);
        let scheme = self.text(rows, &line.places[1]);
        if let Some((_, element)) = scheme {
            self.reading.coverage.insert(element);
        }
        self.push_scheme(id, line, node, scheme.map_or(b"".as_slice(), |(bytes, _)| bytes), value, element);
    }

    fn push_scheme(&mut self, id: LineId, line: &Line, node: NodeId, code: &[u8], value: &[u8], element: ElementId) {
        let code = self.decode(code);
        let table = line.options.schemes.map(|table| &self.plan.tables[table]);
        let key: Cow<'_, str> = match table.and_then(|table| table.word(&code)) {
            Some(word) => self.context.role_word(word).into(),
            None if code.is_empty() => lens::NO_SCHEME.into(),
            None => code.to_lowercase().into(),
        };
        let node = self.descend(node, &line.steps);
        let text = self.decode(value);
        let origin = Origin { element, line: id };
        let field = self.plan.canonical.node(self.object.shape(node)).field(&key);
        let known = match field {
            Some(field) => self.object.get(node, field),
            None => self.object.get_open(node, &key),
        };
        match (field, known.map(|known| known.value)) {
            (_, Some(known)) => {
                let path = format!("{}.{key}", line.path.trim_end_matches(".*"));
                self.two_values(line, &path, &text, known, origin);
            }
            (Some(field), None) => self.object.push_text(node, field, &text, origin),
            (None, None) => {
                let span = self.object.intern(&text);
                self.object.push_open(node, &key, Value::Text(span), origin);
            }
        }
    }
}

/// The slots without those at the end that the segment is too short for: most have fewer pairs than there are slots.
#[inline]
pub(super) fn slots_there<'s>(slots: &'s [u16], segment: &Segment) -> &'s [u16] {
    let mut there = slots;
    while let Some((last, before)) = there.split_last() {
        if *last < segment.element_count {
            break;
        }
        there = before;
    }
    there
}
