//! What partners say of what we sent: matching, and what is looked up for it.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::documents::{findings, insert_findings};
use super::row::{diagnostics_text, time, timestamp};
use crate::lifecycle::AnswerState;
use crate::store::{
    self, Answered, Applied, Delivery, Document, Filter, NotTaken, NumberKeys, Store, StoreError, Window,
};

type Result<T> = std::result::Result<T, StoreError>;

/// The interchange to a partner with a number in this column.
macro_rules! sent {
    ($column:literal) => {
        concat!(
            "SELECT id FROM deliveries WHERE kind = 'interchange' AND partner = $1 AND ",
            $column,
            " = $2 AND coalesce(usage = $3, true) \
            ORDER BY state = 'discarded', coalesce(ours = $4 AND theirs = $5, true) DESC, id DESC LIMIT 1"
        )
    };
}

impl Store {
    /// Acknowledgments that were received and not matched yet, in the order in which they came.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unmatched(&self, limit: u32) -> Result<Vec<Document>> {
        let statement = "SELECT id FROM documents WHERE state = 'kept' AND answer IS NULL \
            AND (document LIKE '%/997' OR document LIKE '%/999' OR document LIKE '%/824' OR document LIKE '%/TA1') ORDER BY id LIMIT $1";
        let rows = sqlx::query(statement).bind(limit).fetch_all(&self.reads).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.documents(&Filter::ids(&ids), Window::first(limit)).await
    }

    /// The newest interchange to a partner whose group has this number, of this usage as far as that is known; one between these ids
    /// and not discarded, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_group(&self, partner: &str, number: u32, keys: &NumberKeys) -> Result<Option<Delivery>> {
        self.sent(sent!("group_number"), partner, number, keys).await
    }

    /// The newest interchange to a partner with this number, of this usage as far as that is known; one between these ids and not
    /// discarded, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_interchange(&self, partner: &str, number: u32, keys: &NumberKeys) -> Result<Option<Delivery>> {
        self.sent(sent!("interchange_number"), partner, number, keys).await
    }

    async fn sent(
        &self,
        statement: &'static str,
        partner: &str,
        number: u32,
        keys: &NumberKeys,
    ) -> Result<Option<Delivery>> {
        let query = sqlx::query(statement).bind(partner).bind(number);
        let query = query.bind(&keys.usage).bind(&keys.ours).bind(&keys.theirs);
        match query.fetch_optional(&self.reads).await? {
            Some(row) => self.delivery(row.get(0)).await,
            None => Ok(None),
        }
    }

    /// The partners to whom a group of this number went.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_group_to_others(&self, number: u32) -> Result<Vec<String>> {
        let statement = "SELECT DISTINCT partner FROM deliveries WHERE kind = 'interchange' AND group_number = $1 ORDER BY 1 LIMIT 10";
        let rows = sqlx::query(statement).bind(number).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Interchanges that have left whose acknowledgment is due by `until`, the most urgent first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unanswered(&self, until: Timestamp, limit: u32) -> Result<Vec<Delivery>> {
        let statement = "SELECT id FROM deliveries WHERE answer = 'waiting' AND answer_due <= $1 AND state = 'delivered' \
            ORDER BY answer_due LIMIT $2";
        let rows = sqlx::query(statement).bind(time(until)).bind(limit).fetch_all(&self.reads).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.deliveries(&Filter::ids(&ids), Window::first(limit)).await?;
        found.sort_by_key(|delivery| delivery.answer_due);
        Ok(found)
    }

    /// Documents of ours that partners did not take, by partner.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn not_taken(&self) -> Result<Vec<NotTaken>> {
        let statement = "SELECT coalesce(partner, ''), count(*), min(received_at) FROM documents \
            WHERE state = 'rejected' AND direction = 'out' GROUP BY 1 ORDER BY 1";
        let rows = sqlx::query(statement).fetch_all(&self.reads).await?;
        rows.iter().map(not_taken).collect()
    }

    /// Documents of partners that came since then and were rejected by an acknowledgment, by partner.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rejected_since(&self, since: Timestamp) -> Result<Vec<NotTaken>> {
        let statement = "SELECT coalesce(partner, ''), count(*), min(received_at) FROM documents \
            WHERE state = 'rejected' AND direction = 'in' AND received_at >= $1 GROUP BY 1 ORDER BY 1";
        let rows = sqlx::query(statement).bind(time(since)).fetch_all(&self.reads).await?;
        rows.iter().map(not_taken).collect()
    }
}

