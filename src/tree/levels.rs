//! Levels: occurrences of one loop that say themselves in which other one they stand.
//!
//! A table has them as one flat, repeated loop (X12's HL); each gives itself a number, and the number of the level around
//! it. Numbers are compared by their value, whatever zeros pad them. Placement knows nothing of that: [`Levels::of`] finds what a document says, [`Levels::parents`] decides where each
//! level stands, [`Tree::nest`] hangs the tree accordingly.

use std::collections::HashMap;

use super::document::{NONE, OccurrenceId, Tree};
use super::grammar::ItemId;

/// How deep levels are nested at most; a deeper one is hung beside the one it stands in.
pub const DEEPEST: u32 = 32;

/// Which loop of a table is one of levels, and what its first segment says; element positions are 1-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelForm {
    /// The loop.
    pub item: ItemId,
    /// The loop around it.
    pub around: ItemId,
    /// Element with the level's own number (HL01).
    pub number: u16,
    /// Element with the number of the level around (HL02).
    pub parent: u16,
    /// Element with the kind of level (HL03).
    pub code: u16,
    /// Element that says whether levels stand inside (HL04).
    pub children: u16,
}

/// Whom a level names as the one around it. Indices count the document's levels from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// Nobody: the element is empty.
    Unnamed,
    /// A level before it.
    Level(u32),
    /// Itself.
    Itself,
    /// A level that comes later.
    Later(u32),
    /// A number that no level has.
    Unknown,
}

/// A level as the document has it.
#[derive(Debug, Clone, Copy)]
pub struct Level<'b> {
    /// Its occurrence.
    pub occurrence: OccurrenceId,
    /// Its own number.
    pub number: &'b [u8],
    /// Its kind.
    pub code: &'b [u8],
    /// Whom it names.
    pub parent: Parent,
    /// The level before it with the same number.
    pub repeats: Option<u32>,
}

/// The levels of one document, in its order.
#[derive(Debug, Default)]
pub struct Levels<'b> {
    /// The levels.
    pub list: Vec<Level<'b>>,
}

/// The numbers given so far. As long as they count 1, 2, 3, the number is the place in the list.
#[derive(Default)]
struct Numbers<'b> {
    irregular: Option<HashMap<&'b [u8], u32>>,
}

