//! The texts that stand for a canonical value in the document, one for each place of its line.

use rust_decimal::Decimal;

use crate::canonical::{Entry, FieldId, NodeId, Value};
use crate::diagnostic::codes;
use crate::tree::ElementUse;

use super::Walk;
use crate::mapping::element_text::ElementText;
use crate::mapping::lens::{self, Fault};
use crate::mapping::plan::{Lens, Line, Unit, Unknown};

/// The texts of a value, one for each place of its line; empty ones are not written.
pub(super) type Texts<'a> = [ElementText<'a>; 3];

fn one(text: ElementText<'_>) -> Texts<'_> {
    [text, ElementText::default(), ElementText::default()]
}

impl<'a> Walk<'_, 'a> {
    /// The texts that stand for a value at the places of its line.
    pub(super) fn texts(&self, line: &'a Line, entry: &Entry) -> Result<Texts<'a>, Fault> {
        let element: Option<&ElementUse> = line.places.first().map(|place| place.definition.as_ref());
        let Some(element) = element else { return Ok(Texts::default()) };
        let object = self.object;
        let text: &'a str = match entry.value {
            Value::Text(span) => object.text(span),
            _ => "",
        };
        Ok(match (&line.lens, entry.value) {
            (Lens::Quantity { implied, unit, value, unit_field, .. }, Value::Node(quantity)) => {
                let Some(Value::Decimal(number)) = self.object.get(quantity, *value).map(|entry| entry.value) else {
                    return Ok(Texts::default());
                };
                not_omitted(line, number)?;
                let number = lens::number_out(number, *implied, element)?;
                let unit = self.unit(unit, quantity, *unit_field)?;
                [number, unit.into(), ElementText::default()]
            }
            (Lens::Number { implied }, Value::Decimal(number)) => {
                not_omitted(line, number)?;
                one(lens::number_out(number, *implied, element)?)
            }
            (Lens::Date, _) => one(lens::date_out(text, element)?),
            (Lens::Time, _) => one(lens::time_out(text)?),
            (Lens::DateOrInstant, _) if self.written_places(line).len() > 1 => {
                let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
                lens::instant_out(text, zone, self.written_places(line).len() > 2)?
            }
            (Lens::DateOrInstant, _) if text.len() > 10 => {
                return Err(Fault {
                    code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                    message: format!("{text} has a time, and the line has no place for one"),
                    remedy: "send the date alone, or add the place of the time: `at = [\"G6202\", \"G6204\"]`".into(),
                });
            }
            (Lens::DateOrInstant, _) => one(lens::date_out(text, element)?),
            (Lens::Words { table, sibling }, _) => {
                let (plan, table) = (self.plan, *table);
                let table = &plan.tables[table];
                let is_code = sibling.is_some_and(|sibling| entry.field == sibling);
                match table.code(text) {
                    _ if is_code => match table.word(text) {
                        None => one(text.into()),
                        Some(word) => {
                            return Err(no_room(format!(
                                "code `{text}` means the word `{word}`, which belongs there itself"
                            )));
                        }
                    },
                    Some(code) => one(code.into()),
                    None if sibling.is_none() && table.unknown == Unknown::Keep => one(text.into()),
                    None => return Err(Fault::unknown_word(text, table)),
                }
            }
            _ => one(text.into()),
        })
    }

    fn unit(&self, unit: &Unit, quantity: NodeId, field: FieldId) -> Result<&'a str, Fault> {
        let (plan, object) = (self.plan, self.object);
        let text = match object.get(quantity, field).map(|entry| entry.value) {
            Some(Value::Text(span)) => object.text(span),
            _ => "",
        };
        match unit {
            Unit::Place { table: Some(table) } if !text.is_empty() => {
                let table = &plan.tables[*table];
                match table.code(text) {
                    Some(code) => Ok(code),
                    None if table.unknown == Unknown::Keep => Ok(text),
                    None => Err(Fault::unknown_word(text, table)),
                }
            }
            Unit::Place { .. } => Ok(text),
            Unit::Fixed(fixed) if text.is_empty() || text == fixed => Ok(""),
            Unit::None if text.is_empty() => Ok(""),
            Unit::Fixed(_) | Unit::None => Err(Fault {
                code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                message: format!("its unit is `{text}`, and the document has no place for a unit"),
                remedy: "send the quantity in the unit that the mapping names".into(),
            }),
        }
    }
}
/// A zero that means "nothing" would be read back as nothing.
fn not_omitted(line: &Line, number: Decimal) -> Result<(), Fault> {
    match line.options.omit_zero && number.is_zero() {
        true => Err(no_room("0 means \"nothing\" there".to_owned())),
        false => Ok(()),
    }
}

/// What a guard keeps out of the document, and the object says all the same.
pub(super) fn not_used(asked: &str) -> Fault {
    Fault {
        code: codes::MAPPING_VALUE_DOES_NOT_FIT,
        message: format!("it has a place in the document only when {asked}, which this object does not say"),
        remedy: "send the object without it, or correct what the condition asks".into(),
    }
}

pub(super) fn no_room(message: String) -> Fault {
    Fault {
        code: codes::MAPPING_VALUE_DOES_NOT_FIT,
        message,
        remedy: "send the object without it, or give it a place of its own in the mapping".into(),
    }
}
