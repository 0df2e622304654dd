//! Files that people write (mappings, profiles, guides, layouts, settings): TOML in which every key and value knows its
//! place, so that every diagnostic can show file, line, column and a caret.
//!
//! This room parses text that it is given; `catalog` opens the files.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod fields;
mod format;
pub(crate) mod place;
mod twice;
mod zone;

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics, Excerpt, SourcePlace, codes};

pub use fields::Fields;
pub use format::format;
pub use zone::time_zone;

/// A file's name and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The name people know it by, such as `mappings/base/945.toml`.
    pub name: Arc<str>,
    /// Its whole text.
    pub text: Arc<str>,
    /// Why the file, though it is there, cannot be read.
    pub unreadable: Option<Arc<str>>,
}

/// A value and where it stands in its file, as byte offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// 0-based byte offsets in the file's text.
    pub span: Range<usize>,
}

/// A TOML value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as written.
    Date(String),
    /// A number with a decimal point, as written.
    Float(String),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

impl Value {
    /// What it is, for a sentence such as "expected a text, found a list".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Boolean(_) => "true or false",
            Value::Date(_) => "a date",
            Value::Float(_) => "a number",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// A table's entries in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The entries.
    pub entries: Vec<TableEntry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// The key, unquoted.
    pub key: String,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// Its value.
    pub node: Node,
}

impl Table {
    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }
}

impl SourceFile {
    /// A file called `name` with this text.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), unreadable: None }
    }

    /// A file called `name` that is there and cannot be read, and why: "permission denied".
    #[must_use]
    pub fn unreadable(name: impl Into<Arc<str>>, why: impl Into<Arc<str>>) -> Self {
        Self { unreadable: Some(why.into()), ..Self::new(name, "") }
    }

    /// A file called `name` with these bytes; what is not UTF-8 cannot be read.
    #[must_use]
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: Vec<u8>) -> Self {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Self::new(name, text),
            Err(error) => error,
        };
        let (before, wrong) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        Self::unreadable(name, format!("line {line} is not UTF-8 text (byte {:02X})", wrong[0]))
    }

    /// Parses the file; what is not TOML becomes `file.syntax` diagnostics, and the rest of the file is still returned. A
    /// file that cannot be read is `file.unreadable` and has no keys.
    pub fn parse(&self, diagnostics: &mut Diagnostics) -> Table {
        if let Some(why) = &self.unreadable {
            let message = format!("{} cannot be read: {why}", self.name);
            let remedy = "look at its permissions with `ls -l`, at its encoding with `file`; files are UTF-8 text";
            let diagnostic = Diagnostic::new(codes::FILE_UNREADABLE, message, self.whole()).remedy(remedy);
            // Several files may extend this one: once is enough.
            if !diagnostics.list().contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
            return Table::default();
        }
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        for (number, error) in errors.into_iter().enumerate() {
            if number < twice::LOOKED_FOR
                && let Some(found) = twice::told(self, &error)
            {
                diagnostics.push(found);
                continue;
            }
            let span = error.span().unwrap_or(0..0);
            let message = format!("not well-formed TOML: {}", error.message().replace('\n', ", "));
            diagnostics.push(
                Diagnostic::new(codes::FILE_SYNTAX, message, self.place(span, None))
                    .remedy("mend what the caret points at: texts stand between double quotes, a table begins with [name] on a line of its own"),
            );
        }
        owned_table(table.get_ref())
    }

    /// The place of a byte span, with line, column and the line's text.
    #[must_use]
    pub fn place(&self, span: Range<usize>, key: Option<&str>) -> SourcePlace {
        let text = self.text.as_bytes();
        let start = span.start.min(text.len());
        let line_start = memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1);
        let line_end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at);
        let line = self.line_of(line_start);
        let column = String::from_utf8_lossy(&text[line_start..start]).chars().count() + 1;
        let end = span.end.clamp(start, line_end);
        SourcePlace {
            file: self.name.to_string(),
            line: line as u64,
            column: column as u64,
            key: key.map(str::to_owned),
            excerpt: Some(Excerpt::new(&text[line_start..line_end], start - line_start..end - line_start)),
        }
    }

    /// The 1-based line on which the byte at `offset` stands.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        let text = self.text.as_bytes();
        memchr::memchr_iter(b'\n', &text[..offset.min(text.len())]).count() + 1
    }

    /// The place that stands for the file as a whole.
    #[must_use]
    pub fn whole(&self) -> SourcePlace {
        SourcePlace { file: self.name.to_string(), ..SourcePlace::default() }
    }
}

fn owned_table(table: &DeTable<'_>) -> Table {
    let entries = table
        .iter()
        .map(|(key, value)| TableEntry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            node: owned_node(value),
        })
        .collect();
    Table { entries }
}

fn owned_node(node: &Spanned<DeValue<'_>>) -> Node {
    let value = match node.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Float(number.as_str().to_owned()), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Value::Boolean(*yes),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => Value::List(list.iter().map(owned_node).collect()),
        DeValue::Table(table) => Value::Table(owned_table(table)),
    };
    Node { value, span: node.span() }
}
