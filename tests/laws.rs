//! The laws of the mapping language, on objects made for each shipped mapping and for mappings that use what no shipped
//! one does.

mod support;

use crossdock::canonical::{self, Object, differences};
use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, PayloadPlace, text};
use crossdock::mapping::laws::Generator;
use crossdock::mapping::{self, Base, Context, Library, Plan, Reading, SegmentForm};
use crossdock::tree::charset::Charset;
use crossdock::tree::{ElementId, Separators, Tree};
use crossdock::x12::reader::{ReadOptions, Reader, Step};

const OBJECTS: u64 = 500;
const FORM: SegmentForm<'static> = SegmentForm { element: b'*', terminator: b'~', line_end: b"\n" };

/// [`OBJECTS`], or as many as `CROSSDOCK_LAW_OBJECTS` says: `cargo test --release --test laws` with 10,000 takes minutes.
fn count() -> u64 {
    std::env::var("CROSSDOCK_LAW_OBJECTS").map_or(OBJECTS, |count| count.parse().expect("a number of objects"))
}

/// What the objects of a test follow from: its own number, and `CROSSDOCK_LAW_SEED`, which gives other ones. What is printed
/// here is shown when the test fails, and makes the same objects again.
#[expect(clippy::print_stdout, reason = "shown when the test fails")]
fn seed(test: u64) -> u64 {
    let chosen = std::env::var("CROSSDOCK_LAW_SEED").map_or(0, |seed| seed.parse::<u64>().expect("a number"));
    println!("CROSSDOCK_LAW_SEED={chosen} CROSSDOCK_LAW_OBJECTS={} makes these objects", count());
    chosen.wrapping_mul(10).wrapping_add(test)
}

fn nowhere(_: &Tree, _: ElementId) -> PayloadPlace {
    PayloadPlace::default()
}

fn context() -> Context<'static> {
    Context {
        zone: jiff::tz::TimeZone::get("America/Los_Angeles").expect("bundled"),
        charset: &Charset::Utf8,
        we_sell: true,
        separators: Separators { component: Some(b'>'), repetition: None },
        delimiters: b"*>~\n",
        given: crossdock::mapping::Given::nothing(),
        before: 0,
        place: &nowhere,
    }
}

/// The written document as the bytes of one transaction set.
fn bytes_of(plan: &Plan, tree: &Tree) -> Vec<u8> {
    let set = plan.grammar.name.rsplit('/').next().expect("has a set");
    let mut out = format!("ST*{set}*0001~\n").into_bytes();
    for segment in &tree.segments {
        out.extend_from_slice(segment.tag.to_string().as_bytes());
        for position in 1..=segment.element_count {
            out.push(b'*');
            out.extend_from_slice(tree.value(segment, position, b""));
        }
        out.extend_from_slice(b"~\n");
    }
    out.extend_from_slice(format!("SE*{}*0001~\n", tree.segments.len() + 2).as_bytes());
    out
}

struct Read {
    tree: Tree,
    object: Object,
    reading: Reading,
    diagnostics: Diagnostics,
}

fn read(plan: &Plan, bytes: &[u8]) -> Read {
    let release = plan.grammar.name.split('/').nth(1).expect("has a release").to_owned();
    let options = ReadOptions { bare_sets: true, release, ..ReadOptions::default() };
    let mut reader = Reader::new(options);
    let mut tree = Tree::default();
    tree.clear();
    let mut diagnostics = Diagnostics::unlimited();
    let mut at = 0;
    loop {
        let progress = reader.next(&bytes[at..], true, &mut tree, &mut diagnostics);
        match progress.step {
            Step::Set(range) => {
                assert_eq!((at, range.start), (0, 0), "the set starts the input");
                break;
            }
            Step::End => panic!("no set in {}", String::from_utf8_lossy(bytes)),
            _ => at += progress.consumed,
        }
    }
    let mut object = Object::new();
    let mut reading = Reading::default();
    reading.read(plan, &mut tree, bytes, &context(), &mut object, &mut diagnostics);
    Read { tree, object, reading, diagnostics }
}

