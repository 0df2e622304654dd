//! One lane for each mailbox: its payloads are translated at the same time and released in the order in which they came.
//! A large payload, a held one or a broken profile stops no other lane.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use super::{ERP, Pipeline, Prepared, wait_after};
use crate::store::StoreError;

/// Payloads of a lane that are under way.
const UNDER_WAY: usize = 64;
/// Payloads released with one commit: those that are ready when the one before is on disk.
const TOGETHER: usize = 64;
/// Payloads looked up at a time.
const LOOK_UP: u32 = 256;
/// How often waiting payloads are looked for when nothing says that there are any: another process may have brought them.
const LOOK: Duration = Duration::from_secs(1);
/// Who is said to have translated.
const BY: &str = "gateway";

/// Runs the lanes until `stop`, then ends when what is under way is released.
pub async fn run(pipeline: Pipeline, mut stop: watch::Receiver<bool>) {
    let mut lanes: HashMap<String, Arc<Notify>> = HashMap::new();
    let mut tasks = JoinSet::new();
    while !*stop.borrow() {
        match pipeline.store.mailboxes_waiting().await {
            Ok(waiting) => {
                for mailbox in waiting {
                    let wake = lanes.entry(mailbox).or_insert_with_key(|mailbox| {
                        let wake = Arc::new(Notify::new());
                        let lane = Lane { pipeline: pipeline.clone(), mailbox: mailbox.clone(), stop: stop.clone() };
                        tasks.spawn(lane.run(Arc::clone(&wake)));
                        wake
                    });
                    wake.notify_one();
                }
            }
            Err(failed) => error!("{failed}"),
        }
        tokio::select! {
            () = pipeline.received.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
    lanes.values().for_each(|wake| wake.notify_one());
    while tasks.join_next().await.is_some() {}
}

struct Lane {
    pipeline: Pipeline,
    mailbox: String,
    stop: watch::Receiver<bool>,
}

impl Lane {
    async fn run(mut self, wake: Arc<Notify>) {
        let mut failed = 0;
        while !*self.stop.borrow() {
            match self.turn().await {
                Ok(0) => wake.notified().await,
                Ok(_) => failed = 0,
                Err(error) => {
                    failed += 1;
                    error!(mailbox = self.mailbox, "{error}; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(wait_after(failed)) => {}
                        _ = self.stop.changed() => {}
                    }
                }
            }
        }
    }

    /// Works on what waits; how many payloads that were.
    async fn turn(&self) -> Result<usize, StoreError> {
        if self.waits().await? {
            return Ok(0);
        }
        let waiting = self.pipeline.store.waiting(&self.mailbox, 0, LOOK_UP).await?;
        // What has not begun when the gateway stops is left for the next start.
        let waiting = waiting.into_iter().take_while(|_| !*self.stop.borrow());
        let mut under_way = futures_util::stream::iter(waiting)
            .map(|payload| self.prepared(payload))
            .buffered(UNDER_WAY)
            .ready_chunks(TOGETHER);
        let mut released = 0;
        while let Some(ready) = under_way.next().await {
            let (mut payloads, mut prepared) = (Vec::new(), Vec::new());
            for (payload, one) in ready {
                payloads.push(payload);
                prepared.push(one?);
            }
            let states = self.pipeline.release_all(prepared, BY).await?;
            for (payload, state) in payloads.iter().zip(states) {
                match state {
                    Some(state) => debug!(payload, mailbox = self.mailbox, state = state.word(), "payload worked on"),
                    None => warn!(payload, mailbox = self.mailbox, "payload was changed by somebody else meanwhile"),
                }
            }
            released += payloads.len();
            info!(payloads = payloads.len(), mailbox = self.mailbox, "worked on");
        }
        Ok(released)
    }

    /// A payload worked on, by a task of its own: it goes on while others are released, which may have to read the record for
    /// that, and must not wait for one that nobody looks at.
    fn prepared(&self, payload: i64) -> impl Future<Output = (i64, Result<Prepared, StoreError>)> + use<> {
        let pipeline = self.pipeline.clone();
        let task = tokio::spawn(async move { pipeline.prepare(payload, BY).await });
        async move {
            let prepared = task.await.unwrap_or_else(|failed| match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Ok(Prepared::Gone),
            });
            (payload, prepared)
        }
    }

    /// Is the partner paused, or its profile not to be used? Then its payloads wait.
    async fn waits(&self) -> Result<bool, StoreError> {
        if self.mailbox == ERP {
            return Ok(false);
        }
        let paused = self.pipeline.store.paused().await?;
        Ok(paused.iter().any(|partner| partner.name == self.mailbox)
            || self.pipeline.edition().profile(&self.mailbox).is_none())
    }
}
