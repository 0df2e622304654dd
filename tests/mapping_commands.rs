//! `crossdock mapping explain`, `unmapped` and `effective`: what they print, and that an effective mapping is a mapping.
//!
//! The home in `fixtures/cli/home` has mappings, blocks and tables of its own, so that changes of the base mappings do
//! not change what is expected here. `UPDATE_EXPECTED=1` writes the expected files anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crossdock::mapping::Proposal;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the command prints on standard output and beside it, and its exit code.
fn run(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn run_here(arguments: &[&str]) -> (String, String, i32) {
    let home = ["--home", "home"];
    run(&root().join("fixtures/cli"), &[arguments, &home].concat())
}

/// The command prints the expected file, tells nothing wrong beside it, and exits so.
fn check(arguments: &[&str], expected_code: i32, file: &str) {
    let (out, beside, code) = run_here(arguments);
    let path = root().join("fixtures/cli").join(file);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &out).unwrap();
    }
    assert_eq!(out, fs::read_to_string(&path).unwrap(), "{arguments:?} differs from {file}");
    // What is not mapped may be noted beside; nothing may be wrong.
    assert!(!beside.contains("error") && !beside.contains("warning"), "{arguments:?}: {beside}");
    assert_eq!(code, expected_code, "{arguments:?}");
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const MAPPED: &[&str] = &["mapped.edi", "--mapping", "demo/945"];

#[test]
fn explain_tells_of_each_value_where_it_came_from() {
    check(&[&["mapping", "explain"], MAPPED, &["--set", "1"]].concat(), 0, "mapped.explain.txt");
    check(
        &[&["mapping", "explain"], MAPPED, &["--field", "lot", "--format", "json"]].concat(),
        0,
        "mapped.explain-lot.jsonl",
    );
}

#[test]
fn explain_takes_fields_with_and_without_the_numbers_of_entries() {
    let fields = |wanted: &str| -> Vec<String> {
        let (out, ..) = run_here(&[&["mapping", "explain"], MAPPED, &["--field", wanted, "--format", "json"]].concat());
        lines(&out).iter().map(|line| line["field"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!fields("lines[1]").is_empty());
    assert!(fields("lines[1]").iter().all(|field| field.starts_with("lines[1]")), "not address.lines[1]");
    assert!(!fields("lines.shipped").is_empty());
    let (out, _, code) = run_here(&[&["mapping", "explain"], MAPPED, &["--field", "qty"]].concat());
    assert!(out.contains("no value of it has `qty` in its field") && code == 0, "{out}");
}

#[test]
fn what_explain_shows_is_what_stands_in_the_file() {
    let bytes = fs::read(root().join("fixtures/cli/mapped.edi")).unwrap();
    let (out, ..) = run_here(&[&["mapping", "explain"], MAPPED, &["--format", "json"]].concat());
    let mut sources = 0;
    for line in lines(&out) {
        for source in line["from"].as_array().unwrap() {
            sources += 1;
            let at = |key: &str| usize::try_from(source[key].as_u64().unwrap()).unwrap();
            let text = String::from_utf8_lossy(&bytes[at("byte")..at("byte_end")]).into_owned();
            assert_eq!(source["text"], *text, "{line}");
        }
        if line["made"] == "read" && line["from"].as_array().unwrap().len() == 1 {
            let text = line["from"][0]["text"].as_str().unwrap().to_owned();
            let value = line["value"].as_str().unwrap();
            assert!(text == value || text.replace("-", "") == value.replace("-", ""), "{line}");
        }
    }
    assert!(sources > 20);
}

#[test]
fn explain_has_every_value_of_the_object() {
    let fixtures =
        ["945/harbor-cartons", "945/cartons-and-lines", "945/substitution", "940/original", "944/given-twice"];
    for fixture in fixtures.map(|name| format!("fixtures/{name}/input.edi")) {
        if !root().join(&fixture).is_file() {
            continue;
        }
        let (objects, ..) = run(root(), &["translate", &fixture, "--data"]);
        let (explained, ..) = run(root(), &["mapping", "explain", &fixture, "--format", "json"]);
        let mut told: Vec<(String, String)> = lines(&explained)
            .iter()
            .map(|line| (line["field"].as_str().unwrap().to_owned(), line["value"].as_str().unwrap().to_owned()))
            .collect();
        let mut there = Vec::new();
        lines(&objects).iter().for_each(|object| leaves(object, "", &mut there));
        told.sort();
        there.sort();
        assert_eq!(told, there, "{fixture}");
    }
}

fn leaves(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(value, &path, found);
            }
        }
        Value::Array(list) => {
            for (number, value) in (1..).zip(list) {
                leaves(value, &format!("{path}[{number}]"), found);
            }
        }
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        other => found.push((path.to_owned(), other.to_string())),
    }
}