fn written(plan: &Plan, object: &Object) -> Vec<u8> {
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::unlimited();
    mapping::write(plan, object, &context(), &mut tree, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{}\n{}", shown(plan, object), rendered(&diagnostics));
    bytes_of(plan, &tree)
}

fn rendered(diagnostics: &Diagnostics) -> String {
    diagnostics.list().iter().map(|diagnostic| text::render(diagnostic, false)).collect()
}

fn shown(plan: &Plan, object: &Object) -> String {
    let mut out = Vec::new();
    canonical::emit_pretty(object, plan.canonical, &mut out);
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// What `object` says is said by `other` too; what the document computes may come on top.
fn agree(plan: &Plan, object: &Object, other: &Object, bytes: &[u8]) {
    let differing: Vec<String> = differences(object, other, plan.canonical)
        .into_iter()
        .filter(|difference| difference.left.is_some() || !plan.is_derived(&difference.path))
        .map(|difference| format!("{}: {:?} / {:?}", difference.path, difference.left, difference.right))
        .collect();
    let document = String::from_utf8_lossy(bytes);
    assert!(differing.is_empty(), "{}\n{differing:#?}\n{document}\n{}", plan.name, shown(plan, object));
}

/// Spoils every tenth text in `value`, in one way after the other, and takes out every tenth unit.
fn spoil(value: &mut serde_json::Value, count: &mut u64) {
    match value {
        serde_json::Value::String(text) => {
            *count += 1;
            match *count % 50 {
                10 => text.push_str(&"X".repeat(90)),
                20 => text.insert(0, '*'),
                30 => "ZZ".clone_into(text),
                40 => text.push('é'),
                0 => text.insert(0, ' '),
                _ => {}
            }
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|entry| spoil(entry, count)),
        serde_json::Value::Object(fields) => {
            let unit = fields.get_mut("unit").inspect(|_| *count += 1);
            match (unit, *count % 10) {
                (Some(unit), 3) => *unit = "ZZ".into(),
                (Some(_), 7) => drop(fields.shift_remove("unit")),
                _ => {}
            }
            fields.values_mut().for_each(|field| spoil(field, count));
        }
        _ => {}
    }
}

/// The document with every seventh digit behind its first segment made a letter, and every ninth letter that ends an element
/// the separator of components.
fn spoiled(document: &[u8]) -> Vec<u8> {
    let (mut digits, mut ends, mut within) = (0, 0, false);
    let spoil = |(at, byte): (usize, &u8)| {
        within = *byte == b'*' || within && *byte != b'~';
        let is_end = within && byte.is_ascii_alphabetic() && matches!(document.get(at + 1), Some(b'*' | b'~'));
        digits += usize::from(byte.is_ascii_digit());
        ends += usize::from(is_end);
        match *byte {
            b'0'..=b'9' if digits > 7 && digits % 7 == 0 => b'X',
            _ if is_end && ends % 9 == 0 => b'>',
            byte => byte,
        }
    };
    document.iter().enumerate().map(spoil).collect()
}

/// To look closer at one: `CROSSDOCK_LAW_MAPPING=base/945`.
fn only() -> Option<String> {
    std::env::var("CROSSDOCK_LAW_MAPPING").ok()
}

/// Objects of many levels are large: fewer of them are made.
fn objects(plan: &Plan) -> u64 {
    if plan.name.contains("/856") { count() / 8 } else { count() }
}

fn plans() -> Vec<std::sync::Arc<Plan>> {
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    // What ships, and the bases of 004010 that serve 005010 as well.
    let mut names = catalog.names();
    names.extend(["base/846-005010", "base/943-005010", "base/947-005010"].map(str::to_owned));
    let only = only();
    names.retain(|name| only.as_ref().is_none_or(|only| only == name));
    let plans = names.iter().map(|name| catalog.plan(name, &mut Diagnostics::unlimited()).expect("the mapping loads"));
    // Files of records and fields: tests/layout_laws.rs.
    plans.filter(|plan| !plan.grammar.is_layout()).collect()
}

fn constructs() -> Vec<std::sync::Arc<Plan>> {
    CONSTRUCTS.iter().map(|text| std::sync::Arc::new(support::plan_of(&[text]))).collect()
}

/// Pieces of a 945's mapping with constructs that no shipped mapping has.
const CONSTRUCTS: [&str; 11] = [
    r#"
totals.volume     = { at = "W0304", unit = "CA", units = "each" }
[map.lines]
each              = "LX/W12"
sku               = "W1208"
ordered           = { at = "W1202", unit = "W1205", units = "each" }
shipped           = { at = "W1203", unit = "W1205", units = "each" }
[units.each]
is                = "EA"
write             = "CA"
CA                = 12
"#,
    r##"
ship_date         = { at = ["G6202[G6201=11]", "G6204[G6201=11]"], format = ["YYMMDD", "HHmmss"] }
bill_of_lading    = { at = "N902[N901=BM]", trim = true, case = "lower" }
pro_number        = { at = "N902[N901=CN]", chars = "A-Z ", fit = ["cut", "transliterate"] }
estimated_delivery_date = { at = "N903[N901=ED]", format = "M/D/YYYY h:mm:ss AM" }
totals.units      = { at = "N903[N901=TU]", type = "number", format = "#.##0,##-" }
shipment_number   = { at = "W0604", zeros = 12, chars = "0-9" }
agent_shipment_number = { at = "W0605", zeros = 4 }
[map.lines]
each              = "LX/W12"
sku               = { at = "pair(W1207=VN)", split = "-", part = 1 }
lot               = { at = "pair(W1207=VN)", split = "-", part = 2 }
description       = { each = "G6901", join = " " }
shipped           = { at = "W1203", unit = "W1205", format = "0.00#" }
"##,
    r#"
[map.lines]
each              = "LX/W12"
shipped           = "W1203"
sku               = { at = "W1208", split = "/", part = 1, chars = "A-F0-9" }
lot               = { at = "W1208", split = "/", part = 2 }
expiry_date       = { at = "W1208", split = "/", part = 3, format = "DD.MM.YYYY" }
description       = { each = "G6901", join = "" }
"#,
    r#"
[map.lines]
each       = "LX/W12"
shipped    = "W1203"
weight     = { at = "W1210[W1211=G]", unit = "W1212" }
net_weight = { at = "W1210[W1211=N]", unit = "W1212" }
lot        = "W1209[W1205=CA]"
"#,
    r#"
reporting_code = "W0601"
bill_of_lading = { at = "N902[N901=BM]", when = "reporting_code in ['F', 'J']" }
references     = { rest = "N9", when = "reporting_code = 'F'", use = "reference" }
ship_to        = { in = "N1[N101=ST]", name = "N102", address = { when = "reporting_code = 'J'", city = "N401" } }
[map.packages]
each           = "LX"
when           = "reporting_code = 'J'"
package_number = "LX01"
[map.packages.lines]
each           = "W12"
shipped        = "W1203"
[map.lines]
each           = "LX/W12"
when           = "reporting_code != 'J'"
shipped        = "W1203"
status         = { at = "W1201", codes = "line-status" }
weight         = { at = "W1210", when = "status != 'shipped' or reporting_code = 'F'" }
"#,
    r#"
[map.lines]
each    = "LX/W12"
shipped = "W1203"
[[map.lines.quantities]]
qualifier = { const = "ordered" }
quantity  = { at = "W1202", unit = "EA" }
[[map.lines.quantities]]
qualifier = { const = "open" }
quantity  = { at = "W1204", unit = "W1205" }
text      = "W1209"
[[map.lines.quantities]]
each      = "QTY[QTY01=33]"
qualifier = { const = "available" }
quantity  = { at = "QTY02", unit = "QTY03-01" }
"#,
    r#"
canonical = "inventory_report"
document  = "x12/004010/846"
[map]
report_number = "BIA03"
report_date = "BIA04"
[map.items]
each = "LIN"
sku  = "LIN03"
[map.items.quantities]
each       = "pair(SDQ03)"
location   = "SDQ03"
quantity   = { at = "SDQ04", unit = "SDQ01" }
location_qualifier = "SDQ02"
"#,
    r#"
[map.lines]
each            = "LX/W12"
group           = ["lot", "references"]
sku             = "W1208"
shipped         = { at = "W1203", unit = "W1205" }
lot             = "../N902[N901=LT]"
references      = { rest = "../N9", use = "reference" }
description     = "G6901"
[derived]
LX01 = { counter = "lines" }
"#,
    r#"
[map.packages]
each            = "LX[MAN]"
sscc            = "MAN02[MAN01=GM]"
[map.packages.lines]
each            = "W12"
shipped         = "W1203"
[map.lines]
each            = "LX[not MAN]/W12"
group           = ["assigned_number"]
sku             = "W1208"
assigned_number = "../LX01"
"#,
    r#"
[map.lines]
each            = "LX/W12"
group           = []
sku             = "W1208"
"#,
    r#"
canonical = "inventory_report"
document  = "x12/004010/846"
[map]
report_number = "BIA03"
report_date = "BIA04"
[map.items]
each = "LIN"
sku  = "LIN03"
[[map.items.quantities]]
each     = "QTY[QTY01=33]"
state    = { const = "available" }
quantity = { at = "QTY02", unit = "QTY03-01" }
[[map.items.quantities]]
each     = "QTY[QTY01=QH]"
state    = { const = "on_hold" }
quantity = { at = "QTY02", unit = "QTY03-01" }
"#,
];

#[test]
fn what_is_written_is_read_back_as_it_was() {
    let seed = seed(1);
    for plan in plans() {
        println!("{}", created(&plan, seed));
    }
}

#[test]
fn so_is_what_each_construct_writes() {
    let seed = seed(1);
    for plan in constructs() {
        println!("{}", created(&plan, seed));
    }
}

/// Objects that a plan writes are read back as they were; says how many, and what the plan covers.
fn created(plan: &Plan, seed: u64) -> String {
    let context = context();
    let mut generator = Generator::new(plan, &context, seed);
    let (least, mut made) = (objects(plan), 0);
    // Few objects may leave a rare line out: then there are more.
    while made < least || (made < 10 * least && !generator.never_filled().is_empty()) {
        made += 1;
        let object = generator.object();
        let bytes = written(plan, &object);
        let back = read(plan, &bytes);
        assert_eq!(back.diagnostics.errors(), 0, "{}", rendered(&back.diagnostics));
        agree(plan, &object, &back.object, &bytes);
    }
    let never = generator.never_filled();
    assert!(never.is_empty(), "{}: never filled: {never:?}", plan.name);
    format!("{}: {made} objects written and read back; {}", plan.name, plan.shares())
}

/// By objects of its own and of every other mapping to the same canonical object, which do not always fit, some of their
/// values spoiled, and by the documents that they make, with some digits spoiled.
#[test]
fn the_short_ways_do_and_say_what_the_general_way_does() {
    let seed = seed(3);
    let all = || plans().into_iter().chain(constructs());
    let (plans, context): (Vec<_>, _) = (all().collect(), context());
    for (plan, general) in plans.iter().zip(all()) {
        let mut general = std::sync::Arc::into_inner(general).expect("nobody else has it");
        general.without_short_ways();
        let (mut written, mut refused) = (0, 0);
        for maker in plans.iter().filter(|maker| std::ptr::eq(maker.canonical, plan.canonical)) {
            let mut generator = Generator::new(maker, &context, seed);
            for number in 0..(objects(maker) / 40).max(5) {
                let mut object = generator.object();
                if number % 2 == 1 {
                    let mut value = serde_json::from_str(&shown(plan, &object)).expect("JSON");
                    spoil(&mut value, &mut (number % 10));
                    object = canonical::read(value.to_string().as_bytes(), plan.canonical).0;
                }
                let [short, long] = [&**plan, &general].map(|plan| {
                    let (mut tree, mut diagnostics) = (Tree::default(), Diagnostics::unlimited());
                    mapping::write(plan, &object, &context, &mut tree, &mut diagnostics);
                    (bytes_of(plan, &tree), rendered(&diagnostics))
                });
                assert_eq!(short.1, long.1, "{} with {}", plan.name, shown(plan, &object));
                let [short_bytes, long_bytes] = [&short, &long].map(|way| String::from_utf8_lossy(&way.0));
                assert_eq!(short_bytes, long_bytes, "{} with {}", plan.name, shown(plan, &object));
                if short.1.is_empty() {
                    written += 1
                } else {
                    refused += 1
                }
                for document in [short.0.clone(), spoiled(&short.0)] {
                    read_alike(plan, &general, &document);
                }
            }
        }
        println!("{}: {written} objects written, of {refused} something was said", plan.name);
    }
}

/// Both read the same values of a document, say the same of it, and leave the same elements.
fn read_alike(plan: &Plan, general: &Plan, document: &[u8]) {
    let [short, long] = [plan, general].map(|plan| {
        let Read { tree, object, reading, diagnostics } = read(plan, document);
        let taken = (0..tree.elements.len()).map(|element| reading.coverage.contains(element as u32));
        (shown(plan, &object), rendered(&diagnostics), taken.collect::<Vec<_>>())
    });
    assert_eq!(short, long, "{} reads {}", plan.name, String::from_utf8_lossy(document));
}

#[test]
fn so_do_they_where_two_lines_fill_one_field() {
    let lines = r#"
[map.lines]
each        = "LX/W12"
status      = { at = "W1201", codes = "line-status" }
status_code = "W1219"
"#;
    let [plan, mut general] = [(); 2].map(|()| support::plan_of(&[lines]));
    general.without_short_ways();
    for status in ["CC", "YY", "ZZ"] {
        let document = format!("ST*945*0001~LX*1~W12*{status}{}YY~SE*4*0001~", "*".repeat(18));
        read_alike(&plan, &general, document.as_bytes());
    }
}

#[test]
fn a_changed_document_says_the_new_object_and_keeps_the_rest() {
    let seed = seed(2);
    plans().iter().for_each(|plan| changed(plan, seed));
}

#[test]
fn so_does_one_of_each_construct() {
    let seed = seed(2);
    constructs().iter().for_each(|plan| changed(plan, seed));
}

/// A document that a plan wrote is made to say another object, and says it.
fn changed(plan: &Plan, seed: u64) {
    let context = context();
    let mut generator = Generator::new(plan, &context, seed);
    let mut before = generator.object();
    for _ in 0..objects(plan) / 2 {
        let after = generator.object();
        let bytes = written(plan, &before);
        let base = read(plan, &bytes);
        let mut diagnostics = Diagnostics::unlimited();
        let from = Base { tree: &base.tree, bytes: &bytes, object: &base.object, reading: &base.reading };
        let edits = mapping::change(plan, from, &after, FORM, &context, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{}", rendered(&diagnostics));
        let changed = mapping::apply(&bytes, &edits);
        let back = read(plan, &changed);
        agree(plan, &after, &back.object, &changed);
        before = after;
    }
}

/// The object with another text at a JSON pointer; `None` when it has none there.
fn with(plan: &Plan, object: &Object, pointer: &str, value: &str) -> Option<Object> {
    let mut out = Vec::new();
    canonical::emit(object, plan.canonical, &mut out);
    let text = String::from_utf8(out).expect("JSON is UTF-8");
    let json: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
    let old = json.pointer(pointer)?.as_str()?;
    let key = pointer.rsplit('/').next().expect("a pointer has a last part");
    // Replaced in the text, for a `Value` would lose the digits of the numbers; the made texts are random enough.
    let (from, to) = (format!("\"{key}\":\"{old}\""), format!("\"{key}\":\"{value}\""));
    if text.matches(&from).count() != 1 {
        return None;
    }
    // An object that lacks a required field, as some made ones do, serves here all the same.
    let (changed, _) = canonical::read(text.replace(&from, &to).as_bytes(), plan.canonical);
    Some(changed)
}

#[test]
fn a_change_of_one_field_touches_its_places_only() {
    let fields = [
        ("base/940", "/order_number", "CHANGED"),
        ("base/940", "/ship_to/address/city", "CHANGED"),
        ("base/940", "/lines/1/lot", "CHANGED"),
        ("base/940-005010", "/lines/0/description", "CHANGED"),
        ("base/944-005010", "/lines/0/description", "CHANGED"),
        ("base/944", "/receipt_number", "CHANGED"),
        ("base/944", "/lines/0/description", "CHANGED"),
        ("base/943", "/lines/0/description", "CHANGED"),
        ("base/947", "/adjustments/0/description", "CHANGED"),
        ("base/846", "/items/0/description", "CHANGED"),
        ("base/945", "/ship_from/name", "CHANGED"),
        ("base/945", "/packages/0/lines/0/lot", "CHANGED"),
        ("base/945", "/lines/0/description", "CHANGED"),
        ("base/856", "/orders/0/purchase_order_number", "CHANGED"),
        ("base/856", "/orders/0/packages/0/sscc", "CHANGED"),
        ("base/856", "/lines/0/lot", "CHANGED"),
    ];
    let (plans, seed) = (plans(), seed(3));
    for (name, pointer, value) in fields {
        let Some(plan) = plans.iter().find(|plan| plan.name == name) else {
            assert!(only().is_some(), "{name} is loaded");
            continue;
        };
        let context = context();
        let mut generator = Generator::new(plan, &context, seed);
        let (mut tried, mut made) = (0, 0);
        // Not every object has the field.
        while tried < 12 {
            made += 1;
            assert!(made <= 2000, "{name} {pointer}: only {tried} of 2000 objects have it");
            let object = generator.object();
            let bytes = written(plan, &object);
            let base = read(plan, &bytes);
            let from = Base { tree: &base.tree, bytes: &bytes, object: &base.object, reading: &base.reading };
            let mut diagnostics = Diagnostics::unlimited();
            let kept = mapping::change(plan, from, &base.object, FORM, &context, &mut diagnostics);
            assert!(kept.is_empty(), "{name}: the same object changes {kept:?}");
            let Some(changed) = with(plan, &base.object, pointer, value) else {
                continue;
            };
            tried += 1;
            let edits = mapping::change(plan, from, &changed, FORM, &context, &mut diagnostics);
            assert!(diagnostics.is_empty(), "{}", rendered(&diagnostics));
            // One place, or the two of a line with `first` where the document has both.
            let local =
                matches!(edits.as_slice(), [_] | [_, _]) && edits.iter().all(|edit| edit.bytes == value.as_bytes());
            assert!(local, "{name} {pointer}: {edits:?}");
        }
    }
}
