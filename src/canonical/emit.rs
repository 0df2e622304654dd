//! Writes a canonical object as JSON: deterministic bytes, straight from the arena.
//!
//! Fields stand in the shape's order, the entries of a list and the keys of an open node in the order in which they
//! were pushed, decimals in their own digits. A node without any value is not written at all.

use super::number;
use super::object::{Entry, NodeId, Object, Span, Value};
use super::shape::{Field, FieldId, Kind, NodeShape, Shape};

/// Appends the object as compact JSON, without a line end.
pub fn emit(object: &Object, shape: &Shape, out: &mut Vec<u8>) {
    Emitter::<false>::new(object, shape, out).root(0);
}

/// Appends the object as JSON for people: indented by two blanks, quantities on one line, without a line end.
pub fn emit_pretty(object: &Object, shape: &Shape, out: &mut Vec<u8>) {
    emit_pretty_at(object, shape, 0, out);
}

/// Like [`emit_pretty`] for an object that stands `depth` levels inside other JSON.
pub fn emit_pretty_at(object: &Object, shape: &Shape, depth: usize, out: &mut Vec<u8>) {
    Emitter::<true>::new(object, shape, out).root(depth);
}

/// True when no character of `text` must be escaped in JSON. Without early exit inside a block, so that it runs on vectors.
fn is_plain(text: &[u8]) -> bool {
    let special = |found: bool, byte: &u8| found | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    text.chunks(256).all(|block| !block.iter().fold(false, special))
}

/// Appends the first `length` of `bytes`. A few of many are copied at a fixed width, which needs no call; what is too
/// many is taken off again.
#[inline(always)]
pub(super) fn append(bytes: &[u8], length: usize, out: &mut Vec<u8>) {
    match bytes.first_chunk::<COPIED_AT_ONCE>() {
        Some(chunk) if length <= COPIED_AT_ONCE => {
            let end = out.len() + length;
            out.extend_from_slice(chunk);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&bytes[..length]),
    }
}

/// How many bytes [`append`] copies at a time.
pub(super) const COPIED_AT_ONCE: usize = 32;