#[test]
fn unmapped_lists_what_no_line_takes_with_what_to_do() {
    check(&[&["mapping", "unmapped"], MAPPED].concat(), 1, "mapped.unmapped.txt");
    check(
        &[&["mapping", "unmapped"], MAPPED, &["--set", "2", "--format", "json"]].concat(),
        1,
        "mapped.unmapped.jsonl",
    );
}

#[test]
fn a_mapping_that_ignores_what_unmapped_proposes_leaves_nothing() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nothing-left");
    copy(&root().join("fixtures/cli/home"), &home);
    let (report, ..) = run_here(&[&["mapping", "unmapped"], MAPPED].concat());
    let ignore = &report[report.rfind("  [ignore]").unwrap()..];
    fs::write(home.join("mappings/demo/all.toml"), format!("extends = \"demo/base\"\n{ignore}\n[map]\npro_number = \"N902[N901=CN][2]\"\nlines.lot = \"W1209\"\nnotes.purpose = \"NTE01\"\n")).unwrap();
    let input = root().join("fixtures/cli/mapped.edi");
    let arguments =
        ["mapping", "unmapped", input.to_str().unwrap(), "--home", home.to_str().unwrap(), "--mapping", "demo/all"];
    let (out, beside, code) = run(root(), &arguments);
    assert_eq!((beside.as_str(), code), ("", 0), "{out}");
    assert_eq!(out, "every value of 2 transaction sets is mapped or ignored on purpose\n");
}

/// The mapping reaches W12 through LX, which has no table of its own.
#[test]
fn what_stands_in_a_loop_on_the_way_is_proposed_where_it_can_be_read() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unmapped-on-the-way.edi");
    let set = "ST*945*0001~W06*N*D1*20260101*SH1~LX*1~N9*2I*K018293*TEST ITEM~W12*SH*1*1**EA**SK*A~SE*6*0001~";
    fs::write(&file, set).unwrap();
    let (out, ..) = run(root(), &["mapping", "unmapped", file.to_str().unwrap(), "--bare"]);
    assert!(out.contains("  [map.lines]\n  FIELD = \"../N903[N901=2I]\"\n"), "{out}");
}

