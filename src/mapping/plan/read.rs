//! How reading runs the lines of a row: most values stand plainly in one element, and what becomes of them is worked out
//! here, once for a plan.

use crate::canonical::{FieldId, NodeShapeId};
use crate::mapping::select;

use super::line::{Form, Lens, Line, Unit, Way};
use super::{Derived, DerivedValue, LineId, LinePlace, Scope, Takes};
use crate::mapping::rules::Asked;

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
    /// So it is, where no other line has filled the field.
    FreeText(FieldId),
    /// The element's text is a date, with a time in the elements at these positions, 1-based, if that is there; 0 for none.
    Date { field: FieldId, time: [u16; 2] },
    /// The element's text is a number.
    Number(FieldId),
    /// The element's text is a code of this table.
    Word { table: u16, field: FieldId },
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
    /// Position of the element that begins with the unit, and the code table of its words.
    pub(in crate::mapping) place: Option<(u16, Option<u16>)>,
    /// Only the first part of that element is the unit.
    pub(in crate::mapping) part: bool,
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
        let Some(first) = self.places.first().filter(|first| first.is_whole() && self.guards.is_empty()) else {
            return How::Line;
        };
        let (field, options) = (self.field, &self.options);
        let as_it_stands =
            self.key.is_none() && !options.omit_zero && options.absent.is_empty() && options.manner.is_none();
        let plain = as_it_stands && !self.contested;
        match (&self.form, &self.lens) {
            (Form::Joined, Lens::DateOrInstant) if plain => return self.dated(first).unwrap_or(How::Line),
            (Form::At | Form::Quantity, _) if plain => {}
            (Form::At, Lens::Text) if as_it_stands => return How::FreeText(field),
            (Form::At | Form::Quantity, _) => return How::Whole,
            _ => return How::Line,
        }
        match &self.lens {
            Lens::Text => How::Text(field),
            Lens::Date | Lens::DateOrInstant => How::Date { field, time: [0; 2] },
            Lens::Number { implied: 0 } => How::Number(field),
            Lens::Words { table, .. } => How::Word { table: *table as u16, field },
            Lens::Quantity { implied: 0, unit, value, unit_field, shape } if options.units.is_none() => {
                let (place, part) = match (unit, self.places.as_slice()) {
                    (Unit::None, _) => (None, false),
                    (Unit::Place { table, .. }, [_, place]) if place.is_first() && place.row == first.row => {
                        (Some((place.element, table.map(|table| table as u16))), !place.is_whole())
                    }
                    _ => return How::Whole,
                };
                How::Quantity(PlainQuantity { field, shape: *shape, value: *value, unit: *unit_field, place, part })
            }
            _ => How::Whole,
        }
    }

    /// A date whose time and time code, if it has them, are elements of the same segment.
    fn dated(&self, date: &LinePlace) -> Option<How> {
        let mut time = [0; 2];
        for (position, place) in time.iter_mut().zip(&self.places[1..]) {
            *position = Some(place.element)
                .filter(|after| place.is_whole() && place.row == date.row && *after > date.element)?;
        }
        Some(How::Date { field: self.field, time })
    }
}

/// A derived number that two quantities of its own segment add up to, read plainly and in one unit: so its text can be
/// checked against theirs.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) struct PlainSum {
    /// Positions of the elements that have the numbers, 1-based.
    pub(in crate::mapping) of: [u16; 2],
    /// Is the second taken away from the first?
    pub(in crate::mapping) subtracts: bool,
}

impl PlainSum {
    /// That of a derived value of `scope`, where it is one.
    pub(in crate::mapping) fn new(derived: &Derived, scope: &Scope, scopes: &[Scope], lines: &[Line]) -> Option<Self> {
        let DerivedValue::Expression(expression) = &derived.value else { return None };
        let (names, subtracts) = expression.of_two_names()?;
        let row = &scope.rows[derived.place.row];
        let alone = row.takes == Takes::One && scope.rows.iter().filter(|other| other.item == row.item).count() == 1;
        let plain = derived.manner.is_none() && derived.quantity.is_none() && derived.implied == 0;
        if !alone || !plain || row.nth != 1 || !derived.place.is_whole() {
            return None;
        }
        // Nothing else may fill the quantity.
        let sole = |line: &Line| {
            let inside = |path: &str| {
                path.strip_prefix(&*line.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            lines.iter().filter(|other| inside(&other.path)).count() == 1
                && !scopes.iter().any(|scope| inside(&scope.path))
        };
        let quantity = |asked: &Asked| {
            row.reads.iter().find_map(|read| match read.how {
                How::Quantity(quantity)
                    if !asked.of_object
                        && !read.inward
                        && asked.field.fields == [quantity.field, quantity.value]
                        && sole(&lines[usize::from(read.line)]) =>
                {
                    Some((read.element, quantity.place.map(|(position, _)| position)))
                }
                _ => None,
            })
        };
        let ((left, one), (right, other)) = (quantity(names[0])?, quantity(names[1])?);
        (one == other).then_some(Self { of: [left, right], subtracts })
    }
}
