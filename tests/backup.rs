//! A copy of a home, made by `crossdock backup` beside a gateway that works, and a gateway that goes on from it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crossdock::lifecycle::PayloadState;

use gateway::{Home, Serving, files, interchange, order, wait};

fn orders(count: usize, prefix: &str) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}{number}")).collect()
}

/// A folder for copies beside the home, gone with it.
struct Backups(PathBuf);

impl Backups {
    fn of(home: &Home) -> Self {
        let folder = home.path.with_extension("backups");
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Backups {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A file with the interchange `number` of alder, of one shipment. More than 64 KiB of it lie in the spool.
fn file(number: u32, shipments: usize) -> String {
    interchange("alder", number, &orders(shipments, &format!("SO{number}-")))
}

/// Waits until so many payloads came, and all are worked on.
fn worked_on(home: &Home, serving: &Serving, count: usize) {
    let done = || {
        let payloads = home.record().0;
        let waits = payloads.iter().any(|payload| payload.state == PayloadState::Received);
        (payloads.len() == count && !waits).then_some(())
    };
    wait(done, || serving.text());
}

fn states(home: &Home, state: PayloadState) -> usize {
    home.record().0.iter().filter(|payload| payload.state == state).count()
}

/// What `docs/OPERATING.md` shows is what is said, but for numbers.
fn shown_in_the_handbook(said: &str) {
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATING.md");
    let handbook = fs::read_to_string(handbook).unwrap();
    let shown = handbook.split("```text backup\n").nth(1).unwrap().split("```").next().unwrap();
    let plain = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(plain(shown), plain(said));
}

#[test]
fn a_gateway_goes_on_from_a_copy_that_was_made_beside_another() {
    let home = Home::new("backed-up", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let inbox = home.inbox("alder");
    home.drop_into(&inbox, "a.edi", file(1, 2).as_bytes());
    home.drop_into(&inbox, "large.edi", file(2, 1_000).as_bytes());
    home.drop_into(&home.submitted(), "o.json", order("alder", "PO1").as_bytes());
    wait(|| (files(&home.published("shipment")).len() == 1_002).then_some(()), || serving.text());
    worked_on(&home, &serving, 3);
    wait(|| (files(&home.outbox("alder")).len() == 3).then_some(()), || serving.text());
    let backups = Backups::of(&home);
    let (code, said, _) = home.run(&["backup", &backups.path("first")]);
    assert_eq!(code, Some(0));
    assert!(said.contains(": 3 payloads, 1003 documents, 3 deliveries"), "{said}");
    shown_in_the_handbook(&said.replace(&backups.path("first"), "/backup/crossdock-1129"));
    home.drop_into(&inbox, "b.edi", file(3, 2).as_bytes());
    worked_on(&home, &serving, 4);
    drop(serving);

    let restored = Home { path: backups.0.join("first") };
    let again = restored.serve();
    again.ready();
    assert_eq!(restored.record().0.len(), 3, "what came later is not in it");
    assert_eq!(files(&restored.outbox("alder")).len(), 3, "what waits to be fetched is");
    restored.drop_into(&restored.submitted(), "p.json", order("alder", "PO2").as_bytes());
    // What came before comes again, and what came later.
    for (name, bytes) in [("a.edi", file(1, 2)), ("b.edi", file(3, 2))] {
        restored.drop_into(&restored.inbox("alder"), name, bytes.as_bytes());
        wait(|| files(&restored.inbox("alder")).is_empty().then_some(()), || again.text());
    }
    wait(|| (restored.record().0.len() == 6).then_some(()), || again.text());
    assert_eq!(states(&restored, PayloadState::Received), 2, "its partners wait until somebody has looked");
    let (code, said, _) = restored.run(&["partner", "resume", "--all"]);
    assert_eq!((code, said.as_str()), (Some(0), "alder goes on\n"));
    worked_on(&restored, &again, 6);
    assert_eq!(states(&restored, PayloadState::Duplicate), 1, "what came before is not done twice");
    wait(|| (files(&restored.published("shipment")).len() == 1_004).then_some(()), || again.text());
    wait(|| (files(&restored.outbox("alder")).len() == 5).then_some(()), || again.text());
    let rerun = ["document", "rerun", "--number", "SO2-999", "--state", "published", "--dry-run"];
    let (code, out, _) = restored.run(&rerun);
    assert_eq!((code, out.lines().last()), (Some(0), Some("1 document would be done")), "its bytes are there");
    assert!(out.contains("its object is the same as before"), "those before it are counted right: {out}");
}

/// A profile that is away when the copy is made, and put back in it, sends nothing either.
#[test]
fn a_partner_whose_profile_is_gone_is_paused_with_the_others() {
    let home = Home::new("paused-without", &["alder", "birch"]);
    let serving = home.serve();
    serving.ready();
    assert_eq!(serving.terminate(), Some(0));
    home.write("order.json", &order("birch", "PO1"));
    let order = home.path.join("order.json").display().to_string();
    assert_eq!(home.run(&["submit", &order]).0, Some(0));
    let profile = home.path.join("partner-profiles/birch.toml");
    let text = fs::read_to_string(&profile).unwrap();
    fs::remove_file(&profile).unwrap();
    let backups = Backups::of(&home);
    assert_eq!(home.run(&["backup", &backups.path("first")]).0, Some(0));
    let restored = Home { path: backups.0.join("first") };
    let (_, said, _) = restored.run(&["partner", "list"]);
    let of_birch = said.lines().find(|line| line.starts_with("birch")).unwrap_or_default();
    assert!(of_birch.contains("no profile") && of_birch.contains("paused since"), "{said}");
    restored.write("partner-profiles/birch.toml", &text);
    let (_, said, _) = restored.run(&["partner", "list"]);
    assert_eq!(said.matches("paused since").count(), 2, "{said}");
    let (_, said, _) = home.run(&["partner", "pause", "--all"]);
    assert_eq!(said.matches(" is paused").count(), 2, "{said}");
}

/// As `docs/OPERATING.md` has it, step by step, with a partner who was sent something since the backup.
#[test]
fn after_a_restore_no_number_is_given_twice_and_nothing_goes_to_partners_unseen() {
    let home = Home::new("backed-up-ahead", &["alder"]);
    let backups = Backups::of(&home);
    let submitted = |home: &Home, serving: &Serving, number: &str, count: usize| {
        home.drop_into(&home.submitted(), &format!("{number}.json"), order("alder", number).as_bytes());
        wait(|| (home.record().0.len() == count).then_some(()), || serving.text());
    };
    let sent = |home: &Home, serving: &Serving, count: usize| {
        wait(|| (files(&home.outbox("alder")).len() == count).then_some(()), || serving.text());
    };
    let serving = home.serve();
    serving.ready();
    submitted(&home, &serving, "PO1", 1);
    sent(&home, &serving, 1);
    assert_eq!(home.run(&["backup", &backups.path("copy")]).0, Some(0));
    submitted(&home, &serving, "PO2", 2);
    sent(&home, &serving, 2);
    drop(serving);

    let restored = Home { path: backups.0.join("copy") };
    // Before it starts: an order of the ERP gets its number when it is written, also where its partner is paused.
    let (code, _, said) = restored.run(&["control-number", "set", "alder", "--interchange", "3", "--group", "3"]);
    assert_eq!(code, Some(0), "{said}");
    let again = restored.serve();
    again.ready();
    submitted(&restored, &again, "PO3", 2);
    let (_, said, _) = restored.run(&["status"]);
    assert!(said.contains("Paused\n  alder since") && said.contains("from a backup"), "{said}");
    // Its acknowledgment of what the record does not know.
    let acknowledgment = interchange("alder", 9, &[])
        .replace("GS*SW*", "GS*FA*")
        .replace("GE*0*9~", "ST*997*0001~\nAK1*OW*2~\nAK2*940*0001~\nAK5*A~\nAK9*A*1*1*1~\nSE*6*0001~\nGE*1*9~");
    restored.drop_into(&restored.inbox("alder"), "997.edi", acknowledgment.as_bytes());
    wait(|| (restored.record().0.len() == 3).then_some(()), || again.text());
    assert_eq!(files(&restored.outbox("alder")).len(), 1, "nothing goes out before somebody has looked");
    assert_eq!(restored.run(&["partner", "resume", "alder"]).0, Some(0));
    sent(&restored, &again, 2);
    let unmatched = || {
        let found = restored.record().1.into_iter().filter_map(|one| one.problem);
        found.map(|problem| problem.code.name()).find(|code| *code == "acknowledgment.unmatched")
    };
    wait(unmatched, || again.text());
    let outbox = restored.outbox("alder");
    let texts: Vec<String> = files(&outbox).iter().map(|name| fs::read_to_string(outbox.join(name)).unwrap()).collect();
    let numbers: Vec<bool> = [("*000000001*", "PO1"), ("*000000003*", "PO3")]
        .iter()
        .map(|(number, order)| texts.iter().any(|text| text.contains(number) && text.contains(order)))
        .collect();
    assert_eq!(numbers, [true, true], "{texts:?}");
}

#[test]
fn a_partner_whose_profile_is_away_is_paused_in_the_copy_too() {
    let home = Home::new("backed-up-away", &["alder", "birch"]);
    let backups = Backups::of(&home);
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.submitted(), "o.json", order("alder", "PO1").as_bytes());
    wait(|| (files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
    drop(serving);
    // Of alder something is on record, too; birch has its mailbox alone.
    drop(fs::remove_dir_all(home.data().join("mailboxes/alder")));
    let profile = |home: &Home, partner: &str| home.path.join(format!("partner-profiles/{partner}.toml"));
    for partner in ["alder", "birch"] {
        fs::rename(profile(&home, partner), home.path.join(partner)).unwrap();
    }
    assert_eq!(home.run(&["backup", &backups.path("copy")]).0, Some(0));
    let restored = Home { path: backups.0.join("copy") };
    // It is let go on also before its profile is back.
    assert_eq!(restored.run(&["partner", "resume", "alder"]).1, "alder goes on\n");
    fs::rename(restored.path.join("birch"), profile(&restored, "birch")).unwrap();
    assert_eq!(restored.run(&["partner", "resume", "birch"]).1, "birch goes on\n");
}

#[test]
fn copies_made_while_files_come_and_go_are_gone_on_from_with_each_once() {
    let home = Home::new("backed-up-busy", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let (inbox, backups, stop) = (home.inbox("alder"), Backups::of(&home), AtomicBool::new(false));
    let text = |number: usize| file(u32::try_from(number).unwrap(), if number.is_multiple_of(20) { 600 } else { 1 });
    let copies = 1..=2;
    // So that it takes a while to come from the record to the mailboxes.
    let many = home.data().join("spool/many");
    fs::create_dir_all(&many).unwrap();
    (0..2_000).for_each(|number| fs::write(many.join(number.to_string()), b"").unwrap());
    let dropped = std::thread::scope(|scope| {
        let dropping = scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) && number < 900 {
                number += 1;
                home.drop_into(&inbox, &format!("{number}.edi"), text(number).as_bytes());
                wait(|| (files(&inbox).len() < 5).then_some(()), || serving.text());
            }
            number
        });
        for copy in copies.clone() {
            wait(|| (home.record().0.len() >= copy * 40).then_some(()), || serving.text());
            let (code, said, complaint) = home.run(&["backup", &backups.path(&copy.to_string())]);
            assert_eq!(code, Some(0), "{said}{complaint}");
        }
        stop.store(true, Ordering::Relaxed);
        dropping.join().unwrap()
    });
    drop(serving);
    for copy in copies {
        let restored = Home { path: backups.0.join(copy.to_string()) };
        let known: Vec<String> = restored.record().0.into_iter().map(|payload| payload.file_name).collect();
        let again = restored.serve();
        again.ready();
        assert_eq!(restored.run(&["partner", "resume", "--all"]).0, Some(0));
        // What is not on record its sender is asked for.
        for number in (1..=dropped).filter(|number| !known.contains(&format!("{number}.edi"))) {
            restored.drop_into(&restored.inbox("alder"), &format!("again-{number}.edi"), text(number).as_bytes());
        }
        let translated = || states(&restored, PayloadState::Translated);
        let waits = || !files(&restored.inbox("alder")).is_empty() || states(&restored, PayloadState::Received) > 0;
        let told = || format!("copy {copy}: {} of {dropped}\n{}", translated(), again.text());
        wait(|| (!waits() && translated() == dropped).then_some(()), told);
        let (payloads, _) = restored.record();
        let names: BTreeSet<&str> = payloads.iter().map(|payload| payload.file_name.as_str()).collect();
        assert_eq!(names.len(), payloads.len(), "no file of the home is in copy {copy} twice");
        // Each is answered, and no answer finds another of its name there.
        wait(|| (files(&restored.outbox("alder")).len() == dropped).then_some(()), told);
        assert!(!again.text().contains("already, with other content"), "{}", again.text());
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_there() {
    let home = Home::new("backed-up-damaged", &["alder"]);
    let serving = home.serve();
    serving.ready();
    for number in 1..=2 {
        home.drop_into(&home.inbox("alder"), &format!("{number}.edi"), file(number, 600).as_bytes());
    }
    worked_on(&home, &serving, 2);
    let spooled: Vec<PathBuf> =
        files(&home.data().join("spool")).iter().map(|name| home.data().join("spool").join(name)).collect();
    let [changed, gone] = spooled.as_slice() else { panic!("two large files lie in the spool: {spooled:?}") };
    let mut bytes = fs::read(changed).unwrap();
    bytes[300] ^= 1;
    fs::write(changed, bytes).unwrap();
    fs::remove_file(gone).unwrap();
    let backups = Backups::of(&home);
    let (code, said, _) = home.run(&["backup", &backups.path("one"), "--format", "json"]);
    assert_eq!(code, Some(1));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let lost = said["lost"].as_array().unwrap();
    let told = |path: &Path| {
        let name = path.strip_prefix(&home.path).unwrap().display().to_string();
        lost.iter()
            .find(|one| one["file"] == name.as_str() && one["content"].is_i64())
            .map(|one| one["why"].to_string())
    };
    assert_eq!(lost.len(), 2, "{said}");
    assert!(told(changed).unwrap().contains("others than those that were kept"), "{said}");
    assert!(told(gone).unwrap().contains("no such file"), "{said}");
    assert!(Path::new(&backups.path("one")).join("data/crossdock.db").is_file());
    let (code, said, _) = home.run(&["backup", &backups.path("two")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("not in it: data/spool/") && said.contains("look for it in an older one"), "{said}");
}

#[test]
fn a_copy_is_made_whole_or_not_at_all() {
    let home = Home::new("backed-up-or-not", &["alder"]);
    let (code, _, said) = home.run(&["backup", "/tmp/never"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("no gateway has run"), "{said}");
    drop({
        let serving = home.serve();
        serving.ready();
        serving
    });
    let backups = Backups::of(&home);
    let fails = |to: &str, with: &str| {
        let (code, _, said) = home.run(&["backup", to]);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(with), "{said}");
    };
    fs::create_dir(backups.path("there")).unwrap();
    fails(&backups.path("there"), "is there already");
    fails(&home.path.join("data/copy").display().to_string(), "is inside the home");
    fails(&backups.path("nowhere/copy"), "there is no such folder");
    fs::create_dir(backups.path("broken.part")).unwrap();
    fails(&backups.path("broken"), "another backup goes there now, or one was broken off");
    assert!(!Path::new(&backups.path("broken")).exists());
}

#[test]
fn links_are_followed_but_in_mailboxes() {
    let home = Home::new("backed-up-links", &["alder"]);
    let backups = Backups::of(&home);
    let shared = backups.0.join("shared");
    fs::create_dir_all(shared.join("inner")).unwrap();
    fs::write(shared.join("inner/notes.txt"), "shared").unwrap();
    symlink(&shared, home.path.join("shared")).unwrap();
    symlink(&home.path, shared.join("around")).unwrap();
    symlink(&backups.0, home.path.join("backups")).unwrap();
    symlink(home.path.join("crossdock.toml"), home.inbox("alder").join("linked.edi")).unwrap();
    drop({
        let serving = home.serve();
        serving.ready();
        serving
    });
    let key = home.path.join("key");
    fs::write(&key, "secret").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let to = backups.0.join("copy");
    let (code, said, _) = home.run(&["backup", &to.display().to_string()]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(to.join("shared/inner/notes.txt")).unwrap(), "shared");
    assert!(!fs::symlink_metadata(to.join("shared")).unwrap().is_symlink());
    assert!(!to.join("shared/around").join("shared").exists(), "what leads around is not gone along for ever");
    assert!(to.join("backups/shared/inner").is_dir() && !to.join("backups/copy.part").exists(), "it is not in itself");
    assert!(fs::symlink_metadata(to.join("data/mailboxes/alder/inbox/linked.edi")).unwrap().is_symlink());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&to), mode(&to.join("key"))), (0o700, 0o600));
    assert!(!to.join("data/gateway.lock").exists() && !to.join("data/crossdock.db-wal").exists());
}
