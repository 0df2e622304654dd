//! What is read from the store.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row, SqlitePool};

use super::filter;
use super::row::{diagnostics, time, timestamp};
use crate::diagnostic::Severity;
use crate::lifecycle::{AnswerState, DeliveryState, DocumentState, LONGEST_WAIT, PayloadState};
use crate::store::content::{OTHER_BYTES, digest, inflate};
use crate::store::{
    Attempt, Content, ControlNumber, Delivery, Document, Event, Filter, Kinds, PartnerState, Payload, Store,
    StoreError, Window,
};

type Result<T> = std::result::Result<T, StoreError>;

const PAYLOAD: &str = "SELECT t.id, t.direction, t.mailbox, t.partner, t.file_name, t.content, c.bytes, c.sha256, \
    t.received_at, t.state, t.override, t.duplicate_of, t.diagnostics, \
    (SELECT count(*) FROM documents WHERE payload = t.id), t.version, t.broken_off, t.spool_name \
    FROM payloads AS t JOIN contents AS c ON c.id = t.content";
/// How many columns that has.
const PAYLOAD_COLUMNS: usize = 17;
/// One of a partner is staged, whatever it came to, as long as its payload is not translated: that may not go on.
pub(super) const DOCUMENT: &str = "SELECT t.id, t.payload, t.position, t.first_byte, t.end_byte, t.direction, t.lane, t.partner, \
    t.type, t.document, t.business_number, t.interchange_number, t.group_number, t.set_number, \
    CASE WHEN t.direction = 'out' OR p.state = 'translated' THEN t.state ELSE 'staged' END, t.attempt, \
    t.event, t.delivery, t.received_at, p.file_name, t.version, a.diagnostics, t.answer, CASE WHEN sent.state = 'delivered' THEN sent.answer_due END, \
    CASE WHEN t.answer <> 'waiting' THEN t.answered_by END, CASE WHEN t.answer <> 'waiting' THEN t.answer_diagnostics END, CASE WHEN sent.state = 'collecting' THEN sent.due_at END, t.identity, t.replaces FROM documents AS t JOIN payloads AS p ON p.id = t.payload \
    JOIN attempts AS a ON a.document = t.id AND a.number = t.attempt \
    LEFT JOIN deliveries AS sent ON sent.id = t.delivery";
/// In the order of the index of business numbers. Of shipments of one order none overtakes another one.
const OVERTAKING: &str = "t.business_number = $1 AND t.partner = $2 AND t.type = $3 AND (t.payload, t.position) > ($4, $5) \
    AND t.lane = $6 AND coalesce(t.identity = $7, true) AND t.delivery IS NOT $8 AND t.direction = 'out' AND t.state IN ('queued', 'delivered', 'rejected') \
    ORDER BY t.payload DESC, t.position DESC LIMIT 1";
const DELIVERY: &str = "SELECT t.id, t.kind, t.partner, t.payload, t.file_name, t.done_file, t.content, \
    t.interchange_number, t.state, t.attempts, t.due_at, t.delivered_at, t.created_at, t.diagnostics, t.version, \
    t.answer, CASE WHEN t.state = 'delivered' THEN t.answer_due END, t.interchange_answer, t.collects, t.collected, t.collected_bytes, \
    t.putting, t.failing_since, t.renaming FROM deliveries AS t";
const ATTEMPT: &str = "SELECT number, at, by, why, engine, mapping, plan, canonical, correction, diagnostics FROM attempts \
    WHERE document = $1 ORDER BY number";
const EVENTS: &str = "SELECT e.sequence, e.id, e.document, e.lane, e.partner, e.type, e.business_number, e.supersedes, \
    e.at, a.canonical FROM events AS e JOIN attempts AS a ON a.document = e.document AND a.number = e.attempt \
    WHERE e.sequence > $1 ORDER BY e.sequence LIMIT $2";

