//! The neutral, positioned document tree: what every syntax is read into and every mapping works on.
//!
//! A [`Grammar`] says which segments and loops a document may have; a [`Tree`] holds the segments, elements and loop
//! occurrences of one document as spans into its bytes, so that what nobody touched can be written back verbatim. The
//! tree knows no X12: a record of a flat or XML file is a segment here, its fields are the elements.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bits;
pub mod charset;
mod dates;
mod document;
mod grammar;
mod levels;
pub mod notes;
pub mod placement;
mod tag;

pub use bits::BitSet;
pub(crate) use dates::is_plain_date;
pub use document::{ElementId, LoopOccurrence, NONE, OccurrenceId, Segment, SegmentIndex, Separators, Text, Tree};
pub(crate) use grammar::Form;
pub use grammar::{
    Area, ElementType, ElementUse, Grammar, GrammarBuilder, Item, ItemId, ItemKind, KnownCode, Requirement,
    SegmentDefinition,
};
pub use levels::{DEEPEST, Level, LevelForm, Levels, Parent};
pub use tag::Tag;
