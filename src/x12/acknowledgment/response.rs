//! Writes a 997 or 999 while the interchange it answers is read: one response set for each functional group.
//!
//! Segments are appended as they come, so that an interchange of any size needs no more memory than its answer has bytes.

use std::fmt::Write as _;
use std::sync::Arc;

use super::answer::{Answer, answer, answer_before_005010, is_answered};
use super::fit::fit;
use crate::diagnostic::{Diagnostic, PayloadPlace, Place, Severity, codes};
use crate::tree::{Tag, Tree};
use crate::x12::delimiters::Delimiters;
use crate::x12::dictionary::{self, Release};
use crate::x12::envelope::Group;
use crate::x12::reader::{SetHeader, Trailer};
use crate::x12::writer::write_segment;

/// The transaction set that acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// 997, the functional acknowledgment.
    #[default]
    Functional,
    /// 999, the implementation acknowledgment; from 005010 on.
    Implementation,
}

/// Which transaction sets an acknowledgment names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Each of them.
    #[default]
    All,
    /// Those with errors.
    Errors,
}

/// The transaction set that a verdict is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetFacts {
    /// ST01.
    pub set_id: Arc<str>,
    /// ST02.
    pub control_number: Arc<str>,
    /// ST03, the implementation convention; empty where there is none.
    pub implementation: Arc<str>,
    /// The release whose tables it was checked with.
    pub release: Release,
    /// Its own number, such as that of the order: designator and value. A 999 names it in CTX.
    pub number: Option<(&'static str, String)>,
}

/// Where each kind of document says its own number.
const NUMBERS: [(&str, &str, u16, &str); 7] = [
    ("846", "BIA", 3, "BIA03"),
    ("856", "BSN", 2, "BSN02"),
    ("940", "W05", 2, "W0502"),
    ("943", "W06", 2, "W0602"),
    ("944", "W17", 3, "W1703"),
    ("945", "W06", 2, "W0602"),
    ("947", "W15", 2, "W1502"),
];

impl SetFacts {
    /// Of the set that a reader has in `tree`, `set` being its bytes.
    #[must_use]
    pub fn of(header: &SetHeader, tree: &Tree, set: &[u8]) -> Self {
        let number = NUMBERS.iter().find(|(id, ..)| *id == header.set_id()).and_then(|(_, tag, position, name)| {
            let tag = Tag::new(tag.as_bytes());
            let segment = tree.segments.iter().find(|segment| segment.tag == tag)?;
            let value = String::from_utf8_lossy(tree.value(segment, *position, set)).trim().to_owned();
            (!value.is_empty()).then_some((*name, value))
        });
        Self {
            set_id: Arc::clone(&header.context.set_id),
            control_number: Arc::clone(&header.context.control_number),
            implementation: Arc::clone(&header.implementation),
            release: header.release,
            number,
        }
    }
}

/// The answer to one functional group, in the making. Acknowledgments are not acknowledged, whatever GS01 says of them.
#[derive(Debug)]
pub struct Response {
    form: Form,
    detail: Detail,
    delimiters: Delimiters,
    group: Group,
    /// The release of the answer.
    release: Release,
    /// AK1 to the last AK5, without ST.
    segments: Vec<u8>,
    count: u64,
    received: u64,
    accepted: u64,
    /// A set of it came without its ST: nobody knows what to name it by.
    lost: bool,
    /// It holds acknowledgments, or GS01 says so; and it holds something else.
    acknowledges: bool,
    documents: bool,
    /// Something was said of a set, or of the group.
    noted: bool,
    /// AK905, and whether one of them rejects the group.
    faults: Vec<&'static str>,
    rejected: bool,
}

/// AK905: the group has no trailer.
const NO_TRAILER: &str = "3";
/// Most AK4 in one AK3.
const ELEMENTS: usize = 99;
/// Most AK3 that are written of one set: the rest would tell the partner nothing new.
const SEGMENTS: usize = 200;
/// Greatest position of an element or component that AK401 can say, and greatest repetition.
const POSITION: u16 = 99;
const REPETITION: u16 = 9_999;
/// Most codes in AK5, and in AK9.
const CODES: usize = 5;
/// Greatest length of AK404, the copy of a bad value.
const COPY: usize = 99;
/// Greatest length of CTX01-02.
const CONTEXT: usize = 35;

