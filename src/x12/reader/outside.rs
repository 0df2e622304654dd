//! In an interchange, outside any transaction set: GS, ST, TA1, the trailers, and what does not belong there.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::{Feed, OpenGroup, OpenInterchange, Reader, State, Step, diagnostic};
use crate::diagnostic::codes::{
    X12_DUPLICATE_GROUP, X12_GROUP_HEADER, X12_GROUP_MISSING_HEADER, X12_INTERCHANGE_TOO_LARGE, X12_MISSING_TERMINATOR,
    X12_SEGMENT_OUTSIDE_SET, X12_SEGMENT_TOO_LONG, X12_SET_MISSING_HEADER, X12_UNKNOWN_RELEASE, X12_UNUSED_ELEMENT,
};
use crate::diagnostic::{Diagnostic, Excerpt, Severity};
use crate::tree::Tag;
use crate::x12::delimiters::{is_blank, shown};
use crate::x12::dictionary::{self, Match};
use crate::x12::envelope::{self, Group, Interchange, InterchangeAcknowledgment, text, trailer};
use crate::x12::lexer::{self, GE, GS, IEA, Lexer, SE, ST};
use crate::x12::limits::Limits;
use crate::x12::reader::trailer::numeric;

const TA1: Tag = Tag(u32::from_be_bytes(*b"TA1\0"));

/// What stands next in an interchange, outside a set.
enum Next<'a> {
    NeedMore,
    /// The input ends here.
    End,
    /// An ISA segment starts here.
    Interchange,
    /// A segment longer than the limit was found and is being dropped.
    Dropped,
    Segment(Outer<'a>),
}

/// A segment outside a set.
pub(super) struct Outer<'a> {
    /// Where it stands in the input, without its terminator.
    pub(super) range: Range<usize>,
    /// Offset behind its terminator.
    after: usize,
    tag: Tag,
    pub(super) terminated: bool,
    /// Its bytes, line breaks taken out.
    pub(super) bytes: Cow<'a, [u8]>,
}

impl OpenInterchange {
    pub(super) fn new(header: Interchange, limits: &Limits) -> Self {
        Self {
            control_number: Some(header.control_number()).filter(|number| !number.is_empty()).map(Into::into),
            lexer: Lexer::new(&header.delimiters, *limits),
            header,
            groups: 0,
            group_numbers: HashSet::new(),
            set_texts: HashSet::new(),
            wrapped_reported: false,
            stray: None,
            no_group_reported: false,
            passed_over: false,
        }
    }
}

impl Reader {
    pub(super) fn outside(&mut self, feed: &mut Feed<'_>) -> Option<Step> {
        let segment = match self.next_segment(feed) {
            Next::NeedMore => return Some(Step::NeedMore),
            Next::Dropped => return None,
            Next::End => {
                self.report_cut(feed);
                return Some(self.break_open(feed));
            }
            Next::Interchange => return Some(self.break_open(feed)),
            Next::Segment(segment) => segment,
        };
        if segment.tag != IEA && self.too_large(feed, &segment) {
            return None;
        }
        self.dispatch(feed, &segment)
    }

    fn dispatch(&mut self, feed: &mut Feed<'_>, segment: &Outer<'_>) -> Option<Step> {
        let bare = self.interchange.as_ref().is_some_and(|open| open.header.bare);
        let step = match segment.tag {
            ST => {
                self.open_set(feed, segment.range.clone(), &segment.bytes);
                return None;
            }
            GS | IEA if self.group.is_some() => return Some(self.break_group(feed)),
            GS => {
                self.open_group(feed, segment);
                Some(Step::Group)
            }
            GE => self.end_group(feed, segment),
            IEA if !bare => self.end_interchange(feed, segment),
            TA1 => self.acknowledgment(segment),
            _ => None,
        };
        let step = step.or_else(|| self.report_stray(feed, segment));
        feed.at = segment.after;
        step
    }

