//! Writes X12: segments, transaction sets, and the envelope around them. Knows delimiters and lengths, not meaning.

use super::delimiters::Delimiters;
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
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let write = |out: &mut Vec<u8>, identifier: &str, elements: &[Vec<u8>]| {
        write_segment(out, delimiters, identifier, elements.iter().map(Vec::as_slice));
    };
    write(out, "ST", &texts(&[set_id, control_number]));
    for segment in &tree.segments {
        let elements = (1..=segment.element_count).map(|position| tree.value(segment, position, b""));
        write_segment(out, delimiters, &segment.tag.to_string(), elements);
    }
    let count = (tree.segments.len() + 2).to_string();
    write(out, "SE", &texts(&[&count, control_number]));
}

impl InterchangeHeader {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isa_has_106_bytes_and_reads_back() {
        let header = InterchangeHeader {
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
        };
        let mut out = Vec::new();
        header.write(&mut out, &Delimiters::default());
        assert_eq!(out.len(), 106);
        let expected = "ISA*00*          *00*          *ZZ*HARBOR3PL      *12*4085551000     *261120*0930*U*00401*000000007*0*P*>~";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn empty_elements_at_the_end_are_left_out() {
        let mut out = Vec::new();
        write_segment(
            &mut out,
            &Delimiters::default(),
            "N9",
            [b"BM".as_slice(), b"", b"X", b"", b""],
        );
        write_segment(&mut out, &Delimiters::default(), "LX", [b"".as_slice()]);
        assert_eq!(String::from_utf8_lossy(&out), "N9*BM**X~LX~");
    }
}
