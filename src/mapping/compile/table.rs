//! Walks the tables of `[map]`: which canonical node a table means, and which loop fills it.

use crate::canonical::{FieldId, Kind, NodeShapeId};
use crate::diagnostic::codes;
use crate::source::Value;
use crate::tree::{ItemId, Tag};

use super::super::place::Step;
use super::super::plan::{Attach, Child, ListField, Row, Takes};
use super::super::syntax::{At, Entry, Item, merge};
use super::{Compiler, Target};

/// Words that say how a table is filled; every other key of a structure is a canonical field.
const STRUCTURE_WORDS: [&str; 5] = ["in", "use", "each", "rest", "key"];

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
                let message = format!("{} has no field `{key}`", self.node_name(target));
                let names = self
                    .shape
                    .node(target.shape)
                    .fields
                    .iter()
                    .map(|field| field.name.as_str());
                let mut diagnostic = self.written.diagnostic(
                    codes::MAPPING_UNKNOWN_FIELD,
                    message,
                    &entry.key_at,
                    Some(&target.named(key)),
                );
                diagnostic.remedy = self.suggestion(key, names);
                self.push(diagnostic);
            }
        }
    }

    fn node_name(&self, target: &Target) -> String {
        if target.path.is_empty() {
            self.shape.name.to_owned()
        } else {
            format!("`{}`", target.path)
        }
    }

    fn field(&mut self, target: &Target, id: FieldId, entry: &Entry) {
        let path = target.named(&entry.key);
        let shape = self.shape;
        let field = shape.node(target.shape).get(id);
        if let Item::Value(node, _) = &entry.item
            && node.value == Value::Boolean(false)
        {
            let message = format!("`{path} = false` drops nothing: the file that is extended has no such line");
            self.report(codes::MAPPING_NOTHING_DROPPED, message, &entry.key_at, &path);
            return;
        }
        self.mapped.insert(path.clone());
        match (&field.kind, &entry.item) {
            (Kind::Object(inner), _) if shape.node(*inner).quantity && !field.list => {
                self.line(target, id, None, entry, &path);
            }
            (Kind::Object(inner), Item::Table(entries, at)) => {
                let entries = self.with_block(entries.clone());
                if field.list {
                    self.list(target, id, *inner, &entries, at, &path);
                } else {
                    self.nested(target, id, *inner, &entries, at, &path);
                }
            }
            (Kind::Object(_), Item::Value(node, file)) => {
                let at = At {
                    file: *file,
                    span: node.span.clone(),
                };
                let what = if field.list {
                    "a list: it needs a table with `each` or `rest`"
                } else {
                    "an object: it needs a table"
                };
                self.report(codes::MAPPING_WRONG_TYPE, format!("`{path}` is {what}"), &at, &path);
            }
            _ => self.line(target, id, None, entry, &path),
        }
    }

    fn open_field(&mut self, target: &Target, entry: &Entry) {
        let path = target.named(&entry.key);
        self.mapped.insert(path.clone());
        self.line(target, FieldId::OPEN, Some(entry.key.clone()), entry, &path);
    }

    /// The entries with those of the block they `use` below them.
    fn with_block(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let Some(Entry {
            item: Item::Value(node, file),
            ..
        }) = Self::entry(&entries, "use")
        else {
            return entries;
        };
        let at = At {
            file: *file,
            span: node.span.clone(),
        };
        let Value::Text(name) = &node.value else {
            self.report(codes::FILE_WRONG_TYPE, "`use` names a block, in quotes", &at, "use");
            return entries;
        };
        match Self::entry(&self.written.blocks, name) {
            Some(Entry {
                item: Item::Table(block, _),
                ..
            }) => merge(entries, block.clone()),
            _ => {
                let message = format!("there is no block `{name}`");
                let names: Vec<String> = self.written.blocks.iter().map(|entry| entry.key.clone()).collect();
                let mut diagnostic = self
                    .written
                    .diagnostic(codes::MAPPING_UNKNOWN_BLOCK, message, &at, Some("use"));
                diagnostic.remedy = self.suggestion(name, names.iter().map(String::as_str));
                self.push(diagnostic);
                entries
            }
        }
    }

    /// A nested object: in a loop of its own, or on places of the loop it stands in.
    fn nested(&mut self, target: &Target, field: FieldId, shape: NodeShapeId, entries: &[Entry], at: &At, path: &str) {
        let mut steps = target.steps.clone();
        steps.push((field, shape));
        let Some((text, at_in)) = self.word(entries, "in", path) else {
            for word in ["each", "rest"] {
                if Self::entry(entries, word).is_some() {
                    let message = format!("`{path}` is one object, not a list: `{word}` does not fit, `in` may");
                    self.report(codes::MAPPING_WRONG_TYPE, message, at, path);
                    return;
                }
            }
            let inner = Target {
                steps,
                shape,
                path: path.to_owned(),
                ..target.clone()
            };
            self.table(&inner, entries);
            return;
        };
        let Some((scope, child_steps)) = self.way_in(target, &text, &at_in, path) else {
            return;
        };
        let Some((last, way)) = child_steps.split_last() else {
            return;
        };
        let outer = self.through(scope, way, &at_in, path);
        let Some(outer) = outer else { return };
        let attach = Attach::One(steps);
        if let Some(inner) = self.child(outer, last, attach, shape, &at_in, path) {
            self.table(&inner, entries);
        }
    }

    /// A list: filled by the occurrences of a loop, or by segments.
    fn list(&mut self, target: &Target, field: FieldId, shape: NodeShapeId, entries: &[Entry], at: &At, path: &str) {
        if self.pair_list(target, field, shape, entries, path) {
            return;
        }
        let each = self.word(entries, "each", path);
        let rest = self.words(entries, "rest", path);
        let key = self.word(entries, "key", path).and_then(|(name, at)| {
            let found = self.shape.node(shape).field(&name);
            if found.is_none() {
                self.report(
                    codes::MAPPING_UNKNOWN_FIELD,
                    format!("`{path}` has no field `{name}`"),
                    &at,
                    path,
                );
            }
            found
        });
        let list = ListField {
            steps: target.steps.clone(),
            field,
            shape,
            key,
            rest: each.is_none(),
            read_only: false,
        };
        match (each, rest.is_empty()) {
            (Some((text, at)), true) => self.filled_by(target, &list, &text, &at, entries, path),
            (None, false) => {
                for (number, (text, at)) in rest.iter().enumerate() {
                    let list = ListField {
                        read_only: number > 0,
                        ..list.clone()
                    };
                    self.filled_by(target, &list, text, at, entries, path);
                }
            }
            (Some(_), false) => {
                self.report(
                    codes::MAPPING_WRONG_TYPE,
                    format!("`{path}` has both `each` and `rest`"),
                    at,
                    path,
                );
            }
            (None, true) => {
                let message = format!("`{path}` is a list: it needs `each` (a loop or segment) or `rest`");
                self.report(codes::MAPPING_WRONG_TYPE, message, at, path);
            }
        }
    }

    fn filled_by(&mut self, target: &Target, list: &ListField, text: &str, at: &At, entries: &[Entry], path: &str) {
        let Some(place) = self.place(text, at, path) else {
            return;
        };
        let segment = match (place.steps.as_slice(), place.from) {
            ([step], from) if from != super::super::place::From::Here || self.is_segment(target.scope, step) => {
                Some(step.clone())
            }
            _ => None,
        };
        if let Some(step) = segment {
            let Some(row) = self.segment_list(target, &place, &step, list, at, path) else {
                return;
            };
            let inner = Target {
                scope: target.scope,
                steps: Vec::new(),
                shape: list.shape,
                path: path.to_owned(),
                row: Some(row),
            };
            self.table(&inner, entries);
            return;
        }
        let Some((scope, steps)) = self.way_in(target, text, at, path) else {
            return;
        };
        let Some((last, way)) = steps.split_last() else { return };
        let Some(outer) = self.through(scope, way, at, path) else {
            return;
        };
        if let Some(inner) = self.child(outer, last, Attach::Each(list.clone()), list.shape, at, path) {
            self.table(&inner, entries);
        }
    }

    fn segment_list(
        &mut self,
        target: &Target,
        place: &super::super::place::Place,
        step: &Step,
        list: &ListField,
        at: &At,
        path: &str,
    ) -> Option<usize> {
        if target.row.is_some() {
            let message =
                format!("`{path}` stands in a list made of segments, whose entries have no lists of their own");
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path);
            return None;
        }
        let mut probe = place.clone();
        probe.element = Some(super::super::place::ElementPlace {
            position: 1,
            component: 0,
            repetition: 0,
        });
        probe.steps = vec![step.clone()];
        Some(
            self.line_place(target.scope, &probe, &Takes::Nodes(list.clone()), at, path)?
                .row,
        )
    }

    fn is_segment(&self, scope: usize, step: &Step) -> bool {
        let grammar = self.grammar;
        let tag = Tag::new(step.segment.as_bytes());
        grammar
            .children(self.scopes[scope].item)
            .any(|id| grammar.item(id).tag == tag && !grammar.is_loop(id))
    }

    /// The loops that `text` names, from the loop of `target` inward.
    fn way_in(&mut self, target: &Target, text: &str, at: &At, path: &str) -> Option<(usize, Vec<(ItemId, Step)>)> {
        let place = self.place(text, at, path)?;
        if target.row.is_some() {
            let message = format!("`{path}` stands in a list made of segments, which have no loops inside");
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path);
            return None;
        }
        if place.element.is_some() || place.pair.is_some() || place.from != super::super::place::From::Here {
            let message = format!(
                "`{text}` is no loop below {}",
                self.loop_name(self.scopes[target.scope].item)
            );
            self.report(codes::MAPPING_PLACE, message, at, path);
            return None;
        }
        let mut parent = self.scopes[target.scope].item;
        let mut loops = Vec::new();
        for step in place.steps {
            let tag = Tag::new(step.segment.as_bytes());
            let grammar = self.grammar;
            let found = grammar
                .children(parent)
                .find(|id| grammar.is_loop(*id) && grammar.item(*id).tag == tag);
            let Some(item) = found else {
                let message = format!("{} has no loop that {} opens", self.loop_name(parent), step.segment);
                let names: Vec<String> = grammar
                    .children(parent)
                    .filter(|id| grammar.is_loop(*id))
                    .map(|id| grammar.item(id).tag.to_string())
                    .collect();
                let mut diagnostic = self
                    .written
                    .diagnostic(codes::MAPPING_UNKNOWN_SEGMENT, message, at, Some(path));
                diagnostic.remedy = self.suggestion(&step.segment, names.iter().map(String::as_str));
                self.push(diagnostic);
                return None;
            };
            loops.push((item, step));
            parent = item;
        }
        Some((target.scope, loops))
    }

    /// Scopes for the loops that only stand on the way.
    fn through(&mut self, scope: usize, way: &[(ItemId, Step)], at: &At, path: &str) -> Option<usize> {
        if way.len() > 1 {
            let message = format!(
                "`{path}` goes through {} loops; one loop on the way is what a list can have",
                way.len()
            );
            self.report(codes::MAPPING_PLACE, message, at, path);
            return None;
        }
        let mut scope = scope;
        for (item, step) in way {
            let conditions = self.loop_conditions(*item, step, at, path)?;
            let Some((shape, node_path)) = self.scopes.get(scope).map(|scope| (scope.shape, scope.path.clone())) else {
                return None;
            };
            let inner = self.new_scope(*item, shape, scope, node_path);
            self.trigger_row(inner, &conditions, at);
            self.add_child(
                scope,
                Child {
                    item: *item,
                    conditions,
                    attach: Attach::Through,
                    scope: inner,
                },
                at,
            );
            scope = inner;
        }
        Some(scope)
    }

    fn child(
        &mut self,
        scope: usize,
        (item, step): &(ItemId, Step),
        attach: Attach,
        shape: NodeShapeId,
        at: &At,
        path: &str,
    ) -> Option<Target> {
        let conditions = self.loop_conditions(*item, step, at, path)?;
        let inner = self.new_scope(*item, shape, scope, path.to_owned());
        self.trigger_row(inner, &conditions, at);
        self.add_child(
            scope,
            Child {
                item: *item,
                conditions,
                attach,
                scope: inner,
            },
            at,
        );
        Some(Target {
            scope: inner,
            steps: Vec::new(),
            shape,
            path: path.to_owned(),
            row: None,
        })
    }

    /// The segment that opens the loop is a row of its own, so that it is written even when no line has a place in it.
    fn trigger_row(&mut self, scope: usize, _conditions: &[super::super::plan::LoopCondition], at: &At) {
        let item = ItemId(self.scopes[scope].item.0 + 1);
        let tag = self.grammar.item(item).tag;
        let row = Row {
            item,
            tag,
            up: 0,
            conditions: Vec::new(),
            nth: 1,
            takes: Takes::One,
            lines: Vec::new(),
        };
        self.add_row(scope, row, at);
    }

    /// The text under a structure word.
    pub(super) fn word(&mut self, entries: &[Entry], word: &str, path: &str) -> Option<(String, At)> {
        let entry = Self::entry(entries, word)?;
        match &entry.item {
            Item::Value(node, file) => match &node.value {
                Value::Text(text) => {
                    return Some((
                        text.clone(),
                        At {
                            file: *file,
                            span: node.span.clone(),
                        },
                    ));
                }
                other => {
                    let message = format!("`{word}` must be a text in quotes, here it is {}", other.kind());
                    self.report(codes::FILE_WRONG_TYPE, message, &entry.key_at, path);
                }
            },
            Item::Table(..) => {
                self.report(
                    codes::FILE_WRONG_TYPE,
                    format!("`{word}` must be a text in quotes"),
                    &entry.key_at,
                    path,
                );
            }
        }
        None
    }

    /// The text, or the texts of a list, under a word.
    pub(super) fn words(&mut self, entries: &[Entry], word: &str, path: &str) -> Vec<(String, At)> {
        let Some(Entry {
            item: Item::Value(node, file),
            ..
        }) = Self::entry(entries, word)
        else {
            return Vec::new();
        };
        let Value::List(list) = &node.value else {
            return self.word(entries, word, path).into_iter().collect();
        };
        let mut texts = Vec::new();
        for node in list {
            let at = At {
                file: *file,
                span: node.span.clone(),
            };
            match &node.value {
                Value::Text(text) => texts.push((text.clone(), at)),
                other => {
                    let message = format!("`{word}` takes texts in quotes, here is {}", other.kind());
                    self.report(codes::FILE_WRONG_TYPE, message, &at, path);
                }
            }
        }
        texts
    }
}
