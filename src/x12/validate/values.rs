//! The form of single values: numbers, dates, times, lengths. Knows types, not segments.

use jiff::civil::Date;

use crate::diagnostic::codes::{
    X12_ELEMENT_DATE, X12_ELEMENT_TIME, X12_ELEMENT_TOO_LONG, X12_ELEMENT_TOO_SHORT, X12_ELEMENT_TYPE,
};
use crate::diagnostic::{Code, Severity};
use crate::tree::{ElementType, ElementUse};

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not of the form of its type; the words say which form that is.
    Type(&'static str),
    Date,
    Time,
    /// So many characters (numbers: digits), more than allowed.
    TooLong(usize),
    /// So many characters (numbers: digits), fewer than needed.
    TooShort(usize),
}

impl Fault {
    pub(super) fn code(self) -> Code {
        match self {
            Fault::Type(_) => X12_ELEMENT_TYPE,
            Fault::Date => X12_ELEMENT_DATE,
            Fault::Time => X12_ELEMENT_TIME,
            Fault::TooLong(_) => X12_ELEMENT_TOO_LONG,
            Fault::TooShort(_) => X12_ELEMENT_TOO_SHORT,
        }
    }
}

/// The code under which a set with this text as a value of the element is rejected; `None` where it is not.
#[must_use]
pub fn rejected(element: &ElementUse, text: &str) -> Option<Code> {
    let fault = faults(element, text).into_iter().next()?;
    Some(fault.code()).filter(|code| code.severity() == Severity::Error)
}

/// How the standard writes dates and times of an element, such as `CCYYMMDD`; empty for other types.
#[must_use]
pub fn form_of(element: &ElementUse) -> &'static str {
    match element.kind {
        ElementType::Date if element.min == 8 => "CCYYMMDD",
        ElementType::Date if element.max == 6 => "YYMMDD",
        ElementType::Date => "YYMMDD or CCYYMMDD",
        ElementType::Time => "HHMM, HHMMSS or HHMMSSDD",
        _ => "",
    }
}

/// What is wrong with `text` as a value of this element: its form, else its length, and with a date or time both. Blanks at its
/// end are no part of it.
pub(super) fn faults(element: &ElementUse, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let whole = text;
    let text = whole.trim_end_matches(' ');
    match element.kind {
        ElementType::Implied(_) | ElementType::Decimal => {
            let point = element.kind == ElementType::Decimal;
            match digits(text, point) {
                None if point => faults.push(Fault::Type("a number")),
                None => faults.push(Fault::Type("a whole number")),
                Some(digits) => faults.extend(length(element, digits, digits)),
            }
        }
        ElementType::Date => {
            if !is_date(text) {
                faults.push(Fault::Date);
            }
            let count = text.chars().count();
            faults.extend(length(element, count, count));
        }
        ElementType::Time => {
            if !is_time(text) {
                faults.push(Fault::Time);
            }
            let count = text.chars().count();
            faults.extend(length(element, count, count));
        }
        ElementType::Text | ElementType::Code => {
            // They may fill an element up to its least length.
            faults.extend(length(element, whole.chars().count(), text.chars().count()));
        }
        ElementType::Binary | ElementType::Composite => {}
    }
    faults
}

fn length(element: &ElementUse, at_least: usize, at_most: usize) -> Option<Fault> {
    if at_most > element.max as usize {
        Some(Fault::TooLong(at_most))
    } else if at_least < element.min as usize {
        Some(Fault::TooShort(at_least))
    } else {
        None
    }
}

/// The number of digits of a number; sign and decimal point do not count, nor does the `E` before an exponent. A number that may
/// have a point may have an exponent: `1.5E3`, `2E-2`.
fn digits(text: &str, point: bool) -> Option<usize> {
    if let Some((number, exponent)) = text.split_once('E').filter(|_| point) {
        return Some(digits(number, true)? + digits(exponent, false)?);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let points = unsigned.bytes().filter(|byte| *byte == b'.').count();
    let digits = unsigned.bytes().filter(u8::is_ascii_digit).count();
    (digits > 0 && points <= usize::from(point) && digits + points == unsigned.len()).then_some(digits)
}

/// Digits, at least `least` of them, with at most one point: true of nearly all numbers, and quickly said.
pub(super) fn is_plain_decimal(bytes: &[u8], least: usize) -> bool {
    let mut points = 0;
    for byte in bytes {
        match byte {
            b'0'..=b'9' => {}
            b'.' => points += 1,
            _ => return false,
        }
    }
    points <= 1 && bytes.len() - points >= least.max(1)
}

/// YYMMDD or CCYYMMDD, and a day of the calendar. The century of a two-digit year does not matter for that, but for
/// 29 February 1900.
fn is_date(text: &str) -> bool {
    let Some((rest, day)) = text.len().checked_sub(2).and_then(|at| text.split_at_checked(at)) else {
        return false;
    };
    let Some((year, month)) = rest.len().checked_sub(2).and_then(|at| rest.split_at_checked(at)) else {
        return false;
    };
    if !matches!(year.len(), 2 | 4) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<i16>(), month.parse(), day.parse()) else {
        return false;
    };
    let year = if text.len() == 6 { 2000 + year } else { year };
    Date::new(year, month, day).is_ok()
}

