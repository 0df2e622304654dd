//! Acknowledgments: what a partner is told of what it sent (997, 999, TA1), and what it says of what we sent.
//!
//! [`answer()`] gives each diagnostic the code that the standard has for it. [`Response`] writes the answer to one
//! interchange while it is read, set by set; [`InterchangeResponse`] is the TA1. [`received()`] reads what a partner
//! answers. Knows nothing of partners, files and times: those are arguments.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod fit;
mod received;
mod response;
mod ta1;
mod weighed;

pub use answer::{Answer, answer, answer_words, is_answered};
pub use fit::{echo, fit};
pub use received::{ReceivedElement, ReceivedGroup, ReceivedSegment, ReceivedSet, Verdict, advised, received};
pub use response::{Detail, Form, Response, SetFacts};
pub use ta1::{InterchangeResponse, is_refusal};
pub use weighed::Weighed;
