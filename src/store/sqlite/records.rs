//! What documents recall from the record, and the numbers of our own that they are given.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::apply::{record, whole};
use crate::store::{Applied, NextInSequence, Outgoing, Recalled, Recorded, Sequence, Store, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Is a row of `documents` called `known` one that went on, so that others may recall it?
macro_rules! on_record {
    () => {
        "known.state IN ('published', 'queued', 'delivered')"
    };
}

/// Documents that wait for a record that is there by now. Few wait: the crossed joins have them looked at first, for else, where
/// statistics say nothing of so few, the database goes through all documents there are.
const FOUND_AGAIN: &str = concat!(
    "SELECT DISTINCT t.id FROM awaited CROSS JOIN documents AS t ON t.id = awaited.document AND t.state = 'held' \
     CROSS JOIN documents AS known ON known.business_number = awaited.number AND known.partner = t.partner \
     AND known.type = awaited.type AND known.lane = t.lane AND known.id <> t.id \
     JOIN attempts AS a ON a.document = known.id AND a.number = known.attempt AND a.canonical IS NOT NULL WHERE ",
    on_record!(),
    " ORDER BY t.id"
);

impl Store {
    /// The newest object of this type and partner on record that has one of these business numbers: one that went on, and
    /// was not rejected. Not that of the document `except`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn recorded(
        &self,
        (partner, lane): (&str, &str),
        canonical_type: &str,
        numbers: &[&str],
        except: Option<i64>,
    ) -> Result<Option<Recorded>> {
        if numbers.is_empty() {
            return Ok(None);
        }
        let mut query = newest((partner, lane), canonical_type, numbers, except);
        let row = query.build().fetch_optional(&self.reads).await?;
        Ok(row.map(|row| Recorded { document: row.get(0), attempt: row.get(1), canonical: row.get(2) }))
    }

    /// Documents that are held for what they recall, of which something has come.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn found_again(&self) -> Result<Vec<i64>> {
        let rows = sqlx::query(FOUND_AGAIN).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// The numbers of sequences that a document has, by the sequences' names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn own_numbers(&self, document: i64) -> Result<Vec<(String, u64)>> {
        let statement = "SELECT sequence, number FROM own_numbers WHERE document = $1 ORDER BY sequence";
        let rows = sqlx::query(statement).bind(document).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get::<i64, _>(1).unsigned_abs())).collect())
    }

    /// The numbers to give next in all sequences of which one was given or set.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sequences(&self) -> Result<Vec<Sequence>> {
        let statement = "SELECT partner, name, next FROM sequences ORDER BY partner, name";
        let rows = sqlx::query(statement).fetch_all(&self.reads).await?;
        let one = |row: &sqlx::sqlite::SqliteRow| Sequence {
            partner: row.get(0),
            name: row.get(1),
            next: row.get::<i64, _>(2).unsigned_abs(),
        };
        Ok(rows.iter().map(one).collect())
    }

    /// The number to give next in a sequence of a partner.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_in_sequence(&self, partner: &str, name: &str) -> Result<u64> {
        let query = sqlx::query(NEXT).bind(partner).bind(name);
        Ok(query.fetch_optional(&self.reads).await?.map_or(FIRST, |row| row.get::<i64, _>(0).unsigned_abs()))
    }
}

/// The newest object on record, as [`Store::recorded`] has it.
fn newest(
    (partner, lane): (&str, &str),
    canonical_type: &str,
    numbers: &[impl AsRef<str>],
    except: Option<i64>,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(concat!(
        "SELECT known.id, known.attempt, a.canonical FROM documents AS known \
         JOIN attempts AS a ON a.document = known.id AND a.number = known.attempt WHERE ",
        on_record!()
    ));
    query.push(" AND a.canonical IS NOT NULL AND known.partner = ").push_bind(partner.to_owned());
    query.push(" AND known.lane = ").push_bind(lane.to_owned());
    query.push(" AND known.type = ").push_bind(canonical_type.to_owned());
    query.push(" AND known.id IS NOT ").push_bind(except).push(" AND known.business_number IN (");
    let mut list = query.separated(", ");
    for number in numbers {
        list.push_bind(number.as_ref().to_owned());
    }
    query.push(") ORDER BY known.payload DESC, known.position DESC LIMIT 1");
    query
}

const NEXT: &str = "SELECT next FROM sequences WHERE partner = $1 AND name = $2";
/// The first number of a sequence.
const FIRST: u64 = 1;

