//! Totals and levels.

use super::validated;

fn check(set_id: &str, body: &str, expected: &[&str]) {
    assert_eq!(validated(set_id, "004010", body), expected, "{body}");
}

#[test]
fn a_total_is_compared_with_what_came() {
    let lines = "W06*N*SO1*20261120~N1*ST*A~LX*1~W12*SH*5*5**CA**VN*A**4.5*G*L~LX*2~W12*SH*2.5*2.5**CA**VN*B**1*G*L~";
    let of = |lines: &str, w03: &str, expected: &[&str]| check("945", &format!("{lines}{w03}~"), expected);
    let check = |w03: &str, expected: &[&str]| of(lines, w03, expected);
    check("W03*7.5*5.5*LB", &[]);
    // The hash total of the standard: 5 and 25.
    check("W03*30*6*LB", &[]);
    check("W03*8*5.5*LB", &["warning W0301 Number of Units Shipped is 8, the sum of W1203 is 7.5"]);
    check("W03*7.5*4.5*LB", &["warning W0302 Weight is 4.5, the sum of W1210 is 5.5"]);
    check("W03*7.5*50.5*LB", &["note W0302 Weight is 50.5, the sum of W1210 is 5.5"]);
    check("W03*7.5*50.5*KG", &[]);
    // In the other unit, where each line has it.
    let lines = lines.replace("*4.5*G*L~", "*4.5*G*L*2*G*K~").replace("*1*G*L~", "*0.5*G*K~");
    let check = |w03: &str, expected: &[&str]| of(&lines, w03, expected);
    check("W03*7.5*2.5*KG", &[]);
    check("W03*7.5*2.25*KG", &["warning W0302 Weight is 2.25, the sum of W1210 is 2.5"]);
    check("W03*7.5*4.5*LB", &[]);
    check("W03*X", &["error W0301 Number of Units Shipped is `X`, which is not a number"]);
}

const HEAD: &str = "BSN*00*SH1*20261120*0830";

#[test]
fn the_totals_of_a_ship_notice_count_levels_and_shipped_units() {
    let levels = "HL*1**S~HL*2*1*O~HL*3*2*I~LIN**VN*A~SN1**5*EA~HL*4*2*I~LIN**VN*B~SN1**2*EA~";
    let check = |ctt: &str, expected: &[&str]| check("856", &format!("{HEAD}~{levels}{ctt}~"), expected);
    check("CTT*4*7", &[]);
    check("CTT*2", &["note CTT01 Number of Line Items is 2, the number of HL is 4"]);
    check(
        "CTT*3*8",
        &[
            "warning CTT01 Number of Line Items is 3, the number of HL is 4",
            "warning CTT02 Hash Total is 8, the sum of SN102 is 7",
        ],
    );
}

#[test]
fn child_codes_and_the_order_of_levels_are_compared_with_the_tree() {
    let check = |code: &str, levels: &str, expected: &[&str]| {
        check("856", &format!("{HEAD}*{code}~{levels}"), expected);
    };
    check("0001", "HL*1**S*1~HL*2*1*O*1~HL*3*2*P*1~HL*4*3*I*0~", &[]);
    check("0004", "HL*1**S*1~HL*2*1*O*1~HL*3*2*I*0~HL*4**S*1~HL*5*4*O*0~", &[]);
    check(
        "ZZZZ",
        "HL*1**S*0~HL*2*1*O*1~",
        &[
            "warning HL04 of HL 1 (S) is 0, but levels stand in it: it should be 1",
            "warning HL04 of HL 2 (O) is 1, but none stands in it: it should be 0",
        ],
    );
    // Without parents it is not known what stands where.
    check("0001", "HL*1**S*1~HL*2**O*1~HL*3**I*0~", &[]);
    let note = "note BSN05 is 0001, levels S-O-P-I, but the document has levels S-O-T";
    check("0001", "HL*1**S~HL*2*1*O~HL*3*2*T~HL*4*3*P~HL*5*4*I~", &[note]);
    check("ZZZZ", "HL*1**S~HL*2*1*T~", &[]);
}
