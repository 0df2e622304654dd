//! How values are written where they are not written plainly, rules over the object, and what comes from the record of an
//! earlier document: both ways, with what is said where a value does not fit.

mod support;

use crossdock::diagnostic::Diagnostics;
use crossdock::mapping::{self, Context, Given, Reading, Record};
use serde_json::{Value, json};

use support::{
    both, change_with, context, lines_of, plan_of, read_with, reads, told, with_order_number, write_json, write_with,
    writes,
};

/// The document is made to say the object, and what it was not asked to say stays as it is.
fn changes(mapping: &str, document: &str, object: &Value, changed: &str) {
    let plan = plan_of(&[mapping]);
    let object = with_order_number(&plan, object);
    let (found, diagnostics) = change_with(&plan, document, &object, &context());
    assert_eq!(found, lines_of(changed), "changing\n{document}\n{object:#}");
    assert_eq!(told(&diagnostics), Vec::<String>::new());
}

#[test]
fn dates_times_and_numbers_can_have_a_form_of_their_own() {
    let at = "estimated_delivery_date = { at = \"N903[N901=ED]\", format = \"M/D/YYYY h:mm:ss AM\" }";
    both(at, "N9*ED**3/4/2025 4:47:26 PM", &json!({ "estimated_delivery_date": "2025-03-04T16:47:26-08:00" }));
    let other =
        "mapping.unreadable-value: `estimated_delivery_date`: `2025-03-04` is not of the form `M/D/YYYY h:mm:ss AM`";
    reads(at, "N9*ED**2025-03-04", &json!({}), &[other]);
    let dateless = "mapping.value-does-not-fit: `estimated_delivery_date`: 2025-03-04 does not have what is asked by its form `M/D/YYYY h:mm:ss AM`";
    writes(at, &json!({ "estimated_delivery_date": "2025-03-04" }), "W06**A1", &[dateless]);
    let parts = "ship_date = { at = [\"N902[N901=11]\", \"N903[N901=11]\"], format = [\"YYMMDD\", \"HHmm\"], zone = \"America/New_York\" }";
    both(parts, "N9*11*260310*1400", &json!({ "ship_date": "2026-03-10T14:00:00-04:00" }));
    both(parts, "N9*11*260310", &json!({ "ship_date": "2026-03-10" }));
    let no_day = "mapping.unreadable-value: `ship_date`: `260230` is not a date or time that there is";
    reads(parts, "N9*11*260230", &json!({}), &[no_day]);
    let three = "[map.lines]\neach = \"LX/W12\"\nexpiry_date = { at = [\"W1208\", \"W1209\", \"W1211\"], format = [\"YYYY\", \"MM\", \"DD\"] }";
    both(three, "LX\nW12********2026*03**10", &json!({ "lines": [{ "expiry_date": "2026-03-10" }] }));
    let number = "totals.units = { at = \"N903[N901=TU]\", format = \"#.##0,00-\" }";
    both(number, "N9*TU**1.234,50-", &json!({ "totals": { "units": -1234.5 } }));
    let point = "mapping.unreadable-value: `totals.units`: `1234.50` is not a number of the form `#.##0,00-`";
    reads(number, "N9*TU**1234.50", &json!({}), &[point]);
    let finer =
        "mapping.value-does-not-fit: `totals.units`: 0.125 has more than 2 decimals, which its form `#.##0,00-` has";
    writes(number, &json!({ "totals": { "units": 0.125 } }), "W06**A1", &[finer]);
    let implied = "totals.units = { at = \"N903[N901=TU]\", type = \"number\", decimals = 2, format = \"00000000\" }";
    both(implied, "N9*TU**00012345", &json!({ "totals": { "units": 123.45 } }));
    let quantity = "[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = \"W1205\", format = \"0.00\" }";
    both(quantity, "LX\nW12***5.00**EA", &json!({ "lines": [{ "shipped": { "value": 5, "unit": "EA" } }] }));
}

