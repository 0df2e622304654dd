//! What the drop box needs of the gateway: who may log in, where files lie, what was taken, what was done.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::Pipeline;
use super::destination::resolve;
use super::feed::Feed;
use super::inbound::Order;
use super::opened::Opened;
use super::records::Records;
use crate::archive::fault_of;
use crate::catalog::CatalogDesk;
use crate::diagnostic::{Diagnostics, Severity};
use crate::partner::{Folder, Profile};
use crate::store::{self, Audit, Banning, Unit};
use crate::translation::{Inbound, Outcome, Translator};
use crate::transport::sftp::server::Origin;
use crate::transport::{Ban, Deed, DropBox, Guest};
use crate::tree::Tree;
use crate::x12::limits::Limits;

/// Larger files are judged when they are translated, not while their sender waits.
const JUDGED_AT_ONCE: u64 = 16 << 20;
/// Faults that are told at once.
const TOLD: usize = 3;
/// Begin of who did what is kept, where it was a partner: no user of the system has a name like that.
pub(crate) const OVER_SFTP: &str = "sftp:";

impl DropBox for Pipeline {
    fn guests(&self) -> Vec<Guest> {
        let edition = self.edition();
        let guest = |profile: &Profile| {
            Some(Guest {
                partner: profile.short_name.clone(),
                user: profile.sftp_user()?.to_owned(),
                zone: profile.time_zone.clone(),
                server: Arc::clone(profile.sftp_server()?),
            })
        };
        edition.profiles.iter().filter_map(guest).collect()
    }

    fn password_hash(&self, guest: &Guest) -> Result<Option<String>, String> {
        guest.server.password.as_ref().map(|secret| resolve(secret, self.folders.home())).transpose()
    }

    fn folder(&self, partner: &str, folder: Folder) -> PathBuf {
        match folder {
            Folder::Inbox => self.folders.uploads().join(partner),
            Folder::Outbox => self.folders.outbox(partner),
            Folder::Rejected => self.folders.rejected(partner),
            Folder::Archive => self.folders.sent(partner),
        }
    }

    fn is_paused(&self, partner: &str) -> Result<bool, String> {
        let paused = tokio::runtime::Handle::current().block_on(self.store.is_paused(partner));
        paused.map_err(|error| error.to_string())
    }

    async fn received(&self, spool_name: &str) -> Result<Option<bool>, String> {
        self.store.spooled(spool_name).await.map_err(|error| error.to_string())
    }

    async fn verdict(&self, payload: i64) -> Option<String> {
        let payload = self.store.payload(payload).await.ok().flatten()?;
        if payload.bytes > JUDGED_AT_ONCE {
            return None;
        }
        let content = self.store.content(payload.content).await.ok()?;
        let edition = self.edition();
        let store = self.store.clone();
        let judged = self.on_a_thread(move |handle| {
            let (now, records) = (Timestamp::now(), &Records::new(store, handle));
            faults(&Order { payload: &payload, content: &content, edition: &edition, now, by: "gateway", records })
        });
        judged.await.ok().flatten()
    }

