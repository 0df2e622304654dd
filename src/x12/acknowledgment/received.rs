//! Reads a 997 or 999 that a partner sent: what it says of a functional group of ours, of its sets, segments and elements.
//!
//! Takes the segments by their identifiers, in whatever order the table has them, so that an answer with a fault of its own
//! still says what it can.

use crate::tree::{Segment, Tree};

/// What a partner says of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `A`.
    Accepted,
    /// `E`: it was taken, with a remark.
    AcceptedWithErrors,
    /// `P`, of a group: some of its sets were not taken.
    PartiallyAccepted,
    /// `R`, and the codes `M`, `W`, `X` of failed authentication: it was not taken.
    Rejected,
}

impl Verdict {
    /// AK501, IK501, AK901 or TA104.
    #[must_use]
    pub fn read(code: &str) -> Option<Self> {
        match code {
            "A" => Some(Verdict::Accepted),
            "E" => Some(Verdict::AcceptedWithErrors),
            "P" => Some(Verdict::PartiallyAccepted),
            "R" | "M" | "W" | "X" => Some(Verdict::Rejected),
            _ => None,
        }
    }
}

/// What is said of a functional group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivedGroup {
    /// AK101: its functional identifier code.
    pub functional_code: String,
    /// AK102: its control number, as text.
    pub control_number: String,
    /// AK901; `None` where AK9 is missing or says something else.
    pub verdict: Option<Verdict>,
    /// AK905 to AK909.
    pub codes: Vec<String>,
    /// Its sets that are named; those of an accepted group may not be.
    pub sets: Vec<ReceivedSet>,
}

/// What is said of a transaction set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivedSet {
    /// AK201.
    pub set_id: String,
    /// AK202: its control number, as text.
    pub control_number: String,
    /// AK501 or IK501; `None` where it is missing or says something else.
    pub verdict: Option<Verdict>,
    /// AK502 to AK506.
    pub codes: Vec<String>,
    /// Its segments in error.
    pub segments: Vec<ReceivedSegment>,
}

/// What is said of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivedSegment {
    /// AK301.
    pub tag: String,
    /// AK302: position in the set, ST = 1; 0 where it is no number.
    pub position: u32,
    /// AK304; empty where it says nothing.
    pub code: String,
    /// Its elements in error.
    pub elements: Vec<ReceivedElement>,
}

/// What is said of an element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivedElement {
    /// AK401-01: position in the segment, 1-based; 0 where it is no number.
    pub position: u16,
    /// AK401-02: component, 1-based.
    pub component: Option<u16>,
    /// AK403.
    pub code: String,
    /// AK404: the value as they saw it; may be empty.
    pub copy: String,
}

/// What the 997 or 999 in `tree` says, `set` being its bytes; `None` where it names no group.
#[must_use]
pub fn received(tree: &Tree, set: &[u8]) -> Option<ReceivedGroup> {
    let mut found: Option<ReceivedGroup> = None;
    for segment in &tree.segments {
        let text = |position: u16| value(tree, segment, position, set);
        let codes = |from: u16| (from..=segment.element_count).map(text).filter(|code| !code.is_empty()).collect();
        match (segment.tag.to_string().as_str(), &mut found) {
            ("AK1", _) => {
                let group = ReceivedGroup { functional_code: text(1), control_number: text(2), ..Default::default() };
                found.get_or_insert(group);
            }
            ("AK2", Some(group)) => {
                group.sets.push(ReceivedSet { set_id: text(1), control_number: text(2), ..Default::default() });
            }
            ("AK3" | "IK3", Some(group)) => {
                let position = text(2).parse().unwrap_or(0);
                let segment = ReceivedSegment { tag: text(1), position, code: text(4), elements: Vec::new() };
                group.sets.last_mut()?.segments.push(segment);
            }
            ("AK4" | "IK4", Some(group)) => {
                let place = text(1);
                let separator = tree.separators.component.map_or(':', char::from);
                let mut parts = place.split(separator);
                let position = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
                let component = parts.next().and_then(|part| part.parse().ok());
                let element = ReceivedElement { position, component, code: text(3), copy: text(4) };
                let segment = group.sets.last_mut().and_then(|set| set.segments.last_mut());
                segment.into_iter().for_each(|segment| segment.elements.push(element.clone()));
            }
            ("AK5" | "IK5", Some(group)) => {
                if let Some(set) = group.sets.last_mut() {
                    (set.verdict, set.codes) = (Verdict::read(&text(1)), codes(2));
                }
            }
            ("AK9", Some(group)) => (group.verdict, group.codes) = (Verdict::read(&text(1)), codes(5)),
            _ => {}
        }
    }
    found.filter(|group| !group.control_number.is_empty())
}

fn value(tree: &Tree, segment: &Segment, position: u16, set: &[u8]) -> String {
    String::from_utf8_lossy(tree.value(segment, position, set)).trim().to_owned()
}
