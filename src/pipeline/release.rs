//! The last stage of a payload: what it came to is committed, unless it came before.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tracing::warn;

use super::{ERP, Pipeline, Prepared};
use crate::diagnostic::{Diagnostic, PayloadPlace, codes, worst};
use crate::lifecycle::{DocumentState, InSpite, PayloadState};
use crate::store::{
    Applied, Bare, CameBefore, Decision, Filter, Interchange, Row, StoreError, Submission, Submitted, Unit, Window,
};

impl Pipeline {
    /// Commits what a payload came to: its documents with their attempts, its events and deliveries, its state. `None` when
    /// somebody else was quicker.
    ///
    /// # Errors
    /// When the store cannot be used; then nothing is changed.
    pub async fn release(&self, prepared: Prepared, by: &str) -> Result<Option<PayloadState>, StoreError> {
        Ok(self.release_all(vec![prepared], by).await?.pop().flatten())
    }

    /// The same for several payloads, in their order, with one commit: none goes on before one that came before it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn release_all(
        &self,
        prepared: Vec<Prepared>,
        by: &str,
    ) -> Result<Vec<Option<PayloadState>>, StoreError> {
        let mut states = vec![None; prepared.len()];
        let mut left: Vec<(usize, Unit)> = Vec::new();
        for (index, one) in prepared.into_iter().enumerate() {
            match one {
                Prepared::Gone => {}
                Prepared::Decision(decision) => left.push((index, Unit::Decide(Arc::from(decision)))),
                Prepared::Submission(submission) => left.push((index, Unit::Submit(Arc::from(submission)))),
            }
        }
        while !left.is_empty() {
            let units = left.iter().map(|(_, unit)| unit.clone()).collect();
            let applied = self.store.commit_in_order(units).await?;
            let mut behind = Vec::new();
            for ((index, unit), applied) in left.into_iter().zip(applied) {
                if let Applied::Done(_) = applied {
                    self.tell(&unit).await;
                }
                states[index] = match (unit, applied) {
                    // One before it has another word first.
                    (unit, Applied::Behind) => {
                        behind.push((index, unit));
                        None
                    }
                    (Unit::Decide(decision), Applied::Done(_)) => Some(decision.state),
                    (Unit::Decide(decision), Applied::CameBefore(before)) => self.refuse(decision, before).await?,
                    (Unit::Submit(_), Applied::Done(_)) => Some(PayloadState::Translated),
                    (Unit::Submit(one), Applied::Submitted(known)) => self.write_again(row(&one), by, known).await?,
                    (Unit::Submit(one), Applied::Outdated) => self.write_again(row(&one), by, Vec::new()).await?,
                    // Stale. And a payload of a partner is given no numbers and has no events of the ERP, one of the ERP no
                    // interchanges yet.
                    _ => None,
                };
            }
            left = behind;
        }
        if states.iter().any(Option::is_some) {
            self.released.notify_waiters();
        }
        Ok(states)
    }

    /// Writes a payload of the ERP anew, now that events of it are known to have come before, a number of it to have been given, what
    /// it recalls to be another, or what goes before it to be still collected; until that is so no more.
    async fn write_again(
        &self,
        payload: Row,
        by: &str,
        mut found: Vec<(Submitted, i64)>,
    ) -> Result<Option<PayloadState>, StoreError> {
        let mut known = HashMap::new();
        loop {
            known.extend(std::mem::take(&mut found));
            let as_it_was = self.store.payload(payload.id).await?.filter(|read| read.version == payload.version);
            let Some(payload) = as_it_was else { return Ok(None) };
            let content = self.store.content(payload.content).await?;
            let (unit, state) = match self.write(payload, content, by, known.clone()).await? {
                Prepared::Submission(submission) => (Unit::Submit(Arc::from(submission)), PayloadState::Translated),
                Prepared::Decision(decision) => (Unit::Decide(Arc::from(decision)), PayloadState::Held),
                Prepared::Gone => return Ok(None),
            };
            match self.store.commit_one(unit.clone()).await? {
                Applied::Done(_) => {
                    self.tell(&unit).await;
                    return Ok(Some(state));
                }
                Applied::Submitted(more) => found = more,
                Applied::Outdated => {}
                _ => return Ok(None),
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
            let unit = Unit::Decide(Arc::clone(&decision));
            match self.store.commit_one(unit.clone()).await? {
                Applied::Done(_) => {
                    self.tell(&unit).await;
                    return Ok(Some(decision.state));
                }
                // Others of it came just now, with another payload.
                Applied::CameBefore(more) => before = more,
                _ => return Ok(None),
            }
        }
    }

    /// Says in the log what of a payload does not go on, so that who watches it sees it come.
    async fn tell(&self, unit: &Unit) {
        let code = |found: &[Diagnostic]| worst(found).map_or("-", |one| one.code.name());
        let (payload, partner, documents, staged) = match unit {
            Unit::Decide(decision) => {
                let (payload, partner) = (decision.payload, decision.partner.as_deref().unwrap_or("-"));
                if decision.state == PayloadState::Held {
                    let code = code(&decision.diagnostics);
                    warn!(payload, partner, code, "the payload is held: see `crossdock payload show {payload}`");
                }
                (payload, partner, &decision.documents, decision.staged > 0)
            }
            Unit::Submit(submission) => (submission.payload, ERP, &submission.documents, false),
            _ => return,
        };
        let what = [
            (DocumentState::Held, "held for a person"),
            (DocumentState::Rejected, "rejected, and the partner is told"),
            (DocumentState::Refused, "given back to the ERP"),
        ];
        for (state, what) in what {
            let (count, code) = match staged {
                // Those that were staged only the record has. That it cannot be read is told where it is needed.
                true => self.on_record(payload, state).await.unwrap_or_default(),
                false => {
                    let of_state = || documents.iter().filter(|one| one.state == state);
                    (of_state().count() as i64, of_state().next().map(|first| code(&first.attempt.diagnostics)))
                }
            };
            if let (1.., Some(code)) = (count, code) {
                warn!(payload, partner, documents = count, code, "documents are {what}");
            }
        }
    }

    /// How many documents of a payload are in a state, and the code of the first.
    async fn on_record(&self, payload: i64, state: DocumentState) -> Result<(i64, Option<&'static str>), StoreError> {
        let states = vec![state.word().to_owned()];
        let filter = Filter { payload: Some(payload), states, ..Filter::default() };
        let Some(first) = self.store.documents(&filter, Window::first(1)).await?.pop() else { return Ok((0, None)) };
        let attempts = self.store.attempts(first.id).await?;
        let code = attempts.last().and_then(|attempt| worst(&attempt.diagnostics)).map_or("-", |one| one.code.name());
        let all = self.store.document_states(payload).await?;
        Ok((all.iter().find(|(word, _)| word == state.word()).map_or(0, |(_, count)| *count), Some(code)))
    }
}

