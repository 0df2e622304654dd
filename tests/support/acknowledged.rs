//! How the walkers of fixtures answer what they read: everything, in the newest form, a segment a line.

use crossdock::partner::{Acknowledge, InterchangeWhen};
use crossdock::translation::Answering;
use crossdock::x12::acknowledgment::Form;
use crossdock::x12::delimiters::{Delimiters, LineEnd};

/// 997, or 999 from 005010 on, and TA1.
pub(crate) fn in_full() -> Answering {
    let delimiters = Delimiters { line_end: LineEnd::LineFeed, ..Delimiters::default() };
    let acknowledge =
        Acknowledge { with: Form::Implementation, interchange: InterchangeWhen::Always, ..Acknowledge::default() };
    Answering { acknowledge, delimiters, ..Answering::default() }
}
