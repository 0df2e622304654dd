//! Reads X12 as it comes: bytes in, one step at a time out, one transaction set in the tree at a time.
//!
//! The reader owns no input. Its caller keeps a buffer, hands over what is not yet consumed, and drops what is done
//! with:
//!
//! ```text
//! Interchange  Group  Set Set ...  GroupEnd  Group ...  InterchangeEnd  Interchange ...  End
//!              InterchangeAcknowledgment (TA1)          Skipped (bytes that are no X12, sets past a limit)
//! ```
//!
//! Whatever is wrong becomes a diagnostic and reading goes on: a bad set never stops its neighbours. What comes out does
//! not depend on how the bytes are cut. Elements are not judged here: that is `validate`'s part.

mod between;
mod envelope;
mod foreign;
mod header;
mod inside;
mod outside;
#[cfg(test)]
mod tests;
mod trailer;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::dictionary::{Match, Release};
use super::envelope::{Group, Interchange, InterchangeAcknowledgment};
use super::lexer::Lexer;
use super::limits::Limits;
use super::place::SetContext;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Excerpt, LineCounter, PayloadPlace};
use crate::tree::charset::Charset;
use crate::tree::{Grammar, Tree};

/// How to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// What is passed over when it is larger.
    pub limits: Limits,
    /// Read transaction sets and groups that stand in the input without ISA. Off by default: then they are no X12.
    pub bare_sets: bool,
    /// The release of sets that stand in no group; `004010` by default.
    pub release: String,
    /// The partner's character set. `None`: UTF-8 where the bytes are, else Latin-1, with a note.
    pub charset: Option<Charset>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { limits: Limits::default(), bare_sets: false, release: "004010".into(), charset: None }
    }
}

/// What one call of [`Reader::next`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes of the input are done with; offsets of the step are into the input before they are dropped.
    pub consumed: usize,
    /// What they were.
    pub step: Step,
}

/// One step through an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Call again with the bytes not consumed and more behind them.
    NeedMore,
    /// An interchange begins: [`Reader::interchange`].
    Interchange,
    /// A TA1 segment.
    InterchangeAcknowledgment(InterchangeAcknowledgment),
    /// A functional group begins: [`Reader::group`].
    Group,
    /// A transaction set is in the tree: [`Reader::set`]. The range is that of its bytes within the input, ST to the
    /// terminator of SE; offsets of the tree count from its start.
    Set(Range<usize>),
    /// A group ends; [`Reader::group`] still names it.
    GroupEnd(Trailer),
    /// An interchange ends; [`Reader::interchange`] still names it.
    InterchangeEnd(Trailer),
    /// Bytes were passed over, a diagnostic says why. Absolute offsets in the input.
    Skipped(Range<u64>),
    /// The input is read.
    End,
}

/// How a group or an interchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// GE01 or IEA01: transaction sets or groups the sender claims. `None` where there is no trailer or no number.
    pub claimed: Option<u64>,
    /// Transaction sets or groups that came, those passed over included.
    pub seen: u64,
    /// True when the trailer was there. What came in an incomplete group or interchange must not be released.
    pub complete: bool,
    /// True when the trailer's control number is the header's.
    pub control_number_fits: bool,
}

impl Trailer {
    /// True when the trailer was there, with the header's control number.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.complete && self.control_number_fits
    }
}

/// What is known of the transaction set in the tree.
#[derive(Debug, Clone)]
pub struct SetHeader {
    /// Control numbers and start, for places in diagnostics.
    pub context: SetContext,
    /// ST03, the implementation convention; empty where there is none.
    pub implementation: Arc<str>,
    /// The release whose tables are used.
    pub release: Release,
    /// How well that release fits GS08. With [`Match::Nearest`] types and lengths do not reject.
    pub release_match: Match,
    /// The set's table; `None` where the release has none: then its segments are in the tree, unplaced.
    pub grammar: Option<&'static Grammar>,
    /// The character set of its text.
    pub charset: Charset,
    /// How deep its hierarchical levels (HL) may be nested in each other.
    pub loop_depth: usize,
    /// True when the set has no SE, or the input ends inside it: it must not be released.
    pub incomplete: bool,
}

