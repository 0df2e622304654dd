//! Edits inside one segment: elements and pairs that differ between the old layout of a row and the new one.

use std::collections::BTreeMap;

use crate::tree::{OccurrenceId, SegmentIndex};

use super::{Change, Edit};
use crate::canonical::number;
use crate::mapping::plan::{Form, Lens, LineId, Plan, Row};
use crate::mapping::write::{Cell, Cells, constant_cell, qualify};

/// What stands where in a row: elements by position, pairs by their qualifier.
pub(super) type Layout<'a> = BTreeMap<Slot, Cell<'a>>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Element(u16, u16, u16),
    /// First of the slots it can stand in, qualifier, and which of several values under it, 1-based.
    Pair(u16, String, usize),
}

impl<'a> Change<'a> {
    /// One row: edits in its segment, or the segment comes or goes.
    pub(super) fn row(
        &mut self,
        row: &'a Row,
        occurrence: OccurrenceId,
        segment: Option<SegmentIndex>,
        before: &Cells<'a>,
        after: &Cells<'a>,
    ) {
        let (mut before, mut after) = (layout(self.plan, row, before), layout(self.plan, row, after));
        if before == after && !after.values().any(|cell| cell.counted.is_some()) {
            return;
        }
        let trigger =
            row.item.0 == self.plan.grammar.item(row.item).parent.0 + 1 && self.plan.grammar.is_trigger(row.item);
        match segment {
            None if before != after && says_something(&after) => {
                let at = self.place_for(occurrence, row.item);
                let cells = with_qualifiers(row, after);
                self.insert_row(at, occurrence, row.tag, cells);
            }
            None => {}
            Some(index)
                if !trigger
                    && says_something(&before)
                    && !says_something(&after)
                    && !self.plan.grammar.item(row.item).required =>
            {
                self.delete_segment(index);
            }
            Some(index) => {
                // A number of segments is known when all edits are.
                let counted: Vec<Slot> =
                    after.iter().filter(|(_, cell)| cell.counted.is_some()).map(|(slot, _)| slot.clone()).collect();
                for slot in counted {
                    let (old, new) = (before.remove(&slot), after.remove(&slot));
                    self.count_stays(index, old.is_some_and(|cell| cell.line.is_some()), new);
                }
                self.edit_row(index, &before, &after);
            }
        }
    }

