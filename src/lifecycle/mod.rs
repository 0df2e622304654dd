//! States of payloads, documents and deliveries, which move may follow which, and the rules of numbers, duplicates and
//! retries that the gateway keeps.
//!
//! Pure: what is in the store comes in as values, time is an argument. `store` keeps the words, `pipeline` and `operation`
//! ask here before they move anything.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod circuit;
mod control_number;
mod duplicate;
mod retry;
mod states;

pub use answer::{AnswerState, OVERDUE, Wait, wait};
pub use circuit::{LONGEST_WAIT, circuit_is_open, is_given_up, wait_for_server};
pub use control_number::{Numbers, Range, Template};
pub use duplicate::{Earlier, InSpite, Verdict, verdict};
pub use retry::{is_due, wait_before};
pub use states::{DeliveryState, DocumentState, Order, PayloadState, Refusal};
