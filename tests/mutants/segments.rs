//! Faults of whole segments and loops.

use super::{Broken, Document, Mutant, Mutator, Random};
use crossdock::tree::{ItemId, Tag};
use crossdock::x12::dictionary;

pub(super) const MUTATORS: &[(&str, Mutator)] = &[
    ("mandatory segment dropped", drop_mandatory),
    ("first trigger of a loop dropped", drop_first_trigger),
    ("later trigger of a loop dropped", drop_later_trigger),
    ("neighbours swapped", swap),
    ("segment repeated past its limit", repeat),
    ("loop repeated past its limit", repeat_loop),
    ("segment that no release has", unknown),
    ("segment of other sets", of_other_sets),
    ("segment emptied", empty),
    ("level names a parent that is not there", parent),
    ("level numbered like another", number),
    ("child code turned round", child_code),
];

fn mutant(document: &mut Document, broken: Broken) -> Option<Mutant> {
    Some(Mutant { bytes: document.counted(), broken })
}

fn item(document: &Document, index: usize) -> ItemId {
    document.segment(index).item
}

/// Indices of the body, without ST and SE, that are `such`.
fn indices(document: &Document, such: impl Fn(usize) -> bool) -> Vec<usize> {
    (1..document.set.len() - 1).filter(|index| such(*index)).collect()
}

fn drop_mandatory(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |index: usize| {
        let item = item(document, index);
        document.grammar.item(item).required && !document.grammar.is_trigger(item)
    };
    let index = *random.of(&indices(document, such))?;
    let tag = document.tag(index);
    document.set.remove(index);
    mutant(document, Broken::at(&["x12.missing-segment"], index, &tag, 0))
}

/// A trigger with other segments of its loop behind it.
fn trigger(document: &Document, random: &mut Random, first: bool) -> Option<usize> {
    let such = |index: usize| {
        let at = document.segment(index);
        let next = document.segment(index + 1);
        let inside = |mut occurrence: u32| {
            while occurrence != 0 && occurrence != at.occurrence {
                occurrence = document.tree().occurrences[occurrence as usize].parent;
            }
            occurrence == at.occurrence
        };
        // Occurrences come in the document's order.
        let own = &document.tree().occurrences[at.occurrence as usize];
        let mut before = document.tree().occurrences[..at.occurrence as usize].iter();
        let is_first = !before.any(|other| other.item == own.item && other.parent == own.parent);
        document.grammar.is_trigger(at.item) && inside(next.occurrence) && next.tag != at.tag && is_first == first
    };
    random.of(&indices(document, such)).copied()
}

fn drop_first_trigger(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let index = trigger(document, random, true)?;
    let tag = document.tag(index);
    document.set.remove(index);
    mutant(document, Broken::at(&["x12.missing-trigger"], index, &tag, 0))
}

fn drop_later_trigger(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let index = trigger(document, random, false)?;
    let tag = document.tag(index);
    document.set.remove(index);
    mutant(document, Broken::at(&["x12.missing-trigger"], index, &tag, 0))
}

fn swap(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |index: usize| {
        let (one, other) = (document.segment(index), document.segment(index + 1));
        let plain = |item: ItemId| !document.grammar.is_trigger(item);
        one.occurrence == other.occurrence
            && one.item < other.item
            && plain(one.item)
            && plain(other.item)
            && index + 2 < document.set.len()
    };
    let index = *random.of(&indices(document, such))?;
    document.set.swap(index, index + 1);
    let tag = document.tag(index + 1);
    mutant(document, Broken::at(&["x12.segment-order"], index + 1, &tag, 0))
}

/// Most repetitions that are worth making.
const MOST: u32 = 60;

fn repeat(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |index: usize| {
        let item = item(document, index);
        document.grammar.item(item).max <= MOST && !document.grammar.is_trigger(item)
    };
    let index = *random.of(&indices(document, such))?;
    let (own, segment) = (document.segment(index), document.set[index].clone());
    let same =
        |at: &usize| document.segment(*at).item == own.item && document.segment(*at).occurrence == own.occurrence;
    let there: Vec<usize> = indices(document, |at| same(&at));
    let (last, most) = (*there.last()?, document.grammar.item(own.item).max as usize);
    let copies = most + 1 - there.len();
    document.set.splice(last + 1..last + 1, vec![segment.clone(); copies]);
    mutant(document, Broken::at(&["x12.too-many-segments"], last + copies, &segment[0], 0))
}