    /// Passes over a set whose limit is exceeded, up to its SE.
    pub(super) fn pass_set(&mut self, feed: &mut Feed<'_>, from: u64) -> Option<Step> {
        let ends = match self.next_segment(feed) {
            Next::NeedMore => return Some(Step::NeedMore),
            Next::Dropped => return None,
            Next::End => {
                self.report_cut(feed);
                true
            }
            Next::Interchange => true,
            // The ST segment that opens the set may be what exceeds the limit.
            Next::Segment(segment)
                if matches!(segment.tag, ST | GS | GE | IEA) && self.offset + segment.range.start as u64 != from =>
            {
                true
            }
            Next::Segment(segment) => {
                feed.at = segment.after;
                segment.tag == SE
            }
        };
        ends.then(|| {
            self.set = None;
            self.state = State::Outside;
            Step::Skipped(from..self.offset + feed.at as u64)
        })
    }

    /// Passes over the rest of an interchange whose limit is exceeded, up to its IEA.
    pub(super) fn pass_interchange(&mut self, feed: &mut Feed<'_>, from: u64) -> Option<Step> {
        match self.next_segment(feed) {
            Next::NeedMore => return Some(Step::NeedMore),
            Next::Dropped => return None,
            Next::End | Next::Interchange => {}
            Next::Segment(segment) if segment.tag == IEA => {}
            Next::Segment(segment) => {
                feed.at = segment.after;
                return None;
            }
        }
        self.state = State::Outside;
        Some(Step::Skipped(from..self.offset + feed.at as u64))
    }

