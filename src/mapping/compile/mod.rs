//! Checks a mapping against the document's grammar and the canonical shape, and compiles it to a [`Plan`].
//!
//! All problems are reported, each under the very words that have it. A mapping with an error yields no plan.
//!
//! [`table`] walks the tables of `[map]`, [`line`] compiles what stands in them, [`rows`] resolves places; what is read
//! is arranged and checked as a whole at the end: [`overlaps`], required fields, tables that nothing uses.

mod arms;
mod boundary;
mod derived;
mod forms;
mod guards;
mod hierarchy;
mod ignored;
mod line;
mod lists;
mod mandatory;
mod manner;
mod names;
mod origins;
mod overlaps;
mod pairs;
mod parts;
mod places;
mod qualifiers;
mod recall;
mod rows;
mod rules;
mod splits;
mod table;
mod tables;
mod units;
mod value;
mod words;
mod writing;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use crate::canonical::{FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, codes};
use crate::tree::{ElementUse, Grammar, ItemId, Tag};

pub(super) use derived::DERIVED_WORDS;
pub(super) use hierarchy::WORDS as HIERARCHY_WORDS;
pub(super) use qualifiers::qualifier_of;
pub(super) use rules::RULE_WORDS;
pub(super) use table::STRUCTURE_WORDS;
pub(super) use tables::UNKNOWN_CODE_WORDS;
pub(super) use words::LINE_WORDS;

use super::Library;
use super::boundary::Boundary;
use super::dispatch::Dispatch;
use super::own_forms::OwnForm;
use super::place::{ElementPlace, From, Place};
use super::plan::{
    Alternatives, Child, CodeTable, Derived, Form, Guard, GuardId, Hierarchy, Ignored, Line, LineId, Options, Plan,
    Scope, ScopeId, Way,
};
use super::rules::Rule;
use super::syntax::{At, Written};
use super::units::UnitTable;
use origins::Origins;

/// Compiles `written`; `None` when it has an error.
pub(super) fn compile(
    name: &str,
    written: &Written,
    (grammar, shape): (&Arc<Grammar>, &'static Shape),
    library: &dyn Library,
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    let errors = diagnostics.errors();
    let mut compiler = Compiler::new(written, (grammar, shape), library, diagnostics);
    compiler.code_tables();
    compiler.unit_tables();
    compiler.hierarchy();
    let root = compiler.new_scope(ItemId::ROOT, NodeShapeId(0), 0, String::new());
    compiler.map(root);
    compiler.boundary();
    compiler.ignore();
    compiler.derived();
    compiler.totals_add_up();
    compiler.rules();
    compiler.guards_known();
    compiler.shared_lines();
    compiler.derived_alone();
    compiler.derived_like_lines();
    compiler.splits();
    compiler.arrange();
    compiler.likely_slips();
    compiler.prepare_writing();
    compiler.keys_of_others();
    compiler.sources();
    compiler.missing_tables();
    compiler.unused();
    let lacking = compiler.lacking();
    let Compiler {
        scopes,
        lines,
        tables,
        derived,
        guards,
        rules,
        units,
        alternatives,
        hierarchy,
        boundary,
        ignored,
        ignored_fields,
        own_forms,
        ..
    } = compiler;
    (diagnostics.errors() == errors).then(|| Plan {
        name: name.to_owned(),
        canonical: shape,
        grammar: Arc::clone(grammar),
        guide: written
            .guide
            .as_ref()
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, at)| (name.clone(), written.files[at.file].place(at.span.clone(), Some("guide")))),
        tests: written.tests.clone(),
        splits: splits::any(&lines),
        scopes,
        lines,
        tables,
        derived,
        guards,
        rules,
        units,
        alternatives,
        hierarchy,
        boundary,
        ignored,
        ignored_fields,
        lacking,
        own_forms,
        written: OnceLock::new(),
        scope_of_line: OnceLock::new(),
        in_parts: OnceLock::new(),
    })
}

