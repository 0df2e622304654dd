//! Valid documents, and the ways to break them: each mutant says which rule it broke and where.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod elements;
mod envelope;
mod segments;

use std::path::Path;
use std::sync::Arc;

use crossdock::diagnostic::Diagnostics;
use crossdock::tree::{ElementUse, Grammar, Segment, SegmentDefinition, Tree};
use crossdock::x12::dictionary::{self, Release};
use crossdock::x12::reader::{ReadOptions, Reader, Step};

/// SplitMix64: a few lines, and the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        if choices.is_empty() { None } else { Some(&choices[self.below(choices.len())]) }
    }
}

/// A valid interchange of one transaction set.
#[derive(Clone)]
pub(crate) struct Document {
    /// Such as `004010-945`.
    pub(crate) name: String,
    /// ISA and GS, as they stand; GE and IEA.
    pub(crate) head: Vec<String>,
    pub(crate) tail: Vec<String>,
    /// The set, ST to SE: identifier and elements of each segment.
    pub(crate) set: Vec<Vec<String>>,
    pub(crate) release: Release,
    pub(crate) grammar: &'static Grammar,
    /// Where each segment is placed.
    placed: Arc<(Tree, Vec<u8>)>,
}

/// What was broken: found is one of these codes there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Broken {
    pub(crate) codes: Vec<&'static str>,
    /// Position in the set, ST = 1; `None` for a fault of the envelope.
    pub(crate) segment_position: Option<u32>,
    pub(crate) segment: String,
    pub(crate) element: Option<u16>,
    pub(crate) component: Option<u16>,
    /// Only the code counts, not where.
    pub(crate) anywhere: bool,
}

/// A way to break a document. `None` where the document, or the place chosen in it, does not lend itself to it.
pub(crate) type Mutator = fn(&mut Document, &mut Random) -> Option<Mutant>;

/// A broken document.
pub(crate) struct Mutant {
    pub(crate) bytes: Vec<u8>,
    pub(crate) broken: Broken,
}

/// All ways, by name.
pub(crate) fn mutators() -> Vec<(&'static str, Mutator)> {
    [elements::MUTATORS, segments::MUTATORS, envelope::MUTATORS].concat()
}

impl Broken {
    fn at(codes: &[&'static str], index: usize, tag: &str, element: usize) -> Self {
        Self {
            codes: codes.to_vec(),
            segment_position: Some(index as u32 + 1),
            segment: tag.to_owned(),
            element: (element > 0).then_some(element as u16),
            ..Self::default()
        }
    }

    fn of_envelope(code: &'static str, tag: &str, element: u16) -> Self {
        Self { codes: vec![code], segment: tag.to_owned(), element: Some(element), ..Self::default() }
    }

    fn anywhere(codes: &[&'static str]) -> Self {
        Self { codes: codes.to_vec(), anywhere: true, ..Self::default() }
    }
}

impl Document {
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path.join("sound/input.edi")).unwrap();
        let segments: Vec<&str> = text.split_terminator("~\n").collect();
        let whole = |range: std::ops::Range<usize>| segments[range].iter().map(|text| (*text).to_owned()).collect();
        let end = segments.len() - 2;
        let set = segments[2..end].iter().map(|text| text.split('*').map(str::to_owned).collect()).collect();
        let (release_name, set_id) = name.split_once('-').unwrap();
        let release = dictionary::release_for(release_name).0;
        let grammar = dictionary::grammar(release, set_id).unwrap();
        let placed = Arc::new(placed(text.as_bytes()));
        Self { head: whole(0..2), tail: whole(end..segments.len()), set, release, grammar, placed, name }
    }

    /// The document with SE01 counted anew.
    pub(crate) fn counted(&mut self) -> Vec<u8> {
        let count = self.set.len().to_string();
        if let Some(last) = self.set.last_mut().filter(|last| last[0] == "SE") {
            last[1] = count;
        }
        self.bytes()
    }

    /// The document as it is.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let set = self.set.iter().map(|segment| segment.join("*"));
        let segments: Vec<String> = self.head.iter().cloned().chain(set).chain(self.tail.iter().cloned()).collect();
        format!("{}~\n", segments.join("~\n")).into_bytes()
    }

    pub(crate) fn definition(&self, index: usize) -> &'static SegmentDefinition {
        dictionary::segment(self.release, &self.set[index][0]).unwrap()
    }

    pub(crate) fn element(&self, index: usize, element: usize) -> Option<&'static ElementUse> {
        self.definition(index).elements.get(element.checked_sub(1)?)
    }

    /// The segment as it was placed before it was broken.
    pub(crate) fn segment(&self, index: usize) -> Segment {
        self.placed.0.segments[index]
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.placed.0
    }

    /// Segments with their elements that have a value and are `such`.
    pub(crate) fn values(&self, such: impl Fn(&Self, usize, usize) -> bool) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (index, segment) in self.set.iter().enumerate() {
            for (element, text) in segment.iter().enumerate().skip(1) {
                let known = self.element(index, element).is_some_and(|element| element.components.is_empty());
                if !text.is_empty() && known && such(self, index, element) {
                    found.push((index, element));
                }
            }
        }
        found
    }

    /// Puts `text` at an element; empty elements at the end are left out.
    pub(crate) fn put(&mut self, index: usize, element: usize, text: &str) {
        let segment = &mut self.set[index];
        if segment.len() <= element {
            segment.resize(element + 1, String::new());
        }
        segment[element] = text.to_owned();
        while segment.len() > 1 && segment.last().is_some_and(String::is_empty) {
            segment.pop();
        }
    }

    pub(crate) fn tag(&self, index: usize) -> String {
        self.set[index][0].clone()
    }
}

/// The tree of the one set of an interchange.
fn placed(input: &[u8]) -> (Tree, Vec<u8>) {
    let mut reader = Reader::new(ReadOptions::default());
    let mut tree = Tree::default();
    let mut at = 0;
    loop {
        let progress = reader.next(&input[at..], true, &mut tree, &mut Diagnostics::unlimited());
        if let Step::Set(range) = progress.step {
            return (tree, input[at + range.start..at + range.end].to_vec());
        }
        assert_ne!(progress.step, Step::End);
        at += progress.consumed;
    }
}

/// The valid documents: those of `fixtures/faults` in which nothing is planted.
pub(crate) fn documents() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/faults");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}
