//! The mappings that ship: they load without a diagnostic.

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::mapping::Library;

#[test]
fn every_shipped_mapping_loads_without_a_diagnostic() {
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    for name in catalog.names() {
        let mut diagnostics = Diagnostics::unlimited();
        let plan = catalog.plan(&name, &mut diagnostics);
        let shown: String = diagnostics.list().iter().map(|diagnostic| text::render(diagnostic, false)).collect();
        assert!(plan.is_some() && diagnostics.is_empty(), "{name}:\n{shown}");
    }
}
