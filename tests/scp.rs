//! SCP, for servers without SFTP: files are put and picked up at OpenSSH's sshd without its SFTP, at asyncssh, and at commands
//! that answer like servers that have no scp, or a bad one. A peer that is not here makes its tests say SKIPPED.

#![cfg(feature = "libssh2")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/interop.rs"]
mod interop;
#[path = "support/ssh.rs"]
mod ssh;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossdock::diagnostic::Diagnostics;
use crossdock::partner::Profile;
use crossdock::pipeline::destination::destination;
use crossdock::source::SourceFile;
use crossdock::transport::folder::Put;
use crossdock::transport::sftp::client::{Destination, Doing, Fault, Visit, Why, connect, push};
use gateway::{Home, files, interchange, order, profile, wait};
use serde_json::Value;
use ssh::{Asyncssh, PASSWORD, Sshd, asyncssh_python, has_sshd};
use tokio::runtime::Runtime;

const PARTNER: &str = "alder";

/// A home, and a server without SFTP that its partner has.
fn at_a_server(name: &str) -> (Home, Sshd) {
    let home = Home::new(&format!("scp-{name}"), &[PARTNER]);
    let server = Sshd::new(&home.path, "");
    server.without_sftp("");
    (home, server)
}

/// The partner's profile: this is picked up and put by SCP. Its server's key is trusted.
fn by_scp(home: &Home, server: &Sshd, more: &str) {
    by_scp_at(home, &server.transport("libssh2"), more);
}

fn by_scp_at(home: &Home, server: &str, more: &str) {
    let transport = format!("{server}protocol = \"scp\"\n{more}");
    home.write(&format!("partner-profiles/{PARTNER}.toml"), &format!("{}{transport}", profile(PARTNER)));
    let (code, out, err) = home.run(&["partner", "trust", PARTNER, "--yes"]);
    assert_eq!(code, Some(0), "{out}{err}");
}

fn put_into(folder: &Path) -> String {
    format!("[transport.sftp.push]\nfolder = \"{}\"\n", folder.display())
}

/// The command ends with this code and says these words.
fn says(home: &Home, code: i32, arguments: &[&str], words: &[&str]) {
    let (exit, out, err) = home.run(arguments);
    let all = format!("{out}{err}");
    assert_eq!(exit, Some(code), "{arguments:?}\n{all}");
    for word in words {
        assert!(all.contains(word), "{arguments:?} does not say {word:?}:\n{all}");
    }
}

