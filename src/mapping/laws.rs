//! Objects to try a mapping's laws on: in its normal form, filled from the domains of its lines.
//!
//! The laws themselves (create, keep, change) need bytes and so a syntax; the tests and, later, `mapping check` put
//! the two together. The only randomness is the seed.

mod manner;
mod parts;

use manner::joins;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::canonical::{FieldId, NodeId, NodeShapeId, Object, Origin, Value};
use crate::tree::{ElementType, ItemId, Tag};

use super::context::Context;
use super::plan::{
    Attach, Child, Form, How, Lens, Line, LineId, LinePlace, ListField, LoopCondition, Plan, Row, ScopeId, Takes, Unit,
    Way,
};
use super::unwritten::Written;

impl Plan {
    /// Takes the short ways of reading and writing out of it: with them it must do and say what it does without.
    pub fn without_short_ways(&mut self) {
        self.written = OnceLock::from(Written::of(self, Way::In));
        self.derived.iter_mut().for_each(|derived| derived.sum = None);
        for scope in &mut self.scopes {
            scope.short = OnceLock::from(None);
            scope.behind.iter_mut().for_each(|line| line.looks_into = 0);
            for row in &mut scope.rows {
                row.asks = u128::MAX;
                row.reads.iter_mut().for_each(|read| read.how = How::Line);
            }
        }
    }
}

/// Makes objects for a plan.
pub struct Generator<'a> {
    plan: &'a Plan,
    context: &'a Context<'a>,
    state: u64,
    /// Of ten optional parts, how many are filled.
    density: u64,
    filled: Vec<bool>,
    /// What the values in the row at hand have made stand beside them: element and text.
    beside: Vec<(u16, String)>,
    /// An entry that says the same as the one before it, and in which fields.
    alike: Option<(NodeId, NodeId, &'a [Vec<FieldId>])>,
    /// For each line: does it hold the qualifier by which other rows of its segment are chosen?
    qualifiers: Vec<bool>,
    /// Scopes of levels that the object at hand has: those of one structure, such as S-O-P-I; `None`: any.
    levels: Option<Vec<ScopeId>>,
    /// Units given in the row at hand, by element: quantities that share the place of their unit share the unit.
    units: Vec<(u16, String)>,
    /// Where objects are to make sound documents: codes of the standard's lists.
    sound: Option<CodeOf>,
    /// For sound documents: how often the items of the loop at hand are there.
    counts: HashMap<ItemId, u32>,
}

/// A code of the list of a data element, chosen by a number; `None` where there is no list.
pub type CodeOf = fn(element_number: &str, number: u64) -> Option<String>;

impl<'a> Generator<'a> {
    /// A generator whose objects follow from `seed`.
    #[must_use]
    pub fn new(plan: &'a Plan, context: &'a Context<'a>, seed: u64) -> Self {
        let filled = vec![false; plan.lines.len()];
        Self {
            plan,
            context,
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            density: 7,
            filled,
            beside: Vec::new(),
            alike: None,
            qualifiers: qualifiers(plan),
            levels: None,
            units: Vec::new(),
            sound: None,
            counts: HashMap::new(),
        }
    }

    /// From now on objects that make sound documents: mandatory segments are there, a segment is filled whole or not at
    /// all, so that what belongs together is there together, and codes are real ones.
    #[must_use]
    pub fn sound(mut self, code: CodeOf) -> Self {
        self.sound = Some(code);
        self
    }

    /// The next object.
    pub fn object(&mut self) -> Object {
        self.density = 3 + self.below(8);
        self.levels = self.structure();
        let mut object = Object::new();
        self.scope(0, &mut object, NodeId::ROOT, &[]);
        object
    }

    /// The levels of one structure; now and then of all at once.
    fn structure(&mut self) -> Option<Vec<ScopeId>> {
        let item = self.plan.hierarchy.as_ref()?.form.item;
        let scopes = &self.plan.scopes;
        let is_level = |scope: &ScopeId| scopes[*scope].item == item && *scope != 0;
        let levels: Vec<ScopeId> = (0..scopes.len()).filter(is_level).collect();
        let innermost: Vec<ScopeId> = levels
            .iter()
            .copied()
            .filter(|scope| !levels.iter().any(|inner| scopes[*inner].parent == *scope))
            .collect();
        if self.below(8) == 0 {
            return None;
        }
        let chosen = *innermost.get(self.below(innermost.len() as u64) as usize)?;
        let around = std::iter::successors(Some(chosen), |scope| (*scope != 0).then(|| scopes[*scope].parent));
        Some(around.collect())
    }

