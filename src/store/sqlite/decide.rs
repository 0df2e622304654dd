//! What became of payloads of partners: several decisions at a time, none of which asks for what one before it writes.

use std::collections::HashSet;

use sqlx::{Row, SqliteConnection};

use super::apply::Stopped;
use super::documents::{ToKeep, findings, insert_documents, insert_findings};
use super::outgoing::{self, Leaving};
use super::row::{diagnostics_text, time, timestamp};
use super::statement::{Statement, in_rows, insert};
use crate::diagnostic::json;
use crate::lifecycle::{self, Earlier, InSpite, PayloadState, Verdict};
use crate::store::{Applied, CameBefore, Decision, Interchange, Stage, StoreError, Withheld};

type Result<T> = std::result::Result<T, StoreError>;

/// What the ERP has, or gets with the same payload before it, under the business number of a row of `documents`.
macro_rules! came_before {
    ($row:literal) => {
        concat!(
            $row,
            ".business_number = documents.business_number AND ",
            $row,
            ".partner = documents.partner AND ",
            $row,
            ".type = documents.type AND ",
            $row,
            ".lane = documents.lane AND ",
            $row,
            ".direction = 'in' AND ",
            $row,
            ".event IS NOT NULL AND (",
            $row,
            ".state <> 'staged' OR ",
            $row,
            ".payload = documents.payload AND ",
            $row,
            ".position < documents.position)"
        )
    };
}

/// The event that a row of `documents` takes the place of: the latest of its business number and identity, where the document says
/// that it replaces one, whatever became of that since: the ERP has it. One that does not say which it is, as of shipments of an
/// order, stands for the only one there is, and what stood for that since is replaced in its place: an event is replaced once. What
/// a person has published late takes the place of what was published meanwhile; what stands before it in its own payload is
/// published with it.
macro_rules! replaced {
    () => {
        concat!(
            "CASE WHEN replaces THEN (WITH RECURSIVE chain (event, length) AS (SELECT coalesce((SELECT earlier.event \
            FROM documents AS earlier WHERE ",
            came_before!("earlier"),
            " AND earlier.identity IS documents.identity \
            ORDER BY coalesce((SELECT sequence FROM events WHERE id = earlier.event), ~(1 << 63)) DESC, \
            earlier.position DESC LIMIT 1), (SELECT earlier.event FROM documents AS earlier WHERE ",
            came_before!("earlier"),
            " AND NOT EXISTS (SELECT 1 FROM documents AS other WHERE ",
            came_before!("other"),
            " AND other.identity <> coalesce(documents.identity, earlier.identity)) \
            ORDER BY coalesce((SELECT sequence FROM events WHERE id = earlier.event), ~(1 << 63)) DESC, \
            earlier.position DESC LIMIT 1)), 0 \
            UNION ALL SELECT events.id, length + 1 FROM chain JOIN events ON events.supersedes = chain.event) \
            SELECT event FROM chain ORDER BY length DESC LIMIT 1) END"
        )
    };
}
pub(super) use came_before;
pub(super) use replaced;

/// Keeps documents of a payload whose end is not read yet.
pub(super) async fn stage(db: &mut SqliteConnection, stage: &Stage) -> Result<Applied> {
    let query = sqlx::query("SELECT 1 FROM payloads WHERE id = $1 AND version = $2").bind(stage.payload);
    if query.bind(stage.version).fetch_optional(&mut *db).await?.is_none() {
        return Ok(Applied::Stale);
    }
    if stage.first {
        drop_staged(db, stage.payload).await?;
    }
    let documents: Vec<ToKeep<'_>> =
        stage.documents.iter().map(|document| ToKeep { payload: stage.payload, document, delivery: None }).collect();
    insert_documents(db, "in", &documents).await?;
    Ok(Applied::Done(stage.payload))
}

/// Drops what was staged of a payload that is not translated.
pub(super) async fn drop_staged(db: &mut SqliteConnection, payload: i64) -> Result<()> {
    for statement in OF_PAYLOAD {
        sqlx::query(statement).bind(payload).execute(&mut *db).await?;
    }
    Ok(())
}

const OF_PAYLOAD: [&str; 3] = [
    "DELETE FROM findings WHERE payload = $1",
    "DELETE FROM attempts WHERE document IN (SELECT id FROM documents WHERE payload = $1)",
    "DELETE FROM documents WHERE payload = $1",
];

