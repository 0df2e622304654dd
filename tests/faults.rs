//! Every folder `fixtures/faults/<release>-<set>/<fault>` is a valid interchange with one fault planted in it.
//!
//! `expected.txt` has a line for each thing that the checks of the standard say, in full: code, severity, and the position as
//! the standard counts it: segment in the transaction set, segment identifier, element, component, repetition; `-` where
//! there is none. The folder's name says what was planted. A folder called `sound` has nothing planted and nothing is said.
//! `expected.acknowledgment.edi` is what the sender would be answered: 997, or 999 from 005010 on, and TA1, a
//! segment a line.
//!
//! `UPDATE_EXPECTED=1` rewrites them; each line is to be compared with what was planted.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/acknowledged.rs"]
mod acknowledged;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crossdock::diagnostic::{Diagnostic, Diagnostics, Place, codes};
use crossdock::translation::Acknowledgment;
use crossdock::tree::Tree;
use crossdock::x12::acknowledgment::answer_words;
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

/// All that is said of an input, and what the sender would be answered.
fn said(input: &[u8]) -> (Vec<Diagnostic>, String) {
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut found) = (Tree::default(), Diagnostics::unlimited());
    let mut acknowledgment = Acknowledgment::new("2026-03-15T12:00:00Z".parse().unwrap());
    let (mut all, mut answer) = (Vec::new(), String::new());
    let mut at = 0;
    loop {
        let progress = reader.next(&input[at..], true, &mut tree, &mut found);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let set = &input[at + range.start..at + range.end];
            validate(header, &Against::standard(header), &tree, set, &mut found);
            acknowledgment.set(&reader, (&tree, set), found.list_mut());
        } else {
            acknowledgment.step(&reader, acknowledged::in_full, found.list_mut());
        }
        at += progress.consumed;
        match &progress.step {
            Step::GroupEnd(trailer) => drop(acknowledgment.group_end(trailer)),
            Step::InterchangeEnd(trailer) => {
                let refused = (!trailer.is_sound()).then(|| acknowledgment.refused());
                let given = refused.unwrap_or_else(|| acknowledgment.interchange_end()).unwrap();
                answer.push_str(std::str::from_utf8(&given.bytes).unwrap());
            }
            _ => {}
        }
        all.extend(found.take());
        if progress.step == Step::End {
            return (all, answer);
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
        let (said, answer) = said(&fs::read(case.join("input.edi")).unwrap());
        let lines: String = said.iter().map(line).collect();
        codes.extend(lines.lines().map(|line| line.split(' ').next().unwrap().to_owned()));
        let path = case.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&path, &lines).unwrap();
            fs::write(case.join("expected.acknowledgment.edi"), &answer).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        let expected_answer = fs::read_to_string(case.join("expected.acknowledgment.edi")).unwrap_or_default();
        if answer != expected_answer {
            different.push(format!("{}:\n  now      {answer:?}\n  expected {expected_answer:?}", case.display()));
        }
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
        for diagnostic in said(&fs::read(case.join("input.edi")).unwrap()).0 {
            let Place::Payload(place) = &diagnostic.place else { panic!("{}", diagnostic.message) };
            let of_the_table =
                place.element.is_some() && !["ISA", "GS", "ST"].contains(&place.segment.as_deref().unwrap());
            let told = diagnostic.rule.is_some() || diagnostic.code.name() == "x12.character";
            assert!(told || !of_the_table, "{}: {}", case.display(), diagnostic.message);
        }
    }
}

/// Every answer in the acknowledgments below `folder`: `AK403 7`.
fn answers(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            answers(&entry, found);
        } else if entry.ends_with("expected.acknowledgment.edi") {
            for segment in fs::read_to_string(entry).unwrap().split('~').map(str::trim) {
                let elements: Vec<&str> = segment.split('*').collect();
                let mut add = |name: &str, codes: &[&str]| {
                    found.extend(codes.iter().filter(|code| !code.is_empty()).map(|code| format!("{name} {code}")));
                };
                match elements[0] {
                    "AK3" => add("AK304", &elements[4..]),
                    "IK3" => add("IK304", &elements[4..]),
                    "AK4" => add("AK403", &elements[3..4]),
                    "IK4" => add("IK403", &elements[3..4]),
                    "AK5" | "IK5" => add("AK502", &elements[2..]),
                    "AK9" => add("AK905", &elements[5..]),
                    "TA1" => add("TA105", &elements[5..]),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn every_answer_that_a_diagnostic_can_have_is_given_by_a_fixture() {
    let mut given = BTreeSet::new();
    answers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &mut given);
    let mut missing = BTreeSet::new();
    for code in codes::ALL {
        let Some(words) = answer_words(*code) else { continue };
        // Of a code whose answer depends on the place each is named below.
        missing.extend(words.split(", ").filter(|one| one.split(' ').count() == 2).map(str::to_owned));
    }
    let notes =
        ["005", "006", "007", "008", "010", "012", "014", "015", "018", "019", "017", "020", "022", "027", "024"];
    missing.extend(notes.map(|note| format!("TA105 {note}")));
    missing.extend(["AK502 6", "AK502 7", "AK905 1", "AK905 6"].map(str::to_owned));
    // A code that both forms have may be given in either.
    let in_999 = |answer: &str| answer.replace("AK3", "IK3").replace("AK4", "IK4");
    missing.retain(|answer| !given.contains(answer) && !given.contains(&in_999(answer)));
    assert!(missing.is_empty(), "no fixture gives {missing:?}");
}
