//! Equal warnings and notes of many transaction sets: told in full for the first ones, then counted.
//!
//! For people only: JSON has each of them. Errors are always told, for each holds a document.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, PayloadPlace, Place, Severity};

/// In how many transaction sets an equal warning is told in full.
const IN_FULL: u64 = 3;

/// How many different ones are remembered: memory does not grow with the file.
const REMEMBERED: usize = 1000;

/// What was told so far, by code, message and cause.
#[derive(Debug, Default)]
pub(super) struct Repeats(BTreeMap<(&'static str, String, Option<String>), Seen>);

/// In which transaction sets something was found.
#[derive(Debug)]
struct Seen {
    severity: Severity,
    sets: u64,
    last: [Option<String>; 3],
}

impl Repeats {
    /// Was the same told often enough? Then it is counted.
    pub(super) fn counted(&mut self, diagnostic: &Diagnostic) -> bool {
        let Place::Payload(place) = &diagnostic.place else { return false };
        if diagnostic.severity == Severity::Error || place.set.is_none() {
            return false;
        }
        let key = (diagnostic.code.name(), diagnostic.message.clone(), diagnostic.cause.clone());
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            return false;
        }
        let set = set_of(place);
        let new = Seen { severity: diagnostic.severity, sets: 0, last: [const { None }; 3] };
        let seen = self.0.entry(key).or_insert(new);
        if seen.last != set {
            seen.sets += 1;
            seen.last = set;
        }
        seen.sets > IN_FULL
    }

    /// A line for each that was counted, and where to find them all.
    pub(super) fn take_lines(&mut self) -> Vec<String> {
        let repeated = std::mem::take(&mut self.0).into_iter().filter(|(_, seen)| seen.sets > IN_FULL);
        let mut lines: Vec<String> = repeated
            .map(|((code, message, _), seen)| {
                let (more, word) = (seen.sets - IN_FULL, seen.severity.word());
                let plural = if more == 1 { "" } else { "s" };
                format!("{word}[{code}] {message}: the same in {more} more transaction set{plural}")
            })
            .collect();
        if !lines.is_empty() {
            lines.push("`--format json` tells each of them, with its place".to_owned());
        }
        lines
    }
}

/// Which transaction set a place is in.
fn set_of(place: &PayloadPlace) -> [Option<String>; 3] {
    [place.interchange.clone(), place.group.clone(), place.set.clone()]
}

#[cfg(test)]
mod tests {
    use super::Repeats;
    use crate::diagnostic::codes::{MAPPING_OTHER_RELEASE, X12_MISSING_ELEMENT};
    use crate::diagnostic::{Code, Diagnostic, PayloadPlace};

    fn found(code: Code, message: &str, set: Option<u32>) -> Diagnostic {
        let place = PayloadPlace { set: set.map(|set| set.to_string()), ..PayloadPlace::default() };
        Diagnostic::new(code, message, place)
    }

    #[test]
    fn what_is_equal_is_counted_from_the_fourth_set_on_but_errors_are_not() {
        let mut repeats = Repeats::default();
        let mut counted = |code, message: &str, set| repeats.counted(&found(code, message, set));
        for set in 1..=5 {
            assert_eq!(counted(MAPPING_OTHER_RELEASE, "one", Some(set)), set > 3);
            assert_eq!(counted(MAPPING_OTHER_RELEASE, "one", Some(set)), set > 3, "twice in one set");
            assert!(!counted(MAPPING_OTHER_RELEASE, "outside all sets", None));
            assert!(!counted(MAPPING_OTHER_RELEASE, &format!("other {set}"), Some(set)));
            assert!(!counted(X12_MISSING_ELEMENT, "an error", Some(set)));
        }
        let lines = repeats.take_lines();
        let expected = "note[mapping.other-release] one: the same in 2 more transaction sets";
        assert_eq!(lines, [expected, "`--format json` tells each of them, with its place"]);
        assert!(repeats.take_lines().is_empty());
    }
}
