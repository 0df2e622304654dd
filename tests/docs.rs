//! The mapping examples of the documents: each `toml mapping` block loads without a diagnostic.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::mapping;
use crossdock::source::SourceFile;

#[test]
fn every_mapping_shown_in_the_documents_loads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalog = Catalog::new(root);
    let page = fs::read_to_string(root.join("docs/MAPPING.md")).expect("can be read");
    let blocks: Vec<&str> = page.split("```toml mapping\n").skip(1).collect();
    assert!(blocks.len() >= 5, "the page shows {} mappings", blocks.len());
    for (number, block) in blocks.iter().enumerate() {
        let (example, _) = block.split_once("\n```").expect("a block is closed");
        let file = Arc::new(SourceFile::new(
            format!("example {}", number + 1),
            format!("{example}\n"),
        ));
        let mut diagnostics = Diagnostics::unlimited();
        let plan = mapping::load("example", &file, &catalog, &mut diagnostics);
        let shown: String = diagnostics
            .list()
            .iter()
            .map(|diagnostic| text::render(diagnostic, false))
            .collect();
        assert!(plan.is_some() && diagnostics.is_empty(), "{example}\n\n{shown}");
    }
}
