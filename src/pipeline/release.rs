//! The last stage of a payload: what it came to is committed, unless it came before.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Pipeline, Prepared};
use crate::diagnostic::{Diagnostic, PayloadPlace, codes};
use crate::lifecycle::PayloadState;
use crate::store::{Applied, CameBefore, Decision, Interchange, Row, StoreError, Unit};

/// What is kept of a result while it is committed, for the case that it came before.
enum Kept {
    Decision(Arc<Decision>),
    /// A submission: the payload as it was read.
    Submission(Row),
}

impl Pipeline {
    /// Commits what a payload came to: its documents with their attempts, its events and deliveries, its state. `None` when
    /// somebody else was quicker.
    ///
    /// # Errors
    /// When the store cannot be used; then nothing is changed.
    pub async fn release(&self, prepared: Prepared, by: &str) -> Result<Option<PayloadState>, StoreError> {
        Ok(self.release_all(vec![prepared], by).await?.pop().flatten())
    }

    /// The same for several payloads, in their order, with one commit.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn release_all(
        &self,
        prepared: Vec<Prepared>,
        by: &str,
    ) -> Result<Vec<Option<PayloadState>>, StoreError> {
        let (mut units, mut kept) = (Vec::new(), Vec::new());
        for one in prepared {
            let (unit, keep) = match one {
                Prepared::Gone => {
                    kept.push(None);
                    continue;
                }
                Prepared::Decision(decision) => {
                    let decision = Arc::from(decision);
                    (Unit::Decide(Arc::clone(&decision)), Kept::Decision(decision))
                }
                Prepared::Submission(submission) => {
                    let keep = Kept::Submission(Row { id: submission.payload, version: submission.version });
                    (Unit::Submit(*submission), keep)
                }
            };
            units.push(unit);
            kept.push(Some(keep));
        }
        let mut applied = self.store.commit(units).await?.into_iter();
        let mut states = Vec::new();
        for keep in kept {
            states.push(match keep.and_then(|keep| Some((keep, applied.next()?))) {
                None | Some((_, Applied::Stale)) => None,
                Some((Kept::Decision(decision), Applied::Done(_))) => Some(decision.state),
                Some((Kept::Submission(_), Applied::Done(_))) => Some(PayloadState::Translated),
                Some((Kept::Decision(decision), Applied::CameBefore(before))) => self.refuse(decision, before).await?,
                Some((Kept::Submission(payload), Applied::Submitted(known))) => {
                    self.write_again(payload, by, known).await?
                }
                Some((Kept::Submission(payload), Applied::NumberGiven)) => {
                    self.write_again(payload, by, Vec::new()).await?
                }
                // A payload of a partner is given no numbers and has no events of the ERP, one of the ERP no interchanges yet.
                Some((Kept::Decision(_), Applied::NumberGiven | Applied::Submitted(_)))
                | Some((Kept::Submission(_), Applied::CameBefore(_))) => None,
            });
        }
        if states.iter().any(Option::is_some) {
            self.released.notify_waiters();
        }
        Ok(states)
    }

    /// Writes a payload of the ERP anew, now that events of it are known to have come before, or a number of it to have been
    /// given; until there is none more.
    async fn write_again(
        &self,
        payload: Row,
        by: &str,
        mut found: Vec<(String, i64)>,
    ) -> Result<Option<PayloadState>, StoreError> {
        let mut known = HashMap::new();
        loop {
            known.extend(std::mem::take(&mut found));
            let as_it_was = self.store.payload(payload.id).await?.filter(|read| read.version == payload.version);
            let Some(payload) = as_it_was else { return Ok(None) };
            let content = self.store.content(payload.content).await?;
            let (unit, state) = match self.write(payload, content, by, known.clone()).await? {
                Prepared::Submission(submission) => (Unit::Submit(*submission), PayloadState::Translated),
                Prepared::Decision(decision) => (Unit::Decide(Arc::from(decision)), PayloadState::Held),
                Prepared::Gone => return Ok(None),
            };
            match self.store.commit_one(unit).await? {
                Applied::Done(_) => return Ok(Some(state)),
                Applied::Submitted(more) => found = more,
                Applied::NumberGiven => {}
                Applied::Stale | Applied::CameBefore(_) => return Ok(None),
            }
        }
    }

    /// The other decision on a payload of which interchanges came before.
    async fn refuse(
        &self,
        mut decision: Arc<Decision>,
        mut before: Vec<CameBefore>,
    ) -> Result<Option<PayloadState>, StoreError> {
        loop {
            decision = Arc::new(without(Arc::unwrap_or_clone(decision), &before));
            match self.store.commit_one(Unit::Decide(Arc::clone(&decision))).await? {
                Applied::Done(_) => return Ok(Some(decision.state)),
                // Others of it came just now, with another payload.
                Applied::CameBefore(more) => before = more,
                _ => return Ok(None),
            }
        }
    }
}

