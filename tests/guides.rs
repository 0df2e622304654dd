//! Partner guides at work: what we write is held to them as well, every example in a guide keeps it, a change is a new
//! edition, and a bad guide holds its own partner only.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::canonical::{self, Object};
use crossdock::catalog::{Catalog, Edition, surroundings_of};
use crossdock::diagnostic::{Diagnostic, Diagnostics, Place, Severity, text};
use crossdock::source::SourceFile;
use crossdock::translation::{Outbound, envelope};
use crossdock::tree::Tree;
use crossdock::x12::guide::{Direction, Guide, load};
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The first object of a fixture.
fn object(fixture: &str) -> Value {
    let text = fs::read_to_string(root().join(fixture)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[0].clone()
}

/// Writes the object as Coastal Media is sent it: the bytes, or nothing, and what is said.
fn send(object: &Value) -> (Option<String>, Vec<Diagnostic>) {
    let catalog = Catalog::new(root());
    let mut diagnostics = Diagnostics::unlimited();
    let profiles = catalog.profiles(&mut diagnostics);
    let profile = profiles.iter().find(|profile| profile.short_name == "coastal").unwrap();
    let shape = canonical::shape("ship_notice").unwrap();
    let at = "2026-03-15T12:00:00Z".parse().unwrap();
    let (_, plan) = catalog.send_plan(profile, shape, at, &mut diagnostics).unwrap();
    let guide = catalog.guide_of(&plan);
    assert!(guide.is_some(), "the mapping names a guide");
    let json = object.to_string();
    let mut read = Object::new();
    let submission = canonical::submissions(json.as_bytes()).next().unwrap().unwrap();
    canonical::read_into(&submission.data, shape, &mut read, &mut diagnostics);
    let envelope = envelope(Some(profile), false, 1, String::new(), at);
    let mut out = Outbound::new(envelope, surroundings_of(profile, &catalog));
    let written = out.write(&plan, guide.as_deref(), &read, &mut diagnostics);
    (written.then(|| String::from_utf8(out.finish()).unwrap()), diagnostics.take())
}

/// What is said of the object with `value` at `pointer`: code, place, rule.
fn refused(pointer: &str, value: Value) -> Vec<(String, String, String)> {
    let mut object = object("fixtures/856/coastal-parcels/expected.json");
    let place = object.pointer_mut(pointer);
    *place.unwrap_or_else(|| panic!("{pointer} is not in the object")) = value;
    let (written, said) = send(&object);
    assert!(written.is_none(), "{pointer}: it was sent");
    let told = |one: &Diagnostic| {
        let place = match &one.place {
            Place::Field(place) => place.path.clone(),
            Place::Payload(place) => place.segment.clone().unwrap_or_default(),
            _ => String::new(),
        };
        (one.code.name().to_owned(), place, one.rule.clone().unwrap_or_default())
    };
    said.iter().filter(|one| one.severity == Severity::Error).map(told).collect()
}

#[test]
fn what_keeps_the_guide_is_sent() {
    let (written, said) = send(&object("fixtures/856/coastal-parcels/expected.json"));
    let shown: Vec<String> = said.iter().map(|one| text::render(one, false)).collect();
    assert!(written.is_some_and(|bytes| bytes.contains("\nLIN|0001|VP|PET10-6003\n")), "{}", shown.concat());
    assert!(said.iter().all(|one| one.rule.is_none()), "{}", shown.concat());
}

#[test]
fn what_we_would_send_against_the_guide_is_refused_with_the_field_to_mend() {
    let told = refused("/orders/0/lines/0/sku", "PET10".into());
    let rule = "mappings/guides/coastal-856.toml:".to_owned();
    assert_eq!(told.len(), 1, "{told:?}");
    let (code, place, said) = &told[0];
    assert_eq!((code.as_str(), place.as_str()), ("mapping.invalid-document", "orders[1].lines[1].sku"));
    assert!(said.starts_with(&rule) && said.ends_with(": page 6: PET10-6003, PS2-53038"), "{said}");
    // It was sent, and is wrong: it is not to be sent, but corrected.
    let mut object = object("fixtures/856/coastal-parcels/expected.json");
    *object.pointer_mut("/orders/0/lines/0/sku").unwrap() = "PET10".into();
    let (_, said) = send(&object);
    let remedies: Vec<&str> = said.iter().filter_map(|one| one.remedy.as_deref()).collect();
    assert!(remedies.contains(&"correct `orders[1].lines[1].sku`"), "{remedies:?}");
    let told = refused("/shipment_number", "0104779658001-0001".into());
    assert_eq!(told[0].1, "shipment_number", "{told:?}");
}

#[test]
fn a_segment_that_the_guide_demands_and_nothing_fills_is_told_with_the_field_of_its_entry() {
    let mut object = object("fixtures/856/coastal-parcels/expected.json");
    object.pointer_mut("/orders/0/lines/1").unwrap().as_object_mut().unwrap().remove("shipped");
    let (written, said) = send(&object);
    assert!(written.is_none(), "it was sent");
    let told = said.iter().find(|one| one.message.contains("SN1")).unwrap();
    let Place::Field(place) = &told.place else { panic!("{}", text::render(told, false)) };
    assert_eq!(place.path, "orders[1].lines[2].shipped");
    assert!(
        told.remedy.as_deref().is_some_and(|remedy| remedy.starts_with("send `orders[1].lines[2].shipped`")),
        "{told:?}"
    );
}

/// The sets of `bytes` under a guide, checked by the table and by the guide.
fn checked(guide: &Guide, bytes: &[u8]) -> (usize, Vec<Diagnostic>) {
    let mut reader = Reader::new(ReadOptions { bare_sets: true, ..ReadOptions::default() });
    let (mut tree, mut found, mut sets, mut at) = (Tree::default(), Diagnostics::unlimited(), 0, 0);
    loop {
        let progress = reader.next(&bytes[at..], true, &mut tree, &mut found);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let set = &bytes[at + range.start..at + range.end];
            validate(header, &Against::standard(header), &tree, set, &mut found);
            guide.settle(header, &tree, set, &mut found);
            guide.check(Direction::Receive, header, &tree, set, &mut found);
            sets += 1;
        }
        at += progress.consumed;
        if progress.step == Step::End {
            return (sets, found.take());
        }
    }
}

