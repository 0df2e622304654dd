//! Writes a canonical object by a plan: its values into the tree of a new document.
//!
//! One walk over the plan's scopes: the lines of a scope fill the cells of its rows, derived values and qualifiers come
//! last, and the rows go out in the order of the table. A value that does not fit is a diagnostic that names the field.
//! A scope whose node says nothing unusual goes the short way of [`short`] instead, which only writes and never tells.

mod cells;
mod fields;
mod fill;
mod lines;
mod parts;
mod short;
pub(super) mod texts;

use std::borrow::Cow;

use crate::canonical::{FieldId, NodeId, NodeShapeId, Object, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::tree::{ItemId, Segment, Tag, Tree};

use super::change::same_at;
use super::context::Context;
use super::derive;
use super::element_text::ElementText;
use super::hierarchy::{self, WrittenLevel};
use super::lens::{Fault, PlainBytes};
use super::plan::{
    Attach, Child, DerivedValue, GuardId, Hierarchy, Line, ListField, LoopCondition, Plan, Row, Scope, ScopeId, Takes,
    bit_of,
};
use fields::FieldsOf;
use short::Slots;
use texts::not_used;

pub(super) use cells::{Cell, Cells, Filled, constant_cell, plain, qualify};
pub(super) use parts::GroupCells;

/// Writes `object` as a document into `tree`, whose texts are all [`Tree::made`].
pub fn write(plan: &Plan, object: &Object, context: &Context<'_>, tree: &mut Tree, diagnostics: &mut Diagnostics) {
    tree.clear();
    let mut walk = Walk::new(plan, object, context, tree, diagnostics);
    walk.is_new = true;
    walk.scope(0, NodeId::ROOT, 1);
    walk.check_structure();
    walk.complete();
    super::unwritten::report(plan, object, walk.diagnostics);
}

/// The walk over a plan's scopes that writes an object.
pub(super) struct Walk<'w, 'a> {
    pub(super) plan: &'a Plan,
    pub(super) object: &'a Object,
    pub(super) context: &'a Context<'a>,
    pub(super) tree: &'w mut Tree,
    pub(super) diagnostics: &'w mut Diagnostics,
    /// The list entries around the place being written: path of the list, 1-based number of the entry.
    pub(super) lists: Vec<(ListAt<'a>, usize)>,
    /// The levels written so far, and those that are being written, from the outside in.
    pub(super) levels: Vec<WrittenLevel>,
    open: Vec<usize>,
    /// Elements that hold a number of segments: segment, position, which of the plan's derived values.
    pub(super) counted: Vec<(usize, u16, usize)>,
    /// Lines that write to another of their places than the first: the document has the value there.
    pub(super) chosen: Vec<(&'a Line, Vec<usize>)>,
    /// The key that a line for every key (`*`) is at.
    pub(super) key: Option<&'a str>,
    /// The units of quantities that the document has which is changed.
    pub(super) units: Vec<(&'a Line, &'a str)>,
    /// Rows in which one is filled for itself: as many as a scope has, and empty in between.
    rows: Vec<Cells<'a>>,
    spare: Spare<'a>,
    fields: FieldsOf<'a>,
    plain: PlainBytes,
    /// The document is a new one: no other has to keep its form.
    is_new: bool,
    slots: Slots,
    /// Segments of the scopes that are being written the short way, which wait for the loops before them.
    pending: Vec<Segment>,
}

/// A list of the object: that of the nodes of a scope, or one that rows of the scope fill.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListAt<'a> {
    scope: ScopeId,
    list: Option<&'a ListField>,
}

impl<'a> ListAt<'a> {
    /// Its canonical path, without numbers.
    fn path(self, plan: &'a Plan) -> Cow<'a, str> {
        match self.list {
            Some(list) => plan.list_path(self.scope, list).into(),
            None => plan.scopes[self.scope].path.as_str().into(),
        }
    }
}

enum Piece<'p> {
    Row(&'p Row, Cells<'p>),
    /// Child, node, its number in its list.
    Child(&'p Child, NodeId, usize),
    /// A loop on the way, node, and the entries for which it is opened, with their numbers in their list.
    Through(&'p Child, NodeId, Vec<(usize, NodeId)>),
    /// What stands in a loop on the way, for one entry, with its number in its list.
    Filled(&'p Child, usize, Pieces<'p>),
}

/// What stands in a loop, each with the item of the table at which it goes out.
type Pieces<'p> = Vec<(ItemId, Piece<'p>)>;

/// Memory that is used again: what it held is written.
#[derive(Default)]
struct Spare<'p> {
    cells: Vec<Cells<'p>>,
    /// The single rows of scopes.
    rows: Vec<Vec<Cells<'p>>>,
    pieces: Vec<Pieces<'p>>,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(
        plan: &'a Plan,
        object: &'a Object,
        context: &'a Context<'a>,
        tree: &'w mut Tree,
        diagnostics: &'w mut Diagnostics,
    ) -> Self {
        let most = plan.scopes.iter().map(|scope| scope.rows.len()).max().unwrap_or_default();
        Self {
            plan,
            object,
            context,
            tree,
            diagnostics,
            lists: Vec::new(),
            levels: Vec::new(),
            open: Vec::new(),
            counted: Vec::new(),
            chosen: Vec::new(),
            key: None,
            units: Vec::new(),
            rows: vec![Cells::new(); most],
            spare: Spare::default(),
            fields: FieldsOf::none(),
            plain: PlainBytes::of(context),
            is_new: false,
            slots: Slots::empty(),
            pending: Vec::new(),
        }
    }

    /// Empties the tree for the next part of a document.
    pub(super) fn start_anew(&mut self) {
        self.tree.clear();
        self.levels.clear();
        self.counted.clear();
    }

    /// Puts in what is known only when the document is whole: the numbers of levels and of segments.
    fn complete(&mut self) {
        if let Some(level) = &self.plan.hierarchy {
            hierarchy::number(level, &self.levels, self.tree);
        }
        for (segment, position, derived) in &self.counted {
            if let DerivedValue::Count { tag, conditions } = &self.plan.derived[*derived].value {
                let count = derive::count(self.tree, b"", *tag, conditions);
                hierarchy::put(self.tree, *segment, *position, &count.to_string());
            }
        }
    }

    fn scope(&mut self, id: ScopeId, node: NodeId, number: u32) {
        if self.shortly(id, node, number) {
            return;
        }
        let mut filled = self.fill(id, node);
        self.finish(id, node, number, &mut filled);
        let mut pieces = self.pieces(id, filled);
        self.children(&self.plan.scopes[id], node, &mut pieces);
        self.emit(id, pieces);
    }

    /// A loop that only stands on the way, opened for some entries of the one inside.
    pub(super) fn through(&mut self, child: &'a Child, node: NodeId, number: u32, entries: &[(usize, NodeId)]) {
        if self.through_shortly(child, node, number, entries) {
            return;
        }
        let (plan, id) = (self.plan, child.scope);
        let Some(inner) = plan.scopes[id].children.first() else { return };
        let start = self.tree.segments.len();
        let mut filled = self.fill(id, node);
        let (mut further, mut inside) = (Vec::new(), Vec::new());
        for (position, entry) in entries {
            let depth = self.lists.len();
            self.enter(inner, *position);
            let mut below = self.fill(inner.scope, *entry);
            // They agree in what stands in the outer loop: the first speaks for all.
            if inside.is_empty() {
                further = self.outer_rows(id, inner, &mut below, &mut filled);
            }
            self.finish(inner.scope, *entry, inside.len() as u32 + 1, &mut below);
            let mut within = self.pieces(inner.scope, below);
            self.children(&plan.scopes[inner.scope], *entry, &mut within);
            inside.push((inner.item, Piece::Filled(inner, *position, within)));
            self.lists.truncate(depth);
        }
        self.finish(id, node, number, &mut filled);
        let mut pieces = self.pieces(id, filled);
        pieces.extend(further.into_iter().map(|(row, cells)| (row.item, Piece::Row(row, cells))));
        pieces.extend(inside);
        self.emit(id, pieces);
        self.told_apart(child, start);
    }

    fn pieces(&mut self, id: ScopeId, mut filled: Filled<'a>) -> Pieces<'a> {
        let (rows, trigger) = (&self.plan.scopes[id].rows, self.trigger(id));
        let mut pieces = self.spare.pieces.pop().unwrap_or_default();
        for (row, cells) in rows.iter().zip(&mut filled.one) {
            if (!cells.is_empty() || Some(row.item) == trigger) && row.up == 0 && matches!(row.takes, Takes::One) {
                pieces.push((row.item, Piece::Row(row, std::mem::take(cells))));
            }
        }
        for (row, cells, _) in filled.many {
            let row = &rows[row];
            if (!cells.is_empty() || Some(row.item) == trigger) && row.up == 0 {
                pieces.push((row.item, Piece::Row(row, cells)));
            }
        }
        filled.one.clear();
        self.spare.rows.push(filled.one);
        pieces
    }

    /// The segment that begins the loop of a scope: it is written even when it says nothing.
    fn trigger(&self, id: ScopeId) -> Option<ItemId> {
        (id != 0).then(|| ItemId(self.plan.scopes[id].item.0 + 1))
    }

    /// Moves the rows that the lines of `inner`'s scope fill in the loop on the way into that loop's rows; returns those
    /// for which it has no row of its own.
    pub(super) fn outer_rows(
        &mut self,
        id: ScopeId,
        inner: &'a Child,
        below: &mut Filled<'a>,
        filled: &mut Filled<'a>,
    ) -> Vec<(&'a Row, Cells<'a>)> {
        let plan = self.plan;
        let rows = &plan.scopes[inner.scope].rows;
        let mut further = Vec::new();
        for (row, cells) in rows.iter().zip(&mut below.one).filter(|(row, cells)| row.up == 1 && !cells.is_empty()) {
            qualify(row, cells);
            match plan.scopes[id].rows.iter().position(|own| own.is_the_outer(row)) {
                Some(own) => filled.one[own].append(cells),
                None => further.push((row, std::mem::take(cells))),
            }
        }
        let many = below.many.iter().filter(|(row, ..)| rows[*row].up == 1);
        further.extend(many.map(|(row, cells, _)| {
            let mut cells = cells.clone();
            qualify(&rows[*row], &mut cells);
            (&rows[*row], cells)
        }));
        further
    }

    /// The node at the end of `steps`, if it has anything.
    pub(super) fn present(&self, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> Option<NodeId> {
        self.descend(node, steps).filter(|inner| self.object.entries(*inner).next().is_some())
    }

    fn emit(&mut self, scope: ScopeId, mut pieces: Pieces<'a>) {
        let own = self.plan.scopes[scope].item;
        // Levels inside a level come behind all of its own segments.
        pieces.sort_by_key(|(item, _)| (scope != 0 && *item == own, *item));
        let trigger = self.trigger(scope);
        let level = self.plan.hierarchy.as_ref().filter(|level| scope != 0 && level.form.item == own);
        let mut counted = (ItemId::ROOT, 0);
        for (item, piece) in pieces.drain(..) {
            counted = (item, if counted.0 == item { counted.1 + 1 } else { 1 });
            match piece {
                Piece::Row(row, mut cells) if !cells.is_empty() || Some(row.item) == trigger => {
                    if let Some(level) = level.filter(|_| Some(row.item) == trigger) {
                        self.open_level(level, &mut cells);
                    }
                    self.row(row.tag, row.item, cells);
                }
                Piece::Row(..) => {}
                Piece::Child(child, node, position) => self.occurrence(child, node, position, counted.1),
                Piece::Through(child, node, entries) => self.through(child, node, counted.1, &entries),
                Piece::Filled(child, position, pieces) => {
                    let (start, depth) = (self.tree.segments.len(), self.lists.len());
                    self.enter(child, position);
                    self.emit(child.scope, pieces);
                    self.told_apart(child, start);
                    self.lists.truncate(depth);
                }
            }
        }
        self.spare.pieces.push(pieces);
        if level.is_some() {
            self.open.pop();
        }
    }

    /// Makes room for the numbers of a level, which come in the end.
    fn open_level(&mut self, level: &Hierarchy, cells: &mut Cells<'a>) {
        self.begin_level();
        for position in &level.writes {
            cells.retain(|cell| cell.element != *position);
            // Filled when the document is whole.
            cells.push(cells::plain(*position, ElementText::default()));
        }
    }

    /// Counts the level whose first segment comes next.
    fn begin_level(&mut self) {
        let parent = self.open.last().copied();
        if let Some(parent) = parent {
            self.levels[parent].has_children = true;
        }
        self.open.push(self.levels.len());
        self.levels.push(WrittenLevel { segment: self.tree.segments.len(), parent, has_children: false });
    }

    /// What is told from here on is told of this entry.
    fn enter(&mut self, child: &Child, position: usize) {
        if let Attach::Each(_) = child.attach {
            self.lists.push((ListAt { scope: child.scope, list: None }, position));
        }
    }

    pub(super) fn occurrence(&mut self, child: &'a Child, node: NodeId, position: usize, number: u32) {
        let start = self.tree.segments.len();
        let depth = self.lists.len();
        self.enter(child, position);
        self.scope(child.scope, node, number);
        self.told_apart(child, start);
        self.lists.truncate(depth);
    }

    /// What was written must be found again by the conditions of its loop.
    fn told_apart(&mut self, child: &Child, start: usize) {
        for condition in &child.conditions {
            let segments = &self.tree.segments[start..];
            // A level inside a level speaks for itself.
            let inside = segments.iter().skip(1).position(|segment| segment.item == segments[0].item);
            let written = inside.map_or(segments, |inside| &segments[..=inside]);
            let has = |tag: &Tag| written.iter().any(|segment| segment.tag == *tag);
            let holds = match condition {
                LoopCondition::Has(tag) => has(tag),
                LoopCondition::HasNot(tag) => !has(tag),
                LoopCondition::Equals { tag, element, value, .. } => {
                    let equal = |segment: &Segment| {
                        segment.tag == *tag && self.tree.value(segment, *element, b"") == value.as_bytes()
                    };
                    written.iter().any(equal)
                }
            };
            if !holds {
                self.not_told_apart(child, condition);
            }
        }
    }

    fn not_told_apart(&mut self, child: &Child, condition: &LoopCondition) {
        let what = match condition {
            LoopCondition::Has(tag) => format!("a {tag} {}", self.plan.grammar.segment_word()),
            LoopCondition::HasNot(tag) => format!("no {tag} {}", self.plan.grammar.segment_word()),
            LoopCondition::Equals { tag, element, value, .. } => {
                format!("{} = {value}", self.plan.grammar.designator(*tag, *element))
            }
        };
        let path = self.located(&self.plan.scopes[child.scope].path);
        let message = format!(
            "`{path}` cannot be told from others of its kind: the mapping knows it by {what}, and nothing in it gives that"
        );
        let place = FieldPlace { path, ..FieldPlace::default() };
        self.diagnostics.push(
            Diagnostic::new(codes::MAPPING_NOT_TOLD_APART, message, place)
                .remedy("fill the field that the mapping writes there (see the `each` of this list)"),
        );
    }

    fn children(&mut self, scope: &'a Scope, node: NodeId, pieces: &mut Pieces<'a>) {
        for child in &scope.children {
            match &child.attach {
                Attach::Through => {
                    let Some(inner) = self.plan.scopes[child.scope].children.first() else { continue };
                    let entries = self.attached(inner, node);
                    for entries in self.grouped(&inner.attach, entries) {
                        pieces.push((child.item, Piece::Through(child, node, entries)));
                    }
                }
                Attach::Each(ListField { alternative: Some(_), .. }) => self.in_list_order(scope, child, node, pieces),
                _ => {
                    for (position, entry) in self.attached(child, node) {
                        pieces.push((child.item, Piece::Child(child, entry, position)));
                    }
                }
            }
        }
    }

    /// The loops of all tables of a list, in its order, when `child` is the first of them.
    fn in_list_order(&mut self, scope: &'a Scope, child: &'a Child, node: NodeId, pieces: &mut Pieces<'a>) {
        let family = scope.family(child);
        if !std::ptr::eq(family[0], child) {
            return;
        }
        let mut entries = Vec::new();
        for child in family {
            entries.extend(self.attached(child, node).into_iter().map(|(position, entry)| (position, child, entry)));
        }
        entries.sort_by_key(|(position, ..)| *position);
        pieces.extend(
            entries.into_iter().map(|(position, child, entry)| (child.item, Piece::Child(child, entry, position))),
        );
    }

    /// The nodes that occurrences of a loop are written for, with their numbers in their list.
    pub(super) fn attached(&mut self, child: &Child, node: NodeId) -> Vec<(usize, NodeId)> {
        let entries = match &child.attach {
            // The level that is the object itself is always there.
            Attach::One(steps) if steps.is_empty() => vec![(1, node)],
            _ if !self.says(&child.attach, node) => return Vec::new(),
            Attach::One(steps) => self.present(node, steps).map(|node| (1, node)).into_iter().collect(),
            Attach::Each(list) => self.entries(node, list),
            Attach::Through => Vec::new(),
        };
        self.guarded(&child.guards, node, entries, ListAt { scope: child.scope, list: None })
    }

    /// Has the node the field that leads to what an occurrence of a loop is written for? Most are not there.
    fn says(&mut self, attach: &Attach, node: NodeId) -> bool {
        let field = match attach {
            Attach::One(steps) => steps.first().map(|(field, _)| *field),
            Attach::Each(list) => Some(list.first_field()),
            Attach::Through => None,
        };
        field.is_none_or(|field| bit_of(field) & self.fields.of(self.object, node) != 0)
    }

    /// The entries that share an occurrence of the loop on their way.
    pub(super) fn grouped(&self, attach: &Attach, entries: Vec<(usize, NodeId)>) -> Vec<Vec<(usize, NodeId)>> {
        let group = match attach {
            Attach::Each(list) => list.group.as_ref(),
            _ => None,
        };
        let together = |one: NodeId, other: NodeId| {
            group.is_some_and(|group| group.iter().all(|fields| same_at(self.object, one, self.object, other, fields)))
        };
        entries.chunk_by(|(_, one), (_, other)| together(*one, *other)).map(<[_]>::to_vec).collect()
    }

    /// The entries, where the guards of their table hold; where they do not, such entries have no place.
    pub(super) fn guarded(
        &mut self,
        guards: &[GuardId],
        node: NodeId,
        entries: Vec<(usize, NodeId)>,
        at: ListAt<'a>,
    ) -> Vec<(usize, NodeId)> {
        if entries.is_empty() || self.plan.holds(guards, self.object, node) {
            return entries;
        }
        let fault = not_used(&self.plan.asked(guards));
        let source = self.plan.guards[guards[0]].source.clone();
        self.report(fault, &at.path(self.plan), &source);
        Vec::new()
    }

    /// The entries of a list that the table of `list` writes, with their numbers in it, 1-based.
    pub(super) fn entries(&self, node: NodeId, list: &ListField) -> Vec<(usize, NodeId)> {
        entries(self.plan, self.object, node, list)
    }

    /// The entries of a list, whichever table writes them.
    fn all_entries(&self, node: NodeId, list: &ListField) -> Vec<(usize, NodeId)> {
        let Some(parent) = self.descend(node, &list.steps).filter(|_| !list.read_only) else {
            return Vec::new();
        };
        (1..).zip(self.object.nodes(parent, list.field)).collect()
    }

    pub(super) fn descend(&self, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> Option<NodeId> {
        descend(self.object, node, steps)
    }

    fn line_fault(&mut self, fault: Fault, line: &Line) {
        match (self.key, line.path.strip_suffix('*')) {
            (Some(key), Some(node)) => self.report(fault, &format!("{node}{key}"), &line.source),
            _ => self.report(fault, &line.path, &line.source),
        }
    }

    fn report(&mut self, fault: Fault, path: &str, source: &str) {
        let told = self.told(fault, path, source);
        self.diagnostics.push(told);
    }

    fn told(&self, fault: Fault, path: &str, source: &str) -> Diagnostic {
        let path = self.located(path);
        let message = format!("`{path}`: {}", fault.message);
        let place = FieldPlace { path, mapping: Some(source.to_owned()), ..FieldPlace::default() };
        Diagnostic::new(fault.code, message, place).remedy(fault.remedy)
    }

    /// A canonical path with the numbers of the list entries it goes through.
    fn located(&self, path: &str) -> String {
        let mut located = path.to_owned();
        for (list, number) in self.lists.iter().rev() {
            let list = list.path(self.plan);
            if path.starts_with(&*list) {
                located.insert_str(list.len(), &format!("[{number}]"));
            }
        }
        located
    }
}

/// The node at the end of `steps`, if the object has it.
pub(super) fn descend(object: &Object, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> Option<NodeId> {
    steps.iter().try_fold(node, |node, (field, _)| match object.get(node, *field)?.value {
        Value::Node(inner) => Some(inner),
        _ => None,
    })
}

/// The entries of a list that the table of `list` writes, with their numbers in it, 1-based.
pub(super) fn entries(plan: &Plan, object: &Object, node: NodeId, list: &ListField) -> Vec<(usize, NodeId)> {
    let Some(parent) = descend(object, node, &list.steps).filter(|_| !list.read_only) else {
        return Vec::new();
    };
    let own = |entry: NodeId| match list.alternative {
        Some((group, table)) => plan.alternative_of(group, object, node, entry) == Some(table),
        None => true,
    };
    let entries = object.nodes(parent, list.field).enumerate().map(|(index, entry)| (index + 1, entry));
    entries.filter(|(_, entry)| own(*entry)).collect()
}
