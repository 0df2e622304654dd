//! Every file of `tests/wrong/mappings` is a mapping with something wrong; beside it stands what an engineer is told.
//! `UPDATE_EXPECTED=1 cargo test` rewrites the expected texts; their difference is then to be read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, Severity, text};
use crossdock::mapping::{self, Library};
use crossdock::source::SourceFile;
use crossdock::tree::{Grammar, SegmentDefinition};

const FOLDER: &str = "tests/wrong/mappings";

/// The shipped mappings, and the wrong ones by their own names.
struct Wrong(Catalog);

impl Library for Wrong {
    fn mapping(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.0.file(&format!("{FOLDER}/{name}.toml")).or_else(|| self.0.mapping(name))
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn shared(&self) -> Vec<Arc<SourceFile>> {
        self.0.shared()
    }

    fn grammar(&self, document: &str) -> Option<Arc<Grammar>> {
        self.0.grammar(document)
    }

    fn documents(&self) -> Vec<String> {
        self.0.documents()
    }

    fn elsewhere(&self, document: &str, segment: &str) -> Option<(Arc<SegmentDefinition>, Vec<String>)> {
        self.0.elsewhere(document, segment)
    }
}

fn wrong_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

/// What is said of the mapping in `path`.
fn diagnose(path: &Path) -> Diagnostics {
    let library = Wrong(Catalog::new(env!("CARGO_MANIFEST_DIR")));
    let name = path.file_stem().unwrap().to_str().unwrap();
    let file = library.mapping(name).unwrap();
    let mut diagnostics = Diagnostics::unlimited();
    let plan = mapping::load(name, &file, &library, &mut diagnostics);
    assert!(!diagnostics.is_empty(), "nothing is said of {name}");
    assert_eq!(plan.is_none(), diagnostics.errors() > 0, "{name}: errors, and only they, make a mapping unusable");
    diagnostics
}

#[test]
fn every_wrong_mapping_is_explained_with_the_expected_text() {
    let files = wrong_files();
    assert!(files.len() >= 26, "only {} wrong mappings", files.len());
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
fn no_two_wrong_mappings_are_told_the_same() {
    let mut known: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in wrong_files() {
        let told = diagnose(&path).list()[0].message.clone();
        if let Some(other) = known.insert(told.clone(), path.clone()) {
            panic!("{} and {}: {told}", other.display(), path.display());
        }
    }
}

#[test]
fn every_error_in_a_mapping_names_the_next_action() {
    for path in wrong_files() {
        for diagnostic in diagnose(&path).list() {
            let shown = text::render(diagnostic, false);
            assert!(diagnostic.remedy.is_some(), "no remedy:\n{shown}");
            assert!(!diagnostic.message.ends_with('.'), "a full stop:\n{shown}");
            assert!(diagnostic.severity != Severity::Note, "a note is nothing wrong:\n{shown}");
        }
    }
}
