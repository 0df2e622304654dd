//! Acknowledgments that are matched one after the other, and what they are for: a payload is read once for all that stand in it, and
//! the documents of a delivery are looked up once for all that come for it in a row.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::ops::Range;

use super::{DOCUMENTS, bare, number};
use crate::pipeline::Pipeline;
use crate::pipeline::feed::Feed;
use crate::pipeline::opened::Opened;
use crate::store::{Answered, Content, Delivery, Document, NumberKeys, Row, StoreError};
use crate::tree::Tree;
use crate::x12::acknowledgment::{ReceivedGroup, advised, received};
use crate::x12::envelope::{Interchange, InterchangeAcknowledgment};
use crate::x12::reader::{ReadOptions, Reader, Step};

/// What an acknowledgment says, as it was read.
#[derive(Debug)]
pub(super) enum Said {
    /// What it says of groups, and whether it says something of what it does not name: of an 824 only that it was not taken.
    Groups(Vec<ReceivedGroup>, bool),
    Interchange(InterchangeAcknowledgment),
}

/// Acknowledgments that are to be matched, one after the other: those of one payload are read in one passage through it.
#[derive(Debug, Default)]
pub struct Heard {
    /// Of each payload, where they begin.
    wanted: HashMap<i64, HashSet<u64>>,
    /// What was read of them and not asked for yet, by payload and beginning.
    said: HashMap<(i64, u64), (Said, NumberKeys)>,
    /// The delivery that the last one is for: the next one may be for it too.
    sent: Option<SentIn>,
}

/// The documents of a delivery, as they were sent.
#[derive(Debug)]
pub(super) struct SentIn {
    /// The delivery and its version, as it was when they were looked up.
    delivery: Row,
    /// In the order of their ids.
    pub(super) documents: Vec<Document>,
    /// Of those with the same number the first is meant.
    by_number: HashMap<String, usize>,
    /// Of what kinds they are, such as `x12/004010/940`.
    pub(super) kinds: BTreeSet<String>,
}

impl SentIn {
    /// The document that is meant by the control number of a set.
    pub(super) fn of_number(&self, number: &str) -> Option<&Document> {
        self.documents.get(*self.by_number.get(bare(number))?)
    }

    /// How many sets there are.
    pub(super) fn count(&self) -> usize {
        self.by_number.len()
    }
}

impl Heard {
    /// None of these is read yet.
    #[must_use]
    pub fn of(documents: &[Document]) -> Self {
        let mut heard = Self::default();
        for one in documents {
            heard.wanted.entry(one.payload).or_default().insert(one.bytes.start);
        }
        heard
    }

    /// What one of them says, and by which keys what it is for was sent.
    pub(super) async fn said(
        &mut self,
        pipeline: &Pipeline,
        document: &Document,
    ) -> Result<Option<(Said, NumberKeys)>, StoreError> {
        let range = document.bytes.clone();
        let correction = pipeline.store.correction(&pipeline.store.attempts(document.id).await?).await?;
        let wanted = match correction {
            Some(_) => Some(HashSet::from([range.start])),
            None => self.wanted.remove(&document.payload),
        };
        if let Some(wanted) = wanted {
            let Some(payload) = pipeline.store.payload(document.payload).await? else { return Ok(None) };
            let content = pipeline.store.content(payload.content).await?;
            let correction = correction.map(|correction| (range.clone(), correction));
            let is_one = correction.is_some();
            let read = tokio::task::spawn_blocking(move || {
                let mut said = HashMap::new();
                // What was read before its bytes failed was said.
                read(&payload.file_name, &content, wanted, correction, &mut said).unwrap_or_default();
                said
            });
            let mut read = read.await.unwrap_or_default();
            if is_one {
                return Ok(read.remove(&range.start));
            }
            self.said.extend(read.into_iter().map(|(at, said)| ((document.payload, at), said)));
        }
        Ok(self.said.remove(&(document.payload, range.start)))
    }

    /// The documents of a delivery. They are looked up anew when it has changed.
    pub(super) async fn sent_in(&mut self, pipeline: &Pipeline, delivery: &Delivery) -> Result<&SentIn, StoreError> {
        let row = Row { id: delivery.id, version: delivery.version };
        let known = self.sent.take().filter(|known| known.delivery == row);
        let sent = match known {
            Some(known) => known,
            None => {
                let documents = pipeline.store.sent_in(delivery.id, DOCUMENTS).await?;
                let kinds = documents.iter().map(|one| one.document.clone()).collect();
                let numbered = documents.iter().enumerate().rev().filter(|(_, one)| one.control_numbers[2].is_some());
                let by_number = numbered.map(|(at, one)| (number(one).to_owned(), at)).collect();
                SentIn { delivery: row, documents, by_number, kinds }
            }
        };
        Ok(self.sent.insert(sent))
    }

    /// What one of them says was taken: the next one finds it so.
    pub(super) fn taken(&mut self, answered: &Answered) {
        let Some(sent) = &mut self.sent else { return };
        for ((id, delivery), said) in &answered.documents {
            let found = sent.documents.binary_search_by_key(id, |one| one.id);
            if let Some(one) =
                found.ok().and_then(|at| sent.documents.get_mut(at)).filter(|_| *delivery == sent.delivery.id)
            {
                (one.answer, one.answered_by) = (Some(said.answer), Some(answered.document.id));
            }
        }
    }
}

/// Reads the acknowledgments that begin at these bytes of a payload, or what a person has put in the place of one, and by which
/// keys what each is for was sent: its own envelope's, turned round.
fn read(
    file: &str,
    content: &Content,
    mut wanted: HashSet<u64>,
    correction: Option<(Range<u64>, Vec<u8>)>,
    found: &mut HashMap<u64, (Said, NumberKeys)>,
) -> io::Result<()> {
    let mut opened = Opened::new(file, content)?;
    if let Some((range, correction)) = correction {
        opened = opened.spliced(range, correction);
    }
    let mut feed = Feed::new(Box::new(opened.behind_each_other()));
    let mut reader = Reader::new(ReadOptions::default());
    let mut tree = Tree::default();
    let mut unheard = crate::diagnostic::Diagnostics::with_limit(0);
    while !wanted.is_empty() {
        let step = feed.pull(|input, end| {
            let progress = reader.next(input, end, &mut tree, &mut unheard);
            let said = match progress.step {
                Step::NeedMore if end => Some(Err(())),
                Step::NeedMore => None,
                Step::End => Some(Err(())),
                Step::Set(bytes) if wanted.remove(&tree.base) => {
                    let is_advice = reader.set().is_some_and(|set| set.set_id() == "824");
                    let read = if is_advice { advised } else { received };
                    let (groups, unnamed) = read(&tree, &input[bytes]);
                    Some(Ok(Some((tree.base, Said::Groups(groups, unnamed)))))
                }
                Step::InterchangeAcknowledgment(found) if wanted.remove(&found.offset) => {
                    Some(Ok(Some((found.offset, Said::Interchange(found)))))
                }
                _ => Some(Ok(None)),
            };
            (progress.consumed, said)
        })?;
        match (step, reader.interchange()) {
            (Ok(Some((at, said))), Some(envelope)) => drop(found.insert(at, (said, keys(envelope)))),
            (Ok(_), _) => {}
            (Err(()), _) => break,
        }
    }
    Ok(())
}

fn keys(envelope: &Interchange) -> NumberKeys {
    let id = |(qualifier, id): (&str, &str)| format!("{qualifier}/{id}");
    NumberKeys { ours: id(envelope.receiver()), theirs: id(envelope.sender()), usage: envelope.usage().to_owned() }
}
