//! One look at a gateway: what waits, what is held and why, what cannot be delivered.

use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Session;
use crate::catalog::Edition;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lifecycle::{DeliveryState, Wait, circuit_is_open, wait};
use crate::partner::Profile;
use crate::pipeline::ERP;
use crate::pipeline::intake::{Lying, Unfinished, lying, unfinished, unrecorded};
use crate::pipeline::publish::{self, SUBSCRIBER};
use crate::store::{Counts, Delivery, Filter, HeldGroup, NotTaken, PartnerState, StoreError, VisitState, Window};

/// How a gateway is.
#[derive(Debug, Clone)]
pub struct Status {
    /// How much there is of what waits or is held.
    pub counts: Counts,
    /// What is held, by partner and code.
    pub held: Vec<HeldGroup>,
    /// Deliveries that failed and are tried again, or are held.
    pub failing: Vec<Delivery>,
    /// Deliveries that collect documents.
    pub collecting: Vec<Delivery>,
    /// Documents of partners that were rejected by an acknowledgment within the last day.
    pub rejected: Vec<NotTaken>,
    /// How many objects of the ERP came within the last day and were given back to it.
    pub refused: u64,
    /// Documents of ours that partners did not take.
    pub not_taken: Vec<NotTaken>,
    /// Interchanges whose acknowledgment is overdue, or will be soon.
    pub unanswered: Vec<Delivery>,
    /// Partners that are paused.
    pub paused: Vec<PartnerState>,
    /// Files that lie in mailboxes.
    pub inboxes: Vec<Lying>,
    /// Files that were begun and not written to for a while, the oldest first.
    pub unfinished: Vec<Unfinished>,
    /// Files that were taken a while ago and are not on record, and since when.
    pub unrecorded: (usize, Option<Timestamp>),
    /// Partners log in to us, or are visited: what comes is known only while a gateway runs.
    pub awaits_partners: bool,
    /// Visits to partners' servers.
    pub visits: Vec<VisitStatus>,
    /// Partners to whom deliveries wait and whose profile cannot be used, or is not there.
    pub without_profile: Vec<String>,
    /// Events that the ERP's folder has still to get.
    pub behind: i64,
    /// How it fails to put them there, where it does.
    pub publishing: Option<VisitState>,
    /// Keys of partners that are good no more, or not for much longer.
    pub ending_keys: Vec<EndingKey>,
    /// What is wrong with mappings and profiles.
    pub problems: Vec<Diagnostic>,
    /// Names of the profiles that can be used.
    pub profiles: Vec<String>,
}

/// A key by which a partner logs in, and which ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingKey {
    /// Short name of the partner's profile.
    pub partner: String,
    /// How the key is called.
    pub name: String,
    /// The last day on which it is good.
    pub last_day: Date,
    /// It is good no more.
    pub has_ended: bool,
}

/// The keys that end within [`KEY_ENDS`].
fn ending_keys(profile: &Profile, now: Timestamp) -> impl Iterator<Item = EndingKey> {
    let today = profile.day_of(now);
    let soon = today.saturating_add(KEY_ENDS);
    let keys = profile.sftp_server().into_iter().flat_map(|server| &server.keys);
    keys.filter_map(move |key| {
        let last_day = key.expires.filter(|day| *day <= soon)?;
        let has_ended = last_day < today;
        Some(EndingKey { partner: profile.short_name.clone(), name: key.name(), last_day, has_ended })
    })
}

/// How visits of one kind to a partner's server are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitStatus {
    /// Short name of the partner's profile.
    pub partner: String,
    /// The server.
    pub host: String,
    /// The folder there.
    pub folder: String,
    /// True where we put files, false where we pick them up.
    pub puts: bool,
    /// How they went; nothing when there was none.
    pub state: Option<VisitState>,
}

