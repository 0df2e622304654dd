//! Puts deliveries where they belong: interchanges onto the partner's server or into its outbox, refused objects beside the
//! ERP's.
//!
//! The row says first that the file is being put, and then, once it was, that it is there. After a stop in between it is found
//! there, with the same name and bytes. Each partner has a task of its own, so that nobody waits for a server that is dead; what goes to one partner goes in order.
//! Acknowledgments that stay in the outbox while all else is put onto the partner's server have one too.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;
use tracing::{error, info, warn};

use super::destination::destination;
use super::pick_up::{Failed, tell};
use super::turns::{LOOK, keep};
use super::{ERP, Pipeline, blocking, defect_text, wait_after};
use crate::diagnostic::{Diagnostic, Place, cause, codes, text};
use crate::lifecycle::{
    DeliveryState, LONGEST_WAIT, circuit_is_open, is_due, is_given_up, wait_before, wait_for_server,
};
use crate::partner::transport::sftp::{Push, Sftp};
use crate::partner::{DeliveredWhen, Profile, Takes};
use crate::store::{
    Applied, Content, Delivered, Delivery, Filter, Kinds, Row, StoreError, Unit, VisitState, Visiting, Window,
};
use crate::transport::folder::{Put, fetched_mark, put};
use crate::transport::sftp::client::{Fault, Goods, Visit, Why, connect, push};

/// Deliveries looked up at a time.
const BATCH: u32 = 64;
/// So long deliveries are put into an outbox before it is asked anew whose partner is paused, and who is held.
const TURN: Duration = Duration::from_millis(200);
/// So long what is being put may take when the gateway stops; what has not ended then is found there at the next start.
const DRAIN: Duration = Duration::from_secs(5);

/// Deliveries that go to a partner one after the other.
#[derive(Debug, Clone)]
struct Way {
    partner: String,
    kinds: Kinds,
}

impl Way {
    /// Have both some in common? After a change of the profile the same delivery may be of other kinds.
    fn meets(&self, other: &Way) -> bool {
        let all = self.kinds == Kinds::All || other.kinds == Kinds::All;
        self.partner == other.partner && (all || self.kinds == other.kinds)
    }
}

/// A way on which a task is.
struct Busy {
    way: Way,
    /// Something more was due to the partner meanwhile.
    again: bool,
}

/// Delivers until `stop`.
pub async fn run(pipeline: Pipeline, mut stop: watch::Receiver<bool>) {
    let (mut tasks, mut busy, mut failed) = (JoinSet::new(), HashMap::<Id, Busy>::new(), 0);
    // What is due on these waits for something that is not: a server, a mended profile, the one before it.
    let mut resting: Vec<Way> = Vec::new();
    let mut look = Instant::now() + LOOK;
    while !*stop.borrow() {
        let released = pipeline.released.notified();
        tokio::pin!(released);
        match pipeline.store.partners_due(Timestamp::now()).await {
            Ok(partners) => {
                for to in partners.iter().flat_map(|partner| ways(&pipeline, partner)) {
                    match busy.values_mut().find(|busy| to.meets(&busy.way)) {
                        Some(busy) => busy.again = true,
                        None if resting.iter().any(|other| to.meets(other)) => {}
                        None => {
                            let task = tasks.spawn(deliver_all(pipeline.clone(), to.clone(), stop.clone()));
                            busy.insert(task.id(), Busy { way: to, again: false });
                        }
                    }
                }
            }
            Err(error) => {
                failed += 1;
                error!("{error}; trying again");
                look = Instant::now() + wait_after(failed);
            }
        }
        loop {
            tokio::select! {
                () = &mut released, if failed == 0 => resting.clear(),
                () = tokio::time::sleep_until(look) => {
                    resting.clear();
                    look = Instant::now() + LOOK;
                }
                Some(ended) = tasks.join_next_with_id() => {
                    let (id, done) = match ended {
                        Ok((id, done)) => (id, done.map_err(|error| error.to_string())),
                        Err(bug) => (bug.id(), Err(defect_text(bug))),
                    };
                    let ended = busy.remove(&id);
                    if let Err(error) = done {
                        failed += 1;
                        error!("{error}; trying again");
                        tokio::select! {
                            () = tokio::time::sleep(wait_after(failed)) => {}
                            _ = stop.changed() => {}
                        }
                    } else {
                        failed = 0;
                        // Whoever else has something due is known.
                        if let Some(Busy { way, again: false }) = ended {
                            resting.push(way);
                            continue;
                        }
                    }
                }
                _ = stop.changed() => {}
            }
            break;
        }
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    // What is late is dropped with its task.
    drop(tokio::time::timeout(DRAIN, all).await);
}

/// Kinds of deliveries that go to a partner in one order: all, or acknowledgments apart where they stay in the outbox.
fn orders(profile: Option<&Profile>) -> &'static [Kinds] {
    let apart = profile.is_some_and(|profile| {
        let pushes = profile.sftp().is_some_and(|sftp| sftp.push.is_some());
        pushes && profile.acknowledge.transport == Some(Takes::Outbox)
    });
    if apart { &[Kinds::Answers, Kinds::Others] } else { &[Kinds::All] }
}

