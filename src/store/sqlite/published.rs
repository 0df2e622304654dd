//! What the ERP has of partners' documents, looked through for one that is to be published late.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row, Sqlite};

use super::read::{DOCUMENT, document};
use crate::store::{Document, Interchange, Publishing, Store, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Documents of this number that the ERP has, in the order of the index of business numbers.
macro_rules! of_number {
    () => {
        "t.business_number = $1 AND t.partner = $2 AND t.type = $3 AND t.lane = $4 AND t.direction = 'in' \
         AND t.state <> 'staged' AND t.event IS NOT NULL AND "
    };
}

/// The newest of them that says the very same.
const SAME: &str =
    concat!(of_number!(), "t.payload <> $5 AND a.canonical = $6 ORDER BY t.payload DESC, t.position DESC LIMIT 1");
/// The newest of them that came behind it and took the place of what came before.
const BEHIND: &str = concat!(
    of_number!(),
    "(t.payload, t.position) > ($5, $6) AND (t.replaces OR $7 AND t.payload > $5) AND coalesce(t.identity = $8, true) \
     ORDER BY t.payload DESC, t.position DESC LIMIT 1"
);
/// Of each identity the newest object of a type that the ERP has, whatever its number; the newest of all first.
const NEWEST: &str = "SELECT id, max(payload << 32 | position) FROM documents WHERE payload > $1 AND partner = $2 AND type = $3 \
    AND lane = $4 AND direction = 'in' AND state <> 'staged' AND event IS NOT NULL GROUP BY identity ORDER BY 2 DESC";

/// The newest event in the place of another one, of another document.
const INSTEAD: &str =
    "SELECT document FROM events WHERE supersedes = $1 AND document <> $2 ORDER BY sequence DESC LIMIT 1";

impl Store {
    /// A document of another payload under whose event the ERP has the very same object.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published_the_same(&self, new: &Publishing<'_>) -> Result<Option<Document>> {
        let Some(canonical) = new.canonical else { return Ok(None) };
        let query = of_number(SAME, new).bind(canonical);
        one(query.fetch_optional(&self.reads).await?)
    }

    /// The newest document of its number that the ERP has, came behind it, and took its place: it says that it does, or the partner
    /// was told that this one is rejected.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published_in_its_place(&self, new: &Publishing<'_>) -> Result<Option<Document>> {
        let query = of_number(BEHIND, new).bind(new.position).bind(new.told).bind(new.identity);
        one(query.fetch_optional(&self.reads).await?)
    }

    /// The documents of its partner and type that the ERP has and that came in a later payload: of each identity the newest, the newest
    /// of all first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published_behind(&self, new: &Publishing<'_>) -> Result<Vec<Document>> {
        let query = sqlx::query(NEWEST).bind(new.payload).bind(new.partner).bind(new.canonical_type).bind(new.lane);
        let mut found = Vec::new();
        for row in query.fetch_all(&self.reads).await? {
            found.extend(self.document(row.get(0)).await?);
        }
        Ok(found)
    }

    /// The document whose event took the place of an event of another one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published_instead(&self, event: &str, of: i64) -> Result<Option<Document>> {
        let query = sqlx::query(INSTEAD).bind(event).bind(of);
        match query.fetch_optional(&self.reads).await? {
            Some(row) => self.document(row.get(0)).await,
            None => Ok(None),
        }
    }

    /// Was an interchange of these ids, this number and usage taken with another payload than this? Where `the_same` is asked for, with
    /// the same transaction sets.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn is_taken(&self, payload: i64, one: &Interchange, the_same: bool) -> Result<bool> {
        let statement = "SELECT 1 FROM interchanges WHERE control_number = $1 AND sender = $2 AND receiver = $3 AND usage = $4 \
            AND payload <> $5 AND (digest = $6 OR NOT $7) LIMIT 1";
        let query = sqlx::query(statement)
            .bind(&one.control_number)
            .bind(&one.sender)
            .bind(&one.receiver)
            .bind(&one.usage)
            .bind(payload)
            .bind(&one.digest[..])
            .bind(the_same);
        Ok(query.fetch_optional(&self.reads).await?.is_some())
    }
}

/// A search for documents of the number of `new`, besides its own payload; what else the condition binds comes behind.
fn of_number<'q>(condition: &str, new: &'q Publishing<'_>) -> Query<'q, Sqlite, SqliteArguments> {
    sqlx::query(AssertSqlSafe(format!("{DOCUMENT} WHERE {condition}")))
        .bind(new.business_number)
        .bind(new.partner)
        .bind(new.canonical_type)
        .bind(new.lane)
        .bind(new.payload)
}

fn one(row: Option<SqliteRow>) -> Result<Option<Document>> {
    row.as_ref().map(document).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[tokio::test]
    async fn what_the_erp_has_is_looked_up_without_going_through_the_record() {
        let (folder, database) = plan::record("published").await;
        for (statement, index) in [
            (
                format!("{DOCUMENT} WHERE {SAME}"),
                "documents_by_business_number (business_number=? AND partner=? AND type=?",
            ),
            (
                format!("{DOCUMENT} WHERE {BEHIND}"),
                "documents_by_business_number (business_number=? AND partner=? AND type=?",
            ),
            (NEWEST.to_owned(), "sqlite_autoindex_documents_1 (payload>?)"),
        ] {
            let steps = plan::steps(&database, &statement).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{statement}: {steps:#?}");
            assert!(!steps.iter().any(|step| step.contains("SCAN")), "{statement}: {steps:#?}");
        }
        let steps = plan::steps(&database, INSTEAD).await;
        assert!(steps.iter().any(|step| step.contains("events_by_supersedes (supersedes=?)")), "{steps:#?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
