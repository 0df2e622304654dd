//! Faults of counts, control numbers and the input as a whole.

use super::{Broken, Document, Mutant, Mutator, Random};

pub(super) const MUTATORS: &[(&str, Mutator)] = &[
    ("SE01 wrong", segment_count),
    ("SE02 wrong", set_number),
    ("GE01 wrong", group_count),
    ("GE02 wrong", group_number),
    ("IEA01 wrong", interchange_count),
    ("IEA02 wrong", interchange_number),
    ("SE dropped", drop_se),
    ("GE dropped", drop_ge),
    ("input cut", cut),
    ("stray segment terminator", stray_terminator),
];

fn mutant(document: &Document, broken: Broken) -> Option<Mutant> {
    Some(Mutant { bytes: document.bytes(), broken })
}

fn segment_count(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let last = document.set.len() - 1;
    let wrong = [last, last + 2, last + 3 + random.below(1_000), 1];
    document.put(last, 1, &random.of(&wrong)?.to_string());
    mutant(document, Broken::at(&["x12.segment-count"], last, "SE", 1))
}

fn set_number(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let last = document.set.len() - 1;
    document.put(last, 2, &format!("{:04}", 2 + random.below(9_000)));
    mutant(document, Broken::at(&["x12.set-control-number"], last, "SE", 2))
}

fn trailer(document: &mut Document, at: usize, text: String, broken: Broken) -> Option<Mutant> {
    document.tail[at] = text;
    mutant(document, broken)
}

fn group_count(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let text = format!("GE*{}*263", 2 + random.below(100));
    trailer(document, 0, text, Broken::of_envelope("x12.group-count", "GE", 1))
}

fn group_number(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let text = format!("GE*1*{}", 264 + random.below(100));
    trailer(document, 0, text, Broken::of_envelope("x12.group-control-number", "GE", 2))
}

fn interchange_count(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let text = format!("IEA*{}*000000263", 2 + random.below(100));
    trailer(document, 1, text, Broken::of_envelope("x12.interchange-count", "IEA", 1))
}

fn interchange_number(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let text = format!("IEA*1*{:09}", 264 + random.below(1_000));
    trailer(document, 1, text, Broken::of_envelope("x12.interchange-control-number", "IEA", 2))
}

fn drop_se(document: &mut Document, _: &mut Random) -> Option<Mutant> {
    document.set.pop();
    let last = document.set.len() - 1;
    let tag = document.tag(last);
    mutant(document, Broken::at(&["x12.set-missing-trailer"], last, &tag, 0))
}

fn drop_ge(document: &mut Document, _: &mut Random) -> Option<Mutant> {
    document.tail.remove(0);
    mutant(document, Broken::anywhere(&["x12.group-missing-trailer"]))
}

/// Ends the input anywhere behind GS.
fn cut(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let mut bytes = document.bytes();
    let head: usize = document.head.iter().map(|segment| segment.len() + 2).sum();
    let room = bytes.len() - 2 - head;
    bytes.truncate(head + random.below(room));
    Some(Mutant { bytes, broken: Broken::anywhere(&["x12.truncated"]) })
}

/// A terminator in a value makes two segments of one: the second is no segment of the set, or SE01 no longer counts them.
fn stray_terminator(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let inside = |document: &Document, index: usize, element: usize| {
        index > 0 && index + 1 < document.set.len() && document.set[index][element].len() > 1
    };
    let (index, element) = *random.of(&document.values(inside))?;
    let text = document.set[index][element].clone();
    let (first, second) = text.split_at(1 + random.below(text.len() - 1));
    document.set[index][element] = format!("{first}~{second}");
    let last = document.set.len();
    mutant(document, Broken::at(&["x12.segment-count"], last, "SE", 1))
}
