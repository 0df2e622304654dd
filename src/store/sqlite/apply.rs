//! Writes units of change. The first statement of a unit checks that its row is still as it was read: a stale unit has
//! changed nothing when that is found out.

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::row::{diagnostics_text, time};
use super::trip::Trip;
use super::{answers, batches, outgoing, records, visits};
use crate::diagnostic::{Diagnostic, Severity, json};
use crate::lifecycle::{self, DocumentState, Earlier, PayloadState, Verdict};
use crate::store::content::deflate;
use crate::store::{
    self, Applied, Audit, Content, Cursor, Decision, Interchange, NewAttempt, NewDocument, NewPayload, Stage,
    StoreError, Submission, Unit, Withheld, digest,
};

type Result<T> = std::result::Result<T, StoreError>;

/// The event that a row of `documents` takes the place of: the latest of its business number, where the document says that
/// it replaces one.
macro_rules! replaced {
    () => {
        "CASE WHEN replaces THEN (\
            SELECT earlier.event FROM documents AS earlier \
            WHERE earlier.business_number = documents.business_number AND earlier.partner = documents.partner \
            AND earlier.type = documents.type AND earlier.id < documents.id AND earlier.state = 'published' \
            ORDER BY earlier.id DESC LIMIT 1) END"
    };
}
pub(super) use replaced;

/// Documents of one trip to the database, at most.
const DOCUMENTS: usize = 8;
/// Rows of the audit written by one statement.
const NOTES: usize = 64;

pub(super) async fn apply(db: &mut SqliteConnection, unit: &Unit) -> Result<Applied> {
    match unit {
        Unit::Receive(payload) => receive(db, payload).await,
        Unit::Stage(stage) => stage_documents(db, stage).await,
        Unit::Decide(decision) => decide(db, decision).await,
        Unit::Submit(submission) => submit(db, submission).await,
        Unit::Close(closing) => batches::close(db, closing).await,
        Unit::Leave(row, state, audit) => batches::leave(db, *row, *state, audit).await,
        Unit::Retake(retake) => outgoing::retake(db, retake).await,
        Unit::Answered(answered) => answers::answered(db, answered).await,
        Unit::Delivered(delivered) => outgoing::delivered(db, delivered).await,
        Unit::Taken(partner, file, at) => outgoing::taken(db, partner, file, *at).await,
        Unit::Retry(row, at, audit) => outgoing::retry(db, *row, *at, audit).await,
        Unit::Document(row, state, delivery, audit) => outgoing::document(db, *row, *state, *delivery, audit).await,
        Unit::Payload(store::Row { id, version }, state, override_, audit) => {
            let statement =
                "UPDATE payloads SET state = $3, override = $4, version = version + 1 WHERE id = $1 AND version = $2";
            let changed = sqlx::query(statement).bind(id).bind(version).bind(state.word()).bind(override_);
            if changed.execute(&mut *db).await?.rows_affected() == 0 {
                return Ok(Applied::Stale);
            }
            record(db, audit, &format!("payload {id}")).await?;
            Ok(Applied::Done(*id))
        }
        Unit::Cursor(Cursor { subscriber, sequence, repeated }) => {
            let statement = "INSERT INTO cursors (subscriber, sequence, repeated) VALUES ($1, $2, $3) \
                ON CONFLICT (subscriber) DO UPDATE SET sequence = max(sequence, $2), repeated = repeated + $3";
            sqlx::query(statement).bind(*subscriber).bind(sequence).bind(repeated).execute(&mut *db).await?;
            Ok(Applied::Done(*sequence))
        }
        Unit::Partner(name, paused_at, audit) => {
            let statement = "INSERT INTO partners (name, paused_at, paused_by, why) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (name) DO UPDATE SET paused_at = $2, paused_by = $3, why = $4";
            let query = sqlx::query(statement).bind(name).bind(paused_at.map(time)).bind(&audit.by).bind(&audit.why);
            query.execute(&mut *db).await?;
            record(db, audit, &format!("partner {name}")).await?;
            Ok(Applied::Done(0))
        }
        Unit::NextNumber(keys, kind, next, audit) => {
            outgoing::keep_number(db, keys, kind, *next).await?;
            let subject = format!("{kind} {} to {} usage {} next {next}", keys.ours, keys.theirs, keys.usage);
            record(db, audit, &subject).await?;
            Ok(Applied::Done(i64::from(*next)))
        }
        Unit::NextInSequence(partner, name, next, audit) => {
            records::keep_number(db, partner, name, *next).await?;
            record(db, audit, &format!("sequence {name} of {partner} next {next}")).await?;
            Ok(Applied::Done(0))
        }
        Unit::Visiting(unit) => visits::visiting(db, unit).await,
        Unit::Note(subject, audit) => {
            record(db, audit, subject).await?;
            Ok(Applied::Done(0))
        }
        Unit::Notes(notes) => {
            for some in notes.chunks(NOTES) {
                let mut query = QueryBuilder::new("INSERT INTO audit (at, by, command, subject, why) ");
                query.push_values(some, |mut row, (subject, audit)| {
                    row.push_bind(time(audit.at)).push_bind(&audit.by).push_bind(&audit.command);
                    row.push_bind(subject).push_bind(&audit.why);
                });
                query.build().persistent(false).execute(&mut *db).await?;
            }
            Ok(Applied::Done(0))
        }
    }
}