impl<'b> Numbers<'b> {
    fn find(&self, list: &[Level<'b>], number: &[u8]) -> Option<u32> {
        match &self.irregular {
            Some(known) => known.get(number).copied(),
            None => whole(number)?.checked_sub(1).filter(|at| (*at as usize) < list.len()),
        }
    }

    /// Adds the bare number of the level `at`; the level that had it before.
    fn add(&mut self, list: &[Level<'b>], number: &'b [u8], at: u32) -> Option<u32> {
        if self.irregular.is_none() && whole(number) == Some(at + 1) {
            return None;
        }
        let known = self.irregular.get_or_insert_with(|| {
            let numbered = list.iter().zip(0..).filter(|(level, _)| !level.number.is_empty());
            numbered.map(|(level, at)| (bare(level.number), at)).collect()
        });
        if number.is_empty() {
            return None;
        }
        known.insert(number, at)
    }
}

impl<'b> Levels<'b> {
    /// What the levels of a placed document say of themselves.
    #[must_use]
    pub fn of(form: LevelForm, tree: &'b Tree, bytes: &'b [u8]) -> Self {
        let levels = || tree.occurrences.iter().enumerate().filter(|(_, found)| found.item == form.item);
        let mut list: Vec<Level<'b>> = Vec::with_capacity(levels().count());
        let mut numbers = Numbers::default();
        let mut open: Vec<(u32, &[u8])> = Vec::new();
        for (id, occurrence) in levels() {
            // Of a level whose first segment is missing nothing is known.
            let first = Some(occurrence.first_segment).filter(|index| *index != NONE && !occurrence.implied);
            let segment = first.map(|index| &tree.segments[index as usize]);
            let value =
                |position| segment.map_or(b"".as_slice(), |segment| tree.value(segment, position, bytes).trim_ascii());
            let (at, number, named) = (list.len() as u32, value(form.number), bare(value(form.parent)));
            let own = bare(number);
            let parent = match named {
                b"" => Parent::Unnamed,
                named if named == own => Parent::Itself,
                named => numbers.find(&list, named).map_or(Parent::Unknown, Parent::Level),
            };
            if parent == Parent::Unknown {
                open.push((at, named));
            }
            let repeats = numbers.add(&list, own, at);
            list.push(Level { occurrence: id as OccurrenceId, number, code: value(form.code), parent, repeats });
        }
        if !open.is_empty() {
            let last = numbers.irregular.unwrap_or_default();
            let regular = last.is_empty();
            for (at, named) in open {
                let found = match regular {
                    true => whole(named).and_then(|number| number.checked_sub(1)),
                    false => last.get(named).copied(),
                };
                let found =
                    found.filter(|found| list.get(*found as usize).is_some_and(|level| bare(level.number) == named));
                list[at as usize].parent = found.map_or(Parent::Unknown, Parent::Later);
            }
        }
        Self { list }
    }

    /// The level in which each stands, or [`NONE`]: the one it names, where `trusted`; else the nearest level before it
    /// whose kind comes earlier in `order`. Kinds that `order` does not have come last.
    #[must_use]
    pub fn parents(&self, trusted: bool, order: &[impl AsRef<[u8]>]) -> Vec<u32> {
        let rank = |code: &[u8]| order.iter().position(|known| known.as_ref() == code).unwrap_or(order.len());
        let mut parents: Vec<u32> = Vec::with_capacity(self.list.len());
        let mut depths: Vec<u32> = Vec::with_capacity(self.list.len());
        for (at, level) in self.list.iter().enumerate() {
            let named = match level.parent {
                Parent::Level(parent) if trusted => Some(parent),
                _ => None,
            };
            let mut parent = named.unwrap_or_else(|| {
                let own = rank(level.code);
                let mut around = (at as u32).checked_sub(1).unwrap_or(NONE);
                while around != NONE && rank(self.list[around as usize].code) >= own {
                    around = parents[around as usize];
                }
                around
            });
            if parent != NONE && depths[parent as usize] + 1 >= DEEPEST {
                parent = parents[parent as usize];
            }
            depths.push(if parent == NONE { 0 } else { depths[parent as usize] + 1 });
            parents.push(parent);
        }
        parents
    }
}

/// A number to compare with: without the zeros before its digits. Anything else is compared as it stands.
fn bare(number: &[u8]) -> &[u8] {
    if number.first() != Some(&b'0') {
        return number;
    }
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    match number.iter().all(u8::is_ascii_digit) {
        true => &number[zeros.min(number.len().saturating_sub(1))..],
        false => number,
    }
}

/// The number that digits without leading zeros say.
fn whole(digits: &[u8]) -> Option<u32> {
    match digits {
        [b'1'..=b'9', ..] if digits.len() < 9 => digits
            .iter()
            .try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0'))),
        _ => None,
    }
}

impl Tree {
    /// Hangs each level into the one that [`Levels::parents`] gives: [`Tree::children_of`] an occurrence then has the
    /// levels inside it behind its other loops, and its `parent` is the level around it. Segments stay where they are.
    pub fn nest(&mut self, form: LevelForm, trusted: bool, order: &[impl AsRef<[u8]>], bytes: &[u8]) {
        let levels = Levels::of(form, self, bytes);
        let parents = levels.parents(trusted, order);
        let occurrences: Vec<OccurrenceId> = levels.list.iter().map(|level| level.occurrence).collect();
        // A level that stands in no other stands where the table has it.
        for (occurrence, parent) in occurrences.iter().zip(&parents) {
            let mut outside = self.occurrences[*occurrence as usize].parent;
            while self.occurrences[outside as usize].item == form.item {
                outside = self.occurrences[outside as usize].parent;
            }
            let parent = occurrences.get(*parent as usize).copied().unwrap_or(outside);
            self.occurrences[*occurrence as usize].parent = parent;
        }
        let holds = |item| item == form.item || item == form.around;
        for occurrence in self.occurrences.iter_mut().filter(|occurrence| holds(occurrence.item)) {
            (occurrence.first_child, occurrence.last_child) = (NONE, NONE);
        }
        for id in 1..self.occurrences.len() {
            let parent = self.occurrences[id].parent;
            if holds(self.occurrences[parent as usize].item) {
                self.occurrences[id].next_sibling = NONE;
                self.hang(id as OccurrenceId, parent);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Segment;
    use super::super::tag::Tag;
    use super::*;
    use crate::tree::Text;

    const FORM: LevelForm =
        LevelForm { item: ItemId(1), around: ItemId::ROOT, number: 1, parent: 2, code: 3, children: 4 };

    /// A document of levels, `number parent code` each, `-` for nothing; no other segments.
    fn document(levels: &str) -> (Tree, String) {
        let mut tree = Tree::default();
        tree.clear();
        for level in levels.split(", ") {
            let occurrence = tree.open(ItemId(1), 0, false);
            let first_element = tree.elements.len() as u32;
            let mut at = level.as_ptr() as usize - levels.as_ptr() as usize;
            for value in level.split(' ') {
                let end = at + value.len();
                let empty = if value == "-" { at } else { end };
                tree.elements.push(Text::raw(at as u32, empty as u32));
                at = end + 1;
            }
            let index = tree.segments.len() as u32;
            tree.segments.push(Segment {
                tag: Tag::new(b"HL"),
                item: ItemId(2),
                element_count: 3,
                first_element,
                start: 0,
                end: 0,
                occurrence,
                next: NONE,
            });
            tree.place(index, ItemId(2), occurrence);
        }
        (tree, levels.to_owned())
    }

    fn shown(tree: &Tree, at: OccurrenceId, bytes: &[u8]) -> String {
        let inside: Vec<String> = tree.children_of(at).map(|child| shown(tree, child, bytes)).collect();
        let segment = tree.segments_in(at).next().map(|index| tree.segments[index as usize]);
        let own = segment.map_or_else(String::new, |segment| {
            [3, 1].map(|position| String::from_utf8_lossy(tree.value(&segment, position, bytes)).into_owned()).concat()
        });
        if inside.is_empty() { own } else { format!("{own}({})", inside.join(" ")) }
    }

    fn check(levels: &str, expected: &str) {
        let (mut tree, bytes) = document(levels);
        let order = ["S", "O", "T", "P", "I"];
        for _ in 0..2 {
            // Nesting what is nested changes nothing.
            tree.nest(FORM, true, &order, bytes.as_bytes());
            assert_eq!(shown(&tree, 0, bytes.as_bytes()), format!("({expected})"), "{levels}");
        }
    }

    #[test]
    fn a_level_stands_in_the_one_it_names() {
        check("1 - S, 2 1 O, 3 2 P, 4 3 I, 5 3 I, 6 1 O, 7 6 I", "S1(O2(P3(I4 I5)) O6(I7))");
        check("1 - S, 2 1 P, 3 2 O, 4 3 I, 5 2 O, 6 5 I", "S1(P2(O3(I4) O5(I6)))");
        // Levels in another order than the tree's, numbers that are none.
        check("1 - S, 2 1 O, 3 1 O, 4 2 I, 5 3 I", "S1(O2(I4) O3(I5))");
        check("A - S, B A O, C B I, D A O", "SA(OB(IC) OD)");
        check("01 - S, 02 01 O, 03 02 I", "S01(O02(I03))");
    }

    #[test]
    fn numbers_are_the_same_whatever_zeros_pad_them() {
        check("001 - S, 002 1 O, 003 1 O, 004 2 I, 005 3 I", "S001(O002(I004) O003(I005))");
        check("1 - S, 2 001 O, 3 01 O, 4 0002 I, 5 3 I", "S1(O2(I4) O3(I5))");
        check("5 - S, 06 5 O, 7 005 O, 8 6 I, 9 07 I", "S5(O06(I8) O7(I9))");
        check("A01 - S, A02 A1 O, A03 A01 O", "SA01(OA02 OA03)");
        let (tree, bytes) = document("1 - S, 2 04 O, 03 3 P, 0004 01 I, 4 2 I");
        let levels = Levels::of(FORM, &tree, bytes.as_bytes());
        let parents: Vec<Parent> = levels.list.iter().map(|level| level.parent).collect();
        let expected = [Parent::Unnamed, Parent::Later(4), Parent::Itself, Parent::Level(0), Parent::Level(1)];
        assert_eq!((parents.as_slice(), levels.list[4].repeats), (expected.as_slice(), Some(3)));
    }

    #[test]
    fn a_level_that_names_none_stands_in_the_nearest_of_an_outer_kind() {
        check("1 - S, 2 - O, 3 - I, 4 - I, 5 - O, 6 - I", "S1(O2(I3 I4) O5(I6))");
        check("1 - S, 2 - O, 3 - T, 4 - P, 5 - I, 6 - P, 7 - T, 8 - I", "S1(O2(T3(P4(I5) P6) T7(I8)))");
        check("1 - S, 2 - Q, 3 - I", "S1(Q2 I3)");
        check("1 - O, 2 - I, 3 - S", "O1(I2) S3");
    }

    #[test]
    fn who_names_nobody_that_stands_before_him_is_hung_by_his_kind() {
        check("1 - S, 2 9 O, 3 3 I, 4 5 I, 5 2 P", "S1(O2(I3 I4 P5))");
    }

    #[test]
    fn what_each_level_names_is_told_apart() {
        let (tree, bytes) = document("1 - S, 2 9 O, 3 3 I, 4 5 I, 5 2 P, 2 1 O, 7 2 I");
        let levels = Levels::of(FORM, &tree, bytes.as_bytes());
        let parents: Vec<Parent> = levels.list.iter().map(|level| level.parent).collect();
        let expected = [
            Parent::Unnamed,
            Parent::Unknown,
            Parent::Itself,
            Parent::Later(4),
            Parent::Level(1),
            Parent::Level(0),
            Parent::Level(5),
        ];
        assert_eq!(parents, expected);
        let repeats: Vec<u32> = levels.list.iter().filter_map(|level| level.repeats).collect();
        assert_eq!(repeats, [1]);
        let (tree, bytes) = document("1 - S, 2 3 O, 3 1 O");
        assert_eq!(Levels::of(FORM, &tree, bytes.as_bytes()).list[1].parent, Parent::Later(2));
    }

    #[test]
    fn however_deep_a_partner_nests_the_tree_stays_shallow() {
        let chain: Vec<String> = (1..=5_000).map(|number| format!("{number} {} I", number - 1)).collect();
        let (mut tree, bytes) = document(&chain.join(", "));
        tree.nest(FORM, true, &["I"], bytes.as_bytes());
        let depth = |mut at: u32| {
            let mut depth = 0;
            while at != 0 {
                at = tree.occurrences[at as usize].parent;
                depth += 1;
            }
            depth
        };
        assert_eq!((1..=5_000).map(depth).max(), Some(DEEPEST));
    }
}
