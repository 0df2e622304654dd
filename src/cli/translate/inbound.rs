//! A partner's file, X12 or one of a layout, to canonical events, in the order of the file.
//!
//! Some hundred kilobytes of sets are read at a time; the thread that read and placed them checks, maps and prints them.

use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::Arguments;
use super::in_order::in_order;
use crate::canonical::{self, Event, Object};
use crate::catalog::{Catalog, CatalogDesk, Coming};
use crate::cli::input::{Feed, name_places};
use crate::cli::output::{Console, Exit, Failure, Format, Tally};
use crate::cli::progress::Reached;
use crate::diagnostic::Diagnostics;
use crate::mapping::Given;
use crate::partner::Profile;
use crate::translation::{Document, Inbound, Outcome, Set, Translator};
use crate::tree::Tree;

/// Bytes of sets that are translated together: enough that handing them over costs nothing, few enough to stay in the
/// processor's cache.
const BATCH_BYTES: usize = 128 << 10;

/// Translates the input of `feed`.
pub(super) fn run(
    arguments: &Arguments,
    console: &mut Console,
    catalog: &Catalog,
    profiles: &[Profile],
    (mut feed, given): (Feed, Arc<Given>),
) -> Result<Exit, Failure> {
    let now = arguments.now();
    let desk = CatalogDesk::new(catalog, profiles, arguments.reading.chosen(now)).with(given);
    let options = arguments.reading.options(profiles);
    let limit = options.limits.diagnostics_per_document;
    let mut told = Diagnostics::unlimited();
    let name = feed.file_name().to_owned();
    let mut inbound =
        desk.inbound(Coming { name: &name, beginning: feed.beginning()?, owner: None }, options, &mut told);
    if told.errors() > 0 || inbound.file().is_some() {
        return file(arguments, console, &desk, inbound, told, feed);
    }
    let print = Print { data: arguments.data, pretty: console.terminal && console.format == Format::Text, now };
    let mut tally = Tally::default();
    let (whole_name, spare) = (feed.name().to_owned(), Mutex::new(Vec::new()));
    let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    let mut end = None;
    let read = move || -> Result<Option<Batch>, Failure> {
        let mut batch: Batch = spare().pop().unwrap_or_default();
        while batch.bytes.len() < BATCH_BYTES && end.is_none() {
            let pulled = feed.pull(|input, end| match inbound.read(input, end, &desk) {
                (consumed, Outcome::NeedMore) => (consumed, None),
                (consumed, Outcome::Document(set)) => {
                    let range = set.bytes.clone();
                    (consumed, Some((Outcome::Document(set), range)))
                }
                (consumed, outcome) => (consumed, Some((outcome, 0..0))),
            });
            match pulled {
                Ok((Outcome::Document(set), bytes)) => {
                    let tree = inbound.take_tree(batch.trees.pop().unwrap_or_default());
                    batch.add_set(*set, tree, feed.slice(bytes));
                }
                Ok((outcome, _)) => {
                    batch.add_step(std::mem::replace(inbound.diagnostics(), Diagnostics::with_limit(0)));
                    end = matches!(outcome, Outcome::End).then_some(Ok(None));
                }
                // What was read before it is done all the same.
                Err(failure) => end = Some(Err(failure)),
            }
        }
        batch.reached = feed.reached(0);
        if batch.steps.is_empty() { end.take().unwrap_or(Ok(None)) } else { Ok(Some(batch)) }
    };
    let work = || {
        let mut translator = Translator::new(limit);
        move |batch: Batch| batch.translate(&mut translator, print)
    };
    let hand_on = |done: Done| -> Result<(), Failure> {
        let batch = show(console, &whole_name, &mut tally, done)?;
        spare().push(batch);
        Ok(())
    };
    in_order(arguments.threads(), read, work, hand_on)?;
    for line in console.take_counted() {
        console.remark(&line)?;
    }
    if tally.exit() != Exit::Fine {
        console.remark(&tally.summary())?;
    }
    Ok(tally.exit())
}

/// A file of records and fields: its documents in order. Its bytes are read as they come, no other thread helps.
fn file(
    arguments: &Arguments,
    console: &mut Console,
    desk: &CatalogDesk<'_>,
    mut inbound: Inbound,
    mut told: Diagnostics,
    mut feed: Feed,
) -> Result<Exit, Failure> {
    let print = Print {
        data: arguments.data,
        pretty: console.terminal && console.format == Format::Text,
        now: arguments.now(),
    };
    let mut tally = Tally::of_file();
    let (mut ended, mut is_document) = (inbound.file().is_none(), false);
    loop {
        feed.name_places(&mut told);
        tally.count(&told, is_document);
        for diagnostic in told.take() {
            console.beside(&diagnostic)?;
        }
        if ended {
            break;
        }
        let (outcome, range) = feed.outcome(&mut inbound, desk)?;
        told.append(inbound.diagnostics());
        ended = matches!(outcome, Outcome::End);
        is_document = matches!(outcome, Outcome::Document(_));
        if let Outcome::Document(document) = &outcome {
            if document.good {
                let mut out = Vec::new();
                print.document(document, inbound.object(), feed.slice(range), &mut out);
                console.out.write_all(&out)?;
            }
            console.reached(feed.reached(tally.sets()))?;
        }
    }
    if tally.exit() != Exit::Fine {
        console.remark(&tally.summary())?;
    }
    Ok(tally.exit())
}

