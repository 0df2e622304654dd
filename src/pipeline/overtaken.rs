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

/// A later object that says how things are there. What tells only what changed is not outdated by it.
async fn newer_state(store: &Store, new: &Publishing<'_>) -> Result<Option<Document>, StoreError> {
    let this: Value = new.canonical.and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    if this["kind"] == "delta" {
        return Ok(None);
    }
    let mut perhaps = None;
    for later in store.published_behind(new).await? {
        let mut attempts = store.attempts(later.id).await?;
        attempts.retain(|attempt| attempt.number == later.attempt);
        let that = attempts.pop().and_then(|attempt| serde_json::from_slice(&attempt.canonical?).ok());
        let is_known = later.identity.is_some() && later.identity.as_deref() == new.identity;
        match is_known.then_some(true).or_else(|| of_one_place(&this, &that.unwrap_or_default())) {
            Some(true) => return Ok(Some(later)),
            Some(false) => {}
            None => perhaps = perhaps.or(Some(later)),
        }
    }
    Ok(perhaps)
}

/// Are two reports of one warehouse? The standard wants its name or an identifier (N102, N103 with N104), so that one may have the one
/// and the other the other: `None`, nobody knows, and a person is asked. An identifier that both have says it, else the name.
fn of_one_place(one: &Value, other: &Value) -> Option<bool> {
    let place = |object: &'_ Value| ["warehouse", "ship_from"].into_iter().find_map(|name| object.get(name).cloned());
    let (one, other) = (place(one)?, place(other)?);
    let of_one = one["identifiers"].as_object().into_iter().flatten();
    let common = of_one.filter_map(|(scheme, id)| Some(other["identifiers"].get(scheme)? == id));
    // The greatest: one that is the same is enough.
    let by_identifier = common.max();
    by_identifier.or_else(|| Some(one["name"].as_str()?.to_lowercase() == other["name"].as_str()?.to_lowercase()))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of_one_place;

    #[test]
    fn two_reports_are_of_one_warehouse_as_far_as_they_say_it() {
        let check = |one, other, expected| {
            let [one, other] = [one, other].map(|place| json!({ "warehouse": place }));
            assert_eq!(of_one_place(&one, &other), expected, "{one} {other}");
            assert_eq!(of_one_place(&other, &one), expected, "{other} {one}");
        };
        let named = |name: &str| json!({ "name": name });
        let by = |scheme: &str, id: &str| json!({ "identifiers": { scheme: id } });
        let both = |name: &str, scheme: &str, id: &str| json!({ "name": name, "identifiers": { scheme: id } });
        check(named("RENO"), by("duns", "1"), None);
        check(named("RENO"), named("Reno"), Some(true));
        check(named("RENO"), named("BOISE"), Some(false));
        check(by("duns", "1"), by("duns", "2"), Some(false));
        check(both("RENO", "duns", "1"), both("RENO DC", "duns", "1"), Some(true));
        check(both("RENO", "duns", "1"), both("RENO", "duns", "2"), Some(false));
        // Of other schemes they say nothing of one another: then the name does, where both have one.
        check(by("duns", "1"), by("assigned_by_buyer", "R1"), None);
        check(both("RENO", "duns", "1"), both("RENO", "assigned_by_buyer", "R1"), Some(true));
        check(both("RENO", "duns", "1"), both("BOISE", "assigned_by_buyer", "B1"), Some(false));
        check(both("RENO", "duns", "1"), named("RENO"), Some(true));
        check(both("RENO", "duns", "1"), named("BOISE"), Some(false));
        assert_eq!(of_one_place(&json!({}), &json!({ "warehouse": { "name": "RENO" } })), None);
    }
}
