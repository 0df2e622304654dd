//! What a diagnostic becomes in an acknowledgment: the one table from our codes to those of the standard.

use crate::diagnostic::{Code, Diagnostic, Place, Severity, codes};

/// The code that says a diagnostic in an acknowledgment. Where 997 and 999 differ, the first is that of the 997.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// TA105: of the interchange.
    Interchange(&'static str),
    /// AK905: of the functional group.
    Group(&'static str),
    /// AK502 and IK502: of the transaction set as a whole.
    Set(&'static str),
    /// AK304 and IK304: of a segment.
    Segment(&'static str, &'static str),
    /// AK403 and IK403: of an element.
    Element(&'static str, &'static str),
}

use Answer::{Element, Group, Interchange, Segment, Set};

const fn segment(code: &'static str) -> Answer {
    Segment(code, code)
}

const fn element(code: &'static str) -> Answer {
    Element(code, code)
}

/// Codes of which each place of the envelope has its own answer are not here: see [`answer`].
const ANSWERS: &[(Code, Answer)] = &[
    // TA105
    (codes::X12_INTERCHANGE_CONTROL_NUMBER, Interchange("001")),
    (codes::X12_INTERCHANGE_COUNT, Interchange("021")),
    (codes::X12_SEGMENT_OUTSIDE_SET, Interchange("022")),
    (codes::X12_GROUP_MISSING_HEADER, Interchange("024")),
    (codes::X12_SET_MISSING_HEADER, Interchange("024")),
    (codes::X12_DUPLICATE_GROUP, Interchange("024")),
    (codes::X12_TRUNCATED, Interchange("023")),
    (codes::X12_INTERCHANGE_MISSING_TRAILER, Interchange("023")),
    (codes::X12_INTERCHANGE_TOO_LARGE, Interchange("024")),
    (codes::X12_ISA_LENGTH, Interchange("022")),
    (codes::X12_DUPLICATE_INTERCHANGE, Interchange("025")),
    (codes::PAYLOAD_NUMBER_REUSED, Interchange("025")),
    (codes::PROFILE_UNKNOWN_RECEIVER, Interchange("009")),
    // AK905
    (codes::X12_UNKNOWN_RELEASE, Group("2")),
    (codes::X12_GROUP_MISSING_TRAILER, Group("3")),
    (codes::X12_GROUP_CONTROL_NUMBER, Group("4")),
    (codes::X12_GROUP_COUNT, Group("5")),
    // AK502
    (codes::X12_UNKNOWN_SET, Set("1")),
    (codes::X12_SET_MISSING_TRAILER, Set("2")),
    (codes::X12_SET_CONTROL_NUMBER, Set("3")),
    (codes::X12_SEGMENT_COUNT, Set("4")),
    (codes::X12_SET_TOO_LARGE, Set("5")),
    (codes::X12_SEGMENT_TOO_LONG, Set("5")),
    (codes::X12_TOO_MANY_ELEMENTS, Set("5")),
    (codes::X12_LOOPS_TOO_DEEP, Set("5")),
    (codes::X12_BINARY_LENGTH, Set("5")),
    (codes::X12_GROUP_CODE, Set(OTHER_GROUP)),
    (codes::X12_DUPLICATE_SET, Set("23")),
    // AK304
    (codes::X12_UNKNOWN_SEGMENT, segment("1")),
    (codes::X12_UNEXPECTED_SEGMENT, segment("6")),
    (codes::X12_MISSING_TRIGGER, segment("3")),
    (codes::X12_MISSING_SEGMENT, segment("3")),
    (codes::X12_MISSING_LOOP, segment("3")),
    (codes::X12_TOO_MANY_LOOPS, segment("4")),
    (codes::X12_TOO_MANY_SEGMENTS, segment("5")),
    (codes::X12_SEGMENT_ORDER, segment("7")),
    (codes::X12_EMPTY_SEGMENT, segment("8")),
    (codes::X12_TRAILING_SEPARATORS, segment("8")),
    (codes::X12_TOTAL, segment("8")),
    (codes::GUIDE_TOO_MANY_LOOPS, segment("4")),
    (codes::GUIDE_TOTAL, segment("8")),
    // AK403
    (codes::X12_MISSING_ELEMENT, element("1")),
    (codes::X12_SYNTAX_NOTE, element("2")),
    (codes::X12_UNUSED_ELEMENT, element("3")),
    (codes::X12_ELEMENT_TOO_SHORT, element("4")),
    (codes::X12_ELEMENT_TOO_LONG, element("5")),
    (codes::X12_ELEMENT_TYPE, element("6")),
    (codes::X12_CHARACTER, element("6")),
    (codes::X12_BLANKS, element("6")),
    (codes::X12_CODE, element("7")),
    (codes::X12_CODE_OF_ANOTHER_RELEASE, element("7")),
    (codes::X12_CHECK_DIGIT, element("7")),
    (codes::X12_HIERARCHY_CHILD_CODE, element("7")),
    (codes::X12_HIERARCHICAL_STRUCTURE, element("7")),
    (codes::X12_HIERARCHY_PARENT, element("7")),
    (codes::X12_HIERARCHY_NUMBER, element("7")),
    (codes::X12_ELEMENT_DATE, element("8")),
    (codes::X12_ELEMENT_TIME, element("9")),
    (codes::X12_EXCLUSION, element("10")),
    (codes::X12_TOO_MANY_REPETITIONS, element("12")),
    (codes::X12_TOO_MANY_COMPONENTS, element("13")),
    (codes::GUIDE_TOO_SHORT, element("4")),
    (codes::GUIDE_TOO_LONG, element("5")),
    (codes::GUIDE_CODE, Element("7", "I6")),
    (codes::GUIDE_VALUE, Element("7", "I6")),
    (codes::GUIDE_PATTERN, Element("7", "I12")),
];

/// What a guide says of an element, and of a segment.
const BY_PLACE: [(Code, Answer, Answer); 5] = [
    (codes::GUIDE_MISSING_ELEMENT, element("1"), element("1")),
    (codes::GUIDE_MISSING_SEGMENT, segment("3"), segment("3")),
    (codes::GUIDE_NOT_USED, Element("10", "I10"), Segment("2", "I4")),
    (codes::GUIDE_REPEAT, element("12"), segment("5")),
    (codes::GUIDE_SITUATION, element("7"), segment("8")),
];

/// The same where it depends on the situation.
const BY_SITUATION: [(Code, Answer, Answer); 3] = [
    (codes::GUIDE_MISSING_ELEMENT, Element("1", "I9"), Element("1", "I9")),
    (codes::GUIDE_MISSING_SEGMENT, Segment("3", "I6"), Segment("3", "I6")),
    (codes::GUIDE_NOT_USED, Element("10", "I13"), Segment("2", "I9")),
];

/// AK502 and IK502: the set does not belong into its group. It came with 005010.
const OTHER_GROUP: &str = "18";

/// TA105 for an element of ISA, 1-based.
const HEADER_NOTES: [&str; 15] =
    ["010", "011", "012", "013", "005", "006", "007", "008", "014", "015", "016", "017", "018", "019", "020"];

/// What the standard has for a diagnostic; `None` for what is no fault of the partner's document in its words: mappings,
/// profiles, remarks on bytes outside.
#[must_use]
pub fn answer(diagnostic: &Diagnostic) -> Option<Answer> {
    let position = match &diagnostic.place {
        Place::Payload(place) => place.element,
        _ => None,
    };
    let code = diagnostic.code;
    if code == codes::X12_INTERCHANGE_HEADER {
        let note = position.and_then(|position| HEADER_NOTES.get(usize::from(position).checked_sub(1)?));
        return Some(Interchange(note.unwrap_or(&"022")));
    }
    if code == codes::X12_GROUP_HEADER {
        return Some(match position {
            Some(1) => Group("1"),
            Some(6) => Group("6"),
            _ => Interchange("024"),
        });
    }
    if code == codes::X12_DELIMITER_CLASH {
        // ISA16 is the component separator; for the repetition separator 00501 has no note of its own (X12 RFI 1497).
        return Some(Interchange(if position == Some(16) { "027" } else { "022" }));
    }
    let situation = BY_SITUATION.iter().filter(|_| diagnostic.trigger.is_some());
    if let Some((_, of_element, of_segment)) = situation.chain(&BY_PLACE).find(|(known, ..)| *known == code) {
        return Some(if position.is_some() { *of_element } else { *of_segment });
    }
    let found = ANSWERS.iter().find(|(known, _)| *known == code).map(|(_, answer)| *answer)?;
    let of_header = matches!(&diagnostic.place, Place::Payload(place) if place.segment.as_deref() == Some("ST"));
    Some(match (found, position) {
        (Element(..), Some(1)) if of_header => Set("6"),
        (Element(..), Some(2)) if of_header => Set("7"),
        _ => found,
    })
}

/// The same before 005010, where only AK905 says that a group has not the code of its sets.
#[must_use]
pub(super) fn answer_before_005010(diagnostic: &Diagnostic) -> Option<Answer> {
    answer(diagnostic).map(|answer| if answer == Set(OTHER_GROUP) { Group("1") } else { answer })
}

/// The answers that diagnostics of a code can have, for people: `AK403 8`; `None` where they have none.
#[must_use]
pub fn answer_words(code: Code) -> Option<String> {
    if code == codes::X12_INTERCHANGE_HEADER {
        return Some("TA105 005 to 020, by the element".to_owned());
    }
    if code == codes::X12_GROUP_HEADER {
        return Some("AK905 1 or 6, else TA105 024".to_owned());
    }
    if code == codes::X12_DELIMITER_CLASH {
        return Some("TA105 022 or 027".to_owned());
    }
    if code == codes::X12_GROUP_CODE {
        return Some("AK502 18, before 005010 AK905 1".to_owned());
    }
    let both = |name: &str, functional: &str, implementation: &str| match functional == implementation {
        true => format!("AK{name} {functional}"),
        false => format!("AK{name} {functional}, IK{name} {implementation}"),
    };
    let words = |answer: &Answer| match answer {
        Interchange(note) => format!("TA105 {note}"),
        Group(code) => format!("AK905 {code}"),
        Set(code) => format!("AK502 {code}"),
        Segment(functional, implementation) => both("304", functional, implementation),
        Element(functional, implementation) => both("403", functional, implementation),
    };
    let both_places = |of_element: &Answer, of_segment: &Answer| match of_element == of_segment {
        true => words(of_element),
        false => format!("{}; of a segment {}", words(of_element), words(of_segment)),
    };
    let by_place = |table: &[(Code, Answer, Answer)]| {
        table.iter().find(|(known, ..)| *known == code).map(|(_, element, segment)| both_places(element, segment))
    };
    if let Some(always) = by_place(&BY_PLACE) {
        let situation = by_place(&BY_SITUATION).map(|words| format!("; by a situation {words}"));
        return Some(always + situation.as_deref().unwrap_or_default());
    }
    ANSWERS.iter().find(|(known, _)| *known == code).map(|(_, answer)| words(answer))
}

/// Is the diagnostic said in an acknowledgment? Notes are not: nothing has to be done about them.
#[must_use]
pub fn is_answered(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity > Severity::Note && answer(diagnostic).is_some()
}
