//! A line of a mapping: one canonical field, where it stands in the document, and how one becomes the other.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::canonical::{FieldId, NodeShapeId, number};
use crate::mapping::manner::Manner;
use crate::mapping::manner::dates::Pattern;
use crate::tree::{ElementType, ElementUse};

use super::{GuardId, LineId};

/// A line: one canonical field and its places.
#[derive(Debug)]
pub(in crate::mapping) struct Line {
    /// From the node of the scope (or of the row's list entry) to the field's node.
    pub(in crate::mapping) steps: Vec<(FieldId, NodeShapeId)>,
    pub(in crate::mapping) field: FieldId,
    /// The key, when the field is open.
    pub(in crate::mapping) key: Option<String>,
    /// Canonical path without indices, for messages.
    pub(in crate::mapping) path: String,
    pub(in crate::mapping) places: Vec<LinePlace>,
    pub(in crate::mapping) form: Form,
    pub(in crate::mapping) lens: Lens,
    pub(in crate::mapping) way: Way,
    /// What must hold in the object for the line to be used; asked of the node that the line starts from.
    pub(in crate::mapping) guards: Vec<GuardId>,
    /// `file:line`, for messages.
    pub(in crate::mapping) source: Arc<str>,
    pub(in crate::mapping) options: Arc<Options>,
    /// For a line that takes every key that no other one names: those other lines.
    pub(in crate::mapping) beside: Vec<LineId>,
    /// The fields, as [`bit_of`] has them, without which the line writes nothing: the node that it starts from has one of
    /// them or is passed over.
    pub(in crate::mapping) asks: u128,
    /// [`Line::is_simple`].
    pub(in crate::mapping) simple: bool,
    /// Another line may fill its field too, with the codes or pairs that it has no place of their own for.
    pub(in crate::mapping) contested: bool,
}

/// How a line's places make its value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::mapping) enum Form {
    /// The one place.
    At,
    /// The one place, in the loop by whose key objects of one document are told apart: the value is the object's own.
    Key,
    /// The first place that has a value; written to all of them or to the first.
    First { write_all: bool },
    /// Every place, of every row: a list.
    List,
    /// All places together: date, time, time code.
    Joined,
    /// The first that has a date of several such: how many places each has. Written to all of them or to the first.
    FirstJoined { parts: Vec<usize>, write_all: bool },
    /// The one place, whose text holds a list of values: [`Manner::between`] stands between them.
    Packed,
    /// The first place is the number; the unit is the second place, or fixed.
    Quantity,
    /// Every pair that no other line took, under the scheme of its qualifier.
    PairRest { slots: Vec<u16> },
    /// Every pair that no other line took, as a list of nodes: qualifier and value are their fields.
    PairList { slots: Vec<u16>, shape: NodeShapeId, qualifier: FieldId, value: FieldId },
    /// The first place is the value, the second its scheme: one entry of an open node.
    Scheme,
    /// No place: the kinds of level that the document has, outermost first.
    Levels,
    /// No place: a constant.
    Constant(String),
}

#[derive(Debug, Clone)]
pub(in crate::mapping) struct LinePlace {
    /// Row of the scope.
    pub(in crate::mapping) row: usize,
    /// 1-based.
    pub(in crate::mapping) element: u16,
    /// 1-based; 0 for the element as a whole.
    pub(in crate::mapping) component: u16,
    /// 1-based; 0 for the element as a whole.
    pub(in crate::mapping) repetition: u16,
    /// For a value beside its qualifier: then `element` is that of the first slot.
    pub(in crate::mapping) pair: Option<Box<PairPlace>>,
    /// Elements of the same segment that must have these values for the place to mean this value; written with it.
    pub(in crate::mapping) case: Vec<(u16, String)>,
    /// The element that holds the value.
    pub(in crate::mapping) definition: Arc<ElementUse>,
}

/// A value beside its qualifier, in one of several pairs of a segment.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::mapping) struct PairPlace {
    /// Element positions of the qualifiers.
    pub(in crate::mapping) slots: Vec<u16>,
    pub(in crate::mapping) qualifier: String,
    /// Several lines take parts of it.
    pub(in crate::mapping) shared: bool,
}

