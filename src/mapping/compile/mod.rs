//! Checks a mapping against the document's grammar and the canonical shape, and compiles it to a [`Plan`].
//!
//! All problems are reported, each at the key that has it. A mapping with an error yields no plan.

mod derived;
mod line;
mod rows;
mod table;
mod tables;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::canonical::{FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes, suggest};
use crate::tree::{Grammar, ItemId, Tag};

use super::plan::{Child, CodeTable, Derived, Line, Plan, Scope, ScopeId};
use super::syntax::{At, Entry, Written};

/// Compiles `written`; `None` when it has an error.
pub(super) fn compile(
    name: &str,
    written: &Written,
    grammar: &Arc<Grammar>,
    shape: &'static Shape,
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    let errors = diagnostics.errors();
    let mut compiler = Compiler {
        written,
        grammar,
        shape,
        diagnostics,
        scopes: Vec::new(),
        lines: Vec::new(),
        tables: Vec::new(),
        derived: Vec::new(),
        ignored: Vec::new(),
        ignored_fields: Vec::new(),
        mapped: HashSet::new(),
        row_origins: HashMap::new(),
        child_origins: HashMap::new(),
        used_tables: HashSet::new(),
    };
    compiler.code_tables();
    let root = compiler.new_scope(ItemId::ROOT, NodeShapeId(0), 0, String::new());
    compiler.map(root);
    compiler.ignore();
    compiler.derived();
    compiler.arrange();
    compiler.sources();
    let Compiler {
        scopes,
        lines,
        tables,
        derived,
        ignored,
        ignored_fields,
        ..
    } = compiler;
    (diagnostics.errors() == errors).then(|| Plan {
        name: name.to_owned(),
        canonical: shape,
        grammar: Arc::clone(grammar),
        tests: written.tests.clone(),
        scopes,
        lines,
        tables,
        derived,
        ignored,
        ignored_fields,
    })
}

struct Compiler<'a> {
    written: &'a Written,
    grammar: &'a Arc<Grammar>,
    shape: &'static Shape,
    diagnostics: &'a mut Diagnostics,
    scopes: Vec<Scope>,
    lines: Vec<Line>,
    tables: Vec<CodeTable>,
    derived: Vec<Derived>,
    ignored: Vec<(Tag, u16)>,
    ignored_fields: Vec<String>,
    /// Canonical paths, without indices, that some line fills.
    mapped: HashSet<String>,
    /// Where each row was first written, for the messages on overlaps: (scope, row).
    row_origins: HashMap<(ScopeId, usize), At>,
    child_origins: HashMap<(ScopeId, usize), At>,
    used_tables: HashSet<usize>,
}

/// A node of the canonical object, seen from a scope.
#[derive(Clone)]
struct Target {
    scope: ScopeId,
    /// From the scope's node (or the row's entry) to the node.
    steps: Vec<(FieldId, NodeShapeId)>,
    shape: NodeShapeId,
    /// Canonical path of the node, without indices.
    path: String,
    /// The row whose entries these lines belong to, for lists made of segments.
    row: Option<usize>,
}

