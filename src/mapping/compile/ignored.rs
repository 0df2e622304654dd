//! An element that the mapping leaves out and takes: one of the two is a slip.

use crate::diagnostic::codes;
use crate::mapping::plan::{Attach, Ignored, LineId, LinePlace, LoopCondition, ScopeId, Takes, Way};
use crate::tree::ItemId;

use super::Compiler;

impl Compiler<'_> {
    /// Warns of elements that [ignore] names although a line takes each of them, wherever they stand.
    pub(super) fn ignored_and_taken(&mut self) {
        let mut found = Vec::new();
        for (ignored, (text, at)) in self.ignored.iter().zip(&self.ignored_ats).filter(|(one, _)| one.position > 0) {
            let items = self.positions_of(ignored.tag).into_iter();
            let lines: Option<Vec<LineId>> = items.map(|item| self.taking(item, ignored)).collect();
            if let Some(line) = lines.and_then(|lines| lines.first().copied()) {
                found.push((line, text.clone(), at.clone()));
            }
        }
        for (line, text, at) in found {
            let line = &self.lines[usize::from(line)];
            let message = format!("`{text}` is left out by [ignore], and the line of `{}` takes it", line.path);
            let cause = format!("the line is {}; what a line takes is not left out", line.source);
            let remedy = format!("take it out of [ignore], or drop the line: `{} = false`", line.path);
            let told = self.problem(codes::MAPPING_IGNORED_AND_TAKEN, message, &at, "ignore.document");
            self.push(told.cause(cause).remedy(remedy));
        }
    }

    /// A line that takes what is ignored from every segment of the item; `None` where some of them may be meant.
    fn taking(&self, item: ItemId, ignored: &Ignored) -> Option<LineId> {
        if self.grammar.item(item).max != 1 {
            return None;
        }
        let looks = |scope: &ScopeId| self.scopes[*scope].rows.iter().any(|row| row.item == item && row.up == 0);
        let scopes = (0..self.scopes.len()).filter(looks);
        let lines: Option<Vec<LineId>> = scopes.map(|scope| self.taking_in(scope, item, ignored)).collect();
        lines?.first().copied()
    }

    fn taking_in(&self, scope: ScopeId, item: ItemId, ignored: &Ignored) -> Option<LineId> {
        if !self.takes_all(scope) {
            return None;
        }
        let takes = |id: &LineId| {
            let line = &self.lines[usize::from(*id)];
            let one = |place: &LinePlace| {
                let row = &self.scopes[scope].rows[place.row];
                let conditions = row.conditions.iter().chain(&place.case);
                (row.item, row.up, &row.takes) == (item, 0, &Takes::One)
                    && (place.element, place.component) == (ignored.position, ignored.component)
                    && place.pair.is_none()
                    && conditions.eq(&ignored.conditions)
            };
            // One that goes one way only leaves the other to [ignore].
            line.way == Way::Both && line.guards.is_empty() && line.places.iter().any(one)
        };
        self.scopes[scope].lines().find(takes)
    }

    /// Does the scope stand for all occurrences of its loop that other scopes do not take?
    fn takes_all(&self, scope: ScopeId) -> bool {
        if scope == 0 {
            return true;
        }
        let parent = self.scopes[scope].parent;
        let by_value = |condition: &LoopCondition| matches!(condition, LoopCondition::Equals { .. });
        let child = self.scopes[parent].children.iter().find(|child| child.scope == scope);
        child.is_some_and(|child| {
            !matches!(child.attach, Attach::One(_)) && child.guards.is_empty() && !child.conditions.iter().any(by_value)
        }) && self.takes_all(parent)
    }
}
