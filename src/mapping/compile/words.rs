//! Reads the words of a line or table: texts, lists of texts, numbers; and reports words that nothing reads.

use crate::diagnostic::codes;
use crate::mapping::syntax::{At, Entry, Item, is_false};
use crate::source::{Node, Value};

use super::Compiler;
use super::names::suggestion;

/// Words of a line.
pub(in crate::mapping) const LINE_WORDS: [&str; 31] = [
    "at",
    "first",
    "list",
    "each",
    "rest",
    "const",
    "levels",
    "scheme",
    "unit",
    "codes",
    "absent",
    "default",
    "zone",
    "zero",
    "write",
    "way",
    "type",
    "decimals",
    "format",
    "trim",
    "case",
    "chars",
    "fit",
    "zeros",
    "split",
    "part",
    "join",
    "units",
    "when",
    "document_key",
    "continues",
];

/// A text of the mapping, and where it stands.
pub(super) type Said<'e> = (&'e str, At);

/// The words of one line, read but not yet resolved.
pub(super) struct Words<'e> {
    pub(super) entries: &'e [Entry],
    /// Canonical path of the field.
    pub(super) path: &'e str,
    /// Where the field's key stands.
    pub(super) at: At,
    /// The line is only its place, `order_number = "W0602"`: it has no words.
    pub(super) place_alone: bool,
}

impl Words<'_> {
    pub(super) fn has(&self, word: &str) -> bool {
        entry(self.entries, word).is_some()
    }
}

/// The entry under a key.
pub(super) fn entry<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// The list under a key, and its file.
fn list_under<'e>(entries: &'e [Entry], key: &str) -> Option<(&'e [Node], usize)> {
    match &entry(entries, key)?.item {
        Item::Value(node, file) if let Value::List(list) = &node.value => Some((list, *file)),
        _ => None,
    }
}

