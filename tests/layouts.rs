//! Files of records and fields: each folder of `fixtures/layouts` has a layout, a file, and what reading it gives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::diagnostic::{Diagnostics, text};
use crossdock::layout::{Draft, Layout, Reader, Step, Writer, check};
use crossdock::source::SourceFile;
use crossdock::tree::Tree;
use crossdock::tree::charset::Charset;

/// The folders of `fixtures/layouts`.
fn folders() -> Vec<PathBuf> {
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts")).unwrap();
    let mut folders: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 25, "the fixtures are there");
    folders
}

/// Compares with the expected text beside the file, or writes it when `UPDATE_EXPECTED` is set.
fn expect(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(expected == found, "{} differs; it is now:\n{found}", path.display());
}

fn layout(folder: &Path) -> Arc<Layout> {
    layout_of(fs::read_to_string(folder.join("layout.toml")).unwrap())
}

fn layout_of(text: String) -> Arc<Layout> {
    let file = SourceFile::new("layout.toml", text);
    let mut found = Diagnostics::unlimited();
    let name = format!("{}/test", Layout::family(&file));
    let layout = Layout::parse(&name, &file, &mut found);
    let told: String = found.list().iter().map(|one| text::render(one, false)).collect();
    Arc::new(layout.unwrap_or_else(|| panic!("{told}")))
}

fn input(folder: &Path) -> Vec<u8> {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    fs::read(files.find(|path| path.file_stem().unwrap() == "input").unwrap()).unwrap()
}

/// A document as it is in the tree: a record a line, indented by the loops around it, with its fields that are not empty.
fn shown(layout: &Layout, tree: &Tree, bytes: &[u8], out: &mut String) {
    for segment in &tree.segments {
        let depth = layout.grammar.depth(segment.item);
        write!(out, "{:1$}{2}", "", depth * 2, segment.tag).unwrap();
        let definition = layout.grammar.definition(segment.item).unwrap();
        for (position, field) in (1..).zip(&definition.elements) {
            let value = tree.value(segment, position, bytes);
            if !value.is_empty() {
                let text = Charset::guess(value).decode_lossy(value).replace('\n', "\\n");
                write!(out, " {}=`{text}`", field.number).unwrap();
            }
        }
        out.push('\n');
    }
}

/// Reads the file handed over `chunk` bytes more at a time.
fn read(layout: &Arc<Layout>, bytes: &[u8], chunk: usize, mut each: impl FnMut(&Tree, &[u8], Charset)) -> String {
    let mut reader = Reader::new(Arc::clone(layout));
    let (mut tree, mut found, mut out) = (Tree::default(), Diagnostics::unlimited(), String::new());
    let (mut at, mut have, mut told) = (0, 0, String::new());
    loop {
        let (consumed, step) = reader.next(&bytes[at..have], have == bytes.len(), &mut tree, &mut found);
        match &step {
            Step::NeedMore => have = (have + chunk).min(bytes.len()),
            Step::Document(range) => {
                let document = &bytes[at + range.start..at + range.end];
                writeln!(out, "document at byte {}", at + range.start).unwrap();
                shown(layout, &tree, document, &mut out);
                let charset = reader.charset().unwrap_or(Charset::guess(document));
                check(layout, &tree, document, charset, &reader.context(), &mut found);
                each(&tree, document, charset);
            }
            Step::End(ending) => {
                writeln!(
                    out,
                    "end: {}, {} documents",
                    if ending.sound { "sound" } else { "not sound" },
                    ending.documents
                )
                .unwrap();
            }
        }
        at += consumed;
        for one in found.take() {
            told.push_str(&text::render(&one, false));
        }
        if let Step::End(_) = step {
            return out + &told;
        }
    }
}

#[test]
fn files_are_read_as_their_layouts_say() {
    for folder in folders() {
        let (layout, bytes) = (layout(&folder), input(&folder));
        let whole = read(&layout, &bytes, usize::MAX / 2, |_, _, _| {});
        expect(&folder.join("expected.txt"), &whole);
        let begins = layout.recognises(&bytes[..bytes.len().min(400)]).is_ok();
        assert_eq!(
            begins,
            ![
                "csv-no-such-column",
                "csv-lacks-required-column",
                "csv-empty",
                "xml-of-another-namespace",
                "xml-nothing"
            ]
            .iter()
            .any(|name| folder.ends_with(name)),
            "{}",
            folder.display()
        );
    }
}

