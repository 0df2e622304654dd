//! The drop box with the clients that partners use, each as a process of its own: they put, rename, overwrite, go on with what
//! broke off, list, get and remove. What each can do stands in `docs/INTEROP.md`; `UPDATE_EXPECTED=1` writes the rows of the
//! clients that are here anew, with their versions. A client that is not here is skipped, visibly.

#![cfg(feature = "libssh2")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/drop_box.rs"]
mod drop_box;
#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/interop.rs"]
mod interop;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use drop_box::{DropBox, PASSWORD, has, home, key_pair};
use gateway::{interchange, order, wait};

/// What a partner wants of a client.
enum Act<'a> {
    Put(&'a Path, &'a str),
    Get(&'a str, &'a Path),
    List(&'a str),
    Remove(&'a str),
    Rename(&'a str, &'a str),
    /// Goes on with a file that broke off.
    Resume(&'a Path, &'a str),
}

/// Where to log in.
struct Site {
    port: u16,
    key: PathBuf,
    /// Where a client may keep files.
    folder: PathBuf,
    fingerprint: String,
}

/// A client: its name, its version where it is here, and how it does something; `None` when it cannot.
struct Peer {
    name: &'static str,
    version: fn() -> Option<String>,
    run: fn(&Site, &Act<'_>) -> Option<Command>,
}

const PEERS: [Peer; 7] = [
    Peer { name: "OpenSSH `sftp`", version: || said("sftp", "ssh", &["-V"]), run: openssh },
    Peer { name: "PuTTY `psftp`", version: || said("psftp", "psftp", &["-V"]), run: psftp },
    Peer {
        name: "curl",
        version: || said("curl", "curl", &["--version"]).filter(|version| version.contains("libssh2")),
        run: curl,
    },
    Peer { name: "lftp", version: || said("lftp", "lftp", &["--version"]), run: lftp },
    Peer { name: "rclone", version: || said("rclone", "rclone", &["version"]), run: rclone },
    Peer {
        name: "paramiko",
        version: || python_version("paramiko"),
        run: |site, act| python("sftp_paramiko.py", site, act),
    },
    Peer {
        name: "asyncssh",
        version: || python_version("asyncssh"),
        run: |site, act| python("sftp_asyncssh.py", site, act),
    },
];

/// The version in the first line that a program says of itself.
fn said(program: &str, speaker: &str, arguments: &[&str]) -> Option<String> {
    let output = has(program).then(|| Command::new(speaker).args(arguments).output().unwrap())?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let number = |word: &&str| word.contains('.') && word.contains(|c: char| c.is_ascii_digit());
    let version = text.lines().next()?.split([' ', ',', '|']).find(number)?;
    Some(format!("{version}{}", if text.contains("libssh2/") { ", libssh2" } else { "" }))
}

fn script(site: &Site, lines: &[String]) -> PathBuf {
    let path = site.folder.join("script");
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

fn openssh(site: &Site, act: &Act<'_>) -> Option<Command> {
    let mut command = Command::new("sftp");
    command.args([
        "-q",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "IdentitiesOnly=yes",
    ]);
    command.args(["-F", "/dev/null", "-P", &site.port.to_string(), "-i"]).arg(&site.key);
    command.arg("-b").arg(script(site, &[shell_like(act, "reput", "rm")])).arg("alder@127.0.0.1");
    Some(command)
}

/// The commands of those clients that have a prompt.
fn shell_like(act: &Act<'_>, resume: &str, remove: &str) -> String {
    match act {
        Act::Put(local, remote) => format!("put {} {remote}", local.display()),
        Act::Get(remote, local) => format!("get {remote} {}", local.display()),
        Act::List(folder) => format!("ls {folder}"),
        Act::Remove(remote) => format!("{remove} {remote}"),
        Act::Rename(from, to) => format!("rename {from} {to}"),
        Act::Resume(local, remote) => format!("{resume} {} {remote}", local.display()),
    }
}

fn psftp(site: &Site, act: &Act<'_>) -> Option<Command> {
    let mut command = Command::new("psftp");
    let line = shell_like(act, "reput", "rm").replace("rename ", "mv ");
    command.env("HOME", &site.folder);
    command.args(["-batch", "-noagent", "-hostkey", &site.fingerprint, "-pw", PASSWORD, "-P", &site.port.to_string()]);
    command.arg("-b").arg(script(site, &[line])).arg("alder@127.0.0.1");
    Some(command)
}

fn curl(site: &Site, act: &Act<'_>) -> Option<Command> {
    let url = |path: &str| format!("sftp://127.0.0.1:{}{path}", site.port);
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--insecure", "--user", &format!("alder:{PASSWORD}")]);
    match act {
        Act::Put(local, remote) => command.arg("--upload-file").arg(local).arg(url(remote)),
        Act::Get(remote, local) => command.arg("--output").arg(local).arg(url(remote)),
        Act::List(folder) => command.args(["--list-only", &url(&format!("{folder}/"))]),
        Act::Remove(remote) => command.args(["--quote", &format!("rm {remote}"), "--list-only", &url("/outbox/")]),
        Act::Rename(from, to) => {
            command.args(["--quote", &format!("rename {from} {to}"), "--list-only", &url("/inbox/")])
        }
        Act::Resume(local, remote) => command.args(["--continue-at", "-", "--upload-file"]).arg(local).arg(url(remote)),
    };
    Some(command)
}

fn lftp(site: &Site, act: &Act<'_>) -> Option<Command> {
    let ssh = "ssh -a -x -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
    let act = match act {
        Act::Put(local, remote) => format!("put {} -o {remote}", local.display()),
        Act::Get(remote, local) => format!("get {remote} -o {}", local.display()),
        Act::List(folder) => format!("cls -1 {folder}"),
        Act::Remove(remote) => format!("rm {remote}"),
        Act::Rename(from, to) => format!("mv {from} {to}"),
        Act::Resume(local, remote) => format!("put -c {} -o {remote}", local.display()),
    };
    let script = format!(
        "set cmd:fail-exit yes; set net:max-retries 1; set sftp:connect-program \"{ssh} -i {}\"; \
         open -u alder, sftp://127.0.0.1:{}; {act}; bye",
        site.key.display(),
        site.port
    );
    let mut command = Command::new("lftp");
    command.env("HOME", &site.folder).args(["-c", &script]);
    Some(command)
}

fn rclone(site: &Site, act: &Act<'_>) -> Option<Command> {
    let at = |path: &str| {
        format!(":sftp,host=127.0.0.1,port={},user=alder,key_file={}:{path}", site.port, site.key.display())
    };
    let mut command = Command::new("rclone");
    command.args(["--config", "/dev/null", "--retries", "1"]);
    match act {
        Act::Put(local, remote) => command.arg("copyto").arg(local).arg(at(remote)),
        Act::Get(remote, local) => command.args(["copyto", &at(remote)]).arg(local),
        Act::List(folder) => command.args(["lsf", &at(folder)]),
        Act::Remove(remote) => command.args(["deletefile", &at(remote)]),
        Act::Rename(from, to) => command.args(["moveto", &at(from), &at(to)]),
        Act::Resume(..) => return None,
    };
    Some(command)
}

fn python(name: &str, site: &Site, act: &Act<'_>) -> Option<Command> {
    let mut command = Command::new(std::env::var_os("CROSSDOCK_SFTP_PYTHON")?);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name));
    command.args([&site.port.to_string(), "alder", PASSWORD]);
    match act {
        Act::Put(local, remote) => command.arg("put").arg(local).arg(remote),
        Act::Get(remote, local) => command.args(["get", remote]).arg(local),
        Act::List(folder) => command.args(["list", folder]),
        Act::Remove(remote) => command.args(["remove", remote]),
        Act::Rename(from, to) => command.args(["rename", from, to]),
        Act::Resume(local, remote) => command.arg("resume").arg(local).arg(remote),
    };
    Some(command)
}

fn python_version(module: &str) -> Option<String> {
    interop::python_module(Path::new(&std::env::var_os("CROSSDOCK_SFTP_PYTHON")?), module)
}

/// A gateway, and how to log in.
fn site(name: &str) -> (DropBox, Site) {
    let home = home(name, &["alder"], "", "");
    let (key, public) = key_pair(&home, "key");
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    home.write("partner-profiles/alder.toml", &format!("{profile}keys = [{{ key = \"{public}\" }}]\n"));
    home.write("files/readme", "");
    let drop_box = DropBox::start(home);
    let host_key = fs::read_to_string(drop_box.home.data().join("host-keys/ed25519.pub")).unwrap();
    let host_key = russh::keys::PublicKey::from_openssh(&host_key).unwrap();
    let fingerprint = host_key.fingerprint(russh::keys::HashAlg::Sha256).to_string();
    let folder = drop_box.home.path.join("files");
    let site = Site { port: drop_box.port, key, folder, fingerprint };
    (drop_box, site)
}

/// Lets a client do all of it; a `yes` for what it can, in the order of the columns.
fn try_out(peer: &Peer) -> Vec<&'static str> {
    let (drop_box, site) = site("drop-clients");
    let folder = site.folder.clone();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let done = |act: Act<'_>| -> Option<Output> {
        let mut command = (peer.run)(&site, &act)?;
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned();
        assert!(output.status.success(), "{}: {command:?}\n{said}\n{}", peer.name, drop_box.serving.text());
        Some(output)
    };
    let able = |output: Option<Output>| if output.is_some() { "yes" } else { "–" };
    let text = |number: u32| interchange("alder", number, &[format!("SO{number}")]);
    let lengths = || drop_box.payloads().into_iter().map(|payload| (payload.0, payload.1)).collect::<Vec<_>>();
    let length = |name: &str, number: u32| (name.to_owned(), text(number).len() as u64);
    let mut seen = Vec::new();
    let one = file("one", text(1).as_bytes());
    seen.push(able(done(Act::Put(&one, "/inbox/a.edi"))));
    assert_eq!(lengths(), [length("a.edi", 1)], "{}: recorded before it heard OK", peer.name);
    let two = file("two", text(2).as_bytes());
    done(Act::Put(&two, "/inbox/b.edi.tmp"));
    assert_eq!(lengths().len(), 1, "{}: it is not finished", peer.name);
    seen.push(able(done(Act::Rename("/inbox/b.edi.tmp", "/inbox/b.edi"))));
    assert_eq!(lengths()[1..], [length("b.edi", 2)], "{}", peer.name);
    let three = file("three", text(3333).as_bytes());
    seen.push(able(done(Act::Put(&three, "/inbox/a.edi"))));
    assert_eq!(lengths()[2..], [length("a.edi", 3333)], "{}", peer.name);
    let four = file("four", &text(4).as_bytes()[..150]);
    done(Act::Put(&four, "/inbox/c.edi"));
    assert_eq!(lengths().len(), 3, "{}: it breaks off", peer.name);
    let whole = file("four", text(4).as_bytes());
    let resumed = done(Act::Resume(&whole, "/inbox/c.edi"));
    if resumed.is_some() {
        assert_eq!(lengths()[3..], [length("c.edi", 4)], "{}", peer.name);
    }
    seen.push(able(resumed));
    drop_box.home.drop_into(&drop_box.home.submitted(), "SO9.json", order("alder", "SO9").as_bytes());
    let placed = || drop_box.deliveries().into_iter().find(|one| one.1 == "placed" && one.0.starts_with("940"));
    let (name, _) = wait(placed, || drop_box.serving.text());
    let state = || drop_box.deliveries().into_iter().find(|one| one.0 == name).unwrap().1;
    let remote = format!("/outbox/{name}");
    let listed = done(Act::List("/outbox")).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    assert!(listed.as_ref().is_some_and(|text| text.contains(&name)), "{}: {listed:?}", peer.name);
    seen.push("yes");
    assert_eq!(state(), "placed", "{}: to look is not to take", peer.name);
    let got = folder.join("got");
    seen.push(able(done(Act::Get(&remote, &got))));
    assert_eq!(fs::read(&got).unwrap(), fs::read(drop_box.home.outbox("alder").join(&name)).unwrap(), "{}", peer.name);
    // Some hang up without waiting for the answer to what they did last; lftp so soon that it may not reach us.
    let delivered =
        || wait(|| (state() == "delivered").then_some(()), || format!("{}\n{}", peer.name, drop_box.serving.text()));
    let closes = peer.name != "lftp";
    if closes {
        delivered();
    }
    seen.push(able(done(Act::Remove(&remote))));
    delivered();
    seen.push(if closes { "fetched" } else { "removed" });
    let gone = || (!drop_box.home.outbox("alder").join(&name).exists()).then_some(());
    wait(gone, || format!("{}\n{}", peer.name, drop_box.serving.text()));
    seen
}

