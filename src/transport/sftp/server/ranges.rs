//! Which bytes of a file were written or read. Pure.

/// Stretches of bytes, in order, none touching another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u64, u64)>);

/// More stretches than this nobody needs who moves a file: then the file counts as not whole.
const MOST: usize = 1_024;

impl Ranges {
    /// The first `end` bytes.
    pub(super) fn up_to(end: u64) -> Self {
        Self(if end > 0 { vec![(0, end)] } else { Vec::new() })
    }

    /// Adds the bytes from `start` to `end`.
    pub(super) fn add(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        if let Some(last) = self.0.last_mut()
            && last.1 == start
        {
            last.1 = end;
            return;
        }
        let from = self.0.partition_point(|stretch| stretch.1 < start);
        let to = self.0.partition_point(|stretch| stretch.0 <= end);
        let joined = match self.0.get(from..to) {
            Some([first, .., last]) => (first.0.min(start), last.1.max(end)),
            Some([one]) => (one.0.min(start), one.1.max(end)),
            _ => (start, end),
        };
        if self.0.len() < MOST || from < to {
            self.0.splice(from..to, [joined]);
        }
    }

    /// Forgets what lies behind `end`.
    pub(super) fn cut(&mut self, end: u64) {
        self.0.retain(|stretch| stretch.0 < end);
        if let Some(last) = self.0.last_mut() {
            last.1 = last.1.min(end);
        }
    }

    /// How many bytes there are from the begin on without a hole.
    pub(super) fn without_hole(&self) -> u64 {
        self.0.first().filter(|first| first.0 == 0).map_or(0, |first| first.1)
    }

    /// Are these just the first `end` bytes, without a hole?
    pub(super) fn are_up_to(&self, end: u64) -> bool {
        *self == Self::up_to(end)
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn stretches_join_in_any_order_and_holes_are_seen() {
        let check = |parts: &[(u64, u64)], end: u64, whole: bool| {
            let mut ranges = Ranges::default();
            parts.iter().for_each(|(start, end)| ranges.add(*start, *end));
            assert_eq!(ranges.are_up_to(end), whole, "{parts:?}: {ranges:?}");
        };
        check(&[], 0, true);
        check(&[(0, 5), (5, 9)], 9, true);
        check(&[(5, 9), (0, 5)], 9, true);
        check(&[(0, 2), (4, 6), (8, 9), (1, 8)], 9, true);
        check(&[(0, 2), (4, 6), (2, 4)], 6, true);
        check(&[(0, 2), (3, 6)], 6, false);
        check(&[(1, 6)], 6, false);
        check(&[(0, 6), (2, 3), (0, 1)], 6, true);
        check(&[(0, 6)], 7, false);
        let mut ranges = Ranges::up_to(9);
        ranges.add(12, 15);
        assert_eq!((ranges.without_hole(), Ranges::default().without_hole()), (9, 0));
        ranges.cut(4);
        assert!(ranges.are_up_to(4));
        ranges.cut(0);
        assert!(ranges.are_up_to(0));
        for part in 0..5_000 {
            ranges.add(part * 2, part * 2 + 1);
        }
        assert!(ranges.0.len() <= super::MOST);
    }
}
