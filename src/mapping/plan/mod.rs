//! A compiled mapping: one list of lines, arranged by the document's loops, used to read and to write.
//!
//! A [`Scope`] belongs to one loop of the document and one node of the canonical object. Its [`Row`]s select segments of
//! the loop occurrence; its lines take values from those rows (reading) or put them there (writing); its [`Child`]ren
//! are the loops inside.

mod line;
mod read;
mod scope;
mod short;
mod table;

use std::sync::{Arc, OnceLock};

use crate::canonical::{FieldId, Shape};
use crate::diagnostic::{Diagnostic, SourcePlace};
use crate::expression::Expression;
use crate::tree::{Grammar, ItemId, LevelForm, Tag};

use super::boundary::Boundary;
use super::manner::Manner;
use super::own_forms::OwnForm;
use super::recall::Recall;
use super::rules::{self, Rule};
use super::syntax::MappingTest;
use super::units::UnitTable;
use super::unwritten::Written;

pub(super) use line::{Form, Lens, Line, LinePlace, Options, PairPlace, Unit, Way, bit_of};
pub(super) use read::{How, PlainQuantity, PlainSum, Read};
pub(super) use scope::{
    Alternative, Alternatives, Attach, Behind, Child, HandedOn, ListField, LoopCondition, Part, Row, Scope, Takes,
};
pub(super) use short::{SLOTS, ShortRow};
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
    /// Places said to be ignored.
    pub(super) ignored: Vec<Ignored>,
    /// Canonical paths said to be ignored.
    pub(super) ignored_fields: Vec<String>,
    pub(super) lacking: Vec<Diagnostic>,
    pub(super) own_forms: Vec<OwnForm>,
    /// What it writes, made when it is first asked for.
    pub(super) written: OnceLock<Written>,
    /// The scope of each line, see [`Plan::scope_of`].
    pub(super) scope_of_line: OnceLock<Vec<Option<ScopeId>>>,
    /// See [`Plan::taken_in_parts`].
    pub(super) in_parts: OnceLock<Vec<InParts>>,
}

/// An element of which lines take parts only.
#[derive(Debug)]
pub(super) struct InParts {
    pub(super) item: ItemId,
    /// Position of the element, 1-based.
    pub(super) position: u16,
    /// Repetition and component of each part that is taken, both 1-based.
    pub(super) parts: Vec<(u16, u16)>,
}

/// A place of the document that is ignored.
#[derive(Debug)]
pub(super) struct Ignored {
    pub(super) tag: Tag,
    /// Position of the element, 1-based; 0 for the segment.
    pub(super) position: u16,
    /// 1-based; 0 for the element.
    pub(super) component: u16,
    /// What elements of the segment say where it is meant: position, 1-based, and value.
    pub(super) conditions: Vec<(u16, String)>,
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
    /// Its segment is chosen by what it says, and nothing else of the mapping is written there.
    pub(super) alone: bool,
    /// The code table of its words.
    pub(super) codes: Option<usize>,
    /// The form of a date or number, where it is not the element's own.
    pub(super) manner: Option<Box<Manner>>,
    /// Decimals implied in its number.
    pub(super) implied: u8,
    /// The quantity whose unit its number is in, where that may be another one than the object's.
    pub(super) quantity: Option<LineId>,
    /// What its number is in the segment that has it, where that is plain.
    pub(super) sum: Option<PlainSum>,
    /// The place as written in the mapping.
    pub(super) name: String,
    pub(super) source: Arc<str>,
}

