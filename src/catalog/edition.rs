//! The mappings and profiles in force at a time: read and checked once, then only looked up, by any number of threads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::Catalog;
use crate::diagnostic::Diagnostics;
use crate::mapping::Library;
use crate::partner::Profile;
use crate::source::{SourceFile, Value};

/// What is in force. A change of the files makes a new edition; work under way goes on with the old one.
#[derive(Debug)]
pub struct Edition {
    /// The mappings.
    pub catalog: Catalog,
    /// The profiles that can be used.
    pub profiles: Vec<Profile>,
    /// Files of the others.
    unusable: Vec<Arc<str>>,
    /// The blocks, tables and lists of codes that any mapping may use.
    shared: Vec<Arc<SourceFile>>,
    fingerprints: Mutex<HashMap<String, [u8; 32]>>,
}

impl Edition {
    /// Reads the files of a home and checks them whole. All problems are in `diagnostics`; what has none is in the edition.
    #[must_use]
    pub fn read(home: &Path, diagnostics: &mut Diagnostics) -> Self {
        let catalog = Catalog::new(home);
        catalog.check(diagnostics);
        // The check has said what is wrong with them.
        let mut said = Diagnostics::with_limit(0);
        let profiles = catalog.profiles(&mut said);
        let unusable = catalog.unusable_profiles().iter().map(|file| Arc::clone(&file.name)).collect();
        let codes = catalog.list("mappings/codes").into_iter();
        let codes = codes.filter_map(|name| catalog.file(&format!("mappings/codes/{name}.toml")));
        let shared = catalog.shared().into_iter().chain(codes).collect();
        Self { catalog, profiles, unusable, shared, fingerprints: Mutex::default() }
    }

    /// The profile with this short name.
    #[must_use]
    pub fn profile(&self, short_name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.short_name == short_name)
    }

    /// May the partner have a profile that is not in force? It has errors, it came only now, or no profile can be used at all, as
    /// where their folder is not mounted.
    #[must_use]
    pub fn lacks_profile(&self, short_name: &str) -> bool {
        let file = format!("partner-profiles/{short_name}.toml");
        let is_there = || self.catalog.list("partner-profiles").iter().any(|known| known == short_name);
        self.profile(short_name).is_none()
            && (self.profiles.is_empty() || self.unusable.iter().any(|known| **known == *file) || is_there())
    }

    /// Can the mapping or profile in this file be used, such as `partner-profiles/harbor.toml`?
    #[must_use]
    pub fn can_use(&self, file: &str) -> bool {
        let name = |folder: &str| file.strip_prefix(folder).and_then(|name| name.strip_suffix(".toml"));
        let is_plan = |name| self.catalog.plan(name, &mut Diagnostics::with_limit(0)).is_some();
        name("partner-profiles/").is_some_and(|name| self.profile(name).is_some())
            || name("mappings/").is_some_and(is_plan)
    }

    /// SHA-256 of a mapping as it is in force: of its file, of those that it extends, of the guide that it names and the layout
    /// of its files, and of the blocks, tables and lists of codes that any mapping may use. The same bytes and the same version of Crossdock translate alike.
    #[must_use]
    pub fn fingerprint(&self, mapping: &str) -> [u8; 32] {
        let known = || self.fingerprints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(mapping) {
            return *known;
        }
        let mut hash = Sha256::new();
        let mut next = Some(mapping.to_owned());
        let mut depth = 0;
        while let Some(file) = next.take().and_then(|name| self.catalog.mapping(&name)).filter(|_| depth < 32) {
            hash.update(file.name.as_bytes());
            hash.update(file.text.as_bytes());
            let table = file.parse(&mut Diagnostics::with_limit(0));
            next = table.entries.into_iter().find_map(|entry| match (entry.key.as_str(), entry.node.value) {
                ("extends", Value::Text(name)) => Some(name),
                _ => None,
            });
            depth += 1;
        }
        let plan = self.catalog.plan(mapping, &mut Diagnostics::with_limit(0));
        let guide = plan.as_ref().and_then(|plan| self.catalog.guide_of(plan));
        let layout = plan.and_then(|plan| self.catalog.layout_file(plan.grammar.name.split_once('/')?.1));
        for file in guide.iter().flat_map(|guide| guide.files()).chain(&layout) {
            hash.update(file.name.as_bytes());
            hash.update(file.text.as_bytes());
        }
        for file in &self.shared {
            hash.update(file.name.as_bytes());
            hash.update(file.text.as_bytes());
        }
        let fingerprint = hash.finalize().into();
        known().insert(mapping.to_owned(), fingerprint);
        fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_that_of_what_is_in_force_whatever_becomes_of_the_files() {
        let home = std::env::temp_dir().join(format!("crossdock-edition-{}", std::process::id()));
        std::fs::create_dir_all(home.join("mappings/harbor")).unwrap();
        std::fs::create_dir_all(home.join("mappings/blocks")).unwrap();
        let (file, text) = (home.join("mappings/harbor/945.toml"), "extends = \"base/945\"\n");
        std::fs::write(&file, text).unwrap();
        let in_force = Edition::read(&home, &mut Diagnostics::unlimited());
        let same = Edition::read(&home, &mut Diagnostics::unlimited()).fingerprint("harbor/945");
        std::fs::write(&file, format!("{text}nonsense = \n")).unwrap();
        std::fs::write(home.join("mappings/blocks/new.toml"), "nonsense = \n").unwrap();
        assert_eq!(in_force.fingerprint("harbor/945"), same);
        assert_ne!(Edition::read(&home, &mut Diagnostics::unlimited()).fingerprint("harbor/945"), same);
        std::fs::remove_dir_all(&home).unwrap();
    }
}
