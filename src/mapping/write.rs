//! Writes a canonical object by a plan: its values into the tree of a new document.
//!
//! One walk over the plan's scopes: the lines of a scope fill the cells of its rows, derived values and qualifiers come
//! last, and the rows go out in the order of the table. A value that does not fit is a diagnostic that names the field.

use rust_decimal::Decimal;

use crate::canonical::{Entry, FieldId, NodeId, NodeShapeId, Object, Value, number};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::tree::{ElementUse, ItemId, Segment, Separators, Tag, Text, Tree};

use super::context::Context;
use super::derive;
use super::lens::{self, Fault};
use super::plan::{
    Attach, Child, DerivedValue, Form, Lens, Line, LineId, LinePlace, ListField, LoopCondition, Plan, Row, Scope,
    ScopeId, Takes, Unit, Way,
};

/// Writes `object` as a document into `tree`, whose texts are all [`Tree::made`].
pub fn write(plan: &Plan, object: &Object, context: &Context<'_>, tree: &mut Tree, diagnostics: &mut Diagnostics) {
    tree.clear();
    let mut walk = Walk { plan, object, context, tree, diagnostics, lists: Vec::new() };
    walk.scope(0, NodeId::ROOT, 1);
    super::unwritten::report(plan, object, walk.diagnostics);
}

/// Text for one element, component or repetition of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) element: u16,
    pub(super) repetition: u16,
    pub(super) component: u16,
    pub(super) text: String,
    /// The line whose value it is; `None` for qualifiers and derived values.
    pub(super) line: Option<LineId>,
    /// For the value of a pair: its qualifier.
    pub(super) pair: Option<String>,
    /// It says what stands beside it.
    pub(super) is_qualifier: bool,
    /// It was computed from the object.
    pub(super) computed: bool,
}

/// A row being filled.
pub(super) type Cells = Vec<Cell>;

/// The rows of one scope, filled.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// By row; empty where nothing was put.
    pub(super) one: Vec<Cells>,
    /// Rows that can be many: (row, cells, entry they were made from).
    pub(super) many: Vec<(usize, Cells, Option<NodeId>)>,
}

pub(super) struct Walk<'a> {
    pub(super) plan: &'a Plan,
    pub(super) object: &'a Object,
    pub(super) context: &'a Context<'a>,
    pub(super) tree: &'a mut Tree,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// The list entries around the place being written: path of the list, 1-based number of the entry.
    pub(super) lists: Vec<(String, usize)>,
}

enum Piece<'p> {
    Row(&'p Row, Cells),
    /// Child, node, the one entry for which a loop on the way is opened, number of the entry in its list.
    Child(&'p Child, NodeId, Option<NodeId>, usize),
    /// What stands in a loop on the way.
    Filled(&'p Child, Vec<(ItemId, Piece<'p>)>),
}

impl<'a> Walk<'a> {
    fn scope(&mut self, id: ScopeId, node: NodeId, number: u32) {
        let mut filled = self.fill(id, node);
        self.finish(id, node, number, &mut filled);
        let mut pieces = self.pieces(id, filled);
        self.children(&self.plan.scopes[id], node, &mut pieces);
        self.emit(id, pieces);
    }

    /// A loop that only stands on the way to `inner`, opened for one of its entries.
    fn through(&mut self, id: ScopeId, node: NodeId, number: u32, inner: &'a Child, entry: NodeId) {
        let mut filled = self.fill(id, node);
        let mut below = self.fill(inner.scope, entry);
        let further = self.outer_rows(id, inner, &mut below, &mut filled);
        self.finish(id, node, number, &mut filled);
        self.finish(inner.scope, entry, 1, &mut below);
        let mut pieces = self.pieces(id, filled);
        pieces.extend(further.into_iter().map(|(row, cells)| (row.item, Piece::Row(row, cells))));
        let mut within = self.pieces(inner.scope, below);
        self.children(&self.plan.scopes[inner.scope], entry, &mut within);
        pieces.push((inner.item, Piece::Filled(inner, within)));
        self.emit(id, pieces);
    }

