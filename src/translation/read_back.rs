//! What was written, read as its receiver will read it.

use crate::canonical::{Object, differences};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::mapping::{Context, Plan, Reading};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Tree};
use crate::x12::delimiters::Delimiters;
use crate::x12::guide::Guide;
use crate::x12::place::Part;
use crate::x12::reader::{ReadOptions, Reader, Step};
use crate::x12::validate::Against;
use crate::x12::writer::{GroupHeader, InterchangeHeader};

use super::Surroundings;
use super::soundness::{self, Owners};

/// A transaction set as it will be sent.
pub(super) struct Sent<'s> {
    pub(super) isa: &'s InterchangeHeader,
    pub(super) group: &'s GroupHeader,
    pub(super) delimiters: &'s Delimiters,
    pub(super) set: &'s [u8],
}

/// Reads sets back, one after the other; keeps its memory.
#[derive(Debug, Default)]
pub(super) struct ReadBack {
    /// The envelope that was read last, and behind it the set.
    bytes: Vec<u8>,
    envelope: Option<Envelope>,
    tree: Tree,
    reading: Reading,
    object: Object,
}

/// ISA and GS, which most sets have in common.
#[derive(Debug)]
struct Envelope {
    isa: InterchangeHeader,
    group: GroupHeader,
    delimiters: Delimiters,
    /// How many bytes they have.
    length: usize,
    /// How many of these the reader is done with.
    read: usize,
    reader: Reader,
}

impl Envelope {
    /// Writes it to `bytes`, which are emptied first.
    fn new(sent: &Sent<'_>, charset: Charset, bytes: &mut Vec<u8>) -> Self {
        bytes.clear();
        sent.isa.write(bytes, sent.delimiters);
        sent.group.write(bytes, sent.delimiters);
        Self {
            isa: sent.isa.clone(),
            group: sent.group.clone(),
            delimiters: *sent.delimiters,
            length: bytes.len(),
            read: 0,
            reader: Reader::new(ReadOptions { charset: Some(charset), ..ReadOptions::default() }),
        }
    }

    fn is_of(&self, sent: &Sent<'_>) -> bool {
        self.isa == *sent.isa && self.group == *sent.group && self.delimiters == *sent.delimiters
    }
}

impl ReadBack {
    /// The create law on this very document: it is sound by its table and keeps the partner's guide, and reading it gives
    /// the objects again.
    pub(super) fn check(
        &mut self,
        plan: &Plan,
        guide: Option<&Guide>,
        objects: &[Object],
        sent: Sent<'_>,
        surroundings: &Surroundings,
        diagnostics: &mut Diagnostics,
    ) {
        let charset = surroundings.charset.unwrap_or(Charset::Utf8);
        let (reader, start) = self.read(&sent, charset);
        let set = &self.bytes[start..];
        let Some(header) = reader.set() else { return };
        let codes = surroundings.codes.sets(header.release, surroundings.partner.as_deref());
        let against = Against::new(header, &codes);
        let faults = soundness::faults(header, &against, (&surroundings.rules, guide), (&self.tree, set));
        let mut owners = Owners::default();
        let place = |tree: &Tree, element: ElementId| header.context.element_id(tree, set, element, Part::default());
        let context = Context {
            zone: surroundings.zone.clone(),
            charset: &charset,
            we_sell: surroundings.we_sell,
            separators: sent.delimiters.separators(),
            delimiters: &[],
            given: &surroundings.given,
            before: 0,
            place: &place,
        };
        let segment = |tree: &Tree, index| header.context.segment(tree, set, index);
        let (mut keyless, mut differences) = (Diagnostics::unlimited(), Diagnostics::unlimited());
        let parts = plan.objects(&self.tree, set, &segment, &mut keyless);
        let alike = parts.len().max(1) == objects.len();
        for (part, object) in objects.iter().enumerate().filter(|_| keyless.errors() == 0 && alike) {
            if let Some(occurrences) = parts.get(part) {
                plan.show(&mut self.tree, occurrences);
            }
            let mut found = Diagnostics::unlimited();
            self.object.clear();
            self.reading.read(plan, &mut self.tree, set, &context, &mut self.object, &mut found);
            found.list_mut().iter_mut().for_each(of_ours);
            differences.append(&mut found);
            compare(plan, object, &self.object, &mut differences);
            if !faults.is_empty() {
                owners.add(&self.object, plan.canonical);
            }
        }
        soundness::tell(plan, faults, &mut owners, (&self.tree, set), diagnostics);
        if keyless.errors() > 0 {
            diagnostics.push(without_key(plan));
        } else if !alike {
            diagnostics.push(as_many(plan, objects.len(), parts.len().max(1)));
        }
        diagnostics.append(&mut differences);
    }

