use super::{ReadOptions, Reader, Step};
use crate::diagnostic::Diagnostics;
use crate::tree::{ItemId, Tree};
use crate::x12::delimiters::LineEnd;
use crate::x12::limits::Limits;

/// Everything a reader says about an input: one line a step, with the tree of each set, then the diagnostics.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    events: Vec<String>,
    diagnostics: Vec<crate::diagnostic::Diagnostic>,
}

impl Reading {
    fn codes(&self) -> Vec<&'static str> {
        self.diagnostics.iter().map(|found| found.code.name()).collect()
    }
}

/// Reads `bytes` in pieces of the given lengths (the last repeats), as a caller does who drops what is consumed.
fn read_in_pieces(bytes: &[u8], pieces: &[usize], options: &ReadOptions) -> Reading {
    let mut reader = Reader::new(options.clone());
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::unlimited();
    let mut events = Vec::new();
    let mut pieces = pieces
        .iter()
        .copied()
        .chain(std::iter::repeat(pieces.last().copied().unwrap_or(1)));
    let mut buffer: Vec<u8> = Vec::new();
    let mut fed = 0;
    let mut idle = 0;
    loop {
        let progress = reader.next(&buffer, fed == bytes.len(), &mut tree, &mut diagnostics);
        let event = match &progress.step {
            Step::NeedMore => None,
            Step::Set(range) => Some(shown(&reader, &tree, &buffer[range.clone()])),
            Step::Interchange => Some(format!("{:?}", reader.interchange().unwrap())),
            Step::Group => Some(format!("{:?}", reader.group().unwrap())),
            step => Some(format!("{step:?}")),
        };
        let end = progress.step == Step::End;
        events.extend(event);
        idle = if progress.consumed == 0 { idle + 1 } else { 0 };
        assert!(idle < 9, "no progress: {events:?}");
        buffer.drain(..progress.consumed);
        if end {
            break;
        }
        if progress.step == Step::NeedMore {
            assert!(fed < bytes.len(), "more is asked for than there is");
            let next = bytes.len().min(fed + pieces.next().unwrap().max(1));
            buffer.extend_from_slice(&bytes[fed..next]);
            fed = next;
            idle = 0;
        }
    }
    assert!(buffer.is_empty(), "{} bytes were never consumed", buffer.len());
    assert_eq!(reader.offset(), bytes.len() as u64);
    Reading {
        events,
        diagnostics: diagnostics.take(),
    }
}

fn read_with(bytes: &[u8], options: &ReadOptions) -> Reading {
    read_in_pieces(bytes, &[usize::MAX / 2], options)
}

/// A set and its tree, all of it.
fn shown(reader: &Reader, tree: &Tree, bytes: &[u8]) -> String {
    let header = reader.set().unwrap();
    let mut out = format!("Set {} {}", header.set_id(), header.control_number());
    if header.incomplete {
        out.push_str(" incomplete");
    }
    for segment in &tree.segments {
        let place = if segment.item == ItemId::UNPLACED { "?" } else { "" };
        out.push_str(&format!(" | {place}{}", segment.tag));
        for position in 1..=segment.element_count {
            let value = String::from_utf8_lossy(tree.value(segment, position, bytes)).into_owned();
            out.push_str(&format!("*{value}"));
        }
    }
    out.push_str(&format!(" @{}", tree.base));
    out
}

const ISA: &str =
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*0830*U*00401*000000007*0*P*>~";
const BODY: &str = "ST*945*0001~W06*N*SO1*20261120~SE*3*0001~";

/// An interchange of one group around `sets`.
fn interchange(sets: &str, count: usize) -> String {
    format!("{ISA}GS*SW*SENDER*RECEIVER*20261120*0830*7*X*004010~{sets}GE*{count}*7~IEA*1*000000007~")
}

