//! Aligns two lists of entries and compares their nodes.

use crate::canonical::{FieldId, NodeId, Object, Value};

pub(super) enum Step {
    Both(usize, usize),
    Old(usize),
    New(usize),
}

/// The old ones that come back among the new ones at another place.
pub(super) fn moved(steps: &[Step], same: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let gone = steps.iter().filter_map(|step| if let Step::Old(one) = step { Some(*one) } else { None });
    let come: Vec<usize> =
        steps.iter().filter_map(|step| if let Step::New(at) = step { Some(*at) } else { None }).collect();
    gone.filter(|one| come.iter().any(|other| same(*one, *other))).collect()
}

/// Most pairs of entries that are compared to find those that stayed; longer lists are paired from both ends.
const COMPARED: usize = 40_000;

/// Pairs the entries of two lists: equal ones in their order, as many as there are; what stands between them one by one.
pub(super) fn align(old: usize, new: usize, equal: impl Fn(usize, usize) -> bool) -> Vec<Step> {
    let shorter = old.min(new);
    let head = (0..shorter).take_while(|at| equal(*at, *at)).count();
    let tail = (0..shorter - head).take_while(|back| equal(old - 1 - back, new - 1 - back)).count();
    let (old_middle, new_middle) = (old - head - tail, new - head - tail);
    let kept = match old_middle.saturating_mul(new_middle) <= COMPARED {
        true => longest(old_middle, new_middle, |one, other| equal(head + one, head + other)),
        false => Vec::new(),
    };
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    let (mut one, mut other) = (head, head);
    let ends = std::iter::once((old_middle, new_middle));
    for (kept_old, kept_new) in kept.into_iter().chain(ends).map(|(one, other)| (head + one, head + other)) {
        while one < kept_old && other < kept_new {
            steps.push(Step::Both(one, other));
            (one, other) = (one + 1, other + 1);
        }
        steps.extend((one..kept_old).map(Step::Old));
        steps.extend((other..kept_new).map(Step::New));
        if kept_old < head + old_middle {
            steps.push(Step::Both(kept_old, kept_new));
        }
        (one, other) = (kept_old + 1, kept_new + 1);
    }
    steps.extend((0..tail).rev().map(|back| Step::Both(old - 1 - back, new - 1 - back)));
    steps
}

/// The longest list of equal pairs that keeps the order of both sides.
fn longest(old: usize, new: usize, equal: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let width = new + 1;
    let mut lengths = vec![0_u16; (old + 1) * width];
    let mut equals = vec![false; old * new];
    for one in (0..old).rev() {
        for other in (0..new).rev() {
            equals[one * new + other] = equal(one, other);
            lengths[one * width + other] = match equals[one * new + other] {
                true => lengths[(one + 1) * width + other + 1] + 1,
                false => lengths[(one + 1) * width + other].max(lengths[one * width + other + 1]),
            };
        }
    }
    let (mut one, mut other, mut pairs) = (0, 0, Vec::new());
    while one < old && other < new {
        if equals[one * new + other] {
            pairs.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if lengths[(one + 1) * width + other] >= lengths[one * width + other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

/// Do two nodes say the same at the end of these fields?
pub(in crate::mapping) fn same_at(one: &Object, a: NodeId, other: &Object, b: NodeId, fields: &[FieldId]) -> bool {
    let Some((field, rest)) = fields.split_first() else { return true };
    let inner = |object: &Object, node| match object.get(node, *field).map(|entry| entry.value) {
        Some(Value::Node(inner)) => Some(inner),
        _ => None,
    };
    match (rest.is_empty(), inner(one, a), inner(other, b)) {
        (true, ..) => same_field(one, a, other, b, *field),
        (false, Some(a), Some(b)) => same_at(one, a, other, b, rest),
        (false, a, b) => a.is_none() && b.is_none(),
    }
}

pub(super) fn same_field(one: &Object, a: NodeId, other: &Object, b: NodeId, field: FieldId) -> bool {
    let (mut left, mut right) = (one.all(a, field), other.all(b, field));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) if same_value(one, x.value, other, y.value) => {}
            _ => return false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let shown =
            align(old.len(), new.len(), |one, other| old[one] == new[other]).into_iter().map(|step| match step {
                Step::Both(one, other) if old[one] == new[other] => char::from(old[one]).to_string(),
                Step::Both(one, other) => format!("{}>{}", char::from(old[one]), char::from(new[other])),
                Step::Old(one) => format!("-{}", char::from(old[one])),
                Step::New(other) => format!("+{}", char::from(new[other])),
            });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{old:?} {new:?}");
    }

    #[test]
    fn equal_entries_are_paired_and_what_is_between_one_by_one() {
        check("", "", "");
        check("abc", "abc", "a b c");
        check("abc", "axc", "a b>x c");
        check("abc", "ac", "a -b c");
        check("ac", "abc", "a +b c");
        check("abc", "xaybzc", "+x a +y b +z c");
        check("abcd", "bxd", "-a b c>x d");
        check("ab", "cd", "a>c b>d");
        check("ab", "", "-a -b");
        check("", "ab", "+a +b");
    }
}
