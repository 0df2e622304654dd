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
        let place = &line.places[0];
        let text = match (&line.lens, value.value) {
            (Lens::Text, Value::Text(span)) => Some(object.text(span).into()),
            (Lens::Words { table, .. }, Value::Text(span)) => {
                self.plan.tables[*table].code(object.text(span)).map(ElementText::from)
            }
            // With a time it is a moment, which stands in the partner's zone.
            (Lens::Date | Lens::DateOrInstant, Value::Text(span)) => {
                let day = Some(object.text(span)).filter(|text| text.len() == DATE);
                day.and_then(|day| match line.form {
                    Form::Joined => lens::day_out(day),
                    _ => lens::date_out(day, &place.definition).ok(),
                })
            }
            (Lens::Number { implied }, Value::Decimal(number)) => {
                lens::number_out(number, *implied, &place.definition).ok()
            }
            (Lens::Quantity { .. }, Value::Node(quantity)) => return self.quantity((id, line), quantity, cells),
            _ => None,
        };
        let Some(text) = text else { return false };
        match &place.pair {
            _ if !self.is_free(place, &text, cells) => return false,
            Some(pair) => self.pair((id, line, place), &pair.slots, pair.qualifier.as_str().into(), text, cells),
            None => self.place(id, place, text, cells),
        }
        true
    }

    /// A number and the unit that its line says, which may stand there already: two quantities can have one.
    fn quantity(&mut self, (id, line): (LineId, &'a Line), quantity: NodeId, cells: &mut [Cells<'a>]) -> bool {
        let Lens::Quantity { implied, unit, value, unit_field, .. } = &line.lens else { return false };
        let object = self.object;
        let (number, said) = (object.get(quantity, *value), object.get(quantity, *unit_field));
        let Some(Value::Decimal(number)) = number.map(|entry| entry.value) else { return false };
        let said = match said.map(|entry| entry.value) {
            Some(Value::Text(span)) => object.text(span),
            _ => "",
        };
        let Ok(unit) = self.unit(unit, said) else { return false };
        let place = &line.places[0];
        let Ok(number) = lens::number_out(number, *implied, &place.definition) else { return false };
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
