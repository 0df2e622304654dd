//! Every file of `fixtures/regressions` once made the reader panic, go round in circles or depend on how the bytes were cut;
//! each is named by its symptom. They are read with the default limits and with limits that small files exceed, in one
//! piece and in pieces, and end all the same.

use std::path::Path;

use crossdock::diagnostic::{Diagnostic, Diagnostics};
use crossdock::tree::Tree;
use crossdock::x12::limits::Limits;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};

#[test]
fn what_once_broke_the_reader_is_read_to_its_end_however_it_is_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/regressions");
    let small = Limits {
        interchange_bytes: 8_000,
        transaction_set_bytes: 3_000,
        segment_bytes: 200,
        elements_per_segment: 30,
        loop_depth: 4,
        diagnostics_per_document: 50,
    };
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be listed").path();
        let bytes = std::fs::read(&path).expect("a file can be read");
        for limits in [Limits::default(), small] {
            for bare_sets in [false, true] {
                let options = ReadOptions { limits, bare_sets, ..ReadOptions::default() };
                let whole = read(&bytes, bytes.len(), &options);
                for piece in [1, 7, 64] {
                    assert_eq!(read(&bytes, piece, &options), whole, "{}, {piece}", path.display());
                }
            }
        }
    }
}

/// The sets' control numbers, how many elements each has, and the diagnostics.
fn read(bytes: &[u8], piece: usize, options: &ReadOptions) -> (Vec<(String, usize)>, Vec<Diagnostic>) {
    let mut reader = Reader::new(options.clone());
    let (mut tree, mut diagnostics) = (Tree::default(), Diagnostics::unlimited());
    let mut sets = Vec::new();
    let (mut at, mut there) = (0, piece.min(bytes.len()));
    for _ in 0..bytes.len() * 2 + 1_000 {
        let progress = reader.next(&bytes[at..there], there == bytes.len(), &mut tree, &mut diagnostics);
        match progress.step {
            Step::NeedMore => there = bytes.len().min(there + piece),
            Step::Set(range) => {
                let header = reader.set().expect("a set has a header");
                validate(header, &Against::standard(header), &tree, &bytes[at..][range], &mut diagnostics);
                sets.push((header.control_number().to_owned(), tree.elements.len()));
            }
            Step::End => return (sets, diagnostics.take()),
            _ => {}
        }
        at += progress.consumed;
    }
    panic!("the reader goes round in circles");
}
