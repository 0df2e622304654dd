//! `when`: what the object must say for a line or table to be used. Reading must know it before, writing must be able to
//! give it back: so what is asked must be filled by lines that are always used, in the same loop or around it.

use crate::canonical::{FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::codes;
use crate::expression::{self, Names, Type, Written};
use crate::mapping::plan::{Asked, FieldPath, Guard, GuardId, Lens, LineId, Scope, ScopeId, Takes, Way};
use crate::mapping::syntax::{At, Entry};

use super::derived::Fields;
use super::names::suggestion;
use super::{Compiler, Target};

/// Where a guard stands.
pub(super) struct GuardUse {
    guard: GuardId,
    scope: ScopeId,
    /// The row whose entries it is asked of.
    row: Option<usize>,
    part: Option<usize>,
    /// Canonical path of the node it is asked of.
    node: String,
    /// The word that asks: `when`, or `units`.
    word: &'static str,
    /// What it guards.
    path: String,
    at: At,
}

impl Compiler<'_> {
    /// The guards of a line or table in `target`: those of the tables around it in the same loop, and its own.
    pub(super) fn guards(&mut self, target: &Target, entries: &[Entry], path: &str) -> Vec<GuardId> {
        let mut guards = target.guards.clone();
        guards.extend(self.guard(target, entries, path));
        guards
    }

    /// The guard that asks for the field `by` of the item, and holds whatever it is; `items` are those that are known.
    pub(super) fn item_guard(
        &mut self,
        target: &Target,
        (by, at): (&str, &At),
        items: Vec<String>,
        path: &str,
    ) -> Option<GuardId> {
        let text = format!("present({by}) or not present({by})");
        let id = self.asking(target, (&text, at), ("units", path))?;
        let asked = self.guards[id].expression.names().first().map(|asked| (*asked).clone())?;
        let node = self.guard_uses.last()?.node.clone();
        let field = self.asked_path(&node, &asked);
        self.guards[id].cases = items.into_iter().map(|item| (field.clone(), item)).collect();
        Some(id)
    }

    fn guard(&mut self, target: &Target, entries: &[Entry], path: &str) -> Option<GuardId> {
        let (text, at) = self.word(entries, "when", path)?;
        self.asking(target, (text, &at), ("when", path))
    }

    /// The guard that a text is, under a word of the line of `path`.
    fn asking(
        &mut self,
        target: &Target,
        (text, at): (&str, &At),
        (word, path): (&'static str, &str),
    ) -> Option<GuardId> {
        let at = at.clone();
        let key = format!("{path}.{word}");
        let base: Vec<&str> = target.path.split('.').filter(|name| !name.is_empty()).collect();
        let base = base[..base.len() - target.steps.len()].join(".");
        let names = Asking { compiler: self, target, base: &base };
        let written = Written { file: &self.written.files[at.file], span: at.span.clone(), key: &key };
        let mut told = crate::diagnostic::Diagnostics::unlimited();
        let expression = expression::parse(text, &names, &written, Some(Type::Boolean), &mut told);
        told.take().into_iter().for_each(|diagnostic| self.push(diagnostic));
        let expression = expression?;
        let cases = expression.compared();
        let cases = cases.iter().map(|(name, text)| (self.asked_path(&base, name), (*text).to_owned())).collect();
        let source = self.origins.of(&at);
        let guard = Guard { expression, text: text.to_owned(), source, cases };
        let (scope, row, part) = (target.scope, target.row, target.part);
        let id = self.guards.len();
        self.guard_uses.push(GuardUse { guard: id, scope, row, part, node: base, word, path: path.to_owned(), at });
        self.guards.push(guard);
        Some(id)
    }

    /// The canonical path of a field that is asked from the node at `base`.
    pub(super) fn asked_path(&self, base: &str, asked: &Asked) -> String {
        let mut names: Vec<&str> = base.split('.').filter(|name| !name.is_empty()).collect();
        names.truncate(names.len() - usize::from(asked.up));
        let mut shape = shape_at(self.shape, &names).unwrap_or(NodeShapeId(0));
        for field in &asked.field.fields {
            let field = self.shape.node(shape).get(*field);
            names.push(&field.name);
            if let Kind::Object(inner) = &field.kind {
                shape = *inner;
            }
        }
        names.join(".")
    }

    /// Checks of every guard that what it asks is known before it is asked, both ways.
    pub(super) fn guards_known(&mut self) {
        for used in std::mem::take(&mut self.guard_uses) {
            let names = self.guards[used.guard].expression.names();
            let paths: Vec<String> = names.into_iter().map(|asked| self.asked_path(&used.node, asked)).collect();
            for path in paths {
                self.known_before(&used, &path);
            }
            let cases = self.guards[used.guard].cases.clone();
            self.words_asked(&cases, &used.at, &used.path);
        }
    }

    fn known_before(&mut self, used: &GuardUse, asked: &str) {
        let fills = |line: LineId| {
            let line = &self.lines[usize::from(line)];
            let sibling = matches!(line.lens, Lens::Words { sibling: Some(_), .. });
            let rest = asked.strip_prefix(line.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || (sibling && rest == "_code"))
        };
        let all: Vec<LineId> = (0..self.lines.len() as u16).filter(|line| fills(*line)).collect();
        let here: Vec<LineId> = all.iter().copied().filter(|line| self.read_before(used, *line)).collect();
        let line = |id: LineId| &self.lines[usize::from(id)];
        // A line that has an error told it already.
        let within =
            |path: &String| path.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if all.is_empty() && (self.is_broken(asked) || self.broken.iter().any(within)) {
            return;
        }
        let (what, remedy) = if all.is_empty() {
            let mapped: Vec<String> = self.lines.iter().map(|line| line.path.clone()).collect();
            let otherwise = format!("add a line for `{asked}`, so that it is read and written");
            let remedy = suggestion(asked, mapped.iter().map(String::as_str), &otherwise);
            ("no line fills it", remedy)
        } else if here.is_empty() {
            let remedy = "ask a field that is filled in the same loop as this, or in one around it";
            ("it is filled in another loop, which is read later", remedy.to_owned())
        } else if here.iter().all(|id| !line(*id).guards.is_empty()) {
            ("it has a `when` itself", "ask a field that is always read".to_owned())
        } else if here.iter().all(|id| line(*id).way != Way::Both) {
            ("its line goes one way only", "ask a field that is read and written".to_owned())
        } else {
            return;
        };
        let (word, path) = (used.word, &used.path);
        let message = format!("`{word}` of `{path}` asks `{asked}`, and {what}");
        let cause = "what it asks must be known before, when a document is read and when it is written";
        let diagnostic = self.problem(codes::MAPPING_WHEN, message, &self.token(&used.at, asked), path);
        self.push(diagnostic.cause(cause).remedy(remedy));
    }

    /// Is the line read before what is guarded: in the same entry, the same loop, or one around it?
    fn read_before(&self, used: &GuardUse, line: LineId) -> bool {
        let mut scope = used.scope;
        loop {
            let Scope { rows, joined, constants, parent, parts, .. } = &self.scopes[scope];
            let single = |number: usize| rows[number].takes == Takes::One;
            let own = |number: usize| scope == used.scope && used.row == Some(number);
            let mut numbers = (0..rows.len()).filter(|number| single(*number) || own(*number));
            let part = used.part.filter(|_| scope == used.scope).map(|part| &parts[part].own);
            if part.is_some_and(|own| own.contains(&line)) {
                return true;
            }
            if joined.contains(&line) || constants.contains(&line) || numbers.any(|n| rows[n].lines.contains(&line)) {
                return true;
            }
            if scope == *parent {
                return false;
            }
            scope = *parent;
        }
    }

    /// Reports texts that a field of words never is: `cases` are fields with texts that `asker` compares them with.
    pub(super) fn words_asked(&mut self, cases: &[(String, String)], at: &At, asker: &str) {
        for (path, text) in cases {
            let names: Vec<&str> = path.split('.').collect();
            let Some((name, around)) = names.split_last() else { continue };
            let field = shape_at(self.shape, around).map(|shape| self.shape.node(shape));
            let field = field.and_then(|node| Some(node.get(node.field(name)?)));
            if let Some(Kind::Word(words)) = field.map(|field| &field.kind)
                && !words.contains(text)
            {
                let message = format!("`{path}` has no word `{text}`, so `{asker}` asks in vain");
                let otherwise = format!("its words are {}", words.join(", "));
                let remedy = suggestion(text, words.iter().map(String::as_str), &otherwise);
                let at = self.token(at, text);
                self.report(codes::MAPPING_WRONG_WORD, message, &at, asker, remedy);
            }
        }
    }

    /// Is it certain that two sets of guards never hold together?
    pub(super) fn never_both(&self, one: &[GuardId], other: &[GuardId]) -> bool {
        let expressions =
            |guards: &[GuardId]| -> Vec<_> { guards.iter().map(|guard| &self.guards[*guard].expression).collect() };
        !one.is_empty() && !other.is_empty() && expression::never_both(&expressions(one), &expressions(other))
    }
}

/// Names of a guard: the fields of the node it stands in, and of those around it.
struct Asking<'c, 'a> {
    compiler: &'c Compiler<'a>,
    target: &'c Target,
    base: &'c str,
}

impl Asking<'_, '_> {
    /// The nodes that names are looked for in, the nearest first: shape, nodes outward from the base, fields inward.
    fn nodes(&self) -> Vec<(NodeShapeId, u8, Vec<FieldId>)> {
        let shape = self.compiler.shape;
        let base: Vec<&str> = self.base.split('.').filter(|name| !name.is_empty()).collect();
        let steps = &self.target.steps;
        let inner = (1..=steps.len()).rev().map(|count| {
            let fields = steps[..count].iter().map(|(field, _)| *field).collect();
            (steps[count - 1].1, 0, fields)
        });
        let outer = (0..=base.len()).rev().filter_map(|count| {
            Some((shape_at(shape, &base[..count])?, u8::try_from(base.len() - count).ok()?, Vec::new()))
        });
        inner.chain(outer).collect()
    }
}

impl Names for Asking<'_, '_> {
    type Name = Asked;

    fn resolve(&self, path: &str) -> Option<(Asked, Type)> {
        self.nodes().into_iter().find_map(|(node, up, mut fields)| {
            let (found, kind) = Fields { shape: self.compiler.shape, node }.resolve(path)?;
            fields.extend(found.fields);
            Some((Asked { up, field: FieldPath { fields, unit: found.unit } }, kind))
        })
    }

    fn candidates(&self) -> Vec<String> {
        let shape = self.compiler.shape;
        self.nodes().into_iter().flat_map(|(node, ..)| Fields { shape, node }.candidates()).collect()
    }

    fn cause(&self, path: &str) -> Option<String> {
        let place = self.compiler.parsed(path).ok().filter(|place| place.element.is_some())?;
        let tag = &place.steps.last()?.segment;
        Some(format!("`{path}` is a place of the segment {tag}; `when` asks canonical fields, which both ways know"))
    }
}

/// The shape of the node at a canonical path.
fn shape_at(shape: &Shape, names: &[&str]) -> Option<NodeShapeId> {
    names.iter().try_fold(NodeShapeId(0), |at, name| {
        let node = shape.node(at);
        match node.get(node.field(name)?).kind {
            Kind::Object(inner) => Some(inner),
            _ => None,
        }
    })
}
