//! BIN and BDS: data that may hold any byte, moved over by the length that stands before it.

use super::breaks::without_breaks;
use super::{BIN, ELEMENT, Lexed, Lexer, Open, SEGMENT, number};
use crate::tree::{Text, Tree};

impl Lexer {
    /// Reads the elements of a BIN or BDS segment from `at` on, moving over its binary data by the length that the
    /// element before gives: the segment and where it ends. The error is what the caller must know first: that the data
    /// is not all there yet, or that its length leads nowhere.
    #[cold]
    pub(super) fn binary(
        &mut self,
        set: &[u8],
        at: usize,
        end: bool,
        tree: &mut Tree,
        open: Open,
    ) -> Result<(Open, usize), Lexed> {
        let mut open = open;
        let mut at = at;
        let before_data = open.first_element + if open.tag == Some(BIN) { 1 } else { 2 };
        while tree.elements.len() < before_data {
            let found = set[at..]
                .iter()
                .position(|byte| matches!(self.class(*byte), ELEMENT | SEGMENT));
            let Some(next) = found
                .map(|found| at + found)
                .filter(|next| self.class(set[*next]) == ELEMENT)
            else {
                return Ok((open, found.map_or(set.len(), |found| at + found)));
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
                open.binary_bytes = after - at;
                Ok((open, after))
            }
            // Asked again when more bytes have come.
            None if within && !end => Err(self.wait(at, open)),
            _ => {
                open.binary_as_text = true;
                self.wait(at, open);
                Err(Lexed::BinaryLength { segment: open.start })
            }
        }
    }

    fn wait(&mut self, at: usize, open: Open) -> Lexed {
        self.at = at;
        self.segment = Some(open);
        Lexed::NeedMore
    }
}
