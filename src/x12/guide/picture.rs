//! Pictures: what a value looks like, written as guides print it: `99999-9999`, `'HS-'9(5)`, `A(2)9(6)[-99]`.
//!
//! A picture is compiled to a row of characters, each once, at will, or over and over; matching walks it with a set of
//! positions, so its time grows with picture times value and never more.

use std::iter::Peekable;
use std::str::Chars;

/// Most characters a picture may stand for.
const LIMIT: usize = 256;

/// A picture that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    class: Class,
    /// Matching may go on at this part instead: where a part, or a run of them in brackets, may be left out.
    skip: Option<usize>,
    /// As often as one likes.
    again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Capital,
    Small,
    CapitalOrDigit,
    Any,
    Itself(char),
    /// The beginning of what may be left out: stands for no character.
    Nothing,
}

impl Class {
    fn holds(self, found: char) -> bool {
        match self {
            Class::Digit => found.is_ascii_digit(),
            Class::Capital => found.is_uppercase(),
            Class::Small => found.is_lowercase(),
            Class::CapitalOrDigit => found.is_uppercase() || found.is_ascii_digit(),
            Class::Any => true,
            Class::Itself(own) => own == found,
            Class::Nothing => false,
        }
    }
}

/// What the characters of pictures mean, for whoever writes one.
const LEGEND: &str = "9 is a digit, A a capital letter, a a small letter, X a capital letter or digit, ? any \
     character; (5) behind one: five of them, (1-5) one to five, (2-) two or more; what may be left out stands in \
     brackets, what stands for itself in quotes";

/// What is wrong with a picture, as the end of a sentence, and the remedy.
type Problem = (String, String);

fn problem<T>(problem: impl Into<String>, remedy: impl Into<String>) -> Result<T, Problem> {
    Err((problem.into(), remedy.into()))
}

/// A picture being read.
#[derive(Default)]
struct Reading {
    parts: Vec<Part>,
    /// Where the bracket that is open begins.
    open: Option<usize>,
}

impl Reading {
    /// Reads what begins with `character`.
    fn mark(&mut self, character: char, rest: &mut Peekable<Chars<'_>>) -> Result<(), Problem> {
        let class = match character {
            '9' => Class::Digit,
            'A' => Class::Capital,
            'a' => Class::Small,
            'X' => Class::CapitalOrDigit,
            '?' => Class::Any,
            '[' | ']' => return self.bracket(character),
            '\'' => return self.literal(rest),
            '(' | ')' => {
                let what = format!("has a `{character}` that no character stands before");
                return problem(what, "write how often behind a character: 9(5)");
            }
            other if other.is_alphanumeric() => {
                let remedy = format!("put what stands for itself in quotes: '{other}'; {LEGEND}");
                return problem(format!("has `{other}`, which stands for nothing"), remedy);
            }
            other => Class::Itself(other),
        };
        self.repeated(class, rest)
    }

    fn bracket(&mut self, character: char) -> Result<(), Problem> {
        if character == '[' {
            return match self.open.replace(self.parts.len()) {
                None => Ok(()),
                Some(_) => problem("has brackets in brackets", "write two pictures: pattern = [\"..\", \"..\"]"),
            };
        }
        let Some(start) = self.open.take().filter(|start| *start < self.parts.len()) else {
            return problem("closes a bracket around nothing", "remove it, or open the bracket with [");
        };
        // The first part may itself be one that can be left out.
        let end = self.parts.len() + 1;
        self.parts.iter_mut().skip(start).filter_map(|part| part.skip.as_mut()).for_each(|skip| *skip += 1);
        self.parts.insert(start, Part { class: Class::Nothing, skip: Some(end), again: false });
        Ok(())
    }

