//! Totals: what the last segments of a document count or sum, against what came.

use super::super::place::Part;
use super::super::reader::SetHeader;
use super::super::rule;
use super::values::faults;
use crate::diagnostic::codes::X12_TOTAL;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::tree::{ElementUse, ItemId, Segment, SegmentIndex, Tag, Tree};

/// An element, by its segment and its 1-based position: `W0301` is `(W03, 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Designator {
    /// Segment identifier.
    pub tag: Tag,
    /// Element position.
    pub element: u16,
}

/// A total: the element that says it, and what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The element with the total.
    pub place: Designator,
    /// What it counts.
    pub counts: Count,
}

/// What a total counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Count {
    /// Segments with this identifier.
    Segments(Tag),
    /// Segments `tag` whose element has this value, such as the HL whose HL03 is `I`.
    SegmentsWith(Designator, String),
    /// The sum of an element over all segments that have it. The standard's hash total, which leaves out signs and decimal
    /// points and keeps the last ten digits, is right too.
    Sum(Designator),
    /// The sum of weights, where all segments of the kind have one in the same unit; heavier is only worth a note, since
    /// pallets and packing weigh too.
    Weight {
        /// The weights that are summed.
        of: Designator,
        /// Position of their unit, `L` or `K` (element 188).
        unit: u16,
        /// Where the weight stands a second time, in the other unit: its position and that of its unit.
        other: (u16, u16),
        /// Position of the total's unit, `LB` or `KG` (element 355).
        total_unit: u16,
    },
}

impl Designator {
    /// Such as `of(b"W03\0", 1)`.
    const fn of(tag: [u8; 4], element: u16) -> Self {
        Self { tag: Tag(u32::from_be_bytes(tag)), element }
    }
}

impl std::fmt::Display for Designator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:02}", self.tag, self.element)
    }
}

const fn tag(tag: [u8; 4]) -> Tag {
    Tag(u32::from_be_bytes(tag))
}

const fn total(place: Designator, counts: Count) -> Total {
    Total { place, counts }
}

/// W0301 of 945 and 943, W7601, W1401, CTT01 and CTT02, by what they mean in the set.
static STANDARD: &[(&str, &[Total])] = &[
    ("940", &[total(Designator::of(*b"W76\0", 1), Count::Sum(Designator::of(*b"W01\0", 1)))]),
    ("943", &[total(Designator::of(*b"W03\0", 1), Count::Sum(Designator::of(*b"W04\0", 1)))]),
    ("944", &[total(Designator::of(*b"W14\0", 1), Count::Sum(Designator::of(*b"W07\0", 1)))]),
    (
        "945",
        &[
            total(Designator::of(*b"W03\0", 1), Count::Sum(Designator::of(*b"W12\0", 3))),
            total(
                Designator::of(*b"W03\0", 2),
                Count::Weight { of: Designator::of(*b"W12\0", 10), unit: 12, other: (13, 15), total_unit: 3 },
            ),
        ],
    ),
    (
        "846",
        &[
            total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"LIN\0"))),
            total(Designator::of(*b"CTT\0", 2), Count::Sum(Designator::of(*b"QTY\0", 2))),
        ],
    ),
    (
        "856",
        &[
            total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"HL\0\0"))),
            total(Designator::of(*b"CTT\0", 2), Count::Sum(Designator::of(*b"SN1\0", 2))),
        ],
    ),
    ("850", &[total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"PO1\0")))]),
    ("855", &[total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"PO1\0")))]),
    ("810", &[total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"IT1\0")))]),
    ("860", &[total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"POC\0")))]),
    ("865", &[total(Designator::of(*b"CTT\0", 1), Count::Segments(tag(*b"POC\0")))]),
];

impl Total {
    /// The totals of a transaction set, by the meaning its table gives them.
    #[must_use]
    pub fn standard(set_id: &str) -> &'static [Total] {
        STANDARD.iter().find(|(set, _)| *set == set_id).map_or(&[], |(_, totals)| totals)
    }
}

/// Says which totals are not what came. What is no number was said by the checks of elements, and tells nothing here.
pub fn totals(header: &SetHeader, totals: &[Total], tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    // Of a set that was cut the rest is not known.
    if header.incomplete {
        return;
    }
    let check = Check { header, tree, set };
    for total in totals {
        // They stand at the end.
        let Some(index) = tree.segments.iter().rposition(|segment| segment.tag == total.place.tag) else { continue };
        check.total(total, index as SegmentIndex, diagnostics);
    }
}

struct Check<'a> {
    header: &'a SetHeader,
    tree: &'a Tree,
    set: &'a [u8],
}

/// What was counted or summed, and whether the total may be more.
struct Counted {
    number: Fixed,
    /// How much a total may differ in rounding.
    slack: Fixed,
    more_is_a_note: bool,
}

