//! A change laid over the files of a home, tried on its record: for `mapping backtest` and `check --approved`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use crate::canonical;
use crate::catalog::{Catalog, LaidFile, laid_over, mapping_name};
use crate::cli::filter::{is_set, known, moment};
use crate::cli::output::{Console, Failure};
use crate::cli::progress::Reached;
use crate::comparison::{Approved, Class};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity, suggest};
use crate::mapping::Library;
use crate::operation::{Files, Session, Trial, Tried, backtest};
use crate::x12::guide::guide_name;

/// What is changed, and on what it is tried.
#[derive(Debug, Args)]
pub(crate) struct ChangeArguments {
    /// The change: a folder with mappings/ or partner-profiles/ whose files stand over those of the home; one such file; or
    /// NAME=FILE, such as `harbor/945=new.toml`. May be given several times
    #[arg(long, value_name = "CHANGE", required = true)]
    with: Vec<String>,
    /// Only payloads received at this time or later: `2026-11-20`, or so long ago: `12h`, `90d` [default: 30d]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
}

/// So long ago, where nobody says otherwise.
const DAYS: i64 = 30;

impl ChangeArguments {
    /// Of a command that has its own options.
    pub(crate) fn new(with: &[String], since: Option<Timestamp>) -> Self {
        Self { with: with.to_vec(), since }
    }

    pub(crate) fn since(&self) -> Timestamp {
        let ago =
            || Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(DAYS * 24)).unwrap_or(Timestamp::MIN);
        self.since.unwrap_or_else(ago)
    }

    pub(crate) fn names(&self) -> String {
        self.with.join(", ")
    }
}

/// A change, read and ready to be tried.
pub(crate) struct Trying {
    old: Arc<Files>,
    new: Arc<Files>,
    approved: Approved,
    /// Where approved classes are kept.
    approved_file: PathBuf,
}

/// The files that a change lays over the home.
pub(crate) fn laid(with: &[String]) -> Result<Vec<LaidFile>, Failure> {
    let mut laid = Vec::new();
    for change in with {
        laid.extend(laid_over(change).map_err(|error| {
            Failure::Usage {
                message: format!("`--with {change}` names no change: {error}"),
                remedy: "name a folder with mappings/ or partner-profiles/, a file in one, or NAME=FILE such as \
                     `harbor/945=new.toml`"
                    .to_owned(),
            }
        })?);
    }
    Ok(laid)
}

impl Trying {
    /// Reads the change over the home. What is wrong with its files is told, and then there is nothing to try.
    pub(crate) fn open(home: &Path, change: &ChangeArguments, console: &mut Console) -> Result<Option<Self>, Failure> {
        let laid = laid(&change.with)?;
        let catalog = Catalog::new(home).with(laid.clone());
        let mut found = Diagnostics::unlimited();
        let approved = catalog.approved(&mut found);
        load(&catalog, &laid, &mut found);
        let mappings = catalog.names();
        let new = Arc::new(Files::of(catalog, &mut found));
        let own = |one: &Diagnostic| match &one.place {
            Place::Source(place) => laid.iter().any(|laid| laid.shown == place.file) || place.file == Catalog::APPROVED,
            _ => false,
        };
        found.retain(own);
        let mut errors = 0;
        for diagnostic in found.take() {
            errors += u64::from(diagnostic.severity == Severity::Error);
            console.beside(&diagnostic)?;
        }
        if errors > 0 {
            console.remark("the change has errors: nothing was tried")?;
            return Ok(None);
        }
        let old = Catalog::new(home);
        let names = old.names();
        // Mappings that neither the home has nor a profile of the change names.
        let is_idle = |name: &&str| {
            mappings.iter().any(|one| one == name) && !names.iter().any(|one| one == name) && !new.uses(name)
        };
        let idle: Vec<_> =
            laid.iter().filter_map(|file| Some((file, Some(mapping_name(&file.name)).filter(is_idle)?))).collect();
        for (file, name) in &idle {
            let near = suggest::nearest(name, names.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            console
                .remark(&format!("{}: the home has no mapping `{name}`, and no profile names it{near}", file.shown))?;
        }
        if idle.len() == laid.len() {
            console.remark("the change stands for nothing of the home: nothing was tried")?;
            return Ok(None);
        }
        let old = Arc::new(Files::of(old, &mut Diagnostics::with_limit(0)));
        let folder = change.with.iter().map(Path::new).find(|path| path.join("mappings").is_dir());
        let approved_file = folder.unwrap_or(home).join(Catalog::APPROVED);
        Ok(Some(Self { old, new, approved, approved_file }))
    }

    /// The trial on payloads received since then.
    pub(crate) fn trial(
        &self,
        since: Timestamp,
        until: Option<Timestamp>,
        partner: Option<String>,
        document: Option<String>,
    ) -> Result<Trial, Failure> {
        if let Some(kind) = document.as_deref().filter(|kind| !is_set(kind)) {
            known("type", kind, &canonical::names().collect::<Vec<_>>(), "write a transaction set, or one of")?;
        }
        let (old, new) = (Arc::clone(&self.old), Arc::clone(&self.new));
        Ok(Trial { old, new, since: Some(since), until, partner, document })
    }

    /// Runs it: what was tried, and the classes, those that were approved marked.
    pub(crate) async fn run(
        &self,
        session: &Session,
        trial: &Trial,
        console: &mut Console,
    ) -> Result<(Tried, Vec<Class>), Failure> {
        if let Some(partner) = &trial.partner {
            crate::cli::filter::known_partner(session, partner).await?;
        }
        let mut tried = backtest(session, trial, |sofar| -> Result<(), Failure> {
            Ok(console.reached(Reached {
                bytes: sofar.bytes,
                total: Some(sofar.total),
                sets: Some(sofar.documents),
            })?)
        })
        .await?;
        let mut classes = tried.classes.take();
        classes.iter_mut().for_each(|class| self.approved.mark(class));
        Ok((tried, classes))
    }

    pub(super) fn approved_file(&self) -> PathBuf {
        self.approved_file.clone()
    }
}

/// Loads what the changed files are part of, so that all that is wrong with them is found.
fn load(catalog: &Catalog, laid: &[LaidFile], found: &mut Diagnostics) {
    let mut names: Vec<String> = Vec::new();
    for file in laid.iter().filter(|file| file.name != Catalog::APPROVED) {
        let name = file.name.strip_prefix("mappings/");
        match name.and_then(|name| name.split('/').next()) {
            Some("guides") => drop(catalog.guide(guide_name(&file.name), found)),
            Some("codes") => drop(catalog.codes(found)),
            Some("layouts") => {
                for name in catalog.layout_names() {
                    drop(catalog.layout(&name, found));
                }
                names.extend(catalog.names());
            }
            // Any mapping may use it.
            Some("blocks" | "tables") => names.extend(catalog.names()),
            Some(_) => names.push(mapping_name(&file.name).to_owned()),
            None => {}
        }
    }
    names.sort();
    names.dedup();
    for name in names {
        drop(catalog.plan(&name, found));
    }
}
