//! Deliveries that collect documents: begun with the first, joined by others, closed and made when they have what they wait
//! for.
//!
//! A delivery that is due takes no more. Whoever writes what it collected says of which version: a document that came or left
//! meanwhile makes that stale, and it is written anew.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use super::apply::{record, whole};
use super::documents::{findings, insert_attempts, insert_findings};
use super::outgoing::{Given, Leaving, Made, insert_deliveries, make};
use super::read::latest;
use super::receive::insert_contents;
use super::records;
use super::row::time;
use crate::lifecycle::DocumentState;
use crate::store::{self, Applied, Audit, ClosedDocument, Closing, Collect, Kept, Store, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// What is due, and what was begun by a clock that was ahead and would wait until then: in the order of the index, so that not all
/// deliveries are gone through.
pub(super) const COLLECTED: &str = "SELECT id FROM deliveries WHERE state = 'collecting' \
    AND (due_at <= $1 OR created_at > $2) ORDER BY due_at, id";

impl Store {
    /// Deliveries that collect documents and are due, those that are due first first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn collected(&self, now: Timestamp) -> Result<Vec<i64>> {
        let rows = sqlx::query(COLLECTED).bind(time(now)).bind(time(latest(now))).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Does a delivery collect documents of such canonical objects for a partner?
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn is_collected(&self, partner: &str, canonical_type: &str) -> Result<bool> {
        Ok(is_collected(&self.reads, partner, canonical_type).await?)
    }

    /// The delivery to a partner that a document like `x12/004010/940` would join.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn joined(&self, partner: &str, document: &str, how: &Collect, at: Timestamp) -> Result<Option<i64>> {
        let open = open(&self.reads, (partner, document), how, at).await?;
        Ok(open.filter(|open| open.has_room).map(|open| open.id))
    }
}

/// Does a delivery collect documents of such canonical objects for a partner, as long as nobody closes it?
pub(super) async fn is_collected(
    db: impl SqliteExecutor<'_>,
    partner: &str,
    canonical_type: &str,
) -> std::result::Result<bool, sqlx::Error> {
    let statement = "SELECT 1 FROM deliveries WHERE state = 'collecting' AND partner = $1 \
        AND EXISTS (SELECT 1 FROM documents WHERE delivery = deliveries.id AND type = $2) LIMIT 1";
    let query = sqlx::query(statement).bind(partner).bind(canonical_type);
    Ok(query.fetch_optional(db).await?.is_some())
}

/// What a delivery collects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of<'a> {
    /// The payload for which it is begun.
    pub(super) payload: i64,
    pub(super) partner: &'a str,
    pub(super) document: &'a str,
    pub(super) canonical_type: Option<&'a str>,
}

/// A delivery that collects documents, and what it has.
struct Open {
    id: i64,
    count: i64,
    bytes: i64,
    /// Is there room for one more?
    has_room: bool,
}

/// The delivery that collects such documents for a partner now.
async fn open(
    db: impl SqliteExecutor<'_>,
    (partner, document): (&str, &str),
    how: &Collect,
    at: Timestamp,
) -> std::result::Result<Option<Open>, sqlx::Error> {
    let statement = "SELECT id, collected, collected_bytes FROM deliveries WHERE state = 'collecting' AND partner = $1 \
        AND collects = $2 AND due_at > $3 AND created_at <= $4 ORDER BY id DESC LIMIT 1";
    let query = sqlx::query(statement).bind(partner).bind(document).bind(time(at)).bind(time(latest(at)));
    Ok(query.fetch_optional(db).await?.map(|row| {
        let (count, bytes): (i64, i64) = (row.get(1), row.get(2));
        let is_too_long = bytes.saturating_add(whole(how.written)) > whole(how.bytes);
        Open { id: row.get(0), count, bytes, has_room: count < i64::from(how.documents) && !is_too_long }
    }))
}

