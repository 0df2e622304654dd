//! Tables of codes and words.

use std::collections::BTreeMap;

/// A table of codes and words.
#[derive(Debug)]
pub(in crate::mapping) struct CodeTable {
    pub(in crate::mapping) name: String,
    /// Word of each code, by code.
    pub(in crate::mapping) words: BTreeMap<String, String>,
    /// Code to write for each word, by word.
    pub(in crate::mapping) codes: BTreeMap<String, String>,
    pub(in crate::mapping) unknown: Unknown,
    /// File and line where it stands, such as `mappings/tables/common.toml:87`.
    pub(in crate::mapping) line: String,
    /// The codes that [`packed`] can pack, in its order, with their words: nearly all, and quickly found.
    short: Vec<(u64, String)>,
}

/// What a code that no table row names becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mapping) enum Unknown {
    /// A diagnostic that stops the document.
    Refuse,
    /// It is kept: in the field's `_code` sibling, or as it stands.
    Keep,
}

impl CodeTable {
    pub(in crate::mapping) fn new(
        name: String,
        words: BTreeMap<String, String>,
        codes: BTreeMap<String, String>,
        unknown: Unknown,
        line: String,
    ) -> Self {
        let packed = |(code, word): (&String, &String)| Some((packed(code)?, word.clone()));
        let mut short: Vec<(u64, String)> = words.iter().filter_map(packed).collect();
        short.sort_unstable();
        Self { name, words, codes, unknown, line, short }
    }

    /// The word of a code.
    pub(in crate::mapping) fn word(&self, code: &str) -> Option<&str> {
        let Some(packed) = packed(code) else { return self.words.get(code).map(String::as_str) };
        let at = self.short.binary_search_by_key(&packed, |(code, _)| *code).ok()?;
        Some(&self.short[at].1)
    }

    /// The code to write for a word.
    pub(in crate::mapping) fn code(&self, word: &str) -> Option<&str> {
        self.codes.get(word).map(String::as_str)
    }
}

/// A code of at most eight bytes as one number, no two alike; `None` for a longer one, or one that begins with a NUL.
#[inline]
fn packed(code: &str) -> Option<u64> {
    let fits = code.len() <= 8 && code.as_bytes().first() != Some(&0);
    fits.then(|| code.bytes().fold(0, |packed, byte| packed << 8 | u64::from(byte)))
}
