//! Which segments and loops a transaction set lacks, and of which it has too many.

use super::super::reader::SetHeader;
use super::super::rule::{self, loop_name};
use crate::diagnostic::codes::{X12_MISSING_LOOP, X12_MISSING_SEGMENT, X12_TOO_MANY_LOOPS, X12_TOO_MANY_SEGMENTS};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::{Area, Grammar, Item, ItemId, NONE, OccurrenceId, SegmentIndex, Tree};

/// Says which mandatory segments and loops are missing and which occur more often than the table allows.
///
/// Of a set that was cut nothing is said to be missing: that it is incomplete was said when it was read.
pub fn structure(header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    let Some(grammar) = header.grammar else { return };
    let mut counts = vec![Count::default(); grammar.items.len()];
    let check = Check { header, grammar, tree, set };
    for id in 0..tree.occurrences.len() {
        check.occurrence(id as OccurrenceId, &mut counts, diagnostics);
    }
}

/// How often an item stands directly in an occurrence: that which was counted last.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    number: u32,
    /// One more than the occurrence's id; 0 for none.
    of: u32,
}

/// Where something starts: a segment, or a loop occurrence.
#[derive(Clone, Copy)]
enum Start {
    Segment(SegmentIndex),
    Loop(OccurrenceId),
}

struct Check<'a> {
    header: &'a SetHeader,
    grammar: &'a Grammar,
    tree: &'a Tree,
    set: &'a [u8],
}

impl Check<'_> {
    /// Counts what stands directly in an occurrence; `counts` has a place for each item.
    fn occurrence(&self, id: OccurrenceId, counts: &mut [Count], diagnostics: &mut Diagnostics) {
        let occurrence = self.tree.occurrences[id as usize];
        let mut surplus = Vec::new();
        self.each_inside(id, |item, start| {
            let count = &mut counts[usize::from(item.0)];
            if count.of != id + 1 {
                *count = Count { number: 0, of: id + 1 };
            }
            // No limit is u32::MAX, and no document has that many.
            if count.number == self.grammar.item(item).max {
                surplus.push((item, start));
            }
            count.number += 1;
        });
        for (item, start) in surplus {
            let first_segment = match start {
                Start::Segment(index) => index,
                Start::Loop(child) => self.start_of(child),
            };
            diagnostics.push(self.too_many(item, counts[usize::from(item.0)].number, first_segment));
        }
        for item in self.grammar.required_in(occurrence.item).iter().copied() {
            // That a loop has no trigger was said when it was placed.
            let said = occurrence.implied && self.grammar.is_trigger(item);
            if counts[usize::from(item.0)].of != id + 1 && !said && !self.header.incomplete {
                diagnostics.push(self.missing(item, id));
            }
        }
    }

    /// Visits the items of what stands directly in an occurrence: segments, then loops.
    #[inline]
    fn each_inside(&self, id: OccurrenceId, mut visit: impl FnMut(ItemId, Start)) {
        for index in self.tree.segments_in(id) {
            let item = self.tree.segments[index as usize].item;
            if item != ItemId::UNPLACED {
                visit(item, Start::Segment(index));
            }
        }
        for child in self.tree.children_of(id) {
            visit(self.tree.occurrences[child as usize].item, Start::Loop(child));
        }
    }

    /// `first_segment` is where the first one past the limit starts.
    fn too_many(&self, id: ItemId, count: u32, first_segment: SegmentIndex) -> Diagnostic {
        let item = self.grammar.item(id);
        let (code, what) = if self.grammar.is_loop(id) {
            (X12_TOO_MANY_LOOPS, loop_name(item))
        } else {
            (X12_TOO_MANY_SEGMENTS, format!("segment {}", item.tag))
        };
        let are = if item.max == 1 { "is" } else { "are" };
        let message = format!("{what} occurs {count} times {}, at most {} {are} allowed", self.inside(item), item.max);
        let remedy = "ask the partner to leave out what is too many, or to put it where the table has room for it";
        let place = self.header.context.segment(self.tree, self.set, first_segment);
        let rule = rule::item(self.header, self.grammar, id);
        Diagnostic::new(code, message, place).rule(rule).remedy(remedy)
    }

    fn missing(&self, id: ItemId, occurrence: OccurrenceId) -> Diagnostic {
        let item = self.grammar.item(id);
        let (code, what) = if self.grammar.is_loop(id) {
            (X12_MISSING_LOOP, loop_name(item))
        } else {
            (X12_MISSING_SEGMENT, format!("segment {}", item.tag))
        };
        let message = format!("{what} is mandatory {} and missing", self.inside(item));
        let place = self.header.context.before(self.tree, self.set, self.place_of(id, occurrence), item.tag);
        let remedy = format!("ask the partner to send {what}");
        let rule = rule::item(self.header, self.grammar, id);
        Diagnostic::new(code, message, place).rule(rule).remedy(remedy)
    }

    /// Where an item that an occurrence lacks should stand: behind everything there that precedes it in the table.
    fn place_of(&self, id: ItemId, occurrence: OccurrenceId) -> SegmentIndex {
        let before = |item: ItemId| item != ItemId::UNPLACED && item < id;
        let segments = self.tree.segments_in(occurrence).filter(|at| before(self.tree.segments[*at as usize].item));
        let loops = self.tree.children_of(occurrence);
        let loops = loops.filter(|child| before(self.tree.occurrences[*child as usize].item));
        let last = segments.chain(loops.map(|child| self.end_of(child))).max();
        last.map_or_else(|| self.start_of(occurrence), |last| last + 1)
    }

    /// The last segment of a loop occurrence and of those inside it.
    fn end_of(&self, id: OccurrenceId) -> SegmentIndex {
        let (mut last, mut at) = (0, id);
        loop {
            let occurrence = &self.tree.occurrences[at as usize];
            if occurrence.last_segment != NONE {
                last = last.max(occurrence.last_segment);
            }
            if occurrence.last_child == NONE {
                return last;
            }
            at = occurrence.last_child;
        }
    }

    /// The first segment of a loop occurrence, or of the first loop inside it.
    fn start_of(&self, id: OccurrenceId) -> SegmentIndex {
        let mut at = self.tree.occurrences[id as usize];
        while at.first_segment == NONE && at.first_child != NONE {
            at = self.tree.occurrences[at.first_child as usize];
        }
        at.first_segment
    }

    /// Where an item stands, for people: an area of the set, or a loop.
    fn inside(&self, item: &Item) -> String {
        if item.parent != ItemId::ROOT {
            return format!("in {}", loop_name(self.grammar.item(item.parent)));
        }
        let area = match item.area {
            Area::Heading => "heading",
            Area::Detail => "detail area",
            Area::Summary => "summary",
        };
        format!("in the {area} of {}", self.header.set_id())
    }
}
