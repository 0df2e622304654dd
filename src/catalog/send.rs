//! Which mapping writes an object for a partner.

use std::sync::Arc;

use jiff::Timestamp;

use super::Catalog;
use crate::canonical::Shape;
use crate::diagnostic::{Diagnostics, Place};
use crate::mapping::Plan;
use crate::partner::{DocumentName, Profile, Send};
use crate::x12::dictionary;

impl Catalog {
    /// The entry by which a profile sends an object at that time, and its mapping: the one that the entry names, else the base
    /// mapping of its document. `None` when the profile sends no such object, or the mapping cannot be used, which is then
    /// in `diagnostics`.
    pub fn send_plan<'p>(
        &self,
        profile: &'p Profile,
        shape: &Shape,
        at: Timestamp,
        diagnostics: &mut Diagnostics,
    ) -> Option<(&'p Send, Arc<Plan>)> {
        let entry = profile.send_entry(shape.name, profile.day_of(at))?;
        Some((entry, self.plan_of(entry, diagnostics)?))
    }

    /// The mapping of an entry by which a profile sends something.
    pub fn plan_of(&self, entry: &Send, diagnostics: &mut Diagnostics) -> Option<Arc<Plan>> {
        let name = match &entry.mapping {
            Some(mapping) => mapping.value.clone(),
            None => self.base_of(&entry.document.value, diagnostics)?,
        };
        self.plan_for(&name, Place::Nowhere, diagnostics)
    }

    /// The base mapping of a document that a profile names.
    pub(super) fn base_of(&self, document: &DocumentName, diagnostics: &mut Diagnostics) -> Option<String> {
        let (release, _) = dictionary::release_for(document.version.as_deref().unwrap_or_default());
        self.base(&document.set, release.name(), diagnostics)
    }
}
