//! X12: delimiters, lexer, envelope, the standard's facts, checks of elements and structure, and writing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod acknowledgment;
mod bare;
pub mod codes;
pub mod delimiters;
pub mod dictionary;
pub mod envelope;
mod isa;
mod lexer;
pub mod limits;
pub mod place;
pub mod reader;
mod rule;
pub mod validate;
pub mod writer;
