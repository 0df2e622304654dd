//! Reads a document by a plan: the tree's values into a canonical object, each with its origin.
//!
//! One walk over the loop occurrences: a scope selects its rows, its lines take their values, its children go on
//! inside. What no line took stays unmarked in the coverage, for reports and for writing back.

use std::borrow::Cow;

use crate::canonical::{FieldId, NodeId, NodeShapeId, Object, Origin, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::tree::{BitSet, ElementId, ItemId, OccurrenceId, SegmentIndex, Tree};

use super::context::Context;
use super::hierarchy::{self, LevelsLeft};
use super::lens::{self, Fault};
use super::plan::{
    Attach, Form, Lens, Line, LineId, LinePlace, ListField, LoopCondition, Plan, Row, Scope, ScopeId, Takes, Unit,
    Unknown, Way,
};
use super::select::{self, Frame, Taken};

/// Reads documents by one plan after the other; keeps its memory.
#[derive(Debug, Default)]
pub struct Reading {
    taken: Taken,
    /// Elements that some line (or the envelope) took.
    pub coverage: BitSet,
    /// Levels that no table takes where they stand.
    left: Vec<LevelsLeft>,
    /// Paths of the fields whose value could not be read: they are missing for that reason.
    pub refused: Vec<String>,
}

impl Reading {
    /// Reads the document in `tree` into `object`, which is emptied first. Where the plan has a hierarchy the tree is
    /// nested by it.
    pub fn read(
        &mut self,
        plan: &Plan,
        tree: &mut Tree,
        bytes: &[u8],
        context: &Context<'_>,
        object: &mut Object,
        diagnostics: &mut Diagnostics,
    ) {
        object.clear();
        self.coverage.clear();
        self.refused.clear();
        self.left.clear();
        if let Some(hierarchy) = &plan.hierarchy {
            hierarchy.nest(tree, bytes);
        }
        let ascii = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii());
        let mut walk = Walk { plan, tree, bytes, ascii, context, object, diagnostics, reading: self };
        walk.scope(0, 0, NodeId::ROOT, 1);
        hierarchy::report_left(&self.left, plan, (tree, bytes), context, diagnostics);
    }
}

struct Walk<'a> {
    plan: &'a Plan,
    tree: &'a Tree,
    bytes: &'a [u8],
    /// The same as text, when it is ASCII throughout: then its values are decoded already.
    ascii: Option<&'a str>,
    context: &'a Context<'a>,
    object: &'a mut Object,
    diagnostics: &'a mut Diagnostics,
    reading: &'a mut Reading,
}

/// The rows that a line looks into: those of the scope, with one of them replaced where entries are made of segments.
#[derive(Clone, Copy)]
struct Rows {
    frame: Frame,
    own: Option<(usize, SegmentIndex)>,
}

/// A qualifier and the value beside it.
struct Slot<'a> {
    qualifier: &'a [u8],
    qualifier_id: ElementId,
    value: &'a [u8],
    value_id: ElementId,
}

impl<'a> Walk<'a> {
    /// `number` counts the occurrence among its siblings of the same loop, 1-based.
    fn scope(&mut self, id: ScopeId, occurrence: OccurrenceId, node: NodeId, number: u32) {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        let frame = self.reading.taken.open(scope, self.tree, self.bytes, occurrence);
        let rows = Rows { frame, own: None };
        self.single_rows(scope, rows, node);
        let mut at = 0;
        while let Some((row, index)) = self.reading.taken.many(frame, at) {
            at += 1;
            let rows = Rows { frame, own: Some((row, index)) };
            self.cover_conditions(&scope.rows[row], index);
            let node = match &scope.rows[row].takes {
                Takes::Nodes(list) => {
                    let entry = self.entry(node, list);
                    self.object.set_occurrence(entry, index);
                    entry
                }
                _ => node,
            };
            self.row(&scope.rows[row], index, rows, node);
        }
        self.reading.taken.close(frame);
        let mut used = 0;
        let mut counted = (ItemId::ROOT, 0);
        for inside in self.tree.children_of(occurrence) {
            let item = self.tree.occurrences[inside as usize].item;
            counted = (item, if counted.0 == item { counted.1 + 1 } else { 1 });
            let level = plan.hierarchy.as_ref().filter(|hierarchy| item == hierarchy.form.item);
            let found = select::child(scope, self.tree, self.bytes, inside, &mut used);
            match (level, found) {
                (Some(level), Some(_)) => level.cover(self.tree, inside, &mut self.reading.coverage),
                (Some(level), None) => {
                    hierarchy::leave(&mut self.reading.left, (level, self.tree, self.bytes), id, inside);
                }
                (None, _) => {}
            }
            if let Some((_, child)) = found {
                self.cover_loop_conditions(&child.conditions, inside);
                let node = match &child.attach {
                    Attach::Through => node,
                    Attach::One(steps) => self.descend(node, steps),
                    Attach::Each(list) => self.entry(node, list),
                };
                if !matches!(child.attach, Attach::Through) {
                    self.object.set_occurrence(node, inside);
                }
                self.scope(child.scope, inside, node, counted.1);
            }
        }
        self.compare_derived(id, occurrence, node, number);
    }

