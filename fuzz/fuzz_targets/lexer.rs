//! Any bytes, cut anywhere: the reader neither panics nor loses its way, and the cuts change nothing of what it says.
//!
//! The input is one byte with the number of cuts, a byte for the length of each piece, then what is read. Limits are
//! small, so that small inputs exceed them.

#![no_main]

use crossdock::diagnostic::{Diagnostic, Diagnostics, text};
use crossdock::tree::{LoopOccurrence, Segment, Text, Tree};
use crossdock::x12::limits::Limits;
use crossdock::x12::place::SetContext;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((count, rest)) = input.split_first() else {
        return;
    };
    let (cuts, bytes) = rest.split_at(usize::from(count % 16).min(rest.len()));
    let options = ReadOptions {
        limits: Limits {
            interchange_bytes: 8_000,
            transaction_set_bytes: 3_000,
            segment_bytes: 200,
            elements_per_segment: 30,
            loop_depth: 4,
            diagnostics_per_document: 50,
        },
        bare_sets: count & 16 != 0,
        ..ReadOptions::default()
    };
    let whole = read(bytes, &[], &options);
    for diagnostic in &whole.diagnostics {
        std::hint::black_box(text::render(diagnostic, false));
    }
    if !cuts.is_empty() {
        assert_eq!(whole, read(bytes, cuts, &options), "in one piece, and in pieces");
    }
});

/// Everything a reader says of an input.
#[derive(Debug, PartialEq)]
struct Said {
    steps: Vec<Step>,
    sets: Vec<Set>,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, PartialEq)]
struct Set {
    context: SetContext,
    incomplete: bool,
    length: usize,
    segments: Vec<Segment>,
    elements: Vec<Text>,
    occurrences: Vec<LoopOccurrence>,
}

fn read(bytes: &[u8], pieces: &[u8], options: &ReadOptions) -> Said {
    let mut reader = Reader::new(options.clone());
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::unlimited();
    let (mut steps, mut sets) = (Vec::new(), Vec::new());
    let mut pieces = pieces.iter().map(|length| usize::from(*length).max(1));
    let mut next = |there: usize| pieces.next().map_or(bytes.len(), |length| bytes.len().min(there + length));
    let (mut at, mut there) = (0, next(0));
    let mut idle = 0;
    loop {
        let progress = reader.next(&bytes[at..there], there == bytes.len(), &mut tree, &mut diagnostics);
        idle = if progress.consumed == 0 { idle + 1 } else { 0 };
        assert!(idle < 64, "the reader goes round in circles");
        let end = progress.step == Step::End;
        match progress.step {
            Step::NeedMore => {
                assert!(there < bytes.len(), "more is asked for than there is");
                there = next(there);
            }
            Step::Set(range) => {
                let header = reader.set().expect("a set has a header");
                validate(header, &Against::standard(header), &tree, &bytes[at..][range.clone()], &mut diagnostics);
                sets.push(Set {
                    context: header.context.clone(),
                    incomplete: header.incomplete,
                    length: range.len(),
                    segments: tree.segments.clone(),
                    elements: tree.elements.clone(),
                    occurrences: tree.occurrences.clone(),
                });
            }
            step => steps.push(step),
        }
        at += progress.consumed;
        if end {
            break;
        }
    }
    assert_eq!(at, bytes.len(), "all bytes are consumed");
    Said { steps, sets, diagnostics: diagnostics.take() }
}