    fn literal(&mut self, rest: &mut Peekable<Chars<'_>>) -> Result<(), Problem> {
        let mut count = 0;
        loop {
            match rest.next() {
                Some('\'') if count > 0 => return Ok(()),
                None | Some('\'') => {
                    return problem("has a quote that is not closed, or nothing in it", "close it: 'HS-'9(5)");
                }
                Some(own) => self.parts.push(Part { class: Class::Itself(own), skip: None, again: false }),
            }
            count += 1;
        }
    }

    /// A character, and how often.
    fn repeated(&mut self, class: Class, rest: &mut Peekable<Chars<'_>>) -> Result<(), Problem> {
        let (least, most) = match rest.next_if_eq(&'(') {
            None => (1, Some(1)),
            Some(_) => {
                let inside: String = rest.by_ref().take_while(|next| *next != ')').collect();
                match times(&inside) {
                    Some(times) => times,
                    None => {
                        let what = format!("has `({inside})`, which is no number of times");
                        return problem(what, "write 9(5), 9(1-5) or 9(2-)");
                    }
                }
            }
        };
        if self.parts.len().saturating_add(most.unwrap_or(least)) > LIMIT {
            return problem(format!("is longer than {LIMIT} characters"), "leave the end open: X(2-)");
        }
        self.parts.extend((0..least).map(|_| Part { class, skip: None, again: false }));
        match most {
            Some(most) => {
                for _ in least..most {
                    self.parts.push(Part { class, skip: Some(self.parts.len() + 1), again: false });
                }
            }
            None => self.parts.push(Part { class, skip: Some(self.parts.len() + 1), again: true }),
        }
        Ok(())
    }
}

impl Picture {
    /// Reads a picture; otherwise what is wrong, as the end of a sentence that begins "`key` is `text`, which", and the
    /// remedy.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let mut reading = Reading::default();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            reading.mark(character, &mut rest)?;
        }
        if reading.open.is_some() {
            return problem("has a bracket that is not closed", "close it with ]");
        }
        if reading.parts.is_empty() {
            return problem("is empty", "write what the value looks like, such as 99999-9999, or leave the line out");
        }
        Ok(Self { text: text.to_owned(), parts: reading.parts })
    }

    /// What the marks in it mean, for causes: `9 is a digit, X a capital letter or digit`.
    pub(super) fn legend(&self) -> String {
        let words = [
            (Class::Digit, "9 is a digit"),
            (Class::Capital, "A is a capital letter"),
            (Class::Small, "a is a small letter"),
            (Class::CapitalOrDigit, "X is a capital letter or digit"),
            (Class::Any, "? is any character"),
        ];
        let used = words.into_iter().filter(|(class, _)| self.parts.iter().any(|part| part.class == *class));
        let mut legend: Vec<&str> = used.map(|(_, words)| words).collect();
        legend.extend(self.text.contains('(').then_some("behind it stands how often"));
        legend.extend(self.text.contains('\'').then_some("what is in quotes stands as it is"));
        legend.extend(self.text.contains('[').then_some("what is in brackets may be left out"));
        legend.join(", ")
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Does the value look like this?
    pub(super) fn holds(&self, value: &str) -> bool {
        let end = self.parts.len();
        let mut at = vec![false; end + 1];
        at[0] = true;
        for character in value.chars() {
            self.spread(&mut at);
            let mut next = vec![false; end + 1];
            for (index, part) in self.parts.iter().enumerate().filter(|(index, _)| at[*index]) {
                if part.class.holds(character) {
                    next[if part.again { index } else { index + 1 }] = true;
                }
            }
            at = next;
        }
        self.spread(&mut at);
        at[end]
    }

    /// Marks what can be reached by leaving parts out; skips only lead forward.
    fn spread(&self, at: &mut [bool]) {
        for (index, part) in self.parts.iter().enumerate() {
            if let Some(target) = part.skip.filter(|_| at[index]) {
                at[target] = true;
            }
            if part.class == Class::Nothing && at[index] {
                at[index + 1] = true;
            }
        }
    }

    /// The fewest characters that a fitting value has, and the most; `None` is no limit.
    pub(super) fn lengths(&self) -> (usize, Option<usize>) {
        let mut least = vec![usize::MAX; self.parts.len() + 1];
        least[0] = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let here = least[index];
            let step = here.saturating_add(usize::from(part.class != Class::Nothing));
            least[index + 1] = least[index + 1].min(step);
            if let Some(target) = part.skip {
                least[target] = least[target].min(here);
            }
        }
        let endless = self.parts.iter().any(|part| part.again);
        let most = self.parts.iter().filter(|part| part.class != Class::Nothing).count();
        (least[self.parts.len()], (!endless).then_some(most))
    }
}

