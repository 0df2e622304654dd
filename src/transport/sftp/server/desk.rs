//! What a request does: one match over the protocol's requests, and what is open in a session.
//!
//! Answers come at once where the disk alone is asked; where the gateway's record is, [`Answer::Later`] is awaited before the
//! next request is looked at, so that a client's requests are done in their order.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use russh_sftp::extensions::{LimitsExtension, Statvfs};
use russh_sftp::protocol::{
    Attrs, Data, ExtendedReply, File, FileAttributes, Handle, Name, OpenFlags, Packet, StatusCode, Version,
};
use russh_sftp::ser;

use super::diary::Diary;
use super::inbox::{Inbox, Outcome};
use super::listing::Listing;
use super::outbox::{self, Fetch, Readings};
use super::paths::{NoPlace, Place, parts, resolve};
use super::refusal::Refusal;
use super::shown::Facts;
use super::upload::Upload;
use super::{Counters, LARGEST_PACKET};
use crate::partner::{DeliveredWhen, Folder};
use crate::transport::{DropBox, Guest};

/// Folders that are listed at a time in a session.
const LISTED: usize = 8;
/// Most bytes that are read or written by one request.
pub(super) const LARGEST_READ: u32 = LARGEST_PACKET - 1_024;

/// What a request came to.
pub(super) enum Answer {
    Now(Packet),
    /// To be awaited to its end, whatever becomes of the session.
    Later(Later),
}

/// An answer that is awaited.
pub(super) type Later = Pin<Box<dyn Future<Output = Packet> + Send>>;

/// A session's requests.
pub(super) struct Desk<G> {
    gate: G,
    guest: Guest,
    inbox: Arc<Inbox>,
    diary: Diary,
    counters: Arc<Counters>,
    readings: Arc<Readings>,
    /// Handles at a time.
    most: usize,
    open: HashMap<String, Open>,
    given: u64,
}

/// What a handle stands for.
enum Open {
    /// A file that is written; at its end only, where its opener said so.
    Upload(Arc<Upload>, bool),
    Fetch(Folder, Arc<Fetch>),
    List(Listing),
}

type Result<T> = std::result::Result<T, Refusal>;

impl<G: DropBox> Desk<G> {
    pub(super) fn new(
        gate: G,
        guest: Guest,
        inbox: Arc<Inbox>,
        diary: Diary,
        (counters, readings, most): (Arc<Counters>, Arc<Readings>, usize),
    ) -> Self {
        Self { gate, guest, inbox, diary, counters, readings, most, open: HashMap::new(), given: 0 }
    }

    /// May a request have to wait for the disk? All that small files need is in memory.
    pub(super) fn waits_for_disk(&self, packet: &Packet) -> bool {
        let in_inbox = |path: &str| matches!(self.place(path), Ok(Place::File(Folder::Inbox, _)));
        match packet {
            Packet::Init(_) | Packet::RealPath(_) | Packet::Fstat(_) | Packet::ReadDir(_) | Packet::Close(_) => false,
            Packet::Stat(stat) => !in_inbox(&stat.path),
            Packet::Lstat(stat) => !in_inbox(&stat.path),
            Packet::SetStat(set) => set.attrs.size.is_some() || !in_inbox(&set.path),
            Packet::Open(open) => match self.place(&open.filename) {
                Ok(Place::File(Folder::Inbox, name)) => self.inbox.lies(&name),
                _ => true,
            },
            Packet::Write(write) => match self.open.get(&write.handle) {
                Some(Open::Upload(upload, _)) => !upload.stays_in_memory(write.offset, write.data.len()),
                _ => false,
            },
            _ => true,
        }
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, packet: Packet) -> Answer {
        let id = packet.get_request_id();
        let answered = match packet {
            Packet::Init(_) => return Answer::Now(version()),
            Packet::Close(close) => match self.close(id, &close.handle) {
                Ok(answer) => return answer,
                Err(refusal) => Err(refusal),
            },
            Packet::Rename(rename) => return self.rename(id, &rename.oldpath, &rename.newpath, false),
            Packet::Remove(remove) => match self.remove(id, &remove.filename) {
                Ok(answer) => return answer,
                Err(refusal) => Err(refusal),
            },
            Packet::Extended(extended) if extended.request == "posix-rename@openssh.com" => {
                match strings(&extended.data).as_slice() {
                    [from, to] => return self.rename(id, from, to, true),
                    _ => Err(Refusal::failure("the request is not complete")),
                }
            }
            packet => self.at_once(id, packet),
        };
        Answer::Now(answered.unwrap_or_else(|refusal| refusal.answer(id)))
    }

