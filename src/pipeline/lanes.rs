//! One lane for each mailbox: its payloads are translated at the same time and released in the order in which they came.
//! A large payload, a held one or a broken profile stops no other lane.

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{self, Either};
use futures_util::stream::{self, BoxStream, Stream};
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tracing::{debug, error, info, warn};

use super::{ERP, Pipeline, Prepared, outcome, wait_after};
use crate::store::{Content, Payload, StoreError};

/// Payloads of a lane that are under way: those that are released with one commit, and some that are translated meanwhile.
const UNDER_WAY: usize = TOGETHER + 32;
/// Payloads released with one commit, and how long those that are ready wait for others that are under way: a commit takes about
/// as long for one as for many.
const TOGETHER: usize = 64;
const GATHER: Duration = Duration::from_millis(20);
/// Payloads looked up at a time, with their contents.
const LOOK_UP: u32 = 64;
/// How often waiting payloads are looked for that nothing told of: another process may have brought them, and waits.
const LOOK: Duration = Duration::from_millis(200);
/// So long a lane rests whose payloads all have to wait.
const REST: Duration = Duration::from_secs(1);
/// Who is said to have translated.
const BY: &str = "gateway";

/// The mailboxes in which something was received since their lanes heard of it last.
#[derive(Debug, Default)]
pub struct Received {
    mailboxes: Mutex<BTreeSet<String>>,
    some: Notify,
}

