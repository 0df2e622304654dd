//! One document as spans into its bytes: segments, elements, loop occurrences.

use super::grammar::ItemId;
use super::tag::Tag;

/// Stands for "none" wherever a `u32` index may be missing.
pub const NONE: u32 = u32::MAX;

/// Index of an element in the tree, counted over all segments.
pub type ElementId = u32;
/// Index of a segment in the tree, 0-based: the standard's position is one more.
pub type SegmentIndex = u32;
/// Index of a loop occurrence in the tree; 0 is the document itself.
pub type OccurrenceId = u32;

/// The text of an element: a span of the document's bytes, or of the tree's own [`Tree::made`] bytes where the raw form
/// had to be changed (line breaks taken out of a wrapped file, escapes resolved).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text {
    start: u32,
    end: u32,
}

const MADE: u32 = 1 << 31;

impl Text {
    /// Bytes `start..end` of the document.
    #[must_use]
    #[inline]
    pub fn raw(start: u32, end: u32) -> Self {
        debug_assert!(start <= end && end < MADE);
        Self { start, end }
    }

    /// Bytes `start..end` of [`Tree::made`].
    #[must_use]
    pub fn made(start: u32, end: u32) -> Self {
        Self { start: start | MADE, end }
    }

    /// True when nothing stands there.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.start & !MADE == self.end
    }

    /// The span in the document, unless the text was made.
    #[must_use]
    pub fn span(self) -> Option<(u32, u32)> {
        (self.start & MADE == 0).then_some((self.start, self.end))
    }
}

/// The separators inside an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Separators {
    /// Between the components of a composite.
    pub component: Option<u8>,
    /// Between the repetitions of a repeated element.
    pub repetition: Option<u8>,
}

/// A segment of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Segment identifier.
    pub tag: Tag,
    /// Where the table places it, or [`ItemId::UNPLACED`].
    pub item: ItemId,
    /// Number of elements, the identifier not counted.
    pub element_count: u16,
    /// Its first element in the tree.
    pub first_element: ElementId,
    /// Offset of its first byte in the document.
    pub start: u32,
    /// Offset behind its last byte, the terminator not counted.
    pub end: u32,
    /// The loop occurrence it stands in.
    pub occurrence: OccurrenceId,
    /// The next segment that stands directly in the same occurrence, or [`NONE`].
    pub next: SegmentIndex,
}

/// One occurrence of a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopOccurrence {
    /// The loop's item.
    pub item: ItemId,
    /// The enclosing occurrence; the document's is itself.
    pub parent: OccurrenceId,
    /// First segment that stands directly in it, or [`NONE`].
    pub first_segment: SegmentIndex,
    /// Last segment that stands directly in it so far, or [`NONE`].
    pub last_segment: SegmentIndex,
    /// First loop occurrence inside it, or [`NONE`].
    pub first_child: OccurrenceId,
    /// Last loop occurrence inside it so far, or [`NONE`].
    pub last_child: OccurrenceId,
    /// The next occurrence with the same parent, or [`NONE`].
    pub next_sibling: OccurrenceId,
    /// True when its first segment was missing and it was opened all the same.
    pub implied: bool,
}

/// One document. It holds offsets, not bytes: its methods take the document's bytes (from the first byte of its first
/// segment) where they need them.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Absolute offset of the document's first byte in the input.
    pub base: u64,
    /// Separators inside elements.
    pub separators: Separators,
    /// Segments in document order.
    pub segments: Vec<Segment>,
    /// Elements of all segments: of a document that was read in its order, of one that was made in any.
    pub elements: Vec<Text>,
    /// Loop occurrences; 0 is the document.
    pub occurrences: Vec<LoopOccurrence>,
    /// Texts that are not in the document as they stand.
    pub made: Vec<u8>,
    /// Raw spans of the elements that are in [`Tree::made`], ascending by element.
    pub unescaped: Vec<(ElementId, u32, u32)>,
    /// By occurrence: does it belong to another object than the one that is looked at? Empty: the set holds one object.
    hidden: Vec<bool>,
}

