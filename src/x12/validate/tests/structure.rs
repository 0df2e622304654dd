//! What is missing and what is too many.

use super::{validated, validated_by};
use crate::x12::limits::Limits;

fn check(set_id: &str, body: &str, expected: &[&str]) {
    assert_eq!(validated(set_id, "004010", body), expected, "{body}");
}

#[test]
fn what_is_mandatory_and_missing_is_said() {
    let w06 = "W06*N*SO1*20261120~";
    let n1 = "N1*ST*A~";
    check("945", &format!("{w06}{n1}"), &[]);
    check("945", n1, &["error segment W06 is mandatory in the heading of 945 and missing"]);
    check("945", w06, &["warning loop 0100 (N1) is mandatory in the heading of 945 and missing"]);
    let without_lq = format!("{w06}{n1}LM*ZZ~");
    check("945", &without_lq, &["error segment LQ is mandatory in loop 0200 (LM) and missing"]);
}

#[test]
fn what_occurs_too_often_is_said_once() {
    let body = format!("W06*N*SO1*20261120~N1*ST*A~{}", "G62*11*20261120~".repeat(7));
    check("945", &body, &["warning segment G62 occurs 7 times in the heading of 945, at most 5 are allowed"]);
    let body = format!("W06*N*SO1*20261120~{}", "N1*ST*A~".repeat(11));
    check("945", &body, &["warning loop 0100 (N1) occurs 11 times in the heading of 945, at most 10 are allowed"]);
    let body = "W06*N*SO1*20261120~N1*ST*A~N4*RENO~N4*RENO~";
    check("945", body, &["warning segment N4 occurs 2 times in loop 0100 (N1), at most 1 is allowed"]);
}

#[test]
fn levels_nested_deeper_than_the_limit_are_said_once() {
    let deep = |limit: usize, levels: &str| {
        let limits = Limits { loop_depth: limit, ..Limits::default() };
        let found = validated_by(limits, "856", "004010", &format!("BSN*00*S1*20261120*0830~{levels}"));
        found.into_iter().filter(|found| found.contains("nested")).collect::<Vec<_>>()
    };
    let three = "HL*1**S~HL*2*1*O~HL*3*2*I~HL*4*2*I~HL*5*4*F~";
    assert_eq!(deep(2, three), ["error hierarchical levels are nested 3 deep, at most 2 are allowed"]);
    assert_eq!(deep(3, three), ["error hierarchical levels are nested 4 deep, at most 3 are allowed"]);
    assert!(deep(4, three).is_empty());
    assert!(deep(2, "HL*1**S~HL*2*1*O~HL*3*1*O~HL*4*1*O~").is_empty(), "many, but not deep");
    assert_eq!(deep(2, "HL*7**S~HL*B*7*O~HL*C*B*I~").len(), 1, "by whatever numbers");
    assert!(deep(32, three).is_empty());
}
