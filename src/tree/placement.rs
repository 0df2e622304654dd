//! Puts each segment of a document into its loop.
//!
//! The rule, for a segment that follows one placed at item `at`: the nearest place forward wins, first in the loop of
//! `at`, then in each loop around it. That part is a table worked out once for each grammar. Only when nothing lies
//! forward come the repairs: a place the document has already passed (segments in another order), then a place inside
//! a loop that lies forward and was not opened (a missing trigger). What has no place at all stays in the tree,
//! unplaced: it is never guessed into a loop that the document left long ago.

use std::ops::Range;

use super::document::{NONE, OccurrenceId, SegmentIndex, Tree, open, put};
use super::grammar::{Grammar, Item, ItemId, ItemKind};
use super::tag::Tag;

/// The forward moves from each item of a grammar.
///
/// A matrix, because it is asked for every segment: a row for each item, a column for each tag.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Each tag with its column, at or behind the place that [`slot`] gives; at least seven of eight are free.
    slots: Vec<(Tag, u16)>,
    /// With it few tags, or none, stand behind their place.
    multiplier: u32,
    columns: usize,
    /// Where a segment with the column's tag goes from the row's item; [`ItemId::UNPLACED`]: nowhere forward.
    targets: Vec<ItemId>,
    /// How each item is entered.
    moves: Vec<Move>,
}

/// Stands for the column of a free slot.
const FREE: u16 = u16::MAX;

/// Where a search for `tag` begins.
#[inline]
fn slot(tag: Tag, multiplier: u32) -> usize {
    // The upper bits of the product depend on all characters.
    (tag.0.wrapping_mul(multiplier) >> 16) as usize
}

/// Each tag with its column, by the first multiplier under which no two tags meet, or the fewest of those that are tried.
fn slots(tags: &[Tag]) -> (Vec<(Tag, u16)>, u32) {
    let mask = (tags.len() * 8 + 1).next_power_of_two() - 1;
    let (mut best, mut fewest) = (Default::default(), usize::MAX);
    for multiplier in (0..64_u32).map(|number| 0x9E37_79B1_u32.wrapping_mul(2 * number + 1)) {
        let mut slots = vec![(Tag::default(), FREE); mask + 1];
        let mut met = 0;
        for (tag, column) in tags.iter().zip(0..) {
            let mut at = slot(*tag, multiplier) & mask;
            while slots[at].1 != FREE {
                at = (at + 1) & mask;
                met += 1;
            }
            slots[at] = (*tag, column);
        }
        if met < fewest {
            (best, fewest) = ((slots, multiplier), met);
        }
        if fewest == 0 {
            break;
        }
    }
    best
}

/// A move forward, with what the grammar would have to be asked for each segment anew.
#[derive(Debug, Clone, Copy)]
struct Move {
    target: ItemId,
    /// The loop around the target, or around the loop that the target opens.
    enclosing: ItemId,
    /// The loop that the target opens.
    opens: Option<ItemId>,
}

impl Move {
    fn new(items: &[Item], target: ItemId) -> Self {
        let parent = items[usize::from(target.0)].parent;
        let opens = parent != ItemId::ROOT && target.0 == parent.0 + 1;
        Self {
            target,
            enclosing: if opens { items[usize::from(parent.0)].parent } else { parent },
            opens: opens.then_some(parent),
        }
    }
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
        Self { item: ItemId::ROOT, occurrence: 0 }
    }
}

