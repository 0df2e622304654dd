//! What a translation knows besides the document and the plan: zone, character set, who sends, and where elements stand.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::given::Given;
use crate::diagnostic::PayloadPlace;
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Separators, Tree};

/// The surroundings of one document.
pub struct Context<'a> {
    /// Zone of times that name none: the partner's.
    pub zone: TimeZone,
    /// Character set of the partner's bytes.
    pub charset: &'a Charset,
    /// True when we are the seller in the sense of element 66, which decides whose numbers 91 and 92 are.
    pub we_sell: bool,
    /// Separators inside elements, for writing.
    pub separators: Separators,
    /// All delimiters in use: characters that data must not hold, for writing.
    pub delimiters: &'a [u8],
    /// What is handed in besides.
    pub given: &'a Given,
    /// How many documents were written before this one: their numbers are taken.
    pub before: u64,
    /// Where an element stands, for diagnostics on reading.
    pub place: &'a dyn Fn(&Tree, ElementId) -> PayloadPlace,
}

/// Words of scheme tables that become `assigned_by_us` or `assigned_by_them` by who is the seller.
const BY_SELLER: &str = "assigned_by_seller";
const BY_BUYER: &str = "assigned_by_buyer";
const BY_US: &str = "assigned_by_us";
const BY_THEM: &str = "assigned_by_them";

impl Context<'_> {
    pub(super) fn place(&self, tree: &Tree, element: ElementId) -> PayloadPlace {
        (self.place)(tree, element)
    }

    pub(super) fn decode<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        match std::str::from_utf8(bytes) {
            Ok(text) if *self.charset == Charset::Utf8 || text.is_ascii() => Cow::Borrowed(text),
            _ => self.charset.decode_lossy(bytes),
        }
    }

    /// Appends a text in the partner's character set.
    pub(super) fn encode(&self, text: &str, out: &mut Vec<u8>) {
        match text.is_ascii() {
            // Below 0x80 all sets are ASCII.
            true => out.extend_from_slice(text.as_bytes()),
            false => out.extend_from_slice(&self.charset.encode(text).unwrap_or(text.as_bytes().into())),
        }
    }

    /// A scheme word as the canonical object has it: `assigned_by_seller` is us or them.
    pub(super) fn role_word<'w>(&self, word: &'w str) -> &'w str {
        match (word, self.we_sell) {
            (BY_SELLER, true) | (BY_BUYER, false) => BY_US,
            (BY_SELLER, false) | (BY_BUYER, true) => BY_THEM,
            _ => word,
        }
    }

    /// The inverse of [`Context::role_word`].
    pub(super) fn scheme_word<'w>(&self, key: &'w str) -> &'w str {
        match (key, self.we_sell) {
            (BY_US, true) | (BY_THEM, false) => BY_SELLER,
            (BY_US, false) | (BY_THEM, true) => BY_BUYER,
            _ => key,
        }
    }
}
