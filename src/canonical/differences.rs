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
    if same(left, right) {
        return Vec::new();
    }
    let mut comparison = Comparison { left, right, shape, path: String::new(), found: Vec::new() };
    comparison.nodes(Some(NodeId::ROOT), Some(NodeId::ROOT));
    comparison.found
}

/// True when two objects of one shape say the same: the usual case, quickly found. False can also mean that they differ in
/// what does not count, such as the order of an open node's keys.
#[must_use]
pub fn same(left: &Object, right: &Object) -> bool {
    same_node(left, NodeId::ROOT, right, NodeId::ROOT, &mut Vec::new())
}

fn same_node<'a>(
    left: &'a Object,
    one: NodeId,
    right: &'a Object,
    other: NodeId,
    entries: &mut Vec<&'a Entry>,
) -> bool {
    if left.is_in_shape_order(one) && right.is_in_shape_order(other) {
        let mut others = right.entries(other);
        let is_same = |entry| others.next().is_some_and(|other| same_entry(left, entry, right, other, entries));
        return left.entries(one).all(is_same) && others.next().is_none();
    }
    let start = entries.len();
    entries.extend(left.entries(one));
    let middle = entries.len();
    entries.extend(right.entries(other));
    let end = entries.len();
    in_order(&mut entries[start..middle]);
    in_order(&mut entries[middle..]);
    let same = end - middle == middle - start
        && (start..middle).zip(middle..end).all(|(one, other)| {
            let (one, other) = (entries[one], entries[other]);
            same_entry(left, one, right, other, entries)
        });
    entries.truncate(start);
    same
}

#[inline(always)]
fn same_entry<'a>(
    left: &'a Object,
    one: &Entry,
    right: &'a Object,
    other: &Entry,
    entries: &mut Vec<&'a Entry>,
) -> bool {
    one.field == other.field
        && (one.field != FieldId::OPEN || same_text(left, one.key, right, other.key))
        && match (one.value, other.value) {
            (Value::Text(one), Value::Text(other)) => same_text(left, one, right, other),
            // The decimal library brings both to one scale first.
            (Value::Decimal(one), Value::Decimal(other)) => one.serialize() == other.serialize() || one == other,
            (Value::Node(one), Value::Node(other)) => same_node(left, one, right, other, entries),
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

/// Sorts entries by their field: an object read from JSON has them so, as a rule.
fn in_order(entries: &mut [&Entry]) {
    if !entries.is_sorted_by_key(|entry| entry.field) {
        entries.sort_by_key(|entry| entry.field);
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
    use super::differences;
    use crate::canonical::{read, shape};

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
}
