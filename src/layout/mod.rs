//! Files of records and fields: delimited (CSV and its kind), of fixed width, and XML.
//!
//! A [`Layout`] is a partner's file described by a person, `mappings/layouts/NAME.toml`. It compiles to a
//! [`Grammar`], so that the same mappings read and write it: a record is a segment there, a field an element, known by
//! their names. [`Reader`] finds the documents in a file, one after the other; [`Writer`] makes a file of documents;
//! [`check`] holds a document against its layout.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod builder;
mod change;
mod check;
mod file;
mod grammar;
mod place;
mod reader;
mod schema;
mod wide;
mod writer;
mod xml_names;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, FieldPlace, codes};
use crate::tree::charset::Charset;
use crate::tree::{ElementType, Grammar, ItemId, Tag, Tree};

pub use change::Draft;
pub use check::check;
pub use place::DocumentContext;
pub use reader::{Ending, Reader, Step};
pub use schema::schema;
pub use writer::Writer;

use xml_names::Xml;

/// A kind of file.
#[derive(Debug)]
pub struct Layout {
    /// Such as `flat/harbor-orders`.
    pub name: String,
    /// For people, such as `Shipment confirmation`.
    pub title: String,
    /// The records and fields as mappings see them; those outside documents are not in it.
    pub grammar: Arc<Grammar>,
    /// The character set of the file, where the layout says it.
    pub charset: Option<Charset>,
    syntax: Syntax,
    records: Vec<Record>,
    /// The record that begins a document; none: the file is one document.
    document: Option<usize>,
}

/// How records and fields are written.
#[derive(Debug)]
enum Syntax {
    Lines(Lines),
    Xml(Xml),
}

/// A file of lines: each line is a row.
#[derive(Debug)]
struct Lines {
    form: Form,
    rows: Vec<Row>,
    /// Behind each line that we write; empty where none stands between the records.
    line_end: &'static str,
    /// Rows of one document may stand apart, in a file of at most so many.
    apart: Option<usize>,
}

/// How a line holds its columns.
#[derive(Debug)]
enum Form {
    Delimited {
        delimiter: u8,
        quote: Option<u8>,
        /// Does the first line name the columns?
        header: bool,
        /// The column, 1-based, that says which record a line is.
        record_type: Option<u16>,
    },
    Fixed {
        /// The positions of a line, 0-based, that say which record it is.
        record_type: Option<Range<usize>>,
        /// Positions of each record, where it has all of them.
        length: Option<usize>,
    },
}

/// A kind of line.
#[derive(Debug)]
struct Row {
    /// What it says in the place of the record type.
    code: Option<String>,
    columns: Vec<Column>,
    /// The records that it holds, from the outside in; the last is its own.
    levels: Vec<usize>,
}

/// A column of a row.
#[derive(Debug)]
struct Column {
    /// Index of its record in [`Layout::records`], and its position in it, 1-based; [`RECORD_TYPE`] for what says which record
    /// the line is.
    record: usize,
    position: u16,
    /// What the header line calls it, and whether that may lack it.
    title: String,
    optional: bool,
    /// Of fixed width: positions of the line, 0-based.
    at: Range<usize>,
    pad: u8,
    right: bool,
    /// Of fixed width: what it holds.
    kind: ElementType,
    /// What we write there, where it is no field.
    fill: Option<Fill>,
}

/// What stands in a place of its own accord: mappings do not see it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fill {
    Text(String),
    /// The number of its record in the document, the document's own record not counted.
    Number,
    /// The number of the last of these records.
    NumberOf(usize),
    /// A field of a record around, or before it.
    Field(usize, u16),
}

impl Column {
    /// The column that says which record its line is; its place is still to be said.
    fn record_type() -> Self {
        Self {
            record: RECORD_TYPE,
            position: 0,
            title: String::new(),
            optional: false,
            at: 0..0,
            pad: b' ',
            right: false,
            kind: ElementType::Text,
            fill: None,
        }
    }
}

/// Stands for the record of a column that is no field: it says which record its line is, or is filled of its own accord.
const RECORD_TYPE: usize = usize::MAX;

