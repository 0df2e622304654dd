//! Documents of a partner's payload found again: a passage through its files, from one that is wanted to the next.
//!
//! A document is known by its position, so those before it are read, and not translated where that tells how many they are. Who
//! asks for many in their order has the payload read once; who asks for one before the last has it read anew.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::feed::Feed;
use super::inbound::{Order, Taken, name_places, passed_over};
use super::opened::Opened;
use super::records::Records;
use super::{Failed, Pipeline, blocking, defect};
use crate::catalog::Edition;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::store::{Content, Document, NewDocument, Payload, Store, StoreError};
use crate::translation::{self, Inbound, Outcome, Set};
use crate::x12::envelope::InterchangeAcknowledgment;

/// What is kept of the payload whose document was translated last: the next one may stand in it too.
#[derive(Debug, Default)]
pub struct Passages {
    /// The row of the payload.
    payload: Option<Payload>,
    /// Of a partner: it is being read through.
    passage: Option<Passage>,
    /// Of the ERP: the content, and all its bytes.
    whole: Option<(i64, Arc<Vec<u8>>)>,
}

/// A payload that is being read through, on a thread of its own that ends with it.
#[derive(Debug)]
struct Passage {
    payload: i64,
    by: String,
    asks: mpsc::Sender<Ask>,
    thread: JoinHandle<()>,
}

/// A document that is asked for.
#[derive(Debug)]
struct Ask {
    document: i64,
    position: i64,
    answer: oneshot::Sender<Result<Option<NewDocument>, Failed>>,
}

impl Passages {
    /// The row of a payload.
    pub(super) async fn payload(&mut self, store: &Store, id: i64) -> Result<Option<Payload>, StoreError> {
        // Its documents are counted where it is read: not anew for each of them.
        if self.payload.as_ref().is_none_or(|known| known.id != id) {
            self.payload = store.payload(id).await?;
        }
        Ok(self.payload.clone())
    }

    /// All bytes of a content.
    pub(super) async fn bytes(&mut self, store: &Store, content: i64) -> Result<Arc<Vec<u8>>, Failed> {
        if let Some((_, bytes)) = self.whole.as_ref().filter(|(known, _)| *known == content) {
            return Ok(Arc::clone(bytes));
        }
        let kept = store.content(content).await?;
        let bytes = Arc::new(blocking(move || kept.read()).await?);
        self.whole = Some((content, Arc::clone(&bytes)));
        Ok(bytes)
    }
}

impl Pipeline {
    /// Translates a document of a partner anew by what is in force, as it came. `Ok(Ok(None))` when it is not in its payload any
    /// more; a panic is a bug of ours, told as such.
    pub(super) async fn translate_again(
        &self,
        document: &Document,
        (payload, by): (Payload, &str),
        passages: &mut Passages,
    ) -> Result<Result<Option<NewDocument>, Failed>, Diagnostic> {
        // The semaphore is never closed.
        let _permit = self.translating.acquire().await;
        if passages.passage.as_ref().is_none_or(|one| one.payload != payload.id || one.by != by) {
            passages.passage = match self.store.content(payload.content).await {
                Ok(content) => Some(self.begin_passage(payload, content, by)),
                Err(error) => return Ok(Err(Failed::Store(error))),
            };
        }
        let Some(passage) = &mut passages.passage else { return Ok(Ok(None)) };
        let (answer, answered) = oneshot::channel();
        let ask = Ask { document: document.id, position: document.position, answer };
        // Where the thread is gone nobody answers.
        drop(passage.asks.send(ask).await);
        if let Ok(found) = answered.await {
            return Ok(found);
        }
        let ended = (&mut passage.thread).await;
        passages.passage = None;
        ended.map_or_else(|error| Err(defect(error)), |()| Ok(Ok(None)))
    }

    fn begin_passage(&self, payload: Payload, content: Content, by: &str) -> Passage {
        let (asks, asked) = mpsc::channel(1);
        let (edition, records) = (self.edition(), Records::new(self.store.clone(), Handle::current()));
        let (id, who) = (payload.id, by.to_owned());
        let thread = tokio::task::spawn_blocking(move || answer((&payload, &content), &edition, &who, &records, asked));
        Passage { payload: id, by: by.to_owned(), asks, thread }
    }
}

/// Answers those who ask for documents of a payload until nobody does any more.
fn answer(
    (payload, content): (&Payload, &Content),
    edition: &Edition,
    by: &str,
    records: &Arc<Records>,
    mut asked: mpsc::Receiver<Ask>,
) {
    let mut next = asked.blocking_recv();
    while let Some(first) = next.take() {
        records.begin(Some(first.document));
        let order = Order { payload, content, edition, now: Timestamp::now(), by, records };
        let (position, mut ask, mut found_some) = (first.position, Some(first), false);
        let mut take = |there: There<'_>| {
            let one = ask.take()?;
            let found = there.row(&Order { now: Timestamp::now(), ..order }, one.position);
            // Who asked may be gone.
            drop(one.answer.send(records.failed().map_or(Ok(found), |error| Err(Failed::Store(error)))));
            found_some = true;
            ask = asked.blocking_recv();
            let next = ask.as_ref()?;
            records.begin(Some(next.document));
            Some(next.position)
        };
        let opened = Opened::new(&payload.file_name, content);
        let read = opened.and_then(|mut opened| read_through(&order, &mut opened, position, &mut take));
        next = match (ask, read) {
            (None, _) => None,
            // It stands before the last one, or nowhere.
            (Some(ask), Ok(())) if found_some => Some(ask),
            (Some(ask), read) => {
                drop(ask.answer.send(read.map(|()| None).map_err(Failed::Content)));
                asked.blocking_recv()
            }
        };
    }
}

