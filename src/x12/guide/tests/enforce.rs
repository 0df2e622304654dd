//! What a guide says of documents: each word, with the place and the severity.

use super::{Direction, guide, held};

/// What the guide says of a received set with these segments.
fn check(set: &str, rules: &str, body: &str, expected: &[&str]) {
    let (found, _) = held(&guide(set, rules), Direction::Receive, body);
    assert_eq!(found, expected, "{rules}\n{body}");
}

const ITEM: &str = "W06*F*SO1*20260311~N1*ST*BLUE HERON*92*0017~LX*1~";

#[test]
fn what_is_required_is_missed_at_the_place_where_it_should_stand() {
    let rules = "[at]\n\"N9[N901=SI]\" = \"required\"\n";
    let expected = "error missing-segment @4 segment N9[N901=SI] is missing in the heading of 945, the partner's guide requires it";
    check("945", rules, ITEM, &[expected]);
    check("945", rules, "W06*F*SO1*20260311~N1*ST*X~N9*BM*1~", &[&expected.replace("@4", "@5")]);
    check("945", rules, "W06*F*SO1*20260311~N1*ST*X~N9*SI*1~", &[]);
    let rules = "[at]\n\"LX/MAN[MAN01=GM]\" = \"required\"\n";
    let missing =
        "error missing-segment @5 segment MAN[MAN01=GM] is missing in loop LX, the partner's guide requires it";
    check("945", rules, "W06*F*SO1~N1*ST*X~LX*1~LX*2~MAN*GM*1~", &[missing]);
    check("945", rules, "W06*F*SO1~N1*ST*X~", &[]);
    let rules = "[at]\n\"N1[N101=ST]\" = \"required\"\n\"N1[N101=ST]/N4\" = \"required\"\n";
    check(
        "945",
        rules,
        "W06*F*SO1~N1*BT*X~LX*1~",
        &[
            "error missing-segment @4 loop N1[N101=ST] is missing in the heading of 945, the partner's guide requires it",
        ],
    );
    check(
        "945",
        rules,
        "W06*F*SO1~N1*BT*X~N1*ST*Y~N3*1 ROAD~LX*1~",
        &["error missing-segment @6 segment N4 is missing in loop N1, the partner's guide requires it"],
    );
}

#[test]
fn elements_are_missed_where_their_segment_ends() {
    let rules = "[at]\nW0604 = \"required\"\n\"N1[N101=ST]/N104\" = \"required\"\n\"N902[N901=SI]\" = \"required\"\n";
    let missing =
        "error missing-element @2.4 W0604 Shipment Identification Number is missing, the partner's guide requires it";
    check("945", rules, "W06*F*SO1*20260311~N1*BT*X~", &[missing]);
    check("945", rules, "W06*F*SO1*20260311*  ~N1*BT*X~", &[missing]);
    check(
        "945",
        rules,
        "W06*F*SO1*20260311*B~N1*ST*X~N9*SI**TEXT~N9*BM~",
        &[
            "error missing-element @3.4 N104 Identification Code is missing, the partner's guide requires it",
            "error missing-element @4.2 N902 Reference Identification is missing, the partner's guide requires it",
        ],
    );
    // What the standard demands is told by the checks against the table.
    check("945", "[at]\nW0601 = \"required\"\n", "W06**SO1~", &[]);
}

#[test]
fn what_is_not_used_is_told_where_it_stands_and_rejects_what_we_send() {
    let rules = "[at]\nG61 = \"not-used\"\nW0605 = \"not-used\"\nLX = { usage = \"optional\" }\n";
    let body = "W06*F*SO1***X~N1*ST*X~G61*IC*X~G61*IC*Y~";
    let found = [
        "warning not-used @4 segment G61 is there, the partner's guide does not use it",
        "warning not-used @2.5 W0605 Agent Shipment ID Number is there, the partner's guide does not use it",
    ];
    check("945", rules, body, &found);
    let (sent, _) = held(&guide("945", rules), Direction::Send, body);
    assert_eq!(sent, found.map(|line| line.replace("warning", "error")));
}

