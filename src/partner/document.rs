//! The documents of a profile: what the partner sends us, what we send it, and with which mapping.

use std::ops::Range;

use jiff::civil::Date;

use super::batch::{Batch, batch};
use super::file_name::{self, FileName};
use super::header::{HeaderPlace, HeaderPlaces};
use super::transport::sftp::Pattern;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::expression::{self, Expression, Type, Written};
use crate::source::{Fields, Node, Value};
use crate::tree::Grammar;
use crate::x12::dictionary::{self, Match, Release};

/// A value and where it stands in the profile's file, as 0-based byte offsets: for diagnostics of whoever looks up what
/// it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place in the file.
    pub span: Range<usize>,
}

impl<T> At<T> {
    pub(super) fn new(value: T, node: &Node) -> Self {
        Self { value, span: node.span.clone() }
    }
}

/// The partner's side of a document: `x12/945`, or `x12/004010/945` for one release only; or a layout, `flat/harbor-orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentName {
    /// GS08 as it was written, such as `004010` or `004010VICS`; `None` is any release.
    pub version: Option<String>,
    /// The transaction set, such as `945`; empty for a layout.
    pub set: String,
    /// The layout of a file of records and fields, such as `flat/harbor-orders`.
    pub layout: Option<String>,
}

/// A document that the partner sends us.
#[derive(Debug, Clone)]
pub struct Receive {
    /// Which document.
    pub document: At<DocumentName>,
    /// Which of these documents: a condition over their header; `None` is all.
    pub when: Option<At<Expression<HeaderPlace>>>,
    /// Of a layout: which files, by their names, such as `SHIP*.csv`; `None` is all that look like it.
    pub file_name: Option<Pattern>,
    /// The entry is in force from this day on, in the partner's zone; `None` is always.
    pub from: Option<Date>,
    /// The mapping, such as `harbor/945`; `None` is the base mapping.
    pub mapping: Option<At<String>>,
}

/// A document that we send to the partner.
#[derive(Debug, Clone)]
pub struct Send {
    /// The canonical object it is made of, such as `fulfillment_order`.
    pub canonical: At<String>,
    /// Which document, always with its release.
    pub document: At<DocumentName>,
    /// The entry is in force from this day on, in the partner's zone; `None` is always.
    pub from: Option<Date>,
    /// The mapping, such as `harbor/940`; `None` is the base mapping.
    pub mapping: Option<At<String>>,
    /// How the file is named; default `{set}_{control_number}_{date}.edi`.
    pub file_name: FileName,
    /// Ending of an empty file that follows the finished one and says so, such as `.ok`; default none.
    pub done_file: Option<String>,
    /// How documents are collected to go out together; default not at all: those of a payload go at once.
    pub batch: Option<Batch>,
}

impl DocumentName {
    /// The transaction set, or the layout's own name: `945`, `harbor-orders`.
    #[must_use]
    pub fn own_name(&self) -> &str {
        self.layout.as_deref().and_then(|layout| layout.rsplit('/').next()).unwrap_or(&self.set)
    }

    /// Reads `x12/945` or `x12/004010/945`.
    fn parse(text: &str) -> Result<Self, (String, String)> {
        let parts: Vec<&str> = text.split('/').collect();
        let (version, set) = match parts.as_slice() {
            ["x12", set] => (None, *set),
            ["x12", version, set] => (Some(*version), *set),
            ["flat" | "xml", name] if !name.is_empty() => {
                return Ok(Self { version: None, set: String::new(), layout: Some(text.to_owned()) });
            }
            _ => {
                let remedy = "write x12/SET or x12/RELEASE/SET, such as \"x12/945\" or \"x12/004010/945\", or a layout, \"flat/NAME\" or \"xml/NAME\"";
                return Err(("is no document".to_owned(), remedy.to_owned()));
            }
        };
        if let Some(version) = version
            && dictionary::release_for(version).1 == Match::Nearest
        {
            let known: Vec<&str> = dictionary::releases().map(Release::name).collect();
            let problem = "names a release that has no tables here".to_owned();
            return Err((problem, format!("write one of {}", known.join(", "))));
        }
        let document = Self { version: version.map(str::to_owned), set: set.to_owned(), layout: None };
        if document.grammars().next().is_some() {
            return Ok(document);
        }
        let release =
            version.map_or_else(|| dictionary::releases().next_back(), |name| Some(dictionary::release_for(name).0));
        let known: Vec<_> = release.into_iter().flat_map(dictionary::sets).map(|title| title.set).collect();
        Err(("names a transaction set that has no table here".to_owned(), format!("write one of {}", known.join(", "))))
    }

    /// The tables it can have: that of its release, or without one those of all releases that have the set.
    pub fn grammars(&self) -> impl Iterator<Item = &'static Grammar> {
        let named = self.version.as_deref().map(|version| dictionary::release_for(version).0);
        dictionary::releases()
            .filter(move |release| named.is_none_or(|named| named == *release))
            .filter_map(|release| dictionary::grammar(release, &self.set).map(AsRef::as_ref))
    }

    /// Is a transaction set of a group with this GS08 such a document?
    #[must_use]
    pub fn takes(&self, set: &str, gs08: &str) -> bool {
        self.set == set
            && self.version.as_deref().is_none_or(|version| {
                let tables = dictionary::release_for(version);
                version == gs08.trim() || (tables.1 == Match::Exact && tables.0 == dictionary::release_for(gs08).0)
            })
    }
}

impl std::fmt::Display for DocumentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(layout) = &self.layout {
            return f.write_str(layout);
        }
        match &self.version {
            Some(version) => write!(f, "x12/{version}/{}", self.set),
            None => write!(f, "x12/{}", self.set),
        }
    }
}

