//! Lines and columns: of bytes that go by, and of places in bytes that are there.

use std::cell::Cell;
use std::ops::Range;

/// Counts lines and columns over bytes that go by; lines end with LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCounter {
    /// 1-based line of the next byte.
    pub line: u64,
    /// 1-based column of the next byte, in bytes.
    pub column: u64,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl LineCounter {
    /// Moves behind `bytes`.
    pub fn advance(&mut self, bytes: &[u8]) {
        *self = self.behind(bytes);
    }

    /// The line and column behind `bytes`.
    #[must_use]
    pub fn behind(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            None => Self { line: self.line, column: self.column + bytes.len() as u64 },
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', bytes).count() as u64,
                column: (bytes.len() - last) as u64,
            },
        }
    }
}

/// Finds lines and columns of places in one stretch of bytes, asked for in any order: it counts on, or back, from the place
/// that was asked for last, so that many places that stand near each other cost what lies between them.
#[derive(Debug, Clone, Default)]
pub struct LineFinder {
    /// Line and column of the first byte.
    pub start: LineCounter,
    /// An offset, and what lies there, as far as it is not the start.
    last: Cell<Option<(usize, LineCounter)>>,
}

/// What was asked for last makes no difference.
impl PartialEq for LineFinder {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start
    }
}

impl Eq for LineFinder {}

impl From<LineCounter> for LineFinder {
    fn from(start: LineCounter) -> Self {
        Self { start, last: Cell::new(None) }
    }
}

impl LineFinder {
    /// The line and column of the byte at `offset` (from 0) of `bytes`, which are the same each time.
    #[must_use]
    pub fn at(&self, bytes: &[u8], offset: usize) -> LineCounter {
        let offset = offset.min(bytes.len());
        let (from, there) = self.last.get().filter(|(from, _)| *from <= bytes.len()).unwrap_or((0, self.start));
        let found = match from <= offset {
            true => there.behind(&bytes[from..offset]),
            false => self.before(&bytes[..from], there, offset),
        };
        self.last.set(Some((offset, found)));
        found
    }

    /// The same of bytes that are not yet the text: `text` says which one a part of them is.
    pub fn at_decoded(&self, offset: usize, text: impl Fn(Range<usize>) -> String) -> LineCounter {
        let (from, there) = self.last.get().filter(|(from, _)| *from <= offset).unwrap_or((0, self.start));
        let found = there.behind(text(from..offset).as_bytes());
        self.last.set(Some((offset, found)));
        found
    }

    /// The line and column of `offset`, which lies before the end of `bytes`; those are `end`.
    fn before(&self, bytes: &[u8], end: LineCounter, offset: usize) -> LineCounter {
        let (before, between) = bytes.split_at(offset);
        match memchr::memchr_iter(b'\n', between).count() as u64 {
            0 => LineCounter { line: end.line, column: end.column - between.len() as u64 },
            newlines => LineCounter {
                line: end.line - newlines,
                column: match memchr::memrchr(b'\n', before) {
                    Some(newline) => (offset - newline) as u64,
                    None => self.start.column + offset as u64,
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_their_order_are_found_by_decoding_once() {
        let (finder, decoded) = (LineFinder::from(LineCounter { line: 1, column: 1 }), Cell::new(0));
        for offset in 0..1000 {
            let found = finder.at_decoded(offset, |part| {
                decoded.set(decoded.get() + part.len());
                "\n".repeat(part.len())
            });
            assert_eq!(found.line, offset as u64 + 1);
        }
        assert_eq!(decoded.get(), 999);
    }

    #[test]
    fn a_place_has_the_same_line_and_column_whatever_was_asked_for_before() {
        let start = LineCounter { line: 7, column: 5 };
        for bytes in [b"".as_slice(), b"abc", b"\n", b"\nab\n\ncd", b"ab\ncdefg\n\n\nh\n"] {
            for first in 0..=bytes.len() {
                for second in 0..=bytes.len() {
                    let finder = LineFinder::from(start);
                    assert_eq!(finder.at(bytes, first), start.behind(&bytes[..first]));
                    assert_eq!(finder.at(bytes, second), start.behind(&bytes[..second]), "{second} after {first}");
                    let text = |part: std::ops::Range<usize>| String::from_utf8_lossy(&bytes[part]).into_owned();
                    assert_eq!(finder.at_decoded(first, text), start.behind(&bytes[..first]), "{first} after {second}");
                }
            }
        }
    }
}
