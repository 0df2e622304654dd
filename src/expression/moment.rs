//! Dates, instants and times of the day, compared as what they are: their texts say the same in several ways.

use std::cmp::Ordering;

use jiff::SignedDuration;
use jiff::civil::{self, Date, Time};

use super::Type;

/// What a text says.
enum Moment {
    Day(Date),
    /// An instant, from 1970 on, and the day that it has where it is said: by its own offset.
    Instant(SignedDuration, Date),
    Time(Time),
}

/// How two moments stand to each other: instants as such, an instant and a day by day. `None` where one of the texts is none.
pub(super) fn order(one: &str, other: &str) -> Option<Ordering> {
    match (parse(one)?, parse(other)?) {
        (Moment::Instant(one, _), Moment::Instant(other, _)) => Some(one.cmp(&other)),
        (Moment::Day(one) | Moment::Instant(_, one), Moment::Day(other) | Moment::Instant(_, other)) => {
            Some(one.cmp(&other))
        }
        (Moment::Time(one), Moment::Time(other)) => Some(one.cmp(&other)),
        _ => None,
    }
}

/// Is the text one of this type?
pub(super) fn is(text: &str, of: Type) -> bool {
    match parse(text) {
        Some(Moment::Day(_) | Moment::Instant(..)) => of == Type::Date,
        Some(Moment::Time(_)) => of == Type::Time,
        None => false,
    }
}

fn parse(text: &str) -> Option<Moment> {
    let Some((day, rest)) = text.split_once('T') else {
        return date(text).map(Moment::Day).or_else(|| time(text).map(Moment::Time));
    };
    let (time_of_day, offset) = match rest.strip_suffix('Z') {
        Some(time_of_day) => (time_of_day, 0),
        None => {
            let (time_of_day, offset) = rest.split_at(rest.rfind(['+', '-'])?);
            (time_of_day, seconds(offset)?)
        }
    };
    let day = date(day)?;
    let local = day.to_datetime(time(time_of_day)?);
    let since = local.duration_since(civil::datetime(1970, 1, 1, 0, 0, 0, 0));
    Some(Moment::Instant(since - SignedDuration::from_secs(offset), day))
}

/// `2026-03-10`.
fn date(text: &str) -> Option<Date> {
    let has_form = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    text.parse().ok().filter(|_| has_form)
}

/// `14:05`, `14:05:30`, or with decimals of a second.
fn time(text: &str) -> Option<Time> {
    let has_form = text.len() >= 5 && text.as_bytes()[2] == b':';
    // There are no decimals beyond nine.
    let end = text.find('.').map_or(text.len(), |point| text.len().min(point + 10));
    text.get(..end)?.parse().ok().filter(|_| has_form)
}

/// `+05:30`, in seconds.
fn seconds(offset: &str) -> Option<i64> {
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
}
