//! What became of a payload from the ERP: its documents, and what goes out for them.

use std::collections::HashSet;

use sqlx::{Row, SqliteConnection};

use super::documents::{ToKeep, insert_documents};
use super::outgoing::{Leaving, insert_deliveries};
use super::{batches, records};
use crate::lifecycle::DocumentState;
use crate::store::{Applied, NewDocument, StoreError, Submission, Submitted};

/// Documents that go on, or may, and have the event of one of these documents: the events are a list in JSON.
const SUBMITTED: &str = "SELECT event, lane, payload FROM documents WHERE direction = 'out' AND payload <> $1 \
    AND state NOT IN ('refused', 'discarded') AND event IN (SELECT value FROM json_each($2))";

/// The events of a submission that came before, with the payload of each.
async fn submitted_before(
    db: &mut SqliteConnection,
    submission: &Submission,
) -> Result<Vec<(Submitted, i64)>, StoreError> {
    let goes_on = |document: &&NewDocument| matches!(document.state, DocumentState::Queued | DocumentState::Held);
    let going_on = submission.documents.iter().filter(goes_on);
    let events: HashSet<(&str, &str)> =
        going_on.filter_map(|document| Some((document.event.as_deref()?, document.lane))).collect();
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = events.iter().map(|(event, _)| *event).collect();
    let ids = serde_json::to_string(&ids).unwrap_or_default();
    let known = sqlx::query(SUBMITTED).bind(submission.payload).bind(ids).fetch_all(db).await?;
    let known = known.iter().filter(|row| events.contains(&(row.get(0), row.get(1))));
    Ok(known.map(|row| (Submitted { event: row.get(0), lane: row.get(1) }, row.get(2))).collect())
}

/// Is something still collected that goes before a document of a submission? A partner's entry may have collected such, and
/// does not any more.
async fn goes_behind(db: &mut SqliteConnection, submission: &Submission) -> Result<bool, StoreError> {
    let alone =
        |document: &&NewDocument| document.state == DocumentState::Queued && document.outgoing.collect.is_none();
    let alone: HashSet<(&str, &str)> = submission
        .documents
        .iter()
        .filter(alone)
        .filter_map(|document| Some((document.partner.as_deref()?, document.canonical_type.as_deref()?)))
        .collect();
    for (partner, canonical_type) in alone {
        if batches::is_collected(&mut *db, partner, canonical_type).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn submit(db: &mut SqliteConnection, submission: &Submission) -> Result<Applied, StoreError> {
    let known = submitted_before(db, submission).await?;
    if !known.is_empty() {
        return Ok(Applied::Submitted(known));
    }
    let documents = submission.documents.iter();
    let outgoing = documents.map(|one| (one.partner.as_deref().unwrap_or_default(), &one.outgoing));
    if !records::are_as_written(db, outgoing).await? || goes_behind(db, submission).await? {
        return Ok(Applied::Outdated);
    }
    let (payload, at) = (submission.payload, submission.at);
    let partner = submission.documents.iter().find_map(|document| document.partner.clone());
    let statement = "UPDATE payloads SET state = 'translated', partner = $3, diagnostics = NULL, override = 0, \
        version = version + 1 WHERE id = $1 AND version = $2";
    let query = sqlx::query(statement).bind(payload).bind(submission.version).bind(partner);
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    let leaving = submission.deliveries.iter().map(|delivery| Leaving { payload, delivery, at });
    let deliveries = insert_deliveries(db, &leaving.collect::<Vec<_>>()).await?;
    let mut documents = Vec::with_capacity(submission.documents.len());
    for document in &submission.documents {
        let delivery = match &document.outgoing.collect {
            Some(collect) => {
                let partner = document.partner.as_deref().unwrap_or_default();
                let canonical_type = document.canonical_type.as_deref();
                let of = batches::Of { payload, partner, document: &document.document, canonical_type };
                Some(batches::collect(db, of, collect, at).await?)
            }
            None => document.delivery.and_then(|index| deliveries.get(index)).copied(),
        };
        documents.push(ToKeep { payload, document, delivery });
    }
    let ids = insert_documents(db, "out", &documents).await?;
    for (id, document) in ids.into_iter().zip(&submission.documents) {
        records::keep(db, id, document.partner.as_deref(), &document.outgoing).await?;
    }
    Ok(Applied::Done(payload))
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::SUBMITTED;

    #[tokio::test]
    async fn events_are_looked_up_without_going_through_all_documents() {
        let (folder, database) = plan::record("submitted-before").await;
        let steps = plan::steps(&database, SUBMITTED).await;
        assert!(steps.iter().any(|step| step.contains("documents_by_event (event=?)")), "{steps:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
