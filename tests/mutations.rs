//! Breaks valid documents of the seven sets in every way that `mutants` knows, and looks whether the fault is told: by its
//! code, at its place.
//!
//! So many mutants are made: `CROSSDOCK_MUTANTS` (2,000 by default; 100,000 is the full form), from the seed
//! `CROSSDOCK_SEED`. What is missed is told by its kind; a kind that may be missed stands in [`MISSED`] with the reason.
//!
//! And whatever was broken: what its sender is answered is itself valid.

#[path = "support/acknowledged.rs"]
mod acknowledged;
mod mutants;

use std::collections::BTreeMap;

use crossdock::diagnostic::{Diagnostic, Diagnostics, Place, codes};
use crossdock::translation::Acknowledgment;
use crossdock::tree::Tree;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};
use mutants::{Broken, Document, Random};

/// Kinds that are not always found, why, and how many of a hundred are at least.
const MISSED: &[(&str, &str, usize)] = &[
    (
        "first trigger of a loop dropped",
        "what stood in the loop may have a place in the loop around it: a DTM behind QTY is one behind LIN",
        85,
    ),
    (
        "later trigger of a loop dropped",
        "what follows goes into the occurrence before it, which is a valid document; only totals and limits tell",
        0,
    ),
    ("stray segment terminator", "what stands behind it may begin with ST, and then another set begins there", 95),
    ("stray element separator", "the values that moved may fit where they came to stand", 60),
];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// All that is said of an input; a reader that does not come to an end is a failure.
fn said(input: &[u8]) -> Vec<Diagnostic> {
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut found) = (Tree::default(), Diagnostics::unlimited());
    let mut at = 0;
    for _ in 0..10_000 {
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
    panic!("no end of {}", String::from_utf8_lossy(input));
}

fn tells(diagnostic: &Diagnostic, broken: &Broken) -> bool {
    // `x12.` stands for any code.
    let named = |code: &str| match code.ends_with('.') {
        true => diagnostic.code.name().starts_with(code),
        false => diagnostic.code.name() == code,
    };
    let Place::Payload(place) = &diagnostic.place else { return false };
    let code = broken.codes.iter().any(|code| named(code));
    let there = broken.anywhere
        || (place.segment_position == broken.segment_position
            && place.segment.as_deref() == Some(&broken.segment)
            && broken.element.is_none_or(|element| place.element == Some(element))
            && broken.component.is_none_or(|component| place.component == Some(component)));
    code && there
}

#[derive(Default)]
struct Score {
    made: usize,
    found: usize,
    /// Some of those that were missed.
    missed: Vec<String>,
}

#[test]
fn what_is_broken_is_told_where_it_was_broken() {
    let (count, seed) = (setting("CROSSDOCK_MUTANTS", 2_000), setting("CROSSDOCK_SEED", 20_261_128));
    println!("{count} mutants from seed {seed}");
    let (documents, mutators) = (mutants::documents(), mutants::mutators());
    assert_eq!(documents.len(), 14);
    for document in &documents {
        assert_eq!(said(&document.bytes()), [], "{} is sound", document.name);
    }
    let mut random = Random(seed);
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let (mut made, mut tried) = (0, 0);
    while made < count {
        let (kind, mutate) = mutators[tried % mutators.len()];
        tried += 1;
        let mut document = documents[random.below(documents.len())].clone();
        let Some(mutant) = mutate(&mut document, &mut random) else { continue };
        made += 1;
        let found = said(&mutant.bytes);
        let score = scores.entry(kind).or_default();
        score.made += 1;
        if found.iter().any(|diagnostic| tells(diagnostic, &mutant.broken)) {
            score.found += 1;
        } else if score.missed.len() < 3 {
            let told: Vec<String> = found.iter().map(|one| format!("{}: {}", one.code.name(), one.message)).collect();
            let text = String::from_utf8_lossy(&mutant.bytes).into_owned();
            score.missed.push(format!("{} {:?}\n  said {told:?}\n{text}", document.name, mutant.broken));
        }
    }
    let mut wrong = Vec::new();
    for (kind, score) in &scores {
        println!("{kind:40} {:6} made {:6} found", score.made, score.found);
        let known = MISSED.iter().find(|(known, ..)| known == kind);
        let least = known.map_or(100, |(.., least)| *least);
        if score.found * 100 < score.made * least {
            wrong.push(format!("{kind}: {} of {} found\n{}", score.found, score.made, score.missed.join("\n")));
        }
    }
    assert_eq!(scores.len(), mutators.len(), "every kind is made");
    assert!(wrong.is_empty(), "missed:\n{}", wrong.join("\n"));
}

