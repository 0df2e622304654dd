//! A home's gateway, open for orders: its store, its folders, and, once they are needed, its mappings and profiles.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::catalog::{Catalog, Edition};
use crate::diagnostic::Diagnostics;
use crate::pipeline::{ERP, Folders, Pipeline};
use crate::store::{Audit, AuditEntry, AuditFilter, Store, StoreError};

/// A gateway, open for orders.
#[derive(Debug)]
pub struct Session {
    /// The record.
    pub store: Store,
    /// The home's folders.
    pub folders: Folders,
    /// Who orders.
    pub who: String,
    pipeline: OnceLock<Pipeline>,
}

/// Why there is nothing to give orders to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// No gateway ever ran on the home.
    NoGateway,
    /// The store cannot be used.
    Store(StoreError),
}

impl Session {
    /// Opens the store of a home for `who`.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub async fn open(home: &Path, who: String) -> Result<Self, OpenError> {
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        let folders = Folders::of(&home);
        if !Store::exists(&folders.data()) {
            return Err(OpenError::NoGateway);
        }
        let store = Store::open(&folders.data()).await.map_err(OpenError::Store)?;
        Ok(Self { store, folders, who, pipeline: OnceLock::new() })
    }

    /// The stages of the gateway over the mappings and profiles as they are now.
    pub fn pipeline(&self) -> &Pipeline {
        self.pipeline.get_or_init(|| {
            let edition = Edition::read(self.folders.home(), &mut Diagnostics::with_limit(0));
            // No other edition ever comes: the sender is not needed.
            let (_, in_force) = watch::channel(Arc::new(edition));
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            Pipeline::new(self.store.clone(), self.folders.clone(), in_force, threads)
        })
    }

    /// Short names of all profiles of the home, also of those that cannot be used, in the order of the alphabet.
    #[must_use]
    pub fn partners(&self) -> Vec<String> {
        let mut names = Catalog::new(self.folders.home()).list("partner-profiles");
        names.sort();
        names
    }

    /// The same, and those for whom something waits: a profile that is gone may be put back.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn all_partners(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.partners();
        names.extend(self.store.busy().await?.into_iter().filter(|name| name != ERP));
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// By which order a thing, such as `document 4711`, was kept from going on, if that was the last one.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn stopped_by(&self, subject: String) -> Result<Option<AuditEntry>, StoreError> {
        let filter = AuditFilter { subject: Some(subject), ..AuditFilter::default() };
        let last = self.store.audit(&filter, None, 1).await?.pop();
        Ok(last.filter(|entry| [" hold", " discard"].iter().any(|order| entry.command.ends_with(order))))
    }

    /// The record of a command that changes something.
    #[must_use]
    pub fn audit(&self, command: &str, why: Option<&str>) -> Audit {
        Audit { at: Timestamp::now(), by: self.who.clone(), command: command.to_owned(), why: why.map(str::to_owned) }
    }
}