    async fn taken(&self, partner: &str, file_name: &str) -> Result<(), String> {
        let unit = Unit::Taken(partner.to_owned(), file_name.to_owned(), Timestamp::now());
        self.store.commit_one(unit).await.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn keep(&self, deeds: &[Deed]) -> Result<(), String> {
        let note = |deed: &Deed| {
            let why = Some(deed.more.clone()).filter(|more| !more.is_empty());
            let audit =
                Audit { at: deed.at, by: format!("{OVER_SFTP}{}", deed.user), command: deed.what.to_owned(), why };
            (deed.of.clone(), audit)
        };
        self.store
            .commit_one(Unit::Notes(deeds.iter().map(note).collect()))
            .await
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    async fn lifted(&self) -> Result<Vec<Origin>, String> {
        let lifted = self.store.lifted().await.map_err(|error| error.to_string())?;
        Ok(lifted.iter().filter_map(|origin| origin.parse().ok()).collect())
    }

    async fn banned(&self, bans: &[Ban], let_in: &[Origin]) -> Result<(), String> {
        let ban = |Ban { origin, until, failures, users }: &Ban| store::Ban {
            origin: origin.to_string(),
            until: *until,
            failures: *failures,
            users: users.clone(),
        };
        let (bans, let_in) = (bans.iter().map(ban).collect(), let_in.iter().map(Origin::to_string).collect());
        let told = Unit::Banning(Banning::Told { bans, let_in, at: Timestamp::now() });
        self.store.commit_one(told).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// What `crossdock validate` calls an error of a payload, by the standard and what its partner agreed on, in words; `None` when
/// there is none.
fn faults(order: &Order<'_>) -> Option<String> {
    let mut opened = Opened::new(&order.payload.file_name, order.content).ok()?;
    let mut told = Vec::new();
    loop {
        match opened.next_file() {
            Ok(true) => told.extend(faults_of_one(order, &mut opened)),
            Ok(false) => break,
            // Of what is cut in the middle of a file its own fault is told too.
            Err(error) => {
                told.extend(fault_of(&error).map(|fault| format!("{} {fault}", order.payload.file_name)));
                break;
            }
        }
    }
    in_words(told)
}

/// The same of one of the files in a payload.
fn faults_of_one(order: &Order<'_>, opened: &mut Opened<'_>) -> Option<String> {
    let name = opened.name().to_owned();
    let mut feed = Feed::new(Box::new(opened));
    let mut begun = Diagnostics::with_limit(TOLD);
    let (desk, mut inbound) = order.begin(&name, feed.beginning().ok()?, &mut begun);
    if begun.errors() > 0 {
        return in_words(begun.take().into_iter().map(|one| one.message).collect());
    }
    let limit = order.edition.profile(&order.payload.mailbox).map_or_else(Limits::default, |profile| profile.limits);
    let translator = Translator::new(limit.diagnostics_per_document);
    let (mut tree, mut told) = (Tree::default(), Vec::new());
    if inbound.file().is_some() {
        return faults_of_file(feed, &desk, inbound);
    }
    loop {
        let pulled = feed.pull(|input, end| match inbound.read(input, end, &desk) {
            (consumed, Outcome::NeedMore) => (consumed, None),
            (consumed, Outcome::Document(set)) => {
                let bytes = input[set.bytes.clone()].to_vec();
                (consumed, Some((Outcome::Document(set), bytes)))
            }
            (consumed, outcome) => (consumed, Some((outcome, Vec::new()))),
        });
        let (mut outcome, bytes) = pulled.ok()?;
        let mut found = match &mut outcome {
            Outcome::Document(set) => {
                tree = inbound.take_tree(tree);
                translator.check(set, &mut tree, &bytes)
            }
            _ => std::mem::replace(inbound.diagnostics(), Diagnostics::with_limit(0)),
        };
        told.extend(found.take().into_iter().filter(|one| one.severity == Severity::Error).map(|one| one.message));
        if matches!(outcome, Outcome::End) || told.len() >= TOLD {
            break;
        }
    }
    in_words(told)
}

/// The same of a file of records and fields: it has no checks apart from its mapping.
fn faults_of_file(mut feed: Feed<'_>, desk: &CatalogDesk<'_>, mut inbound: Inbound) -> Option<String> {
    let mut told = Vec::new();
    loop {
        let (outcome, _) = feed.outcome(&mut inbound, desk).ok()?;
        let found = inbound.diagnostics().take().into_iter();
        told.extend(found.filter(|one| one.severity == Severity::Error).map(|one| one.message));
        if matches!(outcome, Outcome::End) || told.len() >= TOLD {
            return in_words(told);
        }
    }
}

fn in_words(mut told: Vec<String>) -> Option<String> {
    told.truncate(TOLD);
    (!told.is_empty()).then(|| told.join("; "))
}
