//! Who an interchange is from and which mapping serves: the catalog's answers to a translation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, Place, codes};
use crate::mapping::{Given, Library, Plan};
use crate::partner::{HeaderValues, Identification, Profile, Side, Usage, resolve};
use crate::source::SourceFile;
use crate::translation::{Desk, Surroundings};
use crate::tree::charset::Charset;
use crate::x12::envelope::{Group, Interchange};
use crate::x12::guide::Guide;

use super::Catalog;

/// What a person asked for, over what the profiles say.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Short name of a profile, whoever the sender is.
    pub partner: Option<String>,
    /// A mapping for every document.
    pub mapping: Option<String>,
    /// A character set, whatever the profile has.
    pub charset: Option<Charset>,
    /// Now, or when a file came: entries of profiles come into force by date, in the zone of their partner.
    pub at: jiff::Timestamp,
}

/// A catalog at work for one translation.
#[derive(Debug)]
pub struct CatalogDesk<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) profiles: &'c [Profile],
    pub(super) chosen: Chosen,
    pub(super) given: Arc<Given>,
    /// Plans that were found, by name.
    plans: RefCell<HashMap<String, Arc<Plan>>>,
}

impl<'c> CatalogDesk<'c> {
    /// Answers from `catalog` and its `profiles`.
    #[must_use]
    pub fn new(catalog: &'c Catalog, profiles: &'c [Profile], chosen: Chosen) -> Self {
        Self { catalog, profiles, chosen, given: Arc::default(), plans: RefCell::default() }
    }

    /// With records that documents are compared with.
    #[must_use]
    pub fn with(self, given: Arc<Given>) -> Self {
        Self { given, ..self }
    }

    pub(super) fn profile(&self, name: Option<&str>) -> Option<&'c Profile> {
        self.profiles.iter().find(|profile| Some(profile.short_name.as_str()) == name)
    }
}

/// What a profile says of translations with its partner.
#[must_use]
pub fn surroundings_of(profile: &Profile, catalog: &Catalog) -> Surroundings {
    Surroundings {
        partner: Some(profile.short_name.clone()),
        zone: profile.time_zone.clone(),
        charset: Some(profile.charset),
        we_sell: profile.role.seller() == Side::Us,
        rules: Arc::clone(&profile.rules),
        codes: catalog.codes_in_force(),
        given: Arc::default(),
    }
}

/// What is said where a document is of a partner whose profile has errors.
#[must_use]
pub fn unusable(file: &SourceFile, place: impl Into<Place>) -> Diagnostic {
    let message = format!("the partner's profile {} has errors, so nothing is translated for it", file.name);
    Diagnostic::new(codes::PROFILE_UNUSABLE, message, place)
        .cause("another mapping than the profile's could read or write it wrong")
        .remedy(format!("see its errors with `crossdock check {}` and mend them", file.name))
}

impl Desk for CatalogDesk<'_> {
    fn surroundings(
        &self,
        interchange: &Interchange,
        group: Option<&Group>,
        place: &PayloadPlace,
        diagnostics: &mut Diagnostics,
    ) -> Surroundings {
        let named = self.profile(self.chosen.partner.as_deref());
        let found = named.or_else(|| {
            if self.profiles.is_empty() || interchange.bare {
                return None;
            }
            let ids = Identification {
                sender: interchange.sender(),
                receiver: interchange.receiver(),
                group: group.map(|group| (group.sender(), group.receiver())),
            };
            let mut said = Diagnostics::unlimited();
            let found = resolve(self.profiles, ids, place.clone(), &mut said);
            if found.is_some() || self.catalog.unusable_profile(interchange).is_none() {
                diagnostics.append(&mut said);
            }
            Some(found?.profile)
        });
        let mut surroundings = match found {
            Some(profile) => surroundings_of(profile, self.catalog),
            None => Surroundings { codes: self.catalog.codes_in_force(), ..Surroundings::default() },
        };
        surroundings.charset = self.chosen.charset.or(surroundings.charset);
        let test = interchange.usage() == "T" || found.is_some_and(|profile| profile.usage == Usage::Test);
        surroundings.given = self.given.of(surroundings.partner.as_deref(), test);
        surroundings
    }

    fn plan(
        &self,
        surroundings: &Surroundings,
        header: &HeaderValues<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Arc<Plan>> {
        let set = header.set.set_id();
        let place = header.set.context.whole();
        let named = self.chosen.mapping.clone().or_else(|| {
            let gs08 = header.group.map_or("", Group::release);
            let profile = self.profile(surroundings.partner.as_deref())?;
            let entry = profile.receive_entry(
                (set, gs08),
                profile.day_of(self.chosen.at),
                header,
                place.clone(),
                diagnostics,
            )?;
            entry.mapping.as_ref().map(|mapping| mapping.value.clone())
        });
        if let (None, None, Some(file)) =
            (&named, &surroundings.partner, self.catalog.unusable_profile(header.interchange))
        {
            diagnostics.push(unusable(file, place));
            return None;
        }
        let Some(name) = named.or_else(|| self.catalog.base(set, header.set.release.name(), diagnostics)) else {
            let message = format!("no mapping takes the transaction set {set}");
            let known: Vec<String> = self
                .catalog
                .names()
                .into_iter()
                .filter_map(|name| Some(name.strip_prefix("base/").filter(|set| !set.contains('-'))?.to_owned()))
                .collect();
            let diagnostic = Diagnostic::new(codes::MAPPING_NONE, message, place)
                .cause(format!("there are base mappings for {}", known.join(", ")))
                .remedy(format!("write one and name it: `--mapping NAME`, or [[receive]] document = \"x12/{set}\" in the partner's profile"));
            diagnostics.push(diagnostic);
            return None;
        };
        if let Some(plan) = self.plans.borrow().get(&name) {
            return Some(Arc::clone(plan));
        }
        let plan = self.catalog.plan_for(&name, place, diagnostics)?;
        self.plans.borrow_mut().insert(name, Arc::clone(&plan));
        Some(plan)
    }

    fn guide(&self, plan: &Plan) -> Option<Arc<Guide>> {
        self.catalog.guide_of(plan)
    }
}
