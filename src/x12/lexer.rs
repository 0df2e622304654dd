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
use super::marks::Marks;
use crate::tree::placement::{Cursor, Placed, place};
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
    delimiters: Delimiters,
    limits: Limits,
    /// First byte not read.
    at: usize,
    segment: Option<Open>,
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
            delimiters: *delimiters,
            limits,
            at: 0,
            segment: None,
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
    #[inline(never)]
    fn place(&mut self, grammar: Option<&Grammar>, tree: &mut Tree, stopped: Lexed) -> Option<Lexed> {
        while (self.placed as usize) < tree.segments.len() {
            let index = self.placed;
            self.placed += 1;
            let Some(grammar) = grammar else {
                tree.place(index, ItemId::UNPLACED, 0);
                continue;
            };
            let placed = place(grammar, &mut self.cursor, tree, index);
            // Of a segment that the input cuts off nothing is said but that.
            if placed != Placed::InOrder && stopped != Lexed::Cut(tree.segments[index as usize].end as usize) {
                return Some(Lexed::Misplaced(index, placed));
            }
        }
        None
    }

    /// Splits bytes into segments and elements until there is a reason to stop.
    #[inline(never)]
    fn lex(&mut self, set: &[u8], end: bool, tree: &mut Tree) -> Lexed {
        let mut at = self.at;
        let mut marks = Marks::new(&self.delimiters, set, at);
        let mut resumed = self.segment.take();
        loop {
            let mut open = match resumed.take() {
                Some(open) => open,
                None => match self.open_segment(set, &mut at, &mut marks, tree) {
                    Some(open) => open,
                    None if at > self.limits.transaction_set_bytes => return Lexed::Over(Excess::SetBytes, at),
                    None if end => return Lexed::Cut(at),
                    None => return self.pause(set, at, None, tree),
                },
            };
            if open.tag.is_none() {
                at = open.read_identifier(&self.classes, set, &mut marks);
            }
            match open.tag {
                None => {}
                Some(BIN | BDS) if !open.binary_as_text => match self.binary(set, at, end, tree, open) {
                    Ok((moved, after)) => {
                        (open, at) = (moved, after);
                        marks.skip_to(after + 1);
                    }
                    Err(stopped) => return stopped,
                },
                Some(_) => {
                    let scanned = scan(&self.classes, &mut marks, open.element_start, &mut tree.elements);
                    at = scanned.terminator.unwrap_or(set.len());
                    open.element_start = scanned.start;
                    open.flags |= scanned.flags;
                }
            }
            let terminated = at < set.len();
            if !terminated && !end {
                return self.pause(set, at, Some(open), tree);
            }
            if let Some(lexed) = self.finish(set, at, terminated, open, tree) {
                return lexed;
            }
            at += 1;
        }
    }

    /// Skips what stands between segments and opens the next one, if there is a byte of it.
    #[inline]
    fn open_segment(&self, set: &[u8], at: &mut usize, marks: &mut Marks<'_>, tree: &Tree) -> Option<Open> {
        if !set.get(*at)?.is_ascii_alphanumeric() {
            let between = |byte: &u8| is_blank(*byte) || self.class(*byte) == SEGMENT;
            *at += set[*at..].iter().take_while(|byte| between(byte)).count();
            marks.skip_to(*at);
            set.get(*at)?;
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
    fn finish(&mut self, set: &[u8], end: usize, terminated: bool, open: Open, tree: &mut Tree) -> Option<Lexed> {
        let tag = match open.tag {
            Some(tag) => {
                tree.elements.push(Text::raw(open.element_start as u32, end as u32));
                tag
            }
            None => identifier(&set[open.start..end], open.flags),
        };
        let count = tree.elements.len() - open.first_element;
        if open.flags & (BREAK | HIGH) != 0 {
            self.high |= open.flags & HIGH != 0;
            if open.flags & BREAK != 0 {
                self.wrapped |= mend(set, &open, end, tree);
            }
        }
        if let Some(stop) = self.stop(end, tag, count, &open, tree) {
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
        self.at = end + usize::from(terminated);
        if tag == SE {
            return Some(Lexed::End(self.at));
        }
        if !terminated {
            return Some(Lexed::Cut(end));
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

    /// Reads the elements of a BIN or BDS segment from `at` on, moving over its binary data by the length that the
    /// element before gives: the segment and where it ends. The error is what the caller must know first: that the data
    /// is not all there yet, or that its length leads nowhere.
    #[cold]
    fn binary(
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

    #[inline]
    fn class(&self, byte: u8) -> u8 {
        self.classes[usize::from(byte)]
    }
}

impl Open {
    /// Reads on to the end of the segment identifier, or of the bytes: behind the separator, or at the terminator or end.
    #[inline]
    fn read_identifier(&mut self, classes: &[u8; 256], set: &[u8], marks: &mut Marks<'_>) -> usize {
        while let Some((at, byte)) = marks.next() {
            match classes[usize::from(byte)] {
                ELEMENT => {
                    self.tag = Some(identifier(&set[self.start..at], self.flags));
                    self.element_start = at + 1;
                    return at + 1;
                }
                SEGMENT => return at,
                class => self.flags |= class,
            }
        }
        set.len()
    }
}

/// What [`scan`] found.
struct Scanned {
    /// Where the terminator stands; `None` when the bytes end before it.
    terminator: Option<usize>,
    /// Where the element begins that has not ended before.
    start: usize,
    /// Classes of the bytes seen.
    flags: u8,
}

/// Reads elements on to the segment terminator, or to the end of the bytes; `start` is where the first begins.
///
/// Not inlined: on its own the loop keeps all it needs in registers, which makes the reader faster by half.
#[inline(never)]
fn scan(classes: &[u8; 256], marks: &mut Marks<'_>, mut start: usize, elements: &mut Vec<Text>) -> Scanned {
    let mut flags = 0;
    let mut terminator = None;
    while let Some((at, byte)) = marks.next() {
        match classes[usize::from(byte)] {
            ELEMENT => {
                elements.push(Text::raw(start as u32, at as u32));
                start = at + 1;
            }
            SEGMENT => {
                terminator = Some(at);
                break;
            }
            class => flags |= class,
        }
    }
    Scanned {
        terminator,
        start,
        flags,
    }
}

/// The segment identifier that `bytes` are, once line breaks are taken out.
#[inline(always)]
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

/// `bytes` with CR and LF taken out.
#[cold]
pub(super) fn without_breaks(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect()
}

/// Takes the line breaks out of the elements of a segment that ends at `end`; true when there was one that is no mere CR
/// before an LF that ends the segment.
#[cold]
fn mend(set: &[u8], open: &Open, end: usize, tree: &mut Tree) -> bool {
    let broken = |bytes: &[u8]| memchr::memchr2(b'\r', b'\n', bytes).is_some();
    // A CR before an LF that is the terminator belongs to the line end.
    let line_end = set.get(end) == Some(&b'\n') && set[..end].ends_with(b"\r");
    let first = tree.elements.get(open.first_element).and_then(|text| text.span());
    let identifier_end = first.map_or(end - usize::from(line_end), |(start, _)| start as usize - 1);
    let mut wrapped = broken(&set[open.start..identifier_end]);
    let last = tree.elements.len();
    for id in open.first_element..last {
        let Some((start, end)) = tree.elements[id].span() else {
            continue;
        };
        let binary = open.binary_bytes > 0 && id + 1 == last;
        let raw = &set[start as usize..end as usize];
        if binary || !broken(raw) {
            continue;
        }
        if id + 1 == last && line_end && !broken(&raw[..raw.len() - 1]) {
            tree.elements[id] = Text::raw(start, end - 1);
            continue;
        }
        wrapped = true;
        let made = tree.made.len() as u32;
        tree.made.extend_from_slice(&without_breaks(raw));
        tree.elements[id] = Text::made(made, tree.made.len() as u32);
        tree.unescaped.push((id as u32, start, end));
    }
    wrapped
}
