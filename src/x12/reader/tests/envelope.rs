//! What stands around transaction sets: envelopes, trailers, strays, ends that come too early.

use super::*;
use crate::diagnostic::{Place, Severity};

#[test]
fn what_stands_around_interchanges_is_skipped_and_said() {
    let plain = interchange(BODY, 1);
    let twice = interchange(BODY, 1).replace("000000007", "000000008").replace('*', "|").replace('~', "\n");
    check(&format!("\u{FEFF}{plain}"), &[SET], &["x12.byte-order-mark"]);
    check(&format!("\r\n\r\n  {plain}\r\n\r\n\u{1A}"), &[SET], &[]);
    check(&format!("{plain}\n{twice}\n"), &[SET, SET], &[]);
    let reading = check(&format!("{plain}{plain}"), &[SET, SET], &["x12.duplicate-interchange-number"]);
    assert!(reading.diagnostics[0].message.contains("from ZZ/SENDER to ZZ/RECEIVER occurs twice"));
    let mail = "Subject: ISA orders\r\nFrom: ISAAC (ISA)\r\n\r\n";
    let reading = check(&format!("{mail}{plain}"), &[SET], &["x12.bytes-skipped"]);
    assert_eq!(reading.events[0], format!("Skipped(0..{})", mail.len()));
    check(&format!("{plain}-- end --{twice}"), &[SET, SET], &["x12.bytes-skipped"]);
    let reading = check(&format!("{plain}IEA*1*000000007~"), &[SET], &["x12.bytes-skipped"]);
    assert_eq!(reading.diagnostics[0].severity, Severity::Warning);
    check(&plain.replace("ISA*", "isa*"), &[SET], &["x12.isa-lower-case"]);
    // ISA as data opens nothing.
    check(
        &interchange(&BODY.replace("SO1", "ISA").replace("~SE*3", "~N1*ST*ISA INC~SE*4"), 1),
        &["945 0001 | ST*945*0001 | W06*N*ISA*20261120 | N1*ST*ISA INC | SE*4*0001"],
        &[],
    );
}

#[test]
fn documents_that_are_skipped_are_an_error_and_remarks_are_none() {
    let (plain, other) = (interchange(BODY, 1), interchange(BODY, 1).replace("000000007", "000000008"));
    let severity = |beside: &str, cause: Option<&str>| {
        let bytes: Vec<u8> = beside.chars().map(|c| c as u8).collect();
        for input in [[plain.as_bytes(), &bytes].concat(), [&bytes, plain.as_bytes()].concat()] {
            let found = check_with(&input, &ReadOptions::default(), &[SET], &["x12.bytes-skipped"]).diagnostics;
            let expected = if cause.is_some() { Severity::Error } else { Severity::Warning };
            assert_eq!((found[0].severity, found[0].cause.as_deref()), (expected, cause), "{beside}");
        }
    };
    let segments = Some("segments GS or ST stand in them, without an ISA segment that can be read");
    severity(&other.replacen("ISA", "IA", 1), segments);
    severity(&other[ISA.len()..], segments);
    severity(&format!("{}{BODY}", "-".repeat(2_000)), segments);
    severity(
        "\u{c9}\u{e2}\u{c1}\u{5c}\u{f0}\u{f0}\u{5c}",
        Some("they are EBCDIC, not ASCII: they start with `ISA` in EBCDIC"),
    );
    severity("<order/>", Some("this looks like XML: <order>"));
    severity("Subject: GS and ST in a remark, ST.101 Main St.\n", None);
    severity("TRL|000123|EOF|\n", None);
    let cut = format!("{plain}ISA*00*\n{other}");
    let reading = check(&cut, &[SET, SET], &["x12.isa-unreadable", "x12.bytes-skipped"]);
    let cause = reading.diagnostics[1].cause.as_deref();
    assert_eq!(cause, Some("an ISA segment that cannot be read stands in them"));
}

#[test]
fn an_input_without_interchange_says_what_it_looks_like() {
    for (input, code, cause) in [
        (&b""[..], "x12.no-interchange", None),
        (b"\n \n", "x12.no-interchange", None),
        (b"XSA*00*", "x12.no-interchange", Some("it starts with the segment XSA, without the envelope ISA, GS and ST")),
        (
            b"ST*945*0001~SE*2*0001~",
            "x12.no-interchange",
            Some("it starts with a transaction set, without the envelope ISA and GS"),
        ),
        (b"UNB+UNOA:1", "x12.no-interchange", Some("this looks like EDIFACT: it starts with UNB")),
        (b"I\0S\0A\0*\0", "x12.no-interchange", Some("it is UTF-16 text")),
        (b"\xC9\xE2\xC1\x5C", "x12.ebcdic", None),
    ] {
        let reading = check_with(input, &ReadOptions::default(), &[], &[code]);
        assert_eq!(reading.diagnostics[0].cause.as_deref(), cause);
    }
}

