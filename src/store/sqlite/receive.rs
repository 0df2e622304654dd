//! Payloads that come in, and the contents that are kept of them and of what goes out.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection};

use super::apply::whole;
use super::row::time;
use super::statement::{Statement, in_rows, insert};
use crate::lifecycle::PayloadState;
use crate::store::content::deflate;
use crate::store::{Applied, Content, NewPayload, StoreError, digest};

type Result<T> = std::result::Result<T, StoreError>;

/// Receives payloads of which no two have the same name in the spool.
pub(super) async fn receive(db: &mut SqliteConnection, payloads: &[&NewPayload]) -> Result<Vec<Applied>> {
    let known = known(db, payloads).await?;
    let known = |payload: &NewPayload| payload.spool_name.as_deref().and_then(|name| known.get(name)).copied();
    let new: Vec<&NewPayload> = payloads.iter().copied().filter(|payload| known(payload).is_none()).collect();
    let contents: Vec<&Content> = new.iter().map(|payload| &payload.content).collect();
    let contents = insert_contents(db, &contents).await?;
    let with_contents: Vec<(&NewPayload, i64)> = new.into_iter().zip(contents).collect();
    let statement = "INSERT INTO payloads (spool_name, content, direction, mailbox, partner, file_name, received_at, state) \
        VALUES {rows}";
    let ids = insert(db, (statement, 8), &with_contents, |row, (payload, content)| {
        row.bind(&payload.spool_name)
            .bind(*content)
            .bind(payload.direction)
            .bind(&payload.mailbox)
            .bind(&payload.partner)
            .bind(&payload.file_name)
            .bind(time(payload.received_at))
            .bind(PayloadState::Received.word());
        Ok(())
    });
    let mut ids = ids.await?.into_iter();
    let id = |payload: &&NewPayload| known(payload).or_else(|| ids.next()).unwrap_or_default();
    Ok(payloads.iter().map(id).map(Applied::Done).collect())
}

/// The payloads that were received under these names in the spool before.
async fn known(db: &mut SqliteConnection, payloads: &[&NewPayload]) -> Result<HashMap<String, i64>> {
    let names: Vec<&str> = payloads.iter().filter_map(|payload| payload.spool_name.as_deref()).collect();
    let mut known = HashMap::new();
    for some in in_rows(&names) {
        let text = "SELECT spool_name, id FROM payloads WHERE spool_name IN (VALUES {rows})";
        let mut statement = Statement::new(text, some.len(), 1);
        for name in some {
            statement.bind(*name);
        }
        known.extend(statement.ask(db).await?.iter().map(|row| (row.get(0), row.get(1))));
    }
    Ok(known)
}

/// Keeps contents; their ids.
pub(super) async fn insert_contents(db: &mut SqliteConnection, contents: &[&Content]) -> Result<Vec<i64>> {
    let statement = "INSERT INTO contents (place, bytes, sha256, deflated, path) VALUES {rows}";
    let ids = insert(db, (statement, 5), contents, |row, content| {
        let (place, sha256, deflated, path) = match content {
            Content::Inline(bytes) => ("inline", digest(bytes), Some(deflate(bytes)), None),
            Content::Damaged { why, .. } => return Err(StoreError::content(0, why)),
            Content::File { path, sha256, .. } => ("file", *sha256, None, Some(path.to_string_lossy().into_owned())),
        };
        row.bind(place).bind(whole(content.len())).bind(sha256.to_vec()).bind(deflated).bind(path);
        Ok(())
    });
    ids.await
}
