//! Puts the values of lines into cells of their rows: one element, a list, pairs, an identifier under its scheme.

use crate::canonical::{Entry, FieldId, NodeId, Value, number};
use crate::diagnostic::codes;

use super::Walk;
use super::cells::{Cells, Filled, beside, cell, constant_cell};
use super::texts::{no_room, not_used};
use crate::mapping::lens::{self, Fault};
use crate::mapping::plan::{Form, Lens, Line, LineId, LinePlace, Way};

impl Walk<'_> {
    pub(super) fn line(&mut self, id: LineId, node: NodeId, cells: &mut [Cells]) {
        let plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        if line.way == Way::In {
            return;
        }
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
        self.put(id, line, texts, cells);
    }

    /// A line whose guards do not hold: a value that it would write has no place.
    fn kept_out(&mut self, line: &Line, node: NodeId) {
        let Some(node) = self.descend(node, &line.steps) else {
            return;
        };
        let said = match (&line.form, &line.key) {
            (Form::PairRest { .. } | Form::Scheme, _) => !self.open_entries(line, node).is_empty(),
            (_, Some(key)) => self.object.get_open(node, key).is_some(),
            (_, None) => self.object.get(node, line.field).is_some() || self.sibling(line, node).is_some(),
        };
        if said {
            self.line_fault(not_used(&self.plan.asked(&line.guards)), line);
        }
    }

    /// The value of the `_code` sibling, when the word itself is not there.
    fn sibling(&self, line: &Line, node: NodeId) -> Option<Entry> {
        match line.lens {
            Lens::Words { sibling: Some(sibling), .. } => self.object.get(node, sibling).copied(),
            _ => None,
        }
    }

    /// Distributes the texts of a line over its places.
    fn put(&mut self, id: LineId, line: &Line, texts: Vec<String>, cells: &mut [Cells]) {
        match &line.form {
            Form::First { write_all: true } => {
                for place in &line.places {
                    self.cell(id, line, place, texts[0].clone(), cells);
                }
            }
            _ => {
                for (place, text) in self.written_places(line).iter().zip(texts) {
                    self.cell(id, line, place, text, cells);
                }
            }
        }
    }

    /// The places that a line writes to: of several that say the same the first, or the one that the document has.
    pub(super) fn written_places<'l>(&self, line: &'l Line) -> &'l [LinePlace] {
        let number =
            self.chosen.iter().find(|(chosen, _)| std::ptr::eq(*chosen, line)).map_or(0, |(_, number)| *number);
        line.alternative(number)
    }

    fn cell(&mut self, id: LineId, line: &Line, place: &LinePlace, text: String, cells: &mut [Cells]) {
        if text.is_empty() {
            return;
        }
        if let Some(pair) = &place.pair {
            return self.pair(id, line, &pair.slots, &pair.qualifier, text, cells);
        }
        if let Err(fault) = self.fits(line, place, &text) {
            return self.line_fault(fault, line);
        }
        let row = &mut cells[place.row];
        for (element, value) in &place.case {
            match row.iter().find(|known| known.element == *element) {
                Some(known) if known.text != *value => {
                    let message = format!(
                        "its segment would have to say `{value}` beside it, and says `{}` beside another value",
                        known.text
                    );
                    return self.line_fault(no_room(message), line);
                }
                Some(_) => {}
                None if value.is_empty() => {}
                None => row.push(beside(*element, value, id)),
            }
        }
        let known = row.iter().find(|known| {
            known.element == place.element && known.repetition == place.repetition && known.component == place.component
        });
        match known {
            Some(known) if known.text != text => {
                let message = format!("`{text}` and `{}` would both stand there", known.text);
                self.line_fault(no_room(message), line);
            }
            Some(_) => {}
            None => row.push(cell(place, text, Some(id))),
        }
    }

    fn fits(&self, line: &Line, place: &LinePlace, text: &str) -> Result<(), Fault> {
        if line.options.absent.iter().any(|absent| absent == text) {
            return Err(no_room(format!("`{text}` means \"nothing\" there")));
        }
        lens::text_out(text, &place.definition, self.context)?;
        match self.context.charset.encode(text) {
            Ok(_) => Ok(()),
            Err(character) => Err(Fault {
                code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                message: format!(
                    "`{character}` (U+{:04X}) is not in the partner's character set {}",
                    u32::from(character),
                    self.context.charset.name()
                ),
                remedy: "send the text without it, or name a wider `charset` in the partner's profile".into(),
            }),
        }
    }

    /// A list of values: one element after the other, row after row.
    pub(super) fn list(&mut self, id: LineId, node: NodeId, row: usize, filled: &mut Filled) {
        let plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        if line.way == Way::In {
            return;
        }
        if !plan.holds(&line.guards, self.object, node) {
            return self.kept_out(line, node);
        }
        let Some(node) = self.descend(node, &line.steps) else {
            return;
        };
        let entries: Vec<Entry> = self.object.all(node, line.field).copied().collect();
        for entries in entries.chunks(line.places.len()) {
            let mut cells = vec![Cells::new(); plan.scopes.iter().map(|scope| scope.rows.len()).max().unwrap_or(0)];
            for (place, entry) in line.places.iter().zip(entries) {
                match self.texts(line, entry) {
                    Ok(texts) => self.cell(id, line, place, texts.into_iter().next().unwrap_or_default(), &mut cells),
                    Err(fault) => self.line_fault(fault, line),
                }
            }
            filled.many.push((row, std::mem::take(&mut cells[row]), None));
        }
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

    /// Entries of an open node that no other line names, as (key, text).
    fn open_entries(&self, line: &Line, node: NodeId) -> Vec<(String, String)> {
        let shape = self.plan.canonical.node(self.object.shape(node));
        let named = |entry: &Entry| {
            line.beside.iter().map(|id| &self.plan.lines[usize::from(*id)]).any(|other| {
                match (&other.key, entry.field) {
                    (Some(key), FieldId::OPEN) => key == self.object.text(entry.key),
                    (None, field) => field == other.field && field != FieldId::OPEN,
                    _ => false,
                }
            })
        };
        let entries = self.object.entries(node).filter(|entry| !named(entry));
        entries
            .filter_map(|entry| match entry.value {
                Value::Text(span) => {
                    let key = if entry.field == FieldId::OPEN {
                        self.object.text(entry.key).to_owned()
                    } else {
                        shape.get(entry.field).name.clone()
                    };
                    Some((key, self.object.text(span).to_owned()))
                }
                _ => None,
            })
            .collect()
    }

    fn scheme_code(&self, line: &Line, key: &str) -> String {
        let word = self.context.scheme_word(key);
        let table = line.options.schemes.map(|table| &self.plan.tables[table]);
        match table.and_then(|table| table.code(word)) {
            Some(code) => code.to_owned(),
            None if word == lens::NO_SCHEME => String::new(),
            None => word.to_uppercase(),
        }
    }

    fn pair_rest(&mut self, id: LineId, line: &Line, slots: &[u16], node: NodeId, cells: &mut [Cells]) {
        for (key, text) in self.open_entries(line, node) {
            let code = self.scheme_code(line, &key);
            self.pair(id, line, slots, &code, text, cells);
        }
    }

    fn pair_list(&mut self, id: LineId, line: &Line, slots: &[u16], node: NodeId, cells: &mut [Cells]) {
        let Form::PairList { qualifier, value, .. } = line.form else {
            return;
        };
        let object = self.object;
        let text = |entry, field| match object.get(entry, field).map(|entry| entry.value) {
            Some(Value::Text(span)) => object.text(span).to_owned(),
            _ => String::new(),
        };
        for entry in object.nodes(node, line.field) {
            self.pair(id, line, slots, &text(entry, qualifier), text(entry, value), cells);
        }
    }

    /// Puts a qualifier and its value into the first free pair.
    fn pair(&mut self, id: LineId, line: &Line, slots: &[u16], code: &str, text: String, cells: &mut [Cells]) {
        let row = line.places[0].row;
        let free = slots.iter().find(|slot| !cells[row].iter().any(|cell| cell.element == **slot));
        let Some(slot) = free else {
            let message = format!("no pair is left for `{code}` = `{text}`: the segment has {} for it", slots.len());
            return self.line_fault(no_room(message), line);
        };
        constant_cell(&mut cells[row], *slot, code);
        let place = LinePlace { element: slot + 1, pair: None, ..line.places[0].clone() };
        self.cell(id, line, &place, text, cells);
        if let Some(cell) = cells[row].iter_mut().find(|cell| cell.element == slot + 1) {
            cell.pair = Some(code.to_owned());
        }
    }

    /// A list of values in the elements of one segment.
    fn elements(&mut self, id: LineId, line: &Line, node: NodeId, cells: &mut [Cells]) {
        let entries: Vec<Entry> = self.object.all(node, line.field).copied().collect();
        for (number, entry) in entries.iter().enumerate() {
            match (line.places.get(number), self.texts(line, entry)) {
                (Some(place), Ok(texts)) => {
                    self.cell(id, line, place, texts.into_iter().next().unwrap_or_default(), cells);
                }
                (None, Ok(_)) => {
                    let message = format!("there is room for {} values, not for {}", line.places.len(), entries.len());
                    return self.line_fault(no_room(message), line);
                }
                (_, Err(fault)) => self.line_fault(fault, line),
            }
        }
    }

    fn scheme(&mut self, id: LineId, line: &Line, node: NodeId, cells: &mut [Cells]) {
        for (number, (key, text)) in self.open_entries(line, node).into_iter().enumerate() {
            if number > 0 {
                let message = format!("there is room for one identifier; `{key}` = `{text}` is one more");
                self.line_fault(no_room(message), line);
                continue;
            }
            self.cell(id, line, &line.places[0], text, cells);
            let code = self.scheme_code(line, &key);
            self.cell(id, line, &line.places[1], code, cells);
        }
    }
}
