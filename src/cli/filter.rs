//! Which payloads, documents or deliveries a command is for: the same options for all that list and all that act.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::output::Failure;
use crate::canonical;
use crate::diagnostic::{Code, codes, suggest};
use crate::lifecycle::{AnswerState, DeliveryState, DocumentState, OVERDUE, PayloadState};
use crate::operation::{Kind, Session};
use crate::pipeline::ERP;
use crate::store::Filter;

/// All that is given must hold.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Filters, all of which must hold")]
pub(super) struct FilterArguments {
    /// In this state; several with commas
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',')]
    states: Vec<String>,
    /// Of the partner with this short name; `erp` for what belongs to none
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Canonical object or transaction set: `shipment`, `945`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// `in` from partners, `out` from the ERP
    #[arg(long, value_name = "WAY", value_parser = ["in", "out"], hide_possible_values = true)]
    direction: Option<String>,
    /// Sent to a partner who says this of it: `waiting`, `accepted`, `accepted_with_errors`, `partially_accepted` (of
    /// deliveries), `rejected`, `overdue`
    #[arg(long, value_name = "ANSWER")]
    answer: Option<String>,
    /// With an error or warning of this code
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Business number, such as that of the shipment or order
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// File name; `*` stands for anything
    #[arg(long, value_name = "NAME")]
    file: Option<String>,
    /// Control number of interchange, group or transaction set, with leading zeros or without
    #[arg(long, value_name = "NUMBER")]
    control_number: Option<String>,
    /// Published, or submitted by the ERP, under this event id
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Of the payload with this id
    #[arg(long, value_name = "ID")]
    payload: Option<i64>,
    /// Of the delivery with this id
    #[arg(long, value_name = "ID")]
    delivery: Option<i64>,
    /// Received at this time or later: `2026-11-20`, `2026-11-20T09:30:00Z`, or so long ago: `30m`, `2h`, `3d`
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Received before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
}

impl FilterArguments {
    /// The filter, once every word in it is known.
    pub(super) async fn filter(&self, kind: Kind, session: &Session) -> Result<Filter, Failure> {
        for state in &self.states {
            known("state", state, &states(kind), "the states are")?;
        }
        if let Some(code) = self.code.as_deref().filter(|code| Code::find(code).is_none()) {
            let names: Vec<&str> = codes::ALL.iter().map(|code| code.name()).collect();
            let near = suggest::nearest(code, names);
            let remedy = near.map_or_else(|| "`crossdock explain` lists all codes".into(), did_you_mean);
            return Err(Failure::Usage { message: format!("no diagnostic has the code `{code}`"), remedy });
        }
        if let Some(kind) = self.kind.as_deref().filter(|kind| !is_set(kind)) {
            known("type", kind, &canonical::names().collect::<Vec<_>>(), "write a transaction set, or one of")?;
        }
        if let Some(partner) = &self.partner {
            known_partner(session, partner).await?;
        }
        if self.direction.is_some() && kind == Kind::Delivery {
            return Err(Failure::Usage {
                message: "deliveries all go one way".into(),
                remedy: "leave `--direction` out".into(),
            });
        }
        let overdue = self.answer.as_deref() == Some(OVERDUE);
        if let Some(answer) = &self.answer {
            let words: Vec<&str> = AnswerState::ALL.iter().map(|answer| answer.word()).chain([OVERDUE]).collect();
            known("answer", answer, &words, "the answers are")?;
            if kind == Kind::Payload {
                return Err(Failure::Usage {
                    message: "payloads are not answered, their documents are".into(),
                    remedy: "use `crossdock document list --answer` or `crossdock delivery list --answer`".into(),
                });
            }
        }
        let waiting = AnswerState::Waiting.word().to_owned();
        Ok(Filter {
            answer: if overdue { Some(waiting) } else { self.answer.clone() },
            unanswered_at: overdue.then(Timestamp::now),
            ids: Vec::new(),
            states: self.states.clone(),
            partner: self.partner.clone(),
            kind: self.kind.clone(),
            direction: self.direction.clone(),
            code: self.code.clone(),
            business_number: self.number.clone(),
            file_name: self.file.clone(),
            control_number: self.control_number.clone(),
            event: self.event.clone(),
            payload: self.payload,
            delivery: self.delivery,
            now: false,
            since: self.since,
            until: self.until,
        })
    }
}

/// The words for the states of a kind of row.
pub(super) fn states(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Payload => PayloadState::ALL.iter().map(|state| state.word()).collect(),
        Kind::Document => DocumentState::ALL.iter().map(|state| state.word()).collect(),
        Kind::Delivery => DeliveryState::ALL.iter().map(|state| state.word()).collect(),
    }
}

/// A transaction set's number, of which there may be some that we have no table of; a TA1 stands outside of sets.
pub(super) fn is_set(kind: &str) -> bool {
    kind == "TA1" || kind.len() == 3 && kind.bytes().all(|byte| byte.is_ascii_digit())
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

pub(super) fn known(what: &str, word: &str, words: &[&str], all: &str) -> Result<(), Failure> {
    if words.contains(&word) {
        return Ok(());
    }
    let near = suggest::nearest(word, words.iter().copied());
    let remedy = near.map_or_else(|| format!("{all} {}", words.join(", ")), did_you_mean);
    Err(Failure::Usage { message: format!("there is no {what} `{word}`"), remedy })
}

/// A partner must have a profile, or have left something in the store.
pub(super) async fn known_partner(session: &Session, name: &str) -> Result<(), Failure> {
    let mut names = crate::catalog::Catalog::new(session.folders.home()).list("partner-profiles");
    if name == ERP || names.iter().any(|known| known == name) {
        return Ok(());
    }
    if session.store.partners().await?.iter().any(|known| known == name) {
        return Ok(());
    }
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    known("partner", name, &names, "there are")
}

/// A time: an instant, a day, or so long ago.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>()
        && let Ok(zoned) = day.to_zoned(jiff::tz::TimeZone::UTC)
    {
        return Ok(zoned.timestamp());
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let minutes = match unit {
        "m" => Some(1),
        "h" => Some(60),
        "d" => Some(24 * 60),
        _ => None,
    };
    let ago = minutes.and_then(|unit: i64| number.parse::<i64>().ok()?.checked_mul(unit));
    let at = ago.and_then(|ago| Timestamp::now().checked_sub(SignedDuration::from_mins(ago)).ok());
    at.ok_or_else(|| {
        "write a day (`2026-11-20`), an instant (`2026-11-20T09:30:00Z`), or so long ago (`2h`, `3d`)".into()
    })
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn times_are_days_instants_or_so_long_ago() {
        assert_eq!(moment("2026-11-20").unwrap().to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(moment("2026-11-20T09:30:00+01:00").unwrap().to_string(), "2026-11-20T08:30:00Z");
        assert!(moment("2h").unwrap() < moment("1m").unwrap());
        for wrong in ["yesterday", "2", "2w", "99999999999999d"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
