//! Dates and times in another form than the standard's, written with the letters of `YYYY-MM-DD HH:mm:ss`.

use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use super::refused;
use crate::mapping::lens::{Fault, Instant, instant_of};

/// The form of one text: parts of a date or time, and what stands between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mapping) struct Pattern {
    parts: Vec<Part>,
    /// As it is written in the mapping.
    pub(in crate::mapping) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Field(Field, Digits),
    Literal(String),
}

/// A part of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    Half,
    Minute,
    Second,
    Fraction,
    /// From UTC; UTC itself is a `Z`.
    Offset,
    /// From UTC, with a colon, or without one.
    ColonOffset,
    PlainOffset,
}

/// How many digits a part has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    Exactly(usize),
    /// One, or two where they are needed.
    Few,
}

/// The letters of each part, longest first.
const LETTERS: [(&str, Field, Digits); 21] = [
    ("+00:00", Field::ColonOffset, Digits::Exactly(0)),
    ("+0000", Field::PlainOffset, Digits::Exactly(0)),
    ("CCYY", Field::Year, Digits::Exactly(4)),
    ("YYYY", Field::Year, Digits::Exactly(4)),
    ("MMM", Field::MonthName, Digits::Exactly(3)),
    ("fff", Field::Fraction, Digits::Exactly(3)),
    ("YY", Field::ShortYear, Digits::Exactly(2)),
    ("MM", Field::Month, Digits::Exactly(2)),
    ("DD", Field::Day, Digits::Exactly(2)),
    ("HH", Field::Hour, Digits::Exactly(2)),
    ("hh", Field::Hour12, Digits::Exactly(2)),
    ("mm", Field::Minute, Digits::Exactly(2)),
    ("ss", Field::Second, Digits::Exactly(2)),
    ("ff", Field::Fraction, Digits::Exactly(2)),
    ("AM", Field::Half, Digits::Exactly(2)),
    ("M", Field::Month, Digits::Few),
    ("D", Field::Day, Digits::Few),
    ("H", Field::Hour, Digits::Few),
    ("h", Field::Hour12, Digits::Few),
    ("f", Field::Fraction, Digits::Exactly(1)),
    ("Z", Field::Offset, Digits::Exactly(0)),
];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What the texts of a value have said so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::mapping) struct Said {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    hour: Option<i8>,
    hour12: Option<i8>,
    afternoon: Option<bool>,
    minute: Option<i8>,
    second: Option<i8>,
    nanosecond: Option<i32>,
    /// Seconds from UTC.
    offset: Option<i32>,
}

