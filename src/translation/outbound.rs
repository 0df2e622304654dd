//! Canonical objects to bytes: one interchange with a group for each run of objects of one kind.
//!
//! Each set is read back before it counts as written: what its table does not allow, or the mapping would not give back,
//! is refused.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::canonical::{Object, differences};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, PayloadPlace, codes};
use crate::mapping::{self, Context, Plan, Reading};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Tree};
use crate::x12::delimiters::Delimiters;
use crate::x12::dictionary;
use crate::x12::place::Part;
use crate::x12::reader::{ReadOptions, Reader, Step};
use crate::x12::writer::{self, GroupHeader, InterchangeHeader};

use super::{Surroundings, soundness};

/// The envelope of what is written.
#[derive(Debug, Clone)]
pub struct OutboundEnvelope {
    /// ISA; its control number is that of the interchange.
    pub interchange: InterchangeHeader,
    /// GS02 and GS03.
    pub group_ids: (String, String),
    /// GS04 CCYYMMDD and GS05 HHMM.
    pub date_and_time: (String, String),
    /// GS06 of the first group.
    pub first_group_number: u32,
    /// Delimiters and line ends.
    pub delimiters: Delimiters,
}

/// An interchange being written.
#[derive(Debug)]
pub struct Outbound {
    envelope: OutboundEnvelope,
    surroundings: Surroundings,
    out: Vec<u8>,
    /// The group that is open: its header, and its sets so far.
    group: Option<(GroupHeader, usize)>,
    groups: usize,
    tree: Tree,
}

impl Outbound {
    /// Starts an interchange.
    #[must_use]
    pub fn new(envelope: OutboundEnvelope, surroundings: Surroundings) -> Self {
        let mut out = Vec::new();
        envelope.interchange.write(&mut out, &envelope.delimiters);
        Self { envelope, surroundings, out, group: None, groups: 0, tree: Tree::default() }
    }

    /// Writes one object; false when it has an error, then nothing of it is in the interchange.
    pub fn write(&mut self, plan: &Arc<Plan>, object: &Object, diagnostics: &mut Diagnostics) -> bool {
        let errors = diagnostics.errors();
        let Some((release, set_id)) = plan.grammar.name.strip_prefix("x12/").and_then(|name| name.split_once('/'))
        else {
            return false;
        };
        let charset = self.surroundings.charset.unwrap_or(Charset::Utf8);
        let delimiters = self.envelope.delimiters;
        let mut forbidden = vec![delimiters.element, delimiters.segment];
        forbidden.extend(delimiters.component.into_iter().chain(delimiters.repetition));
        let nowhere = |_: &Tree, _: ElementId| PayloadPlace::default();
        let context = self.context(&charset, &forbidden, &nowhere);
        let mut tree = std::mem::take(&mut self.tree);
        mapping::write(plan, object, &context, &mut tree, diagnostics);
        let number = format!("{:04}", self.group.as_ref().map_or(0, |(_, sets)| *sets) + 1);
        let mut set = Vec::new();
        writer::write_set(&mut set, &delimiters, set_id, &number, &tree);
        if diagnostics.errors() == errors {
            self.read_back(plan, object, release, &set, diagnostics);
        }
        self.tree = tree;
        let good = diagnostics.errors() == errors;
        if good {
            self.append(release, set_id, &set);
        }
        good
    }

    /// What of the envelope does not fit into its elements: with an error here, nothing can be sent.
    #[must_use]
    pub fn envelope_problems(&self) -> Vec<Diagnostic> {
        let mut found = self.envelope.interchange.check(&self.envelope.delimiters);
        found.extend(self.group_header("004010", "ZZ").check(&self.envelope.delimiters));
        found
    }

    /// How many transaction sets the interchange has.
    #[must_use]
    pub fn sets(&self) -> usize {
        self.groups + self.group.as_ref().map_or(0, |(_, sets)| *sets)
    }

    /// Closes the interchange and returns its bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.close_group();
        let groups = self.groups;
        self.envelope.interchange.write_trailer(&mut self.out, &self.envelope.delimiters, groups);
        self.out
    }

    fn context<'c>(
        &self,
        charset: &'c Charset,
        delimiters: &'c [u8],
        place: &'c dyn Fn(&Tree, ElementId) -> PayloadPlace,
    ) -> Context<'c> {
        Context {
            zone: self.zone(),
            charset,
            we_sell: self.surroundings.we_sell,
            separators: self.envelope.delimiters.separators(),
            delimiters,
            place,
        }
    }

    fn zone(&self) -> TimeZone {
        self.surroundings.zone.clone()
    }

    fn append(&mut self, release: &str, set_id: &str, set: &[u8]) {
        let code = dictionary::group_code(dictionary::release_for(release).0, set_id).unwrap_or_default();
        let same =
            self.group.as_ref().is_some_and(|(header, _)| header.functional_code == code && header.release == release);
        if !same {
            self.close_group();
            let header = self.group_header(release, code);
            header.write(&mut self.out, &self.envelope.delimiters);
            self.group = Some((header, 0));
        }
        self.out.extend_from_slice(set);
        if let Some((_, sets)) = &mut self.group {
            *sets += 1;
        }
    }

    fn group_header(&self, release: &str, functional_code: &str) -> GroupHeader {
        let (date, time) = self.envelope.date_and_time.clone();
        let (sender, receiver) = self.envelope.group_ids.clone();
        let control_number = self.envelope.first_group_number + self.groups as u32;
        let functional_code = functional_code.to_owned();
        GroupHeader { functional_code, sender, receiver, date, time, control_number, release: release.to_owned() }
    }

    fn close_group(&mut self) {
        if let Some((header, sets)) = self.group.take() {
            header.write_trailer(&mut self.out, &self.envelope.delimiters, sets);
            self.groups += 1;
        }
    }

    /// The create law on this very document: reading what was written gives the object again.
    fn read_back(&self, plan: &Plan, object: &Object, release: &str, set: &[u8], diagnostics: &mut Diagnostics) {
        let charset = self.surroundings.charset.unwrap_or(Charset::Utf8);
        let mut bytes = Vec::new();
        self.envelope.interchange.write(&mut bytes, &self.envelope.delimiters);
        self.group_header(release, "").write(&mut bytes, &self.envelope.delimiters);
        bytes.extend_from_slice(set);
        let mut reader = Reader::new(ReadOptions { charset: Some(charset), ..ReadOptions::default() });
        let mut tree = Tree::default();
        tree.clear();
        let (mut found, mut at) = (Diagnostics::unlimited(), 0);
        while at < bytes.len() {
            let progress = reader.next(&bytes[at..], true, &mut tree, &mut found);
            if let Step::Set(range) = progress.step {
                at += range.start;
                break;
            }
            at += progress.consumed;
            if let Step::End | Step::NeedMore = progress.step {
                break;
            }
        }
        found.take();
        let set = &bytes[at.min(bytes.len())..];
        let Some(header) = reader.set() else { return };
        soundness::check(plan, header, &tree, set, diagnostics);
        let place = |tree: &Tree, element: ElementId| header.context.element_id(tree, set, element, Part::default());
        let context = self.context(&charset, &[], &place);
        let mut back = Object::new();
        Reading::default().read(plan, &mut tree, set, &context, &mut back, &mut found);
        for diagnostic in found.take() {
            diagnostics.push(diagnostic);
        }
        for difference in differences(object, &back, plan.canonical) {
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
}
