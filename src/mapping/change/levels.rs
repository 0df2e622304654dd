//! Numbers of levels and of segments, made right once all edits are known.
//!
//! A document whose levels count 1, 2, 3 still does so afterwards; in another one the levels that stay keep their
//! numbers and new ones get numbers that nobody has. Where no level comes or goes, nothing is touched.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::tree::{OccurrenceId, SegmentIndex, Tree};

use super::{Change, Edit, rank};
use crate::mapping::derive;
use crate::mapping::plan::{DerivedValue, Hierarchy};
use crate::mapping::write::Cell;

/// What came and went, as far as numbers depend on it.
#[derive(Default)]
pub(super) struct Renumbering {
    deleted: HashSet<SegmentIndex>,
    inserted: Vec<NewLevel>,
    holes: Vec<Hole>,
    /// For each derived value that counts segments: how many came, less how many went.
    counts: HashMap<usize, i64>,
    /// Those the document has: the segment, and whether the value there was the object's and is so no more.
    counted: HashMap<usize, (SegmentIndex, bool)>,
}

/// A level that was inserted.
struct NewLevel {
    /// Index of the edit that inserts it.
    edit: usize,
    parent: Around,
    has_children: bool,
}

/// The level around one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Around {
    /// One of the document, or the document itself.
    Old(OccurrenceId),
    /// One that was inserted too.
    New(usize),
}

/// Where a text is missing in the bytes of an edit.
struct Hole {
    edit: usize,
    offset: usize,
    value: Value,
}

enum Value {
    /// An element of a new level, by its position.
    Level(usize, u16),
    /// A number of segments.
    Count(usize),
}

