//! `[derived]`: places that only the document knows, filled with constants, counters and computed values.

use crate::canonical::{FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::codes;
use crate::expression::{self, Names, Type, Written};
use crate::tree::ItemId;

use super::super::plan::{Derived, DerivedValue, FieldPath, ScopeId, Takes};
use super::super::syntax::{At, Entry, Item};
use super::Compiler;

const WORDS: [&str; 5] = ["const", "expression", "counter", "for", "mismatch"];

impl Compiler<'_> {
    pub(super) fn derived(&mut self) {
        for entry in &self.written.derived.clone() {
            let key = format!("derived.{}", entry.key);
            let Item::Table(words, _) = &entry.item else {
                let message = format!(
                    "`{key}` must be a table: `{{ const = \"...\" }}`, `{{ expression = \"...\" }}` or `{{ counter = \"lines\" }}`"
                );
                self.report(codes::FILE_WRONG_TYPE, message, &entry.key_at, &key);
                continue;
            };
            self.derived_entry(entry, words, &key);
        }
    }

    fn derived_entry(&mut self, entry: &Entry, words: &[Entry], key: &str) {
        for word in words.iter().filter(|word| !WORDS.contains(&word.key.as_str())) {
            let message = format!("unknown word `{}` in `{key}`", word.key);
            let mut diagnostic = self
                .written
                .diagnostic(codes::FILE_UNKNOWN_KEY, message, &word.key_at, Some(key));
            diagnostic.remedy = self.suggestion(&word.key, WORDS);
            self.push(diagnostic);
        }
        let report = match self.word(words, "mismatch", key) {
            None => true,
            Some((text, _)) if text == "report" => true,
            Some((text, _)) if text == "ignore" => false,
            Some((_, at)) => {
                self.report(
                    codes::FILE_WRONG_VALUE,
                    "`mismatch` is \"report\" or \"ignore\"",
                    &at,
                    key,
                );
                true
            }
        };
        let counter = self.words(words, "counter", key);
        let constant = self.word(words, "const", key);
        let expression = self.word(words, "expression", key);
        if usize::from(!counter.is_empty()) + usize::from(constant.is_some()) + usize::from(expression.is_some()) != 1 {
            let message = format!("`{key}` needs one of `const`, `expression` and `counter`");
            self.report(codes::FILE_MISSING_KEY, message, &entry.key_at, key);
            return;
        }
        let mut lists = self.words(words, "for", key);
        lists.extend(counter.clone());
        for (scope, at) in self.scopes_of(&lists, &entry.key_at, key) {
            let value = match (&constant, &expression) {
                (Some((text, _)), _) => DerivedValue::Constant(text.clone()),
                (_, Some((text, at))) => match self.expression(text, at, scope, key) {
                    Some(expression) => DerivedValue::Expression(expression),
                    None => return,
                },
                _ => DerivedValue::Counter,
            };
            self.derived_place(entry, scope, value, report, &at, key);
        }
    }

    /// The scopes of the lists named; the document's when none is.
    fn scopes_of(&mut self, lists: &[(String, At)], at: &At, key: &str) -> Vec<(ScopeId, At)> {
        if lists.is_empty() {
            return vec![(0, at.clone())];
        }
        let mut found = Vec::new();
        for (path, at) in lists {
            let of_list: Vec<ScopeId> = (1..self.scopes.len())
                .filter(|scope| self.scopes[*scope].path == *path && !self.is_on_the_way(*scope))
                .collect();
            if of_list.is_empty() {
                let paths: Vec<String> = self.scopes[1..].iter().map(|scope| scope.path.clone()).collect();
                let message = format!("no loop of the document fills `{path}`");
                let mut diagnostic = self
                    .written
                    .diagnostic(codes::MAPPING_UNKNOWN_FIELD, message, at, Some(key));
                diagnostic.remedy =
                    self.suggestion(path, paths.iter().map(String::as_str).filter(|path| !path.is_empty()));
                self.push(diagnostic);
            }
            found.extend(of_list.into_iter().map(|scope| (scope, at.clone())));
        }
        found
    }

    fn is_on_the_way(&self, scope: ScopeId) -> bool {
        let parent = &self.scopes[self.scopes[scope].parent];
        let attach = parent
            .children
            .iter()
            .find(|child| child.scope == scope)
            .map(|child| &child.attach);
        matches!(attach, Some(super::super::plan::Attach::Through))
    }

    fn derived_place(&mut self, entry: &Entry, scope: ScopeId, value: DerivedValue, report: bool, at: &At, key: &str) {
        let Some(place) = self.place(&entry.key, &entry.key_at, key) else {
            return;
        };
        // The place may stand in a loop on the way to the list, as LX01 does for `LX/W12`.
        let mut scope = scope;
        let segment = place.steps.first().map(|step| step.segment.clone()).unwrap_or_default();
        while !self.has_segment(self.scopes[scope].item, &segment)
            && scope != 0
            && self.is_on_the_way(self.scopes[scope].parent)
        {
            scope = self.scopes[scope].parent;
        }
        let Some(line_place) = self.line_place(scope, &place, &Takes::One, &entry.key_at, key) else {
            return;
        };
        let source = self.written.line_of(at);
        self.scopes[scope].derived.push(self.derived.len());
        self.derived.push(Derived {
            place: line_place,
            value,
            report,
            name: entry.key.clone(),
            source,
        });
    }

    fn has_segment(&self, item: ItemId, segment: &str) -> bool {
        let tag = crate::tree::Tag::new(segment.as_bytes());
        let grammar = self.grammar;
        grammar
            .children(item)
            .any(|id| grammar.item(id).tag == tag && !grammar.is_loop(id))
    }

    fn expression(
        &mut self,
        text: &str,
        at: &At,
        scope: ScopeId,
        key: &str,
    ) -> Option<expression::Expression<FieldPath>> {
        let names = Fields {
            shape: self.shape,
            node: self.scopes[scope].shape,
        };
        let written = Written {
            file: &self.written.files[at.file],
            span: at.span.clone(),
            key,
        };
        expression::parse(text, &names, &written, None, self.diagnostics)
    }
}

/// Names of an expression: canonical fields, from a node.
struct Fields {
    shape: &'static Shape,
    node: NodeShapeId,
}

impl Names for Fields {
    type Name = FieldPath;

    fn resolve(&self, path: &str) -> Option<(FieldPath, Type)> {
        let mut fields: Vec<FieldId> = Vec::new();
        let mut node = self.node;
        let mut several = false;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let id = self.shape.node(node).field(name)?;
            let field = self.shape.node(node).get(id);
            several |= field.list;
            fields.push(id);
            let scalar = match &field.kind {
                Kind::Object(inner) if self.shape.node(*inner).quantity && names.peek().is_none() => {
                    fields.push(self.shape.node(*inner).field("value")?);
                    Type::Number
                }
                Kind::Object(_) if names.peek().is_none() => {
                    return several.then_some((FieldPath { fields }, Type::Entries));
                }
                Kind::Object(inner) => {
                    node = *inner;
                    continue;
                }
                Kind::Decimal => Type::Number,
                _ => Type::Text,
            };
            let kind = match (scalar, several) {
                (Type::Number, true) => Type::Numbers,
                (Type::Text, true) => Type::Texts,
                (kind, _) => kind,
            };
            return names.peek().is_none().then_some((FieldPath { fields }, kind));
        }
        None
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
