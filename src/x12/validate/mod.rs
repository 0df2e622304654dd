//! Checks a transaction set that was read against its table: what is missing or too many, the form of each element, codes,
//! syntax notes, levels and totals.
//!
//! A pure look at a placed tree: it changes nothing and finds everything. Where segments stand was already said when they
//! were placed.

mod check_digits;
mod closely;
mod codes;
mod elements;
mod hierarchy;
mod order_of_levels;
mod structure;
mod style;
mod syntax;
#[cfg(test)]
mod tests;
mod totals;
mod values;

pub(in crate::x12) use closely::counted;
pub use elements::elements;
pub use hierarchy::hierarchy;
pub use structure::structure;
pub use totals::{Count, Designator, Total, totals};
pub use values::{form_of, rejected};

use super::codes::CodeSets;
use super::reader::SetHeader;
use crate::diagnostic::{Diagnostics, Severity};
use crate::tree::{ElementUse, Tree};

/// What a transaction set is checked against beside its table.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// The code lists in force: of the set's release, and of its partner.
    pub codes: &'a CodeSets,
    /// What its totals count.
    pub totals: &'a [Total],
}

impl Against<'static> {
    /// What the standard says, of the set's release.
    #[must_use]
    pub fn standard(header: &SetHeader) -> Self {
        Against::new(header, CodeSets::standard(header.release))
    }
}

impl<'a> Against<'a> {
    /// These code lists, and what the standard says.
    #[must_use]
    pub fn new(header: &SetHeader, codes: &'a CodeSets) -> Self {
        Self { codes, totals: Total::standard(header.set_id()) }
    }
}

/// All checks of a transaction set, `set` being its bytes. A set without a table has nothing to be checked against.
pub fn validate(header: &SetHeader, against: &Against<'_>, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    structure(header, tree, set, diagnostics);
    hierarchy(header, tree, set, diagnostics);
    elements(header, against, tree, set, diagnostics);
    totals(header, against.totals, tree, set, diagnostics);
}

/// Is `text` of the type of its element, whatever its length?
pub(in crate::x12) fn is_of_type(element: &ElementUse, text: &str) -> bool {
    use values::Fault::{Date, Time, Type};
    !values::faults(element, text).iter().any(|fault| matches!(fault, Type(_) | Date | Time))
}

/// The severity of a fault in type or length: with the tables of another release than the partner's it never rejects.
fn form_severity(header: &SetHeader, severity: Severity) -> Severity {
    match header.release_match {
        super::dictionary::Match::Nearest => severity.min(Severity::Warning),
        _ => severity,
    }
}
