//! Orders on documents: translate again, go on in spite of errors, hold, discard.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;

use super::order::Act;
use super::outcome::{Declined, Done, unless_stale};
use super::overtaken::{overtaken_in, published, retaken};
use super::{Session, Task};
use crate::diagnostic::{Diagnostic, Severity, cause, codes};
use crate::lifecycle::{DeliveryState, DocumentState, Order, Refusal};
use crate::pipeline::amend::event_in_spite;
use crate::pipeline::answered::{self, Heard};
use crate::pipeline::retake::{Lost, Retaken, submitted_as};
use crate::pipeline::{blocking, entry_at, is_told, opened_at};
use crate::store::{
    Attempt, Content, Delivery, Document, Filter, Publishing, Row, StoreError, SubmittedAs, Unit, Window,
};

type Answer = Result<Result<Done, Declined>, StoreError>;

/// The attempt in force of a document, among all.
#[derive(Debug, Clone)]
pub struct InForce {
    /// All attempts, the first first.
    pub attempts: Vec<Attempt>,
    /// The one in force.
    pub attempt: Attempt,
}

impl InForce {
    /// The attempt whose faults the partner was told of by an acknowledgment that rejects the document.
    #[must_use]
    pub fn told(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| is_told(&attempt.diagnostics))
    }
}

/// What is to be known where a document goes on that its partner was told is rejected.
fn may_come_again(document: &Document, told: &Attempt) -> String {
    format!(
        "the partner was told at {} that it is rejected, and may send it again: then the ERP has it twice; tell them, \
         `crossdock document explain {} --mail`",
        told.at, document.id
    )
}

/// What the ERP keeps of a document of a partner that does not go on, where an event published it before.
fn with_the_erp(document: &Document) -> Option<String> {
    let event = document.event.as_ref().filter(|_| document.direction == "in")?;
    Some(format!("the ERP has its object under event {event}, and keeps it"))
}

/// Other documents of an interchange that are told one by one.
const COMPANIONS: u32 = 50;

/// The attempt in force of a document.
///
/// # Errors
/// When the store cannot be used.
pub async fn in_force(session: &Session, document: &Document) -> Result<Option<InForce>, StoreError> {
    let attempts = session.store.attempts(document.id).await?;
    let attempt = attempts.iter().find(|attempt| attempt.number == document.attempt).cloned();
    Ok(attempt.map(|attempt| InForce { attempts, attempt }))
}

/// The bytes of a document as they came, or as a person corrected them.
///
/// # Errors
/// When the store cannot be used, or the bytes are not there any more.
pub async fn bytes_in_force(session: &Session, document: &Document, original: bool) -> Result<Vec<u8>, StoreError> {
    if !original {
        let attempts = session.store.attempts(document.id).await?;
        if let Some(bytes) = session.store.correction(&attempts).await? {
            return Ok(bytes);
        }
    }
    let Some(payload) = session.store.payload(document.payload).await? else { return Ok(Vec::new()) };
    let content = session.store.content(payload.content).await?;
    let read = blocking({
        let (range, inward) = (document.bytes.clone(), document.direction == "in");
        move || if inward { opened_at(&payload.file_name, &content, &range) } else { part(&content, &range) }
    });
    read.await.map_err(|error| StoreError {
        message: format!("the bytes of document {} cannot be read", document.id),
        cause: cause(error),
        remedy: "restore data/spool from a backup, or ask for the file again",
    })
}

/// The file in which a document stands, where its payload is an archive.
///
/// # Errors
/// When the store cannot be used, or the bytes are not there any more.
pub async fn entry_of(session: &Session, document: &Document) -> Result<Option<String>, StoreError> {
    let Some(payload) = session.store.payload(document.payload).await? else { return Ok(None) };
    let content = session.store.content(payload.content).await?;
    let at = document.bytes.start;
    let inward = document.direction == "in";
    let found = blocking(move || match inward {
        true => entry_at(&payload.file_name, &content, at),
        false => Ok(None),
    });
    // What cannot be read any more is told by whoever asks for the bytes.
    Ok(found.await.ok().flatten())
}

fn part(content: &Content, range: &std::ops::Range<u64>) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut source = content.open()?;
    std::io::copy(&mut (&mut source).take(range.start), &mut std::io::sink())?;
    let mut bytes = Vec::new();
    source.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Carries an order out on a document.
