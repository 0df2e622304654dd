//! A compiled mapping: one list of lines, arranged by the document's loops, used to read and to write.
//!
//! A [`Scope`] belongs to one loop of the document and one node of the canonical object. Its [`Row`]s select segments of
//! the loop occurrence; its lines take values from those rows (reading) or put them there (writing); its [`Child`]ren
//! are the loops inside.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;

use crate::canonical::{FieldId, NodeShapeId, Shape};
use crate::diagnostic::{Diagnostic, SourcePlace};
use crate::expression::Expression;
use crate::tree::{ElementType, ElementUse, Grammar, ItemId, LevelForm, Tag};

use super::boundary::Boundary;
use super::dispatch::Dispatch;
use super::manner::Manner;
use super::recall::Recall;
use super::rules::Rule;
use super::syntax::MappingTest;
use super::units::UnitTable;
use super::unwritten::Written;

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

#[derive(Debug)]
pub(super) struct Scope {
    /// The loop.
    pub(super) item: ItemId,
    /// Shape of the node its lines start at.
    pub(super) shape: NodeShapeId,
    /// The scope around it; itself for the document.
    pub(super) parent: ScopeId,
    /// Canonical path of the node, without indices: `packages.lines`.
    pub(super) path: String,
    /// Rows, grouped by item; among rows of one item the particular ones first, the catch-all last.
    pub(super) rows: Vec<Row>,
    /// Where the rows of an item stand in `rows`.
    pub(super) dispatch: Dispatch,
    /// Lines that take values from several rows.
    pub(super) joined: Vec<LineId>,
    /// Lines of single rows that take what even those leave.
    pub(super) last: Vec<LineId>,
    /// Constant lines: they fill their field without any place.
    pub(super) constants: Vec<LineId>,
    /// Lines with a default, and the row without which it comes in.
    pub(super) defaults: Vec<(usize, LineId)>,
    /// Loops inside, particular ones first.
    pub(super) children: Vec<Child>,
    /// Derived values whose place is in this scope.
    pub(super) derived: Vec<usize>,
    /// Entries of lists that are made of some elements only.
    pub(super) parts: Vec<Part>,
    /// Rows whose segments go on to others where they are not used.
    pub(super) handed_on: Vec<HandedOn>,
    /// Lists of this scope that several tables fill, as indices into [`Plan::alternatives`].
    pub(super) alternatives: Vec<usize>,
}

/// A row that is used only when the object says so: else its segments go to the first of `to` that takes them.
#[derive(Debug)]
pub(super) struct HandedOn {
    pub(super) row: usize,
    /// Of each line of the row, or of its table; the row is used where those of one hold.
    pub(super) guards: Vec<Vec<GuardId>>,
    /// Rows behind it that take many segments of its kind.
    pub(super) to: Vec<usize>,
}

/// An entry of a list that is made of some elements only: of the single rows of its scope, or of a row whose segments
/// hold several entries each.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) list: ListField,
    /// The row whose segments hold several such parts; none for the single rows of the scope.
    pub(super) row: Option<usize>,
    /// In such a row: the elements that are this part's own, and how far they stand behind those of the first part.
    pub(super) elements: Range<u16>,
    pub(super) offset: u16,
    /// Lines without which there is no entry.
    pub(super) own: Vec<LineId>,
    /// Constants, and lines whose places other parts have as well.
    pub(super) shared: Vec<LineId>,
}

/// A list that several tables fill: an entry is written by the first of them that it agrees with.
#[derive(Debug)]
pub(super) struct Alternatives {
    pub(super) list: ListField,
    pub(super) tables: Vec<Alternative>,
}

/// One of the tables that fill a list.
#[derive(Debug, Clone)]
pub(super) struct Alternative {
    /// What its entries always say.
    pub(super) constants: Vec<LineId>,
    pub(super) guards: Vec<GuardId>,
    /// Fields by which its entries are known: those of the table have a value there, those of other tables have not.
    pub(super) has: Vec<FieldId>,
    /// The same fields of other tables, where its own entries have no value.
    pub(super) has_not: Vec<FieldId>,
}

