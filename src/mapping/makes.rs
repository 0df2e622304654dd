//! Whether a mapping that writes a segment fills one of its elements: asked for what a partner's guide demands beyond the
//! standard.

use super::plan::{LoopCondition, Plan, Scope, Takes, Way};
use crate::tree::ItemId;

impl Plan {
    /// Does the mapping write segments of `item` whose elements say what `conditions` ask, and leaves the element at
    /// `position` of all of them empty? False where it writes no such segment, or the place is in `[ignore]`.
    #[must_use]
    pub fn leaves_empty(&self, item: ItemId, conditions: &[(u16, String)], position: u16) -> bool {
        let tag = self.grammar.item(item).tag;
        if self.ignores(tag, position, conditions) {
            return false;
        }
        let (mut written, mut made) = (false, self.by_its_loop(item, position));
        for scope in &self.scopes {
            for (number, row) in scope.rows.iter().enumerate() {
                if row.item == item && conditions.iter().all(|asked| row.conditions.contains(asked)) {
                    let filled = self.filled(scope, number, position);
                    written |= filled.0;
                    made |= filled.1 || row.conditions.iter().any(|(known, _)| *known == position);
                }
            }
        }
        written && !made
    }

    /// Is something written into segments of a row, and is the element?
    fn filled(&self, scope: &Scope, number: usize, position: u16) -> (bool, bool) {
        let reads_only = matches!(&scope.rows[number].takes, Takes::Nodes(list) if list.read_only);
        let lines = scope.lines().map(|line| &self.lines[usize::from(line)]).filter(|line| line.way != Way::In);
        let (mut any, mut this) = (false, false);
        for line in lines.into_iter().filter(|_| !reads_only) {
            any |= line.places.iter().any(|place| place.row == number);
            this |= line.holds(number, position).is_some();
        }
        let derived = scope.derived.iter().map(|index| &self.derived[*index].place);
        for place in derived.filter(|place| place.row == number) {
            any = true;
            this |= place.element == position;
        }
        (any, this)
    }

    /// Does the condition of a loop that the segment opens say the element?
    fn by_its_loop(&self, item: ItemId, position: u16) -> bool {
        let children = self.scopes.iter().flat_map(|scope| &scope.children);
        children.filter(|child| child.item.0 + 1 == item.0).flat_map(|child| &child.conditions).any(|condition| {
            matches!(condition, LoopCondition::Equals { trigger: true, element, .. } if *element == position)
        }) || self.hierarchy.as_ref().is_some_and(|levels| {
            levels.form.item.0 + 1 == item.0 && levels.writes.contains(&position)
        })
    }
}
