//! Levels at work: nested before a document is read, told where no table takes one, numbered when one is written.

use crate::canonical::{NodeId, Object};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::tree::{BitSet, ElementId, NONE, OccurrenceId, Text, Tree};

use super::context::Context;
use super::element_text::ElementText;
use super::plan::{Attach, Child, Form, Hierarchy, Line, LoopCondition, Plan, ScopeId};
use super::write::Walk;

/// A kind of level that was found, and how deep at most.
struct Kind<'k> {
    code: &'k [u8],
    depth: u32,
}

/// The kinds of level met so far, in the order in which they were.
#[derive(Default)]
struct Kinds<'k>(Vec<Kind<'k>>);

impl<'k> Kinds<'k> {
    fn add(&mut self, code: &'k [u8], depth: u32) {
        match self.0.iter_mut().find(|kind| kind.code == code) {
            Some(kind) => kind.depth = kind.depth.max(depth),
            None => self.0.push(Kind { code, depth }),
        }
    }

    /// Such as `S-O-P-I`: a kind that stands deeper comes later.
    fn joined(mut self) -> String {
        self.0.sort_by_key(|kind| kind.depth);
        let codes: Vec<_> = self.0.iter().map(|kind| String::from_utf8_lossy(kind.code)).collect();
        codes.join("-")
    }
}

impl Hierarchy {
    /// Hangs the levels of a placed tree into each other.
    pub(super) fn nest(&self, tree: &mut Tree, bytes: &[u8]) {
        tree.nest(self.form, self.trusted, &self.order, bytes);
    }

    /// Is the occurrence a level?
    pub(super) fn is_level(&self, tree: &Tree, occurrence: OccurrenceId) -> bool {
        tree.occurrences[occurrence as usize].item == self.form.item
    }

    /// The numbers of a level count as read: they are made anew when one is written.
    pub(super) fn cover(&self, tree: &Tree, occurrence: OccurrenceId, coverage: &mut BitSet) {
        for position in [self.form.number, self.form.parent, self.form.children] {
            if let Some(element) = self.element(tree, occurrence, position) {
                coverage.insert(element);
            }
        }
    }

    /// The element at `position` of the segment that opens a level.
    pub(super) fn element(&self, tree: &Tree, occurrence: OccurrenceId, position: u16) -> Option<ElementId> {
        let occurrence = &tree.occurrences[occurrence as usize];
        let first = Some(occurrence.first_segment).filter(|index| *index != NONE && !occurrence.implied)?;
        tree.element(&tree.segments[first as usize], position)
    }

    /// The text at `position` of the segment that opens a level.
    pub(super) fn text<'b>(
        &self,
        tree: &'b Tree,
        bytes: &'b [u8],
        occurrence: OccurrenceId,
        position: u16,
    ) -> &'b [u8] {
        let element = self.element(tree, occurrence, position);
        element.map_or(b"", |element| tree.bytes(tree.elements[element as usize], bytes).trim_ascii())
    }

    /// The kinds of level in a nested tree, such as `S-O-P-I`, and the first element that says one.
    pub(super) fn structure(&self, tree: &Tree, bytes: &[u8]) -> Option<(String, ElementId)> {
        let mut kinds = Kinds::default();
        let mut first = None;
        let mut depths = vec![0; tree.occurrences.len()];
        for id in 0..tree.occurrences.len() as OccurrenceId {
            if !self.is_level(tree, id) {
                continue;
            }
            // Who stands around a level stands before it.
            let depth = depths[tree.occurrences[id as usize].parent as usize] + 1;
            depths[id as usize] = depth;
            let code = self.text(tree, bytes, id, self.form.code);
            if let Some(element) = self.element(tree, id, self.form.code).filter(|_| !code.is_empty()) {
                kinds.add(code, depth);
                first.get_or_insert(element);
            }
        }
        Some((kinds.joined(), first?))
    }
}

