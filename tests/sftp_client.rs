//! Our visits to partners' SFTP servers: files are picked up and put, with both engines, at OpenSSH's sshd and at servers of
//! asyncssh that misbehave. A peer that is not here makes its tests say SKIPPED.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/interop.rs"]
mod interop;
#[path = "support/ssh.rs"]
mod ssh;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossdock::diagnostic::Diagnostics;
use crossdock::partner::Profile;
use crossdock::pipeline::destination::destination;
use crossdock::source::SourceFile;
use crossdock::store::{Store, VisitState};
use crossdock::transport::sftp::client::{Goods, Why, connect, push};
use crossdock::transport::sftp::server::hash;
use gateway::{Home, Serving, files, interchange, order, profile, wait};
use serde_json::Value;
use ssh::{Asyncssh, PASSWORD, Sshd, asyncssh_python, fingerprint, has_sshd, keys};

const PARTNER: &str = "alder";
const ENGINES: [&str; 2] = ["russh", "libssh2"];

/// Works with both engines at the same time: most of it is waiting.
fn with_both(work: impl Fn(&str) + Sync) {
    side_by_side(&ENGINES, |engine| work(engine));
}

fn side_by_side<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    let work = &work;
    std::thread::scope(|scope| all.iter().for_each(|one| drop(scope.spawn(move || work(one)))));
}

/// Both engines were seen to do this at a server of OpenSSH that does that.
fn seen_at_openssh(that: &str, this: &str) {
    interop::row("servers that we visit", &["OpenSSH `sshd`", that], &interop::openssh(), &[this, "yes", "yes"]);
}

/// Both engines were seen to do this at a server of asyncssh that does that.
fn seen_at_asyncssh(python: &Path, that: &str, this: &str) {
    let version = interop::python_module(python, "asyncssh").unwrap();
    interop::row("servers that we visit", &["asyncssh", that], &version, &[this, "yes", "yes"]);
}

/// The partner's profile with this transport.
fn with_transport(home: &Home, transport: &str) {
    home.write(&format!("partner-profiles/{PARTNER}.toml"), &format!("{}{transport}", profile(PARTNER)));
}

/// The command ends with this code and says these words.
fn says(home: &Home, code: i32, arguments: &[&str], words: &[&str]) -> String {
    let (exit, out, err) = home.run(arguments);
    let all = format!("{out}{err}");
    assert_eq!(exit, Some(code), "{arguments:?}\n{all}");
    for word in words {
        assert!(all.contains(word), "{arguments:?} does not say {word:?}:\n{all}");
    }
    all
}

fn trust(home: &Home) {
    says(home, 0, &["partner", "trust", PARTNER, "--yes"], &["trusted: 127.0.0.1:"]);
}

fn rows(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let (_, out, _) = home.run(&[arguments, &["--format", "json"]].concat());
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How visits are: those that pick up, or those that put. Asked of the record, as the command takes long to begin.
fn visit(home: &Home, puts: bool) -> Option<VisitState> {
    if !Store::exists(&home.data()) {
        return None;
    }
    let visits = async { Store::open(&home.data()).await.unwrap().visits().await.unwrap() };
    let visits = tokio::runtime::Runtime::new().unwrap().block_on(visits);
    visits.into_iter().find(|visit| visit.folder.is_empty() == puts)
}

/// The problem that visits have.
fn problem(home: &Home, puts: bool) -> Option<&'static str> {
    Some(visit(home, puts)?.diagnostics.first()?.code.name())
}

/// Waits until visits have this problem.
fn wait_for_problem(home: &Home, puts: bool, code: &str, serving: &Serving) {
    let has = || (problem(home, puts) == Some(code)).then_some(());
    wait(has, || format!("no {code}: {:?}\n{}", visit(home, puts), serving.text()));
}

fn published(home: &Home) -> Vec<String> {
    let orders = files(&home.published("shipment")).into_iter().map(|name| name.split('-').next().unwrap().to_owned());
    let mut orders: Vec<String> = orders.collect();
    orders.sort();
    orders
}

fn wait_published(home: &Home, orders: &[&str], serving: &Serving) {
    let all = || (published(home).len() >= orders.len()).then_some(());
    wait(all, || format!("{:?} of {orders:?}\n{}", published(home), serving.text()));
    assert_eq!(published(home), orders);
}

fn shipment(number: u32, order: &str) -> String {
    interchange(PARTNER, number, &[order.to_owned()])
}

fn submit(home: &Home, order_number: &str) {
    let (folder, text) = (home.submitted(), order(PARTNER, order_number));
    home.drop_into(&folder, &format!("{order_number}.json"), text.as_bytes());
}

/// Orders that stand in the 940s of a folder, in the order of their control numbers.
fn arrived(folder: &Path) -> Vec<String> {
    let name = |name: &String| name.ends_with(".edi") && name.starts_with("940_");
    let texts = files(folder).into_iter().filter(name).map(|name| fs::read_to_string(folder.join(name)).unwrap());
    // One that is being written under its name is not there yet.
    texts
        .filter(|text| text.contains("IEA*"))
        .map(|text| text.split("W05*N*").nth(1).unwrap().split(['*', '~']).next().unwrap().to_owned())
        .collect()
}

fn wait_arrived(folder: &Path, orders: &[&str], serving: &Serving) {
    let all = || (arrived(folder).len() >= orders.len()).then_some(());
    wait(all, || format!("{:?} of {orders:?}\n{}", arrived(folder), serving.text()));
    assert_eq!(arrived(folder), orders);
}

/// A poll of the folder `out` of a server that serves whole paths, or of one with a root of its own.
fn poll(folder: &str, keys: &str) -> String {
    format!(
        "[[transport.sftp.poll]]\nfolder = \"{folder}\"\nfiles = [\"*.edi\"]\nevery = \"1s\"\nmin_age = \"1s\"\n{keys}\n"
    )
}