#[test]
fn blanks_and_letters_are_as_the_line_says() {
    let mapping = "pro_number = { at = \"N902[N901=CN]\", trim = true, case = \"upper\" }";
    both(mapping, "N9*CN*P-1", &json!({ "pro_number": "P-1" }));
    reads(mapping, "N9*CN*  p-1 ", &json!({ "pro_number": "P-1" }), &[]);
    let small =
        "mapping.value-does-not-fit: `pro_number`: `p-1` is not in upper case, in which the line has it (`case`)";
    writes(mapping, &json!({ "pro_number": "p-1" }), "W06**A1", &[small]);
    let zeros = "pro_number = { at = \"N902[N901=CN]\", zeros = 6 }";
    for (written, meant) in [("000417", "417"), ("000000", "0"), ("123456", "123456"), ("P-01", "P-01")] {
        both(zeros, &format!("N9*CN*{written}"), &json!({ "pro_number": meant }));
    }
    reads(zeros, "N9*CN*417", &json!({ "pro_number": "417" }), &[]);
    changes(zeros, "N9*CN*000417", &json!({ "pro_number": "5" }), "N9*CN*000005");
    for (number, why) in [
        ("0417", "begins with a zero, which the line takes for one that only fills it up (`zeros`)"),
        ("1234567", "has 7 digits, and the line has 6 (`zeros`)"),
    ] {
        let refused = format!("mapping.value-does-not-fit: `pro_number`: `{number}` {why}");
        writes(zeros, &json!({ "pro_number": number }), "W06**A1", &[&refused]);
    }
    let chars = "pro_number = { at = \"N902[N901=CN]\", chars = \"A-Z0-9\" }";
    let other = "mapping.value-does-not-fit: `pro_number`: `P-1` has `-`, and may have the characters `A-Z0-9` only";
    writes(chars, &json!({ "pro_number": "P-1" }), "W06**A1", &[other]);
    let codes = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\nstatus = { at = \"W1201\", codes = \"line-status\", case = \"upper\" }";
    reads(codes, "LX\nW12*cc**5", &json!({ "lines": [{ "shipped": { "value": 5 }, "status": "shipped" }] }), &[]);
}

#[test]
fn what_means_nothing_means_it_of_a_part_and_of_a_number_too() {
    let parts = "bill_of_lading = { at = \"N902[N901=BM]\", split = \"-\", part = 1, trim = true, absent = [\"NA\"] }\n\
        pro_number = { at = \"N902[N901=BM]\", split = \"-\", part = 2 }";
    reads(parts, "N9*BM*NA-P7", &json!({ "pro_number": "P7" }), &[]);
    reads(parts, "N9*BM* NA -P7", &json!({ "pro_number": "P7" }), &[]);
    both(parts, "N9*BM*B1-P7", &json!({ "bill_of_lading": "B1", "pro_number": "P7" }));
    let nothing = "mapping.value-does-not-fit: `bill_of_lading`: `NA` means \"nothing\" there";
    writes(parts, &json!({ "bill_of_lading": "NA", "pro_number": "P7" }), "N9*BM*-P7", &[nothing]);
    // A whole text that begins so is none of them.
    both(parts, "N9*BM*NA1-P7", &json!({ "bill_of_lading": "NA1", "pro_number": "P7" }));
    let trimmed = "pro_number = { at = \"N902[N901=CN]\", trim = true, case = \"upper\", absent = [\"NONE\"] }";
    reads(trimmed, "N9*CN*  none", &json!({}), &[]);
    let listed = "tracking_numbers = { at = \"N902[N901=2I]\", split = \";\", trim = true }";
    reads(listed, "N9*2I*T1 ; T2", &json!({ "tracking_numbers": ["T1", "T2"] }), &[]);
    let zero = "totals.units = { at = \"W0301\", absent = [\"0\"] }";
    reads(zero, "W03*00", &json!({}), &[]);
    reads(zero, "W03*7", &json!({ "totals": { "units": 7 } }), &[]);
    let nothing = "mapping.value-does-not-fit: `totals.units`: `0` means \"nothing\" there";
    writes(zero, &json!({ "totals": { "units": 0 } }), "W06**A1", &[nothing]);
}

#[test]
fn two_places_that_mean_the_same_do_not_differ() {
    let number = "totals.units = { first = [\"W0301\", \"N903[N901=TU]\"], type = \"number\", absent = [\"NA\"] }";
    reads(number, "N9*TU**005\nW03*5", &json!({ "totals": { "units": 5 } }), &[]);
    let differs = "mapping.difference: `totals.units` stands twice in the document, as `5` and as `6`";
    reads(number, "N9*TU**6\nW03*5", &json!({ "totals": { "units": 5 } }), &[differs]);
    let text = "pro_number = { first = [\"N902[N901=CN]\", \"N902[N901=PR]\"], case = \"upper\", absent = [\"NA\"] }";
    reads(text, "N9*CN*p-1\nN9*PR*P-1", &json!({ "pro_number": "P-1" }), &[]);
    // What means nothing is none of them, and is not left over.
    reads(text, "N9*CN*P-1\nN9*PR*NA", &json!({ "pro_number": "P-1" }), &[]);
    reads(text, "N9*CN*na\nN9*PR*P-1", &json!({ "pro_number": "P-1" }), &[]);
    let time = "ship_date = { first = [[\"G6202[G6201=11]\", \"G6204[G6201=11]\"], [\"N903[N901=11]\", \"N904[N901=11]\"]], type = \"date\" }";
    reads(
        time,
        "N9*11**20260310*130000\nG62*11*20260310**1300",
        &json!({ "ship_date": "2026-03-10T13:00:00-07:00" }),
        &[],
    );
}

#[test]
fn the_time_beside_a_date_stands_with_it_and_another_date_says_it_again() {
    let plan = plan_of(&["ship_date = { first = [[\"G6202[G6201=11]\", \"G6204[G6201=11]\"], [\"W0603\"]] }"]);
    let (mut tree, bytes) = support::tree_of(&plan, "W06**A1*20260310\nG62*11*20260310**1300");
    let (mut object, mut reading) = (crossdock::canonical::Object::new(), Reading::default());
    reading.read(&plan, &mut tree, &bytes, &context(), &mut object, &mut Diagnostics::unlimited());
    let explained = mapping::explain(&plan, &tree, &bytes, &object);
    let parts: Vec<&str> = explained[1].sources.iter().map(|source| source.part.word()).collect();
    assert_eq!((explained[1].path.as_str(), parts), ("ship_date", vec!["value", "part", "again"]));
}

#[test]
fn a_quantity_without_a_unit_gets_none_of_its_neighbour() {
    let lines = "[map.lines]\neach = \"LX/W12\"\nordered = { at = \"W1202\", unit = \"W1205\" }\nshipped = { at = \"W1203\", unit = \"W1205\" }";
    let of = |ordered: Value, shipped: Value| json!({ "lines": [{ "ordered": ordered, "shipped": shipped }] });
    let (cases, plain) = (json!({ "value": 1, "unit": "CA" }), json!({ "value": 12 }));
    both(lines, "LX\nW12**12*12", &of(plain.clone(), plain.clone()));
    let second =
        "mapping.value-does-not-fit: `lines[1].shipped`: it has no unit, and would get that of another quantity, `CA`";
    writes(lines, &of(cases.clone(), plain.clone()), "LX\nW12**1***CA", &[second]);
    let first = "mapping.value-does-not-fit: `lines[1].shipped`: its unit `CA` would be that of `lines.ordered` too, which has none";
    writes(lines, &of(plain, cases), "LX\nW12**12*1", &[first]);
}

#[test]
fn objects_are_told_apart_by_what_their_key_means() {
    let mapping = "canonical = \"shipment\"\ndocument = \"x12/004010/945\"\n[map]\norder_number = { document_key = \"LX/N902[N901=OQ]\", trim = true, case = \"upper\", absent = [\"NA\"] }\n\
        [map.lines]\neach = \"LX\"\nsku = \"N902[N901=SK]\"";
    let objects = |mapping: &str, document: &str| {
        let plan = plan_of(&[mapping]);
        let (tree, bytes) = support::tree_of(&plan, document);
        let mut found = Diagnostics::unlimited();
        let parts = plan.objects(&tree, &bytes, &|_, _| Default::default(), &mut found);
        (parts.iter().map(Vec::len).collect::<Vec<_>>(), told(&found))
    };
    let document = "LX*1\nN9*OQ*A\nLX*2\nN9*OQ* a\nLX*3\nN9*OQ*B";
    assert_eq!(objects(mapping, document), (vec![2, 1], vec![]));
    let nothing = "LX*1\nN9*OQ*A\nLX*2\nN9*OQ*na\nLX*3\nN9*OQ*B";
    let keyless = "mapping.document-key-missing: this LX does not say to which shipment it belongs".to_owned();
    assert_eq!(objects(mapping, nothing), (vec![2, 1], vec![keyless]));
    let continued = mapping.replace("trim = true", "continues = true, trim = true");
    assert_eq!(objects(&continued, nothing), (vec![2, 1], vec![]));
}

#[test]
fn only_what_says_so_is_made_to_fit_and_that_is_told() {
    let plain = "pro_number = \"N902[N901=CN]\"";
    let long = "THE LONG NUMBER OF A PRO THAT NO CARRIER HAS EVER PRINTED ON ITS BILLS";
    let refused = "mapping.value-does-not-fit: `pro_number`: `THE LONG NUMBER OF A PRO THAT NO CARRIER` has 70 characters, element 127 (Reference Identification) takes at most 30";
    writes(plain, &json!({ "pro_number": long }), "W06**A1", &[refused]);
    let cut = "pro_number = { at = \"N902[N901=CN]\", fit = \"cut\" }";
    let told =
        format!("mapping.fitted: `pro_number`: `{long}` was cut to 30 characters: `THE LONG NUMBER OF A PRO THAT`");
    writes(cut, &json!({ "pro_number": long }), "N9*CN*THE LONG NUMBER OF A PRO THAT", &[&told]);
    let spelled = "pro_number = { at = \"N902[N901=CN]\", fit = \"transliterate\" }";
    let told = "mapping.fitted: `pro_number`: `A*B~C` was written in other characters: `A-B-C`";
    writes(spelled, &json!({ "pro_number": "A*B~C" }), "N9*CN*A-B-C", &[told]);
    both(spelled, "N9*CN*CAFE", &json!({ "pro_number": "CAFE" }));
}

#[test]
fn one_element_can_hold_several_values() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n\
        sku = { at = \"pair(W1207=VN)\", split = \"-\", part = 1 }\nlot = { at = \"pair(W1207=VN)\", split = \"-\", part = 2 }\n\
        identifiers.\"*\" = { rest = \"pair(W1207,W1221)\" }";
    let line = |rest: Value| {
        let mut line = json!({ "shipped": { "value": 5 } });
        line.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({ "lines": [line] })
    };
    both(mapping, "LX\nW12***5****VN*K018293-00010", &line(json!({ "sku": "K018293", "lot": "00010" })));
    both(mapping, "LX\nW12***5****VN*K018293", &line(json!({ "sku": "K018293" })));
    both(mapping, "LX\nW12***5****VN*-00010", &line(json!({ "lot": "00010" })));
    both(mapping, "LX\nW12***5****VN*A-B-C", &line(json!({ "sku": "A", "lot": "B-C" })));
    both(
        mapping,
        "LX\nW12***5****VN*A-B*************UP*614141000036",
        &line(json!({ "sku": "A", "lot": "B", "identifiers": { "up": "614141000036" } })),
    );
    let held = "mapping.value-does-not-fit: `lines[1].sku`: `K-1` holds `-`, which ends part 1 of its element";
    writes(mapping, &line(json!({ "sku": "K-1", "lot": "2" })), "LX\nW12***5****VN*-2", &[held]);
    changes(mapping, "LX\nW12***5****VN*A-B", &line(json!({ "sku": "A", "lot": "C" })), "LX\nW12***5****VN*A-C");
    changes(mapping, "LX\nW12***5****VN*A-B", &line(json!({ "sku": "A" })), "LX\nW12***5****VN*A");
    changes(mapping, "LX\nW12***5****VN*A-B", &line(json!({})), "LX\nW12***5");
    let read_only = "pro_number = { at = \"N902[N901=CN]\", split = \"/\", part = 2, way = \"in\" }";
    reads(read_only, "N9*CN*A/B/C", &json!({ "pro_number": "B/C" }), &[]);
}

#[test]
fn one_element_can_hold_a_list() {
    let mapping = "tracking_numbers = { at = \"N903[N901=2I]\", split = \";\", trim = true }";
    let object = |numbers: &[&str]| json!({ "tracking_numbers": numbers });
    both(mapping, "N9*2I**1Z1;1Z2", &object(&["1Z1", "1Z2"]));
    both(mapping, "N9*2I**1Z1", &object(&["1Z1"]));
    let loose = "N9*2I**;1Z1;; 1Z2 ;";
    reads(mapping, loose, &object(&["1Z1", "1Z2"]), &[]);
    changes(mapping, loose, &object(&["1Z1", "1Z2"]), loose);
    changes(mapping, loose, &object(&["1Z1", "1Z3"]), "N9*2I**1Z1;1Z3");
    changes(mapping, loose, &json!({}), "W06**A1");
    let held = "mapping.value-does-not-fit: `tracking_numbers`: its value `1Z;1` holds `;`, which ends a value of the list there";
    writes(mapping, &object(&["1Z;1", "1Z2"]), "W06**A1", &[held]);
    let blank =
        "mapping.value-does-not-fit: `tracking_numbers`: ` 1Z2` has blanks around it, which the line drops (`trim`)";
    writes(mapping, &object(&["1Z1", " 1Z2"]), "N9*2I**1Z1", &[blank]);
}

#[test]
fn number_and_unit_of_a_quantity_can_have_lines_of_their_own() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nsku = \"pair(W1207=VN)\"\n\
        shipped.value = { at = \"N903[N901=QY]\", split = \" \", part = 1, format = \"0.###\" }\n\
        shipped.unit = { at = \"N903[N901=QY]\", split = \" \", part = 2 }";
    let line = |shipped: Value| json!({ "lines": [{ "sku": "TENT", "shipped": shipped }] });
    both(mapping, "LX\nW12*******VN*TENT\nN9*QY**2.5 KG", &line(json!({ "value": 2.5, "unit": "KG" })));
    both(mapping, "LX\nW12*******VN*TENT\nN9*QY**2", &line(json!({ "value": 2 })));
}

