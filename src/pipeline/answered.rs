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
use crate::x12::acknowledgment::{ReceivedGroup, ReceivedSet, Verdict, advised, received};
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
    let mut heard = Heard::of(&waiting);
    for document in &waiting {
        let answered = matched(pipeline, document, &mut heard, now).await?;
        info!(document = document.id, documents = answered.documents.len(), "acknowledgment matched");
        pipeline.store.commit_one(Unit::Answered(Box::new(answered))).await?;
    }
    Ok(waiting.len())
}

/// What an acknowledgment says, as it was read.
#[derive(Debug)]
enum Said {
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
    async fn said(
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
                match_group(pipeline, (document, &keys), &parts, &mut answered).await?;
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

/// Reads the acknowledgments that begin at these bytes of a payload, or what a person has put in the place of one, and by which
/// keys what each is for was sent: its own envelope's, turned round.
fn read(
    file: &str,
    content: &Content,
    mut wanted: HashSet<u64>,
    correction: Option<(std::ops::Range<u64>, Vec<u8>)>,
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

/// What a part of an acknowledgment says of a document whose set it names.
struct Named<'a> {
    part: &'a ReceivedGroup,
    sent: &'a Document,
    set: &'a ReceivedSet,
    verdict: Option<Verdict>,
}

impl Named<'_> {
    /// Are there faults to be laid over what was sent?
    fn is_faulted(&self) -> bool {
        match self.verdict {
            None | Some(Verdict::Accepted) => false,
            Some(_) => !self.part.overrules(self.set) || !self.set.segments.is_empty(),
        }
    }
}

/// What all parts say of the documents of one group.
#[derive(Default)]
struct Together<'a> {
    named: Vec<Named<'a>>,
    /// What a part says of a document that it does not name.
    unnamed: Vec<(&'a ReceivedGroup, &'a Document, Verdict)>,
    /// The verdict on each document of which something is said.
    verdicts: HashMap<i64, Option<Verdict>>,
    /// Documents of which two things are said, and what was said first and then.
    against: Vec<(&'a Document, [Verdict; 2])>,
    /// Why the figures of a part contradict each other.
    contradiction: Option<String>,
    /// Does any part speak of the whole group?
    is_whole: bool,
}

impl<'a> Together<'a> {
    fn of(parts: &[&'a ReceivedGroup], sent: &'a [Document], by_number: &HashMap<&str, &'a Document>) -> Self {
        let mut together = Self::default();
        for part in parts {
            let names: HashSet<&str> = part.sets.iter().map(|set| bare(&set.control_number)).collect();
            let known = names.iter().filter(|number| by_number.contains_key(*number)).count();
            let said = part.weighed(by_number.len() - known);
            together.contradiction = together.contradiction.or_else(|| said.contradiction());
            together.is_whole |= !said.is_of_part();
            for set in &part.sets {
                if let Some(sent) = by_number.get(bare(&set.control_number)) {
                    let named = Named { part, sent, set, verdict: said.of_set(set) };
                    together.note(sent, named.verdict);
                    together.named.push(named);
                }
            }
            if let Some(verdict) = said.of_unnamed() {
                for one in sent.iter().filter(|one| !names.contains(number(one))) {
                    together.note(one, Some(verdict));
                    together.unnamed.push((part, one, verdict));
                }
            }
        }
        together
    }

    fn note(&mut self, document: &'a Document, verdict: Option<Verdict>) {
        let known = self.verdicts.entry(document.id).or_insert(verdict);
        match (&known, verdict) {
            (Some(before), Some(now)) if *before != now => self.against.push((document, [*before, now])),
            (None, Some(_)) => *known = verdict,
            _ => {}
        }
    }

    /// What is left of it when nothing is taken of what is said of some documents.
    fn without(mut self, left_out: &HashSet<i64>) -> Self {
        self.named.retain(|one| !left_out.contains(&one.sent.id));
        self.unnamed.retain(|(_, one, _)| !left_out.contains(&one.id));
        self
    }
}

async fn match_group(
    pipeline: &Pipeline,
    (document, keys): (&Document, &NumberKeys),
    parts: &[&ReceivedGroup],
    answered: &mut Answered,
) -> Result<(), StoreError> {
    let [group, ..] = parts else { return Ok(()) };
    let Some(delivery) = sent_group(pipeline, (document, keys), group, answered).await? else { return Ok(()) };
    if delivery.is_acknowledgment() {
        parts.iter().for_each(|part| answered.of_acknowledgment(document, part, &delivery));
        return Ok(());
    }
    let sent = pipeline.store.sent_in(delivery.id, DOCUMENTS).await?;
    let fits = |one: &Document| functional_code(&one.document).is_none_or(|code| code == group.functional_code);
    // An 824 does not say the code of the group.
    let is_advice = group.functional_code.is_empty();
    if !is_advice && !sent.iter().all(fits) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let message = format!("{partner} acknowledges a group {} {}", group.functional_code, group.control_number);
        let kind = sent.first().map_or("", |one| one.document.as_str());
        answered.unmatched(document, message, &format!("the group of this number holds documents {kind}"));
        return Ok(());
    }
    // Of documents with the same number the first is meant.
    let numbered = sent.iter().rev().filter(|one| one.control_numbers[2].is_some());
    let by_number: HashMap<&str, &Document> = numbered.map(|one| (number(one), one)).collect();
    let sets = parts.iter().flat_map(|part| &part.sets);
    let (known, unknown): (Vec<_>, Vec<_>) = sets.partition(|set| by_number.contains_key(bare(&set.control_number)));
    answered.unknown(document, group, &unknown);
    let mut together = Together::of(parts, &sent, &by_number);
    if is_advice {
        // What their application says of several items of a set is all said of it.
        together.against.clear();
    }
    answered.against.extend(together.against.iter().flat_map(|(one, said)| said.map(|said| (one.id, state(said)))));
    if let Some(why) = &together.contradiction {
        answered.against.extend(together.verdicts.iter().filter_map(|(id, verdict)| Some((*id, state((*verdict)?)))));
        answered.contradicts_itself(document, group, why);
        return Ok(());
    }
    answered.says_two_things(document, group, &together.against);
    let left_out: HashSet<i64> = together.against.iter().map(|(one, _)| one.id).collect();
    let together = together.without(&left_out);
    take(pipeline, document, (&delivery, &together), answered).await?;
    let names: HashSet<&str> = known.iter().map(|set| bare(&set.control_number)).collect();
    let is_undecided = |one: &&Document| match together.verdicts.get(&one.id) {
        Some(verdict) => verdict.is_none(),
        // An 824 names what it is about. What is said of a part of the group says nothing of what was answered before.
        None => !is_advice && !names.contains(number(one)) && (together.is_whole || answered.answer_to(one).is_none()),
    };
    let undecided = sent.iter().filter(is_undecided).count();
    let answers: Vec<_> = sent.iter().map(|one| answered.answer_to(one)).collect();
    if let Some(verdict) = parts.iter().filter_map(|part| part.verdict.map(state)).max() {
        answered.groups.push((delivery.id, of_whole(verdict, undecided + left_out.len(), &answers)));
    }
    if undecided > 0 {
        let is_unread = |part: &&&ReceivedGroup| part.sets.iter().any(|set| !set.unread.is_empty());
        answered.undecided(document, parts.iter().find(is_unread).unwrap_or(group), undecided);
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

/// Takes what is said of the documents of a group.
async fn take(
    pipeline: &Pipeline,
    document: &Document,
    (delivery, together): (&Delivery, &Together<'_>),
    answered: &mut Answered,
) -> Result<(), StoreError> {
    let faulted = together.named.iter().filter(|one| one.is_faulted()).map(|one| (one.sent, one.set));
    let mut faults = laid_over(pipeline, delivery.content, &faulted.collect::<Vec<_>>()).await?.into_iter();
    for one in &together.named {
        let mut told = Vec::new();
        if one.part.overrules(one.set) {
            told.push(of_group(one.part, one.sent, one.set.verdict));
        }
        if one.is_faulted() {
            told.extend(faults.next().unwrap_or_default());
        }
        if let Some(verdict) = one.verdict {
            answered.take(document, one.sent, state(verdict), told);
        }
    }
    for (part, one, verdict) in &together.unnamed {
        let is_rejected = *verdict == Verdict::Rejected;
        let told = is_rejected.then(|| of_group(part, one, None));
        answered.take(document, one, state(*verdict), told.into_iter().collect());
    }
    Ok(())
}

/// What a verdict says of a group of which so many documents are undecided, and the others are answered so.
fn of_whole(verdict: AnswerState, undecided: usize, answers: &[Option<AnswerState>]) -> AnswerState {
    let is_any = |is: fn(AnswerState) -> bool| answers.iter().flatten().any(|answer| is(*answer));
    if undecided > 0 || is_any(AnswerState::is_taken) && is_any(|answer| answer == AnswerState::Rejected) {
        return AnswerState::PartiallyAccepted;
    }
    verdict
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