fn put(folder: &str, keys: &str) -> String {
    format!("[transport.sftp.push]\nfolder = \"{folder}\"\n{keys}\n")
}

#[test]
fn files_are_picked_up_and_disposed_of_as_the_profile_says() {
    if !has_sshd() {
        return;
    }
    with_both(|engine| {
        let cases = [
            ("delete", "then = \"delete\""),
            ("move", "then = { move = \"archive\" }"),
            ("rename", "then = { rename = \".taken\" }"),
            ("leave", "then = \"leave\""),
        ];
        side_by_side(&cases, |&(case, then)| {
            let home = Home::new(&format!("sftp-{engine}-{case}"), &[PARTNER]);
            let server = Sshd::new(&home.path, "");
            let out = server.folder.join("out");
            fs::create_dir_all(out.join("archive")).unwrap();
            fs::write(out.join("archive/b.edi"), "an older one").unwrap();
            with_transport(&home, &format!("{}{}", server.transport(engine), poll(out.to_str().unwrap(), then)));
            trust(&home);
            fs::write(out.join("a.edi"), shipment(1, "SO1")).unwrap();
            fs::write(out.join("b.edi"), shipment(2, "SO2")).unwrap();
            fs::write(out.join("c.edi.filepart"), shipment(3, "SO3")).unwrap();
            fs::write(out.join("d.txt"), "not for us").unwrap();
            let serving = home.serve();
            wait_published(&home, &["SO1", "SO2"], &serving);
            let left = |names: &[&str]| {
                wait(|| (files(&out) == names).then_some(()), || format!("{:?}\n{}", files(&out), serving.text()));
            };
            match case {
                "delete" => left(&["archive", "c.edi.filepart", "d.txt"]),
                "rename" => left(&["a.edi.taken", "archive", "b.edi.taken", "c.edi.filepart", "d.txt"]),
                "leave" => {
                    left(&["a.edi", "archive", "b.edi", "c.edi.filepart", "d.txt"]);
                    // A touched one is the same; one with other content is new, though it has the same name.
                    let touched = Command::new("touch").arg(out.join("a.edi")).status().unwrap();
                    assert!(touched.success());
                    fs::write(out.join("b.edi"), shipment(4, "SO4")).unwrap();
                }
                _ => {
                    left(&["archive", "c.edi.filepart", "d.txt"]);
                    let archive = files(&out.join("archive"));
                    assert!(archive.len() == 3 && archive[2].starts_with("b.edi."), "never over another: {archive:?}");
                    assert_eq!(fs::read_to_string(out.join("archive/b.edi")).unwrap(), "an older one");
                }
            }
            // The same name again is a new file; what it says, if it came before, is the pipeline's question.
            if case != "leave" {
                fs::write(out.join("a.edi"), shipment(4, "SO4")).unwrap();
            }
            wait_published(&home, &["SO1", "SO2", "SO4"], &serving);
            assert_eq!(rows(&home, &["payload", "list"]).len(), 3);
            assert_eq!(serving.terminate(), Some(0));
        });
    });
    seen_at_openssh("has files for us", "picked up once; deleted, moved, renamed or left, never over others");
}

#[test]
fn a_file_with_its_done_file_is_taken_and_both_are_gone() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("sftp-done", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let (out, to) = (server.folder.join("out"), server.folder.join("in"));
    let keys = poll(out.to_str().unwrap(), "done_file = \".ok\"");
    with_transport(&home, &format!("{}{keys}{}", server.transport("russh"), put(to.to_str().unwrap(), "")));
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    home.write(
        "partner-profiles/alder.toml",
        &profile.replace("x12/004010/940\"\n", "x12/004010/940\"\ndone_file = \".fin\"\n"),
    );
    trust(&home);
    fs::write(out.join("a.edi"), shipment(1, "SO1")).unwrap();
    fs::write(out.join("a.edi.ok"), "").unwrap();
    fs::write(out.join("b.edi"), shipment(2, "SO2")).unwrap();
    let serving = home.serve();
    wait_published(&home, &["SO1"], &serving);
    wait(|| (files(&out) == ["b.edi"]).then_some(()), || format!("{:?}", files(&out)));
    fs::write(out.join("b.edi.ok"), "").unwrap();
    wait_published(&home, &["SO1", "SO2"], &serving);
    // And ours has one too.
    submit(&home, "PO1");
    wait_arrived(&to, &["PO1"], &serving);
    wait(|| files(&to).iter().any(|name| name.ends_with(".edi.fin")).then_some(()), || format!("{:?}", files(&to)));
}

#[test]
fn acknowledgments_may_lie_in_the_outbox_while_orders_are_put_there() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("sftp-both-ways", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let to = server.folder.join("in");
    let put = format!("{}{}", server.transport("russh"), put(to.to_str().unwrap(), ""));
    with_transport(&home, &format!("[acknowledge]\ntransport = \"outbox\"\n{put}"));
    trust(&home);
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.inbox(PARTNER), "a.edi", shipment(1, "SO1").as_bytes());
    submit(&home, "PO1");
    wait_arrived(&to, &["PO1"], &serving);
    wait(|| (files(&home.outbox(PARTNER)).len() == 1).then_some(()), || serving.text());
    assert!(files(&home.outbox(PARTNER))[0].starts_with("997_"));
    assert_eq!(files(&to).len(), 1, "only the order");
    // They do not wait for a server that is down.
    server.down.store(true, Ordering::SeqCst);
    submit(&home, "PO2");
    wait_for_problem(&home, true, "sftp.unreachable", &serving);
    home.drop_into(&home.inbox(PARTNER), "c.edi", shipment(3, "SO3").as_bytes());
    wait(|| (files(&home.outbox(PARTNER)).len() == 2).then_some(()), || serving.text());
    assert_eq!(problem(&home, true), Some("sftp.unreachable"));
    server.down.store(false, Ordering::SeqCst);
    wait_arrived(&to, &["PO1", "PO2"], &serving);
    serving.kill();
    // Without the key all goes there.
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    let all = profile.replace("transport = \"outbox\"", "");
    fs::write(home.path.join("partner-profiles/alder.toml"), &all).unwrap();
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.inbox(PARTNER), "b.edi", shipment(2, "SO2").as_bytes());
    wait(|| files(&to).iter().any(|name| name.starts_with("997_")).then_some(()), || serving.text());
    // And to ask for a server that is not named is an error.
    let wrong = profile.replace("\"outbox\"", "\"sftp\"");
    let wrong = &wrong[..wrong.find("[transport.sftp").unwrap()];
    fs::write(home.path.join("partner-profiles/alder.toml"), wrong).unwrap();
    let (code, out, beside) = home.run(&["check"]);
    assert_eq!(code, Some(1));
    assert!(format!("{out}{beside}").contains("nothing says where on their server"), "{out}{beside}");
}