#[test]
fn a_unit_that_the_document_does_not_say_can_be_known() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = { at = \"W1205\", default = \"CA\" }, units = \"each\" }\n\
        [units.each]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12";
    let line = |value: u32| json!({ "lines": [{ "shipped": { "value": value, "unit": "EA" } }] });
    reads(mapping, "LX\nW12***5", &line(60), &[]);
    both(mapping, "LX\nW12***5**CA", &line(60));
    changes(mapping, "LX\nW12***5", &line(60), "LX\nW12***5");
    reads(mapping, "LX\nW12", &json!({}), &[]);
}

#[test]
fn each_of_several_dates_with_times_can_be_written() {
    let mapping = "ship_date = { first = [[\"G6202[G6201=11]\", \"G6204[G6201=11]\"], [\"W0603\"]], write = \"all\" }";
    both(mapping, "W06**A1*20260310\nG62*11*20260310**1545", &json!({ "ship_date": "2026-03-10T15:45:00-07:00" }));
    both(mapping, "W06**A1*20260310\nG62*11*20260310", &json!({ "ship_date": "2026-03-10" }));
    let other = json!({ "ship_date": "2026-03-11T16:00:00-07:00" });
    changes(mapping, "W06**A1*20260310\nG62*11*20260310**1545", &other, "W06**A1*20260311\nG62*11*20260311**1600");
    // The day alone is first: there is no room for the time.
    let dates = "ship_date = { first = [[\"W0603\"], [\"G6202[G6201=11]\", \"G6204[G6201=11]\"]], write = \"all\" }";
    let timed = "mapping.value-does-not-fit: `ship_date`: 2026-03-11T16:00:00-07:00 has a time, and the line has no place for one";
    writes(dates, &other, "W06**A1", &[timed]);
}

