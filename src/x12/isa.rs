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
    let found = match fixed(window).or_else(|| unwrapped(window)) {
        Some(found) => found,
        None => counted(window)?,
    };
    let terminator = found.terminator;
    if terminator >= 0xC0 && found.next.is_some_and(|byte| (0x80..0xC0).contains(&byte)) {
        return Err("the segment terminator is a character of more than one byte".into());
    }
    if terminator.is_ascii_alphanumeric() || terminator == separator {
        return Err(format!("{} stands where the segment terminator should be", shown(terminator)));
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
    if element_count(&found.segment, separator) >= 16 {
        let element = match elements[15] {
            b"" if found.segment.ends_with(&[separator, separator]) => &found.segment[found.segment.len() - 1..],
            element => element,
        };
        delimiters.component = component(&delimiters, element, &mut remarks);
    }
    delimiters.repetition = repetition(&delimiters, elements[10], elements[11], &mut remarks);
    Ok(Isa { elements: elements.map(text), delimiters, end: found.end, wrapped: found.wrapped, remarks })
}

/// An ISA segment whose end is known.
struct Found {
    /// Without terminator and without line breaks.
    segment: Vec<u8>,
    /// The terminator, and what follows it where it was told.
    terminator: u8,
    next: Option<u8>,
    /// Offset behind the terminator.
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
    // A line end behind ISA is no terminator when the next segment ends with what stands before it here.
    let line_end_only = is_blank(terminator) && next_terminator(window).is_some_and(|(_, byte, _)| byte == component);
    let sound = !terminator.is_ascii_alphanumeric()
        && terminator != window[3]
        && terminator != component
        && next.is_none_or(u8::is_ascii_alphanumeric)
        && !line_end_only;
    sound.then(|| Found {
        segment: window[..LENGTH - 1].to_vec(),
        terminator,
        next: window.get(LENGTH).copied(),
        end: LENGTH,
        wrapped: false,
    })
}

/// ISA as the standard has it, once the line breaks inside it are taken out.
fn unwrapped(window: &[u8]) -> Option<Found> {
    let found = fixed(&without_breaks(window))?;
    let mut left = LENGTH;
    let end = window.iter().position(|byte| {
        left -= usize::from(!matches!(byte, b'\r' | b'\n'));
        left == 0
    })?;
    Some(Found { end: end + 1, wrapped: true, ..found })
}

/// ISA of any width: it ends where GS, TA1 or IEA begins, and the terminator is what ends that segment.
fn counted(window: &[u8]) -> Result<Found, String> {
    if next_interchange(window) {
        return Err("another ISA segment follows before it ends".into());
    }
    let Some((start, terminator, next)) = next_terminator(window) else {
        return sixteenth(window).ok_or_else(|| {
            "it has fewer than 16 elements, and no GS, TA1 or IEA segment follows that shows where it ends".into()
        });
    };
    let mut end = start;
    while is_blank(window[end - 1]) {
        end -= 1;
    }
    let mut behind = start;
    if window[end - 1] == terminator {
        behind = end;
        end -= 1;
    } else if let Some(at) = window[end..start].iter().position(|byte| *byte == terminator) {
        behind = end + at + 1;
    }
    let segment = without_breaks(&window[..end]);
    Ok(Found { wrapped: segment.len() < end, segment, terminator, next, end: behind })
}

/// ISA with nothing behind it: the byte after its sixteenth separator is ISA16, the next the terminator.
fn sixteenth(window: &[u8]) -> Option<Found> {
    let mut separators = window.iter().enumerate().filter(|(_, byte)| **byte == window[3]);
    let (last, _) = separators.nth(15)?;
    let terminator = *window.get(last + 2)?;
    let segment = without_breaks(&window[..last + 2]);
    Some(Found {
        wrapped: segment.len() < last + 2,
        segment,
        terminator,
        next: window.get(last + 3).copied(),
        end: last + 3,
    })
}

