//! Values that a line takes whatever the qualifier beside them says.

use crate::diagnostic::codes;
use crate::mapping::plan::{Form, LinePlace, ScopeId, Takes, Way};
use crate::tree::{ElementType, ElementUse};

use super::Compiler;
use super::pairs::slots_like;

impl Compiler<'_> {
    /// Warns of them where nothing else of the mapping asks, reads, writes or ignores the qualifier.
    pub(super) fn values_without_qualifier(&mut self) {
        if self.grammar.is_layout() {
            return;
        }
        let mut found = Vec::new();
        for scope in 0..self.scopes.len() {
            for id in self.scopes[scope].lines().map(usize::from) {
                let line = &self.lines[id];
                let plain = !matches!(line.form, Form::PairRest { .. } | Form::PairList { .. });
                if plain && line.way != Way::Out {
                    found.extend(line.places.iter().find_map(|place| Some((id, self.unasked(scope, place)?))));
                }
            }
        }
        for (id, (message, remedy)) in found {
            let (key, at) = (self.lines[id].path.clone(), self.line_ats[id].clone());
            let message = format!("`{key}` takes {message}");
            self.report(codes::MAPPING_QUALIFIER_NOT_ASKED, message, &at, &key, remedy);
        }
    }

    /// What is said of a place whose qualifier nothing asks.
    fn unasked(&self, scope: ScopeId, place: &LinePlace) -> Option<(String, String)> {
        let row = &self.scopes[scope].rows[place.row];
        let position = place.element - 1;
        let elements = &self.grammar.definition(row.item)?.elements;
        let (qualifier, slots) = qualifier_of(elements, place.element)?;
        // Where the segment is chosen by another qualifier, that one says what the value is.
        let chosen = place.pair.is_some() || !row.conditions.is_empty() || !place.case.is_empty();
        // Of entries that are pairs of a segment, the qualifier can only be a field.
        let chosen = chosen || matches!(row.takes, Takes::Groups(_));
        if chosen {
            return None;
        }
        let asked = self.by_the_loop(row, position)
            || self.is_ignored(row.tag, position, &row.conditions)
            || self.rows_of(row.item).any(|(scope, number, _)| self.has_place(scope, number, position));
        if asked {
            return None;
        }
        let (value, named) =
            (self.grammar.designator(row.tag, place.element), self.grammar.designator(row.tag, position));
        let message = format!("{value} whatever {named} ({}) says it is", qualifier.name);
        let meant = match slots {
            1 => format!("`{value}[{named}=...]`"),
            _ => format!("`pair({named}=...)`"),
        };
        Some((message, format!("say which is meant, {meant}; where it does not matter, name {named} in [ignore]")))
    }

    /// Has a line or a derived value of the scope this element of its row?
    fn has_place(&self, scope: ScopeId, number: usize, position: u16) -> bool {
        let mut lines = self.scopes[scope].lines().map(|line| &self.lines[usize::from(line)]);
        let mut derived = self.scopes[scope].derived.iter().map(|index| &self.derived[*index].place);
        lines.any(|line| line.holds(number, position).is_some())
            || derived.any(|place| place.row == number && place.element == position)
    }
}

/// The element before that at a position, 1-based, where the standard calls it the qualifier of that, which is a number or name of
/// something; and how many such pairs the segment has. The first element of a segment tells which of several is meant: that is asked
/// of the segment.
pub(in crate::mapping) fn qualifier_of(elements: &[ElementUse], position: u16) -> Option<(&ElementUse, usize)> {
    let index = usize::from(position).checked_sub(2).filter(|index| *index > 0)?;
    let (qualifier, value) = (&elements[index], elements.get(index + 1)?);
    let is_qualifier = (qualifier.kind, value.kind) == (ElementType::Code, ElementType::Text)
        && qualifier.name.strip_suffix(" Qualifier") == Some(&*value.name);
    is_qualifier.then(|| (qualifier, slots_like(elements, qualifier, value).len()))
}
