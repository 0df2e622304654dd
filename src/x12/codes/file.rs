//! A file of codes: its form, and what can be wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Scope;
use crate::diagnostic::{Diagnostic, Diagnostics, SourcePlace, codes, suggest};
use crate::source::{Fields, Node, SourceFile, Table, Value};
use crate::tree::ElementType;
use crate::x12::dictionary::{self, Element, Release, release_for};

/// A file of codes, such as `mappings/codes/harbor.toml`:
///
/// ```toml
/// partner = "harbor"                  # only in documents of this partner; left out: of all
/// release = "004010"                  # only in documents of this release; left out: of all
///
/// [code-list.235]                     # by the number of the data element
/// VN = "Vendor's item number"         # a code more, or another name for one of the standard
///
/// [code-list.368]
/// replace = true                      # these codes and no others
/// CC = "Complete"
/// ```
#[derive(Debug)]
pub struct CodeFile {
    pub(super) scope: Scope,
    pub(super) lists: Vec<OwnList>,
    partner_place: Option<SourcePlace>,
}

/// The codes that a file gives an element.
#[derive(Debug)]
pub(super) struct OwnList {
    pub(super) number: String,
    /// They stand in the place of all others.
    pub(super) replace: bool,
    pub(super) codes: BTreeMap<String, OwnCode>,
}

/// A code of a file.
#[derive(Debug)]
pub(super) struct OwnCode {
    pub(super) name: String,
    pub(super) place: SourcePlace,
}

const REPLACE: &str = "replace";

impl CodeFile {
    /// Reads a file; `None` when it has an error, after all its problems were pushed.
    #[must_use]
    pub fn parse(file: &SourceFile, diagnostics: &mut Diagnostics) -> Option<CodeFile> {
        let errors = diagnostics.errors();
        let table = file.parse(diagnostics);
        if diagnostics.errors() > errors {
            return None;
        }
        let mut fields = Fields::new(file, &table, "");
        let partner = fields.text_at("partner", diagnostics);
        let release = fields.parsed("release", release, diagnostics);
        let lists = match fields.node("code-list") {
            Some(Node { value: Value::Table(lists), .. }) => lists.entries.as_slice(),
            Some(node) => {
                let message = format!("`code-list` must be a table, here it is {}", node.value.kind());
                let remedy = "write the number of the data element behind it: [code-list.235]";
                diagnostics.push(fields.problem(codes::FILE_WRONG_TYPE, message, node).remedy(remedy));
                &[]
            }
            None => {
                let remedy = "add a table such as [code-list.235], with lines such as `VN = \"Vendor's item number\"`";
                let found = Diagnostic::new(codes::FILE_MISSING_KEY, "the file has no code list", file.whole());
                diagnostics.push(found.remedy(remedy));
                &[]
            }
        };
        let mut own = Vec::new();
        for entry in lists {
            let reading = Reading { file, number: &entry.key, release, diagnostics };
            own.extend(reading.list(entry.key_span.clone(), &entry.node));
        }
        let partner_place = partner.map(|(_, node)| file.place(node.span.clone(), Some("partner")));
        let scope = Scope { release, partner: partner.map(|(name, _)| Arc::from(name)) };
        fields.finish(diagnostics);
        (diagnostics.errors() == errors).then_some(CodeFile { scope, lists: own, partner_place })
    }

    /// The partner whose documents the file is for, and where it says so.
    #[must_use]
    pub fn partner(&self) -> Option<(&str, &SourcePlace)> {
        self.scope.partner.as_deref().zip(self.partner_place.as_ref())
    }
}

/// A release that has tables here.
fn release(text: &str) -> Result<Release, (String, String)> {
    let names: Vec<&str> = dictionary::releases().map(Release::name).collect();
    dictionary::releases()
        .find(|release| release.name() == text)
        .ok_or_else(|| ("has no tables here".to_owned(), format!("write one of {}", names.join(", "))))
}

/// The reading of one list.
struct Reading<'a> {
    file: &'a SourceFile,
    /// The data element, as it is written.
    number: &'a str,
    release: Option<Release>,
    diagnostics: &'a mut Diagnostics,
}

