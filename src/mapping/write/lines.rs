//! Puts the values of lines into cells of their rows: one element, a list, pairs, an identifier under its scheme.

use crate::canonical::{Entry, FieldId, NodeId, Object, Value, number};

use super::Walk;
use super::cells::{Cell, Cells, Filled, cell, constant_cell, plain};
use super::texts::{Texts, no_room, not_used};
use crate::mapping::element_text::ElementText;
use crate::mapping::lens::{self, Fault};
use crate::mapping::manner::dates::Pattern;
use crate::mapping::manner::{dates, split};
use crate::mapping::plan::{Form, Line, LineId, LinePlace, Plan, Way};
use crate::tree::{ElementType, ElementUse};

impl<'a> Walk<'_, 'a> {
    /// Puts the value of a line into the rows of its scope.
    #[inline]
    pub(super) fn line(&mut self, id: LineId, node: NodeId, cells: &mut [Cells<'a>]) {
        let plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        let node = if matches!(line.form, Form::Key) { NodeId::ROOT } else { node };
        // Most lines of a plan have nothing to say of most nodes.
        if line.asks & self.fields.of(self.object, node) != 0 {
            self.line_that_says(id, line, node, cells);
        }
    }

    fn line_that_says(&mut self, id: LineId, line: &'a Line, node: NodeId, cells: &mut [Cells<'a>]) {
        let plan = self.plan;
        if !plan.holds(&line.guards, self.object, node) {
            return self.kept_out(line, node);
        }
        if let Form::Constant(_) = line.form {
            return self.constant(line, node);
        }
        let Some(node) = self.descend(node, &line.steps) else {
            return;
        };
        match &line.form {
            Form::PairRest { slots } => return self.pair_rest(id, line, slots, node, cells),
            Form::PairList { slots, .. } => return self.pair_list(id, line, slots, node, cells),
            Form::List => return self.elements(id, line, node, cells),
            Form::Packed => return self.packed(id, line, node, cells),
            Form::Scheme => return self.scheme(id, line, node, cells),
            _ => {}
        }
        let entry = match &line.key {
            None => self.object.get(node, line.field),
            Some(key) => self.object.get_open(node, key),
        };
        let (entry, sibling) = (entry.copied(), self.sibling(line, node));
        if let (Some(_), Some(code)) = (entry, sibling) {
            let message =
                format!("its code `{}` is there too, and the document has one place for both", self.shown(&code));
            return self.line_fault(no_room(message), line);
        }
        let Some(entry) = entry.or(sibling) else {
            return;
        };
        let texts = match self.texts(line, &entry) {
            Ok(texts) => texts,
            Err(fault) => return self.line_fault(fault, line),
        };
        self.put(id, line, &entry, texts, cells);
    }

    /// A line whose guards do not hold: a value that it would write has no place.
    fn kept_out(&mut self, line: &Line, node: NodeId) {
        let Some(node) = self.descend(node, &line.steps) else {
            return;
        };
        let said = match (&line.form, &line.key) {
            (Form::PairRest { .. } | Form::Scheme, _) => {
                open_entries(self.plan, self.object, line, node).next().is_some()
            }
            (_, Some(key)) => self.object.get_open(node, key).is_some(),
            (_, None) => self.object.get(node, line.field).is_some() || self.sibling(line, node).is_some(),
        };
        if said {
            self.line_fault(not_used(&self.plan.asked(&line.guards)), line);
        }
    }

    /// The value of the `_code` sibling, when the word itself is not there.
    fn sibling(&self, line: &Line, node: NodeId) -> Option<Entry> {
        self.object.get(node, line.sibling()?).copied()
    }

    /// Distributes the texts of a line over its places.
    fn put(&mut self, id: LineId, line: &'a Line, entry: &Entry, texts: Texts<'a>, cells: &mut [Cells<'a>]) {
        let unit = line.unit_place().filter(|_| texts[1].is_empty() && !texts[0].is_empty());
        let at = |unit: &LinePlace, cell: &Cell<'a>| {
            (cell.element, cell.repetition, cell.component) == (unit.element, unit.repetition, unit.component)
        };
        if let Some(said) = unit.and_then(|unit| cells[unit.row].iter().find(|cell| at(unit, cell))) {
            let message = format!("it has no unit, and would get that of another quantity, `{}`", &*said.text);
            return self.line_fault(no_room(message), line);
        }
        let further = if line.writes_all() { line.alternatives() } else { self.chosen_of(line).len() };
        for at in 1..further {
            let number = if line.writes_all() { at } else { self.chosen_of(line)[at] };
            let own = self.in_its_forms(line, number, entry);
            for (place, text) in line.alternative(number).iter().zip(own.as_ref().unwrap_or(&texts)) {
                self.cell(id, line, place, text.clone(), cells);
            }
        }
        for (place, text) in self.written_places(line).iter().zip(texts) {
            self.cell(id, line, place, text, cells);
        }
    }

    /// A date or time in the forms of a further alternative: as much of it as they have room for.
    fn in_its_forms(&self, line: &Line, number: usize, entry: &Entry) -> Option<Texts<'a>> {
        let (forms, Value::Text(span)) = (line.forms(number), entry.value) else { return None };
        let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
        let mut texts = forms.iter().map(|form| dates::in_form(form, self.object.text(span), zone).unwrap_or_default());
        (!forms.is_empty()).then(|| [(); 3].map(|()| texts.next().unwrap_or_default().into()))
    }

    /// The places that a line writes to: of several that say the same the first, or the first that the document has.
    pub(super) fn written_places<'l>(&self, line: &'l Line) -> &'l [LinePlace] {
        line.alternative(self.chosen_of(line).first().copied().unwrap_or(0))
    }

    /// The forms of dates and times there, if the line has some.
    pub(super) fn written_forms<'l>(&self, line: &'l Line) -> Option<&'l [Pattern]> {
        let forms = line.forms(self.chosen_of(line).first().copied().unwrap_or(0));
        Some(forms).filter(|forms| !forms.is_empty())
    }

    /// Those of the alternatives of a line that the document has which is changed; none for a new one.
    fn chosen_of(&self, line: &Line) -> &[usize] {
        let found = self.chosen.iter().find(|(chosen, _)| std::ptr::eq(*chosen, line));
        found.map_or(&[], |(_, numbers)| numbers)
    }

    fn cell(
        &mut self,
        id: LineId,
        line: &'a Line,
        place: &'a LinePlace,
        text: ElementText<'a>,
        cells: &mut [Cells<'a>],
    ) {
        match &place.pair {
            _ if text.is_empty() => {}
            _ if line.means_nothing(&text) => {
                self.line_fault(no_room(format!("`{}` means \"nothing\" there", &*text)), line);
            }
            Some(pair) => self.pair((id, line, place), &pair.slots, pair.qualifier.as_str().into(), text, cells),
            None => self.element(id, line, place, cell(place, text, Some(id)), cells),
        }
    }

    /// Puts a cell that is not empty into the row of `place`, with what must stand beside it.
    fn element(&mut self, id: LineId, line: &'a Line, place: &'a LinePlace, cell: Cell<'a>, cells: &mut [Cells<'a>]) {
        let split = line.options.manner.as_ref().and_then(|manner| manner.split.as_ref());
        let cell = match split.filter(|_| place.is_at(&line.places[0])) {
            // Whether the text fits is known when all its parts are there.
            Some(split) => Cell { part: split.part, ..cell },
            None => cell,
        };
        if let (0, Err(fault)) = (cell.part, self.fits(line, place, &cell.text)) {
            return self.line_fault(fault, line);
        }
        let row = &mut cells[place.row];
        if row.capacity() == 0 {
            *row = self.no_cells();
        }
        for (element, value) in &place.case {
            match row.iter().find(|known| known.element == *element) {
                Some(known) if *known.text != **value => {
                    let message = format!(
                        "its segment would have to say `{value}` beside it, and says `{}` beside another value",
                        &*known.text
                    );
                    return self.line_fault(no_room(message), line);
                }
                Some(_) => {}
                None if value.is_empty() => {}
                // It comes and goes with the value that it stands beside.
                None => row.push(Cell { line: Some(id), ..plain(*element, value.as_str().into()) }),
            }
        }
        let known = row.iter().find(|known| {
            (known.element, known.repetition, known.component, known.part)
                == (cell.element, cell.repetition, cell.component, cell.part)
        });
        match known {
            Some(known) if known.text != cell.text => {
                let message = format!("`{}` and `{}` would both stand there", &*cell.text, &*known.text);
                self.line_fault(no_room(message), line);
            }
            Some(_) => {}
            None => match self.without_unit(id, line, place, row) {
                Some(other) => {
                    let unit = &*cell.text;
                    let message = format!("its unit `{unit}` would be that of `{}` too, which has none", other.path);
                    self.line_fault(no_room(message), line);
                }
                None => row.push(cell),
            },
        }
    }

    /// A line that has put its number without a unit into the row where the unit at `place` would stand for both.
    fn without_unit(&self, id: LineId, line: &Line, place: &LinePlace, row: &Cells<'a>) -> Option<&'a Line> {
        let plan = self.plan;
        line.unit_place().filter(|unit| std::ptr::eq(*unit, place))?;
        let others = row.iter().filter_map(|cell| cell.line.filter(|other| *other != id));
        others
            .map(|other| &plan.lines[usize::from(other)])
            .find(|other| other.unit_place().is_some_and(|unit| unit.is_at(place)))
    }

    fn fits(&self, line: &Line, place: &LinePlace, text: &ElementText<'_>) -> Result<(), Fault> {
        if self.plain.fit(text.as_bytes(), &place.definition) {
            return Ok(());
        }
        let of_layout = self.plan.grammar.is_layout();
        let dated = line.options.manner.as_ref().is_some_and(|manner| !manner.dates.is_empty());
        // The line says how long such a date is.
        if dated && matches!(place.definition.kind, ElementType::Date | ElementType::Time) {
            let of_any_length = ElementUse { min: 0, max: u32::MAX, ..(*place.definition).clone() };
            return lens::text_out(text, &of_any_length, of_layout, self.context);
        }
        lens::text_out(text, &place.definition, of_layout, self.context)
    }

    /// A list of values: one element after the other, row after row.
    pub(super) fn list(&mut self, id: LineId, node: NodeId, row: usize, filled: &mut Filled<'a>) {
        let plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        if line.asks & self.fields.of(self.object, node) == 0 {
            return;
        }
        if !plan.holds(&line.guards, self.object, node) {
            return self.kept_out(line, node);
        }
        let Some(node) = self.descend(node, &line.steps) else {
            return;
        };
        for texts in self.all_texts(line, node).chunks(line.places.len()) {
            let cells = self.in_row(row, |walk, cells| {
                for (place, text) in line.places.iter().zip(texts) {
                    walk.cell(id, line, place, text.clone(), cells);
                }
            });
            filled.many.push((row, cells, None));
        }
    }

    /// The texts of all values of a field, those that do not fit left out and told.
    fn all_texts(&mut self, line: &'a Line, node: NodeId) -> Vec<ElementText<'a>> {
        let entries: Vec<Entry> = self.object.all(node, line.field).copied().collect();
        let mut texts = Vec::with_capacity(entries.len());
        for entry in &entries {
            match self.texts_of(line, entry) {
                Ok(pieces) => texts.extend(pieces),
                Err(fault) => self.line_fault(fault, line),
            }
        }
        texts
    }

    pub(super) fn constant(&mut self, line: &Line, node: NodeId) {
        let Form::Constant(constant) = &line.form else { return };
        let Some(node) = self.descend(node, &line.steps) else {
            return;
        };
        let entry = match &line.key {
            None => self.object.get(node, line.field),
            Some(key) => self.object.get_open(node, key),
        };
        let Some(entry) = entry else { return };
        let text = self.shown(entry);
        let same = match entry.value {
            Value::Decimal(value) => number::parse(constant.as_bytes()) == Some(value),
            _ => text == *constant,
        };
        if !same && line.way != Way::In {
            let message = format!("it is `{text}`, the mapping says that it is always `{constant}`");
            self.line_fault(no_room(message), line);
        }
    }

    /// A value as messages show it.
    fn shown(&self, entry: &Entry) -> String {
        match entry.value {
            Value::Text(span) => self.object.text(span).to_owned(),
            Value::Decimal(number) => number.to_string(),
            Value::Node(_) => String::new(),
        }
    }

    pub(super) fn scheme_code(&self, line: &Line, key: &'a str) -> ElementText<'a> {
        let plan = self.plan;
        let word = self.context.scheme_word(key);
        let table = line.options.schemes.map(|table| &plan.tables[table]);
        // A partner's own code for ours or theirs goes before those for who sells and who buys.
        match table.and_then(|table| table.code(key).or_else(|| table.code(word))) {
            Some(code) => code.into(),
            None if word == lens::NO_SCHEME => ElementText::default(),
            None => word.to_uppercase().into(),
        }
    }

    fn pair_rest(&mut self, id: LineId, line: &'a Line, slots: &[u16], node: NodeId, cells: &mut [Cells<'a>]) {
        let entries: Vec<_> = open_entries(self.plan, self.object, line, node).collect();
        let mut entries = entries.into_iter();
        while let Some((key, text)) = entries.next() {
            let code = self.scheme_code(line, key);
            if !self.has_room(slots, &cells[line.places[0].row]) {
                return self.no_pair_left(line, (&code, text), slots.len(), entries.len());
            }
            self.key = Some(key);
            self.pair((id, line, &line.places[0]), slots, code, text.into(), cells);
            self.key = None;
        }
    }

    /// Is a pair free among these?
    fn has_room(&self, slots: &[u16], cells: &Cells<'a>) -> bool {
        slots.iter().any(|slot| !cells.iter().any(|cell| cell.element == *slot))
    }

    /// Tells the first pair for which there is no room, and how many come behind it.
    fn no_pair_left(&mut self, line: &Line, (code, text): (&str, &str), slots: usize, further: usize) {
        let more = if further > 0 { format!(", and {further} more") } else { String::new() };
        let message = format!("no pair is left for `{code}` = `{text}`{more}: the segment has {slots} for it");
        self.line_fault(no_room(message), line);
    }

    fn pair_list(&mut self, id: LineId, line: &'a Line, slots: &[u16], node: NodeId, cells: &mut [Cells<'a>]) {
        let Form::PairList { qualifier, value, .. } = line.form else {
            return;
        };
        let object = self.object;
        let text = |entry, field| match object.get(entry, field).map(|entry| entry.value) {
            Some(Value::Text(span)) => object.text(span).into(),
            _ => ElementText::default(),
        };
        let entries: Vec<NodeId> = object.nodes(node, line.field).collect();
        for (number, entry) in entries.iter().enumerate() {
            let (code, text) = (text(*entry, qualifier), text(*entry, value));
            if !self.has_room(slots, &cells[line.places[0].row]) {
                return self.no_pair_left(line, (&code, &text), slots.len(), entries.len() - number - 1);
            }
            self.pair((id, line, &line.places[0]), slots, code, text, cells);
        }
    }

    /// Puts a qualifier and its value into the first free pair.
    pub(super) fn pair(
        &mut self,
        (id, line, place): (LineId, &'a Line, &'a LinePlace),
        slots: &[u16],
        code: ElementText<'a>,
        text: ElementText<'a>,
        cells: &mut [Cells<'a>],
    ) {
        if let Some(slot) = self.slot_of_parts(line, &code, &cells[place.row]) {
            let value = Cell { element: slot + 1, ..cell(place, text, Some(id)) };
            return self.element(id, line, place, value, cells);
        }
        let free = slots.iter().find(|slot| !cells[place.row].iter().any(|cell| cell.element == **slot));
        let Some(slot) = free else { return self.no_pair_left(line, (&code, &text), slots.len(), 0) };
        constant_cell(&mut cells[place.row], *slot, code.clone());
        if !text.is_empty() {
            let value = Cell { element: slot + 1, ..cell(place, text, Some(id)) };
            self.element(id, line, place, value, cells);
        }
        if let Some(cell) = cells[place.row].iter_mut().find(|cell| cell.element == slot + 1) {
            cell.pair = Some(Box::new(code));
        }
    }

    /// Where the pair stands whose value another line has begun to write.
    fn slot_of_parts(&self, line: &Line, code: &str, cells: &Cells<'a>) -> Option<u16> {
        let shared = line.places.iter().any(|place| place.pair.as_ref().is_some_and(|pair| pair.shared));
        let begun = |cell: &&Cell<'a>| cell.part > 0 && cell.pair.as_ref().is_some_and(|pair| ***pair == *code);
        cells.iter().filter(|_| shared).find(begun).map(|cell| cell.element - 1)
    }

    /// Puts the parts of texts together.
    pub(super) fn join_parts(&mut self, cells: &mut Cells<'a>) {
        let plan = self.plan;
        while let Some(first) = cells.iter().find(|cell| cell.part > 0).cloned() {
            let at = |cell: &Cell<'a>| (cell.element, cell.repetition, cell.component);
            let (mut parts, rest): (Cells<'a>, Cells<'a>) =
                cells.drain(..).partition(|cell| cell.part > 0 && at(cell) == at(&first));
            *cells = rest;
            parts.sort_by_key(|cell| cell.part);
            let Some(line) = first.line.map(|line| &plan.lines[usize::from(line)]) else { continue };
            let split = line.options.manner.as_ref().and_then(|manner| manner.split.as_ref());
            let separator = split.map_or("", |split| &split.separator);
            let text: ElementText<'a> =
                split::joined(separator, parts.iter().map(|cell| (cell.part, &*cell.text))).into();
            match self.fits(line, &line.places[0], &text) {
                Ok(()) => cells.push(Cell { part: 0, text, ..first }),
                Err(fault) => self.line_fault(fault, line),
            }
        }
    }

    /// A list of values in the elements of one segment.
    fn elements(&mut self, id: LineId, line: &'a Line, node: NodeId, cells: &mut [Cells<'a>]) {
        let texts = self.all_texts(line, node);
        for (number, text) in texts.iter().enumerate() {
            let Some(place) = line.places.get(number) else {
                let message = format!("there is room for {} values, not for {}", line.places.len(), texts.len());
                return self.line_fault(no_room(message), line);
            };
            self.cell(id, line, place, text.clone(), cells);
        }
    }

    /// A list of values in the text of one element.
    fn packed(&mut self, id: LineId, line: &'a Line, node: NodeId, cells: &mut [Cells<'a>]) {
        let between = line.options.manner.as_ref().and_then(|manner| manner.between.as_deref()).unwrap_or_default();
        let texts = self.all_texts(line, node);
        if let Some(text) = texts.iter().find(|text| text.is_empty() || text.contains(between)) {
            let message = format!("its value `{}` holds `{between}`, which ends a value of the list there", &**text);
            return self.line_fault(no_room(message), line);
        }
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        self.cell(id, line, &line.places[0], texts.join(between).into(), cells);
    }

    fn scheme(&mut self, id: LineId, line: &'a Line, node: NodeId, cells: &mut [Cells<'a>]) {
        let entries: Vec<_> = open_entries(self.plan, self.object, line, node).collect();
        let mut entries = entries.into_iter();
        let Some((key, text)) = entries.next() else { return };
        self.key = Some(key);
        self.cell(id, line, &line.places[0], text.into(), cells);
        let code = self.scheme_code(line, key);
        self.cell(id, line, &line.places[1], code, cells);
        self.key = None;
        if let Some((key, text)) = entries.next() {
            let more = if entries.len() > 0 { format!(", and {} more", entries.len()) } else { String::new() };
            let message = format!("there is room for one identifier; `{key}` = `{text}` is one more{more}");
            self.line_fault(no_room(message), line);
        }
    }
}

/// Entries of an open node that no other line names, as (key, text).
pub(super) fn open_entries<'a, 'l>(
    plan: &'a Plan,
    object: &'a Object,
    line: &'l Line,
    node: NodeId,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a, 'l> {
    let shape = plan.canonical.node(object.shape(node));
    let named = move |entry: &Entry| {
        line.beside.iter().map(|id| &plan.lines[usize::from(*id)]).any(|other| match (&other.key, entry.field) {
            (Some(key), FieldId::OPEN) => key == object.text(entry.key),
            (None, field) => field == other.field && field != FieldId::OPEN,
            _ => false,
        })
    };
    let key = move |entry: &Entry| match entry.field {
        FieldId::OPEN => object.text(entry.key),
        field => shape.get(field).name.as_str(),
    };
    let entries = object.entries(node).filter(move |entry| !named(entry));
    entries.filter_map(move |entry| match entry.value {
        Value::Text(span) => Some((key(entry), object.text(span))),
        _ => None,
    })
}