/// Selects segments of a loop occurrence.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The segment's item.
    pub(super) item: ItemId,
    pub(super) tag: Tag,
    /// Loops outward from the scope's own at which the segment stands: 0 is the scope's own loop.
    pub(super) up: u8,
    /// Elements that must have these values; written when the row is.
    pub(super) conditions: Vec<(u16, String)>,
    /// Which of the rows that fulfil the conditions, 1-based.
    pub(super) nth: u16,
    /// The same, among those that the rows before this one in [`Scope::rows`] leave.
    pub(super) arrival: u16,
    pub(super) takes: Takes,
    /// Lines all of whose elements stand in this row.
    pub(super) lines: Vec<LineId>,
    /// Those of them that read, as reading runs them.
    pub(super) reads: Vec<Read>,
}

/// A line of a row, and what the segment must have at least for it to find something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Read {
    pub(super) line: LineId,
    /// The first element the line looks at, 1-based; 0 for a line that gives a value from nothing.
    pub(super) element: u16,
    /// Whether it takes that element as it stands and looks for no other first.
    pub(super) plain: bool,
    /// For a plain one whose text is the value as it stands: the field, of the node that the row's lines start from.
    pub(super) text: Option<FieldId>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Takes {
    /// One segment: the nth that fulfils the conditions.
    One,
    /// Every segment: the values of its lines are lists. With `rest`, every segment that no other row took.
    All { rest: bool },
    /// Every segment becomes a node of a list.
    Nodes(ListField),
    /// Every segment becomes several nodes of a list, one for each [`Part`] of the row that is there.
    Groups(ListField),
}

/// A list of nodes that rows or loops fill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ListField {
    /// From the scope's node to the node that has the list.
    pub(super) steps: Vec<(FieldId, NodeShapeId)>,
    pub(super) field: FieldId,
    pub(super) shape: NodeShapeId,
    /// Name of the field in its entry by which entries of old and new objects are aligned.
    pub(super) key: Option<FieldId>,
    /// True for a catch-all: takes what no other row or loop took.
    pub(super) rest: bool,
    /// For a catch-all of several places: writing goes to the first only.
    pub(super) read_only: bool,
    /// What must hold for it to be filled.
    pub(super) guards: Vec<GuardId>,
    /// Which of several tables that fill the list this is: index into [`Plan::alternatives`], and of the table.
    pub(super) alternative: Option<(usize, usize)>,
    /// In a loop on the way: the fields in which entries agree that share an occurrence of it. None: each has its own.
    pub(super) group: Option<Vec<Vec<FieldId>>>,
    /// `file:line`, for messages.
    pub(super) source: Arc<str>,
}

impl ListField {
    /// The field of the scope's node that is the list, or leads to it.
    pub(super) fn first_field(&self) -> FieldId {
        self.steps.first().map_or(self.field, |(field, _)| *field)
    }

    /// Whether both are tables of one list of one scope.
    pub(super) fn is_same(&self, other: &ListField) -> bool {
        self.field == other.field && self.steps == other.steps
    }
}

#[derive(Debug)]
pub(super) struct Child {
    /// The loop.
    pub(super) item: ItemId,
    pub(super) conditions: Vec<LoopCondition>,
    /// What must hold in the object, besides.
    pub(super) guards: Vec<GuardId>,
    pub(super) attach: Attach,
    pub(super) scope: ScopeId,
}

/// Which node of the object an occurrence of the loop fills.
#[derive(Debug)]
pub(super) enum Attach {
    /// The scope's own node: the loop only stands on the way to the one inside it.
    Through,
    /// One nested node; only the first matching occurrence is taken.
    One(Vec<(FieldId, NodeShapeId)>),
    /// A new node of a list.
    Each(ListField),
}

/// What must hold for a loop occurrence.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LoopCondition {
    Equals { tag: Tag, element: u16, value: String, trigger: bool },
    Has(Tag),
    HasNot(Tag),
}

