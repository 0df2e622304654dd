//! The elements of a transaction set: which are missing, which are too many, and the form and length of each value.

use super::super::dictionary;
use super::super::place::Part;
use super::super::reader::SetHeader;
use super::form_severity;
use super::values::{Fault, faults, is_plain_date, is_plain_decimal};
use crate::diagnostic::codes::{
    X12_CHARACTER, X12_ELEMENT_DATE, X12_ELEMENT_TIME, X12_ELEMENT_TOO_LONG, X12_ELEMENT_TOO_SHORT, X12_ELEMENT_TYPE,
    X12_EMPTY_SEGMENT, X12_MISSING_ELEMENT, X12_TOO_MANY_COMPONENTS, X12_TOO_MANY_REPETITIONS, X12_UNUSED_ELEMENT,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, PayloadPlace};
use crate::tree::charset::Charset;
use crate::tree::{
    ElementType, ElementUse, Form, Requirement, Segment, SegmentDefinition, SegmentIndex, Separators, Tree,
};

/// Checks every element of the set by the definition of its segment. An element of blanks counts as empty; empty
/// elements at the end of a segment are accepted.
pub fn elements(header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    let any_ascii = !matches!(header.charset, Charset::X12Basic | Charset::X12Extended);
    let plain_text = any_ascii && tree.made.is_empty();
    let plain_set = plain_text && is_plain(set, tree.separators);
    for (index, segment) in tree.segments.iter().enumerate() {
        let placed = header.grammar.and_then(|grammar| grammar.definition(segment.item));
        let definition = placed.or_else(|| dictionary::segment(header.release, &segment.tag.to_string()));
        let Some(definition) = definition else { continue };
        let plain =
            plain_set || plain_text && is_plain(&set[segment.start as usize..segment.end as usize], tree.separators);
        if !is_plainly_sound(definition, segment, tree, set, plain) {
            Check { header, tree, set, definition, index: index as SegmentIndex, plain }.segment(diagnostics);
        }
    }
}

/// True of the segments that nearly all segments are: as long as their definition asks, and each value a plain one. The
/// rest is looked at closely, whether it is wrong or not.
#[inline]
fn is_plainly_sound(definition: &SegmentDefinition, segment: &Segment, tree: &Tree, set: &[u8], plain: bool) -> bool {
    let first = segment.first_element as usize;
    let texts = &tree.elements[first..first + usize::from(segment.element_count)];
    let says_something = || definition.last_mandatory > 0 || texts.first().is_some_and(|text| !text.is_empty());
    segment.element_count >= definition.last_mandatory
        && texts.len() <= definition.forms.len()
        && says_something()
        && texts.iter().zip(&definition.forms).all(|(text, form)| is_plain_value(form, tree.bytes(*text, set), plain))
}

/// True of the plain values that nearly all values are: text or digits of fitting length and no separator. `plain`: so
/// are all characters of the segment.
#[inline]
fn is_plain_value(form: &Form, bytes: &[u8], plain: bool) -> bool {
    if bytes.is_empty() {
        return !form.mandatory;
    }
    let fits = bytes.len() >= form.min as usize && bytes.len() <= form.max as usize;
    fits && match form.kind {
        ElementType::Text | ElementType::Code => plain && bytes[0] != b' ',
        ElementType::Implied(_) => bytes.iter().all(u8::is_ascii_digit),
        ElementType::Decimal => is_plain_decimal(bytes, form.min as usize),
        ElementType::Date => is_plain_date(bytes),
        _ => false,
    }
}

/// The check of one segment.
struct Check<'a> {
    header: &'a SetHeader,
    tree: &'a Tree,
    set: &'a [u8],
    definition: &'a SegmentDefinition,
    index: SegmentIndex,
    /// Nothing but printable ASCII characters of the character set, and no separator inside an element.
    plain: bool,
}

/// One value: where it stands and what the table says of it.
#[derive(Clone, Copy)]
struct Value<'a> {
    position: u16,
    part: Part,
    element: &'a ElementUse,
    bytes: &'a [u8],
}

