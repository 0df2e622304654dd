//! The partner guides of a home: below `mappings/guides`, loaded when they are first asked for and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use super::Catalog;
use crate::diagnostic::{Diagnostic, Diagnostics, codes, suggest};
use crate::mapping::{Library, Plan};
use crate::source::SourceFile;
use crate::x12::guide::{self, Guide, Shelf, guide_name};

const FOLDER: &str = "mappings/guides";

impl Shelf for Catalog {
    fn guide(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.file(&format!("{FOLDER}/{name}.toml"))
    }

    fn guide_names(&self) -> Vec<String> {
        self.list(FOLDER)
    }
}

impl Catalog {
    /// The guide called `name`; `None` when there is none or it has an error, which is then in `diagnostics` (the first
    /// time it is asked for).
    pub fn guide(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<Guide>> {
        let name = guide_name(name);
        let mut guides = self.guides.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = guides.get(name) {
            return known.clone();
        }
        let file = Shelf::guide(self, name)?;
        let guide = guide::load(name, &file, self, diagnostics).map(Arc::new);
        guides.insert(name.to_owned(), guide.clone());
        guide
    }

    /// The guide that documents of a mapping are held against; `None` when it names none.
    #[must_use]
    pub fn guide_of(&self, plan: &Plan) -> Option<Arc<Guide>> {
        let (name, _) = plan.guide.as_ref()?;
        self.guide(name, &mut Diagnostics::with_limit(0))
    }

    /// The files of guides that mappings are held to, each with those mappings: the guides that they name, and those that
    /// these extend.
    #[must_use]
    pub fn guide_reach(&self) -> BTreeMap<String, Vec<String>> {
        let mut reach: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in self.names() {
            let plan = self.plan(&name, &mut Diagnostics::with_limit(0));
            let guide = plan.and_then(|plan| self.guide_of(&plan));
            for file in guide.iter().flat_map(|guide| guide.files()) {
                reach.entry(file.name.to_string()).or_default().push(name.clone());
            }
        }
        reach
    }

    /// Is the guide that a mapping names there, right, and for the same document? Without it the mapping is not used: what
    /// the partner and we agreed on would not be looked at.
    pub(super) fn has_its_guide(&self, plan: &Plan, diagnostics: &mut Diagnostics) -> bool {
        let Some((named, place)) = &plan.guide else { return true };
        let name = guide_name(named);
        if Shelf::guide(self, name).is_none() {
            let names = self.guide_names();
            let remedy = match suggest::nearest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `guides/{near}`?"),
                None if names.is_empty() => format!("write it: {FOLDER}/{name}.toml; see docs/GUIDES.md"),
                None => format!("there are {}", names.join(", ")),
            };
            let message = format!("the guide `{named}` does not exist");
            diagnostics.push(Diagnostic::new(codes::FILE_NOT_FOUND, message, place.clone()).remedy(remedy));
            return false;
        }
        let Some(guide) = self.guide(name, diagnostics) else {
            let message = format!("the guide `{named}` has errors, so the mapping is not used");
            let remedy = format!("see its errors with `crossdock check {FOLDER}/{name}.toml` and mend them");
            diagnostics.push(Diagnostic::new(codes::GUIDE_UNUSABLE, message, place.clone()).remedy(remedy));
            return false;
        };
        if guide.document() != plan.grammar.name {
            let (document, wanted) = (guide.document(), &plan.grammar.name);
            let message = format!("the guide `{named}` is for {document}, the mapping for {wanted}");
            let remedy = format!("write a guide for {wanted}, or name one that there is");
            diagnostics.push(Diagnostic::new(codes::GUIDE_DOCUMENT, message, place.clone()).remedy(remedy));
            return false;
        }
        true
    }

    /// Checks every guide with the documents that it shows; returns how many there are.
    pub(super) fn check_guides(&self, diagnostics: &mut Diagnostics) -> usize {
        let names = self.guide_names();
        for name in &names {
            if let Some(guide) = self.guide(name, diagnostics) {
                guide.check_examples(diagnostics);
            }
        }
        names.len()
    }
}
