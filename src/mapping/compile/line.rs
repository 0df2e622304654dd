//! Lines: a canonical field and the places its value comes from.

use std::sync::Arc;

use crate::canonical::{FieldId, Kind};
use crate::diagnostic::codes;
use crate::mapping::place::{self, Place};
use crate::mapping::plan::{Attach, Form, Line, LinePlace, PairPlace, Takes, Way};
use crate::mapping::syntax::{At, Entry, Item, LINES_LIMIT};
use crate::tree::Tag;

use super::words::{Said, Words, entry};
use super::{Compiler, Target};

/// Words that say where a value stands: a line has one of them.
const PLACE_WORDS: [&str; 8] = ["at", "first", "list", "each", "rest", "const", "levels", "document_key"];

/// A resolved place, and where it was written.
pub(super) struct Placed {
    pub(super) place: LinePlace,
    pub(super) at: At,
}

/// The field that a line fills.
pub(super) struct FieldUse {
    pub(super) id: FieldId,
    pub(super) kind: &'static Kind,
    pub(super) list: bool,
    /// The field is the key `"*"` of an open node: it takes every key.
    pub(super) all_keys: bool,
}

impl Compiler<'_> {
    /// Compiles the line of one field (`key` is set for a key of an open node).
    pub(super) fn line(&mut self, target: &Target, field: FieldId, key: Option<String>, written: &Entry, path: &str) {
        let lines = self.lines.len();
        self.line_of(target, field, key, written, path);
        if self.lines.len() == lines {
            self.broken.push(path.to_owned());
        }
    }

    fn line_of(&mut self, target: &Target, field: FieldId, key: Option<String>, written: &Entry, path: &str) {
        let errors = self.diagnostics.errors();
        let short = [Entry { key: "at".into(), key_at: written.key_at.clone(), item: written.item.clone() }];
        let words = Words {
            entries: match &written.item {
                Item::Table(entries, _) => entries,
                Item::Value(..) => &short,
            },
            path,
            at: written.key_at.clone(),
            place_alone: matches!(written.item, Item::Value(..)),
        };
        if self.unknown_words(&words) {
            return;
        }
        if words.has("document_key") && self.place_word(&words).is_some() {
            return self.document_key(target, field, written, &words);
        }
        self.no_effect(&words, "continues", false, "only a line with `document_key` tells where objects end");
        let target = &self.line_beside(target, words.entries);
        let field = match key {
            Some(_) => FieldUse { id: field, kind: &Kind::Text, list: false, all_keys: key.as_deref() == Some("*") },
            None => {
                let shape = self.shape.node(target.shape).get(field);
                FieldUse { id: field, kind: &shape.kind, list: shape.list, all_keys: false }
            }
        };
        let Some((form, placed)) = self.form(target, &words, &field) else {
            return;
        };
        let Some(lens) = self.lens(target, &field, &words, &form, &placed) else {
            return;
        };
        let Some(way) = self.way(&words) else { return };
        if way != Way::In {
            self.codes_fit(&words, &lens, &placed);
        }
        let Some(mut options) = self.options(&words, &field, (&form, way), (&placed, &lens)) else { return };
        let mut guards = self.guards(target, words.entries, path);
        if options.units.is_some() {
            guards.extend(self.item_asked(target, words.entries, Arc::make_mut(&mut options), path));
        }
        if self.diagnostics.errors() > errors {
            return;
        }
        let line = Line {
            steps: target.steps.clone(),
            field: field.id,
            key: key.filter(|_| !field.all_keys),
            path: path.to_owned(),
            places: placed.into_iter().map(|placed| placed.place).collect(),
            form,
            lens,
            way,
            guards,
            source: self.origins.of(&written.key_at),
            options,
            beside: Vec::new(),
            asks: 0,
            simple: false,
            contested: false,
        };
        self.default_is_written(&line, &words);
        self.attach(target, line, &words.at);
    }

    /// Gives the line to the rows it has places in.
    pub(super) fn attach(&mut self, target: &Target, mut line: Line, at: &At) {
        let Ok(id) = u16::try_from(self.lines.len()) else {
            if self.diagnostics.list().iter().any(|known| known.code == codes::MAPPING_TOO_MANY_LINES) {
                return;
            }
            let message = format!("with its blocks the mapping has more than {LINES_LIMIT} lines");
            let remedy = "make it shorter: `rest` takes what needs no field of its own";
            return self.report(codes::MAPPING_TOO_MANY_LINES, message, at, &line.path, remedy);
        };
        self.written_by_hierarchy(target.scope, &mut line, at);
        let rows = &self.scopes[target.scope].rows;
        let written = if line.writes_all() { &line.places } else { line.alternative(0) };
        let outer = written.iter().find(|place| rows[place.row].up > 0);
        if let Some(outer) = outer
            && line.way == Way::Both
            && !self.written_through(target.scope, written)
        {
            let (tag, path) = (rows[outer.row].tag, &line.path);
            let (message, cause, remedy) = match self.stands_beside_heading(target) {
                true => (
                    format!(
                        "`{path}` would be written to the {tag} of the heading, and it has a place in the level of the object"
                    ),
                    "a line with places in both is read from both, and written to the level",
                    "name the place in the level first, without `write = \"all\"`; what the heading is to say too is a value in [derived]",
                ),
                false => (
                    format!(
                        "`{path}` takes an enclosing {tag}, which several entries share: it can be read, not written"
                    ),
                    "each entry reads the same value; entries that differ would have to be written to one place",
                    "say that the line only reads: `way = \"in\"`",
                ),
            };
            let diagnostic = self.problem(codes::MAPPING_ONE_WAY, message, at, path).cause(cause).remedy(remedy);
            self.push(diagnostic);
            line.way = Way::In;
        }
        // What a guard asks is read before: so a guarded line waits for all the single rows.
        if let Some(part) = target.part {
            self.lines.push(line);
            self.line_ats.push(at.clone());
            self.give_to_part(target, part, id);
            return;
        }
        let scope = &mut self.scopes[target.scope];
        let waits = !line.guards.is_empty() && target.row.is_none();
        match line.places.first().map(|place| place.row) {
            Some(row) if waits && scope.rows[row].takes != Takes::One => scope.rows[row].lines.push(id),
            _ if waits => scope.joined.push(id),
            None => match target.row {
                Some(row) => scope.rows[row].lines.push(id),
                None => scope.constants.push(id),
            },
            Some(row) if line.places.iter().all(|place| place.row == row) => scope.rows[row].lines.push(id),
            Some(_) => scope.joined.push(id),
        }
        self.lines.push(line);
        self.line_ats.push(at.clone());
    }

    /// Does every outer place stand in a loop that is opened anew for each entry of this scope?
    fn written_through(&self, scope: usize, places: &[LinePlace]) -> bool {
        let parent = self.scopes[scope].parent;
        let outermost = self.scopes[parent].parent;
        let anew = self.scopes[parent].shape == self.scopes[outermost].shape && self.is_through(parent);
        places.iter().all(|place| match self.scopes[scope].rows[place.row].up {
            0 => true,
            1 => anew,
            _ => false,
        })
    }

    pub(super) fn is_through(&self, scope: usize) -> bool {
        let mut siblings = self.scopes[self.scopes[scope].parent].children.iter();
        siblings.any(|child| child.scope == scope && matches!(child.attach, Attach::Through))
    }

    /// How the places of a line make its value, and the places.
    fn form(&mut self, target: &Target, words: &Words<'_>, field: &FieldUse) -> Option<(Form, Vec<Placed>)> {
        let word = self.place_word(words)?;
        let path = words.path;
        if word == "first" && *field.kind == Kind::DateOrInstant && !field.list {
            let alternatives = self.lists_of_words(words.entries, word);
            if !alternatives.is_empty() {
                return self.first_joined(target, &alternatives, words);
            }
        }
        let texts = self.words(words.entries, word, path);
        let (_, at) = texts.first()?;
        if field.all_keys && !["rest", "at"].contains(&word) {
            let message = format!("`{path}` takes every key, `{word}` gives one value");
            let remedy = "write `rest = \"pair(...)\"`, or `at` with `scheme`, the place of the key";
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        }
        match (word, field.list) {
            ("levels", false) => Some((self.levels_form(&texts, path)?, Vec::new())),
            ("const", _) => Some((Form::Constant(texts[0].0.to_owned()), Vec::new())),
            ("list" | "each" | "rest", true) => self.list_of_values(target, word, &texts, words),
            ("list" | "each", false) if words.has("join") => self.list_of_values(target, word, &texts, words),
            ("list" | "each", false) => {
                let message = format!("`{path}` is one value, `{word}` gives a list of them");
                let remedy =
                    "write `at`, and which row is meant: `N902[N901=BM]`, or `N902[N901=BM][2]` for the second";
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
                None
            }
            ("at", true) if words.has("split") => self.packed(target, &texts, path),
            (_, true) => {
                let place = &texts[0].0;
                let message = format!("`{path}` is a list of values, `{word}` gives one");
                let remedy = format!(
                    "write `{{ each = \"{place}\" }}` for the element of every such row, `{{ list = [...] }}` for several elements of one, `{{ at = \"{place}\", split = \";\" }}` for one element that holds them all"
                );
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
                None
            }
            ("rest", false) => self.pair_rest(target, &texts, field.all_keys, path),
            ("first", false) => {
                let places = self.line_places(target, &texts, &Takes::One, path)?;
                Some((Form::First { write_all: self.writes_all(words)? }, places))
            }
            _ => self.at(target, &texts, field, words),
        }
    }

    /// The word of the line that says where; a line has one.
    fn place_word(&mut self, words: &Words<'_>) -> Option<&'static str> {
        let mut given = PLACE_WORDS.into_iter().filter(|word| words.has(word));
        let path = words.path;
        match (given.next(), given.next()) {
            (Some(word), None) => return Some(word),
            (None, _) => {
                let message = format!("the line of `{path}` does not say where its value stands");
                let remedy = "add `at = \"...\"`, or `const = \"...\"` for a value that the document does not have";
                self.report(codes::MAPPING_PLACE, message, &words.at, path, remedy);
            }
            (Some(one), Some(other)) => {
                let message =
                    format!("the line of `{path}` has `{one}` and `{other}`, each says where its value stands");
                let remedy = "keep one of them; several places of one fact go into `first = [...]`";
                let at = entry(words.entries, other).map_or(&words.at, |entry| &entry.key_at);
                self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            }
        }
        None
    }

    /// The first of several dates with their times: `first = [["DTM02", "DTM03"], ["G6202", "G6204"]]`.
    fn first_joined(
        &mut self,
        target: &Target,
        alternatives: &[Vec<Said<'_>>],
        words: &Words<'_>,
    ) -> Option<(Form, Vec<Placed>)> {
        let path = words.path;
        let (mut parts, mut places) = (Vec::new(), Vec::new());
        for texts in alternatives {
            if let Some((_, at)) = texts.get(3) {
                let message = format!("`{path}` has {} places at once; a date has a time and a time code", texts.len());
                let remedy =
                    "write each date as a list of up to three places: `first = [[\"DTM02\", \"DTM03\"], [...]]`";
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
                return None;
            }
            places.extend(self.line_places(target, texts, &Takes::One, path)?);
            parts.push(texts.len());
        }
        Some((Form::FirstJoined { parts, write_all: self.writes_all(words)? }, places))
    }

    /// Is a value with several places written to all of them?
    fn writes_all(&mut self, words: &Words<'_>) -> Option<bool> {
        let choices = [("first", false), ("all", true)];
        let all = self.one_of(words.entries, "write", &choices, words.path)?.unwrap_or(false);
        if all && words.has("split") {
            let path = words.path;
            let message =
                format!("`{path}` is one part of a text, and `write = \"all\"` would write each of its places whole");
            let remedy = "remove `write`: the parts are written together to the first place";
            self.report(codes::MAPPING_NO_EFFECT, message, &words.at, path, remedy);
        }
        Some(all)
    }

    /// A list of values in the text of one place.
    fn packed(&mut self, target: &Target, texts: &[Said<'_>], path: &str) -> Option<(Form, Vec<Placed>)> {
        let places = self.line_places(target, texts, &Takes::One, path)?;
        if let Some(other) = places.get(1) {
            let message = format!("`{path}` names {} places, and `split` takes a list out of one", places.len());
            let remedy = "keep one place; for a list in several elements write `list = [...]` without `split`";
            self.report(codes::MAPPING_PLACE, message, &other.at, path, remedy);
            return None;
        }
        Some((Form::Packed, places))
    }

    fn list_of_values(
        &mut self,
        target: &Target,
        word: &str,
        texts: &[Said<'_>],
        words: &Words<'_>,
    ) -> Option<(Form, Vec<Placed>)> {
        let takes = match word {
            "list" if self.once(target, texts) => Takes::One,
            word => Takes::All { rest: word == "rest" },
        };
        let places = self.line_places(target, texts, &takes, words.path)?;
        if let Some(other) = places.iter().find(|placed| placed.place.row != places[0].place.row) {
            let message = format!("`{}` names elements of two segments; those of a list stand in one", words.path);
            let remedy = "name elements of one segment, such as [\"N301\", \"N302\"]";
            self.report(codes::MAPPING_PLACE, message, &other.at, words.path, remedy);
            return None;
        }
        Some((Form::List, places))
    }

    /// Does the segment of the first place stand only once in its loop, or is one of several meant?
    fn once(&self, target: &Target, texts: &[Said<'_>]) -> bool {
        let step = texts.first().and_then(|(text, _)| self.parsed(text).ok()?.steps.pop());
        if step.as_ref().is_some_and(|step| step.nth.is_some()) {
            return true;
        }
        let tag = step.map(|step| Tag::of_name(&step.segment));
        let mut segments = self.segments_of(self.scopes[target.scope].item);
        segments.any(|id| Some(self.grammar.item(id).tag) == tag && self.grammar.item(id).max == 1)
    }

    fn at(
        &mut self,
        target: &Target,
        texts: &[Said<'_>],
        field: &FieldUse,
        words: &Words<'_>,
    ) -> Option<(Form, Vec<Placed>)> {
        let (path, takes) = (words.path, Takes::One);
        let mut places = self.line_places(target, texts, &takes, path)?;
        if field.all_keys {
            let Some((scheme, at)) = self.word(words.entries, "scheme", path) else {
                let message = format!("`{path}` takes every key, and the line does not say where the key stands");
                let remedy = "add `scheme`, the place of the qualifier: `{ at = \"N104\", scheme = \"N103\" }`";
                self.report(codes::MAPPING_PLACE, message, &texts[0].1, path, remedy);
                return None;
            };
            places.extend(self.line_places(target, &[(scheme, at)], &takes, path)?);
            return Some((Form::Scheme, places));
        }
        if places.len() > 1 {
            let formed = *field.kind == Kind::Date && words.has("format");
            let dated = (*field.kind == Kind::DateOrInstant || formed) && places.len() <= 3;
            if !dated {
                let message = format!("`{path}` has {} places in `at`; only a date has several", places.len());
                let remedy = "write `first = [...]` if they say the same, or a line for each; a date without a time in several elements needs `format`, a form for each";
                self.report(codes::MAPPING_WRONG_TYPE, message, &texts[1].1, path, remedy);
            }
            return dated.then_some((Form::Joined, places));
        }
        let quantity = matches!(field.kind, Kind::Object(_));
        if quantity && let Some(unit) = self.unit_text(words) {
            places.extend(self.line_places(target, &[unit], &takes, path)?);
        }
        Some((if quantity { Form::Quantity } else { Form::At }, places))
    }

    /// The place that `unit` names, where it names one.
    fn unit_text<'e>(&mut self, words: &Words<'e>) -> Option<Said<'e>> {
        match &entry(words.entries, "unit")?.item {
            Item::Table(entries, _) => self.word(entries, "at", words.path),
            Item::Value(..) => self
                .word(words.entries, "unit", words.path)
                .filter(|(text, _)| self.parsed(text).is_ok_and(|place| place.element.is_some())),
        }
    }

    /// The places of a line, in rows that take what `takes` says; those of an entry made of a segment are in the entry's row.
    pub(super) fn line_places(
        &mut self,
        target: &Target,
        texts: &[Said<'_>],
        takes: &Takes,
        path: &str,
    ) -> Option<Vec<Placed>> {
        let mut places = Vec::with_capacity(texts.len());
        for (text, at) in texts {
            let place = self.place(text, at, path)?;
            let found = if let Some(pair) = &place.pair {
                let Some(qualifier) = pair.qualifier.clone() else {
                    let message = format!("`{text}` does not say which of the pairs is meant");
                    let remedy = format!("add the qualifier: `{}=VN)`", text.trim_end().trim_end_matches(')'));
                    self.report(codes::MAPPING_PLACE, message, at, path, remedy);
                    return None;
                };
                let (slots, line_place) = self.pair_slots(target, &place, Some(&qualifier), at, path)?;
                LinePlace { pair: Some(Box::new(PairPlace { slots, qualifier, shared: false })), ..line_place }
            } else if let Some(row) = target.row {
                self.place_in_entry(target, row, &place, at, path)?
            } else {
                self.line_place(target.scope, &place, takes, at, path)?
            };
            let at = at.clone();
            places.push(Placed { place: found, at });
        }
        Some(places)
    }

    /// A place in an entry that is one segment.
    pub(super) fn place_in_entry(
        &mut self,
        target: &Target,
        row: usize,
        place: &Place,
        at: &At,
        path: &str,
    ) -> Option<LinePlace> {
        let (tag, item) = {
            let known = &self.scopes[target.scope].rows[row];
            (known.tag, known.item)
        };
        let same = |step: &place::Step| step.nth.is_none() && Tag::of_name(&step.segment) == tag;
        let element = place.element.filter(|_| place.steps.iter().all(same));
        let Some(element) = element else {
            let list = path.rsplit_once('.').map_or(path, |(list, _)| list);
            let message = format!(
                "each entry of `{list}` is one segment {}: nothing else can stand in it",
                self.segment_name(item)
            );
            let remedy = match self.element_in_segment(item, path) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("name an element of {tag}, such as `{}`", self.grammar.designator(tag, 1)),
            };
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        };
        let element = self.in_group(target, element, at, path)?;
        let definition = self.element(item, element, at, path)?;
        let case = self.row_conditions(item, place.steps.last()?, at, path)?;
        Some(LinePlace {
            row,
            element: element.position,
            component: element.component,
            repetition: element.repetition,
            pair: None,
            case,
            definition,
        })
    }

    fn element_in_segment(&self, item: crate::tree::ItemId, path: &str) -> Option<String> {
        let definition = self.grammar.definition(item).map(Arc::as_ref)?;
        Some(Self::element_like(definition, path, &|_| true)?.1)
    }

    fn way(&mut self, words: &Words<'_>) -> Option<Way> {
        let choices = [("in", Way::In), ("out", Way::Out), ("both", Way::Both)];
        let way = self.one_of(words.entries, "way", &choices, words.path)?;
        Some(way.unwrap_or(Way::Both))
    }
}
