//! What became of a payload from the ERP: its documents, and what goes out for them.

use std::collections::HashSet;

use sqlx::{Row, SqliteConnection};

use super::documents::{ToKeep, insert_documents};
use super::outgoing::{Leaving, insert_deliveries};
use super::{batches, records};
use crate::lifecycle::DocumentState;
use crate::store::{Applied, NewDocument, Store, StoreError, Subject, Submission, Submitted};

/// Documents that go on, or may, and have the event of one of these documents: the events are a list in JSON.
const SUBMITTED: &str = "SELECT event, lane, payload FROM documents WHERE direction = 'out' AND payload <> $1 \
    AND state NOT IN ('refused', 'discarded') AND event IN (SELECT value FROM json_each($2))";

/// The latest document of the ERP about a subject that goes on, or may, and whether one of its attempts says this object. In the
/// order of the index of business numbers.
const LATEST: &str = "SELECT t.id, t.payload, EXISTS (SELECT 1 FROM attempts AS a WHERE a.document = t.id AND a.canonical = $6) \
    FROM documents AS t WHERE t.business_number = $1 AND t.partner = $2 AND t.type = $3 AND t.lane = $4 AND t.identity IS $5 \
    AND t.id IS NOT $7 AND t.direction = 'out' AND t.state IN ('queued', 'held', 'delivered') \
    ORDER BY t.payload DESC, t.position DESC LIMIT 1";

impl Store {
    /// The latest document of the ERP about a subject, where it goes on, or may, and says this object, or did before it was corrected.
    /// Not the document `except`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn said_already(
        &self,
        subject: &Subject,
        canonical: &[u8],
        except: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut db = self.reads.acquire().await?;
        Ok(said_already(&mut db, subject, canonical, Some(except)).await?.map(|(document, _)| document))
    }
}

/// That document, and its payload.
pub(super) async fn said_already(
    db: &mut SqliteConnection,
    subject: &Subject,
    canonical: &[u8],
    except: Option<i64>,
) -> Result<Option<(i64, i64)>, StoreError> {
    let query = sqlx::query(LATEST)
        .bind(&subject.business_number)
        .bind(&subject.partner)
        .bind(&subject.canonical_type)
        .bind(subject.lane)
        .bind(&subject.identity)
        .bind(canonical)
        .bind(except);
    let latest = query.fetch_optional(db).await?;
    Ok(latest.filter(|row| row.get(2)).map(|row| (row.get(0), row.get(1))))
}

/// Objects of a submission in no event with an id that say what the latest about the same says, with the payload of that. Of those
/// about the same the first one alone: the next say something else than one of the same submission.
async fn objects_said_before(
    db: &mut SqliteConnection,
    submission: &Submission,
) -> Result<Vec<(Submitted, i64)>, StoreError> {
    let (mut before, mut seen) = (Vec::new(), HashSet::new());
    for document in submission.documents.iter().filter(goes_on) {
        let Some(subject) = document.subject() else { continue };
        if let (None, Some(canonical)) = (&document.event, &document.attempt.canonical)
            && !seen.contains(&subject)
            && let Some((_, payload)) = said_already(&mut *db, &subject, canonical, None).await?
        {
            before.push((Submitted::Object(document.position), payload));
        }
        seen.insert(subject);
    }
    Ok(before)
}

fn goes_on(document: &&NewDocument) -> bool {
    matches!(document.state, DocumentState::Queued | DocumentState::Held)
}

/// The events of a submission that came before, with the payload of each.
async fn events_submitted_before(
    db: &mut SqliteConnection,
    submission: &Submission,
) -> Result<Vec<(Submitted, i64)>, StoreError> {
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
    Ok(known.map(|row| (Submitted::Event { event: row.get(0), lane: row.get(1) }, row.get(2))).collect())
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
    let mut known = events_submitted_before(db, submission).await?;
    known.extend(objects_said_before(db, submission).await?);
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
    use super::{LATEST, SUBMITTED};

    #[tokio::test]
    async fn events_are_looked_up_without_going_through_all_documents() {
        let (folder, database) = plan::record("submitted-before").await;
        let steps = plan::steps(&database, SUBMITTED).await;
        assert!(steps.iter().any(|step| step.contains("documents_by_event (event=?)")), "{steps:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn the_latest_about_a_subject_is_looked_up_in_the_order_of_its_index() {
        let (folder, database) = plan::record("said-before").await;
        let steps = plan::steps(&database, LATEST).await;
        let by_number = "documents_by_business_number (business_number=? AND partner=? AND type=?)";
        assert!(steps.iter().any(|step| step.contains(by_number)), "{steps:?}");
        assert!(steps.iter().all(|step| !step.contains("SCAN") && !step.contains("ORDER BY")), "{steps:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
