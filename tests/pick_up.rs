//! Visits to servers when something goes wrong again and again, or in the worst moment: a file that cannot be read, a record that
//! cannot be written, an answer that does not come. A peer that is not here makes its tests say SKIPPED.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/interop.rs"]
mod interop;
#[path = "support/ssh.rs"]
mod ssh;

use std::fs::{self, File};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use crossdock::store::{Store, VisitState};
use gateway::{Home, Serving, files, interchange, order, profile, wait};
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
    visits(home).pop()
}

fn visits(home: &Home) -> Vec<VisitState> {
    let visits = async { Store::open(&home.data()).await.unwrap().visits().await.unwrap() };
    Runtime::new().unwrap().block_on(visits)
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

/// The partner's profile: files are put into this folder of a server, whose key is trusted.
fn puts(home: &Home, server: &str, folder: &str, keys: &str) {
    home.write("secret", PASSWORD);
    let push = format!("[transport.sftp.push]\nfolder = \"{folder}\"\n{keys}\n");
    home.write(&format!("partner-profiles/{PARTNER}.toml"), &format!("{}{server}{push}", profile(PARTNER)));
    let (code, out, err) = home.run(&["partner", "trust", PARTNER, "--yes"]);
    assert_eq!(code, Some(0), "{out}{err}");
}

fn submit(home: &Home, number: &str) {
    home.drop_into(&home.submitted(), &format!("{number}.json"), order(PARTNER, number).as_bytes());
}

/// So many deliveries have this state.
fn deliveries(home: &Home, state: &str, count: usize) -> Option<()> {
    let (_, out, _) = home.run(&["delivery", "list", "--state", state, "--format", "json"]);
    (out.lines().count() == count).then_some(())
}

/// Waits until delivery 1 is held for this.
fn wait_held(home: &Home, code: &str, serving: &Serving) {
    let shown = || home.run(&["delivery", "show", "1"]).1;
    let is_held = || {
        let (_, held, _) = home.run(&["delivery", "list", "--state", "held", "--format", "json"]);
        (held.lines().count() == 1 && shown().contains(code)).then_some(())
    };
    wait(is_held, || format!("{}\n{}", shown(), serving.text()));
}

#[test]
fn a_file_that_its_partner_takes_at_once_is_not_put_again() {
    let Some(python) = asyncssh_python() else { return };
    for takes in ["takes", "takes-and-denies"] {
        let home = Home::new(&format!("put-{takes}"), &[PARTNER]);
        let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, takes]);
        home.write("secret", PASSWORD);
        puts(&home, &server.transport("russh"), "/in", "");
        let serving = home.serve();
        serving.ready();
        for count in 1..=2 {
            submit(&home, &format!("PO{count}"));
            wait(|| deliveries(&home, "delivered", count), || serving.text());
        }
        let taken = files(&server.folder.join("taken"));
        assert_eq!((taken.len(), files(&server.folder.join("in")).len()), (2, 0), "{taken:?}");
        let (_, shown, _) = home.run(&["delivery", "show", "1"]);
        assert!(shown.contains("warning[delivery.taken]"), "{shown}");
        // Nobody has it after all: a person has it put again.
        assert_eq!(home.run(&["delivery", "retry", "1"]).0, Some(0));
        wait(|| (files(&server.folder.join("taken")).len() == 3).then_some(()), || serving.text());
    }
}

#[test]
fn a_file_that_was_refused_its_name_and_removed_is_put_anew() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("put-refused", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let to = server.folder.join("in");
    puts(&home, &server.transport("russh"), to.to_str().unwrap(), "");
    server.without_sftp("Subsystem sftp internal-sftp -P rename,posix-rename");
    let serving = home.serve();
    serving.ready();
    submit(&home, "PO1");
    wait(|| visit(&home).filter(|visit| !visit.diagnostics.is_empty()), || serving.text());
    serving.kill();
    // The partner clears up, and lets us rename.
    let left = files(&to);
    assert!(left.len() == 1 && left[0].ends_with(".edi.tmp"), "{left:?}");
    fs::remove_file(to.join(&left[0])).unwrap();
    server.configure(&["host"], "");
    let serving = home.serve();
    wait(|| deliveries(&home, "delivered", 1), || serving.text());
    assert_eq!(files(&to), [left[0].trim_end_matches(".tmp")], "{}", home.run(&["delivery", "show", "1"]).1);
}

