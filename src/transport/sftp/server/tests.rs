//! Any requests, well formed or not: each has one answer with its id, nothing panics, nothing is received but by a close or a
//! rename that is told so, and the room that is used is that of what lies there. The gateway is played by a list.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use russh_sftp::protocol::{Packet, StatusCode};

use super::Counters;
use super::desk::{Answer, Desk};
use super::diary::Diary;
use super::packets::decode;
use super::uploads::Inbox;
use crate::partner::{DeliveredWhen, DropLimits, Folder, SftpServer};
use crate::transport::{Arrived, Deed, DropBox, Guest, Intake};

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
        std::fs::remove_file(file.path).unwrap();
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
}

/// The bytes of a request: type, id, and what follows.
fn request(kind: u8, id: u32, rest: &[u8]) -> Vec<u8> {
    [&[kind][..], &id.to_be_bytes(), rest].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat()
}

const PATHS: [&str; 8] =
    ["/inbox/a", "/inbox/b", "/inbox/c.tmp", "/outbox/x", "/inbox", "/", "/inbox/../outbox/x", "/nowhere/y"];

fn paths() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => prop::sample::select(&PATHS[..]).prop_map(text), 1 => ".{0,12}".prop_map(|any| text(&any))]
}

/// A request that a client may send, or bytes of any kind.
fn requests() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let handle = || (1_u32..8).prop_map(|handle| text(&handle.to_string()));
    let open =
        (paths(), 0_u32..64).prop_map(|(path, flags)| (3, [path, flags.to_be_bytes().into(), vec![0; 4]].concat()));
    let put = paths().prop_map(|path| (3, [path, 26_u32.to_be_bytes().into(), vec![0; 4]].concat()));
    let write = (handle(), 0_u64..40, ".{0,20}")
        .prop_map(|(handle, offset, data)| (6, [handle, offset.to_be_bytes().into(), text(&data)].concat()));
    let read = (handle(), 0_u64..40)
        .prop_map(|(handle, offset)| (5, [handle, offset.to_be_bytes().into(), vec![0, 1, 0, 0]].concat()));
    let rename = (paths(), paths()).prop_map(|(from, to)| (18, [from, to].concat()));
    let posix = (paths(), paths()).prop_map(|(from, to)| (200, [text("posix-rename@openssh.com"), from, to].concat()));
    prop_oneof![
        2 => open,
        4 => put,
        6 => write,
        4 => handle().prop_map(|handle| (4, handle)),
        1 => read,
        2 => rename,
        1 => posix,
        1 => paths().prop_map(|path| (13, path)),
        1 => (prop::sample::select(&[7_u8, 11, 14, 15, 16, 17, 19][..]), paths()),
        1 => (prop::sample::select(&[8_u8, 12][..]), handle()),
        1 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)),
    ]
}

fn guest() -> Guest {
    let folders = [(Folder::Inbox, "inbox"), (Folder::Outbox, "outbox")];
    let server = SftpServer {
        user: None,
        keys: Vec::new(),
        password: None,
        from: Vec::new(),
        folders: folders.map(|(folder, name)| (folder, vec![name.to_owned()])).into(),
        delivered_when: DeliveredWhen::default(),
        verdict_at_close: false,
        incomplete_after: Duration::from_secs(600),
        limits: DropLimits { quota_bytes: 1_000, ..DropLimits::default() },
    };
    Guest { partner: "alder".to_owned(), user: "alder".to_owned(), zone: TimeZone::UTC, server: Arc::new(server) }
}

async fn answers(home: PathBuf, requests: Vec<(u8, Vec<u8>)>) -> Result<(), TestCaseError> {
    let gate = Played { home, received: Arc::default(), asked: Arc::default() };
    std::fs::create_dir_all(gate.folder("alder", Folder::Outbox)).unwrap();
    std::fs::write(gate.folder("alder", Folder::Outbox).join("x"), "to be fetched").unwrap();
    let inbox = Inbox::open_for(&gate, "alder", gate.folder("alder", Folder::Inbox)).await.unwrap();
    let (diary, _) = Diary::new(gate.clone());
    let inbox = Arc::new(inbox);
    let mut desk = Desk::new(gate.clone(), guest(), Arc::clone(&inbox), diary, (Arc::new(Counters::default()), 5));
    for (id, (kind, rest)) in requests.into_iter().enumerate() {
        let id = id as u32 + 1;
        let Some(packet) = decode(&mut Bytes::from(request(kind, id, &rest))) else { continue };
        let (is_begin, closes) = (matches!(packet, Packet::Init(_)), matches!(packet, Packet::Close(_)));
        let before = gate.received.lock().unwrap().len();
        let answer = match desk.answer(packet) {
            Answer::Now(packet) => packet,
            Answer::Later(later) => later.await,
        };
        let answer = Bytes::try_from(answer).unwrap();
        prop_assert!(is_begin || answer[5..9] == id.to_be_bytes(), "another id");
        let refused = answer[4] == 101 && answer[9..13] != (StatusCode::Ok as u32).to_be_bytes();
        let after = gate.received.lock().unwrap().len();
        prop_assert!(after - before <= usize::from(!refused), "received, and told otherwise");
        prop_assert!(after == before || closes || matches!(kind, 18 | 200), "received without a close or a rename");
    }
    drop(desk);
    // What was not received lies there, and its bytes are counted.
    let lying: u64 = std::fs::read_dir(gate.folder("alder", Folder::Inbox))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    prop_assert_eq!(lying, inbox.used());
    let named = gate.received.lock().unwrap().iter().all(|name| !name.contains('/') && !name.ends_with(".tmp"));
    prop_assert!(named);
    Ok(())
}

proptest! {
    #[test]
    fn every_request_has_its_answer(requests in prop::collection::vec(requests(), 0..60)) {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("crossdock-desk-{}-{count}", std::process::id()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(answers(home.clone(), requests));
        drop(std::fs::remove_dir_all(home));
        result?;
    }
}
