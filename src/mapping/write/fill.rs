//! Fills the rows of one scope: the cells of its lines, then derived values and qualifiers.

use std::borrow::Cow;

use crate::canonical::NodeId;
use crate::diagnostic::codes;
use crate::tree::ItemId;

use super::cells::{Cell, Cells, Filled, cell, constant_cell, qualify};
use super::{ListAt, Walk, derive};
use crate::mapping::element_text::ElementText;
use crate::mapping::lens::Fault;
use crate::mapping::plan::{DerivedValue, LinePlace, LoopCondition, Row, Scope, ScopeId, Takes, bit_of};

impl<'a> Walk<'_, 'a> {
    /// Puts the values of all lines of a scope into cells.
    pub(in crate::mapping) fn fill(&mut self, id: ScopeId, node: NodeId) -> Filled<'a> {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        let mut one = self.spare.rows.pop().unwrap_or_default();
        one.resize_with(scope.rows.len(), Cells::new);
        let mut filled = Filled { one, ..Filled::default() };
        for line in &scope.constants {
            self.constant(&plan.lines[usize::from(*line)], node);
        }
        for (number, row) in scope.rows.iter().enumerate() {
            match &row.takes {
                // Most rows have nothing to say of most nodes.
                Takes::One | Takes::All { .. } if row.asks & self.fields.of(self.object, node) == 0 => {}
                Takes::One => {
                    for line in &row.lines {
                        self.line(*line, node, &mut filled.one);
                    }
                }
                Takes::All { .. } => {
                    for line in &row.lines {
                        self.list(*line, node, number, &mut filled);
                    }
                }
                Takes::Nodes(list) if bit_of(list.first_field()) & self.fields.of(self.object, node) == 0 => {}
                Takes::Nodes(list) => {
                    let at = ListAt { scope: id, list: Some(list) };
                    let entries = self.entries(node, list);
                    for (position, entry) in self.guarded(&list.guards, node, entries, at) {
                        self.lists.push((at, position));
                        let cells = self.in_row(number, |walk, cells| {
                            row.lines.iter().for_each(|line| walk.line(*line, entry, cells));
                        });
                        self.lists.pop();
                        filled.many.push((number, cells, Some(entry)));
                    }
                }
                Takes::Groups(list) => self.groups(id, number, list, node, &mut filled),
            }
        }
        self.columns(id, node, &mut filled);
        self.fit_some_table(id, node);
        for line in &scope.joined {
            self.line(*line, node, &mut filled.one);
        }
        if plan.splits {
            filled.one.iter_mut().for_each(|cells| self.join_parts(cells));
            filled.many.iter_mut().for_each(|(_, cells, _)| self.join_parts(cells));
        }
        filled
    }

    /// A second row without the first would be read as the first.
    fn numbered(&mut self, scope: &Scope, filled: &Filled<'a>) {
        let plan = self.plan;
        for (row, cells) in scope.rows.iter().zip(&filled.one) {
            if row.nth < 2 || cells.is_empty() {
                continue;
            }
            let alike =
                |other: &Row| other.item == row.item && other.conditions == row.conditions && other.nth < row.nth;
            let before = scope.rows.iter().zip(&filled.one);
            let before = before.filter(|(other, cells)| alike(other) && !cells.is_empty()).count();
            if before + 1 == usize::from(row.nth) {
                continue;
            }
            let Some(line) = cells.iter().find_map(|cell| cell.line) else {
                continue;
            };
            let line = &plan.lines[usize::from(line)];
            let tag = row.tag;
            let fault = Fault {
                code: codes::MAPPING_NOT_TOLD_APART,
                message: format!("it stands in {tag} number {}, and {before} would be written before it", row.nth),
                remedy: format!("send the values of the {tag} segments before it too, or none"),
            };
            self.line_fault(fault, line);
        }
    }

    /// Derived values and qualifiers, once the lines have put theirs.
    pub(in crate::mapping) fn finish(&mut self, id: ScopeId, node: NodeId, number: u32, filled: &mut Filled<'a>) {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        if scope.numbered {
            self.numbered(scope, filled);
        }
        for (index, derived) in scope.derived.iter().map(|index| (*index, &plan.derived[*index])) {
            let row = &scope.rows[derived.place.row];
            let cells = &filled.one[derived.place.row];
            let computed = derived.is_computed();
            let wanted = !cells.is_empty() || computed || derived.alone || plan.grammar.item(row.item).required;
            let beside = derived.with.is_none_or(|with| cells.iter().any(|cell| cell.element == with));
            if !wanted || !beside || cells.iter().any(|cell| cell.element == derived.place.element) {
                continue;
            }
            if matches!(derived.value, DerivedValue::Count { .. }) {
                let counted = Cell {
                    computed,
                    counted: u32::try_from(index).ok(),
                    ..cell(&derived.place, ElementText::default(), None)
                };
                filled.one[derived.place.row].push(counted);
                continue;
            }
            let text_at = |place: &LinePlace| {
                cells.iter().find(|cell| cell.element == place.element).map(|cell| Cow::Owned(cell.text.to_string()))
            };
            let unit = derive::unit_said(plan, derived, text_at);
            match derive::text(plan, derived, node, self.object, (number, unit.as_deref()), self.context) {
                Ok(Some(text)) => {
                    filled.one[derived.place.row].push(Cell { computed, ..cell(&derived.place, text, None) });
                }
                Ok(None) => {}
                Err(fault) => {
                    let told = self.told(fault, &derived.name, &derived.source);
                    let cause = format!("no field of the object: {} says what stands there", derived.source);
                    self.diagnostics.push(told.cause(cause));
                }
            }
        }
        for (row, cells) in scope.rows.iter().zip(&mut filled.one).filter(|(_, cells)| !cells.is_empty()) {
            qualify(row, cells);
        }
        for (row, cells, _) in &mut filled.many {
            qualify(&scope.rows[*row], cells);
        }
        let parent = &plan.scopes[scope.parent];
        let Some(child) = parent.children.iter().find(|child| child.scope == id) else {
            return;
        };
        let trigger = ItemId(scope.item.0 + 1);
        let Some(row) = scope.rows.iter().position(|row| row.item == trigger && row.takes == Takes::One && row.up == 0)
        else {
            return;
        };
        for condition in &child.conditions {
            if let LoopCondition::Equals { element, value, trigger: true, .. } = condition {
                constant_cell(&mut filled.one[row], *element, value.as_str().into());
            }
        }
    }
}