/// A kind of level that no table takes where it stands: how many there are, and the first.
#[derive(Debug)]
pub(super) struct LevelsLeft {
    scope: ScopeId,
    occurrence: OccurrenceId,
    count: u32,
}

/// Remembers a level that the scope around it does not take.
pub(super) fn leave(
    left: &mut Vec<LevelsLeft>,
    (hierarchy, tree, bytes): (&Hierarchy, &Tree, &[u8]),
    scope: ScopeId,
    occurrence: OccurrenceId,
) {
    let code = |occurrence| hierarchy.text(tree, bytes, occurrence, hierarchy.form.code);
    let known = left.iter_mut().find(|known| known.scope == scope && code(known.occurrence) == code(occurrence));
    match known {
        Some(known) => known.count += 1,
        None => left.push(LevelsLeft { scope, occurrence, count: 1 }),
    }
}

/// Tells which levels no table took.
pub(super) fn report_left(
    left: &[LevelsLeft],
    plan: &Plan,
    (tree, bytes): (&Tree, &[u8]),
    context: &Context<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(hierarchy) = &plan.hierarchy else { return };
    let name = |occurrence: OccurrenceId| {
        let text = |position| context.decode(hierarchy.text(tree, bytes, occurrence, position)).into_owned();
        (text(hierarchy.form.number), text(hierarchy.form.code))
    };
    for LevelsLeft { scope, occurrence, count } in left {
        let tag = plan.grammar.item(hierarchy.form.item).tag;
        let (number, code) = name(*occurrence);
        let parent = tree.occurrences[*occurrence as usize].parent;
        let inside = match hierarchy.is_level(tree, parent) {
            true => {
                let (number, code) = name(parent);
                format!("in level {code} ({tag} {number})")
            }
            false => "outside all other levels".to_owned(),
        };
        if code.is_empty() {
            if let Some(diagnostic) = without_kind(hierarchy, plan, tree, *occurrence, context) {
                diagnostics.push(diagnostic);
            }
            continue;
        }
        let (more, them) = match count {
            1 => (String::new(), "it"),
            count => (format!(", and {} more like it", count - 1), "them"),
        };
        let code_element = hierarchy.element(tree, *occurrence, hierarchy.form.code);
        let Some(element) = code_element.or_else(|| first_element(tree, *occurrence)) else { continue };
        let place = context.place(tree, element);
        if is_the_object(plan, hierarchy, code.as_bytes()) {
            let message = format!(
                "level {code} ({tag} {number}) stands {inside}, and the document has one already, which is the object itself{more}"
            );
            let cause = format!(
                "the mapping `{}` makes one object of a document; what stands in {them} is not mapped",
                plan.name
            );
            let remedy = format!("ask the partner to send a document of its own for each level {code}");
            let diagnostic = Diagnostic::new(codes::MAPPING_LEVEL_OF_OBJECT, message, place);
            diagnostics.push(diagnostic.cause(cause).remedy(remedy));
            continue;
        }
        let path = &plan.scopes[*scope].path;
        let list = if path.is_empty() { "[map]".to_owned() } else { format!("`{path}`") };
        let message =
            format!("level {code} ({tag} {number}) stands {inside}, where the mapping takes no such level{more}");
        let cause = format!(
            "{list} of the mapping `{}` has no table for {code}; what stands in {them} is not mapped",
            plan.name
        );
        let remedy = format!(
            "if the nesting is right, add a table `each = \"{tag}[{tag}{:02}={code}]\"` there; if not, ask the partner to correct {tag}{:02}",
            hierarchy.form.code, hierarchy.form.parent
        );
        diagnostics.push(Diagnostic::new(codes::MAPPING_LEVEL_NOT_TAKEN, message, place).cause(cause).remedy(remedy));
    }
}

/// Is a level of this kind the object itself? The first one is, so that another one has no place in it.
fn is_the_object(plan: &Plan, hierarchy: &Hierarchy, code: &[u8]) -> bool {
    level_of_object(plan, hierarchy).is_some_and(|child| code_of(hierarchy, child) == code)
}