/// Reads `input` whole, byte by byte and in odd pieces, and compares the sets and the codes.
fn check_with(input: &[u8], options: &ReadOptions, sets: &[&str], codes: &[&str]) -> Reading {
    let whole = read_with(input, options);
    for pieces in [&[1][..], &[7], &[3, 600, 1]] {
        assert_eq!(read_in_pieces(input, pieces, options), whole, "in pieces of {pieces:?}");
    }
    let found: Vec<&str> = whole
        .events
        .iter()
        .filter_map(|event| event.strip_prefix("Set "))
        .collect();
    let found: Vec<&str> = found.iter().map(|set| set.rsplit_once(" @").unwrap().0).collect();
    assert_eq!(found, sets);
    assert_eq!(whole.codes(), codes, "{:#?}", whole.diagnostics);
    whole
}

fn check(input: &str, sets: &[&str], codes: &[&str]) -> Reading {
    check_with(input.as_bytes(), &ReadOptions::default(), sets, codes)
}

const SET: &str = "945 0001 | ST*945*0001 | W06*N*SO1*20261120 | SE*3*0001";

#[test]
fn a_plain_interchange_is_read_without_a_remark() {
    let reading = check(&interchange(BODY, 1), &[SET], &[]);
    assert_eq!(reading.events.len(), 6);
    assert_eq!(
        reading.events[3],
        "GroupEnd(Trailer { claimed: Some(1), seen: 1, complete: true, control_number_fits: true })"
    );
}

#[test]
fn delimiters_come_from_isa_whatever_they_are() {
    let plain = interchange(BODY, 1);
    for (element, component, segment) in [
        ("|", ">", "\n"),
        ("*", ">", "\r"),
        ("~", ">", "?"),
        ("*", "~", "\n"),
        (">", "+", "\x15"),
        ("^", ":", "'"),
        ("\x7F", ":", "!"),
        ("\x1D", "\x1F", "\x1C"),
        ("*", ":", "."),
    ] {
        // In two steps, so that a delimiter that becomes another's old byte is not replaced twice.
        let marked = plain.replace('*', "\u{1}").replace('>', "\u{2}").replace('~', "\u{3}");
        let input = marked
            .replace('\u{1}', element)
            .replace('\u{2}', component)
            .replace('\u{3}', segment);
        check(&input, &[SET], &[]);
    }
}

#[test]
fn delimiters_may_be_single_bytes_beyond_ascii() {
    let swap = |byte: u8| match byte {
        b'*' => 0xA6,
        b'~' => 0x85,
        byte => byte,
    };
    let input: Vec<u8> = interchange(BODY, 1).bytes().map(swap).collect();
    check_with(&input, &ReadOptions::default(), &[SET], &[]);
}

#[test]
fn line_ends_and_indents_behind_the_terminator_are_no_data_and_are_remembered() {
    for (line_end, expected) in [
        ("\n", LineEnd::LineFeed),
        ("\r\n", LineEnd::CarriageReturnLineFeed),
        ("\r", LineEnd::CarriageReturn),
        ("\r\n    ", LineEnd::CarriageReturnLineFeed),
    ] {
        let input = interchange(BODY, 1).replace('~', &format!("~{line_end}"));
        let reading = check(&input, &[SET], &[]);
        assert!(reading.events[0].contains(&format!("line_end: {expected:?}")));
    }
    // The terminator is CR with an LF behind it, then LF with a CR before it in all lines but that of ISA.
    check(&interchange(BODY, 1).replace('~', "\r\n"), &[SET], &[]);
    let body = interchange(BODY, 1).split_off(106).replace('~', "\r\n");
    check(&format!("{}\n{body}", &ISA[..105]), &[SET], &[]);
}

