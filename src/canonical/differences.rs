//! Compares two canonical objects of one shape: which fields differ, and how.
//!
//! Decimals of the same number are equal whatever their digits (`18.5` and `18.50`); the order of a list counts, the
//! order of an open node's keys does not; a node without any value is no value.

use wide::u8x16;

use super::object::{Entry, NodeId, Object, Span, Value};
use super::shape::{FieldId, Shape};
use super::{emit, number};

/// A field that has not the same value on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field, such as `packages[2].lines[1].lot` (list entries counted from 1).
    pub path: String,
    /// The left value as JSON; `None` when there is none.
    pub left: Option<String>,
    /// The right value as JSON; `None` when there is none.
    pub right: Option<String>,
}

impl Difference {
    /// Are both the same instant, said in two zones? A document says it in its partner's.
    #[must_use]
    pub fn is_one_instant(&self) -> bool {
        let instant = |json: &Option<String>| json.as_deref()?.trim_matches('"').parse::<jiff::Timestamp>().ok();
        instant(&self.left).is_some_and(|left| instant(&self.right) == Some(left))
    }
}

/// A path without the numbers of list entries: `lines.sku` of `lines[1].sku`.
#[must_use]
pub fn without_numbers(path: &str) -> String {
    let mut parts = path.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| out.push_str(part.split_once(']').map_or(part, |(_, rest)| rest)));
    out
}

/// All differences, in the shape's order.
#[must_use]
pub fn differences(left: &Object, right: &Object, shape: &Shape) -> Vec<Difference> {
    if same(left, right) { Vec::new() } else { found(left, right, shape) }
}

/// The same of two objects that do not say the same in the same way.
fn found(left: &Object, right: &Object, shape: &Shape) -> Vec<Difference> {
    let mut comparison = Comparison { left, right, shape, path: String::new(), found: Vec::new() };
    comparison.nodes(Some(NodeId::ROOT), Some(NodeId::ROOT));
    comparison.found
}

/// True when two objects of one shape say the same: the usual case, quickly found. False can also mean that they differ in
/// what does not count, such as the order of an open node's keys.
#[must_use]
pub fn same(left: &Object, right: &Object) -> bool {
    same_node(left, NodeId::ROOT, right, NodeId::ROOT)
}

fn same_node(left: &Object, one: NodeId, right: &Object, other: NodeId) -> bool {
    if !left.is_in_shape_order(one) || !right.is_in_shape_order(other) {
        return same_in_any_order(left, one, right, other);
    }
    let mut others = right.entries(other);
    left.entries(one).all(|entry| others.next().is_some_and(|other| same_entry(left, entry, right, other)))
        && others.next().is_none()
}

/// Each entry on the left has one of its own on the right, those of a list in their order, and there are no more.
fn same_in_any_order(left: &Object, one: NodeId, right: &Object, other: NodeId) -> bool {
    // Two fields that share a bit cost time, and nothing else.
    let bit = |entry: &Entry| 1u64 << (entry.field.0 & 63);
    let in_order = left.is_in_shape_order(one);
    let (mut last, mut seen, mut count) = (None, 0, 0);
    // Those behind the one that was found last: the next one is likely to stand there. Others were passed over.
    let (mut others, mut passed) = (right.entries(other), 0);
    for entry in left.entries(one) {
        if last != Some(entry.field) {
            if !in_order && seen & bit(entry) != 0 {
                return false;
            }
            (last, seen) = (Some(entry.field), seen | bit(entry));
            if passed & bit(entry) != 0 {
                (others, passed) = (right.entries(other), 0);
            }
        }
        let found = others.find(|other| {
            let is_it = other.field == entry.field;
            passed |= if is_it { 0 } else { bit(other) };
            is_it
        });
        if !found.is_some_and(|found| same_entry(left, entry, right, found)) {
            return false;
        }
        count += 1;
    }
    right.entries(other).count() == count
}

/// Of two entries of one field.
#[inline(always)]
fn same_entry(left: &Object, one: &Entry, right: &Object, other: &Entry) -> bool {
    one.field == other.field
        && (one.field != FieldId::OPEN || same_text(left, one.key, right, other.key))
        && match (one.value, other.value) {
            (Value::Text(one), Value::Text(other)) => same_text(left, one, right, other),
            // The decimal library brings both to one scale first.
            (Value::Decimal(one), Value::Decimal(other)) => one.serialize() == other.serialize() || one == other,
            (Value::Node(one), Value::Node(other)) => same_node(left, one, right, other),
            _ => false,
        }
}

