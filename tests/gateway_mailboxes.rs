//! Mailboxes of a gateway: what is taken from them, when, and what is said of what is not.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/small_disk.rs"]
mod small_disk;

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crossdock::lifecycle::PayloadState;
use crossdock::store::Payload;

use gateway::{Home, files, interchange, order, profile, wait};
use recorded::{orders, record, worked_on};
use small_disk::SmallDisk;

#[test]
fn half_written_files_are_left_until_their_writer_is_done() {
    let home = Home::new("half", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let inbox = home.inbox("alder");
    let text = interchange("alder", 1, &orders(3, "SO"));
    let (first, rest) = text.as_bytes().split_at(text.len() / 2);
    fs::write(inbox.join("upload.edi.part"), &text).unwrap();
    fs::write(inbox.join(".hidden.edi"), &text).unwrap();
    let mut file = fs::File::create(inbox.join("slow.edi")).unwrap();
    for (number, part) in [(11, first), (12, rest)] {
        std::io::Write::write_all(&mut file, part).unwrap();
        // Another file that comes and goes meanwhile shows that the gateway looks.
        let name = format!("other-{number}.edi");
        home.drop_into(&inbox, &name, interchange("alder", number, &orders(1, &name)).as_bytes());
        wait(|| (!inbox.join(&name).exists()).then_some(()), || serving.text());
    }
    drop(file);
    let record = worked_on(&home, &serving, 3);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated), "{}", serving.text());
    assert_eq!(files(&inbox), ["upload.edi.part"]);
}

#[test]
fn a_file_that_is_written_since_before_the_start_is_left_until_its_writer_is_done() {
    let home = Home::new("half-before", &["alder"]);
    let inbox = home.inbox("alder");
    let text = interchange("alder", 1, &orders(3, "SO"));
    let (first, rest) = text.as_bytes().split_at(text.len() / 2);
    let mut file = fs::File::create(inbox.join("slow.edi")).unwrap();
    std::io::Write::write_all(&mut file, first).unwrap();
    fs::write(inbox.join("whole.edi"), interchange("alder", 2, &orders(1, "SA"))).unwrap();
    let serving = home.serve();
    // What nobody writes is taken; the other one is as old.
    wait(|| (!inbox.join("whole.edi").exists()).then_some(()), || serving.text());
    assert!(inbox.join("slow.edi").exists(), "{}", serving.text());
    std::io::Write::write_all(&mut file, rest).unwrap();
    drop(file);
    let record = worked_on(&home, &serving, 2);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated), "{}", serving.text());
}

#[test]
fn files_that_nobody_takes_are_told_and_counted() {
    let home = Home::new("unseen", &["alder"]);
    home.write("partner-profiles/cedar.toml", "name = \"Wrong\"\n");
    let serving = home.serve();
    serving.ready();
    home.write("data/erp/submitted/aldr/o.json", &order("alder", "PO1"));
    home.write("data/erp/submitted/cedar/o.json", &order("cedar", "PO2"));
    home.write("data/mailboxes/birch/inbox/b.edi", &interchange("birch", 1, &orders(1, "SO")));
    for why in
        ["there is no partner `aldr`; did you mean `alder`?", "the profile of cedar has errors", "no partner `birch`"]
    {
        let told =
            || serving.text().lines().any(|line| line.contains("nobody takes") && line.contains(why)).then_some(());
        wait(told, || serving.text());
    }
    let (code, out, _) = home.run(&["status"]);
    assert_eq!(code, Some(1));
    for line in [
        "1 file in the mailbox of erp for aldr (",
        "1 file in the mailbox of erp for cedar (",
        "1 file in the mailbox of birch (",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(out.contains("nobody takes them: there is no partner `aldr`; did you mean `alder`?"), "{out}");
    assert_eq!(serving.text().matches("no partner `birch`").count(), 1, "it is told once");
}

#[test]
fn a_folder_of_one_partner_that_cannot_be_made_keeps_nobody_else_waiting() {
    let home = Home::new("not-made", &["alder", "birch"]);
    let inbox = home.inbox("alder");
    fs::remove_dir_all(&inbox).unwrap();
    fs::write(&inbox, "no folder").unwrap();
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.inbox("birch"), "b.edi", interchange("birch", 1, &orders(1, "SO")).as_bytes());
    wait(|| record(&home).documents.first().map(|_| ()), || serving.text());
    let told = || serving.text().lines().any(|line| line.contains("cannot be made") && line.contains("alder"));
    wait(|| told().then_some(()), || serving.text());
    fs::remove_file(&inbox).unwrap();
    wait(|| inbox.is_dir().then_some(()), || serving.text());
    home.drop_into(&inbox, "a.edi", interchange("alder", 1, &orders(1, "SA")).as_bytes());
    wait(|| (record(&home).documents.len() == 2).then_some(()), || serving.text());
}

