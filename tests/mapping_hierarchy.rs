//! `[hierarchy]` at work: levels (HL) that stand in each other, read, written and changed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod support;

use crossdock::canonical::{self, Object};
use crossdock::diagnostic::Diagnostics;
use crossdock::mapping::{self, Base, Plan, Reading, SegmentForm};
use serde_json::{Value, json};

use support::{both_by, context, plan_of, read_with, told, tree_of, write_with};

/// A small mapping of notices, with `more` behind it.
fn notice(more: &str) -> Plan {
    let mapping = format!(
        "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n\
        [hierarchy]\nparent = \"HL02\"\notherwise = \"by_level\"\nlevels = \"S O T P I\"\n\
        [map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\nbill_of_lading = \"REF02[REF01=BM]\"\n\
        [map.orders]\neach = \"HL[HL03=O]\"\npurchase_order_number = \"PRF01\"\n\
        [map.orders.packages]\neach = \"HL[HL03=P]\"\nsscc = \"MAN02[MAN01=GM]\"\n\
        [map.orders.packages.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n\
        [map.orders.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n\
        [map.packages]\neach = \"HL[HL03=P]\"\nsscc = \"MAN02[MAN01=GM]\"\n\
        [map.packages.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n{more}"
    );
    plan_of(&[&mapping])
}

fn both(plan: &Plan, document: &str, object: &Value) {
    both_by(plan, &format!("BSN**N1\n{document}"), object, &context());
}

fn reads(plan: &Plan, document: &str, object: &Value, said: &[&str]) {
    let (found, diagnostics) = read_with(plan, &format!("BSN**N1\n{document}"), &context());
    assert_eq!(&found, object, "reading\n{document}");
    assert_eq!(told(&diagnostics), said);
}

/// The document, changed to say `object`, without the segments around its body.
fn changed(plan: &Plan, document: &str, object: &Value) -> String {
    let (mut tree, bytes) = tree_of(plan, &format!("BSN**N1\n{document}"));
    let (mut old, mut diagnostics) = (Object::new(), Diagnostics::unlimited());
    let mut reading = Reading::default();
    reading.read(plan, &mut tree, &bytes, &context(), &mut old, &mut diagnostics);
    let (new, _) = canonical::read(object.to_string().as_bytes(), plan.canonical);
    let base = Base { tree: &tree, bytes: &bytes, object: &old, reading: &reading };
    let form = SegmentForm { element: b'*', terminator: b'~', line_end: b"" };
    let edits = mapping::change(plan, base, &new, form, &context(), &mut diagnostics);
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let text = String::from_utf8(mapping::apply(&bytes, &edits)).unwrap();
    let (found, _) = read_with(
        plan,
        &text.split('~').filter(|one| !one.is_empty()).skip(1).collect::<Vec<_>>().join("\n"),
        &context(),
    );
    assert_eq!(&found, object, "reading {text}");
    let body = text.split('~').filter(|one| !["ST", "BS", "SE", ""].contains(&one.get(..2).unwrap_or("")));
    body.collect::<Vec<_>>().join("\n")
}

const NOTICE: &str = "HL*1**S*1\nREF*BM*B1\nHL*2*1*O*1\nPRF*P1\nHL*3*2*P*1\nMAN*GM*M1\nHL*4*3*I*0\nLIN**SK*A\n\
    HL*5*2*I*0\nLIN**SK*B\nHL*6*1*O*1\nPRF*P2\nHL*7*6*I*0\nLIN**SK*C";

fn object() -> Value {
    json!({ "shipment_number": "N1", "bill_of_lading": "B1", "orders": [
        { "purchase_order_number": "P1", "packages": [{ "sscc": "M1", "lines": [{ "sku": "A" }] }], "lines": [{ "sku": "B" }] },
        { "purchase_order_number": "P2", "lines": [{ "sku": "C" }] },
    ] })
}

#[test]
fn levels_stand_in_each_other_as_they_say_and_are_numbered_when_written() {
    both(&notice(""), NOTICE, &object());
    let packages = json!({ "shipment_number": "N1", "packages": [{ "sscc": "M1", "lines": [{ "sku": "A" }] }] });
    both(&notice(""), "HL*1**S*1\nHL*2*1*P*1\nMAN*GM*M1\nHL*3*2*I*0\nLIN**SK*A", &packages);
    // The level that is the object itself is written, also when it has nothing to say.
    both(&notice(""), "HL*1**S*0", &json!({ "shipment_number": "N1" }));
}

