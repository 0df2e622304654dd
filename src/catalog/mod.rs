//! Reads a home's mappings and profiles, checks them whole and across files, and holds the set in force.
//!
//! The only room that opens these files; those that ship with Crossdock are compiled in and stand behind the home's own:
//! a file of the same name in the home wins.

mod approved;
mod base;
mod carried;
mod check;
mod code_lists;
mod desk;
mod edition;
mod files;
mod forms;
mod guides;
mod laid;
mod layouts;
mod reading;
mod send;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes, suggest};
use crate::layout::Layout;
use crate::mapping::{self, FileRead, Library, Plan};
use crate::partner::{Profile, check_together, names_as_theirs};
use crate::source::SourceFile;
use crate::tree::{Grammar, SegmentDefinition};
use crate::x12::codes::Codes;
use crate::x12::dictionary;
use crate::x12::envelope::Interchange;
use crate::x12::guide::Guide;

pub use carried::{FailedTest, TestRun};
pub use check::Checked;
pub use desk::{CatalogDesk, Chosen, surroundings_of, unusable};
pub use edition::Edition;
pub use files::{mapping_name, shipped_bases};
pub use laid::{FOLDERS, LaidFile, changeable, laid_over};
pub use reading::Coming;

/// The files of a home. Mappings are compiled when they are first asked for and kept, and so is what stands in the files
/// that many of them extend and use.
#[derive(Debug)]
pub struct Catalog {
    home: PathBuf,
    /// Files that are taken in the place of the home's own.
    laid: Vec<LaidFile>,
    /// The files as they were read first: what is in force stays one text, whatever becomes of them.
    files: Mutex<HashMap<String, Option<Arc<SourceFile>>>>,
    plans: Mutex<HashMap<String, Option<Arc<Plan>>>>,
    guides: Mutex<HashMap<String, Option<Arc<Guide>>>>,
    layouts: Mutex<HashMap<String, Option<Arc<Layout>>>>,
    /// Profiles that have errors.
    unusable: OnceLock<Vec<Arc<SourceFile>>>,
    bases: Mutex<base::Bases>,
    codes: OnceLock<Arc<Codes>>,
    read: Mutex<HashMap<Arc<str>, FileRead>>,
}

impl Catalog {
    /// The catalog of the folder `home`; nothing is read yet.
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            laid: Vec::new(),
            files: Mutex::default(),
            plans: Mutex::default(),
            guides: Mutex::default(),
            layouts: Mutex::default(),
            unusable: OnceLock::new(),
            bases: Mutex::default(),
            codes: OnceLock::new(),
            read: Mutex::default(),
        }
    }

    /// The same with these files in the place of the home's own, or beside them: what a change would be.
    #[must_use]
    pub fn with(self, laid: Vec<LaidFile>) -> Self {
        Self { laid, files: Mutex::default(), ..self }
    }

    /// The folder whose files are read.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The mapping called `name` (`base/945`), compiled; `None` when there is none or it has an error, which is then in
    /// `diagnostics` (the first time it is asked for).
    pub fn plan(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<Plan>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans.get(name) {
            return known.clone();
        }
        let file = self.mapping(name)?;
        let plan = mapping::load(name, &file, self, diagnostics).filter(|plan| self.has_its_guide(plan, diagnostics));
        let plan = plan.map(Arc::new);
        plans.insert(name.to_owned(), plan.clone());
        plan
    }

    /// The mapping for a document; that there is none, or that it has errors, is said at the document's `place`.
    pub fn plan_for(&self, name: &str, place: impl Into<Place>, diagnostics: &mut Diagnostics) -> Option<Arc<Plan>> {
        let found = self.plan(name, diagnostics);
        if found.is_none() {
            let exists = self.mapping(name).is_some();
            let message = match exists {
                true => format!("the mapping `{name}` has errors and is not used"),
                false => format!("there is no mapping `{name}`"),
            };
            let names = self.names();
            let near = suggest::nearest(name, names.iter().map(String::as_str));
            let remedy = match near {
                _ if exists => format!("see its errors with `crossdock check mappings/{name}.toml` and mend them"),
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", names.join(", ")),
            };
            diagnostics.push(Diagnostic::new(codes::MAPPING_UNUSABLE, message, place).remedy(remedy));
        }
        found
    }

    /// All partner profiles of the home that can be read, in the order of their names; the others' errors are in
    /// `diagnostics`, and so is what two of them claim alike.
    pub fn profiles(&self, diagnostics: &mut Diagnostics) -> Vec<Profile> {
        let profiles: Vec<Profile> =
            self.profile_files().filter_map(|file| Profile::parse(&file, diagnostics)).collect();
        check_together(&profiles, diagnostics);
        profiles
    }

    fn profile_files(&self) -> impl Iterator<Item = Arc<SourceFile>> {
        let names = self.list("partner-profiles").into_iter();
        names.filter_map(|name| self.file(&format!("partner-profiles/{name}.toml")))
    }

    /// The profile that has errors and names the partner of this interchange, as far as it can be read.
    fn unusable_profile(&self, interchange: &Interchange) -> Option<&SourceFile> {
        let ids = [interchange.sender(), interchange.receiver()];
        let mut unusable = self.unusable_profiles().iter().map(|file| &**file);
        unusable.find(|file| ids.into_iter().any(|id| names_as_theirs(file, id)))
    }

    /// The files of profiles that have errors.
    #[must_use]
    pub fn unusable_profiles(&self) -> &[Arc<SourceFile>] {
        let has_errors = |file: &Arc<SourceFile>| Profile::parse(file, &mut Diagnostics::with_limit(0)).is_none();
        self.unusable.get_or_init(|| self.profile_files().filter(has_errors).collect())
    }
}

