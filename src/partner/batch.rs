//! How documents to a partner are collected until they go out together.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::duration::{time_of_day, wait};
use crate::diagnostic::{Diagnostics, codes};
use crate::source::{Fields, Node, Value};

/// When documents that are collected go out: by the first of these that comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// With so many documents.
    pub documents: u32,
    /// With so many bytes of them, envelope not counted.
    pub bytes: u64,
    /// So long after the first.
    pub wait: Option<Duration>,
    /// At these times of the day, in the partner's zone.
    pub at: Vec<Time>,
    /// Where it stands in the profile's file, as 0-based byte offsets.
    pub span: Range<usize>,
}

/// Documents that go out together, at most.
const MOST_DOCUMENTS: u32 = 10_000;
/// Bytes of documents that go out together, at most.
const MOST_BYTES: u64 = 64_000_000;

impl Batch {
    /// When what begins to be collected `now` goes out at the latest.
    #[must_use]
    pub fn until(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let wait = self.wait.and_then(|wait| SignedDuration::try_from(wait).ok());
        let waited = wait.and_then(|wait| now.checked_add(wait).ok());
        let today = now.to_zoned(zone.clone()).date();
        let days = [Some(today), today.tomorrow().ok()];
        let times = days.into_iter().flatten().flat_map(|day| self.at.iter().map(move |time| day.to_datetime(*time)));
        let times = times.filter_map(|time| Some(time.to_zoned(zone.clone()).ok()?.timestamp()));
        waited.into_iter().chain(times.filter(|time| *time > now)).min().unwrap_or(now)
    }
}

/// Reads `batch`; `None` when it has an error.
pub(super) fn batch(mut fields: Fields<'_>, table: &Node, diagnostics: &mut Diagnostics) -> Option<Batch> {
    let documents = fields.integer("documents", 2..=MOST_DOCUMENTS.into(), diagnostics);
    let bytes = fields.parsed("size", size, diagnostics);
    let wait = fields.parsed("wait", wait, diagnostics);
    let mut at = Vec::new();
    for (text, node) in fields.texts("at", diagnostics) {
        at.extend(fields.accepted("at", node, text, time_of_day(text), diagnostics));
    }
    let is_empty = |node: &Node| matches!(&node.value, Value::List(list) if list.is_empty());
    let ends = fields.node("wait").is_some() || fields.node("at").is_some_and(|node| !is_empty(node));
    if !ends {
        let message =
            format!("`{}` does not say how long documents wait at most", fields.named("").trim_end_matches('.'));
        let found = fields.problem(codes::FILE_MISSING_KEY, message, table);
        diagnostics.push(
            found
                .cause("the last documents of a day would wait until others come")
                .remedy("add `wait = \"15m\"`, or times of the day: `at = [\"12:00\", \"17:30\"]`"),
        );
    }
    fields.finish(diagnostics);
    ends.then(|| Batch {
        documents: documents.and_then(|count| u32::try_from(count).ok()).unwrap_or(MOST_DOCUMENTS),
        bytes: bytes.unwrap_or(MOST_BYTES),
        wait,
        at,
        span: table.span.clone(),
    })
}

impl fmt::Display for Batch {
    /// Such as `50 documents, 1000000 bytes, 900 s after the first, at 17:30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} documents, {} bytes", self.documents, self.bytes)?;
        if let Some(wait) = self.wait {
            write!(f, ", {} s after the first", wait.as_secs())?;
        }
        for at in &self.at {
            write!(f, ", at {}", at.strftime("%H:%M"))?;
        }
        Ok(())
    }
}

/// A number of bytes, such as `500kB`.
fn size(text: &str) -> Result<u64, (String, String)> {
    let units = [("kB", 1_000), ("MB", 1_000_000)];
    let read = units.into_iter().find_map(|(unit, bytes)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(bytes)
    });
    let remedy = || "write a whole number with kB or MB behind it, up to 64MB: \"500kB\", \"1MB\"".to_owned();
    match read {
        Some(bytes) if (1..=MOST_BYTES).contains(&bytes) => Ok(bytes),
        Some(_) => Err(("is not between 1kB and 64MB".to_owned(), remedy())),
        None => Err(("is no size".to_owned(), remedy())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, size};
    use jiff::tz::TimeZone;

    #[test]
    fn what_is_collected_goes_out_by_the_first_end_that_comes() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let check = |wait: Option<u64>, at: &[&str], now: &str, expected: &str| {
            let at = at.iter().map(|time| time.parse().unwrap()).collect();
            let wait = wait.map(std::time::Duration::from_secs);
            let batch = Batch { documents: 9, bytes: 9, wait, at, span: 0..0 };
            assert_eq!(batch.until(now.parse().unwrap(), &zone).to_string(), expected, "{now}");
        };
        check(Some(300), &[], "2026-11-28T08:00:00Z", "2026-11-28T08:05:00Z");
        check(None, &["12:00", "17:30"], "2026-11-28T08:00:00Z", "2026-11-28T20:00:00Z");
        check(None, &["12:00", "17:30"], "2026-11-28T20:00:00Z", "2026-11-29T01:30:00Z");
        check(None, &["12:00", "17:30"], "2026-11-29T01:30:00Z", "2026-11-29T20:00:00Z");
        check(Some(300), &["12:00"], "2026-11-28T19:57:00Z", "2026-11-28T20:00:00Z");
        check(Some(300), &["12:00"], "2026-11-28T19:50:00Z", "2026-11-28T19:55:00Z");
        // The night in which the clock goes forward has no half past two.
        check(None, &["02:30"], "2026-03-08T09:00:00Z", "2026-03-08T10:30:00Z");
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size("500kB"), Ok(500_000));
        assert_eq!(size("64MB"), Ok(64_000_000));
        for wrong in ["500", "kB", "1.5MB", "0kB", "65MB", "1 MB", "1GB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
