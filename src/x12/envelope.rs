//! The segments of the envelope: ISA, TA1, GS, ST and their trailers, read with nom from the bytes of one segment.
//!
//! Knows their form, not whether they fit each other: that is `reader`'s part.

use std::sync::Arc;

use nom::Parser;
use nom::bytes::complete::{tag, tag_no_case, take_till, take_while_m_n};
use nom::combinator::opt;
use nom::error::Error;
use nom::sequence::preceded;

use super::delimiters::Delimiters;

/// An interchange as its ISA segment opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interchange {
    /// ISA01 to ISA16 as they stand there, blanks included; empty where ISA is shorter.
    pub elements: [Arc<str>; 16],
    /// The delimiters found in ISA.
    pub delimiters: Delimiters,
    /// Absolute offset of its first byte in the input.
    pub offset: u64,
    /// True when sets are read without an envelope and all of `elements` are empty.
    pub bare: bool,
}

impl Interchange {
    /// The element at 1-based `position`, without the blanks that pad it.
    #[must_use]
    pub fn element(&self, position: usize) -> &str {
        self.elements.get(position.wrapping_sub(1)).map_or("", |element| element.trim())
    }

    /// ISA05 and ISA06: qualifier and id of the sender.
    #[must_use]
    pub fn sender(&self) -> (&str, &str) {
        (self.element(5), self.element(6))
    }

    /// ISA07 and ISA08: qualifier and id of the receiver.
    #[must_use]
    pub fn receiver(&self) -> (&str, &str) {
        (self.element(7), self.element(8))
    }

    /// ISA12, the version of the envelope, such as `00401`. The release of the sets is GS08.
    #[must_use]
    pub fn version(&self) -> &str {
        self.element(12)
    }

    /// ISA13, as text.
    #[must_use]
    pub fn control_number(&self) -> &str {
        self.element(13)
    }

    /// ISA14: does the sender ask for a TA1?
    #[must_use]
    pub fn acknowledgment_requested(&self) -> bool {
        self.element(14) == "1"
    }

    /// ISA15 in capitals: `P` production, `T` test, `I` information. Anything else as it stands there.
    #[must_use]
    pub fn usage(&self) -> &str {
        let text = self.element(15);
        USAGES.into_iter().find(|usage| usage.eq_ignore_ascii_case(text)).unwrap_or(text)
    }

    /// Does ISA15 say nothing that the standard knows?
    #[must_use]
    pub fn is_of_unknown_usage(&self) -> bool {
        !USAGES.contains(&self.usage())
    }
}

const USAGES: [&str; 3] = ["I", "P", "T"];

/// A functional group as its GS segment opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// GS01 to GS08, trimmed; empty where GS is shorter.
    pub elements: [Arc<str>; 8],
    /// Absolute offset of its first byte in the input.
    pub offset: u64,
}

impl Group {
    /// GS01, such as `SW`.
    #[must_use]
    pub fn functional_code(&self) -> &str {
        &self.elements[0]
    }

    /// GS02.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.elements[1]
    }

    /// GS03.
    #[must_use]
    pub fn receiver(&self) -> &str {
        &self.elements[2]
    }

    /// GS04, as text.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.elements[3]
    }

    /// GS05, as text.
    #[must_use]
    pub fn time(&self) -> &str {
        &self.elements[4]
    }

    /// GS06, as text.
    #[must_use]
    pub fn control_number(&self) -> &str {
        &self.elements[5]
    }

    /// GS08, such as `004010VICS`.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.elements[7]
    }
}

/// A TA1 segment: what the partner says about an interchange of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterchangeAcknowledgment {
    /// TA101: the control number of the interchange that is acknowledged.
    pub control_number: Arc<str>,
    /// TA102: its date, as text.
    pub date: Arc<str>,
    /// TA103: its time, as text.
    pub time: Arc<str>,
    /// TA104: `A` accepted, `E` accepted with errors, `R` rejected.
    pub code: Arc<str>,
    /// TA105: why, such as `000`.
    pub note: Arc<str>,
    /// Absolute offset of its first byte in the input.
    pub offset: u64,
    /// How many bytes it has, without its terminator.
    pub length: u64,
}

/// ISA: its elements, however wide they are; those that are missing empty.
pub(super) fn interchange_header(bytes: &[u8], separator: u8) -> Option<[&[u8]; 16]> {
    let (rest, _) = tag_no_case::<_, _, Error<&[u8]>>("ISA")(bytes).ok()?;
    elements(rest, separator)
}

/// GS: its eight elements; those that are missing empty.
pub(super) fn group_header(bytes: &[u8], separator: u8) -> Option<[&[u8]; 8]> {
    named(bytes, "GS", separator)
}

/// ST: transaction set identifier, control number and, from 005010 on, the implementation convention.
pub(super) fn set_header(bytes: &[u8], separator: u8) -> Option<[&[u8]; 3]> {
    named(bytes, "ST", separator)
}

/// SE, GE or IEA: a count and a control number.
pub(super) fn trailer<'a>(bytes: &'a [u8], identifier: &str, separator: u8) -> Option<[&'a [u8]; 2]> {
    named(bytes, identifier, separator)
}

/// TA1: its five elements; those that are missing empty.
pub(super) fn interchange_acknowledgment(bytes: &[u8], separator: u8) -> Option<[&[u8]; 5]> {
    named(bytes, "TA1", separator)
}

fn named<'a, const N: usize>(bytes: &'a [u8], identifier: &str, separator: u8) -> Option<[&'a [u8]; N]> {
    let (rest, _) = tag::<_, _, Error<&[u8]>>(identifier)(bytes).ok()?;
    elements(rest, separator)
}

/// The first `N` elements behind a segment identifier; those that are missing empty.
fn elements<const N: usize>(bytes: &[u8], separator: u8) -> Option<[&[u8]; N]> {
    let mut found = [&b""[..]; N];
    let mut rest = bytes;
    for slot in &mut found {
        let (after, element) = opt(element(separator)).parse(rest).ok()?;
        *slot = element.unwrap_or_default();
        rest = after;
    }
    Some(found)
}

/// One element: the separator, then all bytes up to the next.
fn element<'a>(separator: u8) -> impl Parser<&'a [u8], Output = &'a [u8], Error = Error<&'a [u8]>> {
    // Not `char`: of a separator beyond ASCII it would take the two bytes of UTF-8.
    let one = take_while_m_n(1, 1, move |byte| byte == separator);
    preceded(one, take_till(move |byte| byte == separator))
}

/// Bytes of the envelope as text. Envelopes are ASCII in all but broken files; anything else is shown as it best can.
pub(super) fn text(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}
