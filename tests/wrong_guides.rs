//! Every file of `tests/wrong/guides` is a guide with something wrong; beside it stands what an engineer is told.
//! `UPDATE_EXPECTED=1 cargo test` rewrites the expected texts; their difference is then to be read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, Severity, text};
use crossdock::source::SourceFile;
use crossdock::x12::guide::{Shelf, load};

const FOLDER: &str = "tests/wrong/guides";

/// The guides of this home, and the wrong ones by their own names.
struct Wrong(Catalog);

impl Shelf for Wrong {
    fn guide(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.0.file(&format!("{FOLDER}/{name}.toml")).or_else(|| Shelf::guide(&self.0, name))
    }

    fn guide_names(&self) -> Vec<String> {
        self.0.guide_names()
    }
}

fn wrong_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

/// What is said of the guide in `path`.
fn diagnose(path: &Path) -> Diagnostics {
    let shelf = Wrong(Catalog::new(env!("CARGO_MANIFEST_DIR")));
    let name = path.file_stem().unwrap().to_str().unwrap();
    let file = shelf.guide(name).unwrap();
    let mut diagnostics = Diagnostics::unlimited();
    let guide = load(name, &file, &shelf, &mut diagnostics);
    assert!(guide.is_none(), "{name} is accepted");
    assert!(diagnostics.errors() > 0, "nothing is said of {name}");
    diagnostics
}

#[test]
fn every_wrong_guide_is_explained_with_the_expected_text() {
    let files = wrong_files();
    assert!(files.len() >= 50, "only {} wrong guides", files.len());
    let mut different = Vec::new();
    for path in &files {
        let told: Vec<String> = diagnose(path).list().iter().map(|one| text::render(one, false)).collect();
        let told = told.join("\n");
        let expected = path.with_extension("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &told).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != told {
            different.push(format!("{}:\n{told}", path.display()));
        }
    }
    assert!(different.is_empty(), "told otherwise than expected:\n{}", different.join("\n"));
}

#[test]
fn no_two_wrong_guides_are_told_the_same() {
    let mut known: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in wrong_files() {
        let told = diagnose(&path).list()[0].message.clone();
        if let Some(other) = known.insert(told.clone(), path.clone()) {
            panic!("{} and {}: {told}", other.display(), path.display());
        }
    }
}

#[test]
fn every_error_in_a_guide_names_the_next_action() {
    for path in wrong_files() {
        for diagnostic in diagnose(&path).list() {
            let shown = text::render(diagnostic, false);
            assert!(diagnostic.remedy.is_some(), "no remedy:\n{shown}");
            assert!(!diagnostic.message.ends_with('.'), "a full stop:\n{shown}");
            assert!(diagnostic.severity == Severity::Error, "no error:\n{shown}");
        }
    }
}
