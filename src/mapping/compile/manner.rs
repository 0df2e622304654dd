//! The words that say how a value is written, where it is not plainly: `format`, `trim`, `case`, `chars`, `fit`, `split`,
//! `join`.

use crate::canonical::Kind;
use crate::diagnostic::codes;
use crate::mapping::manner::Manner;
use crate::mapping::manner::dates::Pattern;
use crate::mapping::manner::numbers::NumberForm;
use crate::mapping::manner::spelling::{Case, Chars, Spelling};
use crate::mapping::manner::split::Split;
use crate::mapping::plan::{Form, Way};
use crate::mapping::syntax::At;
use crate::tree::ElementUse;

use super::Compiler;
use super::line::{FieldUse, Placed};
use super::words::{Said, Words, entry};

/// The words of this page.
const WORDS: [&str; 9] = ["format", "trim", "case", "chars", "fit", "split", "part", "join", "zeros"];

/// Most parts that a text may have.
const PARTS: i64 = 9;

impl Compiler<'_> {
    /// How the value of a line is written: `None` when its words are wrong, `Some(None)` when it is written plainly.
    pub(super) fn manner(
        &mut self,
        words: &Words<'_>,
        field: &FieldUse,
        (form, way): (&Form, Way),
        placed: &[Placed],
    ) -> Option<Option<Box<Manner>>> {
        if !WORDS.iter().any(|word| words.has(word)) {
            return Some(None);
        }
        self.manner_without_effect(words, field, form);
        let errors = self.diagnostics.errors();
        let mut manner = Manner { spelling: self.spelling(words)?, ..Manner::default() };
        if *field.kind == Kind::Text {
            manner.spelling.zeros = self.zeros(words, placed)?;
        }
        match form {
            Form::Packed => manner.between = self.separator(words, "values")?,
            _ => manner.split = self.split(words)?,
        }
        manner.join = self.word(words.entries, "join", words.path).map(|(text, _)| text.to_owned());
        match field.kind {
            Kind::Date | Kind::Time | Kind::DateOrInstant => {
                manner.dates = self.date_forms(words, field.kind, (form, way), placed)?;
            }
            Kind::Decimal | Kind::Object(_) => manner.number = self.number_form(words, placed)?,
            Kind::Text | Kind::Word(_) => {}
        }
        (self.diagnostics.errors() == errors).then(|| Some(Box::new(manner)))
    }

    fn manner_without_effect(&mut self, words: &Words<'_>, field: &FieldUse, form: &Form) {
        let constant = matches!(form, Form::Constant(_) | Form::Levels);
        let text = *field.kind == Kind::Text && !constant;
        let coded = matches!(field.kind, Kind::Text | Kind::Word(_)) && !constant;
        let plain = text && !words.has("codes") && !matches!(form, Form::PairRest { .. } | Form::Scheme);
        let single = matches!(form, Form::At | Form::First { .. } | Form::Quantity);
        let formed = !matches!(field.kind, Kind::Text | Kind::Word(_)) && !constant;
        let whole = "it belongs to a text that is no code";
        self.no_effect(words, "format", formed, "it is no date, time or number of the document");
        let packed = *form == Form::Packed;
        self.no_effect(words, "trim", single || packed, "it belongs to one value at one place");
        self.no_effect(
            words,
            "case",
            coded && !matches!(form, Form::PairRest { .. } | Form::Scheme),
            "it is no text of the document",
        );
        self.no_effect(words, "chars", plain, whole);
        self.no_effect(words, "fit", plain, whole);
        self.no_effect(
            words,
            "zeros",
            plain && single,
            "it belongs to a text at one place that is no code; a number has `format`: \"00000\"",
        );
        self.no_effect(words, "split", single || packed, "it belongs to a value, or a list of values, at one place");
        let because = if packed { "a list takes all the parts" } else { "it says which part of a `split`" };
        self.no_effect(words, "part", words.has("split") && !packed, because);
        self.no_effect(
            words,
            "join",
            text && !field.list && *form == Form::List,
            "it belongs to one text that stands in several elements, named by `each` or `list`",
        );
    }

    fn split(&mut self, words: &Words<'_>) -> Option<Option<Split>> {
        let Some(separator) = self.separator(words, "parts")? else { return Some(None) };
        let Some(part) = self.integer(words, "part", 1..=PARTS)? else {
            let message = format!("the line of `{}` has `split` and does not say which part is meant", words.path);
            let remedy = "add its number, from the left: `part = 1`";
            let at = entry(words.entries, "split").map_or(&words.at, |entry| &entry.key_at);
            self.report(codes::FILE_MISSING_KEY, message, at, words.path, remedy);
            return None;
        };
        Some(Some(Split { separator, part: part as u8, last: false }))
    }

    /// What `split` says stands between the parts of a text, or the values of a list.
    fn separator(&mut self, words: &Words<'_>, what: &str) -> Option<Option<String>> {
        let Some((separator, at)) = self.word(words.entries, "split", words.path) else { return Some(None) };
        if separator.is_empty() {
            let message = format!("`split` of `{}` is empty: nothing tells the {what} apart", words.path);
            let remedy = format!("write what stands between the {what}: \"-\"");
            self.report(codes::FILE_WRONG_VALUE, message, &at, words.path, remedy);
            return None;
        }
        Some(Some(separator.to_owned()))
    }

    fn spelling(&mut self, words: &Words<'_>) -> Option<Spelling> {
        let path = words.path;
        let cases = [Case::Upper, Case::Lower].map(|case| (case.word(), case));
        let mut spelling = Spelling {
            trim: self.flag(words, "trim")?,
            case: self.one_of(words.entries, "case", &cases, path)?,
            ..Spelling::default()
        };
        if let Some((text, at)) = self.word(words.entries, "chars", path) {
            spelling.chars = Chars::parse(text);
            if spelling.chars.is_none() {
                let message = format!("`chars` of `{path}` is `{text}`, which says no characters");
                let remedy = "write characters, and ranges from the lower to the higher: \"A-Z0-9 .-\"";
                self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
            }
        }
        for (text, at) in self.words(words.entries, "fit", path) {
            match text {
                "cut" => spelling.cut = true,
                "transliterate" => spelling.transliterate = true,
                other => {
                    let message = format!("`fit` of `{path}` is `{other}`, it can be \"cut\" or \"transliterate\"");
                    let remedy = super::names::suggestion(
                        other,
                        ["cut", "transliterate"],
                        "write one of them, or both in a list",
                    );
                    self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
                }
            }
        }
        if spelling.cut && words.has("join") {
            let message =
                format!("`fit = \"cut\"` has no effect on `{path}`: what is too long goes into further pieces");
            self.report(codes::MAPPING_NO_EFFECT, message, &words.at, path, "remove \"cut\"");
        }
        if spelling.cut && words.has("split") {
            let message = format!(
                "`fit = \"cut\"` cannot be said of `{path}`: how long one part may be depends on the others in its text"
            );
            self.report(codes::MAPPING_NO_EFFECT, message, &words.at, path, "remove \"cut\"");
        }
        Some(spelling)
    }

    /// How many digits a number has in the document, where zeros fill it up.
    fn zeros(&mut self, words: &Words<'_>, placed: &[Placed]) -> Option<Option<usize>> {
        let Some(digits) = self.integer(words, "zeros", 2..=40)? else { return Some(None) };
        let short = placed.iter().find(|placed| digits > i64::from(placed.place.definition.max));
        if let Some(Placed { place, at }) = short {
            let ElementUse { number, name, max, .. } = place.definition.as_ref();
            let message = format!(
                "`zeros` of `{}` is {digits}, and element {number} ({name}) has at most {max} characters",
                words.path
            );
            let (at, path) = (at.clone(), words.path);
            self.report(
                codes::FILE_WRONG_VALUE,
                message,
                &at,
                path,
                format!("write how many digits it has: `zeros = {max}`"),
            );
        }
        Some(usize::try_from(digits).ok())
    }

    /// The forms of a date or time, one for each place.
    fn date_forms(
        &mut self,
        words: &Words<'_>,
        kind: &Kind,
        (form, way): (&Form, Way),
        placed: &[Placed],
    ) -> Option<Vec<Pattern>> {
        let path = words.path;
        let texts = self.words(words.entries, "format", path);
        let mut patterns = Vec::new();
        for said in &texts {
            patterns.extend(self.date_form_of(said, path));
        }
        let (Some((_, at)), true) = (texts.first(), patterns.len() == texts.len()) else { return Some(patterns) };
        // Each place has a form; of several that say the same, all have the one.
        let parts = match form {
            Form::Joined => vec![placed.len()],
            Form::First { .. } => vec![1; placed.len()],
            Form::FirstJoined { parts, .. } => parts.clone(),
            _ => vec![1],
        };
        let wanted: usize = parts.iter().sum();
        if patterns.len() == 1 && parts.iter().all(|count| *count == 1) {
            patterns.resize(wanted, patterns[0].clone());
        }
        if patterns.len() != wanted {
            let (message, remedy) = match wanted {
                1 => (format!("`format` of `{path}` has {} forms, and it has one place", patterns.len()), "write one"),
                _ => (
                    format!("`{path}` has {} places, and `format` says {} of them", placed.len(), patterns.len()),
                    "write one for each place, in their order: `format = [\"YYYYMMDD\", \"HHmm\"]`",
                ),
            };
            self.report(codes::FILE_WRONG_VALUE, message, at, path, remedy);
            return None;
        }
        let mut rest = patterns.as_slice();
        for count in parts {
            let (forms, others) = rest.split_at(count);
            rest = others;
            if let Err(why) = Pattern::together(forms) {
                let at = if texts.len() == wanted { wanted - others.len() - count } else { 0 };
                self.no_date_form(&texts[at], why, path);
                return None;
            }
            self.forms_fit(forms, kind, way, (at, path));
        }
        Some(patterns)
    }

    /// Reports forms of a value that lack what the field takes, or have more.
    fn forms_fit(&mut self, patterns: &[Pattern], kind: &Kind, way: Way, (at, path): (&At, &str)) {
        let (date, time) = (patterns.iter().any(Pattern::has_date), patterns.iter().any(Pattern::has_time));
        let (lacks, loses) = match kind {
            Kind::Time => (!time, date),
            Kind::Date => (!date, time),
            _ => (!date, false),
        };
        let what = if *kind == Kind::Time { "time" } else { "date" };
        if lacks {
            let message = format!("`{path}` takes a {what}, and `format` has none");
            let remedy = if what == "time" { "add its parts: \"HH:mm\"" } else { "add its parts: \"YYYY-MM-DD\"" };
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
        } else if loses && way == Way::Both {
            let message = format!("`{path}` takes a {what} alone, and `format` has more: it could not be written");
            let remedy = "let the line only read: `way = \"in\"`";
            self.report(codes::MAPPING_ONE_WAY, message, at, path, remedy);
        }
    }

    /// The form of a date or time that is written as `said`.
    pub(super) fn date_form_of(&mut self, said: &Said<'_>, path: &str) -> Option<Pattern> {
        match Pattern::parse(said.0) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                self.no_date_form(said, &why, path);
                None
            }
        }
    }

    fn no_date_form(&mut self, (text, at): &Said<'_>, why: &str, path: &str) {
        let message = format!("`format` of `{path}` is `{text}`, which is no form of a date or time: {why}");
        let remedy = "write it with YYYY or YY, MM or M, DD or D, HH or H (hh, h and AM for half days), mm, ss; other letters in '...'";
        self.report(codes::FILE_WRONG_VALUE, message, at, path, remedy);
    }

    fn number_form(&mut self, words: &Words<'_>, placed: &[Placed]) -> Option<Option<NumberForm>> {
        let path = words.path;
        let Some(said) = self.word(words.entries, "format", path) else { return Some(None) };
        let implied = match self.integer(words, "decimals", 0..=9)? {
            Some(decimals) => decimals as u8,
            None => placed.first().map_or(0, |placed| placed.place.implied()),
        };
        self.number_form_of(&said, implied, path).map(Some)
    }

    /// The form of a number of so many implied decimals that is written as `said`.
    pub(super) fn number_form_of(&mut self, (text, at): &Said<'_>, implied: u8, path: &str) -> Option<NumberForm> {
        let Some(form) = NumberForm::parse(text) else {
            let message = format!("`format` of `{path}` is `{text}`, which is no form of a number");
            let remedy = "write it as spreadsheets do, `0` for a digit that is always there and `#` for one that may be: \"0.00\", \"#.##0,00-\"";
            self.report(codes::FILE_WRONG_VALUE, message, at, path, remedy);
            return None;
        };
        if form.is_ambiguous() {
            let sign = if text.contains(',') { ',' } else { '.' };
            let message = format!(
                "`format` of `{path}` is `{text}`, where `{sign}` could stand between thousands or before decimals"
            );
            let remedy = format!("write \"#{sign}##0\" for thousands, \"#0{sign}000\" for three decimals");
            self.report(codes::FILE_WRONG_VALUE, message, at, path, remedy);
            return None;
        }
        if implied > 0 && form.has_mark() {
            let message = format!("`{path}` has implied decimals, and `format` a decimal mark");
            let remedy = "keep one of them: with implied decimals the form has no mark, such as \"00000\"; where the partner writes a mark, none are implied: `decimals = 0`";
            self.report(codes::FILE_WRONG_VALUE, message, at, path, remedy);
            return None;
        }
        Some(form)
    }
}