#[test]
#[allow(clippy::print_stderr, reason = "a client that is not here is skipped visibly")]
fn clients_do_what_partners_do_with_them() {
    for peer in &PEERS {
        match (peer.version)() {
            Some(version) => interop::row("clients of the drop box", &[peer.name], &version, &try_out(peer)),
            None => eprintln!("SKIPPED: {} is not here", peer.name),
        }
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that cannot run here says so")]
fn ssh_audit_finds_no_failure_in_what_is_offered() {
    let python = std::env::var_os("CROSSDOCK_SFTP_PYTHON").map(PathBuf::from);
    let Some(audit) = python.map(|python| python.with_file_name("ssh-audit")).filter(|audit| audit.exists()) else {
        eprintln!("SKIPPED: CROSSDOCK_SFTP_PYTHON names no Python that has ssh-audit");
        return;
    };
    let (drop_box, site) = site("drop-audit");
    let mut command = Command::new(audit);
    command.args(["--no-colors", "-p", &site.port.to_string(), "127.0.0.1"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("mlkem768x25519-sha256") && said.contains("ssh-ed25519"), "{said}");
    assert!(!said.contains("[fail]"), "{said}");
    // Nor in how fast one address may open connections.
    assert!(!said.contains("DHEat"), "{said}");
    drop(drop_box);
}
