//! What partners say of what we sent: matching, and what is looked up for it.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::documents::{findings, insert_findings};
use super::row::{diagnostics, diagnostics_text, time, timestamp};
use crate::lifecycle::{AnswerState, DeliveryState};
use crate::store::{
    self, Answered, Applied, Delivery, Document, Filter, NotTaken, NumberKeys, SaidOf, SentBefore, Store, StoreError,
    Window,
};

type Result<T> = std::result::Result<T, StoreError>;

/// What went to a partner, of these kinds, with a number in this column. The usage of an acknowledgment is that of what it
/// answers.
macro_rules! sent {
    ($kinds:literal, $column:literal) => {
        concat!(
            "SELECT id FROM deliveries WHERE kind IN (",
            $kinds,
            ") AND partner = $1 AND ",
            $column,
            " = $2 AND (kind = 'acknowledgment' OR coalesce(usage = $3, true)) \
            ORDER BY attempts > 0 OR putting OR delivered_at IS NOT NULL DESC, state = 'discarded', \
            coalesce(ours = $4 AND theirs = $5, true) DESC, kind = 'interchange' DESC, id DESC LIMIT 8"
        )
    };
}

/// In what documents stood before they were written anew.
macro_rules! sent_before {
    () => {
        "SELECT s.document, s.delivery, sent.state, s.attempt, s.interchange_number, s.group_number, s.set_number, s.answer, \
        s.answered_by, s.answer_diagnostics, d.delivery FROM sent_before AS s JOIN deliveries AS sent ON sent.id = s.delivery \
        JOIN documents AS d ON d.id = s.document"
    };
}

fn sent_before(row: &SqliteRow) -> Result<SentBefore> {
    let (state, answer): (String, Option<String>) = (row.get(2), row.get(7));
    Ok(SentBefore {
        document: row.get(0),
        delivery: row.get(1),
        delivery_state: DeliveryState::parse(&state)
            .ok_or_else(|| StoreError::row("the state of a delivery", &state))?,
        attempt: row.get(3),
        control_numbers: [row.get(4), row.get(5), row.get(6)],
        answer: answer.as_deref().and_then(AnswerState::parse),
        answered_by: row.get(8),
        now: row.get(10),
    })
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

    /// The newest interchange to a partner whose group has this number, of this usage as far as that is known; one that has left,
    /// between these ids and not discarded, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_group(&self, partner: &str, number: u32, keys: &NumberKeys) -> Result<Option<Delivery>> {
        Ok(self.sent(sent!("'interchange'", "group_number"), partner, number, keys).await?.into_iter().next())
    }

    /// The same of a group of acknowledgments, of whatever usage and ids.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_acknowledgments(
        &self,
        partner: &str,
        number: u32,
        keys: &NumberKeys,
    ) -> Result<Option<Delivery>> {
        Ok(self.sent(sent!("'acknowledgment'", "group_number"), partner, number, keys).await?.into_iter().next())
    }

    /// The interchanges to a partner with this number, of this usage as far as that is known, acknowledgments too: first those
    /// that have left, are not discarded and between these ids; of these the newest.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_interchanges(&self, partner: &str, number: u32, keys: &NumberKeys) -> Result<Vec<Delivery>> {
        self.sent(sent!("'interchange', 'acknowledgment'", "interchange_number"), partner, number, keys).await
    }

    /// Documents that were sent in a delivery, each as it stood there: with its numbers of then, and what the partner said of that.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_in(&self, delivery: i64, limit: u32) -> Result<Vec<Document>> {
        let filter = Filter { delivery: Some(delivery), ..Filter::default() };
        let mut documents = self.documents(&filter, Window::first(limit)).await?;
        let before = sqlx::query(concat!(sent_before!(), " WHERE s.delivery = $1")).bind(delivery);
        for row in before.fetch_all(&self.reads).await? {
            let before = sent_before(&row)?;
            let at = documents.binary_search_by_key(&before.document, |one| one.id);
            if let Some(one) = at.ok().and_then(|at| documents.get_mut(at)) {
                (one.delivery, one.attempt, one.answer_due) = (Some(delivery), before.attempt, None);
                (one.control_numbers, one.answer, one.answered_by) =
                    (before.control_numbers, before.answer, before.answered_by);
                one.answer_diagnostics = diagnostics(row.get(9));
            }
        }
        Ok(documents)
    }

    /// In what a document stood before it was written anew, the first first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sent_before(&self, document: i64) -> Result<Vec<SentBefore>> {
        let query = sqlx::query(concat!(sent_before!(), " WHERE s.document = $1 ORDER BY s.attempt")).bind(document);
        query.fetch_all(&self.reads).await?.iter().map(sent_before).collect()
    }

    /// What stood in a delivery and was written anew since.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn written_anew(&self, delivery: i64) -> Result<Vec<SentBefore>> {
        let query = sqlx::query(concat!(sent_before!(), " WHERE s.delivery = $1 ORDER BY s.document")).bind(delivery);
        query.fetch_all(&self.reads).await?.iter().map(sent_before).collect()
    }

    async fn sent(
        &self,
        statement: &'static str,
        partner: &str,
        number: u32,
        keys: &NumberKeys,
    ) -> Result<Vec<Delivery>> {
        let query = sqlx::query(statement).bind(partner).bind(number);
        let query = query.bind(&keys.usage).bind(&keys.ours).bind(&keys.theirs);
        let mut found = Vec::new();
        for row in query.fetch_all(&self.reads).await? {
            found.extend(self.delivery(row.get(0)).await?);
        }
        Ok(found)
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

    /// How many objects of the ERP that came since then were given back to it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn refused_since(&self, since: Timestamp) -> Result<u64> {
        // Beside the state stands the condition of an index, word for word: else all rows are looked at.
        let statement = "SELECT count(*) FROM documents WHERE state = 'refused' \
            AND state IN ('staged', 'held', 'refused', 'queued') AND received_at >= $1";
        let count: i64 = sqlx::query(statement).bind(time(since)).fetch_one(&self.reads).await?.get(0);
        Ok(count.unsigned_abs())
    }
}

