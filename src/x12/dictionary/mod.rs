//! The dictionary: the facts of the X12 standard (transaction sets, segments, elements, codes) by release.
//!
//! The facts are text files under `data/` (their form is in `data/README.md`), compiled in and read on first use: the
//! segments of a release when one of them is asked for, the table of a set when that set comes, a code list by search
//! in its text. Adding a set or a release is adding data. Nothing here looks at a document: see `crate::tree` for
//! placing its segments.

mod codes;
mod files;
mod sets;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

pub use codes::{CodeList, CodeValue, code_list, code_lists, code_name};
pub use sets::SetTitle;
use tables::Definitions;
pub use tables::Element;

use crate::tree::{Grammar, SegmentDefinition};

/// A release of the standard that has tables here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

/// How well a release fits what GS08 names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// GS08 names the release.
    Exact,
    /// GS08 names an industry's version of the release, such as `004010UCS` or `005010VICS`: the same tables.
    Suffix,
    /// No tables for what GS08 names, or it names no release: this is the nearest, and its types and lengths must not
    /// reject.
    Nearest,
}

/// What is read of a release on first use.
struct Loaded {
    definitions: Definitions,
    /// As many as the release has sets, in their order.
    grammars: Vec<OnceLock<Arc<Grammar>>>,
}

static LOADED: [OnceLock<Loaded>; files::RELEASES.len()] = [const { OnceLock::new() }; files::RELEASES.len()];
/// The first lines of the sets' files: looked at for each set that comes.
static TITLES: [OnceLock<Vec<SetTitle>>; files::RELEASES.len()] = [const { OnceLock::new() }; files::RELEASES.len()];
static ENVELOPES: [OnceLock<Definitions>; files::ENVELOPES.len()] = [const { OnceLock::new() }; files::ENVELOPES.len()];

impl Release {
    /// Version, release and subrelease as in the first six characters of GS08: `004010`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.files().name
    }

    fn files(self) -> &'static tables::ReleaseFiles {
        &files::RELEASES[usize::from(self.0)]
    }

    fn loaded(self) -> &'static Loaded {
        LOADED[usize::from(self.0)].get_or_init(|| Loaded {
            definitions: Definitions::read(&self.files().files),
            grammars: self.files().sets.iter().map(|_| OnceLock::new()).collect(),
        })
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The releases that have tables here, oldest first.
pub fn releases() -> impl DoubleEndedIterator<Item = Release> + ExactSizeIterator {
    (0..files::RELEASES.len() as u8).map(Release)
}

/// The release whose tables serve a group with this GS08 (a profile or a command line may name one the same way).
///
/// The nearest release is the newest that is not later than the one named, else the oldest. What names no release at
/// all gets the oldest too. Blanks around the value do not matter; `00401`, which some write after ISA12, and `4010`
/// are understood but are no exact match.
#[must_use]
pub fn release_for(gs08: &str) -> (Release, Match) {
    let wanted = gs08.trim();
    for release in releases() {
        match wanted.strip_prefix(release.name()) {
            Some("") => return (release, Match::Exact),
            Some(suffix) if !suffix.starts_with(|c: char| c.is_ascii_digit()) => return (release, Match::Suffix),
            _ => {}
        }
    }
    let named = six_digits(wanted);
    let nearest = releases().rev().find(|release| *release.name() <= *named);
    (nearest.unwrap_or(Release(0)), Match::Nearest)
}

/// The digits of a release as GS08 has them, however it is written; empty where it is none.
fn six_digits(wanted: &str) -> String {
    let digits = wanted.find(|c: char| !c.is_ascii_digit()).map_or(wanted, |end| &wanted[..end]);
    match digits.len() {
        6.. => digits[..6].to_owned(),
        5 => format!("{digits}0"),
        4 => format!("00{digits}"),
        _ => String::new(),
    }
}

/// GS08 of what answers a group: as it stands there where it names a release, else the one whose tables serve it.
#[must_use]
pub fn release_of_answer(gs08: &str) -> &str {
    let wanted = gs08.trim();
    let digits = wanted.bytes().take_while(u8::is_ascii_digit).count();
    match six_digits(wanted).starts_with("00") && digits <= 6 {
        true => wanted,
        false => release_for(wanted).0.name(),
    }
}

