//! What an element says: its length, codes, pattern and value.

use super::super::picture::Picture;
use super::super::plan::Demand;
use super::super::syntax::{At, Entry, Word};
use super::{Compiler, FORM, Said, shown, span};
use crate::diagnostic::codes;
use crate::source::Value;
use crate::tree::{ElementType, ElementUse};
use crate::x12::codes::{DocumentCodes, Known};
use crate::x12::dictionary::release_for;

impl Compiler<'_, '_> {
    pub(super) fn element_words(&mut self, entry: &Entry, path: &str, element: &ElementUse, said: &mut Said) {
        if element.kind == ElementType::Composite {
            return;
        }
        let policy = self.policy(entry, path, FORM);
        let mut length = (element.min, element.max);
        if let Some(word) = entry.word("length")
            && let Some((least, most)) = self.length(word, entry, path, element)
        {
            length = (least, most);
            said.demands.push((Demand::Length(least, most), policy, self.rule_text(&word.key_at, entry)));
        }
        if let Some(word) = entry.word("codes") {
            let codes = self.codes(word, path, Some(element), false);
            if !codes.is_empty() {
                said.demands.push((Demand::Codes(codes), policy, self.rule_text(&word.key_at, entry)));
            }
        }
        let pictures = entry.word("pattern").map_or_else(Vec::new, |word| self.pictures(word, path, length));
        for word in ["value", "default"].into_iter().filter_map(|key| entry.word(key)) {
            let Some(text) = self.text(word, path).map(str::to_owned) else { continue };
            if self.unfit(&text, said, &pictures, length).is_some_and(|why| {
                let message = format!("`{path}.{}` is `{text}`, which {why}", word.key);
                let remedy = "write a value that the guide itself allows, or widen what it allows";
                self.report(codes::GUIDE_CONTRADICTION, message, &word.at(), path, remedy);
                true
            }) {
                continue;
            }
            if word.key == "value" {
                said.demands.push((Demand::Value(text), policy, self.rule_text(&word.key_at, entry)));
            }
        }
        if let Some(word) = entry.word("pattern").filter(|_| !pictures.is_empty()) {
            said.demands.push((Demand::Pictures(pictures), policy, self.rule_text(&word.key_at, entry)));
        }
    }

    /// Why a value cannot be one of the element.
    fn unfit(&self, text: &str, said: &Said, pictures: &[Picture], (least, most): (u32, u32)) -> Option<String> {
        let count = text.chars().count() as u32;
        if count < least || count > most {
            return Some(format!("has {count} characters, {} are allowed", span(least, most)));
        }
        if said.allowed().is_some_and(|codes| !codes.contains(&text)) {
            return Some("is none of the codes it allows".into());
        }
        let fits = pictures.is_empty() || pictures.iter().any(|picture| picture.holds(text));
        (!fits).then(|| "does not look like its pattern".into())
    }

    fn length(&mut self, word: &Word, entry: &Entry, path: &str, element: &ElementUse) -> Option<(u32, u32)> {
        let read = match &word.node.value {
            Value::Text(text) => text
                .split_once('/')
                .and_then(|(least, most)| Some((least.trim().parse().ok()?, most.trim().parse().ok()?))),
            _ => None,
        };
        let Some((least, most)) = read.filter(|(least, most): &(u32, u32)| least <= most && *most > 0) else {
            let message = format!(
                "`{path}.length` must be least and most, as guides print them, here it is {}",
                shown(&word.node.value)
            );
            let remedy = format!("write it in quotes, such as length = \"{}/{}\"", element.min, element.max);
            self.report(codes::FILE_WRONG_VALUE, message, &word.at(), path, remedy);
            return None;
        };
        if least < element.min || most > element.max {
            let (min, max) = (element.min, element.max);
            let message =
                format!("`{}` has {min}/{max} in {}, `{least}/{most}` is wider", entry.key, self.grammar.name);
            self.report(
                codes::GUIDE_WIDER,
                message,
                &word.at(),
                path,
                format!("stay within {min}/{max}: a guide narrows the standard"),
            );
            return None;
        }
        Some((least, most))
    }