impl Table {
    pub(super) fn new(items: &[Item]) -> Self {
        let mut tags: Vec<Tag> = items.iter().skip(1).map(|item| item.tag).collect();
        tags.sort_unstable();
        tags.dedup();
        let (slots, multiplier) = slots(&tags);
        let mut table = Table {
            slots,
            multiplier,
            columns: tags.len(),
            targets: vec![ItemId::UNPLACED; items.len() * tags.len()],
            moves: (0..items.len()).map(|id| Move::new(items, ItemId(id as u16))).collect(),
        };
        for (from, row) in table.targets.chunks_mut(tags.len().max(1)).enumerate() {
            let mut forward = |id: usize| {
                let column = tags.partition_point(|tag| *tag < items[id].tag);
                if row[column] == ItemId::UNPLACED {
                    // A loop's place is its trigger's.
                    let loop_item = matches!(items[id].kind, ItemKind::Loop { .. });
                    row[column] = ItemId((id + usize::from(loop_item)) as u16);
                }
            };
            let mut at = from;
            loop {
                let parent = usize::from(items[at].parent.0);
                let ItemKind::Loop { end } = items[parent].kind else {
                    break;
                };
                // The root stands before its first item; any other item may repeat, unless it opens its loop. An item
                // that may stand once only comes after another place for its tag in the same loop.
                let repeats = at != 0 && (parent == 0 || at != parent + 1);
                let once = items[at].max == 1;
                if repeats && !once {
                    forward(at);
                }
                let mut next = if at == 0 { 1 } else { after(items, at) };
                while next < usize::from(end.0) {
                    forward(next);
                    next = after(items, next);
                }
                if repeats && once {
                    forward(at);
                }
                if parent == 0 {
                    break;
                }
                at = parent;
            }
        }
        table
    }

    #[inline]
    fn forward(&self, from: ItemId, tag: Tag) -> Option<Move> {
        let mask = self.slots.len() - 1;
        let mut at = slot(tag, self.multiplier) & mask;
        let column = loop {
            match self.slots[at] {
                (_, FREE) => return None,
                (known, column) if known == tag => break usize::from(column),
                _ => at = (at + 1) & mask,
            }
        };
        let target = self.targets[usize::from(from.0) * self.columns + column];
        self.moves.get(usize::from(target.0)).copied()
    }
}

/// The index behind an item and all that is in it.
fn after(items: &[Item], id: usize) -> usize {
    match items[id].kind {
        ItemKind::Loop { end } => usize::from(end.0),
        ItemKind::Segment { .. } => id + 1,
    }
}

/// Places all segments of a tree anew, by another grammar.
pub fn place_all(grammar: &Grammar, tree: &mut Tree) {
    tree.clear_places();
    let mut cursor = Cursor::default();
    for index in 0..tree.segments.len() {
        tree.segments[index].next = NONE;
        place(grammar, &mut cursor, tree, index as SegmentIndex);
    }
}

/// Places the segment `index` of `tree`, the one behind those placed before, and moves the cursor.
pub fn place(grammar: &Grammar, cursor: &mut Cursor, tree: &mut Tree, index: SegmentIndex) -> Placed {
    match place_in_order(grammar, cursor, tree, index..index + 1) {
        stopped if stopped == index => repair(grammar, cursor, tree, index),
        _ => Placed::InOrder,
    }
}

/// Places segments like [`place`], one after the other, up to one that is not where the table has it and is left: its
/// index, or where the range ends.
#[inline(never)]
pub fn place_in_order(
    grammar: &Grammar,
    cursor: &mut Cursor,
    tree: &mut Tree,
    segments: Range<SegmentIndex>,
) -> SegmentIndex {
    let Tree { segments: all, occurrences, .. } = tree;
    let all = all.as_mut_slice();
    // What each segment asks for stays in registers: where the one before stands, and the loop around it.
    let Cursor { mut item, mut occurrence } = *cursor;
    let mut around = occurrences[occurrence as usize].item;
    let mut index = segments.start;
    while index < segments.end {
        let Some(step) = grammar.placement.forward(item, all[index as usize].tag) else { break };
        while around != step.enclosing {
            occurrence = occurrences[occurrence as usize].parent;
            around = occurrences[occurrence as usize].item;
        }
        if let Some(opened) = step.opens {
            occurrence = open(occurrences, opened, occurrence, false);
            around = opened;
        }
        put(all, occurrences, index, step.target, occurrence);
        item = step.target;
        index += 1;
    }
    *cursor = Cursor { item, occurrence };
    index
}

