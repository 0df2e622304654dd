//! What a mapping leaves of a document: the values that no line took and that it does not ignore.
//!
//! Goes by the coverage of a [`Reading`]. Segments that the table has no place for are not told here: placing said so.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::tree::{ElementId, ItemId, OccurrenceId, Segment, SegmentIndex, Separators, Tag, Tree};

use super::compile::qualifier_of;
use super::context::Context;
use super::plan::{self, InParts, LinePlace, Plan, Row, ScopeId, Takes};
use super::read::Reading;
use super::select::{self, Taken};

/// Segments that frame the set: their values are the envelope's.
const ENVELOPE: [Tag; 2] = [Tag(u32::from_be_bytes(*b"ST\0\0")), Tag(u32::from_be_bytes(*b"SE\0\0"))];
/// How many designators the note names.
const NAMED: usize = 12;

/// A value of the document that no line took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmapped {
    /// Its segment, 0-based.
    pub segment: SegmentIndex,
    /// Its position in the segment, 1-based.
    pub position: u16,
    /// The element.
    pub element: ElementId,
    /// 1-based; 0 where it is the element as a whole, or the only repetition.
    pub repetition: u16,
    /// 1-based; 0 where it is the element as a whole.
    pub component: u16,
}

impl Unmapped {
    /// As a mapping names it, such as `W0603` or `QTY03-02`.
    #[must_use]
    pub fn designator(&self, plan: &Plan, tree: &Tree) -> String {
        self.named(plan, tree.segments[self.segment as usize].tag)
    }

    fn named(&self, plan: &Plan, tag: Tag) -> String {
        let mut name = plan.grammar.designator(tag, self.position);
        if self.repetition > 0 {
            name.push_str(&format!("({})", self.repetition));
        }
        if self.component > 0 {
            name.push_str(&format!("-{:02}", self.component));
        }
        name
    }
}

impl Reading {
    /// The values of the document read last that no line of the plan took and that it does not ignore, in its order.
    #[must_use]
    pub fn left(&self, plan: &Plan, tree: &Tree, bytes: &[u8]) -> Vec<Unmapped> {
        let in_parts = plan.taken_in_parts();
        let mut left: Vec<Unmapped> = Vec::new();
        for (index, segment) in (0..).zip(&tree.segments) {
            let is_ignored = |position, component| {
                let says = |(element, value): &(u16, String)| {
                    select::is_code(tree.value(segment, *element, bytes), value.as_bytes())
                };
                plan::ignores(&plan.ignored, (segment.tag, position, component), says)
            };
            // HL01, HL02 and HL04 are what [hierarchy] goes by.
            let levels = plan.hierarchy.as_ref().map(|hierarchy| hierarchy.form);
            let levels = levels.filter(|form| segment.item.0 == form.item.0 + 1);
            let is_of_levels =
                |position| levels.is_some_and(|form| [form.number, form.parent, form.children].contains(&position));
            let of_another = segment.item == ItemId::UNPLACED || tree.is_hidden(segment.occurrence);
            if ENVELOPE.contains(&segment.tag) || of_another {
                continue;
            }
            // Elements that the table has no place for the check of the document has told, like such segments.
            let known = plan.grammar.definition(segment.item).map_or(u16::MAX, |known| known.elements.len() as u16);
            let end = segment.first_element + u32::from(segment.element_count.min(known));
            for start in (segment.first_element..end).step_by(64) {
                let mut missing = self.coverage.missing(start, end);
                while missing != 0 {
                    let element = start + missing.trailing_zeros();
                    missing &= missing - 1;
                    let position = (element - segment.first_element) as u16 + 1;
                    // Of what is not covered nearly all is empty.
                    let text = tree.elements[element as usize];
                    if !text.is_empty()
                        && !tree.bytes(text, bytes).trim_ascii().is_empty()
                        && !is_ignored(position, 0)
                        && !is_of_levels(position)
                    {
                        left.push(Unmapped { segment: index, position, element, repetition: 0, component: 0 });
                    }
                }
            }
            let covered = left.len();
            for InParts { position, parts, .. } in in_parts.iter().filter(|element| element.item == segment.item) {
                if let Some(element) = tree.element(segment, *position)
                    && self.coverage.contains(element)
                {
                    let whole = tree.bytes(tree.elements[element as usize], bytes);
                    let not_taken = parts_of(whole, tree.separators)
                        .filter(|part| !parts.contains(part) && !is_ignored(*position, part.1));
                    left.extend(not_taken.map(|(repetition, component)| {
                        let repetition = if repetition > 1 { repetition } else { 0 };
                        Unmapped { segment: index, position: *position, element, repetition, component }
                    }));
                }
            }
            if covered < left.len() {
                let first = left.partition_point(|one| one.segment < index);
                left[first..].sort_by_key(|one| one.position);
            }
        }
        left
    }

