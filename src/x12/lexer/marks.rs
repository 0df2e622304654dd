//! Finds the bytes that may mean something to the lexer, 64 at a time, without a look at those between them.
//!
//! A mark is a delimiter, a control character or a byte that is not ASCII; what it means is `lexer`'s question. Most bytes
//! of a document are none: asking each what it is costs more than all that is done with the answers.

use crate::x12::delimiters::Delimiters;

/// Bytes that are looked at together: as many as a mask has bits.
const BLOCK: usize = 64;

/// The marks of some bytes, in order.
///
/// Small, and never passed on by reference from the innermost loop: so it stays in registers there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks<'a> {
    bytes: &'a [u8],
    pub(super) element: u8,
    pub(super) segment: u8,
    /// Offset behind the block whose marks not yet taken are the bits of `mask`.
    next: usize,
    mask: u64,
}

impl<'a> Marks<'a> {
    /// The marks from offset `at` on.
    #[inline]
    pub(super) fn new(delimiters: &Delimiters, bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, element: delimiters.element, segment: delimiters.segment, next: at, mask: 0 }
    }

    /// The offset of the next mark and the byte there; `None` at the end of the bytes.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<(usize, u8)> {
        while self.mask == 0 {
            if self.next >= self.bytes.len() {
                return None;
            }
            self.mask = block_mask(self.bytes, self.next, self.element, self.segment);
            self.next += BLOCK;
        }
        let at = self.next - BLOCK + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some((at, self.bytes[at]))
    }

    /// Passes over all marks before offset `at`.
    #[inline]
    pub(super) fn skip_to(&mut self, at: usize) {
        if at >= self.next {
            (self.mask, self.next) = (0, at);
        } else if at + BLOCK > self.next {
            self.mask &= u64::MAX << (at + BLOCK - self.next);
        }
    }
}

/// Which of the 64 bytes from `at` on are marks; bytes behind the end are none.
///
/// Not inlined: it is rare enough, and would take the registers that its caller needs.
#[inline(never)]
fn block_mask(bytes: &[u8], at: usize, element: u8, segment: u8) -> u64 {
    let rest = &bytes[at..];
    match rest.first_chunk() {
        Some(block) => mask(block, element, segment),
        None => {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            mask(&block, element, segment) & !(u64::MAX << rest.len())
        }
    }
}

/// Which of 64 bytes are marks, the first as the lowest bit.
///
/// Written so that the compiler does the first loop with vector instructions, sixteen bytes or more at a time.
#[inline]
fn mask(block: &[u8; BLOCK], element: u8, segment: u8) -> u64 {
    let mut bits = [0; BLOCK];
    // A plain loop: what becomes of nested iterators depends on how the crate is cut into units of compilation.
    for at in 0..BLOCK {
        let byte = block[at];
        // As signed numbers the bytes that are not ASCII are negative.
        let mark = (byte == element) | (byte == segment) | ((byte as i8) < b' ' as i8);
        bits[at] = u8::from(mark) << (at % 8);
    }
    let (eights, _) = bits.as_chunks::<8>();
    let mut mask = 0;
    for (at, eight) in eights.iter().enumerate() {
        // Eight bytes with one bit each, no two the same: the product adds them up in its highest byte.
        let sum = u64::from_le_bytes(*eight).wrapping_mul(0x0101_0101_0101_0101) >> 56;
        mask |= sum << (8 * at);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_once_wherever_blocks_begin() {
        let bytes: Vec<u8> = (0..1_000_u32).map(|number| (number * number / 7) as u8).collect();
        let delimiters = Delimiters::default();
        let is_mark = |byte: u8| byte == b'*' || byte == b'~' || !(b' '..128).contains(&byte);
        for (from, to) in (0..70).flat_map(|from| [(from, 1_000), (from, 900 + from), (from, from)]) {
            let bytes = &bytes[..to];
            let expected: Vec<usize> = (from..to).filter(|at| is_mark(bytes[*at])).collect();
            let mut marks = Marks::new(&delimiters, bytes, from);
            let found: Vec<usize> = std::iter::from_fn(|| marks.next()).map(|(at, _)| at).collect();
            assert_eq!(found, expected, "{from}..{to}");
        }
    }

    #[test]
    fn marks_passed_over_do_not_come() {
        let bytes = [b'*'; 300];
        for (taken, to) in [(0, 0), (0, 1), (3, 2), (3, 63), (3, 64), (3, 200), (70, 71), (0, 300), (0, 299)] {
            let mut marks = Marks::new(&Delimiters::default(), &bytes, 0);
            for _ in 0..taken {
                marks.next();
            }
            marks.skip_to(to);
            let expected = (to.max(taken) < 300).then_some((to.max(taken), b'*'));
            assert_eq!(marks.next(), expected, "{taken}, {to}");
        }
    }
}
