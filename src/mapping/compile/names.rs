//! How messages call things: documents, loops, segments and elements in the standard's words, and what was meant
//! instead of a name that does not exist.

use crate::canonical::{Kind, NodeShapeId};
use crate::diagnostic::suggest;
use crate::mapping::syntax::At;
use crate::tree::{ElementUse, ItemId, ItemKind, SegmentDefinition, Tag};

use super::Compiler;

/// Most fields that a remedy lists.
const SHOWN: usize = 24;

/// How deep canonical paths are looked for.
const DEPTH: usize = 5;

impl Compiler<'_> {
    /// Such as "transaction set 945 (Warehouse Shipping Advice) of release 004010".
    pub(super) fn document_name(&self) -> String {
        let grammar = self.grammar;
        let mut parts = grammar.name.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("x12"), Some(release), Some(set)) => {
                format!("transaction set {set} ({}) of release {release}", grammar.title)
            }
            _ => format!("{} ({})", grammar.name, grammar.title),
        }
    }

    /// "the document" or "the W12 loop".
    pub(super) fn loop_name(&self, item: ItemId) -> String {
        if item == ItemId::ROOT { "the document".into() } else { format!("the {} loop", self.grammar.item(item).tag) }
    }

    /// Such as "W12 (Warehouse Item Detail)".
    pub(super) fn segment_name(&self, item: ItemId) -> String {
        let tag = self.grammar.item(item).tag;
        match self.grammar.definition(item) {
            Some(definition) => format!("{tag} ({})", definition.name),
            None => tag.to_string(),
        }
    }

    /// The segments that stand directly in a loop, in the order of the table.
    pub(super) fn segments_of(&self, parent: ItemId) -> impl Iterator<Item = ItemId> + use<'_> {
        let grammar = self.grammar;
        grammar.children(parent).filter(|id| !grammar.is_loop(*id))
    }

    /// The identifiers of the loops that stand directly in a loop.
    pub(super) fn loops_of(&self, parent: ItemId) -> Vec<String> {
        let grammar = self.grammar;
        let loops = grammar.children(parent).filter(|id| grammar.is_loop(*id));
        loops.map(|id| grammar.item(id).tag.to_string()).collect()
    }

    /// Where the segments called `tag` stand.
    pub(super) fn positions_of(&self, tag: Tag) -> Vec<ItemId> {
        let ids = (1..self.grammar.items.len()).map(|id| ItemId(id as u16));
        ids.filter(|id| self.grammar.item(*id).tag == tag && !self.grammar.is_loop(*id)).collect()
    }

    /// Does `inner` stand somewhere in the loop `outer`?
    pub(super) fn stands_in(&self, inner: ItemId, outer: ItemId) -> bool {
        match self.grammar.item(outer).kind {
            ItemKind::Loop { end } => outer < inner && inner < end,
            ItemKind::Segment { .. } => false,
        }
    }

    /// The loops from `outer` (left out) to `inner`, as a place: `LX/W12`.
    pub(super) fn loop_path(&self, outer: ItemId, inner: ItemId) -> String {
        let mut tags = Vec::new();
        let mut at = inner;
        while at != outer && at != ItemId::ROOT {
            tags.insert(0, self.grammar.item(at).tag.to_string());
            at = self.grammar.item(at).parent;
        }
        tags.join("/")
    }

    /// The element of `definition` whose name has most words in common with the last word of a canonical path.
    pub(super) fn element_like(
        definition: &SegmentDefinition,
        path: &str,
        fits: &dyn Fn(&ElementUse) -> bool,
    ) -> Option<(usize, String)> {
        let wanted = words_of(path.rsplit('.').next().unwrap_or(path));
        let score = |element: &ElementUse| {
            let name = words_of(&element.name);
            wanted.iter().filter(|word| name.contains(word)).count()
        };
        let fitting = definition.elements.iter().enumerate().filter(|(_, element)| fits(element));
        let scored = fitting.map(|(index, element)| (score(element), index));
        let (best, index) = scored.max_by_key(|(score, index)| (*score, usize::MAX - index))?;
        (best > 0).then(|| (best, element_name(definition, index + 1)))
    }

    /// The element that a field's name calls to mind, among the segments of a loop.
    pub(super) fn element_in(&self, parent: ItemId, path: &str) -> Option<String> {
        let definitions = self.segments_of(parent).filter_map(|id| self.grammar.definition(id));
        let found = definitions.filter_map(|definition| Self::element_like(definition, path, &|_| true));
        found.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, name)| name)
    }

    /// The element of the same data element number, among the segments of a loop.
    pub(super) fn element_numbered(&self, parent: ItemId, number: &str) -> Option<String> {
        let mut definitions = self.segments_of(parent).filter_map(|id| self.grammar.definition(id));
        definitions.find_map(|definition| {
            let index = definition.elements.iter().position(|element| *element.number == *number)?;
            Some(element_name(definition, index + 1))
        })
    }

    /// What was meant by a field that the node `shape` does not have.
    pub(super) fn field_suggestion(&self, wanted: &str, shape: NodeShapeId) -> String {
        let fields = &self.shape.node(shape).fields;
        let near = suggest::nearest(wanted, fields.iter().map(|field| field.name.as_str()));
        let elsewhere = || {
            let paths = self.paths();
            let ends = |path: &&String| path.rsplit('.').next() == Some(wanted) && path.contains('.');
            paths.iter().find(ends).cloned()
        };
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => match elsewhere() {
                Some(path) => format!("did you mean `{path}`?"),
                None if fields.len() <= SHOWN => {
                    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                    format!("its fields are {}", names.join(", "))
                }
                None => format!("see the fields with `crossdock schema {}`", self.shape.name),
            },
        }
    }

    /// The canonical paths of the object, without indices.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect_paths(NodeShapeId(0), "", 0, &mut paths);
        paths.sort_by_key(|path| path.matches('.').count());
        paths
    }

    fn collect_paths(&self, shape: NodeShapeId, prefix: &str, depth: usize, paths: &mut Vec<String>) {
        for field in &self.shape.node(shape).fields {
            let path = format!("{prefix}{}", field.name);
            if let Kind::Object(inner) = &field.kind
                && depth < DEPTH
            {
                self.collect_paths(*inner, &format!("{path}."), depth + 1, paths);
            }
            paths.push(path);
        }
    }

    /// The part of the text at `at` that says `token`; all of it when it does not.
    pub(super) fn token(&self, at: &At, token: &str) -> At {
        let text = self.written.files[at.file].text.get(at.span.clone());
        // Mostly it is what stands between the quotes.
        let quoted = |text: &str| text.get(1..1 + token.len()) == Some(token);
        if !token.is_empty() && text.is_some_and(quoted) && !text.is_some_and(|text| text.starts_with(token)) {
            let start = at.span.start + 1;
            return At { file: at.file, span: start..start + token.len() };
        }
        match text.and_then(|text| text.find(token)) {
            Some(start) if !token.is_empty() => {
                let start = at.span.start + start;
                At { file: at.file, span: start..start + token.len() }
            }
            _ => at.clone(),
        }
    }
}

/// Such as "`W1203`, Number of Units Shipped".
pub(super) fn element_name(definition: &SegmentDefinition, position: usize) -> String {
    let name = definition.elements.get(position - 1).map_or("", |element| element.name.as_ref());
    format!("`{}`, {name}", definition.designator(position as u16))
}

/// "did you mean" for a name of this list, or the remedy `otherwise`.
pub(super) fn suggestion<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>, otherwise: &str) -> String {
    match suggest::nearest(wanted, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}

/// "a", "a and b", "a, b and c".
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn words_of(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    words.map(str::to_lowercase).collect()
}
