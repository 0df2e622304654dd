//! What the names of a guide's conditions are in one document: elements of the occurrence and segment that is looked at.

use std::ops::ControlFlow;

use rust_decimal::Decimal;

use super::place::{LoopStep, Name, Number, Pairs, RowCondition, Target};
use crate::expression::{Value, Values};
use crate::source::place::From;
use crate::tree::{ItemId, OccurrenceId, SegmentIndex, Tree};
use crate::x12::reader::SetHeader;

/// A document, and where in it one looks.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) header: &'a SetHeader,
    pub(super) tree: &'a Tree,
    pub(super) set: &'a [u8],
    pub(super) occurrence: OccurrenceId,
    pub(super) segment: Option<SegmentIndex>,
}

/// What a name leads to.
#[derive(Clone, Copy)]
enum Hit {
    Segment(SegmentIndex),
    Loop,
}

impl<'a> View<'a> {
    /// The same document, looked at from an occurrence of a loop.
    pub(super) fn at(self, occurrence: OccurrenceId, segment: Option<SegmentIndex>) -> Self {
        Self { occurrence, segment, ..self }
    }

    /// The element's text without the blanks around it.
    fn bytes(&self, index: SegmentIndex, position: u16) -> &'a [u8] {
        self.tree.value(&self.tree.segments[index as usize], position, self.set).trim_ascii()
    }

    /// Does the segment say what the conditions ask?
    pub(super) fn row_holds(&self, index: SegmentIndex, conditions: &[RowCondition]) -> bool {
        conditions.iter().all(|condition| match condition {
            RowCondition::Equals { element, value, .. } => self.bytes(index, *element) == value.as_bytes(),
            RowCondition::Has(_) | RowCondition::HasNot(_) => true,
        })
    }

    /// Is the occurrence the one that the conditions mean?
    pub(super) fn loop_holds(&self, occurrence: OccurrenceId, conditions: &[RowCondition]) -> bool {
        let any = |fits: &dyn Fn(SegmentIndex) -> bool| self.tree.segments_in(occurrence).any(fits);
        let tag_of = |index: SegmentIndex| self.tree.segments[index as usize].tag;
        conditions.iter().all(|condition| match condition {
            RowCondition::Equals { tag, element, value } => {
                any(&|index| tag_of(index) == *tag && self.bytes(index, *element) == value.as_bytes())
            }
            RowCondition::Has(tag) => any(&|index| tag_of(index) == *tag),
            RowCondition::HasNot(tag) => !any(&|index| tag_of(index) == *tag),
        })
    }

    /// Do the loops around an occurrence, itself the innermost, fulfil these steps?
    pub(super) fn scope_holds(&self, occurrence: OccurrenceId, loops: &[LoopStep]) -> bool {
        let mut at = occurrence;
        loops.iter().rev().all(|step| {
            while self.tree.occurrences[at as usize].item != step.item {
                if at == 0 {
                    return false;
                }
                at = self.tree.occurrences[at as usize].parent;
            }
            let holds = self.loop_holds(at, &step.conditions);
            at = self.tree.occurrences[at as usize].parent;
            holds
        })
    }

    /// The segments of an item that stand directly in an occurrence and fulfil the conditions.
    pub(super) fn rows(
        self,
        occurrence: OccurrenceId,
        item: ItemId,
        conditions: &'a [RowCondition],
    ) -> impl Iterator<Item = SegmentIndex> + 'a {
        let of_item = move |index: &SegmentIndex| self.tree.segments[*index as usize].item == item;
        self.tree.segments_in(occurrence).filter(of_item).filter(move |index| self.row_holds(*index, conditions))
    }

    /// The occurrences of a loop directly in an occurrence that fulfil the conditions.
    pub(super) fn loops(
        self,
        occurrence: OccurrenceId,
        item: ItemId,
        conditions: &'a [RowCondition],
    ) -> impl Iterator<Item = OccurrenceId> + 'a {
        let of_item = move |id: &OccurrenceId| self.tree.occurrences[*id as usize].item == item;
        self.tree.children_of(occurrence).filter(of_item).filter(move |id| self.loop_holds(*id, conditions))
    }

    /// Where the value of the pair that is meant stands in a segment.
    pub(super) fn value_of_pair(&self, index: SegmentIndex, pairs: &Pairs) -> Option<u16> {
        let slot = pairs.slots.iter().find(|slot| self.bytes(index, **slot) == pairs.qualifier.as_bytes());
        slot.map(|slot| slot + 1)
    }

    /// Where it would stand: behind the first qualifier that is free, else the last.
    pub(super) fn room_of_pair(&self, index: SegmentIndex, pairs: &Pairs) -> u16 {
        let free = pairs.slots.iter().find(|slot| self.bytes(index, **slot).is_empty());
        free.or(pairs.slots.last()).map_or(1, |slot| slot + 1)
    }

    /// Visits what a name means, in the order of the document, until told to stop.
    fn visit(&self, name: &'a Name, visit: &mut dyn FnMut(Hit) -> ControlFlow<()>) {
        if name.own {
            if let Some(segment) = self.segment {
                let _ended = visit(Hit::Segment(segment));
            }
            return;
        }
        let mut start = self.occurrence;
        match name.from {
            From::Here => {}
            From::Root => start = 0,
            From::Enclosing(count) => {
                (0..count).for_each(|_| start = self.tree.occurrences[start as usize].parent);
            }
        }
        let _ended = self.descend(start, &name.spot.loops, &name.spot.target, visit);
    }

    fn descend(
        &self,
        at: OccurrenceId,
        loops: &'a [LoopStep],
        target: &'a Target,
        visit: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if let Some((step, further)) = loops.split_first() {
            for child in self.loops(at, step.item, &step.conditions) {
                self.descend(child, further, target, visit)?;
            }
            return ControlFlow::Continue(());
        }
        match target {
            Target::Loop { item, conditions } => self.loops(at, *item, conditions).try_for_each(|_| visit(Hit::Loop)),
            Target::Segment { item, conditions } | Target::Element { item, conditions, .. } => {
                self.rows(at, *item, conditions).try_for_each(|index| visit(Hit::Segment(index)))
            }
        }
    }

    /// Where the first element that a name means stands, or would stand.
    pub(super) fn first(&self, name: &'a Name) -> Option<(SegmentIndex, u16)> {
        let Target::Element { place, pairs, .. } = &name.spot.target else { return None };
        let mut found = None;
        self.visit(name, &mut |hit| match hit {
            Hit::Segment(index) => {
                let position = pairs
                    .as_ref()
                    .map(|pairs| self.value_of_pair(index, pairs).unwrap_or_else(|| self.room_of_pair(index, pairs)));
                found = Some((index, position.unwrap_or(place.position)));
                ControlFlow::Break(())
            }
            Hit::Loop => ControlFlow::Continue(()),
        });
        found
    }

    /// The value of a name in a segment.
    fn value_in(&self, name: &Name, hit: Hit) -> Value<'a> {
        let (Target::Element { place, pairs, .. }, Hit::Segment(index)) = (&name.spot.target, hit) else {
            return Value::Entry;
        };
        let position = pairs.as_ref().map_or(Some(place.position), |pairs| self.value_of_pair(index, pairs));
        let mut bytes = position.map_or(&b""[..], |position| self.bytes(index, position));
        if place.component > 0 {
            let separator = self.tree.separators.component;
            let mut parts = bytes.split(|byte| Some(*byte) == separator);
            bytes = parts.nth(usize::from(place.component) - 1).unwrap_or_default().trim_ascii();
        }
        if bytes.is_empty() {
            return Value::Absent;
        }
        let text = self.header.charset.decode_lossy(bytes);
        match name.number {
            None => Value::Text(text),
            Some(number) => decimal(number, &text).map_or(Value::Absent, Value::Number),
        }
    }
}

/// The number that the text of a numeric element says.
pub(super) fn decimal(number: Number, text: &str) -> Option<Decimal> {
    let mut read = text.parse().or_else(|_| Decimal::from_scientific(text)).ok()?;
    if let Number::Implied(decimals) = number {
        let scale = read.scale() + u32::from(decimals);
        read.set_scale(scale).ok()?;
    }
    Some(read)
}

impl Values<Name> for View<'_> {
    fn value(&self, name: &Name) -> Value<'_> {
        let mut found = Value::Absent;
        // The borrow of the name is the expression's, which lives as long as the plan.
        self.visit_all(name, &mut |value| {
            found = value;
            ControlFlow::Break(())
        });
        found
    }

    fn each(&self, name: &Name, visit: &mut dyn FnMut(Value<'_>)) {
        self.visit_all(name, &mut |value| {
            visit(value);
            ControlFlow::Continue(())
        });
    }
}

impl<'a> View<'a> {
    fn visit_all(&self, name: &Name, visit: &mut dyn FnMut(Value<'a>) -> ControlFlow<()>) {
        let view: View<'_> = *self;
        view.visit(name, &mut |hit| visit(self.value_in(name, hit)));
    }
}
