//! Partner guides: what a partner's implementation guide narrows or allows beyond the standard's table of one document.
//!
//! A guide is a layer, never a copy: it says only what differs. [`load`] reads a file with what it extends and checks it
//! against the table, so that a slip is told before a document comes; [`Guide::check`] holds a document against it, with
//! work only where the guide says something; [`Guide::settle`] takes away what the guide does not mind.
//!
//! ```text
//! syntax     the file as written, and the merge with the guide it extends
//! place      places in the table, and the names of conditions
//! compile    what is written, checked, becomes a plan
//! contradict what cannot all hold
//! enforce    the plan, held against a placed tree; elements and values beside it
//! order      which segments out of the table's order are minded
//! page, html the guide as a page that a partner can read; example: what it shows
//! ```

mod compile;
mod contradict;
mod elements;
mod enforce;
mod example;
mod html;
mod markdown;
mod order;
mod page;
mod picture;
mod place;
mod plan;
mod schema;
mod syntax;
#[cfg(test)]
mod tests;
mod values;

use std::sync::Arc;

use super::dictionary::{self, Match};
use super::reader::SetHeader;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity, codes, suggest};
use crate::source::SourceFile;
use crate::tree::{Grammar, ItemId, Requirement, SegmentIndex, Tag, Tree};

use enforce::Check;
use plan::{Demand, Plan, Usage};
use syntax::{At, Written};
use values::View;

pub use schema::schema;
pub use syntax::Example;

/// Where guides stand.
pub trait Shelf {
    /// The guide called `name`, such as `harbor-945`.
    fn guide(&self, name: &str) -> Option<Arc<SourceFile>>;
    /// All names, for "did you mean".
    fn guide_names(&self) -> Vec<String>;
}

/// Who wrote the document that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The partner.
    Receive,
    /// We.
    Send,
}

/// A guide whose words are known to be right.
#[derive(Debug)]
pub struct Guide {
    name: String,
    title: String,
    grammar: Arc<Grammar>,
    written: Written,
    plan: Plan,
    page: page::Notes,
}

/// An element that every segment of an item must have by the guide: for whoever makes such segments.
#[derive(Debug, Clone)]
pub struct Required {
    /// The segment.
    pub item: ItemId,
    /// Only where these elements say this.
    pub conditions: Vec<(u16, String)>,
    /// The element, 1-based.
    pub position: u16,
    /// Its name in the standard.
    pub name: Arc<str>,
    /// Where the guide says so.
    pub rule: Arc<str>,
}

/// The name of a guide, however it is given: `harbor-945` of `guides/harbor-945`, `mappings/guides/harbor-945.toml`.
#[must_use]
pub fn guide_name(wanted: &str) -> &str {
    let name = wanted.strip_prefix("./").unwrap_or(wanted);
    let name = name.strip_prefix("mappings/").unwrap_or(name);
    let name = name.strip_prefix("guides/").unwrap_or(name);
    name.strip_suffix(".toml").unwrap_or(name)
}

/// How many files may extend one another in a row.
const EXTENDS_LIMIT: usize = 8;

/// Reads, checks and compiles the guide `file`, called `name`; `None` when it has an error.
pub fn load(name: &str, file: &Arc<SourceFile>, shelf: &dyn Shelf, diagnostics: &mut Diagnostics) -> Option<Guide> {
    let errors = diagnostics.errors();
    let written = merged(file, shelf, diagnostics)?;
    if written.files.iter().any(|file| file.unreadable.is_some()) {
        return None;
    }
    let grammar = grammar(&written, diagnostics, diagnostics.errors() > errors)?;
    let title = written.title.as_ref().map_or_else(|| name.to_owned(), |(title, _)| title.clone());
    let (plan, page) = compile::compile(&written, &grammar, diagnostics);
    let guide = Guide { name: name.to_owned(), title, grammar, written, plan, page };
    (diagnostics.errors() == errors).then_some(guide)
}

