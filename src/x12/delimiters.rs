//! The delimiters of an interchange: which bytes separate, and which may.
//!
//! Knows bytes, not segments: how they are found in an ISA segment is `isa`'s part.

use crate::tree::Separators;

/// The bytes that separate an interchange's parts, and the line end that follows each segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// Between the elements of a segment: the byte after `ISA`.
    pub element: u8,
    /// Between the components of a composite: ISA16. `None` when ISA16 names no usable byte.
    pub component: Option<u8>,
    /// Between the repetitions of an element: ISA11, from interchange version 00402 on.
    pub repetition: Option<u8>,
    /// After each segment: the byte after ISA16.
    pub segment: u8,
    /// What follows the segment terminator. Readers skip any line end there; a writer can imitate the one seen.
    pub line_end: LineEnd,
}

/// What stands between a segment terminator and the next segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// Nothing: the next segment follows at once.
    #[default]
    None,
    /// CR.
    CarriageReturn,
    /// CR and LF.
    CarriageReturnLineFeed,
    /// LF.
    LineFeed,
}

impl LineEnd {
    /// The line end at the start of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [b'\r', b'\n', ..] => LineEnd::CarriageReturnLineFeed,
            [b'\r', ..] => LineEnd::CarriageReturn,
            [b'\n', ..] => LineEnd::LineFeed,
            _ => LineEnd::None,
        }
    }

    /// The bytes of the line end.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            LineEnd::None => b"",
            LineEnd::CarriageReturn => b"\r",
            LineEnd::CarriageReturnLineFeed => b"\r\n",
            LineEnd::LineFeed => b"\n",
        }
    }
}

impl Default for Delimiters {
    /// `*`, `>`, no repetition separator, `~`, no line end.
    fn default() -> Self {
        Self { element: b'*', component: Some(b'>'), repetition: None, segment: b'~', line_end: LineEnd::None }
    }
}

impl Delimiters {
    /// The separators inside elements, as a tree needs them.
    #[must_use]
    pub fn separators(&self) -> Separators {
        Separators { component: self.component, repetition: self.repetition }
    }

    /// The delimiter among the bytes of a value, if there is one: X12 has no escape, so the value cannot be written.
    #[must_use]
    pub fn find_in(&self, value: &[u8]) -> Option<u8> {
        value.iter().copied().find(|byte| self.contains(*byte))
    }

    /// Is `byte` one of the delimiters?
    #[must_use]
    pub fn contains(&self, byte: u8) -> bool {
        byte == self.element || byte == self.segment || self.component == Some(byte) || self.repetition == Some(byte)
    }
}

/// May `byte` stand between elements, components or repetitions? Letters, digits, blanks and line ends may not.
#[must_use]
pub fn may_separate(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && !is_blank(byte)
}

/// Blanks and line ends: what may stand between a segment terminator and the next segment, without meaning. The control
/// characters NUL and SUB pad the end of files from mainframes and CP/M.
#[must_use]
#[inline]
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1A)
}

/// How a delimiter is shown to people: `*`, or the name of a character that cannot be seen.
#[must_use]
pub fn shown(byte: u8) -> String {
    match byte {
        b'\n' => "LF".into(),
        b'\r' => "CR".into(),
        b'\t' => "TAB".into(),
        b' ' => "a blank".into(),
        0x21..=0x7E => format!("`{}`", char::from(byte)),
        _ => format!("byte 0x{byte:02X}"),
    }
}
