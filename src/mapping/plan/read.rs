//! How reading runs the lines of a row: most values stand plainly in one element, and what becomes of them is worked out
//! here, once for a plan.

use crate::canonical::{FieldId, NodeShapeId};
use crate::mapping::select;

use super::line::{Form, Lens, Line, Unit, Way};
use super::{LineId, LinePlace};

/// A line of a row, and what the segment must have at least for it to find something.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) struct Read {
    pub(in crate::mapping) line: LineId,
    /// The first element the line looks at, 1-based; 0 for a line that gives a value from nothing.
    pub(in crate::mapping) element: u16,
    /// Does its field belong to a node inside the one that the row's lines start from?
    pub(in crate::mapping) inward: bool,
    pub(in crate::mapping) how: How,
}

/// How the value of a line is taken.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) enum How {
    /// The element's text is the value, as it stands.
    Text(FieldId),
    /// The element's text is a date.
    Date(FieldId),
    /// The element's text is a number.
    Number(FieldId),
    /// The element's text is a code of this table.
    Word { table: usize, field: FieldId },
    /// The element's text is a number, and its unit stands beside it, if it has one.
    Quantity(PlainQuantity),
    /// The element is taken as it stands, and no other is looked for first; what becomes of it, the line says.
    Whole,
    /// As the line says.
    Line,
}

/// A quantity whose number and unit are elements of one segment.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) struct PlainQuantity {
    pub(in crate::mapping) field: FieldId,
    pub(in crate::mapping) shape: NodeShapeId,
    /// The number.
    pub(in crate::mapping) value: FieldId,
    /// The unit.
    pub(in crate::mapping) unit: FieldId,
    /// Position of the unit's element, and the code table of its words.
    pub(in crate::mapping) place: Option<(u16, Option<usize>)>,
}

impl Line {
    /// How reading runs it in its row; `None` for a line that only writes.
    pub(in crate::mapping) fn read(&self, line: LineId) -> Option<Read> {
        // A pair without a value says nothing.
        let value_of = |slots: &[u16]| slots.iter().min().map_or(0, |slot| slot + 1);
        let first = |place: &LinePlace| place.pair.as_ref().map_or(place.element, |pair| value_of(&pair.slots));
        let from_nothing = self.options.default.is_some();
        let element = match &self.form {
            _ if from_nothing => None,
            Form::PairRest { slots } | Form::PairList { slots, .. } => Some(value_of(slots)),
            // Its unit may stand before it, and be empty.
            Form::Quantity => Some(first(&self.places[0])),
            _ => self.places.iter().map(first).min(),
        };
        let how = || if from_nothing { How::Line } else { self.how() };
        let inward = !self.steps.is_empty();
        (self.way != Way::Out).then(|| Read { line, element: element.unwrap_or(0), inward, how: how() })
    }

    /// The rows of its places as marks, without any of which it finds nothing; 0 where it may give a value without them.
    pub(in crate::mapping) fn looks_into(&self) -> u64 {
        let mark = |place: &LinePlace| Some(select::mark(place.row)).filter(|mark| *mark != 0);
        let rows = || self.places.iter().try_fold(0, |rows, place| Some(rows | mark(place)?));
        if self.options.default.is_some() { 0 } else { rows().unwrap_or(0) }
    }

    fn how(&self) -> How {
        let first = match (&self.form, self.places.first()) {
            (Form::At | Form::Quantity, Some(first)) if first.is_whole() && self.guards.is_empty() => first,
            _ => return How::Line,
        };
        let options = &self.options;
        let plain = self.key.is_none() && !self.contested && !options.omit_zero;
        if !plain || !options.absent.is_empty() || options.manner.is_some() {
            return How::Whole;
        }
        let field = self.field;
        match &self.lens {
            Lens::Text => How::Text(field),
            Lens::Date | Lens::DateOrInstant => How::Date(field),
            Lens::Number { implied: 0 } => How::Number(field),
            Lens::Words { table, .. } => How::Word { table: *table, field },
            Lens::Quantity { implied: 0, unit, value, unit_field, shape } if options.units.is_none() => {
                let place = match (unit, self.places.as_slice()) {
                    (Unit::None, _) => None,
                    (Unit::Place { table, .. }, [_, place]) if place.is_whole() && place.row == first.row => {
                        Some((place.element, *table))
                    }
                    _ => return How::Whole,
                };
                How::Quantity(PlainQuantity { field, shape: *shape, value: *value, unit: *unit_field, place })
            }
            _ => How::Whole,
        }
    }
}