/// With which others a delivery of this kind goes in one order.
#[must_use]
pub fn goes_with(profile: Option<&Profile>, kind: &str) -> Kinds {
    let is_answer = matches!(kind, "acknowledgment" | "report");
    let [first, others @ ..] = orders(profile) else { return Kinds::All };
    others.first().filter(|_| !is_answer).copied().unwrap_or(*first)
}

/// Where a delivery goes.
#[derive(Debug, Clone)]
pub enum Target<'p> {
    /// Into this folder.
    Folder(PathBuf),
    /// Onto the partner's server.
    Server(&'p Profile, &'p Sftp, &'p Push),
}

/// Where a delivery of this kind goes to a partner, or to the ERP, which has no profile.
#[must_use]
pub fn target<'p>(pipeline: &Pipeline, profile: Option<&'p Profile>, partner: &str, kind: &str) -> Target<'p> {
    if let Some(profile) = profile
        && let Some(sftp) = profile.sftp()
        && let Some(push) = &sftp.push
        && goes_with(Some(profile), kind) != Kinds::Answers
    {
        return Target::Server(profile, sftp, push);
    }
    Target::Folder(folder(pipeline, partner, kind))
}

/// What goes to a partner in one order.
fn ways(pipeline: &Pipeline, partner: &str) -> impl Iterator<Item = Way> + use<> {
    let ways = orders(pipeline.edition().profile(partner));
    let partner = partner.to_owned();
    ways.iter().map(move |kinds| Way { partner: partner.clone(), kinds: *kinds })
}

/// Tries what is due on a way until there is nothing that can be tried.
async fn deliver_all(pipeline: Pipeline, way: Way, mut stop: watch::Receiver<bool>) -> Result<(), StoreError> {
    while !*stop.borrow() && deliver(&pipeline, (&way.partner, way.kinds), Timestamp::now(), &mut stop).await? {}
    Ok(())
}

/// Tries what is due to a partner, in order; behind one that fails the others of these kinds wait. False when nothing could be
/// tried.
async fn deliver(
    pipeline: &Pipeline,
    (partner, kinds): (&str, Kinds),
    now: Timestamp,
    stop: &mut watch::Receiver<bool>,
) -> Result<bool, StoreError> {
    let edition = pipeline.edition();
    let profile = edition.profiles.iter().find(|profile| profile.short_name == partner);
    if profile.is_none() && partner != ERP {
        // Its profile would say where this goes. It has errors, or is gone: renamed, or its folder cannot be read.
        return Ok(false);
    }
    let due = pipeline.store.due_to(partner, kinds, now, BATCH).await?;
    let kind = if kinds == Kinds::Answers { "acknowledgment" } else { "interchange" };
    match target(pipeline, profile, partner, kind) {
        Target::Server(profile, sftp, to) => onto_the_server(pipeline, due, Pushing { profile, sftp, to }, stop).await,
        Target::Folder(_) => into_the_outbox(pipeline, due, now, stop).await,
    }
}

