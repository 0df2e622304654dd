//! BSN05: the order of kinds in which the levels of a ship notice stand in one another, against the tree that came.

use super::super::place::Part;
use super::super::reader::SetHeader;
use super::super::rule;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::X12_HIERARCHICAL_STRUCTURE;
use crate::tree::{Level, Parent, Tag, Tree};

/// What BSN05 says of the levels, for the orders that ship notices have: their kinds have one letter each.
const ORDERS: &[(&[u8], &[u8])] = &[(b"0001", b"SOPI"), (b"0002", b"SOIP"), (b"0003", b"SPOI"), (b"0004", b"SOI")];

const BSN: Tag = Tag(u32::from_be_bytes(*b"BSN\0"));
const POSITION: u16 = 5;
/// So deep a path is told; a deeper one is cut.
const DEEPEST: usize = 12;

/// Says that the levels stand in one another otherwise than BSN05 says. Only worth a note: a mapping goes by HL02, and many
/// partners send 0001 whatever their levels are.
pub(super) fn check(header: &SetHeader, levels: &[Level<'_>], tree: &Tree, set: &[u8]) -> Option<Diagnostic> {
    let index = tree.segments.iter().take(5).position(|segment| segment.tag == BSN)?;
    let segment = &tree.segments[index];
    let said = tree.value(segment, POSITION, set).trim_ascii();
    let (_, order) = ORDERS.iter().find(|(code, ..)| *code == said)?;
    // How far along the order a level stands; past it where the level does not follow it.
    let mut depths: Vec<usize> = Vec::with_capacity(levels.len());
    for (at, level) in levels.iter().enumerate() {
        let depth = match level.parent {
            Parent::Level(parent) => depths[parent as usize] + 1,
            Parent::Unnamed if at == 0 || level.code == levels[0].code => 0,
            // Without the parent nothing can be said of the tree.
            _ => return None,
        };
        if order.get(depth..=depth) != Some(level.code) {
            return Some(found(header, levels, at, (tree, set), index, order));
        }
        depths.push(depth);
    }
    None
}

fn found(
    header: &SetHeader,
    levels: &[Level<'_>],
    at: usize,
    (tree, set): (&Tree, &[u8]),
    index: usize,
    order: &[u8],
) -> Diagnostic {
    let shown = order.iter().map(|kind| char::from(*kind).to_string()).collect::<Vec<_>>().join("-");
    let mut path = Vec::new();
    let mut next = Some(at);
    while let Some(level) = next.map(|at| &levels[at]).filter(|_| path.len() < DEEPEST) {
        path.push(String::from_utf8_lossy(level.code).into_owned());
        next = match level.parent {
            Parent::Level(parent) => Some(parent as usize),
            _ => None,
        };
    }
    path.reverse();
    let segment = &tree.segments[index];
    let said = String::from_utf8_lossy(tree.value(segment, POSITION, set));
    let message = format!("BSN05 is {said}, levels {shown}, but the document has levels {}", path.join("-"));
    let place = header.context.element(tree, set, index as u32, POSITION, Part::default());
    let diagnostic = Diagnostic::new(X12_HIERARCHICAL_STRUCTURE, message, place)
        .cause("the first path that differs is shown; the tree is read from HL02, so nothing depends on BSN05")
        .remedy("nothing to do; many partners send the same code whatever their levels are");
    match header.grammar.and_then(|grammar| grammar.definition(segment.item)) {
        Some(definition) => diagnostic.rule(rule::element(header, segment.item, definition, POSITION, None)),
        None => diagnostic,
    }
}
