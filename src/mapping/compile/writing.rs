//! What can be known of a plan before it writes anything: which fields its lines and rows ask for, which lines are written
//! the short way, and which elements are of one line alone.

use std::collections::HashMap;

use crate::mapping::plan::{Form, Line, ScopeId};

use super::Compiler;

impl Compiler<'_> {
    /// Works it out, once all lines and rows stand in their order.
    pub(super) fn prepare_writing(&mut self) {
        for line in &mut self.lines {
            line.asks = line.fields_asked();
            line.plain = line.writes_plainly();
        }
        for scope in 0..self.scopes.len() {
            self.mark_alone(scope);
            let scope = &mut self.scopes[scope];
            for row in &mut scope.rows {
                let lines = row.lines.iter().map(|line| &self.lines[usize::from(*line)]);
                row.asks = lines.map(Line::asks_of_scope).fold(0, |all, asks| all | asks);
            }
            scope.numbered = scope.rows.iter().any(|row| row.nth > 1);
        }
    }

    /// Marks the places whose element no other line of their scope writes to.
    fn mark_alone(&mut self, scope: ScopeId) {
        let lines = || self.scopes[scope].lines().map(usize::from);
        let mut writers: HashMap<(usize, u16), usize> = HashMap::new();
        for line in lines().map(|line| &self.lines[line]) {
            let of_form = match &line.form {
                Form::PairRest { slots } | Form::PairList { slots, .. } => slots.as_slice(),
                _ => &[],
            };
            for place in &line.places {
                let slots = place.pair.as_ref().map_or(of_form, |pair| &pair.slots);
                let of_pairs = slots.iter().flat_map(|slot| [*slot, slot + 1]);
                let beside = place.case.iter().map(|(element, _)| *element);
                for element in of_pairs.chain(beside).chain([place.element]) {
                    *writers.entry((place.row, element)).or_default() += 1;
                }
            }
        }
        let ids: Vec<usize> = lines().collect();
        for line in ids {
            for place in &mut self.lines[line].places {
                place.alone = writers.get(&(place.row, place.element)) == Some(&1);
            }
        }
    }
}
