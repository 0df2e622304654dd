//! What partners say of what we sent: acknowledgments on record are matched to the interchange, group and sets they are for.
//!
//! Follows the documents that are kept. An acknowledgment that was read, and not matched before a stop, is matched after it.

mod group;
mod heard;
mod interchange;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::io;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::info;

pub use self::heard::Heard;
use self::heard::Said;
use super::Pipeline;
use super::silence::Silence;
use super::turns::{Follower, turns};
use crate::catalog::{CatalogDesk, Chosen, Edition};
use crate::diagnostic::{Diagnostic, PayloadPlace, codes};
use crate::lifecycle::AnswerState;
use crate::mapping::explain;
use crate::store::{Answered, Applied, Delivery, Document, Row, StoreError, Unit};
use crate::translation::overlay::{Sent, overlay};
use crate::translation::{Inbound, Outcome, Set};
use crate::x12::acknowledgment::{ReceivedGroup, ReceivedSet, Verdict};
use crate::x12::dictionary;
use crate::x12::reader::ReadOptions;

/// Acknowledgments looked up at a time.
const BATCH: u32 = 256;
/// Documents of one delivery that are looked through.
const DOCUMENTS: u32 = 100_000;

/// Matches until `stop`, and tells what partners do not answer.
pub async fn run(pipeline: Pipeline, stop: watch::Receiver<bool>) {
    turns(pipeline, stop, Matching::default()).await;
}

#[derive(Debug, Default)]
struct Matching {
    silence: Silence,
}

impl Follower for Matching {
    async fn turn(&mut self, pipeline: &Pipeline) -> Result<usize, impl Display + Send> {
        let now = Timestamp::now();
        self.silence.tell(pipeline, now).await?;
        turn(pipeline, now).await
    }
}

/// Matches the acknowledgments that wait for it; how many there were.
///
/// # Errors
/// When the store cannot be used.
pub async fn turn(pipeline: &Pipeline, now: Timestamp) -> Result<usize, StoreError> {
    let waiting = pipeline.store.unmatched(BATCH).await?;
    let mut heard = Heard::of(&waiting);
    for document in &waiting {
        let answered = matched(pipeline, document, &mut heard, now).await?;
        info!(document = document.id, documents = answered.documents.len(), "acknowledgment matched");
        if let Applied::Done(_) = pipeline.store.commit_one(Unit::Answered(Box::new(answered.clone()))).await? {
            heard.taken(&answered);
        }
    }
    Ok(waiting.len())
}

/// What an acknowledgment says of what is on record now; nothing is changed yet.
///
/// # Errors
/// When the store cannot be used.
pub async fn matched(
    pipeline: &Pipeline,
    document: &Document,
    heard: &mut Heard,
    now: Timestamp,
) -> Result<Answered, StoreError> {
    let mut answered = Answered::new(Row { id: document.id, version: document.version }, now);
    match heard.said(pipeline, document).await? {
        Some((Said::Groups(groups, unnamed), keys)) => {
            for parts in by_group(&groups) {
                group::matched(pipeline, (document, &keys), &parts, heard, &mut answered).await?;
            }
            if unnamed {
                answered.unnamed(document);
            }
        }
        Some((Said::Interchange(said), keys)) => {
            interchange::matched(pipeline, (document, &keys), &said, &mut answered).await?;
        }
        None => answered.unnamed(document),
    }
    Ok(answered)
}

/// The parts of an acknowledgment by the group that they are about: as a rule one AK1, of an 824 an OTI for each set.
fn by_group(parts: &[ReceivedGroup]) -> Vec<Vec<&ReceivedGroup>> {
    let (mut groups, mut known) = (Vec::<Vec<&ReceivedGroup>>::new(), HashMap::new());
    for part in parts {
        let at = *known.entry((&part.functional_code, bare(&part.control_number))).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(part),
            None => groups.push(vec![part]),
        }
    }
    groups
}

/// The faults that a partner names of these documents of one content, laid over what was sent: of each, in their order.
async fn laid_over(
    pipeline: &Pipeline,
    content: i64,
    faulted: &[(&Document, &ReceivedSet)],
) -> Result<Vec<Vec<Diagnostic>>, StoreError> {
    let Some((first, _)) = faulted.first() else { return Ok(Vec::new()) };
    let content = pipeline.store.content(content).await?;
    // As a rule one mapping wrote them all, and the content is read once.
    let mut by_mapping: BTreeMap<Option<String>, Vec<(usize, ReceivedSet)>> = BTreeMap::new();
    for (index, (document, said)) in faulted.iter().enumerate() {
        let attempts = pipeline.store.attempts(document.id).await?;
        let mapping = attempts.iter().rfind(|one| one.number == document.attempt).and_then(|one| one.mapping.clone());
        by_mapping.entry(mapping).or_default().push((index, (*said).clone()));
    }
    let (edition, partner) = (pipeline.edition(), first.partner.clone());
    let read = tokio::task::spawn_blocking(move || {
        let bytes = content.read()?;
        let found = by_mapping.into_iter().flat_map(|(mapping, said)| {
            let chosen = Chosen { partner: partner.clone(), mapping, ..Chosen::default() };
            read_back(&edition, &bytes, chosen, said)
        });
        Ok::<_, io::Error>(found.collect::<BTreeMap<usize, Vec<Diagnostic>>>())
    });
    let mut found = read.await.ok().and_then(Result::ok).unwrap_or_default();
    let told = faulted.iter().enumerate().map(|(index, (document, _))| {
        let told = found.remove(&index).filter(|told| !told.is_empty());
        told.unwrap_or_else(|| vec![not_taken(document)])
    });
    Ok(told.collect())
}

