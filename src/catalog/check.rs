//! Checks a home whole: every mapping and profile, what they name of each other, and the tests mappings carry.

use std::sync::Arc;

use crate::canonical;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes, suggest};
use crate::mapping::{Library, Plan};
use crate::partner::{At, DocumentName, Profile, Receive, Send};
use crate::source::SourceFile;
use crate::x12::dictionary;
use crate::x12::guide::{Guide, Shelf, guide_name};

use super::files::check_folders;
use super::{Catalog, TestRun, mapping_name};

/// What a check looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Mapping files.
    pub mappings: usize,
    /// Partner profiles.
    pub profiles: usize,
    /// Tests that mappings carry.
    pub tests: usize,
    /// Files of codes.
    pub code_files: usize,
    /// Partner guides.
    pub guides: usize,
    /// Layouts of files.
    pub layouts: usize,
}

impl Catalog {
    /// Checks every guide, mapping, profile and file of codes of the home; all problems are in `diagnostics`.
    pub fn check(&self, diagnostics: &mut Diagnostics) -> Checked {
        check_folders(self.home(), diagnostics);
        let layouts = self.check_layouts(diagnostics);
        let mut checked = Checked { layouts, guides: self.check_guides(diagnostics), ..Checked::default() };
        let mut plans = Vec::new();
        for name in self.names() {
            checked.mappings += 1;
            if let Some(plan) = self.plan(&name, diagnostics) {
                checked.tests += self.tests(&plan, diagnostics);
                plans.push(plan);
            }
        }
        checked.profiles = self.list("partner-profiles").len();
        let profiles = self.profiles(diagnostics);
        for profile in &profiles {
            self.references(profile, diagnostics);
        }
        self.forms(&plans, &profiles, diagnostics);
        checked.code_files = self.code_files();
        let _ = self.codes(diagnostics);
        let _ = self.approved(diagnostics);
        checked
    }

    /// Checks one file of the home, such as `mappings/harbor/945.toml` or `partner-profiles/harbor.toml`, or a mapping by
    /// its name, `harbor/945`; `None` when there is no such file.
    pub fn check_file(&self, file: &str, diagnostics: &mut Diagnostics) -> Option<Checked> {
        let file = file.strip_prefix("./").unwrap_or(file);
        if file.starts_with("mappings/codes/") {
            self.file(file)?;
            let _ = self.code_file(file, diagnostics);
            return Some(Checked { code_files: 1, ..Checked::default() });
        }
        if file.starts_with("mappings/guides/") || file.starts_with("guides/") {
            let name = guide_name(file);
            Shelf::guide(self, name)?;
            if let Some(guide) = self.guide(name, diagnostics) {
                guide.check_examples(diagnostics);
            }
            return Some(Checked { guides: 1, ..Checked::default() });
        }
        if let Some(own) = file.strip_prefix("mappings/layouts/").and_then(|own| own.strip_suffix(".toml")) {
            let name = self
                .layout_names()
                .into_iter()
                .find(|name| name.split_once('/').is_some_and(|(_, name)| name == own))?;
            let _ = self.layout(&name, diagnostics);
            return Some(Checked { layouts: 1, ..Checked::default() });
        }
        if file == Self::APPROVED {
            self.file(file)?;
            let _ = self.approved(diagnostics);
            return Some(Checked::default());
        }
        let name = mapping_name(file);
        if ["blocks/", "tables/"].iter().any(|folder| name.starts_with(folder)) {
            // What every mapping may use is right when all of them are.
            self.file(&format!("mappings/{name}.toml"))?;
            return Some(self.check(diagnostics));
        }
        if !file.starts_with("partner-profiles/") {
            self.mapping(name)?;
            let plan = self.plan(name, diagnostics);
            let tests = plan.as_ref().map_or(0, |plan| self.tests(plan, diagnostics));
            let profiles = self.profiles(&mut Diagnostics::with_limit(0));
            self.forms(plan.as_slice(), &profiles, diagnostics);
            return Some(Checked { mappings: 1, tests, ..Checked::default() });
        }
        let source = self.file(file).filter(|_| file.ends_with(".toml"))?;
        if let Some(profile) = Profile::parse(&source, diagnostics) {
            self.references(&profile, diagnostics);
            let names = profile.receive.iter().map(|entry| &entry.mapping);
            let names = names.chain(profile.send.iter().map(|entry| &entry.mapping)).flatten();
            let mut silent = Diagnostics::with_limit(0);
            let plans: Vec<Arc<Plan>> = names.filter_map(|name| self.plan(&name.value, &mut silent)).collect();
            self.forms(&plans, &[profile], diagnostics);
        }
        Some(Checked { profiles: 1, ..Checked::default() })
    }