#[test]
fn files_are_put_whole_and_never_over_others() {
    if !has_sshd() {
        return;
    }
    with_both(|engine| {
        let home = Home::new(&format!("sftp-put-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let to = server.folder.join("in");
        with_transport(&home, &format!("{}{}", server.transport(engine), put(to.to_str().unwrap(), "")));
        trust(&home);
        let serving = home.serve();
        submit(&home, "PO1");
        wait_arrived(&to, &["PO1"], &serving);
        assert!(files(&home.outbox(PARTNER)).is_empty(), "it lies there, not here");
        let name = files(&to).remove(0);
        // Sent again by a person, it is there already; with other content it is nobody's to write over.
        let id = rows(&home, &["delivery", "list"])[0]["delivery"].to_string();
        let state = |word: &str| {
            wait(|| (rows(&home, &["delivery", "list"])[0]["state"] == word).then_some(()), || serving.text());
        };
        state("delivered");
        says(&home, 0, &["delivery", "retry", &id], &[]);
        state("delivered");
        fs::write(to.join(&name), "something else").unwrap();
        says(&home, 0, &["delivery", "retry", &id], &[]);
        state("held");
        says(&home, 0, &["delivery", "show", &id], &["delivery.target-differs", "on 127.0.0.1:"]);
        assert_eq!(fs::read_to_string(to.join(&name)).unwrap(), "something else");
        // What comes after it goes on.
        submit(&home, "PO2");
        wait(|| (files(&to).len() == 2).then_some(()), || serving.text());
        fs::remove_file(to.join(&name)).unwrap();
        // A temporary file that an attempt left is written over.
        fs::write(to.join(format!("{name}.tmp")), "half").unwrap();
        says(&home, 0, &["delivery", "retry", &id], &[]);
        state("delivered");
        wait_arrived(&to, &["PO1", "PO2"], &serving);
        assert_eq!(files(&to).len(), 2, "{:?}", files(&to));
        assert_eq!(serving.terminate(), Some(0));
    });
    seen_at_openssh(
        "takes files",
        "put under a temporary name, renamed; a target with the same content is done, with other it is held",
    );
}

#[test]
fn a_dead_server_opens_the_circuit_and_all_goes_in_order_when_it_is_back() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("sftp-dead", &[PARTNER, "birch"]);
    let server = Sshd::new(&home.path, "");
    let to = server.folder.join("in");
    let transport = format!("{}{}", server.transport("russh"), put(to.to_str().unwrap(), ""));
    with_transport(&home, &transport);
    trust(&home);
    server.down.store(true, Ordering::SeqCst);
    let (serving, begun) = (home.serve(), std::time::Instant::now());
    for number in ["PO1", "PO2", "PO3"] {
        submit(&home, number);
        wait(
            || rows(&home, &["document", "list"]).iter().any(|row| row["business_number"] == number).then_some(()),
            || serving.text(),
        );
    }
    wait_for_problem(&home, true, "sftp.unreachable", &serving);
    // Nobody else waits for it.
    let other = order("birch", "BO1");
    home.drop_into(&home.submitted(), "BO1.json", other.as_bytes());
    wait(|| (files(&home.outbox("birch")).len() == 1).then_some(()), || serving.text());
    let open = || visit(&home, true).filter(|visit| visit.failures >= 5);
    wait(open, || serving.text());
    let told = rows(&home, &["status"]).remove(0)["visits"][0].clone();
    assert_eq!((&told["circuit_open"], &told["problem"]), (&true.into(), &"sftp.unreachable".into()), "{told}");
    says(&home, 1, &["status"], &["Visits to partners' servers", "closed until", "crossdock partner test alder"]);
    let listed = says(&home, 0, &["delivery", "list", "--partner", PARTNER], &["sftp.unreachable"]);
    assert!(listed.contains("the server of alder fails"), "{listed}");
    assert!(arrived(&to).is_empty());
    let (worked, passed) = (serving.processor_time(), begun.elapsed());
    assert!(worked < passed / 4, "who waits for a server does nothing: {worked:?} of {passed:?}");
    server.down.store(false, Ordering::SeqCst);
    // It is tried again, and closes, by itself.
    wait_arrived(&to, &["PO1", "PO2", "PO3"], &serving);
    wait(|| open().is_none().then_some(()), || serving.text());
    says(&home, 0, &["status"], &["put 20"]);
}

#[test]
fn host_keys_are_learnt_by_command_only_and_a_changed_one_stops_the_partner() {
    if !has_sshd() {
        return;
    }
    with_both(|engine| {
        let home = Home::new(&format!("sftp-keys-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let out = server.folder.join("out");
        let more = poll(out.to_str().unwrap(), "");
        with_transport(&home, &format!("{}{more}", server.transport(engine)));
        fs::write(out.join("a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        wait_for_problem(&home, false, "sftp.host-key-unknown", &serving);
        let right = fingerprint(&server.keys.join("host"));
        says(&home, 1, &["partner", "trust", PARTNER], &[&right, "--fingerprint"]);
        let wrong = right.replace(&right[7..10], "AAA");
        says(&home, 1, &["partner", "trust", PARTNER, "--fingerprint", &wrong], &["nothing was trusted"]);
        says(&home, 0, &["partner", "trust", PARTNER, "--fingerprint", &right], &["trusted: "]);
        wait_published(&home, &["SO1"], &serving);
        // Another key stops all visits, and soon nobody knocks any more.
        keys(&server.keys, "other", "ed25519");
        server.configure(&["other"], "");
        wait_for_problem(&home, false, "sftp.host-key-changed", &serving);
        fs::write(out.join("b.edi"), shipment(2, "SO2")).unwrap();
        let stopped = rows(&home, &["status"]).remove(0);
        assert_eq!(stopped["visits"][0]["circuit_open"], true, "{stopped}");
        let knocked = server.connections.load(Ordering::SeqCst);
        says(
            &home,
            1,
            &["partner", "test", PARTNER],
            &["FAILED  log in", &right, &fingerprint(&server.keys.join("other"))],
        );
        assert!(knocked <= 20, "{knocked} connections");
        assert_eq!(published(&home), ["SO1"]);
        // Pinned in the profile, old and new: the next visit is at once.
        let pins = format!("host_keys = [\"{right}\", \"{}\"]\n", fingerprint(&server.keys.join("other")));
        with_transport(&home, &format!("{}{pins}{more}", server.transport(engine)));
        wait_published(&home, &["SO1", "SO2"], &serving);
        says(&home, 0, &["partner", "test", PARTNER], &["ok      log in", "files, 0 of them"]);
    });
    seen_at_openssh("has another host key", "stops: `sftp.host-key-changed`");
}

#[test]
fn a_key_of_another_kind_than_the_servers_first_may_be_pinned() {
    if !has_sshd() {
        return;
    }
    with_both(|engine| {
        let home = Home::new(&format!("sftp-kinds-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let rsa = keys(&server.keys, "host-rsa", "rsa");
        server.configure(&["host", "host-rsa"], "");
        let pins = format!("host_keys = [\"{}\"]\n", fingerprint(&rsa));
        with_transport(
            &home,
            &format!("{}{pins}{}", server.transport(engine), poll(server.folder.join("out").to_str().unwrap(), "")),
        );
        says(&home, 0, &["partner", "test", PARTNER], &["ok      log in"]);
    });
}

#[test]
fn a_wrong_password_is_told_and_not_tried_again_and_again() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        side_by_side(&[false, true], |&prompt| {
            let home = Home::new(&format!("sftp-password-{engine}-{prompt}"), &[PARTNER]);
            let mut arguments = vec!["--password", PASSWORD];
            arguments.extend(prompt.then_some("--prompt"));
            let server = Asyncssh::start(&python, &home.path, &arguments);
            with_transport(&home, &format!("{}{}", server.transport(engine), poll("/out", "")));
            home.write("secret", "wrong\n");
            trust(&home);
            let serving = home.serve();
            wait_for_problem(&home, false, "sftp.log-in", &serving);
            says(&home, 1, &["partner", "test", PARTNER], &["FAILED  log in", "tried our password", "lock us out"]);
            fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
            assert_eq!(
                server.log().matches("False").count(),
                2,
                "one for the gateway, one for the command:\n{}",
                server.log()
            );
            home.write("secret", &format!("{PASSWORD}\n"));
            says(&home, 0, &["partner", "test", PARTNER], &["ok      log in"]);
            wait_published(&home, &["SO1"], &serving);
            fs::remove_file(home.path.join("secret")).unwrap();
            wait_for_problem(&home, false, "sftp.secret", &serving);
        });
    });
}

#[test]
fn a_server_is_reached_through_another_one() {
    let Some(python) = asyncssh_python() else { return };
    if !has_sshd() {
        return;
    }
    with_both(|engine| {
        let home = Home::new(&format!("sftp-jump-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let jump = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "--jump"]);
        home.write("secret", PASSWORD);
        let way = format!(
            "jump = {{ host = \"127.0.0.1\", port = {}, user = \"{}\", password = \"file:secret\" }}\n",
            jump.port,
            ssh::USER
        );
        let (out, to) = (server.folder.join("out"), server.folder.join("in"));
        let more = format!("{}{}", poll(out.to_str().unwrap(), ""), put(to.to_str().unwrap(), ""));
        with_transport(&home, &format!("{}{way}{more}", server.transport(engine)));
        trust(&home);
        says(&home, 0, &["partner", "test", PARTNER], &["through 127.0.0.1:", "ok      rename"]);
        fs::write(out.join("a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        submit(&home, "PO1");
        wait_published(&home, &["SO1"], &serving);
        wait_arrived(&to, &["PO1"], &serving);
        assert!(jump.log().contains(&format!("THROUGH 127.0.0.1:{}", server.port)));
    });
}

#[test]
fn a_test_of_the_server_says_what_fails() {
    if !has_sshd() {
        return;
    }
    with_both(|engine| {
        let home = Home::new(&format!("sftp-test-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let base = server.folder.to_str().unwrap();
        let more = format!("{}{}", poll(&format!("{base}/nowhere"), ""), put(&format!("{base}/in"), ""));
        with_transport(&home, &format!("{}{more}", server.transport(engine)));
        says(
            &home,
            1,
            &["partner", "test", PARTNER],
            &["FAILED  log in", "sftp.host-key-unknown", "crossdock partner trust alder"],
        );
        trust(&home);
        let told = says(
            &home,
            1,
            &["partner", "test", PARTNER],
            &["ok      log in", "FAILED  list", "sftp.refused", "no such file"],
        );
        assert!(told.contains("ok      remove"), "{told}");
        assert!(files(&server.folder.join("in")).is_empty(), "nothing is left there");
        home.write("ssh/ours", "no key");
        says(&home, 1, &["partner", "test", PARTNER], &["FAILED  log in"]);
        says(&home, 2, &["partner", "test", "nobody"], &["nobody"]);
    });
    let home = Home::new("sftp-test-none", &[PARTNER]);
    says(&home, 1, &["partner", "test", PARTNER], &["has no [transport.sftp]"]);
    says(&home, 1, &["partner", "trust", PARTNER], &["has no [transport.sftp]"]);
}

#[test]
fn old_algorithms_are_spoken_only_where_the_profile_names_them() {
    if !has_sshd() {
        return;
    }
    let old = "KexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\nMACs hmac-sha1\nHostKeyAlgorithms ssh-rsa\n\
               PubkeyAcceptedAlgorithms +ssh-rsa\n";
    with_both(|engine| {
        let home = Home::new(&format!("sftp-old-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let rsa = keys(&server.keys, "host-rsa", "rsa");
        server.configure(&["host-rsa"], old);
        let pins = format!("host_keys = [\"{}\"]\n", fingerprint(&rsa));
        let out = poll(server.folder.join("out").to_str().unwrap(), "");
        with_transport(&home, &format!("{}{pins}{out}", server.transport(engine)));
        says(&home, 1, &["partner", "test", PARTNER], &["sftp.algorithms", "name what the server needs in `legacy`"]);
        let legacy = "legacy = [\"diffie-hellman-group14-sha1\", \"aes128-cbc\", \"hmac-sha1\", \"ssh-rsa\"]\n";
        with_transport(&home, &format!("{}{pins}{legacy}{out}", server.transport(engine)));
        says(&home, 0, &["partner", "test", PARTNER], &["ok      log in"]);
    });
    // What only one engine can do.
    let home = Home::new("sftp-old-mac", &[PARTNER]);
    let server = Sshd::new(&home.path, "MACs hmac-md5-96\nCiphers aes128-ctr\n");
    let out = poll(server.folder.join("out").to_str().unwrap(), "");
    let pins = format!("host_keys = [\"{}\"]\nlegacy = [\"hmac-md5-96\"]\n", fingerprint(&server.keys.join("host")));
    with_transport(&home, &format!("{}{pins}{out}", server.transport("libssh2")));
    says(&home, 0, &["partner", "test", PARTNER], &["ok      log in"]);
}

/// One gateway visits another's drop box.
#[test]
fn our_own_server_is_visited_too() {
    with_both(|engine| {
        let theirs = Home::new(&format!("sftp-own-server-{engine}"), &[PARTNER]);
        let settings = fs::read_to_string(theirs.path.join("crossdock.toml")).unwrap();
        theirs.write("crossdock.toml", &format!("{settings}[sftp_server]\nlisten = \"127.0.0.1:0\"\n"));
        theirs.write("secrets/hash", &hash(PASSWORD).unwrap());
        with_transport(&theirs, "[transport.sftp_server]\npassword = \"file:secrets/hash\"\n");
        let server = theirs.serve();
        let open = || {
            let log = server.text();
            let port = log.split("the drop box is open for SFTP address=127.0.0.1:").nth(1)?.lines().next()?;
            Some(port.trim().to_owned())
        };
        let port = wait(open, || server.text());
        let ours = Home::new(&format!("sftp-own-client-{engine}"), &[PARTNER]);
        ours.write("secret", PASSWORD);
        let visits = format!(
            "[transport.sftp]\nengine = \"{engine}\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"{PARTNER}\"\n\
             password = \"file:secret\"\n"
        );
        with_transport(&ours, &format!("{visits}{}{}", poll("/outbox", ""), put("/inbox", "")));
        trust(&ours);
        says(&ours, 0, &["partner", "test", PARTNER], &["ok      rename", "ok      remove"]);
        let received = || rows(&theirs, &["payload", "list", "--direction", "in"]);
        let uploads = theirs.data().join("spool/uploads").join(PARTNER);
        assert!(received().is_empty() && files(&uploads).is_empty(), "a test leaves nothing: {:?}", files(&uploads));
        submit(&theirs, "PO1");
        let serving = ours.serve();
        let state = || rows(&theirs, &["delivery", "list"]).first().map(|row| row["state"].clone());
        wait(|| (state()? == "delivered").then_some(()), || serving.text());
        wait(|| files(&theirs.outbox(PARTNER)).is_empty().then_some(()), || serving.text());
        assert_eq!(rows(&ours, &["payload", "list", "--direction", "in"]).len(), 1);
        submit(&ours, "PO2");
        // The order, and our answer to theirs.
        wait(|| (received().len() >= 2).then_some(()), || serving.text());
        let mut names: Vec<String> =
            received().iter().map(|row| row["file_name"].as_str().unwrap()[..4].to_owned()).collect();
        names.sort();
        assert_eq!(names, ["940_", "997_"]);
        assert_eq!((serving.terminate(), server.terminate()), (Some(0), Some(0)));
    });
    let this = "picked up from its outbox, put into its inbox";
    let version = env!("CARGO_PKG_VERSION");
    interop::row(
        "servers that we visit",
        &["our drop box", "has files for us, and takes some"],
        version,
        &[this, "yes", "yes"],
    );
}

/// A home whose partner is served by asyncssh that behaves so, with this transport behind the log-in.
fn misbehaving(python: &Path, name: &str, engine: &str, behave: &[&str], more: &str) -> (Home, Asyncssh) {
    let home = Home::new(&format!("sftp-{name}-{engine}"), &[PARTNER]);
    let server = Asyncssh::start(python, &home.path, &[&["--password", PASSWORD], behave].concat());
    home.write("secret", PASSWORD);
    with_transport(&home, &format!("{}{more}", server.transport(engine)));
    trust(&home);
    (home, server)
}

/// Waits until the folder was looked through so many times more.
fn wait_looks(home: &Home, looks: usize, serving: &Serving) {
    let last = || visit(home, false).and_then(|visit| visit.last_at);
    for _ in 0..looks {
        let before = last();
        wait(|| (last() != before).then_some(()), || serving.text());
    }
}

#[test]
fn what_a_server_lies_about_is_not_taken() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        side_by_side(&["wrong-size", "grows"], |behave| {
            let (home, server) = misbehaving(&python, behave, engine, &[behave], &poll("/out", ""));
            fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
            let serving = home.serve();
            wait_for_problem(&home, false, "sftp.not-whole", &serving);
            wait_looks(&home, 2, &serving);
            assert!(published(&home).is_empty() && rows(&home, &["payload", "list"]).is_empty());
            assert!(server.path("out", "a.edi").exists());
            assert!(files(&home.data().join("spool/downloads").join(PARTNER)).is_empty());
        });
        // Where it lies about times only, files that need no age are taken.
        let (home, server) = misbehaving(
            &python,
            "wrong-time",
            engine,
            &["wrong-time"],
            &poll("/out", "").replace("min_age = \"1s\"", "min_age = \"0s\""),
        );
        fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        wait_published(&home, &["SO1"], &serving);
        wait(|| (!server.path("out", "a.edi").exists()).then_some(()), || serving.text());
    });
    seen_at_asyncssh(&python, "says a wrong size", "not taken: `sftp.not-whole`");
    seen_at_asyncssh(&python, "has a file that grows while we read", "not taken: `sftp.not-whole`");
    seen_at_asyncssh(&python, "says another time at each look", "taken once, where no age is asked for");
}

#[test]
fn what_a_server_cannot_do_is_told_and_repeats_nothing() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        side_by_side(&["no-remove", "removes-nothing"], |behave| {
            let (home, server) = misbehaving(&python, behave, engine, &[behave], &poll("/out", ""));
            fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
            let serving = home.serve();
            wait_for_problem(&home, false, "sftp.refused", &serving);
            wait_looks(&home, 3, &serving);
            assert_eq!((published(&home).len(), rows(&home, &["payload", "list"]).len()), (1, 1), "{behave}");
        });
        let puts = put("/in", "");
        let (home, server) = misbehaving(&python, "no-rename", engine, &["no-rename", "no-setstat"], &puts);
        let serving = home.serve();
        submit(&home, "PO1");
        wait_for_problem(&home, true, "sftp.refused", &serving);
        assert!(arrived(&server.folder.join("in")).is_empty());
        let transport = format!("{}{}", server.transport(engine), put("/in", "temporary = \"none\""));
        with_transport(&home, &transport);
        // The changed settings are tried at once.
        wait_arrived(&server.folder.join("in"), &["PO1"], &serving);
    });
    seen_at_asyncssh(&python, "lets nothing be removed, or only says so", "taken once: `sftp.refused`");
    seen_at_asyncssh(&python, "has no rename and no setstat", "`sftp.refused`; with `temporary = \"none\"` it is put");
}

/// What one engine makes of servers that are odd.
fn odd_servers(python: &Path, engine: &str) {
    side_by_side(&["twice", "odd-names", "short-reads", "no-times", "no-kinds", "far-time"], |behave| {
        let (home, server) = misbehaving(python, behave, engine, &[behave], &poll("/out", ""));
        fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        wait_published(&home, &["SO1"], &serving);
        wait(|| (!server.path("out", "a.edi").exists()).then_some(()), || serving.text());
        let taken = rows(&home, &["payload", "list", "--direction", "in"]);
        assert_eq!(taken.len(), 1, "{behave}: {taken:?}");
    });
    let not_taken = "gone list-fails denied ends-early read-fails no-stat no-sizes huge-size long-reads hangs-up";
    let not_taken: Vec<&str> = not_taken.split(' ').collect();
    side_by_side(&not_taken, |behave| {
        let (home, server) = misbehaving(python, behave, engine, &[behave], &poll("/out", ""));
        fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        let told = || problem(&home, false);
        wait(told, || format!("{behave}: {:?}\n{}", visit(&home, false), serving.text()));
        assert!(rows(&home, &["payload", "list"]).is_empty() && server.path("out", "a.edi").exists(), "{behave}");
    });
    side_by_side(&["write-fails", "loses-bytes", "close-fails", "renames-nothing"], |behave| {
        let (home, server) = misbehaving(python, behave, engine, &[behave], &put("/in", ""));
        let serving = home.serve();
        submit(&home, "PO1");
        let told = || problem(&home, true);
        let code = wait(told, || format!("{behave}: {:?}\n{}", visit(&home, true), serving.text()));
        assert!(behave != &"write-fails" || code == "sftp.refused", "{engine}: {code}");
        assert_eq!(rows(&home, &["delivery", "list"])[0]["state"], "waiting", "{behave}");
        assert!(arrived(&server.folder.join("in")).is_empty(), "{behave}: nothing half under its name");
    });
}

#[test]
fn odd_servers_lose_nothing_and_say_what_is_wrong() {
    let Some(python) = asyncssh_python() else { return };
    let python = python.as_path();
    with_both(|engine| odd_servers(python, engine));
    seen_at_asyncssh(python, "lists names twice; odd names beside", "taken once; nothing else");
    seen_at_asyncssh(python, "says 7 bytes at a time", "taken once");
    seen_at_asyncssh(python, "tells no times, times of the year 2106, or not what is a file", "taken once");
    seen_at_asyncssh(python, "tells no sizes, sizes beyond any disk, or nothing of a single file", "not taken, told");
    seen_at_asyncssh(python, "says more than it is asked for, or hangs up", "not taken, told");
    seen_at_asyncssh(python, "fails in the middle of a list", "not taken, told");
    seen_at_asyncssh(python, "lists a file that is gone when we ask for it", "not taken; no fault");
    seen_at_asyncssh(python, "lets nobody read a file", "not taken, told");
    seen_at_asyncssh(python, "ends a file early, or fails in its middle", "not taken, told");
    seen_at_asyncssh(
        python,
        "cannot write, loses bytes, fails at the close, or renames nothing though it says so",
        "not delivered, told, tried again; nothing under its name",
    );
}

#[test]
fn slow_and_silent_servers_and_those_in_other_zones_lose_nothing() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        let leave = poll("/out", "then = \"leave\"");
        side_by_side(&["trickle", "local-time"], |behave| {
            let (home, server) = misbehaving(&python, behave, engine, &[behave], &leave);
            fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
            let serving = home.serve();
            wait_published(&home, &["SO1"], &serving);
            wait_looks(&home, 2, &serving);
            assert_eq!(rows(&home, &["payload", "list"]).len(), 1);
        });
        let (home, server) = misbehaving(&python, "silent", engine, &["silent"], &leave);
        let transport = server.transport(engine).replace("answer_within = \"10s\"", "answer_within = \"1s\"");
        with_transport(&home, &format!("{transport}{leave}"));
        fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        wait_for_problem(&home, false, "sftp.unreachable", &serving);
        assert!(rows(&home, &["payload", "list"]).is_empty());
        assert_eq!(serving.terminate(), Some(0));
    });
    seen_at_asyncssh(&python, "says 100 bytes at a time, slowly", "taken once");
    seen_at_asyncssh(&python, "tells times of its own zone", "taken once");
    seen_at_asyncssh(&python, "falls silent", "given up after `answer_within`: `sftp.unreachable`");
}

#[test]
fn a_folder_of_a_hundred_thousand_files_is_looked_through() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        // All of them fit the pattern, and stay.
        let all =
            poll("/out", "then = \"leave\"").replace("*.edi", "*.*").replace("min_age = \"1s\"", "min_age = \"5m\"");
        let (home, server) = misbehaving(&python, "many", engine, &["many"], &all);
        let serving = home.serve();
        wait(|| visit(&home, false)?.last_at, || serving.text());
        fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
        with_transport(&home, &format!("{}{}", server.transport(engine), poll("/out", "")));
        wait_published(&home, &["SO1"], &serving);
        let memory = fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
        let most = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
        let most: u64 = most.parse().unwrap();
        println!("{engine}: 100,000 files, at most {} MiB", most >> 10);
        assert!(most < 192 << 10, "{most} kB");
    });
    seen_at_asyncssh(&python, "has 100,000 files in the folder", "looked through, in less than 192 MiB");
}

