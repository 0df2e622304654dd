//! What is picked up from a partner's server, when, and what becomes of it there: `[[transport.sftp.poll]]`.

use std::fmt;
use std::time::Duration;

use super::schedule::{self, Schedule};
use super::{Protocol, age, ending_of, folder};
use crate::diagnostic::{Diagnostics, codes};
use crate::source::{Fields, Node, Value};

/// A folder that is looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The folder on the server.
    pub folder: String,
    /// Which files; default all. By SCP, names.
    pub files: Vec<Pattern>,
    /// When it is looked through; default every minute.
    pub when: Schedule,
    /// So long a file must not have changed, by our clock; default 5 s. Zero takes it at the first look.
    pub min_age: Duration,
    /// Ending of a file that says that the one it is named after is finished; default none.
    pub done_file: Option<String>,
    /// What becomes of a file that was picked up; by SCP it stays.
    pub then: Then,
    /// Files picked up in one visit, at most; default 1,000.
    pub limit: usize,
    /// Bytes of a file, at most; a larger one stays there, and is told. Default [`FILE_BYTES`].
    pub file_bytes: u64,
}

/// Bytes of a file that is picked up, at most, where the profile does not say.
pub const FILE_BYTES: u64 = 16 << 30;

/// What becomes of a file that was picked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Then {
    /// It is deleted.
    #[default]
    Delete,
    /// It is moved into this folder, named from the one it lies in.
    Move(String),
    /// It gets this ending.
    Rename(String),
    /// It stays, and we remember it.
    Leave,
}

/// A pattern of file names, in which `*` stands for any characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence, and what to do.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        if text.is_empty() || text.contains('/') {
            let remedy = "write names alone, such as \"*.edi\"; the folder has a key of its own";
            return Err(("is no pattern of file names".to_owned(), remedy.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The one name that fits, where there are no `*` and `?`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        (!self.0.contains(['*', '?'])).then_some(&self.0)
    }

    /// Does the name fit?
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        let (pattern, name): (Vec<char>, Vec<char>) = (self.0.chars().collect(), name.chars().collect());
        let (mut at, mut in_name) = (0, 0);
        // Where the last star stood, and how much it has taken.
        let mut star: Option<(usize, usize)> = None;
        while in_name < name.len() {
            match (pattern.get(at), star) {
                (Some('*'), _) => {
                    star = Some((at, in_name));
                    at += 1;
                }
                (Some(c), _) if *c == '?' || *c == name[in_name] => {
                    at += 1;
                    in_name += 1;
                }
                (_, Some((starred, taken))) => {
                    star = Some((starred, taken + 1));
                    at = starred + 1;
                    in_name = taken + 1;
                }
                _ => return false,
            }
        }
        pattern[at..].iter().all(|c| *c == '*')
    }
}

/// Reads entry `number` of `[[transport.sftp.poll]]`; each has its folder in `folders`, as [`plain`] has it.
pub(super) fn poll(
    mut fields: Fields<'_>,
    protocol: Protocol,
    (number, folders): (usize, &[String]),
    diagnostics: &mut Diagnostics,
) -> Option<Poll> {
    let by_scp = protocol == Protocol::Scp;
    fields.require("folder", "\"/outbound\"", diagnostics);
    let new_folder = |text: &str| match folder(text)? {
        again if folders[..number].contains(&plain(&again)) => {
            let remedy = "write one entry for a folder, with all patterns in its `files`";
            Err(("is looked through by another entry already".to_owned(), remedy.to_owned()))
        }
        new => Ok(new),
    };
    let at = fields.parsed("folder", new_folder, diagnostics);
    let mut files = Vec::new();
    if by_scp {
        let cause = "SCP cannot list a folder: each file that is to be picked up has to be named".to_owned();
        fields.require_because("files", "[\"inventory.csv\"]", Some(cause), diagnostics);
    }
    let pattern = if by_scp { named } else { Pattern::parse };
    for (text, node) in fields.texts("files", diagnostics) {
        files.extend(fields.accepted("files", node, text, pattern(text), diagnostics));
    }
    if files.is_empty() {
        files.push(Pattern("*".to_owned()));
    }
    let when = schedule::schedule(&mut fields, diagnostics);
    let min_age = fields.parsed("min_age", age, diagnostics);
    let done_file = fields.parsed("done_file", ending_of, diagnostics);
    let then = match fields.node("then") {
        None if by_scp => Then::Leave,
        None => Then::default(),
        Some(node) => {
            let then = then(&fields, node, protocol, diagnostics);
            if let (Then::Move(to), Some(at)) = (&then, &at) {
                let to = if to.starts_with('/') { plain(to) } else { plain(&format!("{at}/{to}")) };
                if folders.contains(&to) {
                    let message =
                        format!("`{}` moves files into `{to}`, which is looked through", fields.named("then"));
                    let found = fields.problem(codes::FILE_WRONG_VALUE, message, node);
                    let found = found.cause("each file would be picked up there again");
                    diagnostics.push(found.remedy("move them into a folder of their own: { move = \"archive\" }"));
                }
            }
            then
        }
    };
    let limit = fields.integer("limit", 1..=100_000, diagnostics).and_then(|limit| usize::try_from(limit).ok());
    let file_bytes = fields.integer("file_bytes", 1_000..=i64::MAX, diagnostics);
    fields.finish(diagnostics);
    Some(Poll {
        folder: at?,
        files,
        when,
        min_age: min_age.unwrap_or(Duration::from_secs(5)),
        done_file,
        then,
        limit: limit.unwrap_or(1_000),
        file_bytes: file_bytes.map_or(FILE_BYTES, i64::unsigned_abs),
    })
}

