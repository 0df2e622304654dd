//! When a server that fails is tried again, and when somebody has to be told.

use jiff::{SignedDuration, Timestamp};

use super::wait_before;

/// After so many failures in a row the way to a server counts as closed: it is tried now and then, and nothing else is.
const OPENS_AFTER: u32 = 5;
/// So long is waited where trying again soon cannot help, and may get us locked out.
const LOCKOUT: SignedDuration = SignedDuration::from_hours(1);
/// Longest wait before something is tried again.
pub const LONGEST_WAIT: SignedDuration = LOCKOUT;

/// Is the circuit to a server open after so many failures in a row?
#[must_use]
pub fn circuit_is_open(failures: u32, needs_person: bool) -> bool {
    needs_person || failures >= OPENS_AFTER
}

/// The wait after the `failed`th attempt in a row (1-based). `jitter` is any number.
#[must_use]
pub fn wait_for_server(failed: u32, needs_person: bool, jitter: u64) -> SignedDuration {
    if needs_person { LOCKOUT } else { wait_before(failed, jitter) }
}

/// Has something been tried for so long that a person has to look?
#[must_use]
pub fn is_given_up(since: Timestamp, retry_for: SignedDuration, now: Timestamp) -> bool {
    now.duration_since(since) >= retry_for
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{circuit_is_open, is_given_up, wait_for_server};

    /// Three days of failures: the circuit opens early, and the server is not asked often.
    #[test]
    fn a_dead_server_is_tried_for_three_days_and_not_often() {
        let begun: Timestamp = "2026-11-27T00:00:00Z".parse().unwrap();
        let (mut now, mut failed) = (begun, 0);
        while !is_given_up(begun, SignedDuration::from_hours(72), now) {
            failed += 1;
            assert_eq!(circuit_is_open(failed, false), failed >= 5);
            now += wait_for_server(failed, false, 0);
        }
        assert!((280..320).contains(&failed), "{failed} attempts");
        assert!(circuit_is_open(1, true));
        assert_eq!(wait_for_server(1, true, 0), SignedDuration::from_hours(1));
    }
}
