//! What a lost HL or LX leaves behind: segments that come a second time where the object has room for one, and quantities in a
//! level whose quantities no line takes. What they say would be lost, or go to another place.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::tree::{ElementId, ItemId, OccurrenceId, SegmentIndex, Tag, Tree};

use super::context::Context;
use super::plan::{Lens, Plan, Row, Takes, Way};
use super::read::Reading;
use super::select;
use super::unmapped::Tables;

/// Marks and numbers: they say which carton or pallet it is in which the lines behind them are.
const MARKS: Tag = Tag(u32::from_be_bytes(*b"MAN\0"));

/// A segment, and one of its kind and qualifier before it in the same loop.
#[derive(Clone, Copy)]
struct Second {
    first: SegmentIndex,
    second: SegmentIndex,
    /// Loops of one kind stand between the two and behind the second, and have their place behind both.
    parts_loops: bool,
}

impl Reading {
    /// Reports of the document read last the first segment that comes a second time in its loop and says something else, where the
    /// table allows one and the first alone was taken; the first marks between lines that no line of the mapping means as second
    /// ones; the first quantity of a level that is taken in other levels only; and the first segment within a level that all levels
    /// of an outer kind begin with, where nothing but kinds tells in which level one stands.
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
                let moved = || {
                    let tables = tables.get_or_insert_with(|| Tables::new(plan, tree, bytes));
                    let alone = |row: Option<&Row>| row.is_some_and(|row| row.takes == Takes::One);
                    let second = &tree.segments[one.second as usize];
                    let marks = one.parts_loops && second.tag == MARKS && !is_same(tree, bytes, one);
                    let meant = alone(tables.row(one.second)) || plan.ignores(MARKS, 0, &[]);
                    (marks && !meant).then_some(second.first_element)
                };
                self.lost(plan, tree, bytes, one).or_else(moved).map(|element| (one, element))
            })
        });
        if let Some((one, element)) = found {
            diagnostics.push(Words { plan, tree, bytes, context }.came_twice(one, element));
        } else if let Some((segment, element)) = self.astray(plan, tree, bytes) {
            diagnostics.push(Words { plan, tree, bytes, context }.stands_astray(segment, element));
        } else if let Some((segment, code)) = begins_another(plan, tree, bytes) {
            diagnostics.push(Words { plan, tree, bytes, context }.begins_another(segment, code));
        }
    }

    /// The first value of a second segment that no line took, though one took that of the first. Where it says the same again, only a
    /// quantity would be lost.
    fn lost(&self, plan: &Plan, tree: &Tree, bytes: &[u8], one: Second) -> Option<ElementId> {
        let (first, second) = (&tree.segments[one.first as usize], &tree.segments[one.second as usize]);
        if plan.grammar.item(second.item).max != 1
            || (is_same(tree, bytes, one) && !takes_quantities(plan, second.item))
        {
            return None;
        }
        (1..=second.element_count).find_map(|position| {
            let (of_first, of_second) = (tree.element(first, position)?, tree.element(second, position)?);
            let says = !tree.value(second, position, bytes).trim_ascii().is_empty();
            (says && self.coverage.contains(of_first) && !self.coverage.contains(of_second)).then_some(of_second)
        })
    }

    /// The first segment of a level of which no line took anything, though lines take quantities of such segments in other levels.
    fn astray(&self, plan: &Plan, tree: &Tree, bytes: &[u8]) -> Option<(SegmentIndex, ElementId)> {
        let levels = plan.hierarchy.as_ref()?.form.item;
        let of_levels = |id: &OccurrenceId| tree.occurrences[*id as usize].item == levels && !tree.is_hidden(*id);
        (0..tree.occurrences.len() as OccurrenceId).filter(of_levels).find_map(|id| {
            // A level that no table takes was told as that.
            let taken = tree.segments_in(id).any(|index| self.takes(tree, index));
            tree.segments_in(id).filter(|_| taken).find_map(|index| {
                let segment = &tree.segments[index as usize];
                if segment.item == ItemId::UNPLACED || self.takes(tree, index) || !takes_quantities(plan, segment.item)
                {
                    return None;
                }
                let says = |position: &u16| !tree.value(segment, *position, bytes).trim_ascii().is_empty();
                let meant = |position: &u16| says(position) && !plan.ignores(segment.tag, *position, &[]);
                let position = (1..=segment.element_count).find(meant)?;
                Some((index, tree.element(segment, position)?))
            })
        })
    }

    /// Did a line take something of a segment?
    fn takes(&self, tree: &Tree, index: SegmentIndex) -> bool {
        let segment = &tree.segments[index as usize];
        let elements = segment.first_element..segment.first_element + u32::from(segment.element_count);
        elements.into_iter().any(|element| self.coverage.contains(element))
    }
}

