//! How files that we send are named: a text with placeholders in braces.

use crate::diagnostic::suggest;

/// A file name with placeholders, such as `940_{control_number}_{date}.edi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// What may stand in braces in a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The interchange control number, nine digits: `{control_number}`.
    ControlNumber,
    /// The date of writing in the partner's zone, CCYYMMDD: `{date}`.
    Date,
    /// The partner's short name, that of its profile's file: `{partner}`.
    Partner,
    /// The transaction set, such as 940: `{set}`.
    Set,
    /// The time of writing in the partner's zone, HHMMSS: `{time}`.
    Time,
}

pub(super) const PLACEHOLDERS: [(&str, Placeholder); 5] = [
    ("control_number", Placeholder::ControlNumber),
    ("date", Placeholder::Date),
    ("partner", Placeholder::Partner),
    ("set", Placeholder::Set),
    ("time", Placeholder::Time),
];

impl Default for FileName {
    /// `{set}_{control_number}_{date}.edi`
    fn default() -> Self {
        Self::ending_in("edi")
    }
}

impl FileName {
    /// `{set}_{control_number}_{date}.ENDING`
    pub(super) fn ending_in(ending: &str) -> Self {
        use Placeholder::{ControlNumber, Date, Set};
        let text = |text: &str| Part::Text(text.to_owned());
        let [set, number, date] = [Set, ControlNumber, Date].map(Part::Placeholder);
        Self { parts: vec![set, text("_"), number, text("_"), date, text(&format!(".{ending}"))] }
    }

    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence, and what to do.
    pub fn parse(template: &str) -> Result<Self, (String, String)> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some(open) = rest.find(['{', '}']) {
            let inside = rest[open..].strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let Some((name, after)) = inside else {
                let brace = &rest[open..=open];
                let remedy = "write a placeholder in braces, such as {control_number}";
                return Err((format!("has a `{brace}` without its partner"), remedy.to_owned()));
            };
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            parts.push(Part::Placeholder(placeholder(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        check_characters(template)?;
        let tells_apart = parts.contains(&Part::Placeholder(Placeholder::ControlNumber));
        if !tells_apart {
            let remedy = "put {control_number} into it, so that no file overwrites another";
            return Err(("names every file alike".to_owned(), remedy.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The file name with the values that `value` gives.
    #[must_use]
    pub fn render(&self, value: impl Fn(Placeholder) -> String) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Placeholder(placeholder) => value(*placeholder),
        };
        self.parts.iter().map(part).collect()
    }
}

fn placeholder(name: &str) -> Result<Placeholder, (String, String)> {
    let known = || PLACEHOLDERS.iter().map(|(known, _)| *known);
    if let Some((_, placeholder)) = PLACEHOLDERS.iter().find(|(known, _)| *known == name) {
        return Ok(*placeholder);
    }
    let remedy = match suggest::nearest(name, known()) {
        Some(near) => format!("did you mean {{{near}}}?"),
        None => format!("the placeholders are {}", known().collect::<Vec<_>>().join(", ")),
    };
    Err((format!("has the unknown placeholder {{{name}}}"), remedy))
}

/// File names of all systems: no path, no character that one of them forbids.
pub(super) fn check_characters(name: &str) -> Result<(), (String, String)> {
    match name.chars().find(|c| c.is_control() || "/\\:*?\"<>|".contains(*c)) {
        Some(odd) => {
            let remedy = "write a file name, not a path; the folder is the transport's";
            Err((format!("has the character `{}`", odd.escape_default()), remedy.to_owned()))
        }
        None => Ok(()),
    }
}

/// The ending of an empty file that says that another one is complete.
pub(in crate::partner) fn done_file(ending: &str) -> Result<String, (String, String)> {
    if !ending.starts_with('.') || ending.len() < 2 {
        let remedy = "write a point and an ending: \".ok\"";
        return Err(("is no ending of a file name".to_owned(), remedy.to_owned()));
    }
    check_characters(ending).map(|()| ending.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{FileName, Placeholder};

    fn check(template: &str, expected: &str) {
        let shown = match FileName::parse(template) {
            Ok(name) => name.render(|placeholder| match placeholder {
                Placeholder::ControlNumber => "000000042".to_owned(),
                Placeholder::Date => "20261201".to_owned(),
                Placeholder::Partner => "harbor".to_owned(),
                Placeholder::Set => "940".to_owned(),
                Placeholder::Time => "091500".to_owned(),
            }),
            Err((problem, remedy)) => format!("{problem}; {remedy}"),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn placeholders_are_filled_and_mistakes_are_named() {
        check("940_{control_number}_{date}.edi", "940_000000042_20261201.edi");
        check("{partner}-{set}-{time}-{control_number}", "harbor-940-091500-000000042");
        check("{control_nummer}.edi", "has the unknown placeholder {control_nummer}; did you mean {control_number}?");
        check("{date.edi", "has a `{` without its partner; write a placeholder in braces, such as {control_number}");
        check("date}.edi", "has a `}` without its partner; write a placeholder in braces, such as {control_number}");
        check(
            "out/{control_number}.edi",
            "has the character `/`; write a file name, not a path; the folder is the transport's",
        );
        check("940.edi", "names every file alike; put {control_number} into it, so that no file overwrites another");
    }

    #[test]
    fn the_default_is_a_template_too() {
        assert_eq!(FileName::parse("{set}_{control_number}_{date}.edi"), Ok(FileName::default()));
    }
}