impl Tree {
    /// Makes it an empty document again and keeps the memory.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.elements.clear();
        self.occurrences.clear();
        self.made.clear();
        self.unescaped.clear();
        self.hidden.clear();
        self.occurrences.push(LoopOccurrence::new(ItemId::ROOT, 0));
    }

    /// Of the occurrences of loop `item` in the document shows those in `shown`, and hides the others with all that is inside.
    pub fn show_only(&mut self, item: ItemId, shown: &[OccurrenceId]) {
        let mut hidden: Vec<bool> = Vec::with_capacity(self.occurrences.len());
        for (id, occurrence) in (0..).zip(&self.occurrences) {
            let of_document = id != 0 && occurrence.parent == 0 && occurrence.item == item;
            let around = id != 0 && hidden[occurrence.parent as usize];
            hidden.push(around || (of_document && !shown.contains(&id)));
        }
        self.hidden = hidden;
    }

    /// Is one object of several looked at, and the others hidden?
    #[must_use]
    pub fn hides(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Does an occurrence belong to another object than the one that is looked at?
    #[must_use]
    #[inline]
    pub fn is_hidden(&self, occurrence: OccurrenceId) -> bool {
        self.hidden.get(occurrence as usize).is_some_and(|hidden| *hidden)
    }

    /// Forgets the loop occurrences, so that the segments can be placed anew.
    pub(super) fn clear_places(&mut self) {
        self.hidden.clear();
        self.occurrences.clear();
        self.occurrences.push(LoopOccurrence::new(ItemId::ROOT, 0));
    }

    /// Bytes of `text`.
    #[must_use]
    #[inline]
    pub fn bytes<'b>(&'b self, text: Text, document: &'b [u8]) -> &'b [u8] {
        if text.start & MADE == 0 {
            &document[text.start as usize..text.end as usize]
        } else {
            &self.made[(text.start & !MADE) as usize..text.end as usize]
        }
    }

    /// The texts of a segment's elements.
    #[must_use]
    pub fn texts(&self, segment: &Segment) -> &[Text] {
        let first = segment.first_element as usize;
        &self.elements[first..first + usize::from(segment.element_count)]
    }

    /// The element at 1-based `position` of a segment, if the segment is that long.
    #[must_use]
    #[inline]
    pub fn element(&self, segment: &Segment, position: u16) -> Option<ElementId> {
        (position >= 1 && position <= segment.element_count).then(|| segment.first_element + u32::from(position) - 1)
    }

    /// Bytes of the element at 1-based `position`; empty when the segment is shorter.
    #[must_use]
    #[inline]
    pub fn value<'b>(&'b self, segment: &Segment, position: u16, document: &'b [u8]) -> &'b [u8] {
        self.element(segment, position).map_or(b"", |id| self.bytes(self.elements[id as usize], document))
    }

    /// Span of an element in the document as it stands there, also where its text was made.
    #[must_use]
    pub fn raw_span(&self, id: ElementId) -> (u32, u32) {
        self.elements[id as usize].span().unwrap_or_else(|| {
            let at = self.unescaped.binary_search_by_key(&id, |entry| entry.0);
            at.map_or((0, 0), |at| (self.unescaped[at].1, self.unescaped[at].2))
        })
    }

    /// The segment an element belongs to.
    #[must_use]
    pub fn segment_of(&self, id: ElementId) -> SegmentIndex {
        let after = self.segments.partition_point(|segment| segment.first_element <= id);
        let mut index = after.saturating_sub(1);
        while index > 0 && self.segments[index].element_count == 0 {
            index -= 1;
        }
        u32::try_from(index).unwrap_or(NONE)
    }

    /// The segments that stand directly in an occurrence, in document order.
    pub fn segments_in(&self, occurrence: OccurrenceId) -> impl Iterator<Item = SegmentIndex> + '_ {
        let mut next = self.occurrences[occurrence as usize].first_segment;
        std::iter::from_fn(move || {
            let current = next;
            (current != NONE).then(|| {
                next = self.segments[current as usize].next;
                current
            })
        })
    }

    /// The loop occurrences directly inside an occurrence, in document order; without those that are hidden.
    pub fn children_of(&self, occurrence: OccurrenceId) -> impl Iterator<Item = OccurrenceId> + '_ {
        self.all_children_of(occurrence).filter(|inside| !self.is_hidden(*inside))
    }

    /// The same, with those that are hidden.
    pub fn all_children_of(&self, occurrence: OccurrenceId) -> impl Iterator<Item = OccurrenceId> + '_ {
        let mut next = self.occurrences[occurrence as usize].first_child;
        std::iter::from_fn(move || {
            let current = next;
            (current != NONE).then(|| {
                next = self.occurrences[current as usize].next_sibling;
                current
            })
        })
    }

    /// Opens an occurrence of loop `item` inside `parent`.
    pub fn open(&mut self, item: ItemId, parent: OccurrenceId, implied: bool) -> OccurrenceId {
        open(&mut self.occurrences, item, parent, implied)
    }

    /// Makes the occurrence `id` the last child of `parent`.
    pub(super) fn hang(&mut self, id: OccurrenceId, parent: OccurrenceId) {
        hang(&mut self.occurrences, id, parent);
    }

    /// Puts the segment `index` at `item` of `occurrence`; segments are placed in document order.
    pub fn place(&mut self, index: SegmentIndex, item: ItemId, occurrence: OccurrenceId) {
        put(&mut self.segments, &mut self.occurrences, index, item, occurrence);
    }
}

/// [`Tree::open`], of the occurrences alone.
#[inline]
pub(super) fn open(
    occurrences: &mut Vec<LoopOccurrence>,
    item: ItemId,
    parent: OccurrenceId,
    implied: bool,
) -> OccurrenceId {
    let id = u32::try_from(occurrences.len()).unwrap_or(NONE);
    occurrences.push(LoopOccurrence { implied, ..LoopOccurrence::new(item, parent) });
    hang(occurrences, id, parent);
    id
}

#[inline]
fn hang(occurrences: &mut [LoopOccurrence], id: OccurrenceId, parent: OccurrenceId) {
    let last = std::mem::replace(&mut occurrences[parent as usize].last_child, id);
    // There is none at `NONE`.
    match occurrences.get_mut(last as usize) {
        Some(before) => before.next_sibling = id,
        None => occurrences[parent as usize].first_child = id,
    }
}

/// [`Tree::place`], of segments and occurrences alone.
#[inline]
pub(super) fn put(
    segments: &mut [Segment],
    occurrences: &mut [LoopOccurrence],
    index: SegmentIndex,
    item: ItemId,
    occurrence: OccurrenceId,
) {
    let segment = &mut segments[index as usize];
    segment.item = item;
    segment.occurrence = occurrence;
    let owner = &mut occurrences[occurrence as usize];
    let last = std::mem::replace(&mut owner.last_segment, index);
    // There is none at `NONE`.
    match segments.get_mut(last as usize) {
        Some(before) => before.next = index,
        None => owner.first_segment = index,
    }
}

impl LoopOccurrence {
    fn new(item: ItemId, parent: OccurrenceId) -> Self {
        Self {
            item,
            parent,
            first_segment: NONE,
            last_segment: NONE,
            first_child: NONE,
            last_child: NONE,
            next_sibling: NONE,
            implied: false,
        }
    }
}
