//! Puts each segment of a document into its loop.
//!
//! The rule, for a segment that follows one placed at item `at`: the nearest place forward wins, first in the loop of
//! `at`, then in each loop around it. That part is a table worked out once for each grammar. Only when nothing lies
//! forward come the repairs: a place the document has already passed (segments in another order), then a place inside
//! a loop that was never opened (a missing trigger). What has no place at all stays in the tree, unplaced.

use super::document::{OccurrenceId, Tree};
use super::grammar::{Grammar, Item, ItemId, ItemKind, Tag};

/// The forward moves from each item of a grammar.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    first: Vec<u32>,
    tags: Vec<Tag>,
    targets: Vec<ItemId>,
}

/// How a segment found its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// Where the table has it.
    InOrder,
    /// In a place the document had already passed.
    OutOfOrder,
    /// Inside one or more loops whose first segment was missing and that were opened all the same.
    Implied,
    /// The table has no place for it.
    Unplaced,
}

/// Where the document stands: the last placed item and the loop occurrence it is in.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    item: ItemId,
    occurrence: OccurrenceId,
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            item: ItemId::ROOT,
            occurrence: 0,
        }
    }
}

impl Table {
    pub(super) fn new(items: &[Item]) -> Self {
        let mut table = Table::default();
        for from in 0..items.len() {
            let start = table.tags.len();
            table.first.push(start as u32);
            let mut forward = |id: usize| {
                let tag = items[id].tag;
                if !table.tags[start..].contains(&tag) {
                    table.tags.push(tag);
                    // A loop's place is its trigger's.
                    let loop_item = matches!(items[id].kind, ItemKind::Loop { .. });
                    table.targets.push(ItemId((id + usize::from(loop_item)) as u16));
                }
            };
            let mut at = from;
            loop {
                let parent = usize::from(items[at].parent.0);
                let ItemKind::Loop { end } = items[parent].kind else {
                    break;
                };
                // The root stands before its first item; any other item may repeat, unless it opens its loop.
                let opens = parent != 0 && at == parent + 1;
                let mut next = if at == 0 || opens { at + 1 } else { at };
                while next < usize::from(end.0) {
                    forward(next);
                    next = match items[next].kind {
                        ItemKind::Loop { end } => usize::from(end.0),
                        ItemKind::Segment { .. } => next + 1,
                    };
                }
                if parent == 0 {
                    break;
                }
                at = parent;
            }
        }
        table.first.push(table.tags.len() as u32);
        table
    }

    #[inline]
    fn forward(&self, from: ItemId, tag: Tag) -> Option<ItemId> {
        let start = self.first[usize::from(from.0)] as usize;
        let end = self.first[usize::from(from.0) + 1] as usize;
        let at = self.tags[start..end].iter().position(|known| *known == tag)?;
        Some(self.targets[start + at])
    }
}

/// Places the last segment of `tree` and moves the cursor.
#[inline]
pub fn place(grammar: &Grammar, cursor: &mut Cursor, tree: &mut Tree) -> Placed {
    let tag = tree.segments[tree.segments.len() - 1].tag;
    if let Some(target) = grammar.placement.forward(cursor.item, tag) {
        cursor.occurrence = enter(grammar, cursor.occurrence, tree, target);
        cursor.item = target;
        tree.place_last(target, cursor.occurrence);
        return Placed::InOrder;
    }
    repair(grammar, cursor, tree, tag)
}

/// The occurrence in which `target` stands: climbs from `from` to the enclosing occurrence, and opens a loop when
/// `target` is its trigger.
#[inline]
fn enter(grammar: &Grammar, from: OccurrenceId, tree: &mut Tree, target: ItemId) -> OccurrenceId {
    let parent = grammar.item(target).parent;
    let trigger = grammar.is_trigger(target);
    let enclosing = if trigger { grammar.item(parent).parent } else { parent };
    let mut occurrence = from;
    while tree.occurrences[occurrence as usize].item != enclosing {
        occurrence = tree.occurrences[occurrence as usize].parent;
    }
    if trigger {
        tree.open(parent, occurrence, false)
    } else {
        occurrence
    }
}

#[cold]
fn repair(grammar: &Grammar, cursor: &mut Cursor, tree: &mut Tree, tag: Tag) -> Placed {
    // Passed already: the nearest loop around the cursor that has the segment (or a loop it opens).
    let mut occurrence = cursor.occurrence;
    loop {
        let item = tree.occurrences[occurrence as usize].item;
        let passed = grammar
            .children(item)
            .find(|id| grammar.item(*id).tag == tag && !grammar.is_trigger(*id));
        if let Some(child) = passed {
            let target = if grammar.is_loop(child) {
                ItemId(child.0 + 1)
            } else {
                child
            };
            let inside = enter(grammar, occurrence, tree, target);
            tree.place_last(target, inside);
            // A loop that opens late takes the segments that follow; a lone segment leaves the cursor where it was.
            if grammar.is_loop(child) {
                *cursor = Cursor {
                    item: target,
                    occurrence: inside,
                };
            }
            return Placed::OutOfOrder;
        }
        if occurrence == 0 {
            break;
        }
        occurrence = tree.occurrences[occurrence as usize].parent;
    }
    // Never opened: a loop forward of the cursor, or inside such a loop, that has the segment.
    let mut occurrence = cursor.occurrence;
    loop {
        let item = tree.occurrences[occurrence as usize].item;
        if let Some(target) = descendant(grammar, item, tag) {
            let inside = open_down(grammar, occurrence, tree, target);
            *cursor = Cursor {
                item: target,
                occurrence: inside,
            };
            tree.place_last(target, inside);
            return Placed::Implied;
        }
        if occurrence == 0 {
            break;
        }
        occurrence = tree.occurrences[occurrence as usize].parent;
    }
    tree.place_last(ItemId::UNPLACED, cursor.occurrence);
    Placed::Unplaced
}

/// The shallowest item below loop `item`, not directly in it, that has `tag`.
fn descendant(grammar: &Grammar, item: ItemId, tag: Tag) -> Option<ItemId> {
    let ItemKind::Loop { end } = grammar.item(item).kind else {
        return None;
    };
    (item.0 + 1..end.0)
        .map(ItemId)
        .filter(|id| grammar.item(*id).tag == tag && !grammar.is_loop(*id) && grammar.item(*id).parent != item)
        .min_by_key(|id| grammar.depth(*id))
}

/// Opens the loops between `occurrence` and `target`; those whose trigger is missing are marked as implied.
fn open_down(grammar: &Grammar, occurrence: OccurrenceId, tree: &mut Tree, target: ItemId) -> OccurrenceId {
    let top = tree.occurrences[occurrence as usize].item;
    let mut loops = Vec::new();
    let mut at = grammar.item(target).parent;
    while at != top {
        loops.push(at);
        at = grammar.item(at).parent;
    }
    let mut inside = occurrence;
    for item in loops.into_iter().rev() {
        let implied = !(grammar.is_trigger(target) && grammar.item(target).parent == item);
        inside = tree.open(item, inside, implied);
    }
    inside
}
