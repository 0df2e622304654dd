//! A loop of the document and what it fills: its rows, the lists that they make, the loops inside.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::canonical::{FieldId, NodeShapeId};
use crate::mapping::dispatch::Dispatch;
use crate::tree::{ItemId, Tag};

use super::read::Read;
use super::short::ShortWay;
use super::{GuardId, LineId, ScopeId};

#[derive(Debug)]
pub(in crate::mapping) struct Scope {
    /// The loop.
    pub(in crate::mapping) item: ItemId,
    /// Shape of the node its lines start at.
    pub(in crate::mapping) shape: NodeShapeId,
    /// The scope around it; itself for the document.
    pub(in crate::mapping) parent: ScopeId,
    /// Canonical path of the node, without indices: `packages.lines`.
    pub(in crate::mapping) path: String,
    /// Rows, grouped by item; among rows of one item the particular ones first, the catch-all last.
    pub(in crate::mapping) rows: Vec<Row>,
    /// Where the rows of an item stand in `rows`.
    pub(in crate::mapping) dispatch: Dispatch,
    /// Lines that take values from several rows.
    pub(in crate::mapping) joined: Vec<LineId>,
    /// Lines of single rows that take what even those leave.
    pub(in crate::mapping) last: Vec<LineId>,
    /// Constant lines: they fill their field without any place.
    pub(in crate::mapping) constants: Vec<LineId>,
    /// These three as reading runs them, behind the lines of single rows.
    pub(in crate::mapping) behind: Vec<Behind>,
    /// Lines with a default, and the row without which it comes in.
    pub(in crate::mapping) defaults: Vec<(usize, LineId)>,
    /// Loops inside, particular ones first.
    pub(in crate::mapping) children: Vec<Child>,
    /// Derived values whose place is in this scope.
    pub(in crate::mapping) derived: Vec<usize>,
    /// Entries of lists that are made of some elements only.
    pub(in crate::mapping) parts: Vec<Part>,
    /// Some row takes the second of several segments, or a later one.
    pub(in crate::mapping) numbered: bool,
    /// Rows whose segments go on to others where they are not used.
    pub(in crate::mapping) handed_on: Vec<HandedOn>,
    /// Lists of this scope that several tables fill, as indices into [`super::Plan::alternatives`].
    pub(in crate::mapping) alternatives: Vec<usize>,
    /// How it is written where nothing is unusual, once that is asked.
    pub(in crate::mapping) short: OnceLock<Option<ShortWay>>,
}

/// A line that takes values from several rows, from none, or what the others leave.
#[derive(Debug, Clone, Copy)]
pub(in crate::mapping) struct Behind {
    pub(in crate::mapping) line: LineId,
    /// The rows without any of which it finds nothing, as marks; 0 for a line that may give a value without them.
    pub(in crate::mapping) looks_into: u64,
}

/// A row that is used only when the object says so: else its segments go to the first of `to` that takes them.
#[derive(Debug)]
pub(in crate::mapping) struct HandedOn {
    pub(in crate::mapping) row: usize,
    /// Of each line of the row, or of its table; the row is used where those of one hold.
    pub(in crate::mapping) guards: Vec<Vec<GuardId>>,
    /// Rows behind it that take many segments of its kind.
    pub(in crate::mapping) to: Vec<usize>,
}

/// An entry of a list that is made of some elements only: of the single rows of its scope, or of a row whose segments
/// hold several entries each.
#[derive(Debug)]
pub(in crate::mapping) struct Part {
    pub(in crate::mapping) list: ListField,
    /// The row whose segments hold several such parts; none for the single rows of the scope.
    pub(in crate::mapping) row: Option<usize>,
    /// In such a row: the elements that are this part's own, and how far they stand behind those of the first part.
    pub(in crate::mapping) elements: Range<u16>,
    pub(in crate::mapping) offset: u16,
    /// Lines without which there is no entry.
    pub(in crate::mapping) own: Vec<LineId>,
    /// Constants, and lines whose places other parts have as well.
    pub(in crate::mapping) shared: Vec<LineId>,
}

/// A list that several tables fill: an entry is written by the first of them that it agrees with.
#[derive(Debug)]
pub(in crate::mapping) struct Alternatives {
    pub(in crate::mapping) list: ListField,
    pub(in crate::mapping) tables: Vec<Alternative>,
}

/// One of the tables that fill a list.
#[derive(Debug, Clone)]
pub(in crate::mapping) struct Alternative {
    /// What its entries always say.
    pub(in crate::mapping) constants: Vec<LineId>,
    pub(in crate::mapping) guards: Vec<GuardId>,
    /// Fields by which its entries are known: those of the table have a value there, those of other tables have not.
    pub(in crate::mapping) has: Vec<FieldId>,
    /// The same fields of other tables, where its own entries have no value.
    pub(in crate::mapping) has_not: Vec<FieldId>,
}

