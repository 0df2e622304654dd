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
    /// The key of each field in JSON.
    keys: Vec<Key>,
    /// Those fields that are required, a bit for each.
    required: u64,
}

/// What is read behind the key of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text.
    Text,
    /// Text that must be a word, a date or a time.
    Checked,
    /// A number.
    Number,
    /// A nested object.
    Object(NodeShapeId),
    /// A list.
    List,
}

impl Form {
    fn of(field: &Field) -> Self {
        match field.kind {
            _ if field.list => Form::List,
            Kind::Text => Form::Text,
            Kind::Word(_) | Kind::Date | Kind::Time | Kind::DateOrInstant => Form::Checked,
            Kind::Decimal => Form::Number,
            Kind::Object(shape) => Form::Object(shape),
        }
    }
}

/// `"name":` of a field as it mostly stands in JSON, with which it is compared eight bytes at a time.
#[derive(Debug)]
pub(super) struct Key {
    /// The first sixteen bytes.
    words: [u64; 2],
    /// Which of them count, where it is shorter.
    masks: [u64; 2],
    /// All of it.
    pub whole: Box<[u8]>,
    /// The field, and its bit among all of the node.
    pub field: FieldId,
    pub bit: u64,
    /// What stands behind it.
    pub form: Form,
}

impl Key {
    fn new(field: &Field, at: usize) -> Self {
        let whole: Box<[u8]> = field.json_key.alone().into();
        let mut bytes = [[0; 16]; 2];
        for (at, byte) in whole.iter().enumerate().take(16) {
            (bytes[0][at], bytes[1][at]) = (*byte, u8::MAX);
        }
        let [words, masks] = bytes.map(|bytes| words(&bytes));
        Self { words, masks, whole, bit: 1 << at, field: FieldId(at as u16), form: Form::of(field) }
    }

    /// Does `json`, whose first bytes are `first`, begin with this key?
    #[inline(always)]
    fn stands_at(&self, first: [u64; 2], json: &[u8]) -> bool {
        (first[0] ^ self.words[0]) & self.masks[0] == 0
            && (first[1] ^ self.words[1]) & self.masks[1] == 0
            && (self.whole.len() <= 16 || json.starts_with(&self.whole))
    }
}

/// Sixteen bytes as two numbers.
#[inline(always)]
fn words(bytes: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [both as u64, (both >> 64) as u64]
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
        let (fields, keys) = (Vec::new(), Vec::new());
        Self { name: name.to_owned(), fields, open, quantity: name == "Quantity", keys, required: 0 }
    }

    /// Gives the node its fields.
    pub(super) fn set_fields(&mut self, fields: Vec<Field>) {
        assert!(fields.len() <= 64, "a bit for each field of {}", self.name);
        self.keys = fields.iter().zip(0..).map(|(field, at)| Key::new(field, at)).collect();
        self.required = (0..).zip(&fields).fold(0, |bits, (at, field)| bits | u64::from(field.required) << at);
        self.fields = fields;
    }

    /// Which required fields are not among those `seen`, a bit for each.
    #[inline]
    pub(super) fn missing(&self, seen: u64) -> u64 {
        self.required & !seen
    }

    /// The field whose name `json` begins with, written `"name":` as it mostly is. Fields from `next` on are looked at first:
    /// documents and shapes mostly go the same way.
    #[inline(always)]
    pub(super) fn key_at(&self, next: usize, json: &[u8]) -> Option<&Key> {
        let first = words(json.first_chunk()?);
        let mut at = next;
        while let Some(key) = self.keys.get(at) {
            if key.stands_at(first, json) {
                return Some(key);
            }
            at += 1;
        }
        self.key_before(next, first, json)
    }

    #[inline(never)]
    fn key_before(&self, next: usize, first: [u64; 2], json: &[u8]) -> Option<&Key> {
        self.keys[..next].iter().find(|key| key.stands_at(first, json))
    }

    /// The bit of a field among those seen.
    #[inline]
    pub(super) fn bit(&self, id: FieldId) -> u64 {
        self.keys[usize::from(id.0)].bit
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
