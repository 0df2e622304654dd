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
    let desk = CatalogDesk::new(catalog, &[], Chosen::default());
    let (mut inbound, mut at, mut objects) = (inbound(catalog, plan, bytes), 0, Vec::new());
    loop {
        let (consumed, outcome) = inbound.next(&bytes[at..], true, &desk);
        at += consumed;
        let found = inbound.diagnostics();
        assert_eq!(found.errors(), 0, "{}:\n{}\n{}", plan.name, told(found), String::from_utf8_lossy(bytes));
        match outcome {
            Outcome::Document(_) => objects.push(inbound.object().clone()),
            Outcome::FileEnd(ending) => assert!(ending.sound),
            Outcome::End => return objects,
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

#[test]
fn objects_that_are_written_are_read_back_as_they_were() {
    let catalog = home();
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
    for plan in plans(&catalog) {
        let mut generator = Generator::new(&plan, &context, 1);
        let layout = catalog.layout(&plan.grammar.name, &mut Diagnostics::unlimited()).unwrap();
        let (mut made, mut tried) = (Vec::new(), 0);
        // What lacks a key of its record, or a field that must be there, is refused by name; the others are read back.
        while made.len() < 40 && tried < 20_000 {
            tried += 1;
            let object = generator.object();
            let mut out = FileOutbound::new(Arc::clone(&layout), Surroundings::default());
            let mut found = Diagnostics::unlimited();
            match out.write(&plan, &object, &mut found) {
                true => made.push(object),
                false => assert!(found.errors() > 0, "{}", json(&plan, &object)),
            }
        }
        assert!(made.len() > 10, "{}: only {} of {tried} objects could be written", plan.name, made.len());
        println!("{}: {} of {tried} objects written and read back", plan.name, made.len());
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
            // What we write is its own normal form.
            assert_eq!(file(&catalog, &plan, &again), once, "{}", plan.name);
            count += 1;
        }
    }
    assert!(count > 0);
}
