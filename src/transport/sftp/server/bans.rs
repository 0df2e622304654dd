//! Who is not listened to for a while. Pure: time is an argument.

use std::collections::HashMap;
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

/// Failed logins, by address.
#[derive(Debug, Default)]
pub(super) struct Bans {
    by_address: HashMap<IpAddr, Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    /// Since the last ban.
    tries: u32,
    bans: u32,
    last: Instant,
    until: Option<Instant>,
}

impl Bans {
    /// Until when nothing of `address` is listened to.
    pub(super) fn until(&self, address: IpAddr, now: Instant) -> Option<Instant> {
        self.by_address.get(&whose(address))?.until.filter(|until| *until > now)
    }

    /// A login failed. How long the address is banned for it.
    pub(super) fn failed(&mut self, address: IpAddr, now: Instant) -> Option<Duration> {
        if self.by_address.len() >= REMEMBERED {
            self.make_room(now);
        }
        let new = Failures { tries: 0, bans: 0, last: now, until: None };
        let failures = self.by_address.entry(whose(address)).or_insert(new);
        if now.duration_since(failures.last) > FORGOTTEN {
            *failures = new;
        }
        failures.last = now;
        failures.tries += 1;
        if failures.tries < TRIES {
            return None;
        }
        let ban = FIRST.saturating_mul(1 << failures.bans.min(16)).min(LONGEST);
        *failures = Failures { tries: 0, bans: failures.bans + 1, last: now, until: Some(now + ban) };
        Some(ban)
    }

    /// A login went well: what failed before was a slip.
    pub(super) fn succeeded(&mut self, address: IpAddr) {
        self.by_address.remove(&whose(address));
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
            (0..TRIES).map(|_| bans.failed(one, at)).collect::<Vec<_>>()
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
        bans.succeeded(one);
        assert_eq!(bans.until(one, start), None);
    }

    #[test]
    fn ipv6_counts_by_network_and_memory_is_bounded() {
        let now = Instant::now();
        let mut bans = Bans::default();
        for last in 0..TRIES {
            bans.failed(format!("2001:db8::{last}").parse().unwrap(), now);
        }
        assert!(bans.until("2001:db8::ffff".parse().unwrap(), now).is_some());
        assert!(bans.until("2001:db8:0:1::1".parse().unwrap(), now).is_none());
        for number in 0..REMEMBERED as u32 + 10 {
            bans.failed(
                IpAddr::from(std::net::Ipv4Addr::from_bits(number)),
                now + Duration::from_millis(number.into()),
            );
        }
        assert!(bans.by_address.len() <= REMEMBERED);
    }
}
