//! Units of change and rows about who is banned from the drop box.

use jiff::Timestamp;

use super::Audit;

/// Somebody who is banned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// An address; of IPv6 the network.
    pub origin: String,
    /// Until when.
    pub until: Timestamp,
    /// How often it failed to log in.
    pub failures: u32,
    /// The names under which it did last, the newest first.
    pub users: Vec<String>,
}

/// A change about bans.
#[derive(Debug, Clone)]
pub enum Banning {
    /// A gateway begins: nobody is banned yet.
    Begun,
    /// What the gateway says now.
    Told {
        /// Who is banned since it said so last.
        bans: Vec<Ban>,
        /// Who was let in, because their bans were lifted.
        let_in: Vec<String>,
        /// Now.
        at: Timestamp,
    },
    /// Somebody is to be let in again. By a person. [`Applied::Stale`](super::Applied::Stale) when they are not banned.
    Lifted(String, Audit),
}
