//! Orders on payloads: begin anew, go on in spite of what holds it, discard.

use std::time::Duration;

use super::order::Act;
use super::outcome::{Declined, Done, Outcome, unless_stale};
use super::overtaken::of_payload;
use super::{Session, Task, document};
use crate::diagnostic::Severity;
use crate::lifecycle::{DocumentState, Order, PayloadState};
use crate::store::{Filter, Payload, Row, StoreError, Unit, Window};

type Answer = Result<Result<Done, Declined>, StoreError>;

/// Longest wait for a gateway that runs to work on a payload.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Documents of a payload looked up at a time.
const PAGE: u32 = 200;

/// Carries an order out on a payload.
pub(super) async fn carry_out(session: &Session, task: &Task, payload: &Payload) -> Answer {
    if let Err(refusal) = payload.state.takes(task.order) {
        let id = payload.id.to_string();
        let mut declined = Declined::from(refusal);
        declined.remedy = declined.remedy.replace("--payload ID", &format!("--payload {id}"));
        return Ok(Err(declined));
    }
    match task.order {
        Order::Rerun if payload.state == PayloadState::Translated && has_documents(session, payload).await? => {
            documents(session, task, payload).await
        }
        Order::Rerun | Order::Release => anew(session, task, payload).await,
        _ => {
            let done = Done { before: payload.state.word(), state: PayloadState::Discarded.word(), ..Done::default() };
            if task.dry_run {
                return Ok(Ok(done));
            }
            let row = Row { id: payload.id, version: payload.version };
            let unit = Unit::Payload(row, PayloadState::Discarded, task.audit.clone());
            let applied = session.store.commit_one(unit).await?;
            Ok(unless_stale(applied, "payload", payload.id, done))
        }
    }
}

/// Has a payload documents? Those that a run left which was stopped are none.
async fn has_documents(session: &Session, payload: &Payload) -> Result<bool, StoreError> {
    let states = session.store.document_states(payload.id).await?;
    Ok(!states.is_empty() && states.iter().all(|(state, _)| state != DocumentState::Staged.word()))
}

/// Works on a payload from the first stage on, by the mappings and profiles as they are now.
async fn anew(session: &Session, task: &Task, payload: &Payload) -> Answer {
    let before = payload.state.word();
    let in_spite = task.order == Order::Release;
    if let Some(partner) = payload.partner.as_deref().filter(|_| in_spite && payload.direction == "in")
        && session.pipeline().edition().profile(partner).is_none()
    {
        return Ok(Err(Declined::new(
            format!("is of {partner}, of whom no profile is in force: as nobody's it would be read wrong"),
            format!(
                "see `crossdock check partner-profiles/{partner}.toml`, mend it or put it back, then give the order again; where another \
                 profile is theirs now: `crossdock payload rerun {}`",
                payload.id
            ),
        )));
    }
    if task.dry_run {
        let remarks = vec!["what comes of it is known when it is worked on".to_owned()];
        return Ok(Ok(Done { before, state: PayloadState::Received.word(), remarks, ..Done::default() }));
    }
    // Before the work, which may take long and be killed: what was done is never without who had it done.
    session.store.commit_one(Unit::Note(format!("payload {}", payload.id), task.audit.clone())).await?;
    let how = (in_spite, task.out_of_order);
    match session.pipeline().process_again(payload, how, &session.who).await? {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(Err(Declined::stale("payload", payload.id))),
        Err(against) => return Ok(Err(of_payload(&against))),
    }
    let Some(now) = session.store.payload(payload.id).await? else {
        return Ok(Err(Declined::stale("payload", payload.id)));
    };
    if (payload.state, now.state) == (PayloadState::Duplicate, PayloadState::Duplicate) {
        let of = now.duplicate_of.map(|earlier| format!(" of payload {earlier}")).unwrap_or_default();
        let remedy = format!("if it is meant twice: `crossdock payload release {}`", payload.id);
        return Ok(Err(Declined::new(format!("is a duplicate{of} still: nothing of it goes on"), remedy)));
    }
    let diagnostics = match now.state {
        PayloadState::Translated | PayloadState::Duplicate => Vec::new(),
        _ => now.diagnostics.into_iter().filter(|one| one.severity == Severity::Error).collect(),
    };
    let mut done = Done { before, state: now.state.word(), diagnostics, ..Done::default() };
    if let (PayloadState::Duplicate, Some(earlier)) = (now.state, now.duplicate_of) {
        done.remarks.push(format!("the same came as payload {earlier}: nothing of it is done twice"));
    }
    if now.documents > 0 {
        let states = session.store.document_states(payload.id).await?;
        let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        done.remarks.push(format!("its documents: {}", states.join(", ")));
    }
    Ok(Ok(done))
}

/// Works on a payload that waits; or waits for a gateway that runs to do so, as long as that can be expected of it.
pub(super) async fn work_on(
    session: &Session,
    id: i64,
    gateway_runs: impl Fn() -> bool,
) -> Result<Payload, StoreError> {
    let begun = std::time::Instant::now();
    while gateway_runs() && begun.elapsed() < PATIENCE {
        let payload = on_record(session, id).await?;
        if payload.state != PayloadState::Received {
            return Ok(payload);
        }
        tokio::time::sleep(LOOK).await;
    }
    let worked = session.pipeline().process(id, &session.who).await;
    let payload = on_record(session, id).await?;
    match worked {
        // Where somebody else has done it, our failure is no news.
        Err(failed) if payload.state == PayloadState::Received => Err(failed),
        _ => Ok(payload),
    }
}

async fn on_record(session: &Session, id: i64) -> Result<Payload, StoreError> {
    session.store.payload(id).await?.ok_or_else(|| StoreError {
        message: format!("payload {id} is not in the store any more"),
        cause: "somebody has changed the database by hand".to_owned(),
        remedy: "restore it from a backup",
    })
}

/// Translates the held documents of a payload anew.
async fn documents(session: &Session, task: &Task, payload: &Payload) -> Answer {
    let states = vec![DocumentState::Held.word().to_owned()];
    let filter = Filter { payload: Some(payload.id), states, ..Filter::default() };
    let mut done = Done { before: payload.state.word(), state: payload.state.word(), ..Done::default() };
    let (mut window, mut act) = (Window::first(PAGE), Act::default());
    loop {
        let held = session.store.documents(&filter, window).await?;
        for one in &held {
            let result = document::rerun(session, one, task, &mut act).await?;
            done.within.push(Outcome { kind: "document", id: one.id, result });
        }
        match held.last() {
            Some(last) if held.len() == PAGE as usize => window.behind = Some(last.id),
            _ => break,
        }
    }
    if done.within.is_empty() {
        let id = payload.id;
        return Ok(Err(Declined::new(
            "is translated, and no document of it is held",
            format!(
                "to translate others anew: `crossdock document list --payload {id}`, then `crossdock document rerun`"
            ),
        )));
    }
    Ok(Ok(done))
}
