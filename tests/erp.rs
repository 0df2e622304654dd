//! What `docs/ERP.md` says is so: its commands are run in a home, one after the other, and print what is shown, its event is published
//! and its order taken. `UPDATE_EXPECTED=1` rewrites what is printed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/home.rs"]
mod home;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use home::{Home, fixture};
use serde_json::Value;

const OPEN: &str = "```text erp\n";

fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ERP.md")
}

/// The first block of the manual that is marked so.
fn block<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split_once(&format!("```{mark}\n")).unwrap().1.split_once("```").unwrap().0
}

/// What the command prints, and what it says beside.
fn printed(home: &Home, command: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_crossdock")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh").args(["-c", command]).current_dir(&home.path).env("PATH", path).output().unwrap();
    [done.stdout, done.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

/// The text without what differs from run to run: ids of events, and times.
fn steady(text: &str) -> String {
    const FORMS: [&str; 2] = ["hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "dddd-dd-dd dd:dd:dd"];
    let fits = |rest: &str, form: &str| {
        rest.len() >= form.len()
            && rest.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'h' => byte.is_ascii_hexdigit(),
                b'd' => byte.is_ascii_digit(),
                _ => byte == form,
            })
    };
    let (mut steady, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let form = FORMS.into_iter().find(|form| fits(rest, form));
        match form {
            Some(form) => steady.push_str(form),
            None => steady.push(next),
        }
        rest = &rest[form.map_or(next.len_utf8(), str::len)..];
    }
    steady
}

/// Waits until all that was dropped is worked on and what goes out has gone.
fn settle(home: &Home) {
    home.wait("all is worked on", |home| {
        let lies = |entry: fs::DirEntry| entry.path().extension().is_some_and(|end| end == "json");
        let dropped = fs::read_dir(home.path.join("data/erp/submitted")).unwrap();
        let done = |list: &str, state: &str| home.json(&[list, "list"]).iter().all(|one| one["state"] != state);
        !dropped.flatten().any(lies) && done("payload", "received") && done("delivery", "waiting")
    });
}

/// A file of the partner, and what is published of it.
fn receive(home: &Home, name: &str, bytes: &[u8]) -> Value {
    let published = home.path.join("data/erp/published/shipment");
    let files = || fs::read_dir(&published).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = || files().filter(|path| !path.file_name().unwrap().as_encoded_bytes().starts_with(b"."));
    let before: Vec<PathBuf> = files().collect();
    home.drop_file("harbor", name, bytes);
    home.wait("it is published", |_| files().count() > before.len());
    let file = files().find(|path| !before.contains(path)).unwrap();
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn fits_its_schema(home: &Home, event: &Value) {
    let name = event["type"].as_str().unwrap().split('.').nth(1).unwrap();
    let schema: Value = serde_json::from_str(&home.out(&["schema", name])).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&event["data"]).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_manual_of_the_erp_shows_what_is() {
    let text = fs::read_to_string(manual()).unwrap();
    let mut home = Home::new("erp-manual");
    home.start();
    let published = receive(&home, "945.edi", &fixture("945/harbor-cartons/input.edi"));
    fits_its_schema(&home, &published);
    let shown: Value = serde_json::from_str(block(&text, "json erp event")).unwrap();
    let mut cut = published.clone();
    (cut["id"], cut["time"]) = (shown["id"].clone(), shown["time"].clone());
    cut["data"].as_object_mut().unwrap().retain(|name, _| shown["data"].get(name).is_some());
    assert_eq!(cut, shown);

    let order = block(&text, "json erp order");
    fits_its_schema(&home, &serde_json::from_str(order).unwrap());
    fs::write(home.path.join("order.json"), order).unwrap();
    let mut rewritten = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(OPEN) {
        let (before, behind) = rest.split_at(at + OPEN.len());
        let (shown, behind) = behind.split_at(behind.find("```").unwrap());
        rewritten.push_str(before);
        if shown.contains("data/erp/refused") {
            let bad = order.replace("2026-11-23", "23.11.2026").replace("SO100240", "SO100241");
            let submitted = home.path.join("data/erp/submitted/order-bad.json");
            fs::write(submitted.with_extension("tmp"), bad).unwrap();
            fs::rename(submitted.with_extension("tmp"), submitted).unwrap();
        }
        settle(&home);
        for command in shown.lines().filter_map(|line| line.strip_prefix("$ ")) {
            rewritten.push_str(&format!("$ {command}\n{}", printed(&home, command)));
        }
        rest = behind;
    }
    rewritten.push_str(rest);
    if std::env::var_os("UPDATE_EXPECTED").is_some() && steady(&rewritten) != steady(&text) {
        fs::write(manual(), &rewritten).unwrap();
        return;
    }
    assert_eq!(steady(&rewritten), steady(&text));
    home.stop();
}

#[test]
fn the_log_is_followed_over_a_restart_of_the_gateway() {
    let mut home = Home::new("erp-follow");
    home.start();
    let file = String::from_utf8(fixture("945/harbor-cartons/input.edi")).unwrap();
    let numbered =
        |number: &str| file.replace("000000702", &format!("000000{number}")).replace("*702", &format!("*{number}"));
    let followed = home.path.join("followed.jsonl");
    let mut follow = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    follow
        .args(["events", "--after", "0", "--follow", "--home"])
        .arg(&home.path)
        .stdout(File::create(&followed).unwrap());
    let mut follow = follow.spawn().unwrap();
    let first = receive(&home, "1.edi", numbered("801").as_bytes());
    home.stop();
    home.start();
    let second = receive(&home, "2.edi", numbered("802").as_bytes());
    home.wait("both are told", |_| fs::read_to_string(&followed).unwrap().lines().count() == 2);
    assert_eq!(follow.try_wait().unwrap(), None);
    follow.kill().unwrap();
    follow.wait().unwrap();
    let told: Vec<Value> =
        fs::read_to_string(&followed).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told, [first, second]);
    home.stop();
}