#[test]
fn an_interchange_acknowledgment_stands_alone_or_before_a_group() {
    let alone = format!("{ISA}TA1*000000001*261119*1200*A*000~IEA*0*000000007~");
    let reading = check(&alone, &[], &[]);
    assert!(reading.events[1].contains("control_number: \"000000001\"") && reading.events[1].contains("code: \"A\""));
    check(&interchange(BODY, 1).replace("~GS", "~TA1*000000001*261119*1200*A*000~GS"), &[SET], &[]);
}

#[test]
fn trailers_are_compared_with_what_came() {
    let plain = interchange(BODY, 1);
    for (old, new, code) in [
        ("SE*3*", "SE*4*", "x12.segment-count"),
        ("SE*3*", "SE**", "x12.segment-count"),
        ("SE*3*0001", "SE*3*0002", "x12.set-control-number"),
        ("SE*3*0001", "SE*3*1", "x12.control-number-padding"),
        ("GE*1*7", "GE*2*7", "x12.group-count"),
        ("GE*1*7", "GE*1*8", "x12.group-control-number"),
        ("GE*1*7", "GE*1*0007", "x12.control-number-padding"),
        ("IEA*1*", "IEA*2*", "x12.interchange-count"),
        ("000000007~", "000000017~", "x12.interchange-control-number"),
        ("IEA*1*000000007", "IEA*1*7", "x12.control-number-padding"),
        ("GS*SW*", "GS*OW*", "x12.group-code"),
        ("*004010~", "*004040~", "x12.unknown-release"),
    ] {
        let input = plain.replace(old, new);
        let set = SET.replace(&old[..old.len().min(9)], &new[..new.len().min(9)]);
        check(&input, &[&set], &[code]);
    }
    check(
        &plain.replace("SE*3*0001", "SE*03*0001"),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | SE*03*0001"],
        &[],
    );
}

#[test]
fn elements_of_the_envelope_that_are_too_long_too_short_or_too_many_are_said_and_the_sets_are_read() {
    let plain = interchange(BODY, 1);
    let header = "x12.group-header";
    for (old, new, code, message) in [
        ("*SENDER*", "*S*", header, "GS02 (Application Sender's Code) has 1 character, at least 2 are needed"),
        (
            "*RECEIVER*",
            "*RECEIVER-RECEIVER*",
            header,
            "GS03 (Application Receiver's Code) has 17 characters, at most 15 are allowed",
        ),
        ("*7*X", "*0000000007*X", header, "GS06 (Group Control Number) has 10 characters, at most 9 are allowed"),
        (
            "*004010~",
            "*004010VICS 3PL~",
            header,
            "GS08 (Version / Release / Industry Identifier Code) has 14 characters, at most 12 are allowed",
        ),
        ("*004010~", "*004010**B~", "x12.unused-element", "segment GS has 10 elements, its table has 8"),
        ("GE*1*7~", "GE*1*7*1~", "x12.unused-element", "segment GE has 3 elements, its table has 2"),
        ("IEA*1*000000007~", "IEA*1*000000007*1~", "x12.unused-element", "segment IEA has 3 elements, its table has 2"),
    ] {
        let input = plain.replace(old, new);
        let found = read_with(input.as_bytes(), &ReadOptions::default()).diagnostics;
        let found = found.iter().find(|one| one.code.name() == code);
        let severity = crate::diagnostic::Severity::Warning;
        assert_eq!(found.map(|one| (one.message.as_str(), one.severity)), Some((message, severity)), "{new}");
    }
    // Blanks fill an element up to its least length, and separators behind the last value say nothing.
    let padded = plain.replace("*SENDER*REC", "*S *REC").replace("*RECEIVER*", "*RECEIVER          *");
    check(&padded.replace("GE*1*7~", "GE*1*7**~"), &[SET], &[]);
}

#[test]
fn control_numbers_that_occur_twice_are_said() {
    check(&interchange(&BODY.repeat(2), 2), &[SET, SET], &["x12.duplicate-set-number", "x12.repeated-set"]);
    let other = BODY.replace("SO1", "SO2");
    check(
        &interchange(&format!("{BODY}{other}"), 2),
        &[SET, &SET.replace("SO1", "SO2")],
        &["x12.duplicate-set-number"],
    );
    let group = format!("GS*SW*AA*BB*20261120*0830*7*X*004010~{BODY}GE*1*7~");
    let groups = format!("{ISA}{group}{}IEA*2*000000007~", group.replace("*7*X", "*8*X").replace("GE*1*7~", "GE*1*8~"));
    check(&groups, &[SET, SET], &["x12.repeated-set"]);
    let group = "GS*SW*AA*BB*20261120*0830*7*X*004010~GE*0*7~";
    check(&format!("{ISA}{group}{group}IEA*2*000000007~"), &[], &["x12.duplicate-group-number"]);
}

