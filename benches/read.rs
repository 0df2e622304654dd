//! How fast a large interchange is read, compared with the least that anyone could do.
//!
//! `cargo bench --bench read`. Settings, all optional: `CROSSDOCK_BENCH_SET` (945, the default, 846 or 856),
//! `CROSSDOCK_BENCH_BYTES` (size of the generated interchange, default 100,000,000), `CROSSDOCK_BENCH_FILE` (a file of X12
//! of that set instead), `CROSSDOCK_BENCH_ROUNDS` (default 7).
//!
//! Two floors stand here and touch every element. They are not to be slowed down: they are what the promise is about.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod figures;
mod generate;
mod measure;
mod reading;

use std::hint::black_box;

use crossdock::catalog::{Catalog, CatalogDesk};
use crossdock::diagnostic::Diagnostics;
use crossdock::translation::Inbound;
use crossdock::tree::Tree;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use figures::setting;
use measure::{Competitor, interleaved};
use reading::{CHUNK_BYTES, chosen, print_ratio, print_speeds, translate};

fn main() {
    let set = std::env::var("CROSSDOCK_BENCH_SET").unwrap_or_else(|_| "945".into());
    let input = input(&set);
    let rounds = setting("CROSSDOCK_BENCH_ROUNDS").unwrap_or(7);
    let (mut json, mut events, mut unchecked) = (Vec::new(), Vec::new(), Vec::new());
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let desk = CatalogDesk::new(&catalog, &[], chosen(&format!("base/{set}")));
    let mut competitors = [
        Competitor { name: "floor 1: split loop", run: Box::new(|| split_loop(&input)) },
        Competitor { name: "lexing and placing, chunks of 256 KiB", run: Box::new(|| read(&input, CHUNK_BYTES)) },
        Competitor { name: "lexing and placing, one piece", run: Box::new(|| read(&input, usize::MAX)) },
        Competitor { name: "floor 2: split and write JSON", run: Box::new(|| split_to_json(&input, &mut json)) },
        Competitor {
            name: "file to canonical JSON",
            run: Box::new(|| translate(&input, Inbound::new(ReadOptions::default()), &desk, &mut events)),
        },
        Competitor {
            name: "the same without validation",
            run: Box::new(|| {
                let inbound = Inbound::new(ReadOptions::default()).unchecked();
                translate(&input, inbound, &desk, &mut unchecked)
            }),
        },
    ];
    let taken = interleaved(&mut competitors, rounds);
    println!("{} bytes of {set}, {rounds} rounds in turns", input.len());
    print_speeds(&competitors, &taken, input.len());
    print_ratio("lexing and placing, chunks / floor 1", &taken[1], &taken[0], 0.8);
    print_ratio("lexing and placing, one piece / floor 1", &taken[2], &taken[0], 0.8);
    print_ratio("file to canonical JSON / floor 2", &taken[4], &taken[3], 0.5);
    print_ratio("file to canonical JSON / without validation", &taken[4], &taken[5], 0.5);
}

/// The interchange to read, in memory.
fn input(set: &str) -> Vec<u8> {
    if let Some(path) = std::env::var_os("CROSSDOCK_BENCH_FILE") {
        return std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    }
    let bytes = setting("CROSSDOCK_BENCH_BYTES").unwrap_or(100_000_000);
    let mut interchange = generate::Interchange::new(set, bytes as u64);
    let mut input = Vec::with_capacity(bytes + (64 << 10));
    while interchange.next_piece(&mut input) {}
    println!("generated {} transaction sets", interchange.sets());
    input
}

/// Floor 1: splits segments and elements in one loop over the bytes and keeps the offsets of every element, a segment at
/// a time.
fn split_loop(input: &[u8]) -> u64 {
    let (element, terminator) = (input[3], input[105]);
    let mut spans: Vec<(u32, u32)> = Vec::with_capacity(64);
    let mut start = 0;
    let mut elements = 0;
    for (at, byte) in input.iter().enumerate() {
        if *byte == element {
            spans.push((start, at as u32));
            start = at as u32 + 1;
        } else if *byte == terminator {
            spans.push((start, at as u32));
            start = at as u32 + 1;
            elements += black_box(&spans).len() as u64;
            spans.clear();
        }
    }
    elements
}

/// Floor 2: splits segments and elements and writes each segment as a JSON array of strings.
fn split_to_json(input: &[u8], out: &mut Vec<u8>) -> u64 {
    let (element, terminator) = (input[3], input[105]);
    out.clear();
    let mut written = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(terminator, input) {
        out.extend_from_slice(b"[\"");
        for byte in &input[start..end] {
            match *byte {
                byte if byte == element => out.extend_from_slice(b"\",\""),
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
                control @ 0..0x20 => {
                    out.extend_from_slice(b"\\u00");
                    out.extend([control >> 4, control & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
                }
                byte => out.push(byte),
            }
        }
        out.extend_from_slice(b"\"]\n");
        start = end + 1;
        if out.len() > CHUNK_BYTES {
            written += black_box(&*out).len() as u64;
            out.clear();
        }
    }
    written + out.len() as u64
}

/// Lexing and placing: the reader over the whole input, handed over `chunk` bytes at a time.
fn read(input: &[u8], chunk: usize) -> u64 {
    let mut reader = Reader::new(ReadOptions::default());
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::with_limit(200);
    let mut elements = 0;
    let (mut at, mut there) = (0, chunk.min(input.len()));
    loop {
        let progress = reader.next(&input[at..there], there == input.len(), &mut tree, &mut diagnostics);
        at += progress.consumed;
        match progress.step {
            Step::NeedMore => there = there.saturating_add(chunk).min(input.len()),
            Step::Set(_) => elements += black_box(&tree).elements.len() as u64,
            Step::End => break,
            _ => {}
        }
    }
    assert!(diagnostics.list().is_empty(), "the input is without fault");
    elements
}
