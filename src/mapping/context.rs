//! What a translation knows besides the document and the plan: zone, character set, who sends, and where elements stand.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::diagnostic::PayloadPlace;
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Separators, Tree};

/// The surroundings of one document.
pub struct Context<'a> {
    /// Zone of times that name none: the partner's.
    pub zone: TimeZone,
    /// Character set of the partner's bytes.
    pub charset: &'a Charset,
    /// True for a document that we send: it turns `assigned_by_us` and `assigned_by_them` round.
    pub sent_by_us: bool,
    /// Separators inside elements, for writing.
    pub separators: Separators,
    /// All delimiters in use: characters that data must not hold, for writing.
    pub delimiters: &'a [u8],
    /// Where an element stands, for diagnostics on reading.
    pub place: &'a dyn Fn(&Tree, ElementId) -> PayloadPlace,
}

const BY_SENDER: &str = "assigned_by_sender";
const BY_RECEIVER: &str = "assigned_by_receiver";
const BY_US: &str = "assigned_by_us";
const BY_THEM: &str = "assigned_by_them";

impl Context<'_> {
    pub(super) fn place(&self, tree: &Tree, element: ElementId) -> PayloadPlace {
        (self.place)(tree, element)
    }

    pub(super) fn decode<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Cow::Borrowed(text),
            _ => self.charset.decode_lossy(bytes),
        }
    }

    /// A scheme word as the canonical object has it: `assigned_by_sender` is us or them by who sends.
    pub(super) fn role_word<'w>(&self, word: &'w str) -> &'w str {
        match (word, self.sent_by_us) {
            (BY_SENDER, true) | (BY_RECEIVER, false) => BY_US,
            (BY_SENDER, false) | (BY_RECEIVER, true) => BY_THEM,
            _ => word,
        }
    }

    /// The inverse of [`Context::role_word`].
    pub(super) fn scheme_word<'w>(&self, key: &'w str) -> &'w str {
        match (key, self.sent_by_us) {
            (BY_US, true) | (BY_THEM, false) => BY_SENDER,
            (BY_US, false) | (BY_THEM, true) => BY_RECEIVER,
            _ => key,
        }
    }
}
