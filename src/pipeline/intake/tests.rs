//! Files are taken and recorded whole, once, whatever happens between.

use std::sync::Arc;

use super::*;
use crate::catalog::Edition;
use crate::diagnostic::Diagnostics;
use crate::pipeline::Folders;
use crate::store::Store;

#[test]
fn the_erp_submits_json_one_object_a_file_or_one_a_line() {
    let mailbox = |owner: &str| Mailbox { owner: owner.to_owned(), partner: None, folder: PathBuf::new() };
    assert!(["a.json", "a.JSONL"].iter().all(|name| is_for(&mailbox(ERP), name)));
    assert!(!is_for(&mailbox(ERP), "a.txt") && is_for(&mailbox("harbor"), "a.txt"));
}

#[tokio::test]
async fn a_file_that_has_both_its_names_after_a_power_failure_is_received_once() {
    let home = std::env::temp_dir().join(format!("crossdock-twin-{}", std::process::id()));
    let store = Store::open(&home.join("data")).await.unwrap();
    let edition = Arc::new(Edition::read(&home, &mut Diagnostics::unlimited()));
    let (_sender, editions) = tokio::sync::watch::channel(edition);
    let pipeline = Pipeline::new(store, Folders::of(&home), editions, 1);
    let folders = &pipeline.folders;
    let (inbox, submitted) = (folders.inbox("harbor"), folders.submitted().join("harbor"));
    for folder in [&inbox, &submitted, &folders.spool()] {
        fs::create_dir_all(folder).unwrap();
    }
    for (spool_name, dropped, is_twin) in [
        ("00000000000001000~harbor~a.edi", inbox.join("a.edi"), true),
        // Another file of the same name, which came since.
        ("00000000000001001~harbor~b.edi", inbox.join("b.edi"), false),
        ("00000000000001002~erp+harbor~c.json", submitted.join("c.json"), true),
    ] {
        let spooled = folders.spool().join(spool_name);
        fs::write(&spooled, spool_name).unwrap();
        match is_twin {
            true => fs::hard_link(&spooled, &dropped).unwrap(),
            false => fs::write(&dropped, spool_name).unwrap(),
        }
    }
    assert_eq!(recover(&pipeline).await.unwrap().0, 3);
    assert!(!inbox.join("a.edi").exists() && !submitted.join("c.json").exists(), "they were taken");
    assert!(inbox.join("b.edi").exists(), "it is to be taken");
    fs::remove_dir_all(home).unwrap();
}

/// A gateway of which nothing runs, and a partner's mailbox, in a folder of this name.
async fn with_mailbox(name: &str) -> (PathBuf, Pipeline, Mailbox) {
    let home = std::env::temp_dir().join(format!("crossdock-{name}-{}", std::process::id()));
    let store = Store::open(&home.join("data")).await.unwrap();
    let edition = Arc::new(Edition::read(&home, &mut Diagnostics::unlimited()));
    let (_sender, editions) = tokio::sync::watch::channel(edition);
    let pipeline = Pipeline::new(store, Folders::of(&home), editions, 1);
    let folder = pipeline.folders.inbox("harbor");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(pipeline.folders.spool()).unwrap();
    (home, pipeline, Mailbox { owner: "harbor".to_owned(), partner: None, folder })
}

#[tokio::test]
async fn what_was_not_told_is_taken_at_once_where_nobody_has_it_open_and_left_where_somebody_has() {
    let (home, pipeline, mailbox) = with_mailbox("not-told").await;
    let [closed, open] = ["closed.csv", "open.csv"].map(|name| mailbox.folder.join(name));
    let mut intake = MailboxIntake::new(pipeline, mailbox, Duration::from_secs(3_600));
    let writer = File::create(&open).unwrap();
    fs::write(&closed, "a").unwrap();
    assert_eq!(intake.look().await, Ok(1));
    assert!(!closed.exists() && open.exists());
    assert!(intake.next().is_some());
    drop(writer);
    assert_eq!(intake.look().await, Ok(1));
    assert!(!open.exists() && intake.next().is_none());
    fs::remove_dir_all(home).unwrap();
}

/// A file in the spool that was taken from harbor's inbox.
fn taken(pipeline: &Pipeline) -> Taken {
    let spool_name = "00000000000001000~harbor~a.csv".to_owned();
    let path = pipeline.folders.spool().join(&spool_name);
    fs::write(&path, "a").unwrap();
    Taken { mailbox: "harbor".to_owned(), name: "a.csv".to_owned(), spool_name, path, unclosed: false, kept: None }
}

