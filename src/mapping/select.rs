//! Which segments and loop occurrences of a document a scope takes: the same answer for reading and for changing.

use crate::canonical::{NodeId, Object};
use crate::tree::{ElementType, Grammar, ItemId, NONE, OccurrenceId, SegmentIndex, Tree};

use super::plan::{Attach, Child, HandedOn, LoopCondition, Plan, Row, Scope, Takes};

/// What the rows and children of one scope took from one loop occurrence. Works as a stack, so that nested scopes share
/// the memory.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// For each row that takes one segment: that segment, or [`NONE`]; and how many fulfilled its conditions so far.
    one: Vec<(SegmentIndex, u16)>,
    /// For rows that take many: (row, segment) in document order.
    many: Vec<(u32, SegmentIndex)>,
}

/// The part of a [`Taken`] that belongs to one scope occurrence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    one: usize,
    many: usize,
    many_end: usize,
    /// The rows that took one segment, as [`mark`]s.
    pub(super) ones: u64,
}

impl Taken {
    /// Selects the rows of `scope` in `occurrence`.
    pub(super) fn open(&mut self, scope: &Scope, tree: &Tree, bytes: &[u8], occurrence: OccurrenceId) -> Frame {
        let mut frame = Frame { one: self.one.len(), many: self.many.len(), many_end: 0, ones: 0 };
        self.one.resize(frame.one + scope.rows.len(), (NONE, 0));
        for index in tree.segments_in(occurrence) {
            let item = tree.segments[index as usize].item;
            frame.ones |= self.dispatch(scope, scope.dispatch.of(item), tree, bytes, index, frame.one);
        }
        // Rows of one enclosing segment stand together, as they are asked: the catch-all last.
        let mut first = scope.dispatch.own;
        while let Some(row) = scope.rows.get(first) {
            let alike = scope.rows[first..].iter().take_while(|other| (other.up, other.item) == (row.up, row.item));
            let rows = first..first + alike.count();
            let outer = enclosing(tree, occurrence, row.up);
            for index in tree.segments_in(outer) {
                if tree.segments[index as usize].item == row.item {
                    frame.ones |= self.dispatch(scope, rows.clone(), tree, bytes, index, frame.one);
                }
            }
            first = rows.end;
        }
        Frame { many_end: self.many.len(), ..frame }
    }

    /// Gives a segment to the first of the rows that takes it; the [`mark`] of that row where it takes one segment.
    #[inline]
    fn dispatch(
        &mut self,
        scope: &Scope,
        rows: std::ops::Range<usize>,
        tree: &Tree,
        bytes: &[u8],
        index: SegmentIndex,
        base: usize,
    ) -> u64 {
        for (row, found) in rows.clone().zip(&scope.rows[rows]) {
            if !fulfils(&found.conditions, tree, bytes, index) {
                continue;
            }
            match found.takes {
                Takes::One => {
                    let (one, seen) = &mut self.one[base + row];
                    *seen += 1;
                    if *seen == found.arrival {
                        *one = index;
                        return mark(row);
                    }
                }
                Takes::All { .. } | Takes::Nodes(_) | Takes::Groups(_) => {
                    self.many.push((row as u32, index));
                    return 0;
                }
            }
        }
        0
    }

    /// Hands on the segments of rows that are not used, the object being what it is so far.
    pub(super) fn hand_on(
        &mut self,
        (plan, scope): (&Plan, &Scope),
        (tree, bytes): (&Tree, &[u8]),
        (object, node): (&Object, NodeId),
        frame: Frame,
    ) -> Frame {
        let used = |handed: &&HandedOn| handed.guards.iter().any(|guards| plan.holds(guards, object, node));
        for HandedOn { row: from, to, .. } in scope.handed_on.iter().filter(|handed| !used(handed)) {
            let next = |index: SegmentIndex| {
                let takes =
                    |row: &Row| fulfils(&row.conditions, tree, bytes, index) && plan.holds(row.guards(), object, node);
                to.iter().find(|row| takes(&scope.rows[**row])).map(|row| *row as u32)
            };
            if let Some((index, row)) = self.one(frame, *from).and_then(|index| Some((index, next(index)?))) {
                self.one[frame.one + from].0 = NONE;
                self.many.push((row, index));
            }
            for (row, index) in self.many[frame.many..].iter_mut().filter(|(row, _)| *row as usize == *from) {
                *row = next(*index).unwrap_or(*row);
            }
        }
        self.many[frame.many..].sort_by_key(|(row, index)| (scope.rows[*row as usize].up, *index));
        Frame { many_end: self.many.len(), ..frame }
    }

    /// The segment that a row took.
    #[inline]
    pub(super) fn one(&self, frame: Frame, row: usize) -> Option<SegmentIndex> {
        Some(self.one[frame.one + row].0).filter(|index| *index != NONE)
    }

