//! What the dictionary holds, against the counts of its source and against single facts.

use super::*;
use crate::tree::placement::{Cursor, Placed, place};
use crate::tree::{ElementType, ElementUse, ItemId, ItemKind, NONE, Requirement, Segment, Tag, Tree};

fn release(name: &str) -> Release {
    let (release, fit) = release_for(name);
    assert_eq!(fit, Match::Exact);
    release
}

fn use_of(release_name: &str, tag: &str, position: usize) -> &'static ElementUse {
    &segment(release(release_name), tag).unwrap().elements[position - 1]
}

fn assert_ascending<'a>(ids: impl Iterator<Item = &'a str>) {
    let ids: Vec<&str> = ids.collect();
    assert!(ids.is_sorted() && !ids.is_empty(), "{ids:?}");
}

#[test]
fn the_counts_are_those_of_the_source() {
    let counts = |release: Release| {
        let definitions: Vec<_> = segments(release).map(|tag| segment(release, tag).unwrap()).collect();
        let uses: usize = definitions.iter().map(|definition| definition.elements.len()).sum();
        let notes: usize = definitions.iter().map(|definition| definition.syntax.len()).sum();
        let files = &release.files().files;
        let (elements, composites) = (files.elements.lines().count(), files.composites.lines().count());
        (sets(release).count(), definitions.len(), elements, composites, notes, uses)
    };
    assert_eq!(counts(release("004010")), (26, 225, 517, 4, 501, 1946));
    assert_eq!(counts(release("005010")), (29, 235, 523, 7, 521, 2008));
    assert_eq!(releases().map(Release::name).collect::<Vec<_>>(), ["004010", "005010"]);
}

#[test]
fn the_code_lists_are_whole_and_every_code_is_found() {
    let interchange = |list: &&CodeList| list.number.starts_with('I') || list.number == "455";
    let codes = |lists: &[&CodeList]| lists.iter().map(|list| list.codes().count()).sum::<usize>();
    let (envelope, sets): (Vec<_>, Vec<_>) = code_lists().iter().partition(interchange);
    assert_eq!((sets.len(), codes(&sets)), (246, 26_332));
    assert_eq!((envelope.len(), codes(&envelope)), (10, 95));
    assert_ascending(code_lists().iter().map(|list| list.number));
    for list in code_lists() {
        assert_ascending(list.codes().map(|value| value.code));
        for value in list.codes() {
            assert_eq!(list.find(value.code), Some(value), "{} {}", list.number, value.code);
            assert!(!value.code.contains([' ', '|']) && value.name != Some(""), "{value:?}");
            let known = |name| releases().any(|release| release.name() == name);
            assert!(value.releases.split_whitespace().all(known), "{value:?}");
        }
        for release in releases() {
            let read: Vec<&str> = list.codes().filter(|value| value.is_in(release)).map(|value| value.code).collect();
            assert_eq!(list.codes_of(release).collect::<Vec<_>>(), read, "{} of {release}", list.number);
        }
        assert_eq!(list.find(""), None);
        assert_eq!(list.find("~"), None);
    }
}

#[test]
fn every_reference_resolves_and_every_table_is_sorted() {
    for release in releases() {
        assert_ascending(segments(release));
        assert_ascending(sets(release).map(|title| title.set));
        let files = &release.files().files;
        for text in [files.elements, files.composites] {
            assert_ascending(text.lines().map(|line| line.split(' ').next().unwrap()));
        }
        for tag in segments(release) {
            for element_use in &segment(release, tag).unwrap().elements {
                check_use(release, tag, element_use);
            }
        }
        for line in files.composites.lines() {
            let id = line.split(' ').next().unwrap();
            assert!(!composite(release, id).unwrap().elements.is_empty(), "{id}");
        }
    }
    for version in ["00401", "00501"] {
        for tag in ["ISA", "IEA", "TA1", "GS", "GE"] {
            assert!(envelope(version, tag).is_some(), "{version} {tag}");
        }
    }
}

fn check_use(release: Release, tag: &str, element_use: &ElementUse) {
    let number = &element_use.number;
    if element_use.kind == ElementType::Composite {
        assert_eq!(element_use.components.len(), composite(release, number).unwrap().elements.len());
        return;
    }
    let element = element(release, number).unwrap();
    assert!(1 <= element.min && element.min <= element.max, "{tag} {number}");
    assert!(element.kind == ElementType::Code || !element.external, "{tag} {number}");
    // An ID has a list here, or someone else keeps it.
    let listed = code_list(number).is_some();
    assert_eq!(listed, element.kind == ElementType::Code && !element.external, "{tag} {number}");
}

