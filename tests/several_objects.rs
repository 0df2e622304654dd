//! Several objects in one transaction set: three orders in one 945, each a shipment of its own; and back.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;

use std::path::Path;
use std::sync::Arc;

use crossdock::canonical::{self, Object};
use crossdock::catalog::{Catalog, CatalogDesk, Chosen, surroundings_of};
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::lifecycle::DocumentState;
use crossdock::mapping::laws::Generator;
use crossdock::mapping::{self, Base, Context, Given, Plan, SegmentForm};
use crossdock::translation::{Inbound, Outbound, Outcome, envelope};
use crossdock::tree::Separators;
use crossdock::tree::charset::Charset;
use crossdock::x12::reader::ReadOptions;
use jiff::Timestamp;
use serde_json::{Value, json};

const HOME: &str = "fixtures/945/several-orders";

/// A reader with one document at hand: the plan, the reading and the set's bytes.
type Seen<'a> = (&'a Arc<Plan>, &'a Inbound, &'a [u8]);

fn home() -> Catalog {
    Catalog::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(HOME))
}

fn plan(catalog: &Catalog) -> Arc<Plan> {
    catalog.plan("quarry/945", &mut Diagnostics::unlimited()).unwrap()
}

fn told(found: &Diagnostics) -> String {
    found.list().iter().map(|one| text::render(one, false)).collect()
}

