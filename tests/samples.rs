//! Reads and validates every file of a folder of real X12 files whole, byte by byte and in odd pieces: no panic, no hang, the same
//! result. The folder is named by the environment variable CROSSDOCK_SAMPLES; without it the test says so and passes.

use std::path::Path;

use crossdock::diagnostic::{Diagnostic, Diagnostics};
use crossdock::tree::Tree;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};

#[test]
fn every_sample_is_read_to_its_end_the_same_way_however_it_is_cut() {
    let Ok(folder) = std::env::var("CROSSDOCK_SAMPLES") else {
        println!("SKIPPED: CROSSDOCK_SAMPLES names no folder of samples");
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    for file in &files {
        check(file);
    }
    println!("{} samples read", files.len());
}

fn check(file: &Path) {
    let bytes = std::fs::read(file).expect("a sample can be read");
    for bare_sets in [false, true] {
        let whole = read(&bytes, usize::MAX, bare_sets);
        // Byte by byte costs one call a byte, with the bytes of the set so far each time; large files go in pieces.
        let pieces: &[usize] = if bytes.len() < 100_000 { &[1, 7, 1021] } else { &[1021, 65_537] };
        for piece in pieces {
            let parts = read(&bytes, *piece, bare_sets);
            assert!(parts == whole, "{} in pieces of {piece} bytes:\n{parts:#?}\nwhole:\n{whole:#?}", file.display());
        }
    }
}

/// The steps, with the values of each set, and the diagnostics.
fn read(bytes: &[u8], piece: usize, bare_sets: bool) -> (Vec<String>, Vec<Diagnostic>) {
    let mut reader = Reader::new(ReadOptions { bare_sets, ..ReadOptions::default() });
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::unlimited();
    let mut steps = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        let progress = reader.next(&bytes[start..end], end == bytes.len(), &mut tree, &mut diagnostics);
        match &progress.step {
            Step::NeedMore => {
                assert!(end < bytes.len(), "more is asked for than there is");
                end = end.saturating_add(piece).min(bytes.len());
            }
            Step::Set(range) => {
                let set = &bytes[start + range.start..start + range.end];
                steps.push(shown(&tree, set));
                let header = reader.set().expect("a set is in the tree");
                validate(header, &Against::standard(header), &tree, set, &mut diagnostics);
            }
            step => steps.push(format!("{step:?}")),
        }
        start += progress.consumed;
        if progress.step == Step::End {
            assert_eq!(start, bytes.len(), "bytes were left");
            return (steps, diagnostics.take());
        }
        assert!(steps.len() <= 2 * bytes.len() + 10, "no progress");
    }
}

fn shown(tree: &Tree, bytes: &[u8]) -> String {
    let values = |segment: &crossdock::tree::Segment| -> String {
        (1..=segment.element_count)
            .map(|position| format!("*{}", tree.value(segment, position, bytes).escape_ascii()))
            .collect()
    };
    let segments = tree.segments.iter();
    segments.map(|segment| format!("{}{} at {:?}\n", segment.tag, values(segment), segment.item)).collect()
}
