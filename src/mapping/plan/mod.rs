//! A compiled mapping: one list of lines, arranged by the document's loops, used to read and to write.
//!
//! A [`Scope`] belongs to one loop of the document and one node of the canonical object. Its [`Row`]s select segments of
//! the loop occurrence; its lines take values from those rows (reading) or put them there (writing); its [`Child`]ren
//! are the loops inside.

mod line;
mod scope;
mod table;

use std::sync::{Arc, OnceLock};

use crate::canonical::{FieldId, Shape};
use crate::diagnostic::{Diagnostic, SourcePlace};
use crate::expression::Expression;
use crate::tree::{Grammar, LevelForm, Tag};

use super::boundary::Boundary;
use super::recall::Recall;
use super::rules::Rule;
use super::syntax::MappingTest;
use super::units::UnitTable;
use super::unwritten::Written;

pub(super) use line::{Form, Lens, Line, LinePlace, Options, PairPlace, Unit, Way, bit_of};
pub(super) use scope::{
    Alternative, Alternatives, Attach, Child, HandedOn, ListField, LoopCondition, Part, Row, Scope, Takes,
};
pub(super) use table::{CodeTable, Unknown};

/// Index of a line in [`Plan::lines`].
pub(super) type LineId = u16;
/// Index of a scope in [`Plan::scopes`]; 0 is the document.
pub(super) type ScopeId = usize;
/// Index of a guard in [`Plan::guards`].
pub(super) type GuardId = usize;

/// A compiled mapping, for one kind of document and one canonical object.
#[derive(Debug)]
pub struct Plan {
    /// Name it was loaded under, such as `base/945`.
    pub name: String,
    /// The ERP's side.
    pub canonical: &'static Shape,
    /// The partner's side.
    pub grammar: Arc<Grammar>,
    /// The partner's guide that documents are held against, as it is named, and where.
    pub guide: Option<(String, SourcePlace)>,
    /// Tests the file carries.
    pub tests: Vec<MappingTest>,
    pub(super) scopes: Vec<Scope>,
    pub(super) lines: Vec<Line>,
    pub(super) tables: Vec<CodeTable>,
    pub(super) derived: Vec<Derived>,
    pub(super) guards: Vec<Guard>,
    pub(super) rules: Vec<Rule>,
    pub(super) units: Vec<UnitTable>,
    pub(super) alternatives: Vec<Alternatives>,
    /// How the levels of the document are nested, where the mapping says so.
    pub(super) hierarchy: Option<Hierarchy>,
    /// Where one object of a document ends and the next begins, where it may hold several.
    pub(super) boundary: Option<Boundary>,
    /// Do some lines write parts of one text?
    pub(super) splits: bool,
    /// Element places said to be ignored, as (item, element position; 0 for all of them).
    pub(super) ignored: Vec<(Tag, u16)>,
    /// Canonical paths said to be ignored.
    pub(super) ignored_fields: Vec<String>,
    pub(super) lacking: Vec<Diagnostic>,
    /// What it writes, made when it is first asked for.
    pub(super) written: OnceLock<Written>,
    /// The scope of each line, see [`Plan::scope_of`].
    pub(super) scope_of_line: OnceLock<Vec<Option<ScopeId>>>,
}

/// How levels are nested when reading, and numbered when writing.
#[derive(Debug, Clone)]
pub(super) struct Hierarchy {
    pub(super) form: LevelForm,
    /// Does the number that a level names count?
    pub(super) trusted: bool,
    /// Kinds of level, outermost first, by which the others find their place.
    pub(super) order: Vec<String>,
    /// Positions of the elements that writing fills.
    pub(super) writes: Vec<u16>,
}

/// A value that only the document knows.
#[derive(Debug)]
pub(super) struct Derived {
    /// Row of the scope, and the place in it.
    pub(super) place: LinePlace,
    pub(super) value: DerivedValue,
    /// Report a difference found when reading?
    pub(super) report: bool,
    /// The element beside which it stands: it is written where that one is.
    pub(super) with: Option<u16>,
    /// The place as written in the mapping.
    pub(super) name: String,
    pub(super) source: Arc<str>,
}

#[derive(Debug)]
pub(super) enum DerivedValue {
    Constant(String),
    /// Number of the loop occurrence among its siblings.
    Counter,
    /// How many segments of a kind the document has.
    Count {
        tag: Tag,
        conditions: Vec<(u16, String)>,
    },
    Expression(Expression<FieldPath>),
    /// What a record says.
    Recall(Recall),
    /// The next number of the sequence of this name.
    Sequence(String),
}

/// A field reached from a node, through lists where there are any; ends at a number, a quantity's value or a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldPath {
    /// Fields from node to node, then the field itself.
    pub(super) fields: Vec<FieldId>,
}

/// A `when`: what the object must say for a line or table to be used.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) expression: Expression<Asked>,
    /// As written.
    pub(super) text: String,
    /// `file:line`, for messages.
    pub(super) source: Arc<str>,
    /// Canonical paths and the texts that they are compared with.
    pub(super) cases: Vec<(String, String)>,
}

/// A field that a guard asks, of a node around the one it stands at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// Nodes outward: 0 is the node itself.
    pub(super) up: u8,
    pub(super) field: FieldPath,
}

impl Plan {
    /// The mapping line a value came from, as `file:line`.
    #[must_use]
    pub fn line_source(&self, line: u16) -> Option<&str> {
        self.lines.get(usize::from(line)).map(|line| &*line.source)
    }

    /// The canonical path that a line fills, without list indices.
    #[must_use]
    pub fn line_path(&self, line: u16) -> Option<&str> {
        self.lines.get(usize::from(line)).map(|line| line.path.as_str())
    }

    /// The sequences of our own of which it writes numbers.
    pub fn sequences(&self) -> impl Iterator<Item = &str> {
        self.derived.iter().filter_map(|derived| match &derived.value {
            DerivedValue::Sequence(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// What documents that it writes would lack, and what to do: mandatory segments and elements that nothing in it makes.
    #[must_use]
    pub fn lacking(&self) -> &[Diagnostic] {
        &self.lacking
    }

    /// The canonical paths, without list indices, whose values are written to an element of a segment; each once.
    #[must_use]
    pub fn fields_at(&self, tag: Tag, position: u16) -> Vec<String> {
        let mut fields = Vec::new();
        let scopes = self.scopes.iter().filter(|scope| scope.rows.iter().any(|row| row.tag == tag));
        for (scope, line) in
            scopes.flat_map(|scope| scope.lines().map(move |line| (scope, &self.lines[usize::from(line)])))
        {
            let rows = (0..scope.rows.len()).filter(|row| scope.rows[*row].tag == tag);
            let Some(number) =
                rows.into_iter().find_map(|row| line.holds(row, position)).filter(|_| line.way != Way::In)
            else {
                continue;
            };
            let path = match (&line.lens, number) {
                (Lens::Quantity { .. }, 0) => format!("{}.value", line.path),
                (Lens::Quantity { .. }, _) => format!("{}.unit", line.path),
                _ => line.path.clone(),
            };
            if !fields.contains(&path) {
                fields.push(path);
            }
        }
        fields
    }

    /// The canonical path of a list that the scope fills.
    pub(super) fn list_path(&self, scope: ScopeId, list: &ListField) -> String {
        let scope = &self.scopes[scope];
        let mut shape = scope.shape;
        let mut path = scope.path.clone();
        for (field, inner) in list.steps.iter().copied().chain([(list.field, list.shape)]) {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&self.canonical.node(shape).get(field).name);
            shape = inner;
        }
        path
    }
}