    /// The codes of a word with their meanings; those that the standard's list lacks are `extra`.
    pub(super) fn codes(
        &mut self,
        word: &Word,
        path: &str,
        element: Option<&ElementUse>,
        extra: bool,
    ) -> Vec<(String, String)> {
        let Value::Table(table) = &word.node.value else {
            let message = format!("`{path}.{}` must be a table, here it is {}", word.key, word.node.value.kind());
            let remedy = format!("write the codes with what they mean: {} = {{ SF = \"Ship from\" }}", word.key);
            self.report(codes::FILE_WRONG_TYPE, message, &word.at(), path, remedy);
            return Vec::new();
        };
        let mut read = Vec::new();
        for entry in &table.entries {
            let at = At { file: word.key_at.file, span: entry.key_span.clone() };
            let Value::Text(meaning) = &entry.node.value else {
                let message = format!(
                    "`{path}.{}.{}` must be what the code means, here it is {}",
                    word.key,
                    entry.key,
                    entry.node.value.kind()
                );
                self.report(codes::FILE_WRONG_TYPE, message, &at, path, format!("write {} = \"...\"", entry.key));
                continue;
            };
            let code = (entry.key.clone(), meaning.clone());
            if let Some(element) = element {
                let count = entry.key.chars().count() as u32;
                if count < element.min || count > element.max {
                    let message = format!(
                        "`{}` cannot be a code of {}: it has {count} characters, {} to {} are allowed",
                        entry.key, element.name, element.min, element.max
                    );
                    let remedy = "write the code as it stands in the documents, with its zeros";
                    self.report(codes::GUIDE_UNKNOWN_CODE, message, &at, path, remedy);
                    continue;
                }
                let known = self.standard().look_up(&element.number, &entry.key);
                match known {
                    Known::NotInList | Known::OtherRelease(_) if !extra => {
                        let release = self.standard().release;
                        let message = format!(
                            "`{}` is not in the standard's list of {} ({})",
                            entry.key, element.name, element.number
                        );
                        let remedy = format!(
                            "if the partner does send it, write it under `extra_codes`; else compare the list of {release}"
                        );
                        self.report(codes::GUIDE_UNKNOWN_CODE, message, &at, path, remedy);
                        continue;
                    }
                    Known::Named(_) | Known::Unnamed if extra => {
                        let message = format!(
                            "`{}` is in the standard's list of {} ({}) already",
                            entry.key, element.name, element.number
                        );
                        self.report(codes::GUIDE_NO_EFFECT, message, &at, path, "write it under `codes`, or remove it");
                    }
                    _ => {}
                }
            }
            read.push(code);
        }
        read
    }

    fn standard(&self) -> DocumentCodes<'static> {
        let release = self.grammar.name.split('/').nth(1).unwrap_or_default();
        DocumentCodes::standard(release_for(release).0)
    }

    fn pictures(&mut self, word: &Word, path: &str, (least, most): (u32, u32)) -> Vec<Picture> {
        let texts: Vec<(String, At)> = match &word.node.value {
            Value::Text(text) => vec![(text.clone(), word.at())],
            Value::List(list) => list
                .iter()
                .filter_map(|node| match &node.value {
                    Value::Text(text) => Some((text.clone(), At { file: word.key_at.file, span: node.span.clone() })),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        if texts.is_empty() {
            let message =
                format!("`{path}.pattern` must be a text or a list of texts, here it is {}", word.node.value.kind());
            self.report(
                codes::FILE_WRONG_TYPE,
                message,
                &word.at(),
                path,
                "write what the value looks like: pattern = \"99999-9999\"",
            );
        }
        let mut pictures = Vec::new();
        for (text, at) in texts {
            let picture = match Picture::parse(&text) {
                Ok(picture) => picture,
                Err((problem, remedy)) => {
                    let message = format!("`{path}.pattern` is `{text}`, which {problem}");
                    self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
                    continue;
                }
            };
            let (short, long) = picture.lengths();
            if short > most as usize || long.is_some_and(|long| long < least as usize) {
                let message = format!("no value of {} characters looks like `{text}`", span(least, most));
                self.report(
                    codes::GUIDE_CONTRADICTION,
                    message,
                    &at,
                    path,
                    "compare the pattern with the element's length",
                );
                continue;
            }
            pictures.push(picture);
        }
        pictures
    }
}
