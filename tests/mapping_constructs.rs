//! Every construct of the mapping language, both ways: a mapping of a few lines, a document, the object it gives, and
//! the document that the object gives.

mod support;

use crossdock::canonical::Object;
use crossdock::diagnostic::Diagnostics;
use crossdock::mapping::{Context, Reading};
use serde_json::{Value, json};

use support::{
    both, both_by, change_with, context, lines_of, plan_of, read_with, reads, told, tree_of, with_order_number, writes,
};

#[test]
fn a_place_is_an_element_of_the_row_that_its_qualifier_chooses() {
    both("pro_number = \"N902[N901=CN]\"", "N9*CN*C1", &json!({ "pro_number": "C1" }));
    let two = "pro_number = \"N902[N901=CN]\"\nbill_of_lading = \"N902[N901=BM]\"";
    both(two, "N9*CN*C1\nN9*BM*B1", &json!({ "pro_number": "C1", "bill_of_lading": "B1" }));
    both(
        "bill_of_lading = \"N902[N901=BM, N903='From Attn']\"",
        "N9*BM*B1*From Attn",
        &json!({ "bill_of_lading": "B1" }),
    );
    reads("pro_number = \"N902[N901=CN]\"", "N9*BM*B1", &json!({}), &[]);
}

#[test]
fn a_number_in_brackets_counts_the_rows_that_fulfil_the_conditions() {
    let mapping = "bill_of_lading = \"N902[N901=BM]\"\npro_number = \"N902[N901=BM][2]\"";
    both(mapping, "N9*BM*B1\nN9*BM*B2", &json!({ "bill_of_lading": "B1", "pro_number": "B2" }));
    reads(
        mapping,
        "N9*CN*X\nN9*BM*B1\nN9*BM*B2\nN9*BM*B3",
        &json!({ "bill_of_lading": "B1", "pro_number": "B2" }),
        &[],
    );
    // Without the first there is no second.
    let refused = "mapping.not-told-apart: `pro_number`: it stands in N9 number 2, and 0 would be written before it";
    writes(mapping, &json!({ "pro_number": "B2" }), "N9*BM*B2", &[refused]);
}

#[test]
fn components_and_repetitions_are_parts_of_an_element() {
    both("pro_number = \"N907-02[N901=CN]\"", "N9*CN******>C1", &json!({ "pro_number": "C1" }));
    let mapping = "canonical = \"shipment\"\ndocument = \"x12/005010/824\"\n[map]\norder_number = { const = \"A1\" }\n\
        [map.lines]\neach = \"OTI/TED\"\nsku = \"TED07\"\nlot = \"CTX01-01\"\ndescription = \"CTX01-02(2)\"\n";
    let document = "OTI\nTED*******S1\nCTX*L1^>D2";
    both(mapping, document, &json!({ "lines": [{ "sku": "S1", "lot": "L1", "description": "D2" }] }));
}

#[test]
fn a_loop_is_chosen_by_its_qualifier_and_only_once() {
    let mapping = "ship_to = { in = \"N1[N101=ST]\", name = \"N102\", address.city = \"N401\" }\n\
        other_parties = { rest = \"N1\", role = \"N101\", name = \"N102\" }";
    both(mapping, "N1*ST*Shop\nN4*Reno", &json!({ "ship_to": { "name": "Shop", "address": { "city": "Reno" } } }));
    both(
        mapping,
        "N1*ST*Shop\nN4*Reno\nN1*ST*Second\nN1*WH*House",
        &json!({
            "ship_to": { "name": "Shop", "address": { "city": "Reno" } },
            "other_parties": [{ "role": "ST", "name": "Second" }, { "role": "WH", "name": "House" }],
        }),
    );
}

#[test]
fn a_loop_is_filtered_by_what_stands_inside() {
    let mapping = "[map.packages]\neach = \"LX[MAN]\"\nsscc = \"MAN02[MAN01=GM]\"\npackage_number = \"LX01\"\n\
        [map.packages.lines]\neach = \"W12\"\nshipped = \"W1203\"\n\
        [map.lines]\neach = \"LX[not MAN]/W12\"\nassigned_number = \"../LX01\"\nshipped = \"W1203\"";
    both(
        mapping,
        "LX*1\nMAN*GM*0001\nW12***5\nW12***6\nLX*2\nW12***7",
        &json!({
            "packages": [{ "package_number": "1", "sscc": "0001", "lines": [
                { "shipped": { "value": 5 } }, { "shipped": { "value": 6 } },
            ] }],
            "lines": [{ "assigned_number": 2, "shipped": { "value": 7 } }],
        }),
    );
    let by_qualifier = "[map.packages]\neach = \"LX[MAN01=GM]\"\nsscc = \"MAN02[MAN01=GM]\"\n\
        [map.pallets]\neach = \"LX[not MAN]\"\npallet_number = \"LX01\"";
    both(
        by_qualifier,
        "LX\nMAN*GM*0001\nLX*7",
        &json!({ "packages": [{ "sscc": "0001" }], "pallets": [{ "pallet_number": "7" }] }),
    );
    let refused = "mapping.not-told-apart: `packages[1]` cannot be told from others of its kind: the mapping knows it by a MAN segment, and nothing in it gives that";
    writes(mapping, &json!({ "packages": [{ "package_number": "1" }] }), "LX*1", &[refused]);
}

#[test]
fn each_row_of_a_qualifier_is_an_entry_of_a_list() {
    both(
        "tracking_numbers = { each = \"N902[N901=2I]\" }",
        "N9*2I*T1\nN9*2I*T2",
        &json!({ "tracking_numbers": ["T1", "T2"] }),
    );
    both(
        "[map.unit_loads]\neach = \"W10\"\npallets = \"W1002\"",
        "W10**3\nW10**4",
        &json!({ "unit_loads": [{ "pallets": 3 }, { "pallets": 4 }] }),
    );
}

#[test]
fn a_value_can_mean_something_else_by_what_stands_beside_it() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n\
        weight = { at = \"W1210[W1211=G]\", unit = \"W1212\" }\nnet_weight = { at = \"W1210[W1211=N]\", unit = \"W1212\" }";
    let line = |key: &str| json!({ "lines": [{ "shipped": { "value": 5 }, key: { "value": 9, "unit": "L" } }] });
    both(mapping, "LX\nW12***5*******9*G*L", &line("weight"));
    both(mapping, "LX\nW12***5*******9*N*L", &line("net_weight"));
    // Neither of the two is meant.
    reads(mapping, "LX\nW12***5*******9*E*L", &json!({ "lines": [{ "shipped": { "value": 5 } }] }), &[]);
    let object = json!({ "lines": [{ "weight": { "value": 9 }, "net_weight": { "value": 8 } }] });
    let refused = "mapping.value-does-not-fit: `lines[1].net_weight`: its segment would have to say `N` beside it, and says `G` beside another value";
    writes(mapping, &object, "LX\nW12**********9*G", &[refused]);
    let rest = "[map.unit_loads]\neach = \"W10\"\nminimum_temperature = { at = \"W1006[W1007=FA]\", unit = \"FA\" }\npallet_exchange_code = \"W1003\"";
    both(
        rest,
        "W10******3*FA\nW10***X",
        &json!({ "unit_loads": [{ "minimum_temperature": { "value": 3, "unit": "FA" } }, { "pallet_exchange_code": "X" }] }),
    );
}

