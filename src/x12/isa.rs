//! Finds the delimiters of an interchange in its ISA segment, also where that is not the 106 bytes it should be.
//!
//! ISA is the only segment of fixed width: the element separator stands at offset 3, the component separator at 104, the
//! segment terminator at 105. Where the sixteen separators do not stand at their offsets, separators are counted, and the
//! end of the segment behind ISA says what the terminator is.

use std::sync::Arc;

use super::delimiters::{Delimiters, LineEnd, is_blank, may_separate, shown};
use super::envelope::{interchange_header, text};
use super::lexer::{number, without_breaks};
use crate::diagnostic::codes::{X12_DELIMITER_CLASH, X12_ISA_LENGTH, X12_ISA_LOWER_CASE, X12_REPETITION_SEPARATOR};
use crate::diagnostic::{Code, Severity};

/// How many bytes from the start of ISA are looked at: more than any ISA with the segment behind it.
pub(super) const WINDOW: usize = 512;

/// Bytes of an ISA segment with its terminator.
const LENGTH: usize = 106;

/// Widths of ISA01 to ISA16.
pub(super) const WIDTHS: [usize; 16] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];

/// An ISA segment that was read.
#[derive(Debug)]
pub(super) struct Isa {
    pub(super) elements: [Arc<str>; 16],
    pub(super) delimiters: Delimiters,
    /// Offset behind the terminator.
    pub(super) end: usize,
    /// Line breaks stood inside it.
    pub(super) wrapped: bool,
    pub(super) remarks: Vec<Remark>,
}

/// Something about an ISA segment that people should know.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) code: Code,
    pub(super) severity: Severity,
    /// ISA element, 1-based.
    pub(super) element: Option<u16>,
    pub(super) message: String,
    pub(super) remedy: &'static str,
}

/// Does `bytes` start as an ISA segment does, in capitals or not?
pub(super) fn starts(bytes: &[u8]) -> bool {
    bytes.len() >= 4 && bytes[..3].eq_ignore_ascii_case(b"ISA") && may_separate(bytes[3])
}

/// Reads the ISA segment at the start of `window`; the error says why it cannot be read.
pub(super) fn read(window: &[u8]) -> Result<Isa, String> {
    let window = &window[..window.len().min(WINDOW)];
    let separator = window[3];
    let found = match fixed(window).map(|found| (found, false)).or_else(|| unwrapped(window)) {
        Some((found, wrapped)) => Found { wrapped, ..found },
        None => counted(window, separator)?,
    };
    let terminator = found.terminator;
    let continues = window.get(found.end).is_some_and(|byte| (0x80..0xC0).contains(byte));
    if terminator >= 0xC0 && continues {
        let character = String::from_utf8_lossy(&window[found.end - 1..window.len().min(found.end + 3)]);
        let character: String = character.chars().take(1).collect();
        return Err(format!(
            "the segment terminator is `{character}`, a character of more than one byte"
        ));
    }
    if terminator.is_ascii_alphanumeric() || terminator == separator {
        return Err(format!(
            "{} stands where the segment terminator should be",
            shown(terminator)
        ));
    }
    let mut remarks = Vec::new();
    if window[..3] != *b"ISA" {
        remarks.push(Remark {
            code: X12_ISA_LOWER_CASE,
            severity: X12_ISA_LOWER_CASE.severity(),
            element: None,
            message: format!("the segment identifier is `{}`, not `ISA`", text(&window[..3])),
            remedy: "ask the partner to send segment identifiers in capitals",
        });
    }
    let elements = interchange_header(&found.segment, separator).ok_or("its elements cannot be split")?;
    remarks.extend(length_remark(&found, &elements, separator));
    let mut delimiters = Delimiters {
        element: separator,
        component: None,
        repetition: None,
        segment: terminator,
        line_end: LineEnd::of(&window[found.end..]),
    };
    delimiters.component = component(&delimiters, elements[15], &mut remarks);
    delimiters.repetition = repetition(&delimiters, elements[10], elements[11], &mut remarks);
    Ok(Isa {
        elements: elements.map(text),
        delimiters,
        end: found.end,
        wrapped: found.wrapped,
        remarks,
    })
}

/// An ISA segment whose end is known.
struct Found {
    /// Without terminator and without line breaks.
    segment: Vec<u8>,
    terminator: u8,
    end: usize,
    wrapped: bool,
}

/// ISA as the standard has it: every separator at its offset, and behind the terminator a segment.
fn fixed(window: &[u8]) -> Option<Found> {
    let mut offset = 3;
    for width in WIDTHS {
        if window.get(offset) != Some(&window[3]) {
            return None;
        }
        offset += width + 1;
    }
    let (component, terminator) = (*window.get(LENGTH - 2)?, *window.get(LENGTH - 1)?);
    let next = window[LENGTH..].iter().find(|byte| !is_blank(**byte));
    let sound = !terminator.is_ascii_alphanumeric()
        && terminator != window[3]
        && terminator != component
        && next.is_none_or(u8::is_ascii_alphanumeric);
    sound.then(|| Found {
        segment: window[..LENGTH - 1].to_vec(),
        terminator,
        end: LENGTH,
        wrapped: false,
    })
}

/// ISA as the standard has it, once the line breaks inside it are taken out.
fn unwrapped(window: &[u8]) -> Option<(Found, bool)> {
    let mut found = fixed(&without_breaks(window))?;
    let mut left = LENGTH;
    let end = window.iter().position(|byte| {
        left -= usize::from(!matches!(byte, b'\r' | b'\n'));
        left == 0
    })?;
    found.end = end + 1;
    Some((found, true))
}