async fn into_the_outbox(
    pipeline: &Pipeline,
    due: Vec<Delivery>,
    now: Timestamp,
    stop: &mut watch::Receiver<bool>,
) -> Result<bool, StoreError> {
    if due.is_empty() {
        return Ok(false);
    }
    let marks = due.iter().map(|delivery| putting(delivery, true)).collect();
    let marked = pipeline.store.commit(marks).await?;
    // Others were held meanwhile, or are to be tried at another time.
    let due = due.iter().zip(marked).filter(|(_, marked)| matches!(marked, Applied::Done(_)));
    let (mut units, mut waits, mut failed, begun) = (Vec::new(), false, None, Instant::now());
    for (delivery, _) in due {
        if waits || failed.is_some() {
            units.push(putting(delivery, delivery.putting));
            continue;
        }
        match try_outbox(pipeline, delivery).await {
            Ok((state, diagnostics)) => {
                let attempts = u32::try_from(delivery.attempts + 1).unwrap_or(u32::MAX);
                let wait = wait_before(attempts, delivery.id.unsigned_abs());
                units.push(ended(delivery, state, now.saturating_add(wait).unwrap_or(now), diagnostics));
                waits = state == DeliveryState::Waiting || begun.elapsed() > TURN;
            }
            Err(error) => {
                units.push(putting(delivery, delivery.putting));
                failed = Some(error);
            }
        }
    }
    let tried = !units.is_empty();
    keep(pipeline, units, stop).await?;
    failed.map_or(Ok(tried), Err)
}

/// Puts a delivery into the outbox: its state then, and why it failed. When the store cannot be read, nothing was put.
async fn try_outbox(pipeline: &Pipeline, delivery: &Delivery) -> Result<(DeliveryState, Vec<Diagnostic>), StoreError> {
    let content = pipeline.store.content(delivery.content).await?;
    let report = report(pipeline, delivery).await?;
    Ok(match write(pipeline, delivery, content, report).await {
        Ok(Put::Written | Put::There) => (put_there(pipeline, delivery), Vec::new()),
        Ok(Put::Differs) => {
            let folder = folder(pipeline, &delivery.partner, &delivery.kind).display().to_string();
            (DeliveryState::Held, vec![differs(pipeline, delivery, "the outbox", &folder).await?])
        }
        Err(error) => failed(pipeline, delivery, &error),
    })
}

/// Says that a delivery is being put, before it is: then nobody holds it any more. Or that it was not, unless it may have been
/// put before.
fn putting(delivery: &Delivery, is_put: bool) -> Unit {
    Unit::Putting(Row { id: delivery.id, version: delivery.version }, is_put)
}

/// The end of an attempt, told in the log.
fn ended(delivery: &Delivery, state: DeliveryState, due_at: Timestamp, diagnostics: Vec<Diagnostic>) -> Unit {
    let Delivery { id, version, partner, file_name, putting, .. } = delivery;
    match state {
        DeliveryState::Delivered | DeliveryState::Placed => {
            info!(delivery = id, partner, file = file_name, "{}", state.word());
        }
        _ => {}
    }
    diagnostics.iter().for_each(|one| warn!(delivery = id, partner, "{}", one.message));
    // An attempt that failed says nothing of one before it.
    let perhaps_put = *putting && matches!(state, DeliveryState::Waiting | DeliveryState::Held);
    Unit::Delivered(Delivered {
        id: *id,
        version: *version,
        state,
        due_at,
        at: Timestamp::now(),
        diagnostics,
        perhaps_put,
    })
}

/// Where a partner's files go.
struct Pushing<'a> {
    profile: &'a Profile,
    sftp: &'a Sftp,
    to: &'a Push,
}

