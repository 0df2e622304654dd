//! BIN and BDS: data that may hold any byte, moved over by the length that stands before it.

use super::breaks::without_breaks;
use super::marks::Marks;
use super::{BIN, ELEMENT, Lexed, Lexer, Open, SEGMENT, number};
use crate::tree::{Text, Tree};

/// What is known of the binary data of a segment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Binary {
    /// Where the segment starts.
    pub(super) segment: usize,
    /// How much of it was moved over by its length.
    pub(super) bytes: usize,
    /// Its length leads nowhere: it is read as text.
    as_text: bool,
}

impl Lexer {
    /// Reads the elements of a BIN or BDS segment, moving over its binary data by the length that the element before
    /// gives: where the segment ends, if that is there. The error is what the caller must know first: that the data is not
    /// all there yet, or that its length leads nowhere.
    #[cold]
    pub(super) fn read_binary(
        &mut self,
        set: &[u8],
        end: bool,
        mut marks: Marks<'_>,
        tree: &mut Tree,
        mut open: Open,
    ) -> Result<(Open, Option<usize>), Lexed> {
        let mut at = open.element_start;
        if self.binary.segment == open.start && self.binary.as_text {
            let terminator = open.read_elements(&self.classes, &mut marks, &mut tree.elements);
            return Ok((open, terminator));
        }
        let before_data = open.first_element + if open.tag == Some(BIN) { 1 } else { 2 };
        while tree.elements.len() < before_data {
            let found = set[at..].iter().position(|byte| matches!(self.class(*byte), ELEMENT | SEGMENT));
            let Some(next) = found.map(|found| at + found).filter(|next| self.class(set[*next]) == ELEMENT) else {
                return Ok((open, found.map(|found| at + found)));
            };
            tree.elements.push(Text::raw(open.element_start as u32, next as u32));
            at = next + 1;
            open.element_start = at;
        }
        let length = tree.elements.last().map_or(&b""[..], |text| tree.bytes(*text, set));
        let length = number(&without_breaks(length)).and_then(|length| usize::try_from(length).ok());
        let after = at.saturating_add(length.unwrap_or(usize::MAX));
        let within = after <= self.limits.transaction_set_bytes;
        match set.get(after) {
            Some(byte) if within && self.class(*byte) == SEGMENT => {
                self.binary = Binary { segment: open.start, bytes: after - at, as_text: false };
                Ok((open, Some(after)))
            }
            // Asked again when more bytes have come.
            None if within && !end => Err(self.wait(at, open)),
            _ => {
                self.binary = Binary { segment: open.start, bytes: 0, as_text: true };
                self.wait(at, open);
                Err(Lexed::BinaryLength { segment: open.start })
            }
        }
    }
}
