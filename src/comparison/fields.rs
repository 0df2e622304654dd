//! The fields of two objects of one type that were read from one document.
//!
//! Values are matched by where they came from, not by the numbers of their entries: when a mapping takes one reference out
//! of a list, the others are the same as before, though each has another number now.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::canonical::differences;
use crate::mapping::{Explained, Found, Made, Plan, Spot, Values};
use crate::x12::place::Part;

use super::document::Side;
use super::{Change, Kind, Told};
use crate::canonical::without_numbers;

/// Appends the differences of the two objects, which each plan read from the document of its side.
pub(super) fn fields((old, was): (&Side<'_>, &Plan), (new, is): (&Side<'_>, &Plan), changes: &mut Vec<Change>) {
    let shape = was.canonical;
    let mut was = Values::of(was, old.tree, old.bytes, old.object);
    let mut is = Values::of(is, new.tree, new.bytes, new.object);
    let length = changes.len();
    for pair in pairs(&was, &is) {
        match pair {
            (Some(before), Some(after)) => {
                let (one, other) = (&was.list()[before].field, &is.list()[after].field);
                let same_field = one == other;
                if same_field && same((&was, before), (&is, after)) {
                    continue;
                }
                let fields = (one.clone(), other.clone());
                let (before, after) = (was.explain(before), is.explain(after));
                let both = (Some(told(&before, old)), Some(told(&after, new)));
                let (kind, subject, path) = match same_field {
                    true => (Kind::Changed, fields.1, after.path),
                    false => {
                        let fields = format!("{} to {}", fields.0, fields.1);
                        (Kind::Moved, fields, format!("{} to {}", before.path, after.path))
                    }
                };
                changes.push(Change { kind, subject, path, before: both.0, after: both.1 });
            }
            (Some(before), None) => {
                let before = was.explain(before);
                changes.push(change(Kind::Removed, &before.path, Some(told(&before, old)), None));
            }
            (None, Some(after)) => {
                let after = is.explain(after);
                changes.push(change(Kind::Added, &after.path, None, Some(told(&after, new))));
            }
            (None, None) => {}
        }
    }
    if changes.len() == length
        && let Some(first) = differences(old.object, new.object, shape).first()
    {
        let value = |json: &Option<String>| json.clone().map(|value| Told { value, json: true, ..Told::default() });
        changes.push(change(Kind::Reordered, &first.path, value(&first.left), value(&first.right)));
    }
}

fn change(kind: Kind, path: &str, before: Option<Told>, after: Option<Told>) -> Change {
    Change { kind, subject: without_numbers(path), path: path.to_owned(), before, after }
}

/// Numbers are the same whatever their digits.
fn same((was, before): (&Values<'_>, usize), (is, after): (&Values<'_>, usize)) -> bool {
    if let (Some(one), Some(other)) = (was.text(before), is.text(after))
        && one == other
    {
        return true;
    }
    let (one, other) = (was.json(before), is.json(after));
    let number = |text: &str| text.parse::<Decimal>().ok();
    one == other || number(&one).is_some_and(|one| Some(one) == number(&other))
}

/// A value with its place and line.
fn told(one: &Explained, side: &Side<'_>) -> Told {
    let source = one.sources.first();
    let place = source.map(|source| (side.place)(source.element, Part::of(source.repetition, source.component)));
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
fn pairs<'v>(was: &'v Values<'_>, is: &'v Values<'_>) -> Vec<(Option<usize>, Option<usize>)> {
    let (olds, news) = (was.list(), is.list());
    let (old_spots, new_spots) = (spots(was), spots(is));
    let mut partner: Vec<Option<usize>> = vec![None; olds.len()];
    let mut taken = vec![false; news.len()];
    // What came from the same place into the same field.
    let keyed = |spots: &[Option<Spot>], list: &'v [Found]| {
        let of = |(at, (spot, found)): (usize, (&Option<Spot>, &'v Found))| {
            Some(((*spot.as_ref()?, found.field.as_str()), at))
        };
        in_order(spots.iter().zip(list).enumerate().filter_map(of))
    };
    merged(keyed(&old_spots, olds), keyed(&new_spots, news), &mut |before, after| {
        (partner[before], taken[after]) = (Some(after), true)
    });
    let left = |partner: &[Option<usize>]| (0..olds.len()).filter(|at| partner[*at].is_none()).collect::<Vec<_>>();
    if !taken.iter().all(|taken| *taken) {
        // What came from another place, or from none: by its path, in the entry that is the same.
        let entries = Entries::of(olds, news, &partner);
        let mut by_path: HashMap<&str, usize> =
            (0..news.len()).filter(|at| !taken[*at]).map(|at| (news[at].path.as_str(), at)).collect();
        for before in left(&partner) {
            if let Some(after) = by_path.remove(entries.translated(&olds[before].path).as_str()) {
                (partner[before], taken[after]) = (Some(after), true);
            }
        }
        // The same place of the document, in another field.
        let old = in_order(left(&partner).into_iter().filter_map(|at| Some((old_spots[at]?, at))));
        let new = in_order((0..news.len()).filter(|at| !taken[*at]).filter_map(|at| Some((new_spots[at]?, at))));
        merged(old, new, &mut |before, after| (partner[before], taken[after]) = (Some(after), true));
    }
    let old = partner.into_iter().enumerate().map(|(before, after)| (Some(before), after));
    old.chain(taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(after, _)| (None, Some(after)))).collect()
}

fn spots(values: &Values<'_>) -> Vec<Option<Spot>> {
    (0..values.list().len()).map(|at| values.spot(at)).collect()
}

/// By key, those of one key as they came.
fn in_order<K: Ord>(keyed: impl Iterator<Item = (K, usize)>) -> Vec<(K, usize)> {
    let mut keyed: Vec<(K, usize)> = keyed.collect();
    keyed.sort();
    keyed
}

/// Hands over the pairs of one key, the first with the first.
fn merged<K: Ord>(one: Vec<(K, usize)>, other: Vec<(K, usize)>, each: &mut dyn FnMut(usize, usize)) {
    let mut other = other.into_iter().peekable();
    for (key, at) in one {
        while other.next_if(|(their, _)| *their < key).is_some() {}
        if let Some((_, their)) = other.next_if(|(their, _)| *their == key) {
            each(at, their);
        }
    }
}

/// Entries of lists on the old side, and which they are on the new one: `references[3]`, `references[2]`.
struct Entries<'a>(HashMap<&'a str, &'a str>);

impl<'a> Entries<'a> {
    /// The entries that two paths of one value go through are the same.
    fn of(olds: &'a [Found], news: &'a [Found], partner: &[Option<usize>]) -> Self {
        let ends = |path: &'a str| path.match_indices(']').map(move |(at, _)| &path[..=at]);
        let mut entries = HashMap::new();
        for (old, after) in olds.iter().zip(partner) {
            let Some(after) = after else { continue };
            for (was, is) in ends(&old.path).zip(ends(&news[*after].path)) {
                entries.entry(was).or_insert(is);
            }
        }
        Self(entries)
    }

    /// The path with the numbers that its entries have on the new side.
    fn translated(&self, path: &str) -> String {
        let ends: Vec<usize> = path.match_indices(']').map(|(at, _)| at + 1).collect();
        let known = ends.iter().rev().find_map(|end| Some((*end, *self.0.get(&path[..*end])?)));
        known.map_or_else(|| path.to_owned(), |(end, entry)| format!("{entry}{}", &path[end..]))
    }
}
