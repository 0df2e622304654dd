//! What a partner says is wrong with a document of ours, laid over the bytes we sent: the text, the canonical field that is
//! written there, and the mapping's line that does it.

use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::mapping::Explained;
use crate::tree::Tree;
use crate::x12::acknowledgment::{ReceivedElement, ReceivedSegment, ReceivedSet, Verdict};
use crate::x12::dictionary;
use crate::x12::place::Part;
use crate::x12::reader::SetHeader;

/// The set that was sent, read back.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Its header.
    pub header: &'a SetHeader,
    /// Its segments.
    pub tree: &'a Tree,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where each value of its object stands.
    pub explained: &'a [Explained],
}

/// One diagnostic for each fault that `said` names, and one for the whole where it names none.
#[must_use]
pub fn overlay(said: &ReceivedSet, sent: Sent<'_>) -> Vec<Diagnostic> {
    let rejected = said.verdict == Some(Verdict::Rejected);
    let severity = if rejected { Severity::Error } else { Severity::Warning };
    let mut found = Vec::new();
    for segment in &said.segments {
        if segment.elements.is_empty() || segment.position == 0 {
            found.push(sent.segment(segment, said));
            continue;
        }
        found.extend(segment.elements.iter().map(|element| sent.element(segment, element, said)));
    }
    let more = if said.advice { found.is_empty() } else { !said.codes.iter().all(|code| code == "5") };
    if found.is_empty() || more {
        let taken = if rejected { "did not take" } else { "took with a remark" };
        let (element, list) = if said.advice { ("OTI01", "110") } else { ("AK502", "718") };
        let why = named(element, list, &said.codes, sent.header);
        let message = format!("the partner {taken} transaction set {} {}{why}", said.set_id, said.control_number);
        let remedy = "see what they say; mend the object or the mapping, then `crossdock document rerun`";
        found
            .push(Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, sent.header.context.whole()).remedy(remedy));
    }
    found.into_iter().map(|one| one.severity(severity)).collect()
}

/// Nothing where nothing is said, else such as `: AK502 is 4 (Number of Included Segments Does Not Match Actual Count)`.
fn named(element: &str, number: &str, codes: &[String], header: &SetHeader) -> String {
    let name = |code: &String| match dictionary::code_name(number, code, header.release) {
        Some(name) => format!("{code} ({name})"),
        None => code.clone(),
    };
    let names: Vec<String> = codes.iter().filter(|code| !code.is_empty()).map(name).collect();
    if names.is_empty() { String::new() } else { format!(": {element} is {}", names.join(", ")) }
}

/// What is to be done about a segment that no mapping writes.
fn of_envelope(tag: &str) -> Option<String> {
    let remedy = || {
        format!(
            "no mapping writes {tag}, Crossdock does: compare what was sent (`crossdock document export`) with what they got, and ask \
             the partner; then `crossdock document rerun`"
        )
    };
    matches!(tag, "ST" | "SE").then(remedy)
}

/// Where an 824 says what is wrong, and the list of its codes.
const TED: (&str, &str) = ("TED01", "647");

/// Such as `: the store is closed`.
fn in_words(said: &ReceivedSegment) -> String {
    if said.text.is_empty() { String::new() } else { format!(": {}", said.text) }
}

/// AK304 and IK304 of segments that should be there.
const MISSING: [&str; 5] = ["3", "I6", "I7", "I8", ""];

