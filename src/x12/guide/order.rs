//! Segments that may stand anywhere in their loop: whether one that is out of the table's order is so only for them.

use crate::tree::{Grammar, ItemId, NONE, OccurrenceId, SegmentIndex, Tree};

/// May the segment `index` stand where it does, when the segments and loops of `free` may stand anywhere among their
/// like? It may when it is one of them, or when all that stands before it and belongs behind it is.
pub(super) fn is_tolerated(grammar: &Grammar, free: &[ItemId], tree: &Tree, index: SegmentIndex) -> bool {
    let segment = &tree.segments[index as usize];
    // A loop is known by its first segment.
    let opens = grammar.is_trigger(segment.item);
    let (item, inside) = match opens {
        true => (grammar.item(segment.item).parent, tree.occurrences[segment.occurrence as usize].parent),
        false => (segment.item, segment.occurrence),
    };
    if free.contains(&item) {
        return true;
    }
    let mut overtaken = before(tree, inside, index).filter(|found| *found > item).peekable();
    overtaken.peek().is_some() && overtaken.all(|found| free.contains(&found))
}

/// The items of what stands directly in an occurrence, in front of a segment.
fn before(tree: &Tree, inside: OccurrenceId, index: SegmentIndex) -> impl Iterator<Item = ItemId> + '_ {
    let segments = tree.segments_in(inside).filter(move |one| *one < index);
    let segments = segments.map(|one| tree.segments[one as usize].item).filter(|item| *item != ItemId::UNPLACED);
    let loops = tree.children_of(inside).map(|one| &tree.occurrences[one as usize]);
    let loops = loops.filter(move |one| one.first_segment != NONE && one.first_segment < index);
    segments.chain(loops.map(|one| one.item))
}
