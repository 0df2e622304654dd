//! `[rule.NAME]`: what must hold of the canonical object.

use crate::canonical::{FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::codes;
use crate::expression::{self, Expression, Names, Type, Written};
use crate::mapping::plan;
use crate::mapping::rules::{Asked, Owner, Policy, Rule};
use crate::mapping::syntax::{At, Entry, Item, is_false};

use super::Compiler;
use super::derived::Fields;
use super::names::suggestion;
use super::words::entry;

/// Words of a rule.
pub(in crate::mapping) const RULE_WORDS: [&str; 8] =
    ["must", "when", "for", "policy", "owner", "message", "remedy", "says"];

impl Compiler<'_> {
    pub(super) fn rules(&mut self) {
        let written = self.written;
        for rule in &written.rules {
            let key = format!("rule.{}", rule.key);
            match &rule.item {
                Item::Table(words, _) => {
                    let rule = self.rule(rule, words, &key);
                    self.rules.extend(rule);
                }
                item if is_false(item) => self.nothing_dropped(&key, &rule.key_at),
                item @ Item::Value(..) => {
                    let message = format!("`{key}` must be a table that says what must hold");
                    let remedy = format!("write [{key}] and below `must = \"present(lot)\"`");
                    self.report(codes::FILE_WRONG_TYPE, message, &item.at(), &key, remedy);
                }
            }
        }
    }

    fn rule(&mut self, written: &Entry, words: &[Entry], key: &str) -> Option<Rule> {
        for word in words.iter().filter(|word| !RULE_WORDS.contains(&word.key.as_str())) {
            let message = format!("`{key}` has the word `{}`, which no rule has", word.key);
            let remedy = suggestion(&word.key, RULE_WORDS, "remove it");
            self.report(codes::FILE_UNKNOWN_KEY, message, &word.key_at, key, remedy);
        }
        let of = self.word(words, "for", key);
        let (lists, node) = match &of {
            Some((path, at)) => self.rule_list(path, at, key)?,
            None => (Vec::new(), NodeShapeId(0)),
        };
        let entry_of = (node, of.map_or("", |(path, _)| path));
        if entry(words, "must").is_none() {
            let message = format!("`{key}` does not say what must hold");
            let remedy = "add `must`, such as `must = \"present(lot)\"`; to drop the base's rule write `false`";
            self.report(codes::FILE_MISSING_KEY, message, &written.key_at, key, remedy);
            return None;
        }
        let (demanded, at) = self.word(words, "must", key)?;
        let must = self.asked(demanded, &at, entry_of, &format!("{key}.must"))?;
        let when = match self.word(words, "when", key) {
            Some((text, at)) => Some(self.asked(text, &at, entry_of, &format!("{key}.when"))?),
            None => None,
        };
        let policies = self.policies(words, key)?;
        let owner = self.one_of(words, "owner", &Owner::WORDS, key)?.unwrap_or(Owner::Integration);
        let mut source = self.written.line_of(&written.key_at);
        if let Some((says, _)) = self.word(words, "says", key) {
            source.push_str(&format!(": {says}"));
        }
        let text = |compiler: &mut Self, word| compiler.word(words, word, key).map(|(text, _)| text.to_owned());
        let (message, remedy) = (text(self, "message"), text(self, "remedy"));
        let (name, demanded) = (written.key.clone(), demanded.to_owned());
        Some(Rule { name, lists, when, must, demanded, policies, owner, message, remedy, source })
    }

    /// On reading and on writing: one word for both, or a table with `receive` and `send`.
    fn policies(&mut self, words: &[Entry], key: &str) -> Option<[Policy; 2]> {
        let Some(Item::Table(ways, _)) = entry(words, "policy").map(|entry| &entry.item) else {
            let policy = self.one_of(words, "policy", &Policy::WORDS, key)?.unwrap_or(Policy::Hold);
            return Some([policy; 2]);
        };
        for word in ways.iter().filter(|word| !["receive", "send"].contains(&word.key.as_str())) {
            let message = format!("`policy` of `{key}` has the word `{}`, there are `receive` and `send`", word.key);
            let remedy = suggestion(&word.key, ["receive", "send"], "remove it");
            self.report(codes::FILE_UNKNOWN_KEY, message, &word.key_at, key, remedy);
        }
        let mut of = |way| Some(self.one_of(ways, way, &Policy::WORDS, key)?.unwrap_or(Policy::Hold));
        Some([of("receive")?, of("send")?])
    }

    /// The fields from the object to the entries of a list, and their shape.
    fn rule_list(&mut self, path: &str, at: &At, key: &str) -> Option<(Vec<FieldId>, NodeShapeId)> {
        let (mut fields, mut node) = (Vec::new(), NodeShapeId(0));
        for name in path.split('.') {
            let shape = self.shape.node(node);
            let found = shape.field(name).and_then(|field| match &shape.get(field).kind {
                Kind::Object(inner) => Some((field, *inner)),
                _ => None,
            });
            let Some((field, inner)) = found else {
                let message = format!("`for` of `{key}` is `{path}`, and a {} has no such list", self.shape.name);
                let is_list = |field: &&crate::canonical::Field| field.list && matches!(field.kind, Kind::Object(_));
                let known: Vec<&str> = shape.fields.iter().filter(is_list).map(|field| field.name.as_str()).collect();
                let remedy = suggestion(name, known.iter().copied(), &format!("there are {}", known.join(", ")));
                self.report(codes::MAPPING_UNKNOWN_FIELD, message, &self.token(at, name), key, remedy);
                return None;
            };
            fields.push(field);
            node = inner;
        }
        Some((fields, node))
    }

    /// The condition that a text is, asked of entries of a list: their shape, and the list's path.
    fn asked(
        &mut self,
        text: &str,
        at: &At,
        (node, list): (NodeShapeId, &str),
        key: &str,
    ) -> Option<Expression<Asked>> {
        let names = EntryNames::of(self.shape, node);
        let written = Written { file: &self.written.files[at.file], span: at.span.clone(), key };
        let condition = expression::parse(text, &names, &written, Some(Type::Boolean), self.diagnostics)?;
        let path = |asked: &Asked| {
            let base = if asked.of_object { "" } else { list };
            self.asked_path(base, &plan::Asked { up: 0, field: asked.field.clone() })
        };
        let cases = condition.compared();
        let cases: Vec<_> = cases.into_iter().map(|(asked, text)| (path(asked), text.to_owned())).collect();
        self.words_asked(&cases, at, key);
        Some(condition)
    }
}

/// Names of an expression for an entry: its fields, else those of the object.
pub(super) struct EntryNames {
    entry: Fields,
    object: Fields,
}

impl EntryNames {
    pub(super) fn of(shape: &'static Shape, node: NodeShapeId) -> Self {
        Self { entry: Fields { shape, node }, object: Fields { shape, node: NodeShapeId(0) } }
    }
}

impl Names for EntryNames {
    type Name = Asked;

    fn resolve(&self, path: &str) -> Option<(Asked, Type)> {
        let of =
            |fields: &Fields, of_object| fields.resolve(path).map(|(field, kind)| (Asked { of_object, field }, kind));
        of(&self.entry, false).or_else(|| of(&self.object, true))
    }

    fn candidates(&self) -> Vec<String> {
        match self.entry.node == self.object.node {
            true => self.object.candidates(),
            false => [self.entry.candidates(), self.object.candidates()].concat(),
        }
    }

    fn cause(&self, path: &str) -> Option<String> {
        self.object.cause(path)
    }
}
