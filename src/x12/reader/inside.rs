//! Inside a transaction set: runs the lexer, says what is out of place, checks SE.

use std::ops::Range;

use super::trailer::Expected;
use super::{Ended, Feed, Reader, SetHeader, State, Step, diagnostic};
use crate::diagnostic::codes::{
    X12_BINARY_LENGTH, X12_CHARACTER, X12_MISSING_TRIGGER, X12_SEGMENT_COUNT, X12_SEGMENT_ORDER, X12_SEGMENT_TOO_LONG,
    X12_SET_CONTROL_NUMBER, X12_SET_MISSING_TRAILER, X12_SET_TOO_LARGE, X12_TOO_MANY_ELEMENTS, X12_UNEXPECTED_SEGMENT,
    X12_UNKNOWN_SEGMENT,
};
use crate::diagnostic::{Diagnostic, PayloadPlace, Severity};
use crate::tree::charset::Charset;
use crate::tree::placement::Placed;
use crate::tree::{SegmentIndex, Tree};
use crate::x12::dictionary;
use crate::x12::lexer::{Excess, Lexed};
use crate::x12::place::Part;

impl Reader {
    pub(super) fn inside(&mut self, feed: &mut Feed<'_>) -> Option<Step> {
        let (Some(interchange), Some(header)) = (&mut self.interchange, &self.set) else {
            self.state = State::Outside;
            return None;
        };
        let start = feed.at;
        let bytes = feed.rest();
        match interchange.lexer.run(bytes, feed.end, header.grammar, feed.tree) {
            Lexed::NeedMore => Some(Step::NeedMore),
            Lexed::Misplaced(index, placed) => {
                let found = misplaced(header, feed.tree, bytes, index, placed);
                feed.diagnostics.push(found);
                None
            }
            Lexed::BinaryLength { segment } => {
                let place = PayloadPlace {
                    bytes: header.context.offset + segment as u64..header.context.offset + segment as u64,
                    segment_position: Some(feed.tree.segments.len() as u32 + 1),
                    ..header.context.whole()
                };
                let message = "the length of binary data does not lead to a segment terminator; it is read as text";
                let remedy = "ask the partner to send the length of the data in bytes";
                feed.diagnostics
                    .push(diagnostic(X12_BINARY_LENGTH, message.into(), place, remedy));
                None
            }
            Lexed::End(length) => {
                self.check_set_trailer(feed, bytes);
                Some(self.end_set(feed, start..start + length))
            }
            Lexed::Boundary(length) => {
                self.report_no_trailer(feed, bytes, length);
                Some(self.end_set(feed, start..start + length))
            }
            Lexed::Cut(length) => {
                self.report_cut(feed);
                if let Some(set) = &mut self.set {
                    set.incomplete = true;
                }
                let step = self.end_set(feed, start..start + length);
                feed.at = feed.input.len();
                Some(step)
            }
            Lexed::Over(excess, at) => {
                let found = exceeded(header, &self.options.limits, excess);
                feed.diagnostics.push(found);
                self.state = State::PassingSet(header.context.offset);
                self.scanned = 0;
                feed.tree.clear();
                feed.at = start + at;
                None
            }
        }
    }

    /// The set in the tree ends: settles its character set, checks depth, hands it over.
    fn end_set(&mut self, feed: &mut Feed<'_>, range: Range<usize>) -> Step {
        let (wrapped, high) = self
            .interchange
            .as_ref()
            .map_or((false, false), |open| (open.lexer.wrapped, open.lexer.high));
        if wrapped {
            self.report_wrapped(feed, range.clone());
        }
        let bytes = &feed.input[range.clone()];
        if let Some(header) = &mut self.set {
            if high && self.options.charset.is_none() {
                header.charset = Charset::guess(bytes);
                if header.charset == Charset::Latin1 {
                    let place = first_high(header, feed.tree, bytes);
                    let message = "the text is not UTF-8 and was read as Latin-1".to_owned();
                    let remedy = "name the partner's character set in its profile";
                    let found = diagnostic(X12_CHARACTER, message, place, remedy).severity(Severity::Note);
                    feed.diagnostics.push(found);
                }
            }
        }
        feed.at = range.end;
        self.ended = Ended::Set;
        self.scanned = 0;
        self.state = State::Outside;
        Step::Set(range)
    }