#[test]
fn situations_decide_what_is_required_and_what_is_not_used() {
    let rules =
        "[at]\nW1209 = { usage = \"situational\", when = \"W1201 = 'CC' and W1203 > 5\", otherwise = \"not-used\" }\n";
    let missing = "error missing-element @5.9 W1209 Warehouse Lot Number is missing, the partner's guide requires it when W1201 = 'CC' and W1203 > 5";
    let unused = "warning not-used @5.9 W1209 Warehouse Lot Number is there, the partner's guide does not use it unless W1201 = 'CC' and W1203 > 5";
    check("945", rules, &format!("{ITEM}W12*CC*10*10**EA~"), &[missing]);
    check("945", rules, &format!("{ITEM}W12*CC*10*10**EA****L1~"), &[]);
    check("945", rules, &format!("{ITEM}W12*CC*10*4**EA~"), &[]);
    check("945", rules, &format!("{ITEM}W12*SP*10*10**EA****L1~"), &[unused]);
    let rules = "[at]\n\"LX/MAN\" = { usage = \"situational\", when = \"LX01 > 1 and /W0601 = 'F'\" }\n";
    let missing = "error missing-segment @6 segment MAN is missing in loop LX, the partner's guide requires it when LX01 > 1 and /W0601 = 'F'";
    check("945", rules, &format!("{ITEM}LX*2~"), &[missing]);
    check("945", rules, &format!("{}LX*2~", ITEM.replace("W06*F", "W06*J")), &[]);
}

#[test]
fn lengths_count_characters_and_of_numbers_digits() {
    let rules = "[at]\nW0604 = { length = \"4/6\" }\nW1203 = { length = \"2/3\" }\n";
    check("945", rules, "W06*F*SO1*20260311*ABCD~LX*1~W12*CC*1*-1.25~", &[]);
    check("945", rules, "W06*F*SO1*20260311*\u{C9}\u{C9}\u{C9}\u{C9}\u{C9}\u{C9}~", &[]);
    check(
        "945",
        rules,
        "W06*F*SO1*20260311*ABCDEFG~LX*1~W12*CC*1*1234~W12*CC*1*1~",
        &[
            "warning too-long @2.4 W0604 Shipment Identification Number has 7 characters, the partner's guide allows at most 6",
            "warning too-long @4.3 W1203 Number of Units Shipped has 4 digits, the partner's guide allows at most 3",
            "warning too-short @5.3 W1203 Number of Units Shipped has 1 digit, the partner's guide needs at least 2",
        ],
    );
}

#[test]
fn codes_patterns_and_values_are_held_row_by_row() {
    let rules = "[at]\nN101 = { codes = { ST = \"to\", BT = \"bill\" } }\n\"N1[N101=ST]/N104\" = { pattern = [\"9999\", \"A9(3)\"] }\nW0601 = { value = \"F\" }\n";
    check("945", rules, "W06*F*SO1~N1*ST*X*92*A123~N1*BT*X*92*ANY~", &[]);
    check(
        "945",
        rules,
        "W06*J*SO1~N1*ST*X*92*12345~N1*SF*X*92*ANY~",
        &[
            "warning value @2.1 W0601 Reporting Code is `J`, the partner's guide always has `F`",
            "warning pattern @3.4 N104 Identification Code is `12345`, which does not look like `9999` or `A9(3)`",
            "warning code @4.1 N101 Entity Identifier Code is `SF`, which the partner's guide does not allow",
        ],
    );
}

#[test]
fn repeats_are_counted_in_each_occurrence_of_the_loop_around() {
    let rules = "[at]\n\"LX/N9\" = { repeat = 1 }\nN1 = { repeat = 2 }\n";
    check(
        "945",
        rules,
        "W06*F*SO1~N1*ST*X~N1*BT*X~N1*SF*X~LX*1~N9*2I*1~LX*2~N9*2I*1~N9*2I*2~N9*2I*3~",
        &[
            "warning too-many-loops @5 loop N1 occurs 3 times in the heading of 945, the partner's guide allows 2",
            "warning repeat @10 segment N9 occurs 3 times in loop LX, the partner's guide allows 1",
        ],
    );
}

