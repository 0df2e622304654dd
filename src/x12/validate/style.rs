//! What is harmless and often done all over a document: blanks around values, separators behind the last one. Told once,
//! with how often it was seen.

use super::super::place::Part;
use super::super::reader::SetHeader;
use super::closely::{Check, Value};
use crate::diagnostic::codes::{X12_BLANKS, X12_TRAILING_SEPARATORS};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::{ElementType, ElementUse, SegmentIndex, Tree};

/// What a sender does with blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    Leading,
    Trailing,
    OnlyBlanks,
}

impl Habit {
    /// The habit that `text`, which is not blank, shows. Blanks that fill a text up to its least length are none.
    pub(super) fn of(element: &ElementUse, text: &str) -> Option<Self> {
        let fills = matches!(element.kind, ElementType::Text | ElementType::Code);
        let trailing = text.ends_with(' ') && !(fills && text.chars().count() <= element.min as usize);
        match text.starts_with(' ') {
            true => Some(Habit::Leading),
            false => trailing.then_some(Habit::Trailing),
        }
    }
}

/// What was seen in a set so far.
#[derive(Debug, Default)]
pub(super) struct Style {
    /// One for each place of a segment.
    blanks: Vec<Blanks>,
    separators: Option<Separators>,
}

/// Segments that end with separators.
#[derive(Debug)]
struct Separators {
    first: SegmentIndex,
    /// Element of the first one.
    position: u16,
    last: SegmentIndex,
    count: u32,
}

#[derive(Debug)]
struct Blanks {
    habit: Habit,
    /// Reference designator and name.
    name: String,
    first: Diagnostic,
    count: u32,
}

impl Style {
    pub(super) fn blanks(&mut self, check: &Check<'_>, value: &Value<'_>, habit: Habit) {
        let name = check.name(value);
        if let Some(known) = self.blanks.iter_mut().find(|known| known.habit == habit && known.name == name) {
            known.count += 1;
            return;
        }
        let first = check.diagnostic(X12_BLANKS, value, String::new());
        self.blanks.push(Blanks { habit, name, first, count: 1 });
    }

    /// The segment has nothing from element `position` on but separators, or in it.
    pub(super) fn separators(&mut self, index: SegmentIndex, position: u16) {
        let seen = self.separators.get_or_insert(Separators { first: index, position, last: index, count: 1 });
        seen.count += u32::from(seen.last != index);
        seen.last = index;
    }

    /// Tells all of it.
    pub(super) fn tell(self, header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
        for Blanks { habit, name, first, count } in self.blanks {
            let (does, remedy) = match habit {
                Habit::Leading => ("begins with blanks", "ask the partner to send the value without them"),
                Habit::Trailing => ("ends with blanks", "nothing to do: they are not taken for a part of the value"),
                Habit::OnlyBlanks => ("holds nothing but blanks", "nothing to do: it counts as empty"),
            };
            let message = format!("{name} {does}{}", times(count));
            diagnostics.push(Diagnostic { message, ..first }.remedy(remedy));
        }
        if let Some(Separators { first, position, count, .. }) = self.separators {
            let tag = tree.segments[first as usize].tag;
            let message = format!("segment {tag} ends with separators behind its last value{}", more(count));
            let place = header.context.element(tree, set, first, position, Part::default());
            let rule = format!(
                "{}, segment {tag}: what is empty at the end of a segment or composite is left out",
                header.release
            );
            let found = Diagnostic::new(X12_TRAILING_SEPARATORS, message, place).rule(rule);
            diagnostics.push(found.remedy("nothing to do: they are read as if they were not there"));
        }
    }
}

fn times(count: u32) -> String {
    if count == 1 { String::new() } else { format!(", {count} times in this transaction set") }
}

fn more(count: u32) -> String {
    match count - 1 {
        0 => String::new(),
        1 => ", as does 1 more segment of this transaction set".to_owned(),
        more => format!(", as do {more} more segments of this transaction set"),
    }
}