#[test]
fn a_line_or_table_is_used_when_the_object_says_so() {
    let line =
        "reporting_code = \"W0601\"\nbill_of_lading = { at = \"N902[N901=BM]\", when = \"reporting_code = 'F'\" }";
    both(line, "W06*F*A1\nN9*BM*B1", &json!({ "reporting_code": "F", "bill_of_lading": "B1" }));
    reads(line, "W06*J*A1\nN9*BM*B1", &json!({ "reporting_code": "J" }), &[]);
    let refused = "mapping.value-does-not-fit: `bill_of_lading`: it has a place in the document only when `reporting_code = 'F'`, which this object does not say";
    writes(line, &json!({ "reporting_code": "J", "bill_of_lading": "B1" }), "W06*J*A1", &[refused]);
    let table = "action = { at = \"W0612\", codes = \"action\" }\n[map.ship_to]\nin = \"N1[N101=ST]\"\nname = \"N102\"\n\
        address = { when = \"action = 'delete'\", city = \"N401\", region = \"N402\" }";
    let shop = |action: &str, party: Value| json!({ "action": action, "ship_to": party });
    both(
        table,
        "W06**A1**********3\nN1*ST*Shop\nN4*Reno",
        &shop("delete", json!({ "name": "Shop", "address": { "city": "Reno" } })),
    );
    both(table, "W06**A1**********1\nN1*ST*Shop", &shop("original", json!({ "name": "Shop" })));
    let refused = "mapping.value-does-not-fit: `ship_to.address.city`: it has a place in the document only when `action = 'delete'`, which this object does not say";
    let object = shop("original", json!({ "name": "Shop", "address": { "city": "Reno" } }));
    writes(table, &object, "W06**A1**********1\nN1*ST*Shop", &[refused]);
}

#[test]
fn loops_of_several_tables_keep_the_order_of_their_list() {
    let mapping = "canonical = \"inventory_report\"\ndocument = \"x12/004010/846\"\n\
        [map]\nreport_number = \"BIA03\"\nreport_date = \"BIA04\"\n[map.items]\neach = \"LIN\"\nsku = \"LIN03\"\n\
        [[map.items.quantities]]\neach = \"QTY[QTY01=33]\"\nstate = { const = \"available\" }\nquantity = \"QTY02\"\n\
        [[map.items.quantities]]\neach = \"QTY[QTY01=QH]\"\nstate = { const = \"on_hold\" }\nquantity = \"QTY02\"";
    let quantity = |state: &str, value: u32| json!({ "state": state, "quantity": { "value": value } });
    let report = |quantities: Value| json!({ "report_number": "R1", "report_date": "2026-03-10", "items": [{ "sku": "TENT", "quantities": quantities }] });
    let before = "BIA***R1*20260310\nLIN***TENT\nQTY*QH*1\nQTY*33*2\nQTY*QH*3";
    let old = report(json!([quantity("on_hold", 1), quantity("available", 2), quantity("on_hold", 3)]));
    both(mapping, before, &old);
    let new = report(json!([quantity("available", 9), quantity("on_hold", 1), quantity("on_hold", 3)]));
    changes(mapping, before, &new, "BIA***R1*20260310\nLIN***TENT\nQTY*33*9\nQTY*QH*1\nQTY*QH*3");
}

#[test]
fn what_a_condition_leaves_goes_to_the_next_that_takes_it() {
    let reference = |qualifier: &str, value: &str| json!({ "qualifier": qualifier, "value": value });
    let rest = "[map.references]\nrest = \"N9\"\nqualifier = \"N901\"\nvalue = \"N902\"";
    let one = format!(
        "reporting_code = \"W0601\"\nbill_of_lading = {{ at = \"N902[N901=BM]\", when = \"reporting_code = 'F'\" }}\n{rest}"
    );
    let document = |code: &str| format!("W06*{code}*A1\nN9*DP*114\nN9*BM*B1\nN9*IA*9");
    let named = json!({ "reporting_code": "F", "bill_of_lading": "B1", "references": [reference("DP", "114"), reference("IA", "9")] });
    reads(&one, &document("F"), &named, &[]);
    let left = [reference("DP", "114"), reference("BM", "B1"), reference("IA", "9")];
    both(&one, &document("J"), &json!({ "reporting_code": "J", "references": left }));
    let many =
        one.replace("bill_of_lading = { at = \"N902[N901=BM]\"", "tracking_numbers = { each = \"N902[N901=2I]\"");
    let left = [reference("2I", "T1"), reference("DP", "114"), reference("2I", "T2")];
    both(&many, "W06*J*A1\nN9*2I*T1\nN9*DP*114\nN9*2I*T2", &json!({ "reporting_code": "J", "references": left }));
}

#[test]
fn a_loop_goes_to_the_table_whose_condition_holds() {
    let mapping = "reporting_code = \"W0601\"\n\
        [map.packages]\neach = \"LX\"\nwhen = \"reporting_code = 'J'\"\npackage_number = \"LX01\"\n\
        [map.packages.lines]\neach = \"W12\"\nshipped = \"W1203\"\n\
        [map.lines]\neach = \"LX/W12\"\nwhen = \"reporting_code != 'J'\"\nshipped = \"W1203\"\n\
        status = { at = \"W1201\", codes = \"line-status\" }\n\
        weight = { at = \"W1210\", when = \"status = 'shipped' or reporting_code = 'F'\" }";
    let line = json!({ "shipped": { "value": 5 } });
    both(
        mapping,
        "W06*J*A1\nLX*1\nW12***5",
        &json!({ "reporting_code": "J", "packages": [{ "package_number": "1", "lines": [line] }] }),
    );
    both(mapping, "W06*F*A1\nLX\nW12***5", &json!({ "reporting_code": "F", "lines": [line] }));
    let heavy = json!({ "status": "shipped", "shipped": { "value": 5 }, "weight": { "value": 9 } });
    both(mapping, "W06*A*A1\nLX\nW12*CC**5*******9", &json!({ "reporting_code": "A", "lines": [heavy] }));
    let object = json!({ "reporting_code": "F", "packages": [{ "lines": [line] }] });
    let refused = "mapping.value-does-not-fit: `packages`: it has a place in the document only when `reporting_code = 'J'`, which this object does not say";
    writes(mapping, &object, "W06*F*A1", &[refused]);
}

