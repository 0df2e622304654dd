//! Derived values in the form of their places, defaults that others ask for, and values that have two sources.

mod support;

use crossdock::mapping::{Context, Given, Record};
use serde_json::{Value, json};

use support::{both, context, plan_of, read_with, reads, told, write_with, writes};

/// Quantities of a 945, with words of each line, and what is short computed from the two others.
fn quantities(words: &str) -> String {
    format!(
        "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"\n\
         ordered = {{ at = \"W1202\", unit = \"W1205\"{words} }}\n\
         shipped = {{ at = \"W1203\", unit = \"W1205\"{words} }}\n\
         difference = {{ at = \"W1204\", unit = \"W1205\"{words} }}\n\
         [derived]\nW1204 = {{ for = \"lines\", expression = \"ordered - shipped\" }}\n"
    )
}

fn ordered_and_shipped(ordered: i64, shipped: i64) -> Value {
    let each = |value: i64| json!({ "value": value, "unit": "EA" });
    json!({ "lines": [{ "sku": "T", "ordered": each(ordered), "shipped": each(shipped) }] })
}

fn with_difference(ordered: i64, shipped: i64) -> Value {
    let mut object = ordered_and_shipped(ordered, shipped);
    object["lines"][0]["difference"] = json!({ "value": ordered - shipped, "unit": "EA" });
    object
}

#[test]
fn what_is_derived_has_the_implied_decimals_and_the_form_of_the_line_at_its_place() {
    let implied = quantities(", decimals = 2");
    writes(&implied, &ordered_and_shipped(60, 48), "W06**A1\nLX\nW12**6000*4800*1200*EA***T", &[]);
    both(&implied, "LX\nW12**6000*4800*1200*EA***T", &with_difference(60, 48));
    let differs = "mapping.derived-differs: W1204 Quantity Difference is 1300, computed it is 1200";
    let other = json!({ "lines": [{ "sku": "T", "ordered": { "value": 60, "unit": "EA" }, "shipped": { "value": 48, "unit": "EA" },
        "difference": { "value": 13, "unit": "EA" } }] });
    reads(&implied, "LX\nW12**6000*4800*1300*EA***T", &other, &[differs]);
    let padded = quantities(", format = \"0000\"");
    writes(&padded, &ordered_and_shipped(60, 48), "W06**A1\nLX\nW12**0060*0048*0012*EA***T", &[]);
    let total = "totals.units = { at = \"W0301\", decimals = 2 }\n[map.lines]\neach = \"LX/W12\"\nshipped = { at = \"W1203\", unit = \"W1205\" }\n\
        [derived]\nW0301 = { expression = \"sum(lines.shipped)\" }\n";
    let object = json!({ "lines": [{ "shipped": { "value": 48, "unit": "EA" } }] });
    writes(total, &object, "W06**A1\nLX\nW12***48**EA\nW03*4800", &[]);
}

#[test]
fn what_is_derived_is_in_the_unit_that_stands_beside_it() {
    let units = "[units.pack]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12\n";
    let packs = quantities(", units = \"pack\"") + units;
    writes(&packs, &ordered_and_shipped(60, 48), "W06**A1\nLX\nW12**5*4*1*CA***T", &[]);
    both(&packs, "LX\nW12**5*4*1*CA***T", &with_difference(60, 48));
    reads(&packs, "LX\nW12**60*48*12*EA***T", &with_difference(60, 48), &[]);
    // Without a line of its own it is in the unit of what it is computed of.
    let alone = packs.replace("difference = { at = \"W1204\", unit = \"W1205\", units = \"pack\" }\n", "");
    writes(&alone, &ordered_and_shipped(60, 48), "W06**A1\nLX\nW12**5*4*1*CA***T", &[]);
    let differs = "mapping.derived-differs: W1204 Quantity Difference is 2, computed it is 1";
    reads(&alone, "LX\nW12**5*4*2*CA***T", &ordered_and_shipped(60, 48), &[differs]);
}

#[test]
fn a_quantity_of_a_record_is_not_written_beside_another_unit() {
    let recalls = "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"\nshipped = { at = \"W1203\", unit = \"W1205\" }\n[derived]\n\
        W1202 = { for = \"lines\", recall = \"fulfillment_order.lines.ordered\", by = \"sku\" }\n";
    let shape = crossdock::canonical::shape("fulfillment_order").expect("is one");
    let order = json!({ "order_number": "A1", "lines": [{ "sku": "T", "ordered": { "value": 24, "unit": "EA" } }] });
    let (object, _) = crossdock::canonical::read(order.to_string().as_bytes(), shape);
    let given = Given { records: vec![Record { shape, object }], ..Given::default() };
    let context = Context { given: &given, ..context() };
    let shipped = |unit: &str| json!({ "order_number": "A1", "lines": [{ "sku": "T", "shipped": { "value": 2, "unit": unit } }] });
    let plan = plan_of(&[recalls]);
    let (written, diagnostics) = write_with(&plan, &shipped("EA"), &context);
    assert_eq!((written.as_str(), told(&diagnostics)), ("W06**A1\nLX\nW12**24*2**EA***T", vec![]));
    let (_, diagnostics) = write_with(&plan, &shipped("CA"), &context);
    let refused = "mapping.value-does-not-fit: `W1202`: on record it is 24 EA, and the document says CA beside it";
    assert_eq!(told(&diagnostics), [refused]);
    // With the ratio it is told in that unit.
    let reckons = recalls.replace("unit = \"W1205\" }", "unit = \"W1205\", units = \"pack\" }")
        + "[units.pack]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12\n";
    let object = json!({ "order_number": "A1", "lines": [{ "sku": "T", "shipped": { "value": 12, "unit": "EA" } }] });
    let plan = plan_of(&[&reckons]);
    let (written, diagnostics) = write_with(&plan, &object, &context);
    assert_eq!((written.as_str(), told(&diagnostics)), ("W06**A1\nLX\nW12**2*1**CA***T", vec![]));
    assert_eq!(told(&read_with(&plan, &written, &context).1), Vec::<String>::new());
}

#[test]
fn of_two_values_for_one_field_the_second_is_told_whichever_line_takes_it() {
    let codes = "[map.carrier]\nmode = { at = \"W2701\", codes = \"transport-mode\" }\nmode_code = \"N902[N901=MC]\"\n";
    let told = "mapping.two-values: `carrier.mode_code` has two values; the second, `ZZ`, was not taken";
    reads(codes, "N9*MC*S\nW27*ZZ", &json!({ "carrier": { "mode_code": "S" } }), &[told]);
    reads(codes, "N9*MC*ZZ\nW27*ZZ", &json!({ "carrier": { "mode_code": "ZZ" } }), &[]);
    let schemes = "[map.lines]\neach = \"LX/W12\"\nidentifiers.upc = \"N902[N901=UP]\"\n\
        identifiers.\"*\" = { rest = \"pair(W1207,W1221)\", codes = \"item-scheme\" }\n";
    let told = "mapping.two-values: `lines.identifiers.upc` has two values; the second, `99`, was not taken";
    let document = "LX\nW12*******UP*12\nN9*UP*99";
    reads(schemes, document, &json!({ "lines": [{ "identifiers": { "upc": "12" } }] }), &[told]);
}

#[test]
fn a_default_of_what_is_not_there_is_asked_by_others() {
    let mapping = "reporting_code = { at = \"N902[N901=RC]\", default = \"F\" }\n\
        bill_of_lading = { at = \"N902[N901=BM]\", when = \"reporting_code = 'F'\" }\n";
    reads(mapping, "N9*BM*B7", &json!({ "reporting_code": "F", "bill_of_lading": "B7" }), &[]);
    let zero = "totals.units = { at = \"W0301\", zero = \"omit\", default = \"9\" }";
    reads(zero, "W03*0", &json!({ "totals": { "units": 9 } }), &[]);
    reads(zero, "W03*8", &json!({ "totals": { "units": 8 } }), &[]);
}

#[test]
fn a_code_that_is_kept_is_not_the_word_of_another_one() {
    let mapping = "[map.lines]\neach = \"LX/W12\"\nsku = { at = \"W1208\", codes = \"item\" }\n\
        [codes.item]\nA100 = \"S-200\"\nS-200 = \"S-300\"\n\"*\" = \"keep\"\n";
    both(
        mapping,
        "LX\nW12********A100\nLX\nW12********S-200\nLX\nW12********B",
        &json!({ "lines": [
        { "sku": "S-200" }, { "sku": "S-300" }, { "sku": "B" }] }),
    );
    let refused = "mapping.unknown-code: `lines.sku`: code `S-300` is not in the table `codes.item`, and is the word that it has for the code `S-200`";
    reads(mapping, "LX\nW12********S-300", &json!({}), &[refused]);
}

#[test]
fn a_part_of_a_text_that_no_line_takes_now_is_told() {
    let parts = "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"\nlot = { at = \"N903[N901=LT]\", split = \"/\", part = 1 }\n\
        line_number = { at = \"N903[N901=LT]\", split = \"/\", part = 2, when = \"sku = 'T'\" }\n";
    let line = |sku: &str| format!("LX\nW12********{sku}\nN9*LT**L7/12");
    both(parts, &line("T"), &json!({ "lines": [{ "sku": "T", "lot": "L7", "line_number": "12" }] }));
    let told = "mapping.not-mapped: part 2 of the text, `12`, is not mapped";
    reads(parts, &line("U"), &json!({ "lines": [{ "sku": "U", "lot": "L7" }] }), &[told]);
}

#[test]
fn what_is_no_sum_of_the_quantities_beside_it_is_in_no_unit_of_theirs() {
    let units = "[units.pack]\nis = \"EA\"\nwrite = \"CA\"\nCA = 12\n";
    let lines = "[map.lines]\neach = \"LX/W12\"\nsku = \"W1208\"\nshipped = { at = \"W1203\", unit = \"W1205\", units = \"pack\" }\n";
    let weight = format!("{lines}[derived]\nW1210 = {{ for = \"lines\", expression = \"shipped * 2.4\" }}\n{units}");
    let object = json!({ "lines": [{ "sku": "T", "shipped": { "value": 60, "unit": "EA" } }] });
    writes(&weight, &object, "W06**A1\nLX\nW12***5**CA***T**144", &[]);
    reads(&weight, "LX\nW12***5**CA***T**144", &object, &[]);
}