impl<'a> Check<'a> {
    fn segment(&self, diagnostics: &mut Diagnostics) {
        let segment = &self.tree.segments[self.index as usize];
        let used = self.definition.elements.len() as u16;
        let says_nothing = || (1..=segment.element_count).all(|position| is_empty(self.bytes(position)));
        if self.definition.last_mandatory == 0 && says_nothing() {
            let message = format!("segment {} has no elements", segment.tag);
            let place = self.header.context.segment(self.tree, self.set, self.index);
            let remedy = "ask the partner to leave the segment out";
            diagnostics.push(Diagnostic::new(X12_EMPTY_SEGMENT, message, place).remedy(remedy));
            return;
        }
        let first = segment.first_element as usize;
        let texts = &self.tree.elements[first..first + usize::from(segment.element_count)];
        for ((form, text), position) in self.definition.forms.iter().zip(texts).zip(1..) {
            let bytes = self.tree.bytes(*text, self.set);
            if !is_plain_value(form, bytes, self.plain) {
                self.closely(position, bytes, diagnostics);
            }
        }
        for position in segment.element_count + 1..=self.definition.last_mandatory {
            if self.definition.forms[usize::from(position) - 1].mandatory {
                self.closely(position, b"", diagnostics);
            }
        }
        if let Some(position) = (used + 1..=segment.element_count).find(|position| !is_empty(self.bytes(*position))) {
            let last = (1..=segment.element_count).rfind(|position| !is_empty(self.bytes(*position))).unwrap_or(0);
            let message = format!("segment {} has {last} elements, its table has {used}", segment.tag);
            let remedy = "ask the partner what the element is; it is not read";
            let place = self.header.context.element(self.tree, self.set, self.index, position, Part::default());
            diagnostics.push(Diagnostic::new(X12_UNUSED_ELEMENT, message, place).remedy(remedy));
        }
    }

