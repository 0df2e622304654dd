//! Writes X12: segments, transaction sets, and the envelope around them. Knows delimiters and lengths, not meaning.
//!
//! What is written is never cut: values of the envelope that do not fit are found by `check` before.

use super::delimiters::{Delimiters, shown};
use super::isa::WIDTHS;
use crate::diagnostic::codes::X12_ENVELOPE_VALUE;
use crate::diagnostic::{Diagnostic, Place};
use crate::tree::Tree;

/// What stands in ISA besides delimiters; ids and texts are padded here, never cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterchangeHeader {
    /// ISA01 and ISA02.
    pub authorization: (String, String),
    /// ISA03 and ISA04.
    pub security: (String, String),
    /// ISA05 and ISA06.
    pub sender: (String, String),
    /// ISA07 and ISA08.
    pub receiver: (String, String),
    /// ISA09, YYMMDD.
    pub date: String,
    /// ISA10, HHMM.
    pub time: String,
    /// ISA12, such as `00401`.
    pub version: String,
    /// ISA13.
    pub control_number: u32,
    /// ISA14.
    pub acknowledgment_requested: bool,
    /// ISA15: `P` or `T`.
    pub usage: String,
}

/// What stands in GS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHeader {
    /// GS01, such as `SW`.
    pub functional_code: String,
    /// GS02.
    pub sender: String,
    /// GS03.
    pub receiver: String,
    /// GS04, CCYYMMDD.
    pub date: String,
    /// GS05, HHMM.
    pub time: String,
    /// GS06.
    pub control_number: u32,
    /// GS08, such as `004010`.
    pub release: String,
}

/// Appends one segment; empty elements at its end are left out.
pub fn write_segment<'e>(
    out: &mut Vec<u8>,
    delimiters: &Delimiters,
    identifier: &str,
    elements: impl IntoIterator<Item = &'e [u8]>,
) {
    out.extend_from_slice(identifier.as_bytes());
    let mut end = out.len();
    for element in elements {
        out.push(delimiters.element);
        out.extend_from_slice(element);
        if !element.is_empty() {
            end = out.len();
        }
    }
    out.truncate(end);
    out.push(delimiters.segment);
    out.extend_from_slice(delimiters.line_end.bytes());
}

/// Appends the document in `tree`, whose texts are all made, as a transaction set with ST and SE.
pub fn write_set(out: &mut Vec<u8>, delimiters: &Delimiters, set_id: &str, control_number: &str, tree: &Tree) {
    write_segment(out, delimiters, "ST", [set_id.as_bytes(), control_number.as_bytes()]);
    for segment in &tree.segments {
        out.extend(segment.tag.bytes());
        let texts = tree.texts(segment);
        let last = texts.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
        for text in &texts[..last] {
            out.push(delimiters.element);
            out.extend_from_slice(tree.bytes(*text, b""));
        }
        out.push(delimiters.segment);
        out.extend_from_slice(delimiters.line_end.bytes());
    }
    let count = (tree.segments.len() + 2).to_string();
    write_segment(out, delimiters, "SE", [count.as_bytes(), control_number.as_bytes()]);
}

impl InterchangeHeader {
    /// What does not fit into ISA: values longer than their elements, and values that hold a delimiter.
    #[must_use]
    pub fn check(&self, delimiters: &Delimiters) -> Vec<Diagnostic> {
        let number = self.control_number.to_string();
        let values: [(usize, &str); 13] = [
            (1, &self.authorization.0),
            (2, &self.authorization.1),
            (3, &self.security.0),
            (4, &self.security.1),
            (5, &self.sender.0),
            (6, &self.sender.1),
            (7, &self.receiver.0),
            (8, &self.receiver.1),
            (9, &self.date),
            (10, &self.time),
            (12, &self.version),
            (13, &number),
            (15, &self.usage),
        ];
        let found = values.iter().filter_map(|(position, value)| {
            // Qualifiers, dates and the like are not padded, ids and authorizations are.
            let width = WIDTHS[position - 1];
            let least = if matches!(position, 2 | 4 | 13) {
                0
            } else if matches!(position, 6 | 8) {
                1
            } else {
                width
            };
            misfit("ISA", *position, value, least, width, delimiters)
        });
        found.collect()
    }

