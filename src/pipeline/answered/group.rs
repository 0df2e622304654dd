//! What an acknowledgment says of a functional group of ours: all its parts that are about the group are judged together.

use std::collections::{HashMap, HashSet};

use super::heard::{Heard, SentIn};
use super::{bare, functional_code, laid_over, not_left, number, of_group, state};
use crate::lifecycle::AnswerState;
use crate::pipeline::Pipeline;
use crate::store::{Answered, Delivery, Document, NumberKeys, StoreError};
use crate::x12::acknowledgment::{ReceivedGroup, ReceivedSet, Verdict};

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
    fn of(parts: &[&'a ReceivedGroup], sent: &'a SentIn) -> Self {
        let mut together = Self::default();
        for part in parts {
            let names: HashSet<&str> = part.sets.iter().map(|set| bare(&set.control_number)).collect();
            let known = names.iter().filter(|number| sent.of_number(number).is_some()).count();
            let said = part.weighed(sent.count() - known);
            together.contradiction = together.contradiction.or_else(|| said.contradiction());
            together.is_whole |= !said.is_of_part();
            for set in &part.sets {
                if let Some(sent) = sent.of_number(&set.control_number) {
                    let named = Named { part, sent, set, verdict: said.of_set(set) };
                    together.note(sent, named.verdict);
                    together.named.push(named);
                }
            }
            if let Some(verdict) = said.of_unnamed() {
                for one in sent.documents.iter().filter(|one| !names.contains(number(one))) {
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

/// Matches what all parts of an acknowledgment say of one group.
pub(super) async fn matched(
    pipeline: &Pipeline,
    (document, keys): (&Document, &NumberKeys),
    parts: &[&ReceivedGroup],
    heard: &mut Heard,
    answered: &mut Answered,
) -> Result<(), StoreError> {
    let [group, ..] = parts else { return Ok(()) };
    let Some(delivery) = sent_group(pipeline, (document, keys), group, answered).await? else { return Ok(()) };
    if delivery.is_acknowledgment() {
        parts.iter().for_each(|part| answered.of_acknowledgment(document, part, &delivery));
        return Ok(());
    }
    let sent = heard.sent_in(pipeline, &delivery).await?;
    let fits = |kind: &String| functional_code(kind).is_none_or(|code| code == group.functional_code);
    // An 824 does not say the code of the group.
    let is_advice = group.functional_code.is_empty();
    if !is_advice && !sent.kinds.iter().all(fits) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let message = format!("{partner} acknowledges a group {} {}", group.functional_code, group.control_number);
        let kind = sent.documents.first().map_or("", |one| one.document.as_str());
        answered.unmatched(document, message, &format!("the group of this number holds documents {kind}"));
        return Ok(());
    }
    let sets = parts.iter().flat_map(|part| &part.sets);
    let (known, unknown): (Vec<_>, Vec<_>) = sets.partition(|set| sent.of_number(&set.control_number).is_some());
    answered.unknown(document, group, &unknown);
    let mut together = Together::of(parts, sent);
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
    let undecided = sent.documents.iter().filter(is_undecided).count();
    let answers: Vec<_> = sent.documents.iter().map(|one| answered.answer_to(one)).collect();
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
            let acknowledgment = match (&found, group.functional_code.as_str()) {
                (Some(_), _) | (_, "FA") => None,
                _ => pipeline.store.sent_acknowledgments(partner, number, keys).await?,
            };
            let (code, number) = (group.functional_code.as_str(), &group.control_number);
            let (message, why) = match acknowledgment {
                Some(own) => (
                    format!("{partner} acknowledges a group {code} {number}, which was not sent to it"),
                    format!("the group of this number was our own acknowledgment, in delivery {}", own.id),
                ),
                None => (
                    format!("{partner} acknowledges group {number}, which was not sent to it"),
                    why_not_sent(found.as_ref(), &others, keys),
                ),
            };
            answered.unmatched(document, message, &why);
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
