//! What was written, checked against the table of its document before it counts as written.
//!
//! An object may say too little for a segment that the mapping writes of it: a quantity without its unit, a party without
//! a name. The receiver's translator would reject the document; here it is told with the canonical field that is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::Arc;

use crate::canonical::{FieldId, NodeId, Object, Shape, Value, without_numbers};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, Place, Severity, codes};
use crate::mapping::Plan;
use crate::partner::Rules;
use crate::tree::{ElementId, SegmentIndex, Tag, Tree, notes};
use crate::x12::guide::{Direction, Guide};
use crate::x12::reader::SetHeader;
use crate::x12::validate::{Against, validate};

/// A fault of what was written, and why it counts.
pub(super) type Fault = (Diagnostic, &'static str);

/// What the table and the partner's guide do not allow in a transaction set that was written: its tree, and its bytes.
pub(super) fn faults(
    header: &SetHeader,
    against: &Against<'_>,
    (rules, guide): (&Arc<Rules>, Option<&Guide>),
    (tree, set): (&Tree, &[u8]),
) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut because = |mut faults: Diagnostics, of_an_error, of_less| {
        for fault in faults.take() {
            let cause = if fault.severity == Severity::Error { of_an_error } else { of_less };
            found.push((fault, cause));
        }
    };
    let mut faults = Diagnostics::unlimited().judged(rules.judge());
    validate(header, against, tree, set, &mut faults);
    if let Some(guide) = guide {
        guide.settle(header, tree, set, &mut faults);
    }
    because(
        faults,
        "the partner's system would reject the document",
        "the table demands it; many partners do not mind",
    );
    if let Some(guide) = guide {
        let mut faults = Diagnostics::unlimited();
        guide.check(Direction::Send, header, tree, set, &mut faults);
        because(
            faults,
            "by their own guide the partner may reject the document",
            "the guide says that it is told and hinders nothing",
        );
    }
    found
}

/// Tells faults of a set that `plan` wrote as what is wrong with the object, or the mapping.
pub(super) fn tell(
    plan: &Plan,
    faults: Vec<Fault>,
    owners: &mut Owners,
    (tree, set): (&Tree, &[u8]),
    diagnostics: &mut Diagnostics,
) {
    owners.0.sort_by_key(|(element, ..)| *element);
    for (mut fault, cause) in faults {
        let code = match fault.severity {
            Severity::Error => codes::MAPPING_INVALID_DOCUMENT,
            _ => codes::MAPPING_DOUBTFUL_DOCUMENT,
        };
        let fields = owners.own(fields_of(plan, &fault, tree, set), &fault, tree);
        let said = is_said(&fault, tree, set);
        // Of a value that is there the check itself knows best what is wrong with it.
        let cause = fault.cause.take().filter(|_| said).unwrap_or_else(|| cause.to_owned());
        let (place, remedy) = place_and_remedy(plan, &fields, fault.place, said);
        let told = Diagnostic::new(code, fault.message, place).severity(fault.severity).cause(cause).remedy(remedy);
        diagnostics.push(Diagnostic { rule: fault.rule, ..told });
    }
}

/// Whose the elements of a set are: each that gave a value, the path of the node that has it, such as `lines[2].shipped`, and the
/// name of its field there.
#[derive(Debug, Default)]
pub(super) struct Owners(Vec<Owner>);

type Owner = (ElementId, Rc<str>, String);

impl Owners {
    /// Adds the values of an object that was read from the set.
    pub(super) fn add(&mut self, object: &Object, shape: &Shape) {
        self.node(object, shape, NodeId::ROOT, "");
    }

    fn node(&mut self, object: &Object, shape: &Shape, node: NodeId, path: &str) {
        let own: Rc<str> = path.into();
        let mut counts = BTreeMap::new();
        for entry in object.entries(node) {
            let inner = match entry.value {
                Value::Node(inner) if entry.field != FieldId::OPEN => inner,
                _ => {
                    let name = match entry.field {
                        FieldId::OPEN => object.text(entry.key),
                        field => &shape.node(object.shape(node)).get(field).name,
                    };
                    self.0.push((entry.origin.element, Rc::clone(&own), name.to_owned()));
                    continue;
                }
            };
            let field = shape.node(object.shape(node)).get(entry.field);
            let dot = if path.is_empty() { "" } else { "." };
            let inside = match field.list {
                true => {
                    let count = counts.entry(entry.field).or_insert(0);
                    *count += 1;
                    format!("{path}{dot}{}[{count}]", field.name)
                }
                false => format!("{path}{dot}{}", field.name),
            };
            self.node(object, shape, inner, &inside);
        }
    }

