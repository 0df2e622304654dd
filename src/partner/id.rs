//! The interchange id: qualifier and id, written `ZZ/HARBOR3PL`.

use std::fmt;

/// Who an interchange is from or to: ISA05 and ISA06, or ISA07 and ISA08, without the blanks that pad them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InterchangeId {
    text: String,
}

impl InterchangeId {
    /// Most characters of the id behind the qualifier, as ISA06 and ISA08 have room for.
    pub const ID_LENGTH: usize = 15;

    /// Reads `ZZ/HARBOR3PL`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence, and how to write it.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        const FORM: &str = "write qualifier/id as in ISA05 and ISA06, such as \"ZZ/HARBOR3PL\"";
        let Some((qualifier, id)) = text.split_once('/') else {
            return Err(("has no qualifier".to_owned(), FORM.to_owned()));
        };
        let is_qualifier = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        if qualifier.len() != 2 || !qualifier.chars().all(is_qualifier) {
            let problem = format!("has the qualifier `{qualifier}`, not two capitals or digits");
            return Err((problem, FORM.to_owned()));
        }
        let length = id.chars().count();
        if length > Self::ID_LENGTH {
            let problem = format!("has an id of {length} characters, at most {} are allowed", Self::ID_LENGTH);
            return Err((problem, "write the id as it stands in ISA06, without its blanks".to_owned()));
        }
        if id.trim() != id || id.is_empty() {
            let problem = if id.is_empty() { "has no id" } else { "has blanks around the id" };
            return Err((problem.to_owned(), FORM.to_owned()));
        }
        match id.chars().find(|c| !c.is_ascii_graphic() && *c != ' ') {
            Some(odd) => Err((format!("has the character `{}` in its id", odd.escape_default()), FORM.to_owned())),
            None => Ok(Self { text: text.to_owned() }),
        }
    }

    /// The qualifier, such as `ZZ`.
    #[must_use]
    pub fn qualifier(&self) -> &str {
        &self.text[..2]
    }

    /// The id, such as `HARBOR3PL`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[3..]
    }

    /// Is it this qualifier and id, as they stand in ISA? Blanks around them do not count.
    #[must_use]
    pub fn is(&self, (qualifier, id): (&str, &str)) -> bool {
        self.qualifier() == qualifier.trim() && self.id() == id.trim()
    }
}

impl fmt::Display for InterchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::InterchangeId;

    fn check(text: &str, expected: Result<(&str, &str), &str>) {
        match (InterchangeId::parse(text), expected) {
            (Ok(id), Ok(parts)) => assert_eq!((id.qualifier(), id.id()), parts),
            (Err((problem, _)), Err(wanted)) => assert_eq!(problem, wanted),
            (found, wanted) => panic!("{text}: found {found:?}, wanted {wanted:?}"),
        }
    }

    #[test]
    fn an_interchange_id_is_a_qualifier_and_an_id() {
        check("ZZ/HARBOR3PL", Ok(("ZZ", "HARBOR3PL")));
        check("12/4085551000", Ok(("12", "4085551000")));
        check("ZZ/A/B C", Ok(("ZZ", "A/B C")));
        check("HARBOR3PL", Err("has no qualifier"));
        check("Z/HARBOR3PL", Err("has the qualifier `Z`, not two capitals or digits"));
        check("zz/HARBOR3PL", Err("has the qualifier `zz`, not two capitals or digits"));
        check("ZZ/", Err("has no id"));
        check("ZZ/HARBOR ", Err("has blanks around the id"));
        check("ZZ/HARBORTHIRDPARTY1", Err("has an id of 17 characters, at most 15 are allowed"));
        check("ZZ/HÄFEN", Err("has the character `\\u{c4}` in its id"));
    }

    #[test]
    fn blanks_that_pad_isa_do_not_count() {
        let id = InterchangeId::parse("ZZ/HARBOR3PL").unwrap();
        assert!(id.is(("ZZ", "HARBOR3PL      ")));
        assert!(!id.is(("12", "HARBOR3PL")));
    }
}
