//! Files of records and fields, to canonical objects and back.
//!
//! They have no envelope: whose they are and which mapping serves is known before the first byte is read.

use std::sync::Arc;

use crate::canonical::Object;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, PayloadPlace, codes};
use crate::layout::{self, Draft, Layout, Reader, Step, Writer};
use crate::mapping::{self, Base, Context, Direction, Plan, Reading, SegmentForm};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Separators, Tree};

use super::read_back::compare;
use super::set::{Standing, Translator};
use super::{Document, Outcome, Surroundings};

/// Translates one file, document by document.
#[derive(Debug)]
pub struct FileInbound {
    reader: Reader,
    plan: Arc<Plan>,
    surroundings: Surroundings,
    tree: Tree,
    translator: Translator,
    limit: usize,
    /// What was found since the last document, while more of the file is waited for.
    found: Option<Diagnostics>,
    ended: bool,
}

impl FileInbound {
    /// Reads a file of this layout by a mapping for it, with at most `limit` diagnostics of a document.
    #[must_use]
    pub fn new(layout: Arc<Layout>, plan: Arc<Plan>, surroundings: Surroundings, limit: usize) -> Self {
        Self {
            reader: Reader::new(layout).assuming(surroundings.charset),
            plan,
            surroundings,
            tree: Tree::default(),
            translator: Translator::new(limit),
            limit,
            found: None,
            ended: false,
        }
    }

    /// The next step: bytes consumed, and what came of them. What was found is in `diagnostics` when the document ends in which it
    /// stands, or the file: in how many pieces they come makes no difference.
    pub(super) fn step(&mut self, input: &[u8], end: bool, diagnostics: &mut Diagnostics) -> (usize, Outcome) {
        let judge = self.surroundings.rules.judge();
        let nothing = Diagnostics::with_limit(self.limit).judged(judge);
        *diagnostics = self.found.take().unwrap_or_else(|| nothing.clone());
        if self.ended {
            return (0, Outcome::End);
        }
        let (consumed, step) = self.reader.next(input, end, &mut self.tree, diagnostics);
        let outcome = match step {
            Step::NeedMore => {
                self.found = Some(std::mem::replace(diagnostics, nothing));
                Outcome::NeedMore
            }
            Step::End(ending) => {
                self.ended = true;
                Outcome::FileEnd(ending)
            }
            Step::Document(range) => {
                let bytes = &input[range.clone()];
                let context = self.reader.context();
                let layout = Arc::clone(self.reader.layout());
                let charset = self.charset(bytes);
                layout::check(&layout, &self.tree, bytes, charset, &context, diagnostics);
                self.translator.clear();
                let place = |tree: &Tree, element: ElementId| context.field(&layout, tree, bytes, element);
                let standing = Standing { whole: context.whole(), place: &place, charset };
                let (plan, surroundings) = (Arc::clone(&self.plan), &self.surroundings);
                self.translator.map_tree(&plan, &standing, surroundings, &mut self.tree, bytes, diagnostics);
                let partner = surroundings.partner.clone();
                let good = diagnostics.errors() == 0;
                let document =
                    Document { plan: Some(plan), partner, good, place: context.whole(), bytes: range, part: 0 };
                Outcome::Document(Box::new(document))
            }
        };
        (consumed, outcome)
    }

    /// What the file says of its character set, else what the layout or the profile says, else what its bytes are.
    #[must_use]
    pub fn charset(&self, bytes: &[u8]) -> Charset {
        self.reader.charset().unwrap_or_else(|| Charset::guess(bytes))
    }

    /// The object of the document read last.
    #[must_use]
    pub fn object(&self) -> &Object {
        self.translator.object()
    }

    /// What the mapping took of the document read last.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        self.translator.reading()
    }

    /// The tree of the document read last.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Where an element of the document read last, whose bytes are `bytes`, stands in the file.
    #[must_use]
    pub fn place(&self, bytes: &[u8], element: ElementId) -> PayloadPlace {
        self.reader.context().field(self.reader.layout(), &self.tree, bytes, element)
    }

    /// The document read last, whose bytes are `bytes`, made to say `object`: what says the same keeps its bytes. Not to be used when
    /// a diagnostic is an error.
    #[must_use]
    pub fn rewrite(&self, plan: &Plan, bytes: &[u8], object: &Object, diagnostics: &mut Diagnostics) -> Vec<u8> {
        let Some(draft) = Draft::new(&self.tree, bytes) else {
            let message = "the document holds so many control characters that no change of it can be written";
            let remedy = "correct its bytes: `crossdock document correct ID --bytes`";
            let found = Diagnostic::new(codes::LAYOUT_NO_ROOM, message, FieldPlace::default());
            diagnostics.push(found.remedy(remedy));
            return bytes.to_vec();
        };
        let (charset, nowhere) = (self.charset(bytes), |_: &Tree, _: ElementId| PayloadPlace::default());
        let context = Context {
            zone: self.surroundings.zone.clone(),
            charset: &charset,
            we_sell: self.surroundings.we_sell,
            separators: Separators::default(),
            delimiters: &draft.delimiters,
            given: &self.surroundings.given,
            before: 0,
            place: &nowhere,
        };
        let [element, terminator, _] = draft.delimiters;
        let form = SegmentForm { element, terminator, line_end: b"" };
        let base = Base { tree: &draft.tree, bytes: &draft.bytes, object: self.object(), reading: self.reading() };
        let edits = mapping::change(plan, base, object, form, &context, diagnostics);
        let changed = mapping::apply(&draft.bytes, &edits);
        self.reader.rewrite((&self.tree, bytes), (&draft, &changed), charset, diagnostics)
    }

    /// What is known of the partner.
    #[must_use]
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// The layout of the file.
    #[must_use]
    pub fn layout(&self) -> &Arc<Layout> {
        self.reader.layout()
    }
}

