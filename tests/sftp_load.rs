//! The drop box under many and hostile visitors, and large files both ways, in a short form; the full one, with its figures:
//!
//! ```text
//! CROSSDOCK_STRANGERS=5000 CROSSDOCK_SLOW=500 CROSSDOCK_GUESSES=100000 CROSSDOCK_SESSIONS=5000 CROSSDOCK_AT_ONCE=200 \
//!     CROSSDOCK_SECONDS=3600 CROSSDOCK_LARGE_MB=10240 cargo test --release --test sftp_load -- --nocapture --test-threads=1
//! ```

#![cfg(feature = "libssh2")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]
#![allow(clippy::print_stderr, reason = "the long form says what it counted")]

#[path = "support/drop_box.rs"]
mod drop_box;
#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/ssh.rs"]
mod ssh;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock::diagnostic::Diagnostics;
use crossdock::partner::Profile;
use crossdock::pipeline::destination::destination;
use crossdock::source::SourceFile;
use crossdock::transport::sftp::client::{self, Goods, push};
use drop_box::{Client, DropBox, PASSWORD, has, home, key_pair};
use gateway::{Serving, interchange, wait};
use ssh2::Session;

/// Visitors at the same time.
const HANDS: usize = 8;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// MiB of memory that a process has, or had at most (`VmRSS`, `VmHWM`).
fn memory(serving: &Serving, which: &str) -> u64 {
    memory_of(serving.child.id(), which)
}

fn memory_of(process: u32, which: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{which}:"))).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

/// A connection from an address of loopback's network; nothing where nobody listens to it.
fn from(address: u32, port: u16) -> Option<TcpStream> {
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + address);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        // Where it is closed it is gone at once.
        socket.set_zero_linger()?;
        socket.bind(SocketAddr::from((address, 0)))?;
        socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?.into_std()
    });
    let stream = stream.ok()?;
    stream.set_nonblocking(false).unwrap();
    Some(stream)
}

fn log_in(stream: TcpStream, user: &str, password: &str) -> Result<Client, ssh2::Error> {
    let tcp = stream.try_clone().unwrap();
    let mut session = Session::new().unwrap();
    session.set_timeout(60_000);
    session.set_tcp_stream(stream);
    session.handshake()?;
    session.userauth_password(user, password)?;
    let sftp = session.sftp()?;
    Ok(Client { tcp, session, sftp })
}

