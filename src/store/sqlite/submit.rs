//! What became of a payload from the ERP: its documents, and what goes out for them.

use sqlx::{Row, SqliteConnection};

use super::documents::{ToKeep, findings, insert_documents, insert_findings};
use super::outgoing::{Leaving, insert_deliveries};
use super::row::diagnostics_text;
use super::{batches, records};
use crate::lifecycle::DocumentState;
use crate::store::{Applied, StoreError, Submission};

pub(super) async fn submit(db: &mut SqliteConnection, submission: &Submission) -> Result<Applied, StoreError> {
    for (index, document) in submission.documents.iter().enumerate() {
        let goes_on = matches!(document.state, DocumentState::Queued | DocumentState::Held);
        let Some(event) = document.event.as_ref().filter(|_| goes_on) else { continue };
        let statement = "SELECT payload FROM documents WHERE event = $1 AND direction = 'out' AND payload <> $2 \
            AND state NOT IN ('refused', 'discarded')";
        let query = sqlx::query(statement).bind(event).bind(submission.payload);
        if let Some(row) = query.fetch_optional(&mut *db).await? {
            return Ok(Applied::Duplicate { payload: row.get(0), index, same: true });
        }
    }
    let documents = submission.documents.iter();
    let outgoing = documents.map(|one| (one.partner.as_deref().unwrap_or_default(), &one.outgoing));
    if !records::numbers_are_free(db, outgoing).await? {
        return Ok(Applied::NumberGiven);
    }
    let (payload, at) = (submission.payload, submission.at);
    let partner = submission.documents.iter().find_map(|document| document.partner.clone());
    let statement = "UPDATE payloads SET state = 'translated', partner = $3, diagnostics = $4, override = 0, \
        version = version + 1 WHERE id = $1 AND version = $2";
    let query = sqlx::query(statement)
        .bind(payload)
        .bind(submission.version)
        .bind(partner)
        .bind(diagnostics_text(&submission.diagnostics));
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    insert_findings(db, findings(payload, 0, &submission.diagnostics).into_iter()).await?;
    let leaving = submission.deliveries.iter().map(|delivery| Leaving { payload, delivery, at });
    let deliveries = insert_deliveries(db, &leaving.collect::<Vec<_>>()).await?;
    let mut documents = Vec::with_capacity(submission.documents.len());
    for document in &submission.documents {
        let delivery = match &document.outgoing.collect {
            Some(collect) => {
                let partner = document.partner.as_deref().unwrap_or_default();
                let of = batches::Of { payload, partner, document: &document.document };
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