    /// Reads the set, in its envelope, into the tree; returns the reader, and where the set starts among the bytes.
    fn read(&mut self, sent: &Sent<'_>, charset: Charset) -> (Reader, usize) {
        let known = self.envelope.take().filter(|envelope| envelope.is_of(sent));
        let mut envelope = known.unwrap_or_else(|| Envelope::new(sent, charset, &mut self.bytes));
        self.bytes.truncate(envelope.length);
        self.bytes.extend_from_slice(sent.set);
        let (mut reader, mut at) = (envelope.reader.clone(), envelope.read);
        self.tree.clear();
        // What is said of the envelope is no concern of the set's.
        let mut told = Diagnostics::with_limit(0);
        while at < self.bytes.len() {
            let progress = reader.next(&self.bytes[at..], true, &mut self.tree, &mut told);
            if let Step::Set(range) = progress.step {
                at += range.start;
                break;
            }
            at += progress.consumed;
            match progress.step {
                Step::End | Step::NeedMore => break,
                Step::Group if at <= envelope.length => (envelope.reader, envelope.read) = (reader.clone(), at),
                _ => {}
            }
        }
        self.envelope = Some(envelope);
        (reader, at.min(self.bytes.len()))
    }
}

/// What reading says of a value that can be computed is said of the object that was handed in, and no partner is asked.
fn of_ours(found: &mut Diagnostic) {
    if found.code != codes::MAPPING_DERIVED_DIFFERS {
        return;
    }
    let (message, cause) = (std::mem::take(&mut found.message), found.cause.take().unwrap_or_default());
    let told = Diagnostic::new(codes::MAPPING_DOUBTFUL_DOCUMENT, message, FieldPlace::default());
    let remedy = "send the object without the value, or with the one that is computed";
    *found = told.severity(found.severity).cause(cause).remedy(remedy);
}

/// What is said of an object that does not say by what it is told from others of its set.
fn without_key(plan: &Plan) -> Diagnostic {
    let keys = plan.key_fields().join("` or `");
    let message = format!("the {} has no `{keys}`, by which it is told from others of its set", plan.canonical.name);
    let place = FieldPlace { path: keys, ..FieldPlace::default() };
    Diagnostic::new(codes::MAPPING_NOT_TOLD_APART, message, place)
        .cause(format!("the mapping `{}` tells objects of one set apart by `document_key`", plan.name))
        .remedy("send the object with it")
}

/// What is said of a set that does not give as many objects as were written into it.
fn as_many(plan: &Plan, written: usize, read: usize) -> Diagnostic {
    let message = format!("what was written of {written} {} reads as {read}", plan.canonical.name);
    Diagnostic::new(codes::MAPPING_NOT_REVERSIBLE, message, FieldPlace::default())
        .cause(format!("the mapping `{}` tells objects of one set apart by `document_key`", plan.name))
        .remedy("send the objects in the mapping's normal form, or mend the mapping")
}

/// Tells what the object says and the document, which reads as `again`, does not say again.
pub(super) fn compare(plan: &Plan, object: &Object, again: &Object, diagnostics: &mut Diagnostics) {
    for difference in differences(object, again, plan.canonical) {
        // What the object does not say at all may come in; a list that it says has all of its values.
        let further = difference.path.ends_with(']') && !difference.path.ends_with("[1]");
        let left = match &difference.left {
            Some(left) => left,
            None if further => "not there",
            None => continue,
        };
        if difference.is_one_instant() || plan.leaves_out(&difference.path) {
            continue;
        }
        let read = difference.right.as_deref().unwrap_or("nothing");
        let message = format!("`{}` is {left}, but reading what was written gives {read}", difference.path);
        let place = FieldPlace { path: difference.path.clone(), ..FieldPlace::default() };
        diagnostics.push(
            Diagnostic::new(codes::MAPPING_NOT_REVERSIBLE, message, place)
                .cause(format!(
                    "the mapping `{}` writes the value to a place that means something else when read",
                    plan.name
                ))
                .remedy("send the object in the mapping's normal form, or mend the mapping"),
        );
    }
}
