//! `crossdock mapping diff`: what another mapping would make of the same documents.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::{differences, known_name};
use crate::canonical;
use crate::catalog::{Catalog, Chosen, LaidFile};
use crate::cli::documents::known_partner;
use crate::cli::input::unreadable;
use crate::cli::operator::counted;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::cli::recorded::Recorded;
use crate::comparison::{Classes, change_json, class_json, compare_written};
use crate::diagnostic::Diagnostics;
use crate::mapping::{Given, Plan};
use crate::operation::{Compared, Way, compare_payload, written};
use crate::partner::Profile;
use crate::x12::reader::ReadOptions;

/// Tell what another mapping would make of the same documents
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The mapping as it is: its name, such as `harbor/945`, or its file
    old: String,
    /// The mapping as it would be: its name or its file
    new: String,
    /// Documents of the partner (X12), or canonical objects (JSON)
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    over: Vec<String>,
    /// Only the classes, not each difference
    #[arg(long)]
    summary: bool,
    /// Short name of the partner's profile [default: the profile that has the interchange's sender]
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Folder with partner-profiles/ and mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Translates each document by both mappings and tells what would change: fields that come, go, or have another value, each \
with its place in the document and the mapping's line on both sides; diagnostics that come or go; documents that would \
newly fail or pass. Values are compared by where they came from, so that one reference less does not make the others \
different.

Of canonical objects (JSON) it tells what would be written otherwise, by segment and element, each with the field that \
stands there and the line that writes it.