/// One statement for the thread of the database, as it is the one that is run most.
const RECEIVE: &str = "\
    INSERT INTO contents (place, bytes, sha256, deflated, path) \
        SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM payloads WHERE spool_name = $6); \
    INSERT INTO payloads (spool_name, content, direction, mailbox, partner, file_name, received_at, state) \
        SELECT $6, last_insert_rowid(), $7, $8, $9, $10, $11, $12 \
        WHERE NOT EXISTS (SELECT 1 FROM payloads WHERE spool_name = $6)";

pub(super) async fn receive(db: &mut SqliteConnection, payload: &NewPayload) -> Result<Applied> {
    let query = with_content(RECEIVE, &payload.content)?
        .bind(&payload.spool_name)
        .bind(payload.direction)
        .bind(&payload.mailbox)
        .bind(&payload.partner)
        .bind(&payload.file_name)
        .bind(time(payload.received_at))
        .bind(PayloadState::Received.word());
    let done = query.execute(&mut *db).await?;
    if done.rows_affected() > 0 {
        return Ok(Applied::Done(done.last_insert_rowid()));
    }
    let known = sqlx::query("SELECT id FROM payloads WHERE spool_name = $1").bind(&payload.spool_name);
    Ok(Applied::Done(known.fetch_one(&mut *db).await?.get(0)))
}

pub(super) async fn insert_content(db: &mut SqliteConnection, content: &Content) -> Result<i64> {
    let statement = "INSERT INTO contents (place, bytes, sha256, deflated, path) VALUES ($1, $2, $3, $4, $5)";
    Ok(with_content(statement, content)?.execute(&mut *db).await?.last_insert_rowid())
}

/// A statement whose first five values are those of a content.
fn with_content<'q>(statement: &'static str, content: &'q Content) -> Result<Query<'q, Sqlite, SqliteArguments>> {
    let length = i64::try_from(content.len()).unwrap_or(i64::MAX);
    let (place, sha256, deflated, path) = match content {
        Content::Inline(bytes) => ("inline", digest(bytes), Some(deflate(bytes)), None),
        Content::Damaged { why, .. } => return Err(StoreError::content(0, why)),
        Content::File { path, sha256, .. } => ("file", *sha256, None, Some(path.to_string_lossy().into_owned())),
    };
    Ok(sqlx::query(statement).bind(place).bind(length).bind(sha256.to_vec()).bind(deflated).bind(path))
}