/// Are the numbers with which documents to these partners were written, in their order, still the next ones, and is what they
/// recall still the newest?
pub(super) async fn are_as_written<'n>(
    db: &mut SqliteConnection,
    documents: impl Iterator<Item = (&'n str, &'n Outgoing)>,
) -> Result<bool> {
    let mut next: HashMap<(&str, &str), u64> = HashMap::new();
    for (partner, outgoing) in documents {
        for (sequence, number) in &outgoing.numbers {
            let key = (partner, sequence.as_str());
            let expected = match next.get(&key) {
                Some(next) => *next,
                None => next_number(db, partner, sequence).await?,
            };
            if expected != *number {
                return Ok(false);
            }
            next.insert(key, expected + 1);
        }
        for Recalled { partner, lane, canonical_type, numbers, except, found } in &outgoing.recalled {
            let mut query = newest((partner, lane), canonical_type, numbers, *except);
            let now = query.build().fetch_optional(&mut *db).await?;
            if now.map(|row| (row.get(0), row.get(1))) != Some(*found) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

async fn next_number(db: &mut SqliteConnection, partner: &str, sequence: &str) -> Result<u64> {
    let query = sqlx::query(NEXT).bind(partner).bind(sequence);
    Ok(query.fetch_optional(&mut *db).await?.map_or(FIRST, |row| row.get::<i64, _>(0).unsigned_abs()))
}

pub(super) async fn set_number(db: &mut SqliteConnection, set: &NextInSequence) -> Result<Applied> {
    let NextInSequence { partner, name, next, again, audit } = set;
    if !again && *next < next_number(db, partner, name).await? {
        return Ok(Applied::NumberGiven);
    }
    keep_number(db, partner, name, *next).await?;
    record(db, audit, &format!("sequence {name} of {partner} next {next}")).await?;
    Ok(Applied::Done(0))
}

async fn keep_number(db: &mut SqliteConnection, partner: &str, sequence: &str, next: u64) -> Result<()> {
    let statement = "INSERT INTO sequences (partner, name, next) VALUES ($1, $2, $3) \
        ON CONFLICT (partner, name) DO UPDATE SET next = $3";
    sqlx::query(statement).bind(partner).bind(sequence).bind(whole(next)).execute(&mut *db).await?;
    Ok(())
}

/// Keeps the numbers that a document is given, and what it waits for.
pub(super) async fn keep(
    db: &mut SqliteConnection,
    document: i64,
    partner: Option<&str>,
    outgoing: &Outgoing,
) -> Result<()> {
    for (sequence, number) in &outgoing.numbers {
        keep_number(db, partner.unwrap_or_default(), sequence, number + 1).await?;
        let statement = "INSERT INTO own_numbers (document, sequence, number) VALUES ($1, $2, $3)";
        sqlx::query(statement).bind(document).bind(sequence).bind(whole(*number)).execute(&mut *db).await?;
    }
    for (canonical_type, number) in &outgoing.awaits {
        let statement = "INSERT OR IGNORE INTO awaited (document, type, number) VALUES ($1, $2, $3)";
        sqlx::query(statement).bind(document).bind(canonical_type).bind(number).execute(&mut *db).await?;
    }
    Ok(())
}

/// A document waits for nothing any more.
pub(super) async fn await_nothing(db: &mut SqliteConnection, document: i64) -> Result<()> {
    sqlx::query("DELETE FROM awaited WHERE document = $1").bind(document).execute(&mut *db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, SqliteConnection};

    use super::super::plan;
    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_record_is_looked_up_without_going_through_all_documents() {
        let (folder, database) = plan::record("found-again").await;
        let mut db = SqliteConnection::connect(&database).await.unwrap();
        // As it is with a million documents, of which none waits: of an empty table the statistics say nothing.
        let statistics = "ANALYZE; INSERT INTO sqlite_stat1 VALUES ('documents', 'documents_by_business_number', '1000000 1 1 1'), \
            ('documents', 'sqlite_autoindex_documents_1', '1000000 1 1'), ('documents', 'documents_by_state', '0 0 0'), \
            ('attempts', 'attempts', '1000000 1 1')";
        sqlx::query(statistics).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        let steps = plan::steps(&database, FOUND_AGAIN).await;
        assert!(steps.iter().all(|step| !step.contains("SCAN") || step.contains("SCAN awaited")), "{steps:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
