//! Every file of `tests/wrong/guides` is a guide with something wrong; beside it stands what an engineer is told.
//! `UPDATE_EXPECTED=1 cargo test` rewrites the expected texts; their difference is then to be read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/wrong.rs"]
mod wrong;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, Severity};
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
    wrong::toml_files(FOLDER)
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
    wrong::told_as_expected(&files, |path| wrong::told(&diagnose(path)));
}

#[test]
fn no_two_wrong_guides_are_told_the_same() {
    wrong::told_apart(&wrong_files(), diagnose);
}

#[test]
fn every_error_in_a_guide_names_the_next_action() {
    wrong::names_the_next_action(&wrong_files(), Severity::Error, diagnose);
}
