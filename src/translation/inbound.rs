//! Bytes to canonical objects: read, check, map, one transaction set (or document of a file without an envelope) after the
//! other.

use std::ops::Range;
use std::sync::Arc;

use crate::canonical::Object;
use crate::diagnostic::{Diagnostics, PayloadPlace};
use crate::layout::Ending;
use crate::mapping::Reading;
use crate::partner::HeaderValues;
use crate::tree::{ElementId, Tree};
use crate::x12::envelope::InterchangeAcknowledgment;
use crate::x12::place::Part;
use crate::x12::reader::{ReadOptions, Reader, Step, Trailer};

use super::file::FileInbound;
use super::set::{Document, Documents, Set, Translator};
use super::{Desk, Surroundings};

/// Translates one input, step by step.
///
/// [`Inbound::next`] does the whole of it. [`Inbound::read`] leaves the translation of each set to a [`Translator`], which
/// may run on another thread.
#[derive(Debug)]
pub struct Inbound {
    reader: Reader,
    tree: Tree,
    translator: Translator,
    surroundings: Arc<Surroundings>,
    diagnostics: Diagnostics,
    limit: usize,
    /// The last step asked for more bytes: the next one goes on with it.
    under_way: bool,
    /// The reading of a file of records and fields; then nothing is X12.
    file: Option<FileInbound>,
    /// The set read last, while there are more objects in it; and the bytes up to its end.
    set: Option<(Documents, usize)>,
}