#[test]
fn nobody_is_told_to_raise_a_limit_that_is_the_highest() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts/csv-too-many-rows-apart");
    let text = fs::read_to_string(folder.join("layout.toml")).unwrap();
    let layout = layout_of(text.replace("rows_apart = 3", "rows_apart = 20000"));
    let rows: String = (0..20_000).map(|row| format!("A{row},20260310,C1,TENT,2\n")).collect();
    let told = read(&layout, format!("Order,Date,Carton,SKU,Qty\n{rows}").as_bytes(), usize::MAX / 2, |_, _, _| {});
    assert!(told.contains("more than 20000 rows") && told.contains("smaller files"), "{told}");
    assert!(!told.contains("raise"), "{told}");
}

#[test]
fn a_line_without_an_end_is_refused_before_it_is_all_read() {
    let layout = layout(&folders().into_iter().find(|folder| folder.ends_with("csv-quote-inside-a-text")).unwrap());
    for quote in ["", "\""] {
        let file = format!("Order,SKU,Qty\nSO-1,{quote}{}", "x".repeat(20 << 20));
        let told = read(&layout, file.as_bytes(), 256 << 10, |_, _, _| {});
        assert!(told.contains("error[layout.limit] a line has more than 8 MB"), "{}", &told[..400]);
        assert!(told.contains("end: not sound, 0 documents"), "{}", &told[..400]);
    }
}

#[test]
fn how_a_file_is_cut_into_pieces_changes_nothing() {
    for folder in folders() {
        let (layout, bytes) = (layout(&folder), input(&folder));
        // An excerpt shows of the text around what there is yet.
        let read = |bytes: &[u8], chunk: usize| {
            let told = read(&layout, bytes, chunk, |_, _, _| {});
            let kept: Vec<String> =
                told.lines().filter(|line| !line.starts_with("          ")).map(str::to_owned).collect();
            kept
        };
        let whole = read(&bytes, usize::MAX / 2);
        for chunk in [1, 2, 7, 64].into_iter().chain((65..bytes.len()).step_by(5)) {
            assert_eq!(read(&bytes, chunk), whole, "{} in pieces of {chunk}", folder.display());
        }
        // A byte order mark in the middle is a text as any other, wherever reading begins anew.
        for at in (1..bytes.len()).step_by(11) {
            let marked = [&bytes[..at], b"\xef\xbb\xbf", &bytes[at..]].concat();
            let whole = read(&marked, usize::MAX / 2);
            for chunk in [1, at, 97] {
                assert_eq!(read(&marked, chunk), whole, "{}, a mark at {at}, in pieces of {chunk}", folder.display());
            }
        }
    }
}

/// A tree whose texts are all its own, as a mapping writes it, in the set `to`.
fn made(tree: &Tree, bytes: &[u8], from: Charset, to: Charset) -> Tree {
    let mut made = tree.clone();
    made.made.clear();
    made.unescaped.clear();
    for element in 0..made.elements.len() {
        let text = from.decode_lossy(tree.bytes(tree.elements[element], bytes));
        let start = made.made.len() as u32;
        made.made.extend_from_slice(&to.encode(&text).unwrap());
        made.elements[element] = crossdock::tree::Text::made(start, made.made.len() as u32);
    }
    made
}

#[test]
fn what_was_read_is_written_and_reads_the_same() {
    let mut written = 0;
    for folder in folders() {
        let (layout, bytes) = (layout(&folder), input(&folder));
        let mut trees = Vec::new();
        let mut charset = Charset::Utf8;
        let first = read(&layout, &bytes, usize::MAX / 2, |tree, document, own| {
            charset = if layout.is_xml() { Charset::Utf8 } else { own };
            trees.push(made(tree, document, own, charset));
        });
        if first.contains("error[") {
            continue;
        }
        let mut writer = Writer::new(Arc::clone(&layout), charset);
        let mut found = Diagnostics::unlimited();
        assert!(trees.iter().all(|tree| writer.document(tree, &mut found)), "{}: {:?}", folder.display(), found.list());
        let again = writer.finish();
        // How it is written is kept where the layout says something of it.
        if let Some(end) = [
            ("xml-ordered-and-counted", "xml"),
            ("xml-attributes-around", "xml"),
            ("csv-numbered", "csv"),
            ("fixed-padded-lines", "txt"),
        ]
        .iter()
        .find(|(name, _)| folder.ends_with(name))
        {
            expect(&folder.join("written").with_extension(end.1), &String::from_utf8(again.clone()).unwrap());
        }
        let lines = |text: &str| -> Vec<String> {
            let kept = text.lines().take_while(|line| !line.starts_with("warning["));
            kept.filter(|line| !line.starts_with("document at")).map(str::to_owned).collect()
        };
        let second = read(&layout, &again, usize::MAX / 2, |_, _, _| {});
        let (first, second) = (lines(&first), lines(&second));
        assert_eq!(first, second, "{}:\n{}", folder.display(), String::from_utf8_lossy(&again));
        written += 1;
    }
    assert!(written > 8, "only {written} were written");
}