    fn pieces(&self, id: ScopeId, filled: Filled) -> Vec<(ItemId, Piece<'a>)> {
        let rows = &self.plan.scopes[id].rows;
        let one = rows.iter().zip(filled.one).filter(|(row, _)| row.up == 0 && row.takes == Takes::One);
        let many = filled.many.into_iter().map(|(row, cells, _)| (&rows[row], cells)).filter(|(row, _)| row.up == 0);
        one.chain(many).map(|(row, cells)| (row.item, Piece::Row(row, cells))).collect()
    }

    /// Moves the rows that the lines of `inner`'s scope fill in the loop on the way into that loop's rows; returns those
    /// for which it has no row of its own.
    pub(super) fn outer_rows(
        &mut self,
        id: ScopeId,
        inner: &'a Child,
        below: &mut Filled,
        filled: &mut Filled,
    ) -> Vec<(&'a Row, Cells)> {
        let plan = self.plan;
        let rows = &plan.scopes[inner.scope].rows;
        let mut further = Vec::new();
        for (row, cells) in rows.iter().zip(&mut below.one).filter(|(row, cells)| row.up == 1 && !cells.is_empty()) {
            qualify(row, cells);
            match plan.scopes[id].rows.iter().position(|own| own.is_the_outer(row)) {
                Some(own) => filled.one[own].append(cells),
                None => further.push((row, std::mem::take(cells))),
            }
        }
        let many = below.many.iter().filter(|(row, ..)| rows[*row].up == 1);
        further.extend(many.map(|(row, cells, _)| {
            let mut cells = cells.clone();
            qualify(&rows[*row], &mut cells);
            (&rows[*row], cells)
        }));
        further
    }