/// Puts one more document into the delivery that collects such, which is begun where there is none with room.
pub(super) async fn collect(db: &mut SqliteConnection, of: Of<'_>, collect: &Collect, at: Timestamp) -> Result<Given> {
    let mut found = open(&mut *db, (of.partner, of.document), collect, at).await?;
    if let Some(full) = found.take_if(|open| !open.has_room) {
        let statement = "UPDATE deliveries SET due_at = $2 WHERE id = $1";
        sqlx::query(statement).bind(full.id).bind(time(at)).execute(&mut *db).await?;
    }
    let (id, count, bytes) = match found {
        Some(open) => (open.id, open.count, open.bytes),
        None => (begin(db, of, collect, at).await?, 0, 0),
    };
    let (count, bytes) = (count + 1, bytes.saturating_add(whole(collect.written)));
    let is_full = count >= i64::from(collect.documents) || bytes >= whole(collect.bytes);
    let statement = "UPDATE deliveries SET collected = $2, collected_bytes = $3, due_at = min(due_at, $4), \
        version = version + 1 WHERE id = $1 RETURNING due_at";
    let until = if is_full { at } else { collect.until };
    let query = sqlx::query(statement).bind(id).bind(count).bind(bytes).bind(time(until));
    let due_at: i64 = query.fetch_one(&mut *db).await?.get(0);
    // What was collected of such objects as another document, before the partner's entry changed, goes before it.
    let statement = "UPDATE deliveries SET due_at = min(due_at, $1) WHERE state = 'collecting' AND partner = $2 AND id < $3 \
        AND EXISTS (SELECT 1 FROM documents WHERE delivery = deliveries.id AND type = $4)";
    let query = sqlx::query(statement).bind(due_at).bind(of.partner).bind(id).bind(of.canonical_type);
    query.execute(&mut *db).await?;
    Ok(Given { id, number: None, group: None })
}

async fn begin(db: &mut SqliteConnection, of: Of<'_>, collect: &Collect, at: Timestamp) -> Result<i64> {
    // Its bytes are kept when it is made; a delivery always has some.
    let content = insert_contents(db, &[Kept::inline(b"")]).await?.pop();
    let statement = "INSERT INTO deliveries (kind, partner, payload, file_name, content, collects, state, due_at, created_at) \
        VALUES ('interchange', $1, $2, '', $3, $4, 'collecting', $5, $6)";
    let query = sqlx::query(statement)
        .bind(of.partner)
        .bind(of.payload)
        .bind(content)
        .bind(of.document)
        .bind(time(collect.until))
        .bind(time(at));
    Ok(query.execute(&mut *db).await?.last_insert_rowid())
}

/// Makes a delivery of what it collected, or several where one file has no room for all.
pub(super) async fn close(db: &mut SqliteConnection, closing: &Closing) -> Result<Applied> {
    let store::Row { id, version } = closing.delivery;
    let statement = "SELECT partner, payload FROM deliveries WHERE id = $1 AND version = $2 AND state = 'collecting'";
    let Some(row) = sqlx::query(statement).bind(id).bind(version).fetch_optional(&mut *db).await? else {
        return Ok(Applied::Stale);
    };
    let (partner, payload): (String, i64) = (row.get(0), row.get(1));
    let outgoing = || closing.documents.iter().map(|document| (partner.as_str(), &document.outgoing));
    if !records::are_as_written(db, outgoing()).await? {
        return Ok(Applied::Outdated);
    }
    let leaving = closing.made.iter().map(|delivery| Leaving { payload, delivery, at: closing.at });
    let leaving: Vec<Leaving<'_>> = leaving.collect();
    let mut given = Vec::new();
    if let Some((first, others)) = leaving.split_first() {
        given.extend(fill(db, id, *first).await?);
        given.extend(insert_deliveries(db, others).await?);
    } else {
        let statement = "UPDATE deliveries SET state = 'discarded' WHERE id = $1";
        sqlx::query(statement).bind(id).execute(&mut *db).await?;
    }
    for document in &closing.documents {
        closed(db, document, &partner, &given).await?;
    }
    let statement = "UPDATE deliveries SET version = version + 1, (collected, collected_bytes) = \
        (SELECT count(*), coalesce(sum(written_bytes), 0) FROM documents WHERE delivery = $1) WHERE id = $1";
    sqlx::query(statement).bind(id).execute(&mut *db).await?;
    Ok(Applied::Done(id))
}

