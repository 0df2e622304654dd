//! Whose a file in the inbox is, at each of its stages.

use super::*;

/// An inbox in a folder of its own.
fn inbox(name: &str, partner: &str) -> Inbox {
    let folder = std::env::temp_dir().join(format!("crossdock-inbox-{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let (places, partner) = (Arc::new(Semaphore::new(9)), partner.to_owned());
    Inbox { partner, folder, places, shown: Mutex::new(Files::new()), used: AtomicU64::new(0) }
}

fn lying(inbox: &Inbox, name: &str, bytes: &[u8]) -> String {
    let upload = inbox.open(name, true, false).unwrap();
    inbox.write(&upload, 0, bytes, &DropLimits::default()).unwrap();
    inbox.abandon(&upload);
    upload.spool_name.clone()
}

#[test]
fn what_somebody_goes_on_with_is_not_given_up_and_what_is_given_up_nobody_goes_on_with() {
    let (inbox, guest) = (inbox("hands", "alder"), super::super::played::guest());
    let (rules, limits) = (&*guest.server, DropLimits::default());
    let first = lying(&inbox, "a.csv", b"half");
    let second = lying(&inbox, "b.csv", b"half");
    let upload = inbox.open("a.csv", false, false).unwrap();
    assert_eq!(inbox.give_up("a.csv", &first, Some(rules)), None, "its sender has come back");
    assert_eq!(inbox.give_up("b.csv", &second, Some(rules)), Some(4));
    assert_eq!(inbox.open("b.csv", false, false).unwrap_err(), Refusal::failure(RECEIVED));
    // Two have had it: it is the second one's.
    inbox.write(&upload, 4, b" more", &limits).unwrap();
    let other = inbox.open("a.csv", false, false).unwrap();
    assert!(inbox.end(&upload, rules).is_err());
    assert_eq!(inbox.end(&other, rules), Ok(None));
    assert!(inbox.write(&other, 0, b"x", &limits).is_err(), "it is nobody's any more");
    assert_eq!((inbox.facts("a.csv").unwrap().size, inbox.used()), (9, 13));
    assert_eq!(fs::read(inbox.folder.join(first)).unwrap(), b"half more");
    fs::remove_dir_all(&inbox.folder).unwrap();
}

#[test]
fn a_listing_is_told_by_and_by_and_unfinished_files_are_limited() {
    let inbox = inbox("many", "alder");
    lying(&inbox, "first.tmp", b"");
    let file = |number: usize| (format!("{number:05}.tmp"), Shown::new(Stage::Lying(number.to_string()), 0, 0));
    (1..MOST_UNFINISHED).map(file).for_each(|(name, one)| inbox.lock().insert(name, one));
    let words = inbox.open("one-more.tmp", true, false).unwrap_err().words;
    assert_eq!(words, "there are 10000 files that are not finished: remove some");
    assert!(inbox.open("first.tmp", true, false).is_ok(), "it is there already");
    inbox.remove("00007.tmp").unwrap();
    assert!(inbox.open("one-more.tmp", true, false).is_ok());
    let names = |behind| inbox.list(behind, 2).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(None), ["00001.tmp", "00002.tmp"]);
    assert_eq!(names(Some("00006.tmp")), ["00008.tmp", "00009.tmp"]);
    assert_eq!(names(Some("one-more.tmp")), Vec::<String>::new());
    fs::remove_dir_all(&inbox.folder).unwrap();
}

#[test]
fn every_name_has_room_on_disk() {
    let inbox = inbox("long", &"l".repeat(60));
    for name in [format!("{}.tmp", "y".repeat(196)), format!("{}.edi", "ü".repeat(98))] {
        let spool_name = lying(&inbox, &name, b"hello");
        assert!(spool_name.len() <= DISK_NAME_BYTES && spool_name.ends_with(&name[name.len() - 4..]), "{spool_name}");
        assert!(inbox.folder.join(&spool_name).exists());
    }
    assert!(inbox.name_on_disk("0001", "a.edi").ends_with("~a.edi"));
    fs::remove_dir_all(&inbox.folder).unwrap();
}
