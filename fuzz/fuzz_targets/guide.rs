//! Any text as a partner guide: it is refused with diagnostics that can be shown, or it can be printed as a page, and
//! documents can be held against it, both ways.

#![no_main]

use std::sync::{Arc, LazyLock};

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::source::SourceFile;
use crossdock::tree::{Tree, placement};
use crossdock::x12::guide::{self, Direction, Guide};
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new("/dev/null"));
const DOCUMENTS: [&[u8]; 2] = [
    include_bytes!("../../fixtures/945/harbor-guide-differs/input.edi"),
    include_bytes!("../../fixtures/856/coastal-guide/input.edi"),
];

fuzz_target!(|input: &[u8]| {
    let Ok(written) = std::str::from_utf8(input) else {
        return;
    };
    let file = Arc::new(SourceFile::new("mappings/guides/fuzz.toml", written));
    let mut diagnostics = Diagnostics::unlimited();
    let guide = guide::load("fuzz", &file, &*CATALOG, &mut diagnostics);
    assert!(guide.is_some() || diagnostics.errors() > 0, "refused without a word");
    if let Some(guide) = guide {
        guide.check_examples(&mut diagnostics);
        std::hint::black_box((guide.markdown(), guide.html(), guide.required_when_sent()));
        for document in DOCUMENTS {
            hold(&guide, document, &mut diagnostics);
        }
    }
    for diagnostic in diagnostics.list() {
        std::hint::black_box(text::render(diagnostic, false));
    }
});

/// Holds the sets of a document against the guide, placed by the guide's table whatever they are.
fn hold(guide: &Guide, document: &[u8], diagnostics: &mut Diagnostics) {
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut at) = (Tree::default(), 0);
    loop {
        let progress = reader.next(&document[at..], true, &mut tree, diagnostics);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let set = &document[at + range.start..at + range.end];
            placement::place_all(guide.grammar(), &mut tree);
            guide.settle(header, &tree, set, diagnostics);
            for direction in [Direction::Receive, Direction::Send] {
                guide.check(direction, header, &tree, set, diagnostics);
            }
        }
        at += progress.consumed;
        if progress.step == Step::End {
            return;
        }
    }
}
