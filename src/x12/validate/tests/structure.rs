//! What is missing and what is too many.

use super::validated;

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
