//! The scalar types of canonical objects: what a date, a time, an instant and a number look like in JSON.
//!
//! Only their form is checked; zones and calendars are the mapping's business.

use std::borrow::Cow;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

use super::number;

/// A date, `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Date(String);

/// A time of the day, `HH:MM`, `HH:MM:SS` or with decimals of a second.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Time(String);

/// A date, or an instant in RFC 3339 with offset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DateOrInstant(String);

/// An exact decimal: a JSON number in its own digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

/// How a time of the day is written.
pub(super) const TIME_PATTERN: &str = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$";

/// True for a day of the calendar written `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(century), Some(year), Some(month), Some(day)) =
        (two_digits(&bytes[0..2]), two_digits(&bytes[2..4]), two_digits(&bytes[5..7]), two_digits(&bytes[8..10]))
    else {
        return false;
    };
    // Each month has days up to the 28th, whatever the year.
    if (1..=12).contains(&month) && (1..=28).contains(&day) {
        return true;
    }
    let year = i16::from(century) * 100 + i16::from(year);
    jiff::civil::Date::new(year, month, day).is_ok()
}

/// True for a time of the day written `HH:MM`, `HH:MM:SS` or with decimals of a second.
#[must_use]
pub fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let part = |at: usize, limit: i8| bytes.get(at..at + 2).and_then(two_digits).is_some_and(|value| value < limit);
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    let minutes = part(0, 24) && colon(2) && part(3, 60);
    let seconds = || colon(5) && part(6, 60);
    let decimals = || bytes[8] == b'.' && bytes.len() > 9 && bytes[9..].iter().all(u8::is_ascii_digit);
    minutes
        && match bytes.len() {
            5 => true,
            8 => seconds(),
            0..=8 => false,
            _ => seconds() && decimals(),
        }
}

/// True for a date, or for an instant in RFC 3339 with seconds and offset, such as `2026-03-10T14:05:00-07:00`.
#[must_use]
pub fn is_date_or_instant(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else {
        return is_date(text);
    };
    let (time, offset) = match rest.strip_suffix('Z') {
        Some(time) => (time, None),
        None => match rest.rfind(['+', '-']) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => return false,
        },
    };
    let offset_fits = offset.is_none_or(|offset| offset.len() == 5 && is_time(offset));
    is_date(date) && time.len() >= 8 && is_time(time) && offset_fits
}

fn two_digits(bytes: &[u8]) -> Option<i8> {
    match bytes {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => i8::try_from((tens - b'0') * 10 + (ones - b'0')).ok(),
        _ => None,
    }
}

macro_rules! checked_text {
    ($type:ident, $check:ident, $meaning:literal, $schema:tt) => {
        impl $type {
            /// The text as it stands in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                if $check(&text) { Ok(Self(text)) } else { Err(format!("`{text}` is not {}", $meaning)) }
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

checked_text!(Date, is_date, "a date", { "type": "string", "format": "date" });
checked_text!(Time, is_time, "a time of the day", { "type": "string", "pattern": TIME_PATTERN });
checked_text!(DateOrInstant, is_date_or_instant, "a date or an instant", {
    "type": "string",
    "anyOf": [{ "format": "date" }, { "format": "date-time" }]
});

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        number::parse_json(raw.get().as_bytes())
            .map(Number)
            .ok_or_else(|| D::Error::custom(format!("`{}` is not an exact decimal", raw.get())))
    }
}

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

#[cfg(test)]
mod tests {
    use super::{is_date, is_date_or_instant, is_time};

    fn check(judge: fn(&str) -> bool, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert!(judge(text), "{text} should be accepted");
        }
        for text in wrong {
            assert!(!judge(text), "{text} should be refused");
        }
    }

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        check(
            is_date,
            &["2026-03-10", "2028-02-29", "0001-01-01", "0000-02-28", "2026-01-31"],
            &[
                "",
                "2026-02-29",
                "2026-04-31",
                "2026-01-00",
                "2026-00-10",
                "2026-13-01",
                "20260310",
                "2026-3-10",
                "2026-03-1é",
                "+026-03-10",
            ],
        );
    }

    #[test]
    fn a_time_has_minutes_and_may_have_seconds_and_their_decimals() {
        check(
            is_time,
            &["00:00", "23:59", "12:30:59", "12:30:59.25"],
            &["", "24:00", "12:60", "12:30:60", "1230", "12:30:", "12:30:1", "12:30:59.", "12:30:59.x", "12:30é"],
        );
    }

    #[test]
    fn an_instant_has_seconds_and_an_offset() {
        check(
            is_date_or_instant,
            &["2026-03-10", "2026-03-10T14:05:00Z", "2026-03-10T14:05:00.5-07:00", "2026-03-10T14:05:00+05:30"],
            &[
                "2026-03-10T14:05:00",
                "2026-03-10T14:05Z",
                "2026-03-10 14:05:00Z",
                "2026-03-10T14:05:00+0530",
                "T",
                "2026-03-10T",
            ],
        );
    }
}
