//! The code lists in force: those of the standard, with what an operator's files add to them or put in their place.
//!
//! A file may hold for all documents, for one release, for one partner, or for one partner's documents of one release:
//! what is said more closely comes first, the standard last. See [`CodeFile`] for what is written.

mod file;
mod schema;
mod sets;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub use file::CodeFile;
use file::OwnList;
pub use schema::schema;
pub use sets::CodeSets;
pub(super) use sets::Listed;

use super::dictionary::{self, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// All lists: of the standard, and of the files of a home.
#[derive(Debug, Default)]
pub struct Codes {
    /// By the number of the data element.
    own: Arc<BTreeMap<String, OwnLists>>,
    /// The lists that were asked for, made ready.
    sets: Mutex<Vec<Arc<CodeSets>>>,
}

/// The own lists of an element; the closest first.
type OwnLists = Vec<(Scope, OwnList)>;

/// The lists that hold for one document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentCodes<'a> {
    /// All lists.
    pub codes: &'a Codes,
    /// The document's release.
    pub release: Release,
    /// Short name of its partner's profile.
    pub partner: Option<&'a str>,
}

/// For which documents a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scope {
    release: Option<Release>,
    /// Short name of the partner's profile.
    partner: Option<Arc<str>>,
}

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// It is in the list, with this name.
    Named(&'a str),
    /// It is in the list, and the standard's tables here have no name for it.
    Unnamed,
    /// It is in the list of another release, with this name.
    OtherRelease(Option<&'static str>),
    /// It is not in the list.
    NotInList,
    /// There is no list: someone else keeps it, or the element has none.
    NoList,
}

impl Codes {
    /// The lists of `files`; what two files say of the same code for the same documents is in `diagnostics`.
    #[must_use]
    pub fn new(files: Vec<CodeFile>, diagnostics: &mut Diagnostics) -> Self {
        let mut own: BTreeMap<String, OwnLists> = BTreeMap::new();
        for file in files {
            for list in file.lists {
                let lists = own.entry(list.number.clone()).or_default();
                match lists.iter_mut().find(|(scope, _)| *scope == file.scope) {
                    Some((_, known)) => join(known, list, diagnostics),
                    None => lists.push((file.scope.clone(), list)),
                }
            }
        }
        for lists in own.values_mut() {
            lists.sort_by_key(|(scope, _)| (scope.partner.is_none(), scope.release.is_none()));
        }
        Self { own: Arc::new(own), sets: Mutex::default() }
    }

    /// Is the code in a file of the home, for whatever documents?
    #[must_use]
    pub fn adds(&self, element_number: &str, code: &str) -> bool {
        self.own.get(element_number).into_iter().flatten().any(|(_, own)| own.codes.contains_key(code))
    }

    /// The lists for documents of a release and a partner, ready for quick look-ups.
    #[must_use]
    pub fn sets(&self, release: Release, partner: Option<&str>) -> Arc<CodeSets> {
        if self.own.is_empty() {
            return Arc::clone(CodeSets::standard(release));
        }
        let mut known = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sets) = known.iter().find(|sets| sets.is_for(release, partner)) {
            return Arc::clone(sets);
        }
        let sets = Arc::new(CodeSets::new(Arc::clone(&self.own), release, partner.map(Arc::from)));
        known.push(Arc::clone(&sets));
        sets
    }
}

impl<'a> DocumentCodes<'a> {
    /// The lists of the standard alone.
    #[must_use]
    pub fn standard(release: Release) -> Self {
        static STANDARD: LazyLock<Codes> = LazyLock::new(Codes::default);
        Self { codes: &STANDARD, release, partner: None }
    }

    /// What is known of `code` as a value of a data element.
    #[must_use]
    pub fn look_up(&self, element_number: &str, code: &str) -> Known<'a> {
        look_up(&self.codes.own, self.release, self.partner, element_number, code)
    }
}

/// What is known of `code`, the closest list first.
fn look_up<'a>(
    own: &'a BTreeMap<String, OwnLists>,
    release: Release,
    partner: Option<&str>,
    element_number: &str,
    code: &str,
) -> Known<'a> {
    let own = own.get(element_number).map_or(&[][..], Vec::as_slice);
    for (_, list) in own.iter().filter(|(scope, _)| scope.holds(release, partner)) {
        if let Some(own) = list.codes.get(code) {
            return Known::Named(&own.name);
        }
        if list.replace {
            return Known::NotInList;
        }
    }
    let Some(list) = dictionary::code_list(element_number) else { return Known::NoList };
    match list.find(code) {
        None => Known::NotInList,
        Some(value) if !value.is_in(release) => Known::OtherRelease(value.name),
        Some(value) => value.name.map_or(Known::Unnamed, Known::Named),
    }
}

