//! Most lines: one value, to one element, in the standard's own form.
//!
//! They go the short way through here. Whatever is unusual about one (a value that does not fit, an element that has a
//! text already, a unit that is missing) is left to the general way of [`mod@super::lines`], which knows what to say of it.

use super::cells::{Cells, cell};
use super::{Walk, descend};
use crate::canonical::{Entry, NodeId, Value};
use crate::mapping::element_text::ElementText;
use crate::mapping::lens;
use crate::mapping::plan::{Form, Lens, Line, LineId, LinePlace};

/// Length of `YYYY-MM-DD`.
const DATE: usize = 10;

impl<'a> Walk<'_, 'a> {
    /// Writes the value of a line that [`Line::writes_plainly`], of the node whose fields were asked last; false, and nothing
    /// done, where the general way has to look at it.
    pub(super) fn plainly(&mut self, id: LineId, line: &'a Line, cells: &mut [Cells<'a>]) -> bool {
        let object = self.object;
        let first = |field| self.fields.first(object, field);
        let inside = |entry: &Entry, steps: &[_]| match entry.value {
            Value::Node(inner) => descend(object, inner, steps),
            _ => None,
        };
        let (value, sibling) = match line.steps.as_slice() {
            [] => (first(line.field), line.sibling().and_then(first)),
            [(field, _), further @ ..] => {
                let Some(inner) = first(*field).and_then(|entry| inside(entry, further)) else { return false };
                let get = |field| object.get(inner, field);
                (get(line.field), line.sibling().and_then(get))
            }
        };
        let Some(value) = value.filter(|_| sibling.is_none()) else { return false };
        if let (Lens::Quantity { .. }, Value::Node(quantity)) = (&line.lens, value.value) {
            return self.quantity((id, line), quantity, cells);
        }
        let place = &line.places[0];
        let Some(text) = self.plain_text(line, value) else { return false };
        match &place.pair {
            _ if !self.is_free(place, &text, cells) => return false,
            Some(pair) => self.pair((id, line, place), &pair.slots, pair.qualifier.as_str().into(), text, cells),
            None => self.place(id, place, text, cells),
        }
        true
    }

    /// The text of a value that is in the standard's own form, and no quantity.
    pub(super) fn plain_text(&self, line: &Line, value: &Entry) -> Option<ElementText<'a>> {
        let (object, plan) = (self.object, self.plan);
        match (&line.lens, value.value) {
            (Lens::Text, Value::Text(span)) => Some(object.text(span).into()),
            (Lens::Words { table, .. }, Value::Text(span)) => {
                plan.tables[*table].code(object.text(span)).map(ElementText::from)
            }
            // With a time it is a moment, which stands in the partner's zone.
            (Lens::Date | Lens::DateOrInstant, Value::Text(span)) => {
                let day = Some(object.text(span)).filter(|text| text.len() == DATE);
                day.and_then(|day| match line.form {
                    Form::Joined => lens::day_out(day),
                    _ => lens::date_out(day, &line.places[0].definition).ok(),
                })
            }
            (Lens::Number { implied }, Value::Decimal(number)) => {
                lens::number_out(number, *implied, &line.places[0].definition).ok()
            }
            _ => None,
        }
    }

    /// The number of a quantity, and the text of its unit; empty, where there is none to write.
    pub(super) fn plain_quantity(&self, line: &'a Line, quantity: NodeId) -> Option<(ElementText<'static>, &'a str)> {
        let Lens::Quantity { implied, unit, value, unit_field, .. } = &line.lens else { return None };
        let object = self.object;
        let Value::Decimal(number) = object.get(quantity, *value)?.value else { return None };
        let said = match object.get(quantity, *unit_field).map(|entry| entry.value) {
            Some(Value::Text(span)) => object.text(span),
            _ => "",
        };
        let number = lens::number_out(number, *implied, &line.places[0].definition).ok()?;
        Some((number, self.unit(unit, said).ok()?))
    }

    /// A number and the unit that its line says, which may stand there already: two quantities can have one.
    fn quantity(&mut self, (id, line): (LineId, &'a Line), quantity: NodeId, cells: &mut [Cells<'a>]) -> bool {
        let Some((number, unit)) = self.plain_quantity(line, quantity) else { return false };
        let place = &line.places[0];
        if !self.is_free(place, &number, cells) {
            return false;
        }
        if let Some(of_unit) = line.unit_place() {
            match cells[of_unit.row].iter().find(|known| known.is_at(of_unit)) {
                Some(there) if !unit.is_empty() && &*there.text == unit => {}
                None if !self.unitless && self.is_free(of_unit, &unit.into(), cells) => {
                    self.place(id, of_unit, unit.into(), cells);
                }
                _ => return false,
            }
        }
        self.place(id, place, number, cells);
        true
    }

    /// Does a text fit its element, and is nothing there yet? Pairs find their own place.
    fn is_free(&self, place: &LinePlace, text: &ElementText<'a>, cells: &[Cells<'a>]) -> bool {
        let bytes = text.as_bytes();
        !bytes.is_empty()
            && self.plain.fit(bytes, &place.definition)
            && (place.alone || place.pair.is_some() || !cells[place.row].iter().any(|known| known.is_at(place)))
    }

    fn place(&mut self, id: LineId, place: &LinePlace, text: ElementText<'a>, cells: &mut [Cells<'a>]) {
        let row = &mut cells[place.row];
        if row.capacity() == 0 {
            *row = self.no_cells();
        }
        row.push(cell(place, text, Some(id)));
    }
}