pub(super) async fn carry_out(session: &Session, task: &Task, document: &Document, act: &mut Act) -> Answer {
    let moved = document.delivery.and_then(|delivery| act.moved.get(&delivery));
    if let (Some(moved), DocumentState::Queued | DocumentState::Held) = (moved, document.state) {
        return Ok(moved.clone().map(|(state, with)| with_another(state, with)));
    }
    if let Err(refusal) = document.state.takes(task.order) {
        return Ok(Err(refused(session, refusal, document).await?));
    }
    match (task.order, document.direction.as_str()) {
        (Order::Rerun, _) => rerun(session, document, task, act).await,
        (Order::Release, "out") if document.state == DocumentState::Rejected => {
            let id = document.id;
            let remedy = format!(
                "see what they say (`crossdock document show {id}`), mend it, then `crossdock document rerun {id}`; to send the very \
                 same file again: `crossdock delivery retry {}`",
                document.delivery.unwrap_or_default()
            );
            Ok(Err(Declined::new("was not taken by the partner, and would not be the next time", remedy)))
        }
        (Order::Release, "in") => publish(session, document, task).await,
        // What it says now stands in nothing that goes out: it left those with which it was collected, its interchange was discarded, it
        // was changed since that was sent, or it was never written. It is written now.
        (Order::Release, _) if has_no_interchange(session, document).await? => {
            rerun(session, document, task, act).await
        }
        (Order::Release, _) => move_with_delivery(session, document, task, DocumentState::Queued, act).await,
        (Order::Hold, _) if document.state == DocumentState::Held => keep_back(session, document, task).await,
        (Order::Hold, _) if document.collected_until.is_some() => take_out(session, document, task).await,
        (Order::Hold, _) => move_with_delivery(session, document, task, DocumentState::Held, act).await,
        (Order::Discard, _) => move_with_delivery(session, document, task, DocumentState::Discarded, act).await,
        (Order::Correct | Order::Retry, _) => {
            Ok(Err(Declined::new("is corrected one by one", format!("`crossdock document correct {}`", document.id))))
        }
    }
}

/// What became of a document that stands in one interchange with another one, of which the same was ordered.
fn with_another(state: DocumentState, with: i64) -> Done {
    let before = if state == DocumentState::Queued { DocumentState::Held } else { DocumentState::Queued };
    let remarks = vec![format!("with document {with}, in one interchange")];
    Done { before: before.word(), state: state.word(), remarks, ..Done::default() }
}

/// Why an order is not carried out on a document in its state. What has left cannot be held first.
pub(super) async fn refused(session: &Session, refusal: Refusal, document: &Document) -> Result<Declined, StoreError> {
    if document.state == DocumentState::Queued
        && let Some(left) = left_already(session, document).await?
    {
        return Ok(left);
    }
    let mut declined = Declined::from(refusal);
    for (order, id) in [("payload show", document.payload), ("payload rerun", document.payload), ("", document.id)] {
        declined.remedy = declined.remedy.replace(&format!("{order} ID`"), &format!("{order} {id}`"));
    }
    Ok(declined)
}

/// Translates a document anew by what is in force.
pub(super) async fn rerun(session: &Session, document: &Document, task: &Task, act: &mut Act) -> Answer {
    match session.pipeline().retake(document, &task.audit.by, None, &mut act.passages).await? {
        Ok(taken) => commit(session, document, taken, task, act).await,
        Err(lost) => Ok(Err(not_taken(document, lost))),
    }
}

/// Why a document is not translated anew, in words.
pub(super) fn not_taken(document: &Document, lost: Lost) -> Declined {
    match lost {
        Lost::Gone => gone(document),
        Lost::NoProfile => {
            let partner = document.partner.as_deref().unwrap_or_default();
            Declined::new(
                format!(
                    "is of {partner}, and no profile in force knows it: as nobody's it would be read or written wrong"
                ),
                format!(
                    "put partner-profiles/{partner}.toml back, or its ids into the profile that is theirs now, and run `crossdock check`; \
                     then `crossdock document rerun {}`",
                    document.id
                ),
            )
        }
        Lost::OtherUsage => other_usage(document),
        Lost::NotOne(why) => Declined::new(
            format!("is not corrected: {why}"),
            format!(
                "nothing was changed; write the whole of it, and nothing else: `crossdock document export {}` has it as it is",
                document.id
            ),
        ),
    }
}

