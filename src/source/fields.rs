//! Reads a table key by key, and reports what is missing, of the wrong type, or read by nobody.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes, suggest};

use super::{Node, SourceFile, Table, Value};

/// A table being read: each `text`, `integer`... call takes one key; [`Fields::finish`] reports the keys nobody took.
#[derive(Debug)]
pub struct Fields<'a> {
    file: &'a SourceFile,
    table: &'a Table,
    path: String,
    taken: Vec<&'a str>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Reads `table`, which stands under `path` in `file` (empty for the file itself).
    #[must_use]
    pub fn new(file: &'a SourceFile, table: &'a Table, path: impl Into<String>) -> Self {
        Self {
            file,
            table,
            path: path.into(),
            taken: Vec::new(),
            known: Vec::new(),
        }
    }

    /// The value under `key`, whatever it is.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let entry = self.table.entries.iter().find(|entry| entry.key == key)?;
        self.taken.push(&entry.key);
        Some(&entry.node)
    }

    /// The text under `key`.
    pub fn text(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(text) => Some(text),
            other => self.wrong_type(key, node, "a text in quotes", other, diagnostics),
        }
    }

    /// The text under `key`; its absence is a diagnostic.
    pub fn required_text(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        if self.table.get(key).is_none() {
            self.known.push(key);
            self.missing(key, diagnostics);
            return None;
        }
        self.text(key, diagnostics)
    }

    /// The whole number under `key`, which must lie in `range`.
    pub fn integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
        diagnostics: &mut Diagnostics,
    ) -> Option<i64> {
        let node = self.node(key)?;
        match &node.value {
            Value::Integer(number) if range.contains(number) => Some(*number),
            Value::Integer(number) => {
                let message = format!(
                    "`{}` is {number}, it must lie between {} and {}",
                    self.named(key),
                    range.start(),
                    range.end()
                );
                self.report(codes::FILE_WRONG_VALUE, message, node, diagnostics);
                None
            }
            other => self.wrong_type(key, node, "a whole number", other, diagnostics),
        }
    }

    /// `true` or `false` under `key`.
    pub fn boolean(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<bool> {
        let node = self.node(key)?;
        match &node.value {
            Value::Boolean(yes) => Some(*yes),
            other => self.wrong_type(key, node, "true or false", other, diagnostics),
        }
    }

    /// The table under `key`, to be read in turn.
    pub fn table(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Fields<'a>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Table(table) => Some(Fields::new(self.file, table, self.named(key))),
            other => self.wrong_type(key, node, "a table", other, diagnostics),
        }
    }

    /// The tables of the list under `key` (`[[key]]` in the file), each to be read in turn.
    pub fn tables(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Vec<Fields<'a>> {
        let mut tables = Vec::new();
        for node in self.list(key, diagnostics) {
            match &node.value {
                Value::Table(table) => tables.push(Fields::new(self.file, table, self.named(key))),
                other => {
                    let _: Option<()> = self.wrong_type(key, node, "a table", other, diagnostics);
                }
            }
        }
        tables
    }

    /// The texts of the list under `key`.
    pub fn texts(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Vec<(&'a str, &'a Node)> {
        let mut texts = Vec::new();
        for node in self.list(key, diagnostics) {
            match &node.value {
                Value::Text(text) => texts.push((text.as_str(), node)),
                other => {
                    let _: Option<()> = self.wrong_type(key, node, "a text in quotes", other, diagnostics);
                }
            }
        }
        texts
    }

    /// The values of the list under `key`.
    pub fn list(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> &'a [Node] {
        match self.node(key) {
            None => &[],
            Some(Node {
                value: Value::List(list),
                ..
            }) => list,
            Some(node) => {
                let _: Option<()> = self.wrong_type(key, node, "a list", &node.value, diagnostics);
                &[]
            }
        }
    }

    /// Reports a problem with the value `node`.
    pub fn report(&self, code: Code, message: impl Into<String>, node: &Node, diagnostics: &mut Diagnostics) {
        diagnostics.push(Diagnostic::new(
            code,
            message,
            self.file.place(node.span.clone(), Some(&self.path)),
        ));
    }

    /// Reports that `key` is needed.
    pub fn missing(&self, key: &str, diagnostics: &mut Diagnostics) {
        let message = format!("`{}` is missing", self.named(key));
        let place = match self.table.entries.first() {
            Some(entry) if !self.path.is_empty() => self.file.place(entry.key_span.clone(), Some(&self.path)),
            _ => self.file.whole(),
        };
        diagnostics
            .push(Diagnostic::new(codes::FILE_MISSING_KEY, message, place).remedy(format!("add a line `{key} = ...`")));
    }

    /// The full name of `key`, such as `envelope.delimiters.segment`.
    #[must_use]
    pub fn named(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Reports the keys that nobody took, with the nearest known one.
    pub fn finish(self, diagnostics: &mut Diagnostics) {
        for entry in self
            .table
            .entries
            .iter()
            .filter(|entry| !self.taken.contains(&entry.key.as_str()))
        {
            let message = format!("unknown key `{}`", self.named(&entry.key));
            let place = self.file.place(
                entry.key_span.clone(),
                Some(&self.path)
                    .filter(|path| !path.is_empty())
                    .map(|path| path.as_str()),
            );
            let remedy = match suggest::nearest(&entry.key, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("remove it; known here: {}", self.known.join(", ")),
            };
            diagnostics.push(Diagnostic::new(codes::FILE_UNKNOWN_KEY, message, place).remedy(remedy));
        }
    }

    fn wrong_type<T>(
        &self,
        key: &str,
        node: &Node,
        wanted: &str,
        found: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        let message = format!("`{}` must be {wanted}, here it is {}", self.named(key), found.kind());
        self.report(codes::FILE_WRONG_TYPE, message, node, diagnostics);
        None
    }
}
