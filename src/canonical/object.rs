//! A canonical object in memory: an arena of nodes and entries, each value with the place it came from.
//!
//! One arena serves both ways: mappings fill it from a document, the JSON reader fills it from the ERP's text. Values
//! are appended as they are found; order is the shape's, made when the object is written out. Memory is kept from
//! object to object.

use std::ops::Range;

use rust_decimal::Decimal;

use super::shape::{FieldId, NodeShapeId};

/// Stands for "none" wherever a `u32` index may be missing.
const NONE: u32 = u32::MAX;

/// Index of a node in its object; 0 is the object itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The object itself.
    pub const ROOT: NodeId = NodeId(0);
}

/// A text in [`Object::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// What stands at `range` of the JSON that the object holds.
    #[inline]
    pub(super) fn of_json(range: Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Text, a word, a date, a time or an instant, in its canonical form.
    Text(Span),
    /// An exact decimal in its own digits.
    Decimal(Decimal),
    /// A nested object.
    Node(NodeId),
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Element of the document's tree, or [`Origin::NOWHERE`]'s.
    pub element: u32,
    /// Line of the mapping plan, or [`Origin::NOWHERE`]'s.
    pub line: u16,
}

impl Origin {
    /// No element and no mapping line: a constant, a computed value, or an object read from JSON.
    pub const NOWHERE: Origin = Origin { element: NONE, line: u16::MAX };
}

/// A field's value (a list has one entry for each of its values).
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The field, or [`FieldId::OPEN`].
    pub field: FieldId,
    /// The key, when the field is [`FieldId::OPEN`].
    pub key: Span,
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
    next: u32,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    shape: NodeShapeId,
    /// The field pushed last.
    last_field: FieldId,
    /// No field was pushed behind one that stands after it in the shape.
    sorted: bool,
    /// Loop occurrence of the tree it was read from, or `NONE`.
    occurrence: u32,
    /// The node around it; itself for the object.
    parent: NodeId,
    first: u32,
    last: u32,
}

impl Node {
    #[inline]
    fn new(shape: NodeShapeId, parent: NodeId) -> Self {
        Self { shape, last_field: FieldId(0), sorted: true, occurrence: NONE, parent, first: NONE, last: NONE }
    }
}

/// A canonical object.
#[derive(Debug, Clone, Default)]
pub struct Object {
    nodes: Vec<Node>,
    entries: Vec<Entry>,
    /// The JSON that it was read from, if it was, and texts that do not stand there as they are.
    text: String,
    /// Length of that JSON.
    json: usize,
}

impl Object {
    /// An object with nothing in it but its own node.
    #[must_use]
    pub fn new() -> Self {
        let mut object = Self::default();
        object.clear();
        object
    }

