//! In which letters a text is written: blanks around it, its case, the characters it may have, and what is made of one
//! that does not fit.

use std::borrow::Cow;

use super::refused;
use crate::mapping::lens::Fault;

/// How a text is spelled.
#[derive(Debug, Clone, Default)]
pub(in crate::mapping) struct Spelling {
    /// Blanks around it mean nothing.
    pub(in crate::mapping) trim: bool,
    pub(in crate::mapping) case: Option<Case>,
    pub(in crate::mapping) chars: Option<Chars>,
    /// What is too long is cut.
    pub(in crate::mapping) cut: bool,
    /// Characters that it cannot have become others.
    pub(in crate::mapping) transliterate: bool,
    /// One of digits alone has so many in the document, with zeros before them.
    pub(in crate::mapping) zeros: Option<usize>,
}

/// Capitals or small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mapping) enum Case {
    Upper,
    Lower,
}

impl Case {
    /// Its word in a mapping.
    pub(in crate::mapping) fn word(self) -> &'static str {
        match self {
            Case::Upper => "upper",
            Case::Lower => "lower",
        }
    }

    fn of(self, text: &str) -> String {
        match self {
            Case::Upper => text.to_uppercase(),
            Case::Lower => text.to_lowercase(),
        }
    }
}

/// The characters that a text may have: single ones and ranges, as in `A-Z0-9 .`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mapping) struct Chars {
    ranges: Vec<(char, char)>,
    /// As it is written in the mapping.
    pub(in crate::mapping) text: String,
}

impl Chars {
    /// Reads characters and ranges; a `-` at either end is meant itself. `None` for a range that goes backward, or nothing.
    pub(in crate::mapping) fn parse(text: &str) -> Option<Self> {
        let characters: Vec<char> = text.chars().collect();
        let (mut ranges, mut at) = (Vec::new(), 0);
        while let Some(first) = characters.get(at) {
            let last = match (characters.get(at + 1), characters.get(at + 2)) {
                (Some('-'), Some(last)) => {
                    at += 2;
                    last
                }
                _ => first,
            };
            if first > last {
                return None;
            }
            ranges.push((*first, *last));
            at += 1;
        }
        (!ranges.is_empty()).then(|| Self { ranges, text: text.to_owned() })
    }