#[test]
fn isa_of_another_length_is_read_by_its_separators() {
    let short = |isa: &str| interchange(BODY, 1).replace(ISA, isa);
    let collapsed = "ISA*00* *00* *ZZ*SENDER*ZZ*RECEIVER*261120*0830*U*00401*000000007*0*P*>~";
    let reading = check(&short(collapsed), &[SET], &["x12.isa-length"]);
    assert!(
        reading.diagnostics[0]
            .message
            .contains("ISA06 has 6 characters instead of 15")
    );
    check(&short(&collapsed.replace('~', "~\r\n")), &[SET], &["x12.isa-length"]);
    check(
        &short(&collapsed.replace("*P*>", "*P*::")),
        &[SET],
        &["x12.isa-length", "x12.delimiter-clash"],
    );
    check(
        &short(&collapsed.replace("*P*>", "*P*🚀")),
        &[SET],
        &["x12.isa-length", "x12.delimiter-clash"],
    );
    check(
        &short(&collapsed.replace("*P*>", "*P*")),
        &[SET],
        &["x12.isa-length", "x12.delimiter-clash"],
    );
    check(
        &short(&collapsed.replace("*P*>", "*P**")),
        &[SET],
        &["x12.isa-length", "x12.delimiter-clash"],
    );
    let reading = check(
        &short("ISA*00*          *00*          *ZZ*SENDER~\n"),
        &[SET],
        &["x12.isa-length", "x12.interchange-control-number"],
    );
    assert_eq!(reading.diagnostics[0].message, "ISA has 6 elements, 16 are expected");
    check(
        &short(&collapsed.replace("*>~", "*>*EXTRA~")),
        &[SET],
        &["x12.isa-length"],
    );
    // ISA16 and the terminator are lost, and the line end stands where the terminator should.
    check(
        &interchange(BODY, 1).replace("*P*>~", "*P*\n"),
        &[SET],
        &["x12.delimiter-clash"],
    );
    check(
        &interchange(BODY, 1).replace("*P*>~", "*P*~\n"),
        &[SET],
        &["x12.delimiter-clash"],
    );
}

#[test]
fn delimiters_that_cannot_be_are_said_clearly() {
    let reading = check(
        &interchange(BODY, 1).replace('~', "Ö"),
        &[],
        &["x12.isa-unreadable", "x12.bytes-skipped"],
    );
    assert!(
        reading.diagnostics[0]
            .message
            .ends_with("a character of more than one byte")
    );
    check(&ISA[..100], &[], &["x12.isa-unreadable", "x12.bytes-skipped"]);
    check(
        &interchange(BODY, 1).replace("*P*>", "*P**"),
        &[SET],
        &["x12.delimiter-clash"],
    );
    check(
        &interchange(BODY, 1).replace("*P*>", "*P*A"),
        &[SET],
        &["x12.delimiter-clash"],
    );
}

#[test]
fn the_repetition_separator_is_isa11_from_00402_on_and_never_a_letter() {
    let with = |isa11: &str, version: &str| interchange(BODY, 1).replace("*U*00401*", &format!("*{isa11}*{version}*"));
    for (isa11, version, expected, codes) in [
        ("U", "00401", "None", &[][..]),
        ("^", "00401", "None", &[]),
        ("^", "00501", "Some(94)", &[]),
        ("^", "00402", "Some(94)", &[]),
        ("U", "00501", "None", &["x12.repetition-separator"]),
        (" ", "00501", "None", &["x12.repetition-separator"]),
        (">", "00501", "None", &["x12.delimiter-clash"]),
    ] {
        let reading = check(&with(isa11, version), &[SET], codes);
        assert!(
            reading.events[0].contains(&format!("repetition: {expected}")),
            "{isa11} {version}"
        );
    }
}

