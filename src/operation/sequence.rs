//! The numbers of our own that documents get next: to be looked at, and to be set when traffic moves here from another
//! system.

use super::Session;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostics;
use crate::partner::Profile;
use crate::store::{Applied, Audit, NextInSequence, StoreError, Unit};

/// A sequence of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceState {
    /// Short name of the partner's profile.
    pub partner: String,
    /// Its name.
    pub name: String,
    /// The number to give next.
    pub next: u64,
    /// Was one given or set yet?
    pub used: bool,
    /// Does a mapping name it by which something is sent to the partner?
    pub named: bool,
}

/// Why a number is not set.
#[derive(Debug)]
pub enum SequenceError {
    /// No mapping by which something is sent to the partner names the sequence; these are named.
    Unknown(Vec<String>),
    /// Numbers from it on were given before; this is the next.
    Given(u64),
    /// The store cannot be used.
    Store(StoreError),
}

impl From<StoreError> for SequenceError {
    fn from(error: StoreError) -> Self {
        SequenceError::Store(error)
    }
}

/// The sequences of these partners: those that their mappings name, and those of which a number was given.
///
/// # Errors
/// When the store cannot be used.
pub async fn sequences(
    session: &Session,
    catalog: &Catalog,
    profiles: &[Profile],
) -> Result<Vec<SequenceState>, StoreError> {
    let mut all: Vec<SequenceState> = Vec::new();
    for profile in profiles {
        for name in named(catalog, profile) {
            let partner = profile.short_name.clone();
            all.push(SequenceState { partner, name, next: 1, used: false, named: true });
        }
    }
    for given in session.store.sequences().await? {
        match all.iter_mut().find(|one| one.partner == given.partner && one.name == given.name) {
            Some(known) => (known.next, known.used) = (given.next, true),
            None => all.push(SequenceState {
                partner: given.partner,
                name: given.name,
                next: given.next,
                used: true,
                named: false,
            }),
        }
    }
    all.sort_by(|one, other| (&one.partner, &one.name).cmp(&(&other.partner, &other.name)));
    Ok(all)
}

/// The sequences that mappings name by which something is sent to a partner.
fn named(catalog: &Catalog, profile: &Profile) -> Vec<String> {
    let mut silent = Diagnostics::with_limit(0);
    let plans = profile.send.iter().filter_map(|entry| catalog.plan_of(entry, &mut silent));
    let mut names: Vec<String> =
        plans.flat_map(|plan| plan.sequences().map(str::to_owned).collect::<Vec<_>>()).collect();
    names.sort();
    names.dedup();
    names
}

/// Sets the number that the next document gets; `again` says that those given before may be given again.
///
/// # Errors
/// When no mapping names the sequence, or the number was given before; or when the store cannot be used.
pub async fn set_sequence(
    session: &Session,
    catalog: &Catalog,
    profile: &Profile,
    (name, next): (&str, u64),
    again: bool,
    audit: Audit,
) -> Result<(), SequenceError> {
    loop {
        let all = sequences(session, catalog, std::slice::from_ref(profile)).await?;
        let mut own = all.into_iter().filter(|one| one.partner == profile.short_name);
        match own.find(|one| one.name == name) {
            None => return Err(SequenceError::Unknown(named(catalog, profile))),
            Some(known) if known.used && next < known.next && !again => return Err(SequenceError::Given(known.next)),
            Some(_) => {}
        }
        let (partner, name, audit) = (profile.short_name.clone(), name.to_owned(), audit.clone());
        let unit = Unit::NextInSequence(NextInSequence { partner, name, next, again, audit });
        // One that was given meanwhile is refused as well.
        if let Applied::Done(_) = session.store.commit_one(unit).await? {
            return Ok(());
        }
    }
}
