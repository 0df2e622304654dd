//! The last stage of a payload: what it came to is committed, unless it came before.

use std::collections::HashMap;

use super::{Pipeline, Prepared};
use crate::diagnostic::{Diagnostic, PayloadPlace, codes};
use crate::lifecycle::PayloadState;
use crate::store::{Applied, Decision, StoreError, Unit};

impl Pipeline {
    /// Commits what a payload came to: its documents with their attempts, its events and deliveries, its state. `None` when
    /// somebody else was quicker.
    ///
    /// # Errors
    /// When the store cannot be used; then nothing is changed.
    pub async fn release(&self, prepared: Prepared, by: &str) -> Result<Option<PayloadState>, StoreError> {
        let state = match prepared {
            Prepared::Gone => None,
            Prepared::Decision(decision) => self.decide(*decision).await?,
            Prepared::Submission(submission) => {
                let payload = submission.payload;
                let ids: Vec<Option<String>> = submission.documents.iter().map(|one| one.event.clone()).collect();
                match self.store.commit_one(Unit::Submit(*submission)).await? {
                    Applied::Done(_) => Some(PayloadState::Translated),
                    Applied::Stale => None,
                    Applied::Duplicate { payload: earlier, index, .. } => {
                        let known = ids.get(index).cloned().flatten().map(|id| (id, earlier));
                        self.write_again(payload, by, known).await?
                    }
                }
            }
        };
        if state.is_some() {
            self.released.notify_waiters();
        }
        Ok(state)
    }

    /// Writes a payload of the ERP anew, now that an event of it is known to have come before; until there is none more.
    async fn write_again(
        &self,
        payload: i64,
        by: &str,
        mut found: Option<(String, i64)>,
    ) -> Result<Option<PayloadState>, StoreError> {
        let mut known = HashMap::new();
        while let Some((id, earlier)) = found.take() {
            known.insert(id, earlier);
            let Some((payload, content)) = self.open(payload).await? else { return Ok(None) };
            let submission = match self.write(payload, content, by, known.clone()).await? {
                Prepared::Submission(submission) => submission,
                Prepared::Decision(decision) => return self.decide(*decision).await,
                Prepared::Gone => return Ok(None),
            };
            let ids: Vec<Option<String>> = submission.documents.iter().map(|one| one.event.clone()).collect();
            match self.store.commit_one(Unit::Submit(*submission)).await? {
                Applied::Done(_) => return Ok(Some(PayloadState::Translated)),
                Applied::Stale => return Ok(None),
                Applied::Duplicate { payload: earlier, index, .. } => {
                    found = ids.get(index).cloned().flatten().map(|id| (id, earlier));
                }
            }
        }
        Ok(None)
    }

    async fn decide(&self, decision: Decision) -> Result<Option<PayloadState>, StoreError> {
        let state = decision.state;
        let refused = Decision { documents: Vec::new(), interchanges: Vec::new(), ..decision.clone() };
        let interchanges = decision.interchanges.clone();
        match self.store.commit_one(Unit::Decide(decision)).await? {
            Applied::Done(_) => Ok(Some(state)),
            Applied::Stale => Ok(None),
            Applied::Duplicate { payload: earlier, index, same } => {
                let number = interchanges.get(index).map_or("", |one| one.control_number.as_str());
                let sender = interchanges.get(index).map_or("", |one| one.sender.as_str());
                let refused = came_before(refused, earlier, (sender, number), same);
                let state = refused.state;
                let applied = self.store.commit_one(Unit::Decide(refused)).await?;
                Ok(matches!(applied, Applied::Done(_)).then_some(state))
            }
        }
    }
}

/// The decision on a payload of which an interchange came before.
fn came_before(mut decision: Decision, earlier: i64, (sender, number): (&str, &str), same: bool) -> Decision {
    let place = PayloadPlace {
        interchange: Some(number.to_owned()),
        segment: Some("ISA".into()),
        element: Some(13),
        ..PayloadPlace::default()
    };
    let id = decision.payload;
    let diagnostic = if same {
        let message = format!("interchange {number} from {sender} came before, as payload {earlier}");
        Diagnostic::new(codes::PAYLOAD_DUPLICATE, message, place)
            .cause("the ids, the control number and the transaction sets are the same")
            .remedy(format!("nothing to do for a file that was sent again; to work on it all the same: `crossdock payload release {id}`"))
    } else {
        let message = format!(
            "interchange control number {number} of {sender} came before, as payload {earlier}, with other transaction sets"
        );
        Diagnostic::new(codes::PAYLOAD_NUMBER_REUSED, message, place)
            .cause("a sender uses each ISA13 once; so it is not clear whether this replaces what came, or comes in addition")
            .remedy(format!(
                "compare both (`crossdock payload show {earlier}`), ask the partner; if it is to go on: `crossdock payload release {id}`, \
                 else `crossdock payload discard {id}`"
            ))
    };
    decision.state = if same { PayloadState::Duplicate } else { PayloadState::Held };
    decision.duplicate_of = Some(earlier);
    decision.diagnostics.push(diagnostic);
    decision
}