/// What stands at a position that is wanted.
pub(super) struct There<'a> {
    /// What has read it.
    pub(super) inbound: &'a mut Inbound,
    /// What it is.
    pub(super) what: What<'a>,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
    /// Opened bytes before its file.
    base: u64,
}

/// What may stand at a position.
pub(super) enum What<'a> {
    /// A document.
    Document(&'a translation::Document),
    /// A transaction set that was passed over, as this says.
    PassedOver(Diagnostic),
    /// A TA1.
    Acknowledgment(InterchangeAcknowledgment),
}

impl There<'_> {
    /// Its row; of no partner where no profile is its sender's.
    pub(super) fn row(self, order: &Order<'_>, position: i64) -> Option<NewDocument> {
        let partner = self.inbound.surroundings().partner.clone();
        let new = match self.what {
            What::Document(document) => order.document(Taken::of(order, self.inbound, document), position, false),
            What::PassedOver(passed) => order.passed_over(passed, partner.clone(), position)?,
            What::Acknowledgment(said) => order.interchange_acknowledgment(&said, partner.clone(), position),
        };
        let bytes = new.bytes.start + self.base..new.bytes.end + self.base;
        Some(NewDocument { bytes, partner, ..new })
    }
}

/// Reads on to the document at `position` and hands it to `take`.
pub(super) fn seek<T>(
    order: &Order<'_>,
    opened: &mut Opened<'_>,
    position: i64,
    take: impl FnOnce(There<'_>) -> T,
) -> io::Result<Option<T>> {
    let (mut take, mut taken) = (Some(take), None);
    read_through(order, opened, position, &mut |there| {
        taken = take.take().map(|take| take(there));
        None
    })?;
    Ok(taken)
}

/// The document at `position`, and those behind it in its file that begin within `range`: its own bytes, where nothing is said.
pub(super) fn within(
    order: &Order<'_>,
    opened: &mut Opened<'_>,
    position: i64,
    mut range: Option<Range<u64>>,
) -> io::Result<Vec<NewDocument>> {
    let (mut next, mut base, mut found) = (position, None, Vec::new());
    read_through(order, opened, position, &mut |there| {
        let in_its_file = *base.get_or_insert(there.base) == there.base;
        let new = there.row(order, next)?;
        let range = range.get_or_insert_with(|| new.bytes.clone());
        if !in_its_file || !(range.contains(&new.bytes.start) || *range == new.bytes) {
            return None;
        }
        found.push(new);
        next += 1;
        Some(next)
    })?;
    Ok(found)
}

/// Reads on from one wanted document to the next. `take` gets each and says which position is wanted then; this ends where none is,
/// one that was passed already, or one that does not come.
fn read_through(
    order: &Order<'_>,
    opened: &mut Opened<'_>,
    position: i64,
    take: &mut dyn FnMut(There<'_>) -> Option<i64>,
) -> io::Result<()> {
    let mut reading = Reading { wanted: Some(position), seen: 0, take };
    while opened.next_file()? {
        reading.file(order, opened)?;
        if reading.is_over() {
            break;
        }
    }
    Ok(())
}

struct Reading<'r> {
    wanted: Option<i64>,
    /// Documents so far.
    seen: i64,
    take: &'r mut dyn FnMut(There<'_>) -> Option<i64>,
}

impl Reading<'_> {
    fn is_over(&self) -> bool {
        self.wanted.is_none_or(|wanted| wanted <= self.seen)
    }

    fn is_next(&self) -> bool {
        self.wanted == Some(self.seen + 1)
    }

    /// One more document was read.
    fn came(&mut self, there: There<'_>) {
        let wanted = self.is_next();
        self.seen += 1;
        if wanted {
            self.wanted = (self.take)(there);
        }
    }

    /// Reads the file at hand, as far as something of it is wanted.
    fn file(&mut self, order: &Order<'_>, opened: &mut Opened<'_>) -> io::Result<()> {
        let (name, shown, base) = (opened.name().to_owned(), opened.shown(), opened.base());
        let mut feed = Feed::new(Box::new(&mut *opened));
        let (desk, mut inbound) = order.begin(&name, feed.beginning()?, &mut Diagnostics::with_limit(0));
        while !self.is_over() {
            let (outcome, bytes) = feed.pull(|input, end| {
                // One document before it need not be translated to be counted.
                let translated = |set: &Set| {
                    let before = !self.is_next() && !set.may_hold_several();
                    self.seen += i64::from(before);
                    !before
                };
                match inbound.next_of(input, end, &desk, translated) {
                    (consumed, Outcome::NeedMore) => (consumed, None),
                    (consumed, Outcome::Document(document)) => {
                        let bytes = if self.is_next() { input[document.bytes.clone()].to_vec() } else { Vec::new() };
                        (consumed, Some((Outcome::Document(document), bytes)))
                    }
                    (consumed, outcome) => (consumed, Some((outcome, Vec::new()))),
                }
            })?;
            name_places(&shown, inbound.diagnostics());
            match outcome {
                Outcome::End => break,
                Outcome::Document(document) => {
                    let what = What::Document(&document);
                    self.came(There { inbound: &mut inbound, what, bytes: &bytes, base });
                }
                Outcome::InterchangeAcknowledgment(said) => {
                    let what = What::Acknowledgment(said);
                    self.came(There { inbound: &mut inbound, what, bytes: &[], base });
                }
                _ => {
                    for passed in passed_over(inbound.diagnostics()) {
                        let what = What::PassedOver(passed);
                        self.came(There { inbound: &mut inbound, what, bytes: &[], base });
                    }
                }
            }
        }
        Ok(())
    }
}