#[test]
fn one_text_can_stand_in_several_elements() {
    let words = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\ndescription = { each = \"G6901\", join = \" \" }";
    let line = |text: &str| json!({ "lines": [{ "shipped": { "value": 5 }, "description": text }] });
    let document = "LX\nW12***5\nG69*BLUE TENT FOR FOUR WITH A SECOND DOOR AND\nG69*POLES";
    both(words, document, &line("BLUE TENT FOR FOUR WITH A SECOND DOOR AND POLES"));
    // Cut otherwise than we would, it stays so.
    let otherwise = "LX\nW12***5\nG69*BLUE\nG69*TENT";
    reads(words, otherwise, &line("BLUE TENT"), &[]);
    changes(words, otherwise, &line("BLUE TENT"), otherwise);
    changes(words, otherwise, &line("RED TENT"), "LX\nW12***5\nG69*RED TENT");
    let long = "mapping.value-does-not-fit: `lines[1].description`: `AWORDTHATISLONGERTHANTHEELEMENTTHATITSTA` cannot be cut at ` ` into pieces of at most 45 characters";
    writes(words, &line("AWORDTHATISLONGERTHANTHEELEMENTTHATITSTANDSINNOW"), "LX\nW12***5", &[long]);
    let chunks = words.replace("join = \" \"", "join = \"\"");
    both(
        &chunks,
        "LX\nW12***5\nG69*AWORDTHATISLONGERTHANTHEELEMENTTHATITSTANDSIN\nG69*NOW",
        &line("AWORDTHATISLONGERTHANTHEELEMENTTHATITSTANDSINNOW"),
    );
    let lines = "pro_number = { list = [\"N902[N901=CN]\", \"N903[N901=CN]\"], join = \"\\n\" }";
    both(lines, "N9*CN*ONE*TWO", &json!({ "pro_number": "ONE\nTWO" }));
    both(lines, "N9*CN*ONE*TWO\nN9*CN*THREE", &json!({ "pro_number": "ONE\nTWO\nTHREE" }));
}

#[test]
fn rules_are_asked_of_each_entry_and_both_ways() {
    let plan = plan_of(&[
        "[map.packages]\neach = \"LX\"\npackage_number = \"LX01\"\n[map.packages.lines]\neach = \"W12\"\n\
        ordered = \"W1202\"\nshipped = \"W1203\"\nlot = \"W1209\"\n\
        [rule.lot]\nfor = \"packages.lines\"\nwhen = \"shipped > 0 and order_number != 'TRIAL'\"\nmust = \"present(lot)\"\n\
        policy = { receive = \"report\", send = \"reject\" }\nowner = \"warehouse\"\nremedy = \"ask for the lot\"\nsays = \"page 4\"\n\
        [rule.packed]\nmust = \"count(packages) > 1\"\npolicy = { send = \"ignore\" }",
    ]);
    let check = |object: Value, direction, expected: &[&str]| {
        let (object, _) = crossdock::canonical::read(object.to_string().as_bytes(), plan.canonical);
        let mut diagnostics = Diagnostics::unlimited();
        plan.keep_rules(&object, direction, &|_| None, &mut diagnostics);
        let shown = |one: &crossdock::diagnostic::Diagnostic| {
            let owner = one.owner.as_deref().unwrap_or_default();
            format!("{} {owner}: {}", one.severity.word(), one.message)
        };
        assert_eq!(diagnostics.list().iter().map(shown).collect::<Vec<_>>(), expected, "{object:?}");
        let lots = diagnostics.list().iter().filter(|one| one.owner.as_deref() == Some("warehouse"));
        for one in lots {
            assert_eq!((one.rule.as_deref(), one.remedy.as_deref()), (Some("one:13: page 4"), Some("ask for the lot")));
        }
    };
    let package =
        |lines: Value| json!({ "order_number": "A1", "packages": [{ "package_number": "1", "lines": lines }] });
    let line = |shipped: u32| json!({ "ordered": { "value": 5 }, "shipped": { "value": shipped } });
    let broken = "`packages[1].lines[2]` breaks the rule `lot`: `present(lot)` is demanded";
    let packed = "error integration: the shipment breaks the rule `packed`: `count(packages) > 1` is demanded";
    let object = package(json!([line(0), line(5)]));
    let (report, refuse) = (format!("warning warehouse: {broken}"), format!("error warehouse: {broken}"));
    check(object.clone(), crossdock::mapping::Direction::Receive, &[&report, packed]);
    check(object.clone(), crossdock::mapping::Direction::Send, &[&refuse]);
    let mut trial = object;
    trial["order_number"] = json!("TRIAL");
    check(trial, crossdock::mapping::Direction::Send, &[]);
}

#[test]
fn quantities_in_two_units_are_not_compared_and_not_subtracted() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nordered = { at = \"W1202\", unit = \"W1205\" }\n\
        shipped = { at = \"W1203\", unit = \"W1211\" }\n[derived]\nW1204 = { for = \"lines\", expression = \"ordered - shipped\" }\n\
        [rule.all]\nfor = \"lines\"\nmust = \"ordered.unit != 'CA' or shipped = ordered\"";
    let line = |unit: &str| json!({ "lines": [{ "ordered": { "value": 10, "unit": "CA" }, "shipped": { "value": 10, "unit": unit } }] });
    both(mapping, "LX\nW12**10*10*0*CA******CA", &line("CA"));
    let apart = "mapping.value-does-not-fit: `W1204`: W1204 cannot be computed: one quantity is in CA, the other in EA";
    writes(mapping, &line("EA"), "LX\nW12**10*10**CA******EA", &[apart]);
    // What cannot be computed is not compared.
    reads(mapping, "LX\nW12**10*10*7*CA******EA", &line("EA"), &[]);
    let plan = plan_of(&[mapping]);
    let causes = |unit: &str| {
        let object = with_order_number(&plan, &line(unit));
        let (object, _) = crossdock::canonical::read(object.to_string().as_bytes(), plan.canonical);
        let mut diagnostics = Diagnostics::unlimited();
        plan.keep_rules(&object, crossdock::mapping::Direction::Send, &|_| None, &mut diagnostics);
        diagnostics.list().iter().filter_map(|one| one.cause.clone()).collect::<Vec<_>>()
    };
    assert_eq!(causes("CA"), Vec::<String>::new());
    assert_eq!(causes("EA"), ["it cannot be computed: one quantity is in EA, the other in CA"]);
}

#[test]
fn rules_compare_dates_and_instants_as_what_they_are() {
    let plan = plan_of(&[
        "[rule.in-time]\nwhen = \"present(estimated_delivery_date)\"\nmust = \"ship_date <= estimated_delivery_date\"\n\
        [rule.same]\nwhen = \"not present(estimated_delivery_date)\"\nmust = \"ship_date in ['2026-03-10']\"",
    ]);
    let check = |ship: &str, delivery: Option<&str>, kept: bool| {
        let mut object = with_order_number(&plan, &json!({ "ship_date": ship }));
        if let Some(delivery) = delivery {
            object["estimated_delivery_date"] = json!(delivery);
        }
        let (object, _) = crossdock::canonical::read(object.to_string().as_bytes(), plan.canonical);
        let mut diagnostics = Diagnostics::unlimited();
        plan.keep_rules(&object, crossdock::mapping::Direction::Send, &|_| None, &mut diagnostics);
        assert_eq!(diagnostics.is_empty(), kept, "{ship} {delivery:?}");
    };
    check("2026-03-10T23:00:00-08:00", Some("2026-03-11T06:00:00Z"), false);
    check("2026-03-11T07:00:00Z", Some("2026-03-11T03:00:00-07:00"), true);
    check("2026-03-10T10:00:00Z", Some("2026-03-10T10:00:00+00:00"), true);
    check("2026-03-10T15:00:00-07:00", Some("2026-03-10"), true);
    check("2026-03-11", Some("2026-03-10T23:00:00-07:00"), false);
    check("2026-03-10T15:00:00-07:00", None, true);
    check("2026-03-11", None, false);
}

#[test]
fn a_derived_value_is_written_as_its_element_has_it() {
    let mapping = "carrier.mode = { at = \"W2701\", codes = \"transport-mode\" }\n\
        ship_date = [\"G6202[G6201=11]\", \"G6204[G6201=11]\"]\n[derived]\n\
        \"G6202[G6201=10]\" = { expression = \"ship_date\" }\n\"G6204[G6201=10]\" = { expression = \"ship_date\" }\n\
        \"N902[N901=SD]\" = { expression = \"ship_date\", format = \"MM/DD/YYYY\" }\n\
        \"N903[N901=TM]\" = { expression = \"carrier.mode\", codes = \"transport-mode\" }\n\
        \"N902[N901=LI]\" = { sequence = \"label\", format = \"00000\" }";
    let written = |object: Value| {
        let plan = plan_of(&[mapping]);
        let given = Given { sequences: [("label".to_owned(), 42)].into(), ..Given::default() };
        let object = with_order_number(&plan, &object);
        let (document, diagnostics) = write_with(&plan, &object, &Context { given: &given, ..context() });
        assert_eq!(told(&diagnostics), Vec::<String>::new());
        document
    };
    let timed = json!({ "ship_date": "2026-03-10T15:45:00-07:00", "carrier": { "mode": "motor" } });
    let document =
        "W06**A1\nN9*SD*03/10/2026\nN9*TM**M\nN9*LI*00042\nG62*11*20260310**1545\nG62*10*20260310**1545\nW27*M";
    assert_eq!(written(timed.clone()), document);
    assert_eq!(
        written(json!({ "ship_date": "2026-03-10" })),
        "W06**A1\nN9*SD*03/10/2026\nN9*LI*00042\nG62*11*20260310\nG62*10*20260310"
    );
    let document = document.replace("N9*LI*00042\n", "");
    reads(mapping, document.trim_start_matches("W06**A1\n"), &timed, &[]);
    let other = "mapping.derived-differs: G6202[G6201=10] Date is 20260311, computed it is 20260310";
    reads(mapping, "G62*11*20260310\nG62*10*20260311", &json!({ "ship_date": "2026-03-10" }), &[other]);
}

#[test]
fn a_constant_or_counter_in_a_segment_of_its_own_is_written() {
    let mapping = "[map.packages]\neach = \"LX\"\n[map.packages.lines]\neach = \"W12\"\nshipped = \"W1203\"\n[derived]\n\"N902[N901=DP]\" = { const = \"099\" }\n\
        \"N902[N901=LI]\" = { for = \"packages.lines\", counter = \"packages.lines\" }";
    let object = json!({ "packages": [{ "lines": [{ "shipped": { "value": 5 } }, { "shipped": { "value": 6 } }] }] });
    both(mapping, "W06**A1\nN9*DP*099\nLX\nW12***5\nN9*LI*1\nW12***6\nN9*LI*2", &object);
}

#[test]
fn the_parts_of_a_date_can_mean_nothing() {
    let mapping = "ship_date = { at = [\"G6202[G6201=11]\", \"G6204[G6201=11]\"], absent = [\"00000000\", \"0000\"], type = \"date\" }";
    reads(mapping, "G62*11*00000000**0000", &json!({}), &[]);
    reads(mapping, "G62*11*20260310**0000", &json!({ "ship_date": "2026-03-10" }), &[]);
    let midnight = "mapping.value-does-not-fit: `ship_date`: `0000` means \"nothing\" there";
    writes(mapping, &json!({ "ship_date": "2026-03-10T00:00:00-07:00" }), "G62*11*20260310", &[midnight]);
}

#[test]
fn an_entry_on_record_can_be_known_by_several_fields() {
    let mapping =
        REPEATING.replace("by = \"sku\"", "by = [\"sku\", \"lot\"]").replace("shipped =", "lot = \"W1209\"\nshipped =");
    let plan = plan_of(&[&mapping]);
    let line = |lot: &str, number: &str| json!({ "sku": "TENT", "lot": lot, "line_number": number });
    let order =
        json!({ "order_number": "A1", "master_reference": "M7", "lines": [line("L1", "10"), line("L2", "20")] });
    let given = given(&order);
    let context = Context { given: &given, ..context() };
    let object = |lot: &str| json!({ "order_number": "A1", "lines": [{ "sku": "TENT", "lot": lot, "shipped": { "value": 5 } }] });
    let (written, diagnostics) = write_with(&plan, &object("L2"), &context);
    assert!(written.contains("N9*LI*20"), "{written}");
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let (_, diagnostics) = write_with(&plan, &object("L3"), &context);
    let told = told(&diagnostics).join("\n");
    assert!(
        told.contains("no entry of the fulfillment_order A1 on record has the `sku` TENT and the `lot` L3"),
        "{told}"
    );
}

#[test]
fn each_place_that_says_a_fact_is_changed_with_it() {
    let dates = "ship_date = { first = [\"W0603\", \"G6202[G6201=11]\"] }";
    let both_places = "W06**A1*20260310\nG62*11*20260310";
    changes(dates, both_places, &json!({ "ship_date": "2026-03-11" }), "W06**A1*20260311\nG62*11*20260311");
    changes(dates, both_places, &json!({}), "W06**A1");
    changes(dates, "G62*11*20260310", &json!({ "ship_date": "2026-03-11" }), "W06**A1\nG62*11*20260311");
    let pairs = "[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n\
        sku = { first = [\"pair(W1207=SK)\", \"pair(W1207=VN)\"] }\nidentifiers.\"*\" = { rest = \"pair(W1207,W1221)\" }";
    let line = |sku: &str| json!({ "lines": [{ "shipped": { "value": 5 }, "sku": sku }] });
    changes(pairs, "LX\nW12***5****VN*OLD", &line("NEW"), "LX\nW12***5****VN*NEW");
    let beside = json!({ "lines": [{ "shipped": { "value": 5 }, "sku": "NEW", "identifiers": { "vn": "OTHER" } }] });
    changes(pairs, "LX\nW12***5****SK*OLD*************VN*OTHER", &beside, "LX\nW12***5****SK*NEW*************VN*OTHER");
}

#[test]
fn what_is_not_changed_stays_as_it_is() {
    let list = "tracking_numbers = { each = \"N902[N901=2I]\" }";
    let rows = "N9*2I*T1*gate 4*20260101\nN9*2I*T2*gate 5";
    let object = |numbers: &[&str]| json!({ "tracking_numbers": numbers });
    changes(list, rows, &object(&["T9", "T2"]), "N9*2I*T9*gate 4*20260101\nN9*2I*T2*gate 5");
    changes(list, rows, &object(&["T1", "T8", "T2"]), "N9*2I*T1*gate 4*20260101\nN9*2I*T8\nN9*2I*T2*gate 5");
    changes(list, rows, &object(&["T2"]), "N9*2I*T2*gate 5");
    // Digits are no change, and what could not be written is told where it is changed only.
    let lines = "[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = \"W1205\", units = \"each\" }\nlot = \"W1208\"\n\
        ordered = \"W1202\"\n[units.each]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12";
    let line = |lot: &str, pieces: u32| json!({ "lines": [{ "ordered": { "value": 50 }, "shipped": { "value": pieces, "unit": "EA" }, "lot": lot }] });
    changes(lines, "LX\nW12**50.00*30**EA***L1", &line("L2", 30), "LX\nW12**50.00*30**EA***L2");
    let plan = plan_of(&[lines]);
    let object = with_order_number(&plan, &line("L2", 361));
    let (_, diagnostics) = change_with(&plan, "LX\nW12**50.00*30**CA***L1", &object, &context());
    assert_eq!(
        told(&diagnostics),
        ["mapping.value-does-not-fit: `lines.shipped`: 361 EA is no whole number of CA, each of 12 EA"]
    );
}

/// What a change is refused with, as the document would lose what no line maps.
fn loses(mapping: &str, document: &str, object: &Value, said: &str) {
    let plan = plan_of(&[mapping]);
    let object = with_order_number(&plan, object);
    let (_, diagnostics) = change_with(&plan, document, &object, &context());
    assert_eq!(told(&diagnostics), [format!("mapping.would-be-lost: the change would {said}")]);
}

#[test]
fn what_no_line_maps_is_kept_or_the_change_refused() {
    // A text in other pieces stands in the segments that are there.
    let two = "pro_number = { list = [\"N902[N901=CN]\", \"N903[N901=CN]\"], join = \" \" }";
    let pro = |text: &str| json!({ "pro_number": text });
    changes(two, "N9*CN*one*two", &pro("one three"), "N9*CN*one three");
    changes(two, "N9*CN*one*two", &pro("QQ7"), "N9*CN*QQ7");
    changes(two, "N9*CN*one*two", &json!({}), "");
    let joined = "agent_shipment_number = { each = \"NTE02\", join = \" \" }";
    let text = |text: &str| json!({ "agent_shipment_number": text });
    let notes = "NTE*DEL*RING THE BELL\nNTE*GEN*THEN WAIT";
    changes(joined, notes, &text("RING TWICE THEN WAIT"), "NTE*DEL*RING TWICE THEN WAIT");
    let (bell, door) = ("RING THE BELL ".repeat(5), "KNOCK ON THE DOOR".to_owned());
    let long = format!("{bell}{door}");
    changes(joined, notes, &text(&long), &format!("NTE*DEL*{bell}KNOCK ON\nNTE*GEN*THE DOOR"));

    // One line leaves the loop that it shared; the others stay as they are.
    let lots = "[map.lines]\neach = \"LX/W12\"\ngroup = [\"lot\"]\nlot = \"../N902[N901=LT]\"\nsku = \"W1208\"";
    let line = |sku: &str, lot: &str| json!({ "sku": sku, "lot": lot });
    let three = |first: &str, second: &str| json!({ "lines": [line("S1", "A"), line("S2", first), line("S3", second), line("S4", "C")] });
    let document = "LX\nN9*LT*A\nW12********S1\nN9*ZA*K1\nLX\nN9*LT*B\nW12********S2\nN9*ZA*K2\nW12********S3\nLX\nN9*LT*C\nW12********S4\nN9*ZA*K4";
    let apart = "LX\nN9*LT*A\nW12********S1\nN9*ZA*K1\nLX\nN9*LT*B\nW12********S2\nN9*ZA*K2\nLX\nN9*LT*L9\nW12********S3\nLX\nN9*LT*C\nW12********S4\nN9*ZA*K4";
    changes(lots, document, &three("B", "L9"), apart);
    let more = document.replace("W12********S3", "W12********S3\nN9*ZA*K3");
    loses(lots, &more, &three("B", "L9"), "lose what no line maps: N901 `ZA`, N902 `K3`");

    // One that only changes its place would be written anew.
    let lines = "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"";
    let of = |skus: &[&str]| json!({ "lines": skus.iter().map(|sku| json!({ "sku": sku })).collect::<Vec<_>>() });
    let two = "LX\nW12********S1\nN9*ZA*K1\nLX\nW12********S2\nN9*ZA*K2";
    loses(lines, two, &of(&["S2", "S1"]), "lose what no line maps: N901 `ZA`, N902 `K1`");
    changes(
        lines,
        &two.replace("\nN9*ZA*K1", ""),
        &of(&["S2", "S1"]),
        "LX\nW12********S2\nN9*ZA*K2\nLX\nW12********S1",
    );
    changes(lines, two, &of(&["S2"]), "LX\nW12********S2\nN9*ZA*K2");
    let list = "tracking_numbers = { each = \"N902[N901=2I]\" }";
    let numbers = json!({ "tracking_numbers": ["T2", "T1"] });
    loses(list, "N9*2I*T1*gate 4\nN9*2I*T2*gate 5", &numbers, "lose what no line maps: N903 `gate 4`");
}

#[test]
fn a_time_is_changed_with_the_code_that_says_its_zone() {
    let shipped = "ship_date = { at = [\"G6202[G6201=11]\", \"G6204[G6201=11]\", \"G6205[G6201=11]\"] }";
    let at = |at: &str| json!({ "ship_date": at });
    // The partner of these tests is in Los Angeles: its own clock is written, with its code.
    changes(shipped, "G62*11*20260310**0130*ET", &at("2026-03-10T02:00:00-04:00"), "G62*11*20260309**2300*PT");
    changes(shipped, "G62*11*20260310**0130*ET", &at("2026-03-10T01:30:00-04:00"), "G62*11*20260310**0130*ET");
}

#[test]
fn numbers_that_no_line_maps_keep_their_unit() {
    let lines = "[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = \"W1205\", units = \"each\" }\n\
        [units.each]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12";
    let of = |number: u32, unit: &str| json!({ "lines": [{ "shipped": { "value": number, "unit": unit } }] });
    changes(lines, "LX\nW12**36*24*12*EA", &of(12, "EA"), "LX\nW12**36*12*12*EA");
    changes(lines, "LX\nW12**3*2*1*CA", &of(12, "EA"), "LX\nW12**3*1*1*CA");
    let said = "give another unit to what no line maps: W1202 `36`, W1204 `12`";
    loses(lines, "LX\nW12**36*24*12*EA", &of(24, "PL"), said);
    changes(lines, "LX\nW12***24**EA", &of(24, "PL"), "LX\nW12***24**PL");
    let plain = "[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = \"W1205\" }";
    loses(plain, "LX\nW12**36*24**EA", &of(2, "CA"), "give another unit to what no line maps: W1202 `36`");
}

#[test]
fn one_of_several_columns_changes_in_the_unit_that_the_document_has() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"\nshipped = { at = \"W1203\", unit = \"W1205\", units = \"each\" }\n\
        [[map.lines.quantities]]\nqualifier = { const = \"ordered\" }\nquantity = { at = \"W1202\", unit = \"W1205\", units = \"each\" }\n\
        [[map.lines.quantities]]\nqualifier = { const = \"open\" }\nquantity = { at = \"W1204\", unit = \"W1205\", units = \"each\" }\n\
        [units.each]\nis = \"EA\"\nwrite = \"WRITE\"\nCA = 12";
    let object = |shipped: u32, ordered: u32, open: u32| {
        let column =
            |name: &str, value: u32| json!({ "qualifier": name, "quantity": { "value": value, "unit": "EA" } });
        json!({ "lines": [{
            "sku": "T", "shipped": { "value": shipped, "unit": "EA" },
            "quantities": [column("ordered", ordered), column("open", open)],
        }] })
    };
    // The document has cases, the table writes pieces; and the other way round.
    changes(&mapping.replace("WRITE", "EA"), "LX\nW12**9*5*4*CA***T", &object(60, 96, 48), "LX\nW12**8*5*4*CA***T");
    changes(&mapping.replace("WRITE", "CA"), "LX\nW12**9*5*4*EA***T", &object(5, 10, 4), "LX\nW12**10*5*4*EA***T");
    changes(&mapping.replace("WRITE", "CA"), "LX\nW12**9*5*4*EA***T", &object(6, 9, 4), "LX\nW12**9*6*4*EA***T");
}

