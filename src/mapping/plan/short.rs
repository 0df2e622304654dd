//! The rows of a scope as writing runs them for a node that says nothing unusual: nearly all nodes of nearly all objects.
//!
//! It is worked out once for a plan, when a scope is written for the first time.

use crate::mapping::manner::Manner;
use crate::tree::ItemId;

use super::line::{Form, Lens, Line, Unit, bit_of};
use super::scope::{Attach, Child, LoopCondition, Scope, Takes};
use super::{Derived, DerivedValue, Hierarchy, LineId, LinePlace, Plan, ScopeId};

/// Positions of elements that the short way knows, and 0.
pub(in crate::mapping) const SLOTS: usize = 64;

/// The short way of a scope.
#[derive(Debug)]
pub(in crate::mapping) struct ShortWay {
    /// The fields, as [`bit_of`] has them, for which something asks that only the general way can write.
    pub(in crate::mapping) unusual: u128,
    /// The fields without which no loop inside is written.
    pub(in crate::mapping) inside: u128,
    /// In the order in which their segments go out.
    pub(in crate::mapping) rows: Vec<ShortRow>,
    /// Rows that stand in the loop around it, which is only on the way, and which of that loop's own rows they are.
    pub(in crate::mapping) outside: Vec<(Option<usize>, ShortRow)>,
}

/// A row of the short way.
#[derive(Debug)]
pub(in crate::mapping) struct ShortRow {
    /// Which of the rows of the scope.
    pub(in crate::mapping) row: usize,
    /// The fields without which its lines write nothing.
    pub(in crate::mapping) asks: u128,
    /// It may say something where its lines do not.
    pub(in crate::mapping) always: bool,
    /// The lines that write to it, and the fields without which each writes nothing.
    pub(in crate::mapping) lines: Vec<(u128, LineId)>,
    /// Its derived values, as indices into [`Plan::derived`], and whether they are written where nothing else is.
    pub(in crate::mapping) derived: Vec<(usize, bool)>,
    /// For the segment that begins the loop, which is written even when it says nothing: what the loop is known by.
    pub(in crate::mapping) begins: Option<Vec<(u16, String)>>,
}

impl Plan {
    /// The short way of a scope, if it has one.
    pub(in crate::mapping) fn short_way(&self, id: ScopeId) -> Option<&ShortWay> {
        self.scopes[id].short.get_or_init(|| self.find_short_way(id)).as_ref()
    }

    fn find_short_way(&self, id: ScopeId) -> Option<ShortWay> {
        let scope = &self.scopes[id];
        let begins = (id != 0).then(|| ItemId(scope.item.0 + 1));
        let of_trigger = || scope.rows.iter().filter(|row| row.up == 0 && Some(row.item) == begins);
        let plain = of_trigger().all(|row| row.takes == Takes::One && row.nth < 2) && of_trigger().count() < 2;
        let far = |level: &Hierarchy| level.writes.iter().any(|position| usize::from(*position) >= SLOTS);
        if !plain || scope.rows.iter().any(|row| row.up > 1) || self.hierarchy.as_ref().is_some_and(far) {
            return None;
        }
        let around = &self.scopes[scope.parent];
        let mut way = ShortWay { unusual: 0, inside: 0, rows: Vec::new(), outside: Vec::new() };
        for (number, row) in scope.rows.iter().enumerate() {
            let begins = (row.up == 0 && Some(row.item) == begins).then(|| self.known_by(id));
            let short = self.short_row(scope, number, begins, &mut way.unusual)?;
            match row.up {
                0 => way.rows.push(short),
                _ if short.asks == 0 && !short.always => {}
                _ if row.takes == Takes::One && short.derived.is_empty() && !self.has_pairs(&short) => {
                    way.outside.push((around.rows.iter().position(|own| own.is_the_outer(row)), short));
                }
                _ => return None,
            }
        }
        way.rows.sort_by_key(|row| (scope.rows[row.row].item, scope.rows[row.row].takes != Takes::One));
        for line in scope.joined.iter().map(|line| &self.lines[usize::from(*line)]) {
            if !line.places.first().is_some_and(|place| self.joins(scope, line, place.row)) {
                way.unusual |= line.asks_of_scope();
            }
        }
        let columns = scope.parts.iter().filter(|part| part.row.is_none());
        way.unusual |= columns.fold(0, |all, part| all | bit_of(part.list.first_field()));
        way.inside = scope.children.iter().fold(0, |all, child| all | self.asked_inside(child));
        Some(way)
    }

