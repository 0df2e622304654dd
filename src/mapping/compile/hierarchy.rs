//! `[hierarchy]`: how the document's levels find the one they stand in, and what is written of that.
//!
//! With it, a loop of levels (X12's HL) holds itself: `each = "HL[HL03=P]"` inside a table of another level. And `[map]`
//! may name the level that is the object itself, `in = "HL[HL03=S]"`, beside which `/` leads to the heading.

use std::borrow::Cow;

use crate::canonical::NodeShapeId;
use crate::diagnostic::codes;
use crate::mapping::place::{From, Place};
use crate::mapping::plan::{Attach, Form, Hierarchy, Line, Way};
use crate::mapping::syntax::{At, Entry, is_false};
use crate::tree::{ItemId, LevelForm, Tag};

use super::names::suggestion;
use super::table::Way as PlaceOfLoops;
use super::words::{Said, entry};
use super::{Compiler, Target};

const KEY: &str = "hierarchy";
pub(in crate::mapping) const WORDS: [&str; 4] = ["parent", "otherwise", "levels", "write"];

impl Compiler<'_> {
    /// Reads `[hierarchy]`.
    pub(super) fn hierarchy(&mut self) {
        let entries = &self.written.hierarchy;
        let Some(first) = entries.first() else { return };
        let Some(form) = self.grammar.levels else {
            let message = format!("{} has no levels, so nothing can be said of their hierarchy", self.document_name());
            let remedy = "remove [hierarchy]; a loop inside another one is a table inside a table";
            return self.report(codes::MAPPING_NO_EFFECT, message, &first.key_at, KEY, remedy);
        };
        for wrong in entries.iter().filter(|entry| !WORDS.contains(&entry.key.as_str())) {
            let message = format!("`{KEY}` has the word `{}`, which it does not know", wrong.key);
            let remedy = suggestion(&wrong.key, WORDS, "its words are parent, otherwise, levels and write");
            self.report(codes::FILE_UNKNOWN_KEY, message, &wrong.key_at, KEY, remedy);
        }
        let trusted = self.trusted(form, entries);
        let by_level = self.one_of(entries, "otherwise", &[("by_level", true), ("outermost", false)], KEY);
        let mut order = Vec::new();
        if let Some((codes, at)) = self.word(entries, "levels", KEY) {
            order = codes.split_whitespace().map(str::to_owned).collect();
            self.known_levels(form, &order, &at);
        }
        let by_level = by_level.flatten().unwrap_or(true);
        if by_level && order.is_empty() {
            let message = "`hierarchy` does not say which levels there are, outermost first".to_owned();
            let remedy = "add them by their codes: `levels = \"S O T P I\"`";
            self.report(codes::FILE_MISSING_KEY, message, &first.key_at, KEY, remedy);
        }
        if !by_level {
            order.clear();
        }
        let writes = self.written_elements(form, entries);
        self.hierarchy = Some(Hierarchy { form, trusted, order, writes });
    }

    /// Whether a level's own word for the one around it counts: `parent = "HL02"`, or `parent = false`.
    fn trusted(&mut self, form: LevelForm, entries: &[Entry]) -> bool {
        let Some(written) = entry(entries, "parent") else { return true };
        if is_false(&written.item) {
            return false;
        }
        let expected = self.level_element(form, form.parent);
        if let Some((text, at)) = self.word(entries, "parent", KEY)
            && text != expected
        {
            let message = format!("`parent` is `{text}`, a level names the one around it in {expected}");
            let remedy = format!(
                "write `parent = \"{expected}\"`, or `parent = false` if the partner's {expected} cannot be trusted"
            );
            self.report(codes::FILE_WRONG_VALUE, message, &at, KEY, remedy);
        }
        true
    }

    fn known_levels(&mut self, form: LevelForm, order: &[String], at: &At) {
        let definition = self
            .grammar
            .definition(form.item)
            .and_then(|segment| segment.elements.get(usize::from(form.code) - 1).cloned());
        for (number, code) in order.iter().enumerate() {
            if let Some(definition) = &definition {
                self.known_code(definition, code, at, KEY);
            }
            if order[..number].contains(code) {
                let message = format!("`levels` names {code} twice");
                let remedy = "name each level once, outermost first";
                self.report(codes::FILE_WRONG_VALUE, message, at, KEY, remedy);
            }
        }
    }

    /// The elements that writing fills; the level's own number always, for the others name it.
    fn written_elements(&mut self, form: LevelForm, entries: &[Entry]) -> Vec<u16> {
        let known = [form.number, form.parent, form.children];
        let mut writes = vec![form.number];
        if entry(entries, "write").is_none() {
            return known.to_vec();
        }
        for (text, at) in self.words(entries, "write", KEY) {
            let names = known.map(|element| self.level_element(form, element));
            match names.iter().position(|name| *name == text) {
                Some(found) if writes.contains(&known[found]) => {}
                Some(found) => writes.push(known[found]),
                None => {
                    let message = format!("`write` names `{text}`, which is no element that the hierarchy fills");
                    let remedy = format!(
                        "it can name {}; the kind of a level is written by the table that takes it",
                        names.join(", ")
                    );
                    self.report(codes::FILE_WRONG_VALUE, message, &at, KEY, remedy);
                }
            }
        }
        writes
    }

    /// Such as `HL02`.
    fn level_element(&self, form: LevelForm, position: u16) -> String {
        format!("{}{position:02}", self.grammar.item(form.item).tag)
    }

    /// Does the loop `item` hold levels that `segment` opens?
    pub(super) fn level_inside(&self, item: ItemId, segment: &str) -> Option<ItemId> {
        let form = self.hierarchy.as_ref()?.form;
        let tag = self.grammar.item(form.item).tag;
        (form.item == item && Tag::of_name(segment) == tag).then_some(item)
    }

    /// Where the lines of `[map]` belong: the document, or the loop that `in` names.
    pub(super) fn map_target(&mut self, root: Target, entries: &[Entry]) -> Option<Target> {
        let Some((text, at)) = self.word(entries, "in", "") else {
            return Some(root);
        };
        let way = PlaceOfLoops { text, at: &at, path: "", guards: &[] };
        let inner = self.filled_by_loops(&root, way, Attach::One(Vec::new()), NodeShapeId(0))?;
        self.main = Some(inner.scope);
        Some(inner)
    }

    /// Where a table of `[map]` belongs whose place starts with `/`: beside the level that `in` names.
    pub(super) fn beside<'t>(&self, target: &'t Target, place: &Place) -> Cow<'t, Target> {
        match place.from {
            From::Root if self.stands_beside_heading(target) => Cow::Owned(Target { scope: 0, ..target.clone() }),
            _ => Cow::Borrowed(target),
        }
    }

    pub(super) fn stands_beside_heading(&self, target: &Target) -> bool {
        target.row.is_none() && self.main == Some(target.scope)
    }

    /// The same for a line, when all of its places start so.
    pub(super) fn line_beside<'t>(&self, target: &'t Target, entries: &[Entry]) -> Cow<'t, Target> {
        if !self.stands_beside_heading(target) {
            return Cow::Borrowed(target);
        }
        let texts = entries.iter().filter(|entry| !["codes", "type", "zone"].contains(&entry.key.as_str()));
        let mut places = texts.flat_map(|entry| entry.item.texts()).filter_map(|text| self.parsed(text).ok());
        let places: Vec<Place> =
            places.by_ref().filter(|place| place.element.is_some() || place.pair.is_some()).collect();
        match places.first() {
            Some(first) if places.iter().all(|place| place.from == From::Root) => self.beside(target, first),
            _ => Cow::Borrowed(target),
        }
    }

    /// The form of `levels = "HL03"`: the kinds of level that the document has.
    pub(super) fn levels_form(&mut self, texts: &[Said<'_>], path: &str) -> Option<Form> {
        let (text, at) = texts.first()?;
        let Some(form) = self.hierarchy.as_ref().map(|hierarchy| hierarchy.form) else {
            let message = format!("`{path}` is filled by `levels`, and the mapping has no [hierarchy]");
            let remedy = "add [hierarchy] with `parent` and `levels`, or name a place with `at`";
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        };
        let expected = self.level_element(form, form.code);
        if *text != expected {
            let message = format!("`levels` of `{path}` is `{text}`, the kind of a level stands in {expected}");
            let remedy = format!("write `levels = \"{expected}\"`");
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        }
        Some(Form::Levels)
    }

    /// Reports a line that would be written where the hierarchy writes its numbers.
    pub(super) fn written_by_hierarchy(&mut self, scope: usize, line: &mut Line, at: &At) {
        let Some(hierarchy) = self.hierarchy.as_ref().filter(|_| line.way == Way::Both) else { return };
        let (form, trigger) = (hierarchy.form, ItemId(hierarchy.form.item.0 + 1));
        let rows = &self.scopes[scope].rows;
        let taken = line
            .places
            .iter()
            .find(|place| rows[place.row].item == trigger && hierarchy.writes.contains(&place.element));
        let Some(element) = taken.map(|place| place.element) else { return };
        let name = self.level_element(form, element);
        let message = format!("`{}` takes {name}, which writing numbers anew: it can be read, not written", line.path);
        let path = line.path.clone();
        let diagnostic = self.problem(codes::MAPPING_ONE_WAY, message, at, &path);
        self.push(diagnostic.remedy("say that the line only reads: `way = \"in\"`"));
        line.way = Way::In;
    }
}
