//! Holds the code to `docs/ARCHITECTURE.md`: which room may use which, purity, and the rules every file keeps.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A row of the code map.
struct Room {
    name: String,
    may_use: Vec<String>,
}

/// The first room that opens files; those above it are pure.
const FIRST_IMPURE: &str = "catalog";
const DENY: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
const LONGEST_FILE: usize = 1_000;

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table `| room | holds | may use |` of the document.
fn rooms() -> Vec<Room> {
    let document = fs::read_to_string(home().join("docs/ARCHITECTURE.md")).unwrap();
    let rows = document.lines().skip_while(|line| !line.starts_with("| room |")).skip(2);
    let mut rooms: Vec<Room> = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let may_use = match cells[2] {
            "nothing" => Vec::new(),
            "everything above" => rooms.iter().map(|room| room.name.clone()).collect(),
            list => list.split(", ").map(str::to_owned).collect(),
        };
        let name = cells[0].trim_matches('`').to_owned();
        rooms.push(Room { name, may_use });
    }
    rooms
}

/// All Rust files below these folders, as path relative to the home and text.
fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| home().join(folder)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let name = path.strip_prefix(home()).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// The rooms that `text` names by `crate::`, with the 1-based line: `crate::tree::..`, `crate::{tree, x12::..}`. A chain
/// of `super::` that leaves the room counts too; `depth` is how many reach the crate itself.
fn used_rooms(text: &str, depth: usize) -> Vec<(usize, String)> {
    let code: Vec<&str> =
        text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect();
    let code = code.join("\n");
    let escape = "super::".repeat(depth);
    let mut used = Vec::new();
    for start in ["crate::", escape.as_str()] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            let rest = &code[at + start.len()..];
            used.extend(first_names(rest).into_iter().map(|name| (line, name)));
        }
    }
    used
}

/// The names a path goes on with: one, or in braces several.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let (mut names, mut depth, mut starts) = (Vec::new(), 0, true);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts = true,
            c if starts && !c.is_whitespace() => {
                names.push(name(&list[at..]));
                starts = false;
            }
            _ => {}
        }
    }
    names
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problem(s):\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn the_code_map_has_a_row_for_every_room_and_uses_only_upwards() {
    let rooms = rooms();
    let named: BTreeSet<String> = rooms.iter().map(|room| room.name.clone()).collect();
    let entries = fs::read_dir(home().join("src")).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(named, folders, "left: the table of docs/ARCHITECTURE.md, right: the folders of src");
    for (index, room) in rooms.iter().enumerate() {
        for used in &room.may_use {
            let above = rooms[..index].iter().any(|other| other.name == *used);
            assert!(above, "`{}` may use `{used}`, which does not stand above it in the table", room.name);
        }
    }
}

#[test]
fn every_room_uses_only_the_rooms_it_may() {
    let rooms = rooms();
    let mut problems = Vec::new();
    for (file, text) in rust_files(&["src"]) {
        let parts: Vec<&str> = file.split('/').collect();
        let Some(room) = rooms.iter().find(|room| parts.len() > 2 && room.name == parts[1]) else {
            continue;
        };
        let depth = parts.len() - if file.ends_with("/mod.rs") { 2 } else { 1 };
        for (line, used) in used_rooms(&text, depth) {
            let is_room = rooms.iter().any(|other| other.name == used);
            if is_room && used != room.name && !room.may_use.contains(&used) {
                let (name, may_use) = (&room.name, room.may_use.join(", "));
                problems.push(format!("{file}:{line}: `{name}` uses `{used}`, but may only use: {may_use}"));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn paths_are_found_in_every_form() {
    let text = "use crate::{tree::{Tag, x12}, source};\n// crate::cli\nfn f() { crate::x12::g(); mycrate::cli() }\nuse super::super::partner::P;\n";
    let found = |line, name: &str| (line, name.to_owned());
    let expected = vec![found(1, "tree"), found(1, "source"), found(3, "x12"), found(4, "partner")];
    assert_eq!(used_rooms(text, 2), expected);
}

#[test]
fn every_pure_room_denies_what_is_not_pure() {
    let rooms = rooms();
    let pure = rooms.iter().take_while(|room| room.name != FIRST_IMPURE);
    let mut problems = Vec::new();
    for room in pure {
        let file = format!("src/{}/mod.rs", room.name);
        if !fs::read_to_string(home().join(&file)).unwrap().contains(DENY) {
            problems.push(format!("{file}: a pure room's mod.rs says {DENY}"));
        }
    }
    assert_none(&problems);
}

#[test]
fn every_file_says_what_it_is_and_stays_short_and_finished() {
    let unfinished = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ig", "nore")];
    let mut problems = Vec::new();
    for (file, text) in rust_files(&["src", "tests", "benches", "examples", "fuzz/fuzz_targets"]) {
        if !text.starts_with("//!") {
            problems.push(format!("{file}:1: a file opens with //! and what it does"));
        }
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            problems.push(format!("{file}: {lines} lines, at most {LONGEST_FILE} are allowed: split it by subject"));
        }
        for (line, text) in text.lines().enumerate() {
            for word in unfinished {
                if text.contains(word) {
                    problems.push(format!("{file}:{}: `{word}`: finish it or leave it out", line + 1));
                }
            }
        }
    }
    assert_none(&problems);
}