    pub(super) fn edit_row(&mut self, index: SegmentIndex, before: &Layout<'_>, after: &Layout<'_>) {
        self.units_change(index, before, after);
        let mut texts: BTreeMap<u16, Vec<(u16, u16, String)>> = BTreeMap::new();
        let mut put = |element: u16, repetition: u16, component: u16, text: String| {
            let parts = texts.entry(element).or_default();
            parts.retain(|(known, inner, _)| (*known, *inner) != (repetition, component));
            parts.push((repetition, component, text));
        };
        let relisted = self.listed(before) != self.listed(after);
        // A unit is said once for all quantities of a segment, and the document may have another one than is written.
        let in_units =
            |cell: &Cell<'_>| cell.line.is_some_and(|line| self.plan.lines[usize::from(line)].options.units.is_some());
        let differs = |slot: &Slot| !self.says_the_same_there(before.get(slot), after.get(slot));
        let reunited = after.iter().any(|(slot, cell)| in_units(cell) && differs(slot));
        // A clock's zone is said by the code beside it, which may be another one than is written: all of such an instant is.
        let coded = |line: &LineId| {
            let line = &self.plan.lines[usize::from(*line)];
            matches!(line.lens, Lens::DateOrInstant) && line.places.len() > 2
        };
        let reset: Vec<LineId> =
            after.iter().filter(|(slot, _)| differs(slot)).filter_map(|(_, cell)| cell.line.filter(coded)).collect();
        let is_reset = |cell: &Cell<'_>| cell.line.is_some_and(|line| reset.contains(&line));
        let changed = |slot: &&Slot| {
            let (old, new) = (before.get(*slot), after.get(*slot));
            let listed = (reunited && [old, new].into_iter().flatten().any(in_units))
                || (relisted && [old, new].into_iter().flatten().any(|cell| self.is_listed(cell)));
            listed || new.is_some_and(is_reset) || !self.says_the_same_there(old, new)
        };
        let stays = |slot: &Slot| after.get(slot).is_some_and(|cell| !(relisted && self.is_listed(cell)));
        // What goes makes room for what comes, so it goes first.
        let (mut freed, mut used) = (Vec::new(), Vec::new());
        for slot in before.keys().filter(changed).filter(|slot| !stays(slot)) {
            match slot {
                Slot::Element(element, repetition, component) => put(*element, *repetition, *component, String::new()),
                Slot::Pair(_, qualifier, number) => {
                    if let Some(position) = self.pair_at(index, &before[slot], qualifier, *number) {
                        freed.push(position);
                        put(position, 0, 0, String::new());
                        put(position + 1, 0, 0, String::new());
                    }
                }
            }
        }
        for (element, repetition, component) in self.left_of_joined(index, before, after) {
            put(element, repetition, component, String::new());
        }
        freed.sort_unstable();
        let mut coming: Vec<&Slot> = after.keys().filter(changed).collect();
        coming.sort_by_key(|slot| after[*slot].element);
        for slot in coming {
            let cell = &after[slot];
            match slot {
                Slot::Element(element, repetition, component) => {
                    put(*element, *repetition, *component, cell.text.to_string())
                }
                Slot::Pair(_, qualifier, number) => {
                    let known = before.contains_key(slot) && stays(slot);
                    let known = self.pair_at(index, cell, qualifier, *number).filter(|_| known);
                    if let Some(position) = known.or_else(|| self.free_pair(index, cell, &mut freed, &mut used)) {
                        put(position, 0, 0, qualifier.clone());
                        put(position + 1, 0, 0, cell.text.to_string());
                    }
                }
            }
        }
        if !texts.is_empty() {
            self.edit_elements(index, &texts);
        }
    }

    /// A text of several elements may stand there in other pieces than would be written: what is left of one that changes.
    fn left_of_joined(&self, index: SegmentIndex, before: &Layout<'_>, after: &Layout<'_>) -> Vec<(u16, u16, u16)> {
        let segment = &self.base.tree.segments[index as usize];
        let line = |line: LineId| &self.plan.lines[usize::from(line)];
        let is_joined = |id: &LineId| line(*id).options.manner.as_ref().is_some_and(|manner| manner.join.is_some());
        let slots = before.keys().chain(after.keys());
        let changed = slots.filter(|slot| !self.says_the_same_there(before.get(slot), after.get(slot)));
        let cells = changed.flat_map(|slot| [before.get(slot), after.get(slot)]).flatten();
        let places = cells.filter_map(|cell| cell.line).filter(is_joined).flat_map(|id| &line(id).places);
        let left = places.map(|place| (place.element, place.repetition, place.component)).filter(|place| {
            let (element, repetition, component) = *place;
            let stands = !self.base.tree.value(segment, element, self.base.bytes).is_empty();
            stands && !after.contains_key(&Slot::Element(element, repetition, component))
        });
        left.collect()
    }

