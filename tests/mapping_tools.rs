//! `crossdock mapping test`, `check`, `diff`, `new` and `format`, run as people do, on homes of their own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the command prints on standard output and beside it, and its exit code.
fn run(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// A copy of the home of `docs/MAPPING.md`.
fn home(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools").join(name);
    drop(fs::remove_dir_all(&path));
    copy(&root().join("docs/first-mapping"), &path);
    path
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn edit(home: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(home.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(home.join(file), text.replace(from, to)).unwrap();
}

const LAKESIDE: &str = "mappings/lakeside/945.toml";

#[test]
fn each_test_of_a_mapping_is_named_and_a_failed_one_shows_every_difference() {
    let home = home("test");
    let (out, beside, code) = run(&home, &["mapping", "test", "lakeside/945"]);
    assert_eq!(out, "passed  lakeside/945  945.edi (1 object)\n1 test passed\n");
    assert_eq!((beside.as_str(), code), ("", 0));
    edit(&home, LAKESIDE, "SJ = \"shipped\"", "SJ = \"short_shipped\"");
    edit(&home, LAKESIDE, "N902[N901=BT]", "N902[N901=LT]");
    let (out, _, code) = run(&home, &["mapping", "test", LAKESIDE]);
    assert_eq!(code, 1);
    for words in [
        "FAILED  lakeside/945  945.edi (1 object)\nerror[mapping.test-failed] 945.edi: object 1: `lines[1].lot` is nothing",
        "\n  lines[1].status: \"shipped\" expected, \"short_shipped\" found\n",
        "\n  lines[1].lot: \"B-2026-07\" expected, nothing found\n",
        "\n0 tests passed, 1 failed\n",
    ] {
        assert!(out.contains(words), "{words}\nis not said:\n{out}");
    }
    // A check says the same in one diagnostic.
    let (checked, ..) = run(&home, &["mapping", "check", LAKESIDE]);
    assert_eq!(checked, run(&home, &["check", LAKESIDE]).0);
    assert!(checked.contains("error[mapping.test-failed] 945.edi: object 1: `lines[1].lot` is nothing"), "{checked}");
    let (out, _, code) = run(&home, &["mapping", "test", "lakeside/945", "--format", "json"]);
    let told = lines(&out);
    assert_eq!(
        (told[0]["passed"].clone(), told.last().unwrap()["summary"]["failed"].clone(), code),
        (false.into(), 1.into(), 1)
    );
    assert!(told[0]["differences"].as_array().unwrap().len() >= 3, "{}", told[0]);
}

#[test]
fn without_a_name_all_mappings_of_a_home_are_tested_and_one_with_errors_is_told() {
    let home = home("test-all");
    fs::write(home.join("mappings/lakeside/940.toml"), "extends = \"base/940\"\n[map]\nno_such = \"W0502\"\n").unwrap();
    let (out, beside, code) = run(&home, &["mapping", "test"]);
    assert_eq!(out, "passed  lakeside/945  945.edi (1 object)\n1 test passed, 1 mapping could not be used\n");
    assert!(beside.contains("mappings/lakeside/940.toml:3"), "{beside}");
    assert_eq!(code, 1);
    let (_, beside, code) = run(&home, &["mapping", "test", "lakeside/954"]);
    assert!(beside.contains("did you mean `lakeside/945`?"), "{beside}");
    assert_eq!(code, 2);
}