#[test]
fn a_level_that_names_nobody_is_hung_by_its_kind() {
    let empty = NOTICE.replace("HL*2*1", "HL*2*").replace("HL*4*3", "HL*4*").replace("HL*6*1", "HL*6*9");
    reads(&notice(""), &empty, &object(), &[]);
    // The line after a package stands in it, where it does not say otherwise.
    let flat = "HL*1**S\nHL*2**O\nPRF*P1\nHL*3**P\nMAN*GM*M1\nHL*4**I\nLIN**SK*A\nHL*5**I\nLIN**SK*B";
    let lines = json!([{ "sku": "A" }, { "sku": "B" }]);
    let order = json!({ "purchase_order_number": "P1", "packages": [{ "sscc": "M1", "lines": lines }] });
    reads(&notice(""), flat, &json!({ "shipment_number": "N1", "orders": [order] }), &[]);
}

#[test]
fn a_level_that_no_table_takes_is_told_once_for_its_kind() {
    let document = "HL*1**S\nHL*2*1*I\nLIN**SK*A\nHL*3*1*I\nLIN**SK*B\nHL*4*1*S\nREF*BM*B2";
    let said = [
        "mapping.level-not-taken: level I (HL 2) stands in level S (HL 1), where the mapping takes no such level, and 1 more like it",
        "mapping.level-of-object: level S (HL 4) stands in level S (HL 1), and the document has one already, which is the object itself",
    ];
    reads(&notice(""), document, &json!({ "shipment_number": "N1" }), &said);
}

#[test]
fn parent_and_otherwise_say_whom_a_level_believes() {
    let mapping = |words: &str| {
        let head = "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\n";
        let map = "[map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\n\
            [map.orders]\neach = \"HL[HL03=O]\"\nlines = { each = \"HL[HL03=I]\", sku = \"pair(LIN02=SK)\" }\n\
            [map.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n";
        plan_of(&[&format!("{head}{words}\n{map}")])
    };
    let document = "HL*1**S\nHL*2*1*O\nPRF*P1\nHL*3*1*I\nLIN**SK*A";
    let in_shipment = json!({ "shipment_number": "N1", "lines": [{ "sku": "A" }] });
    let in_order = json!({ "shipment_number": "N1", "orders": [{ "lines": [{ "sku": "A" }] }] });
    reads(&mapping("levels = \"S O I\""), document, &in_shipment, &[]);
    reads(&mapping("parent = false\nlevels = \"S O I\""), document, &in_order, &[]);
    let outermost = mapping("otherwise = \"outermost\"");
    let said = [
        "mapping.level-not-taken: level I (HL 3) stands outside all other levels, where the mapping takes no such level",
    ];
    let no_line = json!({ "shipment_number": "N1" });
    reads(&outermost, "HL*1**S\nHL*2*1*O\nPRF*P1\nHL*3**I\nLIN**SK*A", &no_line, &said);
}

#[test]
fn write_says_which_numbers_are_written() {
    let plan = |write: &str| {
        plan_of(&[&format!(
            "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n\
            [hierarchy]\nlevels = \"S I\"\nwrite = [{write}]\n\
            [map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\n\
            [map.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n"
        )])
    };
    let object = json!({ "shipment_number": "N1", "lines": [{ "sku": "A" }] });
    both(&plan("\"HL02\", \"HL04\""), "HL*1**S*1\nHL*2*1*I*0\nLIN**SK*A", &object);
    both(&plan("\"HL02\""), "HL*1**S\nHL*2*1*I\nLIN**SK*A", &object);
    both(&plan("\"HL01\""), "HL*1**S\nHL*2**I\nLIN**SK*A", &object);
}