fn rows(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let (_, out, _) = home.run(&[arguments, &["--format", "json"]].concat());
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whom the profile visits, and where it puts files.
fn whom(home: &Home) -> (Destination, crossdock::partner::transport::sftp::Push) {
    let file = "partner-profiles/alder.toml";
    let profile = SourceFile::new(file, fs::read_to_string(home.path.join(file)).unwrap());
    let profile = Profile::parse(&profile, &mut Diagnostics::unlimited()).unwrap();
    let sftp = profile.sftp().unwrap();
    (destination(&home.path, &home.data(), &profile, sftp).unwrap(), sftp.push.clone().unwrap())
}

fn seen(server: &str, that: &str, this: &str) {
    interop::row("servers that we visit", &[server, that], &interop::openssh(), &[this, "–", "yes"]);
}

#[test]
fn files_are_put_by_scp_under_any_name_and_never_over_others() {
    if !has_sshd() {
        return;
    }
    let (home, server) = at_a_server("put");
    // What a shell would make something of.
    let to = server.folder.join("our $HOME; `in`! it's");
    fs::create_dir(&to).unwrap();
    by_scp(&home, &server, &put_into(&to));
    let file = home.path.join("partner-profiles/alder.toml");
    let with_done =
        fs::read_to_string(&file).unwrap().replace("x12/004010/940\"\n", "x12/004010/940\"\ndone_file = \".ok\"\n");
    fs::write(&file, with_done).unwrap();
    says(&home, 0, &["partner", "test", PARTNER], &["ok      log in", "ok      look for", "the first file shows"]);
    assert!(files(&to).is_empty(), "a test leaves nothing");
    let serving = home.serve();
    let submit = |number: &str| {
        home.drop_into(&home.submitted(), &format!("{number}.json"), order(PARTNER, number).as_bytes());
    };
    let deliveries = || rows(&home, &["delivery", "list"]);
    let states = |words: &[&str]| {
        let all = || deliveries().iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        wait(|| (all() == words).then_some(()), || format!("{:?}\n{}", all(), serving.text()));
    };
    submit("PO1");
    states(&["delivered"]);
    let [name, done] = files(&to).try_into().unwrap();
    assert_eq!((done, fs::metadata(to.join(format!("{name}.ok"))).unwrap().len()), (format!("{name}.ok"), 0));
    let whole = fs::read_to_string(to.join(&name)).unwrap();
    assert!(whole.contains("PO1") && whole.contains("IEA*"));
    // Sent again by a person: it is there already.
    let id = deliveries()[0]["delivery"].to_string();
    let changed = || fs::metadata(to.join(&name)).unwrap().modified().unwrap();
    let before = changed();
    says(&home, 0, &["delivery", "retry", &id], &[]);
    states(&["delivered"]);
    assert_eq!(changed(), before);
    // Half of it, as a transfer that broke off leaves it, is written anew; other content is nobody's to write over.
    fs::write(to.join(&name), &whole[..whole.len() / 2]).unwrap();
    says(&home, 0, &["delivery", "retry", &id], &[]);
    states(&["delivered"]);
    assert_eq!(fs::read_to_string(to.join(&name)).unwrap(), whole);
    fs::write(to.join(&name), "something else").unwrap();
    says(&home, 0, &["delivery", "retry", &id], &[]);
    states(&["held"]);
    says(&home, 0, &["delivery", "show", &id], &["delivery.target-differs"]);
    assert_eq!(fs::read_to_string(to.join(&name)).unwrap(), "something else");
    // A dead server is waited for.
    server.down.store(true, Ordering::SeqCst);
    submit("PO2");
    let told = || deliveries().iter().any(|row| row.to_string().contains("sftp.unreachable")).then_some(());
    wait(told, || serving.text());
    server.down.store(false, Ordering::SeqCst);
    wait(|| (files(&to).len() == 4).then_some(()), || serving.text());
    assert_eq!(serving.terminate(), Some(0));
    let this = "put under its final name, then the done-file; never over others";
    seen("OpenSSH `sshd` without SFTP", "takes files by SCP", this);
}

#[test]
fn named_files_are_picked_up_by_scp_once_as_often_as_they_change() {
    if !has_sshd() {
        return;
    }
    let (home, server) = at_a_server("pick-up");
    let out = server.folder.join("out");
    let named = |folder: &Path, keys: &str| {
        let names = "files = [\"to us.edi\", \"second.edi\"]\nevery = \"1s\"\nmin_age = \"0s\"";
        format!("[[transport.sftp.poll]]\nfolder = \"{}\"\n{names}\n{keys}\n", folder.display())
    };
    by_scp(&home, &server, &named(&server.folder.join("nowhere"), ""));
    let lost = ["FAILED  look for the files of", "no such file or directory", "sftp.refused"];
    says(&home, 1, &["partner", "test", PARTNER], &lost);
    by_scp(&home, &server, &named(&out, ""));
    says(&home, 0, &["partner", "test", PARTNER], &["0 of 2 are there"]);
    let shipment = |number: u32| interchange(PARTNER, number, &[format!("SO{number}")]);
    fs::write(out.join("to us.edi"), shipment(1)).unwrap();
    fs::write(out.join("other.edi"), shipment(9)).unwrap();
    says(&home, 0, &["partner", "test", PARTNER], &["1 of 2 are there"]);
    let serving = home.serve();
    let published = |count: usize| {
        let there = || files(&home.published("shipment")).len();
        wait(|| (there() >= count).then_some(()), || format!("{}\n{}", there(), serving.text()));
        assert_eq!(there(), count);
    };
    published(1);
    // Another time alone makes no other file; other content does, and so does a file that comes later.
    let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3_600);
    fs::File::options().write(true).open(out.join("to us.edi")).unwrap().set_modified(hour_ago).unwrap();
    fs::write(out.join("second.edi"), shipment(2)).unwrap();
    published(2);
    fs::write(out.join("to us.edi"), shipment(3)).unwrap();
    published(3);
    assert_eq!(rows(&home, &["payload", "list", "--direction", "in"]).len(), 3);
    assert_eq!(files(&out), ["other.edi", "second.edi", "to us.edi"], "they stay");
    assert_eq!(serving.terminate(), Some(0));
    // With a done-file, only what has one.
    by_scp(&home, &server, &named(&out, "done_file = \".ok\""));
    fs::write(out.join("second.edi"), shipment(4)).unwrap();
    fs::write(out.join("to us.edi"), shipment(5)).unwrap();
    fs::write(out.join("to us.edi.ok"), "").unwrap();
    let serving = home.serve();
    let there = || files(&home.published("shipment")).len();
    wait(|| (there() == 4).then_some(()), || serving.text());
    fs::write(out.join("second.edi.ok"), "").unwrap();
    wait(|| (there() == 5).then_some(()), || serving.text());
    seen(
        "OpenSSH `sshd` without SFTP",
        "has files of fixed names",
        "picked up by SCP, once for each content; they stay",
    );
}