impl Response {
    /// The answer to `group`. `delimiters` are those of the answer.
    #[must_use]
    pub fn new(form: Form, detail: Detail, delimiters: Delimiters, group: &Group) -> Self {
        // The 999 came with 005010.
        let release = dictionary::release_for(group.release()).0;
        let form = if release.name() < "005010" { Form::Functional } else { form };
        let mut response = Self {
            form,
            detail,
            delimiters,
            group: group.clone(),
            release,
            segments: Vec::new(),
            count: 0,
            received: 0,
            accepted: 0,
            lost: false,
            acknowledges: group.functional_code() == "FA",
            documents: false,
            noted: false,
            faults: Vec::new(),
            rejected: false,
        };
        let release = if response.says_more() { group.release() } else { "" };
        response.segment("AK1", &[group.functional_code(), group.control_number(), release]);
        response
    }

    /// Is there something to answer? Not to a group of nothing but acknowledgments.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.documents || !self.acknowledges
    }

    /// Does the answer have what 005010 added: the release in AK1, the convention in AK2, repetitions in AK4?
    fn says_more(&self) -> bool {
        self.release.name() >= "005010"
    }

    /// The transaction set of the answer, `997` or `999`.
    #[must_use]
    pub fn set_id(&self) -> &'static str {
        match self.form {
            Form::Functional => "997",
            Form::Implementation => "999",
        }
    }

    /// The group that is answered.
    #[must_use]
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Takes a transaction set of the group with what was found of it. Each diagnostic that is said gets its
    /// [`Diagnostic::answer`]. True when the set is accepted.
    pub fn set(&mut self, facts: &SetFacts, found: &mut [Diagnostic]) -> bool {
        self.received += 1;
        if matches!(&*facts.set_id, "997" | "999") {
            self.acknowledges = true;
            self.accepted += 1;
            return true;
        }
        self.documents = true;
        let mut said: Vec<&mut Diagnostic> = found.iter_mut().filter(|one| is_answered(one)).collect();
        said.sort_by_key(|one| order(one));
        let accepted = said.iter().all(|one| one.severity < Severity::Error);
        self.accepted += u64::from(accepted);
        // A fault of the group is told with the set that shows it.
        for one in &said {
            if let Some(Answer::Group(code)) = self.answer(one) {
                self.group_fault(code, one.severity);
            }
        }
        if said.is_empty() && self.detail == Detail::Errors {
            return accepted;
        }
        self.noted |= !said.is_empty();
        let implementation = if self.says_more() { &*facts.implementation } else { "" };
        self.segment("AK2", &[&facts.set_id, &facts.control_number, implementation]);
        let mut codes: Vec<&'static str> = Vec::new();
        let verdict = match (accepted, said.is_empty()) {
            (true, true) => "A",
            (true, false) => "E",
            (false, _) => "R",
        };
        self.notes(facts, &mut said, &mut codes);
        codes.truncate(CODES);
        let trailer = self.named("AK5", "IK5");
        for one in &mut said {
            if let Some(Answer::Set(code)) = self.answer(one) {
                one.answer = Some(told(self.set_id(), &[format!("{trailer}*{verdict}*{code}")], accepted));
            }
        }
        let mut elements = vec![verdict];
        elements.extend(codes);
        self.segment(trailer, &elements);
        accepted
    }

    /// AK3 and AK4 (IK3 and IK4) of what was found, and the codes for AK5.
    fn notes(&mut self, facts: &SetFacts, said: &mut [&mut Diagnostic], codes: &mut Vec<&'static str>) {
        let accepted = said.iter().all(|one| one.severity < Severity::Error);
        let (note, detail) = (self.named("AK3", "IK3"), self.named("AK4", "IK4"));
        // The segment whose AK3 for its elements stands last, and the AK4 that follow; and the AK3 before.
        let mut last: Option<(u32, Vec<[String; 4]>)> = None;
        let mut before = String::new();
        let mut written = 0;
        for one in said.iter_mut() {
            let Some(answer) = self.answer(one) else { continue };
            let (code, is_element) = match answer {
                Answer::Set(code) => {
                    add(codes, code);
                    continue;
                }
                Answer::Segment(functional, implementation) => (self.code(functional, implementation), false),
                Answer::Element(functional, implementation) => (self.code(functional, implementation), true),
                Answer::Group(_) | Answer::Interchange(_) => continue,
            };
            add(codes, "5");
            let Place::Payload(place) = &one.place else { continue };
            let position = place.segment_position.unwrap_or(1);
            let tag = self.fit(note, 1, place.segment.as_deref().unwrap_or_default());
            let at = position.to_string();
            let segment_code = if is_element { "8" } else { code };
            let of_element = is_element.then(|| self.element(facts, place, code)).flatten();
            let head = [tag.as_str(), &at, "", segment_code];
            let mut lines = vec![joined(note, &head)];
            lines.extend(of_element.as_ref().map(|elements| joined(detail, elements)));
            let again = lines[0] == before || is_element && last.as_ref().is_some_and(|(known, _)| *known == position);
            if !again {
                last = None;
                if written == SEGMENTS {
                    continue;
                }
                written += 1;
                self.segment(note, &head);
                self.context(facts);
                if !is_element {
                    self.trigger(facts, one);
                }
                last = (segment_code == "8").then_some((position, Vec::new()));
                before.clone_from(&lines[0]);
            }
            // Two rules of one element are told once.
            if let (Some(elements), Some((_, before))) = (of_element, &mut last)
                && before.len() < ELEMENTS
                && !before.contains(&elements)
            {
                self.segment(detail, &elements.each_ref().map(String::as_str));
                self.trigger(facts, one);
                before.push(elements);
            }
            one.answer = Some(told(self.set_id(), &lines, accepted));
        }
    }

    /// CTX, which tells people at the partner the document by the number that they know it by.
    fn context(&mut self, facts: &SetFacts) {
        let Some((name, value)) = facts.number.as_ref().filter(|_| self.form == Form::Implementation) else { return };
        let (Some(component), true) = (self.delimiters.component, self.fits(value)) else { return };
        let value: String = value.chars().take(CONTEXT).collect();
        self.segment("CTX", &[&format!("{name}{}{value}", char::from(component))]);
    }

    /// CTX, which tells machines at the partner by what element the rule of a situation holds.
    fn trigger(&mut self, facts: &SetFacts, one: &Diagnostic) {
        let Some(Place::Payload(place)) = one.trigger.as_deref() else { return };
        let (Form::Implementation, Some(tag), Some(position)) = (self.form, &place.segment, place.segment_position)
        else {
            return;
        };
        let position = position.to_string();
        let at = self.position(place).unwrap_or_default();
        let number = number(facts.release, place).unwrap_or_default();
        self.segment("CTX", &["SITUATIONAL TRIGGER", tag, &position, "", &at, &number]);
    }

    /// Can the value stand in an acknowledgment as it is?
    fn fits(&self, value: &str) -> bool {
        value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && self.delimiters.find_in(value.as_bytes()).is_none()
    }

    /// The elements of AK4: position, number of the data element, code, copy of the value.
    fn element(&self, facts: &SetFacts, place: &PayloadPlace, code: &str) -> Option<[String; 4]> {
        let at = self.position(place)?;
        Some([at, number(facts.release, place).unwrap_or_default(), code.to_owned(), self.copy(place)])
    }

    /// C030: the position of an element in its segment, with component and repetition.
    fn position(&self, place: &PayloadPlace) -> Option<String> {
        let mut at = place.element?.min(POSITION).to_string();
        let component = self.delimiters.component.map_or('>', char::from);
        let repetition = place.repetition.filter(|_| self.says_more());
        if place.component.is_some() || repetition.is_some() {
            let part = |number: Option<u16>| number.map_or_else(String::new, |number| number.to_string());
            at.push(component);
            at.push_str(&part(place.component.map(|number| number.min(POSITION))));
            if let Some(repetition) = repetition.map(|number| number.min(REPETITION)) {
                // Writing to a text cannot fail.
                write!(at, "{component}{repetition}").ok();
            }
        }
        Some(at)
    }

    /// AK404: the value as it stands, unless it cannot stand there. Without the blanks at its end, which no element may have, it
    /// would be another one: a good one perhaps.
    fn copy(&self, place: &PayloadPlace) -> String {
        let Some(excerpt) = &place.excerpt else { return String::new() };
        let empty = place.bytes.is_empty();
        let value: String = excerpt.text.chars().skip(excerpt.mark.start).take(excerpt.mark.len()).collect();
        if empty || value.ends_with(' ') || !self.fits(&value) {
            return String::new();
        }
        value.chars().take(COPY).collect::<String>().trim_end().to_owned()
    }

    /// Takes what was found of the group outside its sets.
    pub fn found(&mut self, found: &mut [Diagnostic]) {
        if !self.is_due() {
            return;
        }
        for one in found.iter_mut().filter(|one| is_answered(one)) {
            if one.code == codes::X12_SET_MISSING_HEADER && one.severity == Severity::Error {
                (self.lost, self.noted) = (true, true);
                one.answer = Some(format!("{}: AK9*P, or R where no other set is accepted", self.set_id()));
            }
            if let Some(Answer::Group(code)) = self.answer(one) {
                self.group_fault(code, one.severity);
                let verdict = if one.severity == Severity::Error { "*R" } else { "" };
                one.answer = Some(format!("{}: AK9{verdict}, code {code}", self.set_id()));
            }
        }
    }

    fn group_fault(&mut self, code: &'static str, severity: Severity) {
        self.noted = true;
        self.rejected |= severity == Severity::Error;
        add(&mut self.faults, code);
    }

    /// The group ends: how the answer rejects it as a whole, for people; `None` when it does not. One whose trailer did not come
    /// is rejected: nobody knows what else was in it.
    pub fn end(&mut self, trailer: &Trailer) -> Option<String> {
        if !self.is_due() {
            return None;
        }
        if !trailer.complete {
            self.group_fault(NO_TRAILER, Severity::Error);
        }
        self.rejected.then(|| format!("{}: AK9*R, code {}", self.set_id(), self.faults.join(", ")))
    }

    /// Was anything said, of the group or of a set?
    #[must_use]
    pub fn is_noted(&self) -> bool {
        self.noted
    }

    /// Appends the answer as a transaction set with this control number.
    pub fn finish(mut self, trailer: &Trailer, control_number: &str, out: &mut Vec<u8>) {
        let accepted = if self.rejected { 0 } else { self.accepted };
        let verdict = match (self.rejected, accepted, self.noted) {
            (true, ..) => "R",
            (_, 0, _) if self.lost || self.received > 0 => "R",
            (_, accepted, _) if self.lost || accepted < self.received => "P",
            (_, _, true) => "E",
            _ => "A",
        };
        let numbers =
            [trailer.claimed.unwrap_or(trailer.seen), trailer.seen, accepted].map(|number| number.to_string());
        let mut elements: Vec<&str> = vec![verdict];
        elements.extend(numbers.iter().map(String::as_str));
        let faults = std::mem::take(&mut self.faults);
        elements.extend(faults.iter().copied().take(CODES));
        self.segment("AK9", &elements);
        let start = [self.set_id(), control_number].map(str::as_bytes);
        write_segment(out, &self.delimiters, "ST", start);
        out.extend_from_slice(&self.segments);
        let count = (self.count + 2).to_string();
        write_segment(out, &self.delimiters, "SE", [count.as_bytes(), control_number.as_bytes()]);
    }

    fn segment(&mut self, tag: &str, elements: &[&str]) {
        self.count += 1;
        let elements: Vec<String> = elements.iter().zip(1..).map(|(text, at)| self.fit(tag, at, text)).collect();
        write_segment(&mut self.segments, &self.delimiters, tag, elements.iter().map(String::as_bytes));
    }

    /// A value as it can stand in this element of a segment of the answer.
    fn fit(&self, tag: &str, position: usize, text: &str) -> String {
        fit(dictionary::segment(self.release, tag), position, text, &self.delimiters)
    }

    fn named(&self, functional: &'static str, implementation: &'static str) -> &'static str {
        match self.form {
            Form::Functional => functional,
            Form::Implementation => implementation,
        }
    }

    fn answer(&self, one: &Diagnostic) -> Option<Answer> {
        if self.says_more() { answer(one) } else { answer_before_005010(one) }
    }

    /// The code of the form; those that came with 005010 are told as an error of the segment's data before.
    fn code(&self, functional: &'static str, implementation: &'static str) -> &'static str {
        match self.form {
            Form::Implementation => implementation,
            Form::Functional if self.says_more() => functional,
            Form::Functional => match functional {
                "12" | "13" => "3",
                other => other,
            },
        }
    }
}

