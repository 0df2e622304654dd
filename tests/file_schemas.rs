//! The schemas of mapping files, guides and partner profiles: they stay as published, take every file that is right, and mark
//! what they can see of those that are wrong. `UPDATE_EXPECTED=1` writes the published files anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crossdock::diagnostic::Diagnostics;
use crossdock::partner::Profile;
use crossdock::source::SourceFile;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The schema that the command prints.
fn schema(name: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock")).args(["schema", name]).output().unwrap();
    assert!(output.status.success());
    let published = root().join(format!("mappings/schemas/{name}.json"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::create_dir_all(published.parent().unwrap()).unwrap();
        fs::write(&published, &output.stdout).unwrap();
    }
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text == fs::read_to_string(&published).unwrap_or_default(), "{} is old", published.display());
    serde_json::from_str(&text).unwrap()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
    found.sort();
}

/// What a schema marks in a TOML text; `None` where that is no TOML at all.
fn marked(validator: &jsonschema::Validator, text: &str) -> Option<Vec<String>> {
    let table: toml::Table = toml::from_str(text).ok()?;
    let value = serde_json::to_value(table).unwrap();
    Some(validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect())
}

#[test]
fn the_schemas_are_schemas_and_take_every_file_that_is_right() {
    for (name, folders) in [
        ("mapping", ["mappings", "fixtures/cli/home/mappings"]),
        ("partner-profile", ["partner-profiles", "partner-profiles"]),
        ("codes", ["mappings/codes", "mappings/codes"]),
        ("guide", ["mappings/guides", "mappings/guides"]),
        ("layout", ["mappings/layouts", "fixtures/layouts"]),
    ] {
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        let validator = jsonschema::validator_for(&schema).unwrap();
        for folder in folders {
            let mut found = Vec::new();
            files(&root().join(folder), &mut found);
            // What stands below `mappings` and is no mapping has a schema of its own.
            let own = ["mappings/codes", "mappings/guides", "mappings/layouts"].map(|folder| root().join(folder));
            found.retain(|path| name != "mapping" || !own.iter().any(|folder| path.starts_with(folder)));
            assert!(!found.is_empty());
            for path in found {
                let marks = marked(&validator, &fs::read_to_string(&path).unwrap()).unwrap();
                assert!(marks.is_empty(), "{}: {marks:#?}", path.display());
            }
        }
    }
}

#[test]
fn the_mapping_schema_takes_the_mappings_of_the_documents() {
    let validator = jsonschema::validator_for(&schema("mapping")).unwrap();
    let text = fs::read_to_string(root().join("docs/MAPPING.md")).unwrap();
    let mut taken = 0;
    for block in text.split("```toml mapping").skip(1) {
        let block = block.split_once('\n').unwrap().1;
        let mut block = block[..block.find("\n```").unwrap()].to_owned();
        if !["[", "canonical", "extends", "#"].iter().any(|start| block.starts_with(start)) {
            block.insert_str(0, "[map]\n");
        }
        if let Some(marks) = marked(&validator, &block).filter(|_| !block.contains("extends")) {
            assert!(marks.is_empty(), "{block}: {marks:#?}");
            taken += 1;
        }
    }
    assert!(taken > 10, "{taken}");
}

#[test]
fn the_schemas_mark_what_they_can_see_of_files_that_are_wrong() {
    for (name, folder, least) in [
        ("mapping", "tests/wrong/mappings", 15),
        ("partner-profile", "tests/wrong/profiles", 10),
        ("codes", "tests/wrong/homes/codes/mappings/codes", 2),
        ("guide", "tests/wrong/guides", 15),
    ] {
        let validator = jsonschema::validator_for(&schema(name)).unwrap();
        let mut found = Vec::new();
        files(&root().join(folder), &mut found);
        let marked = found.iter().filter(|path| {
            marked(&validator, &fs::read_to_string(path).unwrap()).is_some_and(|marks| !marks.is_empty())
        });
        let marked = marked.count();
        assert!(marked >= least, "{name}: {marked} of {}", found.len());
    }
}

/// The piece of a mapping is marked, and the mark names this place.
fn check(text: &str, place: &str) {
    let validator = jsonschema::validator_for(&schema("mapping")).unwrap();
    let marks = marked(&validator, text).unwrap();
    assert!(marks.iter().any(|mark| mark.starts_with(place)), "{text}: {marks:#?}");
}