    /// Empties the object and keeps its memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.entries.clear();
        self.text.clear();
        self.json = 0;
        self.nodes.push(Node { occurrence: 0, ..Node::new(NodeShapeId(0), NodeId::ROOT) });
    }

    /// True when no field has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The shape of a node.
    #[must_use]
    pub fn shape(&self, node: NodeId) -> NodeShapeId {
        self.nodes[node.0 as usize].shape
    }

    /// The node around a node; itself for the object.
    #[must_use]
    pub fn parent(&self, node: NodeId) -> NodeId {
        self.nodes[node.0 as usize].parent
    }

    /// The loop occurrence a node was read from, if it was read from one.
    #[must_use]
    pub fn occurrence(&self, node: NodeId) -> Option<u32> {
        Some(self.nodes[node.0 as usize].occurrence).filter(|occurrence| *occurrence != NONE)
    }

    /// Says which loop occurrence a node was read from.
    pub fn set_occurrence(&mut self, node: NodeId, occurrence: u32) {
        self.nodes[node.0 as usize].occurrence = occurrence;
    }

    /// Copies `text` into the object, to be used in a [`Value::Text`] or as a key.
    #[inline]
    pub fn intern(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span { start, end: self.text.len() as u32 }
    }

    /// Copies the JSON that an object without any texts is read from: what stands in it without escapes needs no copy then, see
    /// [`Span::of_json`].
    pub(super) fn hold_json(&mut self, json: &str) {
        debug_assert!(self.text.is_empty(), "the JSON comes first");
        self.text.push_str(json);
        self.json = json.len();
    }

    /// The text of a span.
    #[must_use]
    #[inline]
    pub fn text(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// The bytes from the start of a span on, and how many of them are the span's.
    #[inline]
    pub(super) fn bytes_from(&self, span: Span) -> (&[u8], usize) {
        (&self.text.as_bytes()[span.start as usize..], (span.end - span.start) as usize)
    }

    /// All texts of the object, one behind the other, but for those that stand in JSON as they are.
    #[must_use]
    pub(super) fn made_texts(&self) -> &str {
        &self.text[self.json..]
    }

    /// Appends a value to a field of `node`.
    #[inline]
    pub fn push(&mut self, node: NodeId, field: FieldId, value: Value, origin: Origin) {
        self.push_entry(node, Entry { field, key: Span::default(), value, origin, next: NONE });
    }

    /// Appends a value under a key of the open node `node`.
    pub fn push_open(&mut self, node: NodeId, key: &str, value: Value, origin: Origin) {
        let key = self.intern(key);
        self.push_open_span(node, key, value, origin);
    }

    /// Appends a value under a key of the open node `node`, whose text the object has.
    pub(super) fn push_open_span(&mut self, node: NodeId, key: Span, value: Value, origin: Origin) {
        self.push_entry(node, Entry { field: FieldId::OPEN, key, value, origin, next: NONE });
    }

    /// Appends text to a field of `node`.
    #[inline]
    pub fn push_text(&mut self, node: NodeId, field: FieldId, text: &str, origin: Origin) {
        let span = self.intern(text);
        self.push(node, field, Value::Text(span), origin);
    }

    /// Adds to the text that a field of `node` has, with `between` before it; the text itself where it has none.
    pub fn extend_text(&mut self, node: NodeId, field: FieldId, between: &str, text: &str, origin: Origin) {
        let mut next = self.nodes[node.0 as usize].first;
        while let Some(entry) = self.entries.get(next as usize) {
            if let (true, Value::Text(span)) = (entry.field == field, entry.value) {
                let whole = [self.text(span), between, text].concat();
                let span = self.intern(&whole);
                self.entries[next as usize].value = Value::Text(span);
                return;
            }
            next = entry.next;
        }
        self.push_text(node, field, text, origin);
    }

    /// Appends a new nested node to a field of `node`.
    #[inline]
    pub fn add(&mut self, node: NodeId, field: FieldId, shape: NodeShapeId, origin: Origin) -> NodeId {
        let id = self.detached(node, shape);
        self.attach(id, field, origin);
        id
    }

    /// Appends a new nested node whose first fields have these values, and no others do.
    #[inline]
    pub(super) fn add_whole<const N: usize>(
        &mut self,
        node: NodeId,
        field: FieldId,
        shape: NodeShapeId,
        values: [Value; N],
    ) {
        let (id, first) = (self.nodes.len() as u32, self.entries.len() as u32 + 1);
        let last = first + N as u32 - 1;
        self.push(node, field, Value::Node(NodeId(id)), Origin::NOWHERE);
        self.nodes.push(Node { first, last, last_field: FieldId(N as u16 - 1), ..Node::new(shape, node) });
        for (at, value) in (0..).zip(values) {
            let index = first + u32::from(at);
            let next = if index == last { NONE } else { index + 1 };
            let (field, key, origin) = (FieldId(at), Span::default(), Origin::NOWHERE);
            self.entries.push(Entry { field, key, value, origin, next });
        }
    }

    /// A new nested node for a field of `node`, which does not have it yet: see [`Object::attach`].
    #[inline]
    pub fn detached(&mut self, node: NodeId, shape: NodeShapeId) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node::new(shape, node));
        id
    }

    /// Appends a node that [`Object::detached`] made to a field of the node it was made for.
    #[inline]
    pub fn attach(&mut self, node: NodeId, field: FieldId, origin: Origin) {
        self.push(self.parent(node), field, Value::Node(node), origin);
    }

    /// The nested node in a field of `node` that is no list, made when it is not there yet.
    #[inline]
    pub fn child(&mut self, node: NodeId, field: FieldId, shape: NodeShapeId) -> NodeId {
        match self.get(node, field).map(|entry| entry.value) {
            Some(Value::Node(child)) => child,
            _ => self.add(node, field, shape, Origin::NOWHERE),
        }
    }

    /// The first entry of a field.
    #[must_use]
    #[inline]
    pub fn get(&self, node: NodeId, field: FieldId) -> Option<&Entry> {
        self.entries(node).find(|entry| entry.field == field)
    }

    /// All entries of a field, in order.
    pub fn all(&self, node: NodeId, field: FieldId) -> impl Iterator<Item = &Entry> + '_ {
        self.entries(node).filter(move |entry| entry.field == field)
    }

    /// Is it a node in which no value stands anywhere? Such a one is not written.
    #[must_use]
    pub fn is_hollow(&self, entry: &Entry) -> bool {
        matches!(entry.value, Value::Node(node) if self.entries(node).all(|inner| self.is_hollow(inner)))
    }

    /// The entry under a key of an open node.
    #[must_use]
    pub fn get_open(&self, node: NodeId, key: &str) -> Option<&Entry> {
        self.entries(node).find(|entry| entry.field == FieldId::OPEN && self.text(entry.key) == key)
    }

    /// All entries of a node, in the order in which they were pushed.
    #[inline]
    pub fn entries(&self, node: NodeId) -> impl Iterator<Item = &Entry> + '_ {
        let mut next = self.nodes[node.0 as usize].first;
        std::iter::from_fn(move || {
            let entry = self.entries.get(next as usize)?;
            next = entry.next;
            Some(entry)
        })
    }

    /// Were the entries of a node pushed in the order of its shape, those under further keys last?
    #[inline]
    pub(super) fn is_in_shape_order(&self, node: NodeId) -> bool {
        self.nodes[node.0 as usize].sorted
    }

    /// All nested nodes in a field, in order.
    pub fn nodes(&self, node: NodeId, field: FieldId) -> impl Iterator<Item = NodeId> + '_ {
        self.all(node, field).filter_map(|entry| match entry.value {
            Value::Node(id) => Some(id),
            _ => None,
        })
    }

    /// Number of nodes, the object's own included.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    #[inline]
    fn push_entry(&mut self, node: NodeId, entry: Entry) {
        let index = self.entries.len() as u32;
        self.entries.push(entry);
        let owner = &mut self.nodes[node.0 as usize];
        owner.sorted &= owner.last_field <= entry.field;
        owner.last_field = entry.field;
        let last = std::mem::replace(&mut owner.last, index);
        if last == NONE {
            owner.first = index;
        } else {
            self.entries[last as usize].next = index;
        }
    }
}
