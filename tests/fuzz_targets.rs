//! Each fuzz target takes the seeds that it starts from: so it compiles and holds what it is to hold, and what once broke it
//! (`fuzz/seeds/TARGET`, each named by its symptom) does so no more. Nothing is mutated here: that is `fuzz/run`.
//! `sftp_packets` calls what only the library's own tests and fuzzing have: they hold it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

// To the targets, this file is what they ask of libFuzzer.
extern crate self as libfuzzer_sys;

mod engine {
    macro_rules! fuzz_target {
        (|$input:ident: &[u8]| $body:expr) => {
            pub(crate) fn take($input: &[u8]) {
                $body
            }
        };
    }
    pub(crate) use fuzz_target;
}
pub(crate) use engine::fuzz_target;

#[path = "../fuzz/fuzz_targets/archive.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod archive;
#[path = "../fuzz/fuzz_targets/expression.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod expression;
#[path = "../fuzz/fuzz_targets/file.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod file;
#[path = "../fuzz/fuzz_targets/guide.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod guide;
#[path = "../fuzz/fuzz_targets/lexer.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod lexer;
#[path = "../fuzz/fuzz_targets/mapping.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod mapping;
#[path = "../fuzz/fuzz_targets/translate.rs"]
#[allow(unused_attributes, reason = "`no_main` is for the package of the targets")]
mod translate;

/// The files below a folder of the repository whose names begin and end so, in order.
fn files(folder: &str, begins: &str, ends: &str) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder can be listed").path();
            let name = path.file_name().expect("it has a name").to_string_lossy();
            if path.is_dir() {
                open.push(path);
            } else if name.starts_with(begins) && name.ends_with(ends) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} holds a file `{begins}*{ends}`");
    found
}

/// What once broke a target.
fn breakers(target: &str) -> Vec<PathBuf> {
    let folder = format!("fuzz/seeds/{target}");
    let is_there = Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder).is_dir();
    if is_there { files(&folder, "", "") } else { Vec::new() }
}

fn bytes(path: PathBuf) -> Vec<u8> {
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a file holds behind some bytes that steer the target.
fn behind(steering: &[u8], path: PathBuf) -> Vec<u8> {
    [steering, &bytes(path)].concat()
}

#[test]
fn archive() {
    breakers("archive").into_iter().for_each(|path| archive::take(&bytes(path)));
    for input in files("fixtures/flat", "input", "").into_iter().map(bytes) {
        archive::take(&input);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&input).expect("memory can be written");
        archive::take(&packed.finish().expect("memory can be written"));
    }
}

#[test]
fn expression() {
    breakers("expression").into_iter().for_each(|path| expression::take(&bytes(path)));
    for path in files("mappings/guides", "", ".toml").into_iter().chain(files("tests/wrong/guides", "", ".toml")) {
        let guide = String::from_utf8_lossy(&bytes(path)).into_owned();
        let conditions = guide.lines().filter_map(|line| line.split_once(" = \"")?.1.split('"').next());
        conditions.for_each(|condition| expression::take(condition.as_bytes()));
    }
}

#[test]
fn file() {
    breakers("file").into_iter().for_each(|path| file::take(&bytes(path)));
    let mappings = u8::try_from(file::MAPPINGS.len()).expect("there are few");
    for path in files("fixtures/flat", "input", "").into_iter().chain(files("fixtures/xml", "input", "")) {
        // By the mapping with this number, in pieces of 64 bytes.
        (0..mappings).for_each(|mapping| file::take(&behind(&[mapping, 64], path.clone())));
    }
}

#[test]
fn guide() {
    breakers("guide").into_iter().for_each(|path| guide::take(&bytes(path)));
    let folders = ["mappings/guides", "tests/wrong/guides"];
    folders.iter().flat_map(|folder| files(folder, "", ".toml")).for_each(|path| guide::take(&bytes(path)));
}

#[test]
fn lexer() {
    breakers("lexer").into_iter().for_each(|path| lexer::take(&bytes(path)));
    // Cut into pieces of these lengths.
    let cuts = [3, 40, 99, 201];
    files("fixtures", "", ".edi").into_iter().for_each(|path| lexer::take(&behind(&cuts, path)));
}

#[test]
fn mapping() {
    breakers("mapping").into_iter().for_each(|path| mapping::take(&bytes(path)));
    let folders = ["mappings", "tests/wrong"];
    folders.iter().flat_map(|folder| files(folder, "", ".toml")).for_each(|path| mapping::take(&bytes(path)));
}

#[test]
fn translate() {
    breakers("translate").into_iter().for_each(|path| translate::take(&bytes(path)));
    files("fixtures", "", ".edi").into_iter().for_each(|path| translate::take(&bytes(path)));
}