/// The decision on a payload without what came before: what is new in it goes on, if there is something and no number was used
/// again.
fn without(mut decision: Decision, before: &[CameBefore]) -> Decision {
    let came = |index: usize| before.iter().any(|one| one.index == index);
    let all = std::mem::take(&mut decision.interchanges);
    let (old, new): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(index, _)| came(*index));
    let new: Vec<Interchange> = new.into_iter().map(|(_, one)| one).collect();
    let old: Vec<(&CameBefore, Interchange)> = before.iter().zip(old.into_iter().map(|(_, one)| one)).collect();
    let reused = before.iter().find(|one| !one.same);
    decision.diagnostics.extend(old.iter().map(|(earlier, one)| came_before(decision.payload, earlier, one, &new)));
    if let (None, false) = (reused, new.is_empty()) {
        decision.left_out.extend(old.into_iter().map(|(_, one)| one.positions));
        decision.documents.retain(|one| !decision.left_out.iter().any(|positions| positions.contains(&one.position)));
        decision.interchanges = new;
    } else {
        (decision.documents, decision.withheld) = (Vec::new(), Vec::new());
        decision.state = if reused.is_some() { PayloadState::Held } else { PayloadState::Duplicate };
        decision.duplicate_of = reused.or(before.first()).map(|one| one.payload);
        // The partner is told of a number that is used again; of an interchange that comes again it hears the same again.
        let told = old.into_iter().filter(|(earlier, _)| !earlier.same).filter_map(|(_, one)| one.if_reused);
        decision.deliveries = told.collect();
    }
    if reused.is_none() {
        decision.repeated.extend(before.iter().map(|one| one.interchange));
    }
    decision
}

/// What is said of an interchange of a payload that came before, beside those that are new.
fn came_before(id: i64, earlier: &CameBefore, one: &Interchange, new: &[Interchange]) -> Diagnostic {
    let Interchange { control_number: number, sender, .. } = one;
    let earlier_id = earlier.payload;
    let place = PayloadPlace {
        interchange: Some(number.clone()),
        segment: Some("ISA".into()),
        element: Some(13),
        ..PayloadPlace::default()
    };
    if earlier.same {
        let message = format!("interchange {number} from {sender} came before, as payload {earlier_id}");
        let all_the_same = match new.is_empty() {
            true => format!("`crossdock payload release {id}`"),
            false => format!("`crossdock document rerun` for the documents of payload {earlier_id}"),
        };
        return Diagnostic::new(codes::PAYLOAD_DUPLICATE, message, place)
            .cause("the ids, the control number and the transaction sets are the same")
            .remedy(format!("nothing to do for what was sent again; to work on it all the same: {all_the_same}"));
    }
    let message = format!(
        "interchange control number {number} of {sender} came before, as payload {earlier_id}, with other transaction sets"
    );
    let beside = match new {
        [] => String::new(),
        [one] => format!("; interchange {} of the payload is new, and waits with it", one.control_number),
        [one, ..] => {
            format!(
                "; {} interchanges of the payload are new, {} first, and wait with it",
                new.len(),
                one.control_number
            )
        }
    };
    Diagnostic::new(codes::PAYLOAD_NUMBER_REUSED, message, place)
        .cause(format!(
            "a sender uses each ISA13 once; so it is not clear whether this replaces what came, or comes in addition{beside}"
        ))
        .remedy(format!(
            "compare both (`crossdock payload show {earlier_id}`), ask the partner; if it is to go on: `crossdock payload release {id}`, \
             else `crossdock payload discard {id}`"
        ))
}