/// Writes one file of canonical objects.
#[derive(Debug)]
pub struct FileOutbound {
    writer: Writer,
    surroundings: Surroundings,
    charset: Charset,
    tree: Tree,
    last_bytes: u64,
}

impl FileOutbound {
    /// Begins a file of this layout.
    #[must_use]
    pub fn new(layout: Arc<Layout>, surroundings: Surroundings) -> Self {
        // An XML file says what it is, and is UTF-8 where the layout does not want another one.
        let profile = surroundings.charset.filter(|_| !layout.is_xml());
        let charset = layout.charset.or(profile).unwrap_or(Charset::Utf8);
        Self { writer: Writer::new(layout, charset), surroundings, charset, tree: Tree::default(), last_bytes: 0 }
    }

    /// Writes one object; false when it has an error, then nothing of it is in the file. What was written is read back first.
    pub fn write(&mut self, plan: &Arc<Plan>, object: &Object, diagnostics: &mut Diagnostics) -> bool {
        let errors = diagnostics.errors();
        let nowhere = |_: &Tree, _: ElementId| PayloadPlace::default();
        let context = Context {
            zone: self.surroundings.zone.clone(),
            charset: &self.charset,
            we_sell: self.surroundings.we_sell,
            separators: Separators::default(),
            delimiters: &[],
            given: &self.surroundings.given,
            before: self.writer.documents(),
            place: &nowhere,
        };
        plan.keep_rules(object, Direction::Send, &|_| None, diagnostics);
        mapping::write(plan, object, &context, &mut self.tree, diagnostics);
        plan.keep_rules(object, Direction::Send, &|_| None, diagnostics);
        if diagnostics.errors() > errors {
            return false;
        }
        let mut alone = Writer::new(Arc::clone(self.writer.layout()), self.charset);
        if !alone.document(&self.tree, diagnostics) {
            return false;
        }
        let alone = alone.finish();
        self.last_bytes = alone.len() as u64;
        self.read_back(plan, object, &alone, diagnostics);
        diagnostics.errors() == errors && self.writer.document(&self.tree, diagnostics)
    }

    /// The create law on this very document: its layout takes it, and reading it gives the object again.
    fn read_back(&self, plan: &Arc<Plan>, object: &Object, bytes: &[u8], diagnostics: &mut Diagnostics) {
        let surroundings = Surroundings { charset: Some(self.charset), ..self.surroundings.clone() };
        let mut inbound =
            FileInbound::new(Arc::clone(self.writer.layout()), Arc::clone(plan), surroundings, usize::MAX);
        let (mut at, mut documents, mut found) = (0, 0, Diagnostics::unlimited());
        loop {
            let (consumed, outcome) = inbound.step(&bytes[at..], true, &mut found);
            at += consumed;
            // What is demanded of what is sent was asked before it was written.
            found.retain(|one| one.code != codes::MAPPING_RULE);
            diagnostics.append(&mut found);
            match outcome {
                Outcome::Document(_) => {
                    documents += 1;
                    if documents == 1 {
                        compare(plan, object, inbound.object(), diagnostics);
                    }
                }
                _ => break,
            }
        }
        if documents > 1 {
            let message = format!("what was written is {documents} documents when it is read");
            let cause = format!(
                "the layout {} sees a new one where the mapping `{}` goes on",
                self.writer.layout().name,
                plan.name
            );
            diagnostics.push(
                Diagnostic::new(codes::MAPPING_NOT_REVERSIBLE, message, FieldPlace::default())
                    .cause(cause)
                    .remedy("look at `document` and the keys in the layout"),
            );
        }
    }

    /// How many documents the file has.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.writer.documents()
    }

    /// Bytes of a file that holds only the document that was written last.
    #[must_use]
    pub fn last_bytes(&self) -> u64 {
        self.last_bytes
    }

    /// Ends the file and returns its bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.writer.finish()
    }
}