/// Is the payload still as it was read?
async fn is_current(db: &mut SqliteConnection, payload: i64, version: i64) -> Result<bool> {
    let query = sqlx::query("SELECT 1 FROM payloads WHERE id = $1 AND version = $2").bind(payload).bind(version);
    Ok(query.fetch_optional(&mut *db).await?.is_some())
}

/// Are the documents that were staged still there? Another process may have begun the payload anew.
async fn all_staged(db: &mut SqliteConnection, payload: i64, staged: i64) -> Result<bool> {
    if staged == 0 {
        return Ok(true);
    }
    let query = sqlx::query("SELECT count(*) FROM documents WHERE payload = $1").bind(payload);
    Ok(query.fetch_one(&mut *db).await?.get::<i64, _>(0) == staged)
}

async fn drop_staged(db: &mut SqliteConnection, payload: i64) -> Result<()> {
    for statement in [
        "DELETE FROM findings WHERE payload = $1",
        "DELETE FROM attempts WHERE document IN (SELECT id FROM documents WHERE payload = $1)",
        "DELETE FROM documents WHERE payload = $1",
    ] {
        sqlx::query(statement).bind(payload).execute(&mut *db).await?;
    }
    Ok(())
}

async fn stage_documents(db: &mut SqliteConnection, stage: &Stage) -> Result<Applied> {
    if !is_current(db, stage.payload, stage.version).await? {
        return Ok(Applied::Stale);
    }
    if stage.first {
        drop_staged(db, stage.payload).await?;
    }
    let mut trip = Trip::default();
    insert_documents(db, stage.payload, &stage.documents, &mut trip).await?;
    trip.go(db).await?;
    Ok(Applied::Done(stage.payload))
}

async fn decide(db: &mut SqliteConnection, decision: &Decision) -> Result<Applied> {
    let (payload, goes_on) = (decision.payload, decision.state == PayloadState::Translated);
    if let Some(other) = otherwise(db, decision).await? {
        return Ok(other);
    }
    if decision.staged > 0 && !goes_on {
        drop_staged(db, payload).await?;
    }
    let mut trip = Trip::default();
    trip.say(
        "UPDATE payloads SET state = ?, partner = coalesce(?, partner), duplicate_of = ?, diagnostics = ?, override = 0, \
        version = version + 1 WHERE id = ?",
    )
    .bind(decision.state.word())
    .bind(&decision.partner)
    .bind(decision.duplicate_of)
    .bind(diagnostics_text(&decision.diagnostics))
    .bind(payload);
    trip.say("DELETE FROM findings WHERE payload = ? AND document = 0").bind(payload);
    say_findings(&mut trip, payload, Some(0), &decision.diagnostics);
    for interchange in &decision.interchanges {
        insert_interchange(db, decision, interchange, &mut trip).await?;
    }
    insert_documents(db, payload, &decision.documents, &mut trip).await?;
    for delivery in &decision.deliveries {
        outgoing::insert_delivery(db, payload, delivery, decision.at).await?;
    }
    if goes_on && !decision.withheld.is_empty() {
        trip.go(db).await?;
        withhold(db, decision).await?;
    }
    if goes_on {
        publish(payload, time(decision.at), &mut trip);
    }
    trip.go(db).await?;
    if decision.state == PayloadState::Duplicate {
        outgoing::answer_again(db, decision).await?;
    }
    Ok(Applied::Done(payload))
}