    /// Reports in one note the values of the document that no line of the plan took and that it does not ignore.
    pub fn unmapped(
        &self,
        plan: &Plan,
        tree: &Tree,
        bytes: &[u8],
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut names: Vec<(Tag, Unmapped)> = Vec::new();
        let mut first = None;
        let mut count = 0;
        for left in self.left(plan, tree, bytes) {
            count += 1;
            first.get_or_insert(left.element);
            let tag = tree.segments[left.segment as usize].tag;
            let part = |one: &Unmapped| (one.position, one.repetition, one.component);
            if !names.iter().any(|(known, other)| *known == tag && part(other) == part(&left)) {
                names.push((tag, left));
            }
        }
        let Some(first) = first else { return };
        let named: Vec<String> = names.iter().take(NAMED).map(|(tag, value)| value.named(plan, *tag)).collect();
        let more = if names.len() > named.len() { ", ..." } else { "" };
        let values = if count == 1 { "1 value is".to_owned() } else { format!("{count} values are") };
        let message = format!("{values} not mapped: {}{more}", named.join(", "));
        let diagnostic = Diagnostic::new(codes::MAPPING_NOT_MAPPED, message, context.place(tree, first))
            .cause(format!("the mapping `{}` has no line for them; the first is shown", plan.name))
            .remedy("`crossdock mapping unmapped FILE` lists each; add lines for what the ERP needs, name the rest in [ignore]");
        diagnostics.push(diagnostic);
    }
}

/// Repetition and component, both 1-based, of each part of an element that is not blank.
fn parts_of(whole: &[u8], separators: Separators) -> impl Iterator<Item = (u16, u16)> {
    let split = |bytes, separator: Option<u8>| (1..).zip(<[u8]>::split(bytes, move |byte| Some(*byte) == separator));
    split(whole, separators.repetition).flat_map(move |(repetition, bytes)| {
        let there = split(bytes, separators.component).filter(|(_, part)| !part.trim_ascii().is_empty());
        there.map(move |(component, _)| (repetition, component))
    })
}

/// Where in a mapping a line for a value would stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proposal {
    /// Canonical path of the table, without indices: `packages.lines`; empty for the object itself.
    pub table: String,
    /// Loops between the table's own and that of the value, such as `LX/W12`, when no table takes them yet.
    pub loops: String,
    /// The place as a mapping writes it, such as `N902[N901=BM]`.
    pub place: String,
}

impl Proposal {
    /// The line, with `LIST` and `FIELD` in the place of names: a list goes through one loop at most on its way to another.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("FIELD = \"{}\"", self.place);
        let steps: Vec<&str> = self.loops.split('/').filter(|step| !step.is_empty()).collect();
        for pair in steps.rchunks(2) {
            line = format!("LIST = {{ each = \"{}\", {line} }}", pair.join("/"));
        }
        line
    }
}

/// Knows which tables of a plan took which parts of a document.
#[derive(Debug)]
pub struct Tables<'a> {
    plan: &'a Plan,
    tree: &'a Tree,
    bytes: &'a [u8],
    /// For each loop occurrence the scope that took it, if one did.
    scopes: Vec<Option<ScopeId>>,
    /// For each segment the row that took it, if one did.
    rows: Vec<Option<&'a Row>>,
    /// For each segment its number, 1-based, among those of its kind and qualifier in its loop of which one is taken; else 0.
    numbers: Vec<u32>,
}

impl<'a> Tables<'a> {
    /// Finds out what `plan` takes of the document in `tree`.
    #[must_use]
    pub fn new(plan: &'a Plan, tree: &'a Tree, bytes: &'a [u8]) -> Self {
        let (scopes, rows) = (vec![None; tree.occurrences.len()], vec![None; tree.segments.len()]);
        let mut tables = Self { plan, tree, bytes, scopes, rows, numbers: vec![0; tree.segments.len()] };
        tables.find(0, 0, &mut Taken::default());
        tables.number();
        tables
    }

