//! Holds a document against a guide: which segments and loops are missing or too many, what its elements say, rules and
//! totals. A pure look at a placed tree.

use super::place::{LoopStep, element_use, shown};
use super::plan::{Demand, ElementDemand, Formula, Policy, Presence, Rule, Total, Usage};
use super::values::{View, decimal};
use super::{Direction, Guide, elements};
use crate::diagnostic::codes::{
    GUIDE_MISSING_SEGMENT, GUIDE_NOT_USED, GUIDE_REPEAT, GUIDE_SITUATION, GUIDE_TOO_MANY_LOOPS, GUIDE_TOTAL,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, PayloadPlace, Place, Severity};
use crate::expression::Value;
use crate::source::place::ElementPlace;
use crate::tree::{Area, ItemId, NONE, OccurrenceId, SegmentIndex};
use crate::x12::place::Part;

/// One document under a guide.
pub(super) struct Check<'a, 'd> {
    pub(super) guide: &'a Guide,
    pub(super) direction: Direction,
    /// The guide is not written for the set's release: nothing is rejected.
    pub(super) other_release: bool,
    pub(super) view: View<'a>,
    pub(super) diagnostics: &'d mut Diagnostics,
}

/// What is to be said of something that is not as the guide says.
pub(super) struct Finding {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) cause: String,
    pub(super) remedy: String,
}

