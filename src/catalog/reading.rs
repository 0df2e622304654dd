//! What a file is: X12, or which layout of which partner, by its mailbox, its name and how it begins.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, Place, codes};
use crate::layout::{Layout, Likeness};
use crate::mapping::Plan;
use crate::partner::{At, Profile, Receive, Usage};
use crate::translation::{FileInbound, Inbound, Surroundings};
use crate::x12::reader::ReadOptions;

use super::{CatalogDesk, surroundings_of};

/// A file that is about to be read.
#[derive(Debug, Clone, Copy)]
pub struct Coming<'f> {
    /// Its name, without folders.
    pub name: &'f str,
    /// Its first bytes: some hundred are enough.
    pub beginning: &'f [u8],
    /// Short name of the partner in whose mailbox it lay: a file without an envelope is theirs.
    pub owner: Option<&'f str>,
}

impl CatalogDesk<'_> {
    /// A reading for the file: as X12, or by a layout where a mapping for one was asked for, or one of the partner's entries
    /// takes the file. What cannot be told is in `diagnostics`; then it is read as X12, which says what it is not.
    pub fn inbound(&self, coming: Coming<'_>, options: ReadOptions, diagnostics: &mut Diagnostics) -> Inbound {
        let limit = options.limits.diagnostics_per_document;
        match self.of_layout(coming, diagnostics) {
            Some((profile, layout, plan)) => {
                let known = profile.map_or_else(
                    || Surroundings { codes: self.catalog.codes_in_force(), ..Surroundings::default() },
                    |profile| surroundings_of(profile, self.catalog),
                );
                let test = profile.is_some_and(|profile| profile.usage == Usage::Test);
                let given = self.given.of(known.partner.as_deref(), test);
                let charset = self.chosen.charset.or(known.charset);
                let surroundings = Surroundings { charset, given, ..known };
                Inbound::of_file(FileInbound::new(layout, plan, surroundings, limit))
            }
            None => Inbound::new(options),
        }
    }

    fn of_layout(
        &self,
        coming: Coming<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Option<&Profile>, Arc<Layout>, Arc<Plan>)> {
        let place = || PayloadPlace { line: 1, column: 1, ..PayloadPlace::default() };
        let named = self.profile(self.chosen.partner.as_deref().or(coming.owner));
        if let Some(name) = &self.chosen.mapping {
            match self.catalog.plan(name, &mut Diagnostics::with_limit(0)) {
                Some(plan) if plan.grammar.is_layout() => {
                    let layout = self.catalog.layout(&plan.grammar.name, diagnostics)?;
                    return Some((named.or_else(|| self.only_user(name)), layout, plan));
                }
                Some(_) => {}
                // Of X12 each transaction set says what is wrong with it.
                None if looks_like_x12(coming.beginning) => {}
                None => {
                    self.catalog.plan_for(name, Place::from(place()), diagnostics);
                    return None;
                }
            }
        }
        // That a file is empty, the X12 reader says.
        if looks_like_x12(coming.beginning) || coming.beginning.trim_ascii().is_empty() {
            return None;
        }
        let profiles: Vec<&Profile> = match named {
            Some(profile) => vec![profile],
            None => self.profiles.iter().collect(),
        };
        let mut taking: Vec<(&Profile, &Receive, Arc<Layout>, Likeness)> = Vec::new();
        let mut asked: Vec<String> = Vec::new();
        for profile in profiles {
            for entry in self.in_force(profile) {
                let Some(name) = &entry.document.value.layout else { continue };
                let layout = self.catalog.layout(name, diagnostics);
                let fits = entry.file_name.as_ref().is_none_or(|pattern| pattern.takes(coming.name));
                let likeness = layout.as_ref().map(|layout| layout.recognises(coming.beginning));
                match (layout, likeness, &entry.file_name) {
                    (.., Some(pattern)) if !fits => asked.push(format!("its name is not as `{pattern}` of {name}")),
                    (Some(layout), Some(Ok(likeness)), _) => taking.push((profile, entry, layout, likeness)),
                    (_, Some(Err(why)), _) => asked.push(format!("it does not begin as {name} does: {why}")),
                    _ => asked.push(format!("{name} cannot be used")),
                }
            }
        }
        // One whose first line is whole goes before those of which it would leave out something.
        let most = taking.iter().map(|(.., likeness)| *likeness).max();
        taking.retain(|(.., likeness)| Some(*likeness) == most);
        match taking.as_slice() {
            [] if asked.is_empty() => None,
            [] => {
                let mut cause = asked;
                cause.dedup();
                let message = format!("{} is no X12, and no layout takes it", coming.name);
                diagnostics.push(
                    Diagnostic::new(codes::LAYOUT_NOT_RECOGNISED, message, place())
                        .cause(cause.join("; "))
                        .remedy("look at its first lines; add an entry with `document` and `file_name` to [[receive]] of the partner's profile, or ask them what it is"),
                );
                None
            }
            [(profile, entry, layout, _)] => {
                let mapping = entry.mapping.as_ref()?;
                let plan = self.catalog.plan_for(&mapping.value, Place::from(place()), diagnostics)?;
                Some((Some(*profile), Arc::clone(layout), plan))
            }
            several => {
                let names: Vec<String> = several
                    .iter()
                    .map(|(profile, entry, ..)| format!("{} of {}", entry.document.value, profile.short_name))
                    .collect();
                let message = format!("{} layouts take {}: {}", several.len(), coming.name, names.join(", "));
                diagnostics.push(Diagnostic::new(codes::LAYOUT_NOT_RECOGNISED, message, place()).remedy("tell them apart by `file_name` in [[receive]]; from a command line name the partner: `--partner NAME`"));
                None
            }
        }
    }

    /// The profile that names a mapping, where no other does.
    fn only_user(&self, mapping: &str) -> Option<&Profile> {
        let is_it = |named: &Option<At<String>>| named.as_ref().is_some_and(|named| named.value == mapping);
        let mut users = self.profiles.iter().filter(|profile| {
            profile.receive.iter().any(|entry| is_it(&entry.mapping))
                || profile.send.iter().any(|entry| is_it(&entry.mapping))
        });
        users.next().filter(|_| users.next().is_none())
    }

    /// The entries of a profile that are in force: of one document the latest.
    fn in_force<'p>(&self, profile: &'p Profile) -> Vec<&'p Receive> {
        let today = profile.day_of(self.chosen.at);
        let mut entries: Vec<&Receive> = Vec::new();
        for entry in profile.receive.iter().filter(|entry| entry.from.is_none_or(|from| from <= today)) {
            let same =
                |known: &&Receive| known.document.value == entry.document.value && known.file_name == entry.file_name;
            match entries.iter().position(same) {
                Some(at) if entries[at].from < entry.from => entries[at] = entry,
                Some(_) => {}
                None => entries.push(entry),
            }
        }
        entries
    }
}

/// Does the file begin with a segment of an envelope?
fn looks_like_x12(beginning: &[u8]) -> bool {
    let beginning = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    let begins = |tag: &[u8]| {
        beginning.len() > tag.len()
            && beginning[..tag.len()].eq_ignore_ascii_case(tag)
            && !beginning[tag.len()].is_ascii_alphanumeric()
    };
    [&b"ISA"[..], b"GS", b"ST"].iter().any(|tag| begins(tag))
}
