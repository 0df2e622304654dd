//! Outside any interchange: finds the next ISA, and says what else stands there.

use std::ops::Range;
use std::sync::Arc;

use super::trailer::numeric;
use super::{Feed, OpenInterchange, Reader, State, Step, diagnostic, envelope, foreign};
use crate::diagnostic::codes::{
    X12_BYTE_ORDER_MARK, X12_BYTES_SKIPPED, X12_DUPLICATE_INTERCHANGE, X12_INTERCHANGE_HEADER, X12_ISA_UNREADABLE,
    X12_WRAPPED_LINES,
};
use crate::diagnostic::{Diagnostic, Excerpt, LineCounter, PayloadPlace, Severity};
use crate::x12::bare;
use crate::x12::delimiters::{Delimiters, is_blank};
use crate::x12::envelope::Interchange;
use crate::x12::isa::{self, Isa, WINDOW};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// How many bytes of what is skipped are kept to be shown.
const SHOWN: usize = 80;

/// Bytes that belong to no interchange, while they go by.
#[derive(Debug, Clone)]
pub(super) struct Skipped {
    start: u64,
    lines: LineCounter,
    length: u64,
    beginning: Vec<u8>,
    last: u8,
    /// An ISA segment that cannot be read stands in them; a GS or ST segment does.
    unreadable: bool,
    segments: bool,
}

impl Reader {
    pub(super) fn between(&mut self, feed: &mut Feed<'_>) -> Option<Step> {
        if self.skipped.is_none() {
            feed.at += feed.rest().iter().take_while(|byte| is_blank(**byte)).count();
        }
        let rest = feed.rest();
        if rest.len() < WINDOW && !feed.end {
            return Some(Step::NeedMore);
        }
        if rest.is_empty() {
            self.state = State::Done;
            return self.finish_input(feed);
        }
        if self.skipped.is_none() {
            if self.offset == 0 && feed.at == 0 && rest.starts_with(BYTE_ORDER_MARK) {
                let message = "the input starts with a UTF-8 byte order mark, which was skipped";
                let place = PayloadPlace {
                    bytes: 0..BYTE_ORDER_MARK.len() as u64,
                    line: 1,
                    column: 1,
                    ..PayloadPlace::default()
                };
                feed.diagnostics.push(Diagnostic::new(X12_BYTE_ORDER_MARK, message, place));
                feed.at += BYTE_ORDER_MARK.len();
                return None;
            }
            if let Some(delimiters) = self.options.bare_sets.then(|| bare::delimiters(rest)).flatten() {
                return Some(self.open_bare(feed, delimiters));
            }
        }
        self.find_interchange(feed)
    }

    /// Opens the interchange that starts here; skips bytes up to the next one otherwise.
    fn find_interchange(&mut self, feed: &mut Feed<'_>) -> Option<Step> {
        let rest = feed.rest();
        // Each offset looked at has a whole window behind it, so that the cut of the bytes changes nothing.
        let limit = if feed.end { rest.len() } else { rest.len() - WINDOW + 1 };
        let (mut at, mut unreadable) = (0, false);
        while at < limit {
            if self.may_open(rest, at) {
                match isa::read(&rest[at..]) {
                    Ok(isa) if at == 0 && self.skipped.is_none() => return Some(self.open_interchange(feed, isa)),
                    Ok(_) => {
                        self.skip(feed, at, unreadable);
                        return self.report_skipped(feed);
                    }
                    Err(why) => {
                        unreadable = true;
                        self.report_unreadable(feed, at, &why);
                    }
                }
            }
            at = memchr::memchr2(b'I', b'i', &rest[at + 1..limit]).map_or(limit, |next| at + 1 + next);
        }
        self.skip(feed, limit, unreadable);
        None
    }

    /// May an ISA segment start at `at`? Inside other bytes only where it looks like one: `ISA` in a word or a name does
    /// not.
    fn may_open(&self, rest: &[u8], at: usize) -> bool {
        let before = match at {
            0 => self.skipped.as_ref().map(|skipped| skipped.last),
            _ => Some(rest[at - 1]),
        };
        let here = &rest[at..];
        isa::starts(here) && before.is_none_or(|before| !before.is_ascii_alphanumeric() && here.get(6) == here.get(3))
    }