impl Scope {
    fn holds(&self, release: Release, partner: Option<&str>) -> bool {
        self.release.is_none_or(|own| own == release) && self.partner.as_deref().is_none_or(|own| Some(own) == partner)
    }
}

/// Joins two lists of one element that hold for the same documents.
fn join(known: &mut OwnList, list: OwnList, diagnostics: &mut Diagnostics) {
    known.replace |= list.replace;
    for (code, own) in list.codes {
        if let Some(first) = known.codes.get(&code) {
            let message =
                format!("code `{code}` of data element {} is named twice for the same documents", list.number);
            let cause = format!("{}:{} names it too: {}", first.place.file, first.place.line, first.name);
            let remedy =
                "remove it from one of the files, or say with `partner` or `release` for which documents each holds";
            diagnostics.push(Diagnostic::new(codes::CODES_NAMED_TWICE, message, own.place).cause(cause).remedy(remedy));
        } else {
            known.codes.insert(code, own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CodeFile, Codes, DocumentCodes, Known};
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceFile;
    use crate::x12::dictionary::release_for;

    fn codes(files: &[&str]) -> Codes {
        let mut diagnostics = Diagnostics::unlimited();
        let file = |text: &&str| CodeFile::parse(&SourceFile::new("mappings/codes/own.toml", *text), &mut diagnostics);
        let files: Vec<CodeFile> = files.iter().filter_map(file).collect();
        let codes = Codes::new(files, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{:?}", diagnostics.list());
        codes
    }

    fn check(codes: &Codes, code: &str, (release, partner): (&str, Option<&str>), expected: Known<'_>) {
        let codes = DocumentCodes { codes, release: release_for(release).0, partner };
        assert_eq!(codes.look_up("235", code), expected, "{code} {release} {partner:?}");
    }

    #[test]
    fn a_file_adds_codes_and_names_to_the_list_of_the_standard() {
        let codes = codes(&["[code-list.235]\nVN = \"Our item number\"\nH1 = \"Shelf\"\n"]);
        check(&codes, "VN", ("004010", None), Known::Named("Our item number"));
        check(&codes, "H1", ("005010", Some("harbor")), Known::Named("Shelf"));
        check(&codes, "UP", ("004010", None), DocumentCodes::standard(release_for("004010").0).look_up("235", "UP"));
        check(&codes, "?!", ("004010", None), Known::NotInList);
    }

    #[test]
    fn a_list_may_be_replaced_and_the_closest_file_comes_first() {
        let codes = codes(&[
            "partner = \"harbor\"\nrelease = \"004010\"\n[code-list.235]\nZQ = \"closest\"\n",
            "[code-list.235]\nreplace = true\nVN = \"everybody\"\nZQ = \"everybody\"\n",
            "partner = \"harbor\"\n[code-list.235]\nZQ = \"harbor\"\nZR = \"harbor\"\n",
            "release = \"004010\"\n[code-list.235]\nZQ = \"release\"\n",
        ]);
        check(&codes, "ZQ", ("004010", Some("harbor")), Known::Named("closest"));
        check(&codes, "ZQ", ("005010", Some("harbor")), Known::Named("harbor"));
        check(&codes, "ZQ", ("004010", Some("northgate")), Known::Named("release"));
        check(&codes, "ZQ", ("005010", None), Known::Named("everybody"));
        check(&codes, "ZR", ("004010", Some("harbor")), Known::Named("harbor"));
        check(&codes, "ZR", ("004010", None), Known::NotInList);
        check(&codes, "UP", ("004010", Some("harbor")), Known::NotInList);
    }

    #[test]
    fn a_list_that_someone_else_keeps_can_be_given() {
        let standard = DocumentCodes::standard(release_for("004010").0);
        assert_eq!(standard.look_up("140", "RDFS"), Known::NoList);
        let codes = codes(&["[code-list.140]\nRDFS = \"Road Fast\"\n"]);
        let codes = DocumentCodes { codes: &codes, ..standard };
        assert_eq!(codes.look_up("140", "RDFS"), Known::Named("Road Fast"));
        assert_eq!(codes.look_up("140", "ABCD"), Known::NoList);
    }
}
