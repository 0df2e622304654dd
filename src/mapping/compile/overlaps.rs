//! Whether two places, or two tables, could mean the same segment or loop occurrence; and the order in which they are
//! asked: particular ones first, the catch-all last.

use crate::canonical::FieldId;
use crate::diagnostic::codes;
use crate::mapping::dispatch::Dispatch;
use crate::mapping::plan::{
    Attach, Behind, Form, HandedOn, Lens, Line, LineId, LinePlace, LoopCondition, PlainSum, Row, ScopeId, Takes, Unit,
    Way,
};

use super::Compiler;
use super::splits::same_place;
use crate::tree::Grammar;

impl Compiler<'_> {
    /// Sorts rows and loops so that the particular ones come before the catch-all, and reports overlaps.
    pub(super) fn arrange(&mut self) {
        for scope in 0..self.scopes.len() {
            self.overlapping_rows(scope);
            self.overlapping_lines(scope);
            self.overlapping_arms(scope);
            self.sort_rows(scope);
            self.overlapping_loops(scope);
            let children = &mut self.scopes[scope].children;
            children.sort_by_key(|child| (child.item, is_rest(&child.attach)));
        }
        for scope in 0..self.scopes.len() {
            self.scopes[scope].handed_on = self.handed_on(scope);
        }
        self.contested();
        let lines = &self.lines;
        let guarded = |line: &u16| !lines[usize::from(*line)].guards.is_empty();
        for scope in &mut self.scopes {
            scope.joined.sort_by_key(guarded);
            scope.parts.iter_mut().for_each(|part| part.own.sort_by_key(guarded));
            scope.rows.iter_mut().for_each(|row| row.lines.sort_by_key(guarded));
            for (number, row) in scope.rows.iter().enumerate().filter(|(_, row)| row.takes == Takes::One) {
                let with_default = |line: &&u16| self.lines[usize::from(**line)].options.default.is_some();
                let lines = row.lines.iter().filter(with_default);
                scope.defaults.extend(lines.map(|line| (number, *line)));
            }
            let is_rest = |line: &LineId| {
                matches!(self.lines[usize::from(*line)].form, Form::PairRest { .. } | Form::PairList { .. })
            };
            for row in &mut scope.rows {
                // What takes the pairs that are left comes behind those that take their own.
                row.lines.sort_by_key(is_rest);
                let at_once = |line: &&LineId| row.takes != Takes::One || scope.joined.is_empty() || !is_rest(line);
                let lines = row.lines.iter().filter(at_once);
                row.reads = lines.filter_map(|line| self.lines[usize::from(*line)].read(*line)).collect();
                scope.last.extend(row.lines.iter().copied().filter(|line| !at_once(&line)));
            }
            let behind = scope.constants.iter().chain(&scope.joined).chain(&scope.last);
            let looks_into = |line: &LineId| self.lines[usize::from(*line)].looks_into();
            scope.behind = behind.map(|line| Behind { line: *line, looks_into: looks_into(line) }).collect();
            let (mut dispatch, mut start) = (Vec::new(), 0);
            while start < scope.rows.len() {
                let Row { item, up, .. } = scope.rows[start];
                let end = start + scope.rows[start..].iter().take_while(|row| row.item == item).count();
                if up == 0 {
                    dispatch.push((item, start..end));
                }
                start = end;
            }
            scope.dispatch = Dispatch::new(&dispatch);
        }
        for scope in &self.scopes {
            for derived in &scope.derived {
                let sum = PlainSum::new(&self.derived[*derived], scope, &self.scopes, &self.lines);
                self.derived[*derived].sum = sum;
            }
        }
    }

    /// Marks the lines whose field another one may fill, too: with codes it does not know, or with pairs that are left.
    fn contested(&mut self) {
        for scope in 0..self.scopes.len() {
            let ids: Vec<LineId> = self.scopes[scope].lines().collect();
            let read = ids.iter().map(|id| &self.lines[usize::from(*id)]).filter(|line| line.way != Way::Out);
            let fills: Vec<_> = read
                .filter_map(|line| match (&line.lens, &line.form) {
                    (Lens::Words { sibling: Some(sibling), .. }, _) => Some((line.steps.clone(), Some(*sibling))),
                    (_, Form::PairRest { .. } | Form::Scheme) => Some((line.steps.clone(), None)),
                    _ => None,
                })
                .collect();
            for id in ids.into_iter().filter(|_| !fills.is_empty()) {
                let line = &mut self.lines[usize::from(id)];
                let is_of = |field: &Option<FieldId>| field.is_none_or(|field| field == line.field);
                line.contested = fills.iter().any(|(steps, field)| *steps == line.steps && is_of(field));
            }
        }
    }

    /// The rows of a scope that are used only when the object says so, and those that take their segments when it does not.
    fn handed_on(&self, scope: ScopeId) -> Vec<HandedOn> {
        let scope = &self.scopes[scope];
        let of = |(number, row): (usize, &Row)| {
            let takes_too = |later: &usize| {
                let other = &scope.rows[*later];
                other.item == row.item && other.up == 0 && other.takes != Takes::One
            };
            let to: Vec<usize> = (number + 1..scope.rows.len()).filter(takes_too).collect();
            if row.up > 0 || to.is_empty() {
                return None;
            }
            let uses_row = |line: &&Line| line.places.iter().any(|place| place.row == number);
            let guards: Vec<_> = match &row.takes {
                Takes::Nodes(list) | Takes::Groups(list) => vec![list.guards.clone()],
                Takes::One | Takes::All { .. } => {
                    let lines = scope.lines().map(|line| &self.lines[usize::from(line)]).filter(uses_row);
                    lines.map(|line| line.guards.clone()).collect()
                }
            };
            let derived = scope.derived.iter().any(|derived| self.derived[*derived].place.row == number);
            let guarded = !guards.is_empty() && guards.iter().all(|guards| !guards.is_empty());
            (guarded && !derived).then_some(HandedOn { row: number, guards, to })
        };
        scope.rows.iter().enumerate().filter_map(of).collect()
    }

    fn overlapping_rows(&mut self, scope: ScopeId) {
        for later in 0..self.scopes[scope].rows.len() {
            for earlier in 0..later {
                let rows = &self.scopes[scope].rows;
                let (one, other) = (&rows[earlier], &rows[later]);
                if !overlap(one, other) || self.never_both(one.guards(), other.guards()) {
                    continue;
                }
                let file = |row: usize| self.row_origins[scope][row].file;
                // What this file adds overlaps with what its base has, not the other way round.
                let (first, second) = if file(earlier) < file(later) { (later, earlier) } else { (earlier, later) };
                let (one, other) = (&rows[first], &rows[second]);
                let path = self.path_of(scope, second).unwrap_or_default();
                let message = match (rest(one), is_catch_all(other)) {
                    (true, _) => format!("`{}` is taken by two catch-alls", one.tag),
                    (_, true) => format!(
                        "`{}` means every such segment, also the one that `{}` means",
                        describe(self.grammar, other),
                        describe(self.grammar, one)
                    ),
                    _ => format!(
                        "`{}` and `{}` can mean the same segment",
                        describe(self.grammar, one),
                        describe(self.grammar, other)
                    ),
                };
                let earlier = self.written.line_of(&self.row_origins[scope][first]);
                let cause = format!(
                    "`{}` is named at {earlier}; a segment goes to one of them only",
                    describe(self.grammar, one)
                );
                let (tag, at) = (other.tag, self.row_origins[scope][second].clone());
                let goes_through = |row: &Row| row.takes != Takes::One;
                let remedy = if rest(one) {
                    "keep one `rest` for a segment".to_owned()
                } else if self.grammar.is_layout() && goes_through(one) != goes_through(other) {
                    "`each` goes through records that come several times; the fields of one record are a list so: `list = [\"FIELD\"]`".to_owned()
                } else {
                    format!(
                        "tell them apart by the value of one qualifier: `[{}=...]`, or by position: `[2]`",
                        self.grammar.designator(tag, 1)
                    )
                };
                let diagnostic = self.problem(codes::MAPPING_OVERLAP, message, &at, &path);
                self.push(diagnostic.cause(cause).remedy(remedy));
            }
        }
    }

    /// Lines that take one text as two values: an object that has one of them would be written as if it had both.
    fn overlapping_lines(&mut self, scope: ScopeId) {
        let both_ways = |line: &LineId| {
            let line = &self.lines[usize::from(*line)];
            let forms = matches!(
                line.form,
                Form::At
                    | Form::Quantity
                    | Form::Joined
                    | Form::Packed
                    | Form::List
                    | Form::First { .. }
                    | Form::FirstJoined { .. }
            );
            line.way == Way::Both && forms
        };
        let lines: Vec<LineId> = self.scopes[scope].lines().filter(both_ways).collect();
        lines.iter().for_each(|line| self.same_place_twice(scope, *line));
        self.one_unit_meant(scope, &lines);
        for (at, second) in lines.iter().enumerate() {
            let same = |first: &&LineId| {
                let [one, other] = [**first, *second].map(|line| &self.lines[usize::from(line)]);
                one.path != other.path
                    && take_one_text(one, other)
                    && !self.takes_parts(*second)
                    && !self.never_both(&one.guards, &other.guards)
            };
            let Some(first) = lines[..at].iter().find(same) else { continue };
            let (mut one, mut other) = (usize::from(*first), usize::from(*second));
            if self.line_ats[one].file < self.line_ats[other].file {
                // What this file adds overlaps with what its base has, not the other way round.
                std::mem::swap(&mut one, &mut other);
            }
            let (earlier, path) = (self.lines[one].path.clone(), self.lines[other].path.clone());
            let at = self.line_ats[other].clone();
            let message = format!("`{earlier}` and `{path}` take the same text");
            let earlier_at = self.written.line_of(&self.line_ats[one]);
            let cause = format!(
                "`{earlier}` is filled at {earlier_at}; an object that has only one of them would be written as if it had both"
            );
            let asked = [one, other].iter().all(|line| !self.lines[*line].guards.is_empty());
            let remedy = match asked {
                false => "keep one of them, let the other only read (`way = \"in\"`), or give each a `when`",
                true => {
                    "keep one of them, let the other only read (`way = \"in\"`), or let each `when` ask one field for other texts (`status = 'shipped'`): other comparisons do not tell them apart"
                }
            };
            let diagnostic = self.problem(codes::MAPPING_OVERLAP, message, &at, &path);
            self.push(diagnostic.cause(cause).remedy(remedy));
        }
    }

    /// Quantities beside one unit that mean different ones where it is empty: one of them would be read wrong.
    fn one_unit_meant(&mut self, scope: ScopeId, lines: &[LineId]) {
        let meant = |line: &LineId| match &self.lines[usize::from(*line)].lens {
            Lens::Quantity { unit: Unit::Place { default, .. }, .. } => Some(default.as_deref()),
            _ => None,
        };
        let place = |line: &LineId| self.lines[usize::from(*line)].unit_place();
        let found = lines.iter().enumerate().find_map(|(at, second)| {
            let (unit, said) = (place(second)?, meant(second)?);
            let other = lines[..at].iter().find(|first| {
                place(first).is_some_and(|other| same_place(other, unit)) && meant(first) != Some(said)
            })?;
            Some((*other, *second, unit.row, unit.element, meant(other)?.map(str::to_owned), said.map(str::to_owned)))
        });
        let Some((first, second, row, element, one, other)) = found else { return };
        let of = |unit: Option<String>| unit.map_or_else(|| "none".to_owned(), |unit| format!("`{unit}`"));
        let [(first, _), (path, at)] = [first, second]
            .map(|line| (self.lines[usize::from(line)].path.clone(), self.line_ats[usize::from(line)].clone()));
        let unit = self.grammar.designator(self.scopes[scope].rows[row].tag, element);
        let message = format!(
            "`{first}` and `{path}` have their unit in {unit}, and mean different ones where it is empty: {} and {}",
            of(one),
            of(other)
        );
        self.report(codes::MAPPING_OVERLAP, message, &at, &path, "write the same `default` for both");
    }

    /// A line that names one place twice: what stands there would be two values, or is the same whatever is asked.
    fn same_place_twice(&mut self, scope: ScopeId, id: LineId) {
        let line = &self.lines[usize::from(id)];
        let texts = texts(line);
        let twice =
            texts.iter().enumerate().find(|(at, place)| texts[..*at].iter().any(|other| same_place(place, other)));
        let Some((_, place)) = twice else { return };
        let (path, at) = (line.path.clone(), self.line_ats[usize::from(id)].clone());
        let place = self.grammar.designator(self.scopes[scope].rows[place.row].tag, place.element);
        let message = format!("`{path}` names {place} twice");
        let remedy = "name each place once";
        self.report(codes::MAPPING_OVERLAP, message, &at, &path, remedy);
    }

    /// The canonical path of a line that a row has.
    pub(super) fn path_of(&self, scope: ScopeId, row: usize) -> Option<String> {
        let of_row = |line: &u16| self.lines[usize::from(*line)].places.iter().any(|place| place.row == row);
        let line = self.scopes[scope].lines().find(of_row)?;
        Some(self.lines[usize::from(line)].path.clone())
    }

    fn sort_rows(&mut self, scope: ScopeId) {
        let rows = std::mem::take(&mut self.scopes[scope].rows);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // Rows of the same conditions stand together, by number: `[1]`, then `[2]`.
        let group = |row: &Row| rows.iter().position(|other| alike(other, row));
        order.sort_by_cached_key(|index| {
            let row = &rows[*index];
            (row.up, row.item, rest(row), group(row), row.nth, *index)
        });
        let mut moved = vec![0; rows.len()];
        for (new, old) in order.iter().enumerate() {
            moved[*old] = new;
        }
        let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
        self.scopes[scope].rows = order.iter().filter_map(|old| rows[*old].take()).collect();
        let origins = std::mem::take(&mut self.row_origins[scope]);
        self.row_origins[scope] = order.iter().map(|old| origins[*old].clone()).collect();
        for row in 0..rows.len() {
            let rows = &mut self.scopes[scope].rows;
            let earlier = rows[..row].iter().filter(|other| alike(other, &rows[row])).count();
            rows[row].arrival = rows[row].nth.saturating_sub(earlier as u16).max(1);
        }
        let scope_lines: Vec<_> = self.scopes[scope].lines().collect();
        for line in scope_lines {
            for place in &mut self.lines[usize::from(line)].places {
                place.row = moved[place.row];
            }
        }
        for part in &mut self.scopes[scope].parts {
            part.row = part.row.map(|row| moved[row]);
        }
        for derived in self.scopes[scope].derived.clone() {
            let place = &mut self.derived[derived].place;
            place.row = moved[place.row];
        }
    }

    fn overlapping_loops(&mut self, scope: ScopeId) {
        for second in 0..self.scopes[scope].children.len() {
            for first in 0..second {
                let children = &self.scopes[scope].children;
                let (one, other) = (&children[first], &children[second]);
                if one.item != other.item || is_rest(&one.attach) != is_rest(&other.attach) {
                    continue;
                }
                let apart = one.conditions.iter().any(|a| other.conditions.iter().any(|b| contradict(a, b)));
                if apart || self.never_both(&one.guards, &other.guards) {
                    continue;
                }
                let paths = [first, second].map(|child| {
                    let scope = &self.scopes[children[child].scope];
                    let inner = scope.children.first().map(|inner| &self.scopes[inner.scope].path);
                    let through = matches!(children[child].attach, Attach::Through);
                    inner.filter(|_| through).unwrap_or(&scope.path).clone()
                });
                let [mut earlier, mut path] = paths;
                let tag = self.grammar.item(other.item).tag;
                let (mut known, mut at) = (&self.child_origins[&(scope, first)], &self.child_origins[&(scope, second)]);
                if known.file < at.file {
                    // What this file adds overlaps with what its base has, not the other way round.
                    std::mem::swap(&mut known, &mut at);
                    std::mem::swap(&mut earlier, &mut path);
                }
                let (line, at) = (self.written.line_of(known), at.clone());
                let message = format!("one {tag} loop can be both `{earlier}` and `{path}`");
                let apart = format!(
                    "tell them apart by a qualifier (`{tag}[{}=...]`) or by what stands inside (`{tag}[N9]`, `{tag}[not N9]`)",
                    self.grammar.designator(tag, 1)
                );
                let remedy = match known.file > at.file {
                    true => format!(
                        "if `{path}` stands instead of it, drop what the base has: `{earlier} = false`; else {apart}"
                    ),
                    false => apart,
                };
                let diagnostic = self
                    .problem(codes::MAPPING_OVERLAP, message, &at, &path)
                    .cause(format!("`{earlier}` is filled at {line}; an occurrence of a loop goes to one table only"))
                    .remedy(remedy);
                self.push(diagnostic);
            }
        }
    }
}

