//! How the text of an element becomes a canonical value, and back: numbers, dates, times, instants, text.
//!
//! Each pair of functions is inverse on its domain; a value outside the domain is a [`Fault`], never cut or rounded.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use rust_decimal::Decimal;

use crate::canonical::{number, scalar};
use crate::diagnostic::{Code, codes};
use crate::tree::{ElementType, ElementUse, is_plain_date};

use super::context::Context;
use super::element_text::ElementText;
use super::plan::CodeTable;

/// The key of an identifier whose scheme the document leaves out.
pub(super) const NO_SCHEME: &str = "unspecified";

/// Why a text is no value of its field, or a value no text of its element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Fault {
    pub(super) fn unreadable(bytes: &[u8], what: &str) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Self {
            code: codes::MAPPING_UNREADABLE_VALUE,
            message: format!("`{text}` is not {what}"),
            remedy: "ask the partner to correct the value and send the document again".into(),
        }
    }

    fn does_not_fit(message: String, remedy: &str) -> Self {
        Self { code: codes::MAPPING_VALUE_DOES_NOT_FIT, message, remedy: remedy.into() }
    }

    pub(super) fn unknown_code(code: &str, table: &CodeTable) -> Self {
        Self {
            code: codes::MAPPING_UNKNOWN_CODE,
            message: format!("code `{code}` is not in the table `codes.{}`", table.name),
            remedy: format!(
                "find out what the partner means by it and add `{code} = \"...\"` to [codes.{}] of their mapping; what it has \
                 stands in {}",
                table.name, table.line
            ),
        }
    }

    /// A code that is in no row of the table, and the word of another one: kept, it would be read and written as that.
    pub(super) fn word_of_another_code(code: &str, other: &str, table: &CodeTable) -> Self {
        Self {
            code: codes::MAPPING_UNKNOWN_CODE,
            message: format!(
                "code `{code}` is not in the table `codes.{}`, and is the word that it has for the code `{other}`",
                table.name
            ),
            remedy: format!(
                "find out what the partner means by it and add `{code} = \"...\"` to [codes.{}] of their mapping; what it has \
                 stands in {}",
                table.name, table.line
            ),
        }
    }

    pub(super) fn unknown_word(word: &str, table: &CodeTable) -> Self {
        let mut known: Vec<&str> = table.codes.keys().map(String::as_str).collect();
        known.sort_unstable();
        Self {
            code: codes::MAPPING_UNKNOWN_WORD,
            message: format!("the table `codes.{}` has no code for `{word}`", table.name),
            remedy: format!(
                "send one of {}, or add a code for `{word}` to [codes.{}], {}",
                known.join(", "),
                table.name,
                table.line
            ),
        }
    }
}

/// A number of type R or Nn with so many implied decimals.
#[inline]
pub(super) fn number_in(bytes: &[u8], implied: u8) -> Result<Decimal, Fault> {
    known_number(bytes, implied).map_err(|what| Fault::unreadable(bytes.trim_ascii(), what))
}

/// The same; what it is not, where it is none.
#[inline]
pub(super) fn known_number(bytes: &[u8], implied: u8) -> Result<Decimal, &'static str> {
    match number::parse(bytes) {
        Some(number) if implied == 0 => Ok(number),
        _ => unusual_number(bytes, implied),
    }
}

/// The same for a number with blanks, a plus sign or implied decimals.
fn unusual_number(bytes: &[u8], implied: u8) -> Result<Decimal, &'static str> {
    let bytes = bytes.trim_ascii();
    let unsigned = bytes.strip_prefix(b"+").unwrap_or(bytes);
    let read = if implied == 0 { number::parse_r(unsigned) } else { number::parse(unsigned) };
    let mut value = read.ok_or("a number")?;
    // With a point it says itself where its decimals begin.
    if implied > 0 && !bytes.contains(&b'.') {
        value.set_scale(u32::from(implied)).map_err(|_| "a number of this length")?;
        value = value.normalize();
    }
    Ok(value)
}

