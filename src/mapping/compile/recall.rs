//! `recall`: the field of a record that a document repeats.

use crate::canonical::{self, FieldId, Kind, NodeShapeId, Shape};
use crate::diagnostic::codes;
use crate::expression::{Names, Type};
use crate::mapping::plan::ScopeId;
use crate::mapping::recall::{Recall, RecalledEntry, SaysTheSame};
use crate::mapping::syntax::Entry;
use crate::tree::{ElementType, ElementUse};

use super::Compiler;
use super::derived::Fields;
use super::names::suggestion;
use super::words::Said;

impl Compiler<'_> {
    pub(super) fn recall(
        &mut self,
        (text, at): Said<'_>,
        words: &[Entry],
        scope: ScopeId,
        element: &ElementUse,
        key: &str,
    ) -> Option<Recall> {
        let (name, path) = text.split_once('.').unwrap_or((text, ""));
        let Some(shape) = canonical::shape(name) else {
            let message = format!("`recall` of `{key}` is `{text}`, and there is no canonical object `{name}`");
            let names: Vec<&str> = canonical::names().collect();
            let otherwise = format!("write the object and its field: `{}.order_number`", names[0]);
            let remedy = suggestion(name, names.iter().copied(), &otherwise);
            self.report(codes::MAPPING_UNKNOWN_OBJECT, message, &at, key, remedy);
            return None;
        };
        let list = list_of(shape, path);
        let (node, rest) = match list {
            Some((_, node, rest)) => (node, rest),
            None => (NodeShapeId(0), path),
        };
        let recorded = Fields { shape, node };
        let found = recorded.resolve(rest).filter(|(_, kind)| !kind.is_list());
        let Some((field, kind)) = found else {
            let message = format!("a {name} has no single value `{path}`");
            let remedy = suggestion(
                rest,
                recorded.candidates().iter().map(String::as_str),
                &format!("see its fields with `crossdock schema {name} --fields`"),
            );
            self.report(codes::MAPPING_UNKNOWN_FIELD, message, &at, key, remedy);
            return None;
        };
        if kind != Type::Number && matches!(element.kind, ElementType::Implied(_) | ElementType::Decimal) {
            let message =
                format!("`{text}` is {}, element {} ({}) holds a number", kind.phrase(), element.number, element.name);
            self.report(codes::MAPPING_WRONG_TYPE, message, &at, key, "recall a field that is a number");
            return None;
        }
        let by = self.words(words, "by", key);
        let entry = match (list, by.first()) {
            (None, None) => None,
            (Some((list, ..)), Some(_)) => {
                let by = by.iter().map(|by| self.says_the_same(&recorded, by, scope, key)).collect::<Option<_>>()?;
                Some(RecalledEntry { list, by })
            }
            (Some(_), None) => {
                let message = format!("`{text}` stands in a list, and `{key}` does not say which entry is meant");
                let remedy = "add `by`, the field that says the same in both: `by = \"sku\"`";
                self.report(codes::FILE_MISSING_KEY, message, &at, key, remedy);
                return None;
            }
            (None, Some((_, at))) => {
                let message = format!("`by` has no effect on `{key}`: `{text}` stands in no list");
                self.report(codes::MAPPING_NO_EFFECT, message, at, key, "remove `by`");
                return None;
            }
        };
        Some(Recall { record: shape, entry, field, text: text.to_owned(), kind })
    }

    /// A field by which the entry of the record's list is known that is ours.
    fn says_the_same(
        &mut self,
        recorded: &Fields,
        (by, at): &Said<'_>,
        scope: ScopeId,
        key: &str,
    ) -> Option<SaysTheSame> {
        let ours = Fields { shape: self.shape, node: self.scopes[scope].shape };
        let single = |found: Option<(crate::mapping::plan::FieldPath, Type)>| {
            found.filter(|(_, kind)| !kind.is_list()).map(|(field, _)| field)
        };
        let (own, theirs) = (single(ours.resolve(by)), single(recorded.resolve(by)));
        if let (Some(own), Some(theirs)) = (own, theirs) {
            return Some(SaysTheSame { own, recorded: theirs, name: (*by).to_owned() });
        }
        let message = format!("`by` of `{key}` is `{by}`, which is no single value of both entries");
        let remedy =
            "name a field that the entry and the record's have, such as `sku`; `for` says which entries are ours";
        self.report(codes::MAPPING_UNKNOWN_FIELD, message, at, key, remedy);
        None
    }
}

/// The list of the object that a path begins with, the shape of its entries, and the rest of the path.
fn list_of<'p>(shape: &Shape, path: &'p str) -> Option<(FieldId, NodeShapeId, &'p str)> {
    let (name, rest) = path.split_once('.')?;
    let field = shape.nodes[0].field(name)?;
    match shape.nodes[0].get(field) {
        canonical::Field { kind: Kind::Object(inner), list: true, .. } => Some((field, *inner, rest)),
        _ => None,
    }
}
