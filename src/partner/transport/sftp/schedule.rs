//! When a folder is looked through: every so often, or at times of the day; on all days, or on some.

use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::diagnostic::{Diagnostics, codes};
use crate::partner::duration::{time_of_day, wait};
use crate::source::Fields;

/// When something is done, in the partner's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// So often, where no times are named.
    pub every: Duration,
    /// At these times of the day.
    pub at: Vec<Time>,
    /// On these days; none means all.
    pub days: Vec<Weekday>,
}

/// The words of days.
pub(in crate::partner) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Default for Schedule {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), at: Vec::new(), days: Vec::new() }
    }
}

impl Schedule {
    /// The next time behind `now`. `jitter`, any number, moves what is done every so often by up to a tenth, so that not
    /// everybody comes at once.
    #[must_use]
    pub fn next(&self, now: Timestamp, zone: &TimeZone, jitter: u64) -> Timestamp {
        let is_day = |day: Weekday| self.days.is_empty() || self.days.contains(&day);
        let mut day = now.to_zoned(zone.clone()).date();
        if self.at.is_empty() {
            let every = SignedDuration::try_from(self.every).unwrap_or(SignedDuration::from_mins(1));
            let tenth = every / 10;
            let moved = tenth.as_millis().saturating_mul(i128::from(jitter % 1_000)) / 1_000;
            let moved = SignedDuration::from_millis(i64::try_from(moved).unwrap_or_default());
            let next = now.saturating_add(every - moved).unwrap_or(now);
            if is_day(next.to_zoned(zone.clone()).date().weekday()) {
                return next;
            }
        }
        let midnight = [Time::midnight()];
        let times = if self.at.is_empty() { midnight.as_slice() } else { &self.at };
        // A week holds every day; one more where today's times are over.
        for _ in 0..9 {
            let times = times.iter().filter_map(|time| day.to_datetime(*time).to_zoned(zone.clone()).ok());
            let next = times.map(|zoned| zoned.timestamp()).filter(|next| *next > now).min();
            if let (true, Some(next)) = (is_day(day.weekday()), next) {
                return next;
            }
            day = day.tomorrow().unwrap_or(day);
        }
        now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now)
    }
}

/// Reads `every`, `at` and `days`.
pub(super) fn schedule(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Schedule {
    let written = fields.text_at("every", diagnostics);
    let every = written.and_then(|(text, node)| fields.accepted("every", node, text, wait(text), diagnostics));
    let mut schedule = Schedule::default();
    let times = fields.texts("at", diagnostics);
    for (text, node) in &times {
        schedule.at.extend(fields.accepted("at", node, text, time_of_day(text), diagnostics));
    }
    schedule.at.sort();
    for (text, node) in fields.texts("days", diagnostics) {
        let day = DAYS.iter().find(|(word, _)| *word == text).map(|(_, day)| *day);
        let read = day.ok_or_else(|| {
            let words: Vec<&str> = DAYS.iter().map(|(word, _)| *word).collect();
            ("is no day".to_owned(), format!("write one of {}", words.join(", ")))
        });
        schedule.days.extend(fields.accepted("days", node, text, read, diagnostics));
    }
    if let (false, Some((_, node))) = (times.is_empty(), written) {
        let message = format!("`{}` stands beside `{}`", fields.named("every"), fields.named("at"));
        let found = fields.problem(codes::FILE_WRONG_VALUE, message, node);
        diagnostics.push(found.remedy("remove one of them: it is done every so often, or at times of the day"));
    }
    schedule.every = every.unwrap_or(schedule.every);
    schedule
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, time};
    use jiff::tz::TimeZone;

    use super::Schedule;

    #[test]
    fn what_comes_next() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let check = |schedule: &Schedule, now: &str, jitter, expected: &str| {
            let next = schedule.next(now.parse().unwrap(), &zone, jitter);
            assert_eq!(next.to_string(), expected, "{schedule:?} after {now}");
        };
        let every = Schedule::default();
        check(&every, "2026-11-27T12:00:00Z", 0, "2026-11-27T12:01:00Z");
        check(&every, "2026-11-27T12:00:00Z", 500, "2026-11-27T12:00:57Z");
        let at = Schedule { at: vec![time(6, 0, 0, 0), time(18, 30, 0, 0)], ..Schedule::default() };
        check(&at, "2026-11-27T13:59:00Z", 0, "2026-11-27T14:00:00Z");
        check(&at, "2026-11-27T14:00:00Z", 0, "2026-11-28T02:30:00Z");
        // 2026-11-27 is a Friday there; the next working day is Monday.
        let days = vec![Weekday::Monday, Weekday::Friday];
        check(&Schedule { days: days.clone(), ..at }, "2026-11-28T03:00:00Z", 0, "2026-11-30T14:00:00Z");
        check(&Schedule { days, ..every }, "2026-11-28T07:59:30Z", 0, "2026-11-30T08:00:00Z");
    }
}