#[test]
fn behind_the_file_that_is_under_way_nothing_goes_to_a_partner_that_is_paused() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("put-paused", &[PARTNER]);
    let gate = home.path.join("gate");
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "--gate", gate.to_str().unwrap()]);
    home.write("secret", PASSWORD);
    let transport = server.transport("russh").replace("answer_within = \"10s\"", "answer_within = \"120s\"");
    puts(&home, &transport, "/in", "");
    let serving = home.serve();
    serving.ready();
    let partner = |order: &str| assert_eq!(home.run(&["partner", order, PARTNER]).0, Some(0));
    partner("pause");
    for number in ["PO1", "PO2", "PO3"] {
        submit(&home, number);
    }
    wait(|| deliveries(&home, "waiting", 3), || serving.text());
    partner("resume");
    // The first one has its name there, and waits for the answer.
    wait(|| server.log().contains("GATE").then_some(()), || serving.text());
    partner("pause");
    fs::write(&gate, "").unwrap();
    wait(|| visit(&home).and_then(|visit| visit.last_at), || serving.text());
    assert_eq!(files(&server.folder.join("in")).len(), 1, "{}", serving.text());
    partner("resume");
    wait(|| deliveries(&home, "delivered", 3), || serving.text());
}

#[test]
fn a_file_that_could_not_be_removed_is_not_removed_unread_when_another_has_its_name() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("pick-up-later", &[PARTNER]);
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "keeps"]);
    home.write("secret", PASSWORD);
    fs::write(server.folder.join("keep"), "").unwrap();
    let path = server.path("out", "a.edi");
    let put = |number: u32| {
        fs::write(path.with_extension("tmp"), shipment(number)).unwrap();
        let file = File::options().write(true).open(path.with_extension("tmp")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
        fs::rename(path.with_extension("tmp"), &path).unwrap();
    };
    put(1);
    picks_up(&home, &server.transport("russh"), "/out", "every = \"1s\"");
    let serving = home.serve();
    serving.ready();
    wait(|| visit(&home).filter(|visit| !visit.diagnostics.is_empty()), || serving.text());
    put(2);
    fs::remove_file(server.folder.join("keep")).unwrap();
    wait(|| (!path.exists()).then_some(()), || serving.text());
    wait(|| (files(&home.published("shipment")).len() == 2).then_some(()), || serving.text());
}

