//! Pauses partners, and lets them go on: what comes from them waits, and what goes to them.

use jiff::Timestamp;

use super::Session;
use super::outcome::Declined;
use crate::store::{Audit, StoreError, Unit};

/// Pauses a partner.
///
/// # Errors
/// When the store cannot be used.
pub async fn pause(session: &Session, name: &str, audit: Audit) -> Result<Result<(), Declined>, StoreError> {
    if let Some(paused) = session.store.paused().await?.iter().find(|paused| paused.name == name) {
        let because = format!("is paused already, since {:.0} by {}", paused.paused_at, paused.paused_by);
        return Ok(Err(Declined::new(because, format!("to let it go on: `crossdock partner resume {name}`"))));
    }
    session.store.commit_one(Unit::Partner(name.to_owned(), Some(Timestamp::now()), audit)).await?;
    Ok(Ok(()))
}

/// Lets a partner go on.
///
/// # Errors
/// When the store cannot be used.
pub async fn resume(session: &Session, name: &str, audit: Audit) -> Result<Result<(), Declined>, StoreError> {
    if !session.store.paused().await?.iter().any(|paused| paused.name == name) {
        return Ok(Err(Declined::new("is not paused", "nothing is to be done")));
    }
    session.store.commit_one(Unit::Partner(name.to_owned(), None, audit)).await?;
    Ok(Ok(()))
}
