//! Base mappings: which one serves a transaction set of a release.
//!
//! `base/945-005010` is the mapping of one release, where its table asks for one. Where there is none, `base/945` serves
//! every release whose table it fits: it is then checked against that table and used as if the file of two lines were
//! there (`extends = "base/945"`, `document = "x12/005010/945"`), under that file's name.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use crate::diagnostic::Diagnostics;
use crate::source::SourceFile;
use crate::x12::dictionary;

use super::Catalog;

/// Base mappings by set and release, as far as they were looked for.
pub(super) type Bases = HashMap<(String, &'static str), Option<String>>;

impl Catalog {
    /// The name of the base mapping that serves a set of a release; `None` when the set has none. A mapping that does not
    /// fit the release's table is named all the same: most of what it says may hold. It is looked for once: what is wrong with
    /// it is told the first time.
    #[must_use]
    pub fn base(&self, set: &str, release: &'static str, diagnostics: &mut Diagnostics) -> Option<String> {
        let key = (set.to_owned(), release);
        if let Some(known) = self.bases().get(&key) {
            return known.clone();
        }
        let found = self.look_for_base(set, release, diagnostics);
        self.bases().insert(key, found.clone());
        found
    }

    fn bases(&self) -> MutexGuard<'_, Bases> {
        self.bases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_for_base(&self, set: &str, release: &str, diagnostics: &mut Diagnostics) -> Option<String> {
        let (own, any) = (format!("base/{set}-{release}"), format!("base/{set}"));
        if self.file(&format!("mappings/{own}.toml")).is_some() {
            return Some(own);
        }
        self.file(&format!("mappings/{any}.toml"))?;
        let written_for_it =
            self.plan(&any, diagnostics).is_none_or(|plan| plan.grammar.name == format!("x12/{release}/{set}"));
        let mut misfits = Diagnostics::unlimited();
        let fits = !written_for_it && self.plan(&own, &mut misfits).is_some() && misfits.is_empty();
        Some(if fits { own } else { any })
    }

    /// The file that stands for `base/943-005010` where there is none: `base/943` with the table of that release.
    pub(super) fn base_of_release(&self, name: &str) -> Option<Arc<SourceFile>> {
        let (set, release) = name.strip_prefix("base/")?.rsplit_once('-')?;
        dictionary::releases().find(|known| known.name() == release)?;
        self.file(&format!("mappings/base/{set}.toml"))?;
        let text = format!("extends  = \"base/{set}\"\ndocument = \"x12/{release}/{set}\"\n");
        Some(Arc::new(SourceFile::new(format!("mappings/{name}.toml"), text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_of_one_release_serves_another_whose_table_it_fits() {
        let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
        let check = |set: &str, release: &'static str, expected: Option<&str>| {
            let mut diagnostics = Diagnostics::unlimited();
            assert_eq!(catalog.base(set, release, &mut diagnostics).as_deref(), expected, "{set} of {release}");
            assert!(diagnostics.is_empty(), "{set} of {release}");
        };
        check("945", "004010", Some("base/945"));
        check("945", "005010", Some("base/945-005010"));
        check("943", "004010", Some("base/943"));
        check("943", "005010", Some("base/943-005010"));
        check("850", "005010", None);
    }
}