    fn open_interchange(&mut self, feed: &mut Feed<'_>, isa: Isa) -> Step {
        let start = feed.at;
        let segment = start..start + isa.end - 1;
        let header = Interchange {
            elements: isa.elements,
            delimiters: isa.delimiters,
            offset: self.offset + start as u64,
            bare: false,
        };
        self.interchange = Some(OpenInterchange::new(header, &self.options.limits));
        // Of an ISA that lacks elements nothing more is to be said.
        let whole = isa.remarks.iter().all(|remark| remark.severity < Severity::Error);
        for remark in isa.remarks {
            let place = self.place(feed, segment.clone(), remark.element);
            let found = diagnostic(remark.code, remark.message, place, remark.remedy).severity(remark.severity);
            feed.diagnostics.push(found);
        }
        if isa.wrapped {
            let at = feed.input[segment.clone()].iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let place = self.place_of(feed, segment.clone(), at.unwrap_or(0)..at.unwrap_or(0));
            self.report_wrapped(feed, place);
        }
        if whole {
            self.check_header(feed, segment.clone());
        }
        self.check_duplicate_interchange(feed, segment);
        feed.at += isa.end;
        self.explained = true;
        self.cut = false;
        self.scanned = 0;
        self.state = State::Outside;
        Step::Interchange
    }

    /// Opens what stands in for an interchange where sets have no envelope.
    fn open_bare(&mut self, feed: &mut Feed<'_>, delimiters: Delimiters) -> Step {
        let header = Interchange {
            elements: std::array::from_fn(|_| "".into()),
            delimiters,
            offset: self.offset + feed.at as u64,
            bare: true,
        };
        self.interchange = Some(OpenInterchange::new(header, &self.options.limits));
        self.explained = true;
        self.cut = false;
        self.scanned = 0;
        self.state = State::Outside;
        Step::Interchange
    }

    /// Says which elements of ISA have a value that is not allowed.
    fn check_header(&self, feed: &mut Feed<'_>, segment: Range<usize>) {
        let Some(open) = &self.interchange else { return };
        let elements = open.header.elements.iter().map(AsRef::as_ref);
        for (position, message) in envelope::faults(open.header.version(), "ISA", elements) {
            let place = self.place(feed, segment.clone(), Some(position));
            let remedy = "ask the partner to correct the interchange header; the interchange was read all the same";
            feed.diagnostics.push(diagnostic(X12_INTERCHANGE_HEADER, message, place, remedy));
        }
    }

    fn check_duplicate_interchange(&mut self, feed: &mut Feed<'_>, segment: Range<usize>) {
        let Some(open) = &self.interchange else { return };
        let header = &open.header;
        let ids = |(qualifier, id): (&str, &str)| Arc::from(format!("{qualifier}/{id}"));
        let key = (ids(header.sender()), ids(header.receiver()), numeric(header.control_number()));
        let message = format!(
            "interchange control number {} from {} to {} occurs twice in this input",
            header.control_number(),
            key.0,
            key.1
        );
        if !self.interchange_numbers.insert(key) {
            let place = self.place(feed, segment, Some(13));
            let remedy = "find out whether the partner sent the same interchange twice before both are used";
            feed.diagnostics.push(diagnostic(X12_DUPLICATE_INTERCHANGE, message, place, remedy));
        }
    }

    /// Says once an interchange that line breaks were taken out.
    pub(super) fn report_wrapped(&mut self, feed: &mut Feed<'_>, place: PayloadPlace) {
        let Some(open) = &mut self.interchange else { return };
        if std::mem::replace(&mut open.wrapped_reported, true) {
            return;
        }
        let message = "line breaks stand inside segments of this interchange and were taken out".into();
        let remedy = "ask the partner to send the file without wrapping its lines";
        feed.diagnostics.push(diagnostic(X12_WRAPPED_LINES, message, place, remedy));
    }