/// The order of an acknowledgment: that of the set; of a segment what is wrong with it as a whole first.
fn order(diagnostic: &Diagnostic) -> (u32, bool, u16, u16, u16) {
    let Place::Payload(place) = &diagnostic.place else { return (0, false, 0, 0, 0) };
    let is_element = matches!(answer(diagnostic), Some(Answer::Element(..)));
    let part = |number: Option<u16>| number.unwrap_or(0);
    (
        place.segment_position.unwrap_or(0),
        is_element,
        part(place.element),
        part(place.repetition),
        part(place.component),
    )
}

/// AK402: the number of the data element at a place.
fn number(release: Release, place: &PayloadPlace) -> Option<String> {
    let definition = dictionary::segment(release, place.segment.as_deref()?)?;
    let element = definition.elements.get(usize::from(place.element?).checked_sub(1)?)?;
    match place.component {
        None if element.components.is_empty() => Some(element.number.to_string()),
        None => None,
        Some(component) => {
            let component = element.components.get(usize::from(component).checked_sub(1)?)?;
            Some(component.number.to_string())
        }
    }
}

fn add(codes: &mut Vec<&'static str>, code: &'static str) {
    if !codes.contains(&code) {
        codes.push(code);
    }
}

/// A segment for people, with the usual separator.
fn joined(tag: &str, elements: &[impl AsRef<str>]) -> String {
    let mut text = tag.to_owned();
    for element in elements {
        text.push('*');
        text.push_str(element.as_ref());
    }
    text.trim_end_matches('*').to_owned()
}

