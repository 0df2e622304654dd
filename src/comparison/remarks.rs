//! What is told of a document on one side and not on the other.

use std::collections::VecDeque;

use crate::diagnostic::{Diagnostic, Place, codes};

use super::{Change, Kind, Told};
use crate::canonical::without_numbers;

/// What is told by one side only.
#[must_use]
pub fn compare_remarks(old: &[Diagnostic], new: &[Diagnostic]) -> Vec<Change> {
    let mut changes = Vec::new();
    let (old, new): (Vec<&Diagnostic>, Vec<&Diagnostic>) = (old.iter().collect(), new.iter().collect());
    difference_of_remarks(&old, &new, &mut changes);
    changes
}

/// Appends what is told by one side only. Two that stand at one place and are of one code are one that is told in other
/// words.
pub(super) fn difference_of_remarks(old: &[&Diagnostic], new: &[&Diagnostic], changes: &mut Vec<Change>) {
    let mut gone: VecDeque<&Diagnostic> = VecDeque::new();
    let mut come: Vec<&Diagnostic> = new.to_vec();
    for was in old {
        match come.iter().position(|is| same(was, is)) {
            Some(at) => drop(come.remove(at)),
            None => gone.push_back(was),
        }
    }
    while let Some(was) = gone.pop_front() {
        let reworded = come
            .iter()
            .position(|is| was.severity == is.severity && subject(was) == subject(is) && at_one_place(was, is));
        let is = reworded.map(|at| come.remove(at));
        let kind = if is.is_some() { Kind::Reworded } else { Kind::Goes };
        changes.push(change(kind, Some(was), is));
    }
    changes.extend(come.into_iter().map(|is| change(Kind::Comes, None, Some(is))));
}

fn change(kind: Kind, was: Option<&Diagnostic>, is: Option<&Diagnostic>) -> Change {
    let one = was.or(is);
    Change {
        kind,
        subject: one.map(subject).unwrap_or_default(),
        path: one.and_then(place).unwrap_or_default(),
        before: was.map(message),
        after: is.map(message),
    }
}

fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    one.code == other.code
        && one.severity == other.severity
        && one.message == other.message
        && (at_one_place(one, other) || one.code == codes::MAPPING_NOT_MAPPED)
}

fn at_one_place(one: &Diagnostic, other: &Diagnostic) -> bool {
    match (&one.place, &other.place) {
        // It names all such places, and points at the first.
        _ if one.code == codes::MAPPING_NOT_MAPPED => true,
        (Place::Payload(one), Place::Payload(other)) => one.bytes == other.bytes && one.element == other.element,
        (Place::Field(one), Place::Field(other)) => one.path == other.path,
        (Place::Source(one), Place::Source(other)) => one.file == other.file && one.line == other.line,
        (one, other) => one == other,
    }
}

/// The code, with the element or field that it is about: `x12.code W1201`.
pub(super) fn subject(one: &Diagnostic) -> String {
    let name = one.code.name();
    match place(one).filter(|_| one.code != codes::MAPPING_NOT_MAPPED) {
        Some(place) => format!("{name} {}", without_numbers(&place)),
        None => name.to_owned(),
    }
}

fn place(one: &Diagnostic) -> Option<String> {
    match &one.place {
        Place::Payload(place) => (place.segment.is_some() || place.field.is_some()).then(|| place.designator()),
        Place::Field(place) => Some(place.path.clone()),
        Place::Source(_) | Place::Nowhere => None,
    }
}

pub(super) fn message(one: &Diagnostic) -> Told {
    let byte = match &one.place {
        Place::Payload(place) => Some(place.bytes.start),
        _ => None,
    };
    let value = format!("{}: {}", one.severity.word(), one.message);
    Told { value, place: place(one), byte, ..Told::default() }
}