/// The payload of a submission as it was read.
fn row(submission: &Submission) -> Row {
    Row { id: submission.payload, version: submission.version }
}

/// The decision on a payload without what came before: what is new in it goes on, if there is something and no number was used
/// again.
fn without(mut decision: Decision, before: &[CameBefore]) -> Decision {
    for one in before.iter().filter(|one| one.outlived) {
        if let Some(file) = decision.interchanges.get_mut(one.index).and_then(|interchange| interchange.file.as_mut()) {
            file.again = true;
            decision.diagnostics.push(came_again(one.payload, file));
        }
    }
    let before: Vec<CameBefore> = before.iter().filter(|one| !one.outlived).copied().collect();
    if before.is_empty() {
        return decision;
    }
    let came: HashSet<usize> = before.iter().map(|one| one.index).collect();
    let all = std::mem::take(&mut decision.interchanges);
    // Bytes beside the interchanges that were passed over are documents too: nobody knows whether those came before.
    let inside: usize = all.iter().map(|one| one.positions.clone().count()).sum();
    let beside = decision.staged + decision.documents.len() as i64 > inside as i64;
    let (old, new): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(index, _)| came.contains(index));
    let new: Vec<Interchange> = new.into_iter().map(|(_, one)| one).collect();
    let old: Vec<(&CameBefore, Interchange)> = before.iter().zip(old.into_iter().map(|(_, one)| one)).collect();
    let reused = before.iter().find(|one| !one.same);
    // A set that was cut short says it of itself.
    let of_sets = decision.documents.iter().flat_map(|document| &document.attempt.diagnostics);
    let is_cut = decision.diagnostics.iter().chain(of_sets).any(|one| one.code == codes::X12_TRUNCATED);
    let said = old.iter().map(|(earlier, one)| match is_cut && !earlier.same {
        true => came_whole(decision.payload, earlier.payload, one),
        false => came_before(decision.payload, earlier, one, &new),
    });
    let said: Vec<Diagnostic> = said.collect();
    decision.diagnostics.extend(said);
    if reused.is_none() && (beside || !new.is_empty()) {
        decision.left_out.extend(old.into_iter().map(|(_, one)| one.positions));
        let left_out: HashSet<i64> = decision.left_out.iter().cloned().flatten().collect();
        decision.documents.retain(|one| !left_out.contains(&one.position));
        decision.interchanges = new;
    } else {
        (decision.documents, decision.withheld) = (Vec::new(), Vec::new());
        decision.state = if reused.is_some() { PayloadState::Held } else { PayloadState::Duplicate };
        decision.duplicate_of = reused.or(before.first()).map(|one| one.payload);
        // The partner is told of a number that is used again; of an interchange that comes again it hears the same again. When a
        // person has it go on, it heard of it before, and what came since is fine.
        let is_told = decision.in_spite == InSpite::Nothing;
        let told = old.into_iter().filter(|(earlier, _)| is_told && !earlier.same).filter_map(|(_, one)| one.if_reused);
        decision.deliveries = told.collect();
    }
    if reused.is_none() {
        decision.repeated.extend(before.iter().map(|one| one.interchange));
    }
    decision
}

