//! Mappings of a few lines at work, for tests: a document read by one, an object written by one.
//!
//! A mapping here starts with `order_number = "W0602"` of a 945, a document with `W06**A1` and an object with
//! `"order_number": "A1"`, unless they say otherwise.

#![allow(dead_code, reason = "each test uses the part it needs")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock::canonical::{self, Object};
use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, PayloadPlace, codes, text};
use crossdock::mapping::{self, Base, Context, Library, Plan, Reading, SegmentForm};
use crossdock::source::SourceFile;
use crossdock::tree::charset::Charset;
use crossdock::tree::{ElementId, Grammar, Separators, Tree, placement};
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use serde_json::{Value, json};

const SEPARATORS: Separators = Separators { component: Some(b'>'), repetition: Some(b'^') };

/// The shipped blocks and tables, and mappings of this test's own.
struct Files {
    own: BTreeMap<&'static str, String>,
    shipped: Catalog,
}

impl Library for Files {
    fn mapping(&self, name: &str) -> Option<Arc<SourceFile>> {
        match self.own.get(name) {
            Some(text) => Some(Arc::new(SourceFile::new(name, text.as_str()))),
            None => self.shipped.mapping(name),
        }
    }

    fn names(&self) -> Vec<String> {
        self.own.keys().map(|name| (*name).to_owned()).collect()
    }

    fn shared(&self) -> Vec<Arc<SourceFile>> {
        self.shipped.shared()
    }

    fn grammar(&self, document: &str) -> Option<Arc<Grammar>> {
        self.shipped.grammar(document)
    }
}

fn whole(mapping: &str) -> String {
    let head = mapping.lines().take_while(|line| !line.starts_with('['));
    let mut keys = head.filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim());
    if keys.any(|key| ["canonical", "extends"].contains(&key)) {
        return mapping.to_owned();
    }
    format!("canonical = \"shipment\"\ndocument = \"x12/004010/945\"\n[map]\norder_number = \"W0602\"\n{mapping}")
}

/// The plan of the last of these mappings; they are called `one`, `two`...
pub(crate) fn plan_of(mappings: &[&str]) -> Plan {
    let names = ["one", "two", "three"];
    let own = names.into_iter().zip(mappings.iter().map(|text| whole(text)));
    let files = Files { own: own.collect(), shipped: Catalog::new(env!("CARGO_MANIFEST_DIR")) };
    let name = names[mappings.len() - 1];
    let mut diagnostics = Diagnostics::unlimited();
    let plan = mapping::load(name, &files.mapping(name).unwrap(), &files, &mut diagnostics);
    // These mappings are short: many take a number of an item and leave its qualifier out.
    let told = diagnostics.list().iter().any(|one| one.code != codes::MAPPING_QUALIFIER_NOT_ASKED);
    assert!(!told, "{}\n{}", mappings.join("\n---\n"), rendered(&diagnostics));
    plan.unwrap()
}

fn rendered(diagnostics: &Diagnostics) -> String {
    diagnostics.list().iter().map(|one| text::render(one, false)).collect()
}

pub(crate) fn told(diagnostics: &Diagnostics) -> Vec<String> {
    let list = diagnostics.list().iter();
    list.map(|one| format!("{}: {}", one.code.name(), one.message)).collect()
}

fn nowhere(_: &Tree, _: ElementId) -> PayloadPlace {
    PayloadPlace::default()
}

/// We are the seller; the partner's zone is that of Los Angeles.
pub(crate) fn context() -> Context<'static> {
    Context {
        zone: jiff::tz::TimeZone::get("America/Los_Angeles").unwrap(),
        charset: &Charset::Utf8,
        we_sell: true,
        separators: SEPARATORS,
        delimiters: b"*>~^",
        given: crossdock::mapping::Given::nothing(),
        before: 0,
        place: &nowhere,
    }
}

/// The tree of a document written one segment a line, placed by the plan's table.
pub(crate) fn tree_of(plan: &Plan, document: &str) -> (Tree, Vec<u8>) {
    let set = plan.grammar.name.rsplit('/').next().unwrap();
    let segments: Vec<&str> = document.lines().map(str::trim).collect();
    let heading = segments.iter().any(|segment| segment.starts_with("W06"));
    let first = if heading || set != "945" { "" } else { "W06**A1~" };
    let body: String = segments.iter().map(|segment| format!("{segment}~")).collect();
    let bytes = format!("ST*{set}*0001~{first}{body}SE*0*0001~").into_bytes();
    let mut reader = Reader::new(ReadOptions { bare_sets: true, ..ReadOptions::default() });
    let mut tree = Tree::default();
    tree.clear();
    let mut at = 0;
    loop {
        let progress = reader.next(&bytes[at..], true, &mut tree, &mut Diagnostics::unlimited());
        match progress.step {
            Step::Set(_) => break,
            Step::End => panic!("no set in {}", String::from_utf8_lossy(&bytes)),
            _ => at += progress.consumed,
        }
    }
    tree.separators = SEPARATORS;
    placement::place_all(&plan.grammar, &mut tree);
    (tree, bytes[at..].to_vec())
}