/// A record.
#[derive(Debug)]
struct Record {
    name: String,
    tag: Tag,
    /// Its segment in the grammar, and the loop that it opens if it has records inside or is said to be one.
    item: ItemId,
    opens: Option<ItemId>,
    /// Does it open a loop though it has none inside?
    is_loop: bool,
    /// The record around it; none: the document.
    parent: Option<usize>,
    required: bool,
    max: u32,
    outside: Option<Outside>,
    fields: Vec<Field>,
}

/// Where a record stands that belongs to the file, not to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outside {
    /// Before the first document.
    Before,
    /// Behind the last: a file without it is not whole.
    After,
}

/// A field.
#[derive(Debug)]
struct Field {
    name: Arc<str>,
    required: bool,
    /// Most characters; 0: no stated limit.
    max: u32,
    /// Together these tell one occurrence of the record from the next, where it is a level of a row.
    key: bool,
    /// Of a record outside documents: its text when we write it.
    constant: Option<String>,
    /// Of a record behind the documents: what it counts.
    counts: Option<Counts>,
}

impl Field {
    /// Is it a key that each row must say? A blank one of others goes on with the record before.
    fn is_in_each_row(&self) -> bool {
        self.key && self.required
    }
}

/// What a field of a trailer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Documents,
    /// All lines of the file, that of the count itself included.
    Lines,
    /// Occurrences of this record.
    Record(usize),
}

/// How much a file looks like one of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Its first line leaves out the last fields.
    Shorter,
    /// It begins as the layout has it.
    Whole,
}

/// The same for the same texts: blanks at the end of one mean nothing.
fn hash_of(texts: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.iter().for_each(|text| text.trim_ascii_end().hash(&mut hasher));
    hasher.finish()
}

/// A second document of one key in a file.
fn key_is_there() -> Diagnostic {
    let message = "the file holds a document with the same key already: both would be read as one";
    let remedy = "write each into a file of its own";
    Diagnostic::new(codes::LAYOUT_NO_ROOM, message, FieldPlace::default()).remedy(remedy)
}

impl Layout {
    fn record(&self, tag: Tag) -> Option<usize> {
        self.records.iter().position(|record| record.tag == tag)
    }

    /// Is `inner` the record `outer`, or does it stand somewhere in it?
    fn stands_in(&self, inner: usize, outer: usize) -> bool {
        std::iter::successors(Some(inner), |record| self.records[*record].parent).any(|record| record == outer)
    }

    /// Is it XML?
    #[must_use]
    pub fn is_xml(&self) -> bool {
        matches!(self.syntax, Syntax::Xml(_))
    }

    /// Is a file that breaks off known by what is missing at its end: its outermost element is not closed, or its trailer did
    /// not come?
    #[must_use]
    pub fn shows_its_end(&self) -> bool {
        self.is_xml() || self.trailer().is_some()
    }

    /// The record that stands behind all documents.
    fn trailer(&self) -> Option<&Record> {
        self.records.iter().find(|record| record.outside == Some(Outside::After))
    }

    /// Does a file hold one document only: the whole file, or its outermost element?
    #[must_use]
    pub fn holds_one(&self) -> bool {
        self.document.is_none() || matches!(&self.syntax, Syntax::Xml(xml) if xml.around.is_empty())
    }

    /// What tells a document from its neighbours where rows say again what it says, as a hash; `None` where its own record begins it.
    fn key(&self, tree: &Tree, bytes: &[u8]) -> Option<u64> {
        let document = &self.records[self.document?];
        let segment = tree.segments.iter().find(|segment| segment.tag == document.tag)?;
        let keys = (1..).zip(&document.fields).filter(|(_, field)| field.key);
        let texts: Vec<&[u8]> = keys.map(|(position, _)| tree.value(segment, position, bytes)).collect();
        (!texts.is_empty()).then(|| hash_of(&texts))
    }

    /// How a file that begins so looks like one of this layout: by the record type of its first line, the names of its columns,
    /// how many fields it has, or its outermost element.
    ///
    /// # Errors
    /// Why it does not, as what is said of the file.
    pub fn recognises(&self, beginning: &[u8]) -> Result<Likeness, String> {
        reader::recognises(self, beginning)
    }
}