#[test]
fn several_columns_are_entries_of_one_list_which_constants_tell_apart() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n\
        [[map.lines.quantities]]\nqualifier = { const = \"ordered\" }\nquantity = { at = \"W1202\", unit = \"W1205\" }\n\
        [[map.lines.quantities]]\nqualifier = { const = \"open\" }\nquantity = { at = \"W1204\", unit = \"W1205\", zero = \"omit\" }";
    let entry =
        |qualifier: &str, value: u32| json!({ "qualifier": qualifier, "quantity": { "value": value, "unit": "EA" } });
    let line = |entries: Value| json!({ "lines": [{ "shipped": { "value": 5 }, "quantities": entries }] });
    both(mapping, "LX\nW12**9*5*4*EA", &line(json!([entry("ordered", 9), entry("open", 4)])));
    both(mapping, "LX\nW12***5*4*EA", &line(json!([entry("open", 4)])));
    // A column that says nothing is no entry.
    reads(mapping, "LX\nW12**9*5*0*EA", &line(json!([entry("ordered", 9)])), &[]);
    let other = "mapping.value-does-not-fit: `lines[1].quantities[2]`: the document has no place for such an entry: those it has are `qualifier` = `ordered`; or `qualifier` = `open`";
    writes(mapping, &line(json!([entry("ordered", 9), entry("lost", 1)])), "LX\nW12**9*5**EA", &[other]);
    let twice = "mapping.value-does-not-fit: `lines[1].quantities[2]`: the document has one place for such an entry, and one before it stands there";
    writes(mapping, &line(json!([entry("open", 9), entry("open", 1)])), "LX\nW12***5*9*EA", &[twice]);
    let order = "mapping.value-does-not-fit: `lines[1].quantities[1]`: the document has its place behind that of `lines.quantities[2]`: it would be read after it";
    writes(mapping, &line(json!([entry("open", 4), entry("ordered", 9)])), "LX\nW12**9*5*4*EA", &[order]);
    // What is refused said something: one fault is told, not two.
    let long = json!([{ "qualifier": "open", "quantity": { "value": 12345678901_u64, "unit": "EA" } }]);
    let refused = "mapping.value-does-not-fit: `lines[1].quantities[1].quantity`: 12345678901 has 11 digits, element 383 (Quantity Difference) takes at most 9";
    writes(mapping, &line(long), "LX\nW12***5", &[refused]);
    let empty = "mapping.value-does-not-fit: `lines[1].quantities[1]`: nothing that only this entry says would be written, and it would be lost";
    writes(mapping, &line(json!([{ "qualifier": "open" }])), "LX\nW12***5", &[empty]);
}

#[test]
fn the_order_of_columns_is_asked_of_each_list_for_itself() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n\
        [[map.lines.quantities]]\nqualifier = { const = \"ordered\" }\nquantity = \"W1202\"\n\
        [[map.lines.quantities]]\nqualifier = { const = \"open\" }\nquantity = \"W1204\"\n\
        [[map.lines.notes]]\npurpose = { const = \"lot\" }\ntext = \"W1209\"";
    let entry = |qualifier: &str, value: u32| json!({ "qualifier": qualifier, "quantity": { "value": value } });
    let line = json!({
        "shipped": { "value": 5 },
        "quantities": [entry("ordered", 9), entry("open", 4)],
        "notes": [{ "purpose": "lot", "text": "L7" }],
    });
    both(mapping, "LX\nW12**9*5*4*****L7", &json!({ "lines": [line] }));
}

#[test]
fn columns_segments_and_loops_can_fill_one_list() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n\
        [[map.lines.quantities]]\nqualifier = { const = \"ordered\" }\nquantity = \"W1202\"\n\
        [[map.lines.quantities]]\neach = \"QTY[QTY01=33]\"\nqualifier = { const = \"available\" }\nquantity = \"QTY02\"\n\
        [[map.lines.quantities]]\neach = \"QTY[QTY01=02]\"\nqualifier = { const = \"damaged\" }\nquantity = \"QTY02\"\ntext = \"QTY04\"";
    let entry = |qualifier: &str, value: u32| json!({ "qualifier": qualifier, "quantity": { "value": value } });
    let line = |entries: Value| json!({ "lines": [{ "shipped": { "value": 5 }, "quantities": entries }] });
    let entries = json!([entry("ordered", 9), entry("available", 3), entry("available", 4), entry("damaged", 1)]);
    both(mapping, "LX\nW12**9*5\nQTY*33*3\nQTY*33*4\nQTY*02*1", &line(entries));
    let other = "mapping.value-does-not-fit: `lines[1].quantities[1]`: the document has no place for such an entry: those it has are `qualifier` = `ordered`; or `qualifier` = `available`; or `qualifier` = `damaged`";
    writes(mapping, &line(json!([{ "quantity": { "value": 1 } }])), "LX\nW12***5", &[other]);
}

#[test]
fn pairs_inside_a_segment_are_entries_and_go_on_in_the_next() {
    let mapping = "canonical = \"inventory_report\"\ndocument = \"x12/004010/846\"\n[map]\nreport_number = \"BIA03\"\nreport_date = \"BIA04\"\n\
        [map.items]\neach = \"LIN\"\nsku = \"LIN03\"\n\
        [map.items.quantities]\neach = \"pair(SDQ03)\"\nlocation = \"SDQ03\"\nlocation_qualifier = \"SDQ02\"\n\
        quantity = { at = \"SDQ04\", unit = \"SDQ01\" }\nstate = { const = \"available\" }";
    let store = |store: &str, value: u32, unit: &str| json!({ "state": "available", "location": store, "location_qualifier": "92", "quantity": { "value": value, "unit": unit } });
    let report = |entries: Vec<Value>| json!({ "report_number": "R1", "report_date": "2026-03-10", "items": [{ "sku": "S1", "quantities": entries }] });
    let plan = plan_of(&[mapping]);
    let check = |document: &str, object: &Value| both_by(&plan, document, object, &context());
    check(
        "BIA***R1*20260310\nLIN***S1\nSDQ*EA*92*001*5*002*6",
        &report(vec![store("001", 5, "EA"), store("002", 6, "EA")]),
    );
    // Another unit is another segment, and so is the eleventh store.
    check(
        "BIA***R1*20260310\nLIN***S1\nSDQ*EA*92*001*5\nSDQ*CA*92*002*6\nSDQ*EA*92*003*7",
        &report(vec![store("001", 5, "EA"), store("002", 6, "CA"), store("003", 7, "EA")]),
    );
    let many: Vec<Value> = (1..=12).map(|number| store(&format!("{number:03}"), number, "EA")).collect();
    let full: String = (1..=10).map(|number| format!("*{number:03}*{number}")).collect();
    check(&format!("BIA***R1*20260310\nLIN***S1\nSDQ*EA*92{full}\nSDQ*EA*92*011*11*012*12"), &report(many));
    // A partner who leaves a pair empty is read all the same.
    let (found, _) = read_with(&plan, "BIA***R1*20260310\nLIN***S1\nSDQ*EA*92***002*6", &context());
    assert_eq!(found, report(vec![store("002", 6, "EA")]));
}

/// The document is made to say the object, and what it was not asked to say stays as it is.
fn changes(mapping: &str, document: &str, object: &Value, changed: &str) {
    let plan = plan_of(&[mapping]);
    let object = with_order_number(&plan, object);
    let (found, diagnostics) = change_with(&plan, document, &object, &context());
    assert_eq!(found, lines_of(changed), "changing\n{document}\n{object:#}");
    assert_eq!(told(&diagnostics), Vec::<String>::new());
}