pub(crate) fn with_order_number(plan: &Plan, object: &Value) -> Value {
    let mut object = object.clone();
    let map = object.as_object_mut().unwrap();
    if plan.canonical.name == "shipment" {
        map.entry("order_number").or_insert_with(|| json!("A1"));
    }
    object
}

pub(crate) fn read_with(plan: &Plan, document: &str, context: &Context<'_>) -> (Value, Diagnostics) {
    let (mut tree, bytes) = tree_of(plan, document);
    let mut object = Object::new();
    let mut diagnostics = Diagnostics::unlimited();
    Reading::default().read(plan, &mut tree, &bytes, context, &mut object, &mut diagnostics);
    let mut out = Vec::new();
    canonical::emit(&object, plan.canonical, &mut out);
    (serde_json::from_slice(&out).unwrap(), diagnostics)
}

pub(crate) fn write_with(plan: &Plan, object: &Value, context: &Context<'_>) -> (String, Diagnostics) {
    write_json(plan, &object.to_string(), context)
}

pub(crate) fn write_json(plan: &Plan, json: &str, context: &Context<'_>) -> (String, Diagnostics) {
    let (object, problems) = canonical::read(json.as_bytes(), plan.canonical);
    assert!(problems.is_empty(), "{json}\n{}", rendered(&problems));
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::unlimited();
    mapping::write(plan, &object, context, &mut tree, &mut diagnostics);
    let mut lines = Vec::new();
    for segment in &tree.segments {
        let mut line = segment.tag.to_string();
        for position in 1..=segment.element_count {
            line.push('*');
            line.push_str(std::str::from_utf8(tree.value(segment, position, b"")).unwrap());
        }
        lines.push(line);
    }
    (lines.join("\n"), diagnostics)
}

/// The document after it was made to say the object; and what was told.
pub(crate) fn change_with(plan: &Plan, document: &str, object: &Value, context: &Context<'_>) -> (String, Diagnostics) {
    let (mut tree, bytes) = tree_of(plan, document);
    let mut read = Object::new();
    let mut diagnostics = Diagnostics::unlimited();
    let mut reading = Reading::default();
    reading.read(plan, &mut tree, &bytes, context, &mut read, &mut diagnostics);
    assert!(diagnostics.is_empty(), "reading\n{document}\n{}", rendered(&diagnostics));
    let (wanted, problems) = canonical::read(object.to_string().as_bytes(), plan.canonical);
    assert!(problems.is_empty(), "{object:#}\n{}", rendered(&problems));
    let form = SegmentForm { element: b'*', terminator: b'~', line_end: b"" };
    let base = Base { tree: &tree, bytes: &bytes, object: &read, reading: &reading };
    let edits = mapping::change(plan, base, &wanted, form, context, &mut diagnostics);
    let text = String::from_utf8(mapping::apply(&bytes, &edits)).unwrap();
    let body = text.split('~').filter(|segment| !["ST", "SE"].iter().any(|tag| segment.starts_with(tag)));
    (body.collect::<Vec<_>>().join("\n").trim_end().to_owned(), diagnostics)
}

pub(crate) fn lines_of(document: &str) -> String {
    let heading = ["W06", "OTI", "BSN", "BIA", "W15"].iter().any(|tag| document.contains(tag));
    let lines: Vec<&str> = document.lines().map(str::trim).collect();
    let first = if heading { "" } else { "W06**A1\n" };
    format!("{first}{}", lines.join("\n")).trim_end().to_owned()
}

/// The document gives the object, the object gives the document, and nothing is to be said of it.
pub(crate) fn both_by(plan: &Plan, document: &str, object: &Value, context: &Context<'_>) {
    let object = with_order_number(plan, object);
    let (found, diagnostics) = read_with(plan, document, context);
    assert_eq!(found, object, "reading\n{document}");
    assert!(diagnostics.is_empty(), "reading\n{document}\n{}", rendered(&diagnostics));
    let (written, diagnostics) = write_with(plan, &object, context);
    assert_eq!(written, lines_of(document), "writing\n{object:#}");
    assert!(diagnostics.is_empty(), "writing\n{object:#}\n{}", rendered(&diagnostics));
}

/// The document gives the object, the object gives the document, and nothing is to be said of it.
pub(crate) fn both(mapping: &str, document: &str, object: &Value) {
    let plan = plan_of(&[mapping]);
    both_by(&plan, document, object, &context());
}

/// The document gives the object, and this is said of it.
pub(crate) fn reads(mapping: &str, document: &str, object: &Value, said: &[&str]) {
    let plan = plan_of(&[mapping]);
    let (found, diagnostics) = read_with(&plan, document, &context());
    assert_eq!(found, with_order_number(&plan, object), "reading\n{document}");
    assert_eq!(told(&diagnostics), said);
}

/// The object gives the document, and this is said of it.
pub(crate) fn writes(mapping: &str, object: &Value, document: &str, said: &[&str]) {
    let plan = plan_of(&[mapping]);
    let object = with_order_number(&plan, object);
    let (written, diagnostics) = write_with(&plan, &object, &context());
    assert_eq!(written, lines_of(document), "writing\n{object:#}");
    assert_eq!(told(&diagnostics), said);
}
