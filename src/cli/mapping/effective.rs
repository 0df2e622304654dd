//! `crossdock mapping effective`: a mapping after `extends` and `use`, with the origin and the reach of each line.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::no_mapping;
use crate::catalog::{Catalog, mapping_name};
use crate::cli::input::unreadable;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::Diagnostics;
use crate::mapping::{self, Effective, Library, Plan, effective, shared};
use crate::source::SourceFile;

/// Print a mapping with all that it inherits, and for each line who else would feel a change
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the mapping, such as `harbor/945`, or its file; also of blocks, tables or a guide: `blocks/common`
    mapping: String,
    /// Folder with mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Prints a mapping after `extends` and `use`, as a mapping file that reads and writes the same. The comment behind each \
line says where the line was written, and which other mappings have it from there: those are the ones that a change of \
it reaches. At the end stand what the mapping drops of its base, and how many mappings each file reaches.

Blocks stand in the tables that use them; of the code tables those are printed that lines name. Tests are not inherited, \
and not printed.

Of a file of blocks or tables each line is printed with the mappings that have it from there; of a guide, the mappings that \
are held to it.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping effective harbor/945
  crossdock mapping effective mappings/harbor/945.toml | less
  crossdock mapping effective tables/common
  crossdock mapping effective guides/warehouse-945
  crossdock mapping effective base/945 --format json | jq -r 'select(.also_in? == []) | .path'

With `--format json` each line is an object, and the last object is `{\"summary\": ...}`.

Exit codes: 0 printed, 1 the mapping has errors, 2 no such mapping, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let wanted = mapping_name(&arguments.mapping);
    let mut diagnostics = Diagnostics::unlimited();
    let below =
        |folder: &str| wanted.starts_with(folder).then(|| catalog.file(&format!("mappings/{wanted}.toml"))).flatten();
    if let Some(file) = below("guides/") {
        return guide(&file, &catalog, console);
    }
    let (title, found, guides) = match below("blocks/").or_else(|| below("tables/")) {
        Some(file) => (format!("The file {wanted}"), shared(&file, &catalog, &mut diagnostics), BTreeMap::new()),
        None => {
            let (name, file) = find(&catalog, &arguments.mapping)?;
            // Checked as it is when it is used; merging alone would not find most mistakes.
            let plan = mapping::load(&name, &file, &catalog, &mut diagnostics);
            let found = effective(&name, &file, &catalog, &mut Diagnostics::with_limit(0));
            let guides = plan.map(|plan| guides_of(&plan, &name, &catalog)).unwrap_or_default();
            (format!("The mapping {name} after `extends` and `use`"), found, guides)
        }
    };
    let errors = diagnostics.errors();
    match console.format {
        Format::Text => text(console, &title, &found, &guides)?,
        Format::Json => lines(console, &found, &guides)?,
    }
    for diagnostic in diagnostics.take() {
        console.beside(&diagnostic)?;
    }
    Ok(if errors == 0 { Exit::Fine } else { Exit::Problems })
}

/// The mapping by its name or its file, in the home or anywhere.
fn find(catalog: &Catalog, wanted: &str) -> Result<(String, Arc<SourceFile>), Failure> {
    let name = mapping_name(wanted);
    if let Some(file) = catalog.mapping(name) {
        return Ok((name.to_owned(), file));
    }
    if Path::new(wanted).extension().is_some_and(|end| end == "toml") {
        let text = fs::read_to_string(wanted).map_err(|error| unreadable(wanted, &error))?;
        return Ok((name.to_owned(), Arc::new(SourceFile::new(wanted, text))));
    }
    Err(no_mapping(catalog, name))
}

/// Files of guides, each with mappings that are held to it.
type Guides = BTreeMap<String, Vec<String>>;

/// The guides that a mapping is held to, and the others that are.
fn guides_of(plan: &Plan, name: &str, catalog: &Catalog) -> Guides {
    let Some(guide) = catalog.guide_of(plan) else { return Guides::new() };
    let mut reach = catalog.guide_reach();
    reach.retain(|file, _| guide.files().iter().any(|own| *own.name == **file));
    reach.values_mut().for_each(|names| names.retain(|other| other != name));
    reach
}

/// Tells which mappings are held to a guide.
fn guide(file: &SourceFile, catalog: &Catalog, console: &mut Console) -> Result<Exit, Failure> {
    let names = catalog.guide_reach().remove(&*file.name).unwrap_or_default();
    match console.format {
        Format::Json => console.json(&json!({ "summary": { "guides": { &*file.name: names } } }))?,
        Format::Text if names.is_empty() => writeln!(console.out, "# No mapping is held to the guide {}.", file.name)?,
        Format::Text => {
            writeln!(
                console.out,
                "# Mappings that are held to the guide {}, by its own name or through another guide:",
                file.name
            )?;
            names.iter().try_for_each(|name| writeln!(console.out, "#   {name}"))?;
        }
    }
    Ok(Exit::Fine)
}

fn text(console: &mut Console, title: &str, found: &Effective, guides: &Guides) -> Result<(), Failure> {
    let out = &mut console.out;
    writeln!(out, "# {title}. Behind each line: where it was written, and which")?;
    writeln!(out, "# other mappings have it from there.\n")?;
    write!(out, "{}", found.toml())?;
    if !found.dropped.is_empty() {
        writeln!(out, "\n# Dropped:")?;
        let widest = found.dropped.iter().map(|(path, _)| path.chars().count()).max().unwrap_or(0);
        for (path, origin) in &found.dropped {
            writeln!(out, "#   {path:<widest$}  {origin}")?;
        }
    }
    writeln!(out, "\n# Other mappings that have lines from the same files, and how many:")?;
    for (file, mappings) in found.reach() {
        let names: Vec<String> = mappings.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        let names = if names.is_empty() { "none".into() } else { names.join(", ") };
        writeln!(out, "#   {file}: {names}")?;
    }
    if !guides.is_empty() {
        writeln!(out, "\n# Guides that it is held to, and the other mappings that are:")?;
    }
    for (file, names) in guides {
        let names = if names.is_empty() { "none".into() } else { names.join(", ") };
        writeln!(out, "#   {file}: {names}")?;
    }
    Ok(())
}

fn lines(console: &mut Console, found: &Effective, guides: &Guides) -> Result<(), Failure> {
    for line in found.sections.iter().flat_map(|section| &section.lines) {
        let origin = Some(&line.origin).filter(|origin| !origin.is_empty());
        console.json(&json!({
            "path": line.path, "value": line.value, "line": origin, "also_in": line.also,
        }))?;
    }
    let dropped: Vec<Value> =
        found.dropped.iter().map(|(path, origin)| json!({ "path": path, "line": origin })).collect();
    Ok(console.json(&json!({ "summary": { "dropped": dropped, "reach": found.reach(), "guides": guides } }))?)
}
