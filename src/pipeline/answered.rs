//! What partners say of what we sent: acknowledgments on record are matched to the interchange, group and sets they are for.
//!
//! Follows the documents that are kept. An acknowledgment that was read, and not matched before a stop, is matched after it.

mod interchange;
mod told;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::io;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::info;

use super::Pipeline;
use super::feed::Feed;
use super::opened::Opened;
use super::silence::Silence;
use super::turns::{Follower, turns};
use crate::catalog::{CatalogDesk, Chosen, Edition};
use crate::diagnostic::{Diagnostic, PayloadPlace, codes};
use crate::lifecycle::AnswerState;
use crate::mapping::explain;
use crate::store::{Answered, Content, Delivery, Document, NumberKeys, Row, StoreError, Unit};
use crate::translation::overlay::{Sent, overlay};
use crate::translation::{Inbound, Outcome, Set};
use crate::tree::Tree;
use crate::x12::acknowledgment::{ReceivedGroup, ReceivedSet, Verdict, Weighed, advised, received};
use crate::x12::dictionary;
use crate::x12::envelope::{Interchange, InterchangeAcknowledgment};
use crate::x12::reader::{ReadOptions, Reader, Step};

/// Acknowledgments looked up at a time.
const BATCH: u32 = 64;
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
    let count = waiting.len();
    for document in waiting {
        let answered = matched(pipeline, &document, now).await?;
        info!(document = document.id, documents = answered.documents.len(), "acknowledgment matched");
        pipeline.store.commit_one(Unit::Answered(Box::new(answered))).await?;
    }
    Ok(count)
}

/// What an acknowledgment says, as it was read.
enum Said {
    /// What it says of groups, and whether it says something of what it does not name: of an 824 only that it was not taken.
    Groups(Vec<ReceivedGroup>, bool),
    Interchange(InterchangeAcknowledgment),
}

