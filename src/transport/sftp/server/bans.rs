//! Who is not listened to for a while. Pure: time is an argument.
//!
//! An address is banned for all that failed there. Who logs in there clears only what failed under its own name: else whoever has one
//! account could guess the password of another as often as it likes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Failures before an address is banned.
const TRIES: u32 = 5;
/// How long it is at first; each ban after that is twice as long.
const FIRST: Duration = Duration::from_secs(30);
/// The longest ban.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// An address that was quiet for so long begins anew.
const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);
/// Addresses that are remembered; past that those go that failed longest ago.
const REMEMBERED: usize = 65_536;

/// Names that are told apart at an address; all behind them count as one.
const NAMES: usize = 8;

/// Failed logins, by address.
#[derive(Debug, Default)]
pub(super) struct Bans {
    by_address: HashMap<IpAddr, Failures>,
    hasher: RandomState,
}

#[derive(Debug, Clone)]
struct Failures {
    /// Tries since the last ban, by the hash of the name.
    tries: Vec<(u64, u32)>,
    bans: u32,
    last: Instant,
    until: Option<Instant>,
}

impl Bans {
    /// Until when nothing of `address` is listened to.
    pub(super) fn until(&self, address: IpAddr, now: Instant) -> Option<Instant> {
        self.by_address.get(&whose(address))?.until.filter(|until| *until > now)
    }

    /// A login under a name failed. How long the address is banned for it.
    pub(super) fn failed(&mut self, address: IpAddr, user: &str, now: Instant) -> Option<Duration> {
        let user = self.hasher.hash_one(user);
        if self.by_address.len() >= REMEMBERED {
            self.make_room(now);
        }
        let new = || Failures { tries: Vec::new(), bans: 0, last: now, until: None };
        let failures = self.by_address.entry(whose(address)).or_insert_with(new);
        if now.duration_since(failures.last) > FORGOTTEN {
            *failures = new();
        }
        failures.last = now;
        let tries = &mut failures.tries;
        match tries.iter().position(|(name, _)| *name == user) {
            Some(known) => tries[known].1 += 1,
            None if tries.len() < NAMES => tries.push((user, 1)),
            None => tries[NAMES - 1].1 += 1,
        }
        if tries.iter().map(|(_, count)| count).sum::<u32>() < TRIES {
            return None;
        }
        let ban = FIRST.saturating_mul(1 << failures.bans.min(16)).min(LONGEST);
        // Whose tries they were stays known.
        failures.tries.iter_mut().for_each(|(_, count)| *count = 0);
        (failures.bans, failures.until) = (failures.bans + 1, Some(now + ban));
        Some(ban)
    }

    /// A login under a name went well: what failed under it before was a slip.
    pub(super) fn succeeded(&mut self, address: IpAddr, user: &str) {
        let (user, address) = (self.hasher.hash_one(user), whose(address));
        let Some(failures) = self.by_address.get_mut(&address) else { return };
        failures.tries.retain(|(name, _)| *name != user);
        if failures.tries.is_empty() {
            self.by_address.remove(&address);
        }
    }

    /// How many are banned.
    pub(super) fn count(&self, now: Instant) -> usize {
        self.by_address.values().filter(|failures| failures.until.is_some_and(|until| until > now)).count()
    }

    fn make_room(&mut self, now: Instant) {
        self.by_address.retain(|_, failures| now.duration_since(failures.last) < FORGOTTEN);
        let mut ages: Vec<Instant> = self.by_address.values().map(|failures| failures.last).collect();
        ages.sort_unstable();
        if let Some(middle) = ages.get(REMEMBERED / 2) {
            self.by_address.retain(|_, failures| failures.last >= *middle);
        }
    }
}

/// Of IPv6 the network counts: within it one machine has as many addresses as it likes.
pub(super) fn whose(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_again_and_again_is_banned_for_longer_and_longer() {
        let start = Instant::now();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let mut bans = Bans::default();
        let fail = |bans: &mut Bans, secs: u64| {
            let at = start + Duration::from_secs(secs);
            (0..TRIES).map(|_| bans.failed(one, "alder", at)).collect::<Vec<_>>()
        };
        assert_eq!(fail(&mut bans, 0), [None, None, None, None, Some(FIRST)]);
        assert_eq!(bans.until(one, start), Some(start + FIRST));
        assert_eq!(bans.until(one, start + FIRST), None);
        assert_eq!((bans.until(other, start), bans.count(start)), (None, 1));
        assert_eq!(fail(&mut bans, 60)[4], Some(FIRST * 2));
        for round in 0..10 {
            fail(&mut bans, 100 + round);
        }
        assert_eq!(fail(&mut bans, 200)[4], Some(LONGEST));
        assert_eq!(fail(&mut bans, 200 + 2 * FORGOTTEN.as_secs())[4], Some(FIRST), "forgotten");
        bans.succeeded(one, "alder");
        assert_eq!(bans.until(one, start), None);
    }

    #[test]
    fn who_logs_in_clears_nothing_of_others() {
        let (now, one) = (Instant::now(), "192.0.2.1".parse().unwrap());
        let mut bans = Bans::default();
        let guess = |bans: &mut Bans, user: &str| {
            let banned = bans.failed(one, user, now);
            bans.succeeded(one, "birch");
            banned
        };
        for round in 0..3 {
            let told: Vec<_> = (0..TRIES).map(|_| guess(&mut bans, "alder")).collect();
            assert_eq!(told[4], Some(FIRST * 2_u32.pow(round)), "{told:?}");
        }
        // What fails under its own name it clears.
        assert!((0..2 * TRIES).all(|_| guess(&mut bans, "birch").is_none()));
        // Nor does it help to guess many names.
        let told: Vec<_> = (0..TRIES).map(|number| guess(&mut bans, &format!("name{number}"))).collect();
        assert!(told[4].is_some(), "{told:?}");
        for number in 0..100 {
            guess(&mut bans, &format!("name{number}"));
        }
        assert!(bans.by_address[&one].tries.len() <= NAMES);
    }

    #[test]
    fn ipv6_counts_by_network_and_memory_is_bounded() {
        let now = Instant::now();
        let mut bans = Bans::default();
        for last in 0..TRIES {
            bans.failed(format!("2001:db8::{last}").parse().unwrap(), "alder", now);
        }
        assert!(bans.until("2001:db8::ffff".parse().unwrap(), now).is_some());
        assert!(bans.until("2001:db8:0:1::1".parse().unwrap(), now).is_none());
        for number in 0..REMEMBERED as u32 + 10 {
            bans.failed(
                IpAddr::from(std::net::Ipv4Addr::from_bits(number)),
                "alder",
                now + Duration::from_millis(number.into()),
            );
        }
        assert!(bans.by_address.len() <= REMEMBERED);
    }
}