impl Pattern {
    /// Reads a form; the message says what is wrong with it.
    pub(in crate::mapping) fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let known = LETTERS.iter().find(|(letters, ..)| rest.starts_with(letters));
            if let Some((letters, field, digits)) = known {
                rest = &rest[letters.len()..];
                parts.push(Part::Field(*field, *digits));
            } else if let Some((literal, behind)) = rest.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
                parts.push(Part::Literal(literal.to_owned()));
                rest = behind;
            } else if first == '\'' {
                return Err("a `'` has no other one that ends its text".into());
            } else if first.is_alphanumeric() && first != 'T' {
                return Err(format!("`{first}` is no part of a date or time"));
            } else {
                parts.push(Part::Literal(first.to_string()));
                rest = &rest[first.len_utf8()..];
            }
        }
        let pattern = Self { parts, text: text.to_owned() };
        let few = |pair: &[Part]| matches!(pair, [Part::Field(_, Digits::Few), Part::Field(..)]);
        if pattern.parts.windows(2).any(few) {
            return Err("one letter means one or two digits, so something must stand behind it".into());
        }
        if !pattern.has_date() && !pattern.has_time() {
            return Err("it has no part of a date or time".into());
        }
        Ok(pattern)
    }

    /// Can the forms of a value, one for each of its texts, say a date or a time? The message says why not.
    pub(in crate::mapping) fn together(patterns: &[Self]) -> Result<(), &'static str> {
        let count =
            |fields: &[Field]| patterns.iter().flat_map(Self::fields).filter(|one| fields.contains(one)).count();
        let [year, month, day, hour, half_hour, half, minute, second, fraction, offset] = [
            count(&[Field::Year, Field::ShortYear]),
            count(&[Field::Month, Field::MonthName]),
            count(&[Field::Day]),
            count(&[Field::Hour]),
            count(&[Field::Hour12]),
            count(&[Field::Half]),
            count(&[Field::Minute]),
            count(&[Field::Second]),
            count(&[Field::Fraction]),
            count(&[Field::Offset, Field::ColonOffset, Field::PlainOffset]),
        ];
        let wrong = [
            (year > 1, "it has the year twice"),
            (month > 1, "it has the month twice; minutes are `mm`"),
            (minute > 1, "it has the minutes twice; the month is `MM`"),
            (day > 1, "it has the day twice; the day of a year is not read"),
            (hour + half_hour > 1, "it has the hour twice"),
            (half.max(second).max(fraction).max(offset) > 1, "it has a part twice"),
            (hour > 0 && half > 0, "`AM` stands beside an hour of 24: an hour of 12 is `hh` or `h`"),
            (half_hour != half, "an hour of 12 (`hh` or `h`) and `AM` go together; an hour of 24 is `HH` or `H`"),
            (minute > 0 && hour + half_hour == 0, "it has minutes (`mm`) and no hour; the month is `MM`"),
            (hour + half_hour > 0 && minute == 0, "it has an hour and no minutes (`mm`)"),
            (second > 0 && minute == 0 || fraction > second, "it has parts of a minute without what they are parts of"),
            (offset > 0 && minute == 0, "it has an offset and no time"),
            (year.max(month).max(day) > 0 && year * month * day == 0, "a date has a year, a month and a day"),
        ];
        wrong.iter().find(|(is, _)| *is).map_or(Ok(()), |(_, why)| Err(why))
    }

    fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Field(field, _) => Some(*field),
            Part::Literal(_) => None,
        })
    }

    /// Has it parts of a date?
    pub(in crate::mapping) fn has_date(&self) -> bool {
        self.fields().any(Field::is_of_date)
    }

    /// Has it parts of a time?
    pub(in crate::mapping) fn has_time(&self) -> bool {
        self.fields().any(|field| !field.is_of_date())
    }

    /// Could such a text hold this one?
    pub(in crate::mapping) fn may_hold(&self, text: &str) -> bool {
        let literal: String =
            self.parts.iter().map(|part| if let Part::Literal(text) = part { text.as_str() } else { "\0" }).collect();
        literal.contains(text) || (self.fields().any(Field::is_offset) && "+-:".contains(text))
    }

    /// Adds what a text says to `said`; false when it does not have this form.
    pub(in crate::mapping) fn read(&self, text: &str, said: &mut Said) -> bool {
        let mut rest = text;
        for part in &self.parts {
            let left = match part {
                Part::Literal(literal) => rest.strip_prefix(literal.as_str()),
                Part::Field(field, digits) => field.read(*digits, rest, said),
            };
            let Some(left) = left else { return false };
            rest = left;
        }
        rest.is_empty()
    }

    /// The text of what is said; all its parts must be.
    fn write(&self, said: &Said) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => out.push_str(literal),
                Part::Field(field, digits) => field.write(*digits, said, &mut out)?,
            }
        }
        Some(out)
    }
}

impl Field {
    fn is_offset(self) -> bool {
        matches!(self, Field::Offset | Field::ColonOffset | Field::PlainOffset)
    }

    fn is_of_date(self) -> bool {
        matches!(self, Field::Year | Field::ShortYear | Field::Month | Field::MonthName | Field::Day)
    }

