//! One text that holds several values, such as `K018293-00010`.

use super::refused;
use crate::mapping::lens::Fault;

/// Which part of a text a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mapping) struct Split {
    /// What stands between the parts.
    pub(in crate::mapping) separator: String,
    /// 1-based.
    pub(in crate::mapping) part: u8,
    /// It is the last one that lines name, and has all that follows.
    pub(in crate::mapping) last: bool,
}

impl Split {
    /// The part of a text that it is.
    pub(in crate::mapping) fn part_of<'t>(&self, text: &'t str) -> Option<&'t str> {
        let number = usize::from(self.part);
        match self.last {
            true => text.splitn(number, &self.separator).nth(number - 1),
            false => text.split(&self.separator).nth(number - 1),
        }
    }

    /// Would the text be found again as this part?
    pub(in crate::mapping) fn holds(&self, text: &str) -> Result<(), Fault> {
        let separated = [text, &self.separator].concat();
        if self.last || separated.find(&self.separator) == Some(text.len()) {
            return Ok(());
        }
        let message = format!("`{text}` holds `{}`, which ends part {} of its element", self.separator, self.part);
        Err(refused(message, "send the value without it, or agree on another place for it with the partner"))
    }
}

/// The parts with what stands between them; parts that are not there are empty.
pub(in crate::mapping) fn joined<'t>(separator: &str, parts: impl Iterator<Item = (u8, &'t str)>) -> String {
    let (mut text, mut number) = (String::new(), 1);
    for (part, value) in parts {
        while number < part {
            text.push_str(separator);
            number += 1;
        }
        text.push_str(value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Split, joined};

    fn part(number: u8, last: bool) -> Split {
        Split { separator: "-".into(), part: number, last }
    }

    #[test]
    fn what_is_joined_comes_apart_again() {
        let check = |parts: &[(u8, &str)], text: &str| {
            assert_eq!(joined("-", parts.iter().copied()), text);
            for (number, value) in parts {
                assert_eq!(part(*number, *number == 3).part_of(text), Some(*value));
            }
        };
        check(&[(1, "K018293"), (2, "00010")], "K018293-00010");
        check(&[(2, "00010")], "-00010");
        check(&[(1, "A"), (3, "C-D-E")], "A--C-D-E");
        assert_eq!(part(2, true).part_of("A"), None);
    }

    #[test]
    fn a_part_that_holds_the_separator_would_be_read_as_two() {
        assert!(part(1, false).holds("A-B").is_err());
        assert!(part(2, true).holds("A-B").is_ok());
        let dashes = Split { separator: "--".into(), part: 1, last: false };
        assert!(dashes.holds("A-").is_err());
        assert!(dashes.holds("A-B").is_ok());
    }
}
