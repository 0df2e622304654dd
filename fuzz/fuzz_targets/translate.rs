//! Any bytes by the base mappings: reading, checks, mapping and JSON do not panic, and what is emitted is JSON that can be
//! read again.

#![no_main]

use std::sync::LazyLock;

use crossdock::canonical::{self, JsonText, Object};
use crossdock::catalog::{Catalog, CatalogDesk, Chosen};
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::translation::{Inbound, Outcome};
use crossdock::x12::reader::ReadOptions;
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new("/dev/null"));

fuzz_target!(|input: &[u8]| {
    let desk = CatalogDesk::new(&CATALOG, &[], Chosen::default());
    let mut inbound = Inbound::new(ReadOptions { bare_sets: true, ..ReadOptions::default() });
    let mut at = 0;
    loop {
        let (consumed, outcome) = inbound.next(&input[at..], true, &desk);
        at += consumed;
        for diagnostic in inbound.diagnostics().list() {
            std::hint::black_box(text::render(diagnostic, false));
        }
        match outcome {
            Outcome::Document(document) if document.good => {
                let plan = document.plan.expect("a good document has a plan");
                let mut json = Vec::new();
                canonical::emit(inbound.object(), plan.canonical, &mut json);
                let mut found = Diagnostics::unlimited();
                canonical::read_into(&JsonText::new(&json), plan.canonical, &mut Object::new(), &mut found);
                assert_eq!(found.errors(), 0, "{}", String::from_utf8_lossy(&json));
            }
            Outcome::End => break,
            _ => {}
        }
    }
});