/// Of a mapping that takes next to nothing of an ASN with levels, twice the same number, and values of the heading.
#[test]
fn each_line_that_unmapped_proposes_is_one_that_check_takes() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unmapped-proposals");
    let mappings = home.join("mappings/demo");
    fs::create_dir_all(&mappings).unwrap();
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    let base = "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[map]\nin = \"HL[HL03=S]\"\n\
        shipment_number = \"/BSN02\"\npro_number = \"REF02[REF01=2I]\"\n\
        [hierarchy]\nparent = \"HL02\"\nlevels = \"S O P I\"\nwrite = [\"HL02\"]\n";
    fs::write(mappings.join("856.toml"), base).unwrap();
    let asn = fs::read_to_string(root().join("fixtures/856/cartons-by-order/input.edi")).unwrap();
    let asn = asn.replace("DTM*011*", "REF*2I*1Z2~DTM*011*").replace("SE*30*", "SE*31*");
    let file = home.join("asn.edi");
    fs::write(&file, asn).unwrap();
    let (lines, beside, _) =
        run(&home, &["mapping", "unmapped", "asn.edi", "--mapping", "demo/856", "--format", "json"]);
    assert!(beside.contains("mapping.level-not-taken") && !beside.contains("\"error\""), "{beside}");
    let mut proposals = std::collections::BTreeSet::new();
    for line in lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if let (Some(place), Some(loops)) = (line["place"].as_str(), line["loops"].as_str()) {
            proposals.insert((loops.to_owned(), place.to_owned()));
        }
    }
    assert!(proposals.iter().any(|(_, place)| place == "REF02[REF01=2I][2]"), "{proposals:?}");
    assert!(
        proposals.iter().any(|(loops, place)| (&**loops, &**place) == ("HL[HL03=O]/HL[HL03=P]", "MAN02[MAN01=GM]"))
    );
    // A qualifier is taken along by the line of what it qualifies, and the summary does not propose it.
    let is_qualifier = |place: &str| proposals.iter().any(|(_, other)| other.contains(&format!("[{place}=")));
    for (number, (loops, place)) in proposals.iter().enumerate().filter(|(_, (_, place))| !is_qualifier(place)) {
        let proposal = Proposal { table: String::new(), loops: loops.clone(), place: place.clone() };
        // The names of its lists, and three fields: one of them has the type of the element.
        let (lists, fields): (&[&str], _) = match proposal.line().matches("LIST").count() {
            0 => (&[], ["bill_of_lading", "estimated_delivery_date", "package_count"]),
            1 => (&["orders"], ["order_number", "purchase_order_date", "package_count"]),
            _ => (&["orders", "lines"], ["lot", "expiry_date", "shipped"]),
        };
        let taken = fields.iter().any(|field| {
            let line = proposal.line().replace("FIELD", field);
            let line = lists.iter().fold(line, |line, list| line.replacen("LIST", list, 1));
            let name = format!("mappings/demo/{number}-{field}.toml");
            fs::write(home.join(&name), format!("extends = \"demo/856\"\n[map]\n{line}\n")).unwrap();
            let (_, _, code) = run(&home, &["check", &name]);
            code == 0
        });
        assert!(taken, "{loops} {place}");
    }
}

/// `N104` beside `N104[N103=93]` would be refused, and a line for N103 alone says nothing.
#[test]
fn a_value_under_another_qualifier_than_a_line_asks_for_is_proposed_with_its_own() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unmapped-other-qualifier");
    fs::create_dir_all(home.join("mappings/demo")).unwrap();
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    let mapping = |line: &str| {
        let text = format!(
            "canonical = \"shipment\"\ndocument = \"x12/004010/945\"\n[map]\norder_number = \"W0602\"\n\
            [map.ship_to]\nin = \"N1[N101=ST]\"\nname = \"N102\"\nidentifiers.store = \"N104[N103=93]\"\n{line}"
        );
        fs::write(home.join("mappings/demo/945.toml"), text).unwrap();
    };
    mapping("");
    let sample = root().join("fixtures/945/harbor-partial/input.edi");
    let unmapped = ["mapping", "unmapped", sample.to_str().unwrap(), "--mapping", "demo/945", "--summary"];
    let (out, ..) = run(&home, &unmapped);
    let of_party: Vec<&str> = out.lines().filter(|line| line.starts_with("N10")).collect();
    assert!(matches!(of_party[..], [line] if line.starts_with("N104[N103=92] ")), "{out}");
    mapping("identifiers.other = \"N104[N103=92]\"\n");
    let (told, beside, code) = run(&home, &["check", "demo/945"]);
    assert_eq!(code, 0, "{told}{beside}");
    let (out, ..) = run(&home, &unmapped);
    assert!(!out.lines().any(|line| line.starts_with("N10")), "{out}");
}