/// HHMM, HHMMSS, HHMMSSD or HHMMSSDD, and a time of the day.
fn is_time(text: &str) -> bool {
    let below =
        |at: usize, limit: u8| text.get(at..at + 2).is_none_or(|two| two.parse::<u8>().is_ok_and(|two| two < limit));
    matches!(text.len(), 4 | 6..=8)
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && below(0, 24)
        && below(2, 60)
        && below(4, 60)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Fault, faults, is_plain_decimal};
    use crate::tree::{ElementType, ElementUse, Requirement, is_plain_date};

    fn check(kind: ElementType, min: u32, max: u32, text: &str, expected: &[Fault]) {
        let element = ElementUse {
            number: Arc::from("1"),
            name: Arc::from("Element"),
            kind,
            min,
            max,
            requirement: Requirement::Optional,
            repeat: 1,
            components: Vec::new(),
            notes: Default::default(),
            list: ElementUse::NO_LIST,
        };
        assert_eq!(faults(&element, text), expected, "{text}");
    }

    #[test]
    fn numbers_have_digits_a_minus_and_where_allowed_a_point_and_only_digits_count() {
        let (whole, decimal) = (ElementType::Implied(0), ElementType::Decimal);
        let whole_form = Fault::Type("a whole number");
        let decimal_form = Fault::Type("a number");
        check(whole, 1, 3, "-123", &[]);
        check(whole, 1, 3, "0123", &[Fault::TooLong(4)]);
        check(ElementType::Implied(2), 3, 9, "-12", &[Fault::TooShort(2)]);
        for text in ["12A", "1.5", "+1", "1,000", "-", "1-", " 1", "١"] {
            check(whole, 1, 9, text, &[whole_form]);
        }
        for text in ["1", "-.5", "5.", "1234.56", "-0.5"] {
            check(decimal, 1, 6, text, &[]);
            check(decimal, 1, 6, &format!("{text}  "), &[]);
        }
        check(decimal, 1, 5, "1234.56", &[Fault::TooLong(6)]);
        for text in ["1E5", "1.5E3", "-2.E-12"] {
            check(decimal, 1, 3, text, &[]);
            check(whole, 1, 9, text, &[whole_form]);
        }
        check(decimal, 1, 2, "1.5E3", &[Fault::TooLong(3)]);
        for text in [".", "1.2.3", "1e5", "1E", "E5", "1E+5", "1E5.", "1E5E5", "1,5", " 12"] {
            check(decimal, 1, 9, text, &[decimal_form]);
        }
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        for text in ["20261120", "20240229"] {
            check(ElementType::Date, 8, 8, text, &[]);
        }
        for text in ["20261131", "20230229", "20261301", "2026-1-1", "00000000", "2026112A"] {
            check(ElementType::Date, 8, 8, text, &[Fault::Date]);
        }
        check(ElementType::Date, 8, 8, "20261120  ", &[]);
        check(ElementType::Date, 8, 8, "261120", &[Fault::TooShort(6)]);
        check(ElementType::Date, 6, 6, "000229", &[]);
        check(ElementType::Date, 8, 8, "é", &[Fault::Date, Fault::TooShort(1)]);
        check(ElementType::Date, 8, 8, "202611201", &[Fault::Date, Fault::TooLong(9)]);
    }

    #[test]
    fn what_is_plainly_sound_has_no_fault() {
        let pieces = ["", "0", "1", "9", "12", "28", "29", "02", "2026", "0000", ".", "-", "A", " "];
        let words: Vec<String> = pieces.iter().flat_map(|a| pieces.iter().map(move |b| format!("{a}{b}"))).collect();
        let mut plain = 0;
        for text in words.iter().flat_map(|a| words.iter().map(move |b| format!("{a}{b}"))) {
            if is_plain_decimal(text.as_bytes(), 2) && text.len() <= 5 {
                check(ElementType::Decimal, 2, 5, &text, &[]);
                plain += 1;
            }
            if is_plain_date(text.as_bytes()) {
                check(ElementType::Date, 8, 8, &text, &[]);
                plain += 1;
            }
        }
        assert!(plain > 1000, "{plain}");
    }

    #[test]
    fn times_are_times_of_the_day() {
        for text in ["0000", "2359", "235959", "1200001", "12000099"] {
            check(ElementType::Time, 4, 8, text, &[]);
        }
        for text in ["2400", "1260", "120060", "12:00", "12000"] {
            check(ElementType::Time, 4, 8, text, &[Fault::Time]);
        }
        check(ElementType::Time, 4, 8, "930", &[Fault::Time, Fault::TooShort(3)]);
    }

    #[test]
    fn text_is_measured_in_characters_and_blanks_at_its_end_do_not_make_it_too_long() {
        check(ElementType::Text, 2, 5, "Zoëëë", &[]);
        check(ElementType::Text, 2, 5, "Zoëëëë", &[Fault::TooLong(6)]);
        check(ElementType::Text, 2, 5, "ABCDE   ", &[]);
        check(ElementType::Text, 2, 5, "A", &[Fault::TooShort(1)]);
        check(ElementType::Code, 2, 2, "A ", &[]);
    }
}