struct Compiler<'a> {
    written: &'a Written,
    grammar: &'a Arc<Grammar>,
    shape: &'static Shape,
    library: &'a dyn Library,
    diagnostics: &'a mut Diagnostics,
    scopes: Vec<Scope>,
    lines: Vec<Line>,
    /// Where each line was written.
    line_ats: Vec<At>,
    tables: Vec<CodeTable>,
    derived: Vec<Derived>,
    guards: Vec<Guard>,
    guard_uses: Vec<guards::GuardUse>,
    rules: Vec<Rule>,
    units: Vec<UnitTable>,
    alternatives: Vec<Alternatives>,
    hierarchy: Option<Hierarchy>,
    boundary: Option<Boundary>,
    /// Lines that tell objects apart.
    keys: Vec<boundary::KeyLine>,
    /// The scope of the level that `in` of `[map]` names: its node is the object itself.
    main: Option<ScopeId>,
    ignored: Vec<Ignored>,
    /// Where each was written.
    ignored_ats: Vec<(String, At)>,
    ignored_fields: Vec<String>,
    own_forms: Vec<OwnForm>,
    /// Canonical paths, without indices, that some line or table fills: of objects, of fields that must be filled, and of the
    /// fields of the object itself; others are not asked for.
    mapped: HashSet<String>,
    /// Of each scope: where its rows were first written.
    row_origins: Vec<Vec<At>>,
    child_origins: HashMap<(ScopeId, usize), At>,
    used_tables: HashSet<usize>,
    used_blocks: HashSet<String>,
    /// Paths of tables and lines that have an error: what only follows from it is not told.
    broken: Vec<String>,
    /// Code tables that lines name and that there are none of.
    missing_tables: Vec<tables::MissingTable>,
    origins: Origins,
    /// Those of a line that is only its place.
    no_options: Arc<Options>,
    /// The texts that were read as places: a block says the same ones wherever it is used.
    places: HashMap<String, Arc<Place>>,
    /// The elements that places mean: by item, position and component.
    elements: HashMap<(ItemId, u16, u16), Arc<ElementUse>>,
    /// Codes that were looked up and found, by element number.
    known_codes: HashMap<Arc<str>, HashSet<String>>,
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
    /// The part of the scope that these lines belong to, for entries made of some elements.
    part: Option<usize>,
    /// Guards of the tables around, in the same loop.
    guards: Vec<GuardId>,
}

impl Target {
    fn named(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { [self.path.as_str(), key].join(".") }
    }
}

