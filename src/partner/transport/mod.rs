//! How files come and go between us and a partner: `[transport]` of a profile.

mod network;
pub mod sftp;
mod sftp_server;

use std::sync::Arc;

pub use network::Network;
pub(super) use sftp_server::{DELIVERED, FOLDERS, INCOMPLETE_AFTER};
pub use sftp_server::{DeliveredWhen, DropLimits, Folder, LoginKey, SftpServer};

use crate::diagnostic::Diagnostics;
use crate::source::Fields;
use sftp::Sftp;

/// How files come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// The partner's mailbox folders below the home.
    Folder,
    /// Our drop box, which the partner logs in to.
    SftpServer(Arc<SftpServer>),
    /// We visit the partner's server.
    Sftp(Box<Sftp>),
}

pub(super) fn transports(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Transport> {
    let folder = fields.table("folder", diagnostics);
    let folder = folder.map(|table| {
        table.finish(diagnostics);
        Transport::Folder
    });
    let server = fields.table("sftp_server", diagnostics);
    let server = server.map(|table| Transport::SftpServer(Arc::new(sftp_server::sftp_server(table, diagnostics))));
    let visits = fields.table("sftp", diagnostics).and_then(|table| sftp::sftp(table, diagnostics));
    let visits = visits.map(|sftp| Transport::Sftp(Box::new(sftp)));
    fields.finish(diagnostics);
    folder.into_iter().chain(server).chain(visits).collect()
}
