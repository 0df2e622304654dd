//! What was written, checked against the table of its document before it counts as written.
//!
//! An object may say too little for a segment that the mapping writes of it: a quantity without its unit, a party without
//! a name. The receiver's translator would reject the document; here it is told with the canonical field that is missing.

use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, Place, Severity, codes};
use crate::mapping::Plan;
use crate::tree::{ElementUse, Tag, Tree};
use crate::x12::guide::{Direction, Guide};
use crate::x12::reader::SetHeader;
use crate::x12::validate::validate;

/// Tells what the table does not allow in the transaction set that `plan` wrote, `set` being its bytes.
pub(super) fn check(plan: &Plan, header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    let mut faults = Diagnostics::unlimited();
    validate(header, tree, set, &mut faults);
    for fault in faults.take() {
        let (code, cause) = match fault.severity {
            Severity::Error => (codes::MAPPING_INVALID_DOCUMENT, "the partner's system would reject the document"),
            _ => (codes::MAPPING_DOUBTFUL_DOCUMENT, "the table demands it; many partners do not mind"),
        };
        let fields = fields_of(plan, &fault.place);
        let (place, remedy) = place_and_remedy(plan, &fields, fault.place);
        diagnostics.push(Diagnostic::new(code, fault.message, place).cause(cause).remedy(remedy));
    }
    for (segment, index) in tree.segments.iter().zip(0..) {
        let Some(definition) = plan.grammar.definition(segment.item) else { continue };
        let has = |position: u16| !tree.value(segment, position, set).is_empty();
        for note in &definition.syntax {
            let broken = Note::read(note).and_then(|note| note.broken(segment.tag, &definition.elements, has));
            let Some(broken) = broken else { continue };
            let missing = broken.missing.iter();
            let fields: Vec<String> = missing.flat_map(|position| plan.fields_at(segment.tag, *position)).collect();
            let (place, remedy) = place_and_remedy(plan, &fields, header.context.segment(tree, set, index).into());
            let cause = format!("syntax note {note} of {}; many partners do not mind", segment.tag);
            let diagnostic = Diagnostic::new(codes::MAPPING_DOUBTFUL_DOCUMENT, broken.message, place);
            diagnostics.push(diagnostic.cause(cause).remedy(remedy));
        }
    }
}

/// Tells what of the transaction set that `plan` wrote the partner's guide does not allow.
pub(super) fn guide(
    plan: &Plan,
    guide: &Guide,
    header: &SetHeader,
    tree: &Tree,
    set: &[u8],
    diagnostics: &mut Diagnostics,
) {
    let mut faults = Diagnostics::unlimited();
    guide.check(Direction::Send, header, tree, set, &mut faults);
    for fault in faults.take() {
        let (code, cause) = match fault.severity {
            Severity::Error => {
                (codes::MAPPING_INVALID_DOCUMENT, "by their own guide the partner may reject the document")
            }
            _ => (codes::MAPPING_DOUBTFUL_DOCUMENT, "the guide says that the partner is only told of it"),
        };
        let fields = fields_of(plan, &fault.place);
        let (place, remedy) = place_and_remedy(plan, &fields, fault.place);
        let found = Diagnostic::new(code, fault.message, place).cause(cause).remedy(remedy);
        diagnostics.push(Diagnostic { rule: fault.rule, ..found });
    }
}

/// The canonical fields that are written to the element that a place means.
fn fields_of(plan: &Plan, place: &Place) -> Vec<String> {
    let Place::Payload(place) = place else { return Vec::new() };
    let tag = Tag::new(place.segment.as_deref().unwrap_or_default().as_bytes());
    place.element.map_or_else(Vec::new, |element| plan.fields_at(tag, element))
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

/// A syntax note, such as `P0304`: elements 3 and 4 are there together or not at all.
struct Note<'n> {
    kind: u8,
    /// Two for each position.
    digits: &'n [u8],
}

/// What breaks a note, and the elements that would mend it.
struct Broken {
    message: String,
    missing: Vec<u16>,
}

impl<'n> Note<'n> {
    fn read(text: &'n str) -> Option<Self> {
        let (kind, digits) = text.as_bytes().split_first()?;
        Some(Self { kind: *kind, digits })
    }

    fn positions(&self) -> impl Iterator<Item = u16> {
        let (pairs, _) = self.digits.as_chunks();
        pairs.iter().map(|[tens, ones]| u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
    }

    fn broken(&self, tag: Tag, elements: &[ElementUse], has: impl Fn(u16) -> bool) -> Option<Broken> {
        let first = self.positions().next()?;
        let (count, there) = (self.digits.len() / 2, self.positions().filter(|position| has(*position)).count());
        let broken = match self.kind {
            b'P' => there > 0 && there < count,
            b'R' => there == 0,
            b'E' => there > 1,
            b'C' => there < count && has(first),
            b'L' => there == 1 && has(first),
            _ => false,
        };
        broken.then(|| self.told(tag, elements, has))
    }

    fn told(&self, tag: Tag, elements: &[ElementUse], has: impl Fn(u16) -> bool) -> Broken {
        let named = |positions: &[u16], word: &str| {
            let name = |position: &u16| {
                let name = elements.get(usize::from(*position) - 1).map_or("", |element| &element.name);
                format!("{tag}{position:02} ({name})")
            };
            positions.iter().map(name).collect::<Vec<_>>().join(word)
        };
        let all: Vec<u16> = self.positions().collect();
        let (there, missing): (Vec<u16>, Vec<u16>) = self.positions().partition(|position| has(*position));
        let message = match self.kind {
            b'R' => format!("{tag} needs {}", named(&all, " or ")),
            b'E' => format!("{tag} may have only one of {}", named(&there, ", ")),
            b'L' => format!("with {}, {tag} needs {}", named(&all[..1], ""), named(&all[1..], " or ")),
            _ => format!("with {}, {tag} needs {} too", named(&there, " and "), named(&missing, " and ")),
        };
        // Of an exclusion nothing is missing; what is too many is to be left out.
        Broken { message, missing: if self.kind == b'E' { Vec::new() } else { missing } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_notes_say_what_is_missing() {
        let check = |note: &str, there: &[u16], expected: Option<(&str, &[u16])>| {
            let broken = Note::read(note)
                .and_then(|note| note.broken(Tag::new(b"N1"), &[], |position| there.contains(&position)));
            let found = broken.as_ref().map(|broken| (broken.message.as_str(), broken.missing.as_slice()));
            assert_eq!(found, expected, "{note} with {there:?}");
        };
        check("P0304", &[], None);
        check("P0304", &[3, 4], None);
        check("P0304", &[3], Some(("with N103 (), N1 needs N104 () too", &[4])));
        check("R0203", &[2], None);
        check("R0203", &[1], Some(("N1 needs N102 () or N103 ()", &[2, 3])));
        check("E0506", &[5], None);
        check("E0506", &[5, 6], Some(("N1 may have only one of N105 (), N106 ()", &[])));
        check("C0204", &[4], None);
        check("C0204", &[2], Some(("with N102 (), N1 needs N104 () too", &[4])));
        check("L020304", &[2, 4], None);
        check("L020304", &[2], Some(("with N102 (), N1 needs N103 () or N104 ()", &[3, 4])));
    }
}
