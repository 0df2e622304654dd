//! Any bytes as a file of records and fields, by the mappings of the sample partners: reading neither panics nor loses its
//! way, how the file is cut into pieces changes nothing of what it says, and what was read can be written.
//!
//! The input is one byte with the mapping, one with the length of the pieces, then what is read.

#![no_main]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use crossdock::canonical;
use crossdock::catalog::{Catalog, CatalogDesk, Chosen, Coming};
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::mapping::Library;
use crossdock::translation::{FileOutbound, Inbound, Outcome, Surroundings};
use crossdock::x12::reader::ReadOptions;
use libfuzzer_sys::fuzz_target;

/// That of the repository, around this package.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut around = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    Catalog::new(around.find(|folder| folder.join("mappings").is_dir()).expect("the repository has mappings"))
});

/// The mappings of files, by name.
pub(crate) static MAPPINGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let is_of_files = |name: &String| {
        let plan = CATALOG.plan(name, &mut Diagnostics::unlimited());
        plan.is_some_and(|plan| plan.grammar.is_layout())
    };
    CATALOG.names().into_iter().filter(is_of_files).collect()
});

fuzz_target!(|input: &[u8]| {
    let [mapping, piece, bytes @ ..] = input else { return };
    let mapping = &MAPPINGS[usize::from(*mapping) % MAPPINGS.len()];
    let whole = read(mapping, bytes, bytes.len());
    assert_eq!(whole, read(mapping, bytes, usize::from(*piece).max(1)), "in one piece, and in pieces");
});

/// The objects of the file, and the codes of what is told.
fn read(mapping: &str, bytes: &[u8], piece: usize) -> Vec<String> {
    let desk = CatalogDesk::new(&CATALOG, &[], Chosen { mapping: Some(mapping.to_owned()), ..Chosen::default() });
    let coming = Coming { name: "file", beginning: bytes, owner: None };
    let mut inbound: Inbound = desk.inbound(coming, ReadOptions::default(), &mut Diagnostics::unlimited());
    let (mut at, mut there, mut idle, mut said) = (0, piece.min(bytes.len()), 0, Vec::new());
    loop {
        let (consumed, outcome) = inbound.next(&bytes[at..there], there == bytes.len(), &desk);
        at += consumed;
        idle = if consumed == 0 { idle + 1 } else { 0 };
        for diagnostic in inbound.diagnostics().list() {
            std::hint::black_box(text::render(diagnostic, false));
            said.push(diagnostic.code.name().to_owned());
        }
        match outcome {
            Outcome::NeedMore => {
                assert!(there < bytes.len(), "more is asked for than there is");
                there = bytes.len().min(there + piece);
                idle = 0;
            }
            Outcome::Document(document) if document.good => {
                let plan = document.plan.expect("a good document has a plan");
                let mut json = Vec::new();
                canonical::emit(inbound.object(), plan.canonical, &mut json);
                said.push(String::from_utf8(json).expect("JSON is text"));
                let layout = inbound.file().expect("it is a file of records").layout();
                let mut outbound = FileOutbound::new(Arc::clone(layout), Surroundings::default());
                outbound.write(&plan, inbound.object(), &mut Diagnostics::unlimited());
                std::hint::black_box(outbound.finish());
            }
            Outcome::End => return said,
            _ => {}
        }
        assert!(idle < 64, "the reader goes round in circles");
    }
}