/// Another maker's SCP: files go both ways, and what is wrong is told.
#[test]
fn files_go_both_ways_at_asyncssh() {
    let Some(python) = asyncssh_python() else { return };
    let home = Home::new("scp-asyncssh", &[PARTNER]);
    let server = Asyncssh::start(&python, &home.path, &["--password", PASSWORD, "--scp"]);
    home.write("secret", PASSWORD);
    let poll = |folder: &str| {
        format!(
            "[[transport.sftp.poll]]\nfolder = \"{folder}\"\nfiles = [\"to us.edi\"]\nevery = \"1s\"\nmin_age = \"0s\"\n"
        )
    };
    by_scp_at(&home, &server.transport("libssh2"), &poll("/nowhere"));
    says(&home, 1, &["partner", "test", PARTNER], &["FAILED  look for the files of", "no such file"]);
    let to = server.folder.join("in");
    by_scp_at(&home, &server.transport("libssh2"), &format!("{}{}", poll("/out"), put_into(Path::new("/in"))));
    says(&home, 0, &["partner", "test", PARTNER], &["0 of 1 are there", "ok      look for /in"]);
    fs::write(server.path("out", "to us.edi"), interchange(PARTNER, 1, &["SO1".to_owned()])).unwrap();
    let serving = home.serve();
    home.drop_into(&home.submitted(), "PO1.json", order(PARTNER, "PO1").as_bytes());
    // The order, and the answer to what was picked up.
    wait(|| (files(&to).len() == 2).then_some(()), || format!("{:?}\n{}", files(&to), serving.text()));
    assert_eq!(files(&home.published("shipment")).len(), 1);
    let all_delivered =
        || rows(&home, &["delivery", "list"]).iter().all(|row| row["state"] == "delivered").then_some(());
    wait(all_delivered, || serving.text());
    // Sent again by a person, it is found there; half of it is written anew.
    let order = files(&to).into_iter().find(|name| name.starts_with("940_")).unwrap();
    let whole = fs::read(to.join(&order)).unwrap();
    fs::write(to.join(&order), &whole[..100]).unwrap();
    let row = rows(&home, &["delivery", "list"]).into_iter().find(|row| row["file_name"] == order.as_str()).unwrap();
    for _ in 0..2 {
        says(&home, 0, &["delivery", "retry", &row["delivery"].to_string()], &[]);
        wait(all_delivered, || serving.text());
        assert!(fs::read(to.join(&order)).unwrap() == whole);
    }
    assert_eq!(serving.terminate(), Some(0));
    let version = interop::python_module(&python, "asyncssh").unwrap();
    let this = "picked up and put by SCP";
    interop::row(
        "servers that we visit",
        &["asyncssh", "has a file of a fixed name, and takes some, by SCP"],
        &version,
        &[this, "–", "yes"],
    );
}

#[test]
fn a_server_without_sftp_is_told_and_scp_named() {
    if !has_sshd() {
        return;
    }
    let (home, server) = at_a_server("no-sftp");
    for engine in ["russh", "libssh2"] {
        let transport = format!("{}{}", server.transport(engine), put_into(&server.folder.join("in")));
        home.write("partner-profiles/alder.toml", &format!("{}{transport}", profile(PARTNER)));
        says(&home, 0, &["partner", "trust", PARTNER, "--yes"], &[]);
        says(
            &home,
            1,
            &["partner", "test", PARTNER],
            &["has no SFTP for us", "whether we get SFTP or SCP", "`protocol`"],
        );
    }
}

/// What is asked of a server.
type Ask = for<'a> fn(&'a mut dyn Visit, PathBuf) -> Doing<'a, ()>;

