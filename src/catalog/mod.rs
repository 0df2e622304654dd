//! Reads a home's mappings and profiles, checks them whole and across files, and holds the set in force.
//!
//! The only room that opens these files; those that ship with Crossdock are compiled in and stand behind the home's own:
//! a file of the same name in the home wins.

mod files;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::Diagnostics;
use crate::mapping::{self, Library, Plan};
use crate::source::SourceFile;
use crate::tree::Grammar;
use crate::x12::dictionary;

/// The files of a home. Mappings are compiled when they are first asked for and kept.
#[derive(Debug)]
pub struct Catalog {
    home: PathBuf,
    plans: Mutex<HashMap<String, Option<Arc<Plan>>>>,
}

impl Catalog {
    /// The catalog of the folder `home`; nothing is read yet.
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            plans: Mutex::default(),
        }
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
        let plan = mapping::load(name, &file, self, diagnostics).map(Arc::new);
        plans.insert(name.to_owned(), plan.clone());
        plan
    }
}

impl Library for Catalog {
    fn mapping(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.file(&format!("mappings/{name}.toml"))
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.list("mappings");
        names.retain(|name| {
            !["blocks/", "tables/", "schemas/", "guides/", "layouts/"]
                .iter()
                .any(|folder| name.starts_with(folder))
        });
        names
    }

    fn shared(&self) -> Vec<Arc<SourceFile>> {
        let names = ["mappings/blocks", "mappings/tables"].into_iter().flat_map(|folder| {
            self.list(folder)
                .into_iter()
                .map(move |name| format!("{folder}/{name}.toml"))
        });
        names.filter_map(|name| self.file(&name)).collect()
    }

    fn grammar(&self, document: &str) -> Option<Arc<Grammar>> {
        let (release, set) = document.strip_prefix("x12/")?.split_once('/')?;
        let release = dictionary::releases().find(|known| known.name() == release)?;
        dictionary::grammar(release, set).cloned()
    }
}
