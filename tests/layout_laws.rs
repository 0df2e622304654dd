//! The laws of mappings for files of records and fields: what is written reads as it was, and what was read is written again
//! as the layout writes it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crossdock::canonical::{self, Object, differences};
use crossdock::catalog::{Catalog, CatalogDesk, Chosen, Coming};
use crossdock::diagnostic::{Diagnostics, PayloadPlace, text};
use crossdock::mapping::laws::Generator;
use crossdock::mapping::{Context, Given, Library, Plan};
use crossdock::translation::{FileOutbound, Inbound, Outcome, Surroundings};
use crossdock::tree::charset::Charset;
use crossdock::tree::{ElementId, Separators, Tree};
use crossdock::x12::reader::ReadOptions;
use jiff::tz::TimeZone;

fn home() -> Catalog {
    Catalog::new(env!("CARGO_MANIFEST_DIR"))
}

fn plans(catalog: &Catalog) -> Vec<Arc<Plan>> {
    let named = catalog.names().into_iter().map(|name| catalog.plan(&name, &mut Diagnostics::unlimited()).unwrap());
    let plans: Vec<Arc<Plan>> = named.filter(|plan| plan.grammar.is_layout()).collect();
    assert!(!plans.is_empty());
    plans
}

fn inbound(catalog: &Catalog, plan: &Plan, bytes: &[u8]) -> Inbound {
    let chosen = Chosen { mapping: Some(plan.name.clone()), ..Chosen::default() };
    let desk = CatalogDesk::new(catalog, &[], chosen);
    desk.inbound(
        Coming { name: "input", beginning: bytes, owner: None },
        ReadOptions::default(),
        &mut Diagnostics::unlimited(),
    )
}

fn told(found: &Diagnostics) -> String {
    found.list().iter().map(|one| text::render(one, false)).collect()
}

/// The objects of a file in which nothing is wrong.
fn objects(catalog: &Catalog, plan: &Plan, bytes: &[u8]) -> Vec<Object> {
    let (objects, sound) = read(catalog, plan, bytes);
    assert!(sound, "{}", String::from_utf8_lossy(bytes));
    objects
}

/// The objects of a file in whose documents nothing is wrong, and whether it is sound as a whole.
fn read(catalog: &Catalog, plan: &Plan, bytes: &[u8]) -> (Vec<Object>, bool) {
    let mut sound = false;
    let desk = CatalogDesk::new(catalog, &[], Chosen::default());
    let (mut inbound, mut at, mut objects) = (inbound(catalog, plan, bytes), 0, Vec::new());
    loop {
        let (consumed, outcome) = inbound.next(&bytes[at..], true, &desk);
        at += consumed;
        let found = inbound.diagnostics();
        let said = || format!("{}:\n{}\n{}", plan.name, told(found), String::from_utf8_lossy(bytes));
        match outcome {
            Outcome::Document(_) => {
                assert_eq!(found.errors(), 0, "{}", said());
                objects.push(inbound.object().clone());
            }
            Outcome::FileEnd(ending) => sound = ending.sound,
            Outcome::End => return (objects, sound),
            _ => {}
        }
    }
}

fn file(catalog: &Catalog, plan: &Arc<Plan>, objects: &[Object]) -> Vec<u8> {
    let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
    let mut out = FileOutbound::new(layout, Surroundings::default());
    for object in objects {
        let mut found = Diagnostics::unlimited();
        let written = out.write(plan, object, &mut found);
        assert!(written, "{}:\n{}\n{}", plan.name, told(&found), json(plan, object));
    }
    out.finish()
}

fn json(plan: &Plan, object: &Object) -> String {
    let mut out = Vec::new();
    canonical::emit_pretty(object, plan.canonical, &mut out);
    String::from_utf8(out).unwrap()
}

