//! Lists of objects: filled by the occurrences of a loop, by segments, or by parts of them.

use crate::canonical::{FieldId, Kind, NodeShapeId};
use crate::diagnostic::codes;
use crate::mapping::place::{ElementPlace, From, Place, Step};
use crate::mapping::plan::{Attach, Line, ListField, Row, Takes, Way as LineWay};
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
            group: self.group(field, entries),
            source: self.origins.of(at),
        };
        match (each, rest.is_empty()) {
            (Some((text, at)), true) => {
                let way = Way { text, at: &at, path, guards: &guards };
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
                let remedy = "add `each = \"...\"`, the loop (`LX/W12`) or segment (`W10`) of which each is an entry; where the base \
                              has this list as `[[...]]`, single brackets stand in place of all its lines";
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
            }
        }
    }

    /// The field by which entries of two objects are aligned.
    fn list_key(&mut self, field: Field<'_>, entries: &[Entry]) -> Option<FieldId> {
        let (name, at) = self.word(entries, "key", field.path)?;
        let found = self.shape.node(field.shape).field(name);
        if found.is_none() {
            let message = format!("`{}` has no field `{name}` that could be its key", field.path);
            let remedy = self.field_suggestion(name, field.shape);
            self.report(codes::MAPPING_UNKNOWN_FIELD, message, &at, field.path, remedy);
        }
        found
    }

    /// The fields in which entries agree that share one loop on the way.
    fn group(&mut self, field: Field<'_>, entries: &[Entry]) -> Option<Vec<Vec<FieldId>>> {
        entry(entries, "group")?;
        let mut fields = Vec::new();
        for (name, at) in self.words(entries, "group", field.path) {
            match self.fields_at(field.shape, name) {
                Some(found) => fields.push(found),
                None => {
                    let message = format!("`{}` has no field `{name}` by which it could be grouped", field.path);
                    let remedy = self.field_suggestion(name, field.shape);
                    self.report(codes::MAPPING_UNKNOWN_FIELD, message, &at, field.path, remedy);
                }
            }
        }
        Some(fields)
    }

    fn fields_at(&self, mut shape: NodeShapeId, path: &str) -> Option<Vec<FieldId>> {
        let mut fields = Vec::new();
        let mut inside = true;
        for name in path.split('.') {
            let node = self.shape.node(shape);
            let field = node.field(name).filter(|_| inside)?;
            fields.push(field);
            match node.get(field).kind {
                Kind::Object(inner) if !node.get(field).list => shape = inner,
                _ => inside = false,
            }
        }
        Some(fields)
    }

    /// Entries can only share a loop on the way, and what they write there must be the same.
    fn group_holds(&mut self, inner: &Target, entries: &[Entry], way: Way<'_>) {
        let Some(written) = entry(entries, "group") else { return };
        let (path, at) = (way.path, &written.key_at);
        let parent = self.scopes[inner.scope].parent;
        if inner.row.is_some() || !self.is_through(parent) {
            let message =
                format!("`group` has no effect on `{path}`: there is no loop on the way that its entries could share");
            let remedy = "remove it, or name the loop on the way: `each = \"LX/W12\"`";
            return self.report(codes::MAPPING_NO_EFFECT, message, at, path, remedy);
        }
        let names = self.words(entries, "group", path);
        let grouped = |line: &Line| {
            let name = line.path.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
            names
                .iter()
                .any(|(group, _)| name.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        };
        let scope = &self.scopes[inner.scope];
        let lines = scope.lines().map(|id| &self.lines[usize::from(id)]);
        let mut outer = lines.filter(|line| {
            let rows = line.places.iter().map(|place| &scope.rows[place.row]);
            let written = |row: &Row| !matches!(&row.takes, Takes::Nodes(list) if list.read_only);
            line.way != LineWay::In && rows.filter(|row| row.up > 0).any(written)
        });
        let alone = outer.find(|line| !grouped(line)).map(|line| line.path.clone());
        drop(outer);
        if let Some(line) = alone {
            let tag = self.grammar.item(self.scopes[parent].item).tag;
            let name = line.strip_prefix(&format!("{path}.")).unwrap_or(&line);
            let message =
                format!("entries of `{path}` that share one {tag} could differ in `{name}`, which stands there once");
            let remedy = format!("name it too: `group = [..., \"{name}\"]`, or let its line only read: `way = \"in\"`");
            self.report(codes::MAPPING_OVERLAP, message, at, path, remedy);
        }
    }

    fn filled_by(&mut self, target: &Target, list: &ListField, way: Way<'_>, entries: &[Entry]) {
        let Some(place) = self.place(way.text, way.at, way.path) else {
            return;
        };
        let target = &self.beside(target, &place);
        if place.pair.is_some() {
            return self.filled_by_groups(target, list, &place, way, entries);
        }
        let inner = match place.steps.as_slice() {
            [step] if place.from != From::Here || self.is_segment(target.scope, step) => {
                self.filled_by_segments(target, list, &place, way)
            }
            _ => self.filled_by_loops(target, way, Attach::Each(list.clone()), list.shape),
        };
        let Some(inner) = inner else { return };
        let errors = self.diagnostics.errors();
        self.table(&inner, entries);
        if self.diagnostics.errors() == errors {
            self.group_holds(&inner, entries, way);
        }
    }

    /// Reports a list in an entry that is no loop.
    pub(super) fn inside_an_entry(&mut self, target: &Target, at: &At, path: &str) -> bool {
        let inside = target.row.is_some() || target.part.is_some();
        if inside {
            let made_of = if target.part.is_some() { "made of single elements" } else { "made of segments" };
            let message = format!("`{path}` stands in a list {made_of}, whose entries hold no lists");
            let remedy = "drop it here; a list inside a list needs a loop in the document, in a layout a record with one inside, or with `loop = true`";
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
        let (tag, item) = (Tag::of_name(&step.segment), self.scopes[scope].item);
        // The segment that opens a level means a level inside it.
        let level = self.grammar.levels.is_some_and(|form| form.item == item && self.grammar.item(item).tag == tag);
        let mut segments = self.segments_of(item).filter(|_| !level);
        segments.any(|id| self.grammar.item(id).tag == tag)
    }
}