pub(super) fn not_taken(row: &SqliteRow) -> Result<NotTaken> {
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
        let mut all = diagnostics(before.as_deref());
        all.extend(answered.diagnostics.iter().cloned());
        let statement = "UPDATE attempts SET diagnostics = $3 WHERE document = $1 AND number = $2";
        let query = sqlx::query(statement).bind(id).bind(attempt).bind(diagnostics_text(&all));
        query.execute(&mut *db).await?;
        insert_findings(db, findings(payload, id, &answered.diagnostics).into_iter()).await?;
    }
    for ((document, delivery), SaidOf { answer, diagnostics }) in &answered.documents {
        // What a partner did not take is not with them, whatever was delivered.
        let statement = "UPDATE documents SET answer = $2, answered_by = $3, answer_diagnostics = $4, version = version + 1, \
            state = CASE WHEN $2 = 'rejected' AND state IN ('delivered', 'queued', 'held') THEN 'rejected' ELSE state END \
            WHERE id = $1 AND delivery = $5 RETURNING payload";
        let with = |statement: &'static str| {
            let query = sqlx::query(statement).bind(document).bind(answer.word()).bind(id);
            query.bind(diagnostics_text(diagnostics)).bind(delivery)
        };
        if let Some(row) = with(statement).fetch_optional(&mut *db).await? {
            insert_findings(db, findings(row.get(0), *document, diagnostics).into_iter()).await?;
            continue;
        }
        // It is said of what went out before it was written anew.
        let statement = "UPDATE sent_before SET answer = $2, answered_by = $3, answer_diagnostics = $4 \
            WHERE document = $1 AND delivery = $5";
        with(statement).execute(&mut *db).await?;
    }
    for (delivery, answer) in &answered.groups {
        let statement =
            "UPDATE deliveries SET answer = $2 WHERE id = $1 AND answer IN ('waiting', 'partially_accepted')";
        sqlx::query(statement).bind(delivery).bind(answer.word()).execute(&mut *db).await?;
    }
    // Who answers it has it, whether or not we saw how it was taken, or heard whether it was put.
    let of_groups = answered.groups.iter().map(|(delivery, _)| delivery);
    for delivery in of_groups.chain(answered.interchange.as_ref().map(|(delivery, _)| delivery)) {
        let statement = "UPDATE deliveries SET state = 'delivered', delivered_at = $2, putting = 0, failing_since = NULL, \
            diagnostics = NULL, version = version + 1 \
            WHERE id = $1 AND (state = 'placed' OR state IN ('waiting', 'held') AND putting)";
        let query = sqlx::query(statement).bind(delivery).bind(time(answered.at));
        if query.execute(&mut *db).await?.rows_affected() > 0 {
            super::outgoing::documents_delivered(db, *delivery).await?;
        }
    }
    if let Some((delivery, said)) = &answered.interchange {
        let statement = "UPDATE deliveries SET interchange_answer = $2 WHERE id = $1";
        let query = sqlx::query(statement).bind(delivery).bind(said);
        query.execute(&mut *db).await?;
    }
    Ok(Applied::Done(id))
}
