//! Splits a transaction set into segments and elements and puts each segment at its place in the set's table.
//!
//! One pass, one table look-up a byte; elements are spans, nothing is copied. It can stop after any byte and go on when
//! more bytes have come. It knows delimiters and the segments that end a set; whether the envelope around it is sound is
//! `reader`'s question, whether elements are, `validate`'s.
//!
//! BE ADVISED: this loop touches every byte of every document. What is rare (line breaks inside segments, binary data,
//! segments out of place) stays out of line; `benches/` holds the floor it is compared with.

mod binary;
mod breaks;

pub(super) use breaks::without_breaks;

use breaks::mend;

use super::delimiters::{Delimiters, is_blank};
use super::limits::Limits;
use crate::tree::placement::{Cursor, Placed, place};
use crate::tree::{Grammar, ItemId, NONE, Segment, Tag, Text, Tree};

pub(super) const ST: Tag = Tag(u32::from_be_bytes(*b"ST\0\0"));
pub(super) const SE: Tag = Tag(u32::from_be_bytes(*b"SE\0\0"));
pub(super) const GS: Tag = Tag(u32::from_be_bytes(*b"GS\0\0"));
pub(super) const GE: Tag = Tag(u32::from_be_bytes(*b"GE\0\0"));
pub(super) const IEA: Tag = Tag(u32::from_be_bytes(*b"IEA\0"));
const ISA: u32 = u32::from_be_bytes(*b"\0ISA");
const BIN: Tag = Tag(u32::from_be_bytes(*b"BIN\0"));
const BDS: Tag = Tag(u32::from_be_bytes(*b"BDS\0"));

/// What a byte means to the lexer; 0 is text.
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
    /// SE was read and ends the set.
    End {
        /// Offset behind SE and its terminator.
        after: usize,
        /// False when the input ends before the terminator of SE.
        terminated: bool,
    },
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
    limits: Limits,
    /// First byte not read.
    at: usize,
    segment: Option<Open>,
    cursor: Cursor,
    /// Bytes that are not ASCII were seen.
    pub(super) high: bool,
    /// Line breaks inside segments were seen and taken out.
    pub(super) wrapped: bool,
}

