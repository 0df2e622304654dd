//! Holds a document against its layout: records and fields that must be there, how often, how long, and of which characters.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
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
    // The sets of X12 are for X12: of another file they say nothing.
    let charset = match charset {
        Charset::X12Basic | Charset::X12Extended => Charset::guess(bytes),
        charset => charset,
    };
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
            let name = || layout.designator(record, position);
            let place = || context.field(layout, tree, bytes, segment.first_element + u32::from(position) - 1);
            if let Some((what, severity, remedy)) = no_character(layout, value, charset, context) {
                let (code, message) = match layout.is_xml() {
                    true => (codes::LAYOUT_XML, format!("the file is not well-formed XML: `{}` {what}", name())),
                    false => (codes::LAYOUT_CHARACTER, format!("`{}` {what}", name())),
                };
                diagnostics.push(Diagnostic::new(code, message, place()).severity(severity).remedy(remedy));
            }
            let most = field.max as usize;
            if most == 0 || value.len() <= most {
                continue;
            }
            let length = charset.decode_lossy(value).chars().count();
            if length > most {
                let (name, place) = (name(), place());
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

/// What is wrong with the characters of a text, how bad that is, and what to do: bytes that are none are lost, control characters are not.
fn no_character(
    layout: &Layout,
    value: &[u8],
    charset: Charset,
    context: &DocumentContext,
) -> Option<(String, Severity, &'static str)> {
    if value.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    let text = match charset.decode(value) {
        Ok(text) => text,
        Err(at) => {
            let byte = value.get(at).copied().unwrap_or_default();
            let what = format!("holds byte 0x{byte:02X}, which is no character of {}", charset.name());
            let remedy = "ask the partner in which character set they write, and name it in the layout (`encoding`) or their profile (`charset`); if it is the right one, the text is damaged";
            return Some((what, Severity::Error, remedy));
        }
    };
    if context.order.is_some() && text.contains(char::REPLACEMENT_CHARACTER) {
        let what = "holds half a character of UTF-16".to_owned();
        return Some((what, Severity::Error, "ask the partner to send it again: the text is damaged"));
    }
    // A text in quotes may have several lines; what XML does not have is told when it is read.
    let is_control = |character: &char| character.is_control() && !['\t', '\n', '\r'].contains(character);
    let control = text.chars().find(is_control).filter(|_| !layout.is_xml())?;
    let what = format!("holds the control character U+{:04X}", u32::from(control));
    Some((what, Severity::Warning, "ask the partner to send text without control characters"))
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