    /// Appends ISA, 106 bytes with its terminator.
    pub fn write(&self, out: &mut Vec<u8>, delimiters: &Delimiters) {
        let padded = |text: &str, length: usize| format!("{text:<length$}").into_bytes();
        let standard = delimiters.repetition.unwrap_or(b'U');
        let elements = [
            padded(&self.authorization.0, 2),
            padded(&self.authorization.1, 10),
            padded(&self.security.0, 2),
            padded(&self.security.1, 10),
            padded(&self.sender.0, 2),
            padded(&self.sender.1, 15),
            padded(&self.receiver.0, 2),
            padded(&self.receiver.1, 15),
            padded(&self.date, 6),
            padded(&self.time, 4),
            vec![standard],
            padded(&self.version, 5),
            format!("{:09}", self.control_number).into_bytes(),
            vec![if self.acknowledgment_requested { b'1' } else { b'0' }],
            padded(&self.usage, 1),
            vec![delimiters.component.unwrap_or(b'>')],
        ];
        write_segment(out, delimiters, "ISA", elements.iter().map(Vec::as_slice));
    }

    /// Appends IEA.
    pub fn write_trailer(&self, out: &mut Vec<u8>, delimiters: &Delimiters, groups: usize) {
        let elements = [groups.to_string(), format!("{:09}", self.control_number)];
        write_segment(out, delimiters, "IEA", elements.iter().map(String::as_bytes));
    }
}

impl GroupHeader {
    /// What does not fit into GS: values too long or too short for their elements, and values that hold a delimiter.
    #[must_use]
    pub fn check(&self, delimiters: &Delimiters) -> Vec<Diagnostic> {
        let number = self.control_number.to_string();
        let values: [(usize, &str, usize, usize); 7] = [
            (1, &self.functional_code, 2, 2),
            (2, &self.sender, 2, 15),
            (3, &self.receiver, 2, 15),
            (4, &self.date, 8, 8),
            (5, &self.time, 4, 8),
            (6, &number, 1, 9),
            (8, &self.release, 1, 12),
        ];
        let found = values
            .iter()
            .filter_map(|(position, value, least, most)| misfit("GS", *position, value, *least, *most, delimiters));
        found.collect()
    }

    /// Appends GS.
    pub fn write(&self, out: &mut Vec<u8>, delimiters: &Delimiters) {
        let number = self.control_number.to_string();
        let elements = [
            self.functional_code.as_str(),
            &self.sender,
            &self.receiver,
            &self.date,
            &self.time,
            &number,
            "X",
            &self.release,
        ];
        write_segment(out, delimiters, "GS", elements.iter().map(|text| text.as_bytes()));
    }

    /// Appends GE.
    pub fn write_trailer(&self, out: &mut Vec<u8>, delimiters: &Delimiters, sets: usize) {
        let elements = [sets.to_string(), self.control_number.to_string()];
        write_segment(out, delimiters, "GE", elements.iter().map(String::as_bytes));
    }
}