async fn onto_the_server(
    pipeline: &Pipeline,
    due: Vec<Delivery>,
    to: Pushing<'_>,
    stop: &mut watch::Receiver<bool>,
) -> Result<bool, StoreError> {
    let partner = &to.profile.short_name;
    let before = pipeline.store.visits_of(partner, "").await?;
    let before = before.as_ref();
    let is_open = before.is_some_and(|state| circuit_is_open(state.failures, state.needs_person));
    let waits = |state: &VisitState| !is_due(state.next_at, Timestamp::now(), LONGEST_WAIT);
    let (Some(first), false) = (due.first(), is_open && before.is_some_and(waits)) else {
        return Ok(false);
    };
    let connected = match destination(pipeline.folders.home(), &pipeline.folders.data(), to.profile, to.sftp) {
        Ok(destination) => connect(&destination).await,
        Err(fault) => Err(fault),
    };
    let mut server = match connected {
        Ok(server) => server,
        Err(fault) => {
            push_failed(pipeline, (first, false), &to, before, &fault).await?;
            return Ok(true);
        }
    };
    // What was done and is not on record yet: it is committed with what comes next.
    let (mut done, mut delivered) = (Vec::new(), false);
    for delivery in &due {
        done.push(putting(delivery, true));
        let marked = keep(pipeline, std::mem::take(&mut done), stop).await?.pop();
        if !matches!(marked, Some(Applied::Done(_))) {
            continue;
        }
        let content = pipeline.store.content(delivery.content).await?;
        if let Content::Damaged { why, .. } = &content {
            let never = never(delivery, format!("the bytes of {} are damaged", delivery.file_name), why);
            done.push(ended(delivery, DeliveryState::Held, delivery.due_at, vec![never]));
            continue;
        }
        let (state, due_at) = (DeliveryState::Delivered, delivery.due_at);
        done.push(match push_one(pipeline, server.as_mut(), (delivery, content), &to, stop).await {
            Ok(Pushed::Put(Put::Written | Put::There)) => {
                delivered = true;
                ended(delivery, state, due_at, Vec::new())
            }
            Ok(Pushed::Taken) => {
                delivered = true;
                ended(delivery, state, due_at, vec![taken(delivery)])
            }
            Ok(Pushed::Put(Put::Differs)) => {
                let place = format!("{} on {}", to.to.folder, to.sftp.host);
                let differs = differs(pipeline, delivery, "the folder", &place).await?;
                // It was not renamed: should it be gone later, nobody has taken it.
                keep(pipeline, vec![Unit::Renaming(delivery.id, None)], stop).await?;
                ended(delivery, DeliveryState::Held, delivery.due_at, vec![differs])
            }
            Err(Failed::There(fault)) if fault.why == Why::Gone => {
                let put = Delivery { putting: true, ..delivery.clone() };
                ended(&put, DeliveryState::Held, delivery.due_at, vec![gone(delivery, &fault)])
            }
            Err(Failed::There(fault)) => {
                // Where something was delivered before, it is the first failure in a row.
                if delivered {
                    keep(pipeline, vec![visited(partner)], stop).await?;
                }
                push_failed(pipeline, (delivery, true), &to, before.filter(|_| !delivered), &fault).await?;
                return Ok(true);
            }
            Err(Failed::Store(failed)) => return Err(failed),
        });
    }
    tell(partner, "", before, None);
    done.push(visited(partner));
    keep(pipeline, done, stop).await?;
    Ok(true)
}

/// A visit to put things there went well.
fn visited(partner: &str) -> Unit {
    let (partner, folder, now) = (partner.to_owned(), String::new(), Timestamp::now());
    let visited = Visiting::Visited {
        partner,
        folder,
        at: now,
        next_at: now,
        let_in: true,
        done: true,
        problem: None,
        needs_person: false,
    };
    Unit::Visiting(Box::new(visited))
}

/// What came of a file that was to be put onto a server.
enum Pushed {
    Put(Put),
    /// An attempt before this one was to rename it and did not hear that it did, and it is gone since.
    Taken,
}

