//! X12: its dictionary, and (in time) its lexer, envelope, validation and writer.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod dictionary;
