//! The commands shown in README and docs: each `console` block is run, and shows what the command really prints.
//!
//! A block holds one command (`$ crossdock ...`, or the README's `$ cargo run --release -- ...`, both run as the built
//! binary from the repository root) and its whole output. `UPDATE_EXPECTED=1` rewrites the output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const OPEN: &str = "```console\n$ ";
/// What stands before the names of files that are written for partners, which end with the day.
const OUTBOX: &str = "/outbox/";
/// The day that the documents show in them: the partners' days differ by their zones, and ours from day to day.
const SHOWN_DAY: &str = "20261128";

fn documents(root: &Path) -> Vec<PathBuf> {
    let mut documents = vec![root.join("README.md")];
    let docs = fs::read_dir(root.join("docs")).expect("docs is a folder");
    documents.extend(
        docs.map(|entry| entry.expect("can be read").path())
            .filter(|path| path.extension().is_some_and(|end| end == "md")),
    );
    documents.sort();
    documents
}

/// What the command prints, or nothing for one that is not the binary's.
fn output(root: &Path, command: &str) -> Option<String> {
    let arguments = command.strip_prefix("crossdock ").or_else(|| command.strip_prefix("cargo run --release -- "))?;
    let done = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .args(arguments.split(' '))
        .current_dir(root)
        .output()
        .expect("the binary starts");
    let mut text = String::from_utf8(done.stderr).expect("is text");
    text.push_str(&String::from_utf8(done.stdout).expect("is text"));
    Some(steady(&text))
}

/// The text with what differs from run to run as the documents show it: the demo's home, and the day in a file's name.
fn steady(text: &str) -> String {
    let temporary = std::env::temp_dir().join("crossdock-demo-");
    let mut parts = text.split(temporary.to_str().expect("is text"));
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        steady.push_str("/tmp/crossdock-demo");
        steady.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    let mut names = steady.split(OUTBOX);
    let mut dated = names.next().unwrap_or_default().to_owned();
    for name in names {
        dated.push_str(OUTBOX);
        let end = name.find(".edi").unwrap_or_default();
        match name[..end].rsplit_once('_') {
            Some((number, day)) if day.len() == SHOWN_DAY.len() && day.bytes().all(|byte| byte.is_ascii_digit()) => {
                dated.push_str(&format!("{number}_{SHOWN_DAY}{}", &name[end..]));
            }
            _ => dated.push_str(name),
        }
    }
    dated
}

#[test]
fn commands_in_the_documents_print_what_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut shown = 0;
    for document in documents(root) {
        let text = fs::read_to_string(&document).expect("can be read");
        let mut rewritten = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(OPEN) {
            let (before, block) = rest.split_at(at + OPEN.len());
            let end = block.find("\n```").expect("a block is closed");
            let (command, expected) = block[..=end].split_once('\n').expect("a command has a line");
            rewritten.push_str(before);
            rewritten.push_str(command);
            rewritten.push('\n');
            match output(root, command) {
                Some(printed) => {
                    shown += 1;
                    if std::env::var_os("UPDATE_EXPECTED").is_none() {
                        assert_eq!(printed, expected, "{}: {command}", document.display());
                    }
                    rewritten.push_str(&printed);
                }
                None => {
                    assert!(root.join(command).is_file(), "{}: no such command: {command}", document.display());
                    rewritten.push_str(expected);
                }
            }
            rest = &block[end + 1..];
        }
        rewritten.push_str(rest);
        if std::env::var_os("UPDATE_EXPECTED").is_some() && rewritten != text {
            fs::write(&document, rewritten).expect("can be written");
        }
    }
    assert!(shown > 0, "no document shows a command");
}
