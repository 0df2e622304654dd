//! Rows: which segment of which loop a place means, and whether two places could mean the same one.

use std::sync::Arc;

use crate::diagnostic::codes;
use crate::tree::{ElementUse, ItemId, Tag};

use super::super::place::{Condition, ElementPlace, From, Place, Step};
use super::super::plan::{Attach, LinePlace, LoopCondition, Row, ScopeId, Takes};
use super::super::syntax::At;
use super::Compiler;

impl Compiler<'_> {
    /// The text of a place, read; a diagnostic when it is none.
    pub(super) fn place(&mut self, text: &str, at: &At, key: &str) -> Option<Place> {
        match super::super::place::parse(text) {
            Ok(place) => Some(place),
            Err(offset) => {
                let start = (at.span.start + 1 + offset).min(at.span.end.saturating_sub(1));
                let here = At {
                    file: at.file,
                    span: start..at.span.end.saturating_sub(1).max(start + 1),
                };
                let message = format!("`{text}` is not a place");
                let diagnostic = self
                    .written
                    .diagnostic(codes::MAPPING_PLACE, message, &here, Some(key))
                    .remedy("write it as the guide prints it: `W0602`, `N902[N901=BM]`, `MEA04-01`, `../N902[N901=LT]`, `LX/W12`");
                self.push(diagnostic);
                None
            }
        }
    }

    /// The loop that a place starts from, and how many loops outward that is.
    fn start(&mut self, scope: ScopeId, place: &Place, at: &At, key: &str) -> Option<(ItemId, u8)> {
        let mut item = self.scopes[scope].item;
        let mut up = 0u8;
        let wanted = match place.from {
            From::Here => 0,
            From::Enclosing(count) => count,
            From::Root => u8::MAX,
        };
        while up < wanted {
            if item == ItemId::ROOT {
                if wanted == u8::MAX {
                    break;
                }
                self.report(codes::MAPPING_PLACE, "`../` leads out of the document", at, key);
                return None;
            }
            item = self.grammar.item(item).parent;
            up += 1;
        }
        Some((item, up))
    }

    /// The item of segment `name` directly in loop `parent`.
    pub(super) fn segment_item(&mut self, parent: ItemId, name: &str, at: &At, key: &str) -> Option<ItemId> {
        let grammar = self.grammar;
        let tag = Tag::new(name.as_bytes());
        let direct: Vec<ItemId> = grammar
            .children(parent)
            .filter(|id| grammar.item(*id).tag == tag && !grammar.is_loop(*id))
            .collect();
        match direct.as_slice() {
            [only] => Some(*only),
            [] => {
                self.no_segment(parent, name, at, key);
                None
            }
            _ => {
                let message = format!(
                    "{name} stands at {} positions of {}",
                    direct.len(),
                    self.loop_name(parent)
                );
                self.report(codes::MAPPING_AMBIGUOUS_POSITION, message, at, key);
                None
            }
        }
    }

    fn no_segment(&mut self, parent: ItemId, name: &str, at: &At, key: &str) {
        let grammar = self.grammar;
        let tag = Tag::new(name.as_bytes());
        let elsewhere = (1..grammar.items.len())
            .map(|id| ItemId(id as u16))
            .find(|id| grammar.item(*id).tag == tag);
        let here = self.loop_name(parent);
        let (message, remedy) = match elsewhere {
            Some(id) if grammar.is_loop(id) && grammar.item(id).parent == parent => (
                format!("{name} opens a loop of {here}, it is not a segment of {here} itself"),
                Some(format!(
                    "name the loop first: `in = \"{name}[...]\"` for one, `each = \"{name}\"` for a list"
                )),
            ),
            Some(id) => {
                let inside = self.loop_name(grammar.item(id).parent);
                let message = format!("{here} has no segment {name} of its own: it stands in {inside}");
                (
                    message,
                    Some("put the line into a table for that loop, or start the place with `../` or `/`".into()),
                )
            }
            None => {
                let message = format!("{} has no segment {name}", grammar.name);
                let names: Vec<String> = grammar.segments.iter().map(|segment| segment.tag.to_string()).collect();
                let remedy = self.suggestion(name, names.iter().map(String::as_str));
                (message, remedy)
            }
        };
        let mut diagnostic = self
            .written
            .diagnostic(codes::MAPPING_UNKNOWN_SEGMENT, message, at, Some(key));
        diagnostic.remedy = remedy;
        self.push(diagnostic);
    }

    /// "the heading" or "the W12 loop".
    pub(super) fn loop_name(&self, item: ItemId) -> String {
        if item == ItemId::ROOT {
            "the document".into()
        } else {
            format!("the {} loop", self.grammar.item(item).tag)
        }
    }

    /// The definition of an element of `item`.
    pub(super) fn element(
        &mut self,
        item: ItemId,
        element: ElementPlace,
        at: &At,
        key: &str,
    ) -> Option<Arc<ElementUse>> {
        let definition = Arc::clone(self.grammar.definition(item)?);
        let tag = definition.tag;
        let position = usize::from(element.position);
        let Some(found) = definition.elements.get(position - 1) else {
            let message = format!(
                "{tag} ({}) has {} elements, there is no {tag}{position:02}",
                definition.name,
                definition.elements.len()
            );
            self.report(codes::MAPPING_UNKNOWN_ELEMENT, message, at, key);
            return None;
        };
        if element.repetition > 1 && found.repeat == 1 {
            let message = format!("{tag}{position:02} ({}) does not repeat", found.name);
            self.report(codes::MAPPING_UNKNOWN_ELEMENT, message, at, key);
        }
        if element.component == 0 {
            return Some(Arc::new(found.clone()));
        }
        let component = found.components.get(usize::from(element.component) - 1);
        if component.is_none() {
            let message = format!(
                "{tag}{position:02} ({}) has {} components",
                found.name,
                found.components.len()
            );
            self.report(codes::MAPPING_UNKNOWN_ELEMENT, message, at, key);
        }
        component.map(|component| Arc::new(component.clone()))
    }

    /// The row and element that a place means, seen from `scope`; the row is made when it is new.
    pub(super) fn line_place(
        &mut self,
        scope: ScopeId,
        place: &Place,
        takes: &Takes,
        at: &At,
        key: &str,
    ) -> Option<LinePlace> {
        let (start, up) = self.start(scope, place, at, key)?;
        let (Some(element), [step]) = (place.element, place.steps.as_slice()) else {
            let message = "a value comes from an element, such as `W0602`; a loop belongs into `in`, `each` or `rest`";
            self.report(codes::MAPPING_PLACE, message, at, key);
            return None;
        };
        let item = self.segment_item(start, &step.segment, at, key)?;
        let definition = self.element(item, element, at, key)?;
        let row = self.row(scope, item, up, step, takes, at, key)?;
        let ElementPlace {
            position,
            component,
            repetition,
        } = element;
        Some(LinePlace {
            row,
            element: position,
            component,
            repetition,
            pair: None,
            definition,
        })
    }

    /// The row that `step` selects, made when it is new.
    #[expect(
        clippy::too_many_arguments,
        reason = "each says one thing about the row and where it was written"
    )]
    pub(super) fn row(
        &mut self,
        scope: ScopeId,
        item: ItemId,
        up: u8,
        step: &Step,
        takes: &Takes,
        at: &At,
        key: &str,
    ) -> Option<usize> {
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            match condition {
                Condition::Equals {
                    segment,
                    element,
                    value,
                } if *segment == step.segment => {
                    let place = ElementPlace {
                        position: *element,
                        component: 0,
                        repetition: 0,
                    };
                    let definition = self.element(item, place, at, key)?;
                    self.known_code(&definition, value, at, key);
                    conditions.push((*element, value.clone()));
                }
                _ => {
                    let message = format!(
                        "a row of {0} is chosen by its own elements, such as `{0}01=...`",
                        step.segment
                    );
                    self.report(codes::MAPPING_PLACE, message, at, key);
                    return None;
                }
            }
        }
        conditions.sort();
        let nth = step.nth.unwrap_or(1);
        let row = Row {
            item,
            tag: self.grammar.item(item).tag,
            up,
            conditions,
            nth,
            takes: takes.clone(),
            lines: Vec::new(),
        };
        Some(self.add_row(scope, row, at))
    }

    pub(super) fn add_row(&mut self, scope: ScopeId, row: Row, at: &At) -> usize {
        let rows = &mut self.scopes[scope].rows;
        let same = |known: &Row| {
            known.item == row.item
                && known.up == row.up
                && known.conditions == row.conditions
                && known.nth == row.nth
                && known.takes == row.takes
        };
        rows.iter().position(same).unwrap_or_else(|| {
            rows.push(row);
            self.row_origins.insert((scope, rows.len() - 1), at.clone());
            rows.len() - 1
        })
    }

    /// Warns of a qualifier that is in no code list of the element.
    pub(super) fn known_code(&mut self, definition: &ElementUse, value: &str, at: &At, key: &str) {
        if (self.grammar.known_code)(&definition.number, value) == Some(false) {
            let message = format!(
                "`{value}` is no code of element {} ({}) in {}",
                definition.number, definition.name, self.grammar.name
            );
            let diagnostic = self
                .written
                .diagnostic(codes::MAPPING_UNKNOWN_QUALIFIER, message, at, Some(key))
                .remedy("compare it with the partner's guide; see the codes with `crossdock inspect FILE`");
            self.push(diagnostic);
        }
    }

    /// Conditions of a loop, by the segments inside it.
    pub(super) fn loop_conditions(
        &mut self,
        item: ItemId,
        step: &Step,
        at: &At,
        key: &str,
    ) -> Option<Vec<LoopCondition>> {
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            let segment = match condition {
                Condition::Equals { segment, .. } | Condition::Has(segment) | Condition::HasNot(segment) => segment,
            };
            let tag = Tag::new(segment.as_bytes());
            let Some(inside) = self.inside(item, tag) else {
                let message = format!("{} has no segment {segment}", self.loop_name(item));
                self.report(codes::MAPPING_UNKNOWN_SEGMENT, message, at, key);
                return None;
            };
            conditions.push(match condition {
                Condition::Has(_) => LoopCondition::Has(tag),
                Condition::HasNot(_) => LoopCondition::HasNot(tag),
                Condition::Equals { element, value, .. } => {
                    let place = ElementPlace {
                        position: *element,
                        component: 0,
                        repetition: 0,
                    };
                    let definition = self.element(inside, place, at, key)?;
                    self.known_code(&definition, value, at, key);
                    let trigger = inside.0 == item.0 + 1;
                    LoopCondition::Equals {
                        tag,
                        element: *element,
                        value: value.clone(),
                        trigger,
                    }
                }
            });
        }
        Some(conditions)
    }

    /// The first item with `tag` anywhere inside loop `item`.
    fn inside(&self, item: ItemId, tag: Tag) -> Option<ItemId> {
        let grammar = self.grammar;
        let end = match grammar.item(item).kind {
            crate::tree::ItemKind::Loop { end } => end.0,
            crate::tree::ItemKind::Segment { .. } => item.0 + 1,
        };
        (item.0 + 1..end)
            .map(ItemId)
            .find(|id| grammar.item(*id).tag == tag && !grammar.is_loop(*id))
    }

    pub(super) fn overlapping_rows(&mut self) {
        for scope in 0..self.scopes.len() {
            let count = self.scopes[scope].rows.len();
            for second in 0..count {
                for first in 0..second {
                    let rows = &self.scopes[scope].rows;
                    if !overlap(&rows[first], &rows[second]) {
                        continue;
                    }
                    let (one, other) = (describe(&rows[first]), describe(&rows[second]));
                    let at = self.row_origins[&(scope, second)].clone();
                    let earlier = self.written.line_of(&self.row_origins[&(scope, first)]);
                    let message = format!("`{other}` and `{one}` ({earlier}) can mean the same segment");
                    let diagnostic = self
                        .written
                        .diagnostic(codes::MAPPING_OVERLAP, message, &at, None)
                        .cause("a segment goes to one row only, or its values would be taken twice and written twice")
                        .remedy("tell them apart by another value of the same qualifier, or by position: `[2]`");
                    self.push(diagnostic);
                }
            }
            self.sort_rows(scope);
        }
    }

    fn sort_rows(&mut self, scope: ScopeId) {
        let rows = std::mem::take(&mut self.scopes[scope].rows);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|index| (rows[*index].up, rows[*index].item, rest(&rows[*index]), *index));
        let mut moved = vec![0; rows.len()];
        for (new, old) in order.iter().enumerate() {
            moved[*old] = new;
        }
        self.scopes[scope].rows = order.iter().map(|old| rows[*old].clone()).collect();
        let scope_lines: Vec<_> = self.scopes[scope]
            .rows
            .iter()
            .flat_map(|row| row.lines.clone())
            .chain(self.scopes[scope].joined.clone())
            .collect();
        for line in scope_lines {
            for place in &mut self.lines[usize::from(line)].places {
                place.row = moved[place.row];
            }
        }
        for derived in self.scopes[scope].derived.clone() {
            let place = &mut self.derived[derived].place;
            place.row = moved[place.row];
        }
    }

    pub(super) fn overlapping_loops(&mut self) {
        for scope in 0..self.scopes.len() {
            for second in 0..self.scopes[scope].children.len() {
                for first in 0..second {
                    let children = &self.scopes[scope].children;
                    let (one, other) = (&children[first], &children[second]);
                    if one.item != other.item || is_rest(&one.attach) || is_rest(&other.attach) {
                        continue;
                    }
                    if one
                        .conditions
                        .iter()
                        .any(|a| other.conditions.iter().any(|b| contradict(a, b)))
                    {
                        continue;
                    }
                    let at = self.child_origins[&(scope, second)].clone();
                    let earlier = self.written.line_of(&self.child_origins[&(scope, first)]);
                    let tag = self.grammar.item(other.item).tag;
                    let message = format!("this {tag} loop and the one of {earlier} can be the same occurrence");
                    let diagnostic = self
                        .written
                        .diagnostic(codes::MAPPING_OVERLAP, message, &at, None)
                        .cause("an occurrence goes to one table only, or its values would be taken twice")
                        .remedy(format!(
                            "tell them apart: `{tag}[{tag}01=...]`, or `{tag}[MAN]` and `{tag}[not MAN]`"
                        ));
                    self.push(diagnostic);
                }
            }
            self.scopes[scope]
                .children
                .sort_by_key(|child| (child.item, is_rest(&child.attach)));
        }
    }
}