fn with_context<T>(then: impl FnOnce(&Context<'_>) -> T) -> T {
    let nowhere = |_: &Tree, _: ElementId| PayloadPlace::default();
    let context = Context {
        zone: TimeZone::UTC,
        charset: &Charset::Utf8,
        we_sell: true,
        separators: Separators::default(),
        delimiters: &[],
        given: Given::nothing(),
        before: 0,
        place: &nowhere,
    };
    then(&context)
}

/// How many objects are made for each mapping: 40, or as many as `CROSSDOCK_LAW_OBJECTS` says.
fn count() -> usize {
    std::env::var("CROSSDOCK_LAW_OBJECTS").map_or(40, |count| count.parse().expect("a number of objects"))
}

/// Made-up objects that a mapping can write. What lacks a key of its record, or a field that must be there, is refused by name.
fn made(catalog: &Catalog, plan: &Arc<Plan>, seed: u64) -> Vec<Object> {
    let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
    with_context(|context| {
        let mut generator = Generator::new(plan, context, seed);
        let (mut made, mut tried) = (Vec::new(), 0);
        while made.len() < count() && tried < 500 * count() {
            tried += 1;
            let object = generator.object();
            let mut out = FileOutbound::new(Arc::clone(&layout), Surroundings::default());
            let mut found = Diagnostics::unlimited();
            match out.write(plan, &object, &mut found) {
                true => made.push(object),
                false => assert!(found.errors() > 0, "{}", json(plan, &object)),
            }
        }
        assert!(made.len() > count() / 4, "{}: only {} of {tried} objects could be written", plan.name, made.len());
        made
    })
}

#[test]
fn objects_that_are_written_are_read_back_as_they_were() {
    let catalog = home();
    for plan in plans(&catalog) {
        let made = made(&catalog, &plan, 1);
        // Generated objects may have equal keys, which a file holds once: each goes into a file of its own.
        let files = made.chunks(1).map(|some| (file(&catalog, &plan, some), some.len()));
        let back: Vec<Object> = files
            .flat_map(|(bytes, count)| {
                let back = objects(&catalog, &plan, &bytes);
                assert_eq!(back.len(), count, "{}:\n{}", plan.name, String::from_utf8_lossy(&bytes));
                back
            })
            .collect();
        for (object, back) in made.iter().zip(&back) {
            let differing = differences(object, back, plan.canonical);
            let differing: Vec<_> = differing.iter().filter(|one| one.left.is_some()).collect();
            assert!(differing.is_empty(), "{}: {differing:?}\n{}", plan.name, json(&plan, object));
        }
    }
}

/// A file in which the document at `number`, 0-based, is made to say what `make` makes of its object; with that object.
fn changed(
    catalog: &Catalog,
    plan: &Plan,
    bytes: &[u8],
    number: usize,
    make: &dyn Fn(&Object) -> Object,
) -> (Vec<u8>, Object) {
    let (bytes, object, found) = rewritten(catalog, plan, bytes, number, make);
    assert!(found.list().is_empty(), "{}:\n{}", plan.name, told(&found));
    (bytes, object)
}

/// The same, with what is said of it.
fn rewritten(
    catalog: &Catalog,
    plan: &Plan,
    bytes: &[u8],
    number: usize,
    make: &dyn Fn(&Object) -> Object,
) -> (Vec<u8>, Object, Diagnostics) {
    let desk = CatalogDesk::new(catalog, &[], Chosen::default());
    let (mut inbound, mut at, mut seen) = (inbound(catalog, plan, bytes), 0, 0);
    loop {
        let (consumed, outcome) = inbound.next(&bytes[at..], true, &desk);
        if let Outcome::Document(document) = &outcome {
            if seen == number {
                let range = at + document.bytes.start..at + document.bytes.end;
                let (object, mut found) = (make(inbound.object()), Diagnostics::unlimited());
                let new = inbound.file().unwrap().rewrite(plan, &bytes[range.clone()], &object, &mut found);
                return ([&bytes[..range.start], &new, &bytes[range.end..]].concat(), object, found);
            }
            seen += 1;
        }
        assert!(!matches!(outcome, Outcome::End), "{}: no document {number}", plan.name);
        at += consumed;
    }
}

fn is_said(plan: &Plan, object: &Object, back: &Object, before: &[u8], after: &[u8]) {
    let differing = differences(object, back, plan.canonical);
    let differing: Vec<_> = differing.iter().filter(|one| one.left.is_some() || !plan.is_derived(&one.path)).collect();
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    assert!(differing.is_empty(), "{}: {differing:#?}\n{before}\n---\n{after}\n{}", plan.name, json(plan, object));
}

#[test]
fn a_changed_document_says_the_new_object() {
    let catalog = home();
    for plan in plans(&catalog) {
        let made = made(&catalog, &plan, 2);
        for pair in made.windows(2) {
            let before = file(&catalog, &plan, &pair[..1]);
            let (after, object) = changed(&catalog, &plan, &before, 0, &|_| pair[1].clone());
            // The trailer counts what was sent, so each document is read for itself.
            is_said(&plan, &object, &read(&catalog, &plan, &after).0[0], &before, &after);
            // Nothing is left of what is gone, and nothing is there twice: changed back, it is as it was.
            let (again, _) = changed(&catalog, &plan, &after, 0, &|_| pair[0].clone());
            is_said(&plan, &pair[0], &read(&catalog, &plan, &again).0[0], &after, &again);
        }
    }
}

#[test]
fn a_document_of_a_partner_that_says_the_same_keeps_every_byte() {
    let (catalog, mut count) = (home(), 0);
    for plan in plans(&catalog) {
        for test in &plan.tests {
            let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&test.document)).unwrap();
            for number in 0..objects(&catalog, &plan, &bytes).len() {
                let (kept, _) = changed(&catalog, &plan, &bytes, number, &Object::clone);
                assert_eq!(String::from_utf8_lossy(&kept), String::from_utf8_lossy(&bytes), "{}", plan.name);
                count += 1;
            }
        }
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn a_document_of_a_partner_says_any_other_object_and_its_neighbours_keep_every_byte() {
    let catalog = home();
    for plan in plans(&catalog) {
        let made = made(&catalog, &plan, 3);
        for test in &plan.tests {
            let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&test.document)).unwrap();
            let before = objects(&catalog, &plan, &bytes);
            for (number, wanted) in (0..before.len()).flat_map(|number| made.iter().map(move |made| (number, made))) {
                let (after, object) = changed(&catalog, &plan, &bytes, number, &|_| wanted.clone());
                let back = read(&catalog, &plan, &after).0;
                is_said(&plan, &object, &back[number], &bytes, &after);
                for other in (0..before.len()).filter(|other| *other != number) {
                    is_said(&plan, &before[other], &back[other], &bytes, &after);
                }
            }
        }
    }
}