    /// Reads the part at the start of `text`; what is left of it.
    fn read<'t>(self, digits: Digits, text: &'t str, said: &mut Said) -> Option<&'t str> {
        match self {
            Field::MonthName => {
                let (name, rest) = text.split_at_checked(3)?;
                let found = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
                said.month = Some(found as i8 + 1);
                return Some(rest);
            }
            Field::Half => {
                let (half, rest) = text.split_at_checked(2)?;
                said.afternoon = match half.to_ascii_uppercase().as_str() {
                    "AM" => Some(false),
                    "PM" => Some(true),
                    _ => return None,
                };
                return Some(rest);
            }
            _ if self.is_offset() => return read_offset(text, said),
            _ => {}
        }
        let there = text.bytes().take_while(u8::is_ascii_digit).count();
        let count = match digits {
            Digits::Exactly(count) => count,
            Digits::Few => there.min(2),
        };
        if count == 0 || there < count {
            return None;
        }
        let (number, rest) = text.split_at(count);
        let number: i16 = number.parse().ok()?;
        match self {
            Field::Year => said.year = Some(number),
            Field::ShortYear => said.year = Some(number + if number < 70 { 2000 } else { 1900 }),
            Field::Month => said.month = Some(number as i8),
            Field::Day => said.day = Some(number as i8),
            Field::Hour => said.hour = Some(number as i8),
            Field::Hour12 => said.hour12 = Some((1..=12).contains(&number).then_some(number as i8)?),
            Field::Minute => said.minute = Some(number as i8),
            Field::Second => said.second = Some(number as i8),
            _ => said.nanosecond = Some(i32::from(number) * 10_i32.pow(9 - count as u32)),
        }
        Some(rest)
    }

    fn write(self, digits: Digits, said: &Said, out: &mut String) -> Option<()> {
        let number = match self {
            Field::Year => i32::from(said.year?),
            Field::ShortYear => i32::from(said.year.filter(|year| (1970..2070).contains(year))? % 100),
            Field::Month => i32::from(said.month?),
            Field::MonthName => {
                out.push_str(MONTHS[said.month? as usize - 1]);
                return Some(());
            }
            Field::Day => i32::from(said.day?),
            Field::Hour => i32::from(said.hour?),
            Field::Hour12 => i32::from((said.hour? + 11) % 12 + 1),
            Field::Half => {
                out.push_str(if said.hour? < 12 { "AM" } else { "PM" });
                return Some(());
            }
            Field::Minute => i32::from(said.minute?),
            Field::Second => i32::from(said.second?),
            Field::Fraction => {
                let Digits::Exactly(count) = digits else { return None };
                let step = 10_i32.pow(9 - count as u32);
                said.nanosecond.filter(|nanosecond| nanosecond % step == 0)? / step
            }
            Field::Offset | Field::ColonOffset | Field::PlainOffset => {
                let seconds = Offset::from_seconds(said.offset?).ok()?.seconds();
                let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
                out.push_str(&match self {
                    Field::Offset if seconds == 0 => "Z".to_owned(),
                    Field::PlainOffset => format!("{sign}{:02}{:02}", minutes / 60, minutes % 60),
                    _ => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
                });
                return Some(());
            }
        };
        match digits {
            Digits::Exactly(count) => out.push_str(&format!("{number:0count$}")),
            Digits::Few => out.push_str(&number.to_string()),
        }
        Some(())
    }
}

/// `Z`, `+02:00`, `+0200` or `+02`.
fn read_offset<'t>(text: &'t str, said: &mut Said) -> Option<&'t str> {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        said.offset = Some(0);
        return Some(rest);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, rest) = digits.split_at_checked(2)?;
    let minutes = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = match minutes.split_at_checked(2) {
        Some((two, left)) if two.bytes().all(|byte| byte.is_ascii_digit()) => (two.parse().ok()?, left),
        _ => (0, rest),
    };
    said.offset = Some(sign * (hours.parse::<u8>().ok().map(i32::from)? * 3600 + minutes * 60));
    Some(rest)
}

impl Said {
    /// The hour, of a day of 24.
    fn hour(&self) -> Option<i8> {
        match (self.hour, self.hour12, self.afternoon) {
            (Some(hour), ..) => Some(hour),
            (None, Some(hour), afternoon) => Some(hour % 12 + if afternoon == Some(true) { 12 } else { 0 }),
            _ => None,
        }
    }

    fn date(&self) -> Option<civil::Date> {
        civil::Date::new(self.year?, self.month?, self.day?).ok()
    }

    fn time(&self) -> Option<civil::Time> {
        let second = self.second.unwrap_or(0);
        civil::Time::new(self.hour()?, self.minute?, second, self.nanosecond.unwrap_or(0)).ok()
    }

    /// A canonical date.
    pub(in crate::mapping) fn as_date(&self) -> Option<String> {
        self.date().map(|date| date.to_string())
    }

    /// A canonical time, in its shortest form.
    pub(in crate::mapping) fn as_time(&self) -> Option<String> {
        let time = self.time()?;
        let text = time.to_string();
        let short = time.second() == 0 && time.subsec_nanosecond() == 0;
        Some(if short { text[..5].to_owned() } else { text })
    }

    /// A canonical instant, and what is doubtful about it; a date where no text says a time.
    pub(in crate::mapping) fn as_instant(&self, zone: &TimeZone) -> Option<Instant> {
        let date = self.date()?;
        if self.hour.is_none() && self.hour12.is_none() && self.minute.is_none() {
            return Some((date.to_string(), None));
        }
        let own = match self.offset {
            Some(seconds) => TimeZone::fixed(Offset::from_seconds(seconds).ok()?),
            None => zone.clone(),
        };
        instant_of(date.to_datetime(self.time()?), own, zone)
    }