fn not_taken(row: &SqliteRow) -> Result<NotTaken> {
    Ok(NotTaken { partner: row.get(0), count: row.get(1), oldest: timestamp(row.get(2))? })
}

pub(super) async fn answered(db: &mut SqliteConnection, answered: &Answered) -> Result<Applied> {
    let store::Row { id, version } = answered.document;
    let statement = "UPDATE documents SET state = $3, answer = 'matched', version = version + 1 \
        WHERE id = $1 AND version = $2 AND state = 'kept' RETURNING payload, attempt";
    let query = sqlx::query(statement).bind(id).bind(version).bind(answered.state.word());
    let Some(row) = query.fetch_optional(&mut *db).await? else { return Ok(Applied::Stale) };
    let (payload, attempt): (i64, i64) = (row.get(0), row.get(1));
    if !answered.diagnostics.is_empty() {
        let before = "SELECT diagnostics FROM attempts WHERE document = $1 AND number = $2";
        let before: Option<String> = sqlx::query(before).bind(id).bind(attempt).fetch_one(&mut *db).await?.get(0);
        let mut all = super::row::diagnostics(before.as_deref());
        all.extend(answered.diagnostics.iter().cloned());
        let statement = "UPDATE attempts SET diagnostics = $3 WHERE document = $1 AND number = $2";
        let query = sqlx::query(statement).bind(id).bind(attempt).bind(diagnostics_text(&all));
        query.execute(&mut *db).await?;
        insert_findings(db, findings(payload, id, &answered.diagnostics).into_iter()).await?;
    }
    for (document, answer, found) in &answered.documents {
        // What a partner did not take is not with them, whatever was delivered.
        let statement = "UPDATE documents SET answer = $2, answered_by = $3, answer_diagnostics = $4, version = version + 1, \
            state = CASE WHEN $2 = 'rejected' AND state IN ('delivered', 'queued', 'held') THEN 'rejected' ELSE state END \
            WHERE id = $1 RETURNING payload";
        let query = sqlx::query(statement).bind(document).bind(answer.word()).bind(id).bind(diagnostics_text(found));
        if let Some(row) = query.fetch_optional(&mut *db).await? {
            insert_findings(db, findings(row.get(0), *document, found).into_iter()).await?;
        }
    }
    for (delivery, answer) in &answered.groups {
        let statement = "UPDATE deliveries SET answer = $2 WHERE id = $1 AND answer = 'waiting'";
        sqlx::query(statement).bind(delivery).bind(answer.word()).execute(&mut *db).await?;
        // Who answers it has it, whether or not we saw how it was taken.
        let statement = "UPDATE deliveries SET state = 'delivered', delivered_at = $2, version = version + 1 \
            WHERE id = $1 AND state = 'placed'";
        let query = sqlx::query(statement).bind(delivery).bind(time(answered.at));
        if query.execute(&mut *db).await?.rows_affected() > 0 {
            super::outgoing::documents_delivered(db, *delivery).await?;
        }
    }
    if let Some((delivery, said)) = &answered.interchange {
        // What it says of one that is answered already contradicts that: a person is told.
        let rejected = said.starts_with('R');
        let statement = "UPDATE deliveries SET interchange_answer = $2, \
            answer = CASE WHEN $3 AND answer = 'waiting' THEN $4 ELSE answer END WHERE id = $1";
        let query = sqlx::query(statement).bind(delivery).bind(said).bind(rejected).bind(AnswerState::Rejected.word());
        query.execute(&mut *db).await?;
    }
    Ok(Applied::Done(id))
}
