//! Who is not listened to for a while. Pure: time is an argument.
//!
//! An address is banned for all that failed there. Who logs in there clears only what failed under its own name: else whoever has one
//! account could guess the password of another as often as it likes.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{AddrParseError, IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::transport::Ban;

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
/// Names that are remembered as they were given: the last ones.
const REMEMBERED_NAMES: usize = 3;
/// Characters of such a name.
const NAME_CHARACTERS: usize = 64;
/// Bans that are told at a time.
const TOLD: usize = 256;

/// Failed logins, by address.
#[derive(Debug, Default)]
pub(super) struct Bans {
    by_origin: HashMap<Origin, Failures>,
    hasher: RandomState,
}

#[derive(Debug, Clone)]
struct Failures {
    /// Tries since the last ban, by the hash of the name.
    tries: Vec<(u64, u32)>,
    /// All that failed.
    all: u32,
    /// The names under which it failed last, the newest first.
    users: Vec<String>,
    bans: u32,
    last: Instant,
    until: Option<Instant>,
    /// Its ban was told to the gateway.
    is_told: bool,
}

impl Bans {
    /// Until when nothing of `address` is listened to.
    pub(super) fn until(&self, address: IpAddr, now: Instant) -> Option<Instant> {
        self.by_origin.get(&address.into())?.until.filter(|until| *until > now)
    }

    /// A login under a name failed. How long the address is banned for it.
    pub(super) fn failed(&mut self, address: IpAddr, user: &str, now: Instant) -> Option<Duration> {
        let hash = self.hasher.hash_one(user);
        if self.by_origin.len() >= REMEMBERED {
            self.make_room(now);
        }
        let new = || Failures {
            tries: Vec::new(),
            all: 0,
            users: Vec::new(),
            bans: 0,
            last: now,
            until: None,
            is_told: false,
        };
        let failures = self.by_origin.entry(address.into()).or_insert_with(new);
        if now.duration_since(failures.last) > FORGOTTEN {
            *failures = new();
        }
        (failures.last, failures.all) = (now, failures.all.saturating_add(1));
        let name: String = user.chars().take(NAME_CHARACTERS).collect();
        failures.users.retain(|known| *known != name);
        failures.users.insert(0, name);
        failures.users.truncate(REMEMBERED_NAMES);
        let tries = &mut failures.tries;
        match tries.iter().position(|(name, _)| *name == hash) {
            Some(known) => tries[known].1 += 1,
            None if tries.len() < NAMES => tries.push((hash, 1)),
            None => tries[NAMES - 1].1 += 1,
        }
        if tries.iter().map(|(_, count)| count).sum::<u32>() < TRIES {
            return None;
        }
        let ban = FIRST.saturating_mul(1 << failures.bans.min(16)).min(LONGEST);
        // Whose tries they were stays known.
        failures.tries.iter_mut().for_each(|(_, count)| *count = 0);
        (failures.bans, failures.until, failures.is_told) = (failures.bans + 1, Some(now + ban), false);
        Some(ban)
    }

    /// A login under a name went well: what failed under it before was a slip.
    pub(super) fn succeeded(&mut self, address: IpAddr, user: &str) {
        let (user, origin) = (self.hasher.hash_one(user), Origin::from(address));
        let Some(failures) = self.by_origin.get_mut(&origin) else { return };
        failures.tries.retain(|(name, _)| *name != user);
        if failures.tries.is_empty() {
            self.by_origin.remove(&origin);
        }
    }

    /// A person lets somebody in again: what failed there is forgotten.
    pub(super) fn lift(&mut self, origin: Origin) {
        self.by_origin.remove(&origin);
    }

    /// Bans that were not told yet: from now on they were, unless it is said that they were not.
    pub(super) fn untold(&mut self, now: Instant, at: Timestamp) -> Vec<Ban> {
        let new = self.by_origin.iter_mut().filter_map(|(origin, failures)| {
            let until = failures.until.filter(|until| !failures.is_told && *until > now)?;
            failures.is_told = true;
            let until = at.saturating_add(until - now).unwrap_or(at);
            Some(Ban { origin: *origin, until, failures: failures.all, users: failures.users.clone() })
        });
        new.take(TOLD).collect()
    }

    /// These were not told after all.
    pub(super) fn not_told(&mut self, bans: &[Ban]) {
        for ban in bans {
            if let Some(failures) = self.by_origin.get_mut(&ban.origin) {
                failures.is_told = false;
            }
        }
    }

    /// How many are banned.
    pub(super) fn count(&self, now: Instant) -> usize {
        self.by_origin.values().filter(|failures| failures.until.is_some_and(|until| until > now)).count()
    }

    fn make_room(&mut self, now: Instant) {
        self.by_origin.retain(|_, failures| now.duration_since(failures.last) < FORGOTTEN);
        let mut ages: Vec<Instant> = self.by_origin.values().map(|failures| failures.last).collect();
        ages.sort_unstable();
        if let Some(middle) = ages.get(REMEMBERED / 2) {
            self.by_origin.retain(|_, failures| failures.last >= *middle);
        }
    }
}

/// Where somebody comes from: an address, but of IPv6 the network of 64 bits, within which one machine has as many addresses as it
/// likes. Written `192.0.2.1` and `2001:db8::/64`; of a network any address will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            address => address,
        })
    }
}

impl FromStr for Origin {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text.strip_suffix("/64") {
            Some(network) => network.parse::<Ipv6Addr>().map(|address| IpAddr::from(address).into()),
            None => text.parse::<IpAddr>().map(Self::from),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(out),
            IpAddr::V6(network) => write!(out, "{network}/64"),
        }
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
            guess(&mut bans, &format!("{number}{}", "n".repeat(10_000)));
        }
        let failures = &bans.by_origin[&Origin::from(one)];
        assert!(failures.tries.len() <= NAMES && failures.users.concat().len() <= REMEMBERED_NAMES * NAME_CHARACTERS);
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
        assert!(bans.by_origin.len() <= REMEMBERED);
    }

    #[test]
    fn a_ban_is_told_once_with_the_last_names_and_is_over_when_it_is_lifted() {
        let (now, at) = (Instant::now(), "2026-11-30T03:00:00Z".parse().unwrap());
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let mut bans = Bans::default();
        for user in ["alder", "birch", "cedar", "alder"] {
            bans.failed(one, user, now);
            assert_eq!(bans.untold(now, at), []);
        }
        bans.failed(one, "dogwood", now);
        let origin = Origin::from(one);
        let users = ["dogwood", "alder", "cedar"].map(str::to_owned).to_vec();
        let told = [Ban { origin, until: "2026-11-30T03:00:30Z".parse().unwrap(), failures: 5, users }];
        assert_eq!(bans.untold(now, at), told);
        assert_eq!(bans.untold(now, at), []);
        bans.not_told(&told);
        assert_eq!(bans.untold(now, at), told);
        bans.lift("2001:db8::77".parse().unwrap());
        assert_eq!(bans.until(one, now), None);
        for _ in 1..TRIES {
            assert_eq!(bans.failed(one, "alder", now), None);
        }
        assert_eq!(bans.failed(one, "alder", now), Some(FIRST), "it begins anew");
    }

    #[test]
    fn an_origin_is_read_as_it_is_written() {
        for (given, written) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("2001:db8::7:1", Some("2001:db8::/64")),
            ("2001:db8::/64", Some("2001:db8::/64")),
            ("192.0.2.1/64", None),
            ("alder", None),
        ] {
            assert_eq!(given.parse::<Origin>().ok().map(|origin| origin.to_string()).as_deref(), written, "{given}");
        }
    }
}