/// Drops documents that were staged and are not to go on: those of payloads that do not, and what a run that was broken off left.
async fn drop_what_is_left(db: &mut SqliteConnection, decisions: &[&Decision]) -> Result<()> {
    for decision in decisions.iter().filter(|decision| decision.staged > 0 && !goes_on(decision)) {
        drop_staged(db, decision.payload).await?;
    }
    let without = decisions.iter().copied().filter(|decision| decision.staged == 0);
    for some in in_rows(&without.collect::<Vec<_>>()) {
        for row in of_payloads(LEFT, some).ask(db).await? {
            drop_staged(db, row.get(0)).await?;
        }
    }
    Ok(())
}

const LEFT: &str = "SELECT DISTINCT payload FROM documents WHERE payload IN (VALUES {rows}) AND state = 'staged'";

fn goes_on(decision: &Decision) -> bool {
    decision.state == PayloadState::Translated
}

pub(super) async fn decide(
    db: &mut SqliteConnection,
    in_lines: &[(&Decision, Option<usize>)],
    stopped: &mut Stopped,
) -> Result<Vec<Applied>> {
    let decisions: Vec<&Decision> = in_lines.iter().map(|(decision, _)| *decision).collect();
    let judged = judged(db, &decisions).await?;
    let heard = in_lines.iter().zip(judged).map(|((_, line), judged)| stopped.heard(*line, judged));
    let applied: Vec<Applied> = heard.collect();
    let taken = decisions.iter().zip(&applied).filter(|(_, applied)| matches!(applied, Applied::Done(_)));
    let taken: Vec<&Decision> = taken.map(|(decision, _)| *decision).collect();
    drop_what_is_left(db, &taken).await?;
    keep_states(db, &taken).await?;
    keep_interchanges(db, &taken).await?;
    keep_what_was_read(db, &taken).await?;
    let documents = taken.iter().flat_map(|decision| {
        let payload = decision.payload;
        decision.documents.iter().map(move |document| ToKeep { payload, document, delivery: None })
    });
    insert_documents(db, "in", &documents.collect::<Vec<_>>()).await?;
    let going_on: Vec<&Decision> = taken.iter().copied().filter(|decision| goes_on(decision)).collect();
    for decision in &going_on {
        leave_out(db, decision).await?;
        withhold(db, decision).await?;
    }
    publish(db, &going_on).await?;
    for decision in &taken {
        outgoing::answer_again(db, decision).await?;
    }
    Ok(applied)
}

/// Documents of a payload, by their positions.
macro_rules! between {
    () => {
        " FROM documents WHERE payload = $1 AND position BETWEEN $2 AND $3"
    };
}

/// An interchange that must not have come before, with its index in its decision.
type Asked<'d> = (usize, &'d Interchange);

