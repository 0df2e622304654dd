//! Segments that come a second time where the object has room for one. What the second says would be lost, or go to another
//! place: often the loop that it belongs to was not begun, as its HL or LX was lost on the way.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::tree::{ElementId, ItemId, NONE, OccurrenceId, SegmentIndex, Tree};

use super::context::Context;
use super::plan::{Plan, Row, Takes};
use super::read::Reading;
use super::select;
use super::unmapped::Tables;

/// A segment, and one of its kind and qualifier before it in the same loop.
#[derive(Clone, Copy)]
struct Second {
    first: SegmentIndex,
    second: SegmentIndex,
    /// Loops of one kind stand between the two and behind the second, and have their place behind both.
    parts_loops: bool,
}

impl Reading {
    /// Reports the first segment of the document read last that comes a second time in its loop, where the table allows one and
    /// what it says was taken of the first alone; or where it stands between inner loops and was taken as something else.
    pub fn came_twice(
        &self,
        plan: &Plan,
        tree: &Tree,
        bytes: &[u8],
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        if plan.grammar.is_layout() {
            return;
        }
        let suspect = |id: &OccurrenceId| !tree.is_hidden(*id) && is_suspect(plan, tree, *id);
        let mut tables = None;
        let found = (0..tree.occurrences.len() as OccurrenceId).filter(suspect).find_map(|id| {
            seconds(plan, tree, bytes, id).into_iter().find_map(|one| {
                let lost = self.lost(plan, tree, bytes, one);
                let moved = || {
                    let tables = tables.get_or_insert_with(|| Tables::new(plan, tree, bytes));
                    let alone = |row: Option<&Row>| row.is_some_and(|row| row.takes == Takes::One);
                    let (first, second) = (tables.row(one.first), tables.row(one.second));
                    (one.parts_loops && alone(first) && !alone(second))
                        .then_some(tree.segments[one.second as usize].first_element)
                };
                lost.or_else(moved).map(|element| (one, element))
            })
        });
        if let Some((one, element)) = found {
            diagnostics.push(told(plan, tree, bytes, context, one, element));
        }
    }

    /// The first value of a second segment that no line took, though one took that of the first.
    fn lost(&self, plan: &Plan, tree: &Tree, bytes: &[u8], one: Second) -> Option<ElementId> {
        let (first, second) = (&tree.segments[one.first as usize], &tree.segments[one.second as usize]);
        if plan.grammar.item(second.item).max != 1 {
            return None;
        }
        (1..=second.element_count).find_map(|position| {
            let (of_first, of_second) = (tree.element(first, position)?, tree.element(second, position)?);
            let says = !tree.value(second, position, bytes).trim_ascii().is_empty();
            (says && self.coverage.contains(of_first) && !self.coverage.contains(of_second)).then_some(of_second)
        })
    }
}

/// Stand the segments of an occurrence otherwise than in the order of the table, or more than once where that allows one?
fn is_suspect(plan: &Plan, tree: &Tree, id: OccurrenceId) -> bool {
    let first_child = tree.occurrences[id as usize].first_child;
    let loops = if first_child == NONE { NONE } else { tree.occurrences[first_child as usize].first_segment };
    let mut before = ItemId::ROOT;
    let placed = tree.segments_in(id).map(|index| (index, tree.segments[index as usize].item));
    placed.filter(|(_, item)| *item != ItemId::UNPLACED).any(|(index, item)| {
        let twice = item == before && (index > loops || plan.grammar.item(item).max == 1);
        let out_of_order = item < before;
        before = item;
        twice || out_of_order
    })
}

/// The segments of an occurrence that have one of their kind and qualifier before them.
fn seconds(plan: &Plan, tree: &Tree, bytes: &[u8], id: OccurrenceId) -> Vec<Second> {
    let loops: Vec<(SegmentIndex, ItemId)> = tree
        .children_of(id)
        .map(|child| &tree.occurrences[child as usize])
        .map(|child| (child.first_segment, child.item))
        .collect();
    let mut known: HashMap<(ItemId, &[u8]), SegmentIndex> = HashMap::new();
    let mut seconds = Vec::new();
    for index in tree.segments_in(id) {
        let segment = &tree.segments[index as usize];
        if segment.item == ItemId::UNPLACED {
            continue;
        }
        let qualifier = match select::has_qualifier(&plan.grammar, segment.item) {
            true => tree.value(segment, 1, bytes).trim_ascii(),
            false => b"",
        };
        let first = *known.entry((segment.item, qualifier)).or_insert(index);
        if first != index {
            let behind = loops.partition_point(|(at, _)| *at < index);
            let between = behind.checked_sub(1).map(|last| loops[last]);
            let between = between.filter(|(at, item)| *at > first && *item > segment.item);
            let next = loops.get(behind);
            let parts_loops = between.zip(next).is_some_and(|(between, next)| between.1 == next.1);
            seconds.push(Second { first, second: index, parts_loops });
        }
    }
    seconds
}

fn told(plan: &Plan, tree: &Tree, bytes: &[u8], context: &Context<'_>, one: Second, element: ElementId) -> Diagnostic {
    let segment = &tree.segments[one.second as usize];
    let tag = segment.tag;
    let name = plan.grammar.definition(segment.item).map_or_else(String::new, |known| format!(" ({})", known.name));
    let position = (element - segment.first_element) as u16 + 1;
    let message = match one.parts_loops {
        true => format!("a second {tag}{name} stands behind loops that belong to the first, segment {}", one.first + 1),
        false => format!(
            "a second {tag}{name} came where there is one, and what it says was not taken: {} is `{}`",
            plan.grammar.designator(tag, position),
            context.charset.decode_lossy(tree.value(segment, position, bytes).trim_ascii())
        ),
    };
    let cause = match tree.occurrences[segment.occurrence as usize].item {
        ItemId::ROOT => {
            format!("the first is segment {}; one of the two may belong to another document", one.first + 1)
        }
        item => format!(
            "the first is segment {}; the {} that begins another loop may have been lost before this one: then it and what follows belong there",
            one.first + 1,
            plan.grammar.item(item).tag
        ),
    };
    Diagnostic::new(codes::MAPPING_CAME_TWICE, message, context.place(tree, element))
        .cause(cause)
        .remedy("ask the partner to send the document anew, and whole; where they always send it so and the first is meant, say so in the profile: `mapping.came-twice` in [rules]")
}
