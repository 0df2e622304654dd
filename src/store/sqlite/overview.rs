//! What is read for a look at the whole: who changed what, how much waits, what is held and why.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::answers::not_taken;
use super::row::{time, timestamp};
use crate::store::{AuditEntry, AuditFilter, Counts, HeldGroup, Store, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// The code of the first error among the diagnostics of a column, else of the first warning.
macro_rules! worst {
    ($column:literal) => {
        concat!(
            "coalesce((SELECT json_extract(value, '$.code') FROM json_each(",
            $column,
            ") WHERE json_extract(value, '$.severity') IN ('error', 'warning') \
             ORDER BY json_extract(value, '$.severity'), key LIMIT 1), '')"
        )
    };
}

impl Store {
    /// How many documents of a payload are in which state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn document_states(&self, payload: i64) -> Result<Vec<(String, i64)>> {
        let statement = "SELECT state, count(*) FROM documents WHERE payload = $1 GROUP BY state ORDER BY state";
        let rows = sqlx::query(statement).bind(payload).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Sender and ISA13 of interchanges of a payload of which nothing went on, each with the last other payload of which one of the
    /// same number did.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn interchanges_read(&self, payload: i64, limit: u32) -> Result<Vec<(String, String, Option<i64>)>> {
        let statement = "SELECT sender, control_number, (SELECT max(taken.payload) FROM interchanges AS taken \
            WHERE taken.control_number = read.control_number AND taken.sender = read.sender AND taken.payload <> read.payload) \
            FROM interchanges_read AS read WHERE payload = $1 ORDER BY control_number LIMIT $2";
        let rows = sqlx::query(statement).bind(payload).bind(limit).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }

    /// What is held, by partner and the code of its first error: payloads that are held whole, then documents.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn held(&self) -> Result<Vec<HeldGroup>> {
        // Beside the state stands the condition of an index, word for word: else all rows are looked at.
        let payloads = concat!(
            "SELECT coalesce(partner, mailbox), ",
            worst!("diagnostics"),
            ", count(*), min(received_at), CASE WHEN direction = 'in' AND partner <> mailbox THEN mailbox END AS lay_in FROM payloads \
             WHERE state = 'held' AND state <> 'translated' GROUP BY 1, 2, lay_in ORDER BY 1, 2, lay_in"
        );
        let documents = concat!(
            "SELECT coalesce(t.partner, ''), CASE WHEN t.direction = 'out' AND coalesce(a.diagnostics, '') NOT LIKE '%\"severity\":\"error\"%' THEN '' ELSE ",
            worst!("a.diagnostics"),
            " END, count(*), min(t.received_at), NULL FROM documents AS t \
             JOIN attempts AS a ON a.document = t.id AND a.number = t.attempt \
             WHERE t.state = 'held' AND t.state IN ('staged', 'held', 'refused', 'queued') GROUP BY 1, 2 ORDER BY 1, 2"
        );
        let mut groups = Vec::new();
        for (kind, statement) in [("payload", payloads), ("document", documents)] {
            for row in sqlx::query(statement).fetch_all(&self.reads).await? {
                let some = |text: String| Some(text).filter(|text| !text.is_empty());
                let (partner, code) = (some(row.get(0)), some(row.get(1)));
                let (count, oldest, mailbox) = (row.get(2), timestamp(row.get(3))?, row.get(4));
                groups.push(HeldGroup { kind, partner, mailbox, code, count, oldest });
            }
        }
        Ok(groups)
    }

    /// The newest entries of the audit record that the filter takes, newest first; only those before the one with the id `behind`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit(&self, filter: &AuditFilter, behind: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
        let AuditFilter { begin, others, subject, partner, by, since, until } = filter;
        let mut query = QueryBuilder::new("SELECT id, at, by, command, subject, why FROM audit WHERE (substr(by, 1, ");
        query.push_bind(begin.chars().count() as i64).push(") = ").push_bind(begin).push(") <> ").push_bind(*others);
        for (condition, text) in [(" AND subject = ", subject), (" AND by = ", by)] {
            if let Some(text) = text {
                query.push(condition).push_bind(text);
            }
        }
        let bounds = [(" AND id < ", behind), (" AND at >= ", since.map(time)), (" AND at < ", until.map(time))];
        for (condition, bound) in bounds {
            if let Some(bound) = bound {
                query.push(condition).push_bind(bound);
            }
        }
        if let Some(partner) = partner {
            query.push(" AND (subject = ").push_bind(format!("partner {partner}"));
            query.push(" OR subject GLOB ").push_bind(format!("sequence * of {partner} next *"));
            for (kind, whose) in [("payload", "partner, mailbox"), ("document", "partner"), ("delivery", "partner")] {
                let (rows, id) =
                    (if kind == "delivery" { "deliveries".to_owned() } else { format!("{kind}s") }, kind.len() + 2);
                query.push(format!(
                    " OR (subject GLOB '{kind} *' AND EXISTS (SELECT 1 FROM {rows} AS t \
                     WHERE t.id = CAST(substr(audit.subject, {id}) AS INTEGER) AND "
                ));
                query.push_bind(partner).push(format!(" IN ({whose})))"));
            }
            query.push(")");
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        let rows = query.build().fetch_all(&self.reads).await?;
        let entry = |row: &SqliteRow| {
            Ok(AuditEntry {
                id: row.get(0),
                at: timestamp(row.get(1))?,
                by: row.get(2),
                command: row.get(3),
                subject: row.get(4),
                why: row.get(5),
            })
        };
        rows.iter().map(entry).collect()
    }

    /// How much there is at `now` of what waits or is held. What is done is not counted, since there may be millions.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn counts(&self, now: Timestamp) -> Result<Counts> {
        let of = |rows: Vec<SqliteRow>| rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(String, i64)>>();
        let payloads = "SELECT state, count(*) FROM payloads WHERE state <> 'translated' GROUP BY state";
        let documents = "SELECT state, count(*) FROM documents \
            WHERE state IN ('staged', 'held', 'refused', 'queued') GROUP BY state";
        let deliveries = "SELECT state, count(*) FROM deliveries WHERE state IN ('collecting', 'waiting', 'placed', 'held') GROUP BY state";
        let cursors = sqlx::query("SELECT subscriber, sequence, repeated FROM cursors").fetch_all(&self.reads).await?;
        let last = sqlx::query("SELECT coalesce(max(sequence), 0) FROM events").fetch_one(&self.reads).await?;
        let oldest = sqlx::query("SELECT min(received_at) FROM payloads WHERE state = 'received'");
        let oldest: Option<i64> = oldest.fetch_one(&self.reads).await?.get(0);
        let rejected = "SELECT count(*) FROM documents WHERE state = 'rejected' AND direction = 'out'";
        let overdue =
            "SELECT count(*) FROM deliveries WHERE answer = 'waiting' AND answer_due <= $1 AND state = 'delivered'";
        Ok(Counts {
            not_taken: sqlx::query(rejected).fetch_one(&self.reads).await?.get(0),
            overdue: sqlx::query(overdue).bind(time(now)).fetch_one(&self.reads).await?.get(0),
            payloads: of(sqlx::query(payloads).fetch_all(&self.reads).await?),
            documents: of(sqlx::query(documents).fetch_all(&self.reads).await?),
            deliveries: of(sqlx::query(deliveries).fetch_all(&self.reads).await?),
            last_event: last.get(0),
            cursors: cursors.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
            to_fetch: sqlx::query(TO_FETCH)
                .fetch_all(&self.reads)
                .await?
                .iter()
                .map(not_taken)
                .collect::<Result<_>>()?,
            oldest_waiting: oldest.map(timestamp).transpose()?,
        })
    }
}