impl Derived {
    /// Is it computed from the object, or known from elsewhere? Then it is written even where nothing else is.
    pub(super) fn is_computed(&self) -> bool {
        !matches!(self.value, DerivedValue::Constant(_) | DerivedValue::Counter)
    }
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
    Expression(Expression<rules::Asked>),
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
    /// Of a quantity: the field beside its value that says the unit.
    pub(super) unit: Option<FieldId>,
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

/// Is a place among those that are ignored, or in one of them? `says` answers for its segment: is this the value of the element
/// at this position?
pub(super) fn ignores(
    ignored: &[Ignored],
    (tag, position, component): (Tag, u16, u16),
    says: impl Fn(&(u16, String)) -> bool,
) -> bool {
    ignored.iter().any(|known| {
        known.tag == tag
            && (known.position == 0
                || known.position == position && (known.component == 0 || known.component == component))
            && known.conditions.iter().all(&says)
    })
}

impl Plan {
    /// The sequences of our own of which it writes numbers.
    pub fn sequences(&self) -> impl Iterator<Item = &str> {
        self.derived.iter().filter_map(|derived| match &derived.value {
            DerivedValue::Sequence(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Does it recall such objects from the record?
    #[must_use]
    pub fn recalls(&self, canonical: &str) -> bool {
        let of_it =
            |value: &DerivedValue| matches!(value, DerivedValue::Recall(recall) if recall.record.name == canonical);
        self.derived.iter().any(|derived| of_it(&derived.value))
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

    /// The canonical paths, without list indices, whose values are written to such segments, or to the loops that they begin: of a
    /// loop or a list of segments the path of what it is as a whole; each once.
    #[must_use]
    pub fn fields_of(&self, tag: Tag) -> Vec<String> {
        let mut fields = Vec::new();
        let mut add = |path: String| {
            if !path.is_empty() && !fields.contains(&path) {
                fields.push(path);
            }
        };
        for (id, scope) in self.scopes.iter().enumerate() {
            for row in scope.rows.iter().filter(|row| row.tag == tag && row.up == 0) {
                match &row.takes {
                    Takes::Nodes(list) | Takes::Groups(list) => add(self.list_path(id, list)),
                    _ if self.grammar.is_trigger(row.item) && !scope.path.is_empty() => add(scope.path.clone()),
                    _ => {
                        let lines = row.lines.iter().map(|line| &self.lines[usize::from(*line)]);
                        lines.filter(|line| line.way != Way::In).for_each(|line| add(line.path.clone()));
                    }
                }
            }
        }
        fields
    }

    /// The `file:line` that says how the value of an element is made which no field of the object gives.
    #[must_use]
    pub fn derived_at(&self, tag: Tag, position: u16) -> Option<&str> {
        let of_scopes = self.scopes.iter().flat_map(|scope| scope.derived.iter().map(move |index| (scope, *index)));
        let all = of_scopes.map(|(scope, index)| (&scope.rows[self.derived[index].place.row], &self.derived[index]));
        let mut there = all.filter(|(row, derived)| row.tag == tag && derived.place.element == position);
        there.next().map(|(_, derived)| &*derived.source)
    }

    /// Of a loop that only stands on the way to another: the scope of that one.
    pub(super) fn through(&self, scope: ScopeId) -> Option<ScopeId> {
        let is_through = |child: &Child| child.scope == scope && matches!(child.attach, Attach::Through);
        let known = self.scopes.iter().any(|scope| scope.children.iter().any(is_through));
        self.scopes[scope].children.first().filter(|_| known).map(|child| child.scope)
    }

    /// Does it nest levels by their kinds alone, as their partner's numbers cannot be trusted?
    #[must_use]
    pub fn ignores_parents(&self) -> bool {
        self.hierarchy.as_ref().is_some_and(|hierarchy| !hierarchy.trusted)
    }

    /// Is the object itself a level, which `in` of `[map]` names, and so the heading beside it?
    pub(super) fn object_is_a_level(&self) -> bool {
        let of_object = |child: &Child| self.scopes[child.scope].path.is_empty();
        self.scopes[0].children.iter().any(|child| matches!(child.attach, Attach::One(_)) && of_object(child))
    }

    /// Is the element at a position (0 for the segment as a whole) ignored in all segments of which this is known: what
    /// elements at positions say?
    pub(super) fn ignores(&self, tag: Tag, position: u16, known: &[(u16, String)]) -> bool {
        ignores(&self.ignored, (tag, position, 0), |asked| known.contains(asked))
    }

    /// The elements of which lines take repetitions or components, and none the whole.
    pub(super) fn taken_in_parts(&self) -> &[InParts] {
        self.in_parts.get_or_init(|| {
            let mut found: Vec<InParts> = Vec::new();
            for scope in &self.scopes {
                let of_lines = scope.lines().flat_map(|line| &self.lines[usize::from(line)].places);
                let derived = scope.derived.iter().map(|derived| &self.derived[*derived].place);
                for place in of_lines.chain(derived) {
                    let (item, position, part) =
                        (scope.rows[place.row].item, place.element, (place.repetition, place.component));
                    match found.iter_mut().find(|known| known.item == item && known.position == position) {
                        Some(known) => known.parts.push(part),
                        None => found.push(InParts { item, position, parts: vec![part] }),
                    }
                }
            }
            found.retain(|element| !element.parts.contains(&(0, 0)));
            for (repetition, component) in found.iter_mut().flat_map(|element| &mut element.parts) {
                (*repetition, *component) = ((*repetition).max(1), (*component).max(1));
            }
            found
        })
    }

    /// The canonical paths, without indices, of the lists that tables in double brackets fill: a table of such a name in a
    /// mapping that extends this one stands instead of them all.
    pub fn lists_of_tables(&self) -> impl Iterator<Item = String> {
        let of_scopes =
            (0..self.scopes.len()).flat_map(|id| self.scopes[id].alternatives.iter().map(move |list| (id, *list)));
        of_scopes.map(|(scope, list)| self.list_path(scope, &self.alternatives[list].list))
    }

    /// The list of [`Plan::lists_of_tables`] that a table is, or in which it stands.
    #[must_use]
    pub fn list_of_tables_around(&self, table: &str) -> Option<String> {
        let is_around = |list: &String| {
            table.strip_prefix(list.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.lists_of_tables().filter(is_around).min_by_key(String::len)
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
