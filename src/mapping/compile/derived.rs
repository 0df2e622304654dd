//! `[derived]`: places that only the document knows, filled with constants, counters and computed values.

use std::sync::Arc;

use crate::canonical::{FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::codes;
use crate::expression::{self, Expression, Names, Type, Written};
use crate::mapping::manner::Manner;
use crate::mapping::place::{self, Condition, From, Place};
use crate::mapping::plan::{Attach, Derived, DerivedValue, FieldPath, Lens, LineId, LinePlace, ScopeId, Takes, Way};
use crate::mapping::rules::Asked;
use crate::mapping::syntax::{At, Entry, Item, is_false};
use crate::tree::{ElementType, ElementUse, ItemId, Tag};

use super::Compiler;
use super::names::suggestion;
use super::rules::EntryNames;
use super::words::{Said, entry};

/// Words of a derived value.
pub(in crate::mapping) const DERIVED_WORDS: [&str; 12] = [
    "const",
    "expression",
    "counter",
    "count",
    "recall",
    "by",
    "sequence",
    "for",
    "with",
    "mismatch",
    "codes",
    "format",
];
const VALUES: [&str; 6] = ["const", "expression", "counter", "count", "recall", "sequence"];

/// A derived place, read.
struct Line<'e> {
    written: &'e Entry,
    key: &'e str,
    place: Arc<Place>,
    report: bool,
    with: Option<u16>,
}

/// What makes a list of records one that counts.
const LOOP_OF_A_RECORD: &str =
    "a record in which no other stands is no loop by itself: say `loop = true` of it in the layout";