    /// Compares SE, the tree's last segment, with what came.
    fn check_set_trailer(&self, feed: &mut Feed<'_>, bytes: &[u8]) {
        let (Some(header), Some(trailer)) = (&self.set, feed.tree.segments.last()) else {
            return;
        };
        let expected = Expected {
            identifier: "SE",
            header_element: "ST02",
            header_number: header.control_number(),
            counted: "segments",
            count: feed.tree.segments.len() as u64,
            count_code: X12_SEGMENT_COUNT,
            number_code: X12_SET_CONTROL_NUMBER,
        };
        let value = |position| String::from_utf8_lossy(feed.tree.value(trailer, position, bytes));
        for problem in expected.problems(&value(1), &value(2)) {
            let last = feed.tree.segments.len() as u32 - 1;
            let place = header
                .context
                .element(feed.tree, bytes, last, problem.element, Part::default());
            feed.diagnostics
                .push(diagnostic(problem.code, problem.message, place, problem.remedy));
        }
    }

    fn report_no_trailer(&mut self, feed: &mut Feed<'_>, bytes: &[u8], length: usize) {
        let Some(header) = &mut self.set else { return };
        header.incomplete = true;
        let last = (feed.tree.segments.len() as u32).saturating_sub(1);
        let place = header.context.segment(feed.tree, bytes, last);
        let next = bytes[length..]
            .iter()
            .take(3)
            .take_while(|byte| byte.is_ascii_alphanumeric());
        let next: String = next.map(|byte| char::from(*byte)).collect();
        let message = format!(
            "transaction set {} {} has no SE segment: {next} follows",
            header.set_id(),
            header.control_number()
        );
        let remedy = "ask the partner to send the transaction set again, complete";
        feed.diagnostics
            .push(diagnostic(X12_SET_MISSING_TRAILER, message, place, remedy));
    }
}

/// Says why the tree's last segment is not where the table has it.
#[cold]
fn misplaced(header: &SetHeader, tree: &Tree, bytes: &[u8], index: SegmentIndex, placed: Placed) -> Diagnostic {
    let place = header.context.segment(tree, bytes, index);
    let tag = tree.segments[index as usize].tag;
    let set = header.set_id();
    let release = header.release.name();
    let (code, message, remedy) = match placed {
        Placed::Unplaced if dictionary::segment(header.release, &tag.to_string()).is_none() => (
            X12_UNKNOWN_SEGMENT,
            format!("release {release} has no segment {tag}"),
            "ask the partner what the segment is; its data is kept but not placed",
        ),
        Placed::Unplaced | Placed::InOrder => (
            X12_UNEXPECTED_SEGMENT,
            format!("transaction set {set} of release {release} has no place for segment {tag}"),
            "ask the partner to send the data in a segment of this transaction set; it is kept but not placed",
        ),
        Placed::OutOfOrder => (
            X12_SEGMENT_ORDER,
            format!("segment {tag} stands after segments that should follow it"),
            "ask the partner to send the segments in the order of the transaction set",
        ),
        Placed::Implied => (
            X12_MISSING_TRIGGER,
            format!("segment {tag} stands in a loop that was not opened by its first segment"),
            "ask the partner to send the first segment of the loop",
        ),
    };
    diagnostic(code, message, place, remedy)
}

/// Says which limit a set exceeds.
fn exceeded(header: &SetHeader, limits: &crate::x12::limits::Limits, excess: Excess) -> Diagnostic {
    let set = format!("transaction set {} {}", header.set_id(), header.control_number());
    let (code, message, name) = match excess {
        Excess::SetBytes => (
            X12_SET_TOO_LARGE,
            format!("{set} is larger than {} bytes", limits.transaction_set_bytes),
            "transaction_set_bytes",
        ),
        Excess::SegmentBytes => (
            X12_SEGMENT_TOO_LONG,
            format!("{set} has a segment longer than {} bytes", limits.segment_bytes),
            "segment_bytes",
        ),
        Excess::Elements(count) => (
            X12_TOO_MANY_ELEMENTS,
            format!(
                "{set} has a segment of {count} elements, at most {} are allowed",
                limits.elements_per_segment
            ),
            "elements_per_segment",
        ),
    };
    let remedy = format!("the transaction set was passed over; if it is right as it is, raise the limit `{name}`");
    diagnostic(code, message, header.context.whole(), &remedy)
}

/// The place of the first byte that is not ASCII.
fn first_high(header: &SetHeader, tree: &Tree, bytes: &[u8]) -> PayloadPlace {
    let at = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0) as u32;
    let id = tree
        .elements
        .iter()
        .enumerate()
        .position(|(id, _)| tree.raw_span(id as u32).1 > at);
    match id {
        Some(id) => header.context.element_id(tree, bytes, id as u32, Part::default()),
        None => header.context.whole(),
    }
}