    fn of_date(date: civil::Date) -> Self {
        Self { year: Some(date.year()), month: Some(date.month()), day: Some(date.day()), ..Self::default() }
    }

    fn with_time(self, time: civil::Time) -> Self {
        let nanosecond = Some(time.subsec_nanosecond());
        Self { hour: Some(time.hour()), minute: Some(time.minute()), second: Some(time.second()), nanosecond, ..self }
    }

    /// What a canonical date, time or instant says, in `zone`.
    fn of(text: &str, zone: &TimeZone) -> Option<Self> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            let local = instant.to_zoned(zone.clone());
            let said = Self::of_date(local.date()).with_time(local.time());
            return Some(Self { offset: Some(local.offset().seconds()), ..said });
        }
        if let Ok(time) = text.parse::<civil::Time>() {
            return Some(Self::default().with_time(time));
        }
        text.parse().ok().map(Self::of_date)
    }
}

/// The texts of a canonical date, time or instant, one for each form; none of a form that has only the time which a date
/// does not say.
pub(in crate::mapping) fn written(patterns: &[Pattern], text: &str, zone: &TimeZone) -> Result<Vec<String>, Fault> {
    let shown = || patterns.iter().map(|pattern| pattern.text.as_str()).collect::<Vec<_>>().join("`, `");
    let unfit = |why: &str| Err(refused(format!("{text} {why} its form `{}`", shown()), "send a value that fits"));
    let Some(said) = Said::of(text, zone) else {
        return unfit("is no date or time that can be written in");
    };
    let of_date = said.hour.is_none();
    let mut texts = Vec::new();
    for pattern in patterns {
        let left_out = of_date && !pattern.has_date();
        match pattern.write(&said) {
            _ if left_out => texts.push(String::new()),
            Some(written) => texts.push(written),
            None => return unfit("does not have what is asked by"),
        }
    }
    // What the forms have no place for would be lost.
    let mut again = Said::default();
    let pairs = patterns.iter().zip(&texts).filter(|(_, text)| !text.is_empty());
    let read = pairs.fold(true, |read, (pattern, text)| read && pattern.read(text, &mut again));
    let shortest = Said::of(text, zone).and_then(|said| match (said.year, said.hour) {
        (Some(_), Some(_)) => said.as_instant(zone).map(|(text, _)| text),
        (Some(_), None) => said.as_date(),
        _ => said.as_time(),
    });
    let found = match (said.year, said.hour) {
        (None, _) => again.as_time(),
        _ => again.as_instant(zone).map(|(text, _)| text),
    };
    match read && found.is_some() && found == shortest {
        true => Ok(texts),
        false => unfit("says more than can be said in"),
    }
}

/// A canonical date, time or instant in one form, whose parts it may have more of; `None` where it has not all of them.
pub(in crate::mapping) fn in_form(pattern: &Pattern, text: &str, zone: &TimeZone) -> Option<String> {
    pattern.write(&Said::of(text, zone)?)
}

