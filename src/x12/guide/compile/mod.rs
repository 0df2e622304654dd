//! From what is written to a plan: every place is looked up in the table, every word checked against it.
//!
//! Here stand places as a whole and what all entries have; [`usage`] reads how something is used, [`element`] what an
//! element says, [`rules`] rules, totals and what is tolerated.

mod element;
mod rules;
mod usage;

use std::sync::Arc;

use super::contradict;
use super::page::{Notes, PlaceNote};
use super::place::{Scope, Spot, Target, Trouble, element_use, spot};
use super::plan::{Demand, ElementDemand, Formula, Plan, Policy, Presence, RuleText, Usage};
use super::syntax::{At, Entry, Word, Written, shown_key};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, codes};
use crate::expression::{self, Type};
use crate::source::Value;
use crate::tree::{ElementType, ElementUse, Grammar, Requirement};

/// A place with everything that is said of it.
pub(super) struct Said {
    pub(super) key: String,
    pub(super) at: At,
    pub(super) spot: Spot,
    pub(super) usage: Vec<Used>,
    pub(super) repeat: Option<(u32, Policy, RuleText)>,
    pub(super) demands: Vec<(Demand, Policy, RuleText)>,
    pub(super) extra_codes: Vec<(String, String)>,
    /// Where its codes stand.
    pub(super) codes_at: Option<At>,
}

/// How a place is used.
pub(super) struct Used {
    pub(super) usage: Usage,
    policy: Policy,
    rule: RuleText,
    /// Where that is written.
    pub(super) at: At,
}

impl Said {
    /// The closed list of codes, with what is allowed beyond the standard.
    pub(super) fn allowed(&self) -> Option<Vec<&str>> {
        let codes = self.demands.iter().find_map(|(demand, ..)| match demand {
            Demand::Codes(codes) => Some(codes),
            _ => None,
        })?;
        Some(codes.iter().chain(&self.extra_codes).map(|(code, _)| code.as_str()).collect())
    }
}

/// Compiles `written`. With an error among the diagnostics the plan is not to be used.
pub(super) fn compile(written: &Written, grammar: &Arc<Grammar>, diagnostics: &mut Diagnostics) -> (Plan, Notes) {
    let mut compiler = Compiler { written, grammar, diagnostics, notes: Notes::default() };
    let mut said: Vec<Said> = Vec::new();
    for entry in &written.places {
        said.extend(compiler.place(entry));
    }
    contradict::check(written, grammar, &said, compiler.diagnostics);
    let rules = written.rules.iter().filter_map(|entry| compiler.rule(entry)).collect();
    let totals = written.totals.iter().filter_map(|entry| compiler.total(entry)).collect();
    let mut plan = Plan { rules, totals, ..Plan::default() };
    compiler.tolerated(&mut plan);
    plan.inside = grammar.items.iter().map(|_| Vec::new()).collect();
    plan.elements = grammar.items.iter().map(|_| Vec::new()).collect();
    plan.has_extra_codes = said.iter().any(|said| !said.extra_codes.is_empty());
    for said in said {
        add(&mut plan, grammar, said);
    }
    (plan, compiler.notes)
}

/// Hangs what is said of a place to its item.
fn add(plan: &mut Plan, grammar: &Grammar, said: Said) {
    let Said { spot, usage, repeat, mut demands, extra_codes, .. } = said;
    let usage = usage.into_iter().map(|used| (used.usage, used.policy, used.rule));
    let around = spot.around();
    match spot.target {
        Target::Element { item, conditions, place, pairs } => {
            let Ok(element) = element_use(grammar, item, place, "").cloned() else { return };
            let mandatory = element.requirement == Requirement::Mandatory && pairs.is_none();
            // What the standard demands is told by the checks against the table.
            let usage = usage.filter(|(usage, ..)| !(mandatory && matches!(usage, Usage::Required)));
            demands.extend(usage.map(|(usage, policy, rule)| (Demand::Usage(usage), policy, rule)));
            demands.extend(repeat.map(|(most, policy, rule)| (Demand::Repeat(most), policy, rule)));
            let (position, component) = (place.position, place.component);
            let loops = spot.loops;
            let demand = ElementDemand { loops, conditions, position, component, pairs, element, demands, extra_codes };
            if !(demand.demands.is_empty() && demand.extra_codes.is_empty()) {
                plan.elements[usize::from(item.0)].push(demand);
            }
        }
        Target::Loop { item, conditions } | Target::Segment { item, conditions } => {
            let presence = Presence { loops: spot.loops, item, conditions, usage: usage.collect(), repeat };
            if !presence.usage.is_empty() || presence.repeat.is_some() {
                plan.inside[usize::from(around.0)].push(presence);
            }
        }
    }
}

struct Compiler<'a, 'd> {
    written: &'a Written,
    grammar: &'a Arc<Grammar>,
    diagnostics: &'d mut Diagnostics,
    notes: Notes,
}

