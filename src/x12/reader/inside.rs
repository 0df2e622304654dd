//! Inside a transaction set: runs the lexer, says what is out of place, checks SE.

use std::ops::Range;

use super::trailer::Expected;
use super::{Ended, Feed, Reader, SetHeader, State, Step, diagnostic};
use crate::diagnostic::codes::{
    X12_BINARY_LENGTH, X12_CHARACTER, X12_MISSING_TRIGGER, X12_REPEATED_SET, X12_SEGMENT_COUNT, X12_SEGMENT_ORDER,
    X12_SEGMENT_TOO_LONG, X12_SET_CONTROL_NUMBER, X12_SET_MISSING_TRAILER, X12_SET_TOO_LARGE, X12_TOO_MANY_ELEMENTS,
    X12_UNEXPECTED_SEGMENT, X12_UNKNOWN_SEGMENT,
};
use crate::diagnostic::{Diagnostic, PayloadPlace, Severity};
use crate::tree::charset::Charset;
use crate::tree::placement::Placed;
use crate::tree::{Grammar, ItemId, Requirement, SegmentIndex, Tag, Tree};
use crate::x12::dictionary::{self, Release};
use crate::x12::lexer::{Excess, Lexed};
use crate::x12::place::{Part, identifier};
use crate::x12::rule;

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
                let at = header.context.lines.at(bytes, segment);
                let identifier = &bytes[segment..segment + 3];
                let place = PayloadPlace {
                    bytes: header.context.offset + segment as u64..header.context.offset + segment as u64,
                    segment_position: Some(feed.tree.segments.len() as u32 + 1),
                    segment: Some(String::from_utf8_lossy(identifier).into_owned()),
                    line: at.line,
                    column: at.column,
                    ..header.context.whole()
                };
                let message = "the length of binary data does not lead to a segment terminator; it is read as text";
                let remedy = "ask the partner to send the length of the data in bytes";
                feed.diagnostics.push(diagnostic(X12_BINARY_LENGTH, message.into(), place, remedy));
                None
            }
            Lexed::End { after, terminated } => {
                self.check_set_trailer(feed, bytes, terminated);
                self.report_repeated(feed, &bytes[..after]);
                Some(self.end_set(feed, start..start + after))
            }
            Lexed::Boundary(length) => {
                self.report_no_trailer(feed, bytes, length);
                Some(self.end_set(feed, start..start + length))
            }
            Lexed::Cut(length) => {
                self.cut_set(feed);
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

    /// The set in the tree ends: settles its character set, hands it over.
    fn end_set(&mut self, feed: &mut Feed<'_>, range: Range<usize>) -> Step {
        let (wrapped, high) =
            self.interchange.as_ref().map_or((false, false), |open| (open.lexer.wrapped, open.lexer.high));
        let bytes = &feed.input[range.clone()];
        if let Some(header) = self.set.as_ref().filter(|_| wrapped) {
            let first = feed.tree.unescaped.first();
            let place = match first {
                Some((id, ..)) => header.context.element_id(feed.tree, bytes, *id, Part::default()),
                None => header.context.whole(),
            };
            self.report_wrapped(feed, place);
        }
        if high && self.options.charset.is_none() {
            self.guess_charset(feed, bytes);
        }
        feed.at = range.end;
        self.ended = Ended::Set;
        self.scanned = 0;
        self.state = State::Outside;
        Step::Set(range)
    }

    /// Takes the set's text for UTF-8 where it is, else for Latin-1, and says so.
    fn guess_charset(&mut self, feed: &mut Feed<'_>, bytes: &[u8]) {
        let Some(header) = &mut self.set else { return };
        header.charset = Charset::guess(bytes);
        if header.charset == Charset::Latin1 {
            let place = first_high(header, feed.tree, bytes);
            let message = "the text is not UTF-8 and was read as Latin-1".to_owned();
            let remedy = "name the partner's character set in its profile";
            let found = diagnostic(X12_CHARACTER, message, place, remedy).severity(Severity::Note);
            feed.diagnostics.push(found);
        }
    }

    /// Compares SE, the tree's last segment, with what came.
    fn check_set_trailer(&mut self, feed: &mut Feed<'_>, bytes: &[u8], terminated: bool) {
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
        if !terminated && expected.is_cut(&value(2)) {
            return self.cut_set(feed);
        }
        for problem in expected.problems(&value(1), &value(2)) {
            let last = feed.tree.segments.len() as u32 - 1;
            let place = header.context.element(feed.tree, bytes, last, problem.element, Part::default());
            let rule = format!("{}, {}", header.release, problem.rule);
            feed.diagnostics.push(diagnostic(problem.code, problem.message, place, problem.remedy).rule(rule));
        }
    }

    /// Says of a set that it came before in this interchange, byte for byte, in this group or another one.
    fn report_repeated(&mut self, feed: &mut Feed<'_>, bytes: &[u8]) {
        let (Some(open), Some(header)) = (&mut self.interchange, &self.set) else { return };
        let between = self.group.as_ref().map_or(0, |group| {
            let of = |id: &str| fingerprint(id.as_bytes(), 0);
            of(group.header.sender()) ^ of(group.header.receiver()).rotate_left(1)
        });
        if !open.set_texts.insert(fingerprint(bytes.trim_ascii_end(), between)) && !header.incomplete {
            let message = format!(
                "transaction set {} {} came before in this interchange, byte for byte",
                header.set_id(),
                header.control_number()
            );
            let remedy = "ask the partner whether it is meant twice; if not, discard this one: the first has gone on";
            let place = header.context.segment(feed.tree, bytes, 0);
            feed.diagnostics.push(diagnostic(X12_REPEATED_SET, message, place, remedy));
        }
    }

    /// The input ends inside the set.
    fn cut_set(&mut self, feed: &mut Feed<'_>) {
        self.report_cut(feed);
        if let Some(set) = &mut self.set {
            set.incomplete = true;
        }
    }

    fn report_no_trailer(&mut self, feed: &mut Feed<'_>, bytes: &[u8], length: usize) {
        let Some(header) = &mut self.set else { return };
        header.incomplete = true;
        let last = (feed.tree.segments.len() as u32).saturating_sub(1);
        let place = header.context.segment(feed.tree, bytes, last);
        let next = bytes[length..].iter().take(3).take_while(|byte| byte.is_ascii_alphanumeric());
        let next: String = next.map(|byte| char::from(*byte)).collect();
        let message = format!(
            "transaction set {} {} has no SE segment: {next} follows",
            header.set_id(),
            header.control_number()
        );
        let remedy = "ask the partner to send the transaction set again, complete";
        feed.diagnostics.push(diagnostic(X12_SET_MISSING_TRAILER, message, place, remedy));
    }
}

