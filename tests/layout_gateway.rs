//! Files of records and fields through a gateway: from a partner's mailbox to the ERP, and from the ERP to its outbox.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;

use std::fs;
use std::io::Write;
use std::path::Path;

use crossdock::catalog::Edition;
use crossdock::diagnostic::Diagnostics;
use crossdock::lifecycle::{DocumentState, PayloadState};
use crossdock::store::Payload;

use gateway::{Home, Serving, files, wait};

const LAYOUT: &str = r#"
title = "Shipment confirmation"
syntax = "delimited"
delimiter = ";"
record_type = 1
document = "order"
[record.order]
code = "H"
fields = [{ name = "number", required = true, max = 10 }, { name = "ship_date", type = "date" }]
[record.line]
code = "L"
fields = [{ name = "sku", max = 8 }, { name = "quantity", type = "number" }, "uom"]
[record.end]
code = "T"
outside = "after"
fields = [{ name = "orders", counts = "documents" }]
"#;

const MAPPING: &str = r#"
canonical = "shipment"
document = "flat/alder-shipments"
[map]
order_number = "number"
ship_date = "ship_date"
[map.lines]
each = "line"
sku = "sku"
shipped = { at = "quantity", unit = "uom" }
"#;

fn home(name: &str) -> Home {
    let home = Home::new(name, &["alder"]);
    home.write("mappings/layouts/alder-shipments.toml", LAYOUT);
    home.write("mappings/alder/shipments.toml", MAPPING);
    // No X12, and so no ids of envelopes.
    let entries = "name = \"alder\"\ntime_zone = \"UTC\"\n[[receive]]\ndocument = \"flat/alder-shipments\"\nfile_name = \"SHIP*\"\nmapping = \"alder/shipments\"\n\n\
                   [[send]]\ncanonical = \"shipment\"\ndocument = \"flat/alder-shipments\"\nmapping = \"alder/shipments\"\n\
                   file_name = \"OUT_{control_number}.csv\"\n";
    home.write("partner-profiles/alder.toml", entries);
    home
}

fn published(home: &Home, serving: &Serving, canonical: &str, count: usize) -> Vec<serde_json::Value> {
    let folder = home.published(canonical);
    let names = wait(|| Some(files(&folder)).filter(|files| files.len() >= count), || serving.text());
    names.iter().map(|name| serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()).collect()
}

fn codes(payload: &Payload) -> Vec<&'static str> {
    payload.diagnostics.iter().map(|one| one.code.name()).collect()
}

#[test]
fn a_change_of_a_layout_is_a_change_of_its_mappings() {
    let home = home("layout-edition");
    let fingerprint = || Edition::read(&home.path, &mut Diagnostics::unlimited()).fingerprint("alder/shipments");
    let before = fingerprint();
    assert_eq!(fingerprint(), before);
    home.write("mappings/layouts/alder-shipments.toml", &LAYOUT.replace("max = 10", "max = 12"));
    assert_ne!(fingerprint(), before);
}