/// Why an acknowledgment of a delivery is for nothing that was sent.
fn not_left(delivery: &Delivery) -> String {
    format!("its number is that of delivery {}, which is {} and never left", delivery.id, delivery.state.word())
}

/// What is said of a document where nothing more is known.
fn not_taken(document: &Document) -> Diagnostic {
    let number = document.control_numbers[2].as_deref().unwrap_or_default();
    let message = format!("the partner did not take transaction set {number}");
    Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place(document))
}

/// Reads the sets that were sent by their mapping, and lays over each what the partner says of it; with its index.
fn read_back(
    edition: &Edition,
    bytes: &[u8],
    chosen: Chosen,
    said: Vec<(usize, ReceivedSet)>,
) -> Vec<(usize, Vec<Diagnostic>)> {
    let mut by_number: HashMap<String, Vec<(usize, ReceivedSet)>> = HashMap::new();
    for (index, said) in said {
        by_number.entry(bare(&said.control_number).to_owned()).or_default().push((index, said));
    }
    let desk = CatalogDesk::new(&edition.catalog, &edition.profiles, chosen);
    let mut inbound = Inbound::new(ReadOptions::default());
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() && !by_number.is_empty() {
        let is_wanted = |set: &Set| by_number.contains_key(bare(set.header.control_number()));
        let (consumed, outcome) = inbound.next_of(&bytes[at..], true, &desk, is_wanted);
        if let Outcome::Document(document) = &outcome
            && let Some(header) = inbound.reader().set()
        {
            let (set, tree, plan) = (&bytes[at..][document.bytes.clone()], inbound.tree(), document.plan.as_ref());
            let explained = plan.map_or_else(Vec::new, |plan| explain(plan, tree, set, inbound.object()));
            let of_it = by_number.remove(bare(header.control_number())).unwrap_or_default();
            found.extend(of_it.into_iter().map(|(index, said)| {
                (index, overlay(&said, Sent { header, tree, bytes: set, explained: &explained }))
            }));
        }
        at += consumed;
        if consumed == 0 && matches!(outcome, Outcome::End | Outcome::NeedMore) {
            break;
        }
    }
    found
}

/// What is said of a document whose group was rejected as a whole, whatever AK5 says of its set.
fn of_group(group: &ReceivedGroup, document: &Document, own: Option<Verdict>) -> Diagnostic {
    let message = format!("the partner rejected group {} as a whole: {}", group.control_number, why_rejected(group));
    let remedy = "correct the envelope in the partner's profile, then `crossdock document rerun`";
    let found = Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place(document)).remedy(remedy);
    let Some(own) = own else { return found };
    let own = state(own).word().replace('_', " ");
    found.cause(format!("AK5 says that the transaction set is {own}, but AK9 takes nothing of its group"))
}

/// AK905 in words.
fn why_rejected(group: &ReceivedGroup) -> String {
    let names =
        group.codes.iter().map(|code| match dictionary::code_list("716").and_then(|list| list.find(code)?.name) {
            Some(name) => format!("{code} ({name})"),
            None => code.clone(),
        });
    let why = names.collect::<Vec<_>>().join(", ");
    if why.is_empty() { "no reason".to_owned() } else { format!("AK905 is {why}") }
}

/// Where a document of ours stands in what was sent.
fn place(document: &Document) -> PayloadPlace {
    let [interchange, group, set] = document.control_numbers.clone();
    PayloadPlace { interchange, group, set, ..PayloadPlace::default() }
}

fn state(verdict: Verdict) -> AnswerState {
    match verdict {
        Verdict::Accepted => AnswerState::Accepted,
        Verdict::AcceptedWithErrors => AnswerState::AcceptedWithErrors,
        Verdict::PartiallyAccepted => AnswerState::PartiallyAccepted,
        Verdict::Rejected => AnswerState::Rejected,
    }
}

/// A control number without the zeros before it, which partners leave out.
fn bare(number: &str) -> &str {
    number.trim_start_matches('0')
}

/// The control number of a document's set, without the zeros before it; empty where it has none.
fn number(document: &Document) -> &str {
    bare(document.control_numbers[2].as_deref().unwrap_or_default())
}

/// GS01 of the group that holds documents such as `x12/004010/940`.
fn functional_code(document: &str) -> Option<&'static str> {
    let mut parts = document.split('/').skip(1);
    let release = dictionary::release_for(parts.next()?).0;
    dictionary::group_code(release, parts.next()?)
}
