//! Finds the documents in a file, one after the other. It is handed bytes and owns no input.

mod apart;
mod delimited;
pub(super) mod fixed;
pub(super) mod lines;
pub(super) mod xml;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, LineCounter, PayloadPlace, codes};
use crate::tree::Tree;
use crate::tree::charset::Charset;

use super::builder::Builder;
use super::wide::{Order, Wide, widen};
use super::{Counts, DocumentContext, Layout, Likeness, Outside, Syntax};

/// Most bytes of a document, as of an interchange's transaction set.
const LARGEST_DOCUMENT: usize = 64 << 20;
/// Most bytes of a line.
const LONGEST_LINE: usize = 8 << 20;

/// What a call of [`Reader::next`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Call again with the bytes not consumed and more behind them.
    NeedMore,
    /// A document is in the tree: these bytes of the input, from which the tree's offsets count.
    Document(Range<usize>),
    /// The file is read.
    End(Ending),
}

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// False when something is wrong with the file as a whole: it breaks off, its trailer counts otherwise, or a line
    /// belongs to no document. Then none of its documents must go on.
    pub sound: bool,
    /// How many documents it had.
    pub documents: u64,
}

/// Reads files of one layout.
#[derive(Debug)]
pub struct Reader {
    layout: Arc<Layout>,
    state: State,
    pub(super) syntax: SyntaxState,
    /// Is it known what the file's bytes are? The text of one of UTF-16.
    begun: bool,
    pub(super) wide: Option<Wide>,
}

#[derive(Debug)]
pub(super) enum SyntaxState {
    Lines(Box<lines::LinesState>),
    Xml(xml::XmlState),
}

/// What every syntax keeps.
#[derive(Debug, Default)]
struct State {
    builder: Builder,
    /// Where in the input of the next call the document begins (or the next one may), and how far it is read.
    begin: usize,
    at: usize,
    /// Is a document begun?
    open: bool,
    /// Absolute offset of the input's first byte, and its line and column.
    offset: u64,
    lines: LineCounter,
    /// Finds places in the input, one behind the other.
    here: DocumentContext,
    unsound: bool,
    documents: u64,
    /// Occurrences of each record in all documents that are read.
    totals: Vec<u64>,
    /// The records outside documents that came.
    outside: Vec<Outside>,
    /// The character set that the file names, and the one it is taken for where neither it nor the layout does.
    charset: Option<Charset>,
    assumed: Option<Charset>,
    /// Are the texts of the document UTF-8, though the file is not, or may not be?
    decoded: bool,
    /// Whether nothing more of the file can be read.
    over: bool,
    /// Where the document given last stands.
    context: DocumentContext,
}

impl Reader {
    /// Reads a file of this layout.
    #[must_use]
    pub fn new(layout: Arc<Layout>) -> Self {
        let syntax = match &layout.syntax {
            Syntax::Lines(_) => SyntaxState::Lines(Box::default()),
            Syntax::Xml(_) => SyntaxState::Xml(xml::XmlState::default()),
        };
        let state = State { totals: vec![0; layout.records.len()], ..State::default() };
        Self { layout, state, syntax, begun: false, wide: None }
    }

    /// The layout of what is read.
    #[must_use]
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Takes the file for one of this character set where neither it nor the layout names one.
    #[must_use]
    pub fn assuming(mut self, charset: Option<Charset>) -> Self {
        self.state.assumed = charset;
        self
    }

    /// The character set of the texts in the tree: the one that the file names, else the layout, else the one it is taken for. An XML
    /// document with a character by its number is UTF-8, for it may be one that the file's own set lacks.
    #[must_use]
    pub fn charset(&self) -> Option<Charset> {
        match self.state.decoded {
            true => Some(Charset::Utf8),
            false => self.state.charset(&self.layout),
        }
    }

    /// The character set in which a document of the file with these bytes is written.
    pub(super) fn written(&self, bytes: &[u8]) -> Charset {
        self.state.charset(&self.layout).unwrap_or_else(|| Charset::guess(bytes))
    }