/// What comes of the decision where the payload is not as it was read, or an interchange of it was taken before.
async fn otherwise(db: &mut SqliteConnection, decision: &Decision) -> Result<Option<Applied>> {
    let (payload, goes_on) = (decision.payload, decision.state == PayloadState::Translated);
    let asked = if goes_on && decision.refuse_duplicates { decision.interchanges.as_slice() } else { &[] };
    if asked.is_empty() && !is_current(db, payload, decision.version).await? {
        return Ok(Some(Applied::Stale));
    }
    if goes_on && !all_staged(db, payload, decision.staged).await? {
        return Ok(Some(Applied::Stale));
    }
    for (index, interchange) in asked.iter().enumerate() {
        let statement = "SELECT came.payload, came.digest, came.received_at FROM payloads LEFT JOIN interchanges AS came \
            ON came.id = (SELECT id FROM interchanges \
            WHERE control_number = $1 AND sender = $2 AND receiver = $3 AND usage = $4 AND payload <> $5 \
            ORDER BY digest = $6 DESC, id DESC LIMIT 1) \
            WHERE payloads.id = $5 AND payloads.version = $7";
        let query = sqlx::query(statement)
            .bind(&interchange.control_number)
            .bind(&interchange.sender)
            .bind(&interchange.receiver)
            .bind(&interchange.usage)
            .bind(payload)
            .bind(interchange.digest.to_vec())
            .bind(decision.version);
        let Some(row) = query.fetch_optional(&mut *db).await? else { return Ok(Some(Applied::Stale)) };
        let digest: Option<Vec<u8>> = row.get(1);
        let Some(Ok(digest)) = digest.map(<[u8; 32]>::try_from) else { continue };
        let earlier = Earlier { digest, received_at: super::row::timestamp(row.get(2))? };
        let same = match lifecycle::verdict(Some(&earlier), &interchange.digest, decision.at) {
            Verdict::New => continue,
            Verdict::Duplicate => true,
            Verdict::Reused => false,
        };
        return Ok(Some(Applied::Duplicate { payload: row.get(0), index, same }));
    }
    Ok(None)
}