/// Kestrel's shipments with rows of one order that stand apart: they are read as if they stood together, and changed where they are.
#[test]
fn rows_that_stand_apart_are_changed_where_they_stand() {
    let (root, own) = (Path::new(env!("CARGO_MANIFEST_DIR")), std::env::temp_dir());
    let own = own.join(format!("crossdock-rows-apart-{}", std::process::id()));
    for file in ["mappings/layouts/kestrel-shipments.toml", "mappings/kestrel/shipments.toml"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let text = text.split("[[test]]").next().unwrap();
        fs::create_dir_all(own.join(file).parent().unwrap()).unwrap();
        fs::write(own.join(file), text.replace("document  = \"order\"", "document = \"order\"\nrows_apart = 100"))
            .unwrap();
    }
    let catalog = Catalog::new(&own);
    let plan = catalog.plan("kestrel/shipments", &mut Diagnostics::unlimited()).unwrap();
    let row = |order: &str, carton: &str, sku: &str| format!("{order},,20260310,UPSN,{carton},,1,{sku},2,EA,\r\n");
    let header = "Order No,PO No,Ship Date,SCAC,SSCC,Tracking No,Line,SKU,Qty,UOM,Lot\r\n";
    let rows = [row("A", "C1", "TENT"), row("B", "C1", "ROPE"), row("A", "C2", "LAMP"), row("A", "C1", "STOVE")];
    let bytes = format!("{header}{}", rows.concat()).into_bytes();
    let together = [&rows[0], &rows[3], &rows[2], &rows[1]].map(String::as_str).concat();
    let (apart, sorted) =
        (objects(&catalog, &plan, &bytes), objects(&catalog, &plan, format!("{header}{together}").as_bytes()));
    assert_eq!(apart.len(), 2);
    for (apart, sorted) in apart.iter().zip(&sorted) {
        is_said(&plan, sorted, apart, &bytes, &bytes);
    }
    let (same, _) = changed(&catalog, &plan, &bytes, 0, &Object::clone);
    assert_eq!(same, bytes);
    let without = |old: &Object| {
        let text = json(&plan, old).replace("STOVE", "CHAIR");
        canonical::read(text.as_bytes(), plan.canonical).0
    };
    let (after, _) = changed(&catalog, &plan, &bytes, 0, &without);
    assert_eq!(String::from_utf8_lossy(&after), String::from_utf8_lossy(&bytes).replace("STOVE", "CHAIR"));
    for wanted in made(&catalog, &plan, 4) {
        // The key of the other order is behind it in the file: both would be one.
        if json(&plan, &wanted).contains(r#""order_number": "B""#) {
            continue;
        }
        let (after, object) = changed(&catalog, &plan, &bytes, 0, &|_| wanted.clone());
        // New lines end as those of the file do.
        assert_eq!(String::from_utf8_lossy(&after).replace("\r\n", "").find(['\r', '\n']), None);
        let back = read(&catalog, &plan, &after).0;
        // Where its first row went, the other order is the first one.
        let (mine, other) = if is_of(&back[0], &plan, &apart[1]) { (1, 0) } else { (0, 1) };
        is_said(&plan, &object, &back[mine], &bytes, &after);
        is_said(&plan, &apart[1], &back[other], &bytes, &after);
    }
    fs::remove_dir_all(own).unwrap();
}

