//! Takes values that stand plainly in one element, which nearly all do.

use crate::canonical::{NodeId, Origin, Value, number};
use crate::mapping::lens;
use crate::mapping::plan::{How, PlainQuantity, Read};
use crate::tree::SegmentIndex;

use super::{Found, Walk};

impl<'a> Walk<'a> {
    /// Takes what was found at the place of a line; false, and nothing taken, where it is not as plain as it looks.
    #[inline]
    pub(super) fn plainly(&mut self, read: &Read, index: SegmentIndex, start: NodeId, found: Found<'a>) -> bool {
        let (bytes, element) = found;
        let origin = Origin { element, line: read.line };
        match read.how {
            How::Text(field) => {
                let (node, text) = (self.node(read, start), self.decode(bytes));
                self.object.push_text(node, field, &text, origin);
            }
            How::Date(field) => {
                let Ok(date) = lens::date_in(bytes) else { return false };
                let node = self.node(read, start);
                self.object.push_text(node, field, &date, origin);
            }
            How::Number(field) => {
                let Some(number) = number::parse(bytes) else { return false };
                let node = self.node(read, start);
                self.object.push(node, field, Value::Decimal(number), origin);
            }
            How::Word { table, field } => {
                let Some(word) = self.plan.tables[table].word(&self.decode(bytes)) else { return false };
                let node = self.node(read, start);
                self.object.push_text(node, field, word, origin);
            }
            How::Quantity(quantity) => return self.plain_quantity(read, &quantity, index, start, found),
            How::Whole | How::Line => return false,
        }
        self.reading.coverage.insert(element);
        true
    }

    /// A number with its unit beside it, or without one.
    fn plain_quantity(
        &mut self,
        read: &Read,
        quantity: &PlainQuantity,
        index: SegmentIndex,
        start: NodeId,
        (bytes, element): Found<'a>,
    ) -> bool {
        let Some(number) = number::parse(bytes) else { return false };
        let origin = Origin { element, line: read.line };
        let unit = match quantity.place {
            None => None,
            Some((position, table)) => {
                let Some((bytes, element)) = self.whole(index, position) else { return false };
                let text = self.decode(bytes);
                match table.map(|table| self.plan.tables[table].word(&text)) {
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
