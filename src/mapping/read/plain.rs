//! Takes values that stand plainly in one element, which nearly all do.

use rust_decimal::Decimal;

use crate::canonical::{NodeId, Origin, Value, number};
use crate::mapping::plan::{How, PlainQuantity, Read};
use crate::mapping::{derive, lens};
use crate::tree::{Segment, Tree};

use super::{Found, Rows, Walk};

impl<'a> Walk<'a> {
    /// Takes what was found at the place of a line; false, and nothing taken, where it is not as plain as it looks.
    #[inline]
    pub(super) fn plainly(
        &mut self,
        read: &Read,
        segment: &Segment,
        (rows, start): (Rows, NodeId),
        found: Found<'a>,
    ) -> bool {
        let (bytes, element) = found;
        let origin = Origin { element, line: read.line };
        match &read.how {
            &How::Text(field) => {
                let (node, text) = (self.node(read, start), self.decode(bytes));
                self.object.push_text(node, field, &text, origin);
            }
            &How::FreeText(field) => {
                let node = self.node(read, start);
                if self.object.get(node, field).is_some() {
                    return false;
                }
                let text = self.decode(bytes);
                self.object.push_text(node, field, &text, origin);
            }
            &How::Date { field, time } => {
                let has_time = time.iter().any(|position| self.element(segment, *position).is_some());
                let Some(date) = lens::date_in(bytes).ok().filter(|_| !has_time) else { return false };
                let node = self.node(read, start);
                self.object.push_text(node, field, &date, origin);
            }
            &How::Number(field) => {
                let Some(number) = number_of(bytes) else { return false };
                let node = self.node(read, start);
                self.object.push(node, field, Value::Decimal(number), origin);
            }
            &How::Word { table, field } => {
                let Some(word) = self.plan.tables[usize::from(table)].word(&self.decode(bytes)) else { return false };
                let node = self.node(read, start);
                self.object.push_text(node, field, word, origin);
            }
            How::Quantity(quantity) => return self.plain_quantity(read, quantity, segment, start, found),
            How::Whole => {
                let plan = self.plan;
                self.value(read.line, &plan.lines[usize::from(read.line)], rows, start, Some(found));
            }
            How::Line => return false,
        }
        self.reading.coverage.insert(element);
        true
    }

    /// A number with its unit beside it, or without one.
    fn plain_quantity(
        &mut self,
        read: &Read,
        quantity: &PlainQuantity,
        segment: &Segment,
        start: NodeId,
        (bytes, element): Found<'a>,
    ) -> bool {
        let Some(number) = number_of(bytes) else { return false };
        let origin = Origin { element, line: read.line };
        let unit = match quantity.place {
            None => None,
            Some((position, table)) => {
                let Some((bytes, element)) = self.element(segment, position) else { return false };
                if quantity.part && self.has_parts(bytes) {
                    return false;
                }
                let text = self.decode(bytes);
                match table.map(|table| self.plan.tables[usize::from(table)].word(&text)) {
                    None => Some((text, element)),
                    Some(Some(word)) => Some((word.into(), element)),
                    Some(None) => return false,
                }
            }
        };
        let node = self.node(read, start);
        let made = self.object.add(node, quantity.field, quantity.shape, origin);
        self.object.push(made, quantity.value, Value::Decimal(number), origin);
        self.reading.coverage.insert(element);
        if let Some((unit, element)) = unit {
            self.object.push_text(made, quantity.unit, &unit, Origin { element, ..origin });
            self.reading.coverage.insert(element);
        }
        true
    }

    /// The text of a whole element of a segment; `None` when nothing stands there.
    #[inline]
    pub(super) fn element(&self, segment: &Segment, position: u16) -> Option<Found<'a>> {
        let tree: &'a Tree = self.tree;
        let id = tree.element(segment, position)?;
        let trimmed = tree.bytes(tree.elements[id as usize], self.bytes).trim_ascii_end();
        (!trimmed.is_empty()).then_some((trimmed, id))
    }

    /// Does a separator of components or repetitions stand in the text of an element?
    fn has_parts(&self, bytes: &[u8]) -> bool {
        let separators = self.tree.separators;
        let separates = |byte: &u8| separators.component == Some(*byte) || separators.repetition == Some(*byte);
        bytes.iter().any(separates)
    }

    /// The node of a line's field.
    #[inline]
    fn node(&mut self, read: &Read, start: NodeId) -> NodeId {
        match read.inward {
            false => start,
            true => {
                let plan = self.plan;
                self.descend(start, &plan.lines[usize::from(read.line)].steps)
            }
        }
    }
}

/// A number; most are whole and have few digits.
#[inline]
fn number_of(bytes: &[u8]) -> Option<Decimal> {
    derive::whole(bytes).map(Decimal::from).or_else(|| number::parse(bytes))
}
