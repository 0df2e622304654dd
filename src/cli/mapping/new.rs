//! `crossdock mapping new`: a first mapping for a partner, from a sample of theirs.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::begin;
use super::draft::{Draft, Sample};
use crate::canonical;
use crate::catalog::{Catalog, CatalogDesk, Chosen, Coming, mapping_name};
use crate::cli::documents::known_partner;
use crate::cli::input::unreadable;
use crate::cli::operator::counted;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::{Diagnostics, suggest};
use crate::mapping::Library;
use crate::source::format;
use crate::translation::{Inbound, Outcome};
use crate::tree::charset::Charset;
use crate::x12::codes::DocumentCodes;
use crate::x12::dictionary;
use crate::x12::reader::ReadOptions;

/// Write a first mapping for a partner from a sample of theirs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the new mapping, such as `lakeside/945`
    #[arg(value_name = "NAME")]
    name: String,
    /// A file that the partner sent: X12, or with `--canonical` lines of delimited fields, or XML
    #[arg(long, value_name = "SAMPLE")]
    from: PathBuf,
    /// Of a file without X12: the canonical object that it becomes, such as `shipment`
    #[arg(long, value_name = "OBJECT", conflicts_with = "extends")]
    canonical: Option<String>,
    /// The mapping that it extends [default: the base mapping of the sample's first transaction set]
    #[arg(long, value_name = "NAME")]
    extends: Option<String>,
    /// Short name of the partner's profile [default: the profile that has the interchange's sender]
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Folder with partner-profiles/ and mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Reads the sample with the base mapping that fits and writes mappings/NAME.toml, which extends it. Behind comment marks stand \
proposals: the values of the sample that the base does not take, and those that it keeps as references under their \
qualifier, each with its name by the standard; codes that no table has; what could be ignored. You take the marks away where a \
proposal is right, and put the name of a field in the place of FIELD.

The mapping carries the sample as its test, with what the base makes of it: read it before you trust it. A sample outside the \
home is copied to fixtures/NAME. What is written passes `crossdock check`; no file is ever overwritten.

Of a file without X12 a layout is written too, mappings/layouts/PARTNER-DOCUMENT.toml: delimiter, columns or elements, records, types, as far as \
the sample tells; TODO stands where it does not, and once those of the mapping are done it passes `crossdock check`. Lines are by the names \
of the fields. It has no test: read both first.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping new lakeside/945 --from 945.edi
  crossdock mapping new lakeside/945-returns --from returns.edi --extends lakeside/945
  crossdock mapping new lakeside/shipments --from SHIP1.csv --canonical shipment

Exit codes: 0 written, 2 wrong command line, 3 the sample cannot be read or mapped, or a file is there already.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let name = mapping_name(&arguments.name);
    let home = &arguments.home;
    let (sample, file) = (&arguments.from, home.join(format!("mappings/{name}.toml")));
    let shown = sample.display().to_string();
    let bytes = fs::read(sample).map_err(|error| unreadable(&shown, &error))?;
    let catalog = Catalog::new(home);
    let profiles = catalog.profiles(&mut Diagnostics::with_limit(0));
    known_partner(arguments.partner.as_deref(), &profiles, home)?;
    refuse_name(name, &catalog, &file)?;
    if let Some(object) = &arguments.canonical {
        return begin(arguments, name, (object, &shown), &bytes, console);
    }
    let base = match &arguments.extends {
        Some(base) => super::known_name(&catalog, base)?,
        None => base_of(&catalog, &bytes, &shown)?,
    };
    let (partner, at) = (arguments.partner.clone(), Timestamp::now());
    let chosen = Chosen { mapping: Some(base.clone()), partner, charset: None, at };
    let desk = CatalogDesk::new(&catalog, &profiles, chosen);
    let file_name = sample.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let draft = read(&file_name, &bytes, &base, &desk, &catalog)
        .ok_or_else(|| refused(format!("cannot map {shown}"), "the mapping cannot be used", "see `crossdock check`"))?;
    let test = place_sample(arguments, name, &draft)?;
    let text = draft.text(name, &base, &file_name, test.as_ref());
    if let (Some(test), true) = (&test, draft.good) {
        let mut objects = draft.objects.join(&b"\n"[..]);
        objects.push(b'\n');
        if let Some(copy) = &test.copy {
            write_new(copy, &bytes)?;
        }
        write_new(&home.join(&test.canonical), &objects)?;
    }
    write_new(&file, text.as_bytes())?;
    tell(name, &draft, test.as_ref(), console)
}