#[test]
fn the_structure_is_worked_out_and_an_object_that_says_otherwise_is_refused() {
    let mapping = "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\nlevels = \"S O P I\"\n\
        [map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\nstructure = { levels = \"HL03\" }\n\
        [map.orders]\neach = \"HL[HL03=O]\"\nlines = { each = \"HL[HL03=I]\", sku = \"pair(LIN02=SK)\" }\n\
        packages = { each = \"HL[HL03=P]\", sscc = \"MAN02[MAN01=GM]\", lines = { each = \"HL[HL03=I]\", sku = \"pair(LIN02=SK)\" } }\n";
    let plan = plan_of(&[mapping]);
    // A line in the order and one in a package: the deeper kind comes later.
    let document = "HL*1**S*1\nHL*2*1*O*1\nHL*3*2*P*1\nMAN*GM*M1\nHL*4*3*I*0\nLIN**SK*A\nHL*5*2*I*0\nLIN**SK*B";
    let order = json!({ "lines": [{ "sku": "B" }], "packages": [{ "sscc": "M1", "lines": [{ "sku": "A" }] }] });
    let object = json!({ "shipment_number": "N1", "structure": "S-O-P-I", "orders": [order] });
    let (found, diagnostics) = read_with(&plan, &format!("BSN**N1\n{document}"), &context());
    assert_eq!((found, told(&diagnostics)), (object.clone(), Vec::new()));
    let said = json!({ "shipment_number": "N1", "structure": "S-P-O-I", "orders": [order] });
    let (_, diagnostics) = write_with(&plan, &said, &context());
    let refused = "mapping.value-does-not-fit: `structure` is `S-P-O-I`, what the object holds makes `S-O-P-I`";
    assert_eq!(told(&diagnostics), [refused]);
    let silent = json!({ "shipment_number": "N1", "orders": [order] });
    assert_eq!(told(&write_with(&plan, &silent, &context()).1), Vec::<String>::new());
}

#[test]
fn segments_are_counted_in_the_whole_document() {
    let plan = notice("[derived]\nCTT01 = { count = \"HL\" }\nCTT02 = { count = \"HL[HL03=I]\" }\n");
    both(&plan, &format!("{NOTICE}\nCTT*7*3"), &object());
    let wrong = [
        "mapping.derived-differs: CTT01 Number of Line Items is 3, computed it is 7",
        "mapping.derived-differs: CTT02 Hash Total is 7, computed it is 3",
    ];
    reads(&plan, &format!("{NOTICE}\nCTT*3*7"), &object(), &wrong);
}

#[test]
fn a_level_that_comes_moves_the_numbers_behind_it() {
    let plan = notice("[derived]\nCTT01 = { count = \"HL\" }\n");
    let document = format!("{NOTICE}\nCTT*7");
    let mut more = object();
    more["orders"][0]["packages"].as_array_mut().unwrap().push(json!({ "sscc": "M2", "lines": [{ "sku": "D" }] }));
    let expected = "HL*1**S*1\nREF*BM*B1\nHL*2*1*O*1\nPRF*P1\nHL*3*2*P*1\nMAN*GM*M1\nHL*4*3*I*0\nLIN**SK*A\n\
        HL*5*2*P*1\nMAN*GM*M2\nHL*6*5*I*0\nLIN**SK*D\nHL*7*2*I*0\nLIN**SK*B\nHL*8*1*O*1\nPRF*P2\nHL*9*8*I*0\nLIN**SK*C\nCTT*9";
    assert_eq!(changed(&plan, &document, &more), expected);
}

#[test]
fn a_level_that_goes_takes_what_is_in_it_along() {
    let plan = notice("[derived]\nCTT01 = { count = \"HL\" }\n");
    let mut less = object();
    less["orders"][0].as_object_mut().unwrap().remove("packages");
    let expected = "HL*1**S*1\nREF*BM*B1\nHL*2*1*O*1\nPRF*P1\nHL*3*2*I*0\nLIN**SK*B\nHL*4*1*O*1\nPRF*P2\nHL*5*4*I*0\nLIN**SK*C\nCTT*5";
    assert_eq!(changed(&plan, &format!("{NOTICE}\nCTT*7"), &less), expected);
    // The last level inside goes: HL04 says so.
    let mut none = object();
    none["orders"][1].as_object_mut().unwrap().remove("lines");
    let changed = changed(&plan, &format!("{NOTICE}\nCTT*7"), &none);
    assert!(changed.ends_with("HL*6*1*O*0\nPRF*P2\nCTT*6"), "{changed}");
}

#[test]
fn numbers_of_the_partners_own_stay_and_new_ones_are_nobodys() {
    let document = "HL*10**S*1\nHL*20*10*O\nPRF*P1\nHL*30*20*I\nLIN**SK*A";
    let line = |sku: &str| json!({ "sku": sku });
    let object = json!({ "shipment_number": "N1", "orders": [{ "purchase_order_number": "P1", "lines": [line("A"), line("B")] }] });
    let expected = "HL*10**S*1\nHL*20*10*O\nPRF*P1\nHL*30*20*I\nLIN**SK*A\nHL*31*20*I*0\nLIN**SK*B";
    assert_eq!(changed(&notice(""), document, &object), expected);
}

