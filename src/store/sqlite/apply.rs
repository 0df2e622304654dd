//! Writes units of change. The first statement of a unit checks that its row is still as it was read: a stale unit has
//! changed nothing when that is found out.

use std::borrow::Borrow;
use std::collections::HashSet;

use sqlx::SqliteConnection;

use super::decide::{decide, drop_staged, stage};
use super::receive::receive;
use super::row::time;
use super::statement::insert;
use super::submit::submit;
use super::together::InLine;
use super::{answers, bans, batches, outgoing, records, together, visits};
use crate::lifecycle::PayloadState;
use crate::store::{self, Applied, Audit, Cursor, StoreError, Unit};

type Result<T> = std::result::Result<T, StoreError>;

/// Lines of which a unit did not take.
#[derive(Default)]
pub(super) struct Stopped(HashSet<usize>);

impl Stopped {
    /// What became of a unit of this line.
    pub(super) fn heard(&mut self, line: Option<usize>, applied: Applied) -> Applied {
        let Some(line) = line else { return applied };
        if self.0.contains(&line) {
            return Applied::Behind;
        }
        if !matches!(applied, Applied::Done(_) | Applied::Stale) {
            self.0.insert(line);
        }
        applied
    }

    fn has(&self, line: Option<usize>) -> bool {
        line.is_some_and(|line| self.0.contains(&line))
    }
}

/// Writes units in their order, and says what became of each.
pub(super) async fn apply(db: &mut SqliteConnection, units: &[InLine<'_>]) -> Result<Vec<Applied>> {
    let (mut applied, mut stopped) = (Vec::with_capacity(units.len()), Stopped::default());
    while let Some((unit, line)) = units.get(applied.len()) {
        if stopped.has(*line) {
            applied.push(Applied::Behind);
            continue;
        }
        let rest = &units[applied.len()..];
        let one = match unit {
            Unit::Receive(_) => {
                applied.extend(receive(db, &together::received(rest)).await?);
                continue;
            }
            Unit::Decide(_) => {
                applied.extend(decide(db, &together::decided(rest), &mut stopped).await?);
                continue;
            }
            Unit::Stage(documents) => stage(db, documents).await,
            Unit::Submit(submission) => submit(db, submission).await,
            Unit::Close(closing) => batches::close(db, closing).await,
            Unit::Leave(row, state, audit) => batches::leave(db, *row, *state, audit).await,
            Unit::Retake(retake) => outgoing::retake(db, retake).await,
            Unit::Answered(answered) => answers::answered(db, answered).await,
            Unit::Putting(row, is_put) => outgoing::putting(db, *row, *is_put).await,
            Unit::Renaming(id, place) => outgoing::renaming(db, *id, place.as_deref()).await,
            Unit::Delivered(delivered) => outgoing::delivered(db, delivered).await,
            Unit::Taken(partner, file, at) => outgoing::taken(db, partner, file, *at).await,
            Unit::Discard(row, audit) => outgoing::discard(db, *row, audit).await,
            Unit::Retry(row, at, audit) => outgoing::retry(db, *row, *at, audit).await,
            Unit::Document(row, state, delivery, audit) => outgoing::document(db, *row, *state, *delivery, audit).await,
            Unit::Payload(row, state, audit) => payload(db, *row, *state, audit).await,
            Unit::Cursor(Cursor { subscriber, sequence, repeated }) => {
                let statement = "INSERT INTO cursors (subscriber, sequence, repeated) VALUES ($1, $2, $3) \
                    ON CONFLICT (subscriber) DO UPDATE SET sequence = max(sequence, $2), repeated = repeated + $3";
                sqlx::query(statement).bind(*subscriber).bind(sequence).bind(repeated).execute(&mut *db).await?;
                Ok(Applied::Done(*sequence))
            }
            Unit::Partner(name, paused_at, audit) => {
                let statement = "INSERT INTO partners (name, paused_at, paused_by, why) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (name) DO UPDATE SET paused_at = $2, paused_by = $3, why = $4";
                let query =
                    sqlx::query(statement).bind(name).bind(paused_at.map(time)).bind(&audit.by).bind(&audit.why);
                query.execute(&mut *db).await?;
                // What failed before was kept back since, and not tried.
                let statement = "UPDATE deliveries SET failing_since = NULL WHERE state = 'waiting' AND partner = $1";
                sqlx::query(statement).bind(name).execute(&mut *db).await?;
                record(db, audit, &format!("partner {name}")).await?;
                Ok(Applied::Done(0))
            }
            Unit::NextNumbers(next) => outgoing::set_numbers(db, next).await,
            Unit::NextInSequence(next) => records::set_number(db, next).await,
            Unit::Visiting(unit) => visits::visiting(db, unit).await,
            Unit::Banning(unit) => bans::banning(db, unit).await,
            Unit::Note(subject, audit) => {
                record(db, audit, subject).await?;
                Ok(Applied::Done(0))
            }
            Unit::Notes(notes) => {
                record_all(db, notes).await?;
                Ok(Applied::Done(0))
            }
        };
        applied.push(stopped.heard(*line, one?));
    }
    Ok(applied)
}

/// A payload's state as a person has it.
async fn payload(
    db: &mut SqliteConnection,
    store::Row { id, version }: store::Row,
    state: PayloadState,
    audit: &Audit,
) -> Result<Applied> {
    let statement = "UPDATE payloads SET state = $3, version = version + 1 WHERE id = $1 AND version = $2 \
        AND (state <> 'translated' OR NOT EXISTS (SELECT 1 FROM documents WHERE payload = $1))";
    let changed = sqlx::query(statement).bind(id).bind(version).bind(state.word());
    if changed.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(Applied::Stale);
    }
    // Whatever it is to be now, it begins anew or not at all.
    drop_staged(db, id).await?;
    record(db, audit, &format!("payload {id}")).await?;
    Ok(Applied::Done(id))
}

/// A count as the database keeps it.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Keeps who ordered a change.
pub(super) async fn record(db: &mut SqliteConnection, audit: &Audit, subject: &str) -> Result<()> {
    record_all(db, &[(subject, audit)]).await
}

async fn record_all<S: AsRef<str>, A: Borrow<Audit>>(db: &mut SqliteConnection, notes: &[(S, A)]) -> Result<()> {
    let statement = "INSERT INTO audit (at, by, command, subject, why) VALUES {rows}";
    let inserted = insert(db, (statement, 5), notes, |row, (subject, audit)| {
        let audit = audit.borrow();
        row.bind(time(audit.at)).bind(&audit.by).bind(&audit.command).bind(subject.as_ref()).bind(&audit.why);
        Ok(())
    });
    inserted.await.map(drop)
}