#[test]
fn a_pair_is_known_by_its_qualifier_wherever_it_stands() {
    let rules = "[at]\n\"pair(W1207=UP)\" = { usage = \"required\", pattern = \"9(12)\" }\n";
    let body = |pairs: &str| format!("W06*F*SO1~N1*ST*X~LX*1~W12*SH*5*5**EA**{pairs}~");
    check("945", rules, &body("UP*036000291452"), &[]);
    check("945", rules, &body("VN*A1*********UP*036000291452"), &[]);
    // It is missed where there is room for it, and told where it stands.
    let missing =
        "error missing-element @5.18 W12 Product/Service ID with UP is missing, the partner's guide requires it";
    check("945", rules, &body("VN*A1"), &[missing]);
    let wrong = "warning pattern @5.18 W1218 Product/Service ID with UP is `0360`, which does not look like `9(12)`";
    check("945", rules, &body("VN*A1*********UP*0360"), &[wrong]);
    check(
        "945",
        "[at]\n\"pair(W1207=VN)\" = \"not-used\"\n",
        &body("VN*A1"),
        &["warning not-used @5.8 W1208 Product/Service ID with VN is there, the partner's guide does not use it"],
    );
    // One of its slots only.
    let rules = "[at]\n\"pair(W1207,W1221=UP)\" = \"required\"\n";
    let missing =
        "error missing-element @5.22 W12 Product/Service ID with UP is missing, the partner's guide requires it";
    check("945", rules, &body("VN*A1*********UP*036000291452"), &[missing]);
    let rules = "[rule.upc]\nat = \"LX/W12\"\nwhen = \"W1201 = 'SH'\"\nmust = \"present(pair(W1207=UP)) or pair(W1207=VN) = 'A1'\"\n";
    check("945", rules, &body("VN*A1"), &[]);
}

#[test]
fn components_are_elements_too() {
    let rules =
        "[at]\n\"HL[HL03=I]/MEA04-01\" = { codes = { LB = \"Pound\" } }\n\"HL[HL03=I]/MEA04-02\" = \"not-used\"\n";
    let hl = "BSN*00*1*20260311*1200~HL*1**S~HL*2*1*I~";
    check("856", rules, &format!("{hl}MEA*PD*G*5*LB~"), &[]);
    check(
        "856",
        rules,
        &format!("{hl}MEA*PD*G*5*KG>2~"),
        &[
            "warning code @5.4 MEA04-01 Unit or Basis for Measurement Code is `KG`, which the partner's guide does not allow",
            "warning not-used @5.4 MEA04-02 Exponent is there, the partner's guide does not use it",
        ],
    );
}

#[test]
fn rules_hold_for_each_occurrence_and_point_at_what_they_demand() {
    let rules =
        "[rule.lot]\nat = \"LX/W12\"\nwhen = \"W1201 = 'SP'\"\nmust = \"present(W1204) and W1204 = W1202 - W1203\"\n";
    let line = "warning situation @6.4 when W1201 = 'SP', the partner's guide demands present(W1204) and W1204 = W1202 - W1203";
    check("945", rules, &format!("{ITEM}W12*SP*12*8*4*EA~W12*SP*12*8*5*EA~"), &[line]);
    check("945", rules, &format!("{ITEM}W12*CC*12*8*5*EA~"), &[]);
    let rules = "[rule.same]\nmust = \"not present(N902[N901=BM]) or N902[N901=BM] = W0604\"\nmessage = \"two bills of lading\"\npolicy = \"reject\"\n";
    check("945", rules, "W06*F*SO1**A~N1*ST*X~N9*BM*B~", &["error situation @4.2 two bills of lading"]);
    check("945", rules, "W06*F*SO1**A~N1*ST*X~N9*BM*A~", &[]);
    let rules = "[rule.own]\nat = \"N9[N901=SI]\"\nmust = \"N903 = 'X'\"\n";
    let line = "warning situation @5.3 the partner's guide demands N903 = 'X'";
    check("945", rules, "W06*F*SO1~N1*ST*X~N9*SI*1*X~N9*SI*2*Y~N9*BM*3*Y~", &[line]);
    let rules = "[rule.some]\nmust = \"count(HL[HL03=P]) > 0\"\n";
    check(
        "856",
        rules,
        "BSN*00*1*20260311*1200~HL*1**S~",
        &["warning situation @set the partner's guide demands count(HL[HL03=P]) > 0"],
    );
}

#[test]
fn a_condition_that_cannot_be_computed_is_told_and_holds_nowhere() {
    let rules = "[rule.share]\nat = \"LX/W12\"\nmust = \"W1203 / W1202 <= 1\"\n";
    let (found, _) = held(&guide("945", rules), Direction::Receive, &format!("{ITEM}W12*CC*0*1~"));
    assert_eq!(
        found,
        [
            "warning situation @5 a condition of the partner's guide cannot be computed: division by zero",
            "warning situation @5.3 the partner's guide demands W1203 / W1202 <= 1",
        ]
    );
}

