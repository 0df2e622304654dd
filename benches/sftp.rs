//! The drop box beside OpenSSH's server: `cargo bench --bench sftp`.
//!
//! OpenSSH's `sftp` puts files into both in turns, on the same disk (`CROSSDOCK_BENCH_FOLDER`, else the folder for temporary
//! files). Ours answers when file and record are on disk; OpenSSH's does not sync, so the floor is told too: one small file
//! synced. The partner is paused, so that only receiving is measured.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is not as it must be, and prints"
)]

use std::fs::{self, File};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossdock::gateway::{Gateway, Settings};
use crossdock::store::{Audit, Unit};
use crossdock::transport::sftp::{key_pair, server};

const ROUNDS: usize = 5;
const SESSIONS: usize = 8;
const SSHD: &str = "/usr/sbin/sshd";

fn main() {
    if !Path::new(SSHD).exists() {
        println!("SKIPPED: OpenSSH's sshd is not here (Debian: openssh-server)");
        return;
    }
    let folder = std::env::var_os("CROSSDOCK_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("crossdock-bench-sftp-{}", std::process::id()));
    let files: usize = std::env::var("CROSSDOCK_BENCH_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let large: usize = std::env::var("CROSSDOCK_BENCH_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    fs::create_dir_all(folder.join("theirs")).unwrap();
    let key = folder.join("key");
    let [private, public] = key_pair().unwrap();
    fs::write(&key, private).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(folder.join("small"), small()).unwrap();
    fs::write(folder.join("large"), small().repeat((large << 20) / small().len())).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gateway = runtime.block_on(start(&folder.join("home"), &public));
    let ours =
        Site { port: gateway.drop_box.unwrap().port(), user: "alder".into(), into: "/inbox".into(), key: key.clone() };
    let (mut sshd, port) = sshd(&folder, &public);
    let theirs = Site { port, user: who(), into: folder.join("theirs").display().to_string(), key };
    let small = folder.join("small");
    println!("{files} files of 5 KB a turn, milliseconds a file; {large} MB, MB/s; {ROUNDS} rounds in turns");
    for round in 1..=ROUNDS {
        let floor = floor(&folder, files);
        let [one_ours, one_theirs] = [&ours, &theirs].map(|site| site.put(&small, files, 1, round));
        let [more_ours, more_theirs] = [&ours, &theirs].map(|site| site.put(&small, files, SESSIONS, round));
        let [put_ours, put_theirs] = [&ours, &theirs].map(|site| {
            let seconds = site.put(&folder.join("large"), 1, 1, round) / 1_000.0;
            large as f64 / seconds
        });
        println!(
            "round {round}: one session: ours {one_ours:.2}, OpenSSH {one_theirs:.2}, a synced file {floor:.2}; \
             {SESSIONS} sessions: ours {more_ours:.2} ({:.1} times one), OpenSSH {more_theirs:.2}; \
             large put: ours {put_ours:.0} MB/s, OpenSSH {put_theirs:.0} MB/s",
            one_ours / more_ours
        );
    }
    sshd.kill().unwrap();
    sshd.wait().unwrap();
    runtime.block_on(gateway.stop());
    fs::remove_dir_all(folder).unwrap();
}

/// Some 5 KB that are taken at once: no X12, so nothing of them can break off.
fn small() -> Vec<u8> {
    b"0123456789ABCDEF0123456789ABCDEF\n".repeat(150)
}

async fn start(home: &Path, public: &str) -> Gateway {
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    let profile = format!(
        "name = \"Alder\"\nus = {{ interchange_id = \"12/4085551000\" }}\nthem = {{ interchange_ids = [\"ZZ/ALDER\"] }}\n\
         time_zone = \"UTC\"\n[transport.sftp_server]\nkeys = [{{ key = \"{public}\" }}]\n"
    );
    fs::write(home.join("partner-profiles/alder.toml"), profile).unwrap();
    let drop_box = server::Settings::at(SocketAddr::from(([127, 0, 0, 1], 0)));
    let settings = Settings { listen: None, sftp_server: Some(drop_box), ..Settings::default() };
    let gateway = Gateway::start(home, &settings).await.unwrap();
    let (at, by, command) = (jiff::Timestamp::now(), "bench".to_owned(), "partner pause".to_owned());
    let paused = Unit::Partner("alder".to_owned(), Some(at), Audit { at, by, command, why: None });
    gateway.pipeline.store.commit_one(paused).await.unwrap();
    gateway
}

/// OpenSSH's server on a free port of loopback.
fn sshd(folder: &Path, public: &str) -> (Child, u16) {
    drop(fs::create_dir_all("/run/sshd"));
    let host = folder.join("host");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&host).status().unwrap();
    assert!(made.success());
    fs::write(folder.join("authorized"), public).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!(
        "HostKey {0}/host\nAuthorizedKeysFile {0}/authorized\nListenAddress 127.0.0.1\nPort {port}\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\nSubsystem sftp internal-sftp\n\
         MaxStartups 100\n",
        folder.display()
    );
    fs::write(folder.join("sshd_config"), config).unwrap();
    let child =
        Command::new(SSHD).args(["-D", "-f"]).arg(folder.join("sshd_config")).stderr(Stdio::null()).spawn().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    (child, port)
}

fn who() -> String {
    String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned()
}

/// One small file synced, in milliseconds.
fn floor(folder: &Path, files: usize) -> f64 {
    let (bytes, path) = (small(), folder.join("floor"));
    let start = Instant::now();
    for _ in 0..files {
        let mut file = File::create(&path).unwrap();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
        fs::remove_file(&path).unwrap();
    }
    start.elapsed().as_secs_f64() * 1_000.0 / files as f64
}

/// A server, as a client knows it.
struct Site {
    port: u16,
    user: String,
    into: String,
    key: PathBuf,
}

impl Site {
    /// Puts a file so often, by so many sessions at a time; milliseconds of the clock for each, without logging in.
    fn put(&self, file: &Path, files: usize, sessions: usize, round: usize) -> f64 {
        let mut clients: Vec<Child> = (0..sessions).map(|_| self.client()).collect();
        // A first answer says that a session is there.
        for (index, client) in clients.iter_mut().enumerate() {
            let input = client.stdin.as_mut().unwrap();
            writeln!(
                input,
                "put {} {}/ready-{round}-{index}-{sessions}-{files}.tmp",
                file.with_file_name("small").display(),
                self.into
            )
            .unwrap();
            writeln!(input, "!echo ready >&2").unwrap();
            input.flush().unwrap();
            let mut said = Vec::new();
            let output = client.stderr.as_mut().unwrap();
            while !said.ends_with(b"ready\n") {
                let mut byte = [0];
                std::io::Read::read_exact(output, &mut byte).unwrap();
                said.push(byte[0]);
            }
        }
        let start = Instant::now();
        for (index, client) in clients.iter_mut().enumerate() {
            let mut input = client.stdin.take().unwrap();
            for number in (index..files).step_by(sessions) {
                writeln!(input, "put {} {}/{round}-{sessions}-{number}-{files}", file.display(), self.into).unwrap();
            }
        }
        for client in &mut clients {
            assert!(client.wait().unwrap().success());
        }
        start.elapsed().as_secs_f64() * 1_000.0 / files as f64
    }

    fn client(&self) -> Child {
        let options =
            ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "LogLevel=ERROR"];
        let mut command = Command::new("sftp");
        command.args(["-q", "-b", "-", "-F", "/dev/null", "-P", &self.port.to_string(), "-i"]).arg(&self.key);
        for option in options {
            command.args(["-o", option]);
        }
        command.arg(format!("{}@127.0.0.1", self.user));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}