/// Reads an entry of `[[receive]]`.
pub(super) fn receive(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Receive> {
    let document = document(&mut fields, diagnostics);
    let conditional = fields.text_at("when", diagnostics);
    let file_name = fields.parsed("file_name", Pattern::parse, diagnostics);
    if let (Some(document), Some((text, node))) = (&document, conditional)
        && let Some(layout) = &document.value.layout
    {
        let message =
            format!("`{}` is `{text}`, but files of {layout} have no header that it could ask", fields.named("when"));
        diagnostics
            .push(fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy("tell files apart by `file_name`"));
        return None;
    }
    let when = match (conditional, &document) {
        (Some((text, node)), Some(document)) => condition(&fields, &document.value, text, node, diagnostics),
        _ => None,
    };
    let from = date(&mut fields, "from", diagnostics);
    let mapping = reference(&mut fields, "mapping", diagnostics);
    if let (Some(At { value, span }), true) = (&document, mapping.is_none())
        && let Some(layout) = &value.layout
    {
        let message = format!("no mapping is named for {layout}");
        let place = fields.file().place(span.clone(), Some(&fields.named("document")));
        let remedy = "add the mapping: `mapping = \"harbor/shipments\"`";
        diagnostics.push(Diagnostic::new(codes::FILE_MISSING_KEY, message, place).remedy(remedy));
    }
    fields.finish(diagnostics);
    // Without its condition the entry would take what it is not meant to take.
    if conditional.is_some() && when.is_none() {
        return None;
    }
    Some(Receive { document: document?, when, file_name, from, mapping })
}

/// Reads an entry of `[[send]]`.
pub(super) fn send(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Send> {
    fields.require("canonical", "\"fulfillment_order\"", diagnostics);
    let canonical = reference(&mut fields, "canonical", diagnostics);
    let document = document(&mut fields, diagnostics);
    let from = date(&mut fields, "from", diagnostics);
    let mapping = reference(&mut fields, "mapping", diagnostics);
    let file_name = fields.parsed("file_name", FileName::parse, diagnostics);
    let done_file = fields.parsed("done_file", file_name::done_file, diagnostics);
    let batched = fields.table("batch", diagnostics).zip(fields.node("batch"));
    let batch = batched.and_then(|(table, node)| batch(table, node, diagnostics));
    if let Some(At { value, span }) = &document
        && value.version.is_none()
        && value.layout.is_none()
    {
        let message =
            format!("`{}` is `{value}`, which does not say in which release we send it", fields.named("document"));
        let place = fields.file().place(span.clone(), Some(&fields.named("document")));
        let remedy = format!("write the release: \"x12/004010/{}\"", value.set);
        diagnostics.push(Diagnostic::new(codes::FILE_WRONG_VALUE, message, place).remedy(remedy));
    }
    let layout = document.as_ref().and_then(|document| document.value.layout.as_deref());
    if let (Some(layout), None) = (layout, &mapping) {
        let message = format!("no mapping is named for {layout}");
        let node = fields.node("document")?;
        let remedy = "add the mapping: `mapping = \"harbor/orders\"`";
        diagnostics.push(fields.problem(codes::FILE_MISSING_KEY, message, node).remedy(remedy));
    }
    let ending = match layout {
        None => "edi",
        Some(layout) if layout.starts_with("xml/") => "xml",
        Some(_) => "txt",
    };
    fields.finish(diagnostics);
    Some(Send {
        canonical: canonical?,
        document: document?,
        from,
        mapping,
        file_name: file_name.unwrap_or_else(|| FileName::ending_in(ending)),
        done_file,
        batch,
    })
}

fn document(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<At<DocumentName>> {
    fields.require("document", "\"x12/004010/945\"", diagnostics);
    let (text, node) = fields.text_at("document", diagnostics)?;
    let read = DocumentName::parse(text);
    let value = fields.accepted("document", node, text, read, diagnostics)?;
    Some(At::new(value, node))
}

fn condition(
    fields: &Fields<'_>,
    document: &DocumentName,
    text: &str,
    node: &Node,
    diagnostics: &mut Diagnostics,
) -> Option<At<Expression<HeaderPlace>>> {
    let written = Written { file: fields.file(), span: node.span.clone(), key: &fields.named("when") };
    let names = HeaderPlaces::of(document);
    let read = expression::parse(text, &names, &written, Some(Type::Boolean), diagnostics)?;
    Some(At::new(read, node))
}

pub(super) fn date(fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<Date> {
    let node = fields.node(key)?;
    if let Value::Date(text) = &node.value
        && text.len() == "2026-12-01".len()
        && let Ok(date) = text.parse()
    {
        return Some(date);
    }
    let message = format!("`{}` must be a date", fields.named(key));
    let remedy = format!("write it as CCYY-MM-DD, without quotes: {key} = 2026-12-01");
    diagnostics.push(fields.problem(codes::FILE_WRONG_TYPE, message, node).remedy(remedy));
    None
}

/// A name of something that stands elsewhere: a mapping, a canonical object.
fn reference(fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<At<String>> {
    let (text, node) = fields.text_at(key, diagnostics)?;
    let is_name = |part: &str| {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        !part.is_empty() && part.chars().all(word)
    };
    let read = if text.split('/').all(is_name) {
        Ok(text.to_owned())
    } else {
        let remedy = match key {
            "mapping" => {
                "write its path below mappings/ without the ending: \"harbor/945\" is mappings/harbor/945.toml"
            }
            _ => "write the name of a canonical object, such as \"fulfillment_order\"",
        };
        Err(("is no name".to_owned(), remedy.to_owned()))
    };
    let value = fields.accepted(key, node, text, read, diagnostics)?;
    Some(At::new(value, node))
}