/// Why a document of the ERP is not written whose partner was sent tests when it was submitted, or is now.
fn other_usage(document: &Document) -> Declined {
    let (id, partner) = (document.id, document.partner.as_deref().unwrap_or_default());
    let profile = format!("`usage` of partner-profiles/{partner}.toml has changed since");
    match document.lane.as_str() {
        "test" => Declined::new(
            format!("was submitted as a test, and would go out as none: {profile}"),
            format!("if it is meant now, submit it again; this one: `crossdock document discard {id}`"),
        ),
        _ => Declined::new(
            format!("was submitted as no test, and would go out as one: {profile}"),
            format!(
                "set it back to \"production\", then `crossdock document rerun {id}`; or `crossdock document discard {id}`"
            ),
        ),
    }
}

fn gone(document: &Document) -> Declined {
    Declined::new(
        "is not found in its payload any more",
        format!("compare `crossdock payload show {}` with how its bytes are read now", document.payload),
    )
}

/// An object of the ERP that was refused and came again must not go out twice.
async fn submitted_again(
    session: &Session,
    document: &Document,
    taken: &Retaken,
) -> Result<Option<Declined>, StoreError> {
    let event = match submitted_as(document, &taken.document) {
        None => return Ok(None),
        Some(SubmittedAs::Event(event)) => event,
        Some(SubmittedAs::Object(_, subject)) => {
            let canonical = taken.document.attempt.canonical.as_deref().unwrap_or_default();
            let other = session.store.said_already(&subject, canonical, document.id).await?;
            return Ok(other.map(|other| {
                let because = format!("was submitted again, and says the same as document {other}");
                Declined::new(because, format!("see `crossdock document show {other}`"))
            }));
        }
    };
    let filter = Filter { event: Some(event), direction: Some("out".to_owned()), ..Filter::default() };
    let others = session.store.documents(&filter, Window::first(50)).await?;
    let alive = |other: &&Document| {
        other.id != document.id
            && other.lane == taken.document.lane
            && !matches!(other.state, DocumentState::Refused | DocumentState::Discarded)
    };
    Ok(others.iter().find(alive).map(|other| {
        let because = format!("was submitted again under the same event id, as document {}", other.id);
        Declined::new(because, format!("see `crossdock document show {}`", other.id))
    }))
}

/// What a partner did not take, and has taken by an acknowledgment that waits for a person, it would have twice.
pub(super) async fn said_to_be_taken(
    session: &Session,
    documents: &[Document],
    act: &mut Act,
) -> Result<Option<Declined>, StoreError> {
    let is_rejected = |one: &&Document| one.direction == "out" && one.state == DocumentState::Rejected;
    let Some(first) = documents.iter().find(is_rejected) else { return Ok(None) };
    let said_taken = match act.said_taken.entry(first.partner.clone().unwrap_or_default()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(said_taken(session, first.partner.clone()).await?),
    };
    let held = documents.iter().filter(is_rejected).filter_map(|one| said_taken.get(&one.id)).min();
    Ok(held.map(|held| {
        Declined::new(
            format!("would be there twice if document {held} is right, which is held and says that it was taken"),
            format!(
                "ask the partner which is right; if they do not have it, `crossdock document discard {held}`, then this again"
            ),
        )
    }))
}

/// What a partner's acknowledgments say was taken, and was said not to be, that are held because they contradict; and which of them
/// says it.
async fn said_taken(session: &Session, partner: Option<String>) -> Result<HashMap<i64, i64>, StoreError> {
    let filter = Filter {
        partner,
        states: vec![DocumentState::Held.word().to_owned()],
        direction: Some("in".to_owned()),
        code: Some(codes::ACKNOWLEDGMENT_CONTRADICTS.name().to_owned()),
        ..Filter::default()
    };
    let all_held = session.store.documents(&filter, Window::first(u32::MAX)).await?;
    let (mut heard, mut said_taken) = (Heard::of(&all_held), HashMap::new());
    for held in &all_held {
        let said = answered::matched(session.pipeline(), held, &mut heard, Timestamp::now()).await?;
        for (id, _) in said.against.iter().filter(|(_, answer)| answer.is_taken()) {
            said_taken.entry(*id).or_insert(held.id);
        }
    }
    Ok(said_taken)
}

