//! Where each value of a canonical object came from: the places of the document, and the line of the mapping.
//!
//! Works on an object that a [`super::Reading`] has just filled from the tree. An entry of the object names one element
//! and its line; the other places that had a say (a time beside its date, the qualifier that became a key, a second
//! place of the same fact) are found again by the line's rows.

use std::convert::Infallible;
use std::fmt::Write;

use crate::canonical::{self, Entry, NodeId, Object, Origin};
use crate::tree::{ElementId, NONE, OccurrenceId, SegmentIndex, Tree};

use super::plan::{Form, Lens, Line, LineId, LinePlace, Plan, Row, Scope, Unit};
use super::select::{Frame, Taken};

/// A value of the object, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The field, such as `packages[2].lines[1].shipped.value` (list entries counted from 1).
    pub path: String,
    /// The value as JSON.
    pub json: String,
    /// How it was made.
    pub made: Made,
    /// The line of the mapping, such as `mappings/base/945.toml:41`.
    pub line: Option<String>,
    /// The places of the document, the value's own first; none for what the document does not say.
    pub sources: Vec<ExplainedSource>,
}

/// How a value was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// From the text of its place.
    Read,
    /// From a code, by the code table of this name.
    Coded(String),
    /// From a code that the code table of this name does not have, as it stands.
    Kept(String),
    /// The mapping says it, not the document.
    Constant,
    /// The document says nothing, and the mapping has a default.
    Default,
    /// The mapping says that the quantity's unit is always this one.
    FixedUnit,
    /// In some other way, without a place of its own.
    Computed,
}

/// A place of the document that had a say in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedSource {
    /// The element.
    pub element: ElementId,
    /// Component of the composite, 1-based; 0 for the element as a whole.
    pub component: u16,
    /// Repetition, 1-based; 0 for the element as a whole.
    pub repetition: u16,
    /// How it was chosen among others of its name, as mappings write it: `[N901=BM]`; empty where it is the only one.
    pub filter: String,
    /// What it had to say.
    pub part: SourcePart,
}

/// What a place had to say in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourcePart {
    /// The value, or its first part.
    Value,
    /// Another part of it, such as the time beside a date.
    Also,
    /// The qualifier that chose it, or under which it stands.
    Qualifier,
    /// It says the same fact once more; the value's own place came first.
    Again,
}

impl SourcePart {
    /// The word for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SourcePart::Value => "value",
            SourcePart::Also => "part",
            SourcePart::Qualifier => "qualifier",
            SourcePart::Again => "again",
        }
    }
}

impl Made {
    /// The word for machines.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Made::Read => "read",
            Made::Coded(_) => "coded",
            Made::Kept(_) => "kept",
            Made::Constant => "constant",
            Made::Default => "default",
            Made::FixedUnit => "fixed_unit",
            Made::Computed => "computed",
        }
    }
}

/// Every value of `object`, which the plan has read from `tree`, in the order in which it is written.
#[must_use]
pub fn explain(plan: &Plan, tree: &Tree, bytes: &[u8], object: &Object) -> Vec<Explained> {
    let mut all = Vec::new();
    let Ok(()) = explain_each(
        plan,
        tree,
        bytes,
        object,
        |_| true,
        |one| {
            all.push(one);
            Ok::<(), Infallible>(())
        },
    );
    all
}

/// The same, one value at a time: those of a large document are many times its size. Only those that are `wanted` are explained.
///
/// # Errors
/// The first that `take` gives; nothing is explained any more then.
pub fn explain_each<E>(
    plan: &Plan,
    tree: &Tree,
    bytes: &[u8],
    object: &Object,
    mut wanted: impl FnMut(&Found) -> bool,
    mut take: impl FnMut(Explained) -> Result<(), E>,
) -> Result<(), E> {
    let mut values = Values { plan, tree, bytes, object, list: Vec::new(), selected: None };
    values.each(&mut |values, found| match wanted(&found) {
        true => take(values.explained(&found)),
        false => Ok(()),
    })
}

/// Every value of an object, in the order in which it is written, explained only when it is asked for.
pub struct Values<'a> {
    plan: &'a Plan,
    tree: &'a Tree,
    bytes: &'a [u8],
    object: &'a Object,
    list: Vec<Found>,
    /// What the rows of a scope took from an occurrence, as it was asked last: the values of a node ask for the same.
    selected: Option<(&'a Scope, OccurrenceId, Taken, Frame)>,
}

