//! One transaction set on its way to a canonical object: checked, mapped, judged.
//!
//! Knows no reader and no desk, so that several sets of an input can be translated at the same time.

use std::ops::Range;
use std::sync::Arc;

use crate::canonical::{NodeId, Object, Shape};
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, Severity, codes};
use crate::mapping::{Context, Direction, Plan, Reading};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, ItemId, OccurrenceId, Tree, placement};
use crate::x12::guide::{self, Guide};
use crate::x12::place::Part;
use crate::x12::reader::SetHeader;
use crate::x12::validate::{Against, validate};

use super::Surroundings;

/// A transaction set that was read and has its mapping; its tree and bytes go beside it.
#[derive(Debug)]
pub struct Set {
    /// What the reader knows of it.
    pub header: SetHeader,
    pub(super) plan: Option<Arc<Plan>>,
    /// The partner's guide that it is held against.
    pub guide: Option<Arc<Guide>>,
    pub(super) surroundings: Arc<Surroundings>,
    /// What reading it found.
    pub(super) read: Diagnostics,
    /// What choosing its mapping found.
    pub(super) chosen: Diagnostics,
    /// The set's bytes within the input of the call that read it.
    pub bytes: Range<usize>,
}

impl Set {
    /// May it hold several objects? Then only translating it tells how many.
    #[must_use]
    pub fn may_hold_several(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.may_hold_several())
    }
}

/// A transaction set that was read.
#[derive(Debug)]
pub struct Document {
    /// The mapping that served; `None` when there is none, then there is no object.
    pub plan: Option<Arc<Plan>>,
    /// Short name of the partner's profile.
    pub partner: Option<String>,
    /// True when the object may go on: no error was found, and the set is whole.
    pub good: bool,
    /// Where the set starts: control numbers and byte.
    pub place: PayloadPlace,
    /// The set's bytes within the input of this call.
    pub bytes: Range<usize>,
    /// Which object of its set it is, 0-based.
    pub part: usize,
}

/// The objects of a set that was checked: one, unless its mapping tells several apart.
#[derive(Debug)]
pub struct Documents {
    header: SetHeader,
    plan: Option<Arc<Plan>>,
    surroundings: Arc<Surroundings>,
    /// What the checks found; told with the first object.
    found: Option<Diagnostics>,
    /// Why no object of it goes on.
    refused: Option<String>,
    /// The loops of each object; empty: it is one, whole.
    objects: Vec<Vec<OccurrenceId>>,
    next: usize,
    /// The set's bytes within the input of the call that read it.
    pub bytes: Range<usize>,
}

impl Documents {
    /// Were all of them translated?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.next >= self.objects.len().max(1)
    }
}

/// Translates sets, one after the other; keeps its memory.
#[derive(Debug)]
pub struct Translator {
    reading: Reading,
    object: Object,
    limit: usize,
    /// False leaves the checks of the standard out.
    pub(super) checked: bool,
}

