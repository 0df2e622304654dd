//! Walks the tables of `[map]`: which canonical node a table means, and which loop or segments fill it.

use std::borrow::Cow;

use crate::canonical::{FieldId, Kind, NodeShapeId};
use crate::diagnostic::codes;
use crate::mapping::place::{From, Place, Step};
use crate::mapping::plan::{Attach, Child, GuardId, Row, Takes};
use crate::mapping::syntax::{At, Entry, Item, is_false, merge};
use crate::tree::{Grammar, ItemId, Tag};

use super::names::suggestion;
use super::words::entry;
use super::{Compiler, Target};

/// Words that say how a table is filled; every other key of a structure is a canonical field.
pub(in crate::mapping) const STRUCTURE_WORDS: [&str; 7] = ["in", "use", "each", "rest", "key", "group", "when"];

/// A canonical node with its own table: the field, the shape of its nodes, and its path for messages.
#[derive(Clone, Copy)]
pub(super) struct Field<'p> {
    pub(super) id: FieldId,
    pub(super) shape: NodeShapeId,
    pub(super) path: &'p str,
}

/// A place that names loops: where it stands, the place, and the table it fills.
#[derive(Clone, Copy)]
pub(super) struct Way<'w> {
    pub(super) text: &'w str,
    pub(super) at: &'w At,
    pub(super) path: &'w str,
    /// What must hold for the table to be used.
    pub(super) guards: &'w [GuardId],
}

