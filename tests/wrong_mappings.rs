//! Every file of `tests/wrong/mappings` is a mapping with something wrong; beside it stands what an engineer is told.
//! `UPDATE_EXPECTED=1 cargo test` rewrites the expected texts; their difference is then to be read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/wrong.rs"]
mod wrong;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, Severity};
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
    wrong::toml_files(FOLDER)
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
    wrong::told_as_expected(&files, |path| wrong::told(&diagnose(path)));
}

#[test]
fn no_two_wrong_mappings_are_told_the_same() {
    wrong::told_apart(&wrong_files(), diagnose);
}

#[test]
fn every_error_in_a_mapping_names_the_next_action() {
    wrong::names_the_next_action(&wrong_files(), Severity::Warning, diagnose);
}