/// The inverse of [`number_in`].
pub(super) fn number_out(value: Decimal, implied: u8, element: &ElementUse) -> Result<ElementText<'static>, Fault> {
    let fault = |message| {
        Err(Fault::does_not_fit(message, "send a value that fits, or agree on another element with the partner"))
    };
    let mut scaled = value;
    if implied > 0 || matches!(element.kind, ElementType::Implied(_)) {
        scaled.rescale(u32::from(implied));
        if scaled != value {
            return fault(format!(
                "{value} has more than {implied} decimals, which {} cannot hold",
                described(element)
            ));
        }
        // A number of many digits is only scaled as far as it goes.
        if scaled.scale() != u32::from(implied) {
            return Err(too_long(value));
        }
        scaled.set_scale(0).map_err(|_| too_long(value))?;
    }
    let mut buffer = [0; number::WIDTH];
    let text = number::written(scaled, &mut buffer);
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count() as u32;
    if digits > element.max {
        return fault(format!("{value} has {digits} digits, {} takes at most {}", described(element), element.max));
    }
    let missing = element.min.saturating_sub(digits) as usize;
    if missing > 0 {
        let (sign, rest) = text.split_at(usize::from(text[0] == b'-'));
        return Ok(ElementText::ascii(&[sign, &b"0".repeat(missing), rest].concat()));
    }
    Ok(ElementText::ascii(text))
}

/// A number whose digits and implied decimals are more than can be computed with.
pub(super) fn too_long(value: Decimal) -> Fault {
    let message = format!("{value} has more digits than can be written with its implied decimals");
    Fault::does_not_fit(message, "send a shorter number")
}

fn described(element: &ElementUse) -> String {
    format!("element {} ({})", element.number, element.name)
}

/// CCYYMMDD, or YYMMDD (00-69 are of this century), as `YYYY-MM-DD`.
#[inline]
pub(super) fn date_in(bytes: &[u8]) -> Result<DateText, Fault> {
    match *bytes {
        [c, e, y, z, m, n, d, f] if is_plain_date(bytes) => Ok(DateText([c, e, y, z, b'-', m, n, b'-', d, f])),
        _ => unusual_date(bytes),
    }
}

/// The same for a date of two-digit year, or late in its month.
fn unusual_date(bytes: &[u8]) -> Result<DateText, Fault> {
    let date = civil_date(bytes).ok_or_else(|| Fault::unreadable(bytes, "a date (CCYYMMDD)"))?;
    let century = if date.year() < 2000 { *b"19" } else { *b"20" };
    Ok(DateText(match *bytes {
        [c, e, y, z, m, n, d, f] => [c, e, y, z, b'-', m, n, b'-', d, f],
        [y, z, m, n, d, f] => [century[0], century[1], y, z, b'-', m, n, b'-', d, f],
        _ => return Err(Fault::unreadable(bytes, "a date (CCYYMMDD)")),
    }))
}

/// A date as `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateText([u8; 10]);

impl std::ops::Deref for DateText {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn civil_date(bytes: &[u8]) -> Option<civil::Date> {
    if !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |at: usize| (bytes[at] - b'0') as i16 * 10 + (bytes[at + 1] - b'0') as i16;
    let (year, rest) = match bytes.len() {
        8 => (two(0) * 100 + two(2), 4),
        6 => (two(0) + if two(0) < 70 { 2000 } else { 1900 }, 2),
        _ => return None,
    };
    civil::Date::new(year, two(rest) as i8, two(rest + 2) as i8).ok()
}

/// The inverse of [`date_in`], for an element of 6 or 8 characters.
pub(super) fn date_out(text: &str, element: &ElementUse) -> Result<ElementText<'static>, Fault> {
    let date = date_of(text.get(..10).unwrap_or(text)).ok_or_else(|| Fault::unreadable(text.as_bytes(), "a date"))?;
    let long = date_digits(date);
    if element.kind == ElementType::Date && element.max == 6 {
        if !(1970..2070).contains(&date.year()) {
            let message = format!("{text} does not fit a date of two-digit year");
            return Err(Fault::does_not_fit(message, "send a date between 1970 and 2069"));
        }
        return Ok(ElementText::ascii(&long[2..]));
    }
    Ok(ElementText::ascii(&long))
}

