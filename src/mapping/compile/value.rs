//! How the text at a line's places becomes the field's value: whether their types fit, by which code table, in which
//! unit and zone, and what a missing value means.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::canonical::{FieldId, Kind, number, scalar};
use crate::diagnostic::codes;
use crate::mapping::plan::{CodeTable, Form, Lens, Line, Options, Unit, Unknown, Way};
use crate::mapping::syntax::{At, Item};
use crate::source::time_zone;
use crate::tree::{ElementType, ElementUse};

use super::line::{FieldUse, Placed};
use super::names::suggestion;
use super::words::{Words, entry};
use super::{Compiler, Target};

/// Words of the unit of a quantity, where it is more than its place.
const UNIT_WORDS: [&str; 3] = ["at", "codes", "default"];

impl Compiler<'_> {
    pub(super) fn lens(
        &mut self,
        target: &Target,
        field: &FieldUse,
        words: &Words<'_>,
        form: &Form,
        placed: &[Placed],
    ) -> Option<Lens> {
        let path = words.path;
        if !words.place_alone {
            self.words_without_effect(words, field, form);
        }
        let implied = match self.integer(words, "decimals", 0..=9)? {
            Some(decimals) => decimals as u8,
            None => placed.first().map_or(0, |placed| placed.place.implied()),
        };
        let table = match self.word(words.entries, "codes", path) {
            Some((name, at)) if !matches!(form, Form::PairRest { .. } | Form::Scheme) => {
                let allowed = match field.kind {
                    Kind::Word(allowed) => Some(allowed.as_slice()),
                    _ => None,
                };
                Some(self.table_named(name, allowed, &at, path)?)
            }
            _ => None,
        };
        self.types_fit(target, field, words, form, placed);
        Some(match field.kind {
            Kind::Object(shape) => {
                let node = self.shape.node(*shape);
                let (value, unit_field) = (node.field("value")?, node.field("unit")?);
                if !matches!(form, Form::Quantity) {
                    let message = format!("`{path}` is a quantity, which stands at one place with its unit");
                    let remedy = "write `{ at = \"...\", unit = \"...\" }`; without `unit` if the document has none";
                    self.report(codes::MAPPING_WRONG_TYPE, message, &words.at, path, remedy);
                    return None;
                }
                Lens::Quantity { implied, unit: self.unit(words, placed)?, value, unit_field, shape: *shape }
            }
            Kind::Word(allowed) => match (table, form) {
                (Some(table), _) => Lens::Words { table, sibling: self.sibling(target, field.id) },
                (None, Form::Constant(_)) => Lens::Text,
                (None, _) => {
                    self.needs_codes(allowed, words, placed);
                    return None;
                }
            },
            Kind::Decimal => Lens::Number { implied },
            Kind::Date => Lens::Date,
            Kind::Time => Lens::Time,
            Kind::DateOrInstant => Lens::DateOrInstant,
            Kind::Text => table.map_or(Lens::Text, |table| Lens::Words { table, sibling: None }),
        })
    }

    /// Reports codes of the line's table that it would write and that have no room in their element. Where words say how the
    /// text is written, the code is only a part of it.
    pub(super) fn codes_fit(&mut self, words: &Words<'_>, lens: &Lens, placed: &[Placed]) {
        let (table, places) = match lens {
            Lens::Words { table, .. } => (*table, placed),
            Lens::Quantity { unit: Unit::Place { table: Some(table), .. }, .. } => {
                (*table, placed.get(1..).unwrap_or_default())
            }
            _ => return,
        };
        if ["case", "chars", "fit", "format", "join", "part", "split", "trim", "zeros"]
            .iter()
            .any(|word| words.has(word))
        {
            return;
        }
        let table = &self.tables[table];
        let mut found = Vec::new();
        for placed in places {
            let ElementUse { number, name, min, max, kind, .. } = placed.place.definition.as_ref();
            let is_number = matches!(kind, ElementType::Implied(_) | ElementType::Decimal);
            let fits = |code: &str| {
                let length = code.chars().filter(|letter| !is_number || letter.is_ascii_digit()).count();
                (*min as usize..=*max as usize).contains(&length)
                    && (!is_number || number::parse(code.as_bytes()).is_some())
            };
            let not: Vec<&str> = table.codes.values().map(String::as_str).filter(|code| !fits(code)).collect();
            if !not.is_empty() {
                let (codes, of) = (not.join("`, `"), table.name.as_str());
                let room = if is_number { "digits" } else { "characters" };
                let message = format!(
                    "`{codes}` of `codes.{of}` cannot stand in element {number} ({name}), which takes {min} to {max} {room}"
                );
                found.push((message, placed.at.clone(), table.line.clone()));
            }
        }
        for (message, at, line) in found {
            let remedy = format!(
                "correct the code in the table, {line}; where another element has such codes, give this line a table of its own"
            );
            self.report(codes::MAPPING_CODE_DOES_NOT_FIT, message, &at, words.path, remedy);
        }
    }

    fn needs_codes(&mut self, allowed: &[String], words: &Words<'_>, placed: &[Placed]) {
        let path = words.path;
        let message = format!("`{path}` holds words, the document holds codes, and the line has no `codes`");
        let has_words =
            |table: &&CodeTable| !table.words.is_empty() && table.words.values().all(|word| allowed.contains(word));
        let fitting: Vec<String> = self.tables.iter().filter(has_words).map(with_codes).collect();
        let remedy = match fitting.as_slice() {
            [] => format!(
                "add `codes = \"NAME\"` and a table [codes.NAME] from the partner's codes to the words {}",
                allowed.join(", ")
            ),
            tables => format!("name the table that has the partner's codes: {}", tables.join(", or ")),
        };
        let at = placed.first().map_or(&words.at, |placed| &placed.at).clone();
        self.report(codes::MAPPING_NEEDS_CODES, message, &at, path, remedy);
    }

    /// The field `NAME_code` beside the field `NAME`.
    fn sibling(&self, target: &Target, field: FieldId) -> Option<FieldId> {
        let node = self.shape.node(target.shape);
        (field != FieldId::OPEN).then(|| node.field(&format!("{}_code", node.get(field).name)))?
    }

    fn unit(&mut self, words: &Words<'_>, placed: &[Placed]) -> Option<Unit> {
        let Some(entry) = entry(words.entries, "unit") else {
            return Some(Unit::None);
        };
        match &entry.item {
            Item::Table(entries, _) => {
                for entry in entries.iter() {
                    let key = entry.key.as_str();
                    if !UNIT_WORDS.contains(&key) {
                        let message = format!("`unit` of `{}` has the word `{key}`, which no unit has", words.path);
                        let remedy = suggestion(key, UNIT_WORDS, "remove it");
                        self.report(codes::FILE_UNKNOWN_KEY, message, &entry.key_at, words.path, remedy);
                    }
                }
                if placed.len() < 2 {
                    let message = format!("`unit` of `{}` does not say where the unit stands", words.path);
                    let remedy = "add its place: `unit = { at = \"...\", codes = \"...\" }`";
                    self.report(codes::MAPPING_PLACE, message, &entry.key_at, words.path, remedy);
                    return None;
                }
                let table = match self.word(entries, "codes", words.path) {
                    Some((name, at)) => Some(self.table_named(name, None, &at, words.path)?),
                    None => None,
                };
                let default = self.word(entries, "default", words.path);
                if let Some((text, at)) = &default {
                    self.canonical_value(text, at, &Kind::Text, words.path);
                }
                Some(Unit::Place { table, default: default.map(|(text, _)| text.to_owned()) })
            }
            Item::Value(..) if placed.len() > 1 => {
                self.holds_units(&placed[1], words.path);
                Some(Unit::Place { table: None, default: None })
            }
            Item::Value(..) => {
                let (text, at) = self.word(words.entries, "unit", words.path)?;
                self.is_unit(text, &at, words.path).then(|| Unit::Fixed(text.to_owned()))
            }
        }
    }

    /// Reports the place of a unit whose element holds no codes.
    fn holds_units(&mut self, placed: &Placed, path: &str) {
        let ElementUse { number, name, kind, .. } = &*placed.place.definition;
        if matches!(kind, ElementType::Text | ElementType::Code) {
            return;
        }
        let message =
            format!("`unit` of `{path}` stands in element {number} ({name}), which holds {}", described(*kind));
        let remedy = "write the place of the unit, as a rule the element beside that of the number";
        self.report(codes::MAPPING_WRONG_TYPE, message, &placed.at, path, remedy);
    }

    /// Is a text that names no place a unit, as data element 355 has them? Anything else is a place that was misspelt.
    fn is_unit(&mut self, text: &str, at: &At, path: &str) -> bool {
        let is_unit = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !is_unit {
            let message = format!("`unit` of `{path}` is `{text}`, which is no place of the document, and no unit");
            let remedy = "write the place of the unit (`W0102`), or the unit itself by its code (`EA`, `LB`)";
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
        }
        is_unit
    }

    /// Reports the places whose elements cannot hold the field's kind of value.
    fn types_fit(&mut self, target: &Target, field: &FieldUse, words: &Words<'_>, form: &Form, placed: &[Placed]) {
        let wanted = match field.kind {
            Kind::Date | Kind::DateOrInstant => "date",
            Kind::Time => "time",
            Kind::Decimal | Kind::Object(_) => "number",
            Kind::Text | Kind::Word(_) => "text",
        };
        if let Some((said, at)) = self.word(words.entries, "type", words.path) {
            if said != wanted {
                let message = format!("`{}` takes a {wanted}, the line says `type = \"{said}\"`", words.path);
                let remedy = format!("write `type = \"{wanted}\"`, or leave `type` out");
                self.report(codes::MAPPING_WRONG_TYPE, message, &at, words.path, remedy);
            }
            return;
        }
        // It is written in a form of its own.
        if words.has("format") {
            return;
        }
        // Which part of the value each place is: of several dates with their times, each begins anew.
        let parts: Vec<usize> = match form {
            Form::FirstJoined { parts, .. } => parts.iter().flat_map(|count| 0..*count).collect(),
            _ => (0..placed.len()).collect(),
        };
        for (number, placed) in parts.into_iter().zip(placed) {
            let kind = match (field.kind, form, number) {
                (Kind::DateOrInstant, Form::Joined | Form::FirstJoined { .. }, 1) => &Kind::Time,
                (Kind::DateOrInstant, Form::Joined | Form::FirstJoined { .. }, 2..) => &Kind::Text,
                (Kind::Object(_), _, 1..) => &Kind::Text,
                (kind, ..) => kind,
            };
            if !holds(&placed.place.definition, kind) {
                self.wrong_type(target, kind, words.path, placed);
            }
        }
    }

    fn wrong_type(&mut self, target: &Target, kind: &Kind, path: &str, placed: &Placed) {
        let wanted = phrase(kind);
        let place = &placed.place;
        let element = &place.definition;
        let row = &self.scopes[target.scope].rows[place.row];
        let (tag, position) = (row.tag, place.element);
        let near = self.grammar.definition(row.item).and_then(|definition| {
            let (_, name) = Self::element_like(definition, path, &|element| holds(element, kind))?;
            Some(format!("did you mean {name}? "))
        });
        let near = near.unwrap_or_default();
        let message = format!(
            "`{path}` takes {wanted}, {} ({}) holds {}",
            self.grammar.designator(tag, position),
            element.name,
            described(element.kind)
        );
        let remedy = match (kind, element.kind) {
            (Kind::Text | Kind::Word(_), ElementType::Composite) => {
                format!("name one of its components: `{tag}{position:02}-01`")
            }
            (Kind::Text | Kind::Word(_), _) => format!("{near}Take an element that holds text"),
            _ => {
                let word = wanted.rsplit(' ').next().unwrap_or(wanted);
                format!("{near}If the partner puts {wanted} there all the same, say so: `type = \"{word}\"`")
            }
        };
        self.report(codes::MAPPING_WRONG_TYPE, message, &placed.at, path, remedy);
    }

    /// Reports words that do nothing on this kind of line.
    fn words_without_effect(&mut self, words: &Words<'_>, field: &FieldUse, form: &Form) {
        let number = matches!(field.kind, Kind::Decimal | Kind::Object(_));
        let coded = matches!(field.kind, Kind::Text | Kind::Word(_));
        let constant = matches!(form, Form::Constant(_));
        let single = matches!(form, Form::At | Form::First { .. } | Form::Quantity);
        let first = matches!(form, Form::First { .. } | Form::FirstJoined { .. });
        let joined = matches!(form, Form::Joined | Form::FirstJoined { .. }) || words.has("format");
        let instant = *field.kind == Kind::DateOrInstant && joined;
        self.no_effect(words, "write", first, "it chooses among the places of `first`");
        self.no_effect(words, "scheme", *form == Form::Scheme, "it belongs to `at` of the key \"*\"");
        self.no_effect(words, "unit", matches!(field.kind, Kind::Object(_)), "it is no quantity");
        self.no_effect(words, "decimals", number && !constant, "it is no number of the document");
        self.no_effect(words, "zero", number && !constant, "it is no number of the document");
        let untimed = match *field.kind == Kind::DateOrInstant {
            true => "no time stands beside its date",
            false => "it is no date with a time",
        };
        self.no_effect(words, "zone", instant, untimed);
        self.no_effect(words, "codes", coded && !constant, "its values are no codes");
        let parted = matches!(form, Form::Joined | Form::FirstJoined { .. });
        self.no_effect(words, "absent", single || parted, "it belongs to one value at one place");
        self.no_effect(words, "default", single && *form != Form::Quantity, "it belongs to one value at one place");
    }

    pub(super) fn options(
        &mut self,
        words: &Words<'_>,
        field: &FieldUse,
        (form, way): (&Form, Way),
        (placed, lens): (&[Placed], &Lens),
    ) -> Option<Arc<Options>> {
        let unit = match lens {
            Lens::Quantity { unit, .. } => Some(unit),
            _ => None,
        };
        if words.place_alone {
            return Some(Arc::clone(&self.no_options));
        }
        let path = words.path;
        let absent = self.words(words.entries, "absent", path);
        let default = self.word(words.entries, "default", path);
        let constant = self.word(words.entries, "const", path);
        for (text, at) in default.iter().chain(&constant) {
            self.canonical_value(text, at, field.kind, path);
        }
        let mut options = Options {
            absent: absent.into_iter().map(|(text, _)| text.to_owned()).collect(),
            default: default.map(|(text, _)| text.to_owned()),
            omit_zero: self.one_of(words.entries, "zero", &[("omit", true)], path)?.unwrap_or(false),
            manner: self.manner(words, field, (form, way), placed)?,
            units: self.units_of(words, form, unit)?,
            ..Options::default()
        };
        if let Some((name, at)) = self.word(words.entries, "zone", path) {
            options.zone = self.zone(name, &at, path);
        }
        if matches!(form, Form::PairRest { .. } | Form::Scheme)
            && let Some((name, at)) = self.word(words.entries, "codes", path)
        {
            options.schemes = Some(self.table_named(name, None, &at, path)?);
        }
        Some(Arc::new(options))
    }

    /// A document that lacks the value is read as the default, so the line must be able to write that too.
    pub(super) fn default_is_written(&mut self, line: &Line, words: &Words<'_>) {
        let Some((text, at)) = self.word(words.entries, "default", words.path).filter(|_| line.way != Way::In) else {
            return;
        };
        let code = match &line.lens {
            Lens::Words { table, .. } => {
                let table = &self.tables[*table];
                match table.code(text) {
                    Some(code) => Ok(code),
                    None if table.unknown == Unknown::Keep => Ok(text),
                    None => Err(format!("the table `{}` has no code for it", table.name)),
                }
            }
            _ => Ok(text),
        };
        let spelling = line.options.manner.as_ref().map(|manner| &manner.spelling);
        let place = line.places.first().filter(|_| matches!(line.lens, Lens::Text | Lens::Words { .. }));
        let most = place.map_or(usize::MAX, |place| place.definition.max as usize);
        let fits = code.and_then(|code| {
            let spelled = spelling.map_or(Ok(None), |spelling| spelling.written(code, most, |_| true));
            let spelled = spelled.map_err(|fault| fault.message)?;
            let written = spelled.as_ref().map_or(code, |fitted| &fitted.text);
            match written.chars().count() {
                _ if line.means_nothing(written) => Err(format!("`{written}` means \"nothing\" there (`absent`)")),
                count if count > most => {
                    Err(format!("it has {count} characters, and the element takes at most {most}"))
                }
                _ => Ok(()),
            }
        });
        if let Err(why) = fits {
            let message = format!("the default `{text}` of `{}` could not be written: {why}", words.path);
            let remedy = "write one that the place can have, or say that the line only reads: `way = \"in\"`";
            self.report(codes::MAPPING_ONE_WAY, message, &at, words.path, remedy);
        }
    }

    fn zone(&mut self, name: &str, at: &At, path: &str) -> Option<TimeZone> {
        let found = time_zone(name);
        found
            .map_err(|(why, remedy)| {
                let message = format!("`zone` of `{path}` is `{name}`, which {why}");
                self.report(codes::FILE_WRONG_VALUE, message, at, path, remedy);
            })
            .ok()
    }

    /// A constant or default is written as it stands in the canonical object.
    fn canonical_value(&mut self, text: &str, at: &At, kind: &Kind, path: &str) {
        let (fits, remedy) = match kind {
            Kind::Word(words) => {
                if !words.iter().any(|word| word == text) {
                    let message = format!("`{path}` has no word `{text}`");
                    let otherwise = format!("its words are {}", words.join(", "));
                    let remedy = suggestion(text, words.iter().map(String::as_str), &otherwise);
                    self.report(codes::MAPPING_WRONG_WORD, message, at, path, remedy);
                }
                return;
            }
            Kind::Text => (!text.is_empty(), "write the text, or leave the line out"),
            Kind::Decimal => (number::parse(text.as_bytes()).is_some(), "write a number, such as \"12.5\""),
            Kind::Date => (scalar::is_date(text), "write a date, such as \"2026-03-10\""),
            Kind::Time => (scalar::is_time(text), "write a time, such as \"14:30\""),
            Kind::DateOrInstant => (
                scalar::is_date_or_instant(text),
                "write a date, such as \"2026-03-10\", or an instant with its offset",
            ),
            Kind::Object(_) => return,
        };
        if !fits {
            let message = format!("`{text}` is not {}, which `{path}` takes", phrase(kind));
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
        }
    }
}