    fn find(&mut self, id: ScopeId, occurrence: OccurrenceId, taken: &mut Taken) {
        let scope = &self.plan.scopes[id];
        self.scopes[occurrence as usize] = Some(id);
        let frame = taken.open(scope, self.tree, self.bytes, occurrence);
        for (number, row) in scope.rows.iter().enumerate() {
            let one = taken.one(frame, number);
            for index in one.into_iter().chain(taken.many_of(frame, number)) {
                self.rows[index as usize].get_or_insert(row);
            }
        }
        taken.close(frame);
        let mut used = 0;
        for inside in self.tree.children_of(occurrence) {
            if let Some((_, child)) = select::child(scope, self.tree, self.bytes, inside, &mut used) {
                self.find(child.scope, inside, taken);
            }
        }
    }

    /// The row that took a segment, if one did.
    pub(super) fn row(&self, segment: SegmentIndex) -> Option<&'a Row> {
        self.rows[segment as usize]
    }

    /// Where a line for the value would stand.
    #[must_use]
    pub fn propose(&self, value: &Unmapped) -> Proposal {
        let segment = &self.tree.segments[value.segment as usize];
        let mut loops: Vec<String> = Vec::new();
        let mut at = segment.occurrence;
        while self.scopes[at as usize].is_none() && at != 0 {
            let here = &self.tree.occurrences[at as usize];
            let tag = self.plan.grammar.item(here.item).tag;
            let opener = self.tree.segments.get(here.first_segment as usize);
            let filter = opener.filter(|opener| opener.tag == tag).map(|opener| self.loop_filter(here.item, opener));
            loops.insert(0, format!("{tag}{}", filter.unwrap_or_default()));
            at = here.parent;
        }
        let mut scope = self.scopes[at as usize].unwrap_or(0);
        let row = self.rows[value.segment as usize].filter(|_| loops.is_empty());
        // A loop on the way to a table has none of its own: that table names what stands in it.
        let mut outward = String::new();
        while let Some(inner) = self.plan.through(scope).filter(|_| loops.is_empty()) {
            scope = inner;
            outward.push_str("../");
        }
        let mut table = self.plan.scopes[scope].path.clone();
        if at == 0 && loops.is_empty() && self.plan.object_is_a_level() {
            outward.push('/');
        }
        let mut place = outward + &value.designator(self.plan, self.tree);
        match row {
            Some(Row { takes: Takes::Nodes(list) | Takes::Groups(list), .. }) => {
                table = self.plan.list_path(scope, list)
            }
            Some(row) if !row.conditions.is_empty() => place = with_conditions(&place, self.plan, row),
            _ if value.position > 1 && !self.stands_once(segment) => {
                place.push_str(&self.qualifier(segment));
                // A line takes the first of them: this one is meant by its number.
                if let number @ 2.. = self.numbers[value.segment as usize] {
                    place.push_str(&format!("[{number}]"));
                }
            }
            _ => match row.map(|row| self.beside(segment, row, value)).unwrap_or_default() {
                none if none.is_empty() => place = self.of_its_qualifier(segment, row, value, place),
                beside => place.push_str(&beside),
            },
        }
        Proposal { table, loops: loops.join("/"), place }
    }

    /// The place of a value with its qualifier, such as `N104[N103=92]` or `pair(W1207=IN)`, where no line takes that by itself.
    fn of_its_qualifier(&self, segment: &Segment, row: Option<&Row>, value: &Unmapped, place: String) -> String {
        let (plan, position) = (self.plan, value.position - 1);
        let elements = plan.grammar.definition(segment.item).map_or(&[][..], |known| &known.elements);
        let by_standard =
            qualifier_of(elements, value.position).filter(|_| value.component == 0 && !plan.grammar.is_layout());
        let Some((_, slots)) = by_standard else { return place };
        let by_itself = |place: &LinePlace| place.element == position && place.pair.is_none();
        let asks = self.saying(segment, position);
        match asks.strip_prefix('[').and_then(|asks| asks.strip_suffix(']')) {
            None => place,
            Some(_) if row.is_some_and(|row| self.places_in(row).any(by_itself)) => place,
            Some(_) if slots == 1 => place + &asks,
            Some(asks) => place.replace(&value.designator(plan, self.tree), &format!("pair({asks})")),
        }
    }

    /// The places of lines in a row.
    fn places_in(&self, row: &Row) -> impl Iterator<Item = &'a LinePlace> {
        let plan = self.plan;
        let number = |rows: &[Row]| rows.iter().position(|known| std::ptr::eq(known, row));
        let found = plan.scopes.iter().find_map(|scope| Some((scope, number(&scope.rows)?)));
        found.into_iter().flat_map(move |(scope, number)| {
            let lines = scope.lines().flat_map(|line| &plan.lines[usize::from(line)].places);
            lines.filter(move |place| place.row == number)
        })
    }

    /// The filter by what stands beside a value, where a line asks that and takes another one: `[N103=92]`.
    fn beside(&self, segment: &Segment, row: &Row, value: &Unmapped) -> String {
        let places = self.places_in(row).filter(|place| place.element == value.position);
        let asked = places.flat_map(|place| &place.case).map(|(position, _)| *position).next();
        asked.map_or_else(String::new, |position| match self.saying(segment, position) {
            none if none.is_empty() => format!("[{}='']", self.plan.grammar.designator(segment.tag, position)),
            says => says,
        })
    }

    /// The value as `[ignore]` names it: in segments of the same qualifier only, where others of its kind may mean something
    /// else.
    #[must_use]
    pub fn left_out(&self, value: &Unmapped) -> String {
        let segment = &self.tree.segments[value.segment as usize];
        let part = Unmapped { repetition: 0, ..*value }.designator(self.plan, self.tree);
        match self.stands_once(segment) {
            true => part,
            false => part + &self.qualifier(segment),
        }
    }

    /// The filter of a loop: the kind of a level, or what the segment that opens it names first.
    fn loop_filter(&self, item: ItemId, opener: &Segment) -> String {
        match self.plan.grammar.levels.filter(|levels| levels.item == item) {
            Some(levels) => self.saying(opener, levels.code),
            None => self.qualifier(opener),
        }
    }

    /// Gives each segment its number among those of its kind and qualifier in its loop, if one of those before it is taken.
    fn number(&mut self) {
        // How many there are so far, and whether one is taken.
        let mut known: HashMap<(OccurrenceId, ItemId, &[u8]), (u32, bool)> = HashMap::new();
        for (index, segment) in self.tree.segments.iter().enumerate() {
            let qualifier = match select::has_qualifier(&self.plan.grammar, segment.item) {
                true => self.tree.value(segment, 1, self.bytes).trim_ascii(),
                false => b"",
            };
            let (count, taken) = known.entry((segment.occurrence, segment.item, qualifier)).or_default();
            *count += 1;
            self.numbers[index] = if *taken { *count } else { 0 };
            *taken |= self.rows[index].is_some();
        }
    }

    /// Can its loop have only one such segment?
    fn stands_once(&self, segment: &Segment) -> bool {
        self.plan.grammar.is_trigger(segment.item) || self.plan.grammar.item(segment.item).max < 2
    }

    /// The filter by which one of several such segments (or loops that they open) is meant: `[N901=BM]`.
    fn qualifier(&self, segment: &Segment) -> String {
        match select::has_qualifier(&self.plan.grammar, segment.item) {
            true => self.saying(segment, 1),
            false => String::new(),
        }
    }

    /// The filter that asks what the element at a position says; none where it is empty.
    fn saying(&self, segment: &Segment, position: u16) -> String {
        let code = String::from_utf8_lossy(self.tree.value(segment, position, self.bytes).trim_ascii()).into_owned();
        match code.is_empty() {
            true => code,
            false => format!("[{}={code}]", self.plan.grammar.designator(segment.tag, position)),
        }
    }
}

fn with_conditions(place: &str, plan: &Plan, row: &Row) -> String {
    let condition =
        |(element, value): &(u16, String)| format!("{}={value}", plan.grammar.designator(row.tag, *element));
    let conditions: Vec<String> = row.conditions.iter().map(condition).collect();
    let nth = if row.nth > 1 { format!("[{}]", row.nth) } else { String::new() };
    format!("{place}[{}]{nth}", conditions.join(", "))
}