impl Check<'_> {
    fn total(&self, total: &Total, index: SegmentIndex, diagnostics: &mut Diagnostics) {
        let segment = &self.tree.segments[index as usize];
        let text = self.value(segment, total.place.element);
        let element = self.element(segment, total.place);
        if element.is_some_and(|element| !faults(element, &String::from_utf8_lossy(text)).is_empty()) {
            return;
        }
        let Some(said) = Fixed::read(text) else { return };
        let Some(counted) = self.counted(&total.counts, segment, text) else { return };
        let difference = said.0 - counted.number.0;
        if difference.abs() <= counted.slack.0 || self.is_hash(&total.counts, text) {
            return;
        }
        let name = element.map_or_else(|| total.place.to_string(), |known| format!("{} {}", total.place, known.name));
        let said = String::from_utf8_lossy(text);
        let message = format!("{name} is {said}, {} is {}", described(&total.counts), counted.number);
        let place = self.header.context.element(self.tree, self.set, index, total.place.element, Part::default());
        let mut found = Diagnostic::new(X12_TOTAL, message, place).rule(self.rule(segment, total)).remedy(
            "ask the partner whether something is missing; if they always count otherwise, rule `x12.total` in their profile",
        );
        if counted.more_is_a_note && difference > 0 {
            found = found.severity(Severity::Note).cause("pallets and packing may weigh too");
        } else if let Some(cause) = self.counts_items(total, text) {
            found = found.severity(Severity::Note).cause(cause);
        }
        diagnostics.push(found);
    }

    fn counted(&self, counts: &Count, total: &Segment, text: &[u8]) -> Option<Counted> {
        let plain = |number: Fixed| Counted { number, slack: Fixed(0), more_is_a_note: false };
        Some(match counts {
            Count::Segments(tag) => plain(Fixed::whole(self.of(*tag).count())),
            Count::SegmentsWith(place, value) => {
                let with = |segment: &&Segment| self.value(segment, place.element) == value.as_bytes();
                plain(Fixed::whole(self.of(place.tag).filter(with).count()))
            }
            Count::Sum(place) => {
                let mut summed = Fixed(0);
                let (mut some, mut any) = (false, false);
                for segment in self.of(place.tag) {
                    some = true;
                    match self.value(segment, place.element) {
                        b"" => {}
                        text => {
                            any = true;
                            // More digits than the table allows were said to be wrong.
                            let most = self.element(segment, *place).map_or(u32::MAX, |element| element.max);
                            let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
                            summed = summed.plus(Fixed::read(text).filter(|_| digits <= most as usize)?)?;
                        }
                    }
                }
                // Segments of the kind that have no such element at all: the partner keeps the quantity elsewhere.
                if some && !any {
                    return None;
                }
                plain(summed)
            }
            Count::Weight { of, unit, other, total_unit } => {
                let wanted: &[u8] = match self.value(total, *total_unit) {
                    b"LB" => b"L",
                    b"KG" => b"K",
                    _ => return None,
                };
                let (mut summed, mut count) = (Fixed(0), 0);
                for segment in self.of(of.tag) {
                    let in_unit = |(_, unit): &&(u16, u16)| self.value(segment, *unit) == wanted;
                    let (weight, _) = [(of.element, *unit), *other].iter().find(in_unit).copied()?;
                    summed = summed.plus(Fixed::read(self.value(segment, weight))?)?;
                    count += 1;
                }
                if count == 0 {
                    return None;
                }
                // A total without decimals may be rounded, or the sum of rounded weights.
                let slack = if text.contains(&b'.') { Fixed(0) } else { Fixed::whole(count) };
                Counted { number: summed, slack, more_is_a_note: true }
            }
        })
    }

    /// Some partners count the items of an 856 in CTT01, not the levels.
    fn counts_items(&self, total: &Total, text: &[u8]) -> Option<String> {
        if total.counts != Count::Segments(HL) {
            return None;
        }
        let items = self.of(HL).filter(|segment| self.value(segment, 3) == b"I").count();
        (Fixed::read(text) == Some(Fixed::whole(items)))
            .then(|| format!("it is the number of items, HL03 = I: {items}; some partners count those"))
    }

    /// Is the total the standard's hash total: the digits summed without sign and decimal point, the last ten of them?
    fn is_hash(&self, counts: &Count, text: &[u8]) -> bool {
        let Count::Sum(place) = counts else { return false };
        let digits = |text: &[u8]| {
            text.iter()
                .filter(|byte| byte.is_ascii_digit())
                .fold(0_u128, |sum, digit| sum.wrapping_mul(10).wrapping_add(u128::from(digit - b'0')))
        };
        let sum = self
            .of(place.tag)
            .fold(0_u128, |sum, segment| sum.wrapping_add(digits(self.value(segment, place.element))));
        sum % 10_u128.pow(10) == digits(text) && !text.starts_with(b"-")
    }

    fn of(&self, tag: Tag) -> impl Iterator<Item = &Segment> {
        self.tree.segments.iter().filter(move |segment| segment.tag == tag)
    }

    fn value(&self, segment: &Segment, element: u16) -> &[u8] {
        self.tree.value(segment, element, self.set).trim_ascii()
    }

    /// What the table says of an element of the segment.
    fn element(&self, segment: &Segment, place: Designator) -> Option<&ElementUse> {
        let definition = self.header.grammar?.definition(segment.item)?;
        definition.elements.get(usize::from(place.element).checked_sub(1)?)
    }

    fn rule(&self, segment: &Segment, total: &Total) -> String {
        let counts = described(&total.counts);
        let grammar = self.header.grammar.filter(|_| segment.item != ItemId::UNPLACED);
        let at = match grammar.and_then(|grammar| grammar.definition(segment.item)) {
            Some(definition) => rule::segment_at(self.header, segment.item, definition),
            None => format!("{}, segment {}", self.header.release, segment.tag),
        };
        format!("{at}, element {}: {counts}", total.place.element)
    }
}