#[test]
fn a_full_mailbox_is_taken_turn_after_turn_without_waiting_for_the_next_look() {
    let home = Home::new("full-mailbox", &["alder"]);
    home.write(
        "crossdock.toml",
        "[gateway]\nsweep = \"60m\"\nsettle = \"200ms\"\n[health]\nlisten = \"127.0.0.1:0\"\n",
    );
    let (inbox, before) = (home.inbox("alder"), SystemTime::now() - Duration::from_secs(60));
    for number in 1..=2_500 {
        let path = inbox.join(format!("{number:04}.edi"));
        fs::write(&path, interchange("alder", number, &orders(1, &format!("SO{number}-")))).unwrap();
        File::open(&path).unwrap().set_modified(before).unwrap();
    }
    let serving = home.serve();
    serving.ready();
    let record = worked_on(&home, &serving, 2_500);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated));
    let in_order = |one: &Payload, other: &Payload| one.id.cmp(&other.id);
    let mut payloads = record.payloads;
    payloads.sort_by(in_order);
    let mut names: Vec<&str> = payloads.iter().map(|payload| payload.file_name.as_str()).collect();
    let as_taken = names.clone();
    names.sort_unstable();
    assert_eq!(as_taken, names, "in the order in which they came");
}

#[test]
fn a_full_mailbox_is_taken_whole() {
    let home = Home::new("many", &["alder"]);
    let count = std::env::var("CROSSDOCK_MANY").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let inbox = home.inbox("alder");
    for number in 0..count {
        let text = interchange("alder", number as u32 + 1, &[format!("SO{number}")]);
        fs::write(inbox.join(format!("{number:06}.edi")), text).unwrap();
    }
    let serving = home.serve();
    serving.ready();
    wait(|| (files(&home.published("shipment")).len() == count).then_some(()), || serving.text());
    assert_eq!(files(&inbox), Vec::<String>::new());
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn a_file_that_cannot_be_read_is_left_and_told_and_taken_once_it_can() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let home = Home::new("unreadable", &["alder"]);
    let inbox = home.inbox("alder");
    // Who may read everything would not notice: the gateway then runs as somebody else, from where everybody may look.
    let is_root = fs::metadata(&home.path).unwrap().uid() == 0;
    let program = home.path.join("crossdock");
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    if is_root {
        fs::copy(env!("CARGO_BIN_EXE_crossdock"), &program).unwrap();
        assert!(Command::new("chown").args(["-R", "65534"]).arg(&home.path).status().unwrap().success());
        command = Command::new(&program);
        command.uid(NOBODY);
    }
    let file = inbox.join("a.edi");
    fs::write(&file, interchange("alder", 1, &["SO1".to_owned()])).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    home.drop_into(&inbox, "b.edi", interchange("alder", 2, &["SO2".to_owned()]).as_bytes());
    let serving = home.serve_by(command);
    serving.ready();
    wait(|| (files(&home.published("shipment")).len() == 1).then_some(()), || serving.text());
    wait(|| serving.said("the file cannot be read: Permission denied").then_some(()), || serving.text());
    assert_eq!(files(&inbox), ["a.edi"], "it stays where its owner can mend it");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    wait(|| (files(&home.published("shipment")).len() == 2).then_some(()), || serving.text());
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn a_mailbox_on_another_file_system_is_taken_by_copies_that_no_stop_doubles() {
    let home = Home::new("elsewhere", &["alder"]);
    let inbox = home.inbox("alder");
    let Some(_disk) = SmallDisk::mount(&inbox, "12m") else { return };
    // What a stop left before the copy was made.
    fs::write(inbox.join(".taken~00000000000001000~alder~left.edi"), interchange("alder", 1, &["SO1".to_owned()]))
        .unwrap();
    home.drop_into(&inbox, "b.edi", interchange("alder", 2, &["SO2".to_owned()]).as_bytes());
    let serving = home.serve();
    serving.ready();
    wait(|| (files(&home.published("shipment")).len() == 2).then_some(()), || serving.text());
    wait(|| (fs::read_dir(&inbox).unwrap().count() == 0).then_some(()), || serving.text());
    let mut names: Vec<String> = record(&home).payloads.into_iter().map(|payload| payload.file_name).collect();
    names.sort();
    assert_eq!(names, ["b.edi", "left.edi"]);
    serving.kill();
    // What a stop left after the copy was recorded: it is known by its name, and nothing comes of it again.
    fs::write(inbox.join(".taken~00000000000001000~alder~left.edi"), interchange("alder", 1, &["SO1".to_owned()]))
        .unwrap();
    let serving = home.serve();
    serving.ready();
    wait(|| (fs::read_dir(&inbox).unwrap().count() == 0).then_some(()), || serving.text());
    assert_eq!(record(&home).payloads.len(), 2);
}

#[test]
fn a_mailbox_on_a_slow_disk_is_told_and_holds_up_no_other() {
    let home = Home::new("slow", &["alder", "birch"]);
    let slow = home.inbox("alder");
    home.inbox("birch");
    // Every look into the folder takes twelve seconds: the system call is held back.
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "trace=openat"]);
    strace.args(["-e", "inject=openat:delay_enter=12000000", "-P"]).arg(&slow);
    if !strace.output().is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("PROG")) {
        println!("SKIPPED: strace, which makes a disk slow, is not here");
        return;
    }
    strace.arg(env!("CARGO_BIN_EXE_crossdock"));
    let serving = home.serve_by(strace);
    serving.ready();
    home.drop_into(&slow, "a.edi", interchange("alder", 1, &["SO1".to_owned()]).as_bytes());
    home.drop_into(&home.inbox("birch"), "b.edi", interchange("birch", 1, &["SO2".to_owned()]).as_bytes());
    wait(|| (files(&home.published("shipment")).len() == 1).then_some(()), || serving.text());
    assert!(files(&home.published("shipment"))[0].starts_with("SO2"), "the quick one went on");
    wait(|| serving.said("has not answered for 10 s").then_some(()), || serving.text());
    wait(|| (files(&home.published("shipment")).len() == 2).then_some(()), || serving.text());
    serving.kill();
}

#[test]
fn the_day_on_which_a_file_came_is_that_of_its_senders_zone() {
    let home = Home::new("day-of-zone", &[]);
    // Either side of the world has another day than UTC.
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let is_ahead = now.hour() >= 11;
    let zone = if is_ahead { "Etc/GMT-14" } else { "Etc/GMT+12" };
    let from = if is_ahead { now.date().tomorrow().unwrap() } else { now.date() };
    let entry = format!("[[receive]]\ndocument = \"x12/945\"\nmapping = \"alder/945\"\nfrom = {from}\n");
    let profile = profile("alder").replace("time_zone = \"UTC\"", &format!("time_zone = \"{zone}\""));
    home.write("partner-profiles/alder.toml", &format!("{profile}{entry}"));
    home.write("mappings/alder/945.toml", "extends = \"base/945\"\n");
    let serving = home.serve();
    serving.ready();
    let text = interchange("alder", 1, &orders(1, "SO"));
    let (_, documents) = home.dropped(&serving, ("alder", "a.edi"), text.as_bytes());
    let (_, out, _) = home.run(&["document", "show", &documents[0].id.to_string(), "--format", "json"]);
    assert_eq!(out.contains("alder/945"), is_ahead, "{zone}, from {from}: {out}");
}
