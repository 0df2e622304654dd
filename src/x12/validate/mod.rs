//! Checks a transaction set that was read against its table: what is missing or too many, and the form of each element.
//!
//! A pure look at a placed tree: it changes nothing and finds everything. Where segments stand was already said when they
//! were placed; code lists, syntax notes and partner guides are not looked at here.

mod elements;
mod structure;
mod values;

pub use elements::elements;
pub use structure::structure;

use super::reader::SetHeader;
use crate::diagnostic::{Diagnostics, Severity};
use crate::tree::Tree;

/// All checks of a transaction set, `set` being its bytes. A set without a table has nothing to be checked against.
pub fn validate(header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    structure(header, tree, set, diagnostics);
    elements(header, tree, set, diagnostics);
}

/// The severity of a fault in type or length: with the tables of another release than the partner's it never rejects.
fn form_severity(header: &SetHeader, severity: Severity) -> Severity {
    match header.release_match {
        super::dictionary::Match::Nearest => severity.min(Severity::Warning),
        _ => severity,
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::tree::Tree;
    use crate::x12::reader::{ReadOptions, Reader, Step};

    /// The diagnostics of validating the body of one set: code, severity, message.
    pub(super) fn validated(set_id: &str, release: &str, body: &str) -> Vec<String> {
        let count = 2 + body.matches('~').count();
        let options = ReadOptions {
            bare_sets: true,
            ..ReadOptions::default()
        };
        let group = match set_id {
            "945" => "SW",
            "944" => "RE",
            "856" => "SH",
            "846" => "IB",
            _ => "OW",
        };
        let isa = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*0830*^*00501*000000007*0*P*>~";
        let input = format!(
            "{isa}GS*{group}*S1*R1*20261120*0830*1*X*{release}~ST*{set_id}*0001~{body}SE*{count}*0001~GE*1*1~IEA*1*000000007~"
        );
        let mut reader = Reader::new(options);
        let (mut tree, mut read, mut found) = (Tree::default(), Diagnostics::unlimited(), Diagnostics::unlimited());
        let mut at = 0;
        while at < input.len() {
            let progress = reader.next(&input.as_bytes()[at..], true, &mut tree, &mut read);
            if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
                let bytes = &input.as_bytes()[at + range.start..at + range.end];
                super::validate(header, &tree, bytes, &mut found);
            }
            at += progress.consumed;
        }
        let line = |one: &crate::diagnostic::Diagnostic| format!("{} {}", one.severity.word(), one.message);
        found.list().iter().map(line).collect()
    }
}
