//! Holds a document against its layout: records and fields that must be there, how often, and how long.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::tree::charset::Charset;
use crate::tree::{ItemId, OccurrenceId, Tree};

use super::{DocumentContext, Layout};

/// Reports what the layout does not allow of the document in `tree`, whose bytes are `bytes`.
pub fn check(
    layout: &Layout,
    tree: &Tree,
    bytes: &[u8],
    charset: Charset,
    context: &DocumentContext,
    diagnostics: &mut Diagnostics,
) {
    for (index, segment) in (0..).zip(&tree.segments) {
        let Some(record) = layout.record(segment.tag) else { continue };
        for (position, field) in (1..).zip(&layout.records[record].fields) {
            let value = tree.value(segment, position, bytes);
            if value.is_empty() {
                if field.required {
                    let name = layout.designator(record, position);
                    let place = context.record(layout, tree, bytes, index, position);
                    let found = Diagnostic::new(
                        codes::LAYOUT_MISSING_FIELD,
                        format!("`{name}` is empty, it must be there"),
                        place,
                    );
                    diagnostics.push(found.remedy(
                        "ask the partner to send it; if it may be missing, take `required` away in the layout",
                    ));
                }
                continue;
            }
            let most = field.max as usize;
            if most == 0 || value.len() <= most {
                continue;
            }
            let length = charset.decode_lossy(value).chars().count();
            if length > most {
                let name = layout.designator(record, position);
                let place = context.field(layout, tree, bytes, segment.first_element + u32::from(position) - 1);
                let message = format!("`{name}` has {length} characters, at most {most} are allowed");
                diagnostics.push(
                    Diagnostic::new(codes::LAYOUT_TOO_LONG, message, place)
                        .remedy("ask the partner to shorten it, or raise `max` in the layout if the ERP can take it"),
                );
            }
        }
    }
    for occurrence in (0..).zip(&tree.occurrences).map(|(id, _)| id) {
        counted(layout, tree, bytes, occurrence, context, diagnostics);
    }
}

/// The records that stand directly in an occurrence: those that must be there, and those that are there too often.
fn counted(
    layout: &Layout,
    tree: &Tree,
    bytes: &[u8],
    id: OccurrenceId,
    context: &DocumentContext,
    diagnostics: &mut Diagnostics,
) {
    let occurrence = &tree.occurrences[id as usize];
    let inside = |record: &super::Record| {
        let segments = tree.segments_in(id).filter(|index| tree.segments[*index as usize].item == record.item);
        let loops = tree.children_of(id).filter(|inner| Some(tree.occurrences[*inner as usize].item) == record.opens);
        if record.opens.is_some() { loops.count() } else { segments.count() }
    };
    for record in &layout.records {
        let stands_here = match record.parent.filter(|parent| Some(*parent) != layout.document) {
            None => id == 0,
            Some(parent) => layout.records[parent].opens == Some(occurrence.item) && occurrence.item != ItemId::ROOT,
        };
        if !stands_here || record.outside.is_some() || (!record.required && record.max == u32::MAX) {
            continue;
        }
        let count = inside(record);
        let place = || match occurrence.first_segment {
            first if (first as usize) < tree.segments.len() => context.record(layout, tree, bytes, first, 0),
            _ => context.whole(),
        };
        if count == 0 && record.required {
            let message = format!("there is no `{}`, at least one must be there", record.name);
            diagnostics.push(
                Diagnostic::new(codes::LAYOUT_MISSING_RECORD, message, place())
                    .remedy("ask the partner to send it; if it may be missing, take `required` away in the layout"),
            );
        } else if count > record.max as usize {
            let message = format!("there are {count} `{}`, at most {} are allowed", record.name, record.max);
            diagnostics.push(
                Diagnostic::new(codes::LAYOUT_TOO_MANY_RECORDS, message, place())
                    .remedy("ask the partner which is meant, or raise `max` in the layout"),
            );
        }
    }
}
