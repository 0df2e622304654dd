//! Ends of sets, groups and interchanges: counts and control numbers of their trailers against what came, and what is
//! said when a trailer is missing.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::outside::Outer;
use super::{Ended, Feed, Reader, State, Step, Trailer, diagnostic};
use crate::diagnostic::Code;
use crate::diagnostic::codes::{
    X12_CONTROL_NUMBER_PADDING, X12_GROUP_CONTROL_NUMBER, X12_GROUP_COUNT, X12_GROUP_MISSING_TRAILER,
    X12_INTERCHANGE_CONTROL_NUMBER, X12_INTERCHANGE_COUNT, X12_INTERCHANGE_MISSING_TRAILER, X12_TRUNCATED,
};
use crate::x12::envelope::{text, trailer};
use crate::x12::lexer::number;

/// A control number to compare with: numbers by their value, whatever pads them; anything else by its text.
pub(super) fn numeric(control_number: &str) -> u64 {
    number(control_number.trim().as_bytes()).unwrap_or_else(|| {
        let mut hasher = DefaultHasher::new();
        control_number.trim().hash(&mut hasher);
        // Above any number of 18 digits.
        hasher.finish() | 1 << 63
    })
}

/// What a trailer should say.
pub(super) struct Expected<'a> {
    /// Such as `GE`.
    pub(super) identifier: &'a str,
    /// Such as `GS06`.
    pub(super) header_element: &'a str,
    pub(super) header_number: &'a str,
    /// What is counted, such as `transaction sets`.
    pub(super) counted: &'a str,
    pub(super) count: u64,
    pub(super) count_code: Code,
    pub(super) number_code: Code,
}

/// Something wrong with a trailer.
pub(super) struct Problem {
    /// Element of the trailer, 1-based.
    pub(super) element: u16,
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) remedy: &'static str,
    pub(super) rule: String,
}

impl Expected<'_> {
    /// Was a trailer with this control number, which stands where the input ends, cut short?
    pub(super) fn is_cut(&self, control_number: &str) -> bool {
        let (ours, theirs) = (self.header_number.trim(), control_number.trim());
        numeric(ours) != numeric(theirs) && ours.starts_with(theirs)
    }

    /// What is wrong with a trailer of these two elements.
    pub(super) fn problems(&self, count: &str, control_number: &str) -> Vec<Problem> {
        let identifier = self.identifier;
        let mut problems = Vec::new();
        if number(count.trim().as_bytes()) != Some(self.count) {
            problems.push(Problem {
                element: 1,
                code: self.count_code,
                message: format!("{identifier}01 says `{count}` {}, {} came", self.counted, self.count),
                remedy: "ask the partner whether something was lost on the way, and to count correctly",
                rule: format!("segment {identifier}, element 1: the number of {}", self.counted),
            });
        }
        let (ours, theirs) = (self.header_number.trim(), control_number.trim());
        if ours == theirs {
            return problems;
        }
        let rule = format!("segment {identifier}, element 2: the control number of {}", self.header_element);
        problems.push(if numeric(ours) == numeric(theirs) {
            Problem {
                element: 2,
                code: X12_CONTROL_NUMBER_PADDING,
                message: format!(
                    "{identifier}02 is `{theirs}`, {} is `{ours}`: the same number, padded otherwise",
                    self.header_element
                ),
                remedy: "nothing to do",
                rule,
            }
        } else {
            Problem {
                element: 2,
                code: self.number_code,
                message: format!("{identifier}02 is `{theirs}`, but {} is `{ours}`", self.header_element),
                remedy: "ask the partner to send it again with the same control number in header and trailer",
                rule,
            }
        });
        problems
    }
}

impl Reader {
    /// GE: the group ends.
    pub(super) fn end_group(&mut self, feed: &mut Feed<'_>, segment: &Outer<'_>) -> Option<Step> {
        let open = self.group.as_ref()?;
        let expected = Expected {
            identifier: "GE",
            header_element: "GS06",
            header_number: open.header.control_number(),
            counted: "transaction sets",
            count: open.sets,
            count_code: X12_GROUP_COUNT,
            number_code: X12_GROUP_CONTROL_NUMBER,
        };
        let Some(trailer) = self.check(feed, segment, &expected) else {
            self.report_cut(feed);
            return Some(self.break_group(feed));
        };
        self.ended = Ended::Group;
        Some(Step::GroupEnd(trailer))
    }

