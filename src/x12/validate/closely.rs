//! A close look at one segment: says all that is wrong with its elements.

use std::cell::Cell;

use super::super::codes::Listed;
use super::super::place::Part;
use super::super::reader::SetHeader;
use super::super::rule;
use super::elements::is_plain_value;
use super::style::{Habit, Style};
use super::values::{Fault, faults, form_of};
use super::{Against, check_digits, codes, form_severity, syntax};
use crate::diagnostic::codes::{
    X12_CHARACTER, X12_EMPTY_SEGMENT, X12_MISSING_ELEMENT, X12_TOO_MANY_COMPONENTS, X12_TOO_MANY_REPETITIONS,
    X12_UNUSED_ELEMENT,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, PayloadPlace};
use crate::tree::notes::{Notes, bit};
use crate::tree::{ElementType, ElementUse, Requirement, Segment, SegmentDefinition, SegmentIndex, Tree};

/// The check of one segment.
pub(super) struct Check<'a> {
    pub(super) header: &'a SetHeader,
    pub(super) against: &'a Against<'a>,
    pub(super) tree: &'a Tree,
    pub(super) set: &'a [u8],
    pub(super) definition: &'a SegmentDefinition,
    pub(super) index: SegmentIndex,
    /// Nothing but printable ASCII characters of the character set, and no separator inside an element.
    plain: bool,
    /// Elements, as bits, whose codes say that the next one is a number of GS1.
    announced: Cell<u64>,
}

/// One value: where it stands and what the table says of it.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) position: u16,
    pub(super) part: Part,
    /// The element, or the component of it that is meant.
    pub(super) element: &'a ElementUse,
    pub(super) bytes: &'a [u8],
}

impl<'a> Check<'a> {
    pub(super) fn new(
        header: &'a SetHeader,
        against: &'a Against<'a>,
        tree: &'a Tree,
        set: &'a [u8],
        definition: &'a SegmentDefinition,
        index: SegmentIndex,
        plain: bool,
    ) -> Self {
        Self { header, against, tree, set, definition, index, plain, announced: Cell::new(0) }
    }

    pub(super) fn segment(&self, style: &mut Style, diagnostics: &mut Diagnostics) {
        let segment = self.of();
        let used = self.definition.elements.len() as u16;
        let says_nothing = || (1..=segment.element_count).all(|position| is_empty(self.bytes(position)));
        if self.definition.last_mandatory == 0 && says_nothing() {
            let message = format!("segment {} has no elements", segment.tag);
            let place = self.header.context.segment(self.tree, self.set, self.index);
            let remedy = "ask the partner to leave the segment out";
            let rule = rule::segment_at(self.header, segment.item, self.definition);
            diagnostics.push(
                Diagnostic::new(X12_EMPTY_SEGMENT, message, place)
                    .rule(format!("{rule}: a segment has at least one element"))
                    .remedy(remedy),
            );
            return;
        }
        let first = segment.first_element as usize;
        let texts = &self.tree.elements[first..first + usize::from(segment.element_count)];
        let mut there = 0;
        for ((form, text), position) in self.definition.forms.iter().zip(texts).zip(1..) {
            let bytes = self.tree.bytes(*text, self.set);
            if form.kind == ElementType::Code || !is_plain_value(form, bytes, self.plain) {
                self.closely(position, bytes, style, diagnostics);
            }
            there |= if is_empty(bytes) { 0 } else { bit(position) };
        }
        for position in segment.element_count + 1..=self.definition.last_mandatory {
            if self.definition.forms[usize::from(position) - 1].mandatory {
                self.closely(position, b"", style, diagnostics);
            }
        }
        self.too_many(used, style, diagnostics);
        self.notes(there, diagnostics);
        check_digits::check(self, self.announced.get(), diagnostics);
    }