/// What an acknowledgment says of what is on record now; nothing is changed yet.
///
/// # Errors
/// When the store cannot be used.
pub async fn matched(pipeline: &Pipeline, document: &Document, now: Timestamp) -> Result<Answered, StoreError> {
    let mut answered = Answered::new(Row { id: document.id, version: document.version }, now);
    let Some(payload) = pipeline.store.payload(document.payload).await? else { return Ok(answered) };
    let content = pipeline.store.content(payload.content).await?;
    let correction = pipeline.store.correction(&pipeline.store.attempts(document.id).await?).await?;
    let range = document.bytes.clone();
    let said = tokio::task::spawn_blocking(move || read(&payload.file_name, &content, range, correction));
    match said.await.unwrap_or(None) {
        Some((Said::Groups(groups, unnamed), keys)) => {
            for group in &groups {
                match_group(pipeline, (document, &keys), group, &mut answered).await?;
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

/// Reads the acknowledgment that stands at these bytes of a payload, or what a person has put in their place, and by which
/// keys what it is for was sent: its own envelope's, turned round.
fn read(
    file: &str,
    content: &Content,
    range: std::ops::Range<u64>,
    correction: Option<Vec<u8>>,
) -> Option<(Said, NumberKeys)> {
    let mut opened = Opened::new(file, content).ok()?;
    if let Some(correction) = correction {
        opened = opened.spliced(range.clone(), correction);
    }
    let mut feed = Feed::new(Box::new(opened.behind_each_other()));
    let mut reader = Reader::new(ReadOptions::default());
    let mut tree = Tree::default();
    let mut unheard = crate::diagnostic::Diagnostics::with_limit(0);
    loop {
        let step = feed.pull(|input, end| {
            let progress = reader.next(input, end, &mut tree, &mut unheard);
            let said = match progress.step {
                Step::NeedMore if end => Some(Err(())),
                Step::NeedMore => None,
                Step::End => Some(Err(())),
                Step::Set(bytes) if tree.base == range.start => {
                    let is_advice = reader.set().is_some_and(|set| set.set_id() == "824");
                    let read = if is_advice { advised } else { received };
                    let (groups, unnamed) = read(&tree, &input[bytes]);
                    Some(Ok(Some(Said::Groups(groups, unnamed))))
                }
                Step::InterchangeAcknowledgment(found) if found.offset == range.start => {
                    Some(Ok(Some(Said::Interchange(found))))
                }
                _ => Some(Ok(None)),
            };
            (progress.consumed, said)
        });
        match step.ok()? {
            Ok(Some(said)) => return Some((said, keys(reader.interchange()?))),
            Ok(None) => {}
            Err(()) => return None,
        }
    }
}

fn keys(envelope: &Interchange) -> NumberKeys {
    let id = |(qualifier, id): (&str, &str)| format!("{qualifier}/{id}");
    NumberKeys { ours: id(envelope.receiver()), theirs: id(envelope.sender()), usage: envelope.usage().to_owned() }
}

async fn match_group(
    pipeline: &Pipeline,
    (document, keys): (&Document, &NumberKeys),
    group: &ReceivedGroup,
    answered: &mut Answered,
) -> Result<(), StoreError> {
    let Some(delivery) = sent_group(pipeline, (document, keys), group, answered).await? else { return Ok(()) };
    if delivery.is_acknowledgment() {
        answered.of_acknowledgment(document, group, &delivery);
        return Ok(());
    }
    let sent = pipeline.store.sent_in(delivery.id, DOCUMENTS).await?;
    let fits = |one: &Document| functional_code(&one.document).is_none_or(|code| code == group.functional_code);
    // An 824 does not say the code of the group.
    if !group.functional_code.is_empty() && !sent.iter().all(fits) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let message = format!("{partner} acknowledges a group {} {}", group.functional_code, group.control_number);
        let kind = sent.first().map_or("", |one| one.document.as_str());
        answered.unmatched(document, message, &format!("the group of this number holds documents {kind}"));
        return Ok(());
    }
    // Of documents with the same number the first is meant.
    let numbers = sent.iter().rev().filter_map(|one| Some((bare(one.control_numbers[2].as_deref()?), one)));
    let by_number: HashMap<&str, &Document> = numbers.collect();
    let (mut named, mut unknown) = (Vec::new(), Vec::new());
    for set in &group.sets {
        match by_number.get(bare(&set.control_number)) {
            Some(one) => named.push((*one, set)),
            None => unknown.push(set),
        }
    }
    answered.unknown(document, group, &unknown);
    let names: HashSet<&str> = group.sets.iter().map(|set| bare(&set.control_number)).collect();
    let said = group.weighed(by_number.keys().filter(|number| !names.contains(*number)).count());
    if let Some(why) = said.contradiction() {
        answered.contradicts_itself(document, group, &why);
        return Ok(());
    }
    let mut undecided = take_named(pipeline, document, (group, &said), (&delivery, &named), answered).await?;
    let is_named = |one: &&Document| names.contains(bare(one.control_numbers[2].as_deref().unwrap_or_default()));
    for one in sent.iter().filter(|one| !is_named(one)) {
        match said.of_unnamed().map(state) {
            Some(AnswerState::Rejected) => {
                answered.take(document, one, AnswerState::Rejected, vec![of_group(group, one, None)]);
            }
            Some(verdict) => answered.take(document, one, verdict, Vec::new()),
            // What is said of a part of the group says nothing of what was answered before.
            None if said.is_of_part() && answered.answer_to(one).is_some() => {}
            // An 824 names what it is about.
            None => undecided += usize::from(!group.functional_code.is_empty()),
        }
    }
    let answers: Vec<_> = sent.iter().map(|one| answered.answer_to(one)).collect();
    answered.groups.extend(group.verdict.map(|verdict| (delivery.id, of_whole(verdict, undecided, &answers))));
    if undecided > 0 {
        answered.undecided(document, group, undecided);
    }
    Ok(())
}

/// The delivery with the group that is acknowledged, if there is one; where there is none, that is told.
async fn sent_group(
    pipeline: &Pipeline,
    (document, keys): (&Document, &NumberKeys),
    group: &ReceivedGroup,
    answered: &mut Answered,
) -> Result<Option<Delivery>, StoreError> {
    let partner = document.partner.as_deref().unwrap_or_default();
    let number = group.control_number.trim_start_matches('0').parse::<u32>().unwrap_or(0);
    let found = match group.functional_code.as_str() {
        "FA" => pipeline.store.sent_acknowledgments(partner, number, keys).await?,
        _ => pipeline.store.sent_group(partner, number, keys).await?,
    };
    match found {
        Some(delivery) if delivery.may_have_left() => Ok(Some(delivery)),
        found => {
            let others = pipeline.store.sent_group_to_others(number).await?;
            let message = format!("{partner} acknowledges group {}, which was not sent to it", group.control_number);
            answered.unmatched(document, message, &why_not_sent(found.as_ref(), &others, keys));
            Ok(None)
        }
    }
}

/// Takes what is said of the sets that are named; of how many that is neither yes nor no.
async fn take_named(
    pipeline: &Pipeline,
    document: &Document,
    (group, said): (&ReceivedGroup, &Weighed<'_>),
    (delivery, named): (&Delivery, &[(&Document, &ReceivedSet)]),
    answered: &mut Answered,
) -> Result<usize, StoreError> {
    let is_faulted = |(_, set): &&(&Document, &ReceivedSet)| match said.of_set(set) {
        None | Some(Verdict::Accepted) => false,
        Some(_) => !group.overrules(set) || !set.segments.is_empty(),
    };
    let faulted: Vec<(&Document, &ReceivedSet)> = named.iter().filter(is_faulted).copied().collect();
    let mut faults = laid_over(pipeline, delivery.content, &faulted).await?.into_iter();
    let mut undecided = 0;
    for one in named {
        let (sent, set) = *one;
        let mut told = Vec::new();
        if group.overrules(set) {
            told.push(of_group(group, sent, set.verdict));
        }
        if is_faulted(&one) {
            told.extend(faults.next().unwrap_or_default());
        }
        match said.of_set(set) {
            Some(verdict) => answered.take(document, sent, state(verdict), told),
            None => undecided += 1,
        }
    }
    Ok(undecided)
}

/// What a verdict says of a group of which so many documents are undecided, and the others are answered so.
fn of_whole(verdict: Verdict, undecided: usize, answers: &[Option<AnswerState>]) -> AnswerState {
    let is_any = |is: fn(AnswerState) -> bool| answers.iter().flatten().any(|answer| is(*answer));
    if undecided > 0 || is_any(AnswerState::is_taken) && is_any(|answer| answer == AnswerState::Rejected) {
        return AnswerState::PartiallyAccepted;
    }
    state(verdict)
}

/// Why a group that a partner acknowledges counts as not sent to it: what is on record of its number, and who else had one.
fn why_not_sent(found: Option<&Delivery>, others: &[String], keys: &NumberKeys) -> String {
    match (found, others) {
        (Some(delivery), _) => not_left(delivery),
        (None, []) => format!("no interchange on record with usage {} has a group of this number", keys.usage),
        (None, others) => format!("a group of this number went to {}", others.join(", ")),
    }
}

/// Why an acknowledgment of a delivery is for nothing that was sent.
fn not_left(delivery: &Delivery) -> String {
    format!("its number is that of delivery {}, which is {} and never left", delivery.id, delivery.state.word())
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

/// GS01 of the group that holds documents such as `x12/004010/940`.
fn functional_code(document: &str) -> Option<&'static str> {
    let mut parts = document.split('/').skip(1);
    let release = dictionary::release_for(parts.next()?).0;
    dictionary::group_code(release, parts.next()?)
}