    /// Compares what can be computed, once all the lines are there; not when some of them could not be read.
    fn compare_derived(&mut self, id: ScopeId, occurrence: OccurrenceId, node: NodeId, number: u32) {
        let mut silent = Diagnostics::with_limit(0);
        let diagnostics = match self.reading.refused.is_empty() {
            true => &mut *self.diagnostics,
            false => &mut silent,
        };
        super::derive::compare(
            self.plan,
            id,
            self.tree,
            self.bytes,
            occurrence,
            node,
            self.object,
            self.context,
            diagnostics,
            &mut self.reading.coverage,
            number,
        );
    }

    /// The lines of rows that are one segment each, those of several rows, and those without any.
    fn single_rows(&mut self, scope: &'a Scope, rows: Rows, node: NodeId) {
        for (number, row) in scope.rows.iter().enumerate() {
            if let Some(index) = self.reading.taken.one(rows.frame, number) {
                self.cover_conditions(row, index);
                self.row(row, index, rows, node);
            }
        }
        for line in scope.constants.iter().chain(&scope.joined).chain(&scope.last) {
            self.line(*line, rows, node);
        }
        for (row, line) in &scope.defaults {
            if self.reading.taken.one(rows.frame, *row).is_none() {
                self.line(*line, rows, node);
            }
        }
    }

    /// Runs the lines of a row that can find something in its segment.
    #[inline]
    fn row(&mut self, row: &'a Row, index: SegmentIndex, rows: Rows, node: NodeId) {
        let (tree, plan): (&'a Tree, &'a Plan) = (self.tree, self.plan);
        let segment = &tree.segments[index as usize];
        for read in &row.reads {
            if read.element > segment.element_count {
                continue;
            }
            if !read.plain {
                self.line(read.line, rows, node);
                continue;
            }
            let element = segment.first_element + u32::from(read.element) - 1;
            let bytes = tree.bytes(tree.elements[element as usize], self.bytes).trim_ascii_end();
            if !bytes.is_empty() {
                self.value(read.line, &plan.lines[usize::from(read.line)], rows, node, Some((bytes, element)));
            }
        }
    }

    /// So do those that chose a loop.
    fn cover_loop_conditions(&mut self, conditions: &[LoopCondition], occurrence: OccurrenceId) {
        for condition in conditions {
            let LoopCondition::Equals { tag, element, trigger: true, .. } = condition else {
                continue;
            };
            let trigger = self.tree.segments_in(occurrence).next().map(|index| &self.tree.segments[index as usize]);
            if let Some(id) =
                trigger.filter(|segment| segment.tag == *tag).and_then(|segment| self.tree.element(segment, *element))
            {
                self.reading.coverage.insert(id);
            }
        }
    }

    /// Elements that chose a row count as read: they are written back with it.
    fn cover_conditions(&mut self, row: &Row, index: SegmentIndex) {
        for (element, _) in &row.conditions {
            if let Some(id) = self.tree.element(&self.tree.segments[index as usize], *element) {
                self.reading.coverage.insert(id);
            }
        }
    }

