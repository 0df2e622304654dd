//! The pure rooms put together: bytes to canonical objects, canonical objects to bytes.
//!
//! [`Inbound`] streams: it is handed bytes and gives back documents, one at a time, with bounded memory.
//! [`Outbound`] makes a whole interchange. Who the partner is and which mapping serves is asked of a [`Desk`], so that
//! these functions know no file.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod acknowledge;
mod envelope;
mod file;
mod inbound;
mod outbound;
pub mod overlay;
mod read_back;
pub mod report;
mod set;
mod soundness;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostics, PayloadPlace};
use crate::mapping::{Given, Plan};
use crate::partner::{HeaderValues, Rules};
use crate::tree::charset::Charset;
use crate::x12::codes::Codes;
use crate::x12::envelope::{Group, Interchange};
use crate::x12::guide::Guide;

pub use acknowledge::{Acknowledged, Acknowledgment, Answering};
pub use envelope::{envelope, unnumbered};
pub use file::{FileInbound, FileOutbound};
pub use inbound::{Inbound, Outcome};
pub use outbound::{Numbering, Outbound, OutboundEnvelope, OutboundPart};
pub use set::{Document, Documents, Set, Translator};

/// What the interchange around a document says of its partner.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Short name of the partner's profile; `None` when no profile knows the sender.
    pub partner: Option<String>,
    /// Zone of times that name none; UTC when no profile says otherwise.
    pub zone: TimeZone,
    /// The partner's character set; `None` lets the bytes decide.
    pub charset: Option<Charset>,
    /// True when we are the seller towards this partner (see [`crate::partner::Role::seller`]).
    pub we_sell: bool,
    /// How bad faults are, where the partner's profile says something else than the default.
    pub rules: Arc<Rules>,
    /// The code lists of the home.
    pub codes: Arc<Codes>,
    /// Records and numbers that are handed in.
    pub given: Arc<Given>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            partner: None,
            zone: TimeZone::UTC,
            charset: None,
            we_sell: true,
            rules: Arc::default(),
            codes: Arc::default(),
            given: Arc::default(),
        }
    }
}

/// Knows the partners and their mappings.
pub trait Desk {
    /// Who an interchange (and the group in it) is from; called at each group, and for sets without one.
    fn surroundings(
        &self,
        interchange: &Interchange,
        group: Option<&Group>,
        place: &PayloadPlace,
        diagnostics: &mut Diagnostics,
    ) -> Surroundings;

    /// The mapping for the set that a reader has in its tree; `None` when there is none, with a diagnostic that says so.
    fn plan(
        &self,
        surroundings: &Surroundings,
        header: &HeaderValues<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Arc<Plan>>;

    /// The guide of the partner that a mapping names.
    fn guide(&self, plan: &Plan) -> Option<Arc<Guide>> {
        let _ = plan;
        None
    }
}
