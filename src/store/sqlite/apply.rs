//! Writes units of change. The first statement of a unit checks that its row is still as it was read: a stale unit has
//! changed nothing when that is found out.

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::row::{diagnostics_text, time};
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
    for document in &stage.documents {
        insert_document(db, stage.payload, "in", document, None).await?;
    }
    Ok(Applied::Done(stage.payload))
}

async fn decide(db: &mut SqliteConnection, decision: &Decision) -> Result<Applied> {
    let payload = decision.payload;
    if decision.state == PayloadState::Translated {
        if !is_current(db, payload, decision.version).await? || !all_staged(db, payload, decision.staged).await? {
            return Ok(Applied::Stale);
        }
        if decision.refuse_duplicates
            && let Some(duplicate) = came_before(db, decision).await?
        {
            return Ok(duplicate);
        }
    }
    let statement = "UPDATE payloads SET state = $3, partner = coalesce($4, partner), duplicate_of = $5, diagnostics = $6, \
        override = 0, version = version + 1 WHERE id = $1 AND version = $2";
    let query = sqlx::query(statement)
        .bind(payload)
        .bind(decision.version)
        .bind(decision.state.word())
        .bind(&decision.partner)
        .bind(decision.duplicate_of)
        .bind(diagnostics_text(&decision.diagnostics));
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    if decision.staged > 0 && decision.state != PayloadState::Translated {
        drop_staged(db, payload).await?;
    }
    sqlx::query("DELETE FROM findings WHERE payload = $1 AND document = 0").bind(payload).execute(&mut *db).await?;
    insert_findings(db, payload, 0, &decision.diagnostics).await?;
    for interchange in &decision.interchanges {
        insert_interchange(db, decision, interchange).await?;
    }
    for document in &decision.documents {
        insert_document(db, payload, "in", document, None).await?;
    }
    for delivery in &decision.deliveries {
        outgoing::insert_delivery(db, payload, delivery, decision.at).await?;
    }
    match decision.state {
        PayloadState::Translated => {
            withhold(db, decision).await?;
            publish(db, payload, time(decision.at)).await?;
        }
        PayloadState::Duplicate => outgoing::answer_again(db, decision).await?,
        _ => {}
    }
    Ok(Applied::Done(payload))
}

/// An interchange of the payload that was taken before.
async fn came_before(db: &mut SqliteConnection, decision: &Decision) -> Result<Option<Applied>> {
    for (index, interchange) in decision.interchanges.iter().enumerate() {
        let statement = "SELECT payload, digest, received_at FROM interchanges \
            WHERE control_number = $1 AND sender = $2 AND receiver = $3 AND usage = $4 AND payload <> $5 \
            ORDER BY digest = $6 DESC, id DESC LIMIT 1";
        let query = sqlx::query(statement)
            .bind(&interchange.control_number)
            .bind(&interchange.sender)
            .bind(&interchange.receiver)
            .bind(&interchange.usage)
            .bind(decision.payload)
            .bind(interchange.digest.to_vec());
        let Some(row) = query.fetch_optional(&mut *db).await? else { continue };
        let digest: Vec<u8> = row.get(1);
        let Ok(digest) = <[u8; 32]>::try_from(digest) else { continue };
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

async fn insert_interchange(db: &mut SqliteConnection, decision: &Decision, one: &Interchange) -> Result<()> {
    let acknowledgment = match &one.acknowledgment {
        Some(delivery) => Some(outgoing::insert_delivery(db, decision.payload, delivery, decision.at).await?.id),
        None => None,
    };
    let statement = "INSERT INTO interchanges (payload, sender, receiver, control_number, usage, digest, received_at, \
        acknowledgment) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let query = sqlx::query(statement)
        .bind(decision.payload)
        .bind(&one.sender)
        .bind(&one.receiver)
        .bind(&one.control_number)
        .bind(&one.usage)
        .bind(one.digest.to_vec())
        .bind(time(decision.at))
        .bind(acknowledgment);
    query.execute(&mut *db).await?;
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
async fn publish(db: &mut SqliteConnection, payload: i64, at: i64) -> Result<()> {
    let statement = concat!(
        "INSERT INTO events (id, document, attempt, lane, supersedes, at) SELECT event, id, attempt, lane, ",
        replaced!(),
        ", $2 FROM documents WHERE payload = $1 AND state = 'staged' ORDER BY position"
    );
    sqlx::query(statement).bind(payload).bind(at).execute(&mut *db).await?;
    let statement =
        "UPDATE documents SET state = 'published', version = version + 1 WHERE payload = $1 AND state = 'staged'";
    sqlx::query(statement).bind(payload).execute(&mut *db).await?;
    Ok(())
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
        insert_document(db, submission.payload, "out", document, delivery).await?;
    }
    Ok(Applied::Done(submission.payload))
}

async fn insert_document(
    db: &mut SqliteConnection,
    payload: i64,
    direction: &str,
    document: &NewDocument,
    delivery: Option<outgoing::Given>,
) -> Result<()> {
    let statement = "INSERT INTO documents (payload, position, first_byte, end_byte, direction, lane, partner, type, \
        document, business_number, interchange_number, group_number, set_number, replaces, state, event, delivery, received_at, answer, \
        written_bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let [interchange, group, set] = document.control_numbers.clone();
    let interchange = interchange.or_else(|| delivery?.number.map(|number| number.to_string()));
    let group = group.or_else(|| delivery?.group.map(|number| number.to_string()));
    let collect = document.outgoing.collect.as_ref();
    let answer = (document.state == DocumentState::Queued && collect.is_none()).then_some("waiting");
    let query = sqlx::query(statement)
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
        .bind(time(document.attempt.at))
        .bind(answer)
        .bind(collect.map(|collect| whole(collect.written)));
    let id = query.execute(&mut *db).await?.last_insert_rowid();
    if direction == "out" {
        records::keep(db, id, document.partner.as_deref(), &document.outgoing).await?;
    }
    insert_attempt(db, id, 1, &document.attempt).await?;
    insert_findings(db, payload, id, &document.attempt.diagnostics).await
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
    let correction = match &attempt.correction {
        Some(bytes) => Some(insert_content(db, &Content::Inline(bytes.clone())).await?),
        None => None,
    };
    let statement = "INSERT INTO attempts (document, number, at, by, why, engine, mapping, plan, canonical, correction, diagnostics) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let query = sqlx::query(statement)
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
    query.execute(&mut *db).await?;
    Ok(())
}

pub(super) async fn insert_findings(
    db: &mut SqliteConnection,
    payload: i64,
    document: i64,
    diagnostics: &[Diagnostic],
) -> Result<()> {
    let mut codes: Vec<&str> = Vec::new();
    for diagnostic in diagnostics.iter().filter(|one| one.severity > Severity::Note) {
        if codes.contains(&diagnostic.code.name()) {
            continue;
        }
        codes.push(diagnostic.code.name());
        let statement = "INSERT OR IGNORE INTO findings (code, payload, document) VALUES ($1, $2, $3)";
        sqlx::query(statement).bind(diagnostic.code.name()).bind(payload).bind(document).execute(&mut *db).await?;
    }
    Ok(())
}

/// Keeps who ordered a change.
pub(super) async fn record(db: &mut SqliteConnection, audit: &Audit, subject: &str) -> Result<()> {
    let statement = "INSERT INTO audit (at, by, command, subject, why) VALUES ($1, $2, $3, $4, $5)";
    let query = sqlx::query(statement).bind(time(audit.at)).bind(&audit.by).bind(&audit.command).bind(subject);
    query.bind(&audit.why).execute(&mut *db).await?;
    Ok(())
}
