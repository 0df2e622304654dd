//! Splits a transaction set into segments and elements, and puts each segment at its place in the set's table.
//!
//! One pass over the bytes, then one over the segments; elements are spans, nothing is copied. It can stop after any byte
//! and go on when more bytes have come. It knows delimiters and the segments that end a set; whether the envelope around it
//! is sound is `reader`'s question, whether elements are, `validate`'s.
//!
//! BE ADVISED: this touches every byte of every document. Nearly all segments are read by `plain`; the loop here reads any, and
//! those that are not. `benches/read.rs` holds the floor it is compared with.

mod binary;
mod breaks;
mod marks;
mod plain;

pub(super) use breaks::without_breaks;

use binary::Binary;
use breaks::mend;
use marks::Marks;
use plain::plain_segments;

use super::delimiters::{Delimiters, is_blank};
use super::limits::Limits;
use crate::tree::placement::{Cursor, Placed, place, place_in_order};
use crate::tree::{Grammar, ItemId, NONE, Segment, SegmentIndex, Tag, Text, Tree};

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
    /// A segment is not where the table has it. Call again to go on.
    Misplaced(SegmentIndex, Placed),
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
    delimiters: Delimiters,
    limits: Limits,
    /// First byte not read.
    at: usize,
    segment: Option<Open>,
    binary: Binary,
    /// How many segments of the tree are placed, and where the last of them stands.
    placed: SegmentIndex,
    cursor: Cursor,
    /// Why the lexing stopped, while the segments before are placed.
    stopped: Option<Lexed>,
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
    /// Where the element begins that has not ended.
    element_start: usize,
    first_element: usize,
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
            delimiters: *delimiters,
            limits,
            at: 0,
            segment: None,
            binary: Binary::default(),
            placed: 0,
            cursor: Cursor::default(),
            stopped: None,
            high: false,
            wrapped: false,
        }
    }

    /// Makes it ready for the next set of the same interchange.
    pub(super) fn restart(&mut self) {
        self.at = 0;
        self.segment = None;
        self.binary = Binary::default();
        self.placed = 0;
        self.cursor = Cursor::default();
        self.stopped = None;
        self.high = false;
        self.wrapped = false;
    }

    /// Goes on in `set`, which starts with the set's first byte and holds all bytes that are there.
    pub(super) fn run(&mut self, set: &[u8], end: bool, grammar: Option<&Grammar>, tree: &mut Tree) -> Lexed {
        let stopped = match self.stopped.take() {
            Some(stopped) => stopped,
            None => self.lex(set, end, tree),
        };
        match self.place(grammar, tree, stopped) {
            Some(misplaced) => {
                self.stopped = Some(stopped);
                misplaced
            }
            None => stopped,
        }
    }

    /// Places the segments that are lexed, up to one that is not where the table has it.
    fn place(&mut self, grammar: Option<&Grammar>, tree: &mut Tree, stopped: Lexed) -> Option<Lexed> {
        let end = tree.segments.len() as SegmentIndex;
        let Some(grammar) = grammar else {
            (self.placed..end).for_each(|index| tree.place(index, ItemId::UNPLACED, 0));
            self.placed = end;
            return None;
        };
        while self.placed < end {
            let index = place_in_order(grammar, &mut self.cursor, tree, self.placed..end);
            if index == end {
                self.placed = end;
                break;
            }
            let placed = place(grammar, &mut self.cursor, tree, index);
            self.placed = index + 1;
            // Of a segment that the input cuts off nothing is said but that.
            if stopped != Lexed::Cut(tree.segments[index as usize].end as usize) {
                return Some(Lexed::Misplaced(index, placed));
            }
        }
        None
    }

    /// Splits bytes into segments and elements until there is a reason to stop.
    fn lex(&mut self, set: &[u8], end: bool, tree: &mut Tree) -> Lexed {
        let (mut at, mut begun) = (self.at, self.segment.take());
        loop {
            let mut open = match begun.take() {
                Some(open) => open,
                None => {
                    at = plain_segments(&self.delimiters, &self.limits, set, at, tree);
                    match self.open_segment(set, at, end, tree) {
                        Ok(open) => open,
                        Err(stopped) => return stopped,
                    }
                }
            };
            let mut marks = Marks::new(&self.delimiters, set, at.max(open.start));
            let mut terminator = None;
            if open.tag.is_none() {
                terminator = open.read_identifier(&self.classes, set, &mut marks);
            }
            if matches!(open.tag, Some(BIN | BDS)) {
                match self.read_binary(set, end, marks, tree, open) {
                    Ok(found) => (open, terminator) = found,
                    Err(stopped) => return stopped,
                }
            } else if terminator.is_none() {
                terminator = open.read_elements(&self.classes, &mut marks, &mut tree.elements);
            }
            let Some(behind) = terminator else {
                return self.pause(set, end, open, tree);
            };
            if let Some(stopped) = self.finish(set, behind, open, tree) {
                return stopped;
            }
            at = behind + 1;
        }
    }

    /// Skips what stands between segments and opens the next one; the error says why there is none.
    fn open_segment(&mut self, set: &[u8], mut at: usize, end: bool, tree: &Tree) -> Result<Open, Lexed> {
        let between = |byte: &u8| is_blank(*byte) || self.class(*byte) == SEGMENT;
        if !set.get(at).is_some_and(u8::is_ascii_alphanumeric) {
            at += set[at..].iter().take_while(|byte| between(byte)).count();
            if at == set.len() {
                return Err(self.between(at, end));
            }
        }
        Ok(Open { start: at, tag: None, element_start: at, first_element: tree.elements.len(), flags: 0 })
    }

    /// The bytes end between two segments.
    #[cold]
    fn between(&mut self, at: usize, end: bool) -> Lexed {
        self.at = at;
        if at > self.limits.transaction_set_bytes {
            Lexed::Over(Excess::SetBytes, at)
        } else if end {
            Lexed::Cut(at)
        } else {
            Lexed::NeedMore
        }
    }

    /// The bytes end in a segment: keeps the state until more come, unless the bytes that are there exceed a limit already.
    #[cold]
    fn pause(&mut self, set: &[u8], end: bool, open: Open, tree: &mut Tree) -> Lexed {
        let at = set.len();
        if end {
            return self.finish(set, at, open, tree).unwrap_or(Lexed::Cut(at));
        }
        if let Some(excess) = self.excess(&open, at) {
            tree.elements.truncate(open.first_element);
            let tag = open.tag.unwrap_or_else(|| identifier(set, open.start, at, open.flags));
            if of_envelope(tag, tree) {
                return Lexed::Boundary(open.start);
            }
            return Lexed::Over(excess, open.start);
        }
        self.wait(at, open)
    }

    fn wait(&mut self, at: usize, open: Open) -> Lexed {
        self.at = at;
        self.segment = Some(open);
        Lexed::NeedMore
    }

    /// The limit that is exceeded first when the segment reaches to `at`.
    #[inline]
    fn excess(&self, open: &Open, at: usize) -> Option<Excess> {
        if at - open.start <= self.limits.segment_bytes && at <= self.limits.transaction_set_bytes {
            return None;
        }
        let binary_bytes = if self.binary.segment == open.start { self.binary.bytes } else { 0 };
        let segment_end = open.start + binary_bytes + self.limits.segment_bytes;
        let set_end = self.limits.transaction_set_bytes;
        if at <= segment_end.min(set_end) {
            None
        } else if segment_end <= set_end {
            Some(Excess::SegmentBytes)
        } else {
            Some(Excess::SetBytes)
        }
    }

    /// Ends the segment at `end`; `Some` when there is a reason to stop.
    #[inline(always)]
    fn finish(&mut self, set: &[u8], end: usize, open: Open, tree: &mut Tree) -> Option<Lexed> {
        let tag = match open.tag {
            Some(tag) => {
                tree.elements.push(Text::raw(open.element_start as u32, end as u32));
                tag
            }
            None => identifier(set, open.start, end, open.flags),
        };
        let count = tree.elements.len() - open.first_element;
        if let Some(stop) = self.stop(end, tag, count, &open, tree) {
            tree.elements.truncate(open.first_element);
            return Some(stop);
        }
        if open.flags != 0 {
            self.high |= open.flags & HIGH != 0;
            if open.flags & BREAK != 0 {
                let binary = self.binary.segment == open.start && self.binary.bytes > 0;
                self.wrapped |= mend(set, &open, end, binary, tree);
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
        if tag == SE {
            let terminated = end < set.len();
            return Some(Lexed::End { after: end + usize::from(terminated), terminated });
        }
        None
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
    /// Reads the segment identifier; where the terminator stands, if the segment ends with it.
    #[inline(always)]
    fn read_identifier(&mut self, classes: &[u8; 256], set: &[u8], marks: &mut Marks<'_>) -> Option<usize> {
        while let Some((at, byte)) = marks.next() {
            if byte == marks.element {
                self.tag = Some(identifier(set, self.start, at, self.flags));
                self.element_start = at + 1;
                break;
            }
            if byte == marks.segment {
                return Some(at);
            }
            self.flags |= classes[usize::from(byte)];
        }
        None
    }

    /// Reads on to the segment terminator, the identifier being read: where it stands, if it is there.
    #[inline(always)]
    fn read_elements(&mut self, classes: &[u8; 256], marks: &mut Marks<'_>, elements: &mut Vec<Text>) -> Option<usize> {
        while let Some((at, byte)) = marks.next() {
            if byte == marks.element {
                elements.push(Text::raw(self.element_start as u32, at as u32));
                self.element_start = at + 1;
            } else if byte == marks.segment {
                return Some(at);
            } else {
                self.flags |= classes[usize::from(byte)];
            }
        }
        None
    }
}

/// The segment identifier that stands at `start..end` of `set`, once line breaks are taken out.
#[inline(always)]
fn identifier(set: &[u8], start: usize, end: usize, flags: u8) -> Tag {
    if flags & BREAK != 0 {
        return Tag::new(&without_breaks(&set[start..end]));
    }
    match set[start..].first_chunk() {
        // Four bytes at once, and those that are too many off again: identifiers are two or three bytes in no order, and a
        // branch between them would be guessed wrong.
        Some(four) if end - start < 4 => Tag(u32::from_be_bytes(*four) & !(u32::MAX >> (8 * (end - start)))),
        _ => Tag::new(&set[start..end]),
    }
}

/// The number that digits stand for; `None` for anything else, or for a number beyond 18 digits.
#[inline]
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let digits = Some(digits).filter(|digits| (1..=18).contains(&digits.len()))?;
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
}

/// Does an ISA segment start here, whatever its element separator?
#[inline]
pub(super) fn opens_interchange(segment: &[u8]) -> bool {
    segment.starts_with(b"ISA") && segment.get(3).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// Is it a segment that can only stand outside the set whose segments so far are in `tree`?
#[inline]
fn of_envelope(tag: Tag, tree: &Tree) -> bool {
    // Most identifiers begin with another letter.
    matches!((tag.0 >> 24) as u8, b'S' | b'G' | b'I') && may_be_of_envelope(tag, tree)
}

fn may_be_of_envelope(tag: Tag, tree: &Tree) -> bool {
    match tag {
        ST => !tree.segments.is_empty(),
        GS | GE | IEA => true,
        // With other delimiters than this interchange's, its element separator is read as part of the identifier.
        Tag(packed) => packed >> 8 == ISA && !(packed as u8).is_ascii_alphanumeric(),
    }
}