/// A bare `W1208` would be taken whatever W1207 says, of which `check` warns.
#[test]
fn a_value_behind_a_qualifier_is_proposed_with_it() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unmapped-qualifier");
    fs::create_dir_all(home.join("mappings/demo")).unwrap();
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    let mapping = |[party, line]: [&str; 2]| {
        let text = format!(
            "canonical = \"shipment\"\ndocument = \"x12/004010/945\"\n[map]\norder_number = \"W0602\"\n\
            [map.ship_to]\nin = \"N1[N101=ST]\"\nname = \"N102\"\n{party}[map.lines]\neach = \"LX/W12\"\nshipped = \"W1203\"\n{line}"
        );
        fs::write(home.join("mappings/demo/945.toml"), text).unwrap();
    };
    let sample = root().join("fixtures/945/harbor-partial/input.edi");
    let proposed = || {
        let unmapped = ["mapping", "unmapped", sample.to_str().unwrap(), "--mapping", "demo/945", "--summary"];
        let (out, ..) = run(&home, &unmapped);
        let of_pairs =
            |line: &&str| ["N103", "N104", "W1207", "W1208", "pair("].iter().any(|start| line.starts_with(start));
        out.lines().filter(of_pairs).map(|line| line.split("  ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    mapping(["", ""]);
    assert_eq!(proposed(), ["pair(W1207=SK)", "N104[N103=92]"]);
    mapping(["identifiers.store = \"N104[N103=92]\"\n", "sku = \"pair(W1207=SK)\"\n"]);
    let (told, beside, code) = run(&home, &["check", "demo/945"]);
    assert!(code == 0 && !beside.contains("warning"), "{told}{beside}");
    assert_eq!(proposed(), [""; 0]);
    // Whoever has the qualifier as a field asks for it.
    mapping(["identifiers.store = \"N104[N103=92]\"\n", "lot = \"W1207\"\n"]);
    assert_eq!(proposed(), ["W1208"]);
}

/// A file of which a part could not be read has values that nobody looked at.
#[test]
fn nothing_is_left_over_is_not_said_of_what_has_errors() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unmapped-with-errors.csv");
    fs::write(&file, "Name,Created at,Lineitem quantity\n#1,2026-03-09 10:00:00 +0000,many\n").unwrap();
    let (out, beside, code) =
        run(root(), &["mapping", "unmapped", file.to_str().unwrap(), "--mapping", "finch/orders"]);
    assert_eq!((out.contains("is mapped or ignored on purpose"), code), (false, 1), "{out}");
    assert!(out.contains("the errors tell what was not") && beside.contains("1 error"), "{out}{beside}");
}

/// The file says no zone: that of the one partner whose profile names the mapping is meant.
#[test]
fn a_mapping_that_one_partner_has_is_read_in_that_partners_zone() {
    let input = "fixtures/xml/wren-orders/input.xml";
    let (out, ..) = run(root(), &["translate", input, "--mapping", "wren/orders", "--data"]);
    assert!(out.contains(r#""order_date":"2026-03-09T14:05:00-05:00""#), "{out}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn effective_shows_every_line_with_its_origin_and_its_reach() {
    check(&["mapping", "effective", "demo/945"], 0, "mapped.effective.txt");
    check(&["mapping", "effective", "demo/base", "--format", "json"], 0, "mapped.effective.jsonl");
}

#[test]
fn effective_tells_whom_a_block_a_table_and_a_guide_reach() {
    let reach = |subject: &str, path: &str| -> Vec<String> {
        let (out, beside, code) = run(root(), &["mapping", "effective", subject, "--format", "json"]);
        assert_eq!((beside.as_str(), code), ("", 0), "{subject}");
        let found =
            lines(&out).into_iter().find(|line| line["path"] == path).unwrap_or_else(|| panic!("{path}: {out}"));
        found["also_in"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    // A block reaches those that use it, a table those whose lines name it.
    let marks = reach("blocks/common", "block.mark.value");
    assert!(marks.contains(&"base/945".to_owned()) && !marks.contains(&"base/846".to_owned()), "{marks:?}");
    let codes = reach("mappings/tables/common.toml", "codes.line-status.SH");
    assert!(codes.contains(&"harbor/945".to_owned()) && !codes.contains(&"base/940".to_owned()), "{codes:?}");
    let (out, _, code) = run(root(), &["mapping", "effective", "guides/warehouse-945"]);
    assert_eq!(code, 0);
    assert!(out.ends_with("through another guide:\n#   harbor/945\n"), "{out}");
    let (out, ..) = run(root(), &["mapping", "effective", "harbor/945"]);
    let guides = "\n# Guides that it is held to, and the other mappings that are:\n#   mappings/guides/harbor-945.toml: none\n#   mappings/guides/warehouse-945.toml: none\n";
    assert!(out.ends_with(guides), "{out}");
}

#[test]
fn an_effective_mapping_is_a_mapping_that_reads_and_writes_the_same() {
    let mut compared = 0;
    for mapping in ["base/846", "base/856", "base/940", "base/943", "base/944", "base/945", "base/947", "harbor/945"] {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("effective-{}", mapping.replace('/', "-")));
        fs::create_dir_all(home.join("mappings/printed")).unwrap();
        copy(&root().join("partner-profiles"), &home.join("partner-profiles"));
        copy(&root().join("mappings/guides"), &home.join("mappings/guides"));
        let (text, beside, code) = run(root(), &["mapping", "effective", mapping]);
        assert_eq!((beside.as_str(), code), ("", 0), "{mapping}");
        fs::write(home.join("mappings/printed/it.toml"), text).unwrap();
        let inputs = documents(mapping).into_iter().enumerate();
        // Of all of them the one whose levels are written in the order of the tables.
        let looked_at =
            |at: &usize, input: &Path| at.is_multiple_of(5) || input.to_string_lossy().contains("packs-in-packs");
        for input in inputs.filter(|(at, input)| looked_at(at, input)).map(|(_, input)| input) {
            let input = input.to_str().unwrap();
            let mut results = Vec::new();
            for (home, name) in [(root(), mapping), (home.as_path(), "printed/it")] {
                let home = home.to_str().unwrap();
                let time = "2026-03-13T12:00:00Z";
                let read = ["translate", input, "--mapping", name, "--home", home, "--time", time, "--data"];
                let (objects, ..) = run(root(), &read);
                let file =
                    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("effective-{}.json", name.replace('/', "-")));
                fs::write(&file, &objects).unwrap();
                let file = file.to_str().unwrap();
                let (written, ..) =
                    run(root(), &["translate", file, "--mapping", name, "--home", home, "--time", time]);
                compared += usize::from(!objects.is_empty() && !written.is_empty());
                results.push((objects, written));
            }
            assert_eq!(results[0], results[1], "{mapping}: {input}");
        }
    }
    assert!(compared > 12, "{compared}");
}

/// The fixtures of the mapping's set.
fn documents(mapping: &str) -> Vec<PathBuf> {
    let set = mapping.rsplit('/').next().unwrap();
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("fixtures").join(set))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("input.edi"))
        .collect();
    found.retain(|path| path.is_file());
    found.sort();
    found
}

#[test]
fn a_mapping_that_is_not_there_is_told_with_the_nearest() {
    let (out, beside, code) = run_here(&["mapping", "effective", "demo/954"]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(beside.contains("there is no mapping `demo/954` in home") && beside.contains("demo/945"), "{beside}");
    let (_, beside, code) = run_here(&["mapping", "effective", "nowhere.toml"]);
    assert_eq!(code, 3);
    assert!(beside.contains("cannot read nowhere.toml"), "{beside}");
}
