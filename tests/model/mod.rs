//! A small model of the gateway, written from its manual, and a player that does the same to both.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

pub(crate) mod ledger;
pub(crate) mod steps;
pub(crate) mod texts;
pub(crate) mod world;