/// Puts a file onto a server. That it is about to be renamed is on record before it is: whom it is for may take it before we hear
/// that it was.
async fn push_one(
    pipeline: &Pipeline,
    server: &mut dyn Visit,
    (delivery, content): (&Delivery, Content),
    Pushing { sftp, to, .. }: &Pushing<'_>,
    stop: &mut watch::Receiver<bool>,
) -> Result<Pushed, Failed> {
    let name = &delivery.file_name;
    let place = push::temporary(to, name).map(|path| format!("{} {path}", sftp.host));
    let renaming = |place| vec![Unit::Renaming(delivery.id, place)];
    if place.is_some() && delivery.renaming == place {
        match push::there(server, to, name).await? {
            (false, false) => return Ok(Pushed::Taken),
            (_, true) => drop(keep(pipeline, renaming(None), stop).await?),
            (true, false) => {}
        }
    }
    // Whoever was asked whether the partner has it, and has it put again, was told that it has not.
    let was_asked = delivery.diagnostics.iter().any(|one| one.code == codes::DELIVERY_GONE);
    let goods: Arc<dyn Goods> = Arc::new(content);
    let put = match push::write(server, to, name, Arc::clone(&goods), delivery.putting && !was_asked).await? {
        Some(put) => put,
        None => {
            keep(pipeline, renaming(place), stop).await?;
            let renamed = push::rename(server, to, name, &goods).await;
            // Should its temporary name be gone the next time, somebody removed it: nobody could take the file.
            if renamed.as_ref().is_err_and(|fault| !fault.perhaps_done) {
                keep(pipeline, renaming(None), stop).await?;
            }
            renamed?
        }
    };
    if let (Some(end), Put::Written | Put::There) = (&delivery.done_file, put) {
        push::done_file(server, to, name, end).await?;
    }
    Ok(Pushed::Put(put))
}

/// What is said of a file that its partner took before we heard that it was there.
fn taken(delivery: &Delivery) -> Diagnostic {
    let Delivery { id, partner, file_name, .. } = delivery;
    let message = format!("{file_name} is gone from the server of {partner}: it counts as delivered");
    Diagnostic::new(codes::DELIVERY_TAKEN, message, Place::Nowhere)
        .cause("it was written there whole, and how its renaming ended was not heard; now it has neither name")
        .remedy(format!(
            "nothing, as a rule: {partner} took it; if they say that they did not, `crossdock delivery retry {id}`"
        ))
}

/// What is said of a file that is gone, and may have been taken: only its partner knows.
fn gone(delivery: &Delivery, fault: &Fault) -> Diagnostic {
    let Delivery { id, partner, file_name, .. } = delivery;
    let told = fault.of_a_try(partner);
    let remedy =
        format!("{}. If they do not have it, `crossdock delivery retry {id}`", told.remedy.unwrap_or_default());
    let message = format!("{file_name} is gone from the server of {partner}, and may have been taken");
    Diagnostic::new(told.code, message, Place::Nowhere)
        .cause(format!("{}: {}", fault.message, fault.cause))
        .remedy(remedy)
}

impl Goods for Content {
    fn size(&self) -> u64 {
        self.len()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Content::open(self)
    }
}

/// An attempt failed, before the server had let us in or after that: it and all behind it wait, the longer the more often it was;
/// what has waited for too long is held.
async fn push_failed(
    pipeline: &Pipeline,
    (delivery, let_in): (&Delivery, bool),
    to: &Pushing<'_>,
    before: Option<&VisitState>,
    fault: &Fault,
) -> Result<(), StoreError> {
    let partner = &to.profile.short_name;
    let (now, problem, needs_person) = (Timestamp::now(), fault.diagnostic(partner), fault.needs_a_person());
    let failures = before.map_or(0, |state| state.failures).saturating_add(1);
    let wait = wait_for_server(failures, needs_person, delivery.id.unsigned_abs());
    let next_at = now.saturating_add(wait).unwrap_or(now);
    let retry_for = SignedDuration::try_from(to.to.retry_for).unwrap_or(SignedDuration::MAX);
    let (state, mut diagnostics) = match is_given_up(delivery.failing_since.unwrap_or(now), retry_for, now) {
        true => (DeliveryState::Held, vec![given_up(delivery, to.to, delivery.putting || fault.perhaps_done)]),
        false => (DeliveryState::Waiting, Vec::new()),
    };
    diagnostics.push(problem.clone());
    tell(partner, "", before, Some(&problem));
    let (partner, folder) = (partner.clone(), String::new());
    let visited = Visiting::Visited {
        partner,
        folder,
        at: now,
        next_at,
        let_in,
        done: false,
        problem: Some(problem),
        needs_person,
    };
    let perhaps = Delivery { putting: delivery.putting || fault.perhaps_done, ..delivery.clone() };
    let units = vec![ended(&perhaps, state, next_at, diagnostics), Unit::Visiting(Box::new(visited))];
    pipeline.store.commit(units).await.map(drop)
}