#[test]
fn each_of_several_places_of_a_date_can_have_a_form_of_its_own() {
    let day = "ship_date = { first = [\"W0603\", \"N903[N901=SD]\"], format = [\"YYYYMMDD\", \"MM/DD/YYYY\"], write = \"all\" }";
    let of = |date: &str| json!({ "ship_date": date });
    both(day, "W06**A1*20260310\nN9*SD**03/10/2026", &of("2026-03-10"));
    reads(day, "W06**A1\nN9*SD**03/10/2026", &of("2026-03-10"), &[]);
    let differs = "mapping.difference: `ship_date` stands twice in the document, as `20260310` and as `03/11/2026`";
    reads(day, "W06**A1*20260310\nN9*SD**03/11/2026", &of("2026-03-10"), &[differs]);
    changes(day, "W06**A1*20260310\nN9*SD**03/10/2026", &of("2026-03-11"), "W06**A1*20260311\nN9*SD**03/11/2026");
    // Written is the first; a document that has the other alone keeps it.
    let first = day.replace(", write = \"all\"", "");
    writes(&first, &of("2026-03-10"), "W06**A1*20260310", &[]);
    changes(&first, "W06**A1\nN9*SD**03/10/2026", &of("2026-03-11"), "W06**A1\nN9*SD**03/11/2026");
    // Dates with their times, in one element or two; one that has room for the date alone has that.
    let moment = "ship_date = { first = [[\"G6202[G6201=11]\", \"G6204[G6201=11]\"], [\"N903[N901=SD]\"], [\"N903[N901=SE]\"]], \
        format = [\"YYYYMMDD\", \"HHmm\", \"MM/DD/YYYY HH:mm\", \"D MMM YYYY\"], write = \"all\" }";
    let all = "N9*SD**03/10/2026 15:45\nN9*SE**10 Mar 2026\nG62*11*20260310**1545";
    both(moment, all, &of("2026-03-10T15:45:00-07:00"));
    reads(moment, "N9*SE**10 Mar 2026", &of("2026-03-10"), &[]);
    let differs =
        "mapping.difference: `ship_date` stands twice in the document, as `20260310 1545` and as `03/10/2026 15:46`";
    reads(moment, &all.replace("15:45", "15:46"), &of("2026-03-10T15:45:00-07:00"), &[differs]);
    // One form is that of all.
    let one =
        "ship_date = { first = [\"N902[N901=SD]\", \"N903[N901=SD]\"], format = \"MM/DD/YYYY\", write = \"all\" }";
    both(one, "N9*SD*03/10/2026*03/10/2026", &of("2026-03-10"));
}

