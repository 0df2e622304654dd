//! The fields of two objects of one type that were read from one document.
//!
//! Values are matched by where they came from, not by the numbers of their entries: when a mapping takes one reference out
//! of a list, the others are the same as before, though each has another number now.

use std::collections::{HashMap, VecDeque};

use rust_decimal::Decimal;

use crate::canonical::Difference;
use crate::mapping::{Explained, ExplainedSource, Made, explain};
use crate::x12::place::Part;

use super::document::Side;
use super::{Change, Kind, Told, without_numbers};

/// Appends the differences of the two objects, of which `first` is one.
pub(super) fn fields(old: &Side<'_>, new: &Side<'_>, first: &Difference, changes: &mut Vec<Change>) {
    let explained = |side: &Side<'_>| match side.plan {
        Some(plan) => explain(plan, side.tree, side.bytes, side.object),
        None => Vec::new(),
    };
    let (was, is) = (explained(old), explained(new));
    let length = changes.len();
    for pair in Pairs::of(&was, &is).all {
        match pair {
            (Some(before), Some(after)) => {
                let (was, is) = (without_numbers(&before.path), without_numbers(&after.path));
                let kind = if was == is { Kind::Changed } else { Kind::Moved };
                if kind == Kind::Moved || !same(&before.json, &after.json) {
                    let both = (Some(told(before, old)), Some(told(after, new)));
                    let (subject, path) = match kind {
                        Kind::Moved => (format!("{was} to {is}"), format!("{} to {}", before.path, after.path)),
                        _ => (is, after.path.clone()),
                    };
                    changes.push(Change { kind, subject, path, before: both.0, after: both.1 });
                }
            }
            (Some(before), None) => changes.push(change(Kind::Removed, &before.path, Some(told(before, old)), None)),
            (None, Some(after)) => changes.push(change(Kind::Added, &after.path, None, Some(told(after, new)))),
            (None, None) => {}
        }
    }
    if changes.len() == length {
        let value = |json: &Option<String>| json.clone().map(|value| Told { value, json: true, ..Told::default() });
        changes.push(change(Kind::Reordered, &first.path, value(&first.left), value(&first.right)));
    }
}

fn change(kind: Kind, path: &str, before: Option<Told>, after: Option<Told>) -> Change {
    Change { kind, subject: without_numbers(path), path: path.to_owned(), before, after }
}

/// Numbers are the same whatever their digits.
fn same(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<Decimal>().ok();
    one == other || number(one).is_some_and(|one| Some(one) == number(other))
}

/// A value with its place and line.
fn told(one: &Explained, side: &Side<'_>) -> Told {
    let source = one.sources.first();
    let place = source.map(|source| {
        let some = |number: u16| (number > 0).then_some(number);
        let part = Part { repetition: some(source.repetition), component: some(source.component) };
        (side.place)(source.element, part)
    });
    let by_itself = match one.made {
        Made::Constant => "a constant",
        Made::Default => "a default",
        Made::FixedUnit => "a fixed unit",
        _ => "computed",
    };
    let filter = source.map_or("", |source| &source.filter);
    Told {
        value: one.json.clone(),
        json: true,
        place: Some(place.as_ref().map_or_else(|| by_itself.to_owned(), |place| place.designator() + filter)),
        byte: place.map(|place| place.bytes.start),
        line: one.line.clone(),
        codes: match &one.made {
            Made::Coded(table) | Made::Kept(table) => Some(table.clone()),
            _ => None,
        },
    }
}

/// Values of both sides, each with that of the other side where there is one.
struct Pairs<'a> {
    all: Vec<(Option<&'a Explained>, Option<&'a Explained>)>,
    /// Entries of lists on the old side, and which they are on the new one: `references[3]`, `references[2]`.
    entries: HashMap<&'a str, &'a str>,
}

/// The field and the place in the document that a value was read from.
type Origin = (String, (u32, u16, u16));

fn origin(one: &Explained) -> Option<Origin> {
    let ExplainedSource { element, component, repetition, .. } = one.sources.first()?;
    Some((without_numbers(&one.path), (*element, *component, *repetition)))
}

impl<'a> Pairs<'a> {
    fn of(was: &'a [Explained], is: &'a [Explained]) -> Self {
        let mut by_origin: HashMap<Origin, VecDeque<usize>> = HashMap::new();
        for (at, one) in is.iter().enumerate() {
            if let Some(origin) = origin(one) {
                by_origin.entry(origin).or_default().push_back(at);
            }
        }
        let mut pairs = Pairs { all: Vec::new(), entries: HashMap::new() };
        let mut partner: Vec<Option<usize>> = vec![None; was.len()];
        let mut taken = vec![false; is.len()];
        for (at, one) in was.iter().enumerate() {
            let found = origin(one).and_then(|origin| by_origin.get_mut(&origin)?.pop_front());
            if let Some(found) = found {
                (partner[at], taken[found]) = (Some(found), true);
                pairs.remember(&one.path, &is[found].path);
            }
        }
        // What came from another place, or from none: by its path, in the entry that is the same.
        let mut by_path: HashMap<&str, usize> =
            is.iter().enumerate().map(|(at, one)| (one.path.as_str(), at)).collect();
        by_path.retain(|_, at| !taken[*at]);
        for (at, one) in was.iter().enumerate().filter(|(at, _)| partner[*at].is_none()).collect::<Vec<_>>() {
            let path = pairs.translated(&one.path);
            if let Some(found) = by_path.remove(path.as_str()) {
                (partner[at], taken[found]) = (Some(found), true);
            }
        }
        // The same place of the document, in another field.
        let element = |one: &Explained| origin(one).map(|(_, element)| element);
        let mut by_element: HashMap<(u32, u16, u16), VecDeque<usize>> = HashMap::new();
        for (at, one) in is.iter().enumerate().filter(|(at, _)| !taken[*at]) {
            if let Some(element) = element(one) {
                by_element.entry(element).or_default().push_back(at);
            }
        }
        for (at, one) in was.iter().enumerate() {
            let queue = element(one).filter(|_| partner[at].is_none()).and_then(|element| by_element.get_mut(&element));
            if let Some(found) = queue.and_then(VecDeque::pop_front) {
                (partner[at], taken[found]) = (Some(found), true);
            }
        }
        let olds = was.iter().zip(partner).map(|(one, found)| (Some(one), found.map(|found| &is[found])));
        pairs.all.extend(olds);
        pairs.all.extend(is.iter().zip(taken).filter(|(_, taken)| !taken).map(|(one, _)| (None, Some(one))));
        pairs
    }

    /// The entries that two paths of one value go through are the same.
    fn remember(&mut self, was: &'a str, is: &'a str) {
        let ends = |path: &'a str| path.match_indices(']').map(move |(at, _)| &path[..=at]);
        ends(was).zip(ends(is)).for_each(|(was, is)| {
            self.entries.entry(was).or_insert(is);
        });
    }

    /// The path with the numbers that its entries have on the new side.
    fn translated(&self, path: &str) -> String {
        let ends: Vec<usize> = path.match_indices(']').map(|(at, _)| at + 1).collect();
        let known = ends.iter().rev().find_map(|end| Some((*end, *self.entries.get(&path[..*end])?)));
        known.map_or_else(|| path.to_owned(), |(end, entry)| format!("{entry}{}", &path[end..]))
    }
}
