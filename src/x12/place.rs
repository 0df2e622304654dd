//! Where in the input something stands: what diagnostics about a transaction set point with.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Excerpt, LineFinder, PayloadPlace};
use crate::tree::{ElementId, Segment, SegmentIndex, Separators, Tag, Tree};

/// What a place inside a transaction set needs beside the tree: the control numbers around the set and where it starts.
/// Cheap to clone, so that later stages (validation, mapping) can point into the set after the reader has gone on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetContext {
    /// ISA13, as text; `None` for sets without an envelope.
    pub interchange: Option<Arc<str>>,
    /// GS06, as text.
    pub group: Option<Arc<str>>,
    /// ST02, as text.
    pub control_number: Arc<str>,
    /// ST01, such as `945`.
    pub set_id: Arc<str>,
    /// Absolute offset of the set's first byte in the input.
    pub offset: u64,
    /// Lines and columns in the set, from those of its first byte on.
    pub lines: LineFinder,
}

/// A part of an element: both positions 1-based, `None` where the element has no such parts or all are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Repetition of a repeated element.
    pub repetition: Option<u16>,
    /// Component of a composite.
    pub component: Option<u16>,
}

impl Part {
    /// A repetition and a component, 1-based; 0 where the element has no such parts or all are meant.
    #[must_use]
    pub fn of(repetition: u16, component: u16) -> Self {
        let some = |number: u16| (number > 0).then_some(number);
        Self { repetition: some(repetition), component: some(component) }
    }
}

impl SetContext {
    /// The place of a whole segment.
    #[must_use]
    pub fn segment(&self, tree: &Tree, set: &[u8], index: SegmentIndex) -> PayloadPlace {
        let Some(segment) = tree.segments.get(index as usize) else {
            return self.whole();
        };
        // Of a whole segment only the identifier is marked: a line of carets tells nobody anything.
        let start = segment.start as usize;
        PayloadPlace {
            bytes: self.offset + u64::from(segment.start)..self.offset + u64::from(segment.end),
            ..self.place(tree, set, index, start..identifier_end(tree, segment))
        }
    }

    /// The place where a segment `tag` is missing: it should stand before the segment `index`.
    #[must_use]
    pub fn before(&self, tree: &Tree, set: &[u8], index: SegmentIndex, tag: Tag) -> PayloadPlace {
        let missing = |place: PayloadPlace| PayloadPlace {
            segment_position: Some(index + 1),
            segment: Some(tag.to_string()),
            bytes: place.bytes.start..place.bytes.start,
            ..place
        };
        match tree.segments.get(index as usize) {
            Some(segment) => missing(self.place(tree, set, index, segment.start as usize..segment.start as usize)),
            None => missing(self.segment(tree, set, (tree.segments.len() as SegmentIndex).saturating_sub(1))),
        }
    }

    /// The place of the element at 1-based `position` of a segment; behind the segment's end where it is missing.
    #[must_use]
    pub fn element(&self, tree: &Tree, set: &[u8], index: SegmentIndex, position: u16, part: Part) -> PayloadPlace {
        let Some(segment) = tree.segments.get(index as usize) else {
            return self.whole();
        };
        let span = match tree.element(segment, position) {
            Some(id) => part_span(tree, set, id, part),
            None => segment.end as usize..segment.end as usize,
        };
        PayloadPlace {
            element: Some(position),
            component: part.component,
            repetition: part.repetition,
            ..self.place(tree, set, index, span)
        }
    }

    /// The place of an element by its number in the tree.
    #[must_use]
    pub fn element_id(&self, tree: &Tree, set: &[u8], id: ElementId, part: Part) -> PayloadPlace {
        let index = tree.segment_of(id);
        match tree.segments.get(index as usize) {
            Some(segment) => {
                let position = u16::try_from(id - segment.first_element + 1).unwrap_or(u16::MAX);
                self.element(tree, set, index, position, part)
            }
            None => self.whole(),
        }
    }

    /// The place of the set's start, when the set as a whole is meant.
    #[must_use]
    pub fn whole(&self) -> PayloadPlace {
        PayloadPlace {
            interchange: self.interchange.as_deref().map(Into::into),
            group: self.group.as_deref().map(Into::into),
            set: Some(self.control_number.as_ref().into()),
            set_id: Some(self.set_id.as_ref().into()),
            bytes: self.offset..self.offset,
            line: self.lines.start.line,
            column: self.lines.start.column,
            ..PayloadPlace::default()
        }
    }

    fn place(&self, tree: &Tree, set: &[u8], index: SegmentIndex, span: Range<usize>) -> PayloadPlace {
        let segment = &tree.segments[index as usize];
        let line = set.get(segment.start as usize..segment.end as usize).unwrap_or_default();
        let mark = span.start.saturating_sub(segment.start as usize)..span.end.saturating_sub(segment.start as usize);
        let at = self.lines.at(set, span.start);
        PayloadPlace {
            segment_position: Some(index + 1),
            segment: Some(identifier(tree, set, segment)),
            bytes: self.offset + span.start as u64..self.offset + span.end as u64,
            line: at.line,
            column: at.column,
            excerpt: Some(Excerpt::new(line, mark)),
            ..self.whole()
        }
    }
}

/// The identifier of a segment as it stands in the set, however long it is; of one that is none the first characters.
pub(super) fn identifier(tree: &Tree, set: &[u8], segment: &Segment) -> String {
    const SHOWN: usize = 20;
    let tag = segment.tag.to_string();
    if (1..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return tag;
    }
    let bytes = set.get(segment.start as usize..identifier_end(tree, segment)).unwrap_or_default();
    String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}

/// Where the identifier of a segment ends, counted from the start of the set.
fn identifier_end(tree: &Tree, segment: &Segment) -> usize {
    let separator = tree.element(segment, 1).map(|id| tree.raw_span(id).0.saturating_sub(1));
    separator.filter(|end| (segment.start..segment.end).contains(end)).unwrap_or(segment.end) as usize
}

/// The bytes of a part of an element, as they stand in the document.
fn part_span(tree: &Tree, set: &[u8], id: ElementId, part: Part) -> Range<usize> {
    let (start, end) = tree.raw_span(id);
    let mut span = start as usize..end as usize;
    let Separators { component, repetition } = tree.separators;
    for (separator, position) in [(repetition, part.repetition), (component, part.component)] {
        if let (Some(separator), Some(position)) = (separator, position) {
            span = nth(set, span, separator, position);
        }
    }
    span
}

/// The part at 1-based `position` of what `separator` separates; the end where there are fewer.
fn nth(set: &[u8], span: Range<usize>, separator: u8, position: u16) -> Range<usize> {
    let mut start = span.start;
    for _ in 1..position {
        match memchr::memchr(separator, &set[start..span.end]) {
            Some(at) => start += at + 1,
            None => return span.end..span.end,
        }
    }
    let length = memchr::memchr(separator, &set[start..span.end]).unwrap_or(span.end - start);
    start..start + length
}
