//! What a `when` of a profile may name: elements of the envelope and of the heading of the transaction set, written as
//! guides print them (`W0601`, `GS08`, `N104[N101=WH]`).

use std::borrow::Cow;

use crate::expression::{Names, Type, Value, Values};
use crate::tree::{Area, ElementType, Grammar, ItemId, Tag, Tree};
use crate::x12::envelope::{Group, Interchange};
use crate::x12::reader::SetHeader;

use super::document::DocumentName;

/// An element of the envelope or the heading; of several such segments the first is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPlace {
    segment: Tag,
    /// 1-based.
    element: u16,
    /// Only in a segment whose element at this 1-based position is this text.
    where_element: Option<(u16, String)>,
    number: Option<Number>,
}

/// How the text of a numeric element is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    /// With so many implied decimals.
    Implied(u8),
    /// With an explicit decimal point.
    Decimal,
}

/// The places there are in the header of one document.
#[derive(Debug)]
pub struct HeaderPlaces {
    grammars: Vec<&'static Grammar>,
}

const ISA_ELEMENTS: u16 = 16;
const GS_ELEMENTS: u16 = 8;

impl HeaderPlaces {
    /// The places of this document, in all releases it can have.
    #[must_use]
    pub fn of(document: &DocumentName) -> Self {
        Self { grammars: document.grammars().collect() }
    }

    /// The data type of an element of the heading or the envelope; `None` where there is no such element.
    fn element_type(&self, segment: Tag, element: u16) -> Option<ElementType> {
        let index = usize::from(element.checked_sub(1)?);
        let envelope = [(Tag::new(b"ISA"), ISA_ELEMENTS), (Tag::new(b"GS"), GS_ELEMENTS)];
        if let Some((_, count)) = envelope.iter().find(|(tag, _)| *tag == segment) {
            return (element <= *count).then_some(ElementType::Text);
        }
        let found = self.grammars.iter().flat_map(|grammar| heading(grammar));
        let mut found = found.filter(|definition| definition.tag == segment);
        found.find_map(|definition| Some(definition.elements.get(index)?.kind))
    }
}

fn heading(grammar: &Grammar) -> impl Iterator<Item = &crate::tree::SegmentDefinition> {
    let items = grammar.items.iter().zip(0..).skip(1);
    let heading = items.filter(|(item, _)| item.area == Area::Heading);
    heading.filter_map(|(_, id)| grammar.definition(ItemId(id)).map(|definition| &**definition))
}

impl Names for HeaderPlaces {
    type Name = HeaderPlace;

    fn resolve(&self, path: &str) -> Option<(HeaderPlace, Type)> {
        let (path, condition) = match path.strip_suffix(']').and_then(|path| path.split_once('[')) {
            Some((path, condition)) => (path, Some(condition)),
            None => (path, None),
        };
        let (segment, element) = designator(path)?;
        let number = match self.element_type(segment, element)? {
            ElementType::Implied(decimals) => Some(Number::Implied(decimals)),
            ElementType::Decimal => Some(Number::Decimal),
            _ => None,
        };
        let where_element = match condition {
            None => None,
            Some(condition) => {
                let (left, right) = condition.split_once('=')?;
                let (other, position) = designator(left.trim())?;
                self.element_type(other, position).filter(|_| other == segment)?;
                Some((position, right.trim().trim_matches(['\'', '"']).to_owned()))
            }
        };
        let place = HeaderPlace { segment, element, where_element, number };
        Some((place, if number.is_some() { Type::Number } else { Type::Text }))
    }

    fn candidates(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for definition in self.grammars.iter().flat_map(|grammar| heading(grammar)) {
            let count = definition.elements.len();
            names.extend((1..=count).map(|element| format!("{}{element:02}", definition.tag)));
        }
        names.extend((1..=GS_ELEMENTS).map(|element| format!("GS{element:02}")));
        names.extend((1..=ISA_ELEMENTS).map(|element| format!("ISA{element:02}")));
        names.sort_unstable();
        names.dedup();
        // The segment that opens the set is what most conditions look at.
        names.sort_by_key(|name| !self.opens(name));
        names
    }

