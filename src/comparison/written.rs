//! What is written of one object by two ways: by segment and element, each with the field that stands there and the
//! mapping's line that puts it there.

use crate::canonical::Object;
use crate::diagnostic::Diagnostic;
use crate::mapping::{Plan, explain};
use crate::tree::Tree;

use super::document::failing;
use super::remarks::difference_of_remarks;
use super::{Change, Kind, Told};

/// What was written of an object by one way.
#[derive(Debug, Default)]
pub struct WrittenSide {
    /// Does it go out?
    pub good: bool,
    /// Its segments, without those that frame the set.
    pub segments: Vec<WrittenSegment>,
    /// What was told of it.
    pub found: Vec<Diagnostic>,
}

/// A segment that was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrittenSegment {
    /// Its identifier.
    pub tag: String,
    /// Where it stands in the set, of which ST is the first: `segment 2`; of a file of another format `record 2`.
    pub place: String,
    /// Its elements.
    pub elements: Vec<WrittenElement>,
}

/// An element that was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrittenElement {
    /// Its name, such as `W1203`.
    name: String,
    /// Its text.
    text: String,
    /// The field that stands there; `None` of what the mapping knows without the object.
    field: Option<String>,
    /// The mapping's line.
    line: Option<String>,
}

/// The segments of a set that `plan` has read back into `object`.
#[must_use]
pub fn segments(plan: &Plan, tree: &Tree, bytes: &[u8], object: &Object) -> Vec<WrittenSegment> {
    let mut writers: Vec<(Option<String>, Option<String>)> = vec![(None, None); tree.elements.len()];
    for one in explain(plan, tree, bytes, object) {
        for source in &one.sources {
            let writer = &mut writers[source.element as usize];
            if writer.0.is_none() {
                *writer = (Some(one.path.clone()), one.line.clone());
            }
        }
    }
    let mut segments = Vec::new();
    for (segment, position) in tree.segments.iter().zip(1..) {
        let tag = segment.tag.to_string();
        if !plan.grammar.is_layout() && FRAME.contains(&tag.as_str()) {
            continue;
        }
        let element = |position: u16| {
            let (field, line) =
                tree.element(segment, position).map(|id| writers[id as usize].clone()).unwrap_or_default();
            let text = String::from_utf8_lossy(tree.value(segment, position, bytes)).into_owned();
            let name = plan.grammar.designator(segment.tag, position);
            WrittenElement { name, text, field, line }
        };
        let place = format!("{} {position}", plan.grammar.segment_word());
        segments.push(WrittenSegment { tag, place, elements: (1..=segment.element_count).map(element).collect() });
    }
    segments
}

/// The envelope's part of a set.
const FRAME: [&str; 2] = ["ST", "SE"];

/// All differences between what the two ways write.
#[must_use]
pub fn compare_written(old: &WrittenSide, new: &WrittenSide) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut was, mut is): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        (old.found.iter().collect(), new.found.iter().collect());
    match (old.good, new.good) {
        (true, false) => changes.push(failing(Kind::Fails, &mut is)),
        (false, true) => changes.push(failing(Kind::Passes, &mut was)),
        (true, true) => {
            for (was, is) in aligned(&old.segments, &new.segments) {
                segment(was, is, &mut changes);
            }
        }
        (false, false) => {}
    }
    difference_of_remarks(&was, &is, &mut changes);
    changes
}

