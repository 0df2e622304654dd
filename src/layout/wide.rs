//! Files of two bytes a character, UTF-16: they are read as UTF-8, and all places are told in the bytes of the file.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Diagnostics, Place};
use crate::tree::Tree;

use super::builder::own_texts;

/// What UTF-16 a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// That of a file which begins so; none where it is not UTF-16: by its byte order mark, or by the `<` of XML.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0xFF, 0xFE, ..] | [b'<', 0, _, 0, ..] => Some(Order::Little),
            [0xFE, 0xFF, ..] | [0, b'<', 0, _, ..] => Some(Order::Big),
            _ => None,
        }
    }

    /// The text that bytes are; what is no character is U+FFFD.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        let unit = |pair: &[u8]| match (self, pair) {
            (Order::Little, [low, high]) => u16::from_le_bytes([*low, *high]),
            (Order::Big, [high, low]) => u16::from_be_bytes([*high, *low]),
            _ => 0xFFFD,
        };
        char::decode_utf16(bytes.chunks(2).map(unit))
            .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    }

    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        let bytes = |unit: u16| match self {
            Order::Little => unit.to_le_bytes(),
            Order::Big => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    /// Is the last unit the first half of a character?
    fn is_cut(self, bytes: &[u8]) -> bool {
        let high = match (self, bytes) {
            (Order::Little, [.., high]) | (Order::Big, [.., high, _]) => *high,
            _ => 0,
        };
        (0xD8..0xDC).contains(&high)
    }
}

/// The part of a file that is at hand.
#[derive(Debug)]
pub(super) struct Wide {
    pub(super) order: Order,
    /// The text of the input, as UTF-8, and how many bytes of the input it is.
    pub(super) text: Vec<u8>,
    bytes: usize,
    /// Absolute offset of the input's first byte.
    offset: u64,
}

impl Wide {
    pub(super) fn new(order: Order) -> Self {
        Self { order, text: Vec::new(), bytes: 0, offset: 0 }
    }

    /// Adds what is new in the input.
    pub(super) fn take(&mut self, input: &[u8], end: bool) {
        let mut to = if end { input.len() } else { input.len() - input.len() % 2 };
        if !end && to > self.bytes && self.order.is_cut(&input[self.bytes..to]) {
            to -= 2;
        }
        self.text.extend_from_slice(self.order.decode(&input[self.bytes..to]).as_bytes());
        self.bytes = to;
    }

    /// Bytes of the input that a part of the text takes.
    pub(super) fn length(text: &[u8]) -> usize {
        String::from_utf8_lossy(text).chars().map(char::len_utf16).sum::<usize>() * 2
    }

    /// Where a part of the text stands in the input.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        let start = Self::length(&self.text[..range.start]);
        let end = start + Self::length(&self.text[range.clone()]);
        // Half a unit at the end of a file is a character too.
        start.min(self.bytes)..end.min(self.bytes)
    }

    /// Absolute offset of a place in the input.
    pub(super) fn absolute(&self, at: usize) -> u64 {
        self.offset + at as u64
    }

    /// The places of what was said since there were `known`, which count in a text whose first byte was at `offset`, are told in bytes
    /// of the file.
    pub(super) fn tell(&self, known: usize, offset: u64, diagnostics: &mut Diagnostics) {
        if diagnostics.list().len() == known {
            return;
        }
        let offsets = offsets(&self.text);
        for one in diagnostics.list_mut().iter_mut().skip(known) {
            if let Place::Payload(place) = &mut one.place
                && place.bytes.start >= offset
            {
                let wide = |at: u64| offsets[((at - offset) as usize).min(self.text.len())] as usize;
                let absolute = |at: u64| self.absolute(wide(at).min(self.bytes));
                place.bytes = absolute(place.bytes.start)..absolute(place.bytes.end);
            }
        }
    }

    /// So much of the text is done with; returns how much of the input that is.
    pub(super) fn drop(&mut self, text: usize) -> usize {
        let bytes = self.range(&(0..text)).end;
        self.text.drain(..text);
        self.bytes -= bytes;
        self.offset += bytes as u64;
        bytes
    }
}

/// For each byte of a text where it stands in UTF-16, and where the text ends.
fn offsets(text: &[u8]) -> Vec<u32> {
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    for character in String::from_utf8_lossy(text).chars() {
        offsets.extend(std::iter::repeat_n(at, character.len_utf8()));
        at += character.len_utf16() as u32 * 2;
    }
    offsets.push(at);
    offsets
}

/// A tree of the document `text` becomes one of its bytes in UTF-16: its texts are its own, and know where they stand.
pub(super) fn widen(tree: &mut Tree, text: &[u8]) {
    let offsets = offsets(text);
    let wide = |at: u32| offsets.get(at as usize).or(offsets.last()).copied().unwrap_or_default();
    own_texts(tree, text, Cow::Borrowed, wide);
    for segment in &mut tree.segments {
        (segment.start, segment.end) = (wide(segment.start), wide(segment.end));
    }
}

/// The same tree, its places counting in the document as UTF-8 again.
pub(super) fn narrow(tree: &Tree, text: &str) -> Tree {
    let offsets = offsets(text.as_bytes());
    let narrow = |at: u32| offsets.partition_point(|known| *known < at) as u32;
    let mut tree = tree.clone();
    for (_, start, end) in &mut tree.unescaped {
        (*start, *end) = (narrow(*start), narrow(*end));
    }
    for segment in &mut tree.segments {
        (segment.start, segment.end) = (narrow(segment.start), narrow(segment.end));
    }
    tree
}
