//! What the ERP has of partners' documents, looked through for one that is to be published late.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

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
/// The newest object of a type that the ERP has, whatever its number, and of the same warehouse as far as both name one.
const NEWEST: &str = "t.payload > $1 AND t.partner = $2 AND t.type = $3 AND t.lane = $4 AND t.direction = 'in' \
    AND t.state <> 'staged' AND t.event IS NOT NULL AND coalesce(t.identity = $5, true) ORDER BY t.payload DESC, t.position DESC LIMIT 1";

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
        let statement = format!("{DOCUMENT} WHERE {SAME}");
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(new.business_number)
            .bind(new.partner)
            .bind(new.canonical_type)
            .bind(new.lane)
            .bind(new.payload)
            .bind(canonical);
        one(query.fetch_optional(&self.reads).await?)
    }

    /// The newest document of its number that the ERP has, came behind it, and took its place: it says that it does, or the partner
    /// was told that this one is rejected.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published_in_its_place(&self, new: &Publishing<'_>) -> Result<Option<Document>> {
        let statement = format!("{DOCUMENT} WHERE {BEHIND}");
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(new.business_number)
            .bind(new.partner)
            .bind(new.canonical_type)
            .bind(new.lane)
            .bind(new.payload)
            .bind(new.position)
            .bind(new.told)
            .bind(new.identity);
        one(query.fetch_optional(&self.reads).await?)
    }

    /// The newest document of its partner, type and identity that the ERP has and that came in a later payload.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published_behind(&self, new: &Publishing<'_>) -> Result<Option<Document>> {
        let statement = format!("{DOCUMENT} WHERE {NEWEST}");
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(new.payload)
            .bind(new.partner)
            .bind(new.canonical_type)
            .bind(new.lane)
            .bind(new.identity);
        one(query.fetch_optional(&self.reads).await?)
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
        for (condition, index) in [
            (SAME, "documents_by_business_number (business_number=? AND partner=? AND type=?"),
            (BEHIND, "documents_by_business_number (business_number=? AND partner=? AND type=?"),
            (NEWEST, "sqlite_autoindex_documents_1 (payload>?)"),
        ] {
            let steps = plan::steps(&database, &format!("{DOCUMENT} WHERE {condition}")).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{condition}: {steps:#?}");
            assert!(!steps.iter().any(|step| step.contains("SCAN")), "{condition}: {steps:#?}");
        }
        let steps = plan::steps(&database, INSTEAD).await;
        assert!(steps.iter().any(|step| step.contains("events_by_supersedes (supersedes=?)")), "{steps:#?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
