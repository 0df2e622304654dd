//! What was answered in a connection and its client has not taken yet: a client that takes nothing is not served further.
//!
//! Between a session and its wire lie queues that are not ours, and count packets; so bytes are counted at both ends. The wire
//! carries a little more than the answers (a key exchange, the frames of packets), which makes the bound a little wider.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Context;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

/// Bytes that may wait in a connection before it is not served further.
const OWN: usize = 256 << 10;
/// Bytes that may wait in all of them: then each has one answer at a time.
const ALL: usize = 64 << 20;
/// Who takes nothing for so long, or up to twice as long, is not waited for any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of a connection that are on their way.
#[derive(Debug)]
pub(super) struct Untaken {
    own: AtomicUsize,
    all: Arc<AtomicUsize>,
    /// How often something was taken.
    times: AtomicUsize,
    ended: AtomicBool,
    less: Notify,
    end: Notify,
    given_up: AtomicBool,
    give_up: AtomicWaker,
}

impl Untaken {
    /// Nothing yet; `all` is what all connections count in.
    pub(super) fn new(all: Arc<AtomicUsize>) -> Self {
        let (less, end, give_up) = (Notify::new(), Notify::new(), AtomicWaker::new());
        let (own, times) = (AtomicUsize::default(), AtomicUsize::default());
        let (ended, given_up) = (AtomicBool::default(), AtomicBool::default());
        Self { own, all, times, ended, less, end, given_up, give_up }
    }

    /// Waits until there is room for more answers, or nobody takes any. May there be many at once?
    pub(super) async fn room(&self) -> bool {
        loop {
            let (own, many) = (self.own.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed) < ALL);
            if own == 0 || (own < OWN && many) || self.ended.load(Ordering::Acquire) {
                return many;
            }
            // Of one that wakes before we wait, it is kept that it did.
            self.less.notified().await;
        }
    }

    /// An answer goes on its way.
    pub(super) fn add(&self, bytes: usize) {
        self.own.fetch_add(bytes, Ordering::Relaxed);
        self.all.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The wire took so many bytes.
    pub(super) fn taken(&self, bytes: usize) {
        self.times.fetch_add(1, Ordering::Relaxed);
        let take = |own: usize| own.saturating_sub(bytes);
        let before = self.own.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |own| Some(take(own)));
        let before = before.unwrap_or_default();
        self.all.fetch_sub(before - take(before), Ordering::Relaxed);
        self.less.notify_one();
    }

    /// The connection is gone.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.less.notify_one();
        self.end.notify_one();
    }

    /// Waits until nothing was taken for a while.
    pub(super) async fn stalled(&self) {
        self.quiet_for(PATIENCE).await;
    }

    async fn quiet_for(&self, time: Duration) {
        loop {
            let before = self.times.load(Ordering::Relaxed);
            tokio::time::sleep(time).await;
            if self.times.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }

    /// The connection is to end.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
        self.give_up.wake();
    }

    /// Is it to end? Who asks is woken when it is.
    pub(super) fn is_given_up(&self, context: &Context<'_>) -> bool {
        self.give_up.register(context.waker());
        self.given_up.load(Ordering::Acquire)
    }

    /// Waits for the end of the connection.
    pub(super) async fn ended(&self) {
        while !self.ended.load(Ordering::Acquire) {
            self.end.notified().await;
        }
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        self.taken(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn who_takes_nothing_waits_and_all_together_have_a_limit() {
        let all = Arc::new(AtomicUsize::new(0));
        let (one, other) = (Untaken::new(Arc::clone(&all)), Untaken::new(Arc::clone(&all)));
        one.add(OWN - 1);
        assert!(one.room().await);
        one.add(OWN);
        let mut room = Box::pin(one.room());
        assert_eq!(poll!(&mut room), Poll::Pending);
        one.taken(OWN - 1);
        assert_eq!(poll!(&mut room), Poll::Pending);
        one.taken(1);
        assert_eq!(poll!(&mut room), Poll::Ready(true));
        // What more there is on the wire counts nowhere.
        one.taken(2 * OWN);
        assert_eq!(all.load(Ordering::Relaxed), 0);
        // All together have too much: who has nothing on its way has one answer, others none.
        all.store(ALL, Ordering::Relaxed);
        assert!(!other.room().await);
        other.add(1);
        {
            let mut room = Box::pin(other.room());
            assert_eq!(poll!(&mut room), Poll::Pending);
            other.end();
            assert_eq!(poll!(&mut room), Poll::Ready(false));
        }
        other.ended().await;
        drop(other);
        assert_eq!(all.load(Ordering::Relaxed), ALL);
    }

    #[tokio::test]
    async fn who_takes_nothing_for_a_while_is_given_up() {
        let untaken = Untaken::new(Arc::default());
        untaken.add(2 * OWN);
        let mut room = Box::pin(untaken.room());
        assert_eq!(poll!(&mut room), Poll::Pending);
        untaken.quiet_for(Duration::ZERO).await;
        let mut told = Box::pin(std::future::poll_fn(|context| match untaken.is_given_up(context) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }));
        assert_eq!(poll!(&mut told), Poll::Pending);
        tokio::join!(told, async { untaken.give_up() });
    }
}