impl<'a> Compiler<'a> {
    fn new(
        written: &'a Written,
        (grammar, shape): (&'a Arc<Grammar>, &'static Shape),
        library: &'a dyn Library,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self {
            written,
            grammar,
            shape,
            library,
            diagnostics,
            scopes: Vec::new(),
            lines: Vec::new(),
            line_ats: Vec::new(),
            tables: Vec::new(),
            derived: Vec::new(),
            guards: Vec::new(),
            guard_uses: Vec::new(),
            rules: Vec::new(),
            units: Vec::new(),
            alternatives: Vec::new(),
            hierarchy: None,
            boundary: None,
            keys: Vec::new(),
            main: None,
            ignored: Vec::new(),
            ignored_ats: Vec::new(),
            own_forms: Vec::new(),
            ignored_fields: Vec::new(),
            mapped: HashSet::new(),
            row_origins: Vec::new(),
            child_origins: HashMap::new(),
            used_tables: HashSet::new(),
            used_blocks: HashSet::new(),
            broken: Vec::new(),
            missing_tables: Vec::new(),
            origins: Origins::new(written),
            no_options: Arc::default(),
            places: HashMap::new(),
            elements: HashMap::new(),
            known_codes: HashMap::new(),
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
            dispatch: Dispatch::default(),
            numbered: false,
            handed_on: Vec::new(),
            joined: Vec::new(),
            behind: Vec::new(),
            last: Vec::new(),
            constants: Vec::new(),
            defaults: Vec::new(),
            children: Vec::new(),
            derived: Vec::new(),
            parts: Vec::new(),
            alternatives: Vec::new(),
            short: OnceLock::new(),
        });
        self.row_origins.push(Vec::new());
        self.scopes.len() - 1
    }

    /// A problem at the words `at`, which are (part of) the value of `key`, for a cause or remedy to be added.
    fn problem(&self, code: Code, message: impl Into<String>, at: &At, key: &str) -> Diagnostic {
        self.written.diagnostic(code, message, at, Some(key).filter(|key| !key.is_empty()))
    }

    fn report(&mut self, code: Code, message: impl Into<String>, at: &At, key: &str, remedy: impl Into<String>) {
        let diagnostic = self.problem(code, message, at, key).remedy(remedy);
        self.push(diagnostic);
    }

    /// A block that is used twice has its faults twice, and so has what overlaps with several; they are told once.
    fn push(&mut self, diagnostic: Diagnostic) {
        let told = |known: &Diagnostic| known.code == diagnostic.code && same_words(known, &diagnostic);
        if !self.diagnostics.list().iter().any(told) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Has the table or line of this path, or one around it, an error?
    fn is_broken(&self, path: &str) -> bool {
        let around = |broken: &String| {
            path.strip_prefix(broken.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.broken.iter().any(around)
    }

    fn map(&mut self, root: ScopeId) {
        let target = Target {
            scope: root,
            steps: Vec::new(),
            shape: NodeShapeId(0),
            path: String::new(),
            row: None,
            part: None,
            guards: Vec::new(),
        };
        if self.written.map.is_empty() {
            let place = self.written.files[0].whole();
            self.push(
                Diagnostic::new(codes::MAPPING_EMPTY, "the mapping has no lines", place)
                    .remedy("add a table [map] with a line for each canonical field, or `extends = \"base/945\"`"),
            );
        }
        let entries = &self.written.map;
        if let Some(target) = self.map_target(target, entries) {
            self.table(&target, entries);
        }
    }

    fn ignore(&mut self) {
        for (text, at) in &self.written.ignore_document {
            if let Some(ignored) = self.ignored_place(text, at) {
                self.ignored.push(ignored);
                self.ignored_ats.push((text.clone(), at.clone()));
            }
        }
        for (text, at) in &self.written.ignore_canonical {
            if self.field_exists(text) {
                self.ignored_fields.push(text.clone());
                continue;
            }
            let message = format!("a {} has no field `{text}`", self.shape.name);
            let otherwise = format!("see the fields with `crossdock schema {}`", self.shape.name);
            let (parent, name) = text.rsplit_once('.').unwrap_or(("", text));
            let siblings = self.paths().into_iter().filter_map(|path| {
                let (around, name) = path.rsplit_once('.').unwrap_or(("", &path));
                (around == parent).then(|| name.to_owned())
            });
            let siblings: Vec<String> = siblings.collect();
            let remedy = names::suggestion(name, siblings.iter().map(String::as_str), &otherwise);
            self.report(codes::MAPPING_UNKNOWN_FIELD, message, at, "ignore.canonical", remedy);
        }
    }

    /// A segment (`W13`), an element (`W1213`) or a component (`QTY03-02`) of the document, as it is named in `[ignore]`, with
    /// what elements of the segment say where it is meant (`N902[N901=ZZ]`).
    fn ignored_place(&mut self, text: &str, at: &At) -> Option<Ignored> {
        const KEY: &str = "ignore.document";
        let place = self.place(text, at, KEY)?;
        let whole = ElementPlace { position: 0, component: 0, repetition: 0 };
        let ElementPlace { position, component, repetition } = place.element.unwrap_or(whole);
        let last = place.steps.last()?;
        let one = self.grammar.is_layout() || (place.from == From::Here && place.steps.len() == 1);
        if !one || place.pair.is_some() || last.nth.is_some() || repetition > 0 {
            let message = format!("`{text}` is left out by where it stands, and [ignore] goes by what it is");
            let remedy = "name a segment (`W13`), an element (`W1213`) or a component (`QTY03-02`), and a qualifier where others stay: `N902[N901=ZZ]`";
            self.report(codes::MAPPING_PLACE, message, at, KEY, remedy);
            return None;
        }
        let tag = Tag::of_name(&last.segment);
        let Some(item) = self.positions_of(tag).into_iter().next() else {
            let message = format!("{} has no segment or element {text}", self.document_name());
            let remedy = "name a segment (`W13`), an element (`W1213`) or a component (`QTY03-02`) that the document has, or remove it";
            self.report(codes::MAPPING_UNKNOWN_SEGMENT, message, at, KEY, remedy);
            return None;
        };
        if position > 0 {
            self.element(item, ElementPlace { repetition: 0, ..place.element? }, at, KEY)?;
        }
        let conditions = self.row_conditions(item, last, at, KEY)?;
        Some(Ignored { tag, position, component, conditions })
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

    /// Every node that is mapped must have its required fields mapped, and the object one of its business keys.
    fn sources(&mut self) {
        let Some((_, at)) = self.written.canonical.as_ref().filter(|_| !self.written.map.is_empty()) else {
            return;
        };
        // The line to be added belongs into this file, also where a base names the object.
        let place = match at.file {
            0 => self.written.files[0].place(at.span.clone(), None),
            _ => self.written.files[0].whole(),
        };
        let keys = self.shape.keys;
        let object = self.shape.name;
        if !keys.is_empty() && !keys.iter().any(|key| self.mapped.contains(*key)) {
            let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            let message = format!("nothing fills {}", words::either(&named));
            let cause = format!("a {object} is told from others by one of them");
            let remedy = format!("add a line for one of them to [map]: `{} = \"...\"`", keys[0]);
            self.push(
                Diagnostic::new(codes::MAPPING_REQUIRED_FIELD, message, place.clone()).cause(cause).remedy(remedy),
            );
        }
        let mut missing = Vec::new();
        self.missing_fields(NodeShapeId(0), &mut String::new(), &mut missing);
        for field in missing {
            let message = format!("nothing fills `{field}`, which every {object} must have");
            let remedy = format!("add a line `{field} = \"...\"` to [map], or a constant: `{{ const = \"...\" }}`");
            self.push(Diagnostic::new(codes::MAPPING_REQUIRED_FIELD, message, place.clone()).remedy(remedy));
        }
    }

    /// Tells each line that takes every key of an open object which keys others take.
    fn keys_of_others(&mut self) {
        fn parent(line: &Line) -> &str {
            line.path.rsplit_once('.').map_or("", |(parent, _)| parent)
        }
        let takes_rest = |line: &Line| matches!(line.form, Form::PairRest { .. } | Form::Scheme);
        let rest: Vec<usize> = (0..self.lines.len()).filter(|id| takes_rest(&self.lines[*id])).collect();
        let mut named: HashMap<&str, Vec<LineId>> =
            rest.iter().map(|id| (parent(&self.lines[*id]), Vec::new())).collect();
        for (id, line) in (0..).zip(&self.lines).filter(|(_, line)| line.way != Way::In) {
            if let Some(lines) = named.get_mut(parent(line)) {
                lines.push(id);
            }
        }
        let beside: Vec<Vec<LineId>> = rest.iter().map(|id| named[parent(&self.lines[*id])].clone()).collect();
        for (id, beside) in rest.into_iter().zip(beside) {
            self.lines[id].beside = beside;
        }
    }

    /// What is right in itself, and beside what else is said mostly a slip.
    fn likely_slips(&mut self) {
        self.forms_of_lines();
        self.ignored_and_taken();
        self.values_without_qualifier();
    }

    /// Code tables and blocks that this file adds and nothing uses: mostly a slip in a name.
    fn unused(&mut self) {
        for (number, entry) in self.written.codes.iter().enumerate() {
            if entry.key_at.file == 0 && !self.used_tables.contains(&number) {
                let message = format!("no line uses the code table `codes.{}`", entry.key);
                let remedy = match self.meant_table(&entry.key) {
                    Some(meant) => format!("did you mean the table that lines use, `codes.{meant}`?"),
                    None => format!("name it in a line: `codes = \"{}\"`, or remove it", entry.key),
                };
                self.report(codes::MAPPING_UNUSED, message, &entry.key_at, "codes", remedy);
            }
        }
        for entry in &self.written.blocks {
            if entry.key_at.file == 0 && !self.used_blocks.contains(&entry.key) {
                let message = format!("no table uses the block `{}`", entry.key);
                let remedy = format!("name it in a table: `use = \"{}\"`, or remove it", entry.key);
                self.report(codes::MAPPING_UNUSED, message, &entry.key_at, "block", remedy);
            }
        }
    }

    /// Of the node at `path`, and of those inside it: required fields that no line fills.
    fn missing_fields(&self, shape: NodeShapeId, path: &mut String, missing: &mut Vec<String>) {
        for field in &self.shape.node(shape).fields {
            let inner = match &field.kind {
                Kind::Object(inner) if !self.shape.node(*inner).quantity => Some(*inner),
                _ => None,
            };
            if !field.required && inner.is_none() {
                continue;
            }
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(&field.name);
            match (self.mapped.contains(path.as_str()), inner) {
                (true, Some(inner)) => self.missing_fields(inner, path, missing),
                (false, _) if field.required => missing.push(path.clone()),
                _ => {}
            }
            path.truncate(length);
        }
    }

    fn add_child(&mut self, scope: ScopeId, child: Child, at: &At) {
        self.child_origins.insert((scope, self.scopes[scope].children.len()), at.clone());
        self.scopes[scope].children.push(child);
    }
}

fn same_words(one: &Diagnostic, other: &Diagnostic) -> bool {
    match (&one.place, &other.place) {
        (diagnostic::Place::Source(one), diagnostic::Place::Source(other)) => {
            one.line > 0 && (&one.file, one.line, one.column) == (&other.file, other.line, other.column)
        }
        _ => false,
    }
}
