//! What is broken off in its worst moment goes on once, and is told as what it is: a record that cannot be written while events are
//! published, a folder with little room, a file that was cut, a disk that fails behind a rename, a partner that is paused while files are put, a run that is killed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/kept.rs"]
mod kept;
#[path = "support/small_disk.rs"]
mod small_disk;

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, Instant};

use crossdock::lifecycle::{DeliveryState, DocumentState, PayloadState};
use crossdock::store::{Applied, Delivery, Document, Filter, Stage, Store, Unit, Window};
use desk::Desk;
use gateway::{Home, files, interchange, order, profile, wait};
use kept::document;
use small_disk::SmallDisk;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::runtime::Runtime;

/// Runs a statement on the record, past the store.
async fn run(home: &Home, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(home.data().join("crossdock.db"));
    sqlx::query(statement).execute(&mut options.connect().await.unwrap()).await.unwrap();
}

fn in_the_database(home: &Home, statement: &'static str) {
    Runtime::new().unwrap().block_on(run(home, statement));
}

fn shipment(home: &Home, number: u32) {
    let text = interchange("alder", number, &[format!("SO{number}")]);
    home.drop_into(&home.inbox("alder"), &format!("{number}.edi"), text.as_bytes());
}

/// All deliveries, the first first.
fn deliveries(home: &Home) -> Vec<Delivery> {
    let mut deliveries = Runtime::new().unwrap().block_on(async {
        let store = Store::open(&home.data()).await.unwrap();
        store.deliveries(&Filter::default(), Window::first(100)).await.unwrap()
    });
    deliveries.sort_by_key(|one| one.id);
    deliveries
}

#[test]
fn events_that_were_published_while_the_record_could_not_be_written_are_not_published_again() {
    let home = Home::new("published-once", &["alder"]);
    let (serving, published) = (home.serve(), home.published("shipment"));
    serving.ready();
    in_the_database(&home, "CREATE TRIGGER full BEFORE INSERT ON cursors BEGIN SELECT RAISE(ABORT, 'no room'); END");
    shipment(&home, 1);
    // The ERP takes it.
    wait(|| (files(&published).len() == 1).then_some(()), || serving.text());
    fs::remove_file(published.join(&files(&published)[0])).unwrap();
    wait(|| (serving.text().matches("no room").count() >= 3).then_some(()), || serving.text());
    in_the_database(&home, "DROP TRIGGER full");
    shipment(&home, 2);
    wait(|| files(&published).iter().any(|name| name.starts_with("SO2-")).then_some(()), || serving.text());
    assert_eq!(files(&published).len(), 1, "{:?}", files(&published));
}

/// The ERP's folder has room for some of them at a time.
#[test]
fn as_many_events_are_published_as_there_is_room_for() {
    let home = Home::new("published-room", &["alder"]);
    let Some(_disk) = SmallDisk::mount(&home.data().join("erp/published"), "200k") else { return };
    let (serving, published) = (home.serve(), home.published("shipment"));
    serving.ready();
    let numbers: Vec<String> = (0..120).map(|number| format!("SO{number}")).collect();
    home.drop_into(&home.inbox("alder"), "many.edi", interchange("alder", 1, &numbers).as_bytes());
    let mut taken = 0;
    while taken < numbers.len() {
        let there = || Some(files(&published)).filter(|there| !there.is_empty());
        for name in wait(there, || serving.text()) {
            fs::remove_file(published.join(name)).unwrap();
            taken += 1;
        }
    }
    assert!(serving.said("events cannot be put into"), "there was room for all: {}", serving.text());
    assert_eq!((taken, files(&published)), (numbers.len(), Vec::new()));
}

/// The whole file came meanwhile: to release the cut one would answer what was taken with a rejection.
#[test]
fn a_file_that_was_cut_and_came_whole_is_to_be_discarded() {
    let home = Home::new("came-whole", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let (inbox, text) = (home.inbox("alder"), interchange("alder", 7, &["SO1".to_owned(), "SO2".to_owned()]));
    let worked_on = |count: usize| {
        let done = || {
            let (payloads, _) = home.record();
            let waits = payloads.iter().any(|payload| payload.state == PayloadState::Received);
            (payloads.len() == count && !waits).then_some(())
        };
        wait(done, || serving.text());
    };
    home.drop_into(&inbox, "cut.edi", &text.as_bytes()[..text.len() * 3 / 4]);
    worked_on(1);
    home.drop_into(&inbox, "whole.edi", text.as_bytes());
    worked_on(2);
    assert_eq!(home.run(&["payload", "release", "1"]).0, Some(1));
    worked_on(2);
    let (_, said, _) = home.run(&["payload", "show", "1"]);
    let words = "interchange 7 of ZZ/ALDER is cut short here, and one of this number was taken with payload 2";
    assert!(said.contains(words) && said.contains("then `crossdock payload discard 1`"), "{said}");
    let (_, documents) = home.record();
    assert!(documents.iter().all(|one| one.state == DocumentState::Published), "{documents:?}");
}

#[test]
fn a_file_that_is_found_already_there_is_made_durable_too() {
    let home = Home::new("published-durable", &["alder"]);
    let (published, log) = (home.published("shipment"), home.path.join("syncs"));
    fs::create_dir_all(&published).unwrap();
    // The first sync of the folder by each thread fails, behind the rename.
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "--seccomp-bpf", "-qqq", "-e", "trace=fsync", "-o"]).arg(&log);
    strace.args(["-e", "inject=fsync:error=EIO:when=1", "-P"]).arg(&published);
    if !strace.output().is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("PROG")) {
        println!("SKIPPED: strace, which makes a disk fail, is not here");
        return;
    }
    strace.arg(env!("CARGO_BIN_EXE_crossdock"));
    let serving = home.serve_by(strace);
    serving.ready();
    shipment(&home, 1);
    wait(|| serving.said("events published").then_some(()), || serving.text());
    let syncs = fs::read_to_string(&log).unwrap();
    let syncs: Vec<&str> = syncs.lines().filter(|line| line.contains("fsync(")).collect();
    assert!(syncs[0].contains("EIO") && syncs[syncs.len() - 1].contains("= 0"), "{syncs:?}");
    serving.kill();
}

