//! Identifiers of segments and names of records, packed for quick comparison.

use std::fmt;
use std::sync::{PoisonError, RwLock};

/// A segment identifier of up to four ASCII characters, packed: `W12` is `0x57313200`. A longer name, as records of flat
/// and XML files have, is a number into a list of all such names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tag(pub u32);

/// The upper byte of a longer name; no identifier begins with this character.
const NAME: u32 = 1 << 24;
/// Longest identifier that is packed by [`Tag::of_name`]: no segment of the standard has more.
const SHORT: usize = 3;

/// The longer names. There are as many as people write into layouts and places of mappings, slips included; none is ever
/// dropped, so that a tag means the same name for good.
static NAMES: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

impl Tag {
    /// Packs up to four bytes; longer identifiers keep their first four (no grammar has such a segment, so it is not
    /// found, which is what is wanted).
    #[must_use]
    #[inline]
    pub fn new(identifier: &[u8]) -> Self {
        // By cases, not by copying: this stands in the innermost loop, and a copy of unknown length costs more there.
        Self(u32::from_be_bytes(match *identifier {
            [] => [0; 4],
            [a] => [a, 0, 0, 0],
            [a, b] => [a, b, 0, 0],
            [a, b, c] => [a, b, c, 0],
            [a, b, c, d, ..] => [a, b, c, d],
        }))
    }

    /// The tag of a segment or record as people write it.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        if name.len() <= SHORT && name.is_ascii() {
            return Self::new(name.as_bytes());
        }
        let found = |names: &[&str]| names.iter().position(|known| *known == name);
        let known = found(&NAMES.read().unwrap_or_else(PoisonError::into_inner));
        let number = known.unwrap_or_else(|| {
            let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
            found(&names).unwrap_or_else(|| {
                names.push(String::from(name).leak());
                names.len() - 1
            })
        });
        Self(NAME | number as u32)
    }

    fn name(self) -> Option<&'static str> {
        if self.0 & !(NAME - 1) != NAME {
            return None;
        }
        let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
        names.get((self.0 & (NAME - 1)) as usize).copied()
    }

    /// The characters of an identifier; of a longer name there are none.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        self.0.to_be_bytes().into_iter().filter(|byte| *byte != 0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name() {
            return f.write_str(name);
        }
        for byte in self.bytes() {
            write!(f, "{}", byte.escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn names_of_any_length_are_told_apart_and_shown() {
        let names = ["W12", "ST", "E1EDL24", "E1EDL20", "shipment_line", "line", "HEAD"];
        let tags = names.map(Tag::of_name);
        for (tag, name) in tags.iter().zip(names) {
            assert_eq!((tag.to_string(), Tag::of_name(name)), (name.to_owned(), *tag));
        }
        assert_eq!(Tag::of_name("W12"), Tag::new(b"W12"));
        assert_ne!(Tag::of_name("E1EDL24"), Tag::new(b"E1EDL24"));
    }
}
