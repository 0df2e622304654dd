//! The drop box beside OpenSSH's server: `cargo bench --bench sftp`.
//!
//! OpenSSH's `sftp` puts files into both in turns, on the same disk (`CROSSDOCK_BENCH_FOLDER`, else the folder for temporary
//! files), and gets a large one. Ours answers when file and record are on disk; OpenSSH's does not sync, so the floor is told
//! too: one small file synced. The partner that puts is paused, so that only receiving is measured; as a pause closes its outbox, too,
//! another one gets. CPU time is that of servers and
//! clients for a small file, with logging in. Before each turn what the one before has left is brought to the disk: who does not
//! sync would leave it for others to wait for. Who begins changes from round to round.

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
    fs::create_dir_all(folder.join("home/data/mailboxes/birch/outbox")).unwrap();
    let key = folder.join("key");
    let [private, public] = key_pair().unwrap();
    fs::write(&key, private).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(folder.join("small"), small()).unwrap();
    fs::write(folder.join("large"), small().repeat((large << 20) / small().len())).unwrap();
    for outbox in ["theirs", "home/data/mailboxes/birch/outbox"] {
        fs::copy(folder.join("large"), folder.join(outbox).join("large")).unwrap();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gateway = runtime.block_on(start(&folder.join("home"), &public));
    let port = gateway.drop_box.unwrap().port();
    let [into, from] = ["/inbox", "/outbox"].map(str::to_owned);
    let site = |user: &str| Site { port, user: user.into(), into: into.clone(), from: from.clone(), key: key.clone() };
    let (ours, gets) = (site("alder"), site("birch"));
    let (mut sshd, port) = sshd(&folder, &public);
    let there = folder.join("theirs").display().to_string();
    let theirs = Site { port, user: who(), into: there.clone(), from: there, key };
    let small = folder.join("small");
    println!("{files} files of 5 KB a turn, milliseconds a file; {large} MB, MB/s; {ROUNDS} rounds in turns");
    for round in 1..=ROUNDS {
        let floor = floor(&folder, files);
        let sites = [&ours, &theirs];
        let [one_ours, one_theirs] = in_turns(sites, round, |site| site.put(&small, files, 1, round));
        let [(more_ours, cpu_ours), (more_theirs, cpu_theirs)] = in_turns(sites, round, |site| {
            let before = CpuTimes::now(&sshd);
            let more = site.put(&small, files, SESSIONS, round);
            (more, CpuTimes::now(&sshd).since(&before))
        });
        let speed = |milliseconds: f64| large as f64 / (milliseconds / 1_000.0);
        let large_file = folder.join("large");
        let [put_ours, put_theirs] = in_turns(sites, round, |site| speed(site.put(&large_file, 1, 1, round)));
        let [get_ours, get_theirs] = in_turns([&gets, &theirs], round, |site| speed(site.get(&folder, round)));
        let each = |ticks: u64| ticks as f64 * 10.0 / files as f64;
        println!(
            "round {round}: one session: ours {one_ours:.2}, OpenSSH {one_theirs:.2}, a synced file {floor:.2}; \
             {SESSIONS} sessions: ours {more_ours:.2} ({:.1} times one), OpenSSH {more_theirs:.2}; \
             CPU of server and client: ours {:.2} + {:.2}, OpenSSH {:.2} + {:.2}; \
             large put: ours {put_ours:.0} MB/s, OpenSSH {put_theirs:.0} MB/s; \
             large get: ours {get_ours:.0} MB/s, OpenSSH {get_theirs:.0} MB/s",
            one_ours / more_ours,
            each(cpu_ours.ours),
            each(cpu_ours.clients),
            each(cpu_theirs.theirs),
            each(cpu_theirs.clients),
        );
    }
    sshd.kill().unwrap();
    sshd.wait().unwrap();
    runtime.block_on(gateway.stop());
    fs::remove_dir_all(folder).unwrap();
}

/// Lets both sites do something, each after what was done before is on the disk; who begins changes from round to round.
fn in_turns<T>([ours, theirs]: [&Site; 2], round: usize, work: impl Fn(&Site) -> T) -> [T; 2] {
    let turn = |site| {
        assert!(Command::new("sync").status().unwrap().success());
        work(site)
    };
    if round % 2 == 1 {
        let first = turn(ours);
        [first, turn(theirs)]
    } else {
        let first = turn(theirs);
        [turn(ours), first]
    }
}

/// Some 5 KB that are taken at once: no X12, so nothing of them can break off.
fn small() -> Vec<u8> {
    b"0123456789ABCDEF0123456789ABCDEF\n".repeat(150)
}

