//! The texts that stand for a canonical value in the document, one for each place of its line.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::canonical::{Entry, FieldId, NodeId, Value};
use crate::diagnostic::{Diagnostic, FieldPlace, codes};
use crate::tree::ElementUse;

use super::Walk;
use crate::mapping::element_text::ElementText;
use crate::mapping::lens::{self, Fault};
use crate::mapping::manner::dates::Pattern;
use crate::mapping::manner::spelling::Fitted;
use crate::mapping::manner::{Manner, dates, pieces};
use crate::mapping::plan::{Form, Lens, Line, Unit, Unknown};

/// The texts of a value, one for each place of its line; empty ones are not written.
pub(super) type Texts<'a> = [ElementText<'a>; 3];

fn one(text: ElementText<'_>) -> Texts<'_> {
    [text, ElementText::default(), ElementText::default()]
}

/// Length of `YYYY-MM-DD`.
const DATE: usize = 10;

impl<'a> Walk<'_, 'a> {
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

    /// The texts that stand for a value at the places of its line.
    pub(super) fn texts(&mut self, line: &'a Line, entry: &Entry) -> Result<Texts<'a>, Fault> {
        let element: Option<&ElementUse> = line.places.first().map(|place| place.definition.as_ref());
        let Some(element) = element else { return Ok(Texts::default()) };
        let object = self.object;
        let text: &'a str = match entry.value {
            Value::Text(span) => object.text(span),
            _ => "",
        };
        let manner = line.options.manner.as_deref();
        if let Some(forms) = self.written_forms(line) {
            return dated(line.options.zone.as_ref().unwrap_or(&self.context.zone), forms, text);
        }
        let texts = match (&line.lens, entry.value) {
            (Lens::Quantity { implied, unit, value, unit_field, .. }, Value::Node(quantity)) => {
                let Some(Value::Decimal(number)) = self.object.get(quantity, *value).map(|entry| entry.value) else {
                    return Ok(Texts::default());
                };
                not_omitted(line, number)?;
                let (number, unit) = self.in_written_unit(line, number, unit, (quantity, *unit_field))?;
                let number = number_out(manner, number, *implied, element)?;
                [number, unit.into(), ElementText::default()]
            }
            (Lens::Number { implied }, Value::Decimal(number)) => {
                not_omitted(line, number)?;
                one(number_out(manner, number, *implied, element)?)
            }
            (Lens::Date, _) => one(lens::date_out(text, element)?),
            (Lens::Time, _) => one(lens::time_out(text)?),
            (Lens::DateOrInstant, _) if self.written_places(line).len() > 1 => {
                let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
                lens::instant_out(text, zone, self.written_places(line).len() > 2)?
            }
            (Lens::DateOrInstant, _) if text.len() > 10 => {
                let remedy = match (self.plan.grammar.is_layout(), self.written_places(line)) {
                    (true, [place, ..]) => format!(
                        "send the date alone, or say where the time stands: `at = [\"{date}\", \"FIELD\"]` where the layout has a field for it, `format = \"YYYY-MM-DD HH:mm\"` where both stand in `{date}`",
                        date = place.definition.number
                    ),
                    _ => "send the date alone, or add the place of the time: `at = [\"G6202\", \"G6204\"]`".to_owned(),
                };
                return Err(Fault {
                    code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                    message: format!("{text} has a time, and the line has no place for one"),
                    remedy,
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
        };
        match manner {
            Some(manner) => self.spelled(line, manner, texts),
            None => Ok(texts),
        }
    }

    /// The texts in the letters of the line; tells what was made to fit.
    fn spelled(&mut self, line: &'a Line, manner: &Manner, texts: Texts<'a>) -> Result<Texts<'a>, Fault> {
        let [text, unit, code] = texts;
        let places = if line.writes_all() { &line.places } else { self.written_places(line) };
        let most = places.iter().map(|place| place.definition.max as usize).min().unwrap_or(0);
        let fitted = manner.spelling.written(&text, most, |character| {
            let mut buffer = [0; 4];
            let text: &str = character.encode_utf8(&mut buffer);
            let delimiter = text.bytes().any(|byte| self.context.delimiters.contains(&byte));
            !character.is_control() && !delimiter && self.context.charset.encode(text).is_ok()
        })?;
        if let Some(split) = &manner.split {
            split.holds(fitted.as_ref().map_or(&text, |fitted| &fitted.text))?;
        }
        let text = match fitted {
            Some(fitted) => {
                self.made_to_fit(line, &text, &fitted);
                fitted.text.into()
            }
            None => text,
        };
        let text = manner.spelling.with_zeros(&text)?.map_or(text, ElementText::from);
        Ok([text, unit, code])
    }

    fn made_to_fit(&mut self, line: &Line, text: &str, fitted: &Fitted) {
        let path = self.located(&line.path);
        let message = format!("`{path}`: `{text}` was {}: `{}`", fitted.how, fitted.text);
        let place = FieldPlace { path, mapping: Some(line.source.to_string()), ..FieldPlace::default() };
        let diagnostic = Diagnostic::new(codes::MAPPING_FITTED, message, place);
        let remedy = "nothing to do if the partner can live with it; else send a value that fits";
        self.diagnostics.push(diagnostic.remedy(remedy));
    }

    /// The pieces of a text that stands in several elements.
    pub(super) fn texts_of(&mut self, line: &'a Line, entry: &Entry) -> Result<Vec<ElementText<'a>>, Fault> {
        let join = line.options.manner.as_ref().and_then(|manner| manner.join.as_deref());
        let [text, ..] = self.texts(line, entry)?;
        let Some(join) = join else { return Ok(vec![text]) };
        let room = |number: usize| line.places[number % line.places.len()].definition.max as usize;
        Ok(pieces::pieces(&text, join, room)?.into_iter().map(ElementText::from).collect())
    }

    /// A quantity's number and the text of its unit, in the unit that is written.
    fn in_written_unit(
        &self,
        line: &'a Line,
        number: Decimal,
        unit: &'a Unit,
        (quantity, field): (NodeId, FieldId),
    ) -> Result<(Decimal, &'a str), Fault> {
        let (plan, object) = (self.plan, self.object);
        let text = match object.get(quantity, field).map(|entry| entry.value) {
            Some(Value::Text(span)) => object.text(span),
            _ => "",
        };
        let Some(units) = line.options.units.map(|units| &plan.units[units]) else {
            return Ok((number, self.unit(unit, text)?));
        };
        let fixed = match unit {
            Unit::Fixed(fixed) => Some(fixed.as_str()),
            _ => None,
        };
        // From the quantity outward to the node that the line starts from.
        let start = (0..=line.steps.len()).fold(quantity, |node, _| object.parent(node));
        let item = plan.item_of(line, object, start);
        // A document that is changed keeps its unit, if that can be.
        let there = self.units.iter().find(|(known, _)| std::ptr::eq(*known, line)).map(|(_, unit)| *unit);
        let kept = there.and_then(|there| units.write(number, text, Some(there), item.as_deref()).ok());
        let (number, written) = kept.map_or_else(|| units.write(number, text, fixed, item.as_deref()), Ok)?;
        Ok((number, self.unit(unit, written)?))
    }

    pub(super) fn unit(&self, unit: &Unit, text: &'a str) -> Result<&'a str, Fault> {
        let plan = self.plan;
        match unit {
            Unit::Place { table: Some(table), .. } if !text.is_empty() => {
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

/// A number in the line's own form, or the standard's.
pub(in crate::mapping) fn number_out(
    manner: Option<&Manner>,
    number: Decimal,
    implied: u8,
    element: &ElementUse,
) -> Result<ElementText<'static>, Fault> {
    let Some(form) = manner.and_then(|manner| manner.number.as_ref()) else {
        return lens::number_out(number, implied, element);
    };
    match number.checked_mul(Decimal::from(10_u64.pow(implied.into()))) {
        Some(scaled) => form.write(scaled).map(ElementText::from),
        None => Err(lens::too_long(number)),
    }
}

/// A date, time or instant in the line's own form.
fn dated<'a>(zone: &TimeZone, forms: &[Pattern], text: &str) -> Result<Texts<'a>, Fault> {
    let mut texts = dates::written(forms, text, zone)?.into_iter().map(ElementText::from);
    Ok([(); 3].map(|()| texts.next().unwrap_or_default()))
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
