//! From what is written to a plan: every place is looked up in the table, every word checked against it.

use std::sync::Arc;

use super::contradict;
use super::page::{Notes, PlaceNote};
use super::picture::Picture;
use super::place::{LoopStep, RowCondition, Scope, Spot, Target, Trouble, element_use, spot};
use super::plan::{Demand, ElementDemand, Formula, Plan, Policy, Presence, Rule, RuleText, Total, Usage};
use super::syntax::{At, Entry, Word, Written, shown_key};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, codes, suggest};
use crate::expression::{self, Type};
use crate::source::Value;
use crate::tree::{ElementType, ElementUse, Grammar, ItemId, Requirement, Tag};
use crate::x12::codes::{DocumentCodes, Known};
use crate::x12::dictionary::release_for;

/// A place with everything that is said of it.
pub(super) struct Said {
    pub(super) key: String,
    pub(super) at: At,
    pub(super) spot: Spot,
    pub(super) usage: Option<(Usage, Policy, RuleText, At)>,
    pub(super) repeat: Option<(u32, Policy, RuleText)>,
    pub(super) demands: Vec<(Demand, Policy, RuleText)>,
    pub(super) extra_codes: Vec<(String, String)>,
    /// Where its codes stand.
    pub(super) codes_at: Option<At>,
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
    let usage = usage.map(|(usage, policy, rule, _)| (usage, policy, rule));
    let around = spot.around();
    match spot.target {
        Target::Element { item, conditions, place } => {
            let mandatory = element_use(grammar, item, place, "")
                .is_ok_and(|element| element.requirement == Requirement::Mandatory);
            // What the standard demands is told by the checks against the table.
            let usage = usage.filter(|(usage, ..)| !(mandatory && matches!(usage, Usage::Required)));
            demands.extend(usage.map(|(usage, policy, rule)| (Demand::Usage(usage), policy, rule)));
            demands.extend(repeat.map(|(most, policy, rule)| (Demand::Repeat(most), policy, rule)));
            let (position, component) = (place.position, place.component);
            let demand = ElementDemand { loops: spot.loops, conditions, position, component, demands, extra_codes };
            if !(demand.demands.is_empty() && demand.extra_codes.is_empty()) {
                plan.elements[usize::from(item.0)].push(demand);
            }
        }
        Target::Loop { item, conditions } | Target::Segment { item, conditions } => {
            let presence = Presence { loops: spot.loops, item, conditions, usage, repeat };
            if presence.usage.is_some() || presence.repeat.is_some() {
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

    fn place(&mut self, entry: &Entry) -> Option<Said> {
        let path = format!("at.{}", shown_key(&entry.key));
        if self.drops_nothing(entry, &path) {
            return None;
        }
        let spot = match spot(self.grammar, &entry.key) {
            Ok(spot) => spot,
            Err(trouble) => {
                self.trouble(trouble, &entry.at, &path);
                return None;
            }
        };
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
            usage: None,
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

    fn usage(
        &mut self,
        entry: &Entry,
        path: &str,
        spot: &Spot,
        element: Option<&ElementUse>,
    ) -> Option<(Usage, Policy, RuleText, At)> {
        const WORDS: [&str; 4] = ["required", "not-used", "situational", "optional"];
        let word = entry.word("usage")?;
        let text = self.text(word, path)?;
        let at = word.at();
        let usage = match text {
            "required" => Usage::Required,
            "not-used" => {
                let needed = match (element, &spot.target) {
                    (Some(element), _) => element.requirement == Requirement::Mandatory,
                    (None, Target::Loop { item, conditions } | Target::Segment { item, conditions }) => {
                        conditions.is_empty() && self.grammar.item(*item).required
                    }
                    _ => false,
                };
                if needed {
                    let message =
                        format!("`{}` cannot be left out: it is mandatory in {}", entry.key, self.grammar.name);
                    self.report(
                        codes::GUIDE_WIDER,
                        message,
                        &at,
                        path,
                        "remove the line: a guide narrows the standard",
                    );
                    return None;
                }
                Usage::NotUsed
            }
            "situational" => {
                let Some(when) = entry.word("when") else {
                    let message = format!("`{path}` does not say when it is required");
                    let remedy = "add the condition: when = \"W1303 = '01'\"";
                    self.report(codes::FILE_MISSING_KEY, message, &at, path, remedy);
                    return None;
                };
                let text = self.text(when, path)?.to_owned();
                let segment = Some(spot.target.item()).filter(|_| element.is_some());
                let scope = Scope { grammar: self.grammar, around: spot.around(), segment };
                let formula =
                    formula(self.written, &scope, when, &format!("{path}.when"), Type::Boolean, self.diagnostics)?;
                let otherwise_not_used = self.otherwise(entry, path)?;
                Usage::Situational { when: Arc::new(formula), text: Arc::from(text), otherwise_not_used }
            }
            "optional" => return None,
            other => {
                let message = format!("`{path}.usage` is `{other}`, which is none of its values");
                let remedy = match suggest::nearest(other, WORDS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write one of {}", WORDS.join(", ")),
                };
                self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
                return None;
            }
        };
        // What is too much hinders nobody who reads; what is missing does.
        let otherwise = if matches!(usage, Usage::NotUsed) { FORM } else { MISSING };
        let policy = self.policy(entry, path, otherwise);
        Some((usage, policy, self.rule_text(&word.key_at, entry), at))
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

    fn repeat(
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

    fn element_words(&mut self, entry: &Entry, path: &str, element: &ElementUse, said: &mut Said) {
        if element.kind == ElementType::Composite {
            return;
        }
        let policy = self.policy(entry, path, FORM);
        let mut length = (element.min, element.max);
        if let Some(word) = entry.word("length")
            && let Some((least, most)) = self.length(word, entry, path, element)
        {
            length = (least, most);
            said.demands.push((Demand::Length(least, most), policy, self.rule_text(&word.key_at, entry)));
        }
        if let Some(word) = entry.word("codes") {
            let codes = self.codes(word, path, Some(element), false);
            if !codes.is_empty() {
                said.demands.push((Demand::Codes(codes), policy, self.rule_text(&word.key_at, entry)));
            }
        }
        let pictures = entry.word("pattern").map_or_else(Vec::new, |word| self.pictures(word, path, length));
        for word in ["value", "default"].into_iter().filter_map(|key| entry.word(key)) {
            let Some(text) = self.text(word, path).map(str::to_owned) else { continue };
            if self.unfit(&text, said, &pictures, length).is_some_and(|why| {
                let message = format!("`{path}.{}` is `{text}`, which {why}", word.key);
                let remedy = "write a value that the guide itself allows, or widen what it allows";
                self.report(codes::GUIDE_CONTRADICTION, message, &word.at(), path, remedy);
                true
            }) {
                continue;
            }
            if word.key == "value" {
                said.demands.push((Demand::Value(text), policy, self.rule_text(&word.key_at, entry)));
            }
        }
        if let Some(word) = entry.word("pattern").filter(|_| !pictures.is_empty()) {
            said.demands.push((Demand::Pictures(pictures), policy, self.rule_text(&word.key_at, entry)));
        }
    }

    /// Why a value cannot be one of the element.
    fn unfit(&self, text: &str, said: &Said, pictures: &[Picture], (least, most): (u32, u32)) -> Option<String> {
        let count = text.chars().count() as u32;
        if count < least || count > most {
            return Some(format!("has {count} characters, {} are allowed", span(least, most)));
        }
        if said.allowed().is_some_and(|codes| !codes.contains(&text)) {
            return Some("is none of the codes it allows".into());
        }
        let fits = pictures.is_empty() || pictures.iter().any(|picture| picture.holds(text));
        (!fits).then(|| "does not look like its pattern".into())
    }

    fn length(&mut self, word: &Word, entry: &Entry, path: &str, element: &ElementUse) -> Option<(u32, u32)> {
        let read = match &word.node.value {
            Value::Text(text) => text
                .split_once('/')
                .and_then(|(least, most)| Some((least.trim().parse().ok()?, most.trim().parse().ok()?))),
            _ => None,
        };
        let Some((least, most)) = read.filter(|(least, most): &(u32, u32)| least <= most && *most > 0) else {
            let message = format!(
                "`{path}.length` must be least and most, as guides print them, here it is {}",
                shown(&word.node.value)
            );
            let remedy = format!("write it in quotes, such as length = \"{}/{}\"", element.min, element.max);
            self.report(codes::FILE_WRONG_VALUE, message, &word.at(), path, remedy);
            return None;
        };
        if least < element.min || most > element.max {
            let (min, max) = (element.min, element.max);
            let message =
                format!("`{}` has {min}/{max} in {}, `{least}/{most}` is wider", entry.key, self.grammar.name);
            self.report(
                codes::GUIDE_WIDER,
                message,
                &word.at(),
                path,
                format!("stay within {min}/{max}: a guide narrows the standard"),
            );
            return None;
        }
        Some((least, most))
    }

    /// The codes of a word with their meanings; those that the standard's list lacks are `extra`.
    fn codes(&mut self, word: &Word, path: &str, element: Option<&ElementUse>, extra: bool) -> Vec<(String, String)> {
        let Value::Table(table) = &word.node.value else {
            let message = format!("`{path}.{}` must be a table, here it is {}", word.key, word.node.value.kind());
            let remedy = format!("write the codes with what they mean: {} = {{ SF = \"Ship from\" }}", word.key);
            self.report(codes::FILE_WRONG_TYPE, message, &word.at(), path, remedy);
            return Vec::new();
        };
        let mut read = Vec::new();
        for entry in &table.entries {
            let at = At { file: word.key_at.file, span: entry.key_span.clone() };
            let Value::Text(meaning) = &entry.node.value else {
                let message = format!(
                    "`{path}.{}.{}` must be what the code means, here it is {}",
                    word.key,
                    entry.key,
                    entry.node.value.kind()
                );
                self.report(codes::FILE_WRONG_TYPE, message, &at, path, format!("write {} = \"...\"", entry.key));
                continue;
            };
            let code = (entry.key.clone(), meaning.clone());
            if let Some(element) = element {
                let count = entry.key.chars().count() as u32;
                if count < element.min || count > element.max {
                    let message = format!(
                        "`{}` cannot be a code of {}: it has {count} characters, {} to {} are allowed",
                        entry.key, element.name, element.min, element.max
                    );
                    let remedy = "write the code as it stands in the documents, with its zeros";
                    self.report(codes::GUIDE_UNKNOWN_CODE, message, &at, path, remedy);
                    continue;
                }
                let known = self.standard().look_up(&element.number, &entry.key);
                match known {
                    Known::NotInList | Known::OtherRelease(_) if !extra => {
                        let release = self.standard().release;
                        let message = format!(
                            "`{}` is not in the standard's list of {} ({})",
                            entry.key, element.name, element.number
                        );
                        let remedy = format!(
                            "if the partner does send it, write it under `extra_codes`; else compare the list of {release}"
                        );
                        self.report(codes::GUIDE_UNKNOWN_CODE, message, &at, path, remedy);
                        continue;
                    }
                    Known::Named(_) | Known::Unnamed if extra => {
                        let message = format!(
                            "`{}` is in the standard's list of {} ({}) already",
                            entry.key, element.name, element.number
                        );
                        self.report(codes::GUIDE_NO_EFFECT, message, &at, path, "write it under `codes`, or remove it");
                    }
                    _ => {}
                }
            }
            read.push(code);
        }
        read
    }

    fn standard(&self) -> DocumentCodes<'static> {
        let release = self.grammar.name.split('/').nth(1).unwrap_or_default();
        DocumentCodes::standard(release_for(release).0)
    }

    fn pictures(&mut self, word: &Word, path: &str, (least, most): (u32, u32)) -> Vec<Picture> {
        let texts: Vec<(String, At)> = match &word.node.value {
            Value::Text(text) => vec![(text.clone(), word.at())],
            Value::List(list) => list
                .iter()
                .filter_map(|node| match &node.value {
                    Value::Text(text) => Some((text.clone(), At { file: word.key_at.file, span: node.span.clone() })),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        if texts.is_empty() {
            let message =
                format!("`{path}.pattern` must be a text or a list of texts, here it is {}", word.node.value.kind());
            self.report(
                codes::FILE_WRONG_TYPE,
                message,
                &word.at(),
                path,
                "write what the value looks like: pattern = \"99999-9999\"",
            );
        }
        let mut pictures = Vec::new();
        for (text, at) in texts {
            let picture = match Picture::parse(&text) {
                Ok(picture) => picture,
                Err((problem, remedy)) => {
                    let message = format!("`{path}.pattern` is `{text}`, which {problem}");
                    self.report(codes::FILE_WRONG_VALUE, message, &at, path, remedy);
                    continue;
                }
            };
            let (short, long) = picture.lengths();
            if short > most as usize || long.is_some_and(|long| long < least as usize) {
                let message = format!("no value of {} characters looks like `{text}`", span(least, most));
                self.report(
                    codes::GUIDE_CONTRADICTION,
                    message,
                    &at,
                    path,
                    "compare the pattern with the element's length",
                );
                continue;
            }
            pictures.push(picture);
        }
        pictures
    }

    fn rule(&mut self, entry: &Entry) -> Option<Rule> {
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

    fn total(&mut self, entry: &Entry) -> Option<Total> {
        let path = format!("totals.{}", shown_key(&entry.key));
        if self.drops_nothing(entry, &path) {
            return None;
        }
        let spot = match spot(self.grammar, &entry.key) {
            Ok(spot) => spot,
            Err(trouble) => {
                self.trouble(trouble, &entry.at, &path);
                return None;
            }
        };
        let numeric = match &spot.target {
            Target::Element { item, place, conditions } if conditions.is_empty() && place.component == 0 => {
                element_use(self.grammar, *item, *place, &entry.key)
                    .ok()
                    .filter(|element| super::elements::number_of(element.kind).is_some())
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

    fn tolerated(&mut self, plan: &mut Plan) {
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
            usage: said.usage.as_ref().map(|(usage, ..)| usage.clone()),
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
