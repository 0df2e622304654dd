//! Files that are wrong, with what people are told of each in a text beside it: the same walk for every kind of file.

#![allow(dead_code, reason = "each test uses the part it needs")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crossdock::diagnostic::{Diagnostics, Severity, text};

/// The TOML files of a folder of this package, in the order of their names.
pub(crate) fn toml_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

/// All that is said, as people read it.
pub(crate) fn told(diagnostics: &Diagnostics) -> String {
    let told: Vec<String> = diagnostics.list().iter().map(|one| text::render(one, false)).collect();
    told.join("\n")
}

/// Compares what is told of each file with `expected.txt` beside it, or rewrites that.
pub(crate) fn told_as_expected(files: &[PathBuf], mut told: impl FnMut(&Path) -> String) {
    let mut different = Vec::new();
    for path in files {
        let told = told(path);
        let expected = path.with_extension("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &told).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != told {
            different.push(format!("{}:\n{told}", path.display()));
        }
    }
    assert!(different.is_empty(), "told otherwise than expected:\n{}", different.join("\n"));
}

/// No two files begin with the same message.
pub(crate) fn told_apart(files: &[PathBuf], diagnose: impl Fn(&Path) -> Diagnostics) {
    let mut known: BTreeMap<String, &PathBuf> = BTreeMap::new();
    for path in files {
        let told = diagnose(path).list()[0].message.clone();
        if let Some(other) = known.insert(told.clone(), path) {
            panic!("{} and {}: {told}", other.display(), path.display());
        }
    }
}

/// Everything that is said is at least so bad, names the next action, and has no full stop.
pub(crate) fn names_the_next_action(files: &[PathBuf], least: Severity, diagnose: impl Fn(&Path) -> Diagnostics) {
    for path in files {
        for diagnostic in diagnose(path).list() {
            let shown = text::render(diagnostic, false);
            assert!(diagnostic.remedy.is_some(), "no remedy:\n{shown}");
            assert!(!diagnostic.message.ends_with('.'), "a full stop:\n{shown}");
            assert!(diagnostic.severity >= least, "not bad enough to be wrong:\n{shown}");
        }
    }
}
