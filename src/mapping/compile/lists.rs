//! Lists of objects: filled by the occurrences of a loop, by segments, or by parts of them.

use crate::canonical::FieldId;
use crate::diagnostic::codes;
use crate::mapping::place::{ElementPlace, From, Place, Step};
use crate::mapping::plan::{Attach, ListField, Takes};
use crate::mapping::syntax::{At, Entry};
use crate::tree::Tag;

use super::table::{Field, Way};
use super::words::entry;
use super::{Compiler, Target};

impl Compiler<'_> {
    /// A list: filled by the occurrences of a loop, or by segments.
    pub(super) fn list(
        &mut self,
        target: &Target,
        field: Field<'_>,
        entries: &[Entry],
        at: &At,
        alternative: Option<(usize, usize)>,
    ) {
        let path = field.path;
        if self.pair_list(target, field.id, field.shape, entries, path) {
            return;
        }
        let each = self.word(entries, "each", path);
        let rest = self.words(entries, "rest", path);
        let guards = self.guards(target, entries, path);
        let list = ListField {
            steps: target.steps.clone(),
            field: field.id,
            shape: field.shape,
            key: self.list_key(field, entries),
            rest: each.is_none(),
            read_only: false,
            guards: guards.clone(),
            alternative,
            source: self.written.line_of(at),
        };
        match (each, rest.is_empty()) {
            (Some((text, at)), true) => {
                let way = Way { text: &text, at: &at, path, guards: &guards };
                self.filled_by(target, &list, way, entries);
            }
            (None, false) => {
                for (number, (text, at)) in rest.iter().enumerate() {
                    let list = ListField { read_only: number > 0, ..list.clone() };
                    self.filled_by(target, &list, Way { text, at, path, guards: &guards }, entries);
                }
            }
            (Some(_), false) => {
                let message = format!("`{path}` has both `each` and `rest`");
                let remedy = "keep `each` for all that the place names, or `rest` for what no other table takes";
                let at = entry(entries, "rest").map_or(at, |entry| &entry.key_at);
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
            }
            (None, true) if alternative.is_some() => self.column(target, list, entries, at, path),
            (None, true) => {
                let message = format!("`{path}` is a list, and nothing says which loop or segments fill it");
                let remedy = "add `each = \"...\"`, the loop (`LX/W12`) or segment (`W10`) of which each is an entry";
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
            }
        }
    }

    /// The field by which entries of two objects are aligned.
    fn list_key(&mut self, field: Field<'_>, entries: &[Entry]) -> Option<FieldId> {
        let (name, at) = self.word(entries, "key", field.path)?;
        let found = self.shape.node(field.shape).field(&name);
        if found.is_none() {
            let message = format!("`{}` has no field `{name}` that could be its key", field.path);
            let remedy = self.field_suggestion(&name, field.shape);
            self.report(codes::MAPPING_UNKNOWN_FIELD, message, &at, field.path, remedy);
        }
        found
    }

    fn filled_by(&mut self, target: &Target, list: &ListField, way: Way<'_>, entries: &[Entry]) {
        let Some(place) = self.place(way.text, way.at, way.path) else {
            return;
        };
        if place.pair.is_some() {
            return self.filled_by_groups(target, list, &place, way, entries);
        }
        let inner = match place.steps.as_slice() {
            [step] if place.from != From::Here || self.is_segment(target.scope, step) => {
                self.filled_by_segments(target, list, &place, way)
            }
            _ => self.filled_by_loops(target, way, Attach::Each(list.clone()), list.shape),
        };
        if let Some(inner) = inner {
            self.table(&inner, entries);
        }
    }

    /// Reports a list in an entry that is no loop.
    pub(super) fn inside_an_entry(&mut self, target: &Target, at: &At, path: &str) -> bool {
        let inside = target.row.is_some() || target.part.is_some();
        if inside {
            let made_of = if target.part.is_some() { "made of single elements" } else { "made of segments" };
            let message = format!("`{path}` stands in a list {made_of}, whose entries hold no lists");
            let remedy = "drop it here; a list inside a list needs a loop in the document";
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
        }
        inside
    }

    fn filled_by_segments(&mut self, target: &Target, list: &ListField, place: &Place, way: Way<'_>) -> Option<Target> {
        let Way { at, path, .. } = way;
        if self.inside_an_entry(target, at, path) {
            return None;
        }
        if place.element.is_some() {
            let segment = &place.steps[0].segment;
            let message = format!("`{path}` is a list of objects, made of whole segments, not of one element");
            let remedy = format!("name the segment: `{segment}`; its elements go to the fields of the table");
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        }
        let mut first_element = place.clone();
        first_element.element = Some(ElementPlace { position: 1, component: 0, repetition: 0 });
        let takes = Takes::Nodes(list.clone());
        let row = self.line_place(target.scope, &first_element, &takes, at, path)?.row;
        Some(Target {
            scope: target.scope,
            steps: Vec::new(),
            shape: list.shape,
            path: path.to_owned(),
            row: Some(row),
            part: None,
            guards: Vec::new(),
        })
    }

    fn is_segment(&self, scope: usize, step: &Step) -> bool {
        let tag = Tag::new(step.segment.as_bytes());
        let mut segments = self.segments_of(self.scopes[scope].item);
        segments.any(|id| self.grammar.item(id).tag == tag)
    }
}