    /// Elements behind the last one of the table, and separators behind the last value.
    fn too_many(&self, used: u16, style: &mut Style, diagnostics: &mut Diagnostics) {
        let segment = self.of();
        let last = (1..=segment.element_count).rfind(|position| !is_empty(self.bytes(*position))).unwrap_or(0);
        if last < segment.element_count && self.bytes(segment.element_count).is_empty() {
            style.separators(self.index, last + 1);
        }
        if let Some(position) = (used + 1..=segment.element_count).find(|position| !is_empty(self.bytes(*position))) {
            let message = format!("segment {} has {last} elements, its table has {used}", segment.tag);
            let remedy = "ask the partner what the element is; it is not read";
            let place = self.header.context.element(self.tree, self.set, self.index, position, Part::default());
            let rule = rule::element(self.header, segment.item, self.definition, position, None);
            diagnostics.push(Diagnostic::new(X12_UNUSED_ELEMENT, message, place).rule(rule).remedy(remedy));
        }
    }

    /// The notes of the segment that are broken where these elements are there.
    fn notes(&self, there: u64, diagnostics: &mut Diagnostics) {
        if self.definition.notes.hold(there) {
            return;
        }
        let tag = self.definition.tag;
        for note in self.definition.notes.broken(there) {
            let name = |position: u16| format!("{tag}{position:02}");
            for broken in syntax::broken(note, there, &tag.to_string(), &self.definition.elements, name) {
                let place =
                    self.header.context.element(self.tree, self.set, self.index, broken.position, Part::default());
                let found = Diagnostic::new(broken.code, broken.message, place).remedy(broken.remedy);
                let rule = rule::note(self.header, self.of().item, self.definition, &note.text);
                diagnostics.push(found.rule(rule));
            }
        }
    }

    /// The notes of a composite, one repetition of it.
    fn notes_of_components(&self, value: &Value<'_>, notes: &Notes, there: u64, diagnostics: &mut Diagnostics) {
        for note in notes.broken(there) {
            let of = format!("{}{:02}", self.definition.tag, value.position);
            let name = |component: u16| format!("{of}-{component:02}");
            for broken in syntax::broken(note, there, &of, &value.element.components, name) {
                let part = Part { component: Some(broken.position), ..value.part };
                let place = self.header.context.element(self.tree, self.set, self.index, value.position, part);
                let at = rule::segment_at(self.header, self.of().item, self.definition);
                let rule =
                    format!("{at}, element {} ({}), syntax note {}", value.position, value.element.number, note.text);
                diagnostics.push(Diagnostic::new(broken.code, broken.message, place).rule(rule).remedy(broken.remedy));
            }
        }
    }

