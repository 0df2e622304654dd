//! Code tables: `[codes.NAME]`, both ways.

use std::collections::BTreeMap;

use crate::diagnostic::{codes, suggest};
use crate::mapping::plan::{CodeTable, Unknown};
use crate::mapping::syntax::{At, Entry, Item, is_false};
use crate::source::Value;

use super::Compiler;
use super::names::suggestion;
use super::words::entry;

/// What an unknown code becomes.
pub(in crate::mapping) const UNKNOWN_CODE_WORDS: [(&str, Unknown); 2] =
    [("error", Unknown::Refuse), ("keep", Unknown::Keep)];

/// A table that lines name and that there is none of.
pub(super) struct MissingTable {
    name: String,
    /// Where it is first named.
    at: At,
    /// Paths of the lines that name it.
    paths: Vec<String>,
}

/// A code that means a word.
struct Row {
    code: String,
    prefer: bool,
    at: At,
}

impl Compiler<'_> {
    pub(super) fn code_tables(&mut self) {
        for entry in &self.written.codes {
            let key = format!("codes.{}", entry.key);
            let rows: &[Entry] = match &entry.item {
                Item::Table(rows, _) => rows,
                item if is_false(item) => {
                    self.nothing_dropped(&key, &entry.key_at);
                    &[]
                }
                Item::Value(..) => {
                    let message = format!("`{key}` must be a table of codes and words");
                    let remedy = format!("write [{key}] and below it a line for each code: `BO = \"backordered\"`");
                    self.report(codes::FILE_WRONG_TYPE, message, &entry.item.at(), &key, remedy);
                    &[]
                }
            };
            // That of the file that goes before the others: there is where a row is added.
            let own = rows.iter().map(|row| &row.key_at).min_by_key(|at| at.file);
            let own = own.filter(|own| own.file < entry.key_at.file).unwrap_or(&entry.key_at);
            let line = self.written.line_of(own);
            let table = self.code_table(&entry.key, &key, line, rows);
            self.tables.push(table);
        }
    }

    /// Reports a `false` that stands where the file below has nothing.
    pub(super) fn nothing_dropped(&mut self, key: &str, at: &At) {
        let message = format!("`{key} = false` drops nothing: the file that is extended has no such line");
        let remedy = "remove it; `crossdock mapping effective` prints the lines that this file inherits";
        self.report(codes::MAPPING_NOTHING_DROPPED, message, at, key, remedy);
    }

    fn code_table(&mut self, name: &str, key: &str, line: String, rows: &[Entry]) -> CodeTable {
        let (mut words, mut codes, mut unknown) = (BTreeMap::new(), BTreeMap::new(), Unknown::Refuse);
        let mut by_word: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in rows {
            if row.key == "*" {
                let said = self.one_of(rows, "*", &UNKNOWN_CODE_WORDS, key).flatten();
                unknown = said.unwrap_or(Unknown::Refuse);
            } else if let Some((word, prefer)) = self.code_row(key, row) {
                words.insert(row.key.clone(), word.clone());
                by_word.entry(word).or_default().push(Row { code: row.key.clone(), prefer, at: row.key_at.clone() });
            }
        }
        for (word, rows) in by_word {
            if let Some(code) = self.code_to_write(key, &word, &rows) {
                codes.insert(word, code);
            }
        }
        CodeTable::new(name.to_owned(), words, codes, unknown, line)
    }

    /// The code that is written for a word; several need one that is preferred.
    fn code_to_write(&mut self, key: &str, word: &str, rows: &[Row]) -> Option<String> {
        let mut preferred: Vec<&Row> = rows.iter().filter(|row| row.prefer).collect();
        // What a file prefers goes before what the files below it prefer.
        let nearest = preferred.iter().map(|row| row.at.file).min();
        preferred.retain(|row| Some(row.at.file) == nearest);
        match (rows, preferred.as_slice()) {
            ([only], _) => return Some(only.code.clone()),
            (_, [only]) => return Some(only.code.clone()),
            _ => {}
        }
        let newest = rows.iter().min_by_key(|row| row.at.file)?;
        let all: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
        let all = all.join(", ");
        let message = if preferred.is_empty() {
            format!("several codes of `{key}` mean `{word}` ({all}), and none is the one to write")
        } else {
            format!("`{key}` prefers several codes for `{word}` ({all}); one can be written")
        };
        let remedy = format!("mark one of them: `{} = {{ is = \"{word}\", prefer = true }}`", rows[0].code);
        self.report(codes::MAPPING_CODE_NOT_INVERTIBLE, message, &newest.at, key, remedy);
        None
    }

    /// The table in use that has a word of one that no line uses.
    pub(super) fn meant_table(&self, unused: &str) -> Option<&str> {
        let own: Vec<&String> = self.tables.iter().find(|table| table.name == unused)?.words.values().collect();
        let in_use = self.tables.iter().enumerate().filter(|(number, _)| self.used_tables.contains(number));
        let mut alike = in_use.filter(|(_, table)| table.words.values().any(|word| own.contains(&word)));
        alike.next().map(|(_, table)| table.name.as_str())
    }

    fn code_row(&mut self, key: &str, row: &Entry) -> Option<(String, bool)> {
        let code = &row.key;
        match &row.item {
            Item::Value(node, _) if let Value::Text(word) = &node.value => Some((word.clone(), false)),
            Item::Table(entries, _) => {
                for entry in entries.iter() {
                    if !["is", "prefer"].contains(&entry.key.as_str()) {
                        let message = format!("the row of code `{code}` has `{}`, which no code row has", entry.key);
                        let remedy = suggestion(&entry.key, ["is", "prefer"], "a code row has `is` and `prefer`");
                        self.report(codes::FILE_UNKNOWN_KEY, message, &entry.key_at, key, remedy);
                    }
                }
                if entry(entries, "is").is_none() {
                    let message = format!("the row of code `{code}` in `{key}` names no word");
                    let remedy = format!("say what it means: `{code} = {{ is = \"...\", prefer = true }}`");
                    self.report(codes::FILE_MISSING_KEY, message, &row.key_at, key, remedy);
                }
                let prefer = entry(entries, "prefer").is_some_and(|entry| is_true(&entry.item));
                self.word(entries, "is", key).map(|(word, _)| (word.to_owned(), prefer))
            }
            item if is_false(item) => {
                self.nothing_dropped(&format!("{key}.{code}"), &row.key_at);
                None
            }
            Item::Value(node, _) => {
                let kind = node.value.kind();
                let message = format!("code `{code}` in `{key}` must mean a word in quotes, here it is {kind}");
                let remedy = format!("write the canonical word: `{code} = \"...\"`");
                self.report(codes::FILE_WRONG_TYPE, message, &row.item.at(), key, remedy);
                None
            }
        }
    }

    /// The table called `name`; every word in it must be one of `allowed`, where the field has words.
    pub(super) fn table_named(&mut self, name: &str, allowed: Option<&[String]>, at: &At, path: &str) -> Option<usize> {
        let Some(index) = self.tables.iter().position(|table| table.name == name) else {
            match self.missing_tables.iter_mut().find(|missing| missing.name == name) {
                Some(missing) if !missing.paths.iter().any(|known| known == path) => {
                    missing.paths.push(path.to_owned())
                }
                Some(_) => {}
                None => {
                    let (name, paths) = (name.to_owned(), vec![path.to_owned()]);
                    self.missing_tables.push(MissingTable { name, at: at.clone(), paths });
                }
            }
            return None;
        };
        self.used_tables.insert(index);
        if let Some(allowed) = allowed {
            self.words_allowed(index, allowed, at, path);
        }
        Some(index)
    }

    /// Reports each table that lines name and that there is none of, once.
    pub(super) fn missing_tables(&mut self) {
        for MissingTable { name, at, paths } in std::mem::take(&mut self.missing_tables) {
            let names: Vec<String> = self.tables.iter().map(|table| table.name.clone()).collect();
            // The one that is meant is in use.
            let near = suggest::nearest(&name, names.iter().map(String::as_str));
            self.used_tables.extend(names.iter().position(|known| Some(known.as_str()) == near));
            let otherwise = format!("add it: [codes.{name}] and below it a line for each code");
            let remedy = suggestion(&name, names.iter().map(String::as_str), &otherwise);
            let message = format!("there is no code table `codes.{name}`");
            let diagnostic = self.problem(codes::MAPPING_UNKNOWN_TABLE, message, &at, &paths[0]).remedy(remedy);
            let others: Vec<String> = paths[1..].iter().map(|path| format!("`{path}`")).collect();
            self.push(match others.is_empty() {
                true => diagnostic,
                false => diagnostic.cause(format!("it is also named by {}", others.join(", "))),
            });
        }
    }

    fn words_allowed(&mut self, table: usize, allowed: &[String], at: &At, path: &str) {
        let name = self.tables[table].name.clone();
        let words = &self.tables[table].words;
        let mut wrong: Vec<(String, String)> = words
            .iter()
            .filter(|(_, word)| !allowed.contains(word))
            .map(|(code, word)| (code.clone(), word.clone()))
            .collect();
        wrong.sort();
        for (code, word) in wrong {
            let row = entry(&self.written.codes, &name).and_then(|table| match &table.item {
                Item::Table(rows, _) => entry(rows, &code).map(|row| row.item.at()),
                Item::Value(..) => None,
            });
            let at = row.map_or_else(|| at.clone(), |row| self.token(&row, &word));
            let field = path.rsplit('.').next().unwrap_or(path);
            let message = format!("`{field}` has no word `{word}`, which `codes.{name}` gives it for code {code}");
            let otherwise = format!("its words are {}", allowed.join(", "));
            let remedy = suggestion(&word, allowed.iter().map(String::as_str), &otherwise);
            self.report(codes::MAPPING_WRONG_WORD, message, &at, &format!("codes.{name}"), remedy);
        }
    }
}

fn is_true(item: &Item) -> bool {
    item.value() == Some(&Value::Boolean(true))
}
