//! A gateway with a drop box, and libssh2 as its client.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part; a test stops at the first thing that is not as it must be"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crossdock::transport::sftp::server::hash;
use serde_json::Value;
use ssh2::{OpenFlags, OpenType, Session, Sftp};

use crate::gateway::{Home, Serving, profile, wait};

/// The password of every partner here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A home whose gateway runs.
pub(crate) struct DropBox {
    pub(crate) home: Home,
    pub(crate) serving: Serving,
    pub(crate) port: u16,
}

/// Somebody who is logged in.
pub(crate) struct Client {
    /// The connection itself, to be cut.
    pub(crate) tcp: TcpStream,
    pub(crate) session: Session,
    pub(crate) sftp: Sftp,
}

/// A home with these partners, who may log in by [`PASSWORD`]; `more` stands in `[transport.sftp_server]` of their profiles,
/// `settings` in `[sftp_server]`.
pub(crate) fn home(name: &str, partners: &[&str], more: &str, settings: &str) -> Home {
    let home = Home::new(name, &[]);
    home.write(
        "crossdock.toml",
        &format!(
            "[gateway]\nsweep = \"200ms\"\nsettle = \"200ms\"\n[health]\nlisten = \"127.0.0.1:0\"\n\
             [sftp_server]\nlisten = \"127.0.0.1:0\"\n{settings}"
        ),
    );
    home.write("secrets/hash", &hash(PASSWORD).unwrap());
    for partner in partners {
        let server = format!("[transport.sftp_server]\npassword = \"file:secrets/hash\"\n{more}");
        home.write(&format!("partner-profiles/{partner}.toml"), &format!("{}\n{server}\n", profile(partner)));
    }
    // Making an RSA key takes a moment, which each test need not spend.
    let keys = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-keys");
    let own = home.data().join("host-keys");
    fs::create_dir_all(&own).unwrap();
    for entry in fs::read_dir(&keys).into_iter().flatten().flatten() {
        fs::copy(entry.path(), own.join(entry.file_name())).unwrap();
    }
    home
}

impl DropBox {
    /// A gateway for one partner, alder.
    pub(crate) fn new(name: &str, more: &str, settings: &str) -> Self {
        Self::start(home(name, &["alder"], more, settings))
    }

    pub(crate) fn start(home: Home) -> Self {
        let serving = home.serve();
        let port = port(&serving);
        keep_host_keys(&home);
        Self { home, serving, port }
    }

    /// kill -9, and the next start.
    pub(crate) fn restart(self) -> Self {
        let Self { home, serving, .. } = self;
        serving.kill();
        Self::start(home)
    }

    /// A connection, not logged in.
    pub(crate) fn connect(&self) -> Session {
        connect(self.port).unwrap().0
    }

    /// Logs alder in.
    pub(crate) fn login(&self) -> Client {
        self.login_as("alder")
    }

    pub(crate) fn login_as(&self, partner: &str) -> Client {
        let (session, tcp) = connect(self.port).unwrap();
        session.userauth_password(partner, PASSWORD).unwrap();
        let sftp = session.sftp().unwrap();
        Client { tcp, session, sftp }
    }

    /// The payloads: name, bytes, state.
    pub(crate) fn payloads(&self) -> Vec<(String, u64, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rows = self.json(&["payload", "list", "--limit", "10000"]);
        let mut rows: Vec<_> = rows
            .iter()
            .map(|row| (text(&row["file_name"]), row["bytes"].as_u64().unwrap(), text(&row["state"])))
            .collect();
        rows.reverse();
        rows
    }

    /// Names of the payloads.
    pub(crate) fn received(&self) -> Vec<String> {
        self.payloads().into_iter().map(|(name, ..)| name).collect()
    }

    /// The deliveries: file, state.
    pub(crate) fn deliveries(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rows = self.json(&["delivery", "list"]);
        let mut rows: Vec<_> = rows.iter().map(|row| (text(&row["file_name"]), text(&row["state"]))).collect();
        rows.reverse();
        rows
    }