#[tokio::test]
async fn nothing_is_recorded_before_its_rename_is_on_the_disk() {
    for at_a_start in [false, true] {
        let (home, pipeline, mailbox) = with_mailbox(&format!("unsynced-{at_a_start}")).await;
        let taken = taken(&pipeline);
        // A folder that cannot be synced.
        let partner = mailbox.folder.parent().unwrap().to_owned();
        fs::remove_dir_all(&partner).unwrap();
        fs::write(&partner, "no folder").unwrap();
        let mut intake = match at_a_start {
            true => {
                let (recorded, mut left) = recover(&pipeline).await.unwrap();
                assert_eq!((recorded, left.len()), (0, 1));
                left.remove(0)
            }
            false => MailboxIntake::new(pipeline.clone(), mailbox.clone(), Duration::ZERO),
        };
        if !at_a_start {
            intake.pend(taken);
        }
        assert_eq!(intake.finish().await, Ok(false));
        assert!(pipeline.store.payload(1).await.unwrap().is_none());
        fs::remove_file(&partner).unwrap();
        fs::create_dir_all(&mailbox.folder).unwrap();
        assert_eq!(intake.finish().await, Ok(true));
        assert!(pipeline.store.payload(1).await.unwrap().is_some());
        fs::remove_dir_all(home).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_grew_while_it_was_recorded_comes_once_more_as_one_that_broke_off() {
    let (home, pipeline, mailbox) = with_mailbox("grew").await;
    let (path, spool_name) = (pipeline.folders.spool().join("01~harbor~a.csv"), "01~harbor~a.csv".to_owned());
    fs::write(&path, "half, and the rest").unwrap();
    let (mailbox_name, name) = ("harbor".to_owned(), "a.csv".to_owned());
    let taken = Taken { mailbox: mailbox_name, name, spool_name, path, unclosed: false, kept: None };
    let mut intake = MailboxIntake::new(pipeline.clone(), mailbox, Duration::ZERO);
    intake.leave_spool(&taken, 4);
    assert_eq!(intake.pending.len(), 1);
    assert_eq!(intake.finish().await, Ok(true));
    let payload = pipeline.store.payload(1).await.unwrap().unwrap();
    assert_eq!((payload.bytes, payload.broken_off), (18, true));
    assert!(spooled(&pipeline.folders.spool()).unwrap().is_empty());
    fs::remove_dir_all(home).unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_at_a_start_is_recorded_when_it_can() {
    let (home, pipeline, _) = with_mailbox("unread").await;
    let path = pipeline.folders.spool().join("01~harbor~a.csv");
    fs::create_dir(&path).unwrap();
    let (recorded, mut unread) = recover(&pipeline).await.unwrap();
    assert_eq!((recorded, unread.len()), (0, 1));
    assert_eq!(unread[0].finish().await, Ok(false));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "a").unwrap();
    assert_eq!(unread[0].finish().await, Ok(true));
    assert!(pipeline.store.payload(1).await.unwrap().is_some());
    fs::remove_dir_all(home).unwrap();
}

#[tokio::test]
async fn a_file_that_came_over_a_wire_is_received_once() {
    let home = std::env::temp_dir().join(format!("crossdock-arrived-{}", std::process::id()));
    let uploads = home.join("data/spool/uploads");
    fs::create_dir_all(&uploads).unwrap();
    let store = Store::open(&home.join("data")).await.unwrap();
    let edition = Arc::new(Edition::read(&home, &mut Diagnostics::unlimited()));
    let (_sender, editions) = tokio::sync::watch::channel(edition);
    let pipeline = Pipeline::new(store, Folders::of(&home), editions, 1);
    let large = usize::try_from(INLINE_BYTES).unwrap() + 1;
    for (spool_name, bytes, stays) in [("01~harbor~a.edi", 5, false), ("02~harbor~a.edi", large, true)] {
        let path = uploads.join(spool_name);
        fs::write(&path, vec![b'x'; bytes]).unwrap();
        let file = Arrived {
            mailbox: "harbor".to_owned(),
            file_name: "a.edi".to_owned(),
            spool_name: spool_name.to_owned(),
            broken_off: false,
            brought: Brought::File(path.clone()),
        };
        let first = pipeline.receive(file.clone()).await.unwrap();
        assert_eq!(path.exists(), stays, "small ones are in the database, large ones where they lie");
        fs::write(&path, vec![b'x'; bytes]).unwrap();
        assert_eq!(pipeline.receive(file).await, Ok(first), "offered again after a stop");
        let payload = pipeline.store.payload(first).await.unwrap().unwrap();
        assert_eq!((payload.mailbox.as_str(), payload.file_name.as_str()), ("harbor", "a.edi"));
        let content = pipeline.store.content(payload.content).await.unwrap();
        assert_eq!(content.len(), bytes as u64);
    }
    fs::remove_dir_all(home).unwrap();
}
