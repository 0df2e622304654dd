//! Entries made of some elements only: columns, and groups that repeat inside segments.

use super::{Generator, descend};
use crate::canonical::{FieldId, NodeId, Object, Origin, Value};
use crate::mapping::plan::{Form, Line, LineId, ListField, Part, ScopeId};

impl<'a> Generator<'a> {
    /// At most one entry for each table of columns, in their order.
    pub(super) fn columns(&mut self, id: ScopeId, object: &mut Object, node: NodeId) {
        let plan = self.plan;
        for part in plan.scopes[id].parts.iter().filter(|part| part.row.is_none()) {
            // What several entries share is not made up: all would have to agree.
            self.fill_in(&part.shared);
            if self.chance() && plan.holds(&part.list.guards, object, node) {
                self.entry_of(part, &part.own, object, node);
            }
        }
    }

    /// Entries enough for more than one segment.
    pub(super) fn groups(&mut self, id: ScopeId, row: usize, list: &ListField, object: &mut Object, node: NodeId) {
        let plan = self.plan;
        let parts: Vec<&'a Part> = plan.scopes[id].parts.iter().filter(|part| part.row == Some(row)).collect();
        for part in &parts {
            self.fill_in(&part.own);
            self.fill_in(&part.shared);
        }
        if !plan.holds(&list.guards, object, node) {
            return;
        }
        self.units.clear();
        for _ in 0..self.below(parts.len() as u64 * 2 + 1) {
            // A segment has what its entries share once: now and then it changes, and a new one begins.
            if self.below(4) == 0 {
                self.units.clear();
            }
            let lines: Vec<LineId> = parts[0].own.iter().chain(&parts[0].shared).copied().collect();
            self.beside.clear();
            self.entry_of(parts[0], &lines, object, node);
        }
    }

    /// Takes a value from the entry before, where both are to agree; true when they do.
    pub(super) fn as_before(&mut self, line: &Line, object: &mut Object, node: NodeId) -> bool {
        let fields: Vec<FieldId> = line.steps.iter().map(|(field, _)| *field).chain([line.field]).collect();
        let Some((before, _, _)) = self.alike.filter(|(_, entry, group)| *entry == node && group.contains(&fields))
        else {
            return false;
        };
        let from = line.steps.iter().try_fold(before, |node, (field, _)| match object.get(node, *field)?.value {
            Value::Node(inner) => Some(inner),
            _ => None,
        });
        let values: Vec<Value> =
            from.map_or_else(Vec::new, |from| object.all(from, line.field).map(|entry| entry.value).collect());
        for value in values {
            let value = match value {
                Value::Text(span) => {
                    let text = object.text(span).to_owned();
                    Value::Text(object.intern(&text))
                }
                other => other,
            };
            let node = descend(object, node, &line.steps);
            object.push(node, line.field, value, Origin::NOWHERE);
        }
        true
    }

    fn entry_of(&mut self, part: &'a Part, lines: &[LineId], object: &mut Object, node: NodeId) {
        let plan = self.plan;
        let parent = descend(object, node, &part.list.steps);
        let entry = object.detached(parent, part.list.shape);
        let own = |line: &&LineId| part.own.contains(line);
        for (number, line) in lines.iter().filter(own).enumerate() {
            if number == 0 || self.half() {
                self.value(*line, &plan.lines[usize::from(*line)], object, entry);
            }
        }
        if object.entries(entry).next().is_none() {
            return;
        }
        let constant = |line: &&LineId| matches!(plan.lines[usize::from(**line)].form, Form::Constant(_));
        let others = lines.iter().filter(|line| !own(line)).chain(part.shared.iter().filter(constant));
        let mut done: Vec<LineId> = Vec::new();
        for line in others {
            if !done.contains(line) {
                self.value(*line, &plan.lines[usize::from(*line)], object, entry);
                done.push(*line);
            }
        }
        object.attach(entry, part.list.field, Origin::NOWHERE);
    }

    fn fill_in(&mut self, lines: &[LineId]) {
        lines.iter().for_each(|line| self.filled[usize::from(*line)] = true);
    }
}