/// The table of the document that a guide is for.
fn grammar(written: &Written, diagnostics: &mut Diagnostics, silent: bool) -> Option<Arc<Grammar>> {
    let Some((text, at)) = &written.document else {
        if !silent {
            let found = Diagnostic::new(codes::FILE_MISSING_KEY, "`document` is missing", written.files[0].whole());
            diagnostics
                .push(found.remedy("add a line `document = \"x12/004010/945\"`, or extend a guide that has one"));
        }
        return None;
    };
    let parts = text.strip_prefix("x12/").and_then(|rest| rest.split_once('/'));
    let release = parts.and_then(|(release, _)| dictionary::releases().find(|known| known.name() == release));
    let found = release.zip(parts).and_then(|(release, (_, set))| dictionary::grammar(release, set));
    if found.is_none() {
        let message = format!("there is no table of the document `{text}`");
        let documents: Vec<String> = dictionary::releases()
            .flat_map(|release| dictionary::sets(release).map(move |set| format!("x12/{release}/{}", set.set)))
            .collect();
        let remedy = match suggest::nearest(text, documents.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write release and transaction set: `x12/004010/945`".to_owned(),
        };
        diagnostics.push(written.diagnostic(codes::GUIDE_DOCUMENT, message, at, "document").remedy(remedy));
    }
    found.cloned()
}

/// The file with everything it extends; `None` when one of them is for another document.
fn merged(file: &Arc<SourceFile>, shelf: &dyn Shelf, diagnostics: &mut Diagnostics) -> Option<Written> {
    let (mut written, mut extends) = syntax::read(file, diagnostics);
    let mut seen = vec![Arc::clone(&file.name)];
    while let Some((name, at)) = extends {
        let at = At { file: written.files.len() - 1, ..at };
        let Some(base) = shelf.guide(guide_name(&name)) else {
            let names = shelf.guide_names();
            let remedy = match suggest::nearest(guide_name(&name), names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `guides/{near}`?"),
                None if names.is_empty() => "write it below mappings/guides, or remove `extends`".to_owned(),
                None => format!("there are {}", names.join(", ")),
            };
            let message = format!("the guide `{name}`, which this one extends, does not exist");
            diagnostics.push(written.diagnostic(codes::FILE_NOT_FOUND, message, &at, "extends").remedy(remedy));
            break;
        };
        if seen.contains(&base.name) || seen.len() >= EXTENDS_LIMIT {
            let message = match seen.contains(&base.name) {
                true => format!("`extends` goes round in a circle: {} extends itself", base.name),
                false => format!("more than {EXTENDS_LIMIT} guides extend one another: {}", seen.join(", ")),
            };
            let remedy = "name another guide, such as the industry's, or remove `extends`";
            diagnostics.push(written.diagnostic(codes::GUIDE_EXTENDS, message, &at, "extends").remedy(remedy));
            break;
        }
        seen.push(Arc::clone(&base.name));
        let (below, next) = syntax::read(&base, diagnostics);
        if let (Some((own, place)), Some((other, _))) = (&written.document, &below.document)
            && own != other
        {
            let message = format!("the guide is for {own}, the one it extends for {other}");
            let remedy = "extend a guide of the same document; what both say the same way can be written twice";
            let file = &base.name;
            let diagnostic = written.diagnostic(codes::GUIDE_DOCUMENT, message, place, "document");
            diagnostics.push(diagnostic.cause(format!("it extends {file}")).remedy(remedy));
            return None;
        }
        written = written.over(below);
        extends = next;
    }
    Some(written)
}