    /// The mappings and objects that a profile names.
    fn references(&self, profile: &Profile, diagnostics: &mut Diagnostics) {
        for (document, name) in profile.layouts() {
            if self.layout(name, &mut Diagnostics::with_limit(0)).is_none() {
                let names = self.layout_names();
                let message = format!("there is no layout `{name}`, or it has errors");
                let remedy = match suggest::nearest(name, names.iter().map(String::as_str)) {
                    Some(near) if near != name => format!("did you mean `{near}`?"),
                    _ => {
                        "write it: mappings/layouts/NAME.toml, see docs/LAYOUTS.md; `crossdock check` tells its errors"
                            .to_owned()
                    }
                };
                diagnostics.push(
                    Diagnostic::new(codes::FILE_NOT_FOUND, message, profile.file.place(document.span.clone(), None))
                        .remedy(remedy),
                );
            }
        }
        for entry in &profile.receive {
            self.received_by_a_base(profile, entry, diagnostics);
            if let Some(mapping) = &entry.mapping
                && let Some(plan) = self.named_mapping(&profile.file, mapping, diagnostics)
                && !serves(&plan, &entry.document.value)
            {
                let wanted = entry.document.value.to_string();
                diagnostics.push(wrong_mapping(profile, mapping, &plan.grammar.name, &wanted));
            }
        }
        for entry in &profile.send {
            if canonical::shape(&entry.canonical.value).is_none() {
                let names: Vec<&str> = canonical::names().collect();
                let message = format!("there is no canonical object `{}`", entry.canonical.value);
                let remedy = match suggest::nearest(&entry.canonical.value, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the objects are {}", names.join(", ")),
                };
                let at = place(&profile.file, &entry.canonical);
                diagnostics.push(Diagnostic::new(codes::MAPPING_UNKNOWN_OBJECT, message, at).remedy(remedy));
            } else if entry.mapping.is_none() && entry.document.value.layout.is_none() {
                self.sent_by_a_base(profile, entry, diagnostics);
            }
            self.collects(profile, entry, diagnostics);
            let Some(mapping) = &entry.mapping else { continue };
            let Some(plan) = self.named_mapping(&profile.file, mapping, diagnostics) else { continue };
            let (document, canonical) = (&entry.document.value, entry.canonical.value.as_str());
            if plan.canonical.name != canonical {
                diagnostics.push(wrong_mapping(profile, mapping, plan.canonical.name, canonical));
            } else if !serves(&plan, document) {
                diagnostics.push(wrong_mapping(profile, mapping, &plan.grammar.name, &document.to_string()));
            } else {
                lacking(&plan, profile, diagnostics);
                not_in_the_character_set(&plan, profile, mapping, diagnostics);
                if let Some(guide) = self.guide_of(&plan) {
                    lacking_by_guide(&plan, &guide, profile, diagnostics);
                }
            }
        }
    }