/// What a segment is known by: PRF, or MAN and its GM.
type Known<'b> = (ItemId, &'b [u8]);

/// What is known of all levels of one kind.
struct Kind<'b> {
    /// Its code, as the document has it.
    code: &'b [u8],
    /// What all of them begin with, behind their HL.
    beginning: Option<Known<'b>>,
    /// In how many of them such segments stand.
    levels_with: HashMap<Known<'b>, usize>,
}

/// The first segment within a level that begins all levels of an outer kind, and no level of its own kind has else; and the code
/// of that kind. Where a level names the one around it, a lost one leaves a name that no level has.
fn begins_another<'b>(plan: &Plan, tree: &'b Tree, bytes: &'b [u8]) -> Option<(SegmentIndex, &'b [u8])> {
    let hierarchy = plan.hierarchy.as_ref()?;
    let form = hierarchy.form;
    let value = |index: SegmentIndex, element| tree.value(&tree.segments[index as usize], element, bytes).trim_ascii();
    let known = |index: SegmentIndex| {
        let segment = &tree.segments[index as usize];
        let qualified = select::has_qualifier(&plan.grammar, segment.item);
        (segment.item, if qualified { value(index, 1) } else { b"".as_slice() })
    };
    let of_levels = |id: &OccurrenceId| tree.occurrences[*id as usize].item == form.item && !tree.is_hidden(*id);
    // A level by the place of its kind among them, and whether nothing but that tells where it stands.
    let level = |id: OccurrenceId| {
        let first = tree.segments_in(id).next()?;
        let code = value(first, form.code);
        let rank = hierarchy.order.iter().position(|kind| select::is_code(code, kind.as_bytes()))?;
        let by_kind = rank > 0 && (!hierarchy.trusted || value(first, form.parent).is_empty());
        Some((id, code, rank, by_kind))
    };
    let levels = || (0..tree.occurrences.len() as OccurrenceId).filter(of_levels).filter_map(level);
    if !levels().any(|(.., by_kind)| by_kind) {
        return None;
    }
    let mut kinds: Vec<Option<Kind<'b>>> = hierarchy.order.iter().map(|_| None).collect();
    for (id, code, rank, _) in levels() {
        let inside: HashSet<Known<'b>> = tree.segments_in(id).skip(1).map(known).collect();
        let first = tree.segments_in(id).nth(1).map(known);
        let kind = kinds[rank].get_or_insert_with(|| Kind { code, beginning: first, levels_with: HashMap::new() });
        kind.beginning = kind.beginning.filter(|beginning| Some(*beginning) == first);
        inside.into_iter().for_each(|known| *kind.levels_with.entry(known).or_default() += 1);
    }
    levels().filter(|(.., by_kind)| *by_kind).find_map(|(id, _, rank, _)| {
        tree.segments_in(id).skip(2).find_map(|index| {
            let known = known(index);
            let outer = kinds[..rank].iter().flatten().find(|outer| outer.beginning == Some(known))?;
            let alone = kinds[rank].as_ref().and_then(|own| own.levels_with.get(&known)) == Some(&1);
            alone.then_some((index, outer.code))
        })
    })
}

/// Does a line take a quantity of such segments, somewhere?
fn takes_quantities(plan: &Plan, item: ItemId) -> bool {
    plan.scopes.iter().any(|scope| {
        let mut lines = scope.lines().map(|line| &plan.lines[usize::from(line)]);
        lines.any(|line| {
            let of_segment = line.places.first().is_some_and(|place| scope.rows[place.row].item == item);
            of_segment && line.way != Way::Out && matches!(line.lens, Lens::Quantity { .. })
        })
    })
}

/// Do both segments say the same?
fn is_same(tree: &Tree, bytes: &[u8], Second { first, second, .. }: Second) -> bool {
    let [first, second] = [first, second].map(|index| &tree.segments[index as usize]);
    let most = first.element_count.max(second.element_count);
    let value = |segment, position| tree.value(segment, position, bytes).trim_ascii_end();
    (1..=most).all(|position| value(first, position) == value(second, position))
}

