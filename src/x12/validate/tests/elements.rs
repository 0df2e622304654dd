//! Single elements.

use super::validated;

const HEAD: &str = "W06*N*SO1*20261120~N1*ST*A~";

fn check(release: &str, body: &str, expected: &[&str]) {
    assert_eq!(validated("945", release, &format!("{HEAD}{body}")), expected, "{body}");
}

#[test]
fn each_fault_of_an_element_is_said_with_its_name_and_limit() {
    for (body, expected) in [
        ("N9*BM~", &[][..]),
        ("N9**BOL1~", &["error N901 Reference Identification Qualifier is missing, it is mandatory"]),
        ("N9*  *BOL1~", &["error N901 Reference Identification Qualifier is missing, it is mandatory"]),
        ("N9*B*BOL1~", &["warning N901 Reference Identification Qualifier has 1 character, at least 2 are needed"]),
        ("N9*BILL*BOL1~", &["error N901 Reference Identification Qualifier has 4 characters, at most 3 are allowed"]),
        ("G62*11*20261131~", &["error G6202 Date is `20261131`, which is not a date"]),
        ("G62*11*20261120*8*2460~", &["error G6204 Time is `2460`, which is not a time"]),
        ("W03*12A~", &["error W0301 Number of Units Shipped is `12A`, which is not a number"]),
        ("W03*12345678901~", &["error W0301 Number of Units Shipped has 11 digits, at most 10 are allowed"]),
        ("W03*-1234567890~", &[]),
        ("W03*1*2*LB****~", &[]),
        ("W03*1*2*LB*****X~", &["warning segment W03 has 8 elements, its table has 7"]),
        ("G62~", &["warning segment G62 has no elements"]),
        ("G62***~", &["warning segment G62 has no elements"]),
        ("W27*M*ABFS*A\u{7}B~", &["warning W2703 Routing holds the control character 0x07"]),
        ("W27*M*ABFS*A>B~", &["warning W2703 Routing has 2 components, at most 1 is used"]),
        ("W27*M*ABFS*A^B~", &["warning W2703 Routing has 2 repetitions, at most 1 is allowed"]),
    ] {
        check("004010", body, expected);
    }
}

#[test]
fn lengths_count_characters_and_not_bytes() {
    let name = "é".repeat(60);
    check("004010", &format!("N1*SF*{name}~"), &[]);
    let expected = "error N102 Name has 61 characters, at most 60 are allowed";
    check("004010", &format!("N1*SF*{name}é~"), &[expected]);
}

#[test]
fn with_the_tables_of_another_release_types_and_lengths_do_not_reject() {
    let expected = ["warning W0301 Number of Units Shipped is `12A`, which is not a number"];
    check("004040", "W03*12A~", &expected);
    check("004040", "G62*11*20261131~", &["warning G6202 Date is `20261131`, which is not a date"]);
    check("004040", "N9**BOL1~", &["error N901 Reference Identification Qualifier is missing, it is mandatory"]);
}

#[test]
fn components_of_a_composite_are_checked_each() {
    let body = |c001: &str| format!("BIA*00*SI*1*20261120~LIN*1*SK*A~QTY*33*5*{c001}~");
    let check = |c001: &str, expected: &[&str]| assert_eq!(validated("846", "004010", &body(c001)), expected, "{c001}");
    check("EA", &[]);
    check("EA>1>2", &[]);
    check("EAX", &["error QTY03-01 Unit or Basis for Measurement Code has 3 characters, at most 2 are allowed"]);
    check(">1", &["error QTY03-01 Unit or Basis for Measurement Code is missing, it is mandatory"]);
    check("EA>X", &["error QTY03-02 Exponent is `X`, which is not a number"]);
}