    /// Do both cells say the same? Of numbers the digits do not count: `50.00` is 50.
    fn says_the_same_there(&self, old: Option<&Cell<'_>>, new: Option<&Cell<'_>>) -> bool {
        let is_number = |cell: &Cell<'_>| {
            let line = cell.line.map(|line| &self.plan.lines[usize::from(line)]);
            line.is_some_and(|line| {
                matches!(line.lens, Lens::Number { .. } | Lens::Quantity { .. })
                    && line.places[0].element == cell.element
                    && line.options.manner.is_none()
            })
        };
        match (old, new) {
            (Some(old), Some(new)) if old.text != new.text && is_number(old) && is_number(new) => {
                let number = |cell: &Cell<'_>| number::parse_r(cell.text.as_bytes());
                number(old).is_some() && number(old) == number(new)
            }
            (old, new) => old.map(|cell| &cell.text) == new.map(|cell| &cell.text),
        }
    }

    /// Is the cell an entry of a list made of pairs? Then its order counts.
    fn is_listed(&self, cell: &Cell<'_>) -> bool {
        let line = cell.line.map(|line| &self.plan.lines[usize::from(line)]);
        matches!(line.map(|line| &line.form), Some(Form::PairList { .. }))
    }

    fn listed<'l>(&self, layout: &'l Layout<'_>) -> Vec<(u16, &'l str, Option<&'l str>)> {
        let cells = layout.values().filter(|cell| self.is_listed(cell));
        let mut listed: Vec<_> =
            cells.map(|cell| (cell.element, &*cell.text, cell.pair.as_ref().map(|pair| &***pair))).collect();
        listed.sort_unstable();
        listed
    }

    /// Position of the qualifier of a pair that stands in the segment.
    fn pair_at(&self, index: SegmentIndex, cell: &Cell<'_>, qualifier: &str, number: usize) -> Option<u16> {
        let segment = &self.base.tree.segments[index as usize];
        let is = |slot: &&u16| {
            self.base.tree.value(segment, **slot, self.base.bytes).trim_ascii_end() == qualifier.as_bytes()
        };
        slots(self.plan, cell)?.iter().filter(is).nth(number - 1).copied()
    }

    /// Position for the qualifier of a new pair: one that is empty, or that has just been freed.
    fn free_pair(
        &self,
        index: SegmentIndex,
        cell: &Cell<'_>,
        freed: &mut Vec<u16>,
        used: &mut Vec<u16>,
    ) -> Option<u16> {
        let segment = &self.base.tree.segments[index as usize];
        let value = |element| self.base.tree.value(segment, element, self.base.bytes).trim_ascii_end();
        let slots = slots(self.plan, cell)?;
        if let Some(at) = freed.iter().position(|position| slots.contains(position)) {
            return Some(freed.remove(at));
        }
        let empty = |slot: &&u16| value(**slot).is_empty() && value(**slot + 1).is_empty() && !used.contains(*slot);
        let free = slots.iter().find(empty).copied();
        used.extend(free);
        free
    }

    /// Puts new texts into elements of a segment; `texts` by element: (repetition, component, text).
    fn edit_elements(&mut self, index: SegmentIndex, texts: &BTreeMap<u16, Vec<(u16, u16, String)>>) {
        let tree = self.base.tree;
        let segment = &tree.segments[index as usize];
        let last = self.last_left(index, texts);
        if last < segment.element_count {
            let end = tree.element(segment, last).map_or_else(
                || tree.raw_span(segment.first_element).0.saturating_sub(1),
                |element| tree.raw_span(element).1,
            );
            self.edits.push(Edit { range: end as usize..segment.end as usize, bytes: Vec::new() });
        }
        for (element, parts) in texts.iter().filter(|(element, _)| **element <= last) {
            let Some(id) = tree.element(segment, *element) else {
                continue;
            };
            let (start, end) = tree.raw_span(id);
            let raw = &self.base.bytes[start as usize..end as usize];
            let bytes = self.rewritten(raw, parts);
            if bytes != raw {
                self.edits.push(Edit { range: start as usize..end as usize, bytes });
            }
        }
        let beyond = texts
            .range(segment.element_count + 1..)
            .filter(|(_, parts)| parts.iter().any(|(.., text)| !text.is_empty()));
        let mut bytes = Vec::new();
        let mut last = segment.element_count;
        for (element, parts) in beyond {
            while last < *element {
                bytes.push(self.form.element);
                last += 1;
            }
            bytes.extend(self.rewritten(b"", parts));
        }
        if !bytes.is_empty() {
            self.edits.push(Edit { range: segment.end as usize..segment.end as usize, bytes });
        }
    }

    /// The last element that a segment has when new texts are put into it: where its last ones go, so do the separators that
    /// would be left behind.
    fn last_left(&self, index: SegmentIndex, texts: &BTreeMap<u16, Vec<(u16, u16, String)>>) -> u16 {
        let tree = self.base.tree;
        let segment = &tree.segments[index as usize];
        let is_empty = |element: u16| match texts.get(&element).map(Vec::as_slice) {
            Some([(0, 0, text)]) => text.is_empty(),
            Some(_) => false,
            None => tree.value(segment, element, self.base.bytes).is_empty(),
        };
        let count = segment.element_count;
        let comes = texts.keys().any(|element| *element > count && !is_empty(*element));
        if comes || count == 0 || tree.value(segment, count, self.base.bytes).is_empty() {
            return count;
        }
        (1..=count).rev().find(|element| !is_empty(*element)).unwrap_or(0)
    }

    /// An element's bytes with some of its parts replaced.
    fn rewritten(&self, raw: &[u8], parts: &[(u16, u16, String)]) -> Vec<u8> {
        let encode = |text: &str| {
            self.context.charset.encode(text).map_or_else(|_| text.as_bytes().to_vec(), |bytes| bytes.into_owned())
        };
        if let [(0, 0, text)] = parts {
            return encode(text);
        }
        let separators = self.base.tree.separators;
        let split = |bytes: &[u8], by: Option<u8>| -> Vec<Vec<u8>> {
            by.map_or_else(|| vec![bytes.to_vec()], |by| bytes.split(|byte| *byte == by).map(<[u8]>::to_vec).collect())
        };
        let mut all: Vec<Vec<Vec<u8>>> =
            split(raw, separators.repetition).iter().map(|one| split(one, separators.component)).collect();
        for (repetition, component, text) in parts {
            let (repetition, component) = (usize::from((*repetition).max(1)), usize::from((*component).max(1)));
            all.resize(all.len().max(repetition), Vec::new());
            let one = &mut all[repetition - 1];
            one.resize(one.len().max(component), Vec::new());
            one[component - 1] = encode(text);
            while one.len() > 1 && one.last().is_some_and(Vec::is_empty) {
                one.pop();
            }
        }
        let join = |parts: Vec<Vec<u8>>, by: Option<u8>| parts.join(by.into_iter().collect::<Vec<u8>>().as_slice());
        join(all.into_iter().map(|one| join(one, separators.component)).collect(), separators.repetition)
    }
}

