//! Files by name, such as `mappings/base/945.toml`: from the home, else from those compiled in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crate::diagnostic::{Diagnostic, Diagnostics, Place, cause, codes};
use crate::source::{Node, SourceFile, Value};

use super::{Catalog, FOLDERS};

/// Mappings, blocks and tables that ship with Crossdock.
const SHIPPED: &[(&str, &str)] = &[
    ("mappings/base/846.toml", include_str!("../../mappings/base/846.toml")),
    ("mappings/base/856.toml", include_str!("../../mappings/base/856.toml")),
    ("mappings/base/856-005010.toml", include_str!("../../mappings/base/856-005010.toml")),
    ("mappings/base/940.toml", include_str!("../../mappings/base/940.toml")),
    ("mappings/base/940-005010.toml", include_str!("../../mappings/base/940-005010.toml")),
    ("mappings/base/943.toml", include_str!("../../mappings/base/943.toml")),
    ("mappings/base/944.toml", include_str!("../../mappings/base/944.toml")),
    ("mappings/base/944-005010.toml", include_str!("../../mappings/base/944-005010.toml")),
    ("mappings/base/945.toml", include_str!("../../mappings/base/945.toml")),
    ("mappings/base/945-005010.toml", include_str!("../../mappings/base/945-005010.toml")),
    ("mappings/base/947.toml", include_str!("../../mappings/base/947.toml")),
    ("mappings/blocks/common.toml", include_str!("../../mappings/blocks/common.toml")),
    ("mappings/tables/common.toml", include_str!("../../mappings/tables/common.toml")),
];

impl Catalog {
    /// What stands on a line of a file, such as `mappings/base/945.toml:41`.
    #[must_use]
    pub fn line_text(&self, line: &str) -> Option<String> {
        let (name, number) = line.rsplit_once(':')?;
        let file = self.file(self.home_name(name))?;
        Some(file.text.lines().nth(number.parse::<usize>().ok()?.checked_sub(1)?)?.trim().to_owned())
    }

    /// The place of such a line; nowhere when there is no such file.
    #[must_use]
    pub fn place_of(&self, line: &str) -> Place {
        let Some((name, number)) = line.rsplit_once(':') else { return Place::Nowhere };
        let (Some(file), Ok(number)) = (self.file(self.home_name(name)), number.parse::<usize>()) else {
            return Place::Nowhere;
        };
        let start = file.text.split_inclusive('\n').take(number.saturating_sub(1)).map(str::len).sum::<usize>();
        let text = file.text[start..].lines().next().unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        file.place(start + indent..start + text.len(), None).into()
    }

    /// The file of the home for which one stands that people are told of by this name.
    fn home_name<'n>(&'n self, shown: &'n str) -> &'n str {
        self.laid.iter().find(|laid| laid.shown == shown).map_or(shown, |laid| &laid.name)
    }

    /// The file called `name` below the home, or the shipped one. One of the home's own that cannot be read says so when
    /// it is parsed: the shipped one does not stand in for it. It is read once.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Arc<SourceFile>> {
        let files = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = files().get(name) {
            return known.clone();
        }
        // Not under the lock: a disk may be slow.
        let file = self.read_file(name);
        files().entry(name.to_owned()).or_insert(file).clone()
    }

    fn read_file(&self, name: &str) -> Option<Arc<SourceFile>> {
        let laid = self.laid.iter().find(|laid| laid.name == name);
        let path = laid.map_or_else(|| self.home.join(name), |laid| laid.file.clone());
        let shown = laid.map_or(name, |laid| &laid.shown);
        // A link that leads nowhere is there.
        let is_there = path.is_symlink();
        let file = match fs::read(path) {
            Ok(bytes) => SourceFile::from_bytes(shown, bytes),
            Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) && !is_there => {
                SourceFile::new(name, SHIPPED.iter().find(|(known, _)| *known == name)?.1)
            }
            Err(error) => SourceFile::unreadable(shown, cause(error)),
        };
        Some(Arc::new(file))
    }

    /// The names of the TOML files below `folder`, in order, without the folder and the ending.
    #[must_use]
    pub fn list(&self, folder: &str) -> Vec<String> {
        let mut names = Vec::new();
        drop(collect(&self.home.join(folder), "", &mut names));
        let prefix = format!("{folder}/");
        let others = SHIPPED.iter().map(|(name, _)| *name).chain(self.laid.iter().map(|laid| laid.name.as_str()));
        names.extend(others.filter_map(|name| Some(name.strip_prefix(&prefix)?.strip_suffix(".toml")?.to_owned())));
        names.sort();
        names.dedup();
        names
    }
}

/// Says which folders of the home cannot be read: what is in them is not known, and so is nothing of the home's.
pub(super) fn check_folders(home: &Path, diagnostics: &mut Diagnostics) {
    for folder in FOLDERS {
        for (path, error) in collect(&home.join(folder), "", &mut Vec::new()) {
            let message = format!("the folder {} cannot be read", path.display());
            let unread = Diagnostic::new(codes::FILE_UNREADABLE, message, Place::Nowhere);
            diagnostics.push(
                unread.cause(cause(error)).remedy("let the user of the gateway read it, or mount what belongs there"),
            );
        }
    }
}

/// The name of a mapping that may be given as its file: `harbor/945` of `mappings/harbor/945.toml`.
#[must_use]
pub fn mapping_name(wanted: &str) -> &str {
    let name = wanted.strip_prefix("./").unwrap_or(wanted);
    let name = name.strip_prefix("mappings/").unwrap_or(name);
    name.strip_suffix(".toml").unwrap_or(name)
}

/// The shipped mappings that people extend, each with its canonical object: the same in every home.
#[must_use]
pub fn shipped_bases() -> Vec<(String, String)> {
    let text_of = |text: &str, key: &str| match SourceFile::new("", text).parse(&mut Diagnostics::unlimited()).get(key)
    {
        Some(Node { value: Value::Text(text), .. }) => Some(text.clone()),
        _ => None,
    };
    let mappings: BTreeMap<&str, &str> = SHIPPED
        .iter()
        .filter_map(|(name, text)| Some((name.strip_prefix("mappings/")?.strip_suffix(".toml")?, *text)))
        .collect();
    let canonical = |name: &str| {
        let mut text = *mappings.get(name)?;
        // A base of another release may extend the first one, which names the object.
        loop {
            match text_of(text, "canonical") {
                Some(canonical) => return Some(canonical),
                None => text = *mappings.get(text_of(text, "extends")?.as_str())?,
            }
        }
    };
    mappings.keys().filter_map(|name| Some(((*name).to_owned(), canonical(name)?))).collect()
}

/// How deep folders of mappings may be nested.
const DEPTH: usize = 4;

/// Takes the names of the files in a folder and those within, and answers with those folders that cannot be read. One that is not
/// there is empty.
pub(super) fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Vec<(PathBuf, io::Error)> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![(folder.to_owned(), error)],
    };
    let mut unread = Vec::new();
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = entry.path();
        if path.is_dir() && prefix.matches('/').count() < DEPTH {
            unread.extend(collect(&path, &format!("{prefix}{name}/"), names));
        } else if let Some(stem) = name.strip_suffix(".toml") {
            names.push(format!("{prefix}{stem}"));
        }
    }
    unread
}
