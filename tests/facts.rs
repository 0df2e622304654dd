//! An independent validator accepts what is written: whole interchanges of objects made for each base mapping.
//!
//! The validator is named by the environment variable CROSSDOCK_X12FACTS, a command line such as `python3 PATH/x12facts.py`;
//! without it the test says so and passes. It is run as `COMMAND file A.edi ...` and prints a line for each transaction set,
//! with `ok` or, below it and indented, what is wrong: structure, lengths, types, codes and syntax notes.
//!
//! Objects are made at random, segments whole or not at all, with codes of the standard's lists. One kind of value cannot
//! have a real code: the qualifiers of catch-alls, which must be none of those that a mapping names. They are `Q` and a
//! number, and "code not in list" is not counted for them; everything else is a failure. What the writer itself
//! refuses or calls doubtful is not handed to the validator; how much that is, is printed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Code, Diagnostics, PayloadPlace, Severity, codes};
use crossdock::mapping::laws::{CodeOf, Generator};
use crossdock::mapping::{Context, Library, Plan};
use crossdock::translation::{Outbound, OutboundEnvelope, Surroundings};
use crossdock::tree::charset::Charset;
use crossdock::tree::{ElementId, Separators, Tree};
use crossdock::x12::delimiters::{Delimiters, LineEnd};
use crossdock::x12::dictionary;
use crossdock::x12::writer::InterchangeHeader;

/// Transaction sets of each mapping.
const WRITTEN: usize = 50;
/// Told of what is written, and not accepted by a validator that knows no partner.
const REFUSED: [Code; 2] = [codes::MAPPING_INVALID_DOCUMENT, codes::MAPPING_DOUBTFUL_DOCUMENT];
/// At most so many objects are made for them.
const MADE: usize = 600;

fn nowhere(_: &Tree, _: ElementId) -> PayloadPlace {
    PayloadPlace::default()
}

/// A code of the list of an element in a release.
fn code(release: &str, element: &str, number: u64) -> Option<String> {
    let (release, _) = dictionary::release_for(release);
    let codes: Vec<_> = dictionary::code_list(element)?.codes().filter(|code| code.is_in(release)).collect();
    let count = u64::try_from(codes.len()).unwrap().max(1);
    codes.get(usize::try_from(number % count).unwrap()).map(|code| code.code.to_owned())
}

fn codes_of(release: &str) -> CodeOf {
    match release {
        "004010" => |element, number| code("004010", element, number),
        _ => |element, number| code("005010", element, number),
    }
}

fn outbound(release: &str) -> Outbound {
    let id = |id: &str| ("ZZ".to_owned(), id.to_owned());
    let version = if release == "004010" { "00401" } else { "00501" };
    let delimiters = Delimiters {
        element: b'*',
        component: Some(b'>'),
        repetition: (version == "00501").then_some(b'^'),
        segment: b'~',
        line_end: LineEnd::LineFeed,
    };
    let envelope = OutboundEnvelope {
        interchange: InterchangeHeader {
            authorization: ("00".into(), String::new()),
            security: ("00".into(), String::new()),
            sender: id("SENDER"),
            receiver: id("RECEIVER"),
            date: "260315".into(),
            time: "1200".into(),
            version: version.into(),
            control_number: 1,
            acknowledgment_requested: false,
            usage: "P".into(),
        },
        versions: Vec::new(),
        group_ids: ("SENDER".into(), "RECEIVER".into()),
        date_and_time: ("20260315".into(), "1200".into()),
        first_group_number: 1,
        delimiters,
    };
    Outbound::new(envelope, Surroundings { we_sell: true, ..Surroundings::default() })
}

/// An interchange of [`WRITTEN`] sets, and what kept other objects from being written, by code and message.
fn interchange(plan: &Arc<Plan>) -> (Vec<u8>, usize, usize, BTreeMap<String, usize>) {
    let release = plan.grammar.name.split('/').nth(1).unwrap();
    let context = Context {
        zone: jiff::tz::TimeZone::UTC,
        charset: &Charset::Utf8,
        we_sell: true,
        separators: Separators { component: Some(b'>'), repetition: None },
        delimiters: b"*>^~\n",
        given: crossdock::mapping::Given::nothing(),
        before: 0,
        place: &nowhere,
    };
    let mut generator = Generator::new(plan, &context, 7).sound(codes_of(release));
    let (mut out, mut refused, mut made) = (outbound(release), BTreeMap::new(), 0);
    while out.sets() < WRITTEN && made < MADE {
        made += 1;
        let object = generator.object();
        let mut diagnostics = Diagnostics::unlimited();
        // What is told as doubtful goes out all the same; here it is kept back, for the validator would say it again.
        outbound(release).write(plan, None, &object, &mut diagnostics);
        let told = diagnostics.take();
        let doubtful = told.iter().find(|told| REFUSED.contains(&told.code) || told.severity == Severity::Error);
        match doubtful {
            Some(told) => *refused.entry(format!("{}: {}", told.code.name(), told.message)).or_default() += 1,
            None => assert!(out.write(plan, None, &object, &mut diagnostics)),
        }
    }
    let written = out.sets();
    (out.finish(), written, made, refused)
}

/// Is a line about a qualifier that was made to be none?
fn made_qualifier(line: &str) -> bool {
    let value = line.rsplit(' ').next().unwrap_or_default();
    line.trim_start().starts_with("code not in list")
        && value.strip_prefix('Q').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn an_independent_validator_accepts_what_every_base_mapping_writes() {
    let Ok(validator) = std::env::var("CROSSDOCK_X12FACTS") else {
        println!("SKIPPED: CROSSDOCK_X12FACTS names no validator");
        return;
    };
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = catalog.names().into_iter().filter(|name| name.starts_with("base/")).collect();
    names.extend(["base/846-005010", "base/943-005010", "base/947-005010"].map(str::to_owned));
    let mut wrong = Vec::new();
    for name in names {
        let started = std::time::Instant::now();
        let plan = catalog.plan(&name, &mut Diagnostics::unlimited()).unwrap();
        let (bytes, written, made, refused) = interchange(&plan);
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.edi", name.replace('/', "-")));
        fs::write(&file, bytes).unwrap();
        let mut words = validator.split_whitespace();
        let output = Command::new(words.next().unwrap()).args(words).arg("file").arg(&file).output().unwrap();
        assert!(output.status.success(), "{validator}: {}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8(output.stdout).unwrap();
        if written < WRITTEN {
            wrong.push(format!("{name}: only {written} of {made} objects: {refused:#?}"));
        }
        let sets = told.lines().filter(|line| !line.starts_with(' ')).count();
        assert_eq!(sets, written, "{name}: the validator did not find every set");
        let none = told.lines().filter(|line| line.contains("no table")).count();
        assert_eq!(none, 0, "{name}: the validator has no table");
        wrong.extend(
            told.lines()
                .filter(|line| line.starts_with(' ') && !made_qualifier(line))
                .map(|line| format!("{name}: {line}")),
        );
        println!("{name}: {written} sets of {made} objects, {:?}; {refused:#?}", started.elapsed());
    }
    assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
}