/// With another text in the first field of the first record.
fn with_first(mut tree: Tree, text: &[u8]) -> Tree {
    let from = tree.made.len() as u32;
    tree.made.extend_from_slice(text);
    tree.elements[0] = crossdock::tree::Text::made(from, from + text.len() as u32);
    tree
}

#[test]
fn what_xml_cannot_hold_is_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts/xml-missing-attribute");
    let (layout, bytes) = (layout(&folder), input(&folder));
    let mut told = Vec::new();
    read(&layout, &bytes, usize::MAX / 2, |tree, document, _| {
        for text in [&b"a\nb"[..], b"a\x01", "a\u{FFFE}".as_bytes(), "\u{FFFF}".as_bytes(), "\u{FFFD}\u{85}".as_bytes()]
        {
            let mut found = Diagnostics::unlimited();
            let tree = with_first(made(tree, document, Charset::Utf8, Charset::Utf8), text);
            let wrote = Writer::new(Arc::clone(&layout), Charset::Utf8).document(&tree, &mut found);
            assert_eq!(wrote, found.list().is_empty());
            told.extend(found.take().into_iter().map(|one| one.message));
        }
    });
    let holds = |what: &str| format!("`shipment.@id` holds the {what}, which XML cannot hold there");
    let found = ["control character 0A", "control character 01", "character U+FFFE", "character U+FFFF"];
    assert_eq!(told, found.map(holds));
}

#[test]
fn a_value_without_room_is_refused_by_name_and_never_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts/fixed-with-pads");
    let (layout, bytes) = (layout(&folder), input(&folder));
    let mut told = Vec::new();
    read(&layout, &bytes, usize::MAX / 2, |tree, document, _| {
        let tree = with_first(made(tree, document, Charset::Utf8, Charset::Utf8), b"ORDER-NUMBER");
        let mut writer = Writer::new(Arc::clone(&layout), Charset::Utf8);
        let mut found = Diagnostics::unlimited();
        assert!(!writer.document(&tree, &mut found));
        assert!(writer.finish().is_empty(), "nothing of it is in the file");
        told.extend(found.take().into_iter().map(|one| format!("{}: {}", one.code.name(), one.message)));
    });
    let expected = "layout.no-room: `order.number` is `ORDER-NUMBER`, which has 12 characters; its place has 8";
    assert_eq!(told, [expected, expected]);
}