    /// The node at the end of `steps`, if it has anything.
    pub(super) fn present(&self, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> Option<NodeId> {
        self.descend(node, steps).filter(|inner| self.object.entries(*inner).next().is_some())
    }

    fn emit(&mut self, scope: ScopeId, mut pieces: Vec<(ItemId, Piece<'a>)>) {
        pieces.sort_by_key(|(item, _)| *item);
        let trigger = (scope != 0).then(|| ItemId(self.plan.scopes[scope].item.0 + 1));
        let mut counted = (ItemId::ROOT, 0);
        for (item, piece) in pieces {
            counted = (item, if counted.0 == item { counted.1 + 1 } else { 1 });
            match piece {
                Piece::Row(row, cells) if !cells.is_empty() || Some(row.item) == trigger => {
                    self.row(row.tag, row.item, cells);
                }
                Piece::Row(..) => {}
                Piece::Child(child, node, entry, position) => self.occurrence(child, node, entry, position, counted.1),
                Piece::Filled(child, pieces) => {
                    let start = self.tree.segments.len();
                    self.emit(child.scope, pieces);
                    self.told_apart(child, start);
                }
            }
        }
    }

    pub(super) fn occurrence(
        &mut self,
        child: &'a Child,
        node: NodeId,
        entry: Option<NodeId>,
        position: usize,
        number: u32,
    ) {
        let start = self.tree.segments.len();
        let plan = self.plan;
        let inner = &plan.scopes[child.scope];
        let listed = match (&child.attach, inner.children.first()) {
            (Attach::Each(_), _) => Some(inner.path.clone()),
            (Attach::Through, Some(within)) if matches!(within.attach, Attach::Each(_)) => {
                Some(plan.scopes[within.scope].path.clone())
            }
            _ => None,
        };
        let depth = self.lists.len();
        self.lists.extend(listed.map(|path| (path, position)));
        match entry.zip(inner.children.first()) {
            Some((entry, within)) => self.through(child.scope, node, number, within, entry),
            None => self.scope(child.scope, node, number),
        }
        self.told_apart(child, start);
        self.lists.truncate(depth);
    }

    /// What was written must be found again by the conditions of its loop.
    fn told_apart(&mut self, child: &Child, start: usize) {
        for condition in &child.conditions {
            let written = &self.tree.segments[start..];
            let has = |tag: &Tag| written.iter().any(|segment| segment.tag == *tag);
            let (holds, what) = match condition {
                LoopCondition::Has(tag) => (has(tag), format!("a {tag} segment")),
                LoopCondition::HasNot(tag) => (!has(tag), format!("no {tag} segment")),
                LoopCondition::Equals { tag, element, value, .. } => {
                    let equal = |segment: &&Segment| {
                        segment.tag == *tag && self.tree.value(segment, *element, b"") == value.as_bytes()
                    };
                    (written.iter().any(|segment| equal(&segment)), format!("{tag}{element:02} = {value}"))
                }
            };
            if !holds {
                let path = self.located(&self.plan.scopes[child.scope].path);
                let message = format!(
                    "`{path}` cannot be told from others of its kind: the mapping knows it by {what}, and nothing in it gives that"
                );
                let place = FieldPlace { path, ..FieldPlace::default() };
                self.diagnostics.push(
                    Diagnostic::new(codes::MAPPING_NOT_TOLD_APART, message, place)
                        .remedy("fill the field that the mapping writes there (see the `each` of this list)"),
                );
            }
        }
    }

    fn children(&mut self, scope: &'a Scope, node: NodeId, pieces: &mut Vec<(ItemId, Piece<'a>)>) {
        for child in &scope.children {
            match &child.attach {
                Attach::One(steps) => {
                    if let Some(inner) = self.present(node, steps) {
                        pieces.push((child.item, Piece::Child(child, inner, None, 1)));
                    }
                }
                Attach::Each(list) => {
                    for (position, entry) in self.entries(node, list).into_iter().enumerate() {
                        pieces.push((child.item, Piece::Child(child, entry, None, position + 1)));
                    }
                }
                Attach::Through => {
                    let entries = match self.plan.scopes[child.scope].children.first().map(|inner| &inner.attach) {
                        Some(Attach::Each(list)) => self.entries(node, list),
                        Some(Attach::One(steps)) => self.descend(node, steps).into_iter().collect(),
                        _ => Vec::new(),
                    };
                    for (position, entry) in entries.into_iter().enumerate() {
                        pieces.push((child.item, Piece::Child(child, node, Some(entry), position + 1)));
                    }
                }
            }
        }
    }

    pub(super) fn entries(&self, node: NodeId, list: &ListField) -> Vec<NodeId> {
        if list.read_only {
            return Vec::new();
        }
        self.descend(node, &list.steps).map_or_else(Vec::new, |node| self.object.nodes(node, list.field).collect())
    }

    pub(super) fn descend(&self, node: NodeId, steps: &[(FieldId, NodeShapeId)]) -> Option<NodeId> {
        steps.iter().try_fold(node, |node, (field, _)| match self.object.get(node, *field)?.value {
            Value::Node(inner) => Some(inner),
            _ => None,
        })
    }

    /// Puts the values of all lines of a scope into cells.
    pub(super) fn fill(&mut self, id: ScopeId, node: NodeId) -> Filled {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        let mut filled = Filled { one: vec![Cells::new(); scope.rows.len()], many: Vec::new() };
        for line in &scope.constants {
            self.constant(&plan.lines[usize::from(*line)], node);
        }
        for (number, row) in scope.rows.iter().enumerate() {
            match &row.takes {
                Takes::One => {
                    for line in &row.lines {
                        self.line(*line, node, &mut filled.one);
                    }
                }
                Takes::All { .. } => {
                    for line in &row.lines {
                        self.list(*line, node, number, &mut filled);
                    }
                }
                Takes::Nodes(list) => {
                    for (position, entry) in self.entries(node, list).into_iter().enumerate() {
                        let mut cells = vec![Cells::new(); scope.rows.len()];
                        self.lists.push((self.list_path(id, list), position + 1));
                        for line in &row.lines {
                            self.line(*line, entry, &mut cells);
                        }
                        self.lists.pop();
                        filled.many.push((number, std::mem::take(&mut cells[number]), Some(entry)));
                    }
                }
            }
        }
        for line in &scope.joined {
            self.line(*line, node, &mut filled.one);
        }
        filled
    }

    fn list_path(&self, id: ScopeId, list: &ListField) -> String {
        let scope = &self.plan.scopes[id];
        let mut shape = scope.shape;
        let mut path = scope.path.clone();
        for (field, inner) in list.steps.iter().copied().chain([(list.field, list.shape)]) {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&self.plan.canonical.node(shape).get(field).name);
            shape = inner;
        }
        path
    }