/// Steps of the reading, in order: sets with their bytes, and what was found between them. Its memory is used again.
#[derive(Default)]
struct Batch {
    steps: Vec<Step>,
    /// Of the sets, one behind the other.
    bytes: Vec<u8>,
    /// How far the reading was behind them.
    reached: Reached,
    /// What is written of them; empty until they are translated.
    out: Vec<u8>,
    /// Trees to use again.
    trees: Vec<Tree>,
}

enum Step {
    Set(Box<Set>, Tree, Range<usize>),
    Found(Diagnostics),
}

/// What became of a batch, whose steps are done.
struct Done {
    /// Of each step: what was found, which object of a set it was, and where its output ends.
    steps: Vec<(Diagnostics, Option<usize>, usize)>,
    batch: Batch,
}

impl Batch {
    fn add_set(&mut self, set: Set, tree: Tree, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.steps.push(Step::Set(Box::new(set), tree, start..self.bytes.len()));
    }

    /// A step that is no set: only what it found is kept, where it found something.
    fn add_step(&mut self, found: Diagnostics) {
        if !found.list().is_empty() || found.left_out() > 0 {
            self.steps.push(Step::Found(found));
        }
    }

    fn translate(mut self, translator: &mut Translator, print: Print) -> Done {
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in self.steps.drain(..) {
            match step {
                Step::Found(diagnostics) => steps.push((diagnostics, None, self.out.len())),
                Step::Set(set, mut tree, range) => {
                    let bytes = &self.bytes[range];
                    let mut set = translator.begin(*set, &mut tree, bytes);
                    while !set.is_done() {
                        let (document, diagnostics) = translator.translate(&mut set, &mut tree, bytes);
                        if document.good {
                            print.document(&document, translator.object(), bytes, &mut self.out);
                        }
                        steps.push((diagnostics, Some(document.part), self.out.len()));
                    }
                    self.trees.push(tree);
                }
            }
        }
        Done { steps, batch: self }
    }
}

/// Writes what became of a batch: each document, then what was found in it. Returns the batch, empty.
fn show(console: &mut Console, name: &str, tally: &mut Tally, done: Done) -> Result<Batch, Failure> {
    let Done { steps, mut batch } = done;
    let mut written = 0;
    for (mut diagnostics, part, end) in steps {
        name_places(name, &mut diagnostics);
        match part {
            Some(1..) => tally.count_further(&diagnostics),
            _ => tally.count(&diagnostics, part.is_some()),
        }
        let left_out = diagnostics.left_out();
        let found = diagnostics.take();
        if found.is_empty() && left_out == 0 {
            continue;
        }
        console.out.write_all(&batch.out[written..end])?;
        written = end;
        for diagnostic in found {
            if !console.counted(&diagnostic) {
                console.beside(&diagnostic)?;
            }
        }
        if left_out > 0 {
            console.remark(&format!("{left_out} more problems of this transaction set are not shown"))?;
        }
    }
    console.out.write_all(&batch.out[written..])?;
    console.reached(Reached { sets: Some(tally.sets()), ..batch.reached })?;
    batch.bytes.clear();
    batch.out.clear();
    Ok(batch)
}

/// How documents are printed.
#[derive(Clone, Copy)]
struct Print {
    data: bool,
    pretty: bool,
    now: Timestamp,
}

impl Print {
    /// The event of a document, one line or laid out for a person.
    fn document(self, document: &Document, object: &Object, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(plan) = &document.plan else { return };
        if self.data {
            let emit = if self.pretty { canonical::emit_pretty } else { canonical::emit };
            emit(object, plan.canonical, out);
        } else {
            let id = canonical::event_id(bytes, document.place.bytes.start + document.part as u64, 1);
            let source = format!("/partners/{}", document.partner.as_deref().unwrap_or("unknown"));
            let subject = canonical::subject(object, plan.canonical);
            let event = Event {
                id: &id,
                source: &source,
                subject,
                time: self.now,
                correlation_id: canonical::correlation_id(object, plan.canonical),
                document_id: Some(&id),
                supersedes: None,
                sequence: None,
            };
            let emit = if self.pretty { canonical::emit_event_pretty } else { canonical::emit_event };
            emit(&event, object, plan.canonical, out);
        }
        out.push(b'\n');
    }
}