#[test]
fn a_file_that_comes_while_the_one_before_it_is_recorded_is_not_removed_unread() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("pick-up-replaced", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let (out, name) = (server.folder.join("out"), format!("partner-profiles/{PARTNER}.toml"));
    picks_up(&home, &server.transport("russh"), out.to_str().unwrap(), "every = \"1s\"");
    let visited = fs::read_to_string(home.path.join(&name)).unwrap();
    home.write(&name, &profile(PARTNER));
    let serving = home.serve();
    serving.ready();
    // Nothing can be recorded for a while; what is visited from now on is read.
    let runtime = Runtime::new().unwrap();
    let options = SqliteConnectOptions::new().filename(home.data().join("crossdock.db"));
    let mut record = runtime.block_on(options.connect()).unwrap();
    runtime.block_on(sqlx::query("BEGIN IMMEDIATE").execute(&mut record)).unwrap();
    fs::write(out.join("a.edi"), shipment(1)).unwrap();
    home.write(&name, &visited);
    let downloads = home.data().join("spool/downloads").join(PARTNER);
    let whole = |file: fs::DirEntry| file.metadata().is_ok_and(|file| file.len() == shipment(1).len() as u64);
    let is_read = || fs::read_dir(&downloads).into_iter().flatten().flatten().any(whole).then_some(());
    wait(is_read, || serving.text());
    // Another one has its name, its length, and another time.
    fs::write(out.join("b.tmp"), shipment(2)).unwrap();
    let file = File::options().write(true).open(out.join("b.tmp")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    fs::rename(out.join("b.tmp"), out.join("a.edi")).unwrap();
    runtime.block_on(sqlx::query("COMMIT").execute(&mut record)).unwrap();
    wait(|| (files(&home.published("shipment")).len() == 2).then_some(()), || serving.text());
    wait(|| files(&out).is_empty().then_some(()), || serving.text());
}

#[test]
fn a_removal_that_nobody_answers_keeps_no_other_file() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("pick-up-hangs", &[PARTNER]);
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "bad-hangs"]);
    home.write("secret", PASSWORD);
    let names = ["bad1", "bad2", "good1", "good2", "good3"];
    for (number, name) in (1..).zip(names) {
        fs::write(server.path("out", &format!("{name}.edi")), shipment(number)).unwrap();
    }
    let transport = server.transport("russh").replace("answer_within = \"10s\"", "answer_within = \"1s\"");
    picks_up(&home, &transport, "/out", "every = \"1s\"");
    let serving = home.serve();
    serving.ready();
    wait(|| (files(&server.folder.join("out")) == ["bad1.edi", "bad2.edi"]).then_some(()), || serving.text());
    wait(|| (home.record().0.len() == names.len()).then_some(()), || serving.text());
    // What comes later does not wait for them either.
    fs::write(server.path("out", "good4.edi"), shipment(9)).unwrap();
    wait(|| (files(&server.folder.join("out")).len() == 2).then_some(()), || serving.text());
    assert_eq!(home.record().0.len(), names.len() + 1, "each was picked up once");
}

#[test]
fn a_name_that_cannot_be_asked_for_is_told() {
    use std::os::unix::ffi::OsStrExt;
    let Some(python) = asyncssh_python() else { return };
    for engine in ["russh", "libssh2"] {
        let home = Home::new(&format!("pick-up-name-{engine}"), &[PARTNER]);
        let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD]);
        home.write("secret", PASSWORD);
        let name = std::ffi::OsStr::from_bytes(b"gr\xf6.edi");
        fs::write(server.folder.join("out").join(name), shipment(1)).unwrap();
        picks_up(&home, &server.transport(engine), "/out", "every = \"1s\"\nthen = { move = \"archive\" }");
        let (code, out, _) = home.run(&["partner", "test", PARTNER]);
        assert!(out.contains("its name is not UTF-8") && !out.contains("by itself"), "{engine}: {out}");
        assert!(out.contains("has no folder /out/archive"), "{engine}: {out}");
        assert_eq!(code, Some(1), "{engine}: {out}");
        fs::create_dir(server.folder.join("out/archive")).unwrap();
        let serving = home.serve();
        serving.ready();
        let told = || visit(&home).filter(|visit| visit.diagnostics.iter().any(|one| one.message.contains("gr")));
        wait(told, || serving.text());
        fs::write(server.path("out", "good.edi"), shipment(2)).unwrap();
        wait(|| server.path("out/archive", "good.edi").exists().then_some(()), || serving.text());
        assert_eq!(home.record().0.len(), 1, "{engine}");
    }
}

#[test]
fn what_is_gone_and_may_have_been_taken_waits_for_a_person() {
    let Some(python) = asyncssh_python() else { return };
    for engine in ["russh", "libssh2"] {
        // It takes files under temporary names; or, without those, it hangs up when it has taken one.
        for (name, behave, keys) in [("tmp", &["eats"][..], ""), ("none", &["eats", "drops"], "temporary = \"none\"")] {
            let home = Home::new(&format!("put-gone-{name}-{engine}"), &[PARTNER]);
            let server = Asyncssh::start(&python, &home.path, &[&["--password", PASSWORD], behave].concat());
            puts(&home, &server.transport(engine), "/in", keys);
            let serving = home.serve();
            serving.ready();
            submit(&home, "PO1");
            wait_held(&home, "error[delivery.gone]", &serving);
            let taken = || files(&server.folder.join("taken")).len();
            assert_eq!(taken(), 1, "{engine} {name}");
            let (_, shown, _) = home.run(&["delivery", "show", "1"]);
            assert!(shown.contains("ask alder whether they have it") && shown.contains("delivery retry 1"), "{shown}");
            // They do not: then it is put again.
            assert_eq!(home.run(&["delivery", "retry", "1"]).0, Some(0));
            wait(|| (taken() == 2).then_some(()), || serving.text());
        }
    }
}