/// Words that only an element can have.
const ELEMENT_WORDS: [&str; 6] = ["length", "codes", "extra_codes", "pattern", "value", "default"];

impl Compiler<'_, '_> {
    fn report(&mut self, code: Code, message: impl Into<String>, at: &At, key: &str, remedy: impl Into<String>) {
        self.diagnostics.push(self.written.diagnostic(code, message, at, key).remedy(remedy));
    }

    fn trouble(&mut self, trouble: Trouble, at: &At, key: &str) {
        let code = if trouble.ambiguous { codes::GUIDE_AMBIGUOUS } else { codes::GUIDE_PLACE };
        self.report(code, trouble.message, at, key, trouble.remedy);
    }

    /// The spot that an entry names; what is wrong with it is told.
    fn spot(&mut self, entry: &Entry, path: &str) -> Option<Spot> {
        spot(self.grammar, &entry.key).map_err(|trouble| self.trouble(trouble, &entry.at, path)).ok()
    }

    fn place(&mut self, entry: &Entry) -> Option<Said> {
        let path = format!("at.{}", shown_key(&entry.key));
        if self.drops_nothing(entry, &path) {
            return None;
        }
        let spot = self.spot(entry, &path)?;
        let grammar = Arc::clone(self.grammar);
        let element = match &spot.target {
            Target::Element { item, place, .. } => element_use(&grammar, *item, *place, &entry.key).ok(),
            _ => None,
        };
        let codes_at = entry.word("codes").or(entry.word("extra_codes")).map(|word| word.key_at.clone());
        let mut said = Said {
            key: entry.key.clone(),
            at: entry.at.clone(),
            spot,
            usage: Vec::new(),
            repeat: None,
            demands: Vec::new(),
            extra_codes: Vec::new(),
            codes_at,
        };
        self.misplaced(entry, &path, element);
        let extra = entry.word("extra_codes").filter(|_| element.is_some());
        said.extra_codes = extra.map_or_else(Vec::new, |word| self.codes(word, &path, element, true));
        said.usage = self.usage(entry, &path, &said.spot, element);
        said.repeat = self.repeat(entry, &path, &said.spot, element);
        if let Some(element) = element {
            self.element_words(entry, &path, element, &mut said);
        }
        self.note(entry, &path, &said);
        Some(said)
    }

    /// Says that `false` drops what no guide below says, if it does.
    fn drops_nothing(&mut self, entry: &Entry, path: &str) -> bool {
        if entry.dropped {
            let message = format!("`{path} = false` drops what no guide below says");
            let remedy = "remove the line, or write the place as the guide below does";
            self.report(codes::GUIDE_NO_EFFECT, message, &entry.at, path, remedy);
        }
        entry.dropped
    }

    /// Words that say nothing where they stand.
    fn misplaced(&mut self, entry: &Entry, path: &str, element: Option<&ElementUse>) {
        let composite = element.is_some_and(|element| element.kind == ElementType::Composite);
        for word in entry.words.iter().filter(|word| ELEMENT_WORDS.contains(&word.key.as_str())) {
            let (what, remedy) = match element {
                None => (
                    "a segment",
                    format!(
                        "name an element: `{}02`",
                        entry.key.rsplit('/').next().unwrap_or_default().split('[').next().unwrap_or_default()
                    ),
                ),
                Some(_) if composite => ("a composite", format!("name one of its components: `{}-01`", entry.key)),
                Some(_) => continue,
            };
            let message = format!("`{}` says nothing of {what}", word.key);
            self.report(codes::GUIDE_NO_EFFECT, message, &word.key_at, path, remedy);
        }
        let situational = entry
            .word("usage")
            .is_some_and(|word| matches!(&word.node.value, Value::Text(text) if text == "situational"));
        for key in ["when", "otherwise"] {
            if let Some(word) = entry.word(key).filter(|_| !situational) {
                let message = format!("`{key}` says nothing without `usage = \"situational\"`");
                self.report(
                    codes::GUIDE_NO_EFFECT,
                    message,
                    &word.key_at,
                    path,
                    "add `usage = \"situational\"`, or remove it",
                );
            }
        }
    }