#[test]
fn every_example_in_a_guide_keeps_the_guide() {
    let catalog = Catalog::new(root());
    let mut examples = 0;
    for name in crossdock::x12::guide::Shelf::guide_names(&catalog) {
        let mut diagnostics = Diagnostics::unlimited();
        let guide = catalog.guide(&name, &mut diagnostics).unwrap();
        for example in guide.examples() {
            let (sets, said) = checked(&guide, example.text.trim_start().as_bytes());
            let said: Vec<String> = said.iter().map(|one| text::render(one, false)).collect();
            assert!(sets == 1 && said.is_empty(), "{name}, {}: {}", example.title, said.concat());
            examples += 1;
        }
    }
    assert!(examples > 0, "no guide has an example");
}

/// The fenced blocks of `docs/GUIDES.md`: what stands behind the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs/GUIDES.md")).unwrap();
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(marks) => {
                open = true;
                blocks.push((marks.to_owned(), String::new()));
            }
            None if open => blocks.last_mut().unwrap().1.push_str(&format!("{line}\n")),
            None => {}
        }
    }
    blocks
}

/// Each `toml guide` is read without a diagnostic; the `x12` behind it (a body without ST and SE) is told what the `text`
/// behind that shows.
#[test]
fn the_guides_shown_in_the_documents_say_what_is_shown() {
    let (catalog, blocks) = (Catalog::new(root()), blocks());
    let (mut guides, mut documents) = (0, 0);
    for (number, (_, text)) in blocks.iter().enumerate().filter(|(_, (marks, _))| marks == "toml guide") {
        let mut diagnostics = Diagnostics::unlimited();
        let file = Arc::new(SourceFile::new("mappings/guides/shown.toml", text.as_str()));
        let guide = load("shown", &file, &catalog, &mut diagnostics);
        let said: Vec<String> = diagnostics.list().iter().map(|one| text::render(one, false)).collect();
        assert!(said.is_empty(), "{text}\n{}", said.concat());
        guides += 1;
        let Some((_, body)) = blocks.get(number + 1).filter(|(marks, _)| marks == "x12") else { continue };
        let guide = guide.unwrap();
        let (set, count) = (guide.document().rsplit('/').next().unwrap(), 2 + body.matches('~').count());
        let (_, said) = checked(&guide, format!("ST*{set}*0001~\n{body}SE*{count}*0001~\n").as_bytes());
        let of_guide = |one: &&Diagnostic| {
            let tolerable = ["x12.segment-order", "x12.unknown-segment"];
            one.code.name().starts_with("guide.") || tolerable.contains(&one.code.name())
        };
        let line = |one: &Diagnostic| format!("{}[{}] {}\n", one.severity.word(), one.code.name(), one.message);
        let said: String = said.iter().filter(of_guide).map(line).collect();
        assert_eq!((blocks[number + 2].0.as_str(), &said), ("text", &blocks[number + 2].1), "{text}\n{body}");
        documents += 1;
    }
    assert!(guides >= 7 && documents >= 6, "{guides} guides, {documents} documents");
}

/// A home with the mappings and profiles of this one.
fn home(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if home.exists() {
        fs::remove_dir_all(&home).unwrap();
    }
    for folder in [
        "mappings",
        "partner-profiles",
        "fixtures/945",
        "fixtures/flat",
        "fixtures/xml",
        "fixtures/856",
        "fixtures/944",
        "fixtures/940",
    ] {
        copy(&root().join(folder), &home.join(folder));
    }
    home
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => assert!(fs::copy(entry.path(), target).is_ok()),
        }
    }
}

