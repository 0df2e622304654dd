//! How a place is used, and how often.

use std::sync::Arc;

use super::super::place::{Scope, Spot, Target};
use super::super::plan::{Policy, RuleText, Situation, Usage};
use super::super::syntax::{At, Entry};
use super::{Compiler, FORM, MISSING, Used, formula, shown};
use crate::diagnostic::{codes, suggest};
use crate::expression::Type;
use crate::source::Value;
use crate::tree::{ElementUse, Requirement};

impl Compiler<'_, '_> {
    pub(super) fn usage(&mut self, entry: &Entry, path: &str, spot: &Spot, element: Option<&ElementUse>) -> Vec<Used> {
        const WORDS: [&str; 4] = ["required", "not-used", "situational", "optional"];
        let Some(word) = entry.word("usage") else { return Vec::new() };
        let Some(text) = self.text(word, path) else { return Vec::new() };
        let at = word.at();
        let usages = match text {
            "required" => vec![Usage::Required],
            "not-used" if self.is_needed(spot, element) => {
                let message = format!("`{}` cannot be left out: it is mandatory in {}", entry.key, self.grammar.name);
                let remedy = "remove the line: a guide narrows the standard";
                self.report(codes::GUIDE_WIDER, message, &at, path, remedy);
                Vec::new()
            }
            "not-used" => vec![Usage::NotUsed],
            "situational" => self.situational(entry, path, (spot, element), &at).unwrap_or_default(),
            "optional" => Vec::new(),
            other => {
                let message = format!("`{path}.usage` is `{other}`, which is none of its values");
                let remedy = match suggest::nearest(other, WORDS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write one of {}", WORDS.join(", ")),
                };
                self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
                Vec::new()
            }
        };
        let rule = self.rule_text(&word.key_at, entry);
        let mut used = Vec::new();
        for usage in usages {
            // What is too much hinders nobody who reads; what is missing does.
            let missing = matches!(usage, Usage::Required | Usage::RequiredWhen(_));
            let policy = self.policy(entry, path, if missing { MISSING } else { FORM });
            used.push(Used { usage, policy, rule: Arc::clone(&rule), at: at.clone() });
        }
        used
    }

    /// Is the place mandatory in the table?
    fn is_needed(&self, spot: &Spot, element: Option<&ElementUse>) -> bool {
        match (element, &spot.target) {
            (_, Target::Element { pairs: Some(_), .. }) => false,
            (Some(element), _) => element.requirement == Requirement::Mandatory,
            (None, Target::Loop { item, conditions } | Target::Segment { item, conditions }) => {
                conditions.is_empty() && self.grammar.item(*item).required
            }
            _ => false,
        }
    }

    fn situational(
        &mut self,
        entry: &Entry,
        path: &str,
        (spot, element): (&Spot, Option<&ElementUse>),
        at: &At,
    ) -> Option<Vec<Usage>> {
        let Some(when) = entry.word("when") else {
            let message = format!("`{path}` does not say when it is required");
            let remedy = "add the condition: when = \"W1303 = '01'\"";
            self.report(codes::FILE_MISSING_KEY, message, at, path, remedy);
            return None;
        };
        let text = Arc::from(self.text(when, path)?);
        let segment = Some(spot.target.item()).filter(|_| element.is_some());
        let scope = Scope { grammar: self.grammar, around: spot.around(), segment };
        let key = format!("{path}.when");
        let when = Arc::new(formula(self.written, &scope, when, &key, Type::Boolean, self.diagnostics)?);
        let situation = Situation { when, text };
        let mut usages = vec![Usage::RequiredWhen(situation.clone())];
        usages.extend(self.otherwise(entry, path)?.then_some(Usage::NotUsedUnless(situation)));
        Some(usages)
    }

    /// Whether what is not required then is not used either.
    fn otherwise(&mut self, entry: &Entry, path: &str) -> Option<bool> {
        let Some(word) = entry.word("otherwise") else { return Some(false) };
        match self.text(word, path)? {
            "optional" => Some(false),
            "not-used" => Some(true),
            other => {
                let message = format!("`{path}.otherwise` is `{other}`, which is none of its values");
                self.report(codes::FILE_WRONG_VALUE, message, &word.at(), path, "write \"optional\" or \"not-used\"");
                None
            }
        }
    }

    pub(super) fn repeat(
        &mut self,
        entry: &Entry,
        path: &str,
        spot: &Spot,
        element: Option<&ElementUse>,
    ) -> Option<(u32, Policy, RuleText)> {
        let word = entry.word("repeat")?;
        let most = match &word.node.value {
            Value::Integer(number) if (1..=1_000_000).contains(number) => *number as u32,
            other => {
                let message = format!("`{path}.repeat` must be a whole number from 1 on, here it is {}", shown(other));
                self.report(
                    codes::FILE_WRONG_VALUE,
                    message,
                    &word.at(),
                    path,
                    "write how often it may occur: repeat = 3",
                );
                return None;
            }
        };
        let allowed = element.map_or_else(|| self.grammar.item(spot.target.item()).max, |element| element.repeat);
        if most > allowed {
            let message = format!("`{}` may occur {allowed} times in {}, not {most}", entry.key, self.grammar.name);
            self.report(
                codes::GUIDE_WIDER,
                message,
                &word.at(),
                path,
                format!("write at most {allowed}: a guide narrows the standard"),
            );
            return None;
        }
        Some((most, self.policy(entry, path, FORM), self.rule_text(&word.key_at, entry)))
    }
}