    fn at_once(&mut self, id: u32, packet: Packet) -> Result<Packet> {
        match packet {
            Packet::Write(write) => {
                let (upload, append) = self.upload(&write.handle)?;
                let offset = if append { upload.size() } else { write.offset };
                self.inbox.write(&upload, offset, &write.data, &self.guest.server.limits)?;
                Ok(fine(id))
            }
            Packet::Read(read) => self.read(id, &read.handle, read.offset, read.len.min(LARGEST_READ) as usize),
            Packet::Open(open) => {
                let handle = self.open(&open.filename, open.pflags)?;
                Ok(self.give(id, handle))
            }
            Packet::OpenDir(open) => {
                self.room()?;
                if self.open.values().filter(|open| matches!(open, Open::List(_))).count() >= LISTED {
                    return Err(Refusal::failure(format!("at most {LISTED} folders can be listed at a time")));
                }
                let listing = self.listing(&open.path)?;
                Ok(self.give(id, Open::List(listing)))
            }
            Packet::ReadDir(read) => {
                let Some(Open::List(listing)) = self.open.get_mut(&read.handle) else { return Err(no_handle()) };
                let files = listing.next(&self.inbox);
                if files.is_empty() { Err(Refusal::end()) } else { Ok(Name { id, files }.into()) }
            }
            Packet::Stat(stat) => Ok(Attrs { id, attrs: self.attributes(&stat.path)? }.into()),
            Packet::Lstat(stat) => Ok(Attrs { id, attrs: self.attributes(&stat.path)? }.into()),
            Packet::Fstat(stat) => {
                let attrs = match self.open.get(&stat.handle).ok_or_else(no_handle)? {
                    Open::Upload(upload, _) => {
                        let shown = self.inbox.facts(&upload.name());
                        file(Facts { size: upload.size(), modified: shown.map_or(0, |shown| shown.modified) }, true)
                    }
                    Open::Fetch(_, fetch) => file(fetch.facts, false),
                    Open::List(_) => folder(),
                };
                Ok(Attrs { id, attrs }.into())
            }
            Packet::SetStat(set) => {
                if let Place::File(Folder::Inbox, name) = self.place(&set.path)? {
                    return self.set(&name, None, &set.attrs).map(|()| fine(id));
                }
                self.attributes(&set.path).map(|_| fine(id))
            }
            Packet::FSetStat(set) => match self.open.get(&set.handle).ok_or_else(no_handle)? {
                Open::Upload(upload, _) => self.set(&upload.name(), Some(upload), &set.attrs).map(|()| fine(id)),
                Open::Fetch(..) | Open::List(_) => Ok(fine(id)),
            },
            Packet::RealPath(path) => {
                let path = format!("/{}", parts(&path.path).join("/"));
                Ok(Name { id, files: vec![File::dummy(path)] }.into())
            }
            Packet::MkDir(make) => match self.place(&make.path) {
                Ok(Place::Folder(..)) => Err(Refusal::failure("this folder is there already")),
                _ => Err(Refusal::denied("no folders can be made here")),
            },
            Packet::RmDir(_) => Err(Refusal::denied("the folders stay")),
            Packet::ReadLink(_) => Err(Refusal::failure("there are no links here")),
            Packet::Symlink(_) => Err(Refusal::denied("no links can be made here")),
            Packet::Extended(extended) => self.extended(id, &extended.request, &extended.data),
            _ => Err(Refusal::unsupported("this is no request")),
        }
    }

