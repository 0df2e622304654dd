//! The code lists of a home: those of the standard with its files below `mappings/codes`.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, codes, suggest};
use crate::x12::codes::{CodeFile, Codes};

use super::Catalog;

const FOLDER: &str = "mappings/codes";

impl Catalog {
    /// The code lists in force; a file with errors, which are then in `diagnostics`, is left out.
    pub fn codes(&self, diagnostics: &mut Diagnostics) -> Codes {
        let names = self.list(FOLDER);
        let files: Vec<CodeFile> =
            names.iter().filter_map(|name| self.code_file(&format!("{FOLDER}/{name}.toml"), diagnostics)).collect();
        Codes::new(files, diagnostics)
    }

    /// The code lists in force, read when they are first asked for; what is wrong with a file is said by a check.
    #[must_use]
    pub fn codes_in_force(&self) -> Arc<Codes> {
        Arc::clone(self.codes.get_or_init(|| Arc::new(self.codes(&mut Diagnostics::with_limit(0)))))
    }

    /// How many files of codes there are.
    pub(super) fn code_files(&self) -> usize {
        self.list(FOLDER).len()
    }

    /// The file of codes called `name`, and whether there is the partner it names.
    pub(super) fn code_file(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<CodeFile> {
        let file = CodeFile::parse(&*self.file(name)?, diagnostics)?;
        let Some((partner, place)) = file.partner() else { return Some(file) };
        let partners = self.list("partner-profiles");
        if partners.iter().any(|known| known == partner) {
            return Some(file);
        }
        let remedy = match suggest::nearest(partner, partners.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if partners.is_empty() => "write the partner's profile, or leave the line out".to_owned(),
            None => format!("write one of {}, or leave the line out", partners.join(", ")),
        };
        let message = format!("there is no partner profile `{partner}`");
        diagnostics.push(Diagnostic::new(codes::FILE_NOT_FOUND, message, place.clone()).remedy(remedy));
        None
    }
}
