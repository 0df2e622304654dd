//! Syntax notes: elements of a segment, and components of a composite, that demand or exclude one another.

use crate::diagnostic::Code;
use crate::diagnostic::codes::{X12_EXCLUSION, X12_SYNTAX_NOTE};
use crate::tree::ElementUse;
use crate::tree::notes::{Note, NoteKind};

/// What is said of a broken note.
pub(super) struct Broken {
    pub(super) code: Code,
    /// The element that is missing, the first of several; of an exclusion the one too many.
    pub(super) position: u16,
    pub(super) message: String,
    pub(super) remedy: &'static str,
}

/// What breaks `note` where the elements `there` are there. `of` is the segment or composite, `name` makes the name of the
/// element at a position.
pub(super) fn broken(
    note: &Note,
    there: u64,
    of: &str,
    elements: &[ElementUse],
    name: impl Fn(u16) -> String,
) -> Broken {
    let named = |positions: &mut dyn Iterator<Item = u16>, word: &str| {
        let name = |position: u16| match elements.get(usize::from(position) - 1) {
            Some(element) => format!("{} ({})", name(position), element.name),
            None => name(position),
        };
        positions.map(name).collect::<Vec<_>>().join(word)
    };
    let message = match note.kind {
        NoteKind::Required => format!("{of} needs {}", named(&mut note.positions(), " or ")),
        NoteKind::Exclusion => format!("{of} may have only one of {}", named(&mut note.there(there), ", ")),
        NoteKind::ListConditional => {
            let first = named(&mut std::iter::once(note.first()), "");
            format!("with {first}, {of} needs {}", named(&mut note.missing(there), " or "))
        }
        NoteKind::Paired | NoteKind::Conditional => {
            let given: Vec<u16> = match note.kind {
                NoteKind::Conditional => vec![note.first()],
                _ => note.there(there).collect(),
            };
            let missing = named(&mut note.missing(there), " and ");
            format!("with {}, {of} needs {missing} too", named(&mut given.into_iter(), " and "))
        }
    };
    let (code, position, remedy) = match note.kind {
        NoteKind::Exclusion => (
            X12_EXCLUSION,
            note.there(there).nth(1),
            "ask the partner which of them is meant, and to send only that one",
        ),
        _ => (X12_SYNTAX_NOTE, note.missing(there).next(), "ask the partner to send both, or neither"),
    };
    let remedy = match note.kind {
        NoteKind::Required => "ask the partner to send one of them",
        NoteKind::ListConditional | NoteKind::Conditional => "ask the partner to send what belongs to it",
        _ => remedy,
    };
    Broken { code, position: position.unwrap_or_else(|| note.first()), message, remedy }
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::tree::notes::{Note, bit};

    #[test]
    fn a_broken_note_says_what_is_missing_or_too_many() {
        let check = |note: &str, there: &[u16], expected: (&str, u16, &str)| {
            let there = there.iter().fold(0, |mask, position| mask | bit(*position));
            let note = Note::read(note).unwrap();
            assert!(note.is_broken(there));
            let found = broken(&note, there, "N1", &[], |position| format!("N1{position:02}"));
            assert_eq!((found.code.name(), found.position, found.message.as_str()), expected);
        };
        check("P0304", &[3], ("x12.syntax-note", 4, "with N103, N1 needs N104 too"));
        check("P030405", &[4], ("x12.syntax-note", 3, "with N104, N1 needs N103 and N105 too"));
        check("R0203", &[1], ("x12.syntax-note", 2, "N1 needs N102 or N103"));
        check("E0506", &[5, 6], ("x12.exclusion", 6, "N1 may have only one of N105, N106"));
        check("C0204", &[2], ("x12.syntax-note", 4, "with N102, N1 needs N104 too"));
        check("L020304", &[2], ("x12.syntax-note", 3, "with N102, N1 needs N103 or N104"));
    }
}