impl Translator {
    /// Reports so many diagnostics of a document.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { reading: Reading::default(), object: Object::new(), limit, checked: true }
    }

    /// Checks `set`, which was read from `bytes` into `tree`; its objects are for [`Translator::translate`].
    pub fn begin(&mut self, mut set: Set, tree: &mut Tree, bytes: &[u8]) -> Documents {
        let mut diagnostics = self.check_by_standard(&mut set, tree, bytes);
        let Set { header, plan, guide, surroundings, bytes: range, .. } = set;
        if let Some(plan) = &plan {
            if !has_table_of(&header, plan) {
                other_release(plan, &header, tree, bytes, &mut diagnostics);
            }
            if let Some(guide) = guide {
                self.hold_to(&guide, &header, tree, bytes, &mut diagnostics);
            }
        }
        let mut objects = Vec::new();
        if let Some(plan) = &plan {
            let place = |tree: &Tree, index| header.context.segment(tree, bytes, index);
            objects = plan.objects(tree, bytes, &place, &mut diagnostics);
        }
        let fault = diagnostics.list().iter().find(|one| one.severity == Severity::Error);
        let refused = fault.map(|fault| fault.message.clone());
        let found = Some(diagnostics);
        Documents { header, plan, surroundings, found, refused, objects, next: 0, bytes: range }
    }

    /// Maps the next object of a set: it is in [`Translator::object`], and `tree` shows it alone.
    pub fn translate(&mut self, set: &mut Documents, tree: &mut Tree, bytes: &[u8]) -> (Document, Diagnostics) {
        self.object.clear();
        let (part, header) = (set.next, &set.header);
        set.next += 1;
        let mut diagnostics = set.found.take().unwrap_or_else(|| self.not_taken(set));
        if let Some(plan) = &set.plan {
            if let Some(occurrences) = set.objects.get(part) {
                plan.show(tree, occurrences);
            }
            self.map(plan, header, &set.surroundings, tree, bytes, &mut diagnostics);
        }
        let document = Document {
            plan: set.plan.clone(),
            partner: set.surroundings.partner.clone(),
            good: set.plan.is_some() && !header.incomplete && diagnostics.errors() == 0,
            place: header.context.whole(),
            bytes: set.bytes.clone(),
            part,
        };
        (document, diagnostics)
    }

    /// What is said of a further object of a set with errors: they are told with the first.
    fn not_taken(&self, set: &Documents) -> Diagnostics {
        let mut diagnostics = Diagnostics::with_limit(self.limit).judged(set.surroundings.rules.judge());
        if let Some(why) = &set.refused {
            let number = &set.header.context.control_number;
            let message = format!("transaction set {number} is not taken, and all its objects with it: {why}");
            let told = Diagnostic::new(codes::MAPPING_SET_NOT_TAKEN, message, set.header.context.whole());
            diagnostics.push(told.cause("the objects of one transaction set go on together or not at all").remedy(
                "see the first object of the set for all that is wrong; ask the partner to send the set again",
            ));
        }
        diagnostics
    }

    /// Checks `set` as [`Translator::translate`] does and leaves out the mapping: what is wrong with it by the standard, by
    /// what its partner's profile says, and by their guide. That no mapping takes it is not told. The tree stays placed
    /// by the table of the set's own release.
    pub fn check(&self, set: &mut Set, tree: &mut Tree, bytes: &[u8]) -> Diagnostics {
        set.chosen.retain(|one| ![codes::MAPPING_NONE, codes::PROFILE_NO_DOCUMENT].contains(&one.code));
        let mut diagnostics = self.check_by_standard(set, tree, bytes);
        let Set { header, plan: Some(plan), guide: Some(guide), .. } = set else { return diagnostics };
        let other = !has_table_of(header, plan);
        if other {
            other_release(plan, header, tree, bytes, &mut diagnostics);
        }
        self.hold_to(guide, header, tree, bytes, &mut diagnostics);
        if let (true, Some(grammar)) = (other, header.grammar) {
            placement::place_all(grammar, tree);
        }
        diagnostics
    }

    /// What reading the set found, what is wrong with it by the standard and the codes of its partner, and what choosing its
    /// mapping found; as the partner's rules have it.
    fn check_by_standard(&self, set: &mut Set, tree: &Tree, bytes: &[u8]) -> Diagnostics {
        let Set { header, surroundings, read, chosen, .. } = set;
        if let Some(charset) = surroundings.charset {
            // The reader had to guess, and said so; the profile knows.
            header.charset = charset;
            read.retain(|diagnostic| diagnostic.code != codes::X12_CHARACTER);
        }
        let mut diagnostics = Diagnostics::with_limit(self.limit).judged(surroundings.rules.judge());
        diagnostics.append(read);
        if self.checked {
            let codes = surroundings.codes.sets(header.release, surroundings.partner.as_deref());
            validate(header, &Against::new(header, &codes), tree, bytes, &mut diagnostics);
        }
        for diagnostic in chosen.take() {
            diagnostics.push(diagnostic);
        }
        diagnostics
    }

    /// The object of the document translated last.
    #[must_use]
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// What the mapping took of the document translated last.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Holds the set, which is placed by the mapping's table, against the partner's guide.
    fn hold_to(&self, guide: &Guide, header: &SetHeader, tree: &Tree, bytes: &[u8], diagnostics: &mut Diagnostics) {
        guide.settle(header, tree, bytes, diagnostics);
        let mut found = Diagnostics::with_limit(self.limit);
        guide.check(guide::Direction::Receive, header, tree, bytes, &mut found);
        add_what_is_new(found, diagnostics);
    }

    fn map(
        &mut self,
        plan: &Plan,
        header: &SetHeader,
        surroundings: &Surroundings,
        tree: &mut Tree,
        bytes: &[u8],
        diagnostics: &mut Diagnostics,
    ) {
        let place = |tree: &Tree, element: ElementId| header.context.element_id(tree, bytes, element, Part::default());
        let standing = Standing { whole: header.context.whole(), place: &place, charset: header.charset };
        self.map_tree(plan, &standing, surroundings, tree, bytes, diagnostics);
    }

    /// Maps the document in `tree`, whichever syntax it was read from.
    pub(super) fn map_tree(
        &mut self,
        plan: &Plan,
        standing: &Standing<'_>,
        surroundings: &Surroundings,
        tree: &mut Tree,
        bytes: &[u8],
        diagnostics: &mut Diagnostics,
    ) {
        let context = Context {
            zone: surroundings.zone.clone(),
            charset: &standing.charset,
            we_sell: surroundings.we_sell,
            separators: tree.separators,
            delimiters: &[],
            given: &surroundings.given,
            before: 0,
            place: standing.place,
        };
        if plan.ignores_parents() {
            diagnostics.soften(codes::X12_HIERARCHY_PARENT);
        }
        let mut found = Diagnostics::with_limit(self.limit).judged(surroundings.rules.judge());
        self.reading.read(plan, tree, bytes, &context, &mut self.object, &mut found);
        // What the checks of the set have said already is not said twice.
        found.retain(|one| one.code != codes::MAPPING_DERIVED_DIFFERS || !computed(diagnostics, one));
        add_what_is_new(found, diagnostics);
        required(plan.canonical, &self.object, &self.reading.refused, &standing.whole, diagnostics);
        if self.reading.refused.is_empty() {
            let place = |element| (element < tree.elements.len() as u32).then(|| (context.place)(tree, element).into());
            let mut found = Diagnostics::with_limit(self.limit);
            plan.keep_rules(&self.object, Direction::Receive, &place, &mut found);
            diagnostics.append(&mut found);
        }
        let mut found = Diagnostics::with_limit(self.limit).judged(surroundings.rules.judge());
        self.reading.came_twice(plan, tree, bytes, &context, &mut found);
        diagnostics.append(&mut found);
        self.reading.unmapped(plan, tree, bytes, &context, diagnostics);
    }

    /// Forgets the object of the document before.
    pub(super) fn clear(&mut self) {
        self.object.clear();
    }
}