/// `YYYY-MM-DD` as CCYYMMDD, whatever the element is.
pub(super) fn day_out(text: &str) -> Option<ElementText<'static>> {
    date_of(text).map(|date| ElementText::ascii(&date_digits(date)))
}

/// The day that a canonical text names.
fn date_of(text: &str) -> Option<civil::Date> {
    match text.as_bytes() {
        [y, yy, yyy, yyyy, b'-', m, mm, b'-', d, dd] => civil_date(&[*y, *yy, *yyy, *yyyy, *m, *mm, *d, *dd]),
        _ => text.parse().ok(),
    }
}

/// CCYYMMDD.
fn date_digits(date: civil::Date) -> [u8; 8] {
    let [c, cc] = two_digits(date.year() / 100);
    let [y, yy] = two_digits(date.year() % 100);
    let [m, mm] = two_digits(date.month().into());
    let [d, dd] = two_digits(date.day().into());
    [c, cc, y, yy, m, mm, d, dd]
}

/// A number below 100.
fn two_digits(number: i16) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// HHMM[SS[d[d]]] as `HH:MM[:SS[.d[d]]]`.
pub(super) fn time_in(bytes: &[u8]) -> Result<String, Fault> {
    civil_time(bytes).ok_or_else(|| Fault::unreadable(bytes, "a time (HHMM or HHMMSS)"))?;
    let digits = String::from_utf8_lossy(bytes);
    let mut text = format!("{}:{}", &digits[..2], &digits[2..4]);
    if digits.len() > 4 {
        text.push_str(&format!(":{}", &digits[4..6]));
    }
    if digits.len() > 6 {
        text.push_str(&format!(".{}", &digits[6..]));
    }
    Ok(text)
}

pub(super) fn civil_time(bytes: &[u8]) -> Option<civil::Time> {
    if !bytes.iter().all(u8::is_ascii_digit) || ![4, 6, 7, 8].contains(&bytes.len()) {
        return None;
    }
    let two = |at: usize| {
        if at < bytes.len() {
            ((bytes[at] - b'0') * 10 + bytes.get(at + 1).map_or(0, |digit| digit - b'0')) as i8
        } else {
            0
        }
    };
    civil::Time::new(two(0), two(2), two(4), i32::from(two(6)) * 10_000_000).ok()
}

/// The inverse of [`time_in`].
pub(super) fn time_out(text: &str) -> Result<ElementText<'static>, Fault> {
    let mut digits = [0; LONGEST_TIME + 1];
    let mut count = 0;
    for digit in text.bytes().filter(u8::is_ascii_digit).take(digits.len()) {
        digits[count] = digit;
        count += 1;
    }
    civil_time(&digits[..count]).ok_or_else(|| Fault::unreadable(text.as_bytes(), "a time"))?;
    Ok(ElementText::ascii(&digits[..count]))
}

/// Digits of a time with hundredths of a second.
const LONGEST_TIME: usize = 8;

/// An instant as canonical text, and what is doubtful about it.
pub(super) type Instant = (String, Option<String>);

