//! Compressed drops: what is in a gzip or zip file becomes documents, what cannot be opened is held and says why.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crossdock::lifecycle::PayloadState;
use crossdock::store::{Document, Payload};
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use gateway::Home;

const LINES: &str = "title = \"Shipments\"\nsyntax = \"delimited\"\ndelimiter = \";\"\nrecord_type = 1\ndocument = \"order\"\n\
    [record.order]\ncode = \"H\"\nfields = [{ name = \"number\", required = true, max = 10 }]\n\
    [record.line]\ncode = \"L\"\nfields = [\"sku\", { name = \"quantity\", type = \"number\" }]\n\
    [record.end]\ncode = \"T\"\noutside = \"after\"\nfields = [{ name = \"orders\", counts = \"documents\" }]\n";
const MAPPING: &str = "canonical = \"shipment\"\ndocument = \"flat/alder-shipments\"\n[map]\norder_number = \"number\"\n\
    [map.lines]\neach = \"line\"\nsku = \"sku\"\nshipped = \"quantity\"\n";
const PROFILE: &str = "name = \"alder\"\ntime_zone = \"UTC\"\n[[receive]]\ndocument = \"flat/alder-shipments\"\n\
    file_name = \"SHIP*.txt\"\nmapping = \"alder/shipments\"\n";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip of deflated files; `flags` 1 says that they are encrypted.
fn zip(files: &[(&str, &[u8])], flags: u16) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::default());
        deflater.write_all(bytes).unwrap();
        let packed = deflater.finish().unwrap();
        let lengths = [crc.sum(), packed.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
        let words = [20, flags, 8, 0, 0].map(u16::to_le_bytes).concat();
        let fixed = [&words[..], &lengths, &(name.len() as u16).to_le_bytes(), &[0; 2]].concat();
        let offset = (out.len() as u32).to_le_bytes();
        out.extend([b"PK\x03\x04", &fixed[..], name.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &fixed[..], &[0; 10], &offset, name.as_bytes()].concat());
    }
    let (count, start) = ((files.len() as u16).to_le_bytes(), (out.len() as u32).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    [&out[..], &directory, b"PK\x05\x06", &[0; 4], &count, &count, &length, &start, &[0; 2]].concat()
}

fn file(orders: &[&str]) -> Vec<u8> {
    let lines: String = orders.iter().map(|order| format!("H;{order}\nL;TENT;2\n")).collect();
    format!("{lines}T;{}\n", orders.len()).into_bytes()
}

fn home(name: &str) -> Home {
    let home = Home::new(name, &["birch"]);
    home.write("mappings/layouts/alder-shipments.toml", LINES);
    home.write("mappings/alder/shipments.toml", MAPPING);
    home.write("partner-profiles/alder.toml", PROFILE);
    home
}

fn numbers(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.business_number.as_deref().unwrap_or_default()).collect()
}

fn codes(payload: &Payload) -> Vec<&'static str> {
    payload.diagnostics.iter().map(|one| one.code.name()).collect()
}

#[test]
fn each_file_of_an_archive_is_translated_under_its_own_name() {
    let home = home("compressed-in");
    let serving = home.serve();
    serving.ready();
    // Known by its first bytes, recognised by the name inside.
    let (payload, documents) = home.dropped(&serving, ("alder", "SHIP-1.txt.gz"), &gz(&file(&["SO-1", "SO-2"])));
    assert_eq!(payload.state, PayloadState::Translated, "{:?}", codes(&payload));
    assert_eq!(numbers(&documents), ["SO-1", "SO-2"]);
    assert_eq!(payload.sha256, crossdock::store::digest(&gz(&file(&["SO-1", "SO-2"]))), "what came is on record");
    let two = zip(&[("out/SHIP-2.txt", &file(&["SO-3"])), ("out/SHIP-3.txt", &file(&["SO-4", "SO-5"]))], 0);
    let (payload, documents) = home.dropped(&serving, ("alder", "drop.dat"), &two);
    assert_eq!(payload.state, PayloadState::Translated, "{:?}", codes(&payload));
    assert_eq!(numbers(&documents), ["SO-3", "SO-4", "SO-5"]);
    // The same file again is the same, whatever it comes in.
    let (again, _) = home.dropped(&serving, ("alder", "SHIP-9.txt"), &file(&["SO-1", "SO-2"]));
    assert_eq!((again.state, codes(&again)), (PayloadState::Duplicate, vec!["payload.duplicate"]));
    // X12 too.
    let x12 = gateway::interchange("birch", 1, &["SO-X".to_owned()]);
    let (payload, by_x12) = home.dropped(&serving, ("birch", "945.edi"), &zip(&[("945.edi", x12.as_bytes())], 0));
    assert_eq!((payload.state, numbers(&by_x12)), (PayloadState::Translated, vec!["SO-X"]), "{:?}", codes(&payload));
    assert_eq!(serving.terminate(), Some(0));
    // A document names the file it stands in, its bytes are found there, and a person can correct them.
    let id = documents[1].id.to_string();
    let run = |arguments: &[&str]| {
        let (code, out, error) = home.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {out}{error}");
        out
    };
    let shown = run(&["document", "show", &id]);
    assert!(shown.contains("inside     out/SHIP-3.txt"), "{shown}");
    assert_eq!(run(&["document", "export", &id]), "H;SO-4\nL;TENT;2\n");
    home.write("corrected.txt", "H;SO-4\nL;STOVE;3\n");
    run(&[
        "document",
        "correct",
        &id,
        "--bytes",
        "--file",
        &home.data().join("../corrected.txt").display().to_string(),
        "--why",
        "test",
    ]);
    let object = run(&["document", "export", &id, "--canonical"]);
    assert!(object.contains("STOVE"), "{object}");
    let third = run(&["document", "export", &documents[2].id.to_string()]);
    assert_eq!(third, "H;SO-5\nL;TENT;2\n", "its neighbour is as it was");
    run(&["document", "rerun", &documents[2].id.to_string(), "--why", "test"]);
}

