//! The layouts of a home: below `mappings/layouts`, loaded when they are first asked for and kept.

use std::sync::{Arc, PoisonError};

use super::Catalog;
use crate::diagnostic::Diagnostics;
use crate::layout::Layout;
use crate::source::SourceFile;

pub(super) const FOLDER: &str = "mappings/layouts";

impl Catalog {
    /// The names of all layouts, as mappings and profiles write them: `flat/harbor-orders`.
    #[must_use]
    pub fn layout_names(&self) -> Vec<String> {
        let named = |name: &String| Some(format!("{}/{name}", Layout::family(self.layout_file(name)?.as_ref())));
        self.list(FOLDER).iter().filter_map(named).collect()
    }

    /// The file of the layout whose own name is this.
    pub(super) fn layout_file(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.file(&format!("{FOLDER}/{name}.toml"))
    }

    /// The layout called `name` (`flat/harbor-orders`); `None` when there is none or it has an error, which is then in
    /// `diagnostics` (the first time it is asked for).
    pub fn layout(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<Layout>> {
        let (family, own) = name.split_once('/').filter(|(family, _)| ["flat", "xml"].contains(family))?;
        let mut layouts = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = layouts.get(name) {
            return known.clone();
        }
        let file = self.layout_file(own).filter(|file| Layout::family(file) == family)?;
        let layout = Layout::parse(name, &file, diagnostics).map(Arc::new);
        layouts.insert(name.to_owned(), layout.clone());
        layout
    }

    /// Reads every layout; all problems are in `diagnostics`.
    pub(super) fn check_layouts(&self, diagnostics: &mut Diagnostics) -> usize {
        let names = self.layout_names();
        for name in &names {
            let _ = self.layout(name, diagnostics);
        }
        names.len()
    }
}