impl Change<'_> {
    /// Remembers that a segment goes.
    pub(super) fn segment_goes(&mut self, index: SegmentIndex) {
        self.renumbering.deleted.insert(index);
        let tree = self.base.tree;
        self.count(tree, self.base.bytes, &[index as usize], -1);
    }

    /// Remembers the segments that the new walk has written for the edit to come, `missing` being the offsets in its
    /// bytes of the elements that are to be filled: segment, position, offset.
    pub(super) fn segments_come(&mut self, into: OccurrenceId, missing: &[(usize, u16, usize)]) {
        let edit = self.edits.len();
        let first = self.renumbering.inserted.len();
        for level in &self.new.levels {
            let parent = level.parent.map_or(Around::Old(into), |parent| Around::New(first + parent));
            self.renumbering.inserted.push(NewLevel { edit, parent, has_children: level.has_children });
        }
        for (segment, position, offset) in missing {
            let counted = self.new.counted.iter().find(|(at, element, _)| (at, element) == (segment, position));
            let level = self.new.levels.iter().position(|level| level.segment == *segment);
            let value = match (counted, level) {
                (Some((_, _, derived)), _) => Value::Count(*derived),
                (None, Some(level)) => Value::Level(first + level, *position),
                (None, None) => continue,
            };
            self.renumbering.holes.push(Hole { edit, offset: *offset, value });
        }
        let tree = std::mem::take(self.new.tree);
        let all: Vec<usize> = (0..tree.segments.len()).collect();
        self.count(&tree, b"", &all, 1);
        *self.new.tree = tree;
    }

    /// Is the element of a written segment one to be filled in the end?
    pub(super) fn is_missing(&self, segment: usize, position: u16) -> bool {
        let level = || self.new.levels.iter().any(|level| level.segment == segment);
        let numbered = self.plan.hierarchy.as_ref().is_some_and(|found| found.writes.contains(&position));
        (numbered && level()) || self.new.counted.iter().any(|found| (found.0, found.1) == (segment, position))
    }

    fn count(&mut self, tree: &Tree, bytes: &[u8], segments: &[usize], by: i64) {
        for (index, derived) in self.plan.derived.iter().enumerate() {
            let DerivedValue::Count { tag, conditions } = &derived.value else { continue };
            let counted = |at: &&usize| derive::is_counted(tree, bytes, &tree.segments[**at], *tag, conditions);
            let found = segments.iter().filter(counted).count() as i64;
            *self.renumbering.counts.entry(index).or_default() += by * found;
        }
    }

    /// Makes the numbers right.
    pub(super) fn renumber(&mut self) {
        let mut texts: HashMap<(usize, u16), String> = HashMap::new();
        let plan = self.plan;
        if let Some(hierarchy) = &plan.hierarchy {
            self.renumber_levels(hierarchy, &mut texts);
        }
        let counts: HashMap<usize, i64> = std::mem::take(&mut self.renumbering.counts);
        let count_of = |change: &Self, index: usize| match &plan.derived[index].value {
            DerivedValue::Count { tag, conditions } => {
                let before = derive::count(change.base.tree, change.base.bytes, *tag, conditions) as i64;
                (before + counts.get(&index).copied().unwrap_or(0)).to_string()
            }
            _ => String::new(),
        };
        // From the last to the first, so that offsets stay right.
        let mut holes = std::mem::take(&mut self.renumbering.holes);
        holes.sort_by_key(|hole| std::cmp::Reverse((hole.edit, hole.offset)));
        for hole in holes {
            let text = match hole.value {
                Value::Level(level, position) => texts.get(&(level, position)).cloned().unwrap_or_default(),
                Value::Count(index) => count_of(self, index),
            };
            self.edits[hole.edit].bytes.splice(hole.offset..hole.offset, text.into_bytes());
        }
        for (index, (segment, no_longer_said)) in std::mem::take(&mut self.renumbering.counted) {
            if no_longer_said || counts.get(&index).is_some_and(|change| *change != 0) {
                let text = count_of(self, index);
                self.put(segment, plan.derived[index].place.element, &text);
            }
        }
    }

    /// Remembers a number of segments in a segment that stays.
    pub(super) fn count_stays(&mut self, segment: SegmentIndex, no_longer_said: bool, cell: Option<Cell<'_>>) {
        if let Some(index) = cell.and_then(|cell| cell.counted) {
            self.renumbering.counted.insert(index as usize, (segment, no_longer_said));
        }
    }

    /// Replaces the text of an element that is there.
    fn put(&mut self, segment: SegmentIndex, position: u16, text: &str) {
        let tree = self.base.tree;
        let segment = &tree.segments[segment as usize];
        let Some(id) = tree.element(segment, position) else { return };
        let old = tree.value(segment, position, self.base.bytes).trim_ascii();
        if !old.is_empty() && old != text.as_bytes() {
            let (start, end) = tree.raw_span(id);
            self.edits.push(Edit { range: start as usize..end as usize, bytes: text.as_bytes().to_vec() });
        }
    }

    /// New numbers for levels: edits for those that stay, `texts` for those that come.
    fn renumber_levels(&mut self, hierarchy: &Hierarchy, texts: &mut HashMap<(usize, u16), String>) {
        let (tree, bytes, form) = (self.base.tree, self.base.bytes, hierarchy.form);
        let text = |at: OccurrenceId, position| hierarchy.text(tree, bytes, at, position);
        let first = |at: OccurrenceId| tree.occurrences[at as usize].first_segment;
        let ids = 0..tree.occurrences.len() as OccurrenceId;
        let all: Vec<OccurrenceId> = ids
            .filter(|at| hierarchy.is_level(tree, *at) && hierarchy.element(tree, *at, form.number).is_some())
            .collect();
        let stay: Vec<OccurrenceId> =
            all.iter().copied().filter(|at| !self.renumbering.deleted.contains(&first(*at))).collect();
        let inserted = std::mem::take(&mut self.renumbering.inserted);
        if inserted.is_empty() && stay.len() == all.len() {
            return;
        }
        let offset = |at: &OccurrenceId| tree.segments[first(*at) as usize].start as usize;
        // What is inserted at an offset comes before the level that starts there.
        let mut order: Vec<_> =
            stay.iter().map(|at| ((offset(at), Reverse(0), usize::MAX), Around::Old(*at))).collect();
        let place = |new: &NewLevel| rank(&self.depths, new.edit, &self.edits[new.edit]);
        order.extend(inserted.iter().enumerate().map(|(index, new)| (place(new), Around::New(index))));
        order.sort_by_key(|(key, _)| *key);
        let regular = all.iter().zip(1..).all(|(at, number)| text(*at, form.number) == number.to_string().as_bytes());
        let taken = all.iter().filter_map(|at| std::str::from_utf8(text(*at, form.number)).ok()?.parse::<u64>().ok());
        let mut next = if regular { 1 } else { taken.max().unwrap_or(0) + 1 };
        let mut numbers: HashMap<Around, String> = HashMap::new();
        for (_, level) in &order {
            match level {
                Around::Old(at) if !regular => {
                    numbers.insert(*level, String::from_utf8_lossy(text(*at, form.number)).into_owned());
                }
                _ => {
                    numbers.insert(*level, next.to_string());
                    next += 1;
                }
            }
        }
        let mut parents: HashSet<Around> = inserted.iter().map(|new| new.parent).collect();
        parents.extend(stay.iter().map(|at| Around::Old(tree.occurrences[*at as usize].parent)));
        for at in stay {
            let parent = tree.occurrences[at as usize].parent;
            let names_it = hierarchy.is_level(tree, parent) && text(at, form.parent) == text(parent, form.number);
            if hierarchy.writes.contains(&form.children) {
                let had = tree.children_of(at).any(|inside| hierarchy.is_level(tree, inside));
                let has = parents.contains(&Around::Old(at));
                if had != has {
                    self.put(first(at), form.children, if has { "1" } else { "0" });
                }
            }
            self.put(first(at), form.number, &numbers[&Around::Old(at)]);
            if let Some(number) = numbers.get(&Around::Old(parent)).filter(|_| names_it) {
                self.put(first(at), form.parent, number);
            }
        }
        for (index, new) in inserted.iter().enumerate() {
            texts.insert((index, form.number), numbers[&Around::New(index)].clone());
            texts.insert((index, form.parent), numbers.get(&new.parent).cloned().unwrap_or_default());
            texts.insert((index, form.children), u8::from(new.has_children).to_string());
        }
    }
}