impl Reading<'_> {
    fn list(mut self, key: std::ops::Range<usize>, node: &Node) -> Option<OwnList> {
        let path = format!("code-list.{}", self.number);
        let Value::Table(table) = &node.value else {
            let message = format!("`{path}` must be a table, here it is {}", node.value.kind());
            let place = self.file.place(node.span.clone(), Some(&path));
            let remedy = format!("write [{path}], and the codes below, a line each");
            self.diagnostics.push(Diagnostic::new(codes::FILE_WRONG_TYPE, message, place).remedy(remedy));
            return None;
        };
        let elements = self.elements();
        if let Err((message, remedy)) = self.has_codes(&elements) {
            let place = self.file.place(key, None);
            self.diagnostics.push(Diagnostic::new(codes::CODES_NO_ELEMENT, message, place).remedy(remedy));
            return None;
        }
        let lengths =
            elements.iter().map(|element| element.min).min()?..=elements.iter().map(|element| element.max).max()?;
        let replace = Fields::new(self.file, table, path.as_str()).boolean(REPLACE, self.diagnostics);
        let own = self.codes(table, &path, &lengths);
        if table.entries.iter().all(|entry| entry.key == REPLACE) {
            let message = format!("`{path}` names no code");
            let remedy = "add a line for each code, such as `VN = \"Vendor's item number\"`, or remove the table";
            let place = self.file.place(key, None);
            self.diagnostics.push(Diagnostic::new(codes::FILE_MISSING_KEY, message, place).remedy(remedy));
        }
        Some(OwnList { number: self.number.to_owned(), replace: replace.unwrap_or(false), codes: own })
    }

    /// The data element, in each release the file holds for.
    fn elements(&self) -> Vec<&'static Element> {
        let releases = dictionary::releases().filter(|release| self.release.is_none_or(|own| own == *release));
        releases.filter_map(|release| dictionary::element(release, self.number)).collect()
    }

    /// Whether there is such an element and its values are codes; else what is wrong and what to do.
    fn has_codes(&self, elements: &[&Element]) -> Result<(), (String, String)> {
        let Some(element) = elements.first() else {
            let message = format!("there is no data element {}", self.number);
            let remedy = match self.designated() {
                Some(number) => format!("{} is data element {number}: write [code-list.{number}]", self.number),
                None => "write the number of the data element, such as 235; `crossdock inspect` names elements, guides give their numbers".into(),
            };
            return Err((message, remedy));
        };
        match elements.iter().any(|element| element.kind == ElementType::Code) {
            true => Ok(()),
            false => Err((
                format!("data element {} ({}) holds no codes", self.number, element.name),
                "name an element whose values are codes (type ID), or remove the table".into(),
            )),
        }
    }

    /// The number of the element that is written as a reference designator, such as `LIN02`.
    fn designated(&self) -> Option<&'static str> {
        let (tag, position) = self.number.split_at_checked(self.number.len().checked_sub(2)?)?;
        let position: usize = position.parse().ok()?;
        let release = self.release.unwrap_or_else(|| release_for("").0);
        let element = dictionary::segment(release, tag)?.elements.get(position.checked_sub(1)?)?;
        Some(&element.number)
    }

    fn codes(
        &mut self,
        table: &Table,
        path: &str,
        lengths: &std::ops::RangeInclusive<u32>,
    ) -> BTreeMap<String, OwnCode> {
        let mut own = BTreeMap::new();
        for entry in table.entries.iter().filter(|entry| entry.key != REPLACE) {
            let code = entry.key.as_str();
            let at = |span: &std::ops::Range<usize>| self.file.place(span.clone(), Some(path));
            let (found, place, message, remedy) = match &entry.node.value {
                Value::Text(name) => match (wrong_code(code, lengths), name.trim()) {
                    (Some((problem, remedy)), _) => {
                        let message = format!("`{code}` cannot be a code of data element {}: {problem}", self.number);
                        (codes::CODES_WRONG_CODE, at(&entry.key_span), message, remedy)
                    }
                    (None, "") => {
                        let message = format!("code `{code}` of data element {} has an empty name", self.number);
                        (codes::FILE_WRONG_VALUE, at(&entry.node.span), message, "write what the code means".to_owned())
                    }
                    (None, name) => {
                        own.insert(code.to_owned(), OwnCode { name: name.to_owned(), place: at(&entry.key_span) });
                        continue;
                    }
                },
                other => {
                    let message = format!(
                        "`{path}.{code}` must be the code's name, a text in quotes, here it is {}",
                        other.kind()
                    );
                    let remedy = match suggest::nearest(code, [REPLACE]) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("write what the code means: {code} = \"...\""),
                    };
                    (codes::FILE_WRONG_TYPE, at(&entry.node.span), message, remedy)
                }
            };
            self.diagnostics.push(Diagnostic::new(found, message, place).remedy(remedy));
        }
        own
    }
}

/// Why `code` can be no value of an element whose values have so many characters, and what to do.
fn wrong_code(code: &str, lengths: &std::ops::RangeInclusive<u32>) -> Option<(String, String)> {
    let length = u32::try_from(code.chars().count()).unwrap_or(u32::MAX);
    let plural = |count: u32| format!("{count} character{}", if count == 1 { "" } else { "s" });
    if length > *lengths.end() {
        let problem = format!("it has {}, at most {} are allowed", plural(length), lengths.end());
        return Some((problem, "write the code as it stands in the documents, its meaning behind the `=`".into()));
    }
    if length < *lengths.start() {
        let problem = format!("it has {}, at least {} are needed", plural(length), lengths.start());
        let remedy = match code.bytes().all(|byte| byte.is_ascii_digit()) {
            true => format!(
                "write it in full, with its zeros: {code:0>width$} = \"...\"",
                width = *lengths.start() as usize
            ),
            false => "write the code as it stands in the documents".to_owned(),
        };
        return Some((problem, remedy));
    }
    if code.trim() != code || code.chars().any(char::is_control) {
        return Some(("blanks at its ends are dropped when it is read".into(), "write it without them".into()));
    }
    None
}