#[cold]
fn repair(grammar: &Grammar, cursor: &mut Cursor, tree: &mut Tree, index: SegmentIndex) -> Placed {
    let tag = tree.segments[index as usize].tag;
    let (placed, target, occurrence) = if let Some((target, occurrence)) = passed(grammar, *cursor, tree, tag) {
        (Placed::OutOfOrder, target, occurrence)
    } else if let Some((target, occurrence)) = implied(grammar, *cursor, tree, tag) {
        (Placed::Implied, target, occurrence)
    } else {
        tree.place(index, ItemId::UNPLACED, cursor.occurrence);
        return Placed::Unplaced;
    };
    tree.place(index, target, occurrence);
    // A lone segment of a loop around the cursor leaves the cursor where it was; a loop takes the segments that follow.
    if !encloses(tree, occurrence, cursor.occurrence) {
        *cursor = Cursor { item: target, occurrence };
    }
    placed
}

/// True when `outer` is `inner` or an occurrence around it.
fn encloses(tree: &Tree, outer: OccurrenceId, inner: OccurrenceId) -> bool {
    around(tree, inner).any(|occurrence| occurrence == outer)
}

/// An occurrence and those around it, from the inside out.
fn around(tree: &Tree, from: OccurrenceId) -> impl Iterator<Item = OccurrenceId> + '_ {
    std::iter::successors(Some(from), |occurrence| {
        (*occurrence != 0).then(|| tree.occurrences[*occurrence as usize].parent)
    })
}

/// A place the document has passed: in the nearest loop around the cursor that has the segment or a loop it opens, or
/// in the loop that closed just before the cursor.
fn passed(grammar: &Grammar, cursor: Cursor, tree: &mut Tree, tag: Tag) -> Option<(ItemId, OccurrenceId)> {
    let held_by =
        |item: ItemId| grammar.children(item).find(|id| grammar.item(*id).tag == tag && !grammar.is_trigger(*id));
    let last = tree.occurrences[cursor.occurrence as usize].last_child;
    let closed = (last != NONE).then_some(last);
    let mut places = std::iter::once(cursor.occurrence).chain(closed).chain(around(tree, cursor.occurrence).skip(1));
    let (child, occurrence) = places.find_map(|at| Some((held_by(tree.occurrences[at as usize].item)?, at)))?;
    drop(places);
    if grammar.is_loop(child) {
        Some((ItemId(child.0 + 1), tree.open(child, occurrence, false)))
    } else {
        Some((child, occurrence))
    }
}

/// A place inside a loop that lies forward of the cursor and was not opened: in the loop of the cursor, else in the
/// nearest loop around it. Opens the loops down to it; those whose trigger is missing are marked as implied.
fn implied(grammar: &Grammar, cursor: Cursor, tree: &mut Tree, tag: Tag) -> Option<(ItemId, OccurrenceId)> {
    let mut passed = cursor.item;
    let mut occurrence = cursor.occurrence;
    let target = loop {
        let item = tree.occurrences[occurrence as usize].item;
        if let Some(target) = inside_forward(grammar, item, passed, tag) {
            break target;
        }
        if occurrence == 0 {
            return None;
        }
        passed = item;
        occurrence = tree.occurrences[occurrence as usize].parent;
    };
    let top = tree.occurrences[occurrence as usize].item;
    let mut loops = Vec::new();
    let mut at = grammar.item(target).parent;
    while at != top {
        loops.push(at);
        at = grammar.item(at).parent;
    }
    for item in loops.into_iter().rev() {
        let triggered = grammar.is_trigger(target) && grammar.item(target).parent == item;
        occurrence = tree.open(item, occurrence, !triggered);
    }
    Some((target, occurrence))
}

