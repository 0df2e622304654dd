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

use super::{Surroundings, soundness};

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
    bytes: Vec<u8>,
    tree: Tree,
    reading: Reading,
    object: Object,
}

impl ReadBack {
    /// The create law on this very document: it is sound by its table and keeps the partner's guide, and reading it gives
    /// the object again.
    pub(super) fn check(
        &mut self,
        plan: &Plan,
        guide: Option<&Guide>,
        object: &Object,
        sent: Sent<'_>,
        surroundings: &Surroundings,
        diagnostics: &mut Diagnostics,
    ) {
        let charset = surroundings.charset.unwrap_or(Charset::Utf8);
        let mut reader = Reader::new(ReadOptions { charset: Some(charset), ..ReadOptions::default() });
        let start = self.read(&sent, &mut reader);
        let set = &self.bytes[start..];
        let Some(header) = reader.set() else { return };
        let codes = surroundings.codes.sets(header.release, surroundings.partner.as_deref());
        soundness::check(
            plan,
            header,
            &Against::new(header, &codes),
            (&surroundings.rules, guide),
            (&self.tree, set),
            diagnostics,
        );
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
        let mut found = Diagnostics::unlimited();
        self.object.clear();
        self.reading.read(plan, &mut self.tree, set, &context, &mut self.object, &mut found);
        diagnostics.append(&mut found);
        compare(plan, object, &self.object, diagnostics);
    }

    /// Reads the set, in its envelope, into the tree; returns where it starts among the bytes.
    fn read(&mut self, sent: &Sent<'_>, reader: &mut Reader) -> usize {
        self.bytes.clear();
        sent.isa.write(&mut self.bytes, sent.delimiters);
        sent.group.write(&mut self.bytes, sent.delimiters);
        self.bytes.extend_from_slice(sent.set);
        self.tree.clear();
        // What is said of the envelope is no concern of the set's.
        let (mut told, mut at) = (Diagnostics::with_limit(0), 0);
        while at < self.bytes.len() {
            let progress = reader.next(&self.bytes[at..], true, &mut self.tree, &mut told);
            if let Step::Set(range) = progress.step {
                return at + range.start;
            }
            at += progress.consumed;
            if let Step::End | Step::NeedMore = progress.step {
                break;
            }
        }
        at.min(self.bytes.len())
    }
}

/// Tells what the object says and the document, which reads as `again`, does not say again.
pub(super) fn compare(plan: &Plan, object: &Object, again: &Object, diagnostics: &mut Diagnostics) {
    for difference in differences(object, again, plan.canonical) {
        let Some(left) = &difference.left else {
            continue;
        };
        if plan.leaves_out(&difference.path) {
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
