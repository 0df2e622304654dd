//! Picking up from servers when something goes wrong again and again: a file that cannot be read, a record that cannot be
//! written. A peer that is not here makes its tests say SKIPPED.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/interop.rs"]
mod interop;
#[path = "support/ssh.rs"]
mod ssh;

use std::fs;
use std::time::{Duration, Instant};

use crossdock::store::{Store, VisitState};
use gateway::{Home, files, interchange, profile, wait};
use jiff::{SignedDuration, Timestamp};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use ssh::{Asyncssh, PASSWORD, Sshd, asyncssh_python, has_sshd};
use tokio::runtime::Runtime;

const PARTNER: &str = "alder";

/// The partner's profile: files are picked up from this folder of a server, whose key is trusted.
fn picks_up(home: &Home, server: &str, folder: &str, keys: &str) {
    let poll =
        format!("[[transport.sftp.poll]]\nfolder = \"{folder}\"\nfiles = [\"*.edi\"]\nmin_age = \"0s\"\n{keys}\n");
    home.write(&format!("partner-profiles/{PARTNER}.toml"), &format!("{}{server}{poll}", profile(PARTNER)));
    let (code, out, err) = home.run(&["partner", "trust", PARTNER, "--yes"]);
    assert_eq!(code, Some(0), "{out}{err}");
}

fn shipment(number: u32) -> String {
    interchange(PARTNER, number, &[format!("SO{number}")])
}

/// How the visits that pick up are.
fn visit(home: &Home) -> Option<VisitState> {
    let visits = async { Store::open(&home.data()).await.unwrap().visits().await.unwrap() };
    Runtime::new().unwrap().block_on(visits).pop()
}

/// Runs a statement on the record, past the store.
fn in_the_database(home: &Home, statement: &'static str) {
    Runtime::new().unwrap().block_on(async {
        let options = SqliteConnectOptions::new().filename(home.data().join("crossdock.db"));
        sqlx::query(statement).execute(&mut options.connect().await.unwrap()).await.unwrap();
    });
}

#[test]
fn while_nothing_can_be_recorded_a_server_is_visited_less_and_less_and_no_copies_stay() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("pick-up-unrecorded", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let out = server.folder.join("out");
    picks_up(&home, &server.transport("russh"), out.to_str().unwrap(), "every = \"1s\"");
    let serving = home.serve();
    serving.ready();
    in_the_database(&home, "CREATE TRIGGER full BEFORE INSERT ON pick_ups BEGIN SELECT RAISE(ABORT, 'no room'); END");
    let begun = Instant::now();
    fs::write(out.join("a.edi"), shipment(1)).unwrap();
    wait(|| (serving.text().matches("no room").count() >= 4).then_some(()), || serving.text());
    // Between them lie 1, 2 and 4 s, each a quarter less at most.
    assert!(begun.elapsed() > Duration::from_secs(5), "{:?}", begun.elapsed());
    // One may be under way.
    let downloads = files(&home.data().join("spool/downloads").join(PARTNER));
    assert!(downloads.len() <= 1, "{downloads:?}");
    in_the_database(&home, "DROP TRIGGER full");
    wait(|| (files(&home.published("shipment")).len() == 1).then_some(()), || serving.text());
    assert_eq!(home.record().0.len(), 1);
}

#[test]
fn where_no_file_can_be_read_it_is_not_looked_again_at_once() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("pick-up-unreadable", &[PARTNER]);
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "read-fails"]);
    home.write("secret", PASSWORD);
    picks_up(&home, &server.transport("russh"), "/out", "every = \"1h\"\nlimit = 1");
    for number in 1..=2 {
        fs::write(server.path("out", &format!("{number}.edi")), shipment(number)).unwrap();
    }
    let serving = home.serve();
    serving.ready();
    let visited = wait(|| visit(&home).filter(|visit| !visit.diagnostics.is_empty()), || serving.text());
    let until = visited.next_at.duration_since(Timestamp::now());
    assert!(visited.failures == 0 && until > SignedDuration::from_mins(30), "{visited:?}");
}