/// How the text of a place becomes a canonical value, and back.
#[derive(Debug, Clone)]
pub(in crate::mapping) enum Lens {
    Text,
    Number {
        implied: u8,
    },
    Date,
    Time,
    DateOrInstant,
    /// A word by a code table; a code without a word goes to the sibling field, where there is one.
    Words {
        table: usize,
        sibling: Option<FieldId>,
    },
    Quantity {
        implied: u8,
        unit: Unit,
        value: FieldId,
        unit_field: FieldId,
        shape: NodeShapeId,
    },
}

#[derive(Debug, Clone)]
pub(in crate::mapping) enum Unit {
    /// The line's second place, by a code table where one is named; what is meant where the document says none.
    Place { table: Option<usize>, default: Option<String> },
    /// Always this one.
    Fixed(String),
    /// The document has no unit.
    None,
}

#[derive(Debug, Clone, Default)]
pub(in crate::mapping) struct Options {
    /// Texts that mean "nothing".
    pub(in crate::mapping) absent: Vec<String>,
    /// The value when the document has none.
    pub(in crate::mapping) default: Option<String>,
    /// Zero means "nothing".
    pub(in crate::mapping) omit_zero: bool,
    /// Zone of instants; the partner's when none is given.
    pub(in crate::mapping) zone: Option<TimeZone>,
    /// Code table of schemes (pairs, identifiers).
    pub(in crate::mapping) schemes: Option<usize>,
    /// How the value is written, where it is not plainly.
    pub(in crate::mapping) manner: Option<Box<Manner>>,
    /// Table of units that stand in a ratio to the object's.
    pub(in crate::mapping) units: Option<usize>,
    /// The guard that asks which item it is, where that table has units of items. It always holds.
    pub(in crate::mapping) item: Option<GuardId>,
}

/// Which ways a line works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mapping) enum Way {
    Both,
    In,
    Out,
}

/// A field as a bit among those of its node; all keys of an open node are one.
#[inline]
pub(in crate::mapping) fn bit_of(field: FieldId) -> u128 {
    1 << field.0.min(127)
}

impl Line {
    /// What [`Line::asks`] is of the line as it stands.
    pub(in crate::mapping) fn fields_asked(&self) -> u128 {
        match (self.steps.first(), &self.form, &self.lens) {
            _ if self.way == Way::In => 0,
            (Some((field, _)), ..) => bit_of(*field),
            // They take what the node has, whatever it is called.
            (None, Form::PairRest { .. } | Form::Scheme, _) => u128::MAX,
            (None, _, Lens::Words { sibling: Some(sibling), .. }) => bit_of(self.field) | bit_of(*sibling),
            (None, ..) => bit_of(self.field),
        }
    }

    /// [`Line::asks`] of the node of its scope: a key asks another one.
    pub(in crate::mapping) fn asks_of_scope(&self) -> u128 {
        if matches!(self.form, Form::Key) { u128::MAX } else { self.asks }
    }

    /// Is its value written in the standard's own form, with nothing asked before?
    pub(in crate::mapping) fn is_simple(&self) -> bool {
        let options = &*self.options;
        self.guards.is_empty()
            && options.manner.is_none()
            && options.absent.is_empty()
            && !options.omit_zero
            && options.units.is_none()
    }

    /// The field with the code of a word that has none in its table.
    pub(in crate::mapping) fn sibling(&self) -> Option<FieldId> {
        match self.lens {
            Lens::Words { sibling, .. } => sibling,
            _ => None,
        }
    }

    /// Which of its places, 0-based, puts something into an element of a row of its scope: a value, or a qualifier.
    pub(in crate::mapping) fn holds(&self, row: usize, position: u16) -> Option<usize> {
        let slots = match &self.form {
            Form::PairRest { slots } | Form::PairList { slots, .. } => Some(slots),
            _ => None,
        };
        self.places.iter().position(|place| {
            let slots = slots.or(place.pair.as_ref().map(|pair| &pair.slots));
            place.row == row
                && match slots {
                    Some(slots) => slots.iter().any(|slot| *slot == position || slot + 1 == position),
                    None => place.element == position || place.case.iter().any(|(element, _)| *element == position),
                }
        })
    }
}

