//! Splits a transaction set into segments and elements and puts each segment at its place in the set's table.
//!
//! One pass, one table look-up a byte; elements are spans, nothing is copied. It can stop after any byte and go on when
//! more bytes have come. It knows delimiters and the segments that end a set; whether the envelope around it is sound is
//! `reader`'s question, whether elements are, `validate`'s.
//!
//! BE ADVISED: this loop touches every byte of every document. What is rare (line breaks inside segments, binary data,
//! segments out of place) stays out of line; `benches/` holds the floor it is compared with.

use super::delimiters::{Delimiters, is_blank};
use super::limits::Limits;
use crate::tree::placement::{Cursor, Placed, place};
use crate::tree::{Grammar, ItemId, NONE, Segment, Tag, Text, Tree};

pub(super) const ST: Tag = Tag(u32::from_be_bytes(*b"ST\0\0"));
pub(super) const SE: Tag = Tag(u32::from_be_bytes(*b"SE\0\0"));
pub(super) const GS: Tag = Tag(u32::from_be_bytes(*b"GS\0\0"));
pub(super) const GE: Tag = Tag(u32::from_be_bytes(*b"GE\0\0"));
pub(super) const IEA: Tag = Tag(u32::from_be_bytes(*b"IEA\0"));
const BIN: Tag = Tag(u32::from_be_bytes(*b"BIN\0"));
const BDS: Tag = Tag(u32::from_be_bytes(*b"BDS\0"));

/// What a byte means to the lexer; everything else is text.
const ELEMENT: u8 = 1;
const SEGMENT: u8 = 2;
/// CR or LF that is no delimiter.
const BREAK: u8 = 4;
/// Not ASCII.
const HIGH: u8 = 8;

/// Why the lexer stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexed {
    /// All bytes are read and the set goes on.
    NeedMore,
    /// The tree's last segment is not where the table has it. Call again to go on.
    Misplaced(Placed),
    /// The length of a binary element does not lead to a terminator; it is read as text. Call again to go on.
    BinaryLength {
        /// Where the segment starts.
        segment: usize,
    },
    /// SE was read, the set ends at this offset, terminator included.
    End(usize),
    /// The input ends here, inside the set.
    Cut(usize),
    /// A segment of the envelope starts at this offset: the set has no SE.
    Boundary(usize),
    /// A limit is exceeded by the segment that starts at the offset.
    Over(Excess, usize),
}

/// Which limit a set exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    SetBytes,
    SegmentBytes,
    Elements(usize),
}

/// The state between two calls. Offsets count from the first byte of the set.
#[derive(Debug, Clone)]
pub(super) struct Lexer {
    classes: [u8; 256],
    at: usize,
    segment: Option<Open>,
    cursor: Cursor,
    limits: Limits,
    /// Bytes that are not ASCII were seen.
    pub(super) high: bool,
    /// Line breaks inside segments were seen and taken out.
    pub(super) wrapped: bool,
}

/// A segment that has begun.
#[derive(Debug, Clone, Copy)]
struct Open {
    start: usize,
    /// Where its identifier ends, once that is known.
    identifier_end: Option<usize>,
    element_start: usize,
    first_element: usize,
    /// Position of the element that is binary data, or `usize::MAX`.
    binary_position: usize,
    binary_bytes: usize,
    flags: u8,
}

impl Lexer {
    pub(super) fn new(delimiters: &Delimiters, limits: Limits) -> Self {
        let mut classes = [0; 256];
        classes[128..].fill(HIGH);
        classes[usize::from(b'\r')] = BREAK;
        classes[usize::from(b'\n')] = BREAK;
        classes[usize::from(delimiters.element)] = ELEMENT;
        classes[usize::from(delimiters.segment)] = SEGMENT;
        Self {
            classes,
            at: 0,
            segment: None,
            cursor: Cursor::default(),
            limits,
            high: false,
            wrapped: false,
        }
    }

    /// Makes it ready for the next set of the same interchange.
    pub(super) fn restart(&mut self) {
        self.at = 0;
        self.segment = None;
        self.cursor = Cursor::default();
        self.high = false;
        self.wrapped = false;
    }