/// The level that is the object itself.
fn level_of_object<'p>(plan: &'p Plan, hierarchy: &Hierarchy) -> Option<&'p Child> {
    let itself = |child: &&Child| matches!(&child.attach, Attach::One(steps) if steps.is_empty());
    let mut levels = plan.scopes[0].children.iter().filter(|child| child.item == hierarchy.form.item);
    levels.find(itself)
}

/// Is the level missing which is the object itself? Nothing of what stands in levels is taken then, which is told.
pub(super) fn report_missing(
    plan: &Plan,
    tree: &Tree,
    object: &Object,
    context: &Context<'_>,
    diagnostics: &mut Diagnostics,
) -> bool {
    let missing = || {
        let hierarchy = plan.hierarchy.as_ref()?;
        let level = level_of_object(plan, hierarchy).filter(|level| level.guards.is_empty())?;
        let mut levels = (0..tree.occurrences.len() as OccurrenceId).filter(|id| hierarchy.is_level(tree, *id));
        let first = first_element(tree, levels.next()?)?;
        object.occurrence(NodeId::ROOT).is_none_or(|at| at == 0).then_some((hierarchy, level, first))
    };
    let Some((hierarchy, level, first)) = missing() else { return false };
    let tag = plan.grammar.item(hierarchy.form.item).tag;
    let code = String::from_utf8_lossy(code_of(hierarchy, level));
    let message = format!("the document has no level {code}, which is the {} itself", plan.canonical.name);
    let cause =
        format!("the mapping `{}` takes what stands in that level; without it none of the levels is", plan.name);
    let remedy = format!("ask the partner to send {tag} of the kind {code} around the others");
    let place = context.place(tree, first);
    diagnostics.push(Diagnostic::new(codes::MAPPING_LEVEL_OF_OBJECT, message, place).cause(cause).remedy(remedy));
    true
}

/// A level that does not say of which kind it is: its first segment is missing, or its code.
fn without_kind(
    hierarchy: &Hierarchy,
    plan: &Plan,
    tree: &Tree,
    occurrence: OccurrenceId,
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let (tag, code) = (plan.grammar.item(hierarchy.form.item).tag, hierarchy.form.code);
    let place = context.place(tree, first_element(tree, occurrence)?);
    let message =
        format!("a level does not say in {tag}{code:02} of which kind it is, so no table of the mapping takes it");
    let cause = format!("what stands in it is not mapped by `{}`", plan.name);
    let remedy = format!("ask the partner to send {tag} with its kind before what stands in the level");
    Some(Diagnostic::new(codes::MAPPING_LEVEL_NOT_TAKEN, message, place).cause(cause).remedy(remedy))
}

fn first_element(tree: &Tree, occurrence: OccurrenceId) -> Option<ElementId> {
    let mut segments = tree.segments_in(occurrence);
    segments.find_map(|index| tree.element(&tree.segments[index as usize], 1))
}

/// A level that was written: its segment, and the level around it among those written.
#[derive(Debug)]
pub(super) struct WrittenLevel {
    pub(super) segment: usize,
    pub(super) parent: Option<usize>,
    pub(super) has_children: bool,
}

/// Numbers the levels of a document that was written whole, in its order.
pub(super) fn number(hierarchy: &Hierarchy, levels: &[WrittenLevel], tree: &mut Tree) {
    let form = hierarchy.form;
    for (at, level) in levels.iter().enumerate() {
        for position in &hierarchy.writes {
            let text = match *position {
                position if position == form.number => ElementText::number(at as u64 + 1),
                position if position == form.parent => match level.parent {
                    Some(parent) => ElementText::number(parent as u64 + 1),
                    None => ElementText::default(),
                },
                _ => if level.has_children { "1" } else { "0" }.into(),
            };
            put(tree, level.segment, *position, &text);
        }
    }
}