fn put_a_file(visit: &mut dyn Visit, to: PathBuf) -> Doing<'_, ()> {
    Box::pin(async move { visit.write(to.to_str().unwrap(), Arc::new(vec![b'a'; 3 << 20])).await })
}

fn get_a_file(visit: &mut dyn Visit, from: PathBuf) -> Doing<'_, ()> {
    Box::pin(async move { visit.read(from.to_str().unwrap(), 5, None).await.map(drop) })
}

fn look(visit: &mut dyn Visit, at: PathBuf) -> Doing<'_, ()> {
    Box::pin(async move {
        let found = visit.stat(at.to_str().unwrap()).await?;
        found.map(drop).ok_or_else(|| Fault::new(Why::Missing, "there is none", ""))
    })
}

#[test]
fn what_fails_by_scp_is_told_in_words() {
    if !has_sshd() {
        return;
    }
    let (home, server) = at_a_server("fails");
    by_scp(&home, &server, &put_into(&server.folder.join("in")));
    let (mut to, runtime) = (whom(&home).0, Runtime::new().unwrap());
    to.sftp.answer_within = Duration::from_secs(2);
    std::os::unix::fs::symlink("/dev/full", server.path("in", "full.edi")).unwrap();
    fs::create_dir(server.path("in", "folder.edi")).unwrap();
    let half = "a part of it may lie there";
    // What its scp does, where it is not OpenSSH's; what we ask, of which file; what we are told.
    let cases: [(&str, Ask, &str, Why, &[&str]); 17] = [
        ("", look, "in/a.edi", Why::Missing, &[]),
        ("", look, "in/folder.edi", Why::Refused, &["cannot look at", "not a regular file"]),
        ("", get_a_file, "in/a.edi", Why::Missing, &["cannot read", "no such file"]),
        ("", put_a_file, "nowhere/a.edi", Why::Missing, &["cannot write", "no such file"]),
        ("", put_a_file, "in/full.edi", Why::Refused, &["no space left", half]),
        ("", put_a_file, "in/a\nb.edi", Why::Refused, &["control characters", "a\\nb.edi"]),
        ("printf '\\1scp: a.edi: Permission denied\\n'", put_a_file, "in/a.edi", Why::Refused, &["permission denied"]),
        (
            "printf '\\0'; head -c 20 >/dev/null; printf '\\2no quota\\n'",
            put_a_file,
            "in/a.edi",
            Why::Refused,
            &["no quota"],
        ),
        // It says why while we still write, and ends.
        (
            "printf '\\0\\0'; head -c 99999 >/dev/null; printf '\\1no room\\n'",
            put_a_file,
            "in/a.edi",
            Why::Refused,
            &["no room", half],
        ),
        ("printf '\\0\\0'; head -c 99999 >/dev/null", put_a_file, "in/a.edi", Why::Unreachable, &["broke off", half]),
        ("sh -c nowhere-to-be-found", put_a_file, "in/a.edi", Why::NotSpoken, &["has no SCP for us", "not found"]),
        (
            "echo This service allows sftp connections only.",
            look,
            "in/a.edi",
            Why::NotSpoken,
            &["`This service allows"],
        ),
        ("echo Come in!", look, "in/a.edi", Why::NotSpoken, &["`Come in!`"]),
        ("yes | tr -d '\\n'", look, "in/a.edi", Why::NotSpoken, &["yyy"]),
        ("printf 'C0644 500 a\\n'; cat >/dev/null", get_a_file, "in/a.edi", Why::NotWhole, &["5 bytes", "more"]),
        ("printf 'C0644 5 a\\nabc'", get_a_file, "in/a.edi", Why::NotWhole, &["5 bytes", "has 3"]),
        // What it cannot read it fills up.
        (
            "printf 'C0644 5 a\\nabc  \\1scp: a: Input/output error\\n'",
            get_a_file,
            "in/a.edi",
            Why::Refused,
            &["input/output"],
        ),
    ];
    for (number, (does, ask, path, why, words)) in cases.into_iter().enumerate() {
        let script = home.path.join("scp.sh");
        fs::write(&script, format!("{does}\n")).unwrap();
        let force = format!("ForceCommand sh {}", script.display());
        server.without_sftp(if does.is_empty() { "" } else { &force });
        let path = server.folder.join(path);
        let fault = runtime.block_on(async { ask(connect(&to).await.unwrap().as_mut(), path).await }).unwrap_err();
        assert_eq!(fault.why, why, "{number}: {fault}");
        let told = fault.to_string();
        assert!(words.iter().all(|word| told.contains(word)), "{number}: {words:?} in {told}");
    }
    seen(
        "a bad `scp`",
        "refuses, ends early, or says a wrong size",
        "not taken, not delivered; told in the server's words",
    );
}