/// A delivery that collected documents is made.
async fn fill(db: &mut SqliteConnection, id: i64, leaving: Leaving<'_>) -> Result<Option<Given>> {
    let Some(Made { content, file_name, number, group, answer, answer_due, answer_within }) =
        make(db, &[leaving]).await?.pop()
    else {
        return Ok(None);
    };
    let statement = "UPDATE deliveries SET state = 'waiting', file_name = $2, done_file = $3, content = $4, \
        interchange_number = $5, group_number = $6, answer = $7, answer_due = $8, due_at = $9, created_at = $9, \
        answer_within = $10, ours = $11, theirs = $12, usage = $13 WHERE id = $1";
    let query = sqlx::query(statement)
        .bind(id)
        .bind(file_name)
        .bind(&leaving.delivery.done_file)
        .bind(content)
        .bind(number)
        .bind(group)
        .bind(answer)
        .bind(answer_due)
        .bind(time(leaving.at))
        .bind(answer_within);
    leaving.delivery.sent_as().into_iter().fold(query, |query, part| query.bind(part)).execute(&mut *db).await?;
    Ok(Some(Given { id, number, group }))
}

/// A document goes out with a delivery, or is held.
async fn closed(db: &mut SqliteConnection, document: &ClosedDocument, partner: &str, given: &[Given]) -> Result<()> {
    let (id, place) = (document.id, document.place.and_then(|(index, number)| Some((given.get(index)?, number))));
    let statement = "UPDATE documents SET state = $2, delivery = $3, interchange_number = $4, group_number = $5, \
        set_number = $6, answer = $7, attempt = attempt + $8, version = version + 1 WHERE id = $1 RETURNING attempt, payload";
    let state = if place.is_some() { DocumentState::Queued } else { DocumentState::Held };
    let query = sqlx::query(statement)
        .bind(id)
        .bind(state.word())
        .bind(place.map(|(given, _)| given.id))
        .bind(place.and_then(|(given, _)| Some(given.number?.to_string())))
        .bind(place.and_then(|(given, _)| Some(given.group?.to_string())))
        .bind(place.map(|(_, number)| format!("{number:04}")))
        .bind(place.map(|_| "waiting"))
        .bind(i64::from(document.attempt.is_some()));
    let row = query.fetch_one(&mut *db).await?;
    if let Some(attempt) = &document.attempt {
        let payload: i64 = row.get(1);
        insert_attempts(db, &[(id, row.get(0), attempt)]).await?;
        let statement = "DELETE FROM findings WHERE payload = $1 AND document = $2";
        sqlx::query(statement).bind(payload).bind(id).execute(&mut *db).await?;
        insert_findings(db, findings(payload, id, &attempt.diagnostics).into_iter()).await?;
    }
    records::await_nothing(db, id).await?;
    records::keep(db, id, Some(partner), &document.outgoing).await
}

/// A person takes a document out of the delivery that collects it; one without documents is not made.
pub(super) async fn leave(
    db: &mut SqliteConnection,
    store::Row { id, version }: store::Row,
    state: DocumentState,
    audit: &Audit,
) -> Result<Applied> {
    let statement = "SELECT delivery, written_bytes FROM documents WHERE id = $1 AND version = $2 \
        AND delivery IN (SELECT id FROM deliveries WHERE state = 'collecting')";
    let Some(row) = sqlx::query(statement).bind(id).bind(version).fetch_optional(&mut *db).await? else {
        return Ok(Applied::Stale);
    };
    let statement = "UPDATE documents SET state = $2, delivery = NULL, version = version + 1 WHERE id = $1";
    sqlx::query(statement).bind(id).bind(state.word()).execute(&mut *db).await?;
    let (delivery, bytes): (i64, Option<i64>) = (row.get(0), row.get(1));
    let statement = "UPDATE deliveries SET collected = collected - 1, collected_bytes = collected_bytes - $2, \
        state = CASE WHEN collected = 1 THEN 'discarded' ELSE state END, version = version + 1 WHERE id = $1";
    sqlx::query(statement).bind(delivery).bind(bytes.unwrap_or_default()).execute(&mut *db).await?;
    record(db, audit, &format!("document {id}")).await?;
    Ok(Applied::Done(id))
}