/// `5`, `1-5` or `2-`: at least and at most.
fn times(text: &str) -> Option<(usize, Option<usize>)> {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    match text.split_once('-') {
        None => number(text).filter(|count| *count > 0).map(|count| (count, Some(count))),
        Some((least, most)) if most.trim().is_empty() => Some((number(least)?, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            (least <= most && most > 0).then_some((least, Some(most)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    fn check(picture: &str, fits: &[&str], not: &[&str]) {
        let read = Picture::parse(picture).unwrap_or_else(|(problem, _)| panic!("{picture} {problem}"));
        for value in fits {
            assert!(read.holds(value), "{value} looks like {picture}");
            let (least, most) = read.lengths();
            let count = value.chars().count();
            assert!(least <= count && most.is_none_or(|most| count <= most), "{value} has a length of {picture}");
        }
        for value in not {
            assert!(!read.holds(value), "{value} does not look like {picture}");
        }
    }

    #[test]
    fn a_picture_shows_what_a_value_looks_like() {
        check("99999-9999", &["12345-6789"], &["12345", "12345-678", "12345-67890", "1234a-6789", ""]);
        check("99999[-9999]", &["12345-6789", "12345"], &["12345-", "12345-67"]);
        check("'HS-'9(5)", &["HS-20940"], &["HS20940", "HS-2094", "HS-A2094", "hs-20940"]);
        check("A(2)9(1-3)", &["AB1", "AB12", "AB123"], &["AB", "AB1234", "Ab1"]);
        check("X(2-)", &["A1", "ABCDEF9"], &["A", "", "a1"]);
        check("9(0-2)9(2)", &["12", "123", "1234"], &["1", "12345"]);
        check("[9(2)/]9(3)", &["123", "12/123"], &["12123", "/123"]);
        check("aA?", &["zZ!", "éÉ\u{20AC}"], &["ZZ!", "zZ"]);
        check("99.99", &["10.50"], &["10x50"]);
        check("9[9(0-1)A]", &["1", "12A", "1A"], &["12", "123A", "A"]);
        check("9(0-1)[A]9", &["1", "12", "A1", "1A2"], &["", "A", "123"]);
    }

    #[test]
    fn what_is_no_picture_is_told() {
        for (picture, expected) in [
            ("", "is empty"),
            ("HB-999", "has `H`, which stands for nothing"),
            ("9(x)", "has `(x)`, which is no number of times"),
            ("9(5-2)", "has `(5-2)`, which is no number of times"),
            ("9(0)", "has `(0)`, which is no number of times"),
            ("(5)", "has a `(` that no character stands before"),
            ("9(300)", "is longer than 256 characters"),
            ("[99", "has a bracket that is not closed"),
            ("99]", "closes a bracket around nothing"),
            ("[9[9]]", "has brackets in brackets"),
            ("'HB", "has a quote that is not closed, or nothing in it"),
        ] {
            assert_eq!(Picture::parse(picture).map_err(|(problem, _)| problem), Err(expected.to_owned()), "{picture}");
        }
    }

    #[test]
    fn no_value_makes_matching_slow() {
        let picture = Picture::parse("[9(0-80)]9(0-80)9(0-80)A").expect("is one");
        assert!(!picture.holds(&"1".repeat(2_000)));
    }
}