/// A segment that has begun.
#[derive(Debug, Clone, Copy)]
struct Open {
    start: usize,
    /// Its identifier, once that is known.
    tag: Option<Tag>,
    element_start: usize,
    first_element: usize,
    /// Binary data was moved over by its length.
    binary_bytes: usize,
    /// The length of binary data leads nowhere: it is read as text.
    binary_as_text: bool,
    /// Classes of the bytes seen in it.
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
            limits,
            at: 0,
            segment: None,
            cursor: Cursor::default(),
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
    ///
    /// Not inlined into the reader's steps: there it would have to share its registers.
    #[inline(never)]
    pub(super) fn run(&mut self, set: &[u8], end: bool, grammar: Option<&Grammar>, tree: &mut Tree) -> Lexed {
        let mut at = self.at;
        let mut resumed = self.segment.take();
        loop {
            let mut open = match resumed.take() {
                Some(open) => open,
                None => match self.open_segment(set, &mut at, tree) {
                    Some(open) => open,
                    None if at > self.limits.transaction_set_bytes => return Lexed::Over(Excess::SetBytes, at),
                    None if end => return Lexed::Cut(at),
                    None => return self.pause(set, at, None, tree),
                },
            };
            if open.tag.is_none() {
                at = open.read_identifier(&self.classes, set, at);
            }
            match open.tag {
                None => {}
                Some(BIN | BDS) if !open.binary_as_text => match self.binary(set, at, end, tree, open) {
                    Ok((moved, after)) => (open, at) = (moved, after),
                    Err(stopped) => return stopped,
                },
                Some(_) => {
                    let scanned = scan(&self.classes, set, at, open.element_start, &mut tree.elements);
                    at = scanned.at;
                    open.element_start = scanned.start;
                    open.flags |= scanned.flags;
                }
            }
            let terminated = at < set.len();
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
        while let byte = *set.get(*at)?
            && !byte.is_ascii_alphanumeric()
            && (is_blank(byte) || self.class(byte) == SEGMENT)
        {
            *at += 1;
        }
        Some(Open {
            start: *at,
            tag: None,
            element_start: *at,
            first_element: tree.elements.len(),
            binary_bytes: 0,
            binary_as_text: false,
            flags: 0,
        })
    }

    /// Keeps the state until more bytes come, unless the bytes that are there exceed a limit already.
    #[cold]
    fn pause(&mut self, set: &[u8], at: usize, open: Option<Open>, tree: &Tree) -> Lexed {
        if let Some(open) = &open
            && let Some(excess) = self.excess(open, at)
        {
            let tag = open.tag.unwrap_or_else(|| identifier(&set[open.start..at], open.flags));
            if of_envelope(tag, tree) {
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
        let tag = match open.tag {
            Some(tag) => {
                tree.elements.push(Text::raw(open.element_start as u32, end as u32));
                tag
            }
            None => identifier(&set[open.start..end], open.flags),
        };
        let count = tree.elements.len() - open.first_element;
        if let Some(stop) = self.stop(end, tag, count, &open, tree) {
            tree.elements.truncate(open.first_element);
            return Some(stop);
        }
        if open.flags & (BREAK | HIGH) != 0 {
            self.high |= open.flags & HIGH != 0;
            if open.flags & BREAK != 0 {
                self.wrapped |= mend(set, &open, end, tree);
            }
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
            return Some(Lexed::End {
                after: self.at,
                terminated,
            });
        }
        if !terminated {
            return Some(Lexed::Cut(end));
        }
        (placed != Placed::InOrder).then_some(Lexed::Misplaced(placed))
    }

    /// Does the segment not belong into the set: an envelope segment, or one beyond a limit?
    #[inline]
    fn stop(&self, end: usize, tag: Tag, count: usize, open: &Open, tree: &Tree) -> Option<Lexed> {
        if of_envelope(tag, tree) {
            return Some(Lexed::Boundary(open.start));
        }
        let excess = self.excess(open, end);
        let excess = excess.or((count > self.limits.elements_per_segment).then_some(Excess::Elements(count)));
        excess.map(|excess| Lexed::Over(excess, open.start))
    }

    #[inline]
    fn class(&self, byte: u8) -> u8 {
        self.classes[usize::from(byte)]
    }
}

impl Open {
    /// Reads on from `at` to the end of the segment identifier, or of the bytes.
    #[inline]
    fn read_identifier(&mut self, classes: &[u8; 256], set: &[u8], mut at: usize) -> usize {
        while let Some(byte) = set.get(at) {
            let class = classes[usize::from(*byte)];
            if class == ELEMENT {
                self.tag = Some(identifier(&set[self.start..at], self.flags));
                self.element_start = at + 1;
                return at + 1;
            }
            if class == SEGMENT {
                break;
            }
            self.flags |= class;
            at += 1;
        }
        at
    }
}

/// What [`scan`] found.
struct Scanned {
    /// Where the terminator stands, or the bytes end.
    at: usize,
    /// Where the element begins that has not ended before.
    start: usize,
    /// Classes of the bytes seen.
    flags: u8,
}

/// Reads elements from `at` on to the segment terminator, or to the end of the bytes; `start` is where the first begins.
///
/// Not inlined: on its own the loop keeps all it needs in registers, which makes the reader faster by half.
#[inline(never)]
fn scan(classes: &[u8; 256], set: &[u8], mut at: usize, mut start: usize, elements: &mut Vec<Text>) -> Scanned {
    let mut flags = 0;
    for byte in &set[at..] {
        let class = classes[usize::from(*byte)];
        if class != 0 {
            if class == ELEMENT {
                elements.push(Text::raw(start as u32, at as u32));
                start = at + 1;
            } else if class == SEGMENT {
                break;
            } else {
                flags |= class;
            }
        }
        at += 1;
    }
    Scanned { at, start, flags }
}

/// The segment identifier that `bytes` are, once line breaks are taken out.
#[inline]
fn identifier(bytes: &[u8], flags: u8) -> Tag {
    if flags & BREAK == 0 {
        return Tag::new(bytes);
    }
    Tag::new(&without_breaks(bytes))
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
fn of_envelope(tag: Tag, tree: &Tree) -> bool {
    match tag {
        ST => !tree.segments.is_empty(),
        GS | GE | IEA => true,
        // With other delimiters than this interchange's, its element separator is read as part of the identifier.
        Tag(packed) => packed >> 8 == ISA && !(packed as u8).is_ascii_alphanumeric(),
    }
}
