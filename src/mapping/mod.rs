//! The mapping language: one file that reads a partner's document and writes it.
//!
//! [`load`] reads a file with what it extends, checks it against the document's grammar and the canonical shape, and
//! compiles it to a [`Plan`]. [`Reading`] takes a document by the plan, [`write`] makes one, [`change`] makes the edits
//! that turn an existing document into one that says something else.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod change;
mod compile;
mod context;
mod derive;
pub mod laws;
mod lens;
mod place;
mod plan;
mod read;
mod select;
mod shares;
mod syntax;
mod unwritten;
mod write;

use std::sync::Arc;

use crate::canonical;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::source::SourceFile;
use crate::tree::Grammar;

pub use change::{Base, Edit, SegmentForm, apply, change};
pub use context::Context;
pub use plan::Plan;
pub use read::Reading;
pub use shares::Shares;
pub use syntax::MappingTest;
pub use write::write;

use syntax::Written;

/// What a mapping file may refer to.
pub trait Library {
    /// The mapping file called `name`, such as `base/945`.
    fn mapping(&self, name: &str) -> Option<Arc<SourceFile>>;
    /// All mapping names, for "did you mean".
    fn names(&self) -> Vec<String>;
    /// Files with blocks and code tables that every mapping may use.
    fn shared(&self) -> Vec<Arc<SourceFile>>;
    /// The grammar of a document such as `x12/004010/945`.
    fn grammar(&self, document: &str) -> Option<Arc<Grammar>>;
}

/// How many files may extend one another in a row.
const EXTENDS_LIMIT: usize = 8;

/// Reads, checks and compiles the mapping `file`, called `name`; `None` when it has an error.
pub fn load(name: &str, file: &Arc<SourceFile>, library: &dyn Library, diagnostics: &mut Diagnostics) -> Option<Plan> {
    let errors = diagnostics.errors();
    let written = merged(file, library, diagnostics);
    let canonical = named(&written, &written.canonical, "canonical", diagnostics);
    let document = named(&written, &written.document, "document", diagnostics);
    let shape = canonical.and_then(|(text, at)| {
        let shape = canonical::shape(text);
        if shape.is_none() {
            let message = format!("there is no canonical object `{text}`");
            let remedy = format!("one of {}", canonical::names().collect::<Vec<_>>().join(", "));
            diagnostics.push(
                written
                    .diagnostic(codes::MAPPING_UNKNOWN_OBJECT, message, at, None)
                    .remedy(remedy),
            );
        }
        shape
    });
    let grammar = document.and_then(|(text, at)| {
        let grammar = library.grammar(text);
        if grammar.is_none() {
            let message = format!("there is no table for the document `{text}`");
            let remedy = "write release and transaction set: `x12/004010/945`";
            diagnostics.push(
                written
                    .diagnostic(codes::MAPPING_UNKNOWN_DOCUMENT, message, at, None)
                    .remedy(remedy),
            );
        }
        grammar
    });
    let plan = compile::compile(name, &written, &grammar?, shape?, diagnostics)?;
    (diagnostics.errors() == errors).then_some(plan)
}

fn named<'w>(
    written: &Written,
    value: &'w Option<(String, syntax::At)>,
    key: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(&'w str, &'w syntax::At)> {
    if value.is_none() {
        let message = format!("`{key}` is missing");
        let example = if key == "canonical" {
            "shipment"
        } else {
            "x12/004010/945"
        };
        diagnostics.push(
            Diagnostic::new(codes::FILE_MISSING_KEY, message, written.files[0].whole()).remedy(format!(
                "add `{key} = \"{example}\"` at the head of the file, or extend a base mapping"
            )),
        );
    }
    value.as_ref().map(|(text, at)| (text.as_str(), at))
}

/// The file with everything it extends, and the shared blocks and tables below all.
fn merged(file: &Arc<SourceFile>, library: &dyn Library, diagnostics: &mut Diagnostics) -> Written {
    let (mut written, mut extends) = syntax::read(file, diagnostics);
    let mut seen = vec![Arc::clone(&file.name)];
    while let Some((name, at)) = extends {
        let Some(base) = library.mapping(&name) else {
            let message = format!("the mapping `{name}`, which this one extends, does not exist");
            let names = library.names();
            let near = crate::diagnostic::suggest::nearest(&name, names.iter().map(String::as_str));
            let remedy = near.map_or_else(
                || format!("there are: {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let at = syntax::At {
                file: written.files.len() - 1,
                ..at
            };
            diagnostics.push(
                written
                    .diagnostic(codes::FILE_NOT_FOUND, message, &at, Some("extends"))
                    .remedy(remedy),
            );
            break;
        };
        if seen.contains(&base.name) || seen.len() >= EXTENDS_LIMIT {
            let message = format!(
                "`extends` goes round in a circle, or more than {EXTENDS_LIMIT} files deep: {}",
                seen.join(", ")
            );
            let at = syntax::At {
                file: written.files.len() - 1,
                ..at
            };
            diagnostics.push(written.diagnostic(codes::MAPPING_EXTENDS, message, &at, Some("extends")));
            break;
        }
        seen.push(Arc::clone(&base.name));
        let (below, next) = syntax::read(&base, diagnostics);
        written = written.over(below);
        extends = next;
    }
    for shared in library.shared() {
        let (below, _) = syntax::read(&shared, diagnostics);
        written = written.over(below);
    }
    written
}
