//! Single elements.

use super::{validated, validated_with};
use crate::tree::charset::Charset;
use crate::x12::reader::ReadOptions;

const HEAD: &str = "W06*N*SO1*20261120~N1*ST*A~";

fn check(release: &str, body: &str, expected: &[&str]) {
    assert_eq!(validated("945", release, &format!("{HEAD}{body}")), expected, "{body}");
}

#[test]
fn each_fault_of_an_element_is_said_with_its_name_and_limit() {
    for (body, expected) in [
        ("N9*BM*1~", &[][..]),
        ("N9*BM~", &["warning N9 needs N902 (Reference Identification) or N903 (Free-form Description)"]),
        ("N9**BOL1~", &["error N901 Reference Identification Qualifier is missing, it is mandatory"]),
        ("N9*  *BOL1~", &["error N901 Reference Identification Qualifier is missing, it is mandatory"]),
        ("N9*B*BOL1~", &["warning N901 Reference Identification Qualifier has 1 character, at least 2 are needed"]),
        ("N9*BILL*BOL1~", &["error N901 Reference Identification Qualifier has 4 characters, at most 3 are allowed"]),
        ("G62*11*20261131~", &["error G6202 Date is `20261131`, which is not a date"]),
        ("G62*11*20261120*8*2460~", &["error G6204 Time is `2460`, which is not a time"]),
        ("W03*12A~", &["error W0301 Number of Units Shipped is `12A`, which is not a number"]),
        ("W03*12345678901~", &["error W0301 Number of Units Shipped has 11 digits, at most 10 are allowed"]),
        ("W03*-1234567890~", &["warning W0301 Number of Units Shipped is -1234567890, the sum of W1203 is 0"]),
        ("W03*0*2*LB****~", &["note segment W03 ends with separators behind its last value"]),
        ("W03*0*2*LB*****X~", &["warning segment W03 has 8 elements, its table has 7"]),
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
fn a_control_character_is_said_once_also_where_the_character_set_has_none() {
    let options = ReadOptions { charset: Some(Charset::X12Extended), ..ReadOptions::default() };
    let told = validated_with(options, "945", "004010", &format!("{HEAD}W27*M*ABFS*A\u{7}B~"));
    assert_eq!(told, ["warning W2703 Routing holds byte 0x07, which is no character of x12-extended"]);
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

#[test]
fn blanks_and_separators_are_told_once_and_those_that_fill_up_are_none() {
    check("004010", "N1*SF* A*92*12~", &["note N102 Name begins with blanks"]);
    check("004010", "N1*SF*A *92*12~", &["note N102 Name ends with blanks"]);
    check("004010", "N1*SF*A*92*1 ~", &[]);
    check("004010", "G62*10*20260510 ~", &["note G6202 Date ends with blanks"]);
    check(
        "004010",
        "N1*SF*A*92*   ~",
        &[
            "warning with N103 (Identification Code Qualifier), N1 needs N104 (Identification Code) too",
            "note N104 Identification Code holds nothing but blanks",
        ],
    );
    let twice = "note N102 Name ends with blanks, 2 times in this transaction set";
    check("004010", "N1*SF*A *92*12~N1*BT*B *92*12~", &[twice]);
    let many =
        "note segment N3 ends with separators behind its last value, as does 1 more segment of this transaction set";
    check("004010", "N3*A**~N4*RENO**~", &[many]);
}

#[test]
fn codes_are_looked_up_in_the_list_of_the_release() {
    let unknown = "warning N103 Identification Code Qualifier is `QX`, which is not in the list of data element 66";
    check("004010", "N1*SF*A*QX*12~", &[unknown]);
    let other = "note W1207 Product/Service ID Qualifier is `EO` (GTIN-8), a code of 005010 and not of 004010";
    check("004010", "LX*1~W12*SH*1*1**CA**EO*12345670~", &[other]);
    check("005010", "LX*1~W12*SH*1*1**CA**EO*12345670~", &[]);
    // Carriers' codes are kept by someone else.
    check("004010", "W27*M*QXQX~", &[]);
}

#[test]
fn check_digits_are_checked_where_the_qualifier_says_so() {
    let wrong = |text: &str, found: char, right: char| {
        vec![format!("warning MAN02 Marks and Numbers is `{text}`, whose check digit is {found} and should be {right}")]
    };
    for (body, expected) in [
        ("MAN*GM*00106141411234567897~", vec![]),
        ("MAN*GM*00106141411234567896~", wrong("00106141411234567896", '6', '7')),
        ("MAN*AA*106141411234567891~", wrong("106141411234567891", '1', '7')),
        ("MAN*CP*106141411234567891~", vec![]),
        ("MAN*GM*10614141123~", vec![]),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check("004010", &format!("LX*1~{body}"), &expected);
    }
    let wrong = "warning W1208 Product/Service ID is `036000291453`, whose check digit is 3 and should be 2";
    check("004010", "LX*1~W12*SH*1*1**CA**UP*036000291453~", &[wrong]);
    check("004010", "LX*1~W12*SH*1*1**CA**VN*036000291453~", &[]);
    let wrong = "warning N104 Identification Code is `0614141000006`, whose check digit is 6 and should be 5";
    check("004010", "N1*SF*A*UL*0614141000006~", &[wrong]);
    check("004010", "N1*SF*A*UL*0614141000005~", &[]);
    check("004010", "N1*SF*A*92*0614141000006~", &[]);
    // SDQ says once of all its places what they are.
    let stock = "BIA*00*DD*1*20261120~LIN**VN*A~SDQ*EA*UL*0614141000005*1*0614141000006*2~";
    let wrong = "warning SDQ05 Identification Code is `0614141000006`, whose check digit is 6 and should be 5";
    assert_eq!(validated("846", "004010", stock), [wrong]);
}