/// A line: one canonical field and its places.
#[derive(Debug)]
pub(super) struct Line {
    /// From the node of the scope (or of the row's list entry) to the field's node.
    pub(super) steps: Vec<(FieldId, NodeShapeId)>,
    pub(super) field: FieldId,
    /// The key, when the field is open.
    pub(super) key: Option<String>,
    /// Canonical path without indices, for messages.
    pub(super) path: String,
    pub(super) places: Vec<LinePlace>,
    pub(super) form: Form,
    pub(super) lens: Lens,
    pub(super) way: Way,
    /// What must hold in the object for the line to be used; asked of the node that the line starts from.
    pub(super) guards: Vec<GuardId>,
    /// `file:line`, for messages.
    pub(super) source: Arc<str>,
    pub(super) options: Arc<Options>,
    /// For a line that takes every key that no other one names: those other lines.
    pub(super) beside: Vec<LineId>,
    /// The fields, as [`bit_of`] has them, without which the line writes nothing: the node that it starts from has one of
    /// them or is passed over.
    pub(super) asks: u128,
}

/// How a line's places make its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// The one place.
    At,
    /// The one place, in the loop by whose key objects of one document are told apart: the value is the object's own.
    Key,
    /// The first place that has a value; written to all of them or to the first.
    First { write_all: bool },
    /// Every place, of every row: a list.
    List,
    /// All places together: date, time, time code.
    Joined,
    /// The first that has a date of several such: how many places each has. Written to the first of them.
    FirstJoined { parts: Vec<usize> },
    /// The first place is the number; the unit is the second place, or fixed.
    Quantity,
    /// Every pair that no other line took, under the scheme of its qualifier.
    PairRest { slots: Vec<u16> },
    /// Every pair that no other line took, as a list of nodes: qualifier and value are their fields.
    PairList { slots: Vec<u16>, shape: NodeShapeId, qualifier: FieldId, value: FieldId },
    /// The first place is the value, the second its scheme: one entry of an open node.
    Scheme,
    /// No place: the kinds of level that the document has, outermost first.
    Levels,
    /// No place: a constant.
    Constant(String),
}

#[derive(Debug, Clone)]
pub(super) struct LinePlace {
    /// Row of the scope.
    pub(super) row: usize,
    /// 1-based.
    pub(super) element: u16,
    /// 1-based; 0 for the element as a whole.
    pub(super) component: u16,
    /// 1-based; 0 for the element as a whole.
    pub(super) repetition: u16,
    /// For a value beside its qualifier: then `element` is that of the first slot.
    pub(super) pair: Option<Box<PairPlace>>,
    /// Elements of the same segment that must have these values for the place to mean this value; written with it.
    pub(super) case: Vec<(u16, String)>,
    /// The element that holds the value.
    pub(super) definition: Arc<ElementUse>,
}

/// A value beside its qualifier, in one of several pairs of a segment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PairPlace {
    /// Element positions of the qualifiers.
    pub(super) slots: Vec<u16>,
    pub(super) qualifier: String,
    /// Several lines take parts of it.
    pub(super) shared: bool,
}

/// How the text of a place becomes a canonical value, and back.
#[derive(Debug, Clone)]
pub(super) enum Lens {
    Text,
    Number {
        implied: u8,
    },
    Date,
    Time,
    DateOrInstant,
    /// A word by a code table; a code without a word goes to the sibling field, where there is one.
    Words {
        table: usize,
        sibling: Option<FieldId>,
    },
    Quantity {
        implied: u8,
        unit: Unit,
        value: FieldId,
        unit_field: FieldId,
        shape: NodeShapeId,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Unit {
    /// The line's second place, by a code table where one is named.
    Place { table: Option<usize> },
    /// Always this one.
    Fixed(String),
    /// The document has no unit.
    None,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    /// Texts that mean "nothing".
    pub(super) absent: Vec<String>,
    /// The value when the document has none.
    pub(super) default: Option<String>,
    /// Zero means "nothing".
    pub(super) omit_zero: bool,
    /// Zone of instants; the partner's when none is given.
    pub(super) zone: Option<TimeZone>,
    /// Code table of schemes (pairs, identifiers).
    pub(super) schemes: Option<usize>,
    /// How the value is written, where it is not plainly.
    pub(super) manner: Option<Box<Manner>>,
    /// Table of units that stand in a ratio to the object's.
    pub(super) units: Option<usize>,
    /// The guard that asks which item it is, where that table has units of items. It always holds.
    pub(super) item: Option<GuardId>,
}

/// Which ways a line works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Both,
    In,
    Out,
}

/// A table of codes and words.
#[derive(Debug)]
pub(super) struct CodeTable {
    pub(super) name: String,
    /// Word of each code, by code.
    pub(super) words: BTreeMap<String, String>,
    /// Code to write for each word, by word.
    pub(super) codes: BTreeMap<String, String>,
    pub(super) unknown: Unknown,
    /// File and line where it stands, such as `mappings/tables/common.toml:87`.
    pub(super) line: String,
    /// The codes that [`packed`] can pack, in its order, with their words: nearly all, and quickly found.
    short: Vec<(u64, String)>,
}

/// What a code that no table row names becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// A diagnostic that stops the document.
    Refuse,
    /// It is kept: in the field's `_code` sibling, or as it stands.
    Keep,
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
}