    fn bytes(&self, position: u16) -> &'a [u8] {
        self.tree.value(&self.tree.segments[self.index as usize], position, self.set)
    }

    /// Looks closely at the element at `position`.
    fn closely(&self, position: u16, bytes: &'a [u8], diagnostics: &mut Diagnostics) {
        let element = &self.definition.elements[usize::from(position) - 1];
        self.element(Value { position, part: Part::default(), element, bytes }, diagnostics);
    }

    /// An element with all its repetitions.
    fn element(&self, value: Value<'a>, diagnostics: &mut Diagnostics) {
        let element = value.element;
        let Some(separator) = self.tree.separators.repetition.filter(|byte| value.bytes.contains(byte)) else {
            return self.repetition(value, diagnostics);
        };
        let count = value.bytes.split(|byte| *byte == separator).count();
        if count > element.repeat as usize {
            let message =
                format!("{} has {count} repetitions, at most {} allowed", self.name(&value), are(element.repeat));
            let remedy = "ask the partner to repeat the element less often; if the data holds the character, to choose another repetition separator in ISA11";
            self.report(X12_TOO_MANY_REPETITIONS, &value, message, remedy, diagnostics);
        }
        for (bytes, repetition) in value.bytes.split(|byte| *byte == separator).zip(1..) {
            let part = Part { repetition: Some(repetition), ..value.part };
            self.repetition(Value { bytes, part, ..value }, diagnostics);
        }
    }

    /// One repetition: the components of a composite, or a simple value.
    fn repetition(&self, value: Value<'a>, diagnostics: &mut Diagnostics) {
        let element = value.element;
        if is_empty(value.bytes) {
            if element.requirement == Requirement::Mandatory {
                self.report_missing(&value, diagnostics);
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
            self.report(X12_TOO_MANY_COMPONENTS, &value, message, remedy, diagnostics);
        }
        if element.kind != ElementType::Composite {
            // What holds a separator it should not was said; its length and form then say nothing.
            if count == 1 || binary {
                self.value(&value, diagnostics);
            }
            return;
        }
        let mut components =
            separator.map_or_else(Vec::new, |separator| value.bytes.split(|byte| *byte == separator).collect());
        if components.is_empty() {
            components.push(value.bytes);
        }
        for (at, component) in element.components.iter().enumerate() {
            let part = Part { component: u16::try_from(at + 1).ok(), ..value.part };
            let bytes = components.get(at).copied().unwrap_or_default();
            let inner = Value { element: component, part, bytes, ..value };
            if !is_empty(bytes) {
                self.value(&inner, diagnostics);
            } else if component.requirement == Requirement::Mandatory {
                self.report_missing(&inner, diagnostics);
            }
        }
    }

    /// A single value that is not empty: its characters, form and length.
    fn value(&self, value: &Value<'_>, diagnostics: &mut Diagnostics) {
        if value.element.kind == ElementType::Binary {
            return;
        }
        let charset = self.header.charset;
        let text = match charset.decode(value.bytes) {
            Ok(text) => text,
            Err(at) => {
                let (name, byte) = (self.name(value), value.bytes[at]);
                let message = format!("{name} holds byte 0x{byte:02X}, which is no character of {}", charset.name());
                let remedy = "agree with the partner on the character set and name it in the profile";
                self.report(X12_CHARACTER, value, message, remedy, diagnostics);
                charset.decode_lossy(value.bytes)
            }
        };
        if let Some(control) = text.chars().find(|character| character.is_control()) {
            let message = format!("{} holds the control character 0x{:02X}", self.name(value), u32::from(control));
            self.report(
                X12_CHARACTER,
                value,
                message,
                "ask the partner to send text without control characters",
                diagnostics,
            );
        }
        for fault in faults(value.element, &text) {
            self.report_fault(value, &text, fault, diagnostics);
            // The length of what is no date or time tells nothing more.
            if matches!(fault, Fault::Date | Fault::Time) {
                break;
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
        let (code, message, remedy) = match fault {
            Fault::Type(form) => (
                X12_ELEMENT_TYPE,
                format!("{name} is `{shown}`, which is not {form}"),
                "ask the partner to correct the value",
            ),
            Fault::Date => (
                X12_ELEMENT_DATE,
                format!("{name} is `{shown}`, which is not a date"),
                "ask the partner to correct the date",
            ),
            Fault::Time => (
                X12_ELEMENT_TIME,
                format!("{name} is `{shown}`, which is not a time"),
                "ask the partner to correct the time",
            ),
            Fault::TooLong(count) => (
                X12_ELEMENT_TOO_LONG,
                format!("{name} has {}, at most {} allowed", counted(count, unit), are(max)),
                "ask the partner to shorten the value",
            ),
            Fault::TooShort(count) => (
                X12_ELEMENT_TOO_SHORT,
                format!("{name} has {}, at least {} needed", counted(count, unit), are(min)),
                "ask the partner to send the value in full",
            ),
        };
        let form = match kind {
            ElementType::Implied(_) => ", digits with a minus before them where they are negative",
            ElementType::Decimal => ", digits with a minus before and a decimal point where they need one",
            ElementType::Date if min == 8 => ", CCYYMMDD",
            ElementType::Date if max == 6 => ", YYMMDD",
            ElementType::Date => ", YYMMDD or CCYYMMDD",
            ElementType::Time => ", HHMM, HHMMSS or HHMMSSDD",
            _ => "",
        };
        let cause = format!("{} defines it as {} {min}/{max}{form}", self.header.release, type_word(kind));
        let found = Diagnostic::new(code, message, self.place(value)).cause(cause).remedy(remedy);
        let severity = form_severity(self.header, found.severity);
        diagnostics.push(found.severity(severity));
    }

    fn report_missing(&self, value: &Value<'_>, diagnostics: &mut Diagnostics) {
        let message = format!("{} is missing, it is mandatory", self.name(value));
        self.report(X12_MISSING_ELEMENT, value, message, "ask the partner to send the value", diagnostics);
    }

    fn report(&self, code: Code, value: &Value<'_>, message: String, remedy: &str, diagnostics: &mut Diagnostics) {
        diagnostics.push(Diagnostic::new(code, message, self.place(value)).remedy(remedy));
    }

    fn place(&self, value: &Value<'_>) -> PayloadPlace {
        self.header.context.element(self.tree, self.set, self.index, value.position, value.part)
    }

    /// Reference designator and name, such as `W0602 Depositor Order Number`.
    fn name(&self, value: &Value<'_>) -> String {
        let component = value.part.component.map_or_else(String::new, |component| format!("-{component:02}"));
        format!("{}{:02}{component} {}", self.definition.tag, value.position, value.element.name)
    }
}

/// Printable ASCII without a separator of components or repetitions. Looks at every byte, so that it runs on vectors.
fn is_plain(bytes: &[u8], separators: Separators) -> bool {
    let (component, repetition) = (separators.component.unwrap_or(0), separators.repetition.unwrap_or(0));
    let odd =
        |odd: bool, byte: &u8| odd | (*byte < b' ') | (*byte > b'~') | (*byte == component) | (*byte == repetition);
    bytes.chunks(256).all(|block| !block.iter().fold(false, odd))
}

/// Blanks only are usually meant as empty.
fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == b' ')
}

fn counted(count: usize, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn are(count: u32) -> String {
    format!("{count} {}", if count == 1 { "is" } else { "are" })
}

/// The standard's word for a data type.
fn type_word(kind: ElementType) -> String {
    match kind {
        ElementType::Text => "AN".into(),
        ElementType::Code => "ID".into(),
        ElementType::Implied(decimals) => format!("N{decimals}"),
        ElementType::Decimal => "R".into(),
        ElementType::Date => "DT".into(),
        ElementType::Time => "TM".into(),
        ElementType::Binary => "B".into(),
        ElementType::Composite => "composite".into(),
    }
}