/// Puts a text into an element of a written segment.
pub(super) fn put(tree: &mut Tree, segment: usize, position: u16, text: &str) {
    let Some(id) = tree.element(&tree.segments[segment], position) else { return };
    let start = tree.made.len() as u32;
    tree.made.extend_from_slice(text.as_bytes());
    tree.elements[id as usize] = Text::made(start, tree.made.len() as u32);
}

/// The kinds of level that writing an object makes, such as `S-O-P-I`.
pub(super) fn structure_of(plan: &Plan, object: &Object) -> String {
    let mut kinds = Kinds::default();
    if let Some(hierarchy) = &plan.hierarchy {
        add_kinds((plan, hierarchy, object), 0, NodeId::ROOT, 1, &mut kinds);
    }
    kinds.joined()
}

fn add_kinds<'p>(
    (plan, hierarchy, object): (&'p Plan, &'p Hierarchy, &Object),
    scope: ScopeId,
    node: NodeId,
    depth: u32,
    kinds: &mut Kinds<'p>,
) {
    let levels = |child: &&Child| child.item == hierarchy.form.item;
    for child in plan.scopes[scope].children.iter().filter(levels) {
        let nodes: Vec<NodeId> = match &child.attach {
            Attach::One(steps) => super::write::descend(object, node, steps).into_iter().collect(),
            Attach::Each(list) => {
                super::write::entries(plan, object, node, list).into_iter().map(|(_, node)| node).collect()
            }
            Attach::Through => {
                let mut inside = Kinds::default();
                add_kinds((plan, hierarchy, object), child.scope, node, depth + 1, &mut inside);
                if !inside.0.is_empty() {
                    kinds.add(code_of(hierarchy, child), depth);
                    inside.0.into_iter().for_each(|kind| kinds.add(kind.code, kind.depth));
                }
                continue;
            }
        };
        for node in nodes {
            kinds.add(code_of(hierarchy, child), depth);
            add_kinds((plan, hierarchy, object), child.scope, node, depth + 1, kinds);
        }
    }
}

/// The kind of level that a table takes.
fn code_of<'p>(hierarchy: &Hierarchy, child: &'p Child) -> &'p [u8] {
    let mut codes = child.conditions.iter().filter_map(|condition| match condition {
        LoopCondition::Equals { element, value, trigger: true, .. } if *element == hierarchy.form.code => {
            Some(value.as_bytes())
        }
        _ => None,
    });
    codes.next_back().unwrap_or_default()
}

impl Plan {
    /// The line of the kinds of level, which only a mapping with a hierarchy can have.
    fn levels_line(&self) -> Option<&Line> {
        self.hierarchy.as_ref()?;
        self.lines.iter().find(|line| line.form == Form::Levels)
    }
}

impl Walk<'_, '_> {
    /// The structure that the object says must be the one that its lists make.
    pub(super) fn check_structure(&mut self) {
        let plan = self.plan;
        let Some(line) = plan.levels_line() else { return };
        let Some(said) = self.said_structure() else { return };
        let made = structure_of(plan, self.object);
        if said != made {
            let message = format!("`{}` is `{said}`, what the object holds makes `{made}`", line.path);
            let place =
                FieldPlace { path: line.path.clone(), mapping: Some(line.source.to_string()), ..FieldPlace::default() };
            let remedy = format!("leave `{}` out: it follows from the lists of the object", line.path);
            self.diagnostics.push(Diagnostic::new(codes::MAPPING_VALUE_DOES_NOT_FIT, message, place).remedy(remedy));
        }
    }

    /// What the object says its structure is.
    pub(super) fn said_structure(&self) -> Option<String> {
        let line = self.plan.levels_line()?;
        let node = self.descend(NodeId::ROOT, &line.steps)?;
        match self.object.get(node, line.field)?.value {
            crate::canonical::Value::Text(span) => Some(self.object.text(span).to_owned()),
            _ => None,
        }
    }
}
