//! What is handed in besides the document and its object: the records of the orders that it answers, and our own numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::canonical::{FieldId, NodeId, Object, Shape, Value};

/// What a translation is given besides its input.
#[derive(Debug, Default)]
pub struct Given {
    /// Objects on record that documents may recall.
    pub records: Vec<Record>,
    /// The next number of each sequence, by its name; documents written after the first take the ones that follow.
    pub sequences: BTreeMap<String, u64>,
    /// Where records and numbers are looked up that were not handed in: a gateway's.
    pub book: Option<Arc<dyn Book>>,
    /// Whose records and numbers are meant there.
    pub whose: Whose,
}

/// Whose documents and numbers are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Whose {
    /// Short name of the partner's profile; empty where none is known.
    pub partner: String,
    /// Are they tests?
    pub test: bool,
}

/// A record of earlier documents, and numbers of our own.
pub trait Book: fmt::Debug + Send + Sync {
    /// The newest object called `name` on record that has one of these business numbers.
    fn record(&self, whose: &Whose, name: &str, numbers: &[&str]) -> Option<Arc<Record>>;

    /// The number that a sequence has for the document at hand.
    fn number(&self, whose: &Whose, sequence: &str) -> Option<u64>;
}

/// A canonical object on record.
#[derive(Debug)]
pub struct Record {
    /// Which object it is.
    pub shape: &'static Shape,
    /// What it says.
    pub object: Object,
}

/// A record that was found.
pub(super) enum Found<'g> {
    HandedIn(&'g Record),
    InBook(Arc<Record>),
}

impl Deref for Found<'_> {
    type Target = Record;

    fn deref(&self) -> &Record {
        match self {
            Found::HandedIn(record) => record,
            Found::InBook(record) => record,
        }
    }
}

static NOTHING: Given = Given {
    records: Vec::new(),
    sequences: BTreeMap::new(),
    book: None,
    whose: Whose { partner: String::new(), test: false },
};

impl Given {
    /// Nothing at all.
    #[must_use]
    pub fn nothing() -> &'static Given {
        &NOTHING
    }

    /// Looks up in a book.
    #[must_use]
    pub fn from_book(book: Arc<dyn Book>) -> Arc<Given> {
        Arc::new(Given { book: Some(book), ..Given::default() })
    }

    /// The same for documents of this partner, or tests of it.
    #[must_use]
    pub fn of(self: &Arc<Self>, partner: Option<&str>, test: bool) -> Arc<Given> {
        let Some(book) = &self.book else { return Arc::clone(self) };
        let whose = Whose { partner: partner.unwrap_or_default().to_owned(), test };
        Arc::new(Given { book: Some(Arc::clone(book)), whose, ..Given::default() })
    }

    /// The record of this shape that `object` speaks of: both say the same under one of the record's business keys.
    pub(super) fn record(&self, of: &Shape, shape: &Shape, object: &Object) -> Option<Found<'_>> {
        let same = |record: &&Record| {
            let mut keys = record.shape.keys.iter();
            keys.any(|key| {
                let own = said(record.shape, &record.object, key);
                own.is_some() && own == said(shape, object, key)
            })
        };
        let mut handed_in = self.records.iter().filter(|record| record.shape.name == of.name);
        handed_in.find(same).map(Found::HandedIn).or_else(|| {
            let numbers = numbers(of, shape, object);
            self.book.as_ref()?.record(&self.whose, of.name, &numbers).map(Found::InBook)
        })
    }

    /// The number of a sequence for a document before which so many were written.
    pub(super) fn number(&self, sequence: &str, before: u64) -> Option<u64> {
        let handed_in = self.sequences.get(sequence).map(|first| first + before);
        handed_in.or_else(|| self.book.as_ref()?.number(&self.whose, sequence))
    }
}

/// The business numbers under which `object` speaks of a record of the shape `of`.
pub(super) fn numbers<'o>(of: &Shape, shape: &Shape, object: &'o Object) -> Vec<&'o str> {
    of.keys.iter().filter_map(|key| said(shape, object, key)).collect()
}

/// The text of a field of the object itself.
fn said<'o>(shape: &Shape, object: &'o Object, key: &str) -> Option<&'o str> {
    text_at(object, NodeId::ROOT, shape.nodes[0].field(key)?)
}

/// The text of a field.
pub(super) fn text_at(object: &Object, node: NodeId, field: FieldId) -> Option<&str> {
    match object.get(node, field)?.value {
        Value::Text(span) => Some(object.text(span)),
        _ => None,
    }
}
