//! Any text as a mapping file: it is refused with diagnostics that can be shown, or it compiles and reads a document.

#![no_main]

use std::sync::{Arc, LazyLock};

use crossdock::catalog::{Catalog, CatalogDesk, Chosen};
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::mapping::{self, Plan};
use crossdock::partner::HeaderValues;
use crossdock::source::SourceFile;
use crossdock::translation::{Desk, Inbound, Outcome, Surroundings};
use crossdock::x12::envelope::{Group, Interchange};
use crossdock::x12::reader::ReadOptions;
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new("/dev/null"));
const DOCUMENT: &[u8] = include_bytes!("../../fixtures/945/lines/input.edi");

fuzz_target!(|input: &[u8]| {
    let Ok(written) = std::str::from_utf8(input) else {
        return;
    };
    let file = Arc::new(SourceFile::new("mappings/fuzz.toml", written));
    let mut diagnostics = Diagnostics::unlimited();
    let plan = mapping::load("fuzz", &file, &*CATALOG, &mut diagnostics);
    assert!(plan.is_some() || diagnostics.errors() > 0, "refused without a word");
    for diagnostic in diagnostics.list() {
        std::hint::black_box(text::render(diagnostic, false));
    }
    if let Some(plan) = plan {
        let desk = Only(CatalogDesk::new(&CATALOG, &[], Chosen::default()), Arc::new(plan));
        let mut inbound = Inbound::new(ReadOptions::default());
        let mut at = 0;
        loop {
            let (consumed, outcome) = inbound.next(&DOCUMENT[at..], true, &desk);
            at += consumed;
            if matches!(outcome, Outcome::End) {
                break;
            }
        }
    }
});

/// Gives one plan to every document.
struct Only<'c>(CatalogDesk<'c>, Arc<Plan>);

impl Desk for Only<'_> {
    fn surroundings(
        &self,
        interchange: &Interchange,
        group: Option<&Group>,
        place: &crossdock::diagnostic::PayloadPlace,
        diagnostics: &mut Diagnostics,
    ) -> Surroundings {
        self.0.surroundings(interchange, group, place, diagnostics)
    }

    fn plan(&self, _: &Surroundings, _: &HeaderValues<'_>, _: &mut Diagnostics) -> Option<Arc<Plan>> {
        Some(Arc::clone(&self.1))
    }
}
