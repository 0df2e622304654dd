//! Syntax notes: elements of a segment, and components of a composite, that demand or exclude one another.

use crate::diagnostic::Code;
use crate::diagnostic::codes::{X12_EXCLUSION, X12_SYNTAX_NOTE};
use crate::tree::ElementUse;
use crate::tree::notes::{Note, NoteKind};

/// What is said of a broken note.
pub(super) struct Broken {
    pub(super) code: Code,
    /// The element that is missing; of an exclusion the one too many.
    pub(super) position: u16,
    pub(super) message: String,
    pub(super) remedy: &'static str,
}

/// What breaks `note` where the elements `there` are there: of those that it demands each that is missing is told. `of` is the
/// segment or composite, `name` makes the name of the element at a position.
pub(super) fn broken(
    note: &Note,
    there: u64,
    of: &str,
    elements: &[ElementUse],
    name: impl Fn(u16) -> String,
) -> Vec<Broken> {
    let named = |positions: &mut dyn Iterator<Item = u16>, word: &str| {
        let name = |position: u16| match elements.get(usize::from(position) - 1) {
            Some(element) => format!("{} ({})", name(position), element.name),
            None => name(position),
        };
        positions.map(name).collect::<Vec<_>>().join(word)
    };
    let told = |code, position: Option<u16>, message, remedy| {
        vec![Broken { code, position: position.unwrap_or_else(|| note.first()), message, remedy }]
    };
    match note.kind {
        NoteKind::Required => {
            let message = format!("{of} needs {}", named(&mut note.positions(), " or "));
            told(X12_SYNTAX_NOTE, note.missing(there).next(), message, "ask the partner to send one of them")
        }
        NoteKind::Exclusion => {
            let message = format!("{of} may have only one of {}", named(&mut note.there(there), ", "));
            let remedy = "ask the partner which of them is meant, and to send only that one";
            told(X12_EXCLUSION, note.there(there).nth(1), message, remedy)
        }
        NoteKind::ListConditional => {
            let first = named(&mut std::iter::once(note.first()), "");
            let message = format!("with {first}, {of} needs {}", named(&mut note.missing(there), " or "));
            told(X12_SYNTAX_NOTE, note.missing(there).next(), message, "ask the partner to send what belongs to it")
        }
        NoteKind::Paired | NoteKind::Conditional => {
            let (given, remedy): (Vec<u16>, _) = match note.kind {
                NoteKind::Conditional => (vec![note.first()], "ask the partner to send what belongs to it"),
                _ => (note.there(there).collect(), "ask the partner to send both, or neither"),
            };
            let given = named(&mut given.into_iter(), " and ");
            let each = note.missing(there).map(|position| Broken {
                code: X12_SYNTAX_NOTE,
                position,
                message: format!("with {given}, {of} needs {} too", named(&mut std::iter::once(position), "")),
                remedy,
            });
            each.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::broken;
    use crate::tree::notes::{Note, bit};

    #[test]
    fn a_broken_note_says_what_is_missing_or_too_many() {
        let check_each = |note: &str, there: &[u16], expected: &[(&str, u16, &str)]| {
            let there = there.iter().fold(0, |mask, position| mask | bit(*position));
            let note = Note::read(note).unwrap();
            assert!(note.is_broken(there));
            let found = broken(&note, there, "N1", &[], |position| format!("N1{position:02}"));
            let found: Vec<_> = found.iter().map(|one| (one.code.name(), one.position, one.message.as_str())).collect();
            assert_eq!(found, expected);
        };
        let check = |note: &str, there: &[u16], expected| check_each(note, there, &[expected]);
        check("P0304", &[3], ("x12.syntax-note", 4, "with N103, N1 needs N104 too"));
        let both = [
            ("x12.syntax-note", 3, "with N104, N1 needs N103 too"),
            ("x12.syntax-note", 5, "with N104, N1 needs N105 too"),
        ];
        check_each("P030405", &[4], &both);
        check_each("C040305", &[4], &both);
        check("R0203", &[1], ("x12.syntax-note", 2, "N1 needs N102 or N103"));
        check("E0506", &[5, 6], ("x12.exclusion", 6, "N1 may have only one of N105, N106"));
        check("C0204", &[2], ("x12.syntax-note", 4, "with N102, N1 needs N104 too"));
        check("L020304", &[2], ("x12.syntax-note", 3, "with N102, N1 needs N103 or N104"));
    }
}
