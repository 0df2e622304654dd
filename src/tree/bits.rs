//! A growing set of small numbers: which elements of a document were read.

/// A set of `u32` as bits.
#[derive(Debug, Clone, Default)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// Empties the set and makes room for numbers below `count`; a greater one makes its own.
    pub fn reset(&mut self, count: usize) {
        self.words.clear();
        self.words.resize(count.div_ceil(64), 0);
    }

    /// Puts `number` into the set.
    #[inline]
    pub fn insert(&mut self, number: u32) {
        match self.words.get_mut(number as usize / 64) {
            Some(word) => *word |= 1 << (number % 64),
            None => self.insert_behind(number),
        }
    }

    /// Puts a number into the set that it has no room for.
    #[cold]
    fn insert_behind(&mut self, number: u32) {
        self.words.resize(number as usize / 64 + 1, 0);
        self.insert(number);
    }

    /// The numbers from `start` on that are not in the set, as bits, the lowest for `start`: of 64 at most, below `end`.
    #[must_use]
    #[inline]
    pub fn missing(&self, start: u32, end: u32) -> u64 {
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let (at, shift) = (start as usize / 64, start % 64);
        let mut there = word(at) >> shift;
        if shift > 0 {
            there |= word(at + 1) << (64 - shift);
        }
        let asked = end.saturating_sub(start);
        !there & if asked < 64 { (1 << asked) - 1 } else { u64::MAX }
    }

    /// True when `number` is in the set.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::BitSet;

    #[test]
    fn what_is_missing_is_told_across_words() {
        let mut set = BitSet::default();
        set.reset(70);
        for number in [0, 1, 63, 64, 200] {
            set.insert(number);
        }
        for (start, end) in [(0, 0), (0, 5), (0, 64), (60, 70), (60, 124), (63, 64), (64, 66), (150, 214), (900, 930)] {
            let expected = (start..end).filter(|number| !set.contains(*number)).map(|number| 1_u64 << (number - start));
            assert_eq!(set.missing(start, end), expected.sum::<u64>(), "{start}..{end}");
        }
    }
}