/// A value.
#[derive(Clone)]
pub struct Found {
    /// The field, such as `packages[2].lines[1].shipped.value` (list entries counted from 1).
    pub path: String,
    /// The field without the numbers of entries: `packages.lines.shipped.value`.
    pub field: String,
    /// The value, in the object.
    pub value: canonical::Value,
    origin: Origin,
    /// That of the nearest node which was read from one.
    occurrence: OccurrenceId,
    /// The line of a quantity around.
    outer: Option<LineId>,
}

/// Where a value of a field comes from, and how it is to be read: element, component, repetition (see [`ExplainedSource`]).
pub type Spot = (ElementId, u16, u16);

impl<'a> Values<'a> {
    /// The values of `object`, which the plan has read from `tree`.
    #[must_use]
    pub fn of(plan: &'a Plan, tree: &'a Tree, bytes: &'a [u8], object: &'a Object) -> Self {
        let mut values = Values { plan, tree, bytes, object, list: Vec::new(), selected: None };
        let Ok(()) = values.each(&mut |values, found| {
            values.list.push(found);
            Ok::<(), Infallible>(())
        });
        values
    }

    fn each<E>(&mut self, visit: &mut dyn FnMut(&mut Self, Found) -> Result<(), E>) -> Result<(), E> {
        let mut at = At { path: String::new(), field: String::new(), occurrence: 0, outer: None };
        self.node(NodeId::ROOT, &mut at, visit)
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Found] {
        &self.list
    }

    fn node<E>(
        &mut self,
        node: NodeId,
        at: &mut At,
        visit: &mut dyn FnMut(&mut Self, Found) -> Result<(), E>,
    ) -> Result<(), E> {
        let object = self.object;
        // An entry made of a segment names that segment, not an occurrence: it has no loops inside either.
        let own = object.occurrence(node).filter(|id| self.tree.occurrences.get(*id as usize).is_some());
        let occurrence = own.unwrap_or(at.occurrence);
        let shape = self.plan.canonical.node(object.shape(node));
        let mut entries: Vec<&Entry> = object.entries(node).collect();
        entries.sort_by_key(|entry| entry.field);
        for of_field in entries.chunk_by(|one, other| one.field == other.field) {
            let field = shape.fields.get(usize::from(of_field[0].field.0));
            for (number, entry) in (1usize..).zip(of_field) {
                let name = field.map_or_else(|| object.text(entry.key), |field| &field.name);
                let lengths = (at.path.len(), at.field.len());
                at.step(name, field.filter(|field| field.list).map(|_| number));
                match entry.value {
                    canonical::Value::Node(inner) => {
                        let outer = Some(entry.origin.line).filter(|line| *line != Origin::NOWHERE.line);
                        let around = (at.occurrence, at.outer);
                        (at.occurrence, at.outer) = (occurrence, outer);
                        self.node(inner, at, visit)?;
                        (at.occurrence, at.outer) = around;
                    }
                    value => {
                        let (path, field) = (at.path.clone(), at.field.clone());
                        let found = Found { path, field, value, origin: entry.origin, occurrence, outer: at.outer };
                        visit(self, found)?;
                    }
                }
                at.path.truncate(lengths.0);
                at.field.truncate(lengths.1);
            }
        }
        Ok(())
    }

    fn line_of(&self, found: &Found) -> Option<(LineId, &'a Line)> {
        let own = Some(found.origin.line).filter(|line| *line != Origin::NOWHERE.line);
        let id = own.or(found.outer)?;
        Some((id, self.plan.lines.get(usize::from(id))?))
    }

    /// Where the value at `at` stands in the document; none for what the document does not say.
    #[must_use]
    pub fn spot(&self, at: usize) -> Option<Spot> {
        let found = &self.list[at];
        let element = found.origin.element;
        let place = self.line_of(found).and_then(|(id, line)| Some(&line.places[self.own_place(id, line, element)?]));
        let read = (element as usize) < self.tree.elements.len();
        read.then(|| place.map_or((element, 0, 0), |place| (element, place.component, place.repetition)))
    }

    /// The value at `at` as JSON.
    #[must_use]
    pub fn json(&self, at: usize) -> String {
        canonical::value_json(self.object, self.list[at].value)
    }

