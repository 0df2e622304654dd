//! Code tables: `[codes.NAME]`, both ways.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::codes;
use crate::source::{Node, Value};

use super::super::plan::{CodeTable, Unknown};
use super::super::syntax::{At, Entry, Item};
use super::Compiler;

impl Compiler<'_> {
    pub(super) fn code_tables(&mut self) {
        for entry in &self.written.codes.clone() {
            let Item::Table(rows, _) = &entry.item else {
                let message = format!("`codes.{}` must be a table of codes and words", entry.key);
                self.report(codes::FILE_WRONG_TYPE, message, &entry.key_at, "codes");
                continue;
            };
            let table = self.code_table(&entry.key, rows);
            self.tables.push(table);
        }
    }

    fn code_table(&mut self, name: &str, rows: &[Entry]) -> CodeTable {
        let mut table = CodeTable {
            name: name.to_owned(),
            words: BTreeMap::new(),
            codes: BTreeMap::new(),
            unknown: Unknown::Refuse,
        };
        let mut several: HashMap<String, Vec<(String, bool, At)>> = HashMap::new();
        for row in rows {
            if row.key == "*" {
                table.unknown = self.unknown(name, row);
            } else if let Some((word, prefer)) = self.code_row(name, row) {
                table.words.insert(row.key.clone(), word.clone());
                several
                    .entry(word)
                    .or_default()
                    .push((row.key.clone(), prefer, row.key_at.clone()));
            }
        }
        let mut several: Vec<_> = several.into_iter().collect();
        several.sort_by(|a, b| a.0.cmp(&b.0));
        for (word, rows) in several {
            let preferred: Vec<_> = rows.iter().filter(|(_, prefer, _)| *prefer).collect();
            match (rows.as_slice(), preferred.as_slice()) {
                ([(code, ..)], _) | (_, [(code, ..)]) => {
                    table.codes.insert(word, code.clone());
                }
                ([.., (_, _, at)], _) => {
                    let all: Vec<&str> = rows.iter().map(|(code, ..)| code.as_str()).collect();
                    let message = format!(
                        "`codes.{name}`: several codes mean `{word}` ({}), and which to write is not said",
                        all.join(", ")
                    );
                    let diagnostic = self
                        .written
                        .diagnostic(
                            codes::MAPPING_CODE_NOT_INVERTIBLE,
                            message,
                            at,
                            Some(&format!("codes.{name}")),
                        )
                        .remedy(format!("mark one: `{} = {{ is = \"{word}\", prefer = true }}`", all[0]));
                    self.push(diagnostic);
                }
                ([], _) => {}
            }
        }
        table
    }

    fn code_row(&mut self, name: &str, row: &Entry) -> Option<(String, bool)> {
        let key = format!("codes.{name}");
        match &row.item {
            Item::Value(
                Node {
                    value: Value::Text(word),
                    ..
                },
                _,
            ) => Some((word.clone(), false)),
            Item::Table(entries, at) => {
                let word = self.word(entries, "is", &key);
                let prefer = matches!(
                    Self::entry(entries, "prefer"),
                    Some(Entry {
                        item: Item::Value(
                            Node {
                                value: Value::Boolean(true),
                                ..
                            },
                            _
                        ),
                        ..
                    })
                );
                for entry in entries
                    .iter()
                    .filter(|entry| !["is", "prefer"].contains(&entry.key.as_str()))
                {
                    let message = format!("unknown key `{}`; a code row has `is` and `prefer`", entry.key);
                    self.report(codes::FILE_UNKNOWN_KEY, message, &entry.key_at, &key);
                }
                if word.is_none() {
                    self.report(
                        codes::FILE_MISSING_KEY,
                        format!("code `{}` says no word: `is = \"...\"`", row.key),
                        at,
                        &key,
                    );
                }
                word.map(|(word, _)| (word, prefer))
            }
            Item::Value(node, _) => {
                let message = format!(
                    "code `{}` must be a word in quotes, here it is {}",
                    row.key,
                    node.value.kind()
                );
                self.report(codes::FILE_WRONG_TYPE, message, &row.key_at, &key);
                None
            }
        }
    }

    fn unknown(&mut self, name: &str, row: &Entry) -> Unknown {
        match &row.item {
            Item::Value(
                Node {
                    value: Value::Text(word),
                    ..
                },
                _,
            ) if word == "keep" => Unknown::Keep,
            Item::Value(
                Node {
                    value: Value::Text(word),
                    ..
                },
                _,
            ) if word == "error" => Unknown::Refuse,
            _ => {
                let message = "`\"*\"` says what an unknown code becomes: \"error\" or \"keep\"";
                self.report(
                    codes::FILE_WRONG_VALUE,
                    message,
                    &row.item.at(),
                    &format!("codes.{name}"),
                );
                Unknown::Refuse
            }
        }
    }

    /// The table called `name`; every word in it must be one of `allowed`, where the field has words.
    pub(super) fn table_named(&mut self, name: &str, allowed: Option<&[String]>, at: &At, key: &str) -> Option<usize> {
        let Some(index) = self.tables.iter().position(|table| table.name == name) else {
            let message = format!("there is no code table `codes.{name}`");
            let names: Vec<String> = self.tables.iter().map(|table| table.name.clone()).collect();
            let mut diagnostic = self
                .written
                .diagnostic(codes::MAPPING_UNKNOWN_TABLE, message, at, Some(key));
            diagnostic.remedy = self.suggestion(name, names.iter().map(String::as_str));
            self.push(diagnostic);
            return None;
        };
        self.used_tables.insert(index);
        if let Some(allowed) = allowed {
            let mut wrong: Vec<(String, String)> = self.tables[index]
                .words
                .iter()
                .filter(|(_, word)| !allowed.contains(word))
                .map(|(code, word)| (code.clone(), word.clone()))
                .collect();
            wrong.sort();
            for (code, word) in wrong {
                let row = Self::entry(&self.written.codes, name).and_then(|entry| match &entry.item {
                    Item::Table(rows, _) => Self::entry(rows, &code).map(|row| row.key_at.clone()),
                    Item::Value(..) => None,
                });
                let message = format!("`codes.{name}`: `{key}` has no word `{word}` (code {code})");
                let mut diagnostic = self.written.diagnostic(
                    codes::MAPPING_WRONG_WORD,
                    message,
                    row.as_ref().unwrap_or(at),
                    Some(key),
                );
                diagnostic.remedy = self
                    .suggestion(&word, allowed.iter().map(String::as_str))
                    .or_else(|| Some(format!("its words: {}", allowed.join(", "))));
                self.push(diagnostic);
            }
        }
        Some(index)
    }
}