    /// The policy of an entry: its own word, else the file's, else what fits the kind of breach.
    fn policy(&mut self, entry: &Entry, path: &str, otherwise: Policy) -> Policy {
        let own = entry.word("policy").map(|word| (word, path));
        let Some((word, path)) = own.or(self.written.policy.as_ref().map(|word| (word, ""))) else { return otherwise };
        const WORDS: [(&str, Option<Severity>); 3] =
            [("reject", Some(Severity::Error)), ("report", Some(Severity::Warning)), ("ignore", None)];
        let read = |text: &str| WORDS.iter().find(|(word, _)| *word == text).map(|(_, severity)| *severity);
        let found = match &word.node.value {
            Value::Text(text) => read(text).map(|severity| Policy { receive: severity, send: severity }),
            Value::Table(table) => {
                let side = |key: &str, otherwise| match table.get(key).map(|node| &node.value) {
                    None => Some(otherwise),
                    Some(Value::Text(text)) => read(text),
                    Some(_) => None,
                };
                let known = table.entries.iter().all(|entry| ["receive", "send"].contains(&entry.key.as_str()));
                let (receive, send) = (side("receive", otherwise.receive), side("send", otherwise.send));
                receive.zip(send).filter(|_| known).map(|(receive, send)| Policy { receive, send })
            }
            _ => None,
        };
        if found.is_none() {
            let key = if path.is_empty() { "policy".to_owned() } else { format!("{path}.policy") };
            let message = format!("`{key}` is {}, which is no policy", shown(&word.node.value));
            let diagnostic = self.written.diagnostic(codes::FILE_WRONG_VALUE, message, &word.at(), path);
            let diagnostic = diagnostic.remedy("write \"reject\", \"report\" or \"ignore\"; or for each way its own: { receive = \"report\", send = \"reject\" }");
            // The file's own policy is asked for at every entry.
            if !self.diagnostics.list().contains(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
        found.unwrap_or(otherwise)
    }

    /// File and line, and what the partner's document says.
    fn rule_text(&mut self, at: &At, entry: &Entry) -> RuleText {
        let line = self.written.line_of(at);
        match entry.word("says").and_then(word_text) {
            Some(says) => Arc::from(format!("{line}: {says}")),
            None => Arc::from(line),
        }
    }

    fn says(&mut self, entry: &Entry, path: &str) -> Option<String> {
        let word = entry.word("says")?;
        self.text(word, path).map(str::to_owned)
    }

    fn text<'w>(&mut self, word: &'w Word, path: &str) -> Option<&'w str> {
        let found = word_text(word);
        if found.is_none() {
            let message =
                format!("`{path}.{}` must be a text in quotes, here it is {}", word.key, word.node.value.kind());
            self.report(
                codes::FILE_WRONG_TYPE,
                message,
                &word.at(),
                path,
                format!("write it in quotes: {} = \"...\"", word.key),
            );
        }
        found
    }

    /// What the page says of a place.
    fn note(&mut self, entry: &Entry, path: &str, said: &Said) {
        let text = |key: &str| entry.word(key).and_then(word_text).map(str::to_owned);
        if let Some(word) = entry.word("name") {
            self.text(word, path);
        }
        let says = self.says(entry, path);
        let codes = said.demands.iter().find_map(|(demand, ..)| match demand {
            Demand::Codes(codes) => Some(codes.clone()),
            _ => None,
        });
        let length = said.demands.iter().find_map(|(demand, ..)| match demand {
            Demand::Length(least, most) => Some((*least, *most)),
            _ => None,
        });
        let patterns = said.demands.iter().find_map(|(demand, ..)| match demand {
            Demand::Pictures(pictures) => Some(pictures.iter().map(|one| one.text().to_owned()).collect()),
            _ => None,
        });
        self.notes.places.push(PlaceNote {
            spot: said.spot.clone(),
            usage: said.usage.iter().map(|used| used.usage.clone()).collect(),
            optional: text("usage").as_deref() == Some("optional"),
            repeat: said.repeat.as_ref().map(|(most, ..)| *most),
            length,
            codes,
            extra_codes: said.extra_codes.clone(),
            patterns: patterns.unwrap_or_default(),
            value: text("value"),
            default: text("default"),
            name: text("name"),
            says,
        });
    }
}

/// Something is missing: nothing goes on.
const MISSING: Policy = Policy { receive: Some(Severity::Error), send: Some(Severity::Error) };
/// Something is there and not as agreed, or not agreed at all: what we send is refused, what we receive is told.
const FORM: Policy = Policy { receive: Some(Severity::Warning), send: Some(Severity::Error) };

fn word_text(word: &Word) -> Option<&str> {
    match &word.node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// `2 to 5`, or `2` alone.
fn span(least: u32, most: u32) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

/// A value for a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("`{text}`"),
        Value::Integer(number) => number.to_string(),
        other => other.kind().to_owned(),
    }
}

/// The condition or value of a word.
fn formula(
    written: &Written,
    scope: &Scope<'_>,
    word: &Word,
    key: &str,
    of: Type,
    diagnostics: &mut Diagnostics,
) -> Option<Formula> {
    let Some(text) = word_text(word) else {
        let message = format!("`{key}` must be an expression in quotes, here it is {}", word.node.value.kind());
        let found: Diagnostic = written.diagnostic(codes::FILE_WRONG_TYPE, message, &word.at(), key);
        diagnostics.push(found.remedy("write it in quotes: \"W1303 = '01'\", \"count(HL)\""));
        return None;
    };
    let file = &written.files[word.key_at.file];
    let place = expression::Written { file, span: word.node.span.clone(), key };
    expression::parse(text, scope, &place, Some(of), diagnostics)
}