/// The places of a line's value, without those that only say more of it.
fn texts(line: &Line) -> Vec<&LinePlace> {
    match line.form {
        Form::First { .. } | Form::List => line.places.iter().collect(),
        Form::FirstJoined { .. } => (0..line.alternatives()).map(|number| &line.alternative(number)[0]).collect(),
        _ => line.places.first().into_iter().collect(),
    }
}

/// Do two lines take one text, as two values? The unit of several quantities is no value of its own.
fn take_one_text(one: &Line, other: &Line) -> bool {
    let meet = |these: &[&LinePlace], those: &[&LinePlace]| {
        these.iter().any(|place| those.iter().any(|other| same_place(place, other)))
    };
    // A quantity in the place of a unit is told as that.
    let beside = |of: &Line, value: &Line| {
        let is_quantity = matches!(value.lens, Lens::Quantity { .. });
        !is_quantity && meet(of.unit_place().as_slice(), &texts(value))
    };
    // Most lines have no place in common.
    let close = one.places.iter().any(|place| other.places.iter().any(|other| place.is_at(other)));
    close && (meet(&texts(one), &texts(other)) || beside(one, other) || beside(other, one))
}

/// Are both single rows of the same conditions, told apart by their number only?
fn alike(one: &Row, other: &Row) -> bool {
    let single = one.takes == Takes::One && other.takes == Takes::One;
    single && one.item == other.item && one.up == other.up && one.conditions == other.conditions
}

