//! Did this interchange come before?
//!
//! The same sender, receiver, usage and interchange control number (ISA13) make two interchanges comparable; whether they
//! are the same is said by their transaction sets, since senders that write an interchange anew write other times into
//! its envelope.

use jiff::{SignedDuration, Timestamp};

/// An interchange with the same ids and number that was taken before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// SHA-256 of its transaction sets.
    pub digest: [u8; 32],
    /// When it came.
    pub received_at: Timestamp,
}

/// What to do with an interchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing like it came before.
    New,
    /// The very same came before: nothing is done twice.
    Duplicate,
    /// The number came before, with other transaction sets: a person decides.
    Reused,
}

/// In spite of what a person has a payload go on: of what held it, and of nothing that came since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InSpite {
    /// Nobody said so.
    Nothing,
    /// Of faults of its own.
    Faults,
    /// Of its number, which came before with other transaction sets.
    Reused,
    /// Of the same, which came before: it is meant twice.
    Duplicate,
}

/// So long an interchange control number is not used again; later the sender has begun anew.
const REUSE_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The verdict on an interchange with this digest that came `now`.
#[must_use]
pub fn verdict(earlier: Option<&Earlier>, digest: &[u8; 32], now: Timestamp) -> Verdict {
    match earlier {
        None => Verdict::New,
        Some(earlier) if earlier.digest == *digest => Verdict::Duplicate,
        Some(earlier) if now.duration_since(earlier.received_at) > REUSE_AFTER => Verdict::New,
        Some(_) => Verdict::Reused,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Earlier, Verdict, verdict};

    #[test]
    fn the_same_sets_are_a_duplicate_and_a_number_is_free_again_after_a_month() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let earlier = Earlier { digest: [1; 32], received_at: at("2026-11-01T08:00:00Z") };
        let check = |digest: u8, now: &str, expected| {
            assert_eq!(verdict(Some(&earlier), &[digest; 32], at(now)), expected);
        };
        assert_eq!(verdict(None, &[1; 32], at("2026-11-01T08:00:00Z")), Verdict::New);
        check(1, "2026-11-01T08:00:01Z", Verdict::Duplicate);
        check(1, "2027-11-01T08:00:00Z", Verdict::Duplicate);
        check(2, "2026-11-20T08:00:00Z", Verdict::Reused);
        check(2, "2026-12-02T08:00:00Z", Verdict::New);
    }
}
