//! SFTP servers of others, as processes on loopback: OpenSSH's sshd, and asyncssh made to misbehave.
//!
//! sshd cannot be told to take any free port, so a listener of the test takes it and starts `sshd -i` for each connection;
//! bytes pass through the test, which may cut them.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "shared by several tests, each of which uses a part; a test stops at the first thing that is not as it must be, and says what it skips"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// OpenSSH's server.
pub(crate) const SSHD: &str = "/usr/sbin/sshd";
/// As the servers of asyncssh know us.
pub(crate) const USER: &str = "acme";
pub(crate) const PASSWORD: &str = "correct horse";

/// Who runs the test: the only user that sshd lets in without root's help.
pub(crate) fn who() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A pair of keys; the private one's path.
pub(crate) fn keys(folder: &Path, name: &str, kind: &str) -> PathBuf {
    let file = folder.join(name);
    let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(&file).status().unwrap();
    assert!(made.success());
    file
}

/// The fingerprint of a public key, as ssh-keygen tells it.
pub(crate) fn fingerprint(private: &Path) -> String {
    let output = Command::new("ssh-keygen").arg("-lf").arg(private.with_extension("pub")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().nth(1).unwrap().to_owned()
}

/// sshd can be started here.
pub(crate) fn has_sshd() -> bool {
    let has = Path::new(SSHD).exists() && Command::new("ssh-keygen").arg("-?").output().is_ok();
    if !has {
        println!("SKIPPED: OpenSSH's sshd is not here (Debian: openssh-server)");
        return false;
    }
    // Started by root it wants this folder, which a system service makes.
    drop(fs::create_dir_all("/run/sshd"));
    true
}

/// OpenSSH's sshd with a folder of its own.
pub(crate) struct Sshd {
    pub(crate) port: u16,
    /// What it serves; paths are whole, as the server has no other root.
    pub(crate) folder: PathBuf,
    /// Where its keys and ours lie.
    pub(crate) keys: PathBuf,
    /// Connections are closed at once.
    pub(crate) down: Arc<AtomicBool>,
    /// So many pieces of bytes from the server pass, then the connection is cut.
    pub(crate) cut_after: Arc<AtomicUsize>,
    /// Connections that were taken.
    pub(crate) connections: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Sshd {
    pub(crate) fn new(home: &Path, more: &str) -> Self {
        let (keys, folder) = (home.join("ssh"), home.join("server"));
        fs::create_dir_all(&keys).unwrap();
        for name in ["in", "out"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let ours = self::keys(&keys, "ours", "ed25519");
        self::keys(&keys, "host", "ed25519");
        fs::copy(ours.with_extension("pub"), keys.join("authorized")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            folder,
            keys,
            down: Arc::default(),
            cut_after: Arc::new(AtomicUsize::new(usize::MAX)),
            connections: Arc::default(),
            stop: Arc::default(),
        };
        server.configure(&["host"], more);
        server.listen(listener);
        server
    }

    /// Writes its settings: every new connection is served by them.
    pub(crate) fn configure(&self, host_keys: &[&str], more: &str) {
        self.settings(host_keys, &format!("Subsystem sftp internal-sftp\n{more}"));
    }

    /// From now on it has no SFTP.
    pub(crate) fn without_sftp(&self, more: &str) {
        self.settings(&["host"], more);
    }

    fn settings(&self, host_keys: &[&str], more: &str) {
        let keys = self.keys.display();
        let host_keys: String = host_keys.iter().map(|name| format!("HostKey {keys}/{name}\n")).collect();
        let text = format!(
            "{host_keys}AuthorizedKeysFile {keys}/authorized\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             PermitRootLogin prohibit-password\nPidFile none\nMaxSessions 20\n{more}\n"
        );
        fs::write(self.keys.join("sshd_config"), text).unwrap();
    }

    fn listen(&self, listener: TcpListener) {
        let (config, stop) = (self.keys.join("sshd_config"), Arc::clone(&self.stop));
        let (down, cut, connections) =
            (Arc::clone(&self.down), Arc::clone(&self.cut_after), Arc::clone(&self.connections));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                connections.fetch_add(1, Ordering::SeqCst);
                let Ok(stream) = stream else { continue };
                if down.load(Ordering::SeqCst) {
                    continue;
                }
                let (config, cut) = (config.clone(), cut.load(Ordering::SeqCst));
                std::thread::spawn(move || serve(stream, &config, cut));
            }
        });
    }

    pub(crate) fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.folder.join(folder).join(name)
    }

    /// `[transport.sftp]` without what is picked up and put.
    pub(crate) fn transport(&self, engine: &str) -> String {
        format!(
            "[transport.sftp]\nengine = \"{engine}\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\nkey = \"file:ssh/ours\"\n\
             connect_within = \"10s\"\nanswer_within = \"10s\"\n",
            self.port,
            who()
        )
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn serve(stream: TcpStream, config: &Path, cut_after: usize) {
    stream.set_nodelay(true).unwrap();
    let pair = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut from = TcpStream::connect(pair.local_addr().unwrap()).unwrap();
    from.set_nodelay(true).unwrap();
    let theirs = OwnedFd::from(pair.accept().unwrap().0);
    let mut sshd = Command::new(SSHD)
        .args(["-i", "-f"])
        .arg(config)
        .stdin(theirs.try_clone().unwrap())
        .stdout(theirs)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut up, mut to) = (stream.try_clone().unwrap(), from.try_clone().unwrap());
    let upwards = std::thread::spawn(move || {
        // It ends with either side.
        drop(std::io::copy(&mut up, &mut to));
    });
    let (mut down, mut buffer) = (&stream, vec![0; 64 << 10]);
    for _ in 0..cut_after {
        match from.read(&mut buffer) {
            Ok(read @ 1..) if down.write_all(&buffer[..read]).is_ok() => {}
            _ => break,
        }
    }
    drop(stream.shutdown(Shutdown::Both));
    drop(sshd.kill());
    drop(sshd.wait());
    drop(upwards.join());
}

/// A server of asyncssh.
pub(crate) struct Asyncssh {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    child: Child,
    _input: ChildStdin,
}

/// The Python that has asyncssh, if there is one.
pub(crate) fn asyncssh_python() -> Option<PathBuf> {
    let python = std::env::var_os("CROSSDOCK_SFTP_PYTHON").map(PathBuf::from);
    if python.is_none() {
        println!("SKIPPED: CROSSDOCK_SFTP_PYTHON names no Python that has asyncssh");
    }
    python
}

impl Asyncssh {
    /// Starts one on a folder of the home.
    pub(crate) fn start(python: &Path, home: &Path, arguments: &[&str]) -> Self {
        let (folder, log) = (home.join("server"), home.join("asyncssh.log"));
        for name in ["in", "out"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/sftp_server.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(&folder)
            .arg("--log")
            .arg(&log)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let input = child.stdin.take().unwrap();
        Self { port: port.trim().parse().expect("asyncssh says its port"), folder, log, child, _input: input }
    }

    pub(crate) fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.folder.join(folder).join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `[transport.sftp]` with the password of the file `secret`, without what is picked up and put.
    pub(crate) fn transport(&self, engine: &str) -> String {
        format!(
            "[transport.sftp]\nengine = \"{engine}\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{USER}\"\n\
             password = \"file:secret\"\nconnect_within = \"10s\"\nanswer_within = \"10s\"\n",
            self.port
        )
    }
}

impl Drop for Asyncssh {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