impl Compiler<'_> {
    /// Compiles the lines and tables of one canonical node.
    pub(super) fn table(&mut self, target: &Target, entries: &[Entry]) {
        for entry in entries {
            let key = entry.key.as_str();
            if STRUCTURE_WORDS.contains(&key) {
                continue;
            }
            let node = self.shape.node(target.shape);
            if let Some(field) = node.field(key) {
                self.field(target, field, entry);
            } else if node.open {
                self.open_field(target, entry);
            } else {
                self.unknown_field(target, entry);
            }
        }
    }

    fn unknown_field(&mut self, target: &Target, entry: &Entry) {
        let key = &entry.key;
        let (message, remedy) = if ["at", "first", "list", "const"].contains(&key.as_str()) {
            let path = &target.path;
            (
                format!("`{path}` is an object, which has no place of its own: `{key}` does not fit"),
                format!("write a line for each of its fields, such as `{path}.name = \"...\"`"),
            )
        } else {
            let message = match target.path.as_str() {
                "" => format!("a {} has no field `{key}`", self.shape.name),
                path => format!("`{path}` has no field `{key}`"),
            };
            (message, self.field_suggestion(key, target.shape))
        };
        let path = target.named(key);
        self.report(codes::MAPPING_UNKNOWN_FIELD, message, &entry.key_at, &path, remedy);
    }

    fn field(&mut self, target: &Target, id: FieldId, entry: &Entry) {
        let path = target.named(&entry.key);
        if is_false(&entry.item) {
            return self.nothing_dropped(&path, &entry.key_at);
        }
        let shape = self.shape;
        let field = shape.node(target.shape).get(id);
        if target.path.is_empty() || field.required || matches!(field.kind, Kind::Object(_)) {
            self.mapped.insert(path.clone());
        }
        match (&field.kind, &entry.item) {
            (Kind::Object(inner), item) if shape.node(*inner).quantity && !field.list && !has_value(item) => {
                self.line(target, id, None, entry, &path);
            }
            (Kind::Object(inner), Item::Table(entries, at)) => {
                let errors = self.diagnostics.errors();
                let entries = self.with_block(entries, &path);
                let node = Field { id, shape: *inner, path: &path };
                if field.list {
                    self.list(target, node, &entries, at, None);
                } else {
                    self.nested(target, node, &entries);
                }
                if self.diagnostics.errors() > errors {
                    self.broken.push(path);
                }
            }
            (Kind::Object(inner), item @ Item::Value(..)) if field.list && item.tables().is_some() => {
                let node = Field { id, shape: *inner, path: &path };
                self.several_tables(target, node, &item.tables().unwrap_or_default());
            }
            (Kind::Object(inner), item @ Item::Value(..)) => {
                let fields = &shape.node(*inner).fields;
                let name = match fields.iter().find(|field| field.name == "name") {
                    Some(field) => &field.name,
                    None => &fields[0].name,
                };
                let (message, remedy) = if item.tables().is_some() {
                    (
                        format!("`{path}` is one object, and `[[...]]` gives it a list of tables"),
                        format!("write one table: `[map.{path}]`"),
                    )
                } else if field.list {
                    (
                        format!("`{path}` is a list of objects, one place cannot fill it"),
                        format!("write a table: `{{ each = \"...\", {name} = \"...\" }}`, or `rest` for `each`"),
                    )
                } else {
                    (
                        format!("`{path}` is an object, one place cannot fill it"),
                        format!("write a line for each of its fields, such as `{path}.{name} = \"...\"`"),
                    )
                };
                self.report(codes::MAPPING_WRONG_TYPE, message, &item.at(), &path, remedy);
            }
            _ => self.line(target, id, None, entry, &path),
        }
    }

    fn open_field(&mut self, target: &Target, entry: &Entry) {
        let path = target.named(&entry.key);
        if is_false(&entry.item) {
            return self.nothing_dropped(&path, &entry.key_at);
        }
        self.line(target, FieldId::OPEN, Some(entry.key.clone()), entry, &path);
    }

    /// The entries with those of the block they `use` below them.
    pub(super) fn with_block<'e>(&mut self, entries: &'e [Entry], path: &str) -> Cow<'e, [Entry]> {
        let Some((name, at)) = self.word(entries, "use", path) else {
            return Cow::Borrowed(entries);
        };
        if let Some(Entry { item: Item::Table(block, _), .. }) = entry(&self.written.blocks, name) {
            self.used_blocks.insert(name.to_owned());
            return Cow::Owned(merge(entries.to_vec(), block.to_vec()));
        }
        let message = format!("there is no block `{name}`");
        let names: Vec<String> = self.written.blocks.iter().map(|entry| entry.key.clone()).collect();
        let otherwise = format!("add it: [block.{name}] and its lines below");
        let remedy = suggestion(name, names.iter().map(String::as_str), &otherwise);
        self.report(codes::MAPPING_UNKNOWN_BLOCK, message, &at, path, remedy);
        Cow::Borrowed(entries)
    }

    /// A nested object: in a loop of its own, or on places of the loop it stands in.
    fn nested(&mut self, target: &Target, field: Field<'_>, entries: &[Entry]) {
        let path = field.path;
        for word in ["each", "rest", "key", "group"] {
            if let Some(wrong) = entry(entries, word) {
                let message = format!("`{path}` is one object, not a list: `{word}` does not fit");
                let remedy = "name the loop of the one that is meant: `in = \"N1[N101=ST]\"`";
                self.report(codes::MAPPING_WRONG_TYPE, message, &wrong.key_at, path, remedy);
                return;
            }
        }
        let guards = self.guards(target, entries, path);
        let mut steps = target.steps.clone();
        steps.push((field.id, field.shape));
        let Some((text, at)) = self.word(entries, "in", path) else {
            let inner = Target { steps, shape: field.shape, path: path.to_owned(), guards, ..target.clone() };
            return self.table(&inner, entries);
        };
        let way = Way { text, at: &at, path, guards: &guards };
        if let Some(inner) = self.filled_by_loops(target, way, Attach::One(steps), field.shape) {
            self.table(&inner, entries);
        }
    }

    /// The scope of the innermost loop that the place names, below that of `target`.
    pub(super) fn filled_by_loops(
        &mut self,
        target: &Target,
        way: Way<'_>,
        attach: Attach,
        shape: NodeShapeId,
    ) -> Option<Target> {
        let place = self.place(way.text, way.at, way.path)?;
        let target = &self.beside(target, &place);
        let loops = self.loops(target, &place, way)?;
        let (last, on_the_way) = loops.split_last()?;
        let one = matches!(attach, Attach::One(_)) && last.1.conditions.is_empty();
        if one && self.grammar.item(last.0).max != 1 {
            self.whichever_comes(last.0, way.at, way.path);
        }
        let outer = self.through(target.scope, on_the_way, way)?;
        self.child(outer, last, attach, shape, way)
    }

    /// The loops that a place names, from the loop of `target` inward.
    fn loops<'p>(&mut self, target: &Target, place: &'p Place, way: Way<'_>) -> Option<Vec<(ItemId, &'p Step)>> {
        let Way { text, at, path, .. } = way;
        if target.row.is_some() {
            let message = format!("`{path}` stands in a list made of segments, which have no loops inside");
            let remedy = "drop it here; a list inside a list needs a loop in the document, in a layout a record with one inside, or with `loop = true`";
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
            return None;
        }
        let mut parent = self.scopes[target.scope].item;
        let from_here = place.from == From::Here || (place.from == From::Root && target.scope == 0);
        if place.element.is_some() || place.pair.is_some() || !from_here {
            let message = format!("`{text}` is no loop of {}", self.loop_name(parent));
            let remedy = format!("name a loop by the segment that opens it: {}", self.loops_of(parent).join(", "));
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        }
        let mut loops = Vec::new();
        for step in &place.steps {
            parent = self.loop_of(parent, step, way)?;
            loops.push((parent, step));
        }
        Some(loops)
    }

    /// The one loop directly in `parent` that the segment of `step` opens.
    pub(super) fn loop_of(&mut self, parent: ItemId, step: &Step, way: Way<'_>) -> Option<ItemId> {
        if let Some(level) = self.level_inside(parent, &step.segment) {
            return Some(level);
        }
        let grammar = self.grammar;
        let tag = Tag::of_name(&step.segment);
        let found = grammar.children(parent).filter(|id| grammar.is_loop(*id) && grammar.item(*id).tag == tag);
        let found: Vec<ItemId> = found.collect();
        if let [only] = found.as_slice() {
            return Some(*only);
        }
        let (here, at) = (self.loop_name(parent), self.token(way.at, &step.segment));
        let (code, message, remedy) = match found.as_slice() {
            [] => {
                let mut known = self.loops_of(parent);
                known.extend(
                    self.hierarchy
                        .as_ref()
                        .filter(|hierarchy| hierarchy.form.item == parent)
                        .map(|_| tag_of(grammar, parent)),
                );
                let message = format!("{here} has no loop that {} opens", step.segment);
                let levels = self.grammar.levels.is_some_and(|form| form.item == parent) && self.hierarchy.is_none();
                let otherwise = match known.as_slice() {
                    _ if levels && tag_of(grammar, parent) == step.segment => {
                        "say how levels stand in each other, then one can be named inside another: [hierarchy] with `parent = \"HL02\"` and `levels = \"S O T P I\"`".to_owned()
                    }
                    [] => "it has no loops; `rest` and `each` take its segments too".to_owned(),
                    known => format!("its loops are opened by {}", known.join(", ")),
                };
                let remedy = suggestion(&step.segment, known.iter().map(String::as_str), &otherwise);
                (codes::MAPPING_UNKNOWN_SEGMENT, message, remedy)
            }
            several => {
                let count = several.len();
                let message = format!("{} opens {count} different loops of {here}", step.segment);
                let remedy = "a place cannot tell them apart yet: leave these loops unmapped, and name their segments in [ignore] document";
                (codes::MAPPING_AMBIGUOUS_POSITION, message, remedy.to_owned())
            }
        };
        let mut diagnostic = self.problem(code, message, &at, way.path);
        if found.is_empty() {
            diagnostic.cause = self.belongs_to(&step.segment);
        }
        self.push(diagnostic.remedy(remedy));
        None
    }

    /// The scope of the loop that only stands on the way, if one does.
    fn through(&mut self, scope: usize, way: &[(ItemId, &Step)], place: Way<'_>) -> Option<usize> {
        let Way { text, at, path, guards } = place;
        let (item, step) = match way {
            [] => return Some(scope),
            [only] => only,
            _ => {
                let message =
                    format!("`{text}` goes through {} loops on its way, one at most may stand there", way.len());
                let remedy = "make a list or object of the outer loop, and of the inner one a table inside it";
                self.report(codes::MAPPING_PLACE, message, at, path, remedy);
                return None;
            }
        };
        let conditions = self.loop_conditions(*item, step, at, path)?;
        let (shape, node_path) = (self.scopes[scope].shape, self.scopes[scope].path.clone());
        let inner = self.new_scope(*item, shape, scope, node_path);
        self.trigger_row(inner, at);
        let guards = guards.to_vec();
        let child = Child { item: *item, conditions, guards, attach: Attach::Through, scope: inner };
        self.add_child(scope, child, at);
        Some(inner)
    }

    fn child(
        &mut self,
        scope: usize,
        (item, step): &(ItemId, &Step),
        attach: Attach,
        shape: NodeShapeId,
        way: Way<'_>,
    ) -> Option<Target> {
        let conditions = self.loop_conditions(*item, step, way.at, way.path)?;
        let inner = self.new_scope(*item, shape, scope, way.path.to_owned());
        self.trigger_row(inner, way.at);
        let guards = way.guards.to_vec();
        let child = Child { item: *item, conditions, guards, attach, scope: inner };
        self.add_child(scope, child, way.at);
        Some(Target {
            scope: inner,
            steps: Vec::new(),
            shape,
            path: way.path.to_owned(),
            row: None,
            part: None,
            guards: Vec::new(),
        })
    }

    /// The segment that opens the loop is a row of its own, so that it is written even when no line has a place in it.
    fn trigger_row(&mut self, scope: usize, at: &At) {
        let item = ItemId(self.scopes[scope].item.0 + 1);
        let row = Row {
            item,
            tag: self.grammar.item(item).tag,
            up: 0,
            conditions: Vec::new(),
            nth: 1,
            arrival: 1,
            takes: Takes::One,
            lines: Vec::new(),
            reads: Vec::new(),
            asks: 0,
        };
        self.add_row(scope, row, at);
    }
}

/// Is it a quantity whose number has a line of its own, so that it is filled like an object?
fn has_value(item: &Item) -> bool {
    matches!(item, Item::Table(entries, _) if entry(entries, "value").is_some())
}

fn tag_of(grammar: &Grammar, item: ItemId) -> String {
    grammar.item(item).tag.to_string()
}
