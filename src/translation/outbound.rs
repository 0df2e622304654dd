//! Canonical objects to bytes: one interchange with a group for each run of objects of one kind.
//!
//! Parts of an interchange can be written at the same time, each from the numbers on at which the part before it will
//! end, and be joined in order.

use std::sync::Arc;

use crate::canonical::Object;
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace};
use crate::mapping::{self, Context, Direction, Plan};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Tree};
use crate::x12::delimiters::Delimiters;
use crate::x12::dictionary;
use crate::x12::guide::Guide;
use crate::x12::writer::{self, GroupHeader, InterchangeHeader};

use super::Surroundings;
use super::read_back::{ReadBack, Sent};

/// The envelope of what is written.
#[derive(Debug, Clone)]
pub struct OutboundEnvelope {
    /// ISA; its control number is that of the interchange.
    pub interchange: InterchangeHeader,
    /// GS02 and GS03.
    pub group_ids: (String, String),
    /// GS04 CCYYMMDD and GS05 HHMM.
    pub date_and_time: (String, String),
    /// GS08 where the partner calls it otherwise than the release: GS01, the release, and GS08, such as `004010UCS`.
    pub versions: Vec<(&'static str, String, String)>,
    /// GS06 of the first group.
    pub first_group_number: u32,
    /// Delimiters and line ends.
    pub delimiters: Delimiters,
}

impl OutboundEnvelope {
    fn group_header(&self, number: usize, release: &str, functional_code: &str) -> GroupHeader {
        let (date, time) = self.date_and_time.clone();
        let (sender, receiver) = self.group_ids.clone();
        let control_number = self.first_group_number + number as u32;
        let mut versions = self.versions.iter();
        let own = versions.find(|(code, tables, _)| *code == functional_code && tables == release);
        let release = own.map_or(release, |(.., version)| version).to_owned();
        let functional_code = functional_code.to_owned();
        GroupHeader { functional_code, sender, receiver, date, time, control_number, release }
    }
}

/// How far an interchange has come: what decides the control numbers of what follows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbering {
    /// Groups that are closed.
    groups: usize,
    /// The group that is open: functional code and release, and its sets so far.
    open: Option<(&'static str, String, usize)>,
    /// Objects so far, of all groups.
    total: u64,
}

impl Numbering {
    /// Counts a set of the document that `plan` writes.
    pub fn count(&mut self, plan: &Plan) {
        if let Some((release, set_id)) = document(plan) {
            self.add(group_code(release, set_id), release, 1);
        }
    }

    fn add(&mut self, code: &'static str, release: &str, objects: u64) {
        let (groups, total) = (self.begun(), self.total + objects);
        self.total = total;
        match &mut self.open {
            Some((known, own, sets)) if *known == code && own == release => *sets += 1,
            _ => *self = Self { groups, open: Some((code, release.to_owned(), 1)), total },
        }
    }

    /// Does a set go into the group that is open?
    fn continues(&self, code: &str, release: &str) -> bool {
        self.open.as_ref().is_some_and(|(known, own, _)| *known == code && own == release)
    }

    /// Groups that are closed or open.
    fn begun(&self) -> usize {
        self.groups + usize::from(self.open.is_some())
    }

    /// Sets of the group that is open.
    fn sets(&self) -> usize {
        self.open.as_ref().map_or(0, |(.., sets)| *sets)
    }
}

/// The release and the transaction set of what a plan writes.
fn document(plan: &Plan) -> Option<(&str, &str)> {
    plan.grammar.name.strip_prefix("x12/")?.split_once('/')
}

/// GS01 of the group that a set goes into.
pub(super) fn group_code(release: &str, set_id: &str) -> &'static str {
    dictionary::group_code(dictionary::release_for(release).0, set_id).unwrap_or_default()
}

/// An interchange being written, or a part of one.
#[derive(Debug)]
pub struct Outbound {
    envelope: OutboundEnvelope,
    surroundings: Surroundings,
    out: Vec<u8>,
    /// Where `out` begins.
    start: Numbering,
    numbering: Numbering,
    tree: Tree,
    set: Vec<u8>,
    read_back: ReadBack,
}

