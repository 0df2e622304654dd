//! How long to wait before something that failed is tried again.

use jiff::{SignedDuration, Timestamp};

/// Longest wait between two attempts.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// The wait after the `failed`th attempt in a row (1-based) failed: one second, doubled each time, up to a quarter of an
/// hour. `jitter`, any number, moves it by up to a quarter, so that many do not come at once.
#[must_use]
pub fn wait_before(failed: u32, jitter: u64) -> SignedDuration {
    let doubled = SignedDuration::from_secs(1 << failed.saturating_sub(1).min(20)).min(LONGEST);
    let quarter = doubled.as_millis() / 4;
    let moved = i128::from(jitter % 1_000) * quarter / 1_000;
    doubled - SignedDuration::from_millis(i64::try_from(moved).unwrap_or(0))
}

/// Is something due `now` that was to be done `at` a time that is `longest` ahead at most? A time further ahead was told by a
/// clock that was wrong.
#[must_use]
pub fn is_due(at: Timestamp, now: Timestamp, longest: SignedDuration) -> bool {
    at <= now || at.duration_since(now) > longest
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{is_due, wait_before};

    #[test]
    fn what_is_due_later_than_it_can_be_is_due_now() {
        let (now, longest) = ("2026-11-29T08:00:00Z".parse().unwrap(), SignedDuration::from_mins(15));
        for (at, due) in
            [("07:59:59", true), ("08:00:00", true), ("08:00:01", false), ("08:15:00", false), ("08:15:01", true)]
        {
            assert_eq!(is_due(format!("2026-11-29T{at}Z").parse().unwrap(), now, longest), due, "{at}");
        }
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let waits: Vec<i64> = (1..=4).map(|failed| wait_before(failed, 0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8]);
        assert_eq!(wait_before(40, 0).as_secs(), 900);
        assert!(wait_before(4, 999).as_millis() > 6_000);
    }
}
