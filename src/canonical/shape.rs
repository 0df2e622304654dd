//! The shape of a canonical object: which fields its nodes have, of which kind, in which order.
//!
//! Mappings, the JSON reader and the emitter work by shape, never by Rust type; the shape is worked out from the Rust
//! types' JSON Schema, which is the only source (see [`mod@super::schema`]).

use super::emit::{COPIED_AT_ONCE, append};
use super::object::{NodeId, Object, Value};

/// Index of a node shape in [`Shape::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeShapeId(pub u16);

/// Index of a field in [`NodeShape::fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

impl FieldId {
    /// An entry of an open node whose key is no declared field: the key itself stands beside the value.
    pub const OPEN: FieldId = FieldId(u16::MAX);
}

/// The shape of one canonical object.
#[derive(Debug)]
pub struct Shape {
    /// Such as `shipment`.
    pub name: &'static str,
    /// Version of the published schema, 1-based.
    pub version: u32,
    /// What the object means, one sentence.
    pub description: String,
    /// Node shapes; 0 is the object itself.
    pub nodes: Vec<NodeShape>,
    /// Business keys: at least one of these fields of the object must have a value. The first present one is the
    /// event's subject.
    pub keys: &'static [&'static str],
    /// Fields of which the first present one tells objects of one business key apart: shipments of an order, reports of
    /// several warehouses.
    pub apart: &'static [&'static str],
}

/// The shape of one node: of the object itself, or of a nested object.
#[derive(Debug)]
pub struct NodeShape {
    /// Name of the Rust type, such as `Party`.
    pub name: String,
    /// Fields in the order in which they are written.
    pub fields: Vec<Field>,
    /// True when further keys with text values are allowed (identifiers by scheme).
    pub open: bool,
    /// True for `{ value, unit }`, which a mapping line treats as one value.
    pub quantity: bool,
    /// How the name of each field begins in JSON.
    begins: Vec<KeyBegin>,
    /// Those fields that are required, a bit for each.
    required: u128,
}

/// `"name":` of a field, for comparing it with what stands in JSON: as numbers, eight bytes at once.
#[derive(Debug)]
struct KeyBegin {
    /// The first eight bytes.
    first: u64,
    /// Which of them count, where it is shorter.
    mask: u64,
    /// The last eight bytes, where it is longer.
    last: u64,
    whole: Vec<u8>,
    /// The bit of the field.
    bit: u128,
}

impl KeyBegin {
    fn new(key: &[u8], at: usize) -> Self {
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        };
        let first = &key[..key.len().min(8)];
        let last = &key[key.len().saturating_sub(8)..];
        let mask = word(&vec![u8::MAX; first.len()]);
        Self { first: word(first), mask, last: word(last), whole: key.to_vec(), bit: 1 << at }
    }

    /// Does `json`, which begins with the bytes `first`, begin with this key?
    #[inline]
    fn stands_at(&self, first: u64, json: &[u8]) -> bool {
        if (first ^ self.first) & self.mask != 0 {
            return false;
        }
        let length = self.whole.len();
        let last = || json.get(length - 8..length).and_then(<[u8]>::first_chunk).map(|last| u64::from_le_bytes(*last));
        length <= 8 || (last() == Some(self.last) && (length <= 16 || json.starts_with(&self.whole)))
    }
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// snake_case name.
    pub name: String,
    /// What it holds (of a list: what each entry holds).
    pub kind: Kind,
    /// A list of such values, in order.
    pub list: bool,
    /// Must have a value wherever its node stands; a list of a cancelled object need not (see [`Shape::needs`]).
    pub required: bool,
    /// What it means: the doc comment of the Rust field.
    pub description: String,
    /// The name as JSON has it.
    pub json_key: JsonKey,
}

/// The name of a field as it is written before its value: `"name":`, with a comma unless the value is the first.
#[derive(Debug)]
pub struct JsonKey {
    /// With the comma, and blanks behind, so that it can be copied at a fixed width.
    padded: Vec<u8>,
    length: usize,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any text, never empty.
    Text,
    /// One of these words.
    Word(Vec<String>),
    /// An exact decimal, a JSON number.
    Decimal,
    /// `YYYY-MM-DD`.
    Date,
    /// `HH:MM`, `HH:MM:SS` or with decimals of a second.
    Time,
    /// A date, or an instant in RFC 3339 with offset.
    DateOrInstant,
    /// A nested object.
    Object(NodeShapeId),
}