fn rest(row: &Row) -> bool {
    match &row.takes {
        Takes::One => false,
        Takes::All { rest } => *rest,
        Takes::Nodes(list) | Takes::Groups(list) => list.rest,
    }
}

fn is_rest(attach: &Attach) -> bool {
    matches!(attach, Attach::Each(list) if list.rest)
}

fn is_catch_all(row: &Row) -> bool {
    row.conditions.is_empty() && row.nth == 1
}

fn overlap(one: &Row, other: &Row) -> bool {
    if one.item != other.item || one.up != other.up || (rest(one) != rest(other)) {
        return false;
    }
    let contradiction = one
        .conditions
        .iter()
        .any(|(element, value)| other.conditions.iter().any(|(known, wanted)| known == element && wanted != value));
    let counted = one.conditions == other.conditions
        && one.takes == Takes::One
        && other.takes == Takes::One
        && one.nth != other.nth;
    !contradiction && !counted
}

fn contradict(one: &LoopCondition, other: &LoopCondition) -> bool {
    use LoopCondition::{Equals, Has, HasNot};
    match (one, other) {
        (Equals { tag, element, value, trigger: true }, Equals { tag: other, element: place, value: wanted, .. }) => {
            tag == other && element == place && value != wanted
        }
        (Has(tag) | Equals { tag, .. }, HasNot(other)) | (HasNot(other), Has(tag) | Equals { tag, .. }) => tag == other,
        _ => false,
    }
}

/// A row as it is written in a place: `N9[N901=BM]`.
fn describe(grammar: &Grammar, row: &Row) -> String {
    let conditions: Vec<String> = row
        .conditions
        .iter()
        .map(|(element, value)| format!("{}={value}", grammar.designator(row.tag, *element)))
        .collect();
    let mut text = row.tag.to_string();
    if !conditions.is_empty() {
        text.push_str(&format!("[{}]", conditions.join(", ")));
    }
    if row.nth > 1 {
        text.push_str(&format!("[{}]", row.nth));
    }
    text
}