fn rest(row: &Row) -> bool {
    match &row.takes {
        Takes::One => false,
        Takes::All { rest } => *rest,
        Takes::Nodes(list) => list.rest,
    }
}

fn is_rest(attach: &Attach) -> bool {
    matches!(attach, Attach::Each(list) if list.rest)
}

fn overlap(one: &Row, other: &Row) -> bool {
    if one.item != other.item || one.up != other.up || (rest(one) != rest(other)) {
        return false;
    }
    let contradiction = one.conditions.iter().any(|(element, value)| {
        other
            .conditions
            .iter()
            .any(|(known, wanted)| known == element && wanted != value)
    });
    let counted = one.conditions == other.conditions
        && one.takes == Takes::One
        && other.takes == Takes::One
        && one.nth != other.nth;
    !contradiction && !counted
}

fn contradict(one: &LoopCondition, other: &LoopCondition) -> bool {
    use LoopCondition::{Equals, Has, HasNot};
    match (one, other) {
        (
            Equals {
                tag,
                element,
                value,
                trigger: true,
            },
            Equals {
                tag: other,
                element: place,
                value: wanted,
                ..
            },
        ) => tag == other && element == place && value != wanted,
        (Has(tag) | Equals { tag, .. }, HasNot(other)) | (HasNot(other), Has(tag) | Equals { tag, .. }) => tag == other,
        _ => false,
    }
}

fn describe(row: &Row) -> String {
    let conditions: Vec<String> = row
        .conditions
        .iter()
        .map(|(element, value)| format!("{}{element:02}={value}", row.tag))
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