    /// Is it one of them?
    pub(in crate::mapping) fn has(&self, character: char) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&character))
    }

    /// One of them that is a letter or digit, chosen by a number; for objects to try laws on.
    pub(in crate::mapping) fn nth(&self, number: u64) -> Option<char> {
        let all = self.ranges.iter().flat_map(|(first, last)| *first..=*last);
        let letters: Vec<char> = all.filter(char::is_ascii_alphanumeric).take(64).collect();
        letters.get(number as usize % letters.len().max(1)).copied()
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text that was made to fit.
#[derive(Debug)]
pub(in crate::mapping) struct Fitted {
    /// What is written.
    pub(in crate::mapping) text: String,
    /// What was done to it, for a sentence: "cut to 35 characters".
    pub(in crate::mapping) how: String,
}

impl Spelling {
    /// The text without the blanks that mean nothing.
    pub(in crate::mapping) fn trimmed<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match self.trim && text.trim() != text {
            true => Cow::Owned(text.trim().to_owned()),
            false => text,
        }
    }

    /// The text in the case in which the object has it.
    pub(in crate::mapping) fn in_case<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match self.case {
            Some(case) => Cow::Owned(case.of(&text)),
            None => text,
        }
    }

    /// A number without the zeros that only fill it up.
    pub(in crate::mapping) fn without_zeros<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match text.strip_prefix('0') {
            Some(_) if self.zeros.is_some() && is_number(&text) => {
                let bare = text.trim_start_matches('0');
                Cow::Owned(if bare.is_empty() { "0" } else { bare }.to_owned())
            }
            _ => text,
        }
    }

    /// A number with the zeros that fill it up; another text as it is.
    pub(in crate::mapping) fn with_zeros(&self, text: &str) -> Result<Option<String>, Fault> {
        let Some(length) = self.zeros.filter(|_| is_number(text)) else { return Ok(None) };
        if text.len() > 1 && text.starts_with('0') {
            let message =
                format!("`{text}` begins with a zero, which the line takes for one that only fills it up (`zeros`)");
            return Err(refused(message, "send the number without it"));
        }
        if text.len() > length {
            let message = format!("`{text}` has {} digits, and the line has {length} (`zeros`)", text.len());
            return Err(refused(message, "send a shorter number, or agree on more digits with the partner"));
        }
        Ok(Some(format!("{text:0>length$}")))
    }

    /// What is written for `text` in at most `most` characters, all of which the document can have (`possible`); `None` for
    /// the text itself.
    pub(in crate::mapping) fn written(
        &self,
        text: &str,
        most: usize,
        possible: impl Fn(char) -> bool,
    ) -> Result<Option<Fitted>, Fault> {
        if self.trim && text != text.trim() {
            let message = format!("`{text}` has blanks around it, which the line drops (`trim`)");
            return Err(refused(message, "send the value without them"));
        }
        let allowed = |character: char| self.chars.as_ref().is_none_or(|chars| chars.has(character));
        let mut how: Vec<String> = Vec::new();
        let mut now = Cow::Borrowed(text);
        if let Some(case) = self.case.filter(|case| case.of(text) != text) {
            if !self.transliterate {
                let message = format!("`{text}` is not in {} case, in which the line has it (`case`)", case.word());
                return Err(refused(message, "send the value so, or let it be changed: `fit = \"transliterate\"`"));
            }
            now = Cow::Owned(case.of(text));
            how.push(format!("put into {} case", case.word()));
        }
        if self.transliterate {
            let fits = |character: char| allowed(character) && possible(character);
            let spelled: String = now.chars().map(|character| in_other_letters(character, &fits)).collect();
            if spelled != now {
                how.push("written in other characters".into());
                now = Cow::Owned(spelled.trim().to_owned());
            }
        }
        if let (Some(chars), Some(other)) = (&self.chars, now.chars().find(|character| !allowed(*character))) {
            let message = format!("`{text}` has `{other}`, and may have the characters `{}` only", chars.text);
            return Err(refused(message, "send the value without it, or agree on more characters with the partner"));
        }
        if self.cut && now.chars().count() > most {
            let cut: String = now.chars().take(most).collect();
            now = Cow::Owned(cut.trim_end().to_owned());
            how.push(format!("cut to {most} characters"));
        }
        Ok((!how.is_empty()).then(|| Fitted { text: now.into_owned(), how: how.join(" and ") }))
    }
}

/// A character in letters that fit; itself where there are none.
fn in_other_letters(character: char, fits: &impl Fn(char) -> bool) -> String {
    if fits(character) {
        return character.to_string();
    }
    let plain = plain(character).map_or_else(|| character.to_string(), str::to_owned);
    let as_it_is = || plain.clone();
    let candidates = [as_it_is(), plain.to_uppercase(), plain.to_lowercase(), " ".to_owned()];
    // A blank stands for signs only: no letter is lost in silence.
    let count = if character.is_alphanumeric() { 3 } else { 4 };
    let found = candidates.into_iter().take(count).find(|text| text.chars().all(fits));
    found.unwrap_or_else(|| character.to_string())
}

/// Letters and signs in ASCII, as they are written where there is nothing else.
fn plain(character: char) -> Option<&'static str> {
    let found = PLAIN.iter().find(|(letters, _)| letters.contains(character));
    found.map(|(_, plain)| *plain)
}