    /// The first row from `from` on that took one segment, and that segment; of the frame opened last.
    #[inline]
    pub(super) fn next_one(&self, frame: Frame, from: usize) -> Option<(usize, SegmentIndex)> {
        let marked = frame.ones.checked_shr(from as u32).filter(|rest| *rest != 0);
        let row = match marked {
            Some(rest) => from + rest.trailing_zeros() as usize,
            // Rows without a mark.
            None => {
                let first = from.max(u64::BITS as usize);
                let rows = self.one.get(frame.one + first..)?;
                first + rows.iter().position(|(index, _)| *index != NONE)?
            }
        };
        Some((row, self.one[frame.one + row].0))
    }

    /// The segments that rows taking many took, in document order, as (row, segment).
    pub(super) fn many(&self, frame: Frame, at: usize) -> Option<(usize, SegmentIndex)> {
        let (row, index) = self.many[frame.many..frame.many_end].get(at)?;
        Some((*row as usize, *index))
    }

    /// The segments that one row took, in document order.
    pub(super) fn many_of(&self, frame: Frame, row: usize) -> Vec<SegmentIndex> {
        let of_row = |entry: &&(u32, SegmentIndex)| entry.0 as usize == row;
        self.many[frame.many..frame.many_end].iter().filter(of_row).map(|(_, index)| *index).collect()
    }

    /// Gives the memory of the frame back.
    pub(super) fn close(&mut self, frame: Frame) {
        self.one.truncate(frame.one);
        self.many.truncate(frame.many);
    }
}

/// Words in the names of elements by which one of several segments is chosen.
const QUALIFIERS: [&str; 3] = ["Qualifier", "Entity Identifier", "Reference ID"];

/// Do segments of a kind say in their first element of what they tell the rest?
pub(super) fn has_qualifier(grammar: &Grammar, item: ItemId) -> bool {
    let first = grammar.definition(item).and_then(|definition| definition.elements.first());
    first
        .is_some_and(|first| first.kind == ElementType::Code && QUALIFIERS.iter().any(|word| first.name.contains(word)))
}

fn enclosing(tree: &Tree, occurrence: OccurrenceId, up: u8) -> OccurrenceId {
    (0..up).fold(occurrence, |occurrence, _| tree.occurrences[occurrence as usize].parent)
}

/// Has the segment these values at these elements?
#[inline]
pub(super) fn fulfils(conditions: &[(u16, String)], tree: &Tree, bytes: &[u8], index: SegmentIndex) -> bool {
    let segment = &tree.segments[index as usize];
    conditions.iter().all(|(element, value)| is_code(tree.value(segment, *element, bytes), value.as_bytes()))
}

/// Is it this code, blanks behind it not counted? Most are told apart by their first character.
#[inline]
pub(super) fn is_code(found: &[u8], code: &[u8]) -> bool {
    found.first() == code.first() && found.trim_ascii_end() == code
}

/// The mark of a row among those of its scope; rows past the marks there are do without.
#[inline]
pub(super) fn mark(row: usize) -> u64 {
    1_u64.checked_shl(row as u32).unwrap_or(0)
}

/// The mark of a child among those that are not asked again; scopes with more children than marks do without.
pub(super) fn bit(number: usize) -> u128 {
    1_u128.checked_shl(number as u32).unwrap_or(0)
}

/// The child of `scope` that takes the loop occurrence `inside`; `used` marks the children that take none, or no more.
pub(super) fn child<'s>(
    scope: &'s Scope,
    tree: &Tree,
    bytes: &[u8],
    inside: OccurrenceId,
    used: &mut u128,
) -> Option<(usize, &'s Child)> {
    let item = tree.occurrences[inside as usize].item;
    let mut of_item = scope.children.iter().enumerate().filter(|(_, child)| child.item == item);
    of_item.find(|(number, child)| {
        let bit = bit(*number);
        let takes = *used & bit == 0 && child.conditions.iter().all(|condition| holds(condition, tree, bytes, inside));
        if takes && matches!(child.attach, Attach::One(_)) {
            *used |= bit;
        }
        takes
    })
}

fn holds(condition: &LoopCondition, tree: &Tree, bytes: &[u8], occurrence: OccurrenceId) -> bool {
    match condition {
        LoopCondition::Equals { tag, element, value, .. } => any_segment(tree, occurrence, &|index| {
            let segment = &tree.segments[index as usize];
            segment.tag == *tag && is_code(tree.value(segment, *element, bytes), value.as_bytes())
        }),
        LoopCondition::Has(tag) => any_segment(tree, occurrence, &|index| tree.segments[index as usize].tag == *tag),
        LoopCondition::HasNot(tag) => {
            !any_segment(tree, occurrence, &|index| tree.segments[index as usize].tag == *tag)
        }
    }
}

/// Does a segment of the occurrence, or of one inside it, fulfil the test? A level inside a level speaks for itself.
fn any_segment(tree: &Tree, occurrence: OccurrenceId, test: &dyn Fn(SegmentIndex) -> bool) -> bool {
    if tree.segments_in(occurrence).any(test) {
        return true;
    }
    let item = |occurrence: OccurrenceId| tree.occurrences[occurrence as usize].item;
    let mut inside = tree.children_of(occurrence).filter(|inside| item(*inside) != item(occurrence));
    inside.any(|inside| any_segment(tree, inside, test))
}