/// Says why a value cannot stand in an element of the envelope, if it cannot.
fn misfit(
    segment: &str,
    position: usize,
    value: &str,
    least: usize,
    most: usize,
    delimiters: &Delimiters,
) -> Option<Diagnostic> {
    let length = value.chars().count();
    let characters = if length == 1 { "character" } else { "characters" };
    let problem = if length > most {
        format!("has {length} {characters}, at most {most} are allowed")
    } else if length < least {
        format!("has {length} {characters}, at least {least} are needed")
    } else {
        let delimiter = delimiters.find_in(value.as_bytes())?;
        format!("holds {}, a delimiter of the interchange", shown(delimiter))
    };
    let message = format!("{segment}{position:02} `{value}` {problem}");
    let remedy = "correct the envelope in the partner's profile";
    Some(Diagnostic::new(X12_ENVELOPE_VALUE, message, Place::Nowhere).remedy(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> InterchangeHeader {
        InterchangeHeader {
            authorization: ("00".into(), String::new()),
            security: ("00".into(), String::new()),
            sender: ("ZZ".into(), "HARBOR3PL".into()),
            receiver: ("12".into(), "4085551000".into()),
            date: "261120".into(),
            time: "0930".into(),
            version: "00401".into(),
            control_number: 7,
            acknowledgment_requested: false,
            usage: "P".into(),
        }
    }

    #[test]
    fn isa_has_106_bytes() {
        let mut out = Vec::new();
        header().write(&mut out, &Delimiters::default());
        assert_eq!(out.len(), 106);
        let expected = "ISA*00*          *00*          *ZZ*HARBOR3PL      *12*4085551000     *261120*0930*U*00401*000000007*0*P*>~";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn empty_elements_at_the_end_are_left_out() {
        let mut out = Vec::new();
        write_segment(&mut out, &Delimiters::default(), "N9", [b"BM".as_slice(), b"", b"X", b"", b""]);
        write_segment(&mut out, &Delimiters::default(), "LX", [b"".as_slice()]);
        assert_eq!(String::from_utf8_lossy(&out), "N9*BM**X~LX~");
    }

    #[test]
    fn what_does_not_fit_the_envelope_is_said_and_not_cut() {
        let messages = |found: Vec<Diagnostic>| found.into_iter().map(|one| one.message).collect::<Vec<_>>();
        let delimiters = Delimiters::default();
        assert_eq!(messages(header().check(&delimiters)), Vec::<String>::new());
        let broken = InterchangeHeader {
            sender: ("ZZZ".into(), "A WAREHOUSE NAME TOO LONG".into()),
            receiver: ("12".into(), "A*B".into()),
            control_number: 1_234_567_890,
            ..header()
        };
        let expected = [
            "ISA05 `ZZZ` has 3 characters, at most 2 are allowed",
            "ISA06 `A WAREHOUSE NAME TOO LONG` has 25 characters, at most 15 are allowed",
            "ISA08 `A*B` holds `*`, a delimiter of the interchange",
            "ISA13 `1234567890` has 10 characters, at most 9 are allowed",
        ];
        assert_eq!(messages(broken.check(&delimiters)), expected);
        let group = GroupHeader {
            functional_code: "SW".into(),
            sender: "A".into(),
            receiver: "B2".into(),
            date: "20261120".into(),
            time: "0930".into(),
            control_number: 7,
            release: "004010".into(),
        };
        assert_eq!(messages(group.check(&delimiters)), ["GS02 `A` has 1 character, at least 2 are needed"]);
    }

    #[test]
    fn what_is_written_is_read_back_without_a_remark() {
        let delimiters = Delimiters { repetition: Some(b'^'), ..Delimiters::default() };
        let isa = InterchangeHeader { version: "00501".into(), ..header() };
        let group = GroupHeader {
            functional_code: "SW".into(),
            sender: "A1".into(),
            receiver: "B2".into(),
            date: "20261120".into(),
            time: "0930".into(),
            control_number: 7,
            release: "005010".into(),
        };
        let mut out = Vec::new();
        isa.write(&mut out, &delimiters);
        group.write(&mut out, &delimiters);
        let mut tree = Tree::default();
        tree.clear();
        write_set(&mut out, &delimiters, "945", "0001", &tree);
        group.write_trailer(&mut out, &delimiters, 1);
        isa.write_trailer(&mut out, &delimiters, 1);
        let mut reader = crate::x12::reader::Reader::new(crate::x12::reader::ReadOptions::default());
        let mut diagnostics = crate::diagnostic::Diagnostics::unlimited();
        let mut at = 0;
        while at < out.len() {
            at += reader.next(&out[at..], true, &mut tree, &mut diagnostics).consumed;
        }
        assert_eq!(diagnostics.list(), []);
    }
}