    fn entry(&mut self, node: NodeId, list: &ListField) -> NodeId {
        let parent = self.descend(node, &list.steps);
        self.object.add(parent, list.field, list.shape, Origin::NOWHERE)
    }

    fn descend(&mut self, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> NodeId {
        steps.iter().fold(node, |node, (field, shape)| self.object.child(node, *field, *shape))
    }

    #[inline]
    fn segment(&self, rows: Rows, row: usize) -> Option<SegmentIndex> {
        match rows.own {
            Some((own, index)) if own == row => Some(index),
            _ => self.reading.taken.one(rows.frame, row),
        }
    }

    fn line(&mut self, id: LineId, rows: Rows, node: NodeId) {
        let plan: &'a Plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        if line.way == Way::Out {
            return;
        }
        match &line.form {
            Form::At | Form::Quantity => {
                let found = self.text(rows, &line.places[0]);
                self.cover_qualifier(&line.places[0], found);
                self.value(id, line, rows, node, found);
            }
            Form::List => {
                for place in &line.places {
                    if let Some(found) = self.text(rows, place) {
                        self.value(id, line, rows, node, Some(found));
                    }
                }
            }
            Form::First { .. } => self.first(id, line, rows, node),
            Form::Joined => self.joined(id, line, rows, node),
            Form::PairRest { slots } => self.pair_rest(id, line, slots, rows, node),
            Form::PairList { slots, .. } => self.pair_list(id, line, slots, rows, node),
            Form::Scheme => self.scheme(id, line, rows, node),
            Form::Levels => {
                let found = plan.hierarchy.as_ref().and_then(|found| found.structure(self.tree, self.bytes));
                if let Some((text, element)) = found {
                    let node = self.descend(node, &line.steps);
                    self.push_text(line, node, &text, Origin { element, line: id });
                }
            }
            Form::Constant(text) => {
                let node = self.descend(node, &line.steps);
                self.push_canonical(id, line, node, text, None);
            }
        }
    }

    /// The text of a place without trailing blanks; `None` when nothing stands there.
    #[inline]
    fn text(&self, rows: Rows, place: &LinePlace) -> Option<(&'a [u8], ElementId)> {
        let index = self.segment(rows, place.row)?;
        if let Some(pair) = &place.pair {
            let segment = &self.tree.segments[index as usize];
            let is =
                |slot: &&u16| select::is_code(self.tree.value(segment, **slot, self.bytes), pair.qualifier.as_bytes());
            let found = pair.slots.iter().filter(is).find_map(|slot| self.slot(index, *slot))?;
            return Some((found.value, found.value_id));
        }
        let tree: &'a Tree = self.tree;
        let id = tree.element(&tree.segments[index as usize], place.element)?;
        let text = tree.elements[id as usize];
        if text.is_empty() {
            return None;
        }
        let mut bytes = tree.bytes(text, self.bytes);
        if place.repetition > 0 || place.component > 0 {
            bytes = part(bytes, tree.separators.repetition, place.repetition.max(1))?;
            bytes = part(bytes, tree.separators.component, place.component.max(1))?;
        }
        let trimmed = bytes.trim_ascii_end();
        (!trimmed.is_empty()).then_some((trimmed, id))
    }