At the end the differences are gathered into classes: the same field, the same kind of change, by the same two lines.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping diff base/945 harbor/945 --over fixtures/945/harbor-partial/input.edi
  crossdock mapping diff harbor/945 new-945.toml --over samples/*.edi --summary
  crossdock mapping diff base/940 northgate/940 --over orders.json --partner northgate
  crossdock mapping diff harbor/945 new-945.toml --over samples/*.edi --format json | jq 'select(.class)'

With `--format json` each difference is an object on a line of its own, then each class, and the last line is \
`{\"summary\": ...}`.

Exit codes: 0 no difference, 1 there are differences, or a mapping has errors, 2 no such mapping, 3 a file cannot be read.";

/// One of the two mappings, ready to translate.
struct Subject {
    catalog: Catalog,
    name: String,
    plan: Arc<Plan>,
    profiles: Vec<Profile>,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    classes: Classes,
    documents: u64,
    differing: u64,
    differences: u64,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let old = subject(arguments, &arguments.old, console)?;
    let new = subject(arguments, &arguments.new, console)?;
    let (Some(old), Some(new)) = (old, new) else { return Ok(Exit::Problems) };
    known_partner(arguments.partner.as_deref(), &old.profiles, &arguments.home)?;
    let recorded = Recorded::of(&arguments.home)?;
    let given = Recorded::given(recorded.as_ref());
    let mut found = Found::default();
    let lines = (|line: &str| old.catalog.line_text(line), |line: &str| new.catalog.line_text(line));
    for file in &arguments.over {
        let mut take = |compared: Compared| -> Result<(), Failure> {
            found.documents += u64::from(compared.mapped);
            if compared.changes.is_empty() {
                return Ok(());
            }
            found.differing += 1;
            found.differences += compared.changes.len() as u64;
            let of = (compared.partner.as_str(), compared.document.as_str());
            let at = format!("{} of {file}", compared.at);
            found.classes.add(of, found.differing, &at, &compared.changes, (&lines.0, &lines.1));
            tell(&compared, file, arguments.summary, console)
        };
        if is_json(file)? {
            objects(arguments, (&old, &new), (file, &given), &mut take)?;
        } else {
            let open = || Ok(Box::new(File::open(file)?) as Box<dyn Read + Send>);
            let (old, new) = (old.way(arguments, &given), new.way(arguments, &given));
            let name = Path::new(file).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            compare_payload((&old, &new), &name, &open, &mut |compared| Ok::<_, Failed>(take(compared)?))
                .map_err(|failed| failed.of(file))?;
        }
    }
    Recorded::check(recorded.as_ref())?;
    end(found, console)
}

/// Why a file's comparison ended early.
enum Failed {
    Reading(std::io::Error),
    Telling(Failure),
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Failed::Reading(error)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Failed::Telling(failure)
    }
}

impl Failed {
    fn of(self, file: &str) -> Failure {
        match self {
            Failed::Reading(error) => unreadable(file, &error),
            Failed::Telling(failure) => failure,
        }
    }
}

impl Subject {
    fn way(&self, arguments: &Arguments, given: &Arc<Given>) -> Way<'_> {
        Way {
            catalog: &self.catalog,
            profiles: &self.profiles,
            chosen: Chosen {
                partner: arguments.partner.clone(),
                mapping: Some(self.name.clone()),
                charset: None,
                at: Timestamp::now(),
            },
            options: ReadOptions { bare_sets: true, ..ReadOptions::default() },
            owner: None,
            known_senders: false,
            given: Arc::clone(given),
        }
    }
}

/// The mapping by its name in the home, or its file; `None` when it has errors, which are told.
fn subject(arguments: &Arguments, wanted: &str, console: &mut Console) -> Result<Option<Subject>, Failure> {
    let mut catalog = Catalog::new(&arguments.home);
    let own = |file: &str| fs::canonicalize(file).ok().zip(fs::canonicalize(arguments.home.join("mappings")).ok());
    let name = match own(wanted).filter(|_| Path::new(wanted).is_file()) {
        Some((file, mappings)) if file.starts_with(&mappings) => {
            let name = file.strip_prefix(&mappings).map(|name| name.to_string_lossy().into_owned());
            known_name(&catalog, &name.unwrap_or_default())?
        }
        Some((file, _)) => laid(&mut catalog, wanted, file),
        None if Path::new(wanted).is_file() => laid(&mut catalog, wanted, wanted.into()),
        None => known_name(&catalog, wanted)?,
    };
    let mut diagnostics = Diagnostics::unlimited();
    let plan = catalog.plan(&name, &mut diagnostics);
    for diagnostic in diagnostics.take() {
        console.beside(&diagnostic)?;
    }
    let profiles = catalog.profiles(&mut Diagnostics::with_limit(0));
    Ok(plan.map(|plan| Subject { catalog, name, plan, profiles }))
}

/// A file from elsewhere is a mapping of the home under the name that the user gave.
fn laid(catalog: &mut Catalog, shown: &str, file: PathBuf) -> String {
    let name = shown.strip_suffix(".toml").unwrap_or(shown).to_owned();
    let laid = LaidFile { name: format!("mappings/{name}.toml"), file, shown: shown.to_owned() };
    *catalog = Catalog::new(catalog.home()).with(vec![laid]);
    name
}

/// Does the file hold canonical objects?
fn is_json(file: &str) -> Result<bool, Failure> {
    let mut beginning = Vec::new();
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    opened.take(256).read_to_end(&mut beginning).map_err(|error| unreadable(file, &error))?;
    Ok(matches!(beginning.trim_ascii_start().first(), Some(b'{' | b'[')))
}

/// Writes each object of a file both ways.
fn objects(
    arguments: &Arguments,
    (old, new): (&Subject, &Subject),
    (file, given): (&str, &Arc<Given>),
    take: &mut dyn FnMut(Compared) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
    let profile = |subject: &'_ Subject| {
        subject.profiles.iter().position(|profile| Some(&profile.short_name) == arguments.partner.as_ref())
    };
    for (number, submission) in (1..).zip(canonical::submissions(&bytes)) {
        let Ok(submission) = submission else { continue };
        let side = |subject: &Subject| {
            let profile = profile(subject).map(|at| &subject.profiles[at]);
            let way = subject.way(arguments, given);
            let from_partner = profile.is_some_and(|profile| {
                profile.send_entry(subject.plan.canonical.name, profile.day_of(way.chosen.at)).is_none()
            });
            written(&way, profile, from_partner, &subject.plan, &submission.data)
        };
        take(Compared {
            partner: arguments.partner.clone().unwrap_or_default(),
            document: new.plan.grammar.name.clone(),
            canonical: Some(new.plan.canonical.name),
            at: format!("object {number}"),
            mapped: true,
            changes: compare_written(&side(old), &side(new)),
        })?;
    }
    Ok(())
}

fn tell(compared: &Compared, file: &str, summary: bool, console: &mut Console) -> Result<(), Failure> {
    if console.format == Format::Json {
        for change in &compared.changes {
            let mut line = change_json(change);
            line["file"] = file.into();
            line["at"] = compared.at.clone().into();
            line["document"] = compared.document.clone().into();
            console.json(&line)?;
        }
    } else if !summary {
        let count = counted(compared.changes.len() as u64, "difference");
        writeln!(console.out, "{file}, {} ({}): {count}\n", compared.at, compared.document)?;
        compared.changes.iter().try_for_each(|change| differences::change(change, &mut console.out))?;
        writeln!(console.out)?;
    }
    Ok(())
}

/// The classes, the summary, and how the command ends.
fn end(found: Found, console: &mut Console) -> Result<Exit, Failure> {
    let Found { mut classes, documents, differing, differences, .. } = found;
    let left_out = classes.left_out;
    let classes = classes.take();
    if console.format == Format::Json {
        classes.iter().try_for_each(|class| console.json(&json!({ "class": class_json(class) })))?;
        let summary = json!({
            "documents": documents, "differing": differing, "differences": differences, "classes": classes.len(), "left_out": left_out,
        });
        console.json(&json!({ "summary": summary }))?;
    } else {
        if differences > 0 {
            writeln!(console.out, "Classes\n")?;
        }
        classes.iter().try_for_each(|class| differences::class(class, &mut console.out))?;
        let told = match differences {
            0 => format!("no difference in {}", counted(documents, "document")),
            _ => {
                format!("\n{} in {differing} of {}", counted(differences, "difference"), counted(documents, "document"))
            }
        };
        writeln!(console.out, "{told}")?;
        if left_out > 0 {
            writeln!(console.out, "{} of further classes are not shown", counted(left_out, "difference"))?;
        }
    }
    Ok(if differences == 0 { Exit::Fine } else { Exit::Problems })
}