/// What is counted or summed, for people.
fn described(counts: &Count) -> String {
    match counts {
        Count::Segments(tag) => format!("the number of {tag}"),
        Count::SegmentsWith(place, value) => format!("the number of {} with {place} = {value}", place.tag),
        Count::Sum(place) | Count::Weight { of: place, .. } => format!("the sum of {place}"),
    }
}

const HL: Tag = tag(*b"HL\0\0");

/// A number with nine decimals; enough for quantities and weights, and quickly summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fixed(i128);

/// 1, 10, 100 and on.
const POWERS: [i128; Fixed::DECIMALS + 1] = {
    let mut powers = [1; Fixed::DECIMALS + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = 10 * powers[at - 1];
        at += 1;
    }
    powers
};

impl Fixed {
    const DECIMALS: usize = 9;

    fn whole(count: usize) -> Self {
        Self(count as i128 * POWERS[Self::DECIMALS])
    }

    /// Digits with a minus before and a decimal point, and an exponent; `None` for what is no number, or has more digits than fit.
    fn read(text: &[u8]) -> Option<Self> {
        if let Some(at) = text.iter().position(|byte| *byte == b'E') {
            let exponent: i32 = std::str::from_utf8(&text[at + 1..]).ok()?.parse().ok()?;
            let Self(number) = Self::read(&text[..at])?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            return match exponent {
                0.. => number.checked_mul(power),
                _ => (number % power == 0).then(|| number / power),
            }
            .map(Self);
        }
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let (mut number, mut decimals, mut point) = (0_i128, 0, false);
        if digits.is_empty() || digits.len() > 20 || digits == b"." {
            return None;
        }
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    number = number * 10 + i128::from(byte - b'0');
                    decimals += usize::from(point);
                }
                b'.' if !point => point = true,
                _ => return None,
            }
        }
        number *= POWERS[Self::DECIMALS.checked_sub(decimals)?];
        Some(Self(if negative { -number } else { number }))
    }

    fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl std::fmt::Display for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let one = POWERS[Self::DECIMALS];
        let (sign, number) = (if self.0 < 0 { "-" } else { "" }, self.0.abs());
        let decimals = format!("{:09}", number % one);
        let decimals = decimals.trim_end_matches('0');
        let point = if decimals.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{decimals}", number / one)
    }
}

#[cfg(test)]
mod tests {
    use super::Fixed;

    #[test]
    fn numbers_are_read_summed_and_shown_without_loss() {
        for (text, expected) in [
            ("12", "12"),
            ("-0.5", "-0.5"),
            (".25", "0.25"),
            ("5.", "5"),
            ("007.10", "7.1"),
            ("1.5E3", "1500"),
            ("-25E-1", "-2.5"),
        ] {
            assert_eq!(Fixed::read(text.as_bytes()).unwrap().to_string(), expected);
        }
        for text in [
            "",
            "-",
            ".",
            "1.2.3",
            "1,5",
            "12A",
            "1E",
            "E5",
            "1E5E5",
            "1E99",
            "1E-10",
            "0.1234567891",
            "123456789012345678901",
        ] {
            assert_eq!(Fixed::read(text.as_bytes()), None, "{text}");
        }
        let sum = Fixed::read(b"0.1").unwrap().plus(Fixed::read(b"0.2").unwrap()).unwrap();
        assert_eq!(sum, Fixed::read(b"0.3").unwrap());
    }
}
