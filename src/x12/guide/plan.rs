//! What a guide demands, by the item of the table that it is said of: made when a guide is loaded, walked for each set.

use std::sync::Arc;

use super::picture::Picture;
use super::place::{LoopStep, Name, Pairs, RowCondition};
use crate::diagnostic::Severity;
use crate::expression::Expression;
use crate::tree::{ElementUse, ItemId, Tag};

/// A condition or a value over a document.
pub(super) type Formula = Expression<Name>;

/// What a guide demands of documents.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Segments and loops, by the loop they stand in.
    pub(super) inside: Vec<Vec<Presence>>,
    /// Elements, by the segment they stand in; empty for a segment of which nothing is said.
    pub(super) elements: Vec<Vec<ElementDemand>>,
    /// Rules and totals, by the loop for whose occurrences they hold.
    pub(super) rules: Vec<Rule>,
    pub(super) totals: Vec<Total>,
    pub(super) tolerated: Tolerated,
    /// Some element has codes that the standard's list lacks.
    pub(super) has_extra_codes: bool,
}

/// What is no fault in this partner's documents.
#[derive(Debug, Default)]
pub(super) struct Tolerated {
    /// Their order is no fault.
    pub(super) order: Vec<ItemId>,
    /// That they are there is no fault.
    pub(super) segments: Vec<Tag>,
}

/// How bad it is when something is not as the guide says; `None`: not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) receive: Option<Severity>,
    pub(super) send: Option<Severity>,
}

/// Where a demand is written, as diagnostics name it: file and line, and what the partner's document says.
pub(super) type RuleText = Arc<str>;

/// How something is used.
#[derive(Debug, Clone)]
pub(super) enum Usage {
    Required,
    NotUsed,
    RequiredWhen(Situation),
    NotUsedUnless(Situation),
}

impl Usage {
    /// The condition by which it demands something.
    pub(super) fn when(&self) -> Option<&Formula> {
        match self {
            Usage::Required | Usage::NotUsed => None,
            Usage::RequiredWhen(situation) | Usage::NotUsedUnless(situation) => Some(&situation.when),
        }
    }
}

/// A condition, and as it is written.
#[derive(Debug, Clone)]
pub(super) struct Situation {
    pub(super) when: Arc<Formula>,
    pub(super) text: Arc<str>,
}

/// What is demanded of a segment or loop within each occurrence of the loop around it.
#[derive(Debug)]
pub(super) struct Presence {
    /// The loops around it.
    pub(super) loops: Vec<LoopStep>,
    pub(super) item: ItemId,
    pub(super) conditions: Vec<RowCondition>,
    pub(super) usage: Vec<(Usage, Policy, RuleText)>,
    /// At most so many.
    pub(super) repeat: Option<(u32, Policy, RuleText)>,
}

/// What is demanded of an element in each segment of an item.
#[derive(Debug)]
pub(super) struct ElementDemand {
    pub(super) loops: Vec<LoopStep>,
    pub(super) conditions: Vec<RowCondition>,
    /// 1-based.
    pub(super) position: u16,
    /// 1-based; 0 for the element as a whole.
    pub(super) component: u16,
    /// The pairs of which one's value is meant; `position` then is that of the first.
    pub(super) pairs: Option<Pairs>,
    /// What the standard says of it.
    pub(super) element: ElementUse,
    pub(super) demands: Vec<(Demand, Policy, RuleText)>,
    /// Codes that the standard's list lacks, with what they mean.
    pub(super) extra_codes: Vec<(String, String)>,
}

/// One thing demanded of an element.
#[derive(Debug)]
pub(super) enum Demand {
    Usage(Usage),
    /// Characters (of numbers: digits), at least and at most.
    Length(u32, u32),
    Repeat(u32),
    /// The codes that are allowed, with what they mean.
    Codes(Vec<(String, String)>),
    /// One of these is what it looks like.
    Pictures(Vec<Picture>),
    Value(String),
}

/// A rule over several segments.
#[derive(Debug)]
pub(super) struct Rule {
    /// For which occurrences it holds; none: once for the document.
    pub(super) loops: Vec<LoopStep>,
    /// The segment of these occurrences for each of which it holds.
    pub(super) segment: Option<(ItemId, Vec<RowCondition>)>,
    pub(super) when: Option<Arc<Formula>>,
    pub(super) must: Arc<Formula>,
    /// What both say, as written: of `when`, and of `must`.
    pub(super) texts: (Option<String>, String),
    pub(super) message: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) policy: Policy,
    pub(super) rule: RuleText,
}

/// An element that must be what is counted.
#[derive(Debug)]
pub(super) struct Total {
    pub(super) loops: Vec<LoopStep>,
    pub(super) item: ItemId,
    pub(super) position: u16,
    pub(super) counts: Arc<Formula>,
    /// As written: `count(HL)`.
    pub(super) text: String,
    pub(super) policy: Policy,
    pub(super) rule: RuleText,
}
