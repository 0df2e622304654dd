//! Places in a document of records and fields, which have names: `order.number`, `number` where one record alone has such a
//! field, `line[kind=PART]/serial.text`, `../order.number`.
//!
//! What a name means is the question of whoever has the layout: it may hold a `/` or an `@`, as the path of an XML element
//! does.

use super::{Condition, ElementPlace, From, Place, Step};

/// The records of a layout and their fields.
pub(crate) trait Records {
    /// Is there such a record?
    fn is_record(&self, name: &str) -> bool;
    /// The records that have such a field (of all, or this one alone), each with the field's 1-based position.
    fn fields(&self, record: Option<&str>, field: &str) -> Vec<(String, u16)>;
}

/// Reads a place; on failure, the byte offset in `text` up to which it could be read.
pub(crate) fn parse(text: &str, records: &dyn Records) -> Result<Place, usize> {
    let (from, body) = origin(text);
    let mut reading = Reading { text, at: text.len() - body.len(), records };
    let mut steps = Vec::new();
    loop {
        let name = reading.until(&['[']);
        if let Some((record, position)) = element(name, steps.last(), records) {
            reading.at += name.len();
            let (conditions, nth) = reading.filters(&record)?;
            steps.push(Step { segment: record, conditions, nth });
            let element = Some(ElementPlace { position, component: 0, repetition: 0 });
            return reading.end(Place { from, steps, element, pair: None });
        }
        let name = reading.until(&['[', '/']);
        if !records.is_record(name) {
            return Err(reading.at);
        }
        reading.at += name.len();
        let (conditions, nth) = reading.filters(name)?;
        steps.push(Step { segment: name.to_owned(), conditions, nth });
        if !reading.takes("/") {
            return reading.end(Place { from, steps, element: None, pair: None });
        }
    }
}

/// From where a place is meant, and the rest of it.
pub(crate) fn origin(text: &str) -> (From, &str) {
    let inner = text.trim_start_matches("../");
    match (text.len() - inner.len()) / "../".len() {
        0 => text.strip_prefix('/').map_or((From::Here, text), |rest| (From::Root, rest)),
        up => (From::Enclosing(u8::try_from(up).unwrap_or(u8::MAX)), inner),
    }
}

/// The record and position of a field by its name, with its record before it or alone where one record alone has it, and no
/// record is called so.
fn element(name: &str, around: Option<&Step>, records: &dyn Records) -> Option<(String, u16)> {
    let alone = |mut found: Vec<(String, u16)>| if found.len() == 1 { found.pop() } else { None };
    let whole = || alone(records.fields(None, name));
    let within = || alone(records.fields(Some(&around?.segment), name));
    let named = || {
        let (record, field) = name.split_once('.')?;
        alone(records.fields(Some(record), field))
    };
    match (records.is_record(name), around) {
        (true, None) => None,
        _ => named().or_else(within).or_else(whole),
    }
}

struct Reading<'t> {
    text: &'t str,
    at: usize,
    records: &'t dyn Records,
}