    fn place(&self, path: &str) -> Result<Place> {
        resolve(&self.guest.server.folders, path).map_err(|none| match none {
            NoPlace::Nowhere => Refusal::no_such_file(),
            NoPlace::Name(words) => Refusal::failure(words),
        })
    }

    fn disk(&self, folder: Folder) -> PathBuf {
        self.gate.folder(&self.guest.partner, folder)
    }

    /// Is this the outbox, and nothing of it to be taken, as its partner is paused?
    fn is_closed(&self, folder: Folder) -> Result<bool> {
        let unknown = |_| Refusal::failure("our record cannot be used now; please try again later");
        Ok(folder == Folder::Outbox && self.gate.is_paused(&self.guest.partner).map_err(unknown)?)
    }

    fn archive(&self) -> Option<PathBuf> {
        self.guest.server.folder(Folder::Archive).map(|_| self.disk(Folder::Archive))
    }

    fn attributes(&self, path: &str) -> Result<FileAttributes> {
        let facts = match self.place(path)? {
            Place::Folder(..) => return Ok(folder()),
            Place::File(Folder::Inbox, name) => self.inbox.facts(&name).map(|facts| file(facts, true)),
            Place::File(folder, name) => outbox::facts_of(&self.disk(folder), &name).map(|facts| file(facts, false)),
        };
        facts.ok_or_else(Refusal::no_such_file)
    }

    fn listing(&self, path: &str) -> Result<Listing> {
        match self.place(path)? {
            Place::File(..) => Err(Refusal::failure("this is no folder")),
            Place::Folder(None, folders) => Ok(Listing::of_folders(folders)),
            Place::Folder(Some(Folder::Inbox), folders) => Ok(Listing::of_inbox(folders)),
            Place::Folder(Some(folder), folders) if self.is_closed(folder)? => Ok(Listing::of_folders(folders)),
            Place::Folder(Some(folder), folders) => Listing::of_outbox(folders, &self.disk(folder)),
        }
    }

    fn open(&mut self, path: &str, flags: OpenFlags) -> Result<Open> {
        self.room()?;
        let writes = flags.contains(OpenFlags::WRITE);
        match self.place(path)? {
            Place::Folder(..) => Err(Refusal::failure("this is a folder")),
            Place::File(Folder::Inbox, _) if !writes => Err(Refusal::denied("files can be put here, not read")),
            Place::File(Folder::Inbox, name) => {
                if !flags.contains(OpenFlags::CREATE) && self.inbox.facts(&name).is_none() {
                    return Err(Refusal::no_such_file());
                }
                let (truncate, exclude) = (flags.contains(OpenFlags::TRUNCATE), flags.contains(OpenFlags::EXCLUDE));
                let upload = self.inbox.open(&name, truncate, exclude)?;
                Ok(Open::Upload(upload, flags.contains(OpenFlags::APPEND)))
            }
            Place::File(..) if writes => Err(Refusal::denied("files can be taken from here, not put")),
            Place::File(folder, _) if self.is_closed(folder)? => {
                Err(Refusal::failure("what goes out to you is paused by us; please try again later"))
            }
            Place::File(folder, name) => {
                let fetch = Fetch::open(&self.disk(folder), &name, &self.readings)?;
                Ok(Open::Fetch(folder, Arc::new(fetch)))
            }
        }
    }

    fn room(&self) -> Result<()> {
        match self.open.len() < self.most {
            true => Ok(()),
            false => Err(Refusal::failure(format!("at most {} files can be open at a time", self.most))),
        }
    }

    fn give(&mut self, id: u32, open: Open) -> Packet {
        self.given += 1;
        let handle = self.given.to_string();
        self.open.insert(handle.clone(), open);
        Handle { id, handle }.into()
    }