    /// The qualifier of a pair whose value was taken counts as read.
    fn cover_qualifier(&mut self, place: &LinePlace, found: Option<(&'a [u8], ElementId)>) {
        if let (Some(_), Some((_, element))) = (&place.pair, found) {
            self.reading.coverage.insert(element - 1);
        }
    }

    fn value(&mut self, id: LineId, line: &Line, rows: Rows, node: NodeId, found: Option<(&'a [u8], ElementId)>) {
        if let Some((_, element)) = found {
            self.reading.coverage.insert(element);
        }
        let present = found.filter(|(bytes, _)| !absent(line, bytes));
        let Some((bytes, element)) = present else {
            if let Some(default) = &line.options.default {
                let node = self.descend(node, &line.steps);
                self.push_canonical(id, line, node, default, None);
            }
            return;
        };
        let node = self.descend(node, &line.steps);
        let origin = Origin { element, line: id };
        match &line.lens {
            Lens::Text => {
                let text = self.decode(bytes);
                self.push_text(line, node, &text, origin);
            }
            Lens::Number { implied } => match lens::number_in(bytes, *implied) {
                Ok(number) if number.is_zero() && line.options.omit_zero => {}
                Ok(number) => self.object.push(node, line.field, Value::Decimal(number), origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::Date => match lens::date_in(bytes) {
                Ok(date) => self.push_text(line, node, &date, origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::Time => match lens::time_in(bytes) {
                Ok(time) => self.push_text(line, node, &time, origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::DateOrInstant => match lens::date_in(bytes) {
                Ok(date) => self.push_text(line, node, &date, origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::Words { table, sibling } => self.word(line, *table, *sibling, bytes, node, origin),
            Lens::Quantity { implied, unit, value, unit_field, shape } => match lens::number_in(bytes, *implied) {
                Ok(number) if number.is_zero() && line.options.omit_zero => {}
                Ok(number) => {
                    let quantity = self.object.add(node, line.field, *shape, origin);
                    self.object.push(quantity, *value, Value::Decimal(number), origin);
                    self.unit(line, id, unit, rows, quantity, *unit_field);
                }
                Err(fault) => {
                    self.fault(line, fault, element);
                    // The unit is not what is missing a line.
                    if let Some((_, unit)) = line.places.get(1).and_then(|place| self.text(rows, place)) {
                        self.reading.coverage.insert(unit);
                    }
                }
            },
        }
    }

    fn unit(&mut self, line: &Line, id: LineId, unit: &Unit, rows: Rows, quantity: NodeId, field: FieldId) {
        match unit {
            Unit::None => {}
            Unit::Fixed(text) => self.object.push_text(quantity, field, text, Origin::NOWHERE),
            Unit::Place { table } => {
                let place = line.places.last().filter(|_| line.places.len() > 1);
                let Some((bytes, element)) = place.and_then(|place| self.text(rows, place)) else {
                    return;
                };
                self.reading.coverage.insert(element);
                let text = self.decode(bytes);
                let origin = Origin { element, line: id };
                match table.map(|table| &self.plan.tables[table]) {
                    None => self.object.push_text(quantity, field, &text, origin),
                    Some(table) => match (table.word(&text), table.unknown) {
                        (Some(word), _) => self.object.push_text(quantity, field, word, origin),
                        (None, Unknown::Keep) => self.object.push_text(quantity, field, &text, origin),
                        (None, Unknown::Refuse) => self.fault(line, Fault::unknown_code(&text, table), element),
                    },
                }
            }
        }
    }

    fn word(
        &mut self,
        line: &Line,
        table: usize,
        sibling: Option<FieldId>,
        bytes: &[u8],
        node: NodeId,
        origin: Origin,
    ) {
        let table = &self.plan.tables[table];
        let code = self.decode(bytes);
        match (table.word(&code), table.unknown, sibling) {
            (Some(word), ..) => self.push_text(line, node, word, origin),
            (None, Unknown::Keep, Some(sibling)) => self.object.push_text(node, sibling, &code, origin),
            (None, Unknown::Keep, None) => self.push_text(line, node, &code, origin),
            (None, Unknown::Refuse, _) => self.fault(line, Fault::unknown_code(&code, table), origin.element),
        }
    }

    fn first(&mut self, id: LineId, line: &Line, rows: Rows, node: NodeId) {
        let mut chosen: Option<(&[u8], ElementId)> = None;
        for place in &line.places {
            // A pair that is not chosen says something else, not the same twice: it stays for the catch-all.
            if chosen.is_some() && place.pair.is_some() {
                continue;
            }
            let Some(found) = self.text(rows, place).filter(|(bytes, _)| !absent(line, bytes)) else {
                continue;
            };
            self.reading.coverage.insert(found.1);
            self.cover_qualifier(place, Some(found));
            match chosen {
                None => chosen = Some(found),
                Some((bytes, element)) if bytes != found.0 => {
                    let (one, other) = (self.decode(bytes).into_owned(), self.decode(found.0).into_owned());
                    let message = format!("`{}` stands twice in the document, as `{one}` and as `{other}`", line.path);
                    let first = self.context.place(self.tree, element);
                    let place = self.context.place(self.tree, found.1);
                    let at = first.segment.unwrap_or_default();
                    let diagnostic = Diagnostic::new(codes::MAPPING_DIFFERENCE, message, place)
                        .cause(format!("{} names both places; the value of {at} was taken", line.source))
                        .remedy("ask the partner which of the two is meant");
                    self.diagnostics.push(diagnostic);
                }
                Some(_) => {}
            }
        }
        self.value(id, line, rows, node, chosen);
    }

    fn joined(&mut self, id: LineId, line: &Line, rows: Rows, node: NodeId) {
        let mut texts = [None; 3];
        for (slot, place) in texts.iter_mut().zip(&line.places) {
            *slot = self.text(rows, place);
        }
        for (_, element) in texts.iter().flatten() {
            self.reading.coverage.insert(*element);
        }
        let Some((_, element)) = texts[0] else { return };
        let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
        let [date, time, code] = texts.map(|found| found.map(|(bytes, _)| bytes));
        match lens::instant_in(date.unwrap_or_default(), time, code, zone) {
            Ok(text) => {
                let node = self.descend(node, &line.steps);
                self.push_text(line, node, &text, Origin { element, line: id });
            }
            Err(fault) => {
                let wrong = match (date, time) {
                    (Some(date), _) if lens::date_in(date).is_err() => 0,
                    (_, Some(time)) if lens::time_in(time).is_err() => 1,
                    _ => 2,
                };
                let at = texts[wrong].map_or(element, |(_, element)| element);
                self.fault(line, fault, at);
            }
        }
    }

    /// The pair whose qualifier stands at element `position`, unless another line took its value.
    fn slot(&self, index: SegmentIndex, position: u16) -> Option<Slot<'a>> {
        let tree: &'a Tree = self.tree;
        let segment = &tree.segments[index as usize];
        let value = tree.value(segment, position + 1, self.bytes).trim_ascii_end();
        let value_id = tree.element(segment, position + 1)?;
        let qualifier_id = tree.element(segment, position)?;
        let qualifier = tree.value(segment, position, self.bytes).trim_ascii_end();
        let taken = value.is_empty() || qualifier.is_empty() || self.reading.coverage.contains(value_id);
        (!taken).then_some(Slot { qualifier, qualifier_id, value, value_id })
    }

    /// The pairs of a line's segment that no other line took.
    fn free_slots(&self, rows: Rows, line: &Line, slots: &[u16]) -> Vec<Slot<'a>> {
        let index = self.segment(rows, line.places[0].row);
        index.map_or_else(Vec::new, |index| slots.iter().filter_map(|slot| self.slot(index, *slot)).collect())
    }

    fn pair_rest(&mut self, id: LineId, line: &Line, slots: &[u16], rows: Rows, node: NodeId) {
        for Slot { qualifier, qualifier_id, value, value_id } in self.free_slots(rows, line, slots) {
            self.reading.coverage.insert(qualifier_id);
            self.reading.coverage.insert(value_id);
            self.push_scheme(id, line, node, qualifier, value, value_id);
        }
    }

    fn pair_list(&mut self, id: LineId, line: &Line, slots: &[u16], rows: Rows, node: NodeId) {
        let Form::PairList { shape, qualifier: qualifier_field, value: value_field, .. } = line.form else {
            return;
        };
        for Slot { qualifier, qualifier_id, value, value_id } in self.free_slots(rows, line, slots) {
            self.reading.coverage.insert(qualifier_id);
            self.reading.coverage.insert(value_id);
            let node = self.descend(node, &line.steps);
            let entry = self.object.add(node, line.field, shape, Origin { element: value_id, line: id });
            let (qualifier, value) = (self.decode(qualifier), self.decode(value));
            self.object.push_text(entry, qualifier_field, &qualifier, Origin { element: qualifier_id, line: id });
            self.object.push_text(entry, value_field, &value, Origin { element: value_id, line: id });
        }
    }

    fn scheme(&mut self, id: LineId, line: &Line, rows: Rows, node: NodeId) {
        let Some((value, element)) = self.text(rows, &line.places[0]) else {
            return;
        };
        self.reading.coverage.insert(element);
        let scheme = self.text(rows, &line.places[1]);
        if let Some((_, element)) = scheme {
            self.reading.coverage.insert(element);
        }
        self.push_scheme(id, line, node, scheme.map_or(b"".as_slice(), |(bytes, _)| bytes), value, element);
    }

    fn push_scheme(&mut self, id: LineId, line: &Line, node: NodeId, code: &[u8], value: &[u8], element: ElementId) {
        let code = self.decode(code);
        let table = line.options.schemes.map(|table| &self.plan.tables[table]);
        let key: Cow<'_, str> = match table.and_then(|table| table.word(&code)) {
            Some(word) => self.context.role_word(word).into(),
            None if code.is_empty() => lens::NO_SCHEME.into(),
            None => code.to_lowercase().into(),
        };
        let node = self.descend(node, &line.steps);
        let text = self.decode(value);
        let origin = Origin { element, line: id };
        match self.plan.canonical.node(self.object.shape(node)).field(&key) {
            Some(field) if self.object.get(node, field).is_none() => self.object.push_text(node, field, &text, origin),
            None if self.object.get_open(node, &key).is_none() => {
                let span = self.object.intern(&text);
                self.object.push_open(node, &key, Value::Text(span), origin);
            }
            _ => {
                let message =
                    format!("`{}` has two values under `{key}`; the second, `{text}`, was not taken", line.path);
                let diagnostic = Diagnostic::new(
                    codes::MAPPING_TWO_VALUES,
                    message,
                    self.context.place(self.tree, element),
                )
                .cause(format!("{} keeps one value for each scheme", line.source))
                .remedy("ask the partner which of the two is meant; to keep both, give one a line of its own in the mapping");
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// The text of a value: a part of the document's text where that is known, by its place in it.
    #[inline]
    fn decode(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        let within = self.ascii.and_then(|text| {
            let at = bytes.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
            text.get(at..at.checked_add(bytes.len())?)
        });
        within.map_or_else(|| self.context.decode(bytes), Cow::Borrowed)
    }

    #[inline]
    fn push_text(&mut self, line: &Line, node: NodeId, text: &str, origin: Origin) {
        match &line.key {
            None => self.object.push_text(node, line.field, text, origin),
            Some(key) => {
                let span = self.object.intern(text);
                self.object.push_open(node, key, Value::Text(span), origin);
            }
        }
    }

    /// A constant or default, written in the mapping in canonical form.
    fn push_canonical(&mut self, id: LineId, line: &Line, node: NodeId, text: &str, element: Option<ElementId>) {
        let origin = Origin { element: element.unwrap_or(Origin::NOWHERE.element), line: id };
        match (&line.lens, crate::canonical::number::parse(text.as_bytes())) {
            (Lens::Number { .. }, Some(number)) => self.object.push(node, line.field, Value::Decimal(number), origin),
            _ => self.push_text(line, node, text, origin),
        }
    }

    #[cold]
    fn fault(&mut self, line: &Line, fault: Fault, element: ElementId) {
        let place = self.context.place(self.tree, element);
        let code: Code = fault.code;
        let diagnostic = Diagnostic::new(code, format!("`{}`: {}", line.path, fault.message), place)
            .cause(format!("mapped by {}", line.source))
            .remedy(fault.remedy);
        self.diagnostics.push(diagnostic);
        self.reading.refused.push(line.path.clone());
    }
}

fn absent(line: &Line, bytes: &[u8]) -> bool {
    line.options.absent.iter().any(|text| text.as_bytes() == bytes)
}

/// The `number`th part (1-based) of `bytes` between separators.
fn part(bytes: &[u8], separator: Option<u8>, number: u16) -> Option<&[u8]> {
    match separator {
        None => (number == 1).then_some(bytes),
        Some(separator) => bytes.split(|byte| *byte == separator).nth(usize::from(number) - 1),
    }
}