/// What a usage demands of a place in a document.
pub(super) enum Demanded<'a> {
    There(Option<&'a str>),
    Absent(Option<&'a str>),
    Nothing,
}

impl<'a> Check<'a, '_> {
    pub(super) fn run(&mut self) {
        let plan = &self.guide.plan;
        for id in 0..self.view.tree.occurrences.len() {
            let item = self.view.tree.occurrences[id].item;
            for presence in plan.inside.get(usize::from(item.0)).into_iter().flatten() {
                self.presence(presence, id as OccurrenceId);
            }
        }
        for (index, segment) in self.view.tree.segments.iter().enumerate() {
            // What the table does not place has an item past its end.
            for demand in plan.elements.get(usize::from(segment.item.0)).into_iter().flatten() {
                self.element(demand, segment.occurrence, index as SegmentIndex);
            }
        }
        for rule in &plan.rules {
            self.rule(rule);
        }
        for total in &plan.totals {
            self.total(total);
        }
    }

    /// How bad a breach is here; `None`: it is not looked at.
    pub(super) fn severity(&self, policy: Policy) -> Option<Severity> {
        match self.direction {
            Direction::Receive => policy.receive,
            Direction::Send => policy.send,
        }
    }

    pub(super) fn report(&mut self, severity: Severity, rule: &str, finding: Finding, place: impl Into<Place>) {
        self.report_in(None, severity, rule, finding, place);
    }

    /// Says something that is a fault by what stands at `trigger`.
    pub(super) fn report_in(
        &mut self,
        trigger: Option<Place>,
        severity: Severity,
        rule: &str,
        finding: Finding,
        place: impl Into<Place>,
    ) {
        let severity = if self.other_release { severity.min(Severity::Warning) } else { severity };
        let Finding { code, message, cause, remedy } = finding;
        let told = Diagnostic::new(code, message, place).severity(severity).rule(rule).cause(cause).remedy(remedy);
        self.diagnostics.push(Diagnostic { trigger: trigger.map(Box::new), ..told });
    }

    /// Where what makes a condition hold stands: the first element that it names and that is there.
    pub(super) fn trigger(
        &self,
        when: Option<&'a Formula>,
        at: OccurrenceId,
        segment: Option<SegmentIndex>,
    ) -> Option<Place> {
        let view = self.view.at(at, segment);
        let first = when?.names().into_iter().find_map(|name| view.first(name));
        Some(
            first.map_or(Place::Nowhere, |(index, position)| {
                self.element_place(index, position, Part::default()).into()
            }),
        )
    }

    /// Whether a condition holds in an occurrence. One that cannot be computed holds nowhere, and that is told.
    pub(super) fn holds(
        &mut self,
        formula: &'a Formula,
        at: OccurrenceId,
        segment: Option<SegmentIndex>,
        rule: &str,
    ) -> bool {
        let view = self.view.at(at, segment);
        formula.holds(&view).unwrap_or_else(|fault| {
            let place = self.place_of(at, segment);
            let finding = Finding {
                code: GUIDE_SITUATION,
                message: format!("a condition of the partner's guide cannot be computed: {}", fault.reason),
                cause: "what it speaks of is taken as not the case".into(),
                remedy: "mend the values it computes with, or write the condition so that they can be missing".into(),
            };
            self.report(Severity::Warning, rule, finding, place);
            false
        })
    }

    /// What a usage demands here, with the condition by which it does.
    pub(super) fn demanded(
        &mut self,
        usage: &'a Usage,
        at: OccurrenceId,
        segment: Option<SegmentIndex>,
        rule: &str,
    ) -> Demanded<'a> {
        match usage {
            Usage::Required => Demanded::There(None),
            Usage::NotUsed => Demanded::Absent(None),
            Usage::RequiredWhen(situation) if self.holds(&situation.when, at, segment, rule) => {
                Demanded::There(Some(&situation.text))
            }
            Usage::NotUsedUnless(situation) if !self.holds(&situation.when, at, segment, rule) => {
                Demanded::Absent(Some(&situation.text))
            }
            Usage::RequiredWhen(_) | Usage::NotUsedUnless(_) => Demanded::Nothing,
        }
    }

    /// A segment or loop within one occurrence of the loop around it.
    fn presence(&mut self, presence: &'a Presence, at: OccurrenceId) {
        if !self.view.scope_holds(at, &presence.loops) {
            return;
        }
        let grammar = &self.guide.grammar;
        let (item, conditions) = (presence.item, &presence.conditions);
        let most = presence.repeat.as_ref().map(|(most, ..)| *most as usize);
        // Of most nothing is to be said: only how many there are is counted, and which the first and the surplus one is.
        let (mut count, mut first, mut surplus) = (0, None, None);
        let mut see = |start: u32| {
            first = first.or(Some(start));
            surplus = surplus.or((Some(count) == most).then_some(start));
            count += 1;
        };
        let is_loop = grammar.is_loop(item);
        match is_loop {
            true => self.view.loops(at, item, conditions).for_each(&mut see),
            false => self.view.rows(at, item, conditions).for_each(&mut see),
        }
        let start_of = |check: &Self, start: u32| if is_loop { check.start_of(start) } else { start };
        for (usage, policy, rule) in &presence.usage {
            let Some(severity) = self.severity(*policy) else { continue };
            match self.demanded(usage, at, None, rule) {
                Demanded::There(when) if count == 0 && !self.view.header.incomplete => {
                    let (finding, trigger) = (self.missing(presence, when), self.trigger(usage.when(), at, None));
                    self.report_in(trigger, severity, rule, finding, self.gap(item, at));
                }
                Demanded::Absent(when) => {
                    if let Some(first) = first {
                        let trigger = self.trigger(usage.when(), at, None);
                        let finding = self.not_used(&self.named(presence), when);
                        self.report_in(trigger, severity, rule, finding, self.segment(start_of(self, first)));
                    }
                }
                _ => {}
            }
        }
        if let Some((most, policy, rule)) = &presence.repeat
            && let Some(severity) = self.severity(*policy)
            && let Some(surplus) = surplus
        {
            let message = format!(
                "{} occurs {count} times {}, the partner's guide allows {most}",
                self.named(presence),
                self.inside(presence.item)
            );
            let most = self.guide.grammar.item(item).max;
            let table = if most == u32::MAX { "any number".to_owned() } else { most.to_string() };
            let finding = Finding {
                code: if is_loop { GUIDE_TOO_MANY_LOOPS } else { GUIDE_REPEAT },
                message,
                cause: format!("{} narrows what the standard allows, which is {table}", self.guide.title()),
                remedy: "ask the partner to leave out what is too many".into(),
            };
            self.report(severity, rule, finding, self.segment(start_of(self, surplus)));
        }
    }

    fn missing(&self, presence: &Presence, when: Option<&str>) -> Finding {
        let named = self.named(presence);
        let message = format!(
            "{named} is missing {}, the partner's guide requires it{}",
            self.inside(presence.item),
            when.map_or_else(String::new, |when| format!(" when {when}"))
        );
        let cause = format!("the standard leaves it open; {} does not", self.guide.title());
        Finding { code: GUIDE_MISSING_SEGMENT, message, cause, remedy: format!("ask the partner to send {named}") }
    }

    /// `what` is there and should not be.
    pub(super) fn not_used(&self, what: &str, when: Option<&str>) -> Finding {
        let unless = when.map_or_else(String::new, |when| format!(" unless {when}"));
        Finding {
            code: GUIDE_NOT_USED,
            message: format!("{what} is there, the partner's guide does not use it{unless}"),
            cause: format!("the standard has it; {} leaves it out", self.guide.title()),
            remedy: "ask the partner what it is for; leave it out, or take the line out of the guide".into(),
        }
    }

    fn element(&mut self, demand: &'a ElementDemand, at: OccurrenceId, index: SegmentIndex) {
        if self.view.scope_holds(at, &demand.loops) && self.view.row_holds(index, &demand.conditions) {
            elements::check(self, demand, at, index);
        }
    }

    /// A rule, in each occurrence it is meant for.
    fn rule(&mut self, rule: &'a Rule) {
        let Some(severity) = self.severity(rule.policy) else { return };
        for at in self.occurrences(&rule.loops) {
            let segments: Vec<Option<SegmentIndex>> = match &rule.segment {
                None => vec![None],
                Some((item, conditions)) => self.view.rows(at, *item, conditions).map(Some).collect(),
            };
            for segment in segments {
                let speaks = match &rule.when {
                    Some(when) => self.holds(when, at, segment, &rule.rule),
                    None => true,
                };
                if !speaks || self.holds(&rule.must, at, segment, &rule.rule) {
                    continue;
                }
                let (when, must) = &rule.texts;
                let message = rule.message.clone().unwrap_or_else(|| match when {
                    Some(when) => format!("when {when}, the partner's guide demands {must}"),
                    None => format!("the partner's guide demands {must}"),
                });
                let finding = Finding {
                    code: GUIDE_SITUATION,
                    message,
                    cause: match when {
                        Some(when) => format!("here {when} is the case, and {must} is not"),
                        None => format!("here {must} is not the case"),
                    },
                    remedy: rule.remedy.clone().unwrap_or_else(|| "ask the partner to send it as agreed".into()),
                };
                let place = self.rule_place(rule, at, segment);
                let trigger = self.trigger(rule.when.as_deref(), at, segment);
                self.report_in(trigger, severity, &rule.rule, finding, place);
            }
        }
    }

    /// The first element that the rule demands something of.
    fn rule_place(&self, rule: &'a Rule, at: OccurrenceId, segment: Option<SegmentIndex>) -> PayloadPlace {
        let view = self.view.at(at, segment);
        let names = rule.must.names().into_iter().chain(rule.when.iter().flat_map(|when| when.names()));
        match names.filter_map(|name| view.first(name)).next() {
            Some((index, position)) => self.element_place(index, position, Part::default()),
            None => self.place_of(at, segment),
        }
    }

    /// A total, in each occurrence that has it.
    fn total(&mut self, total: &'a Total) {
        let Some(severity) = self.severity(total.policy) else { return };
        let place = ElementPlace { position: total.position, component: 0, repetition: 0 };
        let Ok(element) = element_use(&self.guide.grammar, total.item, place, "") else { return };
        for at in self.occurrences(&total.loops) {
            let counted = match total.counts.evaluate(&self.view.at(at, None)) {
                Ok(Value::Number(number)) => number,
                // Nothing to be counted is none.
                Ok(_) => rust_decimal::Decimal::ZERO,
                Err(_) => continue,
            };
            for index in self.view.rows(at, total.item, &[]).collect::<Vec<_>>() {
                let segment = &self.view.tree.segments[index as usize];
                let text = self.view.tree.value(segment, total.position, self.view.set).trim_ascii();
                let text = self.view.header.charset.decode_lossy(text);
                // That it is no number was said by the checks against the table.
                let Some(said) = elements::number_of(element.kind).and_then(|number| decimal(number, &text)) else {
                    continue;
                };
                if said == counted {
                    continue;
                }
                let counted = counted.normalize();
                let finding = Finding {
                    code: GUIDE_TOTAL,
                    message: format!(
                        "{}{:02} {} is {said}, {} is {counted}",
                        segment.tag, total.position, element.name, total.text
                    ),
                    cause: format!("{} says what it counts", self.guide.title()),
                    remedy: "ask the partner whether something was lost on the way, and to count as agreed".into(),
                };
                let place = self.element_place(index, total.position, Part::default());
                self.report(severity, &total.rule, finding, place);
            }
        }
    }

    /// The occurrences that loops lead to; the document for none.
    fn occurrences(&self, loops: &[LoopStep]) -> Vec<OccurrenceId> {
        let Some(last) = loops.last() else { return vec![0] };
        let all = self.view.tree.occurrences.iter().zip(0..).filter(|(occurrence, _)| occurrence.item == last.item);
        all.map(|(_, id)| id).filter(|id| self.view.scope_holds(*id, loops)).collect()
    }

    /// Such as `segment N9[N901=SI]` or `loop N1[N101=ST]`.
    fn named(&self, presence: &Presence) -> String {
        let item = self.guide.grammar.item(presence.item);
        let what = if self.guide.grammar.is_loop(presence.item) { "loop" } else { "segment" };
        format!("{what} {}{}", item.tag, shown(&presence.conditions))
    }

    /// Where an item stands, for people: a loop, or an area of the set.
    fn inside(&self, id: ItemId) -> String {
        let grammar = &self.guide.grammar;
        let item = grammar.item(id);
        if item.parent != ItemId::ROOT {
            return format!("in loop {}", grammar.item(item.parent).tag);
        }
        let area = match item.area {
            Area::Heading => "heading",
            Area::Detail => "detail area",
            Area::Summary => "summary",
        };
        format!("in the {area} of {}", self.view.header.set_id())
    }

    fn segment(&self, index: SegmentIndex) -> PayloadPlace {
        self.view.header.context.segment(self.view.tree, self.view.set, index)
    }

    pub(super) fn element_place(&self, index: SegmentIndex, position: u16, part: Part) -> PayloadPlace {
        self.view.header.context.element(self.view.tree, self.view.set, index, position, part)
    }

    fn place_of(&self, at: OccurrenceId, segment: Option<SegmentIndex>) -> PayloadPlace {
        match segment.unwrap_or_else(|| self.start_of(at)) {
            NONE => self.view.header.context.whole(),
            _ if at == 0 && segment.is_none() => self.view.header.context.whole(),
            index => self.segment(index),
        }
    }

    /// Where an item of an occurrence should stand: behind everything there that precedes it in the table.
    fn gap(&self, id: ItemId, at: OccurrenceId) -> PayloadPlace {
        let tree = self.view.tree;
        let own = tree.segments_in(at).filter(|index| {
            let item = tree.segments[*index as usize].item;
            // Other rows of the same segment stand before it as well.
            item != ItemId::UNPLACED && item <= id
        });
        let loops = tree.children_of(at).filter(|child| tree.occurrences[*child as usize].item <= id);
        let last = own.chain(loops.filter_map(|child| self.end_of(child))).max();
        let index = last.map_or_else(|| self.start_of(at), |last| last + 1);
        self.view.header.context.before(tree, self.view.set, index, self.guide.grammar.item(id).tag)
    }

    /// The last segment of a loop occurrence and of those inside it.
    fn end_of(&self, id: OccurrenceId) -> Option<SegmentIndex> {
        let own = Some(self.view.tree.occurrences[id as usize].last_segment).filter(|index| *index != NONE);
        let inside = self.view.tree.children_of(id).filter_map(|child| self.end_of(child));
        own.into_iter().chain(inside).max()
    }

    /// The first segment of a loop occurrence, or of the first loop inside it.
    fn start_of(&self, id: OccurrenceId) -> SegmentIndex {
        let mut at = self.view.tree.occurrences[id as usize];
        while at.first_segment == NONE && at.first_child != NONE {
            at = self.view.tree.occurrences[at.first_child as usize];
        }
        at.first_segment
    }
}

/// The codes a demand allows, for a sentence.
pub(super) fn listed(codes: &[(String, String)]) -> String {
    const SHOWN: usize = 12;
    let one = |(code, meaning): &(String, String)| match meaning.as_str() {
        "" => code.clone(),
        meaning => format!("{code} ({meaning})"),
    };
    let first: Vec<String> = codes.iter().take(SHOWN).map(one).collect();
    let more = if codes.len() > SHOWN { ", ..." } else { "" };
    format!("{}{more}", first.join(", "))
}

/// The codes that the demands of an element allow.
pub(super) fn codes_of(demand: &ElementDemand) -> impl Iterator<Item = &(String, String)> {
    let lists = demand.demands.iter().filter_map(|(demand, ..)| match demand {
        Demand::Codes(codes) => Some(codes),
        _ => None,
    });
    lists.flatten().chain(&demand.extra_codes)
}