#[inline]
fn same_text(left: &Object, one: Span, right: &Object, other: Span) -> bool {
    let ((one, one_length), (other, other_length)) = (left.bytes_from(one), right.bytes_from(other));
    one_length == other_length && starts_alike(one, other, one_length)
}

/// Are the first `length` bytes of both the same? A few of many are compared at a fixed width, which needs no call.
#[inline]
fn starts_alike(one: &[u8], other: &[u8], length: usize) -> bool {
    match (one.first_chunk(), other.first_chunk()) {
        (Some(one), Some(other)) if length <= 16 => {
            let alike = u8x16::new(*one).simd_eq(u8x16::new(*other)).to_bitmask();
            (alike | u32::MAX << length) == u32::MAX
        }
        _ => one[..length] == other[..length],
    }
}

struct Comparison<'a> {
    left: &'a Object,
    right: &'a Object,
    shape: &'a Shape,
    path: String,
    found: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    /// Compares two nodes of one shape, of which one may not be there.
    fn nodes(&mut self, left: Option<NodeId>, right: Option<NodeId>) {
        let left_shape = left.map(|id| self.left.shape(id));
        let Some(id) = left_shape.or(right.map(|id| self.right.shape(id))) else {
            return;
        };
        let shape = self.shape;
        let node = shape.node(id);
        for (at, field) in (0u16..).zip(&node.fields) {
            let id = FieldId(at);
            let lefts = entries(self.left, left, id);
            let rights = entries(self.right, right, id);
            let length = lefts.len().max(rights.len());
            for number in 0..length {
                let step = if field.list { format!("{}[{}]", field.name, number + 1) } else { field.name.clone() };
                self.step(&step, lefts.get(number).copied(), rights.get(number).copied());
            }
        }
        if node.open {
            self.open(&entries(self.left, left, FieldId::OPEN), &entries(self.right, right, FieldId::OPEN));
        }
    }

    fn open(&mut self, lefts: &[&'a Entry], rights: &[&'a Entry]) {
        let (left, right) = (self.left, self.right);
        for entry in lefts {
            let key = left.text(entry.key);
            let other = rights.iter().find(|other| right.text(other.key) == key);
            self.step(key, Some(entry), other.copied());
        }
        for entry in rights {
            let key = right.text(entry.key);
            if !lefts.iter().any(|other| left.text(other.key) == key) {
                self.step(key, None, Some(entry));
            }
        }
    }

    /// Compares the values under one more step of the path.
    fn step(&mut self, step: &str, left: Option<&'a Entry>, right: Option<&'a Entry>) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(step);
        match (left.map(|entry| entry.value), right.map(|entry| entry.value)) {
            (Some(Value::Node(left)), Some(Value::Node(right))) => self.nodes(Some(left), Some(right)),
            (Some(Value::Node(left)), None) => self.nodes(Some(left), None),
            (None, Some(Value::Node(right))) => self.nodes(None, Some(right)),
            (left, right) => self.values(left, right),
        }
        self.path.truncate(length);
    }

    fn values(&mut self, left: Option<Value>, right: Option<Value>) {
        let equal = match (left, right) {
            (Some(Value::Text(left)), Some(Value::Text(right))) => self.left.text(left) == self.right.text(right),
            (Some(Value::Decimal(left)), Some(Value::Decimal(right))) => left == right,
            _ => false,
        };
        if !equal {
            self.found.push(Difference {
                path: self.path.clone(),
                left: left.map(|value| value_json(self.left, value)),
                right: right.map(|value| value_json(self.right, value)),
            });
        }
    }
}

fn entries(object: &Object, node: Option<NodeId>, field: FieldId) -> Vec<&Entry> {
    node.into_iter().flat_map(|node| object.all(node, field)).collect()
}

