//! Units about what leaves: deliveries with their control numbers, documents translated anew, orders of persons.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::apply::{record, whole};
use super::decide::{came_before, replaced};
use super::documents::{findings, insert_attempts, insert_findings};
use super::receive::insert_contents;
use super::row::{diagnostics_text, time};
use super::statement::insert;
use super::submit::said_already;
use super::{batches, records};
use crate::lifecycle::{DeliveryState, DocumentState, Numbers, Range};
use crate::store::{
    self, Applied, Audit, Decision, Delivered, Kept, NewDelivery, NextNumbers, NumbersToGive, Retake, StoreError,
    Submitted, SubmittedAs,
};

type Result<T> = std::result::Result<T, StoreError>;

/// A delivery that was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub(super) id: i64,
    /// ISA13.
    pub(super) number: Option<u32>,
    /// GS06 of its first group.
    pub(super) group: Option<u32>,
}

/// Of a second; times are kept in these.
const MICROSECONDS: i64 = 1_000_000;

/// A delivery as it goes out.
pub(super) struct Made {
    pub(super) content: i64,
    pub(super) file_name: String,
    /// ISA13.
    pub(super) number: Option<u32>,
    /// GS06 of its first group.
    pub(super) group: Option<u32>,
    /// What the partner says of it, when it should have, and how long that is.
    pub(super) answer: Option<&'static str>,
    pub(super) answer_due: Option<i64>,
    pub(super) answer_within: Option<i64>,
}

/// A delivery that is to be made.
#[derive(Clone, Copy)]
pub(super) struct Leaving<'d> {
    /// The payload for which it is.
    pub(super) payload: i64,
    pub(super) delivery: &'d NewDelivery,
    pub(super) at: Timestamp,
}

