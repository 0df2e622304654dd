//! What was written, checked against the table of its document before it counts as written.
//!
//! An object may say too little for a segment that the mapping writes of it: a quantity without its unit, a party without
//! a name. The receiver's translator would reject the document; here it is told with the canonical field that is missing.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, Place, Severity, codes};
use crate::mapping::Plan;
use crate::partner::Rules;
use crate::tree::{Tag, Tree, notes};
use crate::x12::reader::SetHeader;
use crate::x12::validate::{Against, validate};

/// Tells what the table does not allow in the transaction set that `plan` wrote: its tree, and its bytes.
pub(super) fn check(
    plan: &Plan,
    header: &SetHeader,
    against: &Against<'_>,
    rules: &Arc<Rules>,
    (tree, set): (&Tree, &[u8]),
    diagnostics: &mut Diagnostics,
) {
    let mut faults = Diagnostics::unlimited().judged(rules.judge());
    validate(header, against, tree, set, &mut faults);
    for fault in faults.take() {
        let (code, cause) = match fault.severity {
            Severity::Error => (codes::MAPPING_INVALID_DOCUMENT, "the partner's system would reject the document"),
            _ => (codes::MAPPING_DOUBTFUL_DOCUMENT, "the table demands it; many partners do not mind"),
        };
        let fields = fields_of(plan, &fault, tree, set);
        let (place, remedy) = place_and_remedy(plan, &fields, fault.place);
        let told = Diagnostic::new(code, fault.message, place).severity(fault.severity).cause(cause).remedy(remedy);
        diagnostics.push(Diagnostic { rule: fault.rule, ..told });
    }
}

/// The canonical fields that are written to the element that a fault means; of a syntax note those of all elements that
/// would mend it.
fn fields_of(plan: &Plan, fault: &Diagnostic, tree: &Tree, set: &[u8]) -> Vec<String> {
    let Place::Payload(place) = &fault.place else { return Vec::new() };
    let tag = Tag::new(place.segment.as_deref().unwrap_or_default().as_bytes());
    let Some(element) = place.element else { return Vec::new() };
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

/// The object's field where one would mend it, else the place in the document that was not sent; and what to do.
fn place_and_remedy(plan: &Plan, fields: &[String], place: Place) -> (Place, String) {
    let named: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    match (fields.first(), place) {
        (Some(path), Place::Payload(place)) => {
            let field = FieldPlace { path: path.clone(), excerpt: place.excerpt, ..FieldPlace::default() };
            (field.into(), format!("send {}", named.join(" or ")))
        }
        (_, place) => (
            place,
            format!("send what the mapping writes there (`crossdock mapping effective {}` shows its lines)", plan.name),
        ),
    }
}
