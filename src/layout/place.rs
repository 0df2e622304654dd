//! Where something stands in a file of records and fields.

use std::ops::Range;

use crate::diagnostic::{Excerpt, LineFinder, PayloadPlace};
use crate::tree::{ElementId, SegmentIndex, Tree};

use super::wide::Order;
use super::{Layout, Syntax};

/// What a place inside a document needs beside its tree.
#[derive(Debug, Clone, Default)]
pub struct DocumentContext {
    /// Absolute offset of the document's first byte in the input.
    pub offset: u64,
    /// Lines and columns in the document, from those of that byte on.
    pub lines: LineFinder,
    /// The order of its bytes, where it is UTF-16.
    pub(super) order: Option<Order>,
}

/// Text to the left and right of a place that an excerpt may show, in bytes.
const AROUND: usize = 200;

impl DocumentContext {
    /// The document as a whole.
    #[must_use]
    pub fn whole(&self) -> PayloadPlace {
        PayloadPlace {
            bytes: self.offset..self.offset,
            line: self.lines.start.line,
            column: self.lines.start.column,
            ..PayloadPlace::default()
        }
    }

    /// Bytes of the document.
    #[must_use]
    pub fn span(&self, bytes: &[u8], span: Range<usize>) -> PayloadPlace {
        let span = span.start.min(bytes.len())..span.end.min(bytes.len());
        if let Some(order) = self.order {
            // Whole units.
            let span = span.start..(span.end + span.len() % 2).min(bytes.len());
            let at = self.lines.at_decoded(span.start, |part| order.decode(&bytes[part]));
            // An excerpt needs no more than what stands near.
            let (from, to) = (span.start.saturating_sub(4 * AROUND), bytes.len().min(span.end + 4 * AROUND));
            let (before, inside) = (order.decode(&bytes[from..span.start]), order.decode(&bytes[span.clone()]));
            let text = format!("{before}{inside}{}", order.decode(&bytes[span.end..to]));
            let narrow = before.len()..before.len() + inside.len();
            let shown = Self::default().span(text.as_bytes(), narrow);
            let bytes = self.offset + span.start as u64..self.offset + span.end as u64;
            return PayloadPlace { bytes, line: at.line, column: at.column, ..shown };
        }
        let at = self.lines.at(bytes, span.start);
        let far = span.start.saturating_sub(AROUND);
        let from = memchr::memrchr(b'\n', &bytes[far..span.start]).map_or(far, |newline| far + newline + 1);
        let near = bytes.len().min(span.end + AROUND);
        let to = memchr::memchr(b'\n', &bytes[span.end..near]).map_or(near, |newline| span.end + newline);
        let to = if bytes[..to].ends_with(b"\r") && to > span.end { to - 1 } else { to };
        let mark_end = memchr::memchr(b'\n', &bytes[span.clone()]).map_or(span.end, |newline| span.start + newline);
        PayloadPlace {
            bytes: self.offset + span.start as u64..self.offset + span.end as u64,
            line: at.line,
            column: at.column,
            excerpt: Some(Excerpt::new(&bytes[from..to.max(mark_end)], span.start - from..mark_end - from)),
            ..PayloadPlace::default()
        }
    }

    /// A record; where a field of it is meant that is not there, `field` names it.
    #[must_use]
    pub fn record(&self, layout: &Layout, tree: &Tree, bytes: &[u8], index: SegmentIndex, field: u16) -> PayloadPlace {
        let Some(segment) = tree.segments.get(index as usize) else { return self.whole() };
        let field = layout.record(segment.tag).map(|record| layout.path(record, field));
        let (start, end) = (segment.start as usize, segment.end as usize);
        // Of a whole record only its beginning is marked: a line of carets tells nobody anything.
        let bytes_of_it = self.offset + start as u64..self.offset + end as u64;
        PayloadPlace { field, bytes: bytes_of_it, ..self.span(bytes, start..start + 1) }
    }

    /// A field, by its number in the tree.
    #[must_use]
    pub fn field(&self, layout: &Layout, tree: &Tree, bytes: &[u8], id: ElementId) -> PayloadPlace {
        let index = tree.segment_of(id);
        let Some(segment) = tree.segments.get(index as usize) else { return self.whole() };
        let position = (id - segment.first_element) as u16 + 1;
        let (start, end) = tree.raw_span(id);
        if (start, end) == (0, 0) && tree.elements[id as usize].is_empty() {
            return self.record(layout, tree, bytes, index, position);
        }
        let field = layout.record(segment.tag).map(|record| layout.path(record, position));
        PayloadPlace { field, ..self.span(bytes, start as usize..end as usize) }
    }
}

impl Layout {
    /// A field as places name it: `line.quantity`, of an XML file the path of its element; position 0 is the record.
    pub(super) fn path(&self, record: usize, position: u16) -> String {
        let Syntax::Xml(xml) = &self.syntax else { return self.designator(record, position) };
        let mut path = xml.path_of(record);
        if let Some(field) = self.records[record].fields.get(usize::from(position).wrapping_sub(1)) {
            path = format!("{path}/{}", field.name);
        }
        path
    }
}