/// An export of Finch's without the column of notes: what it says is changed, and a note has no column.
#[test]
fn a_file_that_lacks_a_column_says_nothing_there() {
    let catalog = home();
    let plan = catalog.plan("finch/orders", &mut Diagnostics::unlimited()).unwrap();
    let bytes = "Name,Created at,Lineitem quantity,Lineitem sku\n#1,2026-03-09 10:00:00 +0000,3,TENT\n,,2,STOVE\n";
    let note = r##"{"order_number":"#1","notes":[{"purpose":"attributes","text":"first"}],"##;
    let with = |from: &'static str, to: &'static str| {
        let plan = Arc::clone(&plan);
        move |old: &Object| {
            let mut text = Vec::new();
            canonical::emit(old, plan.canonical, &mut text);
            let text = String::from_utf8(text).unwrap();
            assert!(text.contains(from), "{text}");
            canonical::read(text.replace(from, to).as_bytes(), plan.canonical).0
        }
    };
    let (after, _) = changed(&catalog, &plan, bytes.as_bytes(), 0, &with("STOVE", "CHAIR"));
    assert_eq!(String::from_utf8(after).unwrap(), bytes.replace("STOVE", "CHAIR"));
    let (after, _, found) = rewritten(&catalog, &plan, bytes.as_bytes(), 0, &with(r##"{"order_number":"#1","##, note));
    assert_eq!(String::from_utf8(after).unwrap(), bytes);
    let said: Vec<&str> = found.list().iter().map(|one| one.message.as_str()).collect();
    assert_eq!(said, ["`order.attributes` is `first`, and the file has no column `Note Attributes`"]);
}

#[test]
fn records_that_are_loops_are_counted_and_hold_lists_of_columns() {
    let layout = r#"
syntax = "xml"
document = "report"
[record.report]
path = "reports/report"
fields = ["number", "date"]
[record.item]
LOOP
fields = ["no", "sku", { name = "on_hand", type = "number" }, { name = "damaged", type = "number" }]
"#;
    let mapping = r#"
canonical = "inventory_report"
document = "xml/alder"
[map]
report_number = "number"
report_date = { at = "date", format = "YYYY-MM-DD" }
[map.items]
each = "item"
sku = "sku"
[[map.items.quantities]]
state = { const = "on_hand" }
quantity = { at = "on_hand", unit = "EA" }
[[map.items.quantities]]
state = { const = "damaged" }
quantity = { at = "damaged", unit = "EA" }
[derived]
"item.no" = { counter = "items" }
"#;
    let own = std::env::temp_dir().join(format!("crossdock-loops-{}", std::process::id()));
    fs::create_dir_all(own.join("mappings/layouts")).unwrap();
    fs::write(own.join("mappings/alder.toml"), mapping).unwrap();
    let plan = |of_loop: &str| {
        fs::write(own.join("mappings/layouts/alder.toml"), layout.replace("LOOP", of_loop)).unwrap();
        let (catalog, mut found) = (Catalog::new(&own), Diagnostics::unlimited());
        let plan = catalog.plan("alder", &mut found);
        (catalog, plan, told(&found))
    };
    let (_, none, said) = plan("");
    assert!(none.is_none() && said.contains("with `loop = true`"), "{said}");
    let (catalog, plan, said) = plan("loop = true");
    let plan = plan.unwrap_or_else(|| panic!("{said}"));
    let json = br#"{"report_number":"R-1","report_date":"2026-03-10","items":[
        {"sku":"TENT","quantities":[{"state":"on_hand","quantity":{"value":2,"unit":"EA"}},
                                    {"state":"damaged","quantity":{"value":1,"unit":"EA"}}]},
        {"sku":"ROPE","quantities":[{"state":"damaged","quantity":{"value":4,"unit":"EA"}}]}]}"#;
    let object = canonical::read(json, plan.canonical).0;
    let written = file(&catalog, &plan, std::slice::from_ref(&object));
    let text = String::from_utf8(written.clone()).unwrap();
    let numbers: Vec<&str> = text.match_indices("<no>").map(|(at, _)| &text[at + 4..at + 5]).collect();
    assert_eq!(numbers, ["1", "2"], "{text}");
    let back = objects(&catalog, &plan, &written);
    assert!(is_of(&back[0], &plan, &object), "{text}");
    fs::remove_dir_all(own).unwrap();
}

/// Do both objects say the same?
fn is_of(one: &Object, plan: &Plan, other: &Object) -> bool {
    differences(one, other, plan.canonical).is_empty()
}

/// Heron writes times in the zone of its profile: an instant that the object says with another offset is the same one.
#[test]
fn an_instant_is_the_same_in_every_zone() {
    let catalog = home();
    let plan = plans(&catalog).into_iter().find(|plan| plan.name == "heron/orders").unwrap();
    let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
    let write = |instant: &str| {
        let text = format!(
            r#"{{"order_number":"1","order_date":"{instant}","lines":[{{"line_number":"1","sku":"A","ordered":{{"value":1,"unit":"EA"}}}}]}}"#
        );
        let (object, found) = canonical::read(text.as_bytes(), plan.canonical);
        assert_eq!(found.errors(), 0, "{}", told(&found));
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let mut out = FileOutbound::new(Arc::clone(&layout), Surroundings { zone, ..Surroundings::default() });
        let mut found = Diagnostics::unlimited();
        out.write(&plan, &object, &mut found)
            .then(|| String::from_utf8(out.finish()).unwrap())
            .ok_or_else(|| told(&found))
    };
    for same in ["2026-03-10T15:03:00-07:00", "2026-03-10T22:03:00Z", "2026-03-11T00:03:00+02:00"] {
        let text = write(same).unwrap();
        assert!(text.contains("<OrderedDttm>03/10/2026 15:03</OrderedDttm>"), "{same}: {text}");
    }
    // The hour that comes twice when summer ends: the zone can say its first time only; nor can the form say seconds.
    for other in ["2026-11-01T09:30:00Z", "2026-03-10T22:03:30Z"] {
        let said = write(other).unwrap_err();
        assert!(said.contains("`order_date`"), "{other}: {said}");
    }
}

