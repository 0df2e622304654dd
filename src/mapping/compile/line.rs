//! Lines: a canonical field, its places, and how their text becomes its value.

use jiff::tz::TimeZone;

use crate::canonical::{FieldId, Kind, NodeShapeId};
use crate::diagnostic::codes;
use crate::source::{Node, Value};
use crate::tree::ElementType;

use super::super::place::Place;
use super::super::plan::{Form, Lens, Line, LinePlace, Options, PairPlace, Takes, Unit, Way};
use super::super::syntax::{At, Entry, Item};
use super::{Compiler, Target};

/// Words of a line.
const WORDS: [&str; 17] = [
    "at", "first", "list", "each", "rest", "const", "scheme", "unit", "codes", "absent", "default", "zone", "zero",
    "write", "way", "type", "decimals",
];

/// The words of one line, read but not yet resolved.
struct Words<'e> {
    entries: &'e [Entry],
    path: &'e str,
    at: At,
}

impl Compiler<'_> {
    /// Compiles the line of one field (`key` is set for a key of an open node).
    pub(super) fn line(&mut self, target: &Target, field: FieldId, key: Option<String>, entry: &Entry, path: &str) {
        let errors = self.diagnostics.errors();
        let place;
        let entries: &[Entry] = match &entry.item {
            Item::Table(entries, _) => entries,
            Item::Value(..) => {
                place = [Entry {
                    key: "at".into(),
                    key_at: entry.key_at.clone(),
                    item: entry.item.clone(),
                }];
                &place
            }
        };
        let words = Words {
            entries,
            path,
            at: entry.key_at.clone(),
        };
        self.unknown_words(&words);
        let kind = if key.is_some() {
            Kind::Text
        } else {
            self.shape.node(target.shape).get(field).kind.clone()
        };
        let list = key.is_none() && self.shape.node(target.shape).get(field).list;
        let open_rest = key.as_deref() == Some("*");
        let Some((form, places)) = self.form(target, &words, list, open_rest) else {
            return;
        };
        let Some(lens) = self.lens(target, field, &kind, &words, &form, &places) else {
            return;
        };
        let (Some(options), Some(way)) = (self.options(&words, &kind), self.way(&words)) else {
            return;
        };
        if self.diagnostics.errors() > errors {
            return;
        }
        let line = Line {
            steps: target.steps.clone(),
            field,
            key: key.filter(|_| !open_rest),
            path: path.to_owned(),
            places,
            form,
            lens,
            way,
            source: self.written.line_of(&entry.key_at),
            options,
        };
        self.attach(target, line, &words);
    }

    fn attach(&mut self, target: &Target, mut line: Line, words: &Words<'_>) {
        let Ok(id) = u16::try_from(self.lines.len()) else {
            self.report(
                codes::MAPPING_TOO_MANY_LINES,
                "the mapping has more than 65,535 lines",
                &words.at,
                words.path,
            );
            return;
        };
        let outer = line
            .places
            .iter()
            .any(|place| self.scopes[target.scope].rows[place.row].up > 0);
        if outer && line.way == Way::Both && !self.written_through(target.scope, &line) {
            let message = "a place of an enclosing loop can be read for each entry, but not written from several";
            let diagnostic = self
                .written
                .diagnostic(codes::MAPPING_ONE_WAY, message, &words.at, Some(words.path))
                .remedy("say that the line only reads: `way = \"in\"`");
            self.push(diagnostic);
            line.way = Way::In;
        }
        let scope = &mut self.scopes[target.scope];
        let row = line.places.first().map(|place| place.row);
        match row {
            None => scope.constants.push(id),
            Some(row) if line.places.iter().all(|place| place.row == row) => scope.rows[row].lines.push(id),
            Some(_) => scope.joined.push(id),
        }
        self.lines.push(line);
    }

    /// Does every outer place stand in a loop that is opened anew for each entry of this scope?
    fn written_through(&self, scope: usize, line: &Line) -> bool {
        line.places.iter().all(|place| {
            let up = self.scopes[scope].rows[place.row].up;
            let parent = self.scopes[scope].parent;
            up == 0
                || (up == 1
                    && self.scopes[parent].shape == self.scopes[self.scopes[parent].parent].shape
                    && self.is_through(parent))
        })
    }

    fn is_through(&self, scope: usize) -> bool {
        let parent = self.scopes[scope].parent;
        self.scopes[parent]
            .children
            .iter()
            .any(|child| child.scope == scope && matches!(child.attach, super::super::plan::Attach::Through))
    }

    fn unknown_words(&mut self, words: &Words<'_>) {
        for entry in words
            .entries
            .iter()
            .filter(|entry| !WORDS.contains(&entry.key.as_str()))
        {
            let message = format!("unknown word `{}` in the line of `{}`", entry.key, words.path);
            let mut diagnostic =
                self.written
                    .diagnostic(codes::FILE_UNKNOWN_KEY, message, &entry.key_at, Some(words.path));
            diagnostic.remedy = self
                .suggestion(&entry.key, WORDS)
                .or_else(|| Some(format!("the words of a line: {}", WORDS.join(", "))));
            self.push(diagnostic);
        }
    }

    fn form(
        &mut self,
        target: &Target,
        words: &Words<'_>,
        list: bool,
        open_rest: bool,
    ) -> Option<(Form, Vec<LinePlace>)> {
        let path = words.path;
        let given: Vec<&str> = ["at", "first", "list", "each", "rest", "const"]
            .into_iter()
            .filter(|word| Self::entry(words.entries, word).is_some())
            .collect();
        let [word] = given.as_slice() else {
            let message = if given.is_empty() {
                format!("the line of `{path}` names no place")
            } else {
                format!(
                    "the line of `{path}` has {} at once",
                    given
                        .iter()
                        .map(|word| format!("`{word}`"))
                        .collect::<Vec<_>>()
                        .join(" and ")
                )
            };
            self.report(codes::MAPPING_PLACE, message, &words.at, path);
            return None;
        };
        let texts = self.words(words.entries, word, path);
        if open_rest && !["rest", "at"].contains(word) {
            let message = format!("`{path}` takes every key: it needs `rest = \"pair(...)\"`, or `at` with `scheme`");
            self.report(codes::MAPPING_PLACE, message, &words.at, path);
            return None;
        }
        match (*word, list) {
            ("const", _) => Some((Form::Constant(texts.first()?.0.clone()), Vec::new())),
            ("list" | "each" | "rest", true) => {
                let takes = match *word {
                    "list" if self.once(target, &texts) => Takes::One,
                    word => Takes::All { rest: word == "rest" },
                };
                let places = self.line_places(target, &texts, &takes, path)?;
                if places.iter().any(|place| place.row != places[0].row) {
                    self.report(
                        codes::MAPPING_PLACE,
                        "the elements of a list stand in one segment",
                        &words.at,
                        path,
                    );
                    return None;
                }
                Some((Form::List, places))
            }
            ("list" | "each", false) => {
                let message = format!("`{path}` is one value, not a list: `{word}` does not fit, `at` may");
                self.report(codes::MAPPING_WRONG_TYPE, message, &words.at, path);
                None
            }
            (_, true) => {
                let message =
                    format!("`{path}` is a list of values: it needs `each` (all rows) or `list` (several elements)");
                self.report(codes::MAPPING_WRONG_TYPE, message, &words.at, path);
                None
            }
            ("rest", false) => self.pair_rest(target, &texts, open_rest, words),
            ("first", false) => self.first(target, &texts, words),
            _ => self.at(target, &texts, open_rest, words),
        }
    }

    /// Does the segment of the first place stand only once in its loop?
    fn once(&self, target: &Target, texts: &[(String, At)]) -> bool {
        let step = texts
            .first()
            .and_then(|(text, _)| super::super::place::parse(text).ok()?.steps.pop());
        let grammar = self.grammar;
        let tag = step.map(|step| crate::tree::Tag::new(step.segment.as_bytes()));
        let mut items = grammar.children(self.scopes[target.scope].item);
        items.any(|id| Some(grammar.item(id).tag) == tag && !grammar.is_loop(id) && grammar.item(id).max == 1)
    }

    fn at(
        &mut self,
        target: &Target,
        texts: &[(String, At)],
        open_rest: bool,
        words: &Words<'_>,
    ) -> Option<(Form, Vec<LinePlace>)> {
        let path = words.path;
        let (_, at) = texts.first()?;
        let takes = self.takes(target);
        let mut places = self.line_places(target, texts, &takes, path)?;
        if let Some((scheme, at)) = self.word(words.entries, "scheme", path) {
            places.extend(self.line_places(target, &[(scheme, at)], &takes, path)?);
            return Some((Form::Scheme, places));
        }
        if open_rest {
            let message = format!("`{path}` takes every key: `scheme` must say where the key stands");
            self.report(codes::MAPPING_PLACE, message, at, path);
            return None;
        }
        if places.len() > 1 {
            return Some((Form::Joined, places));
        }
        let quantity = self.unit_place(target, words, &mut places)?;
        Some((if quantity { Form::Quantity } else { Form::At }, places))
    }

    /// Adds the place of the unit, where `unit` names one; true when the line has a `unit`.
    fn unit_place(&mut self, target: &Target, words: &Words<'_>, places: &mut Vec<LinePlace>) -> Option<bool> {
        let Some(entry) = Self::entry(words.entries, "unit") else {
            return Some(false);
        };
        let text = match &entry.item {
            Item::Table(entries, _) => self.word(entries, "at", words.path),
            Item::Value(..) => self
                .word(words.entries, "unit", words.path)
                .filter(|(text, _)| super::super::place::parse(text).is_ok_and(|place| place.element.is_some())),
        };
        if let Some(text) = text {
            let takes = self.takes(target);
            places.extend(self.line_places(target, &[text], &takes, words.path)?);
        }
        Some(true)
    }

    fn first(&mut self, target: &Target, texts: &[(String, At)], words: &Words<'_>) -> Option<(Form, Vec<LinePlace>)> {
        let path = words.path;
        let write_all = self.word(words.entries, "write", path).is_some_and(|(text, at)| {
            if !["all", "first"].contains(&text.as_str()) {
                self.report(codes::FILE_WRONG_VALUE, "`write` is \"first\" or \"all\"", &at, path);
            }
            text == "all"
        });
        let takes = self.takes(target);
        Some((
            Form::First { write_all },
            self.line_places(target, texts, &takes, path)?,
        ))
    }

    fn pair_rest(
        &mut self,
        target: &Target,
        texts: &[(String, At)],
        open_rest: bool,
        words: &Words<'_>,
    ) -> Option<(Form, Vec<LinePlace>)> {
        let (text, at) = texts.first()?;
        let place = self.place(text, at, words.path)?;
        if !open_rest || place.pair.as_ref().is_none_or(|pair| pair.qualifier.is_some()) {
            let message = "`rest` in a line takes the pairs nobody named, under the key \"*\": `identifiers.\"*\" = { rest = \"pair(...)\" }`";
            self.report(codes::MAPPING_PLACE, message, at, words.path);
            return None;
        }
        let (slots, place) = self.pair_slots(target, &place, None, at, words.path)?;
        Some((Form::PairRest { slots }, vec![place]))
    }

    /// A list of nodes made of the pairs of a segment; true when `entries` describe one.
    pub(super) fn pair_list(
        &mut self,
        target: &Target,
        field: FieldId,
        shape: NodeShapeId,
        entries: &[Entry],
        path: &str,
    ) -> bool {
        let Some((text, at)) = self.words(entries, "rest", path).into_iter().next() else {
            return false;
        };
        let Some(place) = super::super::place::parse(&text)
            .ok()
            .filter(|place| place.pair.is_some())
        else {
            return false;
        };
        let node = self.shape.node(shape);
        let text_fields = node.fields.iter().all(|field| field.kind == Kind::Text && !field.list);
        if node.fields.len() != 2 || !text_fields {
            let message =
                format!("`{path}` cannot be made of pairs: its entries are more than a qualifier and a value");
            self.report(codes::MAPPING_WRONG_TYPE, message, &at, path);
            return true;
        }
        let words = Words {
            entries: &[],
            path,
            at: at.clone(),
        };
        if let Some((slots, place)) = self.pair_slots(target, &place, None, &at, path) {
            let line = Line {
                steps: target.steps.clone(),
                field,
                key: None,
                path: path.to_owned(),
                places: vec![place],
                form: Form::PairList {
                    slots,
                    shape,
                    qualifier: FieldId(0),
                    value: FieldId(1),
                },
                lens: Lens::Text,
                way: Way::Both,
                source: self.written.line_of(&at),
                options: Options::default(),
            };
            self.attach(target, line, &words);
            for field in &self.shape.node(shape).fields {
                self.mapped.insert(format!("{path}.{}", field.name));
            }
        }
        true
    }

    /// Positions of the qualifiers that a pair means, and a place that stands for the row.
    fn pair_slots(
        &mut self,
        target: &Target,
        place: &Place,
        qualifier: Option<&str>,
        at: &At,
        path: &str,
    ) -> Option<(Vec<u16>, LinePlace)> {
        let mut slots = place.pair.as_ref()?.slots.clone();
        let mut probe = place.clone();
        probe.pair = None;
        let takes = self.takes(target);
        let mut found = None;
        for slot in &slots {
            probe.element = Some(super::super::place::ElementPlace {
                position: *slot,
                component: 0,
                repetition: 0,
            });
            found = Some(self.line_place(target.scope, &probe, &takes, at, path)?);
        }
        let mut line_place = self.with_row(target, found?);
        let number = line_place.definition.number.clone();
        let item = self.scopes[target.scope].rows[line_place.row].item;
        let elements = &self.grammar.definition(item)?.elements;
        let value = elements.get(usize::from(line_place.element));
        let Some(value) = value.cloned() else {
            self.report(codes::MAPPING_PLACE, "no value stands behind that qualifier", at, path);
            return None;
        };
        if slots.len() == 1 && qualifier.is_some() {
            // One slot named alone stands for every pair of the same kind in the segment.
            slots = (1..elements.len() as u16)
                .filter(|slot| {
                    elements[usize::from(*slot) - 1].number == number
                        && elements[usize::from(*slot)].number == value.number
                })
                .collect();
        }
        if let Some(qualifier) = qualifier {
            let definition = std::sync::Arc::clone(&line_place.definition);
            self.known_code(&definition, qualifier, at, path);
        }
        line_place.definition = std::sync::Arc::new(value);
        Some((slots, line_place))
    }

    /// What the rows of this table's own lines take: an entry's lines belong to the entry's row.
    fn takes(&self, target: &Target) -> Takes {
        target
            .row
            .map_or(Takes::One, |row| self.scopes[target.scope].rows[row].takes.clone())
    }

    fn line_places(
        &mut self,
        target: &Target,
        texts: &[(String, At)],
        takes: &Takes,
        path: &str,
    ) -> Option<Vec<LinePlace>> {
        let mut places = Vec::new();
        for (text, at) in texts {
            let place = self.place(text, at, path)?;
            if let Some(pair) = &place.pair {
                let Some(qualifier) = pair.qualifier.clone() else {
                    let message = "a pair needs its qualifier here, such as `pair(W1207=VN)`";
                    self.report(codes::MAPPING_PLACE, message, at, path);
                    return None;
                };
                let (slots, line_place) = self.pair_slots(target, &place, Some(&qualifier), at, path)?;
                places.push(LinePlace {
                    pair: Some(PairPlace { slots, qualifier }),
                    ..line_place
                });
                continue;
            }
            if let Some(row) = target.row {
                let known = &self.scopes[target.scope].rows[row];
                let same = place.steps.last().is_some_and(|step| {
                    step.conditions.is_empty() && crate::tree::Tag::new(step.segment.as_bytes()) == known.tag
                });
                if !same {
                    let message = format!(
                        "an entry of this list is one {} segment: a place in it starts with {0}",
                        known.tag
                    );
                    self.report(codes::MAPPING_PLACE, message, at, path);
                    return None;
                }
                let item = known.item;
                let element = place.element?;
                let definition = self.element(item, element, at, path)?;
                places.push(LinePlace {
                    row,
                    element: element.position,
                    component: element.component,
                    repetition: element.repetition,
                    pair: None,
                    definition,
                });
                continue;
            }
            places.push(self.line_place(target.scope, &place, takes, at, path)?);
        }
        Some(places)
    }

    fn with_row(&self, target: &Target, mut place: LinePlace) -> LinePlace {
        if let Some(row) = target.row {
            place.row = row;
        }
        place
    }

    fn lens(
        &mut self,
        target: &Target,
        field: FieldId,
        kind: &Kind,
        words: &Words<'_>,
        form: &Form,
        places: &[LinePlace],
    ) -> Option<Lens> {
        let path = words.path;
        let implied = match self.integer(words, "decimals", 0..=9)? {
            Some(decimals) => decimals as u8,
            None => places.first().map_or(0, LinePlace::implied),
        };
        let table = match self.word(words.entries, "codes", path) {
            Some((name, at)) if !matches!(form, Form::PairRest { .. } | Form::Scheme) => {
                let allowed = match kind {
                    Kind::Word(allowed) => Some(allowed.clone()),
                    _ => None,
                };
                Some(self.table_named(&name, allowed.as_deref(), &at, path)?)
            }
            _ => None,
        };
        self.type_fits(kind, words, form, places);
        Some(match kind {
            Kind::Object(shape) => {
                let node = self.shape.node(*shape);
                let (value, unit_field) = (node.field("value")?, node.field("unit")?);
                Lens::Quantity {
                    implied,
                    unit: self.unit(words, places)?,
                    value,
                    unit_field,
                    shape: *shape,
                }
            }
            _ if Self::entry(words.entries, "unit").is_some() => {
                self.report(
                    codes::MAPPING_WRONG_TYPE,
                    format!("`{path}` is no quantity: `unit` does not fit"),
                    &words.at,
                    path,
                );
                return None;
            }
            Kind::Word(allowed) => {
                match (table, form) {
                    (Some(table), _) => Lens::Words {
                        table,
                        sibling: self.sibling(target, field),
                    },
                    (None, Form::Constant(word)) if allowed.contains(word) => Lens::Text,
                    (None, Form::Constant(word)) => {
                        let mut diagnostic = self.written.diagnostic(
                            codes::MAPPING_WRONG_WORD,
                            format!("`{path}` has no word `{word}`"),
                            &words.at,
                            Some(path),
                        );
                        diagnostic.remedy = Some(format!("its words: {}", allowed.join(", ")));
                        self.push(diagnostic);
                        return None;
                    }
                    (None, _) => {
                        let diagnostic = self
                        .written
                        .diagnostic(codes::MAPPING_NEEDS_CODES, format!("`{path}` has words, the document has codes: the line needs `codes`"), &words.at, Some(path))
                        .remedy(format!("write `{{ at = \"...\", codes = \"NAME\" }}` and a table [codes.NAME] with the words {}", allowed.join(", ")));
                        self.push(diagnostic);
                        return None;
                    }
                }
            }
            Kind::Decimal => Lens::Number { implied },
            Kind::Date => Lens::Date,
            Kind::Time => Lens::Time,
            Kind::DateOrInstant => Lens::DateOrInstant,
            Kind::Text => table.map_or(Lens::Text, |table| Lens::Words { table, sibling: None }),
        })
    }

    /// The field `NAME_code` beside the field `NAME`.
    fn sibling(&self, target: &Target, field: FieldId) -> Option<FieldId> {
        let node = self.shape.node(target.shape);
        (field != FieldId::OPEN).then(|| node.field(&format!("{}_code", node.get(field).name)))?
    }

    fn unit(&mut self, words: &Words<'_>, places: &[LinePlace]) -> Option<Unit> {
        let Some(entry) = Self::entry(words.entries, "unit") else {
            return Some(Unit::None);
        };
        match &entry.item {
            Item::Table(entries, _) => {
                let table = match self.word(entries, "codes", words.path) {
                    Some((name, at)) => Some(self.table_named(&name, None, &at, words.path)?),
                    None => None,
                };
                Some(Unit::Place { table })
            }
            Item::Value(..) if places.len() > 1 => Some(Unit::Place { table: None }),
            Item::Value(..) => self
                .word(words.entries, "unit", words.path)
                .map(|(text, _)| Unit::Fixed(text)),
        }
    }

    /// Reports a place whose element cannot hold the field's kind of value.
    fn type_fits(&mut self, kind: &Kind, words: &Words<'_>, form: &Form, places: &[LinePlace]) {
        let said = self.word(words.entries, "type", words.path);
        let wanted: &[&str] = match kind {
            Kind::Date | Kind::DateOrInstant => &["date", "datetime"],
            Kind::Time => &["time"],
            Kind::Decimal | Kind::Object(_) => &["number"],
            Kind::Text | Kind::Word(_) => &["text"],
        };
        if let Some((said, at)) = &said {
            if !wanted.contains(&said.as_str()) {
                let message = format!(
                    "`{}` takes a {}, the line says `type = \"{said}\"`",
                    words.path, wanted[0]
                );
                self.report(codes::MAPPING_WRONG_TYPE, message, at, words.path);
            }
            return;
        }
        let expected = |number: usize| match (kind, form, number) {
            (Kind::DateOrInstant, Form::Joined, 1) => Kind::Time,
            (Kind::DateOrInstant, Form::Joined, _) if number > 1 => Kind::Text,
            (Kind::Object(_), _, number) if number > 0 => Kind::Text,
            (kind, ..) => kind.clone(),
        };
        for (number, place) in places.iter().enumerate() {
            use ElementType as E;
            let fits = match expected(number) {
                Kind::Text | Kind::Word(_) => !matches!(place.definition.kind, E::Composite | E::Binary),
                Kind::Date | Kind::DateOrInstant => place.definition.kind == E::Date,
                Kind::Time => place.definition.kind == E::Time,
                Kind::Decimal | Kind::Object(_) => matches!(place.definition.kind, E::Implied(_) | E::Decimal),
            };
            if !fits {
                let definition = &place.definition;
                let message = format!(
                    "`{}` takes a {}, element {} ({}) holds {}",
                    words.path,
                    wanted[0],
                    definition.number,
                    definition.name,
                    described(definition.kind)
                );
                let diagnostic = self
                    .written
                    .diagnostic(codes::MAPPING_WRONG_TYPE, message, &words.at, Some(words.path))
                    .remedy(format!(
                        "take another element, or say that its text is meant so: `type = \"{}\"`",
                        wanted[0]
                    ));
                self.push(diagnostic);
            }
        }
    }

    fn options(&mut self, words: &Words<'_>, kind: &Kind) -> Option<Options> {
        let path = words.path;
        let mut options = Options {
            absent: self
                .words(words.entries, "absent", path)
                .into_iter()
                .map(|(text, _)| text)
                .collect(),
            default: self.word(words.entries, "default", path).map(|(text, _)| text),
            ..Options::default()
        };
        if let Some((text, at)) = self.word(words.entries, "zero", path) {
            options.omit_zero = text == "omit";
            if text != "omit" {
                self.report(codes::FILE_WRONG_VALUE, "`zero` is \"omit\" or left out", &at, path);
            }
        }
        if let Some((name, at)) = self.word(words.entries, "zone", path) {
            match TimeZone::get(&name) {
                Ok(zone) if *kind == Kind::DateOrInstant => options.zone = Some(zone),
                Ok(_) => {
                    self.report(
                        codes::MAPPING_WRONG_TYPE,
                        format!("`{path}` is no instant: `zone` does not fit"),
                        &at,
                        path,
                    );
                }
                Err(_) => {
                    let message = format!("there is no time zone `{name}`");
                    self.report(codes::FILE_WRONG_VALUE, message, &at, path);
                }
            }
        }
        if Self::entry(words.entries, "scheme").is_some() || Self::entry(words.entries, "rest").is_some() {
            if let Some((name, at)) = self.word(words.entries, "codes", path) {
                options.schemes = Some(self.table_named(&name, None, &at, path)?);
            }
        }
        Some(options)
    }

    fn way(&mut self, words: &Words<'_>) -> Option<Way> {
        let Some((text, at)) = self.word(words.entries, "way", words.path) else {
            return Some(Way::Both);
        };
        match text.as_str() {
            "in" => Some(Way::In),
            "out" => Some(Way::Out),
            "both" => Some(Way::Both),
            _ => {
                self.report(
                    codes::FILE_WRONG_VALUE,
                    "`way` is \"in\", \"out\" or \"both\"",
                    &at,
                    words.path,
                );
                None
            }
        }
    }

    fn integer(&mut self, words: &Words<'_>, word: &str, range: std::ops::RangeInclusive<i64>) -> Option<Option<i64>> {
        let Some(entry) = Self::entry(words.entries, word) else {
            return Some(None);
        };
        match &entry.item {
            Item::Value(
                Node {
                    value: Value::Integer(number),
                    ..
                },
                _,
            ) if range.contains(number) => Some(Some(*number)),
            item => {
                let message = format!("`{word}` is a whole number from {} to {}", range.start(), range.end());
                self.report(codes::FILE_WRONG_VALUE, message, &item.at(), words.path);
                None
            }
        }
    }
}

fn described(kind: ElementType) -> &'static str {
    match kind {
        ElementType::Text => "text (AN)",
        ElementType::Code => "a code (ID)",
        ElementType::Implied(_) => "a number (N)",
        ElementType::Decimal => "a number (R)",
        ElementType::Date => "a date (DT)",
        ElementType::Time => "a time (TM)",
        ElementType::Binary => "bytes (B)",
        ElementType::Composite => "a composite",
    }
}