    /// A second row without the first would be read as the first.
    fn numbered(&mut self, scope: &Scope, filled: &Filled) {
        let plan = self.plan;
        for (row, cells) in scope.rows.iter().zip(&filled.one) {
            if row.nth < 2 || cells.is_empty() {
                continue;
            }
            let alike =
                |other: &Row| other.item == row.item && other.conditions == row.conditions && other.nth < row.nth;
            let before = scope.rows.iter().zip(&filled.one);
            let before = before.filter(|(other, cells)| alike(other) && !cells.is_empty()).count();
            if before + 1 == usize::from(row.nth) {
                continue;
            }
            let Some(line) = cells.iter().find_map(|cell| cell.line) else {
                continue;
            };
            let line = &plan.lines[usize::from(line)];
            let tag = row.tag;
            let fault = Fault {
                code: codes::MAPPING_NOT_TOLD_APART,
                message: format!("it stands in {tag} number {}, and {before} would be written before it", row.nth),
                remedy: format!("send the values of the {tag} segments before it too, or none"),
            };
            self.line_fault(fault, line);
        }
    }

    /// Derived values and qualifiers, once the lines have put theirs.
    pub(super) fn finish(&mut self, id: ScopeId, node: NodeId, number: u32, filled: &mut Filled) {
        let plan = self.plan;
        let scope = &plan.scopes[id];
        self.numbered(scope, filled);
        for derived in scope.derived.iter().map(|index| &plan.derived[*index]) {
            let row = &scope.rows[derived.place.row];
            let cells = &filled.one[derived.place.row];
            let wanted = !cells.is_empty()
                || matches!(derived.value, DerivedValue::Expression(_))
                || plan.grammar.item(row.item).required;
            if !wanted || cells.iter().any(|cell| cell.element == derived.place.element) {
                continue;
            }
            match derive::text(derived, node, self.object, number) {
                Ok(Some(text)) => {
                    let computed = matches!(derived.value, DerivedValue::Expression(_));
                    filled.one[derived.place.row].push(Cell { computed, ..cell(&derived.place, text, None) });
                }
                Ok(None) => {}
                Err(fault) => self.report(fault, &derived.name, &derived.source),
            }
        }
        for (row, cells) in scope.rows.iter().zip(&mut filled.one).filter(|(_, cells)| !cells.is_empty()) {
            qualify(row, cells);
        }
        for (row, cells, _) in &mut filled.many {
            qualify(&scope.rows[*row], cells);
        }
        let parent = &plan.scopes[scope.parent];
        let Some(child) = parent.children.iter().find(|child| child.scope == id) else {
            return;
        };
        let trigger = ItemId(scope.item.0 + 1);
        let Some(row) = scope.rows.iter().position(|row| row.item == trigger && row.takes == Takes::One && row.up == 0)
        else {
            return;
        };
        for condition in &child.conditions {
            if let LoopCondition::Equals { element, value, trigger: true, .. } = condition {
                constant_cell(&mut filled.one[row], *element, value);
            }
        }
    }