/// Sets that were written apart from their interchange, with the groups that begin and end among them.
#[derive(Debug)]
pub struct OutboundPart {
    start: Numbering,
    end: Numbering,
    bytes: Vec<u8>,
}

impl OutboundPart {
    /// True when it has no set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl Outbound {
    /// Starts an interchange.
    #[must_use]
    pub fn new(envelope: OutboundEnvelope, surroundings: Surroundings) -> Self {
        let mut out = Vec::new();
        envelope.interchange.write(&mut out, &envelope.delimiters);
        Self { out, ..Self::apart(envelope, surroundings) }
    }

    /// Writes parts of an interchange apart from it: see [`Outbound::begin_part`].
    #[must_use]
    pub fn apart(envelope: OutboundEnvelope, surroundings: Surroundings) -> Self {
        Self {
            envelope,
            surroundings,
            out: Vec::new(),
            start: Numbering::default(),
            numbering: Numbering::default(),
            tree: Tree::default(),
            set: Vec::new(),
            read_back: ReadBack::default(),
        }
    }

    /// Writes one object; false when it has an error, then nothing of it is in the interchange.
    ///
    /// The set is read back before it counts as written: what its table or the partner's guide does not allow, or the
    /// mapping would not give back, is refused.
    pub fn write(
        &mut self,
        plan: &Arc<Plan>,
        guide: Option<&Guide>,
        object: &Object,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        self.write_together(plan, guide, std::slice::from_ref(object), diagnostics)
    }

    /// Writes objects of one mapping, those behind each other as one set where the mapping lets a set hold several and they agree
    /// in what stands outside their loops; the others in sets of their own. False when one has an error, then nothing of them is
    /// in the interchange.
    pub fn write_together(
        &mut self,
        plan: &Arc<Plan>,
        guide: Option<&Guide>,
        objects: &[Object],
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let (errors, numbering, length) = (diagnostics.errors(), self.numbering.clone(), self.out.len());
        let mut left = objects;
        while !left.is_empty() && diagnostics.errors() == errors {
            let mut found = Diagnostics::unlimited();
            let most = if plan.may_hold_several() { left.len() } else { 1 };
            let mut written = self.write_set(plan, guide, &left[..most], &mut found);
            // What cannot be told apart when it is read back is told apart by sets.
            if written > 1 && found.errors() > 0 {
                found = Diagnostics::unlimited();
                written = self.write_set(plan, guide, &left[..1], &mut found);
            }
            diagnostics.append(&mut found);
            left = &left[written..];
        }
        let good = diagnostics.errors() == errors;
        if !good {
            self.numbering = numbering;
            self.out.truncate(length);
        }
        good
    }

    /// Writes the first of the objects and those behind it that go into the same set; how many these are. With an error nothing
    /// is in the interchange.
    fn write_set(
        &mut self,
        plan: &Arc<Plan>,
        guide: Option<&Guide>,
        objects: &[Object],
        diagnostics: &mut Diagnostics,
    ) -> usize {
        let errors = diagnostics.errors();
        let Some((release, set_id)) = document(plan) else { return objects.len() };
        let charset = self.surroundings.charset.unwrap_or(Charset::Utf8);
        let delimiters = self.envelope.delimiters;
        let mut forbidden = vec![delimiters.element, delimiters.segment];
        forbidden.extend(delimiters.component.into_iter().chain(delimiters.repetition));
        let nowhere = |_: &Tree, _: ElementId| PayloadPlace::default();
        let mut context = Context {
            zone: self.surroundings.zone.clone(),
            charset: &charset,
            we_sell: self.surroundings.we_sell,
            separators: delimiters.separators(),
            delimiters: &forbidden,
            given: &self.surroundings.given,
            before: self.numbering.total,
            place: &nowhere,
        };
        write_tree(plan, &objects[0], &context, &mut self.tree, diagnostics);
        let (mut further, mut keys) = (Tree::default(), vec![plan.key_of(&objects[0])]);
        while let Some(object) = objects.get(keys.len()).filter(|_| diagnostics.errors() == errors) {
            let (mut found, key) = (Diagnostics::unlimited(), plan.key_of(object));
            context.before += 1;
            write_tree(plan, object, &context, &mut further, &mut found);
            if keys.contains(&key) || found.errors() > 0 || !plan.join(&mut self.tree, &further) {
                break;
            }
            diagnostics.append(&mut found);
            keys.push(key);
        }
        let objects = &objects[..keys.len()];
        let number = format!("{:04}", self.numbering.sets() + 1);
        self.set.clear();
        writer::write_set(&mut self.set, &delimiters, set_id, &number, &self.tree);
        if diagnostics.errors() == errors {
            let code = group_code(release, set_id);
            let group = self.envelope.group_header(self.numbering.groups, release, code);
            let sent = Sent { isa: &self.envelope.interchange, group: &group, delimiters: &delimiters, set: &self.set };
            self.read_back.check(plan, guide, objects, sent, &self.surroundings, diagnostics);
        }
        if diagnostics.errors() == errors {
            self.append(release, set_id, objects.len() as u64);
        }
        objects.len()
    }

