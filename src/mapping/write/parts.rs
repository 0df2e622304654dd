//! Entries that are made of some elements only: columns of one segment, groups of elements that repeat inside segments;
//! and which of several tables writes an entry of their list.

use crate::canonical::{FieldId, NodeId, Object, Value, number};
use crate::diagnostic::codes;

use super::cells::{Cell, Cells, Filled};
use super::texts::no_room;
use super::{ListAt, Walk};
use crate::mapping::lens::Fault;
use crate::mapping::plan::{Form, LineId, ListField, Part, Plan, ScopeId};

impl Plan {
    /// The table that writes an entry of a list that several fill; `node` is the one they start from.
    pub(in crate::mapping) fn alternative_of(
        &self,
        group: usize,
        object: &Object,
        node: NodeId,
        entry: NodeId,
    ) -> Option<usize> {
        self.alternatives[group].tables.iter().position(|table| {
            let has = |field: &FieldId| object.get(entry, *field).is_some();
            table.constants.iter().all(|line| self.says_constant(*line, object, entry))
                && table.has.iter().all(has)
                && !table.has_not.iter().any(has)
                && self.holds(&table.guards, object, node)
        })
    }

    fn says_constant(&self, line: LineId, object: &Object, entry: NodeId) -> bool {
        let line = &self.lines[usize::from(line)];
        let Form::Constant(constant) = &line.form else { return true };
        let node = line.steps.iter().try_fold(entry, |node, (field, _)| match object.get(node, *field)?.value {
            Value::Node(inner) => Some(inner),
            _ => None,
        });
        let found = node.and_then(|node| match &line.key {
            None => object.get(node, line.field),
            Some(key) => object.get_open(node, key),
        });
        match found.map(|found| found.value) {
            Some(Value::Text(span)) => object.text(span) == constant,
            Some(Value::Decimal(value)) => number::parse(constant.as_bytes()) == Some(value),
            _ => false,
        }
    }

    /// What the entries of each table always say, for messages: "`state` = `damaged`".
    fn constants_of(&self, group: usize) -> String {
        let list = &self.alternatives[group];
        let said = |line: &LineId| {
            let line = &self.lines[usize::from(*line)];
            let name = line.path.rsplit('.').next().unwrap_or_default();
            match &line.form {
                Form::Constant(text) => format!("`{name}` = `{text}`"),
                _ => String::new(),
            }
        };
        let tables = list.tables.iter().map(|table| {
            let mut parts: Vec<String> = table.constants.iter().map(said).collect();
            let name = |field: &FieldId| &self.canonical.node(list.list.shape).get(*field).name;
            parts.extend(table.has.iter().map(|field| format!("with `{}`", name(field))));
            parts.extend(table.has_not.iter().map(|field| format!("without `{}`", name(field))));
            if !table.guards.is_empty() {
                parts.push(format!("when {}", self.asked(&table.guards)));
            }
            parts.join(", ")
        });
        tables.filter(|table| !table.is_empty()).collect::<Vec<_>>().join("; or ")
    }
}

