//! What a mapping leaves of a document: the values that no line took and that it does not ignore.
//!
//! Goes by the coverage of a [`Reading`]. Segments that the table has no place for are not told here: placing said so.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::tree::{ElementId, ItemId, SegmentIndex, Tag, Tree};

use super::context::Context;
use super::plan::Plan;
use super::read::Reading;

/// Segments that frame the set: their values are the envelope's.
const ENVELOPE: [Tag; 2] = [Tag(u32::from_be_bytes(*b"ST\0\0")), Tag(u32::from_be_bytes(*b"SE\0\0"))];
/// How many designators the note names.
const NAMED: usize = 12;

/// A value of the document that no line took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmapped {
    /// Its segment, 0-based.
    pub segment: SegmentIndex,
    /// Its position in the segment, 1-based.
    pub position: u16,
    /// The element.
    pub element: ElementId,
}

impl Unmapped {
    /// Segment identifier and position, such as `W0603`.
    #[must_use]
    pub fn designator(&self, tree: &Tree) -> String {
        format!("{}{:02}", tree.segments[self.segment as usize].tag, self.position)
    }
}

impl Reading {
    /// The values of the document read last that no line of the plan took and that it does not ignore, in its order.
    pub fn left<'a>(&'a self, plan: &'a Plan, tree: &'a Tree, bytes: &'a [u8]) -> impl Iterator<Item = Unmapped> + 'a {
        let ignored = |tag, position| {
            plan.ignored.iter().any(|(known, place)| *known == tag && (*place == 0 || *place == position))
        };
        let inside = |tag, item| !ENVELOPE.contains(&tag) && item != ItemId::UNPLACED;
        let segments = (0..).zip(&tree.segments).filter(move |(_, segment)| inside(segment.tag, segment.item));
        segments.flat_map(move |(index, segment)| {
            (1..=segment.element_count).filter_map(move |position| {
                let element = tree.element(segment, position)?;
                // The coverage first: nearly all values are in it.
                let left = !self.coverage.contains(element)
                    && !tree.value(segment, position, bytes).trim_ascii().is_empty()
                    && !ignored(segment.tag, position);
                left.then_some(Unmapped { segment: index, position, element })
            })
        })
    }

    /// Reports in one note the values of the document that no line of the plan took and that it does not ignore.
    pub fn unmapped(
        &self,
        plan: &Plan,
        tree: &Tree,
        bytes: &[u8],
        context: &Context<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut names: Vec<(Tag, u16)> = Vec::new();
        let mut first = None;
        let mut count = 0;
        for left in self.left(plan, tree, bytes) {
            count += 1;
            first.get_or_insert(left.element);
            let name = (tree.segments[left.segment as usize].tag, left.position);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let Some(first) = first else { return };
        let named: Vec<String> =
            names.iter().take(NAMED).map(|(tag, position)| format!("{tag}{position:02}")).collect();
        let more = if names.len() > named.len() { ", ..." } else { "" };
        let values = if count == 1 { "1 value is".to_owned() } else { format!("{count} values are") };
        let message = format!("{values} not mapped: {}{more}", named.join(", "));
        let diagnostic = Diagnostic::new(codes::MAPPING_NOT_MAPPED, message, context.place(tree, first))
            .cause(format!("the mapping `{}` has no line for them; the first is shown", plan.name))
            .remedy("add lines to [map] for what the ERP needs; name the rest in [ignore] document");
        diagnostics.push(diagnostic);
    }
}
