//! What stands in a document beside what lines map: a change keeps it, or is refused where it cannot.

use std::collections::BTreeSet;

use super::Change;
use super::row::{Layout, Slot, layout};
use crate::canonical::NodeId;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::mapping::plan::{Lens, Line, Row, ScopeId, Takes, Unit};
use crate::mapping::select::Frame;
use crate::mapping::write::{Cell, Cells, plain};
use crate::tree::{ElementId, ElementType, OccurrenceId, SegmentIndex};

/// How many values the refusal names.
const NAMED: usize = 4;

/// What a change would do to values that no line maps.
#[derive(Default)]
pub(super) struct Beside {
    /// Segments that go, though what they say stays: it is written anew elsewhere.
    pub(super) anew: BTreeSet<SegmentIndex>,
    /// Numbers that get another unit with those that are mapped.
    reunited: BTreeSet<ElementId>,
}

impl<'a> Change<'a> {
    /// Remembers that an entry is written anew, not changed where it stands.
    pub(super) fn written_anew(&mut self, entry: NodeId) {
        if let Some(occurrence) = self.base.object.occurrence(entry) {
            self.segments_anew(occurrence);
        }
    }

    fn segments_anew(&mut self, occurrence: OccurrenceId) {
        let tree = self.base.tree;
        self.beside.anew.extend(tree.segments_in(occurrence));
        tree.children_of(occurrence).for_each(|inside| self.segments_anew(inside));
    }

    /// Tells what the change would lose, or make say something else.
    pub(super) fn would_be_lost(&self, diagnostics: &mut Diagnostics) {
        let Beside { anew, reunited } = &self.beside;
        if anew.is_empty() && reunited.is_empty() {
            return;
        }
        let base = &self.base;
        let left = base.reading.left(self.plan, base.tree, base.bytes);
        let told = |is: &dyn Fn(SegmentIndex, ElementId) -> bool, what: &str, cause: &str, found: &mut Diagnostics| {
            let mut named: Vec<String> = Vec::new();
            for one in left.iter().filter(|one| is(one.segment, one.element)) {
                let text = self.context.decode(base.tree.bytes(base.tree.elements[one.element as usize], base.bytes));
                named.push(format!("{} `{}`", one.designator(self.plan, base.tree), text.trim()));
            }
            if named.is_empty() {
                return;
            }
            let more = if named.len() > NAMED { format!(" and {} more", named.len() - NAMED) } else { String::new() };
            named.truncate(NAMED);
            let message = format!("the change would {what} what no line maps: {}{more}", named.join(", "));
            let remedy =
                "correct its bytes: `crossdock document correct ID --bytes`; or give these a line in the mapping";
            let diagnostic = Diagnostic::new(codes::MAPPING_WOULD_BE_LOST, message, FieldPlace::default());
            found.push(diagnostic.cause(cause).remedy(remedy));
        };
        let moves = "what stands beside it is written anew at another place, and only what lines map goes with it";
        told(&|segment, _| anew.contains(&segment), "lose", moves, diagnostics);
        let units = "one unit stands for all quantities of its segment, and it would be another one";
        told(&|_, element| reunited.contains(&element), "give another unit to", units, diagnostics);
    }

    /// The units that the document has for quantities which a table reckons: they are written in these, if they can be. Of rows
    /// that are many, where all have the same.
    pub(super) fn units(&self, id: ScopeId, frame: Frame) -> Vec<(&'a Line, &'a str)> {
        let (plan, tree, scope) = (self.plan, self.base.tree, &self.plan.scopes[id]);
        let there = |line: u16| {
            let line = &plan.lines[usize::from(line)];
            let Lens::Quantity { unit: Unit::Place { table, .. }, .. } = &line.lens else { return None };
            let (known, place) = (&plan.units[line.options.units?], line.places.get(1)?);
            let segments = match scope.rows[place.row].takes {
                Takes::One => self.taken.one(frame, place.row).into_iter().collect(),
                _ => self.taken.many_of(frame, place.row),
            };
            let unit = |index: &SegmentIndex| {
                let text = tree.value(&tree.segments[*index as usize], place.element, self.base.bytes);
                let text = self.context.decode(text.trim_ascii());
                known.named(table.and_then(|table| plan.tables[table].word(&text)).unwrap_or(&text))
            };
            let first = unit(segments.first()?)?;
            segments.iter().all(|index| unit(index) == Some(first)).then_some((line, first))
        };
        scope.lines().filter_map(there).collect()
    }