/// What is said of an object or a file by a mapping of a home of its own, whose layout has rows of one order.
fn by_rows(name: &str, then: impl FnOnce(&Catalog, &Arc<Plan>)) {
    let own = std::env::temp_dir().join(format!("crossdock-{name}-{}", std::process::id()));
    let files = [
        (
            "mappings/layouts/rows.toml",
            "syntax = \"delimited\"\ndelimiter = \",\"\ndocument = \"order\"\n[record.line]\nfields = [\n\
             { name = \"order\", level = \"order\", key = true }, { name = \"due\", level = \"order\", type = \"date\" },\n\
             \"sku\", { name = \"quantity\", type = \"number\" },\n]\n",
        ),
        (
            "mappings/tern/rows.toml",
            "canonical = \"fulfillment_order\"\ndocument = \"flat/rows\"\n[map]\norder_number = \"order.order\"\n\
             requested_ship_date = \"due\"\n[map.lines]\neach = \"line\"\nsku = \"sku\"\n\
             ordered = { at = \"quantity\", unit = \"EA\" }\n",
        ),
    ];
    for (file, text) in files {
        fs::create_dir_all(own.join(file).parent().unwrap()).unwrap();
        fs::write(own.join(file), text).unwrap();
    }
    let (catalog, mut found) = (Catalog::new(&own), Diagnostics::unlimited());
    let plan = catalog.plan("tern/rows", &mut found).unwrap_or_else(|| panic!("{}", told(&found)));
    then(&catalog, &plan);
    fs::remove_dir_all(own).unwrap();
}

#[test]
fn an_order_whose_only_line_is_blank_has_no_lines() {
    by_rows("blank-line", |catalog, plan| {
        let bytes = b"SO-1,,TENT,1\nSO-2,,,\nSO-3,,,2\n";
        let desk = CatalogDesk::new(catalog, &[], Chosen::default());
        let (mut inbound, mut at, mut said) = (inbound(catalog, plan, bytes), 0, Vec::new());
        loop {
            let (consumed, outcome) = inbound.next(&bytes[at..], true, &desk);
            at += consumed;
            match outcome {
                Outcome::Document(document) => {
                    let found = inbound.diagnostics().take();
                    said.push((document.good, found.iter().any(|one| one.message.contains("has no `lines`"))));
                }
                Outcome::End => break,
                _ => {}
            }
        }
        assert_eq!(said, [(true, false), (false, true), (true, false)]);
    });
}

#[test]
fn a_time_without_a_field_is_told_by_the_names_of_the_layout() {
    by_rows("no-time", |catalog, plan| {
        let text = r#"{"order_number":"1","requested_ship_date":"2026-03-10T15:03:00Z","lines":[{"sku":"A","ordered":{"value":1,"unit":"EA"}}]}"#;
        let (object, found) = canonical::read(text.as_bytes(), plan.canonical);
        assert_eq!(found.errors(), 0, "{}", told(&found));
        let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
        let (mut out, mut found) = (FileOutbound::new(layout, Surroundings::default()), Diagnostics::unlimited());
        assert!(!out.write(plan, &object, &mut found));
        let said = told(&found);
        assert!(said.contains("at = [\"due\", \"FIELD\"]") && !said.contains("G6202"), "{said}");
    });
}

fn in_utf_16(bytes: &[u8]) -> Vec<u8> {
    std::str::from_utf8(bytes).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_file_of_utf_16_is_read_and_changed_as_one_of_utf_8() {
    let catalog = home();
    for plan in plans(&catalog) {
        let made = made(&catalog, &plan, 5);
        let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&plan.tests[0].document)).unwrap();
        let mark = |bytes: &[u8]| [&[0xFF, 0xFE][..], &in_utf_16(bytes)].concat();
        for (one, wide) in objects(&catalog, &plan, &bytes).iter().zip(&objects(&catalog, &plan, &mark(&bytes))) {
            is_said(&plan, one, wide, &bytes, &bytes);
        }
        for wanted in made.iter().take(10) {
            let (narrow, _) = changed(&catalog, &plan, &bytes, 0, &|_| wanted.clone());
            let (wide, _) = changed(&catalog, &plan, &mark(&bytes), 0, &|_| wanted.clone());
            assert!(wide == mark(&narrow), "{}: {}", plan.name, String::from_utf8_lossy(&narrow));
        }
    }
}

/// What a change of one value, or of a list, does to a partner's file: texts of the object, and texts of the file.
struct Locality<'a> {
    mapping: &'a str,
    /// The file; else the fixture of the mapping's test.
    file: Option<&'a str>,
    document: usize,
    object: &'a [(&'a str, &'a str)],
    bytes: &'a [(&'a str, &'a str)],
}

/// A file of Kestrel's in another manner: all is quoted, a column is unknown, the order says itself once, and a line is blank.
const QUOTED: &str = "\"SKU\",\"Order No\",\"PO No\",\"Ship Date\",\"SCAC\",\"Colour\",\"SSCC\",\"Tracking No\",\"Line\",\"Qty\",\"UOM\",\"Lot\"\n\
    \"TENT\",\"SO-1\",\"PO-7\",\"20260310\",\"UPSN\",\"red, dark\",\"00106141410000012342\",\"1Z1\",\"1\",\"2\",\"EA\",\"\"\n\
    \"ROPE\",\"SO-1\",\"\",\"\",\"\",\"blue\",\"00106141410000012342\",\"\",\"2\",\"1\",\"EA\",\"\"\n\n\
    \"STOVE\",\"SO-1\",\"\",\"\",\"\",\"\",\"00106141410000012359\",\"1Z2\",\"3\",\"4\",\"EA\",\"\"\n";