#[test]
fn where_no_level_comes_or_goes_their_numbers_are_left_alone() {
    let document = "HL*7**S\nHL*7**O\nPRF*P1\nHL*3**I\nLIN**SK*A\nCTT*99";
    let plan = notice("[derived]\nCTT01 = { count = \"HL\", mismatch = \"ignore\" }\n");
    let object = json!({ "shipment_number": "N1", "bill_of_lading": "B9", "orders": [{ "purchase_order_number": "P2", "lines": [{ "sku": "A" }] }] });
    let expected = "HL*7**S\nREF*BM*B9\nHL*7**O\nPRF*P2\nHL*3**I\nLIN**SK*A\nCTT*99";
    assert_eq!(changed(&plan, document, &object), expected);
}

#[test]
fn a_date_of_the_heading_or_of_the_shipment_is_changed_where_it_stands() {
    let plan = plan_of(&[
        "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\nlevels = \"S I\"\n\
        [map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\n\
        ship_date = { first = [[\"DTM02[DTM01=011]\", \"DTM03[DTM01=011]\"], [\"/DTM02[DTM01=011]\", \"/DTM03[DTM01=011]\"]] }\n\
        dates = { rest = [\"DTM\", \"/DTM\"], use = \"date-dtm\" }\n",
    ]);
    let heading = "DTM*011*20260310*0800\nDTM*017*20260312\nHL*1**S";
    let dates = json!([{ "qualifier": "017", "date": "2026-03-12" }]);
    let object = json!({ "shipment_number": "N1", "ship_date": "2026-03-10T08:00:00-07:00", "dates": dates });
    reads(&plan, heading, &object, &[]);
    reads(&plan, "HL*1**S\nDTM*011*20260310*0800\nDTM*017*20260312", &object, &[]);
    let both = "DTM*011*20260311\nHL*1**S\nDTM*011*20260310*0800\nDTM*017*20260312";
    let said = "mapping.difference: `ship_date` stands twice in the document, as `20260310 0800` and as `20260311`";
    reads(&plan, both, &object, &[said]);
    let later = json!({ "shipment_number": "N1", "ship_date": "2026-03-11T09:30:00-07:00", "dates": dates });
    assert_eq!(changed(&plan, heading, &later), "DTM*011*20260311*0930\nDTM*017*20260312\nHL*1**S");
}

#[test]
fn a_place_of_an_enclosing_level_counts_levels_not_loops_of_the_table() {
    let plan = plan_of(&[
        "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\nlevels = \"S O P I\"\n\
        [map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\n\
        [map.packages]\neach = \"HL[HL03=P]\"\n\
        [map.packages.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n\
        purchase_order_number = { at = \"../../PRF01\", way = \"in\" }\norder_number = { at = \"/BSN06\", way = \"in\" }\n",
    ]);
    let document = "HL*1**S\nPRF*P1\nHL*2*1*P\nMAN*GM*M1\nHL*3*2*I\nLIN**SK*A";
    let line = json!({ "sku": "A", "purchase_order_number": "P1", "order_number": "AS" });
    let (found, _) = read_with(&plan, &format!("BSN**N1****AS\n{document}"), &context());
    assert_eq!(found, json!({ "shipment_number": "N1", "packages": [{ "lines": [line] }] }));
}

#[test]
fn a_filter_by_a_segment_looks_into_its_own_level_only() {
    let plan = plan_of(&[
        "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\nlevels = \"S T P I\"\n\
        [map]\nin = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\n\
        [map.pallets]\neach = \"HL[HL03=P, not LIN]\"\nsscc = \"MAN02[MAN01=GM]\"\n\
        [map.pallets.packages]\neach = \"HL[HL03=P, LIN]\"\nlines = { each = \"HL[HL03=I]\", sku = \"pair(LIN02=SK)\" }\nsscc = \"LIN03\"\n",
    ]);
    let document = "HL*1**S*1\nHL*2*1*P*1\nMAN*GM*M1\nHL*3*2*P*1\nLIN**C1\nHL*4*3*I*0\nLIN**SK*A";
    let object = json!({ "shipment_number": "N1", "pallets": [{ "sscc": "M1", "packages": [{ "sscc": "C1", "lines": [{ "sku": "A" }] }] }] });
    let (found, _) = read_with(&plan, &format!("BSN**N1\n{}", document.replace("LIN**C1", "LIN**ZZ*C1")), &context());
    assert_eq!(found, object);
}