impl Compiler<'_> {
    pub(super) fn derived(&mut self) {
        for entry in &self.written.derived {
            let key = format!("derived.{}", entry.key);
            match &entry.item {
                Item::Table(words, _) => self.derived_entry(entry, words, &key),
                item if is_false(item) => self.nothing_dropped(&key, &entry.key_at),
                item @ Item::Value(..) => {
                    let message = format!("`{key}` must be a table that says how the value is made");
                    let remedy = format!(
                        "write `{} = {{ const = \"...\" }}`, `{{ expression = \"...\" }}` or `{{ counter = \"lines\" }}`",
                        entry.key
                    );
                    self.report(codes::FILE_WRONG_TYPE, message, &item.at(), &key, remedy);
                }
            }
        }
    }

    fn derived_entry(&mut self, written: &Entry, words: &[Entry], key: &str) {
        for word in words.iter().filter(|word| !DERIVED_WORDS.contains(&word.key.as_str())) {
            let message = format!("`{key}` has the word `{}`, which no derived place has", word.key);
            let remedy = suggestion(&word.key, DERIVED_WORDS, "remove it");
            self.report(codes::FILE_UNKNOWN_KEY, message, &word.key_at, key, remedy);
        }
        let mismatch = self.one_of(words, "mismatch", &[("report", true), ("ignore", false)], key);
        let given: Vec<&str> = VALUES.into_iter().filter(|word| entry(words, word).is_some()).collect();
        let [value] = given.as_slice() else {
            let (message, remedy) = match given.as_slice() {
                [] => (
                    format!("`{key}` does not say how its value is made"),
                    "add `const`, `expression`, `counter`, `count`, `recall` or `sequence`; to drop the base's line write `false`",
                ),
                several => (
                    format!("`{key}` has `{}`, each says how its value is made", several.join("` and `")),
                    "keep one of them",
                ),
            };
            return self.report(codes::FILE_MISSING_KEY, message, &written.key_at, key, remedy);
        };
        let Some(place) = self.place(&written.key, &written.key_at, key) else {
            return;
        };
        let Some(with) = self.with(words, &place, key) else { return };
        let line = Line { written, key, place, report: mismatch.flatten().unwrap_or(true), with };
        let texts = self.words(words, value, key);
        let Some((text, at)) = texts.first() else { return };
        let lists = match *value {
            "counter" => texts.clone(),
            _ => self.words(words, "for", key),
        };
        let scopes = match lists.as_slice() {
            [("*", at)] if *value != "counter" => self.scopes_with(&line.place, at, key),
            _ => self.scopes_of(&lists, at, key),
        };
        for (scope, list_at) in scopes {
            let Some((scope_of_place, found)) = self.derived_place(&line, scope) else {
                return;
            };
            let said = (*text, at.clone());
            let Some(value) = self.derived_value((value, said), words, scope, &found.definition, key) else { return };
            let Some((codes, manner)) = self.derived_form(words, &value, &found, key) else { return };
            if let (Some(form), Some((_, at))) =
                (manner.as_ref().and_then(|manner| manner.dates.first()), self.word(words, "format", key))
            {
                self.own_form(scope_of_place, &found, form, (key, &at));
            }
            self.scopes[scope_of_place].derived.push(self.derived.len());
            self.derived.push(Derived {
                place: found,
                value,
                report: line.report,
                with: line.with,
                alone: false,
                codes,
                manner,
                implied: 0,
                quantity: None,
                sum: None,
                name: written.key.clone(),
                source: self.origins.of(&list_at),
            });
        }
    }

    /// How a value is made: by the word that says it, and its text.
    fn derived_value(
        &mut self,
        (word, (text, at)): (&str, Said<'_>),
        words: &[Entry],
        scope: ScopeId,
        element: &ElementUse,
        key: &str,
    ) -> Option<DerivedValue> {
        Some(match word {
            "counter" => DerivedValue::Counter,
            "sequence" => DerivedValue::Sequence(text.to_owned()),
            "recall" => DerivedValue::Recall(self.recall((text, at), words, scope, element, key)?),
            "count" => self.counted(text, &at, key)?,
            "const" => {
                self.constant_fits(text, &at, element, key);
                DerivedValue::Constant(text.to_owned())
            }
            _ => DerivedValue::Expression(self.expression(text, &at, scope, element, key)?),
        })
    }

    /// The code table and the form of a derived value; `None` when they are wrong.
    fn derived_form(
        &mut self,
        words: &[Entry],
        value: &DerivedValue,
        place: &LinePlace,
        key: &str,
    ) -> Option<(Option<usize>, Option<Box<Manner>>)> {
        let kind = match value {
            DerivedValue::Expression(expression) => Some(expression.kind()),
            DerivedValue::Recall(recall) => Some(recall.kind),
            DerivedValue::Counter | DerivedValue::Sequence(_) => Some(Type::Number),
            DerivedValue::Count { .. } | DerivedValue::Constant(_) => None,
        };
        let (codes, format) = (self.word(words, "codes", key), self.word(words, "format", key));
        let without_effect = match (&codes, &format) {
            (Some((_, at)), _) if kind != Some(Type::Text) => Some(("codes", at, "its value is no text")),
            (_, Some((_, at))) if kind.is_none() => Some(("format", at, "it is no date or number that is computed")),
            (Some(_), Some((_, at))) => Some(("format", at, "its text is a code")),
            _ => None,
        };
        if let Some((word, at, because)) = without_effect {
            let message = format!("`{word}` has no effect on `{key}`: {because}");
            self.report(codes::MAPPING_NO_EFFECT, message, at, key, format!("remove `{word}`"));
            return None;
        }
        let table = match codes {
            Some((name, at)) => Some(self.table_named(name, None, &at, key)?),
            None => None,
        };
        let manner = match format {
            Some(said) if kind == Some(Type::Number) => {
                Manner { number: Some(self.number_form_of(&said, place.implied(), key)?), ..Manner::default() }
            }
            Some(said) => Manner { dates: vec![self.date_form_of(&said, key)?], ..Manner::default() },
            None => return Some((table, None)),
        };
        Some((table, Some(Box::new(manner))))
    }

    /// Gives the derived values the form of the lines at their places, and the quantities beside which they stand.
    pub(super) fn derived_like_lines(&mut self) {
        for scope in 0..self.scopes.len() {
            for index in self.scopes[scope].derived.clone() {
                let like = self.lines_at(scope, index).first().copied();
                if matches!(self.derived[index].value, DerivedValue::Expression(_) | DerivedValue::Recall(_)) {
                    self.one_form_there(scope, index);
                }
                let derived = &self.derived[index];
                let place = &derived.place;
                let plain = derived.manner.is_none() && derived.codes.is_none();
                let said = like.filter(|_| plain).map(|line| &self.lines[usize::from(line)]);
                let computed = matches!(derived.value, DerivedValue::Expression(_) | DerivedValue::Recall(_));
                let of_dates = |manner: &Manner| {
                    if said.is_some_and(|line| line.places.len() == 1) { manner.dates.clone() } else { Vec::new() }
                };
                let manner = said.and_then(|line| line.options.manner.as_deref()).filter(|_| computed).map(|manner| {
                    Box::new(Manner { number: manner.number.clone(), dates: of_dates(manner), ..Manner::default() })
                });
                let manner = manner.filter(|manner| manner.number.is_some() || !manner.dates.is_empty());
                let implied = match said.map(|line| &line.lens) {
                    Some(Lens::Number { implied } | Lens::Quantity { implied, .. }) if computed => *implied,
                    _ => place.implied(),
                };
                let codes = match said.map(|line| &line.lens) {
                    Some(Lens::Words { table, .. }) if computed => Some(*table),
                    _ => None,
                };
                let quantity = self.quantity_of(scope, index, like);
                let derived = &mut self.derived[index];
                derived.manner = derived.manner.take().or(manner);
                derived.codes = derived.codes.or(codes);
                (derived.implied, derived.quantity) = (implied, quantity);
            }
        }
    }

    /// The lines that have a value at the very place of a derived one.
    fn lines_at(&self, scope: ScopeId, derived: usize) -> Vec<LineId> {
        let place = &self.derived[derived].place;
        let same = |other: &LinePlace| {
            (other.row, other.element, other.component, other.repetition)
                == (place.row, place.element, place.component, place.repetition)
                && other.pair.is_none()
        };
        let stands_there = |line: &LineId| {
            let line = &self.lines[usize::from(*line)];
            let values = if matches!(line.lens, Lens::Quantity { .. }) { &line.places[..1] } else { &line.places };
            values.iter().any(same)
        };
        self.scopes[scope].lines().filter(stands_there).collect()
    }

    /// The line of the quantity in whose unit a derived number is: that at its place; else, where it only adds and subtracts
    /// quantities of its segment that one table of units reckons, one of them; of a record the one whose unit stands next behind it.
    fn quantity_of(&self, scope: ScopeId, derived: usize, like: Option<LineId>) -> Option<LineId> {
        let derived = &self.derived[derived];
        let line = |line: LineId| &self.lines[usize::from(line)];
        let is_quantity = |id: &LineId| matches!(line(*id).lens, Lens::Quantity { .. }) && line(*id).way != Way::In;
        let of_segment = |id: &LineId| is_quantity(id) && line(*id).places[0].row == derived.place.row;
        match &derived.value {
            DerivedValue::Expression(expression) => {
                let reckons = |id: &LineId| is_quantity(id) && line(*id).options.units.is_some();
                let of_name = |name: &Asked| {
                    let fields = name.field.fields.split_last().filter(|_| !name.of_object)?.1;
                    let is_it = |id: &LineId| {
                        let steps = line(*id).steps.iter().map(|(field, _)| *field);
                        of_segment(id) && reckons(id) && steps.chain([line(*id).field]).eq(fields.iter().copied())
                    };
                    self.scopes[scope].lines().find(is_it)
                };
                let summed = || {
                    let lines: Option<Vec<LineId>> = expression.names().into_iter().map(of_name).collect();
                    let lines = lines.filter(|_| expression.is_sum())?;
                    let first = *lines.first()?;
                    let same = |id: &LineId| line(*id).options.units == line(first).options.units;
                    lines.iter().all(same).then_some(first)
                };
                like.filter(reckons).or_else(summed)
            }
            DerivedValue::Recall(recall) if recall.field.unit.is_some() => {
                let unit = |id: LineId| line(id).unit_place().map(|unit| unit.element);
                let behind = |id: &LineId| unit(*id).is_some_and(|unit| unit > derived.place.element);
                let beside = self.scopes[scope].lines().filter(|id| of_segment(id) && behind(id));
                like.filter(is_quantity).or_else(|| beside.min_by_key(|id| unit(*id)))
            }
            _ => None,
        }
    }

    /// Lines of one place, each used in its own case, that have another form: which one a derived value has there is not said.
    fn one_form_there(&mut self, scope: ScopeId, index: usize) {
        let form = |id: &LineId| {
            let line = &self.lines[usize::from(*id)];
            let manner = line.options.manner.as_deref();
            let number = manner.and_then(|manner| manner.number.as_ref()).map(|form| form.text.clone());
            let dates: Vec<String> =
                manner.map(|manner| manner.dates.iter().map(|form| form.text.clone()).collect()).unwrap_or_default();
            match &line.lens {
                Lens::Number { implied } | Lens::Quantity { implied, .. } => {
                    (*implied, line.options.units, number, dates)
                }
                Lens::Words { table, .. } => (0, Some(*table), number, dates),
                _ => (0, None, number, dates),
            }
        };
        let lines = self.lines_at(scope, index);
        let Some(other) = lines.iter().find(|line| form(line) != form(&lines[0])) else { return };
        let name = self.derived[index].name.clone();
        let [first, other] = [lines[0], *other].map(|line| self.lines[usize::from(line)].path.clone());
        let Some(at) = self.written.derived.iter().find(|entry| entry.key == name).map(|entry| entry.key_at.clone())
        else {
            return;
        };
        let message = format!("`derived.{name}` stands where `{first}` and `{other}` have values of different forms");
        let remedy = "write both lines in one form, or drop the derived value: `= false`";
        self.report(codes::MAPPING_OVERLAP, message, &at, &format!("derived.{name}"), remedy);
    }

    /// Finds the constants and counters to whose segment nothing else is written: one that it is chosen by itself is written
    /// all the same, of another the file that says it is told.
    pub(super) fn derived_alone(&mut self) {
        for scope in 0..self.scopes.len() {
            for index in self.scopes[scope].derived.clone() {
                let fixed =
                    |derived: &Derived| matches!(derived.value, DerivedValue::Constant(_) | DerivedValue::Counter);
                let derived = &self.derived[index];
                let number = derived.place.row;
                let row = &self.scopes[scope].rows[number];
                let others = self.scopes[scope].derived.iter().map(|other| &self.derived[*other]);
                let computed = others.filter(|other| other.place.row == number).any(|other| !fixed(other));
                let written = |line: LineId| {
                    let line = &self.lines[usize::from(line)];
                    line.way != Way::In && line.places.iter().any(|place| place.row == number)
                };
                let opens = self.scopes[scope].item.0 + 1 == row.item.0;
                if !fixed(derived)
                    || computed
                    || opens
                    || self.grammar.item(row.item).required
                    || self.scopes[scope].lines().any(written)
                {
                    continue;
                }
                if !row.conditions.is_empty() {
                    self.derived[index].alone = true;
                    continue;
                }
                let name = self.derived[index].name.clone();
                let own = self.written.derived.iter().find(|entry| entry.key == name && entry.key_at.file == 0);
                if let Some(at) = own.map(|entry| entry.key_at.clone()) {
                    let message = format!(
                        "`derived.{name}` is never written: a constant or counter comes with what else is written to its \
                         segment, and nothing is"
                    );
                    let remedy = "map an element of the segment, or write a constant that stands by itself as an \
                                  expression: `expression = \"'...'\"`";
                    self.report(codes::MAPPING_NO_EFFECT, message, &at, &format!("derived.{name}"), remedy);
                }
            }
        }
    }

    /// The element beside which the derived one stands: `None` when it is wrong, `Some(None)` when there is none.
    fn with(&mut self, words: &[Entry], place: &Place, key: &str) -> Option<Option<u16>> {
        if entry(words, "with").is_none() {
            return Some(None);
        }
        let (text, at) = self.word(words, "with", key)?;
        let beside = self.place(text, &at, key)?;
        let same = beside.steps == place.steps && beside.from == place.from;
        let element = beside.element.filter(|_| same).map(|element| element.position);
        if element.is_none() {
            let segment = &place.steps[0].segment;
            let message = format!("`with` of `{key}` is `{text}`, no element of the same {segment}");
            let remedy = format!(
                "name the element beside which it stands, such as `{}`",
                self.grammar.designator(Tag::of_name(segment), 1)
            );
            self.report(codes::MAPPING_PLACE, message, &at, key, remedy);
        }
        element.map(Some)
    }

    /// All scopes that have a row for the segment of a place.
    fn scopes_with(&mut self, place: &Place, at: &At, key: &str) -> Vec<(ScopeId, At)> {
        let tag = Tag::of_name(&place.steps[0].segment);
        let has = |scope: &ScopeId| {
            let rows = &self.scopes[*scope].rows;
            rows.iter().any(|row| row.tag == tag && row.up == 0 && row.takes == Takes::One && row.conditions.is_empty())
        };
        let found: Vec<(ScopeId, At)> = (0..self.scopes.len()).filter(has).map(|scope| (scope, at.clone())).collect();
        if found.is_empty() {
            let message = format!("no table has a line in {tag}, so `{key}` is written nowhere");
            let remedy = format!("map an element of {tag}, or remove the line");
            self.report(codes::MAPPING_NO_EFFECT, message, at, key, remedy);
        }
        found
    }

    /// The scopes of the lists named; the document's when none is.
    fn scopes_of(&mut self, lists: &[Said<'_>], at: &At, key: &str) -> Vec<(ScopeId, At)> {
        if lists.is_empty() {
            return vec![(0, at.clone())];
        }
        let mut found = Vec::new();
        for (path, at) in lists {
            let of_list: Vec<ScopeId> = (1..self.scopes.len())
                .filter(|scope| self.scopes[*scope].path == *path && !self.is_through(*scope))
                .collect();
            // A list whose own table has an error has told it already; one that only the base names may be dropped.
            let dropped = at.file > 0 && self.field_exists(path);
            if of_list.is_empty() && !dropped && !self.is_broken(path) {
                let paths = self.lists();
                let message = format!("no loop of the document fills a list `{path}`");
                let otherwise = match (self.grammar.is_layout(), paths.is_empty()) {
                    (false, _) => format!("these have a loop: {}", paths.join(", ")),
                    (true, true) => LOOP_OF_A_RECORD.to_owned(),
                    (true, false) => format!("{LOOP_OF_A_RECORD}; these have a loop: {}", paths.join(", ")),
                };
                let remedy = suggestion(path, paths.iter().map(String::as_str), &otherwise);
                self.report(codes::MAPPING_UNKNOWN_FIELD, message, at, key, remedy);
            }
            found.extend(of_list.into_iter().map(|scope| (scope, at.clone())));
        }
        found
    }

    /// The lists that loops of the document fill.
    fn lists(&self) -> Vec<String> {
        let children = self.scopes.iter().flat_map(|scope| &scope.children);
        let lists = children.filter(|child| matches!(child.attach, Attach::Each(_)));
        lists.map(|child| self.scopes[child.scope].path.clone()).collect()
    }

    /// The place, and the scope it stands in: a loop on the way to the list, as LX01 does for `LX/W12`, or the list's.
    fn derived_place(&mut self, line: &Line<'_>, scope: ScopeId) -> Option<(ScopeId, LinePlace)> {
        let mut scope = scope;
        let segment = line.place.steps[0].segment.as_str();
        // What the heading does not have stands in the level that is the object itself.
        if let (0, Some(main)) = (scope, self.main)
            && line.place.from == From::Here
            && !self.has_segment(self.scopes[0].item, segment)
        {
            scope = main;
        }
        while !self.has_segment(self.scopes[scope].item, segment)
            && scope != 0
            && self.is_through(self.scopes[scope].parent)
        {
            scope = self.scopes[scope].parent;
        }
        let at = &line.written.key_at;
        let found = self.line_place(scope, &line.place, &Takes::One, at, line.key)?;
        Some((scope, found))
    }

    /// What `count` counts: segments of a kind, in the whole document.
    fn counted(&mut self, text: &str, at: &At, key: &str) -> Option<DerivedValue> {
        let place = self.place(text, at, key)?;
        let [step] = place.steps.as_slice() else {
            return self.not_counted(text, at, key);
        };
        let mut conditions = Vec::new();
        for condition in &step.conditions {
            match condition {
                Condition::Equals { segment, element, value } if *segment == step.segment => {
                    conditions.push((*element, value.clone()));
                }
                _ => return self.not_counted(text, at, key),
            }
        }
        let tag = Tag::of_name(&step.segment);
        if place.element.is_some() || place.pair.is_some() || step.nth.is_some() || self.positions_of(tag).is_empty() {
            return self.not_counted(text, at, key);
        }
        Some(DerivedValue::Count { tag, conditions })
    }

    fn not_counted(&mut self, text: &str, at: &At, key: &str) -> Option<DerivedValue> {
        let message = format!("`count` takes the segments of a kind, `{text}` names none of {}", self.document_name());
        let remedy = "name a segment, with the values of its elements where only some are counted: `HL`, `HL[HL03=I]`";
        self.report(codes::MAPPING_PLACE, message, at, key, remedy);
        None
    }

    fn has_segment(&self, item: ItemId, segment: &str) -> bool {
        let tag = Tag::of_name(segment);
        self.segments_of(item).any(|id| self.grammar.item(id).tag == tag)
    }

    /// Reports a constant that its element cannot hold.
    fn constant_fits(&mut self, text: &str, at: &At, element: &ElementUse, key: &str) {
        let length = text.chars().count() as u32;
        if length < element.min || length > element.max {
            let ElementUse { number, name, min, max, .. } = element;
            let message = format!("`{text}` has {length} characters, element {number} ({name}) takes {min} to {max}");
            let remedy = "write a value that fits the element";
            return self.report(codes::MAPPING_WRONG_TYPE, message, at, key, remedy);
        }
        self.known_code(element, text, at, key);
    }

    fn expression(
        &mut self,
        text: &str,
        at: &At,
        scope: ScopeId,
        element: &ElementUse,
        key: &str,
    ) -> Option<Expression<Asked>> {
        let names = EntryNames::of(self.shape, self.scopes[scope].shape);
        let key = format!("{key}.expression");
        let written = Written { file: &self.written.files[at.file], span: at.span.clone(), key: &key };
        let number = matches!(element.kind, ElementType::Implied(_) | ElementType::Decimal);
        let expected = number.then_some(Type::Number);
        let expression = expression::parse(text, &names, &written, expected, self.diagnostics)?;
        if expression.kind() == Type::Boolean {
            let message = format!("`{text}` is true or false, which no element holds");
            let remedy = "write an expression whose value is a number or a text";
            self.report(codes::EXPRESSION_TYPE, message, at, &key, remedy);
            return None;
        }
        Some(expression)
    }
}

/// Names of an expression: canonical fields, from a node.
pub(super) struct Fields {
    pub(super) shape: &'static Shape,
    pub(super) node: NodeShapeId,
}

impl Names for Fields {
    type Name = FieldPath;

    fn resolve(&self, path: &str) -> Option<(FieldPath, Type)> {
        let mut fields: Vec<FieldId> = Vec::new();
        let mut node = self.node;
        let (mut several, mut unit) = (false, None);
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let id = self.shape.node(node).field(name)?;
            let field = self.shape.node(node).get(id);
            several |= field.list;
            fields.push(id);
            let scalar = match &field.kind {
                Kind::Object(inner) if self.shape.node(*inner).quantity && names.peek().is_none() => {
                    fields.push(self.shape.node(*inner).field("value")?);
                    unit = self.shape.node(*inner).field("unit");
                    Type::Number
                }
                Kind::Object(_) if names.peek().is_none() => {
                    return several.then_some((FieldPath { fields, unit }, Type::Entries));
                }
                Kind::Object(inner) => {
                    node = *inner;
                    continue;
                }
                Kind::Decimal => Type::Number,
                Kind::Date | Kind::DateOrInstant => Type::Date,
                Kind::Time => Type::Time,
                Kind::Text | Kind::Word(_) => Type::Text,
            };
            let kind = match (scalar, several) {
                (Type::Number, true) => Type::Numbers,
                (Type::Text | Type::Date | Type::Time, true) => Type::Texts,
                (kind, _) => kind,
            };
            return names.peek().is_none().then_some((FieldPath { fields, unit }, kind));
        }
        None
    }

    fn cause(&self, path: &str) -> Option<String> {
        let (tag, _) = place::designator(path)?;
        Some(format!("`{path}` is a place of the segment {tag}; what stands here asks the fields of the object"))
    }

    fn candidates(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.collect(self.node, "", 0, &mut names);
        names
    }
}

impl Fields {
    fn collect(&self, node: NodeShapeId, prefix: &str, depth: usize, names: &mut Vec<String>) {
        for field in &self.shape.node(node).fields {
            let name = format!("{prefix}{}", field.name);
            if let Kind::Object(inner) = &field.kind
                && depth < 3
                && !self.shape.node(*inner).quantity
            {
                self.collect(*inner, &format!("{name}."), depth + 1, names);
            }
            names.push(name);
        }
    }
}