#[test]
fn a_silent_scp_is_not_waited_for_longer_than_an_answer_may_take() {
    if !has_sshd() {
        return;
    }
    let (home, server) = at_a_server("silent");
    by_scp(&home, &server, &put_into(&server.folder.join("in")));
    let (mut to, _) = whom(&home);
    to.sftp.answer_within = Duration::from_secs(1);
    let runtime = Runtime::new().unwrap();
    // It says nothing; it stops listening in the middle; its line does not end.
    for does in ["cat >/dev/null", "printf '\\0\\0'; sleep 5", "while printf C; do sleep 0.2; done"] {
        let ask: Ask = if does.contains("printf C") { look } else { put_a_file };
        let script = home.path.join("scp.sh");
        fs::write(&script, does).unwrap();
        server.without_sftp(&format!("ForceCommand sh {}", script.display()));
        let mut visit = runtime.block_on(connect(&to)).unwrap();
        let begun = Instant::now();
        let path = server.path("in", "a.edi");
        let fault = runtime.block_on(ask(visit.as_mut(), path)).unwrap_err();
        assert_eq!(fault.why, Why::Unreachable, "{fault}");
        assert!(fault.cause.contains("no answer within 1 s"), "{does}: {fault}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
    seen("a bad `scp`", "falls silent", "given up after `answer_within`: `sftp.unreachable`");
}

/// The connection is cut behind each piece of bytes that the server says.
#[test]
fn a_wire_that_is_cut_leaves_a_part_at_most_which_the_next_attempt_makes_whole() {
    if !has_sshd() {
        return;
    }
    let (home, server) = at_a_server("cut");
    by_scp(&home, &server, &put_into(&server.folder.join("in")));
    let ((to, into), runtime) = (whom(&home), Runtime::new().unwrap());
    let bytes: Vec<u8> = (0..150_000_u32).flat_map(u32::to_le_bytes).collect();
    let (from, target, size) = (server.path("out", "a.edi"), server.path("in", "b.edi"), bytes.len() as u64);
    fs::write(&from, &bytes).unwrap();
    let bytes = Arc::new(bytes);
    let (mut cuts, mut halves) = ([0, 0], 0);
    for cut in 1.. {
        server.cut_after.store(cut, Ordering::SeqCst);
        let local = home.path.join("local");
        let pulled = runtime
            .block_on(async { connect(&to).await?.read(from.to_str().unwrap(), size, Some(local.clone())).await });
        match &pulled {
            Ok(_) => assert!(fs::read(&local).unwrap() == *bytes),
            Err(fault) => {
                assert_eq!(fault.why, Why::Unreachable, "{fault}");
                cuts[0] += 1;
            }
        }
        let put = async || {
            push::write(connect(&to).await?.as_mut(), &into, "b.edi", Arc::<Vec<u8>>::clone(&bytes), false).await
        };
        let pushed = runtime.block_on(put());
        if let Err(fault) = &pushed {
            assert_eq!(fault.why, Why::Unreachable, "{fault}");
            cuts[1] += 1;
            if let Ok(part) = fs::read(&target) {
                assert!(bytes.starts_with(&part), "cut {cut}");
                halves += usize::from(part.len() < bytes.len());
            }
            server.cut_after.store(usize::MAX, Ordering::SeqCst);
            let again = runtime.block_on(put()).unwrap();
            assert!(matches!(again, Some(Put::Written | Put::There)));
        }
        assert!(fs::read(&target).unwrap() == *bytes, "cut {cut}");
        fs::remove_file(&target).unwrap();
        if pulled.is_ok() && pushed.is_ok() {
            break;
        }
        assert!(cut < 10_000);
    }
    println!("{} cuts while reading, {} while writing, which left {halves} parts", cuts[0], cuts[1]);
    assert!(cuts.iter().all(|cuts| *cuts > 5) && halves > 0, "{cuts:?}, {halves}");
    let this = "a part may lie there, which the next attempt makes whole; nothing half is taken";
    seen("OpenSSH `sshd` without SFTP", "is cut behind every piece it says", this);
}
