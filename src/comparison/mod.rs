//! Two ways of translating compared: what a document becomes by each, field by field or segment by segment, and many
//! differences gathered into classes that a person can read and approve.
//!
//! Knows what both ways made of one document, not how they came to it: `operation` translates, commands print.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod approved;
mod classes;
mod document;
mod fields;
mod html;
mod json;
mod remarks;
mod written;

pub use approved::{Approval, Approved};
pub use classes::{CLASSES_LIMIT, Class, ClassKey, Classes, Example, LineText};
pub use document::{Side, compare};
pub use html::{Heading, page};
pub use json::{change_json, class_json};
pub use remarks::compare_remarks;
pub use written::{WrittenSegment, WrittenSide, compare_written, segments};

/// What becomes of a field, an element, a diagnostic or a document when it is translated the new way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The document was translated, and is not any more.
    Fails,
    /// The document was not translated, and is now.
    Passes,
    /// The document becomes an object of another type.
    Retyped,
    /// The same place of the document goes to another field.
    Moved,
    /// There was a value, and there is none.
    Removed,
    /// There was no value, and there is one.
    Added,
    /// The value is another one.
    Changed,
    /// The entries of a list come in another order.
    Reordered,
    /// A diagnostic is not told any more.
    Goes,
    /// A diagnostic is told that was not.
    Comes,
    /// A diagnostic is told in other words.
    Reworded,
}

impl Kind {
    /// Is it about something that is told?
    #[must_use]
    pub fn is_remark(self) -> bool {
        matches!(self, Kind::Goes | Kind::Comes | Kind::Reworded)
    }

    /// All of them.
    pub const ALL: [Kind; 11] = [
        Kind::Fails,
        Kind::Passes,
        Kind::Retyped,
        Kind::Moved,
        Kind::Removed,
        Kind::Added,
        Kind::Changed,
        Kind::Reordered,
        Kind::Goes,
        Kind::Comes,
        Kind::Reworded,
    ];

    /// The word for machines, and for the file of what is approved.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Fails => "fails",
            Kind::Passes => "passes",
            Kind::Retyped => "retyped",
            Kind::Moved => "moved",
            Kind::Removed => "removed",
            Kind::Added => "added",
            Kind::Changed => "changed",
            Kind::Reordered => "reordered",
            Kind::Goes => "goes",
            Kind::Comes => "comes",
            Kind::Reworded => "reworded",
        }
    }

    /// What it is for people, as the predicate of its subject: `lines.lot` `is added`.
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Kind::Fails => "is the first error of documents that fail now",
            Kind::Passes => "was the first error of documents that pass now",
            Kind::Retyped => "becomes another object",
            Kind::Moved => "goes to another field",
            Kind::Removed => "is removed",
            Kind::Added => "is added",
            Kind::Changed => "is changed",
            Kind::Reordered => "comes in another order",
            Kind::Goes => "is not told any more",
            Kind::Comes => "is told now",
            Kind::Reworded => "is told in other words",
        }
    }
}

/// A value on one side, or what was told there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The value as JSON, the text of an element, or the message of a diagnostic.
    pub value: String,
    /// Is it JSON?
    pub json: bool,
    /// Its place in the document, such as `N902[N901=BT]`; of an element of ours, the field that stands there.
    pub place: Option<String>,
    /// Its first byte in the document.
    pub byte: Option<u64>,
    /// The mapping's line, such as `mappings/base/945.toml:41`.
    pub line: Option<String>,
    /// The code table by which it was made.
    pub codes: Option<String>,
}

/// One difference of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What becomes of it.
    pub kind: Kind,
    /// What it is of all documents alike: a field without the numbers of entries, `lines.lot`; of a value that moves, both:
    /// `lines.status_code to lines.status`; an element, `W1203`; the code of a diagnostic with its place, `x12.code W1201`;
    /// of a document, the code of its first error.
    pub subject: String,
    /// What it is in this document: a field with the numbers of entries; a segment's position with its element.
    pub path: String,
    /// The old way.
    pub before: Option<Told>,
    /// The new way.
    pub after: Option<Told>,
}