/// Where a document stands, and in which character set.
pub(super) struct Standing<'a> {
    /// The document as a whole.
    pub(super) whole: PayloadPlace,
    /// Where its elements stand.
    pub(super) place: &'a dyn Fn(&Tree, ElementId) -> PayloadPlace,
    pub(super) charset: Charset,
}

/// What the checks of elements have said already, as an error at the same element, is not said twice.
fn add_what_is_new(mut found: Diagnostics, diagnostics: &mut Diagnostics) {
    for diagnostic in found.take() {
        let known = |known: &Diagnostic| known.severity == Severity::Error && same_place(known, &diagnostic);
        if diagnostic.severity < Severity::Error || !diagnostics.list().iter().any(known) {
            diagnostics.push(diagnostic);
        }
    }
}

/// Is the set's table that of the mapping?
fn has_table_of(header: &SetHeader, plan: &Plan) -> bool {
    header.grammar.is_some_and(|grammar| std::ptr::eq(grammar, plan.grammar.as_ref()))
}

/// Says that the mapping is written for another release, and places the set by its table.
fn other_release(plan: &Plan, header: &SetHeader, tree: &mut Tree, bytes: &[u8], diagnostics: &mut Diagnostics) {
    let message = format!(
        "the mapping `{}` is written for {}, this set says release {}",
        plan.name,
        plan.grammar.name,
        header.release.name()
    );
    let diagnostic = Diagnostic::new(codes::MAPPING_OTHER_RELEASE, message, header.context.whole())
        .cause("the set was placed by the mapping's table")
        .remedy("if values are missing, write a mapping for this release that extends the other one");
    diagnostics.push(diagnostic);
    place_anew(plan, header, tree, bytes, diagnostics);
}

