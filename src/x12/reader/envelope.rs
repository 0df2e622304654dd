//! The values of ISA and GS, by the tables of the interchange version: dates and times of the calendar, numbers, codes; and
//! in GS their lengths. ISA is read by its separators, and its padding was judged when it was.

use crate::tree::{ElementType, ElementUse, Requirement};
use crate::x12::dictionary;
use crate::x12::validate::{counted, is_of_type};

/// What is wrong with the elements of an ISA or GS segment, given as they stand there: position, 1-based, and message.
pub(super) fn faults<'e>(isa12: &str, tag: &str, elements: impl IntoIterator<Item = &'e str>) -> Vec<(u16, String)> {
    let Some(definition) = dictionary::envelope(isa12, tag) else { return Vec::new() };
    let mut faults = Vec::new();
    for ((element, padded), position) in definition.elements.iter().zip(elements).zip(1..) {
        let text = padded.trim();
        let name = || format!("{tag}{position:02} ({})", element.name);
        if (tag, position) == ("ISA", 12)
            && !(text.len() == 5 && text.starts_with("00") && text.bytes().all(|byte| byte.is_ascii_digit()))
        {
            faults.push((position, format!("{} is `{text}`, which is no version such as 00401", name())));
        }
        // Authorization, password, separators, version.
        if matches!((tag, position), ("ISA", 2 | 4 | 11 | 12 | 16)) {
            continue;
        }
        // Of a release that is missing or has no tables it is told which one is taken instead.
        let is_release = (tag, position) == ("GS", 8);
        if text.is_empty() {
            if element.requirement == Requirement::Mandatory && !is_release {
                faults.push((position, format!("{} is empty", name())));
            }
            continue;
        }
        let is_code = element.kind == ElementType::Code && !is_release;
        if is_code && dictionary::code_list(&element.number).is_some_and(|list| list.find(text).is_none()) {
            faults.push((position, format!("{} is `{text}`, which is no code of its list", name())));
        } else if !is_of_type(element, text) {
            let form = match element.kind {
                ElementType::Date => "a date",
                ElementType::Time => "a time",
                _ => "a whole number",
            };
            faults.push((position, format!("{} is `{text}`, which is not {form}", name())));
        } else if let Some(length) = length(element, padded).filter(|_| tag == "GS") {
            faults.push((position, format!("{} has {length}", name())));
        }
    }
    faults
}

/// How many characters a value has, where those are too many or too few; blanks at its end count only for the least. Dates
/// and times have the lengths of their forms.
fn length(element: &ElementUse, padded: &str) -> Option<String> {
    let (at_least, at_most) = (padded.chars().count(), padded.trim_end().chars().count());
    match element.kind {
        ElementType::Date | ElementType::Time => None,
        _ if at_most > element.max as usize => {
            Some(format!("{}, at most {} are allowed", counted(at_most, "character"), element.max))
        }
        _ if at_least < element.min as usize => {
            Some(format!("{}, at least {} are needed", counted(at_least, "character"), element.min))
        }
        _ => None,
    }
}