/// ISA of any width: it ends where GS, TA1 or IEA begins, and the terminator is what ends that segment.
fn counted(window: &[u8], separator: u8) -> Result<Found, String> {
    let Some((next, count)) = follower(window, separator) else {
        let mut separators = window.iter().enumerate().filter(|(_, byte)| **byte == separator);
        let last = separators.nth(15).map(|(at, _)| at);
        let Some((at, terminator)) = last.and_then(|at| Some((at, *window.get(at + 2)?))) else {
            return Err(
                "it has fewer than 16 elements, and no GS, TA1 or IEA segment follows that shows where it ends".into(),
            );
        };
        let segment = without_breaks(&window[..at + 2]);
        return Ok(Found {
            wrapped: segment.len() < at + 2,
            segment,
            terminator,
            end: at + 3,
        });
    };
    let last = window[next..]
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == separator)
        .nth(count - 1);
    let last = last.map_or(next, |(at, _)| next + at + 1);
    let end = window[last..].iter().position(|byte| !byte.is_ascii_alphanumeric());
    let terminator = end
        .map(|end| window[last + end])
        .ok_or("no segment terminator is found behind it")?;
    let mut end = next;
    while is_blank(window[end - 1]) {
        end -= 1;
    }
    let mut behind = next;
    if window[end - 1] == terminator {
        behind = end;
        end -= 1;
    } else if let Some(at) = window[end..next].iter().position(|byte| *byte == terminator) {
        behind = end + at + 1;
    }
    let segment = without_breaks(&window[..end]);
    Ok(Found {
        wrapped: segment.len() < end,
        segment,
        terminator,
        end: behind,
    })
}

/// Where the segment behind ISA starts, and how many elements it has.
fn follower(window: &[u8], separator: u8) -> Option<(usize, usize)> {
    (4..window.len()).find_map(|at| {
        let before = window[at - 1];
        if before.is_ascii_alphanumeric() || before == separator {
            return None;
        }
        let starts = |identifier: &[u8]| {
            window[at..].starts_with(identifier) && window.get(at + identifier.len()) == Some(&separator)
        };
        let known: [(&[u8], usize); 3] = [(b"GS", 8), (b"TA1", 5), (b"IEA", 2)];
        known
            .iter()
            .find(|(identifier, _)| starts(identifier))
            .map(|(_, count)| (at, *count))
    })
}

/// Says which elements are not as wide as they should be, or that there are not sixteen.
fn length_remark(found: &Found, elements: &[&[u8]; 16], separator: u8) -> Option<Remark> {
    let count = found.segment.iter().filter(|byte| **byte == separator).count();
    // ISA16 may be the element separator itself.
    let count = if found.segment.len() == LENGTH - 1 && elements[15].is_empty() {
        16
    } else {
        count
    };
    let mut wrong = Vec::new();
    for (index, (element, width)) in elements.iter().zip(WIDTHS).enumerate().take(count.min(15)) {
        let length = String::from_utf8_lossy(element).chars().count();
        if length != width {
            wrong.push(format!(
                "ISA{:02} has {length} characters instead of {width}",
                index + 1
            ));
        }
    }
    let length = found.segment.len() + 1;
    let (severity, message) = if count == 16 {
        if wrong.is_empty() {
            return None;
        }
        (
            Severity::Warning,
            format!("ISA has {length} bytes, {LENGTH} are expected: {}", wrong.join(", ")),
        )
    } else {
        (Severity::Error, format!("ISA has {count} elements, 16 are expected"))
    };
    Some(Remark {
        code: X12_ISA_LENGTH,
        severity,
        element: None,
        message,
        remedy: "ask the partner to pad the elements of ISA with blanks to their fixed widths",
    })
}

/// The component separator that ISA16 names, if it can be one.
fn component(delimiters: &Delimiters, element: &[u8], remarks: &mut Vec<Remark>) -> Option<u8> {
    // An ISA16 that is the element separator reads as one more, empty element.
    let named = element.first().copied().unwrap_or(delimiters.element);
    let problem = if element.is_empty() {
        Some(format!(
            "ISA16 is empty or {}, the element separator",
            shown(delimiters.element)
        ))
    } else if element.len() > 1 {
        Some(format!("ISA16 is `{}`, which is not one byte", text(element)))
    } else if !may_separate(named) {
        Some(format!("ISA16 is {}, which cannot be a separator", shown(named)))
    } else if delimiters.contains(named) {
        Some(format!("ISA16 is {}, which is the segment terminator", shown(named)))
    } else {
        None
    };
    let Some(message) = problem else {
        return Some(named);
    };
    remarks.push(Remark {
        code: X12_DELIMITER_CLASH,
        severity: Severity::Warning,
        element: Some(16),
        message,
        remedy: "composite elements are not split; ask the partner to name a component separator of its own in ISA16",
    });
    None
}

/// The repetition separator that ISA11 names, if the version has one and it can be one.
fn repetition(delimiters: &Delimiters, element: &[u8], version: &[u8], remarks: &mut Vec<Remark>) -> Option<u8> {
    if number(version.trim_ascii()).is_none_or(|version| version < 402) {
        return None;
    }
    let (code, message) = match *element {
        [named] if may_separate(named) && !delimiters.contains(named) => return Some(named),
        [named] if delimiters.contains(named) => (
            X12_DELIMITER_CLASH,
            format!("ISA11 is {}, which is a delimiter already", shown(named)),
        ),
        _ => (
            X12_REPETITION_SEPARATOR,
            format!("ISA11 is `{}`, which cannot be a repetition separator", text(element)),
        ),
    };
    remarks.push(Remark {
        code,
        severity: if code == X12_DELIMITER_CLASH {
            Severity::Warning
        } else {
            code.severity()
        },
        element: Some(11),
        message,
        remedy: "repeated elements are not split; nothing to do unless the partner repeats elements",
    });
    None
}