    /// The field whose value stands in the element of a fault. Where none does, those of the fields that belong to what its segment
    /// says else, with the numbers of its entries; all, as they are, where it says nothing else.
    fn own(&self, fields: Vec<String>, fault: &Diagnostic, tree: &Tree) -> Vec<String> {
        let Place::Payload(place) = &fault.place else { return fields };
        // A segment that is missing would stand behind the one before.
        let behind = if is_missing(fault) { 2 } else { 1 };
        let at = place.segment_position.unwrap_or_default().wrapping_sub(behind);
        let Some(segment) = tree.segments.get(at as usize) else { return fields };
        let here = || self.within(at..=at, tree);
        let meant = place.element.and_then(|position| tree.element(segment, position));
        // A syntax note is about what is not there.
        let meant = meant.filter(|_| fault.code != codes::X12_SYNTAX_NOTE);
        if let Some((_, node, name)) = here().find(|(element, ..)| Some(*element) == meant) {
            return vec![if node.is_empty() { name.clone() } else { format!("{node}.{name}") }];
        }
        // How many names of a field the owner has too, and the field with the owner's numbers.
        let located = |field: &String, owner: &str| {
            let mut names: Vec<&str> = field.split('.').collect();
            let owner: Vec<&str> = owner.split('.').collect();
            let shared = names.iter().zip(&owner).take_while(|(name, own)| without_numbers(own) == **name).count();
            names[..shared].copy_from_slice(&owner[..shared]);
            (shared, names.join("."))
        };
        // What says nothing else belongs to what its loop says.
        let mut of_loop = tree.segments_in(segment.occurrence);
        let of_loop = of_loop.next().zip(of_loop.last()).map(|(first, last)| first..=last);
        let ranges = [Some(at..=at), of_loop.filter(|_| segment.occurrence > 0)];
        let found = ranges.into_iter().flatten().find_map(|range| {
            let owners: BTreeSet<&str> = self.within(range, tree).map(|(_, owner, _)| &**owner).collect();
            let of =
                |field: &String| owners.iter().map(|owner| located(field, owner)).max_by_key(|(shared, _)| *shared);
            let found: Vec<(usize, String)> = fields.iter().filter_map(of).collect();
            let most = found.iter().map(|(shared, _)| *shared).max().filter(|most| *most > 0)?;
            Some(found.into_iter().filter(|(shared, _)| *shared == most).map(|(_, path)| path).collect())
        });
        found.unwrap_or(fields)
    }

    /// The values of some segments.
    fn within(&self, segments: RangeInclusive<SegmentIndex>, tree: &Tree) -> impl Iterator<Item = &Owner> {
        let (first, last) = (&tree.segments[*segments.start() as usize], &tree.segments[*segments.end() as usize]);
        let start = self.0.partition_point(|(element, ..)| *element < first.first_element);
        let end = last.first_element + ElementId::from(last.element_count);
        self.0[start..].iter().take_while(move |(element, ..)| *element < end)
    }
}

/// The canonical fields that are written to the element that a fault means; of a syntax note those of all elements that
/// would mend it.
fn fields_of(plan: &Plan, fault: &Diagnostic, tree: &Tree, set: &[u8]) -> Vec<String> {
    let Place::Payload(place) = &fault.place else { return Vec::new() };
    let tag = Tag::new(place.segment.as_deref().unwrap_or_default().as_bytes());
    let Some(element) = place.element else {
        return if is_missing(fault) { plan.fields_of(tag) } else { Vec::new() };
    };
    if fault.code == codes::X12_SYNTAX_NOTE
        && place.component.is_none()
        && let Some(segment) = tree.segments.get(place.segment_position.unwrap_or_default().wrapping_sub(1) as usize)
        && let Some(definition) = plan.grammar.definition(segment.item)
    {
        let positions = (1..=segment.element_count).filter(|position| !tree.value(segment, *position, set).is_empty());
        let there = positions.fold(0, |mask, position| mask | notes::bit(position));
        let rule = fault.rule.as_deref().unwrap_or_default();
        if let Some(note) = definition.notes.broken(there).find(|note| rule.ends_with(&*note.text)) {
            return note.missing(there).flat_map(|position| plan.fields_at(tag, position)).collect();
        }
    }
    plan.fields_at(tag, element)
}

/// Does a fault say that a segment, or a loop, is missing?
fn is_missing(fault: &Diagnostic) -> bool {
    [codes::X12_MISSING_SEGMENT, codes::X12_MISSING_LOOP, codes::GUIDE_MISSING_SEGMENT].contains(&fault.code)
}

/// Does the element that a fault means say something?
fn is_said(fault: &Diagnostic, tree: &Tree, set: &[u8]) -> bool {
    let Place::Payload(place) = &fault.place else { return false };
    let at = place.segment_position.unwrap_or_default().wrapping_sub(1) as usize;
    let segment = tree.segments.get(at).filter(|_| fault.code != codes::X12_SYNTAX_NOTE);
    segment.zip(place.element).is_some_and(|(segment, element)| !tree.value(segment, element, set).is_empty())
}

/// The object's field where one would mend it, else the place in the document; and what to do: correct what is `said` there,
/// or send it.
fn place_and_remedy(plan: &Plan, fields: &[String], place: Place, said: bool) -> (Place, String) {
    let shown: Vec<String> = fields.iter().take(FIELDS_SHOWN).map(|field| format!("`{field}`")).collect();
    let more = if fields.len() > FIELDS_SHOWN { ", ..." } else { "" };
    match (fields.first(), place) {
        (Some(path), Place::Payload(place)) => {
            // What is missing cannot be shown: what stands behind it would be.
            let excerpt = place.excerpt.filter(|_| place.element.is_some());
            let field = FieldPlace { path: path.clone(), excerpt, ..FieldPlace::default() };
            let verb = if said { "correct" } else { "send" };
            (field.into(), format!("{verb} {}{more}", shown.join(" or ")))
        }
        (_, Place::Payload(place)) if place.element.is_some() && !said => {
            let (tag, element) = (place.segment.as_deref().unwrap_or_default(), place.element.unwrap_or_default());
            let tag = Tag::new(tag.as_bytes());
            let name = plan.grammar.designator(tag, element);
            let remedy = match plan.derived_at(tag, element) {
                Some(source) => format!("send the fields that {name} is made of, {source}"),
                None => format!(
                    "no line of the mapping `{}` writes {name}: add one to [map], or to [derived] where it is no field of \
                     the object: `\"{name}\" = {{ const = \"...\" }}`",
                    plan.name
                ),
            };
            ((*place).into(), remedy)
        }
        (_, place) => (
            place,
            format!("see what the mapping writes there: `crossdock mapping effective {}` shows its lines", plan.name),
        ),
    }
}

/// How many fields a remedy names.
const FIELDS_SHOWN: usize = 3;