    /// Reads up to the end of the next document: bytes consumed, and what came. `end` says that nothing follows `input`.
    /// The bytes not consumed are to be handed in again, with more behind them.
    pub fn next(&mut self, input: &[u8], end: bool, tree: &mut Tree, diagnostics: &mut Diagnostics) -> (usize, Step) {
        if !self.begun {
            if input.len() < 4 && !end {
                return (0, Step::NeedMore);
            }
            self.begun = true;
            self.wide = Order::of(input).map(Wide::new);
        }
        let Some(mut wide) = self.wide.take() else { return self.read(input, end, tree, diagnostics) };
        self.state.charset = Some(Charset::Utf8);
        wide.take(input, end);
        let (known, offset) = (diagnostics.list().len(), self.state.offset);
        let (consumed, step) = self.read(&wide.text, end, tree, diagnostics);
        wide.tell(known, offset, diagnostics);
        let step = match step {
            Step::Document(range) => {
                widen(tree, &wide.text[range.clone()]);
                let range = wide.range(&range);
                self.state.context.offset = wide.absolute(range.start);
                self.state.context.order = Some(wide.order);
                Step::Document(range)
            }
            step => step,
        };
        let consumed = wide.drop(consumed);
        self.wide = Some(wide);
        (consumed, step)
    }

    /// The same, of what is not UTF-16.
    fn read(&mut self, input: &[u8], end: bool, tree: &mut Tree, diagnostics: &mut Diagnostics) -> (usize, Step) {
        let Self { layout, state, syntax, .. } = self;
        let mut pass = Pass { layout, state, input, end, tree, diagnostics };
        let step = match (&layout.syntax, syntax) {
            (Syntax::Lines(lines), SyntaxState::Lines(own)) => own.next(lines, &mut pass),
            (Syntax::Xml(xml), SyntaxState::Xml(own)) => own.next(xml, &mut pass),
            _ => Step::End(state.ending()),
        };
        if let Step::End(_) = step
            && state.documents == 0
            && !state.unsound
        {
            let place = PayloadPlace { bytes: 0..0, line: 1, column: 1, ..PayloadPlace::default() };
            let message = format!("the file holds no document of the layout {}", layout.name);
            diagnostics.push(
                Diagnostic::new(codes::LAYOUT_NO_DOCUMENT, message, place)
                    .remedy("ask the partner for the file again; an empty one may be a sign of a failed export"),
            );
            state.unsound = true;
        }
        let step = match step {
            Step::End(_) => Step::End(state.ending()),
            step => step,
        };
        let consumed = match &step {
            Step::NeedMore => state.begin,
            Step::Document(range) => {
                let offset = state.offset + range.start as u64;
                let lines = state.lines.behind(&input[..range.start]).into();
                state.context = DocumentContext { offset, lines, order: None };
                state.at
            }
            Step::End(_) => state.at,
        };
        state.consume(input, consumed);
        (consumed, step)
    }

    /// Where the document that [`Reader::next`] gave last stands.
    #[must_use]
    pub fn context(&self) -> DocumentContext {
        self.state.context.clone()
    }
}

impl State {
    fn consume(&mut self, input: &[u8], consumed: usize) {
        if consumed > 0 {
            self.offset += consumed as u64;
            self.lines.advance(&input[..consumed]);
            self.here = DocumentContext { offset: self.offset, lines: self.lines.into(), order: None };
        }
        self.at -= consumed.min(self.at);
        self.begin -= consumed.min(self.begin);
    }

    /// The character set of the file, as far as it is known.
    fn charset(&self, layout: &Layout) -> Option<Charset> {
        self.charset.or(layout.charset).or(self.assumed)
    }

    /// What bytes of the file are, as UTF-8.
    fn as_utf8<'t>(&self, layout: &Layout, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let charset = self.charset(layout).unwrap_or_else(|| Charset::guess(bytes));
        if charset == Charset::Utf8 || bytes.is_ascii() {
            return Cow::Borrowed(bytes);
        }
        match charset.decode_lossy(bytes) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }

    fn ending(&self) -> Ending {
        Ending { sound: !self.unsound, documents: self.documents }
    }

    /// The document that ends at `end` is whole.
    fn close(&mut self, end: usize) -> Step {
        self.open = false;
        self.documents += 1;
        for (total, count) in self.totals.iter_mut().zip(&self.builder.counts) {
            *total += u64::from(*count);
        }
        let range = self.begin..end;
        (self.begin, self.at) = (end, end);
        Step::Document(range)
    }
}