#[test]
fn entries_that_agree_in_the_fields_of_their_group_share_a_loop_on_the_way() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\ngroup = [\"lot\"]\nsku = \"W1208\"\nlot = \"../N902[N901=LT]\"\n\
        [derived]\nLX01 = { counter = \"lines\" }";
    let line = |sku: &str, lot: &str| json!({ "sku": sku, "lot": lot });
    let lines = |lines: &[Value]| json!({ "lines": lines });
    let three = "LX*1\nN9*LT*A\nW12********S1\nW12********S2\nLX*2\nN9*LT*B\nW12********S3";
    both(mapping, three, &lines(&[line("S1", "A"), line("S2", "A"), line("S3", "B")]));
    // A lot that comes back is another loop: the order of the lines is kept.
    both(
        mapping,
        "LX*1\nN9*LT*A\nW12********S1\nLX*2\nN9*LT*B\nW12********S2\nLX*3\nN9*LT*A\nW12********S3",
        &lines(&[line("S1", "A"), line("S2", "B"), line("S3", "A")]),
    );
    let one = "[map.lines]\neach = \"LX/W12\"\ngroup = []\nsku = \"W1208\"";
    both(one, "LX\nW12********S1\nW12********S2", &json!({ "lines": [{ "sku": "S1" }, { "sku": "S2" }] }));
    // A new line joins the loop of its lot, wherever it stands.
    let more =
        lines(&[line("S1", "A"), line("S9", "A"), line("S2", "A"), line("S8", "B"), line("S3", "B"), line("S7", "C")]);
    changes(
        mapping,
        three,
        &more,
        "LX*1\nN9*LT*A\nW12********S1\nW12********S9\nW12********S2\nLX*2\nN9*LT*B\nW12********S8\nW12********S3\nLX*3\nN9*LT*C\nW12********S7",
    );
    // The first line goes, the others stay where they are; then the last of a loop, and the loop with it.
    changes(
        mapping,
        three,
        &lines(&[line("S2", "A"), line("S3", "B")]),
        "LX*1\nN9*LT*A\nW12********S2\nLX*2\nN9*LT*B\nW12********S3",
    );
    changes(mapping, three, &lines(&[line("S1", "A"), line("S2", "A")]), "LX*1\nN9*LT*A\nW12********S1\nW12********S2");
    // All lines of a loop change their lot: one place.
    changes(
        mapping,
        three,
        &lines(&[line("S1", "C"), line("S2", "C"), line("S3", "B")]),
        &three.replace("LT*A", "LT*C"),
    );
    // One of them does: it cannot stay.
    changes(
        mapping,
        three,
        &lines(&[line("S1", "A"), line("S2", "C"), line("S3", "B")]),
        "LX*1\nN9*LT*A\nW12********S1\nLX*2\nN9*LT*C\nW12********S2\nLX*3\nN9*LT*B\nW12********S3",
    );
}

#[test]
fn a_new_entry_goes_where_it_stands_in_its_list() {
    let segments = "notes = { rest = \"NTE\", purpose = \"NTE01\", text = \"NTE02\" }";
    let notes =
        |texts: &[&str]| json!({ "notes": texts.iter().map(|text| json!({ "text": text })).collect::<Vec<_>>() });
    changes(segments, "NTE**B", &notes(&["A", "B", "C"]), "NTE**A\nNTE**B\nNTE**C");
    let loops = "[map.packages]\neach = \"LX\"\npackage_number = \"LX01\"";
    let packages = |numbers: &[&str]| json!({ "packages": numbers.iter().map(|number| json!({ "package_number": number })).collect::<Vec<_>>() });
    changes(loops, "LX*2", &packages(&["1", "2", "3"]), "LX*1\nLX*2\nLX*3");
    changes(loops, "LX*1\nLX*2", &packages(&["2"]), "LX*2");
}

#[test]
fn stock_by_state_in_loops_and_by_store_in_pairs_is_one_list() {
    let mapping = "canonical = \"inventory_report\"\ndocument = \"x12/004010/846\"\n[map]\nreport_number = \"BIA03\"\nreport_date = \"BIA04\"\n\
        [map.items]\neach = \"LIN\"\nsku = \"LIN03\"\n\
        [[map.items.quantities]]\neach = \"pair(SDQ03)\"\nstate = { const = \"on_hand\" }\nlocation = \"SDQ03\"\nquantity = { at = \"SDQ04\", unit = \"SDQ01\" }\n\
        [[map.items.quantities]]\neach = \"QTY[QTY01=33]\"\nstate = { const = \"available\" }\nquantity = { at = \"QTY02\", unit = \"QTY03-01\" }\nas_of = \"DTM02[DTM01=007]\"\n\
        [[map.items.quantities]]\neach = \"QTY[QTY01=QH]\"\nstate = { const = \"on_hold\" }\nquantity = { at = \"QTY02\", unit = \"QTY03-01\" }\nexpected_date = \"DTM02[DTM01=371]\"";
    let document = "BIA***R1*20260310\nLIN***S1\nSDQ*EA**001*5*002*6\nQTY*33*9*EA\nDTM*007*20260309\nQTY*QH*2*CA\nDTM*371*20260320\nLIN***S2\nQTY*QH*1*EA";
    let quantity = |value: u32, unit: &str| json!({ "value": value, "unit": unit });
    let report = |held: Value| {
        json!({ "report_number": "R1", "report_date": "2026-03-10", "items": [
            { "sku": "S1", "quantities": [
                { "state": "on_hand", "quantity": quantity(5, "EA"), "location": "001" },
                { "state": "on_hand", "quantity": quantity(6, "EA"), "location": "002" },
                { "state": "available", "quantity": quantity(9, "EA"), "as_of": "2026-03-09" },
                held,
            ] },
            { "sku": "S2", "quantities": [{ "state": "on_hold", "quantity": quantity(1, "EA") }] },
        ] })
    };
    let held =
        |value: u32| json!({ "state": "on_hold", "quantity": quantity(value, "CA"), "expected_date": "2026-03-20" });
    both(mapping, document, &report(held(2)));
    changes(mapping, document, &report(held(3)), &document.replace("QH*2", "QH*3"));
}

#[test]
fn what_stands_beside_a_value_changes_with_it() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nweight = \"W1210[W1211=G]\"\nnet_weight = \"W1210[W1211=N]\"";
    let line = |key: &str, value: u32| json!({ "lines": [{ key: { "value": value } }] });
    changes(mapping, "LX*77\nW12**********9*G*L", &line("weight", 8), "LX*77\nW12**********8*G*L");
    changes(mapping, "LX*77\nW12**********9*G*L", &line("net_weight", 9), "LX*77\nW12**********9*N*L");
}

#[test]
fn a_pair_inside_a_segment_is_changed_where_it_stands() {
    let mapping = "canonical = \"inventory_report\"\ndocument = \"x12/004010/846\"\n[map]\nreport_number = \"BIA03\"\nreport_date = \"BIA04\"\n\
        [map.items]\neach = \"LIN\"\nsku = \"LIN03\"\n\
        [map.items.quantities]\neach = \"pair(SDQ03)\"\nlocation = \"SDQ03\"\nquantity = { at = \"SDQ04\", unit = \"SDQ01\" }";
    let report = |stores: &[(&str, u32)]| {
        let entries: Vec<Value> = stores
            .iter()
            .map(|(store, value)| json!({ "location": store, "quantity": { "value": value, "unit": "EA" } }))
            .collect();
        json!({ "report_number": "R1", "report_date": "2026-03-10", "items": [{ "sku": "S1", "quantities": entries }] })
    };
    // The partner has two pairs in a segment, one of them empty, and an element that no line takes.
    let document = "BIA***R1*20260310\nLIN***S1\nSDQ*EA*92*001*5***003*6\nSDQ*EA*92*004*7";
    let changed = "BIA***R1*20260310\nLIN***S1\nSDQ*EA*92*001*5***003*60\nSDQ*EA*92*004*7";
    changes(mapping, document, &report(&[("001", 5), ("003", 60), ("004", 7)]), changed);
    let fewer = "BIA***R1*20260310\nLIN***S1\nSDQ*EA*92*001*5*004*7";
    changes(mapping, document, &report(&[("001", 5), ("004", 7)]), fewer);
}