#[test]
fn a_partner_that_is_paused_is_put_nothing_more_into_its_outbox() {
    let home = Home::new("outbox-paused", &[]);
    home.write("partner-profiles/alder.toml", &(profile("alder") + "file_name = \"{control_number}.edi\"\n"));
    let serving = home.serve();
    serving.ready();
    let partner = |order: &str| assert_eq!(home.run(&["partner", order, "alder"]).0, Some(0));
    partner("pause");
    for number in ["PO1", "PO2", "PO3"] {
        home.drop_into(&home.submitted(), &format!("{number}.json"), order("alder", number).as_bytes());
    }
    wait(|| (deliveries(&home).len() == 3).then_some(()), || serving.text());
    // The outbox is slow: who opens the first file waits until somebody writes into it.
    let first = home.outbox("alder").join(&deliveries(&home)[0].file_name);
    assert!(Command::new("mkfifo").arg(&first).status().unwrap().success());
    partner("resume");
    wait(|| deliveries(&home).iter().all(|one| one.putting).then_some(()), || serving.text());
    let begun = Instant::now();
    partner("pause");
    wait(|| (begun.elapsed() > Duration::from_secs(2)).then_some(()), || serving.text());
    drop(File::options().write(true).open(&first).unwrap());
    wait(|| (deliveries(&home)[0].state == DeliveryState::Held).then_some(()), || serving.text());
    let left = deliveries(&home);
    assert!(left[1..].iter().all(|one| one.state == DeliveryState::Waiting && !one.putting), "{left:#?}");
    assert_eq!(files(&home.outbox("alder")).len(), 1, "{:?}", files(&home.outbox("alder")));
    partner("resume");
    wait(|| (files(&home.outbox("alder")).len() == 3).then_some(()), || serving.text());
}

async fn of_payload(desk: &Desk, payload: i64) -> Vec<Document> {
    let filter = Filter { payload: Some(payload), ..Filter::default() };
    desk.store.documents(&filter, Window::first(100)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_that_was_killed_left_is_told_and_begun_anew() {
    let desk = Desk::new(Home::new("killed-run", &["alder"])).await;
    desk.receive("alder", &interchange("alder", 1, &["SO0".to_owned()])).await;
    // The same number again.
    let id = desk.take("alder", &interchange("alder", 1, &["SO1".to_owned(), "SO2".to_owned()])).await;
    desk.pipeline.process(id, "gateway").await.unwrap();
    let payload = desk.store.payload(id).await.unwrap().unwrap();
    assert_eq!(payload.state, PayloadState::Held);
    // A person has it released, and that run is killed behind its first documents.
    let documents = vec![document(1, DocumentState::Staged), document(2, DocumentState::Held)];
    let stage = Stage { payload: id, version: payload.version, first: true, documents, at: payload.received_at };
    assert!(matches!(desk.store.commit_one(Unit::Stage(stage)).await.unwrap(), Applied::Done(_)));
    let anew = format!("`crossdock payload rerun {id}`");
    for document in of_payload(&desk, id).await {
        let number = document.id.to_string();
        let (code, out, _) = desk.home.run(&["document", "release", &number]);
        assert!(code == Some(1) && out.contains("not read to its end") && out.contains(&anew), "{out}");
        let (_, out, _) = desk.home.run(&["document", "show", &number]);
        assert!(out.contains(anew.trim_matches('`')), "{out}");
    }
    assert_eq!(desk.home.run(&["payload", "release", &id.to_string()]).0, Some(0));
    let states: Vec<DocumentState> = of_payload(&desk, id).await.into_iter().map(|one| one.state).collect();
    assert_eq!(states, [DocumentState::Published; 2]);
    // One that was translated, and had no documents, is begun anew as well, not asked for what of it is held.
    let documents = vec![document(1, DocumentState::Staged)];
    let id = desk.take("alder", &interchange("alder", 2, &["SO3".to_owned()])).await;
    let stage = Stage { payload: id, version: 1, first: true, documents, at: payload.received_at };
    desk.store.commit_one(Unit::Stage(stage)).await.unwrap();
    run(&desk.home, "UPDATE payloads SET state = 'translated' WHERE state = 'received'").await;
    let (code, out, said) = desk.home.run(&["payload", "rerun", &id.to_string()]);
    assert!(code == Some(0) && out.contains("1 published"), "{out}{said}");
}