#[test]
fn what_is_mapped_in_a_level_and_derived_in_the_heading_changes_once() {
    let mapping = "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\nlevels = \"S O\"\n[map]\n\
        in = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\nship_date = { first = [\"DTM02[DTM01=011]\", \"/DTM02[DTM01=011]\"] }\n\
        [derived]\n\"DTM02[DTM01=011]\" = { expression = \"ship_date\" }";
    let object = json!({ "shipment_number": "A", "ship_date": "2026-03-11" });
    let document = |day: &str| format!("BSN**A\nDTM*011*{day}\nHL*1**S\nDTM*011*{day}");
    changes(mapping, &document("20260310"), &object, &document("20260311"));
}

#[test]
fn segments_of_several_entries_change_in_the_unit_that_they_all_have() {
    let mapping = "canonical = \"inventory_report\"\ndocument = \"x12/004010/846\"\n[map]\nreport_number = \"BIA03\"\n\
        report_date = \"BIA04\"\n[map.items]\neach = \"LIN\"\nsku = \"pair(LIN02=SK)\"\n[map.items.quantities]\n\
        each = \"pair(SDQ03)\"\nstate = { const = \"available\" }\nlocation = \"SDQ03\"\n\
        quantity = { at = \"SDQ04\", unit = \"SDQ01\", units = \"each\" }\n[units.each]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12";
    let of = |location: &str, value: u32| json!({ "state": "available", "location": location, "quantity": { "value": value, "unit": "EA" } });
    let object = json!({
        "report_number": "R1", "report_date": "2026-03-10",
        "items": [{ "sku": "TENT", "quantities": [of("001", 7), of("002", 6)] }],
    });
    let document = |first: u32| format!("BIA***R1*20260310\nLIN**SK*TENT\nSDQ*EA**001*{first}*002*6");
    changes(mapping, &document(5), &object, &document(7));
}