/// Do segments of an occurrence stand behind others, or loops, that have their place behind them, or more than once where the
/// table allows one?
fn is_suspect(plan: &Plan, tree: &Tree, id: OccurrenceId) -> bool {
    let mut loops = tree.children_of(id).map(|child| &tree.occurrences[child as usize]).peekable();
    let (mut before, mut highest) = (ItemId::ROOT, ItemId::ROOT);
    let placed = tree.segments_in(id).map(|index| (index, tree.segments[index as usize].item));
    placed.filter(|(_, item)| *item != ItemId::UNPLACED).any(|(index, item)| {
        while let Some(inner) = loops.next_if(|inner| inner.first_segment < index) {
            highest = highest.max(inner.item);
        }
        let twice = item == before && plan.grammar.item(item).max == 1;
        let out_of_order = item < before || item < highest;
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
            let parts_loops = between.zip(loops.get(behind)).is_some_and(|(between, next)| between.1 == next.1);
            seconds.push(Second { first, second: index, parts_loops });
        }
    }
    seconds
}

/// What is said of what was found.
struct Words<'a> {
    plan: &'a Plan,
    tree: &'a Tree,
    bytes: &'a [u8],
    context: &'a Context<'a>,
}

impl Words<'_> {
    fn came_twice(&self, one: Second, element: ElementId) -> Diagnostic {
        let segment = &self.tree.segments[one.second as usize];
        let (name, first) = (self.named(one.second), one.first + 1);
        let message = match one.parts_loops && segment.tag == MARKS {
            true => format!("a second {name} stands behind loops that belong to the first, segment {first}"),
            false => format!(
                "a second {name} came where there is one, and what it says was not taken: {}",
                self.said(one.second, element)
            ),
        };
        let cause = match self.tree.occurrences[segment.occurrence as usize].item {
            ItemId::ROOT => format!("the first is segment {first}; one of the two may belong to another document"),
            item => format!(
                "the first is segment {first}; the {} that begins another loop may have been lost before this one: then it and what follows belong there",
                self.plan.grammar.item(item).tag
            ),
        };
        let remedy = "ask the partner to send the document anew, and whole; where they always send it so and the first is meant, say so in the profile: `mapping.came-twice` in [rules]";
        self.diagnostic(codes::MAPPING_CAME_TWICE, message, element).cause(cause).remedy(remedy)
    }

    fn stands_astray(&self, index: SegmentIndex, element: ElementId) -> Diagnostic {
        let message = format!(
            "{} stands in a level where the mapping takes none, and what it says was not taken: {}",
            self.named(index),
            self.said(index, element)
        );
        let name = &self.plan.name;
        let cause =
            format!("`{name}` takes its quantities in other levels; the HL of one may have been lost before it");
        let remedy = "ask the partner to send the document anew, and whole; if it belongs there, give that level lines of its own, or name it in [ignore]";
        self.diagnostic(codes::MAPPING_QUANTITY_ASTRAY, message, element).cause(cause).remedy(remedy)
    }

    fn begins_another(&self, index: SegmentIndex, kind: &[u8]) -> Diagnostic {
        let kind = self.context.charset.decode_lossy(kind);
        let name = self.named(index);
        let message = format!(
            "{name} stands within a level, and every level {kind} begins with it: the HL of one may have been lost"
        );
        let cause = "levels stand here where their kinds put them; those behind a lost one stand in the one before it";
        let remedy = "compare with the partner's paper; if an HL is missing, ask the partner to send the document anew, and whole";
        self.diagnostic(codes::MAPPING_LEVEL_LOST, message, self.tree.segments[index as usize].first_element)
            .cause(cause)
            .remedy(remedy)
    }

    fn diagnostic(&self, code: Code, message: String, element: ElementId) -> Diagnostic {
        Diagnostic::new(code, message, self.context.place(self.tree, element))
    }

    /// Such as `LIN (Item Identification)`.
    fn named(&self, index: SegmentIndex) -> String {
        let segment = &self.tree.segments[index as usize];
        match self.plan.grammar.definition(segment.item) {
            Some(known) => format!("{} ({})", segment.tag, known.name),
            None => segment.tag.to_string(),
        }
    }

    /// Such as ``LIN03 is `TENT` ``.
    fn said(&self, index: SegmentIndex, element: ElementId) -> String {
        let segment = &self.tree.segments[index as usize];
        let position = (element - segment.first_element) as u16 + 1;
        let value = self.tree.value(segment, position, self.bytes).trim_ascii();
        let designator = self.plan.grammar.designator(segment.tag, position);
        format!("{designator} is `{}`", self.context.charset.decode_lossy(value))
    }
}