#[test]
fn pairs_are_found_beside_their_qualifier_in_the_slots_named() {
    let any = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\nsku = \"pair(W1207=SK)\"";
    let document = "LX\nW12***5****SK*S1";
    both(any, document, &json!({ "lines": [{ "shipped": { "value": 5 }, "sku": "S1" }] }));
    let far = "LX\nW12***5*****************SK*S1";
    reads(any, far, &json!({ "lines": [{ "shipped": { "value": 5 } }] }), &[]);
    let named =
        "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\nsku = \"pair(W1221=SK)\"\nlot = \"pair(W1207,W1221=LT)\"";
    both(
        named,
        "LX\nW12***5****SK*S1*************LT*L1",
        &json!({ "lines": [{ "shipped": { "value": 5 }, "sku": "S1", "lot": "L1" }] }),
    );
}

#[test]
fn pairs_that_no_line_names_go_under_their_scheme() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nsku = \"pair(W1207,W1221=SK)\"\n\
        identifiers.\"*\" = { rest = \"pair(W1207,W1221)\", codes = \"item-scheme\" }";
    both(
        mapping,
        "LX\nW12*******SK*S1*************UP*012345678905",
        &json!({ "lines": [{ "sku": "S1", "identifiers": { "upc": "012345678905" } }] }),
    );
    both(mapping, "LX\nW12*******ZZ*Z1", &json!({ "lines": [{ "identifiers": { "zz": "Z1" } }] }));
    let refused = "mapping.value-does-not-fit: `lines[1].identifiers.*`: no pair is left for `EN` = `2`: the segment has 2 for it";
    let object = json!({ "lines": [{ "sku": "S1", "identifiers": { "upc": "1", "ean": "2" } }] });
    writes(mapping, &object, "LX\nW12*******SK*S1*************UP*1", &[refused]);
    // Of one that does not fit its own key is told.
    let long = "1".repeat(50);
    let refused = "mapping.value-does-not-fit: `lines[1].identifiers.upc`: `1111111111111111111111111111111111111111` has 50 characters, element 234 (Product/Service ID) takes at most 48";
    let object = json!({ "lines": [{ "sku": "S1", "identifiers": { "upc": long } }] });
    writes(mapping, &object, "LX\nW12*******SK*S1*************UP", &[refused]);
}

#[test]
fn pairs_that_no_line_names_can_be_a_list() {
    let mapping = "[map.contacts]\nrest = \"G61\"\nname = \"G6102\"\nphone = \"pair(G6103=TE)\"\nnumbers = { rest = \"pair(G6103)\" }";
    both(
        mapping,
        "G61**Ann*TE*555\nG61**Ben*CP*556",
        &json!({ "contacts": [
            { "name": "Ann", "phone": "555" },
            { "name": "Ben", "numbers": [{ "qualifier": "CP", "number": "556" }] },
        ] }),
    );
}

#[test]
fn the_first_place_that_has_a_value_is_taken() {
    let first = "ship_date = { first = [\"W0603\", \"G6202[G6201=11]\"] }";
    both(first, "W06**A1*20260310", &json!({ "ship_date": "2026-03-10" }));
    reads(first, "G62*11*20260310", &json!({ "ship_date": "2026-03-10" }), &[]);
    let differ = "mapping.difference: `ship_date` stands twice in the document, as `20260310` and as `20260311`";
    reads(first, "W06**A1*20260310\nG62*11*20260311", &json!({ "ship_date": "2026-03-10" }), &[differ]);
    let all = "ship_date = { first = [\"W0603\", \"G6202[G6201=11]\"], write = \"all\" }";
    both(all, "W06**A1*20260310\nG62*11*20260310", &json!({ "ship_date": "2026-03-10" }));
}

#[test]
fn a_list_is_several_elements_of_one_segment_or_of_all_its_rows() {
    let one = "handling_codes = { list = [\"W601\", \"W602\", \"W603\"] }";
    both(one, "W6*AA*BB", &json!({ "handling_codes": ["AA", "BB"] }));
    let refused = "mapping.value-does-not-fit: `handling_codes`: there is room for 3 values, not for 4";
    writes(one, &json!({ "handling_codes": ["AA", "BB", "CC", "DD"] }), "W6*AA*BB*CC", &[refused]);
    let rows = "ship_to = { in = \"N1[N101=ST]\", name = \"N102\", address.lines = { list = [\"N301\", \"N302\"] } }";
    both(
        rows,
        "N1*ST*Shop\nN3*1 Main St*Floor 2\nN3*Back door",
        &json!({ "ship_to": { "name": "Shop", "address": { "lines": ["1 Main St", "Floor 2", "Back door"] } } }),
    );
}

#[test]
fn rest_takes_what_no_other_line_takes() {
    let mapping = "bill_of_lading = \"N902[N901=BM]\"\nreferences = { rest = \"N9\", use = \"reference\" }";
    both(
        mapping,
        "N9*BM*B1\nN9*ZZ*Z1*note\nN9*BM*B2",
        &json!({
            "bill_of_lading": "B1",
            "references": [
                { "qualifier": "ZZ", "value": "Z1", "description": "note" },
                { "qualifier": "BM", "value": "B2" },
            ],
        }),
    );
    let values = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\ndescription = \"G6901\"\ndescription_lines = { rest = \"G6901\" }";
    both(
        values,
        "LX\nW12***5\nG69*Red\nG69*Large\nG69*Old",
        &json!({ "lines": [{
            "shipped": { "value": 5 }, "description": "Red", "description_lines": ["Large", "Old"],
        }] }),
    );
}