/// Commits what a document was translated to, and says what became of it.
pub(super) async fn commit(
    session: &Session,
    document: &Document,
    taken: Retaken,
    task: &Task,
    act: &mut Act,
) -> Answer {
    let (audit, dry_run) = (&task.audit, task.dry_run);
    if let Some(declined) = submitted_again(session, document, &taken).await? {
        return Ok(Err(declined));
    }
    if let Some(declined) = said_to_be_taken(session, std::slice::from_ref(document), act).await? {
        return Ok(Err(declined));
    }
    let mut remarks = Vec::new();
    if let Some(declined) = retaken(session, document, &taken, task, &mut remarks).await? {
        return Ok(Err(declined));
    }
    let (state, event) = taken.outcome(document);
    let published = document.event.clone().filter(|_| document.direction == "in" && event.is_some());
    let mut done = Done {
        before: document.state.word(),
        state: state.word(),
        supersedes: published,
        event,
        compared: taken.differences.is_some(),
        differences: taken.differences.clone().unwrap_or_default(),
        diagnostics: match state {
            DocumentState::Held | DocumentState::Rejected | DocumentState::Refused => {
                errors(&taken.document.attempt.diagnostics)
            }
            _ => Vec::new(),
        },
        ..Done::default()
    };
    let outgoing = &taken.document.outgoing;
    remarks.extend(
        left_behind(
            session,
            document,
            taken.delivery.is_some() || outgoing.collect.is_some() || state == DocumentState::Held,
        )
        .await?,
    );
    done.remarks = remarks;
    if state == DocumentState::Published && document.state != state && taken.told {
        let attempts = in_force(session, document).await?;
        done.remarks.extend(attempts.as_ref().and_then(InForce::told).map(|told| may_come_again(document, told)));
    }
    if state != DocumentState::Published {
        done.remarks.extend(with_the_erp(document));
    } else if taken.document.lane != document.lane {
        let (folder, partner) = (&taken.document.canonical_type, document.partner.as_deref().unwrap_or_default());
        let (folder, lane) =
            (folder.as_deref().unwrap_or_default(), if taken.document.lane == "test" { "test" } else { "published" });
        done.remarks.push(format!(
            "the ERP gets it in data/erp/{lane}/{folder}: `usage` of partner-profiles/{partner}.toml has changed since it came"
        ));
    }
    if let Some(collect) = &outgoing.collect {
        done.remarks.push(format!("it is collected with others until {:.0} at the latest", collect.until));
    }
    if !dry_run {
        let applied = session.pipeline().commit_retake(document, taken, audit.clone()).await?;
        if let Err(declined) = unless_stale(applied, "document", document.id, Done::default()) {
            return Ok(Err(declined));
        }
    }
    if state == DocumentState::Kept {
        match_again(session, document, &mut done, dry_run).await?;
        act.said_taken.clear();
    }
    Ok(Ok(done))
}

/// An acknowledgment that was read anew is matched to what it is for. A gateway that runs may be quicker, and comes to the same.
async fn match_again(session: &Session, document: &Document, done: &mut Done, dry_run: bool) -> Result<(), StoreError> {
    let Some(document) = session.store.document(document.id).await? else { return Ok(()) };
    let mut heard = Heard::of(std::slice::from_ref(&document));
    let answered = answered::matched(session.pipeline(), &document, &mut heard, Timestamp::now()).await?;
    (done.state, done.diagnostics) = (answered.state.word(), errors(&answered.diagnostics));
    if !dry_run {
        session.store.commit_one(Unit::Answered(Box::new(answered))).await?;
    }
    Ok(())
}

fn errors(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    diagnostics.iter().filter(|one| one.severity == Severity::Error).cloned().collect()
}

/// The delivery of a document from the ERP that is still to be made; also the one that gives it back.
async fn delivery_to_come(session: &Session, document: &Document) -> Result<Option<Delivery>, StoreError> {
    let Some(id) = document.delivery.filter(|_| document.direction == "out") else { return Ok(None) };
    let delivery = session.store.delivery(id).await?;
    let is_to_come = |one: &Delivery| match one.state {
        DeliveryState::Held => true,
        state => state == DeliveryState::Waiting && !one.putting,
    };
    Ok(delivery.filter(is_to_come))
}

/// Is there nothing any more in which a document of the ERP would go out?
async fn has_no_interchange(session: &Session, document: &Document) -> Result<bool, StoreError> {
    let Some(id) = document.delivery else { return Ok(true) };
    let delivery = session.store.delivery(id).await?;
    Ok(delivery.is_none_or(|delivery| delivery.state == DeliveryState::Discarded))
}

