//! The drop box with libssh2 as its client: what a partner sees, what is recorded when, and what nobody may do.

#![cfg(feature = "libssh2")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/drop_box.rs"]
mod drop_box;
#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/small_disk.rs"]
mod small_disk;

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use drop_box::{Client, DropBox, PASSWORD, connect, home, key_pair};
use gateway::{Home, files, interchange, order, wait};
use small_disk::SmallDisk;
use ssh2::{ErrorCode, FileStat, OpenFlags, OpenType};

/// Codes of the protocol.
const NO_SUCH_FILE: i32 = 2;
const DENIED: i32 = 3;
const FAILURE: i32 = 4;

fn shipped(number: u32) -> String {
    interchange("alder", number, &[format!("SO{number}")])
}

fn code<T>(result: Result<T, ssh2::Error>) -> i32 {
    match result.map(|_| ()).unwrap_err().code() {
        ErrorCode::SFTP(code) => code,
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_is_received_when_it_is_closed_and_what_follows_receives_nothing_twice() {
    let drop_box = DropBox::new("drop-put", "", "");
    let client = drop_box.login();
    let text = shipped(1);
    client.put("/inbox/a.edi", text.as_bytes()).unwrap();
    assert_eq!(drop_box.received(), ["a.edi"], "recorded before the client heard OK");
    assert_eq!(client.size("/inbox/a.edi"), Some(text.len() as u64));
    let stat =
        FileStat { mtime: Some(1_700_000_000), atime: Some(1), ..client.sftp.stat(Path::new("/inbox/a.edi")).unwrap() };
    client.sftp.setstat(Path::new("/inbox/a.edi"), stat).unwrap();
    assert_eq!(client.sftp.stat(Path::new("/inbox/a.edi")).unwrap().mtime, Some(1_700_000_000));
    client.rename("/inbox/a.edi", "/inbox/a.done").unwrap();
    assert_eq!(client.names("/inbox"), ["a.done"]);
    assert_eq!(code(client.remove("/inbox/a.edi")), NO_SUCH_FILE);
    client.remove("/inbox/a.done").unwrap();
    assert_eq!(client.names("/inbox"), Vec::<String>::new());
    // The same name on another day is another file.
    client.put("/inbox/a.edi", shipped(2).as_bytes()).unwrap();
    client.put("/inbox/a.edi", shipped(3).as_bytes()).unwrap();
    assert_eq!(drop_box.received(), ["a.edi"; 3]);
    wait(|| (files(&drop_box.home.published("shipment")).len() == 3).then_some(()), || drop_box.serving.text());
    assert_eq!(files(&drop_box.home.data().join("spool/uploads/alder")), Vec::<String>::new());
    assert_eq!(
        (drop_box.metric("crossdock_sftp_files_received_total"), drop_box.metric("crossdock_sftp_sessions")),
        (3, 1)
    );
    drop(client);
    let ended = || drop_box.deeds().into_iter().find(|deed| deed.1 == "session end");
    wait(ended, || drop_box.serving.text());
    let deeds = drop_box.deeds();
    let did: Vec<&str> = deeds.iter().map(|deed| deed.1.as_str()).collect();
    assert_eq!(did, ["login", "upload", "rename", "remove", "upload", "upload", "session end"]);
    assert!(deeds.iter().all(|deed| deed.0 == "sftp:alder"));
    assert_eq!((deeds[1].2.as_str(), deeds[1].3.as_str()), ("a.edi", &*format!("{} bytes, payload 1", text.len())));
    assert_eq!(drop_box.json(&["audit"]).len(), 0, "partners are not among those who give commands");
}

#[test]
fn names_that_say_not_finished_are_received_by_their_rename() {
    let drop_box = DropBox::new("drop-names", "", "");
    let client = drop_box.login();
    for (number, temporary) in ["a.edi.tmp", "a.edi.part", "a.edi.filepart", ".a.edi"].iter().enumerate() {
        let number = number as u32 + 1;
        let path = format!("/inbox/{temporary}");
        client.put(&path, shipped(number).as_bytes()).unwrap();
        assert_eq!(drop_box.received().len(), number as usize - 1, "{temporary}");
        client.rename(&path, &format!("/inbox/{number}.edi")).unwrap();
        assert_eq!(drop_box.received().last(), Some(&format!("{number}.edi")));
    }
    // A rename onto what is not received yet needs to say so; libssh2 does not.
    client.put("/inbox/x.tmp", shipped(8).as_bytes()).unwrap();
    client.put("/inbox/y.tmp", shipped(9).as_bytes()).unwrap();
    assert_eq!(code(client.rename("/inbox/x.tmp", "/inbox/y.tmp")), FAILURE);
    client.rename("/inbox/x.tmp", "/inbox/1.edi").unwrap();
    assert_eq!(drop_box.received().len(), 5, "what was received under a name does not stand in the way");
    assert_eq!(code(client.rename("/inbox/nothing", "/inbox/z.edi")), NO_SUCH_FILE);
    assert_eq!(code(client.rename("/inbox/y.tmp", "/outbox/y.edi")), DENIED);
    let mut file = client.sftp.create(Path::new("/inbox/while.tmp")).unwrap();
    file.write_all(shipped(10).as_bytes()).unwrap();
    client.rename("/inbox/while.tmp", "/inbox/while.edi").unwrap();
    file.close().unwrap();
    assert_eq!(drop_box.received().last().unwrap(), "while.edi", "renamed while it was open, received at its close");
}

#[test]
fn a_file_that_says_that_another_is_finished_is_no_payload() {
    let drop_box = DropBox::new("drop-done-file", "done_file = \".ok\"", "");
    let client = drop_box.login();
    client.put("/inbox/a.edi", shipped(1).as_bytes()).unwrap();
    client.put("/inbox/a.edi.ok", b"").unwrap();
    client.put("/inbox/b.ok.tmp", b"2 files").unwrap();
    client.rename("/inbox/b.ok.tmp", "/inbox/b.ok").unwrap();
    assert_eq!(client.names("/inbox"), ["a.edi", "a.edi.ok", "b.ok"]);
    client.remove("/inbox/a.edi.ok").unwrap();
    client.put("/inbox/okay.edi", shipped(2).as_bytes()).unwrap();
    assert_eq!(drop_box.received(), ["a.edi", "okay.edi"]);
    assert_eq!(files(&drop_box.home.data().join("spool/uploads/alder")), Vec::<String>::new());
}

#[test]
fn what_breaks_off_waits_for_its_rest() {
    let drop_box = DropBox::new("drop-resume", "incomplete_after = \"2s\"", "");
    let client = drop_box.login();
    let text = shipped(1);
    let (first, rest) = text.as_bytes().split_at(150);
    client.put("/inbox/a.edi", first).unwrap();
    assert_eq!((drop_box.received().len(), client.size("/inbox/a.edi")), (0, Some(150)));
    let mut file = client.resume("/inbox/a.edi").unwrap();
    file.seek(SeekFrom::Start(150)).unwrap();
    file.write_all(rest).unwrap();
    file.close().unwrap();
    assert_eq!(drop_box.payloads()[0].1, text.len() as u64);
    // One with a hole is not whole, whatever stands at its end.
    let mut file = client.sftp.create(Path::new("/inbox/hole.edi")).unwrap();
    file.write_all(first).unwrap();
    file.seek(SeekFrom::Start(200)).unwrap();
    file.write_all(rest).unwrap();
    assert_eq!(code(file.close()), FAILURE, "what lies behind the hole is lost");
    assert_eq!((drop_box.received().len(), client.size("/inbox/hole.edi")), (1, Some(150)), "where to go on");
    // Overwritten by the whole, it is received.
    client.put("/inbox/hole.edi", shipped(2).as_bytes()).unwrap();
    assert_eq!(drop_box.received(), ["a.edi", "hole.edi"]);
    // What was received is gone on with by nobody, also where nothing is added.
    let append = OpenFlags::WRITE | OpenFlags::APPEND;
    for flags in [OpenFlags::WRITE, OpenFlags::WRITE | OpenFlags::CREATE, append, append | OpenFlags::CREATE] {
        assert_eq!(code(client.sftp.open_mode(Path::new("/inbox/a.edi"), flags, 0o644, OpenType::File)), FAILURE);
    }
    // What never gets its rest is received as it is, and held.
    client.put("/inbox/half.edi", first).unwrap();
    let held = || drop_box.payloads().get(2).filter(|payload| payload.2 == "held").cloned();
    let half = wait(held, || drop_box.serving.text());
    assert_eq!((half.0.as_str(), half.1), ("half.edi", 150));
    wait(|| drop_box.deeds().into_iter().find(|deed| deed.1 == "upload given up"), || drop_box.serving.text());
}

/// Rows of a file that nothing in it says the end of.
fn rows(order: &str, count: usize) -> Vec<u8> {
    let line = format!("{order};SKU-00001;12\n");
    ["number;sku;quantity\n".to_owned(), line.repeat(count)].concat().into_bytes()
}

/// A home whose partner alder sends such files.
fn home_of_rows(name: &str, more: &str) -> Home {
    let home = home(name, &["alder"], more, "");
    home.write(
        "mappings/layouts/rows.toml",
        "title = \"Rows\"\nsyntax = \"delimited\"\ndelimiter = \";\"\nheader = true\ndocument = \"order\"\n[record.line]\n\
         fields = [{ name = \"number\", level = \"order\", key = true }, \"sku\", { name = \"quantity\", type = \"number\" }]\n",
    );
    home.write(
        "mappings/alder/rows.toml",
        "canonical = \"shipment\"\ndocument = \"flat/rows\"\n[map]\norder_number = \"order.number\"\n[map.lines]\neach = \"line\"\n\
         sku = \"sku\"\nshipped = { at = \"quantity\" }\n",
    );
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    let entry = "[[receive]]\ndocument = \"flat/rows\"\nfile_name = \"*.csv*\"\nmapping = \"alder/rows\"\n";
    home.write("partner-profiles/alder.toml", &format!("{profile}{entry}"));
    home
}

#[test]
fn what_breaks_off_and_does_not_show_it_is_held() {
    let drop_box =
        DropBox::start(home_of_rows("drop-lacking", "incomplete_after = \"1s\"\nlimits = { file_bytes = 50000 }"));
    let client = drop_box.login();
    let state = |name: &str| drop_box.payloads().into_iter().find(|payload| payload.0 == name).map(|payload| payload.2);
    let becomes = |name: &str, to: &str| wait(|| state(name).filter(|state| state == to), || drop_box.serving.text());
    client.put("/inbox/whole.csv", &rows("SO1", 100)).unwrap();
    becomes("whole.csv", "translated");
    // Parts of it are refused: whoever does not look at that, and closes or renames it, is told once more.
    for name in ["large.csv", "large.csv.tmp"] {
        let mut file = client.sftp.create(Path::new(&format!("/inbox/{name}"))).unwrap();
        let refused = rows("SO2", 4_000).chunks(20_000).filter(|part| file.write_all(part).is_err()).count();
        assert!(refused > 0);
        assert!(file.close().is_err());
    }
    assert_eq!(code(client.rename("/inbox/large.csv.tmp", "/inbox/other.csv")), FAILURE);
    let says_why = || drop_box.deeds().into_iter().find(|deed| deed.3.contains("a file has at most 50000 bytes here"));
    wait(says_why, || drop_box.serving.text());
    client.remove("/inbox/large.csv.tmp").unwrap();
    // Nobody closes this one.
    let mut file = client.sftp.create(Path::new("/inbox/broken.csv")).unwrap();
    file.write_all(&rows("SO3", 50)).unwrap();
    let mut temporary = client.sftp.create(Path::new("/inbox/broken.csv.tmp")).unwrap();
    temporary.write_all(&rows("SO3", 50)).unwrap();
    client.tcp.shutdown(Shutdown::Both).unwrap();
    drop((file, temporary, client));
    becomes("large.csv", "held");
    becomes("broken.csv", "held");
    // Nor does it help to come again and to rename what broke off, but to go on with it.
    let client = drop_box.login();
    assert_eq!(code(client.rename("/inbox/broken.csv.tmp", "/inbox/renamed.csv")), FAILURE);
    client.resume("/inbox/broken.csv.tmp").unwrap().close().unwrap();
    client.rename("/inbox/broken.csv.tmp", "/inbox/renamed.csv.tmp").unwrap();
    client.remove("/inbox/renamed.csv.tmp").unwrap();
    let payloads = drop_box.json(&["payload", "list"]);
    for name in ["large.csv", "broken.csv"] {
        let payload = payloads.iter().find(|payload| payload["file_name"] == name).unwrap();
        let (_, shown, error) = drop_box.home.run(&["payload", "show", &payload["payload"].to_string()]);
        assert!(shown.contains("error[payload.broken-off]"), "{shown}{error}");
    }
    assert_eq!(files(&drop_box.home.published("shipment")).len(), 1);
    // The partner says that the broken one is whole.
    let broken = payloads.iter().find(|payload| payload["file_name"] == "broken.csv").unwrap()["payload"].to_string();
    assert_eq!(drop_box.home.run(&["payload", "release", &broken]).0, Some(0));
    becomes("broken.csv", "translated");
    // The other one is sent anew, smaller.
    drop_box.login().put("/inbox/large.csv", &rows("SO2", 60)).unwrap();
    wait(|| (files(&drop_box.home.published("shipment")).len() == 3).then_some(()), || drop_box.serving.text());
    assert_eq!(drop_box.received().len(), 4);
}

#[test]
fn a_broken_connection_and_a_stop_lose_no_byte() {
    let drop_box = DropBox::new("drop-broken", "", "");
    let text = shipped(1);
    let (first, rest) = text.as_bytes().split_at(150);
    let client = drop_box.login();
    let mut file = client.sftp.create(Path::new("/inbox/a.edi")).unwrap();
    file.write_all(first).unwrap();
    client.put("/inbox/b.edi.tmp", shipped(2).as_bytes()).unwrap();
    let mut half = client.sftp.create(Path::new("/inbox/c.csv.tmp")).unwrap();
    half.write_all(&rows("SO1", 5_000)).unwrap();
    // The connection breaks: nothing is closed.
    client.tcp.shutdown(Shutdown::Both).unwrap();
    drop((file, half, client));
    let both = || drop_box.deeds().iter().filter(|deed| deed.1 == "upload broken off").count() == 2;
    wait(|| both().then_some(()), || drop_box.serving.text());
    let again = drop_box.login();
    assert_eq!(again.size("/inbox/a.edi"), Some(150));
    assert_eq!(code(again.rename("/inbox/c.csv.tmp", "/inbox/c.csv")), FAILURE);
    drop(again);
    let drop_box = drop_box.restart();
    let client = drop_box.login();
    assert_eq!(client.names("/inbox"), ["a.edi", "b.edi.tmp", "c.csv.tmp"]);
    assert_eq!(code(client.rename("/inbox/c.csv.tmp", "/inbox/c.csv")), FAILURE, "a stop makes nothing whole");
    let mut file = client.resume("/inbox/a.edi").unwrap();
    assert_eq!(file.stat().unwrap().size, Some(150));
    file.seek(SeekFrom::Start(150)).unwrap();
    file.write_all(rest).unwrap();
    file.close().unwrap();
    client.rename("/inbox/b.edi.tmp", "/inbox/b.edi").unwrap();
    let lengths: Vec<u64> = drop_box.payloads().iter().map(|payload| payload.1).collect();
    assert_eq!(lengths, [text.len() as u64, shipped(2).len() as u64]);
}

#[test]
fn who_opens_a_file_again_has_it() {
    let drop_box = DropBox::new("drop-again", "", "");
    let (first, second) = (drop_box.login(), drop_box.login());
    let mut lost = first.sftp.create(Path::new("/inbox/a.edi")).unwrap();
    lost.write_all(b"ISA*of the first").unwrap();
    second.put("/inbox/a.edi", shipped(1).as_bytes()).unwrap();
    assert!(lost.write_all(b"more").is_err());
    assert_eq!(code(lost.close()), FAILURE);
    assert_eq!(drop_box.payloads().iter().map(|payload| payload.1).collect::<Vec<_>>(), [shipped(1).len() as u64]);
}

#[test]
fn a_handle_that_another_session_outlived_reaches_no_byte() {
    let drop_box = DropBox::start(home_of_rows("drop-stale", "limits = { quota_bytes = 200000 }"));
    let (first, second) = (drop_box.login(), drop_box.login());
    let all = rows("SO1", 6_000);
    let (begin, rest) = all.split_at(90_000);
    let mut stale = first.sftp.create(Path::new("/inbox/a.csv")).unwrap();
    stale.write_all(begin).unwrap();
    let mut file = second.resume("/inbox/a.csv").unwrap();
    file.seek(SeekFrom::Start(90_000)).unwrap();
    file.write_all(rest).unwrap();
    file.close().unwrap();
    let empty = || FileStat { size: Some(0), uid: None, gid: None, perm: None, atime: None, mtime: None };
    assert_eq!(code(stale.setstat(empty())), FAILURE);
    assert_eq!(code(stale.fsync()), FAILURE);
    assert!(stale.write_all(b"x").is_err());
    assert_eq!(code(stale.close()), FAILURE);
    // Nor does one bring back what was removed, or room that nobody has.
    let mut removed = first.sftp.create(Path::new("/inbox/b.csv")).unwrap();
    removed.write_all(b"number;sku;quantity\n").unwrap();
    first.remove("/inbox/b.csv").unwrap();
    assert_eq!(code(removed.setstat(empty())), FAILURE);
    assert_eq!(code(removed.fsync()), FAILURE);
    drop(removed);
    assert_eq!(files(&drop_box.home.data().join("spool/uploads/alder")).len(), 1);
    second.put("/inbox/c.csv", &rows("SO2", 2)).unwrap();
    assert_eq!(drop_box.received(), ["a.csv", "c.csv"]);
    let (_, bytes, error) = drop_box.home.run(&["payload", "export", "1"]);
    assert!(bytes.as_bytes() == all, "{error}");
}

#[test]
fn a_file_is_cut_by_its_path_until_it_is_received() {
    let drop_box = DropBox::start(home_of_rows("drop-cut", ""));
    let client = drop_box.login();
    let whole = rows("SO1", 10);
    let to =
        |size: usize| FileStat { size: Some(size as u64), uid: None, gid: None, perm: None, atime: None, mtime: None };
    let cut = |path: &str, size: usize| client.sftp.setstat(Path::new(path), to(size));
    client.put("/inbox/a.csv.tmp", &[&whole[..], b"garbage"].concat()).unwrap();
    cut("/inbox/a.csv.tmp", whole.len()).unwrap();
    assert_eq!(client.size("/inbox/a.csv.tmp"), Some(whole.len() as u64));
    assert_eq!(code(cut("/inbox/a.csv.tmp", 5_000)), FAILURE);
    let drop_box = drop_box.restart();
    let client = drop_box.login();
    client.rename("/inbox/a.csv.tmp", "/inbox/a.csv").unwrap();
    assert_eq!(drop_box.payloads()[0].1, whole.len() as u64);
    assert_eq!(code(client.sftp.setstat(Path::new("/inbox/a.csv"), to(5))), FAILURE);
    client.sftp.setstat(Path::new("/inbox/a.csv"), to(whole.len())).unwrap();
}

#[test]
fn names_are_utf_8_and_few_folders_are_listed_at_a_time() {
    let drop_box = DropBox::new("drop-odd", "", "");
    let client = drop_box.login();
    for name in [&b"/inbox/gr\xf6n.edi"[..], b"/inbox/gr\xe4n.edi"] {
        let path = Path::new(std::ffi::OsStr::from_bytes(name));
        assert_eq!(code(client.sftp.create(path)), FAILURE);
    }
    let listed: Vec<_> = (0..8).map(|_| client.sftp.opendir(Path::new("/inbox")).unwrap()).collect();
    assert_eq!(code(client.sftp.opendir(Path::new("/inbox"))), FAILURE);
    drop(listed);
    for number in 0..250 {
        client.put(&format!("/inbox/{number:03}.tmp"), b"").unwrap();
    }
    assert_eq!(client.names("/inbox").len(), 250);
}

#[test]
fn large_files_come_whole_and_stay_where_they_lie() {
    let drop_box = DropBox::new("drop-large", "", "");
    let client = drop_box.login();
    let orders: Vec<String> = (0..4_000).map(|number| format!("SO{number:05}")).collect();
    let text = interchange("alder", 1, &orders);
    client.put("/inbox/large.edi", text.as_bytes()).unwrap();
    let spooled = files(&drop_box.home.data().join("spool/uploads/alder"));
    assert_eq!(spooled.len(), 1);
    wait(|| (files(&drop_box.home.published("shipment")).len() == 4_000).then_some(()), || drop_box.serving.text());
    drop(client);
    let drop_box = drop_box.restart();
    assert_eq!(drop_box.login().names("/inbox"), Vec::<String>::new(), "what was received is not taken for unfinished");
    assert_eq!(files(&drop_box.home.data().join("spool/uploads/alder")), spooled);
    let (_, bytes, _) = drop_box.home.run(&["payload", "export", "1"]);
    assert!(bytes == text);
}

/// An order is written and lies in the outbox; the name of its file.
fn placed(drop_box: &DropBox, number: &str, count: usize) -> String {
    drop_box.home.drop_into(&drop_box.home.submitted(), &format!("{number}.json"), order("alder", number).as_bytes());
    let there = || drop_box.deliveries().get(count - 1).filter(|one| one.1 != "waiting").map(|one| one.0.clone());
    wait(there, || drop_box.serving.text())
}

fn state(drop_box: &DropBox, file: &str) -> String {
    drop_box.deliveries().into_iter().find(|one| one.0 == file).unwrap().1
}

#[test]
fn what_lies_in_the_outbox_is_delivered_when_it_was_fetched_whole_or_removed() {
    let drop_box = DropBox::new("drop-outbox", "", "");
    let file = placed(&drop_box, "SO1", 1);
    let path = format!("/outbox/{file}");
    assert_eq!(state(&drop_box, &file), "placed");
    let (_, status, _) = drop_box.home.run(&["status"]);
    assert!(status.contains("1 delivery to be fetched by alder, the oldest of "), "{status}");
    let document = |drop_box: &DropBox| drop_box.json(&["document", "list"])[0]["state"].as_str().unwrap().to_owned();
    assert_eq!(document(&drop_box), "queued");
    for order in ["hold", "discard", "rerun", "release"] {
        let (exit, said, _) = drop_box.home.run(&["document", order, "1"]);
        assert!(exit == Some(1) && said.contains("lies in the partner's outbox"), "{said}");
    }
    let (_, shown, _) = drop_box.home.run(&["document", "show", "1"]);
    assert!(shown.contains("see whether the partner has it: `crossdock delivery show 1`"), "{shown}");
    let client = drop_box.login();
    // A partner that is paused finds nothing of it.
    assert_eq!(drop_box.home.run(&["partner", "pause", "alder"]).0, Some(0));
    assert_eq!(client.names("/outbox"), Vec::<String>::new());
    assert!(client.get(&path).unwrap_err().to_string().contains("failure"), "{}", client.get(&path).unwrap_err());
    assert_eq!(drop_box.home.run(&["partner", "resume", "alder"]).0, Some(0));
    let mut reading = client.sftp.open(Path::new(&path)).unwrap();
    let mut some = [0; 20];
    reading.read_exact(&mut some).unwrap();
    reading.close().unwrap();
    assert_eq!(state(&drop_box, &file), "placed", "a fetch that is cut is no delivery");
    let bytes = client.get(&path).unwrap();
    assert_eq!((state(&drop_box, &file).as_str(), document(&drop_box).as_str()), ("delivered", "delivered"));
    assert_eq!(bytes, fs::read(drop_box.home.outbox("alder").join(&file)).unwrap(), "it stays until it is removed");
    client.remove(&path).unwrap();
    assert_eq!(client.names("/outbox"), Vec::<String>::new());
    assert_eq!(code(client.get(&path)), NO_SUCH_FILE);
    let other = placed(&drop_box, "SO2", 2);
    client.remove(&format!("/outbox/{other}")).unwrap();
    assert_eq!(state(&drop_box, &other), "delivered", "removed is delivered too");
    let (code, said, _) = drop_box.home.run(&["status"]);
    assert_eq!(code, Some(0), "{said}");
    // What is sent once more is to be fetched once more.
    assert_eq!(drop_box.home.run(&["delivery", "retry", "2"]).0, Some(0));
    wait(|| (state(&drop_box, &other) == "placed").then_some(()), || drop_box.serving.text());
    assert_eq!(client.names("/outbox"), [other]);
}

#[test]
fn a_download_may_go_on_where_another_broke_off() {
    let drop_box = DropBox::new("drop-resumed", "", "");
    let file = placed(&drop_box, "SO1", 1);
    let path = format!("/outbox/{file}");
    let client = drop_box.login();
    let mut reading = client.sftp.open(Path::new(&path)).unwrap();
    reading.read_exact(&mut [0; 20]).unwrap();
    client.tcp.shutdown(Shutdown::Both).unwrap();
    drop((reading, client));
    let said = |what: &str| drop_box.deeds().into_iter().find(|deed| deed.1 == what && deed.2 == file);
    wait(|| said("download broken off"), || drop_box.serving.text());
    assert_eq!(state(&drop_box, &file), "placed");
    let client = drop_box.login();
    let mut reading = client.sftp.open(Path::new(&path)).unwrap();
    reading.seek(SeekFrom::Start(20)).unwrap();
    reading.read_to_end(&mut Vec::new()).unwrap();
    reading.close().unwrap();
    assert_eq!(state(&drop_box, &file), "delivered");
    wait(|| said("download"), || drop_box.serving.text());
}

#[test]
fn a_partner_may_say_that_only_removal_or_mere_placing_delivers() {
    let more = "delivered_when = \"removed\"\nfolders = { archive = \"/archive\", outbox = \"/to_you\" }";
    let drop_box = DropBox::new("drop-removed", more, "");
    let file = placed(&drop_box, "SO1", 1);
    let client = drop_box.login();
    let bytes = client.get(&format!("/to_you/{file}")).unwrap();
    assert_eq!(state(&drop_box, &file), "placed");
    client.remove(&format!("/to_you/{file}")).unwrap();
    assert_eq!(state(&drop_box, &file), "delivered");
    assert_eq!(client.names("/"), ["archive", "inbox", "rejected", "to_you"]);
    assert_eq!(client.get(&format!("/archive/{file}")).unwrap(), bytes);
    assert_eq!(code(client.remove(&format!("/archive/{file}"))), DENIED);

    let drop_box = DropBox::new("drop-placed", "delivered_when = \"placed\"", "");
    let file = placed(&drop_box, "SO1", 1);
    assert_eq!(state(&drop_box, &file), "delivered");
    let client = drop_box.login();
    client.get(&format!("/outbox/{file}")).unwrap();
    client.remove(&format!("/outbox/{file}")).unwrap();
    assert_eq!(client.names("/outbox"), Vec::<String>::new());
}

/// A 945 without its W06, which is mandatory.
fn faulty(number: u32) -> String {
    let text = shipped(number);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("W06")).collect();
    lines.join("\n").replace("SE*10*", "SE*9*") + "\n"
}

#[test]
fn a_file_of_records_gets_its_verdict_by_its_layout() {
    let home = home("drop-layout", &["alder"], "verdict_at_close = true", "");
    home.write(
        "mappings/layouts/alder-stock.toml",
        "syntax = \"delimited\"\ndelimiter = \",\"\nheader = true\n[record.item]\nfields = [\"report\", { name = \"sku\", required = true }]\n",
    );
    home.write(
        "mappings/alder/stock.toml",
        "canonical = \"inventory_report\"\ndocument = \"flat/alder-stock\"\n[map]\nreport_date = { const = \"2026-03-10\" }\nreport_number = { const = \"R\" }\n[map.items]\neach = \"item\"\nsku = \"sku\"\n",
    );
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    let entry = "\n[[receive]]\ndocument = \"flat/alder-stock\"\nmapping = \"alder/stock\"\n";
    home.write("partner-profiles/alder.toml", &format!("{profile}{entry}"));
    let drop_box = DropBox::start(home);
    let client = drop_box.login();
    client.put("/inbox/good.csv", b"report,sku\nR,TENT\n").unwrap();
    assert_eq!(code(client.put("/inbox/bad.csv", b"report,sku\nR,\n")), FAILURE);
    assert_eq!(code(client.put("/inbox/other.csv", b"item,colour\nA,red\n")), FAILURE);
    assert_eq!(drop_box.received().len(), 3, "they are kept like any other");
}

#[test]
fn faults_are_reported_where_the_partner_looks_and_at_once_if_it_likes() {
    let home = home("drop-verdict", &["alder"], "verdict_at_close = true", "");
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    home.write("partner-profiles/alder.toml", &format!("{profile}\n[acknowledge]\nreport = true\n"));
    let drop_box = DropBox::start(home);
    let client = drop_box.login();
    client.put("/inbox/good.edi", shipped(1).as_bytes()).unwrap();
    assert_eq!(code(client.put("/inbox/bad.edi", faulty(2).as_bytes())), FAILURE);
    assert_eq!(drop_box.received(), ["good.edi", "bad.edi"], "it is kept like any other");
    client.put("/inbox/bad.tmp", faulty(3).as_bytes()).unwrap();
    assert_eq!(code(client.rename("/inbox/bad.tmp", "/inbox/bad3.edi")), FAILURE);
    assert_eq!(drop_box.received().len(), 3);
    let reports = || {
        let names = client.names("/rejected");
        (names.len() == 2).then_some(names)
    };
    let reports = wait(reports, || drop_box.serving.text());
    assert!(reports.iter().all(|name| name.ends_with(".rejected.txt")), "{reports:?}");
    let report = String::from_utf8(client.get(&format!("/rejected/{}", reports[0])).unwrap()).unwrap();
    assert!(report.contains("W06"), "{report}");
    client.remove(&format!("/rejected/{}", reports[0])).unwrap();
    assert!(client.names("/outbox").iter().all(|name| name.starts_with("997")), "{:?}", client.names("/outbox"));
}

#[test]
fn the_verdict_at_the_close_is_by_the_guide_too() {
    let home = home("drop-guide", &["alder"], "verdict_at_close = true", "");
    home.write("mappings/guides/alder.toml", "document = \"x12/004010/945\"\n[at]\nW0605 = \"required\"\n");
    home.write("mappings/alder/945.toml", "extends = \"base/945\"\nguide = \"guides/alder\"\n");
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    let named = profile.replace("document = \"x12/945\"\n", "document = \"x12/945\"\nmapping = \"alder/945\"\n");
    home.write("partner-profiles/alder.toml", &named);
    let drop_box = DropBox::start(home);
    let client = drop_box.login();
    assert_eq!(
        code(client.put("/inbox/a.edi", shipped(1).as_bytes())),
        FAILURE,
        "good by the standard, not by the guide"
    );
    assert_eq!(drop_box.received(), ["a.edi"]);
}

#[test]
fn no_path_leads_out_of_the_folders() {
    let drop_box = DropBox::new("drop-paths", "", "");
    let home = &drop_box.home;
    let outbox = home.outbox("alder");
    fs::write(home.path.join("secret.txt"), "secret").unwrap();
    fs::write(outbox.join("plain.edi"), "plain").unwrap();
    std::os::unix::fs::symlink(home.path.join("secret.txt"), outbox.join("link.edi")).unwrap();
    std::os::unix::fs::symlink(&home.path, outbox.join("folder")).unwrap();
    let listed = |home: &gateway::Home| {
        let mut all: Vec<_> =
            [".", "data", "data/mailboxes", "data/mailboxes/alder", "data/mailboxes/alder/outbox", "data/spool"]
                .iter()
                .flat_map(|folder| files(&home.path.join(folder)))
                .filter(|name| name != "serve.log")
                .collect();
        all.sort();
        all
    };
    let before = listed(home);
    let client = drop_box.login();
    let absolute = home.path.join("secret.txt");
    let long = format!("/inbox/{}", "x".repeat(4_000));
    let paths = [
        absolute.to_str().unwrap(),
        "/../../../../etc/passwd",
        "../../secret.txt",
        "/outbox/../../../../secret.txt",
        "/outbox/link.edi",
        "/outbox/folder/secret.txt",
        "/outbox/folder",
        "/outbox//../..//etc/passwd",
        "/inbox/..%2f..%2fsecret.txt/x",
        "/inbox/..\\..\\secret.txt",
        "/inbox/%2e%2e/%2e%2e/secret.txt",
        "/inbox/\u{ff0e}\u{ff0e}/secret.txt",
        "/outbox/.hidden",
        "/crossdock.toml",
        "/data/crossdock.db",
        "/dev/null",
        "/proc/self/environ",
        "~/secret.txt",
        "",
        "/",
        &long,
    ];
    for path in paths {
        assert!(client.sftp.open(Path::new(path)).is_err(), "{path}");
        let made = client.put(path, b"x");
        assert!(made.is_err(), "{path}");
        assert!(client.remove(path).is_err(), "{path}");
        assert!(client.rename("/outbox/plain.edi", path).is_err(), "{path}");
        assert!(client.rename(path, "/inbox/taken.edi").is_err(), "{path}");
        assert!(client.sftp.mkdir(Path::new(path), 0o755).is_err(), "{path}");
        assert!(client.sftp.rmdir(Path::new(path)).is_err(), "{path}");
        assert!(client.sftp.symlink(Path::new("/outbox/plain.edi"), Path::new(path)).is_err(), "{path}");
        assert!(client.sftp.readlink(Path::new(path)).is_err(), "{path}");
    }
    assert_eq!(client.names("/outbox"), ["plain.edi"]);
    assert_eq!(client.sftp.realpath(Path::new("/../../outbox/./..")).unwrap(), Path::new("/"));
    assert_eq!(code(client.put("/outbox/mine.edi", b"x")), DENIED);
    assert_eq!(code(client.get("/inbox/a.edi")), DENIED);
    assert_eq!(listed(home), before);
    assert_eq!(fs::read_to_string(absolute).unwrap(), "secret");
    // Odd names that are only names.
    for name in ["..a.edi", "~root", "a b.edi", "%2e%2e", "a'\";$(id).edi", "ü.edi", "con", "-rf"] {
        client.put(&format!("/inbox/{name}"), shipped(1).as_bytes()).unwrap();
    }
    let received = drop_box.received();
    assert_eq!(received.len(), 6, "two of these names say not finished: {received:?}");
}

#[test]
fn there_is_no_shell_no_command_and_no_way_through() {
    let drop_box = DropBox::new("drop-shell", "", "");
    let client = drop_box.login();
    let session = drop_box.connect();
    session.userauth_password("alder", PASSWORD).unwrap();
    let mut channel = session.channel_session().unwrap();
    assert!(channel.setenv("LC_ALL", "C").is_err());
    assert!(channel.request_pty("vt100", None, None).is_err());
    assert!(channel.exec("id").is_err());
    assert!(channel.shell().is_err());
    assert!(channel.subsystem("netconf").is_err());
    assert!(session.channel_session().is_err(), "one channel at a time");
    assert!(session.channel_direct_tcpip("127.0.0.1", drop_box.port, None).is_err());
    assert!(session.channel_forward_listen(0, Some("127.0.0.1"), None).is_err());
    assert!(session.scp_recv(Path::new("/outbox/a")).is_err());
    drop(channel);
    assert_eq!(client.names("/"), ["inbox", "outbox", "rejected"]);
}

fn refusal(port: u16, user: &str, password: &str) -> (ErrorCode, String, Duration) {
    let (session, _) = connect(port).unwrap();
    let begun = Instant::now();
    let error = session.userauth_password(user, password).unwrap_err();
    (error.code(), error.message().to_owned(), begun.elapsed())
}

#[test]
fn whoever_is_refused_hears_the_same_and_who_goes_on_is_not_heard() {
    let home = home("drop-login", &["alder"], "", "");
    let far = "[transport.sftp_server]\npassword = \"file:secrets/hash\"\nfrom = [\"10.0.0.0/8\"]\n";
    home.write("partner-profiles/birch.toml", &format!("{}\n{far}", gateway::profile("birch")));
    home.write("partner-profiles/cedar.toml", &gateway::profile("cedar"));
    let drop_box = DropBox::start(home);
    let answers = [("alder", "a wrong password"), ("nobody", PASSWORD), ("birch", PASSWORD), ("cedar", PASSWORD)]
        .map(|(user, password)| refusal(drop_box.port, user, password));
    // For each of them the same work was done.
    assert_eq!(drop_box.metric("crossdock_sftp_passwords_checked_total"), 4);
    for answer in &answers {
        assert_eq!((&answer.0, &answer.1), (&answers[0].0, &answers[0].1));
        assert!(answer.2 >= Duration::from_millis(490), "{:?}", answer.2);
    }
    // Who gets in has cleared what failed under its own name; the other three count.
    drop(drop_box.login());
    for _ in 0..2 {
        refusal(drop_box.port, "alder", "a wrong password");
    }
    assert!(connect(drop_box.port).is_err(), "banned, whatever the password is");
    assert_eq!(drop_box.metric("crossdock_sftp_logins_refused_total"), 6);
    assert_eq!(drop_box.metric("crossdock_sftp_banned"), 1);
    wait(|| drop_box.deeds().into_iter().find(|deed| deed.1 == "ban"), || drop_box.serving.text());
    let why: Vec<String> =
        drop_box.deeds().into_iter().filter(|deed| deed.1 == "login refused").map(|deed| deed.3).take(4).collect();
    let reasons = [
        "password: the password is wrong",
        "password: nobody has this name",
        "password: the partner may not come from this address",
        "password: nobody has this name",
    ];
    assert_eq!(why, reasons, "the record says what the visitor does not hear");
}

#[test]
fn keys_let_in_until_they_expire() {
    let home = home("drop-keys", &[], "", "");
    let (good, public) = key_pair(&home, "good");
    let (old, old_public) = key_pair(&home, "old");
    let (strange, _) = key_pair(&home, "strange");
    let server = format!(
        "[transport.sftp_server]\nuser = \"ALDER-EDI\"\nkeys = [{{ key = \"{public} desk@alder\", comment = \"desk\", expires = 2999-12-31 }},\n\
         {{ key = \"{old_public}\", expires = 2020-01-01 }}]\n"
    );
    home.write("partner-profiles/alder.toml", &format!("{}\n{server}", gateway::profile("alder")));
    let drop_box = DropBox::start(home);
    let login = |user: &str, key: &Path| drop_box.connect().userauth_pubkey_file(user, None, key, None);
    login("ALDER-EDI", &good).unwrap();
    for (user, key) in [("alder", &good), ("ALDER-EDI", &old), ("ALDER-EDI", &strange)] {
        assert!(login(user, key).is_err(), "{user} {}", key.display());
    }
    let (session, tcp) = connect(drop_box.port).unwrap();
    assert!(session.userauth_password("ALDER-EDI", PASSWORD).is_err(), "it has no password");
    session.userauth_pubkey_file("ALDER-EDI", None, &good, None).unwrap();
    let client = Client { tcp, sftp: session.sftp().unwrap(), session };
    client.put("/inbox/a.edi", shipped(1).as_bytes()).unwrap();
    assert_eq!(drop_box.json(&["payload", "list"])[0]["partner"], "alder");
    let (_, status, _) = drop_box.home.run(&["status"]);
    let ended = |line: &&str| {
        line.starts_with("  SHA256:") && line.contains(" of alder is good no more since the end of 2020-01-01")
    };
    assert_eq!(status.lines().filter(ended).count(), 1, "{status}");
    assert!(!status.contains("desk of alder"), "{status}");
}

#[test]
fn sessions_files_and_time_are_limited() {
    let more = "limits = { sessions = 2, file_bytes = 2000, quota_bytes = 3000 }";
    let settings = "handles = 3\nhandshake = \"1s\"\nidle = \"3s\"\nsessions_per_address = 4\n";
    let drop_box = DropBox::new("drop-limits", more, settings);
    // Who says nothing is sent away.
    let mut silent = TcpStream::connect((Ipv4Addr::LOCALHOST, drop_box.port)).unwrap();
    let begun = Instant::now();
    let mut banner = Vec::new();
    drop(silent.read_to_end(&mut banner));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(banner.starts_with(b"SSH-2.0-Crossdock"));
    let (one, other) = (drop_box.login(), drop_box.login());
    let third = drop_box.connect();
    third.userauth_password("alder", PASSWORD).unwrap();
    assert!(third.sftp().is_err(), "two sessions, not three");
    let fourth = drop_box.connect();
    assert!(connect(drop_box.port).is_err(), "four connections from an address, not five");
    drop((third, fourth));
    assert_eq!(
        code(one.put("/inbox/none.edi", b"").and_then(|()| {
            let open: Vec<_> =
                (0..3).map(|number| one.sftp.create(Path::new(&format!("/inbox/{number}.tmp"))).unwrap()).collect();
            let more = one.sftp.create(Path::new("/inbox/3.tmp")).map(|_| ());
            drop(open);
            more
        })),
        FAILURE
    );
    let mut large = one.sftp.create(Path::new("/inbox/large.tmp")).unwrap();
    assert!(large.write_all(&[b'x'; 2_001]).is_err());
    drop(large);
    one.put("/inbox/x.tmp", &[b'x'; 1_500]).unwrap();
    one.put("/inbox/y.tmp", &[b'y'; 1_000]).unwrap();
    let mut over = one.sftp.create(Path::new("/inbox/z.tmp")).unwrap();
    assert!(over.write_all(&[b'z'; 1_000]).is_err(), "the quota is met");
    drop(over);
    one.remove("/inbox/x.tmp").unwrap();
    one.put("/inbox/a.edi", shipped(1).as_bytes()).unwrap();
    assert_eq!(drop_box.received(), ["a.edi"]);
    // Nothing happens in the other session.
    wait(|| (drop_box.metric("crossdock_sftp_sessions") == 0).then_some(()), || drop_box.serving.text());
    assert!(other.sftp.stat(Path::new("/")).is_err());
}

#[test]
fn it_stops_when_it_is_told_though_partners_are_there() {
    let drop_box = DropBox::new("drop-stop", "", "");
    let client = drop_box.login();
    let mut file = client.sftp.create(Path::new("/inbox/a.edi")).unwrap();
    file.write_all(&shipped(1).as_bytes()[..100]).unwrap();
    file.stat().unwrap();
    let DropBox { home, serving, .. } = drop_box;
    let begun = Instant::now();
    assert_eq!(serving.terminate(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let drop_box = DropBox::start(home);
    assert_eq!(drop_box.login().size("/inbox/a.edi"), Some(100));
    client.tcp.shutdown(Shutdown::Both).unwrap();
}

#[test]
fn what_is_no_sftp_ends_the_session_and_nothing_else() {
    let drop_box = DropBox::new("drop-garbage", "", "");
    let client = drop_box.login();
    for garbage in [
        &[255; 64][..],
        &[0, 0, 0, 0],
        &[0, 0, 0, 5, 255, 0, 0, 0, 0],
        &[0, 0, 0, 9, 6, 0, 0, 0, 1, 255, 255, 255, 255],
    ] {
        let session = drop_box.connect();
        session.userauth_password("alder", PASSWORD).unwrap();
        let mut channel = session.channel_session().unwrap();
        channel.subsystem("sftp").unwrap();
        channel.write_all(garbage).unwrap();
        let mut answer = Vec::new();
        drop(channel.read_to_end(&mut answer));
        assert_eq!(answer, b"", "{garbage:?}");
    }
    client.put("/inbox/a.edi", shipped(1).as_bytes()).unwrap();
    assert_eq!(drop_box.received(), ["a.edi"]);
    wait(|| drop_box.deeds().into_iter().find(|deed| deed.3.contains("no SFTP")), || drop_box.serving.text());
}

#[test]
fn a_password_becomes_a_hash() {
    use std::process::{Command, Stdio};
    let run = |password: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"))
            .args(["partner", "password"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run("short\n"), (Some(1), String::new()));
    let (exit, hash) = run("another correct horse\n");
    assert!(exit == Some(0) && hash.starts_with("$argon2id$"), "{hash}");
    let home = home("drop-password", &["alder"], "", "");
    home.write("secrets/hash", &hash);
    let drop_box = DropBox::start(home);
    drop_box.connect().userauth_password("alder", "another correct horse").unwrap();
    assert!(drop_box.connect().userauth_password("alder", PASSWORD).is_err());
}

/// `script` plays the terminal.
#[test]
#[allow(clippy::print_stderr, reason = "a test that cannot run here says so")]
fn a_password_that_is_typed_is_not_shown() {
    use std::process::{Command, Stdio};
    if !drop_box::has("script") {
        eprintln!("SKIPPED: script, which plays a terminal, is not here");
        return;
    }
    let typed = |first: &str, second: &str| {
        let command = format!("{} partner password", env!("CARGO_BIN_EXE_crossdock"));
        let mut child = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut shown = Vec::new();
        for (prompt, password) in [("Password: ", first), ("Once more: ", second)] {
            while !shown.ends_with(prompt.as_bytes()) {
                let mut byte = [0];
                screen.read_exact(&mut byte).unwrap();
                shown.push(byte[0]);
            }
            writeln!(keys, "{password}").unwrap();
        }
        screen.read_to_end(&mut shown).unwrap();
        (child.wait().unwrap().code(), String::from_utf8(shown).unwrap())
    };
    let (exit, shown) = typed("a correct horse", "a correct horse");
    assert!(exit == Some(0) && shown.contains("$argon2id$") && !shown.contains("horse"), "{shown}");
    let (exit, shown) = typed("a correct horse", "a correct house");
    assert!(exit == Some(1) && shown.contains("these are two passwords") && !shown.contains("$argon2id$"), "{shown}");
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let home = home("drop-full", &["alder"], "", "");
    let Some(disk) = SmallDisk::mount(&home.data(), "12m") else { return };
    let drop_box = DropBox::start(home);
    let client = drop_box.login();
    client.put("/inbox/before.edi", shipped(1).as_bytes()).unwrap();
    let ballast = drop_box.home.data().join("ballast");
    drop(fs::write(&ballast, vec![0; 16 << 20]));
    let large = interchange("alder", 2, &(0..400).map(|number| format!("L{number}")).collect::<Vec<_>>());
    let told = (0..3).map(|_| {
        let mut file = client.sftp.create(Path::new("/inbox/full.edi")).ok()?;
        file.write_all(large.as_bytes()).ok()?;
        file.close().ok()
    });
    assert!(told.into_iter().all(|heard| heard.is_none()), "nothing is told received that is not on disk");
    assert_eq!(client.names("/").len(), 3, "the session goes on");
    fs::remove_file(&ballast).unwrap();
    client.put("/inbox/full.edi", large.as_bytes()).unwrap();
    client.put("/inbox/after.edi", shipped(3).as_bytes()).unwrap();
    wait(|| (files(&drop_box.home.published("shipment")).len() == 402).then_some(()), || drop_box.serving.text());
    assert_eq!(drop_box.received(), ["before.edi", "full.edi", "after.edi"]);
    let DropBox { home, serving, .. } = drop_box;
    assert_eq!(serving.terminate(), Some(0));
    drop(disk);
    drop(home);
}

#[test]
fn who_acknowledges_a_file_has_it() {
    let drop_box = DropBox::new("drop-acknowledged", "", "");
    let file = placed(&drop_box, "SO1", 1);
    let text = String::from_utf8(fs::read(drop_box.home.outbox("alder").join(&file)).unwrap()).unwrap();
    let group = text.split("GS*").nth(1).unwrap().split('*').nth(5).unwrap();
    let set = format!("ST*997*0001~AK1*OW*{group}~AK9*A*1*1*1~SE*4*0001~\n");
    let acknowledgment = gateway::envelope("alder", 1, &[set]).replace("GS*SW", "GS*FA");
    drop_box.login().put("/inbox/997.edi", acknowledgment.as_bytes()).unwrap();
    wait(|| (state(&drop_box, &file) == "delivered").then_some(()), || drop_box.serving.text());
    let sent = drop_box.json(&["document", "list", "--state", "delivered"]);
    assert_eq!(sent.len(), 1);
}

/// Forwards one connection to `port` until so many bytes came from the client, then cuts it.
fn cut_after(port: u16, bytes: usize) -> u16 {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let answering = std::thread::spawn(move || drop(std::io::copy(&mut answers, &mut back)));
        drop(std::io::copy(&mut (&mut client).take(bytes as u64), &mut server));
        drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
        drop(answering.join());
    });
    own
}

#[test]
fn wherever_the_connection_is_cut_no_part_is_taken_for_the_whole() {
    let drop_box = DropBox::new("drop-cut", "", "");
    let text = shipped(1);
    // A client that is never cut says how many bytes there are.
    let upload = |port: u16, name: &str| -> Option<()> {
        let (session, _) = connect(port).ok()?;
        session.userauth_password("alder", PASSWORD).ok()?;
        let sftp = session.sftp().ok()?;
        let mut file = sftp.create(Path::new(&format!("/inbox/{name}"))).ok()?;
        for piece in text.as_bytes().chunks(40) {
            file.write_all(piece).ok()?;
        }
        file.close().ok()
    };
    let (mut heard, mut cut) = (Vec::new(), 0);
    for step in 0.. {
        let name = format!("{step}.edi");
        if upload(cut_after(drop_box.port, 2_600 + step * 60), &name).is_some() {
            heard.push(name);
            break;
        }
        cut += 1;
    }
    assert!(cut > 10, "{cut}");
    let whole = text.len() as u64;
    let ended = || (drop_box.metric("crossdock_sftp_connections") == 0).then_some(());
    wait(ended, || drop_box.serving.text());
    let payloads = drop_box.payloads();
    assert!(payloads.iter().all(|payload| payload.1 == whole), "{payloads:?}");
    assert!(heard.iter().all(|name| payloads.iter().filter(|payload| payload.0 == *name).count() == 1));
    assert!(payloads.len() <= 2, "only one whose close was on its way may be there besides: {payloads:?}");
    let client = drop_box.login();
    for name in client.names("/inbox") {
        client.put(&format!("/inbox/{name}"), text.as_bytes()).unwrap();
    }
    assert!(drop_box.payloads().iter().all(|payload| payload.1 == whole));
}

#[test]
fn a_session_is_as_fast_as_it_may_be() {
    let drop_box = DropBox::new("drop-pace", "", "bytes_per_second = 50000\n");
    let client = drop_box.login();
    let begun = Instant::now();
    client.put("/inbox/slow.tmp", &[b'x'; 100_000]).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(1_500), "{:?}", begun.elapsed());
}
