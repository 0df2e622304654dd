//! Values that are written in a manner of their own.

use rust_decimal::Decimal;

use super::{Generator, push};
use crate::canonical::{NodeId, Object};
use crate::mapping::manner::dates::Pattern;
use crate::mapping::manner::spelling::Case;
use crate::mapping::plan::{Form, Lens, Line};

impl<'a> Generator<'a> {
    /// A date, time or instant for a line with a form of its own.
    pub(super) fn in_its_form(&mut self, line: &'a Line) -> Option<String> {
        let dates = line.forms(0);
        let mixed = dates.iter().any(|pattern| pattern.has_date() && pattern.has_time());
        let timed = dates.iter().any(Pattern::has_time);
        match line.lens {
            _ if dates.is_empty() => None,
            Lens::DateOrInstant if mixed || (timed && self.half()) => Some(self.instant(line)),
            Lens::Time => Some(format!("{:02}:{:02}", self.below(24), self.below(60))),
            _ => Some(self.date()),
        }
    }

    /// A number that the line's form can say.
    pub(super) fn number_of(&mut self, line: &Line, implied: u8) -> Decimal {
        let number = self.number(&line.places[0], implied);
        let form = line.options.manner.as_ref().and_then(|manner| manner.number.as_ref());
        match form {
            Some(form) => {
                let scaled = number.checked_mul(Decimal::from(10_u64.pow(implied.into())));
                if scaled.is_some_and(|scaled| form.write(scaled).is_ok()) { number } else { number.trunc() }
            }
            None => number,
        }
    }

    /// The text in the letters that the line has; short, where it shares its element with others.
    pub(super) fn spelled(&mut self, line: &Line, text: &str) -> String {
        let Some(manner) = &line.options.manner else { return text.to_owned() };
        let most = line.places[0].definition.max as usize;
        let shared = manner.split.is_some() || manner.between.is_some();
        let most = if shared { (most / 4).max(1) } else { most };
        let spelling = &manner.spelling;
        let mut spelled = String::new();
        for character in text.chars().take(most) {
            let character = if spelling.case == Some(Case::Lower) { character.to_ascii_lowercase() } else { character };
            let other = spelling.chars.as_ref().filter(|chars| !chars.has(character));
            let other = other.and_then(|chars| chars.nth(self.below(64)));
            spelled.push(other.unwrap_or(character));
        }
        let spelled = spelling.without_zeros(spelled.into()).into_owned();
        match (&manner.between, spelling.zeros) {
            (Some(between), _) => spelled.replace(between, ""),
            (None, Some(digits)) => spelled.chars().take(digits).collect(),
            (None, None) => spelled,
        }
    }

    /// Some values of a list in one text.
    pub(super) fn packed(&mut self, line: &Line, object: &mut Object, node: NodeId) {
        for _ in 0..=self.below(3) {
            let text = self.text(&line.places[0]);
            let text = self.spelled(line, &text);
            if !text.is_empty() {
                push(object, node, line, &text);
            }
        }
    }

    /// A text for several pieces, where the field has none yet.
    pub(super) fn pieces(&mut self, line: &Line, object: &mut Object, node: NodeId) {
        let join = line.options.manner.as_ref().and_then(|manner| manner.join.as_deref()).unwrap_or_default();
        let most = line.places[0].definition.max as usize;
        let length = self.below(most as u64 + 20) as usize;
        let mut text = self.text(&line.places[0]);
        while text.len() < length && join != "\n" {
            text.push_str(if join.is_empty() { " " } else { join });
            text.push_str(&self.text(&line.places[0]));
        }
        if object.get(node, line.field).is_none() {
            push(object, node, line, &text);
        }
    }
}

/// Does the line put one text together from pieces?
pub(super) fn joins(line: &Line) -> bool {
    line.form == Form::List && line.options.manner.as_ref().is_some_and(|manner| manner.join.is_some())
}