impl SetHeader {
    /// ST01, such as `945`.
    #[must_use]
    pub fn set_id(&self) -> &str {
        &self.context.set_id
    }

    /// ST02, as text.
    #[must_use]
    pub fn control_number(&self) -> &str {
        &self.context.control_number
    }
}

/// Reads one input. A clone goes on from the same place in it.
#[derive(Debug, Clone)]
pub struct Reader {
    options: ReadOptions,
    state: State,
    /// Absolute offset, line and column of the next input's first byte.
    offset: u64,
    lines: LineCounter,
    /// Bytes behind the start of the segment outside a set that are known to hold no terminator.
    scanned: usize,
    /// A segment longer than the limit is being dropped.
    dropping: bool,
    interchange: Option<OpenInterchange>,
    group: Option<OpenGroup>,
    set: Option<SetHeader>,
    /// The table looked up last.
    table: Option<SetTable>,
    ended: Ended,
    skipped: Option<between::Skipped>,
    interchange_numbers: HashSet<(Arc<str>, Arc<str>, u64)>,
    /// An interchange was read, or it was said why none was.
    explained: bool,
    /// It was said why what is open will have no trailer.
    cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside any interchange.
    Between,
    /// In an interchange, outside any set.
    Outside,
    /// In a set.
    Inside,
    /// In a set that is passed over and began at the offset.
    PassingSet(u64),
    /// In the rest of an interchange that is passed over from the offset on.
    PassingInterchange(u64),
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Nothing,
    Set,
    Group,
    Interchange,
}

#[derive(Debug, Clone)]
struct OpenInterchange {
    header: Interchange,
    control_number: Option<Arc<str>>,
    lexer: Lexer,
    groups: u64,
    group_numbers: HashSet<u64>,
    /// Fingerprints of the sets that came.
    set_texts: HashSet<u64>,
    wrapped_reported: bool,
    /// The first of the segments just read that belong into a set and stand in none.
    stray: Option<PayloadPlace>,
    no_group_reported: bool,
    /// The rest of it was passed over, so its counts say nothing.
    passed_over: bool,
}

#[derive(Debug, Clone)]
struct OpenGroup {
    header: Group,
    release: Release,
    release_match: Match,
    sets: u64,
    set_numbers: HashSet<u64>,
}

/// What the dictionary has on a kind of set.
#[derive(Debug, Clone)]
struct SetTable {
    release: Release,
    set_id: Arc<str>,
    grammar: Option<&'static Grammar>,
    group_code: Option<&'static str>,
}

/// The input of one call.
struct Feed<'a> {
    input: &'a [u8],
    /// Offset in `input` of the first byte not done with.
    at: usize,
    end: bool,
    tree: &'a mut Tree,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Feed<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.input[self.at..]
    }
}

impl Reader {
    /// A reader at the start of an input.
    #[must_use]
    pub fn new(options: ReadOptions) -> Self {
        let limits = options.limits.within_reach();
        Self {
            options: ReadOptions { limits, ..options },
            state: State::Between,
            offset: 0,
            lines: LineCounter::default(),
            scanned: 0,
            dropping: false,
            interchange: None,
            group: None,
            set: None,
            table: None,
            ended: Ended::Nothing,
            skipped: None,
            interchange_numbers: HashSet::new(),
            explained: false,
            cut: false,
        }
    }

    /// Takes the next step. `input` starts at the first byte not yet consumed; `end` says that no more will come. The tree
    /// belongs to the reader from ST on until [`Step::Set`] is returned.
    pub fn next(&mut self, input: &[u8], end: bool, tree: &mut Tree, diagnostics: &mut Diagnostics) -> Progress {
        self.retire();
        let mut feed = Feed { input, at: 0, end, tree, diagnostics };
        let step = loop {
            let step = match self.state {
                State::Between => self.between(&mut feed),
                State::Outside => self.outside(&mut feed),
                State::Inside => self.inside(&mut feed),
                State::PassingSet(from) => self.pass_set(&mut feed, from),
                State::PassingInterchange(from) => self.pass_interchange(&mut feed, from),
                State::Done => Some(Step::End),
            };
            if let Some(step) = step {
                break step;
            }
        };
        let consumed = feed.at;
        self.offset += consumed as u64;
        self.lines.advance(&input[..consumed]);
        Progress { consumed, step }
    }