impl Library for Catalog {
    fn mapping(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.file(&format!("mappings/{name}.toml")).or_else(|| self.base_of_release(name))
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.list("mappings");
        names.retain(|name| {
            name != approved::NAME
                && !["blocks/", "codes/", "tables/", "schemas/", "guides/", "layouts/"]
                    .iter()
                    .any(|folder| name.starts_with(folder))
        });
        names
    }

    fn shared(&self) -> Vec<Arc<SourceFile>> {
        let names = ["mappings/blocks", "mappings/tables"]
            .into_iter()
            .flat_map(|folder| self.list(folder).into_iter().map(move |name| format!("{folder}/{name}.toml")));
        names.filter_map(|name| self.file(&name)).collect()
    }

    /// A file is read anew when its text has changed, and when there is something to say of it.
    fn read(&self, file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> FileRead {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&file.name).filter(|known| known.is_of(file)) {
            return known.clone();
        }
        let mut told = Diagnostics::unlimited();
        let found = FileRead::of(file, &mut told);
        if told.is_empty() {
            read.insert(Arc::clone(&file.name), found.clone());
            return found;
        }
        FileRead::of(file, diagnostics)
    }

    fn grammar(&self, document: &str) -> Option<Arc<Grammar>> {
        if let Some(layout) = self.layout(document, &mut Diagnostics::with_limit(0)) {
            return Some(Arc::clone(&layout.grammar));
        }
        let (release, set) = document.strip_prefix("x12/")?.split_once('/')?;
        let release = dictionary::releases().find(|known| known.name() == release)?;
        dictionary::grammar(release, set).cloned()
    }

    fn documents(&self) -> Vec<String> {
        let of = |release| dictionary::sets(release).map(move |set| format!("x12/{release}/{}", set.set));
        dictionary::releases().flat_map(of).chain(self.layout_names()).collect()
    }

    fn elsewhere(&self, document: &str, segment: &str) -> Option<(Arc<SegmentDefinition>, Vec<String>)> {
        let (release, _) = document.strip_prefix("x12/")?.split_once('/')?;
        let release = dictionary::releases().find(|known| known.name() == release)?;
        let definition = Arc::clone(dictionary::segment(release, segment)?);
        let sets = dictionary::sets_with_segment(release, segment);
        Some((definition, sets.into_iter().map(str::to_owned).collect()))
    }

    fn is_code_of_partner(&self, guide: Option<&str>, element: &str, code: &str) -> bool {
        let guide = guide.and_then(|name| self.guide(name, &mut Diagnostics::with_limit(0)));
        guide.is_some_and(|guide| guide.adds_code(element, code)) || self.codes_in_force().adds(element, code)
    }
}
