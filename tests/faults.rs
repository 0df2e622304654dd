//! Every folder `fixtures/faults/<release>-<set>/<fault>` is a valid interchange with one fault planted in it.
//!
//! `expected.txt` has a line for each thing that the checks of the standard say, in full: code, severity, and the position as
//! the standard counts it: segment in the transaction set, segment identifier, element, component, repetition; `-` where
//! there is none. The folder's name says what was planted. A folder called `sound` has nothing planted and nothing is said.
//!
//! `UPDATE_EXPECTED=1` rewrites them; each line is to be compared with what was planted.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crossdock::diagnostic::{Diagnostic, Diagnostics, Place};
use crossdock::tree::Tree;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn cases() -> Vec<PathBuf> {
    let all = folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/faults"));
    all.iter().flat_map(|set| folders(set)).collect()
}

/// All that is said of an input.
fn said(input: &[u8]) -> Vec<Diagnostic> {
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut found) = (Tree::default(), Diagnostics::unlimited());
    let mut at = 0;
    loop {
        let progress = reader.next(&input[at..], true, &mut tree, &mut found);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let set = &input[at + range.start..at + range.end];
            validate(header, &Against::standard(header), &tree, set, &mut found);
        }
        at += progress.consumed;
        if progress.step == Step::End {
            return found.take();
        }
    }
}

/// `x12.element-date error 7 G62 2 - -`.
fn line(diagnostic: &Diagnostic) -> String {
    let Place::Payload(place) = &diagnostic.place else { panic!("{} has no place", diagnostic.message) };
    let shown = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let [element, component, repetition] =
        [place.element, place.component, place.repetition].map(|number| shown(number.map(u32::from)));
    let (code, severity) = (diagnostic.code.name(), diagnostic.severity.word());
    let (position, segment) = (shown(place.segment_position), place.segment.as_deref().unwrap_or("-"));
    format!("{code} {severity} {position} {segment} {element} {component} {repetition}\n")
}

#[test]
fn every_planted_fault_is_found_where_it_was_planted_and_nothing_else_is() {
    let (mut different, mut codes) = (Vec::new(), BTreeSet::new());
    let cases = cases();
    assert!(cases.len() >= 120 + 14, "only {} cases", cases.len());
    for case in &cases {
        let lines: String = said(&fs::read(case.join("input.edi")).unwrap()).iter().map(line).collect();
        codes.extend(lines.lines().map(|line| line.split(' ').next().unwrap().to_owned()));
        let path = case.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&path, &lines).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if lines != expected {
            different.push(format!("{}:\n  now      {lines:?}\n  expected {expected:?}", case.display()));
        }
        let sound = case.file_name().unwrap() == "sound";
        assert_eq!(expected.is_empty(), sound, "{}", case.display());
    }
    assert!(different.is_empty(), "{} of {} cases:\n{}", different.len(), cases.len(), different.join("\n"));
    assert!(codes.len() >= 50, "only {} codes: {codes:?}", codes.len());
}

#[test]
fn a_fault_of_the_table_names_the_rule_it_breaks() {
    for case in cases() {
        for diagnostic in said(&fs::read(case.join("input.edi")).unwrap()) {
            let Place::Payload(place) = &diagnostic.place else { panic!("{}", diagnostic.message) };
            let of_the_table =
                place.element.is_some() && !["ISA", "GS", "ST"].contains(&place.segment.as_deref().unwrap());
            let told = diagnostic.rule.is_some() || diagnostic.code.name() == "x12.character";
            assert!(told || !of_the_table, "{}: {}", case.display(), diagnostic.message);
        }
    }
}