const PLAIN: [(&str, &str); 68] = [
    ("ÀÁÂÃÅĀĂĄ", "A"),
    ("àáâãåāăąª", "a"),
    ("ÄÆ", "AE"),
    ("äæ", "ae"),
    ("ÇĆĈĊČ", "C"),
    ("çćĉċč", "c"),
    ("ĎĐÐ", "D"),
    ("ďđð", "d"),
    ("ÈÉÊËĒĔĖĘĚ", "E"),
    ("èéêëēĕėęě", "e"),
    ("ĜĞĠĢ", "G"),
    ("ĝğġģ", "g"),
    ("ĤĦ", "H"),
    ("ĥħ", "h"),
    ("ÌÍÎÏĨĪĬĮİ", "I"),
    ("ìíîïĩīĭįı", "i"),
    ("Ĵ", "J"),
    ("ĵ", "j"),
    ("Ķ", "K"),
    ("ķ", "k"),
    ("ĹĻĽĿŁ", "L"),
    ("ĺļľŀł", "l"),
    ("ÑŃŅŇ", "N"),
    ("ñńņň", "n"),
    ("ÒÓÔÕŌŎŐ", "O"),
    ("òóôõōŏőº", "o"),
    ("ÖØŒ", "OE"),
    ("öøœ", "oe"),
    ("ŔŖŘ", "R"),
    ("ŕŗř", "r"),
    ("ŚŜŞŠȘ", "S"),
    ("śŝşšș", "s"),
    ("ẞ", "SS"),
    ("ß", "ss"),
    ("ŢŤŦȚ", "T"),
    ("ţťŧț", "t"),
    ("Þ", "TH"),
    ("þ", "th"),
    ("ÙÚÛŨŪŬŮŰŲ", "U"),
    ("ùúûũūŭůűų", "u"),
    ("Ü", "UE"),
    ("ü", "ue"),
    ("Ŵ", "W"),
    ("ŵ", "w"),
    ("ÝŸŶ", "Y"),
    ("ýÿŷ", "y"),
    ("ŹŻŽ", "Z"),
    ("źżž", "z"),
    ("‘’‚‛′`´", "'"),
    ("“”„«»″", "\""),
    ("‐‑‒–—−", "-"),
    ("…", "..."),
    ("•·*|~^", "-"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("©", "(C)"),
    ("®", "(R)"),
    ("™", "(TM)"),
    ("°", " deg"),
    ("±", "+/-"),
    ("×", "x"),
    ("½", "1/2"),
    ("¼", "1/4"),
    ("¾", "3/4"),
    ("²", "2"),
    ("³", "3"),
    ("µ", "u"),
];

#[cfg(test)]
mod tests {
    use super::{Case, Chars, Spelling};

    fn check(spelling: &Spelling, text: &str, expected: Result<&str, &str>) {
        let written = spelling.written(text, 10, |character| character.is_ascii() && character != '*');
        match (written, expected) {
            (Ok(fitted), Ok(expected)) => assert_eq!(fitted.map_or(text.to_owned(), |fitted| fitted.text), expected),
            (Err(fault), Err(expected)) => assert_eq!(fault.message, expected),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_or_made_to_fit() {
        let capitals = Spelling { chars: Chars::parse("A-Z0-9 "), ..Spelling::default() };
        check(&capitals, "RENO 7", Ok("RENO 7"));
        check(&capitals, "Reno", Err("`Reno` has `e`, and may have the characters `A-Z0-9 ` only"));
        let spelled = Spelling { transliterate: true, ..capitals.clone() };
        check(&spelled, "Café-7", Ok("CAFE 7"));
        check(&spelled, "Łódź", Ok("LODZ"));
        check(&spelled, "日本", Err("`日本` has `日`, and may have the characters `A-Z0-9 ` only"));
        let any = Spelling { transliterate: true, cut: true, ..Spelling::default() };
        check(&any, "Müller*Söhne", Ok("Mueller-So"));
        let upper = Spelling { case: Some(Case::Upper), ..Spelling::default() };
        check(&upper, "Reno", Err("`Reno` is not in upper case, in which the line has it (`case`)"));
        check(&Spelling { transliterate: true, ..upper }, "Reno", Ok("RENO"));
        let cut = Spelling { cut: true, ..Spelling::default() };
        check(&cut, "Blue Heron Camping", Ok("Blue Heron"));
        check(
            &Spelling { trim: true, ..cut },
            " Blue",
            Err("` Blue` has blanks around it, which the line drops (`trim`)"),
        );
    }

    #[test]
    fn characters_are_single_ones_and_ranges() {
        let chars = Chars::parse("A-C.-").expect("can be read");
        let all: String = ('!'..='~').filter(|character| chars.has(*character)).collect();
        assert_eq!(all, "-.ABC");
        assert_eq!(Chars::parse("Z-A"), None);
        assert_eq!(Chars::parse(""), None);
    }
}