/// Selects segments of a loop occurrence.
#[derive(Debug, Clone)]
pub(in crate::mapping) struct Row {
    /// The segment's item.
    pub(in crate::mapping) item: ItemId,
    pub(in crate::mapping) tag: Tag,
    /// Loops outward from the scope's own at which the segment stands: 0 is the scope's own loop.
    pub(in crate::mapping) up: u8,
    /// Elements that must have these values; written when the row is.
    pub(in crate::mapping) conditions: Vec<(u16, String)>,
    /// Which of the rows that fulfil the conditions, 1-based.
    pub(in crate::mapping) nth: u16,
    /// The same, among those that the rows before this one in [`Scope::rows`] leave.
    pub(in crate::mapping) arrival: u16,
    pub(in crate::mapping) takes: Takes,
    /// Lines all of whose elements stand in this row.
    pub(in crate::mapping) lines: Vec<LineId>,
    /// Those of them that read, as reading runs them.
    pub(in crate::mapping) reads: Vec<Read>,
    /// The fields, as [`bit_of`] has them, without which none of them writes.
    pub(in crate::mapping) asks: u128,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::mapping) enum Takes {
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
pub(in crate::mapping) struct ListField {
    /// From the scope's node to the node that has the list.
    pub(in crate::mapping) steps: Vec<(FieldId, NodeShapeId)>,
    pub(in crate::mapping) field: FieldId,
    pub(in crate::mapping) shape: NodeShapeId,
    /// Name of the field in its entry by which entries of old and new objects are aligned.
    pub(in crate::mapping) key: Option<FieldId>,
    /// True for a catch-all: takes what no other row or loop took.
    pub(in crate::mapping) rest: bool,
    /// For a catch-all of several places: writing goes to the first only.
    pub(in crate::mapping) read_only: bool,
    /// What must hold for it to be filled.
    pub(in crate::mapping) guards: Vec<GuardId>,
    /// Which of several tables that fill the list this is: index into [`super::Plan::alternatives`], and of the table.
    pub(in crate::mapping) alternative: Option<(usize, usize)>,
    /// In a loop on the way: the fields in which entries agree that share an occurrence of it. None: each has its own.
    pub(in crate::mapping) group: Option<Vec<Vec<FieldId>>>,
    /// `file:line`, for messages.
    pub(in crate::mapping) source: Arc<str>,
}

impl ListField {
    /// The field of the scope's node that is the list, or leads to it.
    pub(in crate::mapping) fn first_field(&self) -> FieldId {
        self.steps.first().map_or(self.field, |(field, _)| *field)
    }

    /// Whether both are tables of one list of one scope.
    pub(in crate::mapping) fn is_same(&self, other: &ListField) -> bool {
        self.field == other.field && self.steps == other.steps
    }
}

#[derive(Debug)]
pub(in crate::mapping) struct Child {
    /// The loop.
    pub(in crate::mapping) item: ItemId,
    pub(in crate::mapping) conditions: Vec<LoopCondition>,
    /// What must hold in the object, besides.
    pub(in crate::mapping) guards: Vec<GuardId>,
    pub(in crate::mapping) attach: Attach,
    pub(in crate::mapping) scope: ScopeId,
}

/// Which node of the object an occurrence of the loop fills.
#[derive(Debug)]
pub(in crate::mapping) enum Attach {
    /// The scope's own node: the loop only stands on the way to the one inside it.
    Through,
    /// One nested node; only the first matching occurrence is taken.
    One(Vec<(FieldId, NodeShapeId)>),
    /// A new node of a list.
    Each(ListField),
}

/// What must hold for a loop occurrence.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::mapping) enum LoopCondition {
    Equals { tag: Tag, element: u16, value: String, trigger: bool },
    Has(Tag),
    HasNot(Tag),
}

impl Row {
    /// What must hold in the object for the entries of its table.
    pub(in crate::mapping) fn guards(&self) -> &[GuardId] {
        match &self.takes {
            Takes::Nodes(list) | Takes::Groups(list) => &list.guards,
            Takes::One | Takes::All { .. } => &[],
        }
    }

    /// Is `inner`, a row of the scope one loop further in, this very row?
    pub(in crate::mapping) fn is_the_outer(&self, inner: &Row) -> bool {
        self.up == 0
            && inner.up == 1
            && self.item == inner.item
            && self.conditions == inner.conditions
            && self.takes == inner.takes
    }
}

impl Child {
    /// The list that its loops fill with those of other tables, as an index into [`super::Plan::alternatives`].
    fn list_of_several(&self) -> Option<usize> {
        match &self.attach {
            Attach::Each(list) => list.alternative.map(|(group, _)| group),
            _ => None,
        }
    }
}

impl Scope {
    /// All its lines but the constants of its own node.
    pub(in crate::mapping) fn lines(&self) -> impl Iterator<Item = LineId> + '_ {
        let parts = self.parts.iter().flat_map(|part| part.own.iter().chain(&part.shared));
        self.rows.iter().flat_map(|row| &row.lines).chain(&self.joined).chain(parts).copied()
    }

    /// The children whose loops are entries of the list of `child` and stand among each other; itself alone, where no other
    /// table fills the list.
    pub(in crate::mapping) fn family<'s>(&'s self, child: &'s Child) -> Vec<&'s Child> {
        match child.list_of_several() {
            None => vec![child],
            group => {
                let alike = |other: &&Child| other.item == child.item && other.list_of_several() == group;
                self.children.iter().filter(alike).collect()
            }
        }
    }
}