impl Line {
    /// The places of the alternative `number` (0-based) of a line that takes the first of several; of another line all.
    pub(in crate::mapping) fn alternative(&self, number: usize) -> &[LinePlace] {
        match &self.form {
            Form::First { .. } => &self.places[number..number + 1],
            Form::FirstJoined { parts, .. } => {
                let start = parts[..number].iter().sum();
                &self.places[start..start + parts[number]]
            }
            _ => &self.places,
        }
    }

    /// The places of the alternative in which the place `at` (0-based) is one of several that say one value.
    pub(in crate::mapping) fn alternative_of(&self, at: usize) -> Range<usize> {
        let Form::FirstJoined { parts, .. } = &self.form else { return at..at + 1 };
        let mut start = 0;
        for part in parts {
            if at < start + part {
                return start..start + part;
            }
            start += part;
        }
        at..at + 1
    }

    /// The forms of the texts of the alternative `number` (0-based), if dates or times have forms of their own.
    pub(in crate::mapping) fn forms(&self, number: usize) -> &[Pattern] {
        let dates = self.options.manner.as_ref().map_or(&[][..], |manner| &manner.dates);
        let start = match &self.form {
            Form::First { .. } => number,
            Form::FirstJoined { parts, .. } => parts[..number].iter().sum(),
            _ => return dates,
        };
        dates.get(start..start + self.alternative(number).len()).unwrap_or_default()
    }

    /// Is its value written to each of its alternatives?
    pub(in crate::mapping) fn writes_all(&self) -> bool {
        matches!(self.form, Form::First { write_all: true } | Form::FirstJoined { write_all: true, .. })
    }

    /// How many alternatives it has.
    pub(in crate::mapping) fn alternatives(&self) -> usize {
        match &self.form {
            Form::First { .. } => self.places.len(),
            Form::FirstJoined { parts, .. } => parts.len(),
            _ => 1,
        }
    }
}

impl Line {
    /// Where the unit of its quantity stands.
    pub(in crate::mapping) fn unit_place(&self) -> Option<&LinePlace> {
        self.places.get(1).filter(|_| matches!(self.lens, Lens::Quantity { unit: Unit::Place { .. }, .. }))
    }

    /// The text of the value in the text of its place; `None` where it says nothing.
    pub(in crate::mapping) fn heard<'t>(&self, text: Cow<'t, str>) -> Option<Cow<'t, str>> {
        match self.options.manner.as_deref() {
            Some(manner) => manner.heard(text, |text| self.means_nothing(text)),
            None => Some(text).filter(|text| !text.is_empty() && !self.means_nothing(text)),
        }
    }

    /// Does a text mean "nothing" there? Of numbers the digits do not count: `00` is `0`.
    pub(in crate::mapping) fn means_nothing(&self, text: &str) -> bool {
        let number = |text: &str| match self.options.manner.as_deref().and_then(|manner| manner.number.as_ref()) {
            Some(form) => form.read(text),
            None => number::parse_r(text.as_bytes()),
        };
        let is_number = matches!(self.lens, Lens::Number { .. } | Lens::Quantity { .. });
        let same = |absent: &String| {
            absent == text || (is_number && number(absent).is_some_and(|absent| number(text) == Some(absent)))
        };
        self.options.absent.iter().any(same)
    }
}

impl LinePlace {
    /// Are both the same part of the same element?
    pub(in crate::mapping) fn is_at(&self, other: &LinePlace) -> bool {
        let at = |place: &LinePlace| (place.row, place.element, place.component, place.repetition);
        at(self) == at(other)
    }

    /// Is it the element as a whole, whatever else the segment says?
    #[inline]
    pub(in crate::mapping) fn is_whole(&self) -> bool {
        self.component == 0 && self.repetition == 0 && self.pair.is_none() && self.case.is_empty()
    }

    /// Is it the element as a whole where that has one part only, whatever else the segment says?
    pub(in crate::mapping) fn is_first(&self) -> bool {
        self.component <= 1 && self.repetition <= 1 && self.pair.is_none() && self.case.is_empty()
    }

    /// Decimals implied by the element's type.
    pub(in crate::mapping) fn implied(&self) -> u8 {
        match self.definition.kind {
            ElementType::Implied(decimals) => decimals,
            _ => 0,
        }
    }
}
