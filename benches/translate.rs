//! What `crossdock translate` takes as a process: time for a small file, what a second thread gains, memory for a large
//! interchange.
//!
//! `cargo bench --bench translate`. The large interchange is generated into a pipe while it is read, so it is never whole
//! in memory or on a disk. Settings, all optional: `CROSSDOCK_BENCH_BYTES` (its size, default 1,000,000,000; 0 leaves it out),
//! `CROSSDOCK_BENCH_THREADS_BYTES` (of the interchange that one and two threads translate in turns, default 60,000,000),
//! `CROSSDOCK_BENCH_ROUNDS` (of those, default 9).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod figures;
mod generate;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use figures::{setting, spread};

/// What counts as near twice on two processors, of which the system and its other processes have their share.
const NEAR_TWICE: f64 = 1.8;
/// Starts of the process that are timed.
const STARTS: usize = 20;

fn main() {
    start();
    two_threads(setting("CROSSDOCK_BENCH_THREADS_BYTES").unwrap_or(60_000_000) as u64);
    match setting("CROSSDOCK_BENCH_BYTES").unwrap_or(1_000_000_000) {
        0 => {}
        bytes => memory(bytes as u64),
    }
}

/// Time of the whole process for a small file.
fn start() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let path = format!("{folder}/small.edi");
    std::fs::write(&path, interchange(2_000)).expect("the folder for temporary files can be written");
    let starts = (0..=STARTS).map(|_| run(&mut translate(&path)).wall_seconds * 1e3);
    let [least, median, greatest] = spread(starts.skip(1));
    let verdict = if median <= 20.0 { "reached" } else { "MISSED" };
    println!("translate of a small file: {least:.1} .. {median:.1} .. {greatest:.1} ms, wanted 20: {verdict}");
}

/// How much sooner two threads are done than one, with an interchange and with its objects on the way back.
fn two_threads(bytes: u64) {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (x12, json) = (format!("{folder}/threads.edi"), format!("{folder}/threads.json"));
    std::fs::write(&x12, interchange(bytes)).expect("the folder for temporary files can be written");
    let objects = std::fs::File::create(&json).expect("the folder for temporary files can be written");
    run(translate(&x12).arg("--data").stdout(objects));
    println!("one and two threads in turns, {bytes} bytes of X12:");
    in_turns("X12 to JSON", &|| translate_with(&x12, &["--data"]));
    in_turns("JSON to X12", &|| translate_with(&json, &["--mapping", "base/945", "--partner", "northgate"]));
    for file in [x12, json] {
        std::fs::remove_file(file).expect("the file was there");
    }
}

fn in_turns(way: &str, command: &dyn Fn() -> Command) {
    let (mut alone, mut both) = (Vec::new(), Vec::new());
    for round in 0..=setting("CROSSDOCK_BENCH_ROUNDS").unwrap_or(9) {
        for (threads, taken) in [("1", &mut alone), ("2", &mut both)] {
            let took = run(command().args(["--threads", threads]));
            taken.extend((round > 0).then_some(took));
        }
    }
    let wall = |taken: &[Took]| spread(taken.iter().map(|took| took.wall_seconds))[1];
    let cpu = |taken: &[Took]| spread(taken.iter().map(|took| took.cpu_seconds))[1];
    let pairs = alone.iter().zip(&both);
    let [least, median, greatest] = spread(pairs.map(|(alone, both)| alone.wall_seconds / both.wall_seconds));
    println!(
        "{way}: {:.3} and {:.3} s, {least:.2} .. {median:.2} .. {greatest:.2} times as fast, wanted near twice: {}; CPU {:.2} \
         and {:.2} s",
        wall(&alone),
        wall(&both),
        if median >= NEAR_TWICE { "reached" } else { "MISSED" },
        cpu(&alone),
        cpu(&both)
    );
}

/// What a process took.
struct Took {
    wall_seconds: f64,
    cpu_seconds: f64,
}

/// Runs a process that ends well.
fn run(command: &mut Command) -> Took {
    let (cpu, started) = (cpu_seconds_of_children(), Instant::now());
    let status = command.status().expect("crossdock starts");
    let wall_seconds = started.elapsed().as_secs_f64();
    assert!(status.success(), "the file is without fault");
    Took { wall_seconds, cpu_seconds: cpu_seconds_of_children() - cpu }
}

/// CPU seconds of all processes that were started and have ended, in hundredths; 0 where the system does not tell.
fn cpu_seconds_of_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    // Fields 16 and 17 of proc(5), `cutime` and `cstime`; the first behind the name is the third.
    let ticks = behind_name.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// The most memory the process has while it translates `bytes` of X12 from a pipe.
fn memory(bytes: u64) {
    let mut child = translate("-").stdin(Stdio::piped()).spawn().expect("crossdock starts");
    let mut input = child.stdin.take().expect("its input is a pipe");
    let started = Instant::now();
    let mut source = generate::Interchange::new("945", bytes);
    let mut piece = Vec::new();
    let (mut sent, mut peak) = (0, 0);
    while source.next_piece(&mut piece) {
        if piece.len() > 256 << 10 {
            input.write_all(&piece).expect("crossdock reads its input");
            sent += piece.len();
            piece.clear();
            peak = peak.max(peak_kib(&child).unwrap_or(0));
        }
    }
    input.write_all(&piece).expect("crossdock reads its input");
    sent += piece.len();
    drop(input);
    peak = peak.max(peak_kib(&child).unwrap_or(0));
    let status = child.wait().expect("crossdock ends");
    assert!(status.success(), "the interchange is without fault");
    let (seconds, mebibytes) = (started.elapsed().as_secs_f64(), peak as f64 / 1024.0);
    let verdict = if (0.1..64.0).contains(&mebibytes) { "reached" } else { "MISSED" };
    println!(
        "translate of {sent} bytes ({} transaction sets) from a pipe: {mebibytes:.1} MiB at most, wanted less than 64: \
         {verdict}; {seconds:.1} s",
        source.sets()
    );
}

fn translate_with(file: &str, options: &[&str]) -> Command {
    let mut command = translate(file);
    command.args(options);
    command
}

fn translate(file: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    command.args(["translate", file]).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The most resident memory of a process so far, as Linux tells it.
fn peak_kib(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn interchange(bytes: u64) -> Vec<u8> {
    let mut source = generate::Interchange::new("945", bytes);
    let mut all = Vec::new();
    while source.next_piece(&mut all) {}
    all
}