impl Row {
    /// What must hold in the object for the entries of its table.
    pub(super) fn guards(&self) -> &[GuardId] {
        match &self.takes {
            Takes::Nodes(list) | Takes::Groups(list) => &list.guards,
            Takes::One | Takes::All { .. } => &[],
        }
    }

    /// Is `inner`, a row of the scope one loop further in, this very row?
    pub(super) fn is_the_outer(&self, inner: &Row) -> bool {
        self.up == 0
            && inner.up == 1
            && self.item == inner.item
            && self.conditions == inner.conditions
            && self.takes == inner.takes
    }
}

impl Child {
    /// The list that its loops fill with those of other tables, as an index into [`Plan::alternatives`].
    fn list_of_several(&self) -> Option<usize> {
        match &self.attach {
            Attach::Each(list) => list.alternative.map(|(group, _)| group),
            _ => None,
        }
    }
}

impl Scope {
    /// All its lines but the constants of its own node.
    pub(super) fn lines(&self) -> impl Iterator<Item = LineId> + '_ {
        let parts = self.parts.iter().flat_map(|part| part.own.iter().chain(&part.shared));
        self.rows.iter().flat_map(|row| &row.lines).chain(&self.joined).chain(parts).copied()
    }

    /// The children whose loops are entries of the list of `child` and stand among each other; itself alone, where no other
    /// table fills the list.
    pub(super) fn family<'s>(&'s self, child: &'s Child) -> Vec<&'s Child> {
        match child.list_of_several() {
            None => vec![child],
            group => {
                let alike = |other: &&Child| other.item == child.item && other.list_of_several() == group;
                self.children.iter().filter(alike).collect()
            }
        }
    }
}

/// A field as a bit among those of its node; all keys of an open node are one.
#[inline]
pub(super) fn bit_of(field: FieldId) -> u128 {
    1 << field.0.min(127)
}

impl Line {
    /// What [`Line::asks`] is of the line as it stands.
    pub(super) fn fields_asked(&self) -> u128 {
        match (self.steps.first(), &self.form, &self.lens) {
            _ if self.way == Way::In => 0,
            (Some((field, _)), ..) => bit_of(*field),
            // They take what the node has, whatever it is called.
            (None, Form::PairRest { .. } | Form::Scheme, _) => u128::MAX,
            (None, _, Lens::Words { sibling: Some(sibling), .. }) => bit_of(self.field) | bit_of(*sibling),
            (None, ..) => bit_of(self.field),
        }
    }

    /// Which of its places, 0-based, puts something into an element of a row of its scope: a value, or a qualifier.
    pub(super) fn holds(&self, row: usize, position: u16) -> Option<usize> {
        let slots = match &self.form {
            Form::PairRest { slots } | Form::PairList { slots, .. } => Some(slots),
            _ => None,
        };
        self.places.iter().position(|place| {
            let slots = slots.or(place.pair.as_ref().map(|pair| &pair.slots));
            place.row == row
                && match slots {
                    Some(slots) => slots.iter().any(|slot| *slot == position || slot + 1 == position),
                    None => place.element == position || place.case.iter().any(|(element, _)| *element == position),
                }
        })
    }