/// Other documents of the same interchange, in words, and what a command takes for them.
async fn companions(
    session: &Session,
    document: &Document,
    delivery: &Delivery,
) -> Result<Option<[String; 2]>, StoreError> {
    // What was delivered in it before stays as it is.
    let states = [DocumentState::Queued, DocumentState::Held].map(|state| state.word().to_owned()).to_vec();
    let filter = Filter { states, ..Filter::in_delivery(delivery.id) };
    let others = session.store.documents(&filter, Window::first(COMPANIONS + 2)).await?;
    let ids = others.iter().map(|one| one.id).filter(|id| *id != document.id);
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    Ok(match ids.len() {
        0 => None,
        count if count <= COMPANIONS as usize => Some([ids.join(" "), ids.join(" ")]),
        _ => {
            let id = delivery.id;
            let all = format!("all others of `crossdock document list --delivery {id}`");
            Some([all, format!("--delivery {id} --state held")])
        }
    })
}

/// What is said of the documents that stood in one interchange with one that leaves it.
async fn left_behind(session: &Session, document: &Document, leaves: bool) -> Result<Vec<String>, StoreError> {
    let Some(delivery) = delivery_to_come(session, document).await?.filter(|_| leaves) else { return Ok(Vec::new()) };
    let again = if delivery.delivered_at.is_some() { " once more" } else { "" };
    let mut said = vec![format!("delivery {}, in which it stood, does not go out{again}", delivery.id)];
    if let Some([others, named]) = companions(session, document, &delivery).await? {
        let how = if delivery.delivered_at.is_some() { "rejected, as they were" } else { "held with it" };
        said.push(format!("{how}: documents {others}; write them anew with `crossdock document rerun {named}`"));
    }
    Ok(said)
}

/// Publishes a held document of a partner in spite of its errors.
async fn publish(session: &Session, document: &Document, task: &Task) -> Answer {
    let Some(found) = in_force(session, document).await? else { return Ok(Err(gone(document))) };
    let (is_told, told) = (found.told().is_some(), found.told().map(|told| may_come_again(document, told)));
    let attempt = found.attempt;
    if attempt.canonical.is_none() || document.canonical_type.is_none() {
        return Ok(Err(Declined::new(
            "has no object that could go on: nothing could be read of it",
            format!(
                "mend what its diagnostics say, then `crossdock document rerun {0}`; or correct its bytes: \
                 `crossdock document correct {0} --bytes`",
                document.id
            ),
        )));
    }
    // What the ERP has already it does not get under another id.
    let known =
        session.pipeline().published(document).await?.filter(|one| Some(&one.data) == attempt.canonical.as_ref());
    let event = known.is_none().then(|| event_in_spite(document));
    let mut done = Done {
        before: document.state.word(),
        state: DocumentState::Published.word(),
        supersedes: document.event.clone().filter(|_| event.is_some()),
        event: event.clone(),
        remarks: match errors(&attempt.diagnostics).len() {
            0 => Vec::new(),
            1 => vec!["it goes on in spite of 1 error".to_owned()],
            count => vec![format!("it goes on in spite of {count} errors")],
        },
        ..Done::default()
    };
    done.remarks.extend(told);
    if document.event.is_none() {
        let new = Publishing::on_record(document, attempt.canonical.as_deref(), is_told);
        if let Some(declined) = published(session, &new, task, &mut done.remarks).await? {
            return Ok(Err(declined));
        }
    }
    let same =
        known.map(|one| format!("the ERP has this very object under event {}: it is not published again", one.id));
    done.remarks.extend(same);
    if task.dry_run {
        return Ok(Ok(done));
    }
    let applied = session.pipeline().publish_anyway(document, (attempt, event), task.audit.clone()).await?;
    Ok(unless_stale(applied, "document", document.id, done))
}

/// Why nothing is done any more with a document whose delivery has left, or may have.
async fn left_already(session: &Session, document: &Document) -> Result<Option<Declined>, StoreError> {
    let Some(delivery) = session.store.delivery(document.delivery.unwrap_or_default()).await? else { return Ok(None) };
    let (id, name) = (delivery.id, &delivery.file_name);
    Ok(match delivery.state {
        DeliveryState::Placed => Some(Declined::new(
            "lies in the partner's outbox, to be fetched",
            format!("ask the partner not to use {name}; then send a document that cancels it"),
        )),
        DeliveryState::Waiting if delivery.putting => Some(Declined::new(
            "is being put where the partner gets it, or may be there already",
            format!(
                "see `crossdock delivery show {id}`; the next attempt finds out. If it is there, ask the partner not to use {name}"
            ),
        )),
        _ => None,
    })
}