#[test]
fn a_change_of_a_guide_is_a_change_of_the_mappings_that_name_it() {
    let home = home("guide-edition");
    let before = Edition::read(&home, &mut Diagnostics::unlimited());
    let file = home.join("mappings/guides/warehouse-945.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("repeat = 1", "repeat = 2")).unwrap();
    let after = Edition::read(&home, &mut Diagnostics::unlimited());
    assert_ne!(before.fingerprint("harbor/945"), after.fingerprint("harbor/945"));
    assert_eq!(before.fingerprint("base/945"), after.fingerprint("base/945"));
    assert_eq!(before.fingerprint("coastal/856"), after.fingerprint("coastal/856"));
}

#[test]
fn a_bad_guide_holds_its_own_partner_only() {
    let home = home("guide-bad");
    fs::write(
        home.join("mappings/guides/coastal-856.toml"),
        "document = \"x12/004010/856\"\n[at]\nBSN09 = \"required\"\n",
    )
    .unwrap();
    let mut diagnostics = Diagnostics::unlimited();
    let edition = Edition::read(&home, &mut diagnostics);
    let codes: Vec<&str> = diagnostics.list().iter().map(|one| one.code.name()).collect();
    assert_eq!(codes, ["guide.place", "guide.unusable"]);
    let silent = &mut Diagnostics::with_limit(0);
    assert!(edition.catalog.plan("coastal/856", silent).is_none());
    assert!(edition.catalog.plan("harbor/945", silent).is_some());
    assert!(edition.catalog.plan("summit/856", silent).is_some());
}

#[test]
fn a_mapping_that_sends_must_make_what_its_guide_requires() {
    let home = home("guide-lacking");
    let file = home.join("mappings/guides/coastal-856.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[at.HL03]", "[at.\"HL[HL03=I]/SN106\"]\nusage = \"required\"\n[at.\"CTT07\"]\nusage = \"required\"\nsays = \"page 9\"\n[at.HL03]")).unwrap();
    let mut diagnostics = Diagnostics::unlimited();
    Catalog::new(&home).check_file("partner-profiles/coastal.toml", &mut diagnostics).unwrap();
    let said: Vec<(&str, &str)> =
        diagnostics.list().iter().map(|one| (one.code.name(), one.message.as_str())).collect();
    assert_eq!(
        said,
        [("mapping.mandatory", "CTT is written without CTT07 (Description), which the partner's guide requires")]
    );
    assert!(diagnostics.list()[0].rule.as_deref().is_some_and(|rule| rule.ends_with(": page 9")));
}

#[test]
fn a_mapping_has_the_guide_of_the_one_it_extends_until_it_drops_it() {
    let home = home("guide-inherited");
    let write = |name: &str, text: &str| fs::write(home.join(format!("mappings/harbor/{name}.toml")), text).unwrap();
    write("heir", "extends = \"harbor/945\"\n");
    write("free", "extends = \"harbor/945\"\nguide = false\n");
    let (catalog, mut diagnostics) = (Catalog::new(&home), Diagnostics::unlimited());
    let guide = |name: &str, diagnostics: &mut Diagnostics| {
        let plan = catalog.plan(name, diagnostics).unwrap();
        catalog.guide_of(&plan).map(|guide| guide.name().to_owned())
    };
    assert_eq!(guide("harbor/heir", &mut diagnostics).as_deref(), Some("harbor-945"));
    assert_eq!(guide("harbor/free", &mut diagnostics), None);
    assert!(diagnostics.is_empty());
}

#[test]
fn a_code_of_the_partners_own_is_known_to_the_mapping_where_the_guide_or_a_file_has_it() {
    let home = home("guide-own-codes");
    let mapping = home.join("mappings/harbor/own.toml");
    let write = |guide: &str| {
        let lines = "extends = \"base/945\"\n[map]\nbill_of_lading = \"N902[N901=QZ9]\"\n";
        fs::write(&mapping, format!("{guide}{lines}")).unwrap();
        let mut diagnostics = Diagnostics::unlimited();
        Catalog::new(&home).plan("harbor/own", &mut diagnostics).unwrap();
        diagnostics.list().iter().map(|one| one.code.name()).collect::<Vec<_>>()
    };
    assert_eq!(write(""), ["mapping.unknown-qualifier"]);
    let guide = "document = \"x12/004010/945\"\n[at]\nN901 = { extra_codes = { QZ9 = \"Dock slip\" } }\n";
    fs::write(home.join("mappings/guides/own.toml"), guide).unwrap();
    assert_eq!(write("guide = \"guides/own\"\n"), [""; 0]);
    assert_eq!(write(""), ["mapping.unknown-qualifier"]);
    fs::write(home.join("mappings/codes/own.toml"), "[code-list.128]\nQZ9 = \"Dock slip\"\n").unwrap();
    assert_eq!(write(""), [""; 0]);
}
