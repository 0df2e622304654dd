//! Every file of `tests/wrong/layouts` is a layout with something wrong; beside it stands what an engineer is told.
//! `UPDATE_EXPECTED=1 cargo test` rewrites the expected texts; their difference is then to be read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/wrong.rs"]
mod wrong;

use std::fs;
use std::path::{Path, PathBuf};

use crossdock::diagnostic::{Diagnostics, Severity};
use crossdock::layout::Layout;
use crossdock::source::SourceFile;

const FOLDER: &str = "tests/wrong/layouts";

fn wrong_files() -> Vec<PathBuf> {
    wrong::toml_files(FOLDER)
}

/// What is said of the layout in `path`.
fn diagnose(path: &Path) -> Diagnostics {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let file = SourceFile::new(format!("mappings/layouts/{name}.toml"), fs::read_to_string(path).unwrap());
    let mut diagnostics = Diagnostics::unlimited();
    let layout = Layout::parse(&format!("{}/{name}", Layout::family(&file)), &file, &mut diagnostics);
    assert!(layout.is_none(), "{name} is accepted");
    assert!(diagnostics.errors() > 0, "nothing is said of {name}");
    diagnostics
}

#[test]
fn every_wrong_layout_is_explained_with_the_expected_text() {
    let files = wrong_files();
    assert!(files.len() >= 20, "only {} wrong layouts", files.len());
    wrong::told_as_expected(&files, |path| wrong::told(&diagnose(path)));
}

#[test]
fn no_two_wrong_layouts_are_told_the_same() {
    wrong::told_apart(&wrong_files(), diagnose);
}

#[test]
fn every_error_in_a_layout_names_the_next_action() {
    wrong::names_the_next_action(&wrong_files(), Severity::Error, diagnose);
}