/// Says why a segment is not where the table has it; those behind it are not placed yet.
#[cold]
fn misplaced(header: &SetHeader, tree: &Tree, bytes: &[u8], index: SegmentIndex, placed: Placed) -> Diagnostic {
    let place = header.context.segment(tree, bytes, index);
    let segment = &tree.segments[index as usize];
    let (tag, name) = (segment.tag, identifier(tree, bytes, segment));
    let (set, release) = (header.set_id(), header.release);
    match placed {
        Placed::Unplaced if dictionary::segment(release, &tag.to_string()).is_none() => {
            let message = format!("release {release} has no segment {name}");
            let remedy = "ask the partner what the segment is; its data is kept but not placed";
            diagnostic(X12_UNKNOWN_SEGMENT, message, place, remedy).rule(format!("{release}: no segment {name}"))
        }
        Placed::Unplaced | Placed::InOrder => {
            let message = format!("transaction set {set} of release {release} has no place for segment {tag}");
            let remedy = "ask the partner to leave the segment out; its data is kept but not placed";
            let found = diagnostic(X12_UNEXPECTED_SEGMENT, message, place, remedy);
            let found = found.rule(format!("{release}, {set}: no segment {tag}"));
            match where_it_belongs(release, set, &tag.to_string()) {
                Some(cause) => found.cause(cause),
                None => found,
            }
        }
        Placed::OutOfOrder => {
            let before = tree.segments[..index as usize].iter().rev().find(|segment| segment.item != ItemId::UNPLACED);
            let before = before.map_or_else(String::new, |segment| format!(" {}", segment.tag));
            let message = format!("segment {tag} stands behind segment{before}, its place is before it");
            let remedy = "ask the partner to send the segments in the order of the transaction set";
            let found = diagnostic(X12_SEGMENT_ORDER, message, place, remedy);
            let item = tree.segments[index as usize].item;
            header.grammar.iter().fold(found, |found, grammar| found.rule(rule::item(header, grammar, item)))
        }
        Placed::Implied => {
            let remedy = "ask the partner to send the first segment of the loop";
            let missing =
                header.grammar.and_then(|grammar| Some((grammar, missing_trigger(header, grammar, tree, index)?)));
            let Some((grammar, (item, says_something))) = missing else {
                let message = format!("segment {tag} stands in a loop that no segment opens");
                return diagnostic(X12_MISSING_TRIGGER, message, place, remedy);
            };
            let trigger = grammar.item(item).tag;
            let message = format!("segment {tag} stands in loop {trigger}, but no segment {trigger} opens it");
            let place = header.context.before(tree, bytes, index, trigger);
            let found = diagnostic(X12_MISSING_TRIGGER, message, place, remedy).rule(rule::item(header, grammar, item));
            if says_something { found.severity(Severity::Error) } else { found }
        }
    }
}

