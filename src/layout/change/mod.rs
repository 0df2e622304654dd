//! A document that was read is made to say something else, and all of its bytes that say the same stay as they are.
//!
//! A mapping makes its changes on a [`Draft`]: the same records and fields, plainly written. What it has become is then laid over
//! the document's own bytes: records go, come, or have other fields, as the syntax of the file has them.

mod elements;
mod lines;
mod xml;

use crate::diagnostic::Diagnostics;
use crate::tree::charset::Charset;
use crate::tree::{Segment, SegmentIndex, Text, Tree};

use super::reader::{Reader, SyntaxState};
use super::wide::narrow;
use super::{Layout, Syntax, hash_of, key_is_there};

/// A document, plainly written: the identifier of each record, its number, its fields.
#[derive(Debug)]
pub struct Draft {
    /// The document's tree, its offsets counting in [`Draft::bytes`].
    pub tree: Tree,
    /// The records.
    pub bytes: Vec<u8>,
    /// What separates fields, ends records, and stands before their number. No text of the document holds them.
    pub delimiters: [u8; 3],
}

impl Draft {
    /// The document in `tree`, whose bytes are `bytes`; `None` when its texts use up all control characters.
    #[must_use]
    pub fn new(tree: &Tree, bytes: &[u8]) -> Option<Self> {
        // Of a document of UTF-16 all texts are the tree's own.
        let is_raw = tree.elements.iter().any(|text| !text.is_empty() && text.span().is_some());
        let holds = |byte: &u8| (is_raw && bytes.contains(byte)) || tree.made.contains(byte);
        let is_free = |byte: &u8| !byte.is_ascii_whitespace() && !holds(byte);
        let mut free = (1..b' ').filter(is_free);
        let delimiters @ [element, terminator, mark] = [free.next()?, free.next()?, free.next()?];
        let mut draft = Self { tree: tree.clone(), bytes: Vec::with_capacity(bytes.len()), delimiters };
        draft.tree.made.clear();
        draft.tree.unescaped.clear();
        for (index, segment) in tree.segments.iter().enumerate() {
            let (own, out) = (&mut draft.tree.segments[index], &mut draft.bytes);
            own.start = out.len() as u32;
            out.extend_from_slice(segment.tag.to_string().as_bytes());
            out.push(mark);
            out.extend_from_slice(index.to_string().as_bytes());
            for position in 1..=segment.element_count {
                out.push(element);
                let start = out.len() as u32;
                out.extend_from_slice(tree.value(segment, position, bytes));
                let id = segment.first_element + u32::from(position) - 1;
                draft.tree.elements[id as usize] = Text::raw(start, out.len() as u32);
            }
            own.end = out.len() as u32;
            out.push(terminator);
        }
        Some(draft)
    }

    /// The records of a draft that was changed.
    pub(super) fn entries<'d>(&self, layout: &Layout, changed: &'d [u8]) -> Vec<Entry<'d>> {
        let [element, terminator, mark] = self.delimiters;
        let names: Vec<String> = layout.records.iter().map(|record| record.tag.to_string()).collect();
        let entry = |text: &'d [u8]| {
            let mut parts = text.split(|byte| *byte == element);
            let mut head = parts.next()?.split(|byte| *byte == mark);
            let record = head.next().and_then(|name| names.iter().position(|known| known.as_bytes() == name))?;
            let from = head.next().and_then(|number| std::str::from_utf8(number).ok()?.parse().ok());
            let mut values: Vec<&[u8]> = parts.collect();
            values.resize(layout.records[record].fields.len(), b"");
            Some(Entry { record, from, values })
        };
        changed.split(|byte| *byte == terminator).filter_map(entry).collect()
    }
}

impl Reader {
    /// The document read last, which is in `tree` and has these `bytes`, made to say what its draft was `changed` to. Where a diagnostic
    /// is an error, a value could not be written.
    #[must_use]
    pub fn rewrite(
        &self,
        (tree, bytes): (&Tree, &[u8]),
        (draft, changed): (&Draft, &[u8]),
        charset: Charset,
        diagnostics: &mut Diagnostics,
    ) -> Vec<u8> {
        if let Some(wide) = &self.wide {
            let text = wide.order.decode(bytes);
            let tree = narrow(tree, &text);
            let new = self.rewritten((&tree, text.as_bytes()), (draft, changed), charset, diagnostics);
            return wide.order.encode(&String::from_utf8_lossy(&new));
        }
        self.rewritten((tree, bytes), (draft, changed), charset, diagnostics)
    }

    fn rewritten(
        &self,
        (tree, bytes): (&Tree, &[u8]),
        (draft, changed): (&Draft, &[u8]),
        charset: Charset,
        diagnostics: &mut Diagnostics,
    ) -> Vec<u8> {
        let layout = self.layout();
        let (entries, old) = (draft.entries(layout, changed), Old { tree, bytes });
        match (&layout.syntax, &self.syntax) {
            (Syntax::Lines(lines), SyntaxState::Lines(state)) => {
                let key = new_key(layout, &entries);
                if key != layout.key(tree, bytes) && key.is_some_and(|key| state.keys.contains(&key)) {
                    diagnostics.push(key_is_there());
                }
                let (header, width) = (state.header.as_deref(), state.names.len());
                lines::LinesChange { layout, lines, header, width, charset, old, entries: &entries }.write(diagnostics)
            }
            (Syntax::Xml(xml), SyntaxState::Xml(state)) => {
                let charsets = (charset, self.written(bytes));
                xml::XmlChange::new(layout, xml, state.names.clone(), charsets, old, &entries).write(diagnostics)
            }
            _ => bytes.to_vec(),
        }
    }
}

/// The key of the changed document, as [`Layout::key`] gives that of a tree.
fn new_key(layout: &Layout, entries: &[Entry<'_>]) -> Option<u64> {
    let document = layout.document?;
    let entry = entries.iter().find(|entry| entry.record == document)?;
    let keys = layout.records[document].fields.iter().zip(&entry.values).filter(|(field, _)| field.key);
    let texts: Vec<&[u8]> = keys.map(|(_, value)| *value).collect();
    (!texts.is_empty()).then(|| hash_of(&texts))
}

/// A record of the changed document.
#[derive(Debug)]
pub(super) struct Entry<'d> {
    pub(super) record: usize,
    /// The segment that it was; none: it is new.
    pub(super) from: Option<SegmentIndex>,
    pub(super) values: Vec<&'d [u8]>,
}

/// The document as it was.
#[derive(Clone, Copy)]
pub(super) struct Old<'a> {
    pub(super) tree: &'a Tree,
    pub(super) bytes: &'a [u8],
}

impl Old<'_> {
    fn segment(&self, index: SegmentIndex) -> &Segment {
        &self.tree.segments[index as usize]
    }

    /// Does the record say the same at 1-based `position` as the segment does?
    fn says(&self, index: SegmentIndex, entry: &Entry<'_>, position: u16) -> bool {
        self.tree.value(self.segment(index), position, self.bytes) == entry.values[usize::from(position) - 1]
    }
}