/// The folder of an entry, as [`plain`] has it; where it has none, what no path is.
pub(super) fn folder_of(fields: &mut Fields<'_>) -> String {
    match fields.node("folder").map(|node| &node.value) {
        Some(Value::Text(text)) => plain(text),
        _ => "//".to_owned(),
    }
}

/// The path of a folder without what leads nowhere, to be compared: `/out/./archive/..` is `/out`.
pub(super) fn plain(path: &str) -> String {
    let is_whole = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", _) if is_whole => {}
            _ => parts.push(part),
        }
    }
    format!("{}{}", if is_whole { "/" } else { "" }, parts.join("/"))
}

/// The name of a file, as SCP needs it.
fn named(text: &str) -> Result<Pattern, (String, String)> {
    let pattern = Pattern::parse(text)?;
    match pattern.name() {
        Some(name) if !name.contains(|c: char| c.is_control()) => Ok(pattern),
        _ => {
            let remedy = "SCP cannot list a folder: write whole names, such as \"inventory.csv\"";
            Err(("is no name of one file".to_owned(), remedy.to_owned()))
        }
    }
}

fn then(fields: &Fields<'_>, node: &Node, protocol: Protocol, diagnostics: &mut Diagnostics) -> Then {
    let read = match &node.value {
        Value::Text(word) if word == "delete" => Some(Then::Delete),
        Value::Text(word) if word == "leave" => Some(Then::Leave),
        Value::Table(table) => match table.entries.as_slice() {
            [entry] => match (entry.key.as_str(), &entry.node.value) {
                ("move", Value::Text(text)) => folder(text).ok().map(Then::Move),
                ("rename", Value::Text(text)) => ending_of(text).ok().map(Then::Rename),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    if let (Protocol::Scp, Some(Then::Delete | Then::Move(_) | Then::Rename(_))) = (protocol, &read) {
        let message = format!("`{}` asks for what SCP does not have", fields.named("then"));
        let found = fields.problem(codes::FILE_WRONG_VALUE, message, node);
        diagnostics.push(found.cause("SCP can neither remove nor rename a file").remedy("write \"leave\""));
    }
    read.unwrap_or_else(|| {
        let message = format!("`{}` does not say what becomes of a file", fields.named("then"));
        let remedy = "write \"delete\", \"leave\", { move = \"archive\" } or { rename = \".done\" }";
        diagnostics.push(fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
        Then::default()
    })
}

#[cfg(test)]
mod tests {
    use super::{Pattern, plain};

    #[test]
    fn paths_of_one_folder_are_the_same() {
        for (path, expected) in [
            ("/out", "/out"),
            ("/out//.", "/out"),
            ("/out/../out", "/out"),
            ("/../out", "/out"),
            ("/", "/"),
            ("out/./", "out"),
            (".", ""),
            ("out/..", ""),
            ("../../out", "../../out"),
            ("out/../../x", "../x"),
        ] {
            assert_eq!(plain(path), expected, "{path}");
        }
    }

    #[test]
    fn names_fit_patterns() {
        for (pattern, fits, not) in [
            ("*.edi", "a.edi", "a.EDI"),
            ("*", "anything", ""),
            ("94?_*.x12", "945_1.x12", "94_1.x12"),
            ("*-*-*.txt", "a-b-c-d.txt", "a-b.txt"),
            ("fixed", "fixed", "fixed2"),
            ("*ab", "aab", "aba"),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(pattern.takes(fits), "{pattern:?} {fits}");
            assert!(not.is_empty() || !pattern.takes(not), "{pattern:?} {not}");
        }
        assert!(Pattern::parse("a/*.edi").is_err());
    }
}