fn given_up(delivery: &Delivery, to: &Push, perhaps_put: bool) -> Diagnostic {
    let (partner, hours) = (&delivery.partner, to.retry_for.as_secs() / 3_600);
    let ask = match perhaps_put {
        true => {
            format!("one attempt broke off when it may have been done: ask {partner} whether they have it; if not, ")
        }
        false => String::new(),
    };
    let message = format!("{} could not be put onto the server of {partner} for {hours} h", delivery.file_name);
    Diagnostic::new(codes::DELIVERY_GIVEN_UP, message, Place::Nowhere)
        .cause(format!("{} attempts failed, and `retry_for` of its profile is over", delivery.attempts + 1))
        .remedy(format!("{ask}mend what the last attempt says, then `crossdock delivery retry {}`", delivery.id))
}

/// The state of a delivery whose file lies there: a partner that logs in has still to take it. Reports are for those who want
/// to read them.
fn put_there(pipeline: &Pipeline, delivery: &Delivery) -> DeliveryState {
    let edition = pipeline.edition();
    let profile = edition.profiles.iter().find(|profile| profile.short_name == delivery.partner);
    let server = profile.and_then(|profile| profile.sftp_server());
    let is_taken = server.is_some_and(|server| server.delivered_when != DeliveredWhen::Placed);
    match is_taken && !matches!(delivery.kind.as_str(), "refusal" | "report") {
        true => DeliveryState::Placed,
        false => DeliveryState::Delivered,
    }
}

/// The folder of this machine into which files of this kind are put.
fn folder(pipeline: &Pipeline, partner: &str, kind: &str) -> PathBuf {
    match kind {
        "refusal" => pipeline.folders.refused(),
        "report" => pipeline.reports(partner),
        _ => pipeline.folders.outbox(partner),
    }
}

/// What is said beside a refused object.
async fn report(pipeline: &Pipeline, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    if delivery.kind != "refusal" {
        return Ok(None);
    }
    let filter = Filter { delivery: Some(delivery.id), ..Filter::default() };
    let mut report = String::new();
    for document in pipeline.store.documents(&filter, Window::first(1)).await? {
        let attempts = pipeline.store.attempts(document.id).await?;
        let diagnostics = attempts.last().map(|attempt| attempt.diagnostics.as_slice()).unwrap_or_default();
        report.extend(diagnostics.iter().map(|one| text::render(one, false)));
    }
    Ok(Some(report))
}

async fn write(pipeline: &Pipeline, delivery: &Delivery, content: Content, report: Option<String>) -> io::Result<Put> {
    let folder = folder(pipeline, &delivery.partner, &delivery.kind);
    let (name, done_file) = (delivery.file_name.clone(), delivery.done_file.clone());
    let written = blocking(move || {
        std::fs::create_dir_all(&folder)?;
        let bytes = content.read()?;
        if let Some(report) = report {
            // Before the object, so that whoever finds that finds this too.
            put(&folder, &format!("{}.diagnostics.txt", name.trim_end_matches(".json")), report.as_bytes())?;
        }
        let written = put(&folder, &name, &bytes)?;
        // It is to be taken once more, should it have been taken before.
        drop(std::fs::remove_file(fetched_mark(&folder, &name)));
        if let (Some(end), Put::Written | Put::There) = (done_file, written) {
            put(&folder, &format!("{name}{end}"), b"")?;
        }
        Ok(written)
    });
    written.await
}