#[test]
fn a_file_is_recognised_by_what_its_first_line_holds() {
    let delimited = "syntax = 'delimited'\ndelimiter = ';'\n[record.item]\nfields = ['sku', { name = 'qty', required = true }, 'bin', 'remark']\n";
    let fixed = "syntax = 'fixed'\n[record.item]\nfields = [{ name = 'sku', at = '1-4' }, { name = 'qty', at = '5-8' }, { name = 'bin', at = '9-10' }]\n";
    let typed = "syntax = 'delimited'\ndelimiter = ';'\nrecord_type = 1\ndocument = 'order'\n[record.order]\ncode = 'H'\nfields = ['number']\n\
        [record.line]\ncode = 'L'\nfields = ['sku']\n";
    let header = "syntax = 'delimited'\ndelimiter = ';'\nheader = true\n[record.item]\nfields = ['sku', 'qty']\n";
    let xml = "syntax = 'xml'\ndocument = 'item'\n[record.item]\npath = 'Items/Item'\nfields = ['Name']\n";
    let lacks = "its first line ends before `item.qty`, which must be there";
    let expected = [
        (delimited, "a;1;b;c\n", "Whole"),
        (delimited, "\r\n  \na;1\n", "Shorter"),
        (delimited, "a;1;b;c;;\n", "Shorter"),
        (delimited, "a;1;b;c;d\n", "its first line has 5 fields, the layout has 4"),
        (delimited, "readme\n", lacks),
        (delimited, "\n\n", "it is empty"),
        (fixed, "TENTäöü1B1\n", "Whole"),
        (fixed, "TENT1  \n", "Shorter"),
        (fixed, "TENT\n", "its first line has 4 characters, the layout has 10"),
        (fixed, "TENT    B1 more\n", "its first line has 15 characters, the layout has 10"),
        (typed, "\nH;1\n", "Whole"),
        (typed, "X;1\n", "its first line is of the type `X`"),
        (header, "QTY;colour;SKU\n1;red;a\n", "Whole"),
        (header, "sku;quantity\n", "its header line lacks `qty`"),
        (xml, "<?xml version='1.0'?><Items>", "Whole"),
        (xml, "<Orders>", "the outermost element is <Orders>, the layout has <Items>"),
        (xml, "sku;qty\n", "it does not begin as XML does"),
    ];
    for (text, file, expected) in expected {
        let found = layout_of(text.to_owned()).recognises(file.as_bytes());
        assert_eq!(found.map_or_else(|why| why, |likeness| format!("{likeness:?}")), expected, "{file:?}");
    }
}

#[test]
fn a_corrected_record_of_fixed_length_keeps_its_characters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts/fixed-utf-8-without-line-ends");
    let (layout, bytes) = (layout(&folder), input(&folder));
    let (mut reader, mut tree, mut found) = (Reader::new(layout), Tree::default(), Diagnostics::unlimited());
    let (_, Step::Document(range)) = reader.next(&bytes, true, &mut tree, &mut found) else { panic!("{found:?}") };
    let document = &bytes[range];
    let draft = Draft::new(&tree, document).unwrap();
    let [element, terminator, _] = draft.delimiters.map(char::from);
    let said = String::from_utf8(draft.bytes.clone()).unwrap().replace("ZELT", "Zäöü");
    let changed = format!("{said}{}{element}é{element}3{terminator}", tree.segments[1].tag);
    let new = reader.rewrite((&tree, document), (&draft, changed.as_bytes()), Charset::Utf8, &mut found);
    assert!(found.list().is_empty(), "{found:?}");
    let before = String::from_utf8(document.to_vec()).unwrap();
    let line = format!("{:<10}OL{:0>4}{:8}", "é", 3, "");
    assert_eq!(String::from_utf8(new).unwrap(), before.replace("ZELT", "Zäöü") + &line);
}

#[test]
fn what_has_no_room_is_told_by_what_it_is() {
    let kinds = [("type = 'number'", "more room"), ("type = 'date'", "`format`"), ("max = 9", "`fit = \"cut\"`")];
    for (kind, words) in kinds {
        let layout =
            layout_of(format!("syntax = 'fixed'\n[record.line]\nfields = [{{ name = 'one', at = '1-4', {kind} }}]\n"));
        let mut remedies = Vec::new();
        read(&layout, b"1234\n", usize::MAX / 2, |tree, document, _| {
            let tree = with_first(made(tree, document, Charset::Utf8, Charset::Utf8), b"12345");
            let mut found = Diagnostics::unlimited();
            assert!(!Writer::new(Arc::clone(&layout), Charset::Utf8).document(&tree, &mut found));
            remedies.extend(found.take().into_iter().filter_map(|one| one.remedy));
        });
        assert!(remedies.len() == 1 && remedies[0].contains(words), "{kind}: {remedies:?}");
    }
}

#[test]
fn a_new_record_of_full_length_ends_as_its_neighbours_do() {
    for (layout, line_end) in [("fixed-padded-lines", "\r\n"), ("fixed-line-ends-behind-the-length", "\n")] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts").join(layout);
        let (layout, bytes) = (self::layout(&folder), input(&folder));
        let (mut reader, mut tree, mut found) = (Reader::new(layout), Tree::default(), Diagnostics::unlimited());
        let (_, Step::Document(range)) = reader.next(&bytes, true, &mut tree, &mut found) else { panic!("{found:?}") };
        let document = &bytes[range];
        let draft = Draft::new(&tree, document).unwrap();
        let [element, terminator, _] = draft.delimiters.map(char::from);
        let said = String::from_utf8(draft.bytes.clone()).unwrap();
        let changed = format!("{said}{}{element}ROPE{element}300{terminator}", tree.segments[1].tag);
        let new = reader.rewrite((&tree, document), (&draft, changed.as_bytes()), Charset::Utf8, &mut found);
        assert!(found.list().is_empty(), "{found:?}");
        let line = format!("{:<24}{line_end}", "OLROPE  00000300");
        assert_eq!(String::from_utf8(new).unwrap(), String::from_utf8(document.to_vec()).unwrap() + &line);
    }
}

