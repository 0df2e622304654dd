//! What a guide says that cannot all hold: one place twice, something required inside what is not used, rows that one
//! segment could both be, a row whose code is not allowed.

use super::compile::{Said, Used};
use super::place::{RowCondition, Target, shown};
use super::plan::Usage;
use super::syntax::{Written, shown_key};
use crate::diagnostic::{Diagnostics, codes};
use crate::tree::{Grammar, ItemId, Tag};
use crate::x12::codes::{DocumentCodes, Known};
use crate::x12::dictionary::release_for;

/// Reports what of `said` contradicts something else there.
pub(super) fn check(written: &Written, grammar: &Grammar, said: &[Said], diagnostics: &mut Diagnostics) {
    let check = Check { written, grammar, said };
    for (number, one) in said.iter().enumerate() {
        check.twice(one, &said[..number], diagnostics);
        check.inside_of_not_used(one, diagnostics);
        check.row_without_code(one, diagnostics);
        check.unknown_row(one, diagnostics);
    }
    check.rows_alike(diagnostics);
}

/// A loop or segment on the way to a place, with what is asked of it.
type Link<'s> = (ItemId, &'s [RowCondition]);

struct Check<'a> {
    written: &'a Written,
    grammar: &'a Grammar,
    said: &'a [Said],
}

/// The loops around a place, and its segment or loop.
fn chain(said: &Said) -> Vec<Link<'_>> {
    let mut chain: Vec<Link<'_>> = said.spot.loops.iter().map(|step| (step.item, step.conditions.as_slice())).collect();
    let (Target::Loop { item, conditions }
    | Target::Segment { item, conditions }
    | Target::Element { item, conditions, .. }) = &said.spot.target;
    chain.push((*item, conditions));
    chain
}

fn path(said: &Said) -> String {
    format!("at.{}", shown_key(&said.key))
}

