//! Delimiters, ISA and line ends.

use super::*;

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
        let input = marked.replace('\u{1}', element).replace('\u{2}', component).replace('\u{3}', segment);
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
    assert!(reading.diagnostics[0].message.contains("ISA06 has 6 characters instead of 15"));
    check(&short(&collapsed.replace('~', "~\r\n")), &[SET], &["x12.isa-length"]);
    check(&short(&collapsed.replace("*P*>", "*P*::")), &[SET], &["x12.isa-length", "x12.delimiter-clash"]);
    check(&short(&collapsed.replace("*P*>", "*P*🚀")), &[SET], &["x12.isa-length", "x12.delimiter-clash"]);
    check(&short(&collapsed.replace("*P*>", "*P*")), &[SET], &["x12.isa-length", "x12.delimiter-clash"]);
    check(&short(&collapsed.replace("*P*>", "*P**")), &[SET], &["x12.isa-length", "x12.delimiter-clash"]);
    let reading = check(
        &short("ISA*00*          *00*          *ZZ*SENDER~\n"),
        &[SET],
        &["x12.isa-length", "x12.interchange-control-number"],
    );
    assert_eq!(reading.diagnostics[0].message, "ISA has 6 elements, 16 are expected");
    check(&short(&collapsed.replace("*>~", "*>*EXTRA~")), &[SET], &["x12.isa-length"]);
    // ISA16 and the terminator are lost, and the line end stands where the terminator should.
    check(&interchange(BODY, 1).replace("*P*>~", "*P*\n"), &[SET], &["x12.delimiter-clash"]);
    check(&interchange(BODY, 1).replace("*P*>~", "*P*~\n"), &[SET], &["x12.delimiter-clash"]);
}

#[test]
fn delimiters_that_cannot_be_are_said_clearly() {
    let reading = check(&interchange(BODY, 1).replace('~', "Ö"), &[], &["x12.isa-unreadable", "x12.bytes-skipped"]);
    assert!(reading.diagnostics[0].message.ends_with("a character of more than one byte"));
    check(&ISA[..100], &[], &["x12.isa-unreadable", "x12.bytes-skipped"]);
    check(&interchange(BODY, 1).replace("*P*>", "*P**"), &[SET], &["x12.delimiter-clash"]);
    check(&interchange(BODY, 1).replace("*P*>", "*P*A"), &[SET], &["x12.delimiter-clash"]);
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
        assert!(reading.events[0].contains(&format!("repetition: {expected}")), "{isa11} {version}");
    }
}

#[test]
fn wrapped_lines_are_joined_and_said_once() {
    let plain = interchange(&BODY.replace("SO1", "SO1 AND A LONGER DEPOSITOR ORDER NUMBER"), 1);
    let joined = "945 0001 | ST*945*0001 | W06*N*SO1 AND A LONGER DEPOSITOR ORDER NUMBER*20261120 | SE*3*0001";
    for (width, line_end) in [(80, "\n"), (80, "\r\n"), (7, "\n"), (53, "\r")] {
        let lines: Vec<&str> = plain.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
        check(&lines.join(line_end), &[joined], &["x12.wrapped-lines"]);
    }
    let reading = check(&plain.replace("DEPOSITOR", "DEPO\r\nSITOR"), &[joined], &["x12.wrapped-lines"]);
    let place = format!("{:?}", reading.diagnostics[0].place);
    assert!(place.contains("segment_position: Some(2)") && place.contains("element: Some(2)"), "{place}");
}