#[test]
fn a_correction_says_the_key_that_each_row_must_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts/csv-key-in-each-row");
    let (layout, bytes) = (layout(&folder), input(&folder));
    let (mut reader, mut tree, mut found) = (Reader::new(layout), Tree::default(), Diagnostics::unlimited());
    let (_, Step::Document(range)) = reader.next(&bytes, true, &mut tree, &mut found) else { panic!("{found:?}") };
    assert_eq!(found.take().len(), 1);
    let document = &bytes[range];
    let draft = Draft::new(&tree, document).unwrap();
    let new = reader.rewrite((&tree, document), (&draft, &draft.bytes), Charset::Utf8, &mut found);
    assert!(found.list().is_empty(), "{found:?}");
    assert_eq!(String::from_utf8(new).unwrap(), "SO-1,C-1,TENT\nSO-1,,STOVE\n");
}

/// The layouts shown in `docs/LAYOUTS.md`, each with the file behind it.
#[test]
fn the_layouts_shown_in_the_manual_read_the_files_shown() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/LAYOUTS.md")).unwrap();
    let mut count = 0;
    for part in page.split("```toml layout\n").skip(1) {
        let (text, behind) = part.split_once("```").unwrap();
        let bytes = behind.split_once("```text\n").unwrap().1.split_once("```").unwrap().0.as_bytes();
        let file = SourceFile::new("shown.toml", text);
        let mut found = Diagnostics::unlimited();
        let layout = Layout::parse(&format!("{}/shown", Layout::family(&file)), &file, &mut found);
        assert!(found.list().is_empty(), "{:?}\n{text}", found.list());
        let told = read(&Arc::new(layout.unwrap()), bytes, usize::MAX / 2, |_, _, _| {});
        assert!(told.ends_with("end: sound, 1 documents\n"), "{told}\n{text}");
        count += 1;
    }
    assert!(count >= 5, "only {count} layouts are shown");
}

/// A file with some of its bytes changed, taken out, doubled or cut off, always in the same way for the same number.
fn mutant(bytes: &[u8], number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % most.max(1) as u64) as usize
    };
    let mut mutant = bytes.to_vec();
    for _ in 0..=below(4) {
        let at = below(mutant.len());
        let end = (at + 1 + below(8)).min(mutant.len());
        match below(5) {
            0 if at < mutant.len() => mutant[at] = [b'"', b'\n', b'<', b'&', b',', b'|', b'\r', 0xFF][below(8)],
            1 => drop(mutant.drain(at.min(end)..end)),
            2 => {
                let piece = mutant[at.min(end)..end].to_vec();
                mutant.splice(at..at, piece);
            }
            3 => mutant.truncate(at),
            _ => {
                let last = mutant.len() - 1;
                mutant.swap(at.min(last), 0);
            }
        }
        if mutant.is_empty() {
            break;
        }
    }
    mutant
}

#[test]
fn damaged_files_are_told_and_read_the_same_in_pieces() {
    let mut told = 0;
    for folder in folders() {
        let (layout, bytes) = (layout(&folder), input(&folder));
        if bytes.is_empty() {
            continue;
        }
        for number in 0..150 {
            let mutant = mutant(&bytes, number);
            let kept = |chunk: usize| {
                let out = read(&layout, &mutant, chunk, |_, _, _| {});
                let lines = out.lines().filter(|line| !line.starts_with("          ")).map(str::to_owned);
                lines.collect::<Vec<String>>()
            };
            let whole = kept(usize::MAX / 2);
            told += usize::from(whole.iter().any(|line| line.starts_with("error[")));
            assert_eq!(kept(5), whole, "{}, mutant {number}: {}", folder.display(), String::from_utf8_lossy(&mutant));
        }
    }
    assert!(told > 1000, "only {told} are told");
}