impl Received {
    /// Something was received in a mailbox.
    pub(super) fn tell(&self, mailbox: &str) {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner).insert(mailbox.to_owned());
        self.some.notify_one();
    }

    /// Waits until there is something to hear.
    async fn heard(&self) -> BTreeSet<String> {
        self.some.notified().await;
        std::mem::take(&mut *self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the lanes until `stop`, then ends when what is under way is released.
pub async fn run(pipeline: Pipeline, mut stop: watch::Receiver<bool>) {
    let mut lanes: HashMap<String, Arc<Notify>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        let waiting = tokio::select! {
            heard = pipeline.received.heard() => heard,
            _ = look.tick() => pipeline.store.mailboxes_waiting().await.unwrap_or_else(|failed| {
                error!("{failed}");
                BTreeSet::new()
            }),
            Some(ended) = tasks.join_next() => {
                outcome(ended);
                continue;
            }
            _ = stop.changed() => break,
        };
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
    lanes.values().for_each(|wake| wake.notify_one());
    while let Some(ended) = tasks.join_next().await {
        outcome(ended);
    }
}

/// A payload that waits, with its content.
type LookedUp = Result<(Payload, Content), StoreError>;

/// What came of looking for payloads that wait.
enum Turn {
    /// So many were worked on.
    Done(usize),
    /// All of them have to wait: see [`Lane::waits`].
    Waits,
}

#[derive(Clone)]
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
                Ok(Turn::Done(0)) => wake.notified().await,
                Ok(Turn::Done(_)) => failed = 0,
                Ok(Turn::Waits) => {
                    // However much is received meanwhile.
                    self.pause(REST).await;
                    wake.notified().await;
                }
                Err(error) => {
                    failed += 1;
                    error!(mailbox = self.mailbox, "{error}; trying again");
                    self.pause(wait_after(failed)).await;
                }
            }
        }
    }

    /// Does nothing for so long, unless the gateway stops.
    async fn pause(&mut self, long: Duration) {
        tokio::select! {
            () = tokio::time::sleep(long) => {}
            _ = self.stop.changed() => {}
        }
    }

    /// Works on what waits.
    async fn turn(&self) -> Result<Turn, StoreError> {
        if self.waits().await? {
            return Ok(Turn::Waits);
        }
        let lane = self.clone();
        let prepared = move |waiting: LookedUp| match waiting {
            Ok((payload, content)) => Either::Left(lane.prepared(payload, content)),
            Err(failed) => Either::Right(future::ready(Err(failed))),
        };
        let mut under_way = self.waiting().map(prepared).buffered(UNDER_WAY).fuse();
        let mut released = 0;
        let mut ready = gathered(&mut under_way).await?;
        while !ready.is_empty() {
            let (count, next) = tokio::join!(self.release(ready), gathered(&mut under_way));
            (released, ready) = (released + count?, next?);
        }
        Ok(Turn::Done(released))
    }

    /// Releases payloads with one commit; how many.
    async fn release(&self, ready: Vec<(i64, Prepared)>) -> Result<usize, StoreError> {
        let (payloads, prepared): (Vec<i64>, Vec<Prepared>) = ready.into_iter().unzip();
        let states = self.pipeline.release_all(prepared, BY).await?;
        for (payload, state) in payloads.iter().zip(states) {
            match state {
                Some(state) => debug!(payload, mailbox = self.mailbox, state = state.word(), "payload worked on"),
                None => warn!(payload, mailbox = self.mailbox, "payload was changed by somebody else meanwhile"),
            }
        }
        info!(payloads = payloads.len(), mailbox = self.mailbox, "worked on");
        Ok(payloads.len())
    }

    /// What waits, in its order, looked up when it is its turn. What has not begun when the gateway stops is left for the next start.
    fn waiting(&self) -> BoxStream<'static, LookedUp> {
        let pages = stream::try_unfold((self.clone(), 0), async |(lane, behind)| {
            // Of the first ones that was asked.
            if *lane.stop.borrow() || (behind > 0 && lane.waits().await?) {
                return Ok::<_, StoreError>(None);
            }
            let page = lane.pipeline.store.waiting(&lane.mailbox, behind, LOOK_UP).await?;
            let Some(last) = page.last().map(|(payload, _)| payload.id) else { return Ok(None) };
            let stop = lane.stop.clone();
            let page = stream::iter(page.into_iter().take_while(move |_| !*stop.borrow()).map(Ok));
            Ok(Some((page, (lane, last))))
        });
        pages.try_flatten().boxed()
    }

    /// A payload worked on, by a task of its own: it goes on while others are released, which may have to read the record for
    /// that, and must not wait for one that nobody looks at.
    fn prepared(
        &self,
        payload: Payload,
        content: Content,
    ) -> impl Future<Output = Result<(i64, Prepared), StoreError>> + use<> {
        let (pipeline, id) = (self.pipeline.clone(), payload.id);
        let task = tokio::spawn(async move { pipeline.prepare_opened(payload, content, BY).await });
        // Where it was broken off the process ends, and this task with it.
        async move {
            match outcome(task.await) {
                Some(prepared) => Ok((id, prepared?)),
                None => future::pending().await,
            }
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

/// Payloads that are ready, to be released together; none: there are no more.
async fn gathered(
    under_way: &mut (impl Stream<Item = Result<(i64, Prepared), StoreError>> + Unpin),
) -> Result<Vec<(i64, Prepared)>, StoreError> {
    let mut ready = Vec::new();
    let Some(first) = under_way.next().await else { return Ok(ready) };
    ready.push(first?);
    let mut late = pin!(tokio::time::sleep(GATHER));
    while ready.len() < TOGETHER {
        tokio::select! {
            biased;
            next = under_way.next() => match next {
                Some(next) => ready.push(next?),
                None => break,
            },
            () = &mut late => break,
        }
    }
    Ok(ready)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Poll;

    use futures_util::poll;

    use super::Received;

    #[tokio::test]
    async fn each_mailbox_is_heard_of_once_and_none_is_missed() {
        let received = Received::default();
        ["birch", "alder", "birch"].iter().for_each(|mailbox| received.tell(mailbox));
        assert_eq!(received.heard().await.into_iter().collect::<Vec<_>>(), ["alder", "birch"]);
        {
            // Who was not waited for any more has heard nothing.
            let mut heard = pin!(received.heard());
            assert_eq!(poll!(&mut heard), Poll::Pending);
            received.tell("cedar");
        }
        assert_eq!(received.heard().await.into_iter().collect::<Vec<_>>(), ["cedar"]);
    }
}
