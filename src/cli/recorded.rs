//! What stands on record in a home where a gateway has run: documents of files are compared with it too.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::output::Failure;
use crate::mapping::Given;
use crate::pipeline::Folders;
use crate::pipeline::records::Records;
use crate::store::Store;

/// The record of a home.
pub(super) struct Recorded {
    /// Runs what reads it.
    _runtime: Runtime,
    records: Arc<Records>,
}

impl Recorded {
    /// The record of a home; `None` where no gateway has run.
    pub(super) fn of(home: &Path) -> Result<Option<Self>, Failure> {
        let data = Folders::of(home).data();
        if !Store::exists(&data) {
            return Ok(None);
        }
        let runtime = Runtime::new().map_err(|error| {
            Failure::operation("cannot begin".into(), error, "check the limits of the system on threads and memory")
        })?;
        let store = runtime.block_on(Store::open(&data))?;
        let records = Records::new(store, runtime.handle().clone());
        Ok(Some(Self { _runtime: runtime, records }))
    }

    /// What mappings are given that look up in it.
    pub(super) fn given(recorded: Option<&Self>) -> Arc<Given> {
        recorded.map_or_else(Arc::default, |recorded| recorded.records.given())
    }

    /// Nothing could be looked up.
    pub(super) fn check(recorded: Option<&Self>) -> Result<(), Failure> {
        match recorded.and_then(|recorded| recorded.records.failed()) {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}
