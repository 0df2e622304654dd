//! The control numbers to give next: to be looked at, and to be set when traffic moves here from another system.

use super::Session;
use crate::lifecycle::Range;
use crate::partner::Profile;
use crate::store::{
    ACKNOWLEDGMENT_COUNTERS, Applied, Audit, COUNTERS, ControlNumber, NextNumbers, NumberKeys, StoreError, Unit,
};

/// The numbers of one kind that a partner's interchanges get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    /// Short name of the partner's profile; `None` when no profile has these ids any more.
    pub partner: Option<String>,
    /// The ids, and `P` or `T`.
    pub keys: NumberKeys,
    /// The counter: `interchange` or `group`, or one of acknowledgments.
    pub kind: &'static str,
    /// The number to give next.
    pub next: u32,
    /// The range that the profile allows.
    pub range: Option<Range>,
    /// Was one given yet?
    pub used: bool,
}

/// Why a number is not set.
#[derive(Debug)]
pub enum SetError {
    /// The profile does not allow it.
    OutOfRange {
        /// The counter: `interchange` or `group`, or one of acknowledgments.
        kind: &'static str,
        /// The number.
        number: u32,
        /// What is allowed.
        range: Range,
    },
    /// Numbers from it on were given before.
    Given {
        /// The counter.
        kind: &'static str,
        /// The number.
        number: u32,
        /// The number that would be given next.
        next: u32,
    },
    /// The store cannot be used.
    Store(StoreError),
}

impl From<StoreError> for SetError {
    fn from(error: StoreError) -> Self {
        SetError::Store(error)
    }
}

/// The keys of a partner's numbers; `usage` is `P` or `T`, default the profile's.
fn keys(profile: &Profile, usage: Option<&str>) -> NumberKeys {
    let (ours, theirs) = profile.number_names();
    NumberKeys { ours, theirs, usage: usage.unwrap_or(profile.usage.code()).to_owned() }
}

/// What the profile allows for a counter.
fn range(profile: &Profile, kind: &str) -> Range {
    let own = profile.acknowledge.control_numbers.as_ref().filter(|_| ACKNOWLEDGMENT_COUNTERS.contains(&kind));
    let numbers = own.unwrap_or(&profile.envelope.control_numbers);
    let of_interchanges = [COUNTERS[0], ACKNOWLEDGMENT_COUNTERS[0]].contains(&kind);
    Range::from(if of_interchanges { &numbers.interchange } else { &numbers.group })
}

/// The counters that a partner has.
fn counters(profile: &Profile) -> impl Iterator<Item = &'static str> {
    let own = profile.acknowledge.control_numbers.is_some();
    COUNTERS.into_iter().chain(ACKNOWLEDGMENT_COUNTERS.into_iter().filter(move |_| own))
}

/// The numbers of all partners to whom something is sent, and those that were given under other ids.
///
/// # Errors
/// When the store cannot be used.
pub async fn numberings(session: &Session, profiles: &[Profile]) -> Result<Vec<Numbering>, StoreError> {
    let given = session.store.control_numbers().await?;
    let mut all: Vec<Numbering> = Vec::new();
    for row in &given {
        let keys = NumberKeys { ours: row.ours.clone(), theirs: row.theirs.clone(), usage: row.usage.clone() };
        let mut known = COUNTERS.into_iter().chain(ACKNOWLEDGMENT_COUNTERS);
        let kind = known.find(|kind| *kind == row.kind).unwrap_or("group");
        let profile = profiles.iter().find(|profile| self::keys(profile, Some(&keys.usage)) == keys);
        all.push(Numbering {
            partner: profile.map(|profile| profile.short_name.clone()),
            next: highest(&given, &keys, kind).unwrap_or(u32::MAX),
            keys,
            kind,
            range: profile.map(|profile| range(profile, kind)),
            used: true,
        });
    }
    for profile in profiles.iter().filter(|profile| !profile.send.is_empty()) {
        for kind in counters(profile) {
            let keys = keys(profile, None);
            if all.iter().any(|known| known.keys == keys && known.kind == kind) {
                continue;
            }
            let range = range(profile, kind);
            let partner = Some(profile.short_name.clone());
            let next = highest(&given, &keys, kind).unwrap_or(range.first);
            all.push(Numbering { partner, keys, kind, next, range: Some(range), used: false });
        }
    }
    all.sort_by(|one, other| {
        (&one.partner, &one.keys.usage, one.kind).cmp(&(&other.partner, &other.keys.usage, other.kind))
    });
    Ok(all)
}

/// Sets the numbers that a partner's next interchange gets; `again` says that those given before may be given again.
///
/// # Errors
/// When the profile does not allow one of them, or one was given before: then none is set. Or when the store cannot be used.
pub async fn set_number(
    session: &Session,
    profile: &Profile,
    usage: Option<&str>,
    numbers: &[(&'static str, u32)],
    again: bool,
    audit: &Audit,
) -> Result<(), SetError> {
    let keys = keys(profile, usage);
    loop {
        refuse_given(session, profile, &keys, numbers, again).await?;
        let (keys, numbers, audit) = (keys.clone(), numbers.to_vec(), audit.clone());
        let unit = Unit::NextNumbers(NextNumbers { keys, numbers, again, audit });
        // One that was given meanwhile is refused as well.
        if let Applied::Done(_) = session.store.commit_one(unit).await? {
            return Ok(());
        }
    }
}

/// The number to give next between these ids: it is behind those of both usages.
fn highest(given: &[ControlNumber], keys: &NumberKeys, kind: &str) -> Option<u32> {
    let is_it = |row: &&ControlNumber| (&row.ours, &row.theirs) == (&keys.ours, &keys.theirs) && row.kind == kind;
    given.iter().filter(is_it).filter_map(|row| u32::try_from(row.next).ok()).max()
}

/// Refuses numbers that the profile does not allow, or that were given before.
async fn refuse_given(
    session: &Session,
    profile: &Profile,
    keys: &NumberKeys,
    numbers: &[(&'static str, u32)],
    again: bool,
) -> Result<(), SetError> {
    let given = session.store.control_numbers().await?;
    for (kind, number) in numbers {
        let range = range(profile, kind);
        if !(range.first..=range.last).contains(number) {
            return Err(SetError::OutOfRange { kind, number: *number, range });
        }
        let next = highest(&given, keys, kind);
        if let Some(next) = next.filter(|next| !again && number < next) {
            return Err(SetError::Given { kind, number: *number, next });
        }
    }
    Ok(())
}