/// An order of Heron's in another manner: on few lines, with a prefix, comments, CDATA, and elements that nobody knows.
const TERSE: &str = "<w:tXML xmlns:w='urn:x'><w:Header><w:Message_Type>DistributionOrder</w:Message_Type></w:Header><!-- 1 > 0 -->\
    <w:Message><w:DistributionOrder><w:DistributionOrderId><![CDATA[SO & 1]]></w:DistributionOrderId>\
    <w:DestinationCity>Reno<!-- or Sparks --></w:DestinationCity><w:DestinationCountry/><w:New a=\"1\">x</w:New>\
    <w:LineItem id='1'><w:DoLineNbr>1</w:DoLineNbr><w:ItemName>TENT</w:ItemName><w:Quantity><w:OrderQty>7</w:OrderQty></w:Quantity></w:LineItem>\
    </w:DistributionOrder></w:Message></w:tXML>\n";

const LOCALITY: [Locality<'static>; 18] = [
    Locality {
        mapping: "kestrel/shipments",
        file: None,
        document: 0,
        object: &[(r#""lot":"L-5""#, r#""lot":"L,6""#)],
        bytes: &[("STOVE,1,EA,L-5", "STOVE,1,EA,\"L,6\"")],
    },
    // What the rows of an order say again is changed in all of them; what is blank stays blank.
    Locality {
        mapping: "kestrel/shipments",
        file: None,
        document: 0,
        object: &[(r#""purchase_order_number":"PO-77""#, r#""purchase_order_number":"PO-78""#)],
        bytes: &[("SO-1001,PO-77,", "SO-1001,PO-78,")],
    },
    // The first row of a carton goes: the next one says what it said.
    Locality {
        mapping: "kestrel/shipments",
        file: Some(QUOTED),
        document: 0,
        object: &[(r#"{"assigned_number":1,"sku":"TENT","shipped":{"value":2,"unit":"EA"}},"#, "")],
        bytes: &[
            (
                "\"TENT\",\"SO-1\",\"PO-7\",\"20260310\",\"UPSN\",\"red, dark\",\"00106141410000012342\",\"1Z1\",\"1\",\"2\",\"EA\",\"\"\n",
                "",
            ),
            (
                "\"ROPE\",\"SO-1\",\"\",\"\",\"\",\"blue\",\"00106141410000012342\",\"\",",
                "\"ROPE\",\"SO-1\",\"PO-7\",\"20260310\",\"UPSN\",\"blue\",\"00106141410000012342\",\"1Z1\",",
            ),
        ],
    },
    Locality {
        mapping: "kestrel/shipments",
        file: Some(QUOTED),
        document: 0,
        object: &[(r#""sku":"ROPE","#, r#""sku":"LAMP \"A\"","lot":"L1","#)],
        bytes: &[
            ("\"ROPE\",\"SO-1\"", "\"LAMP \"\"A\"\"\",\"SO-1\""),
            ("\"2\",\"1\",\"EA\",\"\"", "\"2\",\"1\",\"EA\",\"L1\""),
        ],
    },
    Locality {
        mapping: "kestrel/stock",
        file: None,
        document: 0,
        object: &[(r#""value":120"#, r#""value":119"#)],
        bytes: &[("TENT-2P,RENO,120,", "TENT-2P,RENO,119,")],
    },
    Locality {
        mapping: "pelican/receipts",
        file: None,
        document: 0,
        object: &[(r#","notes":[{"text":"Three cartons wet"}]"#, ""), (r#""sku":"TENT-2P""#, r#""sku":"TENT-3P""#)],
        bytes: &[("NTE|Three cartons wet\n", ""), ("DTL|45|TENT-2P|", "DTL|45|TENT-3P|")],
    },
    Locality {
        mapping: "pelican/receipts",
        file: None,
        document: 1,
        object: &[(
            r#""value":12.5,"unit":"CA"}"#,
            r#""value":12.5,"unit":"CA"},"notes":[{"text":"Wet"},{"text":"Torn"}]"#,
        )],
        bytes: &[("DTL|1|ROPE-50|NA|CA|12.5|\n", "DTL|1|ROPE-50|NA|CA|12.5|\nNTE|Wet\nNTE|Torn\n")],
    },
    Locality {
        mapping: "osprey/orders",
        file: None,
        document: 0,
        object: &[(r#""value":12.5"#, r#""value":12.75"#), (r#""Granite Outfitters""#, r#""Granit""#)],
        bytes: &[("000001250MR", "000001275MR"), ("Granite Outfitters", "Granit            ")],
    },
    Locality {
        mapping: "osprey/orders",
        file: None,
        document: 1,
        object: &[(r#""lines":[{"#, r#""lines":[{"assigned_number":2,"sku":"A","ordered":{"value":1}},{"#)],
        bytes: &[(
            "OL00001STOVE ",
            "OL00002A                   000000100                                \r\nOL00001STOVE ",
        )],
    },
    Locality {
        mapping: "plover/orders",
        file: None,
        document: 0,
        object: &[(r#""description":"Tent for two""#, r#""description":"Tent for 2""#)],
        bytes: &[("Tent for two", "Tent for 2  ")],
    },
    // The lines behind the one that goes have another number.
    Locality {
        mapping: "plover/orders",
        file: None,
        document: 0,
        object: &[(r#","references":[{"qualifier":"001","value":"PO-9001"}]"#, "")],
        bytes: &[
            ("E2EDL41001                    800000000000047120000000500000404001PO-9001\n", ""),
            ("80000000000004712000000060000010300002000", "80000000000004712000000050000010300002000"),
        ],
    },
    Locality {
        mapping: "heron/orders",
        file: None,
        document: 0,
        object: &[(r#""SO-3001 & 2""#, r#""SO-3001 < 3""#), (r#","description":"Tent for two""#, "")],
        bytes: &[("SO-3001 &amp; 2", "SO-3001 &lt; 3"), ("\n        <Description>Tent for two</Description>", "")],
    },
    Locality {
        mapping: "heron/orders",
        file: None,
        document: 0,
        object: &[(
            r#"{"qualifier":"OrderingSource","value":"Internal"},"#,
            r#"{"qualifier":"A","value":"B"},{"qualifier":"OrderingSource","value":"Internal"},"#,
        )],
        bytes: &[(
            "\n        <CustomField><Name>OrderingSource",
            "\n        <CustomField>\n          <Name>A</Name>\n          <Value>B</Value>\n        </CustomField>\n        <CustomField><Name>OrderingSource",
        )],
    },
    // A second line of the address, where the layout has it.
    Locality {
        mapping: "heron/orders",
        file: None,
        document: 0,
        object: &[(r#""12 Rose Street, Suite A""#, r#""12 Rose Street","Suite A""#)],
        bytes: &[
            ("12 Rose Street, Suite A", "12 Rose Street"),
            (
                "</DestinationAddressLine1>",
                "</DestinationAddressLine1>\n      <DestinationAddressLine2>Suite A</DestinationAddressLine2>",
            ),
        ],
    },
    Locality {
        mapping: "heron/orders",
        file: Some(TERSE),
        document: 0,
        object: &[(r#""SO & 1""#, r#""SO & 2""#), (r#""city":"Reno""#, r#""city":"Sparks","country":"US""#)],
        bytes: &[
            ("<![CDATA[SO & 1]]>", "SO &amp; 2"),
            (">Reno<", ">Sparks<"),
            ("<w:DestinationCountry/>", "<w:DestinationCountry>US</w:DestinationCountry>"),
        ],
    },
    Locality {
        mapping: "heron/orders",
        file: Some(TERSE),
        document: 0,
        object: &[
            (
                r#""ordered":{"value":7}}"#,
                r#""ordered":{"value":7,"unit":"CA"}},{"sku":"ROPE","ordered":{"value":1},"line_number":"2"}"#,
            ),
            (r#""lines":["#, r#""carrier":{"scac":"UPSN"},"lines":["#),
        ],
        bytes: &[
            ("</w:OrderQty>", "</w:OrderQty><w:QtyUOM>Case</w:QtyUOM>"),
            (
                "</w:LineItem>",
                "</w:LineItem><w:LineItem><w:DoLineNbr>2</w:DoLineNbr><w:ItemName>ROPE</w:ItemName><w:Quantity><w:OrderQty>1</w:OrderQty></w:Quantity></w:LineItem>",
            ),
            ("<w:DestinationCountry/>", "<w:DestinationCountry/><w:DsgShipVia>UPSN</w:DsgShipVia>"),
        ],
    },
    Locality {
        mapping: "tern/shipments",
        file: None,
        document: 1,
        object: &[(r#""pro_number":"RD-88120","#, ""), (r#""value":4,"#, r#""value":5,"#)],
        bytes: &[("\n        <pro_nbr>RD-88120</pro_nbr>", ""), ("<shipped_qty>4<", "<shipped_qty>5<")],
    },
    Locality {
        mapping: "plover/deliveries",
        file: None,
        document: 0,
        object: &[(r#""address":{"lines":["12 Rose Street"],"#, r#""address":{"#), (r#""region":"NV","#, "")],
        bytes: &[("\n        <STREET1>12 Rose Street</STREET1>", ""), ("\n        <REGION>NV</REGION>", "")],
    },
];

#[test]
fn a_change_of_one_value_touches_its_places_only() {
    let (catalog, root) = (home(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let (plans, mut wrong) = (plans(&catalog), String::new());
    for Locality { mapping, file, document, object, bytes } in LOCALITY {
        let plan = plans.iter().find(|plan| plan.name == mapping).unwrap();
        let before = file.map_or_else(|| fs::read(root.join(&plan.tests[0].document)).unwrap(), |text| text.into());
        let make = |old: &Object| {
            let mut out = Vec::new();
            canonical::emit(old, plan.canonical, &mut out);
            let mut text = String::from_utf8(out).unwrap();
            for (from, to) in object {
                assert!(text.contains(from), "{from} is not in {text}");
                text = text.replacen(from, to, 1);
            }
            let (new, found) = canonical::read(text.as_bytes(), plan.canonical);
            assert!(found.list().is_empty(), "{}", told(&found));
            new
        };
        let (after, wanted) = changed(&catalog, plan, &before, document, &make);
        let mut expected = String::from_utf8(before.clone()).unwrap();
        for (from, to) in bytes {
            assert!(expected.contains(from), "{mapping}: {from:?} is not in the file");
            expected = expected.replace(from, to);
        }
        if String::from_utf8_lossy(&after) != expected {
            let now = String::from_utf8_lossy(&after);
            wrong += &format!("{mapping}: {object:?}\n{now}\n--- expected\n{expected}\n");
        }
        is_said(plan, &wanted, &read(&catalog, plan, &after).0[document], &before, &after);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_character_by_its_number_is_read_in_a_file_of_any_set_and_changed_in_that_of_the_file() {
    let (catalog, plans) = (home(), plans(&home()));
    let plan = plans.iter().find(|plan| plan.name == "heron/orders").unwrap();
    let latin = |text: &str| Charset::Latin1.encode(text).unwrap().into_owned();
    let text = TERSE.replace("Reno<!-- or Sparks -->", "M&#252;nchen ü").replace(">TENT<", ">Tüll &#8364;<");
    let before = latin(&format!("<?xml version='1.0' encoding='ISO-8859-1'?>{text}"));
    let make = |old: &Object| {
        let text = json(plan, old);
        assert!(text.contains("\"München ü\"") && text.contains("\"Tüll €\""), "{text}");
        canonical::read(text.replace("München ü", "Köln €").as_bytes(), plan.canonical).0
    };
    let (after, wanted) = changed(&catalog, plan, &before, 0, &make);
    let expected = Charset::Latin1.decode_lossy(&before).replace(">M&#252;nchen ü<", ">Köln &#8364;<");
    assert_eq!(Charset::Latin1.decode_lossy(&after), expected);
    is_said(plan, &wanted, &read(&catalog, plan, &after).0[0], &before, &after);
}

#[test]
fn a_document_cannot_take_the_key_of_one_before_it() {
    let catalog = home();
    let plan = plans(&catalog).into_iter().find(|plan| plan.name == "kestrel/shipments").unwrap();
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&plan.tests[0].document)).unwrap();
    let (first, second) = (objects(&catalog, &plan, &bytes).remove(0), 1);
    let found = rewritten(&catalog, &plan, &bytes, second, &|_| first.clone()).2;
    assert!(told(&found).starts_with("error[layout.no-room] the file holds a document with the same key already"));
}

#[test]
fn a_second_document_is_refused_where_the_file_is_one() {
    let catalog = home();
    let plan = plans(&catalog).into_iter().find(|plan| plan.name == "heron/orders").unwrap();
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&plan.tests[0].document)).unwrap();
    let object = objects(&catalog, &plan, &bytes).remove(0);
    let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
    let (mut out, mut found) = (FileOutbound::new(layout, Surroundings::default()), Diagnostics::unlimited());
    assert!(out.write(&plan, &object, &mut found) && !out.write(&plan, &object, &mut found));
    assert!(told(&found).starts_with("error[layout.no-room] the file holds a document of xml/heron-orders already"));
    assert_eq!(objects(&catalog, &plan, &out.finish()).len(), 1);
}

#[test]
fn a_second_document_with_the_same_key_is_refused() {
    let catalog = home();
    let plan = plans(&catalog).into_iter().find(|plan| plan.name == "kestrel/shipments").unwrap();
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&plan.tests[0].document)).unwrap();
    let read = objects(&catalog, &plan, &bytes);
    let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
    let (mut out, mut found) = (FileOutbound::new(layout, Surroundings::default()), Diagnostics::unlimited());
    assert!(read.iter().all(|object| out.write(&plan, object, &mut found)));
    assert!(!out.write(&plan, &read[0], &mut found));
    assert!(told(&found).starts_with("error[layout.no-room] the file holds a document with the same key already"));
    assert_eq!(objects(&catalog, &plan, &out.finish()).len(), read.len());
}

#[test]
fn what_the_tests_of_mappings_read_is_written_again() {
    let (catalog, mut count) = (home(), 0);
    for plan in plans(&catalog) {
        for test in &plan.tests {
            let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&test.document)).unwrap();
            let read = objects(&catalog, &plan, &bytes);
            let once = file(&catalog, &plan, &read);
            let again = objects(&catalog, &plan, &once);
            assert_eq!(read.len(), again.len());
            for (read, again) in read.iter().zip(&again) {
                let differing = differences(read, again, plan.canonical);
                assert!(differing.is_empty(), "{}: {differing:?}", plan.name);
            }
            // What we write is its own normal form; `tests/layout_gateway.rs` sends it.
            assert_eq!(file(&catalog, &plan, &again), once, "{}", plan.name);
            let written = Path::new(env!("CARGO_MANIFEST_DIR")).join(test.document.replace("/input.", "/written."));
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                fs::write(&written, &once).unwrap();
            }
            let kept = fs::read(&written).unwrap_or_default();
            assert!(kept == once, "{} differs; it is now:\n{}", written.display(), String::from_utf8_lossy(&once));
            count += 1;
        }
    }
    assert!(count > 0);
}
