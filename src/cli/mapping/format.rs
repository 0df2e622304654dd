//! `crossdock mapping format`: lays files out in the one way.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::known_name;
use super::replace;
use crate::catalog::Catalog;
use crate::cli::input::unreadable;
use crate::cli::operator::counted;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::Diagnostics;
use crate::source::{SourceFile, format};

/// Lay mapping files out: aligned, in order, with every comment and value as it is
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Files, or names of mappings; `-` lays out standard input [default: all below mappings/ of the home]
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Change nothing; say which files are laid out otherwise
    #[arg(long)]
    check: bool,
    /// Folder with mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Lays files out in the one way: the `=` of lines that stand together in one column, and so the comments behind them; an empty \
line before each table; the keys at the head in order (canonical, document, extends, guide); spaces inside braces and \
behind commas. Values and comments stay as they are written, lines stay in their order, and a value of several lines is left \
alone. Mappings, blocks, tables, guides and files of codes are all laid out alike.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping format
  crossdock mapping format mappings/harbor/945.toml
  crossdock mapping format --check                       for a continuous integration
  crossdock mapping format - < 945.toml                  for an editor

Exit codes: 0 laid out, 1 with --check: some are not; or a file is no TOML, 2 no such mapping, 3 a file cannot be read or written.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    if arguments.files == ["-"] {
        return stream(console);
    }
    let (mut changed, mut wrong) = (0u64, 0u64);
    let files = files(arguments)?;
    for (file, shown) in &files {
        let text = fs::read_to_string(file).map_err(|error| unreadable(shown, &error))?;
        let Some(laid_out) = formatted(shown, &text, console)? else {
            wrong += 1;
            continue;
        };
        if laid_out == text {
            continue;
        }
        changed += 1;
        if !arguments.check {
            replace(file, &laid_out)?;
        }
        match console.format {
            Format::Json => console.json(&json!({ "file": shown, "changed": !arguments.check }))?,
            Format::Text => writeln!(
                console.out,
                "{shown} {}",
                if arguments.check { "is not laid out" } else { "is laid out anew" }
            )?,
        }
    }
    let all = counted(files.len() as u64, "file");
    match (console.format, changed) {
        (Format::Json, _) => {
            console.json(&json!({ "summary": { "files": files.len(), "changed": changed, "no_toml": wrong } }))?
        }
        (Format::Text, 0) if wrong == 0 => writeln!(console.out, "{all} laid out already")?,
        (Format::Text, _) if arguments.check => {
            writeln!(console.out, "{changed} of {all} not laid out: `crossdock mapping format`")?
        }
        (Format::Text, _) => writeln!(console.out, "{changed} of {all} laid out anew")?,
    }
    Ok(if wrong > 0 || (arguments.check && changed > 0) { Exit::Problems } else { Exit::Fine })
}

/// Standard input, laid out on standard output.
fn stream(console: &mut Console) -> Result<Exit, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| unreadable("standard input", &error))?;
    let Some(laid_out) = formatted("standard input", &text, console)? else { return Ok(Exit::Problems) };
    console.out.write_all(laid_out.as_bytes())?;
    Ok(Exit::Fine)
}

/// The text laid out; what is wrong with one that is no TOML is told.
fn formatted(shown: &str, text: &str, console: &mut Console) -> Result<Option<String>, Failure> {
    let laid_out = format(text);
    if laid_out.is_none() {
        let mut found = Diagnostics::unlimited();
        SourceFile::new(shown, text).parse(&mut found);
        found.take().iter().try_for_each(|one| console.beside(one))?;
    }
    Ok(laid_out)
}

/// The files that are meant, each with the name that people know it by.
fn files(arguments: &Arguments) -> Result<Vec<(PathBuf, String)>, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let own = |name: String| Some((arguments.home.join(&name), name)).filter(|(path, _)| path.is_file());
    if arguments.files.is_empty() {
        // Those that ship with Crossdock are laid out.
        return Ok(catalog
            .list("mappings")
            .into_iter()
            .filter_map(|name| own(format!("mappings/{name}.toml")))
            .collect());
    }
    let file = |wanted: &String| {
        if Path::new(wanted).is_file() {
            return Ok((PathBuf::from(wanted), wanted.clone()));
        }
        if wanted.ends_with(".toml") {
            let found = own(wanted.clone());
            return found.ok_or_else(|| unreadable(wanted, &std::io::Error::from(std::io::ErrorKind::NotFound)));
        }
        let name = format!("mappings/{}.toml", known_name(&catalog, wanted)?);
        own(name).ok_or_else(|| Failure::Usage {
            message: format!("the mapping `{wanted}` ships with Crossdock and is no file of this home"),
            remedy: "name a file of your own".to_owned(),
        })
    };
    arguments.files.iter().map(file).collect()
}