#[test]
fn a_stop_between_download_and_removal_repeats_only_the_removal() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        let (home, server) =
            misbehaving(&python, "stop-pull", engine, &["--gate", "/nonexistent/gate"], &poll("/out", ""));
        fs::write(server.path("out", "a.edi"), shipment(1, "SO1")).unwrap();
        let serving = home.serve();
        wait(|| server.log().contains("GATE").then_some(()), || serving.text());
        serving.kill();
        drop(server);
        let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD]);
        with_transport(&home, &format!("{}{}", server.transport(engine), poll("/out", "")));
        trust(&home);
        assert!(server.path("out", "a.edi").exists());
        assert_eq!(rows(&home, &["payload", "list"]).len(), 1, "it is received");
        let serving = home.serve();
        wait(|| (!server.path("out", "a.edi").exists()).then_some(()), || serving.text());
        wait_looks(&home, 2, &serving);
        wait_published(&home, &["SO1"], &serving);
        assert_eq!(rows(&home, &["payload", "list"]).len(), 1);
    });
    seen_at_asyncssh(
        &python,
        "has a file for us when we are killed before its removal",
        "received once; only the removal is repeated",
    );
}

#[test]
fn a_stop_between_rename_and_record_puts_nothing_twice() {
    let Some(python) = asyncssh_python() else { return };
    with_both(|engine| {
        let (home, server) =
            misbehaving(&python, "stop-push", engine, &["--gate", "/nonexistent/gate"], &put("/in", ""));
        let serving = home.serve();
        submit(&home, "PO1");
        wait(|| server.log().contains("GATE").then_some(()), || serving.text());
        serving.kill();
        let to = server.folder.join("in");
        assert_eq!(
            (arrived(&to), rows(&home, &["delivery", "list"])[0]["state"].clone()),
            (vec!["PO1".to_owned()], "waiting".into())
        );
        let changed = || fs::metadata(to.join(&files(&to)[0])).unwrap().modified().unwrap();
        let before = changed();
        drop(server);
        let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD]);
        with_transport(&home, &format!("{}{}", server.transport(engine), put("/in", "")));
        trust(&home);
        let serving = home.serve();
        wait(|| (rows(&home, &["delivery", "list"])[0]["state"] == "delivered").then_some(()), || serving.text());
        assert_eq!((files(&to).len(), changed()), (1, before), "it was found there");
    });
    seen_at_asyncssh(&python, "takes a file when we are killed before we record it", "found there, not put twice");
}