#[test]
fn single_facts_of_segments_are_right() {
    let check = |release_name, tag, position, expected: (&str, &str, ElementType, u32, u32)| {
        let found = use_of(release_name, tag, position);
        let found = (&*found.number, &*found.name, found.kind, found.min, found.max);
        assert_eq!(found, expected, "{release_name} {tag} {position}");
    };
    check("004010", "W12", 2, ("330", "Quantity Ordered", ElementType::Decimal, 1, 15));
    check("005010", "W12", 2, ("380", "Quantity", ElementType::Decimal, 1, 15));
    check("004010", "W05", 2, ("285", "Depositor Order Number", ElementType::Text, 1, 22));
    check("004010", "SE", 1, ("96", "Number of Included Segments", ElementType::Implied(0), 1, 10));
    check("004010", "ITA", 7, ("360", "Allowance or Charge Total Amount", ElementType::Implied(2), 1, 15));
    check("004010", "G62", 2, ("373", "Date", ElementType::Date, 8, 8));
    check("004010", "G62", 4, ("337", "Time", ElementType::Time, 4, 8));
    let w05 = segment(release("004010"), "W05").unwrap();
    assert_eq!(w05.syntax.iter().map(|note| &**note).collect::<Vec<_>>(), ["P0405"]);
    assert_eq!(use_of("004010", "W05", 4).requirement, Requirement::Conditional);
    assert_eq!(use_of("004010", "W05", 1).requirement, Requirement::Mandatory);
    assert_eq!(use_of("005010", "CTX", 1).repeat, 10);
    assert_eq!(use_of("004010", "AK4", 1).components[1].name.as_ref(), "Component Data Element Position in Composite");
    assert_eq!(composite(release("004010"), "C040").unwrap().syntax.len(), 2);
    assert!(segment(release("004010"), "W12X").is_none() && segment(release("004010"), "W12\u{fffd}").is_none());
    assert!(segment(release("004010"), "").is_none() && segment(release("004010"), "ISA").is_none());
    assert!(is_external(release("004010"), "140") && !is_external(release("004010"), "355"));
}

#[test]
fn loops_have_their_id_limit_and_bounds() {
    let advice = grammar(release("004010"), "945").unwrap();
    assert_eq!((&*advice.name, &*advice.title), ("x12/004010/945", "Warehouse Shipping Advice"));
    let item_loop = advice.items.iter().find(|item| item.loop_id.as_deref() == Some("0310")).unwrap();
    assert_eq!((item_loop.tag, item_loop.required, item_loop.max), (Tag::new(b"W12"), false, u32::MAX));
    assert_eq!(advice.item(item_loop.parent).loop_id.as_deref(), Some("0300"));
    let detail = advice.items.iter().find(|item| item.tag == Tag::new(b"LX")).unwrap();
    assert_eq!((detail.area, detail.position.as_deref()), (crate::tree::Area::Detail, None));
    let address = advice.items.iter().position(|item| item.tag == Tag::new(b"N3")).unwrap();
    assert_eq!((advice.items[address].max, advice.items[address].position.as_deref()), (2, Some("060")));
    // A bounded loop opens with LS and closes with LE.
    let is_bound = |id: &ItemId| advice.is_loop(*id) && advice.item(*id).tag == Tag::new(b"LS");
    let bound = (1..advice.items.len() as u16).map(ItemId).find(is_bound).unwrap();
    let inside: Vec<String> = advice.children(bound).map(|id| advice.item(id).tag.to_string()).collect();
    assert_eq!(inside, ["LS", "LX", "LE"]);
    assert_eq!((advice.item(bound).required, advice.item(bound).max), (false, 1));
}

#[test]
fn every_set_begins_with_st_ends_with_se_and_its_loops_open_with_their_trigger() {
    for release in releases() {
        for title in sets(release) {
            let grammar = grammar(release, title.set).unwrap();
            assert_eq!(grammar.name, format!("x12/{release}/{}", title.set));
            assert_eq!(group_code(release, title.set), Some(title.group));
            assert!(!title.title.is_empty() && title.group.len() == 2);
            let children: Vec<_> = grammar.children(ItemId::ROOT).map(|id| grammar.item(id).tag.to_string()).collect();
            assert_eq!((&*children[0], &*children[children.len() - 1]), ("ST", "SE"), "{}", grammar.name);
            for id in (1..grammar.items.len() as u16).map(ItemId).filter(|id| grammar.is_loop(*id)) {
                let trigger = grammar.item(ItemId(id.0 + 1));
                assert!(trigger.required && trigger.max == 1 && trigger.parent == id, "{}", grammar.name);
                assert_eq!(trigger.tag, grammar.item(id).tag);
            }
        }
    }
}

/// The mandatory segments of a loop, and of the mandatory loops in it, in table order; `whole` takes all of them.
fn items_in_order(grammar: &Grammar, parent: ItemId, whole: bool, into: &mut Vec<ItemId>) {
    for id in grammar.children(parent) {
        if !(whole || grammar.item(id).required) {
            continue;
        }
        match grammar.item(id).kind {
            ItemKind::Segment { .. } => into.push(id),
            ItemKind::Loop { .. } => items_in_order(grammar, id, whole, into),
        }
    }
}

