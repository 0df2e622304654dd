//! The mappings shown in `docs/*.md` work: each block marked `toml mapping` is read without a diagnostic.
//!
//! A block that does not say its `canonical` or `extends` is a piece of a 945's mapping (see `support`). Behind it may
//! stand a piece of a document (`x12`, one segment a line) and of an object (`json`): the mapping makes each of the
//! other. `x12 in` is only read, `x12 out` only written. With `text` behind the document that is what its rules tell. A block with `file=PATH` shows that file, whole.
//!
//! A block marked `toml codes` is a file of codes; the `text` behind it has lines `ELEMENT CODE  NAME`, as they are in a
//! document of Harbor 3PL.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use crossdock::canonical;
use crossdock::diagnostic::{Diagnostic, Diagnostics};
use crossdock::mapping::{Direction, Plan};
use crossdock::source::SourceFile;
use crossdock::x12::codes::{CodeFile, Codes, DocumentCodes, Known};
use crossdock::x12::dictionary::{code_lists, release_for};
use serde_json::Value;

use support::{both_by, context, lines_of, plan_of, read_with, told, with_order_number, write_with};

/// A fenced block: what stands behind the opening fence, and the text.
struct Block {
    marks: Vec<String>,
    text: String,
}

impl Block {
    fn is(&self, marks: &[&str]) -> bool {
        marks.iter().enumerate().all(|(at, mark)| self.marks.get(at).is_some_and(|known| known == mark))
    }
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap();
    let mut documents: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    documents.retain(|path| path.extension().is_some_and(|end| end == "md"));
    documents.sort();
    documents
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(marks) => {
                open = true;
                blocks
                    .push(Block { marks: marks.split_whitespace().map(str::to_owned).collect(), text: String::new() });
            }
            None if open => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

fn same_as_file(name: &str, block: &Block) {
    if let Some(path) = block.marks.iter().find_map(|mark| mark.strip_prefix("file=")) {
        let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        assert_eq!(block.text, file, "{name} shows {path} otherwise than it is");
    }
}

/// What the rules of a mapping say of a document that it reads.
fn rules_told(plan: &Plan, document: &str) -> String {
    let (object, diagnostics) = read_with(plan, document, &context());
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let (object, _) = canonical::read(object.to_string().as_bytes(), plan.canonical);
    let mut diagnostics = Diagnostics::unlimited();
    plan.keep_rules(&object, Direction::Receive, &|_| None, &mut diagnostics);
    let line = |one: &Diagnostic| format!("{}[{}] {}\n", one.severity.word(), one.code.name(), one.message);
    diagnostics.list().iter().map(line).collect()
}

/// The mapping, and the document and object that stand behind it.
fn example(name: &str, block: &Block, behind: &[Block]) {
    same_as_file(name, block);
    let plan = plan_of(&[&block.text]);
    let shown = behind.iter().take_while(|block| !block.is(&["toml", "mapping"]));
    let shown: Vec<&Block> = shown.take(2).collect();
    let find = |mark: &str| shown.iter().find(|block| block.is(&[mark]));
    if let (Some(document), Some(said)) = (find("x12"), find("text")) {
        return assert_eq!(rules_told(&plan, &document.text), said.text, "in\n{}", document.text);
    }
    let (Some(document), Some(object)) = (find("x12"), find("json")) else {
        return;
    };
    let object: Value = with_order_number(&plan, &serde_json::from_str(&object.text).unwrap());
    if document.is(&["x12", "in"]) {
        let (found, diagnostics) = read_with(&plan, &document.text, &context());
        assert_eq!(found, object, "reading\n{}", document.text);
        assert_eq!(told(&diagnostics), Vec::<String>::new());
    } else if document.is(&["x12", "out"]) {
        let (written, diagnostics) = write_with(&plan, &object, &context());
        assert_eq!(written, lines_of(&document.text), "writing\n{object:#}");
        assert_eq!(told(&diagnostics), Vec::<String>::new());
    } else {
        both_by(&plan, &document.text, &object, &context());
    }
}

#[test]
fn the_mappings_shown_in_the_documents_do_what_is_shown() {
    let mut count = 0;
    for path in documents() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let blocks = blocks(&fs::read_to_string(&path).unwrap());
        for (number, block) in blocks.iter().enumerate() {
            if block.is(&["toml", "mapping"]) {
                example(name, block, &blocks[number + 1..]);
                count += 1;
            }
        }
    }
    assert!(count >= 20, "only {count} mappings are shown");
}

#[test]
fn the_files_of_codes_shown_in_the_documents_name_codes_as_is_shown() {
    let mut count = 0;
    for path in documents() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let blocks = blocks(&fs::read_to_string(&path).unwrap());
        for (number, block) in blocks.iter().enumerate().filter(|(_, block)| block.is(&["toml", "codes"])) {
            same_as_file(name, block);
            let mut diagnostics = Diagnostics::unlimited();
            let file = CodeFile::parse(&SourceFile::new(name, block.text.as_str()), &mut diagnostics).unwrap();
            let codes = Codes::new(vec![file], &mut diagnostics);
            assert!(diagnostics.is_empty(), "{:?}", diagnostics.list());
            for line in blocks[number + 1].text.lines() {
                let (key, expected) = line.split_once("  ").unwrap_or((line, ""));
                let (element, code) = key.split_once(' ').unwrap();
                let document =
                    DocumentCodes { codes: &codes, release: release_for("004010").0, partner: Some("harbor") };
                let found = match document.look_up(element, code) {
                    Known::Named(name) => name,
                    Known::NotInList => "(not in the code list)",
                    Known::NoList => "",
                    other => panic!("{line}: {other:?}"),
                };
                assert_eq!(found, expected, "{line}");
                count += 1;
            }
        }
    }
    assert!(count >= 6, "only {count} codes are shown");
    // "the lists of 256 data elements with 26,000 codes"
    let codes: usize = code_lists().iter().map(|list| list.codes().count()).sum();
    assert_eq!((code_lists().len(), codes / 1000), (256, 26));
}
