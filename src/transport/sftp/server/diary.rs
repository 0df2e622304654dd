//! The record of what guests do: a line of the log at once, and within a second a row that stays.
//!
//! One deed for a login, a transfer, a rename, a removal, the end of a session; none for single packets.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::{info, warn};

use crate::transport::{Deed, DropBox};

/// Deeds kept together.
const BATCH: usize = 256;
/// Deeds that may wait to be kept; past that they are only in the log.
const QUEUE: usize = 8_192;
/// So long deeds are gathered.
const GATHER: Duration = Duration::from_millis(500);

/// Where deeds are written down. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Diary {
    entries: mpsc::Sender<Option<Deed>>,
}

impl Diary {
    /// A diary, and what keeps it until its end.
    pub(super) fn new<G: DropBox>(gate: G) -> (Self, impl Future<Output = ()> + Send) {
        let (entries, incoming) = mpsc::channel(QUEUE);
        (Self { entries }, keep(gate, incoming))
    }

    pub(super) fn note(&self, user: &str, what: &'static str, of: impl Into<String>, more: impl Into<String>) {
        let deed = Deed { at: Timestamp::now(), user: user.to_owned(), what, of: of.into(), more: more.into() };
        info!(user, action = what, of = deed.of, detail = deed.more, "SFTP");
        if self.entries.try_send(Some(deed)).is_err() {
            warn!("too much is done over SFTP to keep all of it; this is only in the log");
        }
    }

    /// Nothing more is noted.
    pub(super) async fn end(&self) {
        // When nobody keeps it any more it has ended.
        drop(self.entries.send(None).await);
    }
}

async fn keep<G: DropBox>(gate: G, mut incoming: mpsc::Receiver<Option<Deed>>) {
    let mut entries = Vec::new();
    while incoming.recv_many(&mut entries, BATCH).await > 0 {
        if entries.len() < BATCH && entries.iter().all(Option::is_some) {
            // Whoever else comes meanwhile shares the commit.
            tokio::time::sleep(GATHER).await;
            while entries.len() < QUEUE
                && let Ok(entry) = incoming.try_recv()
            {
                entries.push(entry);
            }
        }
        let ended = entries.iter().any(Option::is_none);
        let deeds: Vec<Deed> = entries.drain(..).flatten().collect();
        if let Err(error) = gate.keep(&deeds).await {
            warn!("what was done over SFTP is only in the log: {error}");
        }
        if ended {
            return;
        }
    }
}
