//! Checks a transaction set that was read against its table: what is missing or too many, and the form of each element.
//!
//! A pure look at a placed tree: it changes nothing and finds everything. Where segments stand was already said when they
//! were placed; code lists, syntax notes and partner guides are not looked at here.

mod elements;
mod hierarchy;
mod structure;
#[cfg(test)]
mod tests;
mod values;

pub use elements::elements;
pub use hierarchy::hierarchy;
pub use structure::structure;

use super::reader::SetHeader;
use crate::diagnostic::{Diagnostics, Severity};
use crate::tree::{ElementUse, Tree};

/// All checks of a transaction set, `set` being its bytes. A set without a table has nothing to be checked against.
pub fn validate(header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    structure(header, tree, set, diagnostics);
    hierarchy(header, tree, set, diagnostics);
    elements(header, tree, set, diagnostics);
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
