//! Text on its way into an element of the document: what the object or the plan says as it stands, or what was made of it.

use std::ops::Deref;

use crate::canonical::number;

/// Longest text that needs no memory of its own.
const SHORT: usize = 15;

/// The text of an element, or of one of its parts.
#[derive(Debug, Clone)]
pub(super) enum ElementText<'a> {
    /// A text of the object or of the plan.
    Borrowed(&'a str),
    /// The digits of a number, a date or a time.
    Short([u8; SHORT], u8),
    /// What is longer than that.
    Long(String),
}

impl ElementText<'_> {
    /// A whole number.
    pub(super) fn number(number: u64) -> Self {
        Self::ascii(number::written(number.into(), &mut [0; number::WIDTH]))
    }

    /// Its bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(text) => text.as_bytes(),
            Self::Short(bytes, length) => &bytes[..usize::from(*length)],
            Self::Long(text) => text.as_bytes(),
        }
    }

    /// Has it no character?
    pub(super) fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The text that ASCII bytes are.
    pub(super) fn ascii(bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match short.get_mut(..bytes.len()) {
            Some(room) if bytes.is_ascii() => {
                room.copy_from_slice(bytes);
                Self::Short(short, bytes.len() as u8)
            }
            _ => Self::Long(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

impl Deref for ElementText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Short(bytes, length) => std::str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }
}

impl Default for ElementText<'_> {
    fn default() -> Self {
        Self::Borrowed("")
    }
}

impl<'a> From<&'a str> for ElementText<'a> {
    fn from(text: &'a str) -> Self {
        Self::Borrowed(text)
    }
}

impl From<String> for ElementText<'_> {
    fn from(text: String) -> Self {
        Self::Long(text)
    }
}

impl PartialEq for ElementText<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for ElementText<'_> {}