    /// Takes `length` bytes as belonging to no interchange; does an ISA segment that cannot be read stand in them?
    fn skip(&mut self, feed: &mut Feed<'_>, length: usize, unreadable: bool) {
        let rest = feed.rest();
        let bytes = &rest[..length];
        let skipped = self.skipped.get_or_insert_with(|| Skipped {
            start: self.offset + feed.at as u64,
            lines: self.lines.behind(&feed.input[..feed.at]),
            length: 0,
            beginning: Vec::new(),
            last: b' ',
            unreadable: false,
            segments: false,
        });
        skipped.unreadable |= unreadable;
        skipped.segments = skipped.segments || holds_segment(rest, length, skipped.last);
        skipped.length += length as u64;
        let room = SHOWN.saturating_sub(skipped.beginning.len()).min(length);
        skipped.beginning.extend_from_slice(&bytes[..room]);
        skipped.last = bytes.last().copied().unwrap_or(skipped.last);
        feed.at += length;
    }

    fn report_skipped(&mut self, feed: &mut Feed<'_>) -> Option<Step> {
        let skipped = self.skipped.take()?;
        let message = format!("{} bytes that belong to no interchange were skipped", skipped.length);
        let found = Diagnostic::new(X12_BYTES_SKIPPED, message, skipped.place());
        feed.diagnostics.push(match skipped.document() {
            Some(cause) => found
                .severity(Severity::Error)
                .cause(cause)
                .remedy("ask the partner to send again what is in them, as X12 from ISA to IEA"),
            None => found.remedy("nothing to do unless data is missing; else ask the partner what the bytes are"),
        });
        Some(Step::Skipped(skipped.range()))
    }

    fn report_unreadable(&mut self, feed: &mut Feed<'_>, at: usize, why: &str) {
        self.explained = true;
        let start = feed.at + at;
        let length = feed.input[start..].iter().take(106).take_while(|byte| !matches!(byte, b'\r' | b'\n')).count();
        let mut place = self.place(feed, start..start + length, None);
        place.segment = Some("ISA".into());
        let remedy = "ask the partner to send the interchange again with a complete ISA segment of 106 characters";
        let message = format!("the ISA segment cannot be read: {why}");
        feed.diagnostics.push(diagnostic(X12_ISA_UNREADABLE, message, place, remedy));
    }

    /// At the end of the input: says what was skipped last, or why nothing was read at all.
    fn finish_input(&mut self, feed: &mut Feed<'_>) -> Option<Step> {
        if std::mem::replace(&mut self.explained, true) {
            return self.report_skipped(feed);
        }
        let skipped = self.skipped.take();
        let beginning = skipped.as_ref().map_or(&b""[..], |skipped| &skipped.beginning);
        let place = skipped.as_ref().map_or_else(PayloadPlace::default, Skipped::place);
        feed.diagnostics.push(foreign::nothing_found(beginning, place));
        skipped.map(|skipped| Step::Skipped(skipped.range()))
    }
}

impl Skipped {
    fn range(&self) -> Range<u64> {
        self.start..self.start + self.length
    }

    /// What says that documents stand in the bytes, and no remark of a person or program.
    fn document(&self) -> Option<String> {
        match (self.unreadable, self.segments) {
            (true, _) => Some("an ISA segment that cannot be read stands in them".to_owned()),
            (_, true) => Some("segments GS or ST stand in them, without an ISA segment that can be read".to_owned()),
            _ => foreign::document(&self.beginning),
        }
    }

    fn place(&self) -> PayloadPlace {
        PayloadPlace {
            bytes: self.range(),
            line: self.lines.line,
            column: self.lines.column,
            excerpt: Some(Excerpt::new(&self.beginning, 0..1)),
            ..PayloadPlace::default()
        }
    }
}

/// Does a GS or ST segment start in the first `length` bytes of `rest`, `last` being the byte before them?
fn holds_segment(rest: &[u8], length: usize, last: u8) -> bool {
    let before = |at: usize| if at == 0 { last } else { rest[at - 1] };
    let starts = |at: usize| match rest[at..] {
        [b'G', b'S', first, a, b, second, ..] => first == second && [a, b].iter().all(u8::is_ascii_alphanumeric),
        _ => false,
    } || match rest[at..] {
        [b'S', b'T', first, a, b, c, second, ..] => first == second && [a, b, c].iter().all(u8::is_ascii_digit),
        _ => false,
    };
    (0..length).any(|at| starts(at) && !rest[at + 2].is_ascii_alphanumeric() && !before(at).is_ascii_alphanumeric())
}