impl<'a> Walk<'_, 'a> {
    /// Reports the entries of lists that several tables fill and none of them writes.
    pub(super) fn fit_some_table(&mut self, id: ScopeId, node: NodeId) {
        let plan = self.plan;
        for group in &plan.scopes[id].alternatives {
            let list = &plan.alternatives[*group].list;
            for (position, entry) in self.all_entries(node, list) {
                if plan.alternative_of(*group, self.object, node, entry).is_some() {
                    continue;
                }
                let message = format!(
                    "the document has no place for such an entry: those it has are {}",
                    plan.constants_of(*group)
                );
                self.entry_fault(no_room(message), ListAt { scope: id, list: Some(list) }, position, &list.source);
            }
        }
    }

    fn entry_fault(&mut self, fault: Fault, at: ListAt<'a>, position: usize, source: &str) {
        self.lists.push((at, position));
        self.report(fault, &at.path(self.plan), source);
        self.lists.pop();
    }

    fn nothing_said(&mut self, at: ListAt<'a>, position: usize, source: &str) {
        let message = "nothing that only this entry says would be written, and it would be lost".to_owned();
        self.entry_fault(no_room(message), at, position, source);
    }

    /// Entries in columns: each has elements of its own among the single rows of the scope.
    pub(super) fn columns(&mut self, id: ScopeId, node: NodeId, filled: &mut Filled<'a>) {
        let plan = self.plan;
        let mut written: Vec<(&Part, ListAt<'a>, usize, NodeId)> = Vec::new();
        for part in plan.scopes[id].parts.iter().filter(|part| part.row.is_none()) {
            let at = ListAt { scope: id, list: Some(&part.list) };
            let entries = self.entries(node, &part.list);
            for (count, (position, entry)) in self.guarded(&part.list.guards, node, entries, at).into_iter().enumerate()
            {
                if count > 0 {
                    let message = "the document has one place for such an entry, and one before it stands there";
                    self.entry_fault(no_room(message.to_owned()), at, position, &part.list.source);
                    continue;
                }
                let of_its_list = written.iter().filter(|(other, ..)| other.list.is_same(&part.list));
                let before = of_its_list.map(|(_, _, position, _)| *position).max().unwrap_or(0);
                if position < before {
                    let message = format!(
                        "the document has its place behind that of `{}[{before}]`: it would be read after it",
                        at.path(plan)
                    );
                    let fault = Fault {
                        code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                        message,
                        remedy: "send the entries in the order of their tables in the mapping".into(),
                    };
                    self.entry_fault(fault, at, position, &part.list.source);
                }
                let size = |filled: &Filled| filled.one.iter().map(Vec::len).sum::<usize>();
                self.lists.push((at, position));
                let (empty, errors) = (size(filled), self.diagnostics.errors());
                part.own.iter().for_each(|line| self.line(*line, entry, &mut filled.one));
                // A value that was refused said something.
                let says_nothing = size(filled) == empty && self.diagnostics.errors() == errors;
                part.shared.iter().for_each(|line| self.line(*line, entry, &mut filled.one));
                self.lists.pop();
                if says_nothing {
                    self.nothing_said(at, position, &part.list.source);
                }
                written.push((part, at, position, entry));
            }
        }
        for (part, at, position, entry) in written {
            self.shared_alike(part, at, position, entry, filled);
        }
    }

    /// What another entry has put to a place that this one reads too would be read for both.
    fn shared_alike(&mut self, part: &Part, at: ListAt<'a>, position: usize, entry: NodeId, filled: &Filled<'a>) {
        let plan = self.plan;
        for line in part.shared.iter().map(|line| &plan.lines[usize::from(*line)]) {
            let node = self.descend(entry, &line.steps);
            let said = node.is_some_and(|node| self.object.get(node, line.field).is_some());
            let Some(place) = line.places.first().filter(|_| !said) else { continue };
            let there = filled.one[place.row].iter().find(|cell| cell.element == place.element);
            if let Some(text) = there.map(|cell| &*cell.text) {
                let name = line.path.rsplit('.').next().unwrap_or_default();
                let message = format!("it has no `{name}`, and would be read with that of another entry, `{text}`");
                self.entry_fault(no_room(message), at, position, &line.source);
            }
        }
    }

    /// Entries in groups of elements that repeat inside a segment: as many in a segment as there is room for.
    pub(super) fn groups(
        &mut self,
        id: ScopeId,
        row: usize,
        list: &'a ListField,
        node: NodeId,
        filled: &mut Filled<'a>,
    ) {
        let plan = self.plan;
        let parts: Vec<&Part> = plan.scopes[id].parts.iter().filter(|part| part.row == Some(row)).collect();
        let at = ListAt { scope: id, list: Some(list) };
        let entries = self.entries(node, list);
        let mut segment: Option<(usize, GroupCells<'a>)> = None;
        for (position, entry) in self.guarded(&list.guards, node, entries, at) {
            self.lists.push((at, position));
            let next = self.group(parts[0], row, entry);
            self.lists.pop();
            if next.own.is_empty() {
                self.nothing_said(at, position, &list.source);
                continue;
            }
            filled.grouped.push((row, entry, next.clone()));
            match &mut segment {
                Some((count, known)) if *count < parts.len() && known.shared == next.shared => {
                    known.own.extend(next.moved(parts[*count].offset));
                    *count += 1;
                }
                _ => {
                    let full = segment.replace((1, next));
                    filled.many.extend(full.map(|(_, cells)| (row, cells.all(), None)));
                }
            }
        }
        filled.many.extend(segment.map(|(_, cells)| (row, cells.all(), None)));
    }

    /// The cells of one entry, as in the first group.
    fn group(&mut self, first: &Part, row: usize, entry: NodeId) -> GroupCells<'a> {
        let cells = self.in_row(row, |walk, cells| {
            first.own.iter().chain(&first.shared).for_each(|line| walk.line(*line, entry, cells));
        });
        let (own, shared) = cells.into_iter().partition(|cell| first.elements.contains(&cell.element));
        GroupCells { own, shared }
    }
}

/// The cells of entries that stand in one segment.
#[derive(Debug, Clone, Default)]
pub(in crate::mapping) struct GroupCells<'a> {
    /// What each has for itself.
    pub(in crate::mapping) own: Cells<'a>,
    /// What they have in common.
    pub(in crate::mapping) shared: Cells<'a>,
}

impl<'a> GroupCells<'a> {
    /// What the entry has for itself, so many elements further on.
    pub(in crate::mapping) fn moved(self, offset: u16) -> impl Iterator<Item = Cell<'a>> {
        self.own.into_iter().map(move |cell| Cell { element: cell.element + offset, ..cell })
    }

    pub(in crate::mapping) fn all(self) -> Cells<'a> {
        self.own.into_iter().chain(self.shared).collect()
    }
}