/// Appends `text` as a JSON string with its quotes.
pub fn emit_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if PLAIN[usize::from(byte)] {
            continue;
        }
        out.extend_from_slice(&bytes[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// True for bytes that stand in a JSON string as they are.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        plain[control] = false;
        control += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

struct Emitter<'a, const PRETTY: bool> {
    object: &'a Object,
    shape: &'a Shape,
    out: &'a mut Vec<u8>,
    /// No text of the object has a character that must be escaped.
    plain: bool,
    /// Room for sorting entries, given back by nodes that are written.
    spare: Vec<Vec<&'a Entry>>,
}

/// A list whose entries are being written.
#[derive(Clone, Copy)]
struct OpenList {
    /// Where its name starts.
    start: usize,
    /// Where its first entry starts.
    empty: usize,
    /// Depth of its entries.
    inside: usize,
}

impl<'a, const PRETTY: bool> Emitter<'a, PRETTY> {
    fn new(object: &'a Object, shape: &'a Shape, out: &'a mut Vec<u8>) -> Self {
        let plain = is_plain(object.made_texts().as_bytes());
        Self { object, shape, out, plain, spare: Vec::new() }
    }

    fn root(&mut self, depth: usize) {
        if !self.node(NodeId::ROOT, depth) {
            self.out.extend_from_slice(b"{}");
        }
    }

    /// Writes a node; false, and nothing written, when no value stands anywhere in it.
    fn node(&mut self, id: NodeId, depth: usize) -> bool {
        let object = self.object;
        let node = self.shape.node(object.shape(id));
        let start = self.out.len();
        self.out.push(b'{');
        let empty = self.out.len();
        let depth_inside = if node.quantity { ON_ONE_LINE } else { depth + 1 };
        if object.is_in_shape_order(id) {
            self.fields(node, object.entries(id), depth_inside, empty);
        } else {
            let mut entries = self.spare.pop().unwrap_or_default();
            entries.extend(object.entries(id));
            // Stable, so that a list keeps its order.
            entries.sort_by_key(|entry| entry.field);
            self.fields(node, entries.iter().copied(), depth_inside, empty);
            entries.clear();
            self.spare.push(entries);
        }
        if self.out.len() == empty {
            self.out.truncate(start);
            return false;
        }
        self.line(if node.quantity { ON_ONE_LINE } else { depth });
        self.out.push(b'}');
        true
    }

    /// Writes the entries of a node, which come in the shape's order.
    #[inline]
    fn fields(&mut self, node: &'a NodeShape, entries: impl Iterator<Item = &'a Entry>, depth: usize, empty: usize) {
        let (mut last, mut list) = (None, None);
        for entry in entries {
            if last != Some(entry.field) {
                self.end_list(list.take(), depth);
                last = Some(entry.field);
                if entry.field == FieldId::OPEN {
                    self.open(entry, depth, empty);
                    continue;
                }
                let field = node.get(entry.field);
                let start = self.out.len();
                self.name(field, depth, empty);
                if !field.list {
                    if !self.value(entry.value, depth) {
                        self.out.truncate(start);
                    }
                    continue;
                }
                self.out.push(b'[');
                let inside = if matches!(field.kind, Kind::Object(_)) { depth + 1 } else { ON_ONE_LINE };
                list = Some(OpenList { start, empty: self.out.len(), inside });
            }
            if let Some(OpenList { empty, inside, .. }) = list {
                let start = self.out.len();
                self.separate(empty, inside);
                if !self.value(entry.value, inside) {
                    self.out.truncate(start);
                }
            } else if entry.field == FieldId::OPEN {
                self.open(entry, depth, empty);
            }
        }
        self.end_list(list, depth);
    }

    /// Begins a field with its name.
    #[inline]
    fn name(&mut self, field: &Field, depth: usize, empty: usize) {
        if PRETTY {
            self.separate(empty, depth);
            field.json_key.append(true, self.out);
            self.out.push(b' ');
        } else {
            field.json_key.append(self.out.len() == empty, self.out);
        }
    }

    #[inline]
    fn end_list(&mut self, list: Option<OpenList>, depth: usize) {
        let Some(OpenList { start, empty, inside }) = list else { return };
        if self.out.len() == empty {
            return self.out.truncate(start);
        }
        if inside != ON_ONE_LINE {
            self.line(depth);
        }
        self.out.push(b']');
    }

    fn open(&mut self, entry: &Entry, depth: usize, empty: usize) {
        self.separate(empty, depth);
        self.text(entry.key);
        self.out.extend_from_slice(if PRETTY { b": " } else { b":" });
        self.value(entry.value, depth);
    }

    #[inline]
    fn value(&mut self, value: Value, depth: usize) -> bool {
        match value {
            Value::Text(span) => self.text(span),
            Value::Decimal(decimal) => number::print(decimal, self.out),
            Value::Node(id) => return self.node(id, depth),
        }
        true
    }

    #[inline]
    fn text(&mut self, span: Span) {
        if !self.plain {
            return emit_text(self.object.text(span), self.out);
        }
        let (bytes, length) = self.object.bytes_from(span);
        self.out.push(b'"');
        append(bytes, length, self.out);
        self.out.push(b'"');
    }

    /// Begins the next entry of a list or node whose first entry stands at `empty`.
    fn separate(&mut self, empty: usize, depth: usize) {
        let first = self.out.len() == empty;
        if !first {
            self.out.push(b',');
        }
        if PRETTY && depth == ON_ONE_LINE && !first {
            self.out.push(b' ');
        }
        self.line(depth);
    }

    fn line(&mut self, depth: usize) {
        if PRETTY && depth != ON_ONE_LINE {
            self.out.push(b'\n');
            for _ in 0..depth {
                self.out.extend_from_slice(b"  ");
            }
        }
    }
}

/// Stands for the depth of what is written without line ends.
const ON_ONE_LINE: usize = usize::MAX;

#[cfg(test)]
mod tests {
    use super::{emit, emit_pretty, emit_text};
    use crate::canonical::{Kind, NodeId, Object, Origin, Shape, Value, number, shape};

    /// Pushes `text` at `path` (dots between fields, `+` before a list's new entry) by the shape.
    fn set(object: &mut Object, shape: &Shape, path: &str, text: &str) {
        let mut node = NodeId::ROOT;
        for name in path.split('.') {
            let (name, new) = name.strip_prefix('+').map_or((name, false), |name| (name, true));
            let Some(id) = shape.node(object.shape(node)).field(name) else {
                let span = object.intern(text);
                object.push_open(node, name, Value::Text(span), Origin::NOWHERE);
                return;
            };
            match &shape.node(object.shape(node)).get(id).kind {
                Kind::Object(inner) if new => node = object.add(node, id, *inner, Origin::NOWHERE),
                Kind::Object(inner) => node = object.child(node, id, *inner),
                Kind::Decimal => {
                    let decimal = number::parse(text.as_bytes()).unwrap();
                    object.push(node, id, Value::Decimal(decimal), Origin::NOWHERE);
                }
                _ => object.push_text(node, id, text, Origin::NOWHERE),
            }
        }
    }

    fn sample() -> Object {
        let shape = shape("shipment").unwrap();
        let mut object = Object::new();
        for (path, text) in [
            ("totals.weight.unit", "LB"),
            ("totals.weight.value", "18.50"),
            ("tracking_numbers", "1Z2"),
            ("order_number", "SO\"1\""),
            ("tracking_numbers", "1Z1"),
            ("ship_to.identifiers.zz", "7"),
            ("ship_to.identifiers.93", "8"),
            ("ship_to.identifiers.duns", "9"),
            ("ship_from.address", ""),
            ("+packages.+lines", ""),
            ("+packages.+lines.sku", "A"),
        ] {
            set(&mut object, shape, path, text);
        }
        object
    }

    #[test]
    fn fields_stand_in_the_shapes_order_and_lists_and_open_keys_in_push_order() {
        let mut out = Vec::new();
        emit(&sample(), shape("shipment").unwrap(), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"order_number":"SO\"1\"","tracking_numbers":["1Z2","1Z1"],"ship_to":{"identifiers":{"duns":"9","zz":"7","93":"8"}},"packages":[{"lines":[{"sku":"A"}]}],"totals":{"weight":{"value":18.50,"unit":"LB"}}}"#
        );
    }

    #[test]
    fn pretty_json_keeps_quantities_and_lists_of_text_on_one_line() {
        let mut out = Vec::new();
        emit_pretty(&sample(), shape("shipment").unwrap(), &mut out);
        let expected = r#"{
  "order_number": "SO\"1\"",
  "tracking_numbers": ["1Z2", "1Z1"],
  "ship_to": {
    "identifiers": {
      "duns": "9",
      "zz": "7",
      "93": "8"
    }
  },
  "packages": [
    {
      "lines": [
        {
          "sku": "A"
        }
      ]
    }
  ],
  "totals": {
    "weight": {"value": 18.50, "unit": "LB"}
  }
}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn an_object_without_any_value_is_an_empty_object() {
        let shape = shape("shipment").unwrap();
        let mut object = Object::new();
        set(&mut object, shape, "+packages.+lines", "");
        let (mut compact, mut pretty) = (Vec::new(), Vec::new());
        emit(&object, shape, &mut compact);
        emit_pretty(&object, shape, &mut pretty);
        assert_eq!((compact.as_slice(), pretty.as_slice()), (&b"{}"[..], &b"{}"[..]));
    }

    #[test]
    fn text_is_escaped_as_serde_json_escapes_it() {
        let all: String = (0..=0x250).filter_map(char::from_u32).collect();
        for text in ["", "plain", "a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é\u{2028}😀", all.as_str()] {
            let mut out = Vec::new();
            emit_text(text, &mut out);
            let read: String = serde_json::from_slice(&out).unwrap();
            assert_eq!(read, text);
        }
    }
}