    /// Has the object at hand no such level?
    fn leaves_out(&self, child: &Child) -> bool {
        let level = self.plan.hierarchy.as_ref().is_some_and(|hierarchy| hierarchy.form.item == child.item);
        level && self.levels.as_ref().is_some_and(|levels| !levels.contains(&child.scope))
    }

    /// Canonical paths of lines that work both ways and were never filled so far.
    #[must_use]
    pub fn never_filled(&self) -> Vec<&'a str> {
        let lines = self.plan.lines.iter().zip(&self.filled);
        lines.filter(|(line, filled)| line.way == Way::Both && !**filled).map(|(line, _)| line.path.as_str()).collect()
    }

    fn scope(&mut self, id: ScopeId, object: &mut Object, node: NodeId, forced: &[Tag]) {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        let around = std::mem::take(&mut self.counts);
        // As when a document is read: single rows first, for guards ask what they say.
        let (single, many): (Vec<_>, Vec<_>) =
            scope.rows.iter().enumerate().partition(|(_, row)| row.takes == Takes::One);
        for (number, row) in single {
            let catch_all = scope.rows[number + 1..].iter().any(|later| later.item == row.item && is_rest(later));
            let mandatory = self.sound.is_some() && plan.grammar.item(row.item).required;
            let alone = row.conditions.is_empty() && row.takes == Takes::One && catch_all;
            let always = forced.contains(&row.tag) || mandatory || alone;
            if (always || self.chance() || self.density == 10) && self.room(row.item) {
                self.row(id, row, object, node, always);
            }
        }
        for line in scope.constants.iter().chain(&scope.joined) {
            self.value(*line, &plan.lines[usize::from(*line)], object, node);
        }
        self.columns(id, object, node);
        for (number, row) in many {
            let mandatory = self.sound.is_some() && plan.grammar.item(row.item).required;
            let always = forced.contains(&row.tag) || mandatory;
            if !always && !self.chance() && self.density < 10 {
                continue;
            }
            match &row.takes {
                Takes::One => {}
                Takes::Groups(list) => self.groups(id, number, list, object, node),
                Takes::All { .. } => {
                    for line in &row.lines {
                        let line_ref = &plan.lines[usize::from(*line)];
                        for _ in 0..=self.below(2) {
                            if !self.room(row.item) {
                                break;
                            }
                            self.value(*line, line_ref, object, node);
                        }
                    }
                }
                Takes::Nodes(list) if list.read_only => {
                    for line in &row.lines {
                        self.filled[usize::from(*line)] = true;
                    }
                }
                Takes::Nodes(list) if !plan.holds(&list.guards, object, node) => {}
                Takes::Nodes(list) => {
                    for _ in 0..=self.below(2) {
                        if !self.room(row.item) {
                            break;
                        }
                        let entry = self.entry(object, node, list);
                        self.row(id, row, object, entry, false);
                        if object.entries(entry).next().is_none() {
                            self.row(id, row, object, entry, true);
                        }
                    }
                }
            }
        }
        for child in &scope.children {
            self.child(child, object, node);
        }
        self.counts = around;
    }

    /// Counts one more segment or loop of an item; false when a sound document has no room for it.
    fn room(&mut self, item: ItemId) -> bool {
        let most = self.plan.grammar.item(item).max;
        let count = self.counts.entry(item).or_default();
        *count += 1;
        self.sound.is_none() || *count <= most
    }

    fn child(&mut self, child: &'a Child, object: &mut Object, node: NodeId) {
        let plan = self.plan;
        if self.leaves_out(child) || !plan.holds(&child.guards, object, node) {
            return;
        }
        let forced: Vec<Tag> = child
            .conditions
            .iter()
            .filter_map(|condition| match condition {
                LoopCondition::Has(tag) | LoopCondition::Equals { tag, trigger: false, .. } => Some(*tag),
                _ => None,
            })
            .collect();
        match &child.attach {
            Attach::One(steps) => {
                if self.chance() && self.room(child.item) {
                    let inner = descend(object, node, steps);
                    self.scope(child.scope, object, inner, &forced);
                    while object.entries(inner).next().is_none() {
                        self.density = 10;
                        self.scope(child.scope, object, inner, &forced);
                    }
                }
            }
            Attach::Each(list) => {
                let mut before = None;
                let least = u64::from(self.sound.is_some() && plan.grammar.item(child.item).required);
                for _ in 0..self.below(4).max(least) {
                    if !self.room(child.item) {
                        break;
                    }
                    let entry = self.entry(object, node, list);
                    let group = list.group.as_deref().filter(|_| self.below(3) > 0);
                    self.alike = before.zip(group).map(|(before, group)| (before, entry, group));
                    before = Some(entry);
                    self.scope(child.scope, object, entry, &forced);
                    while object.entries(entry).next().is_none() {
                        self.density = 10;
                        self.scope(child.scope, object, entry, &forced);
                    }
                }
            }
            Attach::Through => {
                for inner in &plan.scopes[child.scope].children {
                    self.child(inner, object, node);
                }
            }
        }
    }

    fn entry(&mut self, object: &mut Object, node: NodeId, list: &ListField) -> NodeId {
        let parent = descend(object, node, &list.steps);
        object.add(parent, list.field, list.shape, Origin::NOWHERE)
    }

    /// The lines of one row; pairs share their slots, so the named ones come first and the catch-all takes what is left.
    fn row(&mut self, scope: ScopeId, row: &'a Row, object: &mut Object, node: NodeId, always: bool) {
        let plan = self.plan;
        self.units.clear();
        self.beside.clear();
        let (mut used, mut beside): (Vec<u16>, Vec<(u16, bool)>) = (Vec::new(), Vec::new());
        let catch_all = |line: &Line| matches!(line.form, Form::PairRest { .. } | Form::PairList { .. });
        let mut lines: Vec<(LineId, &Line)> = row.lines.iter().map(|id| (*id, &plan.lines[usize::from(*id)])).collect();
        // What says what stands beside it comes first, so that a line for that very element agrees.
        lines.sort_by_key(|(_, line)| {
            (!line.guards.is_empty(), line.places.first().is_some_and(|place| place.case.is_empty()))
        });
        for (id, line) in lines.iter().filter(|(_, line)| !catch_all(line)) {
            let pair = line.places.first().and_then(|place| place.pair.as_ref());
            let needed = always
                || self.sound.is_some()
                || matches!(line.form, Form::First { .. } | Form::Scheme | Form::Constant(_) | Form::Key)
                || is_qualifier(plan, scope, row, line);
            match pair {
                Some(pair) if needed || self.half() => {
                    if let Some(slot) = pair.slots.iter().find(|slot| !used.contains(slot)) {
                        used.push(*slot);
                        self.value(*id, line, object, node);
                    }
                }
                Some(_) => {}
                None if self.sound.is_some() && self.excluded(row, line, &mut beside) => {}
                None if needed || self.chance() => self.value(*id, line, object, node),
                None => {}
            }
        }
        for (id, line) in lines.iter().filter(|(_, line)| catch_all(line)) {
            let (Form::PairRest { slots } | Form::PairList { slots, .. }) = &line.form else {
                continue;
            };
            let free = slots.iter().filter(|slot| !used.contains(slot)).count() as u64;
            let count = self.below(free + 1);
            for number in 0..count {
                self.pair(*id, line, number, object, node);
            }
            used.extend(
                slots.iter().filter(|slot| !used.contains(slot)).take(count as usize).copied().collect::<Vec<_>>(),
            );
        }
    }

    /// Does a syntax note not let the line's element stand beside one that is there, or not without one that was left out
    /// for that reason? `beside` has the elements so far, and whether they are there.
    fn excluded(&self, row: &Row, line: &Line, beside: &mut Vec<(u16, bool)>) -> bool {
        let own = |element: u16| line.places.iter().any(|place| place.element == element);
        let notes = self.plan.grammar.definition(row.item).map_or(&[][..], |definition| &definition.syntax);
        let excluded = notes.iter().filter_map(|note| note.split_at_checked(1)).any(|(kind, digits)| {
            let positions =
                || digits.as_bytes().chunks(2).filter_map(|two| std::str::from_utf8(two).ok()?.parse().ok());
            let there = kind == "E";
            (there || kind == "P" || kind == "C")
                && positions().any(own)
                && positions().any(|position| !own(position) && beside.contains(&(position, there)))
        });
        beside.extend(line.places.iter().map(|place| (place.element, !excluded)));
        excluded
    }

    fn pair(&mut self, id: LineId, line: &'a Line, number: u64, object: &mut Object, node: NodeId) {
        let node = descend(object, node, &line.steps);
        let text = self.text(&line.places[0]);
        self.filled[usize::from(id)] = true;
        match &line.form {
            Form::PairList { shape, qualifier, value, .. } => {
                let entry = object.add(node, line.field, *shape, Origin::NOWHERE);
                object.push_text(entry, *qualifier, &format!("Q{number}"), Origin::NOWHERE);
                object.push_text(entry, *value, &text, Origin::NOWHERE);
            }
            _ => self.scheme(line, number, &text, object, node),
        }
    }

    /// An entry of an open node, under a scheme that no other line names.
    fn scheme(&mut self, line: &Line, number: u64, text: &str, object: &mut Object, node: NodeId) {
        let parent = line.path.trim_end_matches('*');
        let named = |word: &str| {
            line.beside.iter().any(|other| self.plan.lines[usize::from(*other)].path.strip_prefix(parent) == Some(word))
        };
        let sku = |word: &str| word == "sku" || word == "vendor_part";
        let mut words: Vec<&String> =
            line.options.schemes.map_or_else(Vec::new, |table| self.plan.tables[table].codes.keys().collect());
        words.retain(|word| !named(word) && !sku(word));
        words.sort();
        let start = self.below(words.len() as u64 + 1) as usize;
        let word = words
            .get((start + number as usize) % words.len().max(1))
            .map(|word| self.context.role_word(word).to_owned());
        let key = word.filter(|_| start < words.len()).unwrap_or_else(|| format!("q{number}"));
        let shape = self.plan.canonical.node(object.shape(node));
        match shape.field(&key) {
            Some(field) if object.get(node, field).is_none() => object.push_text(node, field, text, Origin::NOWHERE),
            None if object.get_open(node, &key).is_none() => {
                let span = object.intern(text);
                object.push_open(node, &key, Value::Text(span), Origin::NOWHERE);
            }
            _ => {}
        }
    }

    fn value(&mut self, id: LineId, line: &'a Line, object: &mut Object, node: NodeId) {
        if line.way != Way::Both || !self.plan.holds(&line.guards, object, node) {
            return;
        }
        self.filled[usize::from(id)] = true;
        if self.as_before(line, object, node) {
            return;
        }
        let node = if line.form == Form::Key { NodeId::ROOT } else { descend(object, node, &line.steps) };
        match &line.form {
            Form::Constant(text) => return push(object, node, line, text),
            // What the lists say comes of itself.
            Form::Levels => return,
            Form::Key if object.get(NodeId::ROOT, line.field).is_some() => return,
            _ => {}
        }
        let place = &line.places[0];
        let said = |element: u16| self.beside.iter().find(|(known, _)| *known == element).map(|(_, text)| text.clone());
        if place.case.iter().any(|(element, value)| said(*element).is_some_and(|text| text != *value)) {
            return;
        }
        let said = said(place.element);
        self.beside.extend(place.case.iter().cloned());
        let is_full = || object.all(node, line.field).count() >= line.places.len();
        if line.form == Form::List && line.places.len() > 1 && is_full() {
            return;
        }
        if let Some(text) = self.in_its_form(line) {
            return push(object, node, line, &text);
        }
        match &line.lens {
            Lens::Quantity { .. } => self.quantity(line, object, node),
            Lens::Number { implied } => {
                let number = self.number_of(line, *implied);
                object.push(node, line.field, Value::Decimal(number), Origin::NOWHERE);
            }
            Lens::Date => push(object, node, line, &self.date()),
            Lens::Time => {
                let time = format!("{:02}:{:02}", self.below(24), self.below(60));
                push(object, node, line, &time);
            }
            Lens::DateOrInstant => {
                let timed = matches!(line.form, Form::Joined | Form::FirstJoined { .. });
                let text = if timed && self.half() { self.instant(line) } else { self.date() };
                push(object, node, line, &text);
            }
            Lens::Words { table, .. } => {
                let word = self.word(*table);
                push(object, node, line, &word);
            }
            Lens::Text if line.form == Form::Scheme => {
                let text = self.text(place);
                self.scheme(line, 0, &text, object, node);
            }
            Lens::Text if joins(line) => self.pieces(line, object, node),
            Lens::Text if line.form == Form::Packed => self.packed(line, object, node),
            Lens::Text => {
                let asked = self.asked(line);
                let mut text = match said.or(asked) {
                    Some(text) => text,
                    None if self.qualifiers[usize::from(id)] => self.qualifier(place),
                    None => self.text(place),
                };
                // What means "nothing" there is outside the line's domain.
                while line.options.absent.contains(&text) {
                    text = self.text(place);
                }
                text = self.spelled(line, &text);
                push(object, node, line, &text);
            }
        }
    }

    /// A text that some guard asks of the field, half of the time.
    fn asked(&mut self, line: &Line) -> Option<String> {
        let plan = self.plan;
        let cases = plan.guards.iter().flat_map(|guard| &guard.cases).filter(|(path, _)| *path == line.path);
        let texts: Vec<&String> = cases.map(|(_, text)| text).collect();
        let at = self.below(2 * texts.len() as u64) as usize;
        texts.get(at).map(|text| (*text).clone())
    }

    fn quantity(&mut self, line: &'a Line, object: &mut Object, node: NodeId) {
        let Lens::Quantity { implied, unit, value, unit_field, shape } = &line.lens else {
            return;
        };
        let number = self.number_of(line, *implied);
        if let Some(units) = line.options.units.map(|units| &self.plan.units[units]) {
            let item = self.plan.item_of(line, object, (0..line.steps.len()).fold(node, |node, _| object.parent(node)));
            let (number, own) = (units.some(self.below(40), item.as_deref()), units.own.clone());
            let quantity = object.add(node, line.field, *shape, Origin::NOWHERE);
            object.push(quantity, *value, Value::Decimal(number), Origin::NOWHERE);
            return object.push_text(quantity, *unit_field, &own, Origin::NOWHERE);
        }
        let quantity = object.add(node, line.field, *shape, Origin::NOWHERE);
        object.push(quantity, *value, Value::Decimal(number), Origin::NOWHERE);
        let known = line.places.get(1).map_or(0, |place| place.element);
        let given = self.units.iter().find(|(element, _)| *element == known).map(|(_, unit)| unit.clone());
        let unit = match (given, unit) {
            (_, Unit::None) => return,
            (_, Unit::Fixed(unit)) => unit.clone(),
            (Some(unit), _) => unit,
            (None, Unit::Place { table: Some(table), .. }) => self.word(*table),
            (None, Unit::Place { table: None, .. }) => self.text(&line.places[1]),
        };
        self.units.push((known, unit.clone()));
        object.push_text(quantity, *unit_field, &unit, Origin::NOWHERE);
    }

    fn qualifier(&mut self, place: &LinePlace) -> String {
        let length = (place.definition.min.max(2)).min(place.definition.max) as usize;
        let mut text = format!("Q{:02}", self.below(100));
        text.truncate(length);
        text
    }

    fn word(&mut self, table: usize) -> String {
        let mut words: Vec<&String> = self.plan.tables[table].codes.keys().collect();
        words.sort();
        let at = self.below(words.len() as u64) as usize;
        words.get(at).map_or_else(String::new, |word| (*word).clone())
    }

    fn text(&mut self, place: &LinePlace) -> String {
        let definition = &place.definition;
        if let Some(code_of) = self.sound
            && let Some(code) = code_of(&definition.number, self.below(1 << 20))
            && (definition.min as usize..=definition.max as usize).contains(&code.len())
        {
            return code;
        }
        if matches!(definition.kind, ElementType::Implied(_) | ElementType::Decimal) {
            let length =
                definition.min + self.below(u64::from(definition.max.min(9).saturating_sub(definition.min) + 1)) as u32;
            return (0..length.max(1)).map(|_| char::from(b"123456789"[self.below(9) as usize])).collect();
        }
        let most = definition.max.min(definition.min.max(12)).max(1);
        let length = definition.min.max(1) + self.below(u64::from(most - definition.min.max(1).min(most)) + 1) as u32;
        (0..length.min(definition.max))
            .map(|_| char::from(b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789"[self.below(33) as usize]))
            .collect()
    }

    fn number(&mut self, place: &LinePlace, implied: u8) -> rust_decimal::Decimal {
        let digits = place.definition.max.min(4);
        let mantissa = 1 + self.below(10_u64.pow(digits) - 1);
        let decimal = place.definition.kind == ElementType::Decimal;
        let scale = if decimal && digits > 2 { self.below(3) as u32 } else { u32::from(implied) };
        let number = rust_decimal::Decimal::new(mantissa as i64, scale);
        // X12 numbers of type R must not grow a digit on their way: 0.5 would be written with one more.
        if digits_of(number) > place.definition.max || implied > 0 { number.normalize() } else { number }
    }

    fn date(&mut self) -> String {
        format!("20{:02}-{:02}-{:02}", self.below(60), 1 + self.below(12), 1 + self.below(28))
    }

    fn instant(&mut self, line: &Line) -> String {
        let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
        let (date, time) = (self.date().replace('-', ""), format!("{:02}{:02}", 4 + self.below(20), self.below(60)));
        super::lens::instant_in(date.as_bytes(), Some(time.as_bytes()), None, zone).unwrap_or_default().0
    }

    fn half(&mut self) -> bool {
        self.below(2) == 0
    }

    fn chance(&mut self) -> bool {
        self.below(10) < self.density
    }

    /// A number below `limit` (xorshift).
    fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % limit.max(1)
    }
}