    /// Notes the numbers of a segment that no line maps, where the unit beside them becomes another one.
    pub(super) fn units_change(&mut self, index: SegmentIndex, before: &Layout<'_>, after: &Layout<'_>) {
        let is_unit = |cell: &Cell<'_>| {
            let unit = cell.line.and_then(|line| self.plan.lines[usize::from(line)].unit_place());
            unit.is_some_and(|place| place.element == cell.element)
        };
        let another = |(slot, cell): (&Slot, &Cell<'_>)| {
            is_unit(cell) && before.get(slot).is_some_and(|old| old.text != cell.text && !old.text.is_empty())
        };
        if !after.iter().any(another) {
            return;
        }
        let segment = &self.base.tree.segments[index as usize];
        let definition = self.plan.grammar.definition(segment.item);
        let numbers = definition
            .map_or(&[][..], |known| &known.elements)
            .iter()
            .zip(1..)
            .filter(|(element, _)| matches!(element.kind, ElementType::Decimal | ElementType::Implied(_)));
        let elements = numbers.filter_map(|(_, position)| self.base.tree.element(segment, position));
        self.beside.reunited.extend(elements);
    }

    /// A list of values that the document lays out otherwise than we would: it is laid out as we do, in the segments that are
    /// there, so that what stands beside stays.
    pub(super) fn lay_out_anew(
        &mut self,
        row: &'a Row,
        occurrence: OccurrenceId,
        segments: &[SegmentIndex],
        after: Vec<Cells<'a>>,
    ) {
        let whole = after.iter().flatten().all(|cell| cell.repetition == 0 && cell.component == 0);
        if !whole {
            self.beside.anew.extend(segments);
        }
        let kept = if whole { after.len().min(segments.len()) } else { 0 };
        let at = match segments.last() {
            Some(last) => self.end_of(*last),
            None => self.place_for(occurrence, row.item),
        };
        for (index, cells) in segments.iter().zip(&after[..kept]) {
            let before = self.as_it_stands(*index, row);
            self.edit_row(*index, &before, &layout(self.plan, row, cells));
        }
        segments[kept..].iter().for_each(|index| self.delete_segment(*index));
        after.into_iter().skip(kept).for_each(|cells| self.insert_row(at, occurrence, row.tag, cells));
    }

    /// What lines took of a segment.
    fn as_it_stands(&self, index: SegmentIndex, row: &Row) -> Layout<'a> {
        let base = self.base;
        let segment = &base.tree.segments[index as usize];
        let taken = (1..=segment.element_count).filter(|position| {
            let element = base.tree.element(segment, *position);
            element.is_some_and(|element| base.reading.coverage.contains(element))
                && !row.conditions.iter().any(|(condition, _)| condition == position)
        });
        let cells = taken.filter_map(|position| {
            let text = self.context.decode(base.tree.value(segment, position, base.bytes).trim_ascii_end());
            (!text.is_empty()).then(|| (Slot::Element(position, 0, 0), plain(position, text.into_owned().into())))
        });
        cells.collect()
    }

    /// Do the segments say, one by one, what the cells of a list of values would?
    pub(super) fn laid_out(&self, segments: &[SegmentIndex], rows: &[Cells<'a>]) -> bool {
        let says = |index: SegmentIndex, cell: &Cell<'a>| {
            let segment = &self.base.tree.segments[index as usize];
            let there = self.base.tree.value(segment, cell.element, self.base.bytes).trim_ascii_end();
            let whole = cell.repetition == 0 && cell.component == 0;
            whole && self.context.charset.encode(&cell.text).is_ok_and(|text| *text == *there)
        };
        let says_all = |(index, cells): (&SegmentIndex, &Cells<'a>)| {
            cells.iter().filter(|cell| !cell.is_qualifier).all(|cell| says(*index, cell))
        };
        segments.len() == rows.len() && segments.iter().zip(rows).all(says_all)
    }
}
