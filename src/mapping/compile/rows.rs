//! Rows: which segment of which loop a place means, and which of its elements.

use std::sync::Arc;

use crate::diagnostic::{codes, suggest};
use crate::mapping::place::{Condition, ElementPlace, From, Place, Step};
use crate::mapping::plan::{LinePlace, LoopCondition, Row, ScopeId, Takes};
use crate::mapping::select;
use crate::mapping::syntax::At;
use crate::tree::{ElementUse, ItemId, Tag};

use super::Compiler;
use super::names::{element_name, listed, suggestion};

/// Where a place is looked for: the loop, and how many loops outward from the scope's own it is.
#[derive(Clone, Copy)]
struct Start {
    scope: ScopeId,
    item: ItemId,
    up: u8,
}

impl Compiler<'_> {
    /// The loop that a place starts from.
    fn start(&mut self, scope: ScopeId, place: &Place, at: &At, key: &str) -> Option<Start> {
        // Each scope is one loop inside that of the scope around it: levels stand in each other, which the table does
        // not say.
        let around = || std::iter::successors(Some(scope), |scope| (*scope != 0).then(|| self.scopes[*scope].parent));
        let depth = around().count() - 1;
        let up = match place.from {
            From::Here => 0,
            From::Enclosing(count) => usize::from(count),
            From::Root => depth,
        };
        if up > depth {
            let message =
                format!("`../` leads out of the document: {} stands in nothing else", self.loop_name(ItemId::ROOT));
            let remedy = match depth {
                0 => "remove `../`".to_owned(),
                _ => format!("write `../` at most {depth} times, or `/` for the document"),
            };
            self.report(codes::MAPPING_PLACE, message, at, key, remedy);
            return None;
        }
        let item = self.scopes[around().nth(up)?].item;
        let up = u8::try_from(up).ok()?;
        Some(Start { scope, item, up })
    }

    /// The item of a segment directly in loop `parent`.
    fn segment_item(
        &mut self,
        parent: ItemId,
        (name, element): (&str, Option<ElementPlace>),
        at: &At,
        key: &str,
    ) -> Option<ItemId> {
        let tag = Tag::of_name(name);
        let mut direct = self.segments_of(parent).filter(|id| self.grammar.item(*id).tag == tag);
        let found = (direct.next(), direct.count());
        if let (Some(only), 0) = found {
            return Some(only);
        }
        let at = self.token(at, name);
        match found {
            (None, _) => match self.nearest_position(parent, tag) {
                Some(elsewhere) => self.segment_of_another_loop(parent, elsewhere, element, &at, key),
                None => self.segment_of_another_document(parent, name, element, &at, key),
            },
            (Some(first), others) => {
                let (segment, here) = (self.segment_name(first), self.loop_name(parent));
                let message = format!("{segment} stands at {} positions of {here}", others + 1);
                let remedy =
                    "a place cannot tell them apart yet: leave the segment unmapped, and name it in [ignore] document";
                self.report(codes::MAPPING_AMBIGUOUS_POSITION, message, &at, key, remedy);
            }
        }
        None
    }

    /// Where a segment that is not in loop `parent` itself stands: in a loop it opens there, around it, inside it, or
    /// anywhere, in this order.
    fn nearest_position(&self, parent: ItemId, tag: Tag) -> Option<ItemId> {
        let grammar = self.grammar;
        let far = |id: &ItemId| {
            let around = grammar.item(*id).parent;
            if grammar.item(around).parent == parent && grammar.is_trigger(*id) {
                0
            } else if self.stands_in(parent, around) {
                1
            } else if self.stands_in(around, parent) {
                2
            } else {
                3
            }
        };
        self.positions_of(tag).into_iter().min_by_key(far)
    }

    fn segment_of_another_loop(
        &mut self,
        parent: ItemId,
        found: ItemId,
        element: Option<ElementPlace>,
        at: &At,
        key: &str,
    ) {
        let grammar = self.grammar;
        let (here, around) = (self.loop_name(parent), grammar.item(found).parent);
        let (segment, tag) = (self.segment_name(found), grammar.item(found).tag);
        let place = element.map_or_else(|| tag.to_string(), |element| grammar.designator(tag, element.position));
        let (message, remedy) = if grammar.item(around).parent == parent && grammar.is_trigger(found) {
            let own = format!(
                "name the loop in a table of its own: `in = \"{tag}[{}=...]\"` for one object, `each = \"{tag}\"` for a list",
                grammar.designator(tag, 1)
            );
            // The table of the line may itself be meant for the loop inside.
            let both = || {
                format!(
                    "where this table is a list with an entry for each {tag}: `each = \"{}\"`",
                    self.loop_path(ItemId::ROOT, around)
                )
            };
            let remedy = if parent == ItemId::ROOT { own } else { format!("{}; else {own}", both()) };
            (format!("{segment} opens a loop of {here}, its elements stand in that loop"), remedy)
        } else if self.stands_in(parent, around) {
            let up = grammar.depth(parent) - if around == ItemId::ROOT { 0 } else { grammar.depth(around) };
            let prefix = if around == ItemId::ROOT { "/".to_owned() } else { "../".repeat(up) };
            (
                format!("{here} has no segment {segment}: it stands in {} around it", self.loop_name(around)),
                format!("say so: `{prefix}{place}`, and `way = \"in\"` if several entries read it"),
            )
        } else {
            let path = self.loop_path(if self.stands_in(around, parent) { parent } else { ItemId::ROOT }, around);
            (
                format!("{segment} does not stand in {here} itself, it stands in {}", self.loop_name(around)),
                format!("put the line into a table for that loop: `each = \"{path}\"` for a list, `in` for one object"),
            )
        };
        self.report(codes::MAPPING_UNKNOWN_SEGMENT, message, at, key, remedy);
    }

    fn segment_of_another_document(
        &mut self,
        parent: ItemId,
        name: &str,
        element: Option<ElementPlace>,
        at: &At,
        key: &str,
    ) {
        let document = self.document_name();
        let elsewhere = self.library.elsewhere(&self.grammar.name, name);
        let named = match &elsewhere {
            Some((definition, _)) => format!("{name} ({})", definition.name),
            None => name.to_owned(),
        };
        let message = format!("{document} has no segment {named}");
        let numbered = elsewhere.as_ref().zip(element).and_then(|((definition, _), element)| {
            let wanted = definition.elements.get(usize::from(element.position) - 1)?;
            self.element_numbered(parent, &wanted.number)
        });
        let near = numbered.or_else(|| self.element_in(parent, key));
        let tags: Vec<String> = self.segments_of(parent).map(|id| self.grammar.item(id).tag.to_string()).collect();
        let remedy = match (near, suggest::nearest(name, tags.iter().map(String::as_str))) {
            (Some(near), _) => format!("did you mean {near}?"),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("the segments of {} are {}", self.loop_name(parent), tags.join(", ")),
        };
        let mut diagnostic = self.problem(codes::MAPPING_UNKNOWN_SEGMENT, message, at, key);
        diagnostic.cause = self.belongs_to(name);
        self.push(diagnostic.remedy(remedy));
    }

    /// Which documents have a segment that this one does not have.
    pub(super) fn belongs_to(&self, segment: &str) -> Option<String> {
        if !self.positions_of(Tag::of_name(segment)).is_empty() {
            return None;
        }
        match self.library.elsewhere(&self.grammar.name, segment) {
            Some((_, documents)) if documents.is_empty() => None,
            Some((_, documents)) => Some(format!("{segment} belongs to {}", listed(&documents))),
            None => Some(format!("no transaction set of this release has a segment {segment}")),
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
        let meant = (item, element.position, element.component);
        if let Some(known) = self.elements.get(&meant).filter(|known| element.repetition <= 1 || known.repeat > 1) {
            return Some(Arc::clone(known));
        }
        let found = self.element_looked_up(item, element, at, key)?;
        self.elements.insert(meant, Arc::clone(&found));
        Some(found)
    }

    fn element_looked_up(
        &mut self,
        item: ItemId,
        element: ElementPlace,
        at: &At,
        key: &str,
    ) -> Option<Arc<ElementUse>> {
        let definition = Arc::clone(self.grammar.definition(item)?);
        let tag = definition.tag;
        let position = usize::from(element.position);
        let name = definition.designator(element.position);
        let at = self.token(at, &name);
        let Some(found) = definition.elements.get(position - 1) else {
            let count = definition.elements.len();
            let message = format!("{} has {count} elements, there is no {name}", self.segment_name(item));
            let remedy = match Self::element_like(&definition, key, &|_| true) {
                Some((_, near)) => format!("did you mean {near}?"),
                None => format!("the last one is {}", element_name(&definition, count)),
            };
            self.report(codes::MAPPING_UNKNOWN_ELEMENT, message, &at, key, remedy);
            return None;
        };
        if element.repetition > 1 && found.repeat == 1 {
            let message = format!("{name} ({}) does not repeat in {}", found.name, self.document_name());
            let remedy = format!("write `{name}`; the second row of {tag} with the same qualifier is `{name}[...][2]`");
            self.report(codes::MAPPING_UNKNOWN_ELEMENT, message, &at, key, remedy);
            return None;
        }
        if element.component == 0 {
            return Some(Arc::new(found.clone()));
        }
        let component = found.components.get(usize::from(element.component) - 1);
        if component.is_none() {
            let count = found.components.len();
            let (message, remedy) = match count {
                0 => (
                    format!("{name} ({}) is no composite, it has no components", found.name),
                    format!("write `{name}`"),
                ),
                _ => (
                    format!(
                        "{name} ({}) has {count} components, there is no {name}-{:02}",
                        found.name, element.component
                    ),
                    format!("the last one is `{name}-{count:02}`, {}", found.components[count - 1].name),
                ),
            };
            self.report(codes::MAPPING_UNKNOWN_ELEMENT, message, &at, key, remedy);
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
        let start = self.start(scope, place, at, key)?;
        let (Some(element), [step]) = (place.element, place.steps.as_slice()) else {
            let what = &place.steps[place.steps.len() - 1].segment;
            let (message, remedy) = match place.element {
                None => (
                    match self.grammar.is_layout() {
                        true => format!("{what} is a record, `{key}` takes one of its fields"),
                        false => format!("{what} is a segment or loop, `{key}` takes one of its elements"),
                    },
                    match self.grammar.is_layout() {
                        true => format!(
                            "name one of its fields, such as `{}`",
                            self.grammar.designator(Tag::of_name(what), 1)
                        ),
                        false => format!("name the element by two digits, such as `{what}01`"),
                    },
                ),
                Some(_) => (
                    format!("`{key}` takes a value of its own loop, the place leads through another one"),
                    "put the line into a table for that loop: `in` for one object, `each` for a list".to_owned(),
                ),
            };
            self.report(codes::MAPPING_PLACE, message, at, key, remedy);
            return None;
        };
        let item = self.segment_item(start.item, (&step.segment, Some(element)), at, key)?;
        let definition = self.element(item, element, at, key)?;
        let mut conditions = self.row_conditions(item, step, at, key)?;
        // A segment that stands once is not chosen by its elements: they say which of its values is meant.
        let once = self.grammar.item(item).max == 1 && step.nth.is_none() && *takes == Takes::One;
        let case = if once { std::mem::take(&mut conditions) } else { Vec::new() };
        let row = self.row(start, item, (step, conditions), takes, at, key)?;
        let ElementPlace { position, component, repetition } = element;
        Some(LinePlace { row, element: position, component, repetition, pair: None, case, definition })
    }

    /// The values that elements of a segment must have, by the filter of `step`.
    pub(super) fn row_conditions(
        &mut self,
        item: ItemId,
        step: &Step,
        at: &At,
        key: &str,
    ) -> Option<Vec<(u16, String)>> {
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            let segment = segment_of(condition);
            let equals = match condition {
                Condition::Equals { element, value, .. } if *segment == step.segment => Some((*element, value)),
                _ => None,
            };
            let Some((element, value)) = equals else {
                let message =
                    format!("a row of {} is chosen by its own elements, not by {segment}", self.segment_name(item));
                let remedy = format!(
                    "write the qualifier's element: `[{}=...]`",
                    self.grammar.designator(Tag::of_name(&step.segment), 1)
                );
                let at = self.token(at, segment);
                self.report(codes::MAPPING_PLACE, message, &at, key, remedy);
                return None;
            };
            let definition = self.element(item, whole(element), at, key)?;
            self.known_code(&definition, value, at, key);
            conditions.push((element, value.clone()));
        }
        conditions.sort();
        Some(conditions)
    }

    /// The row that `step` selects, made when it is new.
    fn row(
        &mut self,
        start: Start,
        item: ItemId,
        (step, conditions): (&Step, Vec<(u16, String)>),
        takes: &Takes,
        at: &At,
        key: &str,
    ) -> Option<usize> {
        if step.nth.is_some() && *takes != Takes::One {
            let message = "`[2]` means one row, and this place takes all of them".to_owned();
            self.report(codes::MAPPING_PLACE, message, at, key, "remove the number in brackets");
            return None;
        }
        let any = *takes == Takes::One && conditions.is_empty() && step.nth.is_none();
        if any && self.grammar.item(item).max != 1 {
            self.whichever_comes(item, at, key);
        }
        let row = Row {
            item,
            tag: self.grammar.item(item).tag,
            up: start.up,
            conditions,
            nth: step.nth.unwrap_or(1),
            arrival: 1,
            takes: takes.clone(),
            lines: Vec::new(),
            reads: Vec::new(),
            asks: 0,
        };
        // What a line beside the heading takes there, no catch-all of the heading takes again.
        if start.up > 0 && self.main == Some(start.scope) && row.takes == Takes::One {
            self.add_row(0, Row { up: 0, ..row.clone() }, at);
        }
        Some(self.add_row(start.scope, row, at))
    }

    /// Warns of what takes the first of several segments, or loops that they open, whatever its qualifier says.
    pub(super) fn whichever_comes(&mut self, item: ItemId, at: &At, key: &str) {
        let levels = self.grammar.levels.filter(|levels| levels.item == item);
        let opener = if self.grammar.is_loop(item) { ItemId(item.0 + 1) } else { item };
        if levels.is_none() && !select::has_qualifier(self.grammar, opener) {
            return;
        }
        let tag = self.grammar.item(item).tag;
        let qualifier = self.grammar.designator(tag, levels.map_or(1, |levels| levels.code));
        let (what, otherwise) = match opener == item {
            true => (self.segment_name(item), "; if the first is meant whatever comes, write `[1]` behind it"),
            false => (format!("loop {tag}"), ""),
        };
        let message = format!("`{key}` takes the first {what} that comes, whatever its {qualifier} says");
        let remedy = format!("name the one that is meant: `[{qualifier}=...]`{otherwise}");
        self.report(codes::MAPPING_WHICHEVER_COMES, message, at, key, remedy);
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
            self.row_origins[scope].push(at.clone());
            rows.len() - 1
        })
    }

    /// Warns of a qualifier that is in no code list of the element, nor one of the partner's own; the empty one, `''`, means that there is none.
    pub(super) fn known_code(&mut self, definition: &ElementUse, value: &str, at: &At, key: &str) {
        if value.is_empty() || self.known_codes.get(&definition.number).is_some_and(|known| known.contains(value)) {
            return;
        }
        let ElementUse { number, name, .. } = definition;
        let guide = self.written.guide.as_ref().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty());
        if (self.grammar.known_code)(number, value) == Some(false)
            && !self.library.is_code_of_partner(guide, number, value)
        {
            let message = format!("`{value}` is no code of element {number} ({name})");
            let at = self.token(at, value);
            let remedy = "compare it with the partner's guide; a code of the partner's own is used as it stands: name it in the guide (`extra_codes`) or in mappings/codes";
            self.report(codes::MAPPING_UNKNOWN_QUALIFIER, message, &at, key, remedy);
        } else {
            self.known_codes.entry(Arc::clone(number)).or_default().insert(value.to_owned());
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
        if step.nth.is_some() {
            let message = format!("`[2]` counts rows, {} is chosen by what stands in it", self.loop_name(item));
            let remedy = "choose it by a qualifier; occurrences beyond the first go to `rest`";
            self.report(codes::MAPPING_PLACE, message, at, key, remedy);
            return None;
        }
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            let segment = segment_of(condition);
            let tag = Tag::of_name(segment);
            let inside = self.positions_of(tag).into_iter().find(|id| self.stands_in(*id, item));
            let Some(inside) = inside else {
                let message = format!("{} has no segment {segment} by which it could be chosen", self.loop_name(item));
                let definitions: Vec<String> =
                    self.segments_of(item).map(|id| self.grammar.item(id).tag.to_string()).collect();
                let otherwise = format!("its segments are {}", definitions.join(", "));
                let remedy = suggestion(segment, definitions.iter().map(String::as_str), &otherwise);
                let at = self.token(at, segment);
                self.report(codes::MAPPING_UNKNOWN_SEGMENT, message, &at, key, remedy);
                return None;
            };
            conditions.push(match condition {
                Condition::Has(_) => LoopCondition::Has(tag),
                Condition::HasNot(_) => LoopCondition::HasNot(tag),
                Condition::Equals { element, value, .. } => {
                    let definition = self.element(inside, whole(*element), at, key)?;
                    self.known_code(&definition, value, at, key);
                    LoopCondition::Equals {
                        tag,
                        element: *element,
                        value: value.clone(),
                        trigger: inside.0 == item.0 + 1,
                    }
                }
            });
        }
        Some(conditions)
    }
}

fn segment_of(condition: &Condition) -> &String {
    match condition {
        Condition::Equals { segment, .. } | Condition::Has(segment) | Condition::HasNot(segment) => segment,
    }
}

/// The element as a whole.
fn whole(position: u16) -> ElementPlace {
    ElementPlace { position, component: 0, repetition: 0 }
}