    fn of(&self) -> &'a Segment {
        &self.tree.segments[self.index as usize]
    }

    /// The bytes of the element at a position; none where the segment is shorter.
    pub(super) fn bytes(&self, position: u16) -> &'a [u8] {
        self.tree.value(self.of(), position, self.set)
    }

    /// Looks closely at the element at `position`.
    fn closely(&self, position: u16, bytes: &'a [u8], style: &mut Style, diagnostics: &mut Diagnostics) {
        let element = &self.definition.elements[usize::from(position) - 1];
        self.element(Value { position, part: Part::default(), element, bytes }, style, diagnostics);
    }

    /// An element with all its repetitions.
    fn element(&self, value: Value<'a>, style: &mut Style, diagnostics: &mut Diagnostics) {
        let element = value.element;
        let Some(separator) = self.tree.separators.repetition.filter(|byte| value.bytes.contains(byte)) else {
            return self.repetition(value, style, diagnostics);
        };
        let count = value.bytes.split(|byte| *byte == separator).count();
        if count > element.repeat as usize {
            let message =
                format!("{} has {count} repetitions, at most {} allowed", self.name(&value), are(element.repeat));
            let remedy = "ask the partner to repeat the element less often; if the data holds the character, to choose another repetition separator in ISA11";
            // Where the first one past the limit stands.
            let part = Part { repetition: u16::try_from(element.repeat + 1).ok(), ..value.part };
            self.report(X12_TOO_MANY_REPETITIONS, &Value { part, ..value }, message, remedy, diagnostics);
        }
        for (bytes, repetition) in value.bytes.split(|byte| *byte == separator).zip(1..) {
            let part = Part { repetition: Some(repetition), ..value.part };
            self.repetition(Value { bytes, part, ..value }, style, diagnostics);
        }
    }

    /// One repetition: the components of a composite, or a simple value.
    fn repetition(&self, value: Value<'a>, style: &mut Style, diagnostics: &mut Diagnostics) {
        let element = value.element;
        if is_empty(value.bytes) {
            if element.requirement == Requirement::Mandatory {
                self.report_missing(&value, diagnostics);
            } else if !value.bytes.is_empty() {
                style.blanks(self, &value, Habit::OnlyBlanks);
            }
            return;
        }
        let most = if element.kind == ElementType::Composite { element.components.len() } else { 1 };
        let separator = self.tree.separators.component;
        let count = separator.map_or(1, |separator| value.bytes.split(|byte| *byte == separator).count());
        let binary = element.kind == ElementType::Binary;
        if count > most && !binary {
            let message = format!("{} has {count} components, at most {} used", self.name(&value), are(most as u32));
            let remedy = "ask the partner what the component is; if the data holds the character, to choose another component separator in ISA16";
            let part = Part { component: u16::try_from(most + 1).ok(), ..value.part };
            self.report_at(X12_TOO_MANY_COMPONENTS, &value, part, message, remedy, diagnostics);
        }
        if element.kind != ElementType::Composite {
            // What holds a separator it should not was said; its length and form then say nothing.
            if count == 1 || binary {
                self.value(&value, style, diagnostics);
            }
            return;
        }
        self.components(value, style, diagnostics);
    }

    /// The components of one repetition of a composite.
    fn components(&self, value: Value<'a>, style: &mut Style, diagnostics: &mut Diagnostics) {
        let components: Vec<&[u8]> = match self.tree.separators.component {
            Some(separator) => value.bytes.split(|byte| *byte == separator).collect(),
            None => vec![value.bytes],
        };
        if components.len() > 1 && components.last().is_some_and(|last| last.is_empty()) {
            style.separators(self.index, value.position);
        }
        let mut there = 0;
        for (component, at) in value.element.components.iter().zip(1..) {
            let part = Part { component: Some(at), ..value.part };
            let bytes = components.get(usize::from(at) - 1).copied().unwrap_or_default();
            let inner = Value { element: component, part, bytes, ..value };
            if !is_empty(bytes) {
                there |= bit(at);
                self.value(&inner, style, diagnostics);
            } else if component.requirement == Requirement::Mandatory {
                self.report_missing(&inner, diagnostics);
            }
        }
        let notes = &value.element.notes;
        if !notes.hold(there) {
            self.notes_of_components(&value, notes, there, diagnostics);
        }
    }

    /// A single value that is not empty: its characters, form and length, its code.
    fn value(&self, value: &Value<'_>, style: &mut Style, diagnostics: &mut Diagnostics) {
        if value.element.kind == ElementType::Binary {
            return;
        }
        let charset = self.header.charset;
        let mut is_told = false;
        let text = match charset.decode(value.bytes) {
            Ok(text) => text,
            Err(at) => {
                let (name, byte) = (self.name(value), value.bytes[at]);
                is_told = byte.is_ascii_control();
                let message = format!("{name} holds byte 0x{byte:02X}, which is no character of {}", charset.name());
                let remedy = "agree with the partner on the character set and name it in the profile";
                self.report(X12_CHARACTER, value, message, remedy, diagnostics);
                charset.decode_lossy(value.bytes)
            }
        };
        let control = text.chars().find(|character| character.is_control());
        if let Some(control) = control.filter(|_| !is_told) {
            let message = format!("{} holds the control character 0x{:02X}", self.name(value), u32::from(control));
            let remedy = "ask the partner to send text without control characters";
            self.report(X12_CHARACTER, value, message, remedy, diagnostics);
        }
        let mut sound = true;
        for fault in faults(value.element, &text) {
            sound = false;
            self.report_fault(value, &text, fault, diagnostics);
            // The length of what is no date or time tells nothing more.
            if matches!(fault, Fault::Date | Fault::Time) {
                break;
            }
        }
        if let (true, Some(habit)) = (sound, Habit::of(value.element, &text)) {
            style.blanks(self, value, habit);
        }
        // That there is no table for the set was said of ST01 already.
        let no_table = self.header.grammar.is_none() && self.index == 0;
        if sound && value.element.kind == ElementType::Code && !no_table {
            match self.against.codes.look_up(value.element.list, text.trim().as_bytes()) {
                Listed::Yes => {}
                Listed::Announces => self.announced.set(self.announced.get() | bit(value.position)),
                Listed::No => codes::report(self, value, text.trim(), diagnostics),
            }
        }
    }

    fn report_fault(&self, value: &Value<'_>, text: &str, fault: Fault, diagnostics: &mut Diagnostics) {
        let ElementUse { kind, min, max, .. } = *value.element;
        let name = self.name(value);
        let shown: String = text.chars().take(80).collect();
        let unit = match kind {
            ElementType::Implied(_) | ElementType::Decimal => "digit",
            _ => "character",
        };
        let (message, remedy) = match fault {
            Fault::Type(form) => {
                (format!("{name} is `{shown}`, which is not {form}"), "ask the partner to correct the value")
            }
            Fault::Date => (format!("{name} is `{shown}`, which is not a date"), "ask the partner to correct the date"),
            Fault::Time => (format!("{name} is `{shown}`, which is not a time"), "ask the partner to correct the time"),
            Fault::TooLong(count) => (
                format!("{name} has {}, at most {} allowed", counted(count, unit), are(max)),
                "ask the partner to shorten the value",
            ),
            Fault::TooShort(count) => (
                format!("{name} has {}, at least {} needed", counted(count, unit), are(min)),
                "ask the partner to send the value in full",
            ),
        };
        let form = match kind {
            ElementType::Implied(_) => ", digits with a minus before them where they are negative",
            ElementType::Decimal => ", digits with a minus before and a decimal point where they need one",
            ElementType::Date | ElementType::Time => &format!(", {}", form_of(value.element)),
            _ => "",
        };
        let cause = format!("{} defines it as {} {min}/{max}{form}", self.header.release, rule::type_word(kind));
        let found = self.diagnostic(fault.code(), value, message).cause(cause).remedy(remedy);
        let severity = form_severity(self.header, found.severity);
        diagnostics.push(found.severity(severity));
    }

    fn report_missing(&self, value: &Value<'_>, diagnostics: &mut Diagnostics) {
        let message = format!("{} is missing, it is mandatory", self.name(value));
        self.report(X12_MISSING_ELEMENT, value, message, "ask the partner to send the value", diagnostics);
    }

    fn report(&self, code: Code, value: &Value<'_>, message: String, remedy: &str, diagnostics: &mut Diagnostics) {
        diagnostics.push(self.diagnostic(code, value, message).remedy(remedy));
    }

    /// Says something of a part of a value that the table does not have.
    fn report_at(
        &self,
        code: Code,
        value: &Value<'_>,
        part: Part,
        message: String,
        remedy: &str,
        diagnostics: &mut Diagnostics,
    ) {
        let place = self.header.context.element(self.tree, self.set, self.index, value.position, part);
        diagnostics.push(Diagnostic { place: place.into(), ..self.diagnostic(code, value, message) }.remedy(remedy));
    }

    /// A diagnostic of a value, with its place and the rule.
    pub(super) fn diagnostic(&self, code: Code, value: &Value<'_>, message: String) -> Diagnostic {
        let component = value.part.component.map(|at| (at, value.element));
        let rule = rule::element(self.header, self.of().item, self.definition, value.position, component);
        Diagnostic::new(code, message, self.place(value)).rule(rule)
    }

    fn place(&self, value: &Value<'_>) -> PayloadPlace {
        self.header.context.element(self.tree, self.set, self.index, value.position, value.part)
    }

    /// Reference designator and name, such as `W0602 Depositor Order Number`.
    pub(super) fn name(&self, value: &Value<'_>) -> String {
        let component = value.part.component.map_or_else(String::new, |component| format!("-{component:02}"));
        format!("{}{:02}{component} {}", self.definition.tag, value.position, value.element.name)
    }
}

/// Blanks only are usually meant as empty.
fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == b' ')
}

/// Such as `2 characters`.
pub(in crate::x12) fn counted(count: usize, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn are(count: u32) -> String {
    format!("{count} {}", if count == 1 { "is" } else { "are" })
}