fn digits_of(number: rust_decimal::Decimal) -> u32 {
    number.to_string().bytes().filter(u8::is_ascii_digit).count() as u32
}

fn is_rest(row: &Row) -> bool {
    match &row.takes {
        Takes::One => false,
        Takes::All { rest } => *rest,
        Takes::Nodes(list) | Takes::Groups(list) => list.rest,
    }
}

/// For each line: does it hold the qualifier by which other rows of its segment are chosen?
fn qualifiers(plan: &Plan) -> Vec<bool> {
    let mut found = vec![false; plan.lines.len()];
    for (id, scope) in plan.scopes.iter().enumerate() {
        for row in &scope.rows {
            for line in &row.lines {
                found[usize::from(*line)] |= is_qualifier(plan, id, row, &plan.lines[usize::from(*line)]);
            }
        }
    }
    found
}

/// Is the line the one of a catch-all that holds the element other rows (or loops) of the segment are chosen by?
fn is_qualifier(plan: &Plan, scope: ScopeId, row: &Row, line: &Line) -> bool {
    let scope = &plan.scopes[scope];
    let element = line.places.first().map_or(0, |place| place.element);
    let by_row = is_rest(row)
        && scope
            .rows
            .iter()
            .any(|other| other.item == row.item && other.conditions.iter().any(|(known, _)| *known == element));
    let parent = &plan.scopes[scope.parent];
    let by_loop = row.item.0 == scope.item.0 + 1
        && parent.children.iter().any(|child| {
            child.item == scope.item
                && child.conditions.iter().any(
                    |condition| matches!(condition, LoopCondition::Equals { tag, element: known, .. } if *tag == row.tag && *known == element),
                )
        });
    by_row || by_loop
}

fn descend(object: &mut Object, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> NodeId {
    steps.iter().fold(node, |node, (field, shape)| object.child(node, *field, *shape))
}

fn push(object: &mut Object, node: NodeId, line: &Line, text: &str) {
    match &line.key {
        None => object.push_text(node, line.field, text, Origin::NOWHERE),
        Some(key) => {
            let span = object.intern(text);
            object.push_open(node, key, Value::Text(span), Origin::NOWHERE);
        }
    }
}
