//! The short way: the rows of a scope whose node says nothing unusual, each made at once.
//!
//! The texts of a segment go into the tree as they are found; what stands at which position is kept beside. Whatever is
//! unusual (a value that does not fit, an element that has another text already, a unit that is missing) is left to the
//! general way of [`mod@super::fill`], which then writes the scope from the start and knows what to say of it.

use std::borrow::Cow;

use crate::canonical::{Entry, NodeId, Value};
use crate::mapping::plan::{Child, Form, Line, LinePlace, ListField, Row, SLOTS, Scope, ScopeId, ShortRow, Takes};
use crate::mapping::{derive, lens};
use crate::tree::{ItemId, NONE, Segment, Text};

use super::lines::open_entries;
use super::{Piece, Pieces, Walk, descend};

/// The texts of the segment that is being made, by position.
#[derive(Debug)]
pub(super) struct Slots {
    texts: [Text; SLOTS],
    /// The positions that have one.
    taken: u64,
}

impl Slots {
    pub(super) fn empty() -> Self {
        Self { texts: [Text::made(0, 0); SLOTS], taken: 0 }
    }

    fn has(&self, position: u16) -> bool {
        self.taken & (1 << position) != 0
    }

    fn put(&mut self, position: u16, text: Text) {
        self.texts[usize::from(position)] = text;
        self.taken |= 1 << position;
    }

    /// The texts up to the last position that has one.
    fn texts(&self) -> &[Text] {
        &self.texts[1..self.end()]
    }

    /// Behind the last position that has one.
    fn end(&self) -> usize {
        (SLOTS - self.taken.leading_zeros() as usize).max(1)
    }

    fn clear(&mut self) {
        let end = self.end();
        self.texts[..end].fill(Text::made(0, 0));
        self.taken = 0;
    }
}