fn repeat_loop(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |index: usize| {
        let item = item(document, index);
        document.grammar.is_trigger(item) && document.grammar.item(document.grammar.item(item).parent).max <= MOST
    };
    let index = *random.of(&indices(document, such))?;
    let own = document.segment(index);
    let loop_item = document.grammar.item(own.item).parent;
    let parent = document.tree().occurrences[own.occurrence as usize].parent;
    let occurrences = document.tree().occurrences.iter();
    let there = occurrences.filter(|known| known.item == loop_item && known.parent == parent).count();
    // The copies go before the first one, so that what stands in the loop stays in the last.
    let first = indices(document, |at| document.segment(at).item == own.item)[0];
    let copies = document.grammar.item(loop_item).max as usize + 1 - there;
    let tag = document.tag(index);
    let lone = document.set[index].clone();
    document.set.splice(first..first, vec![lone; copies]);
    let after = indices_of(document, &tag, first);
    let surplus = *after.get(document.grammar.item(loop_item).max as usize)?;
    mutant(document, Broken::at(&["x12.too-many-loops"], surplus, &tag, 0))
}

/// Indices of the segments `tag` from `from` on.
fn indices_of(document: &Document, tag: &str, from: usize) -> Vec<usize> {
    (from..document.set.len()).filter(|index| document.set[*index][0] == tag).collect()
}

fn unknown(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let index = 1 + random.below(document.set.len() - 1);
    let tag = (*random.of(&["QZ9", "W99", "XX", "A9", "ZZZ"])?).to_owned();
    if dictionary::segment(document.release, &tag).is_some() {
        return None;
    }
    document.set.insert(index, vec![tag.clone(), "1".to_owned()]);
    mutant(document, Broken::at(&["x12.unknown-segment"], index, &tag, 0))
}

fn of_other_sets(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let index = 1 + random.below(document.set.len() - 1);
    let known = |tag: &&str| document.grammar.items.iter().any(|item| item.tag == Tag::new(tag.as_bytes()));
    // Binary data has a form of its own; others open or end what is around the set.
    let special = |tag: &&str| ["BIN", "BDS", "ST", "SE"].contains(tag);
    let others: Vec<&str> = dictionary::segments(document.release).filter(|tag| !known(tag) && !special(tag)).collect();
    let tag = (*random.of(&others)?).to_owned();
    document.set.insert(index, vec![tag.clone(), "1".to_owned()]);
    mutant(document, Broken::at(&["x12.unexpected-segment"], index, &tag, 0))
}

fn empty(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |index: usize| {
        let elements = &document.definition(index).elements;
        elements.iter().all(|element| element.requirement != crossdock::tree::Requirement::Mandatory)
    };
    let index = *random.of(&indices(document, such))?;
    document.set[index].truncate(1);
    let tag = document.tag(index);
    mutant(document, Broken::at(&["x12.empty-segment"], index, &tag, 0))
}

fn parent(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let levels = indices(document, |index| document.set[index][0] == "HL");
    let index = *random.of(&levels)?;
    let own = document.set[index][1].clone();
    let wrong = [own, "99".to_owned(), (levels.len() + 1).to_string()];
    document.put(index, 2, random.of(&wrong)?);
    mutant(document, Broken::at(&["x12.hierarchy-parent"], index, "HL", 2))
}

fn number(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let levels = indices(document, |index| document.set[index][0] == "HL");
    let (one, other) = (random.below(levels.len()), random.below(levels.len()));
    if one >= other {
        return None;
    }
    let same = document.set[levels[one]][1].clone();
    document.put(levels[other], 1, &same);
    mutant(document, Broken::at(&["x12.hierarchy-number"], levels[other], "HL", 1))
}

fn child_code(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let levels = indices(document, |index| document.set[index][0] == "HL");
    let index = *random.of(&levels)?;
    let turned = if document.set[index].get(4).map(String::as_str) == Some("1") { "0" } else { "1" };
    document.put(index, 4, turned);
    mutant(document, Broken::at(&["x12.hierarchy-child-code"], index, "HL", 4))
}