#[test]
fn a_file_that_comes_while_ours_is_written_is_not_written_over() {
    let Some(python) = asyncssh_python() else { return };
    for engine in ["russh", "libssh2"] {
        let home = Home::new(&format!("put-race-{engine}"), &[PARTNER]);
        let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "races"]);
        puts(&home, &server.transport(engine), "/in", "");
        let serving = home.serve();
        serving.ready();
        submit(&home, "PO1");
        wait_held(&home, "error[delivery.target-differs]", &serving);
        let to = server.folder.join("in");
        let name = files(&to).into_iter().find(|name| name.ends_with(".edi")).unwrap();
        assert_eq!(fs::read_to_string(to.join(&name)).unwrap(), "something else", "{engine}");
        // Both are moved away, and it is put again: nobody took it.
        fs::remove_dir_all(&to).unwrap();
        fs::create_dir(&to).unwrap();
        assert_eq!(home.run(&["delivery", "retry", "1"]).0, Some(0));
        wait(|| files(&to).contains(&name).then_some(()), || serving.text());
    }
}

#[test]
fn one_file_that_cannot_be_read_keeps_no_other() {
    let Some(python) = asyncssh_python() else { return };
    for engine in ["russh", "libssh2"] {
        for behave in ["bad-fails", "bad-hangs-up"] {
            let home = Home::new(&format!("pick-up-{behave}-{engine}"), &[PARTNER]);
            let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, behave]);
            home.write("secret", PASSWORD);
            fs::create_dir(server.folder.join("other")).unwrap();
            for (number, name) in (1..).zip(["out/bad1", "out/bad2", "out/good1", "other/good2"]) {
                fs::write(server.folder.join(format!("{name}.edi")), shipment(number)).unwrap();
            }
            let other = "[[transport.sftp.poll]]\nfolder = \"/other\"\nmin_age = \"0s\"\nevery = \"1s\"";
            picks_up(&home, &server.transport(engine), "/out", &format!("every = \"1s\"\n{other}"));
            let serving = home.serve();
            serving.ready();
            let taken = |count: usize| wait(|| (home.record().0.len() == count).then_some(()), || serving.text());
            taken(2);
            for number in 3..=4 {
                fs::write(server.path("out", &format!("good{number}.edi")), shipment(number + 2)).unwrap();
                taken(number as usize);
            }
            let visits = async { Store::open(&home.data()).await.unwrap().visits().await.unwrap() };
            let visits = Runtime::new().unwrap().block_on(visits);
            assert!(visits.iter().all(|visit| visit.failures == 0), "{engine} {behave}: {visits:?}");
            let told =
                |folder: &str| visits.iter().any(|visit| visit.folder == folder && !visit.diagnostics.is_empty());
            assert_eq!([told("/out"), told("/other")], [true, false], "{engine} {behave}: {visits:?}");
        }
    }
}

#[test]
fn a_line_that_is_slow_delivers_large_files_too() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("pick-up-drips", &[PARTNER]);
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "drips"]);
    home.write("secret", PASSWORD);
    let orders: Vec<String> = (0..1_000).map(|number| format!("SO{number}")).collect();
    let large = interchange(PARTNER, 1, &orders);
    assert!(large.len() > 150_000, "{}", large.len());
    fs::write(server.path("out", "large.edi"), large).unwrap();
    let transport = server.transport("russh").replace("answer_within = \"10s\"", "answer_within = \"1s\"");
    picks_up(&home, &transport, "/out", "every = \"1s\"");
    let serving = home.serve();
    serving.ready();
    wait(|| (!server.path("out", "large.edi").exists()).then_some(()), || serving.text());
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("pick-up-large", &[PARTNER]);
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "huge-size"]);
    home.write("secret", PASSWORD);
    fs::write(server.path("out", "a.edi"), shipment(1)).unwrap();
    picks_up(&home, &server.transport("russh"), "/out", "every = \"1s\"\nfile_bytes = 5000");
    let serving = home.serve();
    serving.ready();
    let visited = wait(|| visit(&home).filter(|visit| !visit.diagnostics.is_empty()), || serving.text());
    assert_eq!(visited.diagnostics[0].code.name(), "sftp.too-large");
    assert!(files(&home.data().join("spool/downloads").join(PARTNER)).is_empty());
}

