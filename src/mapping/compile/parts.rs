//! Entries of lists that are made of some elements only, columns and repeated groups, and several tables for one list.

use std::ops::Range;

use crate::diagnostic::codes;
use crate::mapping::place::{ElementPlace, Place};
use crate::mapping::plan::{Alternative, Alternatives, Form, Line, LineId, ListField, Part, ScopeId, Takes};
use crate::mapping::syntax::{At, Entry};

use super::table::{Field, Way};
use super::{Compiler, Target};

impl Compiler<'_> {
    /// `[[map.LIST]]`: several tables, each with entries of its own in one list, which constants tell apart.
    pub(super) fn several_tables(&mut self, target: &Target, field: Field<'_>, tables: &[(Vec<Entry>, At)]) {
        let group = self.alternatives.len();
        let source = tables.first().map_or_else(|| "".into(), |(_, at)| self.origins.of(at));
        let list = ListField {
            steps: target.steps.clone(),
            field: field.id,
            shape: field.shape,
            key: None,
            rest: false,
            read_only: false,
            guards: Vec::new(),
            alternative: None,
            group: None,
            source,
        };
        self.alternatives.push(Alternatives { list, tables: Vec::new() });
        self.scopes[target.scope].alternatives.push(group);
        let errors = self.diagnostics.errors();
        let mut lines = Vec::new();
        for (number, (entries, at)) in tables.iter().enumerate() {
            let (first_line, first_guard) = (self.lines.len(), self.guards.len());
            let entries = self.with_block(entries, field.path);
            self.list(target, field, &entries, at, Some((group, number)));
            // The guard of the table itself is read before those of its lines.
            let own =
                crate::mapping::compile::words::entry(&entries, "when").is_some() && self.guards.len() > first_guard;
            let guards = if own { vec![first_guard] } else { Vec::new() };
            let constants = self.entry_constants(first_line, field.path);
            let (has, has_not) = (Vec::new(), Vec::new());
            self.alternatives[group].tables.push(Alternative { constants, guards, has, has_not });
            lines.push(first_line..self.lines.len());
        }
        if self.diagnostics.errors() == errors {
            self.known_by_pairs(target.scope, group, &lines);
            self.tables_told_apart(group, field.path, tables);
        }
    }

    /// The constants of lines made since `first`, that each entry of the list at `path` says.
    fn entry_constants(&self, first: usize, path: &str) -> Vec<LineId> {
        let of_entry = |id: &usize| {
            let line = &self.lines[*id];
            let inside = line.path.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
            matches!(line.form, Form::Constant(_)) && inside.split('.').count() == line.steps.len() + 1
        };
        (first..self.lines.len()).filter(of_entry).filter_map(|id| LineId::try_from(id).ok()).collect()
    }

    /// Where constants do not tell a table of pairs from another, the field of the pairs' first element does, if the other
    /// table has no line for it.
    fn known_by_pairs(&mut self, scope: ScopeId, group: usize, lines: &[Range<usize>]) {
        for table in 0..lines.len() {
            let own = |part: &&Part| part.row.is_some() && part.list.alternative == Some((group, table));
            let Some(first) = self.scopes[scope].parts.iter().find(own) else { continue };
            let opens = |line: &&Line| line.steps.is_empty() && line.places[0].element == first.elements.start;
            let mut of_pair = first.own.iter().map(|line| &self.lines[usize::from(*line)]);
            let Some((field, path)) = of_pair.find(opens).map(|line| (line.field, line.path.clone())) else { continue };
            for other in (0..lines.len()).filter(|other| *other != table) {
                let filled = self.lines[lines[other].clone()].iter().any(|line| line.path == path);
                if !filled && !self.apart(group, table, other) {
                    let tables = &mut self.alternatives[group].tables;
                    tables[other].has_not.push(field);
                    tables[table].has = vec![field];
                }
            }
        }
    }

    /// Can no entry belong to both tables?
    fn apart(&self, group: usize, one: usize, other: usize) -> bool {
        let [one, other] = [one, other].map(|table| &self.alternatives[group].tables[table]);
        let known = |one: &Alternative, other: &Alternative| one.has.iter().any(|field| other.has_not.contains(field));
        one.constants.iter().any(|a| other.constants.iter().any(|b| self.contradict(*a, *b)))
            || known(one, other)
            || known(other, one)
            || self.never_both(&one.guards, &other.guards)
    }

    /// An entry of the object must be known to belong to one of the tables.
    fn tables_told_apart(&mut self, group: usize, path: &str, tables: &[(Vec<Entry>, At)]) {
        for (second, (_, at)) in tables.iter().enumerate() {
            if !(0..second).all(|first| self.apart(group, first, second)) {
                let message = format!("an entry of `{path}` could be written by more than one of its tables");
                let cause = "which of them is meant is told by what the entry says, and these could say the same";
                let remedy = "give each a constant of its own, such as `state = { const = \"damaged\" }`, or a `when`";
                let diagnostic = self.problem(codes::MAPPING_OVERLAP, message, at, path);
                self.push(diagnostic.cause(cause).remedy(remedy));
            }
        }
    }

    fn contradict(&self, one: LineId, other: LineId) -> bool {
        let [one, other] = [one, other].map(|line| &self.lines[usize::from(line)]);
        one.path == other.path && one.form != other.form
    }

    /// An entry made of elements of the loop that the table stands in.
    pub(super) fn column(&mut self, target: &Target, list: ListField, entries: &[Entry], at: &At, path: &str) {
        if self.inside_an_entry(target, at, path) {
            return;
        }
        let errors = self.diagnostics.errors();
        let shape = list.shape;
        let part = self
            .add_part(target, Part { list, row: None, elements: 0..0, offset: 0, own: Vec::new(), shared: Vec::new() });
        let path_of = path.to_owned();
        let inner = Target {
            scope: target.scope,
            steps: Vec::new(),
            shape,
            path: path_of,
            row: None,
            part: Some(part),
            guards: Vec::new(),
        };
        self.table(&inner, entries);
        if self.scopes[target.scope].parts[part].own.is_empty() && self.diagnostics.errors() == errors {
            let message = format!("no line of this table of `{path}` has a place: it would always be there");
            let remedy =
                "add a line with a place of its own, such as the quantity, or name what fills it: `each = \"...\"`";
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
        }
    }

    fn add_part(&mut self, target: &Target, part: Part) -> usize {
        let parts = &mut self.scopes[target.scope].parts;
        parts.push(part);
        parts.len() - 1
    }

    /// Entries made of groups of elements that repeat inside a segment: `each = "pair(SDQ03)"`.
    pub(super) fn filled_by_groups(
        &mut self,
        target: &Target,
        list: &ListField,
        place: &Place,
        way: Way<'_>,
        entries: &[Entry],
    ) {
        let Way { text, at, path, .. } = way;
        if self.inside_an_entry(target, at, path) {
            return;
        }
        if place.pair.as_ref().is_some_and(|pair| pair.qualifier.is_some()) {
            let message = format!("`{text}` is one of the pairs, a list has an entry for each");
            let remedy = "leave the qualifier out: it becomes a field of the entry";
            return self.report(codes::MAPPING_PLACE, message, at, path, remedy);
        }
        let takes = Takes::Groups(list.clone());
        let Some((slots, row)) = self.group_slots(target, place, &takes, at, path) else { return };
        let width = slots.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).min().unwrap_or(2);
        let errors = self.diagnostics.errors();
        let made = slots.iter().map(|slot| Part {
            list: list.clone(),
            row: Some(row),
            elements: *slot..slot + width,
            offset: slot - slots[0],
            own: Vec::new(),
            shared: Vec::new(),
        });
        let made: Vec<Part> = made.collect();
        let parts: Vec<usize> = made.into_iter().map(|part| self.add_part(target, part)).collect();
        for part in parts {
            let inner = Target {
                scope: target.scope,
                steps: Vec::new(),
                shape: list.shape,
                path: path.to_owned(),
                row: Some(row),
                part: Some(part),
                guards: Vec::new(),
            };
            self.table(&inner, entries);
            // What is wrong is wrong in every group.
            if self.diagnostics.errors() > errors {
                return;
            }
            if self.scopes[target.scope].parts[part].own.is_empty() {
                let message = format!("no line of `{path}` names an element of the pairs");
                let (tag, first) = (self.scopes[target.scope].rows[row].tag, slots[0]);
                let remedy = format!(
                    "name those of the first pair, `{tag}{first:02}` and `{tag}{:02}`: they stand for all",
                    first + 1
                );
                return self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            }
        }
    }

    /// The first elements of the groups, and the row they stand in; one named alone stands for all pairs of its kind.
    fn group_slots(
        &mut self,
        target: &Target,
        place: &Place,
        takes: &Takes,
        at: &At,
        path: &str,
    ) -> Option<(Vec<u16>, usize)> {
        let mut slots = place.pair.as_ref()?.slots.clone();
        slots.sort_unstable();
        slots.dedup();
        let mut row = None;
        for slot in &slots {
            let element = ElementPlace { position: *slot, component: 0, repetition: 0 };
            let probe = Place { element: Some(element), pair: None, ..place.clone() };
            row = Some(self.line_place(target.scope, &probe, takes, at, path)?.row);
        }
        let row = row?;
        let elements = &self.grammar.definition(self.scopes[target.scope].rows[row].item)?.elements;
        if let [only] = slots.as_slice()
            && let Some([first, second]) = elements.get(usize::from(*only) - 1..=usize::from(*only))
        {
            slots = super::pairs::slots_like(elements, first, second);
        }
        Some((slots, row))
    }

    /// An element of an entry, in the group that the entry is made of: lines name those of the first.
    pub(super) fn in_group(
        &mut self,
        target: &Target,
        element: ElementPlace,
        at: &At,
        path: &str,
    ) -> Option<ElementPlace> {
        let parts = &self.scopes[target.scope].parts;
        let Some(part) = target.part.map(|part| &parts[part]).filter(|part| part.row.is_some()) else {
            return Some(element);
        };
        let first = part.elements.start - part.offset..part.elements.end - part.offset;
        if first.contains(&element.position) {
            return Some(ElementPlace { position: element.position + part.offset, ..element });
        }
        let last = parts.iter().filter(|other| other.row == part.row).map(|part| part.elements.end).max();
        let others = first.end..last.unwrap_or(0).max(first.end);
        if target.part != parts.iter().position(|other| other.row == part.row) || !others.contains(&element.position) {
            return Some(element);
        }
        let tag = self.scopes[target.scope].rows[target.row?].tag;
        let message = format!("{tag}{:02} belongs to another pair of `{path}`", element.position);
        let remedy = format!(
            "name the elements of the first pair, `{tag}{:02}` and those behind it: they stand for all",
            first.start
        );
        self.report(codes::MAPPING_PLACE, message, at, path, remedy);
        None
    }

    /// Gives a line to the part of the scope that it belongs to: there it is its own, or one that others have as well.
    pub(super) fn give_to_part(&mut self, target: &Target, part: usize, id: LineId) -> bool {
        let line = &self.lines[usize::from(id)];
        let rows = &self.scopes[target.scope].rows;
        if let Some(place) =
            line.places.iter().find(|place| target.row.is_none() && rows[place.row].takes != Takes::One)
        {
            let (path, tag) = (line.path.clone(), rows[place.row].tag);
            let message = format!("`{path}` takes all {tag} segments, and an entry made of columns takes single ones");
            let remedy = "name one of them by a qualifier or a number, or drop the line";
            let at = self.line_ats[usize::from(id)].clone();
            self.report(codes::MAPPING_PLACE, message, &at, &path, remedy);
            return false;
        }
        let line = &self.lines[usize::from(id)];
        let part = &mut self.scopes[target.scope].parts[part];
        let inside = part.row.is_none() || line.places.iter().any(|place| part.elements.contains(&place.element));
        let own = !line.places.is_empty() && inside && line.options.default.is_none();
        if own {
            part.own.push(id)
        } else {
            part.shared.push(id)
        }
        true
    }

    /// A place that several tables of a list read says nothing of any one of them.
    pub(super) fn shared_lines(&mut self) {
        for scope in 0..self.scopes.len() {
            let parts = &self.scopes[scope].parts;
            let columns: Vec<usize> = (0..parts.len()).filter(|part| parts[*part].row.is_none()).collect();
            let mut shared: Vec<(usize, LineId)> = Vec::new();
            for part in &columns {
                let others = columns.iter().filter(|other| *other != part && self.together(scope, *part, **other));
                let others: Vec<LineId> = others.flat_map(|other| parts[*other].own.iter().copied()).collect();
                let read_by_others = |line: &LineId| self.same_places(*line, &others);
                shared.extend(parts[*part].own.iter().copied().filter(read_by_others).map(|line| (*part, line)));
            }
            for (number, line) in shared {
                let part = &mut self.scopes[scope].parts[number];
                part.own.retain(|own| *own != line);
                part.shared.push(line);
                if part.own.is_empty() && columns.first() != Some(&number) {
                    let path = self.lines[usize::from(line)].path.clone();
                    let message = format!(
                        "another table of the list takes `{path}` from the same place, and this one has nothing else"
                    );
                    let remedy =
                        "give each an element of its own, or say when it is meant: `W1210[W1211=G]`, or `when`";
                    let at = self.line_ats[usize::from(line)].clone();
                    self.report(codes::MAPPING_OVERLAP, message, &at, &path, remedy);
                }
            }
        }
    }

    /// Can both parts be entries of one list, at once?
    fn together(&self, scope: usize, one: usize, other: usize) -> bool {
        let [one, other] = [one, other].map(|part| &self.scopes[scope].parts[part].list);
        let group = |list: &ListField| list.alternative.map(|(group, _)| group);
        group(one) == group(other) && !self.never_both(&one.guards, &other.guards)
    }

    fn same_places(&self, line: LineId, others: &[LineId]) -> bool {
        let places = |line: LineId| &self.lines[usize::from(line)].places;
        let mut others = others.iter().flat_map(|other| places(*other));
        places(line).first().is_some_and(|place| others.any(|other| place.is_at(other) && place.case == other.case))
    }
}
