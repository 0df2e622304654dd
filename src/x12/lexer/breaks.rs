//! Line breaks inside segments, as files have them that were wrapped at some column: they are taken out.

use super::Open;
use crate::tree::{Text, Tree};

/// `bytes` with CR and LF taken out.
#[cold]
pub(in crate::x12) fn without_breaks(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
}

/// Takes the line breaks out of the elements of a segment that ends at `end`; true when there was one that is no mere CR
/// before an LF that ends the segment. With `is_binary` the last element is data that may hold any byte.
#[cold]
pub(super) fn mend(set: &[u8], open: &Open, end: usize, is_binary: bool, tree: &mut Tree) -> bool {
    let broken = |bytes: &[u8]| memchr::memchr2(b'\r', b'\n', bytes).is_some();
    // A CR before an LF that is the terminator belongs to the line end.
    let line_end = set.get(end) == Some(&b'\n') && set[..end].ends_with(b"\r");
    let first = tree.elements.get(open.first_element).and_then(|text| text.span());
    let identifier_end = first.map_or(end - usize::from(line_end), |(start, _)| start as usize - 1);
    let mut wrapped = broken(&set[open.start..identifier_end]);
    let last = tree.elements.len();
    for id in open.first_element..last {
        let Some((start, end)) = tree.elements[id].span() else {
            continue;
        };
        let raw = &set[start as usize..end as usize];
        if is_binary && id + 1 == last || !broken(raw) {
            continue;
        }
        if id + 1 == last && line_end && !broken(&raw[..raw.len() - 1]) {
            tree.elements[id] = Text::raw(start, end - 1);
            continue;
        }
        wrapped = true;
        let made = tree.made.len() as u32;
        tree.made.extend_from_slice(&without_breaks(raw));
        tree.elements[id] = Text::made(made, tree.made.len() as u32);
        tree.unescaped.push((id as u32, start, end));
    }
    wrapped
}