/// Where the segment behind ISA starts, the byte that ends it, and the byte after that.
fn next_terminator(window: &[u8]) -> Option<(usize, u8, Option<u8>)> {
    let (start, count) = follower(window, window[3])?;
    let mut separators = window[start..].iter().enumerate().filter(|(_, byte)| **byte == window[3]);
    let last = start + separators.nth(count - 1)?.0 + 1;
    let end = last + window[last..].iter().position(|byte| !byte.is_ascii_alphanumeric())?;
    Some((start, window[end], window.get(end + 1).copied()))
}

/// Does another ISA segment start on a line of its own before GS, TA1 or IEA do? Then this one was cut.
fn next_interchange(window: &[u8]) -> bool {
    let limit = follower(window, window[3]).map_or(window.len(), |(start, _)| start);
    let starts = |pair: &[u8]| matches!(pair, [b'\r' | b'\n', b'I', b'S', b'A', separator] if *separator == window[3]);
    window[..limit].windows(5).any(starts)
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
        known.iter().find(|(identifier, _)| starts(identifier)).map(|(_, count)| (at, *count))
    })
}

/// Says which elements are not as wide as they should be, or that there are not sixteen.
fn length_remark(found: &Found, elements: &[&[u8]; 16], separator: u8) -> Option<Remark> {
    let count = element_count(&found.segment, separator);
    let mut wrong = Vec::new();
    for (index, (element, width)) in elements.iter().zip(WIDTHS).enumerate().take(count.min(15)) {
        let length = String::from_utf8_lossy(element).chars().count();
        if length != width {
            wrong.push((index + 1, format!("ISA{:02} has {length} characters instead of {width}", index + 1)));
        }
    }
    let length = found.segment.len() + 1;
    let element = wrong.first().and_then(|(element, _)| u16::try_from(*element).ok());
    let (severity, message) = match element {
        _ if count != 16 => (Severity::Error, format!("ISA has {count} elements, 16 are expected")),
        None => return None,
        Some(_) => {
            let wrong: Vec<String> = wrong.into_iter().map(|(_, text)| text).collect();
            (Severity::Warning, format!("ISA has {length} bytes, {LENGTH} are expected: {}", wrong.join(", ")))
        }
    };
    Some(Remark {
        code: X12_ISA_LENGTH,
        severity,
        element: element.filter(|_| count == 16),
        message,
        remedy: "ask the partner to pad the elements of ISA with blanks to their fixed widths",
    })
}

/// How many elements ISA has; a last one that is the element separator itself reads as two empty ones.
fn element_count(segment: &[u8], separator: u8) -> usize {
    let count = segment.iter().filter(|byte| **byte == separator).count();
    count - usize::from(count == 17 && segment.ends_with(&[separator, separator]))
}

/// The component separator that ISA16 names, if it can be one.
fn component(delimiters: &Delimiters, element: &[u8], remarks: &mut Vec<Remark>) -> Option<u8> {
    let problem = match *element {
        [] => "ISA16 is empty".to_owned(),
        [named] if named == delimiters.element => format!("ISA16 is {}, which is the element separator", shown(named)),
        [named] if named == delimiters.segment => format!("ISA16 is {}, which is the segment terminator", shown(named)),
        [named] if may_separate(named) => return Some(named),
        [named] => format!("ISA16 is {}, which cannot be a separator", shown(named)),
        _ => format!("ISA16 is `{}`, which is not one byte", text(element)),
    };
    remarks.push(Remark {
        code: X12_DELIMITER_CLASH,
        severity: Severity::Warning,
        element: Some(16),
        message: problem,
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
        [named] if delimiters.contains(named) => {
            (X12_DELIMITER_CLASH, format!("ISA11 is {}, which is a delimiter already", shown(named)))
        }
        _ => {
            (X12_REPETITION_SEPARATOR, format!("ISA11 is `{}`, which cannot be a repetition separator", text(element)))
        }
    };
    remarks.push(Remark {
        code,
        severity: if code == X12_DELIMITER_CLASH { Severity::Warning } else { code.severity() },
        element: Some(11),
        message,
        remedy: "repeated elements are not split; nothing to do unless the partner repeats elements",
    });
    None
}
