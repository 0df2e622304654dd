//! Partner profiles: one TOML file per trading partner, parsed whole and checked; who sent an interchange; which entry,
//! and with it which mapping, a document takes.
//!
//! A [`Profile`] cannot hold an invalid state: what its file says wrongly becomes diagnostics, all of them at once. This
//! room opens no file and knows no mapping: whether a named mapping or canonical object exists is `catalog`'s question.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod acknowledge;
mod batch;
mod document;
mod duration;
mod envelope;
mod file_name;
mod header;
mod id;
mod profile;
mod resolve;
mod role;
mod rules;
mod schema;
pub mod transport;

pub use acknowledge::{Acknowledge, AcknowledgeWhen, InterchangeWhen, Takes};
pub use batch::Batch;
pub use document::{At, DocumentName, Receive, Send};
pub use envelope::{ControlNumbers, Envelope, IsaSettings, Secret};
pub use file_name::{FileName, Placeholder};
pub use header::{HeaderPlace, HeaderPlaces, HeaderValues};
pub use id::InterchangeId;
pub use profile::{Contact, HeldBack, OnError, Owner, Profile, Them, Us, Usage};
pub use resolve::{Identification, Resolution, check_together, names_as_theirs, resolve};
pub use role::{Direction, Role, Side};
pub use rules::{Rule, Rules, Ruling, ruled};
pub use schema::profile_schema;
pub use transport::{DeliveredWhen, DropLimits, Folder, LoginKey, Network, SftpServer, Transport};