/// What is said of a file that came before and is taken.
fn came_again(earlier: i64, file: &Bare) -> Diagnostic {
    let place = PayloadPlace { file: Some(file.name.clone()), ..PayloadPlace::default() };
    let message = format!("{} came before, as payload {earlier}, and is taken again", file.name);
    Diagnostic::new(codes::PAYLOAD_CAME_AGAIN, message, place)
        .cause("its bytes are the same, but another file said otherwise since: how it was then is how it is now")
        .remedy(format!(
            "nothing to do; if the partner sent an old file by mistake, ask for the newest one (`crossdock payload show {earlier}`)"
        ))
}

/// What is said of an interchange that was cut short, where another one of its number was taken.
fn came_whole(id: i64, earlier: i64, one: &Interchange) -> Diagnostic {
    let Interchange { control_number: number, sender, .. } = one;
    let message = format!(
        "interchange {number} of {sender} is cut short here, and one of this number was taken with payload {earlier}"
    );
    Diagnostic::new(codes::PAYLOAD_NUMBER_REUSED, message, at_number(number))
        .cause("the partner most likely sent the rest, or all of it once more; to release this would answer what was taken with a rejection")
        .remedy(format!(
            "look whether payload {earlier} has all of it (`crossdock payload show {earlier}`), then `crossdock payload discard {id}`; \
             if not, ask the partner to send what is missing under a new number"
        ))
}

/// Where the control number of an interchange stands.
fn at_number(number: &str) -> PayloadPlace {
    PayloadPlace {
        interchange: Some(number.to_owned()),
        segment: Some("ISA".into()),
        element: Some(13),
        ..PayloadPlace::default()
    }
}

/// What is said of an interchange of a payload that came before, beside those that are new.
fn came_before(id: i64, earlier: &CameBefore, one: &Interchange, new: &[Interchange]) -> Diagnostic {
    let Interchange { control_number: number, sender, .. } = one;
    let earlier_id = earlier.payload;
    if let Some(file) = &one.file {
        let place = PayloadPlace { file: Some(file.name.clone()), ..PayloadPlace::default() };
        return Diagnostic::new(
            codes::PAYLOAD_DUPLICATE,
            format!("{} came before, as payload {earlier_id}", file.name),
            place,
        )
        .cause("its bytes are the same")
        .remedy(all_the_same(id, new));
    }
    let place = at_number(number);
    if earlier.same {
        let message = format!("interchange {number} from {sender} came before, as payload {earlier_id}");
        return Diagnostic::new(codes::PAYLOAD_DUPLICATE, message, place)
            .cause("the ids, the control number and the transaction sets are the same")
            .remedy(all_the_same(id, new));
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

/// What to do about what came before: beside something new it is left out for good.
fn all_the_same(id: i64, new: &[Interchange]) -> String {
    let twice = match new.is_empty() {
        true => format!("to work on it all the same: `crossdock payload release {id}`"),
        false => "if it is meant a second time, ask the partner to send it anew, under a new number".to_owned(),
    };
    format!("nothing to do for what was sent again; {twice}")
}