/// Random enough, and the same each time.
fn roll(dice: &mut u64, sides: u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice % sides
}

/// Kills the gateway at random moments, and judges by what was put in and what came out.
#[test]
fn whatever_is_killed_when_nothing_is_lost_and_nothing_comes_twice() {
    if !has_sshd() {
        return;
    }
    let kills = std::env::var("CROSSDOCK_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    with_both(|engine| {
        let home = Home::new(&format!("sftp-kills-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let (out, to) = (server.folder.join("out"), server.folder.join("in"));
        let more = format!("{}{}", poll(out.to_str().unwrap(), ""), put(to.to_str().unwrap(), ""));
        with_transport(&home, &format!("{}{more}", server.transport(engine)));
        trust(&home);
        let (mut dice, mut shipped, mut ordered) = (0x5DEE_CE66_D1CE_4E5B, Vec::new(), Vec::new());
        for kill in 0..kills {
            let serving = home.serve();
            for part in 0..4_u32 {
                let number = kill * 4 + part + 1;
                shipped.push(format!("SO{number:05}"));
                fs::write(out.join(format!("{number}.edi")), shipment(number, &shipped[shipped.len() - 1])).unwrap();
            }
            ordered.push(format!("PO{kill:05}"));
            submit(&home, &ordered[ordered.len() - 1]);
            serving.ready();
            std::thread::sleep(std::time::Duration::from_millis(500 + roll(&mut dice, 2_000)));
            serving.kill();
        }
        let serving = home.serve();
        let shipped: Vec<&str> = shipped.iter().map(String::as_str).collect();
        wait_published(&home, &shipped, &serving);
        let all = || (arrived(&to).len() >= ordered.len()).then_some(());
        wait(all, || serving.text());
        let mut orders = arrived(&to);
        orders.sort();
        assert_eq!(orders, ordered);
        wait(|| files(&out).is_empty().then_some(()), || format!("{:?}\n{}", files(&out), serving.text()));
        assert_eq!(
            rows(&home, &["payload", "list", "--direction", "in"]).len(),
            shipped.len(),
            "each was received once"
        );
    });
}

/// The connection is cut behind each piece of bytes that the server says: what is not done whole is not to be seen.
#[test]
fn a_wire_that_is_cut_anywhere_leaves_nothing_half() {
    if !has_sshd() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    with_both(|engine| {
        let home = Home::new(&format!("sftp-cut-{engine}"), &[PARTNER]);
        let server = Sshd::new(&home.path, "");
        let puts = put(server.folder.join("in").to_str().unwrap(), "");
        with_transport(&home, &format!("{}{puts}", server.transport(engine)));
        trust(&home);
        let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
        let profile = SourceFile::new("partner-profiles/alder.toml", profile);
        let profile = Profile::parse(&profile, &mut Diagnostics::unlimited()).unwrap();
        let sftp = profile.sftp().unwrap();
        let mut to = destination(&home.path, &home.data(), &profile, sftp).unwrap();
        // What is asked right when the wire goes is waited for so long.
        to.sftp.answer_within = std::time::Duration::from_secs(3);
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let (from, size) = (server.path("out", "a.edi"), bytes.len() as u64);
        fs::write(&from, &bytes).unwrap();
        let (bytes, target) = (Arc::new(bytes), server.path("in", "b.edi"));
        let mut cuts = [0, 0];
        for cut in 1.. {
            server.cut_after.store(cut, Ordering::SeqCst);
            let local = home.path.join("local");
            let pulled = runtime
                .block_on(async { connect(&to).await?.read(from.to_str().unwrap(), size, Some(local.clone())).await });
            let pushed = runtime.block_on(async {
                let (mut visit, into) = (connect(&to).await?, sftp.push.as_ref().unwrap());
                let goods: Arc<dyn Goods> = Arc::<Vec<u8>>::clone(&bytes);
                match push::write(visit.as_mut(), into, "b.edi", Arc::clone(&goods), false).await? {
                    Some(put) => Ok(put),
                    None => push::rename(visit.as_mut(), into, "b.edi", &goods).await,
                }
            });
            match &pulled {
                Ok(_) => assert!(fs::read(&local).unwrap() == *bytes),
                Err(fault) => {
                    assert_eq!(fault.why, Why::Unreachable, "{fault}");
                    cuts[0] += 1;
                }
            }
            if let Err(fault) = &pushed {
                assert_eq!(fault.why, Why::Unreachable, "{fault}");
                cuts[1] += 1;
            }
            if target.exists() {
                assert!(fs::read(&target).unwrap() == *bytes, "a file under its name is whole, cut {cut}");
            }
            if pulled.is_ok() && pushed.is_ok() {
                break;
            }
            // What was put whole though its answer was lost is found there the next time.
            assert!(cut < 10_000);
        }
        println!("{engine}: {} cuts while reading, {} while writing", cuts[0], cuts[1]);
        assert!(cuts.iter().all(|cuts| *cuts > 5), "{cuts:?}");
    });
    seen_at_openssh("is cut behind every piece it says", "nothing half is seen, either way");
}

#[test]
fn what_fails_for_too_long_waits_for_a_person() {
    if !has_sshd() {
        return;
    }
    let home = Home::new("sftp-given-up", &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    let to = server.folder.join("in");
    let puts = put(to.to_str().unwrap(), "retry_for = \"2s\"");
    with_transport(&home, &format!("{}{puts}", server.transport("russh")));
    trust(&home);
    server.down.store(true, Ordering::SeqCst);
    let serving = home.serve();
    submit(&home, "PO1");
    let held = || rows(&home, &["delivery", "list"]).into_iter().find(|row| row["state"] == "held");
    let id = wait(held, || serving.text())["delivery"].to_string();
    says(&home, 0, &["delivery", "show", &id], &["delivery.given-up", "sftp.unreachable", "crossdock delivery retry"]);
    server.down.store(false, Ordering::SeqCst);
    says(&home, 0, &["delivery", "retry", &id], &[]);
    wait_arrived(&to, &["PO1"], &serving);
}