    /// IEA: the interchange ends.
    pub(super) fn end_interchange(&mut self, feed: &mut Feed<'_>, segment: &Outer<'_>) -> Option<Step> {
        let open = self.interchange.as_ref()?;
        let expected = Expected {
            identifier: "IEA",
            header_element: "ISA13",
            header_number: open.header.control_number(),
            counted: "functional groups",
            count: open.groups,
            count_code: X12_INTERCHANGE_COUNT,
            number_code: X12_INTERCHANGE_CONTROL_NUMBER,
        };
        if open.passed_over {
            return Some(self.break_interchange(feed));
        }
        let Some(trailer) = self.check(feed, segment, &expected) else {
            self.report_cut(feed);
            return Some(self.break_interchange(feed));
        };
        self.report_unterminated(feed, segment);
        self.ended = Ended::Interchange;
        self.state = State::Between;
        Some(Step::InterchangeEnd(trailer))
    }

    /// Compares a trailer with what came; `None` when the input ends inside the trailer.
    fn check(&self, feed: &mut Feed<'_>, segment: &Outer<'_>, expected: &Expected<'_>) -> Option<Trailer> {
        let separator = self.interchange.as_ref().map_or(b'*', |open| open.header.delimiters.element);
        let [count, control_number] = trailer(&segment.bytes, expected.identifier, separator).unwrap_or_default();
        let problems = expected.problems(&text(count), &text(control_number));
        if !segment.terminated && expected.is_cut(&text(control_number)) {
            return None;
        }
        let fits = problems.iter().all(|problem| problem.code != expected.number_code);
        for problem in problems {
            let place = self.place(feed, segment.range.clone(), Some(problem.element));
            let found = diagnostic(problem.code, problem.message, place, problem.remedy);
            feed.diagnostics.push(found.rule(problem.rule));
        }
        self.report_surplus(feed, segment, 2);
        Some(Trailer {
            claimed: number(count.trim_ascii()),
            seen: expected.count,
            complete: true,
            control_number_fits: fits,
        })
    }

    /// The group ends without GE, before the byte at `feed.at`.
    pub(super) fn break_group(&mut self, feed: &mut Feed<'_>) -> Step {
        let seen = self.group.as_ref().map_or(0, |open| open.sets);
        if !self.cut {
            let number = self.group.as_ref().map_or("", |open| open.header.control_number());
            let message = format!("functional group {number} has no GE segment");
            let place = self.place(feed, feed.at..feed.at, None);
            let remedy = "ask the partner to send the group again, complete";
            feed.diagnostics.push(diagnostic(X12_GROUP_MISSING_TRAILER, message, place, remedy));
        }
        self.ended = Ended::Group;
        Step::GroupEnd(Trailer::missing(seen))
    }

    /// The interchange ends without IEA, before the byte at `feed.at`.
    pub(super) fn break_interchange(&mut self, feed: &mut Feed<'_>) -> Step {
        let seen = self.interchange.as_ref().map_or(0, |open| open.groups);
        let bare = self.interchange.as_ref().is_some_and(|open| open.header.bare);
        if !self.cut && !bare {
            let number = self.interchange.as_ref().map_or("", |open| open.header.control_number());
            let message = format!("interchange {number} has no IEA segment");
            let place = self.place(feed, feed.at..feed.at, None);
            let remedy = "ask the partner to send the interchange again, complete";
            feed.diagnostics.push(diagnostic(X12_INTERCHANGE_MISSING_TRAILER, message, place, remedy));
        }
        self.ended = Ended::Interchange;
        self.state = State::Between;
        let whole = bare && !self.cut;
        Step::InterchangeEnd(Trailer { complete: whole, control_number_fits: whole, ..Trailer::missing(seen) })
    }

    /// Says once an interchange that the input ends inside it, and inside what else.
    pub(super) fn report_cut(&mut self, feed: &mut Feed<'_>) {
        let bare = self.interchange.as_ref().is_some_and(|open| open.header.bare);
        let mut inside = Vec::new();
        if let Some(set) = &self.set {
            inside.push(format!("transaction set {} {}", set.set_id(), set.control_number()));
        }
        inside.extend(self.group.as_ref().map(|open| format!("group {}", open.header.control_number())));
        if let Some(open) = self.interchange.as_ref().filter(|_| !bare) {
            inside.push(format!("interchange {}", open.header.control_number()));
        }
        if inside.is_empty() || std::mem::replace(&mut self.cut, true) {
            return;
        }
        let message = format!("the input ends inside {}", inside.join(", "));
        let place = self.place(feed, feed.input.len()..feed.input.len(), None);
        let remedy = "ask the partner to send the interchange again, complete; nothing of it goes on by itself";
        feed.diagnostics.push(diagnostic(X12_TRUNCATED, message, place, remedy));
    }
}

impl Trailer {
    fn missing(seen: u64) -> Self {
        Self { claimed: None, seen, complete: false, control_number_fits: false }
    }
}