/// Places the set by the mapping's table, and reports the segments that this table has no place for.
fn place_anew(plan: &Plan, header: &SetHeader, tree: &mut Tree, bytes: &[u8], diagnostics: &mut Diagnostics) {
    let unplaced = |tree: &Tree| -> Vec<u32> {
        let segments = tree.segments.iter().zip(0..);
        let unplaced = segments.filter(|(segment, _)| segment.item == ItemId::UNPLACED);
        unplaced.map(|(_, index)| index).collect()
    };
    let before = unplaced(tree);
    placement::place_all(&plan.grammar, tree);
    let mut lost = unplaced(tree);
    lost.retain(|index| !before.contains(index));
    let Some(first) = lost.first() else { return };
    let mut names: Vec<String> = Vec::new();
    for index in &lost {
        let name = tree.segments[*index as usize].tag.to_string();
        if !names.contains(&name) && names.len() < 12 {
            names.push(name);
        }
    }
    let message = format!(
        "{} of the set's segments have no place in {}, so they are not mapped: {}",
        lost.len(),
        plan.grammar.name,
        names.join(", ")
    );
    let place = header.context.segment(tree, bytes, *first);
    let diagnostic = Diagnostic::new(codes::MAPPING_NOT_MAPPED, message, place)
        .severity(Severity::Warning)
        .cause("the mapping's table differs from that of the set's release; the first is shown")
        .remedy("if the ERP needs them, write a mapping for this release that extends the other one");
    diagnostics.push(diagnostic);
}

/// Was it said that a total, or what a guide's rule computes, is wrong there?
fn computed(known: &Diagnostics, one: &Diagnostic) -> bool {
    let computing = [codes::X12_TOTAL, codes::GUIDE_TOTAL, codes::GUIDE_SITUATION];
    known.list().iter().any(|known| computing.contains(&known.code) && same_place(known, one))
}

fn same_place(one: &Diagnostic, other: &Diagnostic) -> bool {
    use crate::diagnostic::Place::Payload;
    match (&one.place, &other.place) {
        (Payload(one), Payload(other)) => {
            one.bytes == other.bytes && one.element == other.element && one.element.is_some()
        }
        _ => false,
    }
}

/// Is a path that of a field, or of something inside it?
fn is_in(path: &str, field: &str) -> bool {
    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Reports what the object lacks: its business key, and required fields. Those whose value was `refused` are there.
fn required(
    shape: &'static Shape,
    object: &Object,
    refused: &[String],
    whole: &PayloadPlace,
    diagnostics: &mut Diagnostics,
) {
    let root = &shape.nodes[0];
    let has = |name: &str| {
        let field = root.field(name);
        // An entry without any value is not in what the ERP gets.
        field.is_some_and(|field| object.all(NodeId::ROOT, field).any(|entry| !object.is_hollow(entry)))
            || refused.iter().any(|path| is_in(path, name))
    };
    let mut missing: Vec<String> = root
        .fields
        .iter()
        .filter(|field| shape.needs(field, object) && !has(&field.name))
        .map(|field| field.name.clone())
        .collect();
    if !shape.keys.is_empty()
        && !shape.keys.iter().any(|key| has(key))
        && !shape.keys.iter().any(|key| missing.iter().any(|name| name == key))
    {
        missing.push(shape.keys.join("` or `"));
    }
    for name in missing {
        let message = format!("the {} has no `{name}`, without which the ERP cannot take it", shape.name);
        let diagnostic = Diagnostic::new(codes::CANONICAL_MISSING_FIELD, message, whole.clone())
            .cause("the place that the mapping names for it is empty, or not in the document")
            .remedy("ask the partner to send it; if it stands elsewhere in their documents, say so in their mapping");
        diagnostics.push(diagnostic);
    }
}