    /// The short way of a row. What it asks for and only the general way writes is put to `unusual`; `None` where that may be so
    /// whatever the object says.
    fn short_row(
        &self,
        scope: &Scope,
        number: usize,
        begins: Option<Vec<(u16, String)>>,
        unusual: &mut u128,
    ) -> Option<ShortRow> {
        let row = &scope.rows[number];
        let line = |id: &LineId| &self.lines[usize::from(*id)];
        let joined = scope.joined.iter().filter(|id| self.joins(scope, line(id), number));
        let (mut lines, mut asks, mut asks_more) = (Vec::new(), 0, 0);
        for id in row.lines.iter().chain(joined).filter(|id| line(id).asks_of_scope() != 0) {
            match row.nth < 2 && line(id).is_short(number) {
                true => (lines.push((line(id).asks, *id)), asks |= line(id).asks).0,
                false => asks_more |= line(id).asks_of_scope(),
            }
        }
        let far = row.conditions.iter().any(|(element, _)| usize::from(*element) >= SLOTS);
        let one_list = lines.len() == 1 && row.lines.len() == 1 && line(&lines[0].1).form == Form::List;
        let general = match &row.takes {
            Takes::One => far,
            Takes::All { .. } => far || !one_list,
            // An entry of a list is looked at as a whole.
            Takes::Nodes(list) => {
                let general = far || asks_more != 0 || !list.guards.is_empty();
                (asks, asks_more) = (bit_of(list.first_field()), 0);
                general
            }
            // Another table may write the entries.
            Takes::Groups(list) => {
                (asks, asks_more) = (bit_of(list.first_field()), 0);
                false
            }
        };
        let derived = scope.derived.iter().map(|index| (*index, &self.derived[*index]));
        let derived: Vec<_> = derived.filter(|(_, derived)| derived.place.row == number).collect();
        if general {
            *unusual |= asks | asks_more;
            (lines, asks) = (Vec::new(), 0);
        } else if matches!(row.takes, Takes::One) {
            *unusual |= asks_more;
        }
        let known = |derived: &Derived| {
            derived.place.is_in_slots()
                && !matches!(derived.value, DerivedValue::Count { .. })
                && row.takes == Takes::One
        };
        if !derived.iter().all(|(_, derived)| known(derived)) {
            return None;
        }
        let required = self.grammar.item(row.item).required;
        let derived: Vec<_> = derived
            .into_iter()
            .map(|(index, derived)| (index, derived.is_computed() || derived.alone || required))
            .collect();
        let always = begins.is_some() || derived.iter().any(|(_, alone)| *alone);
        // Whether a second row may be written depends on the first.
        (!always || row.nth < 2 && !general).then_some(ShortRow { row: number, asks, always, lines, derived, begins })
    }

    /// Does a line of the row take the next pair that is free?
    fn has_pairs(&self, short: &ShortRow) -> bool {
        let mut lines = short.lines.iter().map(|(_, line)| &self.lines[usize::from(*line)]);
        lines.any(|line| {
            matches!(line.form, Form::PairRest { .. }) || line.places.iter().any(|place| place.pair.is_some())
        })
    }

    /// Is a line with places in several rows written to the row `number` alone?
    fn joins(&self, scope: &Scope, line: &Line, number: usize) -> bool {
        let row = &scope.rows[number];
        row.takes == Takes::One && row.nth < 2 && line.is_short(number)
    }

    /// What the segment that begins the loop of a scope must say to be told from others.
    fn known_by(&self, id: ScopeId) -> Vec<(u16, String)> {
        let siblings = &self.scopes[self.scopes[id].parent].children;
        let conditions = siblings.iter().find(|child| child.scope == id).map_or(&[][..], |child| &child.conditions);
        let of_trigger = conditions.iter().filter_map(|condition| match condition {
            LoopCondition::Equals { element, value, trigger: true, .. } => Some((*element, value.clone())),
            _ => None,
        });
        of_trigger.collect()
    }

    /// The fields without which no loop of `child` is written.
    fn asked_inside(&self, child: &Child) -> u128 {
        match &child.attach {
            Attach::One(steps) => steps.first().map_or(u128::MAX, |(field, _)| bit_of(*field)),
            Attach::Each(list) => bit_of(list.first_field()),
            Attach::Through => {
                let inner = self.scopes[child.scope].children.first();
                inner.map_or(0, |inner| self.asked_inside(inner))
            }
        }
    }
}

impl Line {
    /// Does the short way know how to write it to the row `number` of its scope?
    fn is_short(&self, number: usize) -> bool {
        let in_slots = |slots: &[u16]| slots.iter().all(|slot| usize::from(*slot) + 1 < SLOTS);
        let known = |place: &LinePlace| {
            let pair = place.pair.as_ref();
            place.row == number
                && place.is_in_slots()
                && place.case.is_empty()
                && pair.is_none_or(|pair| in_slots(&pair.slots) && !pair.shared && !pair.qualifier.is_empty())
        };
        // What is made to fit is told: only once, and so only by the general way.
        let told = |manner: &Manner| manner.split.is_some() || manner.fits_by_force();
        let fits = match (&self.form, &self.lens) {
            (Form::PairRest { slots }, _) => in_slots(slots) && self.is_simple(),
            (Form::List, lens) => matches!(lens, Lens::Text) && self.is_simple(),
            (Form::Scheme, _) => self.is_simple(),
            (Form::First { write_all: false }, Lens::Quantity { unit: Unit::Place { .. }, .. }) => false,
            (Form::At | Form::Quantity | Form::Joined | Form::First { write_all: false }, _) => {
                self.guards.is_empty() && !self.options.manner.as_deref().is_some_and(told)
            }
            _ => false,
        };
        fits && self.first_places().iter().all(known)
    }

    /// The places of its value; of several that say the same the first.
    pub(in crate::mapping) fn first_places(&self) -> &[LinePlace] {
        let end = if matches!(self.form, Form::First { .. }) { 1 } else { self.places.len() };
        &self.places[..end]
    }
}

impl LinePlace {
    /// The element as a whole, or its first part, at a position that the short way knows.
    fn is_in_slots(&self) -> bool {
        usize::from(self.element) < SLOTS && self.component < 2 && self.repetition < 2
    }
}