    /// Finds the next segment; moves over what stands between segments, not over the segment itself.
    fn next_segment<'a>(&mut self, feed: &mut Feed<'a>) -> Next<'a> {
        let Some(open) = &self.interchange else {
            return Next::End;
        };
        let delimiters = open.header.delimiters;
        if self.dropping {
            match memchr::memchr(delimiters.segment, feed.rest()) {
                Some(at) => feed.at += at + 1,
                None => feed.at = feed.input.len(),
            }
            self.dropping = feed.at == feed.input.len() && feed.input.last() != Some(&delimiters.segment);
            if self.dropping && !feed.end {
                return Next::NeedMore;
            }
        }
        if self.scanned == 0 {
            let blank = |byte: &&u8| is_blank(**byte) || **byte == delimiters.segment;
            feed.at += feed.rest().iter().take_while(blank).count();
        }
        let rest = feed.rest();
        if rest.is_empty() {
            return if feed.end { Next::End } else { Next::NeedMore };
        }
        if rest.len() < 4 && !feed.end {
            return Next::NeedMore;
        }
        if lexer::opens_interchange(rest) {
            return Next::Interchange;
        }
        let length = memchr::memchr(delimiters.segment, &rest[self.scanned..]).map(|at| self.scanned + at);
        let limit = self.options.limits.segment_bytes;
        if length.unwrap_or(rest.len()) > limit {
            self.scanned = 0;
            self.dropping = true;
            if self.state == State::Outside {
                self.report_too_long(feed, limit);
            }
            return Next::Dropped;
        }
        if length.is_none() && !feed.end {
            self.scanned = rest.len();
            return Next::NeedMore;
        }
        self.scanned = 0;
        self.outer(feed, length)
    }

    /// The segment that starts at `feed.at` and has `length` bytes, or all that are left.
    fn outer<'a>(&mut self, feed: &mut Feed<'a>, length: Option<usize>) -> Next<'a> {
        let rest = feed.rest();
        let separator = self.interchange.as_ref().map_or(b'*', |open| open.header.delimiters.element);
        let end = length.unwrap_or_else(|| rest.len() - rest.iter().rev().take_while(|byte| is_blank(**byte)).count());
        let mut bytes = Cow::Borrowed(&rest[..end]);
        // A CR before an LF that is the terminator belongs to the line end.
        let line = bytes.strip_suffix(b"\r").unwrap_or(&bytes);
        if memchr::memchr2(b'\r', b'\n', line).is_some() {
            bytes = Cow::Owned(lexer::without_breaks(&bytes));
        } else {
            bytes = Cow::Borrowed(&rest[..line.len()]);
        }
        let identifier = bytes.split(|byte| *byte == separator).next().unwrap_or_default();
        Next::Segment(Outer {
            range: feed.at..feed.at + end,
            after: feed.at + length.map_or(rest.len(), |length| length + 1),
            tag: Tag::new(identifier),
            terminated: length.is_some(),
            bytes,
        })
    }

    /// What is open ends here without its trailer: the group first, then the interchange.
    fn break_open(&mut self, feed: &mut Feed<'_>) -> Step {
        if self.group.is_some() { self.break_group(feed) } else { self.break_interchange(feed) }
    }

    fn open_group(&mut self, feed: &mut Feed<'_>, segment: &Outer<'_>) {
        let Some(open) = &mut self.interchange else { return };
        let elements = envelope::group_header(&segment.bytes, open.header.delimiters.element).unwrap_or_default();
        let padded = elements.map(text);
        let header = Group {
            elements: elements.map(|element| text(element.trim_ascii())),
            offset: self.offset + segment.range.start as u64,
        };
        open.groups += 1;
        open.stray = None;
        let duplicate = !open.group_numbers.insert(numeric(header.control_number()));
        let (release, release_match) = dictionary::release_for(header.release());
        self.group = Some(OpenGroup { header, release, release_match, sets: 0, set_numbers: HashSet::new() });
        let Some(group) = &self.group else { return };
        let version = self.interchange.as_ref().map_or("", |open| open.header.version());
        for (position, message) in super::envelope::faults(version, "GS", padded.iter().map(AsRef::as_ref)) {
            let place = self.place(feed, segment.range.clone(), Some(position));
            let remedy = "ask the partner to correct the group header; the group was read all the same";
            feed.diagnostics.push(diagnostic(X12_GROUP_HEADER, message, place, remedy));
        }
        self.report_surplus(feed, segment, padded.len());
        if duplicate {
            let number = group.header.control_number();
            let message = format!("group control number {number} occurs twice in this interchange");
            let place = self.place(feed, segment.range.clone(), Some(6));
            let remedy = "ask the partner to give each group of an interchange a number of its own";
            feed.diagnostics.push(diagnostic(X12_DUPLICATE_GROUP, message, place, remedy));
        }
        if release_match == Match::Nearest {
            let message = format!(
                "GS08 is `{}`, a release without tables here; the tables of {} are used",
                group.header.release(),
                release.name()
            );
            let place = self.place(feed, segment.range.clone(), Some(8));
            let remedy =
                "agree with the partner on a release that is known; until then types and lengths do not reject";
            feed.diagnostics.push(diagnostic(X12_UNKNOWN_RELEASE, message, place, remedy));
        }
    }

    fn acknowledgment(&self, segment: &Outer<'_>) -> Option<Step> {
        let separator = self.interchange.as_ref()?.header.delimiters.element;
        let elements = envelope::interchange_acknowledgment(&segment.bytes, separator)?;
        let [control_number, date, time, code, note] = elements.map(|element| text(element.trim_ascii()));
        Some(Step::InterchangeAcknowledgment(InterchangeAcknowledgment {
            control_number,
            date,
            time,
            code,
            note,
            offset: self.offset + segment.range.start as u64,
            length: segment.range.len() as u64,
        }))
    }

    /// Says that a segment of the envelope has more elements than the `used` ones of its table.
    pub(super) fn report_surplus(&self, feed: &mut Feed<'_>, segment: &Outer<'_>, used: usize) {
        let separator = self.interchange.as_ref().map_or(b'*', |open| open.header.delimiters.element);
        let pieces = segment.bytes.split(|byte| *byte == separator).enumerate().skip(used + 1);
        let mut surplus = pieces.filter(|(_, piece)| !piece.trim_ascii().is_empty()).map(|(position, _)| position);
        let Some(first) = surplus.next() else { return };
        let last = surplus.last().unwrap_or(first);
        let message = format!("segment {} has {last} elements, its table has {used}", segment.tag);
        let place = self.place(feed, segment.range.clone(), Some(u16::try_from(first).unwrap_or(u16::MAX)));
        let remedy = "ask the partner what the element is; it is not read";
        feed.diagnostics.push(diagnostic(X12_UNUSED_ELEMENT, message, place, remedy));
    }

    /// Says that a segment does not belong outside a set; of several ordinary ones in a row, of the first only. Up to an SE they
    /// are a set that lacks its ST.
    fn report_stray(&mut self, feed: &mut Feed<'_>, segment: &Outer<'_>) -> Option<Step> {
        let mut place = self.place(feed, segment.range.clone(), None);
        let open = self.interchange.as_mut()?;
        let tag = segment.tag;
        // Of an SE alone nothing is lost.
        let is_alone = tag == SE && open.stray.is_none();
        let (code, message, remedy) = match tag {
            SE => {
                let [_, number] = trailer(&segment.bytes, "SE", open.header.delimiters.element).unwrap_or_default();
                let message = match open.stray.take() {
                    None => "SE stands here, but no ST segment precedes it",
                    Some(first) => {
                        place = first;
                        "the segments from here to SE stand in no transaction set: no ST segment precedes them"
                    }
                };
                place.set = Some(text(number.trim_ascii()).as_ref().into());
                place.bytes.end = self.offset + segment.after as u64;
                (
                    X12_SET_MISSING_HEADER,
                    message.to_owned(),
                    "ask the partner to send the transaction set again, complete",
                )
            }
            GE => (
                X12_GROUP_MISSING_HEADER,
                "GE stands here, but no GS segment precedes it".to_owned(),
                "ask the partner to send the group again, complete",
            ),
            _ if open.stray.is_some() => return None,
            _ => {
                open.stray = Some(place.clone());
                (
                    X12_SEGMENT_OUTSIDE_SET,
                    format!(
                        "segment {tag} stands outside any transaction set; it and those like it that follow are skipped"
                    ),
                    "ask the partner to put each segment between ST and SE",
                )
            }
        };
        let skipped = (tag == SE).then(|| Step::Skipped(place.bytes.clone()));
        let severity = if is_alone { Severity::Warning } else { code.severity() };
        feed.diagnostics.push(diagnostic(code, message, place, remedy).severity(severity));
        skipped
    }

    fn report_too_long(&self, feed: &mut Feed<'_>, limit: usize) {
        let end = feed.input.len().min(feed.at + limit.min(Excerpt::LIMIT));
        let place = self.place(feed, feed.at..end, None);
        let message =
            format!("a segment outside any transaction set is longer than {limit} bytes, the limit `segment_bytes`");
        let remedy = "check that its segment terminator is the one ISA declares";
        feed.diagnostics.push(diagnostic(X12_SEGMENT_TOO_LONG, message, place, remedy));
    }

    /// Starts to pass over the rest of the interchange when this segment exceeds its limit.
    fn too_large(&mut self, feed: &mut Feed<'_>, segment: &Outer<'_>) -> bool {
        let Some(open) = &mut self.interchange else {
            return false;
        };
        let limit = self.options.limits.interchange_bytes;
        let length = self.offset + segment.after as u64 - open.header.offset;
        if length <= limit {
            return false;
        }
        open.passed_over = true;
        self.cut = true;
        let message = format!("the interchange is larger than {limit} bytes, the limit `interchange_bytes`");
        let place = self.place(feed, segment.range.clone(), None);
        let remedy = "ask the partner for smaller interchanges, or raise the limit `interchange_bytes`";
        feed.diagnostics.push(diagnostic(X12_INTERCHANGE_TOO_LARGE, message, place, remedy));
        self.state = State::PassingInterchange(self.offset + feed.at as u64);
        true
    }

    /// Says that the last segment of the input has no terminator, where that is not a line end.
    pub(super) fn report_unterminated(&self, feed: &mut Feed<'_>, segment: &Outer<'_>) {
        let terminator = self.interchange.as_ref().map_or(b'~', |open| open.header.delimiters.segment);
        if segment.terminated || is_blank(terminator) {
            return;
        }
        let place = self.place(feed, segment.range.clone(), None);
        let message = format!("the last segment of the input has no segment terminator {}", shown(terminator));
        feed.diagnostics.push(Diagnostic::new(X12_MISSING_TERMINATOR, message, place));
    }
}