#[test]
fn what_cannot_be_opened_is_held_whole_and_says_why() {
    let home = home("compressed-held");
    let serving = home.serve();
    serving.ready();
    let right = zip(&[("SHIP-1.txt", &file(&["SO-1"])), ("SHIP-2.txt", &file(&["SO-2"]))], 0);
    let mut damaged = gz(&file(&["SO-3"]));
    let last = damaged.len() - 5;
    damaged[last] ^= 1;
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("cut.zip", right[..right.len() - 30].to_vec(), "archive.broken"),
        ("damaged.gz", damaged, "archive.broken"),
        ("secret.zip", zip(&[("SHIP-1.txt", &file(&["SO-4"]))], 1), "archive.encrypted"),
        ("empty.zip", zip(&[], 0), "archive.empty"),
        ("nested.gz", gz(&right), "archive.not-read"),
        ("bomb.gz", gz(&vec![b' '; 40 << 20]), "archive.too-large"),
        (
            "twice.zip",
            zip(&[("SHIP-1.txt", &file(&["SO-5"])), ("SHIP-2.txt", &file(&["SO-5"]))], 0),
            "archive.same-twice",
        ),
        ("hollow.zip", zip(&[("SHIP-1.txt", &file(&["SO-7"])), ("SHIP-2.txt", b"")], 0), "x12.no-interchange"),
        ("other.zip", zip(&[("SHIP-1.txt", &file(&["SO-6"])), ("readme.md", b"Hello\n")], 0), "layout.not-recognised"),
    ];
    for (name, bytes, code) in cases {
        let (payload, documents) = home.dropped(&serving, ("alder", name), &bytes);
        assert_eq!(payload.state, PayloadState::Held, "{name}: {:?}", codes(&payload));
        assert!(codes(&payload).contains(&code), "{name}: {:?}", codes(&payload));
        assert!(documents.is_empty(), "{name}: nothing of it goes on");
    }
    assert_eq!(gateway::files(&home.published("shipment")), Vec::<String>::new());
}

/// Runs a command on an archive beside its files, in the repository's home.
fn command(arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (run.status.code(), text(run.stdout), text(run.stderr))
}

#[test]
fn commands_read_compressed_files_as_what_is_in_them() {
    let folder: PathBuf = std::env::temp_dir().join(format!("crossdock-compressed-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let input = fs::read(format!("{}/fixtures/945/harbor-partial/input.edi", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).unwrap();
        folder.join(name).display().to_string()
    };
    let (plain, packed) = (write("945.edi", &input), write("packed.edi.gz", &gz(&input)));
    let one = write("one.zip", &zip(&[("945.edi", &input)], 0));
    let two = write("two.zip", &zip(&[("in/945.edi", &input), ("other.edi", &input)], 0));
    for words in [&["translate"][..], &["validate"], &["inspect"], &["mapping", "explain"]] {
        let run = |file: &str| {
            let (code, out, error) = command(&[words, &[file]].concat());
            let time = |line: &&str| !line.contains("\"time\"") && !line.contains("crossdock-compressed");
            let lines: Vec<String> = out.lines().filter(time).map(str::to_owned).collect();
            (code, lines, error.lines().filter(|line| !line.contains("where")).map(str::to_owned).collect::<Vec<_>>())
        };
        let expected = run(&plain);
        for file in [&packed, &one, &format!("{two}/in/945.edi"), &format!("{two}/other.edi")] {
            assert_eq!(run(file), expected, "{words:?} {file}");
        }
    }
    let (code, _, error) = command(&["translate", &two]);
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("holds 2 files") && error.contains("two.zip/in/945.edi"), "{error}");
    let (code, _, error) = command(&["translate", &format!("{two}/945.edl")]);
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("holds no file 945.edl"), "{error}");
    let secret = write("secret.zip", &zip(&[("945.edi", &input)], 1));
    let (code, _, error) = command(&["inspect", &secret]);
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("needs a password"), "{error}");
    fs::remove_dir_all(folder).unwrap();
}