impl Check<'_> {
    fn twice(&self, one: &Said, before: &[Said], diagnostics: &mut Diagnostics) {
        let Some(other) = before.iter().find(|other| other.spot == one.spot) else { return };
        let message = format!("`{}` is the same place as `{}`", one.key, other.key);
        let cause = format!("{} says something of it too", self.written.line_of(&other.at));
        let remedy = format!("write both under `{}`", other.key);
        let diagnostic = self.written.diagnostic(codes::GUIDE_CONTRADICTION, message, &one.at, &path(one));
        diagnostics.push(diagnostic.cause(cause).remedy(remedy));
    }

    /// Something is required inside of what is not used.
    fn inside_of_not_used(&self, one: &Said, diagnostics: &mut Diagnostics) {
        let [Used { usage: Usage::Required, at, .. }] = one.usage.as_slice() else { return };
        let inner = chain(one);
        let outside = self.said.iter().find(|other| {
            let not_used = matches!(other.usage.as_slice(), [Used { usage: Usage::NotUsed, .. }]);
            let whole = !matches!(other.spot.target, Target::Element { .. });
            let outer = chain(other);
            let holds = |((item, asked), (own, conditions)): (&Link<'_>, &Link<'_>)| {
                item == own && asked.iter().all(|condition| conditions.contains(condition))
            };
            not_used && whole && outer.len() <= inner.len() && outer.iter().zip(&inner).all(holds)
        });
        let Some(other) = outside else { return };
        let message = format!("`{}` is required, but `{}` is not used", one.key, other.key);
        let cause = format!("{} says so", self.written.line_of(&other.at));
        let diagnostic = self.written.diagnostic(codes::GUIDE_CONTRADICTION, message, at, &path(one));
        diagnostics.push(diagnostic.cause(cause).remedy("remove one of the two"));
    }

    /// The row asks for a code that a closed list of its element does not have.
    fn row_without_code(&self, one: &Said, diagnostics: &mut Diagnostics) {
        let links = chain(one);
        let asked =
            links.iter().flat_map(|(item, conditions)| conditions.iter().map(move |condition| (*item, condition)));
        for (item, condition) in asked {
            let RowCondition::Equals { tag, element, value } = condition else { continue };
            let closed = self.said.iter().find(|other| {
                let Target::Element { item: own, conditions, place, pairs: None } = &other.spot.target else {
                    return false;
                };
                let same =
                    self.grammar.item(*own).tag == *tag && (*own == item || self.grammar.item(*own).parent == item);
                same && conditions.is_empty()
                    && place.position == *element
                    && other.allowed().is_some_and(|codes| !codes.contains(&value.as_str()))
            });
            let Some(other) = closed else { continue };
            let message = format!("`{}` asks for {value}, which `{}` does not allow", one.key, other.key);
            let cause = format!(
                "{} has the codes that are allowed",
                self.written.line_of(other.codes_at.as_ref().unwrap_or(&other.at))
            );
            let diagnostic = self.written.diagnostic(codes::GUIDE_CONTRADICTION, message, &one.at, &path(one));
            diagnostics.push(diagnostic.cause(cause).remedy("add the code there, or choose the row by another one"));
        }
    }

    /// The row asks for a code that neither the standard nor the guide has.
    fn unknown_row(&self, one: &Said, diagnostics: &mut Diagnostics) {
        for (item, conditions) in chain(one) {
            for condition in conditions {
                let RowCondition::Equals { tag, element, value } = condition else { continue };
                let holder = self
                    .grammar
                    .is_loop(item)
                    .then(|| self.grammar.children(item).find(|id| self.grammar.item(*id).tag == *tag));
                self.unknown_code(one, holder.flatten().unwrap_or(item), *element, value, diagnostics);
            }
        }
        if let Target::Element { item, pairs: Some(pairs), .. } = &one.spot.target {
            self.unknown_code(one, *item, pairs.slots[0], &pairs.qualifier, diagnostics);
        }
    }

    /// `value`, by which a place is chosen, is no code of the element of the segment `holder`.
    fn unknown_code(&self, one: &Said, holder: ItemId, element: u16, value: &str, diagnostics: &mut Diagnostics) {
        let release = release_for(self.grammar.name.split('/').nth(1).unwrap_or_default()).0;
        let tag = self.grammar.item(holder).tag;
        let definition = self.grammar.definition(holder);
        let Some(used) = definition.and_then(|definition| definition.elements.get(usize::from(element) - 1)) else {
            return;
        };
        let known = DocumentCodes::standard(release).look_up(&used.number, value);
        if !matches!(known, Known::NotInList | Known::OtherRelease(_)) || self.is_extra(tag, element, value) {
            return;
        }
        let message = format!(
            "`{}` chooses by `{value}`, which is not in the standard's list of {} ({})",
            one.key, used.name, used.number
        );
        let remedy = format!(
            "if the partner does send it, add it: [at.{tag}{element:02}] extra_codes = {{ {} = \"...\" }}",
            shown_key(value)
        );
        let diagnostic = self.written.diagnostic(codes::GUIDE_UNKNOWN_CODE, message, &one.at, &path(one));
        if !diagnostics.list().iter().any(|told| told.message == diagnostic.message) {
            diagnostics.push(diagnostic.remedy(remedy));
        }
    }

    fn is_extra(&self, tag: Tag, element: u16, code: &str) -> bool {
        self.said.iter().any(|said| match &said.spot.target {
            Target::Element { item, place, .. } => {
                self.grammar.item(*item).tag == tag
                    && place.position == element
                    && said.extra_codes.iter().any(|(known, _)| known == code)
            }
            _ => false,
        })
    }

    /// Two rows of one loop or segment that one segment could both be.
    fn rows_alike(&self, diagnostics: &mut Diagnostics) {
        let mut rows: Vec<(Vec<Link<'_>>, &Said)> = Vec::new();
        for said in self.said {
            let chain = chain(said);
            for length in 1..=chain.len() {
                let link = &chain[..length];
                let (_, conditions) = link[length - 1];
                if conditions.is_empty() || rows.iter().any(|(known, _)| known == link) {
                    continue;
                }
                rows.push((link.to_vec(), said));
            }
        }
        for (number, (one, said)) in rows.iter().enumerate() {
            for (other, before) in &rows[..number] {
                let (Some((item, conditions)), Some((own, others))) = (one.last(), other.last()) else { continue };
                let same_way = one.len() == other.len() && one[..one.len() - 1] == other[..other.len() - 1];
                if item != own || !same_way || told_apart(conditions, others) {
                    continue;
                }
                let tag = self.grammar.item(*item).tag;
                let message =
                    format!("one {tag} can be both `{tag}{}` and `{tag}{}`", shown(conditions), shown(others));
                let cause = format!("{} names the other one", self.written.line_of(&before.at));
                let remedy = "tell them apart by an element that both name, or let one ask for all that the other asks";
                let diagnostic = self.written.diagnostic(codes::GUIDE_AMBIGUOUS, message, &said.at, &path(said));
                diagnostics.push(diagnostic.cause(cause).remedy(remedy));
            }
        }
    }
}

/// Can no segment fulfil both, or is one of them a closer case of the other?
fn told_apart(one: &[RowCondition], other: &[RowCondition]) -> bool {
    let closer =
        |inner: &[RowCondition], outer: &[RowCondition]| outer.iter().all(|condition| inner.contains(condition));
    let excludes = |condition: &RowCondition| {
        other.iter().any(|against| match (condition, against) {
            (
                RowCondition::Equals { tag, element, value },
                RowCondition::Equals { tag: own, element: position, value: wanted },
            ) => tag == own && element == position && value != wanted,
            (RowCondition::Has(tag), RowCondition::HasNot(own))
            | (RowCondition::HasNot(tag), RowCondition::Has(own)) => tag == own,
            (RowCondition::Equals { tag, .. }, RowCondition::HasNot(own))
            | (RowCondition::HasNot(own), RowCondition::Equals { tag, .. }) => tag == own,
            _ => false,
        })
    };
    closer(one, other) || closer(other, one) || one.iter().any(excludes)
}