/// The differences of two segments, or one that stands on one side only.
fn segment(was: Option<&WrittenSegment>, is: Option<&WrittenSegment>, changes: &mut Vec<Change>) {
    let (was, is) = match (was, is) {
        (Some(was), Some(is)) => (was, is),
        (was, is) => {
            let kind = if is.is_some() { Kind::Added } else { Kind::Removed };
            let Some(one) = was.or(is) else { return };
            let path = format!("{} {}", one.place, one.tag);
            changes.push(Change { kind, subject: one.tag.clone(), path, before: was.map(whole), after: is.map(whole) });
            return;
        }
    };
    for at in 0..was.elements.len().max(is.elements.len()) {
        let there =
            |segment: &WrittenSegment| segment.elements.get(at).filter(|element| !element.text.is_empty()).cloned();
        let (before, after) = (there(was), there(is));
        let kind = match (&before, &after) {
            (Some(before), Some(after)) if before.text != after.text => Kind::Changed,
            (Some(_), None) => Kind::Removed,
            (None, Some(_)) => Kind::Added,
            _ => continue,
        };
        let subject = before.as_ref().or(after.as_ref()).map_or_else(String::new, |element| element.name.clone());
        let path = format!("{} {subject}", is.place);
        changes.push(Change { kind, subject, path, before: before.map(told), after: after.map(told) });
    }
}

fn told(element: WrittenElement) -> Told {
    Told { value: element.text, place: element.field, line: element.line, ..Told::default() }
}

/// A segment on one line, with the first of its fields and lines.
fn whole(segment: &WrittenSegment) -> Told {
    let mut value = segment.tag.clone();
    segment.elements.iter().for_each(|element| value.push_str(&format!("*{}", element.text)));
    let first = |part: fn(&WrittenElement) -> &Option<String>| {
        segment.elements.iter().find_map(|element| part(element).clone())
    };
    Told { value, place: first(|element| &element.field), line: first(|element| &element.line), ..Told::default() }
}

type Pair<'a> = (Option<&'a WrittenSegment>, Option<&'a WrittenSegment>);

/// More pairs of segments than these are not weighed up: then the first of a name belongs to the first.
const WEIGHED: usize = 4_000_000;

/// The segments of both sides in their order, those that belong to each other together: of one name, and as alike as
/// possible over all.
fn aligned<'a>(old: &'a [WrittenSegment], new: &'a [WrittenSegment]) -> Vec<Pair<'a>> {
    let alike = |(was, is): &(&WrittenSegment, &WrittenSegment)| same_text(was, is);
    let begins = old.iter().zip(new).take_while(alike).count();
    let (was, is) = (&old[begins..], &new[begins..]);
    let ends = was.iter().rev().zip(is.iter().rev()).take_while(alike).count();
    let (was, is) = (&was[..was.len() - ends], &is[..is.len() - ends]);
    if was.len().saturating_mul(is.len()) > WEIGHED {
        return in_order(was, is);
    }
    weighed(was, is)
}

fn same_text(was: &WrittenSegment, is: &WrittenSegment) -> bool {
    was.tag == is.tag && weight(was, is) == FULL
}

/// How alike two segments of one name are; 0 of those of different names.
fn weight(was: &WrittenSegment, is: &WrittenSegment) -> u32 {
    let most = was.elements.len().max(is.elements.len());
    let same = was.elements.iter().zip(&is.elements).filter(|(was, is)| was.text == is.text).count();
    match (was.tag == is.tag, most) {
        (false, _) => 0,
        (true, 0) => FULL,
        (true, most) => 1 + ((FULL - 1) as usize * same / most) as u32,
    }
}

/// The weight of two that are the same.
const FULL: u32 = 100;

