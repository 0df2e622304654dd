//! How files come and go between us and a partner: `[transport]` of a profile.

use crate::diagnostic::Diagnostics;
use crate::source::Fields;

/// How files come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// The partner's mailbox folders below the home.
    Folder,
}

pub(super) fn transports(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Transport> {
    let folder = fields.table("folder", diagnostics);
    let folder = folder.map(|table| {
        table.finish(diagnostics);
        Transport::Folder
    });
    fields.finish(diagnostics);
    folder.into_iter().collect()
}
