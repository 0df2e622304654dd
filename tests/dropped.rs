//! Files that lie in mailboxes: in which order they are taken, and what is said of those that nobody takes.

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/recorded.rs"]
mod recorded;

use std::fs;
use std::os::unix::fs::MetadataExt;

use crossdock::lifecycle::PayloadState;

use gateway::{Home, interchange, wait};
use recorded::{orders, worked_on};

/// Looks only at a start, and where something is told.
const RARELY: &str = "[gateway]\nsweep = \"60m\"\nsettle = \"60m\"\n[health]\nlisten = \"127.0.0.1:0\"\n";

#[test]
fn what_lay_there_at_a_start_is_taken_before_what_came_behind_it() {
    let home = Home::new("lay-there", &["alder"]);
    home.write("crossdock.toml", RARELY);
    let inbox = home.inbox("alder");
    let text = |number: u32| interchange("alder", number, &orders(1, &format!("SO{number}-")));
    let came = |name: &str| {
        let file = fs::metadata(inbox.join(name)).unwrap();
        (file.ctime(), file.ctime_nsec())
    };
    fs::write(inbox.join("c.edi"), text(1)).unwrap();
    // The system's clock for files goes on now and then only.
    home.drop_into(&inbox, "b.edi", text(2).as_bytes());
    while came("b.edi") == came("c.edi") {
        home.drop_into(&inbox, "b.edi", text(2).as_bytes());
    }
    let serving = home.serve();
    serving.ready();
    fs::write(inbox.join("a.edi"), text(3)).unwrap();
    let mut payloads = worked_on(&home, &serving, 3).payloads;
    payloads.sort_by_key(|payload| payload.id);
    let names: Vec<&str> = payloads.iter().map(|payload| payload.file_name.as_str()).collect();
    assert_eq!(names, ["c.edi", "b.edi", "a.edi"], "in the order in which they came");
}

#[test]
fn a_file_that_is_begun_before_a_start_is_taken_when_it_is_closed_and_keeps_nobody_waiting() {
    let home = Home::new("begun", &["alder"]);
    home.write("crossdock.toml", RARELY);
    let inbox = home.inbox("alder");
    let [slow, other] = [1, 2].map(|number| interchange("alder", number, &orders(1, &format!("SO{number}-"))));
    let mut writer = fs::File::create(inbox.join("slow.edi")).unwrap();
    let serving = home.serve();
    serving.ready();
    home.drop_into(&inbox, "other.edi", other.as_bytes());
    assert_eq!(worked_on(&home, &serving, 1).payloads[0].file_name, "other.edi");
    std::io::Write::write_all(&mut writer, slow.as_bytes()).unwrap();
    drop(writer);
    let record = worked_on(&home, &serving, 2);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated && !payload.broken_off));
}

#[test]
fn files_that_lie_where_nobody_looks_or_have_names_that_nobody_takes_are_told() {
    let home = Home::new("nobody-looks", &["alder"]);
    let serving = home.serve();
    serving.ready();
    home.write("data/erp/submitted/orders.json.gz", "");
    home.write("data/erp/submitted/orders.txt", "");
    home.write("data/erp/submitted/alder/deep/order.json", "");
    home.write("data/mailboxes/alder/inbox/sub/deeper/a.edi", "");
    std::os::unix::fs::symlink(home.path.join("crossdock.toml"), home.inbox("alder").join("link.edi")).unwrap();
    let name = "the name of what the ERP submits ends in `.json` or `.jsonl`";
    let (within, link) = ("this folder lies within a mailbox", "links are not followed");
    let expected = [
        ("data/erp/submitted", name),
        ("data/erp/submitted/alder/deep", within),
        ("data/mailboxes/alder/inbox/sub/deeper", within),
        ("data/mailboxes/alder/inbox", link),
    ];
    for (folder, why) in expected {
        let of = format!("folder={}", home.path.join(folder).display());
        let told = |line: &str| line.contains("nobody takes") && line.contains(why) && line.trim_end().ends_with(&of);
        wait(|| serving.text().lines().any(told).then_some(()), || format!("{of}\n{}", serving.text()));
    }
    let (code, out, _) = home.run(&["status"]);
    assert_eq!(code, Some(1), "{out}");
    for (folder, why) in expected {
        let path = format!("({})", home.path.join(folder).display());
        assert!(out.lines().any(|line| line.contains(&path) && line.contains(why)), "{folder}: {out}");
    }
    assert!(out.contains("2 files in the mailbox of erp ("), "{out}");
}

#[test]
fn a_file_that_another_one_closed_is_taken_when_its_writer_has_closed_it() {
    let home = Home::new("closed-by-another", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let inbox = home.inbox("alder");
    let [slow, other] = [1, 2].map(|number| interchange("alder", number, &orders(3, &format!("SO{number}-"))));
    let (begin, rest) = slow.as_bytes().split_at(slow.len() / 2);
    let mut writer = fs::File::create(inbox.join("slow.edi")).unwrap();
    std::io::Write::write_all(&mut writer, begin).unwrap();
    drop(fs::OpenOptions::new().append(true).open(inbox.join("slow.edi")).unwrap());
    home.drop_into(&inbox, "other.edi", other.as_bytes());
    assert_eq!(worked_on(&home, &serving, 1).payloads[0].file_name, "other.edi");
    std::io::Write::write_all(&mut writer, rest).unwrap();
    drop(writer);
    let record = worked_on(&home, &serving, 2);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated), "{:?}", record.payloads);
    assert_eq!(record.documents.len(), 6);
}

#[test]
fn what_was_begun_and_not_finished_is_seen_after_a_while() {
    let home = Home::new("unfinished", &["alder"]);
    home.serve().ready();
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    let files = [
        ("data/mailboxes/alder/inbox/.b.edi.filepart", "ISA*00", before),
        ("data/spool/uploads/0a1b~alder~c~1.edi", "ISA*00*", before + std::time::Duration::from_secs(60)),
        ("data/mailboxes/alder/inbox/now.edi.part", "ISA", std::time::SystemTime::now()),
    ];
    for (path, text, written) in files {
        home.write(path, text);
        fs::File::options().write(true).open(home.path.join(path)).unwrap().set_modified(written).unwrap();
    }
    let (_, out, _) = home.run(&["status"]);
    let told: Vec<&str> = out.lines().filter(|line| line.contains("is not finished")).collect();
    let says = [
        "  .b.edi.filepart of alder is not finished, and not taken: 6 bytes",
        "  c~1.edi of alder is not finished, and not taken: 7 bytes",
    ];
    assert!(told.len() == 2 && told.iter().zip(says).all(|(line, says)| line.starts_with(says)), "{out}");
    let status: serde_json::Value = serde_json::from_str(&home.run(&["status", "--format", "json"]).1).unwrap();
    assert_eq!(status["unfinished"][1]["file_name"], "c~1.edi");
}