/// Keeps back a document that is held anyway: whatever comes, it goes on by a person's word only.
async fn keep_back(session: &Session, document: &Document, task: &Task) -> Answer {
    if session.stopped_by(format!("document {}", document.id)).await?.is_some() {
        return Ok(Err(Declined::new("is held by a person already", "nothing is to be done")));
    }
    let held = DocumentState::Held;
    let remarks = match &document.problem {
        Some(problem) if problem.code == codes::MAPPING_NOT_RECALLED => vec![format!(
            "it does not go on by itself when what it recalls comes; let it go on: `crossdock document release {}`",
            document.id
        )],
        _ => Vec::new(),
    };
    let done = Done { before: held.word(), state: held.word(), is_kept_back: true, remarks, ..Done::default() };
    if task.dry_run {
        return Ok(Ok(done));
    }
    let row = Row { id: document.id, version: document.version };
    let applied = session.store.commit_one(Unit::Document(row, held, None, task.audit.clone())).await?;
    Ok(unless_stale(applied, "document", document.id, done))
}

/// Holds a document that is collected with others: it alone; they go on.
async fn take_out(session: &Session, document: &Document, task: &Task) -> Answer {
    let to = DocumentState::Held;
    let remarks = vec![format!("it is not in delivery {} any more", document.delivery.unwrap_or_default())];
    let done = Done { before: document.state.word(), state: to.word(), remarks, ..Done::default() };
    if task.dry_run {
        return Ok(Ok(done));
    }
    let row = Row { id: document.id, version: document.version };
    let applied = session.store.commit_one(Unit::Leave(row, to, task.audit.clone())).await?;
    Ok(unless_stale(applied, "document", document.id, done))
}

/// Moves a document, and the delivery with it where that is still to come.
async fn move_with_delivery(
    session: &Session,
    document: &Document,
    task: &Task,
    to: DocumentState,
    act: &mut Act,
) -> Answer {
    let delivery = delivery_to_come(session, document).await?;
    let state = match (to, &delivery) {
        (DocumentState::Held, Some(_)) => Some(DeliveryState::Held),
        (DocumentState::Queued, Some(_)) => Some(DeliveryState::Waiting),
        (DocumentState::Discarded, Some(_)) => Some(DeliveryState::Discarded),
        (DocumentState::Held, None) => {
            let left = left_already(session, document).await?;
            return Ok(Err(left.unwrap_or_else(|| Declined::stale("document", document.id))));
        }
        (DocumentState::Queued, None) => return Ok(Err(Declined::stale("document", document.id))),
        _ => None,
    };
    let mut done = Done { before: document.state.word(), state: to.word(), ..Done::default() };
    if let Some(delivery) = delivery {
        let mut remarks = Vec::new();
        if to == DocumentState::Queued
            && let Some(declined) = overtaken_in(session, &delivery, task, &mut remarks).await?
        {
            act.moved.insert(delivery.id, Err(declined.clone()));
            return Ok(Err(declined));
        }
        if to != DocumentState::Discarded {
            act.moved.insert(delivery.id, Ok((to, document.id)));
        }
        done.remarks = match (to, companions(session, document, &delivery).await?) {
            (DocumentState::Discarded, _) => left_behind(session, document, true).await?,
            (_, None) => Vec::new(),
            (DocumentState::Held, Some([others, _])) => vec![format!("held with it, in one interchange: {others}")],
            (_, Some([others, _])) => vec![format!("released with it, in one interchange: {others}")],
        };
        done.remarks.extend(remarks);
    }
    done.remarks.extend(with_the_erp(document));
    if task.dry_run {
        return Ok(Ok(done));
    }
    let row = Row { id: document.id, version: document.version };
    let unit = Unit::Document(row, to, state, task.audit.clone());
    let applied = session.store.commit_one(unit).await?;
    let done = unless_stale(applied, "document", document.id, done);
    if let (Err(declined), Some(delivery)) = (&done, document.delivery) {
        act.moved.entry(delivery).and_modify(|moved| *moved = Err(declined.clone()));
    }
    Ok(done)
}