/// From one mailbox to the next: where many payloads wait, as those of a partner that is paused, none of them is gone through.
const MAILBOXES: &str = "WITH RECURSIVE waiting (mailbox) AS (\
    SELECT min(mailbox) FROM payloads WHERE state = 'received' \
    UNION ALL SELECT (SELECT min(mailbox) FROM payloads WHERE state = 'received' AND mailbox > waiting.mailbox) \
    FROM waiting WHERE waiting.mailbox IS NOT NULL) \
    SELECT mailbox FROM waiting WHERE mailbox IS NOT NULL";

/// The same from partner to partner: of each it is asked only whether there is anything that is due.
const PARTNERS_DUE: &str = "WITH RECURSIVE waiting (partner) AS (\
    SELECT min(partner) FROM deliveries WHERE state = 'waiting' \
    UNION ALL SELECT (SELECT min(partner) FROM deliveries WHERE state = 'waiting' AND partner > waiting.partner) \
    FROM waiting WHERE waiting.partner IS NOT NULL) \
    SELECT partner FROM waiting WHERE partner IS NOT NULL \
    AND partner NOT IN (SELECT name FROM partners WHERE paused_at IS NOT NULL) \
    AND EXISTS (SELECT 1 FROM deliveries AS t WHERE t.state = 'waiting' AND t.partner = waiting.partner \
    AND (t.due_at <= $1 OR t.due_at > $2))";

/// Bytes of the objects of events looked up at a time, about.
const EVENT_BYTES: usize = 8 << 20;

/// The latest time at which something that waits `now` can be due: a later one was told by a clock that was wrong.
pub(super) fn latest(now: Timestamp) -> Timestamp {
    now.saturating_add(LONGEST_WAIT).unwrap_or(now)
}

/// Only deliveries of these kinds, in a statement in which they have this name.
fn of_kinds(kinds: Kinds, name: &str) -> String {
    match kinds {
        Kinds::All => String::new(),
        Kinds::Answers => format!(" AND {name}.kind IN ('acknowledgment', 'report')"),
        Kinds::Others => format!(" AND {name}.kind NOT IN ('acknowledgment', 'report')"),
    }
}

/// What is due to a partner: whose, when, how many, and when at the latest.
fn due_to(kinds: Kinds) -> String {
    format!(
        "{DELIVERY} WHERE t.state = 'waiting' AND (t.due_at <= $2 OR t.due_at > $4) AND t.partner = $1{} \
        AND t.partner NOT IN (SELECT name FROM partners WHERE paused_at IS NOT NULL) \
        AND NOT EXISTS (SELECT 1 FROM deliveries AS first WHERE first.state = 'waiting' AND first.partner = t.partner{} \
        AND first.id < t.id AND first.due_at > $2 AND first.due_at <= $4) ORDER BY t.id LIMIT $3",
        of_kinds(kinds, "t"),
        of_kinds(kinds, "first")
    )
}

