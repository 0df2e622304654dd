//! The rule that a diagnostic says is broken, in the standard's terms: release, set, place in the table, what it says there.
//!
//! Made only when something is wrong.

use super::reader::SetHeader;
use crate::tree::{Area, ElementType, ElementUse, Grammar, Item, ItemId, Requirement, SegmentDefinition};

/// Such as `004010, 945, loop 0300 (LX), segment W12, element 2 (330): R 1/10, mandatory`.
///
/// `component` is that of a composite, with its 1-based position. `item` is where the segment stands in the table.
pub(super) fn element(
    header: &SetHeader,
    item: ItemId,
    definition: &SegmentDefinition,
    position: u16,
    component: Option<(u16, &ElementUse)>,
) -> String {
    let mut rule = format!("{}, element {position}", segment_at(header, item, definition));
    let Some(element) = definition.elements.get(usize::from(position) - 1) else {
        return format!("{rule}: the table ends before it");
    };
    rule.push_str(&format!(" ({})", element.number));
    let told = component.map_or(element, |(at, component)| {
        rule.push_str(&format!(", component {at} ({})", component.number));
        component
    });
    rule.push_str(&format!(": {}, {}", form(told), requirement(told)));
    if told.repeat > 1 {
        rule.push_str(&format!(", at most {} times", told.repeat));
    }
    rule
}

/// Such as `004010, 945, loop 0300 (LX), segment W12, syntax note R0607`.
pub(super) fn note(header: &SetHeader, item: ItemId, definition: &SegmentDefinition, note: &str) -> String {
    format!("{}, syntax note {note}", segment_at(header, item, definition))
}

/// Such as `004010, 945, loop 0300 (LX), segment W12`; without the place where the table has none for it.
pub(super) fn segment_at(header: &SetHeader, item: ItemId, definition: &SegmentDefinition) -> String {
    match header.grammar.filter(|_| item != ItemId::UNPLACED) {
        Some(grammar) => format!("{}, segment {}", place(header, grammar, grammar.item(item)), definition.tag),
        None => format!("{}, segment {}", header.release, definition.tag),
    }
}

/// What the table says of a segment or loop: `004010, 945, heading, segment W06: mandatory, at most 1`.
pub(super) fn item(header: &SetHeader, grammar: &Grammar, id: ItemId) -> String {
    let item = grammar.item(id);
    let what = match grammar.is_loop(id) {
        true => loop_name(item),
        false => match &item.position {
            Some(position) => format!("position {position}, segment {}", item.tag),
            None => format!("segment {}", item.tag),
        },
    };
    let must = if item.required { "mandatory" } else { "optional" };
    let most = if item.max == u32::MAX { "any number".to_owned() } else { format!("at most {}", item.max) };
    format!("{}, {what}: {must}, {most}", place(header, grammar, item))
}

/// Where an item stands: `004010, 945, loop 0300 (LX)`, or `004010, 945, heading`.
fn place(header: &SetHeader, grammar: &Grammar, item: &Item) -> String {
    let inside = match item.parent {
        ItemId::ROOT => match item.area {
            Area::Heading => "heading".to_owned(),
            Area::Detail => "detail".to_owned(),
            Area::Summary => "summary".to_owned(),
        },
        parent => loop_name(grammar.item(parent)),
    };
    format!("{}, {}, {inside}", header.release, header.set_id())
}

/// Such as `loop 0300 (LX)`.
pub(super) fn loop_name(item: &Item) -> String {
    match item.loop_id.as_deref() {
        Some(id) if id != item.tag.to_string() => format!("loop {id} ({})", item.tag),
        _ => format!("loop {}", item.tag),
    }
}

/// Such as `AN 1/30`.
fn form(element: &ElementUse) -> String {
    match element.kind {
        ElementType::Composite => "composite".to_owned(),
        kind => format!("{} {}/{}", type_word(kind), element.min, element.max),
    }
}

fn requirement(element: &ElementUse) -> &'static str {
    match element.requirement {
        Requirement::Mandatory => "mandatory",
        Requirement::Optional => "optional",
        Requirement::Conditional => "by syntax note",
    }
}

/// The standard's word for a data type.
pub(in crate::x12) fn type_word(kind: ElementType) -> String {
    match kind {
        ElementType::Text => "AN".into(),
        ElementType::Code => "ID".into(),
        ElementType::Implied(decimals) => format!("N{decimals}"),
        ElementType::Decimal => "R".into(),
        ElementType::Date => "DT".into(),
        ElementType::Time => "TM".into(),
        ElementType::Binary => "B".into(),
        ElementType::Composite => "composite".into(),
    }
}
