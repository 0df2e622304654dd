//! Makes a file of documents that a mapping has written.

pub(super) mod lines;
pub(super) mod xml;

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::tree::Tree;
use crate::tree::charset::Charset;

use super::{Counts, Field, Layout, Syntax, key_is_there};

/// Writes a file of one layout.
#[derive(Debug)]
pub struct Writer {
    layout: Arc<Layout>,
    charset: Charset,
    out: Vec<u8>,
    lines: u64,
    documents: u64,
    totals: Vec<u64>,
    /// The keys of its documents, as hashes.
    keys: HashSet<u64>,
}

impl Writer {
    /// Begins a file.
    #[must_use]
    pub fn new(layout: Arc<Layout>, charset: Charset) -> Self {
        let totals = vec![0; layout.records.len()];
        let mut writer =
            Self { layout, charset, out: Vec::new(), lines: 0, documents: 0, totals, keys: HashSet::new() };
        let layout = Arc::clone(&writer.layout);
        match &layout.syntax {
            Syntax::Lines(lines) => writer.begin_lines(&layout, lines),
            Syntax::Xml(xml) => writer.begin_xml(&layout, xml),
        }
        writer
    }

    /// The layout of what is written.
    #[must_use]
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// How many documents the file has.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Adds a document, whose texts are all [`Tree::made`]; false when it has a value that cannot be written, then nothing of it is in
    /// the file.
    pub fn document(&mut self, tree: &Tree, diagnostics: &mut Diagnostics) -> bool {
        let errors = diagnostics.errors();
        let (begin, lines) = (self.out.len(), self.lines);
        let layout = Arc::clone(&self.layout);
        if layout.holds_one() && self.documents > 0 {
            let message = format!("the file holds a document of {} already, there is room for one", layout.name);
            let found = Diagnostic::new(codes::LAYOUT_NO_ROOM, message, FieldPlace::default());
            diagnostics.push(found.remedy("write each into a file of its own"));
            return false;
        }
        if layout.key(tree, b"").is_some_and(|key| !self.keys.insert(key)) {
            diagnostics.push(key_is_there());
            return false;
        }
        match &layout.syntax {
            Syntax::Lines(rows) => self.lines(&layout, rows, tree, diagnostics),
            Syntax::Xml(xml) => self.xml(&layout, xml, tree, diagnostics),
        }
        let good = diagnostics.errors() == errors;
        if good {
            self.documents += 1;
            for segment in &tree.segments {
                if let Some(record) = layout.record(segment.tag) {
                    self.totals[record] += 1;
                }
            }
        } else {
            self.out.truncate(begin);
            self.lines = lines;
        }
        good
    }

    /// Ends the file and returns its bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let layout = Arc::clone(&self.layout);
        match &layout.syntax {
            Syntax::Lines(lines) => self.end_lines(&layout, lines),
            Syntax::Xml(xml) => self.end_xml(&layout, xml),
        }
        self.out
    }

    /// What stands in a field outside the documents.
    fn outside_text(&self, field: &Field) -> String {
        match field.counts {
            Some(Counts::Documents) => self.documents.to_string(),
            Some(Counts::Lines) => (self.lines + 1).to_string(),
            Some(Counts::Record(record)) => self.totals[record].to_string(),
            None => field.constant.clone().unwrap_or_default(),
        }
    }
}
