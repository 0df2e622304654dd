//! Payloads that come in, and the contents that are kept of them and of what goes out.

use sqlx::{Row, SqliteConnection};

use super::apply::whole;
use super::row::time;
use super::statement::{Statement, insert};
use super::writer::{BEGIN, COMMIT};
use crate::lifecycle::PayloadState;
use crate::store::content::Place;
use crate::store::{Applied, Kept, NewPayload, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Payloads received by one text: each number of them has one of its own, which stays prepared.
pub(super) const AT_ONCE: usize = 8;

/// What a payload takes: two statements. Of one that was received before under its name in the spool nothing is written, and its
/// id is told all the same.
const RECEIVE: &str = "INSERT INTO contents (place, bytes, sha256, deflated, path) \
        SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM payloads WHERE spool_name = ?); \
    INSERT INTO payloads (content, spool_name, direction, mailbox, partner, file_name, received_at, broken_off, state) \
        VALUES (last_insert_rowid(), ?, ?, ?, ?, ?, ?, ?, ?) \
        ON CONFLICT (spool_name) DO UPDATE SET spool_name = excluded.spool_name RETURNING id; ";

/// Receives payloads.
pub(super) async fn receive(db: &mut SqliteConnection, payloads: &[&NewPayload]) -> Result<Vec<Applied>> {
    let mut received = Vec::with_capacity(payloads.len());
    for some in payloads.chunks(AT_ONCE) {
        received.extend(run(db, &RECEIVE.repeat(some.len()), some).await?);
    }
    Ok(received)
}

/// Receives at most [`AT_ONCE`] payloads in a transaction of their own: all of it goes to the thread of the database at once.
pub(super) async fn receive_alone(db: &mut SqliteConnection, payloads: &[&NewPayload]) -> Result<Vec<Applied>> {
    run(db, &format!("{BEGIN}; {}{COMMIT}", RECEIVE.repeat(payloads.len())), payloads).await
}

async fn run(db: &mut SqliteConnection, text: &str, payloads: &[&NewPayload]) -> Result<Vec<Applied>> {
    let mut statement = Statement::new(text, 0, 0);
    for payload in payloads {
        bind(&mut statement, &payload.content);
        statement
            .bind(&payload.spool_name)
            .bind(&payload.spool_name)
            .bind(payload.direction)
            .bind(&payload.mailbox)
            .bind(&payload.partner)
            .bind(&payload.file_name)
            .bind(time(payload.received_at))
            .bind(payload.broken_off)
            .bind(PayloadState::Received.word());
    }
    Ok(statement.ask(db).await?.iter().map(|row| Applied::Done(row.get(0))).collect())
}

/// Keeps contents; their ids.
pub(super) async fn insert_contents(db: &mut SqliteConnection, contents: &[Kept]) -> Result<Vec<i64>> {
    let statement = "INSERT INTO contents (place, bytes, sha256, deflated, path) VALUES {rows}";
    insert(db, (statement, 5), contents, |row, content| {
        bind(row, content);
        Ok(())
    })
    .await
}

fn bind(row: &mut Statement, content: &Kept) {
    let (place, deflated, path) = match &content.at {
        Place::Inline(deflated) => ("inline", Some(deflated), None),
        Place::File(path) => ("file", None, Some(path.to_string_lossy())),
    };
    row.bind(place).bind(whole(content.bytes)).bind(content.sha256.to_vec()).bind(deflated).bind(path);
}
