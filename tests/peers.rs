//! What independent programs say of what we write. Each is named by an environment variable, which `tests/all` sets where it
//! could install the program; without it the test says that it was skipped.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All files of this name below `folder`.
fn files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(files(&entry, name)),
            false if entry.file_name().is_some_and(|file| file == name) => found.push(entry),
            false => {}
        }
    }
    found.sort();
    found
}

#[test]
fn pyx12_reads_our_acknowledgments_without_complaint() {
    let Some(python) = std::env::var_os("CROSSDOCK_PYX12") else {
        println!("SKIPPED: CROSSDOCK_PYX12 names no Python that has pyx12");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut acknowledgments = files(&root.join("fixtures"), "expected.acknowledgment.edi");
    // A group whose number is no number can be named by it only, which is said of AK102; so is a set whose
    // number is missing or too short, of AK202. pyx12 has no tables for groups of several releases in one interchange.
    let unnamed = ["envelope-values", "st02-missing", "st02-too-short", "other-release"].map(std::ffi::OsStr::new);
    let case = |file: &Path| file.parent().and_then(Path::file_name).map(std::ffi::OsStr::to_owned);
    acknowledgments.retain(|file| case(file).is_none_or(|case| !unnamed.contains(&case.as_os_str())));
    assert!(acknowledgments.len() > 100, "{}", acknowledgments.len());
    let output =
        Command::new(python).arg(root.join("tests/peers/pyx12_reads.py")).args(&acknowledgments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
