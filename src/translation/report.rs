//! What is wrong with a partner's documents in plain words, for people at the partner: what, where, by which rule, and what
//! it should be. Knows nothing of our mappings and commands.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Place};

/// The lines about one transaction set, or about a functional group as a whole.
#[must_use]
pub fn set<'d>(found: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let mut out = String::new();
    let mut headed = false;
    for diagnostic in found {
        let Place::Payload(place) = &diagnostic.place else { continue };
        if !std::mem::replace(&mut headed, true) {
            let set = [place.set_id.as_deref(), place.set.as_deref()].map(Option::unwrap_or_default).join(" ");
            let set = Some(set.trim().to_owned()).filter(|set| !set.is_empty());
            let parts = [("transaction set", &set), ("group", &place.group), ("interchange", &place.interchange)];
            let parts = parts.iter().filter_map(|(name, number)| Some(format!("{name} {}", number.as_ref()?)));
            let title = parts.collect::<Vec<_>>().join(", ");
            let (first, rest) = title.split_at(title.len().min(1));
            writeln!(out, "{}{rest}", first.to_uppercase()).ok();
        }
        let mut at = place.segment.clone().unwrap_or_default();
        if let Some(element) = place.element {
            write!(at, "{element:02}").ok();
        }
        for (name, number) in [("component", place.component), ("repetition", place.repetition)] {
            if let Some(number) = number {
                write!(at, ", {name} {number}").ok();
            }
        }
        if let Some(position) = place.segment_position {
            write!(at, " (segment {position}, counting ST as 1)").ok();
        }
        writeln!(out, "  - {}", diagnostic.message).ok();
        // Of a set that was cut short there is no one place.
        if !at.is_empty() {
            writeln!(out, "    where: {}", at.trim()).ok();
        }
        if let Some(excerpt) = place.excerpt.as_ref().filter(|excerpt| !excerpt.text.is_empty()) {
            writeln!(out, "    text:  {}", excerpt.text).ok();
        }
        if let Some(rule) = diagnostic.rule.as_ref().or(diagnostic.cause.as_ref()) {
            writeln!(out, "    rule:  {rule}").ok();
        }
    }
    out
}

/// The whole report on a file.
#[must_use]
pub fn page(file: &str, partner: &str, sets: &str) -> String {
    format!(
        "Rejected: {file}\n\nTo {partner}: the transaction sets below were not taken. Please correct them and send\nthem again, in a new \
         interchange. The acknowledgment (997 or 999) says the same in codes, and what\nbecame of the other transaction sets.\n\n{sets}"
    )
}

#[cfg(test)]
mod tests {
    use super::set;
    use crate::diagnostic::{Diagnostic, PayloadPlace, codes};

    #[test]
    fn what_has_no_one_place_names_none() {
        let place = PayloadPlace { set_id: Some("945".into()), set: Some("0001".into()), ..PayloadPlace::default() };
        let found = Diagnostic::new(codes::X12_MISSING_SEGMENT, "the set is cut short", place.clone());
        assert_eq!(set([&found]), "Transaction set 945 0001\n  - the set is cut short\n");
        let found = Diagnostic { place: PayloadPlace { segment: Some("W06".into()), ..place }.into(), ..found };
        assert!(set([&found]).ends_with("    where: W06\n"));
    }
}