    /// How reading runs it in its row; `None` for a line that only writes.
    pub(super) fn read(&self, line: LineId) -> Option<Read> {
        // A pair without a value says nothing.
        let value_of = |slots: &[u16]| slots.iter().min().map_or(0, |slot| slot + 1);
        let first = |place: &LinePlace| place.pair.as_ref().map_or(place.element, |pair| value_of(&pair.slots));
        let from_nothing = self.options.default.is_some();
        let element = match &self.form {
            _ if from_nothing => None,
            Form::PairRest { slots } | Form::PairList { slots, .. } => Some(value_of(slots)),
            // Its unit may stand before it, and be empty.
            Form::Quantity => Some(first(&self.places[0])),
            _ => self.places.iter().map(first).min(),
        };
        let plain = !from_nothing
            && self.guards.is_empty()
            && matches!(self.form, Form::At | Form::Quantity)
            && self.places[0].is_whole();
        let as_it_stands = plain
            && matches!(self.lens, Lens::Text)
            && self.steps.is_empty()
            && self.key.is_none()
            && self.options.absent.is_empty()
            && self.options.manner.is_none();
        let text = as_it_stands.then_some(self.field);
        (self.way != Way::Out).then_some(Read { line, element: element.unwrap_or(0), plain, text })
    }
}

impl Line {
    /// The places of the alternative `number` (0-based) of a line that takes the first of several; of another line all.
    pub(super) fn alternative(&self, number: usize) -> &[LinePlace] {
        match &self.form {
            Form::First { .. } => &self.places[number..number + 1],
            Form::FirstJoined { parts } => {
                let start = parts[..number].iter().sum();
                &self.places[start..start + parts[number]]
            }
            _ => &self.places,
        }
    }

    /// How many alternatives it has.
    pub(super) fn alternatives(&self) -> usize {
        match &self.form {
            Form::First { .. } => self.places.len(),
            Form::FirstJoined { parts } => parts.len(),
            _ => 1,
        }
    }
}

impl Plan {
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

impl LinePlace {
    /// Are both the same part of the same element?
    pub(super) fn is_at(&self, other: &LinePlace) -> bool {
        let at = |place: &LinePlace| (place.row, place.element, place.component, place.repetition);
        at(self) == at(other)
    }

    /// Is it the element as a whole, whatever else the segment says?
    #[inline]
    pub(super) fn is_whole(&self) -> bool {
        self.component == 0 && self.repetition == 0 && self.pair.is_none() && self.case.is_empty()
    }

    /// Decimals implied by the element's type.
    pub(super) fn implied(&self) -> u8 {
        match self.definition.kind {
            ElementType::Implied(decimals) => decimals,
            _ => 0,
        }
    }
}

impl CodeTable {
    pub(super) fn new(
        name: String,
        words: BTreeMap<String, String>,
        codes: BTreeMap<String, String>,
        unknown: Unknown,
        line: String,
    ) -> Self {
        let packed = |(code, word): (&String, &String)| Some((packed(code)?, word.clone()));
        let mut short: Vec<(u64, String)> = words.iter().filter_map(packed).collect();
        short.sort_unstable();
        Self { name, words, codes, unknown, line, short }
    }

    /// The word of a code.
    pub(super) fn word(&self, code: &str) -> Option<&str> {
        let Some(packed) = packed(code) else { return self.words.get(code).map(String::as_str) };
        let at = self.short.binary_search_by_key(&packed, |(code, _)| *code).ok()?;
        Some(&self.short[at].1)
    }

    /// The code to write for a word.
    pub(super) fn code(&self, word: &str) -> Option<&str> {
        self.codes.get(word).map(String::as_str)
    }
}

/// A code of at most eight bytes as one number, no two alike; `None` for a longer one, or one that begins with a NUL.
#[inline]
fn packed(code: &str) -> Option<u64> {
    let fits = code.len() <= 8 && code.as_bytes().first() != Some(&0);
    fits.then(|| code.bytes().fold(0, |packed, byte| packed << 8 | u64::from(byte)))
}