    /// The value at `at` as the text it has in the object; none of numbers.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<&str> {
        match self.list[at].value {
            canonical::Value::Text(span) => Some(self.object.text(span)),
            _ => None,
        }
    }

    /// The value at `at`, with all that is to be said of it.
    pub fn explain(&mut self, at: usize) -> Explained {
        let found = self.list[at].clone();
        self.explained(&found)
    }

    fn explained(&mut self, found: &Found) -> Explained {
        let (path, origin, occurrence) = (found.path.clone(), found.origin, found.occurrence);
        let own = Some(origin.line).filter(|line| *line != Origin::NOWHERE.line);
        let line = self.line_of(found);
        let read = (origin.element as usize) < self.tree.elements.len();
        let sources = match line {
            Some((id, line)) if read => self.sources(id, line, origin.element, occurrence),
            _ if read => vec![ExplainedSource::whole(origin.element, SourcePart::Value)],
            _ => Vec::new(),
        };
        let line = line.map(|(_, line)| line);
        let made = match (line, own) {
            (Some(line), _) if read => self.coded(line, origin.element).unwrap_or(Made::Read),
            (Some(line), Some(_)) if matches!(line.form, Form::Constant(_)) => Made::Constant,
            (Some(line), Some(_)) if line.options.default.is_some() => Made::Default,
            (Some(line), None) => match &line.lens {
                Lens::Quantity { unit: Unit::Fixed(_), .. } => Made::FixedUnit,
                Lens::Quantity { unit: Unit::Place { default: Some(_), .. }, .. } => Made::Default,
                _ => Made::Computed,
            },
            _ => Made::Computed,
        };
        let json = canonical::value_json(self.object, found.value);
        Explained { path, json, made, line: line.map(|line| line.source.to_string()), sources }
    }

    /// The code table by which the text of `element` became the value.
    fn coded(&self, line: &Line, element: ElementId) -> Option<Made> {
        let table = match &line.lens {
            Lens::Words { table, .. } => *table,
            Lens::Quantity { unit: Unit::Place { table: Some(table), .. }, .. } => {
                let place = line.places.get(1)?;
                (self.position(element) == place.element).then_some(*table)?
            }
            _ => return None,
        };
        let table = &self.plan.tables[table];
        let text = self.tree.bytes(self.tree.elements[element as usize], self.bytes).trim_ascii_end();
        let text = String::from_utf8_lossy(text);
        let text = line.heard(text)?;
        let known = table.word(&text).is_some();
        Some(if known { Made::Coded(table.name.clone()) } else { Made::Kept(table.name.clone()) })
    }

    fn position(&self, element: ElementId) -> u16 {
        let segment = &self.tree.segments[self.tree.segment_of(element) as usize];
        u16::try_from(element.saturating_sub(segment.first_element) + 1).unwrap_or(u16::MAX)
    }

    /// The element of the value, and the line's other places that had a say.
    fn sources(
        &mut self,
        id: LineId,
        line: &Line,
        element: ElementId,
        occurrence: OccurrenceId,
    ) -> Vec<ExplainedSource> {
        let segment = self.tree.segment_of(element);
        let position = self.position(element);
        let own = self.own_place(id, line, element);
        let mut sources = vec![match own.map(|own| &line.places[own]) {
            Some(place) => self.source(id, place, element, SourcePart::Value),
            None => ExplainedSource::whole(element, SourcePart::Value),
        }];
        // The qualifier became the key. Of a list of pairs each entry has it as a value of its own.
        if matches!(line.form, Form::PairRest { .. }) && position > 1 {
            sources.push(ExplainedSource::whole(element - 1, SourcePart::Qualifier));
        }
        let part = match line.form {
            Form::Joined => SourcePart::Also,
            Form::Scheme => SourcePart::Qualifier,
            Form::First { .. } | Form::FirstJoined { .. } => SourcePart::Again,
            _ => return sources,
        };
        let Some(own) = own else { return sources };
        let scope = self.plan.scope_of(id);
        // The time beside a date is no second place of it.
        let beside = line.alternative_of(own);
        for (number, place) in line.places.iter().enumerate().filter(|(number, _)| *number != own) {
            let there = match scope {
                _ if place.row == line.places[own].row => Some(segment),
                // What stands again in another place counts only where it was looked at: behind the value's own.
                Some(scope) if number > own || part != SourcePart::Again => {
                    self.row_segment(scope, place.row, segment, occurrence)
                }
                _ => None,
            };
            let found = there.and_then(|there| {
                let there = &self.tree.segments[there as usize];
                let empty = self.tree.value(there, place.element, self.bytes).trim_ascii_end().is_empty();
                self.tree.element(there, place.element).filter(|_| !empty && place.pair.is_none())
            });
            let part = if beside.contains(&number) { SourcePart::Also } else { part };
            sources.extend(found.map(|element| self.source(id, place, element, part)));
        }
        sources
    }

    /// Which of the line's places is the element's.
    fn own_place(&self, id: LineId, line: &Line, element: ElementId) -> Option<usize> {
        let (segment, position) = (self.tree.segment_of(element), self.position(element));
        line.places.iter().position(|place| self.is_at(id, place, position, segment))
    }

    fn row_of(&self, id: LineId, place: &LinePlace) -> Option<&'a Row> {
        self.plan.scope_of(id)?.rows.get(place.row)
    }

    /// Is `place` the one at `position` of the segment?
    fn is_at(&self, id: LineId, place: &LinePlace, position: u16, segment: SegmentIndex) -> bool {
        let segment = &self.tree.segments[segment as usize];
        let value = |element| self.tree.value(segment, element, self.bytes).trim_ascii_end();
        let row_fits = self.row_of(id, place).is_none_or(|row| {
            row.tag == segment.tag && row.conditions.iter().all(|(element, text)| value(*element) == text.as_bytes())
        });
        row_fits
            && match &place.pair {
                None => place.element == position,
                Some(pair) => {
                    pair.slots.iter().any(|slot| slot + 1 == position && value(*slot) == pair.qualifier.as_bytes())
                }
            }
    }

    fn source(&self, id: LineId, place: &LinePlace, element: ElementId, part: SourcePart) -> ExplainedSource {
        let segment = &self.tree.segments[self.tree.segment_of(element) as usize];
        let mut conditions: Vec<String> = Vec::new();
        let mut nth = 1;
        if let Some(row) = self.row_of(id, place) {
            nth = row.nth;
            conditions.extend(
                row.conditions
                    .iter()
                    .map(|(at, text)| format!("{}={text}", self.plan.grammar.designator(segment.tag, *at))),
            );
        }
        if let Some(pair) = &place.pair {
            let qualifier = self.position(element).saturating_sub(1);
            conditions.push(format!("{}={}", self.plan.grammar.designator(segment.tag, qualifier), pair.qualifier));
        }
        let mut filter = match conditions.is_empty() {
            true => String::new(),
            false => format!("[{}]", conditions.join(", ")),
        };
        if nth > 1 {
            filter.push_str(&format!("[{nth}]"));
        }
        ExplainedSource { element, component: place.component, repetition: place.repetition, filter, part }
    }

    /// The segment that a row of the scope took, seen from the occurrence that `segment` stands in, or from the node's.
    fn row_segment(
        &mut self,
        scope: &'a Scope,
        row: usize,
        segment: SegmentIndex,
        occurrence: OccurrenceId,
    ) -> Option<SegmentIndex> {
        let candidates = [self.tree.segments[segment as usize].occurrence, occurrence];
        let here = candidates.into_iter().find(|id| {
            let known = self.tree.occurrences.get(*id as usize);
            *id != NONE && known.is_some_and(|known| known.item == scope.item)
        })?;
        let selected = self.selected.take().filter(|(of, at, ..)| std::ptr::eq(*of, scope) && *at == here);
        let (.., taken, frame) = self.selected.insert(selected.unwrap_or_else(|| {
            let mut taken = Taken::default();
            let frame = taken.open(scope, self.tree, self.bytes, here);
            (scope, here, taken, frame)
        }));
        taken.one(*frame, row)
    }
}

