//! What one document becomes by two ways: is it translated, into which object, with what told.

use crate::canonical::{Object, same};
use crate::diagnostic::{Diagnostic, PayloadPlace, Severity};
use crate::mapping::Plan;
use crate::tree::{ElementId, Tree};
use crate::x12::place::Part;

use super::fields::fields;
use super::remarks::{difference_of_remarks, message, subject};
use super::{Change, Kind, Told};

/// What a document became by one way of translating it.
pub struct Side<'a> {
    /// Its mapping; `None` when there is none, then there is no object.
    pub plan: Option<&'a Plan>,
    /// Does its object go on?
    pub good: bool,
    /// Its segments, as its mapping has placed them.
    pub tree: &'a Tree,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its object.
    pub object: &'a Object,
    /// Where an element stands.
    pub place: &'a dyn Fn(ElementId, Part) -> PayloadPlace,
    /// What was told of it.
    pub found: &'a [Diagnostic],
}

/// All differences between the two sides of a document. Values are compared where both sides are good: what else becomes
/// of one that fails on a side is not seen by anybody.
#[must_use]
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut was, mut is): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        (old.found.iter().collect(), new.found.iter().collect());
    match (old.good, new.good) {
        (true, false) => changes.push(failing(Kind::Fails, &mut is)),
        (false, true) => changes.push(failing(Kind::Passes, &mut was)),
        (true, true) => objects(old, new, &mut changes),
        (false, false) => {}
    }
    difference_of_remarks(&was, &is, &mut changes);
    changes
}

fn objects(old: &Side<'_>, new: &Side<'_>, changes: &mut Vec<Change>) {
    let (Some(was), Some(is)) = (old.plan, new.plan) else { return };
    let (before, after) = (was.canonical.name, is.canonical.name);
    if before != after {
        let told = |name: &str| Some(Told { value: name.to_owned(), ..Told::default() });
        let subject = format!("{before} to {after}");
        let path = String::new();
        changes.push(Change { kind: Kind::Retyped, subject, path, before: told(before), after: told(after) });
        return;
    }
    if !same(old.object, new.object) {
        fields((old, was), (new, is), changes);
    }
}

/// The change of a document that fails or passes, named by its first error, which is then not told once more.
pub(super) fn failing(kind: Kind, found: &mut Vec<&Diagnostic>) -> Change {
    let first = found.iter().position(|one| one.severity == Severity::Error).map(|at| found.remove(at));
    let (subject, told) = match first {
        Some(first) => (subject(first), message(first)),
        None => ("no error".to_owned(), Told { value: NO_ERROR.to_owned(), ..Told::default() }),
    };
    let (before, after) = if kind == Kind::Fails { (None, Some(told)) } else { (Some(told), None) };
    Change { kind, subject, path: String::new(), before, after }
}

const NO_ERROR: &str = "no mapping takes it, or no profile knows its sender";