impl Sent<'_> {
    /// What is said where a segment is named by a position at which another one stands, or none: nobody knows which is meant.
    fn elsewhere(&self, said: &ReceivedSegment, message: String) -> Option<Diagnostic> {
        let index = said.position.checked_sub(1).filter(|_| !said.tag.is_empty())?;
        let there = self.tree.segments.get(index as usize).map(|segment| segment.tag.to_string());
        let stands = match there {
            Some(tag) if tag == said.tag => return None,
            Some(tag) => format!("that is {tag}"),
            None => format!("there are only {}", self.tree.segments.len()),
        };
        let cause = format!(
            "they name {} as segment {}, counted from ST, and in what was sent {stands}: tag and position disagree",
            said.tag, said.position
        );
        let remedy = "ask the partner which segment they mean; then mend the object (`crossdock document correct`) or the mapping, \
                      and `crossdock document rerun`";
        let found = Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, self.header.context.whole());
        Some(found.cause(cause).remedy(remedy))
    }

    /// How many elements a segment has of which they name none.
    fn lacks(&self, segment: &ReceivedSegment, said: &ReceivedElement) -> Option<usize> {
        let count = dictionary::segment(self.header.release, &segment.tag)?.elements.len();
        (!(1..=count).contains(&usize::from(said.position))).then_some(count)
    }

    fn segment(&self, said: &ReceivedSegment, of: &ReceivedSet) -> Diagnostic {
        let Self { header, tree, bytes, .. } = self;
        let (element, list) = if of.advice { TED } else { ("AK304", "720") };
        let why = named(element, list, std::slice::from_ref(&said.code), header) + &in_words(said);
        if said.tag.is_empty() {
            let message = format!("the partner says that transaction set {} is wrong{why}", of.control_number);
            let remedy =
                "ask the partner what they mean; mend the object or the mapping, then `crossdock document rerun`";
            return Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, header.context.whole()).remedy(remedy);
        }
        let message = format!("the partner says that segment {} is wrong{why}", said.tag);
        // One that is missing stands nowhere.
        if !MISSING.contains(&said.code.as_str())
            && let Some(elsewhere) = self.elsewhere(said, message.clone())
        {
            return elsewhere;
        }
        let place = match said.position {
            0 => header.context.whole(),
            position => header.context.segment(tree, bytes, position - 1),
        };
        let remedy = of_envelope(&said.tag).unwrap_or_else(|| {
            format!(
                "compare their guide with what the mapping writes of {}; mend it, then `crossdock document rerun`",
                said.tag
            )
        });
        Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place).remedy(remedy)
    }

    fn element(&self, segment: &ReceivedSegment, said: &ReceivedElement, of: &ReceivedSet) -> Diagnostic {
        let Self { header, tree, bytes, explained } = self;
        let (element, list) = if of.advice { TED } else { ("AK403", "723") };
        let why = named(element, list, std::slice::from_ref(&said.code), header) + &in_words(segment);
        let name = format!("{}{:02}", segment.tag, said.position);
        let message = format!("the partner says that {name} is wrong{why}");
        if let Some(elsewhere) = self.elsewhere(segment, message.clone()) {
            return elsewhere;
        }
        let index = segment.position.saturating_sub(1);
        if let Some(count) = self.lacks(segment, said) {
            let message = format!("the partner says that an element of {} is wrong{why}", segment.tag);
            let cause = format!("they name element {}, and {} has 1 to {count}", said.position, segment.tag);
            let remedy = "ask the partner which element they mean; then mend the object (`crossdock document correct`) or the \
                          mapping, and `crossdock document rerun`";
            let place = header.context.segment(tree, bytes, index);
            return Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place).cause(cause).remedy(remedy);
        }
        let part = Part { component: said.component, repetition: None };
        let place = header.context.element(tree, bytes, index, said.position, part);
        let id = tree.segments.get(index as usize).and_then(|segment| tree.element(segment, said.position));
        let writes = |one: &&Explained| one.sources.iter().any(|source| Some(source.element) == id);
        let mut found = Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place);
        if !said.copy.is_empty() {
            found = found.cause(format!("they saw `{}` there", said.copy));
        }
        if let Some(remedy) = of_envelope(&segment.tag) {
            return found.remedy(remedy);
        }
        let fields: Vec<String> = explained
            .iter()
            .filter(writes)
            .map(|one| match &one.line {
                Some(line) => format!("`{}` by {line}", one.path),
                None => format!("`{}`", one.path),
            })
            .collect();
        found.remedy(match fields.as_slice() {
            [] => "nothing of the object is written there: either the object lacks it (`crossdock document correct`), or the mapping does not write it (`crossdock mapping effective`, then `crossdock document rerun`)".to_owned(),
            fields => format!(
                "what stands there is {}: correct the object (`crossdock document correct`) or the mapping, then `crossdock document rerun`",
                fields.join(" and ")
            ),
        })
    }
}