/// Which decisions can be written: they are [`Applied::Done`]. The payload of another is not as it was read, or interchanges of
/// it were taken before.
async fn judged(db: &mut SqliteConnection, decisions: &[&Decision]) -> Result<Vec<Applied>> {
    let mut asked: Vec<(usize, Option<Asked<'_>>)> = Vec::new();
    for (number, decision) in decisions.iter().enumerate() {
        let interchanges = if goes_on(decision) { decision.interchanges.as_slice() } else { &[] };
        asked.extend(interchanges.iter().enumerate().map(|asked| (number, Some(asked))));
        if interchanges.is_empty() {
            asked.push((number, None));
        }
    }
    let asked: Vec<(usize, (usize, Option<Asked<'_>>))> = asked.into_iter().enumerate().collect();
    // Of each that is as it was read, what came before.
    let mut found: Vec<Option<Vec<CameBefore>>> = vec![None; decisions.len()];
    for some in in_rows(&asked) {
        let mut statement = Statement::new(JUDGED, some.len(), 9);
        for (at, (number, interchange)) in some {
            let (decision, interchange) = (decisions[*number], interchange.map(|(_, interchange)| interchange));
            statement
                .bind(*at as i64)
                .bind(decision.payload)
                .bind(decision.version)
                .bind(interchange.map(|one| &one.control_number))
                .bind(interchange.map(|one| &one.sender))
                .bind(interchange.map(|one| &one.receiver))
                .bind(interchange.map(|one| &one.usage))
                .bind(interchange.map(|one| one.digest.to_vec()))
                .bind(interchange.and_then(|one| Some(&one.file.as_ref()?.name)));
        }
        for row in statement.ask(db).await? {
            let Some((_, (number, interchange))) = asked.get(row.get::<i64, _>(0) as usize) else { continue };
            let found = found[*number].get_or_insert_default();
            let digest: Option<Vec<u8>> = row.get(2);
            let (Some((index, one)), Some(Ok(digest))) = (interchange, digest.map(<[u8; 32]>::try_from)) else {
                continue;
            };
            let earlier = Earlier { digest, received_at: timestamp(row.get(3))? };
            let same = match lifecycle::verdict(Some(&earlier), &one.digest, decisions[*number].at) {
                Verdict::New => continue,
                Verdict::Duplicate => true,
                Verdict::Reused => false,
            };
            let outlived = one.file.as_ref().is_some_and(|file| file.is_state) && row.get(5);
            if !(outlived && one.file.as_ref().is_some_and(|file| file.again)) {
                found.push(CameBefore { index: *index, payload: row.get(1), interchange: row.get(4), same, outlived });
            }
        }
    }
    let mut applied = Vec::with_capacity(decisions.len());
    for (decision, found) in decisions.iter().zip(found) {
        applied.push(match found {
            Some(found) if !goes_on(decision) || all_staged(db, decision).await? => match refused(decision, found) {
                found if found.is_empty() => Applied::Done(decision.payload),
                found => Applied::CameBefore(found),
            },
            _ => Applied::Stale,
        });
    }
    Ok(applied)
}

/// What of that which came before is not taken. Who says that a payload goes on all the same means what held it: a number that was
/// used again; and what came before only where it was a duplicate, and nothing else is in the payload.
fn refused(decision: &Decision, mut found: Vec<CameBefore>) -> Vec<CameBefore> {
    if decision.in_spite >= InSpite::Reused {
        found.retain(|one| one.same);
    }
    if decision.in_spite == InSpite::Duplicate && found.len() == decision.interchanges.len() {
        found.clear();
    }
    found
}

/// The latest file without an envelope of those asked for, but by their bytes: these are its control number.
macro_rules! latest_file {
    () => {
        "(SELECT control_number FROM interchanges WHERE sender = asked.column5 AND receiver = asked.column6 \
         AND usage = asked.column7 AND file_name IS NOT NULL AND payload <> asked.column2"
    };
}

/// Payloads that are as they were read, each with its latest interchange of the same name, those of the same sets before others;
/// and of files without an envelope whether another one came since, in all and under that name. Those asked for stand first by the crossed join: nothing is gone through to find them.
const JUDGED: &str = concat!(
    "SELECT asked.column1, came.payload, came.digest, came.received_at, came.id, came.file_name IS NOT NULL AND ",
    latest_file!(),
    " ORDER BY id DESC LIMIT 1) <> asked.column4 AND coalesce(",
    latest_file!(),
    " AND file_name = asked.column9 ORDER BY id DESC LIMIT 1), '') <> asked.column4 \
    FROM (VALUES {rows}) AS asked CROSS JOIN payloads ON payloads.id = asked.column2 AND payloads.version = asked.column3 \
    LEFT JOIN interchanges AS came ON came.id = (SELECT id FROM (SELECT id, digest = asked.column8 AS same FROM interchanges \
    WHERE control_number = asked.column4 AND sender = asked.column5 AND receiver = asked.column6 AND usage = asked.column7 \
    AND payload <> asked.column2) ORDER BY same DESC, id DESC LIMIT 1) ORDER BY asked.column1"
);

/// Are the documents that were staged still there? Another process may have begun the payload anew.
async fn all_staged(db: &mut SqliteConnection, decision: &Decision) -> Result<bool> {
    if decision.staged == 0 {
        return Ok(true);
    }
    let query = sqlx::query("SELECT count(*) FROM documents WHERE payload = $1").bind(decision.payload);
    Ok(query.fetch_one(&mut *db).await?.get::<i64, _>(0) == decision.staged)
}

/// The payloads' new states, and what was found of them as a whole.
async fn keep_states(db: &mut SqliteConnection, decisions: &[&Decision]) -> Result<()> {
    for some in in_rows(decisions) {
        let mut statement = Statement::new(STATES, some.len(), 5);
        for decision in some {
            statement
                .bind(decision.payload)
                .bind(decision.state.word())
                .bind(&decision.partner)
                .bind(decision.duplicate_of)
                .bind(diagnostics_text(&decision.diagnostics));
        }
        statement.run(db).await?;
        let forget = "DELETE FROM findings WHERE document = 0 AND payload IN (VALUES {rows})";
        of_payloads(forget, some).run(db).await?;
    }
    let found = decisions.iter().flat_map(|decision| findings(decision.payload, 0, &decision.diagnostics));
    insert_findings(db, found).await
}

const STATES: &str = "UPDATE payloads SET state = new.column2, partner = coalesce(new.column3, partner), \
    duplicate_of = new.column4, diagnostics = new.column5, override = 0, version = version + 1 \
    FROM (VALUES {rows}) AS new WHERE payloads.id = new.column1";

/// A statement whose rows are the ids of payloads.
fn of_payloads(text: &str, decisions: &[&Decision]) -> Statement {
    let mut statement = Statement::new(text, decisions.len(), 1);
    for decision in decisions {
        statement.bind(decision.payload);
    }
    statement
}

/// The interchanges, and all that goes out to their senders.
async fn keep_interchanges(db: &mut SqliteConnection, decisions: &[&Decision]) -> Result<()> {
    let leaving = decisions.iter().flat_map(|decision| {
        let acknowledgments = decision.interchanges.iter().filter_map(|one| one.acknowledgment.as_ref());
        let leaving = |delivery| Leaving { payload: decision.payload, delivery, at: decision.at };
        acknowledgments.chain(&decision.deliveries).map(leaving)
    });
    let given = outgoing::insert_deliveries(db, &leaving.collect::<Vec<_>>()).await?;
    let mut given = given.into_iter().map(|given| given.id);
    let mut interchanges: Vec<(&Decision, &Interchange, Option<i64>)> = Vec::new();
    for decision in decisions {
        for one in &decision.interchanges {
            interchanges.push((decision, one, one.acknowledgment.as_ref().and_then(|_| given.next())));
        }
        given.by_ref().take(decision.deliveries.len()).for_each(drop);
    }
    let statement = "INSERT INTO interchanges (payload, sender, receiver, control_number, usage, digest, received_at, \
        acknowledgment, file_name) VALUES {rows}";
    let inserted = insert(db, (statement, 9), &interchanges, |row, (decision, one, acknowledgment)| {
        row.bind(decision.payload)
            .bind(&one.sender)
            .bind(&one.receiver)
            .bind(&one.control_number)
            .bind(&one.usage)
            .bind(one.digest.to_vec())
            .bind(time(decision.at))
            .bind(*acknowledgment)
            .bind(one.file.as_ref().map(|file| &file.name));
        Ok(())
    });
    inserted.await.map(drop)
}

/// Interchanges of which nothing goes on: a partner asks for them by their numbers all the same.
async fn keep_what_was_read(db: &mut SqliteConnection, decisions: &[&Decision]) -> Result<()> {
    let mut read = Vec::new();
    for decision in decisions {
        let goes_on: HashSet<(&str, &str)> =
            decision.interchanges.iter().map(|one| (one.sender.as_str(), one.control_number.as_str())).collect();
        let left =
            decision.read.iter().filter(|(sender, number)| !goes_on.contains(&(sender.as_str(), number.as_str())));
        read.extend(left.map(|(sender, number)| (decision.payload, sender, number)));
    }
    let statement = "INSERT OR IGNORE INTO interchanges_read (control_number, sender, payload) VALUES {rows}";
    let inserted = insert(db, (statement, 3), &read, |row, (payload, sender, number)| {
        row.bind(*number).bind(*sender).bind(*payload);
        Ok(())
    });
    inserted.await.map(drop)
}

const OF_POSITIONS: [&str; 3] = [
    concat!("DELETE FROM findings WHERE payload = $1 AND document IN (SELECT id", between!(), ")"),
    concat!("DELETE FROM attempts WHERE document IN (SELECT id", between!(), ")"),
    concat!("DELETE", between!()),
];

/// Drops documents that came before and are staged.
async fn leave_out(db: &mut SqliteConnection, decision: &Decision) -> Result<()> {
    for positions in &decision.left_out {
        for statement in OF_POSITIONS {
            let query = sqlx::query(statement).bind(decision.payload).bind(positions.start()).bind(positions.end());
            query.execute(&mut *db).await?;
        }
    }
    Ok(())
}

/// Documents of a payload that are staged, by their positions.
macro_rules! staged {
    () => {
        concat!(between!(), " AND state = 'staged'")
    };
}

/// The same, and those that are held.
macro_rules! told {
    () => {
        concat!(between!(), " AND state IN ('staged', 'held')")
    };
}

/// Gives documents that are staged another state, so that they are not published, and says of each why; what such a
/// document would have said is taken back. Those that are held for faults of their own are told it too, to be held still when these
/// are mended; by the code they are not found, for what lets the others go on is not for them.
async fn withhold(db: &mut SqliteConnection, decision: &Decision) -> Result<()> {
    let statements = [
        // One more at the end of the array of diagnostics.
        concat!(
            "UPDATE attempts SET diagnostics = CASE WHEN diagnostics IS NULL THEN '[' ELSE ",
            "substr(diagnostics, 1, length(diagnostics) - 1) || ',' END || $4 || ']' ",
            "WHERE (document, number) IN (SELECT id, attempt",
            told!(),
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

/// Publishes the staged documents of payloads, in their order.
async fn publish(db: &mut SqliteConnection, decisions: &[&Decision]) -> Result<()> {
    for some in in_rows(decisions) {
        let mut statement = Statement::new(PUBLISHED, some.len(), 2);
        for decision in some {
            statement.bind(decision.payload).bind(time(decision.at));
        }
        statement.run(db).await?;
        // One after the other: the next may replace it. Decisions of which one could replace what another has come apart (`together`).
        for row in of_payloads(REPLACING, some).ask(db).await? {
            sqlx::query(REPLACED).bind(row.get::<i64, _>(0)).execute(&mut *db).await?;
        }
        of_payloads(MARKED, some).run(db).await?;
    }
    Ok(())
}

const MARKED: &str = "UPDATE documents SET state = 'published', version = version + 1 \
    WHERE payload IN (VALUES {rows}) AND state = 'staged'";

const PUBLISHED: &str = "INSERT INTO events (id, document, attempt, lane, partner, type, business_number, at) \
    SELECT documents.event, documents.id, documents.attempt, documents.lane, documents.partner, documents.type, \
    documents.business_number, going_on.column2 FROM (VALUES {rows}) AS going_on \
    CROSS JOIN documents ON documents.payload = going_on.column1 WHERE documents.state = 'staged' ORDER BY documents.id";

const REPLACING: &str = "SELECT id FROM documents WHERE payload IN (VALUES {rows}) AND state = 'staged' AND replaces \
    ORDER BY payload, position";

const REPLACED: &str = concat!(
    "UPDATE events SET supersedes = ",
    replaced!(),
    " FROM documents WHERE documents.id = $1 AND events.id = documents.event"
);

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[tokio::test]
    async fn what_is_decided_is_looked_up_without_going_through_the_record() {
        let (folder, database) = plan::record("decide").await;
        for (text, columns) in
            [(JUDGED, 9), (STATES, 5), (LEFT, 1), (PUBLISHED, 2), (REPLACING, 1), (REPLACED, 0), (MARKED, 1)]
        {
            let row = format!("({})", vec!["1"; columns].join(", "));
            let steps = plan::steps(&database, &text.replace("{rows}", &[row.as_str(), &row].join(", "))).await;
            let of_rows = ["SCAN asked", "SCAN new", "SCAN going_on", "SCAN chain", "SCAN CONSTANT ROW"];
            let goes_through = |step: &String| {
                step.contains("SCAN") && !step.ends_with("-ROW VALUES CLAUSE") && !of_rows.contains(&step.as_str())
            };
            assert!(!steps.iter().any(goes_through), "{steps:#?}");
            assert!(!steps.iter().any(|step| step.contains("documents_by_state")), "of other payloads too: {steps:#?}");
            let earlier = |step: &&String| step.contains(" earlier ") || step.contains(" other ");
            let latest = "documents_by_business_number (business_number=? AND partner=? AND type=?)";
            let by_number = |step: &String| step.contains(latest);
            assert!(steps.iter().filter(earlier).all(by_number), "of all that came before: {steps:#?}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn documents_are_dropped_without_going_through_the_record() {
        let (folder, database) = plan::record("drop").await;
        for statement in OF_PAYLOAD.iter().chain(&OF_POSITIONS) {
            let steps = plan::steps(&database, statement).await;
            assert!(!steps.iter().any(|step| step.contains("SCAN")), "{statement}: {steps:#?}");
        }
        // What refers to a document that is dropped is looked up by the database itself.
        let dropped = plan::steps(&database, OF_PAYLOAD[2]).await;
        for index in ["events_by_document (document=?)", "documents_by_answer (answered_by=?)"] {
            assert!(dropped.iter().any(|step| step.contains(index)), "{index}: {dropped:#?}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
