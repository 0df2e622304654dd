//! Archives that are made here, opened; and the same changed byte by byte.

use std::io::{Read, Write};

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

use super::{Archive, Fault, Limits, fault_of, kind, own_name};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// How an entry is written.
#[derive(Clone, Copy, Default)]
struct Said {
    deflated: bool,
    described: bool,
    encrypted: bool,
    method: Option<u16>,
}

const DEFLATED: Said = Said { deflated: true, described: false, encrypted: false, method: None };
const DESCRIBED: Said = Said { described: true, ..DEFLATED };
const STORED: Said = Said { deflated: false, ..DEFLATED };

fn zip(files: &[(&str, &[u8], Said)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes, said) in files {
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::default());
        deflater.write_all(bytes).unwrap();
        let packed = if said.deflated { deflater.finish().unwrap() } else { bytes.to_vec() };
        let method = said.method.unwrap_or(if said.deflated { 8 } else { 0 });
        let flags = u16::from(said.encrypted) | u16::from(said.described) << 3;
        let lengths = [crc.sum(), packed.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
        let offset = out.len() as u32;
        let fixed = |lengths: &[u8]| {
            let words = [20, flags, method, 0, 0].map(u16::to_le_bytes).concat();
            [&words[..], lengths, &(name.len() as u16).to_le_bytes(), &[0; 2]].concat()
        };
        out.extend(
            [b"PK\x03\x04", &fixed(if said.described { &[0; 12] } else { &lengths })[..], name.as_bytes()].concat(),
        );
        out.extend(&packed);
        if said.described {
            out.extend([b"PK\x07\x08", &lengths[..]].concat());
        }
        directory.extend(
            [b"PK\x01\x02\x14\x00", &fixed(&lengths)[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat(),
        );
    }
    let (count, start) = ((files.len() as u16).to_le_bytes(), (out.len() as u32).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    out.extend(directory);
    out.extend([b"PK\x05\x06", &[0; 4][..], &count, &count, &length, &start, &[0; 2]].concat());
    out
}

/// The entries with their content, or what is wrong.
fn open(name: &str, bytes: &[u8], limits: Limits) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let fault = |error: std::io::Error| fault_of(&error).cloned().unwrap_or_else(|| panic!("{error}"));
    let mut archive = Archive::new(name, bytes, limits).map_err(fault)?;
    let mut entries = Vec::new();
    while archive.next_entry().map_err(fault)? {
        let (name, mut content) = (archive.entry().to_owned(), Vec::new());
        archive.read_to_end(&mut content).map_err(fault)?;
        entries.push((name, content));
    }
    Ok(entries)
}

fn opened(name: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    open(name, bytes, Limits::default())
}

#[test]
fn what_is_not_compressed_is_its_only_entry() {
    for bytes in [&b""[..], b"I", b"ISA*00*", b"PK is no zip"] {
        assert_eq!(opened("a.edi", bytes), Ok(vec![(String::new(), bytes.to_vec())]));
    }
}

#[test]
fn a_gzip_file_is_known_by_its_first_bytes_and_called_as_it_is_without_its_ending() {
    let long = vec![b'x'; 300_000];
    for content in [&b""[..], b"ISA*00*", &long] {
        assert_eq!(opened("a.edi.GZ", &gz(content)), Ok(vec![("a.edi".into(), content.to_vec())]));
    }
    assert_eq!(opened("a.edi", &gz(b"x")).unwrap()[0].0, "a.edi", "whatever its name");
    let two = [gz(b"one "), gz(b"two"), vec![0; 9]].concat();
    assert_eq!(opened("a.gz", &two), Ok(vec![("a".into(), b"one two".to_vec())]), "members are one file");
    // Extra field, name, comment and checksum of the header.
    let mut full = vec![0x1F, 0x8B, 8, 30, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9];
    full.extend(b"name\0comment\0\x01\x02");
    full.extend(&gz(b"ISA")[10..]);
    assert_eq!(opened("a.gz", &full), Ok(vec![("a".into(), b"ISA".to_vec())]));
}

#[test]
fn each_file_of_a_zip_is_an_entry_under_its_name() {
    let large = b"0123456789".repeat(50_000);
    let bytes = zip(&[
        ("in/", b"", STORED),
        ("in/SHIP1.csv", b"a,b\n1,2\n", DEFLATED),
        ("SHIP2.csv", b"", STORED),
        ("SHIP3.csv", b"a,b\n3,4\n", STORED),
        ("large.csv", &large, DESCRIBED),
    ]);
    let expected =
        [("in/SHIP1.csv", &b"a,b\n1,2\n"[..]), ("SHIP2.csv", b""), ("SHIP3.csv", b"a,b\n3,4\n"), ("large.csv", &large)];
    let expected = expected.map(|(name, content)| (name.to_owned(), content.to_vec())).to_vec();
    assert_eq!(opened("drop.zip", &bytes), Ok(expected));
    assert_eq!(own_name("in/SHIP1.csv"), "SHIP1.csv");
    assert_eq!(own_name("..\\..\\etc/passwd"), "passwd");
    // What is not read of an entry is passed, and still checked.
    let mut archive = Archive::new("drop.zip", &bytes[..], Limits::default()).unwrap();
    let mut names = Vec::new();
    while archive.next_entry().unwrap() {
        names.push(archive.entry().to_owned());
    }
    assert_eq!(names.len(), 4);
}

#[test]
fn what_a_mac_adds_to_a_zip_is_passed_over() {
    let (own, large) = (&b"\0\x05\x16\x07\0\x02\0\0Mac OS X"[..], vec![0; 40 << 20]);
    let bytes = zip(&[
        ("a.edi", b"ISA", DEFLATED),
        ("__MACOSX/", b"", STORED),
        ("__MACOSX/._a.edi", own, DESCRIBED),
        ("in/.DS_Store", own, STORED),
        ("in/._b.edi", own, STORED),
        ("in/b._edi", b"IEA", STORED),
    ]);
    let expected = [("a.edi", &b"ISA"[..]), ("in/b._edi", b"IEA")];
    assert_eq!(
        opened("a.zip", &bytes),
        Ok(expected.map(|(name, content)| (name.to_owned(), content.to_vec())).to_vec())
    );
    assert_eq!(opened("a.zip", &zip(&[("__MACOSX/._a.edi", own, STORED)])), Err(Fault::Empty));
    let said = opened("a.zip", &zip(&[("a.edi", b"ISA", STORED), ("._a.edi", &large, DEFLATED)]));
    assert!(matches!(said, Err(Fault::Ratio { .. })), "limits hold for it too");
    assert_eq!(opened("._a.gz", &gz(b"ISA")).unwrap().len(), 1, "a file of that name is none of them");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let check = |bytes: &[u8], expected: &str| {
        let said = opened("drop", bytes).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}, expected {expected}");
    };
    check(&zip(&[]), "an archive without a file");
    check(&zip(&[("in/", b"", STORED)]), "an archive without a file");
    check(&zip(&[("a", b"x", Said { encrypted: true, ..DEFLATED })]), "a needs a password");
    check(&zip(&[("a", b"x", Said { method: Some(12), ..STORED })]), "packed by method 12");
    check(&zip(&[("a", b"x", Said { described: true, ..STORED })]), "stands behind it");
    check(&zip(&[("a", &gz(b"ISA"), STORED)]), "compressed itself");
    check(&gz(&zip(&[("a", b"x", STORED)])), "compressed itself");
    check(&[gz(b"ISA"), b"more".to_vec()].concat(), "cannot be opened");
    let right = zip(&[("a", b"one", DEFLATED), ("b", b"two", STORED)]);
    check(&[&right[..], b"more"].concat(), "behind its end");
    // The directory names one file only, or another.
    let shorter = zip(&[("a", b"one", DEFLATED)]);
    let directory = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    check(
        &[&right[..directory(&right)], &shorter[directory(&shorter)..]].concat(),
        "its directory says something else",
    );
    let mut other = right.clone();
    let name = directory(&other) + 46;
    other[name] = b'c';
    check(&other, "its directory says something else");
}

#[test]
fn limits_stop_what_becomes_too_large() {
    let limits = Limits { opened_bytes: 100_000, ratio: 100, free_bytes: 10_000, entries: 2 };
    let said = |bytes: &[u8]| open("drop", bytes, limits).unwrap_err();
    let mixed: Vec<u8> = (0..200_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(said(&gz(&mixed)), Fault::TooLarge { limit: 100_000 });
    assert!(matches!(said(&gz(&vec![0; 90_000])), Fault::Ratio { limit: 100, .. }));
    let three = zip(&[("a", b"1", STORED), ("b", b"2", STORED), ("c", b"3", STORED)]);
    assert_eq!(said(&three), Fault::TooMany { limit: 2 });
    assert!(open("drop", &gz(&mixed[..50_000]), limits).is_ok());
}

#[test]
fn an_archive_that_is_changed_or_cut_gives_the_same_or_is_refused() {
    let content = b"ISA*00*          *00*          *ZZ*HARBOR3PL ".repeat(20);
    let archives = [
        gz(&content),
        zip(&[("a.edi", &content, DEFLATED), ("b.edi", b"ISA", STORED)]),
        zip(&[("a.edi", &content, DESCRIBED)]),
    ];
    for bytes in archives {
        let right: Vec<Vec<u8>> = opened("drop", &bytes).unwrap().into_iter().map(|(_, content)| content).collect();
        for length in 0..bytes.len() {
            let cut = opened("drop", &bytes[..length]);
            let is_plain = kind(&bytes[..length]).is_none();
            assert!(is_plain || cut.is_err(), "{length} of {}: {cut:?}", bytes.len());
        }
        for at in 0..bytes.len() {
            for flip in [1, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                // A name, a time or a version may differ; the content must not.
                if kind(&changed).is_some()
                    && let Ok(entries) = opened("drop", &changed)
                {
                    let found: Vec<Vec<u8>> = entries.into_iter().map(|(_, content)| content).collect();
                    assert_eq!(found, right, "byte {at} changed by {flip:#x}");
                }
            }
        }
    }
}