/// What the sender of an input is answered.
fn answered(input: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut found) = (Tree::default(), Diagnostics::unlimited());
    let mut acknowledgment = Acknowledgment::new("2026-03-15T12:00:00Z".parse().expect("an instant"));
    let (mut answer, mut at) = (Vec::new(), 0);
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
            Step::InterchangeEnd(_) => answer.extend(acknowledgment.interchange_end().map(|one| one.bytes)),
            Step::End => return answer.concat(),
            _ => {}
        }
        found.take();
    }
}

/// Values that do not belong where they are put. `^` stands for the element separator of the answer, in an input that has
/// another one.
const ODD: [&str; 11] = [
    "",
    "7",
    "A1",
    "SWX",
    "1234567890123456789012345",
    "0000000000000007",
    "a|b",
    "00>07",
    "\u{c9}X",
    "\u{1}\u{1}",
    "0^7",
];

/// A document with an odd value at each place that an answer tells again: ISA, GS, ST, GE, and anywhere in the set.
fn with(odd: &str, document: &Document, random: &mut Random) -> Vec<Vec<u8>> {
    let mut made = Vec::new();
    for (segment, element) in [(0, 9), (0, 10), (0, 13), (1, 1), (1, 2), (1, 3), (1, 6), (1, 8)] {
        let mut broken = document.clone();
        let mut elements: Vec<&str> = document.head[segment].split('*').collect();
        elements[element] = odd;
        broken.head[segment] = elements.join("*");
        made.push(broken.bytes());
    }
    for trailer in [format!("GE*{odd}*263"), format!("GE*1*{odd}")] {
        let mut broken = document.clone();
        broken.tail[0] = trailer;
        made.push(broken.bytes());
    }
    let within = random.below(document.set.len() - 2) + 1;
    let value = random.below(document.set[within].len());
    for (index, element) in [(0, 1), (0, 2), (0, 3), (within, 0), (within, value), (within, 120)] {
        let mut broken = document.clone();
        broken.put(index, element, odd);
        made.push(broken.bytes());
    }
    if odd.contains('^') {
        let other = |byte| if byte == b'*' { b'|' } else { byte };
        let own = |byte| if byte == b'^' { b'*' } else { byte };
        made.iter_mut().for_each(|bytes| bytes.iter_mut().for_each(|byte| *byte = own(other(*byte))));
    }
    made
}

#[test]
fn what_is_answered_is_valid_whatever_came() {
    let mut random = Random(setting("CROSSDOCK_SEED", 20_261_128));
    let (documents, mutators) = (mutants::documents(), mutants::mutators());
    let mut inputs = Vec::new();
    for document in &documents {
        inputs.extend(ODD.iter().flat_map(|odd| with(odd, document, &mut random)));
        for (_, mutate) in &mutators {
            inputs.extend(mutate(&mut document.clone(), &mut random).map(|mutant| mutant.bytes));
        }
    }
    // What is told again may be no code and no release: which one came is what has to be told.
    let is_told_again = |one: &Diagnostic| {
        let Place::Payload(place) = &one.place else { return false };
        let of = place.segment.as_deref().unwrap_or_default();
        one.code == codes::X12_UNKNOWN_RELEASE || one.code == codes::X12_CODE && matches!(of, "AK1" | "AK2")
    };
    let mut wrong = Vec::new();
    for input in &inputs {
        let answer = answered(input);
        let mut told: Vec<String> =
            said(&answer).iter().filter(|one| !is_told_again(one)).map(|one| one.message.clone()).collect();
        let text = String::from_utf8_lossy(&answer);
        let separator = text.chars().nth(3).unwrap_or('*');
        let widths = |ta1: &str| ta1.split(separator).skip(1).map(str::len).collect::<Vec<_>>();
        let ta1 = text.split('~').map(str::trim).find(|segment| segment.starts_with("TA1"));
        told.extend(ta1.filter(|ta1| widths(ta1) != [9, 6, 4, 1, 3]).map(str::to_owned));
        if !told.is_empty() {
            wrong.push(format!("{}\nis answered\n{text}\n{}", String::from_utf8_lossy(input), told.join("\n")));
        }
    }
    assert!(inputs.len() > 2_000, "{}", inputs.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), inputs.len(), wrong[..wrong.len().min(5)].join("\n\n"));
}
