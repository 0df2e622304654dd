//! Inside transaction sets: binary data, places, limits, text.

use super::*;
use crate::diagnostic::Severity;

#[test]
fn binary_data_is_moved_over_by_its_length() {
    let with = |segment: &str| interchange(&format!("ST*945*0001~{segment}~SE*3*0001~"), 1);
    let unknown = &["x12.unknown-segment"][..];
    let read = |segment: &str| format!("945 0001 | ST*945*0001 | ?{segment} | SE*3*0001");
    check(&with("BDS*ASC*9*a~b*c\r\nSE"), &[&read("BDS*ASC*9*a~b*c\r\nSE")], unknown);
    check(&with("BIN*5*~SE*2"), &[&read("BIN*5*~SE*2")], &["x12.unexpected-segment"]);
    check(&with("BIN*3*AB"), &[&read("BIN*3*AB")], &["x12.binary-length", "x12.unexpected-segment"]);
    check(
        &with("BIN*99999999999*AB"),
        &[&read("BIN*99999999999*AB")],
        &["x12.binary-length", "x12.unexpected-segment"],
    );
    check(&with("BIN*X*AB"), &[&read("BIN*X*AB")], &["x12.binary-length", "x12.unexpected-segment"]);
    check(&with("BIN*3"), &[&read("BIN*3")], &["x12.unexpected-segment"]);
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
    assert_eq!(reading.diagnostics[1].message, "transaction set 945 of release 004010 has no place for segment W05");
    assert_eq!(reading.diagnostics[1].cause.as_deref(), Some("it belongs to 940"));
    let reading = check(
        &with("W12*CC*1*1*0*EA~", 4),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | W12*CC*1*1*0*EA | SE*4*0001"],
        &["x12.missing-trigger"],
    );
    assert_eq!(reading.diagnostics[0].message, "segment W12 stands in loop LX, but no segment LX opens it");
    assert_eq!(reading.diagnostics[0].severity, Severity::Warning, "LX only counts");
    // What W12 would say is lost, whether or not LX is there.
    let reading = check(
        &with("LX*1~G69*TENT~LX*2~W12*CC*1*1*0*EA~", 7),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | LX*1 | G69*TENT | LX*2 | W12*CC*1*1*0*EA | SE*7*0001"],
        &["x12.missing-trigger"],
    );
    let alone = check(
        &with("G69*TENT~", 4),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | G69*TENT | SE*4*0001"],
        &["x12.missing-trigger"],
    );
    for found in [&reading.diagnostics[0], &alone.diagnostics[0]] {
        let expected = "segment G69 stands in loop W12, but no segment W12 opens it";
        assert_eq!((found.severity, found.message.as_str()), (Severity::Error, expected));
    }
    let reading = check(
        &with("W27*M*ABFS~G62*11*20261120~", 5),
        &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | W27*M*ABFS | G62*11*20261120 | SE*5*0001"],
        &["x12.segment-order"],
    );
    assert_eq!(reading.diagnostics[0].message, "segment G62 stands behind segment W27, its place is before it");
}

#[test]
fn a_set_that_is_not_known_is_delivered_unplaced() {
    let input = interchange("ST*271*0001~BHT*0022~SE*3*0001~", 1);
    check(&input, &["271 0001 | ?ST*271*0001 | ?BHT*0022 | ?SE*3*0001"], &["x12.unknown-set"]);
}

#[test]
fn what_exceeds_a_limit_is_passed_over_and_its_neighbours_are_read() {
    let limits =
        Limits { transaction_set_bytes: 200, segment_bytes: 60, elements_per_segment: 12, ..Limits::default() };
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let next = BODY.replace("0001", "0002");
    let good = SET.replace("0001", "0002");
    for (segments, code) in [
        ("N1*ST*A~".repeat(30), "x12.set-too-large"),
        (format!("N1*ST*{}~", "A".repeat(60)), "x12.segment-too-long"),
        (format!("N1{}~", "*A".repeat(13)), "x12.too-many-elements"),
    ] {
        let large = format!("ST*945*0001~{segments}SE*3*0001~");
        let reading = check_with(interchange(&format!("{large}{next}"), 2).as_bytes(), &options, &[&good], &[code]);
        let from = ISA.len() + "GS*SW*SENDER*RECEIVER*20261120*0830*7*X*004010~".len();
        assert_eq!(reading.events[2], format!("Skipped({from}..{})", from + large.len()));
        check_with(interchange(&large.replace("SE*3*0001~", ""), 1).as_bytes(), &options, &[], &[code]);
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
    check_with(endless.as_bytes(), &options, &[], &["x12.segment-too-long", "x12.truncated"]);
}

#[test]
fn an_interchange_past_its_limit_is_passed_over_to_its_iea() {
    let limits = Limits { interchange_bytes: 200, ..Limits::default() };
    let options = ReadOptions { limits, ..ReadOptions::default() };
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
    check_with(&with("Zoë".as_bytes()), &options, &["945 0001 | ST*945*0001 | W06*N*Zoë*20261120 | SE*3*0001"], &[]);
    let latin = "945 0001 | ST*945*0001 | W06*N*Zo\u{FFFD}*20261120 | SE*3*0001";
    let reading = check_with(&with(b"Zo\xEB"), &options, &[latin], &["x12.character"]);
    assert!(format!("{:?}", reading.diagnostics[0].place).contains("element: Some(2)"));
}

#[test]
fn places_have_control_numbers_positions_lines_and_columns() {
    let input = interchange(&BODY.replace("SE*3*", "SE*9*"), 1).replace('~', "~\r\n");
    let reading = check(&input, &["945 0001 | ST*945*0001 | W06*N*SO1*20261120 | SE*9*0001"], &["x12.segment-count"]);
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