/// Texts in one form that show how it differs from others: a day that is no month, a year that is no day, numbers of one digit.
pub(in crate::mapping) fn samples(pattern: &Pattern) -> Vec<String> {
    let days = ["2045-10-31T23:45:56Z", "2033-03-04T04:05:06Z"];
    days.iter().filter_map(|day| in_form(pattern, day, &TimeZone::UTC)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Said, written};
    use jiff::tz::TimeZone;

    fn patterns(forms: &[&str]) -> Vec<Pattern> {
        forms.iter().map(|form| Pattern::parse(form).unwrap_or_else(|error| panic!("{form}: {error}"))).collect()
    }

    fn said(forms: &[&str], texts: &[&str]) -> Option<Said> {
        let mut said = Said::default();
        let read = |(pattern, text): (&Pattern, &&str)| text.is_empty() || pattern.read(text, &mut said);
        let read = patterns(forms).iter().zip(texts).all(read);
        read.then_some(said)
    }

    fn zone() -> TimeZone {
        TimeZone::get("America/Los_Angeles").expect("bundled")
    }

    #[test]
    fn dates_and_times_go_both_ways() {
        let check = |forms: &[&str], texts: &[&str], canonical: &str| {
            let said = said(forms, texts).expect("can be read");
            let found = said.as_instant(&zone()).map(|(text, _)| text).or_else(|| said.as_time());
            assert_eq!(found.as_deref(), Some(canonical), "{forms:?}");
            assert_eq!(written(&patterns(forms), canonical, &zone()).expect("can be written"), texts, "{forms:?}");
        };
        check(&["YYMMDD"], &["260310"], "2026-03-10");
        check(&["M/D/YYYY h:mm:ss AM"], &["3/4/2025 4:47:26 PM"], "2025-03-04T16:47:26-08:00");
        check(&["M/D/YYYY h:mm:ss AM"], &["12/31/2025 12:00:00 AM"], "2025-12-31T00:00:00-08:00");
        check(&["YYYY-MM-DDTHH:mm:ss"], &["2026-03-10T14:00:00"], "2026-03-10T14:00:00-07:00");
        check(&["YYYY-MM-DDTHH:mm:ssZ"], &["2026-03-10T14:00:00-07:00"], "2026-03-10T14:00:00-07:00");
        check(&["DD-MMM-YY"], &["04-Mar-25"], "2025-03-04");
        check(&["YYYYMMDD", "HHmm"], &["20260310", "1400"], "2026-03-10T14:00:00-07:00");
        check(&["CCYYMMDD", "HHmm"], &["20260310", ""], "2026-03-10");
        check(&["YYYY", "MM", "DD"], &["2026", "03", "10"], "2026-03-10");
        check(&["HH.mm"], &["08.30"], "08:30");
        check(&["HHmmssff"], &["08301550"], "08:30:15.5");
    }

    #[test]
    fn another_form_is_not_read() {
        for (form, text) in [
            ("YYYY-MM-DD", "2026-3-10"),
            ("M/D/YYYY", "3/10/26"),
            ("YYMMDD", "2603101"),
            ("h:mm AM", "13:00 PM"),
            ("MMM", "Foo"),
        ] {
            assert_eq!(said(&[form], &[text]), None, "{form} {text}");
        }
        assert_eq!(said(&["YYYY-MM-DD"], &["2026-02-30"]).expect("has the form").as_date(), None);
    }

    #[test]
    fn what_a_form_cannot_say_is_refused() {
        let check = |form: &str, text: &str, expected: &str| {
            assert_eq!(written(&patterns(&[form]), text, &zone()).expect_err(form).message, expected);
        };
        check(
            "YYYY-MM-DD",
            "2026-03-10T14:00:00-07:00",
            "2026-03-10T14:00:00-07:00 says more than can be said in its form `YYYY-MM-DD`",
        );
        check(
            "M/D/YYYY h:mm AM",
            "2026-03-10",
            "2026-03-10 does not have what is asked by its form `M/D/YYYY h:mm AM`",
        );
        check("HH:mm", "08:30:15", "08:30:15 says more than can be said in its form `HH:mm`");
        check("YYMMDD", "1969-12-31", "1969-12-31 does not have what is asked by its form `YYMMDD`");
        // That hour comes twice.
        check(
            "YYYYMMDDHHmm",
            "2026-11-01T01:30:00-08:00",
            "2026-11-01T01:30:00-08:00 says more than can be said in its form `YYYYMMDDHHmm`",
        );
    }

    #[test]
    fn a_form_that_cannot_be_read_is_none() {
        for form in ["", "/", "Q", "MD", "YYYY-MM-DDxHH", "YYYY-MM-DD'"] {
            assert!(Pattern::parse(form).is_err(), "{form}");
        }
    }

    #[test]
    fn forms_that_could_never_say_a_date_or_time_or_would_say_another_are_refused() {
        for forms in [
            &["YYYY-MM-DD HH:mm AM"][..],
            &["YYYY-MM-DD hh:mm"],
            &["YYYYMMDD", "hhmm"],
            &["MM/YYYY"],
            &["YYYYDDD"],
            &["YYYY-mm-DD"],
            &["YYYY-MM-DD HH:MM"],
            &["YYYY-DD-DD"],
            &["YYYYMMDD", "YYYYMMDD"],
            &["HH"],
            &["HH:mm f"],
            &["YYYYMMDDZ"],
        ] {
            assert!(Pattern::together(&patterns(forms)).is_err(), "{forms:?}");
        }
        for forms in [&["YYYYMMDD", "HHmm"][..], &["YYYY", "MM", "DD"], &["h:mm:ss.fff AM"], &["DD-MMM-YY HH:mmZ"]] {
            assert_eq!(Pattern::together(&patterns(forms)), Ok(()), "{forms:?}");
        }
    }
}