    /// What of the envelope does not fit into its elements: with an error here, nothing can be sent.
    #[must_use]
    pub fn envelope_problems(&self) -> Vec<Diagnostic> {
        let mut found = self.envelope.interchange.check(&self.envelope.delimiters);
        found
            .extend(self.envelope.group_header(self.numbering.groups, "004010", "ZZ").check(&self.envelope.delimiters));
        found
    }

    /// How many transaction sets the interchange has.
    #[must_use]
    pub fn sets(&self) -> usize {
        self.numbering.groups + self.numbering.sets()
    }

    /// Bytes of the transaction set that was written last.
    #[must_use]
    pub fn last_bytes(&self) -> u64 {
        self.set.len() as u64
    }

    /// Writes what comes next as a part that begins at `start`, until [`Outbound::end_part`].
    pub fn begin_part(&mut self, start: Numbering) {
        self.out.clear();
        self.numbering.clone_from(&start);
        self.start = start;
    }

    /// What was written since [`Outbound::begin_part`].
    #[must_use]
    pub fn end_part(&mut self) -> OutboundPart {
        let bytes = std::mem::take(&mut self.out);
        OutboundPart { start: self.start.clone(), end: self.numbering.clone(), bytes }
    }

    /// Appends a part; false, and nothing appended, when it does not begin where the interchange has come to.
    #[must_use]
    pub fn join(&mut self, part: &OutboundPart) -> bool {
        let fits = part.start == self.numbering;
        if fits {
            self.out.extend_from_slice(&part.bytes);
            self.numbering.clone_from(&part.end);
        }
        fits
    }

    /// Closes the interchange and returns its bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.close_group();
        let groups = self.numbering.begun();
        self.envelope.interchange.write_trailer(&mut self.out, &self.envelope.delimiters, groups);
        self.out
    }

    /// Appends the set of so many objects, in a group of its kind.
    fn append(&mut self, release: &str, set_id: &str, objects: u64) {
        let code = group_code(release, set_id);
        if !self.numbering.continues(code, release) {
            self.close_group();
            let header = self.envelope.group_header(self.numbering.begun(), release, code);
            header.write(&mut self.out, &self.envelope.delimiters);
        }
        self.numbering.add(code, release, objects);
        self.out.extend_from_slice(&self.set);
    }

    /// Writes the trailer of the group that is open.
    fn close_group(&mut self) {
        if let Some((code, release, sets)) = &self.numbering.open {
            let header = self.envelope.group_header(self.numbering.groups, release, code);
            header.write_trailer(&mut self.out, &self.envelope.delimiters, *sets);
        }
    }
}

/// Writes an object as a document of its own.
fn write_tree(plan: &Plan, object: &Object, context: &Context<'_>, tree: &mut Tree, diagnostics: &mut Diagnostics) {
    plan.keep_rules(object, Direction::Send, &|_| None, diagnostics);
    mapping::write(plan, object, context, tree, diagnostics);
}