/// What is told, for people.
fn told(set_id: &str, segments: &[String], accepted: bool) -> String {
    let verdict = if accepted { "the transaction set is accepted" } else { "the transaction set is rejected" };
    format!("{set_id}: {} ({verdict})", segments.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Detail, Form, Response, SetFacts};
    use crate::diagnostic::{Code, Diagnostic, Excerpt, PayloadPlace, codes};
    use crate::x12::delimiters::Delimiters;
    use crate::x12::dictionary::release_for;
    use crate::x12::envelope::Group;
    use crate::x12::reader::Trailer;

    fn group(code: &str, release: &str) -> Group {
        let elements = [code, "NORTHBAY", "ACME", "20261120", "0915", "263", "X", release];
        Group { elements: elements.map(Into::into), offset: 0 }
    }

    fn found(code: Code, segment: (u32, &str), element: Option<u16>, text: &str) -> Diagnostic {
        let place = PayloadPlace {
            segment_position: Some(segment.0),
            segment: Some(segment.1.into()),
            element,
            bytes: 0..text.len() as u64,
            excerpt: Some(Excerpt::new(text.as_bytes(), 0..text.len())),
            ..PayloadPlace::default()
        };
        Diagnostic::new(code, "", place)
    }

    fn facts(set_id: &str, number: u32, release: &str) -> SetFacts {
        SetFacts {
            set_id: set_id.into(),
            control_number: format!("{number:04}").into(),
            implementation: "".into(),
            release: release_for(release).0,
            number: Some(("W0602", "SO1".into())),
        }
    }

    /// What is answered to one set of a group with these faults, from AK1 to AK9.
    fn answered(form: Form, detail: Detail, release: &str, sets: &mut [Vec<Diagnostic>]) -> String {
        let mut response = Response::new(form, detail, Delimiters::default(), &group("SW", release));
        for (set, number) in sets.iter_mut().zip(1..) {
            response.set(&facts("945", number, release), set);
        }
        let count = sets.len() as u64;
        let trailer = Trailer { claimed: Some(count), seen: count, complete: true, control_number_fits: true };
        let mut out = Vec::new();
        response.finish(&trailer, "0001", &mut out);
        let text = String::from_utf8(out).unwrap();
        let segments: Vec<&str> = text.split_terminator('~').collect();
        segments[1..segments.len() - 1].join(" ")
    }

    #[test]
    fn faults_of_one_segment_stand_together_and_in_the_order_of_the_set() {
        let faults = vec![
            found(codes::X12_SEGMENT_COUNT, (18, "SE"), Some(1), "17"),
            found(codes::X12_CODE, (4, "W12"), Some(5), "QQ"),
            found(codes::X12_TOTAL, (9, "W03"), Some(1), "4"),
            found(codes::X12_TOTAL, (9, "W03"), Some(2), "9"),
            found(codes::X12_ELEMENT_TYPE, (9, "W03"), Some(2), "9*A"),
            found(codes::X12_ELEMENT_TYPE, (4, "W12"), Some(2), "FOUR"),
            found(codes::X12_MISSING_SEGMENT, (3, "W27"), None, ""),
            found(codes::X12_MISSING_SEGMENT, (3, "N1"), None, ""),
        ];
        let expected = "AK1*SW*263 AK2*945*0001 AK3*W27*3**3 AK3*N1*3**3 AK3*W12*4**8 AK4*2*330*6*FOUR AK4*5*355*7*QQ \
            AK3*W03*9**8 AK4*2*81*6 AK5*R*5*4 AK9*R*1*1*0";
        assert_eq!(answered(Form::Functional, Detail::All, "004010", &mut [faults]), expected);
    }

    #[test]
    fn what_is_too_much_is_left_out_and_the_verdict_is_whole() {
        let mut faults: Vec<Diagnostic> =
            (0..300).map(|at| found(codes::X12_MISSING_ELEMENT, (2 + at, "W12"), Some(1), "")).collect();
        faults.push(found(codes::X12_SEGMENT_COUNT, (400, "SE"), Some(1), "17"));
        let text = answered(Form::Functional, Detail::All, "004010", &mut [faults]);
        assert_eq!((text.matches("AK3*").count(), text.matches("AK4*").count()), (200, 200));
        assert!(text.ends_with("AK5*R*5*4 AK9*R*1*1*0"), "{text}");
        let faults = (1..150).map(|at| found(codes::X12_MISSING_ELEMENT, (2, "W12"), Some(at), "")).collect();
        let text = answered(Form::Functional, Detail::All, "004010", &mut [faults]);
        assert_eq!((text.matches("AK3*").count(), text.matches("AK4*").count()), (1, 99));
    }

    #[test]
    fn the_forms_of_both_releases_differ_where_the_standard_says_so() {
        let faults = || {
            let mut repeated = found(codes::X12_TOO_MANY_REPETITIONS, (4, "W12"), Some(8), "A^B");
            if let crate::diagnostic::Place::Payload(place) = &mut repeated.place {
                place.repetition = Some(2);
            }
            [vec![repeated.severity(crate::diagnostic::Severity::Error)], Vec::new()]
        };
        let check = |form, detail, release, expected: &str| {
            assert_eq!(answered(form, detail, release, &mut faults()), expected);
        };
        check(
            Form::Functional,
            Detail::All,
            "004010",
            "AK1*SW*263 AK2*945*0001 AK3*W12*4**8 AK4*8*234*3*A^B AK5*R*5 AK2*945*0002 AK5*A AK9*P*2*2*1",
        );
        // The 999 came with 005010: a group of 004010 gets a 997.
        check(
            Form::Implementation,
            Detail::Errors,
            "004010",
            "AK1*SW*263 AK2*945*0001 AK3*W12*4**8 AK4*8*234*3*A^B AK5*R*5 AK9*P*2*2*1",
        );
        check(
            Form::Functional,
            Detail::Errors,
            "005010",
            "AK1*SW*263*005010 AK2*945*0001 AK3*W12*4**8 AK4*8>>2*234*12*A^B AK5*R*5 AK9*P*2*2*1",
        );
        check(
            Form::Implementation,
            Detail::Errors,
            "005010",
            "AK1*SW*263*005010 AK2*945*0001 IK3*W12*4**8 CTX*W0602>SO1 IK4*8>>2*234*12*A^B IK5*R*5 AK9*P*2*2*1",
        );
    }

    #[test]
    fn a_value_with_blanks_at_its_end_is_not_told_without_them_and_two_rules_of_an_element_once() {
        let faults = vec![
            found(codes::X12_ELEMENT_DATE, (2, "G62"), Some(2), "20260316 "),
            found(codes::X12_SYNTAX_NOTE, (4, "G62"), Some(1), ""),
            found(codes::X12_SYNTAX_NOTE, (4, "G62"), Some(1), ""),
        ];
        let expected = "AK1*SW*263 AK2*945*0001 AK3*G62*2**8 AK4*2*373*8 AK3*G62*4**8 AK4*1*432*2 AK5*R*5 AK9*R*1*1*0";
        let faults = faults.into_iter().map(|one| one.severity(crate::diagnostic::Severity::Error)).collect();
        assert_eq!(answered(Form::Functional, Detail::All, "004010", &mut [faults]), expected);
    }

    #[test]
    fn a_set_in_the_wrong_group_is_told_with_the_set_from_005010_on() {
        let of = |release| {
            let faults = || vec![found(codes::X12_GROUP_CODE, (1, "ST"), Some(1), "945")];
            answered(Form::Functional, Detail::All, release, &mut [faults(), faults()])
        };
        let each = "AK1*SW*263*005010 AK2*945*0001 AK5*E*18 AK2*945*0002 AK5*E*18 AK9*E*2*2*2";
        assert_eq!(of("005010"), each);
        assert_eq!(of("004010"), "AK1*SW*263 AK2*945*0001 AK5*E AK2*945*0002 AK5*E AK9*E*2*2*2*1");
    }

    #[test]
    fn acknowledgments_are_not_acknowledged() {
        let of = |code: &str, sets: &[&str]| {
            let group = group(code, "004010");
            let mut response = Response::new(Form::Functional, Detail::All, Delimiters::default(), &group);
            for set in sets {
                response.set(&facts(set, 1, "004010"), &mut []);
            }
            let trailer = Trailer { claimed: None, seen: sets.len() as u64, complete: true, control_number_fits: true };
            let mut out = Vec::new();
            let is_due = response.is_due();
            response.finish(&trailer, "0001", &mut out);
            is_due.then(|| String::from_utf8(out).unwrap())
        };
        assert_eq!(of("FA", &["997"]), None);
        assert_eq!(of("FA", &[]), None);
        assert_eq!(of("SW", &["997"]), None, "whatever GS01 says");
        let both = "ST*997*0001~AK1*SW*263~AK2*945*0001~AK5*A~AK9*A*2*2*2~SE*6*0001~";
        assert_eq!(of("SW", &["997", "945"]).as_deref(), Some(both));
        let hidden = "ST*997*0001~AK1*FA*263~AK2*945*0001~AK5*A~AK9*A*1*1*1~SE*6*0001~";
        assert_eq!(of("FA", &["945"]).as_deref(), Some(hidden));
    }
}
