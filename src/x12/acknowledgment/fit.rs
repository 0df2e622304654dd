//! Values of the partner's as they can stand in an answer to it. An answer that breaks the standard itself is refused by the
//! partner's translator, and then nothing was said.

use std::sync::Arc;

use crate::tree::{ElementType, ElementUse, Requirement, SegmentDefinition};
use crate::x12::delimiters::Delimiters;

/// A value of the partner's as it can stand in an answer: a delimiter of the answer in it is a blank there, and so is what is
/// no character.
#[must_use]
pub fn echo(text: &str, delimiters: &Delimiters) -> String {
    let is_character = |c: char| !c.is_control() && c != char::REPLACEMENT_CHARACTER;
    let stands = |c: char| is_character(c) && u8::try_from(c).map_or(true, |byte| !delimiters.contains(byte));
    text.chars().map(|c| if stands(c) { c } else { ' ' }).collect()
}

/// The same in the form that the element at 1-based `position` of a segment has.
///
/// Of a text or code what is too long is cut, and what is too short is filled up with blanks. A number too great for the
/// element is the greatest that it can have; a date loses its century, a time its seconds, where there is no room for them.
/// What is no number, date or time is zeros, and so is what is missing and mandatory. A composite, and an element that the
/// segment does not have, are taken as they are.
#[must_use]
pub fn fit(segment: Option<&Arc<SegmentDefinition>>, position: usize, text: &str, delimiters: &Delimiters) -> String {
    match segment.and_then(|segment| segment.elements.get(position.checked_sub(1)?)) {
        Some(element) if element.kind != ElementType::Composite => fitted(element, &echo(text, delimiters)),
        _ => text.to_owned(),
    }
}

fn fitted(element: &ElementUse, text: &str) -> String {
    let (min, max) = (element.min as usize, element.max as usize);
    let text: String = match element.kind {
        ElementType::Code => text.chars().map(|c| if c.is_ascii() { c } else { ' ' }).collect::<String>().trim().into(),
        _ => text.trim_end().into(),
    };
    if text.is_empty() {
        return if element.requirement == Requirement::Mandatory { "0".repeat(min) } else { text };
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let zeros = text.len() - text.trim_start_matches('0').len();
    // What only pads a number is no part of it.
    let padding = if is_number { text.len().saturating_sub(max).min(zeros) } else { 0 };
    match element.kind {
        ElementType::Implied(_) | ElementType::Date | ElementType::Time if !is_number => "0".repeat(min),
        ElementType::Date if text.len() == CENTURY + max => text[CENTURY..].to_owned(),
        ElementType::Time if text.len() > max => text[..max].to_owned(),
        ElementType::Date if text.len() > max => "0".repeat(min),
        ElementType::Implied(_) | ElementType::Date | ElementType::Time => match &text[padding..] {
            digits if digits.len() <= max => format!("{digits:0>min$}"),
            _ => "9".repeat(max),
        },
        _ => {
            let cut: String = text[padding..].chars().take(max).collect();
            format!("{:<min$}", cut.trim_end())
        }
    }
}

/// Digits of the century in a date.
const CENTURY: usize = 2;

#[cfg(test)]
mod tests {
    use super::fit;
    use crate::x12::delimiters::Delimiters;
    use crate::x12::dictionary;

    #[test]
    fn what_a_partner_sent_gets_the_form_of_the_element_it_is_told_in() {
        let release = dictionary::release_for("005010").0;
        let check = |tag: &str, position: usize, text: &str, expected: &str| {
            let segment = dictionary::segment(release, tag).or_else(|| dictionary::envelope("00501", tag));
            assert_eq!(fit(segment, position, text, &Delimiters::default()), expected, "{tag} {position} {text}");
        };
        // Codes and texts: AK301 is ID 2/3, AK202 AN 4/9, AK103 AN 1/12 and optional.
        check("AK3", 1, "W12", "W12");
        check("AK3", 1, "LONGTAG", "LON");
        check("AK3", 1, "\u{c9}X", "X ");
        check("AK3", 1, "\u{fffd}*~", "00");
        check("AK3", 1, "", "00");
        check("AK2", 2, "1", "1   ");
        check("AK2", 2, "1234567890123", "123456789");
        check("AK2", 2, "00\n1", "00 1");
        check("AK2", 2, "", "0000");
        check("AK1", 3, "", "");
        check("AK1", 3, "004010 VICS and more", "004010 VICS");
        // Numbers, dates and times: AK102 is N0 1/9, AK302 N0 1/10, TA101 N0 9/9, TA102 DT 6/6.
        check("AK1", 2, "0000000000007", "000000007");
        check("AK1", 2, "12345678901", "999999999");
        check("AK1", 2, "A1", "0");
        check("AK1", 2, "", "0");
        check("AK9", 2, "99999999999", "999999");
        check("TA1", 1, "1", "000000001");
        check("TA1", 1, "0000*0001", "000000000");
        check("TA1", 2, "269910", "269910");
        check("TA1", 3, "", "0000");
        check("TA1", 2, "20260310", "260310");
        check("TA1", 2, "020260310", "000000");
        check("TA1", 3, "143059", "1430");
        check("AK2", 2, "0000000000001", "000000001");
        // A composite has separators of its own.
        check("AK4", 1, "8>>2", "8>>2");
    }
}