    fn upload(&self, handle: &str) -> Result<(Arc<Upload>, bool)> {
        match self.open.get(handle) {
            Some(Open::Upload(upload, append)) => Ok((Arc::clone(upload), *append)),
            _ => Err(no_handle()),
        }
    }

    fn read(&self, id: u32, handle: &str, offset: u64, length: usize) -> Result<Packet> {
        let data = match self.open.get(handle) {
            Some(Open::Fetch(_, fetch)) => fetch.read(offset, length).map_err(|error| Refusal::disk(&error))?,
            Some(Open::Upload(upload, _)) => upload.read(offset, length)?,
            _ => return Err(no_handle()),
        };
        if data.is_empty() && length > 0 { Err(Refusal::end()) } else { Ok(Data { id, data }.into()) }
    }

    fn set(&self, name: &str, upload: Option<&Upload>, attributes: &FileAttributes) -> Result<()> {
        let limits = &self.guest.server.limits;
        match (upload, attributes.size) {
            (Some(upload), Some(size)) => self.inbox.set_size(upload, size, limits)?,
            (None, Some(size)) => self.inbox.cut(name, size, limits)?,
            (_, None) => {}
        }
        match attributes.mtime {
            Some(modified) => self.inbox.set_modified(name, modified),
            None => self.inbox.facts(name).map(|_| ()).ok_or_else(Refusal::no_such_file),
        }
    }

    fn extended(&self, id: u32, request: &str, data: &[u8]) -> Result<Packet> {
        let reply = match request {
            "fsync@openssh.com" => {
                let handle = strings(data).into_iter().next().unwrap_or_default();
                let (upload, _) = self.upload(&handle)?;
                upload.sync()?;
                return Ok(fine(id));
            }
            "limits@openssh.com" => ser::to_bytes(&LimitsExtension {
                max_packet_len: LARGEST_PACKET.into(),
                max_read_len: LARGEST_READ.into(),
                max_write_len: LARGEST_READ.into(),
                max_open_handles: self.most as u64,
            }),
            "statvfs@openssh.com" => ser::to_bytes(&self.space()),
            _ => return Err(Refusal::unsupported("this extension is not served")),
        };
        let data = reply.map_err(|_| Refusal::failure("the answer cannot be written"))?.to_vec();
        Ok(ExtendedReply { id, data }.into())
    }

    /// The room of a partner, as that of a file system.
    fn space(&self) -> Statvfs {
        const BLOCK: u64 = 4_096;
        let quota = self.guest.server.limits.quota_bytes;
        let free = quota.saturating_sub(self.inbox.used()) / BLOCK;
        Statvfs {
            block_size: BLOCK,
            fragment_size: BLOCK,
            blocks: quota / BLOCK,
            blocks_free: free,
            blocks_avail: free,
            inodes: 1 << 20,
            inodes_free: 1 << 20,
            inodes_avail: 1 << 20,
            fs_id: 0,
            flags: 0,
            name_max: 200,
        }
    }

    fn close(&mut self, id: u32, handle: &str) -> Result<Answer> {
        match self.open.remove(handle).ok_or_else(no_handle)? {
            Open::List(_) => Ok(Answer::Now(fine(id))),
            Open::Fetch(folder, fetch) => Ok(self.fetched(id, folder, &fetch)),
            Open::Upload(upload, _) => {
                let story = self.story();
                let (inbox, gate) = (Arc::clone(&self.inbox), self.gate.clone());
                let (name, size) = (upload.name(), upload.size());
                let rules = Arc::clone(&self.guest.server);
                Ok(Answer::Later(Box::pin(async move {
                    let outcome = inbox.close(gate.clone(), upload, &rules).await;
                    story
                        .uploaded(gate, (name, Some(size)), outcome, rules.verdict_at_close)
                        .await
                        .map_or_else(|no| no.answer(id), |()| fine(id))
                })))
            }
        }
    }