    fn cause(&self, path: &str) -> Option<String> {
        let (tag, _) = designator(path.split('[').next()?)?;
        let grammar = self.grammars.iter().find(|grammar| grammar.items.iter().any(|item| item.tag == tag))?;
        let in_heading = heading(grammar).any(|definition| definition.tag == tag);
        let said = format!(
            "{tag} stands behind the heading of {}; a condition sees the heading and the envelope",
            grammar.name
        );
        (!in_heading).then_some(said)
    }
}

impl HeaderPlaces {
    /// Does the place stand in the segment behind ST?
    fn opens(&self, name: &str) -> bool {
        let Some((tag, _)) = designator(name) else {
            return false;
        };
        let second = |grammar: &Grammar| heading(grammar).nth(1).map(|definition| definition.tag);
        self.grammars.iter().any(|grammar| second(grammar) == Some(tag))
    }
}

/// `W0601` as segment and element.
fn designator(text: &str) -> Option<(Tag, u16)> {
    let (segment, element) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let is_identifier = (2..=3).contains(&segment.len()) && segment.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digits = element.bytes().all(|byte| byte.is_ascii_digit());
    (is_identifier && digits).then_some(())?;
    Some((Tag::new(segment.as_bytes()), element.parse().ok()?))
}

/// The header of the transaction set that a reader has in its tree.
#[derive(Debug, Clone, Copy)]
pub struct HeaderValues<'a> {
    /// The interchange it stands in.
    pub interchange: &'a Interchange,
    /// The group it stands in, where there is one.
    pub group: Option<&'a Group>,
    /// What the reader knows of the set.
    pub set: &'a SetHeader,
    /// The set.
    pub tree: &'a Tree,
    /// The set's bytes, ST to the terminator of SE.
    pub bytes: &'a [u8],
}

impl HeaderValues<'_> {
    /// The element's text without the blanks around it.
    fn text(&self, place: &HeaderPlace) -> Option<Cow<'_, str>> {
        if place.segment == Tag::new(b"ISA") {
            return Some(self.interchange.element(usize::from(place.element)).into());
        }
        if place.segment == Tag::new(b"GS") {
            let element = self.group?.elements.get(usize::from(place.element) - 1)?;
            return Some((**element).into());
        }
        let segment = self.tree.segments.iter().find(|segment| {
            let fits = |(position, wanted): &(u16, String)| {
                self.tree.value(segment, *position, self.bytes).trim_ascii() == wanted.as_bytes()
            };
            segment.tag == place.segment
                && self.is_heading(segment.item)
                && place.where_element.as_ref().is_none_or(fits)
        })?;
        let bytes = self.tree.value(segment, place.element, self.bytes);
        Some(self.set.charset.decode_lossy(bytes.trim_ascii()))
    }

    /// A segment that the table does not place, or that has no table, may stand in the heading as well.
    fn is_heading(&self, item: ItemId) -> bool {
        match self.set.grammar {
            Some(grammar) if item != ItemId::UNPLACED => grammar.item(item).area == Area::Heading,
            _ => true,
        }
    }
}

impl Values<HeaderPlace> for HeaderValues<'_> {
    fn value(&self, place: &HeaderPlace) -> Value<'_> {
        let Some(text) = self.text(place).filter(|text| !text.is_empty()) else {
            return Value::Absent;
        };
        let parsed = || text.parse::<rust_decimal::Decimal>().ok();
        match place.number {
            None => Value::Text(text),
            Some(Number::Decimal) => parsed().map_or(Value::Absent, Value::Number),
            Some(Number::Implied(decimals)) => parsed().map_or(Value::Absent, |number| {
                let scale = number.scale() + u32::from(decimals);
                let mut shifted = number;
                match shifted.set_scale(scale) {
                    Ok(()) => Value::Number(shifted),
                    Err(_) => Value::Absent,
                }
            }),
        }
    }

    fn each(&self, place: &HeaderPlace, visit: &mut dyn FnMut(Value<'_>)) {
        visit(self.value(place));
    }
}