impl Store {
    /// Payloads of this mailbox that wait to be translated, behind the one with this id, in the order in which they came; each with
    /// its content.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn waiting(&self, mailbox: &str, behind: i64, limit: u32) -> Result<Vec<(Payload, Content)>> {
        let statement = format!(
            "SELECT p.*, c.place, c.bytes, c.sha256, c.deflated, c.path FROM (\
            {PAYLOAD} WHERE t.id IN (SELECT id FROM payloads INDEXED BY payloads_waiting \
            WHERE state = 'received' AND mailbox = $1 AND id > $2 ORDER BY id LIMIT $3)) AS p \
            JOIN contents AS c ON c.id = p.content ORDER BY p.id"
        );
        let query = sqlx::query(AssertSqlSafe(statement)).bind(mailbox).bind(behind).bind(limit);
        let rows = query.fetch_all(&self.reads).await?;
        rows.iter().map(|row| Ok((payload(row)?, content_of(row, PAYLOAD_COLUMNS, &self.data)?))).collect()
    }

    /// Mailboxes in which payloads wait.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn mailboxes_waiting(&self) -> Result<BTreeSet<String>> {
        let rows = sqlx::query(MAILBOXES).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Is a file with this name in the spool known, and is its content that very file? Where it is not, known is what a power cut
    /// leaves known, as the file may be removed then.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn spooled(&self, spool_name: &str) -> Result<Option<bool>> {
        let statement =
            "SELECT c.place = 'file' FROM payloads AS p JOIN contents AS c ON c.id = p.content WHERE p.spool_name = $1";
        let row = sqlx::query(statement).bind(spool_name).fetch_optional(&self.reads).await?;
        let is_content = row.map(|row| row.get(0));
        if is_content == Some(false) {
            self.disk.has_it().await?;
        }
        Ok(is_content)
    }

    /// One payload.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn payload(&self, id: i64) -> Result<Option<Payload>> {
        Ok(self.payloads(&Filter::ids(&[id]), Window::first(1)).await?.pop())
    }

    /// Payloads that the filter takes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn payloads(&self, filter: &Filter, window: Window) -> Result<Vec<Payload>> {
        let mut query = QueryBuilder::new(PAYLOAD);
        filter::payloads(&mut query, filter);
        filter::window(&mut query, window);
        let rows = query.build().fetch_all(&self.reads).await?;
        rows.iter().map(payload).collect()
    }

    /// One document.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn document(&self, id: i64) -> Result<Option<Document>> {
        Ok(self.documents(&Filter::ids(&[id]), Window::first(1)).await?.pop())
    }

    /// Documents that the filter takes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn documents(&self, filter: &Filter, window: Window) -> Result<Vec<Document>> {
        let mut query = QueryBuilder::new(DOCUMENT);
        filter::documents(&mut query, filter);
        filter::window(&mut query, window);
        let rows = query.build().fetch_all(&self.reads).await?;
        rows.iter().map(document).collect()
    }

    /// The newest document of the ERP that goes on, or went, and came behind this one: of the same partner, object, business
    /// number and identity. What this one says is not how things are any more. What stands in its own delivery goes out with it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn overtaken_by(&self, document: &Document) -> Result<Option<Document>> {
        let statement = format!("{DOCUMENT} WHERE {OVERTAKING}");
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(&document.business_number)
            .bind(&document.partner)
            .bind(&document.canonical_type)
            .bind(document.payload)
            .bind(document.position)
            .bind(&document.lane)
            .bind(&document.identity)
            .bind(document.delivery);
        let row = query.fetch_optional(&self.reads).await?;
        row.as_ref().map(self::document).transpose()
    }

    /// How often a document was translated, and with what.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn attempts(&self, document: i64) -> Result<Vec<Attempt>> {
        let rows = sqlx::query(ATTEMPT).bind(document).fetch_all(&self.reads).await?;
        rows.iter().map(attempt).collect()
    }

    /// Events behind this number of the log: so many at most, fewer where they are large, and none only where there are none. They
    /// are on the disk, so that nobody is told of what a power cut takes back.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn events(&self, after: i64, limit: u32) -> Result<Vec<Event>> {
        let mut rows = sqlx::query(EVENTS).bind(after).bind(limit).fetch(&self.reads);
        let (mut events, mut bytes) = (Vec::new(), 0);
        while bytes < EVENT_BYTES
            && let Some(row) = rows.try_next().await?
        {
            let event = event(&row)?;
            bytes += event.data.len();
            events.push(event);
        }
        drop(rows);
        if !events.is_empty() {
            self.disk.has_it().await?;
        }
        Ok(events)
    }

    /// The number of the last event; 0 where there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_event(&self) -> Result<i64> {
        let query = sqlx::query("SELECT coalesce(max(sequence), 0) FROM events");
        Ok(query.fetch_one(&self.reads).await?.get(0))
    }

    /// The event with this id.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn event(&self, id: &str) -> Result<Option<Event>> {
        let query = sqlx::query("SELECT sequence FROM events WHERE id = $1").bind(id);
        match query.fetch_optional(&self.reads).await? {
            Some(row) => Ok(self.events(row.get::<i64, _>(0) - 1, 1).await?.pop()),
            None => Ok(None),
        }
    }

    /// How far a subscriber of the event log is.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn cursor(&self, subscriber: &str) -> Result<i64> {
        let query = sqlx::query("SELECT sequence FROM cursors WHERE subscriber = $1").bind(subscriber);
        Ok(query.fetch_optional(&self.reads).await?.map_or(0, |row| row.get(0)))
    }

    /// Partners to whom a delivery is due.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn partners_due(&self, now: Timestamp) -> Result<Vec<String>> {
        let rows = sqlx::query(PARTNERS_DUE).bind(time(now)).bind(time(latest(now))).fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Deliveries to a partner that are due, in the order in which they were made: none while it is paused, and none behind
    /// one of the same kinds that failed and is not due again. They are on the disk, so that nothing leaves that a power cut takes
    /// back.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn due_to(&self, partner: &str, kinds: Kinds, now: Timestamp, limit: u32) -> Result<Vec<Delivery>> {
        let query = sqlx::query(AssertSqlSafe(due_to(kinds))).bind(partner).bind(time(now)).bind(limit);
        let query = query.bind(time(latest(now)));
        let rows = query.fetch_all(&self.reads).await?;
        if !rows.is_empty() {
            self.disk.has_it().await?;
        }
        rows.iter().map(delivery).collect()
    }

    /// Deliveries that the filter takes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn deliveries(&self, filter: &Filter, window: Window) -> Result<Vec<Delivery>> {
        let mut query = QueryBuilder::new(DELIVERY);
        filter::deliveries(&mut query, filter);
        filter::window(&mut query, window);
        let rows = query.build().fetch_all(&self.reads).await?;
        rows.iter().map(delivery).collect()
    }

    /// The first delivery of these kinds to a partner that waits.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn first_waiting(&self, partner: &str, kinds: Kinds) -> Result<Option<Delivery>> {
        let of = of_kinds(kinds, "t");
        let statement = format!("{DELIVERY} WHERE t.state = 'waiting' AND t.partner = $1{of} ORDER BY t.id LIMIT 1");
        let row = sqlx::query(AssertSqlSafe(statement)).bind(partner).fetch_optional(&self.reads).await?;
        row.as_ref().map(delivery).transpose()
    }

    /// Deliveries that were tried and wait to be tried again, in the order in which they were made.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn failing(&self, limit: u32) -> Result<Vec<Delivery>> {
        let statement = format!(
            "{DELIVERY} WHERE t.state = 'waiting' AND t.state IN ('collecting', 'waiting', 'placed', 'held') AND t.failing_since IS NOT NULL \
            ORDER BY t.id LIMIT $1"
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).bind(limit).fetch_all(&self.reads).await?;
        rows.iter().map(delivery).collect()
    }

    /// How many payloads the filter takes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count_payloads(&self, filter: &Filter) -> Result<u64> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM payloads AS t");
        filter::payloads(&mut query, filter);
        Ok(query.build().fetch_one(&self.reads).await?.get::<i64, _>(0).unsigned_abs())
    }

    /// How many deliveries the filter takes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count_deliveries(&self, filter: &Filter) -> Result<u64> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM deliveries AS t");
        filter::deliveries(&mut query, filter);
        Ok(query.build().fetch_one(&self.reads).await?.get::<i64, _>(0).unsigned_abs())
    }

    /// One delivery.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn delivery(&self, id: i64) -> Result<Option<Delivery>> {
        Ok(self.deliveries(&Filter::ids(&[id]), Window::first(1)).await?.pop())
    }

    /// The control numbers to give next.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn control_numbers(&self) -> Result<Vec<ControlNumber>> {
        let statement = "SELECT ours, theirs, kind, next FROM control_numbers ORDER BY ours, theirs, kind";
        let rows = sqlx::query(statement).fetch_all(&self.reads).await?;
        let number = |row: &SqliteRow| ControlNumber {
            ours: row.get(0),
            theirs: row.get(1),
            kind: row.get(2),
            next: row.get(3),
        };
        Ok(rows.iter().map(number).collect())
    }

    /// Short names of all partners of whom something is on record, and that of the ERP. All of it is gone through.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn partners(&self) -> Result<Vec<String>> {
        let statement = "SELECT mailbox FROM payloads UNION SELECT partner FROM payloads UNION SELECT partner FROM documents \
            UNION SELECT partner FROM deliveries UNION SELECT partner FROM visits UNION SELECT name FROM partners";
        let rows = sqlx::query(statement).fetch_all(&self.reads).await?;
        Ok(rows.iter().filter_map(|row| row.get(0)).collect())
    }

    /// Is a partner paused?
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn is_paused(&self, partner: &str) -> Result<bool> {
        let statement = "SELECT 1 FROM partners WHERE name = $1 AND paused_at IS NOT NULL";
        Ok(sqlx::query(statement).bind(partner).fetch_optional(&self.reads).await?.is_some())
    }

    /// The partners that are paused.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn paused(&self) -> Result<Vec<PartnerState>> {
        let statement =
            "SELECT name, paused_at, paused_by, why FROM partners WHERE paused_at IS NOT NULL ORDER BY name";
        let rows = sqlx::query(statement).fetch_all(&self.reads).await?;
        let partner = |row: &SqliteRow| {
            Ok(PartnerState {
                name: row.get(0),
                paused_at: timestamp(row.get(1))?,
                paused_by: row.get(2),
                why: row.get(3),
            })
        };
        rows.iter().map(partner).collect()
    }
}