#[test]
fn a_file_of_records_becomes_events_and_a_bad_document_stops_no_other() {
    let home = home("layout-in");
    let serving = home.serve();
    serving.ready();
    let text =
        "H;SO-1;20260310\nL;TENT;2;EA\nH;SO-2;20260310\nL;STOVE-TOO-LONG;1;EA\nH;SO-3;20260311\nL;ROPE;4;EA\nT;3\n";
    let (payload, documents) = home.dropped(&serving, ("alder", "SHIP_1.csv"), text.as_bytes());
    assert_eq!((payload.state, payload.partner.as_deref()), (PayloadState::Translated, Some("alder")));
    let states: Vec<_> = documents.iter().map(|one| (one.business_number.as_deref().unwrap(), one.state)).collect();
    assert_eq!(
        states,
        [("SO-1", DocumentState::Published), ("SO-2", DocumentState::Held), ("SO-3", DocumentState::Published)]
    );
    assert_eq!(documents[1].problem.as_ref().unwrap().code.name(), "layout.too-long");
    assert_eq!(documents[0].document, "flat/alder-shipments");
    let events = published(&home, &serving, "shipment", 2);
    assert_eq!(events[0]["data"]["lines"][0]["sku"], "TENT");
    assert_eq!(events[0]["source"], "/partners/alder");
    // The same file again is a duplicate: nothing is published twice.
    let (again, none) = home.dropped(&serving, ("alder", "SHIP_1b.csv"), text.as_bytes());
    assert_eq!((again.state, none.len()), (PayloadState::Duplicate, 0));
    assert_eq!(files(&home.published("shipment")).len(), 2);
    // The object of the bad one is corrected, and written over its bytes: the rest of the file is what was sent.
    let id = documents_held(&home);
    let object = home.path.join("object.json");
    let text = r#"{"order_number":"SO-2","ship_date":"2026-03-10","lines":[{"sku":"STOVE","shipped":{"value":1,"unit":"EA"}}]}"#;
    fs::write(&object, text).unwrap();
    let (code, out, said) =
        home.run(&["document", "correct", &id, "--why", "a test", "--file", object.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{out}{said}");
    assert!(out.contains("bytes now      L;STOVE\n"), "{out}");
    let events = published(&home, &serving, "shipment", 3);
    assert!(events.iter().any(|event| event["data"]["lines"][0]["sku"] == "STOVE"), "{events:?}");
    // So may its bytes be.
    let (bytes, id) = (home.path.join("bytes.csv"), documents[0].id.to_string());
    fs::write(&bytes, "H;SO-1;20260310\nL;LAMP;1;EA\n").unwrap();
    let (code, out, said) =
        home.run(&["document", "correct", &id, "--bytes", "--why", "a test", "--file", bytes.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{out}{said}");
    assert_eq!(published(&home, &serving, "shipment", 4).len(), 4);
    assert_eq!(serving.terminate(), Some(0));
}

fn documents_held(home: &Home) -> String {
    let held = home.record().1.into_iter().find(|document| document.state == DocumentState::Held);
    held.unwrap().id.to_string()
}

/// Of a program that hangs in the middle of a file nobody waits for ever; but what it wrote does not pass for the whole.
#[test]
fn a_file_that_its_writer_does_not_close_is_held_unless_it_shows_its_end() {
    let home = home("layout-unclosed");
    home.write(
        "crossdock.toml",
        "[gateway]\nsweep = \"200ms\"\nsettle = \"50ms\"\n[health]\nlisten = \"127.0.0.1:0\"\n",
    );
    // Another one, without a trailer.
    let (without_trailer, _) = LAYOUT.split_once("[record.end]").unwrap();
    home.write("mappings/layouts/alder-notes.toml", without_trailer);
    home.write("mappings/alder/notes.toml", &MAPPING.replace("alder-shipments", "alder-notes"));
    let profile = fs::read_to_string(home.path.join("partner-profiles/alder.toml")).unwrap();
    let entry = "[[receive]]\ndocument = \"flat/alder-notes\"\nfile_name = \"NOTE*\"\nmapping = \"alder/notes\"\n";
    home.write("partner-profiles/alder.toml", &format!("{profile}{entry}"));
    let serving = home.serve();
    serving.ready();
    let mut open: Vec<fs::File> = [("NOTE_1.csv", ""), ("SHIP_1.csv", "T;1\n")]
        .map(|(name, end)| {
            let mut file = fs::File::create(home.inbox("alder").join(name)).unwrap();
            file.write_all(format!("H;SO-1;20260310\nL;TENT;2;EA\n{end}").as_bytes()).unwrap();
            file
        })
        .into();
    let both = || {
        Some(home.record().0).filter(|all| all.len() == 2 && all.iter().all(|one| one.state != PayloadState::Received))
    };
    let payloads = wait(both, || serving.text());
    open.clear();
    let of = |name: &str| payloads.iter().find(|payload| payload.file_name == name).unwrap();
    assert_eq!((of("NOTE_1.csv").state, codes(of("NOTE_1.csv"))), (PayloadState::Held, vec!["payload.broken-off"]));
    assert_eq!((of("SHIP_1.csv").state, codes(of("SHIP_1.csv"))), (PayloadState::Translated, Vec::new()));
    // One that is closed is whole.
    let (payload, _) = home.dropped(&serving, ("alder", "NOTE_2.csv"), b"H;SO-2;20260310\nL;TENT;2;EA\n");
    assert_eq!((payload.state, codes(&payload)), (PayloadState::Translated, Vec::new()));
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn a_file_that_is_cut_short_or_that_no_layout_takes_is_held_whole() {
    let home = home("layout-held");
    let serving = home.serve();
    serving.ready();
    let (payload, documents) =
        home.dropped(&serving, ("alder", "SHIP_1.csv"), "H;SO-1;20260310\nL;TENT;2;EA\n".as_bytes());
    assert_eq!((payload.state, documents.len()), (PayloadState::Held, 0));
    assert_eq!(codes(&payload), ["layout.no-trailer"]);
    let (payload, _) =
        home.dropped(&serving, ("alder", "SHIP_2.csv"), "H;SO-1;20260310\nL;TENT;2;EA\nT;2\n".as_bytes());
    assert_eq!((payload.state, codes(&payload)), (PayloadState::Held, vec!["layout.count"]));
    let (payload, _) = home.dropped(&serving, ("alder", "stock.csv"), "H;SO-1;20260310\nT;1\n".as_bytes());
    assert_eq!(payload.state, PayloadState::Held);
    assert_eq!(codes(&payload)[0], "layout.not-recognised");
    let (payload, _) = home.dropped(&serving, ("alder", "SHIP_3.csv"), "".as_bytes());
    assert_eq!((payload.state, codes(&payload)), (PayloadState::Held, vec!["x12.no-interchange"]), "it is empty");
    assert!(files(&home.published("shipment")).is_empty());
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn objects_of_the_erp_leave_as_one_file_and_what_has_no_room_comes_back() {
    let home = home("layout-out");
    let serving = home.serve();
    serving.ready();
    let object = |number: &str, sku: &str| {
        format!(
            r#"{{"order_number":"{number}","ship_date":"2026-03-10","lines":[{{"sku":"{sku}","shipped":{{"value":2,"unit":"EA"}}}}]}}"#
        )
    };
    let objects = [object("SO-1", "TENT"), object("SO-2", "A;\\\"B"), object("SO-3", "MUCH-TOO-LONG")].join("\n");
    let event = |line: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{}","source":"/partners/alder","type":"crossdock.shipment.submitted","data":{line}}}"#,
            line.len()
        )
    };
    let events: Vec<String> = objects.lines().map(event).collect();
    home.drop_into(&home.submitted(), "orders.json", events.join("\n").as_bytes());
    let outbox = home.outbox("alder");
    let names = wait(|| Some(files(&outbox)).filter(|files| !files.is_empty()), || serving.text());
    let text = fs::read_to_string(outbox.join(&names[0])).unwrap();
    assert_eq!(text, "H;SO-1;20260310\nL;TENT;2;EA\nH;SO-2;20260310\nL;\"A;\"\"B\";2;EA\nT;2\n");
    assert!(
        names[0].starts_with("OUT_0000") && Path::new(&names[0]).extension().is_some_and(|end| end == "csv"),
        "{names:?}"
    );
    let refused = home.record().1.into_iter().find(|document| document.state == DocumentState::Refused).unwrap();
    assert_eq!(refused.business_number.as_deref(), Some("SO-3"));
    assert_eq!(serving.terminate(), Some(0));
    // Its numbers are kept under its name, for it has no ids.
    let (code, shown, error) = home.run(&["partner", "show", "alder"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(shown.contains("none: files without an envelope"), "{shown}");
    let (code, shown, error) = home.run(&["control-number", "show", "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(shown.contains(r#""from":"-","to":"alder""#), "{shown}");
}

/// The sample partners, each with one of their files: mapping, fixture, end of its name, type of the object.
const SAMPLES: [(&str, &str, &str, &str); 10] = [
    ("kestrel/shipments", "flat/kestrel-shipments", "csv", "shipment"),
    ("kestrel/stock", "flat/kestrel-stock", "csv", "inventory_report"),
    ("pelican/receipts", "flat/pelican-receipts", "txt", "receipt"),
    ("osprey/orders", "flat/osprey-orders", "txt", "fulfillment_order"),
    ("plover/orders", "flat/plover-orders", "txt", "fulfillment_order"),
    ("plover/deliveries", "xml/plover-deliveries", "xml", "shipment"),
    ("heron/orders", "xml/heron-orders", "xml", "fulfillment_order"),
    ("tern/shipments", "xml/tern-shipments", "xml", "shipment"),
    ("finch/orders", "flat/finch-orders", "csv", "fulfillment_order"),
    ("wren/orders", "xml/wren-orders", "xml", "fulfillment_order"),
];

/// Each sample's file comes in and is its objects; they go out again and are its file as we write it.
#[test]
fn each_sample_goes_both_ways() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let partners: Vec<String> = SAMPLES.iter().map(|(mapping, ..)| mapping.replace('/', "-")).collect();
    let names: Vec<&str> = partners.iter().map(String::as_str).collect();
    let home = Home::new("layout-samples", &names);
    for ((mapping, document, end, canonical), partner) in SAMPLES.iter().zip(&partners) {
        let layout = format!("mappings/layouts/{}.toml", document.split('/').nth(1).unwrap());
        for file in [layout, format!("mappings/{mapping}.toml")] {
            // The tests of the mapping stay where they are.
            let text = fs::read_to_string(root.join(&file)).unwrap();
            home.write(&file, text.split("[[test]]").next().unwrap());
        }
        // Times that name no zone are the partner's.
        let own = mapping.split('/').next().unwrap();
        let own = fs::read_to_string(root.join(format!("partner-profiles/{own}.toml"))).unwrap();
        let zone = own.lines().find(|line| line.starts_with("time_zone")).unwrap();
        let entry = format!("document = \"{document}\"\nmapping = \"{mapping}\"\n");
        let both = format!(
            "name = \"{partner}\"\n{zone}\n\n[[receive]]\nfile_name = \"IN*\"\n{entry}\n\
             [[send]]\ncanonical = \"{canonical}\"\nfile_name = \"OUT_{{control_number}}.{end}\"\n{entry}"
        );
        home.write(&format!("partner-profiles/{partner}.toml"), &both);
    }
    let serving = home.serve();
    serving.ready();
    for ((mapping, document, end, canonical), partner) in SAMPLES.iter().zip(&partners) {
        let fixture = root.join("fixtures").join(document);
        let data: Vec<String> =
            fs::read_to_string(fixture.join("expected.json")).unwrap().lines().map(str::to_owned).collect();
        let before = files(&home.published(canonical)).len();
        let name = format!("IN.{end}");
        home.drop_into(&home.inbox(partner), &name, &fs::read(fixture.join("input").with_extension(end)).unwrap());
        let events = published(&home, &serving, canonical, before + data.len());
        let of_it = events.iter().filter(|event| event["source"] == format!("/partners/{partner}").as_str());
        // The names of published files are in no order.
        let sorted = |mut texts: Vec<String>| {
            texts.sort();
            texts
        };
        let again = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap().to_string();
        let came = sorted(of_it.map(|event| event["data"].to_string()).collect());
        assert_eq!(came, sorted(data.iter().map(again).collect()), "{mapping}");
        let event = |(number, data): (usize, &String)| {
            format!(
                r#"{{"specversion":"1.0","id":"{partner}-{number}","source":"/partners/{partner}","type":"crossdock.{canonical}.submitted","data":{data}}}"#
            )
        };
        let submitted: Vec<String> = data.iter().enumerate().map(event).collect();
        home.drop_into(&home.submitted(), &format!("{partner}.json"), submitted.join("\n").as_bytes());
        let outbox = home.outbox(partner);
        let names = wait(|| Some(files(&outbox)).filter(|files| !files.is_empty()), || serving.text());
        let (written, expected) = (
            fs::read_to_string(outbox.join(&names[0])),
            fs::read_to_string(fixture.join("written").with_extension(end)),
        );
        assert_eq!((names.len(), written.unwrap()), (1, expected.unwrap()), "{mapping}");
    }
    assert_eq!(serving.terminate(), Some(0));
}
