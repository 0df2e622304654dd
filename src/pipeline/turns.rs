//! The rhythm of those who follow the record: again at once while there is something to do, else when something is released
//! or after a while, and after a growing while when it fails.

use std::fmt::Display;
use std::time::Duration;

use tokio::sync::watch;
use tracing::error;

use super::{Pipeline, wait_after};
use crate::store::{Applied, StoreError, Unit};

/// How often is looked when nothing says that there is anything to do: another process may have brought it.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Somebody who follows the record.
pub(super) trait Follower: Send {
    /// Does what is to be done now, and says how much that was.
    fn turn(&mut self, pipeline: &Pipeline) -> impl Future<Output = Result<usize, impl Display + Send>> + Send;
}

/// Takes turns until `stop`.
pub(super) async fn turns(pipeline: Pipeline, mut stop: watch::Receiver<bool>, mut follower: impl Follower) {
    let mut failed = 0;
    while !*stop.borrow() {
        let released = pipeline.released.notified();
        let wait = match follower.turn(&pipeline).await {
            Ok(done) => {
                failed = 0;
                if done > 0 {
                    continue;
                }
                LOOK
            }
            Err(error) => {
                failed += 1;
                error!("{error}; trying again");
                wait_after(failed)
            }
        };
        tokio::select! {
            () = released, if failed == 0 => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Commits what was done. Where the record cannot be written that alone is tried again, until the gateway stops: whom a file is for may
/// have taken it, and is not to get it once more.
pub(super) async fn keep(
    pipeline: &Pipeline,
    units: Vec<Unit>,
    stop: &mut watch::Receiver<bool>,
) -> Result<Vec<Applied>, StoreError> {
    let mut failed = 0;
    loop {
        let error = match pipeline.store.commit(units.clone()).await {
            Ok(applied) => return Ok(applied),
            Err(error) if *stop.borrow() => return Err(error),
            Err(error) => error,
        };
        failed += 1;
        error!("{error}; trying again");
        tokio::select! {
            () = tokio::time::sleep(wait_after(failed)) => {}
            told = stop.changed() => if told.is_err() { return Err(error) },
        }
    }
}
