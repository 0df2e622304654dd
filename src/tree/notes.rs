//! Syntax notes: which elements of a segment, or components of a composite, demand or exclude one another.

use std::sync::Arc;

/// What a note says of its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// P: all of them or none.
    Paired,
    /// R: at least one of them.
    Required,
    /// E: at most one of them.
    Exclusion,
    /// C: where the first is there, all the others are.
    Conditional,
    /// L: where the first is there, at least one of the others is.
    ListConditional,
}

/// A syntax note, such as `P0304`: elements 3 and 4 are there together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// As the standard writes it: a letter, and two digits for each position.
    pub text: Arc<str>,
    /// What it says.
    pub kind: NoteKind,
    /// The first position as a bit, see [`bit`].
    first: u64,
    /// All positions as bits.
    all: u64,
}

/// The notes of a segment or composite, ready to be asked of each one that comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    list: Vec<Note>,
    /// The first positions of notes that pair two elements side by side, which most notes do.
    neighbours: u64,
    /// Indices of the other notes.
    others: Vec<u8>,
}

/// The bit of a 1-based position; 0 past the 64 that fit.
#[must_use]
#[inline]
pub fn bit(position: u16) -> u64 {
    1_u64.checked_shl(u32::from(position).wrapping_sub(1)).unwrap_or(0)
}

/// The positions that are bits of `mask`, ascending.
fn positions(mask: u64) -> impl Iterator<Item = u16> {
    (1..=64).filter(move |position| mask & bit(*position) != 0)
}

impl Note {
    /// Reads a note such as `P0304`; `None` where it is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (kind, digits) = text.split_at_checked(1)?;
        let kind = match kind {
            "P" => NoteKind::Paired,
            "R" => NoteKind::Required,
            "E" => NoteKind::Exclusion,
            "C" => NoteKind::Conditional,
            "L" => NoteKind::ListConditional,
            _ => return None,
        };
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
        let position = |pair: &[u8; 2]| std::str::from_utf8(pair).ok()?.parse().ok().filter(|at| (1..=64).contains(at));
        let positions: Option<Vec<u16>> = pairs.iter().map(position).collect();
        let positions = positions.filter(|positions| positions.len() > 1)?;
        let all = positions.iter().fold(0, |mask, position| mask | bit(*position));
        Some(Self { text: Arc::from(text), kind, first: bit(positions[0]), all })
    }

    /// Is the note broken where these elements are there? Each is a bit, see [`bit`].
    #[must_use]
    #[inline]
    pub fn is_broken(&self, there: u64) -> bool {
        let own = there & self.all;
        match self.kind {
            NoteKind::Paired => own != 0 && own != self.all,
            NoteKind::Required => own == 0,
            NoteKind::Exclusion => own & own.wrapping_sub(1) != 0,
            NoteKind::Conditional => own & self.first != 0 && own != self.all,
            NoteKind::ListConditional => own == self.first,
        }
    }

    /// The position that its rule starts from: of C and L the one that demands the others.
    #[must_use]
    pub fn first(&self) -> u16 {
        self.first.trailing_zeros() as u16 + 1
    }

    /// All positions it names, ascending.
    pub fn positions(&self) -> impl Iterator<Item = u16> + use<> {
        positions(self.all)
    }

    /// Those of its positions that are there, ascending.
    pub fn there(&self, there: u64) -> impl Iterator<Item = u16> + use<> {
        positions(self.all & there)
    }

    /// Those of its positions that are not there, ascending.
    pub fn missing(&self, there: u64) -> impl Iterator<Item = u16> + use<> {
        positions(self.all & !there)
    }
}

impl Notes {
    /// The notes written as the standard does; what is none is left out.
    #[must_use]
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut notes = Self { list: texts.into_iter().filter_map(Note::read).collect(), ..Self::default() };
        for (note, at) in notes.list.iter().zip(0..) {
            if note.kind == NoteKind::Paired && note.all == note.first | note.first << 1 {
                notes.neighbours |= note.first;
            } else {
                notes.others.push(at);
            }
        }
        notes
    }

    /// Is none of them broken where these elements are there? Each is a bit, see [`bit`].
    #[must_use]
    #[inline]
    pub fn hold(&self, there: u64) -> bool {
        (there ^ there >> 1) & self.neighbours == 0
            && self.others.iter().all(|at| !self.list[usize::from(*at)].is_broken(there))
    }

    /// Those that are broken where these elements are there, in the standard's order.
    pub fn broken(&self, there: u64) -> impl Iterator<Item = &Note> {
        self.list.iter().filter(move |note| note.is_broken(there))
    }

    /// True when there is no note.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, Notes, bit};

    fn mask(positions: &[u16]) -> u64 {
        positions.iter().fold(0, |mask, position| mask | bit(*position))
    }

    #[test]
    fn each_kind_of_note_is_broken_by_what_the_standard_says() {
        let check = |note: &str, holds: &[&[u16]], broken: &[&[u16]]| {
            let (one, all) = (Note::read(note).unwrap(), Notes::read([note]));
            for (cases, expected) in [(holds, false), (broken, true)] {
                for there in cases {
                    assert_eq!(one.is_broken(mask(there)), expected, "{note} with {there:?}");
                    assert_eq!(all.hold(mask(there)), !expected, "{note} with {there:?}, quickly");
                }
            }
        };
        check("P0304", &[&[], &[3, 4], &[1, 2]], &[&[3], &[4], &[4, 5]]);
        check("P040506", &[&[], &[4, 5, 6]], &[&[4], &[5], &[4, 5], &[5, 6], &[4, 6]]);
        check("P0711", &[&[8], &[7, 11]], &[&[7], &[8, 11]]);
        check("R0203", &[&[2], &[3], &[2, 3]], &[&[], &[1, 4]]);
        check("E0204", &[&[], &[2], &[4], &[3]], &[&[2, 4]]);
        check("C0706", &[&[], &[6], &[6, 7]], &[&[7]]);
        check("C021617", &[&[], &[16], &[2, 16, 17]], &[&[2], &[2, 16]]);
        check("L020304", &[&[], &[3], &[2, 4], &[2, 3, 4]], &[&[2], &[2, 5]]);
    }

    #[test]
    fn neighbours_that_come_in_pairs_are_told_apart() {
        let notes = Notes::read(["P0405", "P0607", "R0203", "P0809"]);
        assert!(notes.hold(mask(&[2, 4, 5, 8, 9])));
        assert!(!notes.hold(mask(&[2, 5, 6])));
        let broken: Vec<&str> = notes.broken(mask(&[5, 6])).map(|note| &*note.text).collect();
        assert_eq!(broken, ["P0405", "P0607", "R0203"]);
    }

    #[test]
    fn what_is_no_note_is_none() {
        for text in ["", "P", "P04", "P0405x", "X0405", "P0065", "P0400", "Pé1"] {
            assert_eq!(Note::read(text), None, "{text}");
        }
    }
}
