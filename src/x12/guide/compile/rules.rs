//! Rules over several segments, totals, and what is tolerated.

use std::sync::Arc;

use super::super::elements::number_of;
use super::super::place::{LoopStep, RowCondition, Scope, Spot, Target, element_use, spot};
use super::super::plan::{Plan, Rule, Total};
use super::super::syntax::{Entry, Word, shown_key};
use super::{Compiler, FORM, formula, word_text};
use crate::diagnostic::{Diagnostics, codes};
use crate::expression::Type;
use crate::tree::{ItemId, Tag};

impl Compiler<'_, '_> {
    pub(super) fn rule(&mut self, entry: &Entry) -> Option<Rule> {
        let path = format!("rule.{}", shown_key(&entry.key));
        if self.drops_nothing(entry, &path) {
            return None;
        }
        let (mut loops, mut segment): (Vec<LoopStep>, Option<(ItemId, Vec<RowCondition>)>) = (Vec::new(), None);
        if let Some(word) = entry.word("at") {
            let text = self.text(word, &path)?.to_owned();
            let spot = match spot(self.grammar, &text) {
                Ok(spot) => spot,
                Err(trouble) => {
                    self.trouble(trouble, &word.at(), &path);
                    return None;
                }
            };
            loops = spot.loops;
            match spot.target {
                Target::Loop { item, conditions } => loops.push(LoopStep { item, conditions }),
                Target::Segment { item, conditions } => segment = Some((item, conditions)),
                Target::Element { .. } => {
                    let message = format!("a rule holds at a loop or a segment, `{text}` is an element");
                    let remedy = "name the segment; the element stands in `when` and `must`";
                    self.report(codes::GUIDE_PLACE, message, &word.at(), &path, remedy);
                    return None;
                }
            }
        }
        let Some(must) = entry.word("must") else {
            let message = format!("`{path}` does not say what must hold");
            self.report(codes::FILE_MISSING_KEY, message, &entry.at, &path, "add it: must = \"present(W1305)\"");
            return None;
        };
        let around = loops.last().map_or(ItemId::ROOT, |step| step.item);
        let scope = Scope { grammar: self.grammar, around, segment: segment.as_ref().map(|(item, _)| *item) };
        let read = |word: &Word, key: &str, diagnostics: &mut Diagnostics| {
            formula(self.written, &scope, word, &format!("{path}.{key}"), Type::Boolean, diagnostics)
        };
        let when = entry.word("when").map(|word| read(word, "when", self.diagnostics));
        let found = read(must, "must", self.diagnostics);
        let own = |key: &str| entry.word(key).and_then(|word| word_text(word).map(str::to_owned));
        for word in ["message", "remedy"].into_iter().filter_map(|key| entry.word(key)) {
            self.text(word, &path);
        }
        let texts = (own("when"), own("must").unwrap_or_default());
        let rule = self.rule_text(&entry.at, entry);
        let says = self.says(entry, &path);
        self.notes.rules.push((entry.key.clone(), own("at"), texts.clone(), own("message"), says));
        Some(Rule {
            loops,
            segment,
            when: match when {
                None => None,
                Some(when) => Some(Arc::new(when?)),
            },
            must: Arc::new(found?),
            texts,
            message: own("message"),
            remedy: own("remedy"),
            policy: self.policy(entry, &path, FORM),
            rule,
        })
    }

    pub(super) fn total(&mut self, entry: &Entry) -> Option<Total> {
        let path = format!("totals.{}", shown_key(&entry.key));
        if self.drops_nothing(entry, &path) {
            return None;
        }
        let spot = self.spot(entry, &path)?;
        let numeric = match &spot.target {
            Target::Element { item, place, conditions, pairs: None }
                if conditions.is_empty() && place.component == 0 =>
            {
                element_use(self.grammar, *item, *place, &entry.key)
                    .ok()
                    .filter(|element| number_of(element.kind).is_some())
                    .map(|_| (*item, place.position))
            }
            _ => None,
        };
        let Some((item, position)) = numeric else {
            let message = format!("`{}` is no element that holds a number", entry.key);
            self.report(
                codes::GUIDE_PLACE,
                message,
                &entry.at,
                &path,
                "name the element with the total: `CTT01`, `W0301`",
            );
            return None;
        };
        let Some(is) = entry.word("is") else {
            let message = format!("`{path}` does not say what it counts");
            self.report(codes::FILE_MISSING_KEY, message, &entry.at, &path, "add it: is = \"count(HL)\"");
            return None;
        };
        let scope = Scope { grammar: self.grammar, around: spot.around(), segment: None };
        let counts = formula(self.written, &scope, is, &path, Type::Number, self.diagnostics)?;
        let text = word_text(is).unwrap_or_default().to_owned();
        let says = self.says(entry, &path);
        self.notes.totals.push((entry.key.clone(), text.clone(), says));
        Some(Total {
            loops: spot.loops,
            item,
            position,
            counts: Arc::new(counts),
            text,
            policy: self.policy(entry, &path, FORM),
            rule: self.rule_text(&is.key_at, entry),
        })
    }

    pub(super) fn tolerated(&mut self, plan: &mut Plan) {
        for (text, at) in &self.written.out_of_order {
            match spot(self.grammar, text) {
                Ok(Spot {
                    target: Target::Loop { item, conditions } | Target::Segment { item, conditions }, ..
                }) if conditions.is_empty() => {
                    plan.tolerated.order.push(item);
                }
                Ok(_) => {
                    let message = format!("`{text}` must be a segment or a loop as a whole");
                    self.report(
                        codes::GUIDE_PLACE,
                        message,
                        at,
                        "tolerate.out_of_order",
                        "name the segment that the warning names: `G62`, `LX/N9`",
                    );
                }
                Err(trouble) => self.trouble(trouble, at, "tolerate.out_of_order"),
            }
            self.notes.out_of_order.push(text.clone());
        }
        for (text, at) in &self.written.segments {
            const KEY: &str = "tolerate.segments";
            let tag = Tag::new(text.as_bytes());
            let form = (2..=3).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            if !form {
                let message = format!("`{text}` is no segment identifier");
                self.report(codes::GUIDE_PLACE, message, at, KEY, "write it as it stands in the documents: `ZZ1`");
            } else if self.grammar.items.iter().skip(1).any(|item| item.tag == tag) {
                let message = format!("{} has the segment {text}: there is nothing to tolerate", self.grammar.name);
                self.report(
                    codes::GUIDE_NO_EFFECT,
                    message,
                    at,
                    KEY,
                    "remove it; if only its order is odd, name it in `out_of_order`",
                );
            } else {
                plan.tolerated.segments.push(tag);
                self.notes.segments.push(text.clone());
            }
        }
    }
}
