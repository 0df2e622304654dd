//! Bytes to canonical objects: read, check, map, one transaction set after the other.

use std::ops::Range;
use std::sync::Arc;

use crate::canonical::{NodeId, Object, Shape};
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, Severity, codes};
use crate::mapping::{Context, Plan, Reading};
use crate::partner::HeaderValues;
use crate::tree::{ElementId, ItemId, Tree, placement};
use crate::x12::place::Part;
use crate::x12::reader::{ReadOptions, Reader, SetHeader, Step, Trailer};
use crate::x12::validate::validate;

use super::{Desk, Surroundings};

/// Translates one input, step by step.
#[derive(Debug)]
pub struct Inbound {
    reader: Reader,
    tree: Tree,
    reading: Reading,
    object: Object,
    surroundings: Surroundings,
    diagnostics: Diagnostics,
    limit: usize,
}

/// What a step came to. Diagnostics of the step are in [`Inbound::diagnostics`].
#[derive(Debug)]
pub enum Outcome {
    /// Call again with the bytes not consumed and more behind them.
    NeedMore,
    /// Something else: the start of an envelope, an acknowledgment, skipped bytes.
    Passed,
    /// A transaction set; its object is in [`Inbound::object`].
    Document(Box<Document>),
    /// A functional group ended. When it is not sound, the documents that came in it must not go on.
    GroupEnd {
        /// True when its trailer was there, with the header's control number.
        sound: bool,
    },
    /// An interchange ended. When it is not sound, the documents that came in it must not go on.
    InterchangeEnd {
        /// True when its trailer was there, with the header's control number.
        sound: bool,
    },
    /// The input is read.
    End,
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
}

impl Inbound {
    /// Reads with these options.
    #[must_use]
    pub fn new(options: ReadOptions) -> Self {
        let limit = options.limits.diagnostics_per_document;
        let mut tree = Tree::default();
        tree.clear();
        Self {
            reader: Reader::new(options),
            tree,
            reading: Reading::default(),
            object: Object::new(),
            surroundings: Surroundings::default(),
            diagnostics: Diagnostics::with_limit(limit),
            limit,
        }
    }

    /// The next step, as [`Reader::next`] takes it: bytes consumed, and what they were.
    pub fn next(&mut self, input: &[u8], end: bool, desk: &dyn Desk) -> (usize, Outcome) {
        self.diagnostics = Diagnostics::with_limit(self.limit);
        let progress = self.reader.next(input, end, &mut self.tree, &mut self.diagnostics);
        let outcome = match progress.step {
            Step::NeedMore => Outcome::NeedMore,
            Step::End => Outcome::End,
            Step::Interchange | Step::Group => {
                self.identify(desk, matches!(progress.step, Step::Group));
                Outcome::Passed
            }
            Step::Set(bytes) => Outcome::Document(Box::new(self.document(&input[bytes.clone()], bytes, desk))),
            Step::GroupEnd(trailer) => Outcome::GroupEnd { sound: sound(trailer) },
            Step::InterchangeEnd(trailer) => Outcome::InterchangeEnd { sound: sound(trailer) },
            Step::InterchangeAcknowledgment(_) | Step::Skipped(_) => Outcome::Passed,
        };
        (progress.consumed, outcome)
    }

    /// The object of the document read last.
    #[must_use]
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// What the mapping took of the document read last.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The tree of the document read last; offsets count from the first byte of its bytes.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The reader, for the envelope around the document.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What is known of the partner of the current interchange.
    #[must_use]
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Diagnostics of the last step.
    pub fn diagnostics(&mut self) -> &mut Diagnostics {
        &mut self.diagnostics
    }

    fn identify(&mut self, desk: &dyn Desk, group: bool) {
        let Some(interchange) = self.reader.interchange() else {
            return;
        };
        let place = PayloadPlace {
            interchange: Some(interchange.control_number().to_owned()),
            segment: Some("ISA".into()),
            bytes: interchange.offset..interchange.offset,
            ..PayloadPlace::default()
        };
        let inside = self.reader.group().filter(|_| group);
        // The interchange alone decides for sets outside groups; its findings are said once, at the first group.
        let mut silent = Diagnostics::with_limit(0);
        let diagnostics = if group || interchange.bare { &mut self.diagnostics } else { &mut silent };
        self.surroundings = desk.surroundings(interchange, inside, &place, diagnostics);
    }

    fn document(&mut self, bytes: &[u8], range: Range<usize>, desk: &dyn Desk) -> Document {
        self.object.clear();
        let Some(mut header) = self.reader.set().cloned() else {
            return Document { plan: None, partner: None, good: false, place: PayloadPlace::default(), bytes: range };
        };
        if let Some(charset) = self.surroundings.charset {
            // The reader had to guess, and said so; the profile knows.
            header.charset = charset;
            self.diagnostics.retain(|diagnostic| diagnostic.code != codes::X12_CHARACTER);
        }
        validate(&header, &self.tree, bytes, &mut self.diagnostics);
        // A set without a table was refused already; no mapping could take it.
        let plan = header.grammar.and_then(|_| self.plan(&header, bytes, desk));
        if let Some(plan) = &plan {
            self.map(plan, &header, bytes);
        }
        let good = plan.is_some() && !header.incomplete && self.diagnostics.errors() == 0;
        let partner = self.surroundings.partner.clone();
        Document { plan, partner, good, place: header.context.whole(), bytes: range }
    }

