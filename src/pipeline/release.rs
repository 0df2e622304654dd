//! The last stage of a payload: what it came to is committed, unless it came before.

use std::collections::HashMap;

use super::{Pipeline, Prepared};
use crate::diagnostic::{Diagnostic, PayloadPlace, codes};
use crate::lifecycle::PayloadState;
use crate::store::{Applied, Decision, Row, StoreError, Unit};

/// What is kept of a result while it is committed, for the case that it came before.
enum Kept {
    Decision(Box<Decision>),
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
                    let keep = without_documents(&decision);
                    (Unit::Decide(*decision), Kept::Decision(Box::new(keep)))
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
                Some((Kept::Decision(decision), Applied::Duplicate { payload, index, same })) => {
                    self.refuse(*decision, payload, index, same).await?
                }
                Some((Kept::Submission(payload), Applied::Submitted(known))) => {
                    self.write_again(payload, by, known).await?
                }
                Some((Kept::Submission(payload), Applied::NumberGiven)) => {
                    self.write_again(payload, by, Vec::new()).await?
                }
                // A payload of a partner is given no numbers and has no events of the ERP, one of the ERP no interchanges yet.
                Some((Kept::Decision(_), Applied::NumberGiven | Applied::Submitted(_)))
                | Some((Kept::Submission(_), Applied::Duplicate { .. })) => None,
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
                Prepared::Decision(decision) => (Unit::Decide(*decision), PayloadState::Held),
                Prepared::Gone => return Ok(None),
            };
            match self.store.commit_one(unit).await? {
                Applied::Done(_) => return Ok(Some(state)),
                Applied::Submitted(more) => found = more,
                Applied::NumberGiven => {}
                Applied::Stale | Applied::Duplicate { .. } => return Ok(None),
            }
        }
    }

    /// The other decision on a payload of which an interchange came before.
    async fn refuse(
        &self,
        decision: Decision,
        earlier: i64,
        index: usize,
        same: bool,
    ) -> Result<Option<PayloadState>, StoreError> {
        let number = decision.interchanges.get(index).map_or_else(String::new, |one| one.control_number.clone());
        let sender = decision.interchanges.get(index).map_or_else(String::new, |one| one.sender.clone());
        // The partner is told of a number that is used again; of an interchange that comes again it hears the same again.
        let told = decision.interchanges.get(index).and_then(|one| one.if_reused.clone()).filter(|_| !same);
        let deliveries = told.into_iter().collect();
        let refused = Decision { interchanges: Vec::new(), deliveries, ..decision };
        let refused = came_before(refused, earlier, (&sender, &number), same);
        let state = refused.state;
        let applied = self.store.commit_one(Unit::Decide(refused)).await?;
        Ok(matches!(applied, Applied::Done(_)).then_some(state))
    }
}

/// A decision without its documents, which may be many.
fn without_documents(decision: &Decision) -> Decision {
    Decision {
        partner: decision.partner.clone(),
        diagnostics: decision.diagnostics.clone(),
        interchanges: decision.interchanges.clone(),
        documents: Vec::new(),
        withheld: Vec::new(),
        deliveries: Vec::new(),
        ..*decision
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