#[test]
fn totals_count_what_the_guide_says() {
    let rules = "[totals]\nW0301 = \"sum(W1203)\"\nW0306 = { is = \"count(LX)\", policy = \"reject\" }\n";
    let body = |total: &str| format!("{ITEM}W12*CC*1*10~LX*2~W12*CC*1*2.50~{total}");
    check("945", rules, &body("W03*12.5~"), &[]);
    check("945", rules, &body("W03*12.50****X*2~"), &[]);
    check(
        "945",
        rules,
        &body("W03*13*****3~"),
        &[
            "warning total @8.1 W0301 Number of Units Shipped is 13, sum(W1203) is 12.5",
            "error total @8.6 W0306 Lading Quantity is 3, count(LX) is 2",
        ],
    );
    check(
        "945",
        rules,
        "W06*F*SO1~N1*ST*X~W03*1~",
        &["warning total @4.1 W0301 Number of Units Shipped is 1, sum(W1203) is 0"],
    );
    let lines = "[totals]\nCTT01 = \"count(HL[HL03=I])\"\n";
    let levels = "BSN*00*1*20260311*1200~HL*1**S~HL*2*1*I~HL*3*1*I~";
    check("856", lines, &format!("{levels}CTT*2~"), &[]);
    check(
        "856",
        lines,
        &format!("{levels}CTT*3~"),
        &["warning total @6.1 CTT01 Number of Line Items is 3, count(HL[HL03=I]) is 2"],
    );
    let guide = guide("856", lines);
    assert!(guide.counts(crate::tree::Tag::new(b"CTT"), 1) && !guide.counts(crate::tree::Tag::new(b"CTT"), 2));
}

#[test]
fn policies_decide_how_bad_it_is_each_way() {
    let body = "W06*J*SO1~N1*ST*X~";
    for (policy, received, sent) in [
        ("\"report\"", Some("warning"), Some("warning")),
        ("\"reject\"", Some("error"), Some("error")),
        ("\"ignore\"", None, None),
        ("{ receive = \"ignore\" }", None, Some("error")),
        ("{ send = \"report\" }", Some("warning"), Some("warning")),
    ] {
        for text in [
            format!("[at]\nW0601 = {{ value = \"F\", policy = {policy} }}\n"),
            format!("policy = {policy}\n[at]\nW0601 = {{ value = \"F\" }}\n"),
        ] {
            let guide = guide("945", &text);
            let first = |direction| {
                held(&guide, direction, body).0.first().map(|line| line.split(' ').next().unwrap().to_owned())
            };
            assert_eq!(first(Direction::Receive).as_deref(), received, "{text}");
            assert_eq!(first(Direction::Send).as_deref(), sent, "{text}");
        }
    }
}

#[test]
fn what_the_guide_tolerates_is_taken_away() {
    let left = |rules: &str, body: &str| held(&guide("945", rules), Direction::Receive, body).1;
    let body = "W06*F*SO1~N9*SI*1~N1*ST*X~ZZ1*1~NTE*GEN*X~W99*1~";
    let codes = |lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    let all = codes(left("", body));
    assert_eq!(all, ["warning x12.segment-order @4", "error x12.unknown-segment @5", "error x12.unknown-segment @7"]);
    let settled = codes(left("[tolerate]\nout_of_order = [\"N1\"]\nsegments = [\"ZZ1\"]\n", body));
    assert_eq!(settled, ["error x12.unknown-segment @7"]);
}

#[test]
fn codes_beyond_the_standard_are_known_where_the_guide_has_them() {
    let rules =
        "[at]\nW1201 = { extra_codes = { FL = \"Full\" } }\n\"N1[N101=ST]/N103\" = { codes = { 92 = \"ours\" } }\n";
    let guide = guide("945", rules);
    let input = format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*0830*^*00501*000000007*0*P*>~\
         GS*SW*S1*R1*20261120*0830*1*X*004010~ST*945*0001~{ITEM}W12*FL*1*1~W12*CC*1*1~N1*BT*X*92*1~SE*9*0001~GE*1*1~IEA*1*000000007~"
    );
    let mut reader = crate::x12::reader::Reader::new(crate::x12::reader::ReadOptions::default());
    let (mut tree, mut read) = (crate::tree::Tree::default(), crate::diagnostic::Diagnostics::unlimited());
    let mut at = 0;
    let mut known = Vec::new();
    while at < input.len() {
        let progress = reader.next(&input.as_bytes()[at..], true, &mut tree, &mut read);
        if let (crate::x12::reader::Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let bytes = &input.as_bytes()[at + range.start..at + range.end];
            let knows = |index, position| guide.knows_code(header, &tree, bytes, index, position, 0);
            known = vec![knows(4, 1), knows(5, 1), knows(2, 3), knows(2, 4), knows(6, 3)];
        }
        at += progress.consumed;
    }
    assert_eq!(known, [true, false, true, false, false]);
}