/// A file of that name is there: of an earlier delivery of ours, whose control number was then given twice, or somebody else's.
/// `place` is what the folder is called, and `folder` which one it is.
async fn differs(
    pipeline: &Pipeline,
    delivery: &Delivery,
    place: &str,
    folder: &str,
) -> Result<Diagnostic, StoreError> {
    let Delivery { id, partner, file_name, .. } = delivery;
    let message = format!("{file_name} is in {place} of {partner} already, with other content");
    let found = Diagnostic::new(codes::DELIVERY_TARGET_DIFFERS, message, Place::Nowhere);
    let (partner, name) = (Some(partner.clone()), Some(file_name.clone()));
    let filter = Filter { partner, file_name: name, ..Filter::default() };
    let named = pipeline.store.deliveries(&filter, Window::first(20)).await?;
    let is_sent = |one: &&Delivery| matches!(one.state, DeliveryState::Delivered | DeliveryState::Placed);
    let earlier = named.iter().filter(is_sent).find(|one| one.id < *id && one.interchange_number.is_some());
    Ok(match earlier {
        Some(Delivery { id: earlier, interchange_number: Some(number), .. }) => found
            .cause(format!("delivery {earlier} put it there: interchange number {number} was given to both"))
            .remedy(match delivery.kind.as_str() {
                "acknowledgment" => format!(
                    "set the numbers above all that were given (`crossdock delivery list`, `crossdock control-number set`); once \
                     {} has the other file, `crossdock delivery retry {id}`",
                    delivery.partner
                ),
                _ => format!(
                    "set the numbers above all that were given (`crossdock delivery list`, `crossdock control-number set`), then \
                     `crossdock document hold` and `crossdock document rerun` for the documents of `crossdock delivery show {id}`"
                ),
            }),
        _ => found
            .cause(format!("the file in {folder} was not written by this delivery, and is never written over"))
            .remedy(format!("find out what it is, move it away, then `crossdock delivery retry {id}`")),
    })
}

/// What becomes of a delivery that could not be put, and why: it waits for room or a folder, or for a person where the file itself
/// cannot be put.
fn failed(pipeline: &Pipeline, delivery: &Delivery, error: &io::Error) -> (DeliveryState, Vec<Diagnostic>) {
    use io::ErrorKind::{InvalidData, InvalidFilename, InvalidInput, IsADirectory};
    let folder = folder(pipeline, &delivery.partner, &delivery.kind);
    let message = format!("{} cannot be put into {}", delivery.file_name, folder.display());
    let cause = cause(error);
    if matches!(error.kind(), InvalidData | InvalidFilename | InvalidInput | IsADirectory) {
        return (DeliveryState::Held, vec![never(delivery, message, &cause)]);
    }
    let waits = Diagnostic::new(codes::DELIVERY_FAILED, message, Place::Nowhere)
        .cause(cause)
        .remedy("make room or mend the folder's permissions; it is tried again by itself, at once with `crossdock delivery retry`");
    (DeliveryState::Waiting, vec![waits])
}

/// What is said of a delivery that cannot be made however often it is tried; those behind it go on.
fn never(delivery: &Delivery, message: String, cause: &str) -> Diagnostic {
    let id = delivery.id;
    let remedy = match delivery.kind.as_str() {
        "interchange" => format!(
            "write its documents anew: `crossdock document hold` and `crossdock document rerun` for those of `crossdock delivery show {id}`"
        ),
        _ => format!(
            "if it is not needed: `crossdock delivery discard {id}`; else mend it, then `crossdock delivery retry {id}`"
        ),
    };
    Diagnostic::new(codes::DELIVERY_FAILED, message, Place::Nowhere).cause(cause).remedy(remedy)
}