pub(super) fn layout<'a>(plan: &Plan, row: &Row, cells: &Cells<'a>) -> Layout<'a> {
    let mut layout = Layout::new();
    for cell in cells {
        let condition = row.conditions.iter().any(|(element, _)| *element == cell.element);
        if cell.is_qualifier || (cell.line.is_none() && condition) {
            continue;
        }
        let slot = match &cell.pair {
            None => Slot::Element(cell.element, cell.repetition, cell.component),
            Some(qualifier) => {
                let first = slots(plan, cell).and_then(|slots| slots.first().copied()).unwrap_or(0);
                let at = |number| Slot::Pair(first, qualifier.to_string(), number);
                at((1..).find(|number| !layout.contains_key(&at(*number))).unwrap_or(1))
            }
        };
        layout.insert(slot, cell.clone());
    }
    layout
}

/// The slots that a pair of this cell can stand in.
fn slots<'p>(plan: &'p Plan, cell: &Cell<'_>) -> Option<&'p [u16]> {
    let line = &plan.lines[usize::from(cell.line?)];
    match &line.form {
        Form::PairRest { slots } | Form::PairList { slots, .. } => Some(slots),
        _ => line.places.iter().find_map(|place| place.pair.as_ref()).map(|pair| pair.slots.as_slice()),
    }
}

/// Does a row hold a value of the object, not only constants?
fn says_something(layout: &Layout<'_>) -> bool {
    layout.values().any(|cell| cell.line.is_some() || cell.computed)
}

/// The cells of a new row, with the qualifiers that choose it and its pairs.
fn with_qualifiers<'a>(row: &'a Row, layout: Layout<'a>) -> Cells<'a> {
    let mut cells: Cells<'a> = layout.into_values().collect();
    for cell in cells.clone() {
        if let Some(qualifier) = &cell.pair {
            constant_cell(&mut cells, cell.element - 1, (**qualifier).clone());
        }
    }
    qualify(row, &mut cells);
    cells
}