#[test]
fn numbers_with_an_exponent_are_read_and_never_written() {
    let number = "totals.units = \"W0301\"";
    for (text, value) in [("1.5E3", 1500.0), ("25E-1", 2.5), ("-2E0", -2.0)] {
        let plan = plan_of(&[number]);
        let (object, found) = read_with(&plan, &format!("W06**A1\nW03*{text}"), &context());
        assert_eq!((object["totals"]["units"].as_f64(), told(&found)), (Some(value), Vec::new()), "{text}");
    }
    both(number, "W03*1500", &json!({ "totals": { "units": 1500 } }));
    let (written, _) =
        write_json(&plan_of(&[number]), r#"{ "order_number": "A1", "totals": { "units": 1.5e3 } }"#, &context());
    assert_eq!(written, "W06**A1\nW03*1500");
    let absent = "totals.units = { at = \"W0301\", absent = [\"0\"] }";
    reads(absent, "W03*0E0", &json!({}), &[]);
    let other = "mapping.unreadable-value: `totals.units`: `1e3` is not a number";
    reads(number, "W03*1e3", &json!({}), &[other]);
}

#[test]
fn a_number_too_long_to_be_scaled_is_told() {
    let long = "1234567890123456789012345678";
    for form in ["", ", format = \"0\""] {
        let mapping = format!("totals.units = {{ at = \"N903[N901=TU]\", type = \"number\", decimals = 9{form} }}");
        let plan = plan_of(&[&mapping]);
        let json = format!("{{\"order_number\": \"A1\", \"totals\": {{\"units\": {long}}}}}");
        let (document, diagnostics) = support::write_json(&plan, &json, &context());
        assert_eq!(document, "W06**A1");
        let said = format!("`totals.units`: {long} has more digits than can be written with its implied decimals");
        assert_eq!(told(&diagnostics), [format!("mapping.value-does-not-fit: {said}")]);
    }
}

/// A mapping whose documents repeat what their order says and have a number of our own.
const REPEATING: &str = "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"\nshipped = \"W1203\"\n[derived]\n\
    \"N902[N901=CO]\" = { recall = \"fulfillment_order.master_reference\" }\n\
    \"N902[N901=SI]\" = { sequence = \"shipment\" }\n\
    \"N902[N901=LI]\" = { for = \"lines\", recall = \"fulfillment_order.lines.line_number\", by = \"sku\" }";

/// The record of an order.
fn given(order: &Value) -> Given {
    let shape = crossdock::canonical::shape("fulfillment_order").expect("is one");
    let (object, _) = crossdock::canonical::read(order.to_string().as_bytes(), shape);
    Given {
        records: vec![Record { shape, object }],
        sequences: [("shipment".to_owned(), 700)].into(),
        ..Given::default()
    }
}

#[test]
fn what_a_document_repeats_comes_from_the_record_of_its_order() {
    let plan = plan_of(&[REPEATING]);
    let line = |sku: &str, number: &str| json!({ "sku": sku, "line_number": number });
    let order =
        json!({ "order_number": "A1", "master_reference": "M7", "lines": [line("TENT", "10"), line("POLE", "20")] });
    let given = given(&order);
    let context = Context { given: &given, before: 3, ..context() };
    let object = json!({ "order_number": "A1", "lines": [{ "sku": "POLE", "shipped": { "value": 5 } }] });
    let document = "W06**A1\nN9*CO*M7\nN9*SI*703\nLX\nW12***5*****POLE\nN9*LI*20";
    let (written, diagnostics) = write_with(&plan, &object, &context);
    assert_eq!(written, document);
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let (found, diagnostics) = read_with(&plan, document, &context);
    assert_eq!(found, object);
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let (_, diagnostics) = read_with(&plan, &document.replace("LI*20", "LI*30").replace("M7", "M8"), &context);
    let differs = [
        "mapping.derived-differs: N902[N901=LI] Reference Identification is 30, on record it is 20",
        "mapping.derived-differs: N902[N901=CO] Reference Identification is M8, on record it is M7",
    ];
    assert_eq!(told(&diagnostics), differs);
}

#[test]
fn what_is_not_on_record_is_refused_when_it_is_written_and_not_compared_when_it_is_read() {
    let plan = plan_of(&[REPEATING]);
    let check = |given: &Given, object: Value, expected: &[&str]| {
        let context = Context { given, ..context() };
        assert_eq!(told(&write_with(&plan, &object, &context).1), expected);
    };
    let object = json!({ "order_number": "A1", "lines": [{ "sku": "POLE", "shipped": { "value": 5 } }] });
    let nothing = [
        "mapping.not-recalled: `N902[N901=CO]`: `fulfillment_order.master_reference` cannot be recalled: there is no fulfillment_order A1 on record",
        "mapping.no-number: `N902[N901=SI]`: there is no number of the sequence `shipment`",
        "mapping.not-recalled: `N902[N901=LI]`: `fulfillment_order.lines.line_number` cannot be recalled: there is no fulfillment_order A1 on record",
    ];
    check(Given::nothing(), object.clone(), &nothing);
    let other = given(&json!({ "order_number": "A1", "lines": [{ "sku": "TENT", "line_number": "10" }] }));
    let less = [
        "mapping.not-recalled: `N902[N901=CO]`: `fulfillment_order.master_reference` cannot be recalled: the fulfillment_order A1 on record does not say it",
        "mapping.not-recalled: `N902[N901=LI]`: `fulfillment_order.lines.line_number` cannot be recalled: no entry of the fulfillment_order A1 on record has the `sku` POLE",
    ];
    check(&other, object.clone(), &less);
    let twice = json!({ "sku": "POLE", "line_number": "10" });
    let twice = given(&json!({ "order_number": "A1", "master_reference": "M7", "lines": [twice, twice] }));
    check(
        &twice,
        object,
        &[
            "mapping.not-recalled: `N902[N901=LI]`: `fulfillment_order.lines.line_number` cannot be recalled: several entries of the fulfillment_order A1 on record have the `sku` POLE",
        ],
    );
    reads(
        REPEATING,
        "N9*CO*M9\nLX\nW12***5*****POLE",
        &json!({ "lines": [{ "sku": "POLE", "shipped": { "value": 5 } }] }),
        &[],
    );
}

#[test]
fn quantities_are_converted_by_exact_ratios() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nordered = { at = \"W1202\", unit = \"W1205\", units = \"each\" }\n\
        shipped = { at = \"W1203\", unit = \"W1205\", units = \"each\" }\n[units.each]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12\nGS = \"144\"";
    let line = |ordered: u32, shipped: u32, unit: &str| {
        let quantity = |value: u32| json!({ "value": value, "unit": unit });
        json!({ "lines": [{ "ordered": quantity(ordered), "shipped": quantity(shipped) }] })
    };
    both(mapping, "LX\nW12**5*4**CA", &line(60, 48, "EA"));
    reads(mapping, "LX\nW12**1*1**GS", &line(144, 144, "EA"), &[]);
    reads(mapping, "LX\nW12**60*48**EA", &line(60, 48, "EA"), &[]);
    // What is in no ratio stays.
    both(mapping, "LX\nW12**5*4**PL", &line(5, 4, "PL"));
    let rest = "mapping.value-does-not-fit: `lines[1].shipped`: 50 EA is no whole number of CA, each of 12 EA";
    writes(mapping, &line(60, 50, "EA"), "LX\nW12**5***CA", &[rest]);
    let packs = "mapping.value-does-not-fit: `lines[1].ordered`: its unit is CA, which would be read back as EA";
    let packs = [packs, &packs.replace("ordered", "shipped")];
    writes(mapping, &line(5, 4, "CA"), "LX\nW12", &packs);
    // The unit is said once for both. A document that is changed keeps its own where it can, else gets that of the table.
    changes(mapping, "LX\nW12**60*48**EA", &line(60, 48, "EA"), "LX\nW12**60*48**EA");
    changes(mapping, "LX\nW12**60*48**EA", &line(60, 36, "EA"), "LX\nW12**60*36**EA");
    changes(mapping, "LX\nW12**1*1**GS", &line(60, 36, "EA"), "LX\nW12**5*3**CA");
    let fixed = "totals.weight = { at = \"W0302\", unit = \"LB\", units = \"weight\" }\n[units.weight]\nis = \"KG\"\nLB = \"0.45359237\"";
    both(fixed, "W03**1000", &json!({ "totals": { "weight": { "value": 453.59237, "unit": "KG" } } }));
    let inexact = "mapping.value-does-not-fit: `totals.weight`: 1 KG is no whole number of LB, each of 0.45359237 KG";
    writes(fixed, &json!({ "totals": { "weight": { "value": 1, "unit": "KG" } } }), "W06**A1", &[inexact]);
}

#[test]
fn a_rule_whose_condition_cannot_be_computed_is_told_and_not_passed_over() {
    let plan = plan_of(&["[map.lines]\neach = \"LX/W12\"\nordered = \"W1202\"\nshipped = \"W1203\"\n\
        [rule.most]\nfor = \"lines\"\nwhen = \"shipped / ordered > 2\"\nmust = \"shipped < 100\""]);
    let told = |ordered: u8| {
        let line = json!({ "ordered": { "value": ordered }, "shipped": { "value": 5 } });
        let object = json!({ "order_number": "A1", "lines": [line] }).to_string();
        let (object, _) = crossdock::canonical::read(object.as_bytes(), plan.canonical);
        let mut found = Diagnostics::unlimited();
        plan.keep_rules(&object, crossdock::mapping::Direction::Receive, &|_| None, &mut found);
        found.take().into_iter().filter_map(|one| one.cause).collect::<Vec<_>>()
    };
    assert!(told(1).is_empty());
    assert!(told(0)[0].starts_with("it cannot be computed"), "{:?}", told(0));
}

#[test]
fn a_code_of_the_partners_own_for_numbers_that_they_assign_is_written_too() {
    let party = "[map.ship_to]\nin = \"N1[N101=ST]\"\nidentifiers.\"*\" = { at = \"N104\", scheme = \"N103\", codes = \"party-scheme\" }";
    let assigned = |scheme: &str| json!({ "ship_to": { "identifiers": { scheme: "41" } } });
    both(party, "N1*ST**92*41", &assigned("assigned_by_them"));
    let own = format!("{party}\n[codes.party-scheme]\nZZ = \"assigned_by_them\"");
    both(&own, "N1*ST**ZZ*41", &assigned("assigned_by_them"));
    both(&own, "N1*ST**91*41", &assigned("assigned_by_us"));
}
