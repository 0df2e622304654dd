//! Control numbers: the range a partner allows, and texts into which they are put when they are given.

use std::ops::RangeInclusive;

/// The numbers that may be given, one after the other, from the first again behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The lowest.
    pub first: u32,
    /// The highest.
    pub last: u32,
}

impl From<&RangeInclusive<u32>> for Range {
    fn from(range: &RangeInclusive<u32>) -> Self {
        Self { first: *range.start(), last: *range.end() }
    }
}

impl Range {
    /// `count` numbers in a row: the first of them, and the one to give next. `next` is what was kept from the time
    /// before; outside the range (which may have been changed since) it starts at the first. A row that does not fit
    /// before the range's end starts at the first too, so that the numbers of one interchange follow each other.
    #[must_use]
    pub fn take(self, next: Option<u32>, count: u32) -> (u32, u32) {
        let inside = next.filter(|next| (self.first..=self.last).contains(next)).unwrap_or(self.first);
        let fits = self.last - inside >= count.saturating_sub(1);
        let first = if fits { inside } else { self.first };
        let after = first.saturating_add(count);
        (first, if after > self.last { self.first } else { after })
    }
}

/// The numbers of an interchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// ISA13.
    pub interchange: u32,
    /// GS06 of the first group; the next ones follow.
    pub first_group: u32,
}

/// Bytes in which control numbers are still to be put: an interchange that was written before its numbers were given, or
/// the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Bytes(Vec<u8>),
    Interchange,
    /// 0-based.
    Group(u32),
}

impl Template {
    /// Appends bytes that stay as they are.
    pub fn push(&mut self, bytes: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.parts.push(Part::Bytes(bytes.to_vec())),
        }
    }

    /// Appends the interchange control number, nine digits.
    pub fn push_interchange_number(&mut self) {
        self.parts.push(Part::Interchange);
    }

    /// Appends the control number of the group that is `index`th, 0-based.
    pub fn push_group_number(&mut self, index: u32) {
        self.parts.push(Part::Group(index));
    }

    /// The bytes with these numbers.
    #[must_use]
    pub fn fill(&self, numbers: Numbers) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Bytes(bytes) => out.extend_from_slice(bytes),
                Part::Interchange => out.extend_from_slice(format!("{:09}", numbers.interchange).as_bytes()),
                Part::Group(index) => out.extend_from_slice((numbers.first_group + index).to_string().as_bytes()),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbers, Range, Template};

    #[test]
    fn numbers_follow_each_other_and_begin_anew_behind_the_last() {
        let range = Range { first: 5, last: 9 };
        let check = |next, count, expected| assert_eq!(range.take(next, count), expected);
        check(None, 1, (5, 6));
        check(Some(6), 1, (6, 7));
        check(Some(9), 1, (9, 5));
        check(Some(8), 3, (5, 8));
        check(Some(3), 1, (5, 6));
        check(Some(99), 2, (5, 7));
    }

    #[test]
    fn numbers_are_put_where_they_belong() {
        let mut template = Template::default();
        template.push(b"ISA*");
        template.push(b"x*");
        template.push_interchange_number();
        template.push(b"~GS*");
        template.push_group_number(1);
        let filled = template.fill(Numbers { interchange: 42, first_group: 7 });
        assert_eq!(filled, b"ISA*x*000000042~GS*8");
    }
}