/// Reads a content, and checks an inline one against its length.
pub(in crate::store) async fn content(reads: &SqlitePool, data: &Path, id: i64) -> Result<Content> {
    let query = sqlx::query("SELECT id, place, bytes, sha256, deflated, path FROM contents WHERE id = $1").bind(id);
    match query.fetch_optional(reads).await? {
        Some(row) => content_of(&row, 1, data),
        None => Err(StoreError::content(id, "there is none with this number")),
    }
}

/// The content in a row whose first column is an id; its own columns stand from `at` on, 0-based.
pub(super) fn content_of(row: &SqliteRow, at: usize, data: &Path) -> Result<Content> {
    let (place, length): (&str, i64) = (row.get(at), row.get(at + 1));
    let (sha256, length): (&[u8], u64) = (row.get(at + 2), length.unsigned_abs());
    if place == "inline" {
        return Ok(match inflate(row.get(at + 3), length) {
            Ok(bytes) if digest(&bytes).as_slice() == sha256 => Content::Inline(bytes),
            Ok(_) => Content::Damaged { bytes: length, why: OTHER_BYTES.to_owned() },
            Err(error) => Content::Damaged { bytes: length, why: error.to_string() },
        });
    }
    let sha256 = <[u8; 32]>::try_from(sha256).map_err(|_| StoreError::content(row.get(0), "its SHA-256 is damaged"))?;
    Ok(Content::File { path: data.join(row.get::<&str, _>(at + 4)), bytes: length, sha256 })
}

