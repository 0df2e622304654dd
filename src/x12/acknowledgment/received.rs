//! Reads a 997, 999 or 824 that a partner sent: what it says of a functional group of ours, of its sets, segments and elements.
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
    /// AK902: how many sets the group says it has; `None` where that is no number.
    pub included: Option<usize>,
    /// AK903: how many of its sets came; `None` where that is no number.
    pub received: Option<usize>,
    /// AK904: how many of its sets were taken; `None` where that is no number.
    pub accepted: Option<usize>,
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
    /// AK501 or IK501 where it says something else.
    pub unread: String,
    /// AK502 to AK506.
    pub codes: Vec<String>,
    /// Its segments in error.
    pub segments: Vec<ReceivedSegment>,
    /// It is said by an 824: the codes are those of OTI01 and TED01.
    pub advice: bool,
}

/// What is said of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivedSegment {
    /// AK301; empty where an 824 means the set as a whole.
    pub tag: String,
    /// AK302: position in the set, ST = 1; 0 where it is no number.
    pub position: u32,
    /// AK304, or TED01; empty where it says nothing.
    pub code: String,
    /// TED02: what is wrong, in their words.
    pub text: String,
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

/// What the 997 or 999 in `tree` says, `set` being its bytes; and is there anything of which it does not say for what group
/// it is? The standard has one group in a set; partners that write several have each AK1 begin one.
#[must_use]
pub fn received(tree: &Tree, set: &[u8]) -> (Vec<ReceivedGroup>, bool) {
    let mut groups: Vec<ReceivedGroup> = Vec::new();
    for segment in &tree.segments {
        let text = |position: u16| value(tree, segment, position, set);
        let codes = |from: u16| (from..=segment.element_count).map(text).filter(|code| !code.is_empty()).collect();
        match (segment.tag.to_string().as_str(), groups.last_mut()) {
            ("AK1", _) => {
                groups.push(ReceivedGroup { functional_code: text(1), control_number: text(2), ..Default::default() });
            }
            ("AK2", Some(group)) => {
                group.sets.push(ReceivedSet { set_id: text(1), control_number: text(2), ..Default::default() });
            }
            ("AK3" | "IK3", Some(group)) => {
                let position = text(2).parse().unwrap_or(0);
                if let Some(set) = group.sets.last_mut() {
                    let segment = ReceivedSegment { tag: text(1), position, code: text(4), ..Default::default() };
                    set.segments.push(segment);
                }
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
                    // A set is not taken in part.
                    set.verdict = Verdict::read(&text(1)).filter(|verdict| *verdict != Verdict::PartiallyAccepted);
                    set.unread = if set.verdict.is_none() { text(1) } else { String::new() };
                    set.codes = codes(2);
                }
            }
            ("AK9", Some(group)) => {
                let count = |position: u16| text(position).parse().ok();
                (group.included, group.received, group.accepted) = (count(2), count(3), count(4));
                (group.verdict, group.codes) = (Verdict::read(&text(1)), codes(5));
            }
            _ => {}
        }
    }
    let came = groups.len();
    groups.retain(|group| !group.control_number.is_empty());
    let unnamed = came == 0 || groups.len() < came;
    (groups, unnamed)
}

/// What the 824 in `tree` says of sets and groups of ours that it names by their control numbers, one for each OTI; and is
/// anything not taken that it does not name so?
#[must_use]
pub fn advised(tree: &Tree, set: &[u8]) -> (Vec<ReceivedGroup>, bool) {
    let mut groups: Vec<ReceivedGroup> = Vec::new();
    let mut unnamed = false;
    // Is the last OTI that of the last group?
    let mut named = false;
    for segment in &tree.segments {
        let text = |position: u16| value(tree, segment, position, set);
        match segment.tag.to_string().as_str() {
            "OTI" => {
                let (code, group, number) = (text(1), text(8), text(9));
                let verdict = advice(&code);
                let whole = number.is_empty() && code.starts_with(['B', 'G']);
                named = !group.is_empty() && (whole || !number.is_empty());
                unnamed |= !named && verdict != Some(Verdict::Accepted);
                if !named {
                    continue;
                }
                let codes = vec![code];
                let (verdict, said) = (verdict.filter(|_| whole), verdict);
                let sets = vec![ReceivedSet {
                    set_id: text(10),
                    control_number: number,
                    verdict: said,
                    codes,
                    advice: true,
                    ..Default::default()
                }];
                let sets = if whole { Vec::new() } else { sets };
                groups.push(ReceivedGroup { control_number: group, verdict, sets, ..Default::default() });
            }
            "TED" if named => {
                let number = |position: u16| text(position).parse().ok();
                let element = number(5).map(|position| ReceivedElement {
                    position,
                    component: None,
                    code: text(1),
                    copy: text(7),
                });
                let segment = ReceivedSegment {
                    tag: text(3),
                    position: text(4).parse().unwrap_or(0),
                    code: text(1),
                    text: text(2),
                    elements: element.into_iter().collect(),
                };
                let set = groups.last_mut().and_then(|group| group.sets.last_mut());
                set.into_iter().for_each(|set| set.segments.push(segment.clone()));
            }
            _ => {}
        }
    }
    (groups, unnamed)
}

/// OTI01: of what, and how it was taken. Where only an item is meant, the set was taken with a remark.
fn advice(code: &str) -> Option<Verdict> {
    match (code.chars().next()?, code.chars().nth(1)?) {
        (_, 'A' | 'C') => Some(Verdict::Accepted),
        ('T' | 'B' | 'G', 'R') => Some(Verdict::Rejected),
        (_, 'R' | 'P' | 'E') => Some(Verdict::AcceptedWithErrors),
        _ => None,
    }
}

fn value(tree: &Tree, segment: &Segment, position: u16, set: &[u8]) -> String {
    String::from_utf8_lossy(tree.value(segment, position, set)).trim().to_owned()
}
