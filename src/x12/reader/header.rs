//! The start of a transaction set: its table, and what its ST segment and its group say about each other.

use std::ops::Range;
use std::sync::Arc;

use super::trailer::numeric;
use super::{Feed, Reader, SetHeader, SetTable, State, diagnostic};
use crate::diagnostic::Code;
use crate::diagnostic::codes::{X12_DUPLICATE_SET, X12_GROUP_CODE, X12_GROUP_MISSING_HEADER, X12_UNKNOWN_SET};
use crate::tree::charset::Charset;
use crate::x12::dictionary::{self, Release};
use crate::x12::envelope::{self, text};
use crate::x12::place::SetContext;

/// Something to be said about an ST segment: element, code, message, remedy.
type Remark = (u16, Code, String, &'static str);

impl Reader {
    /// Opens the set whose ST segment stands at `range`; the lexer starts there.
    pub(super) fn open_set(&mut self, feed: &mut Feed<'_>, range: Range<usize>, segment: &[u8]) {
        let Some(interchange) = &mut self.interchange else {
            return;
        };
        interchange.lexer.restart();
        interchange.stray = None;
        let delimiters = interchange.header.delimiters;
        let interchange = interchange.control_number.clone();
        let [set_id, control_number, implementation] =
            envelope::set_header(segment, delimiters.element).unwrap_or_default().map(<[u8]>::trim_ascii);
        let (release, release_match) = match &self.group {
            Some(group) => (group.release, group.release_match),
            None => dictionary::release_for(&self.options.release),
        };
        let table = self.table(release, set_id);
        let context = SetContext {
            interchange,
            group: self.group.as_ref().map(|group| Arc::clone(&group.header.elements[5])),
            control_number: text(control_number),
            set_id: table.set_id,
            offset: self.offset + range.start as u64,
            lines: self.lines.behind(&feed.input[..range.start]).into(),
        };
        feed.tree.clear();
        feed.tree.base = context.offset;
        feed.tree.separators = delimiters.separators();
        let header = SetHeader {
            implementation: text(implementation),
            release,
            release_match,
            grammar: table.grammar,
            charset: self.options.charset.unwrap_or(Charset::Utf8),
            loop_depth: self.options.limits.loop_depth,
            incomplete: false,
            context,
        };
        for (element, code, message, remedy) in self.remarks(&header, table.group_code) {
            let mut place = self.place(feed, range.clone(), Some(element));
            place.segment_position = Some(1);
            place.set = Some(header.control_number().into());
            place.set_id = Some(header.set_id().into());
            feed.diagnostics.push(diagnostic(code, message, place, remedy));
        }
        self.set = Some(header);
        self.state = State::Inside;
        feed.at = range.start;
    }

    /// What the dictionary has on the set, looked up once for sets of one kind in a row.
    fn table(&mut self, release: Release, set_id: &[u8]) -> SetTable {
        let known = self.table.take();
        let table = known.filter(|table| table.release == release && table.set_id.as_bytes() == set_id);
        let table = table.unwrap_or_else(|| {
            let set_id = text(set_id);
            SetTable {
                release,
                grammar: dictionary::grammar(release, &set_id).map(AsRef::as_ref),
                group_code: dictionary::group_code(release, &set_id),
                set_id,
            }
        });
        self.table.insert(table).clone()
    }

    /// Counts the set in its group and compares the two.
    fn remarks(&mut self, header: &SetHeader, group_code: Option<&str>) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let (set_id, number) = (header.set_id(), header.control_number());
        if header.grammar.is_none() {
            let message = format!("transaction set {set_id} has no table in release {}", header.release);
            let remedy = "nothing can be translated from it; ask the partner for a transaction set that is known";
            remarks.push((1, X12_UNKNOWN_SET, message, remedy));
        }
        let Some(group) = &mut self.group else {
            let open = self.interchange.as_mut().filter(|open| !open.header.bare);
            if open.is_some_and(|open| !std::mem::replace(&mut open.no_group_reported, true)) {
                let message = format!("transaction set {set_id} {number} stands in no functional group");
                let remedy = "ask the partner to send GS before the first ST";
                remarks.push((1, X12_GROUP_MISSING_HEADER, message, remedy));
            }
            return remarks;
        };
        group.sets += 1;
        if !group.set_numbers.insert(numeric(number)) {
            let message = format!("transaction set control number {number} occurs twice in this group");
            let remedy = "ask the partner to give each transaction set of a group a number of its own";
            remarks.push((2, X12_DUPLICATE_SET, message, remedy));
        }
        let found = group.header.functional_code();
        if let Some(expected) = group_code.filter(|expected| *expected != found) {
            let message = format!("GS01 is `{found}`, but transaction set {set_id} belongs into a group `{expected}`");
            let remedy = "ask the partner to send the functional identifier code of the transaction set in GS01";
            remarks.push((1, X12_GROUP_CODE, message, remedy));
        }
        remarks
    }
}