/// Gives deliveries their control numbers, and keeps their bytes.
pub(super) async fn make(db: &mut SqliteConnection, leaving: &[Leaving<'_>]) -> Result<Vec<Made>> {
    let (mut counters, mut given) = (Counters::default(), Vec::with_capacity(leaving.len()));
    for Leaving { delivery, .. } in leaving {
        let (mut number, mut group) = (None, None);
        if let Some(NumbersToGive { keys, counters: [of_interchange, of_group], interchanges, groups, group_count }) =
            &delivery.numbers
        {
            let counter = |kind| (keys.ours.as_str(), keys.theirs.as_str(), kind);
            number = Some(counters.take(db, counter(*of_interchange), *interchanges, 1).await?);
            if *group_count > 0 {
                group = Some(counters.take(db, counter(*of_group), *groups, *group_count).await?);
            }
        }
        given.push((number, group));
    }
    counters.keep(db).await?;
    let numbers = |(number, group): (Option<u32>, Option<u32>)| Numbers {
        interchange: number.unwrap_or(0),
        first_group: group.unwrap_or(0),
    };
    let contents = leaving.iter().zip(&given).map(|(one, given)| one.delivery.content.fill(numbers(*given)));
    let contents: Vec<Kept> = contents.map(|bytes| Kept::inline(&bytes)).collect();
    let ids = insert_contents(db, &contents).await?;
    let made = leaving.iter().zip(given).zip(ids).map(|((Leaving { delivery, at, .. }, (number, group)), content)| {
        let within = delivery.answer_within_secs.map(|within| whole(within).saturating_mul(MICROSECONDS));
        let file_name = delivery.file_name.fill(numbers((number, group)));
        Made {
            content,
            file_name: String::from_utf8_lossy(&file_name).into_owned(),
            number,
            group,
            answer: (delivery.kind == "interchange").then_some("waiting"),
            answer_due: within.map(|within| time(*at).saturating_add(within)),
            answer_within: within,
        }
    });
    Ok(made.collect())
}

/// Makes deliveries and gives their control numbers.
pub(super) async fn insert_deliveries(db: &mut SqliteConnection, leaving: &[Leaving<'_>]) -> Result<Vec<Given>> {
    let made = make(db, leaving).await?;
    let statement = "INSERT INTO deliveries (kind, partner, payload, file_name, done_file, content, interchange_number, \
        group_number, answer, answer_due, state, due_at, created_at, ours, theirs, usage, answer_within) VALUES {rows}";
    let rows: Vec<(&Leaving<'_>, &Made)> = leaving.iter().zip(&made).collect();
    let ids = insert(db, (statement, 17), &rows, |row, (Leaving { payload, delivery, at }, made)| {
        let [ours, theirs, usage] = delivery.sent_as();
        row.bind(delivery.kind)
            .bind(&delivery.partner)
            .bind(*payload)
            .bind(&made.file_name)
            .bind(&delivery.done_file)
            .bind(made.content)
            .bind(made.number)
            .bind(made.group)
            .bind(made.answer)
            .bind(made.answer_due)
            .bind(DeliveryState::Waiting.word())
            .bind(time(*at))
            .bind(time(*at))
            .bind(ours)
            .bind(theirs)
            .bind(usage)
            .bind(made.answer_within);
        Ok(())
    });
    let given = ids.await?.into_iter().zip(&made);
    Ok(given.map(|(id, Made { number, group, .. })| Given { id, number: *number, group: *group }).collect())
}

/// Interchanges came again: what they were answered with is sent again, the same bytes under the same name.
pub(super) async fn answer_again(db: &mut SqliteConnection, decision: &Decision) -> Result<()> {
    let statement = "UPDATE deliveries SET state = 'waiting', due_at = $2, version = version + 1 \
        WHERE state = 'delivered' AND id = (SELECT acknowledgment FROM interchanges WHERE id = $1)";
    for interchange in &decision.repeated {
        sqlx::query(statement).bind(interchange).bind(time(decision.at)).execute(&mut *db).await?;
    }
    Ok(())
}

/// Our id and theirs, and what is counted. Live interchanges and tests have one counter: answers go by the usage of what they
/// answer, and all are files of one outbox.
type Counter<'k> = (&'k str, &'k str, &'static str);

/// Counters from which control numbers are given, and the next of each: it is read when it is first asked for, and kept at the end.
#[derive(Default)]
struct Counters<'k>(HashMap<Counter<'k>, u32>);

impl<'k> Counters<'k> {
    /// Gives `count` numbers in a row and returns the first.
    async fn take(&mut self, db: &mut SqliteConnection, counter: Counter<'k>, range: Range, count: u32) -> Result<u32> {
        let next = match self.0.get(&counter) {
            Some(next) => Some(*next),
            None => next_number(db, counter).await?,
        };
        let (first, next) = range.take(next, count);
        self.0.insert(counter, next);
        Ok(first)
    }

    async fn keep(self, db: &mut SqliteConnection) -> Result<()> {
        for (counter, next) in self.0 {
            keep_number(db, counter, next).await?;
        }
        Ok(())
    }
}

async fn next_number(db: &mut SqliteConnection, (ours, theirs, kind): Counter<'_>) -> Result<Option<u32>> {
    let statement = "SELECT next FROM control_numbers WHERE ours = $1 AND theirs = $2 AND kind = $3";
    let next = sqlx::query(statement).bind(ours).bind(theirs).bind(kind).fetch_optional(&mut *db).await?;
    Ok(next.and_then(|row| u32::try_from(row.get::<i64, _>(0)).ok()))
}

pub(super) async fn set_numbers(db: &mut SqliteConnection, set: &NextNumbers) -> Result<Applied> {
    let NextNumbers { ours, theirs, numbers, again, audit } = set;
    for (kind, number) in numbers {
        if !again && next_number(db, (ours, theirs, kind)).await?.is_some_and(|next| *number < next) {
            return Ok(Applied::NumberGiven);
        }
    }
    for (kind, number) in numbers {
        keep_number(db, (ours, theirs, kind), *number).await?;
        record(db, audit, &format!("{kind} {ours} to {theirs} next {number}")).await?;
    }
    Ok(Applied::Done(0))
}

async fn keep_number(db: &mut SqliteConnection, (ours, theirs, kind): Counter<'_>, next: u32) -> Result<()> {
    let statement = "INSERT INTO control_numbers (ours, theirs, kind, next) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (ours, theirs, kind) DO UPDATE SET next = $4";
    sqlx::query(statement).bind(ours).bind(theirs).bind(kind).bind(next).execute(&mut *db).await?;
    Ok(())
}

/// Other documents that go on, or may, and were submitted under the event of a document of the ERP: it came again since it was
/// refused.
const AGAIN: &str = "SELECT event, lane, payload FROM documents WHERE event = $1 AND lane = $2 AND direction = 'out' \
    AND id <> $3 AND state NOT IN ('refused', 'discarded')";

/// What was submitted again of a document of the ERP, since it was refused, with the payload.
async fn submitted_again(db: &mut SqliteConnection, retake: &Retake) -> Result<Vec<(Submitted, i64)>> {
    match (&retake.submitted, &retake.attempt.canonical) {
        (Some(SubmittedAs::Event(event)), _) => {
            let query = sqlx::query(AGAIN).bind(event).bind(retake.lane).bind(retake.document);
            let again = query.fetch_all(db).await?;
            let event = |row: &SqliteRow| (Submitted::Event { event: row.get(0), lane: row.get(1) }, row.get(2));
            Ok(again.iter().map(event).collect())
        }
        (Some(SubmittedAs::Object(position, subject)), Some(canonical)) => {
            let again = said_already(db, subject, canonical, Some(retake.document)).await?;
            Ok(again.map(|(_, payload)| (Submitted::Object(*position), payload)).into_iter().collect())
        }
        _ => Ok(Vec::new()),
    }
}

pub(super) async fn retake(db: &mut SqliteConnection, retake: &Retake) -> Result<Applied> {
    let partner = retake.partner.as_deref();
    if !records::are_as_written(db, [(partner.unwrap_or_default(), &retake.outgoing)].into_iter()).await? {
        return Ok(Applied::Outdated);
    }
    let again = submitted_again(db, retake).await?;
    if !again.is_empty() {
        return Ok(Applied::Submitted(again));
    }
    let statement = "INSERT OR IGNORE INTO former_numbers (business_number, document) \
        SELECT business_number, id FROM documents WHERE id = $1 AND version = $2 AND business_number <> coalesce($3, '')";
    let query = sqlx::query(statement).bind(retake.document).bind(retake.version).bind(&retake.business_number);
    query.execute(&mut *db).await?;
    let statement = "UPDATE documents SET attempt = attempt + 1, version = version + 1, state = $3, business_number = $4, \
        type = $5, lane = $6, partner = $7, document = $8, replaces = coalesce($9, replaces), first_byte = $10, end_byte = $11, \
        answer = CASE WHEN $3 <> 'kept' THEN answer END, event = coalesce($12, event), identity = $13 WHERE id = $1 AND version = $2 RETURNING attempt, payload, delivery";
    let query = sqlx::query(statement)
        .bind(retake.document)
        .bind(retake.version)
        .bind(retake.state.word())
        .bind(&retake.business_number)
        .bind(&retake.canonical_type)
        .bind(retake.lane)
        .bind(&retake.partner)
        .bind(&retake.kind)
        .bind(retake.replaces)
        .bind(i64::try_from(retake.bytes.start).unwrap_or_default())
        .bind(i64::try_from(retake.bytes.end).unwrap_or_default())
        .bind(retake.submitted.as_ref().and_then(SubmittedAs::event))
        .bind(&retake.identity);
    let Some(row) = query.fetch_optional(&mut *db).await? else {
        return Ok(Applied::Stale);
    };
    let (attempt, payload, before): (i64, i64, Option<i64>) = (row.get(0), row.get(1), row.get(2));
    insert_attempts(db, &[(retake.document, attempt, &retake.attempt)]).await?;
    let statement = "DELETE FROM findings WHERE payload = $1 AND document = $2";
    sqlx::query(statement).bind(payload).bind(retake.document).execute(&mut *db).await?;
    insert_findings(db, findings(payload, retake.document, &retake.attempt.diagnostics).into_iter()).await?;
    if let Some(event) = &retake.event {
        // One that is published for the first time may take the place of an earlier document.
        let statement = concat!(
            "INSERT INTO events (id, document, attempt, lane, partner, type, business_number, supersedes, at) \
            SELECT $1, id, $3, lane, partner, type, business_number, coalesce($4, ",
            replaced!(),
            "), $5 FROM documents WHERE id = $2"
        );
        let query = sqlx::query(statement)
            .bind(event)
            .bind(retake.document)
            .bind(attempt)
            .bind(&retake.supersedes)
            .bind(time(retake.attempt.at));
        query.execute(&mut *db).await?;
        let statement = "UPDATE documents SET event = $2 WHERE id = $1";
        sqlx::query(statement).bind(retake.document).bind(event).execute(&mut *db).await?;
    }
    records::await_nothing(db, retake.document).await?;
    records::keep(db, retake.document, partner, &retake.outgoing).await?;
    send_anew(db, retake, payload, before).await?;
    record(db, &retake.audit, &format!("document {}", retake.document)).await?;
    Ok(Applied::Done(retake.document))
}

/// What goes out for a document that was written anew, in place of what was to go out before. Where that came to nothing it stands in
/// nothing any more: what was written of an earlier attempt is not what it says.
async fn send_anew(db: &mut SqliteConnection, retake: &Retake, payload: i64, before: Option<i64>) -> Result<()> {
    if retake.leaves() {
        if let Some(delivery) = before {
            end(db, delivery, Some(retake.document)).await?;
        }
        // What it stood in keeps its numbers, and what the partner said.
        let statement = "INSERT OR REPLACE INTO sent_before (document, delivery, attempt, interchange_number, group_number, \
            set_number, answer, answered_by, answer_diagnostics) SELECT d.id, d.delivery, d.attempt - 1, d.interchange_number, \
            d.group_number, d.set_number, d.answer, d.answered_by, d.answer_diagnostics FROM documents AS d \
            JOIN deliveries AS s ON s.id = d.delivery WHERE d.id = $1 AND s.kind = 'interchange' AND s.state <> 'collecting'";
        sqlx::query(statement).bind(retake.document).execute(&mut *db).await?;
        let statement = "UPDATE documents SET delivery = NULL, interchange_number = NULL, group_number = NULL, \
            set_number = NULL, answer = NULL, answered_by = NULL, answer_diagnostics = NULL WHERE id = $1 AND delivery IS NOT NULL";
        sqlx::query(statement).bind(retake.document).execute(&mut *db).await?;
    }
    if let Some(collect) = &retake.outgoing.collect {
        let partner = retake.partner.as_deref().unwrap_or_default();
        let canonical_type = retake.canonical_type.as_deref();
        let of = batches::Of { payload, partner, document: &retake.kind, canonical_type };
        let given = batches::collect(db, of, collect, retake.attempt.at).await?;
        let statement = "UPDATE documents SET delivery = $2, written_bytes = $3 WHERE id = $1";
        let query = sqlx::query(statement).bind(retake.document).bind(given.id).bind(whole(collect.written));
        query.execute(&mut *db).await?;
    } else if let Some(delivery) = &retake.delivery {
        let leaving = Leaving { payload, delivery, at: retake.attempt.at };
        let Some(given) = insert_deliveries(db, &[leaving]).await?.pop() else { return Ok(()) };
        let statement = "UPDATE documents SET delivery = $2, interchange_number = $3, group_number = $4, set_number = $5, \
            answer = 'waiting' WHERE id = $1";
        let [number, group] = [given.number, given.group].map(|number| number.map(|number| number.to_string()));
        let query = sqlx::query(statement)
            .bind(retake.document)
            .bind(given.id)
            .bind(number)
            .bind(group)
            .bind(&retake.set_number);
        query.execute(&mut *db).await?;
    }
    Ok(())
}

/// A delivery does not go out, or not once more. What was delivered stays so, and what the partner did not take of it is rejected, as
/// it was before it was to go out again; other documents are held, and these are returned. What becomes of `but` is not said here.
async fn end(db: &mut SqliteConnection, delivery: i64, but: Option<i64>) -> Result<Vec<i64>> {
    let statement = "UPDATE deliveries SET version = version + 1, failing_since = NULL, \
        state = CASE WHEN delivered_at IS NULL THEN 'discarded' ELSE 'delivered' END \
        WHERE id = $1 AND state IN ('waiting', 'held') RETURNING delivered_at IS NOT NULL";
    let Some(row) = sqlx::query(statement).bind(delivery).fetch_optional(&mut *db).await? else {
        return Ok(Vec::new());
    };
    if row.get(0) {
        // Who waits for another answer has that of before.
        let statement = "UPDATE documents SET answer = 'rejected' \
            WHERE delivery = $1 AND answer = 'waiting' AND answered_by IS NOT NULL";
        sqlx::query(statement).bind(delivery).execute(&mut *db).await?;
        let statement = "UPDATE documents SET state = 'rejected', version = version + 1 \
            WHERE delivery = $1 AND id IS NOT $2 AND answer = 'rejected' AND state IN ('queued', 'held')";
        sqlx::query(statement).bind(delivery).bind(but).execute(&mut *db).await?;
        let statement = "UPDATE deliveries SET answer = (SELECT CASE WHEN max(answer) = min(answer) THEN 'rejected' \
            ELSE 'partially_accepted' END FROM documents WHERE delivery = $1) \
            WHERE id = $1 AND EXISTS (SELECT 1 FROM documents WHERE delivery = $1 AND answer = 'rejected')";
        sqlx::query(statement).bind(delivery).execute(&mut *db).await?;
    }
    let statement = "UPDATE documents SET state = 'held', version = version + 1 \
        WHERE delivery = $1 AND id IS NOT $2 AND state = 'queued' RETURNING id";
    let held = sqlx::query(statement).bind(delivery).bind(but).fetch_all(&mut *db).await?;
    Ok(held.iter().map(|row| row.get(0)).collect())
}

pub(super) async fn document(
    db: &mut SqliteConnection,
    store::Row { id, version }: store::Row,
    state: DocumentState,
    delivery: Option<DeliveryState>,
    audit: &Audit,
) -> Result<Applied> {
    let statement = "UPDATE documents SET state = $3, version = version + 1 WHERE id = $1 AND version = $2 \
        AND ($4 IS NULL OR delivery IN (SELECT id FROM deliveries WHERE state = 'held' OR state = 'waiting' AND NOT putting)) \
        RETURNING delivery";
    let query =
        sqlx::query(statement).bind(id).bind(version).bind(state.word()).bind(delivery.map(DeliveryState::word));
    let Some(row) = query.fetch_optional(&mut *db).await? else {
        return Ok(Applied::Stale);
    };
    // From here on it goes on by a person's word only.
    records::await_nothing(db, id).await?;
    if let (Some(state), Some(delivery)) = (delivery, row.get::<Option<i64>, _>(0)) {
        let others = match state {
            DeliveryState::Discarded => end(db, delivery, Some(id)).await?,
            _ => together(db, delivery, state).await?,
        };
        // Who keeps them back is asked of each.
        for other in others {
            record(db, audit, &format!("document {other}")).await?;
        }
    }
    record(db, audit, &format!("document {id}")).await?;
    Ok(Applied::Done(id))
}

/// One interchange: what is in it waits, or is held, together. Its other documents are returned.
async fn together(db: &mut SqliteConnection, delivery: i64, state: DeliveryState) -> Result<Vec<i64>> {
    let statement = "UPDATE deliveries SET state = $2, failing_since = NULL, version = version + 1 WHERE id = $1";
    sqlx::query(statement).bind(delivery).bind(state.word()).execute(&mut *db).await?;
    let (from, to) = if state == DeliveryState::Waiting { ("held", "queued") } else { ("queued", "held") };
    let statement =
        "UPDATE documents SET state = $3, version = version + 1 WHERE delivery = $1 AND state = $2 RETURNING id";
    let others = sqlx::query(statement).bind(delivery).bind(from).bind(to).fetch_all(&mut *db).await?;
    Ok(others.iter().map(|row| row.get(0)).collect())
}

pub(super) async fn putting(
    db: &mut SqliteConnection,
    store::Row { id, version }: store::Row,
    is_put: bool,
) -> Result<Applied> {
    let statement = "UPDATE deliveries SET putting = $3 WHERE id = $1 AND version = $2 AND state = 'waiting' \
        AND (NOT $3 OR partner NOT IN (SELECT name FROM partners WHERE paused_at IS NOT NULL))";
    let query = sqlx::query(statement).bind(id).bind(version).bind(is_put);
    match query.execute(&mut *db).await?.rows_affected() {
        0 => Ok(Applied::Stale),
        _ => Ok(Applied::Done(id)),
    }
}

pub(super) async fn renaming(db: &mut SqliteConnection, id: i64, place: Option<&str>) -> Result<Applied> {
    let query = sqlx::query("UPDATE deliveries SET renaming = $2 WHERE id = $1").bind(id).bind(place);
    query.execute(&mut *db).await?;
    Ok(Applied::Done(id))
}

pub(super) async fn delivered(db: &mut SqliteConnection, delivered: &Delivered) -> Result<Applied> {
    // What was delivered, or placed and not taken since, is a fact, also when a person had it tried in the very moment. From
    // then on its answer is waited for.
    let done = delivered.state == DeliveryState::Delivered;
    let statement = "UPDATE deliveries SET state = $3, attempts = attempts + 1, due_at = $4, \
        answer_due = coalesce($5 + answer_within, answer_due), \
        delivered_at = coalesce($5, delivered_at), diagnostics = $6, putting = $8, version = version + 1, \
        renaming = CASE WHEN $3 <> 'delivered' THEN renaming END, \
        failing_since = CASE WHEN $3 IN ('waiting', 'held') THEN coalesce(failing_since, $7) END \
        WHERE id = $1 AND (version = $2 OR $3 = 'delivered' OR ($3 = 'placed' AND state = 'waiting'))";
    let query = sqlx::query(statement)
        .bind(delivered.id)
        .bind(delivered.version)
        .bind(delivered.state.word())
        .bind(time(delivered.due_at))
        .bind(done.then(|| time(delivered.at)))
        .bind(diagnostics_text(&delivered.diagnostics))
        .bind(time(delivered.at))
        .bind(delivered.perhaps_put);
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    if done {
        documents_delivered(db, delivered.id).await?;
    }
    Ok(Applied::Done(delivered.id))
}

pub(super) async fn taken(db: &mut SqliteConnection, partner: &str, file: &str, at: Timestamp) -> Result<Applied> {
    // Between the file and the word that it was put there lies a moment in which it can be taken. It is one file, and the
    // newest of its name.
    let statement = "UPDATE deliveries SET state = 'delivered', delivered_at = $3, putting = 0, version = version + 1, \
        answer_due = $3 + answer_within \
        WHERE id = (SELECT id FROM deliveries WHERE partner = $1 AND file_name = $2 AND state IN ('placed', 'waiting') \
        AND (state = 'placed' OR putting) AND kind <> 'refusal' ORDER BY state = 'placed' DESC, id DESC LIMIT 1) RETURNING id";
    let query = sqlx::query(statement).bind(partner).bind(file).bind(time(at));
    let Some(row) = query.fetch_optional(&mut *db).await? else { return Ok(Applied::Done(0)) };
    documents_delivered(db, row.get(0)).await?;
    Ok(Applied::Done(row.get(0)))
}

pub(super) async fn documents_delivered(db: &mut SqliteConnection, delivery: i64) -> Result<()> {
    // What was said of it before it went out again is not what is waited for.
    let statement = "UPDATE documents SET state = 'delivered', version = version + 1, \
        answered_by = CASE WHEN answer <> 'waiting' THEN answered_by END, \
        answer_diagnostics = CASE WHEN answer <> 'waiting' THEN answer_diagnostics END \
        WHERE delivery = $1 AND state IN ('queued', 'held')";
    sqlx::query(statement).bind(delivery).execute(&mut *db).await?;
    Ok(())
}

pub(super) async fn discard(
    db: &mut SqliteConnection,
    store::Row { id, version }: store::Row,
    audit: &Audit,
) -> Result<Applied> {
    let statement = "SELECT 1 FROM deliveries WHERE id = $1 AND version = $2 AND (state = 'held' OR state = 'waiting' AND NOT putting)";
    if sqlx::query(statement).bind(id).bind(version).fetch_optional(&mut *db).await?.is_none() {
        return Ok(Applied::Stale);
    }
    end(db, id, None).await?;
    record(db, audit, &format!("delivery {id}")).await?;
    Ok(Applied::Done(id))
}

pub(super) async fn retry(
    db: &mut SqliteConnection,
    store::Row { id, version }: store::Row,
    at: Timestamp,
    audit: &Audit,
) -> Result<Applied> {
    // Documents that came to it meanwhile go with it.
    let statement = "UPDATE deliveries SET due_at = $2, version = version + 1 WHERE id = $1 AND state = 'collecting'";
    let query = sqlx::query(statement).bind(id).bind(time(at));
    if query.execute(&mut *db).await?.rows_affected() > 0 {
        record(db, audit, &format!("delivery {id}")).await?;
        return Ok(Applied::Done(id));
    }
    // What the partner has taken it has, whatever it says of the same bytes when they come again; what lies where it takes it may be
    // taken meanwhile.
    let statement = "UPDATE deliveries SET putting = putting OR state = 'placed', state = 'waiting', due_at = $3, \
        failing_since = NULL, version = version + 1, \
        answer = CASE WHEN answer IN ('accepted', 'accepted_with_errors') THEN answer WHEN kind = 'interchange' THEN 'waiting' END, \
        interchange_answer = CASE WHEN answer IN ('accepted', 'accepted_with_errors') THEN interchange_answer END \
        WHERE id = $1 AND version = $2";
    let query = sqlx::query(statement).bind(id).bind(version).bind(time(at));
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    // So are the documents that it has: these are not held, written anew or discarded meanwhile.
    let statement = "UPDATE documents SET state = 'queued', version = version + 1 \
        WHERE delivery = $1 AND state IN ('held', 'rejected')";
    sqlx::query(statement).bind(id).execute(&mut *db).await?;
    // What was said of them stays until it has gone: then it is not what is waited for (`documents_delivered`), or it does not go (`end`).
    let statement = "UPDATE documents SET answer = CASE WHEN direction = 'out' THEN 'waiting' END WHERE delivery = $1 AND state IN ('queued', 'delivered') \
        AND (answer IS NULL OR answer NOT IN ('accepted', 'accepted_with_errors'))";
    sqlx::query(statement).bind(id).execute(&mut *db).await?;
    // A person says that the server is to be tried, too.
    let statement = "UPDATE visits SET next_at = min(next_at, $2) \
        WHERE folder = '' AND partner = (SELECT partner FROM deliveries WHERE id = $1)";
    sqlx::query(statement).bind(id).bind(time(at)).execute(&mut *db).await?;
    record(db, audit, &format!("delivery {id}")).await?;
    Ok(Applied::Done(id))
}