    /// A document that is received without a mapping must have a base mapping; without a release, in one release at least.
    fn received_by_a_base(&self, profile: &Profile, entry: &Receive, diagnostics: &mut Diagnostics) {
        let document = &entry.document.value;
        // That a layout needs a mapping is told where the profile is read.
        if entry.mapping.is_some() || document.layout.is_some() {
            return;
        }
        let mut silent = Diagnostics::with_limit(0);
        let has_base = match document.version {
            Some(_) => self.base_of(document, &mut silent).is_some(),
            None => {
                dictionary::releases().any(|release| self.base(&document.set, release.name(), &mut silent).is_some())
            }
        };
        if !has_base {
            let remedy = format!("name a `mapping` of yours for {document}");
            diagnostics.push(no_base(profile, &entry.document).remedy(remedy));
        }
    }

    /// The base mapping of a document must be one for the object that is sent as it.
    fn sent_by_a_base(&self, profile: &Profile, entry: &Send, diagnostics: &mut Diagnostics) {
        let (canonical, document) = (&entry.canonical.value, &entry.document.value);
        let mut silent = Diagnostics::with_limit(0);
        let found = match self.base_of(document, &mut silent) {
            None => no_base(profile, &entry.document),
            Some(base) => match self.plan(&base, &mut silent) {
                Some(plan) if plan.canonical.name != *canonical => {
                    let why =
                        format!("the base mapping of {document} is for {}, not for {canonical}", plan.canonical.name);
                    Diagnostic::new(codes::PROFILE_WRONG_MAPPING, why, place(&profile.file, &entry.document))
                }
                // What is wrong with a base mapping is told of it.
                _ => return,
            },
        };
        let bases = self.names().into_iter().filter(|name| name.starts_with("base/"));
        let mut plans = bases.filter_map(|name| self.plan(&name, &mut Diagnostics::with_limit(0)));
        let remedy = match plans.find(|plan| plan.canonical.name == *canonical) {
            Some(plan) => format!("send it as `{}`, or name a `mapping` of yours for {document}", plan.grammar.name),
            None => format!("name a `mapping` of yours for {document}"),
        };
        diagnostics.push(found.remedy(remedy));
    }

    /// A file that holds one document has no room for others.
    fn collects(&self, profile: &Profile, entry: &Send, diagnostics: &mut Diagnostics) {
        let (Some(batch), Some(name)) = (&entry.batch, &entry.document.value.layout) else { return };
        let layout = self.layout(name, &mut Diagnostics::with_limit(0));
        if layout.is_some_and(|layout| layout.holds_one()) {
            let message = format!("`batch` collects documents, and a file of {name} has room for one");
            let at = profile.file.place(batch.span.clone(), Some("send.batch"));
            let remedy = "remove it: each document goes out at once, in a file of its own";
            diagnostics.push(Diagnostic::new(codes::FILE_WRONG_VALUE, message, at).remedy(remedy));
        }
    }