/// The states of the index: without them it would not be used.
const TO_FETCH: &str = "SELECT partner, count(*), min(created_at) FROM deliveries \
    WHERE state = 'placed' AND state IN ('collecting', 'waiting', 'placed', 'held') GROUP BY partner ORDER BY partner";

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Row, SqliteConnection};

    use super::super::plan;

    #[tokio::test]
    async fn what_is_to_be_fetched_is_found_without_going_through_the_record() {
        let (folder, database) = plan::record("to-fetch").await;
        let steps = plan::steps(&database, super::TO_FETCH).await;
        assert!(steps.iter().any(|step| step.contains("USING INDEX deliveries_open")), "{steps:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    use super::super::row::diagnostics_text;
    use crate::diagnostic::{Diagnostic, Place, Severity, codes};

    /// What a partner may have written in the middle of it.
    const TEXT: &str =
        "it says \"x12.own\",\"severity\":\"error\", and {\"code\":\"x12.own\",\"severity\":\"error\" \u{e4}";

    /// The code that the record tells for these diagnostics.
    async fn worst(found: &[Diagnostic]) -> String {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let statement = concat!("SELECT ", worst!("found"), " FROM (SELECT $1 AS found)");
        sqlx::query(statement).bind(diagnostics_text(found)).fetch_one(&mut db).await.unwrap().get(0)
    }

    #[tokio::test]
    async fn the_first_error_is_the_worst_else_the_first_warning() {
        let said = |code, severity| Diagnostic { severity, ..Diagnostic::new(code, TEXT, Place::Nowhere) };
        let warning = said(codes::MAPPING_DIFFERENCE, Severity::Warning);
        assert_eq!(worst(&[]).await, "");
        assert_eq!(worst(&[said(codes::MAPPING_DIFFERENCE, Severity::Note)]).await, "");
        assert_eq!(worst(std::slice::from_ref(&warning)).await, codes::MAPPING_DIFFERENCE.name());
        // The longest too, and behind what is longer than it.
        for code in codes::ALL {
            let error = said(*code, Severity::Error);
            assert_eq!(worst(std::slice::from_ref(&error)).await, code.name());
            assert_eq!(worst(&[warning.clone(), error, warning.clone()]).await, code.name());
        }
    }
}