    /// The interchange that is being read, until the step after its end.
    #[must_use]
    pub fn interchange(&self) -> Option<&Interchange> {
        self.interchange.as_ref().map(|open| &open.header)
    }

    /// The functional group that is being read, until the step after its end.
    #[must_use]
    pub fn group(&self) -> Option<&Group> {
        self.group.as_ref().map(|open| &open.header)
    }

    /// The transaction set in the tree, until the step after it.
    #[must_use]
    pub fn set(&self) -> Option<&SetHeader> {
        self.set.as_ref()
    }

    /// Absolute offset of the first byte not consumed.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Forgets what ended with the step before.
    fn retire(&mut self) {
        match std::mem::replace(&mut self.ended, Ended::Nothing) {
            Ended::Nothing => {}
            Ended::Set => self.set = None,
            Ended::Group => self.group = None,
            Ended::Interchange => self.interchange = None,
        }
    }

    /// The place of a segment outside sets, `range` within the input, or of one of its elements.
    fn place(&self, feed: &Feed<'_>, range: Range<usize>, element: Option<u16>) -> PayloadPlace {
        let Some(position) = element else {
            let end = range.len();
            return self.place_of(feed, range, 0..end);
        };
        let segment = &feed.input[range.clone()];
        let separator = self.interchange.as_ref().map_or(b'*', |open| open.header.delimiters.element);
        let pieces = || segment.split(|byte| *byte == separator);
        let before = pieces().take(usize::from(position)).map(|piece| piece.len() + 1);
        let start = before.sum::<usize>().min(segment.len());
        let length = pieces().nth(usize::from(position)).map_or(0, <[u8]>::len);
        PayloadPlace { element, ..self.place_of(feed, range, start..start + length) }
    }

    /// The place of `part` of the segment outside sets that is `range` of the input.
    fn place_of(&self, feed: &Feed<'_>, range: Range<usize>, part: Range<usize>) -> PayloadPlace {
        let segment = &feed.input[range.clone()];
        let separator = self.interchange.as_ref().map_or(b'*', |open| open.header.delimiters.element);
        let identifier = segment.split(|byte| *byte == separator).next().unwrap_or_default();
        let named = (1..=4).contains(&identifier.len()) && identifier.is_ascii();
        // Of a whole segment only the identifier is marked: a line of carets tells nobody anything.
        let whole = part.start == 0 && part.end == segment.len();
        let mark = if whole { 0..identifier.len().min(4) } else { part.clone() };
        let shown = without_password(segment, separator);
        let (start, end) = (range.start + part.start, range.start + part.end);
        let at = self.lines.behind(&feed.input[..start]);
        PayloadPlace {
            interchange: self.interchange.as_ref().and_then(|open| open.control_number.as_deref().map(Into::into)),
            group: self.group.as_ref().map(|open| open.header.control_number().into()),
            segment: named.then(|| String::from_utf8_lossy(identifier).into_owned()),
            bytes: self.offset + start as u64..self.offset + end as u64,
            line: at.line,
            column: at.column,
            excerpt: (!segment.is_empty()).then(|| Excerpt::new(&shown, mark)),
            ..PayloadPlace::default()
        }
    }
}

/// A segment as it may be shown: what stands in ISA04 is a password, in ISA02 it may be one.
fn without_password(segment: &[u8], separator: u8) -> Cow<'_, [u8]> {
    if !segment.get(..3).is_some_and(|tag| tag.eq_ignore_ascii_case(b"ISA")) {
        return Cow::Borrowed(segment);
    }
    let mut shown = segment.to_vec();
    for element in shown.split_mut(|byte| *byte == separator).enumerate().filter(|(at, _)| matches!(at, 2 | 4)) {
        element.1.iter_mut().filter(|byte| **byte != b' ').for_each(|byte| *byte = b'x');
    }
    Cow::Owned(shown)
}

/// A diagnostic with the next action.
fn diagnostic(code: Code, message: String, place: PayloadPlace, remedy: &str) -> Diagnostic {
    Diagnostic::new(code, message, place).remedy(remedy)
}
