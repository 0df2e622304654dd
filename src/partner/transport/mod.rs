//! How files come and go between us and a partner: `[transport]` of a profile.

pub mod sftp;

use crate::diagnostic::Diagnostics;
use crate::source::Fields;
use sftp::Sftp;

/// How files come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// The partner's mailbox folders below the home.
    Folder,
    /// We visit the partner's server.
    Sftp(Box<Sftp>),
}

pub(super) fn transports(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Transport> {
    let folder = fields.table("folder", diagnostics);
    let folder = folder.map(|table| {
        table.finish(diagnostics);
        Transport::Folder
    });
    let visits = fields.table("sftp", diagnostics).and_then(|table| sftp::sftp(table, diagnostics));
    let visits = visits.map(|sftp| Transport::Sftp(Box::new(sftp)));
    fields.finish(diagnostics);
    folder.into_iter().chain(visits).collect()
}