/// A value as JSON; a nested object, which stands here only where the other side has a plain value, as `{}`.
#[must_use]
pub fn value_json(object: &Object, value: Value) -> String {
    let mut out = Vec::new();
    match value {
        Value::Text(span) => emit::emit_text(object.text(span), &mut out),
        Value::Decimal(decimal) => number::print(decimal, &mut out),
        Value::Node(_) => out.extend_from_slice(b"{}"),
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::{differences, found, same};
    use crate::canonical::{FieldId, Kind, NodeId, Object, Origin, Value, read, shape};

    fn check(left: &str, right: &str, expected: &[&str]) {
        let shape = shape("shipment").unwrap();
        let read = |json: &str| {
            let (object, diagnostics) = read(json.as_bytes(), shape);
            assert!(diagnostics.is_empty(), "{:?}", diagnostics.list());
            object
        };
        let word = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let found: Vec<String> = differences(&read(left), &read(right), shape)
            .into_iter()
            .map(|it| format!("{}: {} {}", it.path, word(it.left), word(it.right)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_are_compared_by_value_and_open_keys_in_any_order() {
        check(
            r#"{"order_number":"A","totals":{"units":18.5},"ship_to":{"identifiers":{"zz":"1","93":"2"}}}"#,
            r#"{"totals":{"units":18.50},"order_number":"A","ship_to":{"identifiers":{"93":"2","zz":"1"}}}"#,
            &[],
        );
    }

    #[test]
    fn every_difference_has_its_path_and_both_values() {
        check(
            r#"{"order_number":"A","tracking_numbers":["1","2"],"ship_to":{"identifiers":{"zz":"1"}},"packages":[{"sscc":"X"},{"lines":[{"lot":"L","ordered":{"value":1,"unit":"EA"}}]}]}"#,
            r#"{"order_number":"B","tracking_numbers":["2"],"ship_to":{"identifiers":{"93":"1"}},"packages":[{"sscc":"X"},{"lines":[{"lot":"M"}]}]}"#,
            &[
                "order_number: \"A\" \"B\"",
                "tracking_numbers[1]: \"1\" \"2\"",
                "tracking_numbers[2]: \"2\" -",
                "ship_to.identifiers.zz: \"1\" -",
                "ship_to.identifiers.93: - \"1\"",
                "packages[2].lines[1].lot: \"L\" \"M\"",
                "packages[2].lines[1].ordered.value: 1 -",
                "packages[2].lines[1].ordered.unit: \"EA\" -",
            ],
        );
    }

    /// A shipment with these values, each in a field by its index: texts, numbers and nodes; the fifth field is none, and the value
    /// stands under a key of its own.
    fn object(pushes: &[(u16, u8)]) -> Object {
        let shape = shape("shipment").unwrap();
        let nested = shape.nodes[0].fields.iter().find_map(|field| match field.kind {
            Kind::Object(nested) => Some(nested),
            _ => None,
        });
        let mut object = Object::new();
        for (field, value) in pushes {
            let text =
                Value::Text(object.intern(["A", "B", "a text of more than sixteen bytes"][usize::from(value % 3)]));
            match (field, value) {
                (4, _) => object.push_open(NodeId::ROOT, &value.to_string(), text, Origin::NOWHERE),
                (_, 3..5) => {
                    let number = Decimal::new([15, 150][usize::from(value - 3)], u32::from(value - 2));
                    object.push(NodeId::ROOT, FieldId(*field), Value::Decimal(number), Origin::NOWHERE);
                }
                (_, 5..) => {
                    let node = object.add(NodeId::ROOT, FieldId(*field), nested.unwrap(), Origin::NOWHERE);
                    object.push(node, FieldId(0), text, Origin::NOWHERE);
                }
                _ => object.push(NodeId::ROOT, FieldId(*field), text, Origin::NOWHERE),
            }
        }
        object
    }

    proptest! {
        #[test]
        fn what_is_quickly_found_the_same_is_so_closely(
            mut left in prop::collection::vec((0u16..5, 0u8..7), 0..9),
            order in prop::collection::vec(any::<u8>(), 9),
            change in prop::option::of((any::<prop::sample::Index>(), (0u16..5, 0u8..7))),
            sorted in any::<bool>(),
        ) {
            let mut keys = std::collections::BTreeSet::new();
            left.retain(|(field, value)| *field != 4 || keys.insert(*value));
            if sorted {
                left.sort_by_key(|(field, _)| *field);
            }
            let mut right: Vec<_> = left.iter().copied().zip(order).collect();
            right.sort_by_key(|(_, order)| *order);
            let mut right: Vec<_> = right.into_iter().map(|(push, _)| push).collect();
            let of = |pushes: &[(u16, u8)], field| pushes.iter().filter(|push| push.0 == field).copied().collect::<Vec<_>>();
            let is_reordered = (0..5).all(|field| of(&left, field) == of(&right, field));
            let is_one_behind_the_other = (1..left.len()).all(|at| left[at].0 == left[at - 1].0 || left[..at].iter().all(|push| push.0 != left[at].0));
            if is_reordered && is_one_behind_the_other {
                prop_assert!(same(&object(&left), &object(&right)));
            }
            if let Some((at, change)) = change && !right.is_empty() && change.0 != 4 {
                let at = at.index(right.len());
                right[at] = change;
            }
            let (left, right) = (object(&left), object(&right));
            prop_assert!(!same(&left, &right) || found(&left, &right, shape("shipment").unwrap()).is_empty());
        }
    }
}