    fn rename(&mut self, id: u32, from: &str, to: &str, replace: bool) -> Answer {
        let names = match (self.place(from), self.place(to)) {
            (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
            (Ok(Place::File(Folder::Inbox, from)), Ok(Place::File(Folder::Inbox, to))) => Ok((from, to)),
            _ => Err(Refusal::denied("only files that are put here can be renamed, and stay in their folder")),
        };
        let (from, to) = match names {
            Ok(names) => names,
            Err(refusal) => return Answer::Now(refusal.answer(id)),
        };
        let story = self.story();
        let (inbox, gate) = (Arc::clone(&self.inbox), self.gate.clone());
        let rules = Arc::clone(&self.guest.server);
        Answer::Later(Box::pin(async move {
            let outcome = inbox.rename(gate.clone(), (from.clone(), to.clone()), (replace, &rules)).await;
            if outcome.is_ok() {
                story.diary.note(&story.user, "rename", &from, format!("to {to}"));
            }
            let uploaded = story.uploaded(gate, (to, None), outcome, rules.verdict_at_close).await;
            uploaded.map_or_else(|no| no.answer(id), |()| fine(id))
        }))
    }

    fn remove(&mut self, id: u32, path: &str) -> Result<Answer> {
        let (folder, name) = match self.place(path)? {
            Place::Folder(..) => return Err(Refusal::failure("this is a folder")),
            Place::File(Folder::Archive, _) => return Err(Refusal::denied("the archive is kept")),
            Place::File(Folder::Inbox, name) => {
                self.inbox.remove(&name)?;
                self.diary.note(&self.guest.user, "remove", path, "");
                return Ok(Answer::Now(fine(id)));
            }
            Place::File(folder, name) => (self.disk(folder), name),
        };
        outbox::facts_of(&folder, &name).ok_or_else(Refusal::no_such_file)?;
        let counts = self.guest.server.delivered_when != DeliveredWhen::Placed;
        let (gate, story, archive) = (self.gate.clone(), self.story(), self.archive());
        let (partner, path) = (self.guest.partner.clone(), path.to_owned());
        Ok(Answer::Later(Box::pin(async move {
            // First it counts as delivered: a stop in between leaves a file to be removed again, nothing worse.
            if counts && let Err(error) = gate.taken(&partner, &name).await {
                tracing::error!(partner, file = name, "it cannot be recorded that a file was taken: {error}");
                return Refusal::failure("this cannot be recorded now; please try again later").answer(id);
            }
            match outbox::remove(&folder, &name, archive.as_deref()) {
                Ok(()) => {
                    story.diary.note(&story.user, "remove", path, "");
                    fine(id)
                }
                Err(error) => Refusal::disk(&error).answer(id),
            }
        })))
    }

    /// A file was read and is closed.
    fn fetched(&mut self, id: u32, folder: Folder, fetch: &Fetch) -> Answer {
        if !fetch.is_whole() {
            self.note_part("download of a part", fetch);
            return Answer::Now(fine(id));
        }
        let (user, name, size) = (self.guest.user.clone(), fetch.name.clone(), fetch.facts.size);
        self.diary.note(&user, "download", &name, format!("{size} bytes"));
        self.counters.fetched(size);
        if folder != Folder::Outbox || self.guest.server.delivered_when != DeliveredWhen::Fetched {
            return Answer::Now(fine(id));
        }
        let (gate, partner, folder) = (self.gate.clone(), self.guest.partner.clone(), self.disk(folder));
        Answer::Later(Box::pin(async move {
            match gate.taken(&partner, &name).await {
                Ok(()) => {
                    outbox::mark(&folder, &name);
                    fine(id)
                }
                Err(error) => {
                    tracing::error!(partner, file = name, "it cannot be recorded that a file was fetched: {error}");
                    Refusal::failure("this cannot be recorded now; please fetch it again later").answer(id)
                }
            }
        }))
    }

    fn story(&self) -> Story {
        Story { user: self.guest.user.clone(), diary: self.diary.clone(), counters: Arc::clone(&self.counters) }
    }
}

impl<G> Desk<G> {
    /// Not all of a file was read.
    fn note_part(&self, what: &'static str, fetch: &Fetch) {
        let read = fetch.read_here();
        if read > 0 {
            self.diary.note(&self.guest.user, what, &fetch.name, format!("{read} of {} bytes", fetch.facts.size));
        }
    }
}

impl<G> Drop for Desk<G> {
    fn drop(&mut self) {
        for (_, open) in std::mem::take(&mut self.open) {
            match open {
                Open::Upload(upload, _) => {
                    self.inbox.abandon(&upload);
                    let more = format!("{} bytes, not closed", upload.size());
                    self.diary.note(&self.guest.user, "upload broken off", upload.name(), more);
                }
                Open::Fetch(_, fetch) => {
                    fetch.broke_off();
                    self.note_part("download broken off", &fetch);
                }
                Open::List(_) => {}
            }
        }
    }
}

/// What is told of an upload once it is known what became of it.
struct Story {
    user: String,
    diary: Diary,
    counters: Arc<Counters>,
}

impl Story {
    async fn uploaded<G: DropBox>(
        &self,
        gate: G,
        (name, size): (String, Option<u64>),
        outcome: Result<Outcome>,
        verdict: bool,
    ) -> Result<()> {
        let bytes = size.map_or(String::new(), |size| format!("{size} bytes, "));
        match outcome? {
            Outcome::Named => {}
            Outcome::DoneFile => {
                self.diary.note(&self.user, "upload", name, format!("{bytes}says that another file is finished"))
            }
            Outcome::Incomplete => {
                self.diary.note(&self.user, "upload", name, format!("{bytes}breaks off, waits for the rest"))
            }
            Outcome::Lacking(why) => {
                self.diary.note(&self.user, "upload", name, format!("{bytes}not whole: {why}; waits to be sent anew"));
                let words = format!("the file did not come whole: {why}; go on with it, or send it again");
                return Err(Refusal::failure(words));
            }
            Outcome::Received(payload) => {
                self.counters.received(size.unwrap_or_default());
                self.diary.note(&self.user, "upload", name, format!("{bytes}payload {payload}"));
                if verdict && let Some(words) = gate.verdict(payload).await {
                    return Err(Refusal::failure(format!("received as payload {payload}, with a fault: {words}")));
                }
            }
        }
        Ok(())
    }
}

fn version() -> Packet {
    let mut version = Version::new();
    for (name, data) in [
        ("posix-rename@openssh.com", "1"),
        ("statvfs@openssh.com", "2"),
        ("fsync@openssh.com", "1"),
        ("limits@openssh.com", "1"),
    ] {
        version.extensions.insert(name.to_owned(), data.to_owned());
    }
    version.into()
}

fn fine(id: u32) -> Packet {
    Packet::status(id, StatusCode::Ok, "", "en")
}

fn no_handle() -> Refusal {
    Refusal::failure("this handle stands for nothing that is open")
}

pub(super) fn folder() -> FileAttributes {
    attributes(0, 0o040_755, 0)
}

/// The attributes of a file: those that are put here are theirs to write, those to be taken are not.
pub(super) fn file(facts: Facts, ours: bool) -> FileAttributes {
    attributes(facts.size, if ours { 0o100_644 } else { 0o100_444 }, facts.modified)
}

fn attributes(size: u64, permissions: u32, modified: u32) -> FileAttributes {
    FileAttributes {
        size: Some(size),
        uid: Some(0),
        gid: Some(0),
        permissions: Some(permissions),
        atime: Some(modified),
        mtime: Some(modified),
        user: None,
        group: None,
    }
}

/// The texts of a request, each with its length before it.
fn strings(mut data: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<4>() {
        let Some((text, rest)) = rest.split_at_checked(u32::from_be_bytes(*length) as usize) else { break };
        texts.push(String::from_utf8_lossy(text).into_owned());
        data = rest;
    }
    texts
}
