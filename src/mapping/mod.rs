//! The mapping language: one file that reads a partner's document and writes it.
//!
//! [`load`] reads a file with what it extends, checks it against the document's grammar and the canonical shape, and
//! compiles it to a [`Plan`]. [`Reading`] takes a document by the plan, [`write`] makes one, [`change`] makes the edits
//! that turn an existing document into one that says something else.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod boundary;
mod came_twice;
mod change;
mod compile;
mod context;
mod derive;
mod dispatch;
mod effective;
mod element_text;
mod explain;
mod given;
mod guard;
mod hierarchy;
pub mod laws;
mod lens;
mod makes;
mod manner;
mod own_forms;
mod own_texts;
mod plan;
mod read;
mod recall;
mod rules;
mod schema;
mod select;
mod shares;
mod syntax;
mod units;
mod unmapped;
mod unwritten;
mod write;

use std::sync::Arc;

use crate::canonical;
use crate::diagnostic::{Diagnostic, Diagnostics, codes, suggest};
use crate::source::{SourceFile, place};
use crate::tree::{Grammar, SegmentDefinition};

pub use change::{Base, Edit, SegmentForm, apply, change};
pub use context::Context;
pub use effective::{Effective, EffectiveLine, Section, effective, shared};
pub use explain::{Explained, ExplainedSource, Found, Made, SourcePart, Spot, Values, explain, explain_each};
pub use given::{Book, Given, Record, Whose};
pub use own_forms::OwnForm;
pub use plan::Plan;
pub use read::Reading;
pub use rules::Direction;
pub use schema::schema;
pub use shares::Shares;
pub use syntax::{FileRead, MappingTest};
pub use unmapped::{Proposal, Tables, Unmapped};
pub use write::write;

use syntax::{At, Written};

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

    /// What stands in a file that others extend or use, for a library that keeps it.
    fn read(&self, file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> FileRead {
        FileRead::of(file, diagnostics)
    }

    /// All documents that have a grammar, for "did you mean".
    fn documents(&self) -> Vec<String> {
        Vec::new()
    }

    /// For a segment that `document` does not have: what its standard says of it, and which of its other documents have
    /// it, such as `943` and `945`.
    fn elsewhere(&self, document: &str, segment: &str) -> Option<(Arc<SegmentDefinition>, Vec<String>)> {
        let _ = (document, segment);
        None
    }

    /// Is a code that the standard's list of an element lacks one that the partner has: by the guide that the mapping names, or
    /// by a file of codes?
    fn is_code_of_partner(&self, guide: Option<&str>, element: &str, code: &str) -> bool {
        let _ = (guide, element, code);
        false
    }
}

/// How many files may extend one another in a row.
const EXTENDS_LIMIT: usize = 8;

/// Reads, checks and compiles the mapping `file`, called `name`; `None` when it has an error.
pub fn load(name: &str, file: &Arc<SourceFile>, library: &dyn Library, diagnostics: &mut Diagnostics) -> Option<Plan> {
    let errors = diagnostics.errors();
    let written = merged(file, library, diagnostics);
    if written.files.iter().any(|file| file.unreadable.is_some()) {
        return None;
    }
    let canonical = named(&written, &written.canonical, "canonical", diagnostics);
    let document = named(&written, &written.document, "document", diagnostics);
    let shape = canonical.and_then(|(text, at)| {
        let shape = canonical::shape(text);
        if shape.is_none() {
            diagnostics.push(unknown_object(&written, text, at));
        }
        shape
    });
    let grammar = document.and_then(|(text, at)| {
        let grammar = library.grammar(text);
        if grammar.is_none() {
            diagnostics.push(unknown_document(&written, text, at, library));
        }
        grammar
    });
    let plan = compile::compile(name, &written, (&grammar?, shape?), library, diagnostics)?;
    (diagnostics.errors() == errors).then_some(plan)
}

fn unknown_object(written: &Written, text: &str, at: &At) -> Diagnostic {
    let names: Vec<&str> = canonical::names().collect();
    let remedy = match suggest::nearest(text, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the objects are {}", names.join(", ")),
    };
    let message = format!("there is no canonical object `{text}`");
    written.diagnostic(codes::MAPPING_UNKNOWN_OBJECT, message, at, Some("canonical")).remedy(remedy)
}

