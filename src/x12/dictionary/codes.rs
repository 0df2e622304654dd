//! The code lists: found by search in the text they are compiled in as, never read into maps.

use std::cmp::Ordering;
use std::sync::OnceLock;

use super::{Release, files};

/// The codes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeList {
    /// Data element number, such as `355`; `I05` and the like are elements of the interchange control segments.
    pub number: &'static str,
    /// Name of the element.
    pub name: &'static str,
    /// Lines `code name | releases`, in the byte order of the codes.
    lines: &'static str,
}

/// A code of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeValue {
    /// The code as it stands in a document.
    pub code: &'static str,
    /// What it means, where the dictionary has a name for it.
    pub name: Option<&'static str>,
    /// Names of the releases that have it, parted by blanks; empty means all.
    pub(super) releases: &'static str,
}

impl CodeValue {
    /// True when `release` has the code.
    #[must_use]
    pub fn is_in(&self, release: Release) -> bool {
        self.releases.is_empty() || self.releases.split(' ').any(|name| name == release.name())
    }

    /// A line such as `03 Creditors to Sales Costs | 005010`.
    fn read(line: &'static str) -> Self {
        let (text, releases) = line.split_once(" | ").unwrap_or((line, ""));
        let (code, name) = match text.split_once(' ') {
            Some((code, name)) => (code, Some(name)),
            None => (text, None),
        };
        Self { code, name, releases }
    }
}

impl CodeList {
    /// The code, whatever releases have it.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<CodeValue> {
        // Halves the text at the start of a line until the line is found.
        let mut text = self.lines;
        while !text.is_empty() {
            let middle = text.len() / 2;
            let start = text.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let line = text[start..].lines().next().unwrap_or_default();
            let value = CodeValue::read(line);
            match value.code.cmp(code) {
                Ordering::Equal => return Some(value),
                Ordering::Less => text = text.get(start + line.len() + 1..).unwrap_or_default(),
                Ordering::Greater => text = &text[..start],
            }
        }
        None
    }

    /// True when `release` has the code.
    #[must_use]
    pub fn contains(&self, code: &str, release: Release) -> bool {
        self.find(code).is_some_and(|value| value.is_in(release))
    }

    /// The codes of a release, without their names, in byte order.
    pub fn codes_of(&self, release: Release) -> impl Iterator<Item = &'static str> + use<> {
        let text: &'static str = self.lines;
        // By search in each line, for there may be many and a list is made while a document waits.
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).scan(0, move |start, end| {
            let line = &text[*start..end];
            *start = end + 1;
            Some(line)
        });
        lines.filter_map(move |line| {
            let bytes = line.as_bytes();
            let releases = memchr::memrchr(b'|', bytes).filter(|at| bytes[..*at].ends_with(b" "));
            let has = |at: usize| line[at + 1..].split_ascii_whitespace().any(|name| name == release.name());
            let end = memchr::memchr(b' ', bytes).unwrap_or(bytes.len());
            releases.is_none_or(has).then(|| &line[..end])
        })
    }

    /// The codes of all releases, in byte order.
    pub fn codes(&self) -> impl Iterator<Item = CodeValue> + use<> {
        self.lines.lines().map(CodeValue::read)
    }
}

/// All lists, in the byte order of the element numbers.
pub fn code_lists() -> &'static [CodeList] {
    static LISTS: OnceLock<Vec<CodeList>> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut lists = Vec::new();
        let mut rest = files::CODES;
        while !rest.is_empty() {
            let end = memchr::memmem::find(rest.as_bytes(), b"\n\n").map_or(rest.len(), |at| at + 1);
            let (head, lines) = rest[..end].split_once('\n').unwrap_or_default();
            let (number, name) = head.split_once(" | ").unwrap_or_default();
            lists.push(CodeList { number, name, lines });
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        lists
    })
}

/// The list of an element; `None` where it has no codes or someone else keeps them (see [`super::is_external`]).
#[must_use]
pub fn code_list(element_number: &str) -> Option<CodeList> {
    let lists = code_lists();
    let at = lists.binary_search_by(|list| list.number.cmp(element_number)).ok()?;
    Some(lists[at])
}

/// What a code of an element means in `release`: `code_name("355", "CA", release)` is `Case`.
#[must_use]
pub fn code_name(element_number: &str, code: &str, release: Release) -> Option<&'static str> {
    let value = code_list(element_number)?.find(code)?;
    value.name.filter(|_| value.is_in(release))
}