fn place_all(grammar: &Grammar, items: &[ItemId]) -> Vec<(ItemId, Placed)> {
    let (mut cursor, mut tree) = (Cursor::default(), Tree::default());
    tree.clear();
    let mut step = |id: &ItemId| {
        tree.segments.push(Segment {
            tag: grammar.item(*id).tag,
            item: ItemId::UNPLACED,
            element_count: 0,
            first_element: 0,
            start: 0,
            end: 0,
            occurrence: 0,
            next: NONE,
        });
        let last = tree.segments.len() as u32 - 1;
        let placed = place(grammar, &mut cursor, &mut tree, last);
        (tree.segments[tree.segments.len() - 1].item, placed)
    };
    items.iter().map(&mut step).collect()
}

#[test]
fn the_segments_of_every_set_are_placed_where_the_table_has_them() {
    for release in releases() {
        for title in sets(release) {
            let grammar = grammar(release, title.set).unwrap();
            for whole in [false, true] {
                let mut items = Vec::new();
                items_in_order(grammar, ItemId::ROOT, whole, &mut items);
                let expected: Vec<_> = items.iter().map(|id| (*id, Placed::InOrder)).collect();
                assert!(items.len() >= 3, "{}", grammar.name);
                assert_eq!(place_all(grammar, &items), expected, "{}", grammar.name);
            }
        }
    }
}

#[test]
fn codes_are_named_by_release() {
    let check = |number, code, release_name, expected| {
        assert_eq!(code_name(number, code, release(release_name)), expected, "{number} {code} {release_name}");
    };
    check("355", "CA", "004010", Some("Case"));
    check("98", "ST", "005010", Some("Ship To"));
    check("I05", "ZZ", "004010", Some("Mutually Defined"));
    check("I05", "07", "005010", Some("Global Location Number (GLN)"));
    check("I05", "07", "004010", None);
    check("479", "SW", "004010", Some("Warehouse Shipping Advice (945)"));
    check("235", "O0", "005010", None);
    check("140", "UPSN", "004010", None);
    check("355", "", "004010", None);
    assert!(code_list("235").unwrap().contains("O0", release("005010")));
    assert!(!code_list("I05").unwrap().contains("07", release("004010")));
    assert!(code_list("140").is_none() && code_list("").is_none());
}

#[test]
fn gs08_chooses_the_release() {
    let check = |gs08: &str, expected: (&str, Match)| {
        let (release, fit) = release_for(gs08);
        assert_eq!((release.name(), fit), expected, "{gs08:?}");
    };
    check("004010", ("004010", Match::Exact));
    check("004010  ", ("004010", Match::Exact));
    check("005010", ("005010", Match::Exact));
    check("004010UCS", ("004010", Match::Suffix));
    check("005010VICS", ("005010", Match::Suffix));
    check("005010X231A1", ("005010", Match::Suffix));
    check("004030VICS", ("004010", Match::Nearest));
    check("005030", ("005010", Match::Nearest));
    check("007060", ("005010", Match::Nearest));
    check("003050", ("004010", Match::Nearest));
    check("00501", ("005010", Match::Nearest));
    check("00401", ("004010", Match::Nearest));
    check("5010", ("005010", Match::Nearest));
    for nothing in ["", "21", "X", "0", "é04010", "\u{0}", "99"] {
        check(nothing, ("004010", Match::Nearest));
    }
    check("0050101", ("005010", Match::Nearest));
}

#[test]
fn the_envelope_follows_the_interchange_version() {
    let isa11 = |isa12| envelope(isa12, "ISA").unwrap().elements[10].number.to_string();
    for (isa12, expected) in [
        ("00401", "I10"),
        ("00501", "I65"),
        ("00402", "I65"),
        ("00304", "I10"),
        ("00200", "I10"),
        ("00702", "I65"),
        ("U", "I10"),
        ("", "I10"),
        ("99é", "I10"),
    ] {
        assert_eq!(isa11(isa12), expected, "{isa12:?}");
    }
    let lengths: Vec<u32> = envelope("00401", "ISA").unwrap().elements.iter().map(|element| element.max).collect();
    assert_eq!(lengths.iter().sum::<u32>() + 3 + 16 + 1, 106);
    assert_eq!(envelope("00401", "GS").unwrap().elements.len(), 8);
    assert!(envelope("00401", "ST").is_none());
}

#[test]
fn a_segment_names_the_sets_it_belongs_to() {
    assert_eq!(sets_with_segment(release("004010"), "W06"), ["943", "945"]);
    assert_eq!(sets_with_segment(release("004010"), "W07"), ["944"]);
    assert_eq!(sets_with_segment(release("004010"), "ST").len(), 26);
    assert!(sets_with_segment(release("004010"), "loop").is_empty());
    assert!(sets_with_segment(release("004010"), "").is_empty());
}