impl<'a> Walk<'_, 'a> {
    /// Writes a scope for a node; false, and nothing done, where the general way has to do it.
    pub(super) fn shortly(&mut self, id: ScopeId, node: NodeId, number: u32) -> bool {
        let plan = self.plan;
        let Some(way) = plan.short_way(id).filter(|_| self.is_new) else { return false };
        let (scope, says) = (&plan.scopes[id], self.fields.of(self.object, node));
        let first = self.pending.len();
        let written = way.unusual & says == 0
            && self.or_nothing(|walk| {
                let mut asked = way.rows.iter().filter(|row| row.asks & says != 0 || row.always);
                asked.all(|row| walk.short_row(scope, row, node, number))
            });
        if !written {
            return false;
        }
        self.short_checks(id, node);
        let mut pieces = self.spare.pieces.pop().unwrap_or_default();
        if way.inside & says != 0 {
            self.children(scope, node, &mut pieces);
            pieces.sort_by_key(|(item, _)| (id != 0 && *item == scope.item, *item));
        }
        self.send(id, first, pieces);
        true
    }

    /// The same for a loop that only stands on the way, opened for some entries of the one inside.
    pub(super) fn through_shortly(
        &mut self,
        child: &'a Child,
        node: NodeId,
        number: u32,
        entries: &[(usize, NodeId)],
    ) -> bool {
        let (plan, scope) = (self.plan, &self.plan.scopes[child.scope]);
        let inner = scope.children.first().zip(entries.first());
        let Some((inner, (_, speaker))) = inner.filter(|_| self.is_new) else { return false };
        let Some((way, inside)) = plan.short_way(child.scope).zip(plan.short_way(inner.scope)) else { return false };
        let is_level = plan.hierarchy.as_ref().is_some_and(|level| level.form.item == scope.item);
        let unusual = way.unusual & self.fields.of(self.object, node) != 0
            || inside.unusual & self.fields.of(self.object, *speaker) != 0;
        let first = self.pending.len();
        let written = !is_level
            && !unusual
            && self.or_nothing(|walk| {
                let from_inside = |own| inside.outside.iter().filter(move |(outer, _)| *outer == own);
                let mut rows = way.rows.iter();
                rows.all(|row| {
                    from_inside(Some(row.row)).all(|(_, lines)| walk.short_lines(lines, *speaker))
                        && walk.short_row(scope, row, node, number)
                }) && from_inside(None).all(|(_, short)| walk.further_out(&plan.scopes[inner.scope], short, *speaker))
            });
        if !written {
            return false;
        }
        self.pending[first..].sort_by_key(|segment| segment.item);
        self.short_checks(child.scope, node);
        let mut pieces = self.spare.pieces.pop().unwrap_or_default();
        // They agree in what stands in the outer loop: the first spoke for all.
        pieces.extend(entries.iter().map(|(position, entry)| (inner.item, Piece::Child(inner, *entry, *position))));
        let start = self.tree.segments.len();
        self.send(child.scope, first, pieces);
        self.told_apart(child, start);
        true
    }

    /// A segment of the loop around, for which that has no row of its own.
    fn further_out(&mut self, scope: &'a Scope, short: &'a ShortRow, node: NodeId) -> bool {
        let row = &scope.rows[short.row];
        let written = self.short_lines(short, node);
        if written && self.slots.taken != 0 {
            self.qualify_shortly(&row.conditions);
            self.keep(row);
        }
        written
    }

    /// What `write` puts into the tree and among the segments that wait, or nothing of it where it says so.
    fn or_nothing(&mut self, write: impl FnOnce(&mut Self) -> bool) -> bool {
        let before = (self.tree.made.len(), self.tree.elements.len(), self.pending.len());
        let written = write(self);
        if !written {
            self.slots.clear();
            self.tree.made.truncate(before.0);
            self.tree.elements.truncate(before.1);
            self.pending.truncate(before.2);
        }
        written
    }

    /// What is asked of a node besides the rows of its scope.
    fn short_checks(&mut self, id: ScopeId, node: NodeId) {
        let plan = self.plan;
        for line in &plan.scopes[id].constants {
            self.constant(&plan.lines[usize::from(*line)], node);
        }
        self.fit_some_table(id, node);
    }

    /// Sends the segments of a scope that wait from `first` on, and its loops between them.
    fn send(&mut self, id: ScopeId, first: usize, mut pieces: Pieces<'a>) {
        let (own, end) = (self.plan.scopes[id].item, self.pending.len());
        let level = self.plan.hierarchy.as_ref().filter(|level| id != 0 && level.form.item == own);
        let begins = level.and(self.trigger(id));
        let (mut next, mut counted) = (first, (own, 0));
        for (item, piece) in pieces.drain(..) {
            while next < end && (self.pending[next].item < item || (id != 0 && item == own)) {
                self.send_one(next, begins);
                next += 1;
            }
            counted = (item, if counted.0 == item { counted.1 + 1 } else { 1 });
            match piece {
                Piece::Child(child, node, position) => self.occurrence(child, node, position, counted.1),
                Piece::Through(child, node, entries) => self.through(child, node, counted.1, &entries),
                Piece::Row(..) | Piece::Filled(..) => {}
            }
        }
        while next < end {
            self.send_one(next, begins);
            next += 1;
        }
        self.pending.truncate(first);
        self.spare.pieces.push(pieces);
        if level.is_some() {
            self.open.pop();
        }
    }

    /// Sends a segment that waits; `begins` is the one that begins a level.
    fn send_one(&mut self, number: usize, begins: Option<ItemId>) {
        let segment = self.pending[number];
        if begins == Some(segment.item) {
            self.begin_level();
        }
        self.tree.segments.push(segment);
    }

    fn short_row(&mut self, scope: &'a Scope, short: &'a ShortRow, node: NodeId, number: u32) -> bool {
        let row = &scope.rows[short.row];
        match &row.takes {
            Takes::One => self.single(scope, (short, row), node, number),
            Takes::Nodes(list) => self.short_entries((short, row), node, list),
            Takes::All { .. } => self.short_values((short, row), node),
            Takes::Groups(list) => self.entries(node, list).is_empty(),
        }
    }

    /// A single segment.
    fn single(&mut self, scope: &'a Scope, (short, row): (&'a ShortRow, &'a Row), node: NodeId, number: u32) -> bool {
        if !self.short_lines(short, node) || !self.short_derived(short, node, number) {
            return false;
        }
        if self.slots.taken != 0 {
            self.qualify_shortly(&row.conditions);
        }
        let Some(known_by) = &short.begins else {
            self.keep(row);
            return true;
        };
        self.qualify_shortly(known_by);
        if let Some(level) = self.plan.hierarchy.as_ref().filter(|level| level.form.item == scope.item) {
            // Filled when the document is whole.
            level.writes.iter().for_each(|position| self.slots.put(*position, Text::made(0, 0)));
        }
        self.keep_always(row);
        true
    }

    /// A segment for each entry of a list.
    fn short_entries(&mut self, (short, row): (&'a ShortRow, &'a Row), node: NodeId, list: &ListField) -> bool {
        self.entries(node, list).into_iter().all(|(_, entry)| {
            let written = self.short_lines(short, entry);
            if written {
                self.qualify_shortly(&row.conditions);
                self.keep(row);
            }
            written
        })
    }

    /// Segments for the values of a list, as many in each as there is room for.
    fn short_values(&mut self, (short, row): (&'a ShortRow, &'a Row), node: NodeId) -> bool {
        let line = &self.plan.lines[usize::from(short.lines[0].1)];
        let Some(node) = descend(self.object, node, &line.steps) else { return true };
        let object = self.object;
        let mut values = object.all(node, line.field).peekable();
        while values.peek().is_some() {
            for (place, value) in line.places.iter().zip(&mut values) {
                if !self.short_text(line, place, value) {
                    return false;
                }
            }
            self.qualify_shortly(&row.conditions);
            self.keep(row);
        }
        true
    }

    /// The segment whose texts are in the slots, if there are any.
    fn keep(&mut self, row: &Row) {
        if self.slots.taken != 0 {
            self.keep_always(row);
        }
    }

    fn keep_always(&mut self, row: &Row) {
        let first_element = self.tree.elements.len() as u32;
        self.tree.elements.extend_from_slice(self.slots.texts());
        self.pending.push(Segment {
            tag: row.tag,
            item: row.item,
            element_count: self.slots.texts().len() as u16,
            first_element,
            start: 0,
            end: 0,
            occurrence: 0,
            next: NONE,
        });
        self.slots.clear();
    }

    /// Puts what tells a segment from others, unless it is there.
    fn qualify_shortly(&mut self, conditions: &[(u16, String)]) {
        for (element, value) in conditions {
            if !value.is_empty() && !self.slots.has(*element) {
                self.say(*element, value);
            }
        }
    }

    /// The derived values of a row, once its lines have put theirs.
    fn short_derived(&mut self, short: &ShortRow, node: NodeId, number: u32) -> bool {
        let plan = self.plan;
        for (index, alone) in &short.derived {
            let derived = &plan.derived[*index];
            let wanted = self.slots.taken != 0 || *alone;
            let beside = derived.with.is_none_or(|with| usize::from(with) < SLOTS && self.slots.has(with));
            if !wanted || !beside || self.slots.has(derived.place.element) {
                continue;
            }
            let text_at = |place: &LinePlace| {
                let there = self.slots.has(place.element).then(|| self.text_at(place.element));
                there.map(|text| Cow::Owned(String::from_utf8_lossy(text).into_owned()))
            };
            let unit = derive::unit_said(plan, derived, text_at);
            match derive::text(plan, derived, node, self.object, (number, unit.as_deref()), self.context) {
                Ok(Some(text)) => self.say(derived.place.element, &text),
                Ok(None) => {}
                Err(_) => return false,
            }
        }
        true
    }

    fn short_lines(&mut self, short: &ShortRow, node: NodeId) -> bool {
        let (plan, says) = (self.plan, self.fields.of(self.object, node));
        let mut asked = short.lines.iter().filter(|(asks, _)| asks & says != 0);
        asked.all(|(_, line)| self.short_line(&plan.lines[usize::from(*line)], node))
    }

    /// Puts the value of a line of the node whose fields were asked last.
    fn short_line(&mut self, line: &'a Line, node: NodeId) -> bool {
        let object = self.object;
        let inner = match line.steps.as_slice() {
            [] => None,
            [(field, _), further @ ..] => match self.fields.first(object, *field).map(|entry| entry.value) {
                Some(Value::Node(inner)) => match descend(object, inner, further) {
                    Some(inner) => Some(inner),
                    None => return true,
                },
                _ => return true,
            },
        };
        let get = |field| match inner {
            Some(inner) => object.get(inner, field),
            None => self.fields.first(object, field),
        };
        let own = inner.unwrap_or(node);
        match &line.form {
            Form::PairRest { slots } => return self.short_rest(line, slots, own),
            Form::Scheme => return self.short_scheme(line, own),
            Form::List => return self.short_list(line, own),
            _ => {}
        }
        let entry = match &line.key {
            None => get(line.field),
            Some(key) => object.get_open(own, key),
        };
        match (entry, line.sibling().and_then(get)) {
            (None, None) => true,
            (Some(entry), None) => match entry.value {
                _ if !line.simple => self.short_texts(line, entry),
                Value::Node(quantity) => self.short_quantity(line, quantity),
                _ => match self.plain_text(line, entry) {
                    Some(text) => self.put_fitting(&line.places[0], text.as_bytes()),
                    None => self.short_texts(line, entry),
                },
            },
            _ => false,
        }
    }

    /// A value that is written in a form of its own, or to several places.
    fn short_texts(&mut self, line: &'a Line, entry: &Entry) -> bool {
        let Ok(texts) = self.texts(line, entry) else { return false };
        // A number without its unit would be read with that of another.
        let without = line.unit_place().is_some() && texts[1].is_empty();
        !without
            && line.first_places().iter().zip(&texts).all(|(place, text)| {
                text.is_empty() || (!line.means_nothing(text) && self.put_fitting(place, text.as_bytes()))
            })
    }

    fn short_quantity(&mut self, line: &'a Line, quantity: NodeId) -> bool {
        let Some((number, unit)) = self.plain_quantity(line, quantity) else { return false };
        line.unit_place().is_none_or(|place| self.put_fitting(place, unit.as_bytes()))
            && self.put_fitting(&line.places[0], number.as_bytes())
    }

    /// Values of a list, in the elements of one segment.
    fn short_list(&mut self, line: &'a Line, node: NodeId) -> bool {
        let mut places = line.places.iter();
        let object = self.object;
        object.all(node, line.field).all(|value| places.next().is_some_and(|place| self.short_text(line, place, value)))
    }

    fn short_text(&mut self, line: &Line, place: &LinePlace, value: &Entry) -> bool {
        self.plain_text(line, value).is_some_and(|text| self.put_fitting(place, text.as_bytes()))
    }

    /// An identifier and its scheme.
    fn short_scheme(&mut self, line: &'a Line, node: NodeId) -> bool {
        let mut entries = open_entries(self.plan, self.object, line, node);
        let first = entries.next();
        let is_last = entries.next().is_none();
        let Some((key, text)) = first else { return true };
        is_last && self.put_fitting(&line.places[0], text.as_bytes()) && {
            let code = self.scheme_code(line, key);
            self.put_fitting(&line.places[1], code.as_bytes())
        }
    }

    /// The identifiers that no other line names, each in a pair.
    fn short_rest(&mut self, line: &'a Line, slots: &[u16], node: NodeId) -> bool {
        open_entries(self.plan, self.object, line, node).all(|(key, text)| {
            let code = self.scheme_code(line, key);
            self.put_pair(&line.places[0], slots, &code, text.as_bytes())
        })
    }

    /// Puts a text to its place; false where it does not fit, or another one stands there.
    fn put_fitting(&mut self, place: &LinePlace, text: &[u8]) -> bool {
        match &place.pair {
            Some(pair) => self.put_pair(place, &pair.slots, &pair.qualifier, text),
            None if self.slots.has(place.element) => self.text_at(place.element) == text,
            None => self.say_fitting(place, place.element, text),
        }
    }

    /// Puts a qualifier and its value into the first free pair.
    fn put_pair(&mut self, place: &LinePlace, slots: &[u16], qualifier: &str, text: &[u8]) -> bool {
        let Some(slot) = slots.iter().find(|slot| !self.slots.has(**slot)) else { return false };
        if qualifier.is_empty() || self.slots.has(slot + 1) {
            return false;
        }
        self.say(*slot, qualifier);
        self.say_fitting(place, slot + 1, text)
    }

    /// Puts a text that fits its element; false where it does not.
    fn say_fitting(&mut self, place: &LinePlace, position: u16, text: &[u8]) -> bool {
        if text.is_empty() {
            return false;
        }
        if !self.plain.fit(text, &place.definition) {
            let of_layout = self.plan.grammar.is_layout();
            let Ok(text) = std::str::from_utf8(text) else { return false };
            let fits = lens::text_out(text, &place.definition, of_layout, self.context).is_ok();
            if fits {
                self.say(position, text);
            }
            return fits;
        }
        // It is ASCII, which all character sets have in common.
        let start = self.tree.made.len() as u32;
        self.tree.made.extend_from_slice(text);
        self.slots.put(position, Text::made(start, self.tree.made.len() as u32));
        true
    }

    fn say(&mut self, position: u16, text: &str) {
        let start = self.tree.made.len() as u32;
        self.context.encode(text, &mut self.tree.made);
        self.slots.put(position, Text::made(start, self.tree.made.len() as u32));
    }

    fn text_at(&self, position: u16) -> &[u8] {
        self.tree.bytes(self.slots.texts[usize::from(position)], b"")
    }
}
