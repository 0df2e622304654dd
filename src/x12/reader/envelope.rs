//! The values of ISA and GS, by the tables of the interchange version: dates and times of the calendar, numbers, codes.
//!
//! Their lengths are not looked at here: ISA is read by its separators, and its padding was judged when it was.

use crate::tree::{ElementType, Requirement};
use crate::x12::dictionary;
use crate::x12::validate::is_of_type;

/// What is wrong with the elements of an ISA or GS segment: position, 1-based, and message.
pub(super) fn faults<'e>(isa12: &str, tag: &str, elements: impl IntoIterator<Item = &'e str>) -> Vec<(u16, String)> {
    let Some(definition) = dictionary::envelope(isa12, tag) else { return Vec::new() };
    let mut faults = Vec::new();
    for ((element, text), position) in definition.elements.iter().zip(elements).zip(1..) {
        let text = text.trim();
        let name = || format!("{tag}{position:02} ({})", element.name);
        if (tag, position) == ("ISA", 12)
            && !(text.len() == 5 && text.starts_with("00") && text.bytes().all(|byte| byte.is_ascii_digit()))
        {
            faults.push((position, format!("{} is `{text}`, which is no version such as 00401", name())));
        }
        // Authorization, password, separators; and versions, of which the list names only some.
        if matches!((tag, position), ("ISA", 2 | 4 | 11 | 12 | 16) | ("GS", 8)) {
            continue;
        }
        if text.is_empty() {
            if element.requirement == Requirement::Mandatory {
                faults.push((position, format!("{} is empty", name())));
            }
            continue;
        }
        let is_code = element.kind == ElementType::Code;
        if is_code && dictionary::code_list(&element.number).is_some_and(|list| list.find(text).is_none()) {
            faults.push((position, format!("{} is `{text}`, which is no code of its list", name())));
        } else if !is_of_type(element, text) {
            let form = match element.kind {
                ElementType::Date => "a date",
                ElementType::Time => "a time",
                _ => "a whole number",
            };
            faults.push((position, format!("{} is `{text}`, which is not {form}", name())));
        }
    }
    faults
}