fn payload(row: &SqliteRow) -> Result<Payload> {
    let state: String = row.get(9);
    Ok(Payload {
        id: row.get(0),
        direction: row.get(1),
        mailbox: row.get(2),
        partner: row.get(3),
        file_name: row.get(4),
        content: row.get(5),
        bytes: row.get::<i64, _>(6).unsigned_abs(),
        sha256: row.get(7),
        received_at: timestamp(row.get(8))?,
        state: PayloadState::parse(&state).ok_or_else(|| StoreError::row("the state of a payload", &state))?,
        override_: row.get(10),
        duplicate_of: row.get(11),
        diagnostics: diagnostics(row.get(12)),
        documents: row.get(13),
        version: row.get(14),
        broken_off: row.get(15),
        spool_name: row.get(16),
    })
}

pub(super) fn document(row: &SqliteRow) -> Result<Document> {
    let state: String = row.get(14);
    let answer_diagnostics = diagnostics(row.get(25));
    let mut found = diagnostics(row.get(21));
    found.extend(answer_diagnostics.iter().cloned());
    let answer: Option<String> = row.get(22);
    let answer_due: Option<i64> = row.get(23);
    let worst = found.iter().map(|one| one.severity).max().filter(|worst| *worst > Severity::Note);
    let problem = worst.and_then(|worst| found.iter().find(|one| one.severity == worst)).cloned();
    Ok(Document {
        id: row.get(0),
        payload: row.get(1),
        position: row.get(2),
        bytes: row.get::<i64, _>(3).unsigned_abs()..row.get::<i64, _>(4).unsigned_abs(),
        direction: row.get(5),
        lane: row.get(6),
        partner: row.get(7),
        canonical_type: row.get(8),
        document: row.get(9),
        business_number: row.get(10),
        control_numbers: [row.get(11), row.get(12), row.get(13)],
        state: DocumentState::parse(&state).ok_or_else(|| StoreError::row("the state of a document", &state))?,
        attempt: row.get(15),
        event: row.get(16),
        delivery: row.get(17),
        received_at: timestamp(row.get(18))?,
        file_name: row.get(19),
        version: row.get(20),
        problem,
        answer: answer.as_deref().and_then(AnswerState::parse),
        answer_due: answer_due.map(timestamp).transpose()?,
        answered_by: row.get(24),
        collected_until: row.get::<Option<i64>, _>(26).map(timestamp).transpose()?,
        answer_diagnostics,
        identity: row.get(27),
        replaces: row.get(28),
    })
}

