//! Lengths of time as people write them, `30s`, `5m`, `4h`, `2d`, and times of the day.

use std::time::Duration;

use jiff::civil::Time;

/// Reads a number and its unit.
pub(super) fn duration(text: &str) -> Result<Duration, (String, String)> {
    let read = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit_secs = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return None,
        };
        let number: u32 = number.parse().ok()?;
        Some(Duration::from_secs(u64::from(number) * unit_secs))
    };
    read().ok_or_else(|| {
        let remedy = "write a number with s, m, h or d behind it: \"30s\", \"5m\", \"4h\", \"2d\"";
        ("is no length of time".to_owned(), remedy.to_owned())
    })
}

/// The same, and longer than nothing.
pub(super) fn wait(text: &str) -> Result<Duration, (String, String)> {
    match duration(text)? {
        Duration::ZERO => Err(("is no time at all".to_owned(), "write 1s or more".to_owned())),
        wait => Ok(wait),
    }
}

/// A time of the day, in the partner's zone.
pub(super) fn time_of_day(text: &str) -> Result<Time, (String, String)> {
    let read = (text.len() == "06:30".len()).then(|| text.parse().ok()).flatten();
    read.ok_or_else(|| {
        let remedy = "write hours and minutes in the partner's zone: \"06:30\"";
        ("is no time of the day".to_owned(), remedy.to_owned())
    })
}