/// Hands each document of an interchange to `see`, with what was found of it.
fn each(catalog: &Catalog, bytes: &[u8], mut see: impl FnMut(Seen<'_>, &Diagnostics)) {
    let chosen = Chosen { mapping: Some("quarry/945".into()), ..Chosen::default() };
    let profiles = catalog.profiles(&mut Diagnostics::unlimited());
    let desk = CatalogDesk::new(catalog, &profiles, chosen);
    let (mut inbound, mut at) = (Inbound::new(ReadOptions::default()), 0);
    loop {
        let (consumed, outcome) = inbound.next(&bytes[at..], true, &desk);
        match outcome {
            Outcome::Document(document) => {
                let set = bytes[at..][document.bytes.clone()].to_vec();
                let found = std::mem::replace(inbound.diagnostics(), Diagnostics::unlimited());
                see((document.plan.as_ref().unwrap(), &inbound, &set), &found);
            }
            Outcome::End => return,
            _ => {}
        }
        at += consumed;
    }
}

fn object(plan: &Plan, value: &Value) -> Object {
    let (object, problems) = canonical::read(value.to_string().as_bytes(), plan.canonical);
    assert!(problems.list().is_empty(), "{}", told(&problems));
    object
}

fn value(plan: &Plan, object: &Object) -> Value {
    let mut out = Vec::new();
    canonical::emit(object, plan.canonical, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn outbound(catalog: &Catalog) -> Outbound {
    let profiles = catalog.profiles(&mut Diagnostics::unlimited());
    let envelope = envelope(Some(&profiles[0]), true, 1, String::new(), Timestamp::UNIX_EPOCH);
    Outbound::new(envelope, surroundings_of(&profiles[0], catalog))
}

/// What is written of objects: the segments between GS and GE.
fn written(catalog: &Catalog, plan: &Arc<Plan>, objects: &[Value]) -> String {
    let objects: Vec<Object> = objects.iter().map(|value| object(plan, value)).collect();
    let (mut out, mut found) = (outbound(catalog), Diagnostics::unlimited());
    assert!(out.write_together(plan, None, &objects, &mut found), "{}", told(&found));
    let text = String::from_utf8(out.finish()).unwrap();
    let segments = text.split('~').map(str::trim).filter(|one| !one.is_empty());
    let inside = segments.filter(|one| !["ISA", "GS", "GE", "IEA"].iter().any(|tag| one.starts_with(tag)));
    inside.collect::<Vec<_>>().join("\n")
}

fn shipment(order: &str, load: &str, skus: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> = skus
        .iter()
        .map(|(sku, shipped)| json!({ "sku": sku, "status": "shipped", "shipped": { "value": shipped, "unit": "EA" } }))
        .collect();
    json!({ "order_number": order, "master_reference": load, "reporting_code": "F", "ship_date": "2026-03-10",
        "ship_to": { "name": "GRANITE OUTFITTERS" }, "carrier": { "mode": "motor", "scac": "RDFS" }, "lines": lines })
}

#[test]
fn objects_that_agree_in_the_heading_are_one_set_with_its_loops_counted_on_and_its_totals_added_up() {
    let catalog = home();
    let plan = plan(&catalog);
    let two = [shipment("A", "L1", &[("TENT", 5), ("POLE", 1)]), shipment("B", "L1", &[("STOVE", 7)])];
    let expected = "ST*945*0001\nW06*F*L1*20260310\nN1*ST*GRANITE OUTFITTERS\nW27*M*RDFS\n\
        LX*1\nN9*OQ*A\nW12*CC**5**EA**SK*TENT\nLX*2\nN9*OQ*A\nW12*CC**1**EA**SK*POLE\n\
        LX*3\nN9*OQ*B\nW12*CC**7**EA**SK*STOVE\nW03*13\nSE*15*0001";
    assert_eq!(written(&catalog, &plan, &two), expected);
}

#[test]
fn objects_that_cannot_stand_in_one_set_get_sets_of_their_own() {
    let catalog = home();
    let plan = plan(&catalog);
    let sets = |objects: &[Value]| written(&catalog, &plan, objects).matches("ST*945").count();
    let (a, b) = (shipment("A", "L1", &[("TENT", 5)]), shipment("B", "L1", &[("STOVE", 7)]));
    assert_eq!(sets(&[a.clone(), b.clone()]), 1);
    let other_load = shipment("B", "L2", &[("STOVE", 7)]);
    assert_eq!(sets(&[a.clone(), other_load]), 2, "what stands outside the loop differs");
    assert_eq!(sets(&[a.clone(), a.clone()]), 2, "they would be read as one");
    let mut keyless = b;
    keyless.as_object_mut().unwrap().remove("order_number");
    keyless["shipment_number"] = json!("S1");
    let objects = [object(&plan, &a), object(&plan, &keyless)];
    let (mut out, mut found) = (outbound(&catalog), Diagnostics::unlimited());
    assert!(!out.write_together(&plan, None, &objects, &mut found), "one without a key is refused by name");
    assert_eq!(found.list().iter().map(|one| one.code.name()).collect::<Vec<_>>(), ["mapping.not-told-apart"]);
    assert_eq!(out.sets(), 0, "and nothing is written of any of them");
}

#[test]
fn made_up_objects_are_read_back_as_they_were_however_they_are_put_together() {
    let catalog = home();
    let plan = plan(&catalog);
    let nowhere = |_: &crossdock::tree::Tree, _| Default::default();
    let context = Context {
        zone: jiff::tz::TimeZone::UTC,
        charset: &Charset::Utf8,
        we_sell: true,
        separators: Separators::default(),
        delimiters: &[],
        given: Given::nothing(),
        before: 0,
        place: &nowhere,
    };
    let code: mapping::laws::CodeOf = |element, number| {
        let list = crossdock::x12::dictionary::code_list(element)?;
        let codes: Vec<_> = list.codes().collect();
        Some(codes[number as usize % codes.len()].code.to_owned())
    };
    let mut generator = Generator::new(&plan, &context, 7).sound(code);
    let (mut one_set, mut tried) = (0, 0);
    while one_set < 20 && tried < 20_000 {
        tried += 1;
        let first = value(&plan, &generator.object());
        if first["order_number"].is_null() {
            continue;
        }
        // The same heading, another order and other lines.
        let mut second = value(&plan, &generator.object());
        let (lines, packages) = (second["lines"].take(), second["packages"].take());
        second = first.clone();
        second["order_number"] = json!(format!("{}X", first["order_number"].as_str().unwrap_or_default()));
        for (name, list) in [("lines", lines), ("packages", packages)] {
            match list.is_null() {
                true => drop(second.as_object_mut().unwrap().remove(name)),
                false => second[name] = list,
            }
        }
        let objects = [first, second];
        let read: Vec<Object> = objects.iter().map(|value| object(&plan, value)).collect();
        let (mut out, mut found) = (outbound(&catalog), Diagnostics::unlimited());
        if !out.write_together(&plan, None, &read, &mut found) {
            assert!(found.errors() > 0);
            continue;
        }
        one_set += usize::from(out.sets() == 1);
        let (bytes, mut again) = (out.finish(), Vec::new());
        each(&catalog, &bytes, |(plan, inbound, _), _| again.push(value(plan, inbound.object())));
        // A time is said in the zone of its document: it is the same instant.
        let again: Vec<Object> = again.iter().map(|value| object(&plan, value)).collect();
        let said = String::from_utf8_lossy(&bytes);
        assert_eq!(again.len(), read.len(), "{said}");
        for (object, again) in read.iter().zip(&again) {
            let differing = canonical::differences(object, again, plan.canonical);
            let differing: Vec<_> = differing.iter().filter(|one| !one.is_one_instant()).collect();
            assert!(differing.is_empty(), "{differing:#?}\n{said}");
        }
    }
    assert!(one_set == 20, "only {one_set} of {tried} pairs were one set");
}

/// The set after its document `number` was made to say something else, and the errors that this brings.
fn changed(number: usize, change: impl Fn(&mut Value)) -> (String, Vec<&'static str>) {
    let catalog = home();
    let input = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(HOME).join("input.edi")).unwrap();
    let (mut seen, mut outcome) = (0, None);
    each(&catalog, &input, |(plan, inbound, set), _| {
        seen += 1;
        if seen != number {
            return;
        }
        let mut wanted = value(plan, inbound.object());
        change(&mut wanted);
        let nowhere = |_: &crossdock::tree::Tree, _| Default::default();
        let context = Context {
            zone: jiff::tz::TimeZone::UTC,
            charset: &Charset::Utf8,
            we_sell: true,
            separators: Separators::default(),
            delimiters: b"*>~",
            given: Given::nothing(),
            before: 0,
            place: &nowhere,
        };
        let form = SegmentForm { element: b'*', terminator: b'~', line_end: b"\n" };
        let base = Base { tree: inbound.tree(), bytes: set, object: inbound.object(), reading: inbound.reading() };
        let mut found = Diagnostics::unlimited();
        let edits = mapping::change(plan, base, &object(plan, &wanted), form, &context, &mut found);
        plan.keeps_to_its_own(inbound.tree(), &edits, &mut found);
        let codes = found.list().iter().map(|one| one.code.name()).collect();
        outcome = Some((String::from_utf8(mapping::apply(set, &edits)).unwrap(), codes));
    });
    outcome.unwrap()
}

#[test]
fn a_change_of_one_object_touches_its_own_loops_and_is_refused_where_others_share_the_place() {
    let (before, _) = changed(2, |_| {});
    let (after, codes) = changed(2, |object| object["lines"][0]["lot"] = json!("L-9"));
    assert_eq!(codes, Vec::<&str>::new());
    assert_eq!(after, before.replace("W12*CC*8*8*0*EA**SK*STOVE~", "W12*CC*8*8*0*EA**SK*STOVE*L-9~"));
    let (after, codes) = changed(1, |object| object["order_number"] = json!("SO100599"));
    assert_eq!(codes, Vec::<&str>::new());
    assert_eq!(after, before.replace("SO100501", "SO100599"), "in each loop of the order");
    let (_, codes) = changed(2, |object| object["ship_date"] = json!("2026-03-11"));
    assert_eq!(codes, ["mapping.shared"], "the heading is of all orders");
    let (_, codes) = changed(2, |object| object["lines"][0]["shipped"]["value"] = json!(7));
    assert_eq!(codes, ["mapping.shared"], "the total counts all of them");
}

#[test]
fn in_a_gateway_each_object_is_a_document_and_the_set_is_answered_once() {
    let home = gateway::Home::new("several-objects", &[]);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(HOME);
    for file in ["partner-profiles/quarry.toml", "mappings/quarry/945.toml"] {
        home.write(file, &std::fs::read_to_string(from.join(file)).unwrap());
    }
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.inbox("quarry"), "load.edi", &std::fs::read(from.join("input.edi")).unwrap());
    let documents = || Some(home.record().1).filter(|documents| documents.len() >= 7);
    let published =
        || documents().filter(|all| all.iter().filter(|one| one.state == DocumentState::Published).count() == 3);
    let documents = gateway::wait(published, || serving.text());
    let mut rows: Vec<_> = documents
        .iter()
        .map(|one| (one.position, one.control_numbers[2].as_deref(), one.business_number.as_deref(), one.state))
        .collect();
    rows.sort_by_key(|(position, ..)| *position);
    use DocumentState::{Held, Published, Rejected};
    let expected = [
        (1, Some("0001"), Some("SO100501"), Published),
        (2, Some("0001"), Some("SO100502"), Published),
        (3, Some("0001"), Some("SO100503"), Published),
        (4, Some("0002"), Some("SHP-4402"), Held),
        (5, Some("0002"), Some("SO100504"), Held),
        (6, Some("0003"), Some("SO100505"), Rejected),
        (7, Some("0003"), Some("SO100506"), Rejected),
    ];
    assert_eq!(rows, expected);
    let events = gateway::wait(
        || Some(gateway::files(&home.published("shipment"))).filter(|files| files.len() == 3),
        || serving.text(),
    );
    assert_eq!(events.len(), 3);
    // One AK2 and AK5 for each set, not for each object.
    let answer = || {
        let name = gateway::files(&home.outbox("quarry")).into_iter().find(|name| name.contains("997"))?;
        std::fs::read_to_string(home.outbox("quarry").join(name)).ok()
    };
    let answer = gateway::wait(answer, || serving.text());
    let verdicts: Vec<&str> =
        answer.split('~').map(str::trim).filter(|one| one.starts_with("AK5") || one.starts_with("AK9")).collect();
    assert_eq!(verdicts, ["AK5*A", "AK5*A", "AK5*R*5", "AK9*P*3*3*2"]);
    // Translated anew, a document is still the second of its set.
    let second = documents.iter().find(|one| one.position == 2).unwrap().id.to_string();
    assert_eq!(serving.terminate(), Some(0));
    let (code, out, error) = home.run(&["document", "rerun", "--state", "published", "--dry-run"]);
    assert_eq!(code, Some(0), "{out}{error}");
    assert_eq!(out.matches("its object is the same as before").count(), 3, "each is found again: {out}");
    let (code, out, error) = home.run(&["document", "rerun", &second, "--why", "test"]);
    assert_eq!(code, Some(0), "{out}{error}");
    let (code, out, error) = home.run(&["document", "show", &second]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("SO100502"), "{out}");
}