    fn line(&mut self, id: LineId, node: NodeId, cells: &mut [Cells]) {
        let plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        if line.way == Way::In {
            return;
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
                for (place, text) in line.places.iter().zip(texts) {
                    self.cell(id, line, place, text, cells);
                }
            }
        }
    }

    /// The texts of a value, one for each place of the line; empty texts are not written.
    pub(super) fn texts(&self, line: &Line, entry: &Entry) -> Result<Vec<String>, Fault> {
        let element: Option<&ElementUse> = line.places.first().map(|place| place.definition.as_ref());
        let Some(element) = element else { return Ok(Vec::new()) };
        let text = match entry.value {
            Value::Text(span) => self.object.text(span),
            _ => "",
        };
        Ok(match (&line.lens, entry.value) {
            (Lens::Quantity { implied, unit, value, unit_field, .. }, Value::Node(quantity)) => {
                let Some(Value::Decimal(number)) = self.object.get(quantity, *value).map(|entry| entry.value) else {
                    return Ok(Vec::new());
                };
                not_omitted(line, number)?;
                let number = lens::number_out(number, *implied, element)?;
                let unit = self.unit(unit, quantity, *unit_field)?;
                vec![number, unit]
            }
            (Lens::Number { implied }, Value::Decimal(number)) => {
                not_omitted(line, number)?;
                vec![lens::number_out(number, *implied, element)?]
            }
            (Lens::Date, _) => vec![lens::date_out(text, element)?],
            (Lens::Time, _) => vec![lens::time_out(text)?],
            (Lens::DateOrInstant, _) if line.form == Form::Joined => {
                let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
                lens::instant_out(text, zone, line.places.len() > 2)?
            }
            (Lens::DateOrInstant, _) if text.len() > 10 => {
                return Err(Fault {
                    code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                    message: format!("{text} has a time, and the line has no place for one"),
                    remedy: "send the date alone, or add the place of the time: `at = [\"G6202\", \"G6204\"]`".into(),
                });
            }
            (Lens::DateOrInstant, _) => vec![lens::date_out(text, element)?],
            (Lens::Words { table, sibling }, _) => {
                let table = &self.plan.tables[*table];
                let is_code = sibling.is_some_and(|sibling| entry.field == sibling);
                match table.code(text) {
                    _ if is_code => match table.word(text) {
                        None => vec![text.to_owned()],
                        Some(word) => {
                            return Err(no_room(format!(
                                "code `{text}` means the word `{word}`, which belongs there itself"
                            )));
                        }
                    },
                    Some(code) => vec![code.to_owned()],
                    None if sibling.is_none() && table.unknown == super::plan::Unknown::Keep => vec![text.to_owned()],
                    None => return Err(Fault::unknown_word(text, table)),
                }
            }
            _ => vec![text.to_owned()],
        })
    }

    fn unit(&self, unit: &Unit, quantity: NodeId, field: FieldId) -> Result<String, Fault> {
        let text = match self.object.get(quantity, field).map(|entry| entry.value) {
            Some(Value::Text(span)) => self.object.text(span),
            _ => "",
        };
        match unit {
            Unit::Place { table: Some(table) } if !text.is_empty() => {
                let table = &self.plan.tables[*table];
                match table.code(text) {
                    Some(code) => Ok(code.to_owned()),
                    None if table.unknown == super::plan::Unknown::Keep => Ok(text.to_owned()),
                    None => Err(Fault::unknown_word(text, table)),
                }
            }
            Unit::Place { .. } => Ok(text.to_owned()),
            Unit::Fixed(fixed) if text.is_empty() || text == fixed => Ok(String::new()),
            Unit::None if text.is_empty() => Ok(String::new()),
            Unit::Fixed(_) | Unit::None => Err(Fault {
                code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                message: format!("its unit is `{text}`, and the document has no place for a unit"),
                remedy: "send the quantity in the unit that the mapping names".into(),
            }),
        }
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
    fn list(&mut self, id: LineId, node: NodeId, row: usize, filled: &mut Filled) {
        let plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        let Some(node) = self.descend(node, &line.steps).filter(|_| line.way != Way::In) else {
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

    fn constant(&mut self, line: &Line, node: NodeId) {
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
            self.plan.lines.iter().any(|other| {
                let same = match (&other.key, entry.field) {
                    (Some(key), FieldId::OPEN) => key == self.object.text(entry.key),
                    (None, field) => field == other.field && field != FieldId::OPEN,
                    _ => false,
                };
                same && other.way != Way::In && parent_path(&other.path) == parent_path(&line.path)
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

    pub(super) fn row(&mut self, tag: Tag, item: ItemId, mut cells: Cells) {
        cells.sort_by_key(|cell| (cell.element, cell.repetition, cell.component));
        let first_element = self.tree.elements.len() as u32;
        let count = cells.last().map_or(0, |cell| cell.element);
        let mut cells = cells.as_slice();
        for position in 1..=count {
            let start = self.tree.made.len() as u32;
            let own = cells.iter().take_while(|cell| cell.element == position).count();
            joined(&cells[..own], self.context, self.context.separators, &mut self.tree.made);
            cells = &cells[own..];
            self.tree.elements.push(Text::made(start, self.tree.made.len() as u32));
        }
        let next = crate::tree::NONE;
        self.tree.segments.push(Segment {
            tag,
            item,
            element_count: count,
            first_element,
            start: 0,
            end: 0,
            occurrence: 0,
            next,
        });
    }

    fn line_fault(&mut self, fault: Fault, line: &Line) {
        self.report(fault, &line.path, &line.source);
    }

    fn report(&mut self, fault: Fault, path: &str, source: &str) {
        let path = self.located(path);
        let message = format!("`{path}`: {}", fault.message);
        let place = FieldPlace { path, mapping: Some(source.to_owned()), ..FieldPlace::default() };
        self.diagnostics.push(Diagnostic::new(fault.code, message, place).remedy(fault.remedy));
    }

    /// A canonical path with the numbers of the list entries it goes through.
    fn located(&self, path: &str) -> String {
        let mut located = path.to_owned();
        for (list, number) in self.lists.iter().rev() {
            if path.starts_with(list.as_str()) {
                located.insert_str(list.len(), &format!("[{number}]"));
            }
        }
        located
    }
}

/// Joins the cells of one element: components and repetitions with their separators.
pub(super) fn joined(cells: &[Cell], context: &Context<'_>, separators: Separators, out: &mut Vec<u8>) {
    let (mut repetition, mut component) = (1, 1);
    for cell in cells {
        while repetition < cell.repetition.max(1) {
            out.extend(separators.repetition);
            repetition += 1;
            component = 1;
        }
        while component < cell.component.max(1) {
            out.extend(separators.component);
            component += 1;
        }
        match context.charset.encode(&cell.text) {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(_) => out.extend_from_slice(cell.text.as_bytes()),
        }
    }
}

fn parent_path(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// A zero that means "nothing" would be read back as nothing.
fn not_omitted(line: &Line, number: Decimal) -> Result<(), Fault> {
    match line.options.omit_zero && number.is_zero() {
        true => Err(no_room("0 means \"nothing\" there".to_owned())),
        false => Ok(()),
    }
}

fn no_room(message: String) -> Fault {
    Fault {
        code: codes::MAPPING_VALUE_DOES_NOT_FIT,
        message,
        remedy: "send the object without it, or give it a place of its own in the mapping".into(),
    }
}

fn cell(place: &LinePlace, text: String, line: Option<LineId>) -> Cell {
    let LinePlace { element, repetition, component, .. } = *place;
    Cell { element, repetition, component, text, line, pair: None, is_qualifier: false, computed: false }
}

pub(super) fn constant_cell(cells: &mut Cells, element: u16, value: &str) {
    if !value.is_empty() && !cells.iter().any(|cell| cell.element == element) {
        let text = value.to_owned();
        cells.push(Cell {
            element,
            repetition: 0,
            component: 0,
            text,
            line: None,
            pair: None,
            is_qualifier: true,
            computed: false,
        });
    }
}

pub(super) fn qualify(row: &Row, cells: &mut Cells) {
    for (element, value) in &row.conditions {
        constant_cell(cells, *element, value);
    }
}