/// The words of `action` with which an object cancels an earlier one: it may then do without its required lists.
pub const CANCELLATIONS: [&str; 2] = ["cancel", "delete"];

impl JsonKey {
    /// Of a name without characters that are escaped in JSON.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut padded = format!(",\"{name}\":").into_bytes();
        let length = padded.len();
        padded.resize(length.max(COPIED_AT_ONCE + 1), b' ');
        Self { padded, length }
    }

    /// `"name":`.
    #[inline]
    fn alone(&self) -> &[u8] {
        &self.padded[1..self.length]
    }

    /// Appends it, without its comma when it is the `first`.
    #[inline]
    pub(super) fn append(&self, first: bool, out: &mut Vec<u8>) {
        let start = usize::from(first);
        append(&self.padded[start..], self.length - start, out);
    }
}

impl Shape {
    /// Does `object` cancel an earlier one of its key?
    #[must_use]
    pub fn cancels(&self, object: &Object) -> bool {
        let action = self.nodes[0].field("action").and_then(|field| object.get(NodeId::ROOT, field));
        action
            .is_some_and(|entry| matches!(entry.value, Value::Text(text) if CANCELLATIONS.contains(&object.text(text))))
    }

    /// Must this field of the object itself have a value, the object being what it is?
    #[must_use]
    pub fn needs(&self, field: &Field, object: &Object) -> bool {
        field.required && !(field.list && self.cancels(object))
    }

    /// The node shape `id`.
    #[must_use]
    #[inline]
    pub fn node(&self, id: NodeShapeId) -> &NodeShape {
        &self.nodes[usize::from(id.0)]
    }
}

impl NodeShape {
    /// A node without fields: see [`NodeShape::set_fields`].
    #[must_use]
    pub(super) fn new(name: &str, open: bool) -> Self {
        let (fields, begins) = (Vec::new(), Vec::new());
        Self { name: name.to_owned(), fields, open, quantity: name == "Quantity", begins, required: 0 }
    }

    /// Gives the node its fields.
    pub(super) fn set_fields(&mut self, fields: Vec<Field>) {
        assert!(fields.len() <= 128, "a bit for each field of {}", self.name);
        let keys = fields.iter().map(|field| field.json_key.alone());
        self.begins = keys.zip(0..).map(|(key, at)| KeyBegin::new(key, at)).collect();
        self.required = (0..).zip(&fields).fold(0, |bits, (at, field)| bits | u128::from(field.required) << at);
        self.fields = fields;
    }

    /// Which required fields are not among those `seen`, a bit for each.
    #[inline]
    pub(super) fn missing(&self, seen: u128) -> u128 {
        self.required & !seen
    }

    /// The field whose name `json` begins with, written `"name":` as it mostly is, and the length of that. Fields from `next` on
    /// are looked at first: documents and shapes mostly go the same way.
    #[inline]
    pub(super) fn key_at(&self, next: usize, json: &[u8]) -> Option<(FieldId, usize)> {
        let first = u64::from_le_bytes(*json.first_chunk()?);
        let (before, after) = self.begins.split_at(next.min(self.begins.len()));
        let is = |begin: &KeyBegin| begin.stands_at(first, json);
        let at = match after.iter().position(is) {
            Some(at) => before.len() + at,
            None => before.iter().position(is)?,
        };
        Some((FieldId(at as u16), self.begins[at].whole.len()))
    }

    /// The bit of a field among those seen.
    #[inline]
    pub(super) fn bit(&self, id: FieldId) -> u128 {
        self.begins[usize::from(id.0)].bit
    }

    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<FieldId> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        Some(FieldId(u16::try_from(at).ok()?))
    }

    /// The field called `name`, looked for from `next` on first: documents and shapes mostly go the same way.
    #[must_use]
    pub(super) fn field_from(&self, next: usize, name: &str) -> Option<FieldId> {
        let (before, after) = self.fields.split_at(next.min(self.fields.len()));
        let is = |field: &Field| field.name == name;
        let at = match after.iter().position(is) {
            Some(at) => before.len() + at,
            None => before.iter().position(is)?,
        };
        Some(FieldId(u16::try_from(at).ok()?))
    }

    /// The declared field `id`.
    ///
    /// # Panics
    /// When `id` is [`FieldId::OPEN`].
    #[must_use]
    #[inline]
    pub fn get(&self, id: FieldId) -> &Field {
        &self.fields[usize::from(id.0)]
    }
}
