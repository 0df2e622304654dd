//! What translations look up in the gateway's record: what documents recall, and the numbers of our own.
//!
//! Used on threads for such work only: it waits for the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use crate::canonical;
use crate::mapping::{Book, Given, Record, Whose};
use crate::store::{Recalled, Store, StoreError};

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
    /// What was there.
    pub(crate) recalled: Vec<Recalled>,
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
    recalled: Vec<Recalled>,
    /// Objects of the same payload that go on, as JSON with their places in it: they are newer than all on record.
    before: HashMap<(Whose, String, String), (usize, Vec<u8>)>,
    /// What was looked up last, which the lines of a document ask for again and again.
    last: Option<(Key, Found)>,
    failed: Option<StoreError>,
}

/// Whose, which object, and its business numbers.
type Key = (Whose, String, Vec<String>);

/// What was found: the object, and the document and attempt that say it, where it is on record.
#[derive(Debug, Clone, Default)]
struct Found {
    record: Option<Arc<Record>>,
    on_record: Option<(i64, i64)>,
}

impl State {
    /// Keeps what a document that is written asked for.
    fn asked_for(&mut self, (whose, name, numbers): &Key, found: &Found) {
        if !self.is_written {
            return;
        }
        if found.record.is_none() {
            self.missing.extend(numbers.iter().map(|number| (name.clone(), number.clone())));
        }
        let (partner, canonical_type, numbers) = (whose.partner.clone(), name.clone(), numbers.clone());
        let recalled = found.on_record.map(|found| Recalled {
            partner,
            lane: lane(whose),
            canonical_type,
            numbers,
            except: self.document,
            found,
        });
        self.recalled.extend(recalled.filter(|one| !self.recalled.contains(one)));
    }

    /// The newest of the same payload.
    fn newest_before(&self, (whose, name, numbers): &Key) -> Option<&[u8]> {
        let of_number = |number: &String| self.before.get(&(whose.clone(), name.clone(), number.clone()));
        numbers.iter().filter_map(of_number).max_by_key(|(place, _)| *place).map(|(_, canonical)| canonical.as_slice())
    }
}

fn lane(whose: &Whose) -> &'static str {
    if whose.test { "test" } else { "live" }
}

fn read(canonical: &[u8], name: &str) -> Option<Arc<Record>> {
    canonical::shape(name).map(|shape| Arc::new(Record { shape, object: canonical::read(canonical, shape).0 }))
}

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
        state.recalled.clear();
    }

    /// An object of the payload at hand goes on: what stands behind it may recall it.
    pub(crate) fn goes_on(&self, whose: Whose, name: &str, number: &str, canonical: &[u8]) {
        let mut state = self.state();
        let place = state.before.len();
        state.before.insert((whose, name.to_owned(), number.to_owned()), (place, canonical.to_vec()));
        state.last = None;
    }

    /// Ends with the document; one that is not good leaves its numbers for the next.
    pub(crate) fn end(&self, good: bool) -> LookedUp {
        let mut state = self.state();
        let (asked, missing) = (std::mem::take(&mut state.asked), std::mem::take(&mut state.missing));
        let recalled = std::mem::take(&mut state.recalled);
        if !good {
            return LookedUp { numbers: Vec::new(), missing, recalled };
        }
        state.next.extend(asked.iter().map(|(key, number)| (key.clone(), number + 1)));
        let numbers = asked.into_iter().map(|((_, sequence), number)| (sequence, number)).collect();
        LookedUp { numbers, missing, recalled }
    }

    /// Why something could not be looked up: then nothing that was translated counts.
    pub fn failed(&self) -> Option<StoreError> {
        self.state().failed.take()
    }

    /// Are documents of such canonical objects collected for a partner, to go out together?
    pub(crate) fn is_collected(&self, partner: &str, canonical_type: &str) -> bool {
        self.ask(self.store.is_collected(partner, canonical_type)).unwrap_or_default()
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

impl Book for Records {
    fn record(&self, whose: &Whose, name: &str, numbers: &[&str]) -> Option<Arc<Record>> {
        let key = (whose.clone(), name.to_owned(), numbers.iter().map(|number| (*number).to_owned()).collect());
        let document = {
            let mut state = self.state();
            let known = state.last.as_ref().filter(|(known, _)| *known == key).map(|(_, found)| found.clone());
            let before = || state.newest_before(&key).map(|canonical| read(canonical, name));
            let found = known.or_else(|| before().map(|record| Found { record, on_record: None }));
            if let Some(found) = found {
                state.asked_for(&key, &found);
                let record = found.record.clone();
                state.last = Some((key, found));
                return record;
            }
            state.document
        };
        let found = self.ask(self.store.recorded((&whose.partner, lane(whose)), name, numbers, document))?;
        let on_record = found.as_ref().map(|found| (found.document, found.attempt));
        let record = found.and_then(|found| read(&found.canonical, name));
        let mut state = self.state();
        let found = Found { record: record.clone(), on_record };
        state.asked_for(&key, &found);
        state.last = Some((key, found));
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