#[test]
fn slips_in_mappings_are_marked_where_they_are() {
    let head = "canonical = 'shipment'\ndocument = 'x12/004010/945'\n";
    check("canonical = 'shipmnt'", "/canonical");
    check("document = 'x12/004010/999'", "/document");
    check("mapp = {}", "");
    check(&format!("{head}[map]\norder_numbr = 'W0602'"), "/map");
    check(&format!("{head}[map]\norder_number = 'the first one'"), "/map/order_number");
    check(&format!("{head}[map]\norder_number = {{ att = 'W0602' }}"), "/map/order_number");
    check(&format!("{head}[map.ship_to]\nname = {{ at = 'N102', way = 'inn' }}"), "/map/ship_to");
    check("extends = 'base/945'\n[map]\norder_numbr = 'W0602'", "/map");
    check("[derived]\nW0601 = { const = 'F', counter = 'lines' }", "/derived");
    check("[codes.mode]\nM = { means = 'motor' }", "/codes/mode");
    check("[ignore]\ndocuments = ['NTE']", "/ignore");
    check("[[test]]\ndocument = 'a.edi'", "/test/0");
}

const LEAST: &str = "name = 'Harbor'\nus = { interchange_id = '12/4085551000' }\nthem = { interchange_ids = ['ZZ/HARBOR'] }\ntime_zone = 'UTC'\n";

/// The keys that the profile's reader knows in a table, from what it says of a key that it does not know.
fn known(table: &str, entry: &str) -> BTreeSet<String> {
    let odd = "qqqqqqqqqqqqqqqqqqqqqqqq = 1";
    let text = match table {
        "" => format!("{LEAST}{odd}"),
        // `us` and `them` are there already.
        "us" => LEAST.replace("us = { ", &format!("us = {{ {odd}, ")),
        "them" => LEAST.replace("them = { ", &format!("them = {{ {odd}, ")),
        table => format!("{LEAST}{table}\n{entry}{odd}\n"),
    };
    let mut diagnostics = Diagnostics::unlimited();
    let _unread = Profile::parse(&SourceFile::new("partner-profiles/harbor.toml", text), &mut diagnostics);
    let remedies = diagnostics.list().iter().filter(|found| found.code.name() == "file.unknown-key");
    let remedy = remedies.filter_map(|found| found.remedy.clone()).next().unwrap();
    let keys = remedy.split_once("known here: ").map_or("", |(_, keys)| keys);
    keys.split(", ").filter(|key| !key.is_empty()).map(str::to_owned).collect()
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio";

#[test]
fn the_profile_schema_has_the_keys_that_the_reader_knows() {
    let schema = schema("partner-profile");
    let check = |pointer: &str, table: &str, entry: &str| {
        let there = schema.pointer(pointer).unwrap()["properties"].as_object().unwrap();
        let there: BTreeSet<String> = there.keys().cloned().collect();
        assert_eq!(there, known(table, entry), "{pointer}");
    };
    check("", "", "");
    check("/properties/us", "us", "");
    check("/properties/them", "them", "");
    check("/properties/contacts/items", "[[contacts]]", "name = 'Desk'\n");
    check("/properties/receive/items", "[[receive]]", "document = 'x12/945'\n");
    check("/properties/send/items", "[[send]]", "document = 'x12/004010/940'\ncanonical = 'fulfillment_order'\n");
    check("/properties/envelope", "[envelope]", "");
    check("/properties/envelope/properties/isa", "[envelope.isa]", "");
    check("/properties/envelope/properties/delimiters", "[envelope.delimiters]", "");
    check("/properties/envelope/properties/control_numbers", "[envelope.control_numbers]", "");
    check("/properties/acknowledge", "[acknowledge]", "");
    check("/properties/limits", "[limits]", "");
    check("/properties/transport", "[transport]", "");
    check("/properties/transport/properties/folder", "[transport.folder]", "");
    let server = "/properties/transport/properties/sftp_server";
    check(server, "[transport.sftp_server]", "");
    let key = format!("key = '{KEY}'\n");
    check(&format!("{server}/properties/keys/items"), "[[transport.sftp_server.keys]]", &key);
    check(&format!("{server}/properties/folders"), "[transport.sftp_server.folders]", "");
    check(&format!("{server}/properties/limits"), "[transport.sftp_server.limits]", "");
}