impl VisitStatus {
    /// The server cannot be used, or something is wrong with a file there.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        let of_a_file = |state: &VisitState| state.failures == 0 && !state.diagnostics.is_empty();
        self.circuit_is_open() || self.state.as_ref().is_some_and(of_a_file)
    }

    /// Only now and then the server is tried.
    #[must_use]
    pub fn circuit_is_open(&self) -> bool {
        self.state.as_ref().is_some_and(|state| circuit_is_open(state.failures, state.needs_person))
    }
}

/// Whoever writes a file writes to it in less than this, as a rule.
const UNFINISHED: Duration = Duration::from_secs(600);

/// Within so long a new key is agreed on, as a rule.
const KEY_ENDS: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Deliveries shown, at most.
const FAILING: u32 = 20;
/// Deliveries that collect documents and are shown, at most.
const COLLECTING: u32 = 50;

/// How the gateway of a home is, with its mappings and profiles as they are now.
///
/// # Errors
/// When the store cannot be used.
pub async fn status(session: &Session) -> Result<Status, StoreError> {
    let store = &session.store;
    let counts = store.counts(Timestamp::now()).await?;
    let mut found = Diagnostics::unlimited();
    let edition = Edition::read(session.folders.home(), &mut found);
    let of = |state: DeliveryState| Filter { states: vec![state.word().to_owned()], ..Filter::default() };
    let mut failing = store.deliveries(&of(DeliveryState::Held), Window::first(FAILING)).await?;
    failing.extend(store.failing(FAILING).await?);
    let now = Timestamp::now();
    // Nobody is waited for longer than a month.
    let horizon = now.checked_add(SignedDuration::from_hours(24 * 31)).unwrap_or(now);
    let mut unanswered = store.unanswered(horizon, 1_000).await?;
    unanswered.retain(|one| wait(one.left_at(), one.answer_due, now) != Wait::InTime);
    unanswered.truncate(FAILING as usize);
    let profiles: Vec<String> = edition.profiles.iter().map(|profile| profile.short_name.clone()).collect();
    let mut without_profile = store.partners_due(now).await?;
    without_profile.retain(|name| !profiles.contains(name) && name != ERP);
    let yesterday = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    let states = store.visits().await?;
    let mut visits = Vec::new();
    for profile in &edition.profiles {
        let Some(sftp) = profile.sftp() else { continue };
        let one = |puts: bool, folder: &str| {
            let (partner, key) = (profile.short_name.clone(), if puts { "" } else { folder });
            let state = states.iter().find(|state| state.partner == partner && state.folder == key).cloned();
            VisitStatus { partner, host: sftp.host.to_string(), folder: folder.to_owned(), puts, state }
        };
        visits.extend(sftp.poll.iter().map(|poll| one(false, &poll.folder)));
        visits.extend(sftp.push.iter().map(|push| one(true, &push.folder)));
    }
    Ok(Status {
        behind: (counts.last_event - store.cursor(SUBSCRIBER).await?).max(0),
        publishing: publish::failing(store).await?,
        held: store.held().await?,
        failing,
        collecting: store.deliveries(&of(DeliveryState::Collecting), Window::first(COLLECTING)).await?,
        rejected: store.rejected_since(yesterday).await?,
        refused: store.refused_since(yesterday).await?,
        not_taken: store.not_taken().await?,
        unanswered,
        paused: store.paused().await?,
        inboxes: lying(&edition, &session.folders),
        unfinished: unfinished(&session.folders, SystemTime::now() - UNFINISHED),
        unrecorded: unrecorded(store, &session.folders).await?,
        without_profile,
        awaits_partners: edition
            .profiles
            .iter()
            .any(|profile| profile.sftp_server().is_some() || profile.sftp().is_some_and(|sftp| !sftp.poll.is_empty())),
        visits,
        ending_keys: edition.profiles.iter().flat_map(|profile| ending_keys(profile, now)).collect(),
        problems: found.take(),
        profiles,
        counts,
    })
}