/// A layout and a mapping for a file without X12.
fn begin(
    arguments: &Arguments,
    name: &str,
    (object, shown): (&str, &str),
    bytes: &[u8],
    console: &mut Console,
) -> Result<Exit, Failure> {
    let Some(shape) = canonical::shape(object) else {
        let names: Vec<&str> = canonical::names().collect();
        let near = suggest::nearest(object, names.iter().copied());
        let remedy =
            near.map_or_else(|| format!("write one of {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
        return Err(Failure::Usage { message: format!("there is no canonical object `{object}`"), remedy });
    };
    let guess = begin::guess(bytes, shape)
        .map_err(|(cause, remedy)| refused(format!("cannot begin a layout from {shown}"), cause, remedy))?;
    let own = name.replace('/', "-");
    let sample = arguments.from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let begun = guess.begun(name, &format!("{}/{own}", guess.family), shape, &sample);
    let files =
        [(format!("mappings/layouts/{own}.toml"), begun.layout), (format!("mappings/{name}.toml"), begun.mapping)];
    let taken = files.iter().map(|(file, _)| arguments.home.join(file)).find(|file| file.exists());
    if let Some(file) = taken {
        return Err(there(&file));
    }
    for (file, text) in &files {
        let laid_out = format(text).unwrap_or_else(|| text.clone());
        write_new(&arguments.home.join(file), laid_out.as_bytes())?;
    }
    let [(layout, _), (mapping, _)] = &files;
    if console.format == Format::Json {
        console.json(&json!({ "mapping": name, "file": mapping, "layout": layout, "lines": begun.mapped, "proposals": begun.left }))?;
        return Ok(Exit::Fine);
    }
    let (lines, left) = (counted(begun.mapped as u64, "line"), counted(begun.left as u64, "field"));
    writeln!(console.out, "written: {layout}, and {mapping} with {lines}; {left} to look at")?;
    writeln!(
        console.out,
        "then: `crossdock check {mapping}`, `crossdock translate {shown} --mapping {name}`, and `document = \"{}/{own}\"` in the partner's profile",
        guess.family
    )?;
    Ok(Exit::Fine)
}

fn refused(message: String, cause: &str, remedy: &str) -> Failure {
    Failure::operation(message, cause, remedy)
}

/// A name that can be a mapping's, and is none yet.
fn refuse_name(name: &str, catalog: &Catalog, file: &Path) -> Result<(), Failure> {
    let is_plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let parts: Vec<&str> = name.split('/').collect();
    let reserved =
        ["base", "blocks", "codes", "tables", "schemas", "guides", "layouts", "approved"].contains(&parts[0]);
    if !parts.iter().all(|part| is_plain(part)) || reserved || parts.len() > 3 {
        return Err(Failure::Usage {
            message: format!("`{name}` cannot be the name of a partner's mapping"),
            remedy: "write the partner and the document, such as `lakeside/945`: letters, digits, `-` and `_`"
                .to_owned(),
        });
    }
    if file.exists() || catalog.mapping(name).is_some() {
        let message = format!("the mapping `{name}` is there already");
        let remedy = "choose another name, or compare with it: `crossdock mapping unmapped SAMPLE`";
        return Err(refused(message, &format!("{} is not overwritten", file.display()), remedy));
    }
    Ok(())
}

/// The base mapping of the first transaction set.
fn base_of(catalog: &Catalog, bytes: &[u8], shown: &str) -> Result<String, Failure> {
    let desk = CatalogDesk::new(catalog, &[], Chosen::default());
    let mut inbound = Inbound::new(ReadOptions { bare_sets: true, ..ReadOptions::default() });
    let mut at = 0;
    loop {
        let (consumed, outcome) = inbound.read(&bytes[at..], true, &desk);
        at += consumed;
        match outcome {
            Outcome::Document(set) => {
                let (id, release) = (set.header.set_id(), set.header.release.name());
                return catalog.base(id, release, &mut Diagnostics::with_limit(0)).ok_or_else(|| {
                    let names = catalog.names();
                    let near = suggest::nearest(id, names.iter().map(String::as_str)).unwrap_or("base/945");
                    let remedy = format!("name a mapping to extend: `--extends {near}`");
                    refused(
                        format!("no base mapping takes the transaction set {id}"),
                        "the sample begins with it",
                        &remedy,
                    )
                });
            }
            Outcome::End | Outcome::NeedMore => {
                let remedy = "name an X12 file with a whole transaction set; of a file without X12 say what it becomes: `--canonical shipment`";
                return Err(refused(format!("cannot map {shown}"), "no transaction set was read", remedy));
            }
            _ => {}
        }
    }
}

/// What the mapping makes of the sample, and leaves of it.
fn read(name: &str, bytes: &[u8], base: &str, desk: &CatalogDesk<'_>, catalog: &Catalog) -> Option<Draft> {
    let lists = catalog.codes(&mut Diagnostics::with_limit(0));
    let options = ReadOptions { bare_sets: true, ..ReadOptions::default() };
    let mut inbound =
        desk.inbound(Coming { name, beginning: bytes, owner: None }, options, &mut Diagnostics::with_limit(0));
    let mut draft: Option<Draft> = None;
    let mut at = 0;
    loop {
        let start = at;
        let (consumed, outcome) = inbound.next(&bytes[at..], true, desk);
        at += consumed;
        match outcome {
            Outcome::Document(document) => {
                let found = inbound.diagnostics().take();
                let Some(plan) = &document.plan else { continue };
                let draft = draft.get_or_insert_with(|| Draft::of(plan));
                let set = &bytes[start..][document.bytes.clone()];
                let header = inbound.reader().set();
                let guessed = || header.map_or_else(|| Charset::guess(set), |header| header.charset);
                let charset = inbound.surroundings().charset.unwrap_or_else(guessed);
                let release = header.map_or_else(|| dictionary::release_for("").0, |header| header.release);
                let codes = DocumentCodes { codes: &lists, release, partner: document.partner.as_deref() };
                let (tree, object) = (inbound.tree(), inbound.object());
                let left = inbound.reading().left(plan, tree, set);
                draft.add(&Sample { plan, tree, bytes: set, object, codes, charset, left: &left }, &found);
                draft.good &= document.good && plan.name == base;
                let mut json = Vec::new();
                canonical::emit(object, plan.canonical, &mut json);
                draft.objects.push(json);
            }
            Outcome::End | Outcome::NeedMore => return draft,
            _ => {}
        }
    }
}

/// The test that the new mapping carries, by paths below the home.
pub(super) struct TestFiles {
    pub(super) document: String,
    pub(super) canonical: String,
    /// Where the sample is copied to, when it lies outside the home.
    copy: Option<PathBuf>,
}

/// Where the sample of the test lies, and what it must become; none where the sample has errors.
fn place_sample(arguments: &Arguments, name: &str, draft: &Draft) -> Result<Option<TestFiles>, Failure> {
    if !draft.good {
        return Ok(None);
    }
    let home = &arguments.home;
    let within =
        || fs::canonicalize(&arguments.from).ok()?.strip_prefix(fs::canonicalize(home).ok()?).ok().map(Path::to_owned);
    let test = match within() {
        Some(document) => {
            let canonical = document.with_extension("json");
            let canonical =
                if home.join(&canonical).exists() { document.with_extension("expected.json") } else { canonical };
            let text = |path: &Path| path.to_string_lossy().into_owned();
            TestFiles { document: text(&document), canonical: text(&canonical), copy: None }
        }
        None => {
            let document = format!("fixtures/{name}/input.edi");
            let copy = Some(home.join(&document));
            TestFiles { document, canonical: format!("fixtures/{name}/expected.json"), copy }
        }
    };
    for file in test.copy.iter().chain([&home.join(&test.canonical)]) {
        if file.exists() {
            return Err(there(file));
        }
    }
    Ok(Some(test))
}

fn there(file: &Path) -> Failure {
    let message = format!("cannot write {}", file.display());
    refused(
        message,
        "it is there already, and no file is overwritten",
        "move it away, or choose another name for the mapping",
    )
}

/// Writes a file that is not there yet, with its folder.
fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => there(file),
        _ => refused(format!("cannot write {}", file.display()), &error.to_string(), "check that you may write there"),
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut opened = OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    opened.write_all(bytes).map_err(failed)
}

fn tell(name: &str, draft: &Draft, test: Option<&TestFiles>, console: &mut Console) -> Result<Exit, Failure> {
    let (places, codes) = draft.counts();
    let files: Vec<&str> = test
        .iter()
        .flat_map(|test| [test.copy.is_some().then_some(test.document.as_str()), Some(test.canonical.as_str())])
        .flatten()
        .collect();
    if console.format == Format::Json {
        let file = format!("mappings/{name}.toml");
        console.json(
            &json!({ "mapping": name, "file": file, "test_files": files, "proposals": places, "codes": codes }),
        )?;
        return Ok(Exit::Fine);
    }
    let out = &mut console.out;
    let (places, codes) = (counted(places as u64, "place"), counted(codes as u64, "code"));
    writeln!(out, "written: mappings/{name}.toml, with {places} and {codes} to look at")?;
    match test {
        Some(test) => {
            writeln!(out, "its test: {} must become {}; read whether it is right", test.document, test.canonical)?
        }
        None => writeln!(
            out,
            "it has no test yet: the sample has errors (`crossdock validate`), or holds other documents too"
        )?,
    }
    writeln!(out, "then: `crossdock check mappings/{name}.toml`, and `mapping = \"{name}\"` in the partner's profile")?;
    Ok(Exit::Fine)
}