/// One call of [`Reader::next`]: what is known, what comes in, and where it goes.
struct Pass<'a> {
    layout: &'a Layout,
    state: &'a mut State,
    input: &'a [u8],
    /// Nothing follows the input.
    end: bool,
    tree: &'a mut Tree,
    diagnostics: &'a mut Diagnostics,
}

impl Pass<'_> {
    /// Says something of bytes of the input, which makes the whole file unsound.
    fn broken(&mut self, code: Code, message: String, span: Range<usize>, remedy: &str) {
        self.state.unsound = true;
        let diagnostic = Diagnostic::new(code, message, self.place(span)).remedy(remedy);
        self.diagnostics.push(diagnostic);
    }

    fn place(&self, span: Range<usize>) -> PayloadPlace {
        self.state.here.span(self.input, span)
    }

    /// Is the line that begins at `start` and has no end yet longer than any that is read? Then nothing more is.
    fn is_too_long(&mut self, start: usize) -> bool {
        let too_long = self.input.len() - start > LONGEST_LINE;
        if too_long {
            let message = format!("a line has more than {} MB", LONGEST_LINE >> 20);
            let remedy = "look whether the file has line ends, and whether a quote is opened and never closed; a longer line cannot be read";
            self.broken(codes::LAYOUT_LIMIT, message, start..start + 1, remedy);
            (self.state.over, self.state.open) = (true, false);
        }
        too_long
    }

    /// Is there nothing more to be read of the file, as the document is too large or something before was broken?
    fn is_over(&mut self) -> bool {
        if self.state.open && self.state.at - self.state.begin > LARGEST_DOCUMENT {
            let message = format!("a document has more than {} MB", LARGEST_DOCUMENT >> 20);
            let remedy =
                "look whether the layout's `document` and keys tell documents apart; a larger one cannot be read";
            self.broken(codes::LAYOUT_LIMIT, message, self.state.begin..self.state.begin, remedy);
            (self.state.over, self.state.open) = (true, false);
        }
        if self.state.over {
            (self.state.at, self.state.begin) = (self.input.len(), self.input.len());
        }
        self.state.over
    }

    /// Compares what a trailer counts with what came; `lines` are those of the file.
    fn count(&mut self, counts: Counts, text: &[u8], lines: u64, span: Range<usize>) {
        let (came, what) = match counts {
            Counts::Documents => (self.state.documents, "documents".to_owned()),
            Counts::Lines => (lines, "lines".to_owned()),
            Counts::Record(record) => {
                (self.state.totals[record], format!("records `{}`", self.layout.records[record].name))
            }
        };
        let text = String::from_utf8_lossy(text).trim().to_owned();
        if text.parse::<u64>().ok() != Some(came) {
            let message = format!("the trailer counts `{text}` {what}, {came} came");
            let remedy = "ask the partner to send the file again: lines were lost or are there twice";
            self.broken(codes::LAYOUT_COUNT, message, span, remedy);
        }
    }

    /// Says so when a file ends without the trailer that its layout has.
    fn trailer_came(&mut self) {
        if let Some(trailer) = self.layout.trailer().filter(|_| !self.state.outside.contains(&Outside::After)) {
            let message = format!("the file ends without its `{}`", trailer.name);
            let (end, remedy) = (self.input.len(), "it may be cut short: ask the partner to send it again");
            self.broken(codes::LAYOUT_NO_TRAILER, message, end..end, remedy);
        }
    }

    /// What a call comes to when nothing more is to be read.
    fn rest(&self) -> Step {
        if self.end { Step::End(self.state.ending()) } else { Step::NeedMore }
    }
}

/// How a file that begins so looks like one of the layout; else why it does not.
pub(super) fn recognises(layout: &Layout, beginning: &[u8]) -> Result<Likeness, String> {
    if let Some(order) = Order::of(beginning) {
        let text = order.decode(&beginning[..beginning.len() - beginning.len() % 2]);
        return recognises(layout, text.trim_start_matches('\u{FEFF}').as_bytes());
    }
    match &layout.syntax {
        Syntax::Lines(lines) => lines::recognises(layout, lines, beginning),
        Syntax::Xml(xml) => xml::recognises(xml, beginning),
    }
}