async fn start(home: &Path, public: &str) -> Gateway {
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    for name in ["alder", "birch"] {
        let profile = format!(
            "name = \"{name}\"\nus = {{ interchange_id = \"12/4085551000\" }}\nthem = {{ interchange_ids = [\"ZZ/{}\"] }}\n\
             time_zone = \"UTC\"\n[transport.sftp_server]\nkeys = [{{ key = \"{public}\" }}]\n",
            name.to_uppercase()
        );
        fs::write(home.join(format!("partner-profiles/{name}.toml")), profile).unwrap();
    }
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

/// One small file synced, in milliseconds. It stays the same file: where many were removed a moment ago, to make new ones is slow
/// for a while on ext4.
fn floor(folder: &Path, files: usize) -> f64 {
    let (bytes, path) = (small(), folder.join("floor"));
    let start = Instant::now();
    for _ in 0..files {
        let mut file = File::create(&path).unwrap();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
    }
    start.elapsed().as_secs_f64() * 1_000.0 / files as f64
}

/// CPU time that was used up to now, in hundredths of a second.
struct CpuTimes {
    ours: u64,
    theirs: u64,
    clients: u64,
}

impl CpuTimes {
    fn now(sshd: &Child) -> Self {
        // The server of a session ends a moment after its client.
        let children = format!("/proc/{0}/task/{0}/children", sshd.id());
        while !fs::read_to_string(&children).unwrap().trim().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let [ours, clients] = Self::of("self");
        let [_, theirs] = Self::of(&sshd.id().to_string());
        Self { ours, theirs, clients }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            ours: self.ours - before.ours,
            theirs: self.theirs - before.theirs,
            clients: self.clients - before.clients,
        }
    }

    /// Of a process, and of its children that ended.
    fn of(process: &str) -> [u64; 2] {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let fields: Vec<u64> =
            stat.rsplit(')').next().unwrap().split(' ').filter_map(|word| word.parse().ok()).collect();
        // Behind the name and the state come numbers; these are the 14th to the 17th of all.
        [fields[10] + fields[11], fields[12] + fields[13]]
    }
}

/// A server, as a client knows it.
struct Site {
    port: u16,
    user: String,
    into: String,
    from: String,
    key: PathBuf,
}

impl Site {
    /// Puts a file so often, by so many sessions at a time; milliseconds of the clock for each, without logging in.
    fn put(&self, file: &Path, files: usize, sessions: usize, round: usize) -> f64 {
        let mut clients: Vec<Child> =
            (0..sessions).map(|index| self.ready(file, &format!("{round}-{index}-{sessions}-{files}"))).collect();
        let start = Instant::now();
        // Each is told by a thread of its own: a pipe is full before a long list is told, and the next one would begin late.
        std::thread::scope(|scope| {
            for (index, client) in clients.iter_mut().enumerate() {
                scope.spawn(move || {
                    let mut input = client.stdin.take().unwrap();
                    for number in (index..files).step_by(sessions) {
                        let name = format!("{}/{round}-{sessions}-{number}-{files}", self.into);
                        writeln!(input, "put {} {name}", file.display()).unwrap();
                    }
                });
            }
        });
        for client in &mut clients {
            assert!(client.wait().unwrap().success());
        }
        start.elapsed().as_secs_f64() * 1_000.0 / files as f64
    }

    /// Gets the large file; milliseconds of the clock, without logging in.
    fn get(&self, folder: &Path, round: usize) -> f64 {
        let got = folder.join("got");
        let mut client = self.ready(&got, &format!("get-{round}"));
        let start = Instant::now();
        writeln!(client.stdin.take().unwrap(), "get {}/large {}", self.from, got.display()).unwrap();
        assert!(client.wait().unwrap().success());
        let milliseconds = start.elapsed().as_secs_f64() * 1_000.0;
        fs::remove_file(got).unwrap();
        milliseconds
    }

    /// A client that is logged in: a first answer says so. The small file lies beside `file`.
    fn ready(&self, file: &Path, name: &str) -> Child {
        let mut client = self.client();
        let input = client.stdin.as_mut().unwrap();
        writeln!(input, "put {} {}/ready-{name}.tmp", file.with_file_name("small").display(), self.into).unwrap();
        writeln!(input, "!echo ready >&2").unwrap();
        input.flush().unwrap();
        let (mut said, output) = (Vec::new(), client.stderr.as_mut().unwrap());
        while !said.ends_with(b"ready\n") {
            let mut byte = [0];
            std::io::Read::read_exact(output, &mut byte).unwrap();
            said.push(byte[0]);
        }
        client
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
