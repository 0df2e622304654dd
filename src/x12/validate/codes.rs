//! Codes that are not in the list of their element.

use super::super::codes::{Known, Listed};
use super::closely::{Check, Value, counted};
use crate::diagnostic::codes::{X12_CODE, X12_CODE_OF_ANOTHER_RELEASE};
use crate::diagnostic::{Diagnostics, suggest};
use crate::x12::dictionary;

/// How many codes of a list are named.
const NAMED: usize = 6;

/// Says that `code`, which is not in the list in force, is not there, or is in that of another release.
pub(super) fn report(check: &Check<'_>, value: &Value<'_>, code: &str, diagnostics: &mut Diagnostics) {
    let number = &*value.element.number;
    let shown: String = code.chars().take(80).collect();
    let (name, release) = (check.name(value), check.header.release);
    if let Known::OtherRelease(meaning) = check.against.codes.known(number, code) {
        let having = dictionary::releases()
            .filter(|other| dictionary::code_list(number).is_some_and(|list| list.contains(code, *other)));
        let having: Vec<&str> = having.map(|other| other.name()).collect();
        let meaning = meaning.map_or_else(String::new, |meaning| format!(" ({meaning})"));
        let message = format!("{name} is `{shown}`{meaning}, a code of {} and not of {release}", having.join(" and "));
        diagnostics.push(
            check
                .diagnostic(X12_CODE_OF_ANOTHER_RELEASE, value, message)
                .remedy("nothing to do where both sides know the code"),
        );
        return;
    }
    let message = format!("{name} is `{shown}`, which is not in the list of data element {number}");
    let (near, cause) = list(check, value, code);
    let meant = near.map_or_else(
        || "ask the partner what it means".to_owned(),
        |near| format!("did you mean `{near}`? Ask the partner"),
    );
    let remedy = format!(
        "{meant}; a code that you agreed on goes into a file below mappings/codes, as two lines: `[code-list.{number}]` and `{} = \"its meaning\"`",
        key(&shown)
    );
    diagnostics.push(check.diagnostic(X12_CODE, value, message).cause(cause).remedy(remedy));
}

/// The code that may be meant, and what the list is.
fn list(check: &Check<'_>, value: &Value<'_>, code: &str) -> (Option<&'static str>, String) {
    let (number, release) = (&*value.element.number, check.header.release);
    let count = counted(check.against.codes.count(value.element.list), "code");
    let Some(standard) = dictionary::code_list(number) else {
        return (None, format!("the list in force has {count}, all of them from mappings/codes"));
    };
    // The operator's files may leave out codes of the standard.
    let in_force = |code: &&str| check.against.codes.look_up(value.element.list, code.as_bytes()) != Listed::No;
    let codes: Vec<&'static str> = standard.codes_of(release).filter(in_force).collect();
    let near = near(code, &codes);
    let alike = |known: &&&'static str| codes.len() <= NAMED || known.chars().next() == code.chars().next();
    let named: Vec<String> = codes
        .iter()
        .filter(alike)
        .take(NAMED)
        .map(|known| match standard.find(known).and_then(|value| value.name) {
            Some(name) => format!("{known} ({name})"),
            None => (*known).to_owned(),
        })
        .collect();
    let among = match named.is_empty() {
        true => String::new(),
        false => format!(", among them {}", named.join(", ")),
    };
    (near, format!("the list of {release} has {count}{among}"))
}

/// The code that differs only in case or in zeros before it, else, of longer codes, the one that a slip makes.
fn near(code: &str, codes: &[&'static str]) -> Option<&'static str> {
    let bare = code.trim_start_matches('0');
    let same = codes.iter().find(|known| known.trim_start_matches('0').eq_ignore_ascii_case(bare)).copied();
    same.or_else(|| suggest::nearest(code, codes.iter().copied()).filter(|_| code.chars().count() > 2))
}

/// A code as the key of a TOML table.
fn key(code: &str) -> String {
    let bare = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    if !code.is_empty() && code.chars().all(bare) { code.to_owned() } else { format!("\"{}\"", code.escape_default()) }
}

#[cfg(test)]
mod tests {
    use super::{key, near};

    #[test]
    fn a_code_is_near_when_only_case_or_zeros_differ_or_one_character_of_many() {
        assert_eq!(near("ca", &["CA", "EA"]), Some("CA"));
        assert_eq!(near("2", &["01", "02"]), Some("02"));
        assert_eq!(near("CB", &["CA", "EA"]), None);
        assert_eq!(near("ABCE", &["ABCD", "XYZ"]), Some("ABCD"));
    }

    #[test]
    fn keys_of_toml_are_quoted_where_they_must_be() {
        assert_eq!((key("VN").as_str(), key("A B").as_str(), key("\"").as_str()), ("VN", "\"A B\"", "\"\\\"\""));
    }
}
