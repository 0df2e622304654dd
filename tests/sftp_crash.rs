//! Kills a gateway at random moments while partners put files into its drop box, and judges by a ledger outside of it: what a
//! client heard OK for is recorded once, and every shipment is published once, whatever was sent again.
//!
//! ```text
//! CROSSDOCK_KILLS=100 CROSSDOCK_FILES=2000 cargo test --release --test sftp_crash -- --nocapture
//! ```

#![cfg(feature = "libssh2")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]
#![allow(clippy::print_stderr, reason = "the long form says what it counted")]

#[path = "support/drop_box.rs"]
mod drop_box;
#[path = "support/gateway.rs"]
mod gateway;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use drop_box::{PASSWORD, connect, home, port};
use gateway::{files, interchange, wait};
use ssh2::{Session, Sftp};

const PARTNERS: [&str; 3] = ["alder", "birch", "cedar"];

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The ledger: how often a client began to put each file, and whether it heard OK.
#[derive(Default)]
struct Ledger {
    tries: Mutex<BTreeMap<String, usize>>,
    heard: AtomicUsize,
}

/// A client that logs in again when its connection is gone.
struct Sender<'a> {
    partner: &'static str,
    port: &'a AtomicU16,
    open: Option<(Session, Sftp)>,
}

impl Sender<'_> {
    fn sftp(&mut self) -> Option<&Sftp> {
        if self.open.is_none() {
            let port = self.port.load(Ordering::Relaxed);
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
            let (session, _) = connect(port).ok()?;
            session.userauth_password(self.partner, PASSWORD).ok()?;
            let sftp = session.sftp().ok()?;
            self.open = Some((session, sftp));
        }
        self.open.as_ref().map(|(_, sftp)| sftp)
    }

    /// Puts a file, every third by a temporary name; true when OK was heard.
    fn put(&mut self, name: &str, text: &str, renamed: bool) -> bool {
        let Some(sftp) = self.sftp() else { return false };
        let path = format!("/inbox/{name}");
        let first = if renamed { format!("{path}.tmp") } else { path.clone() };
        let put = || {
            let mut file = sftp.create(Path::new(&first)).ok()?;
            file.write_all(text.as_bytes()).ok()?;
            file.close().ok()?;
            if renamed {
                sftp.rename(Path::new(&first), Path::new(&path), None).ok()?;
            }
            Some(())
        };
        let heard = put().is_some();
        if !heard {
            self.open = None;
        }
        heard
    }
}

#[test]
fn whatever_kills_the_gateway_what_was_told_received_is_there_once() {
    let (kills, count) = (setting("CROSSDOCK_KILLS", 6), setting("CROSSDOCK_FILES", 90));
    let home = home("drop-crash", &PARTNERS, "", "");
    let mut serving = home.serve();
    let (ledger, port_now) = (Ledger::default(), AtomicU16::new(port(&serving)));
    std::thread::scope(|scope| {
        for (index, partner) in PARTNERS.into_iter().enumerate() {
            let (ledger, port_now) = (&ledger, &port_now);
            scope.spawn(move || {
                let mut sender = Sender { partner, port: port_now, open: None };
                for number in (index..count).step_by(PARTNERS.len()) {
                    let name = format!("{partner}-{number}.edi");
                    let text = interchange(partner, number as u32 + 1, &[format!("SO{number:06}")]);
                    loop {
                        *ledger.tries.lock().unwrap().entry(name.clone()).or_default() += 1;
                        if sender.put(&name, &text, number % 9 < 3) {
                            break;
                        }
                        // The gateway is being started again.
                        std::thread::sleep(Duration::from_millis(20));
                    }
                    ledger.heard.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for kill in 0..kills {
            // Spread over the files, each at its own moment.
            let reached = (kill + 1) * count / (kills + 1);
            let near = || (ledger.heard.load(Ordering::Relaxed) >= reached).then_some(());
            wait(near, || format!("{} of {reached} files", ledger.heard.load(Ordering::Relaxed)));
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_micros(state >> 50));
            serving.child.kill().unwrap();
            serving.child.wait().unwrap();
            serving = home.serve();
            port_now.store(port(&serving), Ordering::Relaxed);
        }
    });
    let published = || files(&home.published("shipment")).len();
    wait(|| (published() >= count).then_some(()), || format!("{} of {count} published", published()));
    judge(&home, &ledger, count);
    assert_eq!(serving.terminate(), Some(0));
}

fn judge(home: &gateway::Home, ledger: &Ledger, count: usize) {
    let mut orders: BTreeMap<String, usize> = BTreeMap::new();
    for name in files(&home.published("shipment")) {
        let event: serde_json::Value =
            serde_json::from_slice(&fs::read(home.published("shipment").join(name)).unwrap()).unwrap();
        *orders.entry(event["data"]["order_number"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!((orders.len(), orders.values().sum::<usize>()), (count, count), "each shipment is published once");
    let (_, out, _) = home.run(&["payload", "list", "--limit", "100000", "--format", "json"]);
    let mut recorded: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in out.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        recorded.entry(text("file_name")).or_default().push(text("state"));
    }
    let tries = ledger.tries.lock().unwrap();
    for (name, tries) in tries.iter() {
        let states = recorded.get(name).unwrap_or_else(|| panic!("{name} was told received, and is not there"));
        let translated = states.iter().filter(|state| *state == "translated").count();
        assert_eq!(translated, 1, "{name}: {states:?}");
        assert!(states.len() <= *tries, "{name} was put {tries} times, and recorded {}", states.len());
    }
    let again = tries.values().filter(|tries| **tries > 1).count();
    let repeated: usize = recorded.values().map(|states| states.len() - 1).sum();
    eprintln!("{count} files, {again} put again, {repeated} of those recorded twice and known as duplicates; 0 lost");
}