    /// Goes on in `set`, which starts with the set's first byte and holds all bytes that are there.
    pub(super) fn run(&mut self, set: &[u8], end: bool, grammar: Option<&Grammar>, tree: &mut Tree) -> Lexed {
        let mut at = self.at;
        loop {
            let mut open = match self.segment.take() {
                Some(open) => open,
                None => match self.open_segment(set, &mut at, tree) {
                    Some(open) => open,
                    None if at > self.limits.transaction_set_bytes => return Lexed::Over(Excess::SetBytes, at),
                    None if end => return Lexed::Cut(at),
                    None => return self.pause(set, at, None, tree),
                },
            };
            let terminated = loop {
                let Some(found) = set[at..].iter().position(|byte| self.classes[usize::from(*byte)] != 0) else {
                    at = set.len();
                    break false;
                };
                at += found;
                let class = self.classes[usize::from(set[at])];
                if class == ELEMENT {
                    if open.identifier_end.is_none() {
                        open.identifier_end = Some(at);
                        open.binary_position = binary_position(&set[open.start..at]);
                    } else {
                        tree.elements.push(Text::raw(open.element_start as u32, at as u32));
                        if tree.elements.len() - open.first_element + 1 == open.binary_position {
                            match self.binary(set, at, end, tree, &mut open) {
                                Ok(Some(after)) => {
                                    at = after;
                                    continue;
                                }
                                Ok(None) => {
                                    // Not all there: read the separator again when it is.
                                    tree.elements.pop();
                                    return self.pause(set, at, Some(open), tree);
                                }
                                Err(()) => {
                                    open.binary_position = usize::MAX;
                                    open.element_start = at + 1;
                                    let segment = open.start;
                                    self.segment = Some(open);
                                    self.at = at + 1;
                                    return Lexed::BinaryLength { segment };
                                }
                            }
                        }
                    }
                    open.element_start = at + 1;
                } else if class == SEGMENT {
                    break true;
                } else {
                    open.flags |= class;
                }
                at += 1;
            };
            if !terminated && !end {
                return self.pause(set, at, Some(open), tree);
            }
            if let Some(lexed) = self.finish(set, at, terminated, open, grammar, tree) {
                return lexed;
            }
            at += 1;
        }
    }

    /// Skips what stands between segments and opens the next one, if there is a byte of it.
    #[inline]
    fn open_segment(&self, set: &[u8], at: &mut usize, tree: &Tree) -> Option<Open> {
        while let Some(byte) = set.get(*at)
            && (is_blank(*byte) || self.classes[usize::from(*byte)] == SEGMENT)
        {
            *at += 1;
        }
        (*at < set.len()).then(|| Open {
            start: *at,
            identifier_end: None,
            element_start: *at,
            first_element: tree.elements.len(),
            binary_position: usize::MAX,
            binary_bytes: 0,
            flags: 0,
        })
    }

    /// Keeps the state until more bytes come, unless the bytes that are there exceed a limit already.
    #[cold]
    fn pause(&mut self, set: &[u8], at: usize, open: Option<Open>, tree: &Tree) -> Lexed {
        if let Some(open) = &open
            && let Some(excess) = self.excess(open, at)
        {
            let identifier_end = open.identifier_end.unwrap_or(at);
            let tag = Tag::new(&without_breaks(&set[open.start..identifier_end]));
            if of_envelope(tag, &set[open.start..at], tree) {
                return Lexed::Boundary(open.start);
            }
            return Lexed::Over(excess, open.start);
        }
        self.at = at;
        self.segment = open;
        Lexed::NeedMore
    }

    /// The limit that is exceeded first when the segment reaches to `at`.
    #[inline]
    fn excess(&self, open: &Open, at: usize) -> Option<Excess> {
        let segment_end = open.start + open.binary_bytes + self.limits.segment_bytes;
        let set_end = self.limits.transaction_set_bytes;
        if at <= segment_end.min(set_end) {
            None
        } else if segment_end <= set_end {
            Some(Excess::SegmentBytes)
        } else {
            Some(Excess::SetBytes)
        }
    }

    /// Ends the segment at `end`; `Some` when the caller must know.
    #[inline]
    fn finish(
        &mut self,
        set: &[u8],
        end: usize,
        terminated: bool,
        open: Open,
        grammar: Option<&Grammar>,
        tree: &mut Tree,
    ) -> Option<Lexed> {
        let identifier_end = match open.identifier_end {
            Some(identifier_end) => {
                tree.elements.push(Text::raw(open.element_start as u32, end as u32));
                identifier_end
            }
            None => end,
        };
        let count = tree.elements.len() - open.first_element;
        let mut tag = Tag::new(&set[open.start..identifier_end]);
        if open.flags != 0 {
            self.high |= open.flags & HIGH != 0;
            if open.flags & BREAK != 0 {
                tag = Tag::new(&without_breaks(&set[open.start..identifier_end]));
                self.wrapped |= mend(set, &open, tree);
            }
        }
        if let Some(stop) = self.stop(set, end, tag, count, &open, tree) {
            tree.elements.truncate(open.first_element);
            return Some(stop);
        }
        tree.segments.push(Segment {
            tag,
            item: ItemId::UNPLACED,
            element_count: count as u16,
            first_element: open.first_element as u32,
            start: open.start as u32,
            end: end as u32,
            occurrence: 0,
            next: NONE,
        });
        let placed = match grammar {
            Some(grammar) => place(grammar, &mut self.cursor, tree),
            None => {
                tree.place_last(ItemId::UNPLACED, 0);
                Placed::InOrder
            }
        };
        self.at = end + usize::from(terminated);
        if tag == SE {
            return Some(Lexed::End(self.at));
        }
        if !terminated {
            return Some(Lexed::Cut(end));
        }
        (placed != Placed::InOrder).then_some(Lexed::Misplaced(placed))
    }