#[test]
fn what_stands_outside_its_envelope_is_said_and_reading_goes_on() {
    let no_group = format!("{ISA}{BODY}IEA*0*000000007~");
    check(&no_group, &[SET], &["x12.group-missing-header"]);
    let stray = interchange(&format!("N1*ST*A~N3*B~{BODY}"), 1);
    check(&stray, &[SET], &["x12.segment-outside-set"]);
    let alone = check(&interchange(&format!("SE*2*0009~{BODY}"), 1), &[SET], &["x12.set-missing-header"]);
    assert_eq!(alone.diagnostics[0].severity, Severity::Warning, "nothing is lost");
    // Up to its SE it is a set of its own, whatever follows.
    let lost = "W06*N*SO2*20261120~SE*2*0009~";
    let reading = check(
        &interchange(&format!("{lost}{BODY}{lost}"), 1),
        &[SET],
        &["x12.segment-outside-set", "x12.set-missing-header", "x12.segment-outside-set", "x12.set-missing-header"],
    );
    let from = ISA.len() + "GS*SW*SENDER*RECEIVER*20261120*0830*7*X*004010~".len();
    assert_eq!(reading.events[2], format!("Skipped({from}..{})", from + lost.len()));
    let Place::Payload(place) = &reading.diagnostics[1].place else { panic!("it has a place") };
    assert_eq!((place.set.as_deref(), place.segment.as_deref()), (Some("0009"), Some("W06")));
    assert_eq!(place.bytes, from as u64..(from + lost.len()) as u64);
    check(&format!("{ISA}GE*1*7~IEA*0*000000007~"), &[], &["x12.group-missing-header"]);
}

#[test]
fn a_set_without_se_stops_at_the_next_envelope_segment() {
    let cut = "ST*945*0001~W06*N*SO1*20261120~";
    let next = BODY.replace("0001", "0002");
    let broken = "945 0001 incomplete | ST*945*0001 | W06*N*SO1*20261120";
    let good = SET.replace("0001", "0002");
    check(&interchange(&format!("{cut}{next}"), 2), &[broken, &good], &["x12.set-missing-trailer"]);
    check(&interchange(cut, 1), &[broken], &["x12.set-missing-trailer"]);
    check(&interchange(BODY, 1).replace("GE*1*7~", ""), &[SET], &["x12.group-missing-trailer"]);
    let other = interchange(BODY, 1).replace("000000007", "000000008");
    let missing = ["x12.set-missing-trailer", "x12.group-missing-trailer", "x12.interchange-missing-trailer"];
    for other in [other.clone(), other.replace('*', "|"), other.replace('~', "\n")] {
        let first = interchange(cut, 1);
        let input = format!("{}{other}", &first[..first.find("GE*").unwrap()]);
        check(&input, &[broken, SET], &missing);
    }
}

#[test]
fn an_input_that_ends_too_early_is_known_as_such_wherever_it_ends() {
    let plain = interchange(BODY, 1);
    for length in 107..plain.len() {
        let reading = read_with(&plain.as_bytes()[..length], &ReadOptions::default());
        assert_eq!(read_in_pieces(&plain.as_bytes()[..length], &[1], &ReadOptions::default()), reading);
        let codes = reading.codes();
        let last = plain.find("IEA*1*000000007").unwrap() + "IEA*1*000000007".len();
        if length < last - 8 {
            assert!(codes.contains(&"x12.truncated"), "{length}: {codes:?}");
            let complete = reading
                .events
                .iter()
                .any(|event| event.starts_with("InterchangeEnd") && event.contains("complete: true"));
            assert!(!complete, "{length}");
        }
        let sets = reading.events.iter().filter(|event| event.starts_with("Set")).count();
        let incomplete = reading.events.iter().filter(|event| event.contains("incomplete")).count();
        let end_of_set = plain.find("SE*3*0001").unwrap();
        if sets > incomplete {
            assert!(length > end_of_set + 2, "{length}: a set is complete before its SE came");
        }
    }
    check(&plain[..plain.len() - 1], &[SET], &["x12.missing-terminator"]);
    check(plain.replace('~', "\n").trim_end(), &[SET], &[]);
}

#[test]
fn sets_without_envelope_are_read_on_request() {
    let options = ReadOptions { bare_sets: true, ..ReadOptions::default() };
    let two = format!("{BODY}{}", BODY.replace("0001", "0002"));
    check_with(two.as_bytes(), &options, &[SET, &SET.replace("0001", "0002")], &[]);
    check_with(
        two.replace('~', "\r\n").replace('*', "|").as_bytes(),
        &options,
        &[SET, &SET.replace("0001", "0002")],
        &[],
    );
    let group = format!("GS*SW*AA*BB*20261120*0830*7*X*005010~{BODY}GE*1*7~");
    check_with(group.as_bytes(), &options, &[SET], &[]);
    check_with(format!("{BODY}{}", interchange(BODY, 1)).as_bytes(), &options, &[SET, SET], &[]);
    check_with(&BODY.as_bytes()[..20], &options, &["945 0001 incomplete | ST*945*0001 | W06*N*SO"], &["x12.truncated"]);
}