impl Compiler<'_> {
    /// The text under a word.
    pub(super) fn word<'e>(&mut self, entries: &'e [Entry], word: &str, path: &str) -> Option<Said<'e>> {
        let entry = entry(entries, word)?;
        let at = entry.item.at();
        let kind = match &entry.item {
            Item::Value(node, _) => match &node.value {
                Value::Text(text) => return Some((text, self.token(&at, text))),
                other => other.kind(),
            },
            Item::Table(..) => "a table",
        };
        if is_false(&entry.item) {
            self.nothing_dropped(&format!("{path}.{word}"), &entry.key_at);
            return None;
        }
        // `order_number = 602`: a line that is only its place has no word `at`.
        let (message, remedy) = match self.written_at(&entry.key_at) == entry.key {
            true => (
                format!("`{word}` of `{path}` must be a text in quotes, here it is {kind}"),
                "write it in quotes: \"...\"",
            ),
            false => (
                format!("`{path}` must name a place in quotes, here it is {kind}"),
                "write segment and element in quotes, such as \"W0602\"",
            ),
        };
        self.report(codes::FILE_WRONG_TYPE, message, &at, path, remedy);
        None
    }

    /// The text of the file at a place.
    fn written_at(&self, at: &At) -> &str {
        self.written.files[at.file].text.get(at.span.clone()).unwrap_or_default()
    }

    /// The text, or the texts of a list, under a word.
    pub(super) fn words<'e>(&mut self, entries: &'e [Entry], word: &str, path: &str) -> Vec<Said<'e>> {
        let Some((list, file)) = list_under(entries, word) else {
            return self.word(entries, word, path).into_iter().collect();
        };
        let mut texts = Vec::new();
        for node in list {
            let at = At { file, span: node.span.clone() };
            match &node.value {
                Value::Text(text) => texts.push((text.as_str(), self.token(&at, text))),
                other => {
                    let message = format!("`{word}` of `{path}` takes texts in quotes, here is {}", other.kind());
                    self.report(codes::FILE_WRONG_TYPE, message, &at, path, "write it in quotes: \"...\"");
                }
            }
        }
        texts
    }

    /// The lists of texts in the list under a word; empty where it holds no lists.
    pub(super) fn lists_of_words<'e>(&mut self, entries: &'e [Entry], word: &str) -> Vec<Vec<Said<'e>>> {
        let Some((list, file)) = list_under(entries, word) else { return Vec::new() };
        if !list.iter().any(|node| matches!(node.value, Value::List(_))) {
            return Vec::new();
        }
        let inner = |node: &'e Node| match &node.value {
            Value::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let text = |node: &'e Node| match &node.value {
            Value::Text(text) => {
                let at = self.token(&At { file, span: node.span.clone() }, text);
                Some((text.as_str(), at))
            }
            _ => None,
        };
        let lists = list.iter().map(|node| inner(node).iter().filter_map(text).collect::<Vec<_>>());
        lists.filter(|texts| !texts.is_empty()).collect()
    }

    /// The whole number under a word: `None` when it is wrong, `Some(None)` when there is none.
    pub(super) fn integer(
        &mut self,
        words: &Words<'_>,
        word: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Option<i64>> {
        let Some(entry) = entry(words.entries, word) else {
            return Some(None);
        };
        if let Some(Value::Integer(number)) = entry.item.value()
            && range.contains(number)
        {
            return Some(Some(*number));
        }
        let (least, most) = (range.start(), range.end());
        let written = self.written_at(&entry.item.at());
        let message =
            format!("`{word}` of `{}` is {written}, it must be a whole number from {least} to {most}", words.path);
        let remedy = format!("write a number from {least} to {most}, without quotes");
        self.report(codes::FILE_WRONG_VALUE, message, &entry.item.at(), words.path, remedy);
        None
    }

    /// Is `true` said under a word? `None` when it is something else.
    pub(super) fn flag(&mut self, words: &Words<'_>, word: &str) -> Option<bool> {
        let Some(entry) = entry(words.entries, word) else { return Some(false) };
        if entry.item.value() == Some(&Value::Boolean(true)) {
            return Some(true);
        }
        let written = self.written_at(&entry.item.at());
        let message = format!("`{word}` of `{}` is {written}, it can only be true", words.path);
        let remedy = format!("write `{word} = true`, or remove it");
        self.report(codes::FILE_WRONG_VALUE, message, &entry.item.at(), words.path, remedy);
        None
    }

    /// One of some words under a word; `None` when it is wrong, `Some(None)` when there is none.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        entries: &[Entry],
        word: &str,
        choices: &[(&str, T)],
        path: &str,
    ) -> Option<Option<T>> {
        if entry(entries, word).is_none() {
            return Some(None);
        }
        let (text, at) = self.word(entries, word, path)?;
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(Some(*choice));
        }
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let message = format!("`{word}` of `{path}` is `{text}`, it can be {}", either(&names));
        let known = choices.iter().map(|(name, _)| *name);
        let remedy = suggestion(text, known, &format!("write one of {}", names.join(", ")));
        self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
        None
    }

    /// Reports the words of a line that no line has; true when there are any.
    pub(super) fn unknown_words(&mut self, words: &Words<'_>) -> bool {
        let mut found = false;
        for entry in words.entries {
            let key = entry.key.as_str();
            if LINE_WORDS.contains(&key) {
                continue;
            }
            let message = format!("the line of `{}` has the word `{key}`, which no line has", words.path);
            let otherwise = format!("remove it; the words of a line are {}", LINE_WORDS.join(", "));
            let remedy = suggestion(key, LINE_WORDS, &otherwise);
            self.report(codes::FILE_UNKNOWN_KEY, message, &entry.key_at, words.path, remedy);
            found = true;
        }
        found
    }

    /// Reports a word of a line that does nothing there, where it stands.
    pub(super) fn no_effect(&mut self, words: &Words<'_>, word: &str, unless: bool, because: &str) {
        if let Some(entry) = entry(words.entries, word).filter(|_| !unless) {
            let message = format!("`{word}` has no effect on `{}`: {because}", words.path);
            let remedy = format!("remove `{word}`");
            self.report(codes::MAPPING_NO_EFFECT, message, &entry.key_at, words.path, remedy);
        }
    }
}

/// "a", "a or b", "a, b or c".
pub(super) fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