/// Date, time and time code (element 623) as an instant in `zone`; a date without a time stays a date.
pub(super) fn instant_in(
    date: &[u8],
    time: Option<&[u8]>,
    code: Option<&[u8]>,
    zone: &TimeZone,
) -> Result<Instant, Fault> {
    let Some(time) = time else { return date_in(date).map(|date| (str::to_owned(&date), None)) };
    let day = civil_date(date).ok_or_else(|| Fault::unreadable(date, "a date (CCYYMMDD)"))?;
    let clock = civil_time(time).ok_or_else(|| Fault::unreadable(time, "a time (HHMM or HHMMSS)"))?;
    let said = match code {
        None | Some(b"LT") => zone.clone(),
        Some(code) => {
            zone_of(code).ok_or_else(|| Fault::unreadable(code, "a time code (element 623) that can be read"))?
        }
    };
    instant_of(day.to_datetime(clock), said, zone)
        .ok_or_else(|| Fault::unreadable(date, "a date that can be told in the partner's zone"))
}

/// What the clocks of `own` show, in `zone`. Where they show it twice that day the first is meant, and where they leave it
/// out it is as much later as they go forward: either may be wrong, and is doubtful.
pub(super) fn instant_of(local: civil::DateTime, own: TimeZone, zone: &TimeZone) -> Option<Instant> {
    let found = own.into_ambiguous_zoned(local);
    let name = || found.time_zone().iana_name().unwrap_or("its zone");
    let doubt = match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => {
            Some(format!("there is no {local} in {}, where the clocks go forward then", name()))
        }
        AmbiguousOffset::Fold { .. } => {
            Some(format!("{local} comes twice in {}, where the clocks go back then", name()))
        }
    };
    let instant = found.compatible().ok()?.with_time_zone(zone.clone());
    Some((instant_text(&instant), doubt))
}

fn instant_text(instant: &jiff::Zoned) -> String {
    let at = instant.datetime();
    let seconds = instant.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{at}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A date or instant in an element of type DT, its time in one of type TM; `None` for the time of a date without one.
pub(super) fn day_or_time_out(
    text: &str,
    zone: &TimeZone,
    element: &ElementUse,
) -> Result<Option<ElementText<'static>>, Fault> {
    if element.kind == ElementType::Time && scalar::is_time(text) {
        return time_out(text).map(Some);
    }
    let [day, time, _] = instant_out(text, zone, true)?;
    match element.kind {
        ElementType::Time => Ok((!time.is_empty()).then_some(time)),
        _ => {
            let (year, rest) = day.split_at(4);
            let (month, day) = rest.split_at(2);
            date_out(&format!("{year}-{month}-{day}"), element).map(Some)
        }
    }
}

/// The inverse of [`instant_in`]: date, time and time code; only a date for a date. `coded`: there is a place for the code.
pub(super) fn instant_out(text: &str, zone: &TimeZone, coded: bool) -> Result<[ElementText<'static>; 3], Fault> {
    let unreadable = || Fault::unreadable(text.as_bytes(), "a date or an instant (RFC 3339)");
    if text.len() == 10 {
        return Ok([day_out(text).ok_or_else(unreadable)?, ElementText::default(), ElementText::default()]);
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| unreadable())?;
    let local = instant.to_zoned(zone.clone());
    let hundredths = local.subsec_nanosecond() / 10_000_000;
    if local.subsec_nanosecond() % 10_000_000 != 0 {
        let message = format!("{text} is finer than hundredths of a second, which X12 times end at");
        return Err(Fault::does_not_fit(message, "send whole seconds"));
    }
    let parts = [i16::from(local.hour()), local.minute().into(), local.second().into(), hundredths as i16];
    let time = parts.map(two_digits);
    let shown = if hundredths > 0 {
        4
    } else if local.second() > 0 {
        3
    } else {
        2
    };
    // On the day the clocks go back an hour comes twice: only the offset says which of the two is meant.
    let twice = zone.to_ambiguous_zoned(local.datetime()).is_ambiguous();
    let code = match twice {
        false => Some(code_of(zone).into()),
        true if coded => code_of_offset(zone, local.offset()).map(ElementText::from),
        true => None,
    };
    let code = code.ok_or_else(|| {
        let message = format!("the time of {text} comes twice that day, and no time code can say which is meant");
        Fault::does_not_fit(message, "send the date alone, or give the line a place for the time code (element 623)")
    })?;
    let date = ElementText::ascii(&date_digits(local.date()));
    Ok([date, ElementText::ascii(time[..shown].as_flattened()), code])
}