    /// Does the segment not belong into the set: an envelope segment, or one beyond a limit?
    #[inline]
    fn stop(&self, set: &[u8], end: usize, tag: Tag, count: usize, open: &Open, tree: &Tree) -> Option<Lexed> {
        if of_envelope(tag, &set[open.start..end], tree) {
            return Some(Lexed::Boundary(open.start));
        }
        let excess = self.excess(open, end);
        let excess = excess.or((count > self.limits.elements_per_segment).then_some(Excess::Elements(count)));
        excess.map(|excess| Lexed::Over(excess, open.start))
    }

    /// Takes the binary data behind the separator at `at`, by the length that the element before gives: the offset of
    /// its end, `None` when it is not all there yet, `Err` when the length leads nowhere.
    #[cold]
    fn binary(&self, set: &[u8], at: usize, end: bool, tree: &Tree, open: &mut Open) -> Result<Option<usize>, ()> {
        let length = tree.elements.last().map_or(&b""[..], |text| tree.bytes(*text, set));
        let length = number(&without_breaks(length)).and_then(|length| usize::try_from(length).ok());
        let after = (at + 1).saturating_add(length.ok_or(())?);
        if after > self.limits.transaction_set_bytes {
            return Err(());
        }
        match set.get(after) {
            Some(byte) if self.classes[usize::from(*byte)] == SEGMENT => {
                open.binary_bytes = after - at - 1;
                open.binary_position = usize::MAX;
                open.element_start = at + 1;
                Ok(Some(after))
            }
            None if !end => Ok(None),
            _ => Err(()),
        }
    }
}

/// The number that digits stand for; `None` for anything else, or for a number beyond 18 digits.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    })
}

/// Does an ISA segment start here, whatever its element separator?
#[inline]
pub(super) fn opens_interchange(segment: &[u8]) -> bool {
    segment.starts_with(b"ISA") && segment.get(3).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// Is it a segment that can only stand outside the set whose segments so far are in `tree`?
#[inline]
fn of_envelope(tag: Tag, segment: &[u8], tree: &Tree) -> bool {
    match tag {
        ST => !tree.segments.is_empty(),
        GS | GE | IEA => true,
        _ => opens_interchange(segment),
    }
}

/// `bytes` with CR and LF taken out.
pub(super) fn without_breaks(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect()
}

/// Position of the element that holds binary data: BIN02 or BDS03.
#[inline]
fn binary_position(identifier: &[u8]) -> usize {
    match Tag::new(identifier) {
        BIN => 2,
        BDS => 3,
        _ => usize::MAX,
    }
}

/// Takes the line breaks out of the elements of a segment; true when there was one that is no mere CR before an LF that
/// ends the segment.
#[cold]
fn mend(set: &[u8], open: &Open, tree: &mut Tree) -> bool {
    let mut wrapped = set[open.start..open.identifier_end.unwrap_or(open.start)]
        .iter()
        .any(|byte| matches!(byte, b'\r' | b'\n'));
    let last = tree.elements.len();
    for id in open.first_element..last {
        let Some((start, end)) = tree.elements[id].span() else {
            continue;
        };
        let binary = open.binary_bytes > 0 && id + 1 == last;
        let raw = &set[start as usize..end as usize];
        if binary || !raw.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            continue;
        }
        let text = without_breaks(raw);
        if id + 1 == last && raw.starts_with(&text) {
            tree.elements[id] = Text::raw(start, start + text.len() as u32);
            wrapped |= set.get(end as usize) != Some(&b'\n');
            continue;
        }
        wrapped = true;
        let made = tree.made.len() as u32;
        tree.made.extend_from_slice(&text);
        tree.elements[id] = Text::made(made, tree.made.len() as u32);
        tree.unescaped.push((id as u32, start, end));
    }
    wrapped
}