#[test]
fn what_stands_around_interchanges_is_skipped_and_said() {
    let plain = interchange(BODY, 1);
    let twice = interchange(BODY, 1)
        .replace("000000007", "000000008")
        .replace('*', "|")
        .replace('~', "\n");
    check(&format!("\u{FEFF}{plain}"), &[SET], &["x12.byte-order-mark"]);
    check(&format!("\r\n\r\n  {plain}\r\n\r\n\u{1A}"), &[SET], &[]);
    check(&format!("{plain}\n{twice}\n"), &[SET, SET], &[]);
    let reading = check(
        &format!("{plain}{plain}"),
        &[SET, SET],
        &["x12.duplicate-interchange-number"],
    );
    assert!(
        reading.diagnostics[0]
            .message
            .contains("from ZZ/SENDER to ZZ/RECEIVER occurs twice")
    );
    let mail = "Subject: ISA orders\r\nFrom: ISAAC (ISA)\r\n\r\n";
    let reading = check(&format!("{mail}{plain}"), &[SET], &["x12.bytes-skipped"]);
    assert_eq!(reading.events[0], format!("Skipped(0..{})", mail.len()));
    check(&format!("{plain}-- end --{twice}"), &[SET, SET], &["x12.bytes-skipped"]);
    check(&format!("{plain}IEA*1*000000007~"), &[SET], &["x12.bytes-skipped"]);
    check(&plain.replace("ISA*", "isa*"), &[SET], &["x12.isa-lower-case"]);
    // ISA as data opens nothing.
    check(
        &interchange(&BODY.replace("SO1", "ISA").replace("~SE*3", "~N1*ST*ISA INC~SE*4"), 1),
        &["945 0001 | ST*945*0001 | W06*N*ISA*20261120 | N1*ST*ISA INC | SE*4*0001"],
        &[],
    );
}

#[test]
fn an_input_without_interchange_says_what_it_looks_like() {
    for (input, code, cause) in [
        (&b""[..], "x12.no-interchange", None),
        (b"\n \n", "x12.no-interchange", None),
        (b"XSA*00*", "x12.no-interchange", None),
        (
            b"ST*945*0001~SE*2*0001~",
            "x12.no-interchange",
            Some("it starts with a transaction set, without the envelope ISA and GS"),
        ),
        (
            b"UNB+UNOA:1",
            "x12.no-interchange",
            Some("it starts as an EDIFACT interchange does"),
        ),
        (b"I\0S\0A\0*\0", "x12.no-interchange", Some("it is UTF-16 text")),
        (b"\xC9\xE2\xC1\x5C", "x12.ebcdic", None),
    ] {
        let reading = check_with(input, &ReadOptions::default(), &[], &[code]);
        assert_eq!(reading.diagnostics[0].cause.as_deref(), cause);
    }
}

#[test]
fn wrapped_lines_are_joined_and_said_once() {
    let plain = interchange(&BODY.replace("SO1", "SO1 AND A LONGER DEPOSITOR ORDER NUMBER"), 1);
    let joined = "945 0001 | ST*945*0001 | W06*N*SO1 AND A LONGER DEPOSITOR ORDER NUMBER*20261120 | SE*3*0001";
    for (width, line_end) in [(80, "\n"), (80, "\r\n"), (7, "\n"), (53, "\r")] {
        let lines: Vec<&str> = plain
            .as_bytes()
            .chunks(width)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        check(&lines.join(line_end), &[joined], &["x12.wrapped-lines"]);
    }
    let reading = check(
        &plain.replace("DEPOSITOR", "DEPO\r\nSITOR"),
        &[joined],
        &["x12.wrapped-lines"],
    );
    let place = format!("{:?}", reading.diagnostics[0].place);
    assert!(
        place.contains("segment_position: Some(2)") && place.contains("element: Some(2)"),
        "{place}"
    );
}

#[test]
fn an_interchange_acknowledgment_stands_alone_or_before_a_group() {
    let alone = format!("{ISA}TA1*000000001*261119*1200*A*000~IEA*0*000000007~");
    let reading = check(&alone, &[], &[]);
    assert!(reading.events[1].contains("control_number: \"000000001\"") && reading.events[1].contains("code: \"A\""));
    check(
        &interchange(BODY, 1).replace("~GS", "~TA1*000000001*261119*1200*A*000~GS"),
        &[SET],
        &[],
    );
}

