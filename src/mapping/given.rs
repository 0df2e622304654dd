//! What is handed in besides the document and its object: the records of the orders that it answers, and our own numbers.

use std::collections::BTreeMap;

use crate::canonical::{FieldId, NodeId, Object, Shape, Value};

/// What a translation is given besides its input.
#[derive(Debug, Default)]
pub struct Given {
    /// Objects on record that documents may recall.
    pub records: Vec<Record>,
    /// The next number of each sequence, by its name; documents written after the first take the ones that follow.
    pub sequences: BTreeMap<String, u64>,
}

/// A canonical object on record.
#[derive(Debug)]
pub struct Record {
    /// Which object it is.
    pub shape: &'static Shape,
    /// What it says.
    pub object: Object,
}

static NOTHING: Given = Given { records: Vec::new(), sequences: BTreeMap::new() };

impl Given {
    /// Nothing at all.
    #[must_use]
    pub fn nothing() -> &'static Given {
        &NOTHING
    }

    /// The record called `name` that `object` speaks of: both say the same under one of the record's business keys.
    pub(super) fn record(&self, name: &str, shape: &Shape, object: &Object) -> Option<&Record> {
        let of = |shape: &Shape, object: &Object, key: &str| {
            let field = shape.nodes[0].field(key)?;
            text_at(object, NodeId::ROOT, field).map(str::to_owned)
        };
        let speaks_of = |record: &&Record| {
            let mut keys = record.shape.keys.iter();
            keys.any(|key| {
                let own = of(record.shape, &record.object, key);
                own.is_some() && own == of(shape, object, key)
            })
        };
        self.records.iter().filter(|record| record.shape.name == name).find(speaks_of)
    }
}

/// The text of a field.
pub(super) fn text_at(object: &Object, node: NodeId, field: FieldId) -> Option<&str> {
    match object.get(node, field)?.value {
        Value::Text(span) => Some(object.text(span)),
        _ => None,
    }
}