impl Target {
    fn named(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

impl Compiler<'_> {
    fn new_scope(&mut self, item: ItemId, shape: NodeShapeId, parent: ScopeId, path: String) -> ScopeId {
        self.scopes.push(Scope {
            item,
            shape,
            parent,
            path,
            rows: Vec::new(),
            dispatch: Vec::new(),
            joined: Vec::new(),
            constants: Vec::new(),
            children: Vec::new(),
            derived: Vec::new(),
        });
        self.scopes.len() - 1
    }

    fn report(&mut self, code: Code, message: impl Into<String>, at: &At, key: &str) -> &mut Self {
        self.push(
            self.written
                .diagnostic(code, message, at, Some(key).filter(|key| !key.is_empty())),
        );
        self
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn map(&mut self, root: ScopeId) {
        let target = Target {
            scope: root,
            steps: Vec::new(),
            shape: NodeShapeId(0),
            path: String::new(),
            row: None,
        };
        if self.written.map.is_empty() {
            let place = self.written.files[0].whole();
            self.push(
                Diagnostic::new(codes::MAPPING_EMPTY, "the mapping has no lines", place)
                    .remedy("add a table [map] with a line for each canonical field, or `extends = \"base/945\"`"),
            );
        }
        self.table(&target, &self.written.map.clone());
    }

    fn ignore(&mut self) {
        for (text, at) in &self.written.ignore_document.clone() {
            let found = if let Some((segment, element)) = super::place::designator(text) {
                self.known_segment(segment)
                    .then(|| (Tag::new(segment.as_bytes()), element))
            } else {
                self.known_segment(text).then(|| (Tag::new(text.as_bytes()), 0))
            };
            match found {
                Some(place) => self.ignored.push(place),
                None => {
                    let message = format!("{} has no segment or element {text}", self.grammar.name);
                    self.report(codes::MAPPING_UNKNOWN_SEGMENT, message, at, "ignore.document");
                }
            }
        }
        for (text, at) in &self.written.ignore_canonical.clone() {
            if self.field_exists(text) {
                self.ignored_fields.push(text.clone());
            } else {
                let message = format!("{} has no field `{text}`", self.shape.name);
                self.report(codes::MAPPING_UNKNOWN_FIELD, message, at, "ignore.canonical");
            }
        }
    }

    fn known_segment(&self, segment: &str) -> bool {
        let tag = Tag::new(segment.as_bytes());
        self.grammar.items.iter().any(|item| item.tag == tag)
    }

    fn field_exists(&self, path: &str) -> bool {
        let mut shape = NodeShapeId(0);
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let node = self.shape.node(shape);
            let Some(field) = node.field(name) else {
                return node.open && names.peek().is_none();
            };
            match node.get(field).kind {
                Kind::Object(inner) => shape = inner,
                _ => return names.peek().is_none(),
            }
        }
        true
    }

    /// Sorts rows and loops so that the particular ones come before the catch-all, and reports overlaps.
    fn arrange(&mut self) {
        self.overlapping_rows();
        self.overlapping_loops();
        for scope in &mut self.scopes {
            let mut start = 0;
            while start < scope.rows.len() {
                let item = scope.rows[start].item;
                let end = start + scope.rows[start..].iter().take_while(|row| row.item == item).count();
                if scope.rows[start].up == 0 {
                    scope.dispatch.push((item, start..end));
                }
                start = end;
            }
        }
    }

    /// Every node that is mapped must have its required fields mapped, and the object one of its business keys.
    fn sources(&mut self) {
        let Some((_, at)) = self.written.canonical.clone() else {
            return;
        };
        let mut missing = Vec::new();
        if !self.shape.keys.is_empty() && !self.shape.keys.iter().any(|key| self.mapped.contains(*key)) {
            missing.push(self.shape.keys.join("` or `"));
        }
        self.missing_fields(NodeShapeId(0), "", &mut missing);
        for field in missing {
            let message = format!("nothing fills `{field}`, which every {} must have", self.shape.name);
            self.push(
                self.written
                    .diagnostic(codes::MAPPING_REQUIRED_FIELD, message, &at, None)
                    .remedy(format!(
                        "add a line `{field} = \"...\"` to [map], or a constant: `{{ const = \"...\" }}`"
                    )),
            );
        }
    }

    fn missing_fields(&self, shape: NodeShapeId, path: &str, missing: &mut Vec<String>) {
        for field in &self.shape.node(shape).fields {
            let name = if path.is_empty() {
                field.name.clone()
            } else {
                format!("{path}.{}", field.name)
            };
            let inside = format!("{name}.");
            let used = self.mapped.contains(&name) || self.mapped.iter().any(|mapped| mapped.starts_with(&inside));
            if field.required && !used {
                missing.push(name);
            } else if let (Kind::Object(inner), true) = (&field.kind, used)
                && !self.shape.node(*inner).quantity
            {
                self.missing_fields(*inner, &name, missing);
            }
        }
    }

    /// "did you mean" for a name of this list, or the list itself when it is short.
    fn suggestion<'n>(&self, wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        let names: Vec<&str> = names.into_iter().collect();
        match suggest::nearest(wanted, names.iter().copied()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if names.len() <= 12 => Some(format!("known here: {}", names.join(", "))),
            None => None,
        }
    }

    fn entry<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
        entries.iter().find(|entry| entry.key == key)
    }

    fn add_child(&mut self, scope: ScopeId, child: Child, at: &At) {
        self.child_origins
            .insert((scope, self.scopes[scope].children.len()), at.clone());
        self.scopes[scope].children.push(child);
    }
}
