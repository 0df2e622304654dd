//! The door: connections that have not logged in yet. Few may stand there at a time, so that nobody keeps our processors at
//! exchanging keys, or partners outside.
//!
//! Of one address [`OF_AN_ADDRESS`] stand there, the others wait; one that goes without having logged in keeps its place for
//! [`LINGER`], so no address comes faster than that. Of all together [`STANDING`] stand there and [`WAITING`] wait: then the one
//! that has been there longest has to go, which is nobody who means to log in.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::bans::Origin;

/// Connections at the door.
const STANDING: usize = 100;
/// Connections of addresses that have no more places there.
const WAITING: usize = 200;
/// Of one address.
const OF_AN_ADDRESS: usize = 10;
/// So long a place stays taken when nobody logged in.
const LINGER: Duration = Duration::from_secs(1);

/// Who is at the door.
#[derive(Debug)]
pub(super) struct Door {
    addresses: Mutex<HashMap<Origin, Arc<Semaphore>>>,
    standing: Queue,
    waiting: Queue,
}

impl Default for Door {
    fn default() -> Self {
        Self { addresses: Mutex::default(), standing: Queue::of(STANDING), waiting: Queue::of(WAITING) }
    }
}

impl Door {
    /// A place, as soon as the address has one; `None` for who has waited longest of too many.
    pub(super) async fn enter(self: Arc<Self>, from: IpAddr) -> Option<Place> {
        let address = Arc::clone(guard(&self.addresses).entry(from.into()).or_insert_with(of_an_address));
        let of_address = match Arc::clone(&address).try_acquire_owned() {
            Ok(of_address) => of_address,
            Err(_) => {
                let turn = self.waiting.join();
                tokio::select! {
                    of_address = address.acquire_owned() => of_address.ok()?,
                    () = turn.sent_away.notified() => return None,
                }
            }
        };
        let turn = self.standing.join();
        Some(Place { of_address: Some(of_address), sent_away: Arc::clone(&turn.sent_away), _turn: turn })
    }

    /// Forgets addresses from which nobody stands there.
    pub(super) fn sweep(&self) {
        guard(&self.addresses).retain(|_, address| Arc::strong_count(address) > 1);
    }
}

/// A place at the door, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    of_address: Option<OwnedSemaphorePermit>,
    /// Told when its place is another's.
    pub(super) sent_away: Arc<Notify>,
    _turn: Turn,
}

impl Place {
    /// They are let in, and the place is another's at once.
    pub(super) fn leave(mut self) {
        self.of_address = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(of_address) = self.of_address.take() {
            tokio::spawn(async move {
                tokio::time::sleep(LINGER).await;
                drop(of_address);
            });
        }
    }
}

/// So many at most: when one more comes, the first goes.
#[derive(Debug, Clone)]
struct Queue {
    most: usize,
    turns: Arc<Mutex<Turns>>,
}

/// Who is in a queue, by the number at which they came.
#[derive(Debug, Default)]
struct Turns {
    came: u64,
    there: BTreeMap<u64, Arc<Notify>>,
}

/// A turn in a queue, until it is dropped.
#[derive(Debug)]
struct Turn {
    queue: Queue,
    number: u64,
    sent_away: Arc<Notify>,
}

impl Queue {
    fn of(most: usize) -> Self {
        Self { most, turns: Arc::default() }
    }

    fn join(&self) -> Turn {
        let (mut turns, sent_away) = (guard(&self.turns), Arc::<Notify>::default());
        if turns.there.len() >= self.most
            && let Some((_, first)) = turns.there.pop_first()
        {
            first.notify_one();
        }
        turns.came += 1;
        let number = turns.came;
        turns.there.insert(number, Arc::clone(&sent_away));
        Turn { queue: self.clone(), number, sent_away }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        guard(&self.queue.turns).there.remove(&self.number);
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
            places.push(enter(1).now_or_never().unwrap().unwrap());
        }
        assert!(enter(1).now_or_never().is_none(), "the others wait");
        drop(enter(2).now_or_never().unwrap());
        places.pop().unwrap().leave();
        places.push(enter(1).now_or_never().expect("who logs in makes room at once").unwrap());
        drop(places.pop());
        let before = std::time::Instant::now();
        places.push(enter(1).await.unwrap());
        assert!(before.elapsed() >= LINGER);
        door.sweep();
        assert_eq!(guard(&door.addresses).len(), 1);
    }

    #[tokio::test]
    async fn who_has_been_there_longest_goes_when_there_are_too_many() {
        let door = Arc::new(Door::default());
        let enter = |number: usize| Arc::clone(&door).enter(address(number as u32));
        let mut places = Vec::new();
        for number in 0..STANDING {
            places.push(enter(number / OF_AN_ADDRESS).await.unwrap());
        }
        let is_sent_away = |place: &Place| place.sent_away.notified().now_or_never().is_some();
        assert!(!is_sent_away(&places[0]));
        let next = enter(1_000).await.unwrap();
        assert!(is_sent_away(&places[0]) && !is_sent_away(&places[1]));
        let mut waiting: Vec<_> = (0..=WAITING).map(|_| Box::pin(enter(1))).collect();
        let ended: Vec<bool> = waiting.iter_mut().map(|one| one.now_or_never().is_some()).collect();
        assert!(ended.iter().all(|ended| !ended), "they wait");
        assert!(waiting[0].as_mut().now_or_never().is_some_and(|place| place.is_none()), "the first has to go");
        assert!(waiting[1].as_mut().now_or_never().is_none());
        drop((next, places, waiting));
        assert_eq!((guard(&door.standing.turns).there.len(), guard(&door.waiting.turns).there.len()), (0, 0));
    }
}