/// A loop that was opened without its trigger for a segment, and whether what the trigger says is missed: of several the
/// outermost one of which that is so, else the outermost.
fn missing_trigger(header: &SetHeader, grammar: &Grammar, tree: &Tree, index: SegmentIndex) -> Option<(ItemId, bool)> {
    let innermost = tree.segments[index as usize].occurrence;
    let around = std::iter::successors(Some(innermost), |at| Some(tree.occurrences[*at as usize].parent))
        .take_while(|at| *at != 0)
        .map(|at| tree.occurrences[at as usize]);
    let implied = around.skip_while(|loop_| !loop_.implied).take_while(|loop_| loop_.implied);
    let implied: Vec<ItemId> = implied.map(|loop_| loop_.item).collect();
    // What stands in an optional loop further out may do without it.
    let own = tree.occurrences[innermost as usize].item;
    let said = implied.iter().rev().find(|item| {
        let loop_ = grammar.item(**item);
        (**item == own || loop_.required) && says_something(header, loop_.tag)
    });
    said.map(|item| (*item, true)).or_else(|| Some((*implied.last()?, false)))
}

/// Has a segment a mandatory element other than a number that only counts?
fn says_something(header: &SetHeader, tag: Tag) -> bool {
    dictionary::segment(header.release, &tag.to_string()).is_some_and(|segment| {
        let mut mandatory = segment.elements.iter().filter(|element| element.requirement == Requirement::Mandatory);
        mandatory.any(|element| !COUNTS.contains(&&*element.number))
    })
}

/// The data elements Lading Line Item Number and Assigned Number.
const COUNTS: [&str; 2] = ["213", "554"];

/// Where a segment that the set has no place for could come from: the same set in another release, or other sets.
fn where_it_belongs(release: Release, set: &str, tag: &str) -> Option<String> {
    let other = dictionary::releases()
        .find(|other| *other != release && dictionary::sets_with_segment(*other, tag).contains(&set));
    if let Some(other) = other {
        return Some(format!("{set} of release {other} has it"));
    }
    let sets = dictionary::sets_with_segment(release, tag);
    let listed = sets.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    let more = if sets.len() > 8 { ", ..." } else { "" };
    (!sets.is_empty()).then(|| format!("it belongs to {listed}{more}"))
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
            format!("{set} has a segment of {count} elements, at most {} are allowed", limits.elements_per_segment),
            "elements_per_segment",
        ),
    };
    let remedy = format!("the transaction set was passed over; if it is right as it is, raise the limit `{name}`");
    diagnostic(code, message, header.context.whole(), &remedy)
}

/// The place of the first byte that is not ASCII.
fn first_high(header: &SetHeader, tree: &Tree, bytes: &[u8]) -> PayloadPlace {
    let at = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0) as u32;
    let id = tree.elements.iter().enumerate().position(|(id, _)| tree.raw_span(id as u32).1 > at);
    match id {
        Some(id) => header.context.element_id(tree, bytes, id as u32, Part::default()),
        None => header.context.whole(),
    }
}

/// A number by which texts are told apart; for all that is between the same two, which `seed` says.
fn fingerprint(bytes: &[u8], seed: u64) -> u64 {
    const KEYS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
    // All bits of a product of two words come into the sum, as in wyhash.
    let fold = |one: u64, other: u64| {
        let product = u128::from(one) * u128::from(other);
        product as u64 ^ (product >> 64) as u64
    };
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let (words, rest) = bytes.as_chunks::<8>();
    let (pairs, single) = words.as_chunks::<2>();
    let mut sum = fold(seed ^ KEYS[0], bytes.len() as u64 ^ KEYS[1]);
    for [one, other] in pairs {
        sum = fold(word(one) ^ KEYS[0], word(other) ^ sum ^ KEYS[1]);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let single = single.first().map_or(0, word);
    sum = fold(single ^ KEYS[0], word(&last) ^ sum ^ KEYS[1]);
    fold(sum ^ KEYS[1], KEYS[0])
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn numbers_in_a_row_have_fingerprints_of_their_own() {
        for shift in 0..8 {
            let blanks = " ".repeat(shift);
            let mut known = std::collections::HashSet::new();
            for number in 0..20_000 {
                let set = format!("{blanks}ST*940*0001~W05*N*SO{number:06}~LX*1~W01*1*EA**SK*TENT~SE*5*0001");
                assert!(known.insert(fingerprint(set.as_bytes(), 7)), "{set}");
            }
        }
        assert_ne!(fingerprint(b"ST", 1), fingerprint(b"ST", 2));
        assert_ne!(fingerprint(b"ST", 1), fingerprint(b"ST\0", 1));
    }
}
