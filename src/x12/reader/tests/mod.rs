//! How the tests read: whole and in pieces, everything shown.

mod any_bytes;
mod delimiters;
mod envelope;
mod sets;

use super::{ReadOptions, Reader, Step};
use crate::diagnostic::Diagnostics;
use crate::tree::{ItemId, Tree};
use crate::x12::delimiters::LineEnd;
use crate::x12::limits::Limits;

/// Everything a reader says about an input: one line a step, with the tree of each set, then the diagnostics.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    events: Vec<String>,
    diagnostics: Vec<crate::diagnostic::Diagnostic>,
}

impl Reading {
    fn codes(&self) -> Vec<&'static str> {
        self.diagnostics.iter().map(|found| found.code.name()).collect()
    }
}

/// Reads `bytes` in pieces of the given lengths (the last repeats), as a caller does who drops what is consumed.
fn read_in_pieces(bytes: &[u8], pieces: &[usize], options: &ReadOptions) -> Reading {
    let mut reader = Reader::new(options.clone());
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::unlimited();
    let mut events = Vec::new();
    let mut pieces = pieces.iter().copied().chain(std::iter::repeat(pieces.last().copied().unwrap_or(1)));
    let mut buffer: Vec<u8> = Vec::new();
    let mut fed = 0;
    let mut idle = 0;
    loop {
        let progress = reader.next(&buffer, fed == bytes.len(), &mut tree, &mut diagnostics);
        let event = match &progress.step {
            Step::NeedMore => None,
            Step::Set(range) => Some(shown(&reader, &tree, &buffer[range.clone()])),
            Step::Interchange => Some(format!("{:?}", reader.interchange().unwrap())),
            Step::Group => Some(format!("{:?}", reader.group().unwrap())),
            step => Some(format!("{step:?}")),
        };
        let end = progress.step == Step::End;
        events.extend(event);
        idle = if progress.consumed == 0 { idle + 1 } else { 0 };
        assert!(idle < 9, "no progress: {events:?}");
        buffer.drain(..progress.consumed);
        if end {
            break;
        }
        if progress.step == Step::NeedMore {
            assert!(fed < bytes.len(), "more is asked for than there is");
            let next = bytes.len().min(fed + pieces.next().unwrap().max(1));
            buffer.extend_from_slice(&bytes[fed..next]);
            fed = next;
            idle = 0;
        }
    }
    assert!(buffer.is_empty(), "{} bytes were never consumed", buffer.len());
    assert_eq!(reader.offset(), bytes.len() as u64);
    Reading { events, diagnostics: diagnostics.take() }
}

fn read_with(bytes: &[u8], options: &ReadOptions) -> Reading {
    read_in_pieces(bytes, &[usize::MAX / 2], options)
}

/// A set and its tree, all of it.
fn shown(reader: &Reader, tree: &Tree, bytes: &[u8]) -> String {
    let header = reader.set().unwrap();
    let mut out = format!("Set {} {}", header.set_id(), header.control_number());
    if header.incomplete {
        out.push_str(" incomplete");
    }
    for segment in &tree.segments {
        let place = if segment.item == ItemId::UNPLACED { "?" } else { "" };
        out.push_str(&format!(" | {place}{}", segment.tag));
        for position in 1..=segment.element_count {
            let value = String::from_utf8_lossy(tree.value(segment, position, bytes)).into_owned();
            out.push_str(&format!("*{value}"));
        }
    }
    out.push_str(&format!(" @{}", tree.base));
    out
}

const ISA: &str =
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*0830*U*00401*000000007*0*P*>~";
const BODY: &str = "ST*945*0001~W06*N*SO1*20261120~SE*3*0001~";

/// An interchange of one group around `sets`.
fn interchange(sets: &str, count: usize) -> String {
    format!("{ISA}GS*SW*SENDER*RECEIVER*20261120*0830*7*X*004010~{sets}GE*{count}*7~IEA*1*000000007~")
}

/// Reads `input` whole, byte by byte and in odd pieces, and compares the sets and the codes.
fn check_with(input: &[u8], options: &ReadOptions, sets: &[&str], codes: &[&str]) -> Reading {
    let whole = read_with(input, options);
    for pieces in [&[1][..], &[7], &[3, 600, 1]] {
        assert_eq!(read_in_pieces(input, pieces, options), whole, "in pieces of {pieces:?}");
    }
    let found: Vec<&str> = whole.events.iter().filter_map(|event| event.strip_prefix("Set ")).collect();
    let found: Vec<&str> = found.iter().map(|set| set.rsplit_once(" @").unwrap().0).collect();
    assert_eq!(found, sets);
    assert_eq!(whole.codes(), codes, "{:#?}", whole.diagnostics);
    whole
}

fn check(input: &str, sets: &[&str], codes: &[&str]) -> Reading {
    check_with(input.as_bytes(), &ReadOptions::default(), sets, codes)
}

const SET: &str = "945 0001 | ST*945*0001 | W06*N*SO1*20261120 | SE*3*0001";