/// The pairing with the greatest weight of all.
fn weighed<'a>(was: &'a [WrittenSegment], is: &'a [WrittenSegment]) -> Vec<Pair<'a>> {
    let width = is.len() + 1;
    let mut best = vec![0u32; (was.len() + 1) * width];
    for (row, one) in was.iter().enumerate().rev() {
        for (column, other) in is.iter().enumerate().rev() {
            let weight = weight(one, other);
            let paired = if weight > 0 { weight + best[(row + 1) * width + column + 1] } else { 0 };
            let apart = best[(row + 1) * width + column].max(best[row * width + column + 1]);
            best[row * width + column] = paired.max(apart);
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut pairs = Vec::new();
    while row < was.len() && column < is.len() {
        let here = best[row * width + column];
        let weight = weight(&was[row], &is[column]);
        if weight > 0 && here == weight + best[(row + 1) * width + column + 1] {
            pairs.push((Some(&was[row]), Some(&is[column])));
            (row, column) = (row + 1, column + 1);
        } else if here == best[(row + 1) * width + column] {
            pairs.push((Some(&was[row]), None));
            row += 1;
        } else {
            pairs.push((None, Some(&is[column])));
            column += 1;
        }
    }
    pairs.extend(was[row..].iter().map(|one| (Some(one), None)));
    pairs.extend(is[column..].iter().map(|one| (None, Some(one))));
    pairs
}

/// The n-th of a name on one side and on the other.
fn in_order<'a>(was: &'a [WrittenSegment], is: &'a [WrittenSegment]) -> Vec<Pair<'a>> {
    let mut left: Vec<Option<&WrittenSegment>> = is.iter().map(Some).collect();
    let mut from = std::collections::HashMap::new();
    let mut pairs = Vec::new();
    for one in was {
        let start = from.entry(one.tag.as_str()).or_insert(0);
        let found = (*start..is.len()).find(|at| left[*at].is_some_and(|other| other.tag == one.tag));
        *start = found.map_or(is.len(), |at| at + 1);
        pairs.push((Some(one), found.and_then(|at| left[at].take())));
    }
    pairs.extend(left.into_iter().flatten().map(|one| (None, Some(one))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::{WrittenElement, WrittenSegment, WrittenSide, compare_written, in_order};

    fn side(text: &str) -> WrittenSide {
        let segment = |(line, position): (&str, u32)| {
            let mut parts = line.split('*').map(str::to_owned);
            let tag = parts.next().unwrap();
            let element = |(text, at): (String, usize)| WrittenElement {
                name: format!("{tag}{at:02}"),
                text,
                ..WrittenElement::default()
            };
            let elements = parts.zip(1..).map(element).collect();
            WrittenSegment { tag, place: format!("segment {position}"), elements }
        };
        WrittenSide { good: true, segments: text.split('~').zip(2..).map(segment).collect(), found: Vec::new() }
    }

    fn check(old: &str, new: &str, expected: &[&str]) {
        let value = |told: Option<super::Told>| told.map_or("-".to_owned(), |told| told.value);
        let found: Vec<String> = compare_written(&side(old), &side(new))
            .into_iter()
            .map(|one| format!("{} {}: {} {}", one.path, one.kind.word(), value(one.before), value(one.after)))
            .collect();
        assert_eq!(found, expected, "{old} {new}");
    }

    #[test]
    fn differences_are_told_by_segment_and_element() {
        check("W06*F*A1~N1*ST*X", "W06*F*A1~N1*ST*X", &[]);
        check(
            "W06*F*A1~N1*ST*X",
            "W06*F*A2*20260101~N1*ST",
            &["segment 2 W0602 changed: A1 A2", "segment 2 W0603 added: - 20260101", "segment 3 N102 removed: X -"],
        );
    }

    #[test]
    fn a_segment_that_comes_or_goes_does_not_shift_the_others() {
        check(
            "N9*BM*1~N9*CN*2~LX*1~W12*CC*5",
            "N9*BM*1~N9*ZZ*7~N9*CN*2~LX*1~W12*SH*5",
            &["segment 3 N9 added: - N9*ZZ*7", "segment 6 W1201 changed: CC SH"],
        );
        check("N9*BM*1~N9*LT*2~LX*1", "N9*BM*1~LX*1", &["segment 3 N9 removed: N9*LT*2 -"]);
    }

    #[test]
    fn of_too_many_segments_the_first_belongs_to_the_first_of_its_name() {
        let (old, new) = (side("N9*1~LX*1~N9*2"), side("LX*1~N9*2"));
        let pairs = in_order(&old.segments, &new.segments);
        let text =
            |one: Option<&WrittenSegment>| one.map_or("-".to_owned(), |one| format!("{} {}", one.tag, one.place));
        let pairs: Vec<String> = pairs.into_iter().map(|(was, is)| format!("{} {}", text(was), text(is))).collect();
        assert_eq!(pairs, ["N9 segment 2 N9 segment 3", "LX segment 3 LX segment 2", "N9 segment 4 -"]);
    }
}