/// What a step came to; `D` is what there is of a transaction set. Diagnostics of the step are in
/// [`Inbound::diagnostics`].
#[derive(Debug)]
pub enum Outcome<D = Document> {
    /// Call again with the bytes not consumed and more behind them.
    NeedMore,
    /// Something else: the start of an envelope, skipped bytes.
    Passed(Step),
    /// A TA1 segment: what the partner says of an interchange of ours.
    InterchangeAcknowledgment(InterchangeAcknowledgment),
    /// A transaction set; the object of a [`Document`] is in [`Inbound::object`].
    Document(Box<D>),
    /// A functional group ended. When its trailer is not [`Trailer::is_sound`], the documents that came in it must not go on.
    GroupEnd(Trailer),
    /// An interchange ended. When its trailer is not [`Trailer::is_sound`], the documents that came in it must not go on.
    InterchangeEnd(Trailer),
    /// A file of records and fields ended. When its ending is not sound, none of its documents must go on.
    FileEnd(Ending),
    /// The input is read.
    End,
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
            translator: Translator::new(limit),
            surroundings: Arc::default(),
            diagnostics: Diagnostics::with_limit(limit),
            limit,
            under_way: false,
            file: None,
            set: None,
        }
    }

    /// Reads a file of records and fields.
    #[must_use]
    pub fn of_file(file: FileInbound) -> Self {
        let surroundings = Arc::new(file.surroundings().clone());
        Self { file: Some(file), surroundings, ..Self::new(ReadOptions::default()) }
    }

    /// Leaves out the checks of transaction sets, to measure what they cost; nothing that is read so should go on.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.translator.checked = false;
        self
    }

    /// The next step, as [`Reader::next`] takes it: bytes consumed, and what they were. Of a set that holds several objects
    /// each is a step; its bytes are consumed with the last.
    pub fn next(&mut self, input: &[u8], end: bool, desk: &dyn Desk) -> (usize, Outcome) {
        self.next_of(input, end, desk, |_| true)
    }

    /// The same, but a set that is not `wanted` is read only: it is [`Outcome::Passed`]. Documents of a file without an envelope are
    /// all wanted.
    pub fn next_of(
        &mut self,
        input: &[u8],
        end: bool,
        desk: &dyn Desk,
        wanted: impl FnOnce(&Set) -> bool,
    ) -> (usize, Outcome) {
        if let Some(file) = &mut self.file {
            return file.step(input, end, &mut self.diagnostics);
        }
        if let Some((set, consumed)) = self.set.take() {
            return self.document(input, set, consumed);
        }
        let (consumed, outcome) = self.read(input, end, desk);
        let outcome = match outcome {
            Outcome::Document(set) if !wanted(&set) => Outcome::Passed(Step::Set(set.bytes)),
            Outcome::Document(set) => {
                let bytes = &input[set.bytes.clone()];
                let set = self.translator.begin(*set, &mut self.tree, bytes);
                return self.document(input, set, consumed);
            }
            Outcome::NeedMore => Outcome::NeedMore,
            Outcome::Passed(step) => Outcome::Passed(step),
            Outcome::InterchangeAcknowledgment(found) => Outcome::InterchangeAcknowledgment(found),
            Outcome::GroupEnd(trailer) => Outcome::GroupEnd(trailer),
            Outcome::InterchangeEnd(trailer) => Outcome::InterchangeEnd(trailer),
            Outcome::FileEnd(ending) => Outcome::FileEnd(ending),
            Outcome::End => Outcome::End,
        };
        (consumed, outcome)
    }

    /// The next object of a set, which ends at `consumed`.
    fn document(&mut self, input: &[u8], mut set: Documents, consumed: usize) -> (usize, Outcome) {
        let bytes = &input[set.bytes.clone()];
        let (document, diagnostics) = self.translator.translate(&mut set, &mut self.tree, bytes);
        self.diagnostics = diagnostics;
        let is_done = set.is_done();
        self.set = (!is_done).then_some((set, consumed));
        (if is_done { consumed } else { 0 }, Outcome::Document(Box::new(document)))
    }

    /// The next step without the translation of sets: what a [`Translator`] needs besides the tree and the set's bytes.
    pub fn read(&mut self, input: &[u8], end: bool, desk: &dyn Desk) -> (usize, Outcome<Set>) {
        // What was found on the way to a step belongs to it, in however many pieces its bytes come.
        if !self.under_way {
            self.diagnostics = Diagnostics::with_limit(self.limit);
        }
        let progress = self.reader.next(input, end, &mut self.tree, &mut self.diagnostics);
        self.under_way = matches!(progress.step, Step::NeedMore);
        let outcome = match progress.step {
            Step::NeedMore => Outcome::NeedMore,
            Step::End => Outcome::End,
            Step::Interchange | Step::Group => {
                self.identify(desk, matches!(progress.step, Step::Group));
                Outcome::Passed(progress.step)
            }
            Step::Set(bytes) => match self.set(input, bytes.clone(), desk) {
                Some(set) => Outcome::Document(Box::new(set)),
                None => Outcome::Passed(Step::Set(bytes)),
            },
            Step::GroupEnd(trailer) => Outcome::GroupEnd(trailer),
            Step::InterchangeEnd(trailer) => Outcome::InterchangeEnd(trailer),
            Step::InterchangeAcknowledgment(found) => Outcome::InterchangeAcknowledgment(found),
            Step::Skipped(_) => Outcome::Passed(progress.step),
        };
        (progress.consumed, outcome)
    }

    /// The object of the document read last.
    #[must_use]
    pub fn object(&self) -> &Object {
        self.file.as_ref().map_or_else(|| self.translator.object(), FileInbound::object)
    }

    /// What the mapping took of the document read last.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        self.file.as_ref().map_or_else(|| self.translator.reading(), FileInbound::reading)
    }

    /// The tree of the document read last; offsets count from the first byte of its bytes.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        self.file.as_ref().map_or(&self.tree, FileInbound::tree)
    }

    /// Where an element of the document read last, whose bytes are `bytes`, stands in the input.
    #[must_use]
    pub fn place(&self, bytes: &[u8], element: ElementId, part: Part) -> PayloadPlace {
        match (&self.file, self.reader.set()) {
            (Some(file), _) => file.place(bytes, element),
            (None, Some(set)) => set.context.element_id(&self.tree, bytes, element, part),
            (None, None) => PayloadPlace::default(),
        }
    }

    /// The reading of a file of records and fields; `None`: it is X12.
    #[must_use]
    pub fn file(&self) -> Option<&FileInbound> {
        self.file.as_ref()
    }

    /// Takes the tree of the set read last away, and goes on with `spare`.
    #[must_use]
    pub fn take_tree(&mut self, mut spare: Tree) -> Tree {
        spare.clear();
        std::mem::replace(&mut self.tree, spare)
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

    /// What an answer to the last step needs: the reader and its tree, what is known of the partner, and the diagnostics.
    pub fn step(&mut self) -> (&Reader, &Tree, &Surroundings, &mut Diagnostics) {
        (&self.reader, &self.tree, &self.surroundings, &mut self.diagnostics)
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
        self.surroundings = Arc::new(desk.surroundings(interchange, inside, &place, diagnostics));
    }

    /// The set in the tree, with its mapping.
    fn set(&mut self, input: &[u8], range: Range<usize>, desk: &dyn Desk) -> Option<Set> {
        let (header, interchange) = (self.reader.set()?, self.reader.interchange()?);
        let bytes = &input[range.clone()];
        let values = HeaderValues { interchange, group: self.reader.group(), set: header, tree: &self.tree, bytes };
        let mut chosen = Diagnostics::with_limit(self.limit);
        // A set without a table was refused already; no mapping could take it.
        let plan = header.grammar.and_then(|_| desk.plan(&self.surroundings, &values, &mut chosen));
        let guide = plan.as_ref().and_then(|plan| desk.guide(plan));
        let read = std::mem::replace(&mut self.diagnostics, Diagnostics::with_limit(self.limit));
        let (header, surroundings) = (header.clone(), Arc::clone(&self.surroundings));
        Some(Set { header, plan, guide, surroundings, read, chosen, bytes: range })
    }
}