fn unknown_document(written: &Written, text: &str, at: &At, library: &dyn Library) -> Diagnostic {
    let documents = library.documents();
    if documents.iter().any(|known| known == text) {
        let own = text.rsplit('/').next().unwrap_or(text);
        let message = format!("the layout `{text}` has errors, so the mapping is not used");
        let remedy = format!("see its errors with `crossdock check mappings/layouts/{own}.toml` and mend them");
        return written.diagnostic(codes::MAPPING_UNKNOWN_DOCUMENT, message, at, Some("document")).remedy(remedy);
    }
    let family = text.rsplit_once('/').map_or("", |(family, _)| family);
    let siblings: Vec<&str> =
        documents.iter().filter_map(|document| document.strip_prefix(family)?.strip_prefix('/')).collect();
    let near = suggest::nearest(text, documents.iter().map(String::as_str));
    let remedy = match (siblings.as_slice(), near) {
        (_, Some(near)) if family != "x12" && !family.starts_with("x12/") => format!("did you mean `{near}`?"),
        ([], Some(near)) => format!("did you mean `{near}`?"),
        ([], None) => "write release and transaction set: `x12/004010/945`".to_owned(),
        (siblings, _) => format!("of {family} there are {}", siblings.join(", ")),
    };
    let message = format!("there is no table of the document `{text}`");
    written.diagnostic(codes::MAPPING_UNKNOWN_DOCUMENT, message, at, Some("document")).remedy(remedy)
}

fn named<'w>(
    written: &Written,
    value: &'w Option<(String, At)>,
    key: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(&'w str, &'w At)> {
    // What cannot be read as TOML, or extends what does not exist, is said already.
    if value.is_none() && diagnostics.errors() == 0 {
        let message = format!("the mapping does not say its `{key}`");
        let (example, what) = if key == "canonical" {
            ("shipment", "the ERP's object")
        } else {
            ("x12/004010/945", "the partner's document")
        };
        let diagnostic = Diagnostic::new(codes::FILE_MISSING_KEY, message, written.files[0].whole());
        diagnostics.push(
            diagnostic.remedy(format!(
                "add {what} at the head of the file, `{key} = \"{example}\"`, or extend a base mapping"
            )),
        );
    }
    value.as_ref().map(|(text, at)| (text.as_str(), at))
}

/// The file with everything it extends, and the shared blocks and tables below all.
fn merged(file: &Arc<SourceFile>, library: &dyn Library, diagnostics: &mut Diagnostics) -> Written {
    let FileRead { mut written, mut extends } = FileRead::of(file, diagnostics);
    let mut seen = vec![Arc::clone(&file.name)];
    while let Some((name, at)) = extends {
        let at = At { file: written.files.len() - 1, ..at };
        let Some(base) = library.mapping(&name) else {
            diagnostics.push(no_base(&written, &name, &at, library));
            break;
        };
        if seen.contains(&base.name) || seen.len() >= EXTENDS_LIMIT {
            let message = match seen.contains(&base.name) {
                true => format!("`extends` goes round in a circle: {} extends itself", base.name),
                false => format!("more than {EXTENDS_LIMIT} files extend one another: {}", seen.join(", ")),
            };
            let remedy = "name another mapping, such as `base/945`, or remove `extends`";
            let diagnostic = written.diagnostic(codes::MAPPING_EXTENDS, message, &at, Some("extends"));
            diagnostics.push(diagnostic.remedy(remedy));
            break;
        }
        seen.push(Arc::clone(&base.name));
        let below = library.read(&base, diagnostics);
        written = written.over(below.written);
        extends = below.extends;
    }
    for shared in library.shared() {
        written = written.over(library.read(&shared, diagnostics).written);
    }
    written
}

fn no_base(written: &Written, name: &str, at: &At, library: &dyn Library) -> Diagnostic {
    let message = format!("the mapping `{name}`, which this one extends, does not exist");
    let names = library.names();
    let near = suggest::nearest(name, names.iter().map(String::as_str));
    let remedy =
        near.map_or_else(|| format!("there are {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
    written.diagnostic(codes::FILE_NOT_FOUND, message, at, Some("extends")).remedy(remedy)
}