#[test]
fn strangers_keep_no_partner_out() {
    let strangers = setting("CROSSDOCK_STRANGERS", 300);
    // The full form has the time that is set where nothing else is: they are to be gone after half a minute.
    let (handshake, gone_within, settings) = match strangers > 1_000 {
        true => (25, 30, ""),
        false => (5, 10, "handshake = \"5s\"\n"),
    };
    let drop_box = DropBox::new("drop-strangers", "", settings);
    drop(drop_box.login());
    let before = memory(&drop_box.serving, "VmRSS");
    let begun = Instant::now();
    // Of fifty addresses; some say nothing, some a little.
    let mut open: Vec<(TcpStream, Instant)> = Vec::new();
    for number in 0..strangers {
        let came = Instant::now();
        let Some(mut stream) = from(number as u32 % 50, drop_box.port) else { continue };
        // Who was not let in is gone already.
        drop(stream.write_all(if number % 2 == 0 { b"" } else { b"SSH-2.0-" }));
        open.push((stream, came));
    }
    let (mut put, mut slowest) = (0, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(handshake) / 2 || put < 5 {
        let start = Instant::now();
        let client = drop_box.login();
        client
            .put(&format!("/inbox/{put}.edi"), interchange("alder", put + 1, &[format!("SO{put}")]).as_bytes())
            .unwrap();
        slowest = slowest.max(start.elapsed());
        put += 1;
    }
    let most = memory(&drop_box.serving, "VmHWM");
    let mut longest = Duration::ZERO;
    // They go in the order in which they came, so none is seen to go much later than it does.
    for (stream, came) in &mut open {
        stream.set_read_timeout(Some(Duration::from_secs(2 * handshake))).unwrap();
        let mut said = Vec::new();
        // It ends, by an end or a reset.
        let ended =
            stream.read_to_end(&mut said).map_or_else(|error| error.kind() != std::io::ErrorKind::WouldBlock, |_| true);
        assert!(ended, "a stranger is still there");
        longest = longest.max(came.elapsed());
    }
    wait(|| (drop_box.metric("crossdock_sftp_connections") == 0).then_some(()), || drop_box.serving.text());
    assert_eq!(drop_box.received().len(), put as usize);
    eprintln!(
        "{} strangers: the slowest of {put} partners took {} ms to log in and put a file; each gone after {:.1} s at most; {} MiB more",
        open.len(),
        slowest.as_millis(),
        longest.as_secs_f64(),
        most.saturating_sub(before)
    );
    assert!(most < before + 64, "{before} MiB, then {most}");
    assert!(longest <= Duration::from_secs(gone_within), "{longest:?}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

/// How a partner is slow.
#[derive(Clone, Copy, PartialEq)]
enum Slow {
    /// Says its first line, a byte a second.
    Beginning,
    /// Has begun to exchange keys, and says no more.
    InTheKeyExchange,
    /// Has put half a file, and says no more.
    InAFile,
    /// Says a request, a byte a second.
    InARequest,
    /// Has asked for a large file, and takes a byte a second.
    Taking,
}

impl Slow {
    /// A tenth each has not logged in.
    fn of(number: usize) -> Self {
        match number % 10 {
            0 => Self::Beginning,
            1 => Self::InTheKeyExchange,
            2..=4 => Self::InAFile,
            5..=7 => Self::InARequest,
            _ => Self::Taking,
        }
    }

    /// A connection that is slow from now on, and what is to be kept for it.
    fn begin(self, number: usize, port: u16) -> (TcpStream, Option<(Session, ssh2::File)>) {
        let mut tcp = from(number as u32 / 10, port).unwrap();
        if self == Self::Beginning {
            return (tcp, None);
        }
        if self == Self::InTheKeyExchange {
            // The first packet is told to be long, and its first bytes are those of an offer.
            tcp.write_all(&[&b"SSH-2.0-slow\r\n"[..], &[0, 0, 4, 0, 8, 20], &[7; 16]].concat()).unwrap();
            return (tcp, None);
        }
        let mut session = Session::new().unwrap();
        session.set_timeout(60_000);
        // The length of its packets is not hidden: a long one can be begun by hand.
        for cipher in [ssh2::MethodType::CryptCs, ssh2::MethodType::CryptSc] {
            session.method_pref(cipher, "aes256-gcm@openssh.com").unwrap();
        }
        session.set_tcp_stream(tcp.try_clone().unwrap());
        session.handshake().unwrap();
        session.userauth_password("alder", PASSWORD).unwrap();
        let sftp = session.sftp().unwrap();
        let file = if self == Self::Taking {
            let mut file = sftp.open(Path::new("/outbox/large")).unwrap();
            session.set_blocking(false);
            // It asks for all of it, and is not answered at once.
            drop(file.read(&mut vec![0; 16 << 20]));
            file
        } else {
            let mut file = sftp.create(Path::new(&format!("/inbox/{number}.edi"))).unwrap();
            file.write_all(&interchange("alder", 1, &["SO1".to_owned()]).as_bytes()[..150]).unwrap();
            if self == Self::InARequest {
                tcp.write_all(&[0, 0, 64, 0]).unwrap();
            }
            file
        };
        (tcp, Some((session, file)))
    }

    /// What it does in a second.
    fn go_on(self, mut tcp: &TcpStream) {
        // Whether it is still heard is the server's to say.
        drop(match self {
            Self::Beginning | Self::InARequest => tcp.write(b"S"),
            Self::InTheKeyExchange | Self::InAFile => Ok(0),
            Self::Taking => tcp.read(&mut [0]),
        });
    }
}

#[test]
fn slow_partners_are_not_waited_for_and_keep_nobody_waiting() {
    let count = setting("CROSSDOCK_SLOW", 20);
    let (handshake, idle) = if count > 100 { (25, 60) } else { (3, 6) };
    let settings = format!(
        "handshake = \"{handshake}s\"\nidle = \"{idle}s\"\nsessions = {0}\nsessions_per_address = {0}\n",
        2 * count
    );
    let more = format!("limits = {{ sessions = {count} }}");
    let drop_box = DropBox::start(home("drop-slow", &["alder", "birch"], &more, &settings));
    let (outbox, port) = (drop_box.home.outbox("alder"), drop_box.port);
    fs::create_dir_all(&outbox).unwrap();
    fs::write(outbox.join("large"), vec![b'x'; 32 << 20]).unwrap();
    drop(drop_box.login());
    let before = memory(&drop_box.serving, "VmRSS");
    // Those who do not log in have less time, so they come last.
    let open = |logs_in: bool| -> Vec<_> {
        let all = (0..count).filter(move |number| (number % 10 > 1) == logs_in).collect::<Vec<_>>();
        std::thread::scope(|scope| {
            let hands: Vec<_> = (0..HANDS)
                .map(|hand| {
                    let mine: Vec<usize> = all.iter().skip(hand).step_by(HANDS).copied().collect();
                    scope.spawn(move || {
                        let begin = |number| (Slow::of(number), Slow::of(number).begin(number, port));
                        mine.into_iter().map(begin).collect::<Vec<_>>()
                    })
                })
                .collect();
            hands.into_iter().flat_map(|hand| hand.join().unwrap()).collect()
        })
    };
    let mut slow = open(true);
    slow.extend(open(false));
    let there = || (drop_box.metric("crossdock_sftp_connections") == count as u64).then_some(());
    wait(there, || format!("{count} are not there: {}", drop_box.serving.text()));
    let begun = Instant::now();
    let (mut put, mut slowest) = (0, Duration::ZERO);
    while drop_box.metric("crossdock_sftp_connections") > 0 {
        slow.iter().for_each(|(how, (tcp, _))| how.go_on(tcp));
        let start = Instant::now();
        let file = interchange("birch", put + 1, &[format!("SO{put}")]);
        drop_box.login_as("birch").put(&format!("/inbox/{put}.edi"), file.as_bytes()).unwrap();
        slowest = slowest.max(start.elapsed());
        put += 1;
        assert!(begun.elapsed() < Duration::from_secs(2 * idle + 60), "they are still there");
        std::thread::sleep(Duration::from_secs(1));
    }
    let (took, most) = (begun.elapsed(), memory(&drop_box.serving, "VmHWM"));
    eprintln!(
        "{count} slow partners: all gone {} s after the last came; {} MiB more; the slowest of {put} others took {} ms to log \
         in and put a file",
        took.as_secs(),
        most.saturating_sub(before),
        slowest.as_millis()
    );
    let wholes = drop_box.received().len();
    assert_eq!(wholes, put as usize, "nothing half was received");
    assert!(took < Duration::from_secs(idle + 15), "{took:?}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    assert!(most < before + 64 + count as u64 / 4, "{before} MiB, then {most}");
}

/// Somebody who asks for 16 MiB of a file and does not listen to the answers: packets by hand, in a channel of libssh2.
fn ask(number: usize, port: u16) -> (TcpStream, Session, ssh2::Channel) {
    let packet = |kind: u8, rest: &[&[u8]]| {
        let rest = rest.concat();
        [&(rest.len() as u32 + 1).to_be_bytes()[..], &[kind], &rest].concat()
    };
    let text = |text: &str| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
    let tcp = from(number as u32 / 10, port).unwrap();
    let mut session = Session::new().unwrap();
    session.set_timeout(60_000);
    session.set_tcp_stream(tcp.try_clone().unwrap());
    session.handshake().unwrap();
    session.userauth_password("alder", PASSWORD).unwrap();
    let mut channel = session.channel_session().unwrap();
    channel.subsystem("sftp").unwrap();
    let begin = packet(1, &[&[0, 0, 0, 3]]);
    let open = packet(3, &[&[0, 0, 0, 1], &text("/outbox/large"), &[0, 0, 0, 1], &[0; 4]]);
    // Handles are numbered.
    let read = |number: u64| packet(5, &[&[0, 0, 0, 2], &text("1"), &(number << 18).to_be_bytes(), &[0, 4, 0, 0]]);
    channel.write_all(&[begin, open, (0..64).flat_map(read).collect()].concat()).unwrap();
    (tcp, session, channel)
}

/// Who asks for much and takes nothing, or a window of it and no more, is not served further; and is let go when it is gone.
#[test]
fn what_is_asked_for_and_not_taken_is_not_read_for_it() {
    const COUNT: usize = 40;
    /// That of libssh2: so much comes before it asks for more.
    const WINDOW: usize = 2 << 20;
    let limits = format!("limits = {{ sessions = {COUNT} }}");
    let drop_box = DropBox::start(home("drop-untaken", &["alder", "birch"], &limits, ""));
    for partner in ["alder", "birch"] {
        fs::create_dir_all(drop_box.home.outbox(partner)).unwrap();
        fs::write(drop_box.home.outbox(partner).join("large"), vec![b'x'; 32 << 20]).unwrap();
    }
    drop(drop_box.login());
    let before = memory(&drop_box.serving, "VmRSS");
    let asking: Vec<_> = (0..COUNT).map(|number| ask(number, drop_box.port)).collect();
    for (tcp, ..) in asking.iter().step_by(2) {
        // The library has made it one that does not wait.
        tcp.set_nonblocking(false).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        (&*tcp).read_exact(&mut vec![0; WINDOW]).unwrap();
    }
    // Another one is served meanwhile, which takes longer than it would to read what they ask for.
    let (other, mut got) = (drop_box.login_as("birch"), Vec::new());
    other.sftp.open(Path::new("/outbox/large")).unwrap().read_to_end(&mut got).unwrap();
    assert_eq!(got.len(), 32 << 20);
    let now = memory(&drop_box.serving, "VmRSS");
    eprintln!("{COUNT} ask for 16 MiB and take nothing or a window of it: {} MiB more", now.saturating_sub(before));
    assert!(now < before + 48 + COUNT as u64, "{before} MiB, then {now}");
    drop(other);
    for (tcp, ..) in asking.iter().skip(1) {
        tcp.shutdown(std::net::Shutdown::Both).unwrap();
    }
    // The one that stays, and takes nothing, is given up by itself.
    let gone = || (drop_box.metric("crossdock_sftp_connections") == 0).then_some(());
    wait(gone, || format!("they are not let go: {}", drop_box.serving.text()));
    assert!(drop_box.serving.text().contains("its answers were not taken"));
    drop(asking);
}

#[test]
fn who_guesses_passwords_is_soon_not_listened_to() {
    let guesses = setting("CROSSDOCK_GUESSES", 60);
    let drop_box = DropBox::new("drop-guesses", "", "");
    let (mut checked, mut refused) = (0, 0);
    let begun = Instant::now();
    for guess in 0..guesses {
        // The ban may end meanwhile, and begins anew.
        match from(0, drop_box.port).map(|stream| log_in(stream, "alder", &format!("guess {guess}"))) {
            Some(Ok(_)) => panic!("guess {guess} let in"),
            Some(Err(error)) if error.code() == ssh2::ErrorCode::Session(-18) => checked += 1,
            _ => refused += 1,
        }
    }
    let banned = begun.elapsed().as_secs() / 30 + 1;
    eprintln!(
        "{guesses} guesses of one address in {} s: {checked} were looked at, {refused} not",
        begun.elapsed().as_secs()
    );
    assert!(checked >= 5 && checked <= 5 * banned, "{checked} in {:?}", begun.elapsed());
    assert_eq!(drop_box.metric("crossdock_sftp_logins_refused_total"), checked);
    // Of many addresses, each is judged for itself; partners come in all the same.
    let addresses = guesses.div_ceil(20).min(1_000);
    let each = guesses / addresses;
    let (begun, hands, port) = (Instant::now(), addresses.min(50), drop_box.port);
    let slowest = std::thread::scope(|scope| {
        let guessing: Vec<_> = (0..hands)
            .map(|hand| {
                scope.spawn(move || {
                    let mine = (hand..addresses).step_by(hands);
                    mine.map(|address| tries_until_banned(1 + address as u32, port, each)).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        while !guessing.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let start = Instant::now();
            drop(drop_box.login());
            slowest = slowest.max(start.elapsed());
        }
        let tries: Vec<usize> = guessing.into_iter().flat_map(|hand| hand.join().unwrap()).collect();
        let most = tries.iter().max().unwrap();
        eprintln!(
            "{each} guesses of each of {addresses} addresses in {} s: banned after {} to {most} tries",
            begun.elapsed().as_secs(),
            tries.iter().min().unwrap()
        );
        assert!(*most <= 10, "{tries:?}");
        slowest
    });
    // The first bans may be over by now.
    let bans = drop_box.deeds().iter().filter(|deed| deed.1 == "ban").count();
    assert!(bans > addresses, "{bans} bans");
    drop(drop_box.login());
    eprintln!(
        "{bans} bans, at most {} MiB; the slowest login of a partner meanwhile took {} ms",
        memory(&drop_box.serving, "VmHWM"),
        slowest.as_millis()
    );
}

/// Guesses so often from an address; how many were looked at before the first that was not.
fn tries_until_banned(address: u32, port: u16, guesses: usize) -> usize {
    let is_looked_at = |_| {
        let said = from(address, port).map(|stream| log_in(stream, "nobody", PASSWORD));
        matches!(said, Some(Err(error)) if error.code() == ssh2::ErrorCode::Session(-18))
    };
    let looked_at: Vec<bool> = (0..guesses).map(is_looked_at).collect();
    looked_at.iter().position(|looked_at| !looked_at).expect("an address may not guess on and on")
}

#[test]
fn what_is_no_ssh_ends_the_connection_and_nothing_else() {
    let drop_box = DropBox::new("drop-no-ssh", "", "handshake = \"5s\"\n");
    let before = memory(&drop_box.serving, "VmRSS");
    let begin = b"SSH-2.0-x\r\n".to_vec();
    let long = [&b"SSH-2.0-"[..], &[b'x'; 1 << 20]].concat();
    let garbage: [Vec<u8>; 7] = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0; 70_000],
        long,
        [&begin[..], &[255; 64]].concat(),
        [&begin[..], &[127, 255, 255, 255, 4], &[20; 64]].concat(),
        [&begin[..], &[0, 0, 0, 0, 0, 0, 0, 0]].concat(),
        [&begin[..], &[0, 4, 0, 0, 4], &[255; 1 << 18]].concat(),
    ];
    for (number, bytes) in garbage.iter().enumerate() {
        let mut stream = from(number as u32, drop_box.port).unwrap();
        // It may be sent away before all is said.
        drop(stream.write_all(bytes));
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut said = Vec::new();
        let ended =
            stream.read_to_end(&mut said).map_or_else(|error| error.kind() != std::io::ErrorKind::WouldBlock, |_| true);
        assert!(ended, "{number}");
    }
    // After the login too: thousands of channels, of which one is given.
    let channels = setting("CROSSDOCK_SESSIONS", 100) * 2;
    let session = drop_box.connect();
    session.userauth_password("alder", PASSWORD).unwrap();
    let _one = session.channel_session().unwrap();
    for _ in 0..channels {
        assert!(session.channel_session().is_err());
    }
    let most = memory(&drop_box.serving, "VmHWM");
    eprintln!("{channels} channels were refused; {} MiB more", most.saturating_sub(before));
    assert!(most < before + 64, "{before} MiB, then {most}");
    drop(drop_box.login());
}

#[test]
fn all_who_are_there_have_their_turn() {
    let (sessions, lasts) = (setting("CROSSDOCK_SESSIONS", 60), setting("CROSSDOCK_SECONDS", 0) as u64);
    // How many of them put a file at the same moment.
    let hands = setting("CROSSDOCK_AT_ONCE", HANDS).min(sessions);
    let names: Vec<String> = (0..sessions.div_ceil(10)).map(|number| format!("partner{number}")).collect();
    let partners: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = format!("sessions = {0}\nsessions_per_address = {0}\nidle = \"60m\"\n", sessions + 10);
    let drop_box = DropBox::start(home("drop-many", &partners, "", &settings));
    let idle = memory(&drop_box.serving, "VmRSS");
    let begun = Instant::now();
    let there = std::sync::Barrier::new(hands);
    // Of each session its waits, and the memory when all were there.
    let (mut waits, mut open) = (Vec::<Vec<Duration>>::new(), 0);
    std::thread::scope(|scope| {
        let all_hands: Vec<_> = (0..hands)
            .map(|hand| {
                let (names, there, drop_box) = (&names, &there, &drop_box);
                scope.spawn(move || {
                    let mine = (hand..sessions).step_by(hands);
                    let open: Vec<(usize, Client)> =
                        mine.map(|number| (number, drop_box.login_as(&names[number / 10]))).collect();
                    there.wait();
                    if hand == 0 {
                        eprintln!("{sessions} sessions are open after {} s", begun.elapsed().as_secs());
                    }
                    let memory = memory(&drop_box.serving, "VmRSS");
                    let (all_there, mut waits) = (Instant::now(), vec![Vec::new(); open.len()]);
                    // Once around at least, and on as long as it lasts.
                    for turn in 0.. {
                        for ((number, client), waits) in open.iter().zip(&mut waits) {
                            let (start, name) = (Instant::now(), format!("/inbox/{number}-{turn}.txt"));
                            client.put(&name, b"DEPOSITOR;ORDER;SKU\n").unwrap();
                            waits.push(start.elapsed());
                        }
                        if all_there.elapsed() >= Duration::from_secs(lasts) {
                            break;
                        }
                    }
                    there.wait();
                    (waits, memory)
                })
            })
            .collect();
        for (of_hand, memory) in all_hands.into_iter().map(|hand| hand.join().unwrap()) {
            waits.extend(of_hand);
            open = memory.max(open);
        }
    });
    let mean = |waits: &[Duration]| waits.iter().sum::<Duration>() / waits.len() as u32;
    let slowest = waits.iter().map(|waits| mean(waits)).max().unwrap();
    let mut waits: Vec<Duration> = waits.into_iter().flatten().collect();
    waits.sort();
    let (files, longest) = (waits.len(), waits[waits.len() - 1]);
    let mean = mean(&waits);
    let (_, out, _) = drop_box.home.run(&["status", "--format", "json"]);
    assert!(!out.is_empty());
    assert_eq!(drop_box.metric("crossdock_sftp_files_received_total"), files as u64);
    eprintln!(
        "{sessions} sessions of {} partners, {hands} at once, {files} files; waits: mean {} ms, of the session that waited most {} ms ({:.2} times \
         that); 99 of 100 within {} ms, longest {} ms ({:.1} times the mean); {idle} MiB before, {open} MiB with all there, at most \
         {} MiB",
        names.len(),
        mean.as_millis(),
        slowest.as_millis(),
        slowest.as_secs_f64() / mean.as_secs_f64(),
        waits[files * 99 / 100].as_millis(),
        longest.as_millis(),
        longest.as_secs_f64() / mean.as_secs_f64(),
        memory(&drop_box.serving, "VmHWM")
    );
}

/// A large file in and out, by OpenSSH's client, which exchanges keys anew now and then.
#[test]
fn a_file_may_be_larger_than_memory() {
    if !has("sftp") {
        eprintln!("SKIPPED: OpenSSH's sftp is not here");
        return;
    }
    let megabytes = setting("CROSSDOCK_LARGE_MB", 48);
    let home = home("drop-larger", &["alder"], "", "");
    let (key, public) = key_pair(&home, "key");
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    home.write("partner-profiles/alder.toml", &format!("{profile}keys = [{{ key = \"{public}\" }}]\n"));
    let drop_box = DropBox::start(home);
    assert_eq!(drop_box.home.run(&["partner", "pause", "alder"]).0, Some(0));
    let large = drop_box.home.path.join("large");
    let file = fs::File::create(&large).unwrap();
    file.set_len((megabytes as u64) << 20).unwrap();
    file.write_all_at(b"no X12", 0).unwrap();
    file.write_all_at(b"its end", ((megabytes as u64) << 20) - 7).unwrap();
    let sftp = |lines: String| {
        let begun = Instant::now();
        let mut command = Command::new("sftp");
        command.args(["-q", "-b", "-", "-F", "/dev/null", "-P", &drop_box.port.to_string(), "-i"]).arg(&key);
        for option in
            ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "RekeyLimit=16M"]
        {
            command.args(["-o", option]);
        }
        let mut client = command.arg("alder@127.0.0.1").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        client.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        assert!(client.wait().unwrap().success(), "{}", drop_box.serving.text());
        begun.elapsed()
    };
    let put = sftp(format!("put {} /inbox/large\n", large.display()));
    let payload = &drop_box.json(&["payload", "list"])[0];
    assert_eq!(payload["bytes"], (megabytes as u64) << 20);
    assert_eq!(drop_box.home.run(&["partner", "resume", "alder"]).0, Some(0));
    let outbox = drop_box.home.outbox("alder");
    fs::create_dir_all(&outbox).unwrap();
    fs::rename(&large, outbox.join("large")).unwrap();
    let got = drop_box.home.path.join("got");
    let get = sftp(format!("get /outbox/large {}\n", got.display()));
    let mut end = [0; 7];
    let file = fs::File::open(&got).unwrap();
    file.read_exact_at(&mut end, ((megabytes as u64) << 20) - 7).unwrap();
    assert_eq!((file.metadata().unwrap().len(), &end), ((megabytes as u64) << 20, b"its end"));
    let most = memory(&drop_box.serving, "VmHWM");
    eprintln!("{megabytes} MiB: put in {} s, got in {} s, at most {most} MiB of memory", put.as_secs(), get.as_secs());
    assert!(most < 256, "{most} MiB");
}

/// A file of ours that is put.
struct Large(PathBuf, u64);

impl Goods for Large {
    fn size(&self) -> u64 {
        self.1
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(fs::File::open(&self.0)?))
    }
}

/// A large file of ours is put onto sshd and picked up there by each engine, in a process of its own, whose memory is looked at.
/// `CROSSDOCK_BY=scp`: only by that.
#[test]
fn what_we_put_and_pick_up_is_never_held_whole() {
    if !ssh::has_sshd() {
        return;
    }
    if let Ok(by) = std::env::var("CROSSDOCK_PUTS_BY") {
        put_and_get_a_large_file(&by);
        return;
    }
    let only = std::env::var("CROSSDOCK_BY").ok();
    for by in ["russh", "libssh2", "scp"].into_iter().filter(|by| only.as_ref().is_none_or(|only| only == by)) {
        let alone = ["--exact", "what_we_put_and_pick_up_is_never_held_whole", "--nocapture"];
        let mut put = Command::new(std::env::current_exe().unwrap());
        let output = put.args(alone).env("CROSSDOCK_PUTS_BY", by).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        eprint!("{said}");
    }
}

fn put_and_get_a_large_file(by: &str) {
    let size = (setting("CROSSDOCK_LARGE_MB", 48) as u64) << 20;
    let home = gateway::Home::new(&format!("put-large-{by}"), &["alder"]);
    let (server, local) = (ssh::Sshd::new(&home.path, ""), home.path.join("large"));
    let file = fs::File::create(&local).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(b"its end", size - 7).unwrap();
    let transport = match by {
        "scp" => format!("{}protocol = \"scp\"\n", server.transport("libssh2")),
        engine => server.transport(engine),
    };
    let into = format!("[transport.sftp.push]\nfolder = \"{}\"\n", server.folder.join("in").display());
    let profile = format!("{}{transport}{into}", gateway::profile("alder"));
    home.write("partner-profiles/alder.toml", &profile);
    assert_eq!(home.run(&["partner", "trust", "alder", "--yes"]).0, Some(0));
    let profile = SourceFile::new("partner-profiles/alder.toml", profile);
    let profile = Profile::parse(&profile, &mut Diagnostics::unlimited()).unwrap();
    let sftp = profile.sftp().unwrap();
    let to = destination(&home.path, &home.data(), &profile, sftp).unwrap();
    let (before, begun) = (memory_of(std::process::id(), "VmHWM"), Instant::now());
    let goods: Arc<dyn Goods> = Arc::new(Large(local, size));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let put = async {
        let (mut visit, into) = (client::connect(&to).await?, sftp.push.as_ref().unwrap());
        match push::write(visit.as_mut(), into, "large", Arc::clone(&goods), false).await? {
            Some(put) => Ok(put),
            None => push::rename(visit.as_mut(), into, "large", &goods).await,
        }
    };
    runtime.block_on(put).unwrap();
    let (put, begun) = (begun.elapsed(), Instant::now());
    let ends = |path: &Path| {
        let (file, mut end) = (fs::File::open(path).unwrap(), [0; 7]);
        file.read_exact_at(&mut end, size - 7).unwrap();
        assert_eq!((file.metadata().unwrap().len(), &end), (size, b"its end"));
    };
    let (there, got) = (server.path("in", "large"), home.path.join("got"));
    ends(&there);
    let get =
        async { client::connect(&to).await.unwrap().read(&there.display().to_string(), size, Some(got.clone())).await };
    runtime.block_on(get).unwrap();
    let get = begun.elapsed();
    ends(&got);
    let more = memory_of(std::process::id(), "VmHWM") - before;
    eprintln!(
        "{} MiB by {by}: put in {:.1} s, picked up in {:.1} s, {more} MiB of memory more",
        size >> 20,
        put.as_secs_f64(),
        get.as_secs_f64()
    );
    assert!(more < 24, "{more} MiB");
}

/// Opens, makes, removes, renames and lists by so many paths, whatever they lead to.
fn try_paths(client: &Client, tries: usize) {
    let pieces = [
        "..",
        "/",
        "inbox",
        "outbox",
        "link",
        ".",
        "\\",
        "..\\",
        "%2e%2e",
        "\u{ff0e}\u{ff0e}",
        "etc",
        "passwd",
        "secret.txt",
        "a.edi",
        "~",
        "dev",
        "null",
        "\u{202e}",
        "proc",
        "self",
        "environ",
        "C:",
        "x;id",
        "$(id)",
        "//",
    ];
    let mut dice = 0x5DEE_CE66_D1CE_4E5B_u64;
    for _ in 0..tries {
        let mut path = String::new();
        for _ in 0..2 + roll(&mut dice, 7) {
            path.push_str(pieces[roll(&mut dice, pieces.len() as u64) as usize]);
            path.push_str(["/", "", "/"][roll(&mut dice, 3) as usize]);
        }
        let path = Path::new(&path);
        drop(client.sftp.open(path));
        drop(client.sftp.create(path));
        drop(client.sftp.unlink(path));
        drop(client.sftp.rename(path, Path::new("/inbox/../../x"), None));
        drop(client.sftp.rename(Path::new("/inbox/y.tmp"), path, None));
        drop(client.sftp.symlink(Path::new("/etc/passwd"), path));
        drop(client.sftp.mkdir(path, 0o755));
        drop(client.sftp.readdir(path));
    }
}

/// Paths that mean to lead out of the partner's folders: the gateway opens, makes and removes nothing outside of its data.
#[test]
fn no_path_leads_out() {
    let log = std::env::temp_dir().join(format!("crossdock-paths-{}", std::process::id()));
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "--seccomp-bpf", "-qqq", "-e", "trace=%file", "-e", "signal=none", "-o"]).arg(&log);
    if !has("strace") {
        eprintln!("SKIPPED: strace, which tells what is opened, is not here");
        return;
    }
    strace.arg(env!("CARGO_BIN_EXE_crossdock"));
    let home = home("drop-paths", &["alder"], "", "");
    home.write("secret.txt", "secret");
    let serving = home.serve_by(strace);
    let drop_box = DropBox { port: drop_box::port(&serving), home, serving };
    let outbox = drop_box.home.outbox("alder");
    std::os::unix::fs::symlink(drop_box.home.path.join("secret.txt"), outbox.join("link")).unwrap();
    let client = drop_box.login();
    let begins = fs::metadata(&log).unwrap().len() as usize;
    let tries = setting("CROSSDOCK_PATHS", 150);
    try_paths(&client, tries);
    drop(client);
    let text = String::from_utf8_lossy(&fs::read(&log).unwrap()[begins..]).into_owned();
    let data = drop_box.home.data().display().to_string();
    // What it opens of its own accord besides: its settings and profiles, looked through for changes.
    let own = ["crossdock.toml", "partner-profiles", "mappings"]
        .map(|name| format!("{}/{name}", drop_box.home.path.display()));
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.contains("ENOENT") || line.contains("O_CREAT")) {
        // What is open already is asked about without a name.
        for path in line.split('"').skip(1).step_by(2).filter(|path| !path.is_empty()) {
            seen += 1;
            // An entry of a folder that is open is looked at, not what it leads to.
            let entry = !path.contains('/') && !line.contains("AT_FDCWD") && line.contains("AT_SYMLINK_NOFOLLOW");
            let fine = entry || path.starts_with(&data) || own.iter().any(|own| path.starts_with(own));
            assert!(fine, "{line}");
        }
    }
    assert_eq!(fs::read_to_string(drop_box.home.path.join("secret.txt")).unwrap(), "secret");
    eprintln!("{tries} paths, {seen} names were opened, none outside of the data");
    assert!(seen > 0);
    drop(fs::remove_file(log));
}

/// Random enough, and the same each time.
fn roll(dice: &mut u64, sides: u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice % sides
}
