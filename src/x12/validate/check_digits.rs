//! The check digits of GTIN, SSCC and GLN, where the qualifier before a number says that it is one.

use super::super::place::Part;
use super::closely::{Check, Value};
use crate::diagnostic::Diagnostics;
use crate::diagnostic::codes::X12_CHECK_DIGIT;
use crate::tree::notes::bit;

/// A kind of number of GS1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// 8, 12, 13 or 14 digits.
    Gtin,
    /// 18 digits.
    Sscc,
    /// 13 digits.
    Gln,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Gtin => "a GTIN",
            Kind::Sscc => "an SSCC",
            Kind::Gln => "a GLN",
        }
    }

    fn has_length(self, length: usize) -> bool {
        match self {
            Kind::Gtin => matches!(length, 8 | 12..=14),
            Kind::Sscc => length == 18,
            Kind::Gln => length == 13,
        }
    }
}

/// Checks the numbers behind the elements that are bits of `announced`. What has not the form of such a number is left
/// alone: numbers without check digit, and with their zeros lost, are common.
pub(super) fn check(check: &Check<'_>, announced: u64, diagnostics: &mut Diagnostics) {
    let mut rest = announced;
    while rest != 0 {
        let qualifier = rest.trailing_zeros() as u16 + 1;
        rest &= !bit(qualifier);
        let elements = &check.definition.elements;
        let Some(first) = elements.get(usize::from(qualifier)) else { continue };
        digit(check, qualifier, qualifier + 1, diagnostics);
        if &*first.number == PLACE {
            // SDQ names the kind of its places once.
            let places = elements.iter().zip(1..).skip(usize::from(qualifier) + 1);
            let places =
                places.filter(|(element, position)| &*element.number == PLACE && !check.bytes(*position).is_empty());
            places.for_each(|(_, position)| digit(check, qualifier, position, diagnostics));
        }
    }
}

/// The data element that holds the number of a place or party.
const PLACE: &str = "67";

/// Checks the number at `position`, of which the element `qualifier` says what it is.
fn digit(check: &Check<'_>, qualifier: u16, position: u16, diagnostics: &mut Diagnostics) {
    let element = &check.definition.elements[usize::from(position) - 1];
    let (code, bytes) = (check.bytes(qualifier).trim_ascii(), check.bytes(position));
    let Some((kind, number)) = number(&element.number, code, bytes.trim_ascii()) else { return };
    let right = right_digit(&number[..number.len() - 1]);
    let found = number[number.len() - 1];
    if right == found {
        return;
    }
    let value = Value { position, part: Part::default(), element, bytes };
    let (name, tag) = (check.name(&value), check.definition.tag);
    let (right, found) = (char::from(right), char::from(found));
    let shown = String::from_utf8_lossy(bytes.trim_ascii());
    let message = format!("{name} is `{shown}`, whose check digit is {found} and should be {right}");
    let code = String::from_utf8_lossy(code);
    let cause = format!(
        "{tag}{qualifier:02} is {code}, so it is {} of {} digits, and the last follows from the others",
        kind.name(),
        number.len()
    );
    let found = check.diagnostic(X12_CHECK_DIGIT, &value, message).cause(cause);
    diagnostics.push(found.remedy("ask the partner for the right number; a digit may be mistyped, or two swapped"));
}

/// The number that stands in element `element` behind the qualifier `code`, without the application identifier before it.
fn number<'b>(element: &str, code: &[u8], bytes: &'b [u8]) -> Option<(Kind, &'b [u8])> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let behind = |identifier: &[u8], length: usize| bytes.strip_prefix(identifier).filter(|rest| rest.len() == length);
    let sscc = || Some((Kind::Sscc, behind(b"00", 18).unwrap_or(bytes)));
    let found = match (element, code) {
        ("234", b"UO") | ("87", b"GM" | b"AA") => sscc(),
        ("234", _) | ("87", b"UP") => Some((Kind::Gtin, bytes)),
        (PLACE, b"UL") => Some((Kind::Gln, bytes)),
        ("87", b"AI") => {
            let gtin = behind(b"01", 14).map(|rest| (Kind::Gtin, rest));
            gtin.or_else(|| behind(b"00", 18).map(|rest| (Kind::Sscc, rest)))
        }
        _ => None,
    };
    found.filter(|(kind, number)| kind.has_length(number.len()))
}

/// The digit that belongs behind these digits: they count three times and once in turns, from the last one on.
fn right_digit(digits: &[u8]) -> u8 {
    let (first, pairs) = digits.as_rchunks::<2>();
    let mut sum = first.iter().map(|thrice| 3 * u32::from(thrice - b'0')).sum::<u32>();
    for [once, thrice] in pairs {
        sum += u32::from(once - b'0') + 3 * u32::from(thrice - b'0');
    }
    b'0' + ((10 - sum % 10) % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::{Kind, number, right_digit};

    #[test]
    fn the_digit_follows_from_the_others() {
        // Of the published examples of GS1.
        for (digits, right) in [
            ("1234567", b'0'),
            ("03600029145", b'2'),
            ("400638133393", b'1'),
            ("1061414100041", b'5'),
            ("10614141123456789", b'7'),
            ("00000000000000000", b'0'),
            ("061414100000", b'5'),
        ] {
            assert_eq!(right_digit(digits.as_bytes()), right, "{digits}");
        }
    }

    #[test]
    fn only_what_has_the_form_of_such_a_number_is_one() {
        let check = |element: &str, code: &str, text: &str, expected: Option<(Kind, usize)>| {
            let found = number(element, code.as_bytes(), text.as_bytes()).map(|(kind, number)| (kind, number.len()));
            assert_eq!(found, expected, "{element} {code} {text}");
        };
        check("234", "UP", "036000291452", Some((Kind::Gtin, 12)));
        check("234", "UP", "3600029145", None);
        check("234", "UP", "03600029145X", None);
        check("234", "UK", "10614141000415", Some((Kind::Gtin, 14)));
        check("87", "GM", "00106141411234567897", Some((Kind::Sscc, 18)));
        check("87", "AA", "106141411234567897", Some((Kind::Sscc, 18)));
        check("87", "GM", "10614141123456789", None);
        check("87", "AI", "0110614141000415", Some((Kind::Gtin, 14)));
        check("87", "AI", "1012345", None);
        check("67", "UL", "0614141000005", Some((Kind::Gln, 13)));
        check("67", "UL", "06141410000050001", None);
        check("373", "UP", "036000291452", None);
    }
}
