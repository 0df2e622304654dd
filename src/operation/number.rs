//! The control numbers to give next: to be looked at, and to be set when traffic moves here from another system.

use super::Session;
use crate::lifecycle::Range;
use crate::partner::Profile;
use crate::store::{ACKNOWLEDGMENT_COUNTERS, Applied, Audit, COUNTERS, ControlNumber, NextNumbers, StoreError, Unit};

/// The numbers of one kind that a partner's interchanges get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    /// Short name of the partner's profile; `None` when no profile has these ids any more.
    pub partner: Option<String>,
    /// Our interchange id, `12/4085551000`.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
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
    for ControlNumber { ours, theirs, kind, next } in given {
        let mut known = COUNTERS.into_iter().chain(ACKNOWLEDGMENT_COUNTERS);
        let kind = known.find(|known| *known == kind).unwrap_or("group");
        let names = (ours, theirs);
        let profile = profiles.iter().find(|profile| profile.number_names() == names);
        let (ours, theirs) = names;
        all.push(Numbering {
            partner: profile.map(|profile| profile.short_name.clone()),
            ours,
            theirs,
            kind,
            next: u32::try_from(next).unwrap_or(u32::MAX),
            range: profile.map(|profile| range(profile, kind)),
            used: true,
        });
    }
    for profile in profiles.iter().filter(|profile| !profile.send.is_empty()) {
        for kind in counters(profile) {
            let (ours, theirs) = profile.number_names();
            if all.iter().any(|known| (&known.ours, &known.theirs, known.kind) == (&ours, &theirs, kind)) {
                continue;
            }
            let range = range(profile, kind);
            let partner = Some(profile.short_name.clone());
            all.push(Numbering { partner, ours, theirs, kind, next: range.first, range: Some(range), used: false });
        }
    }
    all.sort_by(|one, other| (&one.partner, one.kind).cmp(&(&other.partner, other.kind)));
    Ok(all)
}

/// Sets the numbers that a partner's next interchange gets; `again` says that those given before may be given again.
///
/// # Errors
/// When the profile does not allow one of them, or one was given before: then none is set. Or when the store cannot be used.
pub async fn set_number(
    session: &Session,
    profile: &Profile,
    numbers: &[(&'static str, u32)],
    again: bool,
    audit: &Audit,
) -> Result<(), SetError> {
    loop {
        refuse_given(session, profile, numbers, again).await?;
        let (ours, theirs) = profile.number_names();
        let (numbers, audit) = (numbers.to_vec(), audit.clone());
        let unit = Unit::NextNumbers(NextNumbers { ours, theirs, numbers, again, audit });
        // One that was given meanwhile is refused as well.
        if let Applied::Done(_) = session.store.commit_one(unit).await? {
            return Ok(());
        }
    }
}

/// Refuses numbers that the profile does not allow, or that were given before.
async fn refuse_given(
    session: &Session,
    profile: &Profile,
    numbers: &[(&'static str, u32)],
    again: bool,
) -> Result<(), SetError> {
    let (ours, theirs) = profile.number_names();
    let given = session.store.control_numbers().await?;
    for (kind, number) in numbers {
        let range = range(profile, kind);
        if !(range.first..=range.last).contains(number) {
            return Err(SetError::OutOfRange { kind, number: *number, range });
        }
        let mut next = given.iter().filter(|row| (&row.ours, &row.theirs, &*row.kind) == (&ours, &theirs, kind));
        let next = next.next().and_then(|row| u32::try_from(row.next).ok());
        if let Some(next) = next.filter(|next| !again && number < next) {
            return Err(SetError::Given { kind, number: *number, next });
        }
    }
    Ok(())
}