impl Guide {
    /// Its name below `mappings/guides/`, without the ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the partner calls it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The document it is for, such as `x12/004010/945`.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.grammar.name
    }

    /// The table of that document.
    #[must_use]
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// Its files: itself first, then what it extends.
    #[must_use]
    pub fn files(&self) -> &[Arc<SourceFile>] {
        &self.written.files
    }

    /// Documents as the partner prints them.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.written.examples
    }

    /// Says what in a set is not as the guide demands, `set` being its bytes. The set must be placed by the table that the
    /// guide is for. In a set of another release nothing is rejected: the guide is not written for it.
    pub fn check(
        &self,
        direction: Direction,
        header: &SetHeader,
        tree: &Tree,
        set: &[u8],
        diagnostics: &mut Diagnostics,
    ) {
        let view = View { header, tree, set, occurrence: 0, segment: None };
        let own_table = header.grammar.is_some_and(|grammar| std::ptr::eq(grammar, &*self.grammar));
        let other_release = header.release_match == Match::Nearest || !own_table;
        Check { guide: self, direction, other_release, view, diagnostics }.run();
    }

    /// Takes away what was said of the set and this partner's guide does not mind: segments out of the table's order or
    /// without a place in it, codes that the standard's list lacks and the guide has, and totals that it says the meaning of.
    pub fn settle(&self, header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
        let Plan { tolerated, totals, has_extra_codes, .. } = &self.plan;
        if tolerated.order.is_empty() && tolerated.segments.is_empty() && totals.is_empty() && !has_extra_codes {
            return;
        }
        let minded = |diagnostic: &Diagnostic| {
            let Place::Payload(place) = &diagnostic.place else { return true };
            let Some(index) = place.segment_position.and_then(|position| position.checked_sub(1)) else { return true };
            let Some(segment) = tree.segments.get(index as usize) else { return true };
            match diagnostic.code.name() {
                "x12.segment-order" => {
                    segment.item == ItemId::UNPLACED
                        || !order::is_tolerated(&self.grammar, &tolerated.order, tree, index)
                }
                "x12.unexpected-segment" | "x12.unknown-segment" => !tolerated.segments.contains(&segment.tag),
                "x12.total" => place.element.is_none_or(|position| !self.counts(segment.tag, position)),
                "x12.code" | "x12.code-of-another-release" => place.element.is_none_or(|position| {
                    !self.knows_code(header, tree, set, index, position, place.component.unwrap_or(0))
                }),
                _ => true,
            }
        };
        diagnostics.retain(minded);
    }

    /// Does the guide give a meaning to what the element (or component, 0 for none) of a segment says?
    #[must_use]
    pub fn knows_code(
        &self,
        header: &SetHeader,
        tree: &Tree,
        set: &[u8],
        index: SegmentIndex,
        position: u16,
        component: u16,
    ) -> bool {
        let view = View { header, tree, set, occurrence: 0, segment: None };
        let Some(segment) = tree.segments.get(index as usize) else { return false };
        let mut bytes = tree.value(segment, position, set);
        if let (Some(separator), Some(number)) = (tree.separators.component, component.checked_sub(1)) {
            bytes = bytes.split(|byte| *byte == separator).nth(usize::from(number)).unwrap_or_default();
        }
        let text = header.charset.decode_lossy(bytes.trim_ascii());
        let demands = self.plan.elements.get(usize::from(segment.item.0)).into_iter().flatten();
        demands
            .filter(|demand| {
                let at = demand.pairs.as_ref().map_or(Some(demand.position), |pairs| view.value_of_pair(index, pairs));
                at == Some(position) && demand.component == component
            })
            .filter(|demand| view.scope_holds(segment.occurrence, &demand.loops))
            .filter(|demand| view.row_holds(index, &demand.conditions))
            .any(|demand| enforce::codes_of(demand).any(|(code, _)| *code == *text))
    }

    /// Does the guide allow a code that the standard's list of a data element lacks, at any place?
    #[must_use]
    pub fn adds_code(&self, element_number: &str, code: &str) -> bool {
        let of_element = |demand: &&plan::ElementDemand| *demand.element.number == *element_number;
        let mut demands = self.plan.elements.iter().flatten().filter(of_element);
        demands.any(|demand| demand.extra_codes.iter().any(|(known, _)| known == code))
    }

    /// Does the guide say what the element counts? Then nobody else needs to.
    #[must_use]
    pub fn counts(&self, tag: Tag, position: u16) -> bool {
        let of = |total: &plan::Total| self.grammar.item(total.item).tag == tag && total.position == position;
        self.plan.totals.iter().any(of)
    }

    /// The elements that segments which we make must have, beyond those that the standard demands.
    #[must_use]
    pub fn required_when_sent(&self) -> Vec<Required> {
        let mut required = Vec::new();
        for (item, demands) in (0..).map(ItemId).zip(&self.plan.elements) {
            for demand in demands.iter().filter(|demand| demand.component == 0 && demand.pairs.is_none()) {
                let usage = demand.demands.iter().find(|(one, policy, _)| {
                    matches!(one, Demand::Usage(Usage::Required)) && policy.send == Some(Severity::Error)
                });
                // Which occurrence of a loop is meant cannot be told from the segment alone.
                let everywhere = demand.loops.iter().all(|step| step.conditions.is_empty());
                let (Some((.., rule)), true) = (usage, everywhere) else { continue };
                let Some(definition) = self.grammar.definition(item) else { continue };
                let Some(element) = definition.elements.get(usize::from(demand.position) - 1) else { continue };
                if element.requirement == Requirement::Mandatory {
                    continue;
                }
                let conditions = demand.conditions.iter().filter_map(|condition| match condition {
                    place::RowCondition::Equals { element, value, .. } => Some((*element, value.clone())),
                    _ => None,
                });
                required.push(Required {
                    item,
                    conditions: conditions.collect(),
                    position: demand.position,
                    name: Arc::clone(&element.name),
                    rule: Arc::clone(rule),
                });
            }
        }
        required
    }

    /// The guide as a page in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::render(&page::of(self))
    }

    /// The guide as a page in HTML that needs nothing beside itself.
    #[must_use]
    pub fn html(&self) -> String {
        html::render(&page::of(self))
    }
}
