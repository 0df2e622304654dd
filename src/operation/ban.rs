//! Who is banned from the drop box, and who lets them in again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Session;
use crate::store::{Applied, Audit, Banning, StoreError, Unit};

/// How often it is looked whether the gateway has heard of it.
const LOOK: Duration = Duration::from_millis(20);

/// Lifts the ban of an address, or of a network as bans are written. False when it is not banned.
///
/// # Errors
/// When the store cannot be used.
pub async fn lift(session: &Session, origin: &str, audit: Audit) -> Result<bool, StoreError> {
    let lifted = session.store.commit_one(Unit::Banning(Banning::Lifted(origin.to_owned(), audit))).await?;
    Ok(matches!(lifted, Applied::Done(_)))
}

/// Waits, so long at most, until the gateway that runs lets all in whose bans were lifted. Answers whom it does not let in yet.
///
/// # Errors
/// When the store cannot be used.
pub async fn not_let_in(session: &Session, patience: Duration) -> Result<Vec<String>, StoreError> {
    let begun = Instant::now();
    loop {
        let left = session.store.lifted().await?;
        if left.is_empty() || begun.elapsed() > patience {
            return Ok(left);
        }
        sleep(LOOK).await;
    }
}
