//! What translations look up in the gateway's record: what documents recall, and the numbers of our own.
//!
//! Used on threads for such work only: it waits for the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use crate::canonical;
use crate::mapping::{Book, Given, Record, Whose};
use crate::store::{Store, StoreError};

/// The record, for one payload or one other piece of work.
#[derive(Debug)]
pub struct Records {
    store: Store,
    handle: Handle,
    state: Mutex<State>,
}

/// What a document has looked up.
#[derive(Debug, Default)]
pub(crate) struct LookedUp {
    /// Numbers that it is given, by the names of their sequences, and did not have before.
    pub(crate) numbers: Vec<(String, u64)>,
    /// What was not there: canonical object and business number.
    pub(crate) missing: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct State {
    /// A document is written, and it counts what is not there.
    is_written: bool,
    /// The document at hand, where it is on record, and the numbers that it has.
    document: Option<i64>,
    own: BTreeMap<String, u64>,
    /// The numbers that it is given, and those that its successor gets.
    asked: BTreeMap<(String, String), u64>,
    next: HashMap<(String, String), u64>,
    missing: Vec<(String, String)>,
    /// What was looked up last, which the lines of a document ask for again and again.
    last: Option<(Key, Option<Arc<Record>>)>,
    failed: Option<StoreError>,
}

/// Whose, which object, and its business numbers.
type Key = (Whose, String, Vec<String>);

impl Records {
    /// The record in `store`; `handle` runs what reads it.
    #[must_use]
    pub fn new(store: Store, handle: Handle) -> Arc<Self> {
        Arc::new(Self { store, handle, state: Mutex::default() })
    }

    /// What mappings are given that look up in it.
    #[must_use]
    pub fn given(self: &Arc<Self>) -> Arc<Given> {
        let book: Arc<dyn Book> = Arc::<Self>::clone(self);
        Given::from_book(book)
    }

    /// Begins with a document. One that is on record does not recall itself, and keeps its numbers.
    pub fn begin(&self, document: Option<i64>) {
        let own = document.and_then(|id| self.ask(self.store.own_numbers(id))).unwrap_or_default();
        let mut state = self.state();
        if state.document != document {
            state.last = None;
        }
        (state.is_written, state.document, state.own) = (true, document, own.into_iter().collect());
        state.asked.clear();
        state.missing.clear();
    }

    /// Ends with the document; one that is not good leaves its numbers for the next.
    pub(crate) fn end(&self, good: bool) -> LookedUp {
        let mut state = self.state();
        let (asked, missing) = (std::mem::take(&mut state.asked), std::mem::take(&mut state.missing));
        if !good {
            return LookedUp { numbers: Vec::new(), missing };
        }
        state.next.extend(asked.iter().map(|(key, number)| (key.clone(), number + 1)));
        LookedUp { numbers: asked.into_iter().map(|((_, sequence), number)| (sequence, number)).collect(), missing }
    }

    /// Why something could not be looked up: then nothing that was translated counts.
    pub fn failed(&self) -> Option<StoreError> {
        self.state().failed.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T>(&self, question: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        match self.handle.block_on(question) {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.state().failed = Some(error);
                None
            }
        }
    }
}

fn named<'n>(name: &'n str, numbers: &'n [&str]) -> impl Iterator<Item = (String, String)> + 'n {
    numbers.iter().map(move |number| (name.to_owned(), (*number).to_owned()))
}

impl Book for Records {
    fn record(&self, whose: &Whose, name: &str, numbers: &[&str]) -> Option<Arc<Record>> {
        let key = (whose.clone(), name.to_owned(), numbers.iter().map(|number| (*number).to_owned()).collect());
        let document = {
            let mut state = self.state();
            if let Some((_, record)) = state.last.as_ref().filter(|(known, _)| *known == key) {
                let record = record.clone();
                if record.is_none() && state.is_written {
                    state.missing.extend(named(name, numbers));
                }
                return record;
            }
            state.document
        };
        let lane = if whose.test { "test" } else { "live" };
        let found = self.ask(self.store.recorded((&whose.partner, lane), name, numbers, document))?;
        let record = found.zip(canonical::shape(name)).map(|(found, shape)| {
            let (object, _) = canonical::read(&found.canonical, shape);
            Arc::new(Record { shape, object })
        });
        let mut state = self.state();
        if record.is_none() && state.is_written {
            state.missing.extend(named(name, numbers));
        }
        state.last = Some((key, record.clone()));
        record
    }

    fn number(&self, whose: &Whose, sequence: &str) -> Option<u64> {
        let key = (whose.partner.clone(), sequence.to_owned());
        let known = {
            let state = self.state();
            if let Some(own) = state.own.get(sequence) {
                return Some(*own);
            }
            state.asked.get(&key).or_else(|| state.next.get(&key)).copied()
        };
        let number = match known {
            Some(number) => number,
            None => self.ask(self.store.next_in_sequence(&whose.partner, sequence))?,
        };
        self.state().asked.insert(key, number);
        Some(number)
    }
}
