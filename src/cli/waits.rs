//! Why something does not go on yet: its partner, its server or folder, or a person's word.

use super::operator::time;
use crate::diagnostic::worst;
use crate::gateway::HomeLock;
use crate::lifecycle::DeliveryState;
use crate::operation::Session;
use crate::pipeline::ERP;
use crate::pipeline::deliver::goes_with;
use crate::pipeline::publish::{self, SUBSCRIBER};
use crate::store::{AuditEntry, Delivery, Event, StoreError};

/// Why a delivery that waits has not left, one sentence each; nothing where it leaves within a second.
pub(super) async fn why_it_waits(session: &Session, delivery: &Delivery) -> Result<Vec<String>, StoreError> {
    let mut why = Vec::new();
    if delivery.state != DeliveryState::Waiting {
        return Ok(why);
    }
    if HomeLock::holder(&session.folders.data()).is_none() {
        why.push("no gateway runs on this home: `crossdock serve`".to_owned());
    }
    let partner = &delivery.partner;
    if let Some(paused) = session.store.paused().await?.into_iter().find(|paused| paused.name == *partner) {
        let (since, by) = (time(paused.paused_at), paused.paused_by);
        let because = paused.why.map(|why| format!(", {why}")).unwrap_or_default();
        why.push(format!("{partner} is paused since {since} by {by}{because}: `crossdock partner resume {partner}`"));
    }
    let edition = session.pipeline().edition();
    let profile = edition.profile(partner);
    if profile.is_none() && partner != ERP {
        let file = format!("partner-profiles/{partner}.toml");
        why.push(match session.partners().contains(partner) {
            true => format!("the profile of {partner} has errors: `crossdock check {file}`"),
            false => format!("{partner} has no profile any more: bring {file} back, or discard what waits for it"),
        });
    }
    // What goes to one partner goes in order: the first that waits is the one that fails.
    let first = session.store.first_waiting(partner, goes_with(profile, &delivery.kind)).await?;
    if let Some(first) = first.filter(|first| first.failing_since.is_some()) {
        let which =
            if first.id == delivery.id { String::new() } else { format!("delivery {}, before it, fails: ", first.id) };
        let problem = worst(&first.diagnostics);
        let said = problem.map(|one| match &one.cause {
            Some(cause) => format!("{}: {cause}", one.message),
            None => one.message.clone(),
        });
        let (said, attempts, next) =
            (said.unwrap_or_else(|| "it failed".to_owned()), first.attempts, time(first.due_at));
        why.push(format!("{which}{said}; attempts so far {attempts}, next {next}"));
    }
    Ok(why)
}

/// Why an event is not in the ERP's folder yet; nothing where it is, or is within a second.
pub(super) async fn why_event_waits(session: &Session, event: &Event) -> Result<Vec<String>, StoreError> {
    let mut why = Vec::new();
    if event.sequence <= session.store.cursor(SUBSCRIBER).await? {
        return Ok(why);
    }
    if HomeLock::holder(&session.folders.data()).is_none() {
        why.push("no gateway runs on this home: `crossdock serve`".to_owned());
    }
    let failing = publish::failing(&session.store).await?;
    if let Some(problem) = failing.as_ref().and_then(|state| worst(&state.diagnostics)) {
        let cause = problem.cause.as_deref().unwrap_or_default();
        why.push(format!("it is not in the ERP's folder yet: {}: {cause}", problem.message));
    }
    Ok(why)
}

/// Such as `tester, 2026-11-29 20:15:00, by `document hold`: they move`.
pub(super) fn order(entry: &AuditEntry) -> String {
    let AuditEntry { at, by, command, why, .. } = entry;
    let why = why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{by}, {}, by `{command}`{why}", time(*at))
}
