//! What the ERP has of a partner that stands against publishing a document late: the very same, or what came later in its place.
//!
//! Asked where a person has something go on that was held; what is worked on when it comes is in order by itself. Partial shipments
//! have one number, and none takes the place of another: a number that came again is not told by itself.

use serde_json::Value;

use super::Pipeline;
use crate::lifecycle::{DocumentState, InSpite, PayloadState};
use crate::store::{Decision, Document, Filter, Publishing, Stage, Store, StoreError, Unit, Window};

/// The object that says how things are, and nothing that was done: the newest one counts.
pub(super) const STATE: &str = "inventory_report";
/// Documents of a payload looked up at a time.
const PAGE: u32 = 500;

/// A document that the ERP has, against another one.
#[derive(Debug, Clone)]
pub struct Against {
    /// The one that was to be published: its type and number.
    pub what: String,
    /// What the ERP has.
    pub document: Document,
    /// It says the very same; else it came later, in the place of the other.
    pub is_same: bool,
}

/// What stands against publishing a document.
///
/// # Errors
/// When the store cannot be used.
pub async fn against(store: &Store, new: &Publishing<'_>) -> Result<Option<Against>, StoreError> {
    let is_same = |is_same: bool| move |document| Against { what: new.words(), document, is_same };
    if let Some(document) = store.published_the_same(new).await? {
        return Ok(Some(document).map(is_same(true)));
    }
    let document = match new.canonical_type {
        Some(STATE) => newer_state(store, new).await?,
        _ => store.published_in_its_place(new).await?,
    };
    Ok(document.map(is_same(false)))
}

/// What stands against publishing anew what the ERP has of a document: what took the place of that since, or for stock a later report.
///
/// # Errors
/// When the store cannot be used.
pub async fn replaced_since(
    store: &Store,
    document: &Document,
    new: &Publishing<'_>,
) -> Result<Option<Against>, StoreError> {
    let Some(event) = &document.event else { return Ok(None) };
    let found = match new.canonical_type {
        Some(STATE) => newer_state(store, new).await?,
        _ => store.published_instead(event, document.id).await?,
    };
    Ok(found.map(|document| Against { what: new.words(), document, is_same: false }))
}

/// A later object that says how things are. What tells only what changed is not outdated by it.
async fn newer_state(store: &Store, new: &Publishing<'_>) -> Result<Option<Document>, StoreError> {
    let this: Value = new.canonical.and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    match this["kind"].as_str() {
        Some("delta") => Ok(None),
        _ => store.published_behind(new).await,
    }
}

impl Pipeline {
    /// What stands against publishing a document of a payload that a person has worked on again. An interchange whose number was
    /// taken before goes on only where they let it: in spite of its other sets as anything that comes late, and the same where it is
    /// meant twice.
    pub(super) async fn against_payload(&self, decision: &Decision) -> Result<Option<Against>, StoreError> {
        if decision.state != PayloadState::Translated {
            return Ok(None);
        }
        let mut positions: Vec<_> = decision.withheld.iter().map(|one| one.positions.clone()).collect();
        for one in &decision.interchanges {
            if self.store.is_taken(decision.payload, one, decision.in_spite == InSpite::Reused).await? {
                positions.push(one.positions.clone());
            }
        }
        let is_meant = |position: i64| !positions.iter().any(|some| some.contains(&position));
        for new in &decision.documents {
            if new.state == DocumentState::Staged && is_meant(new.position) {
                let found = against(&self.store, &Publishing::new(new, decision.payload, false)).await?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        match decision.staged {
            0 => Ok(None),
            _ => self.against_staged(decision.payload, is_meant).await,
        }
    }

    /// The same of those documents that are staged.
    async fn against_staged(
        &self,
        payload: i64,
        is_meant: impl Fn(i64) -> bool,
    ) -> Result<Option<Against>, StoreError> {
        let states = vec![DocumentState::Staged.word().to_owned()];
        let filter = Filter { payload: Some(payload), states, ..Filter::default() };
        let mut window = Window::first(PAGE);
        loop {
            let page = self.store.documents(&filter, window).await?;
            for staged in page.iter().filter(|staged| is_meant(staged.position)) {
                let attempts = self.store.attempts(staged.id).await?;
                let canonical = attempts.last().and_then(|attempt| attempt.canonical.as_deref());
                let found = against(&self.store, &Publishing::on_record(staged, canonical, false)).await?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => window.behind = Some(last.id),
                _ => return Ok(None),
            }
        }
    }

    /// What was staged of a payload that does not go on is dropped.
    pub(super) async fn drop_staged(&self, decision: &Decision) -> Result<(), StoreError> {
        let Decision { payload, version, at, .. } = *decision;
        let stage = Stage { payload, version, first: true, documents: Vec::new(), at };
        self.store.commit_one(Unit::Stage(stage)).await.map(drop)
    }
}
