//! What the reader says about wrong input: every problem of an object, each with its place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crossdock::canonical::{self, submissions};
use crossdock::diagnostic::{Diagnostic, Place, text};

/// `line:column path code: message`, and the remedy on a line of its own.
fn told(diagnostic: &Diagnostic) -> String {
    let Place::Field(place) = &diagnostic.place else {
        panic!("no field: {}", text::render(diagnostic, false));
    };
    let marked = place.excerpt.as_ref().map_or(String::new(), |excerpt| {
        excerpt.text.chars().skip(excerpt.mark.start).take(excerpt.mark.len()).collect()
    });
    format!(
        "{}:{} {} [{marked}] {}: {}; {}",
        place.line,
        place.column,
        place.path,
        diagnostic.code.name(),
        diagnostic.message,
        diagnostic.remedy.as_deref().unwrap_or("-"),
    )
}

fn check(name: &str, json: &str, expected: &[&str]) {
    let (_, diagnostics) = canonical::read(json.as_bytes(), canonical::shape(name).unwrap());
    let found: Vec<String> = diagnostics.list().iter().map(told).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_slip_of_the_keyboard_is_shown_with_the_nearest_name() {
    check(
        "shipment",
        "{\"order_number\": \"SO1\",\n \"packages\": [{\"sscc\": \"1\"}, {\"lines\": [{\"lott\": \"A1\"}, {\"colour_of_box\": {\"deep\": [1]}}]}]}",
        &[
            "2:42 packages[2].lines[1].lott [\"lott\"] canonical.unknown-field: shipment has no field `packages[2].lines[1].lott`; did you mean `lot`?",
            "2:58 packages[2].lines[2].colour_of_box [\"colour_of_box\"] canonical.unknown-field: shipment has no field `packages[2].lines[2].colour_of_box`; take it out; `crossdock schema shipment` prints the fields there are",
        ],
    );
}

#[test]
fn values_of_the_wrong_type_say_what_to_write() {
    check(
        "shipment",
        r#"{"order_number": 100234, "totals": {"units": "20"}, "lines": {"sku": "A"}, "ship_to": "Reno", "pro_number": null, "tracking_numbers": "1Z", "ship_from": {"identifiers": {"duns": 1, "zz": null}}}"#,
        &[
            "1:18 order_number [100234] canonical.wrong-type: `order_number` is a number, not text; write \"100234\"",
            "1:46 totals.units [\"20\"] canonical.wrong-type: `totals.units` is text, not a number; write a number, without quotes",
            "1:62 lines [{\"sku\": \"A\"}] canonical.wrong-type: `lines` is an object, not a list; write a list, in square brackets",
            "1:87 ship_to [\"Reno\"] canonical.wrong-type: `ship_to` is text, not an object; write an object, in braces",
            "1:109 pro_number [null] canonical.wrong-type: `pro_number` is null, not text; leave it out: absent means not sent",
            "1:135 tracking_numbers [\"1Z\"] canonical.wrong-type: `tracking_numbers` is text, not a list; write a list, in square brackets",
            "1:179 ship_from.identifiers.duns [1] canonical.wrong-type: `ship_from.identifiers.duns` is a number, not text; write \"1\"",
            "1:188 ship_from.identifiers.zz [n] canonical.wrong-type: `ship_from.identifiers.zz` is null, not text; write text, in quotes; a value that is not there is left out with its key",
        ],
    );
}

#[test]
fn values_that_are_not_allowed_are_shown_with_what_is() {
    check(
        "shipment",
        r#"{"order_number": "", "ship_date": "2026-02-30", "carrier": {"mode": "truck", "payment_terms": "colect"}, "references": [{"time": "2pm", "date": "20260310"}], "notes": [], "charges": [{}], "totals": {"units": 1e40}}"#,
        &[
            "1:18 order_number [\"\"] canonical.wrong-value: `order_number` is empty text; leave it out: absent means not sent",
            "1:35 ship_date [\"2026-02-30\"] canonical.wrong-value: `ship_date` is `2026-02-30`, not a date or an instant; write a date or an instant, such as 2026-03-10 or 2026-03-10T14:05:00-07:00",
            "1:69 carrier.mode [\"truck\"] canonical.wrong-value: `carrier.mode` is `truck`, not one of motor, air, rail, ocean, parcel, customer_pickup, other; use one of these words, or put the partner's own code into `mode_code`",
            "1:95 carrier.payment_terms [\"colect\"] canonical.wrong-value: `carrier.payment_terms` is `colect`, not one of prepaid, collect, third_party, other; did you mean `collect`?",
            "1:130 references[1].time [\"2pm\"] canonical.wrong-value: `references[1].time` is `2pm`, not a time of the day; write a time of the day, such as 14:05 or 14:05:30",
            "1:145 references[1].date [\"20260310\"] canonical.wrong-value: `references[1].date` is `20260310`, not a date; write a date, such as 2026-03-10",
            "1:168 notes [[]] canonical.wrong-value: `notes` is an empty list; leave it out: absent means not sent",
            "1:184 charges[1] [{}] canonical.wrong-value: `charges[1]` is an empty object; leave it out: absent means not sent",
            "1:209 totals.units [1e40] canonical.wrong-value: `totals.units` is `1e40`, which has too many digits to be kept exactly; write at most 28 digits",
        ],
    );
}

#[test]
fn a_field_that_stands_twice_is_told_and_the_first_is_taken() {
    let json = r#"{"order_number": "A", "order_number": "B", "ship_to": {"identifiers": {"zz": "1", "zz": "2"}}}"#;
    check(
        "shipment",
        json,
        &[
            "1:23 order_number [\"order_number\":] canonical.duplicate-field: `order_number` stands twice in one object; keep one of them; the first was taken",
            "1:83 ship_to.identifiers.zz [\"zz\":] canonical.duplicate-field: `ship_to.identifiers.zz` stands twice in one object; keep one of them; the first was taken",
        ],
    );
    let shape = canonical::shape("shipment").unwrap();
    let (object, _) = canonical::read(json.as_bytes(), shape);
    let mut out = Vec::new();
    canonical::emit(&object, shape, &mut out);
    assert_eq!(out, br#"{"order_number":"A","ship_to":{"identifiers":{"zz":"1"}}}"#);
}

#[test]
fn only_a_cancellation_may_do_without_lines() {
    check("fulfillment_order", r#"{"order_number": "A", "action": "cancel"}"#, &[]);
    check("fulfillment_order", r#"{"action": "delete", "order_number": "A"}"#, &[]);
    let told = "1:1 lines [{] canonical.submitted-without-field: fulfillment_order lacks `lines`, which is required; add `lines`: What is ordered";
    check("fulfillment_order", r#"{"order_number": "A", "action": "change"}"#, &[told]);
    let schema = canonical::schema("fulfillment_order").unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let valid = |action: &str| validator.is_valid(&serde_json::json!({ "order_number": "A", "action": action }));
    assert!(valid("cancel") && valid("delete") && !valid("original"));
}

#[test]
fn what_is_required_and_not_there_is_told_with_its_meaning() {
    check(
        "fulfillment_order",
        r#"{"lines": [{"ordered": {"unit": "EA"}}]}"#,
        &[
            "1:24 lines[1].ordered.value [{] canonical.submitted-without-field: fulfillment_order lacks `lines[1].ordered.value`, which is required; add `value`: Exact number",
            "1:1 order_number [{] canonical.submitted-without-field: fulfillment_order lacks `order_number`, which is required; add `order_number`: The depositor's number of the order",
        ],
    );
    check(
        "shipment",
        r#" {"ship_date": "2026-03-10"}"#,
        &[
            "1:2 order_number [{] canonical.submitted-without-field: shipment lacks both `order_number` and `shipment_number`: one of them is required; add the one you have, so that the shipment can be found again",
        ],
    );
}

#[test]
fn text_that_is_no_json_says_where_and_in_which_field() {
    check(
        "shipment",
        "{\"order_number\": \"A\",\n \"packages\": [{\"sscc\": \"1\" \"lines\": []}]}",
        &["2:28 packages[1] [\"] canonical.syntax: the text is not JSON: a comma or `}` was expected, not `\"`; -"],
    );
    check(
        "shipment",
        "",
        &[
            "1:1  [] canonical.syntax: the text is not JSON: a value was expected, but the text ends; ask for the whole of it: the text breaks off",
        ],
    );
    check(
        "shipment",
        "{\"order_number\": \"A\"} x",
        &["1:23  [x] canonical.syntax: the text is not JSON: the end of the object was expected, not `x`; -"],
    );
    check(
        "shipment",
        "[1]",
        &["1:1  [[1]] canonical.wrong-type: the shipment is a list, not an object; write an object, in braces"],
    );
}

#[test]
fn text_that_is_not_utf_8_says_what_to_do() {
    let said = |input: &[u8]| {
        let said = told(&submissions(input).next().unwrap().unwrap_err());
        said.split_once("canonical.syntax: ").unwrap().1.to_owned()
    };
    assert_eq!(said(b"{\"order_number\":\"caf\xe9\"}"), "the text is not JSON: it is not UTF-8; write it in UTF-8");
    for compressed in [&b"\x1f\x8b\x08\0\0"[..], b"PK\x03\x04\x14\0"] {
        assert_eq!(said(compressed), "the file is compressed, and JSON is text; unpack it");
    }
}

/// Each submission as `object@line:column`, each refusal as its diagnostic.
fn split(input: &str, expected: &[&str]) {
    let found: Vec<String> = submissions(input.as_bytes())
        .map(|submission| match submission {
            Ok(it) => format!(
                "{}@{}:{}",
                it.shape().map_or("?", |shape| shape.name),
                it.data.lines.start.line,
                it.data.lines.start.column
            ),
            Err(diagnostic) => told(&diagnostic),
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn one_object_an_array_or_one_a_line_are_told_apart() {
    let event = r#"{"specversion":"1.0","type":"crossdock.receipt.submitted","data":{"receipt_number":"R1"}}"#;
    split("", &[]);
    split(" [ ] ", &[]);
    split(event, &["receipt@1:66"]);
    split(&format!("\u{feff}{event}\n\n{event}\n"), &["receipt@1:66", "receipt@3:66"]);
    split(&format!("[{event},\n {event}]"), &["receipt@1:67", "receipt@2:67"]);
    split(
        "{\n  \"order_number\": \"A\",\n  \"lines\": [{\"ordered\": {\"value\": 1}}],\n  \"requested_ship_date\": \"2026-03-10\"\n}",
        &["fulfillment_order@1:1"],
    );
    split(
        r#"[{"shipment_number": "S", "unit_loads": [], "packages": []}, {"receipt_number": "R"}]"#,
        &["shipment@1:2", "receipt@1:62"],
    );
    split(r#"{"dataschema":"crossdock:shipment/1","type":"x","data":{}}"#, &["shipment@1:56"]);
}

#[test]
fn an_object_that_could_be_several_is_left_to_the_caller() {
    split(r#"{"nothing": 1}"#, &["?@1:1"]);
    split(r#"{"order_number": "A", "lines": []}"#, &["?@1:1"]);
    split(r#"{"shipment_number": "A", "packages": []}"#, &["?@1:1"]);
    split(r#"{"shipment_number": "A", "orders": []}"#, &["ship_notice@1:1"]);
    split(r#"{"order_number": "A", "pro_number": "1"}"#, &["shipment@1:1"]);
    let submission = submissions(b" {}").next().unwrap().unwrap();
    assert_eq!(
        told(&submission.unknown()),
        "1:2  [{] canonical.unknown-object: the object does not say which of fulfillment_order, stock_transfer, receipt, shipment, inventory_report, ship_notice, \
         inventory_adjustment it is, \
         and its fields do not tell; check how its fields are written; else name the mapping, or put it into an event with \
         `type`, such as `crossdock.shipment.submitted`"
    );
}

#[test]
fn an_object_that_cannot_be_told_is_refused_and_its_neighbours_are_not() {
    split(
        "{\"a\": 1\n{\"receipt_number\": \"R\"}\n{\"type\":\"crossdock.shipmnt.x\",\"data\":{}}\n{\"dataschema\":\"crossdock:shipment/2\",\"data\":{}}\n7\n{\"data\":{}}\n{\"x\": tru}",
        &[
            "2:1  [{] canonical.syntax: the text is not JSON: a comma or `}` was expected, not `{`; -",
            "receipt@2:1",
            "3:1  [{] canonical.unknown-object: the event names no canonical object: `crossdock.shipmnt.x`; did you mean `shipment`? Write `crossdock.shipment.submitted`",
            "4:1  [{] canonical.unknown-object: the event's `dataschema` `crossdock:shipment/2` is no version we read; hand in `crossdock:shipment/1`",
            "5:1  [7] canonical.wrong-type: the input holds a number where an object should stand; hand in an object, an array of objects, or one object a line",
            "6:1  [{] canonical.unknown-object: the event has neither `dataschema` nor `type`; add `dataschema`, such as `crossdock:shipment/1`, or `type`, such as `crossdock.shipment.submitted`",
            "7:7  [t] canonical.syntax: the text is not JSON: `true` was expected, not `t`; -",
        ],
    );
}

#[test]
fn an_event_with_a_slip_in_its_names_is_told_the_right_one() {
    let check = |event: &str, expected: &str| {
        let found = submissions(event.as_bytes()).next().unwrap();
        let found = told(&found.unwrap_err());
        assert_eq!(found.split("canonical.unknown-object: ").nth(1), Some(expected), "{event}");
    };
    let neither = "the event has neither `dataschema` nor `type`; did you mean";
    check(r#"{"typ":"crossdock.shipment.submitted","data":{}}"#, &format!("{neither} `type` by `typ`?"));
    check(r#"{"dataSchema":"crossdock:shipment/1","data":{}}"#, &format!("{neither} `dataschema` by `dataSchema`?"));
    let without = "`type` is of an event, and the event has no `data`, which holds the object;";
    check(r#"{"type":"crossdock.shipment.submitted","dta":{}}"#, &format!("{without} did you mean `data` by `dta`?"));
    check(
        r#"{"type":"shipment","order_number":"A"}"#,
        &format!("{without} put the object into `data`; if it is no event, leave `type` out"),
    );
    let no = "the event names no canonical object:";
    check(
        r#"{"type":"com.example.shipments.created","data":{}}"#,
        &format!("{no} `com.example.shipments.created`; did you mean `shipment`? Write `crossdock.shipment.submitted`"),
    );
    check(
        r#"{"dataschema":"crossdock:reciept/1","data":{}}"#,
        &format!("{no} `crossdock:reciept/1`; did you mean `receipt`? Write `crossdock:receipt/1`"),
    );
    let one_of = "with NAME one of fulfillment_order, stock_transfer, receipt, shipment, inventory_report, ship_notice, inventory_adjustment";
    check(
        r#"{"type":"com.example.order.created","data":{}}"#,
        &format!("{no} `com.example.order.created`; write `crossdock.NAME.submitted`, {one_of}"),
    );
    check(
        r#"{"dataschema":"https://example.com/order","data":{}}"#,
        &format!("{no} `https://example.com/order`; write `crossdock:NAME/1`, {one_of}"),
    );
}

#[test]
fn nothing_inside_of_an_object_that_is_no_json_is_one_of_its_own() {
    let receipt = "{\"receipt_number\": \"R\"}";
    let check = |broken: &str, expected: &[&str]| {
        let input = format!("{broken}\n{receipt}");
        let found = submissions(input.as_bytes());
        let found: Vec<&str> =
            found.map(|one| one.map_or("-", |one| one.shape().map_or("?", |shape| shape.name))).collect();
        assert_eq!(found, expected, "{input}");
    };
    check("{\"id\": 1, \"time\": 06:00, \"data\":\n{\"receipt_number\": \"R\"}\n}", &["-", "receipt"]);
    check(
        "{\"time\": 06:00, \"data\": [\n{\"receipt_number\": \"R\"},\n{\"receipt_number\": \"R\"}\n]}",
        &["-", "receipt"],
    );
    check("{\"note\": \"{\", \"time\": 06:00, \"data\":\n{\"receipt_number\": \"\\\"}\"}\n}", &["-", "receipt"]);
    // Where it ends is not told: nothing goes on.
    check("{\"time\": 06:00, \"data\":\n{\"receipt_number\": \"R\"}\n", &["-"]);
    check("{\"type\": \"crossdock.receipt.submitted\", \"data\"\n{\"receipt_number\": \"R\"}\n", &["-"]);
    // One a line, whatever the line lacks.
    check("{\"receipt_number\": \"R\",", &["-", "receipt"]);
    check("{\"receipt_number\": 1\n", &["-", "receipt"]);
    check("{\"a\": {\"b\": 1}", &["-", "receipt"]);
    check("{\"a\": \"b, \"c\": {\"d\": 1}}", &["-", "receipt"]);
    check("{\"a\": [{\"b\": 1}}", &["-", "receipt"]);
    check("{\"a\": 1}}", &["?", "-", "receipt"]);
}

#[test]
fn a_line_that_is_cut_anywhere_takes_no_event_behind_it_along() {
    let events = [
        r#"{"specversion": "1.0", "type": "crossdock.shipment.submitted", "data": {"lines": [{"sku": "A, {b"}], "notes": ["\"c"]}}"#,
        r#"{"type": "crossdock.receipt.submitted", "source": "/partners/alder", "data": {"receipt_number": "R"}}"#,
        r#"{"dataschema": "crossdock:receipt/1", "data": {"receipt_number": "R"}}"#,
    ];
    for whole in events {
        for cut in (1..whole.len()).filter(|cut| whole.is_char_boundary(*cut)) {
            for behind in events {
                let input = format!("{}\n{behind}\n{behind}\n", &whole[..cut]);
                let ends: Vec<bool> = submissions(input.as_bytes())
                    .map(|one| one.is_ok_and(|one| one.whole.bytes == behind.as_bytes()))
                    .collect();
                assert_eq!(ends, [false, true, true], "{input}");
            }
        }
    }
}

#[test]
fn a_line_that_is_cut_anywhere_inside_a_text_takes_no_other_one_with_it() {
    let whole = r#"{"receipt_number": "R-1 {x}, [y]: \"z\"", "notes": [{"text": "a: {b, [c"}]}"#;
    let receipt = "{\"receipt_number\": \"R\"}";
    let mut in_text = false;
    for (at, byte) in whole.bytes().enumerate() {
        let quote = byte == b'"' && !whole[..at].ends_with('\\');
        in_text ^= quote;
        if in_text {
            let input = format!("{}\n{receipt}\n{receipt}\n", &whole[..=at]);
            let found: Vec<bool> = submissions(input.as_bytes()).map(|one| one.is_ok()).collect();
            assert_eq!(found, [false, true, true], "{input}");
        }
    }
}
