//! `crossdock guide list`: the guides of a home, and the mappings whose documents are held against them.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::catalog::Catalog;
use crate::cli::columns::Columns;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::Diagnostics;
use crate::mapping::Library;
use crate::x12::guide::{Shelf, guide_name};

/// List the partner guides, with the mappings that name them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Folder with mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  crossdock guide list
  crossdock guide list --format json

Exit codes: 0 listed, 1 a guide has errors, 2 wrong command line.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let mut diagnostics = Diagnostics::unlimited();
    let mut columns = Columns::new(&["guide", "document", "title", "mappings"]);
    let named: Vec<(String, String)> = catalog
        .names()
        .into_iter()
        .filter_map(|name| {
            let plan = catalog.plan(&name, &mut Diagnostics::with_limit(0))?;
            let (guide, _) = plan.guide.as_ref()?;
            Some((guide_name(guide).to_owned(), name))
        })
        .collect();
    for name in catalog.guide_names() {
        let guide = catalog.guide(&name, &mut diagnostics);
        let of_it = named.iter().filter(|(guide, _)| *guide == name).map(|(_, mapping)| mapping.as_str());
        let mappings: Vec<&str> = of_it.collect();
        let (document, title) = guide.as_ref().map_or(("has errors", ""), |guide| (guide.document(), guide.title()));
        match console.format {
            Format::Json => console.json(&json!({
                "guide": name, "document": document, "title": title, "mappings": mappings,
            }))?,
            Format::Text => columns.row([&name, document, title, &mappings.join(", ")]),
        }
    }
    if console.format == Format::Text {
        columns.print(&mut console.out)?;
    }
    let errors = diagnostics.errors();
    for diagnostic in diagnostics.take() {
        console.beside(&diagnostic)?;
    }
    Ok(if errors == 0 { Exit::Fine } else { Exit::Problems })
}
