//! `crossdock check`: mappings and partner profiles, before they are used.

use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::filter::moment;
use super::mapping::trial::{ChangeArguments, Trying, laid};
use super::operator::{HomeArguments, counted};
use super::output::{Console, Exit, Failure, Format};
use crate::catalog::{Catalog, Checked};
use crate::comparison::{Class, Told};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes, suggest};
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
    /// Check the home as it would be with this change, as `crossdock mapping backtest` takes it
    #[arg(long, value_name = "CHANGE")]
    with: Vec<String>,
    /// Refuse the change where it makes differences in documents on record that mappings/approved.toml does not have
    #[arg(long, requires = "with")]
    approved: bool,
    /// With --approved: only payloads received at this time or later [default: 30d]
    #[arg(long, value_name = "TIME", requires = "approved", value_parser = moment)]
    since: Option<Timestamp>,
}

const LONG: &str = "\
Checks mappings, layouts, partner guides, partner profiles and files of codes against the standard, the canonical objects and each other, runs \
the tests that mappings carry, and prints all that is wrong: file, line, column, why, and what to do.

With `--with CHANGE` all this is done for the home as it would be with the change. With `--approved` the change is then tried \
on the payloads on record, too, and refused where it makes a difference that nobody approved.";

const EXAMPLES: &str = "\
Examples:
  crossdock check
  crossdock check mappings/harbor/945.toml
  crossdock check --home /srv/crossdock --format json
  crossdock check --home /srv/crossdock --with ../branch --approved

Exit codes: 0 no errors, 1 errors in the files, or a difference that is not approved, 2 wrong command line, 3 a file cannot be read.";

/// A file as the home has it, also where its whole path is given.
fn in_home<'f>(file: &'f str, home: &Path) -> Cow<'f, str> {
    let whole =
        Path::new(file).is_absolute().then(|| Some((fs::canonicalize(file).ok()?, fs::canonicalize(home).ok()?)));
    let inside = whole.flatten().and_then(|(file, home)| Some(file.strip_prefix(home).ok()?.to_str()?.to_owned()));
    inside.map_or(Cow::Borrowed(file), Cow::Owned)
}

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
    let catalog = Catalog::new(&arguments.home).with(laid(&arguments.with)?);
    let mut diagnostics = Diagnostics::unlimited();
    let mut checked = Checked::default();
    if arguments.files.is_empty() {
        checked = catalog.check(&mut diagnostics);
    }
    for file in arguments.files.iter().map(|file| in_home(file, catalog.home())) {
        let file = file.as_ref();
        let found = catalog.check_file(file, &mut diagnostics).ok_or_else(|| unknown(file, &catalog))?;
        checked.mappings += found.mappings;
        checked.profiles += found.profiles;
        checked.tests += found.tests;
        checked.code_files += found.code_files;
        checked.guides += found.guides;
        checked.layouts += found.layouts;
    }
    if arguments.approved && diagnostics.errors() == 0 {
        let Some(refused) = refused(arguments, &catalog, console)? else { return Ok(Exit::Problems) };
        refused.into_iter().for_each(|refused| diagnostics.push(refused));
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

/// What the change does to documents on record that nobody approved; `None` when it has errors, which are told.
fn refused(
    arguments: &Arguments,
    catalog: &Catalog,
    console: &mut Console,
) -> Result<Option<Vec<Diagnostic>>, Failure> {
    let change = ChangeArguments::new(&arguments.with, arguments.since);
    let Some(trying) = Trying::open(&arguments.home, &change, console)? else { return Ok(None) };
    let trial = trying.trial(change.since(), None, None, None)?;
    let home = HomeArguments { home: arguments.home.clone() };
    home.open(async |session| {
        let (tried, classes) = trying.run(session, &trial, console).await?;
        let open = classes.iter().filter(|class| class.approved.is_none());
        let mut refused: Vec<Diagnostic> = open.map(|class| not_approved(class, catalog, &change)).collect();
        refused.extend(tried.unreadable.iter().map(|(id, why)| {
            let message = format!("payload {id} could not be looked at: {why}");
            Diagnostic::new(codes::MAPPING_NOT_APPROVED, message, Place::Nowhere)
                .remedy("restore it from a backup, or try the change on later payloads: `--since TIME`")
        }));
        if tried.classes.left_out > 0 {
            let message = format!("{} differences are of further classes than are told", tried.classes.left_out);
            let remedy = "the change does too much to be looked at: try its files one by one";
            refused.push(Diagnostic::new(codes::MAPPING_NOT_APPROVED, message, Place::Nowhere).remedy(remedy));
        }
        Ok(Some(refused))
    })
}

fn not_approved(class: &Class, catalog: &Catalog, change: &ChangeArguments) -> Diagnostic {
    let key = &class.key;
    let partner = if key.partner.is_empty() { "no partner known" } else { &key.partner };
    let message = format!(
        "{partner}, {}: `{}` {}, {} in {}, and nobody approved it",
        key.document,
        key.subject,
        key.kind.phrase(),
        counted(class.count, "time"),
        counted(class.documents, "document")
    );
    let example = &class.example.change;
    let value = |told: &Option<Told>| told.as_ref().map_or_else(|| "nothing".to_owned(), |told| told.value.clone());
    let name = if example.path.is_empty() { &key.subject } else { &example.path };
    let (before, now) = (value(&example.before), value(&example.after));
    let cause = format!("{name} in {}: {before} before, now {now}", class.example.at);
    let line = example.after.as_ref().and_then(|told| told.line.as_deref());
    let with = change.names().replace(", ", " --with ");
    Diagnostic::new(codes::MAPPING_NOT_APPROVED, message, line.map_or(Place::Nowhere, |line| catalog.place_of(line)))
        .cause(cause)
        .remedy(format!(
            "if it is meant: `crossdock mapping backtest --with {with} --approve --why TEXT`; else mend the change"
        ))
}
