//! Every folder of `tests/wrong/homes` is a home with something wrong across its files; `expected.txt` in it is what
//! `crossdock check` says of it. `UPDATE_EXPECTED=1 cargo test --test homes` rewrites it; the difference is then to be read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, codes, text};
use crossdock::mapping;
use crossdock::source::SourceFile;

fn homes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong/homes");
    let mut homes: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    homes.sort();
    homes
}

/// What a check of the home says.
fn told(home: &Path) -> String {
    let mut diagnostics = Diagnostics::unlimited();
    Catalog::new(home).check(&mut diagnostics);
    for diagnostic in diagnostics.list() {
        assert!(diagnostic.remedy.is_some(), "no remedy: {}", diagnostic.message);
        assert!(!diagnostic.message.ends_with('.'), "a full stop: {}", diagnostic.message);
    }
    let told: Vec<String> = diagnostics.list().iter().map(|one| text::render(one, false)).collect();
    told.join("\n")
}

#[test]
fn every_wrong_home_is_explained_with_the_expected_text() {
    let mut different = Vec::new();
    for home in homes() {
        let (told, expected) = (told(&home), home.join("expected.txt"));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &told).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != told {
            different.push(format!("{}:\n{told}", home.display()));
        }
        assert!(!told.is_empty(), "nothing is said of {}", home.display());
    }
    assert!(different.is_empty(), "told otherwise than expected:\n{}", different.join("\n"));
}

/// Permissions do not stop the super-user, so a link that leads to itself stands for a file that cannot be opened.
#[test]
fn a_file_of_the_home_that_cannot_be_opened_is_told_and_the_shipped_one_does_not_stand_in() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unreadable");
    if home.exists() {
        fs::remove_dir_all(&home).unwrap();
    }
    fs::create_dir_all(home.join("mappings/base")).unwrap();
    symlink("945.toml", home.join("mappings/base/945.toml")).unwrap();
    let mut diagnostics = Diagnostics::unlimited();
    assert!(Catalog::new(&home).plan("base/945", &mut diagnostics).is_none());
    let told = diagnostics.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].code, codes::FILE_UNREADABLE);
    assert!(told[0].message.starts_with("mappings/base/945.toml cannot be read: "), "{}", told[0].message);
}

fn too_many_lines(text: String) -> String {
    let file = Arc::new(SourceFile::new("mappings/generated.toml", text));
    let mut diagnostics = Diagnostics::unlimited();
    let plan = mapping::load("generated", &file, &Catalog::new("/nowhere"), &mut diagnostics);
    assert!(plan.is_none());
    let told = diagnostics.take();
    assert!(told.iter().all(|one| one.code == codes::MAPPING_TOO_MANY_LINES), "{told:?}");
    told.into_iter().map(|one| one.message).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_mapping_with_more_lines_than_a_plan_holds_is_refused_once() {
    let lines: String = (0..70_000).map(|number| format!("N{number} = false\n")).collect();
    let told = too_many_lines(format!("extends = \"base/945\"\n[map.ship_to.identifiers]\n{lines}"));
    assert_eq!(told, "[map] has 70000 lines, a mapping has at most 65535");
}
