//! Crossdock translates a distributor's EDI traffic with its warehouses: X12 in, canonical JSON out, and back.
//!
//! Read top to bottom, the modules are the house of `docs/ARCHITECTURE.md`: each may use only those above it
//! (`tests/architecture.rs` holds that), and everything above `catalog` is pure: bytes and values in, values and
//! diagnostics out.

// Pure: no file, socket, clock, randomness or database.
pub mod diagnostic;

pub mod source;
pub mod tree;

pub mod expression;

pub mod x12;

pub mod layout;

pub mod archive;

pub mod canonical;

pub mod mapping;

pub mod partner;

pub mod lifecycle;

pub mod translation;

pub mod comparison;

// Opens files.
pub mod catalog;

// The gateway: what is durable, how files come and go, what is done with them, what people order.
pub mod store;

pub mod transport;

pub mod pipeline;

pub mod operation;

pub mod gateway;

// What people type.
pub mod cli;