#[test]
fn binary_data_is_moved_over_by_its_length() {
    let with = |segment: &str| interchange(&format!("ST*945*0001~{segment}~SE*3*0001~"), 1);
    let unknown = &["x12.unknown-segment"][..];
    let read = |segment: &str| format!("945 0001 | ST*945*0001 | ?{segment} | SE*3*0001");
    check(
        &with("BDS*ASC*9*a~b*c\r\nSE"),
        &[&read("BDS*ASC*9*a~b*c\r\nSE")],
        unknown,
    );
    check(
        &with("BIN*5*~SE*2"),
        &[&read("BIN*5*~SE*2")],
        &["x12.unexpected-segment"],
    );
    check(
        &with("BIN*3*AB"),
        &[&read("BIN*3*AB")],
        &["x12.binary-length", "x12.unexpected-segment"],
    );
    check(
        &with("BIN*99999999999*AB"),
        &[&read("BIN*99999999999*AB")],
        &["x12.binary-length", "x12.unexpected-segment"],
    );
    check(
        &with("BIN*X*AB"),
        &[&read("BIN*X*AB")],
        &["x12.binary-length", "x12.unexpected-segment"],
    );
    check(&with("BIN*3"), &[&read("BIN*3")], &["x12.unexpected-segment"]);
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
fn control_numbers_that_occur_twice_are_said() {
    check(
        &interchange(&BODY.repeat(2), 2),
        &[SET, SET],
        &["x12.duplicate-set-number"],
    );
    let group = "GS*SW*A*B*20261120*0830*7*X*004010~GE*0*7~";
    check(
        &format!("{ISA}{group}{group}IEA*2*000000007~"),
        &[],
        &["x12.duplicate-group-number"],
    );
}

#[test]
fn what_stands_outside_its_envelope_is_said_and_reading_goes_on() {
    let no_group = format!("{ISA}{BODY}IEA*0*000000007~");
    check(&no_group, &[SET], &["x12.group-missing-header"]);
    let stray = interchange(&format!("N1*ST*A~N3*B~{BODY}"), 1);
    check(&stray, &[SET], &["x12.segment-outside-set"]);
    check(
        &interchange(&format!("SE*2*0009~{BODY}"), 1),
        &[SET],
        &["x12.set-missing-header"],
    );
    check(
        &format!("{ISA}GE*1*7~IEA*0*000000007~"),
        &[],
        &["x12.group-missing-header"],
    );
}

#[test]
fn a_set_without_se_stops_at_the_next_envelope_segment() {
    let cut = "ST*945*0001~W06*N*SO1*20261120~";
    let next = BODY.replace("0001", "0002");
    let broken = "945 0001 incomplete | ST*945*0001 | W06*N*SO1*20261120";
    let good = SET.replace("0001", "0002");
    check(
        &interchange(&format!("{cut}{next}"), 2),
        &[broken, &good],
        &["x12.set-missing-trailer"],
    );
    check(&interchange(cut, 1), &[broken], &["x12.set-missing-trailer"]);
    check(
        &interchange(BODY, 1).replace("GE*1*7~", ""),
        &[SET],
        &["x12.group-missing-trailer"],
    );
    let other = interchange(BODY, 1).replace("000000007", "000000008");
    let missing = [
        &"x12.set-missing-trailer",
        "x12.group-missing-trailer",
        "x12.interchange-missing-trailer",
    ];
    for other in [other.clone(), other.replace('*', "|"), other.replace('~', "\n")] {
        let first = interchange(cut, 1);
        let input = format!("{}{other}", &first[..first.find("GE*").unwrap()]);
        check(&input, &[broken, SET], &missing.map(|code| code as &str));
    }
}

#[test]
fn an_input_that_ends_too_early_is_known_as_such_wherever_it_ends() {
    let plain = interchange(BODY, 1);
    for length in 107..plain.len() {
        let reading = read_with(&plain.as_bytes()[..length], &ReadOptions::default());
        assert_eq!(
            read_in_pieces(&plain.as_bytes()[..length], &[1], &ReadOptions::default()),
            reading
        );
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
        let incomplete = reading
            .events
            .iter()
            .filter(|event| event.contains("incomplete"))
            .count();
        let end_of_set = plain.find("SE*3*0001").unwrap();
        if sets > incomplete {
            assert!(
                length > end_of_set + 2,
                "{length}: a set is complete before its SE came"
            );
        }
    }
    check(&plain[..plain.len() - 1], &[SET], &["x12.missing-terminator"]);
    check(plain.replace('~', "\n").trim_end(), &[SET], &[]);
}

#[test]
fn segments_out_of_place_are_kept_and_said() {
    let with = |segments: &str, count: usize| {
        interchange(&format!("ST*945*0001~W06*N*SO1*20261120~{segments}SE*{count}*0001~"), 1)
    };
    let reading = check(
        &with("ZZZ*1~W05*N~LX*1~", 6),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | ?ZZZ*1 | ?W05*N | LX*1 | SE*6*0001"],
        &["x12.unknown-segment", "x12.unexpected-segment"],
    );
    assert_eq!(
        reading.diagnostics[1].message,
        "transaction set 945 of release 004010 has no place for segment W05"
    );
    assert_eq!(reading.diagnostics[1].cause.as_deref(), Some("it belongs to 940"));
    let reading = check(
        &with("W12*CC*1*1*0*EA~", 4),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | W12*CC*1*1*0*EA | SE*4*0001"],
        &["x12.missing-trigger"],
    );
    assert_eq!(
        reading.diagnostics[0].message,
        "segment W12 stands in loop LX, but no segment LX opens it"
    );
    let reading = check(
        &with("W27*M*ABFS~G62*11*20261120~", 5),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | W27*M*ABFS | G62*11*20261120 | SE*5*0001"],
        &["x12.segment-order"],
    );
    assert_eq!(
        reading.diagnostics[0].message,
        "segment G62 stands behind segment W27, its place is before it"
    );
}

#[test]
fn a_set_that_is_not_known_is_delivered_unplaced() {
    let input = interchange("ST*271*0001~BHT*0022~SE*3*0001~", 1);
    check(
        &input,
        &["271 0001 | ?ST*271*0001 | ?BHT*0022 | ?SE*3*0001"],
        &["x12.unknown-set"],
    );
}

#[test]
fn sets_without_envelope_are_read_on_request() {
    let options = ReadOptions {
        bare_sets: true,
        ..ReadOptions::default()
    };
    let two = format!("{BODY}{}", BODY.replace("0001", "0002"));
    check_with(two.as_bytes(), &options, &[SET, &SET.replace("0001", "0002")], &[]);
    check_with(
        two.replace('~', "\r\n").replace('*', "|").as_bytes(),
        &options,
        &[SET, &SET.replace("0001", "0002")],
        &[],
    );
    let group = format!("GS*SW*A*B*20261120*0830*7*X*005010~{BODY}GE*1*7~");
    check_with(group.as_bytes(), &options, &[SET], &[]);
    check_with(
        format!("{BODY}{}", interchange(BODY, 1)).as_bytes(),
        &options,
        &[SET, SET],
        &[],
    );
    check_with(
        &BODY.as_bytes()[..20],
        &options,
        &["945 0001 incomplete | ST*945*0001 | W06*N*SO"],
        &["x12.truncated"],
    );
}

#[test]
fn what_exceeds_a_limit_is_passed_over_and_its_neighbours_are_read() {
    let limits = Limits {
        transaction_set_bytes: 200,
        segment_bytes: 60,
        elements_per_segment: 12,
        loop_depth: 2,
        ..Limits::default()
    };
    let options = ReadOptions {
        limits,
        ..ReadOptions::default()
    };
    let next = BODY.replace("0001", "0002");
    let good = SET.replace("0001", "0002");
    for (segments, code) in [
        ("N1*ST*A~".repeat(30), "x12.set-too-large"),
        (format!("N1*ST*{}~", "A".repeat(60)), "x12.segment-too-long"),
        (format!("N1{}~", "*A".repeat(13)), "x12.too-many-elements"),
    ] {
        let large = format!("ST*945*0001~{segments}SE*3*0001~");
        let reading = check_with(
            interchange(&format!("{large}{next}"), 2).as_bytes(),
            &options,
            &[&good],
            &[code],
        );
        let from = ISA.len() + "GS*SW*SENDER*RECEIVER*20261120*0830*7*X*004010~".len();
        assert_eq!(reading.events[2], format!("Skipped({from}..{})", from + large.len()));
        check_with(
            interchange(&large.replace("SE*3*0001~", ""), 1).as_bytes(),
            &options,
            &[],
            &[code],
        );
    }
    let header = format!("ST*945*{}~SE*2*1~", "A".repeat(60));
    check_with(
        interchange(&format!("{header}{next}"), 2).as_bytes(),
        &options,
        &[&good],
        &["x12.segment-too-long", "x12.set-missing-header", "x12.group-count"],
    );
    // Garbage without a terminator is not kept until it ends.
    let garbage = interchange(&format!("{}~{BODY}", "X".repeat(1000)), 1);
    check_with(garbage.as_bytes(), &options, &[SET], &["x12.segment-too-long"]);
    let endless = format!("{ISA}{}", "X".repeat(1000));
    check_with(
        endless.as_bytes(),
        &options,
        &[],
        &["x12.segment-too-long", "x12.truncated"],
    );
    let deep = "HL*1**S~HL*2*1*O~HL*3*2*I~".to_owned();
    let input = interchange(&format!("ST*856*0001~{deep}SE*5*0001~"), 1).replace("GS*SW", "GS*SH");
    let set = "856 0001 | ST*856*0001 | HL*1**S | HL*2*1*O | HL*3*2*I | SE*5*0001";
    check_with(input.as_bytes(), &options, &[set], &["x12.loops-too-deep"]);
}

#[test]
fn an_interchange_past_its_limit_is_passed_over_to_its_iea() {
    let limits = Limits {
        interchange_bytes: 200,
        ..Limits::default()
    };
    let options = ReadOptions {
        limits,
        ..ReadOptions::default()
    };
    let other = interchange("", 0).replace("000000007", "000000008");
    let input = format!("{}{other}", interchange(&BODY.repeat(5), 5));
    let reading = check_with(input.as_bytes(), &options, &[SET], &["x12.interchange-too-large"]);
    assert!(reading.events.iter().any(|event| event.starts_with("Skipped(")));
}

#[test]
fn text_that_is_not_ascii_is_decoded_by_the_partners_character_set_or_a_guess() {
    let with = |name: &[u8]| {
        let body = [b"ST*945*0001~W06*N*", name, b"*20261120~SE*3*0001~"].concat();
        let plain = interchange("\u{1}", 1);
        let (before, after) = plain.split_once('\u{1}').unwrap();
        [before.as_bytes(), &body, after.as_bytes()].concat()
    };
    let options = ReadOptions::default();
    check_with(
        &with("Zoë".as_bytes()),
        &options,
        &["945 0001 | ST*945*0001 | W06*N*Zoë*20261120 | SE*3*0001"],
        &[],
    );
    let latin = "945 0001 | ST*945*0001 | W06*N*Zo\u{FFFD}*20261120 | SE*3*0001";
    let reading = check_with(&with(b"Zo\xEB"), &options, &[latin], &["x12.character"]);
    assert!(format!("{:?}", reading.diagnostics[0].place).contains("element: Some(2)"));
}

#[test]
fn places_have_control_numbers_positions_lines_and_columns() {
    let input = interchange(&BODY.replace("SE*3*", "SE*9*"), 1).replace('~', "~\r\n");
    let reading = check(
        &input,
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | SE*9*0001"],
        &["x12.segment-count"],
    );
    let crate::diagnostic::Place::Payload(place) = &reading.diagnostics[0].place else {
        panic!("no place in the payload");
    };
    assert_eq!(place.interchange.as_deref(), Some("000000007"));
    assert_eq!(place.group.as_deref(), Some("7"));
    assert_eq!(place.set.as_deref(), Some("0001"));
    assert_eq!(place.set_id.as_deref(), Some("945"));
    assert_eq!((place.segment_position, place.element), (Some(3), Some(1)));
    assert_eq!((place.line, place.column), (5, 4));
    let start = place.bytes.start as usize;
    assert_eq!(&input.as_bytes()[start..place.bytes.end as usize], b"9");
    let excerpt = place.excerpt.as_ref().unwrap();
    assert_eq!((excerpt.text.as_str(), excerpt.mark.clone()), ("SE*9*0001", 3..4));
}

mod any_bytes {
    use proptest::prelude::*;

    use super::{BODY, Limits, ReadOptions, interchange, read_in_pieces, read_with};

    /// Interchanges with something done to them: bytes replaced, cut out, put in.
    fn inputs() -> impl Strategy<Value = Vec<u8>> {
        let bodies = prop::collection::vec(
            prop_oneof![
                Just(BODY.to_owned()),
                Just("ST*945*0002~W06*N*SO1~LX*1~W12*CC*1*1*0*EA~N9*LI*1~SE*6*0002~".to_owned()),
                Just("ST*856*3~BSN*00*1*20261120*1200~HL*1**S~BIN*5*a~b*c~SE*5*3~".to_owned()),
                Just("ST*940*4~W05*N*Zo\u{EB}~".to_owned()),
            ],
            0..4,
        );
        let edits = prop::collection::vec((any::<prop::sample::Index>(), edit()), 0..5);
        let terminator = prop_oneof![Just("~"), Just("\n"), Just("~\r\n"), Just("\r\n"), Just("~\n  ")];
        (bodies, terminator, 0..3_usize, edits).prop_map(|(bodies, terminator, copies, edits)| {
            let plain = interchange(&bodies.concat(), bodies.len()).replace('~', terminator);
            let mut bytes = plain.repeat(copies).into_bytes();
            for (at, edit) in edits {
                let at = if bytes.is_empty() { 0 } else { at.index(bytes.len()) };
                match edit {
                    Edit::Insert(new) => drop(bytes.splice(at..at, new)),
                    Edit::Remove(length) => drop(bytes.drain(at..bytes.len().min(at + length))),
                }
            }
            bytes
        })
    }

    #[derive(Debug, Clone)]
    enum Edit {
        Insert(Vec<u8>),
        Remove(usize),
    }

    fn edit() -> impl Strategy<Value = Edit> {
        let words = prop::sample::select(vec![
            "ISA",
            "ISA*00*",
            "GS*",
            "ST*945*9~",
            "SE*1*1~",
            "GE*1*1~",
            "IEA*1*1~",
            "~",
            "*",
            "\n",
            "\r\n",
            "TA1*1~",
            "BIN*9*",
            "Ö",
            ">",
        ]);
        prop_oneof![
            words.prop_map(|word| Edit::Insert(word.as_bytes().to_vec())),
            prop::collection::vec(any::<u8>(), 1..40).prop_map(Edit::Insert),
            (1..200_usize).prop_map(Edit::Remove),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_cut_of_the_bytes_changes_nothing(
            input in inputs(),
            pieces in prop::collection::vec(1..300_usize, 1..6),
            bare_sets in any::<bool>(),
            tight in any::<bool>(),
        ) {
            let limits = if tight {
                Limits { interchange_bytes: 400, transaction_set_bytes: 60, segment_bytes: 30, elements_per_segment: 6, loop_depth: 1, ..Limits::default() }
            } else {
                Limits::default()
            };
            let options = ReadOptions { limits, bare_sets, ..ReadOptions::default() };
            let whole = read_with(&input, &options);
            prop_assert_eq!(&read_in_pieces(&input, &pieces, &options), &whole, "{}", input.escape_ascii());
            prop_assert_eq!(&read_in_pieces(&input, &[1], &options), &whole, "{}", input.escape_ascii());
        }
    }
}