    /// Waits until the deliveries are in this state; their files.
    pub(crate) fn delivered(&self, count: usize, state: &str) -> Vec<String> {
        let there = || {
            let found = self.deliveries();
            let all = found.len() == count && found.iter().all(|(_, now)| now == state);
            all.then(|| found.into_iter().map(|(file, _)| file).collect())
        };
        wait(there, || format!("{:?}\n{}", self.deliveries(), self.serving.text()))
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let (_, out, err) = self.home.run(&[arguments, &["--format", "json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}\n{err}"))).collect()
    }

    /// What partners did: who, what, of what, and more.
    pub(crate) fn deeds(&self) -> Vec<(String, String, String, String)> {
        let rows = self.json(&["audit", "--sftp", "--limit", "100000"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut rows: Vec<_> = rows
            .iter()
            .map(|row| (text(&row["by"]), text(&row["command"]), text(&row["subject"]), text(&row["why"])))
            .collect();
        rows.reverse();
        rows
    }

    /// A number of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let address = self.serving.text();
        let address = address.split("health and metrics are served address=").nth(1).unwrap().lines().next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_else(|| panic!("{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

/// The port of the drop box, once it is open.
pub(crate) fn port(serving: &Serving) -> u16 {
    let open = || {
        let text = serving.text();
        let port = text.split("the drop box is open for SFTP address=127.0.0.1:").nth(1)?.lines().next()?;
        port.trim().parse().ok()
    };
    wait(open, || format!("no drop box:\n{}", serving.text()))
}

/// Keeps the host keys that a gateway made for those after it.
fn keep_host_keys(home: &Home) {
    let keys = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-keys");
    if keys.exists() {
        return;
    }
    let new = keys.with_extension(std::process::id().to_string());
    fs::create_dir_all(&new).unwrap();
    for entry in fs::read_dir(home.data().join("host-keys")).unwrap().flatten() {
        fs::copy(entry.path(), new.join(entry.file_name())).unwrap();
    }
    // Another test may have been quicker.
    drop(fs::rename(&new, &keys));
}

/// A connection, not logged in, and what it goes over.
pub(crate) fn connect(port: u16) -> Result<(Session, TcpStream), ssh2::Error> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let tcp = stream.try_clone().unwrap();
    let mut session = Session::new().unwrap();
    session.set_timeout(60_000);
    session.set_tcp_stream(stream);
    session.handshake()?;
    Ok((session, tcp))
}

impl Client {
    /// Puts a whole file.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ssh2::Error> {
        let mut file = self.sftp.create(Path::new(path))?;
        file.write_all(bytes).unwrap();
        file.close()
    }

    /// Opens a file to go on with it.
    pub(crate) fn resume(&self, path: &str) -> Result<ssh2::File, ssh2::Error> {
        self.sftp.open_mode(Path::new(path), OpenFlags::WRITE | OpenFlags::CREATE, 0o644, OpenType::File)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, ssh2::Error> {
        let mut file = self.sftp.open(Path::new(path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        file.close()?;
        Ok(bytes)
    }

    pub(crate) fn size(&self, path: &str) -> Option<u64> {
        self.sftp.stat(Path::new(path)).ok()?.size
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), ssh2::Error> {
        self.sftp.rename(Path::new(from), Path::new(to), None)
    }

    pub(crate) fn remove(&self, path: &str) -> Result<(), ssh2::Error> {
        self.sftp.unlink(Path::new(path))
    }

    /// Names in a folder.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = self.sftp.readdir(Path::new(path)).unwrap();
        let mut names: Vec<String> =
            entries.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

/// Makes a key pair; the file of the private key, and the line of the public one.
pub(crate) fn key_pair(home: &Home, name: &str) -> (PathBuf, String) {
    use russh::keys::ssh_key::LineEnding;
    use russh::keys::{Algorithm, PrivateKey, key::safe_rng};
    let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
    let path = home.path.join(name);
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
    file.write_all(key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap();
    let public = key.public_key().to_openssh().unwrap();
    fs::write(path.with_extension("pub"), format!("{public}\n")).unwrap();
    (path, public)
}

/// Is this program here?
pub(crate) fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .is_ok_and(|output| output.status.success())
}
