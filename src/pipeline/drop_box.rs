//! What the drop box needs of the gateway: who may log in, where files lie, what was taken, what was done.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::Pipeline;
use super::destination::resolve;
use crate::diagnostic::{Diagnostics, Severity};
use crate::partner::{Folder, Profile};
use crate::store::{Audit, Content, Unit};
use crate::transport::{Deed, DropBox, Guest};
use crate::tree::Tree;
use crate::x12::reader::{ReadOptions, Reader, Step};
use crate::x12::validate::{Against, validate};

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
        let profile = edition.profiles.iter().find(|profile| profile.short_name == payload.mailbox)?.clone();
        self.on_a_thread(move |_| faults(&content, &profile)).await.ok().flatten()
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
            Unit::Note(deed.of.clone(), audit)
        };
        self.store.commit(deeds.iter().map(note).collect()).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// What `crossdock validate` calls an error of a file, by the standard and the rules of its sender's profile, in words; `None`
/// when there is none.
fn faults(content: &Content, profile: &Profile) -> Option<String> {
    let mut bytes = Vec::new();
    content.open().ok()?.read_to_end(&mut bytes).ok()?;
    let (limits, charset) = (profile.limits, Some(profile.charset));
    let mut reader = Reader::new(ReadOptions { limits, charset, ..ReadOptions::default() });
    let (mut tree, mut at) = (Tree::default(), 0);
    let limit = profile.limits.diagnostics_per_document;
    let mut found = Diagnostics::with_limit(limit).judged(profile.rules.judge());
    let mut told = Vec::new();
    loop {
        let progress = reader.next(&bytes[at..], true, &mut tree, &mut found);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let set = &bytes[at + range.start..at + range.end];
            validate(header, &Against::standard(header), &tree, set, &mut found);
        }
        told.extend(found.take().into_iter().filter(|one| one.severity == Severity::Error).map(|one| one.message));
        if matches!(progress.step, Step::End | Step::NeedMore) || told.len() >= TOLD {
            break;
        }
        at += progress.consumed;
    }
    told.truncate(TOLD);
    (!told.is_empty()).then(|| told.join("; "))
}