/// General time codes and the zones they mean.
const ZONES: [(&str, &str); 10] = [
    ("UT", "UTC"),
    ("GM", "UTC"),
    ("ET", "America/New_York"),
    ("CT", "America/Chicago"),
    ("MT", "America/Denver"),
    ("PT", "America/Los_Angeles"),
    ("AT", "America/Anchorage"),
    ("HT", "Pacific/Honolulu"),
    ("TT", "America/Halifax"),
    ("NT", "America/St_Johns"),
];

/// Codes of standard and daylight time, and their minutes from UTC.
const OFFSETS: [(&str, i32); 16] = [
    ("ES", -300),
    ("ED", -240),
    ("CS", -360),
    ("CD", -300),
    ("MS", -420),
    ("MD", -360),
    ("PS", -480),
    ("PD", -420),
    ("AS", -540),
    ("AD", -480),
    ("HS", -600),
    ("HD", -540),
    ("TS", -240),
    ("TD", -180),
    ("NS", -210),
    ("ND", -150),
];

fn zone_of(code: &[u8]) -> Option<TimeZone> {
    let code = std::str::from_utf8(code).ok()?;
    if let Some((_, name)) = ZONES.iter().find(|(known, _)| *known == code) {
        return TimeZone::get(name).ok();
    }
    let minutes = match OFFSETS.iter().find(|(known, _)| *known == code) {
        Some((_, minutes)) => *minutes,
        None => match code.parse::<i32>().ok()? {
            hours @ 1..=12 => hours * 60,
            hours @ 13..=24 => (hours - 25) * 60,
            _ => return None,
        },
    };
    Some(TimeZone::fixed(Offset::from_seconds(minutes * 60).ok()?))
}

/// The code of an offset as people of the zone call it (`PS`, `PD`), else its hours (01 to 12, 13 for -12 to 24 for -1).
fn code_of_offset(zone: &TimeZone, offset: Offset) -> Option<String> {
    let own = code_of(zone).get(..1)?;
    let known = OFFSETS.iter().find(|(code, minutes)| minutes * 60 == offset.seconds() && code.starts_with(own));
    match (known, offset.seconds() / 3600) {
        (Some((code, _)), _) => Some((*code).to_owned()),
        _ if offset.seconds() % 3600 != 0 => None,
        (None, hours @ 1..=12) => Some(format!("{hours:02}")),
        (None, hours @ -12..=-1) => Some((25 + hours).to_string()),
        (None, 0) => Some("UT".to_owned()),
        _ => None,
    }
}

fn code_of(zone: &TimeZone) -> &'static str {
    let name = zone.iana_name().unwrap_or_default();
    ZONES.iter().find(|(_, known)| *known == name).map_or("LT", |(code, _)| *code)
}

/// Which bytes may stand in any element: printable ASCII of the character set without the delimiters.
#[derive(Debug)]
pub(super) struct PlainBytes([bool; 256]);

impl PlainBytes {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let mut plain = [false; 256];
        for byte in b' '..=b'~' {
            plain[usize::from(byte)] = context.charset.has_ascii(byte);
        }
        context.delimiters.iter().for_each(|byte| plain[usize::from(*byte)] = false);
        Self(plain)
    }

    /// True of the texts that nearly all are; [`text_out`] looks closely at the rest, whether it fits or not.
    pub(super) fn fit(&self, text: &[u8], element: &ElementUse) -> bool {
        let count = match element.kind {
            ElementType::Implied(_) | ElementType::Decimal => text.iter().filter(|byte| byte.is_ascii_digit()).count(),
            _ => text.len(),
        };
        count >= element.min as usize
            && count <= element.max as usize
            && text.last() != Some(&b' ')
            && text.iter().all(|byte| self.0[usize::from(*byte)])
    }
}

