//! The differences that a home has approved: `mappings/approved.toml`, which is no mapping.

use super::Catalog;
use crate::comparison::Approved;
use crate::diagnostic::Diagnostics;

/// The file's name below `mappings/`, without its ending.
pub(super) const NAME: &str = "approved";

impl Catalog {
    /// The file of approved differences, below a home.
    pub const APPROVED: &'static str = "mappings/approved.toml";

    /// What is approved; nothing where there is no such file.
    pub fn approved(&self, diagnostics: &mut Diagnostics) -> Approved {
        self.file(Self::APPROVED).map(|file| Approved::read(&file, diagnostics)).unwrap_or_default()
    }
}