/// The shallowest segment `tag` in the loops of loop `item` that stand behind its item `passed`.
fn inside_forward(grammar: &Grammar, item: ItemId, passed: ItemId, tag: Tag) -> Option<ItemId> {
    let ItemKind::Loop { end } = grammar.item(item).kind else {
        return None;
    };
    // Before the first segment nothing is passed.
    let start = if passed == item { item.0 + 1 } else { after(&grammar.items, usize::from(passed.0)) as u16 };
    (start..end.0)
        .map(ItemId)
        .filter(|id| grammar.item(*id).tag == tag && !grammar.is_loop(*id) && grammar.item(*id).parent != item)
        .min_by_key(|id| grammar.depth(*id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::document::Segment;
    use super::super::grammar::{Area, GrammarBuilder, SegmentDefinition};
    use super::*;

    /// A table in the manner of 940 and 945. Parentheses are a loop, brackets one that occurs once at most; `!1` behind a
    /// segment: it occurs once at most.
    const TABLE: &str =
        "ST W05 ( N1 N2 N3 N4 ) N9 G62 W66 ( LX MAN N9 ( W12 N9 QTY N1 [ LS ( REF DTM ) LE ] ) ) W03 SE";

    fn grammar(table: &str) -> Grammar {
        let mut builder = GrammarBuilder::new("test", "Test");
        let mut words = table.split(' ').peekable();
        while let Some(word) = words.next() {
            match word {
                "(" | "[" => {
                    let trigger = Tag::new(words.peek().unwrap().as_bytes());
                    let max = if word == "[" { 1 } else { u32::MAX };
                    builder.open_loop(None, trigger, false, max, Area::Heading);
                }
                ")" | "]" => builder.close_loop(),
                _ => {
                    let tag = word.trim_end_matches("!1");
                    let name = Arc::from(tag);
                    let definition =
                        Arc::new(SegmentDefinition::new(Tag::new(tag.as_bytes()), name, Vec::new(), Vec::new()));
                    let max = if word == tag { u32::MAX } else { 1 };
                    builder.segment(&definition, false, max, Area::Heading, None);
                }
            }
        }
        builder.finish()
    }

    /// Where the segments of `document` are placed: the loops around each as `trigger` and number of the occurrence in
    /// the document, and a mark: `~` out of order, `?` in an implied loop, `!` unplaced.
    fn placed(table: &str, document: &str) -> String {
        let grammar = grammar(table);
        let (mut cursor, mut tree) = (Cursor::default(), Tree::default());
        tree.clear();
        let mut out: Vec<String> = Vec::new();
        for (index, word) in document.split(' ').enumerate() {
            tree.segments.push(Segment {
                tag: Tag::new(word.as_bytes()),
                item: ItemId::UNPLACED,
                element_count: 0,
                first_element: 0,
                start: 0,
                end: 0,
                occurrence: 0,
                next: NONE,
            });
            let mark = match place(&grammar, &mut cursor, &mut tree, index as u32) {
                Placed::InOrder => "",
                Placed::OutOfOrder => "~",
                Placed::Implied => "?",
                Placed::Unplaced => "!",
            };
            let segment = tree.segments[tree.segments.len() - 1];
            let mut text = String::from(word);
            for at in around(&tree, segment.occurrence).filter(|at| *at != 0) {
                let tag = grammar.item(tree.occurrences[at as usize].item).tag;
                text.insert_str(0, &format!("{tag}{at}/"));
            }
            out.push(format!("{mark}{text}"));
        }
        is_sound(&grammar, &tree);
        out.join(" ")
    }

    /// What must hold of any placed document: each segment stands once in the chain of its occurrence, in document
    /// order, and at an item of that occurrence's loop.
    fn is_sound(grammar: &Grammar, tree: &Tree) {
        let mut seen = 0;
        for (id, occurrence) in tree.occurrences.iter().enumerate() {
            let chain: Vec<_> = tree.segments_in(id as u32).collect();
            assert!(chain.is_sorted());
            seen += chain.len();
            for index in chain {
                let segment = &tree.segments[index as usize];
                assert_eq!(segment.occurrence, id as u32);
                if segment.item != ItemId::UNPLACED {
                    assert_eq!(grammar.item(segment.item).parent, occurrence.item);
                    assert_eq!(grammar.item(segment.item).tag, segment.tag);
                }
            }
            let parent = &tree.occurrences[occurrence.parent as usize];
            assert_eq!(grammar.item(occurrence.item).parent, parent.item);
            assert!(id == 0 || tree.children_of(occurrence.parent).any(|child| child == id as u32));
        }
        assert_eq!(seen, tree.segments.len());
    }

    fn check(document: &str, expected: &str) {
        assert_eq!(placed(TABLE, document), expected, "{document}");
    }

    #[test]
    fn segments_in_the_order_of_the_table_are_placed_in_order() {
        check(
            "ST W05 N1 N3 N4 N9 W66 LX MAN W12 N9 QTY W03 SE",
            "ST W05 N11/N1 N11/N3 N11/N4 N9 W66 LX2/LX LX2/MAN LX2/W123/W12 LX2/W123/N9 LX2/W123/QTY W03 SE",
        );
    }

    #[test]
    fn a_trigger_opens_the_next_occurrence_of_its_loop_at_any_depth() {
        check("ST N1 N1 N3 N1", "ST N11/N1 N12/N1 N12/N3 N13/N1");
        check(
            "LX W12 N9 N9 W12 LX W12",
            "LX1/LX LX1/W122/W12 LX1/W122/N9 LX1/W122/N9 LX1/W123/W12 LX4/LX LX4/W125/W12",
        );
        check("LX W12 N1 N1 W12", "LX1/LX LX1/W122/W12 LX1/W122/N1 LX1/W122/N1 LX1/W123/W12");
    }

    #[test]
    fn a_segment_before_its_place_is_kept_and_what_it_overtook_is_out_of_order() {
        // 940: N9 before N1. The loop that opens late takes its segments, and reading goes on from there.
        check("ST W05 N9 N1 N3 N4 N1 N9 G62 LX SE", "ST W05 N9 ~N11/N1 N11/N3 N11/N4 N12/N1 N9 G62 LX3/LX SE");
        // A lone segment out of order leaves everything after it in order.
        check("ST W66 G62 LX W12 SE", "ST W66 ~G62 LX1/LX LX1/W122/W12 SE");
        check("LX W12 QTY G62 N1 W12", "LX1/LX LX1/W122/W12 LX1/W122/QTY ~G62 LX1/W122/N1 LX1/W123/W12");
        check("LX W12 MAN QTY", "LX1/LX LX1/W122/W12 ~LX1/MAN LX1/W122/QTY");
        check("LX W12 QTY N9 N1", "LX1/LX LX1/W122/W12 LX1/W122/QTY ~LX1/W122/N9 LX1/W122/N1");
    }

    #[test]
    fn a_segment_between_the_segments_of_a_loop_does_not_tear_it() {
        check("ST N1 N9 N3 N4 N9 SE", "ST N11/N1 N9 ~N11/N3 N11/N4 N9 SE");
    }

    #[test]
    fn a_loop_without_its_trigger_is_opened_when_it_lies_ahead() {
        // 945: W12 without LX.
        check("ST W05 W12 N9 W12 LX W12 SE", "ST W05 ?LX1/W122/W12 LX1/W122/N9 LX1/W123/W12 LX4/LX LX4/W125/W12 SE");
        check("ST W05 N3 N4 N1", "ST W05 ?N11/N3 N11/N4 N12/N1");
        check("N3", "?N11/N3");
        check("ST W05 QTY W12", "ST W05 ?LX1/W122/QTY LX1/W123/W12");
        check("LX REF LE", "LX1/LX ?LX1/W122/LS3/REF4/REF LX1/W122/LS3/LE");
    }

    #[test]
    fn a_segment_of_a_loop_left_long_ago_is_not_guessed_into_a_new_one() {
        check(
            "ST N1 N3 LX W12 N1 N3 W12",
            "ST N11/N1 N11/N3 LX2/LX LX2/W123/W12 LX2/W123/N1 !LX2/W123/N3 LX2/W124/W12",
        );
        check("ST W66 N3 LX", "ST W66 !N3 LX1/LX");
    }

    #[test]
    fn a_bounded_loop_opens_with_ls_and_closes_with_le() {
        check(
            "LX W12 LS REF DTM REF LE W12",
            "LX1/LX LX1/W122/W12 LX1/W122/LS3/LS LX1/W122/LS3/REF4/REF LX1/W122/LS3/REF4/DTM LX1/W122/LS3/REF5/REF \
             LX1/W122/LS3/LE LX1/W126/W12",
        );
        // LE is missing, LS is missing.
        check("LX W12 LS REF W12", "LX1/LX LX1/W122/W12 LX1/W122/LS3/LS LX1/W122/LS3/REF4/REF LX1/W125/W12");
        check("LX W12 LE W12", "LX1/LX LX1/W122/W12 ?LX1/W122/LS3/LE LX1/W124/W12");
    }

    #[test]
    fn what_may_occur_once_gives_way_to_the_next_place_of_the_same_tag() {
        let table = "ST [ LS ( LM LQ ) LE ] [ LS ( N1 N3 ) LE ] SE";
        let found = placed(table, "ST LS LM LE LS N1 LE SE");
        assert_eq!(found, "ST LS1/LS LS1/LM2/LM LS1/LE LS3/LS LS3/N14/N1 LS3/LE SE");
        let table = "ST [ N1 N3 ] ( N1 N4 ) SE";
        assert_eq!(placed(table, "ST N1 N3 N1 N4 N1"), "ST N11/N1 N11/N3 N12/N1 N12/N4 N13/N1");
        // With no other place it repeats where it stands: one too many is not out of order.
        let table = "ST W06!1 [ N1 N3 ] SE";
        assert_eq!(placed(table, "ST W06 W06 N1 N1 SE"), "ST W06 W06 N11/N1 N12/N1 SE");
    }

    #[test]
    fn a_segment_without_any_place_stays_unplaced_and_reading_goes_on() {
        check("ST ZZZ W05 LX XXX W12", "ST !ZZZ W05 LX1/LX !LX1/XXX LX1/W122/W12");
        check("ZZZ ST SE ZZZ", "!ZZZ ST SE !ZZZ");
    }

    #[test]
    fn detail_after_the_summary_goes_back_to_the_detail() {
        check("ST LX W03 LX W12 SE", "ST LX1/LX W03 ~LX2/LX LX2/W123/W12 SE");
        check("ST LX W03 W12 QTY SE", "ST LX1/LX W03 ~LX1/W122/W12 LX1/W122/QTY SE");
        check("ST W03 N9 SE W05", "ST W03 ~N9 SE ~W05");
        check("ST LX MAN SE MAN", "ST LX1/LX LX1/MAN SE ~LX1/MAN");
    }

    #[test]
    fn any_order_of_segments_leaves_a_sound_tree() {
        let tags = [
            "ST", "W05", "N1", "N2", "N3", "N9", "LX", "MAN", "W12", "QTY", "LS", "REF", "DTM", "LE", "W03", "SE", "ZZ",
        ];
        let mut state = 1_u32;
        for _ in 0..2_000 {
            let mut document = Vec::new();
            for _ in 0..12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                document.push(tags[(state >> 16) as usize % tags.len()]);
            }
            placed(TABLE, &document.join(" "));
        }
    }
}