    fn named_mapping(&self, file: &SourceFile, name: &At<String>, diagnostics: &mut Diagnostics) -> Option<Arc<Plan>> {
        if self.mapping(&name.value).is_none() {
            let names = self.names();
            let near = suggest::nearest(&name.value, names.iter().map(String::as_str));
            let remedy = near
                .map_or_else(|| format!("there are: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
            let message = format!("there is no mapping `{}`", name.value);
            diagnostics.push(Diagnostic::new(codes::FILE_NOT_FOUND, message, place(file, name)).remedy(remedy));
            return None;
        }
        self.plan(&name.value, diagnostics)
    }

    /// Runs the tests that a mapping carries; returns how many there are.
    fn tests(&self, plan: &Arc<Plan>, diagnostics: &mut Diagnostics) -> usize {
        let runs = self.run_tests(plan);
        runs.iter().filter_map(TestRun::diagnostic).for_each(|failed| diagnostics.push(failed));
        runs.len()
    }
}

/// Is the mapping for this layout, or this transaction set of whatever release?
fn serves(plan: &Plan, document: &DocumentName) -> bool {
    match &document.layout {
        Some(layout) => plan.grammar.name == *layout,
        None => plan.grammar.name.starts_with("x12/") && plan.grammar.name.rsplit('/').next() == Some(&document.set),
    }
}

/// An entry names a mapping that serves something else than it wants.
fn wrong_mapping(profile: &Profile, mapping: &At<String>, serves: &str, wanted: &str) -> Diagnostic {
    let message = format!("the mapping `{}` is for {serves}, not for {wanted}", mapping.value);
    let remedy = format!("name a mapping for {wanted}, or leave the line out where the base mapping serves");
    Diagnostic::new(codes::PROFILE_WRONG_MAPPING, message, place(&profile.file, mapping)).remedy(remedy)
}

/// A mapping that sends must make all that its document must have; one that only reads need not.
fn lacking(plan: &Plan, profile: &Profile, diagnostics: &mut Diagnostics) {
    for diagnostic in plan.lacking() {
        let cause = format!("{} names the mapping in [[send]]; a document without it is not sent", profile.file.name);
        diagnostics.push(diagnostic.clone().cause(cause));
    }
}

/// What a mapping that sends writes of its own must be characters that the partner takes, and no delimiters.
fn not_in_the_character_set(plan: &Plan, profile: &Profile, mapping: &At<String>, diagnostics: &mut Diagnostics) {
    // XML is written in UTF-8, and says so.
    if plan.grammar.name.starts_with("xml/") {
        return;
    }
    let charset = profile.charset;
    for (text, line) in plan.own_texts() {
        let delimiter = match plan.grammar.is_layout() {
            true => None,
            false => profile.envelope.delimiters.find_in(text.as_bytes()).map(char::from),
        };
        let (message, remedy) = match (charset.encode(text), delimiter) {
            (Err(character), _) => (
                format!(
                    "the mapping writes `{text}`, and `{character}` is not in the partner's character set, {}",
                    charset.name()
                ),
                "write it otherwise, or give the profile the `charset` that the partner reads",
            ),
            (Ok(_), Some(delimiter)) => (
                format!("the mapping writes `{text}`, and `{delimiter}` is a delimiter of the partner's files"),
                "choose another delimiter in the profile's [envelope], or write the text otherwise",
            ),
            (Ok(_), None) => continue,
        };
        let cause = format!("{line} says it, and {} names the mapping in [[send]]", profile.file.name);
        let found = Diagnostic::new(codes::MAPPING_CODE_DOES_NOT_FIT, message, place(&profile.file, mapping));
        diagnostics.push(found.cause(cause).remedy(remedy));
    }
}

/// A mapping that sends must make what the partner's guide demands of the segments it writes.
fn lacking_by_guide(plan: &Plan, guide: &Guide, profile: &Profile, diagnostics: &mut Diagnostics) {
    let Some((_, place)) = &plan.guide else { return };
    for required in guide.required_when_sent() {
        if !plan.leaves_empty(required.item, &required.conditions, required.position) {
            continue;
        }
        let tag = plan.grammar.item(required.item).tag;
        let (position, name) = (required.position, &required.name);
        let message =
            format!("{tag} is written without {tag}{position:02} ({name}), which the partner's guide requires");
        let cause = format!("{} names the mapping in [[send]]; a document without it is not sent", profile.file.name);
        let remedy =
            format!("add a line for it, or a value in [derived]: `{tag}{position:02} = {{ const = \"...\" }}`");
        let found = Diagnostic::new(codes::MAPPING_MANDATORY, message, place.clone());
        diagnostics.push(found.rule(&*required.rule).cause(cause).remedy(remedy));
    }
}

/// An entry leaves its document to a base mapping that there is not.
fn no_base(profile: &Profile, document: &At<DocumentName>) -> Diagnostic {
    let message = format!("{} has no base mapping, and the entry names none", document.value);
    Diagnostic::new(codes::MAPPING_NONE, message, place(&profile.file, document))
}

fn place<T>(file: &SourceFile, at: &At<T>) -> Place {
    file.place(at.span.clone(), None).into()
}