fn attempt(row: &SqliteRow) -> Result<Attempt> {
    Ok(Attempt {
        number: row.get(0),
        at: timestamp(row.get(1))?,
        by: row.get(2),
        why: row.get(3),
        engine: row.get(4),
        mapping: row.get(5),
        plan: row.get(6),
        canonical: row.get(7),
        correction: row.get(8),
        diagnostics: diagnostics(row.get(9)),
    })
}

fn event(row: &SqliteRow) -> Result<Event> {
    Ok(Event {
        sequence: row.get(0),
        id: row.get(1),
        document: row.get(2),
        lane: row.get(3),
        partner: row.get::<Option<String>, _>(4).unwrap_or_default(),
        canonical_type: row.get::<Option<String>, _>(5).unwrap_or_default(),
        business_number: row.get(6),
        supersedes: row.get(7),
        at: timestamp(row.get(8))?,
        data: row.get::<Option<Vec<u8>>, _>(9).unwrap_or_default(),
    })
}

fn delivery(row: &SqliteRow) -> Result<Delivery> {
    let state: String = row.get(8);
    let delivered: Option<i64> = row.get(11);
    let answer: Option<String> = row.get(15);
    let answer_due: Option<i64> = row.get(16);
    Ok(Delivery {
        id: row.get(0),
        kind: row.get(1),
        partner: row.get(2),
        payload: row.get(3),
        file_name: row.get(4),
        done_file: row.get(5),
        content: row.get(6),
        interchange_number: row.get(7),
        collects: row.get(18),
        collected: row.get(19),
        collected_bytes: row.get(20),
        state: DeliveryState::parse(&state).ok_or_else(|| StoreError::row("the state of a delivery", &state))?,
        putting: row.get(21),
        renaming: row.get(23),
        attempts: row.get(9),
        due_at: timestamp(row.get(10))?,
        failing_since: row.get::<Option<i64>, _>(22).map(timestamp).transpose()?,
        delivered_at: delivered.map(timestamp).transpose()?,
        created_at: timestamp(row.get(12))?,
        diagnostics: diagnostics(row.get(13)),
        answer: answer.as_deref().and_then(AnswerState::parse),
        answer_due: answer_due.map(timestamp).transpose()?,
        interchange_answer: row.get(17),
        version: row.get(14),
    })
}

#[cfg(test)]
mod tests;