impl Plan {
    /// The scope in which a line takes its values; none for a constant of a node. Only explanations ask, so it is found when
    /// the first one does.
    pub(super) fn scope_of(&self, id: LineId) -> Option<&Scope> {
        let scopes = self.scope_of_line.get_or_init(|| {
            let mut scopes = vec![None; self.lines.len()];
            // A line that several scopes have is that of the first.
            for (at, scope) in self.scopes.iter().enumerate().rev() {
                scope.lines().for_each(|line| scopes[usize::from(line)] = Some(at));
            }
            scopes
        });
        scopes.get(usize::from(id)).copied().flatten().map(|scope| &self.scopes[scope])
    }
}

/// Where the walk through an object is.
struct At {
    path: String,
    field: String,
    occurrence: OccurrenceId,
    outer: Option<LineId>,
}

impl At {
    fn step(&mut self, name: &str, number: Option<usize>) {
        for path in [&mut self.path, &mut self.field] {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        }
        if let Some(number) = number {
            // Writing into a text cannot fail.
            write!(self.path, "[{number}]").unwrap_or_default();
        }
    }
}

impl ExplainedSource {
    fn whole(element: ElementId, part: SourcePart) -> Self {
        Self { element, component: 0, repetition: 0, filter: String::new(), part }
    }
}
