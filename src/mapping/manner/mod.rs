//! How a partner writes a value, where it is not written plainly: packed with others into one element, in other letters,
//! in pieces, as a date or number of their own form.
//!
//! Each way of writing is undone by reading on its domain. A value outside it is a [`Fault`]; only what a line declares
//! (`fit`) is made to fit, and told each time.

pub(super) mod dates;
pub(super) mod numbers;
pub(super) mod pieces;
pub(super) mod spelling;
pub(super) mod split;

use std::borrow::Cow;

use super::lens::Fault;
use dates::Pattern;
use numbers::NumberForm;
use spelling::Spelling;
use split::Split;

/// How the value of a line is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Manner {
    /// It is one part of a text that holds several.
    pub(super) split: Option<Split>,
    /// It is one of a list of values in one text, which has this between them.
    pub(super) between: Option<String>,
    /// In which letters.
    pub(super) spelling: Spelling,
    /// It is cut into pieces, which were joined by this.
    pub(super) join: Option<String>,
    /// Dates and times: a form for each place, or for all of a list; see [`super::plan::Line::forms`].
    pub(super) dates: Vec<Pattern>,
    /// Numbers.
    pub(super) number: Option<NumberForm>,
}

impl Manner {
    /// The text of the value in the text of its element; `None` when it has none, or one that `means_nothing`.
    pub(super) fn heard<'t>(&self, text: Cow<'t, str>, means_nothing: impl Fn(&str) -> bool) -> Option<Cow<'t, str>> {
        let text = match &self.split {
            Some(split) => Cow::Owned(split.part_of(&text)?.to_owned()),
            None => text,
        };
        let says = |text: &Cow<'t, str>| !text.is_empty() && !means_nothing(text);
        let text = Some(self.spelling.trimmed(text)).filter(says)?;
        Some(self.spelling.without_zeros(self.spelling.in_case(text))).filter(says)
    }

    /// Is the value made to fit, so that reading may give another one?
    pub(super) fn fits_by_force(&self) -> bool {
        self.spelling.cut || self.spelling.transliterate
    }
}

/// A value that does not have the form which its line says.
fn refused(message: String, remedy: &str) -> Fault {
    Fault { code: crate::diagnostic::codes::MAPPING_VALUE_DOES_NOT_FIT, message, remedy: remedy.into() }
}
