//! What can be known of a plan before it writes anything: which fields its lines and rows ask for, and which lines write a
//! value in the standard's own form.

use crate::mapping::plan::Line;

use super::Compiler;

impl Compiler<'_> {
    /// Works it out, once all lines and rows stand in their order.
    pub(super) fn prepare_writing(&mut self) {
        for line in &mut self.lines {
            line.asks = line.fields_asked();
            line.simple = line.is_simple();
        }
        for scope in 0..self.scopes.len() {
            let scope = &mut self.scopes[scope];
            for row in &mut scope.rows {
                let lines = row.lines.iter().map(|line| &self.lines[usize::from(*line)]);
                row.asks = lines.map(Line::asks_of_scope).fold(0, |all, asks| all | asks);
            }
            scope.numbered = scope.rows.iter().any(|row| row.nth > 1);
        }
    }
}
