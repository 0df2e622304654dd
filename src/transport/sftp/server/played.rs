//! A session without a wire, played to its end: any packets, well formed or not. Each request has one answer with its id,
//! nothing panics, nothing is received but by a close or a rename that is told so, and the room that is used is that of what
//! lies there. For the tests of this room, and the fuzz target `sftp_packets`. The gateway is played by a list.

#![allow(clippy::unwrap_used, reason = "it stops at the first thing that is not as it must be")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::tz::TimeZone;
use russh_sftp::protocol::{Packet, StatusCode};
use tokio::sync::Semaphore;

use super::Origin;
use super::desk::{Answer, Desk};
use super::diary::Diary;
use super::inbox::Inbox;
use super::packets::{decode, split};
use crate::partner::{DeliveredWhen, DropLimits, Folder, SftpServer};
use crate::transport::{Arrived, Ban, Brought, Deed, DropBox, Guest, Intake};

/// Plays what a client sent, as far as it can be split into packets, in a folder that is made and removed.
///
/// # Panics
/// When something is not as it must be.
pub fn play(home: &Path, sent: &[u8]) {
    let (mut buffer, mut packets) = (BytesMut::from(sent), Vec::new());
    while let Ok(Some(packet)) = split(&mut buffer) {
        packets.push(packet);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(answers(home.to_owned(), packets));
    std::fs::remove_dir_all(home).unwrap();
}

async fn answers(home: PathBuf, packets: Vec<Bytes>) {
    let gate = Played { home, received: Arc::default(), asked: Arc::default() };
    std::fs::create_dir_all(gate.folder("alder", Folder::Outbox)).unwrap();
    std::fs::write(gate.folder("alder", Folder::Outbox).join("x"), "to be fetched").unwrap();
    let inbox = Inbox::open_for(&gate, "alder", gate.folder("alder", Folder::Inbox), Arc::new(Semaphore::new(2)));
    let inbox = Arc::new(inbox.await.unwrap());
    let (diary, _) = Diary::new(gate.clone());
    let mut desk = Desk::new(gate.clone(), guest(), Arc::clone(&inbox), diary, (Arc::default(), Arc::default(), 5));
    for mut bytes in packets {
        let kind = bytes[0];
        let Some(packet) = decode(&mut bytes) else { continue };
        let (is_begin, closes, id) =
            (matches!(packet, Packet::Init(_)), matches!(packet, Packet::Close(_)), packet.get_request_id());
        let before = gate.received.lock().unwrap().len();
        let answer = match desk.answer(packet) {
            Answer::Now(packet) => packet,
            Answer::Later(later) => later.await,
        };
        let answer = Bytes::try_from(answer).unwrap();
        assert!(is_begin || answer[5..9] == id.to_be_bytes(), "another id");
        let refused = answer[4] == 101 && answer[9..13] != (StatusCode::Ok as u32).to_be_bytes();
        let after = gate.received.lock().unwrap().len();
        assert!(after - before <= usize::from(!refused), "received, and told otherwise");
        assert!(after == before || closes || matches!(kind, 18 | 200), "received without a close or a rename");
    }
    drop(desk);
    // What was not received lies there, and its bytes are counted.
    let lying = std::fs::read_dir(gate.folder("alder", Folder::Inbox)).unwrap();
    let lying: u64 = lying.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(lying, inbox.used());
    let received = gate.received.lock().unwrap();
    let finished = |name: &String| !name.contains('/') && [".tmp", ".ok"].iter().all(|odd| !name.ends_with(odd));
    assert!(received.iter().all(finished), "{received:?}");
}

pub(super) fn guest() -> Guest {
    let folders = [(Folder::Inbox, "inbox"), (Folder::Outbox, "outbox")];
    let server = SftpServer {
        user: None,
        keys: Vec::new(),
        password: None,
        from: Vec::new(),
        folders: folders.map(|(folder, name)| (folder, vec![name.to_owned()])).into(),
        delivered_when: DeliveredWhen::default(),
        verdict_at_close: false,
        done_file: Some(".ok".to_owned()),
        incomplete_after: Duration::from_secs(600),
        limits: DropLimits { quota_bytes: 1_000, ..DropLimits::default() },
    };
    Guest { partner: "alder".to_owned(), user: "alder".to_owned(), zone: TimeZone::UTC, server: Arc::new(server) }
}

/// A gateway that receives what it is given, but every fourth time it cannot.
#[derive(Debug, Clone)]
struct Played {
    home: PathBuf,
    received: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<u32>>,
}

impl Intake for Played {
    async fn receive(&self, file: Arrived) -> Result<i64, String> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        if asked.is_multiple_of(4) {
            return Err("not now".to_owned());
        }
        if let Brought::File(path) = file.brought {
            std::fs::remove_file(path).unwrap();
        }
        let mut received = self.received.lock().unwrap();
        received.push(file.file_name);
        Ok(received.len() as i64)
    }
}

impl DropBox for Played {
    fn guests(&self) -> Vec<Guest> {
        Vec::new()
    }

    fn password_hash(&self, _: &Guest) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn folder(&self, partner: &str, folder: Folder) -> PathBuf {
        self.home.join(partner).join(format!("{folder:?}"))
    }

    fn is_paused(&self, _: &str) -> Result<bool, String> {
        Ok(false)
    }

    async fn received(&self, _: &str) -> Result<Option<bool>, String> {
        Ok(None)
    }

    async fn verdict(&self, _: i64) -> Option<String> {
        None
    }

    async fn taken(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }

    async fn keep(&self, _: &[Deed]) -> Result<(), String> {
        Ok(())
    }

    async fn lifted(&self) -> Result<Vec<Origin>, String> {
        Ok(Vec::new())
    }

    async fn banned(&self, _: &[Ban], _: &[Origin]) -> Result<(), String> {
        Ok(())
    }
}
