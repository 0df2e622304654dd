//! Delimiters of transaction sets and groups that stand in the input without ISA: told from their first segment.

use super::delimiters::{Delimiters, LineEnd, is_blank, may_separate};

/// The delimiters of what starts with ST or GS; `None` when it starts with neither.
///
/// The component separator cannot be told and is taken to be `>`; repetitions are not split.
pub(super) fn delimiters(bytes: &[u8]) -> Option<Delimiters> {
    let elements = match bytes.get(..2)? {
        b"ST" => 2,
        b"GS" => 8,
        _ => return None,
    };
    let separator = *bytes.get(2).filter(|byte| may_separate(**byte))?;
    let mut separators = bytes.iter().enumerate().filter(|(_, byte)| **byte == separator);
    let mut last = separators.nth(elements - 1)?.0 + 1;
    let end = loop {
        // Control numbers are padded with blanks by some; ST may have a third element.
        let end = bytes[last..].iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b' ')?;
        if bytes[last + end] != separator {
            break last + end;
        }
        last += end + 1;
    };
    let segment = bytes[end];
    let component = (segment != b'>' && separator != b'>').then_some(b'>');
    (may_separate(segment) || is_blank(segment)).then(|| Delimiters {
        element: separator,
        component,
        repetition: None,
        segment,
        line_end: LineEnd::of(&bytes[end + 1..]),
    })
}
