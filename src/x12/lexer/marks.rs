//! Finds the bytes that may mean something to the lexer, 64 at a time, without a look at those between them.
//!
//! A mark is a delimiter, a control character or a byte that is not ASCII; what it means is `lexer`'s question. Most bytes
//! of a document are none: asking each what it is costs more than all that is done with the answers.

use wide::u8x16;

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
    /// Offset behind the block whose marks not yet taken are the bits of `masks`.
    next: usize,
    masks: Masks,
}

/// The marks of a block, its first byte as the lowest bit.
#[derive(Debug, Clone, Copy, Default)]
struct Masks {
    /// Element separators.
    separators: u64,
    /// All others.
    others: u64,
}

impl<'a> Marks<'a> {
    /// The marks from offset `at` on.
    #[inline]
    pub(super) fn new(delimiters: &Delimiters, bytes: &'a [u8], at: usize) -> Self {
        let (element, segment) = (delimiters.element, delimiters.segment);
        Self { bytes, element, segment, next: at, masks: Masks::default() }
    }

    /// The offset of the next mark and the byte there; `None` at the end of the bytes.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<(usize, u8)> {
        while self.masks.separators | self.masks.others == 0 {
            self.fill()?;
        }
        let Masks { separators, others } = &mut self.masks;
        let first = if separators.trailing_zeros() < others.trailing_zeros() { separators } else { others };
        let at = self.next - BLOCK + take_lowest(first);
        Some((at, self.bytes[at]))
    }

    /// The offset of the next mark, where that is an element separator.
    #[inline(always)]
    pub(super) fn separator(&mut self) -> Option<usize> {
        while self.masks.separators | self.masks.others == 0 {
            self.fill()?;
        }
        let Masks { separators, others } = &mut self.masks;
        let comes_first = separators.trailing_zeros() < others.trailing_zeros();
        comes_first.then(|| self.next - BLOCK + take_lowest(separators))
    }

    /// Hands on the offsets of element separators up to the next mark that is none: its offset; `None` at the end of the
    /// bytes.
    #[inline(always)]
    pub(super) fn separators(&mut self, mut found: impl FnMut(usize)) -> Option<usize> {
        loop {
            let Masks { separators, others } = &mut self.masks;
            let other = others.trailing_zeros();
            while separators.trailing_zeros() < other {
                found(self.next - BLOCK + take_lowest(separators));
            }
            if *others != 0 {
                return Some(self.next - BLOCK + take_lowest(others));
            }
            self.fill()?;
        }
    }

    /// Goes on to the next block; `None` when there is none.
    #[inline(always)]
    fn fill(&mut self) -> Option<()> {
        if self.next >= self.bytes.len() {
            return None;
        }
        self.masks = masks_from(self.bytes, self.next, self.element, self.segment);
        self.next += BLOCK;
        Some(())
    }

    /// Passes over all marks before offset `at`.
    #[inline]
    pub(super) fn skip_to(&mut self, at: usize) {
        if at >= self.next {
            (self.masks, self.next) = (Masks::default(), at);
        } else if at + BLOCK > self.next {
            self.masks = self.masks.within(u64::MAX << (at + BLOCK - self.next));
        }
    }
}

impl Masks {
    /// Only those of some bytes of the block.
    #[inline]
    fn within(self, bytes: u64) -> Self {
        Self { separators: self.separators & bytes, others: self.others & bytes }
    }
}

/// Takes the lowest bit off a mask that has some: which one it was.
#[inline(always)]
fn take_lowest(mask: &mut u64) -> usize {
    let lowest = mask.trailing_zeros() as usize;
    *mask &= *mask - 1;
    lowest
}

/// The marks of the 64 bytes from `at` on; bytes behind the end are none.
///
/// Not inlined: it is rare enough, and would take the registers that its caller needs.
#[inline(never)]
fn masks_from(bytes: &[u8], at: usize, element: u8, segment: u8) -> Masks {
    let rest = &bytes[at..];
    match rest.first_chunk() {
        Some(block) => masks(block, element, segment),
        None => {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            masks(&block, element, segment).within(!(u64::MAX << rest.len()))
        }
    }
}

/// The marks of 64 bytes, sixteen at a time.
#[inline]
fn masks(block: &[u8; BLOCK], element: u8, segment: u8) -> Masks {
    let (element, segment) = (u8x16::splat(element), u8x16::splat(segment));
    let (blank, behind_text) = (u8x16::splat(b' '), u8x16::splat(128 - b' '));
    let (sixteens, _) = block.as_chunks::<16>();
    let mut masks = Masks::default();
    for (at, sixteen) in sixteens.iter().enumerate() {
        let bytes = u8x16::new(*sixteen);
        let separators = bytes.simd_eq(element).to_bitmask();
        // Counted from the blank on, text comes first, then what is not ASCII, then control characters.
        let counted = bytes - blank;
        let others = bytes.simd_eq(segment) | counted.max(behind_text).simd_eq(counted);
        let others = others.to_bitmask() & !separators;
        masks.separators |= u64::from(separators) << (16 * at);
        masks.others |= u64::from(others) << (16 * at);
    }
    masks
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
    fn separators_come_up_to_the_next_other_mark() {
        let text = [&b"NM*a*b"[..], &[b'x'; 70], b"*c~HL*1\xe9*~", &[b'*'; 130], b"end"].concat();
        let mut marks = Marks::new(&Delimiters::default(), &text, 0);
        let mut stretch = || {
            let mut found = Vec::new();
            let other = marks.separators(|at| found.push(at));
            (found, other)
        };
        assert_eq!(stretch(), (vec![2, 4, 76], Some(78)));
        assert_eq!(stretch(), (vec![81], Some(83)));
        assert_eq!(stretch(), (vec![84], Some(85)));
        assert_eq!(stretch(), ((86..216).collect(), None));
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