#[test]
fn a_rest_of_several_places_is_written_to_the_first() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\nreferences = { rest = [\"N9\", \"../N9\"], use = \"reference\" }";
    let object =
        json!({ "lines": [{ "shipped": { "value": 5 }, "references": [{ "qualifier": "ZZ", "value": "Z1" }] }] });
    reads(mapping, "LX\nN9*ZZ*Z1\nW12***5", &object, &[]);
    both(mapping, "LX\nW12***5\nN9*ZZ*Z1", &object);
}

#[test]
fn codes_become_words_and_words_the_code_to_write() {
    let table = "\n[codes.modes]\nM = { is = \"motor\", prefer = true }\nJ = \"motor\"\nA = \"air\"\n";
    let strict = format!("carrier.mode = {{ at = \"W2701\", codes = \"modes\" }}{table}");
    both(&strict, "W27*M", &json!({ "carrier": { "mode": "motor" } }));
    both(&strict, "W27*A", &json!({ "carrier": { "mode": "air" } }));
    reads(&strict, "W27*J", &json!({ "carrier": { "mode": "motor" } }), &[]);
    let unknown = "mapping.unknown-code: `carrier.mode`: code `S` is not in the table `codes.modes`";
    reads(&strict, "W27*S", &json!({}), &[unknown]);
    let no_code = "mapping.unknown-word: `carrier.mode`: the table `codes.modes` has no code for `rail`";
    writes(&strict, &json!({ "carrier": { "mode": "rail" } }), "", &[no_code]);
    let keep = format!("{strict}\"*\" = \"keep\"\n");
    both(&keep, "W27*S", &json!({ "carrier": { "mode_code": "S" } }));
    // A field of free text keeps the code itself.
    let text = format!("agent_shipment_number = {{ at = \"W0605\", codes = \"modes\" }}{table}\"*\" = \"keep\"\n");
    both(&text, "W06**A1***A", &json!({ "agent_shipment_number": "air" }));
    both(&text, "W06**A1***S", &json!({ "agent_shipment_number": "S" }));
}

#[test]
fn a_constant_fills_its_field_without_any_place() {
    let mapping = "carrier.name = { const = \"Harbor Freight\" }\ncarrier.scac = \"W2702\"";
    both(mapping, "W27**ABCD", &json!({ "carrier": { "name": "Harbor Freight", "scac": "ABCD" } }));
    let refused = "mapping.value-does-not-fit: `carrier.name`: it is `Other`, the mapping says that it is always `Harbor Freight`";
    writes(mapping, &json!({ "carrier": { "name": "Other", "scac": "ABCD" } }), "W27**ABCD", &[refused]);
    both("totals.units = { const = \"12\" }", "", &json!({ "totals": { "units": 12 } }));
}

#[test]
fn a_constant_stands_in_each_entry_and_under_any_key() {
    let entries = "[map.unit_loads]\neach = \"W10\"\npallets = \"W1002\"\npallet_exchange_code = { const = \"X\" }";
    let load = |pallets: u32| json!({ "pallets": pallets, "pallet_exchange_code": "X" });
    both(entries, "W10**3\nW10**4", &json!({ "unit_loads": [load(3), load(4)] }));
    let other = "mapping.value-does-not-fit: `unit_loads[1].pallet_exchange_code`: it is `Y`, the mapping says that it is always `X`";
    let object = json!({ "unit_loads": [{ "pallets": 3, "pallet_exchange_code": "Y" }] });
    writes(entries, &object, "W10**3", &[other]);
    let key = "[map.ship_to]\nin = \"N1[N101=ST]\"\nname = \"N102\"\nidentifiers.store = { const = \"12\" }";
    both(key, "N1*ST*Shop", &json!({ "ship_to": { "name": "Shop", "identifiers": { "store": "12" } } }));
    let number = "mapping.value-does-not-fit: `totals.units`: it is `13`, the mapping says that it is always `12`";
    writes("totals.units = { const = \"12\" }", &json!({ "totals": { "units": 13 } }), "", &[number]);
}

#[test]
fn a_word_and_its_code_are_not_written_to_one_place() {
    let mapping = "carrier.mode = { at = \"W2701\", codes = \"transport-mode\" }";
    both(mapping, "W27*BU", &json!({ "carrier": { "mode_code": "BU" } }));
    let twice = "mapping.value-does-not-fit: `carrier.mode`: its code `BU` is there too, and the document has one place for both";
    writes(mapping, &json!({ "carrier": { "mode": "motor", "mode_code": "BU" } }), "", &[twice]);
    let known =
        "mapping.value-does-not-fit: `carrier.mode`: code `J` means the word `motor`, which belongs there itself";
    writes(mapping, &json!({ "carrier": { "mode_code": "J" } }), "", &[known]);
}

#[test]
fn a_default_stands_for_a_value_that_the_document_does_not_have() {
    let mapping = "carrier.scac = { at = \"W2702\", default = \"XXXX\" }\ncarrier.name = \"W2703\"";
    reads(mapping, "W27***Name", &json!({ "carrier": { "scac": "XXXX", "name": "Name" } }), &[]);
    reads(mapping, "", &json!({ "carrier": { "scac": "XXXX" } }), &[]);
    both(mapping, "W27**ABCD", &json!({ "carrier": { "scac": "ABCD" } }));
    both(mapping, "W27**XXXX", &json!({ "carrier": { "scac": "XXXX" } }));
    let number = "totals.units = { at = \"W0301\", default = \"0\" }";
    reads(number, "", &json!({ "totals": { "units": 0 } }), &[]);
}

#[test]
fn texts_that_mean_nothing_are_absent() {
    let mapping = "carrier.scac = { at = \"W2702\", absent = [\"NA\", \"CALL\"] }\ncarrier.name = \"W2703\"";
    reads(mapping, "W27**CALL*Name", &json!({ "carrier": { "name": "Name" } }), &[]);
    reads(mapping, "W27**NA", &json!({}), &[]);
    both(mapping, "W27**ABCD", &json!({ "carrier": { "scac": "ABCD" } }));
    let refused = "mapping.value-does-not-fit: `carrier.scac`: `NA` means \"nothing\" there";
    writes(mapping, &json!({ "carrier": { "scac": "NA" } }), "", &[refused]);
}

#[test]
fn dates_and_times_are_read_by_their_type() {
    both(
        "[map.lines]\neach = \"LX/W12\"\nexpiry_date = \"G6202[G6201=36]\"",
        "LX\nW12\nG62*36*20270101",
        &json!({ "lines": [{ "expiry_date": "2027-01-01" }] }),
    );
    both(
        "dates = { rest = \"G62\", use = \"date\" }",
        "G62*10*20260310*W*0830*PT",
        &json!({ "dates": [{
            "qualifier": "10", "date": "2026-03-10", "time_qualifier": "W", "time": "08:30", "time_zone_code": "PT",
        }] }),
    );
    let unreadable = "mapping.unreadable-value: `ship_date`: `20260230` is not a date (CCYYMMDD)";
    reads("ship_date = \"W0603\"", "W06**A1*20260230", &json!({}), &[unreadable]);
}

#[test]
fn a_date_with_its_time_is_an_instant_in_the_zone_of_partner_line_or_document() {
    let places = "[\"G6202[G6201=17]\", \"G6204[G6201=17]\", \"G6205[G6201=17]\"]";
    let partner = format!("estimated_delivery_date = {{ at = {places} }}");
    both(&partner, "G62*17*20260310", &json!({ "estimated_delivery_date": "2026-03-10" }));
    both(&partner, "G62*17*20260310**1400*PT", &json!({ "estimated_delivery_date": "2026-03-10T14:00:00-07:00" }));
    reads(
        &partner,
        "G62*17*20260310**1400*ET",
        &json!({ "estimated_delivery_date": "2026-03-10T11:00:00-07:00" }),
        &[],
    );
    let line = format!("estimated_delivery_date = {{ at = {places}, zone = \"America/New_York\" }}");
    both(&line, "G62*17*20260310**1400*ET", &json!({ "estimated_delivery_date": "2026-03-10T14:00:00-04:00" }));
    let two = "estimated_delivery_date = { at = [\"G6202[G6201=17]\", \"G6204[G6201=17]\"] }";
    both(two, "G62*17*20260310**0830", &json!({ "estimated_delivery_date": "2026-03-10T08:30:00-07:00" }));
    let twice = "mapping.value-does-not-fit: `estimated_delivery_date`: the time of 2026-11-01T01:30:00-08:00 comes twice that day, and no time code can say which is meant";
    writes(two, &json!({ "estimated_delivery_date": "2026-11-01T01:30:00-08:00" }), "", &[twice]);
    let no_place = "mapping.value-does-not-fit: `ship_date`: 2026-03-10T08:30:00-07:00 has a time, and the line has no place for one";
    writes("ship_date = \"W0603\"", &json!({ "ship_date": "2026-03-10T08:30:00-07:00" }), "", &[no_place]);
}

#[test]
fn a_quantity_is_a_number_with_its_unit() {
    let place = "totals.weight = { at = \"W0302\", unit = \"W0303\" }";
    both(place, "W03**12.5*LB", &json!({ "totals": { "weight": { "value": 12.5, "unit": "LB" } } }));
    both(place, "W03**12.5", &json!({ "totals": { "weight": { "value": 12.5 } } }));
    let fixed = "totals.weight = { at = \"W0302\", unit = \"KG\" }";
    both(fixed, "W03**3", &json!({ "totals": { "weight": { "value": 3, "unit": "KG" } } }));
    let other =
        "mapping.value-does-not-fit: `totals.weight`: its unit is `LB`, and the document has no place for a unit";
    writes(fixed, &json!({ "totals": { "weight": { "value": 3, "unit": "LB" } } }), "", &[other]);
    let codes = "consolidation.weight = { at = \"W2802\", unit = { at = \"W2804\", codes = \"weight-unit\" } }";
    both(codes, "W28**7**L", &json!({ "consolidation": { "weight": { "value": 7, "unit": "LB" } } }));
    let none = "totals.weight = \"W0302\"";
    both(none, "W03**3", &json!({ "totals": { "weight": { "value": 3 } } }));
    // Two quantities may share a unit.
    let shared = "[map.lines]\neach = \"LX/W12\"\nordered = { at = \"W1202\", unit = \"W1205\" }\nshipped = { at = \"W1203\", unit = \"W1205\" }";
    both(
        shared,
        "LX\nW12**9*8**EA",
        &json!({ "lines": [{
        "ordered": { "value": 9, "unit": "EA" }, "shipped": { "value": 8, "unit": "EA" },
    }] }),
    );
    let clash = "mapping.value-does-not-fit: `lines[1].shipped`: `CA` and `EA` would both stand there";
    writes(
        shared,
        &json!({ "lines": [{ "ordered": { "value": 9, "unit": "EA" }, "shipped": { "value": 8, "unit": "CA" } }] }),
        "LX\nW12**9*8**EA",
        &[clash],
    );
}

#[test]
fn numbers_are_exact_with_implied_decimals_and_zeros_left_out() {
    let implied = "charges = { rest = \"G72\", qualifier = \"G7201\", amount = \"G7208\" }";
    both(implied, "G72*504*******12345", &json!({ "charges": [{ "qualifier": "504", "amount": 123.45 }] }));
    let zero = "totals.units = { at = \"W0301\", zero = \"omit\" }";
    reads(zero, "W03*0", &json!({}), &[]);
    both(zero, "W03*5", &json!({ "totals": { "units": 5 } }));
    let nothing = "mapping.value-does-not-fit: `totals.units`: 0 means \"nothing\" there";
    writes(zero, &json!({ "totals": { "units": 0 } }), "", &[nothing]);
    let kept = "totals.units = \"W0301\"";
    both(kept, "W03*0", &json!({ "totals": { "units": 0 } }));
    let said = "totals.units = { at = \"W0301\", decimals = 2 }";
    both(said, "W03*1250", &json!({ "totals": { "units": 12.5 } }));
}

#[test]
fn a_block_is_a_set_of_lines_for_several_tables() {
    let mapping = "ship_to = { in = \"N1[N101=ST]\", use = \"short\" }\n\
        ship_from = { in = \"N1[N101=SF]\", use = \"short\", address.city = false }\n\
        [block.short]\nname = \"N102\"\naddress.city = \"N401\"\naddress.region = \"N402\"\n";
    both(
        mapping,
        "N1*ST*Shop\nN4*Reno*NV\nN1*SF*House\nN4**CA",
        &json!({
            "ship_to": { "name": "Shop", "address": { "city": "Reno", "region": "NV" } },
            "ship_from": { "name": "House", "address": { "region": "CA" } },
        }),
    );
}

#[test]
fn who_gave_a_number_turns_round_with_who_sells() {
    let plan = plan_of(&["ship_to = { in = \"N1[N101=ST]\", use = \"party\" }"]);
    let check = |we_sell, code: &str, key: &str| {
        let context = Context { we_sell, ..context() };
        let document = format!("N1*ST*Shop*{code}*0012");
        let mut object = json!({ "ship_to": { "name": "Shop", "identifiers": {} } });
        object["ship_to"]["identifiers"][key] = json!("0012");
        both_by(&plan, &document, &object, &context);
    };
    check(true, "91", "assigned_by_us");
    check(true, "92", "assigned_by_them");
    check(false, "91", "assigned_by_them");
    check(false, "92", "assigned_by_us");
    check(true, "9", "duns4");
    check(true, "ZZ", "zz");
}

#[test]
fn a_place_of_an_enclosing_loop_or_the_heading_can_be_read() {
    let mapping = "[map.packages]\neach = \"LX\"\npackage_number = \"LX01\"\n\
        [map.packages.lines]\neach = \"W12\"\nshipped = \"W1203\"\n\
        lot = { at = \"../N902[N901=LT]\", way = \"in\" }\ndescription = { at = \"/W0604\", way = \"in\" }";
    let line = |shipped: u32| json!({ "shipped": { "value": shipped }, "lot": "L1", "description": "S1" });
    let object = json!({ "packages": [{ "package_number": "1", "lines": [line(5), line(6)] }] });
    reads(mapping, "W06**A1**S1\nLX*1\nN9*LT*L1\nW12***5\nW12***6", &object, &[]);
    let said = [
        "mapping.field-not-written: `packages.lines.description` = `S1` (2 values) has no place in the document: the mapping `one` does not write it",
        "mapping.field-not-written: `packages.lines.lot` = `L1` (2 values) has no place in the document: the mapping `one` does not write it",
    ];
    writes(mapping, &object, "LX*1\nW12***5\nW12***6", &said);
}

#[test]
fn a_line_can_go_one_way() {
    let inward = "handling_code = { at = \"W0609\", way = \"in\" }";
    reads(inward, "W06**A1*******HH", &json!({ "handling_code": "HH" }), &[]);
    let outward = "handling_code = { at = \"W0609\", way = \"out\" }";
    reads(outward, "W06**A1*******HH", &json!({}), &[]);
    writes(outward, &json!({ "handling_code": "HH" }), "W06**A1*******HH", &[]);
}

#[test]
fn derived_values_are_written_and_compared() {
    let mapping = "[map.packages]\neach = \"LX\"\nsscc = \"MAN02[MAN01=GM]\"\n[map.packages.lines]\neach = \"W12\"\n\
        ordered = { at = \"W1202\", unit = \"W1205\" }\nshipped = { at = \"W1203\", unit = \"W1205\" }\n\
        [derived]\nW0601 = { const = \"F\" }\nLX01 = { counter = \"packages\" }\n\
        W1204 = { for = \"packages.lines\", expression = \"ordered - shipped\" }\n\
        W0301 = { expression = \"sum(packages.lines.shipped)\" }\n";
    let line = |ordered: u32, shipped: u32| json!({ "ordered": { "value": ordered, "unit": "EA" }, "shipped": { "value": shipped, "unit": "EA" } });
    let object = json!({ "packages": [
        { "sscc": "01", "lines": [line(5, 5), line(7, 6)] },
        { "sscc": "02", "lines": [line(2, 2)] },
    ] });
    let document = "W06*F*A1\nLX*1\nMAN*GM*01\nW12**5*5*0*EA\nW12**7*6*1*EA\nLX*2\nMAN*GM*02\nW12**2*2*0*EA\nW03*13";
    both(mapping, document, &object);
    let wrong = "W06*J*A1\nLX*1\nMAN*GM*01\nW12**5*5*0*EA\nW12**7*6*2*EA\nLX*3\nMAN*GM*02\nW12**2*2*0*EA\nW03*12";
    let plan = plan_of(&[mapping]);
    let (found, diagnostics) = read_with(&plan, wrong, &context());
    assert_eq!(found, with_order_number(&plan, &object));
    let mut told = told(&diagnostics);
    told.sort();
    assert_eq!(
        told,
        [
            "mapping.derived-differs: LX01 Assigned Number is 3, computed it is 2",
            "mapping.derived-differs: W0301 Number of Units Shipped is 12, computed it is 13",
            "mapping.derived-differs: W0601 Reporting Code is J, computed it is F",
            "mapping.derived-differs: W1204 Quantity Difference is 2, computed it is 1",
        ]
    );
    let silent =
        mapping.replace("sum(packages.lines.shipped)\" }", "sum(packages.lines.shipped)\", mismatch = \"ignore\" }");
    let (_, diagnostics) = read_with(&plan_of(&[&silent]), wrong, &context());
    assert_eq!(diagnostics.list().len(), 3);
}

#[test]
fn a_mapped_place_may_be_derived_too() {
    let mapping = "reporting_code = \"W0601\"\n[derived]\nW0601 = { const = \"F\", mismatch = \"ignore\" }\n";
    both(mapping, "W06*J*A1", &json!({ "reporting_code": "J" }));
    writes(mapping, &json!({}), "W06*F*A1", &[]);
}

#[test]
fn what_is_ignored_is_not_told() {
    let object = json!({ "handling_code": "HH" });
    let missing = "mapping.field-not-written: `handling_code` = `HH` has no place in the document: the mapping `one` does not write it";
    writes("", &object, "", &[missing]);
    writes("[ignore]\ncanonical = [\"handling_code\"]", &object, "", &[]);
    let unmapped = |mapping: &str| {
        let plan = plan_of(&[mapping]);
        let (mut tree, bytes) = tree_of(&plan, "W06**A1*20260310*S1\nN9*ZZ*Z1");
        let (mut object, mut diagnostics) = (Object::new(), Diagnostics::unlimited());
        let mut reading = Reading::default();
        reading.read(&plan, &mut tree, &bytes, &context(), &mut object, &mut diagnostics);
        reading.unmapped(&plan, &tree, &bytes, &context(), &mut diagnostics);
        told(&diagnostics)
    };
    assert_eq!(unmapped(""), ["mapping.not-mapped: 4 values are not mapped: W0603, W0604, N901, N902"]);
    assert_eq!(
        unmapped("[ignore]\ndocument = [\"W0603\", \"N9\"]"),
        ["mapping.not-mapped: 1 value is not mapped: W0604"]
    );
    let one_qualifier = "[ignore]\ndocument = [\"W06\", \"N9[N901=ZZ]\"]";
    assert_eq!(unmapped(one_qualifier), Vec::<String>::new());
    let another = "[ignore]\ndocument = [\"W06\", \"N902[N901=BM]\", \"N901\"]";
    assert_eq!(unmapped(another), ["mapping.not-mapped: 1 value is not mapped: N902"]);
}

#[test]
fn a_file_replaces_the_lines_of_the_one_it_extends_and_drops_them_with_false() {
    let base = "shipment_number = \"W0604\"\nbill_of_lading = \"N902[N901=BM]\"\n\
        ship_to = { in = \"N1[N101=ST]\", name = \"N102\", address.city = \"N401\" }\n\
        tracking_numbers = { each = \"N902[N901=2I]\" }\n\
        [derived]\nW0601 = { const = \"F\" }\n";
    let own = "extends = \"one\"\n[map]\nshipment_number = \"W0605\"\nbill_of_lading = false\n\
        ship_to.address.region = \"N402\"\nship_to.address.city = false\n\
        tracking_numbers = { rest = \"N902\" }\n\
        [derived]\nW0601 = { const = \"J\" }\n";
    let plan = plan_of(&[base, own]);
    both_by(
        &plan,
        "W06*J*A1***S1\nN1*ST*Shop\nN4**NV",
        &json!({ "shipment_number": "S1", "ship_to": { "name": "Shop", "address": { "region": "NV" } } }),
        &context(),
    );
    let again = "extends = \"two\"\n[map]\nship_to = false\nbill_of_lading = \"N902[N901=MB]\"\n";
    let plan = plan_of(&[base, own, again]);
    both_by(&plan, "W06*J*A1***S1\nN9*MB*B1", &json!({ "shipment_number": "S1", "bill_of_lading": "B1" }), &context());
}

#[test]
fn packs_differ_from_item_to_item_and_one_that_is_not_known_is_named() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = \"W1205\", units = \"pack\" }\n\
        sku = \"pair(W1207=SK)\"\n[units.pack]\nis = \"EA\"\nwrite = \"CA\"\nby = \"sku\"\nDZ = 12\n\
        [units.pack.items]\nTENT = { CA = 4 }\nSTOVE = { CA = 6 }\n";
    let line = |sku: &str, value: u32| json!({ "sku": sku, "shipped": { "value": value, "unit": "EA" } });
    both(
        mapping,
        "LX\nW12***5**CA**SK*TENT\nLX\nW12***2**CA**SK*STOVE",
        &json!({ "lines": [line("TENT", 20), line("STOVE", 12)] }),
    );
    reads(mapping, "LX\nW12***3**DZ**SK*POLE", &json!({ "lines": [line("POLE", 36)] }), &[]);
    let missing = "mapping.no-ratio: `lines.shipped`: `units.pack` does not say how many EA a CA of POLE is";
    reads(mapping, "LX\nW12***1**CA**SK*POLE", &json!({ "lines": [{ "sku": "POLE" }] }), &[missing]);
    let missing = "mapping.no-ratio: `lines[1].shipped`: `units.pack` does not say how many EA a CA of POLE is";
    writes(mapping, &json!({ "lines": [line("POLE", 12)] }), "LX\nW12*******SK*POLE", &[missing]);
    let nameless =
        "mapping.no-ratio: `lines.shipped`: how many EA a CA is differs from item to item, and `sku` is not there";
    reads(mapping, "LX\nW12***1**CA", &json!({}), &[nameless]);
}
