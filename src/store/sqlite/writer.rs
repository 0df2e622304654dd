//! The one task that writes: takes what waits, writes it in one transaction, hands it on to `disk` to be answered.

use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::apply::apply;
use super::checkpoint::Log;
use super::disk::{Answer, Disk, Waiting};
use super::receive::{AT_ONCE, receive_alone};
use super::together::{InLine, received};
use crate::store::{Applied, StoreError, Unit};

/// Units to be committed together, and where their answer goes.
#[derive(Debug)]
pub(in crate::store) struct Job {
    pub(in crate::store) units: Vec<Unit>,
    /// Behind one that does not take none of them does.
    pub(in crate::store) in_order: bool,
    pub(in crate::store) answer: oneshot::Sender<Answer>,
}

/// Immediate, so that another process that writes is waited for here and not in the middle.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(super) const COMMIT: &str = "COMMIT";
/// Units written in one transaction, at most; one job more than that is taken whole.
const BATCH: usize = 256;

/// Writes until nobody has the store any more, or nothing comes to the disk.
pub(in crate::store) async fn run(
    mut connection: SqliteConnection,
    mut jobs: mpsc::Receiver<Job>,
    mut log: Log,
    disk: Disk,
) {
    while let Some(first) = jobs.recv().await {
        let mut count = first.units.len();
        let mut batch = vec![first];
        // What came while the last transaction was written goes into the next one.
        while count < BATCH
            && let Ok(job) = jobs.try_recv()
        {
            count += job.units.len();
            batch.push(job);
        }
        let mut committed = Vec::with_capacity(batch.len());
        match write(&mut connection, &batch).await {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                for Job { units, answer, .. } in batch {
                    committed.push(Waiting { applied: answers.by_ref().take(units.len()).collect(), answer });
                }
            }
            // One of them may be to blame: each for itself.
            Err(_) if batch.len() > 1 => {
                for job in batch {
                    match write(&mut connection, std::slice::from_ref(&job)).await {
                        Ok(applied) => committed.push(Waiting { applied, answer: job.answer }),
                        Err(error) => drop(job.answer.send(Err(error))),
                    }
                }
            }
            Err(error) => batch.into_iter().for_each(|job| drop(job.answer.send(Err(error.clone())))),
        }
        if !committed.is_empty() && !disk.answer(committed).await {
            return;
        }
        log.grew(&mut connection).await;
    }
}

async fn write(connection: &mut SqliteConnection, batch: &[Job]) -> Result<Vec<Applied>, StoreError> {
    let jobs = batch.iter().enumerate().map(|(number, job)| (job, job.in_order.then_some(number)));
    let units: Vec<InLine<'_>> = jobs.flat_map(|(job, line)| job.units.iter().map(move |unit| (unit, line))).collect();
    let payloads = received(&units);
    let result = if payloads.len() == units.len() && payloads.len() <= AT_ONCE {
        receive_alone(connection, &payloads).await
    } else {
        write_all(connection, &units).await
    };
    if result.is_err() {
        // After some failures SQLite has rolled back by itself, and says so here.
        drop(sqlx::query("ROLLBACK").execute(&mut *connection).await);
    }
    result
}

/// Writes units in a transaction of their own.
pub(super) async fn write_all(
    connection: &mut SqliteConnection,
    units: &[InLine<'_>],
) -> Result<Vec<Applied>, StoreError> {
    sqlx::query(BEGIN).execute(&mut *connection).await?;
    let answers = apply(connection, units).await?;
    sqlx::query(COMMIT).execute(&mut *connection).await?;
    Ok(answers)
}