async fn insert_interchange(
    db: &mut SqliteConnection,
    decision: &Decision,
    one: &Interchange,
    trip: &mut Trip,
) -> Result<()> {
    let acknowledgment = match &one.acknowledgment {
        Some(delivery) => Some(outgoing::insert_delivery(db, decision.payload, delivery, decision.at).await?.id),
        None => None,
    };
    trip.say(
        "INSERT INTO interchanges (payload, sender, receiver, control_number, usage, digest, received_at, acknowledgment) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(decision.payload)
    .bind(&one.sender)
    .bind(&one.receiver)
    .bind(&one.control_number)
    .bind(&one.usage)
    .bind(one.digest.to_vec())
    .bind(time(decision.at))
    .bind(acknowledgment);
    Ok(())
}

/// Documents of a payload that are staged, by their positions.
macro_rules! staged {
    () => {
        " FROM documents WHERE payload = $1 AND position BETWEEN $2 AND $3 AND state = 'staged'"
    };
}

/// Gives documents that are staged another state, so that they are not published, and says of each why; what such a
/// document would have said is taken back.
async fn withhold(db: &mut SqliteConnection, decision: &Decision) -> Result<()> {
    let statements = [
        // One more at the end of the array of diagnostics.
        concat!(
            "UPDATE attempts SET diagnostics = CASE WHEN diagnostics IS NULL THEN '[' ELSE ",
            "substr(diagnostics, 1, length(diagnostics) - 1) || ',' END || $4 || ']' ",
            "WHERE (document, number) IN (SELECT id, attempt",
            staged!(),
            ")"
        ),
        concat!("INSERT OR IGNORE INTO findings (code, payload, document) SELECT $4, payload, id", staged!()),
        concat!(
            "UPDATE documents SET state = $4, event = NULL, version = version + 1 WHERE id IN (SELECT id",
            staged!(),
            ")"
        ),
    ];
    for Withheld { positions, state, why } in &decision.withheld {
        let values = [json::render(why).to_string(), why.code.name().to_owned(), state.word().to_owned()];
        for (statement, value) in statements.into_iter().zip(values) {
            let query = sqlx::query(statement).bind(decision.payload).bind(positions.start()).bind(positions.end());
            query.bind(value).execute(&mut *db).await?;
        }
    }
    Ok(())
}

/// Publishes the staged documents of a payload, in their order.
fn publish(payload: i64, at: i64, trip: &mut Trip) {
    trip.say(concat!(
        "INSERT INTO events (id, document, attempt, lane, supersedes, at) SELECT event, id, attempt, lane, ",
        replaced!(),
        ", ? FROM documents WHERE payload = ? AND state = 'staged' ORDER BY position"
    ))
    .bind(at)
    .bind(payload);
    trip.say("UPDATE documents SET state = 'published', version = version + 1 WHERE payload = ? AND state = 'staged'")
        .bind(payload);
}

async fn submit(db: &mut SqliteConnection, submission: &Submission) -> Result<Applied> {
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
    let partner = submission.documents.iter().find_map(|document| document.partner.clone());
    let statement = "UPDATE payloads SET state = 'translated', partner = $3, diagnostics = $4, override = 0, \
        version = version + 1 WHERE id = $1 AND version = $2";
    let query = sqlx::query(statement)
        .bind(submission.payload)
        .bind(submission.version)
        .bind(partner)
        .bind(diagnostics_text(&submission.diagnostics));
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    insert_findings(db, submission.payload, 0, &submission.diagnostics).await?;
    let mut deliveries = Vec::new();
    for delivery in &submission.deliveries {
        deliveries.push(outgoing::insert_delivery(db, submission.payload, delivery, submission.at).await?);
    }
    for document in &submission.documents {
        let delivery = match &document.outgoing.collect {
            Some(collect) => {
                let partner = document.partner.as_deref().unwrap_or_default();
                let of = batches::Of { payload: submission.payload, partner, document: &document.document };
                Some(batches::collect(db, of, collect, submission.at).await?)
            }
            None => document.delivery.and_then(|index| deliveries.get(index)).copied(),
        };
        let mut trip = Trip::default();
        insert_document(db, submission.payload, "out", document, delivery, &mut trip).await?;
        let id = trip.go(db).await?;
        records::keep(db, id, document.partner.as_deref(), &document.outgoing).await?;
    }
    Ok(Applied::Done(submission.payload))
}

/// Documents of a partner; the last of them may wait for the next trip.
async fn insert_documents(
    db: &mut SqliteConnection,
    payload: i64,
    documents: &[NewDocument],
    trip: &mut Trip,
) -> Result<()> {
    for (index, document) in documents.iter().enumerate() {
        if index > 0 && index % DOCUMENTS == 0 {
            trip.go(db).await?;
        }
        insert_document(db, payload, "in", document, None, trip).await?;
    }
    Ok(())
}

/// Puts a document with its first attempt and what was found into the trip, behind which its id is that of the row inserted last.
async fn insert_document(
    db: &mut SqliteConnection,
    payload: i64,
    direction: &str,
    document: &NewDocument,
    delivery: Option<outgoing::Given>,
    trip: &mut Trip,
) -> Result<()> {
    let attempt = &document.attempt;
    let correction = insert_correction(db, attempt).await?;
    let [interchange, group, set] = document.control_numbers.clone();
    let interchange = interchange.or_else(|| delivery?.number.map(|number| number.to_string()));
    let group = group.or_else(|| delivery?.group.map(|number| number.to_string()));
    let collect = document.outgoing.collect.as_ref();
    let answer = (document.state == DocumentState::Queued && collect.is_none()).then_some("waiting");
    trip.say(
        "INSERT INTO documents (payload, position, first_byte, end_byte, direction, lane, partner, type, document, \
        business_number, interchange_number, group_number, set_number, replaces, state, event, delivery, received_at, answer, \
        written_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(payload)
    .bind(document.position)
    .bind(i64::try_from(document.bytes.start).unwrap_or_default())
    .bind(i64::try_from(document.bytes.end).unwrap_or_default())
    .bind(direction)
    .bind(document.lane)
    .bind(&document.partner)
    .bind(&document.canonical_type)
    .bind(&document.document)
    .bind(&document.business_number)
    .bind(interchange)
    .bind(group)
    .bind(set)
    .bind(document.replaces)
    .bind(document.state.word())
    .bind(&document.event)
    .bind(delivery.map(|given| given.id))
    .bind(time(attempt.at))
    .bind(answer)
    .bind(collect.map(|collect| whole(collect.written)));
    say_attempt(trip, (None, 1), attempt, correction);
    say_findings(trip, payload, None, &attempt.diagnostics);
    Ok(())
}

/// A count as the database keeps it.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) async fn insert_attempt(
    db: &mut SqliteConnection,
    document: i64,
    number: i64,
    attempt: &NewAttempt,
) -> Result<()> {
    let correction = insert_correction(db, attempt).await?;
    let mut trip = Trip::default();
    say_attempt(&mut trip, (Some(document), number), attempt, correction);
    trip.go(db).await?;
    Ok(())
}

/// An attempt of a document, with its number; without an id, of the one inserted last: neither attempts nor findings have row ids
/// of their own.
fn say_attempt(trip: &mut Trip, (document, number): (Option<i64>, i64), attempt: &NewAttempt, correction: Option<i64>) {
    trip.say(
        "INSERT INTO attempts (document, number, at, by, why, engine, mapping, plan, canonical, correction, diagnostics) \
        VALUES (coalesce(?, last_insert_rowid()), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(document)
    .bind(number)
    .bind(time(attempt.at))
    .bind(&attempt.by)
    .bind(&attempt.why)
    .bind(env!("CARGO_PKG_VERSION"))
    .bind(&attempt.mapping)
    .bind(&attempt.plan)
    .bind(&attempt.canonical)
    .bind(correction)
    .bind(diagnostics_text(&attempt.diagnostics));
}

/// The bytes as a person corrected them, where the attempt is of such.
async fn insert_correction(db: &mut SqliteConnection, attempt: &NewAttempt) -> Result<Option<i64>> {
    Ok(match &attempt.correction {
        Some(bytes) => Some(insert_content(db, &Content::Inline(bytes.clone())).await?),
        None => None,
    })
}

pub(super) async fn insert_findings(
    db: &mut SqliteConnection,
    payload: i64,
    document: i64,
    diagnostics: &[Diagnostic],
) -> Result<()> {
    let mut trip = Trip::default();
    say_findings(&mut trip, payload, Some(document), diagnostics);
    trip.go(db).await?;
    Ok(())
}

/// The codes of errors and warnings, each once: of a document, of the one inserted last where it has no id yet, or of the payload
/// as a whole, which is document 0.
fn say_findings(trip: &mut Trip, payload: i64, document: Option<i64>, diagnostics: &[Diagnostic]) {
    let mut codes: Vec<&str> = Vec::new();
    for diagnostic in diagnostics.iter().filter(|one| one.severity > Severity::Note) {
        if !codes.contains(&diagnostic.code.name()) {
            codes.push(diagnostic.code.name());
            trip.say("INSERT OR IGNORE INTO findings (code, payload, document) VALUES (?, ?, coalesce(?, last_insert_rowid()))")
                .bind(diagnostic.code.name())
                .bind(payload)
                .bind(document);
        }
    }
}

/// Keeps who ordered a change.
pub(super) async fn record(db: &mut SqliteConnection, audit: &Audit, subject: &str) -> Result<()> {
    let statement = "INSERT INTO audit (at, by, command, subject, why) VALUES ($1, $2, $3, $4, $5)";
    let query = sqlx::query(statement).bind(time(audit.at)).bind(&audit.by).bind(&audit.command).bind(subject);
    query.bind(&audit.why).execute(&mut *db).await?;
    Ok(())
}
