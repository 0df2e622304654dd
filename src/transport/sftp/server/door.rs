//! The door: connections that have not logged in yet. Few may stand there at a time, so that nobody keeps our processors at
//! exchanging keys, or partners outside.
//!
//! Of one address [`OF_AN_ADDRESS`] stand there, the others wait; one that goes without having logged in keeps its place for
//! [`LINGER`], so no address comes faster than that. Of all together [`PLACES`]: then the one that has stood there longest has
//! to go, which is nobody who means to log in.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::bans::whose;

/// Connections at the door.
const PLACES: usize = 100;
/// Of one address.
const OF_AN_ADDRESS: usize = 10;
/// So long a place stays taken when nobody logged in.
const LINGER: Duration = Duration::from_secs(1);

/// Who stands at the door.
#[derive(Debug, Default)]
pub(super) struct Door {
    addresses: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
    standing: Mutex<Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    came: u64,
    /// In the order in which they came.
    there: BTreeMap<u64, Arc<Notify>>,
}

impl Door {
    /// A place, as soon as the address has one.
    pub(super) async fn enter(self: Arc<Self>, from: IpAddr) -> Place {
        let address = Arc::clone(guard(&self.addresses).entry(whose(from)).or_insert_with(of_an_address));
        // It is never closed.
        let of_address = address.acquire_owned().await.ok();
        let (number, sent_away) = {
            let mut standing = guard(&self.standing);
            if standing.there.len() >= PLACES
                && let Some((_, longest)) = standing.there.pop_first()
            {
                longest.notify_one();
            }
            standing.came += 1;
            let (number, sent_away) = (standing.came, Arc::<Notify>::default());
            standing.there.insert(number, Arc::clone(&sent_away));
            (number, sent_away)
        };
        Place { door: self, number, of_address, sent_away }
    }

    /// Forgets addresses from which nobody stands there.
    pub(super) fn sweep(&self) {
        guard(&self.addresses).retain(|_, address| Arc::strong_count(address) > 1);
    }
}

/// A place at the door, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    door: Arc<Door>,
    number: u64,
    of_address: Option<OwnedSemaphorePermit>,
    /// Told when its place is another's.
    pub(super) sent_away: Arc<Notify>,
}

impl Place {
    /// They are let in, and the place is another's at once.
    pub(super) fn leave(mut self) {
        self.of_address = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        guard(&self.door.standing).there.remove(&self.number);
        if let Some(of_address) = self.of_address.take() {
            tokio::spawn(async move {
                tokio::time::sleep(LINGER).await;
                drop(of_address);
            });
        }
    }
}

fn of_an_address() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(OF_AN_ADDRESS))
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn address(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(number).into()
    }

    #[tokio::test]
    async fn an_address_has_ten_places_and_who_does_not_log_in_keeps_one_for_a_second() {
        let door = Arc::new(Door::default());
        let enter = |number| Arc::clone(&door).enter(address(number));
        let mut places = Vec::new();
        for _ in 0..OF_AN_ADDRESS {
            places.push(enter(1).now_or_never().unwrap());
        }
        assert!(enter(1).now_or_never().is_none(), "the others wait");
        drop(enter(2).now_or_never().unwrap());
        places.pop().unwrap().leave();
        places.push(enter(1).now_or_never().expect("who logs in makes room at once"));
        drop(places.pop());
        let before = std::time::Instant::now();
        places.push(enter(1).await);
        assert!(before.elapsed() >= LINGER);
        door.sweep();
        assert_eq!(guard(&door.addresses).len(), 1);
    }

    #[tokio::test]
    async fn who_has_stood_there_longest_goes_when_all_places_are_taken() {
        let door = Arc::new(Door::default());
        let mut places = Vec::new();
        for number in 0..u32::try_from(PLACES).unwrap() {
            places.push(Arc::clone(&door).enter(address(number / 2)).await);
        }
        assert!(places[0].sent_away.notified().now_or_never().is_none());
        let next = Arc::clone(&door).enter(address(1_000)).await;
        assert!(places[0].sent_away.notified().now_or_never().is_some());
        assert!(places[1].sent_away.notified().now_or_never().is_none());
        drop((next, places));
        assert_eq!(guard(&door.standing).there.len(), 0);
    }
}