impl<'t> Reading<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// What stands before the first of these characters.
    fn until(&self, ends: &[char]) -> &'t str {
        let rest = self.rest();
        rest.find(ends).map_or(rest, |end| &rest[..end]).trim_end()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn end(&mut self, place: Place) -> Result<Place, usize> {
        self.blanks();
        if self.rest().is_empty() { Ok(place) } else { Err(self.at) }
    }

    /// `[kind=PART, not serial][2]` behind the record `record`.
    fn filters(&mut self, record: &str) -> Result<(Vec<Condition>, Option<u16>), usize> {
        let (mut conditions, mut nth) = (Vec::new(), None);
        while nth.is_none() && self.takes("[") {
            self.blanks();
            let number = self.until(&[']', ',']);
            if let Some(number) = number.parse().ok().filter(|number| *number > 0) {
                self.at += self.until(&[']']).len();
                nth = Some(number);
            } else if conditions.is_empty() {
                loop {
                    conditions.push(self.condition(record)?);
                    self.blanks();
                    if !self.takes(",") {
                        break;
                    }
                }
            }
            self.blanks();
            if !self.takes("]") {
                return Err(self.at);
            }
        }
        Ok((conditions, nth))
    }

    fn condition(&mut self, record: &str) -> Result<Condition, usize> {
        self.blanks();
        let begins = self.at;
        let name = self.until(&['=', ',', ']']);
        let (without, name) = match name.strip_prefix("not ") {
            Some(rest) => (true, rest.trim_start()),
            None => (false, name),
        };
        let step = Step { segment: record.to_owned(), conditions: Vec::new(), nth: None };
        self.at += self.until(&['=', ',', ']']).len();
        self.blanks();
        if !self.takes("=") {
            return match self.records.is_record(name) {
                true if without => Ok(Condition::HasNot(name.to_owned())),
                true => Ok(Condition::Has(name.to_owned())),
                false => Err(begins),
            };
        }
        let Some((segment, element)) = element(name, Some(&step), self.records).filter(|_| !without) else {
            return Err(begins);
        };
        self.blanks();
        let value = match self.takes("'") {
            true => {
                let value = self.until_quote()?;
                self.at += value.len() + 1;
                value
            }
            false => {
                let value = self.until(&[',', ']']);
                self.at += value.len();
                value
            }
        };
        Ok(Condition::Equals { segment, element, value: value.to_owned() })
    }

    fn until_quote(&self) -> Result<&'t str, usize> {
        self.rest().split_once('\'').map(|(value, _)| value).ok_or(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    const FIELDS: [(&str, &[&str]); 3] =
        [("order", &["number", "Header/Date", "kind"]), ("line", &["@number", "sku", "kind"]), ("serial", &["text"])];

    impl Records for Known {
        fn is_record(&self, name: &str) -> bool {
            FIELDS.iter().any(|(record, _)| *record == name)
        }

        fn fields(&self, record: Option<&str>, field: &str) -> Vec<(String, u16)> {
            let of = FIELDS.iter().filter(|(name, _)| record.is_none_or(|record| record == *name));
            let position = |fields: &[&str]| fields.iter().position(|known| *known == field);
            of.filter_map(|(name, fields)| Some(((*name).to_owned(), position(fields)? as u16 + 1))).collect()
        }
    }

    fn shown(text: &str) -> Result<String, usize> {
        let place = parse(text, &Known)?;
        let step = |step: &Step| {
            let conditions: Vec<String> = step
                .conditions
                .iter()
                .map(|condition| match condition {
                    Condition::Equals { segment, element, value } => format!("{segment}:{element}={value}"),
                    Condition::Has(name) => name.clone(),
                    Condition::HasNot(name) => format!("!{name}"),
                })
                .collect();
            format!("{}{conditions:?}{}", step.segment, step.nth.map(|nth| nth.to_string()).unwrap_or_default())
        };
        let steps: Vec<String> = place.steps.iter().map(step).collect();
        let element = place.element.map(|element| format!(":{}", element.position)).unwrap_or_default();
        let from = match place.from {
            From::Here => "",
            From::Root => "/",
            From::Enclosing(_) => "..",
        };
        Ok(format!("{from}{}{element}", steps.join("/")))
    }

    #[test]
    fn names_are_looked_up_with_their_record_or_alone() {
        let ok = |text: &str, expected: &str| assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        ok("sku", "line[]:2");
        ok("line.sku", "line[]:2");
        ok("Header/Date", "order[]:2");
        ok("order.Header/Date", "order[]:2");
        ok("@number", "line[]:1");
        ok("../order.kind", "..order[]:3");
        ok("/number", "/order[]:1");
        ok("line", "line[]");
        ok("line[kind=PART]", r#"line["line:3=PART"]"#);
        ok("line[kind='A, B', not serial]/serial", r#"line["line:3=A, B", "!serial"]/serial[]"#);
        ok("serial.text[text=X][2]", r#"serial["serial:1=X"]2:1"#);
        ok("line/kind", "line[]/line[]:3");
    }

    #[test]
    fn what_is_no_place_says_how_far_it_could_be_read() {
        assert_eq!(shown("kind"), Err(0), "two records have it");
        assert_eq!(shown("lines"), Err(0));
        assert_eq!(shown("line[colour=1]"), Err(5));
        assert_eq!(shown("line[kind=1"), Err(11));
        assert_eq!(shown("line/nothing"), Err(5));
    }
}
