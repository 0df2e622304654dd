//! `crossdock check`: mappings and partner profiles, before they are used.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::output::{Console, Exit, Failure, Format};
use crate::catalog::{Catalog, Checked};
use crate::diagnostic::{Diagnostics, suggest};
use crate::mapping::Library;
use crate::x12::guide::Shelf;

/// Check mappings and partner profiles
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Files to check, such as `mappings/harbor/945.toml`, or names of mappings [default: all of the home]
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Folder with partner-profiles/ and mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Checks mappings, layouts, partner guides, partner profiles and files of codes against the standard, the canonical objects and each other, runs \
the tests that mappings carry, and prints all that is wrong: file, line, column, why, and what to do.";

const EXAMPLES: &str = "\
Examples:
  crossdock check
  crossdock check mappings/harbor/945.toml
  crossdock check --home /srv/crossdock --format json

Exit codes: 0 no errors, 1 errors in the files, 2 wrong command line, 3 a file cannot be read.";

/// What to say of a file that the home does not have.
fn unknown(file: &str, catalog: &Catalog) -> Failure {
    let file = file.strip_prefix("./").unwrap_or(file);
    let of = |folder: &str, names: Vec<String>| -> Vec<String> {
        names.into_iter().map(|name| format!("{folder}/{name}.toml")).collect()
    };
    let mut files = of("mappings", catalog.names());
    files.extend(of("partner-profiles", catalog.list("partner-profiles")));
    files.extend(of("mappings/codes", catalog.list("mappings/codes")));
    files.extend(of("mappings/guides", catalog.guide_names()));
    files.extend(of("mappings/layouts", catalog.list("mappings/layouts")));
    let whole = [file.to_owned(), format!("mappings/{file}.toml"), format!("partner-profiles/{file}.toml")];
    let known = |wanted: &String| files.iter().find(|known| *known == wanted).map(String::as_str);
    let nearest = |wanted: &String| suggest::nearest(wanted, files.iter().map(String::as_str));
    let near = whole.iter().find_map(known).or_else(|| whole.iter().find_map(nearest));
    let remedy = match near.filter(|_| !catalog.home().join(file).is_dir()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "name a file such as mappings/harbor/945.toml or partner-profiles/harbor.toml, relative to the home".into()
        }
    };
    let cause =
        format!("it is no mapping, layout, guide, profile or file of codes of the home {}", catalog.home().display());
    Failure::operation(format!("cannot check {file}"), cause, &remedy)
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let mut diagnostics = Diagnostics::unlimited();
    let mut checked = Checked::default();
    if arguments.files.is_empty() {
        checked = catalog.check(&mut diagnostics);
    }
    for file in &arguments.files {
        let found = catalog.check_file(file, &mut diagnostics).ok_or_else(|| unknown(file, &catalog))?;
        checked.mappings += found.mappings;
        checked.profiles += found.profiles;
        checked.tests += found.tests;
        checked.code_files += found.code_files;
        checked.guides += found.guides;
        checked.layouts += found.layouts;
    }
    let errors = diagnostics.errors();
    let count = diagnostics.list().len() as u64;
    for diagnostic in diagnostics.take() {
        console.result(&diagnostic)?;
        if console.format == Format::Text {
            writeln!(console.out)?;
        }
    }
    let Checked { mappings, profiles, tests, code_files, guides, layouts } = checked;
    if console.format == Format::Json {
        let summary = json!({ "mappings": mappings, "profiles": profiles, "tests": tests, "code_files": code_files, "guides": guides, "layouts": layouts, "errors": errors, "warnings": count - errors });
        console.json(&json!({ "summary": summary }))?;
    } else {
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let found = match count {
            0 => "no problems".to_owned(),
            _ => format!("{}, {}", plural(errors as usize, "error"), plural((count - errors) as usize, "warning")),
        };
        let mut looked_at = vec![plural(mappings, "mapping"), plural(profiles, "profile")];
        looked_at.extend((layouts > 0).then(|| plural(layouts, "layout")));
        looked_at.extend((guides > 0).then(|| plural(guides, "guide")));
        looked_at.extend((code_files > 0).then(|| plural(code_files, "code file")));
        writeln!(console.out, "{found} in {} and {}", looked_at.join(", "), plural(tests, "test"))?;
    }
    Ok(if errors == 0 { Exit::Fine } else { Exit::Problems })
}