#[test]
fn a_name_that_is_used_again_is_renamed_to_one_that_is_passed_over() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("pick-up-renamed", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let out = server.folder.join("out");
    let keys = "every = \"1s\"\nthen = { rename = \".done\" }";
    picks_up(&home, &server.transport("russh"), out.to_str().unwrap(), keys);
    let profile = home.path.join(format!("partner-profiles/{PARTNER}.toml"));
    let all = fs::read_to_string(&profile).unwrap().replace("files = [\"*.edi\"]\n", "");
    fs::write(&profile, all).unwrap();
    let serving = home.serve();
    serving.ready();
    for number in 1..=3 {
        fs::write(out.join("a.edi"), shipment(number)).unwrap();
        let renamed = || files(&out).iter().filter(|name| name.ends_with(".done")).count() == number as usize;
        wait(|| (renamed() && !out.join("a.edi").exists()).then_some(()), || format!("{:?}", files(&out)));
    }
    let last = visit(&home).unwrap().last_at;
    wait(|| (visit(&home).unwrap().last_at > last).then_some(()), || serving.text());
    assert_eq!((home.record().0.len(), files(&out).len()), (3, 3), "{:?}", files(&out));
}

/// A server that was down for long: nothing is put there or picked up for most of an hour. Both ways are open as soon as one is.
#[test]
fn a_server_that_lets_us_in_again_is_open_for_what_is_put_and_for_what_is_picked_up() {
    if !has_sshd() {
        return;
    }
    for (name, is_due) in [("retried", "none"), ("looked-through", "/out")] {
        let home = Home::new(&format!("pick-up-open-again-{name}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let [out, to] = ["out", "in"].map(|folder| server.folder.join(folder));
        let push = format!("[transport.sftp.push]\nfolder = \"{}\"\n", to.display());
        picks_up(&home, &server.transport("russh"), out.to_str().unwrap(), &format!("every = \"1s\"\n{push}"));
        server.down.store(true, Ordering::SeqCst);
        let serving = home.serve();
        home.drop_into(&home.submitted(), "PO1.json", order(PARTNER, "PO1").as_bytes());
        let both = || (visits(&home).iter().filter(|visit| visit.failures > 0).count() == 2).then_some(());
        wait(both, || format!("{:?}\n{}", visits(&home), serving.text()));
        drop(serving);
        in_the_database(&home, "UPDATE visits SET failures = 20, next_at = (unixepoch() + 3000) * 1000000");
        in_the_database(&home, "UPDATE deliveries SET due_at = (unixepoch() + 600) * 1000000");
        if is_due == "/out" {
            in_the_database(&home, "UPDATE visits SET next_at = 0 WHERE folder LIKE '%/out'");
        }
        server.down.store(false, Ordering::SeqCst);
        fs::write(out.join("a.edi"), shipment(1)).unwrap();
        let serving = home.serve();
        if is_due == "none" {
            assert_eq!(home.run(&["delivery", "retry", "1"]).0, Some(0));
        }
        let done = || {
            let published = files(&home.published("shipment")).len() == 1;
            (published && files(&to).iter().any(|name| name.starts_with("940_"))).then_some(())
        };
        wait(done, || format!("{name}: {:?}\n{}", visits(&home), serving.text()));
        wait(|| visits(&home).iter().all(|visit| visit.failures == 0).then_some(()), || serving.text());
    }
}
