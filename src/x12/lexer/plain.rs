//! Segments that need no second look, which nearly all are.
//!
//! What a segment may be besides (cut off at the end of the bytes, of the envelope, binary, with line breaks or bytes that are
//! not ASCII, beyond a limit) is left to the loop of `lexer`, which reads any segment. This one carries so little with it that
//! it stays in registers: it takes a third fewer instructions.

use super::marks::Marks;
use super::{BDS, BIN, GE, GS, IEA, ISA, SE, ST};
use crate::tree::{ItemId, NONE, Segment, Tag, Text, Tree};
use crate::x12::delimiters::{Delimiters, is_blank};
use crate::x12::limits::Limits;

/// Reads segments of `set` from `at` on, up to one that is not plain: where that begins, or what stands before it.
#[inline(never)]
pub(super) fn plain_segments(
    delimiters: &Delimiters,
    limits: &Limits,
    set: &[u8],
    mut at: usize,
    tree: &mut Tree,
) -> usize {
    let mut marks = Marks::new(delimiters, set, at);
    let (segments, elements) = (&mut tree.segments, &mut tree.elements);
    let Limits { segment_bytes, transaction_set_bytes, elements_per_segment, .. } = *limits;
    loop {
        let Some(first) = set.get(at..).and_then(|rest| rest.first_chunk()) else { return at };
        if !first[0].is_ascii_alphanumeric() {
            match set[at..].iter().take_while(|byte| is_blank(**byte)).count() {
                0 => return at,
                blanks => at += blanks,
            }
            marks.skip_to(at);
            continue;
        }
        let Some(behind_tag) = marks.separator() else { return at };
        let length = behind_tag - at;
        if length > 3 {
            return at;
        }
        let tag = Tag(u32::from_be_bytes(*first) & !(u32::MAX >> (8 * length)));
        if matches!(tag, ST | SE | GS | GE | IEA | BIN | BDS) || tag.0 >> 8 == ISA {
            return at;
        }
        let first_element = elements.len();
        let mut start = behind_tag + 1;
        let end = marks.separators(|at| {
            elements.push(Text::raw(start as u32, at as u32));
            start = at + 1;
        });
        let end = end.filter(|end| {
            let within = end - at <= segment_bytes && *end <= transaction_set_bytes;
            within && set[*end] == delimiters.segment && elements.len() - first_element < elements_per_segment
        });
        let Some(end) = end else {
            elements.truncate(first_element);
            return at;
        };
        elements.push(Text::raw(start as u32, end as u32));
        segments.push(Segment {
            tag,
            item: ItemId::UNPLACED,
            element_count: (elements.len() - first_element) as u16,
            first_element: first_element as u32,
            start: at as u32,
            end: end as u32,
            occurrence: 0,
            next: NONE,
        });
        at = end + 1;
    }
}