/// What a field of this kind takes, for a sentence.
fn phrase(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Word(_) => "a text",
        Kind::Decimal | Kind::Object(_) => "a number",
        Kind::Date | Kind::DateOrInstant => "a date",
        Kind::Time => "a time",
    }
}

/// A code table by the line that names it, with some of its codes.
fn with_codes(table: &CodeTable) -> String {
    let mut codes: Vec<&str> = table.words.keys().map(String::as_str).collect();
    codes.sort_unstable();
    let more = if codes.len() > 4 { ", ..." } else { "" };
    format!("`codes = \"{}\"` ({}{more})", table.name, codes[..codes.len().min(4)].join(", "))
}

/// Can an element hold values of this kind?
fn holds(element: &ElementUse, kind: &Kind) -> bool {
    use ElementType as E;
    match kind {
        Kind::Text | Kind::Word(_) => !matches!(element.kind, E::Composite | E::Binary),
        Kind::Date | Kind::DateOrInstant => element.kind == E::Date,
        Kind::Time => element.kind == E::Time,
        Kind::Decimal | Kind::Object(_) => matches!(element.kind, E::Implied(_) | E::Decimal),
    }
}

fn described(kind: ElementType) -> &'static str {
    match kind {
        ElementType::Text => "text (AN)",
        ElementType::Code => "a code (ID)",
        ElementType::Implied(_) => "a number (N)",
        ElementType::Decimal => "a number (R)",
        ElementType::Date => "a date (DT)",
        ElementType::Time => "a time (TM)",
        ElementType::Binary => "bytes (B)",
        ElementType::Composite => "a composite",
    }
}
