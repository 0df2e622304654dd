//! Records as they come, into the tree of their document.

use std::borrow::Cow;

use crate::tree::{ElementId, NONE, OccurrenceId, Segment, SegmentIndex, Text, Tree};

use super::Layout;

/// Fills the tree of one document.
#[derive(Debug, Default)]
pub(super) struct Builder {
    /// Of each record: the loop occurrence that its last one opened.
    open: Vec<Option<OccurrenceId>>,
    /// How many records of each kind the document has.
    pub(super) counts: Vec<u32>,
}

impl Builder {
    /// Begins a document.
    pub(super) fn clear(&mut self, layout: &Layout, tree: &mut Tree) {
        tree.clear();
        self.open.clear();
        self.open.resize(layout.records.len(), None);
        self.counts.clear();
        self.counts.resize(layout.records.len(), 0);
    }

    /// Puts a record with empty fields into the tree; `false` when the record in which it must stand is not there, then it
    /// stands in one that is taken to be.
    pub(super) fn add(
        &mut self,
        layout: &Layout,
        record: usize,
        start: usize,
        tree: &mut Tree,
    ) -> (SegmentIndex, bool) {
        let kind = &layout.records[record];
        let parent = kind.parent.filter(|parent| Some(*parent) != layout.document);
        let (around, placed) = match parent {
            None => (0, true),
            Some(parent) => self.around(layout, parent, tree),
        };
        // What was open inside the one before is not inside this one.
        for inner in (0..self.open.len()).filter(|inner| *inner != record && layout.stands_in(*inner, record)) {
            self.open[inner] = None;
        }
        let occurrence = match kind.opens {
            Some(item) => {
                let occurrence = tree.open(item, around, false);
                self.open[record] = Some(occurrence);
                occurrence
            }
            None => around,
        };
        let index = tree.segments.len() as SegmentIndex;
        tree.segments.push(Segment {
            tag: kind.tag,
            item: kind.item,
            element_count: kind.fields.len() as u16,
            first_element: tree.elements.len() as ElementId,
            start: start as u32,
            end: start as u32,
            occurrence,
            next: NONE,
        });
        tree.elements.resize(tree.elements.len() + kind.fields.len(), Text::default());
        tree.place(index, kind.item, occurrence);
        self.counts[record] += 1;
        (index, placed)
    }

    fn around(&mut self, layout: &Layout, record: usize, tree: &mut Tree) -> (OccurrenceId, bool) {
        if let Some(open) = self.open[record] {
            return (open, true);
        }
        let outer = layout.records[record].parent.filter(|parent| Some(*parent) != layout.document);
        let around = outer.map_or(0, |outer| self.around(layout, outer, tree).0);
        let Some(item) = layout.records[record].opens else { return (around, false) };
        let occurrence = tree.open(item, around, true);
        self.open[record] = Some(occurrence);
        (occurrence, false)
    }
}

/// All texts of a tree become its own: `text` makes them of the bytes of `document`, and `place` says where they are to stand.
pub(super) fn own_texts<'d>(
    tree: &mut Tree,
    document: &'d [u8],
    text: impl Fn(&'d [u8]) -> Cow<'d, [u8]>,
    place: impl Fn(u32) -> u32,
) {
    let mut places = Vec::new();
    for id in 0..tree.elements.len() as u32 {
        let (start, end) = tree.raw_span(id);
        let element = tree.elements[id as usize];
        if element.is_empty() {
            tree.elements[id as usize] = Text::default();
            continue;
        }
        places.push((id, place(start), place(end)));
        if let Some((start, end)) = element.span() {
            let from = tree.made.len() as u32;
            tree.made.extend_from_slice(&text(&document[start as usize..end as usize]));
            tree.elements[id as usize] = Text::made(from, tree.made.len() as u32);
        }
    }
    tree.unescaped = places;
}

/// Sets the field at 1-based `position` of a record: bytes `raw` of the document, or `text` where it is written otherwise there.
pub(super) fn set(tree: &mut Tree, segment: SegmentIndex, position: u16, raw: (usize, usize), text: Option<&[u8]>) {
    let id = tree.segments[segment as usize].first_element + u32::from(position) - 1;
    let (start, end) = (raw.0 as u32, raw.1 as u32);
    tree.elements[id as usize] = match text {
        None => Text::raw(start, end),
        Some(text) => {
            let from = tree.made.len() as u32;
            tree.made.extend_from_slice(text);
            let at = tree.unescaped.partition_point(|known| known.0 < id);
            match tree.unescaped.get_mut(at).filter(|known| known.0 == id) {
                Some(known) => *known = (id, start, end),
                None => tree.unescaped.insert(at, (id, start, end)),
            }
            Text::made(from, from + text.len() as u32)
        }
    };
}