/// Text for an element: of fitting length, of the character set, without delimiters, not framed by blanks. Whether the file
/// of a layout can hold line ends and tabs in it, its writer says (`of_layout`).
pub(super) fn text_out(text: &str, element: &ElementUse, of_layout: bool, context: &Context<'_>) -> Result<(), Fault> {
    // Signs and points do not count in numbers.
    let counts = |character: &char| match element.kind {
        ElementType::Implied(_) | ElementType::Decimal => character.is_ascii_digit(),
        _ => true,
    };
    let count = text.chars().filter(counts).count() as u32;
    let name = described(element);
    let shown: String = text.chars().take(40).map(|c| if c.is_control() { '·' } else { c }).collect();
    if count > element.max {
        let message = format!("`{shown}` has {count} characters, {name} takes at most {}", element.max);
        return Err(Fault::does_not_fit(
            message,
            "shorten the value, or agree on another place for it with the partner",
        ));
    }
    if count < element.min {
        let message = format!("`{shown}` has {count} characters, {name} takes at least {}", element.min);
        return Err(Fault::does_not_fit(message, "send the whole value"));
    }
    if text.ends_with([' ', '\t']) {
        let message = format!("`{shown}` ends in blanks, which are dropped when it is read");
        return Err(Fault::does_not_fit(message, "send the value without blanks at its end"));
    }
    let allowed: &[char] = if of_layout { &['\n', '\r', '\t'] } else { &[] };
    if let Some(found) = text.chars().find(|c| c.is_control() && !allowed.contains(c)) {
        let message = format!("`{shown}` holds the control character U+{:04X}", u32::from(found));
        return Err(Fault::does_not_fit(message, "send the value without it"));
    }
    if let Some(found) = text.bytes().find(|byte| context.delimiters.contains(byte)) {
        let message = format!(
            "`{shown}` holds `{}`, a delimiter of the partner's interchange, and X12 has no escape",
            found as char
        );
        let remedy = "send the value without it, or choose other delimiters in the partner's profile";
        return Err(Fault { code: codes::X12_DELIMITER_IN_DATA, message, remedy: remedy.into() });
    }
    match context.charset.encode(&text.replace(allowed, "")) {
        Ok(_) => Ok(()),
        Err(character) => Err(Fault {
            code: codes::MAPPING_VALUE_DOES_NOT_FIT,
            message: format!(
                "`{character}` (U+{:04X}) is not in the partner's character set {}",
                u32::from(character),
                context.charset.name()
            ),
            remedy: "send the text without it, or name a wider `charset` in the partner's profile".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone of the bundled database")
    }

    #[test]
    fn dates_are_checked_against_the_calendar() {
        assert_eq!(date_in(b"20260228").as_deref(), Ok("2026-02-28"));
        assert_eq!(date_in(b"260310").as_deref(), Ok("2026-03-10"));
        assert_eq!(date_in(b"990310").as_deref(), Ok("1999-03-10"));
        assert!(date_in(b"20260229").is_err());
        assert!(date_in(b"2026-03-10").is_err());
        assert!(date_in(b"").is_err());
    }

    #[test]
    fn times_keep_their_precision() {
        for (text, canonical) in
            [("0830", "08:30"), ("083015", "08:30:15"), ("0830155", "08:30:15.5"), ("08301550", "08:30:15.50")]
        {
            assert_eq!(time_in(text.as_bytes()).as_deref(), Ok(canonical));
            assert_eq!(time_out(canonical), Ok(text.into()));
        }
        assert!(time_in(b"2460").is_err());
        assert!(time_in(b"08305").is_err());
    }

    #[test]
    fn an_instant_is_shown_in_the_partners_zone_and_written_back_in_it() {
        let los_angeles = zone("America/Los_Angeles");
        let check = |date: &[u8], time, code, expected: &str| {
            let found = instant_in(date, time, code, &los_angeles).expect("reads");
            assert_eq!(found, (expected.to_owned(), None));
            found.0
        };
        check(b"20260310", None, None, "2026-03-10");
        check(b"20260310", Some(b"1400"), None, "2026-03-10T14:00:00-07:00");
        check(b"20260110", Some(b"1400"), Some(b"ES"), "2026-01-10T11:00:00-08:00");
        check(b"20260110", Some(b"1400"), Some(b"UT"), "2026-01-10T06:00:00-08:00");
        check(b"20260110", Some(b"1400"), Some(b"20"), "2026-01-10T11:00:00-08:00");
        let text = check(b"20260110", Some(b"140005"), None, "2026-01-10T14:00:05-08:00");
        let written = instant_out(&text, &los_angeles, true).expect("writes");
        assert_eq!(written, ["20260110", "140005", "PT"].map(ElementText::from));
    }

    #[test]
    fn an_hour_that_comes_twice_is_written_with_its_offset() {
        let check = |name, text: &str, expected: [&str; 3]| {
            let zone = zone(name);
            let written = instant_out(text, &zone, true).expect("writes");
            assert_eq!(written, expected.map(ElementText::from));
            let [date, time, code] = expected.map(str::as_bytes);
            assert_eq!(instant_in(date, Some(time), Some(code), &zone), Ok((text.to_owned(), None)));
            assert!(instant_out(text, &zone, false).is_err());
        };
        check("America/Los_Angeles", "2026-11-01T01:30:00-07:00", ["20261101", "0130", "PD"]);
        check("America/Los_Angeles", "2026-11-01T01:30:00-08:00", ["20261101", "0130", "PS"]);
        check("Europe/Berlin", "2026-10-25T02:30:00+01:00", ["20261025", "0230", "01"]);
        check("Europe/London", "2026-10-25T01:30:00+00:00", ["20261025", "0130", "UT"]);
        check("America/St_Johns", "2026-11-01T01:30:00-03:30", ["20261101", "0130", "NS"]);
        check("America/St_Johns", "2026-11-01T01:30:00-02:30", ["20261101", "0130", "ND"]);
    }

    #[test]
    fn a_time_that_the_clocks_show_twice_or_not_at_all_is_doubtful() {
        let check = |date: &[u8], time: &[u8], expected: &str, doubt: &str| {
            let found = instant_in(date, Some(time), None, &zone("America/Chicago")).expect("reads");
            assert_eq!(found, (expected.to_owned(), Some(doubt.to_owned())));
        };
        check(
            b"20260308",
            b"0230",
            "2026-03-08T03:30:00-05:00",
            "there is no 2026-03-08T02:30:00 in America/Chicago, where the clocks go forward then",
        );
        check(
            b"20261101",
            b"0130",
            "2026-11-01T01:30:00-05:00",
            "2026-11-01T01:30:00 comes twice in America/Chicago, where the clocks go back then",
        );
    }

    #[test]
    fn implied_decimals_are_exact_both_ways() {
        let element = ElementUse {
            number: "610".into(),
            name: "Amount".into(),
            kind: ElementType::Implied(2),
            min: 1,
            max: 6,
            requirement: crate::tree::Requirement::Optional,
            repeat: 1,
            components: Vec::new(),
            notes: Default::default(),
            list: ElementUse::NO_LIST,
        };
        for (text, expected) in [("12345", "123.45"), ("16.", "16"), ("16.0", "16.0"), ("1.5", "1.5"), ("-16.", "-16")]
        {
            assert_eq!(number_in(text.as_bytes(), 2).expect("reads").to_string(), expected);
        }
        let value = number_in(b"12345", 2).expect("reads");
        assert_eq!(number_out(value, 2, &element), Ok("12345".into()));
        assert!(number_out(Decimal::new(12345, 3), 2, &element).is_err());
        assert!(number_out(Decimal::new(123_456_789, 2), 2, &element).is_err());
    }
}
