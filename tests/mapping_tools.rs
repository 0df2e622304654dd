//! `crossdock mapping test`, `check`, `diff`, `new` and `format`, run as people do, on homes of their own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// A copy of the home of `docs/MAPPING.md`.
fn home(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools").join(name);
    drop(fs::remove_dir_all(&path));
    copy(&root().join("docs/first-mapping"), &path);
    path
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

fn edit(home: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(home.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(home.join(file), text.replace(from, to)).unwrap();
}

const LAKESIDE: &str = "mappings/lakeside/945.toml";

#[test]
fn every_command_explains_itself_with_examples() {
    for command in ["check", "test", "new", "format", "diff", "backtest", "explain", "unmapped", "effective"] {
        let (out, beside, code) = run(root(), &["mapping", command, "--help"]);
        assert_eq!((beside.as_str(), code), ("", 0), "{command}");
        assert!(out.contains("Examples:\n  crossdock ") && out.contains("Exit codes: 0 "), "{command}: {out}");
    }
}

#[test]
fn each_test_of_a_mapping_is_named_and_a_failed_one_shows_every_difference() {
    let home = home("test");
    let (out, beside, code) = run(&home, &["mapping", "test", "lakeside/945"]);
    assert_eq!(out, "passed  lakeside/945  945.edi (1 object)\n1 test passed\n");
    assert_eq!((beside.as_str(), code), ("", 0));
    edit(&home, LAKESIDE, "SJ = \"shipped\"", "SJ = \"short_shipped\"");
    edit(&home, LAKESIDE, "N902[N901=BT]", "N902[N901=LT]");
    let (out, _, code) = run(&home, &["mapping", "test", LAKESIDE]);
    assert_eq!(code, 1);
    for words in [
        "FAILED  lakeside/945  945.edi (1 object)\nerror[mapping.test-failed] 945.edi: object 1: `lines[1].lot` is nothing",
        "\n  lines[1].status: \"shipped\" expected, \"short_shipped\" found\n",
        "\n  lines[1].lot: \"B-2026-07\" expected, nothing found\n",
        "\n0 tests passed, 1 failed\n",
    ] {
        assert!(out.contains(words), "{words}\nis not said:\n{out}");
    }
    // A check says the same in one diagnostic.
    let (checked, ..) = run(&home, &["mapping", "check", LAKESIDE]);
    assert_eq!(checked, run(&home, &["check", LAKESIDE]).0);
    assert!(checked.contains("error[mapping.test-failed] 945.edi: object 1: `lines[1].lot` is nothing"), "{checked}");
    let (out, _, code) = run(&home, &["mapping", "test", "lakeside/945", "--format", "json"]);
    let told = lines(&out);
    assert_eq!(
        (told[0]["passed"].clone(), told.last().unwrap()["summary"]["failed"].clone(), code),
        (false.into(), 1.into(), 1)
    );
    assert!(told[0]["differences"].as_array().unwrap().len() >= 3, "{}", told[0]);
}

#[test]
fn without_a_name_all_mappings_of_a_home_are_tested_and_one_with_errors_is_told() {
    let home = home("test-all");
    fs::write(home.join("mappings/lakeside/940.toml"), "extends = \"base/940\"\n[map]\nno_such = \"W0502\"\n").unwrap();
    let (out, beside, code) = run(&home, &["mapping", "test"]);
    assert_eq!(out, "passed  lakeside/945  945.edi (1 object)\n1 test passed, 1 mapping could not be used\n");
    assert!(beside.contains("mappings/lakeside/940.toml:3"), "{beside}");
    assert_eq!(code, 1);
    let (_, beside, code) = run(&home, &["mapping", "test", "lakeside/954"]);
    assert!(beside.contains("did you mean `lakeside/945`?"), "{beside}");
    assert_eq!(code, 2);
}

/// The differences that `mapping diff` tells: kind, subject, value before and now.
fn differences(lines: &[Value]) -> Vec<String> {
    let value = |side: &Value| if side.is_null() { "-".to_owned() } else { side["value"].to_string() };
    let shown = |one: &Value| {
        format!(
            "{} {}: {} {}",
            one["change"].as_str().unwrap(),
            one["path"].as_str().unwrap(),
            value(&one["before"]),
            value(&one["after"])
        )
    };
    lines.iter().filter(|line| line["path"].is_string()).map(shown).collect()
}

#[test]
fn a_diff_tells_each_field_with_place_and_line_on_both_sides() {
    let home = home("diff");
    edit(&home, LAKESIDE, "N902[N901=BT]", "W1209");
    fs::copy(home.join(LAKESIDE), home.join("new.toml")).unwrap();
    edit(&home, "new.toml", "SJ = \"shipped\"", "SJ = \"short_shipped\"");
    edit(&home, "new.toml", "\"W1209\"", "\"N902[N901=BT]\"");
    let arguments = ["mapping", "diff", "lakeside/945", "new.toml", "--over", "945.edi"];
    let (out, beside, code) = run(&home, &[&arguments[..], &["--format", "json"]].concat());
    assert_eq!((beside.as_str(), code), ("", 1));
    let told = lines(&out);
    assert_eq!(
        differences(&told),
        [
            "changed lines[1].status: \"shipped\" \"short_shipped\"",
            "removed lines[1].references[1].qualifier: \"BT\" -",
            "moved lines[1].references[1].value to lines[1].lot: \"B-2026-07\" \"B-2026-07\"",
        ]
    );
    let moved = &told[2];
    assert_eq!(moved["before"]["line"], "mappings/blocks/common.toml:85");
    assert_eq!((&moved["after"]["line"], &moved["after"]["place"]), (&"new.toml:7".into(), &"N902[N901=BT]".into()));
    assert_eq!(moved["after"]["byte"], 319);
    let class = told.iter().find(|line| line["class"]["subject"] == "lines.status").unwrap();
    assert_eq!(class["class"]["line_after"], "status = { at = \"W1201\", codes = \"line-status\" }");
    assert_eq!(told.last().unwrap()["summary"]["classes"], 3);
    // A mapping beside itself, and the two ways of naming it.
    let (out, _, code) = run(&home, &["mapping", "diff", "lakeside/945", LAKESIDE, "--over", "945.edi", "945.json"]);
    assert_eq!((out.as_str(), code), ("no difference in 2 documents\n", 0));
    let (out, _, code) = run(&home, &[&arguments[..], &["--summary"]].concat());
    assert!(
        out.starts_with("Classes\n") && out.ends_with("\n3 differences in 1 of 1 document\n") && code == 1,
        "{out}"
    );
}

#[test]
fn a_diff_tells_documents_that_fail_or_pass_and_diagnostics_that_come_and_go() {
    let home = home("diff-fails");
    fs::copy(home.join(LAKESIDE), home.join("new.toml")).unwrap();
    edit(
        &home,
        "new.toml",
        "[map.lines]\n",
        "[map]\nship_date = { at = \"W0604\", type = \"date\", way = \"in\" }\n\n[map.lines]\n",
    );
    let change = |old: &str, new: &str| {
        let (out, _, code) = run(&home, &["mapping", "diff", old, new, "--over", "945.edi", "--format", "json"]);
        (lines(&out), code)
    };
    let (told, code) = change("lakeside/945", "new.toml");
    assert_eq!(
        (told[0]["change"].as_str(), told[0]["subject"].as_str(), code),
        (Some("fails"), Some("mapping.unreadable-value W0604"), 1),
        "{told:?}"
    );
    let (told, _) = change("new.toml", "lakeside/945");
    assert_eq!(
        (told[0]["change"].as_str(), told[0]["subject"].as_str()),
        (Some("passes"), Some("mapping.unreadable-value W0604"))
    );
    // A line less in [ignore] is a note more.
    fs::copy(home.join(LAKESIDE), home.join("new.toml")).unwrap();
    edit(&home, "new.toml", "[\"FA1\", \"FA2\"]", "[\"FA1\"]");
    let (told, _) = change("lakeside/945", "new.toml");
    assert_eq!(differences(&told), ["comes FA201: - \"note: 2 values are not mapped: FA201, FA202\""]);
    let (told, _) = change("new.toml", LAKESIDE);
    assert_eq!(told[0]["change"], "goes");
}

#[test]
fn a_reference_that_is_taken_out_of_a_list_does_not_make_the_others_different() {
    let home = home("diff-shift");
    edit(&home, "945.edi", "LX*1~", "N9*CR*1~\nN9*DO*2~\nN9*SI*3~\nLX*1~");
    edit(&home, "945.edi", "SE*13*", "SE*16*");
    fs::write(home.join("new.toml"), "extends = \"lakeside/945\"\n[map]\nagent_shipment_number = \"N902[N901=CR]\"\n")
        .unwrap();
    let (out, beside, code) =
        run(&home, &["mapping", "diff", "lakeside/945", "new.toml", "--over", "945.edi", "--format", "json"]);
    assert_eq!((beside.as_str(), code), ("", 1));
    assert_eq!(
        differences(&lines(&out)),
        [
            "removed references[1].qualifier: \"CR\" -",
            "moved references[1].value to agent_shipment_number: \"1\" \"1\"",
        ]
    );
}

#[test]
fn a_diff_over_objects_tells_what_would_be_written_by_segment_and_element() {
    let home = home("diff-out");
    let (out, _, code) =
        run(&home, &["mapping", "diff", "base/945", "lakeside/945", "--over", "945.json", "--format", "json"]);
    let told = lines(&out);
    assert_eq!(
        differences(&told),
        [
            "changed segment 6 W1207: \"SK\" \"IN\"",
            "removed segment 6 W1209: \"B-2026-07\" -",
            "added segment 7 N9: - \"N9*BT*B-2026-07\"",
            "changed segment 9 W1207: \"SK\" \"IN\"",
        ]
    );
    assert_eq!((&told[1]["before"]["place"], code), (&"lines[1].lot".into(), 1));
    assert_eq!(told[2]["after"]["line"], "mappings/lakeside/945.toml:7");
}

#[test]
fn a_diff_knows_files_of_records_and_fields_both_ways() {
    let home = home("diff-flat");
    let mapping = fs::read_to_string(root().join("mappings/kestrel/shipments.toml")).unwrap();
    let changed = mapping.replace("tracking_number = \"tracking_no\"\n", "");
    assert_ne!(changed, mapping);
    fs::write(home.join("new.toml"), changed).unwrap();
    let (new, folder) = (home.join("new.toml"), "fixtures/flat/kestrel-shipments");
    let (csv, json) = (format!("{folder}/input.csv"), format!("{folder}/expected.json"));
    let arguments = ["mapping", "diff", "kestrel/shipments", new.to_str().unwrap(), "--format", "json", "--over"];
    let told = |file: &str| differences(&lines(&run(root(), &[&arguments[..], &[file]].concat()).0));
    let removed = told(&csv);
    assert!(removed.contains(&"removed packages[1].tracking_number: \"1Z0001\" -".to_owned()), "{removed:?}");
    let written = told(&json);
    assert!(written.contains(&"removed record 2 carton.tracking_no: \"1Z0001\" -".to_owned()), "{written:?}");
    let (out, _, code) =
        run(root(), &["mapping", "diff", "kestrel/shipments", "kestrel/shipments", "--over", &csv, &json]);
    assert!(out.starts_with("no difference in ") && code == 0, "{out}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let home = home("diff-wrong");
    let (_, beside, code) = run(&home, &["mapping", "diff", "base/945", "lakeside/954", "--over", "945.edi"]);
    assert!(beside.contains("did you mean `lakeside/945`?") && code == 2, "{beside}");
    let (_, beside, code) = run(&home, &["mapping", "diff", "base/945", "lakeside/945", "--over", "none.edi"]);
    assert!(beside.contains("cannot read none.edi") && code == 3, "{beside}");
    fs::write(home.join("bad.toml"), "extends = \"base/945\"\n[map]\nno_such = \"W0602\"\n").unwrap();
    let (out, beside, code) = run(&home, &["mapping", "diff", "base/945", "bad.toml", "--over", "945.edi"]);
    assert!(beside.contains("bad.toml:3") && out.is_empty() && code == 1, "{out}{beside}");
}

/// A home that has a partner and a sample of theirs, and no mapping yet.
fn new_partner(name: &str) -> PathBuf {
    let home = home(name);
    fs::remove_dir_all(home.join("mappings")).unwrap();
    fs::remove_file(home.join("945.json")).unwrap();
    edit(&home, "partner-profiles/lakeside.toml", "mapping", "# mapping");
    home
}

/// The example of `docs/MAPPING.md` is what is written; `UPDATE_EXPECTED=1` writes it anew.
#[test]
fn a_new_mapping_passes_the_checks_at_once_and_proposes_what_the_base_leaves() {
    let home = new_partner("new");
    let (out, beside, code) = run(&home, &["mapping", "new", "lakeside/945", "--from", "945.edi"]);
    assert_eq!((beside.as_str(), code), ("", 0));
    assert!(out.contains("its test: 945.edi must become 945.json"), "{out}");
    assert_eq!(run(&home, &["mapping", "format", "--check"]).2, 0, "it is laid out");
    let (checked, _, code) = run(&home, &["check"]);
    assert!(checked.starts_with("no problems in ") && checked.ends_with(" and 1 test\n") && code == 0, "{checked}");
    let written = fs::read_to_string(home.join(LAKESIDE)).unwrap();
    let manual = root().join("docs/MAPPING.md");
    let text = fs::read_to_string(&manual).unwrap();
    let (before, rest) = text.split_once("```text new\n").unwrap();
    let (shown, after) = rest.split_once("```\n").unwrap();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&manual, format!("{before}```text new\n{written}```\n{after}")).unwrap();
    } else {
        assert_eq!(shown, written);
    }
    // Each proposal is right once it has a field: taken out of its comment, it is checked with the rest.
    for (proposal, field) in [
        ("FIELD = \"N902[N901=BT]\"", "lot = \"N902[N901=BT]\""),
        ("FIELD = \"pair(W1207=IN)\"", "sku = \"pair(W1207=IN)\""),
        ("SJ = \"WORD\"", "SJ = \"shipped\""),
    ] {
        edit(&home, LAKESIDE, &format!("# {proposal}"), field);
    }
    edit(&home, LAKESIDE, "# document = ", "document = ");
    let (objects, ..) = run(&home, &["translate", "945.edi", "--mapping", "lakeside/945", "--data"]);
    fs::write(home.join("945.json"), &objects).unwrap();
    assert_eq!(objects, fs::read_to_string(root().join("docs/first-mapping/945.json")).unwrap());
    let (checked, beside, code) = run(&home, &["check", LAKESIDE]);
    assert_eq!((beside.as_str(), code), ("", 0), "{checked}");
}

#[test]
fn a_new_mapping_overwrites_nothing_and_brings_a_sample_from_elsewhere_along() {
    let home = new_partner("new-twice");
    let sample = root().join("fixtures/945/harbor-cartons/input.edi");
    let sample = sample.to_str().unwrap();
    let new = |name: &str, from: &str| run(&home, &["mapping", "new", name, "--from", from]);
    let (_, beside, code) = new("harbor/945", sample);
    assert_eq!((beside.as_str(), code), ("", 0));
    assert_eq!(fs::read(home.join("fixtures/harbor/945/input.edi")).unwrap(), fs::read(sample).unwrap());
    assert!(
        !fs::read_to_string(home.join("mappings/harbor/945.toml")).unwrap().contains(sample),
        "no path of this machine"
    );
    assert_eq!(run(&home, &["mapping", "test"]).0.lines().last(), Some("1 test passed"));
    let (_, beside, code) = new("harbor/945", sample);
    assert!(beside.contains("the mapping `harbor/945` is there already") && code == 3, "{beside}");
    fs::remove_file(home.join("mappings/harbor/945.toml")).unwrap();
    let (_, beside, code) = new("harbor/945", sample);
    assert!(
        beside.contains("fixtures/harbor/945/input.edi") && beside.contains("no file is overwritten") && code == 3,
        "{beside}"
    );
    assert!(!home.join("mappings/harbor/945.toml").exists());
    for (name, from, words, expected) in [
        ("base/945", sample, "cannot be the name", 2),
        ("../945", sample, "cannot be the name", 2),
        ("harbor/946", "none.edi", "cannot read none.edi", 3),
        ("harbor/946", LAKESIDE, "cannot read", 3),
        ("harbor/946", "partner-profiles/lakeside.toml", "no transaction set was read", 3),
    ] {
        let (_, beside, code) = new(name, from);
        assert!(beside.contains(words) && code == expected, "{name} {from}: {code} {beside}");
    }
}

#[test]
fn what_stands_in_one_of_several_tables_of_the_base_is_proposed_without_taking_their_place() {
    for (sample, head) in
        [("846/lots", "[map.items.quantities.breakdowns]"), ("856/packs-too-deep", "[[map.orders.packages.packages]]")]
    {
        let home = new_partner("new-several");
        let sample = root().join("fixtures").join(sample).join("input.edi");
        let (_, beside, code) = run(&home, &["mapping", "new", "lakeside/several", "--from", sample.to_str().unwrap()]);
        assert_eq!((beside.as_str(), code), ("", 0));
        let written = fs::read_to_string(home.join("mappings/lakeside/several.toml")).unwrap();
        assert!(written.contains(&format!("\n# {head}\n# ")) && !written.contains(&format!("\n{head}")), "{written}");
        let (checked, _, code) = run(&home, &["check", "mappings/lakeside/several.toml"]);
        assert_eq!(code, 0, "{checked}\n{written}");
    }
}

#[test]
fn a_sample_with_errors_gives_a_mapping_without_a_test() {
    let home = new_partner("new-errors");
    edit(&home, "945.edi", "20260311", "20261399");
    let (out, _, code) = run(&home, &["mapping", "new", "lakeside/945", "--from", "945.edi"]);
    assert!(out.contains("it has no test yet") && code == 0, "{out}");
    assert!(!home.join("945.json").exists());
    let (checked, _, code) = run(&home, &["check", LAKESIDE]);
    assert_eq!((checked.as_str(), code), ("no problems in 1 mapping, 0 profiles and 0 tests\n", 0));
}

#[test]
fn every_mapping_of_the_repository_is_laid_out() {
    for home in [".", "docs/first-mapping", "docs/recalling"] {
        let (out, beside, code) = run(root(), &["mapping", "format", "--check", "--home", home]);
        assert_eq!((beside.as_str(), code), ("", 0), "`crossdock mapping format --home {home}` lays them out:\n{out}");
    }
}

#[test]
fn format_lays_files_out_and_changes_nothing_else() {
    let home = home("format");
    let before = fs::read_to_string(home.join(LAKESIDE)).unwrap();
    let untidy = before.replace("sku = ", "sku=").replace("[[test]]", "\n\n[[ test ]]");
    assert_ne!(untidy, before);
    fs::write(home.join(LAKESIDE), &untidy).unwrap();
    let (out, _, code) = run(&home, &["mapping", "format", "--check"]);
    assert_eq!(out, format!("{LAKESIDE} is not laid out\n1 of 1 file not laid out: `crossdock mapping format`\n"));
    assert_eq!((code, fs::read_to_string(home.join(LAKESIDE)).unwrap()), (1, untidy.clone()));
    let (out, _, code) = run(&home, &["mapping", "format", "lakeside/945"]);
    assert_eq!((out.as_str(), code), (format!("{LAKESIDE} is laid out anew\n1 of 1 file laid out anew\n").as_str(), 0));
    assert_eq!(fs::read_to_string(home.join(LAKESIDE)).unwrap(), before);
    assert_eq!(run(&home, &["mapping", "format", LAKESIDE]).0, "1 file laid out already\n");
    // For editors.
    let mut child = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    let mut child =
        child.args(["mapping", "format", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(untidy.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), before);
    // What is no TOML stays as it is, and is told.
    fs::write(home.join("mappings/wrong.toml"), "[map\na = 1\n").unwrap();
    let (_, beside, code) = run(&home, &["mapping", "format"]);
    assert!(beside.contains("error[file.syntax]") && beside.contains("mappings/wrong.toml:1") && code == 1, "{beside}");
    assert_eq!(fs::read_to_string(home.join("mappings/wrong.toml")).unwrap(), "[map\na = 1\n");
    let (_, beside, code) = run(&home, &["mapping", "format", "base/945"]);
    assert!(beside.contains("ships with Crossdock") && code == 2, "{beside}");
}

#[test]
fn a_file_without_x12_begins_with_a_layout_and_the_lines_that_names_tell() {
    let home = new_partner("new-files");
    let sample = |name: &str| root().join("fixtures").join(name).to_str().unwrap().to_owned();
    let new = |name: &str, from: &str, object: &str| {
        run(&home, &["mapping", "new", name, "--from", &sample(from), "--canonical", object])
    };
    // Columns with names: a layout that reads the sample, and a mapping that passes the checks.
    let (out, beside, code) = new("kestrel/shipments", "flat/kestrel-shipments/input.csv", "shipment");
    assert_eq!((beside.as_str(), code), ("", 0), "{out}");
    assert!(out.contains("mappings/layouts/kestrel-shipments.toml") && out.contains("with 8 lines; 2 fields"), "{out}");
    assert_eq!(run(&home, &["mapping", "format", "--check"]).2, 0, "it is laid out");
    let (checked, beside, code) = run(&home, &["check", "mappings/kestrel/shipments.toml"]);
    assert_eq!((beside.as_str(), code), ("", 0), "{checked}");
    let csv = sample("flat/kestrel-shipments/input.csv");
    let (objects, _, code) = run(&home, &["translate", &csv, "--mapping", "kestrel/shipments", "--data"]);
    assert_eq!(code, 0, "{objects}");
    let first: Value = serde_json::from_str(objects.lines().next().unwrap()).unwrap();
    assert_eq!(first["order_number"], "SO-1001");
    assert_eq!(first["lines"][0]["shipped"], serde_json::json!({ "value": 2, "unit": "EA" }));
    // Elements: what lacks a name is said, and once it has one the rest is right.
    let (out, beside, code) = new("tern/shipments", "xml/tern-shipments/input.xml", "shipment");
    assert_eq!((beside.as_str(), code), ("", 0), "{out}");
    edit(
        &home,
        "mappings/tern/shipments.toml",
        "# TODO: order_number = \"...\"",
        "order_number = \"load/externally_planned_load_nbr\" #",
    );
    let (checked, beside, code) = run(&home, &["check", "mappings/tern/shipments.toml"]);
    assert_eq!((beside.as_str(), code), ("", 0), "{checked}");
    let (objects, ..) =
        run(&home, &["translate", &sample("xml/tern-shipments/input.xml"), "--mapping", "tern/shipments", "--data"]);
    assert!(objects.starts_with("{\"order_number\":\"SO-4001\""), "{objects}");
    // Records with a type, without names of columns.
    let (out, beside, code) = new("pelican/receipts", "flat/pelican-receipts/input.txt", "receipt");
    assert_eq!((beside.as_str(), code), ("", 0), "{out}");
    let layout = fs::read_to_string(home.join("mappings/layouts/pelican-receipts.toml")).unwrap();
    assert!(
        layout.contains("record_type = 1") && layout.contains("code   = \"DTL\"") && layout.contains("# TODO: "),
        "{layout}"
    );
    for (name, from, object, words, expected) in [
        ("osprey/orders", "flat/osprey-orders/input.txt", "fulfillment_order", "of fixed width nobody can tell", 3),
        ("osprey/orders", "flat/kestrel-shipments/input.csv", "shipmnt", "did you mean `shipment`?", 2),
        ("kestrel/shipments", "flat/kestrel-shipments/input.csv", "shipment", "is there already", 3),
    ] {
        let (_, beside, code) = new(name, from, object);
        assert!(beside.contains(words) && code == expected, "{name} {from}: {code} {beside}");
    }
    assert!(!home.join("mappings/osprey").exists(), "nothing is written");
}

#[test]
fn a_sample_with_line_ends_in_its_texts_or_blank_keys_is_told_by_its_rows() {
    let home = new_partner("new-rows");
    let rows = "Order Number,Tracking No,Note\nSO-1,1Z1,\"a, b\nc\nd\"\nSO-2,1Z2,x\n";
    let begun = |name: &str, rows: &str| {
        fs::write(home.join("rows.csv"), rows).unwrap();
        let new = ["mapping", "new", name, "--from", "rows.csv", "--canonical", "shipment"];
        let (out, beside, code) = run(&home, &new);
        assert_eq!((beside.as_str(), code), ("", 0), "{out}");
        let layout =
            fs::read_to_string(home.join(format!("mappings/layouts/{}.toml", name.replace('/', "-")))).unwrap();
        assert!(layout.contains("delimiter = \",\""), "{layout}");
        layout
    };
    let layout = begun("tern/said", rows);
    assert!(layout.contains("key = true, required = true }"), "{layout}");
    assert!(layout.contains("# Each row must say `order_number`. Without `required` a blank one goes on"), "{layout}");
    // The second row of the sample goes on with the first one, or is a mistake: a person says which.
    let layout = begun("tern/blank", &rows.replace("SO-2", ""));
    assert!(
        layout.contains("key = true }") && layout.contains("# A row with a blank `order_number` goes on"),
        "{layout}"
    );
}

#[test]
fn what_an_object_must_have_and_the_sample_lacks_stands_as_something_to_do() {
    let home = new_partner("new-missing");
    fs::write(home.join("stock.csv"), "SKU;Wert\nTENT;1\n").unwrap();
    let stock = ["mapping", "new", "tern/stock", "--from", "stock.csv", "--canonical", "inventory_report"];
    assert_eq!(run(&home, &stock).2, 0);
    edit(
        &home,
        "mappings/tern/stock.toml",
        "# TODO: report_date = \"...\"",
        "report_date = { const = \"2026-03-10\" } #",
    );
    let (checked, beside, code) = run(&home, &["check", "mappings/tern/stock.toml"]);
    assert_eq!((beside.as_str(), code), ("", 0), "{checked}");
}

#[test]
fn a_document_whose_lines_hold_records_is_the_document_whatever_stands_around_it() {
    let home = new_partner("new-documents");
    let receipt = "<Receipt><ReceiptNbr>R-1</ReceiptNbr><ReceiptDate>20260310</ReceiptDate>\
        <Line><Item>TENT</Item><Qty>5</Qty><Lot><LotNbr>L1</LotNbr></Lot><Lot><LotNbr>L2</LotNbr></Lot></Line>\
        <Line><Item>ROPE</Item><Qty>1</Qty><Lot><LotNbr>L3</LotNbr></Lot></Line></Receipt>";
    let wrapped =
        receipt.replacen("<Line>", "<Lines><Line>", 1).replace("</Line></Receipt>", "</Line></Lines></Receipt>");
    for (name, file, path) in [
        ("one", receipt.to_owned(), "Receipt"),
        ("around", format!("<Receipts><Sent>x</Sent>{receipt}{receipt}</Receipts>"), "Receipts/Receipt"),
        ("wrapped", format!("<Export>{wrapped}</Export>"), "Export/Receipt"),
    ] {
        fs::write(home.join("rcv.xml"), file).unwrap();
        let (out, beside, code) =
            run(&home, &["mapping", "new", &format!("tern/{name}"), "--from", "rcv.xml", "--canonical", "receipt"]);
        assert_eq!((beside.as_str(), code), ("", 0), "{out}");
        let layout = fs::read_to_string(home.join(format!("mappings/layouts/tern-{name}.toml"))).unwrap();
        assert!(layout.contains(&format!("path   = \"{path}\"")), "{name}: {layout}");
        let (checked, beside, code) = run(&home, &["check", &format!("mappings/tern/{name}.toml")]);
        assert_eq!((beside.as_str(), code), ("", 0), "{name}: {checked}");
        let (objects, beside, _) =
            run(&home, &["translate", "rcv.xml", "--mapping", &format!("tern/{name}"), "--data"]);
        let first: Value = serde_json::from_str(objects.lines().next().unwrap_or_else(|| panic!("{beside}"))).unwrap();
        assert_eq!((&first["receipt_number"], &first["lines"][1]["sku"]), (&"R-1".into(), &"ROPE".into()), "{objects}");
    }
}

/// A home whose partner sends two kinds of lines without a header.
fn lines_home(name: &str) -> PathBuf {
    let home = new_partner(name);
    fs::create_dir_all(home.join("mappings/layouts")).unwrap();
    for (layout, fields) in [
        ("long", "[{ name = \"sku\", required = true }, \"on_hand\", \"lot\", \"note\"]"),
        ("short", "[\"sku\", \"on_hand\"]"),
    ] {
        let text = format!("syntax = \"delimited\"\ndelimiter = \",\"\n[record.item]\nfields = {fields}\n");
        fs::write(home.join(format!("mappings/layouts/{layout}.toml")), text).unwrap();
        let text = format!(
            "canonical = \"inventory_report\"\ndocument = \"flat/{layout}\"\n[map]\nreport_number = {{ const = \"{layout}\" }}\nreport_date = {{ const = \"2026-03-10\" }}\n\
             [map.items]\neach = \"item\"\nsku = \"sku\"\n"
        );
        fs::create_dir_all(home.join("mappings/alder")).unwrap();
        fs::write(home.join(format!("mappings/alder/{layout}.toml")), text).unwrap();
    }
    let entry = |layout: &str| format!("[[receive]]\ndocument = \"flat/{layout}\"\nmapping = \"alder/{layout}\"\n");
    let profile = format!("name = \"alder\"\ntime_zone = \"UTC\"\n{}{}", entry("long"), entry("short"));
    fs::write(home.join("partner-profiles/alder.toml"), profile).unwrap();
    home
}

#[test]
fn a_file_without_a_header_is_recognised_by_as_many_fields_as_its_first_line_has() {
    let home = lines_home("recognised");
    let read = |text: &str| {
        fs::write(home.join("stock.csv"), text).unwrap();
        run(&home, &["translate", "stock.csv", "--partner", "alder", "--data"])
    };
    for (text, layout) in
        [("TENT,1,L-7,wet\n", "long"), ("TENT,1,L-7\nROPE,1,L-7,dry\n", "long"), ("TENT,1\n", "short")]
    {
        let (out, beside, code) = read(text);
        assert!(out.contains(&format!("\"report_number\":\"{layout}\"")) && code == 0, "{text}: {out}{beside}");
    }
    let (_, beside, code) = read("TENT,1,L-7,wet,5\n");
    let why = "it does not begin as flat/long does: its first line has 5 fields, the layout has 4; \
         it does not begin as flat/short does: its first line has 5 fields, the layout has 2";
    let told = beside.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("error[layout.not-recognised]") && told.contains(why) && code == 1, "{beside}");
}

#[test]
fn a_mapping_that_was_asked_for_and_has_an_error_is_what_is_told_whatever_the_file_is() {
    let home = lines_home("unusable");
    edit(&home, "mappings/alder/short.toml", "each = \"item\"", "each = \"itm\"");
    for (profile, file) in [(true, "TENT,1\n"), (true, "TENT,1,L-7,wet,5\n"), (false, "TENT,1\n"), (false, "")] {
        if !profile {
            drop(fs::remove_file(home.join("partner-profiles/alder.toml")));
        }
        fs::write(home.join("stock.csv"), file).unwrap();
        for command in [&["translate"][..], &["mapping", "explain"], &["mapping", "unmapped"]] {
            let (out, beside, code) = run(&home, &[command, &["stock.csv", "--mapping", "alder/short"]].concat());
            let told = out + &beside;
            let codes: Vec<&str> =
                told.lines().filter_map(|line| line.strip_prefix("error[")?.split(']').next()).collect();
            assert_eq!(codes.last(), Some(&"mapping.unusable"), "{command:?} {file}: {told}");
            assert!(codes.iter().all(|code| code.starts_with("mapping.")) && code == 1, "{command:?} {file}: {told}");
        }
    }
}
