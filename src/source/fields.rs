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
    /// Values that keys could have, for remedies.
    examples: Vec<(&'static str, String)>,
}

impl<'a> Fields<'a> {
    /// Reads `table`, which stands under `path` in `file` (empty for the file itself).
    #[must_use]
    pub fn new(file: &'a SourceFile, table: &'a Table, path: impl Into<String>) -> Self {
        Self { file, table, path: path.into(), taken: Vec::new(), known: Vec::new(), examples: Vec::new() }
    }

    /// The value under `key`, whatever it is.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let entry = self.table.entries.iter().find(|entry| entry.key == key)?;
        self.taken.push(&entry.key);
        Some(&entry.node)
    }

    /// The text under `key`.
    pub fn text(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        self.text_at(key, diagnostics).map(|(text, _)| text)
    }

    /// The text under `key`, and where it stands.
    pub fn text_at(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<(&'a str, &'a Node)> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(text) => Some((text, node)),
            other => self.wrong_type(key, node, "a text in quotes", other, diagnostics),
        }
    }

    /// What the word under `key` stands for.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        let (text, node) = self.text_at(key, diagnostics)?;
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*meant);
        }
        let known = || words.iter().map(|(word, _)| *word);
        let message = format!("`{}` is `{text}`, which is none of its values", self.named(key));
        let remedy = match suggest::nearest(text, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", known().collect::<Vec<_>>().join(", ")),
        };
        diagnostics.push(self.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
        None
    }

    /// The text under `key`; its absence is a diagnostic.
    pub fn required_text(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        self.require(key, "\"...\"", diagnostics);
        self.text(key, diagnostics)
    }

    /// Reports that `key` is needed if it is not there; `example` is a value it could have.
    pub fn require(&mut self, key: &'static str, example: &str, diagnostics: &mut Diagnostics) {
        self.require_because(key, example, None, diagnostics);
    }

    /// The same, with what makes it needed.
    pub fn require_because(
        &mut self,
        key: &'static str,
        example: &str,
        cause: Option<String>,
        diagnostics: &mut Diagnostics,
    ) {
        self.examples.push((key, example.to_owned()));
        if self.table.get(key).is_none() {
            let line = if self.path.is_empty() { "a line " } else { "" };
            let remedy = format!("add {line}`{key} = {example}`");
            diagnostics.push(Diagnostic { cause, ..self.absence(key).remedy(remedy) });
        }
    }

    /// What `parse` makes of the text under `key`. Its error is what is wrong, as the end of a sentence that begins
    /// "`key` is `text`, which", and the remedy.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, (String, String)>,
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        let (text, node) = self.text_at(key, diagnostics)?;
        self.accepted(key, node, text, parse(text), diagnostics)
    }

    /// What was read of `text`, the value of `key` or an entry of it, or a diagnostic of the problem and its remedy.
    pub fn accepted<T>(
        &self,
        key: &str,
        node: &Node,
        text: &str,
        read: Result<T, (String, String)>,
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err((problem, remedy)) => {
                let verb = if self.is_entry(key, node) { "has" } else { "is" };
                let message = format!("`{}` {verb} `{text}`, which {problem}", self.named(key));
                diagnostics.push(self.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
                None
            }
        }
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
                let remedy = format!("write a number from {} to {}", range.start(), range.end());
                diagnostics.push(self.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
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
            Some(Node { value: Value::List(list), .. }) => list,
            Some(node) => {
                let _: Option<()> = self.wrong_type(key, node, "a list", &node.value, diagnostics);
                &[]
            }
        }
    }

    /// Reports a problem with the value `node`.
    pub fn report(&self, code: Code, message: impl Into<String>, node: &Node, diagnostics: &mut Diagnostics) {
        diagnostics.push(self.problem(code, message, node));
    }

    /// A problem with the value `node` of this table, for a remedy to be added.
    #[must_use]
    pub fn problem(&self, code: Code, message: impl Into<String>, node: &Node) -> Diagnostic {
        Diagnostic::new(code, message, self.file.place(node.span.clone(), Some(&self.key_of(node))))
    }

    /// The full name of the key that `node` is the value of, or stands inside of.
    #[must_use]
    pub fn key_of(&self, node: &Node) -> String {
        let entries = &self.table.entries;
        let inside = |outer: &Node| outer.span.start <= node.span.start && node.span.end <= outer.span.end;
        match entries.iter().find(|entry| inside(&entry.node)) {
            Some(entry) => self.named(&entry.key),
            None => self.path.clone(),
        }
    }

    /// The file being read.
    #[must_use]
    pub fn file(&self) -> &'a SourceFile {
        self.file
    }

    /// Reports that `key` is needed.
    pub fn missing(&self, key: &str, diagnostics: &mut Diagnostics) {
        diagnostics.push(self.absence(key).remedy(format!("add a line `{key} = ...`")));
    }

    fn absence(&self, key: &str) -> Diagnostic {
        let message = format!("`{}` is missing", self.named(key));
        let place = match self.table.entries.first() {
            Some(entry) if !self.path.is_empty() => self.file.place(entry.key_span.clone(), Some(&self.path)),
            _ => self.file.whole(),
        };
        Diagnostic::new(codes::FILE_MISSING_KEY, message, place)
    }

    /// The full name of `key`, such as `envelope.delimiters.segment`.
    #[must_use]
    pub fn named(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Reports the keys that nobody took, with the nearest known one.
    pub fn finish(self, diagnostics: &mut Diagnostics) {
        for entry in self.table.entries.iter().filter(|entry| !self.taken.contains(&entry.key.as_str())) {
            let message = format!("unknown key `{}`", self.named(&entry.key));
            let place = self.file.place(
                entry.key_span.clone(),
                Some(&self.path).filter(|path| !path.is_empty()).map(|path| path.as_str()),
            );
            let remedy = match suggest::nearest(&entry.key, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.known.is_empty() => "remove it; this table has no keys".to_owned(),
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
        let verb = if self.is_entry(key, node) { "hold" } else { "be" };
        let message = format!("`{}` must {verb} {wanted}, here it is {}", self.named(key), found.kind());
        let written = self.file.text.get(node.span.clone()).unwrap_or_default();
        let remedy = match (wanted, found) {
            ("a text in quotes", Value::List(_) | Value::Table(_)) => "write it in quotes: \"...\"".to_owned(),
            ("a text in quotes", _) => format!("write it in quotes: \"{written}\""),
            ("a whole number", _) => "write it in digits, without quotes".to_owned(),
            ("true or false", _) => "write true or false, without quotes".to_owned(),
            ("a table", _) => match self.examples.iter().find(|(known, _)| *known == key) {
                Some((_, example)) => format!("write `{key} = {example}`"),
                None => "write it in braces: { key = value, ... }".to_owned(),
            },
            ("a list", Value::Table(_)) => format!("write [[{}]] and its keys below", self.named(key)),
            _ => format!("write it in square brackets: [{written}]"),
        };
        diagnostics.push(self.problem(codes::FILE_WRONG_TYPE, message, node).remedy(remedy));
        None
    }

    /// Is `node` an entry of the list under `key`, not the value itself?
    fn is_entry(&self, key: &str, node: &Node) -> bool {
        self.table.get(key).is_some_and(|value| !std::ptr::eq(value, node))
    }
}
