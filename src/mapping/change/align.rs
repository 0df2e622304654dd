//! Aligns two lists of entries and compares their nodes.

use crate::canonical::{FieldId, NodeId, Object, Value};

pub(super) enum Step {
    Both(usize, usize),
    Old(usize),
    New(usize),
}

/// Pairs the entries of two lists: equal ones at both ends first, then the middle one by one.
pub(super) fn align(old: usize, new: usize, equal: impl Fn(usize, usize) -> bool) -> Vec<Step> {
    let shorter = old.min(new);
    let head = (0..shorter).take_while(|at| equal(*at, *at)).count();
    let tail = (0..shorter - head).take_while(|back| equal(old - 1 - back, new - 1 - back)).count();
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    let (old_middle, new_middle) = (old - head - tail, new - head - tail);
    for at in head..head + old_middle.max(new_middle) {
        steps.push(match (at < head + old_middle, at < head + new_middle) {
            (true, true) => Step::Both(at, at),
            (true, false) => Step::Old(at),
            _ => Step::New(at),
        });
    }
    steps.extend((0..tail).rev().map(|back| Step::Both(old - 1 - back, new - 1 - back)));
    steps
}

pub(super) fn same_field(one: &Object, a: NodeId, other: &Object, b: NodeId, field: FieldId) -> bool {
    match (one.get(a, field), other.get(b, field)) {
        (Some(x), Some(y)) => same_value(one, x.value, other, y.value),
        (None, None) => true,
        _ => false,
    }
}

/// Do two nodes say the same?
pub(super) fn same(one: &Object, a: NodeId, other: &Object, b: NodeId) -> bool {
    let sorted = |object: &Object, node| {
        let mut entries: Vec<_> =
            object.entries(node).map(|entry| (entry.field, object.text(entry.key).to_owned(), entry.value)).collect();
        entries.sort_by(|x, y| (x.0, &x.1).cmp(&(y.0, &y.1)));
        entries
    };
    let (left, right) = (sorted(one, a), sorted(other, b));
    left.len() == right.len()
        && left.iter().zip(&right).all(|(x, y)| x.0 == y.0 && x.1 == y.1 && same_value(one, x.2, other, y.2))
}

fn same_value(one: &Object, a: Value, other: &Object, b: Value) -> bool {
    match (a, b) {
        (Value::Text(x), Value::Text(y)) => one.text(x) == other.text(y),
        (Value::Decimal(x), Value::Decimal(y)) => x == y,
        (Value::Node(x), Value::Node(y)) => same(one, x, other, y),
        _ => false,
    }
}