/// Does GS04 say the century in this release? It does from 004010 on.
#[must_use]
pub fn has_century(gs08: &str) -> bool {
    *six_digits(gs08.trim()) >= *"004010"
}

/// The transaction sets of a release, in the order of their ids.
pub fn sets(release: Release) -> impl Iterator<Item = SetTitle> {
    let read = || release.files().sets.iter().map(|text| sets::read_title(text)).collect();
    TITLES[usize::from(release.0)].get_or_init(read).iter().copied()
}

/// The functional identifier code (GS01) that groups of this set carry: `SW` for 945.
#[must_use]
pub fn group_code(release: Release, set: &str) -> Option<&'static str> {
    sets(release).find(|title| title.set == set).map(|title| title.group)
}

/// The table of a transaction set, named like `x12/004010/945`.
#[must_use]
pub fn grammar(release: Release, set: &str) -> Option<&'static Arc<Grammar>> {
    let at = sets(release).position(|title| title.set == set)?;
    let loaded = release.loaded();
    let read = || {
        let mut grammar = sets::read_grammar(release.name(), release.files().sets[at], &loaded.definitions);
        grammar.known_code = known_code;
        Arc::new(grammar)
    };
    Some(loaded.grammars[at].get_or_init(read))
}

/// Whether a code is in the list of an element, in whatever release: a newer code in an older set is a habit, not a slip.
fn known_code(element_number: &str, code: &str) -> Option<bool> {
    code_list(element_number).map(|list| list.find(code).is_some())
}

/// The ids of the transaction sets that have the segment, for messages such as "W06 belongs to 945".
#[must_use]
pub fn sets_with_segment(release: Release, tag: &str) -> Vec<&'static str> {
    let known = segments(release).any(|segment| segment == tag);
    let having = release.files().sets.iter().filter(|text| known && sets::has_segment(text, tag));
    having.map(|text| sets::read_title(text).set).collect()
}

/// A segment of a release, ST and SE included; those of the envelope are in [`envelope`].
#[must_use]
pub fn segment(release: Release, tag: &str) -> Option<&'static Arc<SegmentDefinition>> {
    release.loaded().definitions.segment(tag)
}

/// The identifiers of the segments of a release, in byte order.
pub fn segments(release: Release) -> impl Iterator<Item = &'static str> {
    release.files().files.segments.lines().filter_map(|line| line.split(' ').next())
}

/// A composite of a release, such as `C040`: its components stand as elements, and its own syntax notes with them.
#[must_use]
pub fn composite(release: Release, id: &str) -> Option<&'static Arc<SegmentDefinition>> {
    release.loaded().definitions.composite(id)
}

/// A data element of a release, such as `330`.
#[must_use]
pub fn element(release: Release, number: &str) -> Option<&'static Element> {
    release.loaded().definitions.element(number)
}

/// All data elements of a release, in the byte order of their numbers.
pub fn elements(release: Release) -> impl Iterator<Item = &'static Element> {
    release.loaded().definitions.elements()
}

/// True of an element whose codes someone else keeps (SCAC, country, currency): no list of them is here.
#[must_use]
pub fn is_external(release: Release, element_number: &str) -> bool {
    element(release, element_number).is_some_and(|element| element.external)
}

/// ISA, IEA, TA1, GS or GE in the interchange version that ISA12 names, such as `00401`.
///
/// The tables of 00501 serve from 00402 on, where ISA11 became the repetition separator; everything else, also what is
/// no version number, gets those of 00401.
#[must_use]
pub fn envelope(isa12: &str, tag: &str) -> Option<&'static Arc<SegmentDefinition>> {
    let wanted = isa12.trim();
    let is_version = wanted.len() == 5 && wanted.bytes().all(|byte| byte.is_ascii_digit());
    let newest = files::ENVELOPES.len() - 1;
    let at = match is_version {
        true => files::ENVELOPES.iter().position(|(version, _)| *version >= wanted).unwrap_or(newest),
        false => 0,
    };
    ENVELOPES[at].get_or_init(|| Definitions::read(&files::ENVELOPES[at].1)).segment(tag)
}
