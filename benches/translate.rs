//! What `crossdock translate` takes as a process: memory for a large interchange, time for a small file.
//!
//! `cargo bench --bench translate`. The large interchange is generated into a pipe while it is read, so it is never whole
//! in memory or on a disk. Setting, optional: `CROSSDOCK_BENCH_BYTES` (its size, default 1,000,000,000).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod generate;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Starts of the process that are timed.
const STARTS: usize = 20;

fn main() {
    let bytes = std::env::var("CROSSDOCK_BENCH_BYTES").ok();
    let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(1_000_000_000);
    start();
    memory(bytes);
}

/// Time of the whole process for a small file.
fn start() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let path = format!("{folder}/small.edi");
    std::fs::write(&path, interchange(2_000)).expect("the folder for temporary files can be written");
    let mut milliseconds: Vec<f64> = (0..=STARTS)
        .map(|_| {
            let started = Instant::now();
            let status = translate(&path).status().expect("crossdock starts");
            assert!(status.success(), "the file is without fault");
            started.elapsed().as_secs_f64() * 1e3
        })
        .skip(1)
        .collect();
    milliseconds.sort_by(f64::total_cmp);
    let [least, median, greatest] = [0, STARTS / 2, STARTS - 1].map(|at| milliseconds[at]);
    let verdict = if median <= 20.0 { "reached" } else { "MISSED" };
    println!("translate of a small file: {least:.1} .. {median:.1} .. {greatest:.1} ms, wanted 20: {verdict}");
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
