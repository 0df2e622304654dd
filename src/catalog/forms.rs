//! Forms of dates and times by which a mapping would read what the standard's check rejects before: told unless the profiles that
//! use the mapping have ruled it.

use std::sync::Arc;

use super::Catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::mapping::{Library, OwnForm, Plan};
use crate::partner::{DocumentName, Profile};
use crate::x12::dictionary;
use crate::x12::validate::{form_of, rejected};

impl Catalog {
    /// Warns of such forms in `plans`, each line once, as far as `profiles` use it.
    pub(super) fn forms(&self, plans: &[Arc<Plan>], profiles: &[Profile], diagnostics: &mut Diagnostics) {
        let mut refused: Vec<(&OwnForm, Code, &str)> = Vec::new();
        for form in plans.iter().flat_map(|plan| plan.own_forms()) {
            let found = form.samples.iter().find_map(|text| Some((text.as_str(), rejected(&form.definition, text)?)));
            if let Some((text, code)) = found
                && !refused.iter().any(|(known, ..)| known.is(form))
            {
                refused.push((form, code, text));
            }
        }
        if refused.is_empty() {
            return;
        }
        let mut silent = Diagnostics::with_limit(0);
        let all: Vec<Arc<Plan>> = self.names().iter().filter_map(|name| self.plan(name, &mut silent)).collect();
        for (form, code, text) in refused {
            let having = || all.iter().filter(|plan| plan.own_forms().iter().any(|known| known.is(form)));
            let mut users = profiles.iter().filter(|profile| having().any(|plan| self.uses(profile, plan))).peekable();
            let of_nobody = users.peek().is_none();
            let strict: Vec<&str> = users
                .filter(|profile| !profile.rules.let_through(code, form.tag, form.position))
                .map(|profile| &*profile.file.name)
                .collect();
            if of_nobody || !strict.is_empty() {
                diagnostics.push(told(form, code, text, &strict));
            }
        }
    }

    /// Does an entry of the profile name the mapping, or leave its document to it?
    fn uses(&self, profile: &Profile, plan: &Plan) -> bool {
        let by_base = |document: &DocumentName| {
            let mut silent = Diagnostics::with_limit(0);
            let mut releases = dictionary::releases().filter(|release| {
                let named = document.version.as_deref().map(|version| dictionary::release_for(version).0);
                named.is_none_or(|named| named == *release)
            });
            releases.any(|release| self.base(&document.set, release.name(), &mut silent).as_ref() == Some(&plan.name))
        };
        let receive = profile.receive.iter().map(|entry| (&entry.mapping, &entry.document.value));
        let send = profile.send.iter().map(|entry| (&entry.mapping, &entry.document.value));
        receive.chain(send).any(|(mapping, document)| match mapping {
            Some(mapping) => mapping.value == plan.name,
            None => by_base(document),
        })
    }
}

fn told(form: &OwnForm, code: Code, text: &str, strict: &[&str]) -> Diagnostic {
    let OwnForm { key, form: written, tag, position, definition, place, .. } = form;
    let element = format!("{tag}{position:02}");
    let message =
        format!("`{key}` has the form `{written}`, and the standard writes {element} as {}", form_of(definition));
    let cause = format!("a set with such a value (`{text}`) is rejected as {}, whether it comes or goes", code.name());
    let profiles = match strict {
        [] => "of the partner's profile".to_owned(),
        names => format!("of {}", names.join(", ")),
    };
    let remedy = format!(
        "where both agreed on it, add `\"{} {element}\" = \"report\"` to [rules] {profiles}; else take `format` away",
        code.name()
    );
    Diagnostic::new(codes::MAPPING_FORM_REJECTED, message, place.clone()).cause(cause).remedy(remedy)
}