    fn plan(&mut self, header: &SetHeader, bytes: &[u8], desk: &dyn Desk) -> Option<Arc<Plan>> {
        let interchange = self.reader.interchange()?;
        let values = HeaderValues { interchange, group: self.reader.group(), set: header, tree: &self.tree, bytes };
        let plan = desk.plan(&self.surroundings, &values, &mut self.diagnostics)?;
        let same = header.grammar.is_some_and(|grammar| std::ptr::eq(grammar, plan.grammar.as_ref()));
        if !same {
            let message = format!(
                "the mapping `{}` is written for {}, this set says release {}",
                plan.name,
                plan.grammar.name,
                header.release.name()
            );
            let diagnostic = Diagnostic::new(codes::MAPPING_OTHER_RELEASE, message, header.context.whole())
                .cause("the set was placed by the mapping's table")
                .remedy("if values are missing, write a mapping for this release that extends the other one");
            self.diagnostics.push(diagnostic);
            self.place_anew(&plan, header, bytes);
        }
        Some(plan)
    }

    /// Places the set by the mapping's table, and reports the segments that this table has no place for.
    fn place_anew(&mut self, plan: &Plan, header: &SetHeader, bytes: &[u8]) {
        let unplaced = |tree: &Tree| -> Vec<u32> {
            let segments = tree.segments.iter().zip(0..);
            let unplaced = segments.filter(|(segment, _)| segment.item == ItemId::UNPLACED);
            unplaced.map(|(_, index)| index).collect()
        };
        let before = unplaced(&self.tree);
        placement::place_all(&plan.grammar, &mut self.tree);
        let mut lost = unplaced(&self.tree);
        lost.retain(|index| !before.contains(index));
        let Some(first) = lost.first() else { return };
        let mut names: Vec<String> = Vec::new();
        for index in &lost {
            let name = self.tree.segments[*index as usize].tag.to_string();
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
        let place = header.context.segment(&self.tree, bytes, *first);
        let diagnostic = Diagnostic::new(codes::MAPPING_NOT_MAPPED, message, place)
            .severity(Severity::Warning)
            .cause("the mapping's table differs from that of the set's release; the first is shown")
            .remedy("if the ERP needs them, write a mapping for this release that extends the other one");
        self.diagnostics.push(diagnostic);
    }

    fn map(&mut self, plan: &Plan, header: &SetHeader, bytes: &[u8]) {
        let place = |tree: &Tree, element: ElementId| header.context.element_id(tree, bytes, element, Part::default());
        let context = Context {
            zone: self.surroundings.zone.clone(),
            charset: &header.charset,
            we_sell: self.surroundings.we_sell,
            separators: self.tree.separators,
            delimiters: &[],
            place: &place,
        };
        let mut found = Diagnostics::with_limit(self.limit);
        self.reading.read(plan, &self.tree, bytes, &context, &mut self.object, &mut found);
        // What the checks of elements have said already is not said twice.
        for diagnostic in found.take() {
            let known = |known: &Diagnostic| known.severity == Severity::Error && same_place(known, &diagnostic);
            if diagnostic.severity < Severity::Error || !self.diagnostics.list().iter().any(known) {
                self.diagnostics.push(diagnostic);
            }
        }
        required(plan.canonical, &self.object, &self.reading.refused, header, &mut self.diagnostics);
        self.reading.unmapped(plan, &self.tree, bytes, &context, &mut self.diagnostics);
    }
}

fn sound(trailer: Trailer) -> bool {
    trailer.complete && trailer.control_number_fits
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

/// Reports what the object lacks: its business key, and required fields. Those whose value was `refused` are there.
fn required(
    shape: &'static Shape,
    object: &Object,
    refused: &[String],
    header: &SetHeader,
    diagnostics: &mut Diagnostics,
) {
    let root = &shape.nodes[0];
    let has = |name: &str| {
        let field = root.field(name);
        field.is_some_and(|field| object.get(NodeId::ROOT, field).is_some()) || refused.iter().any(|path| path == name)
    };
    let mut missing: Vec<String> = root
        .fields
        .iter()
        .filter(|field| field.required && !has(&field.name))
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
        let diagnostic = Diagnostic::new(codes::CANONICAL_MISSING_FIELD, message, header.context.whole())
            .cause("the place that the mapping names for it is empty, or not in the document")
            .remedy("ask the partner to send it; if it stands elsewhere in their documents, say so in their mapping");
        diagnostics.push(diagnostic);
    }
}
